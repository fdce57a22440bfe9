//! What is promised of the desk as a whole: its settings and its snapshot.

use super::newsroom::{Newsroom, made_up, order_target};
use super::{Desk, hash};
use crate::model::{CategoryName, CategorySettings, DeskSettings, EntryRef, Filing, OrderKind, TopicNo};
use jiff::Timestamp;

fn category(name: &str, was: &[&str], keywords: &[&str]) -> CategorySettings {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    CategorySettings {
        name: CategoryName::stored(name.to_owned()),
        title: name.to_owned(),
        keywords: owned(keywords),
        was: owned(was),
    }
}

/// A newsroom that knows three categories and an order.
fn taught() -> Newsroom {
    let mut room = Newsroom::new(&DeskSettings::default());
    for at in 0..30 {
        for (feed, name, words) in [
            ("pitch", "sport", "striker scores goal in match"),
            ("bench", "law", "judge hears appeal in court"),
            ("reel", "film", "director shows scene in cinema"),
        ] {
            let own = made_up(7_000 + at, 12).join(" ");
            room.file_in(feed, Some(name), &format!("A {words} {at}"), &format!("{own} {words}"));
        }
        room.hours += 1;
    }
    let kept = room.file("free", "Striker in court", "A judge asks a striker.");
    let (entry, target) = super::newsroom::order_target("free", &kept);
    let category = CategoryName::stored("film".to_owned());
    room.desk.obey(&OrderKind::Keep { entries: vec![entry], category }, &[target], kept.at);
    room
}

#[test]
fn settings_put_in_force_make_the_desk_that_is_restored_with_them() {
    let settings = DeskSettings {
        categories: vec![category("sport", &["film"], &[]), category("justice", &["law"], &["transfer fee"])],
        topics_stricter: 0.05,
        ..DeskSettings::default()
    };
    let mut room = taught();
    let mut restored = Desk::restore(&settings, &room.desk.snapshot()).unwrap();
    room.desk.configure(&settings);
    assert!(room.desk.snapshot() == restored.snapshot());
    for (title, text) in [
        ("Goal in the last minute", "A striker scores in the match of the year."),
        ("Court hears of a transfer fee", "A club did not pay the transfer fee."),
    ] {
        let (analysis, filing) = room.file_and_tell("free", None, title, text);
        assert_ne!(filing.category.name.as_str(), "law");
        restored.learn(&analysis, &filing);
        assert!(room.desk.snapshot() == restored.snapshot());
    }
}

/// A file on a disk can be damaged. Damage that is found is refused; damage that is not found must not cause a panic
/// later.
#[test]
fn a_snapshot_with_flipped_bytes_is_refused_or_makes_a_desk_that_files() {
    let settings = DeskSettings::default();
    let mut room = taught();
    let whole = room.desk.snapshot();
    let mut refused = 0;
    for seed in 0..40_u64 {
        let mut bytes = whole.clone();
        for flip in 0..=seed % 3 {
            // Half of the flips are near the end, where most of the structure is.
            let dice = hash::mix(seed, flip);
            let length = whole.len() as u64;
            let reach = if seed % 2 == 0 { length } else { length.min(20_000) };
            bytes[(length - 1 - dice % reach) as usize] ^= 1 << (dice >> 60 & 7);
        }
        match Desk::restore(&settings, &bytes) {
            Err(_) => refused += 1,
            Ok(desk) => {
                room.desk = desk;
                for at in 0..5 {
                    room.hours += 1;
                    room.file(
                        "free",
                        &format!("Striker scores goal in court {at}"),
                        "A judge is in the match.",
                    );
                }
            }
        }
    }
    assert!(refused > 0);
}

/// Two topics of two stories each, in the order in which they were filed.
fn two_topics(room: &mut Newsroom) -> [Filing; 4] {
    [
        ("post", "Ferry Aurelia runs aground off Skerry Point"),
        ("herald", "Aurelia: forty taken off the ferry at Skerry Point"),
        ("echo", "Tidelock vault opens without a password"),
        ("lantern", "Password vault Tidelock: the flaw was known"),
    ]
    .map(|(paper, title)| {
        let text = format!("{title}, {} said.", made_up(title.len() as u64, 4).join(" "));
        room.file(paper, title, &text)
    })
}

/// Carries out an order on the first and the third of [`two_topics`].
fn join(room: &mut Newsroom, filings: &[Filing; 4], order: impl Fn(Vec<EntryRef>) -> OrderKind) {
    let [(one, first), (other, third)] =
        [("post", &filings[0]), ("echo", &filings[2])].map(|(paper, filing)| order_target(paper, filing));
    room.desk.obey(&order(vec![one, other]), &[first, third], Timestamp::UNIX_EPOCH);
}

fn topics_now(room: &Newsroom, filings: &[Filing; 4]) -> [Option<TopicNo>; 4] {
    [0, 1, 2, 3].map(|at: usize| Some(room.desk.placements.get(filings[at].story.no)?.topic))
}

#[test]
fn a_topic_that_an_order_joins_to_another_comes_with_all_of_its_stories() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let filings = two_topics(&mut room);
    let [first, third] = [0, 2].map(|at: usize| filings[at].topic.no);
    assert_eq!(topics_now(&room, &filings), [first, first, third, third].map(Some));
    assert_ne!(first, third);
    join(&mut room, &filings, |entries| OrderKind::JoinTopics { entries });
    assert_eq!(topics_now(&room, &filings), [Some(first.min(third)); 4]);
}

#[test]
fn a_story_that_an_order_joins_to_another_is_no_story_any_more_and_its_topic_comes_along() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let filings = two_topics(&mut room);
    let into = Some(filings[0].topic.no.min(filings[2].topic.no));
    let absorbed = if filings[0].story.no < filings[2].story.no { 2 } else { 0 };
    join(&mut room, &filings, |entries| OrderKind::JoinStories { entries });
    let mut topics = [into; 4];
    topics[absorbed] = None;
    assert_eq!(topics_now(&room, &filings), topics);
}
