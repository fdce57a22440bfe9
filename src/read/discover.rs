//! Autodiscovery: the feeds that a web page links to.

use super::html::{Piece, Tag, pieces};
use crate::model::Link;
use url::Url;

/// How many feeds of one page are reported.
const MAX_FOUND: usize = 20;
/// How much of a page is looked at; links to feeds stand in its head.
const MAX_BYTES: usize = 2 * 1_024 * 1_024;

/// Paths where publishers keep a feed without saying so, the likeliest first; for the caller to try when a page links to
/// no feed.
pub const WELL_KNOWN_PATHS: [&str; 8] = [
    "/feed",
    "/rss",
    "/atom.xml",
    "/feed.xml",
    "/index.xml",
    "/rss.xml",
    "/feed.json",
    "/feeds/posts/default",
];

/// A feed that a page links to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFeed {
    /// Its address, absolute.
    pub url: String,
    /// What the page calls it.
    pub title: Option<String>,
    /// The media type that the page gives.
    pub media_type: Option<String>,
}

/// The feeds that a page at `base` links to, the richest first: `<link rel="alternate">` elements as the HTML standard
/// has them (§4.6.7.1) and `links`, which its headers carry (RFC 8288), then links in the text whose address looks like a feed's.
/// Feeds of comments come last.
pub fn discover(html: &[u8], base: &str, links: &[Link]) -> Vec<FoundFeed> {
    let html = String::from_utf8_lossy(&html[..html.len().min(MAX_BYTES)]);
    let mut base = Url::parse(base).ok();
    let mut found: Vec<(u32, FoundFeed)> = Vec::new();
    for Link { url, rel, media_type, title } in links {
        let rank = rank_of(rel, media_type.as_deref().unwrap_or_default(), url);
        if let (Some(rank), Some(url)) = (rank, absolute(url, None)) {
            let (title, media_type) = (title.clone(), media_type.clone());
            found.push((rank + comment_rank(&url, title.as_deref()), FoundFeed { url, title, media_type }));
        }
    }
    for piece in pieces(&html) {
        let Piece::Open(tag) = piece else { continue };
        let (rank, href) = if tag.name.eq_ignore_ascii_case("base") {
            if let Some(url) = tag.get("href").and_then(|href| absolute(&href, base.as_ref())) {
                base = Url::parse(&url).ok();
            }
            continue;
        } else if tag.name.eq_ignore_ascii_case("link") {
            (link_rank(tag), tag.get("href"))
        } else if tag.name.eq_ignore_ascii_case("a") {
            let href = tag.get("href");
            (href.as_deref().and_then(anchor_rank), href)
        } else {
            continue;
        };
        let (Some(rank), Some(url)) = (rank, href.and_then(|href| absolute(&href, base.as_ref()))) else {
            continue;
        };
        let title = tag.get("title").map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
        let rank = rank + comment_rank(&url, title.as_deref());
        if found.len() < 10 * MAX_FOUND && !found.iter().any(|(_, known)| known.url == url) {
            found.push((rank, FoundFeed { url, title, media_type: tag.get("type") }));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, feed)| feed).take(MAX_FOUND).collect()
}

fn link_rank(tag: Tag<'_>) -> Option<u32> {
    let get = |name| tag.get(name).unwrap_or_default();
    rank_of(&get("rel"), &get("type"), &get("href"))
}

/// Atom says most about an entry, then RSS, then JSON Feed, then RDF; smaller is better.
fn rank_of(rel: &str, media_type: &str, href: &str) -> Option<u32> {
    let rel = rel.to_ascii_lowercase();
    if !rel.split_ascii_whitespace().any(|word| matches!(word, "alternate" | "feed")) {
        return None;
    }
    let media_type = media_type.to_ascii_lowercase();
    match media_type.split(';').next().unwrap_or_default().trim() {
        "application/atom+xml" => Some(0),
        "application/rss+xml" => Some(1),
        "application/feed+json" => Some(2),
        "application/rdf+xml" => Some(3),
        "application/x.atom+xml" | "application/x-atom+xml" | "application/xml" | "text/xml" => Some(4),
        "application/json" => href.contains("feed").then_some(4),
        "" if rel.contains("feed") => Some(5),
        _ => None,
    }
}

fn anchor_rank(href: &str) -> Option<u32> {
    let path = href.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    match last {
        "atom.xml" | "feed.xml" | "rss.xml" | "index.rdf" | "feed.json" | "index.rss" | "feed.atom" => {
            Some(20)
        }
        "feed" | "rss" | "atom" | "feeds" => Some(30),
        _ => last.rsplit_once('.').filter(|(_, end)| matches!(*end, "rss" | "atom" | "rdf")).map(|_| 20),
    }
}

