//! Entities of HTML and XML: names, numbers, and the mistakes people make with them.
//!
//! It knows nothing of feeds.

use super::entity_table::by_name;
use memchr::memchr;
use std::borrow::Cow;

/// No name is longer than this, in bytes.
const LONGEST: usize = 33;

/// Decodes every entity of HTML that it can; what is no entity stays as written.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    decode_as(text, None, character)
}

/// A look-up of a document's own entities by name.
pub(super) type Own<'o, 'v> = &'o dyn Fn(&str) -> Option<&'v str>;

/// Decodes entities of XML: the document's own come first. Numbers from 0x80 to 0x9F stay what they are, for they may be
/// bytes of something else (see [`super::decode::mended`]).
pub(super) fn decode_xml<'t>(text: &'t str, own: Option<Own<'_, '_>>) -> Cow<'t, str> {
    let as_written = |value| match char::from_u32(value) {
        Some(c) if (0x80..0xa0).contains(&value) => c,
        _ => character(value),
    };
    decode_as(text, own, as_written)
}

fn decode_as<'t>(text: &'t str, own: Option<Own<'_, '_>>, number: impl Fn(u32) -> char) -> Cow<'t, str> {
    let Some(first) = memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((value, length)) = own.and_then(|own| own_reference(rest, own)) {
            out.push_str(value);
            rest = &rest[length..];
        } else if let Some((value, length)) = reference_as(rest, &number) {
            out.push(value);
            rest = &rest[length..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The document's own entity at the start of `text`, and its length in bytes.
fn own_reference<'v>(text: &str, own: Own<'_, 'v>) -> Option<(&'v str, usize)> {
    let end = text.bytes().take(64).position(|b| b == b';')?;
    own(&text[1..end]).map(|value| (value, end + 1))
}

/// The entity at the start of `text` (which begins with `&`), and its length in bytes.
pub(super) fn reference(text: &str) -> Option<(char, usize)> {
    reference_as(text, &character)
}

fn reference_as(text: &str, character: &impl Fn(u32) -> char) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(1) == Some(&b'#') {
        return number(bytes).map(|(value, length)| (character(value), length));
    }
    let name_end =
        bytes[1..].iter().take(LONGEST).position(|b| !b.is_ascii_alphanumeric()).map(|end| end + 1);
    let name_end = name_end.unwrap_or_else(|| bytes.len().min(LONGEST));
    let name = text.get(1..name_end)?;
    let semicolon = usize::from(bytes.get(name_end) == Some(&b';'));
    // `&copy=` is a part of an address (HTML standard §13.2.5.73); `&lt=` is none of any.
    let is_parameter = bytes.get(name_end) == Some(&b'=') && !matches!(name, "lt" | "gt");
    if semicolon == 0 && (is_parameter || !works_without_semicolon(name)) {
        return None;
    }
    let value = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        name => by_name(name)?,
    };
    Some((value, name_end + semicolon))
}

/// The common few of the hundred names that the HTML standard accepts without a semicolon.
fn works_without_semicolon(name: &str) -> bool {
    matches!(name, "amp" | "lt" | "gt" | "quot" | "nbsp" | "copy" | "reg")
}

fn number(bytes: &[u8]) -> Option<(u32, usize)> {
    let hexadecimal = matches!(bytes.get(2), Some(b'x' | b'X'));
    let (start, radix) = if hexadecimal { (3, 16) } else { (2, 10) };
    let mut value: u32 = 0;
    let mut at = start;
    while let Some(digit) = bytes.get(at).and_then(|b| char::from(*b).to_digit(radix)) {
        value = value.saturating_mul(radix).saturating_add(digit);
        at += 1;
    }
    if at == start {
        return None;
    }
    let length = at + usize::from(bytes.get(at) == Some(&b';'));
    Some((value, length))
}

/// What Windows-1252 has at 0x80 to 0x9F.
const WINDOWS_1252: [u32; 32] = [
    0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152,
    0x8d, 0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161,
    0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
];

/// The character of a number. 0x80 to 0x9F are what Windows-1252 has there (HTML standard §13.2.5.80): nobody means
/// control characters.
pub(super) fn character(value: u32) -> char {
    let value = match value {
        0x80..=0x9f => WINDOWS_1252[(value - 0x80) as usize],
        value => value,
    };
    match char::from_u32(value) {
        Some(c) if !c.is_control() || matches!(c, '\t' | '\n' | '\r') => c,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// Escapes what XML and HTML treat as markup in text.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if memchr::memchr3(b'<', b'>', b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    push_escaped(&mut out, text);
    Cow::Owned(out)
}

/// Appends `text`, escaped.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = memchr::memchr3(b'<', b'>', b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&amp;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Appends `value`, escaped to stand between double quotes.
pub(super) fn push_attribute(out: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'"', rest.as_bytes()) {
        push_escaped(out, &rest[..at]);
        out.push_str("&quot;");
        rest = &rest[at + 1..];
    }
    push_escaped(out, rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        assert_eq!(decode(text), want);
    }

    #[test]
    fn entities_are_decoded_and_everything_else_stays() {
        check("a &amp; b", "a & b");
        check("&eacute;&nbsp;&hellip;", "é\u{a0}…");
        check("&#233;&#xE9;&#150;", "éé–");
        check("R&D AT&T &unknown; &", "R&D AT&T &unknown; &");
        check("&#x110000; &#; &#0;", "\u{fffd} &#; \u{fffd}");
        check("?a=1&copyright=2&lt", "?a=1&copyright=2<");
        check("?a=1&copy=2&reg=3&amp=4 &copy 5, &lt=6", "?a=1&copy=2&reg=3&amp=4 © 5, <=6");
        check("&é;", "&é;");
    }
}
