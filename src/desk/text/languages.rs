//! The language that a text seems to be in, and its stop words.
//!
//! The lists come from the `stop-words` crate; what the project leaves out of them is said here. How common a token is, the desk
//! learns from the stream. But in a language that few feeds write even "the" and "of" are rare, and would make one event of all
//! that is written in it. So stop words are never taken for rare (`stop_word_inverse_df` of topics), nor for telling words of a
//! feed's own entries (dedup); and the language says among which documents rarity is measured. Knows hashes of tokens only.

use crate::desk::hash::Map;
use crate::desk::text::tokens::{BIGRAM, Token, Tokens};
use std::sync::LazyLock;

/// Tokens at the beginning of an entry by which its language is found.
const READ: usize = 120;
/// Stop words that a language needs to be found …
const TOLD: u16 = 2;
/// … which must be at least one in so many of the tokens read.
const ONE_IN: usize = 8;
/// Stop words from which on the language is sure: two stand in foreign headlines by chance.
const SURE: u16 = 3;
/// Languages with at most so many stop words fewer than the best are candidates, too.
const CLOSE: u16 = 1;
/// What is said of a text most of whose words are pairs of characters: those of Chinese, Japanese, … are cut without regard
/// to words, so that their stop words tell little.
const PAIRS: u16 = 1;
/// Lists that are not of one living language, or hold what is no stop word.
const UNFIT: [&str; 4] = ["hinglish", "br", "la", "eo"];

/// For each stop word the languages that have it, as bits.
static LISTS: LazyLock<Map<u64, u128>> = LazyLock::new(|| {
    let mut lists: Map<u64, u128> = Map::default();
    for (bit, code) in codes().enumerate() {
        for written in stop_words::lookup(code).unwrap_or_default() {
            if let [word] = Tokens::of(written, 2).list.as_slice() {
                *lists.entry(word.hash).or_default() |= 1 << bit;
            }
        }
    }
    lists
});

/// A bit for each value of the first bits of a hash, whether a stop word has it: most words are none, and this is
/// small enough to stay in the processor's cache.
static MAY_BE_LISTED: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut bits = vec![0; (1 << FILTER_BITS) / 64];
    for hash in LISTS.keys() {
        let (word, bit) = place(*hash);
        bits[word] |= bit;
    }
    bits
});
/// See [`MAY_BE_LISTED`].
const FILTER_BITS: u32 = 18;

fn place(hash: u64) -> (usize, u64) {
    let bit = hash >> (64 - FILTER_BITS);
    ((bit / 64) as usize, 1 << (bit % 64))
}

/// The languages that have a word for a stop word, as bits.
fn listed(word: &Token) -> u128 {
    let (at, bit) = place(word.hash);
    if MAY_BE_LISTED[at] & bit == 0 { 0 } else { LISTS.get(&word.hash).copied().unwrap_or(0) }
}

/// Two letters each.
fn codes() -> impl Iterator<Item = &'static str> {
    stop_words::available_languages().iter().copied().filter(|code| !UNFIT.contains(code)).take(128)
}

/// A language with known stop words, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Language {
    /// Its bit.
    told: u128,
    /// It, when it is told surely, and those that the text may as well be in: letters of the code as a number.
    pub(crate) codes: Vec<u16>,
}

/// The language that an entry seems to be in.
pub(crate) fn language(headline: &[Token], text: &[Token]) -> Language {
    let mut hits = [0_u16; 128];
    let mut read = 0;
    for word in headline.iter().chain(text).take(READ) {
        read += 1;
        let mut languages = listed(word);
        while languages != 0 {
            hits[languages.trailing_zeros() as usize] += 1;
            languages &= languages - 1;
        }
    }
    // Of equals the first, so that nothing depends on chance.
    let most = hits.iter().enumerate().max_by_key(|(bit, hits)| (**hits, std::cmp::Reverse(*bit)));
    let told = most.filter(|(_, hits)| **hits >= TOLD && usize::from(**hits) * ONE_IN >= read);
    let pairs = headline.iter().chain(text).take(READ).filter(|word| word.is(BIGRAM)).count();
    let letters = |code: &str| code.bytes().fold(0, |letters, letter| letters << 8 | u16::from(letter));
    let codes = match told {
        _ if pairs * 2 > read => vec![PAIRS],
        Some((_, most)) if *most >= SURE => codes()
            .zip(hits)
            .filter(|(_, hits)| hits + CLOSE >= *most)
            .map(|(code, _)| letters(code))
            .collect(),
        _ => Vec::new(),
    };
    Language { told: told.map_or(0, |(bit, _)| 1 << bit), codes }
}

impl Language {
    /// Whether the word is a stop word of it.
    pub(crate) fn has(&self, word: &Token) -> bool {
        self.told != 0 && listed(word) & self.told != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a text that are stop words in the language it seems to be in.
    fn stop_words_of(text: &str) -> Vec<String> {
        let words = Tokens::of(text, 100);
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
    fn the_languages_that_a_text_may_be_in_are_told_when_three_words_tell_them() {
        let codes = |text: &str| language(&[], &Tokens::of(text, 100).list).codes;
        let code = |letters: &[u8; 2]| u16::from_be_bytes(*letters);
        assert_eq!(codes("Der Hund und die Katze liegen auf der Bank"), [code(b"de")]);
        assert_eq!(codes("Trump and the mill"), [0_u16; 0], "two words are in many a headline by chance");
        let close = codes("El gato de la casa no es de la vecina");
        assert!(close.contains(&code(b"es")) && !close.contains(&code(b"en")), "{close:?}");
        assert_eq!(codes("東京で地震がありました"), [PAIRS]);
        assert_eq!(codes("これからどうなるのか この冬の電気代"), [PAIRS]);
    }

    #[test]
    fn a_text_that_tells_no_language_has_none() {
        assert_eq!(stop_words_of("Orlandi mill fire"), [""; 0]);
        assert_eq!(stop_words_of(""), [""; 0]);
    }
}
