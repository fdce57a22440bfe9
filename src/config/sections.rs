//! The tables that stand once: `[site]`, `[store]`, `[poll]`, `[publish]`, `[desk]`.

use super::Environment;
use super::complaint::quoted;
use super::table::{At, Book, Span, Table, closest};
use super::values::{self, Wrong, duration_text, size_text};
use crate::model::{
    DeskSettings, Language, Pictures, PollSettings, PublishSettings, Quota, SiteSettings, Spacing,
    StoreSettings, TextForm,
};
use jiff::tz::TimeZone;
use std::path::Path;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Polling faster than this gets an aggregator blocked by publishers.
const POLITE_INTERVAL: Duration = Duration::from_mins(5);

/// A smaller limit would keep ordinary feeds out, a larger one let a single feed take all memory.
const FEED_BYTES_LEAST: usize = 64 << 10;
const FEED_BYTES_MOST: usize = 100 << 20;

/// A smaller quota would not hold one document: as many entries are read of it, and as many bytes unless the operator says
/// otherwise.
const DAILY_ENTRIES_LEAST: u32 = 2_000;
const DAILY_BYTES_LEAST: usize = 10 << 20;

/// Longest title that pages and mails can show, in characters.
const TITLE_CHARS_MOST: usize = 200;

/// Checks a text by one of the rules in `values`; what is wrong is noted at its place.
pub(super) fn checked<T>(
    text: &At<&str>,
    rule: impl FnOnce(&str) -> Result<T, Wrong>,
    book: &mut Book<'_>,
) -> Option<T> {
    rule(text.value)
        .map_err(|Wrong { what, help }| {
            book.error(&text.span, what).help(help);
        })
        .ok()
}

/// A `title`, if it is there.
pub(super) fn title(table: &mut Table<'_>, book: &mut Book<'_>) -> Option<String> {
    let title = table.text("title", book)?;
    let text = title.value.trim();
    if text.is_empty() || text.chars().count() > TITLE_CHARS_MOST {
        let what = format!("a title has from 1 to {TITLE_CHARS_MOST} characters");
        book.error(&title.span, what).help("write a title, or leave the line out");
        return None;
    }
    Some(text.to_owned())
}

/// The `timezone`, if it is there.
pub(super) fn zone(table: &mut Table<'_>, book: &mut Book<'_>) -> Option<TimeZone> {
    let text = table.text("timezone", book)?;
    checked(&text, values::zone, book)
}

/// The `language`, if it is there.
pub(super) fn language(table: &mut Table<'_>, book: &mut Book<'_>) -> Option<Language> {
    let text = table.text("language", book)?;
    checked(&text, values::language, book)
}

/// A duration within a range.
pub(super) fn duration(
    table: &mut Table<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<Duration>,
    book: &mut Book<'_>,
) -> Option<At<Duration>> {
    if table.lacks_unit(key, "a duration", &["s", "m", "h"], book) {
        return None;
    }
    let text = table.text(key, book)?;
    let value = checked(&text, values::duration, book)?;
    if !range.contains(&value) {
        let (least, most) = (duration_text(*range.start()), duration_text(*range.end()));
        let what = format!("`{key}` is from {least} to {most}");
        book.error(&text.span, what).help("write a duration in that range");
        return None;
    }
    Some(At::new(value, text.span))
}

/// The most bytes of one feed, if it is set.
pub(super) fn max_size(table: &mut Table<'_>, book: &mut Book<'_>) -> Option<usize> {
    size(table, "max_size", FEED_BYTES_LEAST..=FEED_BYTES_MOST, book)
}

/// How much of a feed is written in a day: as set, else as `usual`.
pub(super) fn quota(table: &mut Table<'_>, usual: Quota, book: &mut Book<'_>) -> Quota {
    let entries = table.whole("daily_entries", DAILY_ENTRIES_LEAST..=1_000_000, book);
    let bytes = size(table, "daily_size", DAILY_BYTES_LEAST..=usize::MAX, book);
    Quota {
        entries: entries.map_or(usual.entries, |count| count as usize),
        bytes: bytes.unwrap_or(usual.bytes),
    }
}

fn size(
    table: &mut Table<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<usize>,
    book: &mut Book<'_>,
) -> Option<usize> {
    if table.lacks_unit(key, "a size", &[" KiB", " MiB"], book) {
        return None;
    }
    let text = table.text(key, book)?;
    let bytes = checked(&text, values::size, book)?;
    if !range.contains(&bytes) {
        let least = size_text(*range.start());
        let what = match *range.end() {
            usize::MAX => format!("`{key}` is {least} or more"),
            most => format!("`{key}` is from {least} to {}", size_text(most)),
        };
        book.error(&text.span, what).help("write a size in that range");
        return None;
    }
    Some(bytes)
}

