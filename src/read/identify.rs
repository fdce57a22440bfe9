//! Which entry is which: one deterministic key for each entry of a document, and a hash of what it says.

use crate::model::{Document, RawEntry};
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

/// A key longer than this is replaced by its hash.
const MAX_KEY_BYTES: usize = 1_024;

/// How many shared values of a feed are remembered; those that came last stay. Feeds that share any share one or two: the
/// address of their home page, an id that a program writes for every entry.
const MAX_SHARED: usize = 256;

/// Which entry of a document is which.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// One key for each entry, in the document's order.
    pub keys: Vec<String>,
    /// What identifies nothing in this feed, as hashes: what was known of it before, and what this document shows.
    pub shared: Vec<u64>,
    /// Ids and links that were keys until this document showed that they identify nothing.
    pub lost: Vec<String>,
}

/// One deterministic key for each entry, in the document's order: its id, else its link, else a hash of title and date.
pub fn keys(document: &Document) -> Vec<String> {
    identify(document, &[]).keys
}

/// As [`keys`], for a feed of which `shared` is known from earlier documents.
///
/// An id or a link that entries with different titles share in one document identifies nothing, and never will in this
/// feed: such entries fall back to link and date, then to link, date and title. Entries that are the same in all of
/// these get the same key; they are the same entry.
pub fn identify(document: &Document, shared: &[u64]) -> Identity {
    let known: HashSet<u64> = shared.iter().copied().collect();
    let ids = Shared::count(document, "id", &known, |entry| entry.id.clone());
    let links = Shared::count(document, "link", &known, |entry| entry.url.clone());
    let link_dates = Shared::count(document, "link and date", &known, |entry| Some(link_and_date(entry)));
    let keys = document.entries.iter().map(|entry| {
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
    });
    let keys = keys.collect();
    let mut lost: Vec<(u64, String)> = [&ids, &links].into_iter().flat_map(Shared::found).collect();
    let mut new: Vec<u64> = lost.iter().map(|(mark, _)| *mark).collect();
    new.extend(link_dates.found().map(|(mark, _)| mark));
    // In an order that does not depend on how a table was hashed.
    new.sort_unstable();
    lost.sort_unstable();
    let met: HashSet<u64> = [&ids, &links, &link_dates].into_iter().flat_map(Shared::met).collect();
    let (mut all, again): (Vec<u64>, Vec<u64>) = shared.iter().partition(|mark| !met.contains(mark));
    all.extend(again);
    all.extend(new);
    all.drain(..all.len().saturating_sub(MAX_SHARED));
    Identity { keys, shared: all, lost: lost.into_iter().map(|(_, value)| bounded(value)).collect() }
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
    // Dates are left out: many feeds write the time of asking, and a story's date is frozen when it is founded.
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

/// Which values of one kind are shared by entries with different titles, in this document or in one before.
struct Shared<'a> {
    kind: &'static str,
    known: &'a HashSet<u64>,
    /// The title of each value; `None` when there are several.
    titles: HashMap<String, Option<&'a str>>,
}

impl<'a> Shared<'a> {
    fn count(
        document: &'a Document,
        kind: &'static str,
        known: &'a HashSet<u64>,
        value: impl Fn(&RawEntry) -> Option<String>,
    ) -> Self {
        let mut titles: HashMap<String, Option<&str>> = HashMap::with_capacity(document.entries.len());
        for entry in &document.entries {
            let Some(value) = value(entry) else { continue };
            titles
                .entry(value)
                .and_modify(|known| *known = known.filter(|known| *known == title(entry)))
                .or_insert(Some(title(entry)));
        }
        Self { kind, known, titles }
    }

    fn mark(&self, value: &str) -> u64 {
        xxh3_64(format!("{}\0{value}", self.kind).as_bytes())
    }

    fn identifies(&self, value: &str) -> bool {
        !value.is_empty()
            && self.titles.get(value).is_some_and(Option::is_some)
            && (self.known.is_empty() || !self.known.contains(&self.mark(value)))
    }

    /// What is known to be shared and stands in this document.
    fn met(&self) -> impl Iterator<Item = u64> {
        let values = self.titles.keys().take(if self.known.is_empty() { 0 } else { usize::MAX });
        values.map(|value| self.mark(value)).filter(|mark| self.known.contains(mark))
    }

    /// What this document shows to be shared and was not known.
    fn found(&self) -> impl Iterator<Item = (u64, String)> {
        let shared = self.titles.iter().filter(|(value, title)| title.is_none() && !value.is_empty());
        shared
            .map(|(value, _)| (self.mark(value), value.clone()))
            .filter(|(mark, _)| !self.known.contains(mark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(entries: &[(&str, &str, &str)]) -> Document {
        let entry = |&(id, url, title): &(&str, &str, &str)| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            RawEntry { id: some(id), url: some(url), title: some(title), ..RawEntry::default() }
        };
        Document { entries: entries.iter().map(entry).collect(), ..Document::default() }
    }

    #[test]
    fn what_once_identified_nothing_never_does_again() {
        let home = "https://site.example/";
        let first = identify(&document(&[("", home, "a"), ("", home, "b")]), &[]);
        assert_eq!((first.shared.len(), first.lost.as_slice()), (2, [home.to_owned()].as_slice()));
        let alone = document(&[("", home, "b")]);
        let later = identify(&alone, &first.shared);
        assert_eq!(later.keys[0], first.keys[1]);
        assert_eq!((later.shared, later.lost.len()), (first.shared, 0));
        assert_eq!(keys(&alone), [home], "a feed that never shared it may use it");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let names: Vec<String> = (0..2 * MAX_SHARED).map(|n| format!("https://site.example/{n}")).collect();
        let entries: Vec<_> =
            names.iter().flat_map(|name| [("", name.as_str(), "a"), ("", name, "b")]).collect();
        assert_eq!(identify(&document(&entries), &[]).shared.len(), MAX_SHARED);
    }
}
