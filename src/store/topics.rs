//! Topics as they move on, become one and are reclustered, and as they are shown.

use super::reader::{Reader, id_at, time_at};
use super::{Batch, Result};
use crate::model::{CategoryName, FilingNo, Lookup, Placement, StoryNo, TopicId, TopicNo, TopicView};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// How many stories of a topic a list shows; its own page shows more.
const IN_LISTS: usize = 12;
const ON_PAGE: usize = 200;

impl Batch<'_> {
    /// The topic has truly moved on with this filing.
    pub(super) fn move_topic_on(&self, no: TopicNo, filing: FilingNo, now: Timestamp) -> Result<()> {
        self.run(
            "UPDATE topics SET development = development + 1, moved = ?2, moved_at = ?3
             WHERE no = ?1 AND moved IS NOT NULL",
            params![no.0, filing.0, now.as_second()],
        )?;
        Ok(())
    }

    /// Makes topic `from` an alias of `into`: all its stories go there. Of two of which only `from` was published, readers
    /// know `from`'s id and development; so that they do not get it again, `into` takes them over, as with stories.
    pub(super) fn absorb_topic(&self, from: TopicNo, into: TopicNo) -> Result<()> {
        if from == into {
            return Ok(());
        }
        let moved = |no: TopicNo| -> Result<bool> {
            let mut statement =
                self.connection.prepare_cached("SELECT moved IS NOT NULL FROM topics WHERE no = ?1")?;
            Ok(statement.query_row([no.0], |row| row.get(0)).optional()?.unwrap_or(false))
        };
        if moved(from)? && !moved(into)? {
            self.exchange_ids("topics", from.0, into.0)?;
            self.run(
                "UPDATE topics SET development = (SELECT development FROM topics WHERE no = ?1) WHERE no = ?2",
                [from.0, into.0],
            )?;
        }
        self.run("UPDATE stories SET topic = ?2 WHERE topic = ?1", [from.0, into.0])?;
        self.run("UPDATE topics SET alias_of = ?2 WHERE no = ?1 OR alias_of = ?1", [from.0, into.0])?;
        self.run(
            "UPDATE topics SET moved = coalesce(moved, (SELECT moved FROM topics WHERE no = ?1)),
                 moved_at = coalesce(moved_at, (SELECT moved_at FROM topics WHERE no = ?1)) WHERE no = ?2",
            [from.0, into.0],
        )?;
        Ok(())
    }

    /// Reclustering moves a story to another topic, which is founded with this id unless it exists. Nobody is told: a topic
    /// founded so is published with its next news. One that is left without stories becomes part of where the last of
    /// them goes.
    pub(super) fn recluster_story(
        &mut self,
        placement: Placement,
        id: TopicId,
        now: Timestamp,
    ) -> Result<()> {
        let Placement { story, topic } = placement;
        let from: Option<i64> = self
            .connection
            .prepare_cached("SELECT topic FROM stories WHERE no = ?1 AND alias_of IS NULL")?
            .query_row([story.0], |row| row.get(0))
            .optional()?;
        let Some(from) = from.filter(|from| *from != topic.0) else { return Ok(()) };
        if !self.revive_topic(topic)? {
            self.put_topic(topic, id)?;
        }
        self.run(
            "UPDATE stories SET topic = ?2, settled_at = ?3 WHERE no = ?1 OR alias_of = ?1",
            params![story.0, topic.0, now.as_second()],
        )?;
        self.close_topic_if_empty(TopicNo(from), topic)
    }

    /// A topic is never empty: one that lost its last story becomes an alias of where that went.
    pub(super) fn close_topic_if_empty(&self, topic: TopicNo, into: TopicNo) -> Result<()> {
        let left = self
            .connection
            .prepare_cached("SELECT 1 FROM stories WHERE topic = ?1 AND alias_of IS NULL")?
            .exists([topic.0])?;
        if left { Ok(()) } else { self.absorb_topic(topic, into) }
    }

    /// A published story has come to a topic, which is published with it. Comes after the topic that the story left is
    /// closed, because ids go by what was published before.
    pub(super) fn publish_topic_of(&self, story: StoryNo) -> Result<()> {
        self.run(
            "UPDATE topics SET moved = coalesce(moved, (SELECT shown FROM stories WHERE no = ?1)),
                 moved_at = coalesce(moved_at, (SELECT shown_at FROM stories WHERE no = ?1))
             WHERE no = (SELECT topic FROM stories WHERE no = ?1)",
            [story.0],
        )?;
        Ok(())
    }
}

