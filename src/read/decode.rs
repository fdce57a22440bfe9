//! Bytes → characters, whatever the document, its server and its author believe about its encoding.
//!
//! It knows encodings and the first line of XML; it knows nothing of feeds.

use super::mixed;
use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memmem;
use std::borrow::Cow;

/// How far into the document its own declaration of an encoding is looked for.
const DECLARATION_WITHIN: usize = 1_024;

/// A document as characters, and what was wrong with its encoding.
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) warning: Option<String>,
}

/// Decodes a document: byte order mark, then the HTTP charset, then its own declaration, then what its bytes look like
/// (RFC 7303 §3). Control characters, which XML does not allow, are dropped.
pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Decoded<'a> {
    let mut decoded = decode_bytes(bytes, content_type);
    // In whole chunks without an early exit, so that the compiler can use vector instructions.
    let has_control = |chunk: &[u8]| chunk.iter().fold(false, |found, byte| found | is_control(*byte));
    if decoded.text.as_bytes().chunks(256).any(has_control) {
        decoded.text = Cow::Owned(decoded.text.chars().filter(|c| !is_control_character(*c)).collect());
        decoded.warning.get_or_insert_with(|| "control characters were dropped".to_owned());
    }
    decoded
}

/// Repairs text that was decoded in a wrong encoding (mojibake); `None` if it shows no sign of that.
///
/// Text that was encoded in UTF-8 twice is decoded once more: every character stands for a byte (Latin-1), and these
/// bytes are UTF-8. Otherwise U+0080 to U+009F, control characters that nobody means, become what Windows-1252 has at
/// these bytes.
pub(super) fn mended(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let undoubled = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    undoubled.or_else(|| has_c1(text.as_bytes()).then(|| text.chars().filter_map(windows).collect()))
}

/// Whether any of U+0080 to U+009F stands in the text.
fn has_c1(text: &[u8]) -> bool {
    memchr::memchr_iter(0xc2, text).any(|at| text.get(at + 1).is_some_and(|byte| *byte < 0xa0))
}

/// What Windows-1252 has in the place of a control character, if anything.
fn windows(c: char) -> Option<char> {
    if !('\u{80}'..'\u{a0}').contains(&c) {
        return Some(c);
    }
    Some(super::entity::character(u32::from(c))).filter(|c| *c != char::REPLACEMENT_CHARACTER)
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')
}

fn is_control_character(c: char) -> bool {
    u8::try_from(u32::from(c)).is_ok_and(is_control)
}

fn decode_bytes<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Decoded<'a> {
    if let Some((wide, rest)) = wide_mark(bytes) {
        return utf_32(rest, wide);
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let rest = &bytes[length..];
        return match std::str::from_utf8(rest) {
            Ok(text) if encoding == UTF_8 => Decoded { text: Cow::Borrowed(text), warning: None },
            Err(_) if encoding == UTF_8 => invalid(rest, std::iter::empty()),
            _ => with(encoding, rest),
        };
    }
    if let Some(wide) = wide_start(bytes) {
        return utf_32(bytes, wide);
    }
    match bytes {
        [0, b'<', 0, _, ..] => return with(UTF_16BE, bytes),
        [b'<', 0, _, 0, ..] => return with(UTF_16LE, bytes),
        _ => {}
    }
    let http = content_type.and_then(charset).and_then(|label| Encoding::for_label(label.as_bytes()));
    let own = declared(bytes);
    let own_label = own.and_then(Encoding::for_label);
    let claims = || [http, own_label].into_iter().flatten();
    let mut decoded = if let Ok(text) = std::str::from_utf8(bytes) {
        valid(text, claims())
    } else {
        invalid(bytes, claims())
    };
    if own.is_some() && own_label.is_none() && decoded.warning.is_none() {
        decoded.warning = Some("the encoding that the document declares is unknown".to_owned());
    }
    decoded
}

