//! Retention: old stories are deleted, so that the database of a daemon that runs for years does not grow for years.
//!
//! A story is deleted as a whole, with all that belongs to it, when all of these hold: its last entry came, or left
//! its feed, more than [`KEPT`] ago; none of its entries is in the current document of its feed (it would come back
//! as new); no output holds it; the operator has not taken it down (the takedown would be forgotten); and the desk's
//! snapshot includes its filings.

use super::id_index::IdPrefix;
use super::reader::{Reader, bytes, id_at, numbers};
use super::{Batch, Result};
use crate::model::{EntryNo, EntryRef, FeedNo, FilingNo, Member, StoryNo};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// How long a story is kept after its last entry came. Old news under a new date is recognised for at least 90 days.
pub const KEPT: SignedDuration = SignedDuration::from_hours(120 * 24);

/// How many polls' lists of gone entries one transaction takes in, so that filing never waits long.
const GONE_AT_ONCE: i64 = 64;

/// How many entries a feed whose documents are partial is taken to carry: twice as many as a document may hold.
const MAX_SERVED: usize = 4_000;

/// How far pruning has come; it goes on from there, a bounded number of stories a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruning {
    /// Stories up to this one have been looked at.
    pub through: StoryNo,
    /// Stories forgotten.
    pub forgotten: usize,
    /// Whether every story old enough has been looked at.
    pub done: bool,
}

/// Entries that have left their feeds, and when, which forgetting has not noted in them yet.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Those that this transaction found gone.
    now: HashMap<EntryNo, Timestamp>,
    /// Those that were noted before, once they were asked for.
    before: Option<HashMap<EntryNo, Timestamp>>,
}

