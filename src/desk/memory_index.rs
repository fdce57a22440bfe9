//! A store in memory, for `replay` and for tests, under the same contract as the one in SQLite: it keeps entries under
//! their fingerprints and finds them again. It decides nothing.

use super::dedup::address_fingerprint;
use super::hash::{Map, Set};
use super::text::address;
use super::{Analysis, Desk};
use crate::model::{
    Candidate, CategoryName, EntryNo, FeedNo, Filing, Found, Member, Placement, StoryNo, Submission, TopicNo,
};
use jiff::Timestamp;
use std::hash::Hash;
use std::rc::Rc;

/// Marks the end of a linked list.
const NONE: u32 = u32::MAX;

/// Row numbers under fingerprints. Each fingerprint has a linked list, the newest row first.
#[derive(Default)]
pub struct Fingerprints {
    /// By fingerprint, the index in `links` of its newest row.
    heads: Map<u64, u32>,
    /// A row, and the index in `links` of the next older row under the same fingerprint, or [`NONE`].
    links: Vec<(u32, u32)>,
}

impl Fingerprints {
    /// Adds a row under fingerprints; it stays under those that it has already.
    pub fn put(&mut self, fingerprints: &[u64], row: u32) {
        for fingerprint in fingerprints {
            if !self.under(*fingerprint).any(|other| other == row) {
                let newest = self.links.len() as u32;
                let before = self.heads.insert(*fingerprint, newest).unwrap_or(NONE);
                self.links.push((row, before));
            }
        }
    }

    /// Rows under any of the fingerprints, the newest first, each once. [`Found`] has the bounds.
    pub fn find(&self, fingerprints: &[u64]) -> impl Iterator<Item = u32> {
        let mut seen = Set::default();
        let rows = fingerprints.iter().flat_map(|one| self.under(*one).take(Found::PER_FINGERPRINT));
        rows.filter(move |row| seen.insert(*row)).take(Found::CANDIDATES)
    }

    /// Rows under a fingerprint, the newest first.
    fn under(&self, fingerprint: u64) -> impl Iterator<Item = u32> {
        let mut next = self.heads.get(&fingerprint).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let (row, before) = *self.links.get(next as usize)?;
            next = before;
            Some(row)
        })
    }
}

/// Entries by fingerprint, and the placements of their stories.
#[derive(Default)]
pub struct MemoryIndex {
    entries: Vec<Candidate>,
    /// Indices in `entries`.
    rows: Map<EntryNo, u32>,
    fingerprints: Fingerprints,
    /// Indices in `entries` by the story that the entry was first filed in. Entries of an absorbed story move to the
    /// story that absorbed it.
    stories: Map<StoryNo, Vec<u32>>,
    /// When entries were first missing from their feed's document.
    gone: Map<EntryNo, Timestamp>,
    standings: Standings,
}

/// The topics and categories of stories, and the stories that were merged into others.
#[derive(Default)]
pub struct Standings {
    stories: Map<StoryNo, (TopicNo, Rc<CategoryName>)>,
    aliases: Map<StoryNo, StoryNo>,
    /// Topics that have become part of another.
    topics: Map<TopicNo, TopicNo>,
}

impl Standings {
    /// Records the topic and category of the filing's story, and the stories and topics that the filing merges or
    /// moves.
    pub fn take_in(&mut self, filing: &Filing) {
        for gone in &filing.story.absorbed {
            self.absorb(*gone, filing.story.no);
        }
        for gone in &filing.topic.absorbed {
            self.topics.insert(*gone, filing.topic.no);
        }
        self.set(filing.placement(), filing.category.name.clone());
        self.move_stories(&filing.reclustered);
    }

    /// Reclustering moved these stories to other topics.
    pub fn move_stories(&mut self, moves: &[Placement]) {
        for placement in moves {
            if let Some((topic, _)) = self.stories.get_mut(&placement.story) {
                *topic = placement.topic;
            }
        }
    }

    /// Sets the topic and category of a story.
    pub fn set(&mut self, placement: Placement, category: CategoryName) {
        self.stories.insert(placement.story, (placement.topic, Rc::new(category)));
    }

    /// The story `from` becomes an alias of `into`.
    pub fn absorb(&mut self, from: StoryNo, into: StoryNo) {
        let (from, into) = (resolve(&self.aliases, from), resolve(&self.aliases, into));
        if from != into {
            self.aliases.insert(from, into);
        }
    }

    /// The present placement and category of a story, following its alias.
    pub fn placement_of(&self, story: StoryNo) -> (Placement, CategoryName) {
        let story = resolve(&self.aliases, story);
        match self.stories.get(&story) {
            Some((topic, category)) => {
                (Placement { story, topic: resolve(&self.topics, *topic) }, category.as_ref().clone())
            }
            None => (Placement { story, topic: TopicNo(0) }, CategoryName::general()),
        }
    }
}

/// Follows aliases to the number that is no alias.
fn resolve<K: Copy + Eq + Hash>(aliases: &Map<K, K>, mut no: K) -> K {
    while let Some(next) = aliases.get(&no) {
        no = *next;
    }
    no
}

