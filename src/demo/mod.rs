//! The demonstration: a loopback origin, a made-up newsroom on it, and a press of synthetic feeds for the tests.
//!
//! It may name any module; of the others only `cli` and the tests may name it.

pub mod dialect;
mod drawing;
pub mod newsroom;
pub mod origin;
mod pictures;
mod sites;
pub mod synthetic;
mod words;

pub use dialect::{Dialect, Head, Line};
pub use newsroom::Newsroom;
pub use origin::{Origin, Page, Seen};
pub use synthetic::{Press, Served};

use crate::clock::Clock;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the clock is read. The newsroom's entries come ten seconds apart, so a delay of a second is not noticed.
const TICK: Duration = Duration::from_secs(1);

/// Brings the further entries of a published newsroom when they are due. Ends when all have come, or at `stop`.
pub async fn run(mut newsroom: Newsroom, clock: Clock, stop: CancellationToken) {
    loop {
        newsroom.step(clock.now());
        if newsroom.next_at().is_none() || stop.run_until_cancelled(tokio::time::sleep(TICK)).await.is_none()
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[tokio::test]
    async fn the_newsroom_ends_when_all_has_come_or_it_is_told_to() {
        let clock = Clock::manual("2026-11-24T18:00:00Z".parse().unwrap());
        let stop = CancellationToken::new();
        let newsroom = Newsroom::new(clock.now());
        let (origin, _serving) = Origin::start().await.unwrap();
        let mut published = newsroom.clone();
        published.publish(&origin);
        let before = origin.body("/radio-brine/live.rss");

        stop.cancel();
        run(published.clone(), clock.clone(), stop).await;
        assert_eq!(origin.body("/radio-brine/live.rss"), before);

        clock.advance(SignedDuration::from_hours(1));
        run(published, clock, CancellationToken::new()).await;
        assert_ne!(origin.body("/radio-brine/live.rss"), before);
    }
}
