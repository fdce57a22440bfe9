//! Stories as they are shown: published ones only, without what private feeds carried.

use super::Result;
use super::reader::{Reader, id_at, json_at, time, time_at};
use crate::model::{
    CategoryName, Enclosure, EntryNo, FeedNo, FilingNo, Lead, Lookup, Picture, SourceView, StoryBrief,
    StoryId, StoryNo, StoryView, TopicId, TopicNo, cut, says_something, site_of,
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// How many of a topic's other stories go with a story.
const SIBLINGS: usize = 12;

/// Characters of text that a brief shows.
const EXCERPT_CHARS: usize = 400;

/// Characters of a carrier's note that are shown.
const NOTE_CHARS: usize = 300;

/// Carriers of one story that are looked at for media, discussions and notes.
const CARRIERS_READ: usize = 50;

/// A story's own row.
pub(super) struct StoryRow {
    pub(super) no: StoryNo,
    pub(super) id: StoryId,
    pub(super) topic_no: TopicNo,
    pub(super) topic: TopicId,
    pub(super) category: CategoryName,
    pub(super) lead: EntryNo,
    pub(super) published: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) shown: FilingNo,
    pub(super) shown_at: Timestamp,
}

/// How much of a story is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Everything.
    Whole,
    /// Everything but the other stories of its topic.
    Alone,
    /// Neither those nor its HTML.
    Brief,
}

/// One feed that carried a story, and what it brings.
struct Carried {
    source: SourceView,
    enclosures: Vec<Enclosure>,
}

pub(super) const STORY: &str =
    "SELECT s.no, s.id, s.topic, t.id AS topic_id, s.category, s.lead, s.published_at, s.updated_at,
         s.shown, s.shown_at
     FROM stories s JOIN topics t ON t.no = s.topic
     WHERE s.shown IS NOT NULL AND s.alias_of IS NULL";

