//! What goes into the desk and what comes out of it.

use super::entry::Entry;
use super::feed::FeedFacts;
use super::id::{EntryNo, EntryRef, FeedNo, StoryNo, TopicNo};
use super::settings::{CategoryName, GENERAL};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// An entry handed to the desk.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    /// The entry's row.
    pub no: EntryNo,
    /// Its lasting name.
    pub reference: EntryRef,
    /// The entry itself.
    pub entry: &'a Entry,
    /// The feed that carried it.
    pub feed: &'a FeedFacts,
    /// Whether it is published nowhere: its feed is private, or it is an old entry of a backlog or a flood. No topic moves on
    /// with it.
    pub unpublished: bool,
    /// Where it stands already, when the same entry comes again with other words.
    pub stands: Option<Placement>,
    /// Entries of its feed that stand in the document that brings it.
    pub beside: &'a HashSet<EntryNo>,
}

/// Where an entry stands: its story and that story's topic, aliases resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The story.
    pub story: StoryNo,
    /// The story's topic.
    pub topic: TopicNo,
}

/// What the store holds that matters for filing an entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Entries under one of its fingerprints, the newest first within a fingerprint.
    pub candidates: Vec<Candidate>,
    /// Entries of the candidates' stories, whichever fingerprints they have.
    pub members: Vec<Member>,
}

/// An entry of a story, as far as it matters who else is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The story, aliases resolved.
    pub story: StoryNo,
    /// The entry's row.
    pub no: EntryNo,
    /// The feed that carried it.
    pub feed: FeedNo,
    /// Its address.
    pub url: Option<String>,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// Since when its feed no longer carries it.
    pub gone_at: Option<Timestamp>,
}

impl Found {
    /// Entries looked at for one fingerprint: the newest. More share one only when it says little (a template, a reused
    /// address).
    pub const PER_FINGERPRINT: usize = 64;
    /// Candidates for one entry at most: comparing is linear in their text.
    pub const CANDIDATES: usize = 128;
    /// Entries of one story that are named: the newest.
    pub const PER_STORY: usize = 256;
}

impl Member {
    /// Whether two entries of one feed stood in the document that brought the newer of them.
    pub fn stood_beside(&self, other: &Self) -> bool {
        let (older, newer) = if self.filed_at <= other.filed_at { (self, other) } else { (other, self) };
        self.feed == other.feed && older.gone_at.is_none_or(|gone_at| gone_at > newer.filed_at)
    }
}

/// An entry filed before, found in the store under one of the fingerprints of a new one. The desk judges whether they are
/// the same story; the store has no opinion.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The entry's row.
    pub no: EntryNo,
    /// Its lasting name.
    pub reference: EntryRef,
    /// The feed that carried it.
    pub feed: FeedNo,
    /// Who publishes that feed (see [`FeedFacts::publisher`]).
    pub publisher: String,
    /// Where it stands now, aliases resolved.
    pub placement: Placement,
    /// The category of its story.
    pub category: CategoryName,
    /// Its address.
    pub url: Option<String>,
    /// The page that it is about (see [`Entry::links_to`]).
    pub links_to: Option<String>,
    /// Its title, plain.
    pub title: String,
    /// Its text, plain (see [`Entry::text`]).
    pub text: String,
    /// Its publication date, as the publisher says.
    pub published: Option<Timestamp>,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// Its recording (see [`Entry::recording`]).
    pub recording: Option<u64>,
    /// Its feed has given other entries the same address, so that the address does not identify it.
    pub shares_address: bool,
}

