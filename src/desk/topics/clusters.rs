//! Active topics as clusters: single-pass clustering in time order (Topic Detection and Tracking, Allan 2002).
//!
//! Clusters are found through the inverted index and scored by their centroids. A centroid is the sum of all stories,
//! so that likeness to a single story is not enough to join (no chaining). The score that a story needs grows with the
//! mean score of the next-best clusters: if many events are alike, it needs more; if an event stands alone, a headline
//! is enough. Knows stems and times; nothing of entries.

use super::cluster::{Cluster, MovedOn, centroid_weights, total};
use super::document_frequency::DocumentFrequencies;
use super::inverted_index::InvertedIndex;
use super::likelihood::StoryVector;
use super::stems::WeightedStem;
use super::tuning::TUNING;
use crate::desk::hash::{Map, PublisherHash};
use crate::desk::prefetch::prefetch;
use crate::desk::snapshot::{BadSnapshot, are_plausible, sorted};
use crate::model::{CategoryName, TopicNo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Maximum number of active topics. The ones that have been without a filing for longest are dropped first.
const MAX_TOPICS: usize = 50_000;
/// The topic that a story is found to be about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TopicMatch {
    pub(crate) topic: TopicNo,
    /// Probability that the story is about the topic, 0.5 to 1; see [`probability`].
    pub(crate) score: f32,
    /// Stems in both; those that add most to the score come first.
    pub(crate) shared: Vec<u32>,
    /// Other topics that the story shows to be about the same event.
    pub(crate) merges: Vec<TopicNo>,
}

/// All active topics.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Clusters {
    #[serde(with = "sorted")]
    active: Map<TopicNo, Cluster>,
    #[serde(skip)]
    index: InvertedIndex<TopicNo>,
    #[serde(skip)]
    by_age: BTreeSet<(i64, TopicNo)>,
}

impl Clusters {
    /// Rebuilds what a snapshot leaves out. Implausible numbers are damage.
    pub(crate) fn restored(mut self) -> Result<Self, BadSnapshot> {
        for (no, cluster) in &mut self.active {
            let MovedOn { publishers, stories, at_s } = cluster.moved_on;
            let by_category = cluster.categories.iter().all(|(_, stories)| are_plausible(&[*stories], &[]));
            let counts = [cluster.stories, publishers, stories, cluster.categories.len() as u32];
            if !by_category || !are_plausible(&counts, &[cluster.last_s, cluster.mean_s(), at_s]) {
                return Err(BadSnapshot("a topic has numbers that cannot be".to_owned()));
            }
            cluster.indexed.sort_unstable();
            cluster.total = total(&cluster.centroid);
            self.index.update(*no, &[], &cluster.indexed);
            self.by_age.insert((cluster.last_s, *no));
        }
        Ok(self)
    }

    pub(crate) fn get(&self, no: TopicNo) -> Option<&Cluster> {
        self.active.get(&no)
    }

    /// The active topic that the story is about, if there is one. `stricter` is added to the score that is needed; only
    /// topics that are `allowed` are taken, but all compete.
    pub(crate) fn best_match(
        &self,
        story: &StoryVector,
        frequencies: &DocumentFrequencies,
        now_s: i64,
        stricter: f32,
        allowed: impl Fn(TopicNo) -> bool,
    ) -> Option<TopicMatch> {
        let scored = self.scored(story, now_s);
        let competing: Vec<f32> =
            scored.iter().take(TUNING.competitors + 1).map(|(score, ..)| score.max(0.0)).collect();
        let together: f32 = competing.iter().sum();
        // The score minus what is needed, before penalties. The competitors of a topic are the best of all other
        // topics.
        let margin = |rank: usize, score: f32| {
            let own = competing.get(rank).or(competing.last()).copied().unwrap_or(0.0);
            let competition = (together - own).max(0.0) / TUNING.competitors as f32;
            score - (TUNING.join_score + stricter + TUNING.competition * competition)
        };
        let mut fitting: Vec<(f32, TopicNo, &Cluster)> = scored
            .iter()
            .enumerate()
            .filter(|(_, (_, no, _))| allowed(*no))
            .map(|(rank, (score, no, cluster))| (margin(rank, *score), *no, *cluster))
            // Penalties are expensive and only lower the margin, so they are computed only where it is not negative.
            .filter(|(margin, ..)| *margin >= 0.0)
            .map(|(margin, no, cluster)| (margin - story.penalty(cluster), no, cluster))
            .collect();
        fitting.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        let &(margin, topic, cluster) = fitting.first().filter(|(margin, ..)| *margin >= 0.0)?;
        let mut merges: Vec<TopicNo> = Vec::new();
        if margin >= TUNING.merge_margin {
            let also = fitting.iter().skip(1).take(TUNING.merge_candidates).filter(|(margin, _, other)| {
                *margin >= TUNING.merge_margin
                    && cluster.stories.max(other.stories) >= TUNING.merge_stories
                    && cluster.cosine(other, frequencies) >= TUNING.merge_cosine
            });
            merges.extend(also.map(|(_, other, _)| *other));
        }
        Some(TopicMatch { topic, score: probability(margin), shared: story.shared(cluster), merges })
    }

