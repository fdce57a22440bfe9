//! The addresses of DESIGN: outputs, pages, health.
//!
//! It knows `render` and the store's reading side; it must not decide anything.

use crate::clock::Clock;
use crate::model::{CategorySettings, DigestSettings, PublishSettings, SiteSettings};
use crate::store::Store;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;
use tokio::sync::watch;

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

/// What every route shares.
#[derive(Debug, Clone)]
pub struct Web {
    /// Where everything is.
    pub store: Store,
    /// The configuration now in force.
    pub context: watch::Receiver<Arc<WebContext>>,
    /// The time, for pages.
    pub clock: Clock,
}

/// Every route.
pub fn router(web: Web) -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" })).with_state(web)
}
