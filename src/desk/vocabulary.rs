//! How common each word is, learned from the stream.
//!
//! What counts is in how many events a word is found, not in how many texts: a word that a hundred stories of one event
//! share is rare, and tells that event from all others. So a word that its topic had already counts a twentieth.
//!
//! Whole counts per stem, bounded; when the table is full every count is halved and what falls to nothing is
//! forgotten, so that old usage fades. Knows stems only.

use super::codec::{BadSnapshot, Reader, Writer};
use super::hash::Map;

/// Stems kept at most; about 8 MB.
const MAX_STEMS: usize = 500_000;
/// Documents after which counts are halved even if the table is not full.
const MAX_DOCUMENTS: u32 = 4_000_000 * WHOLE;
/// What a document, or a word that is new to its topic, counts.
const WHOLE: u32 = 20;
/// What they count otherwise.
const REPEATED: u32 = 1;
/// Documents that count whole in any case: until then too little is known of topics.
const WARM: u32 = 100 * WHOLE;

/// Document frequencies.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Vocabulary {
    documents: u32,
    counts: Map<u32, u32>,
}

impl Vocabulary {
    /// Counts one document's stems, each once; `known` says what its topic had already, `founds` that it has none.
    pub(super) fn add(
        &mut self,
        stems: impl Iterator<Item = u32>,
        founds: bool,
        known: impl Fn(u32) -> bool,
    ) {
        let warm = self.documents < WARM;
        self.documents += if founds || warm { WHOLE } else { REPEATED };
        for stem in stems {
            *self.counts.entry(stem).or_insert(0) += if !warm && known(stem) { REPEATED } else { WHOLE };
        }
        if self.counts.len() > MAX_STEMS || self.documents > MAX_DOCUMENTS {
            self.counts.retain(|_, count| {
                *count /= 2;
                *count > 0
            });
            self.documents /= 2;
        }
    }

    /// How many documents there are for each that has the stem.
    pub(super) fn odds(&self, stem: u32) -> f32 {
        let count = self.counts.get(&stem).copied().unwrap_or(0) as f32;
        (self.documents as f32 + 20.0 * WHOLE as f32) / (count + 0.5 * WHOLE as f32)
    }

    /// How rare a stem is: the logarithm of its odds.
    pub(super) fn rarity(&self, stem: u32) -> f32 {
        self.odds(stem).ln()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        let mut sorted: Vec<(u32, u32)> = self.counts.iter().map(|(stem, count)| (*stem, *count)).collect();
        sorted.sort_unstable();
        out.number(u64::from(self.documents));
        out.number(sorted.len() as u64);
        let mut before = 0;
        for (stem, count) in sorted {
            out.number(u64::from(stem - before));
            out.number(u64::from(count));
            before = stem;
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
        let documents = reader.small()?;
        let length = reader.count()?;
        let mut counts = Map::default();
        let mut before = 0_u32;
        for _ in 0..length {
            before = before.checked_add(reader.small()?).ok_or(BadSnapshot("a number is too large"))?;
            counts.insert(before, reader.small()?);
        }
        Ok(Self { documents, counts })
    }
}
