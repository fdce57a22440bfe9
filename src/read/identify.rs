//! Which entry is which: one deterministic key for each entry of a document, and a hash of what it says.
//!
//! What a publisher gives as an id or a link may not identify anything: every item may have the guid "N/A", every
//! episode the link of its show. So the key of an entry is the first of these that no different entry of its document
//! has: the id, the link, then hashes of more and more of its content. Two entries with the same key are the same in
//! everything that a reader would notice.

use crate::model::{Document, RawEntry};
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

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
    /// The hash of the value that made each key, as it would be in `shared` if the value turned out to identify
    /// nothing. `None` for keys that hash everything.
    pub marks: Vec<Option<u64>>,
    /// Whether an entry's address is that of other entries of the feed, too, so that it identifies none of them.
    pub shares_address: Vec<bool>,
    /// Whether this document is the first to show that of some address.
    pub finds_shared_address: bool,
    /// What identifies nothing in this feed, as hashes: what was known of it before, and what this document shows.
    pub shared: Vec<u64>,
    /// What was a key, or would have been one, until this document showed that it identifies nothing.
    pub lost: Vec<String>,
}

/// One deterministic key for each entry, in the document's order.
pub fn keys(document: &Document) -> Vec<String> {
    identify(document, &[]).keys
}

/// As [`keys`], for a feed whose `shared` values are known from earlier documents.
///
/// If entries that share a value differ in anything that a reader would notice (title, link, date, text, enclosures),
/// the value identifies nothing, now and in later documents of this feed.
pub fn identify(document: &Document, shared: &[u64]) -> Identity {
    let known: HashSet<u64> = shared.iter().copied().collect();
    let said: Vec<u64> = document.entries.iter().map(said).collect();
    let levels: Vec<Shared<'_>> =
        LEVELS.iter().map(|level| Shared::count(document, &said, level, &known)).collect();
    let links = &levels[LINK];
    let mut keys = Vec::with_capacity(said.len());
    let mut marks = Vec::with_capacity(said.len());
    let mut shares_address = Vec::with_capacity(said.len());
    for entry in &document.entries {
        let own = levels.iter().enumerate().find_map(|(at, level)| Some((at, level.key_of(entry)?)));
        let (mark, key) = match own {
            Some((_, (mark, key))) => (Some(mark), key),
            None => (None, hashed(&whole(entry))),
        };
        keys.push(key);
        marks.push(mark);
        shares_address.push(links.has(entry).any(|link| !links.identifies(&link)));
    }
    let mut lost: Vec<(u64, String)> = levels.iter().flat_map(Shared::found).collect();
    // Sorted, because the order of a hash map is not deterministic.
    lost.sort_unstable();
    let met: HashSet<u64> = levels.iter().flat_map(Shared::met).collect();
    let (mut all, again): (Vec<u64>, Vec<u64>) = shared.iter().partition(|mark| !met.contains(mark));
    all.extend(again);
    all.extend(lost.iter().map(|(mark, _)| *mark));
    all.drain(..all.len().saturating_sub(MAX_SHARED));
    let finds_shared_address = links.found().next().is_some();
    let lost = lost.into_iter().map(|(_, key)| key).collect();
    Identity { keys, marks, shares_address, finds_shared_address, shared: all, lost }
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
    // What is said of the picture that is shown; most feeds say nothing.
    for picture in raw.pictures.iter().filter(|picture| raw.image.as_ref() == Some(&picture.url)) {
        if picture.alt.is_some() {
            add(picture.alt.as_deref());
        }
    }
    // Dates are left out: many feeds write the time of the request into them, and the date of a story never changes
    // after it is founded.
    hash.digest128()
}

/// A way to make a key.
struct Level {
    /// Keeps the values of one way apart from those of another.
    kind: &'static str,
    /// The values by which entries are told apart; an entry without them has no key of this kind.
    values: fn(&RawEntry) -> Vec<String>,
    /// The key that a value makes.
    key: fn(&str) -> String,
}

/// Where the link stands in [`LEVELS`].
const LINK: usize = 1;

/// The ways to make a key, the best first. The last resort, a hash of everything, is not listed: entries that are
/// equal in everything are the same entry.
const LEVELS: [Level; 4] = [
    Level {
        kind: "id",
        values: |entry| entry.id.iter().cloned().collect(),
        key: |id| bounded(id.to_owned()),
    },
    Level { kind: "link", values: links, key: |link| bounded(link.to_owned()) },
    Level {
        kind: "link and date",
        values: |entry| dated(entry).into_iter().collect(),
        key: |value| hashed(&[value]),
    },
    Level {
        kind: "title",
        values: |entry| titled(entry).into_iter().collect(),
        key: |value| hashed(&[value]),
    },
];

