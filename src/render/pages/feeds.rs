//! What the site can be followed by: a page with the address of every output, and the style that a browser gives an output
//! that is opened in it.

use super::super::messages::fill;
use super::super::opml::Only;
use super::super::site::{FEEDS_PATH, Holds, Output, Site};
use super::shell::{Shell, outputs};
use crate::model::CategoryName;
use maud::{Markup, html};
use std::fmt::Write as _;

/// The style without its words.
const STYLE: &str = include_str!("../assets/feed.css");

/// The page with all addresses, each to be copied.
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

/// The outputs of a category, or of all.
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

/// An address as a link, and in words that a click selects whole.
fn address(site: &Site<'_>, what: &str, path: &str) -> Markup {
    html! { li { a href=(site.local(path)) { (what) } " " code dir="ltr" { (site.address(path)) } } }
}

/// The style of an output in a browser, which has been told what it sees. Words are part of the style, for an output has no room for
/// what is not news.
pub fn feed_style(site: &Site<'_>) -> String {
    let said = fill(site.words().this_is_feed, &site.address(FEEDS_PATH));
    format!("{STYLE}:root::before {{ content: {}; }}\n", string(&said))
}

/// A string of CSS (CSS Syntax Level 3 §4.3.5): whatever could end it is written by its number.
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
