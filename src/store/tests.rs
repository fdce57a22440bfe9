use super::batch::NewStory;
use super::*;
use crate::model::*;
use jiff::Timestamp;

mod days;
mod file;
mod ids;
mod leaving;
mod search;

pub(crate) fn settings(folder: &Path) -> StoreSettings {
    StoreSettings { path: folder.join("tidings.db"), max_pages: None }
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn entry(key: &str) -> Entry {
    Entry {
        key: key.to_owned(),
        url: Some(format!("https://a.example/{key}")),
        title: format!("Title of {key}"),
        text: format!("Text of {key}"),
        ..Entry::default()
    }
}

/// Files `key` of feed 1 as story `story` in a topic of the same number, published or not.
fn file(batch: &mut Batch<'_>, key: &str, story: i64, show: bool) -> Result<EntryNo> {
    let slot = batch.slot(FeedNo(1), key)?;
    if !batch.has_story(StoryNo(story))? {
        batch.put_topic(TopicNo(story), topic_of(key))?;
        batch.put_story(&NewStory {
            no: StoryNo(story),
            id: id_of(key),
            topic: TopicNo(story),
            category: CategoryName::general(),
            lead: slot.no,
            published: at(1000),
        })?;
    }
    batch.put_entry(&slot, FeedNo(1), &entry(key), StoryNo(story), at(1000))?;
    batch.put_fingerprints(slot.no, &[7], at(1000))?;
    if show {
        batch.show_story(StoryNo(story), FilingNo(story), true, at(1000))?;
    }
    Ok(slot.no)
}

fn id_of(key: &str) -> StoryId {
    StoryId::found("https://a.example/feed", key, 0)
}

fn topic_of(key: &str) -> TopicId {
    TopicId::found("https://a.example/feed", key, 0)
}

pub(super) async fn open(folder: &Path) -> Store {
    let store = Store::open(&settings(folder)).unwrap();
    let feeds = vec![FeedSettings::new("https://a.example/feed")];
    store.write(move |batch| batch.sync_feeds(&feeds, at(0))).await.unwrap();
    store
}

fn all() -> StoryQuery {
    StoryQuery { at_most: 10, ..StoryQuery::default() }
}

async fn shown(store: &Store) -> Vec<StoryId> {
    store.read(|r| r.stories_for(&all())).await.unwrap().into_iter().map(|story| story.id).collect()
}

/// What `gone` founded leads to what `kept` founded, story and topic.
async fn assert_leads(store: &Store, gone: &'static str, kept: &str) {
    let story = store.read(move |r| r.story(id_of(gone))).await.unwrap();
    assert_eq!(story, Lookup::Moved(id_of(kept).to_string()));
    let topic = store.read(move |r| r.topic(topic_of(gone))).await.unwrap();
    assert_eq!(topic, Lookup::Moved(topic_of(kept).to_string()));
}

#[tokio::test]
async fn a_second_process_is_told_that_another_is_running() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).await;
    assert_eq!(Store::open(&settings(folder.path())).unwrap_err().kind(), "locked");
    drop(first);
    assert!(Store::open(&settings(folder.path())).is_ok());
}

#[test]
fn a_database_of_another_program_or_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)").unwrap();
    drop(other);
    assert_eq!(Store::open(&settings(folder.path())).unwrap_err().kind(), "not-ours");
    std::fs::write(
        &path,
        "this is a text and not a database, long enough to have a header of some hundred bytes, as \
         databases do, so that SQLite has something to look at",
    )
    .unwrap();
    assert_eq!(Store::open(&settings(folder.path())).unwrap_err().kind(), "not-a-database");
    std::fs::remove_file(&path).unwrap();
    drop(Store::open(&settings(folder.path())).unwrap());
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let error = Store::open(&settings(folder.path())).unwrap_err();
    assert!(error.to_string().contains("version 99"), "{error}");
}

#[tokio::test]
async fn a_batch_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let failed: Result<()> = store
        .write(|batch| {
            file(batch, "one", 1, true)?;
            Err(StoreError::Full)
        })
        .await;
    assert_eq!(failed.unwrap_err().kind(), "full");
    assert_eq!(store.read(|r| r.totals()).await.unwrap(), Totals::default());
}

