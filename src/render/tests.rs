//! What holds for every output: it reads back with the ids, links, dates and titles that went in, whatever strangers
//! wrote into their feeds; and the same stories give the same bytes.

use super::*;
use crate::model::{
    CategoryName, CategorySettings, Enclosure, FeedNo, FilingNo, Language, Person, Picture, SourceView,
    StoryBrief, StoryId, StoryNo, TextForm, TopicId, TopicNo,
};
use jiff::{SignedDuration, Timestamp};
use quick_xml::events::Event;

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn categories() -> Vec<CategorySettings> {
    [("world", "World"), ("science", "Science & nature"), ("general", "General")]
        .map(|(name, title)| CategorySettings {
            name: CategoryName::stored(name.to_owned()),
            title: title.to_owned(),
            keywords: Vec::new(),
            was: Vec::new(),
        })
        .to_vec()
}

pub(super) fn site(categories: &[CategorySettings]) -> Site<'_> {
    static ZONE: jiff::tz::TimeZone = jiff::tz::TimeZone::UTC;
    Site {
        title: "The Daily Tide",
        url: "https://news.example",
        categories,
        digests: &[],
        language: Language::English,
        timezone: &ZONE,
    }
}

/// The number of a feed of this title.
pub(super) fn feed_no(feed: &str) -> FeedNo {
    FeedNo(feed.bytes().map(i64::from).sum())
}

pub(super) fn source(feed: &str, title: &str, minutes: i64) -> SourceView {
    let host = feed.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "-");
    SourceView {
        feed_no: feed_no(feed),
        feed: feed.to_owned(),
        site_url: Some(format!("https://{host}.example/")),
        feed_url: format!("https://{host}.example/feed.xml"),
        publisher: format!("{host}.example"),
        title: title.to_owned(),
        url: Some(format!("https://{host}.example/a/{}?x=1&y=2", title.len())),
        discussion: None,
        note: String::new(),
        language: None,
        published: at("2026-11-23T12:00:00Z") + SignedDuration::from_mins(minutes),
    }
}

pub(super) fn story(key: &str, title: &str, feeds: &[&str]) -> StoryView {
    let sources: Vec<_> =
        feeds.iter().enumerate().map(|(i, feed)| source(feed, title, i as i64 * 7)).collect();
    let published = sources.first().map_or(Timestamp::UNIX_EPOCH, |source| source.published);
    StoryView {
        no: StoryNo(1),
        id: StoryId::found("https://a.example/feed", key, 0),
        topic_no: TopicNo(1),
        topic: TopicId::found("https://a.example/feed", key, 0),
        category: CategoryName::stored("world".to_owned()),
        title: title.to_owned(),
        url: sources.first().and_then(|source| source.url.clone()),
        html: Some(format!("<p>{} in full.</p><p>A second paragraph &amp; more.</p>", title.len())),
        excerpt: "The first sentence says it. The second adds to it. A third and a fourth follow. Here."
            .to_owned(),
        authors: vec![Person { name: Some("Ada Byron".to_owned()), email: None, url: None }],
        enclosures: Vec::new(),
        comments: None,
        image: None,
        picture: None,
        language: Some("en".to_owned()),
        published,
        updated: published + SignedDuration::from_mins(30),
        shown: FilingNo(1),
        shown_at: published,
        sources,
        siblings: Vec::new(),
    }
}

pub(super) fn brief(key: &str, title: &str, feed: &str, minutes: i64) -> StoryBrief {
    let source = source(feed, title, minutes);
    StoryBrief {
        id: StoryId::found("https://b.example/feed", key, 0),
        title: title.to_owned(),
        url: source.url,
        feed: source.feed,
        feed_no: source.feed_no,
        excerpt: "What happened there was seen by many. They told us about it. It was late.".to_owned(),
        image: None,
        picture: None,
        language: None,
        sources: 1,
        published: source.published,
    }
}

