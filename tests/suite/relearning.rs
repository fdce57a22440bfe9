//! What the desk has learned is kept through restarts, and learned again when snapshot or journal cannot be read.

use crate::daemon::{HOUR, TestDaemon, rss, rss_of};
use crate::texts::FERRY;
use tidings::model::{CategoryName, OrderKind};

const FEEDS: &str = "[[feed]]\nurl = \"ORIGIN/pitch\"\ncategory = \"sport\"\n\
    [[feed]]\nurl = \"ORIGIN/court\"\ncategory = \"law\"\n[[feed]]\nurl = \"ORIGIN/free\"\n";

/// A word of its own for each number.
fn word(n: usize) -> String {
    let mixed = (n + 1).wrapping_mul(2_654_435_761);
    (0..6).map(|at| char::from(b'a' + (mixed >> (at * 5) & 15) as u8)).collect()
}

/// A daemon that has learned two categories, and has one more topic.
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
        rss_of("Some", &items)
    };
    daemon.put("/pitch", &items("striker scores for", "league team coach goal", 0));
    daemon.put("/court", &items("judge hears", "lawyer verdict jury appeal", 100));
    daemon.put("/free", &rss("Free", &[&format!("f|Ferry Aurelia aground off Skerry Point|{FERRY}")]));
    daemon.step().await;
    daemon
}

/// Checks that the next entries are filed by what was learned about topics and categories.
async fn files_as_one_who_knows(daemon: &mut TestDaemon) {
    let topic = daemon.story("Ferry Aurelia aground off Skerry Point").topic;
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
    assert_eq!(daemon.story("Divers look at hull of ferry Aurelia off Skerry Point").topic, topic);
    assert_eq!(daemon.story("Coach praises striker").category.as_str(), "sport");
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
    daemon.damage_snapshot().await;
    daemon.restart(FEEDS).await;
    // What was learned again is saved at once: the next start learns nothing again, and loses no number that was given.
    daemon.restart(FEEDS).await;
    files_as_one_who_knows(&mut daemon).await;
    assert_eq!(daemon.stories().len(), 83);
}

#[tokio::test]
async fn a_desk_with_an_unreadable_journal_learns_again_from_the_stored_news() {
    let mut daemon = taught().await;
    daemon.restart_with_damaged_journal(FEEDS).await;
    files_as_one_who_knows(&mut daemon).await;
}

#[tokio::test]
async fn orders_are_obeyed_by_a_desk_that_learned_again() {
    let mut daemon = taught().await;
    daemon.put("/pitch", &rss("Some", &[&format!("x|All saved from stranded ferry|{FERRY}")]));
    daemon.step_after(HOUR * 24).await;
    let (wire, copy) = (daemon.entry("/free", "f"), daemon.entry("/pitch", "x"));
    daemon.order(OrderKind::SplitStory { entries: vec![copy], from: vec![wire] }).await;
    let law = CategoryName::new("law").unwrap();
    daemon.order(OrderKind::Keep { entries: vec![copy], category: law }).await;
    let stories = daemon.stories().len();
    daemon.damage_snapshot().await;
    daemon.restart(FEEDS).await;
    // A third copy would prove the two to be one.
    daemon.put("/court", &rss("Some", &[&format!("y|Aurelia aground, all saved|{FERRY}")]));
    daemon.step_after(HOUR * 24).await;
    assert_eq!(daemon.stories().len(), stories);
    daemon.put("/pitch", &rss("Some", &[&format!("x|All saved from stranded ferry|{FERRY} It was cold.")]));
    daemon.step_after(HOUR * 24).await;
    assert_eq!(daemon.stories().len(), stories);
    assert_eq!(daemon.story("All saved from stranded ferry").category.as_str(), "law");
}

#[tokio::test]
async fn a_renamed_category_is_renamed_in_what_was_learned() {
    for save in [true, false] {
        let mut daemon = taught().await;
        let copy = daemon.entry("/free", "f");
        let sport = CategoryName::new("sport").unwrap();
        daemon.order(OrderKind::Keep { entries: vec![copy], category: sport }).await;
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
        assert_eq!(daemon.story("Coach praises striker").category.as_str(), "games");
        assert_eq!(daemon.story("Ferry Aurelia aground off Skerry Point").category.as_str(), "games");
        let old = daemon.stories().iter().filter(|story| story.category.as_str() == "sport").count();
        assert_eq!(old, 0);
    }
}