#[tokio::test]
async fn a_full_disk_is_said_and_what_was_committed_stays() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).await);
    let tight = StoreSettings { max_pages: Some(60), ..settings(folder.path()) };
    let store = Store::open(&tight).unwrap();
    store.write(|batch| file(batch, "one", 1, true)).await.unwrap();
    let error = store
        .write(|batch| {
            for story in 2..2000 {
                file(batch, &format!("entry-{story}"), story, true)?;
            }
            Ok(())
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), "full");
    assert_eq!(shown(&store).await, [id_of("one")]);
    drop(store);
    let roomy = Store::open(&settings(folder.path())).unwrap();
    roomy.write(|batch| file(batch, "two", 2, true)).await.unwrap();
    assert_eq!(shown(&roomy).await, [id_of("two"), id_of("one")]);
}

#[tokio::test]
async fn a_backup_beside_the_daemon_is_a_store_of_its_own_and_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(|batch| file(batch, "one", 1, true)).await.unwrap();
    let copies = tempfile::tempdir().unwrap();
    let copy = settings(copies.path());
    Store::backup(store.path(), &copy.path).unwrap();
    store.write(|batch| file(batch, "two", 2, true)).await.unwrap();
    assert_eq!(Store::backup(store.path(), &copy.path).unwrap_err().kind(), "io");
    assert_eq!(shown(&Store::open(&copy).unwrap()).await, [id_of("one")]);
}

#[tokio::test]
async fn of_two_published_stories_the_one_absorbed_redirects_to_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store
        .write(|batch| {
            file(batch, "old", 1, true)?;
            file(batch, "new", 2, true)?;
            batch.absorb(StoryNo(2), StoryNo(1))
        })
        .await
        .unwrap();
    assert_eq!(shown(&store).await, [id_of("old")]);
    assert_leads(&store, "new", "old").await;
}

#[tokio::test]
async fn a_published_id_survives_when_the_older_story_was_never_published() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store
        .write(|batch| {
            file(batch, "backlog", 1, false)?;
            file(batch, "read", 2, true)?;
            batch.absorb(StoryNo(2), StoryNo(1))
        })
        .await
        .unwrap();
    assert_eq!(shown(&store).await, [id_of("read")]);
}

#[tokio::test]
async fn a_published_topic_keeps_its_id_when_the_older_topic_was_never_published() {
    for (older_shown, kept, gone) in [(false, "read", "older"), (true, "older", "read")] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        store
            .write(move |batch| {
                file(batch, "older", 1, older_shown)?;
                file(batch, "read", 2, true)?;
                batch.absorb_topic(TopicNo(2), TopicNo(1))
            })
            .await
            .unwrap();
        let found = store.read(move |r| r.topic(topic_of(kept))).await.unwrap();
        assert!(matches!(found, Lookup::Found(_)), "{found:?}");
        let moved = store.read(move |r| r.topic(topic_of(gone))).await.unwrap();
        assert_eq!(moved, Lookup::Moved(topic_of(kept).to_string()));
    }
}

