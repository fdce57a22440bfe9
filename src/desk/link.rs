//! Is a story about a topic's event? The first look is the cosine with the centroid, the second weighs what else
//! speaks for and against.
//!
//! Knows one story's terms and one topic; nothing of the index.

use super::analysis::{Analysis, Term};
use super::topics::Topic;
use super::vocabulary::Vocabulary;

/// Scores from here on join.
pub(super) const JOIN: f32 = 0.5;

/// The judgement on one topic.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Link {
    pub(super) topic: i64,
    /// 0 to 1.
    pub(super) score: f32,
    /// Shared stems, the heaviest first.
    pub(super) shared: Vec<u32>,
}

/// How much a term counts within its own text: repeated words count less each time.
pub(super) fn tf(term: &Term) -> f32 {
    1.0 + f32::from(term.weight).ln()
}

/// A story, ready to be compared with topics.
pub(super) struct Query<'a> {
    analysis: &'a Analysis,
    /// Stem, weight with rarity; by stem.
    terms: Vec<(u32, f32, f32)>,
    norm: f32,
    now: i64,
}

impl<'a> Query<'a> {
    pub(super) fn new(analysis: &'a Analysis, vocabulary: &Vocabulary, now: i64) -> Self {
        let terms: Vec<(u32, f32, f32)> = analysis
            .terms
            .iter()
            .map(|term| {
                let rarity = vocabulary.rarity(term.stem);
                (term.stem, tf(term) * rarity, rarity)
            })
            .collect();
        let norm = terms.iter().map(|(_, value, _)| value * value).sum::<f32>().sqrt().max(1e-6);
        Self { analysis, terms, norm, now }
    }

    /// The terms that say most.
    pub(super) fn rarest(&self, count: usize) -> Vec<(u32, f32)> {
        let mut all: Vec<(u32, f32)> =
            self.terms.iter().map(|(stem, value, _)| (*stem, value * value)).collect();
        let by_value = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if all.len() > count {
            all.select_nth_unstable_by(count, by_value);
            all.truncate(count);
        }
        all.sort_unstable_by(by_value);
        all
    }

    pub(super) fn judge(&self, no: i64, topic: &Topic) -> Link {
        let mut dot = 0.0_f32;
        let mut shared: Vec<(f32, u32)> = Vec::new();
        let mut theirs = topic.terms.iter().peekable();
        for (stem, value, rarity) in &self.terms {
            while theirs.next_if(|(other, _)| other < stem).is_some() {}
            if let Some((_, weight)) = theirs.next_if(|(other, _)| other == stem) {
                let part = value * *weight as f32 * rarity;
                dot += part;
                shared.push((part, *stem));
            }
        }
        let cosine = dot / (self.norm * topic.norm.max(1e-6));
        shared.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let gap_days = (self.now - topic.last).max(0) as f32 / 86_400.0;
        let needed = 0.20 + 0.04 * gap_days.min(5.0);
        let _ = self.analysis.halves;
        let score = (0.5 + (cosine - needed) * 1.5).clamp(0.0, 1.0);
        Link { topic: no, score, shared: shared.into_iter().map(|(_, stem)| stem).collect() }
    }
}
