//! `/websub/TOKEN`, where hubs ask whether a subscription is meant (W3C WebSub §5.3) and push (§7). What is pushed is handed
//! on only with a right signature; what it says is for the poll loop to read.

use super::pushed::{self, Pace, Refused};
use super::reply::{NEVER, PLAIN};
use crate::budget::{Budget, Share};
use crate::clock::Clock;
use crate::coding::{Undecoded, undo_all};
use crate::model::{Push, Subscription};
use crate::store::{Store, StoreError};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::{info, warn};

/// The largest document that is taken: the default of `max_size`, which bounds documents of polls. Larger ones are polled.
const BODY_BYTES: usize = 10 * 1024 * 1024;

/// Documents that are read at once, each of another feed. A hub that gets a 503 comes again.
const READ_AT_ONCE: usize = 32;

/// The budget of pushes, beside that of polls: a document as sent and decoded, and some that wait to be filed.
const ROOM_BYTES: usize = 24 * 1024 * 1024;

/// `Retry-After`, in seconds, for a hub for which there is no room.
const SOON_S: i64 = 10;

/// A lease when the hub names none.
const LEASE: SignedDuration = SignedDuration::from_hours(10 * 24);

/// How long after its refusal a hub is asked again.
const DENIED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Maximum duration of a request.
const LIMIT: Duration = Duration::from_secs(20);

/// What the routes need.
#[derive(Debug, Clone)]
pub struct Callbacks {
    /// Where subscriptions are.
    pub store: Store,
    /// The time, for leases.
    pub clock: Clock,
    /// Where pushes go.
    pub pushes: mpsc::Sender<(Push, Share)>,
}

#[derive(Debug, Clone)]
struct HubState {
    callbacks: Callbacks,
    places: Arc<Semaphore>,
    /// The one place for a large push (`pushed::LARGE_BYTES`).
    large: Arc<Semaphore>,
    pace: Pace,
    budget: Budget,
}

type Reply = Response<Body>;

/// The routes for hubs.
pub(super) fn router(callbacks: Callbacks) -> Router {
    let places = Arc::new(Semaphore::new(READ_AT_ONCE));
    let large = Arc::new(Semaphore::new(1));
    let state = HubState { callbacks, places, large, pace: Pace::default(), budget: Budget::of(ROOM_BYTES) };
    Router::new()
        .route("/websub/{token}", get(verify).post(take))
        .with_state(state)
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LIMIT))
}

fn say(status: StatusCode, words: String) -> Reply {
    let headers = [
        (header::CONTENT_TYPE, PLAIN),
        (header::CACHE_CONTROL, NEVER),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, words).into_response()
}

fn nothing() -> Reply {
    say(StatusCode::NOT_FOUND, "no such subscription\n".to_owned())
}

/// Sends a hub away for so many seconds.
fn busy(seconds: i64) -> Reply {
    let mut reply = say(StatusCode::SERVICE_UNAVAILABLE, "come again later\n".to_owned());
    reply.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    reply
}

fn failed(error: &StoreError) -> Reply {
    warn!(error.kind = error.kind(), "a hub was sent away: {error}");
    say(StatusCode::SERVICE_UNAVAILABLE, "come again later\n".to_owned())
}

impl HubState {
    async fn subscription(&self, token: String) -> Result<Option<Subscription>, StoreError> {
        self.callbacks.store.read(move |reader| reader.subscription(&token)).await
    }
}

/// A hub verifies that we want the subscription (§5.3), or denies it (§5.2).
async fn verify(
    State(state): State<HubState>,
    Path(token): Path<String>,
    Query(asked): Query<HashMap<String, String>>,
) -> Reply {
    let said = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let known = match state.subscription(token).await {
        Ok(Some(known)) if known.topic == said("hub.topic") => known,
        Ok(_) => return nothing(),
        Err(error) => return failed(&error),
    };
    let now = state.callbacks.clock.now();
    let later = |wait: SignedDuration| now.checked_add(wait).unwrap_or(Timestamp::MAX);
    let Subscription { feed, token, .. } = known;
    let store = &state.callbacks.store;
    match said("hub.mode") {
        "subscribe" if !said("hub.challenge").is_empty() => {
            let lease = said("hub.lease_seconds").parse().ok().filter(|lease| *lease > 0);
            let lease = lease.map_or(LEASE, SignedDuration::from_secs).min(Subscription::LEASE_MOST);
            // Asked again when a fifth of it is left.
            let (until, next) = (later(lease), later(lease / 5 * 4));
            if let Err(error) = store.write(move |batch| batch.subscription_agreed(&token, until, next)).await
            {
                return failed(&error);
            }
            info!(feed.id = feed.0, "a hub pushes what is new until {until}");
            say(StatusCode::OK, said("hub.challenge").to_owned())
        }
        "denied" => {
            let next = later(DENIED);
            if let Err(error) = store.write(move |batch| batch.subscription_denied(&token, next)).await {
                return failed(&error);
            }
            info!(feed.id = feed.0, "a hub will not push; the feed is polled");
            say(StatusCode::OK, String::new())
        }
        // We never ask to end a subscription, so whoever asks whether we did is not told yes.
        _ => nothing(),
    }
}

