//! Processes the answer to a poll: the new state of the feed, and the entries that are to be filed with it.
//!
//! It knows the answer and what the store remembers of the feed; it must not know how the answer was fetched.

use super::Shared;
use super::changes::{DocumentChanges, ResponseError};
use crate::admission::{self, Waiting};
use crate::fetch::Fetched;
use crate::model::{Document, FailureKind, FeedState, PollFailure, PollReport, shown_url};
use crate::read::{self, Hint};
use crate::schedule::{self, History, Success, moves};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tracing::info;
use xxhash_rust::xxh3::xxh3_128;

/// How long `status` shows a note on a single event: long enough for an operator who looks once a week.
const NOTE_STANDS: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Longer addresses of hubs and WebSub topics are ignored; in bytes.
const ADDRESS_BYTES: usize = 2_048;

/// What was learned from the body of an answer.
struct BodyOutcome {
    /// Whether the document has entries that the feed has brought before; also true of the first document.
    overlaps: bool,
    /// Whether it has new entries, including those that exceed the quota.
    has_new: bool,
    /// Whether all of its entries are new. Then others may have come and gone between the polls.
    outran: bool,
    /// What exceeds the feed's quota.
    waiting: Waiting,
    /// Typical time between two of its entries.
    gap: Option<Duration>,
    /// Why the document is not complete, if it is not.
    cut: Option<PollFailure>,
}

/// Makes the report of an answer: the feed's new state, and the entries that are new or changed.
pub(super) async fn process_response(
    shared: &Shared,
    state: &FeedState,
    asked: &str,
    mut fetched: Fetched,
) -> Result<PollReport, ResponseError> {
    let now = shared.clock.now();
    let mut next = state.clone();
    let mut report = PollReport::of_state(state.clone(), now);
    forget_note(&mut next, now);
    next.habits.fresh_until = fetched.fresh_for.and_then(|fresh| now.checked_add(fresh).ok());
    let body = process_body(shared, state, &mut fetched, &mut next, &mut report).await?;
    let success = Success {
        fresh_for: fetched.fresh_for,
        gap: body.gap,
        outran: body.outran,
        changed: !report.entries.is_empty(),
        hints: (&next.habits.hints).into(),
    };
    if success.changed {
        next.changed_at = Some(now);
    }
    if state.failures > 0 {
        info!(feed.url = %shown_url(&state.url), "a feed works again");
    }
    plan_next_poll(shared, state, &mut next, &success, &body, now);
    if body.waiting == Waiting::default() {
        next.validators = fetched.validators;
    }
    if body.cut.is_some() {
        // Without validators, the next poll gets the whole document again.
        (next.validators.etag, next.validators.last_modified) = (None, None);
    } else {
        // Not for a truncated document, because its beginning does not show whether it has entries of the old one.
        next.moved = moves::after_poll(state, asked, fetched.permanent.as_deref(), body.overlaps, now);
    }
    (next.polled_at, next.read_at) = (Some(now), Some(now));
    (next.failures, next.failure) = (0, None);
    next.habits.held_by = None;
    next.habits.history.note_poll(now, report.entries.len());
    let backlog = admission::is_backlog(state, now);
    Ok(PollReport { backlog, partial: body.cut.is_some(), state: next, ..report })
}

