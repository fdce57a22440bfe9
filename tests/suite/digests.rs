//! Digests by mail: each recipient gets each edition once, at its hour, whatever servers answer; and who has left gets none.

use crate::daemon::{HOUR, TestDaemon, rss};
use jiff::SignedDuration;
use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use tidings::mail::Sent;
use tidings::model::{CategoryName, FilingNo};

const DIGEST: &str = "[[feed]]\nurl = \"ORIGIN/feed\"\ncategory = \"world\"\n
[[digest]]\nname = \"morning\"\nschedule = \"0 7 * * *\"\ntimezone = \"Europe/Berlin\"\n
to = [\"ada@reader.example\", \"bob@reader.example\"]\n
[mail]\nsmtp = \"smtp://127.0.0.1:1\"\nfrom = \"Tidings <news@site.example>\"";

/// A daemon with one story. It starts at 07:00 in Berlin, so that the first edition is due a day later.
async fn daemon() -> TestDaemon {
    let mut daemon = TestDaemon::new(DIGEST).await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty people were saved"]));
    daemon.step().await;
    daemon
}

/// The Message-IDs of all deliveries, as they are stored.
fn message_ids(daemon: &TestDaemon) -> BTreeSet<String> {
    let database = rusqlite::Connection::open(daemon.database()).unwrap();
    let mut statement = database.prepare("SELECT message_id FROM deliveries").unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.collect::<Result<_, _>>().unwrap()
}

fn headers<'a>(mail: &'a str, name: &str) -> Vec<&'a str> {
    mail.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
}

#[tokio::test]
async fn an_edition_is_sent_to_each_at_the_hour_and_not_again() {
    let mut daemon = daemon().await;
    daemon.step_after(HOUR * 23).await;
    assert_eq!(daemon.mails().len(), 0);
    daemon.put("/feed", &rss("Post", &["2|Baker honoured|Rye bread won the county prize"]));
    daemon.step_after(HOUR).await;
    let mails = daemon.mails();
    assert_eq!(mails.len(), 2);
    for (mail, to) in mails.iter().zip(["ada@reader.example", "bob@reader.example"]) {
        assert_eq!(headers(mail, "To"), [to]);
        assert_eq!(headers(mail, "From"), ["Tidings <news@site.example>"]);
        assert!(headers(mail, "List-Unsubscribe")[0].starts_with("<mailto:news@site.example"));
        assert!(mail.contains("/unsubscribe/"));
        assert!(mail.contains("Ferry runs aground"));
        assert!(!mail.contains("{{unsubscribe}}"));
    }
    daemon.step().await;
    daemon.step_after(HOUR).await;
    assert_eq!(daemon.mails().len(), 2);
    let editions = daemon.look(|reader| reader.editions("morning", 10));
    assert_eq!(editions.iter().map(|edition| edition.id.as_str()).collect::<Vec<_>>(), ["2026-11-24"]);
}

#[tokio::test]
async fn the_next_edition_tells_what_is_new_since_the_last() {
    let mut daemon = daemon().await;
    daemon.step_after(HOUR * 24).await;
    daemon.put("/feed", &rss("Post", &["2|Baker honoured|Rye bread won the county prize"]));
    daemon.step_after(HOUR * 24).await;
    let mails = daemon.mails();
    assert_eq!(mails.len(), 4);
    assert!(mails[3].contains("Baker honoured") && !mails[3].contains("Ferry"));
    daemon.step_after(HOUR * 24).await;
    assert_eq!(daemon.mails().len(), 4, "nothing is new, so nothing is sent");
}

#[tokio::test]
async fn an_edition_that_was_due_while_the_daemon_was_down_is_made_up_for_once() {
    let mut daemon = daemon().await;
    daemon.clock.advance(HOUR * 30);
    daemon.restart(DIGEST).await;
    daemon.step().await;
    assert_eq!(daemon.mails().len(), 2);
    daemon.restart(DIGEST).await;
    daemon.step().await;
    assert_eq!(daemon.mails().len(), 2);
}

