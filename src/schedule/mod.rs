//! When to poll a feed next.
//!
//! Pure: settings, what the feed said and did, and `now` go in, a moment comes out. Knows `model` only; must not know how
//! a feed is fetched or what the time is.
//!
//! The publisher's hints may slow polling down and never speed it up; what quickens it is the feed's own history. Both
//! stay within the operator's bounds. Errors back off and never end in silence.

pub mod moves;
#[cfg(test)]
mod tests;

use crate::model::{self, FailureKind, FeedNo, FeedState, PollSettings, Subscription};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Each failure in a row makes the wait longer by this factor.
const BACKOFF: f64 = 1.8;
/// The longest wait after a failure that may pass by itself.
const BACKOFF_CAP: Duration = DAY;
/// How soon to look whether we are online again; no publisher hears of it while we are not.
const OFFLINE_RETRY: Duration = Duration::from_mins(5);
/// A 410 may be a mistake of a day, so it is asked again after a day and after two more; when all agree, it is confirmed,
/// and we ask once in 30 days.
const GONE_WAITS: [Duration; 3] = [DAY, Duration::from_hours(48), Duration::from_hours(30 * 24)];
/// A feed that has been quiet for this many intervals is polled one interval more rarely for each as many again.
const QUIET_SHARE: u32 = 72;
/// How much longer the wait gets with each poll of a busy feed that brings nothing new.
const CALMING: f64 = 1.5;
/// The most by which the feed's number moves its polls, as a share of the interval, so that feeds added together spread.
const JITTER: f64 = 0.1;

/// How long "not modified" is believed: this long, or twice as long as the feed usually takes to write, but not for
/// ever, for a feed that seems to have fallen silent may be one whose cache is stuck.
const TRUSTED_LEAST: Duration = Duration::from_hours(8 * 24);
const TRUSTED_MOST: Duration = Duration::from_hours(60 * 24);

/// Within how long after the hour feeds come that had to skip the hours before.
const AFTER_THE_HOUR: Duration = Duration::from_mins(10);

/// What the publisher says of how often to ask, from the document (RSS 2.0, the syndication module of RSS 1.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints {
    /// RSS `ttl`.
    pub ttl: Option<Duration>,
    /// `sy:updatePeriod` divided by `sy:updateFrequency`.
    pub sy: Option<Duration>,
    /// RSS `skipHours`: bit n is the hour from n o'clock UTC.
    pub skip_hours: u32,
    /// RSS `skipDays`: bit 0 is Monday, bit 6 Sunday, UTC.
    pub skip_days: u8,
}

impl From<&model::Hints> for Hints {
    fn from(said: &model::Hints) -> Self {
        let minute = |minutes: u32| Duration::from_secs(60 * u64::from(minutes));
        // An hour 24 is midnight to those who write it; what is no hour or day at all is skipped by nobody.
        let hours = said.skip_hours.iter().filter(|hour| **hour <= 24).map(|hour| 1 << (hour % 24));
        // The document counts days from Sunday, we from Monday.
        let days = said.skip_days.iter().filter(|day| **day < 7).map(|day| 1 << ((day + 6) % 7));
        Self {
            ttl: said.ttl_min.map(minute),
            sy: said.update_s.map(|seconds| Duration::from_secs(u64::from(seconds))),
            skip_hours: hours.fold(0, |all, hour: u32| all | hour),
            skip_days: days.fold(0, |all, day: u8| all | day),
        }
    }
}

/// Within what bounds a feed is polled, and from what moment on.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The operator's bounds.
    pub settings: &'a PollSettings,
    /// The interval that the operator set for this feed; it takes the place of what history would choose.
    pub own_interval: Option<Duration>,
    /// The moment of the poll.
    pub now: Timestamp,
}

