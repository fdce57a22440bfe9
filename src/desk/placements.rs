//! The placements of recent stories: their topics, and whether their categories are fixed.
//!
//! Bounded: the stories that were placed first are forgotten first. The desk then no longer moves them; in the store
//! they keep their topic and category.

use crate::desk::hash::Map;
use crate::desk::snapshot::sorted;
use crate::model::{StoryNo, TopicNo};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Stories remembered; about 6 MB.
const MAX_STORIES: usize = 100_000;

/// The topic of a story, and whether its category is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) topic: TopicNo,
    /// A fixed feed, or an order of the operator, has decided the story's category.
    pub(crate) is_fixed: bool,
}

/// Recent stories.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Placements {
    /// In the order in which they were first placed.
    order: VecDeque<StoryNo>,
    #[serde(with = "sorted")]
    stories: Map<StoryNo, Standing>,
}

impl Placements {
    pub(crate) fn get(&self, story: StoryNo) -> Option<Standing> {
        self.stories.get(&story).copied()
    }

    /// Places a story, and forgets the oldest when there are too many.
    pub(crate) fn set(&mut self, story: StoryNo, standing: Standing) {
        if self.stories.insert(story, standing).is_none() {
            self.order.push_back(story);
        }
        if self.order.len() > MAX_STORIES
            && let Some(oldest) = self.order.pop_front()
        {
            self.stories.remove(&oldest);
        }
    }

    /// Moves a story to a topic. If the story is not remembered, its category is taken to be fixed, so that nothing
    /// changes it.
    pub(crate) fn set_topic(&mut self, story: StoryNo, topic: TopicNo) {
        let is_fixed = self.get(story).is_none_or(|standing| standing.is_fixed);
        self.set(story, Standing { topic, is_fixed });
    }

    /// The topic `from` becomes part of `into`. Looks at all stories; that is affordable because topics are seldom
    /// merged.
    pub(crate) fn topic_merged(&mut self, from: TopicNo, into: TopicNo) {
        self.stories
            .values_mut()
            .filter(|standing| standing.topic == from)
            .for_each(|standing| standing.topic = into);
    }

    pub(crate) fn remove(&mut self, story: StoryNo) {
        self.stories.remove(&story);
    }
}
