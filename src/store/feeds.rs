//! The state of feeds: what `feeds.toml` says of them, and what their polls left. It must not know when a feed should
//! be polled next.

use super::batch::list;
use super::reader::{Reader, hash_at, id_at, json_at, maybe_time_at, time, time_at};
use super::{Batch, Result, StoreError};
use crate::model::{
    CategoryName, EntryNo, FailureKind, FeedFacts, FeedNo, FeedSettings, FeedState, FeedView, Habits, Hidden,
    KnownEntry, PollFailure, StoryId, Validators, publisher_of, source_name,
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::{BTreeSet, HashMap};

/// Seconds by which the clock may be set back before feeds are taken to wait for a wrong time. Smaller steps are
/// ordinary corrections.
const CLOCK_SLACK_S: i64 = 5 * 60;

impl Batch<'_> {
    /// Makes the polled feeds those of `feeds.toml`. New ones are due at once. Those that are no longer named keep
    /// all their entries and are not polled; if they are named again, they go on where they were. If a feed becomes
    /// private or public, its stories are indexed again for search.
    pub fn sync_feeds(&mut self, feeds: &[FeedSettings], now: Timestamp) -> Result<()> {
        let before = self.reader().private_feeds()?;
        self.run("UPDATE feeds SET active = 0", [])?;
        for feed in feeds {
            self.run(
                "INSERT INTO feeds (url, first_url, name, category, weight, private, publisher, added_at,
                     next_poll_at, dedupe, spark, prefer, also)
                 VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11)
                 ON CONFLICT (url) DO UPDATE SET name = ?2, category = ?3, weight = ?4, private = ?5, dedupe = ?8,
                     spark = ?9, prefer = ?10, also = ?11, active = 1",
                params![
                    feed.url,
                    feed.title,
                    feed.category.as_ref().map(CategoryName::as_str),
                    feed.weight,
                    feed.private || feed.spark,
                    publisher_of(None, &feed.url),
                    now.as_second(),
                    feed.dedupe,
                    feed.spark && !feed.private,
                    feed.prefer,
                    list(&feed.also)?,
                ],
            )?;
        }
        let mut statement =
            self.connection.prepare_cached("SELECT DISTINCT story FROM entries WHERE feed = ?1")?;
        for feed in self.reader().private_feeds()?.symmetric_difference(&before) {
            let stories = statement.query_map([feed.0], |row| row.get(0))?;
            self.to_index.extend(stories.collect::<rusqlite::Result<Vec<i64>>>()?);
        }
        Ok(())
    }

    /// Has a feed polled at another moment than was chosen.
    pub fn put_next_poll(&self, feed: FeedNo, at: Timestamp) -> Result<()> {
        self.run("UPDATE feeds SET next_poll_at = ?2 WHERE no = ?1", params![feed.0, at.as_second()])?;
        Ok(())
    }

    /// Writes what a poll left, in the transaction of its entries.
    pub fn put_feed(&self, state: &FeedState) -> Result<()> {
        let second = |time: Option<Timestamp>| time.map(Timestamp::as_second);
        self.run(
            "UPDATE feeds SET title = ?2, site_url = ?3, publisher = ?4, etag = ?5, last_modified = ?6,
                 validators_url = ?7, body_hash = ?8, polled_at = ?9, read_at = ?10, changed_at = ?11,
                 next_poll_at = ?12, failures = ?13, failure_kind = ?14, failure_detail = ?15, note = ?16,
                 moved_to = ?17, moved_since = ?18, habits = ?19
             WHERE no = ?1",
            params![
                state.no.0,
                state.title,
                state.site_url,
                publisher_of(state.site_url.as_deref(), &state.url),
                state.validators.etag,
                state.validators.last_modified,
                state.validators.url,
                state.body_hash.map(u128::to_be_bytes),
                second(state.polled_at),
                second(state.read_at),
                second(state.changed_at),
                state.next_poll_at.as_second(),
                state.failures,
                state.failure.as_ref().map(|failure| failure.kind.as_str()),
                state.failure.as_ref().map(|failure| &failure.detail),
                state.note,
                state.moved.as_ref().map(|(to, _)| to),
                state.moved.as_ref().map(|(_, since)| since.as_second()),
                habits(&state.habits)?,
            ],
        )?;
        Ok(())
    }
}

