//! Extracts what an edition quotes of a publisher: the first sentences of a text, if they say more than its headline.
//!
//! Sentences are taken as they are; nothing is combined or rewritten. Must not know topics.

use super::super::clean;
use super::length::words_in;
use std::collections::HashSet;

/// Sentences of an excerpt.
const SENTENCES: usize = 3;
/// Characters of an excerpt.
const CHARS: usize = 380;
/// An excerpt must have at least so many words that the headline does not have.
const NEW_WORDS: usize = 3;
/// Bytes that may stand before a repeated headline, such as the menu of a page, and that a dateline may have.
const ABOVE: usize = 100;

/// What to quote of a text, which may have been cut anywhere; empty if it says no more than its headline.
pub(super) fn excerpt(title: &str, text: &str) -> String {
    let (title, text) = (clean::line(title), clean::line(text));
    let is_cut = text.chars().count() + 1 >= clean::GIVEN_CHARS;
    let rest = without_dateline(without_headline(&text, title.trim_end_matches('.')));
    if rest.starts_with("FILE PHOTO") {
        // It is the caption of a picture, and says nothing without it.
        return String::new();
    }
    // A text that was cut may end within a word. With a limit below its length it is cut again, between words.
    let chars = if is_cut { CHARS.min(rest.chars().count().saturating_sub(1)) } else { CHARS };
    let words = clean::sentences(rest, SENTENCES, chars);
    let said: HashSet<String> = title.split(' ').map(plain).collect();
    let new: usize = words.split(' ').filter(|word| !said.contains(&plain(word))).map(words_in).sum();
    if new < NEW_WORDS { String::new() } else { words }
}

/// A text without a repetition of its headline near the beginning, and without what stands before that.
fn without_headline<'t>(text: &'t str, title: &str) -> &'t str {
    let at = text.find(title).filter(|at| *at <= ABOVE && !title.is_empty());
    at.map_or(text, |at| text[at + title.len()..].trim_start_matches([' ', '.', ':', '-', '–', '—', '|']))
}

/// A text without its dateline, such as "By Ada Byron LESNA, Nov 24 (Wire) - ".
fn without_dateline(text: &str) -> &str {
    let ends = [") - ", ") -- ", ") – ", ") — ", "] - "];
    let found = ends.into_iter().filter_map(|end| text.find(end).map(|at| (at, end.len()))).min();
    let is_dateline = |(at, _): &(usize, usize)| {
        let open = text[..*at].rfind(['(', '[']).unwrap_or(0);
        *at <= ABOVE && text[open..*at].split(' ').count() <= 3 && !text[..*at].contains(". ")
    };
    found.filter(is_dateline).map_or(text, |(at, long)| &text[at + long..])
}

/// A word as it is compared: in lower case, letters and digits only.
fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(title: &str, text: &str, expected: &str) {
        assert_eq!(excerpt(title, text), expected);
    }

    #[test]
    fn it_is_whole_sentences_that_say_more_than_the_headline() {
        check(
            "Ferry aground",
            "Forty people were saved. No one was hurt.",
            "Forty people were saved. No one was hurt.",
        );
        check("Ferry", "One came. Two came. Three came. Four came.", "One came. Two came. Three came.");
        check(
            "Ferry",
            "Forty people were saved. The harbour master said that ...",
            "Forty people were saved.",
        );
        check("Ferry", "Forty people were saved. The harbour master said…", "Forty people were saved.");
        check("Ferry", "A sentence without an end", "A sentence without an end");
        check("Ferry aground - The Post", "Ferry aground The Post", "");
        check("港の拡張に市民が反対 - 通信", "港の拡張に市民が反対 通信", "");
        check("港の拡張", "市民が反対の声を上げている。", "市民が反対の声を上げている。");
        check("Ferry", "Read more", "");
    }

    #[test]
    fn it_begins_behind_a_headline_that_is_said_again_and_behind_a_dateline() {
        check("Ferry aground", "Ferry aground. Forty people were saved.", "Forty people were saved.");
        check(
            "Ferry aground",
            "Advertisement World Ferry aground Forty people were saved.",
            "Forty people were saved.",
        );
        let dated = "By Ada Byron LESNA, Nov 24 (Wire) - Forty people were saved.";
        check("Ferry aground", dated, "Forty people were saved.");
        check(
            "Ferry aground",
            "[東京 １９日 通信] - 市民が反対の声を上げている。",
            "市民が反対の声を上げている。",
        );
        let aside = "It was late. The tug (one of two old ones) - was away.";
        check("Ferry aground", aside, aside);
        check("Ferry aground", "FILE PHOTO: The ferry in port on a better day.", "");
    }

    #[test]
    fn a_text_that_is_cut_within_a_word_ends_before_it() {
        let text: String = "harbour boats wait ".repeat(30).chars().take(400).collect();
        let quoted = excerpt("Ferry", &text);
        assert!(["harbour…", "boats…", "wait…"].iter().any(|end| quoted.ends_with(end)), "{quoted}");
        let text: String = format!("Ferry {}", "boats ".repeat(80)).chars().take(400).collect();
        assert!(text.ends_with(" boat") && excerpt("Ferry", &text).ends_with("boats…"));
    }
}
