//! The one place that reads the wall clock. Everything else is told what time it is. How long something takes is measured
//! elsewhere, with a monotonic clock.

use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where the time comes from. Whole seconds: nothing we decide is finer, and the store keeps seconds.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until [`Self::advance`]; for tests.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start`.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.as_second())))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match self {
            #[allow(clippy::disallowed_methods, reason = "this is the clock")]
            Self::System => whole_second(Timestamp::now().as_second()),
            Self::Manual(second) => whole_second(second.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock on; the machine's clock takes no orders.
    pub fn advance(&self, by: SignedDuration) {
        if let Self::Manual(second) = self {
            second.fetch_add(by.as_secs(), Ordering::SeqCst);
        }
    }
}

fn whole_second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}
