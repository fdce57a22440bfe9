//! The newsroom's files can be read, and the newsroom brings what it promises.

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
    assert!(archive(start()).is_some());
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
fn days_of_the_week_are_those_of_the_day_on_which_it_begins() {
    let titles = |days: i64| {
        let newsroom = Newsroom::new(start().saturating_add(SignedDuration::from_hours(24 * days)).unwrap());
        let office = newsroom.feeds.iter().find(|sheet| sheet.name == "harbour-office").unwrap();
        let titles =
            office.lines.iter().filter_map(|line| line.title.strip_prefix("Harbour ferry timetable: "));
        titles.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(titles(0), ["Wednesday", "Tuesday", "Monday"]);
    assert_eq!(titles(5), ["Monday", "Sunday", "Saturday"]);
    assert_eq!(later("Montag, Monday und 日曜日", 6), "Sonntag, Sunday und 土曜日");
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
async fn every_link_of_a_feed_and_of_a_page_leads_to_a_page() {
    let (origin, serving) = Origin::start().await.unwrap();
    drop(serving);
    let mut newsroom = Newsroom::new(start());
    newsroom.publish(&origin);
    newsroom.step(start().saturating_add(SignedDuration::from_hours(1)).unwrap());
    let port = format!(".localhost:{}/", origin.address().port());
    let mut waiting: Vec<String> =
        newsroom.feeds.iter().map(|sheet| text_at(&origin, &sheet.path).unwrap()).collect();
    let mut known = BTreeSet::new();
    while let Some(text) = waiting.pop() {
        assert!(!text.contains(".example/"), "{text}");
        for link in text.split("http://").skip(1).filter(|link| link.contains(&port)) {
            let end = link.find(['\\', '"', '<', '?', ' ', '\n', '&']).unwrap_or(link.len());
            let link = link[..end].replacen(&port, ".localhost/", 1);
            if known.insert(link.clone()) {
                let found = text_at(&origin, &format!("//{link}"));
                waiting.push(found.unwrap_or_else(|| panic!("{link} leads nowhere")));
            }
        }
    }
    assert!(known.len() > newsroom.entry_count() * 3 / 4, "{}", known.len());
}

/// What stands under a path, as text; a sound has none.
fn text_at(origin: &Origin, path: &str) -> Option<String> {
    origin.body(path).map(|body| String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn a_correction_comes_under_the_same_key() {
    let (origin, serving) = Origin::start().await.unwrap();
    drop(serving);
    let mut newsroom = Newsroom::new(start());
    newsroom.publish(&origin);
    let post = newsroom.feeds.iter().find(|sheet| sheet.name == "gullhaven-post").unwrap().path.clone();
    let entry = |text: String| {
        let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
        let barges =
            feed.entries.into_iter().find(|entry| entry.id.ends_with("/barges-close-gap-in-sea-wall"));
        barges.map(|entry| entry.title.unwrap().content).unwrap()
    };
    let count = newsroom.entry_count();
    assert!(entry(text_at(&origin, &post).unwrap()).starts_with("Three retired barges"));
    newsroom.correct();
    assert!(entry(text_at(&origin, &post).unwrap()).starts_with("Two retired barges"));
    assert_eq!(newsroom.entry_count(), count);
    for entry in FEEDS.iter().flat_map(|(_, text)| toml::from_str::<Written>(text).unwrap().entry) {
        for [right, _] in &entry.corrected {
            assert!(
                [&entry.title, &entry.summary, &entry.content].iter().any(|text| text.contains(right)),
                "{right}"
            );
        }
    }
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
async fn the_daemon_takes_its_configuration_without_a_warning() {
    let (origin, serving) = Origin::start().await.unwrap();
    drop(serving);
    let text = Newsroom::new(start()).feeds_toml(&origin, "127.0.0.1:0");
    let path = std::path::Path::new("feeds.toml");
    let config = crate::config::Config::parse(&text, path, &crate::config::Environment::default()).unwrap();
    assert_eq!(config.warnings, [], "{text}");
    assert_eq!(config.feeds.len(), Newsroom::new(start()).feed_count());
    assert_eq!(config.digests.len(), 1);
}

#[test]
fn our_reader_finds_every_entry_and_is_not_silent_about_the_ill_formed_feed() {
    let newsroom = Newsroom::new(start());
    for (name, dialect, entries, document) in documents(&newsroom) {
        let hint =
            crate::read::Hint { content_type: Some(dialect.content_type()), ..crate::read::Hint::default() };
        let read = crate::read::read(document.as_bytes(), &hint);
        if dialect == Dialect::Tattered {
            // It may be read as far as it goes or not at all, but never as a feed that has nothing.
            assert!(read.is_err_and(|error| error.kind() == "broken") || read_in_part(&document), "{name}");
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
