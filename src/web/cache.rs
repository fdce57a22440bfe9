//! A cache of rendered bodies, plain and compressed, with a bounded size. A body is valid as long as its [`Stamp`] is the
//! present one. One request renders it, while others wait for it.
//!
//! When the cache is full, the plain bytes of bodies that have compressed ones are dropped first: nearly all clients want
//! these, which are a quarter of the size, and the plain bytes can be had from them. Must not know what the bodies are.

use super::pack::Coding;
use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;
use xxhash_rust::xxh3::xxh3_128;

/// Maximum size of all bodies, compressed ones included. The output of a category with a hundred full stories has about
/// half a MiB.
const BUDGET_BYTES: usize = 32 * 1024 * 1024;

/// A rendered body with what conditional requests need (RFC 9110 §8.8).
#[derive(Debug)]
pub(super) struct Body {
    /// The bytes without a coding; `None` when they were dropped, which happens only to bodies that have compressed bytes.
    plain: Mutex<Option<Bytes>>,
    /// How many bytes it has.
    pub(super) len: usize,
    /// Strong: a hash of the bytes, in quotation marks.
    pub(super) etag: String,
    /// When these bytes were first made here. While an address is cached, two different bodies of it never share a second.
    pub(super) modified: Option<Timestamp>,
    /// The bytes in each of [`Coding::ALL`], once someone has wanted them.
    packed: [OnceCell<Bytes>; Coding::ALL.len()],
}

impl Body {
    /// A body that is not cached, and so has no date.
    pub(super) fn passing(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let etag = format!("\"{:032x}\"", xxh3_128(&bytes));
        let len = bytes.len();
        Self { plain: Mutex::new(Some(bytes)), len, etag, modified: None, packed: Default::default() }
    }

    /// The bytes as they are.
    pub(super) async fn plain(&self) -> std::io::Result<Bytes> {
        let held = self.held().clone();
        if let Some(bytes) = held {
            return Ok(bytes);
        }
        let packed =
            Coding::ALL.into_iter().find_map(|coding| Some((coding, self.packed[coding as usize].get()?)));
        let (coding, packed) = packed.ok_or(std::io::ErrorKind::NotFound)?;
        coding.unpack(packed, self.len).await
    }

    /// The bytes in a coding: compressed for the first request that wants them, and shared by all others.
    pub(super) async fn packed(&self, coding: Coding) -> std::io::Result<Bytes> {
        let pack = async || coding.pack(self.plain().await?).await;
        self.packed[coding as usize].get_or_try_init(pack).await.cloned()
    }

    fn held(&self) -> MutexGuard<'_, Option<Bytes>> {
        self.plain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes that it takes in memory now.
    fn weight(&self) -> usize {
        let packed = self.packed.iter().filter_map(OnceCell::get);
        self.held().as_ref().map_or(0, Bytes::len) + packed.map(Bytes::len).sum::<usize>()
    }

    /// Drops the plain bytes if there are compressed ones, from which they can be restored.
    fn lighten(&self) {
        if self.packed.iter().any(OnceCell::initialized) {
            *self.held() = None;
        }
    }

    /// The same as `before` if the bytes are; else newer than it.
    fn after(bytes: Bytes, before: Option<&Arc<Self>>, now: Timestamp) -> Arc<Self> {
        let body = Self::passing(bytes);
        match before {
            Some(before) if before.etag == body.etag => Arc::clone(before),
            Some(before) => {
                let next = before.modified.map(|at| at.saturating_add(SignedDuration::from_secs(1)));
                let later = next.and_then(Result::ok).map_or(now, |next| next.max(now));
                Arc::new(Self { modified: Some(later), ..body })
            }
            None => Arc::new(Self { modified: Some(now), ..body }),
        }
    }
}

/// The state of the world that a body was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The settings, counted.
    pub(super) settings: u64,
    /// The last filing, or every write, whichever the body depends on.
    pub(super) store: u64,
    /// The pictures that are kept, for pages that show them.
    pub(super) pictures: u64,
    /// The hour, for outputs reach back a number of days; of a page that says how long ago something was, the five minutes.
    pub(super) spell: i64,
}

/// The cache. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache {
    shelves: Arc<Mutex<Shelves>>,
}

#[derive(Debug, Default)]
struct Shelves {
    places: HashMap<String, Place>,
    /// Counts uses, to know which was used last.
    uses: u64,
}

/// A body and what it was made from, once it has been made.
type Slot = Arc<tokio::sync::Mutex<Option<(Stamp, Arc<Body>)>>>;

#[derive(Debug, Default)]
struct Place {
    /// Held by whoever is making the body; the others wait and find it made.
    slot: Slot,
    bytes: usize,
    used: u64,
}

impl Cache {
    /// The body of `key`: the cached one if it was made from `stamp`, else what `make` gives. An error is passed on and
    /// not cached.
    pub(super) async fn get<B: Into<Bytes>, E>(
        &self,
        key: &str,
        stamp: Stamp,
        now: Timestamp,
        make: impl Future<Output = Result<B, E>>,
    ) -> Result<Arc<Body>, E> {
        let slot = self.slot(key);
        let mut held = slot.lock().await;
        if let Some((of, body)) = held.as_ref()
            && *of == stamp
        {
            let body = Arc::clone(body);
            drop(held);
            // It takes more memory if it was compressed since.
            self.weigh(key, body.weight());
            return Ok(body);
        }
        let made = make.await.map(Into::<Bytes>::into);
        // For what does not exist nothing is cached: anybody may ask for any number of such addresses.
        if held.is_none() && made.as_ref().map_or(true, Bytes::is_empty) {
            drop(held);
            self.forget(key);
            return made.map(Body::passing).map(Arc::new);
        }
        let bytes = made?;
        let body = Body::after(bytes, held.as_ref().map(|(_, body)| body), now);
        *held = Some((stamp, Arc::clone(&body)));
        drop(held);
        self.weigh(key, body.weight());
        Ok(body)
    }

