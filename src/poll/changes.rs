//! Change detection: which entries of a document are new or changed, and which have only changed their ids. New and
//! changed ones are sanitised.
//!
//! It reads from the store what the feed has brought before, and asks `admission` what of the document is news. It must
//! not know the rules for that, nor to which story an entry belongs.

use crate::admission::{self, Changes, DocumentDates, Migration, Search};
use crate::model::{Document, Entry, EntryNo, FeedNo, FeedState, KnownEntry, PollFailure, Quota, Spent};
use crate::read::{self, Identity};
use crate::store::{Store, StoreError};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Compares documents with what is stored of their feeds.
#[derive(Debug, Clone)]
pub(super) struct ChangeFinder {
    store: Store,
    /// One permit for each core, for reading and sanitising. More at the same time would only need more memory.
    cores: Arc<Semaphore>,
}

/// Why an answer could not be used.
pub(super) enum ResponseError {
    Store(StoreError),
    NotAFeed(String),
    /// The body was truncated before its first whole entry.
    Cut(PollFailure),
    /// The same for a body that was transferred completely. If the next one ends in this way, too, it is read as it is.
    EndsInEntry(PollFailure),
}

/// The changes of a document, and what it shows of its feed.
#[derive(Debug, Default)]
pub(super) struct DocumentChanges {
    /// What is to be filed.
    pub(super) changes: Changes,
    /// Number of new entries in the document, including those that exceed the quota.
    pub(super) new: usize,
    /// The keys of all entries, in the document's order.
    pub(super) keys: Vec<String>,
    /// Hashes of ids, links and titles that identify nothing in this feed, because several entries have had them.
    pub(super) shared: Vec<u64>,
    /// Addresses of several entries that were not known to be shared before this document.
    pub(super) newly_shared: Vec<String>,
    /// Whether any entry of the document was known before.
    pub(super) met_before: bool,
    /// See [`admission::newest_last`].
    pub(super) newest_last: Option<bool>,
    /// What is used of the feed's quota, including this document.
    pub(super) spent: Spent,
}

