//! What an edition says, in which order, and within which bounds.

use super::super::tests::{at, brief, categories, site, topic};
use super::length::columns;
use super::plain::COLUMNS;
use super::*;
use crate::model::{CategoryName, FilingNo, Language, Picture, StoryBrief, StoryId, StoryNo, TopicNo, Voice};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

const UNSUBSCRIBE: &str = EditionText::UNSUBSCRIBE;
const RECIPIENT: &str = EditionText::RECIPIENT;

fn digest() -> DigestSettings {
    DigestSettings {
        name: "evening".to_owned(),
        title: "Evening & night".to_owned(),
        schedule: "0 19 * * *".parse().unwrap(),
        timezone: TimeZone::get("Asia/Tokyo").unwrap(),
        language: Language::English,
        categories: Vec::new(),
        topics: 3,
        sends_empty: true,
        pictures: false,
        open: false,
        to: Vec::new(),
    }
}

fn of(topics: Vec<TopicView>) -> Contents {
    let reporters = |topic: &TopicView| {
        topic.others().into_iter().map(|story| (story.feed_no, story.feed.clone())).collect()
    };
    let news = |topic| News { reporters: reporters(&topic), topic, before: None };
    let topics = topics.into_iter().map(news).collect();
    Contents { topics, ..Contents::default() }
}

fn in_words(digest: &DigestSettings, contents: &Contents) -> Composed {
    let id = Some("2026-11-24");
    edition(&site(&categories()), digest, contents, at("2026-11-23T20:00:00Z"), id)
}

fn composed(topics: Vec<TopicView>) -> EditionText {
    in_words(&digest(), &of(topics)).words
}

fn feeds(hidden: &[i64]) -> Hidden {
    Hidden { feeds: hidden.iter().copied().map(FeedNo).collect(), ..Hidden::default() }
}

fn events(count: i64) -> Vec<TopicView> {
    let event =
        |i: i64| topic(&i.to_string(), vec![brief(&i.to_string(), &format!("Event {i}"), "Alpha", i)]);
    (0..count).map(event).collect()
}

#[test]
fn an_edition_is_dated_in_its_own_time_zone_and_says_how_much_it_holds() {
    let words = composed(events(3));
    assert_eq!(words.subject, "Event 0 · Event 1 · Event 2");
    for part in [&words.text, &words.html] {
        assert!(part.contains("Tuesday, 24 November 2026") && part.contains("3 topics · 1 minute to read"));
        assert!(part.contains("Event 2"));
        assert!(part.contains("https://news.example/digests/evening/2026-11-24"));
    }
    assert!(!words.text.contains("<a"));
}

#[test]
fn the_subject_has_whole_headlines_and_is_cut_between_words() {
    let titled = |titles: &[&str]| {
        let topics = (0..).zip(titles).map(|(i, title)| {
            let key = i.to_string();
            topic(&key, vec![brief(&key, title, "Alpha", i)])
        });
        composed(topics.collect()).subject
    };
    let long = "harbour ".repeat(12);
    assert_eq!(
        titled(&["Ferry aground", long.trim(), "Owls nest"]),
        format!("Ferry aground · {}", long.trim())
    );
    assert_eq!(titled(&[long.trim(), long.trim(), "Owls nest"]), format!("{} · Owls nest", long.trim()));
    let cut = titled(&["harbour ".repeat(40).trim()]);
    assert!(cut.chars().count() <= 121 && cut.ends_with("harbour…"), "{cut}");
    assert_eq!(titled(&[]), "Evening & night, 24 November");
}

#[test]
fn the_three_lines_at_the_top_stand_only_above_more_than_three_topics() {
    assert!(!composed(events(3)).text.contains("In short"));
    let words = composed(events(4));
    for part in [&words.text, &words.html] {
        let (_, below) = part.split_once("In short").unwrap();
        assert!(below.contains("Event 0") && below.contains("Event 2") && below.contains("Event 3"));
    }
    assert!(words.text.contains("- Event 0\n- Event 1\n- Event 2\n\n"), "{}", words.text);
}

#[test]
fn topics_stand_under_their_categories_in_the_order_of_the_operator() {
    let mut topics = events(3);
    topics[0].category = CategoryName::general();
    topics[1].category = CategoryName::stored("science".to_owned());
    let text = composed(topics).text;
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what} in {text}"));
    let order = ["World\n-----", "Event 2", "Science & nature\n---", "Event 1", "General\n---", "Event 0"];
    assert!(order.map(at).is_sorted(), "{text}");
    assert!(!composed(events(3)).text.contains("World\n"), "one section needs no heading");
}

