//! A cron line of five fields, read the way people and crontab write it, and iterated in civil time.
//!
//! The `cron` crate does the calendar; this wrapper gives it what it lacks: Sunday as 0 or 7, "day of month or
//! weekday" when both are set (POSIX crontab), and daylight saving: a time that the clock skips is due when the gap
//! ends, a time that comes twice is due the first time.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use cron::Schedule;
use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::str::FromStr;

/// A schedule in civil time. Two are equal when they were written alike.
#[derive(Debug, Clone)]
pub struct Cron {
    written: String,
    /// One schedule, or two when day of month and weekday are both restricted: due when either is.
    either: Vec<Schedule>,
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// What is wrong with a cron line, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CronError(String);

const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const FIELDS: [&str; 5] = ["minute", "hour", "day of month", "month", "weekday"];

/// No clock change known to the tz database skips or repeats more than this, but for a country crossing the date
/// line, where a skipped day is due once the next begins.
const GAP: SignedDuration = SignedDuration::from_hours(3);

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(line: &str) -> Result<Self, CronError> {
        let expanded = match line.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * SUN",
            "@monthly" => "0 0 1 * *",
            other => other,
        };
        let fields: Vec<&str> = expanded.split_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(CronError(format!(
                "a schedule has five fields (minute, hour, day of month, month, weekday); this has {}",
                fields.len()
            )));
        };
        let weekdays = weekday_list(weekday)?;
        let parse = |day: &str, weekday: &str| {
            Schedule::from_str(&format!("0 {minute} {hour} {day} {month} {weekday}"))
                .map_err(|_| CronError(blame(&[minute, hour, day, month])))
        };
        let either = if day.starts_with('*') || weekday.starts_with('*') {
            vec![parse(day, &weekdays)?]
        } else {
            vec![parse(day, "*")?, parse("*", &weekdays)?]
        };
        let cron = Self { written: expanded.to_owned(), either };
        if cron.civil_after(civil::date(2024, 1, 1).at(0, 0, 0, 0)).next().is_none() {
            return Err(CronError("no day of the calendar ever matches this schedule".to_owned()));
        }
        Ok(cron)
    }
}

impl Cron {
    /// The first due time strictly after `now`; `None` when the calendar runs out (after the year 2099).
    pub fn next_after(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // A time skipped by a clock change is due later than its civil time says, so look from before the gap, and
        // do not trust civil order within it.
        let from = zone.to_datetime(now).saturating_sub(GAP);
        let mut best: Option<(civil::DateTime, Timestamp)> = None;
        for due in self.civil_after(from) {
            if let Some((found, _)) = best
                && due > found.saturating_add(GAP)
            {
                break;
            }
            let Ok(at) = zone.to_ambiguous_timestamp(due).compatible() else { break };
            if at > now && best.is_none_or(|(_, earliest)| at < earliest) {
                best = Some((best.map_or(due, |(found, _)| found), at));
            }
        }
        best.map(|(_, at)| at)
    }

    /// The last due time at or before `now`, looking back five years.
    pub fn last_until(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        [1, 24, 7 * 24, 32 * 24, 367 * 24, 5 * 367 * 24].into_iter().find_map(|hours| {
            let mut at = now.checked_sub(SignedDuration::from_hours(hours)).ok()?;
            let mut last = None;
            while let Some(due) = self.next_after(at, zone).filter(|due| *due <= now) {
                last = Some(due);
                at = due;
            }
            last
        })
    }

    /// The same days, once at this hour.
    #[must_use]
    pub fn at_hour(&self, hour: u8) -> Self {
        let days = self.written.split_whitespace().skip(2).collect::<Vec<_>>().join(" ");
        format!("0 {hour} {days}").parse().unwrap_or_else(|_| self.clone())
    }

