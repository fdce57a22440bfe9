//! The whole router over a small store, asked over a loopback connection.

mod feeds;
mod keeping;

use super::*;
use crate::model::*;
use crate::store::{Brought, Change, Decision, Origin};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const NOW: i64 = 1_795_456_800;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id_of(key: &str) -> StoryId {
    StoryId::found("https://a.example/feed", key, 0)
}

fn topic_of(key: &str) -> TopicId {
    TopicId::found("https://a.example/feed", key, 0)
}

fn feed(url: &str, private: bool) -> FeedSettings {
    FeedSettings { title: Some(format!("Feed at {url}")), private, ..FeedSettings::new(url) }
}

fn context() -> WebContext {
    let category = |name: &str, was: &[&str]| CategorySettings {
        name: CategoryName::stored(name.to_owned()),
        title: name.to_uppercase(),
        keywords: Vec::new(),
        was: was.iter().map(|was| (*was).to_owned()).collect(),
    };
    WebContext {
        site: SiteSettings {
            title: "The Tide".to_owned(),
            url: "https://news.example".to_owned(),
            listen: "127.0.0.1:0".parse().unwrap(),
            language: Language::English,
            timezone: jiff::tz::TimeZone::UTC,
            metrics_token: Some("guess me".to_owned()),
        },
        publish: PublishSettings::default(),
        categories: vec![category("world", &["earth"]), category("küche", &[])],
        digests: vec![DigestSettings {
            name: "morning".to_owned(),
            title: "Morning digest".to_owned(),
            schedule: "0 7 * * *".parse().unwrap(),
            timezone: jiff::tz::TimeZone::UTC,
            language: Language::English,
            categories: Vec::new(),
            topics: 5,
            sends_empty: false,
            pictures: false,
            open: false,
            to: Vec::new(),
        }],
    }
}

struct Site {
    store: Store,
    clock: Clock,
    context: watch::Sender<Arc<WebContext>>,
    outage: watch::Sender<Option<Outage>>,
    router: Router,
    _folder: tempfile::TempDir,
}

/// A site with three stories: `one` in `world`, `two` in a category that is no longer there, and `old`, which has
/// become part of `one`.
async fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings { path: folder.path().join("tidings.db"), max_pages: None };
    let store = Store::open(&settings).unwrap();
    let feeds = [feed("https://a.example/feed", false), feed("https://secret.example/?token=abc", true)];
    store.write(move |batch| batch.sync_feeds(&feeds, at(NOW))).await.unwrap();
    let clock = Clock::manual(at(NOW));
    let (context, receiver) = watch::channel(Arc::new(context()));
    let (outage, told) = watch::channel(None);
    let web = Web { store: store.clone(), context: receiver, clock: clock.clone(), outage: told };
    let callbacks = websub::Callbacks {
        store: store.clone(),
        clock: clock.clone(),
        pushes: tokio::sync::mpsc::channel(1).0,
    };
    let site = Site { store, clock, context, outage, router: router(web, callbacks), _folder: folder };
    site.file(1, "one", "world").await;
    site.file(2, "two", "weather").await;
    site.file(3, "old", "world").await;
    site.join(3, 3, 1).await;
    site
}

struct Answer {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

impl Site {
    /// Files and publishes an entry as a story and topic of its own, with the filing that outputs follow.
    async fn file(&self, no: i64, key: &str, category: &str) {
        let category = CategoryName::stored(category.to_owned());
        let entry = Entry {
            key: key.to_owned(),
            url: Some(format!("https://a.example/{key}")),
            title: format!("Title of {key}, which {key} readers call {key}"),
            text: format!("Text of {key}. It goes on."),
            ..Entry::default()
        };
        let (story, topic, now) = (StoryNo(no), TopicNo(no), self.clock.now());
        let job = move |batch: &mut crate::store::Batch<'_>| {
            let slot = batch.slot(FeedNo(1), &entry.key)?;
            let feed = batch.reader().feed_facts(FeedNo(1))?.unwrap();
            let filing = founded(slot.no, story, topic, &category, now);
            let publication = Publication { shows_story: true, ..Publication::default() };
            let decision = Decision { filing: &filing, analysis: &[], publication };
            let brought = Brought { feed: &feed, slot: &slot, entry: &entry, fingerprints: &[], links: &[] };
            batch.apply(&Change::Filed { brought, decision }, now)
        };
        self.store.write(job).await.unwrap();
    }

