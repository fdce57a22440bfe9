//! How long a text is: in columns of fixed width, for plain text, and in words, for the time that reading takes.
//!
//! Must not know what the text says.

/// The columns that a text takes in a font of fixed width.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// How many words a text has. It is split at spaces, and each two wide characters count as one more word: East Asian
/// scripts have no spaces.
pub(super) fn words_in(text: &str) -> usize {
    let wide = text.chars().filter(|&c| is_wide(c)).count();
    text.split(' ').filter(|word| !word.is_empty()).count() + wide / 2
}

/// Whether a character takes two columns: roughly the wide and full-width characters of UAX #11, by block.
pub(super) fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
}
