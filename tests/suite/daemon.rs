//! A whole daemon to test with: the real App on a loopback origin, a temporary database, a clock that stands still
//! until it is moved, and a mailer that keeps what it is given. And the program itself, beside it or alone.

use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tidings::app::{App, AppError, Step, Surroundings};
use tidings::clock::Clock;
use tidings::config::{Config, Environment};
use tidings::demo::{Origin, Page};
use tidings::mail::{Outbox, Sent};
use tidings::model::{EntryRef, OrderKind, Quota, StoryView};
use tidings::store::{Reader, StoreError, StoryQuery};
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) const MINUTE: SignedDuration = SignedDuration::from_mins(1);
pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How long a test waits for what another process or thread does before it fails.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

pub(crate) struct TestDaemon {
    /// `None` while it is stopped.
    app: Option<App>,
    pub(crate) origin: Origin,
    pub(crate) clock: Clock,
    pub(crate) outbox: Outbox,
    /// A smaller quota than `feeds.toml` allows, for every feed.
    quota: Option<Quota>,
    folder: TempDir,
}

/// When every test begins: a Monday morning at six, UTC.
pub(crate) fn morning() -> Timestamp {
    "2026-11-23T06:00:00Z".parse().unwrap()
}

/// An origin on loopback, which is being served.
pub(crate) async fn origin() -> Origin {
    let (origin, serving) = Origin::start().await.unwrap();
    tokio::spawn(serving);
    origin
}

impl TestDaemon {
    /// A daemon with this `feeds.toml`, in which `ORIGIN` stands for the address of the origin.
    pub(crate) async fn new(toml: &str) -> Self {
        Self::on(origin().await, toml).await
    }

    /// A daemon that files at most this many new entries of a feed in a day.
    pub(crate) async fn within(entries: usize, toml: &str) -> Self {
        Self::with(origin().await, Some(Quota { entries, ..Quota::default() }), toml).await
    }

    /// A daemon on an origin that the test has set up.
    pub(crate) async fn on(origin: Origin, toml: &str) -> Self {
        Self::with(origin, None, toml).await
    }

    async fn with(origin: Origin, quota: Option<Quota>, toml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut daemon = Self {
            app: None,
            origin,
            clock: Clock::manual(morning()),
            outbox: Outbox::default(),
            quota,
            folder,
        };
        daemon.restart(toml).await;
        daemon
    }

