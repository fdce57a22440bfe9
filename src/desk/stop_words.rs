//! Words that only hold sentences together: which are they, in the language that a text seems to be in?
//!
//! How common a word is, the desk learns from the stream; but of a language that few feeds write even "the" and "of" are
//! rare, and make one event of all that is written in it. So those words count for nothing. Knows hashes of words only.

use super::hash::Map;
use super::words::{Word, Words};
use std::sync::LazyLock;

/// Words of an entry by which its language is told.
const READ: usize = 120;
/// So many stop words tell a language …
const TOLD: u16 = 2;
/// … when they are at least one in so many of the words.
const ONE_IN: usize = 8;
/// Lists that are not of one living language, or hold what is no stop word.
const UNFIT: [&str; 4] = ["hinglish", "br", "la", "eo"];

/// For each stop word the languages that have it, as bits.
static LISTS: LazyLock<Map<u64, u128>> = LazyLock::new(|| {
    let mut lists: Map<u64, u128> = Map::default();
    let languages = stop_words::available_languages().iter().filter(|code| !UNFIT.contains(code)).take(128);
    for (bit, code) in languages.enumerate() {
        for written in stop_words::lookup(code).unwrap_or_default() {
            if let [word] = Words::of(written, 2).list.as_slice() {
                *lists.entry(word.hash).or_default() |= 1 << bit;
            }
        }
    }
    lists
});

/// A language with known stop words, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Language(u128);

/// The language that an entry seems to be in.
pub(super) fn language(headline: &[Word], text: &[Word]) -> Language {
    let mut hits = [0_u16; 128];
    let mut read = 0;
    for word in headline.iter().chain(text).take(READ) {
        read += 1;
        let mut languages = LISTS.get(&word.hash).copied().unwrap_or(0);
        while languages != 0 {
            hits[languages.trailing_zeros() as usize] += 1;
            languages &= languages - 1;
        }
    }
    // Of equals the first, so that nothing depends on chance.
    let most = hits.iter().enumerate().max_by_key(|(bit, hits)| (**hits, std::cmp::Reverse(*bit)));
    let told = most.filter(|(_, hits)| **hits >= TOLD && usize::from(**hits) * ONE_IN >= read);
    Language(told.map_or(0, |(bit, _)| 1 << bit))
}

impl Language {
    /// Whether the word is a stop word of it.
    pub(super) fn has(self, word: &Word) -> bool {
        self.0 != 0 && LISTS.get(&word.hash).is_some_and(|languages| languages & self.0 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a text that are stop words in the language it seems to be in.
    fn stop_words_of(text: &str) -> Vec<String> {
        let words = Words::of(text, 100);
        let language = language(&[], &words.list);
        words
            .list
            .iter()
            .filter(|word| language.has(word))
            .map(|word| words.written(word).to_owned())
            .collect()
    }

    #[test]
    fn stop_words_are_those_of_the_language_that_the_text_is_in() {
        assert_eq!(
            stop_words_of("The cat will die of the cold in March"),
            ["The", "will", "of", "the", "in"]
        );
        assert_eq!(
            stop_words_of("Die Katze lag mit dem Hund auf der Bank"),
            ["Die", "mit", "dem", "auf", "der"]
        );
        assert_eq!(
            stop_words_of("El gato duerme en la casa de los vecinos"),
            ["El", "en", "la", "de", "los"]
        );
        assert_eq!(stop_words_of("Kot śpi na dachu, ale nie jest sam"), ["na", "ale", "nie", "jest", "sam"]);
    }

    #[test]
    fn a_text_that_tells_no_language_has_none() {
        assert_eq!(stop_words_of("Orlandi mill fire"), [""; 0]);
        assert_eq!(stop_words_of(""), [""; 0]);
    }
}
