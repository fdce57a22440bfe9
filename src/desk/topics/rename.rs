//! Votes under the present names of categories.

use super::Topics;

impl Topics {
    /// What was voted for the category `from` counts for `to`.
    pub(in crate::desk) fn rename(&mut self, from: &str, to: &str) {
        for topic in self.active.values_mut() {
            if let Some(at) = topic.sections.iter().position(|(name, _)| name == from) {
                let (_, votes) = topic.sections.remove(at);
                (0..votes).for_each(|_| topic.vote(to));
            }
        }
    }
}
