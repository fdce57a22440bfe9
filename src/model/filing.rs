//! What goes into the desk and what comes out of it.

use super::entry::Entry;
use super::feed::FeedFacts;
use super::id::{EntryNo, EntryRef, FeedNo, StoryNo, TopicNo};
use super::settings::CategoryName;
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
    /// Whether nobody will be told of it: it is private, or of a backlog. No topic moves on with it.
    pub quiet: bool,
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

/// What the archive holds that matters for filing an entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Entries filed under one of its keys, the newest first within a key.
    pub candidates: Vec<Candidate>,
    /// Entries of the candidates' stories, whichever key they are filed under.
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

impl Member {
    /// Whether two entries of one feed stood in the document that brought the newer of them.
    pub fn stood_beside(&self, other: &Self) -> bool {
        let (older, newer) = if self.filed_at <= other.filed_at { (self, other) } else { (other, self) };
        self.feed == other.feed && older.gone_at.is_none_or(|gone_at| gone_at > newer.filed_at)
    }
}

/// An entry filed before, found in the archive under one of the keys of a new one. The desk judges whether they are
/// the same story; the archive has no opinion.
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

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Why a story is in its topic.
    TopicRule {
        /// No active topic is about this event.
        Founded = "founded",
        /// The story was there already.
        SameStory = "same-story",
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
    /// The entry it was compared with; of a story that it founded, one that it is like and cannot be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryNo>,
    /// The words, names, numbers or address that decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signs: Vec<String>,
}

/// What the desk decided about one entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filing {
    /// The entry.
    pub entry: EntryNo,
    /// When it was decided.
    pub at: Timestamp,
    /// The story; a number never used before when `story_rule` is [`StoryRule::Founded`].
    pub story: StoryNo,
    /// Why this story.
    pub story_rule: StoryRule,
    /// How sure, 0 to 1.
    pub story_score: f64,
    /// What the story rests on.
    pub story_evidence: Evidence,
    /// The topic; a number never used before when `topic_rule` is [`TopicRule::Founded`].
    pub topic: TopicNo,
    /// Why this topic.
    pub topic_rule: TopicRule,
    /// How sure, 0 to 1.
    pub topic_score: f64,
    /// What the topic rests on.
    pub topic_evidence: Evidence,
    /// The story's category.
    pub category: CategoryName,
    /// Why this category.
    pub category_rule: CategoryRule,
    /// How sure, 0 to 1; also when `category` is `general`.
    pub category_score: f64,
    /// The likeliest category, also where the desk is too unsure to say so.
    pub guess: Option<CategoryName>,
    /// What the category rests on.
    pub category_evidence: Evidence,
    /// Stories that this entry proved to be the same as `story`: they become aliases of it.
    pub absorbed: Vec<StoryNo>,
    /// Other entries of its feed that stand beside it under the same address and are other stories: the address identifies none of
    /// them, nor this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares_address_with: Vec<EntryNo>,
    /// Topics that this entry, when it founded a story, showed to be about the same event as `topic`, which is the oldest
    /// of them: they become aliases of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absorbed_topics: Vec<TopicNo>,
    /// Stories that a second look moved after this entry was filed, and where to; the topic may be a number never used
    /// before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Placement>,
    /// The topic has truly moved on since its last item in the `topics` outputs.
    pub moved_on: bool,
}
