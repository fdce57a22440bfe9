//! The documents that a file of entries stands for: entries of one feed with one `seen` stood side by side.
//!
//! What a whole document shows is only known at its last line, so every line is noted before any is filed. Knows lines of the
//! file; nothing of the desk.

use super::Line;
use crate::model::EntryNo;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

/// The document that a feed brought last, as far as its entries have been filed.
#[derive(Default)]
pub(super) struct Served {
    /// Which it is.
    seen: Option<u64>,
    pub(super) entries: HashSet<EntryNo>,
}

impl Served {
    /// Turns to the document `seen`, in which those of `again` stand that were filed before. Gives the entries that it does not
    /// hold any more.
    pub(super) fn turn_to(&mut self, seen: u64, again: impl IntoIterator<Item = EntryNo>) -> Vec<EntryNo> {
        if self.seen == Some(seen) {
            return Vec::new();
        }
        self.seen = Some(seen);
        let before = std::mem::replace(&mut self.entries, again.into_iter().collect());
        before.into_iter().filter(|no| !self.entries.contains(no)).collect()
    }
}

/// Whether a feed has given an address to several entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sharing {
    /// It has not.
    No,
    /// The document at hand is the first to do so.
    Newly,
    /// It has done so in an earlier document, or this has been said already.
    Known,
}

/// What the documents of the file show as wholes.
#[derive(Default)]
pub(super) struct Documents {
    /// By document and address: what the one entry says that has it; `None` when several have it. All as hashes.
    said: HashMap<u64, Option<u64>>,
    /// Feeds and addresses, as hashes, that were found shared so far.
    shared: HashSet<u64>,
    /// The document in which each entry was met first.
    first: HashMap<u64, u64>,
    /// Ids of the entries that a document lists again.
    again: HashMap<u64, Vec<String>>,
}

impl Documents {
    /// Which document a line belongs to.
    pub(super) fn of(line: &Line) -> u64 {
        let seen = line.seen.as_deref().unwrap_or_default();
        // One moment may be written in several ways.
        let moment = seen.parse::<Timestamp>().map_or_else(|_| seen.to_owned(), |moment| moment.to_string());
        hash(&[&line.feed, &moment])
    }

    /// Takes in a line, before any is filed.
    pub(super) fn note(&mut self, line: &Line) {
        let document = Self::of(line);
        let first = *self.first.entry(hash(&[&line.feed, &line.id])).or_insert(document);
        if first != document {
            self.again.entry(document).or_default().push(line.id.clone());
        }
        let Some(url) = line.url.as_deref().filter(|url| !url.is_empty()) else { return };
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        let enclosures = line.enclosures.iter().map(|media| media.url.clone());
        let mut says =
            vec![part(&line.title), part(&line.summary), part(&line.content), part(&line.published)];
        says.extend(enclosures);
        let says = xxh3_64(says.join("\0").as_bytes());
        self.said
            .entry(hash(&[&document.to_string(), url]))
            .and_modify(|known| *known = known.filter(|known| *known == says))
            .or_insert(Some(says));
    }

    /// Ids of the entries that this document lists and an earlier one listed first.
    pub(super) fn listed_again(&self, document: u64) -> &[String] {
        self.again.get(&document).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the feed has given this address to several entries, now that this document is filed.
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
