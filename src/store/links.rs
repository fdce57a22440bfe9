//! The pages of other sites that entries link to.

use super::reader::Reader;
use super::{Batch, EntrySlot, Result};
use crate::model::{EntryNo, PageLink, TextLink};
use jiff::Timestamp;
use rusqlite::params;

impl Batch<'_> {
    /// Writes where an entry links to, in place of what it linked to before. `at` is when it was published.
    pub(super) fn put_links(&self, slot: &EntrySlot, links: &[PageLink], at: Timestamp) -> Result<()> {
        let entry = slot.no;
        if slot.stands.is_some() {
            self.run("DELETE FROM links WHERE entry = ?1", [entry.0])?;
        }
        for link in links {
            self.run(
                "INSERT INTO links (entry, page, at, points, url, words) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![entry.0, link.page.cast_signed(), at.as_second(), link.points, link.url, link.words],
            )?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// The links of an entry, for a desk that learns it anew.
    pub(super) fn links_of(&self, entry: EntryNo) -> Result<Vec<TextLink>> {
        let mut statement =
            self.connection.prepare_cached("SELECT url, words FROM links WHERE entry = ?1 ORDER BY page")?;
        let links = statement
            .query_map([entry.0], |row| Ok(TextLink { url: row.get("url")?, words: row.get("words")? }))?;
        Ok(links.collect::<rusqlite::Result<_>>()?)
    }
}
