//! Same story? Same event? Which category? What leads?
//!
//! The desk is a value. It is handed an entry, what it looks like ([`Analysis`]), what the archive found
//! under the same keys ([`Found`]) and the time, and decides ([`Filing`]). What it has learned is bounded, is
//! whole numbers and fixed hashes, can be saved ([`Desk::snapshot`]), and is the same after a restart: a snapshot and
//! the filings since give exactly the same desk.
//!
//! It reads no clock, no file and no database, never fails, and knows nothing but [`crate::model`].
//!
//! Reading order: `words` (text → words), `stop_words` · `address` · `laid` (an entry in words and phrases) · `analysis` (what is
//! judged and looked up) · `phrases` (what recurs) · `sameness` (same story?) · `vocabulary`, `index`, `link`, `topics` (same event?) · `young`,
//! `settle` (the second look) · `sections` (which category?) · `ahead` (for speed alone) ·
//! `ties` (orders) · `story` (which story?) · `decide` (all of it in order) · `obey`.

mod analysis;
mod categories;
mod codec;
mod decide;
mod dedup;
mod hash;
pub mod memory_index;
mod orders;
mod overrides;
mod placements;
mod prefetch;
mod text;
mod topics;

pub use analysis::Analysis;
pub use codec::BadSnapshot;

use crate::model::{
    CategoryName, CategoryRule, DeskSettings, Filing, Found, Placement, StoryNo, StoryRule, Submission,
    TopicNo, TopicRule,
};
use categories::classifier::Sections;
use codec::{Reader, Writer};
use dedup::boilerplate::{Kind, Recurrence};
use dedup::features::Kept;
use jiff::Timestamp;
use overrides::Ties;
use placements::Recent;
use text::tokens::Words;
use topics::clusters::Topics;
use topics::document_frequency::Vocabulary;
use topics::recent_window::Young;

/// Version of the snapshot.
const VERSION: u64 = 7;
/// Words of one of the operator's keywords.
const KEYWORD_WORDS: usize = 8;

/// One keyword, as hashes of its words.
struct Keyword {
    category: CategoryName,
    written: String,
    words: Vec<u64>,
}

/// The desk: what it was told and what it has learned.
pub struct Desk {
    categories: Vec<CategoryName>,
    keywords: Vec<Keyword>,
    category_sure: f64,
    topics_stricter: f32,
    /// Former names of categories, and the present ones.
    renamed: Vec<(String, CategoryName)>,
    next_story: i64,
    next_topic: i64,
    recurring: Recurrence,
    vocabulary: Vocabulary,
    topics: Topics,
    sections: Sections,
    recent: Recent,
    young: Young,
    ties: Ties,
    /// Saves laying out again; changes no decision, and is not saved.
    kept: Kept,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("next_story", &self.next_story).finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk that has learned nothing yet.
    pub fn new(settings: &DeskSettings) -> Self {
        let keywords = settings.categories.iter().flat_map(|category| {
            category.keywords.iter().map(|written| Keyword {
                category: category.name.clone(),
                written: written.clone(),
                words: Words::of(written, KEYWORD_WORDS).list.iter().map(|word| word.hash).collect(),
            })
        });
        let renamed = settings
            .categories
            .iter()
            .flat_map(|category| category.was.iter().map(|was| (was.clone(), category.name.clone())));
        Self {
            renamed: renamed.collect(),
            categories: settings.categories.iter().map(|category| category.name.clone()).collect(),
            keywords: keywords.filter(|keyword| !keyword.words.is_empty()).collect(),
            category_sure: settings.category_sure,
            topics_stricter: settings.topics_stricter as f32,
            next_story: 1,
            next_topic: 1,
            recurring: Recurrence::new(),
            vocabulary: Vocabulary::default(),
            topics: Topics::default(),
            sections: Sections::new(),
            recent: Recent::default(),
            young: Young::default(),
            ties: Ties::default(),
            kept: Kept::default(),
        }
    }

    /// Counts on from these numbers, which have been given: a desk that begins anew must not give them again.
    pub fn count_from(&mut self, story: StoryNo, topic: TopicNo) {
        self.next_story = self.next_story.max(story.0.saturating_add(1));
        self.next_topic = self.next_topic.max(topic.0.saturating_add(1));
    }

    /// What a submission looks like to the desk as it is now.
    pub fn analyse(&self, submission: &Submission<'_>) -> Analysis {
        analysis::analyse(submission, &self.recurring)
    }

    /// Decides where an entry belongs, and learns from it. `found` is what the archive holds under the analysis' keys.
    pub fn file(
        &mut self,
        submission: &Submission<'_>,
        analysis: &Analysis,
        found: &Found,
        now: Timestamp,
    ) -> Filing {
        let mut kept = std::mem::take(&mut self.kept);
        let mut filing = self.decide(submission, analysis, found, now, &mut kept);
        self.kept = kept;
        self.learn_entry(analysis, &filing);
        filing.settled = self.look_again(now.as_second());
        filing
    }

    /// Looks again at young stories at once, as [`Self::file`] does now and then, and says which move.
    pub fn settle_now(&mut self) -> Vec<Placement> {
        let settled = self.settling();
        self.move_stories(&settled);
        settled
    }

    /// Learns from a decision. Everything that changes the desk, orders apart, happens here, from these two values
    /// alone: that is what makes snapshot and journal enough.
    pub fn learn(&mut self, analysis: &Analysis, filing: &Filing) {
        self.learn_entry(analysis, filing);
        self.settle(&filing.settled, filing.at.as_second());
    }