#[tokio::test]
async fn a_published_topic_keeps_its_id_and_development_when_its_only_story_goes_to_one_never_published() {
    type Going = fn(&mut Batch<'_>) -> Result<()>;
    let ways: [Going; 2] =
        [|batch| batch.absorb(StoryNo(2), StoryNo(1)), |batch| batch.move_story(StoryNo(2), TopicNo(1))];
    for goes in ways {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        store
            .write(move |batch| {
                file(batch, "backlog", 1, false)?;
                file(batch, "read", 2, true)?;
                batch.move_topic_on(TopicNo(2), FilingNo(9), at(1500))?;
                goes(batch)
            })
            .await
            .unwrap();
        let topics = store.read(|r| r.topics_moved(None, 1, at(0), 10, 10)).await.unwrap();
        let known: Vec<_> =
            topics.iter().map(|topic| (topic.id, topic.development, topic.moved, topic.moved_at)).collect();
        assert_eq!(known, [(topic_of("read"), 2, FilingNo(9), at(1500))]);
        let gone = store.read(move |r| r.topic(topic_of("backlog"))).await.unwrap();
        assert_eq!(gone, Lookup::Moved(topic_of("read").to_string()));
    }
}

#[tokio::test]
async fn a_topic_that_reclustering_emptied_becomes_part_of_the_other_and_one_that_it_founded_waits_for_news()
{
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let split = TopicId::found("https://a.example/feed", "split", 0);
    let moved = || store.read(|r| r.topics_moved(None, 1, at(0), 10, 10));
    let ids = |topics: Vec<crate::model::TopicView>| topics.iter().map(|topic| topic.id).collect::<Vec<_>>();
    store
        .write(move |batch| {
            for story in 1..=3 {
                file(batch, &format!("e{story}"), story, true)?;
            }
            let place = |story: i64, topic: i64| Placement { story: StoryNo(story), topic: TopicNo(topic) };
            batch.recluster_story(place(2, 1), split, at(2000))?;
            batch.recluster_story(place(1, 9), split, at(2000))?;
            // A story that is not there any more moves nowhere, and founds nothing.
            batch.recluster_story(place(77, 10), TopicId::found("x", "y", 0), at(2000))
        })
        .await
        .unwrap();
    let gone = store.read(move |r| r.topic(topic_of("e2"))).await.unwrap();
    assert_eq!(gone, Lookup::Moved(topic_of("e1").to_string()));
    assert_eq!(ids(moved().await.unwrap()), [topic_of("e3")], "what is left of e1 was told in another topic");
    let Lookup::Found(page) = store.read(move |r| r.topic(split)).await.unwrap() else { panic!("no page") };
    assert_eq!(page.stories.len(), 1);
    let reclustered = |story: i64| store.read(move |r| r.reclustered_at(StoryNo(story)));
    assert_eq!((reclustered(1).await.unwrap(), reclustered(3).await.unwrap()), (Some(at(2000)), None));
    store
        .write(|batch| {
            let news = file(batch, "news", 4, false)?;
            batch.move_story(StoryNo(4), TopicNo(9))?;
            batch.set_lead(StoryNo(4), news, at(2000))?;
            batch.show_story(StoryNo(4), FilingNo(4), true, at(2000))
        })
        .await
        .unwrap();
    assert!(ids(moved().await.unwrap()).contains(&split));
}

#[tokio::test]
async fn a_database_of_a_build_with_other_tables_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).await);
    let file = settings(folder.path()).path;
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute_batch("ALTER TABLE stories DROP COLUMN settled_at").unwrap();
    drop(connection);
    let refused = Store::open(&settings(folder.path()));
    assert!(matches!(refused, Err(StoreError::OtherTables)), "{refused:?}");
    assert!(matches!(super::look(&file, |_| Ok::<_, StoreError>(())), Err(StoreError::OtherTables)));
}

#[tokio::test]
async fn an_entry_that_leaves_its_story_leaves_it_a_lead() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store
        .write(|batch| {
            let first = file(batch, "first", 1, true)?;
            file(batch, "copy", 1, true)?;
            file(batch, "other", 2, true)?;
            batch.move_entry(first, StoryNo(2))
        })
        .await
        .unwrap();
    let Lookup::Found(story) = store.read(|r| r.story(id_of("first"))).await.unwrap() else { panic!("gone") };
    assert_eq!(story.title, "Title of copy");
    assert_eq!(story.id, id_of("first"));
}

#[tokio::test]
async fn what_a_private_feed_carries_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(|batch| file(batch, "secret", 1, true)).await.unwrap();
    let feeds = vec![FeedSettings { private: true, ..FeedSettings::new("https://a.example/feed") }];
    store.write(move |batch| batch.sync_feeds(&feeds, at(0))).await.unwrap();
    assert_eq!(shown(&store).await, []);
    assert_eq!(store.read(|r| r.story(id_of("secret"))).await.unwrap(), Lookup::Unknown);
    assert_eq!(
        store.read(|r| r.search(&Search::read("secret", &jiff::tz::TimeZone::UTC), 10)).await.unwrap(),
        []
    );
    assert_eq!(store.read(|r| r.topics_for(None, at(0), 10)).await.unwrap(), []);
}

#[tokio::test]
async fn candidates_are_found_by_key_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let found = store
        .write(|batch| {
            for story in 1..=3 {
                file(batch, &format!("e{story}"), story, true)?;
            }
            batch.candidates(&[7, 8])
        })
        .await
        .unwrap()
        .candidates;
    assert_eq!(found.iter().map(|c| c.no.0).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(found[0].placement, Placement { story: StoryNo(3), topic: TopicNo(3) });
}

#[tokio::test]
async fn keys_are_found_after_a_restart_and_those_of_a_batch_that_failed_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(|batch| file(batch, "first", 1, true)).await.unwrap();
    let failed: Result<()> = store
        .write(|batch| {
            file(batch, "second", 2, true)?;
            assert_eq!(batch.candidates(&[7])?.candidates.len(), 2);
            Err(StoreError::Closed)
        })
        .await;
    assert!(failed.is_err());
    let keys = async |store: &Store| {
        let found = store.write(|batch| batch.candidates(&[7])).await.unwrap();
        found.candidates.into_iter().map(|candidate| candidate.title).collect::<Vec<_>>()
    };
    assert_eq!(keys(&store).await, ["Title of first"]);
    store.write(|batch| file(batch, "third", 3, true)).await.unwrap();
    drop(store);
    assert_eq!(keys(&open(folder.path()).await).await, ["Title of third", "Title of first"]);
}

