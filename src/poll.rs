//! The polling loop: takes the feeds that are due, fetches and reads them concurrently, and hands in what is new.
//!
//! It knows `fetch`, `read`, `schedule`, and what the store remembers of feeds; it must not know how entries are
//! judged. It writes nothing itself: a feed's state and validators are filed with its entries. A failing feed is data,
//! not an error. Unchanged feeds are cheap: the body's hash is compared first, then each entry's. Only new or changed
//! entries are sanitised.

mod answer;
mod changes;
mod push;

use crate::budget::Share;
use crate::clock::Clock;
use crate::fetch::{FetchError, FetchFailure, FetchRequest, Fetcher, Held, Hosts};
use crate::ingest::IngestSender;
use crate::model::{
    FailureKind, FeedNo, FeedSettings, FeedState, Outage, PollFailure, PollReport, PollSettings, Push, Quota,
    Validators, shown_url,
};
use crate::schedule::{self, History, Outcome, Plan, moves};
use crate::store::{Store, StoreError};
use answer::process_response;
use changes::{ChangeFinder, ResponseError};
use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

/// Maximum number of polls that one call starts; more wait in the store.
const STARTED_AT_ONCE: usize = 10_000;

/// Pause of all polling after a report could not be filed. Without it the same feeds would be requested again and again
/// although nothing can be stored.
const STORE_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// What a round of polls came to, from the first start until none is under way; for the log and for `run --once`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Polls that ended.
    pub polls: usize,
    /// Those of them that were answered with the feed or with 304 (Not Modified).
    pub good: usize,
    /// New or changed entries that were handed in, pushed ones included.
    pub entries: usize,
    /// Reports that could not be filed.
    pub lost: usize,
    /// Whether we seem to be offline, because no host could be reached.
    pub offline: bool,
}

impl Round {
    /// Writes one line to the log, and a warning if we seem to be offline.
    pub fn log(&self) {
        info!(polls = self.polls, polls.good = self.good, entries.filed = self.entries, "polled");
        if self.offline {
            warn!(
                "offline: not one of the feeds' hosts can be reached; no feed is blamed, and polling goes on in a few minutes"
            );
        }
    }
}

/// What all polls share.
#[derive(Debug)]
struct Shared {
    store: Store,
    ingest: IngestSender,
    fetcher: Fetcher,
    hosts: Hosts,
    /// One permit for each poll that may fetch and read at the same time.
    permits: Arc<Semaphore>,
    finder: ChangeFinder,
    clock: Clock,
    settings: PollSettings,
    /// Settings of each feed by its address.
    feeds: HashMap<String, FeedSettings>,
    /// Decides when a feed is polled next. Polls use the settings in force when they end, not when they began.
    timing: watch::Sender<Arc<Timing>>,
}

/// The operator's bounds, and the intervals of single feeds by their addresses.
#[derive(Debug)]
struct Timing {
    settings: PollSettings,
    own: HashMap<String, Duration>,
}

/// The polling loop's state.
pub struct Poller {
    shared: Arc<Shared>,
    /// Tasks, so that they make progress whatever the loop waits for. They are aborted when the poller is dropped.
    running: JoinSet<Finished>,
    in_flight: HashSet<FeedNo>,
    /// Pushes that wait for a poll of their feed to end.
    waiting: Vec<(Push, Share)>,
    /// Polls that were started and whose outcome is not known yet.
    fetching: usize,
    /// Polls that could not reach their host, until it is known whether that is the host's fault or ours.
    unreachable: Vec<Failed>,
    round: Round,
    paused_until: Option<Timestamp>,
    /// The outage of our own connection, if the last polls showed one.
    outage: watch::Sender<Option<Outage>>,
}

