//! Text → words, for every judgement of the desk.
//!
//! Words are runs of letters, marks and digits, compatibility-folded (NFKC) and lower-cased. Scripts that do not
//! separate words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) become overlapping pairs of characters, which behave
//! like words in every count. One pass, no dictionary, any language. Knows nothing of entries.

use super::hash;
use unicode_normalization::{IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfkc_quick};

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// Hash of the folded word.
    pub(super) hash: u64,
    /// Hash of its stem: what topics and categories count by.
    pub(super) stem: u32,
    /// What it looks like.
    pub(super) kind: u8,
    /// Where it stands in the folded text, in bytes.
    pub(super) start: u32,
    /// Where it ends.
    pub(super) end: u32,
}

/// Holds a digit.
pub(super) const NUMBER: u8 = 1;
/// Written with a capital, or in Katakana: a name, unless every word is written so.
pub(super) const NAME: u8 = 2;
/// A pair of characters of a script that does not separate words.
pub(super) const PAIR: u8 = 4;
/// Begins a sentence, so that its capital says nothing.
pub(super) const FIRST: u8 = 8;

impl Word {
    pub(super) fn is(&self, kind: u8) -> bool {
        self.kind & kind != 0
    }

    /// How much of a word it is: pairs overlap, so two of them stand for one.
    pub(super) fn halves(&self) -> usize {
        if self.is(PAIR) { 1 } else { 2 }
    }
}

/// The words of a text, and the folded text that they stand in.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    /// Folded, but not lower-cased.
    pub(super) text: String,
    /// In order.
    pub(super) list: Vec<Word>,
}

impl Words {
    /// Reads at most `limit` words.
    pub(super) fn of(text: &str, limit: usize) -> Self {
        // No word of a living language is longer than this on average; the rest of a longer text is not read.
        let cut = text.char_indices().nth(limit * 12).map_or(text, |(at, _)| &text[..at]);
        let folded = if cut.is_ascii() || is_nfkc_quick(cut.chars()) == IsNormalized::Yes {
            cut.to_owned()
        } else {
            cut.nfkc().collect()
        };
        let list =
            Scan { text: &folded, out: Vec::with_capacity(limit.min(folded.len() / 5 + 1)), limit }.run();
        Self { text: folded, list }
    }

    /// The word as written.
    pub(super) fn written(&self, word: &Word) -> &str {
        self.text.get(word.start as usize..word.end as usize).unwrap_or_default()
    }
}

/// Scripts that do not separate words; Katakana is left out, because its runs are words (mostly names).
fn unseparated(c: char) -> bool {
    matches!(c as u32,
        0x3041..=0x309F | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF
        | 0x0E01..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF)
}

fn katakana(c: char) -> bool {
    matches!(c as u32, 0x30A0..=0x30FF | 0x31F0..=0x31FF)
}

fn in_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() || is_combining_mark(c) }
}

struct Scan<'a> {
    text: &'a str,
    out: Vec<Word>,
    limit: usize,
}

