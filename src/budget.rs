//! A budget for the bytes of documents that are in memory at once, from the first byte until they are filed. Polls share
//! one, and pushes another.
//!
//! It counts; it must not know what the bytes are. The size of a document is not known before it has arrived. Documents
//! that each hold a part, and wait for more, could wait for each other for ever. So when nothing is left, one of them may
//! go on over the budget. It ends, because the size of each is bounded, and gives back all it has.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Size of the budget, in bytes.
const BYTES: usize = 24 * 1024 * 1024;

/// Granularity of the budget, in bytes. Every document takes at least one unit.
const UNIT_BYTES: usize = 16 * 1024;

/// A budget. Clones share it.
#[derive(Debug, Clone)]
pub struct Budget {
    units: Arc<Semaphore>,
    /// The right of one document to go on when nothing is left.
    overdraft: Arc<Semaphore>,
}

/// The part of the budget that one document holds; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    units: Option<OwnedSemaphorePermit>,
    overdraft: Option<OwnedSemaphorePermit>,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(BYTES)
    }
}

impl Budget {
    /// A budget of so many bytes; one document may go over it.
    pub fn of(bytes: usize) -> Self {
        Self { units: Arc::new(Semaphore::new(bytes / UNIT_BYTES)), overdraft: Arc::new(Semaphore::new(1)) }
    }

    /// The share of a document of which nothing is here yet.
    pub fn share(&self) -> Share {
        Share { budget: self.clone(), units: None, overdraft: None }
    }
}

impl Share {
    /// Waits until the document may have `bytes` in all; first come, first served.
    pub async fn grow_to(&mut self, bytes: usize) {
        let missing = bytes.div_ceil(UNIT_BYTES).saturating_sub(self.held());
        if missing == 0 || self.overdraft.is_some() {
            return;
        }
        // The semaphores are never closed, so there is always something to wait for.
        tokio::select! {
            biased;
            Ok(more) = Arc::clone(&self.budget.units).acquire_many_owned(missing as u32) => self.add(more),
            Ok(overdraft) = Arc::clone(&self.budget.overdraft).acquire_owned() => self.overdraft = Some(overdraft),
            else => {}
        }
    }

    /// Lets the document have `bytes` in all, if it can without waiting. Says whether it could.
    pub fn try_grow_to(&mut self, bytes: usize) -> bool {
        let missing = bytes.div_ceil(UNIT_BYTES).saturating_sub(self.held());
        if missing == 0 || self.overdraft.is_some() {
            return true;
        }
        match Arc::clone(&self.budget.units).try_acquire_many_owned(missing as u32) {
            Ok(more) => self.add(more),
            Err(_) => return false,
        }
        true
    }

    fn add(&mut self, more: OwnedSemaphorePermit) {
        match &mut self.units {
            Some(units) => units.merge(more),
            None => self.units = Some(more),
        }
    }

    /// Gives back the units beyond `bytes`. The right to go over the budget is kept until the share is dropped.
    pub fn shrink_to(&mut self, bytes: usize) {
        let beyond = self.held().saturating_sub(bytes.div_ceil(UNIT_BYTES));
        drop(self.units.as_mut().and_then(|units| units.split(beyond)));
    }

    fn held(&self) -> usize {
        self.units.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn a_share_grows_with_its_document_and_is_given_back() {
        let budget = Budget::of(4 * UNIT_BYTES);
        let mut share = budget.share();
        share.grow_to(1).await;
        assert_eq!(budget.units.available_permits(), 3);
        share.grow_to(UNIT_BYTES).await;
        assert_eq!(budget.units.available_permits(), 3);
        share.grow_to(UNIT_BYTES + 1).await;
        assert_eq!(budget.units.available_permits(), 2);
        let mut other = budget.share();
        assert!(!other.try_grow_to(3 * UNIT_BYTES));
        assert!(other.try_grow_to(2 * UNIT_BYTES));
        other.shrink_to(1);
        assert_eq!(budget.units.available_permits(), 1);
        drop((share, other));
        assert_eq!(budget.units.available_permits(), 4);
    }

    #[tokio::test]
    async fn when_nothing_is_left_one_goes_on_and_the_others_wait_for_it() {
        let budget = Budget::of(2 * UNIT_BYTES);
        let (mut one, mut two) = (budget.share(), budget.share());
        one.grow_to(UNIT_BYTES).await;
        two.grow_to(UNIT_BYTES).await;
        // Each holds a part and wants more: without the overdraft neither would ever end.
        one.grow_to(100 * UNIT_BYTES).await;
        assert!(one.try_grow_to(200 * UNIT_BYTES) && !two.try_grow_to(2 * UNIT_BYTES));
        assert!(two.grow_to(2 * UNIT_BYTES).now_or_never().is_none());
        assert!(budget.share().grow_to(1).now_or_never().is_none());
        drop(one);
        two.grow_to(2 * UNIT_BYTES).await;
        assert_eq!(budget.units.available_permits(), 0);
    }

    #[tokio::test]
    async fn many_documents_larger_than_the_budget_all_end() {
        let budget = Budget::of(4 * UNIT_BYTES);
        let documents = (0..50).map(|_| {
            let mut share = budget.share();
            async move {
                for unit in 1..=10 {
                    share.grow_to(unit * UNIT_BYTES).await;
                    tokio::task::yield_now().await;
                }
            }
        });
        futures_util::future::join_all(documents).await;
        assert_eq!(budget.units.available_permits(), 4);
        assert_eq!(budget.overdraft.available_permits(), 1);
    }
}
