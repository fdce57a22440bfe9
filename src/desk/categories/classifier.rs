//! The classifier: an online text classifier, trained by the feeds to which the operator has given a category.
//!
//! It is complement naive Bayes (Rennie et al. 2003) over hashed features, plus a linear correction
//! (passive-aggressive, PA-I; Crammer et al. 2006). The correction is learned only from entries that both together
//! classify wrongly or with too small a margin. All state is integers and bounded; old counts are forgotten by halving.
//! How sure a guess is, is calibrated on the classifier's own record: each entry of a fixed feed is guessed before it
//! is learned. Knows features only.

mod explain;
mod rename;

use super::features::WIDTH;
use super::tuning::TUNING;
use crate::desk::logarithm::ln;
use crate::desk::prefetch::prefetch;
use crate::desk::snapshot::{BadSnapshot, LONGEST_TABLE, are_plausible, sparse};
use crate::model::CategoryName;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Maximum number of categories that are learned.
const MAX_CATEGORIES: usize = 48;
/// Number of bins, by margin, of the record of how often guesses were right.
const STEPS: usize = 40;
/// Fixed-point unit of corrections, which are stored as integers: they are small, and the same on every machine.
const CORRECTION_UNIT: f32 = 1.0 / 4_096.0;
/// Number of precomputed logarithms.
const LOGS: usize = 4_096;

const _: () = assert!(WIDTH * MAX_CATEGORIES <= LONGEST_TABLE);

/// Precomputed logarithms of smoothed counts, which are needed once for every feature and category.
static LOG: LazyLock<Vec<f32>> =
    LazyLock::new(|| (0..LOGS).map(|count| ln(count as f32 + TUNING.smoothing)).collect());

fn log(count: u32) -> f32 {
    LOG.get(count as usize).copied().unwrap_or_else(|| ln(count as f32 + TUNING.smoothing))
}

/// Weight of a feature in an entry that has it `count` times.
fn weight(count: u8) -> f32 {
    ln(1.0 + f32::from(count))
}

/// Euclidean length of the vector of an entry's weights.
fn length(features: &[(u32, u8)]) -> f32 {
    let sum = features.iter().fold(0.0_f32, |sum, (_, count)| sum + weight(*count) * weight(*count));
    sum.sqrt().max(f32::MIN_POSITIVE)
}

/// Index of the highest score, without the one at `but`; of equal scores the first.
fn best_but(scores: &[f32], but: Option<usize>) -> Option<usize> {
    let others = (0..scores.len()).filter(|idx| Some(*idx) != but);
    others.max_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a)))
}

/// Copies a table of features by categories to another row length (`stride`).
fn restrided<T: Copy + Default>(table: &[T], from: usize, to: usize) -> Vec<T> {
    let mut changed = vec![T::default(); WIDTH * to];
    if from > 0 {
        let both = from.min(to);
        for (new, old) in changed.chunks_exact_mut(to).zip(table.chunks_exact(from)) {
            new[..both].copy_from_slice(&old[..both]);
        }
    }
    changed
}

/// A guess.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Guess {
    pub(crate) category: CategoryName,
    /// Share of right guesses among earlier ones with about the same margin, 0 to 1.
    pub(crate) score: f64,
    /// Whether the guess is sure enough to decide.
    pub(crate) is_sure: bool,
}

/// One bin of the record: guesses with about the same margin, and how many of them were right.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Guesses {
    all: u32,
    right: u32,
}

/// The category towards which the last correction went, and how many corrections before that went towards it in a row.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Run {
    category: u32,
    times: u32,
}

/// What has been learned. Each category has an index, in the order in which the categories were first learned.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Classifier {
    categories: Vec<CategoryName>,
    /// Table of features by categories: how many entries of the category had the feature.
    #[serde(with = "sparse")]
    counts: Vec<u16>,
    /// Table of features by categories: what the feature adds to the category's score, in [`CORRECTION_UNIT`]s.
    #[serde(with = "sparse")]
    corrections: Vec<i16>,
    /// Row length of `counts` and `corrections`: the number of categories, rounded up to a multiple of four.
    #[serde(skip)]
    stride: usize,
    /// By feature, the sum of its counts.
    #[serde(skip)]
    all: Vec<u32>,
    /// By category, the sum of its counts.
    #[serde(skip)]
    totals: Vec<u64>,
    /// The calibration record, in bins by margin.
    record: Vec<Guesses>,
    run: Run,
}

impl Classifier {
    pub(crate) fn new() -> Self {
        Self { all: vec![0; WIDTH], record: vec![Guesses::default(); STEPS], ..Self::default() }
    }

