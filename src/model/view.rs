//! What the store hands to those who show things: outputs, pages, digests, `status` and `why`.

use super::entry::{Enclosure, Person, Picture};
use super::feed::FeedState;
use super::filing::Filing;
use super::id::{EntryNo, FeedNo, FilingNo, StoryId, StoryNo, TopicId, TopicNo};
use super::picture::KeptPicture;
use super::settings::CategoryName;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The answer to a look-up by public id.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup<T> {
    /// Here it is.
    Found(T),
    /// It has become part of another, whose public id this is.
    Moved(String),
    /// The operator has taken it down.
    TakenDown,
    /// There is no such thing.
    Unknown,
}

/// What must not be shown any more although it was published. Editions need it, because their text was rendered once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hidden {
    /// Feeds whose entries are shown nowhere.
    pub feeds: BTreeSet<FeedNo>,
    /// Stories that the operator has taken down, under every id that they had.
    pub stories: BTreeSet<StoryId>,
}

impl Hidden {
    /// Whether there is nothing of the kind.
    pub fn is_empty(&self) -> bool {
        self.feeds.is_empty() && self.stories.is_empty()
    }
}

/// One story with everything that its item or page shows. Private entries are not in it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryView {
    /// Row.
    pub no: StoryNo,
    /// Public id.
    pub id: StoryId,
    /// Topic's row.
    pub topic_no: TopicNo,
    /// Topic's public id.
    pub topic: TopicId,
    /// Category.
    pub category: CategoryName,
    /// Title of the lead, plain text; never empty (the start of the text stands in).
    pub title: String,
    /// Address of the lead's page.
    pub url: Option<String>,
    /// Sanitised HTML of the lead: content, else summary.
    pub html: Option<String>,
    /// The start of the lead's text, plain.
    pub excerpt: String,
    /// Authors of the lead.
    pub authors: Vec<Person>,
    /// Media of the lead; when it brings no sound or film, those of the first that does before them.
    pub enclosures: Vec<Enclosure>,
    /// Address of the page where it is discussed; of several, the first.
    pub comments: Option<String>,
    /// A picture of the lead.
    pub image: Option<Picture>,
    /// Its picture as it is kept here: the lead's, else that of another who carries it.
    pub picture: Option<KeptPicture>,
    /// Language of the lead.
    pub language: Option<String>,
    /// The story's date, frozen at first sight.
    pub published: Timestamp,
    /// When the lead's words last changed; at least `published`.
    pub updated: Timestamp,
    /// The filing with which it was published; outputs are ordered by it.
    pub shown: FilingNo,
    /// When it was published by us.
    pub shown_at: Timestamp,
    /// Everyone who carried it, the lead first; one source a feed.
    pub sources: Vec<SourceView>,
    /// The other stories of its topic, newest first, at most a dozen.
    pub siblings: Vec<StoryBrief>,
}

/// One feed that carried a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    /// The feed.
    pub feed_no: FeedNo,
    /// The feed's title: the operator's, else the publisher's, else its host.
    pub feed: String,
    /// Address of the publisher's site.
    pub site_url: Option<String>,
    /// The feed's address; needed for `source` elements.
    pub feed_url: String,
    /// Who publishes it (see [`super::FeedFacts::publisher`]).
    pub publisher: String,
    /// Title there.
    pub title: String,
    /// Address of its own page there; of an entry that leads to another site's page and has none of its own, that.
    pub url: Option<String>,
    /// Address of the page where it is discussed there.
    pub discussion: Option<String>,
    /// What it says itself of another site's page, plain; empty when it says nothing, or what that page says.
    pub note: String,
    /// Language there.
    pub language: Option<String>,
    /// When it was published there, but not later than it was first seen.
    pub published: Timestamp,
}

