//! How common words are in ordinary use, before the stream has taught anything.
//!
//! Without it a desk that has seen nothing takes every word for rare, and a shared "bridge" makes a topic. The table holds the
//! stems that at least one in 100,000 tokens has in any of 44 languages, by class of how common they are. A word of several
//! languages is as common as in the one in which it is commonest: which language a headline is in is often not told, and a
//! word that is taken for too common costs a merge, which the reader can see.
//!
//! `common_words.bin` was made by a test of this module from the word lists of wordfreq 3 (Speer 2022), which are under CC BY-SA 4.0,
//! and so is the table: see `NOTICE`. A script that does not separate words is cut into pairs of characters, as everywhere; they
//! are counted within the words of the list. Knows stems only.

use std::sync::LazyLock;

/// How many stems have each of the values that their first 16 bits can have, a byte each; then for each stem, in order, its last 16 bits,
/// little endian, and its class.
const TABLE: &[u8] = include_bytes!("common_words.bin");
/// Values of the first 16 bits of a stem.
const BUCKETS: usize = 1 << 16;
/// Bytes for each stem.
const ENTRY: usize = 3;
/// Classes to an e-fold of how common a word is.
const CLASSES_A_FOLD: f32 = 2.0;

/// For each bucket the number of stems in those before it.
static STARTS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut starts = vec![0];
    for count in TABLE.iter().take(BUCKETS) {
        starts.push(starts.last().copied().unwrap_or(0) + u32::from(*count));
    }
    starts
});

/// The share of a stem among all tokens of ordinary text; 0 when it is not common.
pub(crate) fn share(stem: u32) -> f32 {
    class(stem).map_or(0.0, |class| libm::expf(-f32::from(class) / CLASSES_A_FOLD))
}

fn class(stem: u32) -> Option<u8> {
    let bucket = (stem >> 16) as usize;
    let [start, end] =
        [*STARTS.get(bucket)?, *STARTS.get(bucket + 1)?].map(|stem| BUCKETS + stem as usize * ENTRY);
    let [low, high, ..] = stem.to_le_bytes();
    let found = TABLE.get(start..end)?.chunks_exact(ENTRY).find(|entry| entry[..2] == [low, high])?;
    Some(found[2])
}

#[cfg(test)]
mod tests;