    fn learn_entry(&mut self, analysis: &Analysis, filing: &Filing) {
        let (story, topic) = (filing.story.0, filing.topic.0);
        let now = filing.at.as_second();
        self.next_story = self.next_story.max(story.saturating_add(1));
        self.next_topic = self.next_topic.max(topic.saturating_add(1));
        // Decided before a category was renamed, and learned again after it.
        let fixed = analysis.fixed.as_ref().map(|fixed| self.present_name(fixed).clone());
        for gone in &filing.absorbed_topics {
            self.topics.absorb(topic, gone.0, &self.vocabulary);
            self.recent.topic_absorbed(gone.0, topic);
            self.ties.topic_absorbed(gone.0, topic);
        }
        if filing.story_rule == StoryRule::Founded {
            self.learn_words(analysis, topic);
            if let Some(fixed) = &fixed {
                self.topics.try_majority(topic, fixed.as_str());
            }
            let section = self.present_name(&filing.category).clone();
            let section = section.as_str();
            self.topics.add(topic, &analysis.terms, analysis.publisher, section, &self.vocabulary, now);
            if filing.moved_on {
                self.topics.moved(topic, now);
            }
            self.young.push(story, section, analysis, &self.vocabulary, now);
        } else if filing.story_rule != StoryRule::SameEntry {
            self.topics.touch(topic, now);
        }
        if filing.story_rule == StoryRule::SameTitle && analysis.title != 0 {
            self.recurring.add(Kind::Title, analysis.publisher, analysis.title);
        }
        self.learn_place(filing);
        self.ties.note(analysis.reference, story, topic);
        if let Some(fixed) = fixed.filter(|_| filing.story_rule != StoryRule::SameEntry) {
            self.sections.learn(fixed.as_str(), &analysis.features);
        }
    }

    /// What a new story teaches about words, phrases and headlines. Copies teach nothing: what many carry is no
    /// boilerplate and no more usual than what one carries.
    fn learn_words(&mut self, analysis: &Analysis, topic: i64) {
        let publisher = analysis.publisher;
        let topic = self.topics.get(topic);
        let known = |stem| topic.is_some_and(|topic| topic.has(stem));
        self.vocabulary.add(
            analysis.terms.iter().map(|term| term.stem),
            topic.is_none(),
            known,
            &analysis.languages,
        );
        for phrase in &analysis.phrases {
            self.recurring.add(Kind::Phrase, publisher, *phrase);
        }
        if !analysis.phrases.is_empty() {
            self.recurring.add(Kind::Stories, publisher, 0);
        }
        for (kind, what) in
            [(Kind::Title, analysis.title), (Kind::Mask, analysis.mask), (Kind::Ending, analysis.ending)]
        {
            if what != 0 {
                self.recurring.add(kind, publisher, what);
            }
        }
        for key in &analysis.keys {
            self.recurring.add(Kind::Key, 0, *key);
        }
    }

    fn learn_place(&mut self, filing: &Filing) {
        let (story, topic) = (filing.story.0, filing.topic.0);
        for gone in &filing.absorbed {
            if let Some((left, _)) = self.recent.get(gone.0) {
                self.topics.left(left, topic, &self.vocabulary);
            }
            self.recent.remove(gone.0);
            self.young.remove(gone.0);
            self.ties.absorbed(gone.0, story, topic);
        }
        let before = self.recent.get(story);
        if let Some((left, _)) = before.filter(|(left, _)| *left != topic) {
            self.topics.left(left, topic, &self.vocabulary);
        }
        let fixed = match filing.category_rule {
            CategoryRule::Fixed | CategoryRule::Order => true,
            CategoryRule::Kept => before.is_none_or(|(_, fixed)| fixed),
            _ => false,
        };
        self.recent.set(story, topic, fixed);
    }

    fn present_name<'a>(&'a self, name: &'a CategoryName) -> &'a CategoryName {
        self.renamed.iter().find(|(was, _)| was == name.as_str()).map_or(name, |(_, present)| present)
    }

    /// What the desk has learned, as versioned bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(VERSION);
        out.signed(self.next_story);
        out.signed(self.next_topic);
        self.recurring.write(&mut out);
        self.vocabulary.write(&mut out);
        self.topics.write(&mut out);
        self.sections.write(&mut out);
        self.recent.write(&mut out);
        self.young.write(&mut out);
        self.ties.write(&mut out);
        out.0
    }

    /// The desk that [`Self::snapshot`] saved, with categories under their present names. An unknown version or damage is
    /// an error, and then the desk has to be learned anew.
    pub fn restore(settings: &DeskSettings, bytes: &[u8]) -> Result<Self, BadSnapshot> {
        let mut reader = Reader(bytes);
        if reader.number()? != VERSION {
            return Err(BadSnapshot("it has an unknown version"));
        }
        let mut desk = Self::new(settings);
        desk.next_story = reader.signed()?;
        desk.next_topic = reader.signed()?;
        desk.recurring = Recurrence::read(&mut reader)?;
        desk.vocabulary = Vocabulary::read(&mut reader)?;
        desk.topics = Topics::read(&mut reader)?;
        desk.sections = Sections::read(&mut reader)?;
        desk.recent = Recent::read(&mut reader)?;
        desk.young = Young::read(&mut reader)?;
        desk.ties = Ties::read(&mut reader)?;
        reader.end()?;
        for (was, present) in &desk.renamed {
            desk.topics.rename(was, present.as_str());
            desk.sections.rename(was, present.as_str());
            desk.young.rename(was, present.as_str());
            desk.ties.rename(was, present);
        }
        Ok(desk)
    }
}

/// Whether a topic rule says that the story joined a topic that was there.
fn joined(rule: TopicRule) -> bool {
    rule != TopicRule::Founded
}
