//! Hubs (W3C WebSub): what they are asked, how their questions are answered, and which pushes are filed.

use crate::daemon::{DAY, HOUR, TestDaemon, rss};
use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder};
use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::routing::post;
use ring::hmac;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use tidings::demo::Page;
use tidings::model::Subscription;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::DropGuard;

const TOPIC: &str = "https://post.example/feed";
const SITE: &str = "[site]\nurl = \"https://reader.example/news\"\n";
const FEED: &str = "[[feed]]\nurl = \"ORIGIN/feed\"\n";

type Form_ = HashMap<String, String>;

/// A hub that keeps what it is asked, and a daemon whose routes for hubs are open.
struct Hub {
    asked: Arc<Mutex<Vec<Form_>>>,
    daemon: TestDaemon,
    address: String,
    called: String,
    _serving: DropGuard,
}

impl Hub {
    async fn new(toml: &str) -> Self {
        async fn ask(State(asked): State<Arc<Mutex<Vec<Form_>>>>, Form(form): Form<Form_>) -> StatusCode {
            asked.lock().unwrap().push(form);
            StatusCode::ACCEPTED
        }
        let asked = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hub = format!("http://{}/hub", listener.local_addr().unwrap());
        let routes = Router::new().route("/hub", post(ask)).with_state(Arc::clone(&asked));
        tokio::spawn(async move { axum::serve(listener, routes).await });

        let mut daemon = TestDaemon::new(toml).await;
        let (address, serving) = daemon.serve().await;
        Self { asked, daemon, address, called: hub, _serving: serving }
    }

    /// A hub and a daemon that has read one story of a feed, and has asked the hub to push it.
    async fn with_ferry() -> Self {
        let mut hub = Self::new(&format!("{SITE}{FEED}")).await;
        hub.put(&[FERRY]);
        hub.daemon.step().await;
        hub
    }

    /// The feed's document with these items, which names the hub.
    fn document(&self, items: &[&str]) -> String {
        let links = format!(
            "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"hub\" href=\"{}\"/>\
             <atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"self\" href=\"{TOPIC}\"/>",
            self.called
        );
        rss("Post", items).replacen("<item>", &format!("{links}<item>"), 1)
    }

    fn put(&self, items: &[&str]) {
        self.daemon.put("/feed", &self.document(items));
    }

    fn asked(&self) -> Vec<Form_> {
        self.asked.lock().unwrap().clone()
    }

    fn subscription(&self) -> Subscription {
        self.daemon.look(|reader| reader.subscriptions()).remove(0)
    }

