//! What the desk has learned outlives upgrades, damage and new names.

use crate::daemon::{TestDaemon, rss};
use crate::texts::FERRY;
use jiff::SignedDuration;
use tidings::model::{CategoryName, EntryRef, OrderKind, StoryView};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

const FEEDS: &str = "[[feed]]\nurl = \"ORIGIN/pitch\"\ncategory = \"sport\"\n\
    [[feed]]\nurl = \"ORIGIN/court\"\ncategory = \"law\"\n[[feed]]\nurl = \"ORIGIN/free\"\n";

/// A word of its own for each number.
fn word(n: usize) -> String {
    let mixed = (n + 1).wrapping_mul(2_654_435_761);
    (0..6).map(|at| char::from(b'a' + (mixed >> (at * 5) & 15) as u8)).collect()
}

/// A daemon that has learned two sections, and holds a topic of its own.
async fn taught() -> TestDaemon {
    let mut daemon = TestDaemon::new(FEEDS).await;
    let items = |kind: &str, words: &str, from: usize| -> String {
        let items: Vec<String> = (from..from + 40)
            .map(|n| {
                format!(
                    "{n}|{} {kind} {}|{words} {} {}",
                    word(n),
                    word(n + 500),
                    word(n + 900),
                    word(n + 1_300)
                )
            })
            .collect();
        rss("Some", &items.iter().map(String::as_str).collect::<Vec<_>>())
    };
    daemon.put("/pitch", &items("striker scores for", "league team coach goal", 0));
    daemon.put("/court", &items("judge hears", "lawyer verdict jury appeal", 100));
    daemon.put("/free", &rss("Free", &[&format!("f|Ferry Aurelia aground off Skerry Point|{FERRY}")]));
    daemon.step().await;
    daemon
}

fn titled(daemon: &TestDaemon, title: &str) -> StoryView {
    let stories = daemon.stories();
    stories.into_iter().find(|story| story.title == title).unwrap_or_else(|| panic!("no story \"{title}\""))
}

async fn give(daemon: &mut TestDaemon, order: OrderKind) {
    let now = daemon.clock.now();
    daemon.app().store().clone().write(move |batch| batch.add_order(&order, now)).await.unwrap();
    daemon.step().await;
}

/// What is known of topics and sections shows in what is filed next.
async fn files_as_one_who_knows(daemon: &mut TestDaemon) {
    let topic = titled(daemon, "Ferry Aurelia aground off Skerry Point").topic;
    daemon.put(
        "/free",
        &rss(
            "Free",
            &[
                "g|Divers look at hull of ferry Aurelia off Skerry Point|The crossing to Brackwater stays closed",
                "h|Coach praises striker|The team of the league is pleased with the late goal",
            ],
        ),
    );
    daemon.step_after(HOUR).await;
    assert_eq!(titled(daemon, "Divers look at hull of ferry Aurelia off Skerry Point").topic, topic);
    assert_eq!(titled(daemon, "Coach praises striker").category.as_str(), "sport");
}

#[tokio::test]
async fn a_desk_that_was_restored_knows_what_it_learned() {
    let mut daemon = taught().await;
    daemon.app().save().await.unwrap();
    daemon.restart(FEEDS).await;
    files_as_one_who_knows(&mut daemon).await;
}

#[tokio::test]
async fn a_desk_with_an_unreadable_snapshot_learns_again_from_the_stored_news() {
    let mut daemon = taught().await;
    daemon.app().save().await.unwrap();
    let damage = |database: &rusqlite::Connection| {
        assert_eq!(database.execute("UPDATE snapshot_parts SET desk = x'7f01'", []).unwrap(), 1);
    };
    daemon.restart_after(FEEDS, damage).await;
    // It has saved what it learned: the next start needs no relearning, and may lose no number that was given.
    daemon.restart(FEEDS).await;
    files_as_one_who_knows(&mut daemon).await;
    assert_eq!(daemon.stories().len(), 83);
}

#[tokio::test]
async fn a_desk_with_an_unreadable_journal_learns_again_from_the_stored_news() {
    let mut daemon = taught().await;
    let damage = |database: &rusqlite::Connection| {
        assert!(database.execute("UPDATE journal SET analysis = x'7f01'", []).unwrap() > 0);
    };
    daemon.restart_after(FEEDS, damage).await;
    files_as_one_who_knows(&mut daemon).await;
}

#[tokio::test]
async fn orders_are_obeyed_by_a_desk_that_learned_again() {
    let mut daemon = taught().await;
    daemon.put("/pitch", &rss("Some", &[&format!("x|All saved from stranded ferry|{FERRY}")]));
    daemon.step_after(HOUR * 24).await;
    let entry = |feed: &str, key: &str| EntryRef::new(&daemon.origin.url(feed), key);
    let (wire, copy) = (entry("/free", "f"), entry("/pitch", "x"));
    give(&mut daemon, OrderKind::SplitStory { entries: vec![copy], from: vec![wire] }).await;
    let law = CategoryName::new("law").unwrap();
    give(&mut daemon, OrderKind::Keep { entries: vec![copy], category: law }).await;
    let stories = daemon.stories().len();
    let damage = |database: &rusqlite::Connection| {
        assert_eq!(database.execute("UPDATE snapshot_parts SET desk = x''", []).unwrap(), 1);
    };
    daemon.restart_after(FEEDS, damage).await;
    // A third copy would prove the two to be one.
    daemon.put("/court", &rss("Some", &[&format!("y|Aurelia aground, all saved|{FERRY}")]));
    daemon.step_after(HOUR * 24).await;
    assert_eq!(daemon.stories().len(), stories);
    daemon.put("/pitch", &rss("Some", &[&format!("x|All saved from stranded ferry|{FERRY} It was cold.")]));
    daemon.step_after(HOUR * 24).await;
    assert_eq!(daemon.stories().len(), stories);
    assert_eq!(titled(&daemon, "All saved from stranded ferry").category.as_str(), "law");
}

#[tokio::test]
async fn a_renamed_category_is_renamed_in_what_was_learned() {
    for save in [true, false] {
        let mut daemon = taught().await;
        let copy = EntryRef::new(&daemon.origin.url("/free"), "f");
        let sport = CategoryName::new("sport").unwrap();
        give(&mut daemon, OrderKind::Keep { entries: vec![copy], category: sport }).await;
        if save {
            daemon.app().save().await.unwrap();
        }
        let renamed = format!(
            "{}[[category]]\nname = \"games\"\nwas = [\"sport\"]\n",
            FEEDS.replace("\"sport\"", "\"games\"")
        );
        daemon.restart(&renamed).await;
        daemon.put(
            "/free",
            &rss(
                "Free",
                &[
                    &format!("f|Ferry Aurelia aground off Skerry Point|{FERRY} It was cold."),
                    "h|Coach praises striker|The team of the league is pleased with the late goal",
                ],
            ),
        );
        daemon.step_after(HOUR).await;
        assert_eq!(titled(&daemon, "Coach praises striker").category.as_str(), "games");
        assert_eq!(titled(&daemon, "Ferry Aurelia aground off Skerry Point").category.as_str(), "games");
        let old = daemon.stories().iter().filter(|story| story.category.as_str() == "sport").count();
        assert_eq!(old, 0);
    }
}
