//! Taking what a hub sends: not too often, not too slowly, and never at the cost of other hubs or of polls.
//!
//! Only a hub knows the address to push to, but a hub may be anyone's: a feed names its own. It knows bytes and times; it
//! must not know what the bytes say.

use crate::budget::Share;
use crate::model::FeedNo;
use axum::body::Bytes;
use futures_util::{Stream, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// How far apart the pushes of one feed are in the long run, in seconds: each may bring thousands of entries to look up.
const PAUSE_S: i64 = 10;

/// Pushes of one feed that may come without a pause: a newsroom publishes in bursts, and its hub pushes each entry.
const AT_ONCE: i64 = 10;

/// A larger push needs the only permit for large ones, so that the pushes of two feeds cannot take the whole budget.
const LARGE_BYTES: usize = 1024 * 1024;

/// In each stretch of this length …
const STRETCH: Duration = Duration::from_secs(3);

/// … so many bytes must arrive, or the last.
const STRETCH_BYTES: usize = 16 * 1024;

/// Who pushes, and how often. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    hubs: Arc<Mutex<HashMap<FeedNo, Hub>>>,
}

#[derive(Debug)]
struct Hub {
    /// The theoretical arrival time of its next push, if each came a pause after the one before (generic cell rate
    /// algorithm, ITU-T I.371).
    owed_at: Timestamp,
    is_read: bool,
}

/// The right to read a push of a feed; one at a time has it.
#[derive(Debug)]
pub(super) struct Turn {
    pace: Pace,
    feed: FeedNo,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(hub) = self.pace.lock().get_mut(&self.feed) {
            hub.is_read = false;
        }
    }
}

impl Pace {
    fn lock(&self) -> MutexGuard<'_, HashMap<FeedNo, Hub>> {
        self.hubs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn of the next push of this feed; else the seconds after which the hub may come again. A push that is refused
    /// later counts, too: it costs as much.
    pub(super) fn turn(&self, feed: FeedNo, now: Timestamp) -> Result<Turn, i64> {
        let mut hubs = self.lock();
        let hub = hubs.entry(feed).or_insert(Hub { owed_at: Timestamp::MIN, is_read: false });
        let next = hub.owed_at.max(now);
        let ahead = next.duration_since(now).as_secs();
        // A time further ahead than this rule makes it comes from a clock that was ahead, and does not count.
        let ahead = if ahead > PAUSE_S * AT_ONCE { 0 } else { ahead };
        if hub.is_read || ahead > PAUSE_S * (AT_ONCE - 1) {
            return Err(PAUSE_S);
        }
        hub.owed_at = now.saturating_add(SignedDuration::from_secs(ahead + PAUSE_S)).unwrap_or(now);
        hub.is_read = true;
        Ok(Turn { pace: self.clone(), feed })
    }
}

/// Why a body was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// More than the limit.
    TooLarge,
    /// There is no room for it now.
    NoRoom,
    /// It came too slowly, or broke off.
    TooSlow,
}

/// What a push may hold while it is taken.
#[derive(Debug)]
pub(super) struct HeldMemory<'a> {
    share: Share,
    large: &'a Semaphore,
    is_large: Option<SemaphorePermit<'a>>,
}

impl<'a> HeldMemory<'a> {
    /// Memory that grows from `share`, which is empty yet; `large` holds the permit for large pushes.
    pub(super) fn new(share: Share, large: &'a Semaphore) -> Self {
        Self { share, large, is_large: None }
    }

    /// Lets it have `bytes` in all, if there is room.
    pub(super) fn grow_to(&mut self, bytes: usize) -> Result<(), Refused> {
        if bytes > LARGE_BYTES && self.is_large.is_none() {
            self.is_large = Some(self.large.try_acquire().map_err(|_| Refused::NoRoom)?);
        }
        if self.share.try_grow_to(bytes) { Ok(()) } else { Err(Refused::NoRoom) }
    }

    /// The share of the budget, for the document that has been taken: so many bytes.
    pub(super) fn settle(mut self, bytes: usize) -> Share {
        self.share.shrink_to(bytes);
        self.share
    }
}

