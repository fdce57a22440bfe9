//! Which entries of a document are the newest: by their dates, and where these are missing or equal, by their place.
//!
//! It knows dates and positions; it must not know what the entries say.

use crate::model::{Document, Entry};
use jiff::Timestamp;

/// How nearly dates that are made up when asked move on with the polls, in seconds: caches in between keep a document for
/// some minutes.
const CACHED_WITHIN_S: i64 = 180;

/// A wrong time zone is wrong by whole or half hours, in seconds.
const HALF_AN_HOUR_S: i64 = 1_800;

/// What the dates of a document are worth.
#[derive(Debug, Clone, Copy)]
pub struct DocumentDates {
    /// When the feed was read.
    now: Timestamp,
    /// When it was read before.
    read_at: Option<Timestamp>,
    /// All entries have one date: it is the document's.
    one_date: bool,
}

impl DocumentDates {
    /// Those of a document that was read now, and the last time at `read_at`.
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

    /// Whether the dates of two entries allow that they are one entry. They do when they are the same, or one is missing;
    /// also when neither is the entry's own: programs that know no date write the time of asking, in whatever zone.
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

/// At which end of a document the new entries stand: `true` for its end, `None` when it is both or neither.
pub fn newest_last(keys: &[String], is_known: impl Fn(&str) -> bool) -> Option<bool> {
    match (is_known(keys.first()?), is_known(keys.last()?)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Sorts the entries of a document, oldest first. Most feeds put the newest first; where dates are missing or equal, that
/// order tells which came first.
pub fn sort_oldest_first(entries: &mut [Entry], newest_last: bool) {
    if !newest_last {
        entries.reverse();
    }
    entries.sort_by_key(|entry| entry.published);
}

/// Whether the new entries stand at the end of the document that was not read. That is so when a document has more entries
/// than are read, one more than last time at least, and none of those that were read is new.
pub fn newest_at_other_end(new: usize, left_out: usize, left_out_before: usize) -> bool {
    new == 0 && left_out > left_out_before
}
