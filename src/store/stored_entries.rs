//! Stored entries in the order they were filed, for those who file them again: a desk that is rebuilt, and `replay`.

use super::Result;
use super::reader::{Reader, json, json_at, maybe_time_at, numbers, time_at};
use crate::model::{
    CategoryName, Entry, EntryNo, EntryRef, FeedNo, Filing, Order, Placement, StoryNo, TopicNo,
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;

/// An entry as the store has it: with its latest words, and with its first filing.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEntry {
    /// Its row.
    pub no: EntryNo,
    /// Its lasting name.
    pub reference: EntryRef,
    /// The feed that carried it.
    pub feed: FeedNo,
    /// What the desk judges by; the rest is empty.
    pub entry: Entry,
    /// When it was first filed.
    pub seen_at: Timestamp,
    /// Since when its feed no longer carries it, as far as forgetting has noted that.
    pub gone_at: Option<Timestamp>,
    /// Where it stands now.
    pub placement: Placement,
    /// The category of its story.
    pub category: CategoryName,
    /// How it was first filed, while the ledger has that.
    pub filing: Option<Filing>,
}

impl Reader<'_> {
    /// The next entries after `after` in the order they were first filed, at most `at_most`.
    pub fn stored_entries(&self, after: EntryNo, at_most: usize) -> Result<Vec<StoredEntry>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.no, e.reference, e.feed, e.key, e.url, e.links_to, e.title, e.text, e.language, e.published_at,
                 e.seen_at, e.gone_at, e.shares_address, e.story, s.topic, s.category, b.terms, b.enclosures,
                 (SELECT decision FROM filings WHERE entry = e.no ORDER BY no LIMIT 1) AS decision
             FROM entries e JOIN stories s ON s.no = e.story LEFT JOIN bodies b ON b.entry = e.no
             WHERE e.no > ?1 ORDER BY e.no LIMIT ?2",
        )?;
        let mut rows = statement.query(params![after.0, at_most as i64])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let decision: Option<String> = row.get("decision")?;
            let no = EntryNo(row.get("no")?);
            entries.push(StoredEntry {
                no,
                reference: EntryRef(row.get::<_, i64>("reference")?.cast_unsigned()),
                feed: FeedNo(row.get("feed")?),
                entry: Entry {
                    key: row.get("key")?,
                    url: row.get("url")?,
                    links_to: row.get("links_to")?,
                    links: self.links_of(no)?,
                    title: row.get("title")?,
                    text: row.get("text")?,
                    language: row.get("language")?,
                    terms: json_at(row, "terms")?,
                    enclosures: json_at(row, "enclosures")?,
                    shares_address: row.get("shares_address")?,
                    published: maybe_time_at(row, "published_at")?,
                    ..Entry::default()
                },
                seen_at: time_at(row, "seen_at")?,
                gone_at: maybe_time_at(row, "gone_at")?,
                placement: Placement { story: StoryNo(row.get("story")?), topic: TopicNo(row.get("topic")?) },
                category: CategoryName::stored(row.get("category")?),
                filing: decision.map(|text| json(&text, "a filing")).transpose()?,
            });
        }
        Ok(entries)
    }

    /// The keys of the entries that the feed's last document held, in its order.
    pub fn served_keys(&self, feed: FeedNo) -> Result<Vec<String>> {
        let mut served = self.connection.prepare_cached("SELECT served FROM feeds WHERE no = ?1")?;
        let served = served.query_row([feed.0], |row| row.get::<_, Vec<u8>>(0))?;
        let mut statement = self.connection.prepare_cached("SELECT key FROM entries WHERE no = ?1")?;
        let mut keys = Vec::new();
        for no in numbers(&served) {
            keys.extend(statement.query_row([no.cast_signed()], |row| row.get(0)).optional()?);
        }
        Ok(keys)
    }

    /// Since when entries are gone from their feeds, for those whose row does not say so yet (see
    /// [`Batch::prune`](super::Batch::prune)).
    pub fn lately_gone(&self) -> Result<HashMap<EntryNo, Timestamp>> {
        let mut statement = self.connection.prepare_cached("SELECT at, entries FROM gone ORDER BY no")?;
        let mut rows = statement.query([])?;
        let mut gone = HashMap::new();
        while let Some(row) = rows.next()? {
            let at = time_at(row, "at")?;
            let entries = numbers(row.get_ref("entries")?.as_blob().unwrap_or_default());
            gone.extend(entries.into_iter().map(|no| (EntryNo(no.cast_signed()), at)));
        }
        Ok(gone)
    }

    /// The entry just before the newest `newest` entries; 0 if there are no more than those.
    pub fn before_newest(&self, newest: usize) -> Result<EntryNo> {
        let mut statement =
            self.connection.prepare_cached("SELECT no FROM entries ORDER BY no DESC LIMIT 1 OFFSET ?1")?;
        Ok(EntryNo(statement.query_row([newest as i64], |row| row.get(0)).optional()?.unwrap_or(0)))
    }

    /// Orders that have been carried out, in that order.
    pub fn obeyed_orders(&self) -> Result<Vec<Order>> {
        self.orders("SELECT no, at, kind FROM orders WHERE done_at IS NOT NULL ORDER BY no")
    }
}
