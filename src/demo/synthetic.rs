//! A press that writes any number of synthetic feeds for tests, and knows which entries are copies.
//!
//! The same seed and the same calls give the same bytes. Stories differ in every name and nearly every sentence, so that
//! entries that look alike are copies. Copies are word for word, under an address of their own or under the original's
//! with tracking parameters. It must not read a clock.

use super::dialect::{Dialect, Head, Line};
use super::words::{
    ACTORS, DEEDS, ENDINGS, FIRST_SYLLABLES, LAST_SYLLABLES, MIDDLE_SYLLABLES, OPENINGS, QUALITIES, THINGS,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;

/// How many entries a feed's document holds at most, the last ones.
pub const WINDOW: usize = 30;

/// How many of the last stories copies are made of.
const COPIED_FROM: usize = 60;

/// One entry of this many is a copy, on average, if there is a story to copy.
const COPY_EVERY: u64 = 5;

/// The dialects by which the feeds take turns.
const TURNS: [Dialect; 4] = [Dialect::Rss, Dialect::Atom, Dialect::Rdf, Dialect::Json];

/// Synthetic feeds, numbered from 0, and all entries that they ever had.
#[derive(Debug, Clone)]
pub struct Press {
    random: Random,
    feeds: Vec<Printed>,
    /// The latest stories, oldest first.
    recent: VecDeque<Story>,
    /// Names of people and places so far; none is used twice.
    names: BTreeSet<String>,
    /// How many stories there are so far, which is the next label.
    stories: u64,
    served: Vec<Served>,
}

/// One entry that a feed has, or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The feed's number, from 0.
    pub feed: usize,
    /// The guid or id in the document.
    pub key: String,
    /// The address in the document.
    pub url: String,
    /// The title in the document, plain text.
    pub title: String,
    /// The label of its story: entries with the same label are copies of one text.
    pub story: u64,
    /// Its date in the document, which is when it was added.
    pub at: Timestamp,
}

/// A feed as it is now.
#[derive(Debug, Clone)]
struct Printed {
    head: Head,
    /// Newest first, at most [`WINDOW`].
    lines: VecDeque<Line>,
    /// Labels of the stories that it ever had, so that it has none twice.
    carried: BTreeSet<u64>,
}

/// A text that entries of several feeds may carry.
#[derive(Debug, Clone)]
struct Story {
    label: u64,
    url: String,
    title: String,
    summary: String,
    content: String,
}

impl Press {
    /// A press with this many feeds, all of them empty.
    pub fn new(feeds: usize, seed: u64) -> Self {
        let mut press = Self {
            random: Random(seed),
            feeds: Vec::with_capacity(feeds),
            recent: VecDeque::new(),
            names: BTreeSet::new(),
            stories: 0,
            served: Vec::new(),
        };
        for number in 0..feeds {
            let head = Head {
                title: format!("The {} Gazette", press.name()),
                site: format!("https://gazette-{number}.example/"),
                about: format!("Synthetic feed {number}"),
                language: "en".to_owned(),
            };
            press.feeds.push(Printed { head, lines: VecDeque::new(), carried: BTreeSet::new() });
        }
        press
    }

    /// The number of feeds.
    pub fn feeds(&self) -> usize {
        self.feeds.len()
    }

    /// Adds this many entries to every feed, a minute apart, the last of them dated `now`.
    pub fn fill(&mut self, now: Timestamp, entries: usize) {
        for back in (0..entries).rev() {
            let at = now.checked_sub(SignedDuration::from_mins(back as i64)).unwrap_or(now);
            for feed in 0..self.feeds.len() {
                self.print(feed, at);
            }
        }
    }

    /// Adds one to three entries, dated `now`, to a share of the feeds (0.0 to 1.0, rounded to whole feeds). Returns the
    /// numbers of these feeds in ascending order.
    pub fn tick(&mut self, now: Timestamp, share: f64) -> Vec<usize> {
        let wanted = (self.feeds.len() as f64 * share.clamp(0.0, 1.0)).round() as usize;
        // A Fisher-Yates shuffle that stops when enough feeds are drawn.
        let mut deck: Vec<usize> = (0..self.feeds.len()).collect();
        for place in 0..wanted.min(deck.len()) {
            let other = place + self.random.below((deck.len() - place) as u64) as usize;
            deck.swap(place, other);
        }
        deck.truncate(wanted);
        deck.sort_unstable();
        for feed in &deck {
            for _ in 0..=self.random.below(3) {
                self.print(*feed, now);
            }
        }
        deck
    }

