//! Entries whose link leads to another site's page. With few words of their own they carry the page's story, with many they
//! are a story about it; and the page's own publisher leads.
//!
//! The publisher's feed and pages are on the origin under `127.0.0.1`, everybody else's feeds under `localhost`.

use crate::daemon::{HOUR, TestDaemon, origin};
use std::fmt::Write as _;
use tidings::model::{EntryRef, OrderKind, StoryView};

const NEWS: &str = "A bridge of salt blocks over the creek has stood through its first wet season, and the engineers who built \
     it say that it has lost no more than the width of a thumb.";

const COMMENT: &str = "My grandfather laid bricks all his life and would not have believed a word of this, but I walked across on \
     Sunday, and what moved me most was how quiet everybody became in the middle.";

/// Who has a feed.
#[derive(Clone, Copy)]
enum Feed {
    Owner,
    Aggregator,
    Board,
    OtherBoard,
    LinkBlog,
}

impl Feed {
    const ALL: [Self; 5] = [Self::Owner, Self::Aggregator, Self::Board, Self::OtherBoard, Self::LinkBlog];

    fn path(self) -> &'static str {
        match self {
            Self::Owner => "/salt/feed",
            Self::Aggregator => "/aggregator/feed",
            Self::Board => "/bridges/feed",
            Self::OtherBoard => "/engineering/feed",
            Self::LinkBlog => "/links/feed",
        }
    }

    fn site(self) -> &'static str {
        match self {
            Self::Owner => "",
            Self::Aggregator => "https://aggregator.example/",
            Self::Board | Self::OtherBoard => "https://board.example/",
            Self::LinkBlog => "https://links.example/",
        }
    }
}

/// A daemon with all these feeds.
struct Town {
    daemon: TestDaemon,
    /// The address of the page that all entries lead to.
    page: String,
}

impl Town {
    async fn new() -> Self {
        let origin = origin().await;
        let elsewhere = origin.url("").replace("127.0.0.1", "localhost");
        // The limit keeps feeds that are still empty from being polled more rarely.
        let mut toml = "interval = \"30m\"\nmax_interval = \"30m\"\n".to_owned();
        for feed in Feed::ALL {
            let base = if feed.site().is_empty() { "ORIGIN" } else { &elsewhere };
            let _ = writeln!(toml, "[[feed]]\nurl = \"{base}{}\"", feed.path());
        }
        let page = origin.url("/2026/11/a-bridge-of-salt");
        let daemon = TestDaemon::on(origin, &toml).await;
        let town = Self { daemon, page };
        for feed in Feed::ALL {
            town.put(feed, "");
        }
        town
    }

    fn put(&self, feed: Feed, items: &str) {
        let site = if feed.site().is_empty() { self.daemon.origin.url("/") } else { feed.site().to_owned() };
        let frame =
            format!("<rss version=\"2.0\"><channel><title>{}</title><link>{site}</link>", feed.path());
        self.daemon.put(feed.path(), &format!("{frame}{items}</channel></rss>"));
    }

    /// The item of a feed, as feeds of its kind write them.
    fn item(&self, feed: Feed) -> String {
        let page = &self.page;
        match feed {
            Feed::Owner => format!(
                "<item><title>The salt bridge stands</title><link>{page}?utm_source=rss</link>\
                 <description>{NEWS}</description></item>"
            ),
            Feed::Aggregator => format!(
                "<item><title>Salt bridge survives the rain</title><link>{page}</link>\
                 <comments>https://aggregator.example/item?id=7</comments><description>Article URL: {page} \
                 Comments URL: https://aggregator.example/item?id=7 Points: 3 # Comments: 0</description></item>"
            ),
            Feed::Board | Feed::OtherBoard => {
                let own = format!("https://board.example{}/comments/1abc/salt", feed.path());
                format!(
                    "<item><title>They said it would melt</title><link>{own}</link><description>Well, well. submitted by \
                     &lt;a href=\"https://board.example/u/mira\"&gt;/u/mira&lt;/a&gt; &lt;a href=\"{page}\"&gt;[link]&lt;/a&gt; \
                     &lt;a href=\"{own}\"&gt;[comments]&lt;/a&gt;</description>\
                     <enclosure url=\"https://board.example/salt.mp3\" type=\"audio/mpeg\" length=\"1\"/></item>"
                )
            }
            Feed::LinkBlog => format!(
                "<item><title>Quiet in the middle</title><link>{page}</link><description>{COMMENT}</description></item>"
            ),
        }
    }

    /// The published stories an hour after this feed brought its item.
    async fn after(&mut self, feed: Feed) -> Vec<StoryView> {
        let item = self.item(feed);
        self.put(feed, &item);
        self.daemon.step_after(HOUR).await;
        self.daemon.stories()
    }
}

#[tokio::test]
async fn two_boards_that_link_to_one_page_and_its_publisher_are_one_story_led_by_the_publisher() {
    let mut town = Town::new().await;
    town.daemon.step().await;
    let first = town.after(Feed::Board).await;
    assert_eq!(first.len(), 1);
    assert_eq!(town.after(Feed::OtherBoard).await.len(), 1, "the same page, from another board");
    let before = town.daemon.stories();
    assert_eq!(before[0].title, "They said it would melt", "the first leads until the owner comes");
    let after = town.after(Feed::Owner).await;
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].title, "The salt bridge stands");
    assert_eq!((after[0].id, after[0].published), (first[0].id, first[0].published));
    assert!(after[0].updated > before[0].updated, "readers are told that the item has changed");
    assert_eq!(town.after(Feed::Aggregator).await[0].title, "The salt bridge stands");
}

