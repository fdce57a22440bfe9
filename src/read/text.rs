//! Text constructs: what stands inside an element, as plain words or as HTML.
//!
//! It knows the ways in which dialects wrap text (escaped, inline, CDATA, base64) and nothing of what the text is for.

use super::address::mended as mended_address;
use super::attribute::Element;
use super::decode::mended;
use super::entity;
use super::space::Space;
use super::spoken::without_spoken;
use super::xml::{Event, Xml};
use std::rc::Rc;

/// How much of one text is read, in bytes.
const MAX_TEXT_BYTES: usize = 1_024 * 1_024;
/// How much of a short text is read, in bytes.
const MAX_SHORT_BYTES: usize = 16 * 1_024;

/// The start of `text` that still fits behind `length` bytes.
fn fitting(text: &str, length: usize, limit: usize) -> &str {
    if text.len() + length <= limit {
        text
    } else {
        &text[..text.floor_char_boundary(limit.saturating_sub(length))]
    }
}

/// The start of a short text that still fits behind what was read of it.
pub(super) fn start_of<'t>(text: &'t str, before: &str) -> &'t str {
    fitting(text, before.len(), MAX_SHORT_BYTES)
}

/// Text and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// The text, trimmed.
    pub(super) text: String,
    /// What it is.
    pub(super) kind: Kind,
}

/// What text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Characters that mean themselves.
    Plain,
    /// HTML.
    Html,
    /// HTML that stood in the document as elements, so that every tag of it is markup.
    Elements,
    /// RSS does not say.
    Unsaid,
}

impl Words {
    /// The text as HTML.
    pub(super) fn into_html(self) -> Option<String> {
        if self.text.is_empty() {
            return None;
        }
        Some(match self.kind {
            Kind::Html | Kind::Elements => self.text,
            Kind::Unsaid if looks_like_html(&self.text) => self.text,
            Kind::Plain | Kind::Unsaid => entity::escape(&self.text).into_owned(),
        })
    }

    /// The text as HTML, in which tags that a title speaks of are words.
    pub(super) fn into_title(mut self) -> Option<String> {
        let may_speak = match self.kind {
            Kind::Html => true,
            Kind::Unsaid => looks_like_html(&self.text),
            Kind::Plain | Kind::Elements => false,
        };
        if may_speak && self.text.contains('<') {
            self.text = without_spoken(start_of(&self.text, ""));
            self.kind = Kind::Html;
        }
        self.into_html()
    }
}

/// Elements that stand beside a title, a date or an address, never in one: seeing one there means that an end tag is
/// missing.
fn is_sibling(element: &Element<'_>) -> bool {
    const NAMES: [&str; 16] = [
        "item",
        "entry",
        "channel",
        "description",
        "link",
        "guid",
        "pubdate",
        "published",
        "updated",
        "issued",
        "modified",
        "category",
        "author",
        "title",
        "content",
        "id",
    ];
    matches!(element.space, Space::Rss | Space::Atom) && NAMES.contains(&&*element.name)
}

impl<'a> Xml<'a> {
    /// The words of a short element, without markup, trimmed; `None` when there are none.
    pub(super) fn short(&mut self, element: &Element<'a>) -> Option<String> {
        let mut out = String::new();
        while self.depth() >= element.depth {
            match self.next() {
                None => break,
                Some(Event::Text(text)) => {
                    out.push_str(&self.decode(start_of(text, &out)));
                }
                Some(Event::Literal(text)) => out.push_str(start_of(text, &out)),
                Some(Event::Start(child)) if is_sibling(&child) && child.depth == element.depth + 1 => {
                    self.put_back(child, element.depth);
                    break;
                }
                Some(Event::Start(_) | Event::End) => {}
            }
        }
        let trimmed = out.trim();
        if trimmed.is_empty() {
            return None;
        }
        if let Some(mended) = mended(trimmed) {
            return Some(mended);
        }
        Some(if trimmed.len() == out.len() { out } else { trimmed.to_owned() })
    }

    /// A short element that holds an address, absolute.
    pub(super) fn short_address(&mut self, element: &Element<'a>) -> Option<String> {
        let base = self.base().cloned();
        let text = self.short(element)?;
        Some(self.absolute(&mended_address(&text), base.as_deref()))
    }

