//! `tidings replay` shows beside a running daemon what another configuration would change, and writes nothing. With a file
//! of entries it shows where each goes.

use crate::daemon::{DAY, TestDaemon, program, rss, rss_of};
use crate::texts::{BAKERY, FERRY};
use serde_json::Value;
use std::io::Write as _;
use std::process::Stdio;
use tidings::model::OrderKind;

const TWO: &str = "[[feed]]\nurl = \"ORIGIN/wire\"\ncategory = \"world\"\n[[feed]]\nurl = \"ORIGIN/paper\"\n";

/// One object a line, as `--json` prints them.
fn objects(daemon: &TestDaemon, toml: &str) -> Vec<Value> {
    let printed = daemon.run(toml, &["replay", "--json"]);
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_kind<'a>(objects: &'a [Value], what: &'a str) -> impl Iterator<Item = &'a Value> {
    objects.iter().filter(move |object| object["what"] == what)
}

fn summary(objects: &[Value]) -> &Value {
    of_kind(objects, "summary").next().unwrap()
}

fn score<'a>(objects: &'a [Value], rule: &str) -> &'a Value {
    of_kind(objects, "rule").find(|object| object["rule"] == rule).unwrap()
}

async fn two_stories() -> TestDaemon {
    let mut daemon = TestDaemon::new(TWO).await;
    daemon.put("/wire", &rss("Wire", &[&format!("1|Ferry runs aground|{FERRY}")]));
    // A step of its own, since of two feeds polled in one step either may be filed first.
    daemon.step().await;
    daemon.put(
        "/paper",
        &rss(
            "Paper",
            &[&format!("x|Forty saved from ferry|{FERRY}"), &format!("y|Rye bread honoured|{BAKERY}")],
        ),
    );
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 2);
    daemon
}

#[tokio::test]
async fn the_configuration_in_force_changes_nothing() {
    let daemon = two_stories().await;
    let filed = daemon.look(|reader| reader.last_filing());
    let printed = objects(&daemon, TWO);
    assert_eq!(of_kind(&printed, "entry").count(), 0, "{printed:?}");
    assert_eq!(summary(&printed)["entries"], 3);
    assert!(daemon.run(TWO, &["replay"]).contains("0 would be joined to another, 0 would part"));
    assert_eq!(daemon.look(|reader| reader.last_filing()), filed);
}

#[tokio::test]
async fn a_keyword_shows_the_stories_that_it_would_move() {
    let daemon = two_stories().await;
    let keyword = format!("{TWO}[[category]]\nname = \"food\"\nkeywords = [\"rye bread\"]\n");
    let printed = objects(&daemon, &keyword);
    let [entry] = of_kind(&printed, "entry").collect::<Vec<_>>()[..] else { panic!("{printed:?}") };
    assert_eq!(entry["category"], serde_json::json!(["general", "food"]));
    assert_eq!((&entry["title"], &entry["feed"]), (&"Rye bread honoured".into(), &"Paper".into()));
    assert!(entry["story"].is_null() && entry["topic"].is_null());
    let words = daemon.run(&keyword, &["replay"]);
    assert!(words.contains("1 story would change: general → food 1"), "{words}");
    assert!(words.contains("“Rye bread honoured” (Paper)"), "{words}");
    assert_eq!(daemon.stories().iter().filter(|story| story.category.as_str() == "food").count(), 0);
}

#[tokio::test]
async fn a_renamed_category_changes_nothing_and_a_refixed_feed_moves_its_stories() {
    let daemon = two_stories().await;
    let renamed = format!(
        "{}[[category]]\nname = \"planet\"\nwas = [\"world\"]\n",
        TWO.replace("category = \"world\"", "category = \"planet\"")
    );
    assert_eq!(summary(&objects(&daemon, &renamed))["categories"], 0);
    let refixed = TWO.replace("\"world\"", "\"sea\"");
    assert_eq!(summary(&objects(&daemon, &refixed))["from_to"], serde_json::json!([["world", "sea", 1]]));
}

#[tokio::test]
async fn stories_that_would_be_joined_or_parted_are_told() {
    let mut daemon = two_stories().await;
    // A known entry with new words stays in its story. Filed again with these words, the two would change places.
    daemon.put(
        "/paper",
        &rss("Paper", &[&format!("x|Prize for a baker|{BAKERY}"), &format!("y|Forty are safe|{FERRY}")]),
    );
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 2);
    let printed = objects(&daemon, TWO);
    let moved: Vec<&Value> = of_kind(&printed, "entry").collect();
    let titles: Vec<&str> = moved.iter().map(|entry| entry["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Forty are safe", "Prize for a baker"]);
    assert!(moved.iter().any(|entry| entry["story"]["would_be"].is_string()));
    assert_eq!(summary(&printed)["entries_moved"], 2);
    let words = daemon.run(TWO, &["replay"]);
    assert!(words.contains("would join “Ferry runs aground” (same-text"), "{words}");
}

