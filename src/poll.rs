//! The polling loop: takes the feeds that are due, fetches and reads them side by side, and hands in what is new.
//!
//! It knows `fetch`, `read`, `schedule`, and what the store remembers of feeds; it must not know how entries are judged,
//! and it writes nothing itself: a feed's state and validators are filed with its entries. A failing feed is data, not
//! an error. What arrives unchanged costs nothing: the body's hash is compared first, then each entry's; only what is
//! new or changed is sanitised.

use crate::clock::Clock;
use crate::fetch::{FetchError, FetchFailure, FetchRequest, Fetched, Fetcher, Hosts};
use crate::ingest::Intake;
use crate::model::{
    Document, Entry, EntryRef, FailureKind, FeedNo, FeedSettings, FeedState, PollFailure, PollReport,
    PollSettings, shown_url,
};
use crate::read::{self, Hint};
use crate::schedule::{self, History, Outcome, Plan, Success, moves};
use crate::store::{Store, StoreError};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tracing::{debug, info, warn};
use xxhash_rust::xxh3::xxh3_128;

/// Feeds that are started at once at the most; more wait in the store.
const STARTED_AT_ONCE: usize = 10_000;

/// How long nothing is polled after the store could not take what polls brought: asking publishers again and again for
/// what cannot be kept helps nobody.
const STORE_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// What one poll came to, for the log and for `run --once`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Polls done.
    pub polls: usize,
    /// Of these, answered with the feed or "not modified".
    pub good: usize,
    /// Entries new or changed that were handed in.
    pub entries: usize,
    /// Reports that could not be filed.
    pub lost: usize,
    /// Everything failed at once: it is us who are offline.
    pub offline: bool,
}

impl Round {
    /// One line in the log; one more when we seem to be offline.
    pub fn log(&self) {
        info!(polls = self.polls, polls.good = self.good, entries.new = self.entries, "polled");
        if self.offline {
            warn!(
                "offline: not one of the feeds' hosts can be reached; no feed is blamed, and polling goes on in a few minutes"
            );
        }
    }
}

/// What polls share.
#[derive(Debug)]
struct Shared {
    store: Store,
    intake: Intake,
    fetcher: Fetcher,
    hosts: Hosts,
    /// Places for polls under way.
    places: Semaphore,
    /// One permit a core, for reading and sanitising: more at once would only hold more memory.
    cores: Semaphore,
    clock: Clock,
    settings: PollSettings,
    /// Settings of each feed by its address.
    feeds: HashMap<String, FeedSettings>,
}

/// The polling loop's state.
pub struct Poller {
    shared: Arc<Shared>,
    running: FuturesUnordered<BoxFuture<'static, Finished>>,
    in_flight: HashSet<FeedNo>,
    /// Polls that still talk to a publisher.
    fetching: usize,
    /// Polls that reached nobody, until it is known whether that is their fault or ours.
    unreachable: Vec<Failed>,
    round: Round,
    paused_until: Option<Timestamp>,
}

/// How a future of ours ended.
enum Finished {
    /// The feed answered, and its report was handed in.
    Answered { feed: FeedNo, filed: bool, good: bool, entries: usize },
    /// The feed's host asked to be left alone before anything was sent; it is polled later.
    Held(Box<FeedState>, Duration),
    /// The poll failed.
    Failed(Failed),
    /// The report of a failure was handed in.
    Noted { feed: FeedNo, filed: bool },
}

struct Failed {
    state: Box<FeedState>,
    failure: PollFailure,
    retry_after: Option<Duration>,
}

impl Poller {
    /// A poller of these feeds.
    pub fn new(
        store: Store,
        intake: Intake,
        fetcher: Fetcher,
        clock: Clock,
        settings: PollSettings,
        feeds: &[FeedSettings],
    ) -> Self {
        let shared = Shared {
            store,
            intake,
            fetcher,
            hosts: Hosts::new(settings.host_pause),
            places: Semaphore::new(settings.concurrency),
            cores: Semaphore::new(cores()),
            clock,
            settings,
            feeds: by_address(feeds),
        };
        Self {
            shared: Arc::new(shared),
            running: FuturesUnordered::new(),
            in_flight: HashSet::new(),
            fetching: 0,
            unreachable: Vec::new(),
            round: Round::default(),
            paused_until: None,
        }
    }