/// What a feed did before the poll at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// The feed; its number moves its polls a little.
    pub feed: FeedNo,
    /// When it was first configured.
    pub added_at: Timestamp,
    /// The last poll that brought something new.
    pub changed_at: Option<Timestamp>,
    /// Failed polls since the last good one, without the one at hand.
    pub failures: u32,
    /// Why the last poll failed, if it did.
    pub failure: Option<FailureKind>,
    /// The last poll.
    pub polled_at: Option<Timestamp>,
    /// The wait that was chosen after the last poll.
    pub waited: Option<Duration>,
}

impl History {
    /// What the store remembers, before the poll at hand changes it.
    pub fn of(state: &FeedState) -> Self {
        let waited = state.polled_at.map(|polled| between(polled, state.next_poll_at));
        Self {
            feed: state.no,
            added_at: state.added_at,
            changed_at: state.changed_at,
            failures: state.failures,
            failure: state.failure.as_ref().map(|failure| failure.kind),
            polled_at: state.polled_at,
            waited,
        }
    }
}

/// What a good poll showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Success {
    /// Whether it brought something new.
    pub changed: bool,
    /// Whether no entry of this poll was in the one before: some may have come and gone between.
    pub outran: bool,
    /// The mean time between the feed's latest entries, from [`typical_gap`]; `None` when unknown, or not modified.
    pub gap: Option<Duration>,
    /// `Fetched::fresh_for`.
    pub fresh_for: Option<Duration>,
    /// What the document says; of a poll that was not modified, what the last document said.
    pub hints: Hints,
}

/// When to poll again after a good poll.
pub fn after_success(plan: &Plan<'_>, history: &History, success: &Success) -> Timestamp {
    let (min, max) = bounds(plan);
    let wanted = match plan.own_interval {
        Some(own) => own,
        None => by_history(plan, history, success),
    };
    let slowest_hint = [success.fresh_for, success.hints.ttl, success.hints.sy]
        .into_iter()
        .flatten()
        .max()
        .unwrap_or_default();
    let floor = slowest_hint.clamp(min, max);
    let wait = jittered(wanted.clamp(min, max), history.feed).clamp(floor, max);
    let next = next_allowed(later(plan.now, wait), &success.hints, history.feed);
    next.min(later(plan.now, max))
}

/// The latest moment that a poll at `now` may have chosen for the next: one that lies later was chosen when the clock was
/// ahead.
pub fn latest(settings: &PollSettings, now: Timestamp) -> Timestamp {
    let [.., gone] = GONE_WAITS;
    // Twice the interval is what follows "too many requests", and no feed's own is longer than the longest.
    let longest = settings.max_interval.saturating_mul(2).max(gone).max(BACKOFF_CAP);
    later(now, scaled(longest, 1.0 + JITTER))
}

/// Until when pushes are relied on, if they still are.
pub fn pushed_until(state: &FeedState, now: Timestamp) -> Option<Timestamp> {
    let latest = now.saturating_add(Subscription::LEASE_MOST).unwrap_or(Timestamp::MAX);
    state.habits.pushed_until.filter(|until| *until > now && *until <= latest)
}

/// When to poll a feed whose hub pushes: as rarely as the operator lets a feed be polled, to see that nothing is missing.
pub fn while_pushed(plan: &Plan<'_>, history: &History) -> Timestamp {
    let (min, max) = bounds(plan);
    later(plan.now, jittered(max, history.feed).clamp(min, max))
}

/// When to poll again after a failed one. `retry_after` is `FetchFailure::retry_after`.
pub fn after_failure(
    plan: &Plan<'_>,
    history: &History,
    kind: FailureKind,
    retry_after: Option<Duration>,
) -> Timestamp {
    let (min, max) = bounds(plan);
    let interval = plan.own_interval.unwrap_or(plan.settings.interval).clamp(min, max);
    let wait = match kind {
        FailureKind::Offline => return later(plan.now, OFFLINE_RETRY.min(interval)),
        FailureKind::Gone => gone_wait(plan, history).max(interval),
        FailureKind::Limited => match retry_after {
            // The interval was too short for the publisher.
            None => backoff(interval.saturating_mul(2), history.failures),
            Some(asked) => asked.max(backoff(interval, history.failures)),
        },
        _ => backoff(interval, history.failures),
    };
    // What a publisher asked for is a promise: jitter only lengthens it.
    let floor = retry_after.unwrap_or(min).max(min);
    later(plan.now, jittered(wait, history.feed).max(floor))
}

