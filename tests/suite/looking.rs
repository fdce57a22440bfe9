//! What the command line sees at an address: `add` finds the feed of a page, `parse` reads what it fetches.

use crate::daemon::{origin, rss};
use std::path::Path;
use std::process::{Command, Output};
use tidings::demo::{Origin, Page};

const OPEN: &str = "[poll]\nallow_private = true\nhost_pause = \"0s\"\n";

/// Exit code, what was printed, what was said beside.
fn tidings(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    let command = command.current_dir(folder).env_remove("STATE_DIRECTORY").args(arguments);
    let Output { status, stdout, stderr } = tokio::task::block_in_place(|| command.output().unwrap());
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code(), text(stdout), text(stderr))
}

fn page(origin: &Origin, path: &str, html: &str) {
    origin.put(path, Page::feed("text/html", format!("<!doctype html><html>{html}</html>")));
}

fn feed(origin: &Origin, path: &str, title: &str) {
    origin.put(path, Page::feed("application/rss+xml", rss(title, &["1|Ferry runs aground|Forty saved"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn add_takes_the_richest_feed_of_a_page_and_what_it_cannot_see_as_given() {
    let origin = origin().await;
    feed(&origin, "/rss", "Post in short");
    feed(&origin, "/atom", "Post");
    feed(&origin, "/quiet/feed", "Elsewhere");
    feed(&origin, "/feed", "Well known");
    let links = "<link rel=alternate type=application/rss+xml href=/rss>\
                 <link rel=alternate type=application/atom+xml href=/broken>\
                 <link rel=alternate type='application/atom+xml' href=/atom>";
    page(&origin, "/", links);
    page(&origin, "/bare", "<p>Nothing here</p>");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = || std::fs::read_to_string(folder.join("feeds.toml")).unwrap();
    std::fs::write(folder.join("feeds.toml"), OPEN).unwrap();

    let (code, _, said) = tidings(folder, &["add", &origin.url("/"), "--category", "world"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("\"Post\"") && said.contains("the richest of 3"), "{said}");
    assert!(file().contains(&format!("url = \"{}\"", origin.url("/atom"))), "{}", file());

    // A page without links: the well-known paths of its site.
    let (code, _, said) = tidings(folder, &["add", &origin.url("/bare")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(file().contains(&format!("url = \"{}\"", origin.url("/feed"))), "{said}");

    // A feed is taken as it is, and so is what nobody can look at.
    let (_, _, said) = tidings(folder, &["add", &origin.url("/rss")]);
    assert_eq!(said, "");
    assert!(file().contains(&format!("url = \"{}\"", origin.url("/rss"))));
    for (path, why) in [("/missing", "there is nothing at"), ("/other", "an XML document of another kind")] {
        origin.put("/other", Page::feed("application/xml", "<svg/>"));
        let (code, _, said) = tidings(folder, &["add", &origin.url(path)]);
        assert_eq!(code, Some(0));
        assert!(said.contains(why) && said.contains("added as given"), "{said}");
        assert!(file().contains(&format!("url = \"{}\"", origin.url(path))));
    }

    // What is there already is not added twice, found or given.
    let (code, _, said) = tidings(folder, &["add", &origin.url("/")]);
    assert_eq!(code, Some(1));
    assert!(said.contains("already"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parse_reads_what_it_fetches_and_keeps_away_from_private_addresses() {
    let origin = origin().await;
    feed(&origin, "/feed", "Post");
    origin.put("/moved", Page::redirect(302, "/feed"));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("open.toml"), OPEN).unwrap();

    let (code, printed, said) = tidings(
        folder,
        &["--config", "open.toml", "parse", "--json", &origin.url("/moved"), &origin.url("/none")],
    );
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<serde_json::Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["feed"]["title"], "Post");
    assert_eq!(lines[0]["entries"][0]["title"], "Ferry runs aground");
    assert!(lines[1]["error"].as_str().unwrap().contains("there is nothing at"));

    origin.clear_seen();
    let (code, printed, _) = tidings(folder, &["parse", &origin.url("/feed")]);
    assert_eq!(code, Some(1));
    assert!(printed.contains("private"), "{printed}");
    assert!(origin.seen().is_empty());
}
