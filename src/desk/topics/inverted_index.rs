//! Inverted index: which topics, or which stories of the recent window, share stems with a story?
//!
//! Each topic (or story) has a *document id*, a small number, so that scores can be summed up in an array of
//! accumulators (term-at-a-time evaluation). The id of a removed document is used again. Knows ids and stems only; the
//! caller chooses the stems under which a document is listed.

use crate::desk::hash::Map;
use crate::desk::prefetch::prefetch;
use std::hash::Hash;

/// A stem is skipped as too common if it is listed for more than one in this many documents.
const COMMON_ONE_IN: usize = 8;
/// Bounds of the length that a posting list may have by that rule.
const POSTINGS: (usize, usize) = (64, 4_000);
/// Marks an accumulator to which nothing was added yet.
const UNTOUCHED: f32 = -1.0;

/// Documents by stem.
#[derive(Debug, Clone)]
pub(crate) struct InvertedIndex<K> {
    postings: Map<u32, Postings>,
    doc_ids: Map<K, u32>,
    /// The key of each document id.
    keys: Vec<K>,
    /// Document ids of removed documents, to be used again.
    free: Vec<u32>,
}

impl<K> Default for InvertedIndex<K> {
    fn default() -> Self {
        Self { postings: Map::default(), doc_ids: Map::default(), keys: Vec::new(), free: Vec::new() }
    }
}

/// A posting list: the document ids of a stem. Most stems have one, which needs no allocation.
#[derive(Debug, Clone)]
enum Postings {
    One(u32),
    Many(Vec<u32>),
}

impl Postings {
    fn all(&self) -> &[u32] {
        match self {
            Self::One(doc_id) => std::slice::from_ref(doc_id),
            Self::Many(doc_ids) => doc_ids,
        }
    }
}

impl<K: Copy + Eq + Hash + Ord> InvertedIndex<K> {
    /// The `k` documents with the highest sums of the weights of the stems that they share with the query, the highest
    /// first. Of equal sums the larger key comes first. Weights must not be negative.
    pub(crate) fn top_k(&self, stems: &[(u32, f32)], k: usize) -> Vec<(f32, K)> {
        let most_postings = (self.doc_ids.len() / COMMON_ONE_IN).clamp(POSTINGS.0, POSTINGS.1);
        let mut sums = vec![UNTOUCHED; self.keys.len()];
        let mut touched: Vec<u32> = Vec::new();
        let found: Vec<(&[u32], f32)> = stems
            .iter()
            .filter_map(|(stem, weight)| Some((self.postings.get(stem)?.all(), *weight)))
            .filter(|(postings, _)| postings.len() <= most_postings)
            .collect();
        prefetch(found.iter().filter_map(|(postings, _)| postings.first().copied()));
        for (postings, weight) in found {
            // Records first touches without a branch, because a branch would be mispredicted half of the time.
            let mut count = touched.len();
            touched.resize(count + postings.len(), 0);
            for doc_id in postings {
                let sum = &mut sums[*doc_id as usize];
                touched[count] = *doc_id;
                count += usize::from(*sum < 0.0);
                *sum = sum.max(0.0) + weight;
            }
            touched.truncate(count);
        }
        let sum = |doc_id: u32| sums[doc_id as usize];
        if touched.len() > k {
            // Selecting among plain integers is faster than among pairs. The bits of floats that are not negative have
            // the same order as the floats.
            let mut all: Vec<u32> = touched.iter().map(|doc_id| sum(*doc_id).to_bits()).collect();
            let (_, least, _) = all.select_nth_unstable_by(k - 1, |a, b| b.cmp(a));
            let least = f32::from_bits(*least);
            touched.retain(|doc_id| sum(*doc_id) >= least);
        }
        let mut ranked: Vec<(f32, K)> =
            touched.iter().map(|doc_id| (sum(*doc_id), self.keys[*doc_id as usize])).collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        ranked.truncate(k);
        ranked
    }

    /// Changes the stems under which a document is listed from `before` to `after`; both must be sorted. A document
    /// that is new has an empty `before`.
    pub(crate) fn update(&mut self, key: K, before: &[u32], after: &[u32]) {
        let (free, keys) = (&mut self.free, &mut self.keys);
        let doc_id = *self.doc_ids.entry(key).or_insert_with(|| match free.pop() {
            Some(doc_id) => {
                keys[doc_id as usize] = key;
                doc_id
            }
            None => {
                keys.push(key);
                keys.len() as u32 - 1
            }
        });
        let without = |stems: &[u32], others: &[u32]| -> Vec<u32> {
            stems.iter().copied().filter(|stem| others.binary_search(stem).is_err()).collect()
        };
        let (gone, new) = (without(before, after), without(after, before));
        self.prefetch_lists(gone.iter().chain(&new));
        for stem in gone {
            self.unlist(stem, doc_id);
        }
        for stem in new {
            self.postings
                .entry(stem)
                .and_modify(|postings| match postings {
                    Postings::One(one) => *postings = Postings::Many(vec![*one, doc_id]),
                    Postings::Many(doc_ids) => doc_ids.push(doc_id),
                })
                .or_insert(Postings::One(doc_id));
        }
    }

