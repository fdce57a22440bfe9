//! The pieces that pages are made of: a headline, the line below it, a time, a brief.

use super::super::clean;
use super::super::site::{Form, Holds, Output, Site, category_path, story_path, topic_path};
use crate::model::{CategoryName, StoryBrief, TopicView};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

/// Characters of the longest excerpts.
pub(super) const LONG: usize = clean::GIVEN_CHARS - 10;

/// A moment in words, in UTC.
fn words(at: Timestamp, format: &str) -> String {
    at.to_zoned_datetime(TimeZone::UTC).strftime(format).to_string()
}

/// "23 November 2026, 14:05 UTC".
pub(super) fn full_words(at: Timestamp) -> String {
    words(at, "%-d %B %Y, %H:%M UTC")
}

/// "Monday, 23 November 2026".
pub(super) fn day_words(at: Timestamp) -> String {
    words(at, "%A, %-d %B %Y")
}

/// "14:05".
pub(super) fn clock_words(at: Timestamp) -> String {
    words(at, "%H:%M")
}

/// A moment as lists show it: "23 Nov, 14:05", the rest in the title. On a page whose latest news is of another year,
/// the year stands for the hour.
pub(super) fn short_time(at: Timestamp, latest: Timestamp) -> Markup {
    let same_year = words(at, "%Y") == words(latest, "%Y");
    element(at, &words(at, if same_year { "%-d %b, %H:%M" } else { "%-d %b %Y" }))
}

/// A moment in full.
pub(super) fn full_time(at: Timestamp) -> Markup {
    element(at, &full_words(at))
}

/// The hour and minute of a moment whose day is shown nearby.
pub(super) fn clock_time(at: Timestamp) -> Markup {
    element(at, &clock_words(at))
}

fn element(at: Timestamp, shown: &str) -> Markup {
    html! { time dir="ltr" datetime=(clean::rfc3339(at)) title=(full_words(at)) { (shown) } }
}

/// "1 story", "2 stories".
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A title, or what stands in for one.
pub(super) fn title(text: &str) -> String {
    let text = clean::line(text);
    if text.is_empty() { "Untitled".to_owned() } else { text }
}

/// A title that leads to the publisher's page, or to our own when the publisher gives none. What holds it has
/// `dir="auto"`, so that the whole line runs the way its script does.
pub(super) fn headline(site: &Site<'_>, story: &StoryBrief) -> Markup {
    let own = site.local(&story_path(story.id));
    let to = clean::some_link(story.url.as_ref()).unwrap_or_else(|| own.clone().into());
    html! { a href=(to) { (title(&story.title)) } }
}

/// Who, how widely, when: the line below a topic's headline, with the headline's own time.
pub(super) fn topic_meta(site: &Site<'_>, topic: &TopicView, lead: &StoryBrief, latest: Timestamp) -> Markup {
    html! {
        p.meta {
            span.source dir="auto" { (clean::line(&lead.feed)) }
            " " a.breadth href=(site.local(&topic_path(topic.id))) { (breadth(topic)) }
            " " (short_time(lead.published, latest))
        }
    }
}

/// How widely a topic is carried, in a word or two.
fn breadth(topic: &TopicView) -> String {
    let stories = topic.stories.len();
    match topic.publishers {
        0 | 1 if stories > 1 => count(stories, "story", "stories"),
        0 | 1 => "Details".to_owned(),
        publishers => format!("{publishers} publishers"),
    }
}

/// Who, how widely, when: the line below a story's title.
pub(super) fn story_meta(site: &Site<'_>, story: &StoryBrief, time: &Markup) -> Markup {
    let more = if story.sources > 1 { format!("{} sources", story.sources) } else { "Details".to_owned() };
    html! {
        p.meta {
            span.source dir="auto" { (clean::line(&story.feed)) }
            " " a.breadth href=(site.local(&story_path(story.id))) { (more) }
            " " (time)
        }
    }
}

/// The first sentences, as a paragraph; nothing when there are none, or when they only say the title again.
pub(super) fn excerpt(story_title: &str, text: &str, sentences: usize, chars: usize) -> Markup {
    let words = excerpt_words(story_title, text, sentences, chars);
    html! { @if let Some(words) = words { p.excerpt dir="auto" { (words) } } }
}

/// The same, plain.
pub(super) fn excerpt_words(story_title: &str, text: &str, sentences: usize, chars: usize) -> Option<String> {
    let words = clean::beginning(text, sentences, chars);
    let says_more =
        !words.is_empty() && words.trim_end_matches('.') != title(story_title).trim_end_matches('.');
    says_more.then_some(words)
}

/// What others report of the topic, a line each; whoever heads it has had its say.
pub(super) fn also(site: &Site<'_>, topic: &TopicView, at_most: usize) -> Markup {
    let others = topic.others();
    html! {
        @if !others.is_empty() && at_most > 0 {
            ul.also {
                @for story in others.into_iter().take(at_most) {
                    li dir="auto" { (headline(site, story)) " " span.source dir="auto" { (clean::line(&story.feed)) } }
                }
            }
        }
    }
}

/// The section above a headline. A section that is no longer there is named but not linked.
pub(super) fn kicker(site: &Site<'_>, category: &CategoryName) -> Markup {
    let title = site.category_title(category);
    html! {
        p.kicker {
            @if site.has(category) {
                a href=(site.local(&category_path(category))) { bdi { (title) } }
            } @else {
                bdi { (title) }
            }
        }
    }
}

/// A line that leads to the output of what a page shows.
pub(super) fn follow(site: &Site<'_>, holds: Holds, words: &str) -> Markup {
    let output = Output { category: None, holds, form: Form::Atom };
    html! {
        p.meta { a rel="alternate" type=(output.form.media_type()) href=(site.local(&output.path())) { (words) } }
    }
}

/// Leads to the pages before and after this one of several; nothing when there is one.
pub(super) fn turn(page: usize, pages: usize, path: impl Fn(usize) -> String) -> Markup {
    html! {
        @if pages > 1 {
            nav.turn aria-label="Pages" {
                @if page > 1 { a rel="prev" href=(path(page - 1)) { "Previous page" } }
                span { "Page " (page) " of " (pages) }
                @if page < pages { a rel="next" href=(path(page + 1)) { "Next page" } }
            }
        }
    }
}