    fn slot(&self, key: &str) -> Slot {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.uses += 1;
        let used = shelves.uses;
        let place = shelves.places.entry(key.to_owned()).or_default();
        place.used = used;
        Arc::clone(&place.slot)
    }

    fn forget(&self, key: &str) {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner).places.remove(key);
    }

    /// Notes the size of a body. If all of them exceed the budget, the least recently used lose their plain bytes; if that is
    /// not enough, the least recently used are removed.
    fn weigh(&self, key: &str, bytes: usize) {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = shelves.places.get_mut(key) {
            place.bytes = bytes;
        }
        let mut all: usize = shelves.places.values().map(|place| place.bytes).sum();
        if all <= BUDGET_BYTES {
            return;
        }
        let mut by_use: Vec<(u64, String)> =
            shelves.places.iter().map(|(key, place)| (place.used, key.clone())).collect();
        by_use.sort_unstable();
        for (_, key) in &by_use {
            let Some(place) = shelves.places.get_mut(key).filter(|_| all > BUDGET_BYTES) else { break };
            // A body that is being made is left alone.
            if let Ok(held) = place.slot.try_lock()
                && let Some((_, body)) = held.as_ref()
            {
                body.lighten();
                all = all - place.bytes + body.weight();
                place.bytes = body.weight();
            }
        }
        for (_, key) in by_use {
            if all <= BUDGET_BYTES {
                break;
            }
            let is_made = shelves.places.get(&key).is_some_and(|place| place.slot.try_lock().is_ok());
            if is_made {
                all -= shelves.places.remove(&key).map_or(0, |place| place.bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn stamp(store: u64) -> Stamp {
        Stamp { settings: 0, store, pictures: 0, spell: 0 }
    }

    async fn get(cache: &Cache, key: &str, store: u64, text: &str) -> Arc<Body> {
        cache.get(key, stamp(store), NOW, async { Ok::<_, ()>(text.to_owned()) }).await.unwrap()
    }

    #[tokio::test]
    async fn a_body_is_made_once_for_each_state_of_the_world() {
        let cache = Cache::default();
        let first = get(&cache, "a", 1, "one").await;
        assert!(Arc::ptr_eq(&first, &get(&cache, "a", 1, "not asked for").await));
        assert!(Arc::ptr_eq(&first, &get(&cache, "a", 2, "one").await), "same bytes keep their date");
        let second = get(&cache, "a", 3, "two").await;
        assert_ne!(first.etag, second.etag);
        assert!(second.modified > first.modified, "two bodies never share a second");
    }

    #[tokio::test]
    async fn a_body_is_packed_once_and_its_packed_bytes_are_shared() {
        let body = Body::passing("text ".repeat(1_000));
        let (first, second) = tokio::join!(body.packed(Coding::Gzip), body.packed(Coding::Gzip));
        assert_eq!(first.unwrap().as_ptr(), second.unwrap().as_ptr());
    }

    #[tokio::test]
    async fn what_fails_is_asked_again() {
        let cache = Cache::default();
        assert!(cache.get("a", stamp(1), NOW, async { Err::<String, _>("no") }).await.is_err());
        assert_eq!(get(&cache, "a", 1, "yes").await.plain().await.unwrap(), "yes");
    }

    #[tokio::test]
    async fn what_is_not_there_leaves_nothing_behind() {
        let cache = Cache::default();
        for no in 0..1_000 {
            assert_eq!(get(&cache, &format!("/archive/{no}"), 1, "").await.len, 0);
            let key = format!("/failed/{no}");
            assert!(cache.get(&key, stamp(1), NOW, async { Err::<String, _>("no") }).await.is_err());
        }
        assert_eq!(cache.shelves.lock().unwrap().places.len(), 0);
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let cache = Cache::default();
        let half = "x".repeat(BUDGET_BYTES / 2 - 1_000);
        for key in ["a", "b", "c"] {
            get(&cache, key, 1, &half).await;
        }
        assert_eq!(get(&cache, "c", 1, "new").await.len, half.len());
        assert_eq!(get(&cache, "a", 1, "new").await.len, 3, "the one used longest ago was forgotten");
    }

    #[tokio::test]
    async fn when_memory_is_short_packed_bytes_stay_and_plain_ones_are_brought_back() {
        let cache = Cache::default();
        let text = "each story once ".repeat(BUDGET_BYTES / 32);
        let keys = ["a", "b", "c", "d"];
        for key in keys {
            get(&cache, key, 1, &text).await.packed(Coding::Gzip).await.unwrap();
        }
        for key in keys {
            let body = get(&cache, key, 1, "not asked for").await;
            assert_eq!(body.plain().await.unwrap(), text, "{key}");
            let brotli = body.packed(Coding::Brotli).await.unwrap();
            assert_eq!(Coding::Brotli.unpack(&brotli, text.len()).await.unwrap(), text);
        }
        let places = &cache.shelves.lock().unwrap().places;
        assert!(places.values().map(|place| place.bytes).sum::<usize>() <= BUDGET_BYTES);
    }
}
