//! Which section? Learned online from the feeds that the operator fixed.
//!
//! Complement naive Bayes (Rennie et al. 2003) over hashed words of title, lead, terms and address, the title's once more
//! as what they are there, alone and in pairs; and on top of it a linear correction, which is learned (passive-aggressive; Crammer et al. 2006) only from entries
//! that both together got wrong or barely right. Whole numbers, bounded, slowly forgotten. How sure a guess is comes
//! from the classifier's own record: each fixed entry is guessed before it is learned. Knows features only.

mod explain;
mod rename;

use crate::desk::codec::{BadSnapshot, Reader, Writer};
use crate::desk::hash;
use crate::desk::prefetch;
use crate::desk::text::tokens::{Word, Words};
use crate::model::Entry;
use std::sync::LazyLock;

/// Hashed features; a power of two.
const WIDTH: usize = 1 << 18;
/// Sections learned at most.
const MAX_SECTIONS: usize = 48;
/// Counts are halved when a section has seen so many features: that is forgetting, and what stood there once is gone.
const HALVE_AT: u64 = 4_000_000;
/// Steps of the record of how often a guess was right.
const STEPS: usize = 40;
/// Steps for a margin of one.
const STEPS_PER_MARGIN: f32 = 6.0;
/// Guesses remembered; older ones count half, then a quarter: a young classifier's mistakes are not held against it.
const REMEMBERED: u32 = 2_000;
/// Guesses that say how often those like them are right.
const ENOUGH: u32 = 50;
/// A guess is decided by when it and all surer ones together were right as often as the operator wants, less this: the
/// record is that of a classifier that knew less than it does now …
const RECORD_LAGS: f64 = 0.01;
/// … and it alone at least so often.
const RIGHT_ALONE: f64 = 0.6;
/// Added to every count of the complement (Laplace). With less, words seen once or twice have too much to say.
const SMOOTHING: f32 = 1.0;
/// How clearly the right section must lead, before an entry is learned, for nothing to be corrected.
const CLEAR: f32 = 1.0;
/// The most that one entry corrects: one wrong label must not undo what many right ones taught.
const MOST_CORRECTED: f32 = 0.1;
/// Corrections are whole numbers of this part of one, so that they take little room and are the same everywhere.
const CORRECTION_UNIT: f32 = 1.0 / 4_096.0;
/// Logarithms kept ready.
const LOGS: usize = 4_096;
/// Words of the text that features are made of: news says in its lead what it is about.
const LEAD_WORDS: usize = 90;

fn slot(hash: u64) -> u32 {
    (hash::finish(hash) % WIDTH as u64) as u32
}

/// A word of the title, as such: headlines are written in words of their own, and say more of the section.
fn title_slot(word: &Word) -> u32 {
    slot(hash::mix(13, u64::from(word.stem)))
}

/// Features of an entry: index and count, by index.
pub(crate) fn features(entry: &Entry, title: &[Word], text: &[Word]) -> Vec<(u32, u8)> {
    let lead = &text[..text.len().min(LEAD_WORDS)];
    let mut all: Vec<u32> = Vec::with_capacity(title.len() * 3 + lead.len() + 32);
    all.extend(title.iter().chain(lead).map(|word| slot(u64::from(word.stem))));
    all.extend(title.iter().map(title_slot));
    // Pairs of the lead say little more than its words, and would fill the table with what comes once.
    all.extend(
        title.windows(2).map(|pair| slot(hash::mix(u64::from(pair[0].stem), u64::from(pair[1].stem)))),
    );
    for term in entry.terms.iter().take(8) {
        let words = Words::of(term, 6);
        let whole = words.list.iter().fold(11, |hash, word| hash::mix(hash, u64::from(word.stem)));
        all.push(slot(whole));
        all.extend(words.list.iter().map(|word| slot(u64::from(word.stem))));
    }
    if let Some(path) =
        entry.url.as_deref().and_then(|url| url.split_once("://")).and_then(|(_, rest)| rest.split_once('/'))
    {
        let segments = path.1.split(['/', '?', '#']).take(3).filter(|segment| {
            (3..=20).contains(&segment.len()) && segment.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
        });
        all.extend(
            segments.map(|segment| slot(hash::mix(12, hash::of(segment.to_ascii_lowercase().as_bytes())))),
        );
    }
    all.sort_unstable();
    let mut folded: Vec<(u32, u8)> = Vec::with_capacity(all.len());
    for feature in all {
        match folded.last_mut().filter(|last| last.0 == feature) {
            Some(last) => last.1 = last.1.saturating_add(1),
            None => folded.push((feature, 1)),
        }
    }
    folded
}

