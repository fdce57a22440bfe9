//! A record of a run: what the daemon filed, which ids and dates it gave, and what its outputs hold.
//!
//! It shows that a change inside changes nothing outside. Over four days feeds copy each other, one gives its entries other
//! ids, one floods, one is added later, one is private, the operator splits and joins, and reclustering parts two events.
//! The record is compared with `data/recorded.txt`. When a change is wanted, `RECORD=1 cargo test recorded` writes that
//! file anew; then read the difference.
//!
//! The origin has another port in each run, and public ids are made from addresses. So the record names an id by what it
//! was made from: `story:wire/1` is the id of the story that entry `1` of `/wire` founded, and `+7` is a salt.

use crate::daemon::{TestDaemon, root};
use crate::reclustering::event;
use crate::texts::{BAKERY, FERRY, made_up, unlike_others};
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use tidings::model::{CategoryName, EntryRef, OrderKind, StoryId, TopicId};

const CATEGORIES: &str = "[[category]]\nname = \"world\"\n[[category]]\nname = \"village\"\n";

/// Each feed, and further lines about it in `feeds.toml`.
const FEEDS: [(&str, &str); 6] = [
    ("wire", "category = \"world\""),
    ("paper", ""),
    ("agency", ""),
    ("post", ""),
    ("journal", ""),
    ("secret", "private = true"),
];

/// A feed that is added later.
const LATER: (&str, &str) = ("later", "");

fn toml<'a>(feeds: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> String {
    let feed = |(name, more): &(&str, &str)| {
        format!("[[feed]]\nurl = \"ORIGIN/{name}\"\ninterval = \"30m\"\n{more}\n")
    };
    CATEGORIES.to_owned() + &feeds.into_iter().map(feed).collect::<String>()
}

const LIGHTHOUSE: &str = "The lighthouse on Gull Rock is for sale with its lamp, its boathouse and four hundred steps. \
    The keeper, Tamsin Roe, leaves after thirty winters; the coast guard has no use for the tower since a beacon on the \
    mainland does its work. Offers are taken until the end of the month at the notary's in Brackwater.";

const ORGAN: &str = "An organ that was lost for ninety years has been found behind a wall of the grain store in Dorrin. \
    Masons who were mending the roof came upon two hundred pipes wrapped in sailcloth, and a letter in which the \
    builder, one Jorun Feld, asks whoever finds it to play it on the first Sunday of spring.";

const OWL: &str = "A pair of eagle owls has moved into the belfry at Saltby, and the parish has agreed to leave the \
    bells silent until the young have flown. The sexton, Hesper Vane, climbs up each evening to count them; there were \
    three on Thursday, and a fourth egg that nobody had noticed before.";

/// What `/post` has: title, words, page.
const POST: [(&str, &str, &str); 5] = [
    ("Bridge closes in May", "Engineers found cracks in two of the pillars", "bridge"),
    ("Museum buys a clock", "It was made by a watchmaker of the harbour quarter", "clock"),
    ("Choir looks for basses", "Rehearsals are on Thursdays in the town hall", "choir"),
    ("Herring is dearer again", "Boats stay in port while the nets are mended", "herring"),
    ("Comet seen over the dunes", "Observers counted nine minutes before the clouds came", "comet"),
];

struct Run {
    daemon: TestDaemon,
    /// Feed and key of every item ever served.
    served: BTreeSet<(String, String)>,
}

/// An item is `guid|title|words|link|date`; what is missing at the end is left out.
fn document(title: &str, items: &[String]) -> String {
    let mut out = format!("<rss version=\"2.0\"><channel><title>{title}</title>");
    let _ = write!(out, "<link>https://{}.example/</link>", title.to_lowercase());
    for item in items {
        let names = ["guid", "title", "description", "link", "pubDate"];
        out.push_str("<item>");
        for (name, value) in names.iter().zip(item.split('|')).filter(|(_, value)| !value.is_empty()) {
            let attribute = if *name == "guid" { " isPermaLink=\"false\"" } else { "" };
            let _ = write!(out, "<{name}{attribute}>{value}</{name}>");
        }
        out.push_str("</item>");
    }
    out + "</channel></rss>"
}

fn post(prefix: &str, host: &str) -> Vec<String> {
    let item = |(i, (title, words, page)): (usize, &(&str, &str, &str))| {
        format!("{prefix}{i}|{title}|{words}|https://{host}/{page}")
    };
    POST.iter().enumerate().map(item).collect()
}

