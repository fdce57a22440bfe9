//! What the headers and the status of an answer mean: freshness, `Retry-After`, refusals, challenge pages. Pure.

use super::trouble;
use crate::model::{FailureKind, Link};
use jiff::fmt::rfc2822;
use jiff::tz::Offset;
use jiff::{Timestamp, civil};
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap, HeaderName};
use std::time::Duration;
use url::Url;

/// Least wait. A publisher who asks for less, or names a moment that has passed, was polled too soon all the same.
const RETRY_AFTER_FLOOR: Duration = Duration::from_mins(1);
/// Longest wait. A publisher who asks for more is taken to be mistaken; otherwise the feed would be as good as lost.
const RETRY_AFTER_CAP: Duration = Duration::from_hours(7 * 24);

/// How many links of one answer are looked at.
const MAX_ALTERNATES: usize = 20;

/// How long the answer asks us to stay away (RFC 9110 §10.2.3): seconds or a date. `None` when it does not say, or
/// says something that is neither.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = text(headers, &header::RETRY_AFTER)?;
    let wait = match seconds(text) {
        Some(seconds) => Duration::from_secs(seconds),
        None => until(http_date(text)?, now),
    };
    Some(wait.clamp(RETRY_AFTER_FLOOR, RETRY_AFTER_CAP))
}

/// How long the answer stays fresh (RFC 9111 §4.2.1): `max-age` less `Age`, else `Expires` less `Date`. `None` when it
/// does not say, says something unreadable, is stale already, or must not be used without asking (`no-cache`, `no-store`).
pub(super) fn fresh_for(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let directives = || {
        headers
            .get_all(header::CACHE_CONTROL)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .map(|directive| {
                let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
                (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'))
            })
    };
    if directives().any(|(name, _)| name == "no-store" || name == "no-cache") {
        return None;
    }
    let fresh = if let Some((_, value)) = directives().find(|(name, _)| name == "max-age") {
        let age = text(headers, &header::AGE).and_then(seconds).unwrap_or(0);
        Duration::from_secs(seconds(value)?.saturating_sub(age))
    } else {
        let expires = http_date(text(headers, &header::EXPIRES)?)?;
        let sent = text(headers, &header::DATE).and_then(http_date).unwrap_or(now);
        until(expires, sent)
    };
    (!fresh.is_zero()).then_some(fresh)
}

/// The first address of the `Link` headers with this relation, absolute (RFC 8288 §3).
pub(super) fn link(headers: &HeaderMap, rel: &str, base: &Url) -> Option<String> {
    let lines = headers.get_all(header::LINK).iter().filter_map(|line| line.to_str().ok());
    // Each link begins with its address in angle brackets, in which no bracket can stand.
    let links = lines.flat_map(|line| line.split('<').skip(1)).filter_map(|link| link.split_once('>'));
    let has_rel = |parameters: &str| {
        parameters.split([';', ',']).filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
            let mut words = value.trim().trim_matches('"').split_ascii_whitespace();
            name.trim().eq_ignore_ascii_case("rel") && words.any(|word| word.eq_ignore_ascii_case(rel))
        })
    };
    let mut named = links.filter(|(_, parameters)| has_rel(parameters));
    named.find_map(|(address, _)| base.join(address.trim()).ok()).map(String::from)
}

/// What the `Link` headers call the same in another form, each with its type (RFC 8288 §3).
pub(super) fn alternates(headers: &HeaderMap, base: &Url) -> Vec<Link> {
    let lines = headers.get_all(header::LINK).iter().filter_map(|line| line.to_str().ok());
    let links = lines.flat_map(|line| line.split('<').skip(1)).filter_map(|link| link.split_once('>'));
    let alternate = |(address, parameters): (&str, &str)| {
        let find = |name: &str| parameter(parameters, name);
        let rel = find("rel")?.to_ascii_lowercase();
        let url = base.join(address.trim()).ok()?.into();
        let is_one = rel.split_ascii_whitespace().any(|word| word == "alternate");
        is_one.then(|| Link { url, rel, media_type: find("type"), title: find("title") })
    };
    links.filter_map(alternate).filter(|link| link.media_type.is_some()).take(MAX_ALTERNATES).collect()
}

/// A parameter of one link. What stands in quotes may hold the marks that separate parameters and links.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut quoted = false;
    let mut ended = false;
    let parts = parameters.split(|c: char| {
        quoted ^= c == '"';
        ended |= c == ',' && !quoted;
        c == ';' && !quoted || ended
    });
    parts.filter_map(|part| part.split_once('=')).find_map(|(found, value)| {
        let value = value.trim().trim_matches('"');
        found.trim().eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `delta-seconds` (RFC 9111 §1.2.2): digits only; what is too large to count is very long.
fn seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::from(u32::MAX)).min(u64::from(u32::MAX)))
}

fn until(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO)
}