/// How a task of the poller ended.
enum Finished {
    /// The feed answered, and its report was handed in.
    Answered { feed: FeedNo, filed: bool, good: bool, entries: usize },
    /// Nothing was sent, because the feed's host has asked to be left alone. The feed is polled later.
    Held(Box<FeedState>, Held),
    /// The poll failed.
    Failed(Failed),
    /// The report of a failure was handed in.
    Noted { feed: FeedNo, filed: bool },
    /// The report of a push was handed in.
    Pushed { feed: FeedNo, filed: bool, entries: usize },
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
        ingest: IngestSender,
        fetcher: Fetcher,
        clock: Clock,
        settings: PollSettings,
        feeds: &[FeedSettings],
    ) -> Self {
        let shared = Shared {
            finder: ChangeFinder::new(store.clone()),
            store,
            ingest,
            fetcher,
            hosts: Hosts::new(settings.host_pause, settings.spacing),
            permits: Arc::new(Semaphore::new(settings.concurrency)),
            clock,
            timing: watch::Sender::new(Arc::new(Timing::of(&settings, feeds))),
            settings,
            feeds: by_address(feeds),
        };
        Self {
            shared: Arc::new(shared),
            running: JoinSet::new(),
            in_flight: HashSet::new(),
            waiting: Vec::new(),
            fetching: 0,
            unreachable: Vec::new(),
            round: Round::default(),
            paused_until: None,
            outage: watch::Sender::new(None),
        }
    }

    /// Watches for an outage of our own connection.
    pub fn outage(&self) -> watch::Receiver<Option<Outage>> {
        self.outage.subscribe()
    }

    /// The turns of hosts. Whatever else sends requests to these hosts must take turns with the polls.
    pub fn hosts(&self) -> Hosts {
        self.shared.hosts.clone()
    }

    /// Replaces the settings. Polls that are running use them only to choose when the feed is polled next.
    pub fn configure(&mut self, settings: &PollSettings, feeds: &[FeedSettings]) -> Result<(), FetchError> {
        let old = &self.shared;
        let was = &old.settings;
        // What has not changed is kept. So a host that asked to be left alone is still left alone, and polls under way
        // still count against the limit.
        old.hosts.configure(settings.host_pause, settings.spacing);
        let shared = Shared {
            store: old.store.clone(),
            ingest: old.ingest.clone(),
            fetcher: if was == settings {
                old.fetcher.clone()
            } else {
                Fetcher::new(settings)?.within(old.fetcher.budget().clone())
            },
            hosts: old.hosts.clone(),
            permits: if was.concurrency == settings.concurrency {
                Arc::clone(&old.permits)
            } else {
                Arc::new(Semaphore::new(settings.concurrency))
            },
            finder: old.finder.clone(),
            clock: old.clock.clone(),
            settings: settings.clone(),
            feeds: by_address(feeds),
            timing: old.timing.clone(),
        };
        shared.timing.send_replace(Arc::new(Timing::of(settings, feeds)));
        self.shared = Arc::new(shared);
        Ok(())
    }

    /// Starts the polls that are due. Returns how many were started.
    pub async fn start_due(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        if self.paused_until.is_some_and(|until| now < until) {
            return Ok(0);
        }
        let latest = schedule::latest(&self.shared.settings, now);
        let due = self.shared.store.read(move |reader| reader.due_feeds(now, latest, STARTED_AT_ONCE));
        let due = due.await?;
        Ok(self.start(due))
    }

    /// Starts a poll of every feed, whatever its interval or backoff says.
    pub async fn start_all(&mut self) -> Result<usize, StoreError> {
        let feeds = self.shared.store.read(|reader| reader.feed_states()).await?;
        Ok(self.start(feeds))
    }

    fn start(&mut self, feeds: Vec<FeedState>) -> usize {
        let before = self.fetching;
        for state in feeds {
            if self.in_flight.insert(state.no) {
                self.fetching += 1;
                let otherwise = Finished::Answered { feed: state.no, filed: false, good: false, entries: 0 };
                self.run(poll(Arc::clone(&self.shared), Box::new(state)), otherwise);
            }
        }
        self.fetching - before
    }

    /// Runs a task of a feed. A panic is a bug of ours: until it is fixed, it costs this task only, of which `otherwise` came.
    fn run(&mut self, task: impl Future<Output = Finished> + Send + 'static, otherwise: Finished) {
        self.running.spawn(async { AssertUnwindSafe(task).catch_unwind().await.unwrap_or(otherwise) });
    }

    /// Whether polls are under way.
    pub fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    /// When to look for due feeds again: when the next one is due, but in one second at the earliest; and in a minute
    /// at the latest, because the configuration may change. Not before a pause ends.
    pub async fn next_start(&mut self, now: Timestamp) -> Timestamp {
        let next = self.shared.store.read(|reader| reader.next_due()).await.ok().flatten();
        let soonest = now + SignedDuration::from_secs(1);
        let latest = now + SignedDuration::from_secs(60);
        next.unwrap_or(latest).clamp(soonest, latest).max(self.paused_until.unwrap_or(soonest))
    }

    /// Waits for the next task to end. Returns the round if it was the last one that was running.
    pub async fn next_end(&mut self) -> Option<Round> {
        let finished = self.running.join_next().await?.ok()?;
        match finished {
            Finished::Answered { feed, filed, good, entries } => {
                self.fetching -= 1;
                self.round.polls += 1;
                self.ended(feed, filed);
                self.round.good += usize::from(good);
                self.round.entries += entries;
                // One host can be reached, so we are online, and the others are themselves at fault.
                self.note_unreachable(false);
                self.outage.send_if_modified(|outage| outage.take().is_some());
            }
            Finished::Held(state, held) => {
                self.fetching -= 1;
                self.note_held(*state, held);
            }
            Finished::Failed(failed) => {
                self.fetching -= 1;
                if is_connectivity(failed.failure.kind) {
                    self.unreachable.push(failed);
                } else {
                    self.note(failed, false);
                    self.note_unreachable(false);
                    self.outage.send_if_modified(|outage| outage.take().is_some());
                }
            }
            Finished::Noted { feed, filed } => {
                self.round.polls += 1;
                self.ended(feed, filed);
            }
            Finished::Pushed { feed, filed, entries } => {
                self.round.entries += entries;
                self.ended(feed, filed);
            }
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
            self.note_outage(&outcomes, offline);
            self.note_unreachable(offline);
        }
        self.running.is_empty().then(|| std::mem::take(&mut self.round))
    }

    /// Waits until all polls that were started have ended.
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
        self.in_flight.remove(&feed);
        self.take_waiting(feed);
        if !filed {
            self.round.lost += 1;
            self.paused_until = Some(self.shared.clock.now() + STORE_PAUSE);
        }
    }

    /// Records an outage, unless the polls went to a few of many hosts only, which may be at fault themselves.
    fn note_outage(&self, outcomes: &[(String, FailureKind)], offline: bool) {
        let hosts = outcomes.iter().map(|(host, _)| host.as_str()).collect::<HashSet<_>>().len();
        let all = |kind| outcomes.iter().all(|(_, failed)| *failed == kind);
        let configured = self.shared.feeds.keys().map(|url| host(url)).collect::<HashSet<_>>().len();
        if !offline && hosts < configured && !all(FailureKind::Offline) {
            return;
        }
        let words = if all(FailureKind::Dns) {
            format!("no name can be looked up ({hosts} tried); does this machine's DNS answer?")
        } else if all(FailureKind::Offline) {
            "this machine has no file descriptors or ports left for polls; see LimitNOFILE".to_owned()
        } else {
            format!("no feed's host can be reached ({hosts} tried); is this machine on the network?")
        };
        let now = self.shared.clock.now();
        self.outage.send_modify(|outage| {
            let since = outage.as_ref().map_or(now, |outage| outage.since);
            *outage = Some(Outage { since, words });
        });
    }

    fn note_unreachable(&mut self, offline: bool) {
        for failed in std::mem::take(&mut self.unreachable) {
            self.note(failed, offline);
        }
    }

    /// Hands in a failure. If we are offline, it does not count as a failure of the feed.
    fn note(&mut self, failed: Failed, offline: bool) {
        let Failed { mut state, failure, retry_after } = failed;
        let now = self.shared.clock.now();
        // This kind of failure is a lack of our own resources and says nothing about the feed.
        let offline = offline || failure.kind == FailureKind::Offline;
        let kind = if offline { FailureKind::Offline } else { failure.kind };
        let history = History::of(&state);
        state.next_poll_at =
            schedule::after_failure(&self.shared.timing().plan(&state, now), &history, kind, retry_after);
        if !offline {
            if state.failures == 0 {
                warn!(feed.url = %shown_url(&state.url), error.kind = kind.as_str(), "a feed fails: {}", failure.detail);
            }
            state.failures = state.failures.saturating_add(1);
            state.polled_at = Some(now);
            state.failure = Some(failure);
            state.habits.history.note_failure(now);
            state.habits.held_by = None;
        }
        self.hand_in_state(*state, now);
    }

    fn note_held(&mut self, mut state: FeedState, held: Held) {
        let now = self.shared.clock.now();
        state.next_poll_at = now.saturating_add(held.remaining).unwrap_or(now) + SignedDuration::from_secs(1);
        state.habits.held_by = Some(held.host);
        self.hand_in_state(state, now);
    }

    fn hand_in_state(&mut self, state: FeedState, at: Timestamp) {
        let (feed, shared) = (state.no, Arc::clone(&self.shared));
        let note = async move {
            let report = PollReport::of_state(state, at);
            Finished::Noted { feed, filed: shared.ingest.send(report).await.filed().await }
        };
        self.run(note, Finished::Noted { feed, filed: false });
    }
}

