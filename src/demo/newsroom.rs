//! A small made-up newsroom: nineteen feeds and one that fails, about 100 entries, and what happens while you watch.
//!
//! The texts are data in `newsroom/`, one file a feed, with dates relative to the start. This file reads them and puts the
//! feeds and the sites that they link to on an origin. It must know nothing of the rest of Tidings but the format of
//! `feeds.toml`. Every name in the texts is invented, and every address is below `.example` (RFC 2606 §3) until it is
//! published.

use super::dialect::{Dialect, Head, Line};
use super::origin::{Origin, Page};
use super::sites::{self, served};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

macro_rules! embedded {
    ($extension:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("newsroom/", $name, $extension)))),*]
    };
}

/// The feeds by name, in the order in which `feeds.toml` lists them.
const FEEDS: &[(&str, &str)] = embedded!(".toml":
    "meridian-wire", "aldermoor-courier", "gullhaven-post", "harbour-office", "lantern", "slow-orbit", "tremor-watch",
    "third-balcony", "touchline", "ledger-and-quay", "meridian-more", "courier-weekend", "radio-brine", "daily-kettle", "morgenbote", "shiokaze",
    "night-ferry", "tidegauge", "wharf-talk",
);

/// The entries that the feeds bring after the start.
const LIVE: &str = include_str!("newsroom/live.toml");

/// A site that has no feed here and to which three papers link.
const ARCHIVE: &str = include_str!("newsroom/letters.toml");

/// The categories in the order of the front page: name, title, keywords. A keyword decides for feeds without a category,
/// and the first category with a matching one wins. So no keyword is a name that entries of every category contain.
const CATEGORIES: [(&str, &str, &[&str]); 7] = [
    ("world", "World", &["Kestria", "minister"]),
    ("local", "Gullhaven", &["sea wall", "Seemauer", "coast road", "図書館"]),
    ("technology", "Technology", &["password", "keyboard"]),
    ("science", "Science", &["asteroid", "earthquake", "engineer", "小惑星", "Biologin"]),
    ("culture", "Culture", &["opera", "museum", "Inseltheater"]),
    ("business", "Business", &["shares", "Fischmarkt"]),
    ("sports", "Sports", &["Velmora Cup", "Rovers", "Boßeln"]),
];

/// The days of the week in the languages that the texts name them in.
const WEEKDAYS: [[&str; 7]; 3] = [
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    ["月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日"],
];

/// The weekday of the start in the texts, counted from Monday as 0.
const TUESDAY: usize = 1;

/// The path of the feed that answers 500.
const BROKEN: &str = "/inkwell-review/feed.xml";

/// The newsroom: its feeds as they are now, and what is still to come.
#[derive(Debug, Clone)]
pub struct Newsroom {
    feeds: Vec<Sheet>,
    /// Corrections to come: the index in `feeds`, and the corrected entry.
    corrections: Vec<(usize, Line)>,
    /// The site that has no feed; see [`ARCHIVE`].
    archive: Option<(Head, Vec<Line>)>,
    /// Entries to come, the next first.
    live: VecDeque<Due>,
    /// The origin on which it is published; `None` before that.
    origin: Option<Origin>,
}

/// A feed of the newsroom.
#[derive(Debug, Clone)]
struct Sheet {
    /// The name of its file.
    name: &'static str,
    head: Head,
    /// Where it is served on the origin.
    path: String,
    dialect: Dialect,
    /// The category that `feeds.toml` fixes it to.
    category: Option<String>,
    /// Whether `live.toml` adds to it.
    live: bool,
    /// Newest first. Addresses are those of the files; pictures are paths on the origin.
    lines: Vec<Line>,
}

/// An entry to come.
#[derive(Debug, Clone)]
struct Due {
    at: Timestamp,
    /// Index in `feeds`.
    feed: usize,
    line: Line,
}

/// A file of a feed in `newsroom/`.
#[derive(Deserialize)]
struct Written {
    #[serde(flatten)]
    head: Head,
    path: String,
    dialect: Dialect,
    category: Option<String>,
    entry: Vec<WrittenEntry>,
}

/// The file [`LIVE`].
#[derive(Deserialize)]
struct WrittenLive {
    entry: Vec<WrittenEntry>,
}

/// The file [`ARCHIVE`].
#[derive(Deserialize)]
struct WrittenSite {
    #[serde(flatten)]
    head: Head,
    entry: Vec<WrittenEntry>,
}