impl Reader<'_> {
    /// When reclustering moved a story to its topic; `None` while it is where its filing put it.
    pub fn reclustered_at(&self, story: StoryNo) -> Result<Option<Timestamp>> {
        let mut statement = self.connection.prepare_cached("SELECT settled_at FROM stories WHERE no = ?1")?;
        let at = statement.query_row([story.0], |row| super::reader::maybe_time_at(row, "settled_at"));
        Ok(at.optional()?.flatten())
    }

    /// The topics with news since then, those with the latest story first, at most `at_most`. Ranking is up to whoever
    /// shows them.
    pub fn topics_for(
        &self,
        category: Option<&CategoryName>,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Vec<TopicView>> {
        self.views(self.topics_with_news(category, since, at_most)?, category)
    }

    /// The topics of these categories (of all, when none is named) with a story published after a filing, those with the
    /// latest story first, at most `at_most`: what an edition chooses from.
    pub fn topics_since(
        &self,
        after: FilingNo,
        categories: &[CategoryName],
        at_most: usize,
    ) -> Result<Vec<TopicView>> {
        let mut views = Vec::new();
        for no in self.topics_after(after, categories)? {
            if views.len() == at_most {
                break;
            }
            // A topic is of its leading story's category.
            let view = self.topic_view(no, None, IN_LISTS)?;
            views.extend(view.filter(|view| categories.is_empty() || categories.contains(&view.category)));
        }
        Ok(views)
    }

    /// The topics of a `topics` output: those that moved on last first; at least `at_least`, and all since then.
    pub fn topics_moved(
        &self,
        category: Option<&CategoryName>,
        since: Timestamp,
        at_least: usize,
        at_most: usize,
    ) -> Result<Vec<TopicView>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no, moved_at FROM topics WHERE moved IS NOT NULL AND alias_of IS NULL ORDER BY moved DESC",
        )?;
        let mut rows = statement.query([])?;
        let mut topics = Vec::new();
        while let Some(row) = rows.next()? {
            let enough = topics.len() >= at_least && time_at(row, "moved_at")? < since;
            if enough || topics.len() >= at_most {
                break;
            }
            let view = self.topic_view(TopicNo(row.get("no")?), category, IN_LISTS)?;
            topics.extend(view.filter(|view| category.is_none_or(|category| view.category == *category)));
        }
        Ok(topics)
    }

    /// One topic by its public id, with its stories.
    pub fn topic(&self, id: TopicId) -> Result<Lookup<TopicView>> {
        let Some(no) = self.row_of(id)? else { return Ok(Lookup::Unknown) };
        let known = self
            .connection
            .prepare_cached(
                "SELECT t.no, o.id FROM topics t LEFT JOIN topics o ON o.no = t.alias_of
                 WHERE t.no = ?1 AND t.id = ?2",
            )?
            .query_row(params![no, id.0.to_be_bytes()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<[u8; 16]>>(1)?))
            })
            .optional()?;
        match known {
            None => Ok(Lookup::Unknown),
            Some((_, Some(alias))) => Ok(Lookup::Moved(TopicId(u128::from_be_bytes(alias)).to_string())),
            Some((no, None)) => {
                Ok(self.topic_view(TopicNo(no), None, ON_PAGE)?.map_or(Lookup::Unknown, Lookup::Found))
            }
        }
    }

    fn views(&self, topics: Vec<TopicNo>, category: Option<&CategoryName>) -> Result<Vec<TopicView>> {
        let mut views = Vec::with_capacity(topics.len());
        for no in topics {
            views.extend(self.topic_view(no, category, IN_LISTS)?);
        }
        Ok(views)
    }

    /// A topic with at most `at_most` stories. When a category is given, a story of that category leads.
    fn topic_view(
        &self,
        no: TopicNo,
        category: Option<&CategoryName>,
        at_most: usize,
    ) -> Result<Option<TopicView>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT s.no, s.category, (SELECT count(DISTINCT f.publisher) FROM entries e JOIN feeds f
                 ON f.no = e.feed WHERE e.story = s.no AND NOT f.private) AS publishers
             FROM stories s WHERE s.topic = ?1 AND s.shown IS NOT NULL AND s.alias_of IS NULL
             ORDER BY s.shown DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![no.0, at_most as i64], |row| {
            let category = CategoryName::stored(row.get("category")?);
            Ok((StoryNo(row.get("no")?), category, row.get::<_, i64>("publishers")?))
        })?;
        let mut stories = Vec::new();
        for row in rows {
            let (no, category, publishers) = row?;
            stories.extend(self.brief(no)?.map(|brief| (brief, category, publishers)));
        }
        let fits = |of: &CategoryName| category.is_none_or(|category| of == category);
        let best = (0..stories.len()).max_by_key(|&i| {
            let (_, category, publishers) = &stories[i];
            // Of equals the newest, which stands first.
            (fits(category), *publishers, std::cmp::Reverse(i))
        });
        let Some(best) = best else { return Ok(None) };
        let lead = stories.remove(best);
        stories.insert(0, lead);
        let dates = stories.iter().map(|(brief, ..)| brief.published);
        let (first, last) = (dates.clone().min(), dates.max());
        let Breadth { publishers, independent, weight } = self.breadth(no)?;
        let category = stories[0].1.clone();
        let briefs = stories.into_iter().map(|(brief, ..)| brief).collect();
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, development, moved, moved_at FROM topics WHERE no = ?1")?;
        let view = statement
            .query_row([no.0], |row| {
                Ok(TopicView {
                    no,
                    id: TopicId(id_at(row, "id")?),
                    category,
                    development: row.get("development")?,
                    moved: FilingNo(row.get::<_, Option<i64>>("moved")?.unwrap_or(0)),
                    moved_at: super::reader::maybe_time_at(row, "moved_at")?.unwrap_or(Timestamp::UNIX_EPOCH),
                    first: first.unwrap_or(Timestamp::UNIX_EPOCH),
                    last: last.unwrap_or(Timestamp::UNIX_EPOCH),
                    publishers,
                    independent,
                    weight,
                    stories: briefs,
                })
            })
            .optional()?;
        Ok(view)
    }

    /// Who carried a topic. A story's entries are copies of one text, which its lead had first.
    fn breadth(&self, topic: TopicNo) -> Result<Breadth> {
        let mut statement = self.connection.prepare_cached(
            "SELECT count(DISTINCT f.publisher) AS publishers, coalesce(max(f.weight), 1.0) AS weight,
                 count(DISTINCT CASE WHEN e.no = s.lead THEN f.publisher END) AS independent
             FROM stories s JOIN entries e ON e.story = s.no JOIN feeds f ON f.no = e.feed
             WHERE s.topic = ?1 AND s.alias_of IS NULL AND NOT f.private",
        )?;
        let breadth = statement.query_row([topic.0], |row| {
            Ok(Breadth {
                publishers: row.get::<_, i64>("publishers")? as usize,
                independent: row.get::<_, i64>("independent")? as usize,
                weight: row.get("weight")?,
            })
        });
        Ok(breadth?)
    }
}

struct Breadth {
    publishers: usize,
    independent: usize,
    weight: f64,
}
