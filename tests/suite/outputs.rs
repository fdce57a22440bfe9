//! Items of outputs, in every form: our own reader reads back what they say, whatever publishers wrote; and an item has
//! all that its story has.

use crate::daemon::TestDaemon;
use crate::read::{prepared, read_bytes};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use tidings::model::{
    CategoryName, Chain, Enclosure, Entry, FeedNo, FilingNo, Person, Picture, PublishSettings, SourceView,
    StoryId, StoryNo, StoryView, TextForm, TopicId, TopicNo,
};
use tidings::read::plain_text;
use tidings::render::{self, Form, Holds, Output, Site};

const SITE: Site<'_> = Site {
    title: "Tide & <time>",
    url: "https://news.example",
    categories: &[],
    digests: &[],
    language: tidings::model::Language::English,
    timezone: &ZONE,
};
static ZONE: jiff::tz::TimeZone = jiff::tz::TimeZone::UTC;

/// Entries as our own reader prepares them from a document.
fn read_back(document: &str) -> Vec<Entry> {
    prepared(&read_bytes(document.as_bytes()).unwrap())
}

/// An output of these stories in one form.
fn output(form: Form, how: &PublishSettings, stories: &[StoryView]) -> String {
    let output = Output { category: None, holds: Holds::Stories, form };
    render::stories(&SITE, &output, how, stories, &Chain::default())
}

/// Words that publishers may write, and each as an output has it.
const WORDS: [(&str, &str); 22] = [
    ("plain", "plain"),
    ("<b>bold</b>", "<b>bold</b>"),
    ("</title></item>", "</title></item>"),
    ("<!-- x -->", "<!-- x -->"),
    ("]]>", "]]>"),
    ("<![CDATA[", "<![CDATA["),
    ("&amp;", "&amp;"),
    ("&#38;&copy;", "&#38;&copy;"),
    ("AT&T", "AT&T"),
    ("3 < 4 > 2 &", "3 < 4 > 2 &"),
    ("'\"`", "'\"`"),
    ("\u{0}\u{8}\u{1b}[2J", "[2J"),
    ("\u{7f}\u{85}\u{9f}", ""),
    ("\u{fdd0}a\u{fffe}b\u{10ffff}", "ab"),
    ("M\u{fffd}\u{fffd}nchen", "M?nchen"),
    ("\u{202e}edis\u{202c} \u{2066}x", "\u{202e}edis\u{202c} \u{2066}x"),
    ("\n\t \u{a0}\u{2028}", ""),
    ("نص", "نص"),
    ("👩‍👩‍👧", "👩‍👩‍👧"),
    ("javascript:alert(1)", "javascript:alert(1)"),
    ("{{x}} %s ${y}", "{{x}} %s ${y}"),
    ("e\u{301}\u{301}\u{301}", "e\u{301}\u{301}\u{301}"),
];

/// Addresses that publishers may write, and each as an output has it; `None` for those that it leaves out.
const ADDRESSES: [(&str, Option<&str>); 12] = [
    ("https://a.example/1?x=1&y=2#z", Some("https://a.example/1?x=1&y=2#z")),
    ("https://a.example/[1]|2", Some("https://a.example/%5B1%5D%7C2")),
    ("https://a.example/ä b", Some("https://a.example/%C3%A4%20b")),
    ("https://bücher.example/100%", Some("https://xn--bcher-kva.example/100%25")),
    ("https://a.example/\"><script>", Some("https://a.example/%22%3E%3Cscript%3E")),
    ("https://a.example/&amp;lt;", Some("https://a.example/&lt;")),
    ("javascript:alert(1)", None),
    ("data:text/html,x", None),
    ("/relative", None),
    ("https://", None),
    ("", None),
    ("http:///x\u{0}", None),
];

/// Characters that no output may hold.
const UNFIT: [char; 7] = ['\u{0}', '\u{8}', '\u{7f}', '\u{9f}', '\u{fdd0}', '\u{fffe}', '\u{fffd}'];

/// A text of some of [`WORDS`] and perhaps a very long word, and the text as an output has it.
fn text() -> impl Strategy<Value = (String, String)> {
    let word = prop_oneof![
        20 => prop::sample::select(WORDS.to_vec()).prop_map(|(raw, said)| (raw.to_owned(), said.to_owned())),
        1 => Just(("x".repeat(150), "x".repeat(150))),
    ];
    prop::collection::vec(word, 0..6).prop_map(|words| {
        let raw: Vec<_> = words.iter().map(|(raw, _)| raw.as_str()).collect();
        let said: Vec<_> =
            words.iter().map(|(_, said)| said.as_str()).filter(|said| !said.is_empty()).collect();
        (raw.join(" "), said.join(" "))
    })
}