/// How much a feature counts that an entry has so often.
fn weight(count: u8) -> f32 {
    (1.0 + f32::from(count)).ln()
}

/// Length of the vector of an entry's weights.
fn length(features: &[(u32, u8)]) -> f32 {
    let sum = features.iter().fold(0.0_f32, |sum, (_, count)| sum + weight(*count) * weight(*count));
    sum.sqrt().max(f32::MIN_POSITIVE)
}

/// The place of the highest score but one; of equals the first.
fn best_but(scores: &[f32], but: Option<usize>) -> Option<usize> {
    let others = (0..scores.len()).filter(|at| Some(*at) != but);
    others.max_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a)))
}

/// A table of features by sections with room for more or fewer sections.
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

/// Logarithms of whole numbers with the smoothing added, which are asked for once a feature and section.
static LOG: LazyLock<Vec<f32>> =
    LazyLock::new(|| (0..LOGS).map(|count| (count as f32 + SMOOTHING).ln()).collect());

fn log(count: u32) -> f32 {
    LOG.get(count as usize).copied().unwrap_or_else(|| (count as f32 + SMOOTHING).ln())
}

#[derive(Debug, Clone, PartialEq)]
struct Section {
    name: String,
    /// Sum of its counts.
    total: u64,
}

/// Which places are taken, the first in the lowest bit.
fn mask(taken: impl DoubleEndedIterator<Item = bool>) -> u64 {
    taken.rev().fold(0, |mask, taken| mask << 1 | u64::from(taken))
}

/// A guess.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Guess {
    pub(crate) section: String,
    /// How often guesses like this one were right.
    pub(crate) score: f64,
    /// Whether that is enough to decide by.
    pub(crate) sure: bool,
    margin: f32,
}

/// What has been learned.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sections {
    sections: Vec<Section>,
    /// By feature, and for each by section: how many entries had it.
    counts: Vec<u16>,
    /// By feature, and for each by section: what is added for it, in [`CORRECTION_UNIT`]s.
    corrections: Vec<i16>,
    /// Places for sections in `counts` and `corrections`.
    stride: usize,
    all: Vec<u32>,
    /// By margin: guesses, right ones.
    record: [(u32, u32); STEPS],
    /// The place of the section that was last corrected towards, and how often it was before that without a break.
    run: (usize, u32),
}

impl Sections {
    pub(crate) fn new() -> Self {
        Self {
            sections: Vec::new(),
            counts: Vec::new(),
            corrections: Vec::new(),
            stride: 0,
            all: vec![0; WIDTH],
            record: [(0, 0); STEPS],
            run: (0, 0),
        }
    }

    /// The likeliest section, and whether such guesses are right as often as is `wanted`; `None` before two were
    /// learned, and when no feature is known.
    pub(crate) fn guess(&self, features: &[(u32, u8)], wanted: f64) -> Option<Guess> {
        let (best, margin) = self.likeliest(features)?;
        let (score, sure) = self.trust(margin, wanted - RECORD_LAGS);
        Some(Guess { section: self.sections[best].name.clone(), score, sure, margin })
    }

    /// The place of the likeliest section, and how far it is ahead of the next.
    fn likeliest(&self, features: &[(u32, u8)]) -> Option<(usize, f32)> {
        let scores = self.scores(features)?;
        let best = best_but(&scores[..self.sections.len()], None)?;
        let second = best_but(&scores[..self.sections.len()], Some(best))?;
        Some((best, scores[best] - scores[second]))
    }

    /// Reads the rows of these features, which lie anywhere in the table.
    fn read_ahead(&self, features: &[(u32, u8)]) {
        prefetch::read(features.iter().filter_map(|(feature, _)| {
            let (at, row) = (*feature as usize, *feature as usize * self.stride);
            let counts =
                u32::from(*self.counts.get(row)?) ^ u32::from(self.corrections.get(row)?.cast_unsigned());
            Some(self.all.get(at)? ^ counts)
        }));
    }

