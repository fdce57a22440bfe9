//! Which entries of a document are the newest? By their dates; where these are missing or equal, by their positions.
//!
//! Knows dates and positions; it must not know what the entries say.

use crate::model::{Document, Entry};
use jiff::Timestamp;

/// Tolerance in seconds for dates that a server takes from its clock at each request: the time between two such dates
/// and the time between the polls may differ by so much, because caches keep a document for some minutes.
const CACHED_WITHIN_S: i64 = 180;

/// A date in a wrong time zone is wrong by a multiple of this, in seconds.
const HALF_AN_HOUR_S: i64 = 1_800;

/// How far the dates of a document can be trusted.
#[derive(Debug, Clone, Copy)]
pub struct DocumentDates {
    /// When the document was read.
    now: Timestamp,
    /// When the feed was read before that.
    read_at: Option<Timestamp>,
    /// Whether all entries have the same date, which then is that of the document.
    one_date: bool,
}

impl DocumentDates {
    /// Examines a document that was read `now`, of a feed that was last read at `read_at`.
    pub fn of(document: &Document, now: Timestamp, read_at: Option<Timestamp>) -> Self {
        let mut dates = document.entries.iter().map(|entry| entry.published);
        let first = dates.next().flatten();
        let one_date = first.is_some() && document.entries.len() > 1 && dates.all(|date| date == first);
        Self { now, read_at, one_date }
    }

    /// When the document was read.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether a new and an old entry can be the same entry by their dates. They can if the dates are equal or one is
    /// missing. They also can if the dates are not those of the entries: programs that know no date write the time of
    /// the request, in any time zone.
    pub(super) fn allow(&self, new: Option<Timestamp>, old: Option<Timestamp>) -> bool {
        let (Some(new), Some(old)) = (new, old) else { return true };
        let moved_on = |read_at: Timestamp| {
            let between_dates = new.as_second() - old.as_second();
            let between_polls = self.now.as_second() - read_at.as_second();
            (between_dates - between_polls).abs() <= CACHED_WITHIN_S
        };
        let off_by = (self.now.as_second() - new.as_second()).rem_euclid(HALF_AN_HOUR_S);
        let is_now = off_by.min(HALF_AN_HOUR_S - off_by) <= CACHED_WITHIN_S;
        new == old || self.one_date || (is_now && self.read_at.is_some_and(moved_on))
    }
}

/// Whether the new entries are at the end of a document (`true`) or at its beginning (`false`); `None` if they are at
/// both or at neither.
pub fn newest_last(keys: &[String], is_known: impl Fn(&str) -> bool) -> Option<bool> {
    match (is_known(keys.first()?), is_known(keys.last()?)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Sorts the entries of a document by date, oldest first. Entries without a date come first. Where dates are missing or
/// equal, the order of the document decides; most feeds put the newest entry first.
pub fn sort_oldest_first(entries: &mut [Entry], newest_last: bool) {
    if !newest_last {
        entries.reverse();
    }
    entries.sort_by_key(|entry| entry.published);
}

/// Whether the new entries are at the end of the document that was left out. That is assumed if more entries were left
/// out, by the bound on a document's entries, than the last time, and none of those that were read is new.
pub fn newest_at_other_end(new: usize, left_out: usize, left_out_before: usize) -> bool {
    new == 0 && left_out > left_out_before
}
