//! The settings of each part, valid by construction once `config` has made them. A part receives its own, never all.

use super::cron::Cron;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The category that is always there: what the desk is too unsure to place.
pub const GENERAL: &str = "general";

/// Name of a category: the word in addresses and in `feeds.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategoryName(String);

impl CategoryName {
    /// Words that are, or begin, an address of ours and so cannot name a category.
    pub const RESERVED: [&str; 18] = [
        "all",
        "archive",
        "topics",
        "stories",
        "search",
        "sources",
        "feeds",
        "digests",
        "linked",
        "status",
        "healthz",
        "metrics",
        "assets",
        "pictures",
        "unsubscribe",
        "confirm",
        "preferences",
        "websub",
    ];

    /// A category name: 1 to 40 lower-case letters, digits and hyphens, beginning with a letter, and not an
    /// address of ours. The error is a sentence that says what is wrong.
    pub fn new(name: &str) -> Result<Self, String> {
        let well_formed = name.chars().count() <= 40
            && name.starts_with(char::is_alphabetic)
            && name.chars().all(|c| (c.is_alphanumeric() && !c.is_uppercase()) || c == '-');
        if !well_formed {
            return Err(format!(
                "a category's name becomes part of an address, so it is made of lower-case letters, digits and \
                 hyphens, begins with a letter, and has at most 40 of them; \"{name}\" is not"
            ));
        }
        if Self::RESERVED.contains(&name) {
            return Err(format!(
                "\"{name}\" cannot name a category, because /{name} is an address of its own"
            ));
        }
        Ok(Self(name.to_owned()))
    }

    /// The category [`GENERAL`].
    pub fn general() -> Self {
        Self(GENERAL.to_owned())
    }

    /// A name read back from the store, which was valid when it was written.
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CategoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `[site]`
#[derive(Clone, PartialEq, Eq)]
pub struct SiteSettings {
    /// Title of the front page and of the outputs.
    pub title: String,
    /// Public address without a trailing slash; links in outputs and mails begin with it.
    pub url: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The language of the pages, and of a digest that says none.
    pub language: Language,
    /// The time zone of the pages, and of a digest that says none.
    pub timezone: TimeZone,
    /// What opens all of `/metrics`; from the environment or a systemd credential, never from the file, never printed.
    pub metrics_token: Option<String>,
}

impl fmt::Debug for SiteSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteSettings").field("url", &self.url).finish_non_exhaustive()
    }
}

impl SiteSettings {
    /// Whether what it shows can be read by everyone, as far as its address tells.
    pub fn is_public(&self) -> bool {
        super::is_public_site(&self.url)
    }
}

/// A language in which we can say the fixed words of an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::English, Self::German, Self::French, Self::Spanish];

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
        }
    }
}

/// `[store]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// The SQLite file.
    pub path: PathBuf,
    /// The most pages the file may grow to (`PRAGMA max_page_count`); `None` leaves SQLite's own limit. Tests fill a
    /// disk with it.
    pub max_pages: Option<u32>,
}

/// Whom polls are kept apart for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spacing {
    /// Each host by itself.
    Host,
    /// All hosts of one registrable domain together (<https://publicsuffix.org>): one server often answers for them all.
    Domain,
}

/// How much of one feed is written in a day, in UTC: what exceeds it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// New entries.
    pub entries: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl Default for Quota {
    fn default() -> Self {
        Self { entries: 5_000, bytes: 64 * 1024 * 1024 }
    }
}

/// `[poll]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollSettings {
    /// Never poll a feed more often than this.
    pub min_interval: Duration,
    /// How often to poll when nothing else is known.
    pub interval: Duration,
    /// Never poll a working feed more rarely than this.
    pub max_interval: Duration,
    /// Polls under way at once.
    pub concurrency: usize,
    /// Pause between two polls of one host or domain.
    pub host_pause: Duration,
    /// Whether one poll at a time, and a pause between two, is kept for each host or for each domain.
    pub spacing: Spacing,
    /// Time limit of one poll, redirects included.
    pub timeout: Duration,
    /// The most bytes of one feed, after decompression.
    pub max_bytes: usize,
    /// How much of one feed is written in a day, unless the feed says otherwise.
    pub quota: Quota,
    /// Whether feeds may be on private, loopback and link-local addresses.
    pub allow_private: bool,
    /// Address or mail of the operator, sent in the User-Agent.
    pub contact: Option<String>,
    /// Explicit proxy, `http://`, `https://` or `socks5://`; it takes over the check of addresses.
    pub proxy: Option<String>,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self {
            min_interval: Duration::from_mins(15),
            interval: Duration::from_hours(1),
            max_interval: Duration::from_hours(24),
            concurrency: 16,
            host_pause: Duration::from_secs(1),
            spacing: Spacing::Host,
            timeout: Duration::from_secs(30),
            max_bytes: 10 * 1024 * 1024,
            quota: Quota::default(),
            allow_private: false,
            contact: None,
            proxy: None,
        }
    }
}

/// How much of a story's text an output carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// All that the lead's feed carries.
    Full,
    /// The first few sentences.
    Excerpt,
}

/// What an output does with pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// Readers get them from the publisher.
    Link,
    /// There are none.
    None,
}

/// `[publish]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishSettings {
    /// An output holds at least this many stories …
    pub items: usize,
    /// … and at least those of this many days.
    pub days: u32,
    /// How much text.
    pub text: TextForm,
    /// Which pictures.
    pub pictures: Pictures,
    /// Whether titles name the publisher, too.
    pub publisher_in_titles: bool,
}

