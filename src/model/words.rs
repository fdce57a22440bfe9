//! Words of others where we say them: in failures, at a terminal, in logs. They are bounded, and hold nothing that hides or
//! moves what stands around them.

/// Characters of a failure's sentence at the most.
const SENTENCE_CHARS: usize = 600;

/// Control characters (C0, DELETE, C1), line and paragraph separators, and those that reverse the direction of what follows
/// (Unicode Standard Annex #9): each could forge what a terminal shows.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text on one line, without unprintable characters, cut when it is long.
pub fn sentence(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == SENTENCE_CHARS {
            out.push('…');
            break;
        }
        out.push(match c {
            '\t' | '\n' | '\r' => ' ',
            c if is_unprintable(c) => '\u{fffd}',
            c => c,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_one_line_that_ends_and_shows_all_there_is() {
        assert_eq!(
            sentence("the server said\r\n\u{1b}[2Jno\u{9b}1m"),
            "the server said  \u{fffd}[2Jno\u{fffd}1m"
        );
        assert_eq!(sentence("a\u{202e}b\u{2066}c"), "a\u{fffd}b\u{fffd}c");
        let long = sentence(&"é".repeat(10_000));
        assert_eq!(long.chars().count(), SENTENCE_CHARS + 1);
        assert_eq!(sentence("Über 東京"), "Über 東京");
    }
}
