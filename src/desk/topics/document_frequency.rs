//! Document frequencies: how common each stem is, learned from the stream.
//!
//! What matters is the number of events that a stem occurs in, not the number of texts. A stem that a hundred stories
//! of one event share is rare, and distinguishes that event from all others. So a stem that its topic had already
//! counts only a twentieth.
//!
//! The counts start from a prior: ordinary use of words (`common_words`), with the weight of `prior_documents`
//! documents. So "bridge" is no rare word in the first hour of a new installation. The prior loses influence as
//! documents are counted.
//!
//! The counts are integers, and their number is bounded. When the table is full, all counts are halved, and those that
//! become 0 are dropped. In this way old usage is forgotten. Knows stems and language codes only.

use super::common_words;
use super::tuning::TUNING;
use crate::desk::hash::Map;
use crate::desk::logarithm::ln;
use crate::desk::snapshot::sorted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Maximum number of stems kept; about 8 MB.
const MAX_STEMS: usize = 500_000;
/// Sum of document counts at which all counts are halved even if the table is not full, so that no count overflows.
const MAX_DOCUMENTS: u32 = 4_000_000 * TUNING.new_count;

/// In how many documents each stem occurs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DocumentFrequencies {
    /// Sum over all documents of their counts (`new_count` or `repeated_count` each), including those of the prior.
    documents: u32,
    /// Number of documents of the stream.
    met: u32,
    /// For each stem that occurred, the sum over its documents of the same counts, including those of the prior.
    #[serde(with = "sorted")]
    counts: Map<u32, u32>,
    /// Number of documents in each language.
    languages: BTreeMap<u16, u32>,
    /// Number of documents whose language is known: the sum of `languages`.
    #[serde(skip)]
    in_a_language: u32,
}

impl Default for DocumentFrequencies {
    fn default() -> Self {
        Self {
            documents: TUNING.prior_documents * TUNING.new_count,
            met: 0,
            counts: Map::default(),
            languages: BTreeMap::new(),
            in_a_language: 0,
        }
    }
}

/// The count that the prior gives to a stem.
fn prior_count(stem: u32) -> u32 {
    let (least, most) = TUNING.prior_share;
    let share = (common_words::share(stem) * TUNING.prior_tokens).clamp(least, most);
    (share * (TUNING.prior_documents * TUNING.new_count) as f32) as u32
}

impl DocumentFrequencies {
    /// Rebuilds what a snapshot leaves out.
    pub(crate) fn restored(mut self) -> Self {
        self.in_a_language = self.languages.values().fold(0, |sum, count| sum.saturating_add(*count));
        self
    }

    /// Counts one document and its stems, each stem once. `founds` says that it founds a topic; `known` says which
    /// stems its topic had already; `languages` are those that it may be in.
    pub(crate) fn add(
        &mut self,
        stems: impl Iterator<Item = u32>,
        founds: bool,
        known: impl Fn(u32) -> bool,
        languages: &[u16],
    ) {
        let (new, repeated) = (TUNING.new_count, TUNING.repeated_count);
        let warm = self.met < TUNING.warm_documents;
        if let Some(language) = self.commonest(languages) {
            let count = self.languages.entry(language).or_insert(0);
            *count = count.saturating_add(1);
            self.in_a_language = self.in_a_language.saturating_add(1);
        }
        self.met = self.met.saturating_add(1);
        self.documents = self.documents.saturating_add(if founds || warm { new } else { repeated });
        for stem in stems {
            let count = self.counts.entry(stem).or_insert_with(|| prior_count(stem));
            *count = count.saturating_add(if !warm && known(stem) { repeated } else { new });
        }
        if self.counts.len() > MAX_STEMS || self.documents > MAX_DOCUMENTS {
            self.halve();
        }
    }

    fn halve(&mut self) {
        self.counts.retain(|_, count| {
            *count /= 2;
            *count > 0
        });
        self.documents /= 2;
        self.met /= 2;
        self.in_a_language = 0;
        for count in self.languages.values_mut() {
            *count /= 2;
            self.in_a_language = self.in_a_language.saturating_add(*count);
        }
    }

