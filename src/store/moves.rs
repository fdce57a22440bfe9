//! What moves when stories become one, and when the operator moves entries and stories.
//!
//! The tables stay consistent: a story that lost its last entry is an alias of where that went, a topic that lost its last
//! story likewise, and readers keep the ids they know.

use super::id_index::IdPrefix;
use super::{Batch, Result, StoreError};
use crate::model::{CategoryName, EntryNo, StoryNo, TopicNo};
use rusqlite::{OptionalExtension, params};

impl Batch<'_> {
    /// Makes `from` an alias of `into`: its entries and its older aliases go there, its page redirects, its item is
    /// never sent again. Of two stories of which only `from` was published, readers know `from`'s id; so that they
    /// do not get it again, the two exchange ids, which nobody outside can tell.
    pub(super) fn absorb(&mut self, from: StoryNo, into: StoryNo) -> Result<()> {
        if from == into {
            return Ok(());
        }
        // A takedown of either story holds for the united one, because the content that was taken down is in it.
        if self.put_back(from)? | self.put_back(into)? {
            self.absorb(from, into)?;
            return self.take_down(into);
        }
        let (from_shown, into_shown) = (self.shown(from)?, self.shown(into)?);
        if let (Some((filing, at)), None) = (from_shown, into_shown) {
            self.exchange_ids("stories", from.0, into.0)?;
            self.run(
                "UPDATE stories SET shown = ?2, shown_at = ?3, published_at =
                     (SELECT published_at FROM stories WHERE no = ?4) WHERE no = ?1",
                params![into.0, filing, at, from.0],
            )?;
        }
        let topic_from = self.topic_of(from)?;
        let topic_into = self.topic_of(into)?;
        self.run("UPDATE entries SET story = ?2 WHERE story = ?1", [from.0, into.0])?;
        self.run("UPDATE stories SET alias_of = ?2 WHERE no = ?1 OR alias_of = ?1", [from.0, into.0])?;
        self.run("UPDATE stories SET topic = ?2 WHERE no = ?1", [from.0, topic_into.0])?;
        // The search index drops the alias, and takes in the story if it was not there yet.
        self.to_index.extend([from.0, into.0]);
        self.close_topic_if_empty(topic_from, topic_into)?;
        self.lose_news(topic_from, from_shown, false)?;
        if into_shown.is_none() { self.publish_topic_of(into) } else { Ok(()) }
    }

    /// The story is shown nowhere from now on, and keeps its place for the day it is put back.
    pub(super) fn take_down(&mut self, story: StoryNo) -> Result<()> {
        let (before, shown) = (self.shown_categories(story)?, self.shown(story)?);
        self.run(
            "UPDATE stories SET taken_down = coalesce(shown, 0), shown = NULL WHERE no = ?1 AND taken_down IS NULL",
            [story.0],
        )?;
        self.to_index.push(story.0);
        let topic = self.topic_of(story)?;
        self.lose_news(topic, shown, true)?;
        self.leave_categories(topic, &before)
    }

    /// Puts a story back where it stood. Says whether it was taken down.
    pub(super) fn put_back(&mut self, story: StoryNo) -> Result<bool> {
        let rows = self.run(
            "UPDATE stories SET shown = nullif(taken_down, 0), taken_down = NULL
             WHERE no = ?1 AND taken_down IS NOT NULL",
            [story.0],
        )?;
        self.to_index.push(story.0);
        if rows > 0 {
            self.note_categories(story)?;
            self.regain_news(story)?;
        }
        Ok(rows > 0)
    }

    /// Moves an entry to another story by the operator's order, and mends the lead of the one it leaves.
    pub(super) fn move_entry(&mut self, entry: EntryNo, to: StoryNo) -> Result<()> {
        let from: i64 =
            self.connection
                .query_row("SELECT story FROM entries WHERE no = ?1", [entry.0], |row| row.get(0))?;
        if from == to.0 {
            return Ok(());
        }
        let before = self.shown_categories(StoryNo(from))?;
        self.run("UPDATE entries SET story = ?2 WHERE no = ?1", [entry.0, to.0])?;
        self.note_categories(to)?;
        let remaining: Option<i64> = self.connection.query_row(
            "SELECT (SELECT e.no FROM entries e JOIN feeds f ON f.no = e.feed WHERE e.story = ?1
                 ORDER BY f.private, e.no LIMIT 1)",
            [from],
            |row| row.get(0),
        )?;
        match remaining {
            None => self.absorb(StoryNo(from), to),
            Some(first) => {
                self.run("UPDATE stories SET lead = ?2 WHERE no = ?1 AND lead = ?3", [from, first, entry.0])?;
                self.to_index.push(from);
                // The entry's feed may have put the story into further categories.
                self.leave_categories(self.topic_of(StoryNo(from))?, &before)
            }
        }
    }

    /// Moves a story to another topic by the operator's order.
    pub(super) fn move_story(&self, story: StoryNo, to: TopicNo) -> Result<()> {
        let from = self.topic_of(story)?;
        if from == to {
            return Ok(());
        }
        let shown = self.shown(story)?;
        let item = self.item_of(from)?;
        let headed = item.is_some() && item == shown.map(|(filing, _)| filing);
        self.run(
            "UPDATE stories SET topic = ?2, settled_at = NULL WHERE no = ?1 OR alias_of = ?1",
            [story.0, to.0],
        )?;
        self.close_topic_if_empty(from, to)?;
        self.lose_news(from, shown, false)?;
        self.leave_categories(from, &self.shown_categories(story)?)?;
        // Those who follow topics know a story that headed an item, so a topic that it founds is published with its next
        // news.
        if headed { self.note_categories(story) } else { self.publish_topic_of(story) }
    }

    /// Gives a story another category. Its topic leaves the output of the one before, unless another story holds it there.
    pub(super) fn set_category(&self, story: StoryNo, category: &CategoryName) -> Result<()> {
        let before = self.shown_categories(story)?;
        let changed = self.run(
            "UPDATE stories SET category = ?2 WHERE no = ?1 AND category <> ?2",
            params![story.0, category.as_str()],
        )?;
        if changed == 0 {
            return Ok(());
        }
        self.leave_categories(self.topic_of(story)?, &before)?;
        self.note_categories(story)
    }

    /// The filing and second with which a story was published; `None` while it is not.
    pub(super) fn shown(&self, story: StoryNo) -> Result<Option<(i64, i64)>> {
        let mut statement =
            self.connection.prepare_cached("SELECT shown, shown_at FROM stories WHERE no = ?1")?;
        let shown = statement
            .query_row([story.0], |row| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?)))
            .optional()?;
        Ok(shown.flatten())
    }

    pub(super) fn topic_of(&self, story: StoryNo) -> Result<TopicNo> {
        let mut statement = self.connection.prepare_cached("SELECT topic FROM stories WHERE no = ?1")?;
        statement
            .query_row([story.0], |row| row.get(0))
            .optional()?
            .map(TopicNo)
            .ok_or_else(|| StoreError::Damaged(format!("there is no story {story}")))
    }

    /// Two rows of `stories` or of `topics` exchange their public ids.
    pub(super) fn exchange_ids(&self, table: &str, one: i64, other: i64) -> Result<()> {
        let id = |no: i64| -> Result<[u8; 16]> {
            let sql = format!("SELECT id FROM {table} WHERE no = ?1");
            Ok(self.connection.query_row(&sql, [no], |row| row.get(0))?)
        };
        let give = |no: i64, id: [u8; 16]| -> Result<()> {
            self.run(&format!("UPDATE {table} SET id = ?2 WHERE no = ?1"), params![no, id])?;
            self.move_id(IdPrefix::of(u128::from_be_bytes(id)), no)
        };
        let (first, second) = (id(one)?, id(other)?);
        give(other, first)?;
        give(one, second)
    }
}
