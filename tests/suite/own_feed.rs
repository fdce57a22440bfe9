//! Entries of one feed: those that it tells apart stay apart, and one that it updates does not become news again.

use crate::daemon::{DAY, HOUR, TestDaemon, rss};
use jiff::SignedDuration;
use std::fmt::Write as _;

const ONE: &str = "[[feed]]\nurl = \"ORIGIN/feed\"";
const TWO: &str = "[[feed]]\nurl = \"ORIGIN/feed\"\n[[feed]]\nurl = \"ORIGIN/other\"";

const NOTES: &str = "The tea and pages programme comes from a studio above the harbour, and is recorded on the first Sunday \
     of the month with whoever has climbed the stairs. Write to us, send us your letters, and tell a friend about us: that \
     is how people find what they listen to.";

/// An item: guid, title, link, text, and the address of a recording; empty parts are left out.
type Item<'a> = [&'a str; 5];

fn feed(items: &[Item<'_>]) -> String {
    let mut out =
        "<rss version=\"2.0\"><channel><title>Show</title><link>https://show.example/</link>".to_owned();
    for [guid, title, link, text, recording] in items {
        out.push_str("<item>");
        let element = |out: &mut String, name: &str, words: &str| {
            if !words.is_empty() {
                let _ = write!(out, "<{name}>{words}</{}>", name.split(' ').next().unwrap());
            }
        };
        element(&mut out, "guid isPermaLink=\"false\"", guid);
        element(&mut out, "title", title);
        element(&mut out, "link", link);
        element(&mut out, "description", text);
        if !recording.is_empty() {
            let _ = write!(out, "<enclosure url=\"{recording}\" type=\"audio/mpeg\" length=\"1\"/>");
        }
        out.push_str("</item>");
    }
    out + "</channel></rss>"
}

/// A daemon that has read these items of `/feed`.
async fn started(toml: &str, items: &[Item<'_>]) -> TestDaemon {
    let mut daemon = TestDaemon::new(toml).await;
    daemon.put("/feed", &feed(items));
    daemon.step().await;
    daemon
}

/// Puts these items, waits, and gives how many stories there are then.
async fn stories_after(daemon: &mut TestDaemon, wait: SignedDuration, items: &[Item<'_>]) -> usize {
    daemon.put("/feed", &feed(items));
    daemon.step_after(wait).await;
    daemon.stories().len()
}

#[tokio::test]
async fn every_episode_of_a_podcast_is_a_story_though_all_link_to_the_show() {
    for show in
        ["https://show.example/", "https://show.example/tea-and-pages-weekly", "https://show.example/?p=7"]
    {
        let titles = ["The Winter Orchard", "Night Trains", "Salt and Iron", "A Map of Small Islands"];
        let items: Vec<Item<'_>> = titles.iter().map(|title| [*title, *title, show, NOTES, ""]).collect();
        let mut daemon = started(ONE, &items[1..]).await;
        assert_eq!(daemon.stories().len(), 3, "{show}");
        assert_eq!(stories_after(&mut daemon, DAY, &items).await, 4, "{show}");
    }
}

#[tokio::test]
async fn each_notice_of_one_pattern_is_a_story() {
    let notices: Vec<(String, String, String)> = (1..=20)
        .map(|no| {
            let words = format!(
                "A flaw in the library libheron before version 2.{no} allows an attacker who can send it a crafted file to \
                 stop the program. Update to version 2.{no} or later. There is no other remedy, and the flaw is not known to \
                 be used by anyone."
            );
            (format!("https://vendor.example/notices/{no}"), format!("HSA-{no}: libheron denial of service"), words)
        })
        .collect();
    let items: Vec<Item<'_>> =
        notices.iter().map(|(link, title, words)| [&**link, &**title, &**link, &**words, ""]).collect();
    let mut daemon = started(ONE, &items[..10]).await;
    assert_eq!(daemon.stories().len(), 10);
    assert_eq!(stories_after(&mut daemon, DAY, &items).await, 20);
}

#[tokio::test]
async fn what_one_document_says_twice_is_one_story() {
    let link = "https://show.example/2026/orchard-opens";
    let daemon = started(
        ONE,
        &[
            ["1", "The orchard opens", link, NOTES, ""],
            ["2", "The orchard opens", link, NOTES, ""],
            // The same entry again, with a slip in its address corrected.
            ["3", "The bakery opens again", "https://show.example/2026/bakery-opns-again", NOTES, ""],
            ["4", "The bakery opens again", "https://show.example/2026/bakery-opens-again", NOTES, ""],
            // The words are too few to be sure.
            ["5", "Closed today", "https://show.example/2026/closed-a", "We are closed.", ""],
            ["6", "Closed today", "https://show.example/2026/closed-b", "We are closed.", ""],
        ],
    )
    .await;
    let told = daemon.run(ONE, &["why", "https://show.example/2026/bakery-opens-again"]);
    assert!(told.contains("same text"), "{told}");
    let titles = daemon.titles();
    assert_eq!(titles, ["Closed today", "Closed today", "The bakery opens again", "The orchard opens"]);
}

#[tokio::test]
async fn a_bulletin_that_takes_the_place_of_the_last_is_a_story_an_hour() {
    let link = "https://radio.example/news/latest-bulletin";
    let recording = |hour: &str| format!("https://radio.example/news/{hour}.mp3?token={hour}");
    // With an id and without one.
    for with_id in [true, false] {
        let id = |hour: &'static str| if with_id { hour } else { "" };
        let mut daemon =
            started(ONE, &[[id("ten"), "The news", link, "The latest news.", &recording("ten")]]).await;
        for (hour, want) in [("eleven", 2), ("twelve", 3)] {
            let items = [[id(hour), "The news", link, "The latest news.", &recording(hour)]];
            assert_eq!(stories_after(&mut daemon, HOUR * 2, &items).await, want, "{hour} {with_id}");
        }
        // The same bulletin with other words is no new story.
        let mended = [id("twelve"), "The news", link, "The latest news, mended.", &recording("twelve")];
        assert_eq!(stories_after(&mut daemon, HOUR * 2, &[mended]).await, 3, "{with_id}");
    }
}

#[tokio::test]
async fn another_number_date_or_part_under_the_same_link_is_another_story() {
    let link = "https://show.example/column/what-the-tide-brought";
    let mut daemon = started(ONE, &[["a", "What the tide brought, part one", link, NOTES, ""]]).await;
    assert_eq!(
        stories_after(&mut daemon, DAY, &[["b", "What the tide brought, part two", link, NOTES, ""]]).await,
        2
    );
    assert_eq!(stories_after(&mut daemon, DAY, &[["c", "On Friday's tide", link, NOTES, ""]]).await, 2);
    assert_eq!(stories_after(&mut daemon, DAY, &[["d", "On Sunday's tide", link, NOTES, ""]]).await, 3);
    let nothing_in_common = ["e", "Whales", link, "Seventeen beasts swam past Gull Haven.", ""];
    assert_eq!(stories_after(&mut daemon, DAY, &[nothing_in_common]).await, 4);
}

#[tokio::test]
async fn a_page_whose_headline_is_mended_all_day_is_one_story() {
    let link = "https://show.example/2026/11/ferry-aground-off-skerry-point";
    let headlines = [
        "Ferry runs aground off Skerry Point",
        "Ferry aground: lifeboats are on their way",
        "Forty brought ashore from stranded ferry",
        "Harbour master: ferry floats again",
    ];
    let mut daemon = started(ONE, &[["0", headlines[0], link, NOTES, ""]]).await;
    let founded = daemon.stories().remove(0);
    for (at, headline) in headlines.iter().enumerate() {
        let text = format!("{NOTES} Brought up to date {at} times.");
        let items = [[&*at.to_string(), headline, link, &text, ""]];
        assert_eq!(stories_after(&mut daemon, HOUR * 3, &items).await, 1, "{headline}");
    }
    assert_eq!(daemon.stories()[0].id, founded.id);
}

#[tokio::test]
async fn a_link_that_a_feed_gives_to_several_entries_identifies_none_of_them_for_ever() {
    let show = "https://show.example/tea-and-pages-weekly";
    let mut daemon = started(
        TWO,
        &[
            ["1", "The Winter Orchard", show, "With a guest.", ""],
            ["2", "Night Trains", show, "With a map.", ""],
        ],
    )
    .await;
    // Another feed points to the show's page: that is none of its episodes.
    daemon.put("/other", &rss("Other", &[&format!("x|A programme worth hearing|Every week.|{show}")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 3);
    // Later the feed holds one episode at a time.
    assert_eq!(stories_after(&mut daemon, DAY, &[["3", "Tea for Winter", show, "With a pot.", ""]]).await, 4);
    assert_eq!(stories_after(&mut daemon, DAY, &[["4", "Winter Tea", show, "With two pots.", ""]]).await, 5);
}

#[tokio::test]
async fn other_feeds_keep_a_link_that_one_has_given_to_several_entries() {
    let toml = format!("{TWO}\n[[feed]]\nurl = \"ORIGIN/third\"");
    let show = "https://show.example/tea-and-pages-weekly";
    let mut daemon = started(
        &toml,
        &[
            ["1", "The Winter Orchard", show, "With a guest.", ""],
            ["2", "Night Trains", show, "With a map.", ""],
        ],
    )
    .await;
    daemon.put("/other", &rss("Other", &[&format!("x|A programme worth hearing|Every week.|{show}")]));
    daemon.put("/third", &rss("Third", &[&format!("y|Tea and pages, recommended|On Sundays.|{show}")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 3, "{:?}", daemon.titles());
}

#[tokio::test]
async fn notes_of_one_page_are_told_apart_by_the_part_they_name() {
    let page = "https://diary.example/2026/11/20.html";
    let notes: Vec<(String, String)> = (1..=4)
        .map(|no| (format!("{page}#a{no}4031"), format!("Note {no} of the day, and no more than that.")))
        .collect();
    let items: Vec<Item<'_>> = notes.iter().map(|(link, text)| [&**link, "", &**link, &**text, ""]).collect();
    let mut daemon = started(TWO, &items).await;
    assert_eq!(daemon.stories().len(), 4);
    daemon.put("/other", &rss("Other", &[&format!("x|The diary of the day|Read it all.|{page}")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 5);
}

#[tokio::test]
async fn the_same_text_again_is_old_news_once_and_then_a_series() {
    let dated = |day: u32, items: &[Item<'_>]| {
        let date = format!("<item><pubDate>{} Nov 2026 05:00:00 GMT</pubDate>", 22 + day);
        feed(items).replace("<item>", &date)
    };
    let mut daemon = TestDaemon::new(ONE).await;
    let mut stories = Vec::new();
    for day in 0..5 {
        let link = format!("https://show.example/threads/{day}-open-thread-for-everyone");
        daemon.put("/feed", &dated(day, &[[&link, "Open thread", &link, NOTES, ""]]));
        daemon.step_after(DAY).await;
        stories.push(daemon.stories().len());
    }
    assert_eq!(stories, [1, 1, 2, 3, 4]);
}

#[tokio::test]
async fn what_a_planet_gathers_from_different_sites_is_judged_as_by_different_publishers() {
    let daemon = started(
        ONE,
        &[
            ["1", "How we mended the harbour clock", "https://ada.example/2026/harbour-clock", NOTES, ""],
            [
                "2",
                "The harbour clock goes again",
                "https://bea.example/notes/the-harbour-clock-goes",
                NOTES,
                "",
            ],
            ["3", "How we mended the harbour bell", "https://ada.example/2026/harbour-bell", NOTES, ""],
        ],
    )
    .await;
    assert_eq!(daemon.stories().len(), 2, "{:?}", daemon.titles());
}

#[tokio::test]
async fn two_entries_of_one_document_never_become_one_through_a_third() {
    let copy = "https://other.example/2026/a-copy-of-the-harbour-report";
    let mut daemon = started(
        TWO,
        &[
            [
                "1",
                "Harbour report for the northern pier",
                "https://show.example/reports/north-pier-11",
                NOTES,
                "",
            ],
            [
                "2",
                "Harbour report for the southern pier",
                "https://show.example/reports/south-pier-11",
                NOTES,
                "",
            ],
        ],
    )
    .await;
    daemon.put("/other", &rss("Other", &[&format!("x|Reports from the harbour's two piers|{NOTES}|{copy}")]));
    daemon.step_after(DAY).await;
    let own = daemon.stories().into_iter().filter(|story| story.title.starts_with("Harbour report")).count();
    assert_eq!(own, 2, "{:?}", daemon.titles());
}

#[tokio::test]
async fn entries_of_a_feed_without_dedupe_are_never_merged() {
    let link = "https://show.example/2026/orchard-opens";
    let toml = "[[feed]]\nurl = \"ORIGIN/feed\"\ndedupe = false\n[[feed]]\nurl = \"ORIGIN/other\"";
    let items = [
        ["1", "Tea and pages programme", link, NOTES, ""],
        ["2", "Tea and pages programme", link, NOTES, ""],
    ];
    let mut daemon = started(toml, &items).await;
    assert_eq!(daemon.stories().len(), 2);
    daemon.put("/other", &rss("Other", &[&format!("x|Tea and pages programme|{NOTES}|{link}")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 3);
    let toml = toml.replace("dedupe = false", "dedupe = true");
    daemon.restart(&toml).await;
    daemon.put("/other", &rss("Other", &[&format!("y|Tea and pages programme today|{NOTES}|{link}-x")]));
    daemon.step_after(DAY).await;
    assert_eq!(
        daemon.stories().len(),
        2,
        "once it is taken back, the copies find each other; twins of one document do not"
    );
}

#[tokio::test]
async fn notes_without_id_link_or_title_are_told_apart_by_what_they_say() {
    fn note(text: &str) -> Item<'_> {
        ["", "", "", text, ""]
    }
    let (first, second) = ("The kettle boils at the harbour.", "No ferries before noon on account of fog.");
    let mut daemon = started(ONE, &[note(first), note(second), note("Third.")]).await;
    assert_eq!(daemon.stories().len(), 3);
    // A note with a slip corrected is the same note.
    let mended = "No ferries before noon on account of the fog.";
    assert_eq!(stories_after(&mut daemon, DAY, &[note(first), note(mended), note("Third.")]).await, 3);
    assert_eq!(daemon.look(|reader| reader.totals()).entries, 3);
    // One note at a time.
    let level = |level: &str| format!("Water stands {level} cm above the mark at Gull Haven pier.");
    assert_eq!(stories_after(&mut daemon, DAY, &[note(&level("31"))]).await, 4);
    assert_eq!(stories_after(&mut daemon, DAY, &[note(&level("35"))]).await, 5);
    assert_eq!(stories_after(&mut daemon, DAY, &[note("Fireworks at nine.")]).await, 6);
    assert_eq!(daemon.look(|reader| reader.totals()).entries, 6);
}

#[tokio::test]
async fn an_id_that_every_item_has_takes_no_story_from_those_that_had_it_first() {
    let mut daemon =
        started(ONE, &[["N/A", "", "https://show.example/notes/1", "The kettle boils at the harbour.", ""]])
            .await;
    let founded = daemon.stories().remove(0);
    let items = [
        ["N/A", "", "https://show.example/notes/2", "No ferries before noon.", ""],
        ["N/A", "", "https://show.example/notes/1", "The kettle boils at the harbour.", ""],
    ];
    assert_eq!(stories_after(&mut daemon, DAY, &items).await, 2);
    assert!(daemon.stories().iter().any(|story| story.id == founded.id && story.sources.len() == 1));
}

#[tokio::test]
async fn a_page_under_another_address_and_headline_becomes_one_with_its_story_through_a_copy() {
    let report = "The ferry Aurelia ran aground off Skerry Point early on Monday with forty people aboard, and all of them \
                  were brought ashore by lifeboats before the tide turned, the harbour master said.";
    let later = "Divers looked at the hull of the Aurelia on Tuesday and found a tear as long as a rowing boat, so that the \
                 crossing to Brackwater stays closed until the yard at Gull Haven has room for her.";
    let (first, second) =
        ("Ferry runs aground off Skerry Point", "Torn ferry has to wait for a place in the yard");
    let copy = "https://other.example/2026/ferry-aground-off-skerry";
    let mut daemon =
        started(TWO, &[["1", first, "https://show.example/2026/ferry-runs-aground-77", report, ""]]).await;
    daemon.put("/other", &rss("Other", &[&format!("x|{first}|{report}|{copy}")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 1);
    // Nothing shows yet that this is the page of the day before …
    let moved = [["2", second, "https://show.example/2026/torn-ferry-has-to-wait-77", later, ""]];
    assert_eq!(stories_after(&mut daemon, DAY, &moved).await, 2);
    // … but the copy, which was brought up to date where it was, does; and the one page came after the other.
    daemon.put("/other", &rss("Other", &[&format!("y|{first}: what divers found|{later}|{copy}")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 1);
}

#[tokio::test]
async fn a_headline_that_is_mended_until_nothing_of_it_is_left_is_one_story() {
    let link = "https://show.example/2026/11/ferry-aground-off-skerry-point";
    let headlines = [
        "Ferry runs aground off Skerry Point",
        "Ferry aground: lifeboats are on their way",
        "Lifeboats bring forty ashore",
        "Forty saved, harbour master says",
        "Storm closes harbour on east coast",
        "Harbour closed once the storm is due",
    ];
    let mut daemon = started(ONE, &[["0", headlines[0], link, "", ""]]).await;
    for (at, headline) in headlines.iter().enumerate().skip(1) {
        assert_eq!(
            stories_after(&mut daemon, DAY, &[[&at.to_string(), headline, link, "", ""]]).await,
            1,
            "{headline}"
        );
    }
}

#[tokio::test]
async fn links_that_differ_only_in_tracking_count_as_one_shared_link() {
    let show = "https://show.example/tea-and-pages-weekly";
    let links: Vec<String> = (1..=3).map(|no| format!("{show}?utm_campaign=episode-{no}")).collect();
    let titles = ["The Winter Orchard", "Night Trains", "Salt and Iron"];
    let items: Vec<Item<'_>> =
        links.iter().zip(titles).map(|(link, title)| [title, title, &**link, "With a guest.", ""]).collect();
    let mut daemon = started(TWO, &items).await;
    daemon.put("/other", &rss("Other", &[&format!("x|A programme worth hearing|Every week.|{show}")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 4);
    let later = [["4", "Iron Tea", &*format!("{show}?utm_campaign=episode-4"), "With a pot.", ""]];
    assert_eq!(stories_after(&mut daemon, DAY, &later).await, 5);
}

#[tokio::test]
async fn an_entry_that_comes_back_stays_apart_from_those_beside_it() {
    let copy = "https://other.example/2026/ferry-aground-off-skerry";
    let (first, second) =
        ("Ferry runs aground off Skerry Point", "Torn ferry has to wait for a place in the yard");
    let later = "Divers looked at the hull of the Aurelia on Tuesday and found a tear as long as a rowing boat, so that the \
                 crossing to Brackwater stays closed until the yard at Gull Haven has room for her.";
    let one = ["1", first, "https://show.example/2026/ferry-runs-aground-77", NOTES, ""];
    let other = ["2", second, "https://show.example/2026/torn-ferry-has-to-wait-78", later, ""];
    let mut daemon = started(TWO, &[one]).await;
    daemon.put("/other", &rss("Other", &[&format!("x|{first}|{NOTES}|{copy}")]));
    daemon.step_after(DAY).await;
    let glitch = ["9", "Under construction", "https://show.example/2026/under-construction-0", "", ""];
    stories_after(&mut daemon, DAY, &[glitch]).await;
    assert_eq!(stories_after(&mut daemon, DAY, &[one, other]).await, 3);
    // A page elsewhere tells both, one after the other, at one address; the feed has told them apart.
    daemon.put("/other", &rss("Other", &[&format!("y|{first}: what divers found|{later}|{copy}")]));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.stories().len(), 3);
}

#[tokio::test]
async fn a_feed_that_gives_other_ids_at_every_poll_repeats_nothing_and_still_brings_news() {
    let mut daemon = TestDaemon::new(ONE).await;
    let told: Vec<[String; 2]> =
        (0..5).map(|no| [format!("Word {no} of the day"), format!("Told number {no}, in short.")]).collect();
    for poll in 0..4 {
        let ids: Vec<String> = (0..5).map(|no| format!("{poll}-{no}")).collect();
        let mut items: Vec<Item<'_>> =
            ids.iter().zip(&told).map(|(id, [title, text])| [&**id, &**title, "", &**text, ""]).collect();
        if poll == 3 {
            items.insert(0, ["3-new", "Fireworks at nine", "", "From the northern pier.", ""]);
        }
        let want = 5 + usize::from(poll == 3);
        assert_eq!(stories_after(&mut daemon, DAY, &items).await, want, "poll {poll}");
        assert_eq!(daemon.look(|reader| reader.totals()).entries as usize, want);
    }
}

#[tokio::test]
async fn an_episode_whose_recording_moves_to_another_address_is_the_same() {
    let date = |document: String| {
        document.replace("<item>", "<item><pubDate>Mon, 23 Nov 2026 05:00:00 GMT</pubDate>")
    };
    for id in ["", "told"] {
        let mut daemon = TestDaemon::new(ONE).await;
        for poll in 0..3 {
            let recording = format!("https://cdn-{poll}.example/token-{poll}/night-trains.mp3");
            let id = if id.is_empty() { String::new() } else { recording.clone() };
            let link = "https://show.example/2026/night-trains-and-other-tales";
            daemon.put("/feed", &date(feed(&[[&id, "Night Trains", link, NOTES, &recording]])));
            daemon.step_after(DAY).await;
            assert_eq!(daemon.stories().len(), 1, "{id:?} {poll}");
        }
    }
}

#[tokio::test]
async fn each_daily_comic_under_one_title_and_link_is_a_story() {
    let mut daemon = TestDaemon::new(ONE).await;
    for day in 1..=4_i64 {
        let now = daemon.clock.now() + DAY;
        let items: String = (1..=day)
            .map(|no| {
                let date = (now - DAY * (day - no) as i32).strftime("%a, %d %b %Y %H:%M:%S +0000");
                format!(
                    "<item><guid isPermaLink=\"false\">{no}</guid><title>New comic!</title><link>https://comic.example/</link>\
                     <pubDate>{date}</pubDate><description>&lt;img src=\"/{no}.png\"&gt;</description></item>"
                )
            })
            .collect();
        daemon.put(
            "/feed",
            &format!("<rss version=\"2.0\"><channel><title>Comic</title>{items}</channel></rss>"),
        );
        daemon.step_after(DAY).await;
        assert_eq!(daemon.stories().len(), day as usize);
    }
}

#[tokio::test]
async fn entries_that_come_one_at_a_time_under_one_title_are_a_story_each() {
    let quotes = [
        "Quiet rivers carry patient boats towards distant harbours before winter closes them",
        "Nobody plants orchards expecting apples during the first summer after digging",
        "Clocks measure only what impatient travellers forget while trains stand still",
    ];
    let mut daemon = TestDaemon::new(ONE).await;
    for (shown, quote) in quotes.iter().enumerate() {
        for extra in ["", " at all"] {
            let text = format!("{quote}{extra}");
            let item = ["", "Quote of the moment", "https://quotes.example/", &*text, ""];
            assert_eq!(stories_after(&mut daemon, DAY, &[item]).await, shown + 1, "{text}");
        }
    }
}
