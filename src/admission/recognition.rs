//! Recognition (record linkage): which new entry is an old one under another id?
//!
//! A false match keeps news from being published. So at least two signs must agree among address, title, text, date and
//! recording; and one of them must be the address, the title or the recording. A different text or recording is
//! evidence against a match. An entry that is not recognised is treated as new, and the desk still finds its story.
//!
//! Texts are long, so they are loaded only where they decide, in two steps. A [`Search`] says which texts it needs to
//! find [`Comparisons`]; these say which further texts they need. This module must not know where texts are kept.

use super::replacement::{has_other_numbers, words};
use super::{Changes, is_unnamed};
use crate::model::{Entry, EntryNo, KnownEntry};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

/// Maximum number of old entries with the same address, title or recording that are compared with one new entry. The
/// first ones in the order of preference are taken.
const COMPARED_PER_SIGN: usize = 8;

/// Maximum number of old notes that are compared with a new note. A note can be recognised by its text only.
const COMPARED_NOTES: usize = 64;

/// Number of signs that must agree. One alone often agrees by chance, as the title of a column does.
const SIGNS_NEEDED: usize = 2;

/// An entry without an address of its own whose words are all the same counts as this many signs. So it is preferred to
/// an entry that was corrected.
const SIGNS_OF_SAME_WORDS: usize = 3;

/// Texts that agree in this many characters at their beginning count as the same. What follows is often truncated, or a
/// link to read on.
const SAME_START_CHARS: usize = 120;

/// A shorter text that is the beginning of a longer one counts as the same only if it has this many characters.
const SHORTEST_START_CHARS: usize = 20;

/// Texts are nearly the same if this many in ten words of the longer one are in the other.
const SAME_WORDS_OF_TEN: usize = 7;

/// What is compared of a new entry.
#[derive(Debug, Clone)]
pub(super) struct NewEntry {
    pub(super) key: String,
    /// Its [`bare`] address, unless other entries of the feed have it, too.
    url: Option<String>,
    /// Its [`folded`] title.
    title: String,
    text: String,
    published: Option<Timestamp>,
    recording: Option<u64>,
    /// Whether it is the only entry of its document. In a feed that shows one note at a time, another number means
    /// another note; elsewhere it may count readers or minutes.
    alone: bool,
}

impl NewEntry {
    pub(super) fn of(entry: &Entry, alone: bool) -> Self {
        Self {
            key: entry.key.clone(),
            url: entry.url.as_deref().filter(|_| !entry.shares_address).map(bare),
            title: folded(&entry.title),
            text: entry.text.clone(),
            published: entry.published,
            recording: entry.recording(),
            alone,
        }
    }

    /// Whether it is a *note*: an entry with neither an address of its own nor a title.
    fn is_note(&self) -> bool {
        self.url.is_none() && self.title.is_empty()
    }
}

/// A new entry that is an old one.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// The new key.
    pub(super) key: String,
    /// The old entry.
    pub(super) old: KnownEntry,
    /// Whether the text is the same, byte for byte.
    pub(super) unchanged: bool,
}

impl Recognised {
    /// Whether neither has an id or a link of its own. The key of such an entry is made from its words and changes with
    /// them, which is no migration of the feed.
    pub(super) fn is_reworded(&self) -> bool {
        is_unnamed(&self.key) && is_unnamed(&self.old.key)
    }
}

/// New entries, and the old entries among which they are looked for.
#[derive(Debug)]
pub struct Search {
    new: Vec<NewEntry>,
    /// The old entries, in order of preference.
    old: Vec<KnownEntry>,
}

/// The old entries with which each new entry is to be compared.
#[derive(Debug)]
pub struct Comparisons {
    old: Vec<KnownEntry>,
    texts: HashMap<EntryNo, String>,
    /// Each new entry, with the indices in `old` of those that it is compared with.
    pairs: Vec<(NewEntry, Vec<usize>)>,
}

/// Blocking keys: what a new entry and an old one must have in common to be compared.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Sign {
    Address(String),
    Title(String),
    Recording(u64),
    /// Hash of the whole text of a note.
    Text(u64),
    /// All notes have this one.
    Note,
}

impl Search {
    /// Prepares to look for the new entries of a document among `old`, which is in order of preference. `alone` says
    /// that the document has only one entry.
    pub fn new(changes: &Changes, alone: bool, old: Vec<KnownEntry>) -> Self {
        Self { new: changes.new_entries().map(|entry| NewEntry::of(entry, alone)).collect(), old }
    }

    /// The entries whose texts [`Self::comparisons`] needs: the old notes, if there are new ones, for these are found
    /// by text.
    pub fn needs_texts_of(&self) -> Vec<EntryNo> {
        if !self.new.iter().any(NewEntry::is_note) {
            return Vec::new();
        }
        self.old.iter().filter(|old| is_old_note(old)).map(|old| old.no).collect()
    }

