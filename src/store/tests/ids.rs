//! Names of entries, stories and topics: what they lead to, and what they do not.

use super::*;

#[tokio::test]
async fn names_lead_to_the_same_when_they_have_gone_into_the_large_table() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store
        .write(|batch| {
            file(batch, "backlog", 1, false)?;
            file(batch, "read", 2, true)?;
            file(batch, "later", 3, true)?;
            batch.run(
                "INSERT INTO names_gathered WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n
                     WHERE n < 100000) SELECT n, n FROM n",
                [],
            )
        })
        .await
        .unwrap();
    let gathered = "SELECT count(*) FROM names_gathered";
    let count = |sql: &'static str| {
        store.read(move |r| {
            r.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(StoreError::from)
        })
    };
    assert_eq!(count(gathered).await.unwrap(), 0);
    // The two exchange their ids, of which none gathers any more.
    store
        .write(|batch| {
            batch.absorb(StoryNo(2), StoryNo(1))?;
            file(batch, "last", 4, true).map(|_| ())
        })
        .await
        .unwrap();
    assert_eq!(count(gathered).await.unwrap(), 3);
    assert_eq!(shown(&store).await, [id_of("last"), id_of("later"), id_of("read")]);
    for (key, story) in [("read", 1), ("later", 3), ("last", 4)] {
        let Lookup::Found(found) = store.read(move |r| r.story(id_of(key))).await.unwrap() else {
            panic!("{key}")
        };
        assert_eq!(found.no, StoryNo(story));
        let reference = EntryRef::new("https://a.example/feed", key);
        let targets = store.read(move |r| r.order_targets(&[reference])).await.unwrap();
        assert_eq!(targets[0].candidate.placement.story, StoryNo(story));
        let taken = store.write(move |batch| batch.id_taken(id_of(key).0)).await.unwrap();
        assert!(taken);
    }
    assert_leads(&store, "backlog", "read").await;
}

#[tokio::test]
async fn an_id_that_only_begins_like_one_that_was_given_leads_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(|batch| file(batch, "one", 1, true)).await.unwrap();
    let (story, topic) = (StoryId(id_of("one").0 ^ 1), TopicId(topic_of("one").0 ^ 1));
    assert_eq!(store.read(move |r| r.story(story)).await.unwrap(), Lookup::Unknown);
    assert_eq!(store.read(move |r| r.topic(topic)).await.unwrap(), Lookup::Unknown);
    assert_eq!(store.read(move |r| r.story_named(&story.to_string())).await.unwrap(), None);
    assert!(store.write(move |batch| batch.id_taken(story.0)).await.unwrap());
}
