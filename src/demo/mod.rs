//! The demonstration: a loopback origin, a made-up newsroom on it, and a press of synthetic feeds for the tests.
//!
//! It may know anything of the crate, but nothing of the crate knows it except `cli`.

pub mod dialect;
pub mod newsroom;
pub mod origin;
mod pictures;

pub use dialect::{Dialect, Head, Line};
pub use newsroom::Newsroom;
pub use origin::{Origin, Page, Seen};

use crate::clock::Clock;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the newsroom's clock is read. Its entries come ten seconds apart; a second's delay is not seen.
const TICK: Duration = Duration::from_secs(1);

/// Lets the newsroom, once published, bring its further entries as their time comes. Ends when all have come or at
/// `stop`.
pub async fn run(mut newsroom: Newsroom, clock: Clock, stop: CancellationToken) {
    while newsroom.next_at().is_some() {
        newsroom.step(clock.now());
        if stop.run_until_cancelled(tokio::time::sleep(TICK)).await.is_none() {
            return;
        }
    }
}
