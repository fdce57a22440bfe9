//! From entries to stories: each story once, with all its sources, under an id that never changes.

use crate::daemon::{DAY, TestDaemon, rss, rss_of};
use crate::texts::{BAKERY, FERRY};
use jiff::SignedDuration;
use tidings::admission::BACKLOG_SHOWN;
use tidings::model::{OrderKind, Search, TopicView};

#[tokio::test]
async fn a_syndicated_copy_joins_its_story_and_everyone_is_named() {
    let mut daemon =
        TestDaemon::new("[[feed]]\nurl = \"ORIGIN/wire\"\n[[feed]]\nurl = \"ORIGIN/paper\"").await;
    daemon.put("/wire", &rss("Wire", &[&format!("1|Ferry runs aground off Skerry Point|{FERRY}")]));
    daemon.step().await;
    let founded = daemon.stories().remove(0);
    daemon.put("/paper", &rss("Paper", &[&format!("x|Forty saved from stranded ferry|{FERRY}")]));
    daemon.step_after(DAY).await;
    let stories = daemon.stories();
    assert_eq!(stories.len(), 1);
    assert_eq!(stories[0].id, founded.id);
    assert_eq!(stories[0].title, "Ferry runs aground off Skerry Point");
    let sources: Vec<&str> = stories[0].sources.iter().map(|source| source.feed.as_str()).collect();
    assert_eq!(sources, ["Wire", "Paper"]);
}

#[tokio::test]
async fn copies_that_come_in_one_round_see_each_other() {
    let feeds: String = (0..8).map(|n| format!("[[feed]]\nurl = \"ORIGIN/{n}\"\n")).collect();
    let mut daemon = TestDaemon::new(&feeds).await;
    for n in 0..8 {
        let items =
            [&*format!("{n}|Ferry runs aground off Skerry Point|{FERRY}"), &*format!("b{n}|Bread|{BAKERY}")];
        daemon.put(&format!("/{n}"), &rss(&format!("Paper {n}"), &items));
    }
    assert_eq!(daemon.step().await.round.entries, 16);
    let stories = daemon.stories();
    assert_eq!(stories.len(), 2);
    assert!(stories.iter().all(|story| story.sources.len() == 8));
}

#[tokio::test]
async fn new_words_under_a_known_id_change_the_story_and_not_its_place() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"").await;
    daemon.put("/feed", &rss("Post", &[&format!("1|Ferry aground|{FERRY}"), &format!("2|Bread|{BAKERY}")]));
    daemon.step().await;
    let before = daemon.stories();
    let changed = format!("1|Ferry aground: all forty saved|{FERRY} It floated off at noon.");
    daemon.put("/feed", &rss("Post", &[&changed, &format!("2|Bread|{BAKERY}")]));
    assert_eq!(daemon.step_after(DAY).await.round.entries, 1);
    let after = daemon.stories();
    assert_eq!(after.len(), 2);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.id, before.shown, before.published), (after.id, after.shown, after.published));
    }
    let ferry = after.iter().find(|story| story.title == "Ferry aground: all forty saved").unwrap();
    assert!(ferry.html.as_ref().unwrap().contains("floated off"));
    assert!(ferry.updated > ferry.published);
}