#[tokio::test]
async fn orders_are_labelled_pairs_and_are_not_compared() {
    let mut daemon = two_stories().await;
    let [wire, copy, bread] =
        [("/wire", "1"), ("/paper", "x"), ("/paper", "y")].map(|(feed, key)| daemon.entry(feed, key));
    daemon.order(OrderKind::SplitStory { entries: vec![copy], from: vec![wire] }).await;
    daemon.order(OrderKind::JoinStories { entries: vec![copy, bread] }).await;
    let printed = objects(&daemon, TWO);
    let text = score(&printed, "same-text");
    assert_eq!((&text["right"], &text["wrong"], &text["precision"]), (&0.into(), &1.into(), &0.0.into()));
    let any = score(&printed, "any");
    assert_eq!((&any["joined"], &any["split"], &any["recall"]), (&1.into(), &1.into(), &0.0.into()));
    assert!(score(&printed, "same-title")["precision"].is_null());
    assert_eq!(of_kind(&printed, "entry").count(), 0, "what orders say is not compared: {printed:?}");
    assert_eq!(summary(&printed)["ordered"], 3);
    let words = daemon.run(TWO, &["replay"]);
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("same-text 0.00 0 of 1 0.00 0 of 1 same-title - 0.00 0 of 1"), "{words}");
}

#[tokio::test]
async fn a_surer_desk_decides_fewer_categories() {
    let toml = "[[feed]]\nurl = \"ORIGIN/pitch\"\ncategory = \"sport\"\n\
        [[feed]]\nurl = \"ORIGIN/court\"\ncategory = \"law\"\n[[feed]]\nurl = \"ORIGIN/free\"\n";
    let mut daemon = TestDaemon::new(toml).await;
    let word = |n: usize, of: usize| -> String {
        let mixed = (n * 7_919 + of * 104_729).wrapping_mul(2_654_435_761);
        (0..5).map(|at| char::from(b'a' + (mixed >> (at * 5) & 15) as u8)).collect()
    };
    let item = |n: usize, kind: &str, words: &str| {
        let own: Vec<String> = (0..8).map(|of| word(n, of)).collect();
        format!("{n}|{} {kind} {}|{words} {}", word(n, 8), word(n, 9), own.join(" "))
    };
    let sport = |n: usize| item(n, "striker scores for", "league team coach goal");
    // One in twenty of the other section reads like sport, so that the record holds mistakes.
    let law = |n: usize| {
        if n.is_multiple_of(20) { sport(n) } else { item(n, "judge hears", "lawyer verdict jury appeal") }
    };
    let list = |items: Vec<String>| rss_of("Some", &items);
    for part in 0..6 {
        let range = part * 10..part * 10 + 10;
        daemon.put("/pitch", &list(range.clone().map(sport).collect()));
        daemon.put("/court", &list(range.map(|n| law(n + 1_000)).collect()));
        daemon.step_after(DAY).await;
    }
    daemon.put("/free", &list(vec![sport(500)]));
    daemon.step_after(DAY).await;
    let decided = |toml: &str| summary(&objects(&daemon, toml))["from_to"].clone();
    assert_eq!(decided(toml), serde_json::json!([]));
    assert_eq!(daemon.stories()[0].category.as_str(), "sport");
    let surer = format!("{toml}[desk]\ncategory_sure = 1.0\n");
    assert_eq!(decided(&surer), serde_json::json!([["sport", "general", 1]]));
}

/// The story of each entry of a file, numbered from 0 as they are first met.
fn replayed(lines: &[serde_json::Value]) -> Vec<usize> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("entries.jsonl");
    std::fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let output = program(folder.path()).args(["replay", "--json", "--entries"]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let stories = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["story"].clone());
    let mut met: Vec<Value> = Vec::new();
    stories
        .map(|story| {
            met.iter().position(|known| *known == story).unwrap_or_else(|| {
                met.push(story);
                met.len() - 1
            })
        })
        .collect()
}

/// A line about an entry of one feed and one text, with this page of its site as link.
fn line(id: &str, title: &str, link: &str, seen: &str) -> Value {
    serde_json::json!({
        "id": id, "feed": "https://wire.example/rss", "url": format!("https://wire.example/{link}"), "title": title,
        "summary": FERRY, "published": null, "seen": seen,
    })
}

#[test]
fn entries_with_the_same_seen_are_of_one_document_and_a_later_one_replaces_what_has_its_link() {
    let (one, other) = ("2026-11-23T06:00:00Z", "2026-11-23T08:00:00Z");
    let (first, second) = ("Ferry runs aground off Skerry Point", "Ferry floats again at Skerry Point");
    let (page, another) = ("2026/ferry-aground-off-skerry", "2026/ferry-afloat-off-skerry");
    let stories = |lines: [Value; 2]| replayed(&lines);
    assert_eq!(stories([line("a", first, page, one), line("b", second, page, one)]), [0, 1]);
    assert_eq!(stories([line("a", first, page, one), line("b", second, page, other)]), [0, 0]);
    // One moment, written in two ways.
    let same = "2026-11-23T07:00:00+01:00";
    assert_eq!(stories([line("a", first, page, one), line("b", second, page, same)]), [0, 1]);
    // An entry that a later document lists again counts as part of it from the document's first line on.
    let again =
        [line("a", first, page, one), line("b", second, another, other), line("a", first, page, other)];
    assert_eq!(replayed(&again), [0, 1, 0]);
}

#[test]
fn entries_from_a_pipe_are_refused_for_they_are_read_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    let command = command.args(["replay", "--json", "--entries", "/dev/stdin"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let entry = line("a", "Ferry runs aground", "2026/ferry", "2026-11-23T06:00:00Z");
    // The program may end before it has read all of it.
    let _ = writeln!(child.stdin.take().unwrap(), "{entry}");
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("it must be a file and no pipe"), "{output:?}");
}
