//! Floods: a feed suddenly brings more new entries than it can have written. All are filed, but only the newest few are
//! published.
//!
//! This module counts entries; it must not know what they say.

use super::{BACKLOG_SHOWN, Changes};

/// More new entries than this in one poll of an established feed are a flood, unless the feed usually writes that much.
/// Few documents hold so many entries at all.
const FLOOD: usize = 50;

/// A feed may bring this many times as many entries as it wrote in an earlier span of the same length, because news
/// comes in bursts.
const BURST: usize = 2;

/// Whether there are so many new entries that the caller has to find out how much the feed writes.
pub fn may_be_flood(changes: &Changes) -> bool {
    changes.count_new() > FLOOD
}

/// Lets a flood publish its newest [`BACKLOG_SHOWN`] entries only. `wrote` is the number of entries that the feed wrote
/// in a span before its last entry, as long as the time since that entry.
pub fn suppress_flood(changes: &mut Changes, wrote: usize) {
    let new = changes.count_new();
    if !may_be_flood(changes) || new <= BURST * wrote {
        return;
    }
    changes.unpublished = before_newest(changes);
    changes.remark = Some(format!(
        "brought {new} new entries at once: all are filed, and the newest {BACKLOG_SHOWN} published"
    ));
}

/// Number of entries before the newest [`BACKLOG_SHOWN`] new ones.
fn before_newest(changes: &Changes) -> usize {
    let all = changes.entries.iter().enumerate().rev();
    let newest = all.filter(|(_, entry)| !changes.known.contains(&entry.key)).take(BACKLOG_SHOWN);
    newest.last().map_or(0, |(idx, _)| idx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Entry;

    /// How many entries publish nothing, of `known` changed ones and `new` new ones after them.
    fn unpublished(known: usize, new: usize, wrote: usize) -> usize {
        let entry = |no: usize| Entry { key: no.to_string(), ..Entry::default() };
        let keys = (0..known).map(|no| no.to_string()).collect();
        let mut changes = Changes::new((0..known + new).map(entry).collect(), keys);
        suppress_flood(&mut changes, wrote);
        assert_eq!(changes.remark.is_some(), changes.unpublished > 0);
        changes.unpublished
    }

    #[test]
    fn more_than_fifty_new_entries_are_a_flood_unless_the_feed_writes_half_as_many() {
        assert_eq!(unpublished(0, 50, 0), 0);
        assert_eq!(unpublished(0, 51, 0), 41);
        assert_eq!(unpublished(30, 50, 0), 0, "changes are no news");
        assert_eq!(unpublished(30, 60, 29), 80);
        assert_eq!(unpublished(30, 60, 30), 0);
    }
}