#[tokio::test]
async fn a_crash_after_filing_changes_nothing_of_what_is_decided_later() {
    let toml = "[[feed]]\nurl = \"ORIGIN/wire\"\n[[feed]]\nurl = \"ORIGIN/paper\"";
    let mut daemon = TestDaemon::new(toml).await;
    daemon.put("/wire", &rss("Wire", &[&format!("1|Ferry runs aground|{FERRY}")]));
    daemon.step().await;
    daemon.restart(toml).await;
    daemon.put("/paper", &rss("Paper", &[&format!("x|Forty saved|{FERRY}"), &format!("y|Bread|{BAKERY}")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 2);
    daemon.app().save().await.unwrap();
    daemon.restart(toml).await;
    daemon.put("/wire", &rss("Wire", &[&format!("3|Rye bread honoured|{BAKERY}")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 2);
}

#[tokio::test]
async fn a_story_of_a_private_feed_is_shown_when_another_feed_carries_it() {
    let toml = "[[feed]]\nurl = \"ORIGIN/secret\"\nprivate = true\n[[feed]]\nurl = \"ORIGIN/open\"";
    let mut daemon = TestDaemon::new(toml).await;
    daemon.put("/secret", &rss("Secret", &[&format!("1|Ferry runs aground|{FERRY}")]));
    daemon.step().await;
    assert_eq!(daemon.titles(), Vec::<String>::new());
    daemon.put("/open", &rss("Open", &[&format!("x|Ferry runs aground|{FERRY}")]));
    daemon.step_after(DAY).await;
    let stories = daemon.stories();
    assert_eq!(stories.len(), 1);
    let sources: Vec<&str> = stories[0].sources.iter().map(|source| source.feed.as_str()).collect();
    assert_eq!(sources, ["Open"]);
}

/// The item of this number. Items share no words, so that nothing joins them.
fn distinct(n: usize) -> String {
    let word = |salt: usize| -> String {
        let mut x = (n * 7919 + salt * 104_729) % 456_976;
        let letter = |x: &mut usize| {
            let letter = char::from(b'a' + (*x % 26) as u8);
            *x /= 26;
            letter
        };
        (0..4).map(|_| letter(&mut x)).collect()
    };
    let words: Vec<String> = (1..30).map(word).collect();
    format!("{n}|{} {} {}|{}", word(40), word(50), word(60), words.join(" "))
}

#[tokio::test]
async fn a_feed_added_later_files_its_backlog_and_publishes_the_newest_few() {
    let first = "[[feed]]\nurl = \"ORIGIN/first\"";
    let mut daemon = TestDaemon::new(first).await;
    let items: Vec<String> = (0..30).map(distinct).collect();
    daemon.put("/first", &rss_of("First", &items));
    daemon.step().await;
    assert_eq!(daemon.stories().len(), 30, "nobody has subscribed yet, so nothing is backlog");
    let later: Vec<String> = (100..130).map(distinct).collect();
    daemon.put("/later", &rss_of("Later", &later));
    daemon.clock.advance(DAY);
    daemon.restart(&format!("{first}\n[[feed]]\nurl = \"ORIGIN/later\"")).await;
    daemon.step().await;
    assert_eq!(daemon.look(|reader| reader.totals()).entries, 60);
    assert_eq!(daemon.stories().len(), 30 + BACKLOG_SHOWN);
}

#[tokio::test]
async fn dates_in_the_future_are_cut_to_now_and_missing_ones_are_the_time_first_seen() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"").await;
    let dated = rss("Post", &["1|From tomorrow|Ferry", "2|Undated|Bakery"]).replacen(
        "<title>From",
        "<pubDate>Tue, 24 Nov 2036 12:00:00 GMT</pubDate><title>From",
        1,
    );
    daemon.put("/feed", &dated);
    daemon.step().await;
    let now = daemon.clock.now();
    assert!(daemon.stories().iter().all(|story| story.published == now));
    assert!(daemon.stories().iter().all(|story| story.sources[0].published == now));
}

#[tokio::test]
async fn a_source_has_the_date_at_which_it_carried_the_story_however_long_the_story_was_there() {
    let mut daemon =
        TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"\n[[feed]]\nurl = \"ORIGIN/other\"\n").await;
    let text = "Forty people were brought ashore off Skerry Point, and the ferry lies on a bank of sand until the tide";
    daemon.put("/feed", &rss("Post", &[&format!("1|Ferry runs aground|{text}")]));
    daemon.put("/other", &rss("Echo", &[]));
    daemon.step().await;
    let first = daemon.clock.now();
    daemon.put("/other", &rss("Echo", &[&format!("1|Ferry runs aground|{text}")]));
    daemon.step_after(jiff::SignedDuration::from_hours(3)).await;
    let dates: Vec<_> = daemon.stories()[0].sources.iter().map(|source| source.published).collect();
    assert_eq!(dates, [first, daemon.clock.now()]);
}

#[tokio::test]
async fn a_renamed_category_takes_its_stories_along() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"\ncategory = \"tech\"").await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty saved"]));
    daemon.step().await;
    let renamed = "[[category]]\nname = \"technology\"\nwas = [\"tech\"]\n
        [[feed]]\nurl = \"ORIGIN/feed\"\ncategory = \"technology\"";
    daemon.restart(renamed).await;
    assert_eq!(daemon.stories()[0].category.as_str(), "technology");
}

