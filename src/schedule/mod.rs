//! Adaptive polling: when to poll a feed next.
//!
//! Pure functions of the settings, of what the feed said and did, and of `now`. Knows `model` only; must not know how a
//! feed is fetched, nor read a clock.
//!
//! The publisher's hints may slow polling down, but never speed it up. Only the feed's own history speeds it up. Both
//! stay within the operator's bounds. After errors the waits grow exponentially, but polling never stops.

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

/// Exponential backoff: each failure in a row makes the wait longer by this factor.
const BACKOFF: f64 = 1.8;
/// Maximum wait after a failure that may be temporary.
const BACKOFF_CAP: Duration = DAY;
/// How soon to poll again when we seem to be offline. It is short, because no publisher gets these requests.
const OFFLINE_RETRY: Duration = Duration::from_mins(5);
/// Waits after a first, second and further 410 (Gone). The status may be a mistake, so the feed is requested again
/// after a day and after two more days. If it is confirmed both times, it is requested once in 30 days.
const GONE_WAITS: [Duration; 3] = [DAY, Duration::from_hours(48), Duration::from_hours(30 * 24)];
/// A quiet feed waits for 1/72 of the time that it has been quiet, if that is longer than the usual
/// interval.
const QUIET_SHARE: u32 = 72;
/// Factor by which the wait of a busy feed grows with each poll that brings nothing new.
const CALMING: f64 = 1.5;
/// Maximum jitter, as a share of the wait, either way. It depends on the feed's number, and spreads feeds that were
/// added together.
const JITTER: f64 = 0.1;

/// Bounds of how long 304 (Not Modified) is believed. Between them it is twice the typical gap between the feed's
/// entries. It must end at some time, because a feed that seems silent may have a cache that is stuck.
const TRUSTED_LEAST: Duration = Duration::from_hours(8 * 24);
/// See [`TRUSTED_LEAST`].
const TRUSTED_MOST: Duration = Duration::from_hours(60 * 24);

/// Feeds that had to skip some hours are spread over this time after the next full hour.
const AFTER_THE_HOUR: Duration = Duration::from_mins(10);

/// The publisher's hints in the document on how often to poll (RSS 2.0, and the syndication module of RSS 1.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints {
    /// RSS `ttl`.
    pub ttl: Option<Duration>,
    /// `sy:updatePeriod` divided by `sy:updateFrequency`.
    pub sy: Option<Duration>,
    /// RSS `skipHours`: bit n is the hour that begins at n o'clock UTC.
    pub skip_hours: u32,
    /// RSS `skipDays`: bit 0 is Monday, bit 6 Sunday, UTC.
    pub skip_days: u8,
}

impl From<&model::Hints> for Hints {
    fn from(said: &model::Hints) -> Self {
        let minute = |minutes: u32| Duration::from_secs(60 * u64::from(minutes));
        // Some publishers write 24 for midnight. Numbers that are no hour or day are ignored.
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

/// The bounds within which a feed is polled, and the moment from which waits count.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The operator's bounds.
    pub settings: &'a PollSettings,
    /// The interval that the operator has set for this feed; it replaces the one that the history would give.
    pub own_interval: Option<Duration>,
    /// The moment of the poll.
    pub now: Timestamp,
}

/// What a feed did before the poll at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// The feed; its number gives the jitter.
    pub feed: FeedNo,
    /// When it was first configured.
    pub added_at: Timestamp,
    /// When a poll last brought something new.
    pub changed_at: Option<Timestamp>,
    /// Failed polls since the last good one, without the one at hand.
    pub failures: u32,
    /// Why the last poll failed, if it did.
    pub failure: Option<FailureKind>,
    /// When it was last polled.
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
    /// Whether no entry of this poll was known before. Then some entries may have come and gone since the last poll.
    pub outran: bool,
    /// The mean time between the feed's newest entries, from [`typical_gap`]; `None` if it is unknown or the document
    /// was not modified.
    pub gap: Option<Duration>,
    /// How long the response is fresh (RFC 9111 §4.2): `Fetched::fresh_for`.
    pub fresh_for: Option<Duration>,
    /// The hints of the document; if it was not modified, those of the last document.
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

/// The latest moment that a poll at `now` can choose for the next poll. A stored moment that is later was chosen when
/// the clock was ahead.
pub fn latest(settings: &PollSettings, now: Timestamp) -> Timestamp {
    let [.., gone] = GONE_WAITS;
    // After 429 (Too Many Requests) the wait is twice the interval. The configuration allows no feed an interval above
    // the maximum.
    let longest = settings.max_interval.saturating_mul(2).max(gone).max(BACKOFF_CAP);
    later(now, scaled(longest, 1.0 + JITTER))
}

/// Until when we rely on the hub to push the feed (WebSub lease); `None` if we do not.
pub fn pushed_until(state: &FeedState, now: Timestamp) -> Option<Timestamp> {
    let latest = now.saturating_add(Subscription::LEASE_MOST).unwrap_or(Timestamp::MAX);
    state.habits.pushed_until.filter(|until| *until > now && *until <= latest)
}

/// When to poll a feed that a hub pushes: at the longest interval that the operator allows, to check that nothing is
/// missing.
pub fn while_pushed(plan: &Plan<'_>, history: &History) -> Timestamp {
    let (min, max) = bounds(plan);
    later(plan.now, jittered(max, history.feed).clamp(min, max))
}

/// When to poll again after a failed poll. `retry_after` is `FetchFailure::retry_after` (RFC 9110 §10.2.3).
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
    // Jitter must not make the wait shorter than the publisher asked for.
    let floor = retry_after.unwrap_or(min).max(min);
    later(plan.now, jittered(wait, history.feed).max(floor))
}

