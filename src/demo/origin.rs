//! A loopback origin for feeds: it serves pages that are put under paths over real sockets, and keeps a record of the
//! requests.
//!
//! It serves the made-up newsroom and the tests. It knows HTTP and nothing of feeds. It must not read a clock: what it
//! serves changes only when a page is put or removed.
//!
//! Only `app` and the tests start tasks, so the serving itself is handed back as a future:
//!
//! ```ignore
//! let (origin, serving) = Origin::start().await?;
//! let task = tokio::spawn(serving);
//! origin.put("/feed", Page::feed("application/rss+xml", "<rss/>"));
//! assert_eq!(reqwest::get(origin.url("/feed")).await?.status(), 200);
//! origin.stop().await;
//! ```

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use xxhash_rust::xxh3::xxh3_64;

/// How many requests are recorded; older ones are dropped, so that a demonstration may run for weeks.
const SEEN_MAX: usize = 10_000;

/// The second at which the first page was "modified": 2026-01-01T00:00:00Z. Each change of a body is one second later.
const FIRST_MODIFIED_S: i64 = 1_767_225_600;

/// An origin on loopback. Clones share what it serves and what it has seen.
#[derive(Debug, Clone)]
pub struct Origin {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    shelf: Mutex<Shelf>,
    seen: Mutex<VecDeque<Seen>>,
    stop: CancellationToken,
    ended: CancellationToken,
}

#[derive(Debug, Default)]
struct Shelf {
    pages: HashMap<String, Kept>,
    /// How many bodies were put so far that differ from the one before; see
    /// [`http_date`], which dates a body by it.
    changes: i64,
}

/// A page as it is kept, ready to be served without copying its body.
#[derive(Debug, Clone)]
struct Kept {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    delay: Duration,
    conditional: bool,
}

/// A page to be served under a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Status of the answer; 500 is sent in place of a number that is no status.
    pub status: u16,
    /// Content-Type; none is sent when empty.
    pub content_type: String,
    /// The body, before any compression.
    pub body: Vec<u8>,
    /// Further headers. An `ETag` or `Last-Modified` among them replaces the origin's own. A name or value that HTTP does
    /// not allow is left out.
    pub headers: Vec<(String, String)>,
    /// How long the origin waits before it answers.
    pub delay: Duration,
    /// Whether validators are sent, and 304 is answered to a request that sends one back.
    pub conditional: bool,
}

impl Page {
    /// A feed as a well-behaved publisher serves it: 200, with validators.
    pub fn feed(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            content_type: content_type.to_owned(),
            body: body.into(),
            headers: Vec::new(),
            delay: Duration::ZERO,
            conditional: true,
        }
    }

    /// A bare status with an empty body.
    pub fn status(status: u16) -> Self {
        Self { status, content_type: String::new(), conditional: false, ..Self::feed("", Vec::new()) }
    }

    /// A redirect to an address, absolute or relative.
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::status(status).with_header("Location", to)
    }

    /// The same page with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same page, answered late.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// A recorded request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The method in capitals, such as `GET`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers: names in lower case, values as the bytes that were sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The status that was answered.
    pub answered: u16,
}

impl Seen {
    /// The first header of that name (written in lower case), as text.
    pub fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().find(|(header, _)| header == name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }
}

