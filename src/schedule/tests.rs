//! Tests of when a feed is polled next. `docs/politeness.md` names them.

use super::*;
use crate::model::{Habits, PollFailure, Validators};

const MIN: Duration = Duration::from_mins(1);
/// A Monday.
const NOON: &str = "2026-11-23T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A feed that was added 40 days ago, changed an hour ago and has never failed.
fn history() -> History {
    History {
        feed: FeedNo(7),
        added_at: at("2026-10-14T12:00:00Z"),
        changed_at: Some(at("2026-11-23T11:00:00Z")),
        failures: 0,
        failure: None,
        polled_at: Some(at("2026-11-23T11:00:00Z")),
        waited: Some(HOUR),
    }
}

fn plan(settings: &PollSettings) -> Plan<'_> {
    Plan { settings, own_interval: None, now: at(NOON) }
}

/// Checks that the wait after a good poll is `expected`, give or take the jitter.
#[track_caller]
fn check(history: &History, success: &Success, expected: Duration) {
    let settings = PollSettings::default();
    let wait = between(at(NOON), after_success(&plan(&settings), history, success));
    assert_about(wait, expected);
}

#[track_caller]
fn check_failure(history: &History, kind: FailureKind, retry_after: Option<Duration>, expected: Duration) {
    let settings = PollSettings::default();
    let wait = between(at(NOON), after_failure(&plan(&settings), history, kind, retry_after));
    assert_about(wait, expected);
}

#[track_caller]
fn assert_about(wait: Duration, expected: Duration) {
    let (low, high) = (expected.mul_f64(0.899), expected.mul_f64(1.101));
    assert!(low <= wait && wait <= high, "{wait:?} is not about {expected:?}");
}

#[test]
fn a_feed_is_polled_once_an_hour_when_nothing_else_is_known() {
    check(&history(), &Success { changed: true, ..Success::default() }, HOUR);
    check(&history(), &Success::default(), HOUR);
    let new = History { changed_at: None, polled_at: None, waited: None, added_at: at(NOON), ..history() };
    check(&new, &Success { changed: true, ..Success::default() }, HOUR);
}

#[test]
fn a_busy_feed_is_polled_as_often_as_it_writes_but_not_below_the_minimum() {
    for (gap, expected) in [(2, 15), (15, 15), (30, 30), (60, 60), (600, 60)] {
        let success = Success { changed: true, gap: Some(gap * MIN), ..Success::default() };
        check(&history(), &success, expected * MIN);
    }
}

#[test]
fn a_busy_feed_calms_down_step_by_step() {
    let busy = History { waited: Some(15 * MIN), ..history() };
    check(&busy, &Success::default(), Duration::from_secs(1350));
    let calmer = History { waited: Some(50 * MIN), ..history() };
    check(&calmer, &Success::default(), HOUR);
}

#[test]
fn a_feed_that_outran_the_last_poll_is_polled_twice_as_often() {
    let success = Success { changed: true, outran: true, ..Success::default() };
    check(&history(), &success, 30 * MIN);
    check(&History { waited: Some(DAY), ..history() }, &success, 30 * MIN);
    check(&History { waited: Some(16 * MIN), ..history() }, &success, 15 * MIN);
}

#[test]
fn a_quiet_feed_is_polled_more_rarely_but_within_the_maximum() {
    for (days, expected) in [(1, HOUR), (3, HOUR), (6, 2 * HOUR), (30, 10 * HOUR), (400, DAY)] {
        let changed_at = later(at(NOON), Duration::ZERO) - SignedDuration::from_hours(24 * days);
        check(&History { changed_at: Some(changed_at), ..history() }, &Success::default(), expected);
    }
    let never = History { changed_at: None, ..history() };
    check(&never, &Success::default(), DAY * 40 / QUIET_SHARE);
}