#[tokio::test]
async fn the_journal_is_what_was_filed_since_the_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let filing = |entry: i64| Filing {
        entry: EntryNo(entry),
        at: at(1000),
        story: StoryDecision::sure(StoryNo(entry), StoryRule::Founded),
        topic: TopicDecision::sure(TopicNo(entry), TopicRule::Founded),
        category: CategoryDecision::sure(CategoryName::general(), CategoryRule::Unsure),
        reclustered: Vec::new(),
    };
    let (first, second) = (filing(1), filing(2));
    let expected = second.clone();
    // More than is written at once, and not a multiple of it.
    let desk: Vec<u8> = (0..700_001_u32).map(|at| (at % 251) as u8).collect();
    let saved = desk.clone();
    store
        .write(move |batch| {
            batch.put_snapshot(&vec![7; 900_000], at(999))?;
            batch.put_filing(&first, b"one")?;
            batch.put_snapshot(&saved, at(1000))?;
            batch.put_filing(&second, b"two").map(|_| ())
        })
        .await
        .unwrap();
    let record = store.read(|r| r.desk_record()).await.unwrap();
    assert_eq!(record.snapshot.as_deref(), Some(desk.as_slice()));
    assert_eq!(record.since, [(expected, b"two".to_vec())]);
}

pub(super) fn edition() -> EditionDraft {
    EditionDraft {
        digest: "morning".to_owned(),
        id: "2026-11-23".to_owned(),
        due_at: at(1000),
        composed_at: at(1000),
        through: FilingNo(0),
        topics: 1,
        told: Vec::new(),
        words: EditionText { subject: "s".to_owned(), text: "t".to_owned(), html: "h".to_owned() },
        recipients: vec!["a@reader.example".to_owned(), "b@reader.example".to_owned()],
    }
}

#[tokio::test]
async fn a_delivery_stays_open_until_it_is_marked_and_keeps_its_message_id() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let draft = edition();
    let again = draft.clone();
    store.write(move |b| b.know_digest("morning", at(0))).await.unwrap();
    assert!(store.write(move |b| b.put_edition(&draft, "site.example")).await.unwrap().is_some());
    assert!(store.write(move |b| b.put_edition(&again, "site.example")).await.unwrap().is_none());
    let claim = |now: i64| store.write(move |b| b.claim_deliveries(at(now), at(now + 600), 10));
    let first = claim(1000).await.unwrap();
    assert_eq!(first.len(), 2);
    assert_eq!(claim(1001).await.unwrap(), []);
    let no = first[0].no;
    store.write(move |b| b.delivery_sent(no, at(1002))).await.unwrap();
    let second = claim(1600).await.unwrap();
    assert_eq!(second.len(), 1);
    assert_eq!((&second[0].message_id, second[0].attempts), (&first[1].message_id, 2));
    let token = second[0].token.clone();
    assert_eq!(store.leave(token, at(1700)).await.unwrap().as_deref(), Some("morning"));
    assert_eq!(claim(9000).await.unwrap(), []);
}

#[tokio::test]
async fn what_a_dead_process_had_claimed_is_open_again_at_the_start_but_what_was_put_off_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let draft = edition();
    store.write(move |b| b.put_edition(&draft, "site.example")).await.unwrap();
    let claim = |now: i64| store.write(move |b| b.claim_deliveries(at(now), at(now + 600), 10));
    let claimed = claim(1000).await.unwrap();
    let (put_off, cut_off) = (claimed[0].no, claimed[1].clone());
    store.write(move |b| b.delivery_deferred(put_off, at(5000), "try later")).await.unwrap();
    store.write(|b| b.release_deliveries(at(1010))).await.unwrap();
    let again = claim(1010).await.unwrap();
    // The attempt that died does not lengthen the next pause, however long nobody was there to try again.
    assert_eq!(again, [Delivery { attempts: 1, ..cut_off.clone() }]);
    for start in [4000, 4001] {
        store.write(move |b| b.release_deliveries(at(start))).await.unwrap();
    }
    assert_eq!(claim(4001).await.unwrap(), [Delivery { attempts: 1, ..cut_off }]);
}
