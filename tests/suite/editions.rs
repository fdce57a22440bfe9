//! What editions tell, read as their recipients do: what is new, once, and what has moved on. And editions and trials that
//! the operator asks for by command.

use crate::daemon::{DAY, HOUR, PATIENCE, TestDaemon, rss};
use crate::texts::{AGROUND, CAPTAIN, TUGS};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use tidings::mail::Sent;

/// A `feeds.toml` of five papers and a digest at seven in the evening for one recipient, with these lines more about the
/// digest.
fn papers(of_digest: &str) -> String {
    let mut toml = String::new();
    for paper in ["post", "herald", "echo", "tribune", "gazette"] {
        let _ = writeln!(toml, "[[feed]]\nurl = \"ORIGIN/{paper}\"\ncategory = \"world\"");
    }
    toml + "[[digest]]\nname = \"evening\"\nschedule = \"0 19 * * *\"\nto = [\"Ada <ada@reader.example>\"]\n"
        + of_digest
        + "\n[mail]\nsmtp = \"smtp://127.0.0.1:1\"\nfrom = \"Tidings <news@site.example>\""
}

const COPY: &str = "7|Ferry Aurelia runs aground off Skerry Point|The ferry Aurelia ran aground off Skerry Point in the \
     fog this morning. Lifeboats from Aldermoor took all of its forty passengers ashore, a spokesman said.";
const OWLS: &str = "4|Owls nest in tower|The bell stays silent until they have flown";