#[test]
fn an_interval_of_its_own_is_kept_whatever_history_says() {
    let settings = PollSettings::default();
    for own in [5 * MIN, 2 * HOUR, 3 * DAY] {
        let plan = Plan { own_interval: Some(own), ..plan(&settings) };
        let busy = Success { changed: true, outran: true, gap: Some(MIN), ..Success::default() };
        assert_about(between(plan.now, after_success(&plan, &history(), &busy)), own);
        assert_about(between(plan.now, after_failure(&plan, &history(), FailureKind::Status, None)), own);
    }
}

#[test]
fn hints_slow_polling_down_and_never_speed_it_up() {
    let with = |fresh, ttl, sy| Success {
        fresh_for: fresh,
        hints: Hints { ttl, sy, ..Hints::default() },
        ..Success::default()
    };
    for (success, expected) in [
        (with(Some(2 * HOUR), None, None), 2 * HOUR),
        (with(None, Some(3 * HOUR), None), 3 * HOUR),
        (with(None, None, Some(4 * HOUR)), 4 * HOUR),
        (with(Some(MIN), Some(MIN), Some(MIN)), HOUR),
        (with(Some(5 * HOUR), Some(2 * HOUR), Some(MIN)), 5 * HOUR),
        (with(None, Some(365 * DAY), None), DAY),
        (with(Some(Duration::MAX), Some(Duration::MAX), None), DAY),
    ] {
        check(&history(), &success, expected);
    }
}

#[test]
fn a_hint_is_not_undercut_by_jitter() {
    let settings = PollSettings::default();
    let success = Success { fresh_for: Some(HOUR), ..Success::default() };
    for feed in 0..1000 {
        let next = after_success(&plan(&settings), &History { feed: FeedNo(feed), ..history() }, &success);
        assert!(between(at(NOON), next) >= HOUR);
    }
}

#[test]
fn skipped_hours_and_days_are_skipped() {
    let next = |hints: Hints| {
        let settings = PollSettings { max_interval: 5 * DAY, ..PollSettings::default() };
        after_success(&plan(&settings), &history(), &Success { hints, ..Success::default() })
    };
    let hours = |hours: std::ops::Range<u32>| hours.fold(0, |bits, hour| bits | 1 << hour);
    let after = |next: Timestamp, from: &str| {
        assert!(at(from) <= next && next < later(at(from), 11 * MIN), "{next} is not just after {from}");
    };
    after(next(Hints { skip_hours: hours(12..18), ..Hints::default() }), "2026-11-23T18:00:00Z");
    after(next(Hints { skip_hours: hours(12..24) | 1, ..Hints::default() }), "2026-11-24T01:00:00Z");
    after(next(Hints { skip_days: 0b11, ..Hints::default() }), "2026-11-25T00:00:00Z");
    after(next(Hints { skip_days: 1, skip_hours: hours(0..6), ..Hints::default() }), "2026-11-24T06:00:00Z");
    // All of them at once is a mistake.
    assert_about(between(at(NOON), next(Hints { skip_days: 0x7f, ..Hints::default() })), HOUR);
    assert_about(between(at(NOON), next(Hints { skip_hours: u32::MAX, ..Hints::default() })), HOUR);
}

#[test]
fn skipped_days_do_not_pass_the_operators_maximum() {
    let hints = Hints { skip_days: 0b11_1111, ..Hints::default() };
    check(&history(), &Success { hints, ..Success::default() }, DAY);
}

#[test]
fn jitter_spreads_feeds_and_is_the_same_every_time() {
    let waits: Vec<_> = (0..1000).map(|feed| jittered(1000 * MIN, FeedNo(feed)).as_secs()).collect();
    assert!(waits.iter().all(|wait| (54_000..=66_000).contains(wait)));
    let distinct: HashSet<_> = waits.iter().map(|wait| wait / 120).collect();
    assert!(distinct.len() > 90, "{} of 100 slots", distinct.len());
    assert_eq!(jittered(HOUR, FeedNo(3)), jittered(HOUR, FeedNo(3)));
}

#[test]
fn nothing_is_polled_below_the_minimum() {
    let settings = PollSettings { interval: 15 * MIN, ..PollSettings::default() };
    for feed in 0..1000 {
        let history = History { feed: FeedNo(feed), ..history() };
        let good = after_success(&plan(&settings), &history, &Success::default());
        let bad = after_failure(&plan(&settings), &history, FailureKind::Status, None);
        assert!(between(at(NOON), good.min(bad)) >= 15 * MIN);
    }
}

