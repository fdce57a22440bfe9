//! `tidings demo` as a newcomer meets it: the program itself, with nothing but its pages.

use crate::daemon::program;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A running demonstration, killed when the value is dropped.
struct Demo {
    child: Child,
    port: u16,
    _folder: TempDir,
}

fn command(folder: &TempDir, listen: &str) -> Command {
    let mut command = program(folder.path());
    command.args(["demo", "--listen", listen]).env("TMPDIR", folder.path());
    command
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(&folder, "127.0.0.1:0");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let said: Vec<String> =
            said.lines().map(Result::unwrap).take_while(|line| !line.contains("Ctrl-C")).collect();
        let front = said.iter().find(|line| line.contains("Front page")).unwrap();
        let port = front.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port, _folder: folder }
    }

    fn page(&self, path: &str) -> String {
        let (status, page) = get(&format!("http://127.0.0.1:{}{path}", self.port));
        assert_eq!(status, 200, "{path}");
        page
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status and body. As a browser does, it takes every host below `.localhost` for this machine.
fn get(url: &str) -> (u16, String) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let port = host.rsplit(':').next().unwrap().parse().unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

/// The links of a page that begin so, sorted, each once.
fn links(page: &str, beginning: &str) -> Vec<String> {
    let links =
        page.split("href=\"").skip(1).map(|rest| rest[..rest.find('"').unwrap()].replace("&amp;", "&"));
    let mut links: Vec<String> = links.filter(|link| link.starts_with(beginning)).collect();
    links.sort();
    links.dedup();
    links
}

#[test]
fn a_newcomer_finds_stories_that_can_be_read_an_edition_and_a_correction() {
    let demo = Demo::start();
    let front = demo.page("/");
    let mut stories = links(&front, "http://");
    stories.retain(|link| link.contains(".localhost:"));
    assert!(stories.len() > 40, "{stories:?}");
    for story in &stories {
        let (status, page) = get(story);
        assert_eq!(status, 200, "{story}");
        assert!(page.contains("A made-up site") && !page.contains("Tidings ·"), "{story}");
    }

    let editions = links(&demo.page("/digests"), "/digests/morning/");
    assert_eq!(editions.len(), 1, "{editions:?}");
    assert!(demo.page(&editions[0]).contains("Gullhaven"));

    let found = links(&demo.page("/search?q=barges"), "/stories/");
    let corrected: Vec<String> =
        found.iter().map(|path| demo.page(path)).filter(|page| page.contains("<del>")).collect();
    assert_eq!(corrected.len(), 1, "{found:?}");
    assert!(corrected[0].contains("<del>Three retired barges close the gap"), "{}", corrected[0]);

    let status = demo.page("/status");
    assert!(status.contains("19 doing well and 1 in trouble"), "{status}");
}

#[test]
fn topics_are_those_that_a_reader_would_make() {
    let demo = Demo::start();
    let front = demo.page("/");
    let topics: Vec<String> = links(&front, "/topics/").iter().map(|path| demo.page(path)).collect();
    for together in [
        &["Sea wall at Gullhaven gives way", "Two retired barges close the gap", "18 million marks"][..],
        &["Probe Wren touches down", "Wren is down", "Wren lands on a pillow", "A kitchen table"],
        &["Flaw in Tidelock", "Tidelock loses a fifth", "Tidelock opens its source"],
        &["Lost Varga opera", "The third act at last", "staged in May"],
    ] {
        let told = |page: &&String| {
            let (_, time_line) = page.split_once("id=\"timeline\"").unwrap_or(("", page));
            let time_line = time_line.split("</section>").next().unwrap();
            together.iter().filter(|title| time_line.contains(**title)).count()
        };
        let most = topics.iter().max_by_key(told).unwrap();
        assert_eq!(told(&most), together.len(), "{together:?}");
    }
}

#[test]
fn where_the_port_is_taken_it_says_how_to_take_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let answer = command(&folder, &taken.local_addr().unwrap().to_string()).output().unwrap();
    let said = String::from_utf8_lossy(&answer.stderr);
    assert_eq!(answer.status.code(), Some(1), "{said}");
    assert!(said.contains("tidings demo --listen 127.0.0.1:"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}