/// When to poll a waiting feed under settings that may have changed since its last poll. `None` if that is not sooner
/// than the moment that was chosen then. The publisher's hints still count. Also `None` for a feed that waits for
/// another reason than its interval: it fails, its host is to be left alone, its quota is spent, or it is pushed. A feed
/// that failed because its address is private is polled now if the settings allow such addresses.
pub fn brought_forward(plan: &Plan<'_>, state: &FeedState) -> Option<Timestamp> {
    let habits = &state.habits;
    let waits = habits.held_by.is_some() || habits.spent.waits || pushed_until(state, plan.now).is_some();
    if waits {
        return None;
    }
    if state.failures > 0 {
        let was_private = state.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Address);
        let is_mended = was_private && plan.settings.allow_private && plan.now < state.next_poll_at;
        return is_mended.then_some(plan.now);
    }
    let polled = state.polled_at?;
    let fresh_for = habits.fresh_until.map(|until| between(polled, until));
    let success = Success { fresh_for, hints: (&habits.hints).into(), ..Success::default() };
    let history = History { waited: None, ..History::of(state) };
    let next = after_success(&Plan { now: polled, ..*plan }, &history, &success).max(plan.now);
    (next < state.next_poll_at).then_some(next)
}

/// Whether all answers have been 304 (Not Modified) for so long that one request has to be made without conditions.
/// Some servers and caches compare validators wrongly and answer 304 for ever.
pub fn is_trust_used_up(state: &FeedState, now: Timestamp) -> bool {
    let rhythm = Duration::from_secs(state.habits.gap_s.unwrap_or_default());
    let trusted = rhythm.saturating_mul(2).clamp(TRUSTED_LEAST, TRUSTED_MOST);
    let since = state.habits.whole_at.or(state.changed_at).unwrap_or(state.added_at);
    // A moment in the future was stored when the clock was ahead.
    between(since, now) >= trusted || since > later(now, TRUSTED_LEAST)
}

/// The mean time between a feed's newest entries, including the time since the last one; `None` for fewer than three
/// dates. Dates in the future count as now.
pub fn typical_gap(published: impl IntoIterator<Item = Timestamp>, now: Timestamp) -> Option<Duration> {
    /// Entries that are looked at: enough to tell a news agency from a blog, and few enough to follow a change of pace.
    const LATEST: usize = 12;
    let mut dates: Vec<Timestamp> = published.into_iter().map(|date| date.min(now)).collect();
    dates.sort_unstable();
    let latest = &dates[dates.len().saturating_sub(LATEST)..];
    let oldest = latest.first().filter(|_| latest.len() >= 3)?;
    Some(between(*oldest, now) / latest.len() as u32)
}

/// The outcome of one poll, for [`looks_offline`].
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// The host.
    pub host: &'a str,
    /// Why it failed, if it did.
    pub failure: Option<FailureKind>,
}

