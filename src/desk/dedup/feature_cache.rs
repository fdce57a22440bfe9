//! A bounded cache of features. An entry that was filed is soon compared with new entries like it.
//!
//! Tokenizing dominates the cost of a comparison. The cache holds only what could be extracted again, and nothing that
//! is learned. So it never changes a decision, and a restored desk starts with an empty cache.

use super::features::{DocFeatures, Said};
use crate::desk::hash::{self, Map};
use crate::model::EntryNo;
use std::sync::Arc;

/// Approximate size of the cached features, in bytes: about five hundred full texts, or some thousands of headlines
/// with a lead.
/// Measured: docs/decisions/2026-11-25-laid-out.md.
const MAX_BYTES: usize = 8 << 20;

/// An approximate LRU cache with two generations. When the young generation holds half of [`MAX_BYTES`], it replaces
/// the old one. An item of the old generation that is used returns to the young one.
#[derive(Default)]
pub(crate) struct FeatureCache {
    /// By entry and by a hash of its contents, because an entry that changed has other features.
    young: Map<(EntryNo, u64), Arc<DocFeatures>>,
    old: Map<(EntryNo, u64), Arc<DocFeatures>>,
    /// Bytes of the young generation.
    bytes: usize,
}

impl FeatureCache {
    /// The features of an entry with these contents. Calls `extract` if they are not cached.
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
