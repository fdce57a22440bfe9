//! The search page: the field, how it is used, and what was found, with the words marked.

use super::super::clean;
use super::super::site::{Holds, Site, story_path};
use super::parts;
use super::shell::Shell;
use crate::model::{GENERAL, Search, StoryBrief};
use maud::{Markup, html};

/// What a search found, best match first; an empty `query` shows the form alone. `search` is what was made of `query`.
pub fn search(site: &Site<'_>, query: &str, search: &Search, found: &[StoryBrief]) -> String {
    let query = clean::line(query);
    let title = if query.is_empty() { "Search".to_owned() } else { format!("Search: {query}") };
    let shell =
        Shell { site, title: Some(title), path: None, description: None, category: None, latest: None };
    shell.around(&html! {
        div.narrow {
            h1 { "Search" }
            form.search-form role="search" action=(site.local("/search")) method="get" {
                label for="q" { "Words in a headline or its text" }
                div.field {
                    input #q type="search" name="q" value=(query) maxlength="200" autocomplete="off"
                        aria-describedby="how";
                    button type="submit" { "Search" }
                }
            }
            (hint(site, query.is_empty()))
            @if !query.is_empty() {
                p.meta role="status" {
                    span {
                        @if found.is_empty() {
                            "Nothing found for “" bdi { (query) } "”. Fewer or other words may help."
                        } @else {
                            (parts::count(found.len(), "story", "stories")) " for “" bdi { (query) } "”"
                            @if !search.groups.is_empty() { ", headlines first" }
                        }
                    }
                }
                (parts::follow(site, Holds::Found(query.clone()), "Follow this search in a reader"))
                ol.found {
                    @for story in found { (line(site, search, story)) }
                }
            }
        }
    })
}

fn line(site: &Site<'_>, search: &Search, story: &StoryBrief) -> Markup {
    let own = site.local(&story_path(story.id));
    let to = clean::some_link(story.url.as_ref()).unwrap_or_else(|| own.as_str().into());
    let words = parts::excerpt_words(&story.title, &story.excerpt, 2, 220);
    html! {
        li {
            h2 dir="auto" { a href=(to) { (marked(search, &parts::title(&story.title))) } }
            @if let Some(words) = words { p.excerpt dir="auto" { (marked(search, &words)) } }
            (parts::story_meta(site, story, &parts::full_time(story.published)))
        }
    }
}

/// A text with what is looked for marked.
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

/// How a search is narrowed down, with examples that work on this site.
fn hint(site: &Site<'_>, open: bool) -> Markup {
    let section = site.sections().into_iter().find(|name| name.as_str() != GENERAL);
    let section = section.map_or_else(|| GENERAL.to_owned(), |name| name.as_str().to_owned());
    let ways = [
        ("sea walls", "both words, in whatever form: “walls” finds “wall”"),
        ("\"sea walls\"", "these words in this order"),
        ("wall -garden", "the first word without the second"),
        ("wall OR dam", "either"),
        ("harb*", "whatever begins so"),
        (&format!("category:{section}"), "in this section"),
        ("from:post", "carried by a publisher of this name"),
        ("since:2026-11-01 before:2026-12", "not before the one day or month, and before the other"),
    ];
    html! {
        details.how open[open] {
            summary #how { "How to search" }
            dl {
                @for (typed, meaning) in ways {
                    div { dt { code { bdi { (typed) } } } dd { (meaning) } }
                }
            }
        }
    }
}
