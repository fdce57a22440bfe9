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
}

impl Newcomer {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            key: entry.key.clone(),
            // An address that several entries have is no sign.
            url: entry.url.as_deref().filter(|_| !entry.shares_address).map(bare),
            title: folded(&entry.title),
            text: entry.text.clone(),
            published: entry.published,
            recording: entry.recording(),
        }
    }
}

/// The new entries that were here before, each by its key, with the old entry that it is. `old` is in order of
/// preference; each of them is found once.
pub(super) async fn recognise(
    store: &Store,
    new: Vec<Newcomer>,
    old: Vec<KnownEntry>,
) -> Result<Vec<(String, KnownEntry)>, StoreError> {
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
            found.push((entry.key, old.clone()));
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
    }
    let alike = |entry: &Newcomer| -> Vec<usize> {
        // Notes, which have neither, are looked for among notes.
        let signs = [entry.url.as_ref(), Some(&entry.title)].into_iter().flatten();
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
    if new.recording.zip(old.recording).is_some_and(|(new, old)| new != old) {
        return None;
    }
    if new.url.is_none() && is_note(old.url.as_deref(), &new.title) && old.title.is_empty() {
        return note_again(new, old, old_text).then_some(2);
    }
    let address = old.url.as_deref().map(bare).is_some_and(|url| new.url.as_ref() == Some(&url));
    // Titles that are both empty agree no more than they differ.
    let title = !new.title.is_empty() && new.title == folded(&old.title);
    let text = match (new.text.as_str(), old_text) {
        ("", _) | (_, "") => None,
        (new, old) => Some(same_start(new, old)),
    };
    let date = new.published.zip(old.published).map(|(new, old)| new == old);
    // A page that is filled anew each day, a column that always has the same name: other words on another day.
    let contradicted = match text {
        Some(true) => false,
        Some(false) => date != Some(true),
        None => date == Some(false),
    };
    let signs = [address, title, text == Some(true), date == Some(true)];
    let agreeing = signs.into_iter().filter(|sign| *sign).count();
    ((address || title) && agreeing >= 2 && !contradicted).then_some(agreeing)
}

/// Whether an entry has neither link nor title.
fn is_note(url: Option<&str>, title: &str) -> bool {
    url.is_none() && title.is_empty()
}

/// A note is the same again when it says the same, whatever date it bears by now; and with the same date also when it was
/// corrected a little. Other numbers make another note: a water level, a price.
fn note_again(new: &Newcomer, old: &KnownEntry, old_text: &str) -> bool {
    if new.text == old_text {
        return !new.text.is_empty();
    }
    let (one, other) = (words(&new.text), words(old_text));
    let shared = one.intersection(&other).count();
    let numbers = |words: &HashSet<String>| -> HashSet<String> {
        words.iter().filter(|word| is_number(word)).cloned().collect()
    };
    new.published == old.published
        && numbers(&one) == numbers(&other)
        && shared * 10 >= one.len().max(other.len()) * 7
}

/// Whether what a feed without ids has under a link, or under a title, is another entry by now: another recording, other
/// numbers, or nothing in common. A page with a link of its own may count its dead; only a later date shows that other numbers
/// are other news there.
pub(super) fn is_another(new: &Entry, old: &KnownEntry, old_text: &str) -> bool {
    if new.recording().zip(old.recording).is_some_and(|(new, old)| new != old) {
        return true;
    }
    let by_link = new.url.as_deref() == Some(new.key.as_str());
    let (titles, texts) = ([words(&new.title), words(&old.title)], [words(&new.text), words(old_text)]);
    let numbered = |[one, other]: &[HashSet<String>; 2]| {
        let only = |one: &HashSet<String>, other| one.difference(other).any(|word| is_number(word));
        only(one, other) && only(other, one)
    };
    let later = new.published.zip(old.published).is_some_and(|(new, old)| new > old);
    if if by_link { later && numbered(&titles) } else { numbered(&texts) } {
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

/// Whether one in so many of the fewer telling words stands among the others, too; at least one does.
fn share([one, other]: &[HashSet<String>; 2], one_in: usize) -> bool {
    let tells = |word: &&String| word.chars().count() >= TELLING_LETTERS || !word.is_ascii();
    let count = |words: &HashSet<String>| words.iter().filter(tells).count();
    let shared = one.intersection(other).filter(tells).count();
    shared > 0 && shared.saturating_mul(one_in) >= count(one).min(count(other))
}

fn is_number(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
}

/// The words of a text in lower case, each once.
fn words(text: &str) -> HashSet<String> {
    text.unicode_words().map(str::to_lowercase).collect()
}

/// An address without what changes when a site moves to https or tidies up. A fragment with a number names a part of a page.
fn bare(url: &str) -> String {
    let numbered = |fragment: &str| fragment.contains(|c: char| c.is_ascii_digit());
    let url = match url.split_once('#') {
        Some((_, fragment)) if numbered(fragment) => url,
        Some((page, _)) => page,
        None => url,
    };
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
        assert_eq!(agreement(&Newcomer::of(&entry), &known, old.2).is_some(), same, "{new:?} {old:?}");
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
