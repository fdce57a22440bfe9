//! What holds for every page: nothing comes from elsewhere, nothing runs, every tag is closed, headings go down one
//! step at a time; and each page says what it is for. The pages are left in `target/pages` to be looked at.

mod beside;
mod lists;
mod local;
mod telling;

use super::super::tests::{at, brief, categories, site, source, story as a_story, topic as a_topic};
use super::super::{Site, edition};
use super::*;
use crate::model::{
    CategoryName, CategorySettings, DigestSettings, Edition, EditionView, FailureKind, FeedNo, FeedState,
    FeedView, FilingNo, Habits, Hidden, Language, PollFailure, Ranked, Search, StoryBrief, TopicView,
    Validators,
};
use jiff::tz::TimeZone;

const HEADLINES: [(&str, &str, &str); 18] = [
    (
        "world",
        "Harbour cities agree on a common plan against the rising tide",
        "Forty-one harbour cities signed a plan on Monday that pools their dredging fleets and shares the cost of sea walls over two decades. Smaller towns are to be served first. Critics say the money is not yet there.",
    ),
    (
        "world",
        "Night trains return to the coast line after eleven years",
        "The first sleeper left a little late and nearly full. The operator hopes to run it daily from spring.",
    ),
    (
        "business",
        "Bakers’ cooperative buys the mill that once bought it out",
        "After nine years the roles have been reversed. The price was not disclosed.",
    ),
    (
        "technology",
        "A browser engine written by volunteers passes the last of its tests",
        "The project began as a weekend exercise. It now renders everything the test suite asks for.",
    ),
    (
        "science",
        "Deep-sea microphones record a song nobody can place",
        "The recordings were made at four thousand metres. Three teams have ruled out every known whale.",
    ),
    (
        "science",
        "Second probe reaches the dark crater and finds frost at noon",
        "It landed within nine metres of its mark. The frost was a surprise.",
    ),
    (
        "culture",
        "Lost reel of a silent comedy turns up in a village school",
        "The caretaker had used the tin as a doorstop. Restoration is to take a year.",
    ),
    (
        "sport",
        "Goalkeeper scores twice as underdogs reach the final",
        "Both goals came in added time. The stadium, half empty by then, will be remembered as full.",
    ),
    (
        "business",
        "Ferry fares to rise by four per cent in January",
        "Islanders keep their discount. Bicycles travel free.",
    ),
    (
        "technology",
        "Satellite network apologises for a bright fortnight",
        "Astronomers had counted eleven hundred streaks. The next batch is to be painted black.",
    ),
    (
        "world",
        "الموانئ تتفق على خطة مشتركة لمواجهة ارتفاع البحر",
        "وقعت إحدى وأربعون مدينة على الخطة يوم الاثنين. ويقول المنتقدون إن المال غير متوفر بعد.",
    ),
    (
        "culture",
        "港町の写真展、百年分の潮の記録を一堂に",
        "市立美術館で月曜日に始まった。会期は来年三月まで。",
    ),
    (
        "science",
        "Old orchard yields apple thought extinct since the last war",
        "A walker recognised it by its smell. Grafts have gone to three nurseries.",
    ),
    (
        "sport",
        "Winter regatta moved inland after storm warning",
        "Sailors will row instead. Not all of them are pleased.",
    ),
    (
        "world",
        "Observers call island vote calm and well attended",
        "Turnout passed eighty per cent. Counting continues overnight.",
    ),
    (
        "technology",
        "Why the library of a small town keeps its card catalogue",
        "It was never switched off. The librarian explains.",
    ),
    (
        "culture",
        "A choir of lighthouse keepers records its farewell",
        "The last manned light goes dark in June. They sang it in.",
    ),
    (
        "sport",
        "Chess: seventeen-year-old holds the champion to a draw",
        "The game lasted seven hours. Neither left the board.",
    ),
];
const FEEDS: [&str; 7] =
    ["The Harbour Post", "Meridian", "Coastal Wire", "Die Zeitung", "Alpha Radio", "Open Ledger", "Nordlys"];

fn sections() -> Vec<CategorySettings> {
    let named =
        ["World", "Business", "Technology", "Science", "Culture", "Sport"].map(|title| CategorySettings {
            name: CategoryName::stored(title.to_lowercase()),
            title: title.to_owned(),
            keywords: Vec::new(),
            was: Vec::new(),
        });
    named.into_iter().collect()
}

