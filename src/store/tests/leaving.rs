//! Tests of when topics leave the `topics` outputs, and that they do not return.

use super::{at, entry, file, open, topic_of};
use crate::model::{CategoryName, FeedSettings, FilingNo, Placement, StoryNo, TopicId, TopicNo};
use crate::store::{Batch, Result, Store};

fn sea() -> CategoryName {
    CategoryName::stored("sea".to_owned())
}

/// A topic of two stories, `1` of the sea and `2` in general, and another topic, `3`.
fn two_topics(batch: &mut Batch<'_>) -> Result<()> {
    for story in 1..=3 {
        file(batch, &story.to_string(), story, true)?;
    }
    batch.set_category(StoryNo(1), &sea())?;
    batch.move_story(StoryNo(1), TopicNo(2))
}

/// The topics of an output, those that moved on last first.
async fn topics(store: &Store, category: CategoryName) -> Vec<TopicId> {
    let topics = store.read(move |r| r.topics_moved(Some(&category), 1, at(0), 10, 10)).await.unwrap();
    topics.iter().map(|topic| topic.id).collect()
}

/// Publishes a new story in a topic.
fn publish(batch: &mut Batch<'_>, story: i64, topic: i64, seconds: i64) -> Result<()> {
    file(batch, &story.to_string(), story, false)?;
    batch.move_story(StoryNo(story), TopicNo(topic))?;
    batch.show_story(StoryNo(story), FilingNo(story), true, at(seconds))
}

fn place(story: i64, topic: i64) -> Placement {
    Placement { story: StoryNo(story), topic: TopicNo(topic) }
}

async fn recluster(store: &Store, story: i64, topic: i64) {
    let placement = place(story, topic);
    store.write(move |b| b.recluster_story(placement, topic_of("split"), at(2000))).await.unwrap();
}

#[tokio::test]
async fn a_topic_stays_in_the_output_of_a_section_when_reclustering_takes_its_story_away() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(two_topics).await.unwrap();
    assert_eq!(topics(&store, sea()).await, [topic_of("2")]);
    recluster(&store, 1, 3).await;
    assert_eq!(topics(&store, sea()).await, [topic_of("3"), topic_of("2")]);
    store.write(|b| b.move_topic_on(TopicNo(2), FilingNo(4), at(2500))).await.unwrap();
    assert_eq!(topics(&store, sea()).await, [topic_of("3")], "nothing of the sea is in its next item");
    recluster(&store, 3, 2).await;
    recluster(&store, 1, 2).await;
    assert_eq!(topics(&store, sea()).await, [topic_of("2")], "the other became part of it");
}

#[tokio::test]
async fn a_topic_leaves_the_output_of_a_section_when_its_story_gets_another_category() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(two_topics).await.unwrap();
    store.write(|b| b.set_category(StoryNo(1), &CategoryName::general())).await.unwrap();
    assert!(topics(&store, sea()).await.is_empty());
    assert_eq!(topics(&store, CategoryName::general()).await, [topic_of("3"), topic_of("2")]);
}

#[tokio::test]
async fn a_topic_goes_with_a_section_that_gets_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(two_topics).await.unwrap();
    recluster(&store, 1, 3).await;
    let coast = CategoryName::stored("coast".to_owned());
    store.write(|b| b.rename_category("sea", &CategoryName::stored("coast".to_owned()))).await.unwrap();
    assert_eq!(topics(&store, coast).await, [topic_of("3"), topic_of("2")]);
    assert!(topics(&store, sea()).await.is_empty());
}

#[tokio::test]
async fn a_story_that_is_not_published_brings_its_topic_into_no_section() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let hidden = |batch: &mut Batch<'_>| {
        file(batch, "1", 1, false)?;
        file(batch, "2", 2, true)?;
        batch.set_category(StoryNo(1), &sea())?;
        batch.move_story(StoryNo(1), TopicNo(2))?;
        batch.show_story(StoryNo(2), FilingNo(2), true, at(1000))
    };
    store.write(hidden).await.unwrap();
    assert!(topics(&store, sea()).await.is_empty());
}

