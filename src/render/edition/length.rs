//! How long a text is: in columns of a terminal, and in words that one reads.

/// Columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// How many words a text has; in a script that is written without spaces two characters count for one.
pub(super) fn words_in(text: &str) -> usize {
    let wide = text.chars().filter(|&c| is_wide(c)).count();
    text.split(' ').filter(|word| !word.is_empty()).count() + wide / 2
}

/// Whether a character takes two columns: the wide and full-width blocks of East Asian scripts (UAX #11), roughly.
pub(super) fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
}
