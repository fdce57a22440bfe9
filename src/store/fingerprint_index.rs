//! The index of fingerprints: a log-structured merge tree (LSM; O'Neil et al. 1996) inside SQLite.
//!
//! An entry is stored under some ten fingerprints. Fingerprints are hashes, so they are spread evenly. A plain table
//! of pairs (fingerprint, entry) would be written at random places, one page for each pair, and the larger the table
//! is, the fewer pairs share a page. So pairs are collected in a memtable, with a table beside it as its write-ahead
//! log. A full memtable is flushed as a *run* (SSTable): sorted, in chunks of a page, never changed. Four runs of
//! like size are merged into one (tiered compaction), up to a size that one transaction writes in a moment. Each run
//! has a blocked Bloom filter in memory, which rules out most fingerprints that the run does not hold. It also has a
//! sparse index, the first fingerprint of each chunk, so that a look-up usually reads one page of the run. The schema
//! uses older words: `key_gathered` is the log, `fences` the sparse index. A run whose newest pair is older than
//! stories are kept is compacted: pairs of deleted entries are dropped, and these are nearly all of them.
//!
//! When a transaction fails, the index is dropped and loaded again from the tables, which hold the truth. The index
//! must not judge which entries are the same story. Why not FTS5 or a plain table:
//! docs/decisions/2026-11-25-keys-in-runs.md.

use super::Result;
use super::reader::{bytes, numbers};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeSet, HashMap};

/// Pairs of a full memtable: some 8,000 entries, 3 MB.
const CAPACITY: u64 = 96_000;
/// How many runs of like size are merged into one.
const FANOUT: usize = 4;
/// Runs of at least this many times [`CAPACITY`] pairs are not merged any more: 20 MB, written in about a tenth of a
/// second.
const LARGEST: u64 = 14;
/// Bytes of a pair in a chunk: the fingerprint, and an entry's row below 2⁴⁰.
const PAIR_BYTES: usize = 13;
/// Pairs of a chunk: as many as fit into a page of 4,096 bytes with its row.
const CHUNK_PAIRS: usize = 300;
/// Bits of the Bloom filter for each pair, and how many bits are probed for a fingerprint. At this rate about one
/// look-up in a hundred of an absent fingerprint reads a page in vain.
const FILTER_BITS: u64 = 10;
const PROBES: u32 = 6;

/// The index of fingerprints, as of a connection's transaction.
#[derive(Debug)]
pub(super) struct FingerprintIndex {
    /// Pairs of a full memtable.
    capacity: u64,
    /// Pairs that are in no run yet.
    memtable: BTreeSet<(u64, i64)>,
    /// When its newest pair was put.
    memtable_at: i64,
    /// The pairs that the present transaction has put, as they are to be logged.
    unlogged: Vec<u8>,
    runs: Vec<Run>,
    /// The highest entry that was ever put.
    newest: i64,
}

#[derive(Debug)]
struct Run {
    no: i64,
    first_chunk: i64,
    pairs: u64,
    /// When its newest pair was put.
    at: i64,
    newest: i64,
    /// The first fingerprint of each chunk.
    sparse_index: Vec<u64>,
    filter: Filter,
}

