//! Whether an entry that comes under a new id was here before, and whether one that comes under its old one is another by now:
//! what agrees, and what speaks against it.
//!
//! A mistake here keeps news from being published, so two signs are needed and none may contradict. What is not
//! recognised is an entry like any other, and the desk still finds its story.

use crate::model::{Entry, EntryNo};
use crate::store::{KnownEntry, Store, StoreError};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use unicode_segmentation::UnicodeSegmentation as _;
use xxhash_rust::xxh3::xxh3_64;

/// How many old entries with the same address or title are looked at for one new entry; the newest are the likeliest.
const LOOKED_AT: usize = 8;
/// The same for a new note, which has only its text to be told by.
const NOTES_LOOKED_AT: usize = 64;

/// Texts whose first so many characters agree are the same; what follows is often cut, or says where to read on.
const SAME_START: usize = 120;

/// Letters from which on a word tells something.
const TELLING_LETTERS: usize = 4;
/// How nearly, in seconds, dates that are made up when asked move on with the polls: caches keep a document for some minutes.
const ASKED_WITHIN_S: i64 = 180;
const HALF_AN_HOUR_S: i64 = 1_800;
/// Texts with so many telling words that share few of them tell of different things, though under one title.
const MUCH_SAID: usize = 8;
/// Texts tell of the same when one in so many words of the shorter one stands in the other.
const SHARED_ONE_IN: usize = 4;

/// A new entry, as far as it matters here.
#[derive(Debug, Clone)]
pub(super) struct Newcomer {
    key: String,
    url: Option<String>,
    title: String,
    text: String,
    published: Option<Timestamp>,
    recording: Option<u64>,
    /// It stands alone in its document: a feed that shows one note at a time has put it in the place of the last. Elsewhere
    /// a number that changes counts readers or minutes.
    alone: bool,
}

impl Newcomer {
    pub(super) fn of(entry: &Entry, alone: bool) -> Self {
        Self {
            key: entry.key.clone(),
            // An address that several entries have is no sign.
            url: entry.url.as_deref().filter(|_| !entry.shares_address).map(bare),
            title: folded(&entry.title),
            text: entry.text.clone(),
            published: entry.published,
            recording: entry.recording(),
            alone,
        }
    }

    /// It has neither an address of its own nor a title.
    fn is_note(&self) -> bool {
        self.url.is_none() && self.title.is_empty()
    }
}

/// A new entry that was here before.
#[derive(Debug, Clone)]
pub(super) struct Recognised {
    /// Its key.
    pub(super) key: String,
    /// The old entry that it is.
    pub(super) old: KnownEntry,
    /// It has the same text, word for word.
    pub(super) unchanged: bool,
}

/// The new entries that were here before. `old` is in order of
/// preference; each of them is found once.
pub(super) async fn recognise(
    store: &Store,
    new: Vec<Newcomer>,
    old: Vec<KnownEntry>,
) -> Result<Vec<Recognised>, StoreError> {
    // Notes are found by their texts, which are looked up for all of them.
    let notes = new.iter().any(Newcomer::is_note);
    let notes: Vec<EntryNo> =
        old.iter().filter(|old| notes && is_note(known_url(old), &old.title)).map(|old| old.no).collect();
    let mut texts = store.read(move |reader| reader.texts(&notes)).await?;
    let candidates = candidates(new, &old, &texts);
    let places: HashSet<usize> = candidates.iter().flat_map(|(_, places)| places).copied().collect();
    let wanted = places.into_iter().filter_map(|place| Some(old.get(place)?.no));
    let wanted: Vec<EntryNo> = wanted.filter(|no| !texts.contains_key(no)).collect();
    texts.extend(store.read(move |reader| reader.texts(&wanted)).await?);
    let mut taken = HashSet::new();
    let mut found = Vec::new();
    for (entry, places) in candidates {
        let free = places.into_iter().filter(|place| !taken.contains(place));
        let best = free
            .filter_map(|place| {
                let old = old.get(place)?;
                let text = texts.get(&old.no).map(String::as_str).unwrap_or_default();
                Some((Reverse(agreement(&entry, old, text)?), place, old))
            })
            .min_by_key(|(agreement, place, _)| (*agreement, *place));
        if let Some((_, place, old)) = best {
            taken.insert(place);
            let unchanged = texts.get(&old.no).is_some_and(|text| *text == entry.text);
            found.push(Recognised { key: entry.key, old: old.clone(), unchanged });
        }
    }
    Ok(found)
}

