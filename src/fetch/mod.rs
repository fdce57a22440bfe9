//! HTTP requests: polls of feeds, pictures of stories, and forms for WebSub hubs. Bytes, time and redirects are limited,
//! polls are conditional, and a guard refuses private addresses.
//!
//! Knows `model`, the budget of bodies and the network. Must not know what a feed looks like (`read` judges the body), when
//! to poll (`schedule` decides), or what the time is (it is told). Whatever a server does, the result is what was asked
//! for or a [`FetchFailure`], which is data about the feed.
//!
//! [`Hosts`] keeps the requests to one host apart; [`Fetcher`] makes them.

mod answer;
mod body;
mod chain;
mod guard;
mod hosts;
#[cfg(test)]
mod origin;
mod picture;
mod post;
mod trouble;

#[cfg(test)]
mod tests;

pub use hosts::{Held, HostTurn, Hosts};

use crate::budget::{Budget, Share};
use crate::model::{FailureKind, Link, PollFailure, PollSettings, Validators};
use body::{Body, Limits};
use chain::Chain;
use guard::{Guard, Resolver};
use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// The most redirects that one poll follows.
pub const REDIRECT_LIMIT: usize = 10;

/// How long a host is left alone that was asked too often and does not say for how long.
const REST_UNSAID: Duration = Duration::from_mins(15);

/// How much of an error's page is read to find out whether it is a challenge.
const ERROR_PAGE_BYTES: usize = 64 * 1024;

/// The most header lines of an answer. Publishers behind several proxies and protections send more than a hundred.
const HEADER_LINES: usize = 1_000;

/// The same for HTTP/2, which counts bytes: of names and values, and 32 for each line (RFC 9113 §6.5.2).
const HEADER_BYTES: u32 = 256 * 1024;

/// How long an idle connection is kept: long enough for the next hop or the next feed of the same host, short enough
/// that thousands of hosts do not hold thousands of sockets.
const IDLE_CONNECTION: Duration = Duration::from_secs(2);

/// What to ask for.
#[derive(Debug, Clone, Copy)]
pub struct FetchRequest<'a> {
    /// Address of the feed; a name and password in it become basic authentication (RFC 7617).
    pub url: &'a str,
    /// The operator's own headers for this feed. They go to the feed's origin and its upgrade to https, and nowhere else;
    /// only `User-Agent`, `Accept` and `Accept-Language` go along with every redirect.
    pub headers: &'a [(String, String)],
    /// Validators of the last good poll. They go to the address that gave them and nowhere else.
    pub validators: &'a Validators,
    /// The most bytes of the feed, after decompression.
    pub max_bytes: usize,
}

/// An answer that is "here is the feed" or "not modified".
#[derive(Debug)]
pub struct Fetched {
    /// The body, decompressed; `None` when it was not modified (304).
    pub body: Option<Vec<u8>>,
    /// The `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// Validators for the next poll, byte for byte. After 304 the old ones, unless the answer renewed them
    /// (RFC 9110 §15.4.5).
    pub validators: Validators,
    /// The address that answered, after redirects; without name and password.
    pub final_url: String,
    /// Where the permanent redirects (301, 308) lead that came before any other. A name and password of the old address
    /// are kept as long as the redirects stay with its origin, or go to its upgrade to https.
    pub permanent: Option<String>,
    /// How long the publisher says that this answer stays fresh: `max-age` less `Age`, else `Expires` less `Date`
    /// (RFC 9111 §4.2.1).
    pub fresh_for: Option<Duration>,
    /// The hub that the headers name (`Link` with `rel="hub"`, RFC 8288, W3C WebSub §4).
    pub hub: Option<String>,
    /// What the headers call the feed (`Link` with `rel="self"`).
    pub own_url: Option<String>,
    /// What else the headers say this is (`Link` with `rel="alternate"` and a type), a feed perhaps.
    pub alternates: Vec<Link>,
    /// Bytes of the body after decompression; 0 when it was not modified.
    pub bytes: usize,
    /// Why the body is not whole, when it broke off or its coding is broken: what is here is its beginning.
    pub cut: Option<PollFailure>,
    /// What the body has of the budget. Keep it until the entries are filed: it is what bounds the memory of all polls.
    pub share: Option<Share>,
}

