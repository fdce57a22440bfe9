//! What recurs: counts of phrases, titles and keys, in fixed memory.
//!
//! A publisher's boilerplate ("Sign up for …", "Source: …") is what recurs under many of its stories; a headline that
//! recurs with different pages is a template. Both are counted here, in a count–min sketch (Cormode and
//! Muthukrishnan 2005) that halves itself when it fills, so that it forgets slowly. Knows hashes only.

use crate::desk::codec::{BadSnapshot, Reader, Writer};
use crate::desk::hash;

/// Counters in each of the two rows. With [`Recurrence::HALVE_AT`] counts between two halvings a counter holds less
/// than one stranger on average, so that three strangers in both rows are a matter of 1 in 400.
const WIDTH: usize = 1 << 21;

/// A phrase or an ending that a publisher used in fewer stories is never its boilerplate.
pub(crate) const BOILERPLATE: u8 = 3;
/// For so many stories read of one publisher, one more is asked for.
const STORIES_PER_STEP: u8 = 40;

/// What is counted, so that a phrase and a title never share a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A few words in a row, under one publisher.
    Phrase = 1,
    /// A whole headline that founded a story, under one publisher.
    Title = 2,
    /// A headline with its numbers blanked, under one publisher.
    Mask = 3,
    /// What follows the last separator of a headline, under one publisher.
    Ending = 4,
    /// A key for the archive, whoever carried it.
    Key = 5,
    /// Stories whose phrases were counted, under one publisher.
    Stories = 6,
}

/// How often things were seen, roughly and never less than truly since the last halving.
#[derive(Clone, PartialEq)]
pub(crate) struct Recurrence {
    rows: [Box<[u8]>; 2],
    counted: u64,
}

impl Recurrence {
    /// Counts between two halvings.
    const HALVE_AT: u64 = (WIDTH as u64) * 3 / 4;

    pub(crate) fn new() -> Self {
        Self { rows: [vec![0; WIDTH].into(), vec![0; WIDTH].into()], counted: 0 }
    }

    fn owner(kind: Kind, publisher: u64) -> u64 {
        hash::mix(publisher, kind as u64)
    }

    fn places(owner: u64, what: u64) -> [usize; 2] {
        let whole = hash::mix(owner, what);
        [whole as usize % WIDTH, (whole >> 32) as usize % WIDTH]
    }

    /// How often `what` was counted.
    pub(crate) fn count(&self, kind: Kind, publisher: u64, what: u64) -> u8 {
        let [a, b] = Self::places(Self::owner(kind, publisher), what);
        self.rows[0][a].min(self.rows[1][b])
    }

    /// Whether something was counted so often, for many things of one kind under one publisher.
    pub(crate) fn under(&self, kind: Kind, publisher: u64, often: u8) -> impl Fn(u64) -> bool {
        let owner = Self::owner(kind, publisher);
        move |what| {
            let [a, b] = Self::places(owner, what);
            // Hardly anything recurs: then one row is enough to say so.
            self.rows[0][a] >= often && self.rows[1][b] >= often
        }
    }

    /// From how many stories on a phrase is the publisher's boilerplate: three, and more where many stories were read,
    /// because a running story repeats its own background in a few of them.
    pub(crate) fn boilerplate(&self, publisher: u64) -> u8 {
        BOILERPLATE + self.count(Kind::Stories, publisher, 0) / STORIES_PER_STEP
    }

    /// Counts it once more; only the smaller counter grows (conservative update).
    pub(crate) fn add(&mut self, kind: Kind, publisher: u64, what: u64) {
        let [a, b] = Self::places(Self::owner(kind, publisher), what);
        let least = self.rows[0][a].min(self.rows[1][b]);
        for (row, at) in [(0, a), (1, b)] {
            if self.rows[row][at] == least {
                self.rows[row][at] = least.saturating_add(1);
            }
        }
        self.counted += 1;
        if self.counted >= Self::HALVE_AT {
            self.counted /= 2;
            for counter in self.rows.iter_mut().flat_map(|row| row.iter_mut()) {
                *counter /= 2;
            }
        }
    }

    /// Runs of zeros are written as their length.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.number(self.counted);
        for row in &self.rows {
            let mut zeros = 0_u64;
            for &counter in row {
                if counter == 0 {
                    zeros += 1;
                } else {
                    out.number(zeros);
                    out.number(u64::from(counter));
                    zeros = 0;
                }
            }
            out.number(zeros);
            out.number(0);
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
        let mut read = Self::new();
        read.counted = reader.number()?;
        for row in &mut read.rows {
            let mut at = 0_usize;
            loop {
                at = at.saturating_add(reader.small::<usize>()?);
                let counter = reader.small::<u8>()?;
                if counter == 0 {
                    break;
                }
                *row.get_mut(at).ok_or(BadSnapshot("a counter lies outside its row"))? = counter;
                at += 1;
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_never_fall_short_and_survive_a_snapshot() {
        let mut seen = Recurrence::new();
        for round in 0..5_u64 {
            for what in 0..1_000 {
                if what % (round + 1) == 0 {
                    seen.add(Kind::Phrase, 7, what);
                }
            }
        }
        assert!(seen.count(Kind::Phrase, 7, 60) >= 5);
        assert_eq!(seen.count(Kind::Phrase, 8, 60), 0);
        assert_eq!(seen.count(Kind::Title, 7, 60), 0);
        let mut out = Writer::default();
        seen.write(&mut out);
        let back = Recurrence::read(&mut Reader(&out.0)).expect("reads back");
        assert!(back == seen);
    }
}
