//! Topics as readers meet them over time: what heads them, and what is never said again.

use crate::daemon::{TestDaemon, rss};
use jiff::SignedDuration;
use std::fmt::Write as _;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Four papers and a digest at seven in the evening.
fn papers() -> String {
    let mut toml = String::new();
    for paper in ["post", "herald", "echo", "tribune"] {
        let _ = writeln!(toml, "[[feed]]\nurl = \"ORIGIN/{paper}\"\ncategory = \"world\"");
    }
    toml + "[[digest]]\nname = \"evening\"\nschedule = \"0 19 * * *\"\ntimezone = \"UTC\"\n"
}

const AGROUND: &str = "1|Ferry Aurelia runs aground off Skerry Point|The ferry Aurelia ran aground off Skerry Point in the \
     fog this morning. Lifeboats from Aldermoor took all of its forty passengers ashore.";
const TUGS: &str = "2|Tugs pull the ferry Aurelia free of Skerry Point|Three tugs from Lesna pulled the ferry Aurelia free of \
     the rocks off Skerry Point at high water, and lifeboats from Aldermoor stood by.";
const CAPTAIN: &str = "3|Captain of the ferry Aurelia had slept, inquiry at Skerry Point hears|The captain of the Aurelia \
     told an inquiry that he was asleep when the ferry ran aground off Skerry Point. Lifeboats from Aldermoor had to wait.";

/// What stands between the headline and its time on a page.
fn time_beside<'a>(page: &'a str, headline: &str) -> &'a str {
    let (_, below) = page.split_once(headline).unwrap_or_else(|| panic!("no {headline} in {page}"));
    below.split("datetime=\"").nth(1).unwrap()
}

/// The headline that a page's first card has, or its `h1`.
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
            let (_, began) = page.split_once("Began").unwrap();
            assert!(began.contains("2026-11-23T06:00:00") && began.contains("runs aground"), "{page}");
        }
    }
    let output = daemon.page("/world/topics.atom").await;
    assert!(output.contains(&format!("<title>{headline}</title>")), "{output}");

    daemon.step_after(HOUR * 8).await;
    let edition = daemon.page("/digests/evening/2026-11-23").await;
    assert!(edition.contains(headline), "{edition}");
}
