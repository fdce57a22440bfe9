use super::super::Mailer;
use super::*;
use crate::model::{Delivery, EditionText};
use jiff::Timestamp;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

fn mailer(way: MailWay) -> Mailer {
    let from = "Tidings <news@site.example>".to_owned();
    Mailer::new(&MailSettings { way, per_minute: None, from, reply_to: None, password: None, dkim: None })
        .unwrap()
}

fn delivery(no: i64) -> Delivery {
    let words = EditionText {
        subject: "Ferry aground".to_owned(),
        text: "One\n.\nTwo".to_owned(),
        html: "<p>One</p>".to_owned(),
    };
    Delivery {
        no,
        digest: "daily news".to_owned(),
        edition: "2026-11-28".to_owned(),
        due_at: Timestamp::UNIX_EPOCH,
        recipient: format!("Reader <reader{no}@mail.example>"),
        message_id: format!("<{no:04}@site.example>"),
        token: "t".to_owned(),
        attempts: 1,
        words,
    }
}

async fn send(mailer: &Mailer, no: i64, leave: &str) -> Sent {
    mailer.send(&delivery(no), leave, Timestamp::UNIX_EPOCH).await
}

const LEAVE: &str = "https://site.example/unsubscribe/t";

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}

#[tokio::test]
async fn a_maildir_holds_a_message_once_however_often_it_is_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = mailer(MailWay::Maildir(folder.path().join("out")));
    for no in [1, 2, 1] {
        assert_eq!(send(&mailer, no, LEAVE).await, Sent::Accepted);
    }
    let new = files(&folder.path().join("out/new"));
    assert_eq!(new.len(), 2);
    assert_eq!(files(&folder.path().join("out/tmp")).len(), 0);
    let text = fs::read_to_string(&new[0]).unwrap();
    assert!(text.contains("\nSubject: Ferry aground\n") && !text.contains('\r'), "{text}");
}

#[tokio::test]
async fn a_maildir_that_cannot_be_written_is_tried_again_later() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let sent = send(&mailer(MailWay::Maildir(folder.path().join("file"))), 1, LEAVE).await;
    assert!(matches!(&sent, Sent::Deferred(answer) if answer.contains("cannot be written")), "{sent:?}");
}

#[test]
fn no_message_id_leads_out_of_the_maildir() {
    assert_eq!(file_name("<0a1b@site.example>"), "0a1b@site.example");
    assert_eq!(file_name("<../../etc/x\0y>"), "etcxy");
}

#[tokio::test]
async fn sendmail_is_given_the_message_and_what_it_ends_with_decides() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sendmail");
    for (body, accepted, refused) in [
        ("echo \"$@\" > arguments; cat > message", true, false),
        ("echo 'reader1@mail.example: no such user' >&2; exit 67", false, true),
        ("echo 'queue is full' >&2; exit 75", false, false),
        ("exit 1", false, false),
    ] {
        fs::write(&program, format!("#!/bin/sh\ncd {}\n{body}\n", folder.path().display())).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let sent = send(&mailer(MailWay::Sendmail(program.clone())), 1, LEAVE).await;
        assert_eq!(sent == Sent::Accepted, accepted, "{body}: {sent:?}");
        assert_eq!(matches!(sent, Sent::Refused(_)), refused, "{body}: {sent:?}");
        if let Sent::Deferred(answer) | Sent::Refused(answer) = sent {
            assert!(!answer.contains("reader1"), "{answer}");
        }
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("arguments"), "-i -f news@site.example -- reader1@mail.example\n");
    assert!(read("message").contains("\nSubject: Ferry aground\n"), "{}", read("message"));
    let missing = send(&mailer(MailWay::Sendmail(folder.path().join("none"))), 1, LEAVE).await;
    assert!(matches!(&missing, Sent::Deferred(answer) if answer.contains("cannot be run")), "{missing:?}");
}

/// A mail server that takes everything but for readers 7 and 8, of whom it says that one is not there and the other is to wait, and
/// for readers 51, whose mail it takes slowly, and 52, whose mail it refuses when it has read it. It
/// closes a connection after twenty mails.
#[expect(clippy::disallowed_methods, reason = "a test is its own app")]
async fn server() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream));
        }
    });
    (port, connections)
}

