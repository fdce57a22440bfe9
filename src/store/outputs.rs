//! Which stories stand in an output, and in the documents of its archive (RFC 5005).
//!
//! Stories are in the order in which they were published. What a story says is in `stories`.

use super::Result;
use super::reader::Reader;
use super::stories::{Detail, STORY, StoryRow, story_row};
use crate::model::{ArchiveNo, CategoryName, FilingNo, StoryNo, StoryView};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::ops::Range;

/// Which stories an output holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryQuery {
    /// Only this category; `None` for all.
    pub category: Option<CategoryName>,
    /// Those published by us since then …
    pub since: Timestamp,
    /// … and with this filing or later …
    pub from: FilingNo,
    /// … and in any case this many …
    pub at_least: usize,
    /// … but never more than this.
    pub at_most: usize,
    /// So many bytes of HTML at the most: stories older than those that have them come in brief.
    pub html_bytes: usize,
}

impl Default for StoryQuery {
    /// All stories, whole.
    fn default() -> Self {
        Self {
            category: None,
            since: Timestamp::MIN,
            from: FilingNo(0),
            at_least: 0,
            at_most: usize::MAX,
            html_bytes: usize::MAX,
        }
    }
}

/// The conditions under which a story stands in the output of a category, `?1`, which may be NULL for all; one excludes the
/// other. It stands there because it is its own, or because a feed that carries it names the category, too.
pub(super) fn standing_in(category: Option<&CategoryName>) -> &'static [&'static str] {
    match category {
        None => &["?1 IS NULL"],
        Some(_) => &[
            "s.category = ?1",
            "s.category <> ?1 AND s.no IN (SELECT e.story FROM feeds f JOIN entries e ON e.feed = f.no
                 WHERE NOT f.private AND EXISTS (SELECT 1 FROM json_each(f.also) WHERE value = ?1))",
        ],
    }
}

/// Filings, from the first on and before the last.
pub(super) const EVER: Range<FilingNo> = FilingNo(0)..FilingNo(i64::MAX);

impl Reader<'_> {
    /// The stories of an output, the last published first.
    pub fn stories_for(&self, query: &StoryQuery) -> Result<Vec<StoryView>> {
        let mut stories: Vec<StoryView> = Vec::new();
        let mut html_bytes = 0;
        self.each_story(query.category.as_ref(), &EVER, |row| {
            let promised = row.shown_at >= query.since || row.shown >= query.from;
            if (stories.len() >= query.at_least && !promised) || stories.len() >= query.at_most {
                return Ok(false);
            }
            let detail = if html_bytes > query.html_bytes { Detail::Brief } else { Detail::Whole };
            let story = self.story_view(&row, detail)?;
            html_bytes += story.as_ref().and_then(|story| story.html.as_ref()).map_or(0, String::len);
            stories.extend(story);
            Ok(true)
        })?;
        Ok(stories)
    }

    /// The stories of an archive document, the last published first. Without the other stories of their topics, which
    /// change.
    pub fn archived(&self, category: Option<&CategoryName>, no: ArchiveNo) -> Result<Vec<StoryView>> {
        let mut stories = Vec::new();
        self.each_story(category, &no.filings(), |row| {
            stories.extend(self.story_view(&row, Detail::Alone)?);
            Ok(true)
        })?;
        Ok(stories)
    }

    /// The archive document with the last story that was published before a filing, for anyone to see.
    pub fn archive_before(
        &self,
        category: Option<&CategoryName>,
        filing: FilingNo,
    ) -> Result<Option<ArchiveNo>> {
        self.archive_in(category, &(FilingNo(0)..filing), "DESC")
    }

    /// The archive document with the first story that was published with one of these filings.
    pub fn archive_after(
        &self,
        category: Option<&CategoryName>,
        filings: &Range<FilingNo>,
    ) -> Result<Option<ArchiveNo>> {
        self.archive_in(category, filings, "ASC")
    }

    fn archive_in(
        &self,
        category: Option<&CategoryName>,
        filings: &Range<FilingNo>,
        order: &str,
    ) -> Result<Option<ArchiveNo>> {
        let arms = standing_in(category).iter().map(|of| {
            format!(
                "SELECT shown FROM stories s WHERE shown >= ?2 AND shown < ?3 AND alias_of IS NULL AND {of}
                     AND EXISTS (SELECT 1 FROM entries e JOIN feeds f ON f.no = e.feed
                         WHERE e.story = s.no AND NOT f.private)"
            )
        });
        let arms: Vec<String> = arms.collect();
        let sql = format!("{} ORDER BY shown {order} LIMIT 1", arms.join(" UNION ALL "));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = params![category.map(CategoryName::as_str), filings.start.0, filings.end.0];
        let shown: Option<i64> = statement.query_row(values, |row| row.get(0)).optional()?;
        Ok(shown.map(|shown| ArchiveNo::of(FilingNo(shown))))
    }

    /// The categories in whose outputs a story stands.
    pub(super) fn categories_of(&self, story: StoryNo) -> Result<Vec<CategoryName>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT category FROM stories WHERE no = ?1 UNION SELECT a.value FROM entries e
                 JOIN feeds f ON f.no = e.feed, json_each(f.also) a WHERE e.story = ?1 AND NOT f.private",
        )?;
        let categories = statement.query_map([story.0], |row| row.get(0).map(CategoryName::stored))?;
        Ok(categories.collect::<rusqlite::Result<_>>()?)
    }

    /// How many stories of a category were published after this filing; counted up to `at_most`.
    pub(super) fn stories_after(
        &self,
        category: &CategoryName,
        filing: FilingNo,
        at_most: usize,
    ) -> Result<usize> {
        let arms = standing_in(Some(category))
            .iter()
            .map(|of| format!("SELECT 1 FROM stories s WHERE {of} AND s.shown > ?2 AND s.alias_of IS NULL"));
        let arms: Vec<String> = arms.collect();
        let sql = format!("SELECT count(*) FROM ({} LIMIT ?3)", arms.join(" UNION ALL "));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = params![category.as_str(), filing.0, at_most as i64];
        Ok(statement.query_row(values, |row| row.get::<_, i64>(0))? as usize)
    }

    /// Goes through the stories published with these filings, the last published first, until `visit` says `false`.
    pub(super) fn each_story(
        &self,
        category: Option<&CategoryName>,
        filings: &Range<FilingNo>,
        mut visit: impl FnMut(StoryRow) -> Result<bool>,
    ) -> Result<()> {
        let arms = standing_in(category).iter();
        let arms = arms.map(|of| format!("{STORY} AND {of} AND s.shown >= ?2 AND s.shown < ?3"));
        let arms: Vec<String> = arms.collect();
        let sql = format!("{} ORDER BY shown DESC", arms.join(" UNION ALL "));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows =
            statement.query(params![category.map(CategoryName::as_str), filings.start.0, filings.end.0])?;
        while let Some(row) = rows.next()? {
            if !visit(story_row(row)?)? {
                break;
            }
        }
        Ok(())
    }
}