impl FingerprintIndex {
    /// The index as the tables have it.
    pub(super) fn load(connection: &Connection) -> Result<Self> {
        let mut index = Self {
            capacity: CAPACITY,
            memtable: BTreeSet::new(),
            memtable_at: 0,
            unlogged: Vec::new(),
            runs: Vec::new(),
            newest: 0,
        };
        let mut statement = connection
            .prepare("SELECT no, first_chunk, pairs, at, newest, fences, filter FROM key_runs ORDER BY no")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            index.runs.push(Run {
                no: row.get(0)?,
                first_chunk: row.get(1)?,
                pairs: row.get::<_, i64>(2)?.cast_unsigned(),
                at: row.get(3)?,
                newest: row.get(4)?,
                sparse_index: numbers(row.get_ref(5)?.as_blob().unwrap_or_default()),
                filter: Filter(numbers(row.get_ref(6)?.as_blob().unwrap_or_default())),
            });
        }
        let mut statement = connection.prepare("SELECT at, pairs FROM key_gathered")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let at = row.get(0)?;
            for pair in row.get_ref(1)?.as_blob().unwrap_or_default().as_chunks().0 {
                index.insert(decode(pair), at);
            }
        }
        index.newest = index.runs.iter().map(|run| run.newest).fold(index.newest, i64::max);
        Ok(index)
    }

    /// The newest entries under a fingerprint, at most `at_most`, newest first.
    pub(super) fn find(&self, connection: &Connection, fingerprint: u64, at_most: usize) -> Result<Vec<i64>> {
        let in_memtable =
            self.memtable.range((fingerprint, i64::MIN)..=(fingerprint, i64::MAX)).rev().take(at_most);
        let mut found: Vec<i64> = in_memtable.map(|(_, entry)| *entry).collect();
        for run in &self.runs {
            if run.filter.may_hold(fingerprint) {
                run.find(connection, fingerprint, at_most, &mut found)?;
            }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.dedup();
        found.truncate(at_most);
        Ok(found)
    }

    /// Stores an entry under fingerprints, in addition to those that it has. An entry is often put again with nearly
    /// the same fingerprints. A pair is not stored again if the entry is among the newest `at_most` of the
    /// fingerprint.
    pub(super) fn put(
        &mut self,
        connection: &Connection,
        entry: i64,
        fingerprints: &[u64],
        at_most: usize,
        now: Timestamp,
    ) -> Result<()> {
        let may_be_known = entry <= self.newest;
        for fingerprint in fingerprints {
            let known = may_be_known && self.find(connection, *fingerprint, at_most)?.contains(&entry);
            let pair = (*fingerprint, entry);
            if !known && self.insert(pair, now.as_second()) {
                self.unlogged.extend(encode(pair));
            }
        }
        Ok(())
    }

    /// Inserts into the memtable. Says whether the pair was not there.
    fn insert(&mut self, pair: (u64, i64), at: i64) -> bool {
        self.memtable_at = self.memtable_at.max(at);
        self.newest = self.newest.max(pair.1);
        self.memtable.insert(pair)
    }

    /// Logs the memtable, or flushes it as a run when it is full, and merges runs of like size. Done before a commit.
    pub(super) fn flush(&mut self, connection: &Connection) -> Result<()> {
        let unlogged = std::mem::take(&mut self.unlogged);
        if (self.memtable.len() as u64) < self.capacity {
            if !unlogged.is_empty() {
                connection
                    .prepare_cached("INSERT INTO key_gathered (at, pairs) VALUES (?1, ?2)")?
                    .execute(params![self.memtable_at, unlogged])?;
            }
            return Ok(());
        }
        let mut writer = RunWriter::new(connection, self.memtable.len() as u64)?;
        for pair in std::mem::take(&mut self.memtable) {
            writer.add(pair)?;
        }
        self.runs.extend(writer.finish(self.memtable_at)?);
        connection.execute("DELETE FROM key_gathered", [])?;
        while let Some(like) = self.mergeable() {
            self.merge(connection, &like)?;
        }
        Ok(())
    }

    /// Rows of runs of like size that are to be merged.
    fn mergeable(&self) -> Option<Vec<i64>> {
        // Ranges of size, in multiples of the capacity. A merged run is a little smaller than the runs it was made
        // of, because duplicate pairs are dropped.
        const SIZES: [(u64, u64); 2] = [(0, 3), (3, LARGEST)];
        SIZES.iter().find_map(|(from, below)| {
            let size = from * self.capacity..below * self.capacity;
            let like = self.runs.iter().filter(|run| size.contains(&run.pairs)).map(|run| run.no);
            let like: Vec<i64> = like.take(FANOUT).collect();
            (like.len() == FANOUT).then_some(like)
        })
    }

    fn merge(&mut self, connection: &Connection, like: &[i64]) -> Result<()> {
        let (old, rest) = std::mem::take(&mut self.runs).into_iter().partition(|run| like.contains(&run.no));
        self.runs = rest;
        let old: Vec<Run> = old;
        let mut sources: Vec<RunIter<'_>> = old.iter().map(|run| RunIter::new(connection, run)).collect();
        let mut writer = RunWriter::new(connection, old.iter().map(|run| run.pairs).sum())?;
        let mut heads = sources.iter_mut().map(RunIter::next).collect::<Result<Vec<_>>>()?;
        while let Some((at, pair)) = heads
            .iter()
            .enumerate()
            .filter_map(|(at, head)| Some((at, (*head)?)))
            .min_by_key(|(_, pair)| *pair)
        {
            writer.add(pair)?;
            heads[at] = sources[at].next()?;
        }
        self.runs.extend(writer.finish(old.iter().map(|run| run.at).max().unwrap_or(0))?);
        old.iter().try_for_each(|run| run.delete(connection))
    }

    /// Compacts one run that is all older than `before`: writes it anew without entries that are gone. Says whether there was
    /// one.
    pub(super) fn compact(&mut self, connection: &Connection, before: i64, now: Timestamp) -> Result<bool> {
        let Some(idx) = self.runs.iter().position(|run| run.at < before) else { return Ok(false) };
        let old = self.runs.remove(idx);
        let mut there = connection.prepare_cached("SELECT 1 FROM entries WHERE no = ?1")?;
        let mut known: HashMap<i64, bool> = HashMap::new();
        let mut pairs = RunIter::new(connection, &old);
        let mut writer = RunWriter::new(connection, old.pairs)?;
        while let Some((fingerprint, entry)) = pairs.next()? {
            let lives = match known.get(&entry) {
                Some(lives) => *lives,
                None => {
                    let lives = there.exists([entry])?;
                    known.insert(entry, lives);
                    lives
                }
            };
            if lives {
                writer.add((fingerprint, entry))?;
            }
        }
        // The run counts as new from now on, so that the entries that remain are not checked again before they are as
        // old once more.
        self.runs.extend(writer.finish(now.as_second())?);
        old.delete(connection)?;
        Ok(true)
    }
}