impl Candidate {
    /// The entry of a submission as a candidate for those that come after it, filed as `filing` says.
    pub fn of(submission: &Submission<'_>, filing: &Filing) -> Self {
        let Submission { no, reference, entry, feed, .. } = *submission;
        Self {
            no,
            reference,
            feed: feed.no,
            publisher: feed.publisher.clone(),
            placement: filing.placement(),
            category: filing.category.name.clone(),
            url: entry.url.clone(),
            links_to: entry.links_to.clone(),
            title: entry.title.clone(),
            text: entry.text.clone(),
            published: entry.published,
            filed_at: filing.at,
            recording: entry.recording(),
            shares_address: entry.shares_address || !filing.story.shares_address_with.is_empty(),
        }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// The stable word for the ledger, logs and JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The rule that `word` names.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    )+};
}

rules! {
    /// Why an entry is in its story.
    StoryRule {
        /// Nothing known is the same: it founded the story.
        Founded = "founded",
        /// The same entry came again (same id, or the same under a new id).
        SameEntry = "same-entry",
        /// Another entry has the same canonical address.
        SameAddress = "same-address",
        /// Another entry has the same text, or nearly.
        SameText = "same-text",
        /// Another entry has the same title and nothing says otherwise.
        SameTitle = "same-title",
        /// The operator said so.
        Order = "order",
    }
    /// Why two entries that look alike are not one story. In order: the similarity that an objection overrules counts
    /// for less and less.
    Objection {
        /// The operator took them apart.
        Order = "order",
        /// Their feed carries both at once.
        SideBySide = "side-by-side",
        /// Their feed gives several entries that address.
        SharedAddress = "shared-address",
        /// It brings another recording.
        OtherRecording = "other-recording",
        /// Under the same link the feed now tells of something else: another number, date or part, or nothing in common.
        Replaced = "replaced",
        /// Its feed carries that text again and again, each time as news.
        Series = "series",
        /// Neither is from the site of the page to which both lead, and they have nothing else in common.
        Unrelated = "unrelated",
        /// One of them says things of its own about the page to which both lead.
        Comment = "comment",
        /// What differs between the headlines differs in one place of the texts: a template was filled in twice.
        Template = "template",
        /// No telling word of either headline stands in the text that they share.
        Boilerplate = "boilerplate",
        /// One text stands inside the other, which is about something else.
        Quoted = "quoted",
        /// Other numbers or names stand in the same places.
        Contradicted = "contradicted",
        /// They are pages of one site under different headlines, which share what that site's pages share.
        OtherPage = "other-page",
        /// The page is filled again and again, and says something else by now.
        Refilled = "refilled",
        /// The texts under one headline tell different things.
        OtherText = "other-text",
        /// One headline stands over many pages of a publisher.
        CommonHeadline = "common-headline",
        /// The headline that they share says too little.
        LittleSaid = "little-said",
        /// They share a headline on one site, which has told the two apart.
        SameSite = "same-site",
        /// They share a headline, and lie too far apart in time.
        DaysApart = "days-apart",
    }
    /// Why a story is in its topic.
    TopicRule {
        /// No active topic is about this event.
        Founded = "founded",
        /// The story was there already.
        SameStory = "same-story",
        /// It is about the page of another story of it, or that one about its page.
        SamePage = "same-page",
        /// It links to a page to which another story of it leads, and few others do.
        SameLink = "same-link",
        /// Words, names and numbers say that it is the same event.
        SameEvent = "same-event",
        /// The operator said so.
        Order = "order",
    }
    /// Why a story is in its category.
    CategoryRule {
        /// The first fixed feed that carried it says so.
        Fixed = "fixed",
        /// One of the operator's keywords stands in it.
        Keyword = "keyword",
        /// Learned from the fixed feeds and from terms.
        Learned = "learned",
        /// The majority of its topic.
        Topic = "topic",
        /// Decided when the story was founded, and kept.
        Kept = "kept",
        /// Too unsure: `general`.
        Unsure = "unsure",
        /// The operator said so.
        Order = "order",
    }
}

/// What a decision rests on, in a form that `why` can put into words.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// The entry it was compared with; of a story that it founded, the one that it is most like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryNo>,
    /// The words, names, numbers or address that decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signs: Vec<String>,
    /// What speaks against `entry`, when that is in another story.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<Objection>,
}

/// Which story an entry is in, and why. Stored as JSON in the ledger, each field under the name of its attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryDecision {
    /// The story; a number never used before when `rule` is [`StoryRule::Founded`].
    #[serde(rename = "story")]
    pub no: StoryNo,
    /// Why this story.
    #[serde(rename = "story_rule")]
    pub rule: StoryRule,
    /// How sure, 0 to 1.
    #[serde(rename = "story_score")]
    pub score: f64,
    /// What it rests on.
    #[serde(rename = "story_evidence")]
    pub evidence: Evidence,
    /// Stories that this entry proved to be the same as this one: they become aliases of it.
    pub absorbed: Vec<StoryNo>,
    /// Other entries of its feed that stand beside it under the same address and are other stories: the address identifies none of
    /// them, nor this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares_address_with: Vec<EntryNo>,
}

