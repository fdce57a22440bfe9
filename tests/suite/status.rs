//! The status page, the lists of sources and digests, and `tidings status --json`.

use crate::daemon::{DAY, TestDaemon, rss};

const FOUR: &str = "[site]\ntitle = \"Wharf\"
[[feed]]\nurl = \"ORIGIN/wire\"\ntitle = \"The wire\"
[[feed]]\nurl = \"ORIGIN/list?of=1\"\ntitle = \"A list\"
[[feed]]\nurl = \"ORIGIN/nothing\"\ntitle = \"Nobody\"
[[feed]]\nurl = \"ORIGIN/hush\"\ntitle = \"Hush\"\nprivate = true
[[digest]]\nname = \"daily\"\ntitle = \"The daily\"\nschedule = \"0 7 * * *\"\n";

async fn with_trouble() -> TestDaemon {
    let mut daemon = TestDaemon::new(FOUR).await;
    daemon.put("/wire", &rss("wire", &["1|Owls nest|A barn in Dorrin has a tenant"]));
    daemon.put("/list", "<opml version='2.0'><body><outline xmlUrl='/f'/></body></opml>");
    daemon.put("/hush", &rss("hush", &[]));
    daemon.step().await;
    daemon.put("/wire", &rss("wire", &["2|Ferry aground|Forty were brought ashore before the tide turned"]));
    daemon.step_after(DAY).await;
    daemon
}

#[tokio::test]
async fn each_failure_is_told_with_its_address_its_code_and_what_was_answered() {
    let mut daemon = with_trouble().await;
    let page = daemon.page("/status").await;
    for said in [
        "3 feeds: 1 doing well and 2 in trouble.",
        "What it sends is not a feed (2 times in a row).",
        "<code>not-a-feed</code>",
        "answered with a list of feeds (OPML), not a feed",
        "<code>status</code>",
        "(404)",
        &daemon.origin.url("/list</bdi>"),
    ] {
        assert!(page.contains(said), "{said}\n{page}");
    }
    assert!(!page.contains("?of=1") && !page.contains("Hush"));
}

#[tokio::test]
async fn the_last_days_of_a_feed_are_drawn() {
    let mut daemon = with_trouble().await;
    let page = daemon.page("/status?sort=name").await;
    assert!(page.contains("In the last 14 days: 2 entries new or changed, 2 looks, 0 in vain"), "{page}");
    assert!(page.contains("In the last 14 days: 0 entries new or changed, 2 looks, 2 in vain"));
    for wrong in
        ["/status?sort=weight", "/status?page=2", "/status?page=0", "/status?page=x", "/sources?page=9"]
    {
        assert_eq!(daemon.answer(wrong).await.0, 404, "{wrong}");
    }
}

#[tokio::test]
async fn digests_are_listed_with_their_latest_edition() {
    let mut daemon = with_trouble().await;
    let page = daemon.page("/digests").await;
    assert!(page.contains("/digests/daily\"") && page.contains("/digests/daily/2026-11-23\""), "{page}");
}

#[tokio::test]
async fn scripts_are_told_what_the_operator_calls_a_feed_beside_what_it_calls_itself() {
    let toml = "[[feed]]\nurl = \"ORIGIN/wire\"\ntitle = \"The wire\"\n[[feed]]\nurl = \"ORIGIN/hush\"\n";
    let mut daemon = TestDaemon::new(toml).await;
    daemon.put("/wire", &rss("wire", &["1|Owls nest|A barn in Dorrin has a tenant"]));
    daemon.put("/hush", &rss("hush", &[]));
    daemon.step().await;
    let printed = daemon.run(toml, &["status", "--json"]);
    let mut feeds: Vec<serde_json::Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    feeds.sort_by_key(|feed| feed["title"].to_string());
    assert_eq!(feeds[1]["title"], "wire");
    assert_eq!(feeds[1]["name"], "The wire");
    assert_eq!(feeds[1]["entries"], 1);
    let keys: Vec<&str> = feeds[0].as_object().unwrap().keys().map(String::as_str).collect();
    let documented = std::fs::read_to_string(crate::daemon::root().join("docs/configuration.md")).unwrap();
    for key in &keys {
        assert!(documented.contains(&format!("| `{key}` |")), "docs/configuration.md does not tell of {key}");
    }
    assert_eq!(keys.len(), 16, "{keys:?}");
    assert_eq!((&feeds[0]["title"], &feeds[0]["name"]), (&"hush".into(), &serde_json::Value::Null));
}
