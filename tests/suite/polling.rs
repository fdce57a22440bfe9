//! Polls: what the origin is asked, and what becomes of each answer.

use crate::daemon::{DAY, HOUR, TestDaemon, rss};
use jiff::SignedDuration;
use tidings::clock::Clock;
use tidings::config::{Config, Environment};
use tidings::demo::Page;
use tidings::fetch::Fetcher;
use tidings::ingest::{self, Ingest};
use tidings::model::FailureKind;
use tidings::poll::Poller;
use tidings::store::Store;

#[tokio::test]
async fn polling_twice_files_each_entry_once_and_asks_conditionally() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"\ncategory = \"world\"").await;
    daemon
        .put("/feed", &rss("Post", &["1|Ferry runs aground|Forty saved", "2|Bakery wins prize|Rye it was"]));
    assert_eq!(daemon.step().await.round.entries, 2);
    let first = daemon.stories();
    assert_eq!(daemon.step_after(DAY).await.round.entries, 0);
    let seen = daemon.origin.seen();
    assert_eq!(seen.iter().map(|request| request.answered).collect::<Vec<_>>(), [200, 304]);
    assert!(seen[1].header("if-none-match").is_some());
    assert_eq!(daemon.stories(), first);
}

#[tokio::test]
async fn only_what_is_new_is_filed_and_what_is_known_keeps_its_id_and_date() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"").await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty saved"]));
    daemon.step().await;
    let old = daemon.stories().remove(0);
    daemon
        .put("/feed", &rss("Post", &["2|Bakery wins prize|Rye it was", "1|Ferry runs aground|Forty saved"]));
    assert_eq!(daemon.step_after(DAY).await.round.entries, 1);
    assert_eq!(daemon.titles(), ["Bakery wins prize", "Ferry runs aground"]);
    let kept = daemon.stories().into_iter().find(|story| story.id == old.id).unwrap();
    assert_eq!((kept.published, kept.shown), (old.published, old.shown));
}

#[tokio::test]
async fn a_failing_feed_is_a_line_in_status_and_stops_no_other() {
    let toml =
        "[[feed]]\nurl = \"ORIGIN/good\"\n[[feed]]\nurl = \"ORIGIN/bad\"\n[[feed]]\nurl = \"ORIGIN/page\"";
    let mut daemon = TestDaemon::new(toml).await;
    daemon.put("/good", &rss("Post", &["1|Ferry runs aground|Forty saved"]));
    daemon.origin.put("/bad", Page::status(500));
    daemon.origin.put("/page", Page::feed("text/html", "<!doctype html><html><body>Log in</body></html>"));
    assert_eq!(daemon.step().await.round.good, 1);
    let feeds = daemon.look(|reader| reader.feeds());
    let failures: Vec<_> = feeds.iter().map(|feed| feed.state.failure.as_ref().map(|f| f.kind)).collect();
    assert_eq!(failures, [None, Some(FailureKind::Status), Some(FailureKind::NotAFeed)]);
    assert!(feeds[2].state.failure.as_ref().unwrap().detail.contains("a web page, not a feed"));
    let soon = daemon.clock.now() + HOUR / 2;
    assert!(feeds[1].state.next_poll_at > soon, "a failing feed is asked again too soon");
    daemon.put("/bad", &rss("Mended", &["1|Bakery wins prize|Rye it was"]));
    daemon.step_after(DAY).await;
    let mended = &daemon.look(|reader| reader.feeds())[1];
    assert_eq!((mended.state.failures, mended.entries), (0, 1));
}

#[tokio::test]
async fn a_feed_is_not_polled_before_its_time() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"\ninterval = \"6h\"").await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty saved"]));
    daemon.step().await;
    daemon.step_after(HOUR).await;
    assert_eq!(daemon.origin.seen().len(), 1);
    daemon.step_after(HOUR * 6).await;
    assert_eq!(daemon.origin.seen().len(), 2);
}

