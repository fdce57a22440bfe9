//! Answers: conditional requests (RFC 9110 §13), content types, what a client may keep, redirects.

use super::cache::Body;
use super::pack::Coding;
use axum::body::Body as Stream;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) type Reply = Response<Stream>;

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

/// Ask again each time; the answer is usually "not modified".
pub(super) const ASK: &str = "no-cache";
/// A reader that comes twice a minute need not ask.
pub(super) const MINUTE: &str = "public, max-age=60";
/// What is in an archive does not change, but may be taken down: a reader that has it has read it, while what stands between us and
/// other readers must not keep it for long.
pub(super) const ARCHIVED: &str = "public, max-age=86400, s-maxage=300";
/// The name changes when the bytes do.
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Secret or personal.
pub(super) const NEVER: &str = "no-store";

/// Sends a body in the coding that the client wants, or says that it has it already.
pub(super) async fn body(
    asked: &HeaderMap,
    body: &Body,
    content_type: &'static str,
    keep: &'static str,
) -> Reply {
    let mut coding = Coding::wanted(asked, body.bytes.len());
    let mut reply = if client_has(asked, body) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let packed = match coding {
            Some(coding) => body.packed(coding).await.ok(),
            None => None,
        };
        if packed.is_none() {
            coding = None;
        }
        let bytes = packed.unwrap_or_else(|| body.bytes.clone());
        let mut reply = ([(header::CONTENT_TYPE, content_type)], bytes).into_response();
        if let Some(coding) = coding {
            set(reply.headers_mut(), header::CONTENT_ENCODING, coding.name());
        }
        reply
    };
    let headers = reply.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    set(headers, header::ETAG, &etag(body, coding));
    if let Some(modified) = body.modified {
        set(headers, header::LAST_MODIFIED, &http_date(modified));
    }
    reply
}

/// A page with a status, not to be kept.
pub(super) fn page(status: StatusCode, html: String) -> Reply {
    let headers = [(header::CONTENT_TYPE, HTML), (header::CACHE_CONTROL, NEVER)];
    (status, headers, html).into_response()
}

/// A permanent redirect to a path on this site.
pub(super) fn moved(path: &str, html: String) -> Reply {
    let mut reply = page(StatusCode::MOVED_PERMANENTLY, html);
    let headers = reply.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    set(headers, header::LOCATION, path);
    reply
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    // What we set is ASCII by construction; a value that is not would be left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The ETag of a body in a coding: a strong ETag names bytes (RFC 9110 §8.8.3.3). `client_has` takes the ending off again.
fn etag(body: &Body, coding: Option<Coding>) -> String {
    match coding {
        Some(coding) => format!("\"{}-{}\"", body.etag.trim_matches('"'), coding.name()),
        None => body.etag.clone(),
    }
}

fn client_has(asked: &HeaderMap, body: &Body) -> bool {
    let mut etags = asked.get_all(header::IF_NONE_MATCH).iter().peekable();
    if etags.peek().is_some() {
        // RFC 9110 §13.1.3: with If-None-Match, If-Modified-Since is not looked at.
        let texts = etags.filter_map(|value| value.to_str().ok());
        return texts.flat_map(|text| text.split(',')).any(|etag| names(etag.trim(), &body.etag));
    }
    let since =
        asked.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok()).and_then(read_date);
    matches!((since, body.modified), (Some(since), Some(modified)) if modified.as_second() <= since.as_second())
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

/// A date as HTTP wants it (RFC 9110 §5.6.7).
fn http_date(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A date as clients send it back: in the form we gave it. The obsolete forms are not understood, which costs those
/// clients a full answer.
fn read_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    fn some_body() -> Body {
        let mut body = Body::passing("text");
        body.modified = Some("2026-11-23T10:00:00Z".parse().unwrap());
        body
    }

    #[test]
    fn a_client_that_has_the_bytes_is_told_so() {
        let body = some_body();
        let bare = body.etag.trim_matches('"').to_owned();
        for sent in [
            body.etag.clone(),
            format!("W/{}", body.etag),
            format!("\"other\", \"{bare}-gzip\""),
            format!("\"{bare}-br\""),
            "*".to_owned(),
        ] {
            assert!(client_has(&asked(header::IF_NONE_MATCH, &sent), &body), "{sent}");
        }
        for sent in ["\"other\"", "", "\"\"", &format!("\"{bare}0\""), &format!("\"{bare}-x\"")] {
            assert!(!client_has(&asked(header::IF_NONE_MATCH, sent), &body), "{sent}");
        }
    }

    #[test]
    fn dates_are_compared_to_the_second() {
        let body = some_body();
        let has = |date: &str| client_has(&asked(header::IF_MODIFIED_SINCE, date), &body);
        assert!(has(&http_date(body.modified.unwrap())));
        assert!(has("Mon, 23 Nov 2026 10:00:01 GMT"));
        assert!(!has("Mon, 23 Nov 2026 09:59:59 GMT"));
        assert!(!has("yesterday"));
        assert_eq!(http_date(body.modified.unwrap()), "Mon, 23 Nov 2026 10:00:00 GMT");
    }
}
