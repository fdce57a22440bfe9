//! Is it the same story? Pairs written for the purpose, with their verdict; and what the desk promises whatever comes.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use tidings::desk::archive::Memory;
use tidings::desk::{Analysis, Desk};
use tidings::model::{
    Candidate, DeskSettings, Entry, EntryNo, EntryRef, FeedFacts, FeedNo, Filing, OrderKind, OrderTarget,
    Placement, StoryNo, StoryRule, Submission,
};

const PAIRS: &str = include_str!("data/pairs.jsonl");

#[derive(Debug, Clone, Deserialize)]
struct Carried {
    publisher: String,
    url: String,
    title: String,
    text: String,
    hours: i64,
}

#[derive(Debug, Deserialize)]
struct Pair {
    name: String,
    same: bool,
    why: String,
    one: Carried,
    other: Carried,
}

fn pairs() -> Vec<Pair> {
    PAIRS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A desk, its archive, and all that was filed.
struct Newsroom {
    desk: Desk,
    archive: Memory,
    filed: Vec<(Analysis, Filing)>,
    keys: HashMap<String, EntryNo>,
}

impl Newsroom {
    fn new() -> Self {
        let desk = Desk::new(&DeskSettings::default());
        Self { desk, archive: Memory::default(), filed: Vec::new(), keys: HashMap::new() }
    }

    fn file(&mut self, carried: &Carried) -> EntryNo {
        let now = Timestamp::from_second(1_772_000_000).unwrap() + SignedDuration::from_hours(carried.hours);
        let key = format!("{} {} {}", carried.publisher, carried.url, carried.title);
        let next = EntryNo(self.keys.len() as i64 + 1);
        let no = *self.keys.entry(key.clone()).or_insert(next);
        let feed = FeedFacts {
            no: FeedNo(1 + carried.publisher.bytes().map(i64::from).sum::<i64>()),
            first_url: format!("https://{}/feed", carried.publisher),
            publisher: carried.publisher.clone(),
            category: None,
            weight: 1.0,
            private: false,
        };
        let reference = EntryRef::new(&feed.first_url, &key);
        let entry = Entry {
            key,
            url: Some(carried.url.clone()),
            title: carried.title.clone(),
            text: carried.text.clone(),
            published: Some(now),
            ..Entry::default()
        };
        let stands = self.archive.stands(no).map(|(placement, _)| placement);
        let submission = Submission { no, reference, entry: &entry, feed: &feed, quiet: false, stands };
        let analysis = self.desk.analyse(&submission);
        let found = self.archive.find(analysis.keys());
        let filing = self.desk.file(&submission, &analysis, &found, now);
        for gone in &filing.absorbed {
            self.archive.absorb(*gone, filing.story);
        }
        let candidate = Candidate {
            no,
            reference,
            feed: feed.no,
            publisher: feed.publisher.clone(),
            placement: Placement { story: filing.story, topic: filing.topic },
            category: filing.category.clone(),
            url: entry.url,
            title: entry.title,
            text: entry.text,
            published: entry.published,
            filed_at: now,
        };
        self.archive.put(&analysis, candidate);
        self.filed.push((analysis, filing));
        no
    }

    fn story(&self, no: EntryNo) -> StoryNo {
        self.archive.stands(no).unwrap().0.story
    }

    /// Which entries stand together.
    fn groups(&self, of: &[EntryNo]) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (at, no) in of.iter().enumerate() {
            groups.entry(self.story(*no).0).or_default().push(at);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort();
        groups
    }
}

#[test]
fn every_pair_is_judged_as_its_reason_says() {
    let mut wrong = Vec::new();
    for pair in pairs() {
        let mut newsroom = Newsroom::new();
        let (one, other) = (newsroom.file(&pair.one), newsroom.file(&pair.other));
        if (newsroom.story(one) == newsroom.story(other)) != pair.same {
            wrong.push(format!("{} ({})", pair.name, pair.why));
        }
    }
    assert!(wrong.is_empty(), "{} pairs are judged wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_split_holds_when_the_entry_is_filed_again() {
    let pair = pairs().into_iter().find(|pair| pair.name == "en-whole-text-other-headline").unwrap();
    let mut newsroom = Newsroom::new();
    let (one, other) = (newsroom.file(&pair.one), newsroom.file(&pair.other));
    assert_eq!(newsroom.story(one), newsroom.story(other));
    let found = newsroom.archive.find(newsroom.filed[0].0.keys());
    let reference = |no: EntryNo| found.iter().find(|candidate| candidate.no == no).unwrap().reference;
    let order = OrderKind::SplitStory { entries: vec![reference(other)], from: vec![reference(one)] };
    let targets: Vec<OrderTarget> =
        found.iter().map(|candidate| OrderTarget { candidate: candidate.clone(), fixed: None }).collect();
    let now = newsroom.filed[1].1.at;
    for filing in newsroom.desk.obey(&order, &targets, now) {
        newsroom.archive.set(Placement { story: filing.story, topic: filing.topic }, filing.category.clone());
        newsroom.archive.move_to(filing.entry, filing.story);
    }
    assert_ne!(newsroom.story(one), newsroom.story(other));
    newsroom.file(&pair.other);
    newsroom.file(&pair.one);
    assert_ne!(newsroom.story(one), newsroom.story(other));
}

/// Entries of the pairs in some order.
fn entries() -> impl Strategy<Value = Vec<Carried>> {
    let all: Vec<Carried> = pairs().into_iter().flat_map(|pair| [pair.one, pair.other]).collect();
    prop::collection::vec(prop::sample::select(all), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_restart_in_the_middle_changes_nothing(entries in entries(), cut in 0_usize..24, saved in 0_usize..24) {
        let (mut through, mut restarted) = (Newsroom::new(), Newsroom::new());
        let cut = cut.min(entries.len());
        let saved = saved.min(cut);
        let mut snapshot = restarted.desk.snapshot();
        for (at, entry) in entries.iter().enumerate() {
            if at == saved {
                snapshot = restarted.desk.snapshot();
            }
            if at == cut {
                let mut desk = Desk::restore(&DeskSettings::default(), &snapshot).unwrap();
                for (analysis, filing) in &restarted.filed[saved..] {
                    desk.learn(&Analysis::from_bytes(&analysis.to_bytes()).unwrap(), filing);
                }
                restarted.desk = desk;
            }
            through.file(entry);
            restarted.file(entry);
        }
        let filings = |newsroom: &Newsroom| newsroom.filed.iter().map(|(_, filing)| filing.clone()).collect::<Vec<_>>();
        prop_assert_eq!(filings(&through), filings(&restarted));
        prop_assert!(through.desk.snapshot() == restarted.desk.snapshot());
    }

    #[test]
    fn filing_an_entry_twice_changes_nothing(entries in entries()) {
        let mut newsroom = Newsroom::new();
        let numbers: Vec<EntryNo> = entries.iter().map(|entry| newsroom.file(entry)).collect();
        let before = newsroom.groups(&numbers);
        for entry in &entries {
            newsroom.file(entry);
            prop_assert_eq!(newsroom.filed.last().unwrap().1.story_rule, StoryRule::SameEntry);
        }
        prop_assert_eq!(newsroom.groups(&numbers), before);
    }

    #[test]
    fn the_order_of_polls_within_an_hour_changes_no_pair(which in 0_usize..1_000) {
        let all = pairs();
        let pair = &all[which % all.len()];
        let soon = |carried: &Carried| Carried { hours: carried.hours.min(1), ..carried.clone() };
        let together = |first: &Carried, second: &Carried| {
            let mut newsroom = Newsroom::new();
            let (one, other) = (newsroom.file(&soon(first)), newsroom.file(&soon(second)));
            newsroom.story(one) == newsroom.story(other)
        };
        prop_assert_eq!(together(&pair.one, &pair.other), together(&pair.other, &pair.one), "{}", pair.name);
    }
}
