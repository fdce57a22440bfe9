//! Stored entries as candidates for near-duplicate detection, and as the targets of orders. The store must not judge
//! which of them are the same story.

use super::reader::{Reader, maybe_time_at, time_at};
use super::{Result, StoreError};
use crate::model::{
    Candidate, CategoryName, EntryNo, EntryRef, FeedFacts, FeedNo, Found, Member, OrderTarget, Placement,
    StoryNo, TopicNo,
};
use rusqlite::{OptionalExtension, Row};

const CANDIDATE: &str =
    "SELECT e.no, e.reference, e.feed, f.publisher, e.story, s.topic, s.category, e.url, e.links_to, e.title,
         e.text, e.published_at, e.seen_at, e.recording, e.shares_address, f.category AS fixed
     FROM entries e JOIN stories s ON s.no = e.story JOIN feeds f ON f.no = e.feed";

impl Reader<'_> {
    /// These entries, as candidates for being the same story as another; those that are gone, and those of feeds whose entries
    /// are never one story with others, are left out.
    pub(super) fn entries_as_candidates(&self, numbers: &[i64]) -> Result<Vec<Candidate>> {
        let mut statement =
            self.connection.prepare_cached(&format!("{CANDIDATE} WHERE e.no = ?1 AND f.dedupe"))?;
        let mut found = Vec::with_capacity(numbers.len());
        for no in numbers {
            found.extend(statement.query_row([no], candidate).optional()?);
        }
        Ok(found)
    }

    /// The entries of these stories, of each story the newest [`Found::PER_STORY`].
    pub(super) fn members(&self, stories: impl Iterator<Item = StoryNo>) -> Result<Vec<Member>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no, feed, url, seen_at, gone_at FROM entries WHERE story = ?1 ORDER BY no DESC LIMIT ?2",
        )?;
        let mut members = Vec::new();
        for story in stories {
            let rows = statement.query_map([story.0, Found::PER_STORY as i64], |row| {
                Ok(Member {
                    story,
                    no: EntryNo(row.get("no")?),
                    feed: FeedNo(row.get("feed")?),
                    url: row.get("url")?,
                    filed_at: time_at(row, "seen_at")?,
                    gone_at: maybe_time_at(row, "gone_at")?,
                })
            })?;
            for member in rows {
                members.push(member?);
            }
        }
        Ok(members)
    }

    /// The entries that an order names, as they stand now; those no longer there are left out.
    pub fn order_targets(&self, references: &[EntryRef]) -> Result<Vec<OrderTarget>> {
        let mut statement = self.connection.prepare_cached(&format!("{CANDIDATE} WHERE e.no = ?1"))?;
        let mut targets = Vec::new();
        for reference in references {
            let Some(no) = self.row_of(*reference)? else { continue };
            let target = statement.query_row([no], |row| {
                let fixed = row.get::<_, Option<String>>("fixed")?.map(CategoryName::stored);
                Ok(OrderTarget { candidate: candidate(row)?, fixed })
            });
            targets.extend(target.optional()?);
        }
        Ok(targets)
    }

    /// The key of an entry and the facts of its feed: what public ids are made from.
    pub fn entry_origin(&self, entry: EntryNo) -> Result<(String, FeedFacts)> {
        let mut statement = self.connection.prepare_cached("SELECT key, feed FROM entries WHERE no = ?1")?;
        let (key, feed) = statement.query_row([entry.0], |row| Ok((row.get(0)?, FeedNo(row.get(1)?))))?;
        let facts = self.feed_facts(feed)?;
        let facts = facts.ok_or_else(|| StoreError::Damaged(format!("there is no feed {feed}")))?;
        Ok((key, facts))
    }

    /// The entry with this address or key and its story; of several, the latest.
    pub fn entry_named(&self, name: &str) -> Result<Option<(EntryRef, StoryNo)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT reference, story FROM entries WHERE url = ?1 OR key = ?1 ORDER BY no DESC LIMIT 1",
        )?;
        let found = statement
            .query_row([name], |row| Ok((EntryRef(row.get::<_, i64>(0)? as u64), StoryNo(row.get(1)?))));
        Ok(found.optional()?)
    }

    /// The lasting name of a story's lead.
    pub fn lead_reference(&self, story: StoryNo) -> Result<EntryRef> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.reference FROM stories s JOIN entries e ON e.no = s.lead WHERE s.no = ?1",
        )?;
        Ok(EntryRef(statement.query_row([story.0], |row| row.get::<_, i64>(0))? as u64))
    }

    /// The lasting names of a story's entries, in the order they came.
    pub fn references_of_story(&self, story: StoryNo) -> Result<Vec<EntryRef>> {
        self.references("SELECT reference FROM entries WHERE story = ?1 ORDER BY no", story.0)
    }

    /// The lasting names of the leads of a topic's stories.
    pub fn references_of_topic(&self, topic: TopicNo) -> Result<Vec<EntryRef>> {
        self.references(
            "SELECT e.reference FROM stories s JOIN entries e ON e.no = s.lead
             WHERE s.topic = ?1 AND s.alias_of IS NULL ORDER BY s.no",
            topic.0,
        )
    }

    fn references(&self, sql: &str, no: i64) -> Result<Vec<EntryRef>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([no], |row| Ok(EntryRef(row.get::<_, i64>(0)? as u64)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn candidate(row: &Row<'_>) -> rusqlite::Result<Candidate> {
    Ok(Candidate {
        no: EntryNo(row.get("no")?),
        reference: EntryRef(row.get::<_, i64>("reference")? as u64),
        feed: FeedNo(row.get("feed")?),
        publisher: row.get("publisher")?,
        placement: Placement { story: StoryNo(row.get("story")?), topic: TopicNo(row.get("topic")?) },
        category: CategoryName::stored(row.get("category")?),
        url: row.get("url")?,
        links_to: row.get("links_to")?,
        title: row.get("title")?,
        text: row.get("text")?,
        published: maybe_time_at(row, "published_at")?,
        filed_at: time_at(row, "seen_at")?,
        recording: row.get::<_, Option<i64>>("recording")?.map(i64::cast_unsigned),
        shares_address: row.get("shares_address")?,
    })
}
