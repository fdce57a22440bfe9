//! How common each word is, learned from the stream.
//!
//! What counts is in how many events a word is found, not in how many texts: a word that a hundred stories of one event
//! share is rare, and tells that event from all others. So a word that its topic had already counts a twentieth.
//!
//! Whole counts per stem, bounded; when the table is full every count is halved and what falls to nothing is
//! forgotten, so that old usage fades. Knows stems and the codes of languages only.

use crate::desk::codec::{BadSnapshot, Reader, Writer};
use crate::desk::hash::Map;
use std::collections::BTreeMap;

/// Stems kept at most; about 8 MB.
const MAX_STEMS: usize = 500_000;
/// Documents after which counts are halved even if the table is not full.
const MAX_DOCUMENTS: u32 = 4_000_000 * WHOLE;
/// What a document, or a word that is new to its topic, counts.
const WHOLE: u32 = 20;
/// What they count otherwise.
const REPEATED: u32 = 1;
/// So many documents of a language must have been met before its share is reckoned with.
const KNOWN_LANGUAGE: u32 = 20;
/// Documents that count whole in any case: until then too little is known of topics.
const WARM: u32 = 100 * WHOLE;

/// Document frequencies.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Vocabulary {
    documents: u32,
    counts: Map<u32, u32>,
    /// Documents whose language is told surely, and how many there are of each.
    told: u32,
    languages: BTreeMap<u16, u32>,
}

impl Vocabulary {
    /// Counts one document's stems, each once; `known` says what its topic had already, `founds` that it has none.
    pub(crate) fn add(
        &mut self,
        stems: impl Iterator<Item = u32>,
        founds: bool,
        known: impl Fn(u32) -> bool,
        languages: &[u16],
    ) {
        let warm = self.documents < WARM;
        if let Some(language) = self.likeliest(languages) {
            let count = self.languages.entry(language).or_insert(0);
            *count = count.saturating_add(1);
            self.told = self.told.saturating_add(1);
        }
        self.documents = self.documents.saturating_add(if founds || warm { WHOLE } else { REPEATED });
        for stem in stems {
            let count = self.counts.entry(stem).or_insert(0);
            *count = count.saturating_add(if !warm && known(stem) { REPEATED } else { WHOLE });
        }
        if self.counts.len() > MAX_STEMS || self.documents > MAX_DOCUMENTS {
            self.counts.retain(|_, count| {
                *count /= 2;
                *count > 0
            });
            self.documents /= 2;
            self.told = 0;
            for count in self.languages.values_mut() {
                *count /= 2;
                self.told = self.told.saturating_add(*count);
            }
        }
    }

    /// Of the languages that a document may be in, the one that most are in.
    fn likeliest(&self, languages: &[u16]) -> Option<u16> {
        let count = |language: &u16| self.languages.get(language).copied().unwrap_or(0);
        languages.iter().copied().max_by_key(|language| (count(language), std::cmp::Reverse(*language)))
    }

    /// What part of the documents whose language is told are in that of a document that may be in these.
    pub(crate) fn share(&self, languages: &[u16]) -> f32 {
        let count = self.likeliest(languages).and_then(|language| self.languages.get(&language));
        match count {
            Some(count) if *count >= KNOWN_LANGUAGE => *count as f32 / self.told as f32,
            _ => 1.0,
        }
    }

    /// How many documents there are for each that has the stem.
    pub(crate) fn odds(&self, stem: u32) -> f32 {
        let count = self.counts.get(&stem).copied().unwrap_or(0) as f32;
        (self.documents as f32 + 20.0 * WHOLE as f32) / (count + 0.5 * WHOLE as f32)
    }