#[test]
fn failures_back_off_to_a_day_and_never_end() {
    let failed = |failures| History { failures, failure: Some(FailureKind::Status), ..history() };
    for kind in [FailureKind::Status, FailureKind::Dns, FailureKind::NotAFeed, FailureKind::Address] {
        check_failure(&failed(0), kind, None, HOUR);
        check_failure(&failed(1), kind, None, HOUR.mul_f64(1.8));
        check_failure(&failed(2), kind, None, HOUR.mul_f64(3.24));
        check_failure(&failed(6), kind, None, DAY);
        check_failure(&failed(u32::MAX), kind, None, DAY);
    }
}

#[test]
fn a_limit_doubles_the_wait_or_keeps_to_what_was_asked() {
    let limited = FailureKind::Limited;
    check_failure(&history(), limited, None, 2 * HOUR);
    check_failure(&history(), limited, Some(MIN), HOUR);
    check_failure(&history(), limited, Some(9 * HOUR), 9 * HOUR);
    check_failure(&history(), limited, Some(7 * DAY), 7 * DAY);
    let settings = PollSettings::default();
    for feed in 0..1000 {
        let history = History { feed: FeedNo(feed), ..history() };
        let next = after_failure(&plan(&settings), &history, limited, Some(9 * HOUR));
        assert!(between(at(NOON), next) >= 9 * HOUR, "Retry-After is not undercut by jitter");
    }
}

#[test]
fn a_feed_that_is_gone_is_asked_thrice_over_days_and_then_once_a_month() {
    let settings = PollSettings::default();
    for feed in 0..100 {
        let mut history =
            History { feed: FeedNo(feed), failures: 12, failure: Some(FailureKind::Status), ..history() };
        let mut now = at(NOON);
        for expected in [DAY, 2 * DAY, 30 * DAY, 30 * DAY] {
            let plan = Plan { now, ..plan(&settings) };
            let next = after_failure(&plan, &history, FailureKind::Gone, None);
            assert_about(between(now, next), expected);
            history.failure = Some(FailureKind::Gone);
            history.polled_at = Some(now);
            history.waited = Some(between(now, next));
            now = next;
        }
    }
}

#[test]
fn a_410_asked_again_within_the_hour_confirms_nothing() {
    let gone = |waited| History {
        failure: Some(FailureKind::Gone),
        polled_at: Some(at("2026-11-23T11:30:00Z")),
        waited: Some(waited),
        ..history()
    };
    for waited in [DAY, 2 * DAY, 30 * DAY] {
        check_failure(&gone(waited), FailureKind::Gone, None, waited);
    }
}

#[test]
fn being_offline_is_asked_again_soon() {
    let history = History { failures: 9, failure: Some(FailureKind::Offline), ..history() };
    check_failure(&history, FailureKind::Offline, None, OFFLINE_RETRY);
}

#[test]
fn we_are_offline_when_no_host_of_several_can_be_reached() {
    use FailureKind::{Address, Connect, Dns, Status, Timeout};
    let check = |latest: &[(&str, Option<FailureKind>)], expected: bool| {
        let outcomes = latest.iter().map(|&(host, failure)| Outcome { host, failure });
        assert_eq!(looks_offline(outcomes), expected, "{latest:?}");
    };
    check(&[("a", Some(Dns)), ("b", Some(Connect)), ("c", Some(Timeout))], true);
    check(&[("a", Some(Dns)), ("b", Some(Dns)), ("c", Some(Dns)), ("d", Some(Address))], true);
    check(&[("a", Some(Dns)), ("b", Some(Dns)), ("c", Some(Dns)), ("d", None)], false);
    check(&[("a", Some(Dns)), ("b", Some(Dns)), ("c", Some(Dns)), ("d", Some(Status))], false);
    check(&[("a", Some(Dns)), ("a", Some(Dns)), ("a", Some(Dns)), ("b", Some(Dns))], false);
    check(&[], false);
}

