//! Which entry is which: one deterministic key for each entry of a document, and a hash of what it says.

use crate::model::{Document, RawEntry};
use std::collections::HashMap;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// A key longer than this is replaced by its hash.
const MAX_KEY_BYTES: usize = 1_024;

/// One deterministic key for each entry, in the document's order: its id, else its link, else a hash of title and date.
///
/// An id or a link that entries with different titles share in one document identifies nothing: such entries fall back
/// to link and date, then to link, date and title. Entries that are the same in all of these get the same key; they are
/// the same entry.
pub fn keys(document: &Document) -> Vec<String> {
    let ids = Shared::count(document, |entry| entry.id.as_deref());
    let links = Shared::count(document, |entry| entry.url.as_deref());
    let dated = |entry: &RawEntry| Some(link_and_date(entry));
    let link_dates = SharedOwned::count(document, dated);
    document
        .entries
        .iter()
        .map(|entry| {
            let key = if let Some(id) = entry.id.as_deref().filter(|id| ids.identifies(id)) {
                id.to_owned()
            } else if let Some(url) = entry.url.as_deref().filter(|url| links.identifies(url)) {
                url.to_owned()
            } else if entry.url.is_none() {
                hashed(&[title(entry), &date(entry)])
            } else {
                let dated = link_and_date(entry);
                if entry.published.is_some() && link_dates.identifies(&dated) {
                    hashed(&[&dated])
                } else {
                    hashed(&[&dated, title(entry)])
                }
            };
            bounded(key)
        })
        .collect()
}

/// A hash of everything that a reader of the entry would see, to recognise an unchanged entry before it is cleaned.
pub fn hash(raw: &RawEntry) -> u128 {
    let mut hash = Xxh3::new();
    // Lengths go in too, so that text moved from one field to the next makes another hash.
    let mut add = |text: Option<&str>| {
        let text = text.unwrap_or("\u{0}");
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    for text in [
        &raw.id,
        &raw.url,
        &raw.title,
        &raw.summary,
        &raw.content,
        &raw.image,
        &raw.language,
        &raw.original_url,
    ] {
        add(text.as_deref());
    }
    for person in &raw.authors {
        for text in [&person.name, &person.email, &person.url] {
            add(text.as_deref());
        }
    }
    for term in &raw.terms {
        add(Some(term));
    }
    for enclosure in &raw.enclosures {
        add(Some(&enclosure.url));
        add(enclosure.media_type.as_deref());
    }
    for date in [raw.published, raw.updated] {
        add(date.map(|date| date.as_second().to_string()).as_deref());
    }
    hash.digest128()
}

fn title(entry: &RawEntry) -> &str {
    entry.title.as_deref().unwrap_or_default().trim()
}

fn date(entry: &RawEntry) -> String {
    entry.published.or(entry.updated).map(|date| date.as_second().to_string()).unwrap_or_default()
}

fn link_and_date(entry: &RawEntry) -> String {
    format!("{} {}", entry.url.as_deref().unwrap_or_default(), date(entry))
}

fn hashed(parts: &[&str]) -> String {
    format!("hash:{:032x}", xxh3_128(parts.join("\u{0}").as_bytes()))
}

fn bounded(key: String) -> String {
    if key.len() > MAX_KEY_BYTES { hashed(&[&key]) } else { key }
}

/// Which values are shared by entries with different titles.
struct Shared<'a>(HashMap<&'a str, Option<&'a str>>);

impl<'a> Shared<'a> {
    fn count(document: &'a Document, value: impl Fn(&'a RawEntry) -> Option<&'a str>) -> Self {
        let mut titles: HashMap<&str, Option<&str>> = HashMap::with_capacity(document.entries.len());
        for entry in &document.entries {
            let Some(value) = value(entry) else { continue };
            titles
                .entry(value)
                .and_modify(|known| *known = known.filter(|known| *known == title(entry)))
                .or_insert(Some(title(entry)));
        }
        Self(titles)
    }

    fn identifies(&self, value: &str) -> bool {
        !value.is_empty() && self.0.get(value).is_some_and(Option::is_some)
    }
}

/// As [`Shared`], for values that are made up.
struct SharedOwned(HashMap<String, Option<String>>);

impl SharedOwned {
    fn count(document: &Document, value: impl Fn(&RawEntry) -> Option<String>) -> Self {
        let mut titles: HashMap<String, Option<String>> = HashMap::with_capacity(document.entries.len());
        for entry in &document.entries {
            let Some(value) = value(entry) else { continue };
            titles
                .entry(value)
                .and_modify(|known| {
                    if known.as_deref() != Some(title(entry)) {
                        *known = None;
                    }
                })
                .or_insert_with(|| Some(title(entry).to_owned()));
        }
        Self(titles)
    }

    fn identifies(&self, value: &str) -> bool {
        self.0.get(value).is_some_and(Option::is_some)
    }
}
