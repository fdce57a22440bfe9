//! The write side of the store: a batch is one transaction. All of it is committed, or none.
//!
//! The decisions come from outside; the batch only keeps the tables consistent with them.

use super::fingerprint_index::FingerprintIndex;
use super::id_index::IdPrefix;
use super::reader::{Reader, time_at};
use super::retention::Left;
use super::{Result, StoreError};
use crate::model::{
    CategoryName, Entry, EntryNo, EntryRef, FeedNo, FilingNo, Found, Placement, StoryBefore, StoryId,
    StoryNo, TopicId, TopicNo,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use std::collections::HashSet;

/// One transaction on the writer thread. What it has written, its [`Reader`] sees.
#[derive(Debug)]
pub struct Batch<'t> {
    pub(super) connection: &'t Connection,
    /// Its memtable is part of this transaction: a rollback drops the index.
    index: &'t mut Option<FingerprintIndex>,
    /// Whether an id was added, so that the write buffer may be full.
    pub(super) ids_given: bool,
    /// The last entry number that this batch has given. Numbers are given before their rows are written, so the table
    /// does not know them yet.
    last_entry: Option<i64>,
    /// The feed whose first address was last looked up, and that address.
    first_url: Option<(FeedNo, String)>,
    /// Stories to index again for search when the batch ends. FTS5 writes its buffers at every statement that touches
    /// it, so one statement for all of them is several times as fast.
    pub(super) to_index: Vec<i64>,
    /// Entries that have left the document of their feed lately.
    pub(super) left: Left,
}

/// The place of an entry: new, or where it stands already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntrySlot {
    /// The entry's row.
    pub no: EntryNo,
    /// Its lasting name, made from the key under which it was first filed.
    pub reference: EntryRef,
    /// The salt of the ids that are made from the key. 0, unless another entry was first filed under this key and has
    /// been given another key since.
    pub salt: u64,
    /// Its placement, when it was filed before.
    pub stands: Option<Placement>,
}

/// A story about to be founded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewStory {
    /// Number given by the desk.
    pub(super) no: StoryNo,
    /// Public id.
    pub(super) id: StoryId,
    /// Its topic, which must exist by the end of the batch.
    pub(super) topic: TopicNo,
    /// Its category.
    pub(super) category: CategoryName,
    /// Its founding entry.
    pub(super) lead: EntryNo,
    /// Its date, frozen from now on.
    pub(super) published: Timestamp,
}

impl<'t> Batch<'t> {
    pub(super) fn new(connection: &'t Connection, index: &'t mut Option<FingerprintIndex>) -> Self {
        Self {
            connection,
            index,
            ids_given: false,
            last_entry: None,
            first_url: None,
            to_index: Vec::new(),
            left: Left::default(),
        }
    }