/// Valid UTF-8 is taken for UTF-8, whatever is claimed: text in another eight-bit encoding is practically never valid
/// UTF-8. Text in a seven-bit encoding is valid UTF-8, but its escape sequences show what it is.
fn valid(text: &str, mut claims: impl Iterator<Item = &'static Encoding>) -> Decoded<'_> {
    let is_ascii = text.is_ascii();
    let claimed = claims.next();
    if claimed == Some(ISO_2022_JP) && is_ascii && text.contains('\u{1b}') {
        return with(ISO_2022_JP, text.as_bytes());
    }
    let false_claim = claimed.filter(|claimed| *claimed != UTF_8 && !is_ascii);
    let warning = false_claim.map(|claimed| format!("the document is in UTF-8, not in {}", claimed.name()));
    Decoded { text: Cow::Borrowed(text), warning }
}

/// Bytes that are not all valid UTF-8 are decoded in the claimed encoding, except for pieces that are UTF-8 after
/// all. Of two claims the one wins in which every byte is valid.
fn invalid(bytes: &[u8], claims: impl Iterator<Item = &'static Encoding>) -> Decoded<'static> {
    // If the declaration could be read byte by byte, the document is not in UTF-16, whatever it claims.
    let possible: Vec<_> =
        claims.filter(|claim| claim.is_ascii_compatible() && ![UTF_8, REPLACEMENT].contains(claim)).collect();
    let holds = |claim: &&&'static Encoding| {
        claim.decode_without_bom_handling_and_without_replacement(bytes).is_some()
    };
    let claimed = possible.iter().find(holds).or(possible.first()).copied();
    let mixed = mixed::decode(bytes, claimed);
    let name = claimed.unwrap_or(WINDOWS_1252).name();
    let warning = match claimed {
        _ if mixed.has_utf_8 && mixed.has_other => {
            Some(format!("the document is in UTF-8 and {name} by turns"))
        }
        _ if mixed.has_lost => Some(format!("characters that are not {name} were replaced")),
        None => Some(format!("the document is not in UTF-8; it was read as {name}")),
        Some(_) => None,
    };
    Decoded { text: Cow::Owned(mixed.text), warning }
}

fn with<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    let warning = had_errors.then(|| format!("characters that are not {} were replaced", encoding.name()));
    Decoded { text, warning }
}

/// The charset parameter of a `Content-Type`.
fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// The encoding in the XML declaration, wherever near the start it stands.
fn declared(bytes: &[u8]) -> Option<&[u8]> {
    let start = &bytes[..bytes.len().min(DECLARATION_WITHIN)];
    let declaration = &start[memmem::find(start, b"<?xml")?..];
    let declaration = &declaration[..memchr::memchr(b'>', declaration).unwrap_or(declaration.len())];
    let value = &declaration[memmem::find(declaration, b"encoding")? + 8..];
    let quote = value.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
    let value = &value[quote + 1..];
    let end = value.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
    Some(value[..end].trim_ascii())
}

/// How the four bytes of a character in UTF-32 are ordered.
#[derive(Clone, Copy)]
enum Wide {
    Big,
    Little,
}

fn wide_mark(bytes: &[u8]) -> Option<(Wide, &[u8])> {
    if let Some(rest) = bytes.strip_prefix(&[0, 0, 0xfe, 0xff]) {
        return Some((Wide::Big, rest));
    }
    bytes.strip_prefix(&[0xff, 0xfe, 0, 0]).map(|rest| (Wide::Little, rest))
}

fn wide_start(bytes: &[u8]) -> Option<Wide> {
    match bytes {
        [0, 0, 0, b'<', ..] => Some(Wide::Big),
        [b'<', 0, 0, 0, ..] => Some(Wide::Little),
        _ => None,
    }
}

