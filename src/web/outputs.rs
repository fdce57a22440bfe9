//! Outputs: which stories and topics stand in them, and where they are.

use super::WebContext;
use super::reply::{self, MINUTE, Reply};
use super::state::{Follows, Room};
use crate::model::CategoryName;
use crate::render::{self, Form, Holds, OPML_TYPE, Output};
use crate::store::{Reader, StoreError, StoryQuery};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

/// An output never holds more than this, however much its days bring: a reader would not take it, and a machine of
/// 1 GiB could not make it.
const AT_MOST: usize = 2_000;

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
    /// Nobody has ever heard of it, or it has been taken out.
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

/// `/CATEGORY.rss` and its siblings.
pub(super) async fn stories(web: &Room, asked: &HeaderMap, name: &str, form: Form) -> Reply {
    match name {
        "linked" => send(web, asked, Output { category: None, holds: Holds::Linked, form }).await,
        _ => output(web, asked, name, form, Holds::Stories).await,
    }
}

/// `/CATEGORY/topics.rss` and its siblings.
pub(super) async fn topics(
    State(web): State<Room>,
    asked: HeaderMap,
    Path((name, last)): Path<(String, String)>,
) -> Reply {
    match leaf(&last) {
        Leaf::Output("topics", form) => output(&web, &asked, &name, form, Holds::Topics).await,
        _ => web.not_found(),
    }
}

async fn output(web: &Room, asked: &HeaderMap, name: &str, form: Form, holds: Holds) -> Reply {
    let category = match section(&web.settings(), name) {
        Section::Here(category) => category,
        Section::Renamed(now) => {
            return web.moved(&Output { category: Some(now), holds, form }.path());
        }
        Section::Missing => return super::pages::missing_section(web, name).await,
    };
    send(web, asked, Output { category, holds, form }).await
}

/// Sends an output that is there.
async fn send(web: &Room, asked: &HeaderMap, output: Output) -> Reply {
    let (path, form) = (output.path(), output.form);
    let now = web.clock.now();
    let body =
        web.body(&path, Follows::Ledger, move |reader, settings| write(reader, settings, &output, now));
    match body.await {
        Ok(body) => web.for_other_sites(reply::body(asked, &body, form.content_type(), MINUTE).await),
        Err(error) => web.failed(&error),
    }
}

/// Reads and renders an output: at least so many stories, and at least those of so many days.
fn write(
    reader: &Reader<'_>,
    settings: &WebContext,
    output: &Output,
    now: Timestamp,
) -> Result<String, StoreError> {
    let publish = &settings.publish;
    let since = days_before(now, publish.days);
    let site = settings.view();
    let at_most = publish.items.max(AT_MOST);
    let category = output.category.as_ref();
    Ok(match output.holds {
        Holds::Stories => {
            let query = StoryQuery { category: category.cloned(), since, at_least: publish.items, at_most };
            render::stories(&site, output, publish, &reader.stories_for(&query)?)
        }
        Holds::Topics => {
            let topics = reader.topics_moved(category, since, publish.items, at_most)?;
            render::topics(&site, output, publish, &topics)
        }
        Holds::Linked => {
            let pages = reader.linked_pages(since, publish.items, at_most)?;
            render::linked(&site, output, publish, &pages)
        }
    })
}

/// So many days before `now`, or the beginning of time.
pub(super) fn days_before(now: Timestamp, days: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MIN)
}

/// `/feeds.opml`.
pub(super) async fn opml(State(web): State<Room>, asked: HeaderMap) -> Reply {
    let made = web.body("/feeds.opml", Follows::Ledger, |_, settings| Ok(render::opml(&settings.view())));
    match made.await {
        Ok(body) => web.for_other_sites(reply::body(&asked, &body, OPML_TYPE, MINUTE).await),
        Err(error) => web.failed(&error),
    }
}
