//! Migration: a feed gives its entries other ids, because it has moved to another program, host or scheme.
//!
//! Its stored entries get the new keys and words, and keep their stories; nothing is published again. This is only done
//! if at least half of the new entries are recognised as old ones. `recognition` says which new entry is which old one;
//! this module must not know by which signs.

use super::recognition::Recognised;
use super::{Changes, DocumentDates, is_unnamed};
use crate::model::{Adoption, EntryNo};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};

/// Minimum number of recognised entries for a migration. With fewer, the desk finds the story of each.
const MIGRATION_LEAST: usize = 3;

/// One in this many of the new entries must be an old one. Entries that were only reworded are not counted on either
/// side.
const MIGRATION_ONE_IN: usize = 2;

/// A feed that gives its entries other ids again within this time does so regularly. If each time counted as a
/// migration, nothing of it would ever be news.
const MIGRATES_ONCE_IN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Old entries are looked for among at least this many of the feed's newest stored entries. Reading them is cheap.
const SEARCHED_LEAST: usize = 200;

/// If that is more, they are looked for among this many times the number of entries in the document. In the meantime
/// the feed may have written as many new ones as a document holds.
const SEARCHED_DOCUMENTS: usize = 2;

/// What a migration is judged by, besides the entries.
#[derive(Debug, Clone, Copy)]
pub struct Migration<'a> {
    /// The keys of the document's entries, in its order.
    pub keys: &'a [String],
    /// Former keys that identify nothing, as this document shows: several entries have them, or other ones than before.
    pub lost: &'a [String],
    /// The keys of the last document, in its order; needed only if [`needs_positions`].
    pub last_keys: &'a [String],
    /// How far the dates of the document can be trusted.
    pub dates: DocumentDates,
    /// When the feed last gave its entries other ids.
    pub migrated_at: Option<Timestamp>,
}

/// Among how many of the feed's newest stored entries the old ones are looked for.
pub fn entries_searched(in_document: usize) -> usize {
    SEARCHED_LEAST.max(SEARCHED_DOCUMENTS * in_document)
}

/// Whether there may be old entries among the new ones, so that looking them up is worth its cost.
pub fn may_have_migrated(changes: &Changes, lost: &[String]) -> bool {
    let new = changes.count_new();
    let unnamed = changes.new_entries().any(|entry| is_unnamed(&entry.key));
    new > 0 && (new >= MIGRATION_LEAST || !lost.is_empty() || unnamed)
}

/// Whether [`migrate_ids`] needs the order of entries in the last document.
pub fn needs_positions(recognised: &[Recognised]) -> bool {
    recognised.iter().any(|pair| pair.is_reworded() && !pair.unchanged)
}

/// Moves the entries that were here before under other ids from the new ones to the adopted ones. Returns whether the
/// feed has migrated, and not for the second time within a week. Then the remaining new entries publish nothing either,
/// because they are as old as the others.
pub fn migrate_ids(changes: &mut Changes, recognised: Vec<Recognised>, facts: &Migration<'_>) -> bool {
    let new = changes.count_new();
    let (reworded, renamed): (Vec<_>, Vec<_>) = recognised.into_iter().partition(Recognised::is_reworded);
    let reworded = only_the_same(changes, reworded, facts);
    let migrated =
        renamed.len() >= MIGRATION_LEAST && MIGRATION_ONE_IN * renamed.len() >= new - reworded.len();
    // Without a migration, only those entries are adopted whose old id turned out to be shared.
    let renamed = renamed.into_iter().filter(|pair| migrated || facts.lost.contains(&pair.old.key));
    let mut adopted: HashMap<String, EntryNo> =
        renamed.chain(reworded).map(|pair| (pair.key, pair.old.no)).collect();
    for entry in std::mem::take(&mut changes.entries) {
        match adopted.remove(&entry.key) {
            Some(no) => changes.adopted.push(Adoption { no, entry }),
            None => changes.entries.push(entry),
        }
    }
    changes.migrated = migrated;
    let now = facts.dates.now();
    let lately = facts.migrated_at.is_some_and(|at| now.duration_since(at).abs() < MIGRATES_ONCE_IN);
    if !migrated || lately {
        return false;
    }
    changes.unpublished = changes.entries.len();
    changes.remark = Some(format!(
        "gave its entries other ids: {} of {new} new ones were here before; they keep their stories, and nothing was \
         published again",
        changes.adopted.len()
    ));
    true
}

/// Of the pairs of entries without ids and links, keeps those whose dates agree and, if their words differ, also their
/// positions.
fn only_the_same(changes: &Changes, pairs: Vec<Recognised>, facts: &Migration<'_>) -> Vec<Recognised> {
    let dates: HashMap<&str, Option<Timestamp>> =
        changes.entries.iter().map(|entry| (entry.key.as_str(), entry.published)).collect();
    let positions = Positions::of(facts.keys, facts.last_keys);
    let is_the_same = |pair: &Recognised| {
        let date = dates.get(pair.key.as_str()).copied().flatten();
        let stands_there = || pair.unchanged || positions.agree(&pair.key, &pair.old.key);
        facts.lost.contains(&pair.old.key) || (facts.dates.allow(date, pair.old.published) && stands_there())
    };
    pairs.into_iter().filter(is_the_same).collect()
}

/// The positions of entries in two documents, relative to the entries that are in both.
struct Positions<'k> {
    new: HashMap<&'k str, Neighbours<'k>>,
    last: HashMap<&'k str, Neighbours<'k>>,
}

/// The nearest key before and after an entry that is in both documents.
type Neighbours<'k> = (Option<&'k str>, Option<&'k str>);

impl<'k> Positions<'k> {
    fn of(document: &'k [String], last: &'k [String]) -> Self {
        let neighbours = |keys: &'k [String], others: &'k [String]| {
            let others: HashSet<&str> = others.iter().map(String::as_str).collect();
            let nearest = |keys: &mut dyn Iterator<Item = &'k String>| -> HashMap<&'k str, Option<&'k str>> {
                let mut near = None;
                let with_near = keys.map(|key| {
                    let before = near;
                    if others.contains(key.as_str()) {
                        near = Some(key.as_str());
                    }
                    (key.as_str(), before)
                });
                with_near.collect()
            };
            let (before, after) = (nearest(&mut keys.iter()), nearest(&mut keys.iter().rev()));
            let both =
                before.into_iter().map(|(key, before)| (key, (before, after.get(key).copied().flatten())));
            both.collect()
        };
        Self { new: neighbours(document, last), last: neighbours(last, document) }
    }

    /// Whether a new entry stands at the position of an old one. A corrected note does; a new note that is only similar
    /// does not.
    fn agree(&self, new: &str, old: &str) -> bool {
        self.last.get(old).is_some_and(|neighbours| self.new.get(new) == Some(neighbours))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mended_note_stands_between_the_same_as_before() {
        let keys = |keys: &str| keys.chars().map(String::from).collect::<Vec<_>>();
        let (document, last) = (keys("xabYc"), keys("abBcd"));
        let positions = Positions::of(&document, &last);
        assert!(positions.agree("Y", "B"));
        for (new, old) in [("x", "d"), ("x", "B"), ("Y", "d"), ("Y", "nowhere")] {
            assert!(!positions.agree(new, old), "{new} {old}");
        }
        let (one, other) = (keys("x"), keys("y"));
        assert!(Positions::of(&one, &other).agree("x", "y"), "each is all there is");
    }
}
