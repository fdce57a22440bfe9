//! Topics as they move on, become one and are reclustered, and as they are shown.

use super::reader::{Reader, id_at, lists_at, maybe_time_at, time_at};
use super::{Batch, Result, StoreError};
use crate::model::{
    CategoryName, FilingNo, Lookup, Placement, ShownStory, StoryNo, TopicId, TopicNo, TopicView,
    newest_development, rarity,
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::collections::HashSet;

/// Values of `awaits_news`: until there is news, and also until a takedown is undone.
const AWAITS_NEWS: i64 = 1;
const AWAITS_UNDO: i64 = 2;

/// How many stories of a topic a list shows; its own page shows more.
const IN_LISTS: usize = 12;
const ON_PAGE: usize = 200;
/// How many topics are read to find those of some publishers, apart from those that moved on lately.
const BROAD_LOOKED_AT: usize = 1_000;
/// How many of the latest entries of all feeds tell how much each feed publishes.
const LATEST_ENTRIES: i64 = 2_000;

impl Batch<'_> {
    /// Notes that the topic has moved on with this filing: it gets the next development number. Its next item goes to the
    /// categories that its stories have now.
    pub(super) fn move_topic_on(&self, no: TopicNo, filing: FilingNo, now: Timestamp) -> Result<()> {
        self.run(
            "UPDATE topics SET development = development + 1, moved = ?2, moved_at = ?3, awaits_news = 0
             WHERE no = ?1 AND moved IS NOT NULL",
            params![no.0, filing.0, now.as_second()],
        )?;
        self.set_categories(no, &self.present_categories(no)?)
    }

    /// Makes topic `from` an alias of `into`: all its stories go there. If only `from` has an item in the outputs, or had one
    /// and `into` never did, readers know `from`'s id and development; so that they do not get it again, `into` takes them
    /// over, as with stories.
    pub(super) fn absorb_topic(&self, from: TopicNo, into: TopicNo) -> Result<()> {
        if from == into {
            return Ok(());
        }
        let known = |no: TopicNo| -> Result<i64> {
            let mut statement = self.connection.prepare_cached(
                "SELECT iif(moved IS NULL, 0, 2 - (awaits_news > 0)) FROM topics WHERE no = ?1",
            )?;
            Ok(statement.query_row([no.0], |row| row.get(0)).optional()?.unwrap_or(0))
        };
        let takes_over = known(from)? > known(into)?;
        if takes_over {
            self.exchange_ids("topics", from.0, into.0)?;
            self.run(
                "UPDATE topics SET (development, moved, moved_at, awaits_news) =
                     (SELECT development, moved, moved_at, awaits_news FROM topics WHERE no = ?1) WHERE no = ?2",
                [from.0, into.0],
            )?;
        }
        // With the item goes where it stands.
        let brought =
            if takes_over { self.reader().topic_categories(from)? } else { self.present_categories(from)? };
        self.run("UPDATE stories SET topic = ?2 WHERE topic = ?1", [from.0, into.0])?;
        self.put_categories(into, brought)?;
        self.run("UPDATE topics SET alias_of = ?2 WHERE no = ?1 OR alias_of = ?1", [from.0, into.0])?;
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
        self.note_categories(story)?;
        self.close_topic_if_empty(TopicNo(from), topic)?;
        self.lose_news(TopicNo(from), self.shown(story)?, false)
    }

    /// Notes the categories of a published story in its topic. Until the topic moves on, they stay there when reclustering
    /// takes the story away: an item that left the `topics` output of a category could come back to it.
    pub(super) fn note_categories(&self, story: StoryNo) -> Result<()> {
        self.put_categories(self.topic_of(story)?, self.shown_categories(story)?)
    }

    /// The categories in which a story is published; none while it is not.
    pub(super) fn shown_categories(&self, story: StoryNo) -> Result<Vec<CategoryName>> {
        if self.shown(story)?.is_some() { self.reader().categories_of(story) } else { Ok(Vec::new()) }
    }

    /// The topic's item does not stand any more where only these categories had put it: those in which a story was
    /// published that left the topic or changed.
    pub(super) fn leave_categories(&self, topic: TopicNo, gone: &[CategoryName]) -> Result<()> {
        let present = self.present_categories(topic)?;
        let mut categories = self.reader().topic_categories(topic)?;
        categories.retain(|category| !gone.contains(category) || present.contains(category));
        self.set_categories(topic, &categories)
    }

    /// A story that was published with the filing `shown` left the topic, or is taken down. If the topic has no news now that
    /// is as new as its item, the item would be headed by what an earlier item said. So it leaves the outputs until there
    /// is news; if it was taken down, also until that is undone.
    pub(super) fn lose_news(&self, topic: TopicNo, shown: Option<(i64, i64)>, is_down: bool) -> Result<()> {
        let Some((filing, _)) = shown else { return Ok(()) };
        let Some(moved) = self.item_of(topic)?.filter(|moved| *moved <= filing) else { return Ok(()) };
        if !self.reader().has_news(topic, FilingNo(moved))? {
            self.run(
                "UPDATE topics SET awaits_news = ?2 WHERE no = ?1 AND NOT awaits_news",
                params![topic.0, if is_down { AWAITS_UNDO } else { AWAITS_NEWS }],
            )?;
        }
        Ok(())
    }

    /// A story that was taken down is back, and with it what its topic's item may have waited for.
    pub(super) fn regain_news(&self, story: StoryNo) -> Result<()> {
        let topic = self.topic_of(story)?;
        let moved: Option<i64> = self
            .connection
            .prepare_cached("SELECT moved FROM topics WHERE no = ?1 AND awaits_news = ?2")?
            .query_row([topic.0, AWAITS_UNDO], |row| row.get(0))
            .optional()?
            .flatten();
        let Some(moved) = moved else { return Ok(()) };
        if self.reader().has_news(topic, FilingNo(moved))? {
            self.run("UPDATE topics SET awaits_news = 0 WHERE no = ?1", [topic.0])?;
        }
        Ok(())
    }

    /// The filing with which the topic's item came; `None` if it has never had one, or became part of another topic.
    pub(super) fn item_of(&self, topic: TopicNo) -> Result<Option<i64>> {
        let mut statement =
            self.connection.prepare_cached("SELECT moved FROM topics WHERE no = ?1 AND alias_of IS NULL")?;
        Ok(statement.query_row([topic.0], |row| row.get(0)).optional()?.flatten())
    }

    /// The categories of the topic's published stories.
    fn present_categories(&self, topic: TopicNo) -> Result<Vec<CategoryName>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no FROM stories WHERE topic = ?1 AND alias_of IS NULL AND shown IS NOT NULL",
        )?;
        let stories = statement.query_map([topic.0], |row| row.get(0).map(StoryNo))?;
        let mut present = Vec::new();
        for story in stories {
            present.extend(self.reader().categories_of(story?)?);
        }
        present.sort_unstable();
        present.dedup();
        Ok(present)
    }

    fn set_categories(&self, topic: TopicNo, categories: &[CategoryName]) -> Result<()> {
        let list =
            serde_json::to_string(categories).map_err(|error| StoreError::Damaged(error.to_string()))?;
        self.run(
            "UPDATE topics SET categories = ?2, places = (SELECT json_group_array(value) FROM
                 (SELECT value FROM json_each(places) UNION SELECT value FROM json_each(?2)))
             WHERE no = ?1",
            params![topic.0, list],
        )?;
        Ok(())
    }

    fn put_categories(&self, topic: TopicNo, more: Vec<CategoryName>) -> Result<()> {
        let mut categories = self.reader().topic_categories(topic)?;
        let before = categories.len();
        for category in more {
            if !categories.contains(&category) {
                categories.push(category);
            }
        }
        if categories.len() > before {
            self.set_categories(topic, &categories)?;
        }
        Ok(())
    }

    /// A topic is never empty: one that lost its last story becomes an alias of where that went.
    pub(super) fn close_topic_if_empty(&self, topic: TopicNo, into: TopicNo) -> Result<()> {
        let left = self
            .connection
            .prepare_cached("SELECT 1 FROM stories WHERE topic = ?1 AND alias_of IS NULL")?
            .exists([topic.0])?;
        if left { Ok(()) } else { self.absorb_topic(topic, into) }
    }

    /// Publishes the topic of a published story, if it is not, and notes the story's categories in it. Call it after
    /// [`Self::close_topic_if_empty`] for the topic that the story left: that may exchange ids, and which ids are exchanged
    /// depends on which topics are published.
    pub(super) fn publish_topic_of(&self, story: StoryNo) -> Result<()> {
        self.run(
            "UPDATE topics SET moved = coalesce(moved, (SELECT shown FROM stories WHERE no = ?1)),
                 moved_at = coalesce(moved_at, (SELECT shown_at FROM stories WHERE no = ?1))
             WHERE no = (SELECT topic FROM stories WHERE no = ?1)",
            [story.0],
        )?;
        self.note_categories(story)
    }

    /// If the topic of a story that is published with this filing awaits news, the story is its news.
    pub(super) fn end_wait_for_news(&self, story: StoryNo, filing: FilingNo, now: Timestamp) -> Result<()> {
        let topic = self.topic_of(story)?;
        let ended = self.run(
            "UPDATE topics SET development = development + 1, moved = ?2, moved_at = ?3, awaits_news = 0
             WHERE awaits_news AND no = ?1",
            params![topic.0, filing.0, now.as_second()],
        )?;
        if ended > 0 { self.set_categories(topic, &self.present_categories(topic)?) } else { Ok(()) }
    }
}

