//! Admission: what of a poll counts as news, and what of it is published.
//!
//! Not everything that a feed brings is news. It gives its entries other ids, replaces one entry by another under the
//! same id, brings a whole archive at once, or is added long after readers have subscribed. The rules for these cases
//! are here, as functions of plain values:
//!
//! 1. `order`: which entries of a document are the newest.
//! 2. `replacement`: another entry under an old id ([`is_another`]).
//! 3. `migration`: old entries under new ids ([`migrate_ids`]); `recognition` says which.
//! 4. `flood`: more new entries than the feed can have written ([`suppress_flood`]).
//! 5. `quota`: how much of a feed is stored in a day ([`keep_within_quota`]).
//! 6. `publication`: the entries that a feed had before it was added ([`is_backlog`]), which entry publishes a story, and
//!    when the story's topic moves on ([`publish`], [`publish_order`]).
//! 7. `lead`: the entry whose words a story is shown with ([`leads`]).
//!
//! `poll` calls 1 to 5 and [`is_backlog`] before it hands in a report. `ingest` calls [`publish`] or [`publish_order`],
//! and [`leads`], for each filing. This module knows `model` only. It must not know how entries are fetched, read or
//! stored, nor to which story an entry belongs; that is decided by the desk.

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

/// How many entries of a backlog, or of a flood, are published; the newest ones. They show that the feed is there.
/// Readers who subscribed before would take more of them for news. All entries are filed.
pub const BACKLOG_SHOWN: usize = 10;

/// What a document changes: which entries of it are to be filed, and how many of them may be published. The functions
/// of this module are called on it in turn, and each takes something out.
#[derive(Debug, Default)]
pub struct Changes {
    /// Entries that are new or changed, oldest first.
    pub entries: Vec<Entry>,
    /// How many of `entries`, from the oldest, publish nothing.
    pub unpublished: usize,
    /// Old entries that came under new ids. They keep their stories.
    pub adopted: Vec<Adoption>,
    /// Whether the feed has given its entries other ids.
    pub migrated: bool,
    /// What exceeds the quota. It is left out, and a later poll must bring it again.
    pub waiting: Waiting,
    /// A remark for the operator, as a clause whose subject is the feed: "brought …".
    pub remark: Option<String>,
    /// Keys under which the feed has brought an entry before.
    known: HashSet<String>,
}

impl Changes {
    /// Takes the entries of a document, oldest first. Those under one of the keys `known` are changes of stored
    /// entries; the others are new.
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

/// Whether a key is a hash of the entry's contents, because the entry has neither an id nor a link of its own
/// (`read::identify`).
fn is_unnamed(key: &str) -> bool {
    key.starts_with("hash:")
}