impl ChangeFinder {
    pub(super) fn new(store: Store) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { store, cores: Arc::new(Semaphore::new(cores)) }
    }

    /// Runs work on tokio's blocking pool. Reading and sanitising take from milliseconds to a second of a core, which
    /// would block the loops. A panic of `work` becomes an error.
    pub(super) async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ResponseError> {
        let _core = self.cores.acquire().await;
        tokio::task::spawn_blocking(work).await.map_err(|_| {
            ResponseError::NotAFeed(
                "could not be read: the reader failed; please report this feed".to_owned(),
            )
        })
    }

    /// Finds the changes of a document of the feed.
    pub(super) async fn find(
        &self,
        state: &FeedState,
        document: Document,
        quota: &Quota,
        now: Timestamp,
    ) -> Result<DocumentChanges, ResponseError> {
        let left_out = document.left_out;
        let dates = DocumentDates::of(&document, now, state.read_at);
        let document = Arc::new(document);
        let (identity, known, finds_shared_address) = self.identify(state, &document).await?;
        let shown_last = admission::newest_last(&identity.keys, |key| known.contains_key(key));
        let newest_last = shown_last.unwrap_or(state.habits.newest_last);
        let (known, entries) = {
            let (document, identity) = (Arc::clone(&document), Arc::clone(&identity));
            self.off_thread(move || {
                let entries = new_or_changed(&document, &identity, &known, newest_last);
                (known, entries)
            })
            .await?
        };
        let mut found = DocumentChanges {
            keys: identity.keys.clone(),
            shared: identity.shared.clone(),
            newly_shared: if finds_shared_address { shared_addresses(&entries) } else { Vec::new() },
            newest_last: shown_last,
            spent: state.habits.spent,
            ..DocumentChanges::default()
        };
        let met_before = !known.is_empty();
        let mut changes = Changes::new(entries, known.into_keys().collect());
        // In a feed's first document everything is new; ingest decides what of it is a backlog.
        if state.read_at.is_some() && !self.migrate_ids(state, &mut changes, &identity, dates).await? {
            self.suppress_flood(state.no, &mut changes, now).await?;
        }
        found.met_before = met_before || !changes.adopted.is_empty();
        found.new = changes.count_new();
        admission::keep_within_quota(&mut changes, quota, &mut found.spent, now);
        let habits = &state.habits;
        if state.read_at.is_some() && admission::newest_at_other_end(found.new, left_out, habits.left_out) {
            found.newest_last = Some(!habits.newest_last);
        }
        Ok(DocumentChanges { changes, ..found })
    }

    /// Identifies the entries of a document. Returns their keys, the stored hashes of those that are known, and whether
    /// the document is the first to show that some address is shared.
    async fn identify(
        &self,
        state: &FeedState,
        document: &Arc<Document>,
    ) -> Result<(Arc<Identity>, HashMap<String, u128>, bool), ResponseError> {
        let feed = state.no;
        let mut shared = state.habits.shared.clone();
        let mut identity = Arc::new(read::identify(document, &shared));
        let mut known = self.known(feed, &identity).await?;
        let mut finds_shared_address = identity.finds_shared_address;
        loop {
            let replaced = self.replaced(feed, document, &identity, &known).await?;
            if replaced.is_empty() {
                return Ok((identity, known, finds_shared_address));
            }
            // Each round adds at least one value that identifies nothing, so the loop ends.
            finds_shared_address = true;
            shared.extend(replaced);
            identity = Arc::new(read::identify(document, &shared));
            known = self.known(feed, &identity).await?;
        }
    }

    /// The stored hashes of the entries that are known, by key.
    async fn known(&self, feed: FeedNo, identity: &Identity) -> Result<HashMap<String, u128>, ResponseError> {
        let wanted = identity.keys.clone();
        let read = self.store.read(move |reader| reader.known_hashes(feed, &wanted));
        read.await.map_err(ResponseError::Store)
    }

    /// Hashes of the ids, links and titles under which the document has another entry than the stored one (see
    /// [`admission::is_another`]).
    async fn replaced(
        &self,
        feed: FeedNo,
        document: &Arc<Document>,
        identity: &Arc<Identity>,
        known: &HashMap<String, u128>,
    ) -> Result<Vec<u64>, ResponseError> {
        let changed: Vec<usize> = (0..identity.keys.len())
            .filter(|idx| identity.marks[*idx].is_some())
            .filter(|idx| {
                let hash = known.get(&identity.keys[*idx]);
                hash.is_some_and(|hash| *hash != read::hash(&document.entries[*idx]))
            })
            .collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = changed.iter().map(|idx| identity.keys[*idx].clone()).collect();
        let read = self.store.read(move |reader| {
            let old = reader.entries_under(feed, &keys)?;
            let numbers: Vec<EntryNo> = old.iter().map(|old| old.no).collect();
            Ok((old, reader.texts(&numbers)?))
        });
        let (old, texts) = read.await.map_err(ResponseError::Store)?;
        let (document, identity) = (Arc::clone(document), Arc::clone(identity));
        self.off_thread(move || {
            let old: HashMap<&str, &KnownEntry> = old.iter().map(|old| (old.key.as_str(), old)).collect();
            let alone = identity.keys.len() == 1;
            let another = |idx: usize| {
                let key = &identity.keys[idx];
                let old = old.get(key.as_str())?;
                let text = texts.get(&old.no).map(String::as_str).unwrap_or_default();
                let new = read::prepare(&document.entries[idx], key.clone(), 0, &document);
                identity.marks[idx].filter(|_| admission::is_another(&new, old, text, alone))
            };
            changed.into_iter().filter_map(another).collect()
        })
        .await
    }

    /// Moves entries that were here before under other ids to the adopted ones. Returns whether the feed has migrated
    /// (see [`admission::migrate_ids`]).
    async fn migrate_ids(
        &self,
        state: &FeedState,
        changes: &mut Changes,
        identity: &Identity,
        dates: DocumentDates,
    ) -> Result<bool, ResponseError> {
        if !admission::may_have_migrated(changes, &identity.lost) {
            return Ok(false);
        }
        let old = self.old_entries(state.no, identity).await?;
        let search = Search::new(changes, identity.keys.len() == 1, old);
        let texts = self.texts(search.needs_texts_of()).await?;
        let comparisons = search.comparisons(texts);
        let texts = self.texts(comparisons.needs_texts_of()).await?;
        let recognised = comparisons.recognise(texts);
        let last_keys = if admission::needs_positions(&recognised) {
            let feed = state.no;
            let read = self.store.read(move |reader| reader.served_keys(feed));
            read.await.map_err(ResponseError::Store)?
        } else {
            Vec::new()
        };
        let facts = Migration {
            keys: &identity.keys,
            lost: &identity.lost,
            last_keys: &last_keys,
            dates,
            migrated_at: state.habits.migrated_at,
        };
        Ok(admission::migrate_ids(changes, recognised, &facts))
    }

    /// The old entries that may be in the document under other ids: first those under keys that no longer identify
    /// anything, then the feed's newest ones. Without those whose keys are in the document.
    async fn old_entries(&self, feed: FeedNo, identity: &Identity) -> Result<Vec<KnownEntry>, ResponseError> {
        let (lost, at_most) = (identity.lost.clone(), admission::entries_searched(identity.keys.len()));
        let read = self.store.read(move |reader| {
            let mut all = reader.entries_under(feed, &lost)?;
            let found: HashSet<EntryNo> = all.iter().map(|old| old.no).collect();
            let latest = reader.latest_entries(feed, at_most)?;
            all.extend(latest.into_iter().filter(|old| !found.contains(&old.no)));
            Ok(all)
        });
        let mut old = read.await.map_err(ResponseError::Store)?;
        let served: HashSet<&str> = identity.keys.iter().map(String::as_str).collect();
        old.retain(|old| !served.contains(old.key.as_str()));
        Ok(old)
    }

    async fn texts(&self, entries: Vec<EntryNo>) -> Result<HashMap<EntryNo, String>, ResponseError> {
        if entries.is_empty() {
            return Ok(HashMap::new());
        }
        self.store.read(move |reader| reader.texts(&entries)).await.map_err(ResponseError::Store)
    }

    /// See [`admission::suppress_flood`].
    async fn suppress_flood(
        &self,
        feed: FeedNo,
        changes: &mut Changes,
        now: Timestamp,
    ) -> Result<(), ResponseError> {
        if admission::may_be_flood(changes) {
            let read = self.store.read(move |reader| reader.wrote_in_as_long(feed, now));
            admission::suppress_flood(changes, read.await.map_err(ResponseError::Store)?);
        }
        Ok(())
    }
}

