//! A tolerant token layer for JSON: it never fails, and what it cannot understand it passes over.
//!
//! It takes RFC 8259 and what publishers make of it: comments, commas too many or too few, single quotes, bare names, line
//! breaks and bare quotes in strings, halves of surrogate pairs, brackets that do not match, an early end. Its work is linear in the
//! document, its depth bounded. It knows nothing of feeds.

use super::flaws::Flaws;
use memchr::{memchr, memchr2, memmem};
use std::borrow::Cow;

/// Objects and lists that are looked into are nested no deeper than this; JSON Feed needs five. What is passed over may
/// nest as it likes.
const MAX_DEPTH: usize = 16;
/// How many words of one list are kept.
const MAX_WORDS: usize = 200;

/// A document being read.
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
    /// The brackets that will close what is open, the innermost last.
    open: Vec<u8>,
    /// What was wrong so far.
    pub(super) flaws: Flaws,
}

/// What kind of value stands next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Object,
    List,
    /// A string, a number, or a bare word.
    Word,
}

impl<'a> Json<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, open: Vec::new(), flaws: Flaws::default() }
    }

    /// What kind of value stands next; for those who are called to read one.
    pub(super) fn next(&mut self) -> Next {
        match self.peek() {
            Some(b'{') => Next::Object,
            Some(b'[') => Next::List,
            _ => Next::Word,
        }
    }

    /// Reads the members of the object that stands next; `each` gets their names and must read one value.
    pub(super) fn object(&mut self, mut each: impl FnMut(&mut Self, &str)) {
        if !self.enter(b'{', b'}') {
            return;
        }
        while let Some(byte) = self.inside(b'}') {
            if matches!(byte, b'{' | b'[') {
                // Where a name should stand, something begins that can only belong to a list around.
                self.flaws.malformed = true;
                if self.open.contains(&b']') {
                    break;
                }
                self.pass_over();
                continue;
            }
            let name = self.scalar();
            if self.peek() != Some(b':') {
                self.flaws.malformed = true;
                continue;
            }
            self.at += 1;
            match self.peek() {
                None | Some(b',' | b'}' | b']' | b':') => self.flaws.malformed = true,
                Some(_) => each(self, name.as_deref().unwrap_or_default()),
            }
        }
        self.open.pop();
    }

    /// Reads the values of the list that stands next; `each` must read one.
    pub(super) fn list(&mut self, mut each: impl FnMut(&mut Self)) {
        if !self.enter(b'[', b']') {
            return;
        }
        while self.inside(b']').is_some() {
            each(self);
        }
        self.open.pop();
    }

    /// Reads the string or number that stands next; `None` for anything else, which is passed over.
    pub(super) fn word(&mut self) -> Option<String> {
        match self.peek()? {
            b'"' | b'\'' => Some(self.string()?.trim().to_owned()).filter(|word| !word.is_empty()),
            b'{' | b'[' => {
                self.pass_over();
                None
            }
            _ => {
                let word = self.bare();
                let number = word.parse::<f64>().is_ok_and(f64::is_finite);
                self.flaws.malformed |= !number && !matches!(word, "null" | "true" | "false");
                number.then(|| word.to_owned())
            }
        }
    }

    /// Reads a word, or those of a list.
    pub(super) fn words(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        if self.next() == Next::List {
            self.list(|json| {
                let word = json.word();
                words.extend(word.filter(|_| words.len() < MAX_WORDS));
            });
        } else {
            words.extend(self.word());
        }
        words
    }

    /// Passes over the value that stands next.
    pub(super) fn pass_over(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' | b',' | b':' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                _ => {
                    self.scalar();
                }
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn enter(&mut self, opens: u8, closes: u8) -> bool {
        let enters = self.peek() == Some(opens) && self.open.len() < MAX_DEPTH;
        if enters {
            self.at += 1;
            self.open.push(closes);
        } else {
            self.flaws.too_deep |= self.open.len() >= MAX_DEPTH;
            self.pass_over();
        }
        enters
    }

    /// The first byte of the next part of what is open, behind commas and stray marks; `None` when it ends, with `closes` or without.
    fn inside(&mut self, closes: u8) -> Option<u8> {
        loop {
            match self.peek()? {
                byte if byte == closes => {
                    self.at += 1;
                    return None;
                }
                b',' => self.at += 1,
                b':' => {
                    self.flaws.malformed = true;
                    self.at += 1;
                }
                byte @ (b'}' | b']') => {
                    self.flaws.malformed = true;
                    // It closes something around, which says that our own bracket is missing. The outermost object ends
                    // where the document ends, so what closes that one too early closes nothing.
                    if self.open.iter().skip(1).any(|open| *open == byte) {
                        return None;
                    }
                    self.at += 1;
                }
                byte => return Some(byte),
            }
        }
    }

    /// The next byte that says something; blanks and comments say nothing.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let rest = &self.text[self.at..];
            let blank = rest.len() - rest.trim_start_matches(is_blank).len();
            self.at += blank;
            let rest = &self.text[self.at..];
            let length = if rest.starts_with("//") {
                memchr(b'\n', rest.as_bytes())
            } else if rest.starts_with("/*") {
                memmem::find(rest.as_bytes(), b"*/").map(|end| end + 2)
            } else {
                self.flaws.truncated |= rest.is_empty() && !self.open.is_empty();
                return rest.as_bytes().first().copied();
            };
            self.flaws.malformed = true;
            self.at += length.unwrap_or(rest.len());
        }
    }

    /// Reads a string or a bare word; at least one character, if there is one.
    fn scalar(&mut self) -> Option<Cow<'a, str>> {
        match self.peek()? {
            b'"' | b'\'' => self.string(),
            _ => Some(Cow::Borrowed(self.bare())),
        }
    }

    fn bare(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let stops = |c: char| is_blank(c) || matches!(c, ',' | ':' | '{' | '}' | '[' | ']' | '"');
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..].find(stops).map_or(rest.len(), |end| end + first);
        self.at += end;
        &rest[..end]
    }

    /// Reads the string that begins here; `None` when the document ends in it, for half an id is another id.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let quote = *bytes.get(self.at)?;
        let mut unescaped = String::new();
        let (mut from, mut at) = (self.at + 1, self.at + 1);
        while let Some(found) = memchr2(quote, b'\\', &bytes[at..]) {
            at += found;
            if bytes[at] == b'\\' {
                unescaped.push_str(&text[from..at]);
                at = self.escape(at + 1, &mut unescaped);
                from = at;
            } else if self.string_ends(at + 1) {
                self.at = at + 1;
                let rest = &text[from..at];
                return Some(if unescaped.is_empty() {
                    Cow::Borrowed(rest)
                } else {
                    (unescaped + rest).into()
                });
            } else {
                self.flaws.malformed = true;
                at += 1;
            }
        }
        self.at = text.len();
        self.flaws.truncated = true;
        None
    }

    /// Whether a quote in front of `at` can be the end of a string, by what follows; else it is a character that should
    /// have been escaped.
    fn string_ends(&self, at: usize) -> bool {
        let rest = &self.text[at..];
        let next = rest.trim_start_matches(is_blank);
        match next.as_bytes().first() {
            None | Some(b',' | b':' | b'}' | b']' | b'/') => true,
            // A comma or a bracket is missing.
            Some(b'"' | b'\'' | b'{') => next.len() < rest.len(),
            Some(_) => false,
        }
    }

    /// Reads what stands behind a backslash at `at`; gives where it ends.
    fn escape(&mut self, at: usize, out: &mut String) -> usize {
        let rest = &self.text[at..];
        let Some(c) = rest.chars().next() else { return at };
        match c {
            'u' => return self.code_unit(at + 1, out),
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            // Controls are dropped wherever they stand.
            'b' | 'f' => {}
            c => {
                self.flaws.malformed |= !matches!(c, '"' | '\\' | '/');
                out.push(c);
            }
        }
        at + c.len_utf8()
    }

    /// Reads the digits of `\u`, and those of its other half.
    fn code_unit(&mut self, at: usize, out: &mut String) -> usize {
        let bytes = self.text.as_bytes();
        let hex = |at: usize| {
            let digits = bytes.get(at..at + 4).filter(|four| four.iter().all(u8::is_ascii_hexdigit))?;
            u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        let Some(unit) = hex(at) else {
            self.flaws.malformed = true;
            out.push(char::REPLACEMENT_CHARACTER);
            return at + bytes[at..].iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
        };
        let other = || hex(at + 6).filter(|_| bytes[at + 4..].starts_with(b"\\u"));
        if let (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) = (unit, other()) {
            let both = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            out.push(char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER));
            return at + 10;
        }
        let c = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.flaws.malformed |= c == char::REPLACEMENT_CHARACTER && unit != 0xfffd;
        if !c.is_control() || matches!(c, '\n' | '\t' | '\r') || u32::from(c) >= 0x80 {
            out.push(c);
        }
        at + 4
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members of an object, each as the words that are in it.
    fn check(text: &str, want: &[(&str, &[&str])]) {
        let mut json = Json::new(text);
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        json.object(|json, name| found.push((name.to_owned(), json.words())));
        let want: Vec<(String, Vec<String>)> = want
            .iter()
            .map(|(name, words)| ((*name).to_owned(), words.iter().map(|word| (*word).to_owned()).collect()))
            .collect();
        assert_eq!(found, want, "{text}");
    }

    fn is_sound(text: &str) -> bool {
        let mut json = Json::new(text);
        json.object(|json, _| json.pass_over());
        !json.flaws.malformed && !json.flaws.truncated && !json.flaws.too_deep
    }

    #[test]
    fn what_the_standard_allows_is_read_without_a_complaint() {
        check(
            r#"{"a":"b","c":["d",1.5e3,null,true],"e":{"f":1}}"#,
            &[("a", &["b"]), ("c", &["d", "1.5e3"]), ("e", &[])],
        );
        check(r#"{"a":"\"\\\/\b\f\n\t\u00e9\ud83d\ude00"}"#, &[("a", &["\"\\/\n\té😀"])]);
        for sound in
            [r#"{"a":"b","c":["d",1.5e3,null,true],"e":{"f":[]}}"#, "{}", r#"{"a":"\ud83d\ude00\ufffd"}"#]
        {
            assert!(is_sound(sound), "{sound}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_one_unknown_character() {
        check(
            r#"{"a":"x\ud800y","b":"\udc00","c":"\ud800\ud83d\ude00","d":"\ud800\n"}"#,
            &[("a", &["x\u{fffd}y"]), ("b", &["\u{fffd}"]), ("c", &["\u{fffd}😀"]), ("d", &["\u{fffd}"])],
        );
        check(
            r#"{"a":"\u12","b":"\uxy","c":"\q\'"}"#,
            &[("a", &["\u{fffd}"]), ("b", &["\u{fffd}xy"]), ("c", &["q'"])],
        );
        assert!(!is_sound(r#"{"a":"\ud800"}"#));
    }

    #[test]
    fn javascript_is_taken_for_what_it_means() {
        check(
            "{ a: 'it's', // why\n \"b\": NaN, /* c */ c: -Infinity, d: undefined, e: 'f', }",
            &[("a", &["it's"]), ("b", &[]), ("c", &[]), ("d", &[]), ("e", &["f"])],
        );
        check("{\"a\":[\"b\",,\"c\",],,\"d\":\"e\"}", &[("a", &["b", "c"]), ("d", &["e"])]);
    }

    #[test]
    fn mistakes_in_strings_cost_no_more_than_the_string() {
        check(
            "{\"a\":\"He said \"no\" twice\",\"b\":\"c\"}",
            &[("a", &["He said \"no\" twice"]), ("b", &["c"])],
        );
        check(
            "{\"a\":\"one\ntwo\tthree\",\"b\":\"\\u0000c\"}",
            &[("a", &["one\ntwo\tthree"]), ("b", &["c"])],
        );
        check("{\"a\":\"b\" \"c\":\"d\"\n\"e\":\"f\"}", &[("a", &["b"]), ("c", &["d"]), ("e", &["f"])]);
    }

    #[test]
    fn brackets_that_do_not_match_end_what_they_can() {
        check("{\"a\":\"b\"],\"c\":\"d\"}", &[("a", &["b"]), ("c", &["d"])]);
        check("{\"a\" \"b\", : \"c\":, \"d\":\"e\"}", &[("d", &["e"])]);
        check("{\"a\":\"b\",{\"c\":1},\"d\":\"e\"}", &[("a", &["b"]), ("d", &["e"])]);
    }

    #[test]
    fn what_stands_before_a_cut_is_read() {
        let whole = r#"{"a":"b","c":["d","e"],"f":"\ud83d\ude00"}"#;
        for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
            let mut json = Json::new(&whole[..at]);
            let mut words = Vec::new();
            json.object(|json, _| words.extend(json.words()));
            assert!(words.len() >= whole[..at].matches("\",").count(), "{at}: {words:?}");
            assert!(at == 0 || json.flaws.truncated, "{at}");
        }
    }

    #[test]
    fn nesting_is_bounded_where_it_is_looked_into_and_free_where_it_is_not() {
        fn dive(json: &mut Json<'_>) {
            match json.next() {
                Next::Object => json.object(|json, _| dive(json)),
                Next::List => json.list(dive),
                Next::Word => drop(json.word()),
            }
        }
        let deep = format!("{{\"a\":{}1", "[{\"b\":".repeat(500_000));
        let mut json = Json::new(&deep);
        dive(&mut json);
        assert!(json.flaws.too_deep);
        check(
            &format!("{{\"x\":{}{},\"a\":\"b\"}}", "[".repeat(90_000), "]".repeat(90_000)),
            &[("x", &[]), ("a", &["b"])],
        );
    }
}
