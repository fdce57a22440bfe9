//! The operator's overrides: which entries must be linked, which cannot be, and which stories keep a category
//! (constrained clustering, Wagstaff et al. 2001).
//!
//! Orders name entries. The present story and topic of each named entry is recorded as filings are learned, so that an
//! order also holds for entries that are filed again, or that are filed only later. Knows references and numbers only;
//! nothing of what entries say.

use crate::desk::hash::Map;
use crate::desk::snapshot::sorted;
use crate::model::{CategoryName, EntryRef, OrderKind, Placement, StoryNo, TopicNo};
use serde::{Deserialize, Serialize};

/// One must-link or cannot-link constraint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Constraint {
    entries: Vec<EntryRef>,
    /// What `entries` cannot be linked with. Empty for a must-link: then `entries` belong together.
    apart_from: Vec<EntryRef>,
}

impl Constraint {
    fn is_must_link(&self) -> bool {
        self.apart_from.is_empty()
    }

    /// Gives up what contradicts a newer constraint on the same entries: a newer cannot-link ends older must-links
    /// between its two sides, and a newer must-link ends older cannot-links among its entries.
    fn yield_to(&mut self, newer: &Self) {
        let names = |one: &[EntryRef], other: &[EntryRef]| one.iter().any(|entry| other.contains(entry));
        let contradicts = match (self.is_must_link(), newer.is_must_link()) {
            (false, true) => names(&self.entries, &newer.entries) && names(&self.apart_from, &newer.entries),
            (true, false) => names(&self.entries, &newer.entries) && names(&self.entries, &newer.apart_from),
            _ => false,
        };
        if contradicts {
            self.entries.retain(|entry| !newer.entries.contains(entry));
        }
    }
}

/// The constraints on stories, or those on topics. The parameter `stands` of the methods returns the present story (or
/// topic) of a named entry, and `None` while the entry is not filed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Constraints(Vec<Constraint>);

impl Constraints {
    fn add(&mut self, newer: Constraint) {
        self.0.iter_mut().for_each(|older| older.yield_to(&newer));
        self.0.retain(|constraint| !constraint.entries.is_empty());
        self.0.push(newer);
    }

    fn must_link<K: Ord>(&self, entry: EntryRef, stands: impl Fn(EntryRef) -> Option<K>) -> Option<K> {
        let named = self.0.iter().filter(|one| one.is_must_link() && one.entries.contains(&entry));
        let others = named.flat_map(|one| &one.entries).filter(|other| **other != entry);
        others.filter_map(|other| stands(*other)).min()
    }

    fn cannot_link<K>(&self, entry: EntryRef, stands: impl Fn(EntryRef) -> Option<K>) -> Vec<K> {
        let mut found = Vec::new();
        for constraint in self.0.iter().filter(|one| !one.is_must_link()) {
            let (entries, apart_from) = (&constraint.entries, &constraint.apart_from);
            for (side, opposite) in [(entries, apart_from), (apart_from, entries)] {
                if side.contains(&entry) {
                    found.extend(opposite.iter().filter_map(|other| stands(*other)));
                }
            }
        }
        found
    }

    /// Whether two stories (or topics) hold entries that cannot be linked.
    fn separate<K: PartialEq>(&self, a: &K, b: &K, stands: impl Fn(EntryRef) -> Option<K>) -> bool {
        let holds =
            |side: &[EntryRef], wanted: &K| side.iter().any(|entry| stands(*entry).as_ref() == Some(wanted));
        self.0.iter().filter(|one| !one.is_must_link()).any(|Constraint { entries, apart_from }| {
            (holds(entries, a) && holds(apart_from, b)) || (holds(entries, b) && holds(apart_from, a))
        })
    }
}

/// All overrides, and the placements of the entries that they name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Overrides {
    stories: Constraints,
    topics: Constraints,
    /// Categories that the stories of entries keep.
    categories: std::collections::BTreeMap<EntryRef, CategoryName>,
    /// The placement of each named entry; `None` until it has been filed.
    #[serde(with = "sorted")]
    placed: Map<EntryRef, Option<Placement>>,
}