fn digests() -> Vec<DigestSettings> {
    vec![DigestSettings {
        name: "morning".to_owned(),
        title: "The morning digest".to_owned(),
        schedule: "0 7 * * *".parse().unwrap(),
        timezone: TimeZone::UTC,
        language: Language::English,
        categories: Vec::new(),
        topics: 6,
        sends_empty: false,
        pictures: false,
        open: true,
        to: Vec::new(),
    }]
}

fn newsroom() -> Vec<TopicView> {
    let mut all = Vec::new();
    for (i, (category, title, excerpt)) in HEADLINES.into_iter().enumerate() {
        let mut lead = brief(&format!("{i}"), title, FEEDS[i % FEEDS.len()], 400 - i as i64 * 31);
        lead.excerpt = excerpt.to_owned();
        let mut stories = vec![lead];
        for k in 0..(5_usize.saturating_sub(i / 2)) {
            let (_, other, _) = HEADLINES[(i * 5 + k * 7 + 3) % HEADLINES.len()];
            let minutes = 380 - (i * 31 + k * 170) as i64;
            stories.push(brief(&format!("{i}-{k}"), other, FEEDS[(i + k + 1) % FEEDS.len()], minutes));
        }
        let mut topic = a_topic(&format!("{i}"), stories);
        topic.category = CategoryName::stored(category.to_owned());
        topic.publishers = if i < 10 { 9 - i } else { 1 };
        all.push(topic);
    }
    all
}

fn by_section(topics: &[TopicView], sections: &[CategorySettings]) -> Vec<(CategoryName, Vec<TopicView>)> {
    let of = |name: &CategoryName| topics.iter().filter(|topic| topic.category == *name).cloned().collect();
    // The real desk has far more topics than our eighteen headlines: the sections get them under new ids.
    let again = |name: &CategoryName| -> Vec<TopicView> {
        let mut mine: Vec<TopicView> = of(name);
        let rotated: Vec<TopicView> = topics.iter().rev().take(5).cloned().collect();
        mine.extend(rotated);
        for (i, topic) in mine.iter_mut().enumerate() {
            topic.id = crate::model::TopicId::found(name.as_str(), &i.to_string(), 0);
        }
        mine
    };
    sections.iter().map(|section| (section.name.clone(), again(&section.name))).collect()
}

fn feeds() -> Vec<FeedView> {
    let feed = |i: usize, name: &str, failure: Option<FailureKind>, read: bool| FeedView {
        state: FeedState {
            no: FeedNo(i as i64),
            url: format!("https://feeds{i}.example/secret/{i}?token=abc"),
            first_url: String::new(),
            title: Some(name.to_owned()),
            site_url: Some(format!("https://site{i}.example/")),
            validators: Validators::default(),
            body_hash: None,
            added_at: at("2026-11-01T00:00:00Z"),
            polled_at: Some(at("2026-11-23T18:00:00Z")),
            read_at: read.then(|| at("2026-11-23T17:40:00Z")),
            changed_at: read.then(|| at("2026-11-23T16:10:00Z")),
            next_poll_at: at("2026-11-23T19:00:00Z"),
            failures: if failure.is_some() { 4 } else { 0 },
            failure: failure.map(|kind| PollFailure {
                kind,
                detail: if kind == FailureKind::Timeout {
                    "10.0.0.1 is silent"
                } else {
                    "(https://feeds.example/a?token=abc)"
                }
                .to_owned(),
            }),
            note: None,
            moved: None,
            habits: Habits::default(),
        },
        name: None,
        entries: 123 * i as u64,
    };
    let mut all: Vec<_> = FEEDS.iter().enumerate().map(|(i, name)| feed(i, name, None, true)).collect();
    all.push(feed(8, "Slow Gazette", Some(FailureKind::Timeout), true));
    all.push(feed(9, "Gone Gazette", Some(FailureKind::Gone), false));
    all.push(feed(10, "A new feed", None, false));
    all
}

fn an_edition(site: &Site<'_>) -> Edition {
    let digests = digests();
    let due = at("2026-11-23T07:00:00Z");
    let topics = newsroom()
        .into_iter()
        .take(6)
        .map(|topic| edition::News { topic, before: None, reporters: Vec::new() })
        .collect();
    let contents = edition::Contents { topics, ..Default::default() };
    Edition {
        no: 1,
        digest: "morning".to_owned(),
        id: "2026-11-23".to_owned(),
        due_at: due,
        through: FilingNo(1),
        words: edition::edition(site, &digests[0], &contents, due, Some("2026-11-23")).words,
    }
}

