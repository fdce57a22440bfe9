//! The permanent pages of a story and of a topic.
//!
//! Must not know what is private: callers leave out what nobody may see.

use super::super::clean;
use super::super::messages::{Messages, count, fill};
use super::super::site::{Holds, Site, story_path, topic_path};
use super::corrections::corrections;
use super::front::by_day;
use super::parts;
use super::picture;
use super::shell::Shell;
use super::side::{self, Beside};
use crate::model::{
    Correction, LedgerLine, SourceView, StoryBrief, StoryRule, StoryView, TopicRule, TopicView, other_words,
    searched, site_of,
};
use jiff::Timestamp;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// How many authors are named; the others are counted.
const AUTHORS: usize = 3;
/// How many feeds a sentence names; the others are counted.
const NAMED: usize = 5;

/// What is known about the entries of a story that anyone may see.
#[derive(Debug, Clone, Copy, Default)]
pub struct Background<'a> {
    /// What the desk decided about them, oldest first.
    pub ledger: &'a [LedgerLine],
    /// What their publishers have changed, the latest change first.
    pub corrections: &'a [Correction],
}

/// A story's page at `now`: its beginning, everyone who carried it, what was changed in it, the other stories of its
/// topic, and why its entries are one story.
pub fn story(
    site: &Site<'_>,
    story: &StoryView,
    background: Background<'_>,
    beside: Beside<'_>,
    now: Timestamp,
) -> String {
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
        div.split {
            article.narrow {
                (parts::kicker(site, &story.category))
                h1 dir=(parts::dir(language, &title)) lang=[lang.clone()] { (title) }
                (byline(site, story, now))
                (picture::figure(site, story.picture.as_ref()))
                @let beginning = clean::beginning(&story.excerpt, 4, parts::LONG);
                @if !beginning.is_empty() { p.lede dir=(parts::dir(language, &beginning)) lang=[lang] { (beginning) } }
                @if let (Some(url), Some(lead)) = (clean::some_link(story.url.as_ref()), story.sources.first()) {
                    p { a.button href=(url) { bdi { (fill(site.words().read_at, &read_at(&url, lead))) } } }
                }
                (carriers(site, story))
                (corrections(site, background.corrections))
                @if !story.siblings.is_empty() {
                    section aria-labelledby="siblings" {
                        h2 #siblings { a href=(site.local(&topic_path(story.topic))) { (site.words().more_on_topic) } }
                        (timeline(site, &story.siblings))
                    }
                }
                (reasons(site, story, background.ledger))
            }
            (side::beside(site, beside, (&story.category, story.topic), now))
        }
    })
}

/// A topic's page at `now`: the headline that heads it, how it began, and its stories, newest first.
pub fn topic(site: &Site<'_>, topic: &TopicView, beside: Beside<'_>, now: Timestamp) -> String {
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
        div.split {
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
                (picture::figure(site, picture::of_topic(topic)))
                (milestones(site, topic))
                (parts::follow(site, Holds::Topic(topic.id, String::new()), words.follow_topic))
                section aria-labelledby="timeline" {
                    h2 #timeline { (words.time_line) }
                    (timeline(site, &topic.stories))
                }
            }
            (side::beside(site, beside, (&topic.category, topic.id), now))
        }
    })
}

/// How a topic began, and its newest story, unless that heads the page or began the topic. Empty if it has only one
/// story.
fn milestones(site: &Site<'_>, topic: &TopicView) -> Markup {
    let words = site.words();
    let head = topic.stories.first().map(|story| story.id);
    let newest = topic.stories.iter().max_by_key(|story| (story.published, story.id));
    let newest = newest.filter(|story| Some(story.id) != head && story.id != topic.first.id);
    html! {
        @if topic.stories.len() > 1 {
            div.milestones {
                (milestone(site, words.began, &topic.first, words.first_report))
                @if let Some(newest) = newest { (milestone(site, words.newest, newest, "{}")) }
            }
        }
    }
}

fn milestone(site: &Site<'_>, label: &str, story: &StoryBrief, by: &str) -> Markup {
    html! {
        div {
            p.kicker { (label) }
            p.title dir=(parts::runs(story)) { (parts::headline(site, story)) }
            p.meta {
                span dir="auto" { (fill(by, &clean::line(&story.feed))) }
                " " (parts::full_time(site, story.published))
            }
        }
    }
}

/// The name of the page that a story's link leads to: the lead's feed, or another site if the lead only links to
/// that.
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

fn carriers(site: &Site<'_>, story: &StoryView) -> Markup {
    let (words, sources) = (site.words(), &story.sources);
    // Somebody was first only if nobody else published at the same time.
    let earliest = sources.iter().map(|source| source.published).min().filter(|at| {
        sources.len() > 1 && sources.iter().filter(|source| source.published == *at).count() == 1
    });
    html! {
        section aria-labelledby="sources" {
            h2 #sources { (count(words.reported_by, sources.len())) }
            ol.sources {
                @for source in sources {
                    li dir=(parts::dir(source.language.as_deref(), &source.title)) {
                        (carrier(site, source, &story.title, earliest == Some(source.published)))
                    }
                }
            }
        }
    }
}