    /// Asks the daemon at its callback, as a hub does to verify. Gives status and body.
    async fn verify(&self, token: &str, query: &[(&str, &str)]) -> (u16, String) {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let answer = reqwest::get(format!("{}/websub/{token}?{query}", self.address)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Agrees to the subscription, for `lease` seconds.
    async fn agree(&self, lease: &str) {
        let token = self.subscription().token;
        let query = [
            ("hub.mode", "subscribe"),
            ("hub.topic", TOPIC),
            ("hub.challenge", "yes?"),
            ("hub.lease_seconds", lease),
        ];
        assert_eq!(self.verify(&token, &query).await, (200, "yes?".to_owned()));
    }

    async fn push(&self, token: &str, body: String, signature: Option<String>) -> u16 {
        self.push_as("identity", token, body.into(), signature).await
    }

    async fn push_as(&self, encoding: &str, token: &str, body: Vec<u8>, signature: Option<String>) -> u16 {
        let mut request = reqwest::Client::new()
            .post(format!("{}/websub/{token}", self.address))
            .header("Content-Encoding", encoding)
            .header("Content-Type", "application/rss+xml");
        if let Some(signature) = signature {
            request = request.header("X-Hub-Signature", signature);
        }
        request.body(body).send().await.unwrap().status().as_u16()
    }

    /// Pushes these items with a right signature. Gives the status.
    async fn push_signed(&self, items: &[&str]) -> u16 {
        let (known, body) = (self.subscription(), self.document(items));
        let signature = signed("sha256", hmac::HMAC_SHA256, &known.secret, &body);
        self.push(&known.token, body, Some(signature)).await
    }

    fn wait_h(&self) -> i64 {
        let feed = self.daemon.look(|reader| reader.feeds()).remove(0);
        feed.state.next_poll_at.duration_since(self.daemon.clock.now()).as_hours()
    }
}

fn signed(method: &str, algorithm: hmac::Algorithm, secret: &str, body: impl AsRef<[u8]>) -> String {
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), body.as_ref());
    tag.as_ref().iter().fold(format!("{method}="), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

const FERRY: &str = "1|Ferry runs aground|Forty people were brought ashore off Skerry Point";
const BAKER: &str = "2|Bakery wins prize|The rye bread of the old mill took the county prize";
const OWLS: &str = "3|Owls nest in tower|The bell stays silent until the young have flown";
const CLOCK: &str = "4|Museum buys a clock|It was made by a watchmaker of the harbour quarter";
const CHOIR: &str = "5|Choir looks for basses|Rehearsals are on Thursdays in the town hall";

#[tokio::test]
async fn a_hub_is_asked_and_told_yes_only_to_what_it_was_asked() {
    let hub = Hub::with_ferry().await;
    let asked = hub.asked();
    let known = hub.subscription();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["hub.mode"], "subscribe");
    assert_eq!(asked[0]["hub.topic"], TOPIC);
    assert_eq!(asked[0]["hub.callback"], format!("https://reader.example/news/websub/{}", known.token));
    assert_eq!(asked[0]["hub.secret"], known.secret);
    assert!(known.token.len() >= 32 && known.secret.len() >= 32 && known.secret.len() < 200);

    let token = known.token.as_str();
    let question = |mode: &'static str, topic: &'static str| {
        [("hub.mode", mode), ("hub.topic", topic), ("hub.challenge", "yes?"), ("hub.lease_seconds", "3600")]
    };
    assert_eq!(hub.verify(token, &question("subscribe", "https://other.example/")).await.0, 404);
    assert_eq!(hub.verify("0123", &question("subscribe", TOPIC)).await.0, 404);
    assert_eq!(hub.verify(token, &question("unsubscribe", TOPIC)).await.0, 404);
    assert_eq!(hub.subscription().lease_until, None);
    assert_eq!(hub.verify(token, &question("subscribe", TOPIC)).await, (200, "yes?".to_owned()));
    assert_eq!(hub.subscription().lease_until, Some(hub.daemon.clock.now() + HOUR));
}

#[tokio::test]
async fn only_pushes_with_a_right_signature_are_filed() {
    let mut hub = Hub::with_ferry().await;
    let Subscription { token, secret, .. } = hub.subscription();
    let body = hub.document(&[OWLS]);
    let right = signed("sha256", hmac::HMAC_SHA256, &secret, &body);
    assert_eq!(
        hub.push(&token, body.clone(), Some(right.clone())).await,
        404,
        "it has agreed to nothing yet"
    );
    hub.agree("864000").await;
    for wrong in [
        None,
        Some("sha256=00".to_owned()),
        Some(right.replace("sha256", "sha512")),
        Some(signed("sha256", hmac::HMAC_SHA256, "guessed", &body)),
        Some(signed("sha256", hmac::HMAC_SHA256, &secret, "another body")),
    ] {
        assert_eq!(hub.push(&token, body.clone(), wrong.clone()).await, 403, "{wrong:?}");
    }
    assert_eq!(hub.push("0123", body.clone(), Some(right)).await, 410);
    hub.daemon.step().await;
    assert_eq!(hub.daemon.titles(), ["Ferry runs aground"]);

    let methods = [
        ("sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, BAKER),
        ("sha256", hmac::HMAC_SHA256, OWLS),
        ("sha384", hmac::HMAC_SHA384, CLOCK),
        ("sha512", hmac::HMAC_SHA512, CHOIR),
    ];
    for (method, algorithm, news) in methods {
        let body = hub.document(&[news]);
        let signature = signed(method, algorithm, &secret, &body);
        assert_eq!(hub.push(&token, body, Some(signature)).await, 202, "{method}");
    }
    assert_eq!(hub.daemon.step().await.round.entries, 4);
    assert_eq!(hub.daemon.titles().len(), 5);
    // Entries that were pushed are known when a poll brings them again.
    hub.put(&[CHOIR, CLOCK, OWLS, BAKER, FERRY]);
    assert_eq!(hub.daemon.step_after(DAY * 2).await.round.entries, 0);
}

#[tokio::test]
async fn a_push_that_is_no_feed_or_too_large_changes_nothing() {
    let mut hub = Hub::with_ferry().await;
    hub.agree("864000").await;
    let Subscription { token, secret, .. } = hub.subscription();
    let page = "<!doctype html><html>Log in</html>";
    let signature = signed("sha256", hmac::HMAC_SHA256, &secret, page);
    assert_eq!(hub.push(&token, page.to_owned(), Some(signature)).await, 202);
    hub.daemon.step().await;
    let feed = hub.daemon.look(|reader| reader.feeds()).remove(0);
    assert_eq!((feed.state.failure, feed.state.habits.pushed_until), (None, None));
    assert!(hub.wait_h() < 2);
    assert_eq!(hub.push(&token, "x".repeat(11 << 20), Some("sha1=00".to_owned())).await, 413);
}

async fn packed(encoder: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut body = Vec::new();
    tokio::pin!(encoder);
    encoder.read_to_end(&mut body).await.unwrap();
    body
}

#[tokio::test]
async fn compressed_pushes_are_read_whichever_side_of_it_was_signed() {
    let mut hub = Hub::with_ferry().await;
    hub.agree("864000").await;
    let Subscription { token, secret, .. } = hub.subscription();
    let documents = [BAKER, OWLS, CHOIR].map(|news| hub.document(&[news]));
    let [baker, owls, choir] = documents.each_ref().map(String::as_bytes);
    for (encoding, body, signs) in [
        ("gzip", packed(GzipEncoder::new(baker)).await, None),
        ("br", packed(BrotliEncoder::new(owls)).await, Some(owls)),
        ("deflate", packed(ZlibEncoder::new(choir)).await, Some(choir)),
    ] {
        let signature = signed("sha256", hmac::HMAC_SHA256, &secret, signs.unwrap_or(&body));
        assert_eq!(hub.push_as(encoding, &token, body, Some(signature)).await, 202, "{encoding}");
    }
    assert_eq!(hub.daemon.step().await.round.entries, 3);

    let bomb = packed(GzipEncoder::new(vec![b' '; 11 << 20].as_slice())).await;
    let right = |body: &[u8]| Some(signed("sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret, body));
    let signature = right(&bomb);
    assert_eq!(hub.push_as("gzip", &token, bomb, signature).await, 413);
    let packed = b"\x1f\x9d\x90 in some way".to_vec();
    for (encoding, answered) in [("gzip", 400), ("compress", 415)] {
        assert_eq!(
            hub.push_as(encoding, &token, packed.clone(), right(&packed)).await,
            answered,
            "{encoding}"
        );
    }
}

#[tokio::test]
async fn a_push_waits_for_nothing_when_the_budget_is_used_up() {
    let mut hub = Hub::with_ferry().await;
    hub.agree("864000").await;
    let Subscription { token, secret, .. } = hub.subscription();
    let body = hub.document(&[OWLS]) + &" ".repeat(5 << 20);
    let signature = signed("sha256", hmac::HMAC_SHA256, &secret, &body);
    // Three wait to be read and take 15 MiB; a fourth takes twice its size while it comes in, which exceeds the budget.
    for answer in [202, 202, 202, 503] {
        assert_eq!(hub.push(&token, body.clone(), Some(signature.clone())).await, answer);
    }
    assert_eq!(hub.daemon.step().await.round.entries, 1);
    assert_eq!(hub.push(&token, body, Some(signature)).await, 202);
}

#[tokio::test]
async fn a_push_that_does_not_come_keeps_neither_polls_nor_others_waiting() {
    let mut hub = Hub::with_ferry().await;
    hub.agree("864000").await;
    let token = hub.subscription().token;
    let mut slow = TcpStream::connect(hub.address.trim_start_matches("http://")).await.unwrap();
    let head = format!("POST /websub/{token} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n<rss>");
    slow.write_all(head.as_bytes()).await.unwrap();
    // The slow one is being read as soon as another is answered 503.
    while hub.push_signed(&[OWLS]).await != 503 {
        tokio::task::yield_now().await;
    }
    // Pushes that were accepted before that are filed now; each puts off the next poll.
    hub.daemon.step().await;
    hub.put(&[BAKER, FERRY]);
    hub.daemon.step_after(DAY * 2).await;
    assert!(hub.daemon.titles().contains(&"Bakery wins prize".to_owned()));
    drop(slow);
    while hub.push_signed(&[CLOCK]).await != 202 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn while_pushes_arrive_the_feed_is_polled_rarely_until_a_poll_finds_what_was_not_pushed() {
    let mut hub = Hub::with_ferry().await;
    hub.agree("8640000").await;
    assert!(hub.wait_h() < 2, "a promise alone changes nothing");
    assert_eq!(hub.push_signed(&[BAKER, FERRY]).await, 202);
    hub.daemon.step().await;
    assert!(hub.wait_h() >= 20, "{}", hub.wait_h());
    hub.put(&[BAKER, FERRY]);
    hub.daemon.origin.clear_seen();
    hub.daemon.step_after(DAY).await;
    assert_eq!(hub.daemon.origin.seen().len(), 1);
    assert!(hub.wait_h() >= 20, "nothing was missing: {}", hub.wait_h());
    hub.put(&[OWLS, BAKER, FERRY]);
    hub.daemon.step_after(DAY).await;
    assert_eq!(hub.daemon.titles().len(), 3);
    assert!(hub.wait_h() < 2, "the owls were not pushed: {}", hub.wait_h());
    // After another push the feed is polled rarely again, until the lease ends.
    assert_eq!(hub.push_signed(&[CLOCK]).await, 202);
    hub.daemon.step().await;
    assert!(hub.wait_h() >= 20);
    hub.put(&[CLOCK, OWLS, BAKER, FERRY]);
    hub.daemon.step_after(DAY * 101).await;
    assert!(hub.daemon.look(|reader| reader.feeds()).remove(0).state.habits.pushed_until.is_none());
}

#[tokio::test]
async fn entries_of_one_push_stay_apart_from_those_of_the_next() {
    let notice = |no: u8| {
        let words = "A flaw in the library libheron allows an attacker who can send it a crafted file to stop the program. \
                     There is no remedy but an update, and the flaw is not known to be used by anyone so far.";
        format!("notice-{no}|Notice {no}: denial of service|{words}|https://post.example/notices/{no}")
    };
    let mut hub = Hub::with_ferry().await;
    hub.agree("8640000").await;
    for no in 1..=4 {
        assert_eq!(hub.push_signed(&[&notice(no)]).await, 202);
        hub.daemon.step_after(HOUR).await;
    }
    assert_eq!(hub.daemon.titles().len(), 5, "{:?}", hub.daemon.titles());
}

#[tokio::test]
async fn a_lease_is_renewed_before_it_ends_and_a_silent_hub_asked_more_and_more_rarely() {
    let mut hub = Hub::with_ferry().await;
    assert_eq!(hub.asked().len(), 1);
    for (hours, asked) in [(0, 1), (1, 2), (1, 2), (1, 3), (1, 3), (3, 4)] {
        hub.daemon.step_after(HOUR * hours).await;
        assert_eq!(hub.asked().len(), asked, "after {hours} hours more");
    }
    hub.agree("864000").await;
    hub.daemon.step_after(DAY * 7).await;
    assert_eq!(hub.asked().len(), 4);
    hub.daemon.step_after(DAY).await;
    let asked = hub.asked();
    assert_eq!(asked.len(), 5);
    assert_eq!(asked[4]["hub.callback"], asked[0]["hub.callback"]);
    // A hub that refuses is not asked again for a week.
    let token = hub.subscription().token;
    let denied = [("hub.mode", "denied"), ("hub.topic", TOPIC), ("hub.reason", "no")];
    assert_eq!(hub.verify(&token, &denied).await.0, 200);
    hub.daemon.step_after(DAY * 6).await;
    assert_eq!((hub.asked().len(), hub.subscription().lease_until), (5, None));
}

#[tokio::test]
async fn no_hub_is_asked_from_a_private_site_or_for_a_private_feed() {
    let home = "[site]\nurl = \"http://192.168.1.5:8080\"\n";
    let private = "[[feed]]\nurl = \"ORIGIN/feed\"\nprivate = true\n";
    for toml in [FEED.to_owned(), format!("{home}{FEED}"), format!("{SITE}{private}")] {
        let mut hub = Hub::new(&toml).await;
        hub.put(&[FERRY]);
        hub.daemon.step().await;
        assert_eq!(hub.asked().len(), 0, "{toml}");
    }
}

#[tokio::test]
async fn a_hub_named_in_headers_counts_and_one_no_longer_named_is_forgotten() {
    let mut hub = Hub::new(&format!("{SITE}{FEED}")).await;
    let link = format!("<{}>; rel=hub, <{TOPIC}>; title=\"x\"; rel=\"self\"", hub.called);
    let document = rss("Post", &[FERRY]);
    hub.daemon.origin.put("/feed", Page::feed("application/xml", document).with_header("Link", &link));
    hub.daemon.step().await;
    assert_eq!(hub.asked()[0]["hub.topic"], TOPIC);
    hub.daemon.put("/feed", &rss("Post", &[BAKER, FERRY]));
    hub.daemon.step_after(DAY).await;
    assert!(hub.daemon.look(|reader| reader.subscriptions()).is_empty());
}
