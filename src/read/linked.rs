//! Finds the page that an aggregator's entry is about. The entry's own link leads to the discussion, and its text
//! links to the page with the word `[link]`.
//!
//! It knows HTML. It must not judge who published the page.

use super::html::{Piece, pieces};
use super::plain::plain_text;
use crate::model::RawEntry;

/// What such a link says.
const LINK: &str = "[link]";

/// The page that an entry names beside its own: as its feed says, else by the only `[link]` of its text.
pub fn named_page(raw: &RawEntry) -> Option<String> {
    let in_text = || raw.content.as_deref().or(raw.summary.as_deref()).and_then(linked_page);
    raw.links_to.clone().or_else(in_text)
}

/// Where the only `[link]` of a text leads; `None` when there is none, and when there are several that lead to different
/// pages.
pub fn linked_page(html: &str) -> Option<String> {
    // Hardly any text has one.
    if !["[link]", "[Link]", "[LINK]"].iter().any(|link| html.contains(link)) {
        return None;
    }
    let mut found: Option<String> = None;
    // The link that is open, and its words so far.
    let mut open: Option<(String, String)> = None;
    for piece in pieces(html) {
        match piece {
            Piece::Open(tag) if tag.name.eq_ignore_ascii_case("a") => {
                open = tag.get("href").map(|href| (href, String::new()));
            }
            Piece::Text(text) => {
                if let Some((_, words)) = open.as_mut().filter(|(_, words)| words.len() <= LINK.len()) {
                    words.push_str(text.trim());
                }
            }
            Piece::Close(name) if name.eq_ignore_ascii_case("a") => {
                let Some((href, words)) = open.take() else { continue };
                if !plain_text(&words).eq_ignore_ascii_case(LINK) {
                    continue;
                }
                if found.as_ref().is_some_and(|other| *other != href) {
                    return None;
                }
                found = Some(href);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_link_that_says_so_is_the_page_that_a_text_is_about() {
        let submitted = "submitted by <a href=\"https://board.example/u/mira\">/u/mira</a> <br>\
            <span><a href=\"https://salt.example/2026/bridge?a=1&amp;b=2\">[link]</a></span> \
            <span><a href=\"https://board.example/c/1\">[comments]</a></span>";
        assert_eq!(linked_page(submitted).as_deref(), Some("https://salt.example/2026/bridge?a=1&b=2"));
        let in_bold = "<a href=https://salt.example/1> <b>[Link]</b> </a>";
        assert_eq!(linked_page(in_bold).as_deref(), Some("https://salt.example/1"));
        let twice = "<a href=/1>[link]</a> and <a href=/1>[link]</a>";
        assert_eq!(linked_page(twice).as_deref(), Some("/1"));
        for none in [
            "",
            "[link]",
            "<a name=x>[link]</a>",
            "<a href=/1>link</a>",
            "<a href=/1>[link] to the rest</a>",
            "<a href=/1>[link]</a> and <a href=/2>[link]</a>",
            "<a href=/1>[link]",
        ] {
            assert_eq!(linked_page(none), None, "{none}");
        }
    }

    #[test]
    fn a_million_links_cost_linear_time() {
        let html = "<a href=/1>[li".repeat(200_000) + "[link]";
        assert_eq!(linked_page(&html), None);
    }
}
