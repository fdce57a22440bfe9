//! What all routes share: the store, the settings now in force, and the caches.

use super::cache::{Body, Cache, Stamp};
use super::reply::{self, Reply};
use super::{Web, WebContext};
use crate::clock::Clock;
use crate::model::{Outage, Ranked};
use crate::render::{Site, pages};
use crate::store::{Reader, Store, StoreError};
use axum::http::{HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, watch};

/// Maximum number of searches at once.
const SEARCHES: usize = 2;

/// Searches under way or waiting. There are fewer than requests that are worked on at once (`queue`), so that searches cannot
/// take all of these.
const SEARCHES_WAITING: usize = 6;

/// Maximum number of bodies rendered at once: an output of some megabytes takes several times as much meanwhile.
const RENDERED_AT_ONCE: usize = 2;

impl WebContext {
    /// The site as `render` sees it.
    pub(super) fn view(&self) -> Site<'_> {
        Site {
            title: &self.site.title,
            url: &self.site.url,
            categories: &self.categories,
            digests: &self.digests,
            language: self.site.language,
            timezone: &self.site.timezone,
        }
    }
}

/// Topics in the ranking that pages choose from.
const RANKED: usize = 32;

/// How long, in seconds, a page stays the same that says how long ago something was. Times within the last hour are rounded to
/// as much, so a cached page is never wrong, and pages do not differ every second.
const SPELL_S: i64 = 300;

/// What a body depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// The ledger: stories and topics.
    Ledger,
    /// The ledger, the pictures, and the clock: a page that says how long ago something was.
    Clock,
    /// Everything that is written: feeds' health, editions.
    Store,
}

impl Follows {
    /// For how many seconds a body that was made at `now` is valid.
    fn spell_s(self) -> i64 {
        if self == Self::Clock { SPELL_S } else { 3600 }
    }
}

/// The ranking of topics by newsrooms, and the state that it was made from.
type Ranking = (Stamp, Arc<Vec<Ranked>>);

/// The versions of what pages show.
#[derive(Debug, Clone, Copy)]
struct Last {
    filing: u64,
    /// The last picture that was kept.
    picture: u64,
}

/// Shared by all routes; clones are cheap.
#[derive(Debug, Clone)]
pub(super) struct WebState {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) outage: watch::Receiver<Option<Outage>>,
    settings: watch::Receiver<Arc<WebContext>>,
    /// The settings last seen, and how often they have changed.
    seen: Arc<Mutex<(Arc<WebContext>, u64)>>,
    cache: Cache,
    /// Permits for searches, fewer than the store has readers: searches must not keep outputs waiting.
    searches: Arc<Semaphore>,
    /// Places for searches that are under way or wait.
    pub(super) searches_waiting: Arc<Semaphore>,
    /// Permits for rendering.
    renders: Arc<Semaphore>,
    /// The ranking, for the columns beside the news.
    ranking: Arc<tokio::sync::Mutex<Option<Ranking>>>,
    /// The last filing and picture, with the version of the store in which they were read.
    ledger: Arc<Mutex<Option<(u64, Last)>>>,
}

impl WebState {
    pub(super) fn new(web: Web) -> Self {
        let Web { store, context: settings, clock, outage } = web;
        let seen = Arc::new(Mutex::new((Arc::clone(&settings.borrow()), 0)));
        Self {
            store,
            clock,
            outage,
            settings,
            seen,
            cache: Cache::default(),
            searches: Arc::new(Semaphore::new(SEARCHES)),
            searches_waiting: Arc::new(Semaphore::new(SEARCHES_WAITING)),
            renders: Arc::new(Semaphore::new(RENDERED_AT_ONCE)),
            ranking: Arc::default(),
            ledger: Arc::default(),
        }
    }

    /// The settings of the moment.
    pub(super) fn settings(&self) -> Arc<WebContext> {
        self.counted_settings().0
    }

