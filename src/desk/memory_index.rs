//! An archive in memory, for `replay` and for tests, under the same contract as the one in SQLite: it files entries
//! under their keys and finds them again. It has no opinion.

use crate::desk::Analysis;
use crate::desk::hash::{Map, Set};
use crate::model::{
    Candidate, CategoryName, EntryNo, FeedNo, Filing, Found, Member, Placement, StoryNo, TopicNo,
};
use jiff::Timestamp;
use std::rc::Rc;

/// Entries looked at for one key: the newest.
const PER_KEY: usize = 64;
/// Entries of one story that are named: the newest.
const PER_STORY: usize = 256;
/// No place.
const NONE: u32 = u32::MAX;

/// Entries by key, with their stories' standing.
#[derive(Default)]
pub struct Memory {
    entries: Vec<Candidate>,
    rows: Map<i64, usize>,
    /// By key, where in `filed` the newest entry under it is.
    keys: Map<u64, u32>,
    /// Entries under keys, each with the place of the one before it under the same key.
    filed: Vec<(u32, u32)>,
    /// Entries of each story as it was when they came; those of absorbed ones go to the story that absorbs them.
    stories: Map<i64, Vec<u32>>,
    /// Since when entries are gone from their feeds.
    gone: Map<i64, Timestamp>,
    standings: Standings,
}

/// Where stories stand: their topics and categories, and which have become part of another.
#[derive(Default)]
pub struct Standings {
    stories: Map<i64, (TopicNo, Rc<CategoryName>)>,
    aliases: Map<i64, i64>,
    /// Topics that have become part of another.
    topics: Map<i64, i64>,
}

impl Standings {
    /// Takes in what a filing says of its story, and of those that it absorbs.
    pub fn take_in(&mut self, filing: &Filing) {
        for gone in &filing.absorbed {
            self.absorb(*gone, filing.story);
        }
        for gone in &filing.absorbed_topics {
            self.topics.insert(gone.0, filing.topic.0);
        }
        self.set(Placement { story: filing.story, topic: filing.topic }, filing.category.clone());
        self.settle(&filing.settled);
    }

    /// A second look moved these stories to other topics.
    pub fn settle(&mut self, settled: &[Placement]) {
        for placement in settled {
            if let Some((topic, _)) = self.stories.get_mut(&placement.story.0) {
                *topic = placement.topic;
            }
        }
    }

    /// Sets the topic and category of a story.
    pub fn set(&mut self, placement: Placement, category: CategoryName) {
        self.stories.insert(placement.story.0, (placement.topic, Rc::new(category)));
    }

    /// The story `from` becomes an alias of `into`.
    pub fn absorb(&mut self, from: StoryNo, into: StoryNo) {
        let (from, into) = (resolve(&self.aliases, from.0), resolve(&self.aliases, into.0));
        if from != into {
            self.aliases.insert(from, into);
        }
    }

    /// Where a story stands now, its alias followed.
    pub fn place(&self, story: StoryNo) -> (Placement, CategoryName) {
        let story = StoryNo(resolve(&self.aliases, story.0));
        match self.stories.get(&story.0) {
            Some((topic, category)) => {
                let topic = TopicNo(resolve(&self.topics, topic.0));
                (Placement { story, topic }, category.as_ref().clone())
            }
            None => (Placement { story, topic: TopicNo(0) }, CategoryName::general()),
        }
    }
}

/// Follows aliases to the end.
fn resolve(aliases: &Map<i64, i64>, mut no: i64) -> i64 {
    while let Some(next) = aliases.get(&no) {
        no = *next;
    }
    no
}

impl Memory {
    /// Files an entry under the keys of its analysis; one filed before is replaced.
    pub fn put(&mut self, analysis: &Analysis, candidate: Candidate) {
        self.gone.remove(&candidate.no.0);
        let row = match self.rows.get(&candidate.no.0) {
            Some(&row) => {
                self.entries[row] = candidate;
                row
            }
            None => {
                let row = self.entries.len();
                self.rows.insert(candidate.no.0, row);
                self.stories.entry(candidate.placement.story.0).or_default().push(row as u32);
                self.entries.push(candidate);
                row
            }
        };
        for key in analysis.keys() {
            if !self.under(*key).any(|other| other == row as u32) {
                let newest = self.filed.len() as u32;
                let before = self.keys.insert(*key, newest).unwrap_or(NONE);
                self.filed.push((row as u32, before));
            }
        }
    }