/// Reads the body of an answer, unless it has none (304) or the same one as the last answer.
async fn process_body(
    shared: &Shared,
    state: &FeedState,
    fetched: &mut Fetched,
    next: &mut FeedState,
    report: &mut PollReport,
) -> Result<BodyOutcome, ResponseError> {
    let now = report.at;
    let cut = fetched.cut.take();
    let mut outcome = BodyOutcome {
        overlaps: true,
        has_new: false,
        outran: false,
        waiting: Waiting::default(),
        gap: None,
        cut,
    };
    let Some(body) = fetched.body.take() else { return Ok(outcome) };
    let hash = xxh3_128(&body);
    if outcome.cut.is_some() || next.body_hash != Some(hash) {
        let document = read_document(shared, state, body, fetched, &mut outcome.cut, next).await?;
        outcome.gap =
            schedule::typical_gap(document.entries.iter().filter_map(|e| e.published.or(e.updated)), now);
        next.habits.gap_s = outcome.gap.map(|gap| gap.as_secs());
        let left_out = document.left_out;
        describe(next, &document);
        find_hub(next, &document, fetched);
        let found = shared.finder.find(state, document, &shared.quota(state), now).await?;
        outcome.overlaps = found.met_before || state.read_at.is_none();
        outcome.outran = !outcome.overlaps && outcome.cut.is_none();
        outcome.has_new = found.new > 0;
        outcome.waiting = found.changes.waiting;
        next.habits.newest_last = found.newest_last.unwrap_or(state.habits.newest_last);
        next.habits.left_out = left_out;
        take_over(report, next, found, now);
    }
    match &outcome.cut {
        // What exceeds the quota must be brought again, so the document must not count as read.
        None if outcome.waiting != Waiting::default() => {}
        None => (next.body_hash, next.habits.whole_at) = (Some(hash), Some(now)),
        Some(why) => forget_what_is_missing(next, state, why),
    }
    Ok(outcome)
}

/// Reads a body. Sets `cut` if it ends in the middle of an entry although it was transferred completely.
async fn read_document(
    shared: &Shared,
    state: &FeedState,
    body: Vec<u8>,
    fetched: &Fetched,
    cut: &mut Option<PollFailure>,
    next: &mut FeedState,
) -> Result<Document, ResponseError> {
    let newest_last = state.habits.newest_last;
    let body = Arc::new(body);
    let document = read(shared, &body, fetched, cut.as_ref(), newest_last).await?;
    if cut.is_some() {
        return Ok(document);
    }
    next.habits.ends_in_entry = document.ends_in_entry;
    // A server may break off and still declare what it sent to be complete. A document that is really written in this
    // way ends in an entry at the next poll, too.
    if !document.ends_in_entry || state.habits.ends_in_entry {
        return Ok(document);
    }
    *cut = Some(ends_in_entry(fetched));
    let beginning = read(shared, &body, fetched, cut.as_ref(), newest_last).await;
    beginning.map_err(|_| ResponseError::EndsInEntry(ends_in_entry(fetched)))
}

/// Sets when the feed is polled next, and whether pushes are relied on until then.
fn plan_next_poll(
    shared: &Shared,
    state: &FeedState,
    next: &mut FeedState,
    success: &Success,
    body: &BodyOutcome,
    now: Timestamp,
) {
    let (history, timing) = (History::of(state), shared.timing());
    let plan = timing.plan(state, now);
    next.next_poll_at = schedule::after_success(&plan, &history, success);
    // Pushes are relied on until a poll finds something that was not pushed.
    next.habits.pushed_until = schedule::pushed_until(state, now).filter(|_| !body.has_new);
    if next.habits.pushed_until.is_some() {
        next.next_poll_at = schedule::while_pushed(&plan, &history);
    }
    if body.waiting.new > 0 {
        // The quota is spent: no new entry of the feed can be filed before the next day.
        next.next_poll_at = next.next_poll_at.max(admission::next_day(now));
    }
}

/// Reads a body. A truncated body must have at least one whole entry; otherwise the poll has failed, with the reason in
/// `cut`.
async fn read(
    shared: &Shared,
    body: &Arc<Vec<u8>>,
    fetched: &Fetched,
    cut: Option<&PollFailure>,
    newest_last: bool,
) -> Result<Document, ResponseError> {
    let (base_url, content_type) = (fetched.final_url.clone(), fetched.content_type.clone());
    let (is_cut, max_bytes) = (cut.is_some(), Some(body.len()));
    let body = Arc::clone(body);
    let work = move || {
        let content_type = content_type.as_deref();
        let hint = Hint { content_type, base_url: Some(&base_url), is_cut, max_bytes, newest_last };
        read::read(&body, &hint)
    };
    let document = shared.finder.off_thread(work).await?;
    match (document, cut) {
        (Ok(document), Some(why)) if document.entries.is_empty() => Err(ResponseError::Cut(why.clone())),
        (Err(_), Some(why)) => Err(ResponseError::Cut(why.clone())),
        (document, _) => document.map_err(|error| ResponseError::NotAFeed(error.to_string())),
    }
}

