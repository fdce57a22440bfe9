//! WebSub content distribution: what hubs push is processed like the answer to a poll. It is read in the same way,
//! searched for new entries in the same way, and reported in the same way.
//!
//! A pushed document may hold only what is new. So it does not show which entries have left the feed, and it changes no
//! validator. While pushes arrive, the feed is polled rarely; a poll that finds an entry that was not pushed ends that.
//!
//! It must not know how hubs are subscribed to, nor whether a push is genuine.

use super::answer::take_over;
use super::changes::ResponseError;
use super::{Finished, Poller, Shared};
use crate::admission::{self, Waiting};
use crate::budget::Share;
use crate::model::{FeedNo, PollFailure, PollReport, Push};
use crate::read::{self, Hint};
use crate::schedule::{self, History};
use std::sync::Arc;
use tracing::{debug, warn};

/// Maximum number of pushes that wait for a poll of their feed to end, over all feeds. Further ones are dropped; their
/// entries come with the next poll.
const WAITING: usize = 16;
/// The same for each feed.
const WAITING_EACH: usize = 4;

impl Poller {
    /// Processes a push, as soon as no poll of the feed is under way. It is dropped if too many wait. `share` is its
    /// share of the budget, which is held until it is filed.
    pub fn take_push(&mut self, push: Push, share: Share) {
        if self.in_flight.insert(push.feed) {
            let otherwise = Finished::Pushed { feed: push.feed, filed: false, entries: 0 };
            self.run(pushed(Arc::clone(&self.shared), push, share), otherwise);
        } else if self.waiting.len() < WAITING
            && self.waiting.iter().filter(|(other, _)| other.feed == push.feed).count() < WAITING_EACH
        {
            self.waiting.push((push, share));
        }
    }

    /// Processes the next push of a feed that has waited for its poll to end.
    pub(super) fn take_waiting(&mut self, feed: FeedNo) {
        if let Some(idx) = self.waiting.iter().position(|(push, _)| push.feed == feed) {
            let (push, share) = self.waiting.remove(idx);
            self.take_push(push, share);
        }
    }
}

async fn pushed(shared: Arc<Shared>, push: Push, share: Share) -> Finished {
    let feed = push.feed;
    let _permit = shared.permits.acquire().await;
    let (filed, entries) = match process_push(&shared, push).await {
        Ok(Some(report)) => {
            let entries = report.entries.len();
            debug!(feed.id = feed.0, entries.filed = entries, "pushed");
            (shared.ingest.send(report).await.filed().await, entries)
        }
        Ok(None) => (true, 0),
        Err(
            ResponseError::NotAFeed(detail)
            | ResponseError::Cut(PollFailure { detail, .. })
            | ResponseError::EndsInEntry(PollFailure { detail, .. }),
        ) => {
            debug!(feed.id = feed.0, "a hub pushed something else: {detail}");
            (true, 0)
        }
        Err(ResponseError::Store(error)) => {
            warn!(error.kind = error.kind(), "what a hub pushed is left to the next poll: {error}");
            (true, 0)
        }
    };
    drop(share);
    Finished::Pushed { feed, filed, entries }
}

/// The report of a push; `None` for a feed that is no longer configured or was never read.
async fn process_push(shared: &Shared, push: Push) -> Result<Option<PollReport>, ResponseError> {
    let Push { feed, topic, lease_until, content_type, body } = push;
    let now = shared.clock.now();
    let known = shared.store.read(move |reader| reader.feed_state(feed)).await;
    let Some(state) = known.map_err(ResponseError::Store)?.filter(|state| state.read_at.is_some()) else {
        return Ok(None);
    };
    let hint_type = content_type;
    let newest_last = state.habits.newest_last;
    let document = shared
        .finder
        .off_thread(move || {
            let content_type = hint_type.as_deref();
            read::read(&body, &Hint { content_type, base_url: Some(&topic), newest_last, ..Hint::default() })
        })
        .await?
        .map_err(|error| ResponseError::NotAFeed(error.to_string()))?;
    let found = shared.finder.find(&state, document, &shared.quota(&state), now).await?;
    let is_over_quota = found.changes.waiting != Waiting::default();
    let mut next = state.clone();
    let mut report = PollReport::of_state(state.clone(), now);
    take_over(&mut report, &mut next, found, now);
    report.partial = true;
    if !report.entries.is_empty() {
        next.changed_at = Some(now);
        next.habits.history.note_push(now, report.entries.len());
    }
    next.habits.pushed_until = Some(lease_until);
    if next.failures == 0 {
        next.next_poll_at = schedule::while_pushed(&shared.timing().plan(&state, now), &History::of(&state));
    }
    if is_over_quota {
        // A hub pushes once, so what exceeds the quota has to be polled when the next day begins.
        next.next_poll_at = next.next_poll_at.min(admission::next_day(now));
    }
    Ok(Some(PollReport { state: next, ..report }))
}