    /// Puts other settings in force for polls that begin from now on.
    pub fn configure(&mut self, settings: &PollSettings, feeds: &[FeedSettings]) -> Result<(), FetchError> {
        let old = &self.shared;
        let shared = Shared {
            store: old.store.clone(),
            intake: old.intake.clone(),
            fetcher: Fetcher::new(settings)?,
            hosts: Hosts::new(settings.host_pause),
            places: Semaphore::new(settings.concurrency),
            cores: Semaphore::new(cores()),
            clock: old.clock.clone(),
            settings: settings.clone(),
            feeds: by_address(feeds),
        };
        self.shared = Arc::new(shared);
        Ok(())
    }

    /// Starts the polls that are due. Gives how many were started.
    pub async fn start_due(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        if self.paused_until.is_some_and(|until| now < until) {
            return Ok(0);
        }
        let due = self.shared.store.read(move |reader| reader.due_feeds(now, STARTED_AT_ONCE)).await?;
        Ok(self.start(due))
    }

    /// Starts a poll of every feed, whatever its interval or backoff says.
    pub async fn start_all(&mut self) -> Result<usize, StoreError> {
        let feeds = self.shared.store.read(|reader| reader.feeds()).await?;
        Ok(self.start(feeds.into_iter().map(|feed| feed.state).collect()))
    }

    fn start(&mut self, feeds: Vec<FeedState>) -> usize {
        let mut started = 0;
        for state in feeds {
            if self.in_flight.insert(state.no) {
                self.fetching += 1;
                started += 1;
                self.running.push(Box::pin(poll(Arc::clone(&self.shared), Box::new(state))));
            }
        }
        started
    }

    /// Whether polls are under way.
    pub fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    /// When to look for due feeds again: when the next one is due, but not in the next second and within a minute, since
    /// the configuration may change.
    pub async fn next_start(&mut self, now: Timestamp) -> Timestamp {
        let next = self.shared.store.read(|reader| reader.next_due()).await.ok().flatten();
        let soonest = now + SignedDuration::from_secs(1);
        let latest = now + SignedDuration::from_secs(60);
        next.unwrap_or(latest).clamp(soonest, latest).max(self.paused_until.unwrap_or(soonest))
    }

    /// Waits for the next poll to end; at the end of the last one tells what the round came to.
    pub async fn next_end(&mut self) -> Option<Round> {
        let finished = self.running.next().await?;
        match finished {
            Finished::Answered { feed, filed, good, entries } => {
                self.fetching -= 1;
                self.ended(feed, filed);
                self.round.good += usize::from(good);
                self.round.entries += entries;
                // Someone can be reached, so those who could not be are at fault themselves.
                self.note_unreachable(false);
            }
            Finished::Held(state, wait) => {
                self.fetching -= 1;
                self.note_held(*state, wait);
            }
            Finished::Failed(failed) => {
                self.fetching -= 1;
                if is_connectivity(failed.failure.kind) {
                    self.unreachable.push(failed);
                } else {
                    self.note(failed, false);
                    self.note_unreachable(false);
                }
            }
            Finished::Noted { feed, filed } => self.ended(feed, filed),
        }
        if self.fetching == 0 && !self.unreachable.is_empty() {
            let outcomes: Vec<(String, FailureKind)> = self
                .unreachable
                .iter()
                .map(|failed| (host(&failed.state.url), failed.failure.kind))
                .collect();
            let offline = schedule::looks_offline(
                outcomes.iter().map(|(host, kind)| Outcome { host, failure: Some(*kind) }),
            );
            self.round.offline = offline;
            self.note_unreachable(offline);
        }
        self.running.is_empty().then(|| std::mem::take(&mut self.round))
    }

    /// Polls what is started to the end.
    pub async fn finish(&mut self) -> Round {
        let mut whole = Round::default();
        while let Some(ended) = self.next_end_or_nothing().await {
            whole = ended;
        }
        whole
    }

    async fn next_end_or_nothing(&mut self) -> Option<Round> {
        loop {
            if !self.is_busy() {
                return None;
            }
            if let Some(round) = self.next_end().await {
                return Some(round);
            }
        }
    }

    fn ended(&mut self, feed: FeedNo, filed: bool) {
        self.round.polls += 1;
        self.in_flight.remove(&feed);
        if !filed {
            self.round.lost += 1;
            self.paused_until = Some(self.shared.clock.now() + STORE_PAUSE);
        }
    }