/// UTF-32 is unknown to encoding_rs, because browsers refuse it.
fn utf_32(bytes: &[u8], wide: Wide) -> Decoded<'static> {
    let mut had_errors = false;
    let text: String = bytes
        .chunks(4)
        .map(|chunk| {
            let value = chunk.try_into().ok().map(|four| match wide {
                Wide::Big => u32::from_be_bytes(four),
                Wide::Little => u32::from_le_bytes(four),
            });
            value.and_then(char::from_u32).unwrap_or_else(|| {
                had_errors = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    let warning = had_errors.then(|| "characters that are not UTF-32 were replaced".to_owned());
    Decoded { text: Cow::Owned(text), warning }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], content_type: Option<&str>, want: &str) {
        assert_eq!(decode(bytes, content_type).text, want, "{}", bytes.escape_ascii());
    }

    #[test]
    fn the_mark_counts_before_the_server_and_the_server_before_the_document() {
        check(b"\xef\xbb\xbf<a>\xc3\xa9</a>", Some("text/xml; charset=koi8-r"), "<a>é</a>");
        check(
            b"<?xml encoding='koi8-r'?>\xc1",
            Some("text/xml; charset=\"iso-8859-1\""),
            "<?xml encoding='koi8-r'?>Á",
        );
        check(b"<?xml encoding='koi8-r'?>\xc1", None, "<?xml encoding='koi8-r'?>а");
        check(b"\xc3\xa9", None, "é");
        check(b"\xef\xbb\xbf\xc3\xa9 se\xf1or", None, "é señor");
    }

    #[test]
    fn wide_encodings_are_known_with_and_without_a_mark() {
        check(b"\xff\xfe<\0a\0", None, "<a");
        check(b"\0<\0a", None, "<a");
        check(b"<\0\0\0a\0\0\0", None, "<a");
        check(b"\0\0\xfe\xff\0\0\0<", None, "<");
    }

    #[test]
    fn what_went_through_a_wrong_hand_is_mended() {
        assert_eq!(mended("cafÃ©").as_deref(), Some("café"));
        assert_eq!(mended("â\u{80}¦").as_deref(), Some("…"));
        assert_eq!(mended("don\u{92}t").as_deref(), Some("don’t"));
        for sound in ["café", "Ã© and …", "Ã© and é", "plain", "日本"] {
            assert_eq!(mended(sound), None, "{sound}");
        }
    }

    #[test]
    fn what_is_utf_8_is_utf_8_whatever_is_claimed() {
        let text = "<a>Žluť, l’été, новости, 渡輪, 港</a>";
        for claim in [
            "windows-1251",
            "iso-8859-2",
            "macintosh",
            "koi8-r",
            "gbk",
            "shift_jis",
            "big5",
            "utf-16",
            "iso-2022-jp",
            "us-ascii",
        ] {
            check(text.as_bytes(), Some(&format!("text/xml; charset={claim}")), text);
            let declaring = format!("<?xml version='1.0' encoding='{claim}'?>{text}");
            check(declaring.as_bytes(), None, &declaring);
        }
        let decoded = decode(text.as_bytes(), Some("text/xml; charset=big5"));
        assert_eq!(decoded.warning.as_deref(), Some("the document is in UTF-8, not in Big5"));
    }

    #[test]
    fn seven_bits_with_escapes_are_what_is_claimed() {
        let (bytes, ..) = ISO_2022_JP.encode("<a>渡輪の朝</a>");
        assert!(bytes.is_ascii());
        check(&bytes, Some("text/xml; charset=ISO-2022-JP"), "<a>渡輪の朝</a>");
        check(b"<a>plain</a>", Some("text/xml; charset=iso-2022-jp"), "<a>plain</a>");
    }

    #[test]
    fn a_false_claim_is_overruled_by_the_bytes() {
        check(b"<?xml encoding='us-ascii'?>\xe2\x80\x99", None, "<?xml encoding='us-ascii'?>’");
        check(b"caf\xe9 \x93x\x94", Some("text/xml; charset=utf-8"), "café “x”");
        check("é é é\u{0}".as_bytes(), None, "é é é");
        check(b"\xc3\xa9\xc3\xa9\xc3", None, "éé\u{fffd}");
    }
}
