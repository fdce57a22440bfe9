//! The pages that entries link to.
//!
//! All feeds are on the origin; what they say of their sites makes them different publishers.

use crate::daemon::TestDaemon;
use jiff::SignedDuration;
use std::fmt::Write as _;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

const PAGE: &str = "https://salt.example/2026/11/a-bridge-of-salt";

/// What each blog writes around its link; the texts have nothing in common.
const AROUND: [(&str, &str); 5] = [
    (
        "Walking on crystals",
        "My grandfather laid bricks all his life and never believed a word of it; LINK, he would say.",
    ),
    (
        "Weekend reading",
        "Three things kept me awake on the train yesterday, among them LINK and a crossword.",
    ),
    (
        "Materials lecture notes",
        "For Tuesday's seminar on odd building stuff please look at LINK beforehand, everybody.",
    ),
    (
        "Creek levels in autumn",
        "Gauges rose twice since Monday, says the harbour office, pointing to LINK as well.",
    ),
    ("Against concrete", "Cement has had its century. Whoever doubts that should open LINK and think again."),
];

struct Blogs {
    daemon: TestDaemon,
}

impl Blogs {
    /// So many blogs that say nothing yet; `more` is said of the first in `feeds.toml`.
    async fn new(count: usize, more: &str) -> Self {
        let mut toml = "interval = \"30m\"\nmax_interval = \"30m\"\n".to_owned();
        for no in 0..count {
            let more = if no == 0 { more } else { "" };
            let _ = writeln!(toml, "[[feed]]\nurl = \"ORIGIN/{no}\"\ntitle = \"Blog {no}\"\n{more}");
        }
        let daemon = TestDaemon::new(&toml).await;
        let mut blogs = Self { daemon };
        for no in 0..count {
            blogs.write(no, &format!("https://blog-{no}.example/"), &[]);
        }
        blogs.daemon.step().await;
        blogs
    }

    /// Feed `no`, of this site, carries these items: title and text, a link of its own to each.
    fn write(&mut self, no: usize, site: &str, items: &[(&str, String)]) {
        let mut document =
            format!("<rss version=\"2.0\"><channel><title>Feed {no}</title><link>{site}</link>");
        for (place, (title, text)) in items.iter().enumerate() {
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let _ = write!(
                document,
                "<item><title>{title}</title><link>{site}2026/{place}-{}</link><description>{text}</description></item>",
                title.to_lowercase().replace(' ', "-")
            );
        }
        self.daemon.put(&format!("/{no}"), &(document + "</channel></rss>"));
    }

    /// Blog `no` links to this address, and an hour passes.
    async fn link(&mut self, no: usize, url: &str, words: &str) {
        self.write(no, &format!("https://blog-{no}.example/"), &[around(no, url, words)]);
        self.daemon.step_after(HOUR).await;
    }

    /// Every link that is filed: address and words.
    fn links(&self) -> Vec<(String, String)> {
        let database = rusqlite::Connection::open(self.daemon.database()).unwrap();
        let mut statement = database.prepare("SELECT url, words FROM links ORDER BY entry, url").unwrap();
        let links = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        links.collect::<Result<_, _>>().unwrap()
    }
}

fn around(no: usize, url: &str, words: &str) -> (&'static str, String) {
    let (title, text) = AROUND[no];
    (title, text.replace("LINK", &format!("<a href=\"{url}\">{words}</a>")))
}

#[tokio::test]
async fn where_an_entry_links_to_is_filed_with_it_and_anew_with_its_words() {
    let mut blogs = Blogs::new(1, "").await;
    blogs.link(0, &format!("{PAGE}?utm_source=blog"), "a <em>bridge</em> of salt").await;
    assert_eq!(blogs.links(), [(format!("{PAGE}?utm_source=blog"), "a bridge of salt".to_owned())]);
    blogs.link(0, "https://salt.example/2026/11/the-other", "the other bridge").await;
    assert_eq!(blogs.daemon.stories().len(), 1, "the same entry, with other words");
    let other = ("https://salt.example/2026/11/the-other".to_owned(), "the other bridge".to_owned());
    assert_eq!(blogs.links(), [other]);
    for own in [
        "https://blog-0.example/about/this-very-long-page",
        "https://shop.blog-0.example/7",
        "https://salt.example/",
    ] {
        blogs.link(0, own, "here").await;
        assert_eq!(blogs.links(), [], "{own}");
    }
}
