//! WebSub, the subscriber's side (<https://www.w3.org/TR/websub/>): asks the hubs that feeds name to push, and asks again
//! before they stop.
//!
//! It knows what the store remembers of feeds and subscriptions, and how to send a form. What a hub answers comes to the
//! web, and what it pushes goes from there to the poll loop. A hub that cannot be reached costs nothing: the feed is polled.

use crate::fetch::{FetchError, Fetcher};
use crate::model::{FeedNo, PollSettings, Subscription, is_public_site, shown_url};
use crate::store::{Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::HashMap;
use std::fmt::Write as _;
use tracing::debug;

/// The lease that we ask for. A hub may grant another.
const LEASE: SignedDuration = SignedDuration::from_hours(10 * 24);

/// A hub that did not agree is asked again after this time, then after twice as long each time, up to a day.
const RETRY: SignedDuration = SignedDuration::from_hours(1);

/// How many hubs are asked in one step; the others wait for the next.
const ASKED_AT_ONCE: usize = 20;

/// What a step must know of the configuration.
#[derive(Debug, Clone)]
pub struct WebsubContext {
    /// Public address of the site; hubs call addresses below it.
    site: String,
    fetcher: Fetcher,
}

impl WebsubContext {
    /// For the site at this address.
    pub fn new(site: &str, settings: &PollSettings) -> Result<Self, FetchError> {
        Ok(Self { site: site.to_owned(), fetcher: Fetcher::new(settings)? })
    }
}

/// Makes the subscriptions agree with what feeds name, and asks the hubs whose turn it is. Gives how many were asked. A site
/// that nobody can call asks none.
pub async fn step(store: &Store, context: &WebsubContext, now: Timestamp) -> Result<usize, StoreError> {
    if !is_public_site(&context.site) {
        return Ok(0);
    }
    let (wanted, kept) = store.read(|reader| Ok((reader.hubs()?, reader.subscriptions()?))).await?;
    let mut kept: HashMap<FeedNo, Subscription> = kept.into_iter().map(|kept| (kept.feed, kept)).collect();
    let (mut new, mut due) = (Vec::new(), Vec::new());
    for (feed, hub, topic) in wanted.into_iter().filter(|(_, hub, _)| may_hear_secrets(hub)) {
        match kept.remove(&feed) {
            Some(kept) if kept.hub == hub && kept.topic == topic => due.push(kept),
            _ => new.extend(subscription(feed, hub, topic, now)),
        }
    }
    let gone: Vec<FeedNo> = kept.into_keys().collect();
    if !new.is_empty() || !gone.is_empty() {
        due.extend(new.iter().cloned());
        let change = store.write(move |batch| {
            gone.iter().try_for_each(|feed| batch.drop_subscription(*feed))?;
            new.iter().try_for_each(|new| batch.put_subscription(new))
        });
        change.await?;
    }
    // A time beyond the longest lease was noted while the clock was ahead; that hub is asked now.
    let latest = now.saturating_add(Subscription::LEASE_MOST).unwrap_or(now);
    due.retain(|due| due.next_at <= now || due.next_at > latest);
    due.truncate(ASKED_AT_ONCE);
    for due in &due {
        ask(store, context, due, now).await?;
    }
    Ok(due.len())
}

/// Whether a secret may be sent there: over TLS (W3C WebSub §5.1), or within the operator's own network. Without a secret nobody
/// could tell whose pushes come, so another hub is not asked at all; its feed is polled.
fn may_hear_secrets(hub: &str) -> bool {
    hub.starts_with("https://") || !is_public_site(hub)
}

/// Asks a hub. The store notes it first, because the hub may call back before its answer is here.
async fn ask(
    store: &Store,
    context: &WebsubContext,
    wanted: &Subscription,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (feed, wait) = (wanted.feed, RETRY * (1 << wanted.attempts.min(5)));
    let next_at = now.saturating_add(wait.min(SignedDuration::from_hours(24))).unwrap_or(now);
    store.write(move |batch| batch.subscription_asked(feed, next_at)).await?;
    let callback = format!("{}/websub/{}", context.site, wanted.token);
    let lease = LEASE.as_secs().to_string();
    let form = [
        ("hub.mode", "subscribe"),
        ("hub.topic", wanted.topic.as_str()),
        ("hub.callback", callback.as_str()),
        ("hub.lease_seconds", lease.as_str()),
        ("hub.secret", wanted.secret.as_str()),
    ];
    if let Err(failed) = context.fetcher.post_form(&wanted.hub, &form, now).await {
        debug!(feed.id = feed.0, hub.url = %shown_url(&wanted.hub), "a hub does not subscribe us: {}", failed.failure.detail);
    }
    Ok(())
}

/// A subscription with a token and a secret that nobody can guess; `None` when the system gives no random numbers.
fn subscription(feed: FeedNo, hub: String, topic: String, now: Timestamp) -> Option<Subscription> {
    let (token, secret) = (random::<16>()?, random::<32>()?);
    Some(Subscription { feed, hub, topic, token, secret, lease_until: None, next_at: now, attempts: 0 })
}

fn random<const BYTES: usize>() -> Option<String> {
    let mut bytes = [0; BYTES];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_over_tls_or_stays_at_home() {
        for (hub, may) in [
            ("https://hub.example.org/", true),
            ("http://hub.example.org/", false),
            ("http://93.184.215.14/hub", false),
            ("http://127.0.0.1:8080/hub", true),
            ("http://hub.home.arpa/", true),
        ] {
            assert_eq!(may_hear_secrets(hub), may, "{hub}");
        }
    }
}
