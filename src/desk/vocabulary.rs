//! How common each word is, learned from the stream.
//!
//! Whole counts per stem, bounded; when the table is full every count is halved and what falls to nothing is
//! forgotten, so that old usage fades. Knows stems only.

use super::codec::{BadSnapshot, Reader, Writer};
use super::hash::Map;

/// Stems kept at most; about 8 MB.
const MAX_STEMS: usize = 500_000;
/// Documents after which counts are halved even if the table is not full.
const MAX_DOCUMENTS: u32 = 4_000_000;

/// Document frequencies.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Vocabulary {
    documents: u32,
    counts: Map<u32, u32>,
}

impl Vocabulary {
    /// Counts one document's stems, each once.
    pub(super) fn add(&mut self, stems: impl Iterator<Item = u32>) {
        self.documents += 1;
        for stem in stems {
            *self.counts.entry(stem).or_insert(0) += 1;
        }
        if self.counts.len() > MAX_STEMS || self.documents > MAX_DOCUMENTS {
            self.counts.retain(|_, count| {
                *count /= 2;
                *count > 0
            });
            self.documents /= 2;
        }
    }

    /// How rare a stem is: the logarithm of documents per document that has it.
    pub(super) fn rarity(&self, stem: u32) -> f32 {
        let count = self.counts.get(&stem).copied().unwrap_or(0) as f32;
        ((self.documents as f32 + 20.0) / (count + 0.5)).ln()
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
