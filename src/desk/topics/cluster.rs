//! One active topic as a cluster: its centroid, its publishers, and its times.
//!
//! Knows stems and times; nothing of entries, and nothing of other topics.

use super::document_frequency::DocumentFrequencies;
use super::stems::{WeightedStem, norm, tf};
use super::tuning::TUNING;
use crate::desk::hash::PublisherHash;
use crate::model::CategoryName;
use serde::{Deserialize, Serialize};

/// Maximum number of stems of a centroid.
const MAX_STEMS: usize = 160;
/// Maximum number of publishers kept of a topic.
const MAX_PUBLISHERS: usize = 32;
/// Maximum number of categories whose stories are counted in a topic.
const MAX_CATEGORIES: usize = 8;
/// Length to which a story's vector is scaled before it is added to the centroid. The weights are then rounded to
/// integers, so that sums are exact.
const STORY_LENGTH: f32 = 256.0;

/// One active topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cluster {
    /// The sum of its stories' vectors: stems and weights, sorted by stem.
    pub(crate) centroid: Vec<(u32, u32)>,
    /// Stems under which it stands in the index, sorted.
    pub(super) indexed: Vec<u32>,
    /// Sum of the weights of the centroid.
    #[serde(skip)]
    pub(crate) total: u64,
    /// The publishers of its stories ([`PublisherHash::short`]), at most [`MAX_PUBLISHERS`].
    pub(crate) publishers: Vec<u32>,
    pub(crate) stories: u32,
    /// When an entry was last filed in it, in seconds since 1970.
    pub(super) last_s: i64,
    /// Sum of the times at which its stories were filed, in seconds since 1970.
    pub(super) times_s: i64,
    pub(super) moved_on: MovedOn,
    /// Stories of each category.
    pub(super) categories: Vec<(CategoryName, u32)>,
}

/// The state of a topic when it last moved on.
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
        // There may be tens of thousands of topics, and the centroid is most of the memory of each.
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

    /// The mean of the times at which its stories were filed, in seconds since 1970.
    pub(crate) fn mean_s(&self) -> i64 {
        self.times_s / i64::from(self.stories.max(1))
    }

    /// A story left the topic. Its time is not known any more, so the mean is subtracted, which does not change.
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
            // Nearly every topic has one category only, and an ordinary `push` would allocate room for four.
            self.categories.reserve_exact(1);
            self.categories.push((category.clone(), stories));
        }
    }

    /// The category of more than half of its stories; `None` if there is none, or if the topic has too few stories.
    pub(crate) fn majority(&self) -> Option<&CategoryName> {
        let all: u32 = self.categories.iter().map(|(_, stories)| stories).sum();
        let (name, stories) = self.categories.iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))?;
        (all >= TUNING.majority_stories && stories * 2 > all).then_some(name)
    }

    /// Whether the topic moves on with one more story, that is, has enough news since it last did. Either it has
    /// doubled, has at least two new publishers, and some hours have passed; or a day has passed and it has a few new
    /// stories.
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