    /// The dialect of a feed.
    pub fn dialect(&self, feed: usize) -> Dialect {
        TURNS[feed % TURNS.len()]
    }

    /// The path under which to serve the feed.
    pub fn path(&self, feed: usize) -> String {
        format!("/press/{feed}")
    }

    /// The media type and the document of a feed; the document is empty when there is no feed of that number.
    pub fn document(&self, feed: usize) -> (&'static str, Vec<u8>) {
        let dialect = self.dialect(feed);
        let document = self.feeds.get(feed).map(|printed| {
            let lines: Vec<Line> = printed.lines.iter().cloned().collect();
            dialect.write(&printed.head, &lines).into_bytes()
        });
        (dialect.content_type(), document.unwrap_or_default())
    }

    /// Every entry that a feed ever had, in the order in which they were added.
    pub fn served(&self) -> &[Served] {
        &self.served
    }

    fn print(&mut self, feed: usize, at: Timestamp) {
        let copy = self.random.below(COPY_EVERY) == 0;
        let number = self.served.len();
        let Some(printed) = self.feeds.get(feed) else { return };
        let site = printed.head.site.clone();
        let fresh: Vec<usize> = (0..self.recent.len())
            .filter(|place| !printed.carried.contains(&self.recent[*place].label))
            .collect();
        let (story, url) = if copy && !fresh.is_empty() {
            let story = self.recent[fresh[self.random.below(fresh.len() as u64) as usize]].clone();
            let url = if self.random.below(3) == 0 {
                format!("{}?utm_source=gazette-{feed}&utm_medium=rss", story.url)
            } else {
                format!("{site}wire/{number}")
            };
            (story, url)
        } else {
            let url = format!("{site}news/{number}");
            let story = self.story(&url);
            self.recent.push_back(story.clone());
            if self.recent.len() > COPIED_FROM {
                self.recent.pop_front();
            }
            (story, url)
        };
        // Half of the RSS feeds have guids that are not addresses; real feeds have both kinds.
        let opaque = self.dialect(feed) == Dialect::Rss && feed.is_multiple_of(8);
        let key = if opaque { format!("{feed}-{number:06}") } else { url.clone() };
        self.served.push(Served {
            feed,
            key: key.clone(),
            url: url.clone(),
            title: story.title.clone(),
            story: story.label,
            at,
        });
        if let Some(printed) = self.feeds.get_mut(feed) {
            printed.carried.insert(story.label);
            printed.lines.push_front(Line {
                key,
                url,
                title: story.title,
                summary: story.summary,
                content: story.content,
                author: String::new(),
                terms: Vec::new(),
                picture: None,
                recording: None,
                published: at,
            });
            printed.lines.truncate(WINDOW);
        }
    }

    fn story(&mut self, url: &str) -> Story {
        let label = self.stories;
        self.stories += 1;
        let (person, place) = (self.name(), self.name());
        let actor = self.random.pick(&ACTORS);
        let number = 11 + self.random.below(9_000);
        let title = format!(
            "{place} {actor} {person} {} {number} {} {}s",
            self.random.pick(&DEEDS),
            self.random.pick(&QUALITIES),
            self.random.pick(&THINGS)
        );
        let summary = format!("{} {}", self.sentence(&person), self.sentence(&place));
        let mut content = String::new();
        for _ in 0..3 {
            let other = self.name();
            let _ = writeln!(
                content,
                "<p>{} {} {}</p>",
                self.sentence(&person),
                self.sentence(&other),
                self.sentence(&place)
            );
        }
        Story { label, url: url.to_owned(), title, summary, content }
    }

    fn sentence(&mut self, name: &str) -> String {
        let number = 2 + self.random.below(997);
        format!(
            "{}, the {} {} of {name} {} {number} {} {}s and the {} {}, {}.",
            self.random.pick(&OPENINGS),
            self.random.pick(&QUALITIES),
            self.random.pick(&ACTORS),
            self.random.pick(&DEEDS),
            self.random.pick(&QUALITIES),
            self.random.pick(&THINGS),
            self.random.pick(&QUALITIES),
            self.random.pick(&THINGS),
            self.random.pick(&ENDINGS)
        )
    }

