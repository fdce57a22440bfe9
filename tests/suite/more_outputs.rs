//! The outputs of one source, one topic, one search, one digest, and of topics that many publishers carry.

use crate::daemon::{DAY, TestDaemon, rss};
use crate::texts::FERRY;
use tidings::model::{OrderKind, source_name};
use tidings::read;

const THREE: &str = "[site]\ntitle = \"Wharf\"\nurl = \"https://news.example\"
[[feed]]\nurl = \"ORIGIN/wire\"\ncategory = \"world\"
[[feed]]\nurl = \"ORIGIN/paper\"\ncategory = \"culture\"
[[feed]]\nurl = \"ORIGIN/secret\"\nprivate = true
[[digest]]\nname = \"daily\"\ntitle = \"The daily\"\nschedule = \"0 7 * * *\"\n";

async fn with_news() -> TestDaemon {
    let mut daemon = TestDaemon::new(THREE).await;
    for feed in ["/wire", "/paper", "/secret"] {
        daemon.put(feed, &rss(feed.trim_start_matches('/'), &[]));
    }
    daemon.step().await;
    daemon.put(
        "/wire",
        &rss("wire", &[&format!("1|Ferry aground|{FERRY}"), "2|Owls nest|A barn in Dorrin has a tenant"]),
    );
    daemon.step_after(DAY).await;
    let baker = "x|Baker honoured|Rye bread won the county prize again";
    daemon.put("/paper", &rss("paper", &[baker, &format!("y|Forty saved from ferry|{FERRY}")]));
    daemon.put("/secret", &rss("secret", &["1|Hush|Nobody is to know"]));
    daemon.step_after(DAY).await;
    daemon
}

fn source(daemon: &TestDaemon, feed: &str, rest: &str) -> String {
    format!("/sources/{}{rest}", source_name(&daemon.origin.url(feed)))
}

/// Titles of an output, as a reader lists them.
async fn titles(daemon: &mut TestDaemon, path: &str) -> Vec<String> {
    let (status, document) = daemon.answer(path).await;
    assert_eq!(status, 200, "{path}");
    let document = read::read(document.as_bytes(), &read::Hint::default()).unwrap();
    document.entries.into_iter().filter_map(|entry| entry.title).collect()
}

#[tokio::test]
async fn the_output_of_a_source_holds_what_it_carried_and_no_private_feed_has_one() {
    let mut daemon = with_news().await;
    for form in ["atom", "rss", "json"] {
        let wire = source(&daemon, "/wire", &format!(".{form}"));
        let mut found = titles(&mut daemon, &wire).await;
        found.sort();
        assert_eq!(found, ["Ferry aground", "Owls nest"], "{form}");
        let paper = source(&daemon, "/paper", &format!(".{form}"));
        let mut found = titles(&mut daemon, &paper).await;
        found.sort();
        assert_eq!(found, ["Baker honoured", "Ferry aground"], "what two carried is in both, under one id");
    }
    let secret = source(&daemon, "/secret", ".atom");
    for path in [secret.as_str(), "/sources/nobody.atom", "/sources/nobody"] {
        assert_eq!(daemon.answer(path).await.0, 404, "{path}");
    }
    let (page, wire) = (source(&daemon, "/wire", ""), source(&daemon, "/wire", ".atom"));
    for list in ["/status", "/sources"] {
        let list = daemon.page(list).await;
        assert!(list.contains(&format!("\"{page}\"")) && !list.contains("secret"));
    }
    let page = daemon.page(&page).await;
    assert!(page.contains(&wire), "the page of a source leads to its output");
    assert!(page.contains("Ferry aground") && page.contains("Owls nest") && !page.contains("Baker"));
}

#[tokio::test]
async fn a_source_keeps_its_address_when_it_moves_and_when_it_is_no_longer_polled() {
    let mut daemon = with_news().await;
    let (wire, archive) = (source(&daemon, "/wire", ".atom"), source(&daemon, "/wire", "/archive/0.atom"));
    let without = THREE.replace(
        "[[feed]]\nurl = \"ORIGIN/wire\"\ncategory = \"world\"\n",
        "[[category]]\nname = \"world\"\n",
    );
    daemon.restart(&without).await;
    assert_eq!(titles(&mut daemon, &wire).await.len(), 2);
    assert_eq!(daemon.answer(&archive).await.0, 404, "nothing has left it yet");
}

