//! Files the stored news again, in memory, in the order it was filed, by a desk with the settings of a configuration.
//!
//! It reads the store a thousand entries at a time and never writes. Only a row is kept of an entry; its words are read
//! again when it is a candidate. It prints nothing: see `compare` for the result and `measure` for orders.

use super::measure::{Measure, Score};
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::memory_index::{Fingerprints, Standings};
use crate::model::{
    Candidate, CategoryName, EntryNo, EntryRef, FeedFacts, FeedNo, Filing, Found, Member, Order, StoryNo,
    StoryRule, Submission, TopicNo,
};
use crate::store::{Reader, StoreError, StoredEntry};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// How many entries are filed again, the newest. Some 400 bytes are kept of each.
const REPLAYED_MOST: usize = 1_000_000;
/// How many entries one query reads.
const AT_ONCE: usize = 1_000;

/// What is kept of an entry that was filed again.
pub(super) struct Row {
    pub(super) no: EntryNo,
    pub(super) reference: EntryRef,
    /// Its story and topic in the store.
    pub(super) was: (StoryNo, TopicNo),
    /// Its category in the store, under its present name: an index in [`Replayed::categories`].
    pub(super) was_category: u32,
    feed: FeedNo,
    url: Option<Box<str>>,
    filed_at: Timestamp,
    gone_at: Option<Timestamp>,
    /// The story that it was filed into again; that may have become part of another since.
    story: StoryNo,
    pub(super) rule: StoryRule,
    pub(super) score: f32,
}

/// Where the entry of a row is after the last filing.
pub(super) struct Now {
    pub(super) story: StoryNo,
    pub(super) topic: TopicNo,
    /// Index in [`Replayed::categories`].
    pub(super) category: u32,
}

/// The stored news, filed again.
pub(super) struct Replayed {
    /// In the order of filing.
    pub(super) rows: Vec<Row>,
    /// Every name of a category that was met; other values hold indices into it.
    pub(super) categories: Vec<CategoryName>,
    /// Orders that were carried out in the store; the desk here does not obey them.
    pub(super) orders: Vec<Order>,
    measure: Measure,
    /// How many stored entries were left out, beyond [`REPLAYED_MOST`].
    pub(super) skipped: usize,
    /// When the first and the last entry were first seen; `None` without any.
    pub(super) span: Option<(Timestamp, Timestamp)>,
    standings: Standings,
}

impl Replayed {
    /// Files every stored entry again.
    pub(super) fn new(reader: &Reader<'_>, config: &Config) -> Result<Self, StoreError> {
        let orders = reader.obeyed_orders()?;
        let mut filing = Refiling {
            reader,
            desk: Desk::new(&config.desk()),
            feeds: Feeds::new(config),
            fingerprints: Fingerprints::default(),
            served: HashMap::new(),
            lately_gone: reader.lately_gone()?,
            stories: HashMap::new(),
            out: Self {
                rows: Vec::new(),
                categories: Vec::new(),
                measure: Measure::new(&orders),
                orders,
                skipped: 0,
                span: None,
                standings: Standings::default(),
            },
        };
        let mut after = reader.before_newest(REPLAYED_MOST)?;
        filing.out.skipped = (reader.totals()?.entries as usize).saturating_sub(REPLAYED_MOST);
        loop {
            let entries = reader.stored_entries(after, AT_ONCE)?;
            let Some(last) = entries.last() else { return Ok(filing.out) };
            after = last.no;
            entries.into_iter().try_for_each(|stored| filing.file(stored))?;
        }
    }

    /// Where the entry of a row is now.
    pub(super) fn now(&self, row: &Row) -> Now {
        let (placement, category) = self.standings.placement_of(row.story);
        let category = self.categories.iter().position(|known| *known == category).unwrap_or(0);
        Now { story: placement.story, topic: placement.topic, category: category as u32 }
    }

    /// How often each rule was right about the pairs that the operator's orders label.
    pub(super) fn scores(&self) -> Vec<Score> {
        self.measure.scores(&self.standings)
    }

    /// The index of a category's name, which is added when it is new.
    fn category(&mut self, name: &CategoryName) -> u32 {
        let at = self.categories.iter().position(|known| known == name).unwrap_or_else(|| {
            self.categories.push(name.clone());
            self.categories.len() - 1
        });
        at as u32
    }
}

/// The state while entries are filed again.
struct Refiling<'r> {
    reader: &'r Reader<'r>,
    desk: Desk,
    feeds: Feeds<'r>,
    /// Indices of rows by fingerprint.
    fingerprints: Fingerprints,
    /// By feed: the entries of its document when its last entry filed so far came.
    served: HashMap<FeedNo, Served>,
    lately_gone: HashMap<EntryNo, Timestamp>,
    /// Indices of rows by story, as it is now: a story that was absorbed is part of the other.
    stories: HashMap<StoryNo, Vec<u32>>,
    out: Replayed,
}

/// A feed's document at the moment that is replayed.
#[derive(Default)]
struct Served {
    entries: HashSet<EntryNo>,
    /// When entries left the document, for those that have left it in the store; the earliest on top.
    leaving: BinaryHeap<Reverse<(Timestamp, EntryNo)>>,
}

impl Served {
    /// The entries in the document at this moment. Moments must not go back.
    fn at(&mut self, now: Timestamp) -> &HashSet<EntryNo> {
        while let Some(Reverse((_, no))) = self.leaving.peek().filter(|Reverse((gone_at, _))| *gone_at <= now)
        {
            self.entries.remove(no);
            self.leaving.pop();
        }
        &self.entries
    }

    fn put(&mut self, no: EntryNo, gone_at: Option<Timestamp>) {
        self.entries.insert(no);
        self.leaving.extend(gone_at.map(|gone_at| Reverse((gone_at, no))));
    }
}