/// A story in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryBrief {
    /// Public id.
    pub id: StoryId,
    /// Title of the lead.
    pub title: String,
    /// Address of the lead's page.
    pub url: Option<String>,
    /// Title of the lead's feed.
    pub feed: String,
    /// The lead's feed.
    pub feed_no: FeedNo,
    /// The start of the text.
    pub excerpt: String,
    /// A picture.
    pub image: Option<Picture>,
    /// Its picture as it is kept here: the lead's, else that of another who carries it.
    pub picture: Option<KeptPicture>,
    /// Language of the lead.
    pub language: Option<String>,
    /// How many feeds carried it.
    pub sources: usize,
    /// Frozen date.
    pub published: Timestamp,
}

/// A topic with its stories.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicView {
    /// Row.
    pub no: TopicNo,
    /// Public id.
    pub id: TopicId,
    /// Category of the story that heads it.
    pub category: CategoryName,
    /// How often it has truly moved on; 1 when it was founded.
    pub development: u32,
    /// The filing with which it last moved on; the `topics` outputs are ordered by it.
    pub moved: FilingNo,
    /// When it last moved on.
    pub moved_at: Timestamp,
    /// Whether the story that heads it is news to those who follow topics: they had not been told of it elsewhere, and its headline says
    /// nothing again.
    pub heads_anew: bool,
    /// The story that it began with.
    pub first: StoryBrief,
    /// Date of its latest story.
    pub last: Timestamp,
    /// Publishers that carried it.
    pub publishers: usize,
    /// Those of them with a text of their own: copies of one text count once, for whoever had it first.
    pub independent: usize,
    /// Weight of the feed that carried it and counts most for its rank.
    pub weight: f64,
    /// How many of the latest entries of all feeds are that feed's.
    pub entries: usize,
    /// Its stories: first the one that heads it, which is its newest development worth telling
    /// ([`super::newest_development`]), then the others, newest first.
    pub stories: Vec<StoryBrief>,
}

impl TopicView {
    /// The newest story of each other feed than the one that heads it, as lists show it beside the headline: many stories of
    /// one feed are for the topic's own page.
    pub fn others(&self) -> Vec<&StoryBrief> {
        let mut feeds: Vec<FeedNo> = Vec::new();
        let mut others = Vec::new();
        for (place, story) in self.stories.iter().enumerate() {
            if !feeds.contains(&story.feed_no) {
                feeds.push(story.feed_no);
                others.extend((place > 0).then_some(story));
            }
        }
        others
    }
}

/// A change of an entry of a story: what its publisher said before, and what it said then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Title of the feed.
    pub feed: String,
    /// When we saw that it had changed.
    pub at: Timestamp,
    /// Language of the entry.
    pub language: Option<String>,
    /// The headline before and after.
    pub titles: [String; 2],
    /// The beginning of the text before and after, plain.
    pub texts: [String; 2],
}

impl Correction {
    /// Characters of a text's beginning. One that has as many was cut.
    pub const TEXT_CHARS: usize = 1_000;
}

/// A topic among those that were carried most widely in a span of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// The topic.
    pub topic: TopicView,
    /// Publishers that carried it then with a text of their own.
    pub newsrooms: usize,
}

/// A feed with its counts, for `status`.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedView {
    /// What the store remembers of it.
    pub state: FeedState,
    /// The operator's title for it.
    pub name: Option<String>,
    /// Entries stored.
    pub entries: u64,
}

/// One line of the ledger with the names it needs, for `why`.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerLine {
    /// Position in the ledger.
    pub no: FilingNo,
    /// The decision.
    pub filing: Filing,
    /// Title of the entry.
    pub title: String,
    /// Address of the entry.
    pub url: Option<String>,
    /// Title of its feed.
    pub feed: String,
    /// Number, title and feed of the entry named in the evidence for the story, when it is still there.
    pub compared: Option<(EntryNo, String, String)>,
}

/// An edition in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionView {
    /// Id within the digest.
    pub id: String,
    /// Subject.
    pub subject: String,
    /// When it was composed.
    pub composed_at: Timestamp,
    /// Its HTML as far as the headline.
    pub beginning: String,
}
