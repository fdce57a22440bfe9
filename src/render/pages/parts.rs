//! The pieces that pages have in common: a headline, the line below it, a time, an excerpt.
//!
//! Must not know on which page a piece stands.

use super::super::clean;
use super::super::messages::{count as counted, fill};
use super::super::output::language_tag;
use super::super::site::{FEEDS_PATH, Form, Holds, Output, Site, category_path, story_path, topic_path};
use crate::model::{CategoryName, StoryBrief, TopicView};
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};

/// Characters of the longest excerpts.
pub(super) const LONG: usize = clean::GIVEN_CHARS - 10;

/// Languages that are written from right to left.
const RIGHT_TO_LEFT: [&str; 12] = ["ar", "arc", "ckb", "dv", "fa", "he", "iw", "ku", "ps", "sd", "ur", "yi"];

/// The day on which a moment lies in the site's zone.
pub(super) fn day(site: &Site<'_>, at: Timestamp) -> Date {
    site.timezone.to_datetime(at).date()
}

/// "23 November 2026, 14:05 UTC".
pub(super) fn full_words(site: &Site<'_>, at: Timestamp) -> String {
    format!("{}, {}", site.words().date(day(site, at)), zoned_clock(site, at))
}

/// "Monday, 23 November 2026".
pub(super) fn day_words(site: &Site<'_>, at: Timestamp) -> String {
    site.words().full_date(day(site, at))
}

/// "14:05".
fn clock_words(site: &Site<'_>, at: Timestamp) -> String {
    site.timezone.to_datetime(at).strftime("%H:%M").to_string()
}

/// "14:05 CET".
pub(super) fn zoned_clock(site: &Site<'_>, at: Timestamp) -> String {
    at.to_zoned_datetime(site.timezone.clone()).strftime("%H:%M %Z").to_string()
}

/// A time as lists show it: how long ago it was if that is less than a day, else as [`dated`]. The full time is in
/// its `title`.
pub(super) fn recent(site: &Site<'_>, at: Timestamp, now: Timestamp) -> Markup {
    site.words().ago(at, now).map_or_else(|| dated(site, at, now), |ago| element(site, at, &ago))
}

/// "23 November, 14:05"; if `latest`, the time of the page or of its latest news, is in another year: "23 November
/// 2025".
pub(super) fn dated(site: &Site<'_>, at: Timestamp, latest: Timestamp) -> Markup {
    let (words, date) = (site.words(), day(site, at));
    let shown = if date.year() == day(site, latest).year() {
        format!("{}, {}", words.day(date), clock_words(site, at))
    } else {
        words.date(date)
    };
    element(site, at, &shown)
}

/// A time in full.
pub(super) fn full_time(site: &Site<'_>, at: Timestamp) -> Markup {
    element(site, at, &full_words(site, at))
}

/// A time in full, and how long ago it was if that is less than a day.
pub(super) fn full_and_recent(site: &Site<'_>, at: Timestamp, now: Timestamp) -> Markup {
    let ago = site.words().ago(at, now).map_or_else(String::new, |ago| format!(" ({ago})"));
    element(site, at, &(full_words(site, at) + &ago))
}

/// Hour and minute of a time whose day is shown nearby.
pub(super) fn clock_time(site: &Site<'_>, at: Timestamp) -> Markup {
    element(site, at, &clock_words(site, at))
}

fn element(site: &Site<'_>, at: Timestamp, shown: &str) -> Markup {
    html! { time dir="ltr" datetime=(clean::rfc3339(at)) title=(full_words(site, at)) { (shown) } }
}

/// "1 story", "2 stories"; for the status page, which is in English.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A title, or the word for a missing one.
pub(super) fn title(site: &Site<'_>, text: &str) -> String {
    let text = clean::line(text);
    if text.is_empty() { site.words().untitled.to_owned() } else { text }
}

/// The `lang` attribute of foreign words; `None` if their language is that of the page, or unknown.
pub(super) fn lang(site: &Site<'_>, language: Option<&str>) -> Option<String> {
    let tag = language.and_then(language_tag)?;
    (primary(&tag) != site.language.tag()).then_some(tag)
}

/// The `dir` attribute of foreign words: right to left if their language is written so and any letter of them is;
/// else the browser goes by the first letter.
pub(super) fn dir(language: Option<&str>, words: &str) -> &'static str {
    let is_hebrew_or_arabic =
        |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    let runs_left = language.is_some_and(|tag| RIGHT_TO_LEFT.contains(&primary(tag).as_str()));
    if runs_left && words.chars().any(is_hebrew_or_arabic) { "rtl" } else { "auto" }
}

fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// The `dir` attribute of a story's headline.
pub(super) fn runs(story: &StoryBrief) -> &'static str {
    dir(story.language.as_deref(), &story.title)
}