    /// Of the languages that a document may be in, the one with the most documents so far.
    fn commonest(&self, languages: &[u16]) -> Option<u16> {
        let count = |language: &u16| self.languages.get(language).copied().unwrap_or(0);
        languages.iter().copied().max_by_key(|language| (count(language), std::cmp::Reverse(*language)))
    }

    /// Share of a document's language among all documents whose language is known, 0 to 1. `languages` are those that
    /// the document may be in. 1 if the language is unknown or has too few documents.
    pub(crate) fn language_share(&self, languages: &[u16]) -> f32 {
        let count = self.commonest(languages).and_then(|language| self.languages.get(&language));
        match count {
            Some(count) if *count >= TUNING.language_documents => *count as f32 / self.in_a_language as f32,
            _ => 1.0,
        }
    }

    /// How little is known of how common words are in a document's language: 1 before the first document of that
    /// language, falling to 0. `languages` are those that the document may be in; if there are none, all documents
    /// count.
    pub(crate) fn ignorance(&self, languages: &[u16]) -> f32 {
        let of_language =
            self.commonest(languages).map(|language| self.languages.get(&language).copied().unwrap_or(0));
        let documents = of_language.unwrap_or(self.met);
        libm::expf(-(documents as f32) / TUNING.learned_documents)
    }

    /// Inverse document frequency without the logarithm: all documents divided by those that hold the stem.
    pub(crate) fn inverse_df(&self, stem: u32) -> f32 {
        let count = self.counts.get(&stem).copied().unwrap_or_else(|| prior_count(stem));
        self.documents as f32 / count.max(1) as f32
    }

    /// Inverse document frequency (Spärck Jones 1972).
    pub(crate) fn idf(&self, stem: u32) -> f32 {
        ln(self.inverse_df(stem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::snapshot::{decode, encode};

    #[test]
    fn ignorance_fades_as_documents_come_and_each_language_has_its_own() {
        let mut frequencies = DocumentFrequencies::default();
        assert!((frequencies.ignorance(&[]) - 1.0).abs() < 1e-6);
        (0..600).for_each(|_| frequencies.add([7_u32].into_iter(), false, |_| true, &[1]));
        assert!(frequencies.ignorance(&[1]) < 0.05 && frequencies.ignorance(&[]) < 0.05);
        assert!((frequencies.ignorance(&[2]) - 1.0).abs() < 1e-6, "nothing is known of another language");
        assert!(frequencies.ignorance(&[2, 1]) < 0.05, "of two that fit the one that most are in");
    }

    #[test]
    fn the_share_of_a_language_is_known_after_twenty_texts_and_outlives_halving_and_saving() {
        const ONE: u16 = 1;
        const OTHER: u16 = 2;
        let mut frequencies = DocumentFrequencies::default();
        let add = |frequencies: &mut DocumentFrequencies, languages: &[u16]| {
            frequencies.add([7_u32].into_iter(), true, |_| false, languages);
        };
        let percent = |frequencies: &DocumentFrequencies, languages: &[u16]| {
            (frequencies.language_share(languages) * 100.0).round() as u32
        };
        (0..60).for_each(|_| add(&mut frequencies, &[ONE]));
        (0..19).for_each(|_| add(&mut frequencies, &[OTHER]));
        assert_eq!(percent(&frequencies, &[OTHER]), 100);
        add(&mut frequencies, &[OTHER]);
        (0..50).for_each(|_| add(&mut frequencies, &[]));
        assert_eq!(percent(&frequencies, &[OTHER]), 25);
        assert_eq!(percent(&frequencies, &[OTHER, ONE]), 75, "of two that fit the one that most are in");
        assert_eq!((percent(&frequencies, &[]), percent(&frequencies, &[3])), (100, 100));
        (0..20).for_each(|_| add(&mut frequencies, &[OTHER]));
        frequencies.add(0..=MAX_STEMS as u32, true, |_| false, &[]);
        assert_eq!((frequencies.in_a_language, percent(&frequencies, &[OTHER])), (50, 40));
        let saved: DocumentFrequencies = decode(1, &encode(1, &frequencies)).unwrap();
        assert_eq!(saved.restored(), frequencies);
    }
}