/// A poll that brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchFailure {
    /// The kind, and a sentence for the operator without secrets.
    pub failure: PollFailure,
    /// How long the publisher asks us to stay away (`Retry-After`, RFC 9110 §10.2.3): between one minute and seven days.
    pub retry_after: Option<Duration>,
    /// The status, when there was an answer.
    pub status: Option<u16>,
    /// The host that failed, after redirects: `Hosts::hold` takes it together with `retry_after`. Empty when the feed's
    /// address could not be read.
    pub host: String,
}

impl FetchFailure {
    fn new(kind: FailureKind, detail: impl AsRef<str>) -> Self {
        let failure = PollFailure::new(kind, detail.as_ref());
        Self { failure, retry_after: None, status: None, host: String::new() }
    }

    /// The failure of a poll that was not begun, because its host asked to be left alone.
    pub fn held(host: &str) -> Self {
        let detail = format!("{host} asked to be left alone, and was not asked again");
        Self { host: host.to_owned(), ..Self::new(FailureKind::Limited, detail) }
    }

    /// How long the whole host is left alone: as long as it asks for. A 429 counts requests, whichever feed they are for
    /// (RFC 6585 §4), so it holds the host even when it names no time.
    pub fn host_rest(&self) -> Option<Duration> {
        self.retry_after.or_else(|| (self.status == Some(429)).then_some(REST_UNSAID))
    }
}

/// Why there can be no [`Fetcher`].
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// `install_tls` was not called.
    #[error("no TLS provider is installed")]
    NoTls,
    /// The proxy's address cannot be used.
    #[error("the proxy cannot be used: {0}")]
    Proxy(String),
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built: {0}")]
    Client(String),
}

impl FetchError {
    /// A stable word for logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoTls => "no-tls",
            Self::Proxy(_) => "proxy",
            Self::Client(_) => "client",
        }
    }
}

/// Installs the TLS provider (ring) for the whole process; `main` and tests call it first. Calling it again does nothing.
pub fn install_tls() {
    // An error only says that a provider is already there, which is all we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Does polls. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: reqwest::Client,
    guard: Arc<Guard>,
    budget: Budget,
    timeout: Duration,
    /// A proxy connects for us, and private addresses are not allowed: then the guard lets polls pass, for the operator has chosen what
    /// is polled, and pictures are judged by their address.
    judges_pictures: bool,
}

impl Fetcher {
    /// A fetcher that keeps to `settings`. Fails when no TLS provider is installed or the proxy is no address.
    pub fn new(settings: &PollSettings) -> Result<Self, FetchError> {
        // An explicit proxy connects for us, so what an address leads to is its business; our own resolver would
        // only see the proxy's name, which is private more often than not.
        let guard = Guard::new(settings.allow_private || settings.proxy.is_some());
        Self::guarded(settings, guard)
    }

