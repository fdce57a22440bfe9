//! Writes JSON Feed 1.1, with an extension `_tidings` that lists everyone who carried a story.
//!
//! Knows the members of JSON Feed. What an item says is decided in `output`.

use super::clean;
use super::output::{Frame, Item, language};
use serde::Serialize;
use std::borrow::Cow;

#[derive(Serialize)]
#[allow(clippy::struct_field_names, reason = "the names are the format's")]
struct Feed<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: &'a str,
    feed_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<&'a str>,
    description: &'a str,
    icon: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    items: Vec<FeedItem<'a>>,
}

#[derive(Serialize)]
struct FeedItem<'a> {
    id: &'a str,
    url: &'a str,
    title: &'a str,
    content_html: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    summary: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    date_published: String,
    date_modified: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<FeedAuthor<'a>>,
    tags: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(rename = "_tidings")]
    tidings: Extension<'a>,
}

#[derive(Serialize)]
struct FeedAuthor<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: &'a str,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_in_seconds: Option<u64>,
}

/// The extension: our page of the item, and everyone who carried the story, the lead's feed first.
#[derive(Serialize)]
struct Extension<'a> {
    page: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<Carrier<'a>>,
}

#[derive(Serialize)]
struct Carrier<'a> {
    feed: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    feed_url: Option<Cow<'a, str>>,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discussion: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    date_published: String,
}

pub(super) fn write(frame: &Frame, items: &[Item]) -> String {
    let feed = Feed {
        version: "https://jsonfeed.org/version/1.1",
        title: &frame.title,
        home_page_url: &frame.home,
        feed_url: &frame.current,
        // `next_url` leads to older items.
        next_url: frame.prev.as_deref(),
        description: &frame.description,
        icon: &frame.png,
        language: language(items),
        items: items.iter().map(item).collect(),
    };
    // Serialising strings and numbers under text keys cannot fail.
    let mut text = serde_json::to_string_pretty(&feed).unwrap_or_default();
    text.push('\n');
    text
}

fn item(item: &Item) -> FeedItem<'_> {
    FeedItem {
        id: &item.id,
        url: &item.link,
        title: &item.title,
        content_html: &item.body,
        summary: &item.short,
        image: item.picture.as_ref().map(|picture| picture.url.as_str()),
        date_published: clean::rfc3339(item.published),
        date_modified: clean::rfc3339(item.updated),
        authors: item
            .authors
            .iter()
            .map(|author| FeedAuthor { name: &author.name, url: author.url.as_deref() })
            .collect(),
        tags: [&item.category.1],
        language: item.language.as_deref(),
        attachments: item
            .enclosures
            .iter()
            .map(|enclosure| Attachment {
                url: &enclosure.url,
                mime_type: enclosure.media_type.as_deref().unwrap_or_default(),
                size_in_bytes: enclosure.bytes,
                duration_in_seconds: enclosure.duration_s,
            })
            .collect(),
        tidings: Extension {
            page: &item.page,
            sources: item
                .sources
                .iter()
                .map(|source| Carrier {
                    feed: clean::line(&source.feed),
                    feed_url: clean::link(&source.feed_url),
                    title: clean::line(&source.title),
                    url: clean::some_link(source.url.as_ref()),
                    discussion: clean::some_link(source.discussion.as_ref()),
                    note: clean::line(&source.note),
                    date_published: clean::rfc3339(source.published),
                })
                .collect(),
        },
    }
}