impl Overrides {
    /// Remembers an order. Where it contradicts an earlier order on the same entries, the later one wins.
    pub(crate) fn remember(&mut self, order: &OrderKind) {
        if let OrderKind::TakeDown { .. } | OrderKind::PutBack { .. } = order {
            // Visibility is no constraint on clustering.
            return;
        }
        for entry in order.references() {
            self.placed.entry(entry).or_default();
        }
        let constraint = |entries: &[EntryRef], apart_from: &[EntryRef]| Constraint {
            entries: entries.to_vec(),
            apart_from: apart_from.to_vec(),
        };
        match order {
            OrderKind::SplitStory { entries, from } => self.stories.add(constraint(entries, from)),
            OrderKind::SplitTopic { entries, from } => self.topics.add(constraint(entries, from)),
            OrderKind::JoinStories { entries } => self.stories.add(constraint(entries, &[])),
            OrderKind::JoinTopics { entries } => self.topics.add(constraint(entries, &[])),
            OrderKind::Keep { entries, category } => {
                self.categories.extend(entries.iter().map(|entry| (*entry, category.clone())));
            }
            OrderKind::TakeDown { .. } | OrderKind::PutBack { .. } => {}
        }
    }

    fn story_of(&self, entry: EntryRef) -> Option<StoryNo> {
        Some(self.placed.get(&entry).copied().flatten()?.story)
    }

    fn topic_of(&self, entry: EntryRef) -> Option<TopicNo> {
        Some(self.placed.get(&entry).copied().flatten()?.topic)
    }

    /// The story that the entry must be in; the oldest if there are several.
    pub(crate) fn must_link_story(&self, entry: EntryRef) -> Option<StoryNo> {
        self.placed.get(&entry)?;
        self.stories.must_link(entry, |other| self.story_of(other))
    }

    /// The topic that the entry must be in; the oldest if there are several.
    pub(crate) fn must_link_topic(&self, entry: EntryRef) -> Option<TopicNo> {
        self.placed.get(&entry)?;
        self.topics.must_link(entry, |other| self.topic_of(other))
    }

    /// Stories that the entry cannot be in.
    pub(crate) fn cannot_link_stories(&self, entry: EntryRef) -> Vec<StoryNo> {
        match self.placed.get(&entry) {
            Some(_) => self.stories.cannot_link(entry, |other| self.story_of(other)),
            None => Vec::new(),
        }
    }

    /// Topics that the entry cannot be in.
    pub(crate) fn cannot_link_topics(&self, entry: EntryRef) -> Vec<TopicNo> {
        match self.placed.get(&entry) {
            Some(_) => self.topics.cannot_link(entry, |other| self.topic_of(other)),
            None => Vec::new(),
        }
    }

    /// Whether two stories hold entries that cannot be linked.
    pub(crate) fn separate_stories(&self, a: StoryNo, b: StoryNo) -> bool {
        self.stories.separate(&a, &b, |entry| self.story_of(entry))
    }

    /// Whether two topics hold entries that cannot be linked.
    pub(crate) fn separate_topics(&self, a: TopicNo, b: TopicNo) -> bool {
        self.topics.separate(&a, &b, |entry| self.topic_of(entry))
    }

    /// The topics of entries that orders on topics name.
    pub(crate) fn named_topics(&self) -> Vec<TopicNo> {
        let named = self.topics.0.iter().flat_map(|one| one.entries.iter().chain(&one.apart_from));
        named.filter_map(|entry| self.topic_of(*entry)).collect()
    }

    /// The category in which the operator keeps this entry or, failing that, another entry of its story.
    pub(crate) fn category(&self, entry: EntryRef, story: Option<StoryNo>) -> Option<&CategoryName> {
        let in_story =
            || self.categories.iter().find(|(other, _)| story.is_some() && self.story_of(**other) == story);
        self.categories.get(&entry).or_else(|| in_story().map(|(_, category)| category))
    }

    /// The category `from` is called `to` now.
    pub(crate) fn rename_category(&mut self, from: &str, to: &CategoryName) {
        for category in self.categories.values_mut().filter(|category| category.as_str() == from) {
            *category = to.clone();
        }
    }

    /// Records the story and topic of an entry, if an order names it.
    pub(crate) fn note(&mut self, entry: EntryRef, placement: Placement) {
        if let Some(placed) = self.placed.get_mut(&entry) {
            *placed = Some(placement);
        }
    }

    /// The story has moved to the topic of `into`. If `into` is another story, the story has become part of that one.
    pub(crate) fn story_moved(&mut self, story: StoryNo, into: Placement) {
        for placed in self.placed.values_mut().flatten() {
            if placed.story == story || placed.story == into.story {
                *placed = into;
            }
        }
    }

    /// The topic `from` becomes part of `into`.
    pub(crate) fn topic_merged(&mut self, from: TopicNo, into: TopicNo) {
        for placed in self.placed.values_mut().flatten().filter(|placed| placed.topic == from) {
            placed.topic = into;
        }
    }
}
