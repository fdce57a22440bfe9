//! Writes RSS 2.0, with `content:encoded`, `dc:creator`, `media:thumbnail` and `atom:link`.
//!
//! Knows the elements of RSS. What an item says was decided in `output`.

use super::clean;
use super::output::{Frame, Item, language, updated};
use rss::extension::atom::{AtomExtension, Link};
use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Image, Source};
use std::collections::BTreeMap;

const MEDIA: (&str, &str) = ("media", "http://search.yahoo.com/mrss/");

pub(super) fn write(frame: &Frame, items: &[Item]) -> String {
    let pictured = items.iter().any(|item| item.image.is_some());
    let own = Link {
        href: frame.own.clone(),
        rel: "self".to_owned(),
        mime_type: Some("application/rss+xml".to_owned()),
        ..Link::default()
    };
    let channel = Channel {
        title: frame.title.clone(),
        link: frame.home.clone(),
        description: frame.description.clone(),
        language: language(items).map(str::to_owned),
        last_build_date: updated(items).map(clean::rfc822),
        generator: Some("Tidings".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        // The specification allows GIF, JPEG and PNG here, and wants the channel's own title and link.
        image: Some(Image {
            url: frame.png.clone(),
            title: frame.title.clone(),
            link: frame.home.clone(),
            ..Image::default()
        }),
        atom_ext: Some(AtomExtension { links: vec![own] }),
        namespaces: if pictured {
            BTreeMap::from([(MEDIA.0.to_owned(), MEDIA.1.to_owned())])
        } else {
            BTreeMap::new()
        },
        items: items.iter().map(item).collect(),
        ..Channel::default()
    };
    // Writing to memory cannot fail, and every name that is written is ours.
    let bytes = channel.pretty_write_to(Vec::new(), b' ', 2).unwrap_or_default();
    let mut text = String::from_utf8(bytes).unwrap_or_default();
    text.push('\n');
    text
}

fn item(item: &Item) -> rss::Item {
    // RSS has HTML in `description`; the plain text must be escaped to be HTML.
    let short = maud::html! { (item.short) }.0;
    let (description, content) =
        if item.full { (short, Some(item.body.clone())) } else { (item.body.clone(), None) };
    let creators: Vec<_> = item.authors.iter().map(|author| author.name.clone()).collect();
    rss::Item {
        title: Some(item.title.clone()),
        link: Some(item.link.clone()),
        description: Some(description),
        categories: vec![Category { name: item.category.1.clone(), domain: None }],
        // One enclosure is what the specification allows and what readers expect.
        enclosure: item.enclosures.first().map(|enclosure| Enclosure {
            url: enclosure.url.clone(),
            length: enclosure.bytes.unwrap_or(0).to_string(),
            mime_type: enclosure.media_type.clone().unwrap_or_default(),
        }),
        comments: item.comments.clone(),
        guid: Some(Guid { value: item.id.clone(), permalink: false }),
        pub_date: Some(clean::rfc822(item.published)),
        source: item.sources.first().and_then(|lead| {
            let url = clean::link(&lead.feed_url)?.to_owned();
            Some(Source { url, title: Some(clean::line(&lead.feed)) })
        }),
        content,
        extensions: item.image.as_deref().map(thumbnail).unwrap_or_default(),
        dublin_core_ext: (!creators.is_empty())
            .then(|| DublinCoreExtension { creators, ..DublinCoreExtension::default() }),
        ..rss::Item::default()
    }
}

fn thumbnail(url: &str) -> ExtensionMap {
    let element = Extension {
        name: "media:thumbnail".to_owned(),
        attrs: BTreeMap::from([("url".to_owned(), url.to_owned())]),
        ..Extension::default()
    };
    BTreeMap::from([(MEDIA.0.to_owned(), BTreeMap::from([("thumbnail".to_owned(), vec![element])]))])
}
