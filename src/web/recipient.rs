//! Where the link at the foot of a mail leads: a recipient leaves the digest (RFC 8058), or chooses sections, hour and zone.
//!
//! Whoever has the link may do so, and mails are forwarded. So no page says whose link it is.

use super::digests::title;
use super::reply::{self, Reply};
use super::state::WebState;
use crate::model::{Preferences, Recipient, RecipientState};
use crate::render::pages::{self, Saved};
use crate::store::Chosen;
use axum::extract::{Path, State};
use axum::http::StatusCode;

/// `GET /unsubscribe/TOKEN`: a page with a button. Mail filters follow every link, and must not unsubscribe anybody.
pub(super) async fn ask(State(web): State<WebState>, Path(token): Path<String>) -> Reply {
    let wanted = token.clone();
    let known = web.look(move |reader, _| reader.recipient_of(&wanted)).await;
    let settings = web.settings();
    let site = settings.view();
    match known {
        Ok(Some(Recipient { digest, state: RecipientState::Left(_), .. })) => {
            reply::page(StatusCode::OK, pages::unsubscribed_page(&site, &title(&web, &digest)))
        }
        Ok(Some(recipient)) => {
            let title = title(&web, &recipient.digest);
            reply::page(StatusCode::OK, pages::unsubscribe_page(&site, &title, &recipient, &token))
        }
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// `POST /unsubscribe/TOKEN`: leaves, whether a mail program asks in one click or a person by the button. Asking
/// twice does no harm.
pub(super) async fn leave(State(web): State<WebState>, Path(token): Path<String>) -> Reply {
    match web.store.leave(token, web.clock.now()).await {
        Ok(Some(digest)) => {
            let page = pages::unsubscribed_page(&web.settings().view(), &title(&web, &digest));
            reply::page(StatusCode::OK, page)
        }
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// `POST /preferences/TOKEN`: has the digest sent as its recipient likes it, from its next edition on.
pub(super) async fn choose(State(web): State<WebState>, Path(token): Path<String>, form: String) -> Reply {
    let (wanted, read) = (token.clone(), Preferences::read(&form));
    let known = web.look(move |reader, _| reader.recipient_of(&wanted)).await;
    let mut recipient = match known {
        Ok(Some(recipient)) => recipient,
        Ok(None) => return web.not_found(),
        Err(error) => return web.failed(&error),
    };
    let settings = web.settings();
    let digest = settings.digests.iter().find(|digest| digest.name == recipient.digest);
    let (Some(digest), Some(chosen)) = (digest, read) else {
        let page = pages::preferences_page(&settings.view(), &recipient, &token, Saved::Cannot);
        return reply::page(StatusCode::BAD_REQUEST, page);
    };
    let chosen = chosen.of_offered(&digest.offered(settings.view().categories));
    let (of, noting) = (token.clone(), chosen.clone());
    let (status, saved) = match web.store.write(move |batch| batch.choose(&of, &noting)).await {
        Ok(Chosen::Noted) => {
            recipient.preferences = chosen;
            (StatusCode::OK, Saved::Yes)
        }
        Ok(Chosen::TooMany) => (StatusCode::CONFLICT, Saved::TooMany),
        Ok(Chosen::Unknown) => return web.not_found(),
        Err(error) => return web.failed(&error),
    };
    reply::page(status, pages::preferences_page(&settings.view(), &recipient, &token, saved))
}
