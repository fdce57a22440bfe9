//! Routes of pages, and of what programs ask for (`/metrics`, `/healthz`, `/robots.txt`): reads from the store what a page shows,
//! and answers for pages that have moved, are gone, or never were.
//!
//! Must not know how a page looks, which `render` decides.

use super::WebContext;
use super::cache::Body;
use super::outputs::single::{self, QUERY_CHARS};
use super::outputs::{self, Asked, Leaf, Section, days_before, leaf, section as find_section};
use super::reply::{self, ASK, DAY, FOR_EVER, HTML, NEVER, PLAIN, Reply};
use super::state::{Follows, WebState};
use super::visit;
use crate::model::{CategoryName, Choice, FeedView, LedgerLine, Lookup, Search, StoryView, TopicView};
use crate::render::pages::{self, Background, Beside, FeedOrder};
use crate::render::{self, Counts, Site, assets};
use crate::store::{Reader, Scope, StoreError, StoryQuery, Totals};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::Deserialize;
use std::sync::Arc;

/// Topics that the front page chooses from.
const CANDIDATES: usize = 160;
/// A span of time that brings this many topics is not extended: enough, even if a part of them is left out because one feed
/// may not have too many.
const ENOUGH: usize = 48;
/// Topics that a section of the front page chooses from. It shows fewer: some stand further up, and one feed may not have too
/// many.
const IN_SECTION: usize = 48;
/// Pages in the list of the most linked.
const MOST_LINKED: usize = 8;
/// Topics on a section's page.
const ON_PAGE: usize = 60;
/// How far back, in days, a page looks for topics: the first span that brings enough.
const SPANS: [u32; 3] = [2, 14, 36_500];
/// Stories on the page of a source.
const OF_SOURCE: usize = 50;
/// Topics beside a story or a topic that are related to it.
const RELATED: usize = 5;
/// Results of a search.
const FOUND: usize = 50;

/// `/`
pub(super) async fn front(State(web): State<WebState>, asked: HeaderMap) -> Reply {
    let now = web.moment();
    let ranking = web.ranking().await;
    let made = web.body("/", Follows::Clock, move |reader, settings| {
        let ranking = ranking?;
        let site = settings.view();
        let all = topics(reader, None, CANDIDATES, ENOUGH, now)?;
        let mut of_sections = Vec::new();
        for name in site.sections() {
            let section = topics(reader, Some(&name), IN_SECTION, pages::IN_SECTION, now)?;
            of_sections.push((name, section));
        }
        let every = of_sections.iter().flat_map(|(_, topics)| topics).chain(&all);
        let mut choice = Choice::among(every, pages::TOP, now);
        let top = choice.take(&all, pages::TOP);
        let recommended = recommended(&mut choice, &top, &of_sections);
        let sections: Vec<_> = of_sections
            .into_iter()
            .map(|(name, topics)| (name, choice.take(&topics, pages::IN_SECTION)))
            .collect();
        let linked = reader.hottest_pages(now, MOST_LINKED)?;
        let front = pages::Front {
            top: &top,
            linked: &linked,
            ranking: &ranking,
            recommended: &recommended,
            sections: &sections,
        };
        Ok(pages::front(&site, front, now))
    });
    answer(&web, &asked, made.await).await
}

/// The best topic of each section that has none among the top topics.
fn recommended(
    choice: &mut Choice,
    top: &[TopicView],
    of_sections: &[(CategoryName, Vec<TopicView>)],
) -> Vec<TopicView> {
    let unseen = of_sections.iter().filter(|(name, _)| top.iter().all(|topic| topic.category != *name));
    unseen.flat_map(|(_, topics)| choice.take(topics, 1)).take(pages::RECOMMENDED).collect()
}

