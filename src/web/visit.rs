//! The outermost middleware: drops header fields that nobody reads, waits until the client takes its answers, and counts what it
//! is owed. Must not know what is asked for.

use super::client::Client;
use super::owed::Owed;
use super::reply::PLAIN;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::IntoResponse;

/// The header fields of a request that we read. All others are dropped before the request waits for anything, because in memory
/// they take ten times as much as on the wire.
const READ: [HeaderName; 16] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::AUTHORIZATION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::HOST,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::ORIGIN,
    header::RANGE,
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("x-hub-signature"),
];

/// Middleware for every route.
pub(super) async fn visit(State(owed): State<Owed>, mut request: Request, next: Next) -> Response<Body> {
    let client = request.extensions().get::<Client>().cloned().unwrap_or_default();
    // RFC 9112 §3.2. A request that does not say which site it means may have been meant for another.
    if request.version() == Version::HTTP_11 && request.headers().get_all(header::HOST).iter().count() != 1 {
        return say(StatusCode::BAD_REQUEST, "a request must say which host it is for\n");
    }
    keep_what_is_read(request.headers_mut());
    if request.method() != Method::GET {
        // Ranges are defined for GET only (RFC 9110 §14.2).
        request.headers_mut().remove(header::RANGE);
    }
    client.takes_more().await;
    let _work = client.work();
    let (head, body) = next.run(request).await.into_parts();
    // All that we send is in memory already; nothing is copied here.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match owed.lend(&client, bytes) {
        Some(bytes) => Response::from_parts(head, Body::from(bytes)),
        None => busy(),
    }
}

fn keep_what_is_read(headers: &mut HeaderMap) {
    let mut kept = HeaderMap::with_capacity(READ.len());
    for name in READ {
        for value in headers.get_all(&name) {
            kept.append(name.clone(), value.clone());
        }
    }
    *headers = kept;
}

fn say(status: StatusCode, words: &'static str) -> Response<Body> {
    (status, [(header::CONTENT_TYPE, PLAIN)], words).into_response()
}

/// 503, for when the server has too much to do.
pub(super) fn busy() -> Response<Body> {
    let mut reply = say(StatusCode::SERVICE_UNAVAILABLE, "come again later\n");
    reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    reply
}
