//! Where recent stories stand: their topic, and whether a feed fixed their category.
//!
//! Bounded; the oldest are forgotten first, and then simply keep what they have.

use crate::desk::hash::Map;
use crate::desk::snapshot::sorted;
use crate::model::{StoryNo, TopicNo};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Stories remembered; about 6 MB.
const MAX_STORIES: usize = 100_000;

/// Where a story stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) topic: TopicNo,
    /// A fixed feed, or the operator, has decided its category.
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

    /// Moves a story to a topic. Of a story that is not remembered, its category is taken to be fixed.
    pub(crate) fn set_topic(&mut self, story: StoryNo, topic: TopicNo) {
        let is_fixed = self.get(story).is_none_or(|standing| standing.is_fixed);
        self.set(story, Standing { topic, is_fixed });
    }

    /// The topic `from` becomes part of `into`. Looks at all stories, which is rare: topics seldom become one.
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