/// A date in any of the three forms of RFC 9110 §5.6.7, with a wrong day of the week if need be.
fn http_date(text: &str) -> Option<Timestamp> {
    const RFC_5322: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    if let Ok(time) = RFC_5322.parse_timestamp(text) {
        return Some(time);
    }
    let utc = |time: civil::DateTime| Offset::UTC.to_timestamp(time).ok();
    // RFC 850: `Sunday, 06-Nov-94 08:49:37 GMT`.
    let without_weekday = text.split_once(',').map_or(text, |(_, rest)| rest).trim();
    if let Ok(time) = civil::DateTime::strptime("%d-%b-%y %H:%M:%S GMT", without_weekday) {
        return utc(time);
    }
    // asctime: `Sun Nov  6 08:49:37 1994`.
    let without_weekday = text.split_once(' ').map_or(text, |(_, rest)| rest).trim();
    civil::DateTime::strptime("%b %e %H:%M:%S %Y", without_weekday).ok().and_then(utc)
}

/// Whether the page of an answer with this status may be one that asks whether we are human.
pub(super) fn may_be_challenge(status: StatusCode) -> bool {
    matches!(status.as_u16(), 202 | 401 | 403 | 405 | 429 | 503)
}

/// Whether a good answer is such a page: some protections ask with 200. The headers of a protection tell it, and of the
/// page's words those for people. The names of scripts do not count, because they stand in every page of a protected
/// site.
pub(super) fn is_challenge_instead(headers: &HeaderMap, body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    let begins = |mark: &[u8]| start.get(..mark.len()).is_some_and(|b| b.eq_ignore_ascii_case(mark));
    body.len() <= PAGE_BYTES
        && (begins(b"<!doctype html") || begins(b"<html"))
        && asks(headers, body, &CHALLENGE_WORDS[..SAID_TO_PEOPLE])
}

/// Maximum size of a page that is taken for a challenge. Such pages are short.
const PAGE_BYTES: usize = 64 * 1024;

/// Words of the pages with which bot protections ask whether we are human, in lower case; first what they say to people.
const CHALLENGE_WORDS: [&str; 16] = [
    "just a moment...",
    "checking your browser",
    "enable javascript and cookies to continue",
    "verify you are human",
    "verify that you are human",
    "are you a robot",
    "making sure you're not a bot",
    "unusual traffic from your",
    "not a robot",
    "captcha",
    "cf-chl",
    "challenge-platform",
    "_incapsula_resource",
    "perimeterx",
    "datadome",
    "ddos-guard",
];

/// How many of these are such sentences; "I'm not a robot" stands beside many a form.
const SAID_TO_PEOPLE: usize = 8;

fn asks(headers: &HeaderMap, page: &[u8], words: &[&str]) -> bool {
    let says = |name: &'static str| {
        headers.get(name).is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"challenge"))
    };
    if says("cf-mitigated") || says("x-amzn-waf-action") {
        return true;
    }
    let page = String::from_utf8_lossy(page).to_lowercase();
    let start = page.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    start.starts_with('<') && words.iter().any(|words| page.contains(words))
}

/// What a page means that asks whether we are human.
pub(super) fn challenge(status: StatusCode, url: &Url) -> (FailureKind, String) {
    let (address, code) = (trouble::shown(url), status.as_u16());
    let detail = format!(
        "{address} answered {code} with a page that asks whether we are human: its bot protection turns feed readers \
         away, and only the publisher can let them in"
    );
    (FailureKind::Limited, detail)
}

/// What an answer means that is neither the feed nor "not modified" nor a redirect.
pub(super) fn refusal(
    status: StatusCode,
    headers: &HeaderMap,
    page: &[u8],
    retry_after: Option<Duration>,
    url: &Url,
) -> (FailureKind, String) {
    let address = trouble::shown(url);
    let code = status.as_u16();
    let wait = retry_after.map(|wait| format!(" for {}", spoken(wait))).unwrap_or_default();
    if may_be_challenge(status) && asks(headers, page, &CHALLENGE_WORDS) {
        return challenge(status, url);
    }
    match code {
        429 => (FailureKind::Limited, format!("{address} asks us to stay away{wait} (429)")),
        503 if retry_after.is_some() => {
            (FailureKind::Limited, format!("{address} is not available and asks us to stay away{wait} (503)"))
        }
        403 => (
            FailureKind::Limited,
            format!("{address} refuses us (403): blocked, polled too often, or credentials are needed"),
        ),
        410 => (FailureKind::Gone, format!("{address} is gone for good, says its publisher (410)")),
        401 => (FailureKind::Status, format!("{address} wants a name and password (401)")),
        404 => (FailureKind::Status, format!("there is nothing at {address} (404)")),
        407 => (FailureKind::Status, "the proxy wants a name and password (407)".to_owned()),
        451 => (FailureKind::Status, format!("{address} is withheld for legal reasons (451)")),
        304 => (
            FailureKind::Status,
            format!("{address} answered \"not modified\" though nothing was compared (304)"),
        ),
        204 | 205 => (FailureKind::Body, format!("{address} answered with an empty document ({code})")),
        500..=599 => {
            let name = status.canonical_reason().unwrap_or("server error");
            (FailureKind::Status, format!("{address} has a problem of its own ({code} {name})"))
        }
        _ => {
            let name = status.canonical_reason().unwrap_or("unknown status");
            (FailureKind::Status, format!("{address} answered {code} {name}"))
        }
    }
}

/// A duration as people say it, in its largest fitting unit.
fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds.div_ceil(60), "minute"),
        7_200..172_800 => (seconds.div_ceil(3_600), "hour"),
        _ => (seconds.div_ceil(86_400), "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
