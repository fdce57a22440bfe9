//! The archive: which days there are, and what a day holds. Days are those of the site's zone.

use super::cache::Body;
use super::reply::{self, ASK, HTML, Reply};
use super::state::{Follows, WebState};
use crate::render::{day_path, pages};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::ops::Range;

/// Number of days in a list.
const LISTED: usize = 100;
/// Number of topics above the stories of a day.
const WIDEST: usize = 8;

/// Which part of a list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct DaysQuery {
    before: Option<String>,
    page: Option<usize>,
}

type Asked = Result<Query<DaysQuery>, QueryRejection>;

/// `/archive`
pub(super) async fn archive(State(web): State<WebState>, asked: HeaderMap, turned: Asked) -> Reply {
    let Ok(Query(DaysQuery { before, .. })) = turned else { return web.not_found() };
    let before = match before.as_deref().map(date) {
        Some(None) => return web.not_found(),
        before => before.flatten(),
    };
    let made = web.look(move |reader, settings| {
        let zone = &settings.site.timezone;
        let until = before.and_then(|day| span(day, zone)).map_or(Timestamp::MAX, |span| span.start);
        let mut days = reader.days_before(until, zone, LISTED + 1)?;
        let earlier = days.len() > LISTED;
        days.truncate(LISTED);
        Ok(pages::archive(&settings.view(), &days, earlier, before))
    });
    match made.await {
        Ok(page) => reply::body(&asked, &Body::passing(page), HTML, ASK).await,
        Err(error) => web.failed(&error),
    }
}

/// `/archive/DAY`
pub(super) async fn day(
    State(web): State<WebState>,
    asked: HeaderMap,
    Path(name): Path<String>,
    turned: Asked,
) -> Reply {
    let Ok(Query(DaysQuery { page, .. })) = turned else { return web.not_found() };
    let (Some(date), page) = (date(&name), page.unwrap_or(1)) else { return web.not_found() };
    let make = move |reader: &crate::store::Reader<'_>, settings: &super::WebContext| {
        let zone = &settings.site.timezone;
        let Some(span) = span(date, zone) else { return Ok(None) };
        let all = reader.count_between(&span)?;
        let pages = all.div_ceil(pages::OF_DAY);
        if page == 0 || page > pages {
            return Ok(None);
        }
        let before = reader.days_before(span.start, zone, 1)?.first().copied();
        let after = reader.day_after(span.end, zone)?;
        let stories = reader.stories_between(&span, (page - 1) * pages::OF_DAY, pages::OF_DAY)?;
        let widest = if page == 1 { reader.widest(&span, WIDEST)? } else { Vec::new() };
        let day = pages::Day {
            date,
            neighbours: [before, after],
            widest: &widest,
            stories: &stories,
            page: [page, pages],
        };
        Ok(Some(pages::day(&settings.view(), day)))
    };
    // The first page is cached, because it counts which newsrooms carried each topic.
    if page == 1 {
        let key = day_path(date);
        let made = web.body(&key, Follows::Ledger, move |reader, settings| {
            Ok(make(reader, settings)?.unwrap_or_default())
        });
        return match made.await {
            Ok(body) if body.len == 0 => web.not_found(),
            Ok(body) => reply::body(&asked, &body, HTML, ASK).await,
            Err(error) => web.failed(&error),
        };
    }
    match web.look(make).await {
        Ok(Some(page)) => reply::body(&asked, &Body::passing(page), HTML, ASK).await,
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// Reads a day in the only form that addresses have, `2026-11-28`.
fn date(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| date.to_string() == text)
}

/// From when to when a day lasts.
fn span(day: Date, zone: &TimeZone) -> Option<Range<Timestamp>> {
    let begin = |day: Date| zone.to_timestamp(day.at(0, 0, 0, 0)).ok();
    Some(begin(day)?..begin(day.tomorrow().ok()?)?)
}
