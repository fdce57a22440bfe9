//! A small made-up newsroom: nineteen feeds and one that fails, about 100 entries, and what happens while you watch.
//!
//! The texts are data in `newsroom/`, one file a feed, dated relative to the start; this file reads them and puts the
//! feeds on an origin. It knows nothing of the rest of Tidings but the format of `feeds.toml`. Every name in the texts is
//! invented, and every address is below `.example` (RFC 2606 §3).

use super::dialect::{Dialect, Head, Line};
use super::origin::{Origin, Page};
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

/// What the feeds bring after the start.
const LIVE: &str = include_str!("newsroom/live.toml");

/// The categories in the order of the front page: name, title, and the operator's keywords. A keyword decides for feeds
/// without a category, and the first category that has one wins, so none is a name that every desk writes.
const CATEGORIES: [(&str, &str, &[&str]); 7] = [
    ("world", "World", &["Kestria", "minister"]),
    ("local", "Gullhaven", &["sea wall", "Seemauer", "coast road", "図書館"]),
    ("technology", "Technology", &["password", "keyboard"]),
    ("science", "Science", &["asteroid", "earthquake", "engineer", "小惑星", "Biologin"]),
    ("culture", "Culture", &["opera", "museum", "Inseltheater"]),
    ("business", "Business", &["shares", "Fischmarkt"]),
    ("sports", "Sports", &["Velmora Cup", "Rovers", "Boßeln"]),
];

/// The path of the feed that answers 500.
const BROKEN: &str = "/inkwell-review/feed.xml";

/// The newsroom: its feeds as they stand, and what is still to come.
#[derive(Debug, Clone)]
pub struct Newsroom {
    feeds: Vec<Sheet>,
    /// What is still to come, the next first.
    live: VecDeque<Due>,
    /// Where it is published, once it is.
    origin: Option<Origin>,
}