/// An entry in any of the files.
#[derive(Deserialize, Clone, Default)]
#[serde(default, deny_unknown_fields)]
struct WrittenEntry {
    /// In `live.toml`: the feed's name.
    feed: String,
    /// In `live.toml`: seconds after the start.
    seconds: u32,
    /// In the other files: minutes before the start.
    minutes_ago: u32,
    /// The guid or id; the address when it is missing.
    key: Option<String>,
    /// Absolute, or relative to the feed's site.
    url: String,
    title: String,
    summary: String,
    /// Paragraphs divided by empty lines; inline HTML is allowed.
    content: String,
    author: String,
    terms: Vec<String>,
    /// Name of a drawing in `newsroom/pictures`.
    picture: Option<String>,
    /// Address of a recording, relative to the feed's site.
    recording: Option<String>,
    /// `feed#url` of another entry, from which the words come that are empty here.
    copies: Option<String>,
    /// How many paragraphs of the content are kept; all when it is missing.
    paragraphs: Option<usize>,
    /// Corrections that the publisher makes later: pairs of the right words, which are those here, and the wrong ones, which
    /// are printed first.
    corrected: Vec<[String; 2]>,
}

impl Newsroom {
    /// The newsroom as it is at `start`. Every date is relative to that, and weekdays in the texts are those around it.
    pub fn new(start: Timestamp) -> Self {
        let today = |text| later(text, days_later(start));
        // The files are part of the program, and a test reads each of them. So a bad one is left out here without a word.
        let files: Vec<(&'static str, Written)> = FEEDS
            .iter()
            .filter_map(|(name, text)| Some((*name, toml::from_str(&today(text)).ok()?)))
            .collect();
        let coming = toml::from_str(&today(LIVE)).unwrap_or(WrittenLive { entry: Vec::new() }).entry;
        let mut originals: BTreeMap<String, WrittenEntry> = BTreeMap::new();
        for (name, entry) in
            files.iter().flat_map(|(name, file)| file.entry.iter().map(move |entry| (*name, entry)))
        {
            originals.insert(format!("{name}#{}", entry.url), entry.clone());
        }
        for entry in &coming {
            originals.insert(format!("{}#{}", entry.feed, entry.url), entry.clone());
        }
        let mut feeds: Vec<Sheet> = Vec::new();
        let mut corrections = Vec::new();
        for (name, file) in files {
            let as_printed = |entry: WrittenEntry| {
                let before = SignedDuration::from_mins(i64::from(entry.minutes_ago));
                as_line(entry, &file.head, &originals, shifted(start, -before))
            };
            let mut lines = Vec::new();
            for entry in file.entry {
                lines.push(as_printed(misprinted(&entry)));
                if !entry.corrected.is_empty() {
                    corrections.push((feeds.len(), as_printed(entry)));
                }
            }
            feeds.push(Sheet {
                name,
                lines: newest_first(lines),
                head: file.head,
                path: file.path,
                dialect: file.dialect,
                category: file.category,
                live: coming.iter().any(|entry| entry.feed == name),
            });
        }
        let mut live: Vec<Due> = coming
            .into_iter()
            .filter_map(|entry| {
                let feed = feeds.iter().position(|sheet| sheet.name == entry.feed)?;
                let at = shifted(start, SignedDuration::from_secs(i64::from(entry.seconds)));
                let line = as_line(entry, &feeds.get(feed)?.head, &originals, at);
                Some(Due { at, feed, line })
            })
            .collect();
        live.sort_by_key(|due| due.at);
        Self { feeds, corrections, archive: archive(start), live: live.into(), origin: None }
    }

    /// Puts every feed, site and picture on the origin, which is kept: what comes later is put there, too.
    pub fn publish(&mut self, origin: &Origin) {
        self.publish_as_of(Timestamp::MAX, origin);
    }

    /// Like [`Self::publish`], with only the entries published up to `then`, so that they can be read in the order in which
    /// they happened. The feed that fails later still works while `then` is not [`Timestamp::MAX`].
    pub fn publish_as_of(&mut self, then: Timestamp, origin: &Origin) {
        if self.origin.is_none() {
            for (name, picture) in super::pictures::drawn() {
                origin.put(&picture_path(name), Page::feed("image/png", picture.clone()));
            }
        }
        self.origin = Some(origin.clone());
        self.put(then);
    }

    /// Corrects the entries that were printed wrong. To be called when somebody has read them.
    pub fn correct(&mut self) {
        for (feed, corrected) in std::mem::take(&mut self.corrections) {
            let lines = self.feeds.get_mut(feed).map(|sheet| &mut sheet.lines).into_iter().flatten();
            for line in lines.filter(|line| line.key == corrected.key) {
                line.clone_from(&corrected);
            }
        }
        self.put(Timestamp::MAX);
    }

    /// Adds the entries that are due by `now`. Returns whether there were any.
    pub fn step(&mut self, now: Timestamp) -> bool {
        let mut changed = false;
        while let Some(due) = self.live.pop_front_if(|due| due.at <= now) {
            if let Some(sheet) = self.feeds.get_mut(due.feed) {
                sheet.lines.insert(0, due.line);
                changed = true;
            }
        }
        if changed {
            self.put(Timestamp::MAX);
        }
        changed
    }

    /// Puts the entries published up to `then` on the origin, if there is one. Pages that do not change keep their
    /// validators.
    fn put(&self, then: Timestamp) {
        let Some(origin) = &self.origin else { return };
        for sheet in &self.feeds {
            put(sheet, then, origin);
        }
        let review = Page::feed(Dialect::Rss.content_type(), Dialect::Rss.write(&review(origin), &[]));
        origin.put(BROKEN, if then == Timestamp::MAX { Page::status(500) } else { review });
        let feeds = self.feeds.iter().map(|sheet| (&sheet.head, &*sheet.lines));
        sites::put(feeds.chain(self.archive.iter().map(|(head, lines)| (head, &**lines))), origin);
    }

    /// When the next entry is due; `None` when all have come.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.live.front().map(|due| due.at)
    }

