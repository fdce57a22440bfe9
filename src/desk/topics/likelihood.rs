//! Is a story about a topic's event? How much of what the story says does the topic foretell?
//!
//! Two models of where the story's words come from are weighed: the topic's own words, mixed with everybody's, against
//! everybody's alone (a log-likelihood ratio). The ratio is divided by the highest that the story could reach, the
//! one against itself, so that headlines, leads and whole texts share one scale. Knows one story's terms and one
//! topic; nothing of the index, and nothing of the other topics.

use crate::desk::analysis::{Analysis, STOP, TITLE, Term};
use crate::desk::text::tokens::{NAME, NUMBER};
use crate::desk::topics::clusters::Topic;
use crate::desk::topics::document_frequency::{Vocabulary, ln};

/// Share of a story's words that its topic accounts for.
const OWN: f32 = 0.3;
/// The same of two stories, one of which accounts for the other.
const OTHERS: f32 = 0.5;
/// Words of a text of ordinary length: makes of "in so many texts" a "so often among the words".
const LENGTH: f32 = 30.0;
/// One text in so many has a stop word, at the least, of those in its language: that few are in that language makes
/// its commonest words no rarer.
const STOP_ODDS: f32 = 3.0;
/// What time takes away at most …
const GAP_COST: f32 = 0.20;
/// … and the hours without news after which half of that is gone.
const GAP_HALF_H: f32 = 8.0;
/// What it takes away that none of the headline's names and numbers is known to the topic: of look-alike events it is
/// the names and numbers that differ.
const STRANGE_COST: f32 = 0.02;
/// The same when the publisher has a story in the topic already: then what is alike is most likely its template.
const TEMPLATE_COST: f32 = 1.0;
/// The same when hardly any name or number of its text is known to the topic either.
const DIFFERENT_COST: f32 = 0.20;
/// Names and numbers without which a text says nothing of that.
const ENOUGH_NAMES: usize = 4;

/// Bits of a stem by which its place among a story's terms is found.
const PLACE_BITS: u32 = 11;

/// The judgement on one topic.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Link {
    pub(crate) topic: i64,
    /// 0 to 1.
    pub(crate) score: f32,
    /// Shared stems, the heaviest first.
    pub(crate) shared: Vec<u32>,
    /// Other topics that the story shows to be about the same event.
    pub(crate) also: Vec<i64>,
}

/// How much a term counts within its own text: repeated words count less each time.
pub(crate) fn tf(term: Term) -> f32 {
    // Most words stand in a text once.
    if term.weight == 1 { 1.0 } else { 1.0 + 0.6 * ln(f32::from(term.weight)) }
}

struct Weighed {
    stem: u32,
    tf: f32,
    /// One over how often the word is found among everybody's.
    rare: f32,
    /// A name of the headline; where it has none, a number.
    telling: bool,
    /// A name or number, wherever it stands.
    name: bool,
}

/// What is kept of a story to compare others with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    /// Sorted; apart from what they count, for most are no other story's.
    stems: Box<[u32]>,
    counted: Box<[Counted]>,
    /// The likelihood ratio against itself.
    pub(crate) highest: f32,
}

/// How much a term counts in its story.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Counted {
    /// Share of the story's words.
    share: f32,
    weight: f32,
}

impl Known {
    /// What a story's terms say; `highest` was found when it was new.
    pub(crate) fn new(terms: &[Term], highest: f32) -> Self {
        let mass: f32 = terms.iter().map(|term| tf(*term)).sum::<f32>().max(1e-6);
        let counted = terms.iter().map(|term| {
            let tf = tf(*term);
            // Of two stories the headlines say most: more than in a topic, where the words of many are added up.
            Counted { share: tf / mass, weight: tf * tf.sqrt() }
        });
        Self { stems: terms.iter().map(|term| term.stem).collect(), counted: counted.collect(), highest }
    }

    /// Of no meaning; made of where both rows begin.
    pub(crate) fn beginning(&self) -> Option<u32> {
        Some(self.stems.first()? ^ self.counted.first()?.share.to_bits())
    }
}

impl Counted {
    /// As [`Weighed::gain`], for two stories.
    fn gain(self, share: f32, rare: f32) -> f32 {
        let ratio = 1.0 - OTHERS + OTHERS * share * rare;
        if ratio > 1.0 { self.weight * ln(ratio) } else { 0.0 }
    }
}

/// What a gap in time, in seconds, takes away.
fn gap_cost(gap_s: i64) -> f32 {
    let hours = gap_s.max(0) as f32 / 3_600.0;
    GAP_COST * hours / (hours + GAP_HALF_H)
}

/// A story, ready to be compared with topics.
pub(crate) struct Query {
    terms: Vec<Weighed>,
    /// By the first bits of stems, where in `terms` they begin.
    places: Box<[u8; 1 << PLACE_BITS]>,
    /// By the first bits of stems, whether there are such: most words of a topic are none of the story's.
    some: [u64; (1 << PLACE_BITS) / 64],
    publisher: u32,
    highest: f32,
    telling: bool,
    names: usize,
    now: i64,
}

