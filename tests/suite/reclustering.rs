//! Reclustering moves stories to the topic that later news shows to be theirs, publishes nothing again, and holds after a
//! restart.

use crate::daemon::{HOUR, TestDaemon, rss_of};
use crate::texts::made_up;
use jiff::Timestamp;
use std::collections::BTreeSet;
use tidings::model::TopicId;

const THREE: &str =
    "[[feed]]\nurl = \"ORIGIN/wire\"\n[[feed]]\nurl = \"ORIGIN/paper\"\n[[feed]]\nurl = \"ORIGIN/other\"\n";

/// Items of four stories about an event. All events are of one kind and share some words.
pub(crate) fn event(number: u64) -> Vec<String> {
    let (kind, words) = (made_up(1, 9), made_up(2 + number, 12));
    let story = |at: u64| {
        let own = made_up(100 + 10 * number + at, 8);
        let title = format!("The {} of {} near the {}", kind[0], words[0], own[0]);
        format!("{number}-{at}|{title}|{} {} {}.", kind.join(" "), words.join(" "), own[1..].join(" "))
    };
    (0..4).map(story).collect()
}

/// The topics of the stories of both events, by event.
fn topics(daemon: &TestDaemon) -> [BTreeSet<TopicId>; 2] {
    let stories = daemon.stories();
    ["/wire", "/paper"].map(|feed| {
        let of = stories.iter().filter(|story| story.sources.iter().any(|s| s.feed_url.ends_with(feed)));
        of.map(|story| story.topic).collect()
    })
}

/// The topics that outputs contain.
fn published(daemon: &TestDaemon) -> Vec<TopicId> {
    let topics = daemon.look(|reader| reader.topics_moved(None, 1, Timestamp::UNIX_EPOCH, 100, 100));
    topics.into_iter().map(|topic| topic.id).collect()
}

#[tokio::test]
async fn two_events_taken_for_one_come_apart_and_nothing_is_sent_again() {
    let mut daemon = TestDaemon::new(THREE).await;
    let filler =
        |at: u64| format!("f{at}|{}|{}", made_up(1_000 + at, 5).join(" "), made_up(2_000 + at, 20).join(" "));
    let mut others: Vec<String> = (0..60).map(filler).collect();
    daemon.put("/other", &rss_of("Other", &others));
    daemon.step().await;
    daemon.put("/wire", &rss_of("Wire", &event(0)));
    daemon.put("/paper", &rss_of("Paper", &event(1)));
    daemon.step_after(HOUR * 2).await;
    let [wire, paper] = topics(&daemon);
    assert_eq!((wire.len(), &wire), (1, &paper));
    let (before, known) = (daemon.stories(), published(&daemon));
    others.push(filler(60));
    daemon.put("/other", &rss_of("Other", &others));
    daemon.step_after(HOUR * 2).await;
    let apart = topics(&daemon);
    assert_eq!(apart.each_ref().map(BTreeSet::len), [1, 1]);
    assert!(apart[0] != apart[1] && apart.contains(&wire));
    let after = daemon.stories();
    for story in &before {
        let now = after.iter().find(|now| now.id == story.id).unwrap();
        assert_eq!((now.published, now.shown, now.updated), (story.published, story.shown, story.updated));
    }
    // The filler's topic apart, no output has a topic that it had not before.
    assert_eq!(published(&daemon).len(), known.len() + 1);
    daemon.restart(THREE).await;
    assert_eq!(topics(&daemon), apart);
}
