//! From a document to what is to be filed of it: the entries that are new or changed, and those that only changed their
//! ids. Whether they are news is decided here; which story they are is not.

use super::answer::Undigested;
use super::recognise::{Newcomer, recognise};
use crate::ingest::BACKLOG_SHOWN;
use crate::model::{Adoption, Document, Entry, EntryNo, FeedNo, FeedState};
use crate::read::{self, Identity};
use crate::store::{KnownEntry, Store};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Fewer new entries that were here before under other ids are no migration; the desk recognises each as its story.
const MIGRATION_LEAST: usize = 3;

/// More new entries in one poll of an established feed are a flood, not news, unless the feed writes as much: few
/// documents hold as many at all.
const FLOOD: usize = 50;

/// A feed may bring so many times what it wrote in as long a time before: news comes in bursts.
const BURST: usize = 2;

/// Among how many of a feed's latest entries a migration looks for the old ones: at least so many, and twice as many as
/// the document holds.
const LOOKED_THROUGH: usize = 200;

/// Finds out what a document brings.
#[derive(Debug, Clone)]
pub(super) struct Sieve {
    store: Store,
    /// One permit a core, for reading and sanitising: more at once would only hold more memory.
    cores: Arc<Semaphore>,
}

/// What a document brings.
#[derive(Debug, Default)]
pub(super) struct Sifted {
    /// Entries that are new or changed, sanitised, oldest first.
    pub(super) entries: Vec<Entry>,
    /// How many of them, from the oldest, publish nothing.
    pub(super) quiet: usize,
    /// How many of them are new.
    pub(super) new: usize,
    /// Entries that came under new ids.
    pub(super) adopted: Vec<Adoption>,
    /// The key of every entry.
    pub(super) keys: Vec<String>,
    /// What identifies nothing in this feed.
    pub(super) shared: Vec<u64>,
    /// Whether any entry of the document was here before.
    pub(super) met_before: bool,
    /// Something that the operator should know, as what the feed did: "brought …".
    pub(super) remark: Option<String>,
}

