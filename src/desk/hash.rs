//! Fixed hashing: the same everywhere and for ever, because hashes are kept in snapshots and in the store.
//!
//! Knows nothing of what is hashed. Nothing here may depend on the run, the machine, or the order of a map.

use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3;

/// Hash of bytes.
pub(crate) fn of(bytes: &[u8]) -> u64 {
    xxh3::xxh3_64(bytes)
}

/// Hash of who publishes a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub(crate) struct PublisherHash(#[serde(with = "postcard::fixint::le")] u64);

impl PublisherHash {
    /// No publisher: what belongs to all.
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn of(publisher: &str) -> Self {
        Self(of(publisher.as_bytes()))
    }

    /// One hash of the publisher and a kind of what is its own.
    pub(crate) fn owns(self, kind: u64) -> u64 {
        mix(self.0, kind)
    }

    /// Its first half, for lists of many publishers.
    pub(crate) fn short(self) -> u32 {
        self.0 as u32
    }
}

/// Two hashes made one; the order counts.
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let x = a.rotate_left(23) ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    finish(x.wrapping_add(0xD6E8_FEB8_6659_FD93))
}

/// Spreads the bits of a number (the finaliser of SplitMix64).
pub(crate) fn finish(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// Sorts by a hash; what has the same hash stays in order. Hashes are spread evenly, so that their first bits tell nearly
/// where each belongs.
pub(crate) fn sort_by_hash<T: Copy>(items: &mut Vec<T>, hash: impl Fn(&T) -> u64) {
    const BITS: u32 = 8;
    if items.len() < 64 {
        items.sort_by_key(hash);
        return;
    }
    let bucket = |item: &T| (hash(item) >> (64 - BITS)) as usize;
    let mut ends = [0_usize; 1 << BITS];
    for item in items.iter() {
        ends[bucket(item)] += 1;
    }
    let mut end = 0;
    for bucket in &mut ends {
        end += *bucket;
        *bucket = end;
    }
    let mut sorted = items.clone();
    for item in items.iter().rev() {
        let end = &mut ends[bucket(item)];
        *end -= 1;
        sorted[*end] = *item;
    }
    // By now each end is where its bucket begins.
    for (bucket, begin) in ends.iter().enumerate() {
        let end = ends.get(bucket + 1).copied().unwrap_or(sorted.len());
        if end - begin > 1 {
            sorted[*begin..end].sort_by_key(&hash);
        }
    }
    *items = sorted;
}

/// A map whose keys are hashes or small numbers already.
pub(crate) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Spread>>;
/// A set of hashes or small numbers.
pub(crate) type Set<K> = HashSet<K, BuildHasherDefault<Spread>>;

/// Spreads one number; maps in the desk are never iterated without sorting, so nothing depends on it.
#[derive(Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix(self.0, of(bytes));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = finish(self.0 ^ u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = finish(self.0.rotate_left(5) ^ number);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_by_a_hash_sorts_and_keeps_the_order_of_equals() {
        for count in [0_u64, 1, 63, 64, 65, 400, 5_000] {
            for spread in [u64::MAX, 0xFF, 3, 0xFF << 56] {
                let mut items: Vec<(u64, u64)> = (0..count).map(|i| (finish(i) & spread, i)).collect();
                let mut want = items.clone();
                want.sort_by_key(|item| item.0);
                sort_by_hash(&mut items, |item| item.0);
                assert!(items == want, "{count} items, {spread:x}");
            }
        }
    }
}
