//! The permanent pages of a story and a topic.

use super::super::clean;
use super::super::messages::{count, fill};
use super::super::site::{Holds, Site, story_path, topic_path};
use super::front::by_day;
use super::parts;
use super::shell::Shell;
use crate::model::{SourceView, StoryBrief, StoryView, TopicView, site_of};
use jiff::Timestamp;
use maud::{Markup, html};

/// Authors that are named.
const AUTHORS: usize = 3;

/// A story's page at `now`: its beginning, everyone who carried it, what else there is, and why it stands where it stands.
/// `why` is plain lines.
pub fn story(site: &Site<'_>, story: &StoryView, why: &[String], now: Timestamp) -> String {
    let (title, language) = (parts::title(site, &story.title), story.language.as_deref());
    let lang = parts::lang(site, language);
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
            h1 dir=(parts::dir(language, &title)) lang=[lang.clone()] { (title) }
            (byline(site, story, now))
            @let beginning = clean::beginning(&story.excerpt, 4, parts::LONG);
            @if !beginning.is_empty() { p.lede dir=(parts::dir(language, &beginning)) lang=[lang] { (beginning) } }
            @if let (Some(url), Some(lead)) = (clean::some_link(story.url.as_ref()), story.sources.first()) {
                p { a.button href=(url) { bdi { (fill(site.words().read_at, &read_at(&url, lead))) } } }
            }
            (carriers(site, &story.sources))
            @if !story.siblings.is_empty() {
                section aria-labelledby="siblings" {
                    h2 #siblings { a href=(site.local(&topic_path(story.topic))) { (site.words().more_on_topic) } }
                    (timeline(site, &story.siblings))
                }
            }
            (reasons(site, why))
        }
    })
}

/// A topic's page at `now`: its stories as they came, newest first.
pub fn topic(site: &Site<'_>, topic: &TopicView, now: Timestamp) -> String {
    let words = site.words();
    let best = topic.stories.first();
    let title = parts::title(site, best.map_or("", |story| &story.title));
    let language = best.and_then(|story| story.language.as_deref());
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
            h1 dir=(parts::dir(language, &title)) lang=[parts::lang(site, language)] { (title) }
            @if let Some(best) = best { (parts::excerpt(site, best, 3, parts::LONG)) }
            p.meta {
                @if let Some(best) = best {
                    span.source dir="auto" { (clean::line(&best.feed)) }
                    " " (parts::full_and_recent(site, best.published, now))
                }
                " " span { (count(words.stories, topic.stories.len())) }
                " " span { (count(words.by_publishers, topic.publishers.max(1))) }
            }
            @if best.is_some_and(|best| best.id != topic.first.id) { (beginning(site, &topic.first)) }
            (parts::follow(site, Holds::Topic(topic.id, String::new()), words.follow_topic))
            section aria-labelledby="timeline" {
                h2 #timeline { (words.time_line) }
                (timeline(site, &topic.stories))
            }
        }
    })
}

/// How a topic began that has news since.
fn beginning(site: &Site<'_>, first: &StoryBrief) -> Markup {
    html! {
        p.meta {
            span { (site.words().began) " " (parts::full_time(site, first.published)) }
            " " span dir=(parts::runs(first)) { (parts::headline(site, first)) }
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

fn byline(site: &Site<'_>, story: &StoryView, now: Timestamp) -> Markup {
    let words = site.words();
    let mut written: Vec<_> =
        story.authors.iter().filter_map(|person| person.name.as_deref().map(clean::line)).collect();
    let others = written.split_off(written.len().min(AUTHORS)).len();
    html! {
        p.meta {
            @if let Some(lead) = story.sources.first() { span.source dir="auto" { (clean::line(&lead.feed)) } }
            @if !written.is_empty() { " " span dir="auto" { (fill(words.by, &words.names(&written, others))) } }
            " " (parts::full_and_recent(site, story.published, now))
            @if story.updated > story.published { " " span { (fill(words.changed, &parts::full_words(site, story.updated))) } }
        }
    }
}

fn carriers(site: &Site<'_>, sources: &[SourceView]) -> Markup {
    let words = site.words();
    html! {
        section aria-labelledby="sources" {
            h2 #sources { (count(words.reported_by, sources.len())) }
            ol.sources {
                @for source in sources {
                    @let language = source.language.as_deref();
                    li dir=(parts::dir(language, &source.title)) {
                        p.who {
                            @match clean::some_link(source.site_url.as_ref()) {
                                Some(url) => { a href=(url) { (clean::line(&source.feed)) } }
                                None => { (clean::line(&source.feed)) }
                            }
                        }
                        p.what lang=[parts::lang(site, language)] {
                            @match clean::some_link(source.url.as_ref()) {
                                Some(url) => { a href=(url) { (parts::title(site, &source.title)) } }
                                None => { (parts::title(site, &source.title)) }
                            }
                        }
                        @if !source.note.is_empty() { p.what lang=[parts::lang(site, language)] { (clean::beginning(&source.note, 2, parts::LONG)) } }
                        p.meta {
                            span { (parts::full_time(site, source.published)) }
                            @if let Some(url) = clean::some_link(source.discussion.as_ref()) {
                                " " a href=(url) { (words.discussion) }
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
        @for (day, stories) in by_day(site, &newest_first, |story| story.published) {
            h3.day { (day) }
            ol.timeline {
                @for story in stories {
                    li {
                        div.when { (parts::clock_time(site, story.published)) }
                        div.what dir=(parts::runs(story)) {
                            p.title { (parts::headline(site, story)) }
                            p.meta {
                                span.source dir="auto" { (clean::line(&story.feed)) }
                                " " a.breadth href=(site.local(&story_path(story.id))) { (parts::carriers(site, story.sources)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn reasons(site: &Site<'_>, why: &[String]) -> Markup {
    html! {
        @if !why.is_empty() {
            details.why {
                summary { (site.words().why_one) }
                ul { @for reason in why { li dir="auto" { (clean::line(reason)) } } }
            }
        }
    }
}