/// Feeds of comments come last: hardly anybody wants to subscribe to them.
fn comment_rank(url: &str, title: Option<&str>) -> u32 {
    let says_so = |title: &str| {
        let mut words = title.split(|c: char| !c.is_alphanumeric());
        words.any(|word| ["comment", "comments"].iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    if is_comments_address(url) || title.is_some_and(says_so) { 10 } else { 0 }
}

/// Whether the path of an address ends in comments (`/comments/feed/`, `/feeds/comments/default`, `/comments.xml`), or its query
/// asks for them. A blog may have the word in its name, or write about it.
fn is_comments_address(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let asks = |(key, value): (_, std::borrow::Cow<'_, str>)| {
        (key == "feed" && value.starts_with("comments")) || key == "withcomments"
    };
    let path = url.path().to_ascii_lowercase();
    let mut stems = path.rsplit('/').map(|part| part.split('.').next().unwrap_or_default());
    // Behind it stands the form.
    let is_form = |part: &&str| {
        matches!(
            *part,
            "" | "feed"
                | "feeds"
                | "rss"
                | "rss2"
                | "atom"
                | "rdf"
                | "json"
                | "index"
                | "default"
                | "full"
                | "summary"
        )
    };
    let last = stems.find(|stem| !is_form(stem));
    url.query_pairs().any(asks) || last.is_some_and(|last| matches!(last, "comment" | "comments"))
}

fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim();
    // A long-dead convention of browsers.
    let href = href.strip_prefix("feed://").map_or_else(
        || href.strip_prefix("feed:").unwrap_or(href).to_owned(),
        |rest| format!("http://{rest}"),
    );
    let url = match base {
        Some(base) => base.join(&href).ok()?,
        None => Url::parse(&href).ok()?,
    };
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, want: &[&str]) {
        let found = discover(html.as_bytes(), "https://site.example/blog/", &[]);
        assert_eq!(found.iter().map(|feed| feed.url.as_str()).collect::<Vec<_>>(), want, "{html}");
    }

    #[test]
    fn link_elements_come_first_and_the_richest_of_them_before_all() {
        check(
            "<a href=/rss.xml>RSS</a><link rel=alternate type=application/rss+xml href='/rss'>
             <LINK REL='Alternate' TYPE='application/atom+xml; charset=utf-8' HREF=atom.xml>",
            &[
                "https://site.example/blog/atom.xml",
                "https://site.example/rss",
                "https://site.example/rss.xml",
            ],
        );
    }

    #[test]
    fn feeds_of_comments_come_last_and_stylesheets_not_at_all() {
        check(
            "<link rel=alternate type=application/atom+xml href=/c title='Comments on this'>
             <link rel=alternate type=application/rss+xml href=/r title='News &amp; views'>
             <link rel='alternate stylesheet' type=text/css href=/s><link rel=alternate hreflang=de href=/de>",
            &["https://site.example/r", "https://site.example/c"],
        );
    }

    #[test]
    fn a_feed_of_comments_is_told_by_its_end_and_not_by_a_word_in_its_name() {
        for (url, title, want) in [
            ("https://site.example/comments/feed/", None, true),
            ("https://site.example/feeds/comments/default?alt=rss", None, true),
            ("https://site.example/comments.xml", None, true),
            ("https://site.example/?feed=comments-rss2", None, true),
            ("https://site.example/2026/post/feed/", Some("A post » Comments feed"), true),
            ("https://commentary.example/feed", Some("The Commentary"), false),
            ("https://comments.example/atom.xml", None, false),
            ("https://site.example/comments-on-history/feed", None, false),
            ("https://site.example/comments/history/feed", None, false),
        ] {
            assert_eq!(comment_rank(url, title) > 0, want, "{url}");
        }
    }

    #[test]
    fn links_in_headers_count_as_those_in_the_page() {
        let link = |url: &str, media_type: &str| Link {
            url: url.to_owned(),
            rel: "alternate".to_owned(),
            media_type: Some(media_type.to_owned()),
            title: None,
        };
        let links = [
            link("https://site.example/a", "application/atom+xml"),
            link("https://site.example/p", "text/html"),
        ];
        let page = b"<link rel=alternate type=application/rss+xml href=/rss><link rel=alternate type=application/atom+xml href=/a>";
        let found = discover(page, "https://site.example/", &links);
        let found: Vec<_> = found.iter().map(|feed| feed.url.as_str()).collect();
        assert_eq!(found, ["https://site.example/a", "https://site.example/rss"]);
    }

    #[test]
    fn a_base_element_moves_relative_addresses() {
        check(
            "<base href='https://cdn.example/x/'><link rel=alternate type=application/rss+xml href=f>",
            &["https://cdn.example/x/f"],
        );
    }
}
