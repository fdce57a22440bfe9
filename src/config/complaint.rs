//! What is wrong with a configuration, where, and what to do about it; printed like a compiler's complaint.
//!
//! Knows text and positions in it; must not know what the configuration means. What it prints may end up in a log, so
//! secrets in the quoted line are masked and control characters are spelt out.

use crate::model::is_unprintable;
use std::fmt::Write as _;
use std::ops::Range;

/// How much of a long line is quoted, in characters.
const QUOTE_CHARS: usize = 100;

/// Longer lines are not kept for quoting: a file of one line with a thousand mistakes would be kept a thousand times.
const LINE_BYTES_MOST: usize = 10_000;

/// Whether a complaint refuses the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The configuration is not used.
    Error,
    /// It is used, but the operator should look.
    Warning,
}

/// A place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters of the line it covers, at least 1.
    pub width: usize,
    /// The line, without its end.
    text: String,
}

/// One complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Whether it refuses the configuration.
    pub severity: Severity,
    /// The file, as it was named to us.
    pub file: String,
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: Option<String>,
    /// Another place that has to do with it, and how.
    pub other: Option<(Place, String)>,
}

impl Complaint {
    /// The complaint as some lines of text, each with its line end; `colour` adds terminal colours.
    pub fn render(&self, colour: bool) -> String {
        let paint = Paint { colour };
        let (word, ink) = match self.severity {
            Severity::Error => ("error", RED),
            Severity::Warning => ("warning", YELLOW),
        };
        let digits = |place: &Place| place.line.to_string().len();
        let margin = digits(&self.place).max(self.other.as_ref().map_or(0, |(place, _)| digits(place)));
        let mut out =
            format!("{}{}\n", paint.ink(ink, word), paint.ink(BOLD, &format!(": {}", shown(&self.what))));
        let place = Quote { file: &self.file, place: &self.place, margin, mark: '^', note: "" };
        place.write(&mut out, "-->", paint, ink);
        if let Some((place, note)) = &self.other {
            let other = Quote { file: &self.file, place, margin, mark: '-', note };
            other.write(&mut out, ":::", paint, BLUE);
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{:margin$} {} help: {}", "", paint.ink(BLUE, "="), shown(help));
        }
        out
    }
}

/// A quoted line with a mark under the place.
struct Quote<'a> {
    file: &'a str,
    place: &'a Place,
    margin: usize,
    mark: char,
    note: &'a str,
}

impl Quote<'_> {
    fn write(&self, out: &mut String, arrow: &str, paint: Paint, ink: &str) {
        let Quote { file, place, margin, .. } = self;
        let (text, before, width) = place.excerpt();
        let bar = paint.ink(BLUE, "|");
        let _ = writeln!(
            out,
            "{:margin$}{} {}:{}:{}",
            "",
            paint.ink(BLUE, arrow),
            shown(file),
            place.line,
            place.column
        );
        let _ = writeln!(out, "{:margin$} {bar}", "");
        let number = format!("{:>margin$}", place.line);
        let _ = writeln!(out, "{} {bar} {text}", paint.ink(BLUE, &number));
        let marks = self.mark.to_string().repeat(width);
        let note = if self.note.is_empty() { String::new() } else { format!(" {}", shown(self.note)) };
        let _ = writeln!(out, "{:margin$} {bar} {before}{}", "", paint.ink(ink, &format!("{marks}{note}")));
    }
}

impl Place {
    /// Masks what stands behind the line's first equals sign.
    pub(super) fn hide_value(&mut self) {
        if let Some((key, value)) = self.text.split_once('=') {
            self.text = format!("{key}={}", value.chars().map(asterisk).collect::<String>());
        }
    }

    /// The part of the line to quote, the blank space before the mark (with the line's tabs, so that the mark stands
    /// under its text), and the mark's width.
    fn excerpt(&self) -> (String, String, usize) {
        let line: Vec<char> = masked(&self.text).chars().collect();
        let at = (self.column - 1).min(line.len());
        let from = if line.len() <= QUOTE_CHARS { 0 } else { at.saturating_sub(QUOTE_CHARS / 3) };
        let to = line.len().min(from + QUOTE_CHARS);
        let mut text = String::new();
        let mut before = String::new();
        if from > 0 {
            text.push('…');
            before.push(' ');
        }
        for (n, &c) in line.iter().enumerate().take(to).skip(from) {
            text.push(if c == '\t' || !is_unprintable(c) { c } else { '\u{fffd}' });
            if n < at {
                before.push(if c == '\t' { '\t' } else { ' ' });
            }
        }
        if to < line.len() {
            text.push('…');
        }
        (text, before, self.width.min(to.saturating_sub(at)).max(1))
    }
}

/// The text of the file and where its lines begin.
pub(super) struct Source<'a> {
    text: &'a str,
    /// Byte offsets of the lines' first characters.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let after_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(n, _)| n + 1);
        Self { text, lines: std::iter::once(0).chain(after_ends).collect() }
    }

    /// The place of a byte range. Offsets outside the text or inside a character are moved to the nearest before.
    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        let start = self.text.floor_char_boundary(span.start);
        let line = self.lines.partition_point(|begin| *begin <= start).max(1);
        let begin = self.lines[line - 1];
        let end = self.lines.get(line).map_or(self.text.len(), |next| next - 1);
        let text = self.text[begin..end].trim_end_matches('\r');
        let kept = if text.len() <= LINE_BYTES_MOST { text } else { "(a very long line)" };
        let chars = |to: usize| text[..text.floor_char_boundary(to.saturating_sub(begin))].chars().count();
        let column = chars(start) + 1;
        Place {
            line,
            column,
            width: (chars(span.end) + 1).saturating_sub(column).max(1),
            text: kept.to_owned(),
        }
    }

    /// The text of a byte range, empty when it is not one.
    pub(super) fn slice(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }
}

