//! The pages that many publishers link to: which links count, whose links count, and what is shown.
//!
//! All feeds are on the origin; the sites that they name make them different publishers.

use crate::daemon::{DAY, HOUR, TestDaemon};
use std::fmt::Write as _;
use tidings::model::{LinkedPage, OrderKind};
use tidings::store::Reader;

const PAGE: &str = "https://salt.example/2026/11/a-bridge-of-salt";

/// Title and text of each blog's entry; `LINK` is where its link is put. The texts have no words in common.
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
    /// This many blogs without entries; `feeds.toml` says `more` about the first.
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

    /// Feed `no` names this site and carries these items of title and text, each at a page of the site.
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

    /// Every stored link: its address and its words.
    fn links(&self) -> Vec<(String, String)> {
        let database = rusqlite::Connection::open(self.daemon.database()).unwrap();
        let mut statement = database.prepare("SELECT url, words FROM links ORDER BY entry, url").unwrap();
        let links = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        links.collect::<Result<_, _>>().unwrap()
    }

    fn hottest(&self) -> Vec<LinkedPage> {
        let now = self.daemon.clock.now();
        self.daemon.look(|reader: &Reader<'_>| reader.hottest_pages(now, 10))
    }

    /// The items of `/linked.atom`: id, title, date, link.
    async fn items(&mut self) -> Vec<(String, String, String, String)> {
        let written = self.daemon.page("/linked.atom").await;
        let items = feed_rs::parser::parse(written.as_bytes()).unwrap().entries.into_iter().map(|entry| {
            let published = entry.published.unwrap().to_string();
            (entry.id, entry.title.unwrap().content, published, entry.links[0].href.clone())
        });
        items.collect()
    }
}

/// Title and text of blog `no`, with a link to this address.
fn around(no: usize, url: &str, words: &str) -> (&'static str, String) {
    let (title, text) = AROUND[no];
    (title, text.replace("LINK", &format!("<a href=\"{url}\">{words}</a>")))
}

/// Twenty words that depend on the number.
fn words(no: usize) -> String {
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    (0..20).map(|n| format!("{}{}{} ", letter(no), letter(n * 7 + 3), letter(no * 5 + n))).collect()
}

fn titles(pages: &[LinkedPage]) -> Vec<&str> {
    pages.iter().map(|page| page.title.as_str()).collect()
}

