//! The index of ids: finds an entry by its reference, and a story or topic by its public id.
//!
//! Ids are hashes, so they are spread evenly. Inserted one by one into the index of a large table, each would change
//! a page of its own, which is written to the write-ahead log and again at the checkpoint. So new ids are collected
//! in a small table, the write buffer, whose few pages each transaction changes anyway. When it is full, its rows are
//! moved into the large table at once and in order, so that one page takes several. (The schema calls ids names, and
//! the buffer `names_gathered`.)
//!
//! An id is indexed by its first 64 bits. Before an id is given, its first 64 bits are looked up, so no two ids begin
//! alike.

use super::reader::Reader;
use super::{Batch, Result};
use crate::model::{EntryRef, StoryId, TopicId};
use rusqlite::{OptionalExtension, params};

/// Ids of a full write buffer: those of some 35,000 entries, 2 MB.
const BUFFERED: i64 = 100_000;

/// The first 64 bits of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IdPrefix(i64);

impl From<EntryRef> for IdPrefix {
    fn from(reference: EntryRef) -> Self {
        Self(reference.0.cast_signed())
    }
}

impl From<StoryId> for IdPrefix {
    fn from(id: StoryId) -> Self {
        Self::of(id.0)
    }
}

impl From<TopicId> for IdPrefix {
    fn from(id: TopicId) -> Self {
        Self::of(id.0)
    }
}

impl IdPrefix {
    pub(super) fn of(id: u128) -> Self {
        Self(((id >> 64) as u64).cast_signed())
    }
}

impl Reader<'_> {
    /// Row of the entry, story or topic with this prefix. Two public ids may begin alike, so compare the whole id with that of
    /// the row.
    pub(super) fn row_of(&self, id: impl Into<IdPrefix>) -> Result<Option<i64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no FROM names_gathered WHERE name = ?1
             UNION ALL SELECT no FROM names WHERE name = ?1 LIMIT 1",
        )?;
        Ok(statement.query_row([id.into().0], |row| row.get(0)).optional()?)
    }
}

impl Batch<'_> {
    /// Indexes an id whose prefix is not taken.
    pub(super) fn put_id(&mut self, id: impl Into<IdPrefix>, no: i64) -> Result<()> {
        self.ids_given = true;
        self.run("INSERT INTO names_gathered (name, no) VALUES (?1, ?2)", params![id.into().0, no])?;
        Ok(())
    }

    /// Gives the id to another row.
    pub(super) fn move_id(&self, id: impl Into<IdPrefix>, no: i64) -> Result<()> {
        let prefix = id.into().0;
        for table in ["names_gathered", "names"] {
            self.run(&format!("UPDATE {table} SET no = ?2 WHERE name = ?1"), [prefix, no])?;
        }
        Ok(())
    }

    /// Removes an id.
    pub(super) fn drop_id(&self, id: impl Into<IdPrefix>) -> Result<()> {
        let prefix = id.into().0;
        for table in ["names_gathered", "names"] {
            self.run(&format!("DELETE FROM {table} WHERE name = ?1"), [prefix])?;
        }
        Ok(())
    }

    /// Empties a full write buffer into the large table. Done before a commit.
    pub(super) fn flush_ids(&self) -> Result<()> {
        if !self.ids_given {
            return Ok(());
        }
        let buffered: i64 =
            self.connection.query_row("SELECT count(*) FROM names_gathered", [], |row| row.get(0))?;
        if buffered >= BUFFERED {
            self.run("INSERT INTO names SELECT name, no FROM names_gathered ORDER BY name", [])?;
            self.run("DELETE FROM names_gathered", [])?;
        }
        Ok(())
    }
}