/// When the pages are looked at.
fn now() -> jiff::Timestamp {
    at("2026-11-23T18:45:00Z")
}

fn found() -> Vec<StoryBrief> {
    newsroom().into_iter().flat_map(|topic| topic.stories.into_iter().take(1)).take(6).collect()
}

/// Every page there is, by name.
fn every_page() -> Vec<(&'static str, String)> {
    let sections = sections();
    every_page_of(&site(&sections), &sections)
}

fn every_page_of(site: &Site<'_>, sections: &[CategorySettings]) -> Vec<(&'static str, String)> {
    let digests = digests();
    let site = Site { digests: &digests, ..*site };
    let topics = newsroom();
    let parts = by_section(&topics, sections);
    let ranked: Vec<Ranked> = topics[..9]
        .iter()
        .map(|topic| Ranked { topic: topic.clone(), newsrooms: topic.publishers })
        .collect();
    let beside = Beside { ranking: &ranked, related: &topics[2..5] };
    let mut told = a_story("1", HEADLINES[0].1, &FEEDS[..5]);
    told.excerpt = HEADLINES[0].2.to_owned();
    told.sources.push(source("صحيفة الميناء", HEADLINES[10].1, 90));
    told.siblings = topics[0].stories.clone();
    let mut pages = vec![
        (
            "front",
            front(
                &site,
                Front { top: &topics, linked: &[], ranking: &[], recommended: &[], sections: &parts },
                now(),
            ),
        ),
        (
            "front-beside",
            front(
                &site,
                Front {
                    top: &topics[..6],
                    linked: &[],
                    ranking: &ranked,
                    recommended: &topics[8..10],
                    sections: &parts[3..],
                },
                now(),
            ),
        ),
        (
            "archive",
            archive(&site, &[jiff::civil::date(2026, 11, 23), jiff::civil::date(2026, 10, 31)], true, None),
        ),
        (
            "day",
            day(
                &site,
                Day {
                    date: jiff::civil::date(2026, 11, 23),
                    neighbours: [Some(jiff::civil::date(2026, 11, 22)), None],
                    widest: &ranked[..3],
                    stories: &found(),
                    page: [1, 3],
                },
            ),
        ),
        (
            "front-few",
            front(
                &site,
                Front { top: &topics[..2], linked: &[], ranking: &[], recommended: &[], sections: &[] },
                now(),
            ),
        ),
        (
            "front-empty",
            front(
                &site,
                Front { top: &[], linked: &[], ranking: &[], recommended: &[], sections: &[] },
                now(),
            ),
        ),
        ("category", category(&site, &sections[0].name, &topics, beside, now())),
        ("topic", topic(&site, &topics[0], beside, now())),
        ("story", story(&site, &told, Background::default(), beside, now())),
        (
            "search",
            search(&site, "harbour \"<b>\"", &Search::read("harbour", &TimeZone::UTC), &found(), now()),
        ),
        ("search-none", search(&site, "zzz", &Search::read("zzz", &TimeZone::UTC), &[], now())),
    ];
    pages.extend(lists::lists_and_notices(&site));
    pages
}

const VOID: [&str; 5] = ["meta", "link", "input", "br", "hr"];

/// The tags of a page in order: name, whether it closes, and what stands in it.
fn tags(page: &str) -> Vec<(String, bool, &str)> {
    let pieces = page.split('<').skip(1).filter(|piece| !piece.starts_with('!'));
    pieces
        .map(|piece| {
            let inside = piece.split('>').next().unwrap_or_default();
            let closes = inside.starts_with('/');
            let name = inside.trim_start_matches('/').split(' ').next().unwrap_or_default();
            (name.to_owned(), closes, inside)
        })
        .collect()
}

