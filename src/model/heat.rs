//! Heat: how many independent publishers link to a page, and what a page that many link to is called.
//!
//! A pure sum over the links to one page; knows nothing of how they were found.

use super::id::StoryNo;
use super::view::StoryView;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How many publishers must link to a page before it is shown as much linked. Two may be its author and a reader of
/// the author; the third is independent.
pub const LEAST_PUBLISHERS: usize = 3;
/// Links older than this do not count.
pub const HEAT_SPAN: SignedDuration = SignedDuration::from_hours(72);
/// Half-life of a link's weight, in hours.
const HALF_LIFE_HOURS: f64 = 24.0;
/// A publisher with more stories than this that link to a page links to it by habit, such as the author's book or a
/// licence. Its links do not count.
const HABIT: usize = 3;
/// Shorter link texts, in bytes, are usually "here" or "this", and do not say what a page is about.
const TELLING_BYTES: usize = 12;
/// Longer link texts, in characters, are sentences, not names.
const MOST_CHARS: usize = 160;

/// A link of an entry to a page of another site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLink {
    /// Hash of the page's canonical address.
    pub page: u64,
    /// The address as written.
    pub url: String,
    /// What the entry calls the page: the words of the link; of an entry that is about the page, its title.
    pub words: String,
    /// The entry does no more than point to the page.
    pub points: bool,
}

/// A stored link to a page, with who links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// The title of the feed.
    pub name: String,
    /// Who publishes it.
    pub publisher: String,
    /// The title of the entry.
    pub title: String,
    /// The entry's address.
    pub url: Option<String>,
    /// The entry's story.
    pub story: StoryNo,
    /// The page's address as the entry writes it.
    pub page: String,
    /// What the entry calls the page.
    pub words: String,
    /// Its feed is a spark: it counts, and is not named.
    pub spark: bool,
    /// The entry only points to the page. It counts separately even in a story that others carry.
    pub points: bool,
    /// When the entry was published, else first seen.
    pub at: Timestamp,
}

/// A page that many link to.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkedPage {
    /// Hash of its canonical address, from which its public id is made.
    pub page: u64,
    /// Its address, as somebody who links writes it.
    pub url: String,
    /// What those who link call it; never empty.
    pub title: String,
    /// When it was first shown; never changes.
    pub shown_at: Timestamp,
    /// The story of ours that is on that page.
    pub story: Option<StoryView>,
    /// One link of each publisher, the newest first.
    pub voices: Vec<Voice>,
}

/// One voice for each publisher that links to the page since then, the newest first.
///
/// Copies of a text count as one voice, whoever carries them. A publisher that links to the page by habit has no
/// voice.
pub fn independent(voices: &[Voice], since: Timestamp) -> Vec<&Voice> {
    let mut stories: BTreeMap<&str, BTreeSet<StoryNo>> = BTreeMap::new();
    for voice in voices {
        stories.entry(&voice.publisher).or_default().insert(voice.story);
    }
    let is_habit = |voice: &Voice| stories.get(voice.publisher.as_str()).is_some_and(|of| of.len() > HABIT);
    let (pointers, texts): (Vec<&Voice>, Vec<&Voice>) =
        voices.iter().filter(|voice| voice.at >= since && !is_habit(voice)).partition(|voice| voice.points);
    let mut copies: BTreeMap<StoryNo, Vec<&Voice>> = BTreeMap::new();
    for voice in texts {
        copies.entry(voice.story).or_default().push(voice);
    }
    let mut said: Vec<Vec<&Voice>> =
        pointers.into_iter().map(|voice| vec![voice]).chain(copies.into_values()).collect();
    // Texts with few publishers are assigned first: a text that only one publisher carries can speak for that
    // publisher only, and a copied text may speak for another.
    said.sort_by_key(Vec::len);
    let mut heard: Vec<&Voice> = Vec::new();
    for text in said {
        let is_new = |voice: &&&Voice| heard.iter().all(|other| other.publisher != voice.publisher);
        if let Some(voice) = text.iter().find(is_new).copied() {
            heard.push(voice);
        }
    }
    heard.sort_by_key(|voice| std::cmp::Reverse(voice.at));
    heard
}

/// How hot a page is at `now`: one for each independent publisher, half of that after a day.
pub fn heat(independent: &[Voice], now: Timestamp) -> f64 {
    let worth = |voice: &Voice| {
        let hours = (now.as_second() - voice.at.as_second()).max(0) as f64 / 3600.0;
        (-hours / HALF_LIFE_HOURS).exp2()
    };
    independent.iter().map(worth).sum()
}

/// The address of a page as most of those who link to it write it. On a tie, `https` wins, then the shortest, because
/// tracking parameters make an address longer.
pub fn address(voices: &[Voice]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for voice in voices {
        *counts.entry(voice.page.as_str()).or_default() += 1;
    }
    let rank = |url: &str, count: usize| (count, url.starts_with("https:"), std::cmp::Reverse(url.len()));
    let best = counts.into_iter().max_by_key(|(url, count)| rank(url, *count));
    best.map(|(url, _)| url.to_owned()).unwrap_or_default()
}

