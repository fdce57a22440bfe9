//! Old news does not become news again, and stories or topics that prove to be one become one without being published again.

use crate::daemon::{DAY, TestDaemon, rss, rss_of};
use crate::texts::BAKERY;
use jiff::SignedDuration;
use tidings::model::{Lookup, OrderKind, StoryView};

const TWO: &str = "[[feed]]\nurl = \"ORIGIN/wire\"\n[[feed]]\nurl = \"ORIGIN/paper\"\n";

const FERRY: &str = "The ferry Aurelia ran aground off Skerry Point early on Monday with forty people aboard, and all \
     of them were brought ashore by lifeboats before the tide turned, the harbour master said. Divers are to look at \
     the hull on Tuesday, and the crossing to Brackwater stays closed until they have finished. Passengers are asked \
     to take the bus over the northern bridge in the meantime.";

/// How long old news is recognised at least, less a day.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 89);

/// A document with one dated item at an address.
fn dated(title: &str, key: &str, headline: &str, words: &str, link: &str, date: jiff::Timestamp) -> String {
    let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    rss(title, &[&format!("{key}|{headline}|{words}|{link}")])
        .replace("<item>", &format!("<item><pubDate>{date}</pubDate>"))
}

/// A daemon with two stories, and that of the ferry.
async fn published() -> (TestDaemon, StoryView) {
    let mut daemon = TestDaemon::new(TWO).await;
    let now = daemon.clock.now();
    let link = "https://wire.example/2026/ferry-aground";
    daemon.put("/wire", &dated("Wire", "1", "Ferry Aurelia runs aground off Skerry Point", FERRY, link, now));
    daemon.put("/paper", &rss("Paper", &[&format!("y|Rye bread honoured|{BAKERY}")]));
    daemon.step().await;
    let ferry = daemon.story("Ferry");
    (daemon, ferry)
}

/// The ferry's story as it is now, with its id, date and place unchanged. There is only the bakery's beside it.
fn unmoved(daemon: &TestDaemon, ferry: &StoryView) -> StoryView {
    let stories = daemon.stories();
    assert_eq!(stories.len(), 2, "{:?}", daemon.titles());
    let now = stories.into_iter().find(|story| story.id == ferry.id).unwrap();
    assert_eq!((now.published, now.shown, now.shown_at), (ferry.published, ferry.shown, ferry.shown_at));
    now
}

#[tokio::test]
async fn old_news_under_a_new_date_address_and_headline_is_recognised() {
    let (mut daemon, ferry) = published().await;
    daemon.clock.advance(REMEMBERED);
    daemon.app().forget().await.unwrap();
    let now = daemon.clock.now();
    let link = "https://paper.example/2027/remember";
    daemon.put("/paper", &dated("Paper", "z", "All forty saved from stranded ship", FERRY, link, now));
    daemon.step().await;
    assert_eq!(unmoved(&daemon, &ferry).sources.len(), 2);
}

#[tokio::test]
async fn old_news_cut_short_and_wrapped_is_recognised() {
    let (mut daemon, ferry) = published().await;
    daemon.clock.advance(REMEMBERED);
    daemon.restart(TWO).await;
    let cut: String = FERRY.split_whitespace().take(45).collect::<Vec<_>>().join(" ");
    let wrapped = format!("From our archive: {cut} … Read more on our site.");
    daemon.put("/paper", &rss("Paper", &[&format!("z|All forty saved from stranded ship|{wrapped}")]));
    daemon.step().await;
    assert_eq!(unmoved(&daemon, &ferry).sources.len(), 2);
}

#[tokio::test]
async fn a_publisher_that_brings_its_own_old_news_again_is_recognised() {
    let (mut daemon, ferry) = published().await;
    daemon.clock.advance(REMEMBERED);
    let now = daemon.clock.now();
    let link = "https://wire.example/2027/lifeboats-brought-all-ashore";
    daemon.put("/wire", &dated("Wire", "9", "Lifeboats brought forty ashore from Aurelia", FERRY, link, now));
    daemon.step().await;
    unmoved(&daemon, &ferry);
}

