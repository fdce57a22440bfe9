//! Answers: bodies whole and in part, content types, `Cache-Control`, redirects. Must not know what the bodies say.

use super::cache::Body;
use super::conditions::{BytesToSend, Conditions};
use super::pack::Coding;
use axum::body::{Body as Stream, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) type Reply = Response<Stream>;

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const CSS: &str = "text/css; charset=utf-8";
pub(super) const XML: &str = "application/xml; charset=utf-8";
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

/// To be revalidated each time; the answer is usually 304.
pub(super) const ASK: &str = "no-cache";
/// For what changes only with a new version or new settings, which clients may see a day later.
pub(super) const DAY: &str = "public, max-age=86400";
/// For archive documents. They do not change, but a story in them may be taken down. So shared caches must ask again soon
/// (`s-maxage`); a client that has the document has read it.
pub(super) const ARCHIVED: &str = "public, max-age=86400, s-maxage=300";
/// For what has another name when it has other bytes (`immutable`, RFC 8246).
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For what is secret or personal, and for answers that are out of date at once.
pub(super) const NEVER: &str = "no-store";

/// The answer with a body: whole or in part, in the coding that the client prefers; or 304, 412 or 416.
pub(super) async fn body(asked: &HeaderMap, body: &Body, content_type: &'static str, keep: &str) -> Reply {
    let mut coding = Coding::wanted(asked, body.len);
    let selected = etag(body, coding);
    let mut conditions = Conditions { asked, body: &body.etag, selected, modified: body.modified };
    let mut reply = if let Some(status) = conditions.status() {
        status.into_response()
    } else {
        let packed = match coding {
            Some(coding) => body.packed(coding).await.ok(),
            None => None,
        };
        if packed.is_none() && coding.take().is_some() {
            conditions.selected.clone_from(&body.etag);
        }
        let bytes = match packed {
            Some(packed) => Ok(packed),
            None => body.plain().await,
        };
        match bytes {
            Ok(bytes) => content(conditions.wanted(bytes.len()), bytes, content_type),
            // What we packed ourselves can be unpacked, or memory is damaged.
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    let is_content = reply.status().is_success();
    let is_lasting = is_content || reply.status() == StatusCode::NOT_MODIFIED;
    let headers = reply.headers_mut();
    if is_content {
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if let Some(coding) = coding {
            set(headers, header::CONTENT_ENCODING, coding.name());
        }
    }
    // A condition that failed, or a part that is not there, says nothing about the next request.
    set(headers, header::CACHE_CONTROL, if is_lasting { keep } else { NEVER });
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    set(headers, header::ETAG, &conditions.selected);
    if let Some(modified) = body.modified {
        set(headers, header::LAST_MODIFIED, &http_date(modified));
    }
    reply
}

/// As much of the bytes as is wanted.
fn content(wanted: BytesToSend, bytes: Bytes, content_type: &'static str) -> Reply {
    match wanted {
        BytesToSend::Whole => ([(header::CONTENT_TYPE, content_type)], bytes).into_response(),
        BytesToSend::Part(part) => {
            let place = format!("bytes {}-{}/{}", part.start, part.end - 1, bytes.len());
            let headers = [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_RANGE, place)];
            // A slice would keep the whole body in memory, while `owed` counts the part.
            let bytes = if part.len() == bytes.len() { bytes } else { Bytes::copy_from_slice(&bytes[part]) };
            (StatusCode::PARTIAL_CONTENT, headers, bytes).into_response()
        }
        BytesToSend::NoSuchPart => {
            let length = [(header::CONTENT_RANGE, format!("bytes */{}", bytes.len()))];
            (StatusCode::RANGE_NOT_SATISFIABLE, length).into_response()
        }
    }
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

/// The ETag of a body in a coding: a strong ETag names bytes (RFC 9110 §8.8.3.3). `conditions` takes the ending off again.
fn etag(body: &Body, coding: Option<Coding>) -> String {
    match coding {
        Some(coding) => format!("\"{}-{}\"", body.etag.trim_matches('"'), coding.name()),
        None => body.etag.clone(),
    }
}

/// A date as HTTP wants it (RFC 9110 §5.6.7).
pub(super) fn http_date(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// How long a client may keep an output: a tenth of the time since it last changed (the heuristic of RFC 9111 §4.2.2), at least a
/// minute and at most a quarter of an hour. An output that changes all day is asked for again soon, one that has been quiet for
/// days is not.
pub(super) fn as_it_changes(body: &Body, now: Timestamp) -> String {
    let quiet = body.modified.map_or(0, |modified| now.duration_since(modified).as_secs());
    format!("public, max-age={}", (quiet / 10).clamp(60, 900))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_an_answer_that_stays_true_may_be_kept() {
        let picture = Body::passing("text");
        for (name, value, status, keep) in [
            (header::RANGE, "bytes=1-", StatusCode::PARTIAL_CONTENT, FOR_EVER),
            (header::IF_NONE_MATCH, "*", StatusCode::NOT_MODIFIED, FOR_EVER),
            (header::IF_MATCH, "\"other\"", StatusCode::PRECONDITION_FAILED, NEVER),
            (header::RANGE, "bytes=9-", StatusCode::RANGE_NOT_SATISFIABLE, NEVER),
        ] {
            let asked = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            let reply = body(&asked, &picture, PLAIN, FOR_EVER).await;
            assert_eq!(
                (reply.status(), &reply.headers()[header::CACHE_CONTROL]),
                (status, &HeaderValue::from_static(keep))
            );
        }
    }

    #[tokio::test]
    async fn a_part_does_not_keep_the_whole_body_in_memory() {
        let whole = Body::passing("text ".repeat(100));
        let given = async |range: &'static str| {
            let asked = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static(range))]);
            let reply = body(&asked, &whole, PLAIN, ASK).await;
            axum::body::to_bytes(reply.into_body(), usize::MAX).await.unwrap()
        };
        let all = whole.plain().await.unwrap();
        for (range, expected) in [("bytes=0-9", &all[..10]), ("bytes=10-", &all[10..])] {
            let part = given(range).await;
            assert_eq!(part, expected);
            assert!(!all.as_ptr_range().contains(&part.as_ptr()), "{range}");
        }
        assert_eq!(given("bytes=0-").await.as_ptr(), all.as_ptr(), "a part that is the whole is shared");
    }

    #[test]
    fn what_has_been_quiet_for_long_may_be_kept_for_longer() {
        let mut body = Body::passing("text");
        assert_eq!(as_it_changes(&body, Timestamp::UNIX_EPOCH), "public, max-age=60");
        body.modified = Some(Timestamp::UNIX_EPOCH);
        for (quiet_s, kept_s) in [(-5, 60), (0, 60), (599, 60), (3_600, 360), (86_400, 900)] {
            let now = Timestamp::from_second(quiet_s).unwrap();
            assert_eq!(as_it_changes(&body, now), format!("public, max-age={kept_s}"));
        }
    }
}