/// `/CATEGORY`, or its output when the name ends in `.rss`, `.atom` or `.json`.
pub(super) async fn section(
    State(web): State<WebState>,
    asked: HeaderMap,
    Path(last): Path<String>,
    wanted: Asked,
) -> Reply {
    let name = match leaf(&last) {
        Leaf::Output(name, form) => {
            return outputs::stories(&web, &asked, name, form, &outputs::OutputQuery::of(wanted)).await;
        }
        // The most linked pages stand on the front page.
        Leaf::Page("linked") => return web.moved("/"),
        Leaf::Page(name) => name,
    };
    let category = match find_section(&web.settings(), name) {
        Section::Here(Some(category)) => category,
        Section::Here(None) => return web.moved("/"),
        Section::Renamed(now) => return web.moved(&render::category_path(&now)),
        Section::Missing => return outputs::missing_section(&web, name).await,
    };
    let now = web.moment();
    let path = render::category_path(&category);
    let ranking = web.ranking().await;
    let made = web.body(&path, Follows::Clock, move |reader, settings| {
        let ranking = ranking?;
        let topics = topics(reader, Some(&category), ON_PAGE, 20, now)?;
        let topics = Choice::of_all(&topics, now).take(&topics, ON_PAGE);
        Ok(pages::category(
            &settings.view(),
            &category,
            &topics,
            Beside { ranking: &ranking, related: &[] },
            now,
        ))
    });
    answer(&web, &asked, made.await).await
}

/// Topics to choose from, from the shortest span of time that brings `enough`.
fn topics(
    reader: &Reader<'_>,
    category: Option<&CategoryName>,
    at_most: usize,
    enough: usize,
    now: Timestamp,
) -> Result<Vec<TopicView>, StoreError> {
    let mut found = Vec::new();
    for days in SPANS {
        found = reader.topics_for(category, days_before(now, days), at_most)?;
        if found.len() >= enough {
            break;
        }
    }
    Ok(found)
}

/// `/stories/ID`
pub(super) async fn story(State(web): State<WebState>, asked: HeaderMap, Path(id): Path<String>) -> Reply {
    let Ok(id) = id.parse() else { return web.not_found() };
    let now = web.moment();
    let ranking = web.ranking().await;
    let made = web.look(move |reader, settings| {
        let ranking = ranking?;
        Ok(match reader.story(id)? {
            Lookup::Found(story) => {
                let lines = public_lines(&story, &reader.ledger_of_story(story.no)?);
                let related = {
                    let language = story.language.as_deref().unwrap_or(settings.site.language.tag());
                    reader.related(story.topic_no, &[(&story.title, language)], RELATED)?
                };
                let corrections = reader.corrections(story.no)?;
                let background = Background { ledger: &lines, corrections: &corrections };
                let beside = Beside { ranking: &ranking, related: &related };
                Lookup::Found(pages::story(&settings.view(), &story, background, beside, now))
            }
            Lookup::Moved(to) => Lookup::Moved(to),
            Lookup::TakenDown => Lookup::TakenDown,
            Lookup::Unknown => Lookup::Unknown,
        })
    });
    looked_up(&web, &asked, made.await, "/stories/").await
}

/// The lines of a story's ledger that say nothing of private feeds: those about its public sources, and of what they were
/// compared with only other public sources.
fn public_lines(story: &StoryView, ledger: &[LedgerLine]) -> Vec<LedgerLine> {
    let of_source = |line: &LedgerLine| {
        story.sources.iter().any(|source| source.feed == line.feed && source.title == line.title)
    };
    let lines = ledger.iter().filter(|line| of_source(line)).map(|line| {
        let compared = line.compared.clone().filter(|(_, title, feed)| {
            story.sources.iter().any(|source| source.feed == *feed && source.title == *title)
        });
        LedgerLine { compared, ..line.clone() }
    });
    lines.collect()
}