    /// Finds the old entries that have a sign in common with a new one.
    pub fn comparisons(self, texts: HashMap<EntryNo, String>) -> Comparisons {
        let Self { new, old } = self;
        let mut by_sign: HashMap<Sign, Vec<usize>> = HashMap::new();
        for (idx, old) in old.iter().enumerate() {
            for sign in signs_of_old(old, texts.get(&old.no)) {
                by_sign.entry(sign).or_default().push(idx);
            }
        }
        let pairs = new.into_iter().map(|entry| {
            let found = positions(&entry, &by_sign);
            (entry, found)
        });
        Comparisons { pairs: pairs.filter(|(_, found)| !found.is_empty()).collect(), old, texts }
    }
}

fn signs_of_old(old: &KnownEntry, text: Option<&String>) -> impl Iterator<Item = Sign> {
    let note = is_old_note(old);
    let signs = [
        own_url(old).map(|url| Sign::Address(bare(url))),
        Some(folded(&old.title)).filter(|title| !title.is_empty()).map(Sign::Title),
        old.recording.map(Sign::Recording),
        text.filter(|_| note).map(|text| Sign::Text(xxh3_64(text.as_bytes()))),
        note.then_some(Sign::Note),
    ];
    signs.into_iter().flatten()
}

/// Indices of the old entries that have a sign in common with a new one, sorted, without duplicates.
fn positions(entry: &NewEntry, by_sign: &HashMap<Sign, Vec<usize>>) -> Vec<usize> {
    let signs = [
        entry.url.clone().map(Sign::Address),
        Some(entry.title.clone()).filter(|title| !title.is_empty()).map(Sign::Title),
        entry.recording.map(Sign::Recording),
        entry.is_note().then(|| Sign::Text(xxh3_64(entry.text.as_bytes()))),
        entry.is_note().then_some(Sign::Note),
    ];
    let mut found: Vec<usize> = Vec::new();
    for sign in signs.into_iter().flatten() {
        let at_most = if sign == Sign::Note { COMPARED_NOTES } else { COMPARED_PER_SIGN };
        found.extend(by_sign.get(&sign).into_iter().flatten().take(at_most));
    }
    found.sort_unstable();
    found.dedup();
    found
}

impl Comparisons {
    /// The entries whose texts [`Self::recognise`] still needs.
    pub fn needs_texts_of(&self) -> Vec<EntryNo> {
        let positions: HashSet<usize> = self.pairs.iter().flat_map(|(_, found)| found).copied().collect();
        let numbers = positions.into_iter().filter_map(|idx| Some(self.old.get(idx)?.no));
        numbers.filter(|no| !self.texts.contains_key(no)).collect()
    }

    /// The new entries that are old ones. Each old entry is matched at most once.
    pub fn recognise(self, texts: HashMap<EntryNo, String>) -> Vec<Recognised> {
        let Self { old, texts: mut all, pairs } = self;
        all.extend(texts);
        let mut taken = HashSet::new();
        let mut found = Vec::new();
        for (entry, positions) in pairs {
            let free = positions.into_iter().filter(|idx| !taken.contains(idx));
            let best = free
                .filter_map(|idx| {
                    let old = old.get(idx)?;
                    let text = all.get(&old.no).map(String::as_str).unwrap_or_default();
                    Some((Reverse(agreeing_signs(&entry, old, text)?), idx, old))
                })
                .min_by_key(|(agreeing, idx, _)| (*agreeing, *idx));
            if let Some((_, idx, old)) = best {
                taken.insert(idx);
                let unchanged = all.get(&old.no).is_some_and(|text| *text == entry.text);
                found.push(Recognised { key: entry.key, old: old.clone(), unchanged });
            }
        }
        found
    }
}

/// How many signs agree for a new and an old entry; `None` if they are too few, or if there is evidence against a
/// match. The dates of entries without ids and links are judged later (see `DocumentDates`).
fn agreeing_signs(new: &NewEntry, old: &KnownEntry, old_text: &str) -> Option<usize> {
    let recorded = new.recording.zip(old.recording).map(|(new, old)| new == old);
    // Two empty titles are no sign.
    let title = !new.title.is_empty() && new.title == folded(&old.title);
    let unchanged = (title || (new.title.is_empty() && old.title.is_empty())) && new.text == old_text;
    // If words and date are unchanged, it is the same entry: only the URL of its recording has changed, which may hold
    // an access token or the name of another server.
    if recorded == Some(false) && !(unchanged && new.published.is_some() && new.published == old.published) {
        return None;
    }
    if new.is_note() && is_old_note(old) && recorded.is_none() {
        return is_same_note(new, old_text).then_some(if unchanged {
            SIGNS_OF_SAME_WORDS
        } else {
            SIGNS_NEEDED
        });
    }
    let address = own_url(old).map(bare).is_some_and(|url| new.url.as_ref() == Some(&url));
    let unnamed = new.url.is_none();
    if unnamed && title && unchanged {
        return Some(SIGNS_OF_SAME_WORDS);
    }
    let text = match (new.text.as_str(), old_text) {
        ("", _) | (_, "") => None,
        (text, old) => Some(start_alike(text, old) || (unnamed && nearly_the_same(text, old))),
    };
    let date = new.published.zip(old.published).map(|(new, old)| new == old);
    // Other words on another day mean another entry: a page whose contents are replaced daily, or a column under one
    // title.
    let contradicted = match text {
        _ if recorded == Some(true) => false,
        Some(true) => false,
        Some(false) => date != Some(true),
        None => date == Some(false),
    };
    let signs = [address, title, recorded == Some(true), text == Some(true), date == Some(true)];
    let agreeing = signs.into_iter().filter(|sign| *sign).count();
    ((address || title || recorded == Some(true)) && agreeing >= SIGNS_NEEDED && !contradicted)
        .then_some(agreeing)
}