    /// A text construct. What it is comes from its `type` and `mode` (Atom 1.0 §3.1 and §4.1.3.3; Atom 0.3), else it is
    /// `default`.
    pub(super) fn words(&mut self, element: &Element<'a>, default: Kind) -> Words {
        let kind = self.attribute(element, "type").map(|kind| kind.to_ascii_lowercase());
        let mode = self.attribute(element, "mode").map(|mode| mode.to_ascii_lowercase());
        let kind = kind.as_deref().map(|kind| kind.split(';').next().unwrap_or_default().trim());
        if mode.as_deref() == Some("base64") {
            return self.base64(element, kind.unwrap_or_default());
        }
        let escaped = mode.as_deref() == Some("escaped");
        match kind {
            Some("xhtml" | "application/xhtml+xml" | "application/xhtml" | "xml") if !escaped => {
                self.markup(element, true, Kind::Elements)
            }
            Some(
                "html" | "text/html" | "xhtml" | "application/xhtml+xml" | "text/x-html" | "application/html",
            ) => self.markup(element, false, Kind::Html),
            Some("text" | "text/plain" | "plain") => {
                let kind = if default == Kind::Unsaid { default } else { Kind::Plain };
                self.markup(element, false, kind)
            }
            Some(kind) if kind.ends_with("+xml") || kind.ends_with("/xml") => {
                self.markup(element, !escaped, if escaped { Kind::Html } else { Kind::Elements })
            }
            Some(kind) if kind.contains('/') && !kind.starts_with("text/") => self.base64(element, kind),
            _ => self.markup(element, false, default),
        }
    }

    /// XHTML that stands in a feed without a text construct around it.
    pub(super) fn inline(&mut self, element: &Element<'a>) -> Words {
        self.markup(element, true, Kind::Elements)
    }

    /// What stands inside an element. From the first markup on (or from the start when `inline`), text is escaped and
    /// tags are written out again.
    fn markup(&mut self, element: &Element<'a>, inline: bool, kind: Kind) -> Words {
        let mut out = Markup { text: String::new(), open: Vec::new(), inline, kind };
        while self.depth() >= element.depth {
            match self.next() {
                None => break,
                Some(Event::Text(text)) => {
                    let text = self.decode(fitting(text, out.text.len(), MAX_TEXT_BYTES));
                    if out.inline {
                        entity::push_escaped(&mut out.text, &text);
                    } else if out.text.is_empty() {
                        out.text = text.into_owned();
                    } else {
                        out.text.push_str(&text);
                    }
                }
                Some(Event::Literal(text)) => {
                    let text = fitting(text, out.text.len(), MAX_TEXT_BYTES);
                    if out.inline {
                        entity::push_escaped(&mut out.text, text);
                    } else {
                        out.text.push_str(text);
                    }
                }
                Some(Event::Start(child)) if child.is_entry() => {
                    self.put_back(child, element.depth);
                    break;
                }
                Some(Event::Start(child)) if out.text.len() < MAX_TEXT_BYTES => {
                    out.begin_inline();
                    if !is_wrapper(element, &child, &out) {
                        out.open(self, &child);
                    }
                }
                Some(Event::Start(_)) => {}
                Some(Event::End) => out.close(self.depth()),
            }
        }
        out.close(element.depth);
        let trimmed = out.text.trim();
        let text = match mended(trimmed) {
            Some(mended) => mended,
            None if trimmed.len() == out.text.len() => out.text,
            None => trimmed.to_owned(),
        };
        Words { text, kind: out.kind }
    }

    fn base64(&mut self, element: &Element<'a>, kind: &str) -> Words {
        let mut words = self.markup(element, false, Kind::Html);
        let pictured = ["image/", "audio/", "video/"].iter().any(|start| kind.starts_with(start));
        if pictured {
            // Nothing to read, whatever it looks like.
            words.text.clear();
        } else if let Some(bytes) = base64(&words.text) {
            super::decode::decode(&bytes, None).text.trim().clone_into(&mut words.text);
        }
        if kind.starts_with("text/plain") || !looks_like_html(&words.text) {
            words.kind = Kind::Plain;
        }
        words
    }
}

/// The `div` around XHTML is no part of it (Atom 1.0 §3.1.1.3).
fn is_wrapper(element: &Element<'_>, child: &Element<'_>, out: &Markup) -> bool {
    child.depth == element.depth + 1 && child.name == "div" && out.text.trim().is_empty()
}

/// Inline markup as it is written out again.
struct Markup {
    text: String,
    open: Vec<(usize, String)>,
    inline: bool,
    kind: Kind,
}

impl Markup {
    fn begin_inline(&mut self) {
        if !self.inline {
            self.inline = true;
            if self.kind == Kind::Plain || (self.kind == Kind::Unsaid && !looks_like_html(&self.text)) {
                self.text = entity::escape(&self.text).into_owned();
            }
        }
        self.kind = Kind::Elements;
    }

    fn open(&mut self, xml: &Xml<'_>, element: &Element<'_>) {
        self.text.push('<');
        self.text.push_str(&element.name);
        for (name, value) in element.attributes() {
            let name = name.strip_prefix("xml:").unwrap_or(name);
            if name.contains(':') || name == "xmlns" || name == "base" {
                continue;
            }
            let value = xml.decode(value);
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            if matches!(name, "href" | "src" | "cite" | "poster") {
                entity::push_attribute(&mut self.text, &xml.absolute(&value, xml.own_base().map(Rc::as_ref)));
            } else {
                entity::push_attribute(&mut self.text, &value);
            }
            self.text.push('"');
        }
        self.text.push('>');
        self.open.push((element.depth, element.name.clone().into_owned()));
    }

