//! What entries said before their publishers changed them: kept when an entry is written anew, shown as corrections.
//!
//! Of each entry the last few are kept, and of each text its beginning: an entry that changes at every poll fills no disk.

use super::reader::{Reader, time_at};
use super::{Batch, Result};
use crate::model::{Correction, Entry, EntryNo, StoryNo};
use jiff::Timestamp;
use rusqlite::params;

/// Revisions of an entry that are kept.
const KEPT: i64 = 5;
/// Characters of a text that are kept and compared.
const TEXT_CHARS: usize = Correction::TEXT_CHARS;
/// Corrections of one story that are read, the latest.
const READ: i64 = 40;

impl Batch<'_> {
    /// Keeps what a stored entry says, if `entry`, which is about to take its place, says something else.
    pub(super) fn keep_revision(&self, no: EntryNo, entry: &Entry, now: Timestamp) -> Result<()> {
        let text: String = entry.text.chars().take(TEXT_CHARS).collect();
        let kept = self.run(
            "INSERT INTO revisions (entry, until, title, text)
             SELECT no, ?2, title, substr(text, 1, ?5) FROM entries
             WHERE no = ?1 AND (title <> ?3 OR substr(text, 1, ?5) <> ?4)",
            params![no.0, now.as_second(), entry.title, text, TEXT_CHARS as i64],
        )?;
        if kept > 0 {
            self.run(
                "DELETE FROM revisions WHERE entry = ?1 AND no <=
                     (SELECT no FROM revisions WHERE entry = ?1 ORDER BY no DESC LIMIT 1 OFFSET ?2)",
                params![no.0, KEPT],
            )?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// What the public entries of a story said before and what they said then, the latest change first.
    pub fn corrections(&self, story: StoryNo) -> Result<Vec<Correction>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT r.until, coalesce(nullif(f.name, ''), nullif(f.title, ''), f.publisher) AS feed, e.language,
                 r.title AS title_before, r.text AS text_before,
                 coalesce(lead(r.title) OVER later, e.title) AS title_after,
                 coalesce(lead(r.text) OVER later, substr(e.text, 1, ?2)) AS text_after
             FROM entries e JOIN feeds f ON f.no = e.feed JOIN revisions r ON r.entry = e.no
             WHERE e.story = ?1 AND NOT f.private WINDOW later AS (PARTITION BY r.entry ORDER BY r.no)
             ORDER BY r.until DESC, r.no DESC LIMIT ?3",
        )?;
        let corrections = statement.query_map(params![story.0, TEXT_CHARS as i64, READ], |row| {
            Ok(Correction {
                feed: row.get("feed")?,
                at: time_at(row, "until")?,
                language: row.get("language")?,
                titles: [row.get("title_before")?, row.get("title_after")?],
                texts: [row.get("text_before")?, row.get("text_after")?],
            })
        })?;
        Ok(corrections.collect::<rusqlite::Result<_>>()?)
    }
}