impl Run {
    /// Adds the newest entries under a fingerprint.
    fn find(
        &self,
        connection: &Connection,
        fingerprint: u64,
        at_most: usize,
        found: &mut Vec<i64>,
    ) -> Result<()> {
        let mut chunk = self.sparse_index.partition_point(|first| *first <= fingerprint);
        let enough = found.len() + at_most;
        let mut statement = connection.prepare_cached("SELECT pairs FROM key_chunks WHERE no = ?1")?;
        while chunk > 0 && found.len() < enough {
            chunk -= 1;
            let begins = statement.query_row([self.first_chunk + chunk as i64], |row| {
                let pairs = row.get_ref(0)?.as_blob().unwrap_or_default().as_chunks::<PAIR_BYTES>().0;
                let end = pairs.partition_point(|pair| decode(pair).0 <= fingerprint);
                let from = pairs[..end].partition_point(|pair| decode(pair).0 < fingerprint);
                found.extend(pairs[from..end].iter().rev().take(at_most).map(|pair| decode(pair).1));
                Ok(from == 0)
            });
            // If the fingerprint starts at the first pair of this chunk, the previous chunk may end with it.
            if !begins.optional()?.unwrap_or(false) {
                break;
            }
        }
        found.truncate(enough);
        Ok(())
    }

    fn delete(&self, connection: &Connection) -> Result<()> {
        let last = self.first_chunk + self.sparse_index.len() as i64;
        let chunks = "DELETE FROM key_chunks WHERE no >= ?1 AND no < ?2";
        connection.prepare_cached(chunks)?.execute([self.first_chunk, last])?;
        connection.prepare_cached("DELETE FROM key_runs WHERE no = ?1")?.execute([self.no])?;
        Ok(())
    }
}

fn encode((fingerprint, entry): (u64, i64)) -> [u8; PAIR_BYTES] {
    let (fingerprint, entry) = (fingerprint.to_be_bytes(), entry.to_be_bytes());
    std::array::from_fn(|at| if at < 8 { fingerprint[at] } else { entry[at - 5] })
}

fn decode(pair: &[u8; PAIR_BYTES]) -> (u64, i64) {
    let fingerprint = u64::from_be_bytes(std::array::from_fn(|at| pair[at]));
    let entry = i64::from_be_bytes(std::array::from_fn(|at| if at < 3 { 0 } else { pair[at + 5] }));
    (fingerprint, entry)
}

/// Iterates over the pairs of a run in their order, a chunk in memory at a time.
struct RunIter<'c> {
    connection: &'c Connection,
    chunk: Vec<(u64, i64)>,
    next: usize,
    chunks: std::ops::Range<i64>,
}

impl<'c> RunIter<'c> {
    fn new(connection: &'c Connection, run: &Run) -> Self {
        let chunks = run.first_chunk..run.first_chunk + run.sparse_index.len() as i64;
        Self { connection, chunk: Vec::new(), next: 0, chunks }
    }

