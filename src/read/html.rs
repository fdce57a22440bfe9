//! A scanner for HTML that is only split, never built into a tree: words, tags and their attributes, in linear time
//! and without recursion.
//!
//! It splits as the tokenizer of the HTML standard does (§13.2.5), so that what passes through it is seen the same
//! way by the parser behind the sanitiser. It knows nothing of feeds.

use memchr::{memchr, memmem};

/// How many attributes of one tag are looked at; a tag with more is one that nobody wrote.
const MAX_ATTRIBUTES: usize = 64;

/// One piece of HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Words between tags, entities not yet decoded.
    Text(&'a str),
    /// `<name …>`
    Open(Tag<'a>),
    /// `</name>`
    Close(&'a str),
    /// A script, a style sheet, or another element whose content is no text, with its content.
    Hidden(&'a str),
}

/// A start tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// Name as written.
    pub(super) name: &'a str,
    /// The whole tag as written.
    pub(super) source: &'a str,
    /// What stands between the name and `>`; empty when the attributes cannot be trusted.
    pub(super) attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The attributes, names as written, values not yet decoded.
    pub(super) fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        Attributes { rest: self.attributes }
    }

    /// The value of an attribute, entities decoded.
    pub(super) fn get(self, name: &str) -> Option<String> {
        let (_, value) = self.attributes().find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(super::entity::decode(value).into_owned())
    }

    /// Whether the tag has more attributes than anybody would write.
    pub(super) fn is_overloaded(self) -> bool {
        self.attributes().nth(MAX_ATTRIBUTES).is_some()
    }
}

/// Elements whose content is not text for a reader.
const HIDDEN: [&str; 5] = ["script", "style", "textarea", "xmp", "plaintext"];

/// Splits HTML into pieces.
pub(super) struct Pieces<'a> {
    html: &'a str,
    at: usize,
    /// A tag once ran to the end of the text because a quote was left open; from then on the first `>` ends a tag.
    quotes_broken: bool,
    /// Hidden elements (by their place in [`HIDDEN`]) of which no end tag follows any more.
    never_ends: [bool; HIDDEN.len()],
}

/// The pieces of `html`.
pub(super) fn pieces(html: &str) -> Pieces<'_> {
    Pieces { html, at: 0, quotes_broken: false, never_ends: [false; HIDDEN.len()] }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let rest = self.html.get(self.at..).filter(|rest| !rest.is_empty())?;
            let bytes = rest.as_bytes();
            if bytes[0] != b'<' || !starts_markup(bytes) {
                let end = text_end(bytes);
                self.at += end;
                return Some(Piece::Text(&rest[..end]));
            }
            match bytes[1] {
                b'!' | b'?' => self.at += declaration_end(rest),
                b'/' => {
                    let end = memchr(b'>', bytes).map_or(rest.len(), |end| end + 1);
                    self.at += end;
                    let name = name_of(&rest[2..end]);
                    if !name.is_empty() {
                        return Some(Piece::Close(name));
                    }
                }
                _ => return self.open(rest),
            }
        }
    }
}

