//! Which words made the classifier say what it said.

use super::{CORRECTION_UNIT, Sections, log, slot};
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
        let row = feature * self.stride..feature * self.stride + self.sections.len();
        let (counts, corrections) = (&self.counts[row.clone()], &self.corrections[row]);
        // What was counted and what was corrected weigh about alike in an entry of any length.
        let gain = |at: usize| {
            log(all) - log(all - u32::from(counts[at]).min(all))
                + f32::from(corrections[at]) * CORRECTION_UNIT
        };
        let others = (0..self.sections.len()).filter(|other| *other != at);
        gain(at) - others.map(gain).fold(0.0, f32::max)
    }
}
