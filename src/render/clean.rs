//! Makes foreign text and dates fit to print: only characters that every reader accepts, dates as each format writes
//! them, and the first sentences of a text.
//!
//! Knows the rules of XML 1.0, RFC 822 and RFC 3339; those of addresses are in `address`. Must not know what a story
//! is, or the elements of any format.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::borrow::Cow;

pub(super) use super::address::{is_domain, link, some_link};
pub(super) use crate::model::cut;

/// The views hold at least so many characters of a longer text. What is shown must be shorter than this, so that it
/// does not end where the view was cut.
pub(super) const GIVEN_CHARS: usize = 400;

/// Whether `c` may stand in a document. XML 1.0 (§2.2, `Char`) forbids most control characters below U+0020 and
/// advises against U+007F to U+009F and against the noncharacters of Unicode. All of them are refused, and so is
/// U+0085, a line break that XML allows. The writers that we use check nothing, and one forbidden character makes a
/// whole output unreadable.
fn is_legal(c: char) -> bool {
    let is_noncharacter = matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe;
    matches!(c, '\t' | '\n' | '\r') || !(c.is_control() || is_noncharacter)
}

/// Stands for bytes that could not be decoded (U+FFFD). Validators take it for a sign that our own encoding is wrong.
const UNREADABLE: char = '\u{fffd}';

/// `text` without the characters that may not stand in a document, and with one question mark for each run of bytes
/// that could not be decoded.
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| is_legal(c) && c != UNREADABLE) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut was_unreadable = false;
    for c in text.chars().filter(|&c| is_legal(c)) {
        match (c, was_unreadable) {
            (UNREADABLE, true) => {}
            (UNREADABLE, false) => out.push('?'),
            (c, _) => out.push(c),
        }
        was_unreadable = c == UNREADABLE;
    }
    Cow::Owned(out)
}

/// `text` on one line: legal characters, white space folded, trimmed.
pub(super) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word = legal(word);
        if !word.is_empty() && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

/// Whether a plain text holds what looks like a tag or an entity of HTML. A reader that takes the text for HTML, as
/// most do with titles of RSS, would show it wrongly.
pub(super) fn looks_like_html(text: &str) -> bool {
    text.match_indices(['<', '&']).any(|(at, found)| {
        let after = &text[at + 1..];
        if found == "<" {
            return after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        }
        let name = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
        name.len() < after.len() && name.starts_with(';')
    })
}

/// A plain text as HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A name for a place where the format cannot say that it is plain text: what looks like a tag is removed, for names
/// hold none on purpose. If nothing else is left, only the angle brackets are removed.
pub(super) fn label(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        let end = tag.find('>').filter(|_| is_tag).map_or(1, |end| end + 1);
        out.push_str(if is_tag { " " } else { "<" });
        rest = &tag[end..];
    }
    out.push_str(rest);
    let out = line(&out);
    if out.is_empty() { text.replace(['<', '>'], "") } else { out }
}