impl Default for PublishSettings {
    fn default() -> Self {
        Self {
            items: 100,
            days: 7,
            text: TextForm::Full,
            pictures: Pictures::Link,
            publisher_in_titles: false,
        }
    }
}

/// `[[category]]`, or a category that a feed names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategorySettings {
    /// Name in addresses.
    pub name: CategoryName,
    /// Title on pages.
    pub title: String,
    /// Words that put a story here.
    pub keywords: Vec<String>,
    /// Names it had before; their addresses redirect.
    pub was: Vec<String>,
}

/// `[[feed]]`
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct FeedSettings {
    /// Address.
    pub url: String,
    /// The operator's title for it.
    pub title: Option<String>,
    /// The category it is fixed to.
    pub category: Option<CategoryName>,
    /// Other categories whose outputs and pages carry its stories, too.
    pub also: Vec<CategoryName>,
    /// Weight in ranking, 1.0 unless set.
    pub weight: f64,
    /// Its own interval, instead of `[poll] interval`.
    pub interval: Option<Duration>,
    /// The most bytes of it, instead of `[poll] max_size`.
    pub max_bytes: Option<usize>,
    /// How much of it is written in a day.
    pub quota: Quota,
    /// Headers to send, such as an `Authorization`.
    pub headers: Vec<(String, String)>,
    /// Its entries appear in no output, page or digest. Set by the operator, or because the address or the headers
    /// carry credentials.
    pub private: bool,
    /// Its links heat the pages that they lead to, and its entries are shown nowhere.
    pub spark: bool,
    /// Its entries may be one story with others, of its own or of other feeds; else each is a story of its own.
    pub dedupe: bool,
    /// Its copy of a story leads, whoever else carries it.
    pub prefer: bool,
}

impl FeedSettings {
    /// A feed of which nothing is set but its address.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            title: None,
            category: None,
            also: Vec::new(),
            weight: 1.0,
            interval: None,
            max_bytes: None,
            quota: Quota::default(),
            headers: Vec::new(),
            private: false,
            spark: false,
            dedupe: true,
            prefer: false,
        }
    }
}

/// `[[digest]]`
#[derive(Debug, Clone, PartialEq)]
pub struct DigestSettings {
    /// Name in addresses.
    pub name: String,
    /// Title on pages and in the subject.
    pub title: String,
    /// When an edition is due, in civil time of `timezone`.
    pub schedule: Cron,
    /// IANA time zone.
    pub timezone: TimeZone,
    /// The language of its fixed words; the news stays in its own.
    pub language: Language,
    /// Only these categories; empty means all.
    pub categories: Vec<CategoryName>,
    /// How many topics an edition holds at most.
    pub topics: usize,
    /// Whether an edition comes out also when there is nothing to tell.
    pub sends_empty: bool,
    /// Whether mails show pictures, which mail programs then fetch from the publishers.
    pub pictures: bool,
    /// Recipients.
    pub to: Vec<String>,
    /// Whether anybody may ask for it on its page.
    pub open: bool,
}

impl DigestSettings {
    /// Whether `to` has this address, under whatever name.
    pub fn names(&self, address: &str) -> bool {
        let bare = super::bare_address(address);
        self.to.iter().any(|recipient| super::bare_address(recipient) == bare)
    }

    /// The sections that its recipients can choose from, of those that the site has.
    pub fn offered(&self, site: &[CategorySettings]) -> BTreeSet<CategoryName> {
        let all = site.iter().map(|category| category.name.clone());
        all.filter(|name| self.categories.is_empty() || self.categories.contains(name)).collect()
    }
}

/// `[mail]`
#[derive(Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// Where mail goes.
    pub way: MailWay,
    /// The most mails handed over in a minute.
    pub per_minute: Option<u32>,
    /// From address, `Name <address>` or bare.
    pub from: String,
    /// Reply-To address.
    pub reply_to: Option<String>,
    /// Password from the environment or a systemd credential; never from the file, never printed.
    pub password: Option<String>,
    /// How messages are signed, when they are.
    pub dkim: Option<DkimSettings>,
}

/// Where mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailWay {
    /// To an SMTP server, named by a URL: `smtp://user@host:port` or `smtps://user@host`.
    Smtp(String),
    /// Into a maildir, from which another program takes it.
    Maildir(PathBuf),
    /// To a program that takes mail as sendmail does.
    Sendmail(PathBuf),
}

/// How messages are signed (DKIM, RFC 6376). The domain is that of the From address.
#[derive(Clone, PartialEq, Eq)]
pub struct DkimSettings {
    /// Under which name the public key stands in the DNS: `SELECTOR._domainkey.DOMAIN`.
    pub selector: String,
    /// The private key in PEM, from the environment or a systemd credential; never printed.
    pub key: String,
}

impl fmt::Debug for DkimSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DkimSettings").field("selector", &self.selector).finish_non_exhaustive()
    }
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailSettings").field("from", &self.from).finish_non_exhaustive()
    }
}

/// What the desk must know of the configuration: the categories, and `[desk]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskSettings {
    /// The categories, in the operator's order, with their keywords; `general` is among them.
    pub categories: Vec<CategorySettings>,
    /// The precision wanted of the classifier: the share of its decisions that is to be right, 0.5 to 1.
    pub category_sure: f64,
    /// Added to the score that a story needs to join a topic; 0.08 asks for about twice the odds. Negative asks for less.
    pub topics_stricter: f64,
}

impl Default for DeskSettings {
    fn default() -> Self {
        Self { categories: Vec::new(), category_sure: 0.9, topics_stricter: 0.0 }
    }
}
