//! Feeds that point to other sites' pages: two boards, a link aggregator, and a link blog.

use super::papers::{COURIER, LEDGER, other_headline};
use super::press::{Feed, Told, moment, poll_after};
use super::words::{any, filled, number, slug, turn};
use jiff::Timestamp;
use tidings::demo::Dialect;

const BOARD: Feed = Feed {
    name: "r-skerries",
    site: "https://www.burrow.example/r/skerries",
    title: "Skerries",
    language: "en",
    dialect: Dialect::Atom,
    window: 8,
    pace: (2, 1),
    tell: |n, at| posted("skerries", 0, n, at),
};

pub(super) const FEEDS: [Feed; 4] = [
    BOARD,
    Feed {
        name: "r-oldthings",
        site: "https://www.burrow.example/r/oldthings",
        title: "Old things that still work",
        tell: |n, at| posted("oldthings", 7, n, at),
        ..BOARD
    },
    Feed {
        name: "aggregator",
        site: "https://stacker.example/",
        title: "Stacker: Newest",
        dialect: Dialect::Rss,
        window: 10,
        pace: (3, 1),
        tell: submitted,
        ..BOARD
    },
    Feed {
        name: "link-blog",
        site: "https://marginal.example/",
        title: "Marginal Gains",
        dialect: Dialect::Rss,
        window: 6,
        pace: (1, 1),
        tell: commented,
        ..BOARD
    },
];

/// A page to point to: headline, address, and the label of its story.
struct Page {
    title: String,
    url: String,
    label: String,
}

impl Page {
    fn elsewhere(title: String, site: &str) -> Self {
        let url = format!("https://{site}/{}", slug(&title));
        Self { label: format!("page {url}"), title, url }
    }

    /// An entry of a paper: its last one at the poll that brings entries dated `at`, or the one `back` before that.
    fn of_paper(paper: &Feed, at: Timestamp, back: u64) -> Self {
        Self::of_feed(paper, paper.count(poll_after(at)) - 1 - back)
    }

    fn of_feed(feed: &Feed, n: u64) -> Self {
        let told = feed.told(n);
        Self { title: told.title, url: told.link, label: told.label }
    }

    /// A page elsewhere that the aggregator has brought with the same poll.
    fn submitted_lately(at: Timestamp) -> Self {
        let aggregator = &FEEDS[2];
        Self::of_feed(aggregator, aggregator.count(poll_after(at)) - 2)
    }

    /// The same page under another headline, if the story is the first paper's.
    fn in_other_words(self) -> Self {
        let number = self.label.strip_prefix("courier ").and_then(|number| number.parse().ok());
        let title = number.map_or(self.title, |number| other_headline(number).to_owned());
        Self { title, ..self }
    }
}

/// Entries of a board, as Reddit writes them: a link to another site, or words of somebody's own.
fn posted(board: &str, offset: u64, n: u64, at: Timestamp) -> Told {
    let id = format!("1p{:x}{}", 0x3_0f00 + 611 * n + offset, &board[..1]);
    let user = any("sub.users", n + offset);
    let is_recent = at > moment(0);
    let with_link = |page: Page| (page.title, page.label, String::new(), Some(page.url));
    let (title, label, words, url) = match (n + offset) % 6 {
        // The first board reads one paper, the second the other.
        0 if is_recent && board == "skerries" => with_link(Page::of_paper(&COURIER, at, 0)),
        4 if is_recent && board == "skerries" => with_link(Page::of_paper(&COURIER, at, 0).in_other_words()),
        2 if is_recent && board == "oldthings" => with_link(Page::of_paper(&LEDGER, at, 0).in_other_words()),
        4 if is_recent => with_link(Page::submitted_lately(at)),
        5 if n > 5 => {
            let text = turn("sub.questions", 2 * (n / 6) + offset);
            let title = text.split_inclusive(['?', '.']).next().unwrap_or(text).to_owned();
            let words = format!("<!-- SC_OFF --><div class=\"md\"><p>{text}</p></div><!-- SC_ON -->");
            (title, String::new(), words, None)
        }
        _ => {
            let subject = turn("sub.subjects", n + offset);
            let title = filled(turn("sub.angles", (1 + offset) * n + n / 17), subject);
            with_link(Page::elsewhere(title, any("sub.sites", n + offset)))
        }
    };
    let link =
        format!("https://www.burrow.example/r/{board}/comments/{id}/{}/", slug(&title).replace('-', "_"));
    let target = url.as_ref().unwrap_or(&link);
    Told {
        html: format!(
            "{words} &#32; submitted by &#32; <a href=\"https://www.burrow.example/user/{user}\"> /u/{user} </a> <br/> \
             <span><a href=\"{target}\">[link]</a></span> &#32; <span><a href=\"{link}\">[comments]</a></span>"
        ),
        key: format!("t3_{id}"),
        title,
        link,
        label,
        ..Told::default()
    }
}

/// Entries of a link aggregator, whose link is the other site's page.
fn submitted(n: u64, at: Timestamp) -> Told {
    let page = if n.is_multiple_of(3) && at > moment(0) {
        let page = Page::of_paper(&COURIER, at, 0);
        if n.is_multiple_of(2) { page } else { page.in_other_words() }
    } else {
        let title = filled(turn("agg.angles", n + n / 23), turn("agg.subjects", n));
        Page::elsewhere(title, any("agg.sites", n))
    };
    let comments = format!("https://stacker.example/item?id={}", 48_210_330 + 97 * n);
    Told {
        html: format!(
            "<p>URL: <a href=\"{0}\">{0}</a></p><p>Comments: <a href=\"{comments}\">{comments}</a></p>\
             <p>Points: {1}</p><p># Comments: {2}</p>",
            page.url,
            number("points", n, 2, 240),
            number("comments", n, 0, 80)
        ),
        extra: format!("<comments>{comments}</comments>"),
        key: comments,
        title: page.title,
        link: page.url,
        label: page.label,
    }
}

/// Entries of a link blog: a link to another site's page, and a comment on it. A comment is a story of its own, also on a
/// newspaper's page.
fn commented(n: u64, at: Timestamp) -> Told {
    let page = if n % 4 == 3 && at > moment(0) {
        let page = Page::of_paper(&COURIER, at, 1);
        Page { title: format!("Gullhaven Courier: \u{2018}{}\u{2019}", page.title), ..page }
    } else {
        let title = turn("blog.titles", n);
        let round = n / 19;
        let title = if round == 0 { title.to_owned() } else { format!("{title} (Part {})", round + 1) };
        Page::elsewhere(title, turn("blog.sites", n))
    };
    let own = format!("https://marginal.example/2026/{}", slug(&page.title));
    Told {
        html: format!(
            "<p>{}. {}</p><p><a href=\"{own}\" title=\"Permanent link\">∞</a></p>",
            turn("blog.says", n),
            turn("blog.adds", n + n / 10)
        ),
        key: own,
        title: page.title,
        link: page.url,
        label: String::new(),
        ..Told::default()
    }
}
