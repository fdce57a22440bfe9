//! Which stories stand in an output, and in the documents of its archive (RFC 5005).
//!
//! Stories are in the order in which they were published. What a story says is in `stories`.

use super::Result;
use super::reader::Reader;
use super::stories::{Detail, STORY, StoryRow, story_row};
use crate::model::{ArchiveNo, CategoryName, FeedNo, FilingNo, StoryNo, StoryView, TopicNo};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Which stories an output holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryQuery {
    /// Whose.
    pub scope: Scope,
    /// Those published by us since then …
    pub since: Timestamp,
    /// … and with this filing or later …
    pub from: FilingNo,
    /// … and in any case this many …
    pub at_least: usize,
    /// … but never more than this.
    pub at_most: usize,
    /// Bytes of HTML that an output may hold. Once the newer stories have reached this, older ones come without HTML.
    pub html_bytes: usize,
}

impl Default for StoryQuery {
    /// All stories, whole.
    fn default() -> Self {
        Self {
            scope: Scope::All,
            since: Timestamp::MIN,
            from: FilingNo(0),
            at_least: 0,
            at_most: usize::MAX,
            html_bytes: usize::MAX,
        }
    }
}

/// How many of the newest stories are read at most to find the topics of a page.
const LOOKED_AT: usize = 4_000;
/// How many topics that only one feed carries come first. More of the same feed follow only if there is room.
const OF_ONE_FEED: usize = 6;

/// Whose stories an output holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All.
    All,
    /// Those of a category, and those that a feed carried which names the category, too.
    Category(CategoryName),
    /// Those that a feed carried.
    Feed(FeedNo),
    /// Those of a topic.
    Topic(TopicNo),
}

impl Scope {
    /// The scope of a category; of `None`, all.
    pub fn of(category: Option<&CategoryName>) -> Self {
        category.map_or(Self::All, |category| Self::Category(category.clone()))
    }

    /// What stands for `?1` in its conditions.
    fn key(&self) -> Value {
        match self {
            Self::All => Value::Null,
            Self::Category(name) => Value::from(name.as_str().to_owned()),
            Self::Feed(FeedNo(no)) | Self::Topic(TopicNo(no)) => Value::from(*no),
        }
    }

    /// The conditions under which a story is in it, of which each excludes the others.
    fn conditions(&self) -> &'static [&'static str] {
        match self {
            Self::All => &["?1 IS NULL"],
            Self::Category(_) => &[
                "s.category = ?1",
                "s.category <> ?1 AND s.no IN (SELECT e.story FROM feeds f JOIN entries e ON e.feed = f.no
                     WHERE NOT f.private AND EXISTS (SELECT 1 FROM json_each(f.also) WHERE value = ?1))",
            ],
            Self::Feed(_) => &["s.no IN (SELECT story FROM entries WHERE feed = ?1)"],
            Self::Topic(_) => &["s.topic = ?1"],
        }
    }

    /// A query for all that is in it: `select` under each of its conditions, which stands for `{}` there.
    fn query(&self, select: &str) -> String {
        let arms: Vec<String> = self.conditions().iter().map(|of| select.replace("{}", of)).collect();
        arms.join(" UNION ALL ")
    }
}

/// Filings, from the first on and before the last.
pub(super) const EVER: Range<FilingNo> = FilingNo(0)..FilingNo(i64::MAX);