/// `/topics/ID`, or its output when the name ends in `.rss`, `.atom` or `.json`.
pub(super) async fn topic(State(web): State<WebState>, asked: HeaderMap, Path(id): Path<String>) -> Reply {
    if let Leaf::Output(id, form) = leaf(&id) {
        return single::topic(&web, &asked, id, form).await;
    }
    let Ok(id) = id.parse() else { return web.not_found() };
    let now = web.moment();
    let ranking = web.ranking().await;
    let made = web.look(move |reader, settings| {
        let ranking = ranking?;
        Ok(match reader.topic(id)? {
            Lookup::Found(topic) => {
                let own = settings.site.language.tag();
                let stories = topic.stories.iter().take(1).chain([&topic.first]);
                let headlines: Vec<_> = stories
                    .map(|story| (story.title.as_str(), story.language.as_deref().unwrap_or(own)))
                    .collect();
                let related = reader.related(topic.no, &headlines, RELATED)?;
                let beside = Beside { ranking: &ranking, related: &related };
                Lookup::Found(pages::topic(&settings.view(), &topic, beside, now))
            }
            Lookup::Moved(to) => Lookup::Moved(to),
            Lookup::TakenDown => Lookup::TakenDown,
            Lookup::Unknown => Lookup::Unknown,
        })
    });
    looked_up(&web, &asked, made.await, "/topics/").await
}