/// A title that links to the publisher's page, or to our own if the publisher gives none. The element around it
/// should have [`runs`] as its `dir`.
pub(super) fn headline(site: &Site<'_>, story: &StoryBrief) -> Markup {
    headed(site, story, &html! {})
}

/// The same with a picture before the title, in the same link.
pub(super) fn headed(site: &Site<'_>, story: &StoryBrief, picture: &Markup) -> Markup {
    let own = site.local(&story_path(story.id));
    let to = clean::some_link(story.url.as_ref()).unwrap_or_else(|| own.clone().into());
    html! {
        a href=(to) lang=[lang(site, story.language.as_deref())] {
            @if !picture.0.is_empty() { (picture) " " }
            (title(site, &story.title))
        }
    }
}

/// The line below a topic's headline: who, how widely carried, and when the story with that headline was published.
pub(super) fn topic_meta(site: &Site<'_>, topic: &TopicView, lead: &StoryBrief, now: Timestamp) -> Markup {
    html! {
        p.meta {
            span.source dir="auto" { (clean::line(&lead.feed)) }
            " " a.breadth href=(site.local(&topic_path(topic.id))) { (breadth(site, topic)) }
            " " (recent(site, lead.published, now))
        }
    }
}

/// How widely a topic is carried, in a word or two: the number of its publishers, of any time and with copies; of one
/// publisher, the number of stories.
fn breadth(site: &Site<'_>, topic: &TopicView) -> String {
    let (words, stories) = (site.words(), topic.stories.len());
    match topic.publishers {
        0 | 1 if stories > 1 => counted(words.stories, stories),
        0 | 1 => words.details.to_owned(),
        publishers => counted(words.by_publishers, publishers),
    }
}

/// How many feeds carry a story; if only one does, the word for details.
pub(super) fn carriers(site: &Site<'_>, sources: usize) -> String {
    let words = site.words();
    if sources > 1 { counted(words.by_sources, sources) } else { words.details.to_owned() }
}

/// The line below a story's title: who, how widely carried, when.
pub(super) fn story_meta(site: &Site<'_>, story: &StoryBrief, time: &Markup) -> Markup {
    html! {
        p.meta {
            span.source dir="auto" { (clean::line(&story.feed)) }
            " " a.breadth href=(site.local(&story_path(story.id))) { (carriers(site, story.sources)) }
            " " (time)
        }
    }
}

/// The first sentences of a story, as a paragraph; empty if there are none, or if they only repeat the title.
pub(super) fn excerpt(site: &Site<'_>, story: &StoryBrief, sentences: usize, chars: usize) -> Markup {
    let language = story.language.as_deref();
    let words = excerpt_words(site, &story.title, &story.excerpt, sentences, chars);
    html! {
        @if let Some(words) = words { p.excerpt dir=(dir(language, &words)) lang=[lang(site, language)] { (words) } }
    }
}

/// The same as plain text.
pub(super) fn excerpt_words(
    site: &Site<'_>,
    story_title: &str,
    text: &str,
    sentences: usize,
    chars: usize,
) -> Option<String> {
    let words = clean::beginning(text, sentences, chars);
    let says_more =
        !words.is_empty() && words.trim_end_matches('.') != title(site, story_title).trim_end_matches('.');
    says_more.then_some(words)
}

/// The newest story of each other feed of a topic, in one line each. The feed that heads the topic is left out.
pub(super) fn also(site: &Site<'_>, topic: &TopicView, at_most: usize) -> Markup {
    let others = topic.others();
    html! {
        @if !others.is_empty() && at_most > 0 {
            ul.also {
                @for story in others.into_iter().take(at_most) {
                    li dir=(runs(story)) { (headline(site, story)) " " span.source dir="auto" { (clean::line(&story.feed)) } }
                }
            }
        }
    }
}

/// The section of a story or topic, above its headline. A section that the operator has removed is not a link.
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

/// A line that links to the output of what a page shows.
pub(super) fn follow(site: &Site<'_>, holds: Holds, words: &str) -> Markup {
    let output = Output { category: None, holds, form: Form::Atom };
    html! {
        p.meta {
            a rel="alternate" type=(output.form.media_type()) href=(site.local(&output.path())) { (words) }
            " " a href=(site.local(FEEDS_PATH)) { (site.words().how_that_works) }
        }
    }
}

/// Links to the previous and the next page; empty if there is only one. Pages are numbered from 1 on.
pub(super) fn turn(site: &Site<'_>, page: usize, pages: usize, path: impl Fn(usize) -> String) -> Markup {
    let words = site.words();
    html! {
        @if pages > 1 {
            nav.turn aria-label=(words.pages) {
                @if page > 1 { a rel="prev" href=(site.local(&path(page - 1))) { (words.previous_page) } }
                span { (fill(&fill(words.page_of, &page.to_string()), &pages.to_string())) }
                @if page < pages { a rel="next" href=(site.local(&path(page + 1))) { (words.next_page) } }
            }
        }
    }
}
