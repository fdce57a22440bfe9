//! Dates as they are found: RFC 822, RFC 3339, W3CDTF and what people write instead of them.
//!
//! Impossible dates are rejected. It knows calendars and the names of months; it must not read a clock.

use super::month::{day_half, month, month_name};
use super::zone::{without_zone, zone};
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};

/// A date longer than this is none, in bytes.
const MAX_BYTES: usize = 120;

/// Reads a date in any of the forms that feeds use.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_BYTES {
        return None;
    }
    let (text, zone) = without_zone(text);
    let tokens = with_named_months(tokens(&text.to_lowercase()));
    compact(&tokens).or_else(|| {
        let mut parts = Parts { zone, ..Parts::default() };
        let rest = parts
            .read_week(&tokens)
            .or_else(|| parts.read_numeric(&tokens))
            .or_else(|| parts.read_named(&tokens))?;
        parts.read_time(&rest)?;
        parts.finish()
    })
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// Value and number of digits.
    Number(i64, usize),
    Word(String),
    Mark(char),
    Blank,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first.is_ascii_digit() {
            let length = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
            (Token::Number(rest[..length].parse().unwrap_or(i64::MAX), length), length)
        } else if first.is_alphabetic() {
            let length = rest.find(|c: char| !c.is_alphabetic() && c != '\u{301}').unwrap_or(rest.len());
            (Token::Word(rest[..length].to_owned()), length)
        } else if first.is_whitespace() {
            (Token::Blank, rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()))
        } else {
            (Token::Mark(first), first.len_utf8())
        };
        out.push(token);
        rest = &rest[length..];
    }
    out
}

/// `3월` and `3月` are names of months, where no unit of a year says that all are units.
fn with_named_months(mut tokens: Vec<Token>) -> Vec<Token> {
    let is = |token: &Token, words: [&str; 2]| matches!(token, Token::Word(word) if words.contains(&word.as_str()));
    let has_years = tokens.iter().any(|token| is(token, ["年", "년"]));
    let month = tokens.windows(2).position(|pair| {
        matches!(pair[0], Token::Number(1..=12, 1..=2)) && is(&pair[1], ["月", "월"]) && !has_years
    });
    if let Some(at) = month
        && let Token::Number(number, _) = tokens[at]
    {
        tokens.splice(at..at + 2, [Token::Word(month_name(number).to_owned())]);
    }
    tokens
}

/// One number alone: seconds or milliseconds since 1970, or a date without marks.
fn compact(tokens: &[Token]) -> Option<Timestamp> {
    let (value, digits) = match tokens {
        [Token::Number(value, digits)] => (*value, *digits),
        [Token::Number(value, digits), Token::Mark('.'), Token::Number(..)] if *digits >= 9 => {
            (*value, *digits)
        }
        _ => return None,
    };
    match digits {
        9..=11 => Timestamp::from_second(value).ok(),
        13 => Timestamp::from_second(value / 1_000).ok(),
        14 => {
            let time = value % 1_000_000;
            let parts = Parts {
                year: Some(value / 10_000_000_000),
                month: Some(value / 100_000_000 % 100),
                day: Some(value / 1_000_000 % 100),
                hour: time / 10_000,
                minute: time / 100 % 100,
                second: time % 100,
                ..Parts::default()
            };
            parts.finish()
        }
        _ => None,
    }
}

#[derive(Debug, Default)]
struct Parts {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    ordinal: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    /// Seconds east of Greenwich as a number says.
    offset_s: Option<i64>,
    /// Seconds east of Greenwich, from the name of a zone. One name stands for several zones, so a numeric offset
    /// wins over it.
    named_s: Option<i64>,
    /// The zone of the IANA database.
    zone: Option<TimeZone>,
    afternoon: Option<bool>,
}

