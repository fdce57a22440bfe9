//! Routes of digests: their list, the archive of each, and its editions. They are read as they were stored; composing them is
//! for `digest`.

use super::cache::Body;
use super::outputs::{Leaf, leaf, single};
use super::reply::{self, ASK, HTML, Reply};
use super::state::{Follows, WebState};
use crate::render::{Form, pages};
use axum::extract::{Path, State};
use axum::http::HeaderMap;

/// Editions in an archive's list.
const LISTED: usize = 400;

/// `/digests`
pub(super) async fn list(State(web): State<WebState>, asked: HeaderMap) -> Reply {
    let made = web.body("/digests", Follows::Store, move |reader, settings| {
        let mut digests = Vec::new();
        for digest in &settings.digests {
            let latest = reader.editions(&digest.name, 1)?.into_iter().next();
            digests.push((digest.name.clone(), digest.title.clone(), latest));
        }
        Ok(pages::digest_list(&settings.view(), &digests, &reader.hidden()?))
    });
    match made.await {
        Ok(page) => reply::body(&asked, &page, HTML, ASK).await,
        Err(error) => web.failed(&error),
    }
}

/// `/digests/NAME`, or the output of its editions when the name ends in `.rss`, `.atom` or `.json`.
pub(super) async fn archive(
    State(web): State<WebState>,
    asked: HeaderMap,
    Path(name): Path<String>,
) -> Reply {
    if let Leaf::Output(name, form) = leaf(&name) {
        return output(&web, &asked, name, form).await;
    }
    let settings = web.settings();
    let declared = settings.digests.iter().find(|digest| digest.name == name);
    let (known, title) = declared.map_or((false, name.clone()), |digest| (true, digest.title.clone()));
    let made = web.look(move |reader, settings| {
        let (editions, hidden) = (reader.editions(&name, LISTED)?, reader.hidden()?);
        // A digest that has been taken out keeps its editions.
        let there = known || !editions.is_empty();
        Ok(there.then(|| pages::digest_archive(&settings.view(), &name, &title, &editions, &hidden)))
    });
    match made.await {
        Ok(Some(page)) => reply::body(&asked, &Body::passing(page), HTML, ASK).await,
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// A digest that has been taken out keeps its editions.
async fn output(web: &WebState, asked: &HeaderMap, name: &str, form: Form) -> Reply {
    let declared = web.settings().digests.iter().any(|digest| digest.name == name);
    let wanted = name.to_owned();
    match web.look(move |reader, _| Ok(declared || !reader.editions(&wanted, 1)?.is_empty())).await {
        Ok(true) => single::editions(web, asked, name, title(web, name), form).await,
        Ok(false) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// `/digests/NAME/ID`
pub(super) async fn edition(
    State(web): State<WebState>,
    asked: HeaderMap,
    Path((name, id)): Path<(String, String)>,
) -> Reply {
    let made = web.look(move |reader, settings| {
        let edition = reader.edition(&name, &id)?;
        let hidden = reader.hidden()?;
        Ok(edition.map(|edition| pages::edition_page(&settings.view(), &edition, &hidden)))
    });
    match made.await {
        Ok(Some(page)) => reply::body(&asked, &Body::passing(page), HTML, ASK).await,
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

pub(super) fn title(web: &WebState, digest: &str) -> String {
    let settings = web.settings();
    let declared = settings.digests.iter().find(|declared| declared.name == digest);
    declared.map_or_else(|| digest.to_owned(), |declared| declared.title.clone())
}
