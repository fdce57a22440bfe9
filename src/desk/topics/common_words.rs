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

use crate::desk::hash::Map;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

/// For each class its number, the number of its stems as four bytes, and the steps from each stem to the next as LEB128.
const TABLE: &[u8] = include_bytes!("common_words.bin");
/// Stems in the table, so that it is read into memory of the right size: 2.4 MB.
const STEMS: usize = 224_790;
/// Classes to an e-fold of how common a word is.
const CLASSES_A_FOLD: f32 = 2.0;

/// The share of each common stem among all tokens.
static SHARES: LazyLock<Map<u32, f32>> = LazyLock::new(|| {
    let mut shares = Map::with_capacity_and_hasher(STEMS, BuildHasherDefault::default());
    each_entry(TABLE, |class, stem| {
        shares.insert(stem, libm::expf(-f32::from(class) / CLASSES_A_FOLD));
    });
    shares
});

/// The share of a stem among all tokens of ordinary text; 0 when it is not common.
pub(crate) fn share(stem: u32) -> f32 {
    SHARES.get(&stem).copied().unwrap_or(0.0)
}

/// Hands over the classes and stems of a table, up to where it is damaged.
fn each_entry(mut table: &[u8], mut each: impl FnMut(u8, u32)) {
    while let Some((class, count, rest)) = header(table) {
        table = rest;
        let mut stem = 0_u32;
        for _ in 0..count {
            let Some((step, rest)) = leb128(table) else { return };
            table = rest;
            stem = stem.wrapping_add(step);
            each(class, stem);
        }
    }
}

fn header(table: &[u8]) -> Option<(u8, u32, &[u8])> {
    let (class, rest) = table.split_first()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    Some((*class, u32::from_le_bytes(*count), rest))
}

fn leb128(table: &[u8]) -> Option<(u32, &[u8])> {
    let end = table.iter().take(5).position(|byte| byte & 0x80 == 0)?;
    let bytes = table[..=end].iter().rev();
    Some((bytes.fold(0, |number, byte| number << 7 | u32::from(byte & 0x7F)), &table[end + 1..]))
}

#[cfg(test)]
mod tests;
