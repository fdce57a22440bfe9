//! What the desk has learned, as bytes that only it can read: its snapshot, and the journal since.

use super::reader::{Reader, json};
use super::{Batch, Result, StoreError};
use crate::model::{Filing, StoryNo, TopicNo};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// Bytes of a snapshot that are written at once.
const PART: usize = 256 << 10;

/// The desk as saved, and what it has learned since.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeskRecord {
    /// The last snapshot, when there is one.
    pub snapshot: Option<Vec<u8>>,
    /// Every filing since, with the analysis it was made from, in order.
    pub since: Vec<(Filing, Vec<u8>)>,
}

impl Batch<'_> {
    /// How many filings the journal holds: how much a restart would have to learn again.
    pub fn journal_length(&self) -> Result<u64> {
        // `count(*)` would read the whole journal at every commit. Filings have consecutive numbers, so the
        // difference is enough.
        let sql =
            "SELECT coalesce((SELECT max(filing) FROM journal) - (SELECT min(filing) FROM journal) + 1, 0)";
        Ok(self.connection.query_row(sql, [], |row| row.get::<_, i64>(0))? as u64)
    }

    /// Whether the desk was ever saved.
    pub fn has_snapshot(&self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM snapshot)";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Saves the desk as it is after the last filing; the journal before it is no longer needed.
    pub fn put_snapshot(&self, desk: &[u8], now: Timestamp) -> Result<()> {
        if desk.is_empty() {
            return Err(StoreError::Damaged("the desk could not be written".to_owned()));
        }
        let filing = self.reader().last_filing()?;
        self.run(
            "INSERT INTO snapshot (one, filing, at) VALUES (1, ?1, ?2)
             ON CONFLICT (one) DO UPDATE SET filing = ?1, at = ?2",
            params![filing.0, now.as_second()],
        )?;
        self.run("DELETE FROM snapshot_parts", [])?;
        for part in desk.chunks(PART) {
            self.run("INSERT INTO snapshot_parts (desk) VALUES (?1)", [part])?;
        }
        self.run("DELETE FROM journal WHERE filing <= ?1", [filing.0])?;
        Ok(())
    }
}

impl Reader<'_> {
    /// The desk's snapshot and the journal since.
    pub fn desk_record(&self) -> Result<DeskRecord> {
        let snapshot = self.snapshot()?;
        let mut statement = self.connection.prepare_cached(
            "SELECT f.decision, j.analysis FROM journal j JOIN filings f ON f.no = j.filing ORDER BY j.filing",
        )?;
        let mut rows = statement.query([])?;
        let mut since = Vec::new();
        while let Some(row) = rows.next()? {
            since.push((json(&row.get::<_, String>(0)?, "a filing")?, row.get(1)?));
        }
        Ok(DeskRecord { snapshot, since })
    }

    fn snapshot(&self) -> Result<Option<Vec<u8>>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT (SELECT sum(length(desk)) FROM snapshot_parts) FROM snapshot WHERE one = 1",
        )?;
        let length: Option<Option<i64>> = statement.query_row([], |row| row.get(0)).optional()?;
        let Some(length) = length else { return Ok(None) };
        let mut bytes = Vec::with_capacity(length.unwrap_or(0) as usize);
        let mut statement = self.connection.prepare_cached("SELECT desk FROM snapshot_parts ORDER BY no")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            bytes.extend_from_slice(row.get_ref(0)?.as_blob().unwrap_or_default());
        }
        Ok(Some(bytes))
    }

    /// The highest story and topic numbers given so far; a desk that begins anew counts on from there.
    pub fn last_numbers(&self) -> Result<(StoryNo, TopicNo)> {
        let last = |sql: &str| -> Result<i64> { Ok(self.connection.query_row(sql, [], |row| row.get(0))?) };
        Ok((
            StoryNo(last("SELECT coalesce(max(no), 0) FROM stories")?),
            TopicNo(last("SELECT coalesce(max(no), 0) FROM topics")?),
        ))
    }
}