#[tokio::test]
async fn a_topic_that_was_part_of_another_returns_with_news_and_keeps_its_place_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(two_topics).await.unwrap();
    store.write(|batch| file(batch, "4", 4, true)).await.unwrap();
    let newest_two = || async {
        let topics = store.read(|r| r.topics_moved(None, 1, at(5_000), 2, 10)).await.unwrap();
        topics.iter().map(|topic| (topic.id, topic.development)).collect::<Vec<_>>()
    };
    assert_eq!(newest_two().await, [(topic_of("4"), 1), (topic_of("3"), 1)]);
    recluster(&store, 3, 2).await;
    assert_eq!(newest_two().await, [(topic_of("4"), 1)], "it became part of an older topic");
    recluster(&store, 3, 3).await;
    assert_eq!(newest_two().await, [(topic_of("4"), 1)]);
    let news = |batch: &mut Batch<'_>| publish(batch, 5, 3, 3_000);
    store.write(news).await.unwrap();
    assert_eq!(newest_two().await, [(topic_of("3"), 2), (topic_of("4"), 1)]);
}

#[tokio::test]
async fn a_topic_that_awaits_news_hands_its_wait_on_and_gives_way_to_one_that_has_an_item() {
    let listed = async |change: fn(&mut Batch<'_>) -> Result<()>| {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let parted = move |batch: &mut Batch<'_>| {
            for story in 2..=4 {
                file(batch, &story.to_string(), story, true)?;
            }
            batch.absorb_topic(TopicNo(3), TopicNo(2))?;
            batch.recluster_story(place(3, 3), topic_of("split"), at(2_000))?;
            change(batch)
        };
        store.write(parted).await.unwrap();
        let topics = store.read(|r| r.topics_moved(None, 1, at(0), 10, 10)).await.unwrap();
        topics.iter().map(|topic| topic.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(|_| Ok(())).await, [topic_of("4"), topic_of("2")]);
    let founded = listed(|batch| batch.recluster_story(place(3, 9), topic_of("split"), at(2_000))).await;
    assert_eq!(founded, [topic_of("4"), topic_of("2")], "it waits under its id in a topic that is new");
    let joined = listed(|batch| batch.absorb_topic(TopicNo(4), TopicNo(3))).await;
    assert_eq!(joined, [topic_of("4"), topic_of("2")], "the item that is there stays");
}

#[tokio::test]
async fn a_story_of_another_section_that_changes_takes_no_topic_out_of_this_one_and_a_takedown_does() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(two_topics).await.unwrap();
    recluster(&store, 1, 3).await;
    let law = || CategoryName::stored("law".to_owned());
    store.write(move |b| b.set_category(StoryNo(2), &law())).await.unwrap();
    assert_eq!(topics(&store, sea()).await, [topic_of("3"), topic_of("2")]);
    store.write(|b| b.take_down(StoryNo(1))).await.unwrap();
    assert_eq!(topics(&store, sea()).await, [topic_of("2")]);
    store.write(|b| b.put_back(StoryNo(1)).map(|_| ())).await.unwrap();
    assert_eq!(topics(&store, sea()).await, [topic_of("3"), topic_of("2")]);
}

#[tokio::test]
async fn a_story_that_was_never_published_takes_no_topic_out_of_a_section() {
    for change in [
        |batch: &mut Batch<'_>| batch.take_down(StoryNo(4)),
        |batch: &mut Batch<'_>| batch.set_category(StoryNo(4), &CategoryName::general()),
        |batch: &mut Batch<'_>| batch.move_story(StoryNo(4), TopicNo(3)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        store.write(two_topics).await.unwrap();
        let hidden = |batch: &mut Batch<'_>| {
            file(batch, "4", 4, false)?;
            batch.set_category(StoryNo(4), &sea())?;
            batch.move_story(StoryNo(4), TopicNo(2))
        };
        store.write(hidden).await.unwrap();
        recluster(&store, 1, 3).await;
        store.write(change).await.unwrap();
        assert_eq!(topics(&store, sea()).await, [topic_of("3"), topic_of("2")]);
    }
}

#[tokio::test]
async fn an_item_that_a_topic_takes_over_stands_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(two_topics).await.unwrap();
    recluster(&store, 1, 3).await;
    let joined = |batch: &mut Batch<'_>| {
        file(batch, "4", 4, false)?;
        batch.absorb_topic(TopicNo(2), TopicNo(4))
    };
    store.write(joined).await.unwrap();
    assert_eq!(
        topics(&store, sea()).await,
        [topic_of("3"), topic_of("2")],
        "no story of it is of the sea any more"
    );
}

