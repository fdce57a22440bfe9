//! Asking for a digest by mail, and confirming it.
//!
//! The answer does not tell whether an address gets the digest already, and nothing that was entered comes back on a page. To
//! open the link in the mail confirms nothing: mail filters follow every link.

use super::digests::title;
use super::reply::{self, Reply};
use super::state::WebState;
use crate::model::bare_address;
use crate::render::pages;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

/// The longest address that mail can be delivered to, in bytes (RFC 5321 §4.5.3.1.3).
const ADDRESS_BYTES: usize = 254;

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct SubscribeForm {
    address: String,
}

/// `POST /digests/NAME/subscribe`
pub(super) async fn ask_to_join(
    State(web): State<WebState>,
    Path(name): Path<String>,
    asked: HeaderMap,
    form: Result<Form<SubscribeForm>, FormRejection>,
) -> Reply {
    let settings = web.settings();
    let site = settings.view();
    if !is_open(&web, &name) {
        return web.not_found();
    }
    let address = form.ok().map(|Form(wanted)| bare_address(&wanted.address));
    let Some(address) = address.filter(|address| is_address(address) && !is_from_elsewhere(&asked)) else {
        return reply::page(StatusCode::BAD_REQUEST, pages::not_asked_page(&site, false));
    };
    let now = web.clock.now();
    match web.store.write(move |batch| batch.ask_to_join(&name, &address, now)).await {
        Ok(true) => reply::page(StatusCode::ACCEPTED, pages::asked_page(&site)),
        Ok(false) => reply::page(StatusCode::TOO_MANY_REQUESTS, pages::not_asked_page(&site, true)),
        Err(error) => web.failed(&error),
    }
}

/// `GET /confirm/TOKEN`: a page with a button.
pub(super) async fn ask(State(web): State<WebState>, Path(token): Path<String>) -> Reply {
    let (wanted, now) = (token.clone(), web.clock.now());
    match web.look(move |reader, _| reader.request(&wanted, now)).await {
        Ok(Some((request, _))) if is_open(&web, &request.digest) => {
            let title = title(&web, &request.digest);
            reply::page(StatusCode::OK, pages::confirm_page(&web.settings().view(), &title, &token))
        }
        Ok(_) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

/// `POST /confirm/TOKEN`: has the digest sent from its next edition on.
pub(super) async fn confirm(State(web): State<WebState>, Path(token): Path<String>) -> Reply {
    let settings = web.settings();
    let open = settings.digests.iter().filter(|digest| digest.open).map(|digest| digest.name.clone());
    match web.store.confirm(token, open.collect(), web.clock.now()).await {
        Ok(Some((recipient, token))) => {
            let title = title(&web, &recipient.digest);
            reply::page(StatusCode::OK, pages::confirmed_page(&settings.view(), &title, &recipient, &token))
        }
        Ok(None) => web.not_found(),
        Err(error) => web.failed(&error),
    }
}

fn is_open(web: &WebState, digest: &str) -> bool {
    web.settings().digests.iter().any(|known| known.name == digest && known.open)
}

/// Whether a text can be a bare mail address; whether mail arrives there, only mail can tell.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && !"<>()[],;:\\\"".contains(c);
    !local.is_empty()
        && text.len() <= ADDRESS_BYTES
        && text.chars().all(is_plain)
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-'))
}

/// Whether a page of another site sent the form, as browsers tell (Fetch Metadata, else `Origin`). Without https they send no
/// Fetch Metadata. They then send `null` as the origin of our own form, too, because our pages are `no-referrer` (Fetch standard,
/// "append a request Origin header"); so `null` is taken.
fn is_from_elsewhere(asked: &HeaderMap) -> bool {
    let said = |name: &str| asked.get(name).and_then(|value| value.to_str().ok());
    match (said("sec-fetch-site"), said("origin"), said(header::HOST.as_str())) {
        (Some(site), ..) => site == "cross-site",
        (None, Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from != host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_mail_address_is_told_from_what_can() {
        for right in
            ["ada@example.org", "ada+news@mail.example.org", "jürgen@büro.example", "o'neil@a.example"]
        {
            assert!(is_address(right), "{right}");
        }
        let long = format!("{}@example.org", "a".repeat(250));
        for wrong in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@host",
            "ada@.example",
            "ada@a..b",
            "a b@example.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "<ada@example.org>",
            "ada@[127.0.0.1]",
            "ada@example.org,eve@example.org",
            "ada@-x.example",
            &long,
        ] {
            assert!(!is_address(wrong), "{wrong}");
        }
    }
}