#[tokio::test]
async fn a_304_is_not_believed_for_ever() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"").await;
    // A broken cache in front of the origin: the validator stays the same whatever the document is.
    let page =
        |items: &[&str]| Page::feed("application/xml", rss("Post", items)).with_header("ETag", "\"stuck\"");
    daemon.origin.put("/feed", page(&["1|Ferry runs aground|Forty saved"]));
    daemon.step().await;
    daemon.origin.put("/feed", page(&["2|Bakery wins prize|Rye it was", "1|Ferry runs aground|Forty saved"]));
    for _ in 0..18 {
        daemon.step_after(DAY).await;
    }
    let seen = daemon.origin.seen();
    let whole: Vec<usize> = (0..seen.len()).filter(|poll| seen[*poll].answered == 200).collect();
    assert_eq!(whole, [0, 8, 16]);
    assert!(
        seen.iter()
            .enumerate()
            .all(|(poll, request)| { whole.contains(&poll) != request.header("if-none-match").is_some() })
    );
    assert_eq!(daemon.titles(), ["Bakery wins prize", "Ferry runs aground"]);
}

#[tokio::test]
async fn a_feed_with_rare_news_is_rarely_asked_for_unconditionally() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"").await;
    // Once a week, the last time this morning.
    let item = |n: i64| {
        let date = (crate::daemon::morning() - DAY * (7 * n as i32)).strftime("%a, %d %b %Y %T GMT");
        format!("<item><guid>{n}</guid><title>Letter {n}</title><pubDate>{date}</pubDate></item>")
    };
    let items: String = (0..12).map(item).collect();
    daemon.put("/feed", &format!("<rss version=\"2.0\"><channel><title>Post</title>{items}</channel></rss>"));
    daemon.step().await;
    for _ in 0..16 {
        daemon.step_after(DAY).await;
    }
    let answered: Vec<u16> = daemon.origin.seen().iter().map(|request| request.answered).collect();
    assert_eq!(answered.iter().filter(|status| **status == 200).count(), 2, "{answered:?}");
    assert!(answered[1..12].iter().all(|status| *status == 304), "{answered:?}");
}

#[tokio::test]
async fn a_shorter_interval_takes_effect_when_the_file_is_read() {
    let with = |interval: &str| {
        format!("[[feed]]\nurl = \"ORIGIN/feed\"\ninterval = \"{interval}\"\n[[feed]]\nurl = \"ORIGIN/bad\"")
    };
    let mut daemon = TestDaemon::new(&with("20h")).await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty saved"]));
    daemon.origin.put("/bad", Page::status(500));
    daemon.step().await;
    daemon.origin.clear_seen();
    daemon.clock.advance(SignedDuration::from_mins(40));
    for (interval, asked) in [("20h", 0), ("19h", 0), ("30m", 1)] {
        daemon.restart(&with(interval)).await;
        daemon.step().await;
        let feed = daemon.origin.seen().iter().filter(|request| request.path == "/feed").count();
        assert_eq!(feed, asked, "{interval}");
    }
    assert!(daemon.origin.seen().iter().all(|request| request.path != "/bad"), "a failing feed still waits");
}

#[tokio::test]
async fn a_poll_under_way_takes_the_interval_that_is_in_force_when_it_ends() {
    tidings::fetch::install_tls();
    let origin = crate::daemon::origin().await;
    origin.put("/feed", Page::feed("application/xml", rss("Post", &["1|Ferry runs aground|Forty saved"])));
    let folder = tempfile::tempdir().unwrap();
    let config = |interval: &str| {
        let text = format!(
            "[poll]\nallow_private = true\n[[feed]]\nurl = \"{}\"\ninterval = \"{interval}\"",
            origin.url("/feed")
        );
        Config::parse(&text, &folder.path().join("feeds.toml"), &Environment::default()).unwrap()
    };
    let (old, new, now) = (config("20h"), config("1h"), crate::daemon::morning());
    let store = Store::open(&old.store).unwrap();
    let feeds = old.feeds.clone();
    store.write(move |batch| batch.sync_feeds(&feeds, now)).await.unwrap();
    let (sender, mut receiver) = ingest::queue();
    let fetcher = Fetcher::new(&old.poll).unwrap();
    let clock = Clock::manual(now);
    let mut poller = Poller::new(store.clone(), sender, fetcher, clock, old.poll.clone(), &old.feeds);
    assert_eq!(poller.start_due(now).await.unwrap(), 1);
    // The poll has not had its turn yet.
    poller.configure(&new.poll, &new.feeds).unwrap();
    let mut desk = Ingest::new(store.clone(), new.desk()).await.unwrap();
    let file = async {
        let group = receiver.next_group().await.unwrap();
        desk.file(group, now).await;
    };
    assert_eq!(tokio::join!(poller.finish(), file).0.good, 1);
    let feeds = store.read(|reader| reader.feeds()).await.unwrap();
    assert!(feeds[0].state.next_poll_at < now + HOUR * 2, "{}", feeds[0].state.next_poll_at);
}

