//! Archives of outputs (RFC 5005): a story that leaves an output is in its archive, which a reader can follow to the end
//! and which does not change.

use crate::daemon::{DAY, TestDaemon, rss, rss_of};
use std::collections::{BTreeMap, BTreeSet};
use tidings::model::OrderKind;
use tidings::read;

const ONE: &str = "[site]\ntitle = \"Wharf\"\nurl = \"https://news.example\"
[publish]\nitems = 20\ndays = 1
[[category]]\nname = \"world\"
[[category]]\nname = \"science\"
[[feed]]\nurl = \"ORIGIN/wire\"\ncategory = \"world\"\ndedupe = false
[[feed]]\nurl = \"ORIGIN/lab\"\ncategory = \"science\"\ndedupe = false\n";

/// The document of `/wire` with notes of these numbers.
fn notes(numbers: std::ops::Range<usize>) -> String {
    let notes: Vec<String> = numbers.map(|no| format!("{no}|Note {no}|Words of {no}")).collect();
    rss_of("Wire", &notes)
}

async fn with_notes(numbers: std::ops::Range<usize>) -> TestDaemon {
    let mut daemon = TestDaemon::new(ONE).await;
    daemon.put("/wire", &notes(numbers));
    daemon.put("/lab", &rss("Lab", &["1|Owl counted|A barn in Dorrin has a tenant"]));
    daemon.step().await;
    daemon
}

/// Where a link of this relation leads, as a path of the site.
fn linked(document: &str, rel: &str) -> Option<String> {
    let tag = document.split('<').find(|tag| tag.contains(&format!("rel=\"{rel}\"")))?;
    let address = tag.split_once("href=\"")?.1.split('"').next()?;
    Some(address.strip_prefix("https://news.example").unwrap().to_owned())
}

/// Every document with its path, from the one that readers subscribe to back to the oldest.
async fn walk(daemon: &mut TestDaemon, path: &str) -> Vec<(String, String)> {
    let mut documents = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let (status, document) = daemon.answer(&path).await;
        assert_eq!(status, 200, "{path}");
        next = linked(&document, "prev-archive");
        documents.push((path, document));
        assert!(documents.len() < 50, "it never ends");
    }
    documents
}

fn titles(document: &str) -> BTreeSet<String> {
    let document = read::read(document.as_bytes(), &read::Hint::default()).unwrap();
    document.entries.into_iter().filter_map(|entry| entry.title).collect()
}

#[tokio::test]
async fn a_reader_can_walk_the_whole_history() {
    let mut daemon = with_notes(0..450).await;
    daemon.step_after(DAY * 3).await;
    for form in ["atom", "rss"] {
        let documents = walk(&mut daemon, &format!("/all.{form}")).await;
        assert!(titles(&documents[0].1).len() < 120, "days are over, only some stand in the output");
        let all: BTreeSet<String> = documents.iter().flat_map(|(_, document)| titles(document)).collect();
        assert_eq!(all.len(), 451, "{form}");
        for (path, document) in &documents[1..] {
            assert!(document.contains("<fh:archive"), "{path}");
            assert_eq!(linked(document, "current"), Some(format!("/all.{form}")));
            assert_eq!(linked(document, "self").as_ref(), Some(path));
            assert!(titles(document).len() <= 100, "{path} is too long");
        }
        let forward: Vec<_> =
            documents[2..].iter().map(|(_, document)| linked(document, "next-archive")).collect();
        let newer: Vec<_> =
            documents[1..documents.len() - 1].iter().map(|(path, _)| Some(path.clone())).collect();
        assert_eq!(forward, newer);
    }
    let science = walk(&mut daemon, "/science.atom").await;
    assert_eq!(science.len(), 1, "what stands in the output whole has no archive before it");
}

#[tokio::test]
async fn a_json_output_leads_to_earlier_items() {
    let mut daemon = with_notes(0..250).await;
    daemon.step_after(DAY * 3).await;
    let mut path = "/world.json".to_owned();
    let mut ids = BTreeSet::new();
    loop {
        let document: serde_json::Value = serde_json::from_str(&daemon.page(&path).await).unwrap();
        assert_eq!(document["feed_url"], "https://news.example/world.json");
        let items = document["items"].as_array().unwrap();
        ids.extend(items.iter().map(|item| item["id"].to_string()));
        let Some(next) = document["next_url"].as_str() else { break };
        path = next.strip_prefix("https://news.example").unwrap().to_owned();
    }
    assert_eq!(ids.len(), 250);
}