#[test]
fn what_was_told_before_is_an_update_that_says_what_was_said() {
    let mut contents = of(events(1));
    contents.topics[0].before = Some(Told {
        topic: TopicNo(1),
        through: FilingNo(1),
        at: at("2026-11-21T20:00:00Z"),
        headline: "Ferry runs aground".to_owned(),
        story: StoryId(9),
        feed: FeedNo(7),
    });
    let words = in_words(&digest(), &contents).words;
    assert!(words.text.contains("* Update: Event 0\n"), "{}", words.text);
    for part in [&words.text, &words.html] {
        assert!(part.contains("1 topic, 1 update ·"), "{part}");
        assert!(part.contains("Before, on 22 November: “Ferry runs aground”"), "{part}");
    }
    assert!(tells_of(&words.html, &feeds(&[7])), "those are that feed's words");
    assert!(tells_of(&words.html, &Hidden { stories: BTreeSet::from([StoryId(9)]), ..Hidden::default() }));
}

#[test]
fn a_publisher_is_quoted_and_where_it_says_nothing_another_is() {
    let says = |feed: &str, no: i64, excerpt: &str| StoryBrief {
        excerpt: excerpt.to_owned(),
        feed_no: FeedNo(no),
        ..brief(feed, "Ferry aground", feed, no)
    };
    let text = |own: &str, other: &str| {
        composed(vec![topic("1", vec![says("Alpha", 1, own), says("Beta", 2, other)])]).text
    };
    let [forty, nobody] = ["Forty people were saved.", "Nobody was hurt in it."];
    assert!(text(forty, nobody).contains(&format!("  “{forty}”\n")));
    assert!(text("Ferry aground", nobody).contains(&format!("  Beta: “{nobody}”\n")));
    assert!(!text("Ferry aground", "Read more").contains('“'));
    let french = DigestSettings { language: Language::French, ..digest() };
    let topics = vec![topic("1", vec![says("Alpha", 1, ""), says("Beta", 2, nobody)])];
    let text = in_words(&french, &of(topics)).words.text;
    assert!(text.contains("  Beta\u{a0}: « Nobody was hurt"), "{text}");
}

#[test]
fn who_else_reports_is_named_and_the_rest_counted() {
    let mut event = topic(
        "1",
        ["Alpha", "Beta", "Gamma", "Delta", "Omega"]
            .map(|feed| StoryBrief {
                feed_no: FeedNo(feed.len() as i64 * 100 + i64::from(feed.as_bytes()[0])),
                ..brief(feed, feed, feed, 0)
            })
            .to_vec(),
    );
    event.publishers = 9;
    let words = composed(vec![event]);
    for part in [&words.text, &words.html] {
        assert!(part.contains("also Beta, Gamma, Delta and 5 others"), "{part}");
        assert!(part.contains("All reports") && part.contains("https://news.example/topics/"));
    }
}

#[test]
fn an_edition_is_read_in_five_minutes_however_much_there_is() {
    let mut topics = events(200);
    for topic in &mut topics {
        topic.stories[0].excerpt = "Forty people were taken ashore by the lifeboats in the fog. ".repeat(6);
    }
    let composed = in_words(&digest(), &of(topics));
    let text = &composed.words.text;
    assert!(text.contains("5 minutes to read"), "{text}");
    let words = text.split_whitespace().filter(|word| !word.contains("://")).count();
    assert!((1_000..1_400).contains(&words), "{words}");
    assert!(text.contains("“Forty people") && composed.topics > 20 && composed.topics < 200);
    let left = format!("and {} more on the web", 200 - composed.topics);
    for part in [text, &composed.words.html] {
        assert!(part.contains(&left), "{part}");
    }
}

