//! A newsroom for tests: a desk, a store in memory, and a day's ordinary news.

use super::memory_index::MemoryIndex;
use super::{Analysis, Desk};
use crate::model::{
    Candidate, CategoryName, DeskSettings, Entry, EntryNo, EntryRef, FeedFacts, FeedNo, Filing, OrderTarget,
    Submission,
};
use jiff::Timestamp;
use std::collections::HashSet;

/// A desk with a store in memory, and a day's ordinary news behind it.
pub(crate) struct Newsroom {
    pub(crate) desk: Desk,
    pub(crate) index: MemoryIndex,
    pub(crate) hours: i64,
    pub(crate) entries: i64,
    /// The publication date that the next entries carry.
    pub(crate) published: Option<Timestamp>,
}

/// Made-up words, as rare as names: those of two seeds hardly ever agree.
pub(crate) fn made_up(seed: u64, count: usize) -> Vec<String> {
    let syllables = ["ka", "lo", "mi", "ter", "van", "ru", "sel", "dor", "pi", "nax", "wen", "ghi"];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        syllables[(state >> 33) as usize % syllables.len()]
    };
    (0..count).map(|_| (0..4).map(|_| next()).collect()).collect()
}

impl Newsroom {
    pub(crate) fn new(settings: &DeskSettings) -> Self {
        let mut room = Self {
            desk: Desk::new(settings),
            index: MemoryIndex::default(),
            hours: 0,
            entries: 0,
            published: None,
        };
        for seed in 0..150 {
            let own = made_up(seed, 14);
            let title = format!("The {} of {} is to be a new {}", own[0], own[1], own[2]);
            let text = format!(
                "Officials said on Monday that the {} will be in the city for a week, as the people of {} near the \
                 river told reporters they had been asked by the government to report {}. Police in {} said it was \
                 not the first {} this year. {}.",
                own[3],
                own[4],
                own[5],
                own[6],
                own[7],
                own[8..].join(" ")
            );
            room.file("filler", &title, &text);
        }
        room.hours += 6;
        room
    }

    pub(crate) fn file(&mut self, publisher: &str, title: &str, text: &str) -> Filing {
        self.file_in(publisher, None, title, text)
    }

    pub(crate) fn file_in(
        &mut self,
        publisher: &str,
        category: Option<&str>,
        title: &str,
        text: &str,
    ) -> Filing {
        self.file_and_tell(publisher, category, title, text).1
    }

    /// Files an entry and returns its analysis, too.
    pub(crate) fn file_and_tell(
        &mut self,
        publisher: &str,
        category: Option<&str>,
        title: &str,
        text: &str,
    ) -> (Analysis, Filing) {
        self.entries += 1;
        let no = EntryNo(self.entries);
        let feed = FeedFacts {
            no: feed_of(publisher),
            first_url: format!("https://{publisher}.example/feed"),
            publisher: publisher.to_owned(),
            category: category.map(|name| CategoryName::stored(name.to_owned())),
            weight: 1.0,
            private: false,
            dedupe: true,
            prefer: false,
        };
        let entry = Entry {
            key: self.entries.to_string(),
            title: title.to_owned(),
            text: text.to_owned(),
            published: self.published,
            ..Entry::default()
        };
        let reference = EntryRef::new(&feed.first_url, &entry.key);
        let beside = HashSet::new();
        let submission = Submission {
            no,
            reference,
            entry: &entry,
            feed: &feed,
            unpublished: false,
            stands: None,
            beside: &beside,
        };
        let now = Timestamp::from_second(1_800_000_000 + self.hours * 3_600).unwrap();
        self.index.file(&mut self.desk, &submission, now)
    }

    /// Files headlines with texts, each from a publisher of its own, and gives their topics.
    pub(crate) fn topics(&mut self, stories: &[(&str, &str)]) -> Vec<i64> {
        let file = |(at, (title, text)): (usize, &(&str, &str))| {
            self.file(&format!("paper-{at}"), title, text).topic.no.0
        };
        stories.iter().enumerate().map(file).collect()
    }
}

/// Each publisher has one feed.
fn feed_of(publisher: &str) -> FeedNo {
    FeedNo(publisher.bytes().fold(7, |no, byte| no * 31 % 1_000_003 + i64::from(byte)))
}

/// The reference of the entry that a filing filed, and the entry as a target of an order.
pub(crate) fn order_target(publisher: &str, filing: &Filing) -> (EntryRef, OrderTarget) {
    let reference = EntryRef::new(&format!("https://{publisher}.example/feed"), &filing.entry.0.to_string());
    let candidate = Candidate {
        no: filing.entry,
        reference,
        feed: feed_of(publisher),
        publisher: String::new(),
        placement: filing.placement(),
        category: filing.category.name.clone(),
        url: None,
        links_to: None,
        title: String::new(),
        text: String::new(),
        published: None,
        filed_at: filing.at,
        recording: None,
        shares_address: false,
    };
    (reference, OrderTarget { candidate, fixed: None })
}
