//! Fixed hash functions: the same in every release and on every machine, because hashes are kept in snapshots and in
//! the store.
//!
//! Knows nothing of what is hashed. Nothing here may depend on the run, on the machine, or on the order of a map.

use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3;

/// XXH3 (64 bits, no seed) of bytes.
pub(crate) fn of(bytes: &[u8]) -> u64 {
    xxh3::xxh3_64(bytes)
}

/// Hash of who publishes a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub(crate) struct PublisherHash(#[serde(with = "postcard::fixint::le")] u64);

impl PublisherHash {
    /// Stands for no publisher, where something is counted over all publishers together.
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn of(publisher: &str) -> Self {
        Self(of(publisher.as_bytes()))
    }

    /// Combines the publisher with a kind of thing that is counted, as a name space for counters.
    pub(crate) fn owns(self, kind: u64) -> u64 {
        mix(self.0, kind)
    }

    /// The low 32 bits, for lists of many publishers.
    pub(crate) fn short(self) -> u32 {
        self.0 as u32
    }
}

/// Combines two hashes into one; the order matters.
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

/// Stable sort by a hash: one pass of a bucket sort over the top eight bits, then an ordinary sort within each bucket.
/// Hashes are spread evenly, so the buckets are small.
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
    // Each entry of `ends` has been counted down to the beginning of its bucket.
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

/// Mixes the bits of one number. The order of iteration depends on it, so no result in the desk may depend on that
/// order.
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
