//! What statuses, headers and failures mean, and what they may tell.

use super::super::origin::{Asked, Origin, answer, redirect};
use super::super::*;
use super::{FEED, ask, failed, feed, get, now};

#[tokio::test]
async fn refusals_are_told_apart_and_say_how_long_to_stay_away() {
    const HOUR: u64 = 3600;
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/429" => answer("429 Too Many", &["Retry-After: 7200"], ""),
        "/429-bare" => answer("429 Too Many", &[], ""),
        "/503" => answer("503 Unavailable", &["Retry-After: Mon, 23 Nov 2026 15:00:00 GMT"], ""),
        "/503-bare" => answer("503 Unavailable", &[], "down"),
        "/503-rubbish" => answer("503 Unavailable", &["Retry-After: soon"], ""),
        "/403" => answer("403 Forbidden", &[], "<html>no</html>"),
        "/410" => answer("410 Gone", &[], ""),
        "/404" => answer("404 Not Found", &[], ""),
        "/401" => answer("401 Unauthorized", &["WWW-Authenticate: Basic"], ""),
        _ => answer("999 What", &[], ""),
    });
    for (path, kind, wait, words) in [
        ("/429", FailureKind::Limited, Some(2 * HOUR), "stay away for 2 hours"),
        ("/429-bare", FailureKind::Limited, None, "stay away (429)"),
        ("/503", FailureKind::Limited, Some(3 * HOUR), "stay away for 3 hours"),
        ("/503-bare", FailureKind::Status, None, "problem of its own"),
        ("/503-rubbish", FailureKind::Status, None, "problem of its own"),
        ("/403", FailureKind::Limited, None, "refuses us"),
        ("/410", FailureKind::Gone, None, "gone for good"),
        ("/404", FailureKind::Status, None, "nothing at"),
        ("/401", FailureKind::Status, None, "name and password"),
        ("/999", FailureKind::Status, None, "answered 999"),
    ] {
        let failure = get(&origin.url(path)).await.unwrap_err();
        assert_eq!(failure.failure.kind, kind, "{path}");
        assert_eq!(failure.retry_after.map(|wait| wait.as_secs()), wait, "{path}");
        assert!(failure.failure.detail.contains(words), "{}", failure.failure.detail);
        assert_eq!(failure.status, path[1..4].parse().ok());
        assert_eq!(failure.host, "127.0.0.1");
    }
}

#[tokio::test]
async fn a_page_that_asks_whether_we_are_human_is_a_limit_in_plain_words() {
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/403" => answer("403 Forbidden", &[], "<!DOCTYPE html><title>Just a moment...</title>"),
        "/503" => answer("503 Unavailable", &[], " <html><form>Solve this CAPTCHA</form></html>"),
        "/202" => answer("202 Accepted", &["x-amzn-waf-action: challenge"], ""),
        "/instead" => answer("200 OK", &[], "\n<!doctype HTML><title>Making sure you're not a bot!</title>"),
        "/page" => {
            answer("200 OK", &[], "<html><script src=/cdn-cgi/challenge-platform/x></script>CAPTCHA</html>")
        }
        "/200" => answer("200 OK", &[], "<rss><item>How a captcha works</item></rss>"),
        _ => answer("403 Forbidden", &["cf-mitigated: challenge"], ""),
    });
    for path in ["/403", "/503", "/202", "/header", "/instead"] {
        let (kind, detail) = failed(get(&origin.url(path)).await);
        assert_eq!(kind, FailureKind::Limited, "{path}");
        assert!(detail.contains("whether we are human"), "{detail}");
    }
    for path in ["/200", "/page"] {
        assert!(get(&origin.url(path)).await.is_ok(), "{path}");
    }
}

#[tokio::test]
async fn no_failure_tells_a_secret() {
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/moved?token=s3cret" => redirect(302, "/moved?token=s3cret"),
        _ => answer("403 Forbidden", &[], ""),
    });
    let gone = format!("http://u:s3cret@{}", unused_address());
    let start = format!("http://u:s3cret@{}", origin.at);
    for url in [
        format!("{start}/x?token=s3cret#s3cret"),
        format!("{start}/moved?token=s3cret"),
        format!("{gone}/x?token=s3cret"),
        "http://u:s3cret@[::bad/?s3cret".to_owned(),
        "gopher://u:s3cret@a.example/?s3cret".to_owned(),
    ] {
        let failure = ask(&url, &[("X-Key", "s3cret")], &Validators::default()).await.unwrap_err();
        assert!(!format!("{failure:?}").contains("s3cret"), "{failure:?}");
    }
    let bad = ask(&origin.url("/"), &[("X Key", "s3cret\n")], &Validators::default()).await.unwrap_err();
    assert_eq!(bad.failure.kind, FailureKind::Address);
    assert!(!format!("{bad:?}").contains("s3cret"));
}

