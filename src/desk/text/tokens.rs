//! Tokenizer: cuts a text into the tokens that all engines count and compare.
//!
//! A token is a run of letters, marks and digits, compatibility-folded (NFKC) and lower-cased. Text in a script that
//! does not separate words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) is cut into overlapping bigrams of
//! characters, which behave like words in every count. One pass, no dictionary, any language. Knows nothing of entries.

use super::letters::{ALPHABETIC, DIGIT, KATAKANA, Letters, MARK, NUMERIC, UNSEPARATED, UPPER, WORD};
use super::spelling::{self, is_apostrophe, is_invisible};
use crate::desk::hash;
use std::borrow::Cow;

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// Hash of the folded word.
    pub(crate) hash: u64,
    /// Hash of its stem: what topics and categories count by.
    pub(crate) stem: u32,
    /// Bit flags: [`NUMBER`], [`NAME`], [`BIGRAM`], [`SENTENCE_START`], [`CASELESS`].
    pub(crate) kind: u8,
    /// Hash of its last three letters. An inflected form of a name mostly keeps the first or the last letters.
    pub(crate) suffix: u8,
    /// Hash of its first three letters. The fields are of these sizes so that a token takes 24 bytes.
    pub(crate) prefix: u16,
    /// Byte offset of its beginning in the folded text.
    pub(crate) start: u32,
    /// Byte offset of its end.
    pub(crate) end: u32,
}

/// Tokens of a text that are read. Two texts that agree so far and differ only later are copies all the same.
pub(crate) const TEXT_TOKENS: usize = 400;
/// Tokens of a title that are read.
pub(crate) const TITLE_TOKENS: usize = 40;

/// It holds a digit.
pub(crate) const NUMBER: u8 = 1;
/// Written with a capital, or in Katakana. It is taken for a name, except where most words have a capital (title case).
pub(crate) const NAME: u8 = 2;
/// A bigram: two characters of a script that does not separate words.
pub(crate) const BIGRAM: u8 = 4;
/// It begins a sentence, so that its capital does not mark a name.
pub(crate) const SENTENCE_START: u8 = 8;
/// Its script has no capitals, so that a name in it cannot be told from another word.
pub(crate) const CASELESS: u8 = 16;

impl Token {
    pub(crate) fn is(&self, kind: u8) -> bool {
        self.kind & kind != 0
    }

    /// Its length in half words. Bigrams overlap, so two of them count as one word.
    pub(crate) fn halves(&self) -> usize {
        if self.is(BIGRAM) { 1 } else { 2 }
    }
}

/// The tokens of a text, and the folded text that their offsets refer to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tokens {
    /// The text after NFKC; not lower-cased.
    pub(crate) text: String,
    /// The tokens in the order of the text.
    pub(crate) list: Vec<Token>,
}

impl Tokens {
    /// Reads at most `limit` tokens.
    pub(crate) fn of(text: &str, limit: usize) -> Self {
        let (folded, list) = read(text, limit);
        Self { text: folded.into_owned(), list }
    }

    /// The token as it is written in the text.
    pub(crate) fn written(&self, word: &Token) -> &str {
        self.text.get(word.start as usize..word.end as usize).unwrap_or_default()
    }
}

/// The first `limit` tokens of a text at most, when the folded text is not needed.
pub(crate) fn tokenize(text: &str, limit: usize) -> Vec<Token> {
    read(text, limit).1
}

fn read(text: &str, limit: usize) -> (Cow<'_, str>, Vec<Token>) {
    let letters = super::letters::all();
    // No language has an average word of more than 12 characters. Cutting here bounds the work for long texts.
    let folded = letters.folded(start(text, limit * 12));
    let mut scan = Scan {
        letters,
        text: &folded,
        ascii: folded.to_ascii_lowercase(),
        lower: String::new(),
        out: Vec::with_capacity(limit.min(folded.len() / 5 + 1)),
        limit,
    };
    scan.run();
    let list = scan.out;
    (folded, list)
}

/// The first `chars` characters of a text.
fn start(text: &str, chars: usize) -> &str {
    if text.len() <= chars || chars == 0 {
        return text;
    }
    let mut rest = text.chars();
    match rest.nth(chars - 1) {
        Some(_) => &text[..text.len() - rest.as_str().len()],
        None => text,
    }
}

struct Scan<'a> {
    letters: &'a Letters,
    text: &'a str,
    /// The text with its ASCII letters lower-cased. This keeps all byte offsets.
    ascii: String,
    /// Buffer for the lower-cased form of a word that is not all ASCII.
    lower: String,
    out: Vec<Token>,
    limit: usize,
}

