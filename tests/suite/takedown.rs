//! A story that the operator takes down is shown nowhere, whatever comes later, until it is put back in its old place.

use crate::daemon::{HOUR, TestDaemon, rss};
use crate::texts::FERRY;
use tidings::model::{EntryRef, OrderKind};

const TWO: &str = "[site]\ntitle = \"Wharf\"\nurl = \"https://news.example\"
[[category]]\nname = \"world\"
[[feed]]\nurl = \"ORIGIN/wire\"\ncategory = \"world\"
[[feed]]\nurl = \"ORIGIN/paper\"\ncategory = \"world\"\n";

const PLACES: [&str; 8] = [
    "/all.atom",
    "/world.rss",
    "/world.json",
    "/all/topics.atom",
    "/",
    "/world",
    "/search?q=ferry",
    "/search?q=aurelia",
];

async fn with_two_stories() -> TestDaemon {
    let mut daemon = TestDaemon::new(TWO).await;
    let ferry = format!("1|Ferry Aurelia aground|{FERRY}|https://wire.example/ferry");
    daemon.put("/wire", &rss("Wire", &[&ferry, "2|Owls nest in barn|A barn in Dorrin has a tenant"]));
    daemon.step().await;
    assert_eq!(daemon.stories().len(), 2);
    daemon
}

fn ferry(daemon: &TestDaemon) -> Vec<EntryRef> {
    vec![daemon.entry("/wire", "1")]
}

/// Checks that the ferry's story is on no page and in no output.
async fn assert_nowhere(daemon: &mut TestDaemon) {
    for place in PLACES {
        let page = daemon.page(place).await;
        assert!(!page.contains("Aurelia aground") && !page.contains("Forty saved"), "{place}: {page}");
    }
}

#[tokio::test]
async fn a_story_that_is_taken_down_is_nowhere_and_its_pages_say_gone() {
    let mut daemon = with_two_stories().await;
    let story = daemon.story("Ferry");
    let entries = ferry(&daemon);
    daemon.order(OrderKind::TakeDown { entries }).await;
    assert_nowhere(&mut daemon).await;
    for path in [format!("/stories/{}", story.id), format!("/topics/{}", story.topic)] {
        let (status, _) = daemon.answer(&path).await;
        assert_eq!(status, 410, "{path}");
    }
    assert!(daemon.page("/all.atom").await.contains("Owls nest in barn"));
}

#[tokio::test]
async fn neither_polls_nor_restarts_nor_other_carriers_bring_it_back() {
    let mut daemon = with_two_stories().await;
    let entries = ferry(&daemon);
    daemon.order(OrderKind::TakeDown { entries }).await;
    // Other words, another carrier, and a desk that has to learn again.
    daemon.put("/wire", &rss("Wire", &[&format!("1|Ferry Aurelia aground at dawn|{FERRY} It was cold.")]));
    daemon.put("/paper", &rss("Paper", &[&format!("x|Forty saved from ferry|{FERRY}")]));
    daemon.step_after(HOUR).await;
    assert_nowhere(&mut daemon).await;
    daemon.damage_snapshot().await;
    daemon.restart(TWO).await;
    daemon.put("/paper", &rss("Paper", &[&format!("y|Forty saved from ferry Aurelia|{FERRY}")]));
    daemon.step_after(HOUR * 2).await;
    assert_nowhere(&mut daemon).await;
}

#[tokio::test]
async fn a_story_that_is_joined_with_one_that_is_down_is_down_too() {
    let mut daemon = with_two_stories().await;
    daemon.put("/paper", &rss("Paper", &["x|Baker honoured|Rye bread won the county prize again"]));
    daemon.step_after(HOUR * 24).await;
    assert_eq!(daemon.stories().len(), 3);
    let baker = daemon.entry("/paper", "x");
    let entries = ferry(&daemon);
    daemon.order(OrderKind::TakeDown { entries: vec![baker] }).await;
    assert_eq!(daemon.titles(), ["Ferry Aurelia aground", "Owls nest in barn"]);
    let joined = vec![entries[0], baker];
    daemon.order(OrderKind::JoinStories { entries: joined }).await;
    assert_eq!(daemon.titles(), ["Owls nest in barn"]);
    // Taken apart again, each is down until it is put back.
    daemon.order(OrderKind::SplitStory { entries: vec![baker], from: entries.clone() }).await;
    assert_eq!(daemon.titles(), ["Owls nest in barn"]);
    daemon.order(OrderKind::PutBack { entries }).await;
    assert_eq!(daemon.titles(), ["Ferry Aurelia aground", "Owls nest in barn"]);
}

#[tokio::test]
async fn a_story_that_is_put_back_has_its_id_its_date_and_its_place() {
    let mut daemon = with_two_stories().await;
    let before = daemon.stories();
    let entries = ferry(&daemon);
    daemon.order(OrderKind::TakeDown { entries: entries.clone() }).await;
    daemon.clock.advance(HOUR);
    daemon.order(OrderKind::PutBack { entries }).await;
    assert_eq!(daemon.stories(), before);
    assert!(daemon.page("/search?q=aurelia").await.contains("<mark>Aurelia</mark> aground"));
}

#[tokio::test]
async fn the_command_works_beside_a_daemon_and_says_what_it_does_not_know() {
    let mut daemon = with_two_stories().await;
    daemon.run(TWO, &["takedown", "https://wire.example/ferry"]);
    daemon.step().await;
    assert_nowhere(&mut daemon).await;
    let told = daemon.run(TWO, &["why", "https://wire.example/ferry"]);
    assert!(told.contains("You have taken it down"), "{told}");
    daemon.run(TWO, &["takedown", "--undo", "https://wire.example/ferry"]);
    daemon.step().await;
    assert_eq!(daemon.stories().len(), 2);
}
