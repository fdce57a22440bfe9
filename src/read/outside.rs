//! The pages of other sites that a text links to.
//!
//! It knows HTML, and the links that do not tell what a text is about: home pages, media, share buttons, works of
//! reference. It must not decide which addresses are the same page.

use super::html::{Piece, pieces};
use super::plain::plain_start;
use crate::model::{Enclosure, TextLink, site_of, site_of_host};
use url::Url;

/// Links of one text that are kept.
const MAX_LINKS: usize = 20;
/// Links of one text that are looked at.
const LOOKED_AT: usize = 500;
/// Bytes of an address that is kept.
const MAX_URL_BYTES: usize = 1_000;
/// Characters of a link's words that are kept.
const MAX_WORDS: usize = 200;
/// Bytes of text within a link that are read.
const MAX_INSIDE: usize = 2_000;

/// Where buttons that share a page lead, by host and how the path begins.
const SHARE_BUTTONS: [(&str, &str); 17] = [
    ("facebook.com", "/share"),
    ("facebook.com", "/dialog/"),
    ("twitter.com", "/intent/"),
    ("twitter.com", "/share"),
    ("x.com", "/intent/"),
    ("x.com", "/share"),
    ("linkedin.com", "/share"),
    ("reddit.com", "/submit"),
    ("pinterest.com", "/pin/create/"),
    ("tumblr.com", "/share"),
    ("tumblr.com", "/widgets/share"),
    ("news.ycombinator.com", "/submitlink"),
    ("getpocket.com", "/save"),
    ("t.me", "/share"),
    ("wa.me", "/"),
    ("api.whatsapp.com", "/send"),
    ("feeds.feedburner.com", "/~"),
];

/// Works of reference, licences, and what only counts visits: everybody links there.
const REFERENCES: [&str; 10] = [
    "wikipedia.org",
    "wikimedia.org",
    "wikidata.org",
    "wiktionary.org",
    "creativecommons.org",
    "schema.org",
    "doubleclick.net",
    "list-manage.com",
    "mailchimp.com",
    "gravatar.com",
];

/// How pictures end; sounds and films, [`Enclosure`] knows.
const PICTURES: [&str; 7] = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg"];

/// The first links of clean HTML to pages of other sites than those of `own`, each address once.
pub fn outside_links<'a>(html: &str, own: impl IntoIterator<Item = &'a str>) -> Vec<TextLink> {
    let mut links: Vec<TextLink> = Vec::new();
    // Most texts have none.
    if memchr::memmem::find(html.as_bytes(), b"<a ").is_none() {
        return links;
    }
    let own: Vec<String> = own.into_iter().filter_map(site_of).collect();
    // Where the link that is open leads, and its words so far.
    let mut open: Option<(String, String)> = None;
    let mut looked_at = 0;
    for piece in pieces(html) {
        match piece {
            Piece::Open(tag) if tag.name.eq_ignore_ascii_case("a") => {
                looked_at += 1;
                if looked_at > LOOKED_AT || links.len() == MAX_LINKS {
                    break;
                }
                let href = tag.get("href").filter(|url| is_outside_page(url, &own));
                open = href.map(|url| (url, String::new()));
            }
            Piece::Text(text) => {
                if let Some((_, words)) = open.as_mut().filter(|(_, words)| words.len() <= MAX_INSIDE) {
                    words.push_str(&text[..text.floor_char_boundary(MAX_INSIDE)]);
                }
            }
            Piece::Close(name) if name.eq_ignore_ascii_case("a") => {
                let Some((url, words)) = open.take() else { continue };
                let words = plain_start(&words, MAX_WORDS);
                // A picture that is a link is an advertisement more often than not.
                if words.chars().any(char::is_alphanumeric) && links.iter().all(|link| link.url != url) {
                    links.push(TextLink { url, words });
                }
            }
            _ => {}
        }
    }
    links
}

/// Whether an address is that of a page of another site, and not of one to which everything links.
fn is_outside_page(address: &str, own: &[String]) -> bool {
    if address.len() > MAX_URL_BYTES {
        return false;
    }
    let Some(url) = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return false;
    };
    let Some(host) = url.host_str() else { return false };
    let host = host.trim_end_matches('.');
    let is_home = url.path() == "/" && url.query().is_none();
    let path = url.path().to_ascii_lowercase();
    let is_media = || {
        let media = Enclosure { url: path.clone(), ..Enclosure::default() };
        media.is_played() || PICTURES.iter().any(|ending| path.ends_with(ending))
    };
    let is_below = |domain: &str| {
        host.strip_suffix(domain).is_some_and(|front| front.is_empty() || front.ends_with('.'))
    };
    let shares = || SHARE_BUTTONS.iter().any(|(site, start)| is_below(site) && path.starts_with(start));
    let site = site_of_host(host);
    !is_home && own.iter().all(|own| own != site) && !REFERENCES.contains(&site) && !is_media() && !shares()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Vec<(String, String)> {
        let links = outside_links(html, ["https://blog.example/2026/1"]);
        links.into_iter().map(|link| (link.url, link.words)).collect()
    }

    #[test]
    fn pages_of_other_sites_are_found_with_the_words_of_their_links() {
        let html = "<p>Read <a href=\"https://salt.example/bridge?a=1&amp;b=2\">the <b>salt</b> report</a>, not \
            <a href=\"https://www.blog.example/old\">mine</a> nor <a href=\"https://salt.example/bridge?a=1&amp;b=2\">it</a> \
            again, but <a href=\"http://tide.example/1\">Ebbe &amp; Flut</a>.</p>";
        let want = [
            ("https://salt.example/bridge?a=1&b=2", "the salt report"),
            ("http://tide.example/1", "Ebbe & Flut"),
        ];
        assert_eq!(found(html), want.map(|(url, words)| (url.to_owned(), words.to_owned())));
    }

    #[test]
    fn what_everybody_links_to_says_nothing_of_a_text() {
        for url in [
            "https://salt.example/",
            "https://salt.example",
            "https://salt.example/bridge.JPG",
            "https://salt.example/talk.mp3",
            "https://www.facebook.com/sharer/sharer.php?u=x",
            "https://twitter.com/intent/tweet?url=x",
            "https://en.wikipedia.org/wiki/Salt",
            "https://creativecommons.org/licenses/by/4.0/",
            "mailto:mira@salt.example",
            "/relative",
        ] {
            assert_eq!(found(&format!("<a href=\"{url}\">words</a>")), [], "{url}");
        }
        assert_eq!(
            found("<a href=\"https://shop.example/1\"><img src=\"https://shop.example/1.png\"></a>"),
            []
        );
    }

    #[test]
    fn a_text_of_ten_thousand_links_brings_twenty() {
        let links = (0..10_000).map(|no| format!("<a href=\"https://s{no}.example/p\">page {no}</a>"));
        let html = links.collect::<Vec<_>>().concat();
        assert_eq!(found(&html).len(), MAX_LINKS);
        assert_eq!(found(&"<a href=\"https://salt.example/p\">".repeat(100_000)), []);
    }
}