#[tokio::test]
async fn an_entry_that_moves_takes_the_further_categories_of_its_feed_along() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut feeds =
        vec![FeedSettings::new("https://a.example/feed"), FeedSettings::new("https://b.example/feed")];
    feeds[1].also = vec![sea()];
    store.write(move |batch| batch.sync_feeds(&feeds, at(0))).await.unwrap();
    let other = store.read(|r| r.feeds()).await.unwrap().into_iter().map(|feed| feed.state.no).max().unwrap();
    let carried = move |batch: &mut Batch<'_>| {
        for story in 1..=2 {
            file(batch, &story.to_string(), story, true)?;
        }
        let slot = batch.slot(other, "copy")?;
        batch.put_entry(&slot, other, &entry("copy"), StoryNo(1), at(1000))?;
        batch.note_categories(StoryNo(1))?;
        Ok(slot.no)
    };
    let copy = store.write(carried).await.unwrap();
    assert_eq!(topics(&store, sea()).await, [topic_of("1")]);
    store.write(move |batch| batch.move_entry(copy, StoryNo(2))).await.unwrap();
    assert_eq!(topics(&store, sea()).await, [topic_of("2")]);
}

/// The topics of the output of all that has two places, each with its development.
async fn newest_two(store: &Store) -> Vec<(TopicId, u32)> {
    let topics = store.read(|r| r.topics_moved(None, 1, at(5_000), 2, 10)).await.unwrap();
    topics.iter().map(|topic| (topic.id, topic.development)).collect()
}

/// Story `4` moves topic `3` on.
fn move_on(batch: &mut Batch<'_>) -> Result<()> {
    publish(batch, 4, 3, 1_500)?;
    batch.move_topic_on(TopicNo(3), FilingNo(4), at(1_500))
}

#[tokio::test]
async fn an_item_whose_news_has_left_goes_and_comes_again_with_news() {
    for leave in [
        |batch: &mut Batch<'_>| batch.recluster_story(place(4, 9), topic_of("split"), at(2_000)),
        |batch: &mut Batch<'_>| batch.move_story(StoryNo(4), TopicNo(1)),
        |batch: &mut Batch<'_>| batch.take_down(StoryNo(4)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let moved_on = |batch: &mut Batch<'_>| {
            two_topics(batch)?;
            move_on(batch)
        };
        store.write(moved_on).await.unwrap();
        assert_eq!(newest_two(&store).await, [(topic_of("3"), 2), (topic_of("2"), 1)]);
        store.write(leave).await.unwrap();
        let left = newest_two(&store).await;
        assert!(left.iter().all(|(id, _)| *id != topic_of("3")), "it would say again what item 1 said");
        let news = |batch: &mut Batch<'_>| publish(batch, 5, 3, 3_000);
        store.write(news).await.unwrap();
        assert_eq!(newest_two(&store).await[0], (topic_of("3"), 3));
    }
}

#[tokio::test]
async fn a_takedown_brings_no_older_item_back_and_its_undo_the_item_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let three = |batch: &mut Batch<'_>| {
        for story in 1..=3 {
            file(batch, &story.to_string(), story, true)?;
            batch.set_category(StoryNo(story), &sea())?;
        }
        move_on(batch)
    };
    store.write(three).await.unwrap();
    let before = [(topic_of("3"), 2), (topic_of("2"), 1)];
    let of_sea = async || {
        let topics = store.read(|r| r.topics_moved(Some(&sea()), 1, at(5_000), 2, 10)).await.unwrap();
        topics.iter().map(|topic| topic.id).collect::<Vec<_>>()
    };
    assert_eq!(
        (newest_two(&store).await, of_sea().await),
        (before.to_vec(), vec![topic_of("3"), topic_of("2")])
    );
    store.write(|b| b.take_down(StoryNo(3))).await.unwrap();
    store.write(|b| b.take_down(StoryNo(4))).await.unwrap();
    assert_eq!((newest_two(&store).await, of_sea().await), (before[1..].to_vec(), vec![topic_of("2")]));
    store.write(|b| b.put_back(StoryNo(4)).map(|_| ())).await.unwrap();
    store.write(|b| b.put_back(StoryNo(3)).map(|_| ())).await.unwrap();
    assert_eq!(
        (newest_two(&store).await, of_sea().await),
        (before.to_vec(), vec![topic_of("3"), topic_of("2")])
    );
}

