//! Replacement: whether what comes under an old id, link or title is another entry by now.
//!
//! An entry without an id is known by its link or by its title, and those may be all that there is: the link of a show, the
//! title of a notice. It compares words; it must not know which story an entry is.

use crate::model::{Entry, KnownEntry};
use std::collections::HashSet;
use unicode_segmentation::UnicodeSegmentation as _;

/// A word of ASCII letters may tell what a text is about from so many letters on. A word in another script always may.
const TELLING_LETTERS: usize = 4;

/// Texts with so many telling words each can differ in what they are about, though their titles are the same.
const MANY_TELLING_WORDS: usize = 8;

/// Texts are about the same when one in so many telling words of the shorter one stands in the other.
const SHARED_ONE_IN: usize = 4;

/// What made the key of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyOf {
    Id,
    Link,
    Words,
}

/// Whether the feed has put another entry in the place of `old`: with another recording, other numbers, or no words in
/// common. `alone` says that the new entry is the whole document.
///
/// Only an entry that is alone is told apart by its numbers, and under a link only when its date is later: elsewhere numbers
/// count replies, readers, or the minutes since.
pub fn is_another(new: &Entry, old: &KnownEntry, old_text: &str, alone: bool) -> bool {
    let key = if new.url.as_deref() == Some(new.key.as_str()) {
        KeyOf::Link
    } else if super::is_unnamed(&new.key) {
        KeyOf::Words
    } else {
        KeyOf::Id
    };
    // Publishers vouch for an id: it is another entry's only where everything has changed, its link too.
    if key == KeyOf::Id && (new.url.is_none() || new.url == old.url || new.published == old.published) {
        return false;
    }
    let same_date = new.published.is_some() && new.published == old.published;
    let unchanged = same_date && new.title == old.title && new.text == old_text;
    let recordings = new.recording().zip(old.recording);
    if key != KeyOf::Id && !unchanged && recordings.is_some_and(|(new, old)| new != old) {
        return true;
    }
    let (titles, texts) = ([words(&new.title), words(&old.title)], [words(&new.text), words(old_text)]);
    let later = new.published.zip(old.published).is_some_and(|(new, old)| new > old);
    let counts_otherwise = alone
        && match key {
            KeyOf::Id => false,
            KeyOf::Link => later && has_other_numbers(&titles),
            KeyOf::Words => has_other_numbers(&texts),
        };
    if counts_otherwise {
        return true;
    }
    let [new_words, old_words] = &texts;
    // A feed that shows one thing at a time does so under its own name, so that its titles always agree.
    let one_at_a_time =
        alone && key == KeyOf::Link && !same_date && says_much(new_words) && says_much(old_words);
    // Where the title made the key, the titles agree for that reason alone.
    let titles_count = key != KeyOf::Words;
    let titles_agree = titles_count && !one_at_a_time && share_words(&titles, usize::MAX);
    let says_nothing =
        |title: &str, text: &HashSet<String>| text.is_empty() && (!titles_count || title.is_empty());
    !says_nothing(&new.title, new_words)
        && !says_nothing(&old.title, old_words)
        && !titles_agree
        && !share_words(&texts, SHARED_ONE_IN)
}

/// The words of a text in lower case, each once.
pub(super) fn words(text: &str) -> HashSet<String> {
    text.unicode_words().map(str::to_lowercase).collect()
}

/// Whether each text has a number that the other lacks.
pub(super) fn has_other_numbers([one, other]: &[HashSet<String>; 2]) -> bool {
    let is_number = |word: &String| word.contains(|c: char| c.is_ascii_digit());
    one.difference(other).any(is_number) && other.difference(one).any(is_number)
}

/// Whether at least one telling word, and one in so many of the text with fewer of them, stands in both.
fn share_words([one, other]: &[HashSet<String>; 2], one_in: usize) -> bool {
    let least = count_telling(one).min(count_telling(other));
    let shared = one.intersection(other).filter(|word| tells(word)).count();
    shared > 0 && shared.saturating_mul(one_in) >= least
}

fn says_much(words: &HashSet<String>) -> bool {
    count_telling(words) >= MANY_TELLING_WORDS
}

fn count_telling(words: &HashSet<String>) -> usize {
    words.iter().filter(|word| tells(word)).count()
}

/// Whether a word may tell what a text is about.
fn tells(word: &str) -> bool {
    word.chars().count() >= TELLING_LETTERS || !word.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntryNo;

    const LINK: &str = "https://show.example/";

    /// An entry that is known by its link, and the one that was there before; whether it is another.
    fn check(new: (&str, &str), old: (&str, &str), alone: bool, another: bool) {
        let entry = Entry {
            key: LINK.to_owned(),
            url: Some(LINK.to_owned()),
            title: new.0.to_owned(),
            text: new.1.to_owned(),
            ..Entry::default()
        };
        let known = KnownEntry {
            no: EntryNo(1),
            key: LINK.to_owned(),
            url: Some(LINK.to_owned()),
            title: old.0.to_owned(),
            published: None,
            recording: None,
            shares_address: false,
        };
        assert_eq!(is_another(&entry, &known, old.1, alone), another, "{new:?} {old:?}");
    }

    #[test]
    fn an_entry_under_an_old_link_is_another_when_it_shares_no_telling_words() {
        check(("Ferry aground", "Forty saved"), ("Bakery wins", "Rye bread"), false, true);
        check(("Ferry aground", "Forty saved"), ("Ferry afloat", "Tugs came"), false, false);
        check(("Ferry aground", ""), ("Bakery wins", "Rye bread"), false, true);
        check(("", ""), ("Bakery wins", "Rye bread"), false, false);
    }

    #[test]
    fn one_thing_at_a_time_is_another_each_time_though_its_title_stays() {
        let herring = "herring boats stayed in port while their nets were mended yesterday";
        let comet = "observers counted nine minutes before clouds hid that comet again";
        check(("Today", herring), ("Today", comet), true, true);
        check(("Today", herring), ("Today", comet), false, false);
    }
}