/// Which topic a story is in, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopicDecision {
    /// The topic; a number never used before when `rule` is [`TopicRule::Founded`].
    #[serde(rename = "topic")]
    pub no: TopicNo,
    /// Why this topic.
    #[serde(rename = "topic_rule")]
    pub rule: TopicRule,
    /// How sure, 0 to 1.
    #[serde(rename = "topic_score")]
    pub score: f64,
    /// What it rests on.
    #[serde(rename = "topic_evidence")]
    pub evidence: Evidence,
    /// The story about whose page this one is, or that is about its page or leads to the same one, when that decided.
    #[serde(rename = "topic_page", default, skip_serializing_if = "Option::is_none")]
    pub page_of: Option<StoryNo>,
    /// Topics that this entry, when it founded a story, showed to be about the same event as this one, or that an order joins
    /// with it: they become aliases of it, which is the oldest of them.
    #[serde(rename = "absorbed_topics", default, skip_serializing_if = "Vec::is_empty")]
    pub absorbed: Vec<TopicNo>,
    /// Whether the topic has a new development since its last item in the `topics` outputs.
    pub moved_on: bool,
    /// What the entry's headline says to who follows topics.
    #[serde(default, skip_serializing_if = "Headline::is_untold")]
    pub headline: Headline,
}

/// What a headline says to who follows topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Headline {
    /// Readers of topics are not shown it, or it is remembered already.
    #[default]
    Untold,
    /// It is news; or, of an entry that joined a story, it stands at its head now.
    New,
    /// An earlier one has said it, two thirds of its words at least: it neither publishes a topic nor moves one on.
    SaidBefore,
}

impl Headline {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    fn is_untold(&self) -> bool {
        *self == Self::Untold
    }
}

/// Which category a story is in, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CategoryDecision {
    /// The category.
    #[serde(rename = "category")]
    pub name: CategoryName,
    /// Why this category.
    #[serde(rename = "category_rule")]
    pub rule: CategoryRule,
    /// How sure, 0 to 1; also when `name` is `general`.
    #[serde(rename = "category_score")]
    pub score: f64,
    /// The likeliest category, also where the desk is too unsure to say so.
    pub guess: Option<CategoryName>,
    /// What it rests on.
    #[serde(rename = "category_evidence")]
    pub evidence: Evidence,
}

/// What the desk decided about one entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filing {
    /// The entry.
    pub entry: EntryNo,
    /// When it was decided.
    pub at: Timestamp,
    /// Same story?
    #[serde(flatten)]
    pub story: StoryDecision,
    /// Same event?
    #[serde(flatten)]
    pub topic: TopicDecision,
    /// Which section?
    #[serde(flatten)]
    pub category: CategoryDecision,
    /// Stories that reclustering moved after this entry was filed, and where to; the topic may be a number never used
    /// before.
    #[serde(rename = "settled", default, skip_serializing_if = "Vec::is_empty")]
    pub reclustered: Vec<Placement>,
}

impl StoryDecision {
    /// The decision for a story, with the highest score and no evidence.
    pub fn sure(no: StoryNo, rule: StoryRule) -> Self {
        let evidence = Evidence::default();
        Self { no, rule, score: 1.0, evidence, absorbed: Vec::new(), shares_address_with: Vec::new() }
    }
}

impl TopicDecision {
    /// The decision for a topic, with the highest score and no evidence.
    pub fn sure(no: TopicNo, rule: TopicRule) -> Self {
        let evidence = Evidence::default();
        Self {
            no,
            rule,
            score: 1.0,
            evidence,
            page_of: None,
            absorbed: Vec::new(),
            moved_on: false,
            headline: Headline::Untold,
        }
    }
}

impl CategoryDecision {
    /// The decision for a category, with the highest score and no evidence. `general` is nobody's guess.
    pub fn sure(name: CategoryName, rule: CategoryRule) -> Self {
        let guess = Some(name.clone()).filter(|name| name.as_str() != GENERAL);
        Self { name, rule, score: 1.0, guess, evidence: Evidence::default() }
    }
}

impl Filing {
    /// A filing that leaves an entry where it stands.
    pub fn as_it_stands(entry: EntryNo, at: Timestamp, placement: Placement, category: CategoryName) -> Self {
        Self {
            entry,
            at,
            story: StoryDecision::sure(placement.story, StoryRule::SameEntry),
            topic: TopicDecision::sure(placement.topic, TopicRule::SameStory),
            category: CategoryDecision::sure(category, CategoryRule::Kept),
            reclustered: Vec::new(),
        }
    }

    /// Where the entry stands by this filing.
    pub fn placement(&self) -> Placement {
        Placement { story: self.story.no, topic: self.topic.no }
    }
}
