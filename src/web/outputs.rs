//! Routes of outputs: which output an address names, what has moved or gone, and the headers an output is sent with.
//!
//! What stands in a document is for `documents` to decide, how it is written for `render`.

mod documents;
pub(super) mod single;

pub(super) use documents::days_before;

use super::WebContext;
use super::cache::Body;
use super::reply::{self, ARCHIVED, CSS, DAY, Reply, XML};
use super::state::{Follows, WebState};
use crate::model::{ArchiveNo, CategoryName, LEAST_PUBLISHERS};
use crate::render::{self, Form, Holds, OPML_TYPE, Only, Output};
use crate::store::{Scope, StoryQuery};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use documents::Archived;
use serde::Deserialize;
use std::ops::RangeInclusive;

/// The values that `min` may have. They are few, so that few outputs are cached.
const PUBLISHERS: RangeInclusive<usize> = 2..=20;

/// What the last part of an address names.
pub(super) enum Leaf<'a> {
    /// An output in one of its forms.
    Output(&'a str, Form),
    /// A page.
    Page(&'a str),
}

/// Takes `world.atom` apart. A name without a form we know is a page's.
pub(super) fn leaf(text: &str) -> Leaf<'_> {
    let split = text.rsplit_once('.');
    let form = split.and_then(|(name, end)| {
        let form = Form::ALL.into_iter().find(|form| form.extension() == end)?;
        Some(Leaf::Output(name, form))
    });
    form.unwrap_or(Leaf::Page(text))
}

/// Where a section's name leads.
pub(super) enum Section {
    /// It is there; `None` is every category.
    Here(Option<CategoryName>),
    /// It has this name now.
    Renamed(CategoryName),
    /// The configuration does not name it, now or by an earlier name.
    Missing,
}

pub(super) fn section(settings: &WebContext, name: &str) -> Section {
    if name == "all" {
        return Section::Here(None);
    }
    if let Some(found) = settings.view().sections().into_iter().find(|category| category.as_str() == name) {
        return Section::Here(Some(found));
    }
    let renamed = settings.categories.iter().find(|category| category.was.iter().any(|was| was == name));
    renamed.map_or(Section::Missing, |category| Section::Renamed(category.name.clone()))
}