impl Reader<'_> {
    /// Every feed that is polled.
    pub fn feed_states(&self) -> Result<Vec<FeedState>> {
        let mut statement = self.connection.prepare_cached("SELECT * FROM feeds WHERE active ORDER BY no")?;
        let rows = statement.query_map([], state)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Feeds to poll at `now`, longest due first, at most `limit`. A feed is due, too, if its last poll lies after
    /// `now`, or if its next poll lies after `latest`: the clock was ahead when that was written, and the feed would
    /// stay silent until the clock has caught up.
    pub fn due_feeds(&self, now: Timestamp, latest: Timestamp, limit: usize) -> Result<Vec<FeedState>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT * FROM feeds WHERE active AND (next_poll_at <= ?1 OR next_poll_at > ?2
                 OR coalesce(polled_at, added_at) > ?1 + ?3)
             ORDER BY next_poll_at, no LIMIT ?4",
        )?;
        let values = params![now.as_second(), latest.as_second(), CLOCK_SLACK_S, limit as i64];
        let rows = statement.query_map(values, state)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When the next feed is due; `None` without feeds.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        let mut statement =
            self.connection.prepare_cached("SELECT min(next_poll_at) FROM feeds WHERE active")?;
        Ok(statement.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(time))
    }

    /// Every feed that is polled, in the order they were first configured.
    pub fn feeds(&self) -> Result<Vec<FeedView>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT f.*, (SELECT count(*) FROM entries e WHERE e.feed = f.no) AS entries
             FROM feeds f WHERE active ORDER BY no",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(FeedView {
                state: state(row)?,
                name: row.get("name")?,
                entries: row.get::<_, i64>("entries")? as u64,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The feed with this name in our addresses (see [`source_name`]), and its title; `None` if the feed is unknown
    /// or private. Feeds that are no longer polled are found as long as they are stored.
    pub fn source(&self, name: &str) -> Result<Option<(FeedNo, String)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no, first_url, coalesce(nullif(name, ''), nullif(title, ''), publisher) AS title FROM feeds
             WHERE NOT private ORDER BY no",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let first_url: String = row.get("first_url")?;
            if source_name(&first_url) == name {
                return Ok(Some((FeedNo(row.get("no")?), row.get("title")?)));
            }
        }
        Ok(None)
    }

    /// The feeds whose entries are shown nowhere, polled or not: private ones, and sparks.
    pub fn private_feeds(&self) -> Result<BTreeSet<FeedNo>> {
        let mut statement = self.connection.prepare_cached("SELECT no FROM feeds WHERE private")?;
        let rows = statement.query_map([], |row| row.get(0).map(FeedNo))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// What must be shown no more.
    pub fn hidden(&self) -> Result<Hidden> {
        let mut statement = self.connection.prepare_cached(
            "WITH down (no) AS (SELECT no FROM stories WHERE taken_down IS NOT NULL)
             SELECT id FROM stories WHERE no IN (SELECT no FROM down)
             UNION ALL SELECT id FROM stories WHERE alias_of IN (SELECT no FROM down)",
        )?;
        let stories = statement.query_map([], |row| id_at(row, "id").map(StoryId))?;
        Ok(Hidden { feeds: self.private_feeds()?, stories: stories.collect::<rusqlite::Result<_>>()? })
    }

    /// What is remembered of a feed, while it is polled.
    pub fn feed_state(&self, no: FeedNo) -> Result<Option<FeedState>> {
        let mut statement = self.connection.prepare_cached("SELECT * FROM feeds WHERE active AND no = ?1")?;
        Ok(statement.query_row([no.0], state).optional()?)
    }

    /// What the desk must know of a feed.
    pub fn feed_facts(&self, no: FeedNo) -> Result<Option<FeedFacts>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT first_url, publisher, category, weight, private, dedupe, prefer FROM feeds WHERE no = ?1",
        )?;
        let facts = statement.query_row([no.0], |row| {
            Ok(FeedFacts {
                no,
                first_url: row.get("first_url")?,
                publisher: row.get("publisher")?,
                category: row.get::<_, Option<String>>("category")?.map(CategoryName::stored),
                weight: row.get("weight")?,
                private: row.get("private")?,
                dedupe: row.get("dedupe")?,
                prefer: row.get("prefer")?,
            })
        });
        Ok(facts.optional()?)
    }

    /// The stored hashes of those of `keys` that the feed has brought before.
    pub fn known_hashes(&self, feed: FeedNo, keys: &[String]) -> Result<HashMap<String, u128>> {
        let mut statement =
            self.connection.prepare_cached("SELECT hash FROM entries WHERE feed = ?1 AND key = ?2")?;
        let mut known = HashMap::with_capacity(keys.len());
        for key in keys {
            let hash = statement.query_row(params![feed.0, key], |row| hash_at(row, "hash")).optional()?;
            if let Some(hash) = hash.flatten() {
                known.insert(key.clone(), hash);
            }
        }
        Ok(known)
    }

    /// How many entries the feed wrote in a span of time that ends when it last brought an entry, and that is as long
    /// as the time from then to `now`. Entries written after it count, too. An entry without a date counts as written
    /// when it was first seen.
    pub fn wrote_in_as_long(&self, feed: FeedNo, now: Timestamp) -> Result<usize> {
        let mut statement = self.connection.prepare_cached(
            "WITH latest (at) AS (SELECT seen_at FROM entries WHERE feed = ?1 ORDER BY no DESC LIMIT 1)
             SELECT count(*) FROM entries, latest
             WHERE feed = ?1 AND coalesce(min(published_at, seen_at), seen_at) >= 2 * latest.at - ?2",
        )?;
        let count: i64 = statement.query_row(params![feed.0, now.as_second()], |row| row.get(0))?;
        Ok(count as usize)
    }

    /// The last `at_most` entries that the feed brought, the newest first.
    pub fn latest_entries(&self, feed: FeedNo, at_most: usize) -> Result<Vec<KnownEntry>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no, key, url, title, published_at, recording, shares_address FROM entries WHERE feed = ?1
             ORDER BY no DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![feed.0, at_most as i64], known_entry)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Those of the feed's entries that are filed under these keys.
    pub fn entries_under(&self, feed: FeedNo, keys: &[String]) -> Result<Vec<KnownEntry>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no, key, url, title, published_at, recording, shares_address FROM entries WHERE feed = ?1 AND key = ?2",
        )?;
        let mut found = Vec::new();
        for key in keys {
            found.extend(statement.query_row(params![feed.0, key], known_entry).optional()?);
        }
        Ok(found)
    }

    /// The texts of these entries; an entry that is no longer there has none.
    pub fn texts(&self, entries: &[EntryNo]) -> Result<HashMap<EntryNo, String>> {
        let mut statement = self.connection.prepare_cached("SELECT text FROM entries WHERE no = ?1")?;
        let mut texts = HashMap::with_capacity(entries.len());
        for no in entries {
            if let Some(text) = statement.query_row([no.0], |row| row.get(0)).optional()? {
                texts.insert(*no, text);
            }
        }
        Ok(texts)
    }

    /// When the first feeds were configured. The first entries of those feeds are no backlog: nobody had subscribed
    /// before.
    pub fn founded_at(&self) -> Result<Option<Timestamp>> {
        let mut statement = self.connection.prepare_cached("SELECT min(added_at) FROM feeds")?;
        Ok(statement.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(time))
    }
}

