//! How the site can be followed: a page with the addresses of the outputs of all sections, and the style of outputs
//! that are opened in a browser.
//!
//! Must not know what the outputs hold.

use super::super::messages::fill;
use super::super::opml::Only;
use super::super::site::{FEEDS_PATH, Holds, Output, Site};
use super::shell::{Shell, outputs};
use crate::model::CategoryName;
use maud::{Markup, html};
use std::fmt::Write as _;

/// The style, without the words that [`feed_style`] adds.
const STYLE: &str = include_str!("../assets/feed.css");

/// The page with the addresses, each to be copied.
pub fn feeds(site: &Site<'_>) -> String {
    let words = site.words();
    let shell = Shell {
        site,
        title: Some(words.feed_addresses.to_owned()),
        path: Some(FEEDS_PATH.to_owned()),
        description: Some(fill(words.each_once, words.feed_addresses)),
        category: None,
        latest: None,
    };
    let opml = |only: Only| format!("/feeds.opml?only={}", only.name());
    shell.around(&html! {
        div.wide {
            h1 { (words.feed_addresses) }
            p.lede { (words.about_feeds) }
            (section(site, None))
            @for name in site.sections() { (section(site, Some(&name))) }
            section {
                h2 { "OPML" }
                p.meta { (words.whole_lists) }
                ul.addresses {
                    @for (only, what) in Only::EVERY.into_iter().zip(words.lists) { (address(site, what, &opml(only))) }
                }
            }
            p.meta {
                (words.more_feeds) " "
                a href=(site.local("/sources")) { (words.sources) }
                @if !site.digests.is_empty() { " " a href=(site.local("/digests")) { (words.all_digests) } }
            }
        }
    })
}

/// The outputs of a category, or of all categories together.
fn section(site: &Site<'_>, category: Option<&CategoryName>) -> Markup {
    let words = site.words();
    let title = category.map_or_else(|| words.everything.to_owned(), |name| site.category_title(name));
    let list = |holds: Holds| {
        let listed = outputs(category).filter(move |output: &Output| output.holds == holds);
        html! { ul.addresses { @for output in listed { (address(site, output.form.name(), &output.path())) } } }
    };
    html! {
        section {
            h2 dir="auto" { (fill(words.follow, &title)) }
            p.meta { (words.in_any_reader) }
            (list(Holds::Stories))
            p.meta { (words.calmer) }
            (list(Holds::Topics))
            @if category.is_none() {
                p.meta { (words.follow_linked) }
                (list(Holds::Linked))
            }
        }
    }
}

/// An address as a link, and as text of which one click selects all.
fn address(site: &Site<'_>, what: &str, path: &str) -> Markup {
    html! { li { a href=(site.local(path)) { (what) } " " code dir="ltr" { (site.address(path)) } } }
}

/// The style of outputs in a browser. It also holds the words that tell the visitor what a feed is: in the output
/// itself, feed readers would show them.
pub fn feed_style(site: &Site<'_>) -> String {
    let said = fill(site.words().this_is_feed, &site.address(FEEDS_PATH));
    format!("{STYLE}:root::before {{ content: {}; }}\n", string(&said))
}

/// A string of CSS (CSS Syntax Level 3 §4.3.5). Characters that could end it are written as escapes.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '<') || c.is_control() {
            let _ = write!(out, "\\{:x} ", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_a_string_of_css() {
        assert_eq!(string("Ein „Feed“: \"a\\b\"\n"), "\"Ein „Feed“: \\22 a\\5c b\\22 \\a \"");
    }
}