impl Query {
    pub(crate) fn new(analysis: &Analysis, vocabulary: &Vocabulary, now: i64) -> Self {
        let headline = |term: &Term, kinds: u8| term.kind & TITLE != 0 && term.kind & kinds != 0;
        // Where there are names, a number alone tells little: two earthquakes may well have one magnitude.
        let named = analysis.terms.iter().any(|term| headline(term, NAME));
        let telling = if named { NAME } else { NUMBER };
        // Among all documents the words of a language that few are in are all rare; it is among those of their own language
        // that they tell one event from another.
        let share = vocabulary.share(&analysis.languages);
        let odds = |term: &Term| {
            let odds = vocabulary.odds(term.stem);
            let odds = (odds * share).max(odds.min(1.0));
            if term.kind & STOP != 0 { odds.min(STOP_ODDS) } else { odds }
        };
        let weigh = |term: &Term| Weighed {
            stem: term.stem,
            tf: tf(*term),
            rare: LENGTH * odds(term),
            telling: headline(term, telling),
            name: term.kind & (NAME | NUMBER) != 0,
        };
        let terms: Vec<Weighed> = analysis.terms.iter().map(weigh).collect();
        let mass: f32 = terms.iter().map(|term| term.tf).sum::<f32>().max(1e-6);
        let highest = terms.iter().map(|term| term.gain(term.tf / mass)).sum::<f32>().max(1e-6);
        let telling = terms.iter().any(|term| term.telling);
        let names = terms.iter().filter(|term| term.name).count();
        let mut places = Box::new([terms.len() as u8; 1 << PLACE_BITS]);
        let mut some = [0; (1 << PLACE_BITS) / 64];
        for (at, term) in terms.iter().enumerate().rev() {
            let place = place(term.stem);
            places[place] = at as u8;
            some[place / 64] |= 1 << (place % 64);
        }
        Self { names, terms, places, some, publisher: analysis.publisher as u32, highest, telling, now }
    }

    /// The terms that say most.
    pub(crate) fn rarest(&self, count: usize) -> Vec<(u32, f32)> {
        let mut all: Vec<(u32, f32)> =
            self.terms.iter().map(|term| (term.stem, (term.tf * ln(term.rare.max(1.0))).powi(2))).collect();
        let by_value = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if all.len() > count {
            all.select_nth_unstable_by(count, by_value);
            all.truncate(count);
        }
        all.sort_unstable_by(by_value);
        all
    }

    /// How much of the story the topic foretells, 0 to about 1, less what time takes away.
    pub(crate) fn likeness(&self, topic: &Topic) -> f32 {
        let mut sum = 0.0_f32;
        self.each_shared(topic, |term, share| sum += term.gain(share));
        sum / self.highest - gap_cost(self.now - topic.last)
    }

    /// What is kept of the story, of `terms`, to compare others with.
    pub(crate) fn known(&self, terms: &[Term]) -> Known {
        let mut known = Known::new(terms, 0.0);
        let with_itself = known.counted.iter().zip(&self.terms);
        let highest: f32 = with_itself.map(|(own, term)| own.gain(own.share, term.rare)).sum();
        known.highest = highest.max(1e-6);
        known
    }

    /// How much this story, of which `own` is known, and another foretell of each other, 0 to about 1, less what the time
    /// between them takes away.
    pub(crate) fn alike(&self, own: &Known, other: &Known, gap_s: i64) -> f32 {
        let (mut ours, mut theirs) = (0.0_f32, 0.0_f32);
        for (place, stem) in other.stems.iter().enumerate() {
            if let Some(at) = self.find(*stem) {
                let (rare, own, other) = (self.terms[at].rare, own.counted[at], other.counted[place]);
                ours += own.gain(other.share, rare);
                theirs += other.gain(own.share, rare);
            }
        }
        f32::midpoint(ours / own.highest, theirs / other.highest) - gap_cost(gap_s)
    }

    /// What speaks against the topic although words are shared.
    pub(crate) fn doubt(&self, topic: &Topic) -> f32 {
        let (mut known, mut names) = (!self.telling, 0_usize);
        self.each_shared(topic, |term, _| {
            known |= term.telling;
            names += usize::from(term.name);
        });
        match known {
            true => 0.0,
            false if topic.publishers.contains(&self.publisher) => TEMPLATE_COST,
            false if self.names >= ENOUGH_NAMES && names * 4 <= self.names => DIFFERENT_COST,
            false => STRANGE_COST,
        }
    }

    /// Shared stems, the heaviest first.
    pub(crate) fn shared(&self, topic: &Topic) -> Vec<u32> {
        let mut shared: Vec<(f32, u32)> = Vec::new();
        self.each_shared(topic, |term, share| shared.push((term.gain(share), term.stem)));
        shared.retain(|(gain, _)| *gain > 0.0);
        shared.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        shared.into_iter().map(|(_, stem)| stem).collect()
    }

    fn each_shared(&self, topic: &Topic, mut each: impl FnMut(&Weighed, f32)) {
        let total = topic.total.max(1) as f32;
        for (stem, weight) in &topic.terms {
            if let Some(at) = self.find(*stem) {
                each(&self.terms[at], *weight as f32 / total);
            }
        }
    }

    /// The place of a stem among the terms.
    fn find(&self, stem: u32) -> Option<usize> {
        let place = place(stem);
        if self.some[place / 64] >> (place % 64) & 1 == 0 {
            return None;
        }
        let from = usize::from(self.places[place]);
        let at = from + self.terms[from..].iter().take_while(|term| term.stem < stem).count();
        self.terms.get(at).filter(|term| term.stem == stem).map(|_| at)
    }
}

/// Where terms that begin with the same bits as the stem are looked for.
fn place(stem: u32) -> usize {
    (stem >> (32 - PLACE_BITS)) as usize
}

impl Weighed {
    /// How much likelier the word is when it makes up such a share of the topic's words; what is no likelier says nothing.
    fn gain(&self, share: f32) -> f32 {
        let ratio = 1.0 - OWN + OWN * share * self.rare;
        if ratio > 1.0 { self.tf * ln(ratio) } else { 0.0 }
    }
}
