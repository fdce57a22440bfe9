//! Digests: their editions, and the way out of a subscription (RFC 8058).

use super::cache::Body;
use super::outputs::{Leaf, leaf, single};
use super::reply::{self, ASK, HTML, Reply};
use super::state::{Follows, Room};
use crate::model::{Recipient, RecipientState};
use crate::render::{Form, pages};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};

/// Editions in an archive's list.
const LISTED: usize = 400;

/// `/digests`
pub(super) async fn list(State(web): State<Room>, asked: HeaderMap) -> Reply {
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
pub(super) async fn archive(State(web): State<Room>, asked: HeaderMap, Path(name): Path<String>) -> Reply {
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
async fn output(web: &Room, asked: &HeaderMap, name: &str, form: Form) -> Reply {
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
    State(web): State<Room>,
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

/// `GET /unsubscribe/TOKEN`: asks. Programs that look into mails follow every link, and must not end anything by it.
pub(super) async fn ask(State(web): State<Room>, Path(token): Path<String>) -> Reply {
    let wanted = token.clone();
    let known = web.look(move |reader, _| reader.recipient_of(&wanted)).await;
    let settings = web.settings();
    let site = settings.view();
    match known {
        Ok(Some(Recipient { digest, state, .. })) => {
            let title = title(&web, &digest);
            let page = if matches!(state, RecipientState::Left(_)) {
                pages::unsubscribed_page(&site, &title)
            } else {
                pages::unsubscribe_page(&site, &title, &token)
            };
            reply::page(StatusCode::OK, page)
        }
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// `POST /unsubscribe/TOKEN`: leaves, whether a mail program asks in one click or a person by the button. Asking
/// twice does no harm.
pub(super) async fn leave(State(web): State<Room>, Path(token): Path<String>) -> Reply {
    match web.store.leave(token, web.clock.now()).await {
        Ok(Some(digest)) => {
            let page = pages::unsubscribed_page(&web.settings().view(), &title(&web, &digest));
            reply::page(StatusCode::OK, page)
        }
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

pub(super) fn title(web: &Room, digest: &str) -> String {
    let settings = web.settings();
    let declared = settings.digests.iter().find(|declared| declared.name == digest);
    declared.map_or_else(|| digest.to_owned(), |declared| declared.title.clone())
}
