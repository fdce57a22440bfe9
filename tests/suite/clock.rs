//! A clock that was wrong for a while, as that of a machine without a battery may be, keeps no feed and no digest from
//! going on when it is right again.

use crate::daemon::{DAY, HOUR, TestDaemon, rss_of};
use jiff::SignedDuration;

const DIGEST: &str = "[[feed]]\nurl = \"ORIGIN/feed\"\ncategory = \"world\"\n
[[digest]]\nname = \"morning\"\nschedule = \"0 7 * * *\"\ntimezone = \"Europe/Berlin\"\nto = [\"ada@reader.example\"]\n
[mail]\nsmtp = \"smtp://127.0.0.1:1\"\nfrom = \"Tidings <news@site.example>\"";

const WORDS: [&str; 6] = [
    "Ferry runs aground|Forty people were brought ashore off Skerry Point",
    "Bakery wins prize|The rye bread of the old mill took the county prize",
    "Owls nest in tower|The bell stays silent until the young have flown",
    "Museum buys a clock|It was made by a watchmaker of the harbour quarter",
    "Choir looks for basses|Rehearsals are on Thursdays in the town hall",
    "Bridge closed for repairs|The river is crossed by boat until the spring",
];

/// The feed with the first `count` of its news.
fn put(daemon: &TestDaemon, count: usize) {
    let items: Vec<String> = (0..count).rev().map(|no| format!("{no}|{}", WORDS[no])).collect();
    daemon.put("/feed", &rss_of("Post", &items));
}

fn editions(daemon: &TestDaemon) -> Vec<String> {
    let editions = daemon.look(|reader| reader.editions("morning", 10));
    editions.into_iter().rev().map(|edition| edition.id).collect()
}

#[tokio::test]
async fn feeds_are_polled_when_the_clock_is_right_again() {
    for ahead in [HOUR, DAY * 400, DAY * 3_000] {
        let mut daemon =
            TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"\n[[feed]]\nurl = \"ORIGIN/none\"\n").await;
        put(&daemon, 1);
        daemon.step_after(ahead).await;
        put(&daemon, 2);
        let step = daemon.step_after(-ahead).await;
        assert_eq!((step.round.polls, daemon.titles().len()), (2, 2), "{ahead}");
        // Once, and then at their intervals.
        assert_eq!(daemon.step().await.round.polls, 0);
        assert_eq!(daemon.step_after(HOUR * 2).await.round.polls, 2);
    }
}

#[tokio::test]
async fn a_clock_corrected_by_seconds_has_no_feed_polled_twice() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"\n").await;
    put(&daemon, 1);
    daemon.step().await;
    assert_eq!(daemon.step_after(SignedDuration::from_secs(-2)).await.round.polls, 0);
}

#[tokio::test]
async fn a_digest_goes_on_at_its_next_regular_time_and_no_edition_has_the_id_of_another() {
    let mut daemon = TestDaemon::new(DIGEST).await;
    put(&daemon, 1);
    daemon.step().await;
    put(&daemon, 2);
    // Three days ahead, for an hour.
    daemon.step_after(DAY * 3).await;
    assert_eq!((editions(&daemon), daemon.mails().len()), (vec!["2026-11-26".to_owned()], 1));
    put(&daemon, 3);
    daemon.step_after(HOUR - DAY * 3).await;
    assert_eq!(daemon.mails().len(), 1, "it waits for its time");
    for day in 1..=3 {
        put(&daemon, 3 + day);
        daemon.step_after(HOUR * 22).await;
        daemon.step_after(HOUR * 2).await;
        assert_eq!(daemon.mails().len(), 1 + day);
    }
    assert_eq!(editions(&daemon), ["2026-11-26", "2026-11-24", "2026-11-25", "2026-11-26-2"]);
}

#[tokio::test]
async fn an_edition_that_came_an_hour_early_is_not_sent_again() {
    let mut daemon = TestDaemon::new(DIGEST).await;
    put(&daemon, 1);
    daemon.step().await;
    put(&daemon, 2);
    daemon.step_after(DAY).await;
    assert_eq!(daemon.mails().len(), 1);
    put(&daemon, 3);
    daemon.step_after(-HOUR).await;
    daemon.step_after(HOUR * 2).await;
    assert_eq!(daemon.mails().len(), 1);
    daemon.step_after(HOUR * 23).await;
    assert_eq!(daemon.mails().len(), 2);
}

#[tokio::test]
async fn feeds_added_while_the_clock_is_wrong_are_polled_once_and_then_as_ever() {
    for wrong in [DAY * 400, -DAY * 400] {
        let mut daemon = TestDaemon::new("").await;
        daemon.clock.advance(wrong);
        daemon.restart("[[feed]]\nurl = \"ORIGIN/feed\"\n").await;
        put(&daemon, 1);
        assert_eq!(daemon.step().await.round.polls, 1);
        assert_eq!(daemon.step_after(-wrong).await.round.polls, 1);
        put(&daemon, 2);
        assert_eq!(daemon.step_after(SignedDuration::from_mins(5)).await.round.polls, 0, "{wrong}");
        assert_eq!(daemon.step_after(DAY * 2).await.round.polls, 1);
    }
}

#[tokio::test]
async fn a_feed_added_by_a_right_clock_is_polled_once_under_one_that_is_behind() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"\n").await;
    put(&daemon, 1);
    daemon.step().await;
    assert_eq!(daemon.step_after(-DAY * 400).await.round.polls, 1);
    assert_eq!(daemon.step_after(SignedDuration::from_mins(5)).await.round.polls, 0);
}

#[tokio::test]
async fn an_edition_is_not_sent_again_after_a_clock_that_was_behind() {
    let mut daemon = TestDaemon::new(DIGEST).await;
    put(&daemon, 1);
    daemon.step().await;
    put(&daemon, 2);
    daemon.step_after(DAY).await;
    put(&daemon, 3);
    daemon.step_after(HOUR * 2).await;
    assert_eq!(daemon.mails().len(), 1);
    daemon.clock.advance(-DAY * 2_000);
    daemon.restart(DIGEST).await;
    daemon.step().await;
    daemon.step_after(DAY * 2_000 + HOUR).await;
    assert_eq!(daemon.mails().len(), 1);
    put(&daemon, 4);
    daemon.step_after(HOUR * 21).await;
    assert_eq!(
        (editions(&daemon), daemon.mails().len()),
        (vec!["2026-11-24".to_owned(), "2026-11-25".to_owned()], 2)
    );
}