/// The address of an old entry, unless other entries of the feed have it, too.
fn own_url(old: &KnownEntry) -> Option<&str> {
    old.url.as_deref().filter(|_| !old.shares_address)
}

fn is_old_note(old: &KnownEntry) -> bool {
    own_url(old).is_none() && old.title.is_empty()
}

/// Whether a new note is an old one: unchanged, or corrected a little.
fn is_same_note(new: &NewEntry, old_text: &str) -> bool {
    if new.text == old_text {
        return !new.text.is_empty();
    }
    let counts_otherwise = new.alone && has_other_numbers(&[words(&new.text), words(old_text)]);
    !counts_otherwise && nearly_the_same(&new.text, old_text)
}

/// Whether [`SAME_WORDS_OF_TEN`] in ten words of the text with more words are in the other, too.
fn nearly_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (words(one), words(other));
    one.intersection(&other).count() * 10 >= one.len().max(other.len()) * SAME_WORDS_OF_TEN
}

/// Whether two texts agree in their first [`SAME_START_CHARS`] characters; or the shorter one, if it is long enough, is
/// the beginning of the longer one.
fn start_alike(one: &str, other: &str) -> bool {
    let alike = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).take(SAME_START_CHARS).count();
    let length = |text: &str| text.chars().take(SAME_START_CHARS).count();
    let shorter = length(one).min(length(other));
    one == other || (alike >= shorter && shorter >= SHORTEST_START_CHARS)
}

/// An address without scheme, `www.`, and a slash or an empty fragment at its end. These change when a site moves to
/// https or changes its style of URLs. A fragment stays, because it may name a part of the page.
fn bare(url: &str) -> String {
    let url = url.trim_end_matches('#');
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    url.strip_prefix("www.").unwrap_or(url).trim_end_matches('/').to_owned()
}

/// A title in lower case, with white space normalized.
fn folded(title: &str) -> String {
    title.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Made = (&'static str, &'static str, &'static str, Option<i64>);

    fn check(new: Made, old: Made, same: bool) {
        let when = |second: Option<i64>| second.map(|second| Timestamp::from_second(second).unwrap());
        let entry = Entry {
            key: "new".to_owned(),
            url: Some(new.0.to_owned()),
            title: new.1.to_owned(),
            text: new.2.to_owned(),
            published: when(new.3),
            ..Entry::default()
        };
        let known = KnownEntry {
            no: EntryNo(1),
            key: "old".to_owned(),
            url: Some(old.0.to_owned()),
            title: old.1.to_owned(),
            published: when(old.3),
            recording: None,
            shares_address: false,
        };
        assert_eq!(
            agreeing_signs(&NewEntry::of(&entry, true), &known, old.2).is_some(),
            same,
            "{new:?} {old:?}"
        );
    }

    const A: &str = "https://site.example/a";
    const B: &str = "https://site.example/b";

    #[test]
    fn two_signs_that_nothing_contradicts_recognise_an_entry() {
        check((A, "Ferry", "Forty saved", Some(1)), (A, "Ferry", "Forty saved", Some(1)), true);
        check(("http://www.site.example/a/", "Ferry", "", None), (A, "Ferry", "", None), true);
        check((B, "Ferry", "Forty saved", None), (A, "Ferry", "Forty saved", None), true);
        check(
            (B, "FERRY", "Forty people saved at sea, and a cat", Some(2)),
            (A, "Ferry", "Forty people saved at sea", Some(1)),
            true,
        );
        check((B, "Ferry", "Rewritten", Some(1)), (A, "Ferry", "Forty saved", Some(1)), true);
        check((A, "", "Forty saved", None), (A, "", "Forty saved", None), true);
    }

    #[test]
    fn a_page_or_a_column_that_is_filled_anew_is_news() {
        check((A, "Weather", "Rain", Some(2)), (A, "Weather", "Sun", Some(1)), false);
        check((A, "Weather", "Rain", None), (A, "Weather", "Sun", None), false);
        check((A, "Weather", "", Some(2)), (A, "Weather", "", Some(1)), false);
        check((B, "Ferry", "", None), (A, "Ferry", "", None), false);
        check((A, "Baker", "", None), (A, "Ferry", "", None), false);
        check((B, "", "Forty saved", Some(1)), (A, "", "Forty saved", Some(1)), false);
    }
}