#[tokio::test]
async fn two_episodes_with_one_description_are_two_stories() {
    let mut daemon = TestDaemon::new("[[feed]]\nurl = \"ORIGIN/show\"\n").await;
    let about = "Every week Ottoline Marsh and her guests talk about what the sea brings and takes, with letters from \
        listeners, a song, and the weather for boats. Produced by Radio Brine in Gullhaven with the help of the harbour \
        library. Write to the programme at any time, and tell a friend about it if you like what you hear.";
    daemon.put("/show", &rss("Show", &[&format!("1|The lighthouse keeper's daughter|{about}")]));
    daemon.step().await;
    let both = [format!("2|Knots that hold|{about}"), format!("1|The lighthouse keeper's daughter|{about}")];
    daemon.put("/show", &rss("Show", &[&both[0], &both[1]]));
    daemon.step_after(DAY * 7).await;
    assert_eq!(daemon.stories().len(), 2);
}

#[tokio::test]
async fn late_proof_joins_two_published_stories_and_nobody_is_told_again() {
    let digest = format!(
        "{TWO}[[feed]]\nurl = \"ORIGIN/agency\"\n[[digest]]\nname = \"daily\"\nschedule = \"0 6 * * *\"\n\
         to = [\"ada@reader.example\"]\n[mail]\nsmtp = \"smtp://127.0.0.1:1\"\nfrom = \"Tidings <news@site.example>\"\n"
    );
    let mut daemon = TestDaemon::new(&digest).await;
    // One feed has the page without its text, the other the text under another headline and without the page.
    let page = "https://agency.example/2026/11/ferry-aurelia-aground";
    daemon.put("/wire", &rss("Wire", &[&format!("1|Breaking: ferry in trouble||{page}")]));
    daemon.put("/paper", &rss("Paper", &[&format!("x|All saved from stranded Brackwater crossing|{FERRY}")]));
    daemon.step().await;
    let before = daemon.stories();
    assert_eq!(before.len(), 2);
    daemon.step_after(DAY).await;
    assert_eq!(daemon.mails().len(), 1);
    // A third feed has the page with its text, which is equal to both.
    daemon.put(
        "/agency",
        &rss("Agency", &[&format!("a|Aurelia aground off Skerry Point|{FERRY}|{page}?utm_source=rss")]),
    );
    daemon.step_after(DAY).await;
    let stories = daemon.stories();
    assert_eq!(stories.len(), 1, "{:?}", daemon.titles());
    let older = before.iter().min_by_key(|story| story.no).unwrap();
    let younger = before.iter().max_by_key(|story| story.no).unwrap();
    let kept = &stories[0];
    assert_eq!((kept.id, kept.shown, kept.published), (older.id, older.shown, older.published));
    assert_eq!(kept.sources.len(), 3);
    assert_eq!(daemon.look(|reader| reader.story(younger.id)), Lookup::Moved(older.id.to_string()));
    assert_eq!(daemon.look(|reader| reader.topic(younger.topic)), Lookup::Moved(older.topic.to_string()));
    let topics = daemon.look(|reader| reader.topics_moved(None, 1, jiff::Timestamp::UNIX_EPOCH, 10, 10));
    assert_eq!(topics.iter().map(|topic| topic.development).collect::<Vec<_>>(), [1]);
    assert_eq!(daemon.mails().len(), 1, "nothing is sent twice for it");
    daemon.step_after(DAY).await;
    assert_eq!(daemon.mails().len(), 1);
}

