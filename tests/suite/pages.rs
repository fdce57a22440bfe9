//! Pages in the language and the time zone of the site: an archive by day, corrections, and how long ago something was.

use crate::daemon::{MINUTE, TestDaemon, rss};

const SITE: &str = "[site]\ntitle = \"Die Mole\"\nurl = \"https://mole.example\"\nlanguage = \"de\"\n\
    timezone = \"Europe/Berlin\"\n\
    [[feed]]\nurl = \"ORIGIN/wire\"\ncategory = \"world\"\n[[feed]]\nurl = \"ORIGIN/paper\"\ncategory = \"culture\"\n\
    [[feed]]\nurl = \"ORIGIN/secret\"\nprivate = true\n";

/// A page that must be there.
async fn page(daemon: &mut TestDaemon, path: &str) -> String {
    let (status, page) = daemon.answer(path).await;
    assert_eq!(status, 200, "{path}");
    page
}

/// A site in German with news at a quarter to midnight, Berlin time, and two hours later.
async fn over_midnight() -> TestDaemon {
    let mut daemon = TestDaemon::new(SITE).await;
    for feed in ["/wire", "/paper", "/secret"] {
        daemon.put(feed, &rss(feed.trim_start_matches('/'), &[]));
    }
    daemon.step().await;
    daemon.put("/wire", &rss("wire", &["1|Fähre auf Grund gelaufen|Alle vierzig sind gerettet worden"]));
    // It is seven in the morning in Berlin; the wire has news sixteen hours and three quarters later.
    daemon.step_after(MINUTE * (16 * 60 + 45)).await;
    daemon.put("/paper", &rss("paper", &["x|Brot aus Brackwasser|Der Bäcker hat einen Preis bekommen"]));
    daemon.put("/secret", &rss("secret", &["1|Geheim|Niemand soll es wissen"]));
    daemon.step_after(MINUTE * 120).await;
    daemon
}

#[tokio::test]
async fn days_of_the_archive_begin_at_midnight_where_the_site_is() {
    let mut daemon = over_midnight().await;
    let days = page(&mut daemon, "/archive").await;
    assert!(days.contains("<h2>November 2026</h2>"), "{days}");
    assert!(days.contains("href=\"/archive/2026-11-24\">Dienstag, 24. November 2026</a>"), "{days}");
    let monday = page(&mut daemon, "/archive/2026-11-23").await;
    assert!(monday.contains("Fähre auf Grund") && !monday.contains("Brot"), "{monday}");
    assert!(monday.contains(">23:45</time>") && monday.contains("2026-11-23T22:45:00Z"), "{monday}");
    assert!(monday.contains("href=\"/archive/2026-11-24\""), "{monday}");
    let tuesday = page(&mut daemon, "/archive/2026-11-24").await;
    assert!(tuesday.contains("Brot") && !tuesday.contains("Geheim"), "{tuesday}");
    for nothing in [
        "/archive/2026-11-25",
        "/archive/2026-11-24?page=2",
        "/archive/2026-11-24?page=0",
        "/archive/tomorrow",
        "/archive/2026-11-24T00",
        "/archive?before=x",
        "/archive/-271821-01-01",
        "/archive/9999-12-31",
    ] {
        assert_eq!(daemon.answer(nothing).await.0, 404, "{nothing}");
    }
    assert!(page(&mut daemon, "/archive?before=2026-11-24").await.contains("/archive/2026-11-23"));
    let found = page(&mut daemon, "/search?q=since:2026-11-24").await;
    assert!(found.contains("Brot") && !found.contains("Fähre"), "{found}");
}

#[tokio::test]
async fn a_corrected_story_shows_what_it_said_before() {
    let mut daemon = over_midnight().await;
    daemon.put("/wire", &rss("wire", &["1|Fähre wieder frei|Alle vierzig sind an Land. Sie ist gehoben"]));
    daemon.put("/secret", &rss("secret", &["1|Geheimer|Niemand soll es wissen"]));
    daemon.step_after(MINUTE * 60).await;
    let front = page(&mut daemon, "/").await;
    let mut told = String::new();
    for topic in front.split("\"/topics/").skip(1).filter_map(|rest| rest.split('"').next()) {
        let topic = page(&mut daemon, &format!("/topics/{topic}")).await;
        let id = topic.split("\"/stories/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        told.push_str(&page(&mut daemon, &format!("/stories/{id}")).await);
    }
    assert!(told.contains("Was sich geändert hat"), "{told}");
    assert!(told.contains("<del>Fähre auf Grund gelaufen</del>"), "{told}");
    assert!(told.contains("<ins>Alle vierzig sind an Land.</ins>") && !told.contains("Geheim"), "{told}");
}

#[tokio::test]
async fn a_page_says_how_long_ago_something_was_and_is_the_same_for_five_minutes() {
    let mut daemon = over_midnight().await;
    let first = page(&mut daemon, "/").await;
    assert!(first.contains("vor 2 Std.") && first.contains("gerade eben"), "{first}");
    daemon.clock.advance(MINUTE * 4);
    assert_eq!(page(&mut daemon, "/").await, first);
    daemon.clock.advance(MINUTE * 7);
    let later = page(&mut daemon, "/").await;
    assert!(later.contains("vor 10 Min.") && !later.contains("gerade eben"), "{later}");
}