/// What a page is called: what most of those who link call it, if that tells anything, else its address.
pub fn called(voices: &[Voice], url: &str) -> String {
    let is_telling = |voice: &&Voice| {
        let words = voice.words.as_str();
        let is_long = voice.points && !words.is_empty() || words.len() >= TELLING_BYTES;
        is_long && words.chars().count() <= MOST_CHARS && !words.contains("://")
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for voice in voices.iter().filter(is_telling) {
        *counts.entry(voice.words.as_str()).or_default() += 1;
    }
    // Of equals the longest, which tells most.
    let best =
        counts.into_iter().max_by_key(|(words, count)| (*count, words.len(), std::cmp::Reverse(*words)));
    let bare = || url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/').to_owned();
    best.map_or_else(bare, |(words, _)| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(publisher: &str, story: i64, hour: i64) -> Voice {
        Voice {
            name: publisher.to_owned(),
            publisher: publisher.to_owned(),
            title: String::new(),
            url: None,
            story: StoryNo(story),
            page: String::new(),
            words: String::new(),
            spark: false,
            points: false,
            at: Timestamp::from_second(hour * 3600).unwrap(),
        }
    }

    fn heard(voices: &[Voice]) -> Vec<&str> {
        let mut heard: Vec<&str> =
            independent(voices, Timestamp::UNIX_EPOCH).iter().map(|voice| voice.publisher.as_str()).collect();
        heard.sort_unstable();
        heard
    }

    #[test]
    fn a_publisher_counts_once_however_many_feeds_it_has() {
        assert_eq!(heard(&[voice("a", 1, 1), voice("a", 2, 2), voice("b", 3, 1)]), ["a", "b"]);
    }

    #[test]
    fn a_text_that_a_planet_carries_too_is_one_voice() {
        let planet = [voice("planet", 1, 1), voice("a", 1, 1), voice("planet", 2, 1), voice("b", 2, 1)];
        assert_eq!(heard(&planet).len(), 2);
        let alone = [voice("planet", 1, 1), voice("a", 1, 1), voice("planet", 2, 1)];
        assert_eq!(heard(&alone), ["a", "planet"], "each text speaks for somebody");
    }

    #[test]
    fn who_only_points_to_a_page_speaks_for_itself_in_the_pages_own_story() {
        let boards = ["a", "b", "c"].map(|board| Voice { points: true, ..voice(board, 1, 1) });
        assert_eq!(heard(&boards), ["a", "b", "c"]);
    }

    #[test]
    fn who_links_to_a_page_under_every_text_is_not_heard() {
        let mut voices: Vec<Voice> = (1..=4).map(|story| voice("author", story, 1)).collect();
        voices.push(voice("b", 9, 1));
        assert_eq!(heard(&voices), ["b"]);
    }

    #[test]
    fn heat_decays_and_old_links_are_forgotten() {
        let voices = [voice("a", 1, 0), voice("b", 2, 24)];
        assert!((heat(&voices, voices[1].at) - 1.5).abs() < 1e-9);
        assert!(
            (heat(&voices, Timestamp::UNIX_EPOCH) - 2.0).abs() < 1e-9,
            "what comes from the future is no hotter"
        );
        assert_eq!(independent(&voices, voices[1].at), [&voices[1]]);
    }

    #[test]
    fn an_address_is_written_as_most_write_it_and_without_what_counts_visits() {
        let written = |urls: &[&str]| {
            let voices: Vec<Voice> =
                urls.iter().map(|page| Voice { page: (*page).to_owned(), ..voice("a", 1, 1) }).collect();
            address(&voices)
        };
        assert_eq!(
            written(&["http://a.example/1", "https://a.example/1?from=b", "https://a.example/1"]),
            "https://a.example/1"
        );
        assert_eq!(
            written(&["https://a.example/1", "https://a.example/1/", "https://a.example/1/"]),
            "https://a.example/1/"
        );
        assert_eq!(written(&[]), "");
    }

    #[test]
    fn a_page_is_called_what_most_call_it_and_never_here() {
        let calls = |words: &[&str]| {
            let voices: Vec<Voice> =
                words.iter().map(|words| Voice { words: (*words).to_owned(), ..voice("a", 1, 1) }).collect();
            called(&voices, "https://salt.example/bridge/")
        };
        assert_eq!(
            calls(&["here", "a bridge of salt", "the report of the engineers"]),
            "the report of the engineers"
        );
        assert_eq!(
            calls(&["a bridge of salt", "a bridge of salt", "the report of the engineers"]),
            "a bridge of salt"
        );
        assert_eq!(calls(&["here", "https://salt.example/bridge/"]), "salt.example/bridge");
        let board = Voice { words: "Salt".to_owned(), points: true, ..voice("a", 1, 1) };
        assert_eq!(called(&[board], ""), "Salt");
    }
}
