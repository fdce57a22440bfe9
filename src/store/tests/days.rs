//! What a span of time holds, and what is near to a topic.

use super::search::{news, with};
use super::{at, topic_of};
use crate::model::*;
use crate::store::Store;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

async fn days(store: &Store, until: i64, zone: &'static str, at_most: usize) -> Vec<Date> {
    let zone = TimeZone::get(zone).unwrap();
    store.read(move |r| r.days_before(at(until), &zone, at_most)).await.unwrap()
}

#[tokio::test]
async fn days_are_counted_where_the_reader_is() {
    let (_folder, store) = news().await;
    let far = 1_000 * 86_400;
    let ten = [date(1970, 1, 16), date(1970, 1, 15), date(1970, 1, 14)];
    assert_eq!(days(&store, far, "UTC", 3).await, ten);
    // Midnight in Greenwich is the evening before in Rio.
    assert_eq!(days(&store, far, "America/Sao_Paulo", 1).await, [date(1970, 1, 15)]);
    assert_eq!(days(&store, 10 * 86_400, "UTC", 3).await, Vec::<Date>::new());
    assert_eq!(days(&store, far, "UTC", 100).await.len(), 6);
    let zone = TimeZone::UTC;
    let after = store.read(move |r| r.day_after(at(11 * 86_400 + 1), &zone)).await.unwrap();
    assert_eq!(after, Some(date(1970, 1, 13)));
}

#[tokio::test]
async fn the_stories_of_a_span_come_newest_first_and_in_parts() {
    let (_folder, store) = news().await;
    let span = at(11 * 86_400)..at(14 * 86_400);
    let part = |skipped| {
        let span = span.clone();
        store.read(move |r| Ok((r.count_between(&span)?, r.stories_between(&span, skipped, 2)?)))
    };
    let (count, first) = part(0).await.unwrap();
    assert_eq!(count, 3);
    let titles: Vec<_> = first.iter().map(|story| story.title.as_str()).collect();
    assert_eq!(titles, ["Häuser am Hafen verkauft", "Wallet found in goal"]);
    assert_eq!(part(2).await.unwrap().1.len(), 1);
}

#[tokio::test]
async fn the_widest_are_those_that_most_newsrooms_have_words_of_their_own_for() {
    let (_folder, store) = news().await;
    let span = || at(0)..at(100 * 86_400);
    assert_eq!(store.read(move |r| r.widest(&span(), 10)).await.unwrap(), [], "each has its own alone");
    // Two stories of two publishers become one topic.
    store.write(|batch| batch.absorb_topic(TopicNo(4), TopicNo(1))).await.unwrap();
    let widest = store.read(move |r| r.widest(&span(), 10)).await.unwrap();
    let said: Vec<_> = widest.iter().map(|one| (one.topic.no, one.newsrooms)).collect();
    assert_eq!(said, [(TopicNo(1), 2)]);
    let before = store.read(move |r| r.widest(&(at(0)..at(11 * 86_400)), 10)).await.unwrap();
    assert_eq!(before, [], "one of them was not there yet");
}

#[tokio::test]
async fn related_is_what_shares_telling_words_of_a_headline_and_no_topic_comes_twice() {
    let told = [
        ((1, 1, 10), "Sea walls of the harbour cities rise"),
        ((2, 1, 11), "Harbour cities: who pays for sea walls?"),
        ((3, 2, 12), "Garden walls fall"),
        ((4, 2, 13), "Harbour city counts its sea wall money"),
        ((5, 1, 14), "新東京タワーで祭り"),
        ((6, 2, 15), "東京タワーに雪"),
    ];
    let told = told.map(|(place, title)| (place, title.to_owned(), String::new())).to_vec();
    let (_folder, store) = with(told).await;
    let related = |no: i64, headline: &'static str| {
        let store = store.clone();
        async move {
            let found = store.read(move |r| r.related(TopicNo(no), &[(headline, "en")], 5)).await.unwrap();
            found.into_iter().map(|topic| topic.no.0).collect::<Vec<_>>()
        }
    };
    let near = related(1, "Sea walls of the harbour cities rise").await;
    assert_eq!(near.iter().filter(|no| [2, 4].contains(no)).count(), 2, "{near:?}");
    assert!(!near.contains(&1) && !near.contains(&3), "{near:?}");
    assert_eq!(related(5, "新東京タワーで祭り").await, [6]);
    assert_eq!(related(9, "").await, [0; 0]);
    store.write(|batch| batch.absorb_topic(TopicNo(4), TopicNo(2))).await.unwrap();
    assert_eq!(related(1, "Sea walls of the harbour cities rise").await, [2]);
    assert_ne!(topic_of("1"), topic_of("2"));
}

#[tokio::test]
async fn a_database_of_the_first_version_gets_what_the_archive_and_corrections_need() {
    let folder = tempfile::tempdir().unwrap();
    let settings = super::settings(folder.path());
    let old = rusqlite::Connection::open(&settings.path).unwrap();
    old.execute_batch(include_str!("../schema/1.sql")).unwrap();
    old.pragma_update(None, "application_id", 0x5444_4753).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    let store = Store::open(&settings).unwrap();
    assert_eq!(days(&store, 86_400, "UTC", 1).await, []);
    assert_eq!(store.read(|r| r.corrections(StoryNo(1))).await.unwrap(), []);
}
