//! Limits and hints of publishers are kept; and feeds that change ids, flood or move are seen for what they are.

use crate::daemon::{DAY, HOUR, TestDaemon, rss, rss_of};
use crate::texts::unlike_others;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use tidings::admission::BACKLOG_SHOWN;
use tidings::demo::Page;
use tidings::model::FeedView;
use tidings::schedule::moves;

const ONE: &str = "[[feed]]\nurl = \"ORIGIN/feed\"";

fn feed(daemon: &TestDaemon) -> FeedView {
    daemon.look(|reader| reader.feeds()).remove(0)
}

fn note(daemon: &TestDaemon) -> String {
    feed(daemon).state.note.unwrap_or_default()
}

/// Hours until the next poll, from now.
fn wait_h(daemon: &TestDaemon) -> f64 {
    feed(daemon).state.next_poll_at.duration_since(daemon.clock.now()).as_secs_f64() / 3600.0
}

/// A document whose channel has these elements.
fn said(hints: &str) -> String {
    rss("Post", &["1|Ferry runs aground|Forty saved"]).replacen("<item>", &format!("{hints}<item>"), 1)
}

#[tokio::test]
async fn what_the_document_asks_for_holds_after_a_304_too() {
    let mut daemon = TestDaemon::new(ONE).await;
    daemon.put("/feed", &said("<ttl>360</ttl>"));
    daemon.step().await;
    assert!((6.0..8.0).contains(&wait_h(&daemon)), "{}", wait_h(&daemon));
    daemon.restart(ONE).await;
    daemon.step_after(HOUR * 8).await;
    assert_eq!(daemon.origin.seen().last().unwrap().answered, 304);
    assert!((6.0..8.0).contains(&wait_h(&daemon)), "{}", wait_h(&daemon));
    // Without the hint, the feed is polled as often as others.
    daemon.put("/feed", &said(""));
    daemon.step_after(HOUR * 8).await;
    assert!(wait_h(&daemon) < 2.0, "{}", wait_h(&daemon));
}

#[tokio::test]
async fn a_document_cannot_make_us_come_more_often() {
    let sy = "<sy:updatePeriod xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">hourly</sy:updatePeriod>\
              <sy:updateFrequency xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">12</sy:updateFrequency>";
    for hints in ["<ttl>1</ttl>", "<ttl>0</ttl>", sy] {
        let mut daemon = TestDaemon::new(ONE).await;
        daemon.put("/feed", &said(hints));
        daemon.step().await;
        assert!(wait_h(&daemon) > 0.85, "{hints}: {}", wait_h(&daemon));
    }
}

#[tokio::test]
async fn hours_that_the_publisher_skips_are_not_polled() {
    let mut daemon = TestDaemon::new(ONE).await;
    // The test begins at six in the morning.
    let hours: String = (6..12).map(|hour| format!("<hour>{hour}</hour>")).collect();
    daemon.put("/feed", &said(&format!("<skipHours>{hours}</skipHours>")));
    daemon.step().await;
    assert!((6.0..6.5).contains(&wait_h(&daemon)), "{}", wait_h(&daemon));
}

/// Six different news, each `title|words|link`.
const NEWS: [&str; 6] = [
    "Ferry runs aground|Forty people were brought ashore off Skerry Point|https://post.example/ferry",
    "Bakery wins prize|The rye bread of the old mill took the county prize|https://post.example/bakery",
    "Bridge closes in May|Engineers found cracks in two of the pillars|https://post.example/bridge",
    "Museum buys a clock|It was made by a watchmaker of the harbour quarter|https://post.example/clock",
    "Choir looks for basses|Rehearsals are on Thursdays in the town hall|https://post.example/choir",
    "Owls nest in tower|The bell stays silent until the young have flown|https://post.example/owls",
];

/// The news with ids from `prefix`, and links as `link` makes them.
fn news(prefix: &str, link: impl Fn(&str) -> String) -> Vec<String> {
    let item = |(i, news): (usize, &&str)| {
        let (words, address) = news.rsplit_once('|').unwrap();
        format!("{prefix}{i}|{words}|{}", link(address))
    };
    NEWS.iter().enumerate().map(item).collect()
}

fn document(items: &[String]) -> String {
    rss_of("Post", items)
}