async fn looked_up(
    web: &WebState,
    asked: &HeaderMap,
    found: Result<Lookup<String>, StoreError>,
    under: &str,
) -> Reply {
    match found {
        Ok(Lookup::Found(page)) => reply::body(asked, &Body::passing(page), HTML, ASK).await,
        Ok(Lookup::Moved(to)) => web.moved(&format!("{under}{to}")),
        Ok(Lookup::TakenDown) => web.taken_down(),
        Ok(Lookup::Unknown) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// What a visitor looks for.
#[derive(Debug, Deserialize)]
pub(super) struct SearchQuery {
    #[serde(default)]
    q: String,
}

/// `/search?q=`
pub(super) async fn search(
    State(web): State<WebState>,
    asked: HeaderMap,
    wanted: Result<Query<SearchQuery>, QueryRejection>,
) -> Reply {
    let Ok(_waiting) = web.searches_waiting.try_acquire() else { return visit::busy() };
    let query: String = wanted.map(|Query(wanted)| wanted.q).unwrap_or_default();
    let now = web.moment();
    let query: String = query.chars().take(QUERY_CHARS).collect();
    let made = web.search(move |reader, settings| {
        let search = reader.opened(Search::read(&query, &settings.site.timezone))?;
        Ok(pages::search(&settings.view(), &query, &search, &reader.search(&search, FOUND)?, now))
    });
    match made.await {
        Ok(page) => reply::body(&asked, &Body::passing(page), HTML, NEVER).await,
        Err(error) => web.failed(&error),
    }
}

/// Which page of a list, and in which order.
#[derive(Debug, Default, Deserialize)]
pub(super) struct FeedsQuery {
    sort: Option<String>,
    page: Option<usize>,
}

/// `/status`
pub(super) async fn status(
    State(web): State<WebState>,
    asked: HeaderMap,
    turned: Result<Query<FeedsQuery>, QueryRejection>,
) -> Reply {
    let Ok(Query(FeedsQuery { sort, page })) = turned else { return web.not_found() };
    let order = sort.map_or(Some(FeedOrder::default()), |word| FeedOrder::called(&word));
    let Some(order) = order else { return web.not_found() };
    let key = format!("/status?sort={}", order.word());
    let list = move |site: &Site<'_>, feeds: &[FeedView], page| pages::status(site, feeds, order, page);
    list_of_feeds(&web, &asked, &key, page, list).await
}

/// `/sources`
pub(super) async fn sources(
    State(web): State<WebState>,
    asked: HeaderMap,
    turned: Result<Query<FeedsQuery>, QueryRejection>,
) -> Reply {
    let Ok(Query(FeedsQuery { page, .. })) = turned else { return web.not_found() };
    list_of_feeds(&web, &asked, "/sources", page, pages::sources).await
}

/// A page of a list of the public feeds. The first is cached under `key`; the others are too many.
async fn list_of_feeds(
    web: &WebState,
    asked: &HeaderMap,
    key: &str,
    page: Option<usize>,
    list: impl FnOnce(&Site<'_>, &[FeedView], usize) -> Option<String> + Send + 'static,
) -> Reply {
    let page = page.unwrap_or(1);
    let make = move |reader: &Reader<'_>, settings: &WebContext| {
        let hidden = reader.private_feeds()?;
        let mut public = reader.feeds()?;
        public.retain(|feed| !hidden.contains(&feed.state.no));
        Ok(list(&settings.view(), &public, page))
    };
    if page == 1 {
        let first =
            web.body(key, Follows::Store, |reader, settings| Ok(make(reader, settings)?.unwrap_or_default()));
        return answer(web, asked, first.await).await;
    }
    match web.make(make).await {
        Ok(Some(page)) => reply::body(asked, &Body::passing(page), HTML, ASK).await,
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// `/sources/NAME`, or its output when the name ends in `.rss`, `.atom` or `.json`.
pub(super) async fn source(State(web): State<WebState>, asked: HeaderMap, Path(last): Path<String>) -> Reply {
    let name = match leaf(&last) {
        Leaf::Output(name, form) => return single::source(&web, &asked, name, form).await,
        Leaf::Page(name) => name,
    };
    let (name, now) = (name.to_owned(), web.moment());
    let made = web.look(move |reader, settings| {
        let Some((feed, title)) = reader.source(&name)? else { return Ok(None) };
        let query = StoryQuery {
            scope: Scope::Feed(feed),
            at_most: OF_SOURCE,
            html_bytes: 0,
            ..StoryQuery::default()
        };
        let stories = reader.stories_for(&query)?;
        Ok(Some(pages::source_page(&settings.view(), feed, (&name, &title), &stories, now)))
    });
    match made.await {
        Ok(Some(page)) => reply::body(&asked, &Body::passing(page), HTML, ASK).await,
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// `/metrics`. Feeds, entries, stories and topics are counted of public feeds only, unless the request has the token. Deliveries,
/// recipients and pictures are counted in full for everyone.
pub(super) async fn metrics(State(web): State<WebState>, asked: HeaderMap) -> Reply {
    let Some(may_see_all) = may_see_all(&asked, web.settings().site.metrics_token.as_deref()) else {
        let headers = [(header::CONTENT_TYPE, PLAIN), (header::WWW_AUTHENTICATE, "Bearer")];
        return (StatusCode::UNAUTHORIZED, headers, "this is not the token\n").into_response();
    };
    let key = if may_see_all { "/metrics of all" } else { "/metrics" };
    let made = web.body(key, Follows::Store, move |reader, _| {
        let (mut feeds, hidden) = (reader.feeds()?, reader.private_feeds()?);
        let (totals, filings) = if may_see_all {
            (reader.totals()?, Some(reader.last_filing()?.0 as u64))
        } else {
            feeds.retain(|feed| !hidden.contains(&feed.state.no));
            let entries = feeds.iter().map(|feed| feed.entries).sum();
            (Totals { entries, ..reader.shown_totals()? }, None)
        };
        let Totals { entries, stories, topics } = totals;
        let (deliveries, recipients) = (reader.delivery_counts()?, reader.recipient_counts()?);
        let pictures = reader.picture_counts()?;
        Ok(render::metrics(
            &feeds,
            &Counts { entries, stories, topics, filings, deliveries, recipients, pictures },
        ))
    });
    let trouble = web.store.trouble().map(|trouble| trouble.kind);
    let health = render::health_metrics(trouble, web.outage.borrow().is_some());
    match made.await {
        Ok(body) => {
            let Ok(plain) = body.plain().await else {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            };
            let page = [&*plain, health.as_bytes()].concat();
            reply::body(&asked, &Body::passing(page), "text/plain; version=0.0.4; charset=utf-8", NEVER).await
        }
        Err(error) => web.failed(&error),
    }
}

/// Whether a request may see what is private; `None` if its token is wrong. Hashes are compared, so that the time it takes tells
/// nothing of the token.
fn may_see_all(asked: &HeaderMap, token: Option<&str>) -> Option<bool> {
    let hash = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let said = asked.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (Some(said), Some(token)) = (said, token) else { return Some(false) };
    let given = said.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let is_right = given.is_some_and(|(_, given)| hash(given.trim()).as_ref() == hash(token).as_ref());
    is_right.then_some(true)
}

async fn answer(web: &WebState, asked: &HeaderMap, made: Result<Arc<Body>, StoreError>) -> Reply {
    match made {
        Ok(body) => reply::body(asked, &body, HTML, ASK).await,
        Err(error) => web.failed(&error),
    }
}

/// `/assets/NAME`
pub(super) async fn asset(State(web): State<WebState>, asked: HeaderMap, Path(name): Path<String>) -> Reply {
    let Some(asset) = assets::asset(&name) else { return web.not_found() };
    reply::body(&asked, &*web.fixed(&name, asset.bytes).await, asset.content_type, FOR_EVER).await
}

/// `/favicon.ico`, which browsers ask for on their own.
pub(super) async fn icon(State(web): State<WebState>, asked: HeaderMap) -> Reply {
    let icon = &assets::ICON_PNG;
    let body = web.fixed("/favicon.ico", icon.bytes).await;
    reply::body(&asked, &body, icon.content_type, DAY).await
}

/// `/feeds`
pub(super) async fn feeds(State(web): State<WebState>, asked: HeaderMap) -> Reply {
    let page = Body::passing(pages::feeds(&web.settings().view()));
    reply::body(&asked, &page, HTML, ASK).await
}

/// `/robots.txt`
pub(super) async fn robots() -> Reply {
    let rules = "User-agent: *\nDisallow: /search\nDisallow: /unsubscribe/\nDisallow: /confirm/\n";
    ([(header::CONTENT_TYPE, PLAIN)], rules).into_response()
}

/// `/healthz`: 200 while the store can be read and written, else 503, and a word on what is wrong. Without a network it is 200,
/// too, and says so: what is here is still served.
pub(super) async fn health(State(web): State<WebState>) -> Reply {
    let headers = [(header::CONTENT_TYPE, PLAIN), (header::CACHE_CONTROL, NEVER)];
    let read = web.store.read(|reader| reader.last_filing()).await;
    let failed = read.err().map(|error| (error.kind(), error.to_string()));
    let failed = web.store.trouble().map(|trouble| (trouble.kind, trouble.words)).or(failed);
    if let Some((kind, words)) = failed {
        // Where the file is concerns nobody outside.
        let words = words.replace(&web.store.path().display().to_string(), "the database");
        let said = format!("{kind}: {words}\n");
        return (StatusCode::SERVICE_UNAVAILABLE, headers, said).into_response();
    }
    let outage = web.outage.borrow().clone();
    let said = outage.map_or_else(
        || "ok\n".to_owned(),
        |outage| format!("ok, but since {} {}\n", outage.since, outage.words),
    );
    (headers, said).into_response()
}

/// Any other address: one with a slash at its end redirects to the one without; the answer to all others is 404.
pub(super) async fn nothing(State(web): State<WebState>, uri: Uri) -> Reply {
    let path = uri.path();
    let bare = path.trim_end_matches('/');
    // `//host/` would be another site's address, and so would `/\host/` to a browser.
    let is_ours = !bare.is_empty() && !bare.starts_with("//") && !bare.contains('\\');
    if bare.len() < path.len() && is_ours {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return web.moved(&format!("{bare}{query}"));
    }
    web.not_found()
}