    /// Rebuilds what a snapshot leaves out. Tables of another size are damage.
    pub(crate) fn restored(mut self) -> Result<Self, BadSnapshot> {
        let bad = || Err(BadSnapshot("the classifier's tables do not fit each other".to_owned()));
        let known = self.categories.len();
        let is_recorded = self.record.len() == STEPS
            && self.record.iter().all(|step| are_plausible(&[step.all, step.right], &[]));
        if known > MAX_CATEGORIES || !is_recorded {
            return bad();
        }
        self.stride = known.next_multiple_of(4);
        let size = WIDTH * self.stride;
        if self.counts.len() != size || self.corrections.len() != size {
            return bad();
        }
        (self.all, self.totals) = (vec![0; WIDTH], vec![0; known]);
        if known == 0 {
            return Ok(self);
        }
        let rows = self.counts.chunks_exact(self.stride).zip(self.corrections.chunks_exact(self.stride));
        for (all, (counts, corrections)) in self.all.iter_mut().zip(rows) {
            for (total, count) in self.totals.iter_mut().zip(counts) {
                *all += u32::from(*count);
                *total += u64::from(*count);
            }
            // A feature that no entry had has no correction, and the columns beyond the last category are empty.
            // Anything else is damage.
            let is_corrected = corrections.iter().any(|correction| *correction != 0);
            let is_beyond = counts[known..].iter().any(|count| *count != 0)
                || corrections[known..].iter().any(|correction| *correction != 0);
            if is_beyond || (*all == 0 && is_corrected) {
                return bad();
            }
        }
        Ok(self)
    }

    /// The most likely category, and whether such guesses are right as often as is `wanted` (0 to 1). `None` before two
    /// categories were learned, and if no feature is known.
    pub(crate) fn guess(&self, features: &[(u32, u8)], wanted: f64) -> Option<Guess> {
        let scores = self.scores(features)?;
        let scores = &scores[..self.categories.len()];
        let best = best_but(scores, None)?;
        let second = best_but(scores, Some(best))?;
        let (score, is_sure) = self.trust(scores[best] - scores[second], wanted - TUNING.record_lags);
        Some(Guess { category: self.categories[best].clone(), score, is_sure })
    }

    /// Prefetches the rows of these features, which are spread over the tables.
    fn prefetch_rows(&self, features: &[(u32, u8)]) {
        prefetch(features.iter().filter_map(|(feature, _)| {
            let (feature, row) = (*feature as usize, *feature as usize * self.stride);
            let counts =
                u32::from(*self.counts.get(row)?) ^ u32::from(self.corrections.get(row)?.cast_unsigned());
            Some(self.all.get(feature)? ^ counts)
        }));
    }

    /// The score of each category, by its index. `None` before two categories were learned, and if no feature is known.
    fn scores(&self, features: &[(u32, u8)]) -> Option<[f32; MAX_CATEGORIES]> {
        if self.categories.len() < 2 || features.is_empty() {
            return None;
        }
        self.prefetch_rows(features);
        let everything: u64 = self.totals.iter().sum();
        let mut scores = [0.0_f32; MAX_CATEGORIES];
        let mut corrected = [0.0_f32; MAX_CATEGORIES];
        let mut mass = 0.0_f32;
        for &(feature, count) in features {
            let feature = feature as usize;
            let all = self.all.get(feature).copied().unwrap_or(0);
            if all == 0 {
                continue;
            }
            let weight = weight(count);
            mass += weight;
            let row = feature * self.stride..feature * self.stride + self.categories.len();
            // For a category that never saw the feature, the complement's count is the whole count. A term that is the
            // same for all categories does not change their order, so it is left out: only the categories that saw the
            // feature get an addition, for their complement's count is lower.
            let whole = log(all);
            for (score, count) in scores.iter_mut().zip(&self.counts[row.clone()]) {
                if *count > 0 {
                    *score += weight * (whole - log(all - u32::from(*count).min(all)));
                }
            }
            for (sum, correction) in corrected.iter_mut().zip(&self.corrections[row]) {
                *sum += weight * f32::from(*correction);
            }
        }
        if mass == 0.0 {
            return None;
        }
        let root = mass.max(1.0).sqrt();
        let unit = CORRECTION_UNIT / length(features);
        let smoothed = TUNING.smoothing * WIDTH as f32 * TUNING.smoothed_features;
        for ((score, sum), total) in scores.iter_mut().zip(corrected).zip(&self.totals) {
            let others = everything - total;
            *score += mass * ln(others as f32 + smoothed);
            *score = *score / root + sum * unit;
        }
        Some(scores)
    }

    fn step(margin: f32) -> usize {
        ((margin.max(0.0) * TUNING.steps_per_margin) as usize).min(STEPS - 1)
    }

