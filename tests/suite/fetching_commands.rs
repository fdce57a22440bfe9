//! Commands that fetch: `add` finds the feed of a page, `import` skips what is no feed, `parse` reads what it fetches; and
//! no log tells secrets.

use crate::daemon::{origin, program, rss};
use std::path::Path;
use std::process::Output;
use tidings::demo::{Origin, Page};

const OPEN: &str = "[poll]\nallow_private = true\nhost_pause = \"0s\"\n";

/// Runs the program. Gives its exit code, and what it wrote to stdout and to stderr.
fn tidings(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = program(folder);
    let Output { status, stdout, stderr } =
        tokio::task::block_in_place(|| command.args(arguments).output().unwrap());
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
async fn add_takes_the_richest_feed_of_a_page_and_what_it_cannot_reach_as_given() {
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

    // What old pages and readers write in front of an address.
    let bare = origin.url("/quiet/feed");
    let (code, _, said) = tidings(folder, &["add", &bare.replace("http://", "feed://")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(file().contains(&format!("url = \"{bare}\"")), "{said}");

    // A feed is taken as it is, and so is what nobody can look at.
    let (_, _, said) = tidings(folder, &["add", &origin.url("/rss")]);
    assert_eq!(said, "");
    assert!(file().contains(&format!("url = \"{}\"", origin.url("/rss"))));
    for (path, status) in [("/down", 503), ("/secret", 401), ("/busy", 429)] {
        origin.put(path, Page::status(status));
        let (code, _, said) = tidings(folder, &["add", &origin.url(path)]);
        assert_eq!(code, Some(0));
        assert!(said.contains("added as given"), "{said}");
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

#[tokio::test(flavor = "multi_thread")]
async fn add_refuses_what_answers_with_no_feed_unless_it_is_forced() {
    let origin = origin().await;
    origin.put("/other", Page::feed("application/xml", "<svg/>"));
    origin.put("/empty", Page::feed("application/xml", " "));
    origin.put("/gone", Page::status(410));
    page(&origin, "/page", "<p>Nothing here</p>");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = || std::fs::read_to_string(folder.join("feeds.toml")).unwrap();
    std::fs::write(folder.join("feeds.toml"), OPEN).unwrap();
    for (path, why) in [
        ("/missing", "there is nothing at"),
        ("/other", "an XML document of another kind"),
        ("/empty", "an empty document"),
        ("/gone", "gone for good"),
        ("/page", "a web page, not a feed"),
    ] {
        let (code, _, said) = tidings(folder, &["add", &origin.url(path)]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(why) && said.contains("--force"), "{said}");
        assert_eq!(file(), OPEN);
    }
    origin.clear_seen();
    let (code, _, said) = tidings(folder, &["add", "--force", &origin.url("/other")]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(file().contains(&format!("url = \"{}\"", origin.url("/other"))));
    assert!(origin.seen().is_empty(), "nobody was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_leads_to_a_feed_that_is_there_is_that_feed() {
    let origin = origin().await;
    feed(&origin, "/feed", "Post");
    feed(&origin, "/feed/", "Post");
    feed(&origin, "/new", "Moved");
    origin.put("/moved", Page::redirect(301, "/feed"));
    origin.put("/twice", Page::redirect(302, "/moved"));
    origin.put("/old", Page::redirect(301, "/new"));
    page(&origin, "/page", "<link rel=alternate type=application/rss+xml href=/twice>");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = || std::fs::read_to_string(folder.join("feeds.toml")).unwrap();
    let feeds = format!(
        "{OPEN}[[feed]]\nurl = \"{}\"\n[[feed]]\nurl = \"{}\"\n",
        origin.url("/feed"),
        origin.url("/old")
    );
    std::fs::write(folder.join("feeds.toml"), &feeds).unwrap();
    for path in ["/moved", "/twice", "/feed/", "/page"] {
        let (code, _, said) = tidings(folder, &["add", &origin.url(path)]);
        assert_eq!(code, Some(1), "{path}: {said}");
        assert!(said.contains("already, at line 4"), "{path}: {said}");
        assert_eq!(file(), feeds);
    }
    // Where a feed leads is known when it has been polled.
    let (code, _, said) = tidings(folder, &["run", "--once"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, _, said) = tidings(folder, &["add", &origin.url("/new")]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("already, at line 6"), "{said}");
    assert_eq!(file(), feeds);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_takes_feeds_and_what_it_cannot_reach_and_names_what_is_no_feed() {
    let origin = origin().await;
    for path in ["/a", "/b", "/c"] {
        feed(&origin, path, path);
    }
    origin.put("/moved-a", Page::redirect(301, "/a"));
    origin.put("/moved-c", Page::redirect(301, "/c"));
    origin.put("/down", Page::status(500));
    page(&origin, "/page", "<p>Nothing here</p>");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = || std::fs::read_to_string(folder.join("feeds.toml")).unwrap();
    let before = format!("{OPEN}[[feed]]\nurl = \"{}\"\n", origin.url("/a"));
    std::fs::write(folder.join("feeds.toml"), &before).unwrap();
    let list = |paths: &[&str]| {
        let outline = |path: &&str| {
            let url = if path.starts_with('/') { origin.url(path) } else { (*path).to_owned() };
            format!("<outline text='x' xmlUrl='{url}'/>")
        };
        let outlines: String = paths.iter().map(outline).collect();
        std::fs::write(folder.join("list.opml"), format!("<opml><body>{outlines}</body></opml>")).unwrap();
    };
    let nobody = "http://127.0.9.1:1/feed";
    list(&["/moved-a", "/moved-c", "/b", "/c", "/c/", "/down", "/page", "/missing", nobody]);
    feed(&origin, "/c/", "/c");
    let (code, printed, said) = tidings(folder, &["import", "list.opml"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(printed, "4 added, 3 known already, 2 refused\n", "{said}");
    for (words, path) in [("skipped", "/page"), ("skipped", "/missing")] {
        assert!(said.contains(&format!("{words} {}: ", origin.url(path))), "{said}");
    }
    assert!(said.contains("127.0.9.1 refuses connections; it is added as given"), "{said}");
    let added: Vec<String> = [origin.url("/b"), origin.url("/c"), origin.url("/down"), nobody.to_owned()]
        .iter()
        .map(|url| format!("\n[[feed]]\nurl = \"{url}\"\ntitle = \"x\"\n"))
        .collect();
    assert_eq!(file(), before.clone() + &added.concat());

    // Without looking, all are taken over.
    origin.clear_seen();
    std::fs::write(folder.join("feeds.toml"), &before).unwrap();
    list(&["/page", "/missing"]);
    let (_, printed, _) = tidings(folder, &["import", "--force", "list.opml"]);
    assert_eq!(printed, "2 added, 0 known already, 0 refused\n");
    assert!(origin.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_tells_the_words_of_a_feed_or_the_secrets_of_its_address() {
    let origin = origin().await;
    let words = "<p>Forty people were brought ashore off Skerry Point";
    let document = rss("Post", &["1|Ferry runs aground|WORDS"]).replace("WORDS", &words.replace('<', "&lt;"));
    origin.put("/feed", Page::feed("application/rss+xml", document));
    let folder = tempfile::tempdir().unwrap();
    let url = origin.url("/feed?token=sesame").replace("http://", "http://me:open@");
    std::fs::write(folder.path().join("feeds.toml"), format!("{OPEN}[[feed]]\nurl = \"{url}\"\n")).unwrap();
    let mut command = program(folder.path());
    let command = command.env("TIDINGS_LOG", "trace").args(["run", "--once"]);
    let Output { stderr, .. } = tokio::task::block_in_place(|| command.output().unwrap());
    let log = String::from_utf8_lossy(&stderr);
    assert!(log.contains("DEBUG") && log.contains("entries.filed=1"), "{log}");
    for secret in ["Skerry", "Ferry", "sesame", "open@", "me:open"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_names_what_it_refuses_without_the_secrets_in_its_address() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "hunter2".repeat(20);
    std::fs::write(folder.path().join("feeds.toml"), OPEN).unwrap();
    let list = format!("<opml><outline xmlUrl='ftp://me:{secret}@a.example/feed?token={secret}'/></opml>");
    std::fs::write(folder.path().join("list.opml"), list).unwrap();
    let (code, printed, said) = tidings(folder.path(), &["import", "list.opml"]);
    assert_eq!((code, printed.as_str()), (Some(0), "0 added, 0 known already, 1 refused\n"));
    assert!(said.contains("skipped a.example/feed: ") && !said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parse_takes_the_settings_of_polls_from_the_file_that_is_there_and_needs_none_for_files() {
    let origin = origin().await;
    feed(&origin, "/feed", "Post");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (code, printed, said) = tidings(folder, &["parse", &origin.url("/feed")]);
    assert_eq!(code, Some(1), "{printed}{said}");
    assert!(printed.contains("allow_private") || said.contains("allow_private"), "{printed}{said}");
    std::fs::write(folder.join("feeds.toml"), OPEN).unwrap();
    let (code, printed, said) = tidings(folder, &["parse", &origin.url("/feed")]);
    assert!(code == Some(0) && printed.contains("Ferry runs aground"), "{printed}{said}");
    std::fs::write(folder.join("feeds.toml"), "[poll").unwrap();
    std::fs::write(folder.join("feed.xml"), rss("Post", &["1|Ferry runs aground|Forty saved"])).unwrap();
    let (code, _, said) = tidings(folder, &["parse", "feed.xml"]);
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_in_which_nothing_is_due_says_when_something_is() {
    let origin = origin().await;
    feed(&origin, "/feed", "Post");
    let folder = tempfile::tempdir().unwrap();
    let feeds = format!("{OPEN}[[feed]]\nurl = \"{}\"\n", origin.url("/feed"));
    std::fs::write(folder.path().join("feeds.toml"), feeds).unwrap();
    let (_, first, _) = tidings(folder.path(), &["run", "--once"]);
    assert_eq!(first, "1 feed polled, 1 answered; 1 entry new or changed\n");
    let (_, second, _) = tidings(folder.path(), &["run", "--once"]);
    let hint =
        second.strip_prefix("0 feeds polled, 0 answered; 0 entries new or changed\n").unwrap_or_default();
    assert!(hint.starts_with("the next feed is due at 20") && hint.contains("--all"), "{second}");
}

#[test]
fn a_setting_for_logs_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("feeds.toml"), OPEN).unwrap();
    let mut command = program(folder.path());
    let said = command.env("TIDINGS_LOG", "debgu=loud=1").args(["run", "--once"]).output().unwrap().stderr;
    assert!(String::from_utf8_lossy(&said).contains("TIDINGS_LOG cannot be read"));
}
