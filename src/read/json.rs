//! JSON Feed 1.0 and 1.1 (jsonfeed.org).
//!
//! Read value by value into place, so that a document cut short keeps what stood before the cut, and types that are not
//! as specified (a number for an id, a string for a list) are taken for what they mean.

use super::date::date;
use super::decode::mended;
use super::draft::Draft;
use super::text::{Kind, Words};
use super::{MAX_ENTRIES, address};
use crate::model::{Document, Enclosure, Format, Link, Person, RawEntry, Warning};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use url::Url;

/// Reads a JSON Feed; `None` when it is other JSON.
pub(super) fn read(text: &str, base: Option<&str>) -> Option<Document> {
    let mut feed = Feed { base: base.and_then(|base| Url::parse(base).ok()), ..Feed::default() };
    let mut reader = serde_json::Deserializer::from_str(text);
    let broken = Object(&mut feed).deserialize(&mut reader).is_err();
    let is_feed = feed.version || feed.has_items && (feed.draft.title.is_some() || !feed.items.is_empty());
    is_feed.then(|| feed.finish(broken))
}

#[derive(Default)]
struct Feed {
    base: Option<Url>,
    draft: Draft,
    version: bool,
    has_items: bool,
    items: Vec<RawEntry>,
    left_out: usize,
}

impl Feed {
    fn finish(mut self, broken: bool) -> Document {
        let mut warnings = Vec::new();
        if broken {
            warnings
                .push(Warning("the document is broken; what stands before the break was read".to_owned()));
        }
        if self.left_out > 0 {
            warnings.push(Warning(format!("only the first {MAX_ENTRIES} entries were read")));
        }
        let url = self.draft.page();
        for item in self.items.iter_mut().filter(|item| item.authors.is_empty()) {
            // JSON Feed 1.1: authors of the feed are those of items that name none.
            item.authors.clone_from(&self.draft.raw.authors);
        }
        Document {
            format: Format::Json,
            title: self.draft.title.take().map(|html| super::plain_text(&html)),
            subtitle: self.draft.summary.take(),
            url,
            language: self.draft.language.take(),
            image: self.draft.image.take(),
            authors: self.draft.raw.authors,
            links: self.draft.raw.links,
            entries: self.items,
            warnings,
            ..Document::default()
        }
    }
}

/// A place that takes the members of an object one by one.
trait Members {
    /// Takes one member; must read exactly one value.
    fn member<'de, M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error>;
}

/// Reads an object into a place; any other value is passed over.
struct Object<'p, P>(&'p mut P);

impl<'de, P: Members> DeserializeSeed<'de> for Object<'_, P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! passed_over {
    ($($name:ident: $kind:ty),*) => {
        $(fn $name<E>(self, _: $kind) -> Result<Self::Value, E> { Ok(Default::default()) })*
        fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok(Default::default()) }
    };
}

impl<'de, P: Members> Visitor<'de> for Object<'_, P> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            self.0.member(&name, &mut map)?;
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    passed_over!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

/// Reads a list of objects, each by `each`; an object alone is a list of one.
struct List<F>(F);

impl<'de, F: FnMut(Item)> DeserializeSeed<'de> for List<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Item)> Visitor<'de> for List<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut seq: S) -> Result<(), S::Error> {
        loop {
            let mut item = Item::default();
            match seq.next_element_seed(Object(&mut item)) {
                Ok(Some(())) => (self.0)(item),
                Ok(None) => return Ok(()),
                Err(error) => {
                    // Cut short in the middle of this one: what it has counts.
                    if item.has_members {
                        (self.0)(item);
                    }
                    return Err(error);
                }
            }
        }
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        let mut item = Item::default();
        while let Some(name) = map.next_key::<String>()? {
            item.member(&name, &mut map)?;
        }
        (self.0)(item);
        Ok(())
    }

    passed_over!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

/// Strings out of any value: one, or those of a list; numbers are written out.
#[derive(Default)]
struct Strings(Vec<String>);

impl Strings {
    fn first(self) -> Option<String> {
        let first = self.0.into_iter().map(|text| text.trim().to_owned()).find(|text| !text.is_empty());
        first.map(|text| mended(&text).unwrap_or(text))
    }
}

impl<'de> serde::Deserialize<'de> for Strings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StringsVisitor)
    }
}

struct StringsVisitor;

impl<'de> Visitor<'de> for StringsVisitor {
    type Value = Strings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Strings, E> {
        Ok(Strings(vec![text.to_owned()]))
    }