    /// Reads within the transaction.
    pub fn reader(&self) -> Reader<'t> {
        Reader::new(self.connection)
    }

    /// Writes what was collected during the batch. Called once, before the commit.
    pub(super) fn finish(mut self) -> Result<()> {
        if let Some(index) = &mut *self.index {
            index.flush(self.connection)?;
        }
        self.flush_ids()?;
        self.to_index.sort_unstable();
        self.to_index.dedup();
        if self.to_index.is_empty() {
            return Ok(());
        }
        self.index_words(&self.to_index)
    }

    pub(super) fn run(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(values)?)
    }

    /// The row of the entry `key` of `feed`: the one it has, or a number never used before.
    pub fn slot(&mut self, feed: FeedNo, key: &str) -> Result<EntrySlot> {
        if let Some(slot) = self.standing(feed, key)? {
            return Ok(slot);
        }
        let last = match self.last_entry {
            Some(last) => last,
            None => self.reader().sequence("entries")?,
        };
        let no = last + 1;
        self.last_entry = Some(no);
        let first_url = match self.first_url.take() {
            Some((known, first_url)) if known == feed => first_url,
            _ => self
                .connection
                .prepare_cached("SELECT first_url FROM feeds WHERE no = ?1")?
                .query_row([feed.0], |row| row.get(0))?,
        };
        let mut reference = EntryRef::new(&first_url, key);
        let taken = self.reader().row_of(reference)?.is_some();
        let salt = if taken { no.cast_unsigned() } else { 0 };
        if taken {
            reference = EntryRef::new(&first_url, &format!("{key}\0{salt}"));
        }
        self.first_url = Some((feed, first_url));
        Ok(EntrySlot { no: EntryNo(no), reference, salt, stands: None })
    }

    /// The place of an entry that was filed before.
    fn standing(&self, feed: FeedNo, key: &str) -> Result<Option<EntrySlot>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.no, e.reference, e.story, s.topic FROM entries e JOIN stories s ON s.no = e.story
             WHERE e.feed = ?1 AND e.key = ?2",
        )?;
        let slot = statement.query_row(params![feed.0, key], |row| {
            let reference = EntryRef(row.get::<_, i64>(1)?.cast_unsigned());
            let stands = Some(Placement { story: StoryNo(row.get(2)?), topic: TopicNo(row.get(3)?) });
            Ok(EntrySlot { no: EntryNo(row.get(0)?), reference, salt: 0, stands })
        });
        Ok(slot.optional()?)
    }

    /// Gives a stored entry another key, because its publisher gave it another id; its lasting name stays. Gives its
    /// place; `None` when the entry is not there or the key is another's.
    pub fn rekey(&self, feed: FeedNo, no: EntryNo, key: &str) -> Result<Option<EntrySlot>> {
        let rows = self.run(
            "UPDATE OR IGNORE entries SET key = ?3 WHERE no = ?2 AND feed = ?1",
            params![feed.0, no.0, key],
        )?;
        if rows == 0 {
            return Ok(None);
        }
        self.standing(feed, key)
    }

    /// Writes an entry, or its new words when it stands already. Its story must exist by the end of the batch.
    pub(super) fn put_entry(
        &mut self,
        slot: &EntrySlot,
        feed: FeedNo,
        entry: &Entry,
        story: StoryNo,
        now: Timestamp,
    ) -> Result<()> {
        let (no, reference) = (slot.no, slot.reference);
        if slot.stands.is_none() {
            self.put_id(reference, no.0)?;
        } else {
            self.keep_revision(no, entry, now)?;
        }
        self.run(
            "INSERT INTO entries (no, feed, key, reference, hash, story, url, title, text, language,
                 published_at, updated_at, seen_at, recording, shares_address, links_to)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT (no) DO UPDATE SET hash = ?5, story = ?6, url = ?7, title = ?8, text = ?9,
                 language = ?10, published_at = ?11, updated_at = ?12, recording = ?14, shares_address = ?15,
                 links_to = ?16",
            params![
                no.0,
                feed.0,
                entry.key,
                reference.0 as i64,
                entry.hash.to_be_bytes(),
                story.0,
                entry.url,
                entry.title,
                entry.text,
                entry.language,
                entry.published.map(Timestamp::as_second),
                entry.updated.map(Timestamp::as_second),
                now.as_second(),
                entry.recording().map(u64::cast_signed),
                entry.shares_address,
                entry.links_to,
            ],
        )?;
        self.run(
            "INSERT INTO bodies (entry, summary, content, image, authors, terms, enclosures, comments, image_alt,
                 image_width, image_height)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (entry) DO UPDATE SET summary = ?2, content = ?3, image = ?4, authors = ?5,
                 terms = ?6, enclosures = ?7, comments = ?8, image_alt = ?9, image_width = ?10, image_height = ?11",
            params![
                no.0,
                entry.summary,
                entry.content,
                entry.image.as_ref().map(|picture| &picture.url),
                list(&entry.authors)?,
                list(&entry.terms)?,
                list(&entry.enclosures)?,
                entry.comments,
                entry.image.as_ref().and_then(|picture| picture.alt.as_ref()),
                entry.image.as_ref().and_then(|picture| picture.width),
                entry.image.as_ref().and_then(|picture| picture.height),
            ],
        )?;
        Ok(())
    }

    /// Notes that the feed has given each of these addresses to several entries. From then on such an address
    /// identifies no entry, and this also holds for the entries that are stored already.
    pub fn share_addresses(&self, feed: FeedNo, urls: &[String]) -> Result<()> {
        self.run(
            "UPDATE entries SET shares_address = 1 WHERE feed = ?1 AND NOT shares_address
                 AND url IN (SELECT value FROM json_each(?2))",
            params![feed.0, list(urls)?],
        )?;
        Ok(())
    }

    /// Notes that the address of none of these entries identifies it.
    pub(super) fn share_addresses_of(&self, entries: &[EntryNo]) -> Result<()> {
        for no in entries {
            self.run("UPDATE entries SET shares_address = 1 WHERE no = ?1", [no.0])?;
        }
        Ok(())
    }

    /// Puts the entry under these fingerprints, beside those it has, so that [`Self::candidates`] finds it.
    pub(super) fn put_fingerprints(
        &mut self,
        no: EntryNo,
        fingerprints: &[u64],
        now: Timestamp,
    ) -> Result<()> {
        let connection = self.connection;
        self.index()?.put(connection, no.0, fingerprints, Found::PER_FINGERPRINT, now)
    }

    /// The entries stored under any of these fingerprints, newest first within a fingerprint, and the other entries
    /// of their stories. Sees what this batch has filed. An entry that was filed before finds itself, too.
    pub fn candidates(&mut self, fingerprints: &[u64]) -> Result<Found> {
        let connection = self.connection;
        let index = self.index()?;
        let mut numbers: Vec<i64> = Vec::new();
        for fingerprint in fingerprints {
            for no in index.find(connection, *fingerprint, Found::PER_FINGERPRINT)? {
                if !numbers.contains(&no) {
                    numbers.push(no);
                }
            }
        }
        numbers.truncate(Found::CANDIDATES);
        let candidates = self.reader().entries_as_candidates(&numbers)?;
        let mut seen = HashSet::new();
        let stories = candidates.iter().map(|candidate| candidate.placement.story);
        let mut members = self.reader().members(stories.filter(|story| seen.insert(*story)))?;
        self.note_who_left(&mut members)?;
        Ok(Found { candidates, members })
    }

    /// The index of fingerprints. It is loaded from the tables if no transaction has used it yet, or if the last one
    /// has failed.
    pub(super) fn index(&mut self) -> Result<&mut FingerprintIndex> {
        Ok(match &mut *self.index {
            Some(index) => index,
            none => none.insert(FingerprintIndex::load(self.connection)?),
        })
    }

    /// A topic that gets a story must not be an alias: removes the alias. Its item left the outputs when it became one, so a
    /// new item has to wait for news. Says whether the topic exists.
    pub(super) fn revive_topic(&self, no: TopicNo) -> Result<bool> {
        let mut statement =
            self.connection.prepare_cached("SELECT alias_of IS NOT NULL FROM topics WHERE no = ?1")?;
        let alias: Option<bool> = statement.query_row([no.0], |row| row.get(0)).optional()?;
        if alias == Some(true) {
            self.run(
                "UPDATE topics SET alias_of = NULL, awaits_news = moved IS NOT NULL WHERE no = ?1",
                [no.0],
            )?;
        }
        Ok(alias.is_some())
    }

    /// Whether this story exists.
    pub(super) fn has_story(&self, no: StoryNo) -> Result<bool> {
        Ok(self.connection.prepare_cached("SELECT 1 FROM stories WHERE no = ?1")?.exists([no.0])?)
    }

    /// Founds a topic, with an id that is not taken.
    pub(super) fn put_topic(&mut self, no: TopicNo, id: TopicId) -> Result<()> {
        self.put_id(id, no.0)?;
        self.run("INSERT INTO topics (no, id) VALUES (?1, ?2)", params![no.0, id.0.to_be_bytes()])?;
        Ok(())
    }

    /// Whether the public id of a story or topic is taken: the same id, or one with the same first 64 bits, exists.
    pub(super) fn id_taken(&self, id: u128) -> Result<bool> {
        Ok(self.reader().row_of(IdPrefix::of(id))?.is_some())
    }

    /// Founds a story, not yet shown, with an id that is not taken.
    pub(super) fn put_story(&mut self, story: &NewStory) -> Result<()> {
        self.put_id(story.id, story.no.0)?;
        self.run(
            "INSERT INTO stories (no, id, topic, category, lead, published_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            params![
                story.no.0,
                story.id.0.to_be_bytes(),
                story.topic.0,
                story.category.as_str(),
                story.lead.0,
                story.published.as_second(),
            ],
        )?;
        Ok(())
    }

    /// Publishes a story with this filing, unless it is published already, and its topic with it, if that is wanted.
    pub(super) fn show_story(
        &mut self,
        no: StoryNo,
        filing: FilingNo,
        with_topic: bool,
        now: Timestamp,
    ) -> Result<()> {
        let shown = self.run(
            "UPDATE stories SET shown = ?2, shown_at = ?3 WHERE no = ?1 AND shown IS NULL AND taken_down IS NULL",
            params![no.0, filing.0, now.as_second()],
        )?;
        if shown == 1 {
            if with_topic {
                self.publish_topic_of(no)?;
                self.end_wait_for_news(no, filing, now)?;
            }
            self.to_index.push(no.0);
        }
        Ok(())
    }

    /// The story is shown with the words of this entry from now on. Id and date stay; readers who know it are told that it has
    /// changed.
    pub(super) fn set_lead(&mut self, no: StoryNo, lead: EntryNo, now: Timestamp) -> Result<()> {
        self.run(
            "UPDATE stories SET lead = ?2,
                 updated_at = CASE WHEN shown IS NULL THEN updated_at ELSE max(updated_at, ?3) END WHERE no = ?1",
            params![no.0, lead.0, now.as_second()],
        )?;
        self.to_index.push(no.0);
        Ok(())
    }

    /// Notes that the lead's words changed, so that outputs say when.
    pub(super) fn touch_story(&mut self, no: StoryNo, lead: EntryNo, now: Timestamp) -> Result<()> {
        let touched = self.run(
            "UPDATE stories SET updated_at = max(updated_at, ?3) WHERE no = ?1 AND lead = ?2",
            params![no.0, lead.0, now.as_second()],
        )?;
        if touched == 1 {
            self.to_index.push(no.0);
        }
        Ok(())
    }

    /// A category has another name in `feeds.toml`: its stories go with it.
    pub fn rename_category(&self, was: &str, name: &CategoryName) -> Result<()> {
        self.run("UPDATE stories SET category = ?2 WHERE category = ?1", params![was, name.as_str()])?;
        for column in ["categories", "places"] {
            let sql = format!(
                "UPDATE topics SET {column} = (SELECT json_group_array(iif(value = ?1, ?2, value)) FROM json_each({column}))
                 WHERE EXISTS (SELECT 1 FROM json_each({column}) WHERE value = ?1)"
            );
            self.run(&sql, params![was, name.as_str()])?;
        }
        Ok(())
    }

    /// A story as it stands; `None` when there is none yet.
    pub fn story_before(&self, story: StoryNo) -> Result<Option<StoryBefore>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT published_at, shown IS NOT NULL OR coalesce(taken_down, 0) > 0 AS shown, taken_down IS NOT NULL AS taken_down, EXISTS (SELECT 1 FROM entries e
                 JOIN feeds f ON f.no = e.feed WHERE e.story = s.no AND NOT f.private) AS carried_openly
             FROM stories s WHERE no = ?1",
        )?;
        let before = statement.query_row([story.0], |row| {
            Ok(StoryBefore {
                published: time_at(row, "published_at")?,
                carried_openly: row.get("carried_openly")?,
                shown: row.get("shown")?,
                taken_down: row.get("taken_down")?,
            })
        });
        Ok(before.optional()?)
    }
}

/// A list as JSON; an empty one is NULL, because most are.
pub(super) fn list<T: Serialize>(values: &[T]) -> Result<Option<String>> {
    if values.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(values).map(Some).map_err(|error| StoreError::Damaged(error.to_string()))
}
