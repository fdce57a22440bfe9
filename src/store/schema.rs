//! The tables, and how an older file becomes a present one. Numbers of seconds are Unix time; hashes are stored as
//! SQLite integers (their 64 bits reinterpreted) or as blobs of 16 bytes.

use super::StoreError;
use rusqlite::Connection;
use std::sync::OnceLock;

/// "TDGS", so that `file` and we can tell our database from any other.
const APPLICATION_ID: i32 = 0x5444_4753;

/// One step a version; `user_version` counts the steps taken. A step that was released never changes.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
];

/// Makes sure that the file is ours and of a version we know. Gives the version; 0 is an empty file.
pub(super) fn check(connection: &Connection) -> Result<i64, StoreError> {
    let application_id: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && application_id != APPLICATION_ID {
        return Err(StoreError::NotOurs);
    }
    let known = MIGRATIONS.len() as i64;
    if version > known {
        return Err(StoreError::Newer { found: version, known });
    }
    if version == known && columns(connection)? != *expected_columns()? {
        return Err(StoreError::OtherTables);
    }
    Ok(version)
}

/// Every column of every table: until the first release tables change without a new version.
fn columns(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY 1",
    )?;
    let columns = statement.query_map([], |row| row.get(0))?;
    Ok(columns.collect::<rusqlite::Result<_>>()?)
}

/// The columns that the steps make; found out once, for every reader's connection is checked.
fn expected_columns() -> Result<&'static Vec<String>, StoreError> {
    static EXPECTED: OnceLock<Vec<String>> = OnceLock::new();
    if let Some(expected) = EXPECTED.get() {
        return Ok(expected);
    }
    let connection = Connection::open_in_memory()?;
    MIGRATIONS.iter().try_for_each(|step| connection.execute_batch(step))?;
    let expected = columns(&connection)?;
    Ok(EXPECTED.get_or_init(|| expected))
}

/// Brings the file up to date, after [`check`].
pub(super) fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    let version = check(connection)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::NoWal);
    }
    for (done, step) in (0_i64..).zip(MIGRATIONS).skip(version as usize) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", done + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
