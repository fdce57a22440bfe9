//! Which words made the classifier say what it said.

use super::{Sections, log, slot};
use crate::desk::words::Word;

/// A word speaks for a section when it takes so much more from its complement than from any other's.
const SPEAKS: f32 = 0.25;

impl Sections {
    /// Those of the words that speak for a section against every other, the strongest first; at most `most`.
    pub(in crate::desk) fn telling<'w>(
        &self,
        section: &str,
        words: impl Iterator<Item = &'w Word>,
        most: usize,
    ) -> Vec<&'w Word> {
        let Some(at) = self.sections.iter().position(|known| known.name == section) else {
            return Vec::new();
        };
        let mut found: Vec<(f32, &Word)> = Vec::new();
        for word in words {
            let speaks = self.speaks(slot(u64::from(word.stem)), at);
            if speaks > SPEAKS && !found.iter().any(|(_, other)| other.stem == word.stem) {
                found.push((speaks, word));
            }
        }
        found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        found.truncate(most);
        found.into_iter().map(|(_, word)| word).collect()
    }

    fn speaks(&self, feature: u32, at: usize) -> f32 {
        let feature = feature as usize;
        let all = self.all.get(feature).copied().unwrap_or(0);
        let counts = &self.counts[feature * self.stride..][..self.sections.len()];
        let gain = |count: u16| log(all) - log(all - u32::from(count).min(all));
        let others = counts.iter().enumerate().filter(|(other, _)| *other != at);
        gain(counts[at]) - others.map(|(_, count)| gain(*count)).fold(0.0, f32::max)
    }
}