impl Parts {
    /// Reads a date of numbers alone at the start (`2003-12-31`, `31.12.2003`, `2003-365`, `20031231`, `2003年12月31日`).
    /// Returns what follows it.
    fn read_numeric(&mut self, tokens: &[Token]) -> Option<Vec<Token>> {
        let is_month = |token: &Token| matches!(token, Token::Word(word) if month(word).is_some());
        let named = tokens.iter().any(is_month);
        let start = tokens.iter().position(|token| matches!(token, Token::Number(..)))?;
        let tokens = &tokens[start..];
        let mut numbers: Vec<(i64, usize)> = Vec::new();
        let mut mark = None;
        let mut at = 0;
        while let Some(Token::Number(value, digits)) = tokens.get(at) {
            numbers.push((*value, *digits));
            at += 1;
            if numbers.len() == 3 {
                break;
            }
            let Some(next) = separator(&tokens[at..]) else { break };
            mark = mark.or(Some(next.0));
            at += next.1;
        }
        if matches!(tokens.get(at), Some(Token::Word(word)) if is_unit(word)) {
            at += 1;
        }
        if named && numbers.len() < 3 {
            return None;
        }
        self.set_numeric(&numbers, mark)?;
        Some(tokens[at..].to_vec())
    }

    /// Reads a date by its week at the start (ISO 8601 §5.2.3: `2026-W10-2`). Returns what follows it.
    fn read_week(&mut self, tokens: &[Token]) -> Option<Vec<Token>> {
        let marks = |tokens: &[Token]| usize::from(tokens.first() == Some(&Token::Mark('-')));
        let [Token::Number(year, 4), rest @ ..] = tokens else { return None };
        let [Token::Word(w), rest @ ..] = &rest[marks(rest)..] else { return None };
        let (week, day, rest) = match rest {
            [Token::Number(week, 2), Token::Mark('-'), Token::Number(day, 1), rest @ ..] => {
                (*week, *day, rest)
            }
            [Token::Number(both, 3), rest @ ..] => (both / 10, both % 10, rest),
            [Token::Number(week, 2), rest @ ..] => (*week, 1, rest),
            _ => return None,
        };
        let weekday = Weekday::from_monday_one_offset(i8::try_from(day).ok()?).ok()?;
        let (year, week) = (i16::try_from(*year).ok()?, i8::try_from(week).ok()?);
        let date = ISOWeekDate::new(year, week, weekday).ok().filter(|_| w == "w")?.date();
        self.year = Some(date.year().into());
        (self.month, self.day) = (Some(date.month().into()), Some(date.day().into()));
        // The `t` in front of a time says nothing.
        Some(rest.to_vec())
    }

