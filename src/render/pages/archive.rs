//! The archive: the list of days that have stories, and the page of a day with all its stories.
//!
//! Must not know how days are counted: the caller does that, in the site's time zone.

use super::super::messages::fill;
use super::super::site::{Site, day_path};
use super::shell::Shell;
use super::{parts, side, story};
use crate::model::{Ranked, StoryBrief};
use jiff::civil::Date;
use maud::{Markup, html};

/// Stories on one page of a day.
pub const OF_DAY: usize = 100;

/// The list of `days` that have stories, the latest first. `earlier` says that there are more before them. `before`
/// is the day before which days were asked for, if one was named.
pub fn archive(site: &Site<'_>, days: &[Date], earlier: bool, before: Option<Date>) -> String {
    let words = site.words();
    let path = |before: Option<Date>| {
        before.map_or_else(|| "/archive".to_owned(), |day| format!("/archive?before={day}"))
    };
    let shell = Shell {
        site,
        title: Some(words.archive.to_owned()),
        path: Some(path(before)),
        description: None,
        category: None,
        latest: None,
    };
    let months = days.chunk_by(|one, other| one.first_of_month() == other.first_of_month());
    shell.around(&html! {
        div.wide {
            h1 { (words.archive) }
            @if days.is_empty() { p.lede { (words.nothing_yet) } }
            @for month in months {
                section.month {
                    h2 { (words.month(month[0])) }
                    ul.days {
                        @for day in month { li { a href=(site.local(&day_path(*day))) { (words.full_date(*day)) } } }
                    }
                }
            }
            @if let (true, Some(last)) = (earlier, days.last()) {
                nav.turn aria-label=(words.pages) {
                    a rel="next" href=(site.local(&path(Some(*last)))) { (words.earlier_days) }
                }
            }
        }
    })
}

/// A day of the archive, in the site's time zone.
#[derive(Debug, Clone, Copy)]
pub struct Day<'a> {
    /// Its date.
    pub date: Date,
    /// The nearest days that have stories, before it and after it.
    pub neighbours: [Option<Date>; 2],
    /// The topics that most newsrooms reported on it, those with the most newsrooms first.
    pub widest: &'a [Ranked],
    /// Its stories on this page, the newest first.
    pub stories: &'a [StoryBrief],
    /// Which page this is, from 1 on, and of how many.
    pub page: [usize; 2],
}

/// The page of a day.
pub fn day(site: &Site<'_>, day: Day<'_>) -> String {
    let words = site.words();
    let title = words.full_date(day.date);
    let own = day_path(day.date);
    let path = |page| if page == 1 { own.clone() } else { format!("{own}?page={page}") };
    let [page, pages] = day.page;
    let shell = Shell {
        site,
        title: Some(title.clone()),
        path: Some(path(page)),
        description: Some(fill(words.each_once, &format!("{title}, {}", site.name()))),
        category: None,
        latest: None,
    };
    shell.around(&html! {
        div.narrow {
            p.kicker { a href=(site.local("/archive")) { (words.archive) } }
            h1 { (title) }
            (neighbours(site, day.neighbours))
            @if page == 1 && !day.widest.is_empty() {
                section aria-labelledby="widest" {
                    h2 #widest { (words.most_covered) }
                    p.meta { (words.newsrooms) }
                    ol.rank { @for one in day.widest { (side::place(site, one)) } }
                }
            }
            section aria-labelledby="all" {
                h2 #all { (words.all_of_day) }
                (story::moments(site, day.stories))
            }
            (parts::turn(site, page, pages, path))
        }
    })
}

fn neighbours(site: &Site<'_>, [before, after]: [Option<Date>; 2]) -> Markup {
    let words = site.words();
    html! {
        @if before.is_some() || after.is_some() {
            nav.turn aria-label=(words.days) {
                @if let Some(day) = before {
                    a rel="prev" href=(site.local(&day_path(day))) title=(words.full_date(day)) { (words.day_before) }
                }
                @if let Some(day) = after {
                    a rel="next" href=(site.local(&day_path(day))) title=(words.full_date(day)) { (words.day_after) }
                }
            }
        }
    }
}