    /// How rare a stem is: the logarithm of its odds.
    pub(crate) fn rarity(&self, stem: u32) -> f32 {
        ln(self.odds(stem))
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        let mut sorted: Vec<(u32, u32)> = self.counts.iter().map(|(stem, count)| (*stem, *count)).collect();
        sorted.sort_unstable();
        out.number(self.languages.len() as u64);
        for (language, count) in &self.languages {
            out.number(u64::from(*language));
            out.number(u64::from(*count));
        }
        out.number(u64::from(self.documents));
        out.number(sorted.len() as u64);
        let mut before = 0;
        for (stem, count) in sorted {
            out.number(u64::from(stem - before));
            out.number(u64::from(count));
            before = stem;
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
        let languages = (0..reader.count()?).map(|_| Ok((reader.small()?, reader.small()?)));
        let languages = languages.collect::<Result<BTreeMap<u16, u32>, BadSnapshot>>()?;
        let told = languages.values().fold(0_u32, |told, count| told.saturating_add(*count));
        let documents = reader.small()?;
        let length = reader.count()?;
        let mut counts = Map::default();
        let mut before = 0_u32;
        for _ in 0..length {
            before = before.checked_add(reader.small()?).ok_or(BadSnapshot("a number is too large"))?;
            counts.insert(before, reader.small()?);
        }
        Ok(Self { documents, counts, told, languages })
    }
}

/// The natural logarithm of a number above nothing, within a millionth or so. As it asks no library, all machines agree.
pub(crate) fn ln(x: f32) -> f32 {
    const ROOT_OF_HALF: u32 = 0x3F35_04F3;
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(ROOT_OF_HALF) as i32) >> 23;
    // Between the root of a half and that of two, where the series of the area tangent is short.
    let mantissa = f32::from_bits(bits.wrapping_sub((exponent << 23) as u32));
    let part = (mantissa - 1.0) / (mantissa + 1.0);
    let square = part * part;
    exponent as f32 * std::f32::consts::LN_2 + 2.0 * part * (1.0 + square * (1.0 / 3.0 + square * 0.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_a_language_is_known_after_twenty_texts_and_outlives_halving_and_saving() {
        const ONE: u16 = 1;
        const OTHER: u16 = 2;
        let mut vocabulary = Vocabulary::default();
        let add = |vocabulary: &mut Vocabulary, languages: &[u16]| {
            vocabulary.add([7_u32].into_iter(), true, |_| false, languages);
        };
        let percent =
            |vocabulary: &Vocabulary, languages: &[u16]| (vocabulary.share(languages) * 100.0).round() as u32;
        (0..60).for_each(|_| add(&mut vocabulary, &[ONE]));
        (0..19).for_each(|_| add(&mut vocabulary, &[OTHER]));
        assert_eq!(percent(&vocabulary, &[OTHER]), 100);
        add(&mut vocabulary, &[OTHER]);
        (0..50).for_each(|_| add(&mut vocabulary, &[]));
        assert_eq!(percent(&vocabulary, &[OTHER]), 25);
        assert_eq!(percent(&vocabulary, &[OTHER, ONE]), 75, "of two that fit the one that most are in");
        assert_eq!((percent(&vocabulary, &[]), percent(&vocabulary, &[3])), (100, 100));
        (0..20).for_each(|_| add(&mut vocabulary, &[OTHER]));
        vocabulary.add(0..=MAX_STEMS as u32, true, |_| false, &[]);
        assert_eq!((vocabulary.told, percent(&vocabulary, &[OTHER])), (50, 40));
        let mut out = Writer::default();
        vocabulary.write(&mut out);
        assert_eq!(Vocabulary::read(&mut Reader(&out.0)).unwrap(), vocabulary);
    }

    #[test]
    fn the_logarithm_is_that_of_the_library_to_a_millionth_or_so() {
        for at in 1..200_000_u32 {
            for x in [at as f32 / 1_000.0, at as f32 * 7.0, 1.0 / at as f32] {
                let (ours, exact) = (ln(x), f64::from(x).ln());
                let error = (f64::from(ours) - exact).abs();
                assert!(error <= 4e-6, "{x}: {ours} for {exact}");
            }
        }
    }
}