#[tokio::test]
async fn a_topic_begins_with_its_first_development() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/feed\"").await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty saved"]));
    daemon.step().await;
    let topics = daemon.look(|reader| reader.topics_for(None, jiff::Timestamp::UNIX_EPOCH, 10));
    assert_eq!(topics.iter().map(|topic| topic.development).collect::<Vec<_>>(), [1]);
}

/// Four papers tell of one event over some hours. Before the last of them the feed `hidden` does, whose entry is not
/// published. Gives the number of the topic's last development.
async fn developments(hidden: &str, settings: &str) -> u32 {
    let toml: String = ["one", "two", "three", "four"]
        .map(|paper| format!("[[feed]]\nurl = \"ORIGIN/{paper}\"\ninterval = \"15m\"\n"))
        .concat();
    let mut daemon = TestDaemon::new(&toml).await;
    let put = |daemon: &TestDaemon, paper: &str, items: &[&str]| {
        daemon.put(&format!("/{paper}"), &rss(&format!("Paper {paper}"), items));
    };
    for paper in ["one", "two", "three", "four"] {
        put(&daemon, paper, &[]);
    }
    daemon.step().await;
    let told = [
        ("one", "1|Ferry Aurelia aground off Skerry Point|Forty people wait for the lifeboats"),
        ("two", "2|Lifeboats on their way to forty on ferry off Skerry Point|The Aurelia is aground"),
        ("three", "3|Tide turns at Skerry Point, where ferry Aurelia is aground|Lifeboats take forty off"),
    ];
    for (paper, item) in told {
        put(&daemon, paper, &[item]);
        daemon.step_after(SignedDuration::from_hours(1)).await;
    }
    // A document begins with its newest entry, so this one is the oldest of the backlog.
    let filler: Vec<String> = (200..220).map(distinct).collect();
    let oldest = "5|All forty of the ferry Aurelia brought ashore at Skerry Point|Lifeboats had reached them";
    put(&daemon, hidden, &filler.iter().map(String::as_str).chain([oldest]).collect::<Vec<_>>());
    daemon.clock.advance(SignedDuration::from_hours(3));
    daemon.restart(&format!("{toml}{settings}")).await;
    daemon.step().await;
    let last =
        "4|Harbour master asks captain of ferry Aurelia about Skerry Point|Forty were aboard it, aground";
    put(&daemon, "four", &[last]);
    daemon.step_after(SignedDuration::from_hours(1)).await;
    let topics = daemon.look(|reader| reader.topics_for(None, jiff::Timestamp::UNIX_EPOCH, 100));
    let leads = |topic: &&TopicView| topic.stories.iter().any(|story| story.title.starts_with("Harbour"));
    let ferry = topics.iter().find(leads).unwrap();
    assert_eq!(ferry.stories.len(), 4);
    let all = daemon.look(|reader| reader.references_of_topic(ferry.no));
    assert_eq!(all.len(), 5, "the hidden one is of the same topic");
    ferry.development
}

#[tokio::test]
async fn entries_that_are_not_published_do_not_move_a_topic_on() {
    let private = "[[feed]]\nurl = \"ORIGIN/secret\"\nprivate = true\n";
    assert_eq!(developments("secret", private).await, 2, "what is private does not use it up");
    let backlog = "[[feed]]\nurl = \"ORIGIN/later\"\n";
    assert_eq!(developments("later", backlog).await, 2, "what is backlog does not use it up");
}