/// Each new entry that shares its address, its title, its recording or, as a note, its text with old ones, and where those
/// stand in `old`.
fn candidates(
    new: Vec<Newcomer>,
    old: &[KnownEntry],
    texts: &HashMap<EntryNo, String>,
) -> Vec<(Newcomer, Vec<usize>)> {
    let mut by_sign: HashMap<Sign, Vec<usize>> = HashMap::new();
    for (place, old) in old.iter().enumerate() {
        let note = is_note(known_url(old), &old.title);
        let signs = [
            known_url(old).map(|url| Sign::Address(bare(url))),
            Some(folded(&old.title)).filter(|title| !title.is_empty()).map(Sign::Title),
            old.recording.map(Sign::Recording),
            texts.get(&old.no).filter(|_| note).map(|text| Sign::Text(xxh3_64(text.as_bytes()))),
            note.then_some(Sign::Note),
        ];
        for sign in signs.into_iter().flatten() {
            by_sign.entry(sign).or_default().push(place);
        }
    }
    let alike = |entry: &Newcomer| -> Vec<usize> {
        let signs = [
            entry.url.clone().map(Sign::Address),
            Some(entry.title.clone()).filter(|title| !title.is_empty()).map(Sign::Title),
            entry.recording.map(Sign::Recording),
            entry.is_note().then(|| Sign::Text(xxh3_64(entry.text.as_bytes()))),
            entry.is_note().then_some(Sign::Note),
        ];
        let mut places: Vec<usize> = Vec::new();
        for sign in signs.into_iter().flatten() {
            let at_most = if sign == Sign::Note { NOTES_LOOKED_AT } else { LOOKED_AT };
            places.extend(by_sign.get(&sign).into_iter().flatten().take(at_most));
        }
        places.sort_unstable();
        places.dedup();
        places
    };
    let with_places = new.into_iter().map(|entry| {
        let places = alike(&entry);
        (entry, places)
    });
    with_places.filter(|(_, places)| !places.is_empty()).collect()
}

/// What a new entry and an old one may have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Sign {
    Address(String),
    Title(String),
    Recording(u64),
    /// The whole text of a note.
    Text(u64),
    /// Both are notes.
    Note,
}

/// How many signs say that the two are one entry; `None` when they are too few, or something speaks against it. The dates of
/// entries without an address of their own are judged elsewhere (see [`Dating`]).
fn agreement(new: &Newcomer, old: &KnownEntry, old_text: &str) -> Option<usize> {
    let recorded = new.recording.zip(old.recording).map(|(new, old)| new == old);
    // Titles that are both empty agree no more than they differ.
    let title = !new.title.is_empty() && new.title == folded(&old.title);
    let unchanged = (title || (new.title.is_empty() && old.title.is_empty())) && new.text == old_text;
    // Of one entry, with all its words and its date, only the address of the recording has changed: that holds a token, or
    // the name of another server.
    if recorded == Some(false) && !(unchanged && new.published.is_some() && new.published == old.published) {
        return None;
    }
    if new.is_note() && is_note(known_url(old), &old.title) && recorded.is_none() {
        return note_again(new, old_text).then_some(if unchanged { 3 } else { 2 });
    }
    let address = known_url(old).map(bare).is_some_and(|url| new.url.as_ref() == Some(&url));
    let unnamed = new.url.is_none();
    if unnamed && title && unchanged {
        return Some(3);
    }
    let text = match (new.text.as_str(), old_text) {
        ("", _) | (_, "") => None,
        (text, old) => Some(same_start(text, old) || (unnamed && nearly_the_same(text, old))),
    };
    let date = new.published.zip(old.published).map(|(new, old)| new == old);
    // A page that is filled anew each day, a column that always has the same name: other words on another day.
    let contradicted = match text {
        _ if recorded == Some(true) => false,
        Some(true) => false,
        Some(false) => date != Some(true),
        None => date == Some(false),
    };
    let signs = [address, title, recorded == Some(true), text == Some(true), date == Some(true)];
    let agreeing = signs.into_iter().filter(|sign| *sign).count();
    ((address || title || recorded == Some(true)) && agreeing >= 2 && !contradicted).then_some(agreeing)
}

