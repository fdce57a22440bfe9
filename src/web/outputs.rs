//! Outputs: which stories and topics stand in them, and where they are.

use super::WebContext;
use super::cache::Body;
use super::reply::{self, ARCHIVED, Reply};
use super::state::{Follows, Room};
use crate::model::{ArchiveNo, CategoryName, Chain, FilingNo, LinkedPage, StoryView, TopicView};
use crate::render::{self, Form, Holds, OPML_TYPE, Output};
use crate::store::{Reader, StoreError, StoryQuery};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

/// An output that is larger than this is cut, 2 MB: first the texts of its older items, then the oldest items.
const LARGE: usize = 2_000_000;

/// What is as new as this is not cut: a reader that comes once a day, and misses a day, must find it.
const NEVER_CUT: SignedDuration = SignedDuration::from_hours(48);

/// What the first feeds bring in a newsroom's first day is not new because it is here since today.
const FIRST_DAY: SignedDuration = SignedDuration::from_hours(24);

/// An output never holds more items than this, whatever its days bring, for a machine of 1 GiB could not make it.
const AT_MOST: usize = 10_000;

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
        Ok(body) => {
            let keep = reply::as_it_changes(&body, now);
            web.for_other_sites(reply::body(asked, &body, form.content_type(), &keep).await)
        }
        Err(error) => web.failed(&error),
    }
}

/// Reads and renders an output: at least so many stories, and at least those of so many days, while that is not too large.
fn write(
    reader: &Reader<'_>,
    settings: &WebContext,
    output: &Output,
    now: Timestamp,
) -> Result<String, StoreError> {
    let publish = &settings.publish;
    let since = days_before(now, publish.days);
    let lately = now.checked_sub(NEVER_CUT).unwrap_or(Timestamp::MIN);
    let site = settings.view();
    let category = output.category.as_ref();
    match output.holds {
        Holds::Stories => write_stories(reader, settings, output, since, lately),
        Holds::Topics => {
            let topics = reader.topics_moved(category, since, publish.items, AT_MOST)?;
            let document = |topics: &[TopicView]| Ok(render::topics(&site, output, publish, topics));
            let whole = document(&topics)?;
            fit(topics, whole, |topic| topic.moved_at >= lately, document)
        }
        Holds::Linked => {
            let pages = reader.linked_pages(since, publish.items, AT_MOST)?;
            let document = |pages: &[LinkedPage]| Ok(render::linked(&site, output, publish, pages));
            let whole = document(&pages)?;
            fit(pages, whole, |page| page.shown_at >= lately, document)
        }
    }
}

/// The document of an output that is subscribed to. What does not stand in it stands in the archive.
fn write_stories(
    reader: &Reader<'_>,
    settings: &WebContext,
    output: &Output,
    since: Timestamp,
    lately: Timestamp,
) -> Result<String, StoreError> {
    let publish = &settings.publish;
    let category = output.category.as_ref();
    // What may still come into an archive document is not in the archive yet.
    let from = unfinished(reader)?.filings().start;
    let query = StoryQuery {
        category: category.cloned(),
        since,
        from,
        at_least: publish.items,
        at_most: AT_MOST,
        html_bytes: LARGE,
    };
    let mut stories = reader.stories_for(&query)?;
    let settled = reader.founded_at()?.and_then(|at| at.checked_add(FIRST_DAY).ok());
    let is_kept = |story: &StoryView| {
        let is_news = story.published >= lately || settled.is_none_or(|settled| story.shown_at >= settled);
        story.shown >= from || (story.shown_at >= lately && is_news)
    };
    let all: Vec<FilingNo> = stories.iter().map(|story| story.shown).collect();
    let document = |stories: &[StoryView]| {
        let place = all.iter().zip(stories).position(|(shown, story)| *shown != story.shown);
        let prev = match all.get(place.unwrap_or(stories.len())) {
            Some(left_out) => Some(ArchiveNo::of(*left_out)),
            None => all.last().map(|last| reader.archive_before(category, *last)).transpose()?.flatten(),
        };
        let chain = Chain { prev, ..Chain::default() };
        Ok(render::stories(&settings.view(), output, publish, stories, &chain))
    };
    let short = shorten(&mut stories, document)?;
    fit(stories, short, is_kept, document)
}

/// The archive document that filings are still to come into, which is none yet.
fn unfinished(reader: &Reader<'_>) -> Result<ArchiveNo, StoreError> {
    let FilingNo(last) = reader.last_filing()?;
    Ok(ArchiveNo::of(FilingNo(last + 1)))
}

/// The document that `write` gives, after making excerpts of texts, the oldest first, until it is not too large or no texts are
/// left.
fn shorten(
    stories: &mut [StoryView],
    write: impl Fn(&[StoryView]) -> Result<String, StoreError>,
) -> Result<String, StoreError> {
    let mut whole = stories.len();
    loop {
        let document = write(stories)?;
        let too_many = document.len().saturating_sub(LARGE);
        if too_many == 0 || whole == 0 {
            return Ok(document);
        }
        let mut saved = 0;
        while saved < too_many && whole > 0 {
            whole -= 1;
            let siblings = std::mem::take(&mut stories[whole].siblings);
            let titles: usize = siblings.iter().map(|sibling| sibling.title.len()).sum();
            saved += stories[whole].html.take().map_or(0, |html| html.len()) + titles;
        }
    }
}