/// An address where nobody listens.
fn unused_address() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn what_cannot_be_reached_says_why() {
    let not_tls = Origin::new(|_| feed());
    for (url, kind, words) in [
        (format!("http://{}/", unused_address()), FailureKind::Connect, "refuses connections"),
        ("http://no-such-name.invalid/".to_owned(), FailureKind::Dns, "has no address"),
        (format!("https://{}/", not_tls.at), FailureKind::Tls, "no secure connection"),
        ("feed://example.com/".to_owned(), FailureKind::Address, "neither http nor https"),
    ] {
        let (found, detail) = failed(get(&url).await);
        assert_eq!(found, kind, "{detail}");
        assert!(detail.contains(words), "{detail}");
    }
}

#[tokio::test]
async fn freshness_is_what_the_publisher_said_of_it() {
    for (headers, expected) in [
        (&["Cache-Control: public, Max-Age=\"3600\""][..], Some(3600)),
        (&["Cache-Control: max-age=3600", "Age: 600"], Some(3000)),
        (&["Cache-Control: max-age=600", "Age: 6000"], None),
        (&["Cache-Control: max-age=60", "Expires: Mon, 23 Nov 2026 15:00:00 GMT"], Some(60)),
        (&["Cache-Control: no-cache, max-age=60"], None),
        (&["Cache-Control: max-age=-5"], None),
        (&["Cache-Control: max-age=99999999999999999999"], Some(u64::from(u32::MAX))),
        (&["Expires: Mon, 23 Nov 2026 13:00:00 GMT"], Some(3600)),
        (&["Expires: Mon, 23 Nov 2026 13:00:00 GMT", "Date: Mon, 23 Nov 2026 12:30:00 GMT"], Some(1800)),
        (&["Expires: 0"], None),
        (&["Expires: Monday, 23-Nov-26 13:00:00 GMT"], Some(3600)),
        (&["Expires: Mon Nov 23 13:00:00 2026"], Some(3600)),
        (&["Expires: Sun, 23 Nov 2026 13:00:00 GMT"], Some(3600)),
        (&[], None),
    ] {
        let lines: Vec<String> = headers.iter().map(ToString::to_string).collect();
        let origin = Origin::new(move |_: &Asked| {
            answer("200 OK", &lines.iter().map(String::as_str).collect::<Vec<_>>(), FEED)
        });
        let fetched = get(&origin.url("/")).await.unwrap();
        assert_eq!(fetched.fresh_for.map(|fresh| fresh.as_secs()), expected, "{headers:?}");
    }
}

#[test]
fn retry_after_is_kept_between_a_minute_and_a_week() {
    for (value, expected) in [
        ("0", Some(60)),
        ("120", Some(120)),
        ("99999999", Some(7 * 86_400)),
        ("Fri, 31 Dec 1999 23:59:59 GMT", Some(60)),
        ("Tue, 24 Nov 2026 12:00:00 GMT", Some(86_400)),
        ("Tuesday, 24-Nov-26 12:00:00 GMT", Some(86_400)),
        ("Tue Nov 24 12:00:00 2026", Some(86_400)),
        ("Sat, 01 Jan 2050 00:00:00 GMT", Some(7 * 86_400)),
        ("-1", None),
        ("1.5", None),
        ("", None),
        ("later", None),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        let found = answer::retry_after(&headers, now()).map(|wait| wait.as_secs());
        assert_eq!(found, expected, "{value:?}");
    }
}

#[test]
fn links_in_headers_are_found_by_their_relation() {
    let base = url::Url::parse("https://a.example/feed").unwrap();
    let check = |lines: &[&str], rel: &str, want: Option<&str>| {
        let mut headers = reqwest::header::HeaderMap::new();
        for line in lines {
            headers.append(reqwest::header::LINK, line.parse().unwrap());
        }
        assert_eq!(super::super::answer::link(&headers, rel, &base).as_deref(), want, "{lines:?}");
    };
    check(&["<https://hub.example/>; rel=\"hub\", </f>; rel=\"self\""], "self", Some("https://a.example/f"));
    check(
        &["</x>; rel=next", "</h>; title=\"a; b\"; REL=\"alternate HUB\""],
        "hub",
        Some("https://a.example/h"),
    );
    check(&["</x>; title=hub", "no link; rel=hub", "<broken; rel=hub"], "hub", None);
}

#[test]
fn feeds_are_found_in_headers_by_relation_and_type() {
    let base = url::Url::parse("https://a.example/blog/").unwrap();
    let mut headers = reqwest::header::HeaderMap::new();
    for line in [
        "</style.css>; rel=preload; as=style, <feed.xml>; rel=\"alternate\"; type=\"application/rss+xml\"; title=\"A; b, c\"",
        "</de/>; rel=alternate; hreflang=de",
        "<https://b.example/atom>; REL=Alternate; TYPE=application/atom+xml",
    ] {
        headers.append(reqwest::header::LINK, line.parse().unwrap());
    }
    let found = super::super::answer::alternates(&headers, &base);
    let found: Vec<_> = found.iter().map(|link| (link.url.as_str(), link.title.as_deref())).collect();
    assert_eq!(
        found,
        [("https://a.example/blog/feed.xml", Some("A; b, c")), ("https://b.example/atom", None)]
    );
}