#[derive(Debug, Clone)]
struct Sheet {
    name: &'static str,
    head: Head,
    path: String,
    dialect: Dialect,
    category: Option<String>,
    /// Whether `live.toml` adds to it.
    live: bool,
    /// Newest first. Pictures are paths on the origin.
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Due {
    at: Timestamp,
    /// Index in `feeds`.
    feed: usize,
    line: Line,
}

/// A file of `newsroom/`.
#[derive(Deserialize)]
struct Written {
    #[serde(flatten)]
    head: Head,
    path: String,
    dialect: Dialect,
    category: Option<String>,
    entry: Vec<WrittenEntry>,
}

#[derive(Deserialize)]
struct WrittenLive {
    entry: Vec<WrittenEntry>,
}

#[derive(Deserialize, Clone, Default)]
#[serde(default, deny_unknown_fields)]
struct WrittenEntry {
    /// In `live.toml`: the feed's name.
    feed: String,
    /// In `live.toml`: seconds after the start.
    seconds: u32,
    /// Elsewhere: minutes before the start.
    minutes_ago: u32,
    key: Option<String>,
    /// Relative to the feed's site.
    url: String,
    title: String,
    summary: String,
    /// Paragraphs divided by empty lines; inline HTML is allowed.
    content: String,
    author: String,
    terms: Vec<String>,
    picture: Option<String>,
    /// A sound that comes with it, relative to the feed's site.
    recording: Option<String>,
    /// `feed#url` of the entry whose words these are, where they are not written out.
    copies: Option<String>,
    /// How many paragraphs of the copy are kept.
    paragraphs: Option<usize>,
}

impl Newsroom {
    /// The newsroom as it stands at `start`; every date is relative to it.
    pub fn new(start: Timestamp) -> Self {
        // The files are part of the program; the tests see to it that each is sound.
        let files: Vec<(&'static str, Written)> =
            FEEDS.iter().filter_map(|(name, text)| Some((*name, toml::from_str(text).ok()?))).collect();
        let coming = toml::from_str(LIVE).unwrap_or(WrittenLive { entry: Vec::new() }).entry;
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
        for (name, file) in files {
            let lines = file.entry.into_iter().map(|entry| {
                let before = SignedDuration::from_mins(i64::from(entry.minutes_ago));
                as_line(entry, &file.head, &originals, shifted(start, -before))
            });
            feeds.push(Sheet {
                name,
                lines: newest_first(lines.collect()),
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
        Self { feeds, live: live.into(), origin: None }
    }

    /// Puts every feed and picture on the origin, and remembers it: later steps put what they bring there too.
    pub fn publish(&mut self, origin: &Origin) {
        for (name, drawing) in super::pictures::ALL {
            origin.put(&picture_path(name), Page::feed("image/svg+xml", *drawing));
        }
        origin.put(BROKEN, Page::status(500));
        for sheet in &self.feeds {
            put(sheet, origin);
        }
        self.origin = Some(origin.clone());
    }

    /// Brings what has become due by `now`; true when that was anything.
    pub fn step(&mut self, now: Timestamp) -> bool {
        let mut changed = Vec::new();
        while let Some(due) = self.live.pop_front_if(|due| due.at <= now) {
            if let Some(sheet) = self.feeds.get_mut(due.feed) {
                sheet.lines.insert(0, due.line);
                changed.push(due.feed);
            }
        }
        changed.sort_unstable();
        changed.dedup();
        if let Some(origin) = &self.origin {
            for sheet in changed.iter().filter_map(|feed| self.feeds.get(*feed)) {
                put(sheet, origin);
            }
        }
        !changed.is_empty()
    }

    /// When the next [`Newsroom::step`] will bring something; `None` when everything has happened.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.live.front().map(|due| due.at)
    }

    /// How many feeds there are, the one that answers 500 included.
    pub fn feed_count(&self) -> usize {
        self.feeds.len() + 1
    }

    /// How many entries the feeds hold at present.
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
    format!("/pictures/{name}.svg")
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn put(sheet: &Sheet, origin: &Origin) {
    let mut lines = sheet.lines.clone();
    for line in &mut lines {
        line.picture = line.picture.take().map(|path| origin.url(&path));
    }
    let document = sheet.dialect.write(&sheet.head, &lines);
    origin.put(&sheet.path, Page::feed(sheet.dialect.content_type(), document));
}

/// The entry with its address made absolute and its words found, whoever wrote them.
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
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn start() -> Timestamp {
        "2026-11-24T18:00:00Z".parse().unwrap()
    }

    fn documents(newsroom: &Newsroom) -> Vec<(&'static str, Dialect, usize, String)> {
        let document = |sheet: &Sheet| sheet.dialect.write(&sheet.head, &sheet.lines);
        newsroom
            .feeds
            .iter()
            .map(|sheet| (sheet.name, sheet.dialect, sheet.lines.len(), document(sheet)))
            .collect()
    }

    #[test]
    fn every_file_is_read_and_every_copy_and_picture_is_found() {
        let mut originals = BTreeSet::new();
        let mut entries = Vec::new();
        for (name, text) in FEEDS {
            let file: Written = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(file.head.site.ends_with(".example/"), "{name}");
            for entry in file.entry {
                // All episodes of a podcast link to the show's page.
                let own = entry.key.as_ref().filter(|_| entry.recording.is_some()).unwrap_or(&entry.url);
                assert!(originals.insert(format!("{name}#{own}")), "{name}: {own} comes twice");
                entries.push(entry);
            }
        }
        let live: WrittenLive = toml::from_str(LIVE).unwrap();
        for entry in live.entry {
            assert!(FEEDS.iter().any(|(name, _)| *name == entry.feed), "{}", entry.feed);
            assert!(originals.insert(format!("{}#{}", entry.feed, entry.url)), "{} comes twice", entry.url);
            entries.push(entry);
        }
        for entry in entries {
            assert!(entry.copies.as_ref().is_none_or(|copied| originals.contains(copied)), "{}", entry.url);
            let drawn = |name: &String| super::super::pictures::ALL.iter().any(|(drawn, _)| drawn == name);
            assert!(entry.picture.as_ref().is_none_or(drawn), "{}", entry.url);
        }
    }

    #[test]
    fn it_has_the_size_and_the_dialects_that_are_promised() {
        let newsroom = Newsroom::new(start());
        assert_eq!(newsroom.feed_count(), FEEDS.len() + 1);
        assert!((85..=105).contains(&newsroom.entry_count()), "{}", newsroom.entry_count());
        for dialect in [Dialect::Rss, Dialect::Atom, Dialect::Rdf, Dialect::Json, Dialect::Tattered] {
            assert!(newsroom.feeds.iter().any(|sheet| sheet.dialect == dialect), "{dialect:?}");
        }
        for sheet in &newsroom.feeds {
            for line in &sheet.lines {
                assert!(!line.title.is_empty() && line.published < start(), "{} {}", sheet.name, line.url);
            }
        }
    }

    #[test]
    fn every_sound_feed_is_read_whole_and_the_tattered_one_is_ill_formed() {
        let mut newsroom = Newsroom::new(start());
        newsroom.step(start().saturating_add(SignedDuration::from_hours(1)).unwrap());
        for (name, dialect, entries, document) in documents(&newsroom) {
            if dialect == Dialect::Tattered {
                assert!(!super::super::dialect::tests::well_formed(&document), "{name}");
                continue;
            }
            let feed =
                feed_rs::parser::parse(document.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(feed.entries.len(), entries, "{name}");
            let ids: BTreeSet<_> = feed.entries.iter().map(|entry| &entry.id).collect();
            assert_eq!(ids.len(), entries, "{name}: ids differ");
        }
    }

    #[test]
    fn the_papers_carry_the_wire_word_for_word() {
        let newsroom = Newsroom::new(start());
        let text = |feed: &str, url: &str| {
            let sheet = newsroom.feeds.iter().find(|sheet| sheet.name == feed).unwrap();
            sheet.lines.iter().find(|line| line.url.ends_with(url)).unwrap().content.clone()
        };
        let wire = text("meridian-wire", "sea-wall-breach");
        assert_eq!(text("gullhaven-post", "sea-wall-gullhaven-storm-isolde"), wire);
        assert_eq!(text("aldermoor-courier", "wire/sea-wall-at-gullhaven-gives-way"), wire);
        let shortened = text("daily-kettle", "bits/gullhaven-wall");
        assert!(wire.starts_with(&shortened) && shortened.len() < wire.len());
    }

    #[test]
    fn it_gains_an_entry_every_ten_seconds_and_then_no_more() {
        let mut newsroom = Newsroom::new(start());
        let before = newsroom.entry_count();
        let mut now = start();
        assert!(!newsroom.step(now));
        let mut steps = 0;
        while let Some(next) = newsroom.next_at() {
            assert_eq!(next.duration_since(now).as_secs(), 10);
            now = next;
            assert!(newsroom.step(now));
            steps += 1;
        }
        assert!(steps >= 12);
        assert_eq!(newsroom.entry_count(), before + steps);
        assert!(!newsroom.step(now.saturating_add(SignedDuration::from_hours(1)).unwrap()));
    }

    #[tokio::test]
    async fn what_a_step_brings_is_on_the_origin_and_in_the_configuration() {
        let (origin, serving) = Origin::start().await.unwrap();
        drop(serving);
        let mut newsroom = Newsroom::new(start());
        newsroom.publish(&origin);
        let brine = newsroom.feeds.iter().find(|sheet| sheet.name == "radio-brine").unwrap().path.clone();
        let before = origin.body(&brine).unwrap();
        assert!(newsroom.step(newsroom.next_at().unwrap()));
        let after = origin.body(&brine).unwrap();
        assert!(after.len() > before.len());
        let configuration: toml::Table = newsroom.feeds_toml(&origin, "127.0.0.1:8080").parse().unwrap();
        let feeds = configuration["feed"].as_array().unwrap();
        assert_eq!(feeds.len(), newsroom.feed_count());
        for feed in feeds {
            let url = feed["url"].as_str().unwrap();
            assert!(origin.body(url.strip_prefix(&origin.url("")).unwrap()).is_some(), "{url}");
        }
        assert!(feeds.iter().filter(|feed| feed.get("category").is_none()).count() >= 3);
    }

    #[tokio::test]
    async fn the_daemon_takes_its_configuration_without_a_word() {
        let (origin, serving) = Origin::start().await.unwrap();
        drop(serving);
        let text = Newsroom::new(start()).feeds_toml(&origin, "127.0.0.1:0");
        let path = std::path::Path::new("feeds.toml");
        let config =
            crate::config::Config::parse(&text, path, &crate::config::Environment::default()).unwrap();
        assert_eq!(config.warnings, [], "{text}");
        assert_eq!(config.feeds.len(), Newsroom::new(start()).feed_count());
        assert_eq!(config.digests.len(), 1);
    }

    #[test]
    fn our_reader_finds_every_entry_and_is_not_silent_about_the_ill_formed_feed() {
        let newsroom = Newsroom::new(start());
        for (name, dialect, entries, document) in documents(&newsroom) {
            let hint = crate::read::Hint {
                content_type: Some(dialect.content_type()),
                ..crate::read::Hint::default()
            };
            let read = crate::read::read(document.as_bytes(), &hint);
            if dialect == Dialect::Tattered {
                // It may be read as far as it goes or not at all, but never as a feed that has nothing.
                assert!(
                    read.is_err_and(|error| error.kind() == "broken") || read_in_part(&document),
                    "{name}"
                );
            } else {
                let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!((read.entries.len(), read.warnings), (entries, Vec::new()), "{name}");
            }
        }
    }

    fn read_in_part(document: &str) -> bool {
        let read = crate::read::read(document.as_bytes(), &crate::read::Hint::default());
        read.is_ok_and(|read| !read.entries.is_empty() && !read.warnings.is_empty())
    }
}
