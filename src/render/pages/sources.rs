//! The pages of sources: the list of them, and the stories that one of them carried.
//!
//! A source is a feed as readers see it. Must not know which feeds are private: callers leave those out.

use super::super::clean;
use super::super::messages::{count, fill};
use super::super::site::{Holds, Site, source_path, story_path};
use super::parts;
use super::shell::Shell;
use super::status::{feed_name, host};
use crate::model::{FeedNo, FeedView, StoryView, source_name};
use jiff::Timestamp;
use maud::{Markup, html};

/// Sources on a page.
const ON_PAGE: usize = 100;

/// A page of the list, by number from 1 on; `None` if there is no such page. `feeds` are all that may be seen in
/// public.
pub fn sources(site: &Site<'_>, feeds: &[FeedView], page: usize) -> Option<String> {
    let pages = feeds.len().div_ceil(ON_PAGE).max(1);
    if page == 0 || page > pages {
        return None;
    }
    let words = site.words();
    let path = |page| if page == 1 { "/sources".to_owned() } else { format!("/sources?page={page}") };
    let shell = Shell {
        site,
        title: Some(words.sources.to_owned()),
        path: Some(path(page)),
        description: Some(count(words.followed, feeds.len())),
        category: None,
        latest: None,
    };
    let mut sorted: Vec<&FeedView> = feeds.iter().collect();
    sorted.sort_by_cached_key(|feed| feed_name(feed).to_lowercase());
    Some(shell.around(&html! {
        div.wide {
            h1 { (words.sources) }
            p.lede { (count(words.followed, feeds.len())) }
            p.meta { a href=(site.local("/status")) { (words.how_doing) } }
            ul.names {
                @for feed in sorted.iter().skip((page - 1) * ON_PAGE).take(ON_PAGE) { (line(site, feed)) }
            }
            (parts::turn(site, page, pages, path))
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

/// The page at `now` of a source: what `feed` brought last. It is called `name` in addresses, and `title` on pages.
pub fn source_page(
    site: &Site<'_>,
    feed: FeedNo,
    (name, title): (&str, &str),
    stories: &[StoryView],
    now: Timestamp,
) -> String {
    let words = site.words();
    let title = parts::title(site, title);
    let shell = Shell {
        site,
        title: Some(title.clone()),
        path: Some(source_path(name)),
        description: Some(fill(words.each_once, &title)),
        category: None,
        latest: None,
    };
    let home = stories.iter().flat_map(|story| &story.sources).find(|source| source.feed_no == feed);
    let home = home.and_then(|source| clean::some_link(source.site_url.as_ref()));
    shell.around(&html! {
        div.narrow {
            p.kicker { a href=(site.local("/sources")) { (words.sources) } }
            h1 dir="auto" { (title) }
            @if let Some(home) = home { p.meta { a href=(home) { (words.own_site) } } }
            (parts::follow(site, Holds::Source(name.to_owned(), title.clone()), words.follow_in_reader))
            @if stories.is_empty() { p.lede { (words.nothing_of_it) } }
            ol.found { @for story in stories { (told(site, story, feed, now)) } }
        }
    })
}

/// A story with the headline, the link and the date that it has in this feed. Its excerpt is that of the lead, and so
/// is shown only where this feed leads.
fn told(site: &Site<'_>, story: &StoryView, by: FeedNo, now: Timestamp) -> Markup {
    let own = story.sources.iter().find(|source| source.feed_no == by);
    let title = own.map_or(&story.title, |source| &source.title);
    let title = if title.trim().is_empty() { &story.title } else { title };
    let url = own.map_or(story.url.as_ref(), |source| source.url.as_ref());
    let page = site.local(&story_path(story.id));
    let leads = story.sources.first().is_none_or(|source| source.feed_no == by);
    let language = story.language.as_deref().filter(|_| leads);
    let language = own.and_then(|source| source.language.as_deref()).or(language);
    let words = parts::excerpt_words(site, title, &story.excerpt, 2, 220).filter(|_| leads);
    html! {
        li {
            h2 dir=(parts::dir(language, title)) lang=[parts::lang(site, language)] {
                a href=(clean::some_link(url).unwrap_or_else(|| page.as_str().into())) { (parts::title(site, title)) }
            }
            @if let Some(words) = words {
                p.excerpt dir=(parts::dir(language, &words)) lang=[parts::lang(site, language)] { (words) }
            }
            p.meta {
                span.source dir="auto" { (site.category_title(&story.category)) }
                " " a.breadth href=(page) { (parts::carriers(site, story.sources.len())) }
                " " (parts::recent(site, own.map_or(story.published, |source| source.published), now))
            }
        }
    }
}
