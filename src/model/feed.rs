//! A feed's memory between polls, and what one poll brought.

use super::document::Hints;
use super::entry::Entry;
use super::history::History;
use super::id::{EntryNo, FeedNo};
use super::settings::CategoryName;
use super::words::sentence;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// ETag and Last-Modified of a poll: opaque bytes, sent back unchanged, and only to the address that gave them
/// (RFC 9110 §8.8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// The value of `ETag`.
    pub etag: Option<Vec<u8>>,
    /// The value of `Last-Modified`.
    pub last_modified: Option<Vec<u8>>,
    /// The address that sent them, after redirects.
    pub url: String,
}

/// Why a poll failed, as a stable word for logs, metrics and `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// No poll of any host gets through: it is us, not the feed.
    Offline,
    /// The name has no address.
    Dns,
    /// The connection was refused or broke.
    Connect,
    /// The certificate or the handshake is wrong.
    Tls,
    /// No complete answer within the time limit.
    Timeout,
    /// The answer's status is an error.
    Status,
    /// The publisher asks us to slow down (429, 503 with Retry-After).
    Limited,
    /// 410: the publisher says the feed is gone for good.
    Gone,
    /// Too many redirects, or one that leads nowhere.
    Redirect,
    /// The body is larger than the limit, or its compression is broken.
    Body,
    /// The address is private, and `allow_private` is not set.
    Address,
    /// The body is not a feed.
    NotAFeed,
}

impl FailureKind {
    /// Every kind, for metrics and for reading back from the store.
    pub const ALL: [Self; 12] = [
        Self::Offline,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Status,
        Self::Limited,
        Self::Gone,
        Self::Redirect,
        Self::Body,
        Self::Address,
        Self::NotAFeed,
    ];

    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Status => "status",
            Self::Limited => "limited",
            Self::Gone => "gone",
            Self::Redirect => "redirect",
            Self::Body => "body",
            Self::Address => "address",
            Self::NotAFeed => "not-a-feed",
        }
    }

    /// The kind that `word` names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A failed poll: data about the feed, not an error that stops anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PollFailure {
    /// The stable word.
    pub kind: FailureKind,
    /// A sentence for the operator, without secrets.
    pub detail: String,
}

impl PollFailure {
    /// A failure in words, which may be partly those of a server or a document.
    pub fn new(kind: FailureKind, detail: &str) -> Self {
        Self { kind, detail: sentence(detail) }
    }
}

/// No feed's host can be reached: that is about us, or about all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// When it was first noticed.
    pub since: Timestamp,
    /// A sentence for the operator.
    pub words: String,
}

/// What the store remembers of a feed. Written in the same transaction as the entries of the poll that changed it.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedState {
    /// Row.
    pub no: FeedNo,
    /// Address as configured now.
    pub url: String,
    /// Address under which the feed was first configured; public ids are made from it.
    pub first_url: String,
    /// Title the publisher gives it.
    pub title: Option<String>,
    /// Address of the publisher's site.
    pub site_url: Option<String>,
    /// Validators of the last successful poll.
    pub validators: Validators,
    /// xxh3-128 of the last body.
    pub body_hash: Option<u128>,
    /// When the feed was first configured.
    pub added_at: Timestamp,
    /// Last poll, successful or not.
    pub polled_at: Option<Timestamp>,
    /// Last poll that was answered with the feed or "not modified".
    pub read_at: Option<Timestamp>,
    /// Last poll that brought an entry that was new or changed.
    pub changed_at: Option<Timestamp>,
    /// When to poll next.
    pub next_poll_at: Timestamp,
    /// Failed polls since the last good one.
    pub failures: u32,
    /// The last failure, while it lasts.
    pub failure: Option<PollFailure>,
    /// A note that is no failure: warnings of the last reading, a redirect that may become permanent.
    pub note: Option<String>,
    /// Where the feed permanently redirects to, and since when.
    pub moved: Option<(String, Timestamp)>,
    /// What its documents have shown of its habits.
    pub habits: Habits,
}

/// Habits of a feed, learned from its documents. They are stored for polls that are answered with "not modified".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Habits {
    /// How often the last document asks to be polled.
    pub hints: Hints,
    /// Ids, links and more that entries which differ have shared, as hashes: they identify nothing in this feed
    /// (see `read::identify`).
    pub shared: Vec<u64>,
    /// Whether the last new entries appeared at the end of the document.
    pub newest_last: bool,
    /// When it last gave most of its new entries other ids.
    pub migrated_at: Option<Timestamp>,
    /// Its last document ended in the middle of an entry, though it was said to be whole.
    pub ends_in_entry: bool,
    /// How many entries of its last document were too many to be read.
    pub left_out: usize,
    /// The hub that pushes what is new (W3C WebSub §4).
    pub hub: Option<String>,
    /// What the feed is called there.
    pub topic: Option<String>,
    /// Until when pushes are relied on; `None` while none has come, or when a poll found what was not pushed.
    pub pushed_until: Option<Timestamp>,
    /// Who asked us to wait (`Retry-After`) when the feed was last due, so that it was not polled: its host, or its
    /// domain if the operator spaces polls by domain.
    pub held_by: Option<String>,
    /// Until when the feed's note stands, when it tells of something that happened once.
    pub note_until: Option<Timestamp>,
    /// When the publisher last sent a whole document rather than "not modified".
    pub whole_at: Option<Timestamp>,
    /// Seconds between two of the feed's latest entries, as its last document showed.
    pub gap_s: Option<u64>,
    /// Until when the last answer stays fresh, as its headers said: no interval asks for it sooner.
    pub fresh_until: Option<Timestamp>,
    /// What of its quota is spent.
    pub spent: Spent,
    /// What its last polls came to.
    pub history: History,
}

