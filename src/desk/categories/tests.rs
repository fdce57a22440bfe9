//! Tests of the categories engine on entries that we wrote.

use crate::desk::Desk;
use crate::desk::memory_index::MemoryIndex;
use crate::desk::newsroom::{Newsroom, made_up};
use crate::model::{CategoryName, CategoryRule, CategorySettings, DeskSettings};

/// A newsroom in which fixed feeds have taught two categories.
fn taught(settings: &DeskSettings) -> Newsroom {
    let mut room = Newsroom::new(settings);
    for at in 0..80 {
        let own = made_up(7_000 + at, 12).join(" ");
        room.file_in(
            "pitch",
            Some("sport"),
            &format!("Striker scores goal in match {at}"),
            &format!("league team {own} coach"),
        );
        room.file_in(
            "bench",
            Some("law"),
            &format!("Judge hears appeal in court {at}"),
            &format!("lawyer verdict {own} jury"),
        );
    }
    room
}

#[test]
fn a_clear_story_is_decided_and_an_unclear_one_is_general() {
    let mut room = taught(&DeskSettings::default());
    let clear = room.file("free", "Coach praises striker after league match", "The team scored a late goal.");
    assert_eq!((clear.category.name.as_str(), clear.category.rule), ("sport", CategoryRule::Learned));
    assert!(clear.category.score >= 0.9);
    let unclear = room.file("free", "Wooden bowls from the valley", "Turned by hand from pear trees.");
    assert_eq!((unclear.category.name.as_str(), unclear.category.rule), ("general", CategoryRule::Unsure));
}

#[test]
fn what_was_learned_survives_a_snapshot_to_the_last_bit() {
    let settings = DeskSettings::default();
    let mut room = taught(&settings);
    let bytes = room.desk.snapshot();
    let restored = Desk::restore(&settings, &bytes).unwrap();
    assert_eq!(restored.snapshot(), bytes);
    let title =
        ("Coach praises striker after appeal in Valdoria", "The team of the judge hears of a late goal.");
    let there = room.file("free", title.0, title.1);
    let mut again = Newsroom { desk: restored, index: MemoryIndex::default(), ..room };
    again.entries -= 1;
    let here = again.file("free", title.0, title.1);
    assert_eq!((there.topic, there.category), (here.topic, here.category));
}

#[test]
fn a_category_that_is_no_more_is_not_guessed() {
    let mut room = taught(&DeskSettings::default());
    let category = |name: &str| CategorySettings {
        name: CategoryName::stored(name.to_owned()),
        title: name.to_owned(),
        keywords: Vec::new(),
        was: Vec::new(),
    };
    let categories = vec![category("general"), category("law")];
    room.desk.configure(&DeskSettings { categories, ..DeskSettings::default() });
    let (title, text) =
        ("Coach praises striker after league match", "The team scored a late goal in the match.");
    let founded = room.file("free", title, text);
    let copy = room.file("other", title, text);
    assert_eq!((copy.story.no, copy.category.rule), (founded.story.no, CategoryRule::Kept));
    assert_eq!((founded.category.guess, copy.category.guess), (None, None));
}

#[test]
fn the_operators_keyword_decides_before_what_was_learned() {
    let category = |name: &str, keywords: &[&str]| CategorySettings {
        name: CategoryName::stored(name.to_owned()),
        title: name.to_owned(),
        keywords: keywords.iter().map(|keyword| (*keyword).to_owned()).collect(),
        was: Vec::new(),
    };
    let settings = DeskSettings {
        categories: vec![
            category("general", &[]),
            category("sport", &[]),
            category("law", &["transfer fee"]),
        ],
        ..DeskSettings::default()
    };
    let mut room = taught(&settings);
    let filing =
        room.file("free", "Striker scores goal for league team", "The coach defends the Transfer Fee.");
    assert_eq!((filing.category.name.as_str(), filing.category.rule), ("law", CategoryRule::Keyword));
}