impl<'a> Pieces<'a> {
    fn open(&mut self, rest: &'a str) -> Option<Piece<'a>> {
        let name = name_of(&rest[1..]);
        let after_name = 1 + name.len();
        let end = if self.quotes_broken { None } else { tag_end(rest, after_name) };
        let (end, attributes) = if let Some(end) = end {
            (end, &rest[after_name..end - 1])
        } else {
            // A quote was left open. The tag is taken to end at its first `>`, and its attributes are lost.
            self.quotes_broken = true;
            if let Some(end) = memchr(b'>', rest.as_bytes()) {
                (end + 1, "")
            } else {
                self.at = self.html.len();
                return None;
            }
        };
        self.at += end;
        let tag = Tag { name, source: &rest[..end], attributes };
        let hidden = HIDDEN.iter().position(|hidden| name.eq_ignore_ascii_case(hidden));
        if let Some(hidden) = hidden {
            let body = &rest[end..];
            let length = if self.never_ends[hidden] { None } else { hidden_end(body, name) };
            self.never_ends[hidden] = length.is_none();
            // A script or style sheet that never ends hides the rest of the text, as in browsers. Of the other
            // elements only the tag is lost.
            let length = length.unwrap_or(if hidden < 2 { body.len() } else { 0 });
            self.at += length;
            return Some(Piece::Hidden(&rest[..end + length]));
        }
        Some(Piece::Open(tag))
    }
}

/// Whether a `<` begins markup; else it is a character.
pub(super) fn starts_markup(bytes: &[u8]) -> bool {
    match bytes.get(1) {
        Some(b'!' | b'?') => true,
        Some(b'/') => bytes.get(2).is_some_and(u8::is_ascii_alphabetic),
        Some(first) => first.is_ascii_alphabetic(),
        None => false,
    }
}

fn text_end(bytes: &[u8]) -> usize {
    let mut from = 1;
    while let Some(found) = memchr(b'<', &bytes[from..]) {
        if starts_markup(&bytes[from + found..]) {
            return from + found;
        }
        from += found + 1;
    }
    bytes.len()
}

/// The end of a comment, a doctype or a processing instruction. One that never ends takes the rest with it, but for
/// `<!` and `<?`, which end at any `>`.
fn declaration_end(rest: &str) -> usize {
    if let Some(comment) = rest.strip_prefix("<!--") {
        if comment.starts_with('>') || comment.starts_with("->") {
            return 4 + comment.find('>').map_or(comment.len(), |end| end + 1);
        }
        return memmem::find(comment.as_bytes(), b"-->").map_or(rest.len(), |end| end + 7);
    }
    if rest.starts_with("<![CDATA[") {
        return 9;
    }
    memchr(b'>', rest.as_bytes()).map_or(rest.len(), |end| end + 1)
}

/// The length of a hidden element's content and end tag.
fn hidden_end(body: &str, name: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    let mut from = 0;
    while let Some(found) = memmem::find(&bytes[from..], b"</") {
        let start = from + found + 2;
        let is_end = bytes
            .get(start..start + name.len())
            .is_some_and(|candidate| candidate.eq_ignore_ascii_case(name.as_bytes()));
        if is_end {
            return Some(memchr(b'>', &bytes[start..]).map_or(body.len(), |end| start + end + 1));
        }
        from = start;
    }
    None
}

fn name_of(text: &str) -> &str {
    let end = text.bytes().position(|b| b.is_ascii_whitespace() || b == b'/' || b == b'>');
    &text[..end.unwrap_or(text.len())]
}

/// Where the tag that begins `text` ends: just behind its `>`. `None` when it never does.
pub(super) fn tag_end(text: &str, after_name: usize) -> Option<usize> {
    let mut rest = &text[after_name..];
    while let Step::Attribute(_, _, after) = step(rest) {
        rest = after;
    }
    match step(rest) {
        Step::End(after) => Some(text.len() - after.len()),
        _ => None,
    }
}

enum Step<'a> {
    Attribute(&'a str, &'a str, &'a str),
    End(&'a str),
    Truncated,
}

/// Reads one attribute as the tokenizer of the HTML standard does.
fn step(rest: &str) -> Step<'_> {
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
    let bytes = rest.as_bytes();
    match bytes.first() {
        None => return Step::Truncated,
        Some(b'>') => return Step::End(&rest[1..]),
        Some(_) => {}
    }
    // An equals sign at the start is part of the name.
    let name_end = bytes[1..]
        .iter()
        .position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'='))
        .map(|end| end + 1);
    // Cutting behind the first byte would split a character that is longer; the loop above never stops inside one.
    let Some(name_end) = name_end else { return Step::Truncated };
    let name = &rest[..name_end];
    let after = rest[name_end..].trim_start_matches(|c: char| c.is_ascii_whitespace());
    let Some(value) = after.strip_prefix('=') else { return Step::Attribute(name, "", after) };
    let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
    match value.as_bytes().first() {
        None => Step::Truncated,
        Some(quote @ (b'"' | b'\'')) => match memchr(*quote, &value.as_bytes()[1..]) {
            Some(end) => Step::Attribute(name, &value[1..=end], &value[end + 2..]),
            None => Step::Truncated,
        },
        Some(_) => {
            let end = value.bytes().position(|b| b.is_ascii_whitespace() || b == b'>');
            match end {
                Some(end) => Step::Attribute(name, &value[..end], &value[end..]),
                None => Step::Truncated,
            }
        }
    }
}

struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        // The closing `>` is not part of the slice, so the last attribute looks cut off when it has no quotes.
        match step(self.rest) {
            Step::Attribute(name, value, rest) => {
                self.rest = rest;
                Some((name, value))
            }
            Step::End(_) => None,
            Step::Truncated => {
                let last = std::mem::take(&mut self.rest);
                let last = last.trim_matches(|c: char| c.is_ascii_whitespace() || c == '/');
                if last.is_empty() {
                    return None;
                }
                Some(match last.split_once('=') {
                    Some((name, value)) if !name.is_empty() => (name.trim_end(), value.trim_start()),
                    _ => (last, ""),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, want: &[Piece<'_>]) {
        assert_eq!(pieces(html).collect::<Vec<_>>(), want, "{html}");
    }

    #[test]
    fn words_and_tags_are_told_apart_as_a_browser_does() {
        check("a < b", &[Piece::Text("a < b")]);
        check("x</b >y", &[Piece::Text("x"), Piece::Close("b"), Piece::Text("y")]);
        check("<!-- <b> -->x", &[Piece::Text("x")]);
        check("<!-->x", &[Piece::Text("x")]);
        check("<script>a<b</script >x", &[Piece::Hidden("<script>a<b</script >"), Piece::Text("x")]);
        check("<", &[Piece::Text("<")]);
        check("</", &[Piece::Text("</")]);
        check("<b", &[]);
    }

    #[test]
    fn quotes_hide_the_end_of_a_tag_only_where_a_value_stands() {
        let Some(Piece::Open(tag)) = pieces("<a x=1 title='a>b' href=\"u\" é>t").next() else {
            panic!("no tag")
        };
        assert_eq!(
            tag.attributes().collect::<Vec<_>>(),
            [("x", "1"), ("title", "a>b"), ("href", "u"), ("é", "")]
        );
        let Some(Piece::Open(tag)) = pieces("<a x\"><b>").next() else { panic!("no tag") };
        assert_eq!(tag.source, "<a x\">");
        let Some(Piece::Open(tag)) = pieces("<img src=a.png/>").next() else { panic!("no tag") };
        assert_eq!(tag.get("src").as_deref(), Some("a.png"));
    }

    #[test]
    fn an_open_quote_costs_the_tag_its_attributes_and_nothing_else() {
        let pieces: Vec<_> = pieces("<a href=\"x>words</a> <b>more</b>").collect();
        assert_eq!(pieces[1], Piece::Text("words"));
        assert_eq!(pieces.len(), 7);
    }
}
