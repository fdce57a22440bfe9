//! The documents that a file of entries stands for: entries of one feed with the same `seen` were in one document.
//!
//! What a whole document shows is known only at its last line, so every line is noted before any is filed. It knows the
//! lines of the file and nothing of the desk.

use super::Line;
use crate::model::EntryNo;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The document that a feed brought last, as far as its entries have been filed.
#[derive(Default)]
pub(super) struct Served {
    /// The document as [`Documents::of`] gives it; `None` before the first.
    seen: Option<u64>,
    /// Its entries that are filed so far.
    pub(super) entries: HashSet<EntryNo>,
}

impl Served {
    /// Goes on to the document `seen`, if it is another one. `again` are the entries in it that were filed before. Returns
    /// the entries of the last document that are not in it.
    pub(super) fn turn_to(&mut self, seen: u64, again: impl IntoIterator<Item = EntryNo>) -> Vec<EntryNo> {
        if self.seen == Some(seen) {
            return Vec::new();
        }
        self.seen = Some(seen);
        let before = std::mem::replace(&mut self.entries, again.into_iter().collect());
        before.into_iter().filter(|no| !self.entries.contains(no)).collect()
    }
}

/// Whether a feed has given one address to several entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Not so far.
    No,
    /// This document is the first to do so, and the question is asked for the first time.
    Newly,
    /// [`Sharing::Newly`] was answered before.
    Known,
}

/// What the documents of the file show as a whole.
#[derive(Default)]
pub(super) struct Documents {
    /// By document and address: the words of the entries with this address, or `None` when these say different things.
    /// Everything as hashes.
    said: HashMap<u64, Option<u64>>,
    /// Pairs of feed and address that are known to be shared, as hashes.
    shared: HashSet<u64>,
    /// The first document of each entry, as hashes.
    first: HashMap<u64, u64>,
    /// Ids of the entries of a document that were in an earlier one.
    again: HashMap<u64, Vec<String>>,
}

impl Documents {
    /// The document that a line belongs to, as a hash of feed and moment.
    pub(super) fn of(line: &Line) -> u64 {
        let seen = line.seen.as_deref().unwrap_or_default();
        // One moment may be written in several ways.
        let moment = seen.parse::<Timestamp>().map_or_else(|_| seen.to_owned(), |moment| moment.to_string());
        hash(&[&line.feed, &moment])
    }

    /// Notes a line; all lines are noted before any is filed.
    pub(super) fn note(&mut self, line: &Line) {
        let document = Self::of(line);
        let first = *self.first.entry(hash(&[&line.feed, &line.id])).or_insert(document);
        if first != document {
            self.again.entry(document).or_default().push(line.id.clone());
        }
        let Some(url) = line.url.as_deref().filter(|url| !url.is_empty()) else { return };
        let words = [&line.title, &line.summary, &line.content, &line.published];
        let words = words.into_iter().map(|text| text.as_deref().unwrap_or_default());
        let parts = words.chain(line.enclosures.iter().map(|media| media.url.as_str()));
        let says = parts.fold(0, |says, part| xxh3_64_with_seed(part.as_bytes(), says));
        self.said
            .entry(hash(&[&document.to_string(), url]))
            .and_modify(|known| *known = known.filter(|known| *known == says))
            .or_insert(Some(says));
    }

    /// Ids of the entries of this document that were in an earlier one.
    pub(super) fn listed_again(&self, document: u64) -> &[String] {
        self.again.get(&document).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the feed has given this address to several entries that differ, up to and including this document.
    pub(super) fn shared(&mut self, document: u64, feed: &str, url: &str) -> Sharing {
        let whole = hash(&[feed, url]);
        if self.shared.contains(&whole) {
            Sharing::Known
        } else if self.said.get(&hash(&[&document.to_string(), url])) == Some(&None) {
            self.shared.insert(whole);
            Sharing::Newly
        } else {
            Sharing::No
        }
    }
}

fn hash(parts: &[&str]) -> u64 {
    xxh3_64(parts.join("\0").as_bytes())
}