async fn serve(stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    let (mut taken, mut in_data, mut to) = (0, false, String::new());
    let mut line = "greeting".to_owned();
    loop {
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            _ if in_data && line != ".\r\n" => "",
            "." if to.contains("reader52@") => {
                in_data = false;
                "554 that is spam\r\n"
            }
            "." => {
                (in_data, taken) = (false, taken + 1);
                if to.contains("reader51@") {
                    tokio::time::sleep(LIMIT * 2).await;
                }
                if taken == 20 { "250 taken\r\n421 enough for one connection\r\n" } else { "250 taken\r\n" }
            }
            "GREETING" => "220 mail.example\r\n",
            "DATA" => {
                in_data = true;
                "354 go on\r\n"
            }
            "RCPT" if line.contains("reader7@") => "550 no such user reader7@mail.example\r\n",
            "RCPT" if line.contains("reader8@") => "451 greylisted, try again later\r\n",
            _ => "250 fine\r\n",
        };
        if verb == "RCPT" {
            to.clone_from(&line);
        }
        if !answer.is_empty() && stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
            return;
        }
        if answer.contains("421 ") {
            return;
        }
        line.clear();
        if !matches!(stream.read_line(&mut line).await, Ok(1..)) {
            return;
        }
    }
}

#[tokio::test]
async fn one_connection_carries_many_mails_and_each_has_its_own_answer() {
    let (port, connections) = server().await;
    let mailer = mailer(MailWay::Smtp(format!("smtp://127.0.0.1:{port}")));
    for no in 1..=50 {
        let sent = send(&mailer, no, LEAVE).await;
        match no {
            7 => assert_eq!(sent, Sent::Refused("permanent error (550): no such user (address)".to_owned())),
            8 => {
                assert!(matches!(&sent, Sent::Deferred(answer) if answer.contains("greylisted")), "{sent:?}");
            }
            _ => assert_eq!(sent, Sent::Accepted, "{no}"),
        }
    }
    // The server has closed two.
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

/// How long a server may take in the tests that have it take longer.
const LIMIT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_that_to_the_next_mail() {
    let (port, connections) = server().await;
    let mut mailer = mailer(MailWay::Smtp(format!("smtp://127.0.0.1:{port}")));
    if let Way::Smtp(server) = &mut mailer.way {
        Arc::get_mut(server).unwrap().limit = LIMIT;
    }
    for (no, expected) in [
        (51, Sent::Deferred("the server took too long".to_owned())),
        (52, Sent::Refused("permanent error (554): that is spam".to_owned())),
        (53, Sent::Accepted),
    ] {
        assert_eq!(send(&mailer, no, LEAVE).await, expected, "{no}");
        if no == 51 {
            // Its answer comes now.
            tokio::time::sleep(LIMIT * 2).await;
        }
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn one_click_is_offered_over_https_and_else_a_mail_to_the_operator() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = mailer(MailWay::Maildir(folder.path().to_owned()));
    for (no, leave, said, one_click) in [
        (1, LEAVE, "\nList-Unsubscribe: <https://site.example/unsubscribe/t>\n", true),
        (
            2,
            "http://h.example/unsubscribe/t",
            "<mailto:news@site.example?subject=Leave%20daily%20news>",
            false,
        ),
    ] {
        assert_eq!(send(&mailer, no, leave).await, Sent::Accepted);
        let text = fs::read_to_string(folder.path().join(format!("new/{no:04}@site.example"))).unwrap();
        assert!(text.contains(said), "{text}");
        assert_eq!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), one_click, "{text}");
        assert!(text.contains(leave), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_nobody_is_at_is_told_from_one_that_answers() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mailer = mailer(MailWay::Smtp(format!("smtp://127.0.0.1:{nobody}")));
    let sent = send(&mailer, 1, LEAVE).await;
    assert!(matches!(sent, Sent::Unreachable(_)), "{sent:?}");
}
