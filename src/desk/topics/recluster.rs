//! Reclustering: which stories of the recent window belong together, now that their neighbours are known?
//!
//! A story is given its topic when it arrives, by what is known then. Those that come after it say more: two topics turn out
//! to be one event, and two events that look alike turn out to be two. So the window is clustered anew now and then, all
//! stories at once, and those that stand elsewhere move. Topics keep their numbers as far as they keep their stories.
//!
//! Knows scores and where stories stand; nothing of words.

use super::average_linkage::{Pair, clusters};
use super::tuning::TUNING;
use crate::desk::hash::Set;
use crate::model::{Placement, TopicNo};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Where the stories of the window stand.
#[derive(Default)]
pub(crate) struct WindowPlacements {
    stories: Vec<Placement>,
    topics: BTreeMap<TopicNo, Inside>,
}

/// What is known of a topic.
#[derive(Default)]
struct Inside {
    /// Its stories in the window.
    in_window: usize,
    /// All of its stories.
    all: usize,
    /// Stems of those in the window.
    stems: usize,
}

impl WindowPlacements {
    /// Adds a story of so many stems. Gives its index.
    pub(crate) fn add(&mut self, placement: Placement, stems: usize) -> u32 {
        self.stories.push(placement);
        self.add_follower(placement.topic, stems);
        self.stories.len() as u32 - 1
    }

    /// Adds a story that goes where another one goes.
    pub(crate) fn add_follower(&mut self, topic: TopicNo, stems: usize) {
        let inside = self.topics.entry(topic).or_default();
        inside.in_window += 1;
        inside.stems += stems;
    }

    /// Says how many stories each topic has in all.
    pub(crate) fn count_all(&mut self, stories: impl Fn(TopicNo) -> usize) {
        for (topic, inside) in &mut self.topics {
            inside.all = stories(*topic);
        }
    }

    /// Where stories ought to stand that stand elsewhere. `pairs` are scores of pairs by index. A topic that is founded for
    /// them gets a number from `next_topic` on.
    pub(crate) fn moves(&self, pairs: &[Pair], stricter: f32, next_topic: TopicNo) -> Vec<Placement> {
        self.assign(clusters(self.stories.len(), pairs, TUNING.merge_score + stricter), next_topic)
    }

    /// Whether stories may leave a topic: all of its stories are in the window, and it has no more of them than its average
    /// story has stems. What many stories have in common says more than two headlines can.
    fn may_split(&self, topic: TopicNo) -> bool {
        self.topics.get(&topic).is_some_and(|inside| {
            inside.all <= inside.in_window && inside.all * inside.in_window <= inside.stems
        })
    }

    /// Gives each cluster a topic, the largest first: the one that most of its stories stand in and that no larger cluster
    /// has taken. Says which stories have to move.
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

    /// Of the topics that the stories of a cluster stand in, each with how many of them do, the one that the cluster keeps.
    fn topic_for(&self, counts: &BTreeMap<TopicNo, usize>, taken: &Set<TopicNo>) -> Option<TopicNo> {
        let is_free = |topic: &TopicNo| !taken.contains(topic) || !self.may_split(*topic);
        let is_whole =
            |topic: TopicNo, count: usize| self.topics.get(&topic).is_some_and(|inside| inside.all <= count);
        let free = || counts.iter().filter(|(topic, _)| is_free(topic));
        let (most, count) = free().max_by_key(|(topic, count)| (**count, Reverse(**topic)))?;
        if !is_whole(*most, *count) {
            return Some(*most);
        }
        // Of topics that become one the oldest stays.
        free().filter(|(topic, count)| is_whole(**topic, **count)).map(|(topic, _)| *topic).min()
    }
}

#[cfg(test)]
mod tests;