pub(super) fn topic(key: &str, stories: Vec<StoryBrief>) -> TopicView {
    let dates = || stories.iter().map(|story| story.published);
    TopicView {
        no: TopicNo(1),
        id: TopicId::found("https://b.example/feed", key, 0),
        category: CategoryName::stored("world".to_owned()),
        development: 1,
        moved: FilingNo(1),
        moved_at: dates().max().unwrap_or(Timestamp::UNIX_EPOCH),
        heads_anew: true,
        first: stories.iter().min_by_key(|story| story.published).unwrap().clone(),
        last: dates().max().unwrap_or(Timestamp::UNIX_EPOCH),
        publishers: stories.iter().map(|story| story.sources).sum(),
        independent: stories.len(),
        weight: 1.0,
        entries: 1,
        stories,
    }
}

fn every_kind_of_story() -> Vec<StoryView> {
    let mut hostile =
        story("2", "Why <b>&amp;</b> \"]]>\" \u{8}matter\u{ffff}\n  to 'us'", &["The <Sly> & Co", "B\u{1}"]);
    hostile.html = Some("<p>ends ]]> here \u{0}\u{b}&lt;script&gt;</p>".to_owned());
    hostile.sources[1].url = Some("javascript:alert(1)".to_owned());
    hostile.authors =
        vec![Person { name: Some(" \u{7} ".to_owned()), email: Some("x@y.example".to_owned()), url: None }];
    let url = "https://a.example/p.jpg?a=1&b=\"/><entry/><x=\"'2".to_owned();
    hostile.image = Some(Picture { url, alt: Some("<b>\" & \u{8}".to_owned()), ..Picture::default() });
    let mut bare = story("3", "نص عربي", &["Alpha"]);
    (bare.url, bare.html, bare.language) = (None, None, None);
    bare.excerpt = String::new();
    bare.sources[0].feed = "\u{200b}".to_owned();
    bare.authors.clear();
    let mut media = story("4", "Episode one", &["Radio One", "Radio Two"]);
    media.comments = Some("https://forum.example/1?a=1&b=2".to_owned());
    media.enclosures = vec![
        Enclosure {
            url: "https://cdn.example/1.mp3?a&b".to_owned(),
            media_type: Some("audio/mpeg".to_owned()),
            bytes: Some(1234),
            duration_s: Some(60),
        },
        Enclosure { url: "file:///etc/passwd".to_owned(), ..Enclosure::default() },
    ];
    media.siblings = vec![brief("s1", "A sibling", "Gamma", 3), brief("s2", "Another & more", "Delta", 4)];
    vec![story("1", "A plain story", &["Alpha", "Beta", "Gamma"]), hostile, bare, media]
}

/// Every form and text form of one list of stories.
fn every_output(stories: &[StoryView]) -> Vec<(Form, TextForm, String)> {
    let categories = categories();
    let mut all = Vec::new();
    for form in Form::ALL {
        for text in [TextForm::Full, TextForm::Excerpt] {
            let output = Output { category: None, holds: Holds::Stories, form };
            let how = PublishSettings { text, ..PublishSettings::default() };
            all.push((
                form,
                text,
                super::stories(&site(&categories), &output, &how, stories, &Chain::default()),
            ));
        }
    }
    all
}

fn read(text: &str) -> feed_rs::model::Feed {
    feed_rs::parser::Builder::new().sanitize_content(false).build().parse(text.as_bytes()).unwrap()
}

