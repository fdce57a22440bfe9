//! The pages of other sites that entries link to, and who links to a page.

use super::reader::{Reader, time_at};
use super::stories::title_or_start;
use super::{Batch, EntrySlot, Result};
use crate::model::{
    EntryNo, FeedNo, HEAT_SPAN, LEAST_PUBLISHERS, LinkedPage, PageLink, StoryNo, TextLink, Voice, address,
    called, heat, independent,
};
use jiff::Timestamp;
use rusqlite::{Row, params};

/// Links to one page that are looked at: the newest.
const LOOKED_AT: usize = 64;
/// Pages that the hottest are chosen from: those that were hot last.
const HOTTEST_OF: usize = 200;

/// A much linked page's own row.
struct LinkedRow {
    page: u64,
    shown_at: Timestamp,
    story: Option<StoryNo>,
}

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

    /// Whether a page is linked to by at least so many entries, which costs less than finding out by whom.
    pub fn has_links(&self, page: u64, least: usize) -> Result<bool> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT count(*) = ?2 FROM (SELECT 1 FROM links WHERE page = ?1 LIMIT ?2)")?;
        Ok(statement.query_row(params![page.cast_signed(), least as i64], |row| row.get(0))?)
    }

    /// Notes that a page that is shown as much linked is hot. Says whether it is shown.
    pub fn note_hot(&self, page: u64, now: Timestamp) -> Result<bool> {
        let rows = self.run(
            "UPDATE linked_pages SET hot_at = ?2 WHERE page = ?1",
            params![page.cast_signed(), now.as_second()],
        )?;
        Ok(rows == 1)
    }

    /// Shows a page as much linked from now on, with the story of ours that is on it.
    pub fn show_linked_page(&self, page: u64, story: Option<StoryNo>, now: Timestamp) -> Result<()> {
        self.run(
            "INSERT INTO linked_pages (page, shown_at, hot_at, story) VALUES (?1, ?2, ?2, ?3)",
            params![page.cast_signed(), now.as_second(), story.map(|story| story.0)],
        )?;
        Ok(())
    }

    /// A story is on a page: if that is one of the much linked, it is shown with the story.
    pub fn put_story_of_page(&self, page: u64, story: StoryNo) -> Result<()> {
        self.run(
            "UPDATE linked_pages SET story = ?2 WHERE page = ?1 AND story IS NULL",
            params![page.cast_signed(), story.0],
        )?;
        Ok(())
    }

    /// Forgets those much linked pages to which no stored entry links any more and which no output holds, in which the
    /// newest `items` stand.
    pub(super) fn forget_linked_pages(&self, items: usize) -> Result<()> {
        self.run(
            "DELETE FROM linked_pages WHERE NOT EXISTS (SELECT 1 FROM links l WHERE l.page = linked_pages.page)
                 AND no <= (SELECT no FROM linked_pages ORDER BY no DESC LIMIT 1 OFFSET ?1)",
            [items as i64],
        )?;
        Ok(())
    }
}