impl Reader<'_> {
    /// The topics with a story of one of the categories (of any, when none is named) published after the filing `after`,
    /// those with the latest story first.
    pub(super) fn topics_after(&self, after: FilingNo, categories: &[CategoryName]) -> Result<Vec<TopicNo>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT topic, max(shown) AS latest FROM stories
             WHERE shown > ?1 AND alias_of IS NULL AND (?2 = '[]' OR category IN (SELECT value FROM json_each(?2))
                 OR EXISTS (SELECT 1 FROM entries e JOIN feeds f ON f.no = e.feed, json_each(f.also) a
                     WHERE e.story = stories.no AND NOT f.private AND a.value IN (SELECT value FROM json_each(?2))))
             GROUP BY topic ORDER BY latest DESC",
        )?;
        let categories = serde_json::to_string(categories).unwrap_or_default();
        let rows = statement.query_map(params![after.0, categories], |row| row.get(0).map(TopicNo))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// One story by its public id.
    pub fn story(&self, id: StoryId) -> Result<Lookup<StoryView>> {
        let Some(no) = self.row_of(id)? else { return Ok(Lookup::Unknown) };
        let known = self
            .connection
            .prepare_cached(
                "SELECT s.no, o.id FROM stories s LEFT JOIN stories o ON o.no = s.alias_of
                 WHERE s.no = ?1 AND s.id = ?2",
            )?
            .query_row(params![no, id.0.to_be_bytes()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<[u8; 16]>>(1)?))
            })
            .optional()?;
        let Some((no, alias)) = known else { return Ok(Lookup::Unknown) };
        if let Some(alias) = alias {
            return Ok(Lookup::Moved(StoryId(u128::from_be_bytes(alias)).to_string()));
        }
        let row = self
            .connection
            .prepare_cached(&format!("{STORY} AND s.no = ?1"))?
            .query_row([no], story_row)
            .optional()?;
        let Some(row) = row else {
            let down = self.is_taken_down(StoryNo(no))?;
            return Ok(if down { Lookup::TakenDown } else { Lookup::Unknown });
        };
        Ok(self.story_view(&row, Detail::Whole)?.map_or(Lookup::Unknown, Lookup::Found))
    }

    /// Whether the operator has taken a story down, or the one that it has become part of.
    pub fn is_taken_down(&self, no: StoryNo) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM stories WHERE no = (SELECT coalesce(alias_of, no) FROM stories WHERE no = ?1)
                 AND taken_down IS NOT NULL",
        )?;
        Ok(statement.exists([no.0])?)
    }

    /// One story by its number, or the one that it has become part of; `None` while it is not published.
    pub(super) fn shown_story(&self, no: StoryNo) -> Result<Option<StoryView>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "{STORY} AND s.no = (SELECT coalesce(alias_of, no) FROM stories WHERE no = ?1)"
        ))?;
        let row = statement.query_row([no.0], story_row).optional()?;
        Ok(row.map(|row| self.story_view(&row, Detail::Whole)).transpose()?.flatten())
    }

    /// The story of an entry with this address or key, and the story with this public id, for `why`. Also finds what
    /// is not published.
    pub fn story_named(&self, name: &str) -> Result<Option<StoryNo>> {
        if let Ok(id) = name.parse::<StoryId>()
            && let Some(no) = self.row_of(id)?
        {
            let mut statement = self
                .connection
                .prepare_cached("SELECT coalesce(alias_of, no) FROM stories WHERE no = ?1 AND id = ?2")?;
            let no = statement.query_row(params![no, id.0.to_be_bytes()], |row| row.get(0)).optional()?;
            if let Some(no) = no {
                return Ok(Some(StoryNo(no)));
            }
        }
        Ok(self.entry_named(name)?.map(|(_, story)| story))
    }

    /// Public ids and category of a story, published or not.
    pub fn story_ids(&self, no: StoryNo) -> Result<Option<(StoryId, TopicId, TopicNo, CategoryName)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT s.id, t.id AS topic_id, t.no, s.category FROM stories s JOIN topics t ON t.no = s.topic
             WHERE s.no = ?1",
        )?;
        let ids = statement.query_row([no.0], |row| {
            Ok((
                StoryId(id_at(row, "id")?),
                TopicId(id_at(row, "topic_id")?),
                TopicNo(row.get("no")?),
                CategoryName::stored(row.get("category")?),
            ))
        });
        Ok(ids.optional()?)
    }

    /// Who leads a story; `None` when there is none yet.
    pub fn lead_of(&self, story: StoryNo) -> Result<Option<Lead>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.no, e.feed, e.url, e.links_to, substr(e.text, 1, ?2) AS text, f.validators_url, f.private,
                 f.prefer FROM stories s JOIN entries e ON e.no = s.lead JOIN feeds f ON f.no = e.feed WHERE s.no = ?1",
        )?;
        let lead = statement.query_row(params![story.0, NOTE_CHARS as i64], |row| {
            let (url, links_to): (Option<String>, Option<String>) = (row.get("url")?, row.get("links_to")?);
            let (text, address): (String, String) = (row.get("text")?, row.get("validators_url")?);
            let page = Lead::page(url.as_deref(), links_to.as_deref(), &text);
            let (entry, feed) = (EntryNo(row.get("no")?), FeedNo(row.get("feed")?));
            let lead = Lead::new((entry, feed), page, &address, row.get("private")?);
            Ok(Lead { preferred: row.get("prefer")?, ..lead })
        });
        Ok(lead.optional()?)
    }

    /// A published story in brief; `None` when it is not published, an alias, or private.
    pub(super) fn brief(&self, no: StoryNo) -> Result<Option<StoryBrief>> {
        let row = self
            .connection
            .prepare_cached(&format!("{STORY} AND s.no = ?1"))?
            .query_row([no.0], story_row)
            .optional()?;
        let Some(row) = row else { return Ok(None) };
        let sources = self.sources(&row)?;
        let Some((entry, first)) = sources.first() else { return Ok(None) };
        let mut statement = self.connection.prepare_cached(
            "SELECT substr(e.text, 1, ?2) AS text, b.image, b.image_alt, b.image_width, b.image_height
             FROM entries e LEFT JOIN bodies b ON b.entry = e.no WHERE e.no = ?1",
        )?;
        let (excerpt, image): (String, Option<Picture>) = statement
            .query_row(params![entry.0, EXCERPT_CHARS as i64], |row| Ok((row.get("text")?, picture(row)?)))?;
        let kept = self.kept_picture(no)?;
        Ok(Some(StoryBrief {
            id: row.id,
            title: title_or_start(&first.title, &excerpt, image.as_ref()),
            url: first.url.clone(),
            feed: first.feed.clone(),
            feed_no: first.feed_no,
            excerpt,
            image,
            picture: kept,
            language: first.language.clone(),
            sources: sources.len(),
            published: row.published,
        }))
    }

    pub(super) fn story_view(&self, story: &StoryRow, detail: Detail) -> Result<Option<StoryView>> {
        let sources = self.sources(story)?;
        let Some((lead, _)) = sources.first() else { return Ok(None) };
        let siblings = if detail == Detail::Whole { self.siblings(story)? } else { Vec::new() };
        let mut carried = self.carried(&sources)?;
        let mut statement = self.connection.prepare_cached(
            "SELECT e.title, e.url, e.text, e.language, b.summary, b.content, b.image, b.image_alt, b.image_width,
                 b.image_height, b.authors
             FROM entries e LEFT JOIN bodies b ON b.entry = e.no WHERE e.no = ?1",
        )?;
        let mut view = statement.query_row([lead.0], |row| {
            let text: String = row.get("text")?;
            let excerpt: String = text.chars().take(EXCERPT_CHARS).collect();
            let html = match detail {
                Detail::Brief => None,
                Detail::Whole | Detail::Alone => {
                    row.get::<_, Option<String>>("content")?.or(row.get("summary")?)
                }
            };
            for other in carried.iter_mut().skip(1) {
                if says_the_same(&text, &other.source.note) {
                    other.source.note.clear();
                }
            }
            // The lead's own words are shown as the story's.
            if let Some(lead) = carried.first_mut() {
                lead.source.note.clear();
            }
            let enclosures = united(&mut carried);
            let image = picture(row)?;
            Ok(StoryView {
                no: story.no,
                id: story.id,
                topic_no: story.topic_no,
                topic: story.topic,
                category: story.category.clone(),
                title: title_or_start(&row.get::<_, String>("title")?, &excerpt, image.as_ref()),
                url: row.get("url")?,
                html,
                excerpt,
                authors: json_at(row, "authors")?,
                enclosures,
                comments: carried.iter().find_map(|one| one.source.discussion.clone()),
                image,
                picture: None,
                language: row.get("language")?,
                published: story.published,
                updated: story.updated,
                shown: story.shown,
                shown_at: story.shown_at,
                sources: carried.into_iter().map(|one| one.source).collect(),
                siblings,
            })
        })?;
        view.picture = self.kept_picture(story.no)?;
        Ok(Some(view))
    }

    /// What each of the carriers brings besides its words: media, discussion, note. Only of the first
    /// [`CARRIERS_READ`].
    fn carried(&self, sources: &[(EntryNo, SourceView)]) -> Result<Vec<Carried>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.url, e.links_to, substr(e.text, 1, ?2) AS text, b.enclosures, b.comments
             FROM entries e LEFT JOIN bodies b ON b.entry = e.no WHERE e.no = ?1",
        )?;
        let mut carried = Vec::with_capacity(sources.len());
        for (place, (entry, source)) in sources.iter().enumerate() {
            let source = source.clone();
            if place >= CARRIERS_READ {
                carried.push(Carried { source, enclosures: Vec::new() });
                continue;
            }
            carried.push(statement.query_row(params![entry.0, NOTE_CHARS as i64], |row| {
                Ok(Carried { source: beside(source, row)?, enclosures: json_at(row, "enclosures")? })
            })?);
        }
        Ok(carried)
    }

    /// The public carriers of a story, the lead first, then in the order they came; one for each feed.
    fn sources(&self, story: &StoryRow) -> Result<Vec<(EntryNo, SourceView)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.no, e.feed, e.title, e.url, e.language, min(coalesce(e.published_at, e.seen_at), e.seen_at) AS published, f.name,
                 f.title AS feed_title, f.site_url, f.url AS feed_url, f.publisher
             FROM entries e JOIN feeds f ON f.no = e.feed
             WHERE e.story = ?1 AND NOT f.private ORDER BY e.no <> ?2, e.no",
        )?;
        let rows = statement
            .query_map([story.no.0, story.lead.0], |row| Ok((EntryNo(row.get("no")?), source(row)?)))?;
        let mut feeds = Vec::new();
        let mut sources = Vec::new();
        for row in rows {
            let (entry, source) = row?;
            if !feeds.contains(&source.feed_no) {
                feeds.push(source.feed_no);
                sources.push((entry, source));
            }
        }
        Ok(sources)
    }

    fn siblings(&self, story: &StoryRow) -> Result<Vec<StoryBrief>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT no FROM stories WHERE topic = ?1 AND no <> ?2 AND shown IS NOT NULL AND alias_of IS NULL
             ORDER BY shown DESC LIMIT ?3",
        )?;
        let rows = statement
            .query_map(params![story.topic_no.0, story.no.0, SIBLINGS as i64], |row| row.get::<_, i64>(0))?;
        let mut siblings = Vec::new();
        for no in rows {
            siblings.extend(self.brief(StoryNo(no?))?);
        }
        Ok(siblings)
    }
}