    /// Removes a document that is listed under `stems`.
    pub(crate) fn remove(&mut self, key: K, stems: &[u32]) {
        let Some(doc_id) = self.doc_ids.remove(&key) else { return };
        self.prefetch_lists(stems.iter());
        for stem in stems {
            self.unlist(*stem, doc_id);
        }
        self.free.push(doc_id);
    }

    /// Prefetches both ends of the posting lists of these stems.
    fn prefetch_lists<'a>(&self, stems: impl Iterator<Item = &'a u32>) {
        let lists = stems.filter_map(|stem| self.postings.get(stem)).map(Postings::all);
        prefetch(lists.filter_map(|list| Some(list.first()? ^ list.last()?)));
    }

    fn unlist(&mut self, stem: u32, doc_id: u32) {
        let is_empty = match self.postings.get_mut(&stem) {
            None => return,
            Some(Postings::One(one)) => *one == doc_id,
            Some(Postings::Many(doc_ids)) => {
                if let Some(idx) = position(doc_ids, doc_id) {
                    doc_ids.swap_remove(idx);
                }
                doc_ids.is_empty()
            }
        };
        if is_empty {
            self.postings.remove(&stem);
        }
    }
}

/// Index of a document id in a posting list, which may hold thousands. Searches in blocks without a branch for each
/// element, so that the compiler can vectorise it.
fn position(doc_ids: &[u32], doc_id: u32) -> Option<usize> {
    const BLOCK: usize = 64;
    let block = doc_ids.chunks(BLOCK).position(|block| block.contains(&doc_id))? * BLOCK;
    doc_ids[block..].iter().position(|other| *other == doc_id).map(|idx| block + idx)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_found_by_their_words_and_document_ids_are_given_again() {
        let mut index = InvertedIndex::<i64>::default();
        index.update(7, &[], &[1, 2, 3]);
        index.update(8, &[], &[2, 3, 4]);
        let found = |index: &InvertedIndex<i64>, words: &[u32]| {
            let words: Vec<(u32, f32)> = words.iter().map(|stem| (*stem, 1.0)).collect();
            index.top_k(&words, 10)
        };
        assert_eq!(found(&index, &[1, 2, 3]), [(3.0, 7), (2.0, 8)]);
        assert_eq!(found(&index, &[2]), [(1.0, 8), (1.0, 7)], "the younger first");
        assert_eq!(index.top_k(&[(4, 0.0)], 10), [(0.0, 8)], "by a word that says nothing, too");
        index.update(7, &[1, 2, 3], &[3, 5]);
        assert_eq!(found(&index, &[1, 2]), [(1.0, 8)]);
        index.remove(8, &[2, 3, 4]);
        assert_eq!(found(&index, &[2, 3, 4, 5]), [(2.0, 7)]);
        index.update(9, &[], &[4]);
        assert_eq!(found(&index, &[3, 4]), [(1.0, 9), (1.0, 7)]);
        assert_eq!(index.keys.len(), 2, "the document id of a topic that is gone is given again");
        index.remove(7, &[3, 5]);
        index.remove(9, &[4]);
        assert!(index.postings.is_empty());
    }

    #[test]
    fn a_topic_is_taken_out_of_a_long_list_wherever_it_stands() {
        let mut index = InvertedIndex::<i64>::default();
        (0..300).for_each(|no| index.update(no, &[], &[1]));
        for no in (0..300).step_by(7).chain((0..300).filter(|no| no % 7 != 0).rev()) {
            index.remove(no, &[1]);
            assert!(index.top_k(&[(1, 1.0)], 300).iter().all(|(_, other)| *other != no));
        }
        assert!(index.postings.is_empty());
    }

    #[test]
    fn only_the_highest_sums_are_told() {
        let mut index = InvertedIndex::<i64>::default();
        for no in 0..100 {
            index.update(no, &[], if no % 10 == 0 { &[1, 2] } else { &[1] });
        }
        let found = index.top_k(&[(1, 1.0), (2, 0.5)], 10);
        assert_eq!(
            found.iter().map(|(_, no)| *no).collect::<Vec<_>>(),
            [90, 80, 70, 60, 50, 40, 30, 20, 10, 0]
        );
    }
}
