//! Conditional and range requests (RFC 9110 §13 and §14), judged in the order of §13.2.2.
//!
//! Knows the ETags and the dates of a body, not its bytes. Requests for several ranges get the whole body, as §14.2 allows: a
//! client that resumes a feed asks for one.

use super::pack::Coding;
use axum::http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use std::ops::Range;

/// What a request says of what it has, and what there is.
pub(super) struct Conditions<'a> {
    /// Its header fields.
    pub(super) asked: &'a HeaderMap,
    /// The strong ETag of the body as it is.
    pub(super) body: &'a str,
    /// The strong ETag of the body in the coding that would be sent.
    pub(super) selected: String,
    /// When the body last changed, if that is known.
    pub(super) modified: Option<Timestamp>,
}

/// What of the bytes is to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BytesToSend {
    /// All of them.
    Whole,
    /// These.
    Part(Range<usize>),
    /// Some that are not there.
    NoSuchPart,
}

impl Conditions<'_> {
    /// The status that is all of the answer (§13.2.2): the client has something else, or has it already.
    pub(super) fn status(&self) -> Option<StatusCode> {
        if !self.is_what_was_meant() {
            return Some(StatusCode::PRECONDITION_FAILED);
        }
        self.is_there_already().then_some(StatusCode::NOT_MODIFIED)
    }

    /// What to send of so many bytes (§14.2).
    pub(super) fn wanted(&self, bytes: usize) -> BytesToSend {
        let range = self.text(&header::RANGE).filter(|_| self.goes_on());
        range.map_or(BytesToSend::Whole, |range| part(range, bytes))
    }

    fn text(&self, name: &header::HeaderName) -> Option<&str> {
        self.asked.get(name).and_then(|value| value.to_str().ok())
    }

    /// The ETags of a field, which may come in several lines; `None` when there are none.
    fn etags(&self, name: &header::HeaderName) -> Option<impl Iterator<Item = &str>> {
        let mut lines = self.asked.get_all(name).iter().peekable();
        lines.peek()?;
        let texts = lines.filter_map(|value| value.to_str().ok());
        Some(texts.flat_map(|text| text.split(',')).map(str::trim))
    }

    fn date(&self, name: &header::HeaderName) -> Option<Timestamp> {
        self.text(name).and_then(read_date)
    }

    /// `If-Match`, else `If-Unmodified-Since`. A weak ETag never matches (strong comparison, §13.1.1).
    fn is_what_was_meant(&self) -> bool {
        if let Some(mut etags) = self.etags(&header::IF_MATCH) {
            return etags.any(|etag| etag == "*" || etag == self.selected);
        }
        let since = self.date(&header::IF_UNMODIFIED_SINCE).zip(self.modified);
        since.is_none_or(|(since, modified)| modified.as_second() <= since.as_second())
    }

    /// `If-None-Match`, else `If-Modified-Since`.
    fn is_there_already(&self) -> bool {
        if let Some(mut etags) = self.etags(&header::IF_NONE_MATCH) {
            return etags.any(|etag| names(etag, self.body));
        }
        let since = self.date(&header::IF_MODIFIED_SINCE).zip(self.modified);
        since.is_some_and(|(since, modified)| modified.as_second() <= since.as_second())
    }

    /// `If-Range`: whether the client has the other parts of these very bytes. A date never matches, because it does not tell
    /// their coding.
    fn goes_on(&self) -> bool {
        self.asked.get(header::IF_RANGE).is_none_or(|etag| etag.as_bytes() == self.selected.as_bytes())
    }
}

/// Whether an ETag that a client sent, weak or of any coding, is that of the body.
fn names(sent: &str, own: &str) -> bool {
    if sent == "*" {
        return true;
    }
    let sent = sent.strip_prefix("W/").unwrap_or(sent).trim_matches('"');
    let own = own.trim_matches('"');
    let suffix = sent.strip_prefix(own);
    suffix.is_some_and(|suffix| {
        suffix.is_empty()
            || suffix
                .strip_prefix('-')
                .is_some_and(|name| Coding::ALL.iter().any(|coding| coding.name() == name))
    })
}

/// The part of so many bytes that a `Range` asks for. A field that is no range, has another unit, or asks for several ranges is
/// ignored.
fn part(range: &str, bytes: usize) -> BytesToSend {
    let Some((unit, places)) = range.split_once('=') else { return BytesToSend::Whole };
    let Some((first, last)) = places.trim().split_once('-') else { return BytesToSend::Whole };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !unit.trim().eq_ignore_ascii_case("bytes") || !is_number(first) || !is_number(last) {
        return BytesToSend::Whole;
    }
    // A number that does not fit is beyond the end in any case.
    let number = |text: &str| text.parse::<usize>().unwrap_or(usize::MAX);
    let part = match (first, last) {
        ("", "") => return BytesToSend::Whole,
        ("", suffix) => bytes.saturating_sub(number(suffix))..bytes,
        (first, "") => number(first)..bytes,
        (first, last) if number(last) < number(first) => return BytesToSend::Whole,
        (first, last) => number(first)..number(last).saturating_add(1).min(bytes),
    };
    if part.start < part.end { BytesToSend::Part(part) } else { BytesToSend::NoSuchPart }
}

