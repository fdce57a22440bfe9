//! Names: by an entry's reference it is found again, by their public ids stories and topics are.
//!
//! Names are hashes and fall everywhere. Put one by one into the index of a large table, each would change a page of its own,
//! which is written to the log and once more at the checkpoint. So those newly given gather in a small table, whose few pages
//! each transaction changes anyway, and go from there into the large one together, in its order: then one page takes several.
//!
//! A name is the first 64 bits of its hash. Whoever gives one looks first whether it is taken, which also keeps two
//! hashes apart that begin alike.

use super::reader::Reader;
use super::{Batch, Result};
use crate::model::{EntryRef, StoryId, TopicId};
use rusqlite::{OptionalExtension, params};

/// So many names gather before they go into the large table: those of some 35,000 entries, 2 MB.
const TOGETHER: i64 = 100_000;

/// The first 64 bits of a hash, as a row's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name(i64);

impl From<EntryRef> for Name {
    fn from(reference: EntryRef) -> Self {
        Self(reference.0.cast_signed())
    }
}

impl From<StoryId> for Name {
    fn from(id: StoryId) -> Self {
        Self::of(id.0)
    }
}

impl From<TopicId> for Name {
    fn from(id: TopicId) -> Self {
        Self::of(id.0)
    }
}

impl Name {
    pub(super) fn of(id: u128) -> Self {
        Self(((id >> 64) as u64).cast_signed())
    }
}

impl Reader<'_> {
    /// The number of what has this name. Two public ids may begin alike, so compare the whole id with that of the row.
    pub(super) fn named(&self, name: impl Into<Name>) -> Result<Option<i64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no FROM names_gathered WHERE name = ?1
             UNION ALL SELECT no FROM names WHERE name = ?1 LIMIT 1",
        )?;
        Ok(statement.query_row([name.into().0], |row| row.get(0)).optional()?)
    }
}

impl Batch<'_> {
    /// Gives a name that is not taken.
    pub(super) fn put_name(&mut self, name: impl Into<Name>, no: i64) -> Result<()> {
        self.names_given = true;
        self.run("INSERT INTO names_gathered (name, no) VALUES (?1, ?2)", params![name.into().0, no])?;
        Ok(())
    }

    /// What had the name before has it no more.
    pub(super) fn move_name(&self, name: impl Into<Name>, no: i64) -> Result<()> {
        let name = name.into().0;
        for table in ["names_gathered", "names"] {
            self.run(&format!("UPDATE {table} SET no = ?2 WHERE name = ?1"), [name, no])?;
        }
        Ok(())
    }

    /// Forgets a name.
    pub(super) fn drop_name(&self, name: impl Into<Name>) -> Result<()> {
        let name = name.into().0;
        for table in ["names_gathered", "names"] {
            self.run(&format!("DELETE FROM {table} WHERE name = ?1"), [name])?;
        }
        Ok(())
    }

    /// Puts what has gathered into the large table when it is enough. Done before a commit.
    pub(super) fn flush_names(&self) -> Result<()> {
        if !self.names_given {
            return Ok(());
        }
        let gathered: i64 =
            self.connection.query_row("SELECT count(*) FROM names_gathered", [], |row| row.get(0))?;
        if gathered >= TOGETHER {
            self.run("INSERT INTO names SELECT name, no FROM names_gathered ORDER BY name", [])?;
            self.run("DELETE FROM names_gathered", [])?;
        }
        Ok(())
    }
}