/// The plain text of the last mail, decoded as far as these tests need.
fn text(daemon: &TestDaemon) -> String {
    let mail = daemon.mails().pop().unwrap();
    let part = mail.split("text/plain").nth(1).unwrap().split("\r\n\r\n").skip(1);
    let part = part.collect::<Vec<_>>().join("\n\n").replace("=\r\n", "").replace("\r\n", "\n");
    let part = part.replace("=E2=80=9C", "“").replace("=E2=80=9D", "”").replace("=C2=B7", "·");
    part.split("text/html").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_topic_comes_back_only_when_it_has_moved_on_and_then_as_an_update() {
    let mut daemon = TestDaemon::new(&papers("")).await;
    daemon.put("/post", &rss("Post", &[AGROUND]));
    daemon.step_after(HOUR).await;
    daemon.step_after(HOUR * 12).await;
    assert!(
        text(&daemon).contains("* Ferry Aurelia runs aground off Skerry Point\n  Post\n"),
        "{}",
        text(&daemon)
    );

    daemon.put("/herald", &rss("Herald", &[COPY]));
    daemon.put("/echo", &rss("Echo", &[TUGS]));
    daemon.put("/gazette", &rss("Gazette", &[OWLS]));
    daemon.step_after(HOUR * 2).await;
    daemon.step_after(HOUR * 22).await;
    let second = text(&daemon);
    assert_eq!(daemon.mails().len(), 2);
    assert!(second.contains("* Owls nest in tower") && !second.contains("Aurelia"), "{second}");

    daemon.put("/tribune", &rss("Tribune", &[CAPTAIN]));
    daemon.step_after(HOUR * 12).await;
    daemon.step_after(HOUR * 12).await;
    let third = text(&daemon);
    let update = "* Update: Captain of the ferry Aurelia had slept, inquiry at Skerry Point\n  hears\n";
    assert!(third.contains(update), "{third}");
    assert!(
        third.contains("Before, on 23 November: “Ferry Aurelia runs aground off Skerry Point”"),
        "{third}"
    );
    assert!(third.contains("“The captain of the Aurelia told an inquiry"), "{third}");
    assert!(!third.contains("Owls"), "{third}");

    daemon.step_after(DAY).await;
    assert_eq!(daemon.mails().len(), 3, "there is nothing new");
}

#[tokio::test]
async fn a_new_story_that_many_papers_carry_brings_a_told_topic_back_though_they_are_copies() {
    let mut daemon = TestDaemon::new(&papers("")).await;
    daemon.put("/post", &rss("Post", &[AGROUND]));
    daemon.step_after(HOUR).await;
    daemon.step_after(HOUR * 12).await;
    assert_eq!(daemon.take_mails().len(), 1);
    for paper in ["herald", "echo", "tribune", "gazette"] {
        daemon.put(&format!("/{paper}"), &rss(paper, &[CAPTAIN]));
    }
    daemon.step_after(HOUR * 12).await;
    daemon.step_after(HOUR * 12).await;
    let second = text(&daemon);
    assert!(second.contains("* Update: Captain of the ferry Aurelia had slept"), "{second}");
    assert!(
        second.contains("Before, on 23 November: “Ferry Aurelia runs aground off Skerry Point”"),
        "{second}"
    );
    daemon.step_after(DAY).await;
    assert_eq!(daemon.mails().len(), 1, "there is nothing new");
}

#[tokio::test]
async fn an_edition_that_would_be_empty_comes_out_only_where_that_is_wanted() {
    let mut daemon = TestDaemon::new(&papers("when_empty = \"send\"\nlanguage = \"de\"")).await;
    daemon.step_after(HOUR * 13).await;
    assert!(text(&daemon).contains("Diesmal nichts Neues."));
    daemon.step_after(DAY).await;
    assert_eq!(daemon.mails().len(), 2);
    let mut daemon = TestDaemon::new(&papers("when_empty = \"skip\"")).await;
    daemon.step_after(HOUR * 13).await;
    assert_eq!(daemon.mails().len(), 0);
}

#[tokio::test]
async fn topics_beside_the_sections_are_told_once_too() {
    let mut daemon = TestDaemon::new(&papers("topics = 1")).await;
    let letter = "<rss version=\"2.0\"><channel><title>Gazette</title><link>https://gazette.example/</link>
        <item><guid>1</guid><title>Moss remembers</title><description>It has been a dry year for it.</description>
        <pubDate>Sun, 01 Nov 2026 08:00:00 GMT</pubDate></item></channel></rss>";
    daemon.put("/gazette", letter);
    daemon.step().await;
    for (paper, item) in ["post", "herald", "echo", "tribune"].into_iter().zip([AGROUND, COPY, AGROUND, COPY])
    {
        daemon.put(&format!("/{paper}"), &rss(paper, &[item, OWLS]));
    }
    let letters = letter.replace(
        "<item>",
        "<item><guid>2</guid><title>Lichens wait on every wall of Lesna</title><description>They wait on the walls.</description>
        <pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate></item><item>",
    );
    daemon.put("/gazette", &letters);
    daemon.step_after(HOUR * 4).await;
    daemon.step_after(HOUR * 9).await;
    let first = text(&daemon);
    let (_, beside) = first.split_once("Widely covered").unwrap_or_else(|| panic!("{first}"));
    let (widely, rare) =
        beside.split_once("From your rarely updated feeds").unwrap_or_else(|| panic!("{first}"));
    assert!(widely.contains("Owls nest in tower") || widely.contains("runs aground"), "{first}");
    assert!(rare.contains("Lichens wait on every wall"), "{first}");
    for headline in ["* Owls nest in tower", "* Ferry Aurelia runs aground", "* Lichens wait on every wall"] {
        assert_eq!(first.matches(headline).count(), 1, "{headline}: {first}");
    }
    daemon.step_after(DAY).await;
    assert_eq!(daemon.mails().len(), 1, "all of it was told");
}

#[tokio::test]
async fn a_mail_says_whom_it_was_sent_to_and_how_to_leave_in_both_parts() {
    let mut daemon = TestDaemon::new(&papers("")).await;
    daemon.put("/post", &rss("Post", &["1|Sent to {{recipient}}|Or {{unsubscribe}} as the publisher wrote"]));
    daemon.step_after(HOUR * 13).await;
    let mail = daemon.mails().remove(0).replace("=\r\n", "");
    assert_eq!(mail.matches("Sent to ada@reader.example.").count(), 2, "{mail}");
    assert_eq!(mail.matches("/unsubscribe/").count(), 3, "a header and two parts: {mail}");
    assert!(mail.contains("Subject: Sent to { {recipient}}\r\n"), "{mail}");
    assert!(mail.contains("List-Id: <evening.digest.127.0.0.1>\r\n"), "{mail}");
}

/// A mail server for one mail: its port, and a thread that gives the mail.
fn mail_server() -> (u16, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut replies = stream.try_clone().unwrap();
        let mut reply = |words: &str| replies.write_all(format!("{words}\r\n").as_bytes()).unwrap();
        reply("220 here");
        let (mut mail, mut in_data) = (String::new(), false);
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            match line.split([' ', ':']).next().unwrap_or_default() {
                "." if in_data => {
                    in_data = false;
                    reply("250 taken");
                }
                _ if in_data => mail = mail + &line + "\r\n",
                "DATA" => {
                    in_data = true;
                    reply("354 go on");
                }
                "QUIT" => break,
                _ => reply("250 so be it"),
            }
        }
        mail
    });
    (port, serving)
}