/// A date as clients send it back: in the form we gave it. The obsolete forms are not understood, which costs those
/// clients a full answer.
fn read_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::reply::http_date;
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    const NOTHING: Result<BytesToSend, StatusCode> = Err(StatusCode::NOT_MODIFIED);
    const OTHER: Result<BytesToSend, StatusCode> = Err(StatusCode::PRECONDITION_FAILED);
    const WHOLE: Result<BytesToSend, StatusCode> = Ok(BytesToSend::Whole);

    fn modified() -> Timestamp {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }

    /// What is sent of a thousand bytes in gzip, whose ETag is `"a"`.
    fn answer(headers: &[(HeaderName, &str)]) -> Result<BytesToSend, StatusCode> {
        let fields =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        let asked: HeaderMap = fields.collect();
        let modified = Some(modified());
        let conditions =
            Conditions { asked: &asked, body: "\"a\"", selected: "\"a-gzip\"".to_owned(), modified };
        conditions.status().map_or_else(|| Ok(conditions.wanted(1_000)), Err)
    }

    #[test]
    fn a_client_that_has_the_bytes_in_any_coding_is_told_so() {
        for sent in ["\"a\"", "W/\"a\"", "\"other\", \"a-gzip\"", "\"a-br\"", "*"] {
            assert_eq!(answer(&[(header::IF_NONE_MATCH, sent)]), NOTHING, "{sent}");
        }
        for sent in ["\"other\"", "", "\"\"", "\"a0\"", "\"a-x\""] {
            assert_eq!(answer(&[(header::IF_NONE_MATCH, sent)]), WHOLE, "{sent}");
        }
    }

    #[test]
    fn dates_are_compared_to_the_second_and_only_without_an_etag() {
        let since = |date: &str| answer(&[(header::IF_MODIFIED_SINCE, date)]);
        assert_eq!(since(&http_date(modified())), NOTHING);
        assert_eq!(http_date(modified()), "Mon, 23 Nov 2026 10:00:00 GMT");
        assert_eq!(since("Mon, 23 Nov 2026 10:00:01 GMT"), NOTHING);
        assert_eq!(since("Mon, 23 Nov 2026 09:59:59 GMT"), WHOLE);
        assert_eq!(since("yesterday"), WHOLE);
        let date = "Mon, 23 Nov 2026 10:00:00 GMT";
        let both = [(header::IF_NONE_MATCH, "\"other\""), (header::IF_MODIFIED_SINCE, date)];
        assert_eq!(answer(&both), WHOLE);
    }

    #[test]
    fn a_request_that_means_something_else_fails() {
        for (sent, expected) in [
            ("\"a-gzip\"", WHOLE),
            ("\"b\", \"a-gzip\"", WHOLE),
            ("*", WHOLE),
            ("W/\"a-gzip\"", OTHER),
            ("\"a\"", OTHER),
        ] {
            assert_eq!(answer(&[(header::IF_MATCH, sent)]), expected, "{sent}");
        }
        let unmodified = |date: &str| answer(&[(header::IF_UNMODIFIED_SINCE, date)]);
        assert_eq!(unmodified("Mon, 23 Nov 2026 10:00:00 GMT"), WHOLE);
        assert_eq!(unmodified("Mon, 23 Nov 2026 09:00:00 GMT"), OTHER);
        let first = [(header::IF_MATCH, "\"b\""), (header::IF_NONE_MATCH, "\"a\"")];
        assert_eq!(answer(&first), OTHER);
    }

    #[test]
    fn a_part_is_given_of_what_is_there() {
        for (range, expected) in [
            ("bytes=0-99", BytesToSend::Part(0..100)),
            ("Bytes=900-", BytesToSend::Part(900..1_000)),
            ("bytes=-100", BytesToSend::Part(900..1_000)),
            ("bytes=-5000", BytesToSend::Part(0..1_000)),
            ("bytes=999-99999999999999999999999", BytesToSend::Part(999..1_000)),
            ("bytes=1000-", BytesToSend::NoSuchPart),
            ("bytes=99999999999999999999999-", BytesToSend::NoSuchPart),
            ("bytes=-0", BytesToSend::NoSuchPart),
            ("bytes=9-3", BytesToSend::Whole),
            ("bytes=-", BytesToSend::Whole),
            ("bytes=0-1,5-6", BytesToSend::Whole),
            ("bytes=a-b", BytesToSend::Whole),
            ("lines=0-1", BytesToSend::Whole),
            ("bytes", BytesToSend::Whole),
        ] {
            assert_eq!(answer(&[(header::RANGE, range)]), Ok(expected), "{range}");
        }
        assert_eq!(part("bytes=0-", 0), BytesToSend::NoSuchPart);
    }

    #[test]
    fn a_part_is_given_only_if_it_belongs_to_what_the_client_has() {
        for (etag, expected) in [
            ("\"a-gzip\"", BytesToSend::Part(5..6)),
            ("\"a\"", BytesToSend::Whole),
            ("W/\"a-gzip\"", BytesToSend::Whole),
            ("Mon, 23 Nov 2026 10:00:00 GMT", BytesToSend::Whole),
        ] {
            assert_eq!(
                answer(&[(header::RANGE, "bytes=5-5"), (header::IF_RANGE, etag)]),
                Ok(expected),
                "{etag}"
            );
        }
        assert_eq!(answer(&[(header::RANGE, "bytes=5-5"), (header::IF_NONE_MATCH, "\"a\"")]), NOTHING);
    }
}
