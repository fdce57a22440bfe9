//! Replacement: does an old key (id, link or title) now belong to another entry?
//!
//! An entry without an id is identified by its link or by its title. These may stay the same while the entry changes:
//! the link of a show, the title of a daily notice. This module compares words; it must not know to which story an
//! entry belongs.

use crate::model::{Entry, KnownEntry};
use std::collections::HashSet;
use unicode_segmentation::UnicodeSegmentation as _;

/// Minimum length in letters of a *telling* word, which may say what a text is about. Words that are not all ASCII
/// count whatever their length.
const TELLING_LETTERS: usize = 4;

/// If both texts have this many telling words, they can show that equal titles stand over different things.
const MANY_TELLING_WORDS: usize = 8;

/// Texts are about the same if one in this many telling words of the text with fewer of them is in the other.
const SHARED_ONE_IN: usize = 4;

/// What the key of an entry is made from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyOf {
    Id,
    Link,
    Words,
}

/// Whether the feed has put another entry in the place of `old` under the same key: one with another recording, with
/// other numbers, or with no words in common. `alone` says that the new entry is the only one of its document.
///
/// Other numbers count only for an entry that is alone in its document, and under a link only if its date is later as
/// well. Elsewhere numbers may count replies, readers, or minutes.
pub fn is_another(new: &Entry, old: &KnownEntry, old_text: &str, alone: bool) -> bool {
    let key = if new.url.as_deref() == Some(new.key.as_str()) {
        KeyOf::Link
    } else if super::is_unnamed(&new.key) {
        KeyOf::Words
    } else {
        KeyOf::Id
    };
    // An id is given by the publisher and therefore trusted: it belongs to another entry only if link, date and words
    // have all changed.
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
    // In a feed that shows one thing at a time, the title may be the feed's own name, so equal titles do not count.
    let one_at_a_time =
        alone && key == KeyOf::Link && !same_date && says_much(new_words) && says_much(old_words);
    // If the key is made from the title, the titles agree in any case.
    let titles_count = key != KeyOf::Words;
    let titles_agree = titles_count && !one_at_a_time && share_words(&titles, usize::MAX);
    let says_nothing =
        |title: &str, text: &HashSet<String>| text.is_empty() && (!titles_count || title.is_empty());
    !says_nothing(&new.title, new_words)
        && !says_nothing(&old.title, old_words)
        && !titles_agree
        && !share_words(&texts, SHARED_ONE_IN)
}

/// The set of words of a text, in lower case.
pub(super) fn words(text: &str) -> HashSet<String> {
    text.unicode_words().map(str::to_lowercase).collect()
}

/// Whether each text has a number that the other lacks.
pub(super) fn has_other_numbers([one, other]: &[HashSet<String>; 2]) -> bool {
    let is_number = |word: &String| word.contains(|c: char| c.is_ascii_digit());
    one.difference(other).any(is_number) && other.difference(one).any(is_number)
}

/// Whether both texts have telling words in common: at least one, and one in `one_in` of the text with fewer of them.
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

/// Whether a word is a telling one; see [`TELLING_LETTERS`].
fn tells(word: &str) -> bool {
    word.chars().count() >= TELLING_LETTERS || !word.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntryNo;

    const LINK: &str = "https://show.example/";

    /// Checks whether an entry that is identified by its link is another one than the old entry under that link.
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