pub(super) fn site(root: &mut Table<'_>, env: &Environment, book: &mut Book<'_>) -> SiteSettings {
    let mut table = root.table("site", "[site]", book);
    let title = title(&mut table, book).unwrap_or_else(|| "Tidings".to_owned());
    let listen_text = table.text("listen", book);
    let listen = listen_text.as_ref().and_then(|text| checked(text, values::listen, book));
    let listen = listen.unwrap_or_else(|| std::net::SocketAddr::from(([127, 0, 0, 1], 8080)));
    let has_url = table.key_span("url").is_some();
    let url = table.text("url", book).and_then(|text| checked(&text, values::site_url, book));
    let language = language(&mut table, book).unwrap_or_default();
    let timezone = zone(&mut table, book).unwrap_or(TimeZone::UTC);
    if let (Some(text), false, true) = (listen_text, has_url, listen.ip().is_unspecified()) {
        let what = format!("every link will begin with http://{listen}, which leads nowhere from outside");
        let help = "add url = \"https://…\" to [site]: the address under which readers reach it";
        book.warning(&text.span, what).help(help);
    }
    table.finish(book);
    let url = url.unwrap_or_else(|| format!("http://{listen}"));
    SiteSettings { title, url, listen, language, timezone, metrics_token: env.metrics_token.clone() }
}

pub(super) fn store(
    root: &mut Table<'_>,
    file: &Path,
    env: &Environment,
    book: &mut Book<'_>,
) -> StoreSettings {
    let mut table = root.table("store", "[store]", book);
    let path = table.text("path", book);
    if let Some(path) = path.as_ref().filter(|path| path.value.trim().is_empty() || path.value.ends_with('/'))
    {
        book.error(&path.span, "this names no file").help("write path = \"data/tidings.db\"");
    }
    let folder = env.state_directory.as_deref().or(file.parent()).unwrap_or(Path::new(""));
    let path = folder.join(path.map_or("data/tidings.db", |path| path.value));
    table.finish(book);
    StoreSettings { path, max_pages: None }
}

pub(super) fn poll(root: &mut Table<'_>, book: &mut Book<'_>) -> PollSettings {
    let mut table = root.table("poll", "[poll]", book);
    let usual = PollSettings::default();
    let second = Duration::from_secs(1);
    let min = duration(&mut table, "min_interval", second..=DAY, book);
    let interval = duration(&mut table, "interval", second..=30 * DAY, book);
    let max = duration(&mut table, "max_interval", second..=90 * DAY, book);
    let [least, normal, most] = [
        Interval::new("min_interval", min.as_ref(), usual.min_interval),
        Interval::new("interval", interval.as_ref(), usual.interval),
        Interval::new("max_interval", max.as_ref(), usual.max_interval),
    ];
    note_order(&least, &normal, book);
    note_order(&normal, &most, book);
    let host_pause = duration(&mut table, "host_pause", Duration::ZERO..=HOUR, book);
    let spacing = choice(&mut table, "spacing", [("host", Spacing::Host), ("domain", Spacing::Domain)], book);
    let timeout = duration(&mut table, "timeout", second..=Duration::from_mins(5), book);
    let max_bytes = max_size(&mut table, book);
    let quota = quota(&mut table, usual.quota, book);
    let concurrency = table.whole("concurrency", 1..=1000, book);
    let allow_private = table.flag("allow_private", book).is_some_and(|flag| flag.value);
    if let Some(min) = min.as_ref().filter(|min| min.value < POLITE_INTERVAL && !allow_private) {
        let what = "publishers block who asks this often";
        book.warning(&min.span, what)
            .help("leave `min_interval` at 5m or more, except for feeds of your own");
    }
    let contact = table.text("contact", book).and_then(|text| checked(&text, contact, book));
    let proxy = table.text("proxy", book);
    let proxy = proxy.and_then(|text| checked(&text, values::proxy, book).map(|()| text.value.to_owned()));
    table.finish(book);
    PollSettings {
        min_interval: min.map_or(usual.min_interval, |at| at.value),
        interval: interval.map_or(usual.interval, |at| at.value),
        max_interval: max.map_or(usual.max_interval, |at| at.value),
        concurrency: concurrency.map_or(usual.concurrency, |count| count as usize),
        host_pause: host_pause.map_or(usual.host_pause, |at| at.value),
        spacing: spacing.unwrap_or(usual.spacing),
        timeout: timeout.map_or(usual.timeout, |at| at.value),
        max_bytes: max_bytes.unwrap_or(usual.max_bytes),
        quota,
        allow_private,
        contact,
        proxy,
    }
}

