//! The pages of sources: the list of them, and what one of them brings.

use super::super::clean;
use super::super::site::{Holds, Site, source_path, story_path};
use super::parts;
use super::shell::Shell;
use super::status::{feed_name, host};
use crate::model::{FeedView, StoryView, source_name};
use maud::{Markup, html};

/// Sources on a page.
const ON_PAGE: usize = 100;

/// The list with this number, from 1 on; `None` of one that there is not. `feeds` holds what may be seen in public.
pub fn sources(site: &Site<'_>, feeds: &[FeedView], page: usize) -> Option<String> {
    let pages = feeds.len().div_ceil(ON_PAGE).max(1);
    if page == 0 || page > pages {
        return None;
    }
    let path = |page| if page == 1 { "/sources".to_owned() } else { format!("/sources?page={page}") };
    let shell = Shell {
        site,
        title: Some("Sources".to_owned()),
        path: Some(path(page)),
        description: Some("Every feed that is followed here.".to_owned()),
        category: None,
        latest: None,
    };
    let mut sorted: Vec<&FeedView> = feeds.iter().collect();
    sorted.sort_by_cached_key(|feed| feed_name(feed).to_lowercase());
    Some(shell.around(&html! {
        div.wide {
            h1 { "Sources" }
            p.lede { (parts::count(feeds.len(), "feed is", "feeds are")) " followed here." }
            p.meta { a href=(site.local("/status")) { "How each of them is doing" } }
            ul.names {
                @for feed in sorted.iter().skip((page - 1) * ON_PAGE).take(ON_PAGE) { (line(site, feed)) }
            }
            (parts::turn(page, pages, |page| site.local(&path(page))))
        }
    }))
}

fn line(site: &Site<'_>, feed: &FeedView) -> Markup {
    let name = source_name(&feed.state.first_url);
    html! {
        li {
            p.name dir="auto" { a href=(site.local(&source_path(&name))) { (feed_name(feed)) } }
            p.meta { span { (host(&feed.state.url)) } }
        }
    }
}

/// What a source brought last. `name` is its name in addresses.
pub fn source_page(site: &Site<'_>, name: &str, title: &str, stories: &[StoryView]) -> String {
    let title = parts::title(title);
    let shell = Shell {
        site,
        title: Some(title.clone()),
        path: Some(source_path(name)),
        description: Some(format!("What {title} has carried.")),
        category: None,
        latest: None,
    };
    let home = stories.iter().flat_map(|story| &story.sources).find(|source| source.feed == title);
    let home = home.and_then(|source| clean::some_link(source.site_url.as_ref()));
    shell.around(&html! {
        div.narrow {
            p.kicker { a href=(site.local("/sources")) { "Sources" } }
            h1 dir="auto" { (title) }
            @if let Some(home) = home { p.meta { a href=(home) { "Its own site" } } }
            (parts::follow(site, Holds::Source(name.to_owned(), title.clone()), "Follow it in a reader"))
            @if stories.is_empty() { p.lede { "Nothing of it has been published here yet." } }
            ol.found { @for story in stories { (told(site, story, &title)) } }
        }
    })
}

/// A story as this source told it.
fn told(site: &Site<'_>, story: &StoryView, by: &str) -> Markup {
    let own = story.sources.iter().find(|source| source.feed == by);
    let title = own.map_or(&story.title, |source| &source.title);
    let title = if title.trim().is_empty() { &story.title } else { title };
    let url = own.map_or(story.url.as_ref(), |source| source.url.as_ref());
    let page = site.local(&story_path(story.id));
    let leads = story.sources.first().is_none_or(|source| source.feed == by);
    let more = match story.sources.len() {
        0 | 1 => "Details".to_owned(),
        many => format!("{many} sources"),
    };
    html! {
        li {
            h2 dir="auto" lang=[story.language.as_deref().filter(|_| leads)] {
                a href=(clean::some_link(url).unwrap_or_else(|| page.as_str().into())) { (parts::title(title)) }
            }
            @if leads { (parts::excerpt(title, &story.excerpt, 2, 220)) }
            p.meta {
                span.source dir="auto" { (site.category_title(&story.category)) }
                " " a.breadth href=(page) { (more) }
                " " (parts::full_time(own.map_or(story.published, |source| source.published)))
            }
        }
    }
}