/// When to poll a feed that waits, under bounds that may have changed since its last poll: the moment, when it comes
/// sooner than the one that was chosen then. What the publisher asked for still counts; a feed that fails, was told to
/// stay away, has spent its quota, or is pushed waits for a reason that is no interval.
pub fn brought_forward(plan: &Plan<'_>, state: &FeedState) -> Option<Timestamp> {
    let habits = &state.habits;
    let waits = habits.held_by.is_some() || habits.spent.waits || pushed_until(state, plan.now).is_some();
    if state.failures > 0 || waits {
        return None;
    }
    let polled = state.polled_at?;
    let fresh_for = habits.fresh_until.map(|until| between(polled, until));
    let success = Success { fresh_for, hints: (&habits.hints).into(), ..Success::default() };
    let history = History { waited: None, ..History::of(state) };
    let next = after_success(&Plan { now: polled, ..*plan }, &history, &success).max(plan.now);
    (next < state.next_poll_at).then_some(next)
}

/// Whether "not modified" has been all we heard for so long that the feed is asked for once without conditions: some
/// servers and caches compare wrongly, and say it for ever.
pub fn is_trust_used_up(state: &FeedState, now: Timestamp) -> bool {
    let rhythm = Duration::from_secs(state.habits.gap_s.unwrap_or_default());
    let trusted = rhythm.saturating_mul(2).clamp(TRUSTED_LEAST, TRUSTED_MOST);
    let since = state.habits.whole_at.or(state.changed_at).unwrap_or(state.added_at);
    // What was heard later than now was heard when the clock was ahead.
    between(since, now) >= trusted || since > later(now, TRUSTED_LEAST)
}

/// The mean time between the latest of a feed's entries, the silence since the last one included; `None` for fewer than
/// three dates. Dates in the future count as now.
pub fn typical_gap(published: impl IntoIterator<Item = Timestamp>, now: Timestamp) -> Option<Duration> {
    /// Enough to tell a wire from a blog, few enough to follow a change of pace.
    const LATEST: usize = 12;
    let mut dates: Vec<Timestamp> = published.into_iter().map(|date| date.min(now)).collect();
    dates.sort_unstable();
    let latest = &dates[dates.len().saturating_sub(LATEST)..];
    let oldest = latest.first().filter(|_| latest.len() >= 3)?;
    Some(between(*oldest, now) / latest.len() as u32)
}

/// What one poll of a host came to, for [`looks_offline`].
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// The host.
    pub host: &'a str,
    /// Why it failed, if it did.
    pub failure: Option<FailureKind>,
}

/// Whether the latest polls look as if we were offline: at least three hosts, and none of them could be reached. Then no
/// feed's count of failures may move.
pub fn looks_offline<'a>(latest: impl IntoIterator<Item = Outcome<'a>>) -> bool {
    const HOSTS: usize = 3;
    let mut hosts = HashSet::new();
    for outcome in latest {
        match outcome.failure {
            Some(FailureKind::Offline | FailureKind::Dns | FailureKind::Connect | FailureKind::Timeout) => {
                hosts.insert(outcome.host);
            }
            // Refused before anything was sent: says nothing either way.
            Some(FailureKind::Address) => {}
            _ => return false,
        }
    }
    hosts.len() >= HOSTS
}

/// `min_interval` and `max_interval`, made to agree; an interval of the feed's own widens them, for the operator said so.
fn bounds(plan: &Plan<'_>) -> (Duration, Duration) {
    let own = plan.own_interval;
    let min = own.map_or(plan.settings.min_interval, |own| own.min(plan.settings.min_interval));
    let max = own.map_or(plan.settings.max_interval, |own| own.max(plan.settings.max_interval));
    (min, max.max(min))
}