#[test]
fn the_gap_is_the_mean_of_the_latest_entries_with_the_silence_since() {
    let ago = |hours: i64| at(NOON) - SignedDuration::from_hours(hours);
    let gap = |hours: &[i64]| typical_gap(hours.iter().map(|&h| ago(h)), at(NOON));
    assert_eq!(gap(&[1, 2, 3, 4]), Some(HOUR));
    assert_eq!(gap(&[24, 24, 24, 24]), Some(6 * HOUR));
    assert_eq!(gap(&[3, -5, 0]), Some(HOUR));
    assert_eq!(gap(&[1, 2]), None);
    assert_eq!(gap(&[]), None);
    let many: Vec<i64> = (1..=12).chain([5000; 50]).collect();
    assert_eq!(gap(&many), Some(HOUR));
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    let settings =
        PollSettings { max_interval: Duration::MAX, interval: Duration::MAX, ..PollSettings::default() };
    for now in [Timestamp::MIN, Timestamp::MAX] {
        let plan = Plan { now, ..plan(&settings) };
        let hints = Hints { ttl: Some(Duration::MAX), skip_hours: 0xff_fffe, ..Hints::default() };
        let success = Success { hints, fresh_for: Some(Duration::MAX), ..Success::default() };
        assert!(after_success(&plan, &history(), &success) >= now);
        assert!(after_failure(&plan, &history(), FailureKind::Gone, Some(Duration::MAX)) >= now);
    }
}

#[test]
fn what_the_document_says_of_polling_is_understood() {
    let said = model::Hints {
        ttl_min: Some(90),
        skip_hours: vec![0, 23, 24, 99],
        // Sunday and Monday.
        skip_days: vec![0, 1, 9],
        update_s: Some(7_200),
    };
    let hints = Hints::from(&said);
    assert_eq!((hints.ttl, hints.sy), (Some(90 * MIN), Some(120 * MIN)));
    assert_eq!((hints.skip_hours, hints.skip_days), (1 | 1 << 23, 1 | 1 << 6));
    assert_eq!(Hints::from(&model::Hints::default()), Hints::default());
}

const OLD: &str = "https://old.example/feed";
const NEW: &str = "https://new.example/feed";

fn state() -> FeedState {
    FeedState {
        no: FeedNo(1),
        url: OLD.to_owned(),
        first_url: OLD.to_owned(),
        title: None,
        site_url: None,
        validators: Validators::default(),
        body_hash: None,
        added_at: at(NOON),
        polled_at: None,
        read_at: None,
        changed_at: None,
        next_poll_at: at(NOON),
        failures: 0,
        failure: None,
        note: None,
        moved: None,
        habits: Habits::default(),
    }
}

#[test]
fn a_shorter_interval_brings_a_waiting_poll_forward_and_nothing_else_does() {
    let settings = PollSettings::default();
    // It was polled an hour and a half ago, with an interval of a day.
    let waiting = FeedState {
        polled_at: Some(at("2026-11-23T10:30:00Z")),
        changed_at: Some(at("2026-11-23T10:30:00Z")),
        next_poll_at: at("2026-11-24T10:30:00Z"),
        ..state()
    };
    let forward = |state: &FeedState, own: Duration| {
        let plan = Plan { own_interval: Some(own), ..plan(&settings) };
        brought_forward(&plan, state).map(|next| between(at(NOON), next))
    };
    assert_eq!(forward(&waiting, HOUR), Some(Duration::ZERO));
    assert_about(forward(&waiting, 4 * HOUR).unwrap() + HOUR * 3 / 2, 4 * HOUR);
    assert_eq!(forward(&waiting, 30 * HOUR), None);
    // What the publisher asked for holds.
    let mut hinted = waiting.clone();
    hinted.habits.hints.ttl_min = Some(6 * 60);
    assert!(forward(&hinted, HOUR).unwrap() >= HOUR * 9 / 2);
    let mut fresh = waiting.clone();
    fresh.habits.fresh_until = Some(at("2026-11-23T20:30:00Z"));
    assert!(forward(&fresh, HOUR).unwrap() >= HOUR * 17 / 2);
    // And so does a reason to wait that is no interval.
    let mut others = [waiting.clone(), waiting.clone(), waiting.clone(), waiting];
    others[0].failures = 1;
    others[1].habits.held_by = Some("old.example".to_owned());
    others[2].habits.pushed_until = Some(at("2026-11-25T00:00:00Z"));
    others[3].polled_at = None;
    for other in others {
        assert_eq!(forward(&other, HOUR), None, "{other:?}");
    }
}

