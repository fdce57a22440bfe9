//! One active topic: what its stories say together, who carried them, and when.
//!
//! Knows stems and times; nothing of the other topics.

use super::document_frequency::DocumentFrequencies;
use super::stems::{WeightedStem, norm, tf};
use super::tuning::TUNING;
use crate::desk::hash::PublisherHash;
use crate::model::CategoryName;
use serde::{Deserialize, Serialize};

/// Stems kept of a centroid.
const MAX_STEMS: usize = 160;
/// Publishers kept of a topic.
const MAX_PUBLISHERS: usize = 32;
/// Categories whose stories are counted in a topic.
const MAX_CATEGORIES: usize = 8;
/// Length that each story adds to the centroid: weights are whole numbers, so that sums are exact.
const STORY_LENGTH: f32 = 256.0;

/// One active topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cluster {
    /// Stems and their summed weights, by stem.
    pub(crate) centroid: Vec<(u32, u32)>,
    /// Stems by which it is found, sorted.
    pub(super) indexed: Vec<u32>,
    /// Sum of the weights of the centroid.
    #[serde(skip)]
    pub(crate) total: u64,
    /// Who published its stories, shortened hashes, at most [`MAX_PUBLISHERS`].
    pub(crate) publishers: Vec<u32>,
    pub(crate) stories: u32,
    /// When an entry of it was last filed, in seconds since 1970.
    pub(super) last_s: i64,
    /// Sum of the times at which its stories were filed, in seconds since 1970.
    pub(super) times_s: i64,
    pub(super) moved_on: MovedOn,
    /// Stories of each category.
    pub(super) categories: Vec<(CategoryName, u32)>,
}

/// A topic as it was when it last moved on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct MovedOn {
    pub(super) publishers: u32,
    pub(super) stories: u32,
    pub(super) at_s: i64,
}

/// What a story's stems add to a centroid.
pub(super) fn centroid_weights(stems: &[WeightedStem]) -> impl Iterator<Item = (u32, u32)> {
    let norm = norm(stems);
    stems.iter().map(move |stem| (stem.stem, (tf(*stem) / norm * STORY_LENGTH).round() as u32))
}

pub(super) fn total(centroid: &[(u32, u32)]) -> u64 {
    centroid.iter().map(|(_, weight)| u64::from(*weight)).sum()
}

impl Cluster {
    /// Adds weights, sorted by stem, to the centroid.
    pub(super) fn add_weights(&mut self, weights: impl Iterator<Item = (u32, u32)>) {
        let mut merged = Vec::with_capacity(self.centroid.len() + weights.size_hint().0);
        let mut old = self.centroid.iter().copied().peekable();
        for (stem, weight) in weights {
            while let Some(before) = old.next_if(|(other, _)| *other < stem) {
                merged.push(before);
            }
            let had = old.next_if(|(other, _)| *other == stem).map_or(0, |(_, had)| had);
            merged.push((stem, weight.saturating_add(had)));
        }
        merged.extend(old);
        if merged.len() > MAX_STEMS {
            merged
                .select_nth_unstable_by_key(MAX_STEMS, |(stem, weight)| (std::cmp::Reverse(*weight), *stem));
            merged.truncate(MAX_STEMS);
            merged.sort_unstable();
        }
        self.total = total(&merged);
        // There are tens of thousands of topics, and this is most of each.
        merged.shrink_to_fit();
        self.centroid = merged;
    }

    /// Whether the stem is in the centroid.
    pub(crate) fn has(&self, stem: u32) -> bool {
        self.centroid.binary_search_by_key(&stem, |(other, _)| *other).is_ok()
    }

    /// Cosine of two centroids, weighted by idf, 0 to 1.
    pub(super) fn cosine(&self, other: &Self, frequencies: &DocumentFrequencies) -> f32 {
        let weigh = |centroid: &[(u32, u32)]| -> Vec<(u32, f32)> {
            centroid.iter().map(|(stem, weight)| (*stem, *weight as f32 * frequencies.idf(*stem))).collect()
        };
        let (ours, theirs) = (weigh(&self.centroid), weigh(&other.centroid));
        let length =
            |vector: &[(u32, f32)]| vector.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        let mut rest = theirs.iter().peekable();
        let mut dot = 0.0_f32;
        for (stem, weight) in &ours {
            while rest.next_if(|(other, _)| other < stem).is_some() {}
            dot += rest.next_if(|(other, _)| other == stem).map_or(0.0, |(_, other)| weight * other);
        }
        dot / (length(&ours) * length(&theirs)).max(1e-6)
    }

    /// When its news came: the mean time of its stories, in seconds since 1970.
    pub(crate) fn mean_s(&self) -> i64 {
        self.times_s / i64::from(self.stories.max(1))
    }

    /// A story is none of it any more. When that one came is not kept, so that it takes the mean along.
    pub(super) fn lose_story(&mut self) {
        self.times_s -= self.mean_s();
        self.stories = self.stories.saturating_sub(1);
    }

    pub(super) fn carried_by(&mut self, publisher: u32) {
        if self.publishers.len() < MAX_PUBLISHERS && !self.publishers.contains(&publisher) {
            self.publishers.push(publisher);
        }
    }

    pub(super) fn count_category(&mut self, category: &CategoryName, stories: u32) {
        if let Some((_, count)) = self.categories.iter_mut().find(|(name, _)| name == category) {
            *count += stories;
        } else if self.categories.len() < MAX_CATEGORIES && stories > 0 {
            // Nearly every topic has one: a vector that doubles would take room for four.
            self.categories.reserve_exact(1);
            self.categories.push((category.clone(), stories));
        }
    }

    /// The category that more than half of its stories are in, when there are enough.
    pub(crate) fn majority(&self) -> Option<&CategoryName> {
        let all: u32 = self.categories.iter().map(|(_, stories)| stories).sum();
        let (name, stories) = self.categories.iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))?;
        (all >= TUNING.majority_stories && stories * 2 > all).then_some(name)
    }

    /// Whether one more story, arriving now, means that the topic truly moved on since it last did: it doubled with
    /// two more publishers or more and some hours have passed, or it is a new day with news for it.
    pub(crate) fn moves_on(&self, publisher: PublisherHash, now_s: i64) -> bool {
        let MovedOn { publishers, stories, at_s } = self.moved_on;
        let new_publisher = u32::from(!self.publishers.contains(&publisher.short()));
        let (more_publishers, times) = TUNING.moved_on_growth;
        let has_spread = self.publishers.len() as u32 + new_publisher >= publishers + more_publishers;
        let has_grown = self.stories + 1 >= stories * times;
        let since_s = now_s - at_s;
        has_spread && has_grown && since_s >= TUNING.moved_on_s
            || self.stories + 1 >= stories + TUNING.new_day_stories && since_s >= TUNING.new_day_s
    }
}