const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const BLUE: &str = "1;34";
const BOLD: &str = "1";

#[derive(Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn ink(self, ink: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{ink}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The text with unprintable characters spelt out.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unprintable(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// A value of the operator's inside a sentence: in quotes, cut when long.
pub(super) fn quoted(value: &str) -> String {
    const MOST: usize = 60;
    let cut: String = value.chars().take(MOST).collect();
    let more = if cut.len() < value.len() { "…" } else { "" };
    format!("\"{cut}{more}\"")
}

/// Words in a key that announce a secret on the same line.
const SECRET_KEYS: [&str; 7] = ["headers", "authorization", "cookie", "password", "token", "secret", "key"];

/// The line with its secrets replaced by asterisks, character for character: userinfo and query of addresses, and
/// the value of a key that sounds like one.
fn masked(line: &str) -> String {
    let mut chars: Vec<char> = line.chars().collect();
    let mut at = 0;
    while let Some(found) = find(&chars, at, &[':', '/', '/']) {
        let begin = found + 3;
        let is_end = |c: &char| matches!(c, '"' | '\'') || c.is_whitespace();
        let end = chars[begin..].iter().position(is_end).map_or(chars.len(), |n| begin + n);
        let path = chars[begin..end].iter().position(|c| *c == '?').map_or(end, |n| begin + n);
        let host = chars[begin..path].iter().position(|c| *c == '/').map_or(path, |n| begin + n);
        if let Some(sign) = chars[begin..host].iter().rposition(|c| *c == '@') {
            chars[begin..begin + sign].fill('*');
        }
        if path < end {
            chars[path + 1..end].fill('*');
        }
        at = end;
    }
    let lower: Vec<char> = chars.iter().map(char::to_ascii_lowercase).collect();
    for word in SECRET_KEYS {
        let word: Vec<char> = word.chars().collect();
        let mut at = 0;
        while let Some(found) = find(&lower, at, &word) {
            at = found + word.len();
            // `keywords = […]` is no key; `api_key = "…"`, `"X-Api-Key" = '…'` and `Cookie: …` are.
            let mut value = at;
            while chars.get(value).is_some_and(|c| matches!(c, '"' | '\'' | ' ' | '\t')) {
                value += 1;
            }
            if !chars.get(value).is_some_and(|c| matches!(c, '=' | ':')) {
                continue;
            }
            for c in chars.iter_mut().skip(value + 1) {
                *c = asterisk(*c);
            }
        }
    }
    chars.into_iter().collect()
}

/// An asterisk for a character of a value; what separates values stays.
fn asterisk(c: char) -> char {
    if matches!(c, '"' | '\'' | ' ' | '\t' | '{' | '}' | '[' | ']' | ',' | '=') { c } else { '*' }
}

fn find(chars: &[char], from: usize, word: &[char]) -> Option<usize> {
    chars.get(from..)?.windows(word.len()).position(|window| window == word).map(|n| from + n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, span: Range<usize>) -> (usize, usize, usize) {
        let place = Source::new(text).place(&span);
        (place.line, place.column, place.width)
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(place("ab\ncd", 3..5), (2, 1, 2));
        assert_eq!(place("ab\r\n\tcd", 5..7), (2, 2, 2));
        assert_eq!(place("é = 日本x", 4..10), (1, 4, 2));
        assert_eq!(place("", 0..0), (1, 1, 1));
        assert_eq!(place("ab\n", 3..3), (2, 1, 1));
        assert_eq!(place("ab\ncd", 0..5), (1, 1, 2));
        assert_eq!(place("é", 1..99), (1, 1, 1));
    }

    #[test]
    fn secrets_are_not_quoted() {
        let check = |line: &str, expected: &str| assert_eq!(masked(line), expected);
        check(
            "url = \"https://me:pw@example.org/f?a=b\" # x",
            "url = \"https://*****@example.org/f?***\" # x",
        );
        check("headers = { X-A = \"Bearer abc\" }", "headers = { *** = \"****** ***\" }");
        check("Authorization = \"Bearer abc\"", "Authorization = \"****** ***\"");
        check("\"X-Api-Key\" = 'abc'", "\"X-Api-Key\" = '***'");
        check("keywords = [\"keyboard\"]", "keywords = [\"keyboard\"]");
        check("password = \"abc", "password = \"***");
        check("url = \"https://example.org/@me.rss\"", "url = \"https://example.org/@me.rss\"");
    }

    #[test]
    fn a_long_line_is_quoted_in_part_with_the_mark_in_place() {
        let text = format!("{}bad{}", "x".repeat(500), "y".repeat(500));
        let (quote, before, width) = Source::new(&text).place(&(500..503)).excerpt();
        assert_eq!(width, 3);
        assert_eq!(quote.chars().skip(before.chars().count()).take(3).collect::<String>(), "bad");
        assert!(quote.chars().count() <= QUOTE_CHARS + 2);
    }

    #[test]
    fn control_characters_are_shown_not_sent() {
        let place = Source::new("a\u{1b}[31m").place(&(0..1));
        assert!(!place.excerpt().0.contains('\u{1b}'));
        assert_eq!(shown("a\u{1b}b\u{202e}"), "a\\u{1b}b\\u{202e}");
    }
}