#[tokio::test]
async fn a_trial_goes_to_one_address_and_the_next_edition_tells_it_all_again() {
    let (port, serving) = mail_server();
    // The command goes by the system's clock and not by the test's. By that, the news may be too old for an edition.
    let toml = papers("when_empty = \"send\"").replace("127.0.0.1:1\"", &format!("127.0.0.1:{port}\""));
    let toml = format!("[site]\nurl = \"https://news.example\"\n{toml}");
    let mut daemon = TestDaemon::new(&toml).await;
    daemon.put("/post", &rss("Post", &[AGROUND]));
    daemon.step_after(HOUR).await;
    let arguments = ["digest", "evening", "--send", "--to", "me@reader.example"];
    daemon.run(&toml, &arguments);
    let mail = serving.join().unwrap();
    assert!(
        mail.contains("To: me@reader.example\r\n") && mail.contains("Sent to me@reader.example."),
        "{mail}"
    );
    assert!(mail.contains("https://news.example/digests/evening\r\n"), "{mail}");
    assert_eq!(daemon.look(|reader| reader.editions("evening", 10)), []);
    daemon.step_after(HOUR * 12).await;
    assert!(text(&daemon).contains("* Ferry Aurelia runs aground"));
}

#[tokio::test]
async fn an_edition_that_is_asked_for_keeps_what_the_server_answered_and_has_a_page() {
    let mut daemon = TestDaemon::new(&papers("")).await;
    daemon.put("/post", &rss("Post", &[AGROUND]));
    daemon.step_after(HOUR).await;
    daemon.answer_mails(Some(Sent::Refused("no such user".to_owned())));
    daemon.ask_for_edition("evening").await;
    let mailed = daemon.step().await.mailed;
    assert_eq!((mailed.composed, mailed.refused), (1, 1));
    let sent = daemon.look(|reader| reader.editions("evening", 1)).remove(0).id;
    let undelivered = daemon.look(|reader| reader.undelivered("evening", &sent));
    let answers: Vec<_> = undelivered.iter().map(|one| (one.answer.as_str(), one.is_open)).collect();
    assert_eq!(answers, [("no such user", false)]);
    let edition = daemon.look(|reader| reader.editions("evening", 1)).remove(0);
    let page = daemon.page(&format!("/digests/evening/{}", edition.id)).await;
    assert!(page.contains("Ferry Aurelia"), "the link of a mail sent by hand leads there: {page}");
    let stored = daemon.look(|reader| reader.edition("evening", &edition.id)).unwrap();
    assert!(stored.words.text.contains(&format!("/digests/evening/{}\n", edition.id)));
}

#[tokio::test]
async fn an_edition_that_is_asked_for_beside_the_daemon_is_sent_by_the_daemon() {
    let toml = papers("");
    let mut daemon = TestDaemon::new(&toml).await;
    daemon.put("/post", &rss("Post", &[AGROUND]));
    daemon.step_after(HOUR).await;
    let mut asking = daemon.start(&toml, &["digest", "evening", "--send"]);
    let began = std::time::Instant::now();
    let status = loop {
        assert!(began.elapsed() < PATIENCE, "the command does not end");
        daemon.step().await;
        if let Some(status) = asking.try_wait().unwrap() {
            break status;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert!(status.success());
    let edition = daemon.look(|reader| reader.editions("evening", 10)).remove(0);
    assert!(edition.id.contains("-now-"), "{}", edition.id);
    assert_eq!(daemon.mails().len(), 1);
    daemon.step_after(HOUR * 12).await;
    assert_eq!(daemon.mails().len(), 1, "there is nothing new since");
}

#[tokio::test]
async fn a_round_by_hand_sends_what_is_due_and_says_so() {
    let (port, serving) = mail_server();
    let every_minute = papers("when_empty = \"send\"").replace("0 19 * * *", "* * * * *");
    let toml = every_minute.replace("127.0.0.1:1\"", &format!("127.0.0.1:{port}\""));
    let mut daemon = TestDaemon::new(&toml).await;
    daemon.put("/post", &rss("Post", &[AGROUND]));
    daemon.step_after(HOUR).await;
    daemon.stop();
    let mut running = daemon.start(&toml, &["run", "--once"]);
    // The origin runs on this thread, so that it must not be blocked by waiting.
    let began = std::time::Instant::now();
    while running.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < PATIENCE, "the command does not end");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let printed = String::from_utf8(running.wait_with_output().unwrap().stdout).unwrap();
    assert!(printed.contains("1 edition composed; mails: 1 delivered, 0 waiting, 0 refused"), "{printed}");
    assert!(serving.join().unwrap().contains("To: Ada <ada@reader.example>"));
}

#[tokio::test]
async fn the_status_tells_the_operator_who_has_not_got_the_last_edition_and_why() {
    let toml = papers("");
    let mut daemon = TestDaemon::new(&toml).await;
    daemon.put("/post", &rss("Post", &[AGROUND]));
    daemon.answer_mails(Some(Sent::Refused("no such user".to_owned())));
    daemon.step_after(HOUR * 13).await;
    let printed = daemon.run(&toml, &["status"]);
    let said = "  evening, edition 2026-11-23: a…@reader.example: no such user (not tried again)\n";
    assert!(printed.contains(said), "{printed}");
}
