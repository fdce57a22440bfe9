//! The bytes of the desk's snapshot and of an analysis: what serde derives, written by `postcard`.
//!
//! Knows nothing of the types it writes. The bytes must not depend on the iteration order of a map, so maps are written
//! sorted. Large tables that are mostly zeros are written sparsely. When reading, a length is checked before memory is
//! reserved for it.

use crate::desk::hash::Map;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::hash::Hash;

/// The bytes are not what this version of the desk writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the desk's memory cannot be read back: {0}")]
pub struct BadSnapshot(pub(crate) String);

/// Serializes a value; the version of its format stands before it.
pub(crate) fn encode(version: u32, value: &impl Serialize) -> Vec<u8> {
    // Writing to a growing vector fails only for sequences of unknown length, and the desk has none. If it failed all
    // the same, the store would refuse the empty snapshot.
    postcard::to_stdvec(&(version, value)).unwrap_or_default()
}

/// The value that [`encode`] wrote with this version. Damage, another version and trailing bytes are errors.
pub(crate) fn decode<T: DeserializeOwned>(version: u32, bytes: &[u8]) -> Result<T, BadSnapshot> {
    let bad = |error: postcard::Error| BadSnapshot(error.to_string());
    let (written, rest) = postcard::take_from_bytes::<u32>(bytes).map_err(bad)?;
    if written != version {
        return Err(BadSnapshot("it has an unknown version".to_owned()));
    }
    let (value, rest) = postcard::take_from_bytes(rest).map_err(bad)?;
    if !rest.is_empty() {
        return Err(BadSnapshot("something follows its end".to_owned()));
    }
    Ok(value)
}

/// Whether counts and times (Unix seconds) that were read back are so small that sums of them cannot overflow.
pub(crate) fn are_plausible(counts: &[u32], times_s: &[i64]) -> bool {
    // Both bounds are far above any real value: 2^40 seconds are some 35,000 years.
    counts.iter().all(|count| *count < 1 << 28) && times_s.iter().all(|time| time.unsigned_abs() < 1 << 40)
}

/// A map, sorted by its keys.
pub(crate) mod sorted {
    use super::{Deserialize, Deserializer, Hash, Map, Serialize, Serializer};
    use serde::de::Error as _;

    pub(crate) fn serialize<K, V, S>(map: &Map<K, V>, serializer: S) -> Result<S::Ok, S::Error>
    where
        K: Serialize + Ord + Copy,
        V: Serialize,
        S: Serializer,
    {
        let mut pairs: Vec<(&K, &V)> = map.iter().collect();
        pairs.sort_unstable_by_key(|(key, _)| **key);
        pairs.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<Map<K, V>, D::Error>
    where
        K: Deserialize<'de> + Eq + Hash,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let pairs = Vec::<(K, V)>::deserialize(deserializer)?;
        let count = pairs.len();
        let map: Map<K, V> = pairs.into_iter().collect();
        if map.len() == count { Ok(map) } else { Err(D::Error::custom("a key stands in a map twice")) }
    }
}

/// Upper bound on the length of a sparse table, so that a damaged length cannot make us reserve more memory.
pub(crate) const LONGEST_TABLE: usize = 1 << 24;

/// A table that is mostly zeros: its length, then for each value that is not zero the number of zeros before it and the
/// value.
pub(crate) mod sparse {
    use super::{Deserialize, Deserializer, LONGEST_TABLE, Serialize, Serializer};
    use serde::de::Error as _;
    use serde::ser::SerializeSeq as _;

    /// Serializes the values one by one, so that no copy of the table is needed.
    struct Values<'t, T>(&'t [T]);

    impl<T: Serialize + Default + PartialEq> Serialize for Values<'_, T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let is_value = |value: &&T| **value != T::default();
            let mut values = serializer.serialize_seq(Some(self.0.iter().filter(is_value).count()))?;
            let mut zeros = 0_u32;
            for value in self.0 {
                if is_value(&value) {
                    values.serialize_element(&(zeros, value))?;
                    zeros = 0;
                } else {
                    zeros += 1;
                }
            }
            values.end()
        }
    }

    pub(crate) fn serialize<T, S>(table: &[T], serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Serialize + Default + PartialEq,
        S: Serializer,
    {
        (table.len() as u32, Values(table)).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        T: Deserialize<'de> + Default + Copy,
        D: Deserializer<'de>,
    {
        let (length, values) = <(u32, Vec<(u32, T)>)>::deserialize(deserializer)?;
        if length as usize > LONGEST_TABLE {
            return Err(D::Error::custom("a table is too long"));
        }
        let mut table = vec![T::default(); length as usize];
        let mut next = 0_usize;
        for (zeros, value) in values {
            let idx = next + zeros as usize;
            *table.get_mut(idx).ok_or_else(|| D::Error::custom("a value lies outside its table"))? = value;
            next = idx + 1;
        }
        Ok(table)
    }
}

/// Hashes as eight bytes each: postcard's variable-length integers would need up to ten.
pub(crate) mod hashes {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(hashes: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<[u8; 8]> = hashes.iter().map(|hash| hash.to_le_bytes()).collect();
        bytes.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
        Ok(Vec::<[u8; 8]>::deserialize(deserializer)?.into_iter().map(u64::from_le_bytes).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
    struct Learned {
        #[serde(with = "sorted")]
        counts: Map<u32, u16>,
        #[serde(with = "sparse")]
        table: Vec<i16>,
        #[serde(with = "hashes")]
        keys: Vec<u64>,
    }

    #[test]
    fn what_was_written_reads_back_and_what_is_cut_or_of_another_version_does_not() {
        let mut learned = Learned { table: vec![0; 1_000], keys: vec![1, u64::MAX], ..Learned::default() };
        (learned.table[3], learned.table[999]) = (-5, i16::MAX);
        learned.counts.extend((0..50).map(|at| (at * 977, at as u16)));
        let bytes = encode(3, &learned);
        assert_eq!(decode(3, &bytes), Ok(learned));
        assert!(decode::<Learned>(4, &bytes).is_err());
        for cut in 0..bytes.len() {
            assert!(decode::<Learned>(3, &bytes[..cut]).is_err(), "{cut}");
        }
        let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
        assert!(decode::<Learned>(3, &longer).is_err());
    }

    #[test]
    fn a_value_outside_its_table_is_damage() {
        let table: &[(u32, u8)] = &[(7, 1)];
        for (length, good) in [(8_u32, true), (7, false), (u32::MAX, false)] {
            let bytes = postcard::to_stdvec(&(length, table)).unwrap();
            let mut reader = postcard::Deserializer::from_bytes(&bytes);
            assert_eq!(sparse::deserialize::<u8, _>(&mut reader).is_ok(), good, "{length}");
        }
    }

    #[test]
    fn the_bytes_of_a_map_do_not_depend_on_the_order_in_which_it_was_filled() {
        let of = |keys: &mut dyn Iterator<Item = u32>| {
            let counts = keys.map(|key| (key, 1)).collect();
            encode(1, &Learned { counts, ..Learned::default() })
        };
        assert_eq!(of(&mut (0..500)), of(&mut (0..500).rev()));
    }
}