    /// Moments two hours apart, from its oldest entry to its newest, to be used with [`Self::publish_as_of`].
    pub fn moments(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let printed = || self.feeds.iter().flat_map(|sheet| &sheet.lines).map(|line| line.published);
        let (first, last) = (printed().min().unwrap_or_default(), printed().max().unwrap_or_default());
        let mut next = Some(first);
        std::iter::from_fn(move || {
            let moment = next?;
            next = (moment < last).then(|| shifted(moment, SignedDuration::from_hours(2)).min(last));
            Some(moment)
        })
    }

    /// The number of feeds, the one that answers 500 included.
    pub fn feed_count(&self) -> usize {
        self.feeds.len() + 1
    }

    /// The number of entries in all feeds at present.
    pub fn entry_count(&self) -> usize {
        self.feeds.iter().map(|sheet| sheet.lines.len()).sum()
    }

    /// A `feeds.toml` for the newsroom on this origin; `listen` is where the daemon is to listen, as `address:port`.
    pub fn feeds_toml(&self, origin: &Origin, listen: &str) -> String {
        let mut out = format!(
            "# The made-up newsroom of `tidings demo`.\n\n[site]\ntitle = \"Tidings\"\nlisten = {}\n\n\
             # The newsroom is on this machine and may be asked often; a real publisher would mind.\n[poll]\n\
             allow_private = true\nhost_pause = \"0s\"\nmin_interval = \"5s\"\ninterval = \"30s\"\n",
            quoted(listen)
        );
        for (name, title, keywords) in CATEGORIES {
            let keywords: Vec<String> = keywords.iter().map(|keyword| quoted(keyword)).collect();
            let (name, title, keywords) = (quoted(name), quoted(title), keywords.join(", "));
            let _ = write!(out, "\n[[category]]\nname = {name}\ntitle = {title}\nkeywords = [{keywords}]\n");
        }
        out.push_str(
            "\n# Nobody gets it by mail: it is at /digests/morning.\n[[digest]]\nname = \"morning\"\n",
        );
        out.push_str(
            "title = \"Morning tidings\"\nschedule = \"0 7 * * *\"\ntimezone = \"UTC\"\ntopics = 12\n",
        );
        for sheet in &self.feeds {
            let url = quoted(&origin.url(&sheet.path));
            let _ = write!(out, "\n[[feed]]\nurl = {url}\ntitle = {}\n", quoted(&sheet.head.title));
            if let Some(category) = &sheet.category {
                let _ = writeln!(out, "category = {}", quoted(category));
            }
            if sheet.live {
                out.push_str("interval = \"5s\"\n");
            }
        }
        let broken = quoted(&origin.url(BROKEN));
        let _ =
            write!(out, "\n# Answers 500, so that /status has something to say.\n[[feed]]\nurl = {broken}\n");
        out.push_str("title = \"The Inkwell Review\"\ncategory = \"culture\"\n");
        out
    }
}

fn shifted(start: Timestamp, by: SignedDuration) -> Timestamp {
    start.checked_add(by).unwrap_or(start)
}

