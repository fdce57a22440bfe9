//! The rules of polling, over real sockets. `docs/politeness.md` names these tests.

mod answer;
mod body;
mod chain;
mod guard;
mod picture;

use super::origin::{Answer, Origin, answer, redirect};
use super::*;

const FEED: &str = "<rss version='2.0'><channel><title>A feed</title></channel></rss>";

/// The usual limit.
const LIMIT: usize = 10 << 20;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// Settings under which loopback is allowed.
fn settings() -> PollSettings {
    PollSettings { allow_private: true, timeout: Duration::from_secs(20), ..PollSettings::default() }
}

fn fetcher(settings: &PollSettings) -> Fetcher {
    install_tls();
    Fetcher::new(settings).unwrap()
}

async fn ask(url: &str, headers: &[(&str, &str)], validators: &Validators) -> Result<Fetched, FetchFailure> {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request = FetchRequest { url, headers: &headers, validators, max_bytes: LIMIT };
    fetcher(&settings()).fetch(&request, now()).await
}

async fn get(url: &str) -> Result<Fetched, FetchFailure> {
    ask(url, &[], &Validators::default()).await
}

fn failed(outcome: Result<Fetched, FetchFailure>) -> (FailureKind, String) {
    let failure = outcome.unwrap_err();
    (failure.failure.kind, failure.failure.detail)
}

fn feed() -> Answer {
    answer("200 OK", &["Content-Type: application/rss+xml"], FEED)
}

#[tokio::test]
async fn a_feed_comes_with_its_type_its_address_and_its_validators() {
    let origin = Origin::new(|_| {
        let headers = ["Content-Type: text/xml; charset=x", "ETag: W/\"a b\\\"", "Last-Modified: whenever"];
        answer("200 OK", &headers, FEED)
    });
    let url = origin.url("/feed?x=1#part");
    let fetched = get(&url).await.unwrap();
    assert_eq!(fetched.body.as_deref(), Some(FEED.as_bytes()));
    assert_eq!(fetched.bytes, FEED.len());
    assert_eq!(fetched.content_type.as_deref(), Some("text/xml; charset=x"));
    assert_eq!(fetched.final_url, origin.url("/feed?x=1"));
    assert_eq!(fetched.permanent, None);
    assert_eq!(fetched.validators.etag.as_deref(), Some(b"W/\"a b\\\"".as_slice()));
    assert_eq!(fetched.validators.last_modified.as_deref(), Some(b"whenever".as_slice()));
    assert_eq!(fetched.validators.url, fetched.final_url);

    let asked = origin.last();
    assert_eq!(asked.path, "/feed?x=1");
    assert!(asked.header("user-agent").unwrap().starts_with("Tidings/"));
    assert!(asked.header("accept").unwrap().starts_with("application/atom+xml"));
    for coding in ["gzip", "br", "deflate"] {
        assert!(asked.header("accept-encoding").unwrap().contains(coding));
    }
    for absent in ["if-none-match", "if-modified-since", "cookie", "authorization", "referer", "a-im"] {
        assert_eq!(asked.header(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn validators_go_back_byte_for_byte_and_304_keeps_them() {
    let origin = Origin::new(|_| answer("304 Not Modified", &[], ""));
    let validators = Validators {
        etag: Some(b"\"caf\xe9 -- not even quoted".to_vec()),
        last_modified: Some(b"Mon, 1 Jan 2026 00:00:00 +0100 (about)".to_vec()),
        url: origin.url("/feed"),
    };
    let fetched = ask(&origin.url("/feed"), &[], &validators).await.unwrap();
    assert_eq!((fetched.body, fetched.bytes), (None, 0));
    assert_eq!(fetched.validators, validators);
    let asked = origin.last();
    assert_eq!(asked.header("if-none-match").as_deref(), Some("\"caf\u{e9} -- not even quoted"));
    assert_eq!(asked.header("if-modified-since").as_deref(), Some("Mon, 1 Jan 2026 00:00:00 +0100 (about)"));
}

#[tokio::test]
async fn a_304_may_renew_a_validator() {
    let origin = Origin::new(|_| answer("304 Not Modified", &["ETag: \"two\""], ""));
    let validators = Validators {
        etag: Some(b"\"one\"".to_vec()),
        last_modified: Some(b"then".to_vec()),
        url: origin.url("/"),
    };
    let fetched = ask(&origin.url("/"), &[], &validators).await.unwrap();
    assert_eq!(fetched.validators.etag.as_deref(), Some(b"\"two\"".as_slice()));
    assert_eq!(fetched.validators.last_modified.as_deref(), Some(b"then".as_slice()));
}

#[tokio::test]
async fn validators_go_only_to_the_address_that_gave_them() {
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/old" => redirect(302, "/new"),
        _ if asked.header("if-none-match").is_some() => answer("304 Not Modified", &[], ""),
        _ => feed(),
    });
    let mut validators =
        Validators { etag: Some(b"\"e\"".to_vec()), last_modified: None, url: origin.url("/new") };
    let fetched = ask(&origin.url("/old"), &[], &validators).await.unwrap();
    assert_eq!(fetched.body, None);
    let conditions: Vec<_> = origin.asked().iter().map(|asked| asked.header("if-none-match")).collect();
    assert_eq!(conditions, [None, Some("\"e\"".to_owned())]);

    validators.url = origin.url("/other");
    let fetched = ask(&origin.url("/old"), &[], &validators).await.unwrap();
    assert!(fetched.body.is_some());
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_a_failure() {
    let origin = Origin::new(|_| answer("304 Not Modified", &[], ""));
    assert_eq!(failed(get(&origin.url("/")).await).0, FailureKind::Status);
}

#[test]
fn the_user_agent_names_the_operators_contact_and_stays_one_line() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(user_agent(Some("mailto:a@b.example")), format!("Tidings/{version} (+mailto:a@b.example)"));
    assert_eq!(user_agent(Some("a)\r\nX: (ü")), format!("Tidings/{version} (+aX:)"));
    assert!(user_agent(None).starts_with(&format!("Tidings/{version} (")));
}
