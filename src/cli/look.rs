//! What `add` and `parse` see at an address: one look, with the limits and the manners of a poll.

use crate::fetch::{self, FetchRequest, Fetched, Fetcher, Hosts};
use crate::model::{Document, PollSettings, Validators};
use crate::read::{self, Hint, ReadError, WELL_KNOWN_PATHS};
use jiff::Timestamp;
use std::time::Duration;
use url::Url;

/// Somebody waits for the answer, so a slow server is not waited for as long as a poll would.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How many of the feeds that a page names are tried.
const TRIED: usize = 5;

/// Looks at addresses.
pub(super) struct Looker {
    fetcher: Fetcher,
    hosts: Hosts,
    max_bytes: usize,
    now: Timestamp,
}

/// What stands at an address.
pub(super) enum Sight {
    /// A feed.
    Feed(Box<Document>),
    /// No feed; the sentence says what. `page` holds the page's own address and its bytes.
    Other { what: String, page: Option<(String, Vec<u8>)> },
    /// Nobody knows: the sentence says why.
    Nothing(String),
}

impl Looker {
    pub(super) fn new(settings: &PollSettings, now: Timestamp) -> anyhow::Result<Self> {
        fetch::install_tls();
        let settings = PollSettings { timeout: settings.timeout.min(TIMEOUT), ..settings.clone() };
        let hosts = Hosts::new(settings.host_pause, settings.spacing);
        Ok(Self { fetcher: Fetcher::new(&settings)?, hosts, max_bytes: settings.max_bytes, now })
    }

    /// What an address answers.
    pub(super) async fn fetch(&self, url: &str) -> Result<Fetched, String> {
        let _turn = self.hosts.turn(url).await;
        let (validators, max_bytes) = (&Validators::default(), self.max_bytes);
        let request = FetchRequest { url, headers: &[], validators, max_bytes };
        self.fetcher.fetch(&request, self.now).await.map_err(|failed| failed.failure.detail)
    }

    /// What stands at an address.
    pub(super) async fn look(&self, url: &str) -> Sight {
        let fetched = match self.fetch(url).await {
            Ok(fetched) => fetched,
            Err(why) => return Sight::Nothing(why),
        };
        let bytes = fetched.body.unwrap_or_default();
        let hint = Hint {
            content_type: fetched.content_type.as_deref(),
            base_url: Some(&fetched.final_url),
            is_cut: fetched.cut.is_some(),
            max_bytes: Some(bytes.len()),
        };
        match read::read(&bytes, &hint) {
            Ok(document) => Sight::Feed(Box::new(document)),
            Err(error) => {
                let is_page = matches!(&error, ReadError::NotAFeed { what, .. } if what.contains("page"));
                Sight::Other { what: error.to_string(), page: is_page.then_some((fetched.final_url, bytes)) }
            }
        }
    }

    /// The richest feed of a page that can be read: of those that it links to, else of the well-known paths of its site.
    /// Beside it, how many the page links to.
    pub(super) async fn feed_of(&self, address: &str, page: &[u8]) -> (Option<(String, Document)>, usize) {
        let mut candidates: Vec<String> =
            read::discover(page, address).into_iter().map(|feed| feed.url).collect();
        let named = candidates.len();
        if candidates.is_empty() {
            let base = Url::parse(address).ok();
            let join = |path: &&str| base.as_ref()?.join(path).ok().map(String::from);
            candidates = WELL_KNOWN_PATHS.iter().filter_map(join).collect();
        } else {
            candidates.truncate(TRIED);
        }
        for url in candidates {
            if let Sight::Feed(document) = self.look(&url).await {
                return (Some((url, *document)), named);
            }
        }
        (None, named)
    }
}