#[tokio::test]
async fn a_larger_document_is_read_where_the_operator_says_so() {
    let toml = "max_size = \"64 KiB\"\n[[feed]]\nurl = \"ORIGIN/small\"\n\
                [[feed]]\nurl = \"ORIGIN/large\"\nmax_size = \"12 MiB\"";
    let mut daemon = TestDaemon::new(toml).await;
    // More than is read of a document by default.
    let padding = format!("<!-- {} -->", "x".repeat(11 << 20));
    let document =
        rss("Post", &["1|Ferry runs aground|Forty saved"]).replace("<item>", &format!("{padding}<item>"));
    daemon.put("/large", &document);
    daemon.put("/small", &document);
    assert_eq!(daemon.step().await.round.entries, 1);
    let feeds = daemon.look(|reader| reader.feeds());
    let said = feeds[0].state.failure.as_ref().map(|failure| failure.detail.clone()).unwrap_or_default();
    assert!(said.contains("more than 64 KiB (max_size)"), "{said}");
    assert_eq!((feeds[1].entries, feeds[1].state.note.as_deref()), (1, None));
}

/// A page whose gzip ends early: one stored block that is not the last (RFC 1951 §3.2.4), and nothing after it.
fn cut(document: &str) -> Page {
    let length = document.len() as u16;
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    let body =
        [&head, length.to_le_bytes().as_slice(), &(!length).to_le_bytes(), document.as_bytes()].concat();
    Page::feed("application/xml", body).with_header("Content-Encoding", "gzip")
}

#[tokio::test]
async fn the_whole_entries_of_a_cut_body_are_filed_and_the_rest_comes_later() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"").await;
    let items =
        ["1|Ferry runs aground|Forty saved", "2|Bakery wins prize|Rye it was", "3|Bridge closes|In May"];
    let whole = rss("Post", &items);
    let until = |words: &str| cut(&whole[..whole.find(words).unwrap()]);
    let state = |daemon: &TestDaemon| daemon.look(|reader| reader.feeds()).remove(0).state;
    let served = |daemon: &TestDaemon| -> Vec<u8> {
        let database = rusqlite::Connection::open(daemon.database()).unwrap();
        database.query_row("SELECT coalesce(served, x'') FROM feeds", [], |row| row.get(0)).unwrap()
    };

    daemon.origin.put("/feed", until("In May"));
    assert_eq!(daemon.step().await.round.entries, 2);
    let first = state(&daemon);
    assert_eq!((first.failures, first.body_hash, first.validators.etag), (0, None, None));
    assert!(first.note.as_deref().unwrap_or_default().contains("not whole"), "{:?}", first.note);

    daemon.put("/feed", &whole);
    assert_eq!(daemon.step_after(HOUR * 2).await.round.entries, 1);
    assert_eq!(daemon.origin.seen()[1].header("if-none-match"), None);
    assert_eq!(daemon.titles(), ["Bakery wins prize", "Bridge closes", "Ferry runs aground"]);
    assert_eq!(state(&daemon).note, None);
    let all = served(&daemon);

    // An entry that is missing from a partial document has not left the feed.
    daemon.origin.put("/feed", until("Rye it was"));
    assert_eq!(daemon.step_after(DAY).await.round.good, 1);
    assert_eq!(served(&daemon), all);
    assert_eq!(state(&daemon).validators.etag, None);

    // Without one whole entry the poll has failed.
    daemon.origin.put("/feed", until("Forty saved"));
    assert_eq!(daemon.step_after(DAY).await.round.good, 0);
    assert_eq!(state(&daemon).failure.map(|failure| failure.kind), Some(FailureKind::Body));
    assert_eq!(served(&daemon), all);
}