impl Batch<'_> {
    /// The feed's stored entries with these keys.
    pub fn numbers_under(&self, feed: FeedNo, keys: &[String]) -> Result<Vec<EntryNo>> {
        let mut statement =
            self.connection.prepare_cached("SELECT no FROM entries WHERE feed = ?1 AND key = ?2")?;
        let mut numbers = Vec::with_capacity(keys.len());
        for key in keys {
            numbers
                .extend(statement.query_row(params![feed.0, key], |row| row.get(0)).optional()?.map(EntryNo));
        }
        Ok(numbers)
    }

    /// The entries that the feed's last document held.
    pub fn served(&self, feed: FeedNo) -> Result<Vec<EntryNo>> {
        let served = self.served_numbers(feed)?;
        Ok(served.into_iter().map(|no| EntryNo(no.cast_signed())).collect())
    }

    fn served_numbers(&self, feed: FeedNo) -> Result<Vec<u64>> {
        let mut statement = self.connection.prepare_cached("SELECT served FROM feeds WHERE no = ?1")?;
        let served: Vec<u8> = statement.query_row([feed.0], |row| row.get(0))?;
        Ok(numbers(&served))
    }

    /// The feed's document holds only these of its stored entries: the others have left it, for what is decided in this
    /// transaction. [`Self::put_served`] writes it down.
    pub fn note_left(&mut self, feed: FeedNo, still: &HashSet<EntryNo>, now: Timestamp) -> Result<()> {
        let left = self.served(feed)?.into_iter().filter(|no| !still.contains(no));
        self.left.now.extend(left.map(|no| (no, now)));
        Ok(())
    }

    /// Fills in `gone_at` of the members whose feed no longer carries them.
    pub(super) fn note_who_left(&mut self, members: &mut [Member]) -> Result<()> {
        // Only a feed that has entries in several of the stories makes the answer matter.
        let mut feeds: HashMap<FeedNo, StoryNo> = HashMap::new();
        let in_several =
            members.iter().any(|member| *feeds.entry(member.feed).or_insert(member.story) != member.story);
        if !in_several {
            return Ok(());
        }
        let before = match &mut self.left.before {
            Some(before) => before,
            none => none.insert(Reader::new(self.connection).lately_gone()?),
        };
        for member in &mut *members {
            member.gone_at = member.gone_at.or_else(|| before.get(&member.no).copied());
        }
        // Some have come back since.
        let mut served: HashMap<FeedNo, HashSet<EntryNo>> = HashMap::new();
        for member in members {
            if let Some(now) = self.left.now.get(&member.no) {
                member.gone_at = Some(*now);
            } else if member.gone_at.is_some() {
                let served = match served.entry(member.feed) {
                    Entry::Occupied(served) => served.into_mut(),
                    Entry::Vacant(none) => none.insert(self.served(member.feed)?.into_iter().collect()),
                };
                member.gone_at = member.gone_at.filter(|_| !served.contains(&member.no));
            }
        }
        Ok(())
    }

    /// Notes which entries the feed's last document held, those with these keys, and since when the others are gone.
    /// A partial document says nothing about what it does not hold: those entries count as still carried.
    pub fn put_served(&mut self, feed: FeedNo, keys: &[String], partial: bool, now: Timestamp) -> Result<()> {
        let served = self.numbers_under(feed, keys)?;
        let mut served: Vec<u64> = served.into_iter().map(|no| no.0.cast_unsigned()).collect();
        let before = self.served_numbers(feed)?;
        let still: HashSet<u64> = served.iter().copied().collect();
        let missing: Vec<u64> = before.into_iter().filter(|no| !still.contains(no)).collect();
        if partial {
            let room = MAX_SERVED.saturating_sub(served.len());
            // Those with the highest numbers came last.
            let mut stay = missing;
            stay.sort_unstable();
            served.extend(stay.split_off(stay.len().saturating_sub(room)));
        } else if !missing.is_empty() {
            self.left.now.extend(missing.iter().map(|no| (EntryNo(no.cast_signed()), now)));
            self.run(
                "INSERT INTO gone (at, entries) VALUES (?1, ?2)",
                params![now.as_second(), bytes(&missing)],
            )?;
        }
        self.run("UPDATE feeds SET served = ?2 WHERE no = ?1", params![feed.0, bytes(&served)])?;
        Ok(())
    }

    /// Takes in some of the lists of gone entries, if there are any. Otherwise reads the next `at_most` old stories
    /// after `from` and deletes those that may go. Outputs hold the newest `items` stories of each category and of
    /// all, however old. When all stories are done, one run of fingerprints is compacted.
    pub fn prune(&mut self, from: &Pruning, now: Timestamp, items: usize, at_most: usize) -> Result<Pruning> {
        if self.take_in_gone()? {
            return Ok(*from);
        }
        let before = now.as_second() - KEPT.as_secs();
        let snapshot: i64 = self
            .connection
            .query_row("SELECT filing FROM snapshot WHERE one = 1", [], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        // Entries are numbered in the order they come. A story that may be old has an entry from before the first
        // young entry. So stories after the last such story, which are nearly all of the young ones, are not read.
        let mut statement = self.connection.prepare_cached(
            "WITH young (no) AS (SELECT no FROM entries WHERE seen_at >= ?2 ORDER BY no LIMIT 1),
                 last (story) AS (SELECT max(story) FROM entries WHERE no < ifnull((SELECT no FROM young), 1 << 62))
             SELECT no FROM stories s WHERE no > ?1 AND no <= (SELECT story FROM last) AND alias_of IS NULL AND taken_down IS NULL
                 AND (SELECT max(coalesce(gone_at, seen_at)) FROM entries WHERE story = s.no) < ?2
             ORDER BY no LIMIT ?3",
        )?;
        let old: Vec<i64> = statement
            .query_map(params![from.through.0, before, at_most as i64], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut pruning = Pruning { done: old.len() < at_most, ..*from };
        let mut served = HashMap::new();
        for story in old {
            pruning.through = StoryNo(story);
            let free = !self.is_in_an_output(story, items)?
                && !self.is_served(story, &mut served)?
                && self.is_in_snapshot(story, snapshot)?;
            if free {
                self.forget(story)?;
                pruning.forgotten += 1;
            }
        }
        if pruning.done {
            self.forget_linked_pages(items)?;
            let connection = self.connection;
            pruning.done = !self.index()?.compact(connection, before, now)?;
        }
        Ok(pruning)
    }

    /// Takes in some of the lists of gone entries: writes `gone_at` into these entries, in order. Says whether there
    /// were any. Entries that came together leave together, so taking in many polls at once changes a page once, not
    /// once for each poll.
    fn take_in_gone(&self) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "DELETE FROM gone WHERE no IN (SELECT no FROM gone ORDER BY no LIMIT ?1) RETURNING at, entries",
        )?;
        let rows = statement.query_map([GONE_AT_ONCE], |row| {
            Ok((row.get::<_, i64>(0)?, numbers(row.get_ref(1)?.as_blob().unwrap_or_default())))
        })?;
        let rows: Vec<(i64, Vec<u64>)> = rows.collect::<rusqlite::Result<_>>()?;
        let mut gone: Vec<(u64, i64)> =
            rows.iter().flat_map(|(at, entries)| entries.iter().map(|entry| (*entry, *at))).collect();
        gone.sort_unstable();
        for (entry, at) in gone {
            self.run("UPDATE entries SET gone_at = ?2 WHERE no = ?1", params![entry.cast_signed(), at])?;
        }
        Ok(!rows.is_empty())
    }

    fn is_in_an_output(&self, story: i64, items: usize) -> Result<bool> {
        let Some((shown, _)) = self.shown(StoryNo(story))? else { return Ok(false) };
        let reader = self.reader();
        for category in reader.categories_of(StoryNo(story))? {
            if reader.stories_after(&category, FilingNo(shown), items)? < items {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_served(&self, story: i64, served: &mut HashMap<i64, HashSet<u64>>) -> Result<bool> {
        let mut statement =
            self.connection.prepare_cached("SELECT feed, no FROM entries WHERE story = ?1")?;
        let mut rows = statement.query([story])?;
        while let Some(row) = rows.next()? {
            let (feed, no): (i64, i64) = (row.get(0)?, row.get(1)?);
            let served = match served.entry(feed) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let blob: Vec<u8> = self.connection.query_row(
                        "SELECT served FROM feeds WHERE no = ?1",
                        [feed],
                        |row| row.get(0),
                    )?;
                    unknown.insert(numbers(&blob).into_iter().collect())
                }
            };
            if served.contains(&no.cast_unsigned()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_in_snapshot(&self, story: i64, snapshot: i64) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "SELECT NOT EXISTS (SELECT 1 FROM entries e JOIN filings l ON l.entry = e.no
                 WHERE e.story = ?1 AND l.no > ?2)",
        )?;
        Ok(statement.query_row([story, snapshot], |row| row.get(0))?)
    }

    fn forget(&self, story: i64) -> Result<()> {
        let mut statement =
            self.connection.prepare_cached("SELECT no, reference FROM entries WHERE story = ?1")?;
        let entries = statement.query_map([story], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        let entries: Vec<(i64, i64)> = entries.collect::<rusqlite::Result<_>>()?;
        for (entry, reference) in entries {
            self.run("DELETE FROM filings WHERE entry = ?1", [entry])?;
            self.run("DELETE FROM entries WHERE no = ?1", [entry])?;
            self.drop_id(EntryRef(reference.cast_unsigned()))?;
        }
        self.forget_picture_of(story, "")?;
        let topic: i64 =
            self.connection
                .query_row("SELECT topic FROM stories WHERE no = ?1", [story], |row| row.get(0))?;
        self.run("DELETE FROM search WHERE rowid = ?1", [story])?;
        self.delete_named("stories WHERE alias_of = ?1", story)?;
        self.delete_named("stories WHERE no = ?1", story)?;
        let last = "NOT EXISTS (SELECT 1 FROM stories WHERE topic = ?1)";
        self.delete_named(
            &format!(
                "topics WHERE alias_of = ?1 AND {last}
                 AND NOT EXISTS (SELECT 1 FROM stories WHERE topic = topics.no)"
            ),
            topic,
        )?;
        self.delete_named(&format!("topics WHERE no = ?1 AND {last}"), topic)
    }

    /// Deletes rows that have a public id, and their entries in the index of ids.
    fn delete_named(&self, rows: &str, no: i64) -> Result<()> {
        let mut statement = self.connection.prepare_cached(&format!("DELETE FROM {rows} RETURNING id"))?;
        let ids = statement.query_map([no], |row| id_at(row, "id"))?;
        let ids: Vec<u128> = ids.collect::<rusqlite::Result<_>>()?;
        ids.into_iter().try_for_each(|id| self.drop_id(IdPrefix::of(id)))
    }
}
