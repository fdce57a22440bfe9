//! What `read` makes of the bytes of a feed.

use super::entry::{Enclosure, Person, Picture};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The dialect of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// RSS 0.91 to 2.0.
    #[default]
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
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// Dialect.
    pub format: Format,
    /// The publisher's own id (`atom:id`, `rdf:about`), when there is one.
    pub id: Option<String>,
    /// Title, plain text.
    pub title: Option<String>,
    /// What the feed is about, HTML.
    pub subtitle: Option<String>,
    /// The site's address.
    pub url: Option<String>,
    /// Language of the feed.
    pub language: Option<String>,
    /// When the feed says it changed.
    pub updated: Option<Timestamp>,
    /// When the feed says it was published.
    pub published: Option<Timestamp>,
    /// Authors of the feed as a whole.
    pub authors: Vec<Person>,
    /// Publisher's labels of the feed as a whole.
    pub terms: Vec<String>,
    /// A picture that stands for the feed.
    pub image: Option<String>,
    /// Who holds the rights, plain text.
    pub rights: Option<String>,
    /// The program that wrote the feed.
    pub generator: Option<String>,
    /// Every link but those of entries: `self`, `hub` (WebSub), `next`, `prev-archive` (RFC 5005) and so on.
    pub links: Vec<Link>,
    /// How often the publisher asks to be polled.
    pub hints: Hints,
    /// An archive document that will not change any more (RFC 5005 §4).
    pub archive: bool,
    /// What podcasts say beside.
    pub podcast: Option<Podcast>,
    /// Entries in the feed's order.
    pub entries: Vec<RawEntry>,
    /// The document ends in the middle of its last entry, which was read as far as it goes.
    pub ends_in_entry: bool,
    /// Entries that are not read, because there are too many.
    pub left_out: usize,
    /// The address that it was read from, when known.
    pub base: Option<String>,
    /// What was wrong with the document and was read all the same.
    pub warnings: Vec<Warning>,
}

/// An entry as read: HTML as found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RawEntry {
    /// The publisher's own id (guid, `atom:id`, `rdf:about`), when there is one.
    pub id: Option<String>,
    /// The publisher says, or lets stand, that `id` is an address. It stays as written all the same, for an id must not
    /// change with the address that a feed is read from.
    pub id_is_address: bool,
    /// Address of the page, absolute.
    pub url: Option<String>,
    /// The page of another site that the entry is about (`external_url` of JSON Feed 1.1), when it has one of its own, too.
    pub links_to: Option<String>,
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
    /// Address of a picture.
    pub image: Option<String>,
    /// What is said of pictures, `image` or others.
    pub pictures: Vec<Picture>,
    /// Language of the entry, when it has its own.
    pub language: Option<String>,
    /// Publication date as read; an impossible date is no date.
    pub published: Option<Timestamp>,
    /// Date of the last change.
    pub updated: Option<Timestamp>,
    /// What is written as a date, when no date of the entry can be read; its first 40 characters.
    pub unread_date: Option<String>,
    /// Every link, with what it leads to; `url` and `enclosures` repeat some of them.
    pub links: Vec<Link>,
    /// The address behind a redirector (`feedburner:origLink`), as the publisher gives it.
    pub original_url: Option<String>,
    /// Address of the page where the entry is discussed.
    pub comments: Option<String>,
    /// The feed that the entry was republished from.
    pub source: Option<Source>,
    /// Who holds the rights, plain text.
    pub rights: Option<String>,
    /// Base of relative addresses in `summary` and `content`, when the document sets one (`xml:base`); without it, they hang from
    /// the entry's own page.
    pub base: Option<String>,
    /// What podcasts say beside.
    pub podcast: Option<Podcast>,
}

impl Document {
    /// The addresses of links of one kind.
    pub fn links_to<'a>(&'a self, rel: &'a str) -> impl Iterator<Item = &'a str> {
        self.links.iter().filter(move |link| link.rel == rel).map(|link| link.url.as_str())
    }
}

/// A link with its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Link {
    /// Absolute address.
    pub url: String,
    /// What it leads to, in lower case; `alternate` when the publisher does not say (RFC 4287 §4.2.7.2).
    pub rel: String,
    /// Media type of what it leads to.
    pub media_type: Option<String>,
    /// Title of what it leads to.
    pub title: Option<String>,
}

/// The feed that an entry was republished from (RSS 2.0 `source`, RFC 4287 §4.2.11).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Source {
    /// Its title, plain text.
    pub title: Option<String>,
    /// Its address, or its site's.
    pub url: Option<String>,
    /// Its id.
    pub id: Option<String>,
}

/// How often the publisher asks to be polled. These may slow polling down, never speed it up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hints {
    /// Minutes that the feed may be kept before it is asked for again (RSS 2.0 `ttl`).
    pub ttl_min: Option<u32>,
    /// Hours of the day, 0 to 23 in GMT, in which the feed does not change (RSS 2.0 `skipHours`).
    pub skip_hours: Vec<u8>,
    /// Days of the week in which the feed does not change, 0 is Sunday (RSS 2.0 `skipDays`).
    pub skip_days: Vec<u8>,
    /// Seconds between two updates (`sy:updatePeriod` over `sy:updateFrequency`, RSS 1.0 syndication module).
    pub update_s: Option<u32>,
}

/// What podcasts say beside (Apple's and the Podcasting 2.0 vocabularies).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Podcast {
    /// Number of the season.
    pub season: Option<u32>,
    /// Number of the episode.
    pub episode: Option<u32>,
    /// `full`, `trailer` or `bonus`; of a whole podcast `episodic` or `serial`.
    pub kind: Option<String>,
    /// Not for children.
    pub explicit: Option<bool>,
    /// Running time in seconds.
    pub duration_s: Option<u64>,
    /// Addresses of transcripts.
    pub transcripts: Vec<String>,
    /// Address of the chapters.
    pub chapters: Option<String>,
    /// The podcast's lasting id (`podcast:guid`).
    pub guid: Option<String>,
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