    /// The operator joins the story of an entry to another, which has the topic of the same number.
    async fn join(&self, entry: i64, story: i64, into: i64) {
        let now = self.clock.now();
        let job = move |batch: &mut crate::store::Batch<'_>| {
            let (key, feed) = batch.reader().entry_origin(EntryNo(entry))?;
            let category = CategoryName::stored("world".to_owned());
            let mut filing = founded(EntryNo(entry), StoryNo(into), TopicNo(into), &category, now);
            filing.story.absorbed = vec![StoryNo(story)];
            filing.topic.absorbed = vec![TopicNo(story)];
            let decision = Decision { filing: &filing, analysis: &[], publication: Publication::default() };
            let origin = Origin { feed: &feed, key: &key, published: None };
            batch.apply(&Change::Ordered { order: OrderNo(1), origin, decision }, now)
        };
        self.store.write(job).await.unwrap();
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
        for (name, value) in headers {
            request.extend([*name, ": ", *value, "\r\n"]);
        }
        request.push_str("\r\n");
        self.say(&request).await
    }

    /// What is answered to a request as it stands.
    async fn say(&self, request: &str) -> Answer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asking = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            answer
        };
        let serving = std::future::IntoFuture::into_future(axum::serve(listener, self.router.clone()));
        let answer = tokio::select! {
            answer = asking => answer,
            _ = serving => unreachable!("the server does not end"),
        };
        read(&answer)
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }
}

fn founded(entry: EntryNo, story: StoryNo, topic: TopicNo, category: &CategoryName, at: Timestamp) -> Filing {
    Filing {
        entry,
        at,
        story: StoryDecision::sure(story, StoryRule::Founded),
        topic: TopicDecision::sure(topic, TopicRule::Founded),
        category: CategoryDecision::sure(category.clone(), CategoryRule::Fixed),
        reclustered: Vec::new(),
    }
}

fn read(answer: &[u8]) -> Answer {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Answer { status, headers, body: answer[end + 4..].to_vec() }
}