impl Refiling<'_> {
    fn file(&mut self, stored: StoredEntry) -> Result<(), StoreError> {
        let StoredEntry { no, reference, entry, seen_at, placement, .. } = stored;
        let feed = self.feeds.facts(self.reader, stored.feed)?;
        let served = self.served.entry(stored.feed).or_default();
        let beside = served.at(seen_at);
        let submission = Submission {
            no,
            reference,
            entry: &entry,
            feed: &feed,
            unpublished: false,
            stands: None,
            beside,
        };
        let analysis = self.desk.analyse(&submission);
        let found =
            self.out.found(self.reader, &self.fingerprints, &self.stories, analysis.fingerprints())?;
        let filing = self.desk.file(&submission, &analysis, &found, seen_at);
        let gone_at = self.lately_gone.get(&no).copied().or(stored.gone_at);
        served.put(no, gone_at);
        let row = self.out.rows.len() as u32;
        if feed.dedupe {
            self.fingerprints.put(analysis.fingerprints(), row);
        }
        self.take_in(&filing, row);
        self.out.measure.filed(reference, &filing, &self.out.standings);
        let was_category = self.feeds.renamed(&stored.category);
        let was_category = self.out.category(&was_category);
        self.out.category(&filing.category.name);
        let first = self.out.span.map_or(seen_at, |(first, _)| first);
        self.out.span = Some((first, seen_at));
        self.out.rows.push(Row {
            no,
            reference,
            was: (placement.story, placement.topic),
            was_category,
            feed: stored.feed,
            url: entry.url.map(String::into_boxed_str),
            filed_at: seen_at,
            gone_at,
            story: filing.story.no,
            rule: filing.story.rule,
            score: filing.story.score as f32,
        });
        Ok(())
    }

    fn take_in(&mut self, filing: &Filing, row: u32) {
        for gone in &filing.story.absorbed {
            let rows = self.stories.remove(gone).unwrap_or_default();
            self.stories.entry(filing.story.no).or_default().extend(rows);
        }
        self.stories.entry(filing.story.no).or_default().push(row);
        self.out.standings.take_in(filing);
    }
}

impl Replayed {
    /// The candidates: the entries filed so far under any of the fingerprints, with their stored words and their present
    /// story, topic and category; and the other entries of their stories.
    fn found(
        &self,
        reader: &Reader<'_>,
        fingerprints: &Fingerprints,
        stories: &HashMap<StoryNo, Vec<u32>>,
        under: &[u64],
    ) -> Result<Found, StoreError> {
        let rows: Vec<&Row> = fingerprints.find(under).map(|row| &self.rows[row as usize]).collect();
        let references: Vec<EntryRef> = rows.iter().map(|row| row.reference).collect();
        let stored: HashMap<EntryNo, &&Row> = rows.iter().map(|row| (row.no, row)).collect();
        let targets = reader.order_targets(&references)?.into_iter();
        let placed = targets.filter_map(|target| {
            let row = stored.get(&target.candidate.no)?;
            let (placement, category) = self.standings.placement_of(row.story);
            Some(Candidate { placement, category, ..target.candidate })
        });
        let candidates: Vec<Candidate> = placed.collect();
        let those: HashSet<StoryNo> = candidates.iter().map(|candidate| candidate.placement.story).collect();
        let members = those.into_iter().flat_map(|story| {
            let rows = stories.get(&story).map(Vec::as_slice).unwrap_or_default();
            rows.iter().rev().take(Found::PER_STORY).map(move |at| {
                let row = &self.rows[*at as usize];
                Member {
                    story,
                    no: row.no,
                    feed: row.feed,
                    url: row.url.as_deref().map(str::to_owned),
                    filed_at: row.filed_at,
                    gone_at: row.gone_at,
                }
            })
        });
        Ok(Found { members: members.collect(), candidates })
    }
}

/// The facts about feeds that the desk needs, by the configuration.
struct Feeds<'c> {
    /// Those read so far.
    known: HashMap<FeedNo, FeedFacts>,
    /// Of each configured feed, by address: its category, and whether `dedupe` is on.
    fixed: HashMap<&'c str, (Option<&'c CategoryName>, bool)>,
    /// Present names of categories by former ones.
    names: HashMap<&'c str, &'c CategoryName>,
}

impl<'c> Feeds<'c> {
    fn new(config: &'c Config) -> Self {
        let fixed =
            config.feeds.iter().map(|feed| (feed.url.as_str(), (feed.category.as_ref(), feed.dedupe)));
        let fixed = fixed.collect();
        let former = config
            .categories
            .iter()
            .flat_map(|category| category.was.iter().map(|was| (was.as_str(), &category.name)));
        Self { known: HashMap::new(), fixed, names: former.collect() }
    }

    fn renamed(&self, name: &CategoryName) -> CategoryName {
        self.names.get(name.as_str()).map_or_else(|| name.clone(), |present| (*present).clone())
    }

    /// The facts about a feed. One that is no longer configured keeps the category that it had.
    fn facts(&mut self, reader: &Reader<'_>, no: FeedNo) -> Result<FeedFacts, StoreError> {
        if let Some(facts) = self.known.get(&no) {
            return Ok(facts.clone());
        }
        let facts = reader.feed_facts(no)?;
        let mut facts = facts.ok_or_else(|| StoreError::Damaged(format!("there is no feed {no}")))?;
        (facts.category, facts.dedupe) = match self.fixed.get(facts.first_url.as_str()) {
            Some((category, dedupe)) => (category.cloned(), *dedupe),
            None => (facts.category.map(|name| self.renamed(&name)), facts.dedupe),
        };
        self.known.insert(no, facts.clone());
        Ok(facts)
    }
}
