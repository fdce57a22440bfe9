//! The permanent pages of a story and a topic.

use super::super::clean;
use super::super::site::{Holds, Site, story_path, topic_path};
use super::front::{by_day, names};
use super::parts;
use super::shell::Shell;
use crate::model::{SourceView, StoryBrief, StoryView, TopicView, site_of};
use maud::{Markup, html};

/// A story's page: its beginning, everyone who carried it, what else there is, and why it stands where it stands.
/// `why` is plain lines.
pub fn story(site: &Site<'_>, story: &StoryView, why: &[String]) -> String {
    let title = parts::title(&story.title);
    let shell = Shell {
        site,
        title: Some(title.clone()),
        path: Some(story_path(story.id)),
        description: some_description(&story.excerpt),
        category: Some(&story.category),
        latest: None,
    };
    shell.around(&html! {
        article.narrow {
            (parts::kicker(site, &story.category))
            h1 dir="auto" lang=[story.language.as_deref()] { (title) }
            (byline(story))
            @let beginning = clean::beginning(&story.excerpt, 4, parts::LONG);
            @if !beginning.is_empty() { p.lede dir="auto" lang=[story.language.as_deref()] { (beginning) } }
            @if let (Some(url), Some(lead)) = (clean::some_link(story.url.as_ref()), story.sources.first()) {
                p { a.button href=(url) { span { "Read it at " bdi { (read_at(&url, lead)) } } } }
            }
            (carriers(&story.sources))
            @if !story.siblings.is_empty() {
                section aria-labelledby="siblings" {
                    h2 #siblings { a href=(site.local(&topic_path(story.topic))) { "More on this topic" } }
                    (timeline(site, &story.siblings))
                }
            }
            (reasons(why))
        }
    })
}

/// A topic's page: its stories as they came, newest first.
pub fn topic(site: &Site<'_>, topic: &TopicView) -> String {
    let best = topic.stories.first();
    let title = best.map_or_else(|| "A topic".to_owned(), |story| parts::title(&story.title));
    let shell = Shell {
        site,
        title: Some(title.clone()),
        path: Some(topic_path(topic.id)),
        description: best.and_then(|story| some_description(&story.excerpt)),
        category: Some(&topic.category),
        latest: None,
    };
    shell.around(&html! {
        article.narrow {
            (parts::kicker(site, &topic.category))
            h1 dir="auto" { (title) }
            @if let Some(best) = best { (parts::excerpt(&best.title, &best.excerpt, 3, parts::LONG)) }
            p.meta {
                @if let Some(best) = best {
                    span.source dir="auto" { (clean::line(&best.feed)) }
                    " " (parts::full_time(best.published))
                }
                " " span { (parts::count(topic.stories.len(), "story", "stories")) }
                " " span { (parts::count(topic.publishers.max(1), "publisher", "publishers")) }
            }
            @if best.is_some_and(|best| best.id != topic.first.id) { (beginning(site, &topic.first)) }
            (parts::follow(site, Holds::Topic(topic.id, String::new()), "Follow this topic in a reader"))
            section aria-labelledby="timeline" {
                h2 #timeline { "As it came" }
                (timeline(site, &topic.stories))
            }
        }
    })
}

/// How a topic began that has news since.
fn beginning(site: &Site<'_>, first: &StoryBrief) -> Markup {
    html! {
        p.meta {
            span { "Began " (parts::full_time(first.published)) }
            " " span dir="auto" { (parts::headline(site, first)) }
            " " span.source dir="auto" { (clean::line(&first.feed)) }
        }
    }
}

/// Whose page a story's link leads to: the lead's, or that of a site that it only leads to.
fn read_at(url: &str, lead: &SourceView) -> String {
    let own = lead.url.as_deref() == Some(url);
    let elsewhere = if own { None } else { site_of(url) };
    clean::line(elsewhere.as_ref().unwrap_or(&lead.feed))
}

fn some_description(excerpt: &str) -> Option<String> {
    Some(clean::beginning(excerpt, 2, 200)).filter(|words| !words.is_empty())
}

fn byline(story: &StoryView) -> Markup {
    let written: Vec<_> = story.authors.iter().filter_map(|person| person.name.as_deref()).collect();
    html! {
        p.meta {
            @if let Some(lead) = story.sources.first() { span.source dir="auto" { (clean::line(&lead.feed)) } }
            @if !written.is_empty() { " " span dir="auto" { "by " (names(&written, 3)) } }
            " " (parts::full_time(story.published))
            @if story.updated > story.published { " " span { "changed " (parts::full_time(story.updated)) } }
        }
    }
}

fn carriers(sources: &[SourceView]) -> Markup {
    html! {
        section aria-labelledby="sources" {
            h2 #sources { "Carried by " (parts::count(sources.len(), "source", "sources")) }
            ol.sources {
                @for source in sources {
                    li dir="auto" {
                        p.who {
                            @match clean::some_link(source.site_url.as_ref()) {
                                Some(url) => { a href=(url) { (clean::line(&source.feed)) } }
                                None => { (clean::line(&source.feed)) }
                            }
                        }
                        p.what {
                            @match clean::some_link(source.url.as_ref()) {
                                Some(url) => { a href=(url) { (parts::title(&source.title)) } }
                                None => { (parts::title(&source.title)) }
                            }
                        }
                        @if !source.note.is_empty() { p.what { (clean::beginning(&source.note, 2, parts::LONG)) } }
                        p.meta {
                            span { (parts::full_time(source.published)) }
                            @if let Some(url) = clean::some_link(source.discussion.as_ref()) {
                                " " a href=(url) { "Discussion" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Stories under their days, newest first, the hour beside each.
fn timeline(site: &Site<'_>, stories: &[StoryBrief]) -> Markup {
    let mut newest_first: Vec<_> = stories.iter().collect();
    newest_first.sort_by_key(|story| std::cmp::Reverse((story.published, story.id)));
    html! {
        @for (day, stories) in by_day(&newest_first, |story| story.published) {
            h3.day { (day) }
            ol.timeline {
                @for story in stories {
                    li {
                        div.when { (parts::clock_time(story.published)) }
                        div.what dir="auto" {
                            p.title { (parts::headline(site, story)) }
                            p.meta {
                                span.source dir="auto" { (clean::line(&story.feed)) }
                                " " a.breadth href=(site.local(&story_path(story.id))) {
                                    @if story.sources > 1 { (story.sources) " sources" } @else { "Details" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn reasons(why: &[String]) -> Markup {
    html! {
        @if !why.is_empty() {
            details.why {
                summary { "Why it stands here" }
                ul { @for reason in why { li dir="auto" { (clean::line(reason)) } } }
            }
        }
    }
}