#[tokio::test]
async fn a_feed_that_gives_its_entries_other_ids_publishes_nothing_again() {
    let mut daemon = TestDaemon::new(ONE).await;
    let same = str::to_owned;
    daemon.put("/feed", &document(&news("old-", same)));
    daemon.step().await;
    let before = daemon.stories();
    assert_eq!(before.len(), NEWS.len());
    for moved in [
        news("new-", same),
        // Other ids and other addresses.
        news("newer-", |link| link.replace("https://post.example/", "https://www.post-online.example/news/")),
    ] {
        daemon.put("/feed", &document(&moved));
        daemon.step_after(DAY).await;
        let after = daemon.stories();
        let ids = |stories: &[tidings::model::StoryView]| -> BTreeSet<_> {
            stories.iter().map(|s| (s.id, s.shown, s.published, s.updated)).collect()
        };
        assert_eq!(ids(&after), ids(&before));
        assert_eq!(feed(&daemon).entries, NEWS.len() as u64, "no entry is stored twice");
        assert!(note(&daemon).contains("other ids"), "{}", note(&daemon));
        // The new ids are known from now on.
        daemon.put("/feed", &format!("{}<!-- -->", document(&moved)));
        assert_eq!(daemon.step_after(DAY).await.round.entries, 0);
    }
    assert!(
        daemon.stories()[0].url.as_deref().unwrap().contains("post-online"),
        "links lead to the new address"
    );
    // A new entry is news after that, also under an id that was in use before.
    let mut next =
        news("newer-", |link| link.replace("https://post.example/", "https://www.post-online.example/news/"));
    next.insert(
        0,
        "old-0|Mayor resigns|She wants to write a book about eels|https://post.example/mayor".to_owned(),
    );
    daemon.put("/feed", &document(&next));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), NEWS.len() + 1);
    // The note goes in time.
    daemon.step_after(DAY * 9).await;
    assert_eq!(note(&daemon), "");
}

#[tokio::test]
async fn the_same_columns_with_new_words_are_news_every_day() {
    let mut daemon = TestDaemon::new(ONE).await;
    let columns = ["Weather", "Tides", "Traffic", "Markets"];
    let words = [
        ["Rain in the west by noon", "High water at four", "The ring road is closed", "Herring is dearer"],
        [
            "Sun all day long everywhere",
            "Springs at half past five",
            "Queues at the tunnel",
            "Cod falls again",
        ],
    ];
    for (day, words) in words.iter().enumerate() {
        let items: Vec<String> = columns
            .iter()
            .zip(words)
            .map(|(name, words)| format!("{name}-{day}|{name}|{words}|https://post.example/{name}"))
            .collect();
        daemon.put("/feed", &document(&items));
        assert_eq!(daemon.step_after(DAY).await.round.entries, columns.len());
    }
    assert_eq!(feed(&daemon).entries, 2 * columns.len() as u64);
    assert_eq!(note(&daemon), "");
}

/// A document of undated items with these numbers.
fn numbered(items: std::ops::Range<usize>) -> String {
    document(&items.map(|i| unlike_others("n-", i)).collect::<Vec<_>>())
}

#[tokio::test]
async fn a_large_document_that_is_exchanged_within_the_hour_is_a_flood() {
    let mut daemon = TestDaemon::new(ONE).await;
    daemon.put("/feed", &numbered(0..100));
    daemon.step().await;
    // It has two new entries a day, and has had so all the time.
    for day in 1..=5 {
        daemon.put("/feed", &numbered(2 * day..100 + 2 * day));
        daemon.step_after(DAY).await;
    }
    let before = daemon.stories().len();
    daemon.put("/feed", &numbered(300..400));
    daemon.step_after(DAY).await;
    assert_eq!(feed(&daemon).entries, 210);
    assert_eq!(daemon.stories().len(), before + BACKLOG_SHOWN);
    assert!(note(&daemon).contains("brought 100 new entries at once"), "{}", note(&daemon));
}

#[tokio::test]
async fn a_feed_that_writes_as_much_is_no_flood() {
    let mut daemon = TestDaemon::new(ONE).await;
    // A journal has a hundred new entries a day. Once it pauses for two days, and then has a little more.
    daemon.put("/feed", &numbered(0..100));
    daemon.step().await;
    for (days, items) in [(1, 100..200), (1, 200..290), (3, 290..420)] {
        daemon.put("/feed", &numbered(items.clone()));
        daemon.step_after(DAY * days).await;
        assert_eq!(daemon.stories().len(), items.end, "{items:?}: {}", note(&daemon));
    }
}

#[tokio::test]
async fn a_flood_is_filed_whole_and_publishes_the_newest_few() {
    let mut daemon = TestDaemon::new(ONE).await;
    daemon.put("/feed", &document(&news("old-", str::to_owned)));
    daemon.step().await;
    let flood: Vec<String> = (0..80).map(|i| unlike_others("flood-", i)).collect();
    daemon.put("/feed", &document(&flood));
    daemon.step_after(DAY).await;
    assert_eq!(feed(&daemon).entries, (NEWS.len() + 80) as u64);
    assert_eq!(daemon.stories().len(), NEWS.len() + BACKLOG_SHOWN);
    assert!(note(&daemon).contains("brought 80 new entries at once"), "{}", note(&daemon));
}

