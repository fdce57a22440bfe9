//! Permanent redirects (RFC 9110 §15.4.2, §15.4.9): which address to request for a feed that has moved.
//!
//! A permanent redirect is followed at once, but believed only later: it must have held for several days, and when it
//! was first seen it must have led to a document with entries of the old one. So a lapsed domain that redirects
//! everything to a sales page cannot take a feed over. The daemon does not change `feeds.toml`. Until the operator puts
//! the new address there, the feed is identified by the old one.
//!
//! Pure, like all of `schedule`: it must not know how a feed is fetched.

use super::between;
use crate::model::FeedState;
use jiff::Timestamp;
use std::time::Duration;

/// How long a permanent redirect must hold before it is believed.
const HELD_FOR: Duration = Duration::from_hours(3 * 24);
/// After this many failures in a row at the new address, the old one is requested again.
const FAILURES: u32 = 3;
/// Stands for the time since which a redirect has held, if it led to an unrelated document. Such a redirect never
/// becomes old enough to be believed.
const NOT_BELIEVED: Timestamp = Timestamp::MAX;

/// The address to request: the one to which the feed has moved for good, else the configured one.
pub fn address(state: &FeedState, now: Timestamp) -> &str {
    match settled(state, now) {
        Some(target) if state.failures < FAILURES => target,
        _ => &state.url,
    }
}

/// The address to which the feed has moved for good, if it has; for `status` and for the patch to `feeds.toml`.
pub fn settled(state: &FeedState, now: Timestamp) -> Option<&str> {
    let (target, since) = state.moved.as_ref()?;
    (between(*since, now) >= HELD_FOR).then_some(target)
}

/// The configured addresses of other feeds whose last good poll ended at the same address as this feed's. They are the
/// same feed, configured twice.
pub fn twins<'a>(of: &FeedState, feeds: impl IntoIterator<Item = &'a FeedState>) -> Vec<&'a str> {
    let end = &of.validators.url;
    let others =
        feeds.into_iter().filter(|feed| feed.no != of.no && !end.is_empty() && feed.validators.url == *end);
    others.map(|feed| feed.url.as_str()).collect()
}

/// The new value of `FeedState::moved` after a good poll. `asked` is the result of [`address`], and `permanent` is
/// `Fetched::permanent`. `overlaps` says whether the document has an entry that was known before this poll; also true
/// if it was not modified, or if nothing was known.
pub fn after_poll(
    state: &FeedState,
    asked: &str,
    permanent: Option<&str>,
    overlaps: bool,
    now: Timestamp,
) -> Option<(String, Timestamp)> {
    let target = match permanent {
        Some(target) => target,
        // The new address was requested and answered without a redirect.
        None if asked != state.url => asked,
        None => return None,
    };
    if target == state.url {
        return None;
    }
    match &state.moved {
        // `since` can only be in the future if the clock was ahead when it was set; `min` corrects that.
        Some((known, since)) if known == target && *since != NOT_BELIEVED => {
            Some((target.to_owned(), (*since).min(now)))
        }
        Some((known, since)) if known == target => Some((target.to_owned(), *since)),
        _ => Some((target.to_owned(), if overlaps { now } else { NOT_BELIEVED })),
    }
}
