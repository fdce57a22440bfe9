//! What `read` makes of the bytes of a feed.

use super::entry::{Enclosure, Person};
use jiff::Timestamp;
use serde::Serialize;
use std::fmt;

/// The dialect of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// RSS 0.91 to 2.0.
    Rss,
    /// RSS 0.90, 1.0 and 1.1, which are RDF.
    Rdf,
    /// Atom 0.3 and 1.0.
    Atom,
    /// JSON Feed 1.0 and 1.1.
    Json,
    /// Channel Definition Format.
    Cdf,
}

/// A feed as read: everything the publisher said that we have a use for. HTML is as found, not yet sanitised.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Dialect.
    pub format: Format,
    /// Title, plain text.
    pub title: Option<String>,
    /// The site's address.
    pub url: Option<String>,
    /// Language of the feed.
    pub language: Option<String>,
    /// When the feed says it changed.
    pub updated: Option<Timestamp>,
    /// Entries in the feed's order.
    pub entries: Vec<RawEntry>,
    /// What was wrong with the document and was read all the same.
    pub warnings: Vec<Warning>,
}

/// An entry as read: HTML as found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RawEntry {
    /// The publisher's own id (guid, `atom:id`, `rdf:about`), when there is one.
    pub id: Option<String>,
    /// Address of the page, absolute.
    pub url: Option<String>,
    /// Title, which may be HTML.
    pub title: Option<String>,
    /// Summary, HTML.
    pub summary: Option<String>,
    /// Whole text, HTML.
    pub content: Option<String>,
    /// Authors.
    pub authors: Vec<Person>,
    /// Publisher's labels.
    pub terms: Vec<String>,
    /// Media.
    pub enclosures: Vec<Enclosure>,
    /// A picture.
    pub image: Option<String>,
    /// Language of the entry, when it has its own.
    pub language: Option<String>,
    /// Publication date as read; an impossible date is no date.
    pub published: Option<Timestamp>,
    /// Date of the last change.
    pub updated: Option<Timestamp>,
}

/// Something wrong with a document that did not stop it from being read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Warning(pub String);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