/// Seconds since 1970, not before the year 1: neither date format has earlier years.
fn seconds(at: Timestamp) -> i64 {
    const YEAR_1_S: i64 = -62_135_596_800;
    at.as_second().max(YEAR_1_S)
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(seconds(at)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The date as RSS wants it: RFC 822 with a year of four digits, in UTC.
pub(super) fn rfc822(at: Timestamp) -> String {
    whole(at).to_zoned_datetime(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The date as JSON Feed and HTML want it: RFC 3339, whole seconds, in UTC.
pub(super) fn rfc3339(at: Timestamp) -> String {
    whole(at).to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The date as the Atom writer wants it; it prints RFC 3339.
pub(super) fn atom_date(at: Timestamp) -> atom_syndication::FixedDateTime {
    chrono::DateTime::from_timestamp(seconds(at), 0).unwrap_or_default().fixed_offset()
}

/// The beginning of a plain text: whole sentences, at most `sentences` of them, in at most `chars` characters. If the
/// first sentence is longer than that, it is cut between words and ends in "…". The text may itself have been cut
/// anywhere behind [`GIVEN_CHARS`], so `chars` should be less than that.
pub(super) fn beginning(text: &str, sentences: usize, chars: usize) -> String {
    let text = line(text);
    let limit = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    let all: Vec<usize> = sentence_ends(&text).take(sentences).collect();
    let whole = limit == text.len() && all.len() < sentences;
    if whole {
        return text;
    }
    match all.iter().rev().find(|end| **end <= limit) {
        Some(end) => text[..*end].to_owned(),
        None => cut(&text, chars),
    }
}

/// As [`beginning`], but leaves out a sentence that the publisher broke off ("…", "[…]"), unless there is no other.
pub(super) fn sentences(text: &str, sentences: usize, chars: usize) -> String {
    let text = line(text);
    let limit = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    let is_whole = |end: &usize| !text[..*end].trim_end_matches(['"', '”', '»']).ends_with(['…', '[', ']']);
    match sentence_ends(&text).filter(is_whole).take(sentences).filter(|end| *end <= limit).last() {
        Some(end) => text[..end].to_owned(),
        None if limit == text.len() => text,
        None => cut(&text, chars),
    }
}

/// Where sentences end, in bytes: after a full stop, question or exclamation mark and the quotation marks that close
/// behind it, if the text ends there, or a space and no small letter follow. After the marks of East Asia and India
/// nothing need follow. A full stop after an initial or an abbreviation is no end. Neither is a mark inside straight
/// quotation marks (`"`) that are still open; other quotation marks are not counted.
fn sentence_ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices().filter_map(move |(at, c)| {
        let after = &text[at + c.len_utf8()..];
        let rest = after.trim_start_matches(['"', '”', '’', '»', '«', '“', ')', '」', '』']);
        let end = text.len() - rest.len();
        let ends = match c {
            '。' | '！' | '？' | '।' => true,
            '.' | '!' | '?' | '…' | '؟' | '۔' => {
                let word = text[..at].rsplit([' ', '(', '"', '“']).next().unwrap_or("");
                // A small letter continues the sentence: “Stop!” she said.
                let ends_word = rest.is_empty()
                    || rest.strip_prefix(' ').is_some_and(|next| !next.starts_with(char::is_lowercase));
                ends_word && (c != '.' || !is_short(word))
            }
            _ => false,
        };
        let quotes_are_closed = || text[..end].matches('"').count().is_multiple_of(2);
        (ends && quotes_are_closed()).then_some(end)
    })
}

/// Whether a word before a full stop is an initial, an abbreviation or a title.
fn is_short(word: &str) -> bool {
    let one_letter = word.chars().count() < 2 && !word.chars().all(|c| c.is_ascii_digit());
    one_letter || word.contains('.') || is_title(word)
}

/// Abbreviations after which a full stop does not end a sentence.
fn is_title(word: &str) -> bool {
    const SHORT: [&str; 16] = [
        "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Sen", "Rep", "Gov", "Gen", "Lt", "Col", "No", "vs", "Inc",
        "Nr",
    ];
    SHORT.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_no_document_should_hold_are_dropped() {
        assert_eq!(legal("a\u{0}b\u{b}c\u{fffe}d\u{1F600}\n"), "abcd\u{1F600}\n");
        assert_eq!(legal("a\u{7f}b\u{80}c\u{9f}d\u{fdd0}e\u{1ffff}f\u{10fffe}"), "abcdef");
        assert_eq!(line(" a\u{8}b \n\t c \u{ffff} "), "a b c");
        assert_eq!(line("\u{fdd0} a\u{85}b"), "a b");
    }

    #[test]
    fn what_could_not_be_read_is_a_question_mark() {
        assert_eq!(legal("M\u{fffd}\u{fffd}nchen\u{fffd}"), "M?nchen?");
        assert_eq!(line("M\u{fffd} \u{fffd}"), "M? ?");
    }

    #[test]
    fn a_text_that_a_reader_may_take_for_html_is_told() {
        for html in ["The <b> element", "ends in </p>", "<!-- x", "Q&amp;A", "&#38;"] {
            assert!(looks_like_html(html), "{html}");
        }
        for plain in ["3 < 4 & 5 > 2", "a <3 b", "R & D", "AT&T", "&;", "", "<", "&"] {
            assert!(!looks_like_html(plain), "{plain}");
        }
    }

    #[test]
    fn a_name_is_free_of_tags() {
        for (written, printed) in [
            ("<b>The</b> Daily", "The Daily"),
            ("Ann <ann@a.example>", "Ann"),
            ("3 < 4 > 2 & </", "3 < 4 > 2 & /"),
            ("<br/>", "br/"),
            ("", ""),
        ] {
            assert_eq!(label(written), printed);
        }
    }

    #[test]
    fn dates_have_four_digits_of_year_and_no_fraction() {
        let at: Timestamp = "2026-11-03T04:05:06.789Z".parse().unwrap();
        assert_eq!(rfc822(at), "Tue, 03 Nov 2026 04:05:06 +0000");
        assert_eq!(rfc3339(at), "2026-11-03T04:05:06Z");
        assert_eq!(atom_date(at).to_rfc3339(), "2026-11-03T04:05:06+00:00");
        assert_eq!(rfc822(Timestamp::MIN), "Mon, 01 Jan 0001 00:00:00 +0000");
        assert_eq!(rfc3339(Timestamp::MIN), "0001-01-01T00:00:00Z");
        assert!(rfc3339(Timestamp::MAX).starts_with("9999-"));
    }

    fn check(text: &str, sentences: usize, chars: usize, expected: &str) {
        assert_eq!(beginning(text, sentences, chars), expected);
    }

    #[test]
    fn a_beginning_is_made_of_whole_sentences_where_it_can() {
        check("One. Two! Three?", 2, 100, "One. Two!");
        check("One. Two! Three?", 9, 100, "One. Two! Three?");
        check("No stop at all", 2, 100, "No stop at all");
        check("Dr. J. Smith of the U.S. won. He left.", 1, 100, "Dr. J. Smith of the U.S. won.");
        check("It rose by 4.1 per cent. More follows.", 1, 100, "It rose by 4.1 per cent.");
        check("First sentence here. A second that is too long.", 2, 25, "First sentence here.");
        check("一つ目の文。二つ目の文。三つ目。", 2, 100, "一つ目の文。二つ目の文。");
        check("A sentence that is far too long to fit.", 2, 20, "A sentence that is…");
        check("一二三四五六七八九十", 1, 4, "一二三四…");
        check("", 2, 10, "");
        check(
            "He said: \"We found it. We made it.\" Then he left. More.",
            1,
            100,
            "He said: \"We found it. We made it.\"",
        );
        check("“Stop!” she said (in 1902). And so on.", 1, 100, "“Stop!” she said (in 1902).");
        check("「はい。」と言った。次の文。", 2, 100, "「はい。」と言った。");
        check("\"Never closed. It goes on and on and on", 1, 24, "\"Never closed. It goes…");
        check("It is 5. Then 6.", 1, 100, "It is 5.");
    }
}
