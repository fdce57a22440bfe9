//! Fetches an address for `add`, `import` and `parse`, and says what is there. The limits and the turns per host are those
//! of a poll. It writes nothing.

use crate::config::Editor;
use crate::fetch::{self, FetchFailure, FetchRequest, Fetched, Fetcher, Hosts};
use crate::model::{Document, FailureKind, Link, PollSettings, Validators, shown_url};
use crate::read::{self, Hint, ReadError, WELL_KNOWN_PATHS};
use crate::store;
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::Semaphore;
use url::Url;

/// Longest time for one fetch: somebody waits for the answer, so it is shorter than a poll's.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How many of the feeds that a page names are tried, the richest first.
const TRIED: usize = 5;

/// Fetches addresses; one value keeps the turns of all hosts.
pub(super) struct Looker {
    fetcher: Fetcher,
    hosts: Hosts,
    /// Bounds how many fetches run at a time.
    places: Semaphore,
    /// Limit of a body after decompression, in bytes.
    max_bytes: usize,
    now: Timestamp,
}

/// What is at an address.
pub(super) enum Sight {
    /// A feed, and its address after redirects.
    Feed(Box<Document>, String),
    /// No feed; the sentence says what. `page` is set when it may name feeds.
    Other { what: String, page: Option<PageSeen> },
    /// Unknown, since the address could not be read; the sentence says why.
    Nothing(String),
}

/// A page that may name feeds.
pub(super) struct PageSeen {
    /// After redirects.
    address: String,
    bytes: Vec<u8>,
    /// The links of its `Link` headers.
    links: Vec<Link>,
}

impl Looker {
    pub(super) fn new(settings: &PollSettings, now: Timestamp) -> anyhow::Result<Self> {
        fetch::install_tls();
        let settings = PollSettings { timeout: settings.timeout.min(TIMEOUT), ..settings.clone() };
        let hosts = Hosts::new(settings.host_pause, settings.spacing);
        let places = Semaphore::new(settings.concurrency);
        Ok(Self { fetcher: Fetcher::new(&settings)?, hosts, places, max_bytes: settings.max_bytes, now })
    }

    /// Fetches an address, without looking at what the body is. The error is a sentence for people.
    pub(super) async fn fetch(&self, url: &str) -> Result<Fetched, String> {
        self.ask(url).await.map_err(|failed| failed.failure.detail)
    }

    async fn ask(&self, url: &str) -> Result<Fetched, FetchFailure> {
        // A host that has asked for a pause during this command gets it.
        let turn = self.hosts.turn(url).await.map_err(|held| FetchFailure::held(&held.host))?;
        let _place = self.places.acquire().await;
        let (validators, max_bytes) = (&Validators::default(), self.max_bytes);
        let request = FetchRequest { url, headers: &[], validators, max_bytes };
        let fetched = self.fetcher.fetch(&request, self.now).await;
        drop(turn);
        if let Err(failed) = &fetched
            && let Some(wait) = failed.host_rest()
        {
            self.hosts.hold(&failed.host, wait);
        }
        fetched
    }

    /// Fetches an address and reads what it answers.
    pub(super) async fn look(&self, url: &str) -> Sight {
        let fetched = match self.ask(url).await {
            Ok(fetched) => fetched,
            Err(failed) if is_an_answer(&failed) => {
                return Sight::Other { what: failed.failure.detail, page: None };
            }
            Err(failed) => return Sight::Nothing(failed.failure.detail),
        };
        let bytes = fetched.body.unwrap_or_default();
        let hint = Hint {
            content_type: fetched.content_type.as_deref(),
            base_url: Some(&fetched.final_url),
            is_cut: fetched.cut.is_some(),
            max_bytes: Some(bytes.len()),
            ..Hint::default()
        };
        match (read::read(&bytes, &hint), fetched.cut) {
            (Ok(document), _) => Sight::Feed(Box::new(document), fetched.final_url),
            (Err(_), Some(cut)) => Sight::Nothing(cut.detail),
            (Err(error), None) => {
                let what = format!("{} {error}", shown_url(url));
                let is_page = matches!(&error, ReadError::NotAFeed { what, .. } if what.contains("page"));
                let seen = PageSeen { address: fetched.final_url, bytes, links: fetched.alternates };
                let may_name = is_page || !seen.links.is_empty();
                Sight::Other { what, page: may_name.then_some(seen) }
            }
        }
    }

    /// The first readable feed among those that a page links to, the richest first; when it links to none, among the
    /// well-known paths of its site. Also how many feeds the page links to.
    pub(super) async fn feed_of(&self, page: &PageSeen) -> (Option<FoundFeed>, usize) {
        let PageSeen { address, bytes, links } = page;
        let mut candidates: Vec<String> =
            read::discover(bytes, address, links).into_iter().map(|feed| feed.url).collect();
        let named = candidates.len();
        if candidates.is_empty() {
            let base = Url::parse(address).ok();
            let join = |path: &&str| base.as_ref()?.join(path).ok().map(String::from);
            candidates = WELL_KNOWN_PATHS.iter().filter_map(join).collect();
        } else {
            candidates.truncate(TRIED);
        }
        for url in candidates {
            if let Sight::Feed(document, end) = self.look(&url).await {
                return (Some(FoundFeed { url, end, title: document.title }), named);
            }
        }
        (None, named)
    }
}

/// A feed that was found through a page.
pub(super) struct FoundFeed {
    /// The address that the page gives.
    pub(super) url: String,
    /// The same after redirects.
    pub(super) end: String,
    /// The title that the feed gives itself.
    pub(super) title: Option<String>,
}

/// Whether a failure says that the address has no feed: it is gone, or answers with an error of the client's (4xx), or with
/// a body that cannot be read. A server that is out of order, overloaded, or wants credentials may have one.
fn is_an_answer(failed: &FetchFailure) -> bool {
    match (failed.failure.kind, failed.status) {
        (FailureKind::Gone, _) | (FailureKind::Body, Some(_)) => true,
        (FailureKind::Status, Some(status)) => {
            (400..500).contains(&status) && !matches!(status, 401 | 407 | 408 | 425 | 451)
        }
        _ => false,
    }
}

/// Tells the editor the final address of each feed at its last poll, from the database if there is one.
pub(super) fn note_ends(editor: &mut Editor) {
    let path = editor.config().store.path.clone();
    let feeds = store::look(&path, |reader| reader.feeds()).unwrap_or_default();
    for feed in &feeds {
        editor.note_end(&feed.state.url, &feed.state.validators.url);
    }
}
