//! An archive in memory, for `replay` and for tests, under the same contract as the one in SQLite: it files entries
//! under their keys and finds them again. It has no opinion.

use super::Analysis;
use super::hash::{Map, Set};
use crate::model::{Candidate, CategoryName, EntryNo, Filing, Placement, StoryNo, TopicNo};
use std::rc::Rc;

/// Entries looked at for one key: the newest.
const PER_KEY: usize = 64;
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
        let row = match self.rows.get(&candidate.no.0) {
            Some(&row) => {
                self.entries[row] = candidate;
                row
            }
            None => {
                self.rows.insert(candidate.no.0, self.entries.len());
                self.entries.push(candidate);
                self.entries.len() - 1
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

    /// Entries filed under any of the keys: at most 64 a key, the newest first, each once, as they stand now.
    pub fn find(&self, keys: &[u64]) -> Vec<Candidate> {
        let mut seen = Set::default();
        let rows = keys.iter().flat_map(|key| self.under(*key).take(PER_KEY));
        rows.filter(|row| seen.insert(*row)).map(|row| self.standing(row as usize)).collect()
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
        self.standings.take_in(filing);
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
        if let Some(row) = self.rows.get(&entry.0) {
            self.entries[*row].placement.story = story;
        }
    }
}
