//! What one feed carried, cleaned and ready to be filed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An entry as it is filed: its HTML sanitised, its addresses absolute, its key deterministic.
///
/// Made by `read::prepare` from a [`super::RawEntry`], or from a line of `replay --entries`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Entry {
    /// The entry id within its feed: guid, else link, else a hash of title and date; never random, never empty.
    pub key: String,
    /// The address of the page, absolute; `http` or `https` only.
    pub url: Option<String>,
    /// Plain text, white space folded; may be empty.
    pub title: String,
    /// Sanitised HTML, as the publisher gave it; `None` when there was none.
    pub summary: Option<String>,
    /// Sanitised HTML of the whole text, when the feed carries it.
    pub content: Option<String>,
    /// The words of `content` from where the article begins, else of `summary`: plain text, white space folded, at most
    /// [`Entry::TEXT_CHARS`].
    /// The desk judges by it, and pages show the start of it.
    pub text: String,
    /// Who wrote it.
    pub authors: Vec<Person>,
    /// The publisher's own labels.
    pub terms: Vec<String>,
    /// Media that come with the entry.
    pub enclosures: Vec<Enclosure>,
    /// The address of a picture to show beside the title.
    pub image: Option<String>,
    /// BCP 47 tag, of the entry or else of its feed.
    pub language: Option<String>,
    /// When the publisher says it was published; may be missing, wrong, or in the future.
    pub published: Option<Timestamp>,
    /// When the publisher says it was last changed.
    pub updated: Option<Timestamp>,
    /// xxh3-128 of what was read, before cleaning: unchanged entries are recognised by it and cost nothing.
    pub hash: u128,
}

impl Entry {
    /// How many characters of plain text are kept for the desk: enough for 600 words, which is more than two
    /// copies of a text need to be told apart.
    pub const TEXT_CHARS: usize = 4_000;

    /// About how many bytes this entry holds in memory; what budgets count.
    pub fn bytes(&self) -> usize {
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        256 + self.key.len()
            + optional(&self.url)
            + self.title.len()
            + optional(&self.summary)
            + optional(&self.content)
            + self.text.len()
            + self.terms.iter().map(|term| 24 + term.len()).sum::<usize>()
            + self.authors.len() * 64
            + self.enclosures.iter().map(|e| 64 + e.url.len()).sum::<usize>()
    }
}

/// An author or other person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Name as written.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Home page.
    pub url: Option<String>,
}

/// A media file that comes with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Enclosure {
    /// Absolute address.
    pub url: String,
    /// Media type, such as `audio/mpeg`.
    pub media_type: Option<String>,
    /// Length in bytes, as the publisher claims.
    pub bytes: Option<u64>,
    /// Running time in seconds.
    pub duration_s: Option<u64>,
}
