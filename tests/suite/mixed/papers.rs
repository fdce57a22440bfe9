//! Three newspapers. The third prints some of the first's stories, a little edited or under another headline.

use super::press::{Feed, Told, moment, poll_after};
use super::words::slug;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::LazyLock;
use tidings::demo::Dialect;

const FEED: Feed = Feed {
    name: "",
    site: "",
    title: "",
    language: "en",
    dialect: Dialect::Rss,
    window: 6,
    pace: (1, 1),
    tell: |_, _| Told::default(),
};

pub(super) const COURIER: Feed = Feed {
    name: "courier",
    site: "https://gullhaven-courier.example/",
    title: "The Gullhaven Courier",
    window: 6,
    pace: (3, 2),
    tell: courier,
    ..FEED
};

const BOTE: Feed = Feed {
    name: "bote",
    site: "https://www.ostufer-bote.example/",
    title: "Ostufer-Bote",
    language: "de",
    tell: bote,
    ..FEED
};

pub(super) const LEDGER: Feed = Feed {
    name: "ledger",
    site: "https://www.brackwater-ledger.example/",
    title: "Brackwater Ledger",
    dialect: Dialect::Atom,
    tell: ledger,
    ..FEED
};

pub(super) const FEEDS: [Feed; 3] = [COURIER, BOTE, LEDGER];

/// Headline, the headline under which another paper prints it, and text.
type Story = [&'static str; 3];

static STORIES: LazyLock<HashMap<&str, Vec<Story>>> = LazyLock::new(|| {
    let mut stories: HashMap<&str, Vec<Story>> = HashMap::new();
    let lines = include_str!("../data/mixed-news.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let mut parts = line.split('|').map(str::trim);
        let mut part = || parts.next().unwrap();
        stories.entry(part()).or_default().push([part(), part(), part()]);
    }
    stories
});

/// The headline that somebody else gives a story of the first paper.
pub(super) fn other_headline(n: u64) -> &'static str {
    story("courier", n)[1]
}

fn story(paper: &str, n: u64) -> Story {
    let stories = &STORIES[paper];
    *stories.get(n as usize).unwrap_or_else(|| panic!("{paper} has no story {n}"))
}

/// Its first sentence or, where that is short, its first two.
fn beginning(text: &str) -> &str {
    let ends = text.match_indices(". ").map(|(at, _)| at + 1);
    ends.into_iter().find(|end| *end > 60).map_or(text, |end| &text[..end])
}

/// As WordPress writes it: a beginning, the whole, and a line below both.
fn courier(n: u64, _: Timestamp) -> Told {
    let [title, _, text] = story("courier", n);
    let link = format!("{}2026/11/{}/", COURIER.site, slug(title));
    let below = format!(
        "<p>The post <a href=\"{link}\">{title}</a> appeared first on <a href=\"{}\">{}</a>.</p>",
        COURIER.site, COURIER.title
    );
    Told {
        title: title.to_owned(),
        html: format!("<p>{} […]</p>{below}", beginning(text)),
        extra: format!("<content:encoded><![CDATA[<p>{text}</p>{below}]]></content:encoded>"),
        key: format!("{}?p={}", COURIER.site, 40_211 + 7 * n),
        link,
        label: String::new(),
    }
}

fn bote(n: u64, _: Timestamp) -> Told {
    let [title, _, text] = story("bote", n);
    let link = format!("{}region/{},art{}.html", BOTE.site, slug(title), 811_204 + 13 * n);
    Told { title: title.to_owned(), html: text.to_owned(), link, ..Told::default() }
}

/// Every second entry is a copy of what the first paper has printed for the same poll or the one before.
fn ledger(n: u64, at: Timestamp) -> Told {
    let told = |title: &str, text: &str, label: String| Told {
        title: title.to_owned(),
        link: format!("{}news/{}-{}", LEDGER.site, slug(title), 5_100 + n),
        key: format!("tag:brackwater-ledger.example,2026:{}", 5_100 + n),
        html: format!("<p>{text}</p>"),
        label,
        ..Told::default()
    };
    if n % 2 == 1 {
        let [title, _, text] = story("ledger", n / 2);
        return told(title, text, String::new());
    }
    let newest = COURIER.count(poll_after(at).saturating_sub(u64::from(n.is_multiple_of(4)))) - 1;
    let copied = if at < moment(0) { n } else { newest };
    let [title, other_title, text] = story("courier", copied);
    let label = format!("courier {copied}");
    match n / 2 % 3 {
        0 => told(other_title, text, label),
        1 => told(title, &format!("GULLHAVEN (Coast Wire) – {text}"), label),
        // Cut at its last sentence.
        _ => {
            let end = text.trim_end_matches('.').rfind(". ").map_or(text.len(), |at| at + 1);
            told(other_title, &text[..end], label)
        }
    }
}
