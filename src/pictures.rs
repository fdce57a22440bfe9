//! The loop of pictures: fetches those of the stories that pages are likely to show, makes them small, and stores them, so
//! that publishers do not see who reads the pages.
//!
//! It knows `fetch` and what the store remembers; it must not know what a page looks like. Polls come first: a picture takes
//! its turn at a host behind the polls that wait there, two are fetched and one is decoded at once, and whatever fails
//! costs a picture and nothing else. The address of a picture comes from a publisher. So a feed on the public internet
//! gets no picture from a private network, whatever `allow_private` says of feeds.

mod decode;
mod pixels;
mod shrink;

use crate::clock::Clock;
use crate::fetch::{FetchError, FetchFailure, Fetcher, Hosts};
use crate::model::{
    DuePicture, FailureKind, Outage, PictureFile, Pictures, PollSettings, is_public_site, shown_url,
};
use crate::store::{PICTURE_BYTES, Store, StoreError};
use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tracing::debug;

/// Pictures that are fetched at once.
const FETCHED_AT_ONCE: usize = 2;

/// Pictures that one step asks for at the most.
const ASKED: usize = 16;

/// The most bytes of a picture as it comes: what a camera writes.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// How long after the first and the second attempt a picture is asked for again; after the last it is given up.
const RETRIES: [SignedDuration; 2] = [SignedDuration::from_mins(10), SignedDuration::from_hours(3)];

/// How long a picture waits at most, whatever its host asks for: it is no news any more by then.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// What the loop needs, but for the store.
#[derive(Debug, Clone)]
pub struct PicturesContext {
    wanted: bool,
    /// For pictures of feeds on a private network.
    fetcher: Fetcher,
    /// For all others.
    guarded: Fetcher,
    hosts: Hosts,
    outage: watch::Receiver<Option<Outage>>,
    decoder: Arc<Semaphore>,
    clock: Clock,
}

impl PicturesContext {
    /// With these settings, beside polls that take turns at these hosts.
    pub fn new(
        pictures: Pictures,
        settings: &PollSettings,
        hosts: Hosts,
        outage: watch::Receiver<Option<Outage>>,
        clock: Clock,
    ) -> Result<Self, FetchError> {
        let fetcher = Fetcher::new(settings)?;
        let guarded = if settings.allow_private {
            Fetcher::new(&PollSettings { allow_private: false, ..settings.clone() })?
        } else {
            fetcher.clone()
        };
        Ok(Self {
            wanted: pictures != Pictures::None,
            fetcher,
            guarded,
            hosts,
            outage,
            decoder: Arc::new(Semaphore::new(1)),
            clock,
        })
    }

    /// The same with other settings.
    pub fn configured(&self, pictures: Pictures, settings: &PollSettings) -> Result<Self, FetchError> {
        Self::new(pictures, settings, self.hosts.clone(), self.outage.clone(), self.clock.clone())
    }
}

/// Looks which pictures are wanted, lets go of those that nobody shows any more, and asks for some that are due. Gives how many were
/// asked for: while there are any, the next step has more to do.
pub async fn step(store: &Store, context: &PicturesContext) -> Result<usize, StoreError> {
    if !context.wanted {
        return Ok(0);
    }
    let now = context.clock.now();
    let looked =
        store.read(|reader| Ok((reader.new_story_pictures()?, reader.has_pictures_to_drop(PICTURE_BYTES)?)));
    let (new, drop) = looked.await?;
    if drop || !new.is_empty() {
        let change = store.write(move |batch| {
            batch.put_story_pictures(&new, now)?;
            if drop { batch.drop_pictures(PICTURE_BYTES) } else { Ok(()) }
        });
        change.await?;
    }
    // Without a network every one would fail.
    if context.outage.borrow().is_some() {
        return Ok(0);
    }
    let due = store.read(move |reader| reader.due_pictures(now, LONGEST_WAIT.as_secs(), ASKED)).await?;
    if due.is_empty() {
        return Ok(0);
    }
    // That they were asked for is written first: one that brings us down is not asked for for ever.
    let asked: Vec<_> = due.iter().map(|due| (due.no, next_attempt(due, now))).collect();
    store
        .write(move |batch| asked.iter().try_for_each(|(no, next_at)| batch.picture_asked(*no, *next_at)))
        .await?;
    let count = due.len();
    let mut fetching = futures_util::stream::iter(due)
        .map(|due| fetch_and_keep(store, context, due))
        .buffer_unordered(FETCHED_AT_ONCE);
    while let Some(ended) = fetching.next().await {
        ended?;
    }
    Ok(count)
}

