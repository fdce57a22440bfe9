//! How many large bodies may be in memory at once, over all polls, from the first byte to the filing.
//!
//! Nearly all feeds are small, and the number of polls under way bounds those. The few large ones share a small number of
//! places. A poll needs one place and holds nothing else while it waits, so waiting always ends.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A body up to this size needs no place.
pub(super) const SMALL_BYTES: usize = 512 * 1024;

/// How many larger ones there may be: together they hold four times the limit for one body.
pub(super) const LARGE_BODIES: usize = 4;

/// The places for large bodies. Cheap to clone; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Semaphore>);

/// The place of one large body; free again when it is dropped.
#[derive(Debug)]
pub struct BudgetShare {
    /// `None` only if there were no places to wait for, which does not happen.
    _place: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(LARGE_BODIES)))
    }

    /// Waits for a place; first come, first served.
    pub(super) async fn share(&self) -> BudgetShare {
        // The semaphore is never closed, so there is always a place to wait for.
        BudgetShare { _place: Arc::clone(&self.0).acquire_owned().await.ok() }
    }
}