impl Run {
    /// A feed serves these items, and two hours later everything that is due is done. Only one feed changes at a time, so
    /// that the order of filing does not depend on which poll ends first.
    async fn serve(&mut self, feed: &str, items: &[String]) {
        for item in items {
            let key = item.split('|').next().unwrap_or_default();
            self.served.insert((feed.to_owned(), key.to_owned()));
        }
        self.put(feed, items);
        self.daemon.origin.clear_seen();
        self.daemon.step_after(SignedDuration::from_hours(2)).await;
        let path = format!("/{feed}");
        assert!(self.daemon.origin.seen().iter().any(|request| request.path == path), "{feed} was not due");
    }

    fn put(&self, feed: &str, items: &[String]) {
        let title = format!("{}{}", feed[..1].to_uppercase(), &feed[1..]);
        self.daemon.put(&format!("/{feed}"), &document(&title, items));
    }

    async fn order(&mut self, order: OrderKind) {
        self.daemon.clock.advance(SignedDuration::from_mins(10));
        self.daemon.order(order).await;
    }

    fn entry(&self, feed: &str, key: &str) -> EntryRef {
        self.daemon.entry(&format!("/{feed}"), key)
    }
}

fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// The first day: news, a copy of it, and what is published nowhere.
async fn first_day(run: &mut Run) {
    let page = "https://agency.example/2026/11/ferry-aurelia-aground";
    let bread = format!("2|Rye bread of Aldermoor wins again|{BAKERY}|https://wire.example/bread");
    run.serve("wire", &[format!("1|Breaking: ferry in trouble||{page}"), bread.clone()]).await;
    run.serve("paper", &[format!("a|All saved from stranded Brackwater crossing|{FERRY}")]).await;
    run.serve("post", &post("old-", "post.example")).await;
    let journal: Vec<String> = (0..6).map(|i| unlike_others("j", i)).collect();
    run.serve("journal", &journal).await;
    run.serve("secret", &[format!("s|Owls in the belfry|{OWL}")]).await;
    // A copy of the bread, under another headline.
    let copy = format!("b|County prize for a baker in Aldermoor|{BAKERY}");
    run.serve("paper", &[copy, format!("a|All saved from stranded Brackwater crossing|{FERRY}")]).await;
    // The page with its text: two stories are one.
    run.serve("agency", &[format!("x|Aurelia aground off Skerry Point|{FERRY}|{page}?utm_source=rss")]).await;
    // Other words of a known entry.
    run.serve("wire", &[format!("1|Ferry in trouble|It lies on a bank of sand|{page}"), bread]).await;
}

/// The second day: other ids, a flood, a feed that is new to us, and what becomes of its backlog.
async fn second_day(run: &mut Run) {
    run.daemon.clock.advance(SignedDuration::from_hours(8));
    run.daemon.restart(&toml(&FEEDS)).await;
    let mut moved = post("new-", "www.post.example");
    moved.insert(
        0,
        "new-9|Mayor resigns|She wants to write a book about eels|https://post.example/mayor".into(),
    );
    run.serve("post", &moved).await;
    moved.insert(0, "new-10|Eel book finished|The printer has it|https://post.example/eels".into());
    run.serve("post", &moved).await;
    let flood: Vec<String> = (100..170).map(|i| unlike_others("flood", i)).collect();
    run.serve("journal", &flood).await;
    run.daemon.restart(&toml(FEEDS.iter().chain([&LATER]))).await;
    let dated = |i| format!("{}||Tue, 24 Nov 2026 05:00:00 +0000", unlike_others("l", i));
    let mut backlog: Vec<String> = (200..212).map(dated).collect();
    // These are older, so that they are hidden: one of them by an hour, and one by weeks.
    backlog.push(format!("keeper|Keeper leaves Gull Rock|{LIGHTHOUSE}||Tue, 24 Nov 2026 04:00:00 +0000"));
    backlog.push(format!("organ|Pipes behind a wall|{ORGAN}||Mon, 02 Nov 2026 06:00:00 +0000"));
    run.serve("later", &backlog).await;
    // One is still news when another feed brings it, and one is not.
    let both =
        [format!("4|Lost organ found in Dorrin|{ORGAN}"), format!("3|Lighthouse for sale|{LIGHTHOUSE}")];
    run.serve("wire", &both).await;
    run.serve("paper", &[format!("c|Eagle owls keep the bells of Saltby silent|{OWL}")]).await;
}

