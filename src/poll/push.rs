//! What hubs push goes the way of what polls bring, without the request: the same reading, the same look for what is new, the
//! same report.
//!
//! A pushed document may hold only what is new, so it says nothing of what the feed no longer holds, and it changes no
//! validator. While pushes arrive the feed is polled rarely; a poll that finds what was not pushed ends that.

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

/// Pushes that wait for a poll of their feed to end, of all feeds and of each; what is too much comes with the next poll.
const WAITING: usize = 16;
const WAITING_EACH: usize = 4;

impl Poller {
    /// Takes in what a hub has pushed, as soon as no poll of the feed is under way.
    /// `share` is what it has of the budget, until it is filed.
    pub fn take_push(&mut self, push: Push, share: Share) {
        if self.in_flight.insert(push.feed) {
            self.running.spawn(pushed(Arc::clone(&self.shared), push, share));
        } else if self.waiting.len() < WAITING
            && self.waiting.iter().filter(|(other, _)| other.feed == push.feed).count() < WAITING_EACH
        {
            self.waiting.push((push, share));
        }
    }

    /// Goes on with what was pushed while the feed was polled.
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
            debug!(feed.id = feed.0, entries.new = entries, "pushed");
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

/// What a push brings; `None` for a feed that is polled no longer.
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
        // A hub pushes once; the rest comes with a poll.
        next.next_poll_at = next.next_poll_at.min(admission::next_day(now));
    }
    Ok(Some(PollReport { state: next, ..report }))
}