impl Origin {
    /// Binds a free port of 127.0.0.1. The second value is the future that serves: spawn it. It ends with
    /// [`Origin::stop`].
    pub async fn start() -> io::Result<(Self, impl Future<Output = ()> + Send + use<>)> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Like [`Origin::start`], on this address.
    pub async fn start_on(
        address: SocketAddr,
    ) -> io::Result<(Self, impl Future<Output = ()> + Send + use<>)> {
        let listener = TcpListener::bind(address).await?;
        let shared = Arc::new(Shared {
            address: listener.local_addr()?,
            shelf: Mutex::default(),
            seen: Mutex::default(),
            stop: CancellationToken::new(),
            ended: CancellationToken::new(),
        });
        let routes = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared))
            .layer(CompressionLayer::new().gzip(true));
        // The guard also fires when the future is dropped before its end, so that `stop` does not wait for it.
        let guard = shared.ended.clone().drop_guard();
        let stop = shared.stop.clone();
        let serving = async move {
            let _ended = guard;
            // axum retries failed accepts by itself and does not return an error here.
            let _ = axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await;
        };
        Ok((Self { shared }, serving))
    }

    /// The socket address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The absolute address of a path, which must begin with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.shared.address)
    }

    /// Puts a page under a path (with its query, if it has one) and replaces the page that was there. Its validators change
    /// exactly when the body does. A page under `//host/path` is served to requests for that host only, before the page of
    /// the same path without a host.
    pub fn put(&self, path: &str, page: Page) {
        let mut shelf = locked(&self.shared.shelf);
        let before = shelf.pages.get(path).filter(|kept| kept.body == page.body);
        let modified = before.and_then(|kept| kept.headers.get(header::LAST_MODIFIED).cloned());
        let modified = modified.unwrap_or_else(|| {
            shelf.changes += 1;
            http_date(shelf.changes)
        });
        let kept = keep(page, modified);
        shelf.pages.insert(path.to_owned(), kept);
    }

    /// The body of the page under a path; `None` when there is none.
    pub fn body(&self, path: &str) -> Option<Vec<u8>> {
        locked(&self.shared.shelf).pages.get(path).map(|kept| kept.body.to_vec())
    }

    /// Removes a page; its path answers 404 from then on.
    pub fn remove(&self, path: &str) {
        locked(&self.shared.shelf).pages.remove(path);
    }

    /// The requests so far, oldest first, at most the last 10,000. A delayed one is included before it is answered.
    pub fn seen(&self) -> Vec<Seen> {
        locked(&self.shared.seen).iter().cloned().collect()
    }

    /// Forgets the requests so far.
    pub fn clear_seen(&self) {
        locked(&self.shared.seen).clear();
    }

    /// Stops serving and waits until the open requests are answered; delayed pages are answered at once. The future of
    /// [`Origin::start`] must have been spawned or dropped.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.shared.ended.cancelled().await;
    }
}

/// Locks, also when a test panicked while it held the lock: every change under it is a single step, so the data is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn http_date(changes: i64) -> HeaderValue {
    Timestamp::UNIX_EPOCH
        .checked_add(SignedDuration::from_secs(FIRST_MODIFIED_S.saturating_add(changes)))
        .ok()
        .and_then(|at| DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok())
        .and_then(|date| HeaderValue::try_from(date).ok())
        .unwrap_or_else(|| HeaderValue::from_static("Thu, 01 Jan 2026 00:00:00 GMT"))
}

fn keep(page: Page, modified: HeaderValue) -> Kept {
    let mut headers = HeaderMap::new();
    if let Ok(content_type) = HeaderValue::try_from(page.content_type)
        && !content_type.is_empty()
    {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if page.conditional {
        let etag = format!("\"{:016x}\"", xxh3_64(&page.body));
        headers.insert(header::ETAG, HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\"")));
        headers.insert(header::LAST_MODIFIED, modified);
    }
    for (name, value) in page.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes()))
        {
            let own_validator = name == header::ETAG || name == header::LAST_MODIFIED;
            if own_validator {
                headers.insert(name, value);
            } else {
                headers.append(name, value);
            }
        }
    }
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Kept { status, headers, body: Bytes::from(page.body), delay: page.delay, conditional: page.conditional }
}