#[tokio::test]
async fn a_mail_not_taken_is_tried_again_with_the_same_message_id() {
    let mut daemon = daemon().await;
    daemon.answer_mails(Some(Sent::Deferred("try later".to_owned())));
    assert_eq!(daemon.step_after(HOUR * 24).await.mailed.deferred, 2);
    // What the first attempts were sent with.
    let tried = message_ids(&daemon);
    daemon.answer_mails(None);
    daemon.restart(DIGEST).await;
    daemon.step_after(HOUR).await;
    let mails = daemon.mails();
    let sent: BTreeSet<String> =
        mails.iter().flat_map(|mail| headers(mail, "Message-ID")).map(str::to_owned).collect();
    assert_eq!((mails.len(), sent.len()), (2, 2), "each mail has an id of its own");
    assert_eq!(sent, tried);
}

#[tokio::test]
async fn a_mail_is_tried_until_the_next_edition_is_due_after_growing_pauses() {
    let mut daemon = daemon().await;
    daemon.answer_mails(Some(Sent::Deferred("greylisted".to_owned())));
    assert_eq!(daemon.step_after(HOUR * 24).await.mailed.deferred, 2);
    let (mut attempts, mut hour) = (1, 0);
    let refused = loop {
        let mut mailed = daemon.step_after(SignedDuration::from_mins(10)).await.mailed;
        hour += 1;
        attempts += mailed.deferred / 2;
        if mailed.refused > 0 {
            mailed.deferred = 0;
            break mailed;
        }
        assert!(hour < 6 * 24, "it goes on after the next edition was due");
    };
    assert_eq!((refused.refused, refused.sent), (2, 0));
    assert!((24..32).contains(&attempts), "{attempts}");
    let undelivered = daemon.look(|reader| reader.undelivered("morning", "2026-11-24"));
    assert!(undelivered.iter().all(|one| !one.is_open && one.answer == "greylisted"), "{undelivered:?}");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_asked_once_for_all_mails_of_an_edition() {
    let mut daemon = daemon().await;
    daemon.answer_mails(Some(Sent::Unreachable("connection refused".to_owned())));
    assert_eq!(daemon.step_after(HOUR * 24).await.mailed.deferred, 2);
    assert_eq!(daemon.outbox.attempts.load(Ordering::Relaxed), 1);
    let undelivered = daemon.look(|reader| reader.undelivered("morning", "2026-11-24"));
    assert!(
        undelivered.iter().all(|one| one.is_open && one.answer == "connection refused"),
        "{undelivered:?}"
    );
    daemon.answer_mails(None);
    daemon.step_after(SignedDuration::from_mins(2)).await;
    assert_eq!(daemon.mails().len(), 2);
}

#[tokio::test]
async fn a_mail_is_tried_for_an_hour_however_soon_the_next_edition_comes() {
    let mut daemon = TestDaemon::new(&DIGEST.replace("0 7 * * *", "*/5 * * * *")).await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty people were saved"]));
    daemon.step().await;
    daemon.answer_mails(Some(Sent::Deferred("greylisted".to_owned())));
    for _ in 0..6 {
        assert_eq!(daemon.step_after(SignedDuration::from_mins(5)).await.mailed.refused, 0);
    }
    daemon.answer_mails(None);
    daemon.step_after(SignedDuration::from_mins(20)).await;
    assert_eq!(daemon.mails().len(), 2);
}

#[tokio::test]
async fn mails_are_sent_no_faster_than_the_operator_wants() {
    let toml = DIGEST.replace("[mail]", "[mail]\nper_minute = 1200");
    let mut daemon = TestDaemon::new(&toml).await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty people were saved"]));
    daemon.step().await;
    let begin = std::time::Instant::now();
    daemon.step_after(HOUR * 24).await;
    assert_eq!(daemon.mails().len(), 2);
    // Two pauses of 50 ms.
    assert!(begin.elapsed() >= std::time::Duration::from_millis(100));
}

#[tokio::test]
async fn a_mail_that_waits_is_not_sent_when_its_feed_has_become_private_meanwhile() {
    let mut daemon = daemon().await;
    daemon.answer_mails(Some(Sent::Deferred("try later".to_owned())));
    assert_eq!(daemon.step_after(HOUR * 24).await.mailed.deferred, 2);
    daemon.answer_mails(None);
    daemon.restart(&DIGEST.replacen("\n\n", "\nprivate = true\n\n", 1)).await;
    assert_eq!(daemon.step_after(HOUR).await.mailed.refused, 2);
    assert_eq!(daemon.mails().len(), 0);
}

#[tokio::test]
async fn a_mail_refused_for_good_is_not_tried_again() {
    let mut daemon = daemon().await;
    daemon.answer_mails(Some(Sent::Refused("no such user".to_owned())));
    assert_eq!(daemon.step_after(HOUR * 24).await.mailed.refused, 2);
    daemon.answer_mails(None);
    daemon.step_after(HOUR).await;
    assert_eq!(daemon.mails().len(), 0);
}

#[tokio::test]
async fn who_has_left_gets_nothing_more() {
    let mut daemon = daemon().await;
    daemon.step_after(HOUR * 24).await;
    let mail = daemon.mails().remove(0);
    daemon.leave(token_of(&mail)).await;
    daemon.put("/feed", &rss("Post", &["2|Baker honoured|Rye bread won the county prize"]));
    daemon.step_after(HOUR * 24).await;
    let mails = daemon.mails();
    assert_eq!(mails.len(), 3);
    assert_eq!(headers(&mails[2], "To"), ["bob@reader.example"]);
}

#[tokio::test]
async fn an_edition_sent_by_hand_goes_to_everyone() {
    let everyone: Vec<String> = (1..=50).map(|n| format!("\"reader-{n}@reader.example\"")).collect();
    let toml = DIGEST.replace("\"ada@reader.example\", \"bob@reader.example\"", &everyone.join(", "));
    let mut daemon = TestDaemon::new(&toml).await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty people were saved"]));
    daemon.step().await;
    daemon.ask_for_edition("morning").await;
    assert_eq!(daemon.step().await.mailed.sent, 50);
    let mails = daemon.mails();
    let recipients: HashSet<&str> = mails.iter().flat_map(|mail| headers(mail, "To")).collect();
    assert_eq!((mails.len(), recipients.len()), (50, 50));
}

#[tokio::test]
async fn a_mail_whose_acceptance_cannot_be_noted_is_not_sent_again() {
    let mut daemon = daemon().await;
    // The trigger stands for a disk that fills up while a mail is on its way.
    let database = rusqlite::Connection::open(daemon.database()).unwrap();
    let trigger = "CREATE TRIGGER full BEFORE UPDATE OF sent_at ON deliveries
         BEGIN SELECT raise(FAIL, 'no room'); END";
    database.execute_batch(trigger).unwrap();
    daemon.clock.advance(HOUR * 24);
    assert!(daemon.app().step().await.is_err());
    assert_eq!(daemon.mails().len(), 1);
    daemon.clock.advance(HOUR);
    assert!(daemon.app().step().await.is_err());
    assert_eq!(daemon.mails().len(), 1);
    database.execute_batch("DROP TRIGGER full").unwrap();
    daemon.step_after(HOUR).await;
    daemon.step_after(HOUR).await;
    assert_eq!(daemon.mails().len(), 2);
}

#[tokio::test]
async fn an_edition_of_a_category_finds_its_topics_behind_those_of_others() {
    let mut daemon = TestDaemon::new(
        "[[feed]]\nurl = \"ORIGIN/sport\"\ncategory = \"sport\"\n[[feed]]\nurl = \"ORIGIN/world\"\ncategory = \"world\"",
    )
    .await;
    daemon.put("/sport", &rss("Sport", &["1|Swans stop the boat race|Both crews waited"]));
    daemon.step().await;
    daemon.put(
        "/world",
        &rss(
            "World",
            &[
                "1|Ferry runs aground|Forty saved",
                "2|Baker honoured|Rye bread won",
                "3|Moss remembers|A dry year",
            ],
        ),
    );
    daemon.step_after(HOUR * 24).await;
    let sport = [CategoryName::new("sport").unwrap()];
    let start = FilingNo(0);
    let topics = daemon.look(|reader| reader.topics_since(start, &sport, 2));
    assert_eq!(
        topics.iter().map(|topic| topic.stories[0].title.as_str()).collect::<Vec<_>>(),
        ["Swans stop the boat race"]
    );
    assert_eq!(daemon.look(|reader| reader.topics_since(start, &[], 2)).len(), 2);
}

#[tokio::test]
async fn an_edition_shows_no_more_of_a_feed_that_has_become_private() {
    let with = |private: bool| {
        DIGEST.replacen("\n\n", &format!("\nprivate = {private}\n[[feed]]\nurl = \"ORIGIN/other\"\n\n"), 1)
    };
    let mut daemon = TestDaemon::new(&with(false)).await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty people were saved"]));
    daemon
        .put("/other", &rss("Herald", &["1|Owls nest in tower|The bell stays silent until they have flown"]));
    daemon.step().await;
    daemon.step_after(HOUR * 24).await;
    let path = "/digests/morning/2026-11-24";
    for path in ["/digests/morning", path] {
        let before = daemon.page(path).await;
        assert!(before.contains("Ferry") || before.contains("Owls"), "{before}");
    }
    daemon.restart(&with(true)).await;
    let (archive, edition) = (daemon.page("/digests/morning").await, daemon.page(path).await);
    assert!(!archive.contains("Ferry") && archive.contains("24 November"), "{archive}");
    assert!(!edition.contains("Ferry") && edition.contains("Owls"), "{edition}");
}

/// The token of the link by which a recipient leaves.
fn token_of(mail: &str) -> String {
    let (_, token) = mail.split_once("/unsubscribe/").unwrap();
    token.chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// The recipients of the edition of the next day, on which the feed has other news.
async fn next_edition(daemon: &mut TestDaemon, day: usize) -> Vec<String> {
    let news = [
        "0|Baker honoured|Rye bread won",
        "1|Moss remembers|A dry year",
        "2|Owls nest in tower|The bell stays silent",
        "3|Swans stop the boat race|Both crews waited",
        "4|Choir sings under water|Nobody heard it",
        "5|Museum buys a clock|It is late",
        "6|Lighthouse for sale|With its lamp",
        "7|Organ found behind wall|Two hundred pipes",
        "8|Kiosk moves by a yard|The sun is better there",
    ];
    daemon.put("/feed", &rss("Post", &[news[day]]));
    let before = daemon.mails().len();
    daemon.step_after(HOUR * 24).await;
    daemon.mails().split_off(before).iter().flat_map(|mail| headers(mail, "To")).map(str::to_owned).collect()
}

#[tokio::test]
async fn who_has_left_stays_out_after_a_backup_is_restored_and_under_another_name() {
    let mut daemon = daemon().await;
    let backup = daemon.database().with_extension("copy");
    std::fs::copy(daemon.database(), &backup).unwrap();
    assert_eq!(next_edition(&mut daemon, 1).await.len(), 2);
    let ada = daemon.mails().remove(0);
    daemon.leave(token_of(&ada)).await;
    daemon.stop();
    for end in ["-wal", "-shm", ""] {
        let _ = std::fs::remove_file(format!("{}{end}", daemon.database().display()));
    }
    std::fs::copy(&backup, daemon.database()).unwrap();
    let named = DIGEST.replace("\"ada@reader.example\"", "\"Ada Lovelace <Ada@reader.example>\"");
    daemon.restart(&named).await;
    assert_eq!(next_edition(&mut daemon, 2).await, ["bob@reader.example"]);

    let args = ["recipients", "--bring-back", "ada@reader.example"];
    daemon.run(&named, &args);
    let back = next_edition(&mut daemon, 3).await;
    assert_eq!(back, ["\"Ada Lovelace\" <Ada@reader.example>", "bob@reader.example"]);
    daemon.restart(&named).await;
    assert_eq!(next_edition(&mut daemon, 4).await.len(), 2);
    daemon.run(&named, &["recipients", "--leave", "bob@reader.example", "--digest", "morning"]);
    assert_eq!(next_edition(&mut daemon, 5).await.len(), 1);
    let listed = daemon.run(&named, &["recipients"]);
    assert!(listed.contains("morning  bob@reader.example  left 20"), "{listed}");
    let status = daemon.run(&named, &["status"]);
    assert!(status.contains("1 recipient has left"), "{status}");
}

#[tokio::test]
async fn who_is_refused_three_times_in_a_row_gets_no_more_until_brought_back() {
    let mut daemon = daemon().await;
    let refused = || Some(Sent::Refused("no such user".to_owned()));
    for (day, sent) in [refused(), refused(), None, refused(), refused(), refused()].into_iter().enumerate() {
        daemon.answer_mails(sent.clone());
        assert_eq!(
            next_edition(&mut daemon, day).await.len(),
            if sent.is_some() { 0 } else { 2 },
            "day {day}"
        );
    }
    daemon.answer_mails(None);
    assert_eq!(next_edition(&mut daemon, 7).await.len(), 0);
    let listed = daemon.run(DIGEST, &["recipients"]);
    assert!(listed.contains("ada@reader.example  refused since 2026-"), "{listed}");
    daemon.run(DIGEST, &["recipients", "--bring-back", "ada@reader.example"]);
    assert_eq!(next_edition(&mut daemon, 8).await, ["ada@reader.example"]);
}
