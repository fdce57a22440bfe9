//! The documents that a file of entries stands for: entries of one feed with one `seen` stood side by side.
//!
//! Knows lines of the file; nothing of the desk.

use super::Line;
use crate::model::EntryNo;
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

/// The entries replayed so far of the document that a feed brought last.
#[derive(Default)]
pub(super) struct Served {
    seen: Option<String>,
    pub(super) entries: HashSet<EntryNo>,
}

impl Served {
    /// Another `seen` is another document. Gives the entries of the one before it.
    pub(super) fn turn_to(&mut self, seen: Option<String>) -> HashSet<EntryNo> {
        if self.seen == seen {
            return HashSet::new();
        }
        self.seen = seen;
        std::mem::take(&mut self.entries)
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

/// Which addresses the documents of each feed give to several entries.
#[derive(Default)]
pub(super) struct Addresses {
    /// By feed, `seen` and address, as hashes: what the one entry says that has it; `None` when several have it.
    said: HashMap<u64, Option<u64>>,
    /// Feeds and addresses, as hashes, that were found shared so far.
    shared: HashSet<u64>,
}

impl Addresses {
    /// Takes in a line, before any is filed.
    pub(super) fn note(&mut self, line: &Line) {
        let Some(url) = line.url.as_deref().filter(|url| !url.is_empty()) else { return };
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        let enclosures = line.enclosures.iter().map(|media| media.url.as_str());
        let mut says =
            vec![part(&line.title), part(&line.summary), part(&line.content), part(&line.published)];
        says.extend(enclosures.map(str::to_owned));
        let says = xxh3_64(says.join("\0").as_bytes());
        self.said
            .entry(in_document(&line.feed, line.seen.as_deref(), url))
            .and_modify(|known| *known = known.filter(|known| *known == says))
            .or_insert(Some(says));
    }

    /// Whether the feed has given this address to several entries, now that its document of `seen` is filed.
    pub(super) fn shared(&mut self, feed: &str, seen: Option<&str>, url: &str) -> Sharing {
        let whole = xxh3_64(format!("{feed}\0{url}").as_bytes());
        if self.shared.contains(&whole) {
            Sharing::Known
        } else if self.said.get(&in_document(feed, seen, url)) == Some(&None) {
            self.shared.insert(whole);
            Sharing::Newly
        } else {
            Sharing::No
        }
    }
}

fn in_document(feed: &str, seen: Option<&str>, url: &str) -> u64 {
    xxh3_64(format!("{feed}\0{}\0{url}", seen.unwrap_or_default()).as_bytes())
}