#[tokio::test]
async fn links_of_an_entry_are_filed_with_it_and_again_with_its_new_words() {
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

#[tokio::test]
async fn a_note_without_a_title_is_named_by_its_words_among_those_who_link() {
    let mut blogs = Blogs::new(3, "").await;
    for no in 0..3 {
        let (_, text) = around(no, PAGE, "a bridge of salt");
        blogs.write(no, &format!("https://blog-{no}.example/"), &[("", text)]);
    }
    blogs.daemon.step_after(HOUR).await;
    let output = blogs.daemon.page("/linked.atom").await;
    assert!(output.contains("Three things kept me awake") && !output.contains("Untitled"), "{output}");
}

#[tokio::test]
async fn a_page_that_three_publishers_link_to_is_shown_however_they_write_its_address() {
    let mut blogs = Blogs::new(3, "").await;
    blogs.link(0, &format!("{PAGE}?utm_source=blog"), "here").await;
    blogs.link(1, "http://www.salt.example/2026/11/a-bridge-of-salt/", "a bridge of salt").await;
    assert_eq!(blogs.hottest(), [], "two are too few");
    assert!(!blogs.daemon.page("/").await.contains("id=\"linked\""));
    blogs.link(2, &format!("{PAGE}#comments"), "a bridge of salt").await;
    let pages = blogs.hottest();
    assert_eq!(titles(&pages), ["a bridge of salt"]);
    assert!(pages[0].story.is_none() && pages[0].voices.len() == 3, "{pages:?}");
    let front = blogs.daemon.page("/").await;
    assert!(front.contains("id=\"linked\"") && front.contains("Blog 2, Blog 1 and Blog 0"), "{front}");
}

#[tokio::test]
async fn each_form_of_the_output_brings_a_page_once_for_ever_under_one_id() {
    let mut blogs = Blogs::new(4, "").await;
    for no in 0..3 {
        blogs.link(no, PAGE, "a bridge of salt").await;
    }
    let first = blogs.items().await;
    assert_eq!(first.len(), 1);
    for path in ["/linked.rss", "/linked.json"] {
        let written = blogs.daemon.page(path).await;
        let feed = feed_rs::parser::parse(written.as_bytes()).unwrap();
        assert_eq!(feed.entries[0].id, first[0].0, "{path}");
        assert!(
            written.contains("Against") || written.contains("Weekend reading"),
            "who links is named: {written}"
        );
    }
    assert!(blogs.daemon.page("/feeds.opml?only=topics").await.contains("/linked.atom"));
    // Days later somebody else links to it, and the daemon has started again.
    blogs.daemon.clock.advance(DAY * 5);
    blogs.link(3, PAGE, "the salt bridge").await;
    assert_eq!(blogs.items().await, first);
    assert_eq!(blogs.hottest(), [], "old links heat no more");
}

#[tokio::test]
async fn a_page_that_a_feed_carries_is_shown_with_its_story_whichever_comes_first() {
    for page_first in [true, false] {
        let mut blogs = Blogs::new(4, "").await;
        let news = [("The salt bridge stands", "It has stood through its first wet season. ".repeat(4))];
        let (site, own) = ("https://salt.example/", "https://salt.example/2026/0-the-salt-bridge-stands");
        if page_first {
            blogs.write(3, site, &news);
            blogs.daemon.step_after(HOUR).await;
        }
        for no in 0..3 {
            blogs.link(no, own, "a bridge of salt").await;
        }
        if !page_first {
            assert_eq!(titles(&blogs.hottest()), ["a bridge of salt"]);
            blogs.write(3, site, &news);
            blogs.daemon.step_after(HOUR).await;
        }
        let [page] = blogs.hottest().try_into().unwrap();
        assert_eq!(page.story.unwrap().title, "The salt bridge stands", "{page_first}");
        let output = blogs.daemon.page("/linked.atom").await;
        assert!(output.contains("<title>The salt bridge stands</title>"), "{output}");
    }
}

#[tokio::test]
async fn neither_a_page_whose_story_is_down_nor_a_link_in_a_story_that_is_down_counts() {
    let mut blogs = Blogs::new(4, "").await;
    let (site, own) = ("https://salt.example/", "https://salt.example/2026/0-the-salt-bridge-stands");
    blogs.write(
        3,
        site,
        &[("The salt bridge stands", "It has stood through its first wet season. ".repeat(4))],
    );
    for no in 0..3 {
        blogs.link(no, own, "a bridge of salt").await;
    }
    assert_eq!(blogs.hottest().len(), 1);
    let page = blogs.daemon.look(|reader| reader.entry_named(own)).unwrap().0;
    let blog = blogs.daemon.story(AROUND[0].0);
    let blog = blogs.daemon.look(|reader| reader.lead_reference(blog.no));
    for entry in [page, blog] {
        blogs.daemon.order(OrderKind::TakeDown { entries: vec![entry] }).await;
        assert!(!blogs.daemon.page("/linked.atom").await.contains("<entry>"));
        assert!(blogs.hottest().is_empty(), "two publishers are too few");
        blogs.daemon.order(OrderKind::PutBack { entries: vec![entry] }).await;
        assert_eq!(blogs.hottest().len(), 1);
    }
}

#[tokio::test]
async fn two_feeds_of_one_publisher_a_private_feed_and_the_page_itself_heat_nothing() {
    let mut blogs = Blogs::new(5, "private = true").await;
    blogs.link(0, PAGE, "a bridge of salt").await;
    blogs.link(1, PAGE, "a bridge of salt").await;
    blogs.write(2, "https://notes.blog-1.example/", &[around(2, PAGE, "salt, of all things")]);
    blogs.write(3, "https://salt.example/", &[around(3, PAGE, "our bridge of salt")]);
    blogs.daemon.step_after(HOUR).await;
    assert_eq!(blogs.hottest(), []);
    blogs.link(4, PAGE, "a bridge of salt").await;
    assert_eq!(blogs.hottest(), []);
    blogs.link(2, PAGE, "a bridge of salt").await;
    assert_eq!(blogs.hottest()[0].voices.len(), 3);
}

#[tokio::test]
async fn a_link_below_every_text_of_a_blog_heats_nothing() {
    let mut blogs = Blogs::new(4, "").await;
    for no in 0..4 {
        let posts: Vec<(&str, String)> = (0..4)
            .map(|place| {
                let link = "<a href=\"https://club.example/2026/join-the-club\">Join the club</a>";
                (["Salt", "Brick", "Wood", "Glass"][place], words(no * 4 + place) + link)
            })
            .collect();
        blogs.write(no, &format!("https://blog-{no}.example/"), &posts);
        blogs.daemon.step_after(HOUR).await;
    }
    assert_eq!(blogs.hottest(), []);
}

#[tokio::test]
async fn old_links_of_feeds_that_are_new_heat_nothing() {
    let mut blogs = Blogs::new(3, "").await;
    for no in 0..3 {
        let (title, text) = around(no, PAGE, "a bridge of salt");
        let text = text.replace('<', "&lt;");
        let item = format!(
            "<item><title>{title}</title><link>https://blog-{no}.example/1</link><description>{text}</description>\
             <pubDate>Mon, 02 Nov 2026 08:00:00 GMT</pubDate></item>"
        );
        let site = format!("<title>Feed</title><link>https://blog-{no}.example/</link>");
        blogs
            .daemon
            .put(&format!("/{no}"), &format!("<rss version=\"2.0\"><channel>{site}{item}</channel></rss>"));
    }
    blogs.daemon.step_after(HOUR).await;
    assert_eq!(blogs.daemon.stories().len(), 3);
    assert_eq!(blogs.hottest(), []);
}

#[tokio::test]
async fn a_feed_that_becomes_private_takes_its_link_with_it() {
    let mut blogs = Blogs::new(3, "").await;
    for no in 0..3 {
        blogs.link(no, PAGE, "a bridge of salt").await;
    }
    assert_eq!(blogs.items().await.len(), 1);
    let toml = (0..3).map(|no| format!("[[feed]]\nurl = \"ORIGIN/{no}\"\nprivate = {}\n", no == 0));
    blogs.daemon.restart(&toml.collect::<String>()).await;
    assert_eq!(blogs.items().await, []);
}

#[tokio::test]
async fn a_linked_page_is_forgotten_with_the_entries_that_link_to_it_unless_the_output_holds_it() {
    let mut blogs = Blogs::new(3, "[publish]\nitems = 1").await;
    let last = "https://salt.example/2026/11/the-other";
    for (page, no) in [(PAGE, 0), (PAGE, 1), (PAGE, 2), (last, 0), (last, 1), (last, 2)] {
        let (_, text) = around(no, page, "a bridge of salt");
        blogs.write(
            no,
            &format!("https://blog-{no}.example/"),
            &[(&format!("On {}", page.len()), text + &words(no))],
        );
        blogs.daemon.step_after(HOUR).await;
    }
    assert_eq!(blogs.hottest().len(), 2);
    for no in 0..3 {
        blogs.write(no, &format!("https://blog-{no}.example/"), &[("Weather", words(no + 9))]);
    }
    blogs.daemon.step_after(DAY).await;
    blogs.daemon.app().save().await.unwrap();
    blogs.daemon.clock.advance(DAY * 400);
    blogs.daemon.app().forget().await.unwrap();
    assert_eq!(blogs.links(), []);
    let database = rusqlite::Connection::open(blogs.daemon.database()).unwrap();
    let left: i64 = database.query_row("SELECT count(*) FROM linked_pages", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_spark_heats_and_is_shown_nowhere() {
    let mut blogs = Blogs::new(4, "spark = true").await;
    blogs.link(0, PAGE, "a bridge of salt").await;
    blogs.link(1, PAGE, "a bridge of salt").await;
    blogs.link(2, PAGE, "a bridge of salt").await;
    let [page] = blogs.hottest().try_into().unwrap();
    assert_eq!(page.voices.len(), 3);
    assert_eq!(blogs.daemon.titles(), ["Materials lecture notes", "Weekend reading"]);
    for path in
        ["/", "/all.atom", "/all/topics.atom", "/linked.atom", "/status", "/general", "/search?q=walking"]
    {
        let shown = blogs.daemon.page(path).await;
        assert!(!shown.contains("Walking on") && !shown.contains("Blog 0"), "{path}: {shown}");
    }
    assert!(blogs.daemon.page("/linked.atom").await.contains("Linked to by Blog 2, Blog 1 and 1 other."));
}

#[tokio::test]
async fn a_page_that_only_sparks_point_to_is_shown_as_they_call_it_and_its_own_feed_leads_it() {
    let mut blogs = Blogs::new(1, "").await;
    let sparks = (1..4).map(|no| format!("[[feed]]\nurl = \"ORIGIN/{no}\"\nspark = true\n"));
    blogs.daemon.restart(&("[[feed]]\nurl = \"ORIGIN/0\"\n".to_owned() + &sparks.collect::<String>())).await;
    for no in 1..4 {
        let items = format!(
            "<rss version=\"2.0\"><channel><title>Board</title><link>https://board-{no}.example/</link>\
             <item><title>They said it would melt</title><link>{PAGE}</link><description>Comments</description></item>\
             </channel></rss>"
        );
        blogs.daemon.put(&format!("/{no}"), &items);
    }
    blogs.daemon.step_after(HOUR).await;
    assert_eq!(titles(&blogs.hottest()), ["They said it would melt"]);
    assert_eq!(blogs.daemon.titles(), [""; 0]);
    let own = format!(
        "<rss version=\"2.0\"><channel><title>Salt</title><link>https://salt.example/</link><item><title>The salt bridge \
         stands</title><link>{PAGE}</link><description>It has stood all winter.</description></item></channel></rss>"
    );
    blogs.daemon.put("/0", &own);
    blogs.daemon.step_after(DAY).await;
    assert_eq!(blogs.daemon.titles(), ["The salt bridge stands"]);
    let [page] = blogs.hottest().try_into().unwrap();
    assert_eq!(page.story.unwrap().title, "The salt bridge stands");
}

impl Blogs {
    /// The number of the topic of the story with this title.
    fn topic(&self, title: &str) -> i64 {
        self.daemon.story(title).topic_no.0
    }
}

#[tokio::test]
async fn two_blogs_that_link_to_one_page_are_in_one_topic_and_why_says_so() {
    let mut blogs = Blogs::new(4, "").await;
    blogs.link(0, PAGE, "here").await;
    blogs.link(1, &format!("{PAGE}?utm_medium=feed"), "a bridge of salt").await;
    blogs.link(2, "https://salt.example/2026/11/another-bridge-of-salt", "a bridge of salt").await;
    let [walking, reading, materials] =
        [AROUND[0].0, AROUND[1].0, AROUND[2].0].map(|title| blogs.topic(title));
    assert_eq!(walking, reading);
    assert_ne!(walking, materials, "another page");
    let reading = blogs.daemon.story(AROUND[1].0);
    let told = blogs.daemon.run("", &["why", &reading.id.to_string()]);
    assert!(
        told.contains("which links to https://salt.example/2026/11/a-bridge-of-salt, too, or is that page; few others do"),
        "{told}"
    );
    assert!(told.contains(&format!("\u{201c}{}\u{201d} is in it, too", AROUND[0].0)), "{told}");
    // The page's own feed comes last, and reclustering takes nothing apart.
    blogs.write(3, "https://salt.example/2026/11/a-bridge-of-salt?", &[]);
    let own = format!(
        "<rss version=\"2.0\"><channel><title>Salt</title><link>https://salt.example/</link><item><title>It stands\
         </title><link>{PAGE}</link><description>Through its first wet season.</description></item></channel></rss>"
    );
    blogs.daemon.put("/3", &own);
    for _ in 0..3 {
        blogs.daemon.step_after(HOUR).await;
    }
    assert_eq!(blogs.topic("It stands"), walking);
    assert_eq!(blogs.topic(AROUND[1].0), walking);
}

#[tokio::test]
async fn two_blogs_of_a_planet_that_link_to_one_page_are_in_one_topic() {
    let mut blogs = Blogs::new(1, "").await;
    let item = |no: usize| {
        let (title, text) = around(no, PAGE, "a bridge of salt");
        let text = format!("{text} {}", words(no)).replace('<', "&lt;");
        format!(
            "<item><title>{title}</title><link>https://blog-{no}.example/2026/11/post-{no}</link>\
             <description>{text}</description></item>"
        )
    };
    let planet = "<rss version=\"2.0\"><channel><title>Planet</title><link>https://planet.example/</link>";
    blogs.daemon.put("/0", &format!("{planet}{}{}</channel></rss>", item(0), item(1)));
    blogs.daemon.step_after(HOUR).await;
    assert_eq!(blogs.topic(AROUND[0].0), blogs.topic(AROUND[1].0));
}

#[tokio::test]
async fn what_a_desk_knows_of_links_survives_a_crash_and_learning_anew() {
    for relearn in [false, true] {
        let mut blogs = Blogs::new(2, "").await;
        blogs.link(0, PAGE, "here").await;
        let feeds = "interval = \"30m\"\n[[feed]]\nurl = \"ORIGIN/0\"\n[[feed]]\nurl = \"ORIGIN/1\"\n";
        if relearn {
            blogs.daemon.restart_with_damaged_journal(feeds).await;
        } else {
            blogs.daemon.restart(feeds).await;
        }
        blogs.link(1, PAGE, "a bridge of salt").await;
        assert_eq!(blogs.topic(AROUND[0].0), blogs.topic(AROUND[1].0), "learned anew: {relearn}");
    }
}

#[tokio::test]
async fn neither_links_of_one_publisher_nor_a_newsletter_of_many_links_make_a_topic() {
    let mut blogs = Blogs::new(3, "").await;
    blogs.write(0, "https://blog-0.example/", &[around(0, PAGE, "here")]);
    blogs.write(1, "https://other.blog-0.example/", &[around(1, PAGE, "here")]);
    blogs.daemon.step_after(HOUR).await;
    assert_ne!(blogs.topic(AROUND[0].0), blogs.topic(AROUND[1].0));
    let many: String =
        (0..9).map(|no| format!(" <a href=\"https://s{no}.example/2026/11/7\">and this</a>")).collect();
    let other = "https://other.example/2026/11/a-single-page";
    let (title, text) = around(3, other, "here");
    blogs.write(2, "https://blog-2.example/", &[(title, text + &many)]);
    blogs.daemon.step_after(HOUR).await;
    blogs.write(0, "https://blog-4.example/", &[around(4, other, "here")]);
    blogs.daemon.step_after(HOUR).await;
    assert_ne!(blogs.topic(AROUND[3].0), blogs.topic(AROUND[4].0));
}