fn known_entry(row: &Row<'_>) -> rusqlite::Result<KnownEntry> {
    Ok(KnownEntry {
        no: EntryNo(row.get("no")?),
        key: row.get("key")?,
        url: row.get("url")?,
        title: row.get("title")?,
        published: maybe_time_at(row, "published_at")?,
        recording: row.get::<_, Option<i64>>("recording")?.map(i64::cast_unsigned),
        shares_address: row.get("shares_address")?,
    })
}

/// As JSON; nothing when there is nothing to remember.
fn habits(habits: &Habits) -> Result<Option<String>> {
    if *habits == Habits::default() {
        return Ok(None);
    }
    serde_json::to_string(habits).map(Some).map_err(|error| StoreError::Damaged(error.to_string()))
}

fn state(row: &Row<'_>) -> rusqlite::Result<FeedState> {
    let kind: Option<String> = row.get("failure_kind")?;
    let failure = match kind.as_deref().and_then(FailureKind::parse) {
        Some(kind) => Some(PollFailure {
            kind,
            detail: row.get::<_, Option<String>>("failure_detail")?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(FeedState {
        no: FeedNo(row.get("no")?),
        url: row.get("url")?,
        first_url: row.get("first_url")?,
        title: row.get("title")?,
        site_url: row.get("site_url")?,
        validators: Validators {
            etag: row.get("etag")?,
            last_modified: row.get("last_modified")?,
            url: row.get("validators_url")?,
        },
        body_hash: hash_at(row, "body_hash")?,
        added_at: time_at(row, "added_at")?,
        polled_at: maybe_time_at(row, "polled_at")?,
        read_at: maybe_time_at(row, "read_at")?,
        changed_at: maybe_time_at(row, "changed_at")?,
        next_poll_at: time_at(row, "next_poll_at")?,
        failures: row.get("failures")?,
        failure,
        note: row.get("note")?,
        moved: row.get::<_, Option<String>>("moved_to")?.zip(maybe_time_at(row, "moved_since")?),
        habits: json_at(row, "habits")?,
    })
}