/// The picture of an entry.
fn picture(row: &Row<'_>) -> rusqlite::Result<Option<Picture>> {
    let url: Option<String> = row.get("image")?;
    let Some(url) = url else { return Ok(None) };
    let (width, height) = (row.get("image_width")?, row.get("image_height")?);
    Ok(Some(Picture { url, alt: row.get("image_alt")?, width, height }))
}

/// Adds to a source what its entry has besides a title: its own page, its discussion, its note.
fn beside(source: SourceView, row: &Row<'_>) -> rusqlite::Result<SourceView> {
    let (links_to, comments): (Option<String>, Option<String>) = (row.get("links_to")?, row.get("comments")?);
    let page = links_to.as_ref().or(source.url.as_ref());
    let leads_elsewhere = page.is_some_and(|page| site_of(page).is_some_and(|site| site != source.publisher));
    // An entry that names the page beside its own link is where that page is discussed.
    let discussion =
        comments.or_else(|| source.url.clone().filter(|_| leads_elsewhere && links_to.is_some()));
    let own_page = if links_to.is_none() && leads_elsewhere { discussion.clone() } else { None };
    let note = if leads_elsewhere { row.get("text")? } else { String::new() };
    Ok(SourceView { url: own_page.or(source.url), discussion, note, ..source })
}

