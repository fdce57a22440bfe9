//! Writes RSS 2.0, with `content:encoded`, `dc:creator`, `dc:language`, Media RSS and `atom:link`.
//!
//! Knows the elements of RSS. What an item says is decided in `output`.

use super::output::{Frame, Item, language, updated};
use super::{clean, xml};
use crate::model::{self, Picture};
use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Image, Source};
use std::collections::BTreeMap;

const ATOM: (&str, &str) = ("atom", "http://www.w3.org/2005/Atom");
const MEDIA: (&str, &str) = ("media", "http://search.yahoo.com/mrss/");
const HISTORY: (&str, &str) = ("fh", "http://purl.org/syndication/history/1.0");

pub(super) fn write(frame: &Frame, items: &[Item]) -> String {
    let with_media = items.iter().any(|item| item.picture.is_some() || !item.enclosures.is_empty());
    let mut namespaces = BTreeMap::from([(ATOM.0.to_owned(), ATOM.1.to_owned())]);
    if with_media {
        namespaces.insert(MEDIA.0.to_owned(), MEDIA.1.to_owned());
    }
    if frame.is_archive {
        namespaces.insert(HISTORY.0.to_owned(), HISTORY.1.to_owned());
    }
    let channel = Channel {
        title: title(&frame.title),
        link: frame.home.clone(),
        description: clean::escaped(&frame.description),
        language: language(items).map(str::to_owned),
        last_build_date: updated(items).map(clean::rfc822),
        generator: Some("Tidings".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        // The specification allows GIF, JPEG and PNG here, and wants the channel's own title and link.
        image: Some(Image {
            url: frame.png.clone(),
            title: title(&frame.title),
            link: frame.home.clone(),
            ..Image::default()
        }),
        extensions: of_channel(frame),
        namespaces,
        items: items.iter().map(item).collect(),
        ..Channel::default()
    };
    // Writing to memory cannot fail, and every name that is written is ours.
    let bytes = channel.pretty_write_to(Vec::new(), b' ', 2).unwrap_or_default();
    xml::finished(bytes, &frame.style)
}

fn item(item: &Item) -> rss::Item {
    // Readers take a `description` for HTML, so a plain text is escaped.
    let short = clean::escaped(&item.short);
    let (description, content) =
        if item.full { (short, Some(item.body.clone())) } else { (item.body.clone(), None) };
    let languages: Vec<_> = item.language.iter().cloned().collect();
    let creators: Vec<_> = item.authors.iter().map(|author| author.name.clone()).collect();
    // At most one enclosure: the specification does not say how many an item may have, so more are handled
    // differently (RSS Advisory Board, RSS Best Practices Profile, "enclosure"). Audio and video go before a picture.
    let mut others: Vec<_> = item.enclosures.iter().collect();
    let played = others.iter().position(|enclosure| enclosure.is_played() && has_domain(&enclosure.url));
    let first = played.or_else(|| others.iter().position(|enclosure| has_domain(&enclosure.url)));
    let enclosure = first.map(|first| others.remove(first));
    rss::Item {
        title: Some(title(&item.title)),
        link: Some(item.link.clone()),
        description: Some(description),
        categories: vec![Category { name: title(&item.category.1), domain: None }],
        enclosure: enclosure.map(|enclosure| Enclosure {
            url: enclosure.url.clone(),
            length: enclosure.bytes.unwrap_or(0).to_string(),
            mime_type: enclosure.media_type.clone().unwrap_or_default(),
        }),
        comments: item.comments.clone(),
        guid: Some(Guid { value: item.id.clone(), permalink: false }),
        pub_date: Some(clean::rfc822(item.published)),
        source: item.sources.first().and_then(|lead| {
            let url = clean::link(&lead.feed_url)?.into_owned();
            Some(Source { url, title: Some(title(&clean::line(&lead.feed))) })
        }),
        content,
        extensions: media(item.picture.as_ref(), &others),
        dublin_core_ext: (!creators.is_empty() || !languages.is_empty()).then(|| DublinCoreExtension {
            creators,
            languages,
            ..DublinCoreExtension::default()
        }),
        ..rss::Item::default()
    }
}

/// A plain text in an element of which RSS does not say whether it is HTML. Most readers take it for HTML, some for
/// plain text, so it is escaped only if it looks like HTML.
fn title(plain: &str) -> String {
    if clean::looks_like_html(plain) { clean::escaped(plain) } else { plain.to_owned() }
}

/// Whether validators accept an address in an enclosure: a host name with a dot in it, no user information before it,
/// and behind it nothing but a port and a path.
fn has_domain(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    clean::is_domain(name) && is_port && (path.is_empty() || path.starts_with('/'))
}

/// The picture, and the media besides the one enclosure (Media RSS).
fn media(picture: Option<&Picture>, others: &[&model::Enclosure]) -> ExtensionMap {
    let element =
        |name: &str, attrs| Extension { name: format!("media:{name}"), attrs, ..Extension::default() };
    let mut all = BTreeMap::new();
    if let Some(picture) = picture {
        all.insert("thumbnail".to_owned(), vec![element("thumbnail", xml::thumbnail(picture))]);
    }
    let contents = others.iter().map(|enclosure| {
        let known = [
            ("type", enclosure.media_type.clone()),
            ("fileSize", enclosure.bytes.filter(|bytes| *bytes > 0).map(|bytes| bytes.to_string())),
            (
                "duration",
                enclosure.duration_s.filter(|seconds| *seconds > 0).map(|seconds| seconds.to_string()),
            ),
            ("url", Some(enclosure.url.clone())),
        ];
        let attrs = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        element("content", attrs.collect())
    });
    let contents: Vec<_> = contents.collect();
    if !contents.is_empty() {
        all.insert("content".to_owned(), contents);
    }
    if all.is_empty() { ExtensionMap::new() } else { BTreeMap::from([(MEDIA.0.to_owned(), all)]) }
}

/// The channel's own address (RSS Advisory Board, RSS Best Practices Profile, "atom:link"), and its neighbours in the
/// archive (RFC 5005 §4).
fn of_channel(frame: &Frame) -> ExtensionMap {
    let link = |(rel, address): (&str, &str)| {
        let attrs = [("href", address), ("rel", rel), ("type", "application/rss+xml")];
        let attrs = attrs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Extension { name: "atom:link".to_owned(), attrs, ..Extension::default() }
    };
    let links = std::iter::once(("self", frame.own.as_str())).chain(frame.chain()).map(link).collect();
    let mut all = BTreeMap::from([(ATOM.0.to_owned(), BTreeMap::from([("link".to_owned(), links)]))]);
    if frame.is_archive {
        let mark = Extension { name: "fh:archive".to_owned(), ..Extension::default() };
        all.insert(HISTORY.0.to_owned(), BTreeMap::from([("archive".to_owned(), vec![mark])]));
    }
    all
}
