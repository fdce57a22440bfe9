//! Character classes: whether a character is part of a word, of which kind, in which case, and whether NFKC leaves it.
//!
//! Looking a character up in the Unicode tables is the most expensive step of tokenizing. So the classes of the scripts
//! in which most news is written are precomputed in one table. Knows characters only.

use std::borrow::Cow;
use std::sync::LazyLock;
use unicode_normalization::{
    IsNormalized, UnicodeNormalization,
    char::{canonical_combining_class, is_combining_mark},
    is_nfkc_quick,
};

/// Part of a word.
pub(crate) const WORD: u8 = 1;
/// Of a script that does not separate words. Katakana is left out, because a run of it is one word (mostly a name).
pub(crate) const UNSEPARATED: u8 = 2;
/// Katakana.
pub(crate) const KATAKANA: u8 = 4;
/// A combining mark.
pub(crate) const MARK: u8 = 8;
/// A numeric character of any script.
pub(crate) const NUMERIC: u8 = 16;
/// A capital letter.
pub(crate) const UPPER: u8 = 32;
/// A letter.
pub(crate) const ALPHABETIC: u8 = 64;
/// `0` to `9`.
pub(crate) const DIGIT: u8 = 128;

/// Size of the precomputed table: all characters up to the end of the Katakana.
const WRITTEN: usize = 0x3200;

static LETTERS: LazyLock<Letters> = LazyLock::new(|| Letters {
    classes: (0..WRITTEN as u32).map(|no| char::from_u32(no).map_or(0, class)).collect(),
    stable: (0..WRITTEN as u32).map(|no| char::from_u32(no).is_some_and(stable)).collect(),
});

/// The precomputed classes of the characters below [`WRITTEN`].
pub(crate) struct Letters {
    classes: Box<[u8]>,
    stable: Box<[bool]>,
}

/// The table, which is computed at the first use.
pub(crate) fn all() -> &'static Letters {
    &LETTERS
}

impl Letters {
    /// The class of a character: the flags above, combined.
    #[inline]
    pub(crate) fn class(&self, c: char) -> u8 {
        self.classes.get(c as usize).copied().unwrap_or_else(|| class(c))
    }

    /// The text in Unicode normalization form NFKC (UAX #15).
    ///
    /// Only the pieces between stable characters are normalized. A stable character never combines with what stands
    /// before it, so the pieces can be treated apart (UAX #15, "Stable Code Points").
    pub(crate) fn folded<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        let (mut taken, mut before, mut at) = (0, 0, 0);
        loop {
            // ASCII is stable.
            let ascii = text.as_bytes()[at..].iter().take_while(|byte| byte.is_ascii()).count();
            if ascii > 0 {
                at += ascii;
                before = at - 1;
            }
            let Some(c) = text[at..].chars().next() else { break };
            if self.is_stable(c) {
                before = at;
                at += c.len_utf8();
                continue;
            }
            // The piece includes the stable character before it, because a mark may combine with that one.
            let next = text[at..].find(|c| self.is_stable(c)).map_or(text.len(), |stable| at + stable);
            let piece = &text[before..next];
            if is_nfkc_quick(piece.chars()) != IsNormalized::Yes {
                out.push_str(&text[taken..before]);
                out.extend(piece.nfkc());
                taken = next;
            }
            (before, at) = (next, next);
        }
        if taken == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[taken..]);
        Cow::Owned(out)
    }

    #[inline]
    fn is_stable(&self, c: char) -> bool {
        let always = || matches!(c as u32, 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7A3);
        self.stable.get(c as usize).copied().unwrap_or_else(always)
    }
}

/// Whether NFKC leaves the character as it is, whatever stands before it.
fn stable(c: char) -> bool {
    canonical_combining_class(c) == 0 && is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes
}

