//! Which section? Learned online from the feeds that the operator fixed.
//!
//! Complement naive Bayes (Rennie et al. 2003) over hashed words and pairs of words of title, lead, terms and address.
//! Whole counts, bounded, slowly forgotten. How sure a guess is comes from the classifier's own record: each fixed
//! entry is guessed before it is learned. Knows features only.

mod rename;
mod telling;

use super::codec::{BadSnapshot, Reader, Writer};
use super::hash;
use super::words::{Word, Words};
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
/// A guess is decided by when it and all surer ones together were right as often as the operator wants, less this: the
/// record is that of a classifier that knew less than it does now …
const RECORD_LAGS: f64 = 0.03;
/// … and it alone at least so often.
const RIGHT_ALONE: f64 = 0.6;
/// Added to every count of the complement (Lidstone).
const SMOOTHING: f32 = 0.3;
/// Logarithms kept ready.
const LOGS: usize = 4_096;
/// Words of the text that features are made of: news says in its lead what it is about.
const LEAD_WORDS: usize = 90;

fn slot(hash: u64) -> u32 {
    (hash::finish(hash) % WIDTH as u64) as u32
}

/// Features of an entry: index and count, by index.
pub(super) fn features(entry: &Entry, title: &[Word], text: &[Word], limit: usize) -> Vec<(u32, u8)> {
    let mut all: Vec<u32> = Vec::with_capacity(limit * 2);
    for (words, most) in [(title, limit), (text, limit.min(LEAD_WORDS))] {
        for (at, word) in words.iter().enumerate().take(most) {
            all.push(slot(u64::from(word.stem)));
            if let Some(next) = words.get(at + 1) {
                all.push(slot(hash::mix(u64::from(word.stem), u64::from(next.stem))));
            }
            if all.len() >= limit * 2 {
                break;
            }
        }
    }
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

/// A guess.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Guess {
    pub(super) section: String,
    /// How often guesses like this one were right.
    pub(super) score: f64,
    /// Whether that is enough to decide by.
    pub(super) sure: bool,
    margin: f32,
}

/// What has been learned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sections {
    sections: Vec<Section>,
    /// By feature, and for each by section: how many entries had it.
    counts: Vec<u16>,
    /// Places for sections in `counts`.
    stride: usize,
    all: Vec<u32>,
    /// By margin: guesses, right ones.
    record: [(u32, u32); STEPS],
}

impl Sections {
    pub(super) fn new() -> Self {
        Self {
            sections: Vec::new(),
            counts: Vec::new(),
            stride: 0,
            all: vec![0; WIDTH],
            record: [(0, 0); STEPS],
        }
    }

    /// The likeliest section, and whether such guesses are right as often as is `wanted`; `None` before two were learned.
    pub(super) fn guess(&self, features: &[(u32, u8)], wanted: f64) -> Option<Guess> {
        let (best, margin) = self.likeliest(features)?;
        let (score, sure) = self.trust(margin, wanted - RECORD_LAGS);
        Some(Guess { section: self.sections[best].name.clone(), score, sure, margin })
    }

    /// The place of the likeliest section, and how far it is ahead of the next.
    fn likeliest(&self, features: &[(u32, u8)]) -> Option<(usize, f32)> {
        if self.sections.len() < 2 || features.is_empty() {
            return None;
        }
        let everything: u64 = self.sections.iter().map(|section| section.total).sum();
        let mut scores = [0.0_f32; MAX_SECTIONS];
        let scores = &mut scores[..self.sections.len()];
        let mut mass = 0.0_f32;
        for &(feature, count) in features {
            let feature = feature as usize;
            let all = self.all.get(feature).copied().unwrap_or(0);
            if all == 0 {
                continue;
            }
            let weight = (1.0 + f32::from(count)).ln();
            mass += weight;
            let counts = &self.counts[feature * self.stride..][..self.sections.len()];
            // A section that never saw the feature has the whole count as its complement: a sum that all sections
            // share says nothing, so only those that did see it are reckoned, by how much theirs is less.
            let whole = log(all);
            for (score, count) in scores.iter_mut().zip(counts) {
                if *count > 0 {
                    *score += weight * (whole - log(all - u32::from(*count).min(all)));
                }
            }
        }
        for (score, section) in scores.iter_mut().zip(&self.sections) {
            let others = everything - section.total;
            *score += mass * (others as f32 + SMOOTHING * WIDTH as f32 * 0.25).ln();
        }
        let best = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a)))?;
        let second = (0..scores.len()).filter(|at| *at != best).map(|at| scores[at]).fold(f32::MIN, f32::max);
        Some((best, (scores[best] - second) / mass.max(1.0).sqrt()))
    }

    fn step(margin: f32) -> usize {
        ((margin.max(0.0) * STEPS_PER_MARGIN) as usize).min(STEPS - 1)
    }

    /// How often guesses with such a margin were right, and whether those at least as sure are so as often as `needed`.
    fn trust(&self, margin: f32, needed: f64) -> (f64, bool) {
        let step = Self::step(margin);
        let share = |steps: std::ops::RangeInclusive<usize>| {
            let (all, right) =
                self.record[steps].iter().fold((0, 0), |sum, step| (sum.0 + step.0, sum.1 + step.1));
            (f64::from(right) + 1.0) / (f64::from(all) + 2.0)
        };
        let near = share(step.saturating_sub(1)..=(step + 1).min(STEPS - 1));
        // Two guesses of one step are still told apart, by a thousandth at most.
        let fraction = f64::from(margin) / 10_000.0;
        let score = (near + fraction.clamp(0.0, 0.001)).min(1.0);
        (score, near >= RIGHT_ALONE.min(needed) && share(step..=STEPS - 1) >= needed)
    }

    /// Learns one fixed entry, after guessing it.
    pub(super) fn learn(&mut self, name: &str, features: &[(u32, u8)]) {
        if let Some((best, margin)) = self.likeliest(features) {
            let right = self.sections[best].name == name;
            let step = &mut self.record[Self::step(margin)];
            step.0 += 1;
            step.1 += u32::from(right);
            if self.record.iter().map(|step| step.0).sum::<u32>() > REMEMBERED {
                for step in &mut self.record {
                    *step = (step.0 / 2, step.1 / 2);
                }
            }
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
        let mut wider = vec![0; WIDTH * stride];
        if self.stride > 0 {
            for (new, old) in wider.chunks_exact_mut(stride).zip(self.counts.chunks_exact(self.stride)) {
                new[..old.len()].copy_from_slice(old);
            }
        }
        (self.counts, self.stride) = (wider, stride);
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
    }

    /// Features that nobody had take no room, and of the others only the counts that are not nothing do.
    pub(super) fn write(&self, out: &mut Writer) {
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
            let counts = &self.counts[feature * self.stride..][..self.sections.len()];
            let mask = counts.iter().rev().fold(0_u64, |mask, count| mask << 1 | u64::from(*count > 0));
            out.number(mask);
            counts.iter().filter(|count| **count > 0).for_each(|count| out.number(u64::from(*count)));
        }
        for (all, right) in self.record {
            out.number(u64::from(all));
            out.number(u64::from(right));
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
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
        }
        for step in &mut read.record {
            *step = (reader.small()?, reader.small()?);
        }
        Ok(read)
    }
}