impl Reader<'_> {
    /// The much linked pages of an output, the last shown first: at least `at_least`, and all since then.
    pub fn linked_pages(&self, since: Timestamp, at_least: usize, at_most: usize) -> Result<Vec<LinkedPage>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT page, shown_at, story FROM linked_pages ORDER BY no DESC")?;
        let mut rows = statement.query([])?;
        let mut pages = Vec::new();
        while let Some(row) = rows.next()? {
            let row = linked_row(row)?;
            if pages.len() >= at_most || (pages.len() >= at_least && row.shown_at < since) {
                break;
            }
            if let Some(voices) = self.independent_voices(&row, Timestamp::MIN)? {
                pages.push(self.linked_page(&row, voices)?);
            }
        }
        Ok(pages)
    }

    /// The public feeds that link to a page or carry the story of ours that is on it.
    pub fn feeds_of_page(&self, page: &LinkedPage) -> Result<Vec<FeedNo>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT f.no FROM entries e JOIN feeds f ON f.no = e.feed
             WHERE NOT f.private AND e.no IN (SELECT entry FROM links WHERE page = ?1
                 UNION SELECT no FROM entries WHERE story = ?2) ORDER BY f.no LIMIT ?3",
        )?;
        let story = page.story.as_ref().map(|story| story.no.0);
        let values = params![page.page.cast_signed(), story, LOOKED_AT as i64];
        let feeds = statement.query_map(values, |row| row.get(0).map(FeedNo))?;
        Ok(feeds.collect::<rusqlite::Result<_>>()?)
    }

    /// The hottest pages at `now`, the hottest first.
    pub fn hottest_pages(&self, now: Timestamp, at_most: usize) -> Result<Vec<LinkedPage>> {
        let since = now.checked_sub(HEAT_SPAN).unwrap_or(Timestamp::MIN);
        let mut statement = self.connection.prepare_cached(
            "SELECT page, shown_at, story FROM linked_pages WHERE hot_at >= ?1 ORDER BY hot_at DESC LIMIT ?2",
        )?;
        let rows = statement
            .query_map(params![since.as_second(), HOTTEST_OF as i64], linked_row)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut hot = Vec::new();
        for row in rows {
            let voices = self.independent_voices(&row, since)?;
            hot.extend(voices.map(|voices| (heat(&voices, now), row, voices)));
        }
        // Of equals the one that was hot last.
        hot.sort_by(|(one, ..), (other, ..)| other.total_cmp(one));
        hot.into_iter().take(at_most).map(|(_, row, voices)| self.linked_page(&row, voices)).collect()
    }

    /// The independent publishers that have linked to a much linked page since then. `None` if they are too few,
    /// because a feed has become private or turned out to link there under every text, and if the story on the page
    /// is taken down.
    fn independent_voices(&self, row: &LinkedRow, since: Timestamp) -> Result<Option<Vec<Voice>>> {
        if row.story.map(|story| self.is_taken_down(story)).transpose()? == Some(true) {
            return Ok(None);
        }
        let voices = self.voices(row.page)?;
        let independent: Vec<Voice> = independent(&voices, since).into_iter().cloned().collect();
        Ok((independent.len() >= LEAST_PUBLISHERS).then_some(independent))
    }

    fn linked_page(&self, row: &LinkedRow, voices: Vec<Voice>) -> Result<LinkedPage> {
        let story = row.story.map(|story| self.shown_story(story)).transpose()?.flatten();
        let url = address(&voices);
        let title = called(&voices, &url);
        Ok(LinkedPage { page: row.page, url, title, shown_at: row.shown_at, story, voices })
    }

    /// Who links to a page, the newest first, at most some dozens; those of private feeds, and what is taken down, left out.
    pub fn voices(&self, page: u64) -> Result<Vec<Voice>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT coalesce(nullif(f.name, ''), nullif(f.title, ''), f.publisher) AS name, f.publisher, e.title,
                 substr(e.text, 1, 100) AS text, e.url, e.story, l.url AS page, l.words, l.points, l.at, f.spark
             FROM (SELECT entry, at, points, url, words FROM links WHERE page = ?1 ORDER BY entry DESC LIMIT ?2) l
             JOIN entries e ON e.no = l.entry JOIN stories s ON s.no = e.story JOIN feeds f ON f.no = e.feed
             WHERE (NOT f.private OR f.spark) AND s.taken_down IS NULL ORDER BY l.entry DESC",
        )?;
        let voices = statement.query_map(params![page.cast_signed(), LOOKED_AT as i64], |row| {
            Ok(Voice {
                name: row.get("name")?,
                publisher: row.get("publisher")?,
                title: title_or_start(&row.get::<_, String>("title")?, &row.get::<_, String>("text")?, None),
                url: row.get("url")?,
                story: StoryNo(row.get("story")?),
                page: row.get("page")?,
                words: row.get("words")?,
                spark: row.get("spark")?,
                points: row.get("points")?,
                at: time_at(row, "at")?,
            })
        })?;
        Ok(voices.collect::<rusqlite::Result<_>>()?)
    }

    /// The links of an entry, for a desk that learns it anew.
    pub(super) fn links_of(&self, entry: EntryNo) -> Result<Vec<TextLink>> {
        let mut statement =
            self.connection.prepare_cached("SELECT url, words FROM links WHERE entry = ?1 ORDER BY page")?;
        let links = statement
            .query_map([entry.0], |row| Ok(TextLink { url: row.get("url")?, words: row.get("words")? }))?;
        Ok(links.collect::<rusqlite::Result<_>>()?)
    }
}

fn linked_row(row: &Row<'_>) -> rusqlite::Result<LinkedRow> {
    Ok(LinkedRow {
        page: row.get::<_, i64>("page")?.cast_unsigned(),
        shown_at: time_at(row, "shown_at")?,
        story: row.get::<_, Option<i64>>("story")?.map(StoryNo),
    })
}