    fn note_unreachable(&mut self, offline: bool) {
        for failed in std::mem::take(&mut self.unreachable) {
            self.note(failed, offline);
        }
    }

    /// Has a failure written down. When it is we who are offline, the feed has not failed.
    fn note(&mut self, failed: Failed, offline: bool) {
        let Failed { mut state, failure, retry_after } = failed;
        let now = self.shared.clock.now();
        let kind = if offline { FailureKind::Offline } else { failure.kind };
        let history = History::of(&state);
        state.next_poll_at =
            schedule::after_failure(&self.shared.plan(&state, now), &history, kind, retry_after);
        if !offline {
            if state.failures == 0 {
                warn!(feed.url = %shown_url(&state.url), error.kind = kind.as_str(), "a feed fails: {}", failure.detail);
            }
            state.failures = state.failures.saturating_add(1);
            state.polled_at = Some(now);
            state.failure = Some(failure);
        }
        self.hand_in_state(*state, now);
    }

    fn note_held(&mut self, mut state: FeedState, wait: Duration) {
        let now = self.shared.clock.now();
        state.next_poll_at = now.saturating_add(wait).unwrap_or(now) + SignedDuration::from_secs(1);
        self.hand_in_state(state, now);
    }

    fn hand_in_state(&mut self, state: FeedState, at: Timestamp) {
        let shared = Arc::clone(&self.shared);
        self.running.push(Box::pin(async move {
            let feed = state.no;
            let report = PollReport { state, at, entries: Vec::new(), served: None, backlog: false };
            Finished::Noted { feed, filed: shared.intake.hand_in(report).await.filed().await }
        }));
    }
}

impl Shared {
    fn plan(&self, state: &FeedState, now: Timestamp) -> Plan<'_> {
        let own_interval = self.feeds.get(&state.url).and_then(|feed| feed.interval);
        Plan { settings: &self.settings, own_interval, now }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn by_address(feeds: &[FeedSettings]) -> HashMap<String, FeedSettings> {
    feeds.iter().map(|feed| (feed.url.clone(), feed.clone())).collect()
}

fn is_connectivity(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Offline | FailureKind::Dns | FailureKind::Connect | FailureKind::Timeout)
}