impl Scan<'_> {
    fn run(&mut self) {
        let mut at = 0;
        let mut sentence_begins = true;
        while self.out.len() < self.limit {
            let Some((c, class)) = self.letter(at) else { break };
            if class & WORD == 0 {
                sentence_begins |= matches!(c, '.' | '!' | '?' | ':' | '"' | '“' | '«' | '。' | '」' | '\n');
                at += c.len_utf8();
            } else if class & UNSEPARATED != 0 {
                at = self.pairs(at);
                sentence_begins = false;
            } else {
                at = self.word(at, sentence_begins);
                sentence_begins = false;
            }
        }
    }

    /// The character at a byte offset, and its class (see `letters`).
    #[inline]
    fn letter(&self, at: usize) -> Option<(char, u8)> {
        let byte = *self.text.as_bytes().get(at)?;
        let c = if byte.is_ascii() { char::from(byte) } else { self.text[at..].chars().next()? };
        Some((c, self.letters.class(c)))
    }

    /// Cuts a run of characters of an unseparated script into bigrams. A single character is a token of its own.
    /// Returns the offset behind the run.
    fn pairs(&mut self, from: usize) -> usize {
        let mut before: Option<usize> = None;
        let mut at = from;
        let mut count = 0;
        while self.out.len() < self.limit {
            let Some((c, _)) = self.letter(at).filter(|(_, class)| class & (UNSEPARATED | MARK) != 0) else {
                break;
            };
            let end = at + c.len_utf8();
            if let Some(before) = before {
                self.pair(before, end);
            }
            before = Some(at);
            at = end;
            count += 1;
        }
        if count == 1 {
            self.pair(from, at);
        }
        at
    }

    /// Adds a bigram. None of these scripts has capitals, so no lower case is needed.
    fn pair(&mut self, start: usize, end: usize) {
        let hash = hash::of(&self.text.as_bytes()[start..end]);
        self.push((hash, hash as u32), start, end, BIGRAM | CASELESS);
    }

    fn word(&mut self, from: usize, first: bool) -> usize {
        let mut kind = if first { SENTENCE_START } else { 0 };
        let mut end = from;
        let mut before = 0;
        let mut foreign = false;
        while let Some((c, class)) = self.letter(end) {
            // Small ASCII letters behind a letter, as most are, are taken all at once: they change nothing.
            if c.is_ascii_lowercase() && before & (ALPHABETIC | KATAKANA) == ALPHABETIC {
                end +=
                    self.text.as_bytes()[end..].iter().take_while(|byte| byte.is_ascii_lowercase()).count();
                before = class;
                continue;
            }
            if class & WORD != 0 && class & UNSEPARATED == 0 {
                // A change between Katakana and other characters ends the token.
                if end > from && (class ^ before) & KATAKANA != 0 && class & MARK == 0 {
                    break;
                }
                if class & NUMERIC != 0 {
                    kind |= NUMBER;
                } else if (end == from && class & UPPER != 0) || class & KATAKANA != 0 {
                    kind |= NAME;
                }
            } else {
                let next = || self.letter(end + c.len_utf8()).map_or(0, |(_, class)| class);
                let joins = match c {
                    c if is_apostrophe(c) => before & ALPHABETIC != 0 && next() & ALPHABETIC != 0,
                    c if is_invisible(c) => before & WORD != 0 && next() & WORD != 0,
                    '.' | ',' => before & DIGIT != 0 && next() & DIGIT != 0,
                    '_' => before & WORD != 0 && next() & WORD != 0,
                    _ => false,
                };
                if !joins {
                    break;
                }
            }
            if end == from && !c.is_ascii() && class & (UPPER | NUMERIC) == 0 && !c.is_lowercase() {
                kind |= CASELESS;
            }
            foreign |= !c.is_ascii();
            before = class;
            end += c.len_utf8();
        }
        // "C++" and "C#" keep their signs: without them both would be the language C.
        if end - from <= 2 {
            end += self.text[end..].bytes().take_while(|b| matches!(b, b'+' | b'#')).count();
        }
        let hashes = if foreign {
            super::letters::lower_case(&self.text[from..end], &mut self.lower);
            hashes(&spelling::folded(&self.lower), kind)
        } else {
            hashes(&self.ascii[from..end], kind)
        };
        self.push(hashes, from, end, kind);
        end
    }

    fn push(&mut self, (hash, stem): (u64, u32), start: usize, end: usize, kind: u8) {
        let (prefix, suffix) = affixes(&self.ascii[start..end]);
        self.out.push(Token { hash, stem, kind, suffix, prefix, start: start as u32, end: end as u32 });
    }
}