/// `document`, or the one that `write` gives after leaving out items, the last first, until it is not too large or only those are
/// left that must be.
fn fit<T>(
    mut items: Vec<T>,
    mut document: String,
    must_stay: impl Fn(&T) -> bool,
    write: impl Fn(&[T]) -> Result<String, StoreError>,
) -> Result<String, StoreError> {
    loop {
        let too_many = document.len().saturating_sub(LARGE);
        let may_go = items.iter().filter(|item| !must_stay(item)).count();
        if too_many == 0 || may_go == 0 {
            return Ok(document);
        }
        let share = items.len() * too_many / document.len() + 1;
        let mut stay = may_go.saturating_sub(share);
        items.retain(|item| {
            let stays = must_stay(item) || stay > 0;
            stay = stay.saturating_sub(usize::from(!must_stay(item)));
            stays
        });
        document = write(&items)?;
    }
}

/// `/CATEGORY/archive/12.atom` and its siblings.
pub(super) async fn archive(
    State(web): State<Room>,
    asked: HeaderMap,
    Path((name, last)): Path<(String, String)>,
) -> Reply {
    let Leaf::Output(no, form) = leaf(&last) else { return web.not_found() };
    let Ok(no) = no.parse::<ArchiveNo>() else { return web.not_found() };
    let category = match section(&web.settings(), &name) {
        Section::Here(category) => category,
        Section::Renamed(now) => {
            let output = Output { category: Some(now), holds: Holds::Stories, form };
            return web.moved(&output.archive_path(no));
        }
        Section::Missing => return super::pages::missing_section(&web, &name).await,
    };
    let output = Output { category, holds: Holds::Stories, form };
    let made = web.make(move |reader, settings| {
        let unfinished = unfinished(reader)?;
        if no >= unfinished {
            return Ok(None);
        }
        let category = output.category.as_ref();
        let mut stories = reader.archived(category, no)?;
        let filings = no.filings();
        let chain = Chain {
            here: Some(no),
            prev: reader.archive_before(category, filings.start)?,
            next: reader.archive_after(category, &(filings.end..unfinished.filings().start))?,
        };
        let document = |stories: &[StoryView]| {
            Ok(render::stories(&settings.view(), &output, &settings.publish, stories, &chain))
        };
        shorten(&mut stories, document)?;
        Ok(Some((!stories.is_empty()).then_some(document(&stories)?)))
    });
    match made.await {
        Ok(Some(Some(document))) => {
            let body = Body::passing(document);
            web.for_other_sites(reply::body(&asked, &body, form.content_type(), ARCHIVED).await)
        }
        // Its stories have been forgotten, or taken down, or there never were any.
        Ok(Some(None)) => web.taken_down(),
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// So many days before `now`, or the beginning of time.
pub(super) fn days_before(now: Timestamp, days: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MIN)
}

/// `/feeds.opml`.
pub(super) async fn opml(State(web): State<Room>, asked: HeaderMap) -> Reply {
    let made = web.body("/feeds.opml", Follows::Ledger, |_, settings| Ok(render::opml(&settings.view())));
    match made.await {
        Ok(body) => {
            let keep = reply::as_it_changes(&body, web.clock.now());
            web.for_other_sites(reply::body(&asked, &body, OPML_TYPE, &keep).await)
        }
        Err(error) => web.failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of numbers, each of so many bytes.
    fn fitted(numbers: Vec<usize>, bytes: usize, must_stay: impl Fn(&usize) -> bool) -> Vec<usize> {
        let left = std::cell::RefCell::new(numbers.clone());
        let write = |numbers: &[usize]| {
            *left.borrow_mut() = numbers.to_vec();
            Ok("x".repeat(numbers.len() * bytes))
        };
        let whole = write(&numbers).unwrap();
        assert!(fit(numbers, whole, must_stay, write).unwrap().len() % bytes == 0);
        left.into_inner()
    }

    #[test]
    fn what_is_too_large_loses_its_last_items_but_never_those_that_must_stay() {
        let all: Vec<usize> = (0..1_000).collect();
        let bytes = LARGE / 500;
        assert_eq!(fitted(all[..500].to_vec(), bytes, |_| false), all[..500]);
        let left = fitted(all.clone(), bytes, |_| false);
        assert!((490..=500).contains(&left.len()) && left == all[..left.len()]);
        let left = fitted(all.clone(), bytes, |number| *number >= 990);
        assert!((490..=500).contains(&left.len()) && left.ends_with(&all[990..]));
        assert_eq!(fitted(all.clone(), bytes, |number| *number < 700), all[..700]);
        assert_eq!(fitted(all.clone(), bytes, |_| true), all);
    }
}