    /// Entries filed under any of the keys: at most 64 a key, the newest first, each once, as they stand now; and who else is
    /// in their stories.
    pub fn find(&self, keys: &[u64]) -> Found {
        let mut seen = Set::default();
        let rows = keys.iter().flat_map(|key| self.under(*key).take(PER_KEY));
        let candidates: Vec<Candidate> =
            rows.filter(|row| seen.insert(*row)).map(|row| self.standing(row as usize)).collect();
        let stories = candidates.iter().map(|candidate| candidate.placement.story);
        let mut seen: Set<i64> = Set::default();
        let members =
            stories.filter(|story| seen.insert(story.0)).flat_map(|story| self.members(story)).collect();
        Found { candidates, members }
    }

    /// The newest entries of a story.
    fn members(&self, story: StoryNo) -> impl Iterator<Item = Member> {
        let rows = self.stories.get(&story.0).map(Vec::as_slice).unwrap_or_default();
        rows.iter().rev().take(PER_STORY).map(move |row| {
            let entry = &self.entries[*row as usize];
            Member {
                story,
                no: entry.no,
                feed: entry.feed,
                url: entry.url.clone(),
                filed_at: entry.filed_at,
                gone_at: self.gone.get(&entry.no.0).copied(),
            }
        })
    }

    /// Entries filed under a key, the newest first.
    fn under(&self, key: u64) -> impl Iterator<Item = u32> {
        let mut at = self.keys.get(&key).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let (row, before) = *self.filed.get(at as usize)?;
            at = before;
            Some(row)
        })
    }

    fn standing(&self, row: usize) -> Candidate {
        let mut candidate = self.entries[row].clone();
        let (placement, category) = self.standings.place(candidate.placement.story);
        candidate.placement = placement;
        candidate.category = category;
        candidate
    }

    /// Where an entry stands now.
    pub fn stands(&self, entry: EntryNo) -> Option<(Placement, CategoryName)> {
        self.rows.get(&entry.0).map(|row| self.standings.place(self.entries[*row].placement.story))
    }

    /// Takes in what a filing says of its story and topic, and of those that they absorb.
    pub fn take_in(&mut self, filing: &Filing) {
        for gone in &filing.absorbed {
            let rows = self.stories.remove(&gone.0).unwrap_or_default();
            self.stories.entry(filing.story.0).or_default().extend(rows);
        }
        self.standings.take_in(filing);
    }

    /// The feed that carried these entries carries them no longer.
    pub fn gone(&mut self, entries: impl IntoIterator<Item = EntryNo>, at: Timestamp) {
        self.gone.extend(entries.into_iter().map(|no| (no.0, at)));
    }

    /// A feed has given this address to several entries: it identifies none of them, those filed before included.
    pub fn share_address(&mut self, feed: FeedNo, url: &str) {
        let Some(key) = crate::desk::text::address::canonical(url)
            .map(|address| crate::desk::analysis::address_key(&address))
        else {
            return;
        };
        let rows: Vec<u32> = self.under(key).collect();
        for row in rows {
            let entry = &mut self.entries[row as usize];
            entry.shares_address |= entry.feed == feed && entry.url.as_deref() == Some(url);
        }
    }

    /// The addresses of these entries identify none of them.
    pub fn share_addresses_of(&mut self, entries: &[EntryNo]) {
        for row in entries.iter().filter_map(|no| self.rows.get(&no.0)) {
            self.entries[*row].shares_address = true;
        }
    }

    /// A second look moved these stories to other topics.
    pub fn settle(&mut self, settled: &[Placement]) {
        self.standings.settle(settled);
    }

    /// Sets the topic and category of a story.
    pub fn set(&mut self, placement: Placement, category: CategoryName) {
        self.standings.set(placement, category);
    }

    /// Moves one entry to another story.
    pub fn move_to(&mut self, entry: EntryNo, story: StoryNo) {
        if let Some(&row) = self.rows.get(&entry.0) {
            let left = std::mem::replace(&mut self.entries[row].placement.story, story);
            for rows in self.stories.values_mut().filter(|_| left != story) {
                rows.retain(|other| *other != row as u32);
            }
            self.stories.entry(story.0).or_default().push(row as u32);
        }
    }
}