    fn guarded(settings: &PollSettings, guard: Guard) -> Result<Self, FetchError> {
        // Without a provider reqwest panics.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(FetchError::NoTls);
        }
        let guard = Arc::new(guard);
        let build = |trust_nobody: bool| {
            let mut builder = reqwest::Client::builder()
                .user_agent(user_agent(settings.contact.as_deref()))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .dns_resolver(Arc::new(Resolver::new(Arc::clone(&guard))))
                .no_proxy()
                .connect_timeout(settings.timeout)
                .pool_max_idle_per_host(1)
                .pool_idle_timeout(IDLE_CONNECTION)
                // Servers that send broken header lines, or very many, still send feeds.
                .http1_max_headers(HEADER_LINES)
                .http2_max_header_list_size(HEADER_BYTES)
                .http1_ignore_invalid_headers_in_responses(true)
                .http1_allow_obsolete_multiline_headers_in_responses(true)
                .http1_allow_spaces_after_header_name_in_responses(true);
            if let Some(proxy) = &settings.proxy {
                let proxy = reqwest::Proxy::all(proxy)
                    .map_err(|error| FetchError::Proxy(trouble::root_cause(&error.without_url())))?;
                builder = builder.proxy(proxy);
            }
            if trust_nobody {
                let nobody = rustls::ClientConfig::builder()
                    .with_root_certificates(rustls::RootCertStore::empty())
                    .with_no_client_auth();
                builder = builder.tls_backend_preconfigured(nobody);
            }
            builder.build().map_err(|error| FetchError::Client(trouble::root_cause(&error)))
        };
        let client = match build(false) {
            // A machine without CA certificates can still poll http feeds and show the demo; each https feed
            // will say what is wrong.
            Err(FetchError::Client(reason)) => {
                let client = build(true)?;
                tracing::warn!(error.detail = %reason, "no certificate of any https server can be verified");
                client
            }
            built => built?,
        };
        let judges_pictures = settings.proxy.is_some() && !settings.allow_private;
        Ok(Self { client, guard, budget: Budget::default(), timeout: settings.timeout, judges_pictures })
    }

    /// The same, with bodies that count towards `budget` and none of its own.
    #[must_use]
    pub fn within(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// What its bodies count towards.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Does one poll. `now` is used to read `Retry-After` and `Expires` dates.
    pub async fn fetch(&self, request: &FetchRequest<'_>, now: Timestamp) -> Result<Fetched, FetchFailure> {
        let mut chain = Chain::start(request)?;
        let outcome = self.follow(&mut chain, request, now).await;
        let host = || chain.url().host_str().unwrap_or_default().to_owned();
        outcome.map_err(|failure| FetchFailure { host: host(), ..failure })
    }

    async fn follow(
        &self,
        chain: &mut Chain,
        asked: &FetchRequest<'_>,
        now: Timestamp,
    ) -> Result<Fetched, FetchFailure> {
        let deadline = Instant::now() + self.timeout;
        for _ in 0..=REDIRECT_LIMIT {
            self.guard.check(chain.url())?;
            let (headers, conditional) = chain.headers(asked.validators);
            let request = self.client.get(chain.url().clone()).headers(headers);
            let response = timeout_at(deadline, request.send())
                .await
                .map_err(|_| trouble::too_slow(chain.url(), self.timeout))?
                .map_err(|error| trouble::of(&error, chain.url()))?;
            chain.take_cookies(response.headers());
            match response.status().as_u16() {
                200 | 203 => return self.here_it_is(response, chain, asked.max_bytes, deadline, now).await,
                304 if conditional => return Ok(not_modified(&response, chain, asked.validators, now)),
                301 | 302 | 303 | 307 | 308 => {
                    chain.redirect(response.status(), response.headers().get(header::LOCATION))?;
                }
                _ => return Err(refusal(response, chain.url(), deadline, now).await),
            }
        }
        Err(FetchFailure::new(
            FailureKind::Redirect,
            format!("{} is where we stopped after {REDIRECT_LIMIT} redirects", trouble::shown(chain.url())),
        ))
    }

    async fn here_it_is(
        &self,
        response: reqwest::Response,
        chain: &Chain,
        max_bytes: usize,
        deadline: Instant,
        now: Timestamp,
    ) -> Result<Fetched, FetchFailure> {
        let (status, headers) = (response.status(), response.headers().clone());
        let limits = Limits { bytes: max_bytes, set_by: "max_size", deadline, timeout: self.timeout };
        let Body { bytes: body, share, cut } = self.body(response, chain.url(), limits).await?;
        if body.iter().all(u8::is_ascii_whitespace) {
            let detail = format!("{} answered with an empty document", trouble::shown(chain.url()));
            return Err(FetchFailure { status: Some(200), ..FetchFailure::new(FailureKind::Body, detail) });
        }
        if answer::is_challenge_instead(&headers, &body) {
            let (kind, detail) = answer::challenge(status, chain.url());
            return Err(FetchFailure { status: Some(status.as_u16()), ..FetchFailure::new(kind, detail) });
        }
        Ok(Fetched {
            content_type: text(&headers, &header::CONTENT_TYPE),
            // What is missing must be sent again.
            validators: match cut {
                None => validators_of(&headers, chain.url()),
                Some(_) => Validators { url: chain.url().to_string(), ..Validators::default() },
            },
            final_url: chain.url().to_string(),
            permanent: chain.permanent(),
            fresh_for: answer::fresh_for(&headers, now).filter(|_| cut.is_none()),
            cut,
            hub: answer::link(&headers, "hub", chain.url()),
            own_url: answer::link(&headers, "self", chain.url()),
            alternates: answer::alternates(&headers, chain.url()),
            bytes: body.len(),
            body: Some(body),
            share: Some(share),
        })
    }
}

