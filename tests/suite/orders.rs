//! Orders of the operator overrule the desk's decisions, for good; and `tidings why` explains decisions.

use crate::daemon::{DAY, TestDaemon, rss};
use crate::texts::FERRY;
use tidings::model::{CategoryName, EntryRef, OrderKind};

const TWO: &str =
    "[[category]]\nname = \"world\"\n[[feed]]\nurl = \"ORIGIN/wire\"\n[[feed]]\nurl = \"ORIGIN/paper\"";

async fn merged() -> TestDaemon {
    let mut daemon = TestDaemon::new(TWO).await;
    daemon.put("/wire", &rss("Wire", &[&format!("1|Ferry runs aground|{FERRY}")]));
    daemon.put("/paper", &rss("Paper", &[&format!("x|Forty saved from ferry|{FERRY}")]));
    daemon.step().await;
    assert_eq!(daemon.stories().len(), 1);
    daemon
}

#[tokio::test]
async fn a_split_takes_an_entry_out_for_good() {
    let mut daemon = merged().await;
    let kept = daemon.stories().remove(0);
    let lead = if kept.title == "Ferry runs aground" { ("/wire", "1") } else { ("/paper", "x") };
    let other = if lead.0 == "/wire" { ("/paper", "x") } else { ("/wire", "1") };
    let order = OrderKind::SplitStory {
        entries: vec![daemon.entry(other.0, other.1)],
        from: vec![daemon.entry(lead.0, lead.1)],
    };
    daemon.order(order).await;
    assert_eq!(daemon.stories().len(), 2);
    assert_eq!(daemon.story(&kept.title).id, kept.id);
    // The same words again, also after a crash, do not bring them together.
    daemon.restart(TWO).await;
    daemon.put("/paper", &rss("Paper", &[&format!("x|Forty saved from ferry|{FERRY} It was cold.")]));
    daemon.put("/wire", &rss("Wire", &[&format!("1|Ferry runs aground|{FERRY} It was windy.")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 2);
}

#[tokio::test]
async fn a_join_makes_one_story_of_two_and_the_older_id_stays() {
    let mut daemon = TestDaemon::new(TWO).await;
    daemon.put("/wire", &rss("Wire", &["1|Ferry runs aground|Forty people were saved off Skerry Point"]));
    daemon.step().await;
    let older = daemon.stories().remove(0);
    daemon.put("/paper", &rss("Paper", &["x|Baker honoured|Rye bread won the county prize again"]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 2);
    let order =
        OrderKind::JoinStories { entries: vec![daemon.entry("/wire", "1"), daemon.entry("/paper", "x")] };
    daemon.order(order).await;
    let stories = daemon.stories();
    assert_eq!(stories.len(), 1);
    assert_eq!((stories[0].id, stories[0].sources.len()), (older.id, 2));
}

#[tokio::test]
async fn a_story_can_be_kept_in_a_category() {
    let mut daemon = merged().await;
    let world = CategoryName::new("world").unwrap();
    let order = OrderKind::Keep { entries: vec![daemon.entry("/wire", "1")], category: world.clone() };
    daemon.order(order).await;
    assert_eq!(daemon.stories()[0].category, world);
}

#[tokio::test]
async fn topics_are_joined_and_split() {
    let mut daemon = TestDaemon::new(TWO).await;
    daemon.put("/wire", &rss("Wire", &["1|Ferry runs aground|Forty people were saved off Skerry Point"]));
    daemon.put("/paper", &rss("Paper", &["x|Baker honoured|Rye bread won the county prize again"]));
    daemon.step().await;
    let entries = vec![daemon.entry("/wire", "1"), daemon.entry("/paper", "x")];
    daemon.order(OrderKind::JoinTopics { entries: entries.clone() }).await;
    let stories = daemon.stories();
    assert_eq!((stories.len(), stories[0].topic), (2, stories[1].topic));
    daemon.order(OrderKind::SplitTopic { entries: vec![entries[1]], from: vec![entries[0]] }).await;
    let stories = daemon.stories();
    assert_ne!(stories[0].topic, stories[1].topic);
}

#[tokio::test]
async fn a_join_of_topics_takes_all_their_stories_along() {
    let mut daemon = TestDaemon::new(TWO).await;
    daemon.put("/wire", &rss("Wire", &["1|Ferry runs aground|Forty people were saved off Skerry Point"]));
    daemon.put(
        "/paper",
        &rss(
            "Paper",
            &[
                "x|Baker honoured|Rye bread won the county prize",
                "y|Owl moves in|A barn in Dorrin has a tenant",
            ],
        ),
    );
    daemon.step().await;
    let ferry = daemon.entry("/wire", "1");
    let (baker, owl) = (daemon.entry("/paper", "x"), daemon.entry("/paper", "y"));
    daemon.order(OrderKind::JoinTopics { entries: vec![baker, owl] }).await;
    daemon.order(OrderKind::JoinTopics { entries: vec![ferry, owl] }).await;
    let topics: std::collections::BTreeSet<_> = daemon.stories().iter().map(|story| story.topic).collect();
    assert_eq!(topics.len(), 1);
}

#[tokio::test]
async fn stories_of_several_topics_are_split_off_none_and_the_operator_is_told() {
    let mut daemon = TestDaemon::new(TWO).await;
    let ferry = "1|Ferry runs aground|Forty people were saved off Skerry Point|https://wire.example/ferry";
    let moss = "2|Moss remembers|It has been a dry year for it|https://wire.example/moss";
    daemon.put("/wire", &rss("Wire", &[ferry, moss]));
    daemon.put("/paper", &rss("Paper", &["x|Baker honoured|Rye bread won the county prize again"]));
    daemon.step().await;
    let entries = vec![daemon.entry("/wire", "1"), daemon.entry("/paper", "x")];
    daemon.order(OrderKind::JoinTopics { entries }).await;
    let before = daemon.stories();
    let both = ["split", "--topic", "https://wire.example/ferry", "https://wire.example/moss"];
    assert!(daemon.run_in_vain(TWO, &both).contains("these stories are not in one topic"));
    daemon.step().await;
    assert_eq!(daemon.stories(), before);
    daemon.run(TWO, &both[..3]);
    daemon.step().await;
    assert_ne!(daemon.story("Ferry").topic, daemon.story("Baker").topic);
}

#[tokio::test]
async fn an_order_on_what_is_not_there_changes_nothing() {
    let mut daemon = merged().await;
    daemon.order(OrderKind::JoinStories { entries: vec![EntryRef(1), EntryRef(2)] }).await;
    daemon.order(OrderKind::SplitStory { entries: vec![EntryRef(1)], from: vec![EntryRef(2)] }).await;
    assert_eq!(daemon.stories().len(), 1);
}

#[tokio::test]
async fn why_tells_entries_topic_category_and_rank_in_words() {
    let feeds: String = ["wire", "paper", "post", "courier"]
        .map(|feed| format!("[[feed]]\nurl = \"ORIGIN/{feed}\"\nweight = 1.5\n"))
        .concat();
    let mut daemon = TestDaemon::new(&feeds).await;
    // A publisher is known by its site once a feed was read.
    for feed in ["wire", "paper", "post", "courier"] {
        daemon.put(&format!("/{feed}"), &rss(feed, &[]));
    }
    daemon.step().await;
    daemon.put(
        "/wire",
        &rss("Wire", &[&format!("1|Ferry Aurelia runs aground|{FERRY}|https://wire.example/ferry")]),
    );
    daemon.step_after(DAY).await;
    for feed in ["paper", "post"] {
        daemon.put(
            &format!("/{feed}"),
            &rss(feed, &[&format!("{feed}|Forty saved from stranded ferry|{FERRY}")]),
        );
    }
    let own = "y|Ferry Aurelia still aground off Skerry Point|The harbour master waits for divers to look at the hull";
    daemon.put("/courier", &rss("courier", &[own]));
    daemon.step_after(DAY).await;
    let story = daemon.stories().into_iter().find(|story| story.sources.len() == 3).unwrap();
    let told = daemon.run(&feeds, &["why", "https://wire.example/ferry"]);
    assert_eq!(told, daemon.run(&feeds, &["why", &story.id.to_string()]));
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.len() <= 24, "{told}");
    assert_eq!(lines[0], "Ferry Aurelia runs aground");
    let tells = |words: &str| assert!(told.contains(words), "{words} is not in\n{told}");
    tells("nothing known was the same, so it founded the story");
    tells("100 % the same text as “Ferry Aurelia runs aground” in Wire");
    tells("“Ferry Aurelia still aground off Skerry Point” is in it, too");
    tells("Category: general, nothing has been learned yet.");
    tells("breadth 2.00 (4 publishers, 2 of them with a text of their own)");
    tells("× weight 1.5 × rarity ");
}

#[tokio::test]
async fn why_never_shows_the_address_of_a_feed() {
    let feeds = "[[feed]]\nurl = \"ORIGIN/secret?token=hush\"\n";
    let mut daemon = TestDaemon::new(feeds).await;
    daemon.put(
        "/secret",
        &rss("", &["1|Ferry runs aground|Forty people were saved|https://wire.example/ferry"]),
    );
    daemon.step().await;
    let told = daemon.run(feeds, &["why", "https://wire.example/ferry"]);
    assert!(told.contains("carried “Ferry runs aground”") && !told.contains("hush"), "{told}");
}
