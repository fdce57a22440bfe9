//! What an entry is: same story? same event? which section? Three engines behind one value.
//!
//! The desk is handed an entry, its [`Analysis`], the entries that the store found under the same fingerprints
//! ([`Found`]), and the time. It answers with a [`Filing`]. What it has learned is bounded in size. It consists of
//! integers and fixed hashes, and of scores that are the same on every machine. It can be saved ([`Desk::snapshot`]); a
//! snapshot and the filings made since restore exactly the same desk.
//!
//! It reads no clock, no file and no database, never fails, and knows nothing but [`crate::model`].
//!
//! Reading order: `text` (tokens, languages, canonical addresses) · `dedup` (same story?) · `topics` (same event?) ·
//! `categories` (which section?) · `overrides` (the operator's must-link and cannot-link) · `placements` (where recent
//! stories stand) · `links` (which pages an entry links to) · `analysis` · this file, which asks the engines in turn to
//! decide and to learn · `orders` (carrying them out) · `memory_index` (a store in memory). `hash`, `logarithm`,
//! `prefetch` and `snapshot` serve them all.

mod analysis;
mod categories;
mod dedup;
mod hash;
mod links;
mod logarithm;
pub mod memory_index;
#[cfg(test)]
mod newsroom;
mod orders;
mod overrides;
mod placements;
mod prefetch;
mod snapshot;
#[cfg(test)]
mod tests;
mod text;
mod topics;

pub use analysis::Analysis;
pub use links::{page_fingerprint, story_of_page};
pub use snapshot::BadSnapshot;

use crate::model::{
    CategoryName, CategoryRule, DeskSettings, Filing, Found, Headline, Placement, StoryNo, StoryRule,
    Submission, TopicDecision, TopicNo, TopicRule,
};
use categories::{Categories, EntryContext, StoryContext};
use dedup::{Context, Decided, Dedup, DocFeatures};
use hash::PublisherHash;
use jiff::Timestamp;
use links::Pages;
use overrides::Overrides;
use placements::{Placements, Standing};
use std::sync::Arc;
use text::languages;
use topics::{StoryText, Topics, series, stems};

/// Version of the snapshot's format.
const VERSION: u32 = 11;

/// The desk: its settings, the orders it was given, and what it has learned.
pub struct Desk {
    /// Former names of categories, and the present ones.
    renamed: Vec<(String, CategoryName)>,
    next_story: StoryNo,
    next_topic: TopicNo,
    dedup: Dedup,
    topics: Topics,
    categories: Categories,
    placements: Placements,
    overrides: Overrides,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("next_story", &self.next_story).finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk that has learned nothing yet.
    pub fn new(settings: &DeskSettings) -> Self {
        let mut desk = Self {
            renamed: Vec::new(),
            next_story: StoryNo(1),
            next_topic: TopicNo(1),
            dedup: Dedup::new(),
            topics: Topics::default(),
            categories: Categories::new(),
            placements: Placements::default(),
            overrides: Overrides::default(),
        };
        desk.configure(settings);
        desk
    }

    /// Replaces the settings. What the desk has learned stays; renamed categories keep it under their present names.
    pub fn configure(&mut self, settings: &DeskSettings) {
        self.topics.configure(settings.topics_stricter as f32);
        self.categories.configure(settings);
        let renamed = settings
            .categories
            .iter()
            .flat_map(|category| category.was.iter().map(|was| (was.clone(), category.name.clone())));
        self.renamed = renamed.collect();
        for (was, present) in &self.renamed {
            self.topics.rename_category(was, present);
            self.categories.rename_category(was, present);
            self.overrides.rename_category(was, present);
        }
    }

    /// Makes sure that new stories and topics get higher numbers than these, which are taken. A desk that starts
    /// without a snapshot must not give a number a second time.
    pub fn count_from(&mut self, story: StoryNo, topic: TopicNo) {
        self.next_story = self.next_story.max(StoryNo(story.0.saturating_add(1)));
        self.next_topic = self.next_topic.max(TopicNo(topic.0.saturating_add(1)));
    }

