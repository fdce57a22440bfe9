//! Queries over a span of time: the days that have stories, the stories of a day, and the topics that most publishers
//! carried.
//!
//! A story belongs to the day of its publication date, which never changes and which pages print. Every query here
//! uses the index on that date and reads a bounded number of stories.

use super::Result;
use super::reader::{Reader, time};
use crate::model::{FilingNo, Ranked, StoryBrief, StoryNo, TopicNo};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::params;
use std::ops::Range;

/// How many stories of a span of time are read to count publishers: the newest ones.
const LOOKED_AT: usize = 4_000;

/// Up to how many stories a span of time is counted.
const COUNTED: usize = 100_000;

/// Which stories there are in a span of time.
const OF_SPAN: &str =
    "FROM stories WHERE shown IS NOT NULL AND alias_of IS NULL AND published_at >= ?1 AND published_at < ?2";

impl Reader<'_> {
    /// The days before `until` that have stories, as days are counted in `zone`, the latest first, at most `at_most`.
    pub fn days_before(&self, until: Timestamp, zone: &TimeZone, at_most: usize) -> Result<Vec<Date>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT max(published_at) FROM stories
             WHERE shown IS NOT NULL AND alias_of IS NULL AND published_at < ?1",
        )?;
        let (mut days, mut until) = (Vec::new(), until);
        while days.len() < at_most {
            let latest: Option<i64> = statement.query_row([until.as_second()], |row| row.get(0))?;
            let Some(latest) = latest.map(time) else { break };
            let day = zone.to_datetime(latest).date();
            days.push(day);
            // The search always moves to an earlier time, so the loop ends: a day begins no later than any moment of
            // it.
            until = zone.to_timestamp(day.at(0, 0, 0, 0)).map_or(latest, |begin| begin.min(latest));
        }
        Ok(days)
    }

    /// The first day after `from` that has stories.
    pub fn day_after(&self, from: Timestamp, zone: &TimeZone) -> Result<Option<Date>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT min(published_at) FROM stories
             WHERE shown IS NOT NULL AND alias_of IS NULL AND published_at >= ?1",
        )?;
        let first: Option<i64> = statement.query_row([from.as_second()], |row| row.get(0))?;
        Ok(first.map(|first| zone.to_datetime(time(first)).date()))
    }

    /// How many stories a span of time has, counted up to a hundred thousand.
    pub fn count_between(&self, span: &Range<Timestamp>) -> Result<usize> {
        let sql = format!("SELECT count(*) FROM (SELECT 1 {OF_SPAN} LIMIT {COUNTED})");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let span = [span.start, span.end].map(Timestamp::as_second);
        Ok(statement.query_row(span, |row| row.get::<_, i64>(0))? as usize)
    }

    /// The stories of a span of time, the newest first: at most `at_most` after the first `skipped`.
    pub fn stories_between(
        &self,
        span: &Range<Timestamp>,
        skipped: usize,
        at_most: usize,
    ) -> Result<Vec<StoryBrief>> {
        let sql = format!("SELECT no {OF_SPAN} ORDER BY published_at DESC, no DESC LIMIT ?3 OFFSET ?4");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = params![span.start.as_second(), span.end.as_second(), at_most as i64, skipped as i64];
        let numbers = statement.query_map(values, |row| row.get(0).map(StoryNo))?;
        let mut stories = Vec::new();
        for no in numbers {
            stories.extend(self.brief(no?)?);
        }
        Ok(stories)
    }

    /// The topics that at least two newsrooms reported in a span of time, those with the most newsrooms first. A
    /// newsroom is a publisher with a text of its own, that is, one whose entry leads a story. Each topic comes with
    /// only the story that heads it.
    pub fn widest(&self, span: &Range<Timestamp>, at_most: usize) -> Result<Vec<Ranked>> {
        let sql = format!(
            "SELECT s.topic, count(DISTINCT f.publisher) AS publishers, max(s.published_at) AS latest,
                 count(DISTINCT CASE WHEN e.no = s.lead THEN f.publisher END) AS newsrooms
             FROM (SELECT no, topic, lead, published_at {OF_SPAN} ORDER BY published_at DESC LIMIT {LOOKED_AT}) s
             JOIN entries e ON e.story = s.no JOIN feeds f ON f.no = e.feed WHERE NOT f.private
             GROUP BY s.topic HAVING newsrooms > 1
             ORDER BY newsrooms DESC, publishers DESC, latest DESC, s.topic LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = params![span.start.as_second(), span.end.as_second(), at_most as i64];
        let rows = statement.query_map(values, |row| {
            Ok((TopicNo(row.get("topic")?), row.get::<_, i64>("newsrooms")?.max(1) as usize))
        })?;
        let mut widest = Vec::new();
        for row in rows {
            let (no, newsrooms) = row?;
            let topic = self.topic_view(no, &[], FilingNo(0), 1)?;
            widest.extend(topic.map(|topic| Ranked { topic, newsrooms }));
        }
        Ok(widest)
    }
}
