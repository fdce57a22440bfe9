//! Language identification by stop words, and the stop words of the language found.
//!
//! The lists come from the `stop-words` crate; the ones that we do not use are named here. The desk learns from the
//! stream how common a token is. But in a language in which few feeds write, even the words for "the" and "of" are rare
//! in the stream, and all stories in it would look like one event. So stop words are never taken for rare
//! (`stop_word_inverse_df` of topics) and never count as words that tell something (dedup). The language also says
//! among which documents rarity is measured. Knows hashes of tokens only.

use crate::desk::hash::Map;
use crate::desk::text::tokens::{BIGRAM, Token, Tokens};
use std::sync::LazyLock;

/// Tokens at the beginning of an entry from which its language is identified.
const READ: usize = 120;
/// Stop words that the tokens must hold for their language to be identified.
const TOLD: u16 = 2;
/// At least one in this many tokens must be one of these stop words.
const ONE_IN: usize = 8;
/// With this many stop words, the language is taken to be sure. Two stop words of a language also occur by chance in
/// headlines of others.
const SURE: u16 = 3;
/// A language with at most this many stop words fewer than the best one is a candidate, too.
const CLOSE: u16 = 1;
/// The code for a text that consists mostly of bigrams (Chinese, Japanese, …). Bigrams are cut without regard to words,
/// so that stop words tell little of the language.
const PAIRS: u16 = 1;
/// Lists that we do not use: they are not of one living language, or hold words that are no stop words.
const UNFIT: [&str; 4] = ["hinglish", "br", "la", "eo"];

/// For the hash of each stop word the set of languages that have it: bit n is the nth of [`codes`].
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

/// A Bloom filter with one hash function, 32 KiB: for each value of a hash's top bits, whether a stop word has it. Most
/// tokens are no stop words, and the filter stays in the processor's cache.
static MAY_BE_LISTED: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut bits = vec![0; (1 << FILTER_BITS) / 64];
    for hash in LISTS.keys() {
        let (word, bit) = place(*hash);
        bits[word] |= bit;
    }
    bits
});
/// Bits of a hash by which [`MAY_BE_LISTED`] is indexed.
const FILTER_BITS: u32 = 18;

fn place(hash: u64) -> (usize, u64) {
    let bit = hash >> (64 - FILTER_BITS);
    ((bit / 64) as usize, 1 << (bit % 64))
}

/// The languages in which a token is a stop word, as bits.
fn listed(word: &Token) -> u128 {
    let (at, bit) = place(word.hash);
    if MAY_BE_LISTED[at] & bit == 0 { 0 } else { LISTS.get(&word.hash).copied().unwrap_or(0) }
}

/// The [`Language::codes`] of the lists, each at its bit.
static CODES: LazyLock<Vec<u16>> = LazyLock::new(|| {
    codes().map(|code| code.bytes().fold(0, |letters, letter| letters << 8 | u16::from(letter))).collect()
});

/// The language codes of the lists (ISO 639-1, two letters). The order gives each language its bit.
fn codes() -> impl Iterator<Item = &'static str> {
    stop_words::available_languages().iter().copied().filter(|code| !UNFIT.contains(code)).take(128)
}

/// A language with known stop words, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Language {
    /// Its bit; 0 for none.
    told: u128,
    /// The languages that the text may be in: the one identified and those that come close. Empty unless it is sure.
    /// Each is the two letters of the code as a big-endian number, or [`PAIRS`].
    pub(crate) codes: Vec<u16>,
}

/// Identifies the language of an entry.
pub(crate) fn language(headline: &[Token], text: &[Token]) -> Language {
    let mut hits = [0_u16; 128];
    let (mut read, mut pairs) = (0, 0);
    for word in headline.iter().chain(text).take(READ) {
        read += 1;
        pairs += usize::from(word.is(BIGRAM));
        let mut languages = listed(word);
        while languages != 0 {
            hits[languages.trailing_zeros() as usize] += 1;
            languages &= languages - 1;
        }
    }
    // Of languages with as many hits, the first; the result must be deterministic.
    let most = hits.iter().copied().max().unwrap_or_default();
    let is_told = most >= TOLD && usize::from(most) * ONE_IN >= read;
    let told = hits.iter().position(|hits| *hits == most).filter(|_| is_told);
    let codes = match told {
        _ if pairs * 2 > read => vec![PAIRS],
        Some(_) if most >= SURE => {
            let close = CODES.iter().zip(hits).filter(|(_, hits)| hits + CLOSE >= most);
            close.map(|(code, _)| *code).collect()
        }
        _ => Vec::new(),
    };
    Language { told: told.map_or(0, |bit| 1 << bit), codes }
}

impl Language {
    /// Whether the token is a stop word of the language.
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
