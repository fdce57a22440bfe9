//! A queue of requests: first come, first served, with a bound on how many are worked on at once, and on how many one address may
//! have in it.
//!
//! `owed` counts answers that are complete. An answer takes memory while it is made, too, and this bounds that. Must not know what
//! is asked for.

use super::client::Client;
use super::visit;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::middleware::Next;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Requests that are worked on at once. Each may hold an output of some megabytes; the database has four readers.
const AT_ONCE: usize = 12;

/// Requests of one address that are worked on or wait for it. A proxy before us is one address.
const OF_ONE_ADDRESS: usize = 128;

/// How long a request waits before it is answered with 503.
const PATIENCE: Duration = Duration::from_secs(10);

/// The queue. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    places: Arc<Semaphore>,
    of: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), of: Arc::default() }
    }
}

/// A request in the queue.
struct Queued {
    queue: Queue,
    address: IpAddr,
}

impl Drop for Queued {
    fn drop(&mut self) {
        let mut of = self.queue.lock();
        if let Some(count) = of.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                of.remove(&self.address);
            }
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request of this address joins the queue, unless it has too many there.
    fn join(&self, address: IpAddr) -> Option<Queued> {
        let mut of = self.lock();
        let count = of.entry(address).or_default();
        if *count >= OF_ONE_ADDRESS {
            return None;
        }
        *count += 1;
        Some(Queued { queue: self.clone(), address })
    }
}

/// Has a request wait its turn.
pub(super) async fn wait(State(queue): State<Queue>, request: Request, next: Next) -> Response<Body> {
    let address = request.extensions().get::<Client>().cloned().unwrap_or_default().address();
    let Some(_queued) = queue.join(address) else { return visit::busy() };
    let Ok(Ok(_place)) = tokio::time::timeout(PATIENCE, queue.places.acquire()).await else {
        return visit::busy();
    };
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_fill_the_queue() {
        let queue = Queue::default();
        let (greedy, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut queued: Vec<_> =
            std::iter::repeat_with(|| queue.join(greedy)).map_while(|queued| queued).collect();
        assert_eq!(queued.len(), OF_ONE_ADDRESS);
        assert!(queue.join(other).is_some());
        queued.pop();
        assert!(queue.join(greedy).is_some());
        drop(queued);
        assert!(queue.lock().is_empty());
    }
}
