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

/// How many old entries with the same address or title are looked at for one new entry; the newest are the likeliest.
const LOOKED_AT: usize = 8;

/// Texts whose first so many characters agree are the same; what follows is often cut, or says where to read on.
const SAME_START: usize = 120;

/// Letters from which on a word tells something.
const TELLING_LETTERS: usize = 4;
/// How near the time of asking, in seconds, a date is that was made up then: caches keep a document for some minutes.
const ASKED_WITHIN_S: i64 = 300;
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
    let candidates = candidates(new, &old);
    let places: HashSet<usize> = candidates.iter().flat_map(|(_, places)| places).copied().collect();
    let wanted: Vec<EntryNo> = places.into_iter().filter_map(|place| Some(old.get(place)?.no)).collect();
    let texts = store.read(move |reader| reader.texts(&wanted)).await?;
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

/// Each new entry that shares its address or its title with old ones, and where those stand in `old`.
fn candidates(new: Vec<Newcomer>, old: &[KnownEntry]) -> Vec<(Newcomer, Vec<usize>)> {
    let mut by_sign: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, old) in old.iter().enumerate() {
        let signs = [old.url.as_deref().map(bare), Some(folded(&old.title))];
        for sign in signs.into_iter().flatten().filter(|sign| !sign.is_empty()) {
            by_sign.entry(sign).or_default().push(place);
        }
        if is_note(old.url.as_deref(), &old.title) {
            by_sign.entry(String::new()).or_default().push(place);
        }
        if let Some(recording) = old.recording {
            by_sign.entry(recording.to_string()).or_default().push(place);
        }
    }
    let alike = |entry: &Newcomer| -> Vec<usize> {
        // Notes, which have neither, are looked for among notes.
        let recording = entry.recording.map(|recording| recording.to_string());
        let signs = [entry.url.as_ref(), Some(&entry.title), recording.as_ref()].into_iter().flatten();
        let note = entry.url.is_none() && entry.title.is_empty();
        let signs = signs.filter(|sign| note || !sign.is_empty());
        let found = signs.filter_map(|sign| by_sign.get(sign));
        let mut places: Vec<usize> =
            found.flat_map(|places| places.iter().take(LOOKED_AT)).copied().collect();
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

/// How many signs say that the two are one entry; `None` when they are too few, or something speaks against it.
fn agreement(new: &Newcomer, old: &KnownEntry, old_text: &str) -> Option<usize> {
    let recording = new.recording.zip(old.recording).map(|(new, old)| new == old);
    if recording == Some(false) {
        return None;
    }
    if recording.is_none()
        && new.url.is_none()
        && is_note(old.url.as_deref(), &new.title)
        && old.title.is_empty()
    {
        return note_again(new, old, old_text).then_some(2);
    }
    let address = old.url.as_deref().map(bare).is_some_and(|url| new.url.as_ref() == Some(&url));
    // Titles that are both empty agree no more than they differ.
    let title = !new.title.is_empty() && new.title == folded(&old.title);
    let text = match (new.text.as_str(), old_text) {
        ("", _) | (_, "") => None,
        (text, old) => Some(same_start(text, old) || (new.url.is_none() && nearly_the_same(text, old))),
    };
    let date = new.published.zip(old.published).map(|(new, old)| new == old);
    // A page that is filled anew each day, a column that always has the same name: other words on another day.
    let recording = recording == Some(true);
    let contradicted = match text {
        _ if recording => false,
        Some(true) => false,
        Some(false) => date != Some(true),
        None => date == Some(false),
    };
    let signs = [address, title, recording, text == Some(true), date == Some(true)];
    let agreeing = signs.into_iter().filter(|sign| *sign).count();
    ((address || title || recording) && agreeing >= 2 && !contradicted).then_some(agreeing)
}

/// Whether an entry has neither link nor title.
fn is_note(url: Option<&str>, title: &str) -> bool {
    url.is_none() && title.is_empty()
}

/// A note is the same again when it says the same, and when it was corrected a little and bears the same date.
fn note_again(new: &Newcomer, old: &KnownEntry, old_text: &str) -> bool {
    if new.text == old_text {
        return !new.text.is_empty();
    }
    let counted_otherwise = new.alone && numbered(&[words(&new.text), words(old_text)]);
    new.published == old.published && !counted_otherwise && nearly_the_same(&new.text, old_text)
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
/// numbers, or nothing in common. A page with a link of its own may count its dead; only a later date shows that other numbers
/// are other news there. Under a title alone only an entry that is the whole document is told by its numbers: elsewhere those
/// count readers, or the minutes since.
pub(super) fn is_another(new: &Entry, old: &KnownEntry, old_text: &str, alone: bool) -> bool {
    if new.recording().zip(old.recording).is_some_and(|(new, old)| new != old) {
        return true;
    }
    let by_link = new.url.as_deref() == Some(new.key.as_str());
    let (titles, texts) = ([words(&new.title), words(&old.title)], [words(&new.text), words(old_text)]);
    let later = new.published.zip(old.published).is_some_and(|(new, old)| new > old);
    let counted_otherwise = if by_link { later && numbered(&titles) } else { alone && numbered(&texts) };
    if counted_otherwise {
        return true;
    }
    // Where the title made the key, the titles agree for that reason alone.
    let titles_agree = by_link && share(&titles, usize::MAX);
    let [new_words, old_words] = &texts;
    let says_nothing =
        |title: &str, text: &HashSet<String>| text.is_empty() && (!by_link || title.is_empty());
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
    let tells = |word: &&String| word.chars().count() >= TELLING_LETTERS || !word.is_ascii();
    let count = |words: &HashSet<String>| words.iter().filter(tells).count();
    let shared = one.intersection(other).filter(tells).count();
    shared > 0 && shared.saturating_mul(one_in) >= count(one).min(count(other))
}

/// Whether the dates of two entries allow that they are one: they are the same, or one is missing; or both are the time of
/// asking, as programs write that know no date. `read_at` is when the feed was last read.
pub(super) fn dates_agree(
    new: Option<Timestamp>,
    old: Option<Timestamp>,
    now: Timestamp,
    read_at: Option<Timestamp>,
) -> bool {
    let close = |date: Timestamp, to: Timestamp| (date.as_second() - to.as_second()).abs() <= ASKED_WITHIN_S;
    match (new, old) {
        (Some(new), Some(old)) => {
            new == old || (close(new, now) && read_at.is_some_and(|read_at| close(old, read_at)))
        }
        _ => true,
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
