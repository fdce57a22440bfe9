//! Text from others in our own messages: in failures, on a terminal, in logs. It is bounded, and holds nothing that
//! hides or moves the text around it.

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

/// At most `chars` characters of `text`, cut between words where there are any, with "…" when something is missing.
pub fn cut(text: &str, chars: usize) -> String {
    let Some((limit, _)) = text.char_indices().nth(chars) else { return text.to_owned() };
    let head = &text[..limit];
    // Nothing is cut off a word that ends there.
    let ends_there = text[limit..].starts_with(' ');
    let words = head.rfind(' ').filter(|&space| !ends_there && space > limit / 2);
    let words = words.map_or(head, |space| &head[..space]);
    format!("{}…", words.trim_end_matches([' ', ',', ';', ':', '-', '–', '—', '.']))
}

/// Whether there is anything to see in a text: more than white space and characters without a shape.
pub fn says_something(text: &str) -> bool {
    let is_shapeless = |c: char| {
        let is_format = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{fe0f}' | '\u{feff}');
        c.is_whitespace() || is_unprintable(c) || is_format
    };
    !text.chars().all(is_shapeless)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_words() {
        for (text, chars, want) in [
            ("short", 5, "short"),
            ("The ferry, aground", 12, "The ferry…"),
            ("The ferry aground", 9, "The ferry…"),
            ("一二三四五六七八九十", 4, "一二三四…"),
            ("Donaudampfschifffahrt", 6, "Donaud…"),
        ] {
            assert_eq!(cut(text, chars), want);
        }
    }

    #[test]
    fn blanks_and_shapeless_characters_say_nothing() {
        assert!(says_something("a") && says_something("…") && says_something("\u{1F600}"));
        assert!(!says_something("") && !says_something(" \u{200b}\u{feff}\u{202e}\u{ad}\t\u{0}"));
    }

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