impl Reader<'_> {
    /// The topics of stories published since then, those with the latest story first, at most `at_most`. Of the
    /// topics that only one feed carries, a few come, and more only if there is room. Otherwise a feed that publishes
    /// all day would fill the page.
    pub fn topics_with_news(
        &self,
        category: Option<&CategoryName>,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Vec<TopicNo>> {
        let (mut topics, mut too_many) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        let mut of_feed: HashMap<FeedNo, usize> = HashMap::new();
        let mut looked_at = 0;
        self.each_story(&Scope::of(category), &EVER, |row| {
            looked_at += 1;
            if row.shown_at < since || topics.len() >= at_most || looked_at > LOOKED_AT {
                return Ok(false);
            }
            if !seen.contains(&row.topic_no) {
                let alone = self.sole_feed(row.no)?.map(|feed| of_feed.entry(feed).or_default());
                if alone.is_some_and(|count| std::mem::replace(count, *count + 1) >= OF_ONE_FEED) {
                    too_many.push(row.topic_no);
                } else {
                    seen.insert(row.topic_no);
                    topics.push(row.topic_no);
                }
            }
            Ok(true)
        })?;
        too_many.retain(|topic| seen.insert(*topic));
        topics.extend(too_many.into_iter().take(at_most - topics.len()));
        Ok(topics)
    }

    /// The feed that alone carries a story; `None` when several do.
    fn sole_feed(&self, story: StoryNo) -> Result<Option<FeedNo>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT min(e.feed), max(e.feed) FROM entries e JOIN feeds f ON f.no = e.feed
             WHERE e.story = ?1 AND NOT f.private",
        )?;
        let (first, last): (Option<i64>, Option<i64>) =
            statement.query_row([story.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(first.filter(|_| first == last).map(FeedNo))
    }

    /// The stories of an output, the last published first.
    pub fn stories_for(&self, query: &StoryQuery) -> Result<Vec<StoryView>> {
        let mut stories: Vec<StoryView> = Vec::new();
        let mut html_bytes = 0;
        self.each_story(&query.scope, &EVER, |row| {
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
    pub fn archived(&self, scope: &Scope, no: ArchiveNo) -> Result<Vec<StoryView>> {
        let mut stories = Vec::new();
        self.each_story(scope, &no.filings(), |row| {
            stories.extend(self.story_view(&row, Detail::Alone)?);
            Ok(true)
        })?;
        Ok(stories)
    }

    /// The archive document with the last story that was published before a filing, for anyone to see.
    pub fn archive_before(&self, scope: &Scope, filing: FilingNo) -> Result<Option<ArchiveNo>> {
        self.archive_in(scope, &(FilingNo(0)..filing), "DESC")
    }

    /// The archive document with the first story that was published with one of these filings.
    pub fn archive_after(&self, scope: &Scope, filings: &Range<FilingNo>) -> Result<Option<ArchiveNo>> {
        self.archive_in(scope, filings, "ASC")
    }

    fn archive_in(&self, scope: &Scope, filings: &Range<FilingNo>, order: &str) -> Result<Option<ArchiveNo>> {
        let of_scope = scope.query(
            "SELECT shown FROM stories s WHERE shown >= ?2 AND shown < ?3 AND alias_of IS NULL AND {}
                 AND EXISTS (SELECT 1 FROM entries e JOIN feeds f ON f.no = e.feed
                     WHERE e.story = s.no AND NOT f.private)",
        );
        let sql = format!("{of_scope} ORDER BY shown {order} LIMIT 1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = params![scope.key(), filings.start.0, filings.end.0];
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
        let scope = Scope::of(Some(category));
        let of_scope =
            scope.query("SELECT 1 FROM stories s WHERE {} AND s.shown > ?2 AND s.alias_of IS NULL");
        let sql = format!("SELECT count(*) FROM ({of_scope} LIMIT ?3)");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = params![scope.key(), filing.0, at_most as i64];
        Ok(statement.query_row(values, |row| row.get::<_, i64>(0))? as usize)
    }

    /// Goes through the stories published with these filings, the last published first, until `visit` says `false`.
    pub(super) fn each_story(
        &self,
        scope: &Scope,
        filings: &Range<FilingNo>,
        mut visit: impl FnMut(StoryRow) -> Result<bool>,
    ) -> Result<()> {
        let of_scope = scope.query(&format!("{STORY} AND {{}} AND s.shown >= ?2 AND s.shown < ?3"));
        let sql = format!("{of_scope} ORDER BY shown DESC");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![scope.key(), filings.start.0, filings.end.0])?;
        while let Some(row) = rows.next()? {
            if !visit(story_row(row)?)? {
                break;
            }
        }
        Ok(())
    }
}