/// One of the intervals, as set or as it is unless set.
struct Interval<'a> {
    key: &'static str,
    set: Option<&'a Span>,
    value: Duration,
}

impl<'a> Interval<'a> {
    fn new(key: &'static str, set: Option<&'a At<Duration>>, usual: Duration) -> Self {
        Self { key, set: set.map(|at| &at.span), value: set.map_or(usual, |at| at.value) }
    }

    fn said(&self) -> String {
        let unsaid = if self.set.is_none() { ", unless set" } else { "" };
        format!("`{}` ({}{unsaid})", self.key, duration_text(self.value))
    }
}

/// Refuses two intervals that contradict each other, even if one of them is a default.
fn note_order(low: &Interval<'_>, high: &Interval<'_>, book: &mut Book<'_>) {
    if low.value <= high.value {
        return;
    }
    let (span, what) = match (low.set, high.set) {
        (Some(span), _) => (span, format!("{} is longer than {}", low.said(), high.said())),
        (None, Some(span)) => (span, format!("{} is shorter than {}", high.said(), low.said())),
        (None, None) => return,
    };
    book.error(span, what).help(format!("set both: `{}` is at most `{}`", low.key, high.key));
}

/// What the User-Agent says of the operator.
fn contact(text: &str) -> Result<String, Wrong> {
    let text = text.trim();
    let fits = |c: char| (c.is_ascii_graphic() && !matches!(c, '(' | ')')) || c == ' ';
    if text.is_empty() || text.len() > 200 || !text.chars().all(fits) {
        return Err(Wrong {
            what: "`contact` goes into the User-Agent: up to 200 ASCII characters, no brackets".to_owned(),
            help: "write a mail address or the address of a page about this aggregator".to_owned(),
        });
    }
    Ok(text.to_owned())
}

/// One of two words.
pub(super) fn choice<T: Copy>(
    table: &mut Table<'_>,
    key: &'static str,
    options: [(&'static str, T); 2],
    book: &mut Book<'_>,
) -> Option<T> {
    let text = table.text(key, book)?;
    if let Some((_, value)) = options.iter().find(|(word, _)| *word == text.value) {
        return Some(*value);
    }
    let [one, other] = options.map(|(word, _)| word);
    let help = closest(text.value, [one, other].into_iter()).map_or_else(
        || format!("write \"{one}\" or \"{other}\""),
        |meant| format!("did you mean \"{meant}\"?"),
    );
    let what = format!("`{key}` is \"{one}\" or \"{other}\", not {}", quoted(text.value));
    book.error(&text.span, what).help(help);
    None
}

pub(super) fn publish(root: &mut Table<'_>, book: &mut Book<'_>) -> PublishSettings {
    let mut table = root.table("publish", "[publish]", book);
    let usual = PublishSettings::default();
    let items = table.whole("items", 1..=2000, book);
    let days = table.whole("days", 1..=365, book);
    let text = choice(&mut table, "text", [("full", TextForm::Full), ("excerpt", TextForm::Excerpt)], book);
    let pictures = choice(&mut table, "pictures", [("link", Pictures::Link), ("none", Pictures::None)], book);
    let publisher_in_titles = table.flag("publisher_in_titles", book).map(|flag| flag.value);
    table.finish(book);
    PublishSettings {
        items: items.map_or(usual.items, |items| items as usize),
        days: days.unwrap_or(usual.days),
        text: text.unwrap_or(usual.text),
        pictures: pictures.unwrap_or(usual.pictures),
        publisher_in_titles: publisher_in_titles.unwrap_or(usual.publisher_in_titles),
    }
}

pub(super) fn desk(root: &mut Table<'_>, book: &mut Book<'_>) -> DeskSettings {
    let mut table = root.table("desk", "[desk]", book);
    let usual = DeskSettings::default();
    let category_sure = table.number("category_sure", 0.5..=1.0, book);
    let topics_stricter = table.number("topics_stricter", -0.1..=0.5, book);
    table.finish(book);
    DeskSettings {
        category_sure: category_sure.unwrap_or(usual.category_sure),
        topics_stricter: topics_stricter.unwrap_or(usual.topics_stricter),
        ..usual
    }
}