    /// The share of right guesses among those with about this margin; and whether a guess with it is sure: those with
    /// this or a higher margin must have been right as often as `needed`.
    fn trust(&self, margin: f32, needed: f64) -> (f64, bool) {
        let step = Self::step(margin);
        let sum = |steps: std::ops::RangeInclusive<usize>| {
            self.record[steps]
                .iter()
                .fold((0, 0), |(all, right), guesses| (all + guesses.all, right + guesses.right))
        };
        let share = |(all, right): (u32, u32)| (f64::from(right) + 1.0) / (f64::from(all) + 2.0);
        // Guesses with a high margin are rare. So the range of bins is widened until it holds enough guesses; otherwise
        // the smoothing of the share would make rare guesses look unsure.
        let mut near = (0, 0);
        for reach in 1..STEPS {
            near = sum(step.saturating_sub(reach)..=(step + reach).min(STEPS - 1));
            if near.0 >= TUNING.enough_guesses {
                break;
            }
        }
        let near = share(near);
        // Adds at most 0.001, so that guesses of one bin are still ordered by their margin.
        let fraction = f64::from(margin) / 10_000.0;
        let score = (near + fraction.clamp(0.0, 0.001)).min(1.0);
        (score, near >= TUNING.right_alone.min(needed) && share(sum(step..=STEPS - 1)) >= needed)
    }

    /// Learns one entry of a fixed feed. Guesses its category first, for the record and the correction.
    pub(crate) fn learn(&mut self, category: &CategoryName, features: &[(u32, u8)]) {
        if let Some(scores) = self.scores(features) {
            self.learn_from_guess(category, features, &scores[..self.categories.len()]);
        }
        let Some(idx) = self.index_of(category) else { return };
        for &(feature, _) in features {
            let feature = feature as usize;
            let Some(count) = self.counts.get_mut(feature * self.stride + idx) else { continue };
            if *count < u16::MAX {
                *count += 1;
                self.all[feature] += 1;
                self.totals[idx] += 1;
            }
        }
        if self.totals[idx] > TUNING.halve_at {
            self.halve();
        }
    }

    /// Records whether the guess was right. Corrects the weights if it was wrong or its margin too small (PA-I).
    fn learn_from_guess(&mut self, category: &CategoryName, features: &[(u32, u8)], scores: &[f32]) {
        let Some(best) = best_but(scores, None) else { return };
        let Some(second) = best_but(scores, Some(best)) else { return };
        let guesses = &mut self.record[Self::step(scores[best] - scores[second])];
        guesses.all += 1;
        guesses.right += u32::from(self.categories[best] == *category);
        if self.record.iter().map(|guesses| guesses.all).sum::<u32>() > TUNING.remembered_guesses {
            for guesses in &mut self.record {
                *guesses = Guesses { all: guesses.all / 2, right: guesses.right / 2 };
            }
        }
        // A new category has no weights yet that could be corrected.
        let Some(right) = self.categories.iter().position(|known| known == category) else { return };
        let rival = if best == right { second } else { best };
        let missing = TUNING.margin - (scores[right] - scores[rival]);
        if missing <= 0.0 {
            return;
        }
        // Entries arrive feed by feed, so that many of one category come in a row. In such a run each one corrects less
        // than the one before; otherwise the weights would lean towards the latest feed.
        let is_same = self.run.category as usize == right;
        let times = if is_same { self.run.times.saturating_add(1) } else { 0 };
        self.run = Run { category: right as u32, times };
        let most = TUNING.max_step.min(missing / 2.0) / (1.0 + times as f32);
        let by = most / length(features) / CORRECTION_UNIT;
        for &(feature, count) in features.iter().filter(|(feature, _)| (*feature as usize) < WIDTH) {
            let row = &mut self.corrections[feature as usize * self.stride..][..self.stride];
            let change = (by * weight(count)).round() as i16;
            row[right] = row[right].saturating_add(change);
            row[rival] = row[rival].saturating_sub(change);
        }
    }

    /// The index of a category, which is added if it is new; `None` if there are too many.
    fn index_of(&mut self, category: &CategoryName) -> Option<usize> {
        if let Some(idx) = self.categories.iter().position(|known| known == category) {
            return Some(idx);
        }
        if self.categories.len() == MAX_CATEGORIES {
            return None;
        }
        self.categories.push(category.clone());
        self.totals.push(0);
        self.make_room(self.categories.len());
        Some(self.categories.len() - 1)
    }

    /// Gives the tables the row length for this many categories.
    fn make_room(&mut self, categories: usize) {
        let stride = categories.next_multiple_of(4);
        if stride == self.stride {
            return;
        }
        self.counts = restrided(&self.counts, self.stride, stride);
        self.corrections = restrided(&self.corrections, self.stride, stride);
        self.stride = stride;
    }

    fn halve(&mut self) {
        self.totals.fill(0);
        for (all, counts) in self.all.iter_mut().zip(self.counts.chunks_exact_mut(self.stride)) {
            *all = 0;
            for (total, count) in self.totals.iter_mut().zip(counts) {
                *count /= 2;
                *all += u32::from(*count);
                *total += u64::from(*count);
            }
        }
        for (all, corrections) in self.all.iter().zip(self.corrections.chunks_exact_mut(self.stride)) {
            for correction in corrections {
                *correction = if *all == 0 { 0 } else { *correction / 2 };
            }
        }
    }
}

#[cfg(test)]
mod tests;