/// All of a body, for which `held` grows as it arrives.
pub(super) async fn whole<E>(
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    limit: usize,
    held: &mut HeldMemory<'_>,
) -> Result<Vec<u8>, Refused> {
    let mut whole = Vec::new();
    let (mut stretch_ends, mut needed) = (Instant::now() + STRETCH, STRETCH_BYTES);
    loop {
        let Ok(next) = timeout_at(stretch_ends, body.next()).await else { return Err(Refused::TooSlow) };
        match next {
            None => return Ok(whole),
            Some(Err(_)) => return Err(Refused::TooSlow),
            Some(Ok(bytes)) => {
                if whole.len() + bytes.len() > limit {
                    return Err(Refused::TooLarge);
                }
                held.grow_to(whole.len() + bytes.len())?;
                whole.extend_from_slice(&bytes);
                if whole.len() >= needed {
                    (stretch_ends, needed) = (Instant::now() + STRETCH, whole.len() + STRETCH_BYTES);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use futures_util::stream;
    use std::convert::Infallible;

    #[test]
    fn a_hub_may_push_in_bursts_and_then_every_ten_seconds() {
        let pace = Pace::default();
        let now = Timestamp::from_second(1_795_456_800).unwrap();
        let later = |seconds| now.saturating_add(SignedDuration::from_secs(seconds)).unwrap();
        for _ in 0..AT_ONCE {
            drop(pace.turn(FeedNo(1), now).unwrap());
        }
        assert_eq!(pace.turn(FeedNo(1), now).unwrap_err(), PAUSE_S);
        assert!(pace.turn(FeedNo(2), now).is_ok(), "other hubs have a pace of their own");
        assert!(pace.turn(FeedNo(1), later(PAUSE_S)).is_ok());
        assert!(pace.turn(FeedNo(1), later(PAUSE_S)).is_err());
        for _ in 0..AT_ONCE {
            drop(pace.turn(FeedNo(1), later(3_600)).unwrap());
        }
        // The clock was an hour ahead.
        assert!(pace.turn(FeedNo(1), later(30)).is_ok());
    }

    #[test]
    fn one_push_of_a_feed_is_read_at_a_time() {
        let (pace, now) = (Pace::default(), Timestamp::UNIX_EPOCH);
        let turn = pace.turn(FeedNo(1), now).unwrap();
        assert!(pace.turn(FeedNo(1), now).is_err());
        drop(turn);
        assert!(pace.turn(FeedNo(1), now).is_ok());
    }

    #[test]
    fn one_large_push_is_taken_at_a_time_and_small_ones_beside_it() {
        let (budget, large) = (Budget::of(8 << 20), Semaphore::new(1));
        let mut first = HeldMemory::new(budget.share(), &large);
        let mut second = HeldMemory::new(budget.share(), &large);
        assert_eq!(first.grow_to(4 << 20), Ok(()));
        assert_eq!(second.grow_to(LARGE_BYTES), Ok(()));
        assert_eq!(second.grow_to(LARGE_BYTES + 1), Err(Refused::NoRoom));
        drop(first.settle(0));
        assert_eq!(second.grow_to(4 << 20), Ok(()));
    }

    /// Takes pieces of so many bytes, each of which comes so many seconds after the one before.
    async fn take(pieces: &[(u64, usize)], memory: usize) -> Result<usize, Refused> {
        let pieces = pieces.to_vec();
        let body = stream::iter(pieces).then(|(seconds, bytes)| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok::<_, Infallible>(Bytes::from(vec![b'x'; bytes]))
        });
        let large = Semaphore::new(1);
        let mut held = HeldMemory::new(Budget::of(memory).share(), &large);
        whole(Box::pin(body), 1 << 20, &mut held).await.map(|whole| whole.len())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_taken_while_it_comes_quickly_and_there_is_room() {
        const ROOM: usize = 2 << 20;
        assert_eq!(take(&[], ROOM).await, Ok(0));
        assert_eq!(take(&[(2, 100)], ROOM).await, Ok(100));
        assert_eq!(take(&[(2, STRETCH_BYTES); 20], ROOM).await, Ok(20 * STRETCH_BYTES));
        assert_eq!(take(&[(1, 100); 5], ROOM).await, Err(Refused::TooSlow));
        assert_eq!(take(&[(0, 500_000), (4, 100)], ROOM).await, Err(Refused::TooSlow));
        assert_eq!(take(&[(0, 600_000); 2], ROOM).await, Err(Refused::TooLarge));
        assert_eq!(take(&[(0, 600_000)], 1 << 19).await, Err(Refused::NoRoom));
    }
}