/// What became of asking for a picture.
enum Outcome {
    Here(Box<PictureFile>),
    /// It was not asked for, because its host asked to be left alone for so long.
    Held(SignedDuration),
    /// It may come another time, after so long at the least.
    Failed(SignedDuration),
    /// It will never be shown.
    Unfit,
}

async fn fetch_and_keep(store: &Store, context: &PicturesContext, due: DuePicture) -> Result<(), StoreError> {
    let outcome = fetched(context, &due).await;
    let now = context.clock.now();
    let after = move |wait: SignedDuration| now.saturating_add(wait.min(LONGEST_WAIT)).unwrap_or(now);
    let no = due.no;
    store
        .write(move |batch| match outcome {
            Outcome::Here(file) => batch.keep_picture(no, &file),
            Outcome::Held(wait) => batch.picture_held(no, after(wait)),
            Outcome::Failed(wait) => {
                let pause = RETRIES.get(due.attempts as usize);
                batch.picture_failed(no, pause.map(|pause| after(wait.max(*pause))))
            }
            Outcome::Unfit => batch.picture_failed(no, None),
        })
        .await
}

async fn fetched(context: &PicturesContext, due: &DuePicture) -> Outcome {
    let turn = match context.hosts.turn(&due.url).await {
        Ok(turn) => turn,
        Err(held) => return Outcome::Held(seconds(held.remaining)),
    };
    let fetcher = if is_public_site(&due.feed_url) { &context.guarded } else { &context.fetcher };
    let answer = fetcher.picture(&due.url, MAX_BYTES, context.clock.now()).await;
    drop(turn);
    let bytes = match answer {
        Ok(bytes) => bytes,
        Err(failed) => {
            debug!(picture.url = %shown_url(&due.url), error.kind = failed.failure.kind.as_str(),
                "a picture does not come: {}", failed.failure.detail);
            if let Some(wait) = failed.host_rest() {
                context.hosts.hold(&failed.host, wait);
            }
            return if may_come(&failed) {
                Outcome::Failed(failed.retry_after.map_or(SignedDuration::ZERO, seconds))
            } else {
                Outcome::Unfit
            };
        }
    };
    // The semaphore is never closed.
    let place = Arc::clone(&context.decoder).acquire_owned().await;
    let shrinking = tokio::task::spawn_blocking(move || {
        let _place = place;
        shrink::shrink(&bytes)
    });
    match shrinking.await {
        Ok(Ok(file)) => Outcome::Here(Box::new(file)),
        Ok(Err(unfit)) => {
            debug!(picture.url = %shown_url(&due.url), "a picture is not shown: {unfit}");
            Outcome::Unfit
        }
        // A decoder that panics does so again.
        Err(_) => Outcome::Unfit,
    }
}

/// Whether a picture that did not come may come another time.
fn may_come(failed: &FetchFailure) -> bool {
    use FailureKind::{Address, Body, Gone, NotAFeed, Redirect};
    match failed.status {
        Some(status) => status >= 500 || status == 429 || failed.retry_after.is_some(),
        None => !matches!(failed.failure.kind, Address | Body | Gone | NotAFeed | Redirect),
    }
}

/// When a picture is asked for again if nothing is heard of this attempt; `None` when it is the last.
fn next_attempt(due: &DuePicture, now: Timestamp) -> Option<Timestamp> {
    let pause = RETRIES.get(due.attempts as usize)?;
    Some(now.saturating_add(*pause).unwrap_or(now))
}

fn seconds(wait: std::time::Duration) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{Origin, Page};
    use crate::model::{PictureNo, Spacing};

    #[tokio::test]
    async fn a_public_feed_gets_no_picture_from_a_private_network() {
        crate::fetch::install_tls();
        let (origin, serving) = Origin::start().await.unwrap();
        origin.put("/p.png", Page::feed("image/png", "a picture"));
        let settings = PollSettings { allow_private: true, ..PollSettings::default() };
        let hosts = Hosts::new(std::time::Duration::ZERO, Spacing::Host);
        let outage = watch::Sender::new(None).subscribe();
        let context = PicturesContext::new(Pictures::Link, &settings, hosts, outage, Clock::System).unwrap();
        let asking = async {
            for (feed_url, asked) in [("https://news.example/feed", 0), ("http://127.0.0.1/feed", 1)] {
                let feed_url = feed_url.to_owned();
                let due = DuePicture { no: PictureNo(1), url: origin.url("/p.png"), feed_url, attempts: 0 };
                assert!(matches!(fetched(&context, &due).await, Outcome::Unfit));
                assert_eq!(origin.seen().len(), asked);
            }
        };
        tokio::select! { () = serving => {}, () = asking => {} }
    }
}
