//! Which address to ask for a feed that redirects for good.
//!
//! A permanent redirect is followed at once and believed later: it must have held for several days and led, when it was
//! first seen, to a document that carries entries of the old one. A lapsed domain that redirects everything to a sales page does not
//! take a feed over. `feeds.toml` stays the operator's; until it says the new address, the old one is what the feed is
//! called.

use super::between;
use crate::model::FeedState;
use jiff::Timestamp;
use std::time::Duration;

/// How long a permanent redirect must hold before it is believed.
const HELD_FOR: Duration = Duration::from_hours(3 * 24);
/// After this many failures in a row at the new address, the old one is asked again.
const FAILURES: u32 = 3;
/// When a redirect has held "since", if it led to another document: it never becomes old enough to be believed.
const NOT_BELIEVED: Timestamp = Timestamp::MAX;

/// The address to ask: where the feed has moved for good, else the configured one.
pub fn address(state: &FeedState, now: Timestamp) -> &str {
    match settled(state, now) {
        Some(target) if state.failures < FAILURES => target,
        _ => &state.url,
    }
}

/// Where the feed has moved for good, for `status` and for the patch to `feeds.toml`.
pub fn settled(state: &FeedState, now: Timestamp) -> Option<&str> {
    let (target, since) = state.moved.as_ref()?;
    (between(*since, now) >= HELD_FOR).then_some(target)
}

/// Other feeds whose last good poll ended at the same address as this one's: one of them can go. Each is given by its
/// configured address.
pub fn twins<'a>(of: &FeedState, feeds: impl IntoIterator<Item = &'a FeedState>) -> Vec<&'a str> {
    let end = &of.validators.url;
    let others =
        feeds.into_iter().filter(|feed| feed.no != of.no && !end.is_empty() && feed.validators.url == *end);
    others.map(|feed| feed.url.as_str()).collect()
}

/// What `FeedState::moved` becomes after a good poll. `asked` is what [`address`] said, `permanent` is
/// `Fetched::permanent`, and `overlaps` says whether the document carries an entry that was known before this poll (true
/// when it was not modified, or when nothing was known).
pub fn after_poll(
    state: &FeedState,
    asked: &str,
    permanent: Option<&str>,
    overlaps: bool,
    now: Timestamp,
) -> Option<(String, Timestamp)> {
    let target = match permanent {
        Some(target) => target,
        // The new address answered by itself, as it should.
        None if asked != state.url => asked,
        None => return None,
    };
    if target == state.url {
        return None;
    }
    match &state.moved {
        // It has not held since later than now.
        Some((known, since)) if known == target && *since != NOT_BELIEVED => {
            Some((target.to_owned(), (*since).min(now)))
        }
        Some((known, since)) if known == target => Some((target.to_owned(), *since)),
        _ => Some((target.to_owned(), if overlaps { now } else { NOT_BELIEVED })),
    }
}