#[test]
fn every_page_closes_its_tags_and_steps_down_its_headings() {
    let pages = every_page();
    leave_to_be_looked_at(&pages);
    for (name, page) in pages {
        let (mut open, mut level) = (Vec::new(), 0);
        for (tag, closes, _) in tags(&page) {
            if closes {
                assert_eq!(open.pop().as_ref(), Some(&tag), "{name}");
            } else if !VOID.contains(&tag.as_str()) {
                if let Some(depth) = tag.strip_prefix('h').and_then(|depth| depth.parse::<u32>().ok()) {
                    assert!(depth <= level + 1, "{name}: h{depth} after h{level}");
                    level = depth;
                }
                open.push(tag);
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
        assert_eq!(page.matches("<h1").count(), 1, "{name}");
        assert_eq!(page.matches("<main").count(), 1, "{name}");
    }
}

#[test]
fn no_page_runs_styles_or_loads_anything_from_elsewhere() {
    for (name, page) in every_page() {
        for (tag, _, inside) in tags(&page) {
            assert!(
                !matches!(tag.as_str(), "script" | "style" | "img" | "iframe" | "base"),
                "{name}: {inside}"
            );
            let names: String = inside.split('"').step_by(2).collect();
            for attribute in [" style=", " on", " src=", " srcset=", " background="] {
                assert!(!names.contains(attribute), "{name}: {inside}");
            }
            let elsewhere = inside.contains("href=\"http") && !inside.contains("rel=\"canonical\"");
            assert!(tag != "link" || !elsewhere, "{name}: {inside}");
        }
    }
}

#[test]
fn a_status_page_shows_no_address_that_may_hold_a_secret() {
    let sections = sections();
    let page = status(&site(&sections), &feeds(), FeedOrder::Health, 1).unwrap();
    assert!(!page.contains("token") && !page.contains("10.0.0.1"));
    assert!(page.contains("10 feeds: 7 doing well, 2 in trouble and 1 not read yet."));
    assert!(page.contains("It answers too slowly (4 times in a row)."));
    for said in
        ["gone</code>", "https://feeds9.example/secret/9<", "(https://feeds.example/a<", "timeout</code>"]
    {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn many_feeds_stand_on_several_pages_in_the_order_that_is_asked_for() {
    let sections = sections();
    let site = site(&sections);
    let many: Vec<FeedView> = (0..250)
        .map(|i| FeedView { name: Some(format!("Feed {i:03}")), entries: i, ..feeds()[0].clone() })
        .collect();
    let names = |order, page| {
        let page = status(&site, &many, order, page).unwrap();
        let names = page.split("Feed ").skip(1).filter_map(|rest| rest[..3].parse::<u64>().ok());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(FeedOrder::Name, 2), (100..200).collect::<Vec<_>>());
    assert_eq!(names(FeedOrder::Entries, 3), (0..50).rev().collect::<Vec<_>>());
    assert_eq!(status(&site, &many, FeedOrder::Name, 4), None);
    assert_eq!(status(&site, &many, FeedOrder::Name, 0), None);
    assert!(status(&site, &[], FeedOrder::News, 1).unwrap().contains("No feeds are followed yet."));
}

#[test]
fn foreign_words_cannot_leave_their_place() {
    let sections = sections();
    let site = site(&sections);
    let mut bad = a_story("1", "<script>alert(1)</script>\u{202e}", &["\"><img src=x>"]);
    bad.url = Some("javascript:alert(1)".to_owned());
    bad.excerpt = "</p><script>x</script>".to_owned();
    bad.sources[0].site_url = Some("data:text/html,x".to_owned());
    let page = story(&site, &bad, Background::default(), Beside::default(), now());
    for wrong in ["<script", "<img", "javascript:", "data:", "<b>"] {
        assert!(!page.contains(wrong), "{wrong}");
    }
}

#[test]
fn an_edition_page_has_no_way_out_of_anyones_subscription() {
    let sections = sections();
    let site = site(&sections);
    let edition = an_edition(&site);
    assert!(edition.words.html.contains("href=\"{{unsubscribe}}\""));
    let page = edition_page(&site, &edition, &Hidden::default());
    assert!(!page.contains("unsubscribe") && page.contains("Harbour cities agree"));
}

/// Leaves the pages in `target/pages`, as a browser wants to find them.
fn leave_to_be_looked_at(pages: &[(&str, String)]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for asset in [&super::super::assets::STYLE, &super::super::assets::ICON, &super::super::assets::ICON_PNG]
    {
        std::fs::write(folder.join(&asset.path()[1..]), asset.bytes).unwrap();
    }
    for (name, page) in pages {
        std::fs::write(folder.join(format!("{name}.html")), page).unwrap();
    }
    let sections = sections();
    let words = an_edition(&site(&sections)).words;
    std::fs::write(folder.join("mail.html"), words.html).unwrap();
    std::fs::write(folder.join("mail.txt"), words.text).unwrap();
}