/// What of a feed's quota is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    /// On which day, counted from 1970-01-01 in UTC.
    pub day: i64,
    /// New entries.
    pub new: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Changes of stored entries.
    pub changed: usize,
    /// New entries wait for the next day.
    pub waits: bool,
}

/// What the desk and the outputs must know of the feed that carried an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedFacts {
    /// Row.
    pub no: FeedNo,
    /// Address under which the feed was first configured.
    pub first_url: String,
    /// Who publishes it: the registrable domain of its site. Copies within one publisher are not independent.
    pub publisher: String,
    /// The category that the operator fixed.
    pub category: Option<CategoryName>,
    /// The operator's weight, 1.0 unless set.
    pub weight: f64,
    /// Entries appear in no output, page or digest: the operator says so, or it is a spark.
    pub private: bool,
    /// Its entries may be one story with others; else each is a story of its own.
    pub dedupe: bool,
    /// Its copy of a story leads.
    pub prefer: bool,
}

/// What one poll brought, on its way to the desk.
#[derive(Debug)]
pub struct PollReport {
    /// The feed's state as it is to be written.
    pub state: FeedState,
    /// When the poll ended.
    pub at: Timestamp,
    /// Entries that are new, or whose hash differs from the stored one, oldest first.
    pub entries: Vec<Entry>,
    /// How many of `entries`, from the oldest, publish nothing.
    pub unpublished: usize,
    /// Entries that were here before under other keys; they are told nobody.
    pub adopted: Vec<Adoption>,
    /// The keys of all entries that the document held; `None` when it was not read again because nothing had changed.
    pub served: Option<Vec<String>>,
    /// The document may hold only a part of what the feed carries, as what hubs push does, or one that did not arrive
    /// whole: nothing that is missing in it is gone.
    pub partial: bool,
    /// Addresses that the document is the first to give to several entries.
    pub newly_shared: Vec<String>,
    /// The first successful poll of this feed: what it brings is backlog.
    pub backlog: bool,
}

impl PollReport {
    /// The report of a poll that brought no entries.
    pub fn of_state(state: FeedState, at: Timestamp) -> Self {
        Self {
            state,
            at,
            entries: Vec::new(),
            unpublished: 0,
            adopted: Vec::new(),
            served: None,
            partial: false,
            newly_shared: Vec::new(),
            backlog: false,
        }
    }
}

/// An entry that was stored under another key and takes a new one, because its feed has given it a new id or address.
#[derive(Debug)]
pub struct Adoption {
    /// The stored entry.
    pub no: EntryNo,
    /// The entry as it comes now, with the key that it gets.
    pub entry: Entry,
}

/// Who publishes a feed: the site (see [`site_of`]) of the address that the feed gives as its site, else of the
/// feed's own address. Two feeds of one publisher are not independent of each other.
pub fn publisher_of(site_url: Option<&str>, feed_url: &str) -> String {
    let mut sites = [site_url, Some(feed_url)].into_iter().flatten();
    sites.find_map(site_of).unwrap_or_else(|| feed_url.to_owned())
}

/// The site that an address is on (see [`site_of_host`]); `None` of what is no address.
pub fn site_of(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let host = url.host_str()?.trim_end_matches('.').to_ascii_lowercase();
    Some(site_of_host(&host).to_owned())
}

/// Domains that give a host to each of their users, although they are not in the public suffix list.
const SHARED_DOMAINS: [&str; 16] = [
    "substack.com",
    "wordpress.com",
    "tumblr.com",
    "medium.com",
    "livejournal.com",
    "tistory.com",
    "typepad.com",
    "ghost.io",
    "beehiiv.com",
    "neocities.org",
    "bearblog.dev",
    "write.as",
    "hatenablog.com",
    "fc2.com",
    "buttondown.email",
    "micro.blog",
];

/// The site that a host is of: its registrable domain (<https://publicsuffix.org>), or its name on a domain that many share; a
/// number, or a name without a domain, is a site of its own.
pub fn site_of_host(host: &str) -> &str {
    if host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return host;
    }
    let Some(domain) = registrable_domain(host) else { return host };
    if !SHARED_DOMAINS.contains(&domain) || host.len() == domain.len() {
        return domain;
    }
    // The label before the shared domain.
    let front = host[..host.len() - domain.len() - 1].rsplit('.').next().unwrap_or_default();
    if front == "www" { domain } else { &host[host.len() - domain.len() - 1 - front.len()..] }
}

/// The registrable domain of a host: the label before its public suffix, and that suffix (<https://publicsuffix.org>).
///
/// The list is looked up here and nowhere else. It is code, and is compiled anew wherever it is called from.
#[inline(never)]
pub fn registrable_domain(host: &str) -> Option<&str> {
    psl::domain_str(host)
}

/// An address as it may be shown and logged: without userinfo, query and fragment, where secrets live.
pub fn shown_url(address: &str) -> String {
    let Ok(mut url) = url::Url::parse(address) else { return "(no address)".to_owned() };
    // These fail only for addresses without a host, which have no userinfo either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publisher_is_the_registrable_domain_of_the_site() {
        let of = |site: Option<&str>, feed: &str| publisher_of(site, feed);
        assert_eq!(of(Some("https://www.paper.co.uk/world"), "https://feeds.example.com/x"), "paper.co.uk");
        assert_eq!(of(None, "https://rss.paper.example.com/x"), "example.com");
        assert_eq!(of(Some("no address"), "http://127.0.0.1:8080/x"), "127.0.0.1");
        assert_eq!(of(None, "http://localhost/feed"), "localhost");
        assert_eq!(of(None, ""), "");
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        assert_eq!(shown_url("https://me:pw@a.example/feed?token=1#x"), "https://a.example/feed");
        assert_eq!(shown_url("nonsense"), "(no address)");
    }
}
