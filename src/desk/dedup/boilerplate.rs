//! Boilerplate detection: counts what recurs in a publisher's stories, and how common each fingerprint is.
//!
//! A text passage that recurs in many stories of a publisher is boilerplate ("Sign up for …", "Source: …"), and a
//! headline that recurs over different pages is a template. They are counted in a count–min sketch of fixed size
//! (Cormode and Muthukrishnan 2005). It halves its counters when it fills, so that it forgets slowly. Knows hashes
//! only.

use super::tuning::TUNING;
use crate::desk::hash::{self, PublisherHash};
use crate::desk::snapshot::{BadSnapshot, LONGEST_TABLE, sparse};
use serde::{Deserialize, Serialize};

const _: () = assert!(WIDTH <= LONGEST_TABLE);

/// Counters in each of the two rows. With at most [`HALVE_AT`] counts, a counter holds on average less than one count
/// that belongs to other hashes. The chance of three such counts in both rows is about 1 in 400.
const WIDTH: usize = 1 << 21;
/// Number of counts at which all counters are halved.
const HALVE_AT: u64 = (WIDTH as u64) * 3 / 4;

/// Approximate counts of hashes. As in every count–min sketch they may be too high, but not too low, except for what a
/// halving rounded off.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct CountMinSketch {
    #[serde(with = "sparse")]
    first: Vec<u8>,
    #[serde(with = "sparse")]
    second: Vec<u8>,
    counted: u64,
}

impl CountMinSketch {
    fn new() -> Self {
        Self { first: vec![0; WIDTH], second: vec![0; WIDTH], counted: 0 }
    }

    fn indices(hash: u64) -> (usize, usize) {
        (hash as usize % WIDTH, (hash >> 32) as usize % WIDTH)
    }

    fn count(&self, hash: u64) -> u8 {
        let (a, b) = Self::indices(hash);
        self.first[a].min(self.second[b])
    }

    fn is_at_least(&self, hash: u64, count: u8) -> bool {
        let (a, b) = Self::indices(hash);
        // Most hashes do not recur, so that the first row mostly suffices to say no.
        self.first[a] >= count && self.second[b] >= count
    }

    /// Counts a hash once more. Only the lower counter grows (conservative update, Estan and Varghese 2002).
    fn add(&mut self, hash: u64) {
        let (a, b) = Self::indices(hash);
        let least = self.first[a].min(self.second[b]);
        for counter in [&mut self.first[a], &mut self.second[b]] {
            if *counter == least {
                *counter = least.saturating_add(1);
            }
        }
        self.counted += 1;
        if self.counted >= HALVE_AT {
            self.counted /= 2;
            self.first.iter_mut().chain(&mut self.second).for_each(|counter| *counter /= 2);
        }
    }
}

/// The kinds of things that are counted. The kind is part of the counted hash, so that a shingle and a headline never
/// share a count. Snapshots depend on these numbers; 3 had another meaning in the past and must not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// A shingle of a text, under one publisher.
    Shingle = 1,
    /// A whole headline, under one publisher: of an entry that founded a story, or that joined one by its headline
    /// alone.
    Headline = 2,
    /// The part of a title behind its last separator, under one publisher.
    Suffix = 4,
    /// A fingerprint, over all publishers.
    Fingerprint = 5,
    /// Stories whose shingles were counted, under one publisher.
    Stories = 6,
}

/// How often shingles, headlines, suffixes and fingerprints occurred.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Boilerplate(CountMinSketch);

impl Boilerplate {
    pub(crate) fn new() -> Self {
        Self(CountMinSketch::new())
    }

    /// Refuses a sketch of another size.
    pub(crate) fn restored(self) -> Result<Self, BadSnapshot> {
        if self.0.first.len() == WIDTH && self.0.second.len() == WIDTH && self.0.counted < HALVE_AT {
            Ok(self)
        } else {
            Err(BadSnapshot("the sketch has another size".to_owned()))
        }
    }

    fn owner(counted: Counted, publisher: PublisherHash) -> u64 {
        publisher.owns(counted as u64)
    }

    /// How often `what` was counted, at most 255. Only for fingerprints the publisher is [`PublisherHash::NONE`].
    pub(crate) fn count(&self, counted: Counted, publisher: PublisherHash, what: u64) -> u8 {
        self.0.count(hash::mix(Self::owner(counted, publisher), what))
    }

    pub(crate) fn add(&mut self, counted: Counted, publisher: PublisherHash, what: u64) {
        self.0.add(hash::mix(Self::owner(counted, publisher), what));
    }

    /// A test whether a shingle is boilerplate of the publisher. What depends on the publisher alone is computed once.
    pub(crate) fn holds(&self, publisher: PublisherHash) -> impl Fn(u64) -> bool {
        let owner = Self::owner(Counted::Shingle, publisher);
        let stories = self.count(Counted::Stories, publisher, 0);
        let least = TUNING.boilerplate_stories + stories / TUNING.boilerplate_step;
        move |shingle| self.0.is_at_least(hash::mix(owner, shingle), least)
    }

    /// Whether the publisher has used the suffix in enough titles for it to be its name.
    pub(crate) fn is_suffix(&self, publisher: PublisherHash, suffix: u64) -> bool {
        self.count(Counted::Suffix, publisher, suffix) >= TUNING.boilerplate_stories
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::snapshot::{decode, encode};

    #[test]
    fn counts_never_fall_short_and_survive_a_snapshot() {
        let (mut seen, seven) = (Boilerplate::new(), PublisherHash::of("seven"));
        for round in 0..5_u64 {
            for what in 0..1_000 {
                if what % (round + 1) == 0 {
                    seen.add(Counted::Shingle, seven, what);
                }
            }
        }
        assert!(seen.count(Counted::Shingle, seven, 60) >= 5);
        assert_eq!(seen.count(Counted::Shingle, PublisherHash::of("eight"), 60), 0);
        assert_eq!(seen.count(Counted::Headline, seven, 60), 0);
        let back: Boilerplate = decode(1, &encode(1, &seen)).expect("reads back");
        assert!(back.restored().is_ok_and(|back| back == seen));
    }

    #[test]
    fn a_sketch_of_another_size_is_refused() {
        let mut small = Boilerplate::new();
        small.0.first.truncate(8);
        assert!(small.restored().is_err());
    }
}
