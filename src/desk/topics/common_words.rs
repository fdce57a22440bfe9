//! A prior for document frequencies: how common words are in ordinary use.
//!
//! Without it a new desk would take every word for rare, and a shared "bridge" would put two stories into one topic.
//! The table holds the stems with a share of at least one in 100,000 tokens in any of 44 languages, each with a class
//! of frequency. A stem of several languages has its highest frequency among them, because the language of a headline
//! is often unknown. The error is then on the safe side: two stories are not put together, which a reader can see.
//!
//! `common_words.bin` was made by a test of this module from the word lists of wordfreq 3 (Speer 2022). These are under
//! CC BY-SA 4.0, and so is the table: see `NOTICE`. In scripts that do not separate words, the bigrams within the words
//! of the list are counted. Knows stems only.

use std::sync::LazyLock;

/// First one byte for each bucket (a value of a stem's high 16 bits): the number of its stems. Then for each stem,
/// sorted, its low 16 bits (little endian) and one byte for its class.
const TABLE: &[u8] = include_bytes!("common_words.bin");
/// Number of buckets: values of the high 16 bits of a stem.
const BUCKETS: usize = 1 << 16;
/// Bytes for each stem.
const ENTRY: usize = 3;
/// Two classes make one e-fold of frequency: class n stands for a share of e^(−n/2).
const CLASSES_A_FOLD: f32 = 2.0;

/// For each bucket, the number of stems in all buckets before it.
static STARTS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut starts = vec![0];
    for count in TABLE.iter().take(BUCKETS) {
        starts.push(starts.last().copied().unwrap_or(0) + u32::from(*count));
    }
    starts
});

/// The share of a stem among all tokens of ordinary text, 0 to 1; 0 if it is not in the table.
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
