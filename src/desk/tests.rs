//! What is promised of the desk as a whole: its settings and its snapshot.

use super::newsroom::{Newsroom, made_up};
use super::{Desk, hash};
use crate::model::{CategoryName, CategorySettings, DeskSettings, OrderKind};

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
