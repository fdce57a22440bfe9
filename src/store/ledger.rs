//! The ledger: every filing in order.

use super::reader::{Reader, json, time_at};
use super::{Batch, Result, StoreError};
use crate::model::{EntryNo, Filing, FilingNo, LedgerLine, StoryNo};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

impl Batch<'_> {
    /// Appends a filing to the ledger and its analysis to the journal. Gives its number.
    pub(super) fn put_filing(&self, filing: &Filing, analysis: &[u8]) -> Result<FilingNo> {
        let decision =
            serde_json::to_string(filing).map_err(|error| StoreError::Damaged(error.to_string()))?;
        self.run(
            "INSERT INTO filings (entry, at, story, topic, category, decision) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                filing.entry.0,
                filing.at.as_second(),
                filing.story.no.0,
                filing.topic.no.0,
                filing.category.name.as_str(),
                decision,
            ],
        )?;
        let no = self.connection.last_insert_rowid();
        self.run("INSERT INTO journal (filing, analysis) VALUES (?1, ?2)", params![no, analysis])?;
        Ok(FilingNo(no))
    }

    /// Forgets all filings of an entry but the first and those that the desk would have to learn again: an entry whose
    /// words change at every poll must not make the ledger grow without bound.
    pub(super) fn thin_ledger(&self, entry: EntryNo) -> Result<()> {
        self.run(
            "DELETE FROM filings WHERE entry = ?1
                 AND no <= coalesce((SELECT filing FROM snapshot WHERE one = 1), 0)
                 AND no > (SELECT min(no) FROM filings WHERE entry = ?1)",
            [entry.0],
        )?;
        Ok(())
    }
}

impl Reader<'_> {
    /// The ledger of a story: every filing of the entries that are in it now, in order.
    pub fn ledger_of_story(&self, story: StoryNo) -> Result<Vec<LedgerLine>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT l.no, l.decision, e.title, e.url, coalesce(f.name, nullif(f.title, ''), f.publisher) AS feed
             FROM entries e JOIN filings l ON l.entry = e.no JOIN feeds f ON f.no = e.feed
             WHERE e.story = ?1 ORDER BY l.no",
        )?;
        let mut rows = statement.query([story.0])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let filing: Filing = json(&row.get::<_, String>("decision")?, "a filing")?;
            let compared = match filing.story.evidence.entry {
                Some(entry) => self.name_of_entry(entry)?,
                None => None,
            };
            lines.push(LedgerLine {
                no: FilingNo(row.get("no")?),
                filing,
                title: row.get("title")?,
                url: row.get("url")?,
                feed: row.get("feed")?,
                compared,
            });
        }
        Ok(lines)
    }

    /// Title and feed of an entry, while it is there.
    pub fn name_of_entry(&self, entry: EntryNo) -> Result<Option<(EntryNo, String, String)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.title, coalesce(f.name, nullif(f.title, ''), f.publisher) FROM entries e JOIN feeds f ON f.no = e.feed
             WHERE e.no = ?1",
        )?;
        Ok(statement.query_row([entry.0], |row| Ok((entry, row.get(0)?, row.get(1)?))).optional()?)
    }

    /// How many entries, stories and topics there are, and when the last filing was made.
    pub fn totals(&self) -> Result<Totals> {
        Ok(self.connection.query_row(
            "SELECT (SELECT count(*) FROM entries) AS entries,
                 (SELECT count(*) FROM stories WHERE alias_of IS NULL) AS stories,
                 (SELECT count(*) FROM topics WHERE alias_of IS NULL) AS topics",
            [],
            totals,
        )?)
    }

    /// Of these, the stories that are shown with a public source, and their topics; no entries.
    pub fn shown_totals(&self) -> Result<Totals> {
        Ok(self.connection.query_row(
            "SELECT 0 AS entries, count(*) AS stories, count(DISTINCT topic) AS topics FROM stories s
             WHERE shown IS NOT NULL AND alias_of IS NULL AND EXISTS (
                 SELECT 1 FROM entries e JOIN feeds f ON f.no = e.feed WHERE e.story = s.no AND NOT f.private)",
            [],
            totals,
        )?)
    }

    /// When the filing was made.
    pub fn filed_at(&self, no: FilingNo) -> Result<Option<Timestamp>> {
        let mut statement = self.connection.prepare_cached("SELECT at FROM filings WHERE no = ?1")?;
        Ok(statement.query_row([no.0], |row| time_at(row, "at")).optional()?)
    }
}

/// How much the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Entries.
    pub entries: u64,
    /// Stories, aliases not counted.
    pub stories: u64,
    /// Topics, aliases not counted.
    pub topics: u64,
}

fn totals(row: &Row<'_>) -> rusqlite::Result<Totals> {
    let count = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)? as u64);
    Ok(Totals { entries: count("entries")?, stories: count("stories")?, topics: count("topics")? })
}