/// The address of an old entry, if it is its own.
fn known_url(old: &KnownEntry) -> Option<&str> {
    old.url.as_deref().filter(|_| !old.shares_address)
}

/// Whether an entry has neither link nor title.
fn is_note(url: Option<&str>, title: &str) -> bool {
    url.is_none() && title.is_empty()
}

/// A note is the same again when it says the same, or when it was corrected a little.
fn note_again(new: &Newcomer, old_text: &str) -> bool {
    if new.text == old_text {
        return !new.text.is_empty();
    }
    let counted_otherwise = new.alone && numbered(&[words(&new.text), words(old_text)]);
    !counted_otherwise && nearly_the_same(&new.text, old_text)
}

/// Whether seven of ten words of the longer text are the shorter one's, too.
fn nearly_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (words(one), words(other));
    one.intersection(&other).count() * 10 >= one.len().max(other.len()) * 7
}

/// Where entries stand in two documents: each between the nearest of those that stand in both.
pub(super) struct Places<'k> {
    new: HashMap<&'k str, Between<'k>>,
    last: HashMap<&'k str, Between<'k>>,
}

type Between<'k> = (Option<&'k str>, Option<&'k str>);

impl<'k> Places<'k> {
    pub(super) fn of(document: &'k [String], last: &'k [String]) -> Self {
        let between = |keys: &'k [String], others: &'k [String]| {
            let others: HashSet<&str> = others.iter().map(String::as_str).collect();
            let nearest = |keys: &mut dyn Iterator<Item = &'k String>| -> HashMap<&'k str, Option<&'k str>> {
                let mut near = None;
                let with_near = keys.map(|key| {
                    let before = near;
                    if others.contains(key.as_str()) {
                        near = Some(key.as_str());
                    }
                    (key.as_str(), before)
                });
                with_near.collect()
            };
            let (before, after) = (nearest(&mut keys.iter()), nearest(&mut keys.iter().rev()));
            let both =
                before.into_iter().map(|(key, before)| (key, (before, after.get(key).copied().flatten())));
            both.collect()
        };
        Self { new: between(document, last), last: between(last, document) }
    }

    /// Whether a new entry stands where an old one stood. A note that was mended does; one that only is like another does not.
    pub(super) fn agree(&self, new: &str, old: &str) -> bool {
        self.last.get(old).is_some_and(|place| self.new.get(new) == Some(place))
    }
}

/// Whether what a feed without ids has under a link, or under a title, is another entry by now: another recording, other
/// numbers, or nothing in common. Only an entry that is the whole document is told by its numbers, and under a link only when its
/// date is later: elsewhere they count replies, readers, or the minutes since.
pub(super) fn is_another(new: &Entry, old: &KnownEntry, old_text: &str, alone: bool) -> bool {
    let by_link = new.url.as_deref() == Some(new.key.as_str());
    let by_id = !by_link && !new.key.starts_with("hash:");
    // Publishers vouch for an id: only where everything has changed, its link too, was it another entry's.
    if by_id && (new.url.is_none() || new.url == old.url || new.published == old.published) {
        return false;
    }
    // Of one entry, with all its words and its date, only the address of the recording has changed.
    let same_date = new.published.is_some() && new.published == old.published;
    let unchanged = same_date && new.title == old.title && new.text == old_text;
    if new.recording().zip(old.recording).is_some_and(|(new, old)| new != old) && !unchanged && !by_id {
        return true;
    }
    let (titles, texts) = ([words(&new.title), words(&old.title)], [words(&new.text), words(old_text)]);
    let later = new.published.zip(old.published).is_some_and(|(new, old)| new > old);
    let counted_otherwise =
        alone && !by_id && if by_link { later && numbered(&titles) } else { numbered(&texts) };
    if counted_otherwise {
        return true;
    }
    let [new_words, old_words] = &texts;
    // Where the title made the key, the titles agree for that reason alone; so they do where a feed shows one thing at a time
    // under its own name, each time another.
    let one_at_a_time = alone && by_link && !same_date && says_much(new_words) && says_much(old_words);
    let titles_agree = (by_link || by_id) && !one_at_a_time && share(&titles, usize::MAX);
    let says_nothing =
        |title: &str, text: &HashSet<String>| text.is_empty() && (!(by_link || by_id) || title.is_empty());
    !says_nothing(&new.title, new_words)
        && !says_nothing(&old.title, old_words)
        && !titles_agree
        && !share(&texts, SHARED_ONE_IN)
}