/// The page for a request: under the path of the requested host, else under the path alone; each with the query first,
/// then without.
fn found<'a>(shelf: &'a Shelf, request: &Request, asked: &str) -> Option<&'a Kept> {
    let path = request.uri().path();
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.split_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let hosted = [asked, path].map(|path| format!("//{host}{path}"));
    let mut places = hosted.iter().map(String::as_str).chain([asked, path]);
    places.find_map(|place| shelf.pages.get(place))
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let asked = request.uri().path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str).to_owned();
    let kept = found(&locked(&shared.shelf), &request, &asked).cloned();
    let delay = kept.as_ref().map_or(Duration::ZERO, |kept| kept.delay);
    let (status, headers, body) = match kept {
        None => (StatusCode::NOT_FOUND, HeaderMap::new(), Bytes::new()),
        Some(kept)
            if kept.conditional && kept.status == StatusCode::OK && is_current(&kept, request.headers()) =>
        {
            (StatusCode::NOT_MODIFIED, kept.headers, Bytes::new())
        }
        Some(kept) => (kept.status, kept.headers, kept.body),
    };
    remember(&shared, &request, asked, status);
    if !delay.is_zero() {
        // The page is answered when the delay is over or the origin stops, whichever comes first.
        let _ = shared.stop.run_until_cancelled(tokio::time::sleep(delay)).await;
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn remember(shared: &Shared, request: &Request, path: String, status: StatusCode) {
    let header = |(name, value): (&HeaderName, &HeaderValue)| (name.to_string(), value.as_bytes().to_vec());
    let mut seen = locked(&shared.seen);
    if seen.len() >= SEEN_MAX {
        seen.pop_front();
    }
    seen.push_back(Seen {
        method: request.method().to_string(),
        path,
        headers: request.headers().iter().map(header).collect(),
        answered: status.as_u16(),
    });
}

/// Whether a request's validators are those of this page (RFC 9110 §13.2.2: `If-Modified-Since` counts only without
/// `If-None-Match`). The date is compared byte by byte and not as a moment, so that tests notice a poller that rewrites it.
fn is_current(kept: &Kept, asked: &HeaderMap) -> bool {
    if asked.contains_key(header::IF_NONE_MATCH) {
        let Some(etag) = kept.headers.get(header::ETAG) else { return false };
        let ours = opaque(etag.as_bytes());
        return asked
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .any(|theirs| theirs == b"*" || opaque(theirs) == ours);
    }
    asked
        .get(header::IF_MODIFIED_SINCE)
        .is_some_and(|since| kept.headers.get(header::LAST_MODIFIED) == Some(since))
}

/// An entity tag without the prefix `W/`, because `If-None-Match` compares weakly (RFC 9110 §13.1.2).
fn opaque(etag: &[u8]) -> &[u8] {
    etag.strip_prefix(b"W/").unwrap_or(etag)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test is its own app")]
mod tests {
    use super::*;

    async fn started() -> Origin {
        let (origin, serving) = Origin::start().await.unwrap();
        tokio::spawn(serving);
        origin
    }

    fn client() -> reqwest::Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
    }

    /// Asks with the headers; gives status, ETag, Last-Modified and body.
    async fn ask(origin: &Origin, path: &str, headers: &[(&str, &str)]) -> (u16, String, String, String) {
        let mut request = client().get(origin.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let header = |name: &str| {
            response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (status, etag, modified) = (response.status().as_u16(), header("etag"), header("last-modified"));
        (status, etag, modified, response.text().await.unwrap())
    }

    #[tokio::test]
    async fn validators_are_honoured_and_change_exactly_with_the_body() {
        let origin = started().await;
        origin.put("/a", Page::feed("application/rss+xml", "one"));
        let (status, etag, modified, body) = ask(&origin, "/a", &[]).await;
        assert_eq!((status, body.as_str()), (200, "one"));
        assert_eq!(modified, "Thu, 01 Jan 2026 00:00:01 GMT");

        assert_eq!(ask(&origin, "/a", &[("If-None-Match", &etag)]).await.0, 304);
        assert_eq!(ask(&origin, "/a", &[("If-None-Match", &format!("\"x\", W/{etag}"))]).await.0, 304);
        assert_eq!(ask(&origin, "/a", &[("If-None-Match", "*")]).await.0, 304);
        assert_eq!(ask(&origin, "/a", &[("If-Modified-Since", &modified)]).await.0, 304);
        let mixed = [("If-None-Match", "\"x\""), ("If-Modified-Since", modified.as_str())];
        assert_eq!(ask(&origin, "/a", &mixed).await.0, 200, "the entity tag decides");

        origin.put("/a", Page::feed("application/rss+xml", "one"));
        assert_eq!(ask(&origin, "/a", &[("If-None-Match", &etag)]).await.0, 304, "the same body put again");
        assert_eq!(ask(&origin, "/a", &[("If-Modified-Since", &modified)]).await.0, 304);
        origin.put("/a", Page::feed("application/rss+xml", "two"));
        let both = [("If-None-Match", etag.as_str()), ("If-Modified-Since", modified.as_str())];
        assert_eq!(ask(&origin, "/a", &both).await.0, 200);
        assert_eq!(ask(&origin, "/a", &[("If-Modified-Since", &modified)]).await.0, 200);
        origin.stop().await;
    }

    #[tokio::test]
    async fn statuses_redirects_and_queries_are_served_as_put() {
        let origin = started().await;
        origin.put("/broken", Page::status(500));
        origin.put("/old", Page::redirect(301, "/new"));
        origin.put("/new?page=2", Page::feed("text/plain", "second"));
        origin.put("/new", Page::feed("text/plain", "first").with_header("ETag", "\"own\""));
        assert_eq!(ask(&origin, "/broken", &[]).await.0, 500);
        assert_eq!(ask(&origin, "/old", &[]).await.0, 301);
        assert_eq!(ask(&origin, "/new?page=2", &[]).await.3, "second");
        assert_eq!(ask(&origin, "/new?page=3", &[]).await.3, "first");
        assert_eq!(ask(&origin, "/new", &[("If-None-Match", "\"own\"")]).await.0, 304);
        origin.remove("/new");
        assert_eq!(ask(&origin, "/new", &[]).await.0, 404);
        origin.stop().await;
    }

    #[tokio::test]
    async fn a_page_of_a_host_is_served_to_requests_for_that_host() {
        let origin = started().await;
        origin.put("/a", Page::feed("text/plain", "anybody's"));
        origin.put("//paper.localhost/a", Page::feed("text/plain", "the paper's"));
        for (host, body) in [
            ("paper.localhost", "the paper's"),
            ("Paper.localhost:80", "the paper's"),
            ("post.localhost:80", "anybody's"),
        ] {
            assert_eq!(ask(&origin, "/a?b=1", &[("Host", host)]).await.3, body, "{host}");
        }
        assert_eq!(ask(&origin, "/b", &[("Host", "paper.localhost")]).await.0, 404);
        origin.stop().await;
    }

    #[tokio::test]
    async fn requests_are_recorded() {
        let origin = started().await;
        origin.put("/a", Page::feed("text/plain", "x".repeat(500)));
        ask(&origin, "/a?b", &[("If-None-Match", "W/\"z\"")]).await;
        ask(&origin, "/none", &[]).await;
        let seen = origin.seen();
        assert_eq!(seen.iter().map(|seen| seen.answered).collect::<Vec<_>>(), [200, 404]);
        assert_eq!(seen[0].path, "/a?b");
        assert_eq!(seen[0].header("if-none-match").unwrap(), "W/\"z\"");
        origin.clear_seen();
        assert!(origin.seen().is_empty());
        origin.stop().await;
    }

    #[tokio::test]
    async fn stopping_does_not_wait_for_delayed_pages() {
        let origin = started().await;
        origin.put("/slow", Page::feed("text/plain", "late").with_delay(Duration::from_hours(1)));
        let asking = origin.clone();
        let asked = tokio::spawn(async move { ask(&asking, "/slow", &[]).await.0 });
        while origin.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        let address = origin.address();
        origin.stop().await;
        assert_eq!(asked.await.unwrap(), 200);
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
    }
}
