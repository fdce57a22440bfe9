//! Entries that have neither an id nor a link are recognised by their words, also when these change a little.

use crate::daemon::{DAY, HOUR, TestDaemon};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;

const ONE: &str = "[[feed]]\nurl = \"ORIGIN/feed\"";

const THREAD: &str = "Say what you like, about the harbour or anything else, and be kind to each other; this thread is closed \
     when the next one opens, and whoever sells kettles is sent away.";

/// A note: title, text and date, each of which may be missing.
type Note<'a> = (&'a str, &'a str, Option<Timestamp>);

fn feed(notes: &[Note<'_>]) -> String {
    let mut out = "<rss version=\"2.0\"><channel><title>Notes</title>".to_owned();
    for (title, text, date) in notes {
        out.push_str("<item>");
        if !title.is_empty() {
            let _ = write!(out, "<title>{title}</title>");
        }
        if let Some(date) = date {
            let _ = write!(out, "<pubDate>{}</pubDate>", date.strftime("%a, %d %b %Y %H:%M:%S +0000"));
        }
        let _ = write!(out, "<description>{text}</description></item>");
    }
    out + "</channel></rss>"
}

/// Puts these notes, waits, and gives how many entries and stories there are then.
async fn after(daemon: &mut TestDaemon, wait: SignedDuration, notes: &[Note<'_>]) -> (u64, usize) {
    daemon.put("/feed", &feed(notes));
    daemon.step_after(wait).await;
    (daemon.look(|reader| reader.totals()).entries, daemon.stories().len())
}

#[tokio::test]
async fn a_note_that_counts_readers_or_minutes_is_no_new_note() {
    let mut daemon = TestDaemon::new(ONE).await;
    for round in 0..6 {
        let views =
            format!("The kettle boils at the harbour, {} views, {} minutes ago.", 31 + 7 * round, 5 * round);
        let titled = format!("No ferries before noon. Read {} times.", 100 + round);
        let notes = [("", &*views, None), ("Fog", &*titled, None), ("", "Fireworks at nine.", None)];
        assert_eq!(after(&mut daemon, HOUR * 3, &notes).await, (3, 3), "round {round}");
    }
}

#[tokio::test]
async fn dates_that_are_the_time_of_asking_make_no_new_notes_and_do_not_hide_new_ones() {
    let mut daemon = TestDaemon::new(ONE).await;
    let texts = [
        "The kettle boils at the harbour.",
        "No ferries before noon on account of fog.",
        "Fireworks at nine.",
        "The library is closed.",
        "A seal was seen off Skerry Point.",
        "Bread is sold out.",
    ];
    for (round, read) in [(0, 4), (1, 4), (2, 5), (3, 6)] {
        let asked = daemon.clock.now() + DAY;
        let notes: Vec<Note<'_>> = texts[..read].iter().map(|text| ("", *text, Some(asked))).collect();
        assert_eq!(after(&mut daemon, DAY, &notes).await, (read as u64, read), "round {round}");
    }
    assert!(
        daemon.look(|reader| reader.feeds())[0].state.note.is_none(),
        "the feed has not changed its ways"
    );
}

#[tokio::test]
async fn the_same_note_of_another_day_is_old_news_once_and_then_a_series() {
    let mut daemon = TestDaemon::new(ONE).await;
    let mut found = Vec::new();
    for _ in 0..4 {
        let date = daemon.clock.now() + DAY - SignedDuration::from_mins(310);
        found.push(after(&mut daemon, DAY, &[("Open thread", THREAD, Some(date))]).await);
    }
    assert_eq!(found, [(1, 1), (2, 1), (3, 2), (4, 3)]);
}

#[tokio::test]
async fn notices_under_one_title_are_told_apart_and_a_mended_one_is_the_same() {
    let mut daemon = TestDaemon::new(ONE).await;
    let (storm, ice) = ("Storm in the north from Friday noon.", "Ice on all roads in the south.");
    assert_eq!(after(&mut daemon, DAY, &[("Weather warning", storm, None)]).await, (1, 1));
    let both = [("Weather warning", storm, None), ("Weather warning", ice, None)];
    assert_eq!(after(&mut daemon, DAY, &both).await, (2, 2));
    let mended = "Storm in the north from Friday noon on.";
    let both = [("Weather warning", mended, None), ("Weather warning", ice, None)];
    assert_eq!(after(&mut daemon, DAY, &both).await, (2, 2));
}

#[tokio::test]
async fn new_notes_at_the_end_of_a_too_long_document_are_found() {
    let mut daemon = TestDaemon::new(ONE).await;
    let texts: Vec<String> =
        (0..2_104).map(|no| format!("Entry {no} of the log book, and no other.")).collect();
    let notes: Vec<Note<'_>> = texts.iter().map(|text| ("", text.as_str(), None)).collect();
    assert_eq!(after(&mut daemon, DAY, &notes[..2_100]).await.0, 2_000);
    // There are more than are read of a document, and none of those read is new. So next time its end is read.
    assert_eq!(after(&mut daemon, DAY, &notes[..2_102]).await.0, 2_000);
    assert_eq!(after(&mut daemon, DAY, &notes[..2_103]).await.0, 2_103);
    assert_eq!(after(&mut daemon, DAY, &notes).await.0, 2_104);
    assert!(
        daemon.stories().iter().any(|story| story.excerpt.contains("Entry 2103")),
        "the newest is published"
    );
}