    /// Closes what is open deeper than `depth`.
    fn close(&mut self, depth: usize) {
        while let Some((_, name)) = self.open.pop_if(|(open, _)| *open > depth) {
            if !super::tidy::is_void(&name) {
                self.text.push_str("</");
                self.text.push_str(&name);
                self.text.push('>');
            }
        }
    }
}

/// Whether text of unsaid kind was meant as HTML: it has a tag that HTML knows, or an entity. `List<T>` has neither.
pub(super) fn looks_like_html(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'<', b'&', bytes).any(|at| {
        let rest = &text[at..];
        if bytes[at] == b'&' {
            return entity::reference(rest).is_some_and(|(_, length)| rest.as_bytes()[length - 1] == b';');
        }
        if rest.starts_with("<!--") {
            return true;
        }
        let name = rest[1..].strip_prefix('/').unwrap_or(&rest[1..]);
        let end = name.bytes().take(16).position(|b| !b.is_ascii_alphanumeric());
        let Some(end) = end.filter(|end| *end > 0) else { return false };
        let stops = matches!(name.as_bytes()[end], b'>' | b'/') || name.as_bytes()[end].is_ascii_whitespace();
        stops && is_html_element(&name[..end])
    })
}

fn is_html_element(name: &str) -> bool {
    const NAMES: [&str; 89] = [
        "a",
        "abbr",
        "acronym",
        "address",
        "area",
        "article",
        "aside",
        "audio",
        "b",
        "big",
        "blockquote",
        "body",
        "br",
        "button",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "dfn",
        "dir",
        "div",
        "dl",
        "dt",
        "em",
        "embed",
        "fieldset",
        "figcaption",
        "figure",
        "font",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "i",
        "iframe",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "legend",
        "li",
        "link",
        "map",
        "mark",
        "meta",
        "nav",
        "object",
        "ol",
        "p",
        "param",
        "picture",
        "pre",
        "q",
        "s",
        "samp",
        "script",
        "section",
        "select",
        "small",
        "source",
        "span",
        "strike",
        "strong",
        "style",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
    ];
    let mut lower = [0_u8; 16];
    let Some(slot) = lower.get_mut(..name.len()) else { return false };
    slot.copy_from_slice(name.as_bytes());
    slot.make_ascii_lowercase();
    let slot = &*slot;
    NAMES.binary_search_by(|known| known.as_bytes().cmp(slot)).is_ok() || slot == b"var" || slot == b"video"
}

/// Decodes base64 (RFC 4648), white space ignored; `None` when it is none.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(xml: &str, default: Kind, want: &str) {
        let mut reader = Xml::new(xml, Some("https://site.example/a/"));
        let element = reader.any_element().unwrap();
        assert_eq!(reader.words(&element, default).into_html().unwrap_or_default(), want, "{xml}");
    }

    #[test]
    fn every_wrapping_of_text_gives_html() {
        check("<t>a &lt; b</t>", Kind::Plain, "a &lt; b");
        check("<t type='html'>a &lt;b&gt;c&lt;/b&gt;</t>", Kind::Plain, "a <b>c</b>");
        check("<t type='text'>&lt;b&gt;</t>", Kind::Plain, "&lt;b&gt;");
        check("<t><![CDATA[<b>x</b>]]></t>", Kind::Unsaid, "<b>x</b>");
        check("<t>List&lt;T&gt;</t>", Kind::Unsaid, "List&lt;T&gt;");
        check("<t>AT&amp;amp;T</t>", Kind::Unsaid, "AT&amp;T");
        check("<t type='image/png'>iVBORw0KGgo=</t>", Kind::Plain, "");
        check("<t mode='base64' type='text/html'>PGI+eDwvYj4=</t>", Kind::Plain, "<b>x</b>");
        check(
            "<t type='xhtml' xml:base='https://site.example/c/'><div xmlns='http://www.w3.org/1999/xhtml'>1 &lt; 2 <a href='../b?x&amp;y'>c</a><br/></div></t>",
            Kind::Plain,
            "1 &lt; 2 <a href=\"https://site.example/b?x&amp;y\">c</a><br>",
        );
        check("<t>a <b title='\"'>c</b> &amp; d</t>", Kind::Unsaid, "a <b title=\"&quot;\">c</b> &amp; d");
    }

    #[test]
    fn a_missing_end_tag_costs_one_element() {
        let mut xml = Xml::new("<item><title>one<link>two</link><guid>three</guid></item>", None);
        let item = xml.any_element().unwrap();
        let mut seen = Vec::new();
        while let Some(child) = xml.child(item.depth) {
            let text = xml.short(&child);
            seen.push((child.name.into_owned(), text.unwrap_or_default()));
        }
        let want = [("title", "one"), ("link", "two"), ("guid", "three")];
        assert_eq!(seen, want.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