#[tokio::test]
async fn an_item_that_leaves_a_section_makes_room_for_no_older_one() {
    for leave in [
        |batch: &mut Batch<'_>| batch.set_category(StoryNo(3), &CategoryName::general()),
        |batch: &mut Batch<'_>| {
            // News of another section moves the topic on, and the story of this one is elsewhere.
            batch.recluster_story(place(3, 2), topic_of("split"), at(2_000))?;
            move_on(batch)
        },
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let three = |batch: &mut Batch<'_>| {
            for story in 1..=3 {
                file(batch, &story.to_string(), story, true)?;
                batch.set_category(StoryNo(story), &sea())?;
            }
            file(batch, "6", 6, true)?;
            batch.recluster_story(place(6, 3), topic_of("split"), at(1_200))
        };
        store.write(three).await.unwrap();
        let of_sea = async || {
            let topics = store.read(|r| r.topics_moved(Some(&sea()), 1, at(5_000), 2, 10)).await.unwrap();
            topics.iter().map(|topic| topic.id).collect::<Vec<_>>()
        };
        assert_eq!(of_sea().await, [topic_of("3"), topic_of("2")]);
        store.write(leave).await.unwrap();
        assert_eq!(of_sea().await, [topic_of("2")]);
    }
}

#[tokio::test]
async fn a_topic_that_reclustering_founded_has_no_item_when_its_news_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let founded = |batch: &mut Batch<'_>| {
        two_topics(batch)?;
        batch.recluster_story(place(1, 9), topic_of("split"), at(1_200))?;
        publish(batch, 5, 9, 1_500)
    };
    store.write(founded).await.unwrap();
    assert_eq!(newest_two(&store).await[0], (topic_of("split"), 1));
    recluster(&store, 5, 3).await;
    assert_eq!(newest_two(&store).await, [(topic_of("3"), 1)], "story 1 was told in another topic");
}

#[tokio::test]
async fn a_topic_whose_only_story_goes_elsewhere_hands_its_item_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(two_topics).await.unwrap();
    let moved = |batch: &mut Batch<'_>| {
        file(batch, "5", 5, false)?;
        batch.recluster_story(place(3, 5), topic_of("5"), at(2_000))
    };
    store.write(moved).await.unwrap();
    assert_eq!(newest_two(&store).await[0], (topic_of("3"), 1));
}

#[tokio::test]
async fn a_story_that_an_order_splits_off_has_an_item_unless_it_headed_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let beside = |batch: &mut Batch<'_>| {
        two_topics(batch)?;
        for (story, topic) in [(4, 8), (5, 9)] {
            file(batch, &story.to_string(), story, false)?;
            batch.move_story(StoryNo(story), TopicNo(3))?;
            batch.show_story(StoryNo(story), FilingNo(story), true, at(1_500))?;
            batch.put_topic(TopicNo(topic), topic_of(&topic.to_string()))?;
        }
        batch.move_topic_on(TopicNo(3), FilingNo(5), at(1_500))?;
        batch.move_story(StoryNo(4), TopicNo(8))?;
        batch.move_story(StoryNo(5), TopicNo(9))
    };
    store.write(beside).await.unwrap();
    let ids = newest_two(&store).await.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    // Topic 3 has lost its news, and keeps its place.
    assert_eq!(ids, [topic_of("8")], "story 4 was below the headline, story 5 headed an item");
}

#[tokio::test]
async fn an_item_goes_with_the_last_of_its_news_in_whichever_order_they_leave() {
    for order in [[4, 5], [5, 4]] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let since = |batch: &mut Batch<'_>| {
            two_topics(batch)?;
            move_on(batch)?;
            publish(batch, 5, 3, 1_600)
        };
        store.write(since).await.unwrap();
        let has_item = async || newest_two(&store).await.iter().any(|(id, _)| *id == topic_of("3"));
        for (left, story) in order.into_iter().enumerate() {
            assert!(has_item().await, "{order:?} {left}");
            store.write(move |b| b.take_down(StoryNo(story))).await.unwrap();
        }
        assert!(!has_item().await, "{order:?}");
        store.write(move |b| b.put_back(StoryNo(order[0])).map(|_| ())).await.unwrap();
        assert!(has_item().await, "{order:?}");
        for story in order {
            recluster(&store, story, 2).await;
        }
        store.write(move |b| b.put_back(StoryNo(order[1])).map(|_| ())).await.unwrap();
        assert!(!has_item().await, "no undo brings it back, for its news is elsewhere: {order:?}");
    }
}

#[tokio::test]
async fn an_item_goes_when_its_news_becomes_part_of_an_older_story() {
    for older in [2, 3] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let moved_on = |batch: &mut Batch<'_>| {
            two_topics(batch)?;
            move_on(batch)
        };
        store.write(moved_on).await.unwrap();
        store.write(|b| b.take_down(StoryNo(4))).await.unwrap();
        store.write(move |b| b.absorb(StoryNo(4), StoryNo(older))).await.unwrap();
        let left = newest_two(&store).await;
        assert!(left.iter().all(|(id, _)| *id != topic_of("3")), "{older}");
    }
}
