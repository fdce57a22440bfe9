//! Digests: the edition, frozen when composed, and its deliveries.

use super::id::{FeedNo, FilingNo, StoryId, TopicNo};
use super::preferences::Preferences;
use jiff::Timestamp;

/// The words of an edition, rendered once and never again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionText {
    /// Subject of the mail and heading of the page.
    pub subject: String,
    /// `text/plain` part.
    pub text: String,
    /// `text/html` part, complete document; also what the web shows.
    pub html: String,
}

impl EditionText {
    /// Placeholder in the text for the recipient's own unsubscribe address; filled in when a delivery is sent.
    pub const UNSUBSCRIBE: &str = "{{unsubscribe}}";
    /// Placeholder for the address that a mail is sent to; filled in likewise.
    pub const RECIPIENT: &str = "{{recipient}}";
}

/// What a digest told of a topic when it last did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The topic.
    pub topic: TopicNo,
    /// The last filing that the edition took into account: what moved the topic on later is news to its readers.
    pub through: FilingNo,
    /// The scheduled time of the edition.
    pub at: Timestamp,
    /// The headline that it was told under.
    pub headline: String,
    /// The story that it was the headline of.
    pub story: StoryId,
    /// Whose words that headline is.
    pub feed: FeedNo,
}

/// An edition about to be stored, with the deliveries it entails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionDraft {
    /// Name of the digest in `feeds.toml`, or of a segment of it.
    pub digest: String,
    /// The edition's id within its digest: the local date, with the time when there are several a day.
    pub id: String,
    /// The scheduled time it was composed for.
    pub due_at: Timestamp,
    /// When it was composed.
    pub composed_at: Timestamp,
    /// The last filing it takes into account; the next edition begins after it.
    pub through: FilingNo,
    /// How many topics it holds.
    pub topics: usize,
    /// What it tells, for the next editions.
    pub told: Vec<Told>,
    /// The words.
    pub words: EditionText,
    /// Who gets it.
    pub recipients: Vec<String>,
}

/// An edition that a recipient has not got, for whoever sent it by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// Address of the recipient; never logged.
    pub recipient: String,
    /// What the server answered, or why it could not be asked.
    pub answer: String,
    /// Whether it is tried again.
    pub is_open: bool,
}

/// Somebody whom a digest is sent to, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Name of the digest.
    pub digest: String,
    /// Address as it is written to; never logged.
    pub address: String,
    /// How it stands with them.
    pub state: RecipientState,
    /// Whether they have ever confirmed that they want it, so that it is sent to them without being named in `feeds.toml`.
    pub has_confirmed: bool,
    /// What they have chosen of it.
    pub preferences: Preferences,
}

/// Somebody has asked that a digest be sent to an address whose owner has not confirmed it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Row.
    pub no: i64,
    /// Name of the digest.
    pub digest: String,
    /// The bare address; never logged.
    pub address: String,
    /// Secret part of the address by which it is confirmed.
    pub token: String,
}

/// How it stands with a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecipientState {
    /// Editions are sent to them, for `feeds.toml` names them.
    Active,
    /// Editions are sent to them, for they confirmed at that time that they want them.
    Confirmed(Timestamp),
    /// Somebody asked at that time that editions be sent to them; they have not confirmed it.
    Waiting(Timestamp),
    /// They have left, at that time.
    Left(Timestamp),
    /// Several editions in a row were refused for good; nothing is sent to them since then. What the server answered last.
    Refused(Timestamp, String),
}

/// A mail address without the name before it, in lower case: `Ada <Ada@Example.org>` is `ada@example.org`. The part
/// before the @ may be case-sensitive (RFC 5321 §2.4), but providers treat it as if it were not.
pub fn bare_address(recipient: &str) -> String {
    let address = match recipient.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((_, address)) => address,
        None => recipient,
    };
    address.trim().to_lowercase()
}

/// A stored edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Row.
    pub no: i64,
    /// Name of the digest.
    pub digest: String,
    /// Id within the digest.
    pub id: String,
    /// The scheduled time it was composed for.
    pub due_at: Timestamp,
    /// The last filing it takes into account.
    pub through: FilingNo,
    /// The words.
    pub words: EditionText,
}

/// One edition for one recipient, claimed for sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Row.
    pub no: i64,
    /// Name of the digest.
    pub digest: String,
    /// Id of the edition within the digest.
    pub edition: String,
    /// When the edition was due.
    pub due_at: Timestamp,
    /// Address of the recipient; never logged.
    pub recipient: String,
    /// `Message-ID`, fixed when the edition was composed: a second sending carries the same.
    pub message_id: String,
    /// Secret part of the unsubscribe address.
    pub token: String,
    /// Attempts so far.
    pub attempts: u32,
    /// The words.
    pub words: EditionText,
}
