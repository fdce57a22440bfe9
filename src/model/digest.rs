//! Digests: the edition, frozen when composed, and its deliveries.

use super::id::FilingNo;
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
    /// Stands in the words where each recipient's own way out belongs; filled in when a delivery is sent.
    pub const UNSUBSCRIBE: &str = "{{unsubscribe}}";
}

/// An edition about to be stored, with the deliveries it entails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionDraft {
    /// Name of the digest in `feeds.toml`.
    pub digest: String,
    /// The edition's id within its digest: the local date, with the time when there are several a day.
    pub id: String,
    /// The scheduled time it was composed for.
    pub due_at: Timestamp,
    /// When it was composed.
    pub composed_at: Timestamp,
    /// The last filing it takes into account; the next edition begins after it.
    pub through: FilingNo,
    /// How many topics it holds. An edition without topics is stored but not sent.
    pub topics: usize,
    /// The words.
    pub words: EditionText,
    /// Who gets it.
    pub recipients: Vec<String>,
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