fn not_modified(response: &reqwest::Response, chain: &Chain, old: &Validators, now: Timestamp) -> Fetched {
    let renewed = validators_of(response.headers(), chain.url());
    Fetched {
        body: None,
        content_type: None,
        validators: Validators {
            etag: renewed.etag.or_else(|| old.etag.clone()),
            last_modified: renewed.last_modified.or_else(|| old.last_modified.clone()),
            url: renewed.url,
        },
        final_url: chain.url().to_string(),
        permanent: chain.permanent(),
        fresh_for: answer::fresh_for(response.headers(), now),
        hub: None,
        own_url: None,
        alternates: Vec::new(),
        bytes: 0,
        cut: None,
        share: None,
    }
}

/// What a status that is neither the feed nor "not modified" nor a redirect means.
async fn refusal(response: reqwest::Response, url: &Url, deadline: Instant, now: Timestamp) -> FetchFailure {
    let status = response.status();
    let headers = response.headers().clone();
    let mut page = Vec::new();
    if answer::may_be_challenge(status) {
        // Whether the page can be read to its end matters to nobody.
        if let Ok(Ok(stream)) = timeout_at(deadline, body::open(response, ERROR_PAGE_BYTES)).await {
            let _ = timeout_at(deadline, stream.take(ERROR_PAGE_BYTES as u64).read_to_end(&mut page)).await;
        }
    }
    let retry_after = answer::retry_after(&headers, now);
    let (kind, detail) = answer::refusal(status, &headers, &page, retry_after, url);
    FetchFailure { retry_after, status: Some(status.as_u16()), ..FetchFailure::new(kind, detail) }
}

/// The longest validator that is kept. Anything longer is no validator but a leak of something else, and would be sent
/// back with every poll.
const VALIDATOR_BYTES: usize = 4096;

fn validators_of(headers: &HeaderMap, url: &Url) -> Validators {
    let bytes = |name| {
        headers
            .get(name)
            .map(|value| value.as_bytes().to_vec())
            .filter(|value| !value.is_empty() && value.len() <= VALIDATOR_BYTES)
    };
    Validators {
        etag: bytes(header::ETAG),
        last_modified: bytes(header::LAST_MODIFIED),
        url: url.to_string(),
    }
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// `Tidings/VERSION (+contact)`: publishers see who polls them and whom to write to (RFC 9110 §10.1.5).
fn user_agent(contact: Option<&str>) -> String {
    let contact = contact.unwrap_or(env!("CARGO_PKG_REPOSITORY"));
    // A comment in a header ends at its parenthesis, and only visible ASCII may stand in it.
    let contact: String = contact
        .chars()
        .filter(|c| c.is_ascii_graphic() && !matches!(c, '(' | ')' | '\\'))
        .take(200)
        .collect();
    let about = if contact.is_empty() { "feed aggregator".to_owned() } else { format!("+{contact}") };
    format!("Tidings/{} ({about})", env!("CARGO_PKG_VERSION"))
}

/// Whether a redirect is permanent (RFC 9110 §15.4.2 and §15.4.9).
fn is_permanent(status: StatusCode) -> bool {
    matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT)
}