#[tokio::test]
async fn a_topic_that_was_two_events_stays_split_for_what_comes_later() {
    let mut daemon = TestDaemon::new(TWO).await;
    daemon.put(
        "/wire",
        &rss("Wire", &["1|Ferry Aurelia aground off Skerry Point|Lifeboats brought forty ashore before the tide turned"]),
    );
    daemon.step().await;
    daemon.put(
        "/paper",
        &rss("Paper", &["x|Captain of ferry Corvina charged over Skerry Point collision|A court in Brackwater heard of brandy"]),
    );
    daemon.step_after(DAY).await;
    let both = [daemon.entry("/wire", "1"), daemon.entry("/paper", "x")];
    daemon.order(OrderKind::JoinTopics { entries: both.to_vec() }).await;
    daemon.order(OrderKind::SplitTopic { entries: vec![both[1]], from: vec![both[0]] }).await;
    daemon.restart(TWO).await;
    daemon.put(
        "/wire",
        &rss("Wire", &["2|Divers look at hull of ferry Aurelia off Skerry Point|Lifeboats brought forty ashore on Monday"]),
    );
    daemon.put(
        "/paper",
        &rss("Paper", &["z|Court hears captain of ferry Corvina drank brandy|He is charged over the collision, Brackwater heard"]),
    );
    daemon.step_after(DAY).await;
    let topic = |title: &str| daemon.story(title).topic;
    assert_eq!(topic("Divers"), topic("Ferry Aurelia"));
    assert_eq!(topic("Court hears"), topic("Captain"));
    assert_ne!(topic("Divers"), topic("Court hears"));
}

#[tokio::test]
async fn topics_that_prove_to_be_one_event_become_one_and_nothing_is_sent_again() {
    let mut daemon = TestDaemon::new(&format!("{TWO}[desk]\ntopics_stricter = 0.08\n")).await;
    let other = "A bakery in Aldermoor won a prize for rye bread";
    let fire = "A fire destroyed the Orlandi paper mill in Brackwater overnight, and the fire brigade was still putting \
         out flames among the rolls of paper this morning. The manager of the mill said that its safety papers were in \
         order.";
    let inquiry = "The prosecutor in Harrowgate questioned the manager Teresa Vinck on suspicion of having forged the \
         safety papers of a mill, a court clerk said. The fire brigade had asked for them.";
    let both = "A day after a fire destroyed the Orlandi paper mill in Brackwater, the prosecutor questioned its manager, \
         Teresa Vinck, on suspicion of having forged its safety papers. The fire brigade was still putting out flames \
         among the rolls of paper.";
    let filler: Vec<String> = (0..60)
        .map(|n| format!("f{n}|{other} {n}|Officials said the shop number {n} of the town is to close"))
        .collect();
    daemon.put("/wire", &rss_of("Wire", &filler));
    daemon.step().await;
    daemon.put("/wire", &rss("Wire", &[&format!("1|Fire destroys the Orlandi paper mill|{fire}")]));
    daemon.step_after(SignedDuration::from_hours(3)).await;
    let first = daemon.story("Fire destroys");
    daemon.put(
        "/paper",
        &rss("Paper", &[&format!("x|Prosecutor questions Teresa Vinck over forged safety papers|{inquiry}")]),
    );
    daemon.step_after(SignedDuration::from_hours(3)).await;
    let second = daemon.story("Prosecutor");
    assert_ne!(first.topic, second.topic);
    daemon.put(
        "/wire",
        &rss(
            "Wire",
            &[&format!(
                "2|Orlandi paper mill fire: Teresa Vinck questioned over forged safety papers|{both}"
            )],
        ),
    );
    daemon.step_after(SignedDuration::from_hours(3)).await;
    let joined = daemon.story("Orlandi");
    assert_eq!(joined.topic, first.topic, "the older topic stays");
    let now = daemon.story("Prosecutor");
    assert_eq!(now.topic, first.topic);
    assert_eq!(
        (now.id, now.published, now.shown, now.shown_at),
        (second.id, second.published, second.shown, second.shown_at)
    );
}