/// The third day: an event goes on, and the operator has a word.
async fn third_day(run: &mut Run) {
    run.daemon.clock.advance(SignedDuration::from_hours(12));
    let told = [
        ("wire", "5|Ferry Aurelia still aground off Skerry Point|Forty passengers wait for their luggage"),
        (
            "paper",
            "d|Divers look at hull of ferry Aurelia off Skerry Point|The Aurelia is aground since Monday",
        ),
        (
            "agency",
            "y|Ferry Aurelia afloat again at Skerry Point|Tugs came at high water, divers had seen no leak",
        ),
        (
            "post",
            "new-11|Captain of ferry Aurelia questioned about Skerry Point|She was aground for three days",
        ),
    ];
    for (feed, item) in told {
        run.serve(feed, &texts(&[item])).await;
    }
    let (bread, copy) = (run.entry("wire", "2"), run.entry("paper", "b"));
    run.order(OrderKind::SplitStory { entries: vec![copy], from: vec![bread] }).await;
    let (clock, comet) = (run.entry("post", "old-1"), run.entry("post", "old-4"));
    run.order(OrderKind::JoinStories { entries: vec![clock, comet] }).await;
    let choir = run.entry("post", "old-2");
    run.order(OrderKind::JoinTopics { entries: vec![choir, bread] }).await;
    run.order(OrderKind::SplitTopic { entries: vec![choir], from: vec![bread] }).await;
    let village = CategoryName::new("village").unwrap();
    run.order(OrderKind::Keep { entries: vec![choir], category: village }).await;
    // Nothing was decided by what is not there.
    run.order(OrderKind::JoinStories { entries: vec![EntryRef(1), EntryRef(2)] }).await;
    run.daemon.restart(&toml(FEEDS.iter().chain([&LATER]))).await;
    run.serve("paper", &[format!("b|County prize for a baker in Aldermoor|{BAKERY} It was cold.")]).await;
    run.serve("agency", &[format!("z|Prize for rye bread|{BAKERY}")]).await;
}

/// The fourth day: two events are taken for one, and come apart at reclustering.
async fn fourth_day(run: &mut Run) {
    run.daemon.clock.advance(SignedDuration::from_hours(6));
    run.serve("wire", &event(0)).await;
    run.serve("paper", &event(1)).await;
    let stranger = format!("a-1|{}|{}", made_up(1_000, 5).join(" "), made_up(2_000, 20).join(" "));
    run.serve("agency", &[stranger]).await;
}