    /// The topics that have most in common with the story, with their scores, the best first.
    fn scored(&self, story: &StoryVector, now_s: i64) -> Vec<(f32, TopicNo, &Cluster)> {
        let found = self.index.top_k(&story.rarest(TUNING.asked_stems), TUNING.scored_topics);
        let found: Vec<(TopicNo, &Cluster)> = found
            .into_iter()
            .filter_map(|(_, no)| Some((no, self.active.get(&no)?)))
            .filter(|(_, cluster)| now_s - cluster.last_s <= TUNING.over_after_s)
            .collect();
        prefetch(found.iter().filter_map(|(_, cluster)| cluster.centroid.first().map(|(stem, _)| *stem)));
        let mut scored: Vec<(f32, TopicNo, &Cluster)> =
            found.into_iter().map(|(no, cluster)| (story.score(cluster), no, cluster)).collect();
        scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        scored
    }

    /// Adds a story to a topic. Founds the topic if it is new.
    pub(crate) fn add(
        &mut self,
        no: TopicNo,
        stems: &[WeightedStem],
        publisher: PublisherHash,
        category: &CategoryName,
        frequencies: &DocumentFrequencies,
        now_s: i64,
    ) {
        let weights = centroid_weights(stems);
        let cluster = self.active.entry(no).or_insert_with(|| Cluster {
            centroid: Vec::new(),
            indexed: Vec::new(),
            total: 0,
            publishers: Vec::new(),
            stories: 0,
            last_s: now_s,
            times_s: 0,
            moved_on: MovedOn { publishers: 1, stories: 1, at_s: now_s },
            categories: Vec::new(),
        });
        cluster.add_weights(weights);
        cluster.stories += 1;
        cluster.times_s += now_s;
        cluster.count_category(category, 1);
        cluster.carried_by(publisher.short());
        self.by_age.remove(&(cluster.last_s, no));
        cluster.last_s = cluster.last_s.max(now_s);
        self.by_age.insert((cluster.last_s, no));
        self.reindex(no, frequencies);
        self.forget(now_s);
    }