impl MemoryIndex {
    /// Has the desk file an entry, and keeps it: analyse, find candidates, decide, put.
    pub fn file(
        &mut self,
        desk: &mut Desk,
        submission: &Submission<'_>,
        now: Timestamp,
    ) -> (Analysis, Filing) {
        let analysis = desk.analyse(submission);
        let found = self.find(analysis.fingerprints());
        let filing = desk.file(submission, &analysis, &found, now);
        self.put(submission, &analysis, &filing);
        (analysis, filing)
    }

    /// Keeps an entry as it was filed; one kept before is replaced.
    pub fn put(&mut self, submission: &Submission<'_>, analysis: &Analysis, filing: &Filing) {
        for gone in &filing.story.absorbed {
            let rows = self.stories.remove(gone).unwrap_or_default();
            self.stories.entry(filing.story.no).or_default().extend(rows);
        }
        self.standings.take_in(filing);
        for row in filing.story.shares_address_with.iter().filter_map(|no| self.rows.get(no)) {
            self.entries[*row as usize].shares_address = true;
        }
        self.put_candidate(Candidate::of(submission, filing), analysis.fingerprints());
    }

    fn put_candidate(&mut self, candidate: Candidate, fingerprints: &[u64]) {
        self.gone.remove(&candidate.no);
        let row = match self.rows.get(&candidate.no) {
            Some(&row) => {
                self.entries[row as usize] = candidate;
                row
            }
            None => {
                let row = self.entries.len() as u32;
                self.rows.insert(candidate.no, row);
                self.stories.entry(candidate.placement.story).or_default().push(row);
                self.entries.push(candidate);
                row
            }
        };
        self.fingerprints.put(fingerprints, row);
    }

    /// Entries under any of the fingerprints, the newest first, each once, with their present story, topic and
    /// category; and the other members of their stories. [`Found`] has the bounds.
    pub fn find(&self, fingerprints: &[u64]) -> Found {
        let rows = self.fingerprints.find(fingerprints);
        let candidates: Vec<Candidate> = rows.map(|row| self.as_it_stands(row)).collect();
        let stories = candidates.iter().map(|candidate| candidate.placement.story);
        let mut seen: Set<StoryNo> = Set::default();
        let members =
            stories.filter(|story| seen.insert(*story)).flat_map(|story| self.members(story)).collect();
        Found { candidates, members }
    }

    /// The newest entries of a story.
    fn members(&self, story: StoryNo) -> impl Iterator<Item = Member> {
        let rows = self.stories.get(&story).map(Vec::as_slice).unwrap_or_default();
        rows.iter().rev().take(Found::PER_STORY).map(move |row| {
            let entry = &self.entries[*row as usize];
            Member {
                story,
                no: entry.no,
                feed: entry.feed,
                url: entry.url.clone(),
                filed_at: entry.filed_at,
                gone_at: self.gone.get(&entry.no).copied(),
            }
        })
    }

    fn as_it_stands(&self, row: u32) -> Candidate {
        let mut candidate = self.entries[row as usize].clone();
        let (placement, category) = self.standings.placement_of(candidate.placement.story);
        candidate.placement = placement;
        candidate.category = category;
        candidate
    }

    /// The present placement and category of an entry.
    pub fn placement_of(&self, entry: EntryNo) -> Option<(Placement, CategoryName)> {
        let row = self.rows.get(&entry)?;
        Some(self.standings.placement_of(self.entries[*row as usize].placement.story))
    }

    /// The feed that carried these entries carries them no longer.
    pub fn gone(&mut self, entries: impl IntoIterator<Item = EntryNo>, at: Timestamp) {
        self.gone.extend(entries.into_iter().map(|no| (no, at)));
    }

    /// Marks the feed's entries with this address: the feed has given it to several of them, so it identifies none.
    pub fn share_address(&mut self, feed: FeedNo, url: &str) {
        let Some(address) = address::canonical(url) else { return };
        let rows: Vec<u32> = self.fingerprints.under(address_fingerprint(&address)).collect();
        for row in rows {
            let entry = &mut self.entries[row as usize];
            entry.shares_address |= entry.feed == feed && entry.url.as_deref() == Some(url);
        }
    }

    /// Reclustering moved these stories to other topics.
    pub fn move_stories(&mut self, moves: &[Placement]) {
        self.standings.move_stories(moves);
    }

    /// Sets the topic and category of a story.
    pub fn set(&mut self, placement: Placement, category: CategoryName) {
        self.standings.set(placement, category);
    }

    /// Moves one entry to another story.
    pub fn move_to(&mut self, entry: EntryNo, story: StoryNo) {
        if let Some(&row) = self.rows.get(&entry) {
            let left = std::mem::replace(&mut self.entries[row as usize].placement.story, story);
            for rows in self.stories.values_mut().filter(|_| left != story) {
                rows.retain(|other| *other != row);
            }
            self.stories.entry(story).or_default().push(row);
        }
    }
}
