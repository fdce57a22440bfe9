//! Subscribing to a digest on the web: asking, confirming by mail, choosing sections and an hour, and leaving.

use crate::daemon::{HOUR, TestDaemon, rss};
use jiff::SignedDuration;
use std::sync::atomic::Ordering;
use tidings::mail::Sent;

const OPEN: &str = "[[feed]]\nurl = \"ORIGIN/feed\"\n
[[digest]]\nname = \"morning\"\nschedule = \"0 7 * * *\"\ntimezone = \"Europe/Berlin\"\nopen = true\n
to = [\"Bob <Bob@reader.example>\"]\n
[mail]\nsmtp = \"smtp://127.0.0.1:1\"\nfrom = \"Tidings <news@site.example>\"";

async fn daemon() -> TestDaemon {
    let mut daemon = TestDaemon::new(OPEN).await;
    daemon.put("/feed", &rss("Post", &["1|Ferry runs aground|Forty people were saved"]));
    daemon.step().await;
    daemon
}

/// Asks for the digest on the web. Gives the status.
async fn ask(daemon: &mut TestDaemon, address: &str) -> u16 {
    let body = format!("address={}", address.replace('+', "%2B").replace('@', "%40"));
    daemon.post("/digests/morning/subscribe", &body, &[]).await.0
}

/// Does what is due, then gives all mails sent since the last call.
async fn mails(daemon: &mut TestDaemon) -> Vec<String> {
    daemon.step().await;
    daemon.take_mails()
}

/// The recipient of a mail.
fn to(mail: &str) -> &str {
    mail.lines().find_map(|line| line.strip_prefix("To: ")).unwrap()
}

/// The path and token of a link in a mail or on a page; `path` is its beginning.
fn link(mail: &str, path: &str) -> String {
    let mail = mail.replace("=\r\n", "");
    let (_, token) = mail.split_once(path).unwrap_or_else(|| panic!("no {path} in {mail}"));
    format!("{path}{}", token.chars().take_while(char::is_ascii_alphanumeric).collect::<String>())
}

#[tokio::test]
async fn who_asks_and_confirms_gets_the_next_edition_and_leaves_by_its_link() {
    let mut daemon = daemon().await;
    let page = daemon.page("/digests/morning").await;
    assert!(page.contains("action=\"/digests/morning/subscribe\" method=\"post\""), "{page}");
    assert_eq!(ask(&mut daemon, "Ada+News@Reader.example").await, 202);
    let asked = mails(&mut daemon).await;
    assert_eq!(asked.len(), 1);
    assert_eq!(to(&asked[0]), "ada+news@reader.example");
    assert!(asked[0].contains("Subject: Please confirm: Morning\r\n"), "{}", asked[0]);
    let confirm = link(&asked[0], "/confirm/");

    let question = daemon.page(&confirm).await;
    assert!(question.contains("Yes, send it to me"), "{question}");
    assert!(daemon.run(OPEN, &["recipients"]).contains("ada+news@reader.example  waiting since 20"));
    assert_eq!(daemon.post(&confirm, "", &[]).await.0, 200);
    assert!(daemon.run(OPEN, &["recipients"]).contains("ada+news@reader.example  active, asked for it 20"));

    daemon.step_after(HOUR * 24).await;
    let edition = daemon.take_mails();
    let recipients: Vec<&str> = edition.iter().map(|mail| to(mail)).collect();
    assert_eq!(recipients, ["Bob <Bob@reader.example>", "ada+news@reader.example"]);
    let leave = link(&edition[1], "/unsubscribe/");
    assert_eq!(daemon.post(&leave, "", &[]).await.0, 200);
    // The link of the first mail does not bring them back.
    assert_eq!(daemon.post(&confirm, "", &[]).await.0, 404);
    daemon.put("/feed", &rss("Post", &["2|Baker honoured|Rye bread won"]));
    daemon.step_after(HOUR * 24).await;
    assert_eq!(daemon.take_mails().len(), 1);

    // Asking again does.
    assert_eq!(ask(&mut daemon, "ada+news@reader.example").await, 202);
    let again = link(&mails(&mut daemon).await[0], "/confirm/");
    assert_eq!(daemon.post(&again, "", &[]).await.0, 200);
    daemon.restart(OPEN).await;
    daemon.put("/feed", &rss("Post", &["3|Moss remembers|A dry year"]));
    daemon.step_after(HOUR * 24).await;
    assert_eq!(daemon.take_mails().len(), 2);
}

#[tokio::test]
async fn whoever_asks_learns_nothing_and_sends_nobody_two_mails_a_day() {
    let mut daemon = daemon().await;
    let unknown = daemon.post("/digests/morning/subscribe", "address=eve%40reader.example", &[]).await;
    let known = daemon.post("/digests/morning/subscribe", "address=bob%40reader.example", &[]).await;
    assert_eq!(unknown, known);
    assert_eq!(mails(&mut daemon).await.len(), 1, "bob has it already");
    for _ in 0..5 {
        assert_eq!(ask(&mut daemon, "eve@reader.example").await, 202);
    }
    assert_eq!(mails(&mut daemon).await.len(), 0);
    daemon.step_after(HOUR * 25).await;
    daemon.take_mails();
    assert_eq!(ask(&mut daemon, "eve@reader.example").await, 202);
    assert_eq!(mails(&mut daemon).await.len(), 1);
}

#[tokio::test]
async fn thousands_of_forms_have_a_bounded_number_of_mails_sent() {
    let mut daemon = daemon().await;
    let mut answers = std::collections::HashMap::new();
    for no in 0..200 {
        *answers.entry(ask(&mut daemon, &format!("a{no}@reader.example")).await).or_insert(0) += 1;
    }
    assert_eq!(answers, [(202, 60), (429, 140)].into());
    let mut sent = 0;
    for _ in 0..5 {
        sent += mails(&mut daemon).await.len();
    }
    assert_eq!(sent, 60);
    daemon.step_after(HOUR * 2).await;
    assert_eq!(ask(&mut daemon, "later@reader.example").await, 202);
}

#[tokio::test]
async fn forms_of_other_sites_false_addresses_and_old_links_do_nothing() {
    let mut daemon = daemon().await;
    let path = "/digests/morning/subscribe";
    for address in ["", "ada", "ada%40reader.example%0D%0ABcc%3A%20eve%40reader.example"] {
        assert_eq!(daemon.post(path, &format!("address={address}"), &[]).await.0, 400, "{address}");
    }
    assert_eq!(daemon.post(path, "nothing", &[]).await.0, 400);
    let good = "address=ada%40reader.example";
    for elsewhere in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        assert_eq!(daemon.post(path, good, &[elsewhere]).await.0, 400, "{elsewhere:?}");
    }
    assert_eq!(mails(&mut daemon).await.len(), 0);
    assert_eq!(daemon.post(path, good, &[("sec-fetch-site", "same-origin")]).await.0, 202);
    // The origin that browsers send with our own form when the site has no https.
    assert_eq!(daemon.post(path, "address=cy%40reader.example", &[("origin", "null")]).await.0, 202);
    let confirm = link(&mails(&mut daemon).await[0], "/confirm/");
    assert_eq!(daemon.post("/confirm/00000000000000000000000000000000", "", &[]).await.0, 404);
    daemon.step_after(HOUR * 24 * 8).await;
    assert_eq!(daemon.post(&confirm, "", &[]).await.0, 404, "it holds for seven days");
    daemon.app().forget().await.unwrap();
    let known = daemon.run(OPEN, &["recipients"]);
    assert!(!known.contains("ada@"), "an address that nobody confirmed is forgotten: {known}");
    assert_eq!(daemon.post(path, "address=dee%40reader.example", &[]).await.0, 202);
    let late = link(&mails(&mut daemon).await[0], "/confirm/");
    daemon.restart(&OPEN.replace("open = true", "open = false")).await;
    assert_eq!(daemon.post(path, good, &[]).await.0, 404);
    assert_eq!(daemon.post(&late, "", &[]).await.0, 404, "it is not open any more");
    assert!(!daemon.page("/digests/morning").await.contains("/subscribe"));
}

