//! One connection, and when it is closed for being idle.
//!
//! A connection is *of use* while it sends whole requests, while we work on one, and while it takes our answers. If it was
//! of no use for ten seconds it is closed, whatever it sends meanwhile: nothing, half a request, pings. If it is *owed*
//! the rest of an answer, it has thirty seconds, because readers on bad lines stall.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// How long a connection keeps its place without being of use.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same for one that is owed an answer. What it takes is seen only when a third of the system's buffer has been sent,
/// some 80 KB. So a reader may be as slow as 3 KB a second.
const PATIENCE_OWED: Duration = Duration::from_secs(30);

/// A connection that is owed this many bytes gets no further answer until it has taken some: HTTP/2 lets a client ask for
/// many things at once.
const OWED_BYTES: usize = 256 * 1024;

/// How often to look again at a connection whose request is being worked on.
const LOOK: Duration = Duration::from_secs(1);

/// What a connection must take of its answers to be of use, in one stretch of patience.
const TAKEN_BYTES: usize = 1024;

/// A connection. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: IpAddr,
    cut: CancellationToken,
    /// Requests that are being worked on.
    in_work: AtomicUsize,
    /// Bytes of answers that have been given and not been taken.
    given: AtomicUsize,
    /// Told when some of them have been.
    taken: Notify,
    use_of: Mutex<Use>,
}

#[derive(Debug)]
struct Use {
    /// When it was last of use.
    at: Instant,
    /// Bytes taken since.
    taken: usize,
}

/// A request that is being worked on.
pub(super) struct Work(Client);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.was_of_use();
        self.0.inner.in_work.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Ipv4Addr::UNSPECIFIED.into())
    }
}

impl Client {
    /// A connection from `address`. What is given out as one IPv6 network, 64 bits, is one client.
    pub fn new(address: IpAddr) -> Self {
        let address = match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        };
        let use_of = Mutex::new(Use { at: Instant::now(), taken: 0 });
        let inner = Inner {
            address,
            cut: CancellationToken::new(),
            in_work: AtomicUsize::new(0),
            given: AtomicUsize::new(0),
            taken: Notify::new(),
            use_of,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whom it belongs to.
    pub(super) fn address(&self) -> IpAddr {
        self.inner.address
    }

    /// Notes that it is given an answer of so many bytes, one at least.
    pub(super) fn is_given(&self, bytes: usize) {
        self.inner.given.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Notes that it has taken an answer of so many bytes.
    pub(super) fn has_taken(&self, bytes: usize) {
        self.inner.given.fetch_sub(bytes, Ordering::Relaxed);
        self.inner.taken.notify_waiters();
    }

    /// Waits until it has taken so much of its answers that it may have another one.
    pub(super) async fn takes_more(&self) {
        loop {
            let taken = self.inner.taken.notified();
            tokio::pin!(taken);
            taken.as_mut().enable();
            if self.inner.given.load(Ordering::Relaxed) < OWED_BYTES {
                return;
            }
            taken.await;
        }
    }

    /// Notes that it took bytes of what we sent. When it is owed no answer, these bytes belong to the protocol (pings,
    /// settings), and do not count.
    pub fn took(&self, bytes: usize) {
        if !self.is_owed() {
            return;
        }
        let mut of = self.use_of();
        of.taken += bytes;
        if of.taken >= TAKEN_BYTES {
            *of = Use { at: Instant::now(), taken: 0 };
        }
    }

    /// Ends it, or notes that it has ended.
    pub fn cut(&self) {
        self.inner.cut.cancel();
    }

    /// Whether it has ended, or is about to.
    pub(super) fn is_cut(&self) -> bool {
        self.inner.cut.is_cancelled()
    }

    /// Since when it is of no use; `None` while its request is being worked on.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let is_idle = self.inner.in_work.load(Ordering::Relaxed) == 0;
        is_idle.then(|| self.use_of().at)
    }

    /// Whether it has been given an answer that it has not taken.
    pub(super) fn is_owed(&self) -> bool {
        self.inner.given.load(Ordering::Relaxed) > 0
    }

    /// Waits until it is no longer worth its place.
    pub async fn no_longer_of_use(&self) {
        loop {
            let until = self.use_of().at + if self.is_owed() { PATIENCE_OWED } else { PATIENCE };
            let now = Instant::now();
            if now >= until && self.inner.in_work.load(Ordering::Relaxed) == 0 {
                return;
            }
            tokio::select! {
                () = sleep_until(until.min(now + PATIENCE).max(now + LOOK)) => {}
                () = self.inner.cut.cancelled() => return,
            }
        }
    }

    pub(super) fn work(&self) -> Work {
        self.inner.in_work.fetch_add(1, Ordering::Relaxed);
        Work(self.clone())
    }

    pub(super) fn was_of_use(&self) {
        *self.use_of() = Use { at: Instant::now(), taken: 0 };
    }

    fn use_of(&self) -> MutexGuard<'_, Use> {
        self.inner.use_of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_keeps_its_place_while_it_is_of_use() {
        let client = Client::new([192, 0, 2, 1].into());
        let begun = Instant::now();
        let ending = client.no_longer_of_use();
        let using = async {
            // A request that takes a while, then an answer that is taken slowly, then pings alone.
            let work = client.work();
            tokio::time::sleep(PATIENCE * 2).await;
            drop(work);
            client.is_given(1);
            for _ in 0..4 {
                tokio::time::sleep(PATIENCE / 2).await;
                client.took(TAKEN_BYTES);
            }
            client.has_taken(1);
            for _ in 0..200 {
                tokio::time::sleep(PATIENCE / 200).await;
                client.took(TAKEN_BYTES);
            }
        };
        tokio::join!(ending, using);
        let lasted = begun.elapsed();
        assert!(lasted >= PATIENCE * 5 && lasted < PATIENCE * 5 + LOOK * 2, "{lasted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_ends_in_ten_seconds_and_a_cut_one_at_once() {
        let begun = Instant::now();
        Client::default().no_longer_of_use().await;
        assert_eq!(begun.elapsed().as_secs(), 10);
        let client = Client::default();
        let _work = client.work();
        client.cut();
        client.no_longer_of_use().await;
        assert_eq!(begun.elapsed().as_secs(), 10);
    }

    #[test]
    fn one_network_is_one_client() {
        let address = |text: &str| Client::new(text.parse().unwrap()).address();
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::7"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("::ffff:192.0.2.7"), address("192.0.2.7"));
    }
}
