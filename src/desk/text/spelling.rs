//! Spelling variants of one word: characters that some publishers write and others replace or leave out.
//!
//! They are folded for hashing only; readers see what was written. Expects lower-cased words in NFKC; knows nothing of
//! languages. Accents are not folded, because in most languages a word with an accent is another word. Only headlines
//! that have no accents at all are compared with others without theirs ([`without_accents`]).

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Whether a character is invisible and only controls where a word may be broken or joined.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// Whether a character is one of the forms of the apostrophe.
pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | '`')
}

/// What a character is folded to.
enum Folded {
    Same,
    Nothing,
    One(char),
    Two(char, char),
}

fn fold(c: char) -> Folded {
    match c {
        '’' | '‘' | 'ʼ' | 'ʻ' | '`' => Folded::One('\''),
        'ß' => Folded::Two('s', 's'),
        'ё' => Folded::One('е'),
        // Arabic script: hamza with its carrier letter; the two forms each of ye and of kaf.
        'أ' | 'إ' | 'آ' | 'ٱ' => Folded::One('ا'),
        'ؤ' => Folded::One('و'),
        'ئ' | 'ي' | 'ى' => Folded::One('ی'),
        'ك' => Folded::One('ک'),
        // Arabic tatweel and harakat (vowel marks); the nukta of Indic scripts.
        'ـ'
        | '\u{64B}'..='\u{65F}'
        | '\u{670}'
        | '\u{93C}'
        | '\u{9BC}'
        | '\u{A3C}'
        | '\u{ABC}'
        | '\u{B3C}' => Folded::Nothing,
        c if is_invisible(c) => Folded::Nothing,
        _ => Folded::Same,
    }
}

/// The canonical spelling of a word: equal for all of its variants.
pub(crate) fn folded(word: &str) -> Cow<'_, str> {
    if word.is_ascii() || word.chars().all(|c| matches!(fold(c), Folded::Same)) {
        return Cow::Borrowed(word);
    }
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match fold(c) {
            Folded::Same => out.push(c),
            Folded::Nothing => {}
            Folded::One(one) => out.push(one),
            Folded::Two(one, other) => out.extend([one, other]),
        }
    }
    Cow::Owned(out)
}

/// A lower-cased word without its accents, in the two ways in which it is written on a keyboard that lacks them: with
/// the bare letter (`subira`), and with the two letters that German and Scandinavian writers use (`zerstoert`). Both
/// are often equal.
pub(crate) fn without_accents(word: &str) -> [String; 2] {
    let bare = |c: char, out: &mut String| match c {
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' => out.push('d'),
        'ı' => out.push('i'),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        c => out.extend(c.nfd().filter(|c| !is_combining_mark(*c))),
    };
    let mut both = [String::with_capacity(word.len()), String::with_capacity(word.len())];
    for c in word.chars() {
        bare(c, &mut both[0]);
        match c {
            'ä' => both[1].push_str("ae"),
            'ö' | 'ø' => both[1].push_str("oe"),
            'ü' => both[1].push_str("ue"),
            'å' => both[1].push_str("aa"),
            c => bare(c, &mut both[1]),
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_are_one() {
        for (one, other) in [
            ("isn’t", "isn't"),
            ("straße", "strasse"),
            ("engi\u{ad}neers", "engineers"),
            ("ёлка", "елка"),
            ("الحكـومة", "الحكومة"),
            ("مُحَمَّد", "محمد"),
            ("أحمد", "احمد"),
            ("علي", "على"),
            ("كتاب", "کتاب"),
            ("می\u{200c}خواهد", "میخواهد"),
            ("ज़मीन", "जमीन"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [("año", "ano"), ("schön", "schon"), ("й", "и"), ("は", "ば")] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn a_word_without_accents_is_written_in_two_ways() {
        assert_eq!(without_accents("subirá"), ["subira", "subira"]);
        assert_eq!(without_accents("zerstört"), ["zerstort", "zerstoert"]);
        assert_eq!(without_accents("østers"), ["osters", "oesters"]);
        assert_eq!(without_accents("łódź"), ["lodz", "lodz"]);
    }
}
