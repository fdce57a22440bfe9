//! Tokens of the search: how a text is cut into words, how they are folded, and which forms of a word match each
//! other (light stemming).
//!
//! Knows only some endings of each language. Indexed texts and queries must be cut and folded here, in the same way.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// Letters of the longest words; the rest of a longer one is not looked at.
const WORD_CHARS: usize = 40;

/// Minimum length of the common beginning of the forms of a word, in characters.
const STEM_CHARS: usize = 3;

/// Endings that are exchanged for each other, grouped by languages that inflect alike. They are those of nouns and of
/// the most common verbs. More endings would find more wrong words than right ones.
const ENDINGS: [&[&str]; 9] = [
    // English.
    &["", "s", "es", "ed", "ing"],
    &["e", "es", "ed", "ing"],
    &["y", "ies", "ied", "ying"],
    // German, Dutch and the north of Europe.
    &["", "e", "en", "er", "ern", "es", "n", "ne", "nen", "ar", "or", "arna", "erna", "orna"],
    // French, Spanish and Portuguese.
    &["", "e", "s", "es", "x"],
    // Spanish, Portuguese and Italian.
    &["o", "a", "os", "as", "i", "e"],
    // Polish, Czech and other Slavic languages in Latin letters.
    &["", "a", "u", "y", "i", "e", "em", "om", "ow", "ami", "ach"],
    // Russian, Ukrainian and other Slavic languages in Cyrillic letters.
    &[
        "", "а", "у", "ы", "и", "е", "о", "я", "ю", "ь", "ой", "ом", "ем", "ам", "ами", "ах", "ов", "ев",
        "ия", "ии", "ию", "ыи", "ая", "ое", "ые", "ого", "ому", "ых", "ым", "ыми",
    ],
    // Turkish.
    &["", "lar", "ler", "lari", "leri", "da", "de", "dan", "den", "in", "i"],
];

/// Scripts that put no space between words: Thai, Lao, Burmese, Khmer, kana and Han. Each letter is taken for a word.
pub(super) fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3134f}')
}

/// Whether a word is Korean. Korean is agglutinative: so many suffixes are possible that a word must match as a
/// prefix.
pub(super) fn is_open(word: &str) -> bool {
    word.chars().next().is_some_and(|c| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}'))
}

/// Marks that belong to the letter before them.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Diacritics that are optional in writing: accents, and the vowel signs of Arabic and Hebrew.
fn is_left_out(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// A word without what its spellings differ in: case, accents, width.
fn folded(word: &str) -> String {
    if word.is_ascii() {
        return word[..word.len().min(WORD_CHARS)].to_ascii_lowercase();
    }
    let bare = word.nfkd().flat_map(char::to_lowercase).filter(|c| !is_left_out(*c)).nfc();
    let mut out = String::with_capacity(word.len());
    for c in bare.take(WORD_CHARS) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' => out.push('d'),
            'ı' => out.push('i'),
            'ς' => out.push('σ'),
            c => out.push(c),
        }
    }
    out
}

/// The words of a text: where each stands, and how it is compared.
pub(super) fn words(text: &str) -> impl Iterator<Item = (Range<usize>, String)> + '_ {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = rest.by_ref().find(|(_, c)| c.is_alphanumeric())?;
        let mut end = start + first.len_utf8();
        let alone = is_spaceless(first);
        let goes_on = |c: char| is_mark(c) || (!alone && c.is_alphanumeric() && !is_spaceless(c));
        while let Some((at, c)) = rest.next_if(|(_, c)| goes_on(*c)) {
            end = at + c.len_utf8();
        }
        Some((start..end, folded(&text[start..end])))
    })
}

/// The positions of the words in `text` that `than`, another headline of the same story, does not have. Empty if most
/// words differ: then the whole headline is another one.
pub fn other_words(text: &str, than: &str) -> Vec<Range<usize>> {
    let known: Vec<String> = words(than).map(|(_, word)| word).collect();
    let own: Vec<_> = words(text).collect();
    let mut others: Vec<Range<usize>> = Vec::new();
    let mut count = 0;
    let mut after_other = false;
    for (place, word) in &own {
        let is_other = !known.contains(word);
        match others.last_mut().filter(|_| is_other && after_other) {
            Some(last) => last.end = place.end,
            None if is_other => others.push(place.clone()),
            None => {}
        }
        count += usize::from(is_other);
        after_other = is_other;
    }
    if count * 2 > own.len() { Vec::new() } else { others }
}

/// A text as it is searched: its words, folded, with a space between each and the next.
pub fn searched(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (_, word) in words(text) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

/// The forms that a folded word may stand in, itself the first.
pub(super) fn forms(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned()];
    if word.chars().any(char::is_numeric) {
        return forms;
    }
    for endings in ENDINGS {
        for stem in endings.iter().filter_map(|ending| word.strip_suffix(ending)) {
            if stem.chars().count() < STEM_CHARS {
                continue;
            }
            for ending in endings {
                let form = format!("{stem}{ending}");
                if !forms.contains(&form) {
                    forms.push(form);
                }
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_and_folded_in_any_script() {
        let check = |text: &str, want: &str| assert_eq!(searched(text), want, "{text}");
        check("L’été, the Wall’s CAFÉ-owner!", "l ete the wall s cafe owner");
        check("Straße Łódź Ærø", "strasse lodz aero");
        check("東京タワー and 港", "東 京 タ ワ ー and 港");
        check("서울에서 ＡＢＣ", "서울에서 abc");
        check("हिन्दी समाचार", "हिन्दी समाचार");
        check("ёлка Йод الكِتَاب", "елка иод الكتاب");
        check("… — ''", "");
        assert_eq!(words(&"x".repeat(9_000)).next().map(|(_, word)| word.len()), Some(WORD_CHARS));
    }

    #[test]
    fn a_word_is_found_in_its_other_forms_and_not_in_other_words() {
        let alike = |one: &str, other: &str| {
            let (one, other) = (searched(one), searched(other));
            let there = forms(&one).contains(&other);
            assert_eq!(there, forms(&other).contains(&one), "{one} {other}");
            there
        };
        for (one, other) in [
            ("walls", "wall"),
            ("city", "cities"),
            ("reports", "reporting"),
            ("Haus", "Häuser"),
            ("Kirche", "Kirchen"),
            ("casa", "casas"),
            ("muro", "muri"),
            ("bateau", "bateaux"),
            ("стена", "стены"),
            ("murów", "mury"),
            ("duvar", "duvarlar"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
        for (one, other) in
            [("wall", "wallet"), ("news", "newt"), ("art", "article"), ("2026", "2026s"), ("as", "a")]
        {
            assert!(!alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_word_has_few_forms() {
        for word in ["walls", "cities", "reporting", "hausern", "стенами", "as", "eeeeeees"] {
            assert!(forms(word).len() <= 128, "{word}: {}", forms(word).len());
        }
    }

    #[test]
    fn what_another_headline_has_not_is_found_unless_it_is_most_of_it() {
        let other = |text: &str, than: &str| {
            other_words(text, than).into_iter().map(|place| text[place].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            other("Ferry runs aground, 40 feared lost", "Ferry runs aground, 40 saved"),
            ["feared lost"]
        );
        assert_eq!(other("FERRY RUNS AGROUND: 40 saved", "Ferry runs aground, 40 saved"), [""; 0]);
        assert_eq!(other("Port closed after accident", "Ferry runs aground, 40 saved"), [""; 0]);
    }
}
