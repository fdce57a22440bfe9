//! Which section? Learned online from the feeds that the operator fixed.
//!
//! Complement naive Bayes (Rennie et al. 2003) over hashed words and pairs of words of title, text, terms and address.
//! Whole counts, bounded, slowly forgotten. How sure a guess is comes from the classifier's own record: each fixed
//! entry is guessed before it is learned. Knows features only.

use super::codec::{BadSnapshot, Reader, Writer};
use super::hash;
use super::words::{Word, Words};
use crate::model::Entry;

/// Hashed features; a power of two.
const WIDTH: usize = 1 << 18;
/// Sections learned at most.
const MAX_SECTIONS: usize = 48;
/// Counts are halved when a section has seen so many features.
const HALVE_AT: u64 = 20_000_000;
/// Steps of the record of how often a guess was right.
const STEPS: usize = 24;

/// Features of an entry: index and count, by index.
pub(super) fn features(entry: &Entry, title: &[Word], text: &[Word], limit: usize) -> Vec<(u32, u8)> {
    let mut all: Vec<u32> = Vec::with_capacity(limit * 2);
    let slot = |hash: u64| (hash::finish(hash) % WIDTH as u64) as u32;
    for words in [title, text] {
        for (at, word) in words.iter().enumerate().take(limit) {
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

#[derive(Debug, Clone, PartialEq)]
struct Section {
    name: String,
    documents: u64,
    total: u64,
    counts: Vec<u16>,
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
    all: Vec<u32>,
    /// By margin: guesses, right ones.
    record: [(u32, u32); STEPS],
}

impl Sections {
    pub(super) fn new() -> Self {
        Self { sections: Vec::new(), all: vec![0; WIDTH], record: [(0, 0); STEPS] }
    }

    /// The likeliest section; `None` before two were learned.
    pub(super) fn guess(&self, features: &[(u32, u8)]) -> Option<Guess> {
        if self.sections.len() < 2 || features.is_empty() {
            return None;
        }
        let everything: u64 = self.sections.iter().map(|section| section.total).sum();
        let mut scores: Vec<f32> = vec![0.0; self.sections.len()];
        let mut mass = 0.0_f32;
        for &(feature, count) in features {
            let all = self.all[feature as usize];
            if all == 0 {
                continue;
            }
            let weight = (1.0 + f32::from(count)).ln();
            mass += weight;
            for (score, section) in scores.iter_mut().zip(&self.sections) {
                let others = all - u32::from(section.counts[feature as usize]).min(all);
                *score -= weight * (others as f32 + 0.3).ln();
            }
        }
        for (score, section) in scores.iter_mut().zip(&self.sections) {
            let others = everything - section.total;
            *score += mass * (others as f32 + 0.3 * WIDTH as f32 * 0.25).ln();
        }
        let best = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a)))?;
        let second = (0..scores.len()).filter(|at| *at != best).map(|at| scores[at]).fold(f32::MIN, f32::max);
        let margin = (scores[best] - second) / mass.max(1.0).sqrt();
        let (score, sure) = self.trust(margin);
        Some(Guess { section: self.sections[best].name.clone(), score, sure, margin })
    }

    fn step(margin: f32) -> usize {
        ((margin.max(0.0) * 4.0) as usize).min(STEPS - 1)
    }

    /// How often guesses with such a margin were right, and whether those at least as sure are right nine times of ten.
    fn trust(&self, margin: f32) -> (f64, bool) {
        let step = Self::step(margin);
        let share = |steps: std::ops::RangeInclusive<usize>| {
            let (all, right) =
                self.record[steps].iter().fold((0, 0), |sum, step| (sum.0 + step.0, sum.1 + step.1));
            (f64::from(right) + 1.0) / (f64::from(all) + 2.0)
        };
        let near = share(step.saturating_sub(1)..=(step + 1).min(STEPS - 1));
        let fraction = f64::from(margin) / 1_000.0;
        let score = (near + fraction.clamp(0.0, 0.001)).min(1.0);
        (score, near >= 0.6 && share(step..=STEPS - 1) >= 0.9)
    }

    /// Learns one fixed entry, after guessing it.
    pub(super) fn learn(&mut self, name: &str, features: &[(u32, u8)]) {
        if let Some(guess) = self.guess(features) {
            let step = &mut self.record[Self::step(guess.margin)];
            step.0 += 1;
            step.1 += u32::from(guess.section == name);
            if step.0 > 100_000 {
                *step = (step.0 / 2, step.1 / 2);
            }
        }
        let at = match self.sections.iter().position(|section| section.name == name) {
            Some(at) => at,
            None if self.sections.len() < MAX_SECTIONS => {
                self.sections.push(Section {
                    name: name.to_owned(),
                    documents: 0,
                    total: 0,
                    counts: vec![0; WIDTH],
                });
                self.sections.len() - 1
            }
            None => return,
        };
        let section = &mut self.sections[at];
        section.documents += 1;
        for &(feature, _) in features {
            let feature = feature as usize;
            if section.counts[feature] < u16::MAX {
                section.counts[feature] += 1;
                section.total += 1;
                self.all[feature] += 1;
            }
        }
        if section.total > HALVE_AT {
            self.halve();
        }
    }

    fn halve(&mut self) {
        self.all.fill(0);
        for section in &mut self.sections {
            section.documents /= 2;
            section.total = 0;
            for (all, count) in self.all.iter_mut().zip(&mut section.counts) {
                *count /= 2;
                *all += u32::from(*count);
                section.total += u64::from(*count);
            }
        }
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.number(self.sections.len() as u64);
        for section in &self.sections {
            out.text(&section.name);
            out.number(section.documents);
            let mut zeros = 0_u64;
            for &count in &section.counts {
                if count == 0 {
                    zeros += 1;
                } else {
                    out.number(zeros);
                    out.number(u64::from(count));
                    zeros = 0;
                }
            }
            out.number(zeros);
            out.number(0);
        }
        for (all, right) in self.record {
            out.number(u64::from(all));
            out.number(u64::from(right));
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
        let mut read = Self::new();
        for _ in 0..reader.count()? {
            if read.sections.len() == MAX_SECTIONS {
                return Err(BadSnapshot("there are too many sections"));
            }
            let name = reader.text()?;
            let documents = reader.number()?;
            let mut section = Section { name, documents, total: 0, counts: vec![0; WIDTH] };
            let mut at = 0_usize;
            loop {
                at = at.saturating_add(reader.small::<usize>()?);
                let count = reader.small::<u16>()?;
                if count == 0 {
                    break;
                }
                *section.counts.get_mut(at).ok_or(BadSnapshot("a feature lies outside its table"))? = count;
                read.all[at] += u32::from(count);
                section.total += u64::from(count);
                at += 1;
            }
            read.sections.push(section);
        }
        for step in &mut read.record {
            *step = (reader.small()?, reader.small()?);
        }
        Ok(read)
    }
}