/// The interval that the feed's own history asks for.
fn by_history(plan: &Plan<'_>, history: &History, success: &Success) -> Duration {
    let usual = plan.settings.interval;
    if success.outran && success.changed {
        return history.waited.unwrap_or(usual).min(usual) / 2;
    }
    if success.changed {
        return success.gap.map_or(usual, |gap| gap.min(usual));
    }
    // A busy feed calms down step by step, so that one quiet hour does not undo what many busy ones showed.
    let calmer = history.waited.map(|waited| scaled(waited, CALMING));
    if let Some(calmer) = calmer.filter(|calmer| history.failures == 0 && *calmer < usual) {
        return calmer;
    }
    let quiet = between(history.changed_at.unwrap_or(history.added_at), plan.now);
    (quiet / QUIET_SHARE).max(usual)
}

/// `interval`, longer with each failure in a row before this one; never shorter than the interval, however long that is.
fn backoff(interval: Duration, failures: u32) -> Duration {
    // Beyond 64 failures every interval has long met the cap, and the power would leave the range of numbers.
    let factor = BACKOFF.powi(failures.min(64) as i32);
    let cap = BACKOFF_CAP.max(interval);
    scaled(interval, factor).min(cap)
}

/// The wait after a 410. How often it was confirmed shows in the wait that led to this poll; a poll that came early
/// (`run --once --all`) confirms nothing.
fn gone_wait(plan: &Plan<'_>, history: &History) -> Duration {
    let [first, .., last] = GONE_WAITS;
    let (Some(FailureKind::Gone), Some(waited), Some(polled)) =
        (history.failure, history.waited, history.polled_at)
    else {
        return first;
    };
    // Jitter made `waited` a little shorter or longer than the wait it stands for.
    let Some(stage) = GONE_WAITS.iter().rposition(|wait| waited >= wait.mul_f64(0.75)) else { return first };
    let confirmed = between(polled, plan.now) >= waited / 2;
    GONE_WAITS.get(stage + usize::from(confirmed)).copied().unwrap_or(last)
}

/// `wait`, moved by up to [`JITTER`] either way by the feed's number.
fn jittered(wait: Duration, feed: FeedNo) -> Duration {
    scaled(wait, 1.0 - JITTER + 2.0 * JITTER * share_of(feed))
}

/// A number between 0 and 1 that the feed always gets, and its neighbours do not (splitmix64's mixing).
fn share_of(feed: FeedNo) -> f64 {
    let mut x = (feed.0 as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 31;
    (x >> 11) as f64 / (1u64 << 53) as f64
}

/// The first moment from `next` on that lies in none of the hours and days that the publisher asks to skip, a little into
/// the hour, so that not all feeds come as the hour strikes. Hints that leave no hour at all are taken for a mistake.
fn next_allowed(next: Timestamp, hints: &Hints, feed: FeedNo) -> Timestamp {
    let skipped = |moment: Timestamp| {
        let civil = Offset::UTC.to_datetime(moment);
        let hour = hints.skip_hours >> civil.hour() & 1 == 1;
        let day = hints.skip_days >> civil.date().weekday().to_monday_zero_offset() & 1 == 1;
        hour || day
    };
    if !skipped(next) {
        return next;
    }
    let into_hour = next.as_second().rem_euclid(HOUR.as_secs() as i64) as u64;
    let mut hour = later(next, HOUR.saturating_sub(Duration::from_secs(into_hour)));
    for _ in 0..7 * 24 {
        if !skipped(hour) {
            return later(hour, AFTER_THE_HOUR.mul_f64(share_of(feed)));
        }
        hour = later(hour, HOUR);
    }
    next
}

/// `wait * factor`, and the longest wait there is when that is too long to count.
fn scaled(wait: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(wait.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

/// `moment + wait` in whole seconds; the end of time when there is no such moment.
fn later(moment: Timestamp, wait: Duration) -> Timestamp {
    let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
    moment.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
