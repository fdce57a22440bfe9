//! Routes of outputs that are not a section's: of a source, a topic, a search, a digest.

use super::super::cache::Body;
use super::super::reply::{self, ASK, Reply};
use super::super::state::WebState;
use super::super::visit;
use super::{Leaf, OutputQuery, Section, archived, documents, label, leaf, section, send};
use crate::model::{ArchiveNo, Lookup};
use crate::render::{Form, Holds, Output};
use crate::store::StoreError;
use axum::extract::{Path, State};
use axum::http::HeaderMap;

/// Characters of a query that are looked at.
pub(in crate::web) const QUERY_CHARS: usize = 200;

/// An output of a source.
pub(in crate::web) async fn source(web: &WebState, asked: &HeaderMap, name: &str, form: Form) -> Reply {
    match of_source(web, name, form).await {
        Ok(Some(output)) => send(web, asked, output).await,
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// `/sources/NAME/archive/12.rss` and its siblings.
pub(in crate::web) async fn source_archive(
    State(web): State<WebState>,
    asked: HeaderMap,
    Path((name, last)): Path<(String, String)>,
) -> Reply {
    let Some((no, form)) = archive_leaf(&last) else { return web.not_found() };
    match of_source(&web, &name, form).await {
        Ok(Some(output)) => archived(&web, &asked, output, no).await,
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

async fn of_source(web: &WebState, name: &str, form: Form) -> Result<Option<Output>, StoreError> {
    let name = name.to_owned();
    let found = web.look(move |reader, _| {
        let found = reader.source(&name)?;
        Ok(found.map(|(_, title)| Holds::Source(name, title)))
    });
    Ok(found.await?.map(|holds| Output { category: None, holds, form }))
}

/// `/topics/ID.rss` and its siblings. Not cached: there are as many as there are topics, and a client that asks for all of them
/// would push out what everyone asks for.
pub(in crate::web) async fn topic(web: &WebState, asked: &HeaderMap, id: &str, form: Form) -> Reply {
    let output = match of_topic(web, id, form, |output| output.path()).await {
        Ok(output) => output,
        Err(reply) => return reply,
    };
    let now = web.clock.now();
    let made = web.make(move |reader, settings| documents::write(reader, settings, &output, now));
    passing(web, asked, form, made.await).await
}

/// `/topics/ID/archive/12.rss` and its siblings.
pub(in crate::web) async fn topic_archive(
    State(web): State<WebState>,
    asked: HeaderMap,
    Path((id, last)): Path<(String, String)>,
) -> Reply {
    let Some((no, form)) = archive_leaf(&last) else { return web.not_found() };
    match of_topic(&web, &id, form, |output| output.archive_path(no)).await {
        Ok(output) => archived(&web, &asked, output, no).await,
        Err(reply) => reply,
    }
}

/// The output of a topic, or the answer where there is none. `path` gives the address to redirect to if the topic became part of
/// another.
async fn of_topic(
    web: &WebState,
    id: &str,
    form: Form,
    path: impl Fn(&Output) -> String,
) -> Result<Output, Reply> {
    let Ok(id) = id.parse() else { return Err(web.not_found()) };
    let output = |id, title| Output { category: None, holds: Holds::Topic(id, title), form };
    match web.look(move |reader, _| reader.topic(id)).await {
        Ok(Lookup::Found(topic)) => Ok(output(id, topic.first.title)),
        Ok(Lookup::Moved(to)) => Err(match to.parse() {
            Ok(to) => web.moved(&path(&output(to, String::new()))),
            Err(()) => web.not_found(),
        }),
        Ok(Lookup::TakenDown) => Err(web.taken_down()),
        Ok(Lookup::Unknown) => Err(web.not_found()),
        Err(error) => Err(web.failed(&error)),
    }
}

/// `/search.rss?q=` and `/CATEGORY/search.rss?q=` and their siblings. Not cached: there are as many as there are words.
pub(in crate::web) async fn found(
    web: &WebState,
    asked: &HeaderMap,
    name: Option<&str>,
    form: Form,
    wanted: &OutputQuery,
) -> Reply {
    let Ok(_waiting) = web.searches_waiting.try_acquire() else { return visit::busy() };
    let words: String = wanted.q.chars().take(QUERY_CHARS).collect();
    let holds = Holds::Found(words);
    let category = match name.map(|name| section(&web.settings(), name)) {
        None => None,
        Some(Section::Here(category)) => category,
        Some(Section::Renamed(now)) => {
            return web.moved(&Output { category: Some(now), holds, form }.path());
        }
        Some(Section::Missing) => return web.not_found(),
    };
    let output = Output { category, holds, form };
    let now = web.clock.now();
    let made = web.search(move |reader, settings| documents::write(reader, settings, &output, now));
    passing(web, asked, form, made.await).await
}

/// Sends an output that is not cached.
async fn passing(web: &WebState, asked: &HeaderMap, form: Form, made: Result<String, StoreError>) -> Reply {
    match made {
        Ok(document) => {
            let body = Body::passing(document);
            web.for_other_sites(reply::body(asked, &body, label(form, asked), ASK).await)
        }
        Err(error) => web.failed(&error),
    }
}

/// `/digests/NAME.rss` and its siblings, of a digest with this title.
pub(in crate::web) async fn editions(
    web: &WebState,
    asked: &HeaderMap,
    name: &str,
    title: String,
    form: Form,
) -> Reply {
    let holds = Holds::Editions(name.to_owned(), title);
    send(web, asked, Output { category: None, holds, form }).await
}

/// Takes the last part of an archive document's address apart.
pub(super) fn archive_leaf(last: &str) -> Option<(ArchiveNo, Form)> {
    let Leaf::Output(no, form) = leaf(last) else { return None };
    Some((no.parse().ok()?, form))
}
