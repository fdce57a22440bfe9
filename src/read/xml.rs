//! A tolerant token layer for XML: it never fails, and what it cannot understand it reads as text.
//!
//! Start tags may have bare or missing quotes, `<` and `&` may stand in text, CDATA, comments and the document itself may
//! end early. Depth, namespaces and entities are bounded. It knows nothing of feeds.

use super::address::{self, Resolver};
use super::attribute::{self, Attributes, Element, MAX_ATTRIBUTES};
use super::decode::mended;
use super::entity;
use super::flaws::Flaws;
use super::marks::{Mark, Marks};
use super::space::{Space, by_address, by_prefix};
use memchr::{memchr, memmem};
use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use url::Url;

/// Elements nested deeper than this are skipped. Feeds with XHTML in them reach 30.
const MAX_DEPTH: usize = 100;
/// How many namespace declarations are in force at one time.
const MAX_BINDINGS: usize = 200;
/// How much of an element's attributes is looked at, in bytes.
const MAX_ATTRIBUTE_BYTES: usize = 64 * 1_024;
/// A longer language tag is none; every entry inside has it (RFC 5646 §4.4.1 expects 35 at most).
const MAX_LANGUAGE_BYTES: usize = 100;
/// How many bytes all uses of the document's own entities together may become.
const MAX_EXPANSION: usize = 1_024 * 1_024;

