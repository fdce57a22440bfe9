//! Writes Atom 1.0 (RFC 4287).
//!
//! Knows the elements of Atom. What an item says is decided in `output`.

use super::output::{Author, Frame, Item, language, updated};
use super::{clean, xml};
use crate::model::{Picture, SourceView};
use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{Category, Content, Entry, Feed, Generator, Link, Person, Source, Text, WriteConfig};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::BTreeMap;

const MEDIA: (&str, &str) = ("media", "http://search.yahoo.com/mrss/");
const HISTORY: (&str, &str) = ("fh", "http://purl.org/syndication/history/1.0");
const ATOM: &str = "application/atom+xml";

/// The date of an output that has never held anything: 1990-01-01, before there were feeds.
const BEFORE_ALL: Timestamp = Timestamp::constant(631_152_000, 0);

pub(super) fn write(frame: &Frame, items: &[Item]) -> String {
    let pictured = items.iter().any(|item| item.picture.is_some());
    let mut links =
        vec![link("self", &frame.own, Some(ATOM)), link("alternate", &frame.home, Some("text/html"))];
    links.extend(frame.chain().into_iter().map(|(rel, address)| link(rel, address, Some(ATOM))));
    let mut namespaces = BTreeMap::new();
    if pictured {
        namespaces.insert(MEDIA.0.to_owned(), MEDIA.1.to_owned());
    }
    if frame.is_archive {
        namespaces.insert(HISTORY.0.to_owned(), HISTORY.1.to_owned());
    }
    let feed = Feed {
        title: text(&frame.title),
        id: frame.current.clone(),
        // Atom requires a date even of an empty feed (RFC 4287 §4.1.1), and there is no clock here.
        updated: clean::atom_date(updated(items).unwrap_or(BEFORE_ALL)),
        // If an entry has no author, the feed must have one (RFC 4287 §4.1.1).
        authors: vec![Person { name: frame.site.clone(), ..Person::default() }],
        generator: Some(Generator { value: "Tidings".to_owned(), ..Generator::default() }),
        icon: Some(frame.icon.clone()),
        links,
        subtitle: Some(text(&frame.description)),
        entries: items.iter().map(entry).collect(),
        extensions: if frame.is_archive { archive_mark() } else { ExtensionMap::new() },
        namespaces,
        lang: language(items).map(str::to_owned),
        ..Feed::default()
    };
    let config = WriteConfig { write_document_declaration: true, indent_size: Some(2) };
    // Writing to memory cannot fail, and every name that is written is ours.
    let bytes = feed.write_with_config(Vec::new(), config).unwrap_or_default();
    xml::finished(bytes, &frame.style)
}

fn entry(item: &Item) -> Entry {
    let mut links = vec![link("alternate", &item.link, Some("text/html"))];
    if item.page != item.link {
        links.push(link("related", &item.page, Some("text/html")));
    }
    if let Some(comments) = &item.comments {
        links.push(link("replies", comments, Some("text/html")));
    }
    for enclosure in &item.enclosures {
        links.push(Link {
            length: enclosure.bytes.map(|bytes| bytes.to_string()),
            ..link("enclosure", &enclosure.url, enclosure.media_type.as_deref())
        });
    }
    for source in item.sources.iter().skip(1) {
        if let Some(url) = clean::some_link(source.url.as_ref()) {
            let title = Some(clean::label(&source.feed));
            links.push(Link { title, ..link("via", &url, Some("text/html")) });
        }
    }
    Entry {
        title: Text { lang: item.language.clone(), ..text(&item.title) },
        id: item.id.clone(),
        updated: clean::atom_date(item.updated),
        authors: people(item),
        categories: vec![Category {
            term: item.category.0.to_string(),
            scheme: None,
            label: Some(clean::label(&item.category.1)),
        }],
        links,
        published: Some(clean::atom_date(item.published)),
        source: item.sources.first().and_then(source),
        summary: (item.full && !item.short.is_empty())
            .then(|| Text { lang: item.language.clone(), ..text(&item.short) }),
        content: Some(Content {
            value: Some(item.body.clone()),
            content_type: Some("html".to_owned()),
            lang: item.language.clone(),
            ..Content::default()
        }),
        extensions: item.picture.as_ref().map(thumbnail).unwrap_or_default(),
        ..Entry::default()
    }
}

/// The authors of an item, or if it has none, the feed that carried it. Items without either, such as topics, get the
/// author of the output.
fn people(item: &Item) -> Vec<Person> {
    if let (true, Some(lead)) = (item.authors.is_empty(), item.sources.first()) {
        let uri = clean::some_link(lead.site_url.as_ref()).map(Cow::into_owned);
        return vec![Person { name: clean::label(&lead.feed), uri, ..Person::default() }];
    }
    let person = |author: &Author| Person {
        name: clean::label(&author.name),
        email: author.email.clone(),
        uri: author.url.clone(),
        ..Person::default()
    };
    item.authors.iter().map(person).collect()
}

/// Where the entry came from (RFC 4287 §4.2.11). The address of the feed is used as its id: the id that its publisher
/// gave it is not kept. `None` if that address cannot be linked to.
fn source(lead: &SourceView) -> Option<Source> {
    let address = clean::link(&lead.feed_url)?;
    let mut links = vec![link("self", &address, None)];
    links.extend(
        clean::some_link(lead.site_url.as_ref()).map(|site| link("alternate", &site, Some("text/html"))),
    );
    Some(Source {
        title: text(&clean::line(&lead.feed)),
        id: address.into_owned(),
        updated: clean::atom_date(lead.published),
        links,
        ..Source::default()
    })
}

/// A plain text as an Atom text construct (RFC 4287 §3.1). Some readers ignore its type. So a text that looks like
/// HTML is escaped and called HTML, as most readers take it; any other text needs no escaping and is called text.
fn text(plain: &str) -> Text {
    if clean::looks_like_html(plain) { Text::html(clean::escaped(plain)) } else { Text::plain(plain) }
}

fn link(rel: &str, href: &str, media_type: Option<&str>) -> Link {
    Link {
        href: href.to_owned(),
        rel: rel.to_owned(),
        mime_type: media_type.map(str::to_owned),
        ..Link::default()
    }
}

fn thumbnail(picture: &Picture) -> ExtensionMap {
    // The Atom writer escapes everything but the attributes of extensions.
    let attrs = xml::thumbnail(picture).into_iter().map(|(name, value)| {
        let value = quick_xml::escape::escape(&value).into_owned();
        (name, value)
    });
    let element =
        Extension { name: "media:thumbnail".to_owned(), attrs: attrs.collect(), ..Extension::default() };
    BTreeMap::from([(MEDIA.0.to_owned(), BTreeMap::from([("thumbnail".to_owned(), vec![element])]))])
}

/// The element that marks an archive document (RFC 5005 §4).
fn archive_mark() -> ExtensionMap {
    let element = Extension { name: "fh:archive".to_owned(), ..Extension::default() };
    BTreeMap::from([(HISTORY.0.to_owned(), BTreeMap::from([("archive".to_owned(), vec![element])]))])
}