fn address() -> impl Strategy<Value = (&'static str, Option<&'static str>)> {
    prop::sample::select(ADDRESSES.to_vec())
}

/// HTML without the characters that no output may hold.
fn fit(html: &str) -> String {
    let html = html.replace("\u{fffd}\u{fffd}", "?");
    html.chars().filter(|c| !(c.is_control() || UNFIT.contains(c) || *c == '\u{10ffff}')).collect()
}

/// A story that has these words and this address in every field that takes such.
fn story(title: &str, words: &str, address: &str) -> StoryView {
    let published: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let source = |feed: &str| SourceView {
        feed_no: FeedNo(feed.len() as i64),
        feed: feed.to_owned(),
        site_url: Some(address.to_owned()),
        feed_url: format!("https://{}.example/feed", feed.len()),
        publisher: "a.example".to_owned(),
        title: title.to_owned(),
        url: Some(address.to_owned()),
        discussion: Some(address.to_owned()),
        note: words.to_owned(),
        language: None,
        published,
    };
    StoryView {
        no: StoryNo(1),
        id: StoryId::found("https://a.example/feed", title, 0),
        topic_no: TopicNo(1),
        topic: TopicId::found("https://a.example/feed", title, 0),
        category: CategoryName::general(),
        title: title.to_owned(),
        url: Some(address.to_owned()),
        html: Some(tidings::read::sanitise(&format!("<p>Told: <i>{words}</i></p>"), None)),
        excerpt: words.to_owned(),
        authors: vec![Person {
            name: Some(words.to_owned()),
            email: Some(words.to_owned()),
            url: Some(address.to_owned()),
        }],
        enclosures: vec![Enclosure {
            url: address.to_owned(),
            media_type: Some(words.to_owned()),
            ..Enclosure::default()
        }],
        comments: Some(address.to_owned()),
        image: Some(Picture { url: address.to_owned(), alt: Some(words.to_owned()), ..Picture::default() }),
        picture: None,
        language: Some(words.to_owned()),
        published,
        updated: published,
        shown: FilingNo(1),
        shown_at: published,
        sources: vec![source(title), source(words)],
        siblings: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_our_own_reader_reads_back_is_what_the_item_said(
        (title, said) in text(), (words, _) in text(), (address, printed) in address(), excerpt in any::<bool>(),
    ) {
        let story = story(&title, &words, address);
        let text = if excerpt { TextForm::Excerpt } else { TextForm::Full };
        let how = PublishSettings { text, ..PublishSettings::default() };
        let page = format!("https://news.example/stories/{}", story.id);
        for form in Form::ALL {
            let written = output(form, &how, std::slice::from_ref(&story));
            let mut read = read_back(&written);
            prop_assert_eq!(read.len(), 1, "{:?} {}", form, written);
            let entry = read.remove(0);
            prop_assert_eq!(&entry.key, &story.id.urn());
            // A title of invisible characters is no title.
            let expected = if said.is_empty() { "Untitled" } else { said.as_str() };
            prop_assert_eq!(&entry.title, expected, "{:?} {}", form, &written);
            prop_assert_eq!(entry.url.as_deref(), Some(printed.unwrap_or(&page)), "{:?}", form);
            let comments = entry.comments.as_deref();
            // JSON Feed has no field for it.
            prop_assert!(comments == printed || form == Form::Json, "{:?} {:?}", form, comments);
            prop_assert_eq!(entry.published, Some(story.published));
            let enclosures: Vec<_> = entry.enclosures.iter().map(|enclosure| enclosure.url.as_str()).collect();
            prop_assert_eq!(enclosures, Vec::from_iter(printed), "{:?}", form);
            let picture = entry.image.as_ref().map(|picture| picture.url.as_str());
            prop_assert_eq!(picture, printed, "{:?}", form);
            if !excerpt {
                let body = plain_text(entry.content.as_deref().unwrap_or_default());
                let meant = plain_text(&fit(story.html.as_deref().unwrap_or_default()));
                prop_assert!(body.contains(&meant), "{:?} {} {}", form, body, meant);
            }
            let unfit = |c: char| UNFIT.contains(&c);
            prop_assert!(!written.contains(unfit), "{:?}", form);
        }
    }
}

/// A feed's document with these items.
fn document(items: &str) -> String {
    format!(
        "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">
         <channel><title>The Harbour</title><link>https://harbour.example/</link><language>en-gb</language>{items}</channel></rss>"
    )
}

/// A daemon that has read these items, with these lines in `[publish]`.
async fn published(how: &str, items: &str) -> TestDaemon {
    let mut daemon =
        TestDaemon::new(&format!("[publish]\n{how}\n[[feed]]\nurl = \"ORIGIN/feed\"\ncategory = \"news\""))
            .await;
    daemon.put("/feed", &document(items));
    daemon.step().await;
    daemon
}

const FERRY: &str =
    "<item><guid>1</guid><title>The ferry is back</title><link>https://harbour.example/1</link>
    <dc:creator>Ada Byron</dc:creator><comments>https://harbour.example/1#talk</comments>
    <media:content url=\"https://harbour.example/ferry.jpg\" medium=\"image\" width=\"640\" height=\"480\">
    <media:description>The ferry at the &lt;i&gt;pier&lt;/i&gt;</media:description></media:content>
    <enclosure url=\"https://harbour.example/1.mp3\" type=\"audio/mpeg\" length=\"1234\"/>
    <description>&lt;p&gt;The ferry is back at the pier.&lt;/p&gt;</description></item>";

#[tokio::test]
async fn an_item_carries_what_its_story_has() {
    let mut daemon = published("", FERRY).await;
    for form in ["atom", "rss", "json"] {
        let written = daemon.page(&format!("/all.{form}")).await;
        let [entry] = read_back(&written).try_into().unwrap();
        let body = entry.content.unwrap_or_default();
        let picture = "<img src=\"https://harbour.example/ferry.jpg\" alt=\"The ferry at the pier\" width=\"640\" height=\"480\">";
        assert_eq!(body.matches(picture).count(), 1, "{form} {body}");
        assert!(body.starts_with(&format!("<p>{picture}</p><p>The ferry is back")), "{form} {body}");
        assert!(body.contains("Discussed at <a href=\"https://harbour.example/1#talk\""), "{form} {body}");
        let enclosure = entry.enclosures.iter().find(|enclosure| enclosure.is_played()).unwrap();
        assert_eq!(
            (enclosure.media_type.as_deref(), enclosure.bytes),
            (Some("audio/mpeg"), Some(1234)),
            "{form}"
        );
        assert_eq!(entry.authors[0].name.as_deref(), Some("Ada Byron"), "{form}");
        assert_eq!(entry.language.as_deref(), Some("en-gb"), "{form}");
        if form != "json" {
            assert_eq!(entry.comments.as_deref(), Some("https://harbour.example/1#talk"), "{form}");
        }
    }
}

#[tokio::test]
async fn a_picture_that_the_text_shows_is_not_shown_twice_and_none_is_when_the_operator_wants_none() {
    let item = "<item><guid>1</guid><title>The ferry</title><link>https://harbour.example/1</link>
        <media:thumbnail url=\"https://harbour.example/ferry-150x150.jpg\"/><description>&lt;p&gt;It is back.
        &lt;img src=\"/ferry.jpg\" alt=\"at the pier\"&gt;&lt;/p&gt;</description></item>";
    for (how, shown) in [("", 1), ("pictures = \"none\"", 0)] {
        let mut daemon = published(how, item).await;
        for form in ["atom", "rss", "json"] {
            let written = daemon.page(&format!("/all.{form}")).await;
            let [entry] = read_back(&written).try_into().unwrap();
            let body = entry.content.unwrap_or_default();
            assert_eq!(body.matches("<img").count(), shown, "{form} {body}");
            assert_eq!(written.contains("ferry-150x150"), shown == 1, "{form}");
            assert!(shown == 1 || plain_text(&body).contains("It is back. at the pier"), "{form} {body}");
        }
    }
}

#[tokio::test]
async fn an_excerpt_is_led_by_the_first_picture_of_the_text() {
    let item = "<item><guid>1</guid><title>The ferry</title><link>https://harbour.example/1</link><description>&lt;p&gt;It is back.
        &lt;img src=\"/ferry.jpg\" alt=\"At the pier\" width=\"320\"&gt;&lt;/p&gt;</description></item>";
    let mut daemon = published("text = \"excerpt\"", item).await;
    let [entry] = read_back(&daemon.page("/all.atom").await).try_into().unwrap();
    let body = entry.content.unwrap_or_default();
    let picture = "<img src=\"https://harbour.example/ferry.jpg\" alt=\"At the pier\" width=\"320\">";
    assert!(body.starts_with(&format!("<p>{picture}</p><p>It is back.</p>")), "{body}");
}

#[tokio::test]
async fn an_excerpt_is_prose_alone() {
    let item = "<item><guid>1</guid><title>The ferry</title><link>https://harbour.example/1</link><description>
        &lt;section&gt;It is at the end.&lt;/section&gt;&lt;section&gt;Next week it sails.&lt;/section&gt;
        &lt;pre&gt;&lt;code&gt;sail --now&lt;/code&gt;&lt;/pre&gt;&lt;p&gt;We wait.&lt;/p&gt;
        &lt;p&gt;The post &lt;a href=\"/1\"&gt;The ferry&lt;/a&gt; appeared first on &lt;a href=\"/\"&gt;The Harbour&lt;/a&gt;.&lt;/p&gt;
        </description></item>";
    let mut daemon = published("text = \"excerpt\"", item).await;
    let [entry] = read_back(&daemon.page("/all.atom").await).try_into().unwrap();
    let body = entry.content.unwrap_or_default();
    assert!(body.starts_with("<p>It is at the end. Next week it sails. We wait.</p><p>From "), "{body}");
}

#[tokio::test]
async fn a_story_without_a_title_is_called_by_its_first_words_and_the_publisher_is_named_when_asked() {
    let items =
        "<item><guid>1</guid><link>https://harbour.example/1</link><description>The ferry that ran aground on
        Monday off Skerry Point is afloat again, the harbour master says.</description></item>
        <item><guid>2</guid><title>&#x200b;</title><link>https://harbour.example/2</link>
        <description>&lt;img src=\"/2.jpg\" alt=\"Four gulls on a pier\"&gt;</description></item>
        <item><guid>3</guid><title>A title</title><link>https://harbour.example/3</link></item>";
    let mut daemon = published("publisher_in_titles = true", items).await;
    for form in ["atom", "rss", "json"] {
        let mut entries = read_back(&daemon.page(&format!("/all.{form}")).await);
        entries.sort_by(|a, b| a.url.cmp(&b.url));
        let titles: Vec<_> = entries.iter().map(|entry| entry.title.as_str()).collect();
        let first =
            "The ferry that ran aground on Monday off Skerry Point is afloat again, the… (The Harbour)";
        assert_eq!(titles, [first, "Four gulls on a pier (The Harbour)", "A title (The Harbour)"], "{form}");
    }
}

#[tokio::test]
async fn a_correction_changes_the_item_and_moves_none() {
    let other =
        "<item><guid>2</guid><title>Tides for Tuesday</title><link>https://harbour.example/2</link></item>";
    let mut daemon = published("", &format!("{FERRY}{other}")).await;
    let before = daemon.page("/all.atom").await;
    let corrected =
        FERRY.replace("back at the pier", "back at the old pier").replace("is back<", "is back again<");
    daemon.put("/feed", &document(&format!("{corrected}{other}")));
    daemon.step_after(SignedDuration::from_hours(2)).await;
    let after = daemon.page("/all.atom").await;
    let of = |written: &str| {
        let document = read_bytes(written.as_bytes()).unwrap();
        let known = document.entries.iter().map(|raw| (raw.id.clone(), raw.published, raw.updated));
        known.collect::<Vec<_>>()
    };
    let (before, after) = (of(&before), of(&after));
    assert_eq!(before.len(), 2);
    let frozen = |items: &[(Option<String>, Option<Timestamp>, Option<Timestamp>)]| {
        items.iter().map(|(id, published, _)| (id.clone(), *published)).collect::<Vec<_>>()
    };
    assert_eq!(frozen(&before), frozen(&after), "ids, dates and order stay");
    let moved = before.iter().zip(&after).filter(|(one, other)| one.2 < other.2).count();
    assert_eq!(moved, 1, "only the corrected item says that it changed");
    let titles: Vec<_> = daemon.titles();
    assert_eq!(titles, ["The ferry is back again", "Tides for Tuesday"]);
}