    fn set_numeric(&mut self, numbers: &[(i64, usize)], mark: Option<char>) -> Option<()> {
        match *numbers {
            [(value, 8)] => {
                (self.year, self.month, self.day) =
                    (Some(value / 10_000), Some(value / 100 % 100), Some(value % 100));
            }
            [(value, 7)] => (self.year, self.ordinal) = (Some(value / 1_000), Some(value % 1_000)),
            [(value, 6)] => {
                (self.year, self.month, self.day) =
                    (Some(century(value / 10_000)), Some(value / 100 % 100), Some(value % 100));
            }
            [(value, 5)] => (self.year, self.ordinal) = (Some(century(value / 1_000)), Some(value % 1_000)),
            [(year, 4)] => (self.year, self.month, self.day) = (Some(year), Some(1), Some(1)),
            [(year, 4), (ordinal, 3)] => (self.year, self.ordinal) = (Some(year), Some(ordinal)),
            [(year, 2), (ordinal, 3)] => (self.year, self.ordinal) = (Some(century(year)), Some(ordinal)),
            [(year, 4), (month, 1..=2)] => {
                (self.year, self.month, self.day) = (Some(year), Some(month), Some(1));
            }
            [(year, 2), (month, 2)] if mark == Some('-') => {
                (self.year, self.month, self.day) = (Some(century(year)), Some(month), Some(1));
            }
            [(year, 4), (month, 1..=2), (day, 1..=2)] => {
                (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
            }
            [(first, 1..=2), (second, 1..=2), (year, 4)] => {
                // 31.12.2003 and 31-12-2003 put the day first; 12/31/2003 the month, unless there is no such month.
                let month_first = if mark == Some('/') { first <= 12 } else { second > 12 };
                let (month, day) = if month_first { (first, second) } else { (second, first) };
                (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
            }
            [(first, 2), (second, 1..=2), (third, 2)] => {
                let (year, month, day) = match mark {
                    Some('/') if first <= 12 => (third, first, second),
                    Some('/' | '.') => (third, second, first),
                    _ => (first, second, third),
                };
                (self.year, self.month, self.day) = (Some(century(year)), Some(month), Some(day));
            }
            [(first, 1), (second, 1..=2), (year, 2)] if mark == Some('/') => {
                (self.year, self.month, self.day) = (Some(century(year)), Some(first), Some(second));
            }
            _ => return None,
        }
        Some(())
    }

    /// Reads a date with a month's name. Returns what is left without it: time and zone.
    fn read_named(&mut self, tokens: &[Token]) -> Option<Vec<Token>> {
        // The last name of a month counts: `mar.` may also be a Tuesday (mardi, martes, martedì), which comes before
        // the month.
        let at =
            tokens.iter().rposition(|token| matches!(token, Token::Word(word) if month(word).is_some()))?;
        let Token::Word(name) = &tokens[at] else { return None };
        self.month = month(name);
        let mut rest = Vec::with_capacity(tokens.len());
        for (index, token) in tokens.iter().enumerate() {
            let in_time = matches!(tokens.get(index + 1), Some(Token::Mark(':')))
                || (index > 0 && matches!(tokens[index - 1], Token::Mark(':' | '+')))
                || (index > 1
                    && tokens[index - 1] == Token::Mark('.')
                    && matches!(tokens[index - 2], Token::Number(..))
                    && rest.len() > 3);
            match token {
                Token::Number(value, digits)
                    if !in_time && self.takes(*value, *digits, tokens, index, at) => {}
                Token::Word(_) if index == at => {}
                token => rest.push(token.clone()),
            }
        }
        self.day = self.day.or(Some(1));
        Some(rest)
    }

    /// Takes a number beside a month's name for the day or the year.
    fn takes(&mut self, value: i64, digits: usize, tokens: &[Token], index: usize, month_at: usize) -> bool {
        // `-0500` behind a time is a zone.
        let is_zone = digits == 4
            && index > month_at + 1
            && tokens[index - 1] == Token::Mark('-')
            && (self.year.is_some() || tokens[..index].contains(&Token::Mark(':')));
        if is_zone {
            return false;
        }
        let has_year = self.year.is_some() || tokens.iter().any(|token| matches!(token, Token::Number(_, 4)));
        match digits {
            4 if self.year.is_none() => self.year = Some(value),
            2 if self.day.is_none() && value > 31 && !has_year => self.year = Some(century(value)),
            1 | 2 if self.day.is_none() => self.day = Some(value),
            2 if self.year.is_none() => self.year = Some(century(value)),
            3 if self.year.is_none() => self.year = Some(1_900 + value),
            _ => return false,
        }
        true
    }

    /// Reads time, half of the day and zone, and passes over everything else.
    fn read_time(&mut self, tokens: &[Token]) -> Option<()> {
        let mut at = 0;
        let mut has_time = false;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                Token::Number(hour, 1..=2) if !has_time => {
                    has_time = true;
                    self.hour = *hour;
                    at += self.read_minutes(&tokens[at..]);
                }
                Token::Number(value, 4 | 6) if !has_time => {
                    has_time = true;
                    let value = if matches!(token, Token::Number(_, 4)) { value * 100 } else { *value };
                    (self.hour, self.minute, self.second) = (value / 10_000, value / 100 % 100, value % 100);
                }
                Token::Mark(sign @ ('+' | '-' | '−')) if has_time => {
                    let (offset, length) = offset(&tokens[at..])?;
                    // A lone sign says nothing.
                    if length > 0 {
                        self.offset_s = Some(if *sign == '+' { offset } else { -offset });
                    }
                    at += length;
                }
                Token::Word(word) => {
                    if let Some(afternoon) = day_half(word, &tokens_text(&tokens[at..])) {
                        self.afternoon = Some(afternoon);
                    } else if let Some(minutes) = zone(word) {
                        self.named_s = Some(minutes * 60);
                    }
                }
                _ => {}
            }
        }
        Some(())
    }

    /// Reads `:MM[:SS[.fraction]]`, or the minutes behind a word for the hour (`14h05`, `14 Uhr 05`). Returns how many
    /// tokens that took.
    fn read_minutes(&mut self, tokens: &[Token]) -> usize {
        if let Some((minute, length)) = minutes_in_words(tokens) {
            self.minute = minute;
            return length;
        }
        let [Token::Mark(':' | '.'), Token::Number(minute, 1..=2), ..] = tokens else { return 0 };
        self.minute = *minute;
        let (Some(Token::Mark(':' | '.')), Some(Token::Number(second, 1..=2))) =
            (tokens.get(2), tokens.get(3))
        else {
            return 2;
        };
        self.second = *second;
        let (Some(Token::Mark('.' | ',' | ':')), Some(Token::Number(..))) = (tokens.get(4), tokens.get(5))
        else {
            return 4;
        };
        6
    }