/// The answer for a section that is not there: 410 if stories still have it, else 404.
pub(super) async fn missing_section(web: &WebState, name: &str) -> Reply {
    let scope = Scope::Category(CategoryName::stored(name.to_owned()));
    let query = StoryQuery { scope, at_most: 1, ..StoryQuery::default() };
    match web.look(move |reader, _| Ok(!reader.stories_for(&query)?.is_empty())).await {
        Ok(true) => web.gone(name),
        Ok(false) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// The parameters of a query that outputs know. Others are ignored.
#[derive(Debug, Default, Deserialize)]
pub(super) struct OutputQuery {
    /// The words that are looked for.
    #[serde(default)]
    q: String,
    /// By how many publishers, at least, a topic must have been carried.
    min: Option<String>,
    /// Which outputs are listed.
    only: Option<String>,
}

/// The query of a request; one that cannot be read counts as empty.
pub(super) type Asked = Result<Query<OutputQuery>, QueryRejection>;

impl OutputQuery {
    pub(super) fn of(asked: Asked) -> Self {
        asked.map(|Query(wanted)| wanted).unwrap_or_default()
    }

    /// The value of `min`, or `otherwise` when the query has none. `None` when it is not in [`PUBLISHERS`].
    fn publishers(&self, otherwise: Option<usize>) -> Option<usize> {
        let asked = self.min.as_ref().map_or(otherwise, |min| min.parse().ok());
        asked.filter(|publishers| PUBLISHERS.contains(publishers))
    }
}

/// `/CATEGORY.rss` and its siblings, and the outputs that have no category.
pub(super) async fn stories(
    web: &WebState,
    asked: &HeaderMap,
    name: &str,
    form: Form,
    wanted: &OutputQuery,
) -> Reply {
    let everywhere = |holds| Output { category: None, holds, form };
    match name {
        "linked" => send(web, asked, everywhere(Holds::Linked)).await,
        "topics" => match wanted.publishers(Some(LEAST_PUBLISHERS)) {
            Some(publishers) => send(web, asked, everywhere(Holds::Broad(publishers))).await,
            None => web.not_found(),
        },
        "search" => single::found(web, asked, None, form, wanted).await,
        _ => output(web, asked, name, form, Holds::Stories).await,
    }
}

/// `/CATEGORY/topics.rss`, `/CATEGORY/search.rss` and their siblings.
pub(super) async fn within(
    State(web): State<WebState>,
    asked: HeaderMap,
    Path((name, last)): Path<(String, String)>,
    wanted: Asked,
) -> Reply {
    let wanted = OutputQuery::of(wanted);
    match leaf(&last) {
        Leaf::Output("topics", form) if wanted.min.is_none() => {
            output(&web, &asked, &name, form, Holds::Topics).await
        }
        Leaf::Output("topics", form) => match wanted.publishers(None) {
            Some(publishers) => output(&web, &asked, &name, form, Holds::Broad(publishers)).await,
            None => web.not_found(),
        },
        Leaf::Output("search", form) => single::found(&web, &asked, Some(&name), form, &wanted).await,
        _ => web.not_found(),
    }
}

async fn output(web: &WebState, asked: &HeaderMap, name: &str, form: Form, holds: Holds) -> Reply {
    let category = match section(&web.settings(), name) {
        Section::Here(category) => category,
        Section::Renamed(now) => {
            return web.moved(&Output { category: Some(now), holds, form }.path());
        }
        Section::Missing => return missing_section(web, name).await,
    };
    send(web, asked, Output { category, holds, form }).await
}

/// Sends an output that exists, from the cache as long as nothing has changed.
async fn send(web: &WebState, asked: &HeaderMap, output: Output) -> Reply {
    let (path, form) = (output.path(), output.form);
    let now = web.clock.now();
    let follows = if matches!(output.holds, Holds::Editions(..)) { Follows::Store } else { Follows::Ledger };
    let body =
        web.body(&path, follows, move |reader, settings| documents::write(reader, settings, &output, now));
    match body.await {
        Ok(body) => {
            let keep = reply::as_it_changes(&body, now);
            web.for_other_sites(reply::body(asked, &body, label(form, asked), &keep).await)
        }
        Err(error) => web.failed(&error),
    }
}

/// `/CATEGORY/archive/12.atom` and its siblings.
pub(super) async fn archive(
    State(web): State<WebState>,
    asked: HeaderMap,
    Path((name, last)): Path<(String, String)>,
) -> Reply {
    let Some((no, form)) = single::archive_leaf(&last) else { return web.not_found() };
    let category = match section(&web.settings(), &name) {
        Section::Here(category) => category,
        Section::Renamed(now) => {
            let output = Output { category: Some(now), holds: Holds::Stories, form };
            return web.moved(&output.archive_path(no));
        }
        Section::Missing => return missing_section(&web, &name).await,
    };
    let output = Output { category, holds: Holds::Stories, form };
    archived(&web, &asked, output, no).await
}

/// Sends a document of an output's archive.
async fn archived(web: &WebState, asked: &HeaderMap, output: Output, no: ArchiveNo) -> Reply {
    let form = output.form;
    match web.make(move |reader, settings| documents::archived(reader, settings, &output, no)).await {
        Ok(Archived::Here(document)) => {
            let body = Body::passing(document);
            web.for_other_sites(reply::body(asked, &body, label(form, asked), ARCHIVED).await)
        }
        // 410 also where there never were stories: which it was is not stored.
        Ok(Archived::Empty) => web.gone(&format!("Part {no} of the archive")),
        Ok(Archived::Unfinished) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// The `Content-Type` of an output. Browsers download or show as source what has a feed's type, and apply a stylesheet to
/// `application/xml` only. Feed readers take both types, so a cache that mixes them up does no harm.
fn label(form: Form, asked: &HeaderMap) -> &'static str {
    let accepts = asked.get_all(header::ACCEPT).iter().filter_map(|accepts| accepts.to_str().ok());
    let is_browser = accepts.flat_map(|accepts| accepts.split(',')).any(|kind| kind.trim() == "text/html");
    if is_browser && form != Form::Json { XML } else { form.content_type() }
}

/// `/feed.css`: how an output looks in a browser.
pub(super) async fn style(State(web): State<WebState>, asked: HeaderMap) -> Reply {
    let style = Body::passing(render::pages::feed_style(&web.settings().view()));
    reply::body(&asked, &style, CSS, DAY).await
}

/// `/feeds.opml`
pub(super) async fn opml(State(web): State<WebState>, asked: HeaderMap, wanted: Asked) -> Reply {
    let named = OutputQuery::of(wanted).only;
    let only = Only::EVERY.into_iter().find(|only| named.as_deref().is_none_or(|name| name == only.name()));
    let Some(only) = only else { return web.not_found() };
    let key = format!("/feeds.opml?only={}", only.name());
    let made = web.body(&key, Follows::Ledger, move |_, settings| Ok(render::opml(&settings.view(), only)));
    match made.await {
        Ok(body) => {
            let keep = reply::as_it_changes(&body, web.clock.now());
            web.for_other_sites(reply::body(&asked, &body, OPML_TYPE, &keep).await)
        }
        Err(error) => web.failed(&error),
    }
}
