use super::*;

fn entry(features: &[u32]) -> Vec<(u32, u8)> {
    features.iter().map(|feature| (*feature, 1)).collect()
}

/// Three words that always come together, mostly in one section, count three times for naive Bayes; the one that makes
/// it the other's counts once.
fn taught() -> Sections {
    let mut sections = Sections::new();
    for round in 0..400 {
        for (own, other, words) in [("sport", "law", 0), ("law", "sport", 10)] {
            sections.learn(own, &entry(&[words + 1, words + 2, words + 3, 10_000 + 10 * round + words]));
            if round % 4 == 1 {
                sections.learn(own, &entry(&[words + 4, words + 5, 20_000 + 10 * round + words]));
            }
            if round % 3 == 0 {
                let both = [words + 1, words + 2, words + 3, words + 4, 30_000 + 10 * round + words];
                sections.learn(other, &entry(&both));
            }
        }
    }
    sections
}

fn guessed(sections: &Sections, features: &[u32]) -> String {
    sections.guess(&entry(features), 0.9).expect("two sections are known").section
}

#[test]
fn what_counting_alone_gets_wrong_is_corrected() {
    let mut sections = taught();
    assert_eq!(guessed(&sections, &[1, 2, 3, 4]), "law");
    assert_eq!(guessed(&sections, &[1, 2, 3]), "sport");
    assert_eq!(guessed(&sections, &[11, 12, 13, 14]), "sport");
    sections.corrections.fill(0);
    assert_eq!(guessed(&sections, &[1, 2, 3, 4]), "sport");
}

#[test]
fn one_wrong_label_does_not_undo_what_many_right_ones_taught() {
    let mut sections = taught();
    sections.learn("law", &entry(&[1, 2, 3]));
    assert_eq!(guessed(&sections, &[1, 2, 3]), "sport");
}

#[test]
fn a_feed_whose_whole_backlog_comes_at_once_does_not_take_the_words_of_others() {
    let mut sections = taught();
    for round in 0..30 {
        sections.learn("invest", &entry(&[11, 12, 13, 7_000 + round]));
        sections.learn("invest", &entry(&[1, 2, 3, 8_000 + round]));
    }
    assert_eq!(guessed(&sections, &[11, 12, 13]), "law");
    assert_eq!(guessed(&sections, &[1, 2, 3]), "sport");
}

#[test]
fn a_classifier_read_back_goes_on_exactly_as_the_one_that_was_written() {
    let mut sections = taught();
    assert!(sections.corrections.iter().any(|correction| *correction < 0));
    let mut out = Writer::default();
    sections.write(&mut out);
    let mut read = Sections::read(&mut Reader(&out.0)).expect("reads back");
    assert!(read == sections);
    for again in [&mut sections, &mut read] {
        again.learn("law", &entry(&[1, 2, 3, 7]));
        again.learn("art", &entry(&[7, 8]));
    }
    assert!(read == sections);
}

#[test]
fn a_damaged_correction_is_an_error() {
    // Two sections, one feature that the first has once, and a correction for a third.
    let mut out = Writer::default();
    out.number(2);
    out.text("sport");
    out.text("law");
    for number in [1, 9, 0b01, 1, 0b100] {
        out.number(number);
    }
    let error = Sections::read(&mut Reader(&out.0)).expect_err("there is no third section");
    assert_eq!(error.0, "a correction lies outside its table");
}

#[test]
fn forgetting_takes_corrections_along() {
    let mut sections = taught();
    let place = 30_030 * sections.stride;
    assert!(sections.corrections[place..place + 2].iter().any(|correction| *correction != 0));
    sections.halve();
    assert_eq!(sections.corrections[place..place + 2], [0, 0], "a word seen once is gone");
    let mut out = Writer::default();
    sections.write(&mut out);
    assert!(Sections::read(&mut Reader(&out.0)).expect("reads back") == sections);
}

#[test]
fn the_surest_guesses_do_not_seem_less_sure_because_they_are_rare() {
    let mut sections = Sections::new();
    sections.record[6] = (200, 190);
    sections.record[9] = (1, 1);
    let score = |margin| sections.trust(margin, 0.9).0;
    let clear = score(1.1);
    assert!(score(1.6) >= clear, "one guess was so sure, and right");
    assert!(score(6.0) >= clear, "none was");
}