    fn finish(self) -> Option<Timestamp> {
        let year = i16::try_from(self.year?).ok()?;
        let date = match self.ordinal {
            Some(ordinal) => {
                let first = Date::new(year, 1, 1).ok()?;
                let in_year = (1..=i64::from(first.days_in_year())).contains(&ordinal);
                first.checked_add(Span::new().days(ordinal - 1)).ok().filter(|_| in_year)?
            }
            None => Date::new(year, i8::try_from(self.month?).ok()?, i8::try_from(self.day?).ok()?).ok()?,
        };
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        // 24:00 is the end of a day, and second 60 a leap second.
        let possible =
            (0..=23).contains(&hour) && (0..=59).contains(&self.minute) && (0..=60).contains(&self.second)
                || (hour, self.minute, self.second) == (24, 0, 0);
        if !possible {
            return None;
        }
        let seconds = hour * 3_600 + self.minute * 60 + self.second.min(59);
        let local = date.at(0, 0, 0, 0).checked_add(Span::new().seconds(seconds)).ok()?;
        if let (None, Some(zone)) = (self.offset_s, self.zone) {
            return zone.to_ambiguous_timestamp(local).compatible().ok();
        }
        let east = self.offset_s.or(self.named_s).unwrap_or(0);
        Timestamp::from_second(Offset::UTC.to_timestamp(local).ok()?.as_second() - east).ok()
    }
}

/// What stands between the numbers of a date, and how many tokens it takes. Blanks around it do not count.
fn separator(tokens: &[Token]) -> Option<(char, usize)> {
    let blanks = tokens.iter().take_while(|token| **token == Token::Blank).count();
    let mark = match tokens.get(blanks)? {
        Token::Mark(mark @ ('-' | '/' | '.')) => *mark,
        Token::Word(word) if is_unit(word) => '-',
        _ => return None,
    };
    let after = tokens[blanks + 1..].iter().take_while(|token| **token == Token::Blank).count();
    matches!(tokens.get(blanks + 1 + after), Some(Token::Number(..))).then_some((mark, blanks + 1 + after))
}

/// Year, month and day in Chinese, Japanese and Korean.
fn is_unit(word: &str) -> bool {
    matches!(word, "年" | "月" | "日" | "년" | "월" | "일")
}

/// Hours and minutes behind a sign, in seconds, and how many tokens they took.
fn offset(tokens: &[Token]) -> Option<(i64, usize)> {
    let (hours, minutes, length) = match tokens {
        [Token::Number(hours, 1..=2), Token::Mark(':'), Token::Number(minutes, 2), ..] => {
            (*hours, *minutes, 3)
        }
        [Token::Number(value, 3..=4), ..] => (value / 100, value % 100, 1),
        [Token::Number(hours, 1..=2), ..] => (*hours, 0, 1),
        _ => return Some((0, 0)),
    };
    (hours <= 26 && minutes <= 59).then_some((hours * 3_600 + minutes * 60, length))
}

/// Two digits of a year (RFC 2822 §4.3).
fn century(year: i64) -> i64 {
    if year < 50 { 2_000 + year } else { 1_900 + year }
}

/// The minutes behind a word for the hour, and how many tokens word and minutes take.
fn minutes_in_words(tokens: &[Token]) -> Option<(i64, usize)> {
    let blank = |at: usize| usize::from(tokens.get(at) == Some(&Token::Blank));
    let word_at = blank(0);
    let is_hour = matches!(tokens.get(word_at)?, Token::Word(word) if word == "h" || word == "uhr");
    let minute_at = word_at + 1 + blank(word_at + 1);
    match tokens.get(minute_at)? {
        Token::Number(minute, 2) if is_hour => Some((*minute, minute_at + 1)),
        _ => None,
    }
}

/// The next few tokens as text, for marks such as `a.m.`.
fn tokens_text(tokens: &[Token]) -> String {
    let mut out = String::new();
    for token in tokens.iter().take(3) {
        match token {
            Token::Word(word) => out.push_str(word),
            Token::Mark(mark) => out.push(*mark),
            _ => out.push(' '),
        }
    }
    out
}

#[cfg(test)]
mod tests;