    fn reindex(&mut self, no: TopicNo, frequencies: &DocumentFrequencies) {
        let Some(cluster) = self.active.get_mut(&no) else { return };
        // The indexed stems of a large topic hardly change with one more story.
        let large = cluster.stories > TUNING.reindex_all_until;
        if large && !cluster.stories.is_multiple_of(TUNING.reindex_every) && !cluster.indexed.is_empty() {
            return;
        }
        let mut heavy: Vec<(f32, u32)> = Vec::with_capacity(cluster.centroid.len());
        for (stem, weight) in &cluster.centroid {
            heavy.push((*weight as f32 * frequencies.idf(*stem), *stem));
        }
        if heavy.len() > TUNING.indexed_stems {
            heavy
                .select_nth_unstable_by(TUNING.indexed_stems, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            heavy.truncate(TUNING.indexed_stems);
        }
        // Iterate over references: collecting from `into_iter()` would reuse the larger allocation of `heavy`.
        let mut indexed: Vec<u32> = heavy.iter().map(|(_, stem)| *stem).collect();
        indexed.sort_unstable();
        self.index.update(no, &cluster.indexed, &indexed);
        cluster.indexed = indexed;
    }

    /// Drops topics that are over, and the oldest ones if there are too many.
    fn forget(&mut self, now_s: i64) {
        while let Some(&(last_s, no)) = self.by_age.first() {
            if now_s - last_s <= TUNING.over_after_s && self.active.len() <= MAX_TOPICS {
                break;
            }
            self.remove(no);
        }
    }

    fn remove(&mut self, no: TopicNo) -> Option<Cluster> {
        let cluster = self.active.remove(&no)?;
        self.by_age.remove(&(cluster.last_s, no));
        self.index.remove(no, &cluster.indexed);
        Some(cluster)
    }

    /// The topic `from` becomes part of `into`.
    pub(crate) fn merge(&mut self, from: TopicNo, into: TopicNo, frequencies: &DocumentFrequencies) {
        if into == from || !self.active.contains_key(&into) {
            return;
        }
        let Some(gone) = self.remove(from) else { return };
        if let Some(cluster) = self.active.get_mut(&into) {
            cluster.add_weights(gone.centroid.iter().copied());
            cluster.stories += gone.stories;
            cluster.times_s += gone.times_s;
            gone.publishers.iter().for_each(|publisher| cluster.carried_by(*publisher));
            for (category, stories) in &gone.categories {
                cluster.count_category(category, *stories);
            }
            self.by_age.remove(&(cluster.last_s, into));
            cluster.last_s = cluster.last_s.max(gone.last_s);
            self.by_age.insert((cluster.last_s, into));
        }
        self.reindex(into, frequencies);
    }

    /// An entry was filed in the topic that adds no stems, such as a copy.
    pub(crate) fn touch(&mut self, no: TopicNo, now_s: i64) {
        if let Some(cluster) = self.active.get_mut(&no).filter(|cluster| cluster.last_s < now_s) {
            self.by_age.remove(&(cluster.last_s, no));
            cluster.last_s = now_s;
            self.by_age.insert((now_s, no));
        }
    }

    /// A story left topic `from` for topic `into`; its stems stay in `from`. If it was the last story of `from`, the
    /// topics are merged.
    pub(crate) fn story_left(&mut self, from: TopicNo, into: TopicNo, frequencies: &DocumentFrequencies) {
        let Some(cluster) = self.active.get_mut(&from) else { return };
        if from == into {
            // The story was absorbed by another story of the same topic.
            if cluster.stories > 1 {
                cluster.lose_story();
            }
        } else if cluster.stories <= 1 {
            self.merge(from, into, frequencies);
        } else {
            cluster.lose_story();
        }
    }

    /// Removes a story and its stems from its topic.
    pub(crate) fn subtract(
        &mut self,
        no: TopicNo,
        stems: &[WeightedStem],
        category: &CategoryName,
        frequencies: &DocumentFrequencies,
    ) {
        let Some(cluster) = self.active.get_mut(&no) else { return };
        for (stem, weight) in centroid_weights(stems) {
            if let Ok(idx) = cluster.centroid.binary_search_by_key(&stem, |(stem, _)| *stem) {
                cluster.centroid[idx].1 = cluster.centroid[idx].1.saturating_sub(weight);
            }
        }
        cluster.centroid.retain(|(_, weight)| *weight > 0);
        cluster.total = total(&cluster.centroid);
        cluster.lose_story();
        if let Some((_, stories)) = cluster.categories.iter_mut().find(|(name, _)| name == category) {
            *stories = stories.saturating_sub(1);
        }
        if cluster.stories == 0 {
            self.remove(no);
        } else {
            self.reindex(no, frequencies);
        }
    }

    /// Records that the topic moved on with its latest story.
    pub(crate) fn moved_on(&mut self, no: TopicNo, at_s: i64) {
        if let Some(cluster) = self.active.get_mut(&no) {
            let (publishers, stories) = (cluster.publishers.len() as u32, cluster.stories);
            cluster.moved_on = MovedOn { publishers, stories, at_s };
        }
    }

    /// The category `from` is called `to` now.
    pub(crate) fn rename_category(&mut self, from: &str, to: &CategoryName) {
        for cluster in self.active.values_mut() {
            if let Some(idx) = cluster.categories.iter().position(|(name, _)| name.as_str() == from) {
                let (_, stories) = cluster.categories.remove(idx);
                cluster.count_category(to, stories);
            }
        }
    }
}

/// Probability that a story is about a topic's event, by a logistic function of its margin, that is, of its score minus
/// what is needed. 0.5 to 1 for margins that are not negative.
fn probability(margin: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-TUNING.margin_odds * margin))
}