#[tokio::test]
async fn a_story_keeps_what_any_of_its_carriers_brings() {
    let mut town = Town::new().await;
    town.daemon.step().await;
    for feed in [Feed::Owner, Feed::Aggregator, Feed::Board] {
        town.after(feed).await;
    }
    let [story] = town.daemon.stories().try_into().unwrap();
    assert_eq!(story.enclosures[0].url, "https://board.example/salt.mp3");
    assert_eq!(story.comments.as_deref(), Some("https://aggregator.example/item?id=7"));
    let carriers: Vec<_> = story
        .sources
        .iter()
        .map(|source| {
            (source.publisher.as_str(), source.url.as_deref().unwrap_or_default(), source.note.as_str())
        })
        .collect();
    let own = format!("{}?utm_source=rss", town.page);
    assert_eq!(
        carriers,
        [
            ("127.0.0.1", own.as_str(), ""),
            ("aggregator.example", "https://aggregator.example/item?id=7", ""),
            ("board.example", "https://board.example/bridges/feed/comments/1abc/salt", "Well, well."),
        ]
    );
}

#[tokio::test]
async fn a_text_of_its_own_about_a_page_is_a_story_beside_it_in_one_topic_whoever_comes_first() {
    for order in [[Feed::LinkBlog, Feed::Owner], [Feed::Owner, Feed::LinkBlog]] {
        let mut town = Town::new().await;
        town.daemon.step().await;
        town.after(order[0]).await;
        let stories = town.after(order[1]).await;
        assert_eq!(stories.len(), 2);
        assert_eq!(stories[0].topic, stories[1].topic);
        let told = town.daemon.run("", &["why", &stories[0].id.to_string()]);
        assert!(told.contains("says things of its own about the page"), "{told}");
        assert!(told.contains("Topic: that of a story whose page"), "{told}");
        // A link with few words is the page's story, not the other.
        let stories = town.after(Feed::Aggregator).await;
        assert_eq!(stories.len(), 2);
        let led = stories.iter().find(|story| story.title == "The salt bridge stands").unwrap();
        assert_eq!(led.sources.len(), 2);
    }
}

#[tokio::test]
async fn a_feed_that_only_claims_a_site_does_not_lead() {
    let mut town = Town::new().await;
    town.daemon.step().await;
    town.after(Feed::Aggregator).await;
    let pretended = format!(
        "<item><title>Buy our salt</title><link>{}</link><description>Cheap.</description></item>",
        town.page
    );
    let site = town.daemon.origin.url("/");
    let path = Feed::LinkBlog.path();
    let channel = format!("<title>Salt</title><link>{site}</link>{pretended}");
    town.daemon.put(path, &format!("<rss version=\"2.0\"><channel>{channel}</channel></rss>"));
    town.daemon.step_after(HOUR).await;
    let [story] = town.daemon.stories().try_into().unwrap();
    assert_eq!((story.title.as_str(), story.sources.len()), ("Salt bridge survives the rain", 2));
}

#[tokio::test]
async fn the_owner_leads_also_when_the_operator_joins_two_stories() {
    let mut town = Town::new().await;
    town.daemon.step().await;
    let before = town.after(Feed::LinkBlog).await;
    assert_eq!(town.after(Feed::Owner).await.len(), 2);
    let elsewhere = town.daemon.origin.url(Feed::LinkBlog.path()).replace("127.0.0.1", "localhost");
    let comment = EntryRef::new(&elsewhere, &town.page);
    let own = town.daemon.entry(Feed::Owner.path(), &format!("{}?utm_source=rss", town.page));
    let order = OrderKind::JoinStories { entries: vec![comment, own] };
    town.daemon.order(order).await;
    let [story] = town.daemon.stories().try_into().unwrap();
    assert_eq!((story.id, story.title.as_str()), (before[0].id, "The salt bridge stands"));
}

#[tokio::test]
async fn a_link_below_every_entry_of_a_feed_joins_none_of_them_to_others() {
    let mut town = Town::new().await;
    town.daemon.step().await;
    let footer = |title: &str, text: &str| {
        format!(
            "<item><title>{title}</title><link>https://board.example/{}</link><description>{text} \
             &lt;a href=\"{}\"&gt;[link]&lt;/a&gt;</description></item>",
            text.len(),
            town.page
        )
    };
    let old = footer("The school roof is mended", "At last.") + &footer("Wolf seen", "By the mill, at dusk.");
    let other =
        footer("Ferry timetable changes", "From Monday.") + &footer("Choir wants basses", "And a piano.");
    let new = footer("The well is dry", "Since last night, says the warden.") + &old;
    town.put(Feed::Board, &old);
    town.put(Feed::LinkBlog, &other);
    town.daemon.step_after(HOUR).await;
    assert_eq!(town.daemon.stories().len(), 4);
    // Of the next document only one entry is new.
    town.put(Feed::Board, &new);
    town.daemon.step_after(HOUR).await;
    assert_eq!(town.daemon.stories().len(), 5);
    assert_eq!(town.after(Feed::Owner).await.len(), 6);
}