#[tokio::test]
async fn who_asks_while_the_mail_server_is_away_is_asked_when_it_is_back() {
    let mut daemon = daemon().await;
    daemon.answer_mails(Some(Sent::Unreachable("connection refused".to_owned())));
    assert_eq!(ask(&mut daemon, "ada@reader.example").await, 202);
    for _ in 0..8 {
        daemon.step_after(HOUR).await;
    }
    let attempts = daemon.outbox.attempts.load(Ordering::Relaxed);
    daemon.step_after(SignedDuration::from_secs(5)).await;
    assert_eq!(
        daemon.outbox.attempts.load(Ordering::Relaxed),
        attempts,
        "there is a pause after each attempt"
    );
    daemon.answer_mails(None);
    daemon.step_after(SignedDuration::from_mins(10)).await;
    assert_eq!(daemon.take_mails().len(), 1);
}

#[tokio::test]
async fn a_mail_that_asks_for_confirmation_and_is_put_off_is_tried_after_pauses_and_not_for_ever() {
    let mut daemon = daemon().await;
    daemon.answer_mails(Some(Sent::Deferred("greylisted".to_owned())));
    assert_eq!(ask(&mut daemon, "ada@reader.example").await, 202);
    daemon.clock.advance(HOUR * 2);
    for attempts in [1, 2, 3, 4, 5, 5] {
        daemon.step().await;
        assert_eq!(daemon.outbox.attempts.load(Ordering::Relaxed), attempts);
        daemon.step_after(SignedDuration::from_secs(5)).await;
        assert_eq!(daemon.outbox.attempts.load(Ordering::Relaxed), attempts);
        daemon.clock.advance(SignedDuration::from_mins(10));
    }
}

