//! Retention: which stories are deleted, when, and which are kept.

use crate::daemon::{DAY, TestDaemon, rss};

/// Outputs of one story, so that the older ones stand in none.
const TOML: &str = "[publish]\nitems = 1\n[[feed]]\nurl = \"ORIGIN/feed\"\ncategory = \"world\"";

#[tokio::test]
async fn a_story_that_nobody_carries_any_more_is_forgotten_after_months() {
    let mut daemon = TestDaemon::new(TOML).await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty people were saved"]));
    daemon.step().await;
    daemon.put("/feed", &rss("Post", &["2|Baker honoured|Rye bread won the county prize"]));
    daemon.step_after(DAY).await;
    daemon.app().save().await.unwrap();
    daemon.clock.advance(DAY * 100);
    assert_eq!(daemon.app().forget().await.unwrap(), 0);
    daemon.clock.advance(DAY * 21);
    assert_eq!(daemon.app().forget().await.unwrap(), 1);
    assert_eq!(daemon.titles(), ["Baker honoured"]);
    assert_eq!(daemon.look(|reader| reader.totals()).entries, 1);
}

#[tokio::test]
async fn a_story_that_its_feed_still_carries_is_kept() {
    let mut daemon = TestDaemon::new(TOML).await;
    let items =
        ["1|Ferry runs aground|Forty people were saved", "2|Baker honoured|Rye bread won the county prize"];
    daemon.put("/feed", &rss("Post", &items));
    daemon.step().await;
    daemon.app().save().await.unwrap();
    daemon.clock.advance(DAY * 400);
    assert_eq!(daemon.app().forget().await.unwrap(), 0);
    daemon.put("/feed", &rss("Post Renamed", &items));
    assert_eq!(daemon.step().await.round.entries, 0);
}

#[tokio::test]
async fn the_months_count_from_when_it_left_its_feed() {
    let mut daemon = TestDaemon::new(TOML).await;
    let [ferry, baker] =
        ["1|Ferry runs aground|Forty people were saved", "2|Baker honoured|Rye bread won the county prize"];
    daemon.put("/feed", &rss("Post", &[baker, ferry]));
    daemon.step().await;
    daemon.app().save().await.unwrap();
    daemon.put("/feed", &rss("Post", &[baker]));
    daemon.step_after(DAY * 400).await;
    daemon.clock.advance(DAY * 119);
    assert_eq!(daemon.app().forget().await.unwrap(), 0);
    daemon.clock.advance(DAY * 2);
    assert_eq!(daemon.app().forget().await.unwrap(), 1);
    assert_eq!(daemon.titles(), ["Baker honoured"]);
}

#[tokio::test]
async fn the_months_count_from_the_last_time_that_it_left() {
    let mut daemon = TestDaemon::new(TOML).await;
    let [ferry, baker] =
        ["1|Ferry runs aground|Forty people were saved", "2|Baker honoured|Rye bread won the county prize"];
    for turn in 0..70 {
        for items in [&[baker, ferry][..], &[baker]] {
            daemon.put("/feed", &rss(&format!("Post {turn}"), items));
            daemon.step_after(DAY * 2).await;
        }
    }
    daemon.app().save().await.unwrap();
    daemon.clock.advance(DAY * 119);
    assert_eq!(daemon.app().forget().await.unwrap(), 0);
    daemon.clock.advance(DAY * 2);
    assert_eq!(daemon.app().forget().await.unwrap(), 1);
    assert_eq!(daemon.titles(), ["Baker honoured"]);
}
