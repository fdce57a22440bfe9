//! Where recent stories stand: their topic, and whether a feed fixed their category.
//!
//! Bounded; the oldest are forgotten first, and then simply keep what they have.

use crate::desk::codec::{BadSnapshot, Reader, Writer};
use crate::desk::hash::Map;
use std::collections::VecDeque;

/// Stories remembered; about 6 MB.
const MAX_STORIES: usize = 100_000;

/// Recent stories.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Recent {
    order: VecDeque<i64>,
    stories: Map<i64, (i64, bool)>,
}

impl Recent {
    /// Topic of a story, and whether its category is fixed.
    pub(crate) fn get(&self, story: i64) -> Option<(i64, bool)> {
        self.stories.get(&story).copied()
    }

    pub(crate) fn set(&mut self, story: i64, topic: i64, fixed: bool) {
        if self.stories.insert(story, (topic, fixed)).is_none() {
            self.order.push_back(story);
        }
        if self.order.len() > MAX_STORIES
            && let Some(oldest) = self.order.pop_front()
        {
            self.stories.remove(&oldest);
        }
    }

    /// The stories of topic `from` are in `into` now. Looks at all stories, which is rare: topics become one seldom.
    pub(crate) fn topic_absorbed(&mut self, from: i64, into: i64) {
        self.stories.values_mut().filter(|(topic, _)| *topic == from).for_each(|(topic, _)| *topic = into);
    }

    pub(crate) fn remove(&mut self, story: i64) {
        self.stories.remove(&story);
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.number(self.order.len() as u64);
        for story in &self.order {
            out.signed(*story);
            let (topic, fixed) = self.get(*story).unwrap_or((0, false));
            out.signed(topic);
            out.number(u64::from(fixed));
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
        let mut read = Self::default();
        for _ in 0..reader.count()? {
            let (story, topic, fixed) = (reader.signed()?, reader.signed()?, reader.number()? == 1);
            read.order.push_back(story);
            if topic != 0 {
                read.stories.insert(story, (topic, fixed));
            }
        }
        Ok(read)
    }
}