    /// Extracts from a submission what the engines need. The result depends on what the desk has learned so far, for
    /// example of boilerplate.
    pub fn analyse(&self, submission: &Submission<'_>) -> Analysis {
        let entry = submission.entry;
        let publisher = PublisherHash::of(&submission.feed.publisher);
        let features = DocFeatures::new(entry.into());
        let (title, text) = (features.title.list.as_slice(), features.text.as_slice());
        let headline = self.dedup.headline(&features, publisher);
        let language = languages::language(headline, text);
        let Pages { carried, links, story: pages } = links::pages(submission, &features);
        Analysis {
            reference: submission.reference,
            fixed: submission.feed.category.clone(),
            hashes: self.dedup.hashes(&features, publisher, submission.reference, entry.shares_address),
            category_features: categories::features(entry, title, text),
            text: StoryText {
                stems: stems::weighted_stems(headline, text, &language),
                headline: series::pattern(headline),
                published_s: entry.published.map(Timestamp::as_second),
                languages: language.codes,
                publisher,
                pages,
            },
            carried,
            links,
            features: Some(Arc::new(features)),
        }
    }

    /// Decides where an entry belongs, and learns from it. `found` is what the store holds under the analysis'
    /// fingerprints.
    pub fn file(
        &mut self,
        submission: &Submission<'_>,
        analysis: &Analysis,
        found: &Found,
        now: Timestamp,
    ) -> Filing {
        let mut filing = self.decide(submission, analysis, found, now);
        self.learn_entry(analysis, &filing);
        if self.topics.is_recluster_due(now.as_second()) {
            filing.reclustered = self.recluster();
        }
        self.learn_reclustered(&filing.reclustered, now.as_second());
        filing
    }

    /// The decisions in order: which story, which topic, which category.
    fn decide(
        &mut self,
        submission: &Submission<'_>,
        analysis: &Analysis,
        found: &Found,
        now: Timestamp,
    ) -> Filing {
        let context =
            Context { overrides: &self.overrides, placements: &self.placements, next: self.next_story };
        let entry = submission.entry;
        // Features are not journalled, so an analysis that was read back has none.
        let extract = || Arc::new(DocFeatures::new(entry.into()));
        let features = analysis.features.clone().unwrap_or_else(extract);
        let Decided { decision: story, joined, page_of } =
            self.dedup.decide(submission, &features, found, &context, now);
        let topic = match &joined {
            Some(joined) => TopicDecision::sure(joined.placement.topic, TopicRule::SameStory),
            None => {
                let Self { overrides, placements, next_topic: next, .. } = &*self;
                let context = topics::Context { overrides, placements, next: *next, now_s: now.as_second() };
                self.topics.decide(submission, &analysis.text, page_of, &context)
            }
        };
        let known = joined.as_ref().map(|joined| joined.placement.story);
        let standing = known.and_then(|story| self.placements.get(story));
        let category = self.categories.decide(
            &EntryContext {
                entry,
                title: &features.title.list,
                text: &features.text,
                features: &analysis.category_features,
                fixed: analysis.fixed.as_ref(),
            },
            &StoryContext {
                rule: story.rule,
                category: joined.as_ref().and_then(|joined| joined.category.as_ref()),
                is_fixed: standing.is_none_or(|standing| standing.is_fixed),
                ordered: self.overrides.category(submission.reference, known),
                majority: Some(topic.no)
                    .filter(|_| topic.rule != TopicRule::Founded)
                    .and_then(|topic| self.topics.majority(topic)),
            },
        );
        Filing { entry: submission.no, at: now, story, topic, category, reclustered: Vec::new() }
    }

    /// An entry that did not found its published story heads it now, so readers of topics get to see its headline. Gives
    /// what its filing has to say of that.
    pub fn show_headline(&mut self, analysis: &Analysis, now: Timestamp) -> Headline {
        self.topics.show_headline(&analysis.text, now.as_second())
    }

    /// Learns from a decision, as [`Self::file`] does. Besides orders and settings, only these two values change what
    /// the desk has learned. That is why a snapshot and the journal suffice to restore it.
    pub fn learn(&mut self, analysis: &Analysis, filing: &Filing) {
        self.learn_entry(analysis, filing);
        self.learn_reclustered(&filing.reclustered, filing.at.as_second());
    }

    fn learn_entry(&mut self, analysis: &Analysis, filing: &Filing) {
        let (story, topic, now_s) = (filing.story.no, filing.topic.no, filing.at.as_second());
        self.count_from(story, topic);
        for gone in &filing.topic.absorbed {
            self.absorb_topic(*gone, topic);
        }
        self.dedup.learn(&analysis.hashes, filing.story.rule);
        // When the journal is replayed, the category may have been renamed since the filing.
        let fixed = analysis.fixed.as_ref().map(|fixed| self.present_name(fixed).clone());
        match filing.story.rule {
            StoryRule::SameEntry => {}
            StoryRule::Founded => {
                if let (Some(fixed), Some(majority)) = (&fixed, self.topics.majority(topic)) {
                    self.categories.learn_majority(majority, fixed);
                }
                let category = self.present_name(&filing.category.name).clone();
                self.topics.learn(story, &filing.topic, &category, &analysis.text, now_s);
            }
            _ => self.topics.touch(topic, now_s),
        }
        self.topics.learn_headline(filing.topic.headline, &analysis.text, now_s);
        self.place(filing);
        self.overrides.note(analysis.reference, filing.placement());
        if let Some(fixed) = fixed.filter(|_| filing.story.rule != StoryRule::SameEntry) {
            self.categories.learn(&fixed, &analysis.category_features);
        }
    }

