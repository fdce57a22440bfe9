//! What clients and caches are told they may keep, and how they ask for what they lack, as over a wire (RFC 9110, RFC 9111).

use super::site;
use jiff::SignedDuration;
use std::collections::HashMap;

#[tokio::test]
async fn head_answers_with_the_fields_of_get_and_nothing_else() {
    let site = site().await;
    for path in ["/all.atom", "/", "/feeds.opml", "/world/topics.json", "/favicon.ico", "/nowhere"] {
        for coding in ["identity", "gzip"] {
            let headers = [("accept-encoding", coding), ("range", "bytes=0-9")];
            let whole = site.ask("GET", path, &headers[..1]).await;
            let head = site.ask("HEAD", path, &headers).await;
            let fields = |headers: &HashMap<String, String>| {
                let mut fields = headers.clone();
                fields.remove("date");
                fields
            };
            assert_eq!(
                (head.status, fields(&head.headers)),
                (whole.status, fields(&whole.headers)),
                "{path}"
            );
            assert_eq!(head.header("content-length"), whole.body.len().to_string(), "{path}");
            assert!(head.body.is_empty());
        }
    }
}

#[tokio::test]
async fn an_output_that_was_cut_off_is_gone_on_with() {
    let site = site().await;
    for coding in ["identity", "gzip", "br"] {
        let coding = ("accept-encoding", coding);
        let whole = site.ask("GET", "/all.atom", &[coding]).await;
        assert_eq!(whole.header("accept-ranges"), "bytes");
        let (length, etag) = (whole.body.len(), whole.header("etag"));
        let part = site.ask("GET", "/all.atom", &[coding, ("range", "bytes=100-"), ("if-range", etag)]).await;
        assert_eq!((part.status, &part.body[..]), (206, &whole.body[100..]));
        assert_eq!(part.header("content-range"), format!("bytes 100-{}/{length}", length - 1));
        for name in ["etag", "content-encoding", "content-type", "vary", "last-modified"] {
            assert_eq!(part.header(name), whole.header(name), "{name}");
        }
        let beyond = site.ask("GET", "/all.atom", &[coding, ("range", "bytes=9999999-")]).await;
        assert_eq!(
            (beyond.status, beyond.header("content-range")),
            (416, format!("bytes */{length}").as_str())
        );
        assert_eq!(beyond.header("content-encoding"), "");
        // What has changed since is sent whole.
        let other = [coding, ("range", "bytes=100-"), ("if-range", "\"other\"")];
        assert_eq!(site.ask("GET", "/all.atom", &other).await.status, 200);
        assert_eq!(site.ask("GET", "/all.atom", &[coding, ("if-match", "\"other\"")]).await.status, 412);
        assert_eq!(site.ask("GET", "/all.atom", &[coding, ("if-match", etag)]).await.status, 200);
    }
}

#[tokio::test]
async fn an_answer_that_nothing_has_changed_says_what_the_answer_would_say() {
    let site = site().await;
    let whole = site.get("/world.rss").await;
    let etag = whole.header("etag");
    let same = site.ask("GET", "/world.rss", &[("if-none-match", etag), ("range", "bytes=0-3")]).await;
    assert_eq!((same.status, same.body.len()), (304, 0));
    for name in ["etag", "cache-control", "vary", "last-modified"] {
        assert_eq!(same.header(name), whole.header(name), "{name}");
    }
}

#[tokio::test]
async fn what_is_quiet_may_be_kept_for_longer_and_what_is_secret_never() {
    let site = site().await;
    let kept = async |path: &str| site.get(path).await.header("cache-control").to_owned();
    assert_eq!(kept("/all.atom").await, "public, max-age=60");
    site.clock.advance(SignedDuration::from_mins(100));
    assert_eq!(kept("/all.atom").await, "public, max-age=600");
    site.file(4, "four", "world").await;
    assert_eq!(kept("/all.atom").await, "public, max-age=60");
    for (path, expected) in [
        ("/", "no-cache"),
        ("/world", "no-cache"),
        ("/search?q=one", "no-store"),
        ("/nowhere", "no-store"),
        ("/all/archive/7.atom", "no-store"),
        ("/favicon.ico", "public, max-age=86400"),
    ] {
        assert_eq!(kept(path).await, expected, "{path}");
    }
}