/// Whether a note repeats a text: the beginning of the note is in the text, or the text is in the note.
fn says_the_same(text: &str, note: &str) -> bool {
    const BEGINNING_CHARS: usize = 40;
    /// A shorter text may stand in anything.
    const LEAST_BYTES: usize = 20;
    let beginning: String = note.chars().take(BEGINNING_CHARS).collect();
    text.contains(&beginning) || (text.len() >= LEAST_BYTES && note.contains(text))
}

/// The media of a story: those of the lead. If the lead has no audio or video, those of the first carrier that has
/// some come before them. Nothing else is taken from other carriers: it would seem to be the lead's.
fn united(carried: &mut [Carried]) -> Vec<Enclosure> {
    let is_played = |enclosure: &Enclosure| enclosure.is_played();
    let Some((lead, others)) = carried.split_first_mut() else { return Vec::new() };
    let mut enclosures = std::mem::take(&mut lead.enclosures);
    if enclosures.iter().any(is_played) {
        return enclosures;
    }
    let played = others.iter_mut().find(|one| one.enclosures.iter().any(is_played));
    let played = played.map(|one| std::mem::take(&mut one.enclosures)).unwrap_or_default();
    enclosures.splice(0..0, played.into_iter().filter(is_played));
    enclosures
}

/// The title to show: the title; if it is empty, the start of the text; else the picture's alternative text. Empty if
/// none of them says anything.
pub(super) fn title_or_start(title: &str, excerpt: &str, picture: Option<&Picture>) -> String {
    const CHARS: usize = 80;
    let alt = picture.and_then(|picture| picture.alt.as_deref()).unwrap_or_default();
    if says_something(title) {
        return title.to_owned();
    }
    [excerpt, alt]
        .into_iter()
        .find(|text| says_something(text))
        .map(|text| cut(text, CHARS))
        .unwrap_or_default()
}

pub(super) fn story_row(row: &Row<'_>) -> rusqlite::Result<StoryRow> {
    Ok(StoryRow {
        no: StoryNo(row.get("no")?),
        id: StoryId(id_at(row, "id")?),
        topic_no: TopicNo(row.get("topic")?),
        topic: TopicId(id_at(row, "topic_id")?),
        category: CategoryName::stored(row.get("category")?),
        lead: EntryNo(row.get("lead")?),
        published: time_at(row, "published_at")?,
        updated: time_at(row, "updated_at")?,
        shown: FilingNo(row.get("shown")?),
        shown_at: time_at(row, "shown_at")?,
    })
}

pub(super) fn source(row: &Row<'_>) -> rusqlite::Result<SourceView> {
    let publisher: String = row.get("publisher")?;
    let title = row.get::<_, Option<String>>("name")?.or(row.get("feed_title")?);
    Ok(SourceView {
        feed_no: FeedNo(row.get("feed")?),
        feed: title.filter(|title| !title.is_empty()).unwrap_or_else(|| publisher.clone()),
        site_url: row.get("site_url")?,
        feed_url: row.get("feed_url")?,
        publisher,
        title: row.get("title")?,
        url: row.get("url")?,
        discussion: None,
        note: String::new(),
        language: row.get("language")?,
        published: time(row.get("published")?),
    })
}