#[test]
fn every_output_reads_back_with_its_ids_links_dates_and_titles() {
    let stories = every_kind_of_story();
    for (form, text, written) in every_output(&stories) {
        let feed = read(&written);
        assert_eq!(feed.entries.len(), stories.len(), "{form:?} {text:?}");
        assert_eq!(feed.title.as_ref().map(|title| title.content.as_str()), Some("The Daily Tide"));
        let own = format!("https://news.example/all.{}", form.extension());
        assert!(feed.links.iter().any(|link| link.href == own), "{form:?}: {:?}", feed.links);
        for (entry, story) in feed.entries.iter().zip(&stories) {
            assert_eq!(entry.id, story.id.urn());
            // This reader leaves HTML as it is, and takes no title of RSS for HTML, as others do.
            let words = |title: &feed_rs::model::Text| {
                let is_html = form == Form::Rss || title.content_type.subty() == "html";
                let decoded = quick_xml::escape::unescape(&title.content).ok().filter(|_| is_html);
                decoded.map_or_else(|| title.content.clone(), |decoded| decoded.into_owned())
            };
            let title = entry.title.as_ref().map(words);
            assert_eq!(title, Some(clean::line(&story.title)), "{form:?}");
            let link =
                story.url.clone().unwrap_or_else(|| format!("https://news.example/stories/{}", story.id));
            assert_eq!(entry.links.first().map(|link| &link.href), Some(&link), "{form:?}");
            let published = entry.published.map(|date| date.timestamp());
            assert_eq!(published, Some(story.published.as_second()), "{form:?}");
            if form != Form::Rss {
                let updated = entry.updated.map(|date| date.timestamp());
                assert_eq!(updated, Some(story.updated.as_second()), "{form:?}");
            }
        }
    }
}