    /// Ends the daemon as a crash would, without letting it save anything, and starts it with this `feeds.toml`.
    pub(crate) async fn restart(&mut self, toml: &str) {
        self.app = None;
        let base = self.origin.url("");
        let text =
            format!("[poll]\nallow_private = true\nhost_pause = \"0s\"\n{}", toml.replace("ORIGIN", &base));
        let path = self.folder.path().join("feeds.toml");
        let mut config = Config::parse(&text, &path, &Environment::default())
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        if let Some(quota) = self.quota {
            config.feeds.iter_mut().for_each(|feed| feed.quota = quota);
        }
        let began = std::time::Instant::now();
        self.app = Some(loop {
            assert!(began.elapsed() < PATIENCE, "the store stays locked");
            let surroundings = Surroundings {
                clock: self.clock.clone(),
                config_path: None,
                outbox: Some(self.outbox.clone()),
            };
            match App::new(config.clone(), surroundings).await {
                Ok(app) => break app,
                // A query that the last daemon did not wait for still holds the lock. In reality the process would have
                // ended, and the query with it.
                Err(AppError::Store { error: StoreError::Locked, .. }) => {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                Err(error) => panic!("{error}"),
            }
        });
    }

    /// As [`Self::restart`], with a journal that cannot be read, as one of another version may be. The store never writes
    /// such a journal, so its table is edited here.
    pub(crate) async fn restart_with_damaged_journal(&mut self, toml: &str) {
        self.app = None;
        let database = rusqlite::Connection::open(self.database()).unwrap();
        assert!(database.execute("UPDATE journal SET analysis = x'7f01'", []).unwrap() > 0);
        drop(database);
        self.restart(toml).await;
    }

    /// Saves a snapshot of the desk that cannot be read, as one of another version may be. The desk of the running daemon
    /// does not notice.
    pub(crate) async fn damage_snapshot(&mut self) {
        let now = self.clock.now();
        self.app().store().clone().write(move |batch| batch.put_snapshot(&[0x7f, 1], now)).await.unwrap();
    }

    pub(crate) fn app(&mut self) -> &mut App {
        self.app.as_mut().unwrap()
    }

    /// Does everything that is to be done now.
    pub(crate) async fn step(&mut self) -> Step {
        self.app().step().await.unwrap()
    }

    /// Lets time pass, then does everything that is to be done.
    pub(crate) async fn step_after(&mut self, time: SignedDuration) -> Step {
        self.clock.advance(time);
        self.step().await
    }

    /// Gives an order, and has it carried out.
    pub(crate) async fn order(&mut self, order: OrderKind) {
        let now = self.clock.now();
        self.app().store().clone().write(move |batch| batch.add_order(&order, now)).await.unwrap();
        self.step().await;
    }

    /// The lasting name of the entry with this key in the feed at this path of the origin.
    pub(crate) fn entry(&self, path: &str, key: &str) -> EntryRef {
        EntryRef::new(&self.origin.url(path), key)
    }

    /// Puts a feed's document on the origin.
    pub(crate) fn put(&self, path: &str, document: &str) {
        self.origin.put(path, Page::feed("application/xml", document));
    }

    /// Asks for an edition beside the schedule, as `tidings digest NAME --send` does.
    pub(crate) async fn ask_for_edition(&mut self, digest: &'static str) {
        let now = self.clock.now();
        let asked = self.app().store().clone().write(move |batch| batch.want_edition(digest, now)).await;
        assert!(asked.unwrap(), "{digest} is not known");
    }

    /// Leaves the digest by the token of a mail.
    pub(crate) async fn leave(&mut self, token: String) {
        let now = self.clock.now();
        assert!(self.app().store().clone().leave(token, now).await.unwrap().is_some());
    }

    /// Ends the daemon as a crash would, without letting it save anything.
    pub(crate) fn stop(&mut self) {
        self.app = None;
    }

    /// Runs the program beside the daemon with this `feeds.toml`. Gives what it printed; panics when it fails.
    pub(crate) fn run(&self, toml: &str, arguments: &[&str]) -> String {
        let output = self.command(toml, arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the program beside the daemon with this `feeds.toml`. Gives what it said on stderr; panics when it succeeds.
    pub(crate) fn run_in_vain(&self, toml: &str, arguments: &[&str]) -> String {
        let output = self.command(toml, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// Starts the program beside the daemon with this `feeds.toml`.
    pub(crate) fn start(&self, toml: &str, arguments: &[&str]) -> Child {
        self.command(toml, arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn command(&self, toml: &str, arguments: &[&str]) -> Command {
        let text = format!("[poll]\nallow_private = true\n{}", toml.replace("ORIGIN", &self.origin.url("")));
        let config = self.folder.path().join("feeds.toml");
        std::fs::write(&config, text).unwrap();
        let mut command = program(self.folder.path());
        command.args(arguments);
        command
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("data/tidings.db")
    }

    /// Asks the database, as it is on disk.
    pub(crate) fn look<T>(&self, query: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>) -> T {
        tidings::store::look(&self.database(), query).unwrap()
    }

    /// Every published story, the last published first.
    pub(crate) fn stories(&self) -> Vec<StoryView> {
        self.look(|reader| reader.stories_for(&StoryQuery::default()))
    }

    /// The one published story whose title begins so.
    pub(crate) fn story(&self, title: &str) -> StoryView {
        let mut stories = self.stories();
        stories.retain(|story| story.title.starts_with(title));
        let [story] = stories.try_into().unwrap_or_else(|found: Vec<StoryView>| {
            panic!("{} of {:?} begin with {title:?}", found.len(), self.titles())
        });
        story
    }

    /// Titles of the published stories, in alphabetical order.
    pub(crate) fn titles(&self) -> Vec<String> {
        let mut titles: Vec<String> = self.stories().into_iter().map(|story| story.title).collect();
        titles.sort();
        titles
    }

    /// Serves the site until the guard is dropped. Gives its address, without a slash at the end.
    pub(crate) async fn serve(&mut self) -> (String, DropGuard) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(self.app().serve(listener, stop.clone()));
        (address, stop.drop_guard())
    }

    /// The body of a page or an output of the daemon's site, whatever its status.
    pub(crate) async fn page(&mut self, path: &str) -> String {
        self.answer(path).await.1
    }

    /// Status and body of a page or an output.
    pub(crate) async fn answer(&mut self, path: &str) -> (u16, String) {
        let answer =
            self.ask(path, reqwest::redirect::Policy::default(), |client, url| client.get(url)).await;
        (answer.0, answer.2)
    }

    /// Status and header fields, before any redirect is followed.
    pub(crate) async fn head(&mut self, path: &str) -> (u16, reqwest::header::HeaderMap) {
        let answer = self.ask(path, reqwest::redirect::Policy::none(), |client, url| client.get(url)).await;
        (answer.0, answer.1)
    }

    /// Sends a form with more header fields. Gives status and page.
    pub(crate) async fn post(&mut self, path: &str, form: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let post = |client: &reqwest::Client, url| {
            let begun = client.post(url).header("content-type", "application/x-www-form-urlencoded");
            fields
                .iter()
                .fold(begun.body(form.to_owned()), |asked, (name, value)| asked.header(*name, *value))
        };
        let answer = self.ask(path, reqwest::redirect::Policy::default(), post).await;
        (answer.0, answer.2)
    }

    async fn ask(
        &mut self,
        path: &str,
        redirects: reqwest::redirect::Policy,
        request: impl FnOnce(&reqwest::Client, String) -> reqwest::RequestBuilder,
    ) -> (u16, reqwest::header::HeaderMap, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}{path}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let serving = tokio::spawn(self.app().serve(listener, stop.clone()));
        let client = reqwest::Client::builder().redirect(redirects).build().unwrap();
        let answer = request(&client, address).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let page = answer.text().await.unwrap();
        stop.cancel();
        serving.await.unwrap();
        (status, headers, page)
    }

    /// From now on the mail server answers this; with `None` it accepts every mail.
    pub(crate) fn answer_mails(&self, answer: Option<Sent>) {
        *self.outbox.answer.lock().unwrap() = answer;
    }

    /// The mails sent since the last call.
    pub(crate) fn take_mails(&mut self) -> Vec<String> {
        std::mem::take(&mut self.outbox.messages.lock().unwrap())
    }

    /// The mails sent so far and not taken, as they would go over the wire.
    pub(crate) fn mails(&self) -> Vec<String> {
        self.outbox.messages.lock().unwrap().clone()
    }
}

impl Drop for TestDaemon {
    /// Checks what must hold after every test: references, and that no order, alias or empty story or topic is left over.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let database = rusqlite::Connection::open(self.database()).unwrap();
        let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0, "a reference leads nowhere");
        assert_eq!(count("SELECT count(*) FROM orders WHERE done_at IS NULL"), 0, "an order waits");
        let aliased =
            "SELECT count(*) FROM entries e JOIN stories s ON s.no = e.story WHERE s.alias_of IS NOT NULL";
        assert_eq!(count(aliased), 0, "an entry stands in an alias");
        let empty = "SELECT count(*) FROM stories s WHERE alias_of IS NULL
             AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.story = s.no)";
        assert_eq!(count(empty), 0, "a story has no entries");
        let hollow = "SELECT count(*) FROM topics t WHERE alias_of IS NULL
             AND NOT EXISTS (SELECT 1 FROM stories s WHERE s.topic = t.no AND s.alias_of IS NULL)";
        assert_eq!(count(hollow), 0, "a topic has no stories");
    }
}

/// The program, with this as its current folder.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command.current_dir(folder).env_remove("STATE_DIRECTORY").stdin(Stdio::null());
    command
}

/// An RSS document of items, each `guid|title|words|link`; the link may be missing.
pub(crate) fn rss(title: &str, items: &[&str]) -> String {
    let mut out = format!(
        "<rss version=\"2.0\"><channel><title>{title}</title><link>https://{}.example/</link>",
        title.to_lowercase().replace(' ', "-")
    );
    for item in items {
        let mut parts = item.split('|');
        let (guid, title, words) = (parts.next(), parts.next(), parts.next());
        let link = parts.next();
        let _ = write!(
            out,
            "<item><guid isPermaLink=\"false\">{}</guid><title>{}</title><description>{}</description>",
            guid.unwrap_or_default(),
            title.unwrap_or_default(),
            words.unwrap_or_default()
        );
        if let Some(link) = link {
            let _ = write!(out, "<link>{link}</link>");
        }
        out.push_str("</item>");
    }
    out + "</channel></rss>"
}

/// [`rss`] of items that are made by a test.
pub(crate) fn rss_of(title: &str, items: &[String]) -> String {
    rss(title, &items.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