impl Sieve {
    pub(super) fn new(store: Store) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { store, cores: Arc::new(Semaphore::new(cores)) }
    }

    /// Reading and sanitising take milliseconds to a second of a core; the loops go on meanwhile.
    pub(super) async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undigested> {
        let _core = self.cores.acquire().await;
        tokio::task::spawn_blocking(work).await.map_err(|_| {
            Undigested::NotAFeed("could not be read: the reader failed; please report this feed".to_owned())
        })
    }

    /// What is new or changed in this document of the feed.
    pub(super) async fn sift(
        &self,
        state: &FeedState,
        document: Document,
        now: Timestamp,
    ) -> Result<Sifted, Undigested> {
        let feed = state.no;
        let identity = read::identify(&document, &state.habits.shared);
        let wanted = identity.keys.clone();
        let read = self.store.read(move |reader| reader.known_hashes(feed, &wanted));
        let known = read.await.map_err(Undigested::Store)?;
        let keys = identity.keys.clone();
        let (known, entries) = self
            .off_thread(move || {
                let entries = new_or_changed(&document, keys, &known);
                (known, entries)
            })
            .await?;
        let mut sifted = Sifted {
            entries,
            met_before: !known.is_empty(),
            keys: identity.keys.clone(),
            shared: identity.shared.clone(),
            ..Sifted::default()
        };
        let is_new = |entry: &Entry| !known.contains_key(&entry.key);
        // Of a feed's first document everything is new, and ingest knows what to make of that.
        if state.read_at.is_some() && !self.adopt(feed, &mut sifted, &identity, is_new).await? {
            self.calm(feed, &mut sifted, is_new, now).await?;
        }
        sifted.new = sifted.entries.iter().filter(|entry| is_new(entry)).count();
        Ok(sifted)
    }

    /// Takes out the entries that were here before under other ids. Says whether the feed has given most of its new
    /// entries other ids; then the few that are left publish nothing either, for they are as old.
    async fn adopt(
        &self,
        feed: FeedNo,
        sifted: &mut Sifted,
        identity: &Identity,
        is_new: impl Fn(&Entry) -> bool,
    ) -> Result<bool, Undigested> {
        let newcomers: Vec<Newcomer> =
            sifted.entries.iter().filter(|entry| is_new(entry)).map(Newcomer::of).collect();
        let new = newcomers.len();
        if new == 0 || (new < MIGRATION_LEAST && identity.lost.is_empty()) {
            return Ok(false);
        }
        let old = self.old_entries(feed, identity).await?;
        let pairs = recognise(&self.store, newcomers, old).await.map_err(Undigested::Store)?;
        let migrated = pairs.len() >= MIGRATION_LEAST && 2 * pairs.len() >= new;
        // What identified an entry until it turned out to be shared changes that entry's key and no other.
        let pairs = pairs.into_iter().filter(|(_, old)| migrated || identity.lost.contains(&old.key));
        let mut adopted: HashMap<String, EntryNo> = pairs.map(|(key, old)| (key, old.no)).collect();
        for entry in std::mem::take(&mut sifted.entries) {
            match adopted.remove(&entry.key) {
                Some(no) => sifted.adopted.push(Adoption { no, entry }),
                None => sifted.entries.push(entry),
            }
        }
        sifted.met_before |= !sifted.adopted.is_empty();
        if migrated {
            sifted.quiet = sifted.entries.len();
            sifted.remark = Some(format!(
                "gave its entries other ids: {} of {new} new ones were here before; they keep their stories, and nothing \
                 was published again",
                sifted.adopted.len()
            ));
        }
        Ok(migrated)
    }

    /// The feed's latest entries that do not come under the ids they had, and those under ids that no longer count.
    async fn old_entries(&self, feed: FeedNo, identity: &Identity) -> Result<Vec<KnownEntry>, Undigested> {
        let (lost, at_most) = (identity.lost.clone(), LOOKED_THROUGH.max(2 * identity.keys.len()));
        let read = self.store.read(move |reader| {
            let mut all = reader.entries_under(feed, &lost)?;
            let found: HashSet<EntryNo> = all.iter().map(|old| old.no).collect();
            let latest = reader.latest_entries(feed, at_most)?;
            all.extend(latest.into_iter().filter(|old| !found.contains(&old.no)));
            Ok(all)
        });
        let mut old = read.await.map_err(Undigested::Store)?;
        let served: HashSet<&str> = identity.keys.iter().map(String::as_str).collect();
        old.retain(|old| !served.contains(old.key.as_str()));
        Ok(old)
    }

    /// Lets a flood publish its newest few only.
    async fn calm(
        &self,
        feed: FeedNo,
        sifted: &mut Sifted,
        is_new: impl Fn(&Entry) -> bool,
        now: Timestamp,
    ) -> Result<(), Undigested> {
        let new = sifted.entries.iter().filter(|entry| is_new(entry)).count();
        if new <= FLOOD {
            return Ok(());
        }
        let read = self.store.read(move |reader| reader.wrote_in_as_long(feed, now));
        if new > BURST * read.await.map_err(Undigested::Store)? {
            sifted.quiet = all_but_newest(&sifted.entries, is_new);
            sifted.remark = Some(format!(
                "brought {new} new entries at once: all are filed, and the newest {BACKLOG_SHOWN} published"
            ));
        }
        Ok(())
    }
}

/// The entries that are not known as they are, sanitised, oldest first, each key once.
fn new_or_changed(document: &Document, keys: Vec<String>, known: &HashMap<String, u128>) -> Vec<Entry> {
    let mut seen = HashSet::new();
    let mut entries: Vec<Entry> = document
        .entries
        .iter()
        .zip(keys)
        .filter(|(_, key)| seen.insert(key.clone()))
        .filter_map(|(raw, key)| {
            let hash = read::hash(raw);
            (known.get(&key) != Some(&hash)).then(|| read::prepare(raw, key, hash, document))
        })
        .collect();
    // Feeds put the newest first; where dates are missing or equal, that order tells which came first.
    entries.reverse();
    entries.sort_by_key(|entry| entry.published);
    entries
}

/// How many entries stand before the newest [`BACKLOG_SHOWN`] of the new ones.
fn all_but_newest(entries: &[Entry], is_new: impl Fn(&Entry) -> bool) -> usize {
    let newest = entries.iter().enumerate().rev().filter(|(_, entry)| is_new(entry)).take(BACKLOG_SHOWN);
    newest.last().map_or(0, |(place, _)| place)
}