#[tokio::test]
async fn an_id_that_was_shared_once_identifies_nothing_later() {
    let mut daemon = TestDaemon::new(ONE).await;
    let item = |title: &str| format!("same|{title}|Words about {title}|https://post.example/{title}");
    // The first document does not show it yet.
    daemon.put("/feed", &document(&[item("ferry")]));
    daemon.step().await;
    daemon.put("/feed", &document(&[item("baker"), item("ferry")]));
    daemon.step_after(DAY).await;
    assert_eq!(feed(&daemon).entries, 2, "the first one was not doubled");
    daemon.restart(ONE).await;
    daemon.put("/feed", &document(&[item("baker")]));
    assert_eq!(daemon.step_after(DAY).await.round.entries, 0, "alone it is still the same entry");
    daemon.put("/feed", &document(&[item("owls")]));
    daemon.step_after(DAY).await;
    assert_eq!(feed(&daemon).entries, 3);
    assert_eq!(daemon.titles(), ["baker", "ferry", "owls"]);
}

#[tokio::test]
async fn a_limit_is_said_in_plain_words_and_kept() {
    let mut daemon = TestDaemon::new(ONE).await;
    daemon.origin.put("/feed", Page::status(429).with_header("Retry-After", "86400"));
    daemon.step().await;
    let failure = feed(&daemon).state.failure.unwrap().detail;
    assert!(failure.contains("asks us to stay away for 24 hours"), "{failure}");
    daemon.step_after(HOUR * 23).await;
    assert_eq!(daemon.origin.seen().len(), 1);
    // The pause of a host is kept in memory and forgotten at a restart; the feed's own is in the store.
    daemon.restart(ONE).await;
    daemon.step().await;
    assert_eq!(daemon.origin.seen().len(), 1);
    daemon.step_after(HOUR * 4).await;
    assert_eq!(daemon.origin.seen().len(), 2);
}

#[tokio::test]
async fn every_feed_of_a_host_waits_as_long_as_one_was_told_to() {
    let two = format!("{ONE}\n[[feed]]\nurl = \"ORIGIN/other\"");
    let mut daemon = TestDaemon::new(&two).await;
    for path in ["/feed", "/other"] {
        daemon.origin.put(path, Page::status(429).with_header("Retry-After", "7200"));
    }
    daemon.step().await;
    assert_eq!(daemon.origin.seen().len(), 1, "the other was not asked");
    let feeds = daemon.look(|reader| reader.feeds());
    let held: Vec<_> = feeds.iter().filter(|feed| feed.state.habits.held_by.is_some()).collect();
    let [held] = held.as_slice() else { panic!("{feeds:?}") };
    assert_eq!(held.state.habits.held_by.as_deref(), Some("127.0.0.1"));
    assert_eq!((held.state.failures, held.state.polled_at), (0, None), "it has not failed");
    let wait = held.state.next_poll_at.duration_since(daemon.clock.now());
    assert!(
        (HOUR + HOUR - SignedDuration::from_mins(1)..=HOUR + HOUR + SignedDuration::from_mins(1))
            .contains(&wait),
        "{wait:?}"
    );
    // After a restart the host's pause is forgotten, and the feed is polled when it is due.
    daemon.restart(&two).await;
    daemon.put("/feed", &said(""));
    daemon.put("/other", &said(""));
    daemon.step_after(HOUR * 5).await;
    assert!(daemon.look(|reader| reader.feeds()).iter().all(|feed| feed.state.habits.held_by.is_none()));
}

#[tokio::test]
async fn a_429_that_names_no_time_holds_its_host_and_a_403_its_feed() {
    let two = format!("{ONE}\n[[feed]]\nurl = \"ORIGIN/other\"");
    for (status, asked, wait_min) in [(429, 1, 14..=16), (403, 2, 0..=0)] {
        let mut daemon = TestDaemon::new(&two).await;
        for path in ["/feed", "/other"] {
            daemon.origin.put(path, Page::status(status));
        }
        daemon.step().await;
        assert_eq!(daemon.origin.seen().len(), asked, "{status}");
        let feeds = daemon.look(|reader| reader.feeds());
        let held = feeds.iter().find(|feed| feed.state.habits.held_by.is_some());
        let wait = held.map(|feed| feed.state.next_poll_at.duration_since(daemon.clock.now()).as_mins());
        assert!(wait_min.contains(&wait.unwrap_or_default()), "{status}: {wait:?}");
    }
}

#[tokio::test]
async fn two_feeds_that_end_at_one_address_are_reported() {
    let toml =
        "[[feed]]\nurl = \"ORIGIN/old\"\n[[feed]]\nurl = \"ORIGIN/new\"\n[[feed]]\nurl = \"ORIGIN/other\"";
    let mut daemon = TestDaemon::new(toml).await;
    daemon.origin.put("/old", Page::redirect(302, "/new"));
    daemon.put("/new", &document(&news("a", str::to_owned)));
    daemon.put("/other", &rss("Other", &["1|Mayor resigns|Eels"]));
    daemon.step().await;
    let feeds = daemon.look(|reader| reader.feeds());
    let twins = |i: usize| moves::twins(&feeds[i].state, feeds.iter().map(|feed| &feed.state));
    assert_eq!(twins(0), [daemon.origin.url("/new")]);
    assert_eq!(twins(1), [daemon.origin.url("/old")]);
    assert!(twins(2).is_empty());
}