/// Whether the latest polls look as if we were offline: they went to at least three hosts, and none could be reached.
/// Then no feed's count of failures may change.
pub fn looks_offline<'a>(latest: impl IntoIterator<Item = Outcome<'a>>) -> bool {
    const HOSTS: usize = 3;
    let mut hosts = HashSet::new();
    for outcome in latest {
        match outcome.failure {
            Some(FailureKind::Offline | FailureKind::Dns | FailureKind::Connect | FailureKind::Timeout) => {
                hosts.insert(outcome.host);
            }
            // Refused by our address guard before anything was sent, so it tells nothing about the network.
            Some(FailureKind::Address) => {}
            _ => return false,
        }
    }
    hosts.len() >= HOSTS
}

/// The bounds `min_interval` and `max_interval`. If the operator has set an interval for the feed, they are widened to
/// include it. The maximum is never below the minimum.
fn bounds(plan: &Plan<'_>) -> (Duration, Duration) {
    let own = plan.own_interval;
    let min = own.map_or(plan.settings.min_interval, |own| own.min(plan.settings.min_interval));
    let max = own.map_or(plan.settings.max_interval, |own| own.max(plan.settings.max_interval));
    (min, max.max(min))
}

/// The interval that follows from the feed's own history.
fn by_history(plan: &Plan<'_>, history: &History, success: &Success) -> Duration {
    let usual = plan.settings.interval;
    if success.outran && success.changed {
        return history.waited.unwrap_or(usual).min(usual) / 2;
    }
    if success.changed {
        return success.gap.map_or(usual, |gap| gap.min(usual));
    }
    // The wait of a busy feed grows step by step, so that one quiet hour does not undo what many busy ones have shown.
    let calmer = history.waited.map(|waited| scaled(waited, CALMING));
    if let Some(calmer) = calmer.filter(|calmer| history.failures == 0 && *calmer < usual) {
        return calmer;
    }
    let quiet = between(history.changed_at.unwrap_or(history.added_at), plan.now);
    (quiet / QUIET_SHARE).max(usual)
}

/// Exponential backoff: the interval times a factor for each failure in a row before this one, up to [`BACKOFF_CAP`].
/// Never shorter than the interval.
fn backoff(interval: Duration, failures: u32) -> Duration {
    // After 64 failures every interval has reached the cap; without the bound the power would overflow.
    let factor = BACKOFF.powi(failures.min(64) as i32);
    let cap = BACKOFF_CAP.max(interval);
    scaled(interval, factor).min(cap)
}

/// The wait after a 410 (Gone). How often it was confirmed is known from the wait before this poll. A poll that came
/// too early (`run --once --all`) does not count as a confirmation.
fn gone_wait(plan: &Plan<'_>, history: &History) -> Duration {
    let [first, .., last] = GONE_WAITS;
    let (Some(FailureKind::Gone), Some(waited), Some(polled)) =
        (history.failure, history.waited, history.polled_at)
    else {
        return first;
    };
    // Because of jitter, `waited` is a little shorter or longer than the entry of `GONE_WAITS` that it comes from.
    let Some(stage) = GONE_WAITS.iter().rposition(|wait| waited >= wait.mul_f64(0.75)) else { return first };
    let confirmed = between(polled, plan.now) >= waited / 2;
    GONE_WAITS.get(stage + usize::from(confirmed)).copied().unwrap_or(last)
}

/// The wait with jitter: up to [`JITTER`] shorter or longer, depending on the feed's number.
fn jittered(wait: Duration, feed: FeedNo) -> Duration {
    scaled(wait, 1.0 - JITTER + 2.0 * JITTER * share_of(feed))
}

/// A pseudo-random number from 0 to 1 that is always the same for a feed (a step of SplitMix64 on the feed's number).
fn share_of(feed: FeedNo) -> f64 {
    let mut x = (feed.0 as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 31;
    (x >> 11) as f64 / (1u64 << 53) as f64
}

/// The first moment from `next` on that is in none of the hours and days that the publisher asks to skip. If `next`
/// itself is skipped, it is some minutes after the full hour, so that not all feeds are polled at the same second.
/// Hints that leave no hour are taken for a mistake and ignored.
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

/// `wait * factor`, saturating at the longest [`Duration`].
fn scaled(wait: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(wait.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

/// `moment + wait` in whole seconds, saturating at [`Timestamp::MAX`].
fn later(moment: Timestamp, wait: Duration) -> Timestamp {
    let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
    moment.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