/// The addresses that are marked as shared with other entries of the feed, without duplicates.
fn shared_addresses(entries: &[Entry]) -> Vec<String> {
    let sharing = entries.iter().filter(|entry| entry.shares_address);
    let mut addresses: Vec<String> = sharing.filter_map(|entry| entry.url.clone()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// The entries that are new or changed, sanitised, oldest first. Of several entries with one key, only the first.
fn new_or_changed(
    document: &Document,
    identity: &Identity,
    known: &HashMap<String, u128>,
    newest_last: bool,
) -> Vec<Entry> {
    let mut seen = HashSet::new();
    let shared_pages = shared_pages(document);
    let identified = identity.keys.iter().zip(&identity.shares_address);
    let mut entries: Vec<Entry> = document
        .entries
        .iter()
        .zip(identified)
        .filter(|(_, (key, _))| seen.insert(key.as_str()))
        .filter_map(|(raw, (key, shares_address))| {
            let hash = read::hash(raw);
            let changed = known.get(key) != Some(&hash);
            let prepared = changed.then(|| read::prepare(raw, key.clone(), hash, document));
            prepared.map(|entry| {
                let shares_page = read::named_page(raw).is_some_and(|page| shared_pages.contains(&page));
                let links_to = entry.links_to.filter(|_| !shares_page);
                Entry { shares_address: *shares_address, links_to, ..entry }
            })
        })
        .collect();
    admission::sort_oldest_first(&mut entries, newest_last);
    entries
}

/// Pages that several entries of a document link to, as a link that stands below each of them does. They tell nothing
/// about any of these entries.
fn shared_pages(document: &Document) -> HashSet<String> {
    let mut named = HashSet::new();
    let pages = document.entries.iter().filter_map(read::named_page);
    pages.filter(|page| !named.insert(page.clone())).collect()
}