#[test]
fn xml_outputs_are_well_formed_and_hold_no_forbidden_character() {
    for (form, text, written) in every_output(&every_kind_of_story()) {
        assert_eq!(clean::legal(&written), written, "{form:?} {text:?}");
        assert!(!written.contains("javascript:"), "{form:?} {text:?}");
        assert!(!written.contains("file:///"), "{form:?} {text:?}");
        if form == Form::Json {
            serde_json::from_str::<serde_json::Value>(&written).unwrap();
            continue;
        }
        let mut reader = quick_xml::Reader::from_str(&written);
        reader.config_mut().check_end_names = true;
        loop {
            match reader.read_event().unwrap() {
                Event::Start(element) | Event::Empty(element) => {
                    for attribute in element.attributes() {
                        let value = attribute.unwrap().value.into_owned();
                        assert!(!value.contains('<'), "{form:?} {value}");
                        quick_xml::escape::unescape(&value).unwrap();
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
    }
}

#[test]
fn the_same_stories_give_the_same_bytes() {
    assert_eq!(every_output(&every_kind_of_story()), every_output(&every_kind_of_story()));
}

#[test]
fn an_item_says_who_else_carried_it_and_what_else_there_is() {
    let stories = every_kind_of_story();
    for (form, text, written) in every_output(&stories) {
        let feed = read(&written);
        let body = |i: usize| {
            let entry: &feed_rs::model::Entry = &feed.entries[i];
            let content = entry.content.as_ref().and_then(|content| content.body.clone());
            content.or_else(|| entry.summary.as_ref().map(|summary| summary.content.clone())).unwrap()
        };
        let carried = body(0);
        assert!(carried.contains("Also carried by: <a href=\"https://beta.example/"), "{form:?} {carried}");
        assert!(carried.contains(">Gamma</a>."), "{form:?} {carried}");
        assert_eq!(carried.contains("in full"), text == TextForm::Full, "{form:?} {carried}");
        let more = body(3);
        assert!(
            more.contains("More on this topic") && more.contains(">Another &amp; more</a> (Delta)"),
            "{form:?} {more}"
        );
    }
}

#[test]
fn what_we_add_to_an_item_is_in_the_language_of_the_site() {
    let categories = categories();
    let german = Site { language: Language::German, ..site(&categories) };
    let feeds: Vec<String> = (0..30).map(|i| format!("Feed {i}")).collect();
    let feeds: Vec<&str> = feeds.iter().map(String::as_str).collect();
    let mut told = story("a", "", &feeds);
    told.siblings = vec![brief("b", "", "Delta", 3)];
    told.sources[0].discussion = Some("https://feed-0.example/talk".to_owned());
    let output = Output { category: None, holds: Holds::Stories, form: Form::Json };
    let written = super::stories(&german, &output, &PublishSettings::default(), &[told], &Chain::default());
    let feed: serde_json::Value = serde_json::from_str(&written).unwrap();
    let item = &feed["items"][0];
    assert_eq!(item["title"], "Ohne Titel");
    let body = item["content_html"].as_str().unwrap();
    for words in [
        "Von <a",
        "Auch bei: <a",
        " und 5 weiteren.",
        "Diskutiert bei <a",
        "Mehr zum Thema</a>:",
        ">Ohne Titel</a>",
    ] {
        assert!(body.contains(words), "{words}: {body}");
    }
    assert_eq!(feed["description"], "Jede Meldung einmal, aus allen Feeds, denen diese Seite folgt.");
    let topics =
        Output { category: CategoryName::new("world").ok(), holds: Holds::Broad(3), form: Form::Atom };
    assert_eq!(topics.title(&german), "The Daily Tide · World: Themen von 3 Medien");
}

#[test]
fn an_output_changes_when_its_latest_story_does() {
    let mut stories = every_kind_of_story();
    stories[1].updated = at("2026-11-24T08:00:00Z");
    for (form, _, written) in every_output(&stories) {
        let feed = read(&written);
        if form != Form::Json {
            assert_eq!(
                feed.updated.map(|date| date.timestamp()),
                Some(stories[1].updated.as_second()),
                "{form:?}"
            );
        }
    }
}

#[test]
fn media_come_with_type_and_length() {
    for (form, _, written) in every_output(&every_kind_of_story()) {
        assert!(written.contains("audio/mpeg") && written.contains("1234"), "{form:?}");
    }
}

#[test]
fn a_language_is_claimed_only_when_all_stories_share_it() {
    let claims = |stories: &[StoryView]| every_output(stories)[2].2.contains("<language>en</language>");
    assert!(claims(&every_kind_of_story()[..2]));
    assert!(!claims(&every_kind_of_story()));
}

#[test]
fn a_topic_comes_again_only_with_its_next_development() {
    let categories = categories();
    let (site, how) = (site(&categories), PublishSettings::default());
    let (best, new) = (brief("a", "Best of them", "Alpha", 0), brief("b", "What is new", "Beta", 90));
    let mut moved = topic("1", vec![best, new]);
    for form in Form::ALL {
        let output = Output { category: CategoryName::new("world").ok(), holds: Holds::Topics, form };
        moved.development = 1;
        moved.stories.sort_by_key(|story| story.published);
        let first = read(&topics(&site, &output, &how, std::slice::from_ref(&moved)));
        assert_eq!(first.entries[0].id, moved.id.urn());
        assert_eq!(first.entries[0].title.as_ref().unwrap().content, "Best of them");
        moved.development = 2;
        moved.stories.reverse();
        let second = read(&topics(&site, &output, &how, std::slice::from_ref(&moved)));
        assert_eq!(second.entries[0].id, format!("{}#2", moved.id.urn()));
        assert_eq!(second.entries[0].title.as_ref().unwrap().content, "What is new");
        assert_eq!(second.title.unwrap().content, "The Daily Tide · World topics");
    }
}

#[test]
fn an_output_without_stories_is_still_an_output() {
    for (form, _, written) in every_output(&[]) {
        assert_eq!(read(&written).entries.len(), 0, "{form:?}");
    }
}

/// The paths of the outputs that a list names.
fn listed(only: Only) -> Vec<String> {
    let categories = categories();
    let text = opml(&site(&categories), only);
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut paths = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) => {
                let address = element.try_get_attribute("xmlUrl").unwrap();
                let address = address.map(|found| found.value.into_owned());
                paths.extend(
                    address.map(|address| address.strip_prefix("https://news.example").unwrap().to_owned()),
                );
            }
            Event::Eof => return paths,
            _ => {}
        }
    }
}

#[test]
fn a_list_of_outputs_names_none_that_holds_what_another_of_it_holds() {
    assert_eq!(listed(Only::Categories), ["/world.atom", "/science.atom", "/general.atom"]);
    assert_eq!(listed(Only::All), ["/all.atom"]);
    let topics = ["/world/topics.atom", "/science/topics.atom", "/general/topics.atom", "/linked.atom"];
    assert_eq!(listed(Only::Topics), topics);
}

#[test]
fn a_source_without_a_readable_title_is_called_by_its_publisher() {
    let mut story = story("1", "Named", &["Alpha", "Beta"]);
    story.sources[0].feed = "\u{200b}".to_owned();
    for (form, _, written) in every_output(&[story]) {
        let name = match form {
            Form::Rss => "feed.xml\">alpha.example</source>",
            Form::Atom => "<title>alpha.example</title>",
            Form::Json => "\"feed\": \"alpha.example\"",
        };
        assert!(written.contains(name), "{form:?} {written}");
    }
}

#[test]
fn an_author_has_a_mail_address_only_where_it_is_one() {
    for (email, is_one) in [
        ("ada@a.example", true),
        ("a.b+c@a-1.example", true),
        ("@ada", false),
        ("ada@é.example", false),
        ("ada b@c.example", false),
        ("ada@localhost", false),
    ] {
        let mut story = story("1", "Signed", &["Alpha"]);
        story.authors[0].email = Some(email.to_owned());
        let atom = &every_output(&[story])[0].2;
        assert_eq!(atom.contains(&format!("<email>{email}</email>")), is_one, "{email}");
    }
}

#[test]
fn rss_plays_what_is_played_and_keeps_the_other_media_beside_it() {
    let enclosure = |url: &str, kind: &str| Enclosure {
        url: url.to_owned(),
        media_type: Some(kind.to_owned()),
        bytes: Some(7),
        duration_s: None,
    };
    let mut story = story("1", "Played", &["Alpha"]);
    story.enclosures = vec![
        enclosure("https://a.example/cover.jpg", "image/jpeg"),
        enclosure("http://intranet/1.mp3", "audio/mpeg"),
        enclosure("https://a.example/1.mp3", "audio/mpeg"),
    ];
    let outputs = every_output(&[story]);
    let rss = &outputs.iter().find(|(form, ..)| *form == Form::Rss).unwrap().2;
    assert!(
        rss.contains("<enclosure url=\"https://a.example/1.mp3\" length=\"7\" type=\"audio/mpeg\"/>"),
        "{rss}"
    );
    for other in ["https://a.example/cover.jpg", "http://intranet/1.mp3"] {
        assert!(
            rss.contains(&format!(
                "fileSize=\"7\" type=\"{}\" url=\"{other}\"",
                if other.ends_with("jpg") { "image/jpeg" } else { "audio/mpeg" }
            )),
            "{rss}"
        );
    }
}

#[test]
fn a_language_is_one_that_there_is() {
    let printed = |tag: &str| output::language_tag(tag);
    for (tag, want) in
        [("en", "en"), ("pt_BR", "pt-BR"), (" zh-Hant-TW ", "zh-Hant-TW"), ("yue", "yue"), ("EN-gb", "EN-gb")]
    {
        assert_eq!(printed(tag).as_deref(), Some(want));
    }
    for none in ["", "language", "english", "zz", "x-klingon", "en;q=1", "en--gb", "e1"] {
        assert_eq!(printed(none), None, "{none}");
    }
}

#[test]
fn an_output_that_never_held_anything_is_older_than_all_feeds() {
    assert!(every_output(&[])[0].2.contains("<updated>1990-01-01T00:00:00+00:00</updated>"));
}
