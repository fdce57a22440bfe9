//! From a document to what is to be filed of it: the entries that are new or changed, and those that only changed their
//! ids. Whether they are news is decided here; which story they are is not.

use super::answer::Undigested;
use super::quota::{self, Waiting};
use super::recognise::{Dating, Newcomer, Places, Recognised, is_another, recognise};
use crate::ingest::BACKLOG_SHOWN;
use crate::model::{Adoption, Document, Entry, EntryNo, FeedNo, FeedState, Quota, Spent};
use crate::read::{self, Identity};
use crate::store::{KnownEntry, Store};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Fewer new entries that were here before under other ids are no migration; the desk recognises each as its story.
const MIGRATION_LEAST: usize = 3;

/// A feed that gives its entries other ids again within so long does so all the time.
const MIGRATES_ONCE_IN: SignedDuration = SignedDuration::from_hours(7 * 24);

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
    /// How many entries of the document are new, those that must wait included.
    pub(super) new: usize,
    /// Entries that came under new ids.
    pub(super) adopted: Vec<Adoption>,
    /// The key of every entry.
    pub(super) keys: Vec<String>,
    /// What identifies nothing in this feed.
    pub(super) shared: Vec<u64>,
    /// Addresses that this document is the first to give to several entries.
    pub(super) newly_shared: Vec<String>,
    /// Whether any entry of the document was here before.
    pub(super) met_before: bool,
    /// Whether the new ones stand at the document's end (else at its beginning), when they stand at one of them.
    pub(super) newest_last: Option<bool>,
    /// The feed has given its entries other ids.
    pub(super) migrated: bool,
    /// What of the feed's quota is spent with it.
    pub(super) spent: Spent,
    /// What exceeds the quota, and must be brought again.
    pub(super) waiting: Waiting,
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
        quota: &Quota,
        now: Timestamp,
    ) -> Result<Sifted, Undigested> {
        let feed = state.no;
        let left_out = document.left_out;
        let dating = Dating { now, read_at: state.read_at, one_date: has_one_date(&document) };
        let document = Arc::new(document);
        let mut shared = state.habits.shared.clone();
        let mut identity = Arc::new(read::identify(&document, &shared));
        let mut known = self.known(feed, &identity).await?;
        let mut finds_shared_address = identity.finds_shared_address;
        loop {
            let refilled = self.refilled(feed, &document, &identity, &known).await?;
            if refilled.is_empty() {
                break;
            }
            // Each time at least one value more identifies nothing, so that this ends.
            finds_shared_address = true;
            shared.extend(refilled);
            identity = Arc::new(read::identify(&document, &shared));
            known = self.known(feed, &identity).await?;
        }
        let shown_last = newest_last(&identity.keys, &known);
        let newest_last = shown_last.unwrap_or(state.habits.newest_last);
        let (known, entries) = {
            let (document, identity) = (Arc::clone(&document), Arc::clone(&identity));
            self.off_thread(move || {
                let entries = new_or_changed(&document, &identity, &known, newest_last);
                (known, entries)
            })
            .await?
        };
        let newly_shared = if finds_shared_address { shared_addresses(&entries) } else { Vec::new() };
        let mut sifted = Sifted {
            newest_last: shown_last,
            entries,
            met_before: !known.is_empty(),
            keys: identity.keys.clone(),
            shared: identity.shared.clone(),
            newly_shared,
            spent: state.habits.spent,
            ..Sifted::default()
        };
        let is_new = |entry: &Entry| !known.contains_key(&entry.key);
        // Of a feed's first document everything is new, and ingest knows what to make of that.
        if state.read_at.is_some() && !self.adopt(state, &mut sifted, &identity, is_new, dating).await? {
            self.calm(feed, &mut sifted, is_new, now).await?;
        }
        sifted.new = sifted.entries.iter().filter(|entry| is_new(entry)).count();
        sifted.keep_within(quota, is_new, now);
        // More entries than are read, and none of those that were read is new: the new ones stand at the other end.
        if state.read_at.is_some() && sifted.new == 0 && left_out > state.habits.left_out {
            sifted.newest_last = Some(!state.habits.newest_last);
        }
        Ok(sifted)
    }

    /// The stored hashes of those entries that were here before.
    async fn known(&self, feed: FeedNo, identity: &Identity) -> Result<HashMap<String, u128>, Undigested> {
        let wanted = identity.keys.clone();
        let read = self.store.read(move |reader| reader.known_hashes(feed, &wanted));
        read.await.map_err(Undigested::Store)
    }

    /// What made the keys of entries in whose place the feed has put others since. An entry without an id is known by its link
    /// or by what it says, and those may be all that there is: the link of a show, the title of a notice.
    async fn refilled(
        &self,
        feed: FeedNo,
        document: &Arc<Document>,
        identity: &Arc<Identity>,
        known: &HashMap<String, u128>,
    ) -> Result<Vec<u64>, Undigested> {
        let places = 0..identity.keys.len();
        let changed: Vec<usize> = places
            .filter(|place| identity.marks[*place].is_some())
            .filter(|place| {
                let hash = known.get(&identity.keys[*place]);
                hash.is_some_and(|hash| *hash != read::hash(&document.entries[*place]))
            })
            .collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = changed.iter().map(|place| identity.keys[*place].clone()).collect();
        let read = self.store.read(move |reader| {
            let old = reader.entries_under(feed, &keys)?;
            let numbers: Vec<EntryNo> = old.iter().map(|old| old.no).collect();
            Ok((old, reader.texts(&numbers)?))
        });
        let (old, texts) = read.await.map_err(Undigested::Store)?;
        let (document, identity) = (Arc::clone(document), Arc::clone(identity));
        self.off_thread(move || {
            let old: HashMap<&str, &KnownEntry> = old.iter().map(|old| (old.key.as_str(), old)).collect();
            let another = |place: usize| {
                let key = &identity.keys[place];
                let old = old.get(key.as_str())?;
                let text = texts.get(&old.no).map(String::as_str).unwrap_or_default();
                let new = read::prepare(&document.entries[place], key.clone(), 0, &document);
                let alone = identity.keys.len() == 1;
                identity.marks[place].filter(|_| is_another(&new, old, text, alone))
            };
            changed.into_iter().filter_map(another).collect()
        })
        .await
    }

    /// Takes out the entries that were here before under other ids. Says whether the feed has given most of its new
    /// entries other ids; then the few that are left publish nothing either, for they are as old.
    async fn adopt(
        &self,
        state: &FeedState,
        sifted: &mut Sifted,
        identity: &Identity,
        is_new: impl Fn(&Entry) -> bool,
        dating: Dating,
    ) -> Result<bool, Undigested> {
        let alone = identity.keys.len() == 1;
        let newcomers = sifted.entries.iter().filter(|entry| is_new(entry));
        let newcomers: Vec<Newcomer> = newcomers.map(|entry| Newcomer::of(entry, alone)).collect();
        let new = newcomers.len();
        let unnamed = sifted.entries.iter().any(|entry| is_new(entry) && is_unnamed(&entry.key));
        if new == 0 || (new < MIGRATION_LEAST && identity.lost.is_empty() && !unnamed) {
            return Ok(false);
        }
        let old = self.old_entries(state.no, identity).await?;
        let pairs = recognise(&self.store, newcomers, old).await.map_err(Undigested::Store)?;
        // The key of an entry that has neither id nor link changes with its words: that is no change of the feed's ways.
        let (reworded, renamed): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|pair| is_unnamed(&pair.key) && is_unnamed(&pair.old.key));
        let reworded = self.the_same(state.no, sifted, identity, reworded, dating).await?;
        let migrated = renamed.len() >= MIGRATION_LEAST && 2 * renamed.len() >= new - reworded.len();
        // What identified an entry until it turned out to be shared changes that entry's key and no other.
        let renamed = renamed.into_iter().filter(|pair| migrated || identity.lost.contains(&pair.old.key));
        let mut adopted: HashMap<String, EntryNo> =
            renamed.chain(reworded).map(|pair| (pair.key, pair.old.no)).collect();
        for entry in std::mem::take(&mut sifted.entries) {
            match adopted.remove(&entry.key) {
                Some(no) => sifted.adopted.push(Adoption { no, entry }),
                None => sifted.entries.push(entry),
            }
        }
        sifted.met_before |= !sifted.adopted.is_empty();
        // A feed that gives other ids at every poll would never bring news again.
        let lately =
            state.habits.migrated_at.is_some_and(|at| dating.now.duration_since(at).abs() < MIGRATES_ONCE_IN);
        sifted.migrated = migrated;
        if migrated && !lately {
            sifted.quiet = sifted.entries.len();
            sifted.remark = Some(format!(
                "gave its entries other ids: {} of {new} new ones were here before; they keep their stories, and nothing \
                 was published again",
                sifted.adopted.len()
            ));
        }
        Ok(migrated && !lately)
    }

    /// Of entries without ids and links that seem to be old ones, those that are: by their dates, and by their place when they
    /// say something else now.
    async fn the_same(
        &self,
        feed: FeedNo,
        sifted: &Sifted,
        identity: &Identity,
        pairs: Vec<Recognised>,
        dating: Dating,
    ) -> Result<Vec<Recognised>, Undigested> {
        let last = if pairs.iter().all(|pair| pair.unchanged) {
            Vec::new()
        } else {
            let read = self.store.read(move |reader| reader.served_keys(feed));
            read.await.map_err(Undigested::Store)?
        };
        let dates: HashMap<&str, Option<Timestamp>> =
            sifted.entries.iter().map(|entry| (entry.key.as_str(), entry.published)).collect();
        let places = Places::of(&identity.keys, &last);
        let is_the_same = |pair: &Recognised| {
            let date = dates.get(pair.key.as_str()).copied().flatten();
            let (key, old) = (pair.key.as_str(), pair.old.key.as_str());
            identity.lost.contains(&pair.old.key)
                || (dating.allows(date, pair.old.published) && (pair.unchanged || places.agree(key, old)))
        };
        Ok(pairs.into_iter().filter(is_the_same).collect())
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

impl Sifted {
    /// Leaves for another day what the feed's quota has no room for.
    fn keep_within(&mut self, quota: &Quota, is_new: impl Fn(&Entry) -> bool, now: Timestamp) {
        let Self { spent, entries, adopted, quiet, .. } = self;
        self.waiting = quota::keep_within(quota, spent, entries, quiet, is_new, now);
        self.waiting.changed += quota::keep_adoptions(quota, spent, adopted);
        let Waiting { new, changed } = self.waiting;
        if new + changed > 0 {
            self.remark = Some(format!(
                "brought more than its quota for a day: {new} new entries and {changed} changes wait for the next \
                 (daily_entries = {}, daily_size = {} MiB)",
                quota.entries,
                quota.bytes >> 20,
            ));
        }
    }
}

/// Whether all entries of a document, several of them, bear one date.
fn has_one_date(document: &Document) -> bool {
    let mut dates = document.entries.iter().map(|entry| entry.published);
    let first = dates.next().flatten();
    first.is_some() && document.entries.len() > 1 && dates.all(|date| date == first)
}

/// Whether a key is made of what an entry says, because it has neither an id nor a link of its own.
fn is_unnamed(key: &str) -> bool {
    key.starts_with("hash:")
}

/// The addresses of entries that other entries of the feed have, too.
fn shared_addresses(entries: &[Entry]) -> Vec<String> {
    let sharing = entries.iter().filter(|entry| entry.shares_address);
    let mut addresses: Vec<String> = sharing.filter_map(|entry| entry.url.clone()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// At which end of the document the new entries stand, when it is one.
fn newest_last(keys: &[String], known: &HashMap<String, u128>) -> Option<bool> {
    let is_new = |key: &String| !known.contains_key(key);
    match (is_new(keys.first()?), is_new(keys.last()?)) {
        (false, true) => Some(true),
        (true, false) => Some(false),
        _ => None,
    }
}

/// The entries that are not known as they are, sanitised, oldest first, each key once.
fn new_or_changed(
    document: &Document,
    identity: &Identity,
    known: &HashMap<String, u128>,
    newest_last: bool,
) -> Vec<Entry> {
    let mut seen = HashSet::new();
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
            prepared.map(|entry| Entry { shares_address: *shares_address, ..entry })
        })
        .collect();
    // Most feeds put the newest first; where dates are missing or equal, that order tells which came first.
    if !newest_last {
        entries.reverse();
    }
    entries.sort_by_key(|entry| entry.published);
    entries
}

/// How many entries stand before the newest [`BACKLOG_SHOWN`] of the new ones.
fn all_but_newest(entries: &[Entry], is_new: impl Fn(&Entry) -> bool) -> usize {
    let newest = entries.iter().enumerate().rev().filter(|(_, entry)| is_new(entry)).take(BACKLOG_SHOWN);
    newest.last().map_or(0, |(place, _)| place)
}