#[tokio::test]
async fn a_run_with_a_migration_a_flood_a_split_and_a_join_is_as_it_was_recorded() {
    let mut run = Run { daemon: TestDaemon::new(&toml(&FEEDS)).await, served: BTreeSet::new() };
    for (feed, _) in &FEEDS {
        run.put(feed, &[]);
    }
    run.daemon.step().await;
    first_day(&mut run).await;
    second_day(&mut run).await;
    third_day(&mut run).await;
    fourth_day(&mut run).await;
    let record = record(&mut run).await;
    let path = root().join("tests/suite/data/recorded.txt");
    if std::env::var_os("RECORD").is_some() {
        std::fs::write(&path, HEADER.to_owned() + &record).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap();
    let recorded: Vec<&str> = recorded.lines().filter(|line| !line.starts_with('#')).collect();
    for (line, recorded) in record.lines().zip(&recorded) {
        assert_eq!(line, *recorded, "see {}", path.display());
    }
    assert_eq!(record.lines().count(), recorded.len());
}

const HEADER: &str = "# What tests/suite/recorded.rs found. It is written anew by `RECORD=1 cargo test recorded`;\n\
     # read the difference before it is committed.\n";

async fn record(run: &mut Run) -> String {
    let mut text = tables(&run.daemon);
    for output in ["all", "world", "village", "general"] {
        for path in [format!("/{output}.json"), format!("/{output}/topics.json")] {
            let _ = writeln!(text, "{path}");
            for item in items(&mut run.daemon, &path).await {
                let _ = writeln!(text, "  {item}");
            }
        }
    }
    with_names_of_ids(run, text)
}

/// An output's items as a reader gets them: id, date and title.
async fn items(daemon: &mut TestDaemon, path: &str) -> Vec<String> {
    let body = daemon.page(path).await;
    let feed: serde_json::Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{path}: {body}"));
    let words = |item: &serde_json::Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let item = |item: &serde_json::Value| {
        ["id", "date_published", "date_modified", "title"].map(|name| words(item, name)).join(" ")
    };
    feed["items"].as_array().unwrap().iter().map(item).collect()
}

/// What is recorded of the database: a name, and a query that gives a line of text for each row.
const TABLES: [(&str, &str); 6] = [
    (
        "feeds",
        "SELECT replace(f.url, ?1, '') || ' ' || (SELECT count(*) FROM entries WHERE feed = f.no)
             || ' entries ' || coalesce(f.note, '') FROM feeds f ORDER BY f.no",
    ),
    (
        "stories",
        "SELECT s.no || ' ' || ID(s.id) || ' ' || DATE(s.published_at) || ' ' || DATE(s.updated_at)
             || iif(s.alias_of IS NULL, '', ' is ' || s.alias_of) || ' topic ' || s.topic || ' ' || s.category
             || ' lead ' || s.lead || coalesce(' shown ' || s.shown || ' ' || DATE(s.shown_at), ' hidden')
             || coalesce(' settled ' || DATE(s.settled_at), '')
             || (SELECT coalesce(group_concat(line, ''), '') FROM (SELECT char(10) || '  ' || e.no || ' '
                 || replace(f.url, ?1, '') || ' ' || e.key || ' ' || e.title || ' ' || e.shares_address AS line
                 FROM entries e JOIN feeds f ON f.no = e.feed WHERE e.story = s.no ORDER BY e.no))
         FROM stories s ORDER BY s.no",
    ),
    (
        "topics",
        "SELECT no || ' ' || ID(id) || ' development ' || development
             || coalesce(' moved ' || moved || ' ' || DATE(moved_at), ' hidden')
             || iif(alias_of IS NULL, '', ' is ' || alias_of) FROM topics ORDER BY no",
    ),
    (
        "ledger",
        "SELECT no || ' ' || DATE(at) || ' entry ' || entry || ' story ' || story || ' topic ' || topic
             || ' ' || category || ' ' || json_extract(decision, '$.story_rule')
             || printf(' %.3f ', json_extract(decision, '$.story_score')) || json_extract(decision, '$.topic_rule')
             || printf(' %.3f ', json_extract(decision, '$.topic_score')) || json_extract(decision, '$.category_rule')
             || iif(json_extract(decision, '$.moved_on'), ' moved on', '')
             || coalesce(' guess ' || json_extract(decision, '$.guess'), '')
             || replace(' absorbed ' || json_extract(decision, '$.absorbed'), ' absorbed []', '')
             || coalesce(' topics ' || json_extract(decision, '$.absorbed_topics'), '')
             || coalesce(' shares with ' || json_extract(decision, '$.shares_address_with'), '')
             || coalesce(' like ' || json_extract(decision, '$.story_evidence'), '')
             || coalesce(' reclustered ' || json_array_length(decision, '$.settled'), '')
         FROM filings ORDER BY no",
    ),
    ("orders", "SELECT no || ' ' || DATE(done_at) || ' ' || outcome FROM orders ORDER BY no"),
    ("search", "SELECT group_concat(rowid, ' ') FROM (SELECT rowid FROM search ORDER BY rowid)"),
];

/// The tables as text; `ID(column)` and `DATE(column)` stand for what makes a UUID and a time of a column.
fn tables(daemon: &TestDaemon) -> String {
    let expand = |sql: &str, name: &str, form: &dyn Fn(&str) -> String| {
        let mut parts = sql.split(name);
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (column, rest) = part.split_once(')').unwrap();
            out += &(form(column) + rest);
        }
        out
    };
    let id = |column: &str| {
        let part = |(from, length): (usize, usize)| format!("substr(hex({column}), {from}, {length})");
        let parts = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)].map(part);
        format!("lower({})", parts.join(" || '-' || "))
    };
    let date = |column: &str| format!("strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch')");
    let database = rusqlite::Connection::open(daemon.database()).unwrap();
    let mut text = String::new();
    for (name, sql) in TABLES {
        let _ = writeln!(text, "{name}");
        let sql = expand(&expand(sql, "ID(", &id), "DATE(", &date);
        let mut statement = database.prepare(&sql).unwrap();
        let values = if sql.contains("?1") { vec![daemon.origin.url("")] } else { Vec::new() };
        let mut rows = statement.query(rusqlite::params_from_iter(values)).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let _ = writeln!(text, "  {}", row.get::<_, String>(0).unwrap().replace('\n', "\n  "));
        }
    }
    text
}

/// The text with every public id replaced by what it was made from.
fn with_names_of_ids(run: &Run, mut text: String) -> String {
    // Salts of orders are their numbers; those of entries that return come after 2^40.
    let salts = (0..10).chain((0..200).map(|no| (1 << 40) + no));
    let salts: Vec<u64> = salts.collect();
    for (feed, key) in &run.served {
        let address = run.daemon.origin.url(&format!("/{feed}"));
        for salt in &salts {
            let story = StoryId::found(&address, key, *salt).to_string();
            let topic = TopicId::found(&address, key, *salt).to_string();
            // Nearly all these ids were never given, and those of story and topic begin alike.
            if !text.contains(&story[..8]) {
                continue;
            }
            let salt = if *salt == 0 { String::new() } else { format!("+{salt}") };
            text = text.replace(&story, &format!("story:{feed}/{key}{salt}"));
            text = text.replace(&topic, &format!("topic:{feed}/{key}{salt}"));
        }
    }
    text
}