#[tokio::test]
async fn archive_documents_change_only_when_something_is_withdrawn() {
    let mut daemon = with_notes(0..450).await;
    daemon.step_after(DAY * 3).await;
    let before: BTreeMap<_, _> = walk(&mut daemon, "/all.atom").await.into_iter().skip(1).collect();
    let newest = before.keys().max().unwrap().clone();
    // News comes, and two stories are taken down.
    daemon.put("/wire", &notes(400..600));
    daemon.step_after(DAY).await;
    let entries = ["7", "8"].map(|key| daemon.entry("/wire", key)).to_vec();
    daemon.order(OrderKind::TakeDown { entries }).await;
    daemon.step_after(DAY * 3).await;
    let after: BTreeMap<_, _> = walk(&mut daemon, "/all.atom").await.into_iter().skip(1).collect();
    assert!(after.len() > before.len());
    let withdrawn: BTreeSet<String> = ["Note 7", "Note 8"].map(str::to_owned).into();
    for (path, document) in &before {
        let kept: BTreeSet<String> = titles(document).difference(&withdrawn).cloned().collect();
        if kept.len() < titles(document).len() {
            assert_eq!(titles(&after[path]), kept);
        } else if *path != newest {
            assert_eq!(&after[path], document, "{path}");
        } else {
            assert!(linked(&after[path], "next-archive").is_some());
        }
    }
    assert!(after.values().all(|document| titles(document).is_disjoint(&withdrawn)));
}

#[tokio::test]
async fn an_archive_document_is_found_when_it_is_full_and_gone_when_it_is_empty() {
    let mut daemon = with_notes(0..250).await;
    for (path, expected) in [
        ("/all/archive/0.atom", 200),
        ("/all/archive/1.json", 200),
        ("/all/archive/2.atom", 404),
        ("/all/archive/00.atom", 404),
        ("/all/archive/99999999999999999999.atom", 404),
        ("/all/archive/0", 404),
        ("/general/archive/0.rss", 410),
        ("/nowhere/archive/0.rss", 404),
    ] {
        assert_eq!(daemon.answer(path).await.0, expected, "{path}");
    }
}

#[tokio::test]
async fn above_two_megabytes_older_texts_are_excerpts_and_the_news_of_two_days_stays() {
    let mut daemon = TestDaemon::new(ONE).await;
    let long = "<p>One of many sentences in a long text.</p>".replace('<', "&lt;").repeat(200);
    let wire = |numbers: std::ops::Range<usize>| {
        let notes: Vec<String> = numbers.map(|no| format!("{no}|Note {no}|Begins {no}. {long}")).collect();
        rss_of("Wire", &notes)
    };
    daemon.put("/wire", &wire(0..300));
    daemon.step().await;
    let document = daemon.page("/all.atom").await;
    assert!((1_500_000..2_000_000).contains(&document.len()), "{}", document.len());
    assert_eq!(titles(&document).len(), 300);
    let items: Vec<&str> = document.split("<entry>").skip(1).collect();
    let lengths: Vec<usize> = items.iter().map(|item| item.len()).collect();
    let whole = lengths.iter().filter(|length| **length > 8_000).count();
    assert!(whole > 50 && lengths[..whole].iter().all(|length| *length > 8_000), "the newest are whole");
    assert!(lengths[whole..].iter().all(|length| *length < 2_000), "the others are excerpts");
}

#[tokio::test]
async fn what_becomes_private_leaves_the_archive() {
    let mut daemon = with_notes(0..250).await;
    daemon.step_after(DAY * 3).await;
    assert!(daemon.page("/all/archive/1.atom").await.contains("Note"));
    let private = ONE.replacen("dedupe = false", "dedupe = false\nprivate = true", 1);
    daemon.restart(&private).await;
    for (path, expected) in [("/all/archive/1.atom", 410), ("/world/archive/0.rss", 410), ("/all.atom", 200)]
    {
        let (status, page) = daemon.answer(path).await;
        assert!(status == expected && !page.contains("Note"), "{path} {status}");
    }
}