/// One event of the stream.
#[derive(Debug)]
pub(super) enum Event<'a> {
    /// An element begins; it is on the stack now.
    Start(Element<'a>),
    /// Text whose entities are not yet decoded.
    Text(&'a str),
    /// Text in which nothing is to be decoded.
    Literal(&'a str),
    /// One or more elements ended; [`Xml::depth`] says how many are left.
    End,
}

struct Open<'a> {
    raw: &'a str,
    bindings: usize,
    base: Option<Rc<Url>>,
    language: Option<Rc<str>>,
}

/// A document being read.
pub(super) struct Xml<'a> {
    text: &'a str,
    at: usize,
    stack: Vec<Open<'a>>,
    /// Elements open beyond [`MAX_DEPTH`].
    beyond: usize,
    bindings: Vec<(&'a str, Space)>,
    entities: Vec<(&'a str, String)>,
    /// How many bytes the document's own entities may still become.
    expansion: Cell<usize>,
    root_base: Option<Rc<Url>>,
    resolver: Resolver,
    /// The last start tag was an empty element, whose end is still to be told.
    empty: bool,
    put_back: Option<Element<'a>>,
    marks: Marks,
    has_doctype: bool,
    /// What was wrong so far.
    pub(super) flaws: Flaws,
}

impl<'a> Xml<'a> {
    /// Begins to read `text`, whose relative addresses are resolved against `base`.
    pub(super) fn new(text: &'a str, base: Option<&str>) -> Self {
        Self {
            text,
            at: 0,
            stack: Vec::new(),
            beyond: 0,
            bindings: Vec::new(),
            entities: Vec::new(),
            expansion: Cell::new(MAX_EXPANSION),
            root_base: base.and_then(|base| Url::parse(base).ok()).map(Rc::new),
            resolver: Resolver::default(),
            empty: false,
            put_back: None,
            marks: Marks::default(),
            has_doctype: false,
            flaws: Flaws::default(),
        }
    }

    /// Whether everything has been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.text.len() && self.put_back.is_none()
    }

    /// How far the document is read.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// What of the document was read behind `start`.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.stack.len()
    }

    /// The base of relative addresses at this place.
    pub(super) fn base(&self) -> Option<&Rc<Url>> {
        self.stack.last().map_or(self.root_base.as_ref(), |open| open.base.as_ref())
    }

    /// The base at this place, when the document sets it itself.
    pub(super) fn own_base(&self) -> Option<&Rc<Url>> {
        self.base().filter(|base| self.root_base.as_ref().is_none_or(|root| !Rc::ptr_eq(base, root)))
    }

    /// The language at this place.
    pub(super) fn language(&self) -> Option<&str> {
        self.stack.last()?.language.as_deref()
    }

    /// The value of an attribute, decoded and trimmed; `None` when missing or empty.
    pub(super) fn attribute(&self, element: &Element<'a>, name: &str) -> Option<String> {
        let value = self.decode(element.raw(name)?);
        let value = value.trim();
        (!value.is_empty()).then(|| mended(value).unwrap_or_else(|| value.to_owned()))
    }

    /// An attribute that holds an address, absolute.
    pub(super) fn address(&self, element: &Element<'a>, name: &str) -> Option<String> {
        let address = self.attribute(element, name)?;
        Some(self.absolute(&address::mended(&address), self.base().map(Rc::as_ref)))
    }

    /// The `rdf:about` of an element, absolute. It is an id as well, so nothing of it is mended.
    pub(super) fn about(&self, element: &Element<'a>) -> Option<String> {
        self.attribute(element, "about").map(|about| self.absolute(&about, self.base().map(Rc::as_ref)))
    }

    /// An address made absolute.
    pub(super) fn absolute(&self, address: &str, base: Option<&Url>) -> String {
        self.resolver.resolve(address, base)
    }

    /// Decodes entities: the document's own, then those of HTML.
    pub(super) fn decode<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.entities.is_empty() {
            return entity::decode_xml(text, None);
        }
        entity::decode_xml(text, Some(&|name| self.own_entity(name)))
    }

    fn own_entity(&self, name: &str) -> Option<&str> {
        let (_, value) = self.entities.iter().find(|(known, _)| *known == name)?;
        let left = self.expansion.get().checked_sub(value.len())?;
        self.expansion.set(left);
        Some(value)
    }

    /// Makes `element`, which has just begun, the next event again, as an element at `depth`: whatever was open there and
    /// deeper lacks its end tag.
    pub(super) fn put_back(&mut self, element: Element<'a>, depth: usize) {
        let Some(open) = self.stack.pop() else { return };
        if let Some(left) = self.stack.get(depth.saturating_sub(1)) {
            self.bindings.truncate(left.bindings);
        }
        self.stack.truncate(depth.saturating_sub(1));
        self.flaws.mismatched = true;
        self.stack.push(Open { bindings: self.bindings.len(), ..open });
        self.put_back = Some(Element { depth: self.stack.len(), ..element });
    }

    /// The next event, or `None` at the end of the document.
    pub(super) fn next(&mut self) -> Option<Event<'a>> {
        if let Some(element) = self.put_back.take() {
            return Some(Event::Start(element));
        }
        if self.empty {
            self.empty = false;
            self.pop();
            return Some(Event::End);
        }
        loop {
            let rest = &self.text[self.at..];
            if rest.is_empty() {
                self.flaws.truncated |= !self.stack.is_empty();
                return None;
            }
            if !rest.starts_with('<') {
                return Some(self.characters(rest, 0));
            }
            match rest.as_bytes().get(1) {
                Some(b'/') => {
                    if self.end_tag(rest) {
                        return Some(Event::End);
                    }
                }
                Some(b'!') if rest.starts_with("<![CDATA[") => return Some(self.cdata(rest)),
                Some(b'!') => self.declaration(rest),
                Some(b'?') => self.at += memchr(b'>', rest.as_bytes()).map_or(rest.len(), |end| end + 1),
                Some(first) if is_name_start(*first) => match self.start_tag(rest) {
                    Tag::Start(element) => return Some(Event::Start(element)),
                    Tag::Skipped => {}
                    Tag::Text => return Some(self.characters(rest, 1)),
                },
                _ => return Some(self.characters(rest, 1)),
            }
        }
    }

    /// Text up to the next `<` behind `skip` bytes; a `<` that is skipped is a character.
    fn characters(&mut self, rest: &'a str, skip: usize) -> Event<'a> {
        self.flaws.bare_bracket |= skip > 0;
        let end = memchr(b'<', &rest.as_bytes()[skip..]).map_or(rest.len(), |end| end + skip);
        self.at += end;
        Event::Text(&rest[..end])
    }

    fn cdata(&mut self, rest: &'a str) -> Event<'a> {
        let body = &rest[9..];
        let start = self.at + 9;
        let end = self.marks.find(self.text, Mark::CdataEnd, start).map(|end| end - start);
        self.flaws.truncated |= end.is_none();
        let Some(end) = end else {
            // A CDATA section that is never closed probably ends at the end tag of the element that it is in.
            let closing = self.stack.last().map(|open| format!("</{}>", open.raw));
            let end = closing.and_then(|closing| memmem::find(body.as_bytes(), closing.as_bytes()));
            let end = end.unwrap_or(body.len());
            self.at += 9 + end;
            return Event::Literal(&body[..end]);
        };
        self.at += 9 + end + 3;
        Event::Literal(&body[..end])
    }

    fn declaration(&mut self, rest: &'a str) {
        if rest.starts_with("<!--") {
            // Of a comment that is never closed only the opening mark is skipped.
            self.at =
                self.marks.find(self.text, Mark::CommentEnd, self.at + 4).map_or(self.at + 4, |end| end + 3);
            return;
        }
        let close = memchr(b'>', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
        let subset = memchr(b'[', &rest.as_bytes()[..close]).filter(|_| !self.has_doctype);
        let Some(subset) = subset else {
            self.at += close;
            return;
        };
        self.has_doctype = true;
        let end = memmem::find(&rest.as_bytes()[subset..], b"]>").map(|end| subset + end + 2);
        let end = end.or_else(|| {
            let bracket = memchr(b']', &rest.as_bytes()[subset..])? + subset;
            Some(memchr(b'>', &rest.as_bytes()[bracket..])? + bracket + 1)
        });
        let end = end.unwrap_or(close);
        self.entities = attribute::entities(&rest[subset..end]);
        self.at += end;
    }

    /// Reads an end tag. Returns whether an element ended.
    fn end_tag(&mut self, rest: &'a str) -> bool {
        let bytes = rest.as_bytes();
        // An end tag that lost its `>` ends where the next tag begins.
        let end = bytes[2..].iter().position(|b| matches!(b, b'>' | b'<')).map(|end| end + 2);
        let end = end.unwrap_or(bytes.len());
        let name = rest[2..end].trim();
        self.at += if bytes.get(end) == Some(&b'>') { end + 1 } else { end };
        if self.beyond > 0 {
            self.beyond -= 1;
            return false;
        }
        let Some(last) = self.stack.last() else { return false };
        if last.raw == name {
            self.pop();
            return true;
        }
        self.flaws.mismatched = true;
        let Some(at) = self.stack.iter().rposition(|open| open.raw.eq_ignore_ascii_case(name)) else {
            return false;
        };
        while self.stack.len() > at {
            self.pop();
        }
        true
    }

    fn pop(&mut self) {
        if let Some(open) = self.stack.pop() {
            self.bindings.truncate(open.bindings);
        }
    }

    fn start_tag(&mut self, rest: &'a str) -> Tag<'a> {
        let bytes = rest.as_bytes();
        let stops = |b: &u8| matches!(b, b'>' | b'/' | b'<' | b'=') || b.is_ascii_whitespace();
        let name_end = bytes[1..].iter().position(stops).map_or(bytes.len(), |end| end + 1);
        let Some(end) = self.marks.tag_end(self.text, self.at, name_end) else {
            // Cut off at the end of the document, or no tag at all.
            let cut_off = !bytes[1..].contains(&b'<');
            if cut_off && self.depth() > 0 {
                self.flaws.truncated = true;
                self.at = self.text.len();
                return Tag::Skipped;
            }
            return Tag::Text;
        };
        self.at += end + 1;
        let empty = bytes[end - 1] == b'/';
        if self.stack.len() >= MAX_DEPTH {
            self.flaws.too_deep = true;
            self.beyond += usize::from(!empty);
            return Tag::Skipped;
        }
        let raw = &rest[1..name_end];
        let attributes = &rest[name_end..end];
        let attributes = attributes[..attributes.floor_char_boundary(MAX_ATTRIBUTE_BYTES)].trim_ascii();
        let attributes = if empty { attributes.strip_suffix('/').unwrap_or(attributes) } else { attributes };
        Tag::Start(self.push(raw, attributes, empty))
    }

    fn push(&mut self, raw: &'a str, attributes: &'a str, empty: bool) -> Element<'a> {
        let mut open = Open {
            raw,
            bindings: self.bindings.len(),
            base: self.base().cloned(),
            language: self.stack.last().and_then(|open| open.language.clone()),
        };
        if memmem::find(attributes.as_bytes(), b"xml").is_some() {
            for (name, value) in Attributes::of(attributes).take(MAX_ATTRIBUTES) {
                match name {
                    "xmlns" => self.bind("", value),
                    "xml:base" => {
                        let address = self.decode(value);
                        open.base = address::join(open.base.as_ref(), address.trim()).or(open.base);
                    }
                    "xml:lang" => {
                        let language = self.decode(value).trim().to_owned();
                        let is_one = !language.is_empty() && language.len() <= MAX_LANGUAGE_BYTES;
                        open.language = is_one.then(|| language.into());
                    }
                    _ => {
                        if let Some(prefix) = name.strip_prefix("xmlns:") {
                            self.bind(prefix, value);
                        }
                    }
                }
            }
        }
        self.stack.push(open);
        self.empty = empty;
        let (prefix, local) = raw.split_once(':').unwrap_or(("", raw));
        let name = if local.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(local.to_ascii_lowercase())
        } else {
            Cow::Borrowed(local)
        };
        Element { space: self.space(prefix), name, depth: self.stack.len(), attributes }
    }

    fn bind(&mut self, prefix: &'a str, address: &str) {
        if self.bindings.len() < MAX_BINDINGS {
            let space = by_address(&self.decode(address));
            self.bindings.push((prefix, space));
        }
    }

    fn space(&self, prefix: &str) -> Space {
        let bound = self.bindings.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(prefix));
        bound.map_or_else(|| by_prefix(prefix), |(_, space)| *space)
    }

    /// The next element that stands directly in the element at `depth`, or `None` when that one ends. What was left of
    /// earlier ones is skipped.
    pub(super) fn child(&mut self, depth: usize) -> Option<Element<'a>> {
        loop {
            if self.depth() < depth || self.put_back.as_ref().is_some_and(|element| element.depth <= depth) {
                return None;
            }
            match self.next()? {
                Event::Start(element) if element.depth == depth + 1 => return Some(element),
                _ => {}
            }
        }
    }

    /// The next element at any depth.
    pub(super) fn any_element(&mut self) -> Option<Element<'a>> {
        loop {
            if let Event::Start(element) = self.next()? {
                return Some(element);
            }
        }
    }

    /// Sets the base at this place.
    pub(super) fn set_base(&mut self, address: &str) {
        if let Some(open) = self.stack.last_mut() {
            open.base = address::join(open.base.as_ref(), address).or(open.base.take());
        }
    }

    /// The name of the innermost open element, as written.
    pub(super) fn root_name(&self) -> &'a str {
        self.stack.last().map_or("", |open| open.raw)
    }

    /// The next element at any depth inside the element at `depth`, or `None` when that one ends.
    pub(super) fn any_element_within(&mut self, depth: usize) -> Option<Element<'a>> {
        while self.depth() >= depth {
            if self.put_back.as_ref().is_some_and(|element| element.depth <= depth) {
                return None;
            }
            if let Event::Start(element) = self.next()? {
                return Some(element);
            }
        }
        None
    }

    /// Declares that elements with the prefix of `root` belong to `space`, whatever the document says. A root that is
    /// known by its name knows better than an address that is not.
    pub(super) fn adopt(&mut self, space: Space) {
        let Some(root) = self.stack.last() else { return };
        let prefix = root.raw.split_once(':').map_or("", |(prefix, _)| prefix);
        let bound = self.bindings.iter_mut().rev().find(|(known, _)| known.eq_ignore_ascii_case(prefix));
        match bound {
            Some((_, bound)) => *bound = space,
            None => self.bindings.push((prefix, space)),
        }
    }

    /// Skips what is left of the element at `depth`.
    pub(super) fn skip(&mut self, depth: usize) {
        while self.depth() >= depth {
            // An element put back at this depth is no part of what is skipped.
            if self.put_back.as_ref().is_some_and(|element| element.depth <= depth) || self.next().is_none() {
                return;
            }
        }
    }
}

enum Tag<'a> {
    Start(Element<'a>),
    Skipped,
    Text,
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || byte >= 0x80
}