    /// A topic becomes part of another, with all of its stories.
    fn absorb_topic(&mut self, gone: TopicNo, into: TopicNo) {
        if gone != into {
            self.topics.merge(gone, into);
            self.placements.topic_merged(gone, into);
            self.overrides.topic_merged(gone, into);
        }
    }

    /// A story becomes part of another, which has this placement.
    fn absorb_story(&mut self, gone: StoryNo, into: Placement) {
        if let Some(standing) = self.placements.get(gone) {
            self.topics.story_left(standing.topic, into.topic);
        }
        self.placements.remove(gone);
        self.topics.story_absorbed(gone);
        self.overrides.story_moved(gone, into);
    }

    /// Records the topic of the filing's story, and forgets the stories that became part of it.
    fn place(&mut self, filing: &Filing) {
        let placement = filing.placement();
        for gone in &filing.story.absorbed {
            self.absorb_story(*gone, placement);
        }
        let before = self.placements.get(placement.story);
        if let Some(standing) = before.filter(|standing| standing.topic != placement.topic) {
            self.topics.story_left(standing.topic, placement.topic);
        }
        let is_fixed = match filing.category.rule {
            CategoryRule::Fixed | CategoryRule::Order => true,
            CategoryRule::Kept => before.is_none_or(|standing| standing.is_fixed),
            _ => false,
        };
        self.placements.set(placement.story, Standing { topic: placement.topic, is_fixed });
    }

    /// Reclusters recent stories now, whether it is due or not. Returns the stories that move, each with its new topic.
    pub fn recluster_now(&mut self) -> Vec<Placement> {
        let moves = self.recluster();
        self.move_stories(&moves);
        moves
    }

    fn recluster(&self) -> Vec<Placement> {
        self.topics.recluster(&self.placements, &self.overrides, self.next_topic)
    }

    /// Learns where reclustering moved stories, and starts the wait for the next reclustering if one was due.
    fn learn_reclustered(&mut self, moves: &[Placement], now_s: i64) {
        if self.topics.is_recluster_due(now_s) {
            self.topics.reclustered(now_s);
        }
        self.move_stories(moves);
    }

    fn move_stories(&mut self, moves: &[Placement]) {
        for placement in moves.iter().copied() {
            let Placement { story, topic } = placement;
            self.next_topic = self.next_topic.max(TopicNo(topic.0.saturating_add(1)));
            let before = self.placements.get(story).filter(|standing| standing.topic != topic);
            let Some(Standing { topic: from, is_fixed }) = before else { continue };
            self.topics.move_window_story(story, from, topic);
            self.placements.set(story, Standing { topic, is_fixed });
            self.overrides.story_moved(story, placement);
        }
    }

    fn present_name<'a>(&'a self, name: &'a CategoryName) -> &'a CategoryName {
        self.renamed.iter().find(|(was, _)| was == name.as_str()).map_or(name, |(_, present)| present)
    }

    /// What the desk has learned, as versioned bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        let Self { next_story, next_topic, dedup, topics, categories, placements, overrides, .. } = self;
        snapshot::encode(VERSION, &(next_story, next_topic, dedup, topics, categories, placements, overrides))
    }

    /// The desk that [`Self::snapshot`] saved, with categories under their present names. An unknown version or damage
    /// is an error; the caller then has to rebuild the desk from the filed entries.
    pub fn restore(settings: &DeskSettings, bytes: &[u8]) -> Result<Self, BadSnapshot> {
        type Saved = (StoryNo, TopicNo, Dedup, Topics, Categories, Placements, Overrides);
        let saved: Saved = snapshot::decode(VERSION, bytes)?;
        let (next_story, next_topic, dedup, topics, categories, placements, overrides) = saved;
        let mut desk = Self {
            renamed: Vec::new(),
            next_story,
            next_topic,
            dedup: dedup.restored()?,
            topics: topics.restored()?,
            categories: categories.restored()?,
            placements,
            overrides,
        };
        desk.configure(settings);
        Ok(desk)
    }
}