    /// The schedule as written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    fn civil_after(&self, from: civil::DateTime) -> impl Iterator<Item = civil::DateTime> {
        let from = to_chrono(from);
        let mut sources: Vec<_> =
            self.either.iter().filter_map(|schedule| Some(schedule.after(&from?).peekable())).collect();
        std::iter::from_fn(move || {
            let next = sources.iter_mut().filter_map(|source| source.peek().copied()).min()?;
            for source in &mut sources {
                source.next_if_eq(&next);
            }
            from_chrono(next)
        })
    }
}

fn to_chrono(at: civil::DateTime) -> Option<DateTime<Utc>> {
    let date = NaiveDate::from_ymd_opt(i32::from(at.year()), at.month() as u32, at.day() as u32)?;
    Some(date.and_hms_opt(at.hour() as u32, at.minute() as u32, at.second() as u32)?.and_utc())
}

fn from_chrono(at: DateTime<Utc>) -> Option<civil::DateTime> {
    let date = civil::Date::new(at.year() as i16, at.month() as i8, at.day() as i8).ok()?;
    Some(date.at(at.hour() as i8, at.minute() as i8, at.second() as i8, 0))
}

/// Turns a weekday field into the crate's names, because its numbers begin with Sunday = 1.
fn weekday_list(field: &str) -> Result<String, CronError> {
    if field == "*" || field == "?" {
        return Ok("*".to_owned());
    }
    let mut days = [false; 7];
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)),
            None => (part, Some(1)),
        };
        let bounds = match range.split_once('-') {
            _ if range == "*" => Some((0, 6)),
            Some((from, to)) => weekday(from).zip(weekday(to)),
            None if part.contains('/') => weekday(range).map(|from| (from, 6)),
            None => weekday(range).map(|day| (day, day)),
        };
        let Some(((from, to), step)) = bounds.zip(step) else {
            return Err(CronError(format!(
                "\"{part}\" is not a weekday: write MON, MON-FRI, or 0 to 7 with Sunday as 0 or 7"
            )));
        };
        // FRI-SUN and 5-7 run over the end of the week.
        let to = if to < from { to + 7 } else { to };
        for day in (from..=to).step_by(step) {
            days[day % 7] = true;
        }
    }
    let names: Vec<&str> = WEEKDAYS.iter().zip(days).filter(|(_, set)| *set).map(|(name, _)| *name).collect();
    Ok(names.join(","))
}

fn weekday(word: &str) -> Option<usize> {
    let named = || WEEKDAYS.iter().position(|day| word.to_ascii_uppercase().starts_with(day));
    word.parse().ok().filter(|day| *day <= 7).or_else(|| word.get(..3).and_then(|_| named()))
}