    fn next(&mut self) -> Result<Option<(u64, i64)>> {
        if self.next == self.chunk.len() {
            let Some(no) = self.chunks.next() else { return Ok(None) };
            let mut statement =
                self.connection.prepare_cached("SELECT pairs FROM key_chunks WHERE no = ?1")?;
            self.chunk = statement.query_row([no], |row| {
                let pairs = row.get_ref(0)?.as_blob().unwrap_or_default();
                Ok(pairs.as_chunks().0.iter().map(decode).collect())
            })?;
            self.next = 0;
        }
        self.next += 1;
        Ok(self.chunk.get(self.next - 1).copied())
    }
}

/// Writes a run from pairs that come in their order.
struct RunWriter<'c> {
    connection: &'c Connection,
    first_chunk: i64,
    chunk: Vec<u8>,
    last: Option<(u64, i64)>,
    run: Run,
}

impl<'c> RunWriter<'c> {
    fn new(connection: &'c Connection, pairs: u64) -> Result<Self> {
        let after = |sql: &str| -> Result<i64> { Ok(connection.query_row(sql, [], |row| row.get(0))?) };
        let first_chunk = after("SELECT coalesce(max(no), 0) + 1 FROM key_chunks")?;
        let no = after("SELECT coalesce(max(no), 0) + 1 FROM key_runs")?;
        let filter = Filter::for_pairs(pairs);
        let run = Run { no, first_chunk, pairs: 0, at: 0, newest: 0, sparse_index: Vec::new(), filter };
        Ok(Self {
            connection,
            first_chunk,
            chunk: Vec::with_capacity(CHUNK_PAIRS * PAIR_BYTES),
            last: None,
            run,
        })
    }

    fn add(&mut self, pair: (u64, i64)) -> Result<()> {
        if self.last == Some(pair) {
            return Ok(());
        }
        self.last = Some(pair);
        if self.chunk.is_empty() {
            self.run.sparse_index.push(pair.0);
        }
        self.chunk.extend(encode(pair));
        self.run.filter.add(pair.0);
        self.run.pairs += 1;
        self.run.newest = self.run.newest.max(pair.1);
        if self.chunk.len() == CHUNK_PAIRS * PAIR_BYTES { self.write_chunk() } else { Ok(()) }
    }

    fn write_chunk(&mut self) -> Result<()> {
        let no = self.first_chunk + self.run.sparse_index.len() as i64 - 1;
        let mut statement =
            self.connection.prepare_cached("INSERT INTO key_chunks (no, pairs) VALUES (?1, ?2)")?;
        statement.execute(params![no, self.chunk])?;
        self.chunk.clear();
        Ok(())
    }

    /// The run; none when there were no pairs.
    fn finish(mut self, at: i64) -> Result<Option<Run>> {
        if self.run.pairs == 0 {
            return Ok(None);
        }
        if !self.chunk.is_empty() {
            self.write_chunk()?;
        }
        self.run.at = at;
        let run = self.run;
        self.connection
            .prepare_cached(
                "INSERT INTO key_runs (no, first_chunk, pairs, at, newest, fences, filter)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                run.no,
                run.first_chunk,
                run.pairs.cast_signed(),
                run.at,
                run.newest,
                bytes(&run.sparse_index),
                bytes(&run.filter.0),
            ])?;
        Ok(Some(run))
    }
}

/// A Bloom filter in blocks of 512 bits, so that a look-up touches one cache line.
#[derive(Debug, Default)]
struct Filter(Vec<u64>);

impl Filter {
    fn for_pairs(pairs: u64) -> Self {
        Self(vec![0; 8 * (pairs * FILTER_BITS).div_ceil(512).max(1) as usize])
    }

    /// The words of the filter to probe, and which bits of them.
    fn probes(&self, fingerprint: u64) -> impl Iterator<Item = (usize, u64)> + use<> {
        let hash = fingerprint.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let blocks = (self.0.len() / 8) as u128;
        let block = ((u128::from(hash) * blocks) >> 64) as usize;
        let bits = (fingerprint ^ (fingerprint >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        (0..PROBES).map(move |probe| {
            let bit = (bits >> (9 * probe + 10)) as usize % 512;
            (block * 8 + bit / 64, 1 << (bit % 64))
        })
    }

    fn add(&mut self, fingerprint: u64) {
        for (word, bit) in self.probes(fingerprint) {
            self.0[word] |= bit;
        }
    }

    /// Whether the run may hold the fingerprint. An empty filter, which only damage can leave, rules out nothing.
    fn may_hold(&self, fingerprint: u64) -> bool {
        self.0.len() < 8 || self.probes(fingerprint).all(|(word, bit)| self.0[word] & bit != 0)
    }
}

#[cfg(test)]
mod tests;
