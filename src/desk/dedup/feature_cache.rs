//! A bounded cache of features: entries that were filed are soon compared with new ones like them.
//!
//! Tokenizing dominates the cost of a comparison. The cache holds what would be made anew and nothing that is learned, so it
//! never changes a decision: a restored desk begins with an empty one.

use super::features::{DocFeatures, Said};
use crate::desk::hash::{self, Map};
use crate::model::EntryNo;
use std::sync::Arc;

/// Bytes of features that are cached, about: some five hundred whole texts, or some thousands of headlines and leads.
/// Measured: docs/decisions/2026-11-25-laid-out.md.
const MAX_BYTES: usize = 8 << 20;

/// The features used last, in two generations: when the young one holds half of the bytes it becomes the old one, and what
/// is used again returns to the young one.
#[derive(Default)]
pub(crate) struct FeatureCache {
    /// By entry, and by a hash of what it says: an entry that changed has other features.
    young: Map<(EntryNo, u64), Arc<DocFeatures>>,
    old: Map<(EntryNo, u64), Arc<DocFeatures>>,
    /// Bytes of the young generation.
    bytes: usize,
}

impl FeatureCache {
    /// The features of an entry that says this; made by `extract` when they are not cached.
    pub(crate) fn get(
        &mut self,
        no: EntryNo,
        said: Said<'_>,
        extract: impl FnOnce() -> Arc<DocFeatures>,
    ) -> Arc<DocFeatures> {
        let Said { url, links_to, title, text } = said;
        let said = [url.unwrap_or_default(), links_to.unwrap_or_default(), title, text];
        let said = said.iter().fold(0, |said, part| hash::mix(said, hash::of(part.as_bytes())));
        let key = (no, said);
        if let Some(features) = self.young.get(&key) {
            return Arc::clone(features);
        }
        let features = self.old.remove(&key).unwrap_or_else(extract);
        self.bytes += features.bytes();
        if self.bytes > MAX_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = features.bytes();
        }
        self.young.insert(key, Arc::clone(&features));
        features
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::text::tokens::TEXT_TOKENS;

    #[test]
    fn features_are_cached_until_others_take_their_room() {
        let mut cache = FeatureCache::default();
        let mut extracted = 0;
        let text = "word ".repeat(TEXT_TOKENS);
        let mut get = |no: i64, title: &str| {
            let said = Said { title, text: &text, ..Said::default() };
            cache.get(EntryNo(no), said, || {
                extracted += 1;
                Arc::new(DocFeatures::new(said))
            });
            (extracted, cache.young.len() + cache.old.len())
        };
        assert_eq!(get(1, "Ferry aground").0, 1);
        assert_eq!(get(1, "Ferry aground").0, 1, "it is cached");
        assert_eq!(get(1, "Ferry afloat").0, 2, "it says something else");
        assert_eq!(get(2, "Ferry afloat").0, 3, "it is another entry");
        let one = DocFeatures::new(Said { text: &text, ..Said::default() }).bytes();
        for no in 3..2_000 {
            let (_, entries) = get(no, "Ferry afloat");
            assert!(entries * one <= MAX_BYTES, "{entries} entries are cached");
            get(2, "Ferry afloat");
        }
        assert_eq!(get(2, "Ferry afloat").0, 2_000, "what is used stays");
        assert_eq!(get(1, "Ferry aground").0, 2_001, "what is not goes");
    }
}
