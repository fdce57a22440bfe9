//! The front page and the section pages: topics in order of rank, the first of them large.
//!
//! Must not know how topics are ranked and chosen: they come in the order in which they are shown.

use super::super::linked::{linked_address, linked_by, linked_title};
use super::super::messages::fill;
use super::super::site::{Form, Holds, Output, Site, category_path, story_path};
use super::parts;
use super::picture;
use super::shell::Shell;
use super::side::{self, Beside};
use crate::model::{CategoryName, LinkedPage, Ranked, TopicView};
use jiff::Timestamp;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Topics below the first one, at the top of a page.
const UNDER: usize = 2;
/// Topics in the column beside these.
const BESIDE: usize = 4;
/// Topics in the rows below.
const BELOW: usize = 6;
/// Topics at the top of a page.
pub const TOP: usize = 1 + UNDER + BESIDE + BELOW;
/// Topics in a section of the front page.
pub const IN_SECTION: usize = 7;

/// What stands on the front page.
#[derive(Debug, Clone, Copy)]
pub struct Front<'a> {
    /// The top topics of all categories, best first; thirteen are shown.
    pub top: &'a [TopicView],
    /// The most linked pages, the hottest first.
    pub linked: &'a [LinkedPage],
    /// The topics that most newsrooms reported in the last day, those with the most newsrooms first.
    pub ranking: &'a [Ranked],
    /// The best topic of each of a few sections that have none at the top.
    pub recommended: &'a [TopicView],
    /// The sections in their order, each with its topics, best first. Topics that are shown further up are left out,
    /// and of the others seven are shown.
    pub sections: &'a [(CategoryName, Vec<TopicView>)],
}

/// What every card of a page needs.
#[derive(Clone, Copy)]
struct Paper<'a> {
    site: &'a Site<'a>,
    /// The time for which the page is made: recent times are shown as how long ago they were.
    now: Timestamp,
}

/// The date of the latest story of some topics.
fn latest<'a>(topics: impl IntoIterator<Item = &'a TopicView>) -> Option<Timestamp> {
    topics.into_iter().map(|topic| topic.last).max()
}

/// The front page at `now`.
pub fn front(site: &Site<'_>, front: Front<'_>, now: Timestamp) -> String {
    let top = &front.top[..front.top.len().min(TOP)];
    let shown: BTreeSet<_> = top.iter().chain(front.recommended).map(|topic| topic.id).collect();
    let latest = latest(front.sections.iter().flat_map(|(_, topics)| topics).chain(top));
    let paper = Paper { site, now };
    let shell = Shell {
        site,
        title: None,
        path: Some("/".to_owned()),
        description: Some(fill(site.words().each_once, &site.name())),
        category: None,
        latest,
    };
    shell.around(&html! {
        @if top.is_empty() && front.sections.iter().all(|(_, topics)| topics.is_empty()) {
            (nothing_yet(site))
        }
        (top_block(paper, top, true, &column(paper, front)))
        @for (name, topics) in front.sections {
            @let rest: Vec<_> = topics.iter().filter(|topic| !shown.contains(&topic.id)).take(IN_SECTION).collect();
            @if !rest.is_empty() { (section(paper, name, &rest)) }
        }
    })
}

/// A section's page at `now`: its topics, best first.
pub fn category(
    site: &Site<'_>,
    name: &CategoryName,
    topics: &[TopicView],
    beside: Beside<'_>,
    now: Timestamp,
) -> String {
    let title = site.category_title(name);
    let latest = latest(topics);
    let paper = Paper { site, now };
    let shell = Shell {
        site,
        title: Some(title.clone()),
        path: Some(category_path(name)),
        description: Some(fill(site.words().each_once, &format!("{title}, {}", site.name()))),
        category: Some(name),
        latest,
    };
    let shown: Vec<_> = topics.iter().map(|topic| topic.id).collect();
    let recommended = side::of_other_sections(beside.ranking, &[name], &shown);
    let (top, rest) = topics.split_at(topics.len().min(1 + UNDER + BESIDE));
    shell.around(&html! {
        h1.section-name dir="auto" { (title) }
        @if topics.is_empty() { (nothing_yet(site)) }
        (top_block(paper, top, false, &html! {}))
        div.split {
            @if !rest.is_empty() {
                section.river aria-labelledby="more" {
                    h2 #more { (fill(site.words().more_in, &title)) }
                    ol { @for topic in rest { li { (card(paper, topic, Size::Medium, false)) } } }
                }
            }
            @if !recommended.is_empty() {
                div.side { (side::list(site, ("recommended", site.words().recommended), &recommended, now)) }
            }
        }
    })
}

fn nothing_yet(site: &Site<'_>) -> Markup {
    html! {
        div.narrow { p.lede { (site.words().nothing_yet) } }
    }
}

