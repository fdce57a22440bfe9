//! The results of a feed's polls on each of the last days, so that the operator sees whether the feed is healthy.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many days are remembered.
pub const HISTORY_DAYS: usize = 14;

/// The last days of a feed, those of UTC. Written with every poll, and so kept small.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// The last day that is noted, counted from 1970-01-01.
    last: i64,
    /// Polls, failed polls and entries of each day up to that one, the last day first.
    days: Vec<(u32, u32, u32)>,
}

/// One day of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Day {
    /// Polls, failed ones included.
    pub polls: u32,
    /// Failed ones.
    pub failed: u32,
    /// Entries that were new or had changed.
    pub entries: u32,
}

impl History {
    /// Notes a poll that has failed.
    pub fn note_failure(&mut self, at: Timestamp) {
        self.note(at, (1, 1, 0));
    }

    /// Notes a good poll, and how many entries it brought.
    pub fn note_poll(&mut self, at: Timestamp, entries: usize) {
        self.note(at, (1, 0, u32::try_from(entries).unwrap_or(u32::MAX)));
    }

    /// Notes entries that came without a poll.
    pub fn note_push(&mut self, at: Timestamp, entries: usize) {
        self.note(at, (0, 0, u32::try_from(entries).unwrap_or(u32::MAX)));
    }

    fn note(&mut self, at: Timestamp, (polls, failed, entries): (u32, u32, u32)) {
        let day = day_of(at);
        if self.days.is_empty() || day < self.last.saturating_sub(HISTORY_DAYS as i64) {
            // Days after `now` were noted while the clock was ahead.
            (self.last, self.days) = (day, vec![(0, 0, 0)]);
        }
        let passed = usize::try_from(day.saturating_sub(self.last)).unwrap_or(0).min(HISTORY_DAYS);
        if passed > 0 {
            self.days.splice(0..0, std::iter::repeat_n((0, 0, 0), passed));
            self.last = day;
        }
        self.days.truncate(HISTORY_DAYS);
        let back = usize::try_from(self.last.saturating_sub(day)).unwrap_or(0);
        if let Some(noted) = self.days.get_mut(back) {
            noted.0 = noted.0.saturating_add(polls);
            noted.1 = noted.1.saturating_add(failed);
            noted.2 = noted.2.saturating_add(entries);
        }
    }

    /// The [`HISTORY_DAYS`] up to a moment, the oldest first.
    pub fn until(&self, now: Timestamp) -> Vec<Day> {
        let today = day_of(now);
        let of = |back: usize| {
            let at = self.last.saturating_sub(today.saturating_sub(back as i64));
            let noted = usize::try_from(at).ok().and_then(|at| self.days.get(at));
            noted.map_or_else(Day::default, |(polls, failed, entries)| Day {
                polls: *polls,
                failed: *failed,
                entries: *entries,
            })
        };
        (0..HISTORY_DAYS).rev().map(of).collect()
    }
}

fn day_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400 + 5).unwrap()
    }

    /// Polls, failures and entries of each day.
    fn days(history: &History, until: i64) -> Vec<(u32, u32, u32)> {
        history.until(at(until)).iter().map(|day| (day.polls, day.failed, day.entries)).collect()
    }

    #[test]
    fn each_of_the_last_days_is_told_of() {
        let mut history = History::default();
        history.note_poll(at(100), 3);
        history.note_poll(at(100), 0);
        history.note_failure(at(102));
        history.note_push(at(102), 2);
        assert_eq!(days(&history, 102)[11..], [(2, 0, 3), (0, 0, 0), (1, 1, 2)]);
        assert_eq!(days(&history, 103)[10..], [(2, 0, 3), (0, 0, 0), (1, 1, 2), (0, 0, 0)]);
        assert_eq!(days(&history, 200), [(0, 0, 0); HISTORY_DAYS]);
        assert_eq!(days(&History::default(), 5), [(0, 0, 0); HISTORY_DAYS]);
    }

    #[test]
    fn it_stays_small_and_bears_a_clock_that_jumps() {
        let mut history = History::default();
        for day in [1, 2, 3, 40, 41, 900, 899, 10, 12] {
            history.note_poll(at(day), 1);
            assert!(history.days.len() <= HISTORY_DAYS);
        }
        assert_eq!(days(&history, 12)[11..], [(1, 0, 1), (0, 0, 0), (1, 0, 1)]);
        history.note_poll(Timestamp::MAX, usize::MAX);
        history.note_poll(Timestamp::MIN, usize::MAX);
        history.note_poll(Timestamp::MIN, usize::MAX);
        assert_eq!(history.until(Timestamp::MIN).len(), HISTORY_DAYS);
    }
}