    /// A name that was not used before. After each one that is taken, the next is tried with a syllable more.
    fn name(&mut self) -> String {
        let mut middles = 1;
        loop {
            let mut name = self.random.pick(&FIRST_SYLLABLES).to_owned();
            for _ in 0..middles {
                name.push_str(self.random.pick(&MIDDLE_SYLLABLES));
            }
            name.push_str(self.random.pick(&LAST_SYLLABLES));
            if self.names.insert(name.clone()) {
                return name;
            }
            middles += 1;
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, fast, and the same on every machine.
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 when `bound` is 0. The bias of the remainder does not matter for bounds this small.
    fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let place = self.below(words.len() as u64) as usize;
        words.get(place).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn start() -> Timestamp {
        "2026-11-23T00:00:00Z".parse().unwrap()
    }

    /// A press after a day.
    fn day(feeds: usize, seed: u64) -> Press {
        let mut press = Press::new(feeds, seed);
        press.fill(start(), 5);
        for hour in 1..=24 {
            press.tick(start().checked_add(SignedDuration::from_hours(hour)).unwrap(), 0.1);
        }
        press
    }

    #[test]
    fn the_same_seed_prints_the_same_bytes() {
        let (one, two, other) = (day(20, 7), day(20, 7), day(20, 8));
        assert_eq!(one.served(), two.served());
        for feed in 0..20 {
            assert_eq!(one.document(feed), two.document(feed));
            assert_ne!(one.document(feed), other.document(feed));
        }
    }

    #[test]
    fn a_tick_changes_exactly_the_share_that_was_asked_for() {
        let mut press = Press::new(200, 1);
        press.fill(start(), 3);
        for (share, changed) in [(0.0, 0), (0.1, 20), (0.333, 67), (1.0, 200)] {
            let before: Vec<_> = (0..200).map(|feed| press.document(feed)).collect();
            let said = press.tick(start(), share);
            let found: Vec<usize> = (0..200).filter(|feed| press.document(*feed) != before[*feed]).collect();
            assert_eq!(said, found);
            assert_eq!(found.len(), changed, "{share}");
        }
    }

    #[test]
    fn every_document_is_read_back_as_it_was_served() {
        let press = day(16, 3);
        for feed in 0..16 {
            let (_, document) = press.document(feed);
            let read = feed_rs::parser::parse(&document[..]).unwrap();
            let mut truth: Vec<_> =
                press.served().iter().filter(|served| served.feed == feed).rev().collect();
            truth.truncate(WINDOW);
            assert_eq!(read.entries.len(), truth.len());
            for (entry, served) in read.entries.iter().zip(truth) {
                assert_eq!(entry.title.as_ref().unwrap().content, served.title);
                assert_eq!(entry.links[0].href, served.url);
            }
        }
    }

    #[test]
    fn a_feed_serves_no_more_than_its_window_and_no_story_twice() {
        let mut press = Press::new(4, 2);
        press.fill(start(), WINDOW + 9);
        for feed in 0..4 {
            let (_, document) = press.document(feed);
            assert_eq!(feed_rs::parser::parse(&document[..]).unwrap().entries.len(), WINDOW);
        }
        let mut carried = BTreeSet::new();
        assert!(press.served().iter().all(|served| carried.insert((served.feed, served.story))));
    }

    #[test]
    fn only_copies_look_alike() {
        let press = day(100, 5);
        let mut titles: BTreeMap<&str, u64> = BTreeMap::new();
        let mut copies = 0;
        for served in press.served() {
            copies += usize::from(titles.contains_key(served.title.as_str()));
            assert_eq!(*titles.entry(&served.title).or_insert(served.story), served.story);
        }
        let share = copies as f64 / press.served().len() as f64;
        assert!((0.1..0.3).contains(&share), "{share}");

        // Any two stories share almost none of their runs of four words.
        let runs = |line: &Line| -> BTreeSet<String> {
            let words: Vec<&str> = line.content.split_whitespace().collect();
            words.windows(4).map(|run| run.join(" ")).collect()
        };
        let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for line in press.feeds.iter().flat_map(|printed| &printed.lines).take(300) {
            seen.entry(&line.title).or_insert_with(|| runs(line));
        }
        let texts: Vec<_> = seen.values().collect();
        for (place, one) in texts.iter().enumerate() {
            for other in &texts[place + 1..] {
                let shared: Vec<_> = one.intersection(other).collect();
                assert!(shared.len() * 10 < one.len(), "two stories of {} runs share {shared:?}", one.len());
            }
        }
    }
}