#[tokio::test]
async fn a_search_finds_no_words_of_a_feed_that_has_become_private() {
    let two = |private: bool| {
        format!("[[feed]]\nurl = \"ORIGIN/secret\"\nprivate = {private}\n[[feed]]\nurl = \"ORIGIN/open\"")
    };
    let mut daemon = TestDaemon::new(&two(false)).await;
    daemon.put(
        "/secret",
        &rss("Secret", &[&format!("s|Whispered headline|{FERRY}"), "t|Alone|Whispered, too"]),
    );
    daemon.step().await;
    daemon.put("/open", &rss("Open", &[&format!("o|Ferry runs aground|{FERRY}")]));
    daemon.step_after(DAY).await;
    let found = |daemon: &TestDaemon, word: &str| {
        daemon.look(|reader| reader.search(&Search::read(word, &jiff::tz::TimeZone::UTC), 10)).len()
    };
    assert_eq!((found(&daemon, "whispered"), found(&daemon, "aground")), (2, 1));
    daemon.restart(&two(true)).await;
    assert_eq!((found(&daemon, "whispered"), found(&daemon, "aground")), (0, 1));
    daemon.restart(&two(false)).await;
    assert_eq!(found(&daemon, "whispered"), 2);
}

#[tokio::test]
async fn new_words_of_a_hidden_entry_do_not_publish_it() {
    let first = "[[feed]]\nurl = \"ORIGIN/first\"";
    let mut daemon = TestDaemon::new(first).await;
    daemon.put("/first", &rss("First", &["a|Ferry runs aground|Forty saved"]));
    daemon.step().await;
    let later: Vec<String> = (100..130).map(distinct).collect();
    let edited: Vec<String> = later.iter().map(|item| format!("{item} 3 comments")).collect();
    let put = |daemon: &TestDaemon, items: &[String]| {
        daemon.put("/later", &rss_of("Later", items));
    };
    put(&daemon, &later);
    daemon.clock.advance(DAY);
    daemon.restart(&format!("{first}\n[[feed]]\nurl = \"ORIGIN/later\"")).await;
    daemon.step().await;
    let published = daemon.stories().len();
    put(&daemon, &edited);
    assert_eq!(daemon.step_after(DAY).await.round.entries, 30);
    assert_eq!(daemon.stories().len(), published);
}

#[tokio::test]
async fn the_first_fixed_feed_that_carries_a_story_decides_its_category() {
    let toml = "[[feed]]\nurl = \"ORIGIN/free\"\n[[feed]]\nurl = \"ORIGIN/fixed\"\ncategory = \"world\"";
    let mut daemon = TestDaemon::new(toml).await;
    daemon.put("/free", &rss("Free", &[&format!("1|Ferry runs aground|{FERRY}")]));
    daemon.step().await;
    daemon.put("/fixed", &rss("Fixed", &[&format!("x|Ferry runs aground|{FERRY}")]));
    daemon.step_after(DAY).await;
    let stories = daemon.stories();
    assert_eq!((stories.len(), stories[0].category.as_str()), (1, "world"));
}

#[tokio::test]
async fn an_entry_that_returns_after_being_forgotten_is_filed_under_ids_of_its_own() {
    let toml = "[publish]\nitems = 1\n[[feed]]\nurl = \"ORIGIN/a\"\n[[feed]]\nurl = \"ORIGIN/b\"";
    let mut daemon = TestDaemon::new(toml).await;
    daemon.put("/a", &rss("A", &[&format!("1|Ferry runs aground|{FERRY}")]));
    daemon.step().await;
    let founded = daemon.stories().remove(0).id;
    daemon.put("/b", &rss("B", &[&format!("x|Forty saved from ferry|{FERRY}")]));
    daemon.step_after(DAY).await;
    // The story keeps the id that the entry gave it, and lives on without the entry, which is forgotten.
    let (entry, copy) = (daemon.entry("/a", "1"), daemon.entry("/b", "x"));
    daemon.order(OrderKind::SplitStory { entries: vec![entry], from: vec![copy] }).await;
    daemon.put("/a", &rss("A", &[&format!("2|Rye bread honoured|{BAKERY}")]));
    daemon.step_after(DAY).await;
    daemon.app().save().await.unwrap();
    daemon.clock.advance(DAY * 121);
    assert_eq!(daemon.app().forget().await.unwrap(), 1);
    assert_eq!(daemon.story("Forty saved").id, founded);
    daemon.put("/a", &rss("A", &["1|An owl moves in|A barn in Dorrin has a new tenant this winter"]));
    assert_eq!(daemon.step().await.round.lost, 0);
    assert_eq!(daemon.titles(), ["An owl moves in", "Forty saved from ferry", "Rye bread honoured"]);
    assert_ne!(daemon.story("An owl").id, founded);
}
