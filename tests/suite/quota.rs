//! Quotas: how much of one feed is filed in a day, and that what exceeds it waits and is not lost.

use crate::daemon::{HOUR, TestDaemon, rss_of};
use jiff::SignedDuration;
use std::ops::Range;
use tidings::demo::Page;

/// A document of notices with these numbers and no words in common, the newest first.
fn notices(numbers: Range<u64>) -> String {
    let word = |mut number: u64| {
        let mut word = String::new();
        while number > 0 {
            word.push(char::from(b'a' + (number % 26) as u8));
            word.push(['a', 'e', 'i', 'o', 'u'][(number % 5) as usize]);
            number /= 26;
        }
        word
    };
    let item = |no: u64| {
        let words =
            |from: u64| (from..from + 6).map(|n| word(1_000 + n * 7_919)).collect::<Vec<_>>().join(" ");
        format!("{no}|{}|{}", words(no * 20), words(no * 20 + 10))
    };
    let items: Vec<String> = numbers.rev().map(item).collect();
    rss_of("Flood", &items)
}

fn put(daemon: &TestDaemon, etag: &str, numbers: Range<u64>) {
    let page = Page::feed("application/xml", notices(numbers)).with_header("ETag", etag);
    daemon.origin.put("/feed", page);
}

fn entries(daemon: &TestDaemon) -> u64 {
    daemon.look(|reader| reader.feeds())[0].entries
}

#[tokio::test]
async fn what_exceeds_the_quota_of_a_day_waits_for_the_next() {
    let mut daemon = TestDaemon::within(100, "[[feed]]\nurl = \"ORIGIN/feed\"\n").await;
    put(&daemon, "\"a\"", 0..40);
    daemon.step().await;
    put(&daemon, "\"b\"", 0..150);
    daemon.step_after(HOUR * 2).await;
    assert_eq!(entries(&daemon), 100);
    let state = daemon.look(|reader| reader.feeds()).remove(0).state;
    assert_eq!(state.validators.etag.as_deref(), Some(b"\"a\"".as_slice()), "what waits is asked for again");
    let note = state.note.unwrap_or_default();
    assert!(
        note.contains("50 new entries and 0 changes wait") && note.contains("daily_entries = 100"),
        "{note}"
    );
    // No more can be filed on this day, so the feed is not polled, also when the daemon is started again.
    daemon.restart("[[feed]]\nurl = \"ORIGIN/feed\"\n").await;
    daemon.origin.clear_seen();
    daemon.step_after(HOUR * 14).await;
    assert_eq!(daemon.origin.seen().len(), 0);
    daemon.step_after(HOUR * 3).await;
    assert_eq!(daemon.origin.seen()[0].header("if-none-match").as_deref(), Some("\"a\""));
    assert_eq!(entries(&daemon), 150);
    let state = daemon.look(|reader| reader.feeds()).remove(0).state;
    assert_eq!(state.validators.etag.as_deref(), Some(b"\"b\"".as_slice()));
}

#[tokio::test]
async fn a_feed_that_brings_other_ids_at_every_poll_brings_no_more_than_its_quota() {
    let toml = "min_interval = \"1s\"\ninterval = \"10m\"\n[[feed]]\nurl = \"ORIGIN/feed\"\n";
    let mut daemon = TestDaemon::within(100, toml).await;
    for round in 0..8 {
        put(&daemon, &format!("\"{round}\""), round * 90..round * 90 + 90);
        daemon.step_after(SignedDuration::from_mins(20)).await;
    }
    assert_eq!(entries(&daemon), 100);
    // What is there on the next day is filed then.
    daemon.step_after(HOUR * 24).await;
    assert_eq!(entries(&daemon), 190);
}

#[tokio::test]
async fn a_feed_whose_new_entries_all_wait_is_not_read_from_its_other_end() {
    let mut daemon = TestDaemon::within(100, "[[feed]]\nurl = \"ORIGIN/feed\"\n").await;
    put(&daemon, "\"a\"", 0..100);
    daemon.step().await;
    // More than is read of one document, and all that is read is new.
    put(&daemon, "\"b\"", 0..2_150);
    daemon.step_after(HOUR * 2).await;
    let habits = daemon.look(|reader| reader.feeds()).remove(0).state.habits;
    assert_eq!((entries(&daemon), habits.newest_last, habits.left_out), (100, false, 150));
}