impl Reader<'_> {
    /// When reclustering moved a story to its topic; `None` while it is where its filing put it.
    pub fn reclustered_at(&self, story: StoryNo) -> Result<Option<Timestamp>> {
        let mut statement = self.connection.prepare_cached("SELECT settled_at FROM stories WHERE no = ?1")?;
        let at = statement.query_row([story.0], |row| maybe_time_at(row, "settled_at"));
        Ok(at.optional()?.flatten())
    }

    /// The categories in whose `topics` outputs a topic stands.
    fn topic_categories(&self, topic: TopicNo) -> Result<Vec<CategoryName>> {
        let mut statement = self.connection.prepare_cached("SELECT categories FROM topics WHERE no = ?1")?;
        let categories = statement.query_row([topic.0], |row| lists_at(row, "categories")).optional()?;
        Ok(categories.unwrap_or_default())
    }

    /// The topics with news since then, those with the latest story first, at most `at_most`. Ranking is up to whoever
    /// shows them.
    pub fn topics_for(
        &self,
        category: Option<&CategoryName>,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Vec<TopicView>> {
        let mut views = Vec::new();
        let categories = category.map_or(&[][..], std::slice::from_ref);
        for no in self.topics_with_news(category, since, at_most)? {
            views.extend(self.topic_view(no, categories, FilingNo(0), IN_LISTS)?);
        }
        Ok(views)
    }

    /// The topics of these categories (of all, when none is named) with a story published after a filing, each headed by one
    /// of those, and those with the latest first, at most `at_most`: what an edition chooses from.
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
            views.extend(self.topic_view(no, categories, after, IN_LISTS)?);
        }
        Ok(views)
    }

    /// The topics of a `topics` output, those that moved on last first: at least `at_least`, all that moved on since
    /// then, and at most `at_most`. A topic whose story of the category was taken away stays. If `publishers` is more than one, only topics carried by that many, and then a
    /// bounded number of topics is read.
    pub fn topics_moved(
        &self,
        category: Option<&CategoryName>,
        publishers: usize,
        since: Timestamp,
        at_least: usize,
        at_most: usize,
    ) -> Result<Vec<TopicView>> {
        let categories = category.map_or(&[][..], std::slice::from_ref);
        // A topic whose item left, because it became part of another, was taken down or has another category, keeps its
        // place in the count. Otherwise an old topic that had left the output would come back to fill the place.
        let mut statement = self.connection.prepare_cached(
            "SELECT no, moved, moved_at, NULL AS alias_of, awaits_news, categories, places FROM topics
                 WHERE moved IS NOT NULL AND alias_of IS NULL
             UNION ALL SELECT no, moved, moved_at, alias_of, 0, categories, places FROM topics
                 WHERE moved IS NOT NULL AND alias_of IS NOT NULL
             ORDER BY moved DESC",
        )?;
        let mut rows = statement.query([])?;
        let mut topics = Vec::new();
        let (mut places, mut looked_at) = (0, 0);
        while let Some(row) = rows.next()? {
            let is_old = time_at(row, "moved_at")? < since;
            let enough = places >= at_least || (publishers > 1 && looked_at >= BROAD_LOOKED_AT);
            if (is_old && enough) || topics.len() >= at_most {
                break;
            }
            let part_of: Option<i64> = row.get("alias_of")?;
            let has_item = part_of.is_none() && !row.get::<_, bool>("awaits_news")?;
            let no = TopicNo(part_of.unwrap_or(row.get("no")?));
            looked_at += 1;
            let mut view = self.topic_view(no, categories, FilingNo(0), IN_LISTS)?;
            let stands: Vec<CategoryName> = lists_at(row, "categories")?;
            let stands_here = category.filter(|category| stands.contains(category));
            if let (None, Some(category), None) = (&view, stands_here, part_of) {
                let stays = self.topic_view(no, &[], FilingNo(0), IN_LISTS)?;
                view = stays.map(|view| TopicView { category: category.clone(), ..view });
            }
            let view = view.filter(|view| view.publishers >= publishers);
            // Where an item ever stood is not noted for outputs of widely carried topics; the topics themselves count there.
            let has_place = if publishers > 1 {
                view.is_some()
            } else {
                let stood: Vec<CategoryName> = lists_at(row, "places")?;
                let stood = category.is_none_or(|category| stood.contains(category));
                stood || (part_of.is_none() && view.is_some())
            };
            places += usize::from(has_place);
            topics.extend(view.filter(|_| has_item));
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
                if let Some(view) = self.topic_view(TopicNo(no), &[], FilingNo(0), ON_PAGE)? {
                    return Ok(Lookup::Found(view));
                }
                let taken_down = self
                    .connection
                    .prepare_cached("SELECT 1 FROM stories WHERE topic = ?1 AND taken_down IS NOT NULL")?
                    .exists([no])?;
                Ok(if taken_down { Lookup::TakenDown } else { Lookup::Unknown })
            }
        }
    }

    /// A topic with what heads it and, beside that, its newest stories, `at_most` in all; `None` unless it has a story of
    /// one of the `categories` (of any, when none is named) that was published after the filing `after`.
    pub(super) fn topic_view(
        &self,
        no: TopicNo,
        categories: &[CategoryName],
        after: FilingNo,
        at_most: usize,
    ) -> Result<Option<TopicView>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, development, moved, moved_at FROM topics WHERE no = ?1")?;
        let topic = statement
            .query_row([no.0], |row| {
                let moved = FilingNo(row.get::<_, Option<i64>>("moved")?.unwrap_or(0));
                Ok((
                    TopicId(id_at(row, "id")?),
                    row.get("development")?,
                    moved,
                    maybe_time_at(row, "moved_at")?,
                ))
            })
            .optional()?;
        let Some((id, development, moved, moved_at)) = topic else { return Ok(None) };
        let shown = self.shown_stories(no)?;
        let is_wanted = |story: &ShownStory| {
            categories.is_empty() || categories.iter().any(|category| story.stands_in(category))
        };
        let new: Vec<&ShownStory> = shown.iter().filter(|story| story.shown > after).collect();
        let Some(head) = newest_development(&new, is_wanted, development, moved) else { return Ok(None) };
        // In the list of a category the topic has that category, even if a story of another one moved it on.
        let of_section = std::iter::once(&head).chain(&new).find(|story| is_wanted(story));
        let category = &of_section.unwrap_or(&head).category;
        let Some(first) = shown.iter().min_by_key(|story| (story.published, story.shown)) else {
            return Ok(None);
        };
        let others = shown.iter().filter(|story| story.no != head.no).take(at_most.saturating_sub(1));
        let mut stories = Vec::with_capacity(shown.len().min(at_most));
        for story in std::iter::once(head).chain(others) {
            stories.extend(self.brief(story.no)?);
        }
        let Some(first) = self.brief(first.no)? else { return Ok(None) };
        let last = shown.iter().map(|story| story.published).max().unwrap_or(first.published);
        let Breadth { publishers, independent, weight, entries } = self.breadth(no)?;
        Ok(Some(TopicView {
            no,
            id,
            category: category.clone(),
            development,
            moved,
            moved_at: moved_at.unwrap_or(Timestamp::UNIX_EPOCH),
            heads_anew: !head.told_before,
            first,
            last,
            publishers,
            independent,
            weight,
            entries,
            stories,
        }))
    }

    /// Whether the topic has a story that is as new as the item that came with the filing `moved`.
    fn has_news(&self, topic: TopicNo, moved: FilingNo) -> Result<bool> {
        Ok(self.shown_stories(topic)?.iter().any(|story| story.is_news(moved)))
    }

    /// A topic's stories that anyone may see, the last published first.
    fn shown_stories(&self, topic: TopicNo) -> Result<Vec<ShownStory>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT s.no, s.category, s.shown, s.published_at, count(DISTINCT f.publisher) AS publishers,
                 group_concat(f.also, '') AS also,
                 s.settled_at IS NOT NULL
                     OR EXISTS (SELECT 1 FROM entries o JOIN filings l ON l.entry = o.no AND l.story = s.no
                         WHERE o.story = s.no AND json_extract(l.decision, '$.headline') = 'said-before')
                     AS told_before
             FROM stories s JOIN entries e ON e.story = s.no JOIN feeds f ON f.no = e.feed
             WHERE s.topic = ?1 AND s.shown IS NOT NULL AND s.alias_of IS NULL AND NOT f.private
             GROUP BY s.no ORDER BY s.shown DESC",
        )?;
        let rows = statement.query_map([topic.0], |row| {
            Ok(ShownStory {
                no: StoryNo(row.get("no")?),
                category: CategoryName::stored(row.get("category")?),
                shown: FilingNo(row.get("shown")?),
                published: time_at(row, "published_at")?,
                also: lists_at(row, "also")?,
                publishers: row.get::<_, i64>("publishers")? as usize,
                told_before: row.get("told_before")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How widely a topic was carried. The entries of a story are copies of one text, so only the publisher of the
    /// lead counts as independent.
    fn breadth(&self, topic: TopicNo) -> Result<Breadth> {
        let mut statement = self.connection.prepare_cached(
            "SELECT f.publisher, f.weight, max(e.no = s.lead) AS is_lead,
                 (SELECT count(*) FROM entries o WHERE o.feed = f.no AND o.no > ?2) AS entries
             FROM stories s JOIN entries e ON e.story = s.no JOIN feeds f ON f.no = e.feed
             WHERE s.topic = ?1 AND s.alias_of IS NULL AND s.taken_down IS NULL AND NOT f.private GROUP BY f.no",
        )?;
        let before_latest = self.sequence("entries")? - LATEST_ENTRIES;
        let mut rows = statement.query([topic.0, before_latest])?;
        let (mut publishers, mut independent) = (HashSet::new(), HashSet::new());
        let (mut weight, mut entries) = (1.0, 0);
        let mut heaviest = f64::MIN;
        while let Some(row) = rows.next()? {
            let publisher: String = row.get("publisher")?;
            if row.get("is_lead")? {
                independent.insert(publisher.clone());
            }
            publishers.insert(publisher);
            let (its_weight, its_entries) = (row.get("weight")?, row.get::<_, i64>("entries")? as usize);
            let weighs = its_weight * rarity(its_entries);
            if weighs > heaviest {
                (weight, entries, heaviest) = (its_weight, its_entries, weighs);
            }
        }
        Ok(Breadth { publishers: publishers.len(), independent: independent.len(), weight, entries })
    }
}

struct Breadth {
    publishers: usize,
    independent: usize,
    weight: f64,
    entries: usize,
}