#[tokio::test]
async fn a_topic_can_be_followed_and_leads_on_when_it_becomes_part_of_another() {
    let mut daemon = with_news().await;
    let (ferry, owls) = (daemon.story("Ferry aground").topic, daemon.story("Owls nest").topic);
    assert_eq!(titles(&mut daemon, &format!("/topics/{owls}.atom")).await, ["Owls nest"]);
    let entries = ["1", "2"].map(|key| daemon.entry("/wire", key)).to_vec();
    daemon.order(OrderKind::JoinTopics { entries }).await;
    let [kept, gone] = if daemon.stories()[0].topic == ferry { [ferry, owls] } else { [owls, ferry] };
    let mut found = titles(&mut daemon, &format!("/topics/{kept}.rss")).await;
    found.sort();
    assert_eq!(found, ["Ferry aground", "Owls nest"]);
    let (status, headers) = daemon.head(&format!("/topics/{gone}.rss")).await;
    assert_eq!(
        (status, headers["location"].to_str().unwrap()),
        (301, format!("/topics/{kept}.rss").as_str())
    );
    assert_eq!(daemon.answer("/topics/nonsense.atom").await.0, 404);
}

#[tokio::test]
async fn a_search_can_be_followed_in_all_and_in_a_category() {
    let mut daemon = with_news().await;
    assert_eq!(titles(&mut daemon, "/search.atom?q=ferry").await, ["Ferry aground"]);
    assert_eq!(titles(&mut daemon, "/search.json?q=barn%20tenant").await, ["Owls nest"]);
    assert_eq!(titles(&mut daemon, "/world/search.rss?q=ferry").await, ["Ferry aground"]);
    for nothing in
        ["/culture/search.rss?q=owls", "/search.atom", "/search.atom?q=hush", "/search.atom?q=%22%20OR"]
    {
        assert!(titles(&mut daemon, nothing).await.is_empty(), "{nothing}");
    }
    assert_eq!(daemon.answer("/nowhere/search.atom?q=ferry").await.0, 404);
    let page = daemon.page("/search?q=barn+tenant").await;
    assert!(page.contains("/search.atom?q=barn%20tenant"), "the page leads to its output");
}

#[tokio::test]
async fn topics_of_several_publishers_have_an_output_for_each_number_from_two_to_twenty() {
    let mut daemon = with_news().await;
    assert_eq!(titles(&mut daemon, "/topics.atom?min=2").await, ["Ferry aground"]);
    assert_eq!(titles(&mut daemon, "/world/topics.json?min=2").await, ["Ferry aground"]);
    assert!(titles(&mut daemon, "/topics.atom").await.is_empty(), "three is what it takes without a number");
    for wrong in ["1", "21", "0", "-2", "two", ""] {
        assert_eq!(daemon.answer(&format!("/topics.rss?min={wrong}")).await.0, 404, "{wrong}");
    }
    let id = |document: &str| {
        document.split("<entry>").nth(1).unwrap().split("<id>").nth(1).unwrap()[..45].to_owned()
    };
    let (all, broad) = (daemon.page("/world/topics.atom").await, daemon.page("/topics.atom?min=2").await);
    assert!(all.contains(&id(&broad)), "the item is the same as in the other outputs");
}

#[tokio::test]
async fn the_editions_of_a_digest_can_be_followed() {
    let mut daemon = with_news().await;
    let found = titles(&mut daemon, "/digests/daily.atom").await;
    assert_eq!(found, ["Baker honoured", "Ferry aground · Owls nest"], "each by its headlines");
    let document = daemon.page("/digests/daily.rss").await;
    assert!(document.contains("/digests/daily/2026-11-24") && !document.contains("unsubscribe"));
    assert_eq!(daemon.answer("/digests/nightly.atom").await.0, 404);
}

#[tokio::test]
async fn an_import_of_the_list_shows_each_story_once() {
    let mut daemon = with_news().await;
    let outputs = |page: &str| page.matches("xmlUrl").count();
    let list = daemon.page("/feeds.opml").await;
    assert_eq!(list, daemon.page("/feeds.opml?only=categories").await);
    let mut shown = Vec::new();
    for path in list.split("xmlUrl=\"https://news.example").skip(1) {
        shown.extend(titles(&mut daemon, path.split('"').next().unwrap()).await);
    }
    shown.sort();
    assert_eq!(shown, daemon.titles());
    assert_eq!(outputs(&daemon.page("/feeds.opml?only=all").await), 1);
    assert_eq!(outputs(&daemon.page("/feeds.opml?only=topics").await), 4);
    assert_eq!(daemon.answer("/feeds.opml?only=everything").await.0, 404);
}
