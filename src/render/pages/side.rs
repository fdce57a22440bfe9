//! What stands beside the news of a page: the ranking, recommended topics, related topics.
//!
//! None of it is paid for, or depends on who reads. The ranking counts newsrooms. Recommended topics are from
//! sections that the page does not show: on the front page the best by rank, elsewhere those that most newsrooms
//! report. Related topics share words. No topic stands here that the page shows elsewhere, except in the ranking:
//! with gaps it would be none. Must not know how any of this is counted.

use super::super::messages::count;
use super::super::site::{Site, topic_path};
use super::parts;
use crate::model::{CategoryName, Ranked, TopicId, TopicView};
use jiff::Timestamp;
use maud::{Markup, html};

/// Places of the ranking.
const RANKED: usize = 5;
/// Recommended topics, at most.
pub const RECOMMENDED: usize = 3;

/// What a page may show beside its news.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The topics that most newsrooms reported in the last day, those with the most newsrooms first.
    pub ranking: &'a [Ranked],
    /// The topics that share most with the words of the page's own, the nearest first.
    pub related: &'a [TopicView],
}

/// The ranking; empty if it has fewer than two topics.
pub(super) fn ranking(site: &Site<'_>, ranked: &[Ranked]) -> Markup {
    let words = site.words();
    html! {
        @if ranked.len() > 1 {
            section.list aria-labelledby="ranking" {
                h2 #ranking { (words.ranking) }
                p.meta { (words.newsrooms) }
                ol.rank { @for one in ranked.iter().take(RANKED) { (place(site, one)) } }
            }
        }
    }
}

/// A place in a ranking.
pub(super) fn place(site: &Site<'_>, ranked: &Ranked) -> Markup {
    let Ranked { topic, newsrooms } = ranked;
    html! {
        @if let Some(lead) = topic.stories.first() {
            li {
                p.title dir=(parts::runs(lead)) {
                    a href=(site.local(&topic_path(topic.id))) lang=[parts::lang(site, lead.language.as_deref())] {
                        (parts::title(site, &lead.title))
                    }
                }
                p.meta { span { (count(site.words().by_newsrooms, *newsrooms)) } }
            }
        }
    }
}

/// The topics to recommend: of each section that is not in `sections`, the first of the ranking that is not in
/// `shown`, at most [`RECOMMENDED`] in all.
pub(super) fn of_other_sections<'r>(
    ranking: &'r [Ranked],
    sections: &[&CategoryName],
    shown: &[TopicId],
) -> Vec<&'r TopicView> {
    let mut found: Vec<&TopicView> = Vec::new();
    for Ranked { topic, .. } in ranking {
        let is_seen = sections.contains(&&topic.category)
            || shown.contains(&topic.id)
            || found.iter().any(|other| other.category == topic.category);
        if !is_seen && found.len() < RECOMMENDED {
            found.push(topic);
        }
    }
    found
}

/// Topics under a heading, each with its section above it; empty if there are none. `id` is that of the heading.
pub(super) fn list(
    site: &Site<'_>,
    (id, title): (&str, &str),
    topics: &[&TopicView],
    now: Timestamp,
) -> Markup {
    html! {
        @if !topics.is_empty() {
            section.list aria-labelledby=(id) {
                h2 id=(id) { (title) }
                @for topic in topics {
                    @if let Some(lead) = topic.stories.first() {
                        article class="card brief" dir=(parts::runs(lead)) {
                            (parts::kicker(site, &topic.category))
                            h3 { (parts::headline(site, lead)) }
                            (parts::topic_meta(site, topic, lead, now))
                        }
                    }
                }
            }
        }
    }
}

/// What stands beside a story or a topic: related topics, and recommended ones of other sections.
pub(super) fn beside(
    site: &Site<'_>,
    beside: Beside<'_>,
    (category, topic): (&CategoryName, TopicId),
    now: Timestamp,
) -> Markup {
    let words = site.words();
    let related: Vec<&TopicView> = beside.related.iter().filter(|other| other.id != topic).collect();
    let shown: Vec<TopicId> = related.iter().map(|topic| topic.id).chain([topic]).collect();
    let recommended = of_other_sections(beside.ranking, &[category], &shown);
    html! {
        @if !related.is_empty() || !recommended.is_empty() {
            div.side {
                (list(site, ("related", words.related), &related, now))
                (list(site, ("recommended", words.recommended), &recommended, now))
            }
        }
    }
}