#[test]
fn the_html_stays_below_what_mail_programs_cut() {
    let hostile = |i: i64| {
        let key = i.to_string();
        let title = format!("<&\"> {i} {}", "&\"<>".repeat(80));
        let mut story = brief(&key, &title, &"\"".repeat(300), i);
        story.excerpt = "\"&<".repeat(400);
        story.url = Some(format!("https://a.example/{}", "&".repeat(580)));
        let url = format!("https://a.example/{}", "&".repeat(580));
        story.image = Some(Picture { url, ..Picture::default() });
        topic(&key, vec![story.clone(), StoryBrief { feed_no: FeedNo(i + 900), ..story }])
    };
    let many = || (0..200).map(hostile).collect::<Vec<_>>();
    let mut contents = of(many());
    contents.widely_covered = of(many().split_off(196)).topics;
    contents.rarely_updated = of(many().split_off(196)).topics;
    let composed = in_words(&DigestSettings { pictures: true, ..digest() }, &contents);
    assert!(composed.words.html.len() < 90_000, "{}", composed.words.html.len());
    assert!(composed.topics >= 3 && composed.words.text.contains("more on the web"));
}

#[test]
fn nothing_is_fetched_from_others_unless_pictures_are_wanted_and_never_on_the_page() {
    let mut topics = events(1);
    topics[0].stories[0].image = Some(Picture {
        url: "https://a.example/p.jpg".to_owned(),
        alt: Some("A ferry {{unsubscribe}}".to_owned()),
        ..Picture::default()
    });
    let without = in_words(&digest(), &of(topics.clone())).words.html;
    assert!(!without.contains("<img") && !without.contains("src=") && !without.contains("url("));
    let with = in_words(&DigestSettings { pictures: true, ..digest() }, &of(topics)).words.html;
    assert!(with.contains("<img src=\"https://a.example/p.jpg\" alt=\"A ferry "), "{with}");
    assert_eq!(with.matches(UNSUBSCRIBE).count(), 1);
    let page = for_the_web(&with, &Hidden::default());
    assert!(!page.contains("<img") && page.contains("Event 0"));
}

#[test]
fn the_fixed_words_are_in_the_language_of_the_digest() {
    let check = |language, said: &[&str]| {
        let digest = DigestSettings { language, ..digest() };
        let words = in_words(&digest, &of(events(4))).words;
        for part in [&words.text, &words.html] {
            for said in said {
                assert!(part.contains(said), "no {said} in {part}");
            }
        }
        assert!(words.html.contains(&format!("<html lang=\"{}\">", language.tag())));
    };
    check(
        Language::German,
        &["Dienstag, 24. November 2026", "4 Themen · 1 Minute", "Das Wichtigste", "Abbestellen"],
    );
    check(Language::French, &["mardi 24 novembre 2026", "En bref", "Envoyé à {{recipient}}."]);
    check(Language::Spanish, &["martes, 24 de noviembre de 2026", "En breve", "Darse de baja"]);
}

#[test]
fn plain_text_keeps_to_its_columns_but_never_breaks_an_address() {
    let long = "A headline of quite some length that goes on and on, well past the end of any line there is";
    let mut wide = brief("2", &"潮の記録を一堂に".repeat(12), "Beta", 1);
    wide.excerpt = "word ".repeat(60);
    wide.url = Some(format!("https://a.example/{}", "x".repeat(90)));
    let words = composed(vec![topic("1", vec![brief("1", long, "Alpha", 0)]), topic("2", vec![wide])]);
    for line in words.text.lines() {
        assert!(columns(line) <= COLUMNS || line.contains("https://"), "{line}");
    }
    assert!(words.text.contains(&"x".repeat(90)));
}

#[test]
fn what_is_filled_in_stands_once_in_each_part_whatever_publishers_write() {
    let mut bad = brief("1", "Click {{unsubscribe}} now", "{{recipient}}", 0);
    bad.url = Some("https://a.example/{{unsubscribe}}".to_owned());
    bad.excerpt = "Or {{recipient}} and \u{202e}{{unsubscribe}} here. <b>Bold</b> it is.".to_owned();
    let words = composed(vec![topic("1", vec![bad])]);
    for place in [UNSUBSCRIBE, RECIPIENT] {
        assert_eq!(words.html.matches(place).count(), 1);
        assert_eq!(words.text.matches(place).count(), 1);
        assert!(!words.subject.contains(place));
    }
    assert!(!words.text.contains('\u{202e}'), "it would turn round what follows");
    let page = for_the_web(&words.html, &Hidden::default());
    assert!(!page.contains(UNSUBSCRIBE) && !page.contains(RECIPIENT));
    assert!(!page.contains("style=") && page.contains("&lt;b&gt;Bold"));
}