    fn counted_settings(&self) -> (Arc<WebContext>, u64) {
        let now = Arc::clone(&self.settings.borrow());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&seen.0, &now) {
            *seen = (now, seen.1 + 1);
        }
        (Arc::clone(&seen.0), seen.1)
    }

    /// The cached body if nothing has changed since; else what `make` renders on a reading thread.
    pub(super) async fn body(
        &self,
        key: &str,
        follows: Follows,
        make: impl FnOnce(&Reader<'_>, &WebContext) -> Result<String, StoreError> + Send + 'static,
    ) -> Result<Arc<Body>, StoreError> {
        let now = self.clock.now();
        // Taken before the body is made: what is written meanwhile makes the stamp old, not the body wrong.
        let (settings, stamp) = self.stamp(follows, now).await?;
        let made = async {
            let _place = self.renders.acquire().await;
            self.store.read(move |reader| make(reader, &settings)).await
        };
        self.cache.get(key, stamp, now, made).await
    }

    async fn stamp(&self, follows: Follows, now: Timestamp) -> Result<(Arc<WebContext>, Stamp), StoreError> {
        let (settings, count) = self.counted_settings();
        let (store, pictures) = match follows {
            Follows::Store => (self.store.version(), 0),
            Follows::Ledger => (self.ledger().await?.filing, 0),
            Follows::Clock => {
                let ledger = self.ledger().await?;
                (ledger.filing, ledger.picture)
            }
        };
        let spell = now.as_second().div_euclid(follows.spell_s());
        Ok((settings, Stamp { settings: count, store, pictures, spell }))
    }

    /// The topics that most newsrooms reported in the last day; cached as long as a page that shows them.
    pub(super) async fn ranking(&self) -> Result<Arc<Vec<Ranked>>, StoreError> {
        let now = self.moment();
        let (_, stamp) = self.stamp(Follows::Clock, now).await?;
        let mut held = self.ranking.lock().await;
        if let Some((of, ranking)) = held.as_ref()
            && *of == stamp
        {
            return Ok(Arc::clone(ranking));
        }
        let until = now.saturating_add(SignedDuration::from_secs(SPELL_S)).unwrap_or(now);
        let since = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
        let ranking = Arc::new(self.store.read(move |reader| reader.widest(&(since..until), RANKED)).await?);
        *held = Some((stamp, Arc::clone(&ranking)));
        Ok(ranking)
    }

    /// The time that pages are told: the beginning of the present five minutes.
    pub(super) fn moment(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_second(now.as_second().div_euclid(SPELL_S) * SPELL_S).unwrap_or(now)
    }

    /// A body that never changes, under a name that no other has.
    pub(super) async fn fixed(&self, name: &str, bytes: &'static [u8]) -> Arc<Body> {
        let stamp = Stamp { settings: 0, store: 0, pictures: 0, spell: 0 };
        let made = async { Ok::<_, Infallible>(bytes) };
        let Ok(body) = self.cache.get(name, stamp, self.clock.now(), made).await;
        body
    }

    /// Reads something that is not cached.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        make: impl FnOnce(&Reader<'_>, &WebContext) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let settings = self.settings();
        self.store.read(move |reader| make(reader, &settings)).await
    }

    /// [`Self::look`] for documents that take some megabytes while they are rendered; a few at once.
    pub(super) async fn make<T: Send + 'static>(
        &self,
        make: impl FnOnce(&Reader<'_>, &WebContext) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _place = self.renders.acquire().await;
        self.look(make).await
    }

    /// [`Self::look`] for searches, which may take long, and of which anyone may ask for any number; a few at once.
    pub(super) async fn search<T: Send + 'static>(
        &self,
        make: impl FnOnce(&Reader<'_>, &WebContext) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _place = self.searches.acquire().await.map_err(|_| StoreError::Closed)?;
        self.look(make).await
    }

    /// The last filing and picture, looked up only when something has been written since the last time.
    async fn ledger(&self) -> Result<Last, StoreError> {
        let version = self.store.version();
        let known = *self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, last)) = known
            && of == version
        {
            return Ok(last);
        }
        let looked = self.store.read(|reader| {
            Ok(Last { filing: reader.last_filing()?.0.cast_unsigned(), picture: reader.last_picture()? })
        });
        let last = looked.await?;
        let mut known = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        // Another request may have looked later and answered sooner.
        if known.is_none_or(|(of, _)| of < version) {
            *known = Some((version, last));
        }
        Ok(last)
    }

    /// Lets pages of other sites read an output (CORS), for feed readers that run in browsers; but only on a public site. On a
    /// private network, any page that somebody opens could read it.
    pub(super) fn for_other_sites(&self, mut reply: Reply) -> Reply {
        if self.settings().site.is_public() {
            let everyone = HeaderValue::from_static("*");
            reply.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, everyone);
        }
        reply
    }

    /// 404.
    pub(super) fn not_found(&self) -> Reply {
        reply::page(StatusCode::NOT_FOUND, pages::not_found(&self.settings().view()))
    }

    /// 410 for what was there once.
    pub(super) fn gone(&self, what: &str) -> Reply {
        reply::page(StatusCode::GONE, pages::gone(&self.settings().view(), what))
    }

    /// 410 for what the operator has taken down.
    pub(super) fn taken_down(&self) -> Reply {
        reply::page(StatusCode::GONE, pages::taken_down(&self.settings().view()))
    }

    /// A permanent redirect to `path` on this site.
    pub(super) fn moved(&self, path: &str) -> Reply {
        let settings = self.settings();
        let site = settings.view();
        reply::moved(&site.local(path), pages::moved_away(&site, path))
    }

    /// 503, for a failure of the store, which is logged.
    pub(super) fn failed(&self, error: &StoreError) -> Reply {
        tracing::warn!(error.kind = error.kind(), %error, "a page could not be made");
        reply::page(StatusCode::SERVICE_UNAVAILABLE, pages::unavailable(&self.settings().view()))
    }
}
