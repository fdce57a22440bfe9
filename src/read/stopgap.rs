//! Reading with feed-rs, guarded against what stops it: deep nesting and panics.

use super::{Hint, MAX_ENTRIES, ReadError, discover};
use crate::model::{Document, Enclosure, Format, Person, RawEntry, Warning};
use feed_rs::model as theirs;
use jiff::Timestamp;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Elements nested deeper than this are an attack, not a feed.
const MAX_DEPTH: usize = 100;

pub(super) fn read(bytes: &[u8], hint: &Hint<'_>) -> Result<Document, ReadError> {
    if bytes.trim_ascii().is_empty() {
        return Err(ReadError::Empty);
    }
    if is_too_deep(bytes) {
        return Err(ReadError::Broken(format!("its elements are nested more than {MAX_DEPTH} deep")));
    }
    let parse = || {
        feed_rs::parser::Builder::new()
            .base_uri(hint.base_url)
            .sanitize_content(false)
            .id_generator(|_, _, _| String::new())
            .build()
            .parse(bytes)
    };
    match catch_unwind(AssertUnwindSafe(parse)) {
        Ok(Ok(feed)) => Ok(document(feed)),
        Ok(Err(error)) => {
            Err(not_a_feed(bytes, hint).unwrap_or_else(|| ReadError::Broken(error.to_string())))
        }
        Err(_) => Err(ReadError::Broken("the reader stumbled over it".to_owned())),
    }
}

fn not_a_feed(bytes: &[u8], hint: &Hint<'_>) -> Option<ReadError> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(4_096)]).to_ascii_lowercase();
    let is_page = start.contains("<html") || start.contains("<!doctype html");
    is_page.then(|| ReadError::NotAFeed {
        what: "a web page",
        links: discover(bytes, hint.base_url.unwrap_or_default()).into_iter().map(|feed| feed.url).collect(),
    })
}

fn is_too_deep(bytes: &[u8]) -> bool {
    let mut depth = 0_usize;
    for at in memchr::memchr_iter(b'<', bytes) {
        match bytes.get(at + 1) {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(b'!' | b'?') | None => {}
            Some(_) => {
                let end = memchr::memchr(b'>', &bytes[at..]).map_or(bytes.len() - 1, |end| at + end);
                if bytes[end - 1] != b'/' {
                    depth += 1;
                }
            }
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

fn document(feed: theirs::Feed) -> Document {
    let mut warnings = Vec::new();
    if feed.entries.len() > MAX_ENTRIES {
        warnings.push(Warning(format!("only the first {MAX_ENTRIES} entries were read")));
    }
    Document {
        format: match feed.feed_type {
            theirs::FeedType::Atom => Format::Atom,
            theirs::FeedType::JSON => Format::Json,
            theirs::FeedType::RSS1 => Format::Rdf,
            _ => Format::Rss,
        },
        title: feed.title.map(|title| super::plain_text(&title.content)),
        url: page_link(&feed.links),
        language: feed.language,
        updated: feed.updated.and_then(timestamp),
        entries: feed.entries.into_iter().take(MAX_ENTRIES).map(entry).collect(),
        warnings,
    }
}

fn entry(entry: theirs::Entry) -> RawEntry {
    let mut enclosures: Vec<Enclosure> = entry
        .links
        .iter()
        .filter(|link| link.rel.as_deref() == Some("enclosure"))
        .map(|link| Enclosure {
            url: link.href.clone(),
            media_type: link.media_type.clone(),
            bytes: link.length,
            duration_s: None,
        })
        .collect();
    for media in &entry.media {
        for content in &media.content {
            let Some(url) = &content.url else { continue };
            enclosures.push(Enclosure {
                url: url.to_string(),
                media_type: content.content_type.as_ref().map(ToString::to_string),
                bytes: content.size,
                duration_s: media.duration.or(content.duration).map(|duration| duration.as_secs()),
            });
        }
    }
    RawEntry {
        id: Some(entry.id).filter(|id| !id.is_empty()),
        url: page_link(&entry.links),
        title: entry.title.map(|title| title.content),
        summary: entry.summary.map(|summary| summary.content),
        content: entry.content.and_then(|content| content.body),
        authors: entry
            .authors
            .into_iter()
            .map(|p| Person { name: Some(p.name), email: p.email, url: p.uri })
            .collect(),
        terms: entry.categories.into_iter().map(|category| category.label.unwrap_or(category.term)).collect(),
        enclosures,
        image: entry.media.iter().flat_map(|m| &m.thumbnails).map(|t| t.image.uri.clone()).next(),
        language: entry.language,
        published: entry.published.and_then(timestamp),
        updated: entry.updated.and_then(timestamp),
    }
}

fn page_link(links: &[theirs::Link]) -> Option<String> {
    links
        .iter()
        .find(|link| matches!(link.rel.as_deref(), None | Some("alternate")))
        .map(|link| link.href.clone())
}

fn timestamp(date: chrono::DateTime<chrono::Utc>) -> Option<Timestamp> {
    Timestamp::from_second(date.timestamp()).ok()
}
