//! Makes foreign text and dates fit to print: legal characters, safe links, dates as each format wants them, and the
//! first sentences of a text.
//!
//! Knows the rules of XML 1.0, RFC 822 and RFC 3339. Knows nothing of stories or of any format's elements.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::borrow::Cow;

/// Whether XML 1.0 allows `c` in a document (§2.2, `Char`). The writers we use let everything through, and one
/// character outside this set makes a whole output unreadable.
fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// `text` without the characters that XML 1.0 forbids.
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_legal) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|&c| is_legal(c)).collect())
    }
}

/// `text` on one line: legal characters, white space folded, trimmed.
pub(super) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().filter(|&c| is_legal(c)));
    }
    out
}

/// The address, when it is one that a reader may safely follow: `http` or `https`, without white space or control
/// characters. Everything else (`javascript:`, `data:`, relative remains) is not linked.
pub(super) fn link(url: &str) -> Option<&str> {
    let scheme_end = url.find("://")?;
    let scheme = &url[..scheme_end];
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let host_follows = url.len() > scheme_end + 3;
    let clean = url.chars().all(|c| is_legal(c) && !c.is_whitespace() && !c.is_control());
    (web && host_follows && clean).then_some(url)
}

/// [`link`] for an address that may be missing.
pub(super) fn some_link(url: Option<&String>) -> Option<&str> {
    url.and_then(|url| link(url))
}

/// Seconds since 1970, not before the year 1: neither date format can say "before Christ".
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

/// The beginning of a plain text: whole sentences up to `sentences` of them and `chars` characters. A text whose
/// first sentence is longer is cut between words and ends in "…".
pub(super) fn beginning(text: &str, sentences: usize, chars: usize) -> String {
    let text = line(text);
    let mut kept = 0;
    let mut seen = 0;
    for (at, c) in sentence_ends(&text).take(sentences) {
        seen += 1;
        let end = at + c.len_utf8();
        if text[..end].chars().count() > chars {
            break;
        }
        kept = end;
    }
    let all_fits = seen < sentences && text.chars().count() <= chars;
    if all_fits {
        return text;
    }
    if kept > 0 {
        return text[..kept].trim_end().to_owned();
    }
    cut(&text, chars)
}

/// Where sentences end: a full stop of some script, followed by a space (or nothing, in scripts without spaces).
/// A stop after a single letter or after a digit before one is an initial or a number, not an end.
fn sentence_ends(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    text.char_indices().filter(move |&(at, c)| match c {
        '。' | '！' | '？' | '।' => true,
        '.' | '!' | '?' | '…' | '؟' | '۔' => {
            let after = &text[at + c.len_utf8()..];
            let word = text[..at].rsplit(' ').next().unwrap_or("");
            let ends_word = after.is_empty() || after.starts_with(' ');
            let abbreviation = c == '.' && (word.chars().count() < 2 || word.contains('.') || is_title(word));
            ends_word && !abbreviation
        }
        _ => false,
    })
}

/// Short forms that a full stop does not end a sentence after.
fn is_title(word: &str) -> bool {
    const SHORT: [&str; 16] = [
        "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Sen", "Rep", "Gov", "Gen", "Lt", "Col", "No", "vs", "Inc",
        "Nr",
    ];
    SHORT.contains(&word)
}

/// At most `chars` characters of `text`, cut between words where there are any, with "…" when something is missing.
pub(super) fn cut(text: &str, chars: usize) -> String {
    let Some((limit, _)) = text.char_indices().nth(chars) else { return text.to_owned() };
    let head = &text[..limit];
    let words = head.rfind(' ').filter(|&space| space > limit / 2).map_or(head, |space| &head[..space]);
    format!("{}…", words.trim_end_matches([' ', ',', ';', ':', '-', '–', '—', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_forbids_are_dropped() {
        assert_eq!(legal("a\u{0}b\u{b}c\u{fffe}d\u{1F600}\n"), "abcd\u{1F600}\n");
        assert_eq!(line(" a\u{8}b \n\t c\u{ffff} "), "a b c");
    }

    #[test]
    fn only_web_addresses_become_links() {
        for good in ["http://a.example/", "HTTPS://a.example/b?c=d&e=f#g"] {
            assert_eq!(link(good), Some(good));
        }
        for bad in
            ["javascript:alert(1)", "data:text/html,x", "/path", "//host", "https://", "https://a b", ""]
        {
            assert_eq!(link(bad), None, "{bad}");
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
    }
}