#[tokio::test]
async fn every_promised_address_answers_with_its_type() {
    let site = site().await;
    let story = format!("/stories/{}", id_of("one"));
    let topic = format!("/topics/{}", topic_of("one"));
    let html = "text/html; charset=utf-8";
    for (path, kind) in [
        ("/", html),
        ("/world", html),
        ("/general", html),
        ("/k%C3%BCche", html),
        ("/all.rss", "application/rss+xml; charset=utf-8"),
        ("/all.atom", "application/atom+xml; charset=utf-8"),
        ("/all.json", "application/feed+json; charset=utf-8"),
        ("/world.atom", "application/atom+xml; charset=utf-8"),
        ("/all/topics.rss", "application/rss+xml; charset=utf-8"),
        ("/world/topics.json", "application/feed+json; charset=utf-8"),
        ("/k%C3%BCche.atom", "application/atom+xml; charset=utf-8"),
        (&story, html),
        (&topic, html),
        ("/search", html),
        ("/search?q=title", html),
        ("/search?q=%ff&q=2", html),
        ("/feeds", html),
        ("/feed.css", "text/css; charset=utf-8"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
        ("/digests/morning", html),
        ("/status", html),
        ("/healthz", "text/plain; charset=utf-8"),
        ("/favicon.ico", "image/png"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        (&crate::render::assets::STYLE.path(), "text/css; charset=utf-8"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), kind, "{path}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        let head = site.ask("HEAD", path, &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("etag"), answer.header("etag"), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_right_way() {
    let site = site().await;
    let (old, one) = (id_of("old"), id_of("one"));
    for (path, status, to) in [
        ("/nowhere".to_owned(), 404, String::new()),
        ("/nowhere.rss".to_owned(), 404, String::new()),
        ("/world.xml".to_owned(), 404, String::new()),
        ("/world/feeds.rss".to_owned(), 404, String::new()),
        ("/stories/x".to_owned(), 404, String::new()),
        (format!("/stories/{}", id_of("never")), 404, String::new()),
        (format!("/topics/{}", topic_of("never")), 404, String::new()),
        ("/digests/evening".to_owned(), 404, String::new()),
        ("/digests/morning/2026-01-01".to_owned(), 404, String::new()),
        ("/unsubscribe/0123".to_owned(), 404, String::new()),
        ("/assets/tidings.css".to_owned(), 404, String::new()),
        ("/weather".to_owned(), 410, String::new()),
        ("/weather.atom".to_owned(), 410, String::new()),
        ("/weather/topics.rss".to_owned(), 410, String::new()),
        ("/earth".to_owned(), 301, "/world".to_owned()),
        ("/earth.rss".to_owned(), 301, "/world.rss".to_owned()),
        ("/earth/topics.json".to_owned(), 301, "/world/topics.json".to_owned()),
        ("/all".to_owned(), 301, "/".to_owned()),
        ("/world/".to_owned(), 301, "/world".to_owned()),
        ("/search/?q=tide&page=2".to_owned(), 301, "/search?q=tide&page=2".to_owned()),
        ("//evil.example/".to_owned(), 404, String::new()),
        ("/\\evil.example/".to_owned(), 404, String::new()),
        ("/\\/evil.example/".to_owned(), 404, String::new()),
        ("///evil.example/".to_owned(), 404, String::new()),
        (format!("/stories/{old}"), 301, format!("/stories/{one}")),
    ] {
        let answer = site.get(&path).await;
        assert_eq!((answer.status, answer.header("location")), (status, to.as_str()), "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
    }
    assert_eq!(site.ask("POST", "/world", &[]).await.status, 405);
}

#[tokio::test]
async fn a_request_that_names_no_host_is_refused_where_it_must_name_one() {
    let site = site().await;
    assert_eq!(site.say("GET / HTTP/1.1\r\nconnection: close\r\n\r\n").await.status, 400);
    assert_eq!(site.say("GET / HTTP/1.0\r\n\r\n").await.status, 200);
}

#[tokio::test]
async fn a_reader_that_has_everything_is_told_so_until_something_is_filed() {
    let site = site().await;
    let first = site.get("/all.atom").await;
    let (etag, date) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
    let same = site.ask("GET", "/all.atom", &[("if-none-match", &etag)]).await;
    assert_eq!((same.status, same.body.len(), same.header("etag")), (304, 0, etag.as_str()));
    assert_eq!(site.ask("GET", "/all.atom", &[("if-modified-since", &date)]).await.status, 304);
    // What is written beside the ledger changes nothing; a filing does, even within the same second.
    site.store.write(|batch| batch.know_digest("other", at(NOW))).await.unwrap();
    assert_eq!(site.ask("GET", "/all.atom", &[("if-none-match", &etag)]).await.status, 304);
    site.file(4, "four", "world").await;
    assert_eq!(site.ask("GET", "/all.atom", &[("if-none-match", &etag)]).await.status, 200);
    let later = site.ask("GET", "/all.atom", &[("if-modified-since", &date)]).await;
    assert_eq!(later.status, 200);
    assert!(later.text().contains("Title of four"));
}

#[tokio::test]
async fn a_compressed_answer_has_an_etag_of_its_own_that_is_known_again() {
    let site = site().await;
    let plain = site.get("/all.rss").await;
    let packed = site.ask("GET", "/all.rss", &[("accept-encoding", "gzip")]).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_ne!(packed.header("etag"), plain.header("etag"));
    assert!(packed.body.len() < plain.body.len());
    let etag = packed.header("etag").to_owned();
    let again = site.ask("GET", "/all.rss", &[("accept-encoding", "gzip"), ("if-none-match", &etag)]).await;
    assert_eq!(again.status, 304);
}

#[tokio::test]
async fn only_outputs_of_a_public_site_may_be_read_by_pages_of_other_sites() {
    let site = site().await;
    let allowed = "access-control-allow-origin";
    for path in ["/all.rss", "/all/topics.json", "/feeds.opml"] {
        assert_eq!(site.get(path).await.header(allowed), "*", "{path}");
    }
    assert_eq!(site.get("/").await.header(allowed), "");
    let mut at_home = context();
    at_home.site.url = "http://192.168.1.5:8080".to_owned();
    site.context.send_replace(Arc::new(at_home));
    for path in ["/all.rss", "/all/topics.json", "/feeds.opml"] {
        assert_eq!(site.get(path).await.header(allowed), "", "{path}");
    }
}

#[tokio::test]
async fn new_settings_are_seen_at_the_next_request() {
    let site = site().await;
    assert!(site.get("/all.json").await.text().contains("The Tide"));
    let mut changed = context();
    changed.site.title = "The Ebb".to_owned();
    site.context.send_replace(Arc::new(changed));
    assert!(site.get("/all.json").await.text().contains("The Ebb"));
    assert!(site.get("/").await.text().contains("The Ebb"));
}

#[tokio::test]
async fn stories_stand_in_their_outputs_and_on_their_pages() {
    let site = site().await;
    let world = site.get("/world.json").await.text();
    assert!(
        world.contains("Title of one") && !world.contains("Title of two") && !world.contains("Title of old")
    );
    let all = site.get("/all.json").await.text();
    assert!(all.contains("Title of one") && all.contains("Title of two"));
    assert!(site.get("/").await.text().contains("Title of two"));
    assert!(site.get("/search?q=one").await.text().contains("https://a.example/one"));
    let story = site.get(&format!("/stories/{}", id_of("one"))).await.text();
    assert!(story.contains("Why this is one story"), "{story}");
}

#[tokio::test]
async fn private_feeds_are_nowhere_to_be_seen() {
    let site = site().await;
    let status = site.get("/status").await.text();
    assert!(status.contains("a.example") && !status.contains("secret.example"));
}

#[tokio::test]
async fn strangers_learn_of_public_feeds_only_how_they_are() {
    let site = site().await;
    let count = |text: String, series: &str| {
        let line = text.lines().find(|line| line.starts_with(series)).map(str::to_owned);
        line.and_then(|line| line.rsplit_once(' ').and_then(|(_, value)| value.parse::<u64>().ok()))
    };
    let open = site.get("/metrics").await.text();
    assert_eq!(count(open.clone(), "tidings_feeds{state=\"new\"}"), Some(1));
    assert_eq!(count(open.clone(), "tidings_entries"), Some(3));
    assert_eq!(count(open, "tidings_filings_total"), None);
    let all = site.ask("GET", "/metrics", &[("authorization", "Bearer guess me")]).await.text();
    assert_eq!(count(all.clone(), "tidings_feeds{state=\"new\"}"), Some(2));
    assert_eq!(count(all, "tidings_filings_total"), Some(4), "three entries and a join");
    for wrong in ["Bearer guess", "Basic guess me", "guess me"] {
        assert_eq!(site.ask("GET", "/metrics", &[("authorization", wrong)]).await.status, 401, "{wrong}");
    }
}

#[tokio::test]
async fn who_asks_how_we_are_is_told_what_is_wrong() {
    let site = site().await;
    assert_eq!(site.get("/healthz").await.text(), "ok\n");
    let words = "no name can be looked up".to_owned();
    site.outage.send_replace(Some(Outage { since: at(NOW), words }));
    let offline = site.get("/healthz").await;
    assert_eq!(offline.status, 200, "what is here is still served");
    assert!(offline.text().starts_with("ok, but since 2026-11-23"), "{}", offline.text());
    let metrics = site.get("/metrics").await.text();
    assert!(
        metrics.contains("tidings_offline 1\n") && metrics.contains("tidings_store_writable 1\n"),
        "{metrics}"
    );
    site.outage.send_replace(None);

    let (path, elsewhere) = (site.store.path().to_owned(), site.store.path().with_extension("old"));
    std::fs::rename(&path, &elsewhere).unwrap();
    let moved = site.get("/healthz").await;
    assert_eq!(moved.status, 503);
    assert!(moved.text().starts_with("moved: the database was deleted or replaced"), "{}", moved.text());
    std::fs::rename(&elsewhere, &path).unwrap();
    assert_eq!(site.get("/healthz").await.text(), "ok\n");
}

#[tokio::test]
async fn a_recipient_leaves_by_post_and_never_by_looking() {
    let site = site().await;
    let draft = EditionDraft {
        digest: "morning".to_owned(),
        id: "2026-11-23".to_owned(),
        due_at: at(NOW),
        composed_at: at(NOW),
        through: FilingNo(1),
        topics: 1,
        told: Vec::new(),
        words: EditionText {
            subject: "Morning digest, 23 November".to_owned(),
            text: String::new(),
            html: "<!--edition--><!--feeds 1--><p style=\"x\">Words</p><!--/edition--><a href=\"{{unsubscribe}}\">"
                .to_owned(),
        },
        recipients: vec!["ada@example.org".to_owned()],
    };
    let put = move |batch: &mut crate::store::Batch<'_>| {
        batch.know_digest("morning", at(NOW))?;
        batch.put_edition(&draft, "news.example")?;
        batch.claim_deliveries(at(NOW), at(NOW + 60), 10)
    };
    let deliveries = site.store.write(put).await.unwrap();
    let token = deliveries[0].token.clone();
    let path = format!("/unsubscribe/{token}");
    let edition = site.get("/digests/morning/2026-11-23").await;
    assert_eq!(edition.status, 200);
    assert!(edition.text().contains("<p>Words</p>") && !edition.text().contains("unsubscribe"));
    assert!(site.get("/digests/morning").await.text().contains("Morning digest, 23 November"));

    let asked = site.get(&path).await;
    assert!(asked.text().contains("Stop sending it"));
    assert_eq!(asked.header("cache-control"), "no-store");
    let seen = token.clone();
    let seen = site.store.read(move |reader| reader.recipient_of(&seen)).await.unwrap().unwrap();
    assert_eq!((seen.digest.as_str(), seen.state), ("morning", RecipientState::Active));
    for _ in 0..2 {
        let left = site.ask("POST", &path, &[("content-length", "0")]).await;
        assert_eq!(left.status, 200);
        assert!(left.text().contains("will no longer be sent to you"));
    }
    let seen = site.store.read(move |reader| reader.recipient_of(&token)).await.unwrap().unwrap();
    assert_eq!(seen.state, RecipientState::Left(at(NOW)));
    assert_eq!(site.ask("POST", "/unsubscribe/00", &[("content-length", "0")]).await.status, 404);
}

#[tokio::test]
async fn the_clock_moves_a_story_out_of_an_output_only_when_there_are_enough() {
    let site = site().await;
    site.clock.advance(SignedDuration::from_hours(24 * 30));
    assert!(site.get("/all.json").await.text().contains("Title of one"), "there are fewer than it holds");
    assert!(site.get("/").await.text().contains("Title of one"), "old news is better than none");
}