impl Shared {
    fn timing(&self) -> Arc<Timing> {
        Arc::clone(&self.timing.borrow())
    }

    /// How much of a feed is stored in a day.
    fn quota(&self, state: &FeedState) -> Quota {
        self.feeds.get(&state.url).map_or(self.settings.quota, |feed| feed.quota)
    }
}

impl Timing {
    fn of(settings: &PollSettings, feeds: &[FeedSettings]) -> Self {
        let own = feeds.iter().filter_map(|feed| Some((feed.url.clone(), feed.interval?)));
        Self { settings: settings.clone(), own: own.collect() }
    }

    fn plan(&self, state: &FeedState, now: Timestamp) -> Plan<'_> {
        Plan { settings: &self.settings, own_interval: self.own.get(&state.url).copied(), now }
    }
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

/// One poll, from waiting for the host's turn to the committed report.
async fn poll(shared: Arc<Shared>, mut state: Box<FeedState>) -> Finished {
    let asked = moves::address(&state, shared.clock.now()).to_owned();
    // The turn comes before the permit, so that a poll that waits for a busy host does not hold one. It is taken for
    // the host after redirects.
    let host = if state.validators.url.is_empty() { &asked } else { &state.validators.url };
    let turn = match shared.hosts.turn(host).await {
        Ok(turn) => turn,
        Err(held) => return Finished::Held(state, held),
    };
    // The permit is held until the report is in the queue.
    let Ok(permit) = shared.permits.acquire().await else {
        // The semaphore is never closed.
        return Finished::Answered { feed: state.no, filed: false, good: false, entries: 0 };
    };
    let feed = shared.feeds.get(&state.url);
    let headers = feed.map(|feed| feed.headers.as_slice()).unwrap_or_default();
    let max_bytes = feed.and_then(|feed| feed.max_bytes).unwrap_or(shared.settings.max_bytes);
    let now = shared.clock.now();
    let none = Validators::default();
    let validators = if schedule::is_trust_used_up(&state, now) { &none } else { &state.validators };
    let request = FetchRequest { url: &asked, headers, validators, max_bytes };
    let fetched = shared.fetcher.fetch(&request, now).await;
    drop(turn);
    let mut fetched = match fetched {
        Ok(fetched) => fetched,
        Err(failed) => {
            if let Some(wait) = failed.host_rest() {
                shared.hosts.hold(&failed.host, wait);
            }
            let FetchFailure { failure, retry_after, .. } = failed;
            return Finished::Failed(Failed { state, failure, retry_after });
        }
    };
    // The body's share of the budget is held until its entries are filed, because they are in memory until then.
    let share = fetched.share.take();
    match process_response(&shared, &state, &asked, fetched).await {
        Ok(report) => {
            let (feed, entries) = (report.state.no, report.entries.len());
            debug!(feed.id = feed.0, entries.filed = entries, "polled");
            let ack = shared.ingest.send(report).await;
            drop(permit);
            let filed = ack.filed().await;
            drop(share);
            Finished::Answered { feed, filed, good: true, entries }
        }
        Err(ResponseError::Store(error)) => {
            warn!(error.kind = error.kind(), "cannot look up what a feed brought before: {error}");
            Finished::Answered { feed: state.no, filed: false, good: false, entries: 0 }
        }
        Err(ResponseError::NotAFeed(detail)) => {
            let failure = PollFailure::new(FailureKind::NotAFeed, &detail);
            Finished::Failed(Failed { state, failure, retry_after: None })
        }
        Err(ResponseError::Cut(failure)) => Finished::Failed(Failed { state, failure, retry_after: None }),
        Err(ResponseError::EndsInEntry(failure)) => {
            state.habits.ends_in_entry = true;
            Finished::Failed(Failed { state, failure, retry_after: None })
        }
    }
}