fn class(c: char) -> u8 {
    let unseparated = matches!(c as u32,
        0x3041..=0x309F | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF
        | 0x0E01..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF);
    let katakana = matches!(c as u32, 0x30A0..=0x30FF | 0x31F0..=0x31FF);
    // All of these are letters; this avoids the slow look-ups below.
    if matches!(c as u32, 0x3400..=0x4DBF | 0x4E00..=0x9FFF) {
        return WORD | UNSEPARATED | ALPHABETIC | if c.is_numeric() { NUMERIC } else { 0 };
    }
    let mark = !c.is_ascii() && is_combining_mark(c);
    let word = c.is_alphanumeric() || mark;
    [
        (word, WORD),
        (unseparated, UNSEPARATED),
        (katakana, KATAKANA),
        (mark, MARK),
        (c.is_numeric(), NUMERIC),
        (c.is_uppercase(), UPPER),
        (c.is_alphabetic(), ALPHABETIC),
        (c.is_ascii_digit(), DIGIT),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .fold(0, |all, (_, flag)| all | flag)
}

/// Writes a word in lower case into `out`, as [`str::to_lowercase`] does. Latin-1, Cyrillic and Greek letters, and
/// those of scripts without case, are handled without a look-up in the Unicode tables.
pub(crate) fn lower_case(word: &str, out: &mut String) {
    out.clear();
    for c in word.chars() {
        match c {
            // Capital sigma has another lower-case form at the end of a word.
            'Σ' => {
                *out = word.to_lowercase();
                return;
            }
            'À'..='Þ' if c != '×' => out.push(char::from(c as u8 + 32)),
            'А'..='Я' => out.push(char::from_u32(c as u32 + 32).unwrap_or(c)),
            'ß'..='ÿ' | 'а'..='я' | 'α'..='ω' | '\u{3040}'..='\u{9FFF}' => out.push(c),
            _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            _ => out.extend(c.to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character, except the rarest and the middle of blocks whose characters are all alike.
    fn every_char() -> impl Iterator<Item = char> {
        (0..=0x1_F000).filter(|no| !matches!(no, 0x3500..0x9E00 | 0xAD00..0xD700)).filter_map(char::from_u32)
    }

    #[test]
    fn every_character_is_what_unicode_says() {
        let letters = all();
        for c in every_char() {
            let class = letters.class(c);
            let is = |flag| class & flag != 0;
            assert_eq!(is(WORD), c.is_alphanumeric() || is_combining_mark(c), "{c:?}");
            assert_eq!(is(ALPHABETIC), c.is_alphabetic(), "{c:?}");
            assert_eq!(is(NUMERIC), c.is_numeric(), "{c:?}");
            assert_eq!(is(UPPER), c.is_uppercase(), "{c:?}");
            assert_eq!(is(MARK), is_combining_mark(c), "{c:?}");
            assert_eq!(is(DIGIT), c.is_ascii_digit(), "{c:?}");
            assert!(!letters.is_stable(c) || stable(c), "{c:?}");
        }
    }

    #[test]
    fn lower_case_is_that_of_unicode() {
        let mut lower = String::new();
        for c in every_char() {
            for word in [c.to_string(), format!("a{c}"), format!("{c}a")] {
                lower_case(&word, &mut lower);
                assert_eq!(lower, word.to_lowercase(), "{c:?}");
            }
            if all().class(c) & (UNSEPARATED | MARK) != 0 {
                assert_eq!(c.to_string(), c.to_lowercase().to_string(), "{c:?} stands in pairs");
            }
        }
    }

    #[test]
    fn text_is_folded_as_if_it_were_folded_whole() {
        let parts = [
            "a",
            "e\u{301}",
            "é",
            "…",
            "\u{a0}",
            "か\u{3099}",
            "が",
            "ｶﾞ",
            "Ⅳ",
            "\u{1100}\u{1161}\u{11a8}",
            "각",
            "각\u{11a8}",
            "ﬁ",
            "\u{301}",
            "\u{323}\u{301}",
            "q\u{301}\u{323}",
            "東",
            "हि",
            "\u{fdfa}",
            "’",
            "\u{1f600}",
            "\u{344}",
        ];
        for one in parts {
            for two in parts {
                for three in parts {
                    let text = format!("{one}{two}{three}");
                    assert_eq!(all().folded(&text), text.nfkc().collect::<String>(), "{text:?}");
                }
            }
        }
        for c in every_char() {
            let text = format!("x{c}y");
            assert_eq!(all().folded(&text), text.nfkc().collect::<String>(), "{c:?}");
        }
    }
}
