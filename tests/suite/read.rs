//! Reading the small feeds of `data/feeds`, which we wrote: one for each dialect and for each common oddity.

use jiff::Timestamp;
use proptest::prelude::*;
use std::path::PathBuf;
use tidings::model::{Document, Entry, Format, RawEntry};
use tidings::read::{Hint, ReadError, hash, keys, plain_text, prepare, read};

const BASE: &str = "https://base.example/feed";

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/suite/data/feeds"].iter().collect()
}

/// Every fixture by name, in a fixed order.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .collect();
    all.sort();
    all
}

fn fixture(name: &str) -> Document {
    read_bytes(&std::fs::read(folder().join(name)).unwrap()).unwrap()
}

pub(crate) fn read_bytes(bytes: &[u8]) -> Result<Document, ReadError> {
    read(bytes, &Hint { base_url: Some(BASE), ..Hint::default() })
}

pub(crate) fn prepared(document: &Document) -> Vec<Entry> {
    let entries = document.entries.iter().zip(keys(document));
    entries.map(|(raw, key)| prepare(raw, key, hash(raw), document)).collect()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What a fixture's feed says of itself, and what its entries are filed by and shown as.
fn check(name: &str, format: Format, title: &str, url: Option<&str>, entries: &[(&str, &str, Option<&str>)]) {
    let document = fixture(name);
    assert_eq!(document.format, format, "{name}");
    assert_eq!(document.title.as_deref(), Some(title), "{name}");
    assert_eq!(document.url.as_deref(), url, "{name}");
    let filed = prepared(&document);
    let found: Vec<_> = filed.iter().map(|e| (e.key.as_str(), e.title.as_str(), e.url.as_deref())).collect();
    assert_eq!(found, entries, "{name}");
}

#[test]
fn every_dialect_is_read() {
    check(
        "rss20.xml",
        Format::Rss,
        "The Harbour Gazette",
        Some("https://harbour.example/"),
        &[
            ("harbour-1", "Ferry & tram timetable changes", Some("https://harbour.example/2026/ferry")),
            (
                "https://harbour.example/2026/choir",
                "Choir sings at the lighthouse",
                Some("https://harbour.example/2026/choir"),
            ),
        ],
    );
    check(
        "rss091.xml",
        Format::Rss,
        "Café Chronicle",
        Some("http://cafe.example/"),
        &[("http://cafe.example/the", "Prix du thé < prix du café", Some("http://cafe.example/the"))],
    );
    check(
        "rss10.rdf",
        Format::Rdf,
        "Garden Notes",
        Some("https://garden.example/"),
        &[
            ("https://garden.example/leeks", "Leeks in snow", Some("https://garden.example/leeks")),
            ("https://garden.example/peas", "Peas, early", Some("https://garden.example/peas")),
        ],
    );
    check(
        "rss11.xml",
        Format::Rdf,
        "Bridge Log",
        Some("https://bridge.example/"),
        &[("https://bridge.example/1", "Opened at noon", Some("https://bridge.example/1"))],
    );
    check(
        "atom10.xml",
        Format::Atom,
        "Tower & Town",
        Some("https://tower.example/blog/"),
        &[
            ("tag:tower.example,2026:bells", "Bells at six", Some("https://tower.example/blog/2026/bells")),
            ("tag:tower.example,2026:fog", "Fog", Some("https://tower.example/blog/2026/fog")),
        ],
    );
    check(
        "atom03.xml",
        Format::Atom,
        "Old Mill",
        Some("https://mill.example/"),
        &[("tag:mill.example,2004:wheel", "Wheel & axle", Some("https://mill.example/wheel"))],
    );
    check(
        "feed.json",
        Format::Json,
        "Signal Box",
        Some("https://signal.example/"),
        &[
            ("2", "Points < frozen >", Some("https://signal.example/2")),
            ("1", "", Some("https://elsewhere.example/1")),
        ],
    );
    check(
        "channel.cdf",
        Format::Cdf,
        "Old Channel",
        Some("https://cdf.example/index.html"),
        &[("https://cdf.example/one.html", "One page", Some("https://cdf.example/one.html"))],
    );
}

#[test]
fn oddities_are_read_as_they_were_meant() {
    check(
        "no-namespace.xml",
        Format::Rss,
        "Bare",
        Some("https://base.example/"),
        &[("https://base.example/one", "One", Some("https://base.example/one"))],
    );
    check(
        "wrong-namespace.xml",
        Format::Rss,
        "Loud",
        Some("https://loud.example/"),
        &[("https://loud.example/1", "SHOUT", Some("https://loud.example/1"))],
    );
    check(
        "ill-formed.xml",
        Format::Rss,
        "Salt & Pepper",
        Some("https://salt.example/?a=1&b=2"),
        &[
            (
                "https://salt.example/?id=1&lang=en",
                "Prices < last year's",
                Some("https://salt.example/?id=1&lang=en"),
            ),
            ("https://salt.example/2", "No end tag before this one", Some("https://salt.example/2")),
        ],
    );
    check("truncated.xml", Format::Rss, "Half", None, &[("a", "Whole", None), ("b", "Cut", None)]);
    check(
        "wrapped.html",
        Format::Rss,
        "Inside",
        None,
        &[("https://inside.example/1", "Found", Some("https://inside.example/1"))],
    );
    // An entity that holds others, or whose text is elsewhere, is not expanded.
    check("entities.xml", Format::Rss, "The Écho", None, &[("1", "&b; &file;", None)]);
    check("koi8r.xml", Format::Rss, "Вести", None, &[("1", "Новый мост", None)]);
    check("utf16.xml", Format::Rss, "Widths", None, &[("1", "Zwölf Brücken", None)]);
    check("windows1252.xml", Format::Rss, "Quotes", None, &[("1", "“Zwölf” – Brücken", None)]);
    check(
        "titles.xml",
        Format::Rss,
        "Titles",
        None,
        &[
            ("1", "Vec<T> or slices?", None),
            ("2", "AT&T — again", None),
            ("3", "A loud day", None),
            ("4", "Plain inline markup < here", None),
            ("5", "", None),
        ],
    );
}

#[test]
fn fields_that_an_aggregator_needs_are_read() {
    let document = fixture("rss20.xml");
    assert_eq!(document.language.as_deref(), Some("en-GB"));
    assert_eq!(document.updated, Some(time("2026-03-03T09:30:00Z")));
    assert_eq!(document.image.as_deref(), Some("https://harbour.example/logo.png"));
    assert_eq!(document.hints.ttl_min, Some(90));
    assert_eq!(document.hints.skip_hours, [1, 0]);
    assert_eq!(document.hints.skip_days, [0]);
    assert_eq!(document.hints.update_s, Some(6 * 3_600));
    assert_eq!(document.links_to("hub").collect::<Vec<_>>(), ["https://hub.example/"]);
    assert_eq!(document.links_to("self").collect::<Vec<_>>(), ["https://harbour.example/feed.xml"]);
    let ferry = &document.entries[0];
    assert_eq!(ferry.published, Some(time("2026-03-03T07:15:00Z")));
    assert_eq!(ferry.authors[0].name.as_deref(), Some("Ida Holm"));
    assert_eq!(ferry.terms, ["Transport", "Ferry"]);
    assert_eq!(ferry.comments.as_deref(), Some("https://harbour.example/2026/ferry#comments"));
    assert_eq!(ferry.source.as_ref().unwrap().title.as_deref(), Some("The Wire"));
    let choir = &document.entries[1];
    assert_eq!(choir.authors[0].name.as_deref(), Some("Night Desk"));
    assert_eq!(choir.authors[0].email.as_deref(), Some("desk@harbour.example"));
    assert_eq!(choir.enclosures[0].bytes, Some(123_456));

    let document = fixture("atom10.xml");
    assert_eq!(
        document.links_to("next").collect::<Vec<_>>(),
        ["https://tower.example/blog/feed.atom?page=2"]
    );
    let bells = &document.entries[0];
    assert_eq!(
        bells.authors[0].name.as_deref(),
        Some("Tower Keeper"),
        "an entry without an author has the feed's"
    );
    assert_eq!(bells.image.as_deref(), Some("https://tower.example/bells.jpg"));
    assert_eq!(bells.summary.as_deref(), Some("Six &lt; seven"));
    assert_eq!(bells.published, Some(time("2026-02-28T06:00:00Z")));
    assert_eq!(bells.language.as_deref(), Some("en"));
    let fog = &document.entries[1];
    assert_eq!(fog.source.as_ref().unwrap().id.as_deref(), Some("tag:guest.example,2026:notes"));
    assert_eq!(fog.authors[0].email.as_deref(), Some("guest@tower.example"));

    let document = fixture("podcast.xml");
    assert_eq!(
        document.podcast.as_ref().unwrap().guid.as_deref(),
        Some("9b024349-ccf0-5f69-a609-6b82873eab3c")
    );
    assert_eq!(document.terms, ["Sports", "Swimming"]);
    let cold = document.entries[0].podcast.as_ref().unwrap();
    assert_eq!((cold.season, cold.episode, cold.duration_s), (Some(2), Some(7), Some(3_723)));
    assert_eq!(cold.transcripts, ["https://deep.example/7.vtt"]);
    assert_eq!(document.entries[0].enclosures[0].duration_s, Some(3_723));

    let document = fixture("media.xml");
    let walk = &document.entries[0];
    assert_eq!(walk.image.as_deref(), Some("https://clips.example/1.jpg"));
    assert_eq!(walk.enclosures[0].duration_s, Some(61));
    assert_eq!(walk.summary.as_deref(), Some("Down the road<br>and back."));
}

#[test]
fn html_is_safe_and_absolute_when_it_is_filed() {
    let ferry = prepared(&fixture("rss20.xml")).remove(0);
    assert_eq!(
        ferry.content.as_deref(),
        Some(
            "<p>The first boat leaves <em>ten minutes</em> earlier, says the <a \
             href=\"https://harbour.example/board\" rel=\"noopener noreferrer nofollow\">board</a>.</p>"
        )
    );
    assert_eq!(ferry.text, "The first boat leaves ten minutes earlier, says the board.");
    let bells = prepared(&fixture("atom10.xml")).remove(0);
    assert!(bells.content.unwrap().contains("href=\"https://tower.example/blog/2025/bells\""));
}

#[test]
fn an_id_or_a_link_of_several_entries_identifies_none() {
    let document = fixture("shared-ids.xml");
    let keys = keys(&document);
    assert!(keys[0].starts_with("hash:") && keys[1].starts_with("hash:") && keys[0] != keys[1]);
    assert_eq!(keys[2], "https://same.example/3");
    assert_eq!(keys, tidings::read::keys(&fixture("shared-ids.xml")), "the same on every read");
}

#[test]
fn a_changed_word_changes_the_hash_and_a_second_reading_does_not() {
    let document = fixture("rss20.xml");
    let mut changed = document.entries[0].clone();
    assert_eq!(hash(&changed), hash(&fixture("rss20.xml").entries[0]));
    changed.title = Some("Ferry & tram timetable change".to_owned());
    assert_ne!(hash(&changed), hash(&document.entries[0]));
}

/// How many entries end before byte `at`.
fn ended_before(bytes: &[u8], at: usize) -> usize {
    let text = String::from_utf8_lossy(&bytes[..at]).to_ascii_lowercase();
    text.matches("</item>").count() + text.matches("</entry>").count()
}

#[test]
fn entries_before_a_cut_are_read() {
    for (name, bytes) in
        fixtures().iter().filter(|(name, _)| !name.starts_with("utf16") && !name.ends_with("json"))
    {
        for at in 0..bytes.len() {
            let found = read_bytes(&bytes[..at]).map_or(0, |document| document.entries.len());
            assert!(found >= ended_before(bytes, at), "{name} cut at {at}: {found} entries");
        }
    }
    let json = std::fs::read(folder().join("feed.json")).unwrap();
    let second = json.windows(9).position(|window| window == b"{\"id\": 1,").unwrap();
    assert_eq!(read_bytes(&json[..second]).unwrap().entries.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_to_a_feed_stops_the_reader(
        which in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
        splice in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
    ) {
        let all = fixtures();
        let mut bytes = which.get(&all).1.clone();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some((from, to)) = splice {
            let piece = bytes[from.index(bytes.len())..].to_vec();
            let to = to.index(bytes.len());
            bytes.splice(to..to, piece);
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(document) = read_bytes(&bytes) {
            for entry in prepared(&document) {
                prop_assert!(!entry.key.is_empty() && entry.key.len() <= 1_024);
                let html = entry.content.unwrap_or_default() + &entry.summary.unwrap_or_default();
                prop_assert!(!html.to_ascii_lowercase().contains("<script"));
            }
        }
    }

    #[test]
    fn no_bytes_stop_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read_bytes(&bytes);
        let _ = plain_text(&String::from_utf8_lossy(&bytes));
    }
}

/// Fields, by file, that feed-rs finds and we do not, with the reason why that is right. `*` is any file.
const EXCEPTIONS: [(&str, &str); 3] = [
    // It makes up an id for an entry that has none; ours comes from `keys`.
    ("*", "id"),
    // It does not expand the document's own entities.
    ("entities.xml", "feed title"),
    // It cuts a title off at inline markup.
    ("titles.xml", "title"),
];

#[test]
fn wherever_feed_rs_succeeds_we_find_at_least_what_it_found() {
    let mut compared = 0;
    let mut lost = Vec::new();
    for (name, bytes) in fixtures() {
        let theirs = feed_rs::parser::Builder::new().base_uri(Some(BASE)).sanitize_content(false).build();
        let Ok(theirs) = theirs.parse(bytes.as_slice()) else { continue };
        let ours = read_bytes(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        compared += 1;
        assert!(ours.entries.len() >= theirs.entries.len(), "{name}");
        let title = theirs.title.as_ref().map(|title| plain_text(&title.content));
        if title.is_some() && title != ours.title {
            lost.push((name.clone(), "feed title"));
        }
        assert!(theirs.updated.is_none() || ours.updated.is_some(), "{name}");
        for (theirs, ours) in theirs.entries.iter().zip(&ours.entries) {
            lost.extend(missing(theirs, ours).into_iter().map(|field| (name.clone(), field)));
        }
    }
    lost.retain(|(name, field)| {
        !EXCEPTIONS.iter().any(|(file, known)| [name, "*"].contains(file) && known == field)
    });
    assert!(lost.is_empty(), "{lost:?}");
    assert!(compared >= 8, "only {compared} fixtures were compared");
}

/// Fields of an entry that they found and we did not.
fn missing(theirs: &feed_rs::model::Entry, ours: &RawEntry) -> Vec<&'static str> {
    let seconds = |date: Option<Timestamp>| date.map(Timestamp::as_second);
    let same = |text: &Option<feed_rs::model::Text>, html: &Option<String>| {
        text.as_ref().is_none_or(|text| {
            let words = plain_text(&text.content);
            words.is_empty() || html.as_deref().is_some_and(|html| plain_text(html) == words)
        })
    };
    let links = theirs.links.iter().all(|link| {
        ours.url.as_deref() == Some(&link.href)
            || ours.links.iter().any(|ours| ours.url == link.href)
            || ours.enclosures.iter().any(|ours| ours.url == link.href)
    });
    let media =
        theirs.media.iter().flat_map(|media| &media.content).filter_map(|content| content.url.as_ref());
    let body = theirs.content.as_ref().and_then(|content| content.body.as_ref());
    [
        (ours.id.as_deref() == Some(&theirs.id), "id"),
        (same(&theirs.title, &ours.title), "title"),
        (same(&theirs.summary, &ours.summary), "summary"),
        (
            body.is_none_or(|body| ours.content.as_deref().map(plain_text) == Some(plain_text(body))),
            "content",
        ),
        (theirs.published.is_none_or(|date| seconds(ours.published) == Some(date.timestamp())), "published"),
        (
            theirs
                .updated
                .is_none_or(|date| seconds(ours.updated.or(ours.published)) == Some(date.timestamp())),
            "updated",
        ),
        (links, "links"),
        (media.clone().all(|url| ours.enclosures.iter().any(|ours| ours.url == url.as_str())), "media"),
        (theirs.authors.len() <= ours.authors.len(), "authors"),
        (theirs.categories.iter().all(|category| ours.terms.contains(&category.term)), "terms"),
    ]
    .into_iter()
    .filter_map(|(found, field)| (!found).then_some(field))
    .collect()
}
