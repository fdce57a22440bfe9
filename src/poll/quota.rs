//! How much of a feed is written in a day: a feed whose every document brings thousands of entries under new ids, or a hub
//! that pushes such documents, would fill the disk. What exceeds the quota waits for the next day.
//!
//! It counts; it must not know what the entries are.

use crate::model::{Adoption, Entry, Quota, Spent};
use jiff::{SignedDuration, Timestamp};

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// So many changes of stored entries are written for each new entry: they replace what is there, and leave only a line in
/// the ledger. Many feeds change their entries at every poll, by a count of comments or a token in an address.
const CHANGES_EACH: usize = 10;

/// What waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Waiting {
    /// New entries.
    pub(super) new: usize,
    /// Changes of stored ones.
    pub(super) changed: usize,
}

/// Takes out of `entries`, oldest first, what the quota has no room for today. The newest wait, for they stay longest in the
/// document. `spent` is what the feed has brought before; `quiet` the number of entries, from the oldest, that publish
/// nothing.
pub(super) fn keep_within(
    quota: &Quota,
    spent: &mut Spent,
    entries: &mut Vec<Entry>,
    quiet: &mut usize,
    is_new: impl Fn(&Entry) -> bool,
    now: Timestamp,
) -> Waiting {
    let day = now.as_second().div_euclid(DAY_SECONDS);
    if spent.day != day {
        *spent = Spent { day, ..Spent::default() };
    }
    let mut waiting = Waiting::default();
    let (mut place, mut still_quiet) = (0, 0);
    entries.retain(|entry| {
        let was_quiet = place < *quiet;
        place += 1;
        let kept = if is_new(entry) {
            let bytes = spent.bytes + entry.bytes();
            // Once one waits, so do all that are newer.
            let fits = waiting.new == 0 && spent.new < quota.entries && bytes <= quota.bytes;
            if fits {
                (spent.new, spent.bytes) = (spent.new + 1, bytes);
            }
            waiting.new += usize::from(!fits);
            fits
        } else {
            let fits = spent.changed < quota.entries.saturating_mul(CHANGES_EACH);
            spent.changed += usize::from(fits);
            waiting.changed += usize::from(!fits);
            fits
        };
        still_quiet += usize::from(kept && was_quiet);
        kept
    });
    *quiet = still_quiet;
    spent.waits = waiting.new > 0;
    waiting
}

/// Takes out of `adopted`, after [`keep_within`], what the quota of changes has no room for. Gives how many; they are found again.
pub(super) fn keep_adoptions(quota: &Quota, spent: &mut Spent, adopted: &mut Vec<Adoption>) -> usize {
    let room = quota.entries.saturating_mul(CHANGES_EACH).saturating_sub(spent.changed);
    let waiting = adopted.len().saturating_sub(room);
    adopted.truncate(room);
    spent.changed += adopted.len();
    waiting
}

/// When the quota is whole again.
pub(super) fn next_day(now: Timestamp) -> Timestamp {
    let since_midnight = now.as_second().rem_euclid(DAY_SECONDS);
    now.checked_add(SignedDuration::from_secs(DAY_SECONDS - since_midnight)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(keys: std::ops::Range<u32>) -> Vec<Entry> {
        keys.map(|key| Entry { key: key.to_string(), text: "x".repeat(1_000), ..Entry::default() }).collect()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_oldest_are_kept_until_the_quota_is_spent_and_again_on_the_next_day() {
        let quota = Quota { entries: 100, bytes: 1 << 20 };
        let (mut spent, noon) = (Spent::default(), at("2026-11-23T12:00:00Z"));
        let mut keep = |keys: std::ops::Range<u32>, mut quiet: usize, now: Timestamp| {
            let mut all = entries(keys);
            let waiting = keep_within(&quota, &mut spent, &mut all, &mut quiet, |_| true, now);
            (all.iter().map(|entry| entry.key.parse().unwrap()).collect::<Vec<u32>>(), waiting.new, quiet)
        };
        assert_eq!(keep(0..70, 60, noon), ((0..70).collect(), 0, 60));
        assert_eq!(keep(70..170, 90, noon), ((70..100).collect(), 70, 30));
        assert_eq!(keep(100..110, 0, at("2026-11-23T23:59:59Z")).1, 10);
        assert_eq!(keep(100..110, 0, at("2026-11-24T00:00:00Z")).1, 0);
        assert_eq!(next_day(noon), at("2026-11-24T00:00:00Z"));
        assert_eq!(next_day(at("2026-11-24T00:00:00Z")), at("2026-11-25T00:00:00Z"));
    }

    #[test]
    fn bytes_count_and_so_do_changes_though_they_keep_no_news_waiting() {
        let quota = Quota { entries: 5, bytes: 4_000 };
        let (mut spent, now) = (Spent::default(), at("2026-11-23T12:00:00Z"));
        let (mut all, mut quiet) = (entries(0..80), 0);
        let is_new = |entry: &Entry| entry.key.parse::<u32>().unwrap() >= 60;
        let waiting = keep_within(&quota, &mut spent, &mut all, &mut quiet, is_new, now);
        assert_eq!(waiting, Waiting { new: 17, changed: 10 });
        assert_eq!((spent.new, spent.changed, all.len()), (3, 50, 53));
    }
}
