//! The daily quota: how much of a feed is stored in a day.
//!
//! A feed may bring thousands of entries under new ids with every document, or a hub may push such documents. Without a
//! quota they would fill the disk. What exceeds the quota waits for the next day. This module counts entries and bytes;
//! it must not know what the entries say.

use super::Changes;
use crate::model::{Adoption, Quota, Spent};
use jiff::{SignedDuration, Timestamp};

/// Seconds of a day. Days begin at midnight UTC.
const DAY_S: i64 = 24 * 60 * 60;

/// The quota of changed entries is this many times that of new ones. A change replaces what is stored, and adds only a
/// line to the ledger. Many feeds change their entries at every poll: a count of comments, or a token in an address.
const CHANGES_PER_ENTRY: usize = 10;

/// How many entries wait for the next day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// New entries.
    pub new: usize,
    /// Changes of stored entries.
    pub changed: usize,
}

/// Takes out of the changes what exceeds today's quota. `spent` is what the feed has used of the quota; the call adds
/// what is kept, and resets it on a new day.
pub fn keep_within_quota(changes: &mut Changes, quota: &Quota, spent: &mut Spent, now: Timestamp) {
    let mut waiting = keep_entries(changes, quota, spent, now);
    waiting.changed += keep_adoptions(quota, spent, &mut changes.adopted);
    changes.waiting = waiting;
    let Waiting { new, changed } = waiting;
    if new + changed > 0 {
        changes.remark = Some(format!(
            "brought more than its quota for a day: {new} new entries and {changed} changes wait for the next \
             (daily_entries = {}, daily_size = {} MiB)",
            quota.entries,
            quota.bytes >> 20,
        ));
    }
}

/// When the next quota begins: the next midnight UTC.
pub fn next_day(now: Timestamp) -> Timestamp {
    let since_midnight = now.as_second().rem_euclid(DAY_S);
    now.checked_add(SignedDuration::from_secs(DAY_S - since_midnight)).unwrap_or(Timestamp::MAX)
}

/// Keeps the oldest entries within the quota. The newest ones wait, because they stay in the document for longest.
fn keep_entries(changes: &mut Changes, quota: &Quota, spent: &mut Spent, now: Timestamp) -> Waiting {
    let day = now.as_second().div_euclid(DAY_S);
    if spent.day != day {
        *spent = Spent { day, ..Spent::default() };
    }
    let Changes { entries, known, unpublished, .. } = changes;
    let mut waiting = Waiting::default();
    let (mut idx, mut still_unpublished) = (0, 0);
    entries.retain(|entry| {
        let publishes_nothing = idx < *unpublished;
        idx += 1;
        let kept = if known.contains(&entry.key) {
            let fits = spent.changed < quota.entries.saturating_mul(CHANGES_PER_ENTRY);
            spent.changed += usize::from(fits);
            waiting.changed += usize::from(!fits);
            fits
        } else {
            let bytes = spent.bytes + entry.bytes();
            // Once one new entry waits, all newer ones wait, too, so that their order is kept.
            let fits = waiting.new == 0 && spent.new < quota.entries && bytes <= quota.bytes;
            if fits {
                (spent.new, spent.bytes) = (spent.new + 1, bytes);
            }
            waiting.new += usize::from(!fits);
            fits
        };
        still_unpublished += usize::from(kept && publishes_nothing);
        kept
    });
    *unpublished = still_unpublished;
    spent.waits = waiting.new > 0;
    waiting
}

/// Takes out of `adopted` what exceeds the quota of changes, and returns how many these are. A later poll recognises
/// them again.
fn keep_adoptions(quota: &Quota, spent: &mut Spent, adopted: &mut Vec<Adoption>) -> usize {
    let room = quota.entries.saturating_mul(CHANGES_PER_ENTRY).saturating_sub(spent.changed);
    let waiting = adopted.len().saturating_sub(room);
    adopted.truncate(room);
    spent.changed += adopted.len();
    waiting
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Entry;
    use std::collections::HashSet;
    use std::ops::Range;

    fn entries(keys: Range<u32>) -> Vec<Entry> {
        keys.map(|key| Entry { key: key.to_string(), text: "x".repeat(1_000), ..Entry::default() }).collect()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_oldest_are_kept_until_the_quota_is_spent_and_again_on_the_next_day() {
        let quota = Quota { entries: 100, bytes: 1 << 20 };
        let (mut spent, noon) = (Spent::default(), at("2026-11-23T12:00:00Z"));
        let mut keep = |keys: Range<u32>, unpublished: usize, now: Timestamp| {
            let mut changes = Changes { unpublished, ..Changes::new(entries(keys), HashSet::new()) };
            keep_within_quota(&mut changes, &quota, &mut spent, now);
            let kept = changes.entries.iter().map(|entry| entry.key.parse().unwrap()).collect::<Vec<u32>>();
            (kept, changes.waiting.new, changes.unpublished)
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
        let known = (0..60).map(|key| key.to_string()).collect();
        let mut changes = Changes::new(entries(0..80), known);
        keep_within_quota(&mut changes, &quota, &mut spent, now);
        assert_eq!(changes.waiting, Waiting { new: 17, changed: 10 });
        assert_eq!((spent.new, spent.changed, changes.entries.len()), (3, 50, 53));
    }
}
