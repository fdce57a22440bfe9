//! A day in the life: 200 feeds for 24 hours, a tenth of them changing each hour.

use crate::daemon::{TestDaemon, origin};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use tidings::demo::{Origin, Page, Press};

const FEEDS: usize = 200;
const HOURS: usize = 24;

fn publish(press: &Press, origin: &Origin, feeds: impl IntoIterator<Item = usize>) {
    for feed in feeds {
        let (content_type, document) = press.document(feed);
        origin.put(&press.path(feed), Page::feed(content_type, document));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_of_a_day_is_stored_once_and_no_story_is_published_twice() {
    let origin = origin().await;
    let mut press = Press::new(FEEDS, 1);
    let mut toml = "interval = \"1h\"\n".to_owned();
    for feed in 0..FEEDS {
        let _ =
            write!(toml, "[[feed]]\nurl = \"ORIGIN{}\"\ncategory = \"c{}\"\n", press.path(feed), feed % 5);
    }
    let mut daemon = TestDaemon::on(origin.clone(), &toml).await;
    press.fill(daemon.clock.now(), 3);
    publish(&press, &origin, 0..FEEDS);
    daemon.step().await;
    for _ in 0..HOURS {
        daemon.clock.advance(SignedDuration::from_hours(1));
        let changed = press.tick(daemon.clock.now(), 0.1);
        publish(&press, &origin, changed);
        daemon.step().await;
    }
    daemon.app().poll_once(true).await.unwrap();

    let served: BTreeSet<(String, String)> =
        press.served().iter().map(|entry| (origin.url(&press.path(entry.feed)), entry.key.clone())).collect();
    let stored = stored_entries(&daemon);
    let missing: Vec<_> = served.iter().filter(|entry| !stored.contains_key(*entry)).collect();
    assert!(
        missing.is_empty(),
        "{} of {} entries are missing: {:?}",
        missing.len(),
        served.len(),
        &missing[..1]
    );
    assert_eq!(stored.len(), served.len(), "something is stored that was never served");

    let mut ids = BTreeSet::new();
    for story in daemon.stories() {
        assert!(ids.insert(story.id), "a story is published twice");
    }
    let mut story_of: BTreeMap<u64, BTreeSet<i64>> = BTreeMap::new();
    for entry in press.served() {
        let place = (origin.url(&press.path(entry.feed)), entry.key.clone());
        story_of.entry(entry.story).or_default().insert(stored[&place]);
    }
    let torn = story_of.values().filter(|stories| stories.len() > 1).count();
    assert_eq!(torn, 0, "copies stand in several stories, of {} stories", story_of.len());
    let stories: BTreeSet<i64> = stored.values().copied().collect();
    assert_eq!(stories.len(), story_of.len(), "different stories were taken for one");
}

/// The story of every stored entry, by address of its feed and key.
fn stored_entries(daemon: &TestDaemon) -> BTreeMap<(String, String), i64> {
    let database = rusqlite::Connection::open(daemon.database()).unwrap();
    let mut statement = database
        .prepare("SELECT f.url, e.key, e.story FROM entries e JOIN feeds f ON f.no = e.feed")
        .unwrap();
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}