/// A hub pushes.
async fn take(
    State(state): State<HubState>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Reply {
    let known = match state.subscription(token).await {
        Ok(Some(known)) => known,
        // The hub may forget us (W3C WebSub §7).
        Ok(None) => return say(StatusCode::GONE, "no such subscription\n".to_owned()),
        Err(error) => return failed(&error),
    };
    let Some(lease_until) = known.lease_until else { return nothing() };
    // From here on nothing waits for a permit: it would hold others meanwhile. A hub that gets a 503 comes again.
    let _turn = match state.pace.turn(known.feed, state.callbacks.clock.now()) {
        Ok(turn) => turn,
        Err(seconds) => return busy(seconds),
    };
    let Ok(_place) = state.places.try_acquire() else { return busy(SOON_S) };
    let mut held = pushed::HeldMemory::new(state.budget.share(), &state.large);
    let too_large = || say(StatusCode::PAYLOAD_TOO_LARGE, "too large\n".to_owned());
    let sent = match pushed::whole(body.into_data_stream(), BODY_BYTES, &mut held).await {
        Ok(sent) => sent,
        Err(Refused::TooLarge) => return too_large(),
        Err(Refused::NoRoom) => return busy(SOON_S),
        Err(Refused::TooSlow) => {
            return say(StatusCode::REQUEST_TIMEOUT, "it must not come so slowly\n".to_owned());
        }
    };
    // How large a compressed document becomes is known only when it has been decoded.
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let is_plain = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
    let is_packed = codings.any(|coding| !is_plain(coding)) || sent.starts_with(&[0x1f, 0x8b]);
    if held.grow_to(sent.len() + if is_packed { BODY_BYTES } else { sent.len() }).is_err() {
        return busy(SOON_S);
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // WebSub §7.1 has "the body" signed. Hubs that compress it sign it before or after that.
    let is_right = |body: &[u8]| {
        text("x-hub-signature").is_some_and(|signature| is_signed(&known.secret, signature, body))
    };
    let right_as_sent = is_right(&sent);
    let codings = headers.get_all(header::CONTENT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let body = match undo_all(&sent, codings, BODY_BYTES).await {
        Ok(body) => body,
        Err(Undecoded::TooLarge) => return too_large(),
        Err(Undecoded::Unknown(_)) => {
            return say(StatusCode::UNSUPPORTED_MEDIA_TYPE, "gzip, deflate or br, please\n".to_owned());
        }
        Err(Undecoded::Broken(_)) => {
            return say(StatusCode::BAD_REQUEST, "not in the coding that it claims\n".to_owned());
        }
    };
    if !right_as_sent && !is_right(&body) {
        return say(StatusCode::FORBIDDEN, "the signature is wrong\n".to_owned());
    }
    let push = Push {
        feed: known.feed,
        topic: known.topic,
        lease_until,
        content_type: text("content-type").map(str::to_owned),
        body,
    };
    let share = held.settle(push.body.len());
    if state.callbacks.pushes.try_send((push, share)).is_err() {
        return busy(SOON_S);
    }
    say(StatusCode::ACCEPTED, String::new())
}

/// Whether `signature`, `method=hex` as in `X-Hub-Signature`, is that of the body under our secret (W3C WebSub §7.1). The
/// comparison takes the same time wherever they differ.
fn is_signed(secret: &str, signature: &str, body: &[u8]) -> bool {
    let Some((method, digest)) = signature.trim().split_once('=') else { return false };
    let algorithm = match method.to_ascii_lowercase().as_str() {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    let Some(digest) = from_hex(digest) else { return false };
    hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), body, &digest).is_ok()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_signature_is_right() {
        // RFC 4231 §4.3 and RFC 2202 §3, test case 2.
        let (key, data) = ("Jefe", b"what do ya want for nothing?");
        let sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let sha1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
        assert!(is_signed(key, &format!("sha256={sha256}"), data));
        assert!(is_signed(key, &format!("SHA1={sha1}"), data));
        for wrong in ["", "sha256", "sha256=", "md5=00", "sha256=zz", "sha256=5", "sha1=é"] {
            assert!(!is_signed(key, wrong, data), "{wrong}");
        }
        assert!(!is_signed(key, &format!("sha512={sha256}"), data));
        assert!(!is_signed("other", &format!("sha256={sha256}"), data));
        assert!(!is_signed(key, &format!("sha256={sha256}"), b"what"));
    }
}
