//! Reclustering: corrects the single-pass clustering of recent stories once later stories are known.
//!
//! A story gets its topic when it arrives, from what is known then. Later stories tell more: two topics turn out to be
//! one event, or one topic turns out to hold two events that look alike. So all stories of the window are clustered
//! anew from time to time, and those that are in the wrong topic move. A cluster keeps the topic in which most of its
//! stories are.
//!
//! Knows scores and placements of stories; nothing of words.

use super::average_linkage::{Pair, clusters};
use super::tuning::TUNING;
use crate::desk::hash::Set;
use crate::model::{Placement, TopicNo};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The placements of the stories in the window, and what is known of their topics.
#[derive(Default)]
pub(crate) struct WindowPlacements {
    stories: Vec<Placement>,
    topics: BTreeMap<TopicNo, Inside>,
}

/// Counts of one topic.
#[derive(Default)]
struct Inside {
    /// Its stories in the window.
    in_window: usize,
    /// All of its stories.
    all: usize,
    /// Sum of the numbers of stems of its stories in the window.
    stems: usize,
}

impl WindowPlacements {
    /// Adds a story with this many stems to the stories that are clustered. Returns its index among them.
    pub(crate) fn add(&mut self, placement: Placement, stems: usize) -> u32 {
        self.stories.push(placement);
        self.add_follower(placement.topic, stems);
        self.stories.len() as u32 - 1
    }

    /// Counts a story that is not clustered, because it moves with another one.
    pub(crate) fn add_follower(&mut self, topic: TopicNo, stems: usize) {
        let inside = self.topics.entry(topic).or_default();
        inside.in_window += 1;
        inside.stems += stems;
    }

    /// Sets how many stories each topic has in all, also outside of the window.
    pub(crate) fn count_all(&mut self, stories: impl Fn(TopicNo) -> usize) {
        for (topic, inside) in &mut self.topics {
            inside.all = stories(*topic);
        }
    }

    /// Clusters the stories, and returns those that have to move, each with its new topic. `pairs` are the scores of
    /// pairs of indices. `stricter` is added to the score that is needed. New topics get numbers from `next_topic` on.
    pub(crate) fn moves(&self, pairs: &[Pair], stricter: f32, next_topic: TopicNo) -> Vec<Placement> {
        self.assign(clusters(self.stories.len(), pairs, TUNING.merge_score + stricter), next_topic)
    }

    /// Whether stories may leave a topic. All of its stories must be in the window. And it must not have more stories
    /// than its average story has stems: what so many stories have in common is better evidence than the scores of
    /// pairs of short texts.
    fn may_split(&self, topic: TopicNo) -> bool {
        self.topics.get(&topic).is_some_and(|inside| {
            inside.all <= inside.in_window && inside.all * inside.in_window <= inside.stems
        })
    }

    /// Gives each cluster a topic, the largest cluster first: the topic that most of its stories are in and that no
    /// larger cluster has taken. Returns the stories that have to move.
    fn assign(&self, mut clusters: Vec<Vec<usize>>, next_topic: TopicNo) -> Vec<Placement> {
        let TopicNo(mut next_topic) = next_topic;
        clusters.sort_by_key(|cluster| (Reverse(cluster.len()), cluster.first().copied()));
        let mut taken: Set<TopicNo> = Set::default();
        let mut moves = Vec::new();
        for cluster in clusters {
            let mut counts: BTreeMap<TopicNo, usize> = BTreeMap::new();
            for idx in &cluster {
                *counts.entry(self.stories[*idx].topic).or_default() += 1;
            }
            let topic = match self.topic_for(&counts, &taken) {
                Some(topic) => topic,
                None if cluster.len() < TUNING.least_split => continue,
                None => {
                    next_topic += 1;
                    TopicNo(next_topic - 1)
                }
            };
            taken.insert(topic);
            for idx in cluster {
                let Placement { story, topic: stands } = self.stories[idx];
                if stands != topic && self.may_split(stands) {
                    moves.push(Placement { story, topic });
                }
            }
        }
        moves
    }

    /// The topic that a cluster keeps. `counts` are the topics of its stories, each with how many of them are in it.
    /// `None` if all of these topics are taken. A topic that may not be split can be kept by several clusters.
    fn topic_for(&self, counts: &BTreeMap<TopicNo, usize>, taken: &Set<TopicNo>) -> Option<TopicNo> {
        let is_free = |topic: &TopicNo| !taken.contains(topic) || !self.may_split(*topic);
        let is_whole =
            |topic: TopicNo, count: usize| self.topics.get(&topic).is_some_and(|inside| inside.all <= count);
        let free = || counts.iter().filter(|(topic, _)| is_free(topic));
        let (most, count) = free().max_by_key(|(topic, count)| (**count, Reverse(**topic)))?;
        if !is_whole(*most, *count) {
            return Some(*most);
        }
        // If several whole topics become one, the oldest stays.
        free().filter(|(topic, count)| is_whole(**topic, **count)).map(|(topic, _)| *topic).min()
    }
}

#[cfg(test)]
mod tests;
