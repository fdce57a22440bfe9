//! Admission: what of a poll counts as news, and what of it is published.
//!
//! A feed does not only bring news. It gives its entries other ids, puts one entry in the place of another, brings a
//! whole archive at once, or is added long after readers have subscribed. The rules for all of that are here, as
//! functions of plain values:
//!
//! 1. `order`: which entries of a document are the newest.
//! 2. `replacement`: an old id holds another entry by now ([`is_another`]).
//! 3. `migration`: new ids hold old entries ([`migrate_ids`]); `recognition` says which.
//! 4. `flood`: more new entries than the feed can have written ([`suppress_flood`]).
//! 5. `quota`: how much of a feed is written in a day ([`keep_within_quota`]).
//! 6. `publication`: what a feed had before it was added ([`is_backlog`]), who publishes a story, and when its topic moves
//!    on ([`publish`], [`publish_order`]).
//! 7. `lead`: whose words a story is shown with ([`leads`]).
//!
//! `poll` calls 1 to 5 and [`is_backlog`] before it hands in a report, `ingest` calls [`publish`] and [`leads`] for each filing. This module knows `model`
//! only. It must not know how entries are fetched, read or stored, nor which story an entry is: that is the desk's.

mod flood;
mod lead;
mod migration;
mod order;
mod publication;
mod quota;
mod recognition;
mod replacement;

pub use flood::{may_be_flood, suppress_flood};
pub use lead::leads;
pub use migration::{Migration, entries_searched, may_have_migrated, migrate_ids, needs_positions};
pub use order::{DocumentDates, newest_at_other_end, newest_last, sort_oldest_first};
pub use publication::{FilingFacts, News, OrderFacts, ReportNews, is_backlog, publish, publish_order};
pub use quota::{Waiting, keep_within_quota, next_day};
pub use recognition::{Comparisons, Recognised, Search};
pub use replacement::is_another;

use crate::model::{Adoption, Entry};
use std::collections::HashSet;

/// How many entries of a backlog, or of a flood, are published: the newest. A few show that the feed is there; readers
/// who subscribed before would take more for news. All entries are filed.
pub const BACKLOG_SHOWN: usize = 10;

/// What a document changes: what is to be filed of it, and how much of that may be published. The functions of this
/// module take it in turn and make it smaller.
#[derive(Debug, Default)]
pub struct Changes {
    /// Entries that are new or changed, oldest first.
    pub entries: Vec<Entry>,
    /// How many of `entries`, from the oldest, publish nothing.
    pub unpublished: usize,
    /// Entries that came under new ids, and keep their stories.
    pub adopted: Vec<Adoption>,
    /// The feed has given its entries other ids.
    pub migrated: bool,
    /// What exceeds the quota, and must be brought again.
    pub waiting: Waiting,
    /// Something that the operator should know, as what the feed did: "brought …".
    pub remark: Option<String>,
    /// Keys under which the feed has brought an entry before.
    known: HashSet<String>,
}

impl Changes {
    /// These entries, oldest first; those under one of the keys `known` are changes of stored ones, the others are new.
    pub fn new(entries: Vec<Entry>, known: HashSet<String>) -> Self {
        Self { entries, known, ..Self::default() }
    }

    /// How many entries are new.
    pub fn count_new(&self) -> usize {
        self.new_entries().count()
    }

    fn new_entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !self.known.contains(&entry.key))
    }
}

/// Whether a key is made of what an entry says, because it has neither an id nor a link of its own (`read::identify`).
fn is_unnamed(key: &str) -> bool {
    key.starts_with("hash:")
}
