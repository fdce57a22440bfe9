//! The web: outputs, pages, pictures, subscriptions to digests, and what WebSub hubs call.
//!
//! Knows the store and `render`. Decides which stories an address holds, what has moved or gone, and what a client may
//! keep. It must not know how anything looks, which `render` decides, nor how a filing is decided: it hands filings on to
//! the pages that explain them.

mod cache;
mod client;
mod clients;
mod conditions;
mod days;
mod digests;
mod outputs;
mod owed;
mod pack;
mod pages;
mod pictures;
mod pushed;
mod queue;
mod recipient;
mod reply;
mod state;
mod subscribe;
mod visit;
pub mod websub;

pub use client::Client;
pub use clients::Clients;

use crate::clock::Clock;
use crate::model::{CategorySettings, DigestSettings, Outage, PublishSettings, SiteSettings};
use crate::store::Store;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::routing::{get, post};
use outputs::single;
use owed::Owed;
use queue::Queue;
use state::WebState;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

/// What the web is told of the configuration; replaced when that is reloaded.
#[derive(Debug, Clone, PartialEq)]
pub struct WebContext {
    /// Title and address.
    pub site: SiteSettings,
    /// How much an output holds.
    pub publish: PublishSettings,
    /// The categories, with the names they had before.
    pub categories: Vec<CategorySettings>,
    /// The digests.
    pub digests: Vec<DigestSettings>,
}

/// What the web is made of.
#[derive(Debug, Clone)]
pub struct Web {
    /// Where everything is.
    pub store: Store,
    /// The configuration now in force. Whoever writes to the store because it has changed does so before replacing it.
    pub context: watch::Receiver<Arc<WebContext>>,
    /// The time, for what is fresh and for the dates of answers.
    pub clock: Clock,
    /// Whether the network is down, which `/healthz` and `/metrics` say.
    pub outage: watch::Receiver<Option<Outage>>,
}

/// Maximum duration of a request that has left the queue; hubs have a limit of their own (`websub`). The store interrupts a read
/// sooner, after ten seconds.
const REQUEST_LIMIT: Duration = Duration::from_secs(20);

/// Maximum size of a request's body, but for pushes of hubs: a form with a mail address, or `List-Unsubscribe=One-Click`.
const BODY_BYTES: usize = 4 * 1024;

/// The content security policy: no script runs, and nothing is loaded from other sites.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// All routes. Every request passes `visit`; then, unless it is a hub's, it waits in the queue.
pub fn router(web: Web, callbacks: websub::Callbacks) -> Router {
    let visit = middleware::from_fn_with_state(Owed::default(), visit::visit);
    let wait = middleware::from_fn_with_state(Queue::default(), queue::wait);
    site(web).layer(wait).merge(websub::router(callbacks)).layer(visit)
}

fn site(web: Web) -> Router {
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/", get(pages::front))
        .route("/{section}", get(pages::section))
        .route("/{section}/{leaf}", get(outputs::within))
        .route("/{section}/archive/{leaf}", get(outputs::archive))
        .route("/archive", get(days::archive))
        .route("/archive/{day}", get(days::day))
        .route("/sources", get(pages::sources))
        .route("/sources/{leaf}", get(pages::source))
        .route("/sources/{name}/archive/{leaf}", get(single::source_archive))
        .route("/topics/{id}/archive/{leaf}", get(single::topic_archive))
        .route("/stories/{id}", get(pages::story))
        .route("/topics/{id}", get(pages::topic))
        .route("/search", get(pages::search))
        .route("/status", get(pages::status))
        .route("/feeds", get(pages::feeds))
        .route("/feeds.opml", get(outputs::opml))
        .route("/feed.css", get(outputs::style))
        .route("/digests", get(digests::list))
        .route("/digests/{name}", get(digests::archive))
        .route("/digests/{name}/subscribe", post(subscribe::ask_to_join))
        .route("/digests/{name}/{id}", get(digests::edition))
        .route("/confirm/{token}", get(subscribe::ask).post(subscribe::confirm))
        .route("/unsubscribe/{token}", get(recipient::ask).post(recipient::leave))
        .route("/preferences/{token}", post(recipient::choose))
        .route("/assets/{name}", get(pages::asset))
        .route("/pictures/{name}/picture.jpg", get(pictures::picture))
        .route("/favicon.ico", get(pages::icon))
        .route("/robots.txt", get(pages::robots))
        .route("/healthz", get(pages::health))
        .route("/metrics", get(pages::metrics))
        .fallback(pages::nothing)
        .with_state(WebState::new(web))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_LIMIT))
        .layer(fixed(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
}

#[cfg(test)]
mod tests;