/// The failure for a document that ends in the middle of an entry although it was transferred completely.
fn ends_in_entry(fetched: &Fetched) -> PollFailure {
    let detail = format!("{} ends in the middle of an entry", shown_url(&fetched.final_url));
    PollFailure::new(FailureKind::Body, &detail)
}

/// Keeps for a truncated document what its missing part may hold: the next poll must read it again, and hints and hub
/// stay as they were. Leaves a note for the operator.
fn forget_what_is_missing(next: &mut FeedState, before: &FeedState, why: &PollFailure) {
    next.body_hash = None;
    let (old, new) = (&before.habits, &mut next.habits);
    (new.hints, new.hub, new.topic) = (old.hints.clone(), old.hub.clone(), old.topic.clone());
    if new.note_until.is_none() {
        next.note = Some(format!(
            "the last document was not whole, and its whole entries were filed: {}",
            why.detail
        ));
    }
}

/// Takes over what the document says of its feed: title, site, hints, warnings.
fn describe(state: &mut FeedState, document: &Document) {
    state.title = document.title.clone().or(state.title.take());
    state.site_url = document.url.clone().or(state.site_url.take());
    state.habits.hints = document.hints.clone();
    if state.habits.note_until.is_none() {
        let warnings: Vec<String> = document.warnings.iter().take(3).map(ToString::to_string).collect();
        state.note = (!warnings.is_empty()).then(|| warnings.join("; "));
    }
}

/// WebSub discovery (W3C WebSub §4): which hub pushes the feed, and under which topic URL. Link headers take precedence
/// over the document.
fn find_hub(state: &mut FeedState, document: &Document, fetched: &Fetched) {
    let usable = |url: &&str| {
        (url.starts_with("https://") || url.starts_with("http://")) && url.len() <= ADDRESS_BYTES
    };
    let from_document = |rel| document.links_to(rel).find(usable);
    let hub = fetched.hub.as_deref().filter(usable).or_else(|| from_document("hub"));
    let own = fetched.own_url.as_deref().filter(usable).or_else(|| from_document("self"));
    state.habits.topic = hub.map(|_| own.unwrap_or(&fetched.final_url).to_owned());
    state.habits.hub = hub.map(str::to_owned);
}

/// Removes a note on a single event when its time is over.
fn forget_note(state: &mut FeedState, now: Timestamp) {
    // A note that would stay longer than `NOTE_STANDS` was written when the clock was ahead.
    if state.habits.note_until.is_some_and(|until| until <= now || until.duration_since(now) > NOTE_STANDS) {
        (state.note, state.habits.note_until) = (None, None);
    }
}

/// Puts the changes of a document into the report, and what it shows of the feed into the state.
pub(super) fn take_over(
    report: &mut PollReport,
    state: &mut FeedState,
    found: DocumentChanges,
    now: Timestamp,
) {
    let DocumentChanges { changes, keys, shared, newly_shared, spent, .. } = found;
    (state.habits.shared, state.habits.spent) = (shared, spent);
    if changes.migrated {
        state.habits.migrated_at = Some(now);
    }
    if let Some(remark) = changes.remark {
        info!(feed.url = %shown_url(&state.url), "a feed {remark}");
        (state.note, state.habits.note_until) = (Some(remark), now.checked_add(NOTE_STANDS).ok());
    }
    (report.entries, report.unpublished) = (changes.entries, changes.unpublished);
    (report.adopted, report.served) = (changes.adopted, Some(keys));
    report.newly_shared = newly_shared;
}