/// OPEN, with two sections.
fn with_sections() -> String {
    let sections = "[[category]]\nname = \"sea\"\nkeywords = [\"ferry\"]\n[[category]]\nname = \"bread\"\nkeywords = [\"baker\"]\n";
    format!("{sections}{OPEN}")
}

#[tokio::test]
async fn a_recipient_chooses_sections_and_an_hour_and_gets_what_is_new_then() {
    let toml = with_sections();
    let mut daemon = TestDaemon::new(&toml).await;
    daemon.put(
        "/feed",
        &rss("Post", &["1|Ferry runs aground|The ferry was saved", "2|Baker honoured|The baker won"]),
    );
    daemon.step().await;
    daemon.step_after(HOUR * 24).await;
    let first = daemon.take_mails();
    assert!(first.len() == 1 && first[0].contains("Ferry runs aground"), "{first:?}");
    let page = link(&first[0], "/unsubscribe/");
    let shown = daemon.page(&page).await;
    assert!(shown.contains("Stop sending it") && shown.contains("value=\"bread\""), "{shown}");
    assert!(shown.contains("<option selected>Europe/Berlin</option>"), "{shown}");
    let choose = page.replace("/unsubscribe/", "/preferences/");
    let (status, saved) = daemon.post(&choose, "section=bread&hour=18&zone=America%2FNew_York", &[]).await;
    assert!(status == 200 && saved.contains("Saved"), "{saved}");
    assert!(saved.contains("<option value=\"18\" selected>"), "{saved}");
    assert!(!saved.contains("reader.example"), "whose choice it is is not said");
    let listed = daemon.run(&toml, &["recipients"]);
    assert!(listed.contains("active; only bread; at 18:00 in America/New_York"), "{listed}");

    // The clock stands at about seven in the morning in Berlin: 18:00 in New York is 17 hours later.
    daemon.step().await;
    daemon.put(
        "/feed",
        &rss(
            "Post",
            &[
                "3|Lighthouse sold|A ferry captain bought it",
                "4|Flour grows dear|Every baker of Ostholm pays more",
            ],
        ),
    );
    for hour in 1..=24 {
        daemon.step_after(HOUR).await;
        let mails = daemon.take_mails();
        if hour == 17 {
            assert_eq!(mails.len(), 1);
            let mail = &mails[0];
            assert!(mail.contains("Flour grows dear") && !mail.contains("Lighthouse"), "{mail}");
            assert!(!mail.contains("Baker honoured"), "the digest has told it before: {mail}");
            assert!(mail.contains("List-Id: <morning.digest."), "{mail}");
            let edition = link_to_edition(mail);
            let page = daemon.page(&edition).await;
            assert!(page.contains("Flour grows dear"), "{page}");
        } else {
            assert_eq!(mails.len(), 0, "{hour}");
        }
    }
    assert!(!daemon.page("/digests/morning").await.contains('~'), "the archive is that of the digest");

    // With all sections and no hour the recipient gets the digest as it is, and the segment is deleted.
    assert_eq!(daemon.post(&choose, "section=bread&section=sea&section=general&hour=", &[]).await.0, 200);
    daemon.put("/feed", &rss("Post", &["5|Ferry race|The ferry won"]));
    daemon.step_after(HOUR * 24).await;
    let mails = daemon.take_mails();
    assert!(mails.len() == 1 && mails[0].contains("Ferry race"), "{mails:?}");
    assert!(daemon.look(|reader| reader.segments()).is_empty());
}

/// The path of the edition's page, which a mail links to.
fn link_to_edition(mail: &str) -> String {
    let mail = mail.replace("=\r\n", "");
    let (_, path) = mail.split_once("/digests/morning~").unwrap();
    format!("/digests/morning~{}", path.split_whitespace().next().unwrap())
}

#[tokio::test]
async fn who_has_confirmed_may_choose_at_once_and_what_cannot_be_chosen_changes_nothing() {
    let mut daemon = daemon().await;
    ask(&mut daemon, "ada@reader.example").await;
    let asked = mails(&mut daemon).await;
    let (status, confirmed) = daemon.post(&link(&asked[0], "/confirm/"), "", &[]).await;
    assert_eq!(status, 200);
    let choose = link(&confirmed, "/preferences/");
    let chosen = daemon.post(&choose, "hour=6&zone=Asia%2FTokyo", &[]).await.1;
    assert!(chosen.contains("<option selected>Asia/Tokyo</option>"), "{chosen}");
    for wrong in ["hour=25&zone=UTC", "hour=7&zone=Nowhere", "hour=7", "section=No%20Section%21"] {
        let (status, page) = daemon.post(&choose, wrong, &[]).await;
        assert!(status == 400 && page.contains("<option selected>Asia/Tokyo</option>"), "{wrong}: {page}");
    }
    let unknown = daemon.post("/preferences/00000000000000000000000000000000", "hour=7&zone=UTC", &[]).await;
    assert_eq!(unknown.0, 404);
}
