//! Settings of a feed: the categories in which its stories are shown, and whether its copy leads a story.

use crate::daemon::{DAY, TestDaemon, rss};
use crate::texts::FERRY;

const SEVERAL: &str = "[site]\ntitle = \"Wharf\"\nurl = \"https://news.example\"
[[feed]]\nurl = \"ORIGIN/wire\"\ncategories = [\"world\", \"sea\"]
[[feed]]\nurl = \"ORIGIN/paper\"\ncategory = \"culture\"\n";

async fn with_two_stories() -> TestDaemon {
    let mut daemon = TestDaemon::new(SEVERAL).await;
    daemon.put("/wire", &rss("Wire", &[&format!("1|Ferry aground|{FERRY}")]));
    daemon.put("/paper", &rss("Paper", &["x|Baker honoured|Rye bread won the county prize again"]));
    daemon.step().await;
    daemon
}

#[tokio::test]
async fn the_outputs_and_pages_of_each_category_of_a_feed_carry_its_stories() {
    let mut daemon = with_two_stories().await;
    let story = daemon.story("Ferry aground");
    assert_eq!(story.category.as_str(), "world");
    for path in ["/world.atom", "/sea.atom", "/sea.rss", "/sea/topics.json", "/sea", "/world"] {
        let page = daemon.page(path).await;
        assert!(page.contains("Ferry aground") && !page.contains("Baker honoured"), "{path}: {page}");
    }
    assert_eq!(
        daemon.page("/all.json").await.matches("Ferry aground").count(),
        2,
        "as title of story and source"
    );
    assert!(!daemon.page("/culture.atom").await.contains("Ferry aground"));
}

#[tokio::test]
async fn a_story_that_a_feed_of_several_categories_carries_later_stands_in_them_too() {
    let mut daemon = with_two_stories().await;
    let baker = "The bakery of Brackwater has won the county prize for its rye bread for the fourth year running, the jury said \
         on Monday, praising a crust that keeps for a week and a crumb that does not, and the baker's refusal to tell how.";
    daemon.put("/paper", &rss("Paper", &[&format!("y|Rye bread wins again|{baker}")]));
    daemon.step_after(DAY).await;
    daemon.put("/wire", &rss("Wire", &[&format!("2|Baker wins for the fourth time|{baker}")]));
    daemon.step_after(DAY).await;
    let sea = daemon.page("/sea.atom").await;
    assert!(sea.contains("Rye bread wins again") && sea.contains("Ferry aground"), "{sea}");
    let at = |title: &str| sea.find(title).unwrap();
    assert!(at("Rye bread wins again") < at("Ferry aground"), "the last published comes first");
}

#[tokio::test]
async fn a_category_that_a_feed_no_longer_names_no_longer_carries_its_stories() {
    let mut daemon = with_two_stories().await;
    let one = SEVERAL.replace("[\"world\", \"sea\"]", "[\"world\", \"news\"]");
    daemon.restart(&one).await;
    assert!(daemon.page("/news.atom").await.contains("Ferry aground"));
    assert_eq!(daemon.answer("/sea.atom").await.0, 404);
}

#[tokio::test]
async fn a_private_feed_puts_nothing_into_its_categories() {
    let private = SEVERAL.replace("\"sea\"]", "\"sea\"]\nprivate = true");
    let mut daemon = TestDaemon::new(&private).await;
    daemon.put("/wire", &rss("Wire", &[&format!("1|Ferry aground|{FERRY}")]));
    daemon.step().await;
    assert!(!daemon.page("/sea.atom").await.contains("Ferry aground"));
}

#[tokio::test]
async fn a_digest_of_a_category_tells_what_stands_in_it() {
    let digest = "[[digest]]\nname = \"boat\"\nschedule = \"0 7 * * *\"\ncategories = [\"sea\"]\n";
    let mut daemon = TestDaemon::new(&format!("{SEVERAL}{digest}")).await;
    daemon.put("/wire", &rss("Wire", &[&format!("1|Ferry aground|{FERRY}")]));
    daemon.put("/paper", &rss("Paper", &["x|Baker honoured|Rye bread won the county prize again"]));
    daemon.step().await;
    daemon.step_after(DAY).await;
    let edition = daemon.page("/digests/boat/2026-11-23").await;
    assert!(edition.contains("Ferry aground") && !edition.contains("Baker honoured"), "{edition}");
}

#[tokio::test]
async fn the_copy_of_a_preferred_feed_leads_and_the_item_keeps_its_id() {
    let toml = "[[feed]]\nurl = \"ORIGIN/wire\"\n[[feed]]\nurl = \"ORIGIN/paper\"\nprefer = true\n";
    let mut daemon = TestDaemon::new(toml).await;
    daemon.put("/wire", &rss("Wire", &[]));
    daemon.put("/paper", &rss("Paper", &[]));
    daemon.step().await;
    daemon.put("/wire", &rss("Wire", &[&format!("1|Ferry aground|{FERRY}")]));
    daemon.step_after(DAY).await;
    let before = daemon.stories().remove(0);
    daemon.put("/paper", &rss("Paper", &[&format!("x|Forty saved from ferry|{FERRY}")]));
    daemon.step_after(DAY).await;
    let stories = daemon.stories();
    assert_eq!(stories.len(), 1);
    let after = &stories[0];
    assert_eq!((after.id, after.published), (before.id, before.published));
    assert_eq!((after.title.as_str(), after.sources.len()), ("Forty saved from ferry", 2));
    assert!(after.updated > before.updated);
}