/// Whether each has a number that the other lacks.
fn numbered([one, other]: &[HashSet<String>; 2]) -> bool {
    let is_number = |word: &String| word.contains(|c: char| c.is_ascii_digit());
    one.difference(other).any(is_number) && other.difference(one).any(is_number)
}

/// Whether one in so many of the fewer telling words stands among the others, too; at least one does.
fn share([one, other]: &[HashSet<String>; 2], one_in: usize) -> bool {
    let least =
        one.iter().filter(|word| tells(word)).count().min(other.iter().filter(|word| tells(word)).count());
    let shared = one.intersection(other).filter(|word| tells(word)).count();
    shared > 0 && shared.saturating_mul(one_in) >= least
}

/// Whether a word may tell what a text is about.
fn tells(word: &str) -> bool {
    word.chars().count() >= TELLING_LETTERS || !word.is_ascii()
}

fn says_much(words: &HashSet<String>) -> bool {
    words.iter().filter(|word| tells(word)).count() >= MUCH_SAID
}

/// What the dates of a document are worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dating {
    /// When the feed was read, and when before that.
    pub(super) now: Timestamp,
    pub(super) read_at: Option<Timestamp>,
    /// All entries bear one date: it is the document's.
    pub(super) one_date: bool,
}

impl Dating {
    /// Whether the dates of two entries allow that they are one: they are the same, or one is missing; or they are none of the
    /// entries', but the time of asking, in whatever zone, as programs write that know no date.
    pub(super) fn allows(&self, new: Option<Timestamp>, old: Option<Timestamp>) -> bool {
        let (Some(new), Some(old)) = (new, old) else { return true };
        let moved_on = |read_at: Timestamp| {
            let (dates, polls) =
                (new.as_second() - old.as_second(), self.now.as_second() - read_at.as_second());
            (dates - polls).abs() <= ASKED_WITHIN_S
        };
        // A wrong zone is wrong by whole or half hours.
        let off_by = (self.now.as_second() - new.as_second()).rem_euclid(HALF_AN_HOUR_S);
        let is_now = off_by.min(HALF_AN_HOUR_S - off_by) <= ASKED_WITHIN_S;
        new == old || self.one_date || (is_now && self.read_at.is_some_and(moved_on))
    }
}

/// The words of a text in lower case, each once.
fn words(text: &str) -> HashSet<String> {
    text.unicode_words().map(str::to_lowercase).collect()
}

/// An address without what changes when a site moves to https or tidies up. What follows `#` may name a part of the page.
fn bare(url: &str) -> String {
    let url = url.trim_end_matches('#');
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    url.strip_prefix("www.").unwrap_or(url).trim_end_matches('/').to_owned()
}

/// A title in lower case, white space folded.
fn folded(title: &str) -> String {
    title.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Whether two texts begin alike, or the shorter one, if it says anything, is the beginning of the longer one.
fn same_start(one: &str, other: &str) -> bool {
    const SAYS_SOMETHING: usize = 20;
    let alike = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).take(SAME_START).count();
    let length = |text: &str| text.chars().take(SAME_START).count();
    let shorter = length(one).min(length(other));
    one == other || (alike >= shorter && shorter >= SAYS_SOMETHING)
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
        assert_eq!(agreement(&Newcomer::of(&entry, true), &known, old.2).is_some(), same, "{new:?} {old:?}");
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
    fn a_mended_note_stands_between_the_same_as_before() {
        let keys = |keys: &str| keys.chars().map(String::from).collect::<Vec<_>>();
        let (document, last) = (keys("xabYc"), keys("abBcd"));
        let places = Places::of(&document, &last);
        assert!(places.agree("Y", "B"));
        for (new, old) in [("x", "d"), ("x", "B"), ("Y", "d"), ("Y", "nowhere")] {
            assert!(!places.agree(new, old), "{new} {old}");
        }
        let (one, other) = (keys("x"), keys("y"));
        assert!(Places::of(&one, &other).agree("x", "y"), "each is all there is");
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