impl Scan<'_> {
    fn run(mut self) -> Vec<Word> {
        let text = self.text;
        let mut at = 0;
        let mut sentence_begins = true;
        while self.out.len() < self.limit {
            let Some(c) = text[at..].chars().next() else { break };
            if !in_word(c) {
                sentence_begins |= matches!(c, '.' | '!' | '?' | ':' | '"' | '“' | '«' | '。' | '」' | '\n');
                at += c.len_utf8();
            } else if unseparated(c) {
                at = self.pairs(at);
                sentence_begins = false;
            } else {
                at = self.word(at, sentence_begins);
                sentence_begins = false;
            }
        }
        self.out
    }

    /// A run of characters that are not separated: every two neighbours; a lone one is a word.
    fn pairs(&mut self, from: usize) -> usize {
        let text = self.text;
        let mut before: Option<usize> = None;
        let mut at = from;
        let mut count = 0;
        while self.out.len() < self.limit {
            let Some(c) = text[at..].chars().next().filter(|c| unseparated(*c) || is_combining_mark(*c))
            else {
                break;
            };
            let end = at + c.len_utf8();
            if let Some(before) = before {
                self.push(before, end, PAIR);
            }
            before = Some(at);
            at = end;
            count += 1;
        }
        if count == 1 {
            self.push(from, at, PAIR);
        }
        at
    }

    fn word(&mut self, from: usize, first: bool) -> usize {
        let text = self.text;
        let mut kind = if first { FIRST } else { 0 };
        let mut end = from;
        let mut before = ' ';
        let mut rest = text[from..].chars().peekable();
        while let Some(c) = rest.next() {
            if in_word(c) && !unseparated(c) {
                // Numbers beside Katakana and the like are words of their own.
                if end > from && katakana(c) != katakana(before) && !is_combining_mark(c) {
                    break;
                }
                if c.is_numeric() {
                    kind |= NUMBER;
                } else if (end == from && c.is_uppercase()) || katakana(c) {
                    kind |= NAME;
                }
            } else {
                let next = rest.peek().copied().unwrap_or(' ');
                let joins = match c {
                    '\'' | '’' => before.is_alphabetic() && next.is_alphabetic(),
                    '.' | ',' => before.is_ascii_digit() && next.is_ascii_digit(),
                    '_' => in_word(before) && in_word(next),
                    _ => false,
                };
                if !joins {
                    break;
                }
            }
            before = c;
            end += c.len_utf8();
        }
        let end = end.max(from + text[from..].chars().next().map_or(1, char::len_utf8));
        self.push(from, end, kind);
        end
    }

    fn push(&mut self, start: usize, end: usize, kind: u8) {
        let written = &self.text[start..end];
        let mut small = [0_u8; 48];
        let (hash, stem) = if written.is_ascii() && written.len() <= small.len() {
            let folded = &mut small[..written.len()];
            folded.copy_from_slice(written.as_bytes());
            folded.make_ascii_lowercase();
            hashes(std::str::from_utf8(folded).unwrap_or(written), kind)
        } else {
            hashes(&written.to_lowercase(), kind)
        };
        self.out.push(Word { hash, stem, kind, start: start as u32, end: end as u32 });
    }
}

fn hashes(lower: &str, kind: u8) -> (u64, u32) {
    let bare = lower.strip_suffix("'s").or_else(|| lower.strip_suffix("’s")).unwrap_or(lower);
    if kind & NUMBER != 0 && bare.contains(',') {
        let whole = hash::of(bare.replace(',', "").as_bytes());
        return (whole, whole as u32);
    }
    let whole = hash::of(bare.as_bytes());
    if kind & (NUMBER | PAIR) != 0 {
        return (whole, whole as u32);
    }
    (whole, hash::of(stem(bare).as_bytes()) as u32)
}

/// The start of a word that its inflected forms share, whatever the language: long words lose up to a third of
/// themselves, short ones nothing.
fn stem(word: &str) -> &str {
    let letters = if word.is_ascii() { word.len() } else { word.chars().count() };
    let kept = match letters {
        0..=4 => letters,
        5 | 6 => letters - 1,
        7 | 8 => letters - 2,
        _ => letters - letters / 3,
    };
    let bare_s = letters == 4 && word.ends_with('s') && word.is_ascii();
    if bare_s {
        return &word[..3];
    }
    word.char_indices().nth(kept).map_or(word, |(at, _)| &word[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<String> {
        let words = Words::of(text, 100);
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
        let hash = |text: &str| Words::of(text, 10).list.first().map(|word| word.hash);
        for (one, other) in [("Trump’s", "trump"), ("1,200", "1200"), ("ＡＢＣ", "abc"), ("ÉTÉ", "été")]
        {
            assert_eq!(hash(one), hash(other), "{one} {other}");
        }
        assert_ne!(hash("4.1"), hash("4.2"));
    }

    #[test]
    fn a_limit_holds_and_nothing_panics_at_odd_borders() {
        assert_eq!(Words::of(&"word ".repeat(1_000), 20).list.len(), 20);
        assert!(Words::of(&"東".repeat(1_000), 20).list.len() <= 20);
        for odd in ["\u{301}", "'", "1.", "a'", "\u{e33}", "ﬁ", "🏴‍☠️ x", "\u{0}"] {
            let _ = Words::of(odd, 10);
        }
    }
}