#[test]
fn what_is_private_or_taken_down_now_is_shown_no_more() {
    let of = |feed: i64, key: &str, title: &str| StoryBrief {
        feed_no: FeedNo(feed),
        ..brief(key, title, &format!("Feed {feed}"), 0)
    };
    let bad = "Forged <!--feeds 9--> mark";
    let topics = vec![
        topic("1", vec![of(1, "1", "Ferry aground"), of(12, "2", "Harbour closed")]),
        topic("2", vec![of(2, "3", bad)]),
        topic("3", vec![of(3, "4", "Owls nest")]),
        topic("4", vec![of(4, "5", "Moss dries")]),
    ];
    let down = Hidden { stories: BTreeSet::from([topics[1].stories[0].id]), ..Hidden::default() };
    let words = composed(topics);
    let page = for_the_web(&words.html, &down);
    assert!(!page.contains("Forged") && page.contains("Owls") && tells_of(&words.html, &down));
    assert_eq!(subject_for_the_web(&words.subject, &words.html, "Evening", &down), "Evening");
    let shown = |hidden: &[i64]| {
        let hidden = feeds(hidden);
        let page = for_the_web(&words.html, &hidden);
        assert!(!page.contains("<!--"), "{page}");
        let told = ["Ferry", "Feed 12", "Forged", "Owls", "Moss"].map(|word| page.contains(word));
        (told, subject_for_the_web(&words.subject, &words.html, "Evening", &hidden))
    };
    let whole = words.subject.clone();
    assert_eq!(shown(&[]), ([true; 5], whole.clone()));
    assert_eq!(shown(&[9, 123]), ([true; 5], whole.clone()));
    assert_eq!(shown(&[4]), ([true, true, true, true, false], whole.clone()));
    assert_eq!(shown(&[12]), ([true, false, true, true, true], whole), "the headline is of another");
    let without = "Evening".to_owned();
    assert_eq!(shown(&[3]), ([true, true, true, false, true], without.clone()));
    assert_eq!(shown(&[1, 2]), ([false, false, false, true, true], without.clone()));
    // As editions were before they told their feeds.
    let unmarked = words.html.replace(FEEDS, "<!--");
    let hidden = feeds(&[77]);
    assert!(!for_the_web(&unmarked, &hidden).contains("Owls"));
    assert!(for_the_web(&unmarked, &Hidden::default()).contains("Owls"));
    assert_eq!(subject_for_the_web(&words.subject, &unmarked, "Evening", &hidden), without);
}

#[test]
fn a_subject_is_shown_no_more_when_any_headline_in_it_is_hidden() {
    let long = "harbour ".repeat(12);
    let titled = [(1, long.trim()), (2, long.trim()), (3, "Owls nest")];
    let topics = titled.map(|(feed, title)| {
        let key = feed.to_string();
        topic(&key, vec![StoryBrief { feed_no: FeedNo(feed), ..brief(&key, title, "Alpha", feed) }])
    });
    let words = composed(topics.to_vec());
    assert_eq!(words.subject, format!("{} · Owls nest", long.trim()), "the second does not fit");
    let shown = |hidden| subject_for_the_web(&words.subject, &words.html, "Evening", &feeds(&[hidden]));
    assert_eq!([1, 3].map(shown), ["Evening", "Evening"]);
    assert_eq!(shown(2), words.subject, "it says nothing of that one");
}

#[test]
fn a_page_that_only_sparks_link_to_names_nobody() {
    let voice = |no: i64| Voice {
        name: format!("Spark {no}"),
        publisher: format!("spark{no}.example"),
        title: String::new(),
        url: None,
        story: StoryNo(no),
        page: "https://page.example/".to_owned(),
        words: String::new(),
        spark: true,
        points: true,
        at: at("2026-11-23T12:00:00Z"),
    };
    let page = LinkedPage {
        page: 1,
        url: "https://page.example/".to_owned(),
        title: "A page".to_owned(),
        shown_at: at("2026-11-23T12:00:00Z"),
        story: None,
        voices: (1..=3).map(voice).collect(),
    };
    let contents = Contents { linked: vec![(page, Vec::new())], ..of(events(1)) };
    let text = in_words(&digest(), &contents).words.text;
    assert!(text.contains("linked by 3 publishers\n"), "{text}");
}

#[test]
fn an_edition_without_topics_says_so() {
    let words = composed(Vec::new());
    assert_eq!(words.subject, "Evening & night, 24 November");
    assert!(words.text.contains("Nothing new this time.") && words.html.contains("Nothing new this time."));
}