fn host(address: &str) -> String {
    url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// One poll from turn to report.
async fn poll(shared: Arc<Shared>, state: Box<FeedState>) -> Finished {
    let asked = moves::address(&state, shared.clock.now()).to_owned();
    // The turn first: waiting for a busy host must not take a place from the others. Feeds that redirect to one host take
    // turns there.
    let host = if state.validators.url.is_empty() { &asked } else { &state.validators.url };
    let turn = match shared.hosts.turn(host).await {
        Ok(turn) => turn,
        Err(held) => return Finished::Held(state, held.remaining),
    };
    // The place is kept until the report waits for the desk: it bounds what is in memory, not only what is on the wire.
    let Ok(place) = shared.places.acquire().await else {
        return Finished::Held(state, Duration::ZERO);
    };
    let headers = shared.feeds.get(&state.url).map(|feed| feed.headers.as_slice()).unwrap_or_default();
    let request = FetchRequest { url: &asked, headers, validators: &state.validators };
    let fetched = shared.fetcher.fetch(&request, shared.clock.now()).await;
    drop(turn);
    let mut fetched = match fetched {
        Ok(fetched) => fetched,
        Err(FetchFailure { failure, retry_after, host, .. }) => {
            if let Some(wait) = retry_after {
                shared.hosts.hold(&host, wait);
            }
            return Finished::Failed(Failed { state, failure, retry_after });
        }
    };
    // The share of the budget for large bodies is held as long.
    let share = fetched.share.take();
    match digest(&shared, &state, &asked, fetched).await {
        Ok(report) => {
            let (feed, entries) = (report.state.no, report.entries.len());
            debug!(feed.id = feed.0, entries.new = entries, "polled");
            let ticket = shared.intake.hand_in(report).await;
            drop((place, share));
            Finished::Answered { feed, filed: ticket.filed().await, good: true, entries }
        }
        Err(Undigested::Store(error)) => {
            warn!(error.kind = error.kind(), "cannot look up what a feed brought before: {error}");
            Finished::Answered { feed: state.no, filed: false, good: false, entries: 0 }
        }
        Err(Undigested::NotAFeed(detail)) => {
            let failure = PollFailure { kind: FailureKind::NotAFeed, detail };
            Finished::Failed(Failed { state, failure, retry_after: None })
        }
    }
}

enum Undigested {
    Store(StoreError),
    NotAFeed(String),
}

/// What an answer means: the feed's new state and the entries that are new or changed.
async fn digest(
    shared: &Shared,
    state: &FeedState,
    asked: &str,
    fetched: Fetched,
) -> Result<PollReport, Undigested> {
    let now = shared.clock.now();
    let history = History::of(state);
    let mut next = state.clone();
    let mut success = Success { fresh_for: fetched.fresh_for, ..Success::default() };
    let mut entries = Vec::new();
    let mut overlaps = true;
    let mut served = None;
    if let Some(body) = fetched.body {
        let hash = xxh3_128(&body);
        if next.body_hash != Some(hash) {
            let base = fetched.final_url.clone();
            let content_type = fetched.content_type.clone();
            let document = off_thread(shared, move || {
                read::read(&body, &Hint { content_type: content_type.as_deref(), base_url: Some(&base) })
            })
            .await?
            .map_err(|error| Undigested::NotAFeed(error.to_string()))?;
            success.gap = schedule::typical_gap(document.entries.iter().filter_map(|e| e.published), now);
            describe(&mut next, &document);
            let keys = read::keys(&document);
            served = Some(keys.iter().map(|key| EntryRef::new(&state.first_url, key)).collect());
            let (fresh, met_before) = new_entries(shared, state.no, document, keys).await?;
            overlaps = met_before || state.read_at.is_none();
            success.outran = !overlaps;
            entries = fresh;
            next.body_hash = Some(hash);
        }
    }
    success.changed = !entries.is_empty();
    if success.changed {
        next.changed_at = Some(now);
    }
    if state.failures > 0 {
        info!(feed.url = %shown_url(&state.url), "a feed works again");
    }
    next.next_poll_at = schedule::after_success(&shared.plan(state, now), &history, &success);
    next.validators = fetched.validators;
    next.moved = moves::after_poll(state, asked, fetched.permanent.as_deref(), overlaps, now);
    (next.polled_at, next.read_at) = (Some(now), Some(now));
    (next.failures, next.failure) = (0, None);
    Ok(PollReport { at: now, entries, served, backlog: state.read_at.is_none(), state: next })
}

/// What the document says of its feed.
fn describe(state: &mut FeedState, document: &Document) {
    state.title = document.title.clone().or(state.title.take());
    state.site_url = document.url.clone().or(state.site_url.take());
    let warnings: Vec<String> = document.warnings.iter().take(3).map(ToString::to_string).collect();
    state.note = (!warnings.is_empty()).then(|| warnings.join("; "));
}

/// The entries that are new or changed, sanitised, oldest first; and whether any entry of the document is known.
async fn new_entries(
    shared: &Shared,
    feed: FeedNo,
    document: Document,
    keys: Vec<String>,
) -> Result<(Vec<Entry>, bool), Undigested> {
    let wanted = keys.clone();
    let known = shared
        .store
        .read(move |reader| reader.known_hashes(feed, &wanted))
        .await
        .map_err(Undigested::Store)?;
    let met_before = !known.is_empty();
    let entries = off_thread(shared, move || {
        let mut seen = HashSet::new();
        let mut entries: Vec<Entry> = document
            .entries
            .iter()
            .zip(keys)
            .filter(|(_, key)| seen.insert(key.clone()))
            .filter_map(|(raw, key)| {
                let hash = read::hash(raw);
                (known.get(&key) != Some(&hash)).then(|| read::prepare(raw, key, hash, &document))
            })
            .collect();
        // Feeds put the newest first; where dates are missing or equal, that order tells which came first.
        entries.reverse();
        entries.sort_by_key(|entry| entry.published);
        entries
    })
    .await?;
    Ok((entries, met_before))
}

/// Reading and sanitising take milliseconds to a second of a core; the loops go on meanwhile.
async fn off_thread<T: Send + 'static>(
    shared: &Shared,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Undigested> {
    let _core = shared.cores.acquire().await;
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        Undigested::NotAFeed("could not be read: the reader failed; please report this feed".to_owned())
    })
}