/// The column beside the news: the ranking, the most linked pages, the recommended topics. Empty if there are none of
/// them.
fn column(paper: Paper<'_>, front: Front<'_>) -> Markup {
    let Paper { site, now } = paper;
    let recommended: Vec<&TopicView> = front.recommended.iter().collect();
    html! {
        (side::ranking(site, front.ranking))
        (most_linked(site, front.linked))
        (side::list(site, ("recommended", site.words().recommended), &recommended, now))
    }
}

/// The top of a page: the first topic large, two below it, a few beside these, more in rows below, and the column,
/// which on a wide screen stands below the topics beside. Without topics, the column alone.
fn top_block(paper: Paper<'_>, topics: &[TopicView], kickers: bool, column: &Markup) -> Markup {
    let Some((first, rest)) = topics.split_first() else {
        return html! { @if !column.0.is_empty() { div.narrow { (column) } } };
    };
    let (under, rest) = rest.split_at(rest.len().min(UNDER));
    let (beside, below) = rest.split_at(rest.len().min(BESIDE));
    html! {
        section.top.alone[beside.is_empty()].wide-side[!column.0.is_empty()] aria-labelledby="top" {
            h2.unseen #top { (paper.site.words().top_stories) }
            div.first {
                (card(paper, first, Size::Lead, kickers))
                @if !under.is_empty() {
                    div.under { @for topic in under { (card(paper, topic, Size::Medium, kickers)) } }
                }
            }
            @if !beside.is_empty() {
                div.beside { @for topic in beside { (card(paper, topic, Size::Small, kickers)) } }
            }
            @if !below.is_empty() {
                div.below { @for topic in below { (card(paper, topic, Size::Medium, kickers)) } }
            }
            @if !column.0.is_empty() { div.column { (column) } }
        }
    }
}

/// The most linked pages, each with who links to it.
fn most_linked(site: &Site<'_>, pages: &[LinkedPage]) -> Markup {
    if pages.is_empty() {
        return html! {};
    }
    let output = Output { category: None, holds: Holds::Linked, form: Form::Atom };
    html! {
        section.list aria-labelledby="linked" {
            h2 #linked { a href=(site.local(&output.path())) { (site.words().most_linked) } }
            @for page in pages {
                article class="card brief" dir="auto" {
                    h3 { a href=[linked_address(page)] { (parts::title(site, linked_title(page))) } }
                    p.meta {
                        span.source dir="auto" { (linked_by(page, site.words())) }
                        @if let Some(story) = &page.story {
                            " " a.breadth href=(site.local(&story_path(story.id))) { (site.words().details) }
                        }
                    }
                }
            }
        }
    }
}

fn section(paper: Paper<'_>, name: &CategoryName, topics: &[&TopicView]) -> Markup {
    let site = paper.site;
    let title = site.category_title(name);
    let id = format!("section-{name}");
    html! {
        section.part aria-labelledby=(id) {
            h2 id=(id) { a href=(site.local(&category_path(name))) dir="auto" { (title) } }
            div.columns {
                @for (i, topic) in topics.iter().enumerate() {
                    (card(paper, topic, if i == 0 { Size::Medium } else { Size::Brief }, false))
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Size {
    Lead,
    Medium,
    Small,
    Brief,
}

impl Size {
    fn class(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Medium => "medium",
            Self::Small => "small",
            Self::Brief => "brief",
        }
    }

    /// Sentences and characters of the excerpt, and the number of other stories that are named.
    fn measure(self) -> (usize, usize, usize) {
        match self {
            Self::Lead => (3, parts::LONG, 4),
            Self::Medium => (2, 220, 2),
            Self::Small => (1, 140, 0),
            Self::Brief => (0, 0, 0),
        }
    }
}

fn card(paper: Paper<'_>, topic: &TopicView, size: Size, kicker: bool) -> Markup {
    let Paper { site, now } = paper;
    let Some(lead) = topic.stories.first() else { return html! {} };
    let (sentences, chars, others) = size.measure();
    let picture = match size {
        Size::Lead => picture::leading(site, picture::of_topic(topic)),
        Size::Medium | Size::Small => picture::listed(site, picture::of_topic(topic)),
        Size::Brief => html! {},
    };
    html! {
        article class={ "card " (size.class()) } dir=(parts::runs(lead)) {
            @if kicker { (parts::kicker(site, &topic.category)) }
            h3 { (parts::headed(site, lead, &picture)) }
            @if sentences > 0 { (parts::excerpt(site, lead, sentences, chars)) }
            (parts::topic_meta(site, topic, lead, now))
            (parts::also(site, topic, others))
        }
    }
}

/// Groups a list that is ordered by time by days. Days are in the site's time zone, and in words.
pub(super) fn by_day<'t, T>(
    site: &Site<'_>,
    all: &'t [T],
    at: impl Fn(&T) -> Timestamp,
) -> Vec<(String, Vec<&'t T>)> {
    let mut days: Vec<(String, Vec<&T>)> = Vec::new();
    for one in all {
        let day = parts::day_words(site, at(one));
        match days.last_mut() {
            Some((last, members)) if *last == day => members.push(one),
            _ => days.push((day, vec![one])),
        }
    }
    days
}