#[tokio::test]
async fn a_document_that_ends_within_an_entry_is_asked_for_again() {
    let whole = rss("Post", &["1|Ferry runs aground|Forty saved", "2|Baker honoured|Rye it was"]);
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"").await;
    daemon.put("/feed", &whole[..whole.find("honoured").unwrap()]);
    daemon.step().await;
    assert_eq!(daemon.titles(), ["Ferry runs aground"]);
    let note = daemon.look(|reader| reader.feeds()).remove(0).state.note.unwrap_or_default();
    assert!(note.contains("ends in the middle"), "{note}");
    daemon.put("/feed", &whole);
    daemon.step_after(DAY).await;
    assert_eq!(daemon.titles(), ["Baker honoured", "Ferry runs aground"]);
}

#[tokio::test]
async fn a_feed_that_never_ends_its_document_is_read_as_far_as_it_goes() {
    for items in [
        &["1|Ferry runs aground|Forty saved"][..],
        &["2|Baker honoured|Rye", "1|Ferry runs aground|Forty saved"],
    ] {
        let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"").await;
        let whole = rss("Post", items);
        let unended = &whole[..whole.rfind("</item>").unwrap()];
        for day in 1..=3 {
            daemon.put("/feed", &unended.replacen("<item>", &format!("<ttl>{day}</ttl><item>"), 1));
            daemon.step_after(DAY).await;
            assert_eq!(
                daemon.titles().len(),
                if day == 1 { items.len() - 1 } else { items.len() },
                "day {day}"
            );
        }
        assert_eq!(daemon.look(|reader| reader.feeds())[0].state.failures, 0);
    }
}

#[tokio::test]
async fn when_every_host_is_unreachable_no_feed_is_blamed() {
    // Nobody listens on port 1 of these loopback addresses.
    let feeds: String = (1..=4).map(|n| format!("[[feed]]\nurl = \"http://127.0.9.{n}:1/feed\"\n")).collect();
    let mut daemon = TestDaemon::new(&feeds).await;
    assert!(daemon.step().await.round.offline);
    for feed in daemon.look(|reader| reader.feeds()) {
        assert_eq!((feed.state.failures, feed.state.failure), (0, None));
    }
    let outage = daemon.app().web().outage.borrow().clone();
    assert!(outage.is_some_and(|outage| outage.words.contains("4 tried")));
}

#[tokio::test]
async fn one_unreachable_host_among_others_is_its_own_failure() {
    let toml = "[[feed]]\nurl = \"ORIGIN/good\"\n[[feed]]\nurl = \"http://127.0.9.1:1/feed\"";
    let mut daemon = TestDaemon::new(toml).await;
    daemon.put("/good", &rss("Post", &["1|Ferry runs aground|Forty saved"]));
    assert!(!daemon.step().await.round.offline);
    assert_eq!(daemon.look(|reader| reader.feeds())[1].state.failures, 1);
    // It is polled again alone, before the other is due.
    daemon.clock.advance(HOUR);
    let bad = daemon.look(|reader| reader.feeds())[1].state.no;
    let now = daemon.clock.now();
    let store = daemon.app().store().clone();
    let due = move |batch: &mut tidings::store::Batch<'_>| {
        batch.put_next_poll(tidings::model::FeedNo(1), now + DAY)?;
        batch.put_next_poll(bad, now)
    };
    store.write(due).await.unwrap();
    assert_eq!(daemon.step().await.round.polls, 1);
    assert_eq!(daemon.app().web().outage.borrow().clone(), None, "one of two says nothing of us");
}

#[tokio::test]
async fn a_removed_feed_keeps_its_stories_and_is_not_polled() {
    let both = "[[feed]]\nurl = \"ORIGIN/a\"\n[[feed]]\nurl = \"ORIGIN/b\"";
    let mut daemon = TestDaemon::new(both).await;
    daemon.put("/a", &rss("Post", &["1|Ferry runs aground|Forty saved"]));
    daemon.put("/b", &rss("Echo", &["1|Bakery wins prize|Rye it was"]));
    daemon.step().await;
    daemon.restart("[[feed]]\nurl = \"ORIGIN/b\"").await;
    daemon.origin.clear_seen();
    daemon.step_after(DAY).await;
    assert_eq!(daemon.origin.seen().len(), 1);
    assert_eq!(daemon.titles(), ["Bakery wins prize", "Ferry runs aground"]);
}
