//! The nouns of Tidings and the settings of each part: plain data that every other module may know.
//!
//! This module knows nothing of ours and does nothing for outside reasons: no I/O, no clock. What lives here is
//! either a value that crosses the border between two modules, or a small rule that belongs to such a value
//! (how a public id is formed, how a cron line is read).

mod choice;
mod cron;
mod digest;
mod document;
mod entry;
mod feed;
mod filing;
mod heat;
mod history;
mod id;
mod order;
mod picture;
mod preferences;
mod publication;
mod push;
mod rank;
mod reach;
mod search;
mod settings;
mod view;
mod wordforms;
mod words;

pub use choice::Choice;
pub use cron::{Cron, CronError};
pub use digest::{
    Delivery, Edition, EditionDraft, EditionText, Recipient, RecipientState, Request, Told, Undelivered,
    bare_address,
};
pub use document::{Document, Format, Hints, Link, Podcast, RawEntry, Source, Warning};
pub use entry::{Enclosure, Entry, KnownEntry, Person, Picture, TextLink};
pub use feed::{
    Adoption, FailureKind, FeedFacts, FeedState, Habits, Outage, PollFailure, PollReport, Spent, Validators,
    publisher_of, registrable_domain, shown_url, site_of, site_of_host,
};
pub use filing::{
    Candidate, CategoryDecision, CategoryRule, Evidence, Filing, Found, Headline, Member, Objection,
    Placement, StoryDecision, StoryRule, Submission, TopicDecision, TopicRule,
};
pub use heat::{
    HEAT_SPAN, LEAST_PUBLISHERS, LinkedPage, PageLink, Voice, address, called, heat, independent,
};
pub use history::{Day, HISTORY_DAYS, History as FeedHistory};
pub use id::{
    ArchiveNo, Chain, EntryNo, EntryRef, FeedNo, FilingNo, OrderNo, StoryId, StoryNo, TopicId, TopicNo,
    edition_urn, linked_page_urn, source_name,
};
pub use order::{Order, OrderKind, OrderTarget};
pub use picture::{DuePicture, KeptPicture, PictureCounts, PictureFile, PictureNo, StoryPicture};
pub use preferences::{Preferences, digest_of_segment, segment_name};
pub use publication::{Lead, Publication, StoryBefore};
pub use push::{Push, Subscription};
pub use rank::{Rank, ShownStory, newest_development, rarity};
pub use reach::{is_public, is_public_site};
pub use search::{Search, Term};
pub use settings::{
    CategoryName, CategorySettings, DeskSettings, DigestSettings, DkimSettings, FeedSettings, GENERAL,
    Language, MailSettings, MailWay, Pictures, PollSettings, PublishSettings, Quota, SiteSettings, Spacing,
    StoreSettings, TextForm,
};
pub use view::{
    Correction, EditionView, FeedView, Hidden, LedgerLine, Lookup, Ranked, SourceView, StoryBrief, StoryView,
    TopicView,
};
pub use wordforms::{other_words, searched};
pub use words::{cut, is_unprintable, says_something, sentence};