#[test]
fn a_feed_refused_for_its_private_address_is_polled_at_once_when_that_is_allowed() {
    let refused = |kind| FeedState {
        polled_at: Some(at("2026-11-23T11:30:00Z")),
        next_poll_at: at("2026-11-23T12:30:00Z"),
        failures: 1,
        failure: Some(PollFailure { kind, detail: String::new() }),
        ..state()
    };
    let forward = |state: &FeedState, allow_private| {
        let settings = PollSettings { allow_private, ..PollSettings::default() };
        brought_forward(&plan(&settings), state)
    };
    assert_eq!(forward(&refused(FailureKind::Address), true), Some(at(NOON)));
    assert_eq!(forward(&refused(FailureKind::Address), false), None);
    assert_eq!(forward(&refused(FailureKind::Status), true), None);
    let mut held = refused(FailureKind::Address);
    held.habits.held_by = Some("old.example".to_owned());
    assert_eq!(forward(&held, true), None);
}

/// Polls `state` once a day; each day says where permanent redirects lead and whether the document overlaps. Returns
/// the address that is asked after that.
fn asked_after(state: &mut FeedState, days: &[(Option<&str>, bool)]) -> String {
    let mut now = at(NOON);
    for &(permanent, overlaps) in days {
        let asked = moves::address(state, now).to_owned();
        let permanent = permanent.filter(|_| asked == state.url);
        state.moved = moves::after_poll(state, &asked, permanent, overlaps, now);
        now = later(now, DAY);
    }
    moves::address(state, now).to_owned()
}

#[test]
fn a_redirect_that_held_for_days_is_kept_for_good() {
    let moved = (Some(NEW), true);
    assert_eq!(asked_after(&mut state(), &[moved; 2]), OLD);
    assert_eq!(asked_after(&mut state(), &[moved; 3]), NEW);
    assert_eq!(asked_after(&mut state(), &[moved; 9]), NEW);
    // Entries of the old address may leave the feed in the meantime.
    assert_eq!(asked_after(&mut state(), &[moved, (Some(NEW), false), (Some(NEW), false)]), NEW);
}

#[test]
fn a_redirect_that_stops_or_leads_elsewhere_is_forgotten() {
    let moved = (Some(NEW), true);
    assert_eq!(asked_after(&mut state(), &[moved, moved, (None, true), moved, moved]), OLD);
    assert_eq!(
        asked_after(&mut state(), &[moved, moved, (Some("https://third.example/"), true), moved]),
        OLD
    );
}

#[test]
fn a_redirect_to_another_document_is_never_believed() {
    let strange = (Some(NEW), false);
    let later_alike = (Some(NEW), true);
    let mut state = state();
    assert_eq!(asked_after(&mut state, &[strange, later_alike, later_alike, later_alike, later_alike]), OLD);
    assert_eq!(moves::settled(&state, Timestamp::MAX), None);
}

#[test]
fn the_old_address_is_asked_again_when_the_new_one_keeps_failing() {
    let mut state = state();
    assert_eq!(asked_after(&mut state, &[(Some(NEW), true); 5]), NEW);
    let now = later(at(NOON), 5 * DAY);
    state.failures = 3;
    assert_eq!(moves::address(&state, now), OLD);
    assert_eq!(moves::settled(&state, now), Some(NEW));
    state.moved = moves::after_poll(&state, OLD, None, true, now);
    assert_eq!(state.moved, None);
}
