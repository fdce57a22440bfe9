//! The search page: the form, how to use it, and what was found, with the words marked.
//!
//! Must not know how a search is carried out.

use super::super::clean;
use super::super::messages::count;
use super::super::site::{Holds, Site, story_path};
use super::parts;
use super::shell::Shell;
use crate::model::{GENERAL, Search, StoryBrief};
use jiff::Timestamp;
use maud::{Markup, html};

/// The page for a `query` as it was typed, and for the `search` that was read from it: what was `found`, best match
/// first. If the query is empty, the form alone.
pub fn search(site: &Site<'_>, query: &str, search: &Search, found: &[StoryBrief], now: Timestamp) -> String {
    let words = site.words();
    let query = clean::line(query);
    let title = if query.is_empty() {
        words.search.to_owned()
    } else {
        format!("{}{}{query}", words.search, words.colon)
    };
    let [open, close] = words.quotes;
    let shell =
        Shell { site, title: Some(title), path: None, description: None, category: None, latest: None };
    shell.around(&html! {
        div.narrow {
            h1 { (words.search) }
            form.search-form role="search" action=(site.local("/search")) method="get" {
                label for="q" { (words.search_for) }
                div.field {
                    input #q type="search" name="q" value=(query) maxlength="200" autocomplete="off"
                        aria-describedby="how";
                    button type="submit" { (words.search) }
                }
            }
            (hint(site, query.is_empty()))
            @if !query.is_empty() {
                p.meta role="status" {
                    span {
                        @if found.is_empty() {
                            (open) bdi { (query) } (close) (words.colon) (words.nothing_found)
                        } @else {
                            (open) bdi { (query) } (close) (words.colon) (count(words.stories, found.len()))
                            @if !search.groups.is_empty() { ", " (words.headlines_first) }
                        }
                    }
                }
                (parts::follow(site, Holds::Found(query.clone()), words.follow_search))
                ol.found {
                    @for story in found { (line(site, search, story, now)) }
                }
            }
        }
    })
}

fn line(site: &Site<'_>, search: &Search, story: &StoryBrief, now: Timestamp) -> Markup {
    let lang = parts::lang(site, story.language.as_deref());
    let own = site.local(&story_path(story.id));
    let to = clean::some_link(story.url.as_ref()).unwrap_or_else(|| own.as_str().into());
    let words = parts::excerpt_words(site, &story.title, &story.excerpt, 2, 220);
    html! {
        li {
            h2 dir=(parts::runs(story)) { a href=(to) lang=[lang.clone()] { (marked(search, &parts::title(site, &story.title))) } }
            @if let Some(words) = words { p.excerpt dir="auto" lang=[lang] { (marked(search, &words)) } }
            (parts::story_meta(site, story, &parts::recent(site, story.published, now)))
        }
    }
}

/// A text with the words that were searched for marked.
fn marked(search: &Search, text: &str) -> Markup {
    let mut done = 0;
    html! {
        @for mark in search.marks(text) {
            (text[done..mark.start]) mark { (text[mark.clone()]) }
            @let () = done = mark.end;
        }
        (text[done..])
    }
}

/// What can be typed, with examples; that of a category names one of this site.
fn hint(site: &Site<'_>, open: bool) -> Markup {
    let section = site.sections().into_iter().find(|name| name.as_str() != GENERAL);
    let section = section.map_or_else(|| GENERAL.to_owned(), |name| name.as_str().to_owned());
    let words = site.words();
    let ways = [
        ("sea walls", words.search_words),
        ("\"sea walls\"", words.search_phrase),
        ("wall -garden", words.search_without),
        ("wall OR dam", words.search_either),
        ("harb*", words.search_start),
        (&format!("category:{section}"), words.search_section),
        ("from:post", words.search_publisher),
        ("since:2026-11-01 before:2026-12", words.search_dates),
    ];
    html! {
        details.how open[open] {
            summary #how { (words.how_to_search) }
            dl {
                @for (typed, meaning) in ways {
                    div { dt { code { bdi { (typed) } } } dd { (meaning) } }
                }
            }
        }
    }
}