fn newest_first(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_key(|line| std::cmp::Reverse(line.published));
    lines
}

fn picture_path(name: &str) -> String {
    format!("/pictures/{name}.png")
}

/// The text as a quoted string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn put(sheet: &Sheet, then: Timestamp, origin: &Origin) {
    let mut lines = sheet.lines.clone();
    lines.retain(|line| line.published <= then);
    for line in &mut lines {
        line.picture = line.picture.take().map(|path| origin.url(&path));
        line.recording = line.recording.take().map(|url| served(&url, origin));
        for text in [&mut line.key, &mut line.url, &mut line.content] {
            *text = served(text, origin);
        }
    }
    let head = Head { site: served(&sheet.head.site, origin), ..sheet.head.clone() };
    let document = sheet.dialect.write(&head, &lines);
    origin.put(&sheet.path, Page::feed(sheet.dialect.content_type(), document));
}

/// The head of the feed that answers 500 at the end, for the time when it still works.
fn review(origin: &Origin) -> Head {
    Head {
        title: "The Inkwell Review".to_owned(),
        site: served("https://inkwellreview.example/", origin),
        about: "Books, and what they were wrapped in.".to_owned(),
        language: "en".to_owned(),
    }
}

/// The site that has no feed, with dates before `start`.
fn archive(start: Timestamp) -> Option<(Head, Vec<Line>)> {
    let WrittenSite { head, entry } = toml::from_str(ARCHIVE).ok()?;
    let line = |entry: WrittenEntry| {
        let before = SignedDuration::from_mins(i64::from(entry.minutes_ago));
        as_line(entry, &head, &BTreeMap::new(), shifted(start, -before))
    };
    let lines = entry.into_iter().map(line).collect();
    Some((head, lines))
}

/// How many weekdays `start` is after the one in the texts, 0 to 6.
fn days_later(start: Timestamp) -> usize {
    let day = start.to_zoned_datetime(jiff::tz::TimeZone::UTC).weekday().to_monday_zero_offset();
    (usize::try_from(day).unwrap_or(0) + 7 - TUESDAY) % 7
}

/// A text with every name of a weekday replaced by the one so many days later.
fn later(text: &str, days: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let named = WEEKDAYS.iter().find_map(|week| {
            let day = week.iter().position(|name| rest.starts_with(name))?;
            Some((*week.get(day)?, *week.get((day + days) % 7)?))
        });
        let (old, new) = named.unwrap_or((&rest[..first.len_utf8()], &rest[..first.len_utf8()]));
        out.push_str(new);
        rest = &rest[old.len()..];
    }
    out
}

/// The entry as it is printed at first, before its corrections.
fn misprinted(entry: &WrittenEntry) -> WrittenEntry {
    let mut first = entry.clone();
    for [right, wrong] in &entry.corrected {
        for text in [&mut first.title, &mut first.summary, &mut first.content] {
            *text = text.replace(right, wrong);
        }
    }
    first
}

/// The entry with an absolute address, and with the words of the entry that it copies where its own are empty.
fn as_line(
    entry: WrittenEntry,
    head: &Head,
    originals: &BTreeMap<String, WrittenEntry>,
    at: Timestamp,
) -> Line {
    let url = if entry.url.contains("://") { entry.url } else { format!("{}{}", head.site, entry.url) };
    let words = entry.copies.as_ref().and_then(|original| originals.get(original));
    let either = |own: &str, original: fn(&WrittenEntry) -> &String| match words {
        Some(words) if own.is_empty() => original(words).clone(),
        _ => own.to_owned(),
    };
    let content = either(&entry.content, |original| &original.content);
    Line {
        key: entry.key.unwrap_or_else(|| url.clone()),
        url,
        title: either(&entry.title, |original| &original.title),
        summary: either(&entry.summary, |original| &original.summary),
        content: paragraphs(&content, entry.paragraphs.unwrap_or(usize::MAX)),
        author: either(&entry.author, |original| &original.author),
        terms: entry.terms,
        picture: entry.picture.map(|name| picture_path(&name)),
        recording: entry.recording.map(|path| format!("{}{path}", head.site)),
        published: at,
    }
}

fn paragraphs(text: &str, limit: usize) -> String {
    let mut html = String::new();
    for paragraph in text.trim().split("\n\n").filter(|paragraph| !paragraph.is_empty()).take(limit) {
        let _ = writeln!(html, "<p>{}</p>", paragraph.trim());
    }
    html
}

#[cfg(test)]
mod tests;