    fn visit_string<E>(self, text: String) -> Result<Strings, E> {
        Ok(Strings(vec![text]))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Strings, E> {
        Ok(Strings(vec![number.to_string()]))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Strings, E> {
        Ok(Strings(vec![number.to_string()]))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Strings, E> {
        Ok(Strings(vec![number.to_string()]))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Strings, S::Error> {
        let mut all = Strings::default();
        while let Some(one) = seq.next_element::<Self::Value>()? {
            if all.0.len() < 200 {
                all.0.extend(one.0);
            }
        }
        Ok(all)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Strings, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Strings::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_unit<E>(self) -> Result<Strings, E> {
        Ok(Strings::default())
    }
}

impl Members for Feed {
    fn member<'de, M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
        match name {
            "items" => {
                self.has_items = true;
                let (items, left_out, base) = (&mut self.items, &mut self.left_out, self.base.as_ref());
                return map.next_value_seed(List(|item: Item| {
                    if items.len() < MAX_ENTRIES {
                        items.push(item.into_entry(base));
                    } else {
                        *left_out += 1;
                    }
                }));
            }
            "author" | "authors" => {
                let (draft, base) = (&mut self.draft, self.base.as_ref());
                return map.next_value_seed(List(|item: Item| draft.author(item.into_person(base))));
            }
            "hubs" => {
                let (draft, base) = (&mut self.draft, self.base.as_ref());
                return map.next_value_seed(List(|item: Item| {
                    if let Some(url) = item.url {
                        let url = address::resolve(&url, base);
                        draft.add_link(Link { url, rel: "hub".to_owned(), ..Link::default() });
                    }
                }));
            }
            _ => {}
        }
        let value = map.next_value::<Strings>()?.first();
        let Some(value) = value else { return Ok(()) };
        let absolute = |value: &str| address::resolve(value, self.base.as_ref());
        let mut link = |rel: &str, value: &str| {
            let url = address::resolve(value, self.base.as_ref());
            self.draft.raw.links.push(Link { url, rel: rel.to_owned(), ..Link::default() });
        };
        match name {
            "version" => self.version = value.contains("jsonfeed"),
            "title" => self.draft.title.offer(1, plain(value)),
            "description" => self.draft.summary.offer(1, plain(value)),
            "home_page_url" => self.draft.link.offer(1, Some(absolute(&value))),
            "feed_url" => link("self", &value),
            "next_url" => link("next", &value),
            "icon" => self.draft.image.offer(2, Some(absolute(&value))),
            "favicon" => self.draft.image.offer(1, Some(absolute(&value))),
            "language" => self.draft.language.offer(1, Some(value)),
            _ => {}
        }
        Ok(())
    }
}

/// An item, an author, an attachment or a hub: objects whose names do not collide.
#[derive(Default)]
struct Item {
    has_members: bool,
    draft: Draft,
    url: Option<String>,
    external_url: Option<String>,
    name: Option<String>,
    avatar: Option<String>,
    media_type: Option<String>,
    bytes: Option<u64>,
    duration_s: Option<u64>,
    authors: Vec<Item>,
    attachments: Vec<Item>,
}

impl Members for Item {
    fn member<'de, M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
        self.has_members = true;
        let nested = match name {
            "author" | "authors" => Some(&mut self.authors),
            "attachments" => Some(&mut self.attachments),
            _ => None,
        };
        if let Some(nested) = nested {
            return map.next_value_seed(List(|item| {
                if nested.len() < 200 {
                    nested.push(item);
                }
            }));
        }
        let values = map.next_value::<Strings>()?;
        if name == "tags" {
            for tag in values.0 {
                self.draft.term(Some(tag.trim().to_owned()).filter(|tag| !tag.is_empty()));
            }
            return Ok(());
        }
        let Some(value) = values.first() else { return Ok(()) };
        let whole = |value: &str| value.split('.').next().and_then(|whole| whole.parse().ok());
        match name {
            "id" => self.draft.id.offer(1, Some(value)),
            "url" => self.url = Some(value),
            "external_url" => self.external_url = Some(value),
            "title" => self.draft.title.offer(1, plain(value)),
            "content_html" => self.draft.content.offer(2, Some(value)),
            "content_text" => {
                self.draft.content.offer(1, plain(value).map(|html| html.replace('\n', "<br>")));
            }
            "summary" => self.draft.summary.offer(1, plain(value)),
            "image" => self.draft.image.offer(2, Some(value)),
            "banner_image" => self.draft.image.offer(1, Some(value)),
            "date_published" => self.draft.published.offer(1, date(&value)),
            "date_modified" => self.draft.updated.offer(1, date(&value)),
            "language" => self.draft.language.offer(1, Some(value)),
            "name" => self.name = Some(value),
            "avatar" => self.avatar = Some(value),
            "mime_type" => self.media_type = Some(value),
            "size_in_bytes" => self.bytes = whole(&value),
            "duration_in_seconds" => self.duration_s = whole(&value),
            _ => {}
        }
        Ok(())
    }
}

impl Item {
    fn into_entry(self, base: Option<&Url>) -> RawEntry {
        let absolute = |url: Option<String>| url.map(|url| address::resolve(&url, base));
        let mut draft = self.draft;
        draft.link.offer(2, absolute(self.url));
        draft.link.offer(1, absolute(self.external_url.clone()));
        for author in self.authors {
            draft.author(author.into_person(base));
        }
        for attachment in self.attachments {
            if let Some(url) = attachment.url {
                draft.enclosure(Enclosure {
                    url: address::resolve(&url, base),
                    media_type: attachment.media_type,
                    bytes: attachment.bytes,
                    duration_s: attachment.duration_s,
                });
            }
        }
        if let Some(url) = absolute(self.external_url) {
            draft.add_link(Link { url, rel: "related".to_owned(), ..Link::default() });
        }
        let mut entry = draft.into_entry();
        entry.image = absolute(entry.image);
        entry
    }

    fn into_person(self, base: Option<&Url>) -> Option<Person> {
        let person =
            Person { name: self.name, email: None, url: self.url.map(|url| address::resolve(&url, base)) };
        (person != Person::default()).then_some(person)
    }
}

fn plain(text: String) -> Option<String> {
    Words { text, kind: Kind::Plain }.into_html()
}