/// One feed that carries a story: its headline, with the words marked that the story's own headline does not have,
/// and its note.
fn carrier(site: &Site<'_>, source: &SourceView, headline: &str, was_first: bool) -> Markup {
    let words = site.words();
    let lang = parts::lang(site, source.language.as_deref());
    let (own, home) = (clean::some_link(source.url.as_ref()), clean::some_link(source.site_url.as_ref()));
    let title = parts::title(site, &source.title);
    let name = clean::line(&source.feed);
    let is_same = !title.is_empty() && searched(&title) == searched(headline);
    // The story's own headline is not repeated; the name of the feed has its link.
    let (of_name, of_title) = if is_same { (own.or(home), None) } else { (home, own) };
    html! {
        p.who {
            @match of_name { Some(url) => { a href=(url) { (name) } } None => { (name) } }
            @if was_first { " " span.note { (words.was_first) } }
            @if is_same { " " span.note { (words.same_headline) } }
        }
        @if !is_same {
            p.what lang=[lang.as_deref()] {
                @match of_title {
                    Some(url) => { a href=(url) { (differing(&title, headline)) } }
                    None => { (differing(&title, headline)) }
                }
            }
        }
        @if !source.note.is_empty() { p.what lang=[lang] { (clean::beginning(&source.note, 2, parts::LONG)) } }
        p.meta {
            span { (parts::full_time(site, source.published)) }
            @if let Some(url) = clean::some_link(source.discussion.as_ref()) {
                " " a href=(url) { (words.discussion) }
            }
        }
    }
}

/// A title with the words marked that `headline` does not have.
fn differing(title: &str, headline: &str) -> Markup {
    let mut done = 0;
    html! {
        @for place in other_words(title, headline) {
            (title[done..place.start]) em { (title[place.clone()]) }
            @let () = done = place.end;
        }
        (title[done..])
    }
}

/// Stories, newest first, under their days, with the time beside each.
fn timeline(site: &Site<'_>, stories: &[StoryBrief]) -> Markup {
    let mut newest_first: Vec<_> = stories.iter().collect();
    newest_first.sort_by_key(|story| std::cmp::Reverse((story.published, story.id)));
    html! {
        @for (day, stories) in by_day(site, &newest_first, |story| story.published) {
            h3.day { (day) }
            (moments(site, stories.into_iter().copied()))
        }
    }
}

/// Stories of one day in the given order, with the time beside each.
pub(super) fn moments<'s>(site: &Site<'_>, stories: impl IntoIterator<Item = &'s StoryBrief>) -> Markup {
    html! {
        ol.timeline {
            @for story in stories {
                li {
                    div.when { (parts::clock_time(site, story.published)) }
                    div.what dir=(parts::runs(story)) {
                        p.title { (parts::headline(site, story)) }
                        p.meta {
                            span.source dir="auto" { (clean::line(&story.feed)) }
                            " " a.breadth href=(site.local(&story_path(story.id))) {
                                (parts::carriers(site, story.sources))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Why the entries of a story are one story, and by which words it joined its topic, for readers.
fn reasons(site: &Site<'_>, story: &StoryView, ledger: &[LedgerLine]) -> Markup {
    let sentences = sentences(site.words(), story, ledger);
    html! {
        @if !sentences.is_empty() {
            details.why {
                summary { (site.words().why_one) }
                ul { @for sentence in sentences { li dir="auto" { (clean::line(&sentence)) } } }
            }
        }
    }
}

/// One sentence for each rule by which entries joined the story, with the feeds that it concerns. A sentence leaves
/// out feeds that an earlier one has named, unless others stand before them in it.
fn sentences(words: &Messages, story: &StoryView, ledger: &[LedgerLine]) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for (rules, message) in [
        (&[StoryRule::SameText][..], words.same_text),
        (&[StoryRule::SameAddress], words.same_page),
        (&[StoryRule::SameTitle], words.same_title),
        (&[StoryRule::Order], words.by_hand),
    ] {
        let of_rule = ledger.iter().filter(|line| rules.contains(&line.filing.story.rule));
        let mut names: Vec<String> = Vec::new();
        for line in of_rule {
            let others = line.compared.iter().map(|(_, _, feed)| feed.as_str());
            for feed in others.chain([line.feed.as_str()]) {
                let name = clean::line(feed);
                if named.insert(feed) || !names.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        if !names.is_empty() {
            let others = names.split_off(names.len().min(NAMED)).len();
            sentences.push(fill(message, &words.names(&names, others)));
        }
    }
    if story.sources.len() == 1 {
        sentences.push(words.one_report.to_owned());
    }
    let event = ledger.iter().find(|line| {
        line.filing.topic.no == story.topic_no && line.filing.topic.rule == TopicRule::SameEvent
    });
    let shared = event.map(|line| line.filing.topic.evidence.signs.join(", "));
    if let (Some(shared), false) = (shared.filter(|shared| !shared.is_empty()), story.siblings.is_empty()) {
        sentences.push(fill(words.same_event, &shared));
    }
    sentences
}
