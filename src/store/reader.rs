//! A connection that reads, and the small conversions that every query shares.

use super::{Result, StoreError};
use crate::model::FilingNo;
use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde::de::DeserializeOwned;

/// Looks things up. Made by [`super::Store::read`], [`super::look`], or within a [`super::Batch`], where it sees what
/// the batch has written so far.
#[derive(Debug)]
pub struct Reader<'c> {
    pub(super) connection: &'c Connection,
}

impl<'c> Reader<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    /// The last filing in the ledger, 0 when there is none.
    pub fn last_filing(&self) -> Result<FilingNo> {
        self.sequence("filings").map(FilingNo)
    }

    /// The highest number that an AUTOINCREMENT table has given, 0 when it has given none.
    pub(super) fn sequence(&self, table: &str) -> Result<i64> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?1")?;
        Ok(statement.query_row([table], |row| row.get(0))?)
    }
}

/// Seconds of a column as a time; out of range is the nearest time that there is.
pub(super) fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

pub(super) fn time_at(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    Ok(time(row.get(column)?))
}

pub(super) fn maybe_time_at(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(time))
}

/// A hash as a blob of 16 bytes.
pub(super) fn hash_at(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<u128>> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(u128::from_be_bytes))
}

/// A public id from its blob.
pub(super) fn id_at(row: &Row<'_>, column: &str) -> rusqlite::Result<u128> {
    row.get::<_, [u8; 16]>(column).map(u128::from_be_bytes)
}

/// Reads a JSON column that we wrote; NULL is the empty value.
pub(super) fn json_at<T: DeserializeOwned + Default>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Reads a column of JSON lists that we wrote, one behind the other; NULL is none.
pub(super) fn lists_at<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Vec<T>> {
    let text: Option<String> = row.get(column)?;
    let text = text.unwrap_or_default();
    let lists = serde_json::Deserializer::from_str(&text).into_iter::<Vec<T>>();
    Ok(lists.map_while(|list| list.ok()).flatten().collect())
}

/// Reads a JSON text that we wrote and cannot do without.
pub(super) fn json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(format!("{what}: {error}")))
}

/// Numbers as a blob, 8 bytes each.
pub(super) fn bytes(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// Numbers from a blob that [`bytes`] made.
pub(super) fn numbers(blob: &[u8]) -> Vec<u64> {
    blob.as_chunks().0.iter().map(|chunk| u64::from_be_bytes(*chunk)).collect()
}