/// [`Token::prefix`] and [`Token::suffix`]. `word` has its ASCII letters lower-cased, because headlines use capitals
/// differently from texts.
fn affixes(word: &str) -> (u16, u8) {
    let hash =
        |letters: [u32; 3]| (letters[0] ^ (letters[1] << 9) ^ (letters[2] << 18)).wrapping_mul(0x9E37_79B1);
    let (first, last) = if word.is_ascii() {
        let bytes = word.as_bytes();
        let letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).map_or(0, |byte| u32::from(*byte));
        let end = bytes.len();
        (
            hash([letter(Some(0)), letter(Some(1)), letter(Some(2))]),
            hash([letter(end.checked_sub(1)), letter(end.checked_sub(2)), letter(end.checked_sub(3))]),
        )
    } else {
        let three = |letters: &mut dyn Iterator<Item = char>| {
            hash([(); 3].map(|()| letters.next().map_or(0, u32::from)))
        };
        (three(&mut word.chars()), three(&mut word.chars().rev()))
    };
    ((first >> 16) as u16, (last >> 24) as u8)
}

/// Whether the commas of a number separate groups of three digits ("1,200"). In "1,2" the comma is a decimal point.
fn is_grouped(number: &str) -> bool {
    let mut groups = number.split(',');
    groups.next().is_some_and(|first| !first.is_empty() && first.len() <= 3)
        && number.contains(',')
        && groups.all(|group| {
            let digits = group.bytes().take_while(u8::is_ascii_digit).count();
            digits == 3
        })
}

/// The [`Token::hash`] of a lower-cased word that holds no digit.
pub(crate) fn word_hash(lower: &str) -> u64 {
    hashes(&spelling::folded(lower), 0).0
}

fn hashes(lower: &str, kind: u8) -> (u64, u32) {
    let bare = lower.strip_suffix("'s").unwrap_or(lower);
    if kind & NUMBER != 0 && is_grouped(bare) {
        let whole = hash::of(bare.replace(',', "").as_bytes());
        return (whole, whole as u32);
    }
    let whole = hash::of(bare.as_bytes());
    if kind & NUMBER != 0 {
        return (whole, whole as u32);
    }
    let stem = stem(bare);
    (whole, if stem.len() == bare.len() { whole as u32 } else { hash::of(stem.as_bytes()) as u32 })
}

/// Stemming by truncation, the same for every language. Words of at most four letters stay whole (but for the `s` of a
/// word of four ASCII letters); longer ones lose one letter, two letters, or from nine letters on a third.
fn stem(word: &str) -> &str {
    let ascii = word.is_ascii();
    let letters = if ascii { word.len() } else { word.chars().count() };
    let kept = match letters {
        0..=4 => letters,
        5 | 6 => letters - 1,
        7 | 8 => letters - 2,
        _ => letters - letters / 3,
    };
    let bare_s = letters == 4 && ascii && word.ends_with('s');
    if bare_s {
        return &word[..3];
    }
    if ascii {
        return &word[..kept];
    }
    word.char_indices().nth(kept).map_or(word, |(at, _)| &word[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<String> {
        let words = Tokens::of(text, 100);
        words.list.iter().map(|word| words.written(word).to_owned()).collect()
    }

    #[test]
    fn words_are_found_in_any_script() {
        let check = |text: &str, want: &[&str]| assert_eq!(written(text), want, "{text}");
        check("Trump's plan, 4.1 of 1,200!", &["Trump's", "plan", "4.1", "of", "1,200"]);
        check("naïve café-owner", &["naïve", "café", "owner"]);
        check("東京で地震", &["東京", "京で", "で地", "地震"]);
        check("米ウォルマート", &["米", "ウォルマート"]);
        check("２０日 ロイター", &["20", "日", "ロイター"]);
        check("हिन्दी समाचार", &["हिन्दी", "समाचार"]);
        check("", &[]);
        check("… — ''", &[]);
    }

    #[test]
    fn one_word_has_one_hash_however_it_is_written() {
        let hash = |text: &str| Tokens::of(text, 10).list.first().map(|word| word.hash);
        for (one, other) in [("Trump’s", "trump"), ("1,200", "1200"), ("ＡＢＣ", "abc"), ("ÉTÉ", "été")]
        {
            assert_eq!(hash(one), hash(other), "{one} {other}");
        }
        assert_ne!(hash("4.1"), hash("4.2"));
    }

    #[test]
    fn a_limit_holds_and_nothing_panics_at_odd_borders() {
        assert_eq!(Tokens::of(&"word ".repeat(1_000), 20).list.len(), 20);
        assert!(Tokens::of(&"東".repeat(1_000), 20).list.len() <= 20);
        for odd in ["\u{301}", "'", "1.", "a'", "\u{e33}", "ﬁ", "🏴‍☠️ x", "\u{0}"] {
            let _ = Tokens::of(odd, 10);
        }
    }
}
