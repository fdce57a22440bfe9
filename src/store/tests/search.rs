//! What a search finds, and in which order.

use super::{at, id_of, topic_of};
use crate::model::*;
use crate::store::batch::NewStory;
use crate::store::{Batch, Result, Store};

/// Files a story of one entry and shows it.
fn tell(batch: &mut Batch<'_>, (no, of, day): (i64, i64, i64), title: &str, text: &str) -> Result<()> {
    let key = format!("{no}");
    let slot = batch.slot(FeedNo(of), &key)?;
    let category = CategoryName::stored(if of == 1 { "world" } else { "sport" }.to_owned());
    batch.put_topic(TopicNo(no), topic_of(&key))?;
    batch.put_story(&NewStory {
        no: StoryNo(no),
        id: id_of(&key),
        topic: TopicNo(no),
        category,
        lead: slot.no,
        published: at(day * 86_400),
    })?;
    let entry = Entry { key, title: title.to_owned(), text: text.to_owned(), ..Entry::default() };
    batch.put_entry(&slot, FeedNo(of), &entry, StoryNo(no), at(day * 86_400))?;
    batch.show_story(StoryNo(no), FilingNo(no), true, at(day * 86_400))
}

pub(super) async fn with(stories: Vec<((i64, i64, i64), String, String)>) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&super::settings(folder.path())).unwrap();
    let feeds = ["https://wire.example/feed", "https://goal.example/feed"].map(|url| FeedSettings {
        title: Some(if url.contains("wire") { "The Harbour Post" } else { "Tor" }.to_owned()),
        ..FeedSettings::new(url)
    });
    store.write(move |batch| batch.sync_feeds(&feeds, at(0))).await.unwrap();
    let all = move |batch: &mut Batch<'_>| {
        stories.iter().try_for_each(|(place, title, text)| tell(batch, *place, title, text))
    };
    store.write(all).await.unwrap();
    (folder, store)
}

pub(super) async fn news() -> (tempfile::TempDir, Store) {
    let told = [
        ((1, 1, 10), "Sea walls to rise", "The harbour cities want them higher by spring"),
        ((2, 1, 11), "Garden wall falls", "Nobody was hurt when it came down in the storm"),
        ((3, 2, 12), "Wallet found in goal", "The keeper’s walls of silence, and rising seas"),
        ((4, 2, 13), "Häuser am Hafen verkauft", "Die Straße bleibt gesperrt"),
        ((5, 1, 14), "新東京タワーで祭り", "港町の人々が集まった"),
        ((6, 2, 15), "서울에서 눈이 내렸다", "Стены города"),
    ];
    with(told.map(|(place, title, text)| (place, title.to_owned(), text.to_owned())).to_vec()).await
}

/// The numbers of the stories found, in order.
async fn found(store: &Store, typed: &str) -> Vec<i64> {
    let search = Search::read(typed, &jiff::tz::TimeZone::UTC);
    let found = store.read(move |r| r.search(&r.opened(search)?, 50)).await.unwrap();
    let no = |story: &StoryBrief| (1..=6).find(|no| id_of(&no.to_string()) == story.id).unwrap();
    found.iter().map(no).collect()
}

#[tokio::test]
async fn words_are_found_in_their_forms_headlines_first() {
    let (_folder, store) = news().await;
    for (typed, numbers) in [
        ("walls", vec![2, 1, 3]),
        ("WALL", vec![2, 1, 3]),
        ("city", vec![1]),
        ("haus", vec![4]),
        ("strasse", vec![4]),
        ("hauser hafen", vec![4]),
        ("東京", vec![5]),
        ("京東", vec![]),
        ("港町", vec![5]),
        ("서울", vec![6]),
        ("стена", vec![6]),
        ("harb", vec![1]),
        ("wallet", vec![3]),
        ("wall*", vec![3, 2, 1]),
        ("ha", vec![]),
    ] {
        assert_eq!(found(&store, typed).await, numbers, "{typed}");
    }
}

#[tokio::test]
async fn phrases_refusals_and_alternatives_are_kept_to() {
    let (_folder, store) = news().await;
    for (typed, numbers) in [
        ("\"sea walls\"", vec![1]),
        ("\"walls sea\"", vec![]),
        ("wall -sea", vec![2]),
        ("wall -\"sea walls\" -keepers", vec![2]),
        ("garden OR hafen", vec![4, 2]),
        ("wall garden OR spring", vec![2, 1]),
        ("-wall -seoul from:harbour", vec![5]),
        ("title:(", vec![]),
        ("wall NOT sea", vec![]),
        ("\" OR (", vec![]),
    ] {
        assert_eq!(found(&store, typed).await, numbers, "{typed}");
    }
}

#[tokio::test]
async fn sections_publishers_and_dates_narrow_down_with_and_without_words() {
    let (_folder, store) = news().await;
    for (typed, numbers) in [
        ("wall category:world", vec![2, 1]),
        ("category:sport", vec![6, 4, 3]),
        ("category:world category:sport wall", vec![2, 1, 3]),
        ("category:nowhere", vec![]),
        ("wall from:post", vec![2, 1]),
        ("from:\"harbour post\" sea", vec![1]),
        ("from:goal.example wall", vec![3]),
        ("from:our", vec![]),
        ("wall since:1970-01-12", vec![2, 3]),
        ("wall before:1970-01-12", vec![1]),
        ("since:1970-01-15 before:1970-01-16", vec![5]),
        ("since:1970-01-15 before:1970-01-10", vec![]),
    ] {
        assert_eq!(found(&store, typed).await, numbers, "{typed}");
    }
}

#[tokio::test]
async fn the_longest_search_is_carried_out() {
    let (_folder, store) = news().await;
    for typed in [
        "стенами ".repeat(16),
        "wall OR ".repeat(40),
        "wa* ".repeat(60),
        "-walls ".repeat(60),
        "\"".repeat(99),
    ] {
        found(&store, &typed).await;
    }
}