/// Names the field that the crate refuses; its own messages speak of six fields.
fn blame(fields: &[&str]) -> String {
    for (place, field) in fields.iter().enumerate() {
        let mut alone = ["*"; 5];
        alone[place] = field;
        if Schedule::from_str(&format!("0 {}", alone.join(" "))).is_err() {
            return format!("\"{field}\" is not a {}", FIELDS[place]);
        }
    }
    "this is not a schedule".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(line: &str, zone: &str, now: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        let cron: Cron = line.parse().unwrap();
        let due = cron.next_after(now.parse().unwrap(), &zone).unwrap();
        due.to_zoned_datetime(zone).strftime("%a %Y-%m-%d %H:%M %Z").to_string()
    }

    #[test]
    fn weekdays_are_numbered_as_in_crontab() {
        for line in ["0 7 * * 0", "0 7 * * 7", "0 7 * * SUN", "0 7 * * sunday"] {
            assert_eq!(next(line, "UTC", "2026-11-23T00:00:00Z"), "Sun 2026-11-29 07:00 UTC", "{line}");
        }
        assert_eq!(next("0 7 * * 1-5", "UTC", "2026-11-28T00:00:00Z"), "Mon 2026-11-30 07:00 UTC");
        assert_eq!(next("0 7 * * 5-7", "UTC", "2026-11-29T08:00:00Z"), "Fri 2026-12-04 07:00 UTC");
        assert_eq!(next("0 7 * * FRI-SUN", "UTC", "2026-11-28T08:00:00Z"), "Sun 2026-11-29 07:00 UTC");
    }

    #[test]
    fn at_another_hour_it_is_due_on_the_same_days_and_once() {
        let at_six = |line: &str| line.parse::<Cron>().unwrap().at_hour(6).as_str().to_owned();
        assert_eq!(at_six("30 7,19 * * MON-FRI"), "0 6 * * MON-FRI");
        assert_eq!(at_six("@weekly"), "0 6 * * SUN");
        assert_eq!(at_six("*/5 * 1 * *"), "0 6 1 * *");
    }

    #[test]
    fn day_of_month_and_weekday_both_set_means_either() {
        assert_eq!(next("0 7 13 * FRI", "UTC", "2026-11-23T00:00:00Z"), "Fri 2026-11-27 07:00 UTC");
        assert_eq!(next("0 7 13 * FRI", "UTC", "2026-12-12T00:00:00Z"), "Sun 2026-12-13 07:00 UTC");
    }

    #[test]
    fn a_time_that_the_clock_skips_is_due_when_the_gap_ends() {
        // Berlin goes from 02:00 to 03:00 on 2027-03-28.
        assert_eq!(next("30 2 * * *", "Europe/Berlin", "2027-03-28T00:00:00Z"), "Sun 2027-03-28 03:30 CEST");
        assert_eq!(next("30 2 * * *", "Europe/Berlin", "2027-03-28T01:10:00Z"), "Sun 2027-03-28 03:30 CEST");
        assert_eq!(next("30 2 * * *", "Europe/Berlin", "2027-03-28T01:30:00Z"), "Mon 2027-03-29 02:30 CEST");
        assert_eq!(next("0 * * * *", "Europe/Berlin", "2027-03-28T00:30:00Z"), "Sun 2027-03-28 03:00 CEST");
    }

    #[test]
    fn a_time_that_comes_twice_is_due_once() {
        // Berlin goes from 03:00 back to 02:00 on 2026-10-25.
        assert_eq!(next("30 2 * * *", "Europe/Berlin", "2026-10-24T22:00:00Z"), "Sun 2026-10-25 02:30 CEST");
        assert_eq!(next("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z"), "Mon 2026-10-26 02:30 CET");
        assert_eq!(next("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z"), "Mon 2026-10-26 02:30 CET");
    }

    #[test]
    fn the_last_due_time_is_found_however_long_ago() {
        let zone = TimeZone::UTC;
        let last = |line: &str, now: &str| {
            let cron: Cron = line.parse().unwrap();
            cron.last_until(now.parse().unwrap(), &zone).unwrap().to_string()
        };
        assert_eq!(last("0 7 * * *", "2026-11-23T07:00:00Z"), "2026-11-23T07:00:00Z");
        assert_eq!(last("0 7 * * *", "2026-11-23T06:59:59Z"), "2026-11-22T07:00:00Z");
        assert_eq!(last("0 7 29 2 *", "2026-11-23T06:59:59Z"), "2024-02-29T07:00:00Z");
        assert_eq!(last("* * * * *", "2026-11-23T06:59:59Z"), "2026-11-23T06:59:00Z");
    }

    #[test]
    fn a_bad_line_is_explained() {
        let error = |line: &str| line.parse::<Cron>().unwrap_err().to_string();
        assert!(error("0 7 * *").contains("this has 4"));
        assert!(error("61 7 * * *").contains("\"61\" is not a minute"));
        assert!(error("0 25 * * *").contains("\"25\" is not a hour"));
        assert!(error("0 7 * * 8").contains("\"8\" is not a weekday"));
        assert!(error("0 7 31 2 *").contains("no day"));
        assert!(error("").contains("this has 0"));
    }
}
