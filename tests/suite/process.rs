//! The program as a process: signals, a configuration that changes, exit codes, and clients that send nothing.

use crate::daemon::{PATIENCE, origin, program, rss};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tidings::demo::{Origin, Page};

/// A running daemon, killed when the value is dropped.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    /// Starts the daemon with the `feeds.toml` of the folder, which lets it take any port, and waits until it says which.
    fn start(folder: &Path) -> Self {
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let child = program(folder).stderr(log).stdout(Stdio::null()).spawn().unwrap();
        let address = || {
            let log = std::fs::read_to_string(folder.join("log")).unwrap();
            log.split_once("listens on http://")?.1.split_once('/')?.0.parse().ok()
        };
        wait_for("the daemon to listen", || address().is_some());
        Self { child, address: address().unwrap() }
    }

    /// Status, headers and body; `None` while nobody answers.
    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(String::from_utf8_lossy(&answer).into_owned())
    }

    fn status(&self, path: &str) -> String {
        self.get(path).unwrap_or_default().split_whitespace().nth(1).unwrap_or_default().to_owned()
    }

    fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_for(what: &str, mut seen: impl FnMut() -> bool) {
    let began = Instant::now();
    while !seen() {
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Any free port of loopback.
const ANY: &str = "127.0.0.1:0";

fn write_config(folder: &Path, listen: &str, rest: &str) {
    let text = format!(
        "[site]\nlisten = \"{listen}\"\n[poll]\nallow_private = true\nhost_pause = \"0s\"\nmin_interval = \"1s\"\n{rest}"
    );
    // Editors write another file and rename it, too.
    std::fs::write(folder.join("feeds.new"), text).unwrap();
    std::fs::rename(folder.join("feeds.new"), folder.join("feeds.toml")).unwrap();
}

fn feeds(origin: &Origin, feeds: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (path, category) in feeds {
        let _ = write!(out, "[[feed]]\nurl = \"{}\"\ncategory = \"{category}\"\n", origin.url(path));
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_put_in_force_a_bad_one_is_refused_and_sigterm_ends_it() {
    let origin = origin().await;
    let put =
        |path: &str, words: &str| origin.put(path, Page::feed("application/xml", rss("Post", &[words])));
    put("/a", "1|Ferry runs aground|Forty saved");
    put("/b", "1|Baker honoured|Rye bread won the county prize");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_config(folder, ANY, &feeds(&origin, &[("/a", "tech")]));
    let mut daemon = tokio::task::block_in_place(|| Running::start(folder));
    tokio::task::block_in_place(|| {
        let shows = |path: &str, words: &str| daemon.get(path).is_some_and(|page| page.contains(words));
        wait_for("the first story", || shows("/all.atom", "Ferry runs aground"));

        let renamed = "[[category]]\nname = \"technology\"\nwas = [\"tech\"]\n";
        let both = feeds(&origin, &[("/a", "technology"), ("/b", "world")]);
        write_config(folder, ANY, &format!("{renamed}{both}"));
        wait_for("the added feed", || shows("/world.atom", "Baker honoured"));
        assert_eq!(daemon.status("/tech.atom"), "301");
        assert!(shows("/technology.atom", "Ferry runs aground"));

        write_config(folder, ANY, "[[feed]]\nurl = \"nonsense\"\n");
        let log = || std::fs::read_to_string(folder.join("log")).unwrap();
        wait_for("the refusal", || log().contains("the old one stays in force"));
        assert!(shows("/world.atom", "Baker honoured"));

        write_config(folder, ANY, &format!("{renamed}{}", feeds(&origin, &[("/a", "technology")])));
        daemon.signal("HUP");
        wait_for("the removed category to be gone", || daemon.status("/world.atom") == "410");
        assert!(shows("/all.atom", "Baker honoured"), "a removed feed keeps its stories");

        daemon.signal("TERM");
        let began = Instant::now();
        let ended = daemon.child.wait().unwrap();
        assert!(ended.success(), "{ended}");
        assert!(began.elapsed() < Duration::from_secs(10), "stopping took {:?}", began.elapsed());
    });
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = program(folder).args(arguments).output().unwrap();
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

#[test]
fn failures_to_start_are_said_with_a_remedy_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (code, said) = run(folder, &[]);
    assert_eq!(code, Some(78));
    assert!(said.contains("no configuration") && said.contains("[[feed]]"), "{said}");

    std::fs::write(folder.join("feeds.toml"), "[[feed]]\nurl = \"https://a.example/\"\ncategroy = \"x\"\n")
        .unwrap();
    let (code, said) = run(folder, &["check"]);
    assert_eq!(code, Some(78));
    assert!(said.contains("feeds.toml:3:1") && said.contains("did you mean `category`"), "{said}");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    write_config(folder, &taken.local_addr().unwrap().to_string(), "");
    let (code, said) = run(folder, &["run"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("cannot listen") && said.contains("[site] listen"), "{said}");

    let (code, said) = run(folder, &["frobnicate"]);
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn a_second_daemon_on_one_database_is_told_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), ANY, "");
    let _first = Running::start(folder.path());
    let (code, said) = run(folder.path(), &["run"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("another tidings is running"), "{said}");
}

#[test]
fn clients_that_send_nothing_are_let_go_and_keep_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), ANY, "");
    let daemon = Running::start(folder.path());
    let mut silent: Vec<TcpStream> = (0..600)
        .map(|_| {
            let mut stream = TcpStream::connect(daemon.address).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nX: ").unwrap();
            stream
        })
        .collect();
    assert_eq!(daemon.status("/healthz"), "200");
    let first = &mut silent[0];
    first.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut rest = Vec::new();
    assert!(first.read_to_end(&mut rest).is_ok(), "a silent client is still connected");
}
