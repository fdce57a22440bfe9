//! Topics over time as readers see them: which story heads a topic that has moved on, how few places one feed gets, and
//! that a series is no topic.

use crate::daemon::{HOUR, TestDaemon, rss, rss_of};
use crate::texts::{AGROUND, CAPTAIN, TUGS, made_up};
use std::fmt::Write as _;

/// Four papers and a digest at seven in the evening.
fn papers() -> String {
    let mut toml = String::new();
    for paper in ["post", "herald", "echo", "tribune"] {
        let _ = writeln!(toml, "[[feed]]\nurl = \"ORIGIN/{paper}\"\ncategory = \"world\"");
    }
    toml + "[[digest]]\nname = \"evening\"\nschedule = \"0 19 * * *\"\ntimezone = \"UTC\"\n"
}

/// A page from the first time after a headline on.
fn time_beside<'a>(page: &'a str, headline: &str) -> &'a str {
    let (_, below) = page.split_once(headline).unwrap_or_else(|| panic!("no {headline} in {page}"));
    below.split("datetime=\"").nth(1).unwrap()
}

/// The text of the first element with this tag in a page's main part.
fn headed(page: &str, tag: &str) -> String {
    let (_, rest) = page.split_once("<main").unwrap();
    let (_, rest) = rest.split_once(&format!("<{tag}")).unwrap();
    let (inside, _) = rest.split_once(&format!("</{tag}>")).unwrap();
    let text = inside.rsplit_once("</a>").map_or(inside, |(before, _)| before);
    text.rsplit_once('>').unwrap().1.to_owned()
}

#[tokio::test]
async fn a_topic_that_moved_on_is_headed_by_what_moved_it_wherever_it_is_shown() {
    let mut daemon = TestDaemon::new(&papers()).await;
    for paper in ["post", "herald"] {
        daemon.put(&format!("/{paper}"), &rss(paper, &[AGROUND]));
    }
    daemon.step().await;
    daemon.put("/echo", &rss("Echo", &[TUGS]));
    daemon.step_after(HOUR * 2).await;
    assert_eq!(headed(&daemon.page("/").await, "h3"), "Ferry Aurelia runs aground off Skerry Point");

    daemon.put("/tribune", &rss("Tribune", &[CAPTAIN]));
    daemon.step_after(HOUR * 3).await;
    let headline = "Captain of the ferry Aurelia had slept, inquiry at Skerry Point hears";
    let topic = daemon.stories()[0].topic;
    for (path, tag) in
        [("/".to_owned(), "h3"), ("/world".to_owned(), "h3"), (format!("/topics/{topic}"), "h1")]
    {
        let page = daemon.page(&path).await;
        assert_eq!(headed(&page, tag), headline, "{path}");
        assert!(time_beside(&page, headline).starts_with("2026-11-23T11:00:00"), "{path}: {page}");
        if tag == "h1" {
            let (_, began) = page.split_once("How it began").unwrap();
            assert!(began.contains("2026-11-23T06:00:00") && began.contains("runs aground"), "{page}");
        }
    }
    let output = daemon.page("/world/topics.atom").await;
    assert!(output.contains(&format!("<title>{headline}</title>")), "{output}");

    daemon.step_after(HOUR * 8).await;
    let edition = daemon.page("/digests/evening/2026-11-23").await;
    assert!(edition.contains(headline), "{edition}");
}

/// Ten feeds with their items: a wire with this many, and nine papers with this many each.
fn wire_and_papers(wire: usize, of_paper: usize) -> Vec<(String, Vec<String>)> {
    let items = |feed: u64, count: usize| -> Vec<String> {
        let item = |at: u64| {
            let (title, text) = (made_up(feed * 10_000 + at, 6), made_up(feed * 10_000 + 5_000 + at, 30));
            format!("{at}|{}|{}", title.join(" "), text.join(" "))
        };
        (0..count as u64).map(item).collect()
    };
    let papers = (1..10).map(|paper| (format!("paper-{paper}"), items(paper, of_paper)));
    std::iter::once(("wire".to_owned(), items(50, wire))).chain(papers).collect()
}

#[tokio::test]
async fn of_ten_feeds_the_one_with_most_entries_gets_at_most_a_quarter_of_the_places() {
    let all = wire_and_papers(90, 7);
    let entries: usize = all.iter().map(|(_, items)| items.len()).sum();
    assert!(90 * 10 >= entries * 5 && entries > 150);
    for sections in [["news"; 10], ["wires", "a", "b", "a", "b", "a", "b", "a", "b", "a"]] {
        let mut toml = String::new();
        for ((feed, _), section) in all.iter().zip(sections) {
            let _ = writeln!(toml, "[[feed]]\nurl = \"ORIGIN/{feed}\"\ncategory = \"{section}\"");
        }
        toml += "[[digest]]\nname = \"evening\"\nschedule = \"0 19 * * *\"\ntimezone = \"UTC\"\n";
        let mut daemon = TestDaemon::new(&toml).await;
        daemon.step().await;
        // The wire comes last, so that all its entries are newer than those of the others.
        for (feed, items) in all.iter().rev() {
            daemon.put(&format!("/{feed}"), &rss_of(feed, items));
            daemon.step_after(HOUR).await;
        }
        daemon.step_after(HOUR * 4).await;
        let front = daemon.page("/").await;
        let edition = daemon.page("/digests/evening/2026-11-23").await;
        let mut counts = Vec::new();
        for (page, mark) in [(&front, "<article"), (&edition, "<h3")] {
            let places: Vec<&str> = page.split(mark).skip(1).collect();
            let of_wire =
                places.iter().filter(|place| place.contains(">wire<") || place.contains("· wire<")).count();
            assert!((1..=3).contains(&of_wire), "{of_wire} of {}: {page}", places.len());
            assert!(of_wire * 4 <= places.len(), "{of_wire} of {}", places.len());
            counts.push(places.len());
        }
        assert!(counts[0] >= 20 && counts[1] == 10, "{counts:?}");
    }
}

#[tokio::test]
async fn a_series_under_one_template_has_no_place_on_the_front_page_and_is_no_topic() {
    let mut daemon = TestDaemon::new(&papers()).await;
    let places = ["Aldermoor", "Lesna", "Saltby", "Mirgorod", "Brackwater"];
    let item = |(at, place): (usize, &&str)| {
        format!("{at}|Weather for {place}|Weather for {place}: rain until noon, then wind from the west.")
    };
    let mut series: Vec<String> = places.iter().enumerate().map(item).collect();
    series.push(AGROUND.replace("1|", "9|"));
    daemon.put("/post", &rss_of("Post", &series));
    daemon.put(
        "/herald",
        &rss("Herald", &["1|Owls nest in tower|The bell stays silent until they have flown"]),
    );
    daemon.step().await;
    let front = daemon.page("/").await;
    assert!(front.contains("runs aground") && front.contains("Owls nest"), "{front}");
    assert!(!front.contains("Weather for"), "{front}");
    let stories = daemon.stories();
    let topics: std::collections::BTreeSet<_> = stories.iter().map(|story| story.topic).collect();
    assert_eq!((stories.len(), topics.len()), (7, 7));
}