    /// How much speaks for each section, by its place; `None` before two were learned, and when no feature is known.
    fn scores(&self, features: &[(u32, u8)]) -> Option<[f32; MAX_SECTIONS]> {
        if self.sections.len() < 2 || features.is_empty() {
            return None;
        }
        self.read_ahead(features);
        let everything: u64 = self.sections.iter().map(|section| section.total).sum();
        let mut scores = [0.0_f32; MAX_SECTIONS];
        let mut corrected = [0.0_f32; MAX_SECTIONS];
        let mut mass = 0.0_f32;
        for &(feature, count) in features {
            let feature = feature as usize;
            let all = self.all.get(feature).copied().unwrap_or(0);
            if all == 0 {
                continue;
            }
            let weight = weight(count);
            mass += weight;
            let row = feature * self.stride..feature * self.stride + self.sections.len();
            // A section that never saw the feature has the whole count as its complement: a sum that all sections
            // share says nothing, so only those that did see it are reckoned, by how much theirs is less.
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
        for ((score, sum), section) in scores.iter_mut().zip(corrected).zip(&self.sections) {
            let others = everything - section.total;
            *score += mass * (others as f32 + SMOOTHING * WIDTH as f32 * 0.25).ln();
            *score = *score / root + sum * unit;
        }
        Some(scores)
    }

    fn step(margin: f32) -> usize {
        ((margin.max(0.0) * STEPS_PER_MARGIN) as usize).min(STEPS - 1)
    }

    /// How often guesses with such a margin were right, and whether those at least as sure are so as often as `needed`.
    fn trust(&self, margin: f32, needed: f64) -> (f64, bool) {
        let step = Self::step(margin);
        let sum = |steps: std::ops::RangeInclusive<usize>| {
            self.record[steps].iter().fold((0, 0), |sum, step| (sum.0 + step.0, sum.1 + step.1))
        };
        let share = |(all, right): (u32, u32)| (f64::from(right) + 1.0) / (f64::from(all) + 2.0);
        // The surest guesses are rare, and must not seem less sure for it: what is near widens until there is enough.
        let mut near = (0, 0);
        for reach in 1..STEPS {
            near = sum(step.saturating_sub(reach)..=(step + reach).min(STEPS - 1));
            if near.0 >= ENOUGH {
                break;
            }
        }
        let near = share(near);
        // Two guesses of one step are still told apart, by a thousandth at most.
        let fraction = f64::from(margin) / 10_000.0;
        let score = (near + fraction.clamp(0.0, 0.001)).min(1.0);
        (score, near >= RIGHT_ALONE.min(needed) && share(sum(step..=STEPS - 1)) >= needed)
    }

    /// Learns one fixed entry, after guessing it.
    pub(crate) fn learn(&mut self, name: &str, features: &[(u32, u8)]) {
        if let Some(scores) = self.scores(features) {
            self.learn_from_guess(name, features, &scores[..self.sections.len()]);
        }
        let Some(at) = self.place(name) else { return };
        for &(feature, _) in features {
            let feature = feature as usize;
            let Some(count) = self.counts.get_mut(feature * self.stride + at) else { continue };
            if *count < u16::MAX {
                *count += 1;
                self.all[feature] += 1;
                self.sections[at].total += 1;
            }
        }
        if self.sections[at].total > HALVE_AT {
            self.halve();
        }
    }

    /// Records whether the guess was right, and corrects what made it wrong or barely right.
    fn learn_from_guess(&mut self, name: &str, features: &[(u32, u8)], scores: &[f32]) {
        let Some(best) = best_but(scores, None) else { return };
        let Some(second) = best_but(scores, Some(best)) else { return };
        let step = &mut self.record[Self::step(scores[best] - scores[second])];
        step.0 += 1;
        step.1 += u32::from(self.sections[best].name == name);
        if self.record.iter().map(|step| step.0).sum::<u32>() > REMEMBERED {
            for step in &mut self.record {
                *step = (step.0 / 2, step.1 / 2);
            }
        }
        // A section that is new has done nothing wrong yet.
        let Some(right) = self.sections.iter().position(|section| section.name == name) else { return };
        let rival = if best == right { second } else { best };
        let missing = CLEAR - (scores[right] - scores[rival]);
        if missing <= 0.0 {
            return;
        }
        // News comes by the feed: each of a run of one section's entries corrects less, or the latest feed would win.
        self.run = (right, if self.run.0 == right { self.run.1.saturating_add(1) } else { 0 });
        let most = MOST_CORRECTED.min(missing / 2.0) / (1.0 + self.run.1 as f32);
        let by = most / length(features) / CORRECTION_UNIT;
        for &(feature, count) in features.iter().filter(|(feature, _)| (*feature as usize) < WIDTH) {
            let row = &mut self.corrections[feature as usize * self.stride..][..self.stride];
            let change = (by * weight(count)).round() as i16;
            row[right] = row[right].saturating_add(change);
            row[rival] = row[rival].saturating_sub(change);
        }
    }

    /// The place of a section, made when it is new; `None` when there are too many.
    fn place(&mut self, name: &str) -> Option<usize> {
        if let Some(at) = self.sections.iter().position(|section| section.name == name) {
            return Some(at);
        }
        if self.sections.len() == MAX_SECTIONS {
            return None;
        }
        self.sections.push(Section { name: name.to_owned(), total: 0 });
        self.widen(self.sections.len());
        Some(self.sections.len() - 1)
    }

    /// Makes room for so many sections.
    fn widen(&mut self, sections: usize) {
        let stride = sections.next_multiple_of(4);
        if stride == self.stride {
            return;
        }
        self.counts = restrided(&self.counts, self.stride, stride);
        self.corrections = restrided(&self.corrections, self.stride, stride);
        self.stride = stride;
    }

    fn halve(&mut self) {
        for section in &mut self.sections {
            section.total = 0;
        }
        for (all, counts) in self.all.iter_mut().zip(self.counts.chunks_exact_mut(self.stride)) {
            *all = 0;
            for (section, count) in self.sections.iter_mut().zip(counts) {
                *count /= 2;
                *all += u32::from(*count);
                section.total += u64::from(*count);
            }
        }
        for (all, corrections) in self.all.iter().zip(self.corrections.chunks_exact_mut(self.stride)) {
            for correction in corrections {
                *correction = if *all == 0 { 0 } else { *correction / 2 };
            }
        }
    }

    /// Features that nobody had take no room, and of the others only the counts that are not nothing do.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.number(self.sections.len() as u64);
        for section in &self.sections {
            out.text(&section.name);
        }
        let known = self.all.iter().filter(|all| **all > 0).count();
        out.number(known as u64);
        let mut before = 0;
        for (feature, _) in self.all.iter().enumerate().filter(|(_, all)| **all > 0) {
            out.number((feature - before) as u64);
            before = feature;
            let row = feature * self.stride..feature * self.stride + self.sections.len();
            let (counts, corrections) = (&self.counts[row.clone()], &self.corrections[row]);
            out.number(mask(counts.iter().map(|count| *count > 0)));
            counts.iter().filter(|count| **count > 0).for_each(|count| out.number(u64::from(*count)));
            out.number(mask(corrections.iter().map(|correction| *correction != 0)));
            let corrected = corrections.iter().filter(|correction| **correction != 0);
            corrected.for_each(|correction| out.signed(i64::from(*correction)));
        }
        for (all, right) in self.record {
            out.number(u64::from(all));
            out.number(u64::from(right));
        }
        out.number(self.run.0 as u64);
        out.number(u64::from(self.run.1));
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
        let mut read = Self::new();
        let sections = reader.count()?;
        if sections > MAX_SECTIONS {
            return Err(BadSnapshot("there are too many sections"));
        }
        for _ in 0..sections {
            read.sections.push(Section { name: reader.text()?, total: 0 });
        }
        if sections > 0 {
            read.widen(sections);
        }
        let mut feature = 0_usize;
        for _ in 0..reader.count()? {
            feature = feature.saturating_add(reader.small()?);
            let mask = reader.number()?;
            if feature >= WIDTH || mask >> sections != 0 {
                return Err(BadSnapshot("a feature lies outside its table"));
            }
            for at in (0..sections).filter(|at| mask >> at & 1 == 1) {
                let count = reader.small::<u16>()?;
                read.counts[feature * read.stride + at] = count;
                read.all[feature] += u32::from(count);
                read.sections[at].total += u64::from(count);
            }
            let mask = reader.number()?;
            if mask >> sections != 0 || mask != 0 && read.all[feature] == 0 {
                return Err(BadSnapshot("a correction lies outside its table"));
            }
            for at in (0..sections).filter(|at| mask >> at & 1 == 1) {
                let correction = i16::try_from(reader.signed()?);
                read.corrections[feature * read.stride + at] =
                    correction.map_err(|_| BadSnapshot("a correction is too large"))?;
            }
        }
        for step in &mut read.record {
            *step = (reader.small()?, reader.small()?);
        }
        read.run = (reader.small()?, reader.small()?);
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