/// The entry's link, and the address behind it where a redirector stands between; the first makes the key.
fn links(entry: &RawEntry) -> Vec<String> {
    let both = [&entry.url, &entry.original_url].into_iter().flatten();
    both.filter(|link| !link.is_empty()).cloned().collect()
}

/// Link and date of an entry that has both.
fn dated(entry: &RawEntry) -> Option<String> {
    entry.url.as_ref().filter(|_| entry.published.is_some()).map(|_| link_and_date(entry))
}

/// Link, date and title of an entry that has a title, or no link but a date.
fn titled(entry: &RawEntry) -> Option<String> {
    let (title, date) = (title(entry), date(entry));
    match entry.url {
        Some(_) if !title.is_empty() => Some([&link_and_date(entry), title].join("\0")),
        None if !title.is_empty() || !date.is_empty() => Some([title, &date].join("\0")),
        _ => None,
    }
}

/// Everything that tells an entry from another, in parts.
fn whole(entry: &RawEntry) -> Vec<String> {
    let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
    let mut parts =
        vec![link_and_date(entry), title(entry).to_owned(), text(&entry.summary), text(&entry.content)];
    parts.extend(entry.enclosures.iter().map(|enclosure| enclosure.url.clone()));
    parts
}

fn said(entry: &RawEntry) -> u64 {
    xxh3_64(whole(entry).join("\0").as_bytes())
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

fn hashed<T: AsRef<str>>(parts: &[T]) -> String {
    let mut hash = Xxh3::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hash.update(b"\0");
        }
        hash.update(part.as_ref().as_bytes());
    }
    format!("hash:{:032x}", hash.digest128())
}

fn bounded(key: String) -> String {
    if key.len() > MAX_KEY_BYTES { hashed(&[&key]) } else { key }
}

/// Which values of one kind are shared by entries that differ, in this document or in one before.
struct Shared<'a> {
    level: &'static Level,
    known: &'a HashSet<u64>,
    /// What the entries say that have a value; `None` when they do not say the same.
    said: HashMap<String, Option<u64>>,
}

impl<'a> Shared<'a> {
    fn count(document: &Document, said: &[u64], level: &'static Level, known: &'a HashSet<u64>) -> Self {
        let mut all: HashMap<String, Option<u64>> = HashMap::with_capacity(document.entries.len());
        for (entry, says) in document.entries.iter().zip(said) {
            for value in (level.values)(entry) {
                all.entry(value)
                    .and_modify(|known| *known = known.filter(|known| known == says))
                    .or_insert(Some(*says));
            }
        }
        Self { level, known, said: all }
    }

    fn mark(&self, value: &str) -> u64 {
        xxh3_64(format!("{}\0{value}", self.level.kind).as_bytes())
    }

    /// The values of an entry.
    fn has(&self, entry: &RawEntry) -> impl Iterator<Item = String> {
        (self.level.values)(entry).into_iter()
    }

    fn identifies(&self, value: &str) -> bool {
        !value.is_empty()
            && self.said.get(value).is_some_and(Option::is_some)
            && (self.known.is_empty() || !self.known.contains(&self.mark(value)))
    }

    /// The key of an entry with its mark, if its first value identifies it.
    fn key_of(&self, entry: &RawEntry) -> Option<(u64, String)> {
        let value = self.has(entry).next().filter(|value| self.identifies(value))?;
        Some((self.mark(&value), (self.level.key)(&value)))
    }

    /// What is known to be shared and stands in this document.
    fn met(&self) -> impl Iterator<Item = u64> {
        let values = self.said.keys().take(if self.known.is_empty() { 0 } else { usize::MAX });
        values.map(|value| self.mark(value)).filter(|mark| self.known.contains(mark))
    }

    /// What this document shows to be shared and was not known, with the key that it would have made.
    fn found(&self) -> impl Iterator<Item = (u64, String)> {
        let shared = self.said.iter().filter(|(value, said)| said.is_none() && !value.is_empty());
        shared
            .map(|(value, _)| (self.mark(value), (self.level.key)(value)))
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
        assert_eq!((first.shared.len(), first.lost.as_slice()), (1, [home.to_owned()].as_slice()));
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
