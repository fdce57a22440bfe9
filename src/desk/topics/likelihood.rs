//! Is a story about a topic's event? A log-likelihood ratio.
//!
//! Two models of where a story's tokens come from are compared: the topic's own tokens mixed with everybody's, against
//! everybody's alone. The ratio is divided by the highest that the story could reach, the one against itself, so that
//! headlines, leads and whole texts share one scale from 0 to about 1. Knows one story's stems and one topic; nothing of the
//! index, and nothing of the other topics.

use super::StoryText;
use super::cluster::Cluster;
use super::document_frequency::DocumentFrequencies;
use super::stems::{IN_TITLE, STOP_WORD, WeightedStem, tf};
use super::tuning::TUNING;
use crate::desk::logarithm::ln;
use crate::desk::text::tokens::{NAME, NUMBER};

/// The first bits of a stem, by which it is found among a story's stems.
const BUCKET_BITS: u32 = 11;
const BUCKETS: usize = 1 << BUCKET_BITS;

/// One stem of a story that is compared.
struct StemWeight {
    stem: u32,
    tf: f32,
    /// One over the share of the stem among everybody's tokens.
    rareness: f32,
    /// A name of the headline; where it has none, a number.
    is_telling: bool,
    /// A name or number, wherever it stands.
    is_name: bool,
}

impl StemWeight {
    /// What the stem adds to the ratio when it makes up such a share of the topic's tokens. What is no likelier adds nothing.
    fn gain(&self, share: f32) -> f32 {
        let ratio = 1.0 - TUNING.topic_share + TUNING.topic_share * share * self.rareness;
        if ratio > 1.0 { self.tf * ln(ratio) } else { 0.0 }
    }
}

/// What is kept of a story in the recent window, to compare new ones with it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct StoredVector {
    /// Sorted. Apart from `weights`, because most stems are no other story's.
    stems: Box<[u32]>,
    weights: Box<[StoredWeight]>,
    /// The ratio against itself.
    pub(crate) highest: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct StoredWeight {
    /// Share of the story's tokens.
    share: f32,
    weight: f32,
}

impl StoredVector {
    /// The vector of a story's stems; `highest` was found when it was new.
    pub(crate) fn new(stems: &[WeightedStem], highest: f32) -> Self {
        let mass: f32 = stems.iter().map(|stem| tf(*stem)).sum::<f32>().max(1e-6);
        let weights = stems.iter().map(|stem| {
            let tf = tf(*stem);
            // Of two stories the headlines say most: more than in a topic, where the tokens of many are added up.
            StoredWeight { share: tf / mass, weight: tf * tf.sqrt() }
        });
        Self { stems: stems.iter().map(|stem| stem.stem).collect(), weights: weights.collect(), highest }
    }

    /// Touches both arrays for prefetch; the value is meaningless.
    pub(crate) fn touch(&self) -> Option<u32> {
        Some(self.stems.first()? ^ self.weights.first()?.share.to_bits())
    }
}

impl StoredWeight {
    /// As [`StemWeight::gain`], for two stories.
    fn gain(self, share: f32, rareness: f32) -> f32 {
        let ratio = 1.0 - TUNING.story_share + TUNING.story_share * share * rareness;
        if ratio > 1.0 { self.weight * ln(ratio) } else { 0.0 }
    }
}

/// What is left of a score after a gap in time that takes so many e-folds away at the most.
fn left_after(gap_s: i64, folds: f32) -> f32 {
    let hours = gap_s.unsigned_abs() as f32 / 3_600.0;
    libm::expf(-folds * hours / (hours + TUNING.gap_half_h))
}

/// A new story, ready to be compared with topics and with other stories.
pub(crate) struct StoryVector {
    stems: Vec<StemWeight>,
    /// For each bucket of stems, where in `stems` it begins.
    begins: Box<[u8; BUCKETS]>,
    /// For each bucket one bit, whether it has stems: most stems of a topic are none of the story's.
    occupied: [u64; BUCKETS / 64],
    publisher: u32,
    highest: f32,
    has_telling: bool,
    names: usize,
    now_s: i64,
}

impl StoryVector {
    pub(crate) fn new(text: &StoryText, frequencies: &DocumentFrequencies, now_s: i64) -> Self {
        let StoryText { stems, languages, publisher, .. } = text;
        let in_headline =
            |stem: &WeightedStem, kinds: u8| stem.kind & IN_TITLE != 0 && stem.kind & kinds != 0;
        // Where there are names, a number alone tells little: two earthquakes may well have one magnitude.
        let has_name = stems.iter().any(|stem| in_headline(stem, NAME));
        let telling = if has_name { NAME } else { NUMBER };
        // In a language that few documents are in every token is rare among all documents. Which of them tell one event from
        // another shows among the documents of that language.
        let share = frequencies.language_share(languages);
        let inverse_df = |stem: &WeightedStem| {
            let among_all = frequencies.inverse_df(stem.stem);
            let within = (among_all * share).max(among_all.min(1.0));
            if stem.kind & STOP_WORD != 0 { within.min(TUNING.stop_word_inverse_df) } else { within }
        };
        let weigh = |stem: &WeightedStem| StemWeight {
            stem: stem.stem,
            tf: tf(*stem),
            rareness: TUNING.text_tokens * inverse_df(stem),
            is_telling: in_headline(stem, telling),
            is_name: stem.kind & (NAME | NUMBER) != 0,
        };
        let weighted: Vec<StemWeight> = stems.iter().map(weigh).collect();
        let mass: f32 = weighted.iter().map(|term| term.tf).sum::<f32>().max(1e-6);
        let highest = weighted.iter().map(|term| term.gain(term.tf / mass)).sum::<f32>().max(1e-6);
        let has_telling = weighted.iter().any(|term| term.is_telling);
        let names = weighted.iter().filter(|term| term.is_name).count();
        let mut begins = Box::new([weighted.len() as u8; BUCKETS]);
        let mut occupied = [0; BUCKETS / 64];
        for (idx, term) in weighted.iter().enumerate().rev() {
            let bucket = bucket(term.stem);
            begins[bucket] = idx as u8;
            occupied[bucket / 64] |= 1 << (bucket % 64);
        }
        Self {
            names,
            stems: weighted,
            begins,
            occupied,
            publisher: publisher.short(),
            highest,
            has_telling,
            now_s,
        }
    }

    /// The `count` stems with the highest squared tf-idf, and that.
    pub(crate) fn rarest(&self, count: usize) -> Vec<(u32, f32)> {
        let squared_tf_idf = |term: &StemWeight| {
            let tf_idf = term.tf * ln(term.rareness.max(1.0));
            tf_idf * tf_idf
        };
        let mut all: Vec<(u32, f32)> =
            self.stems.iter().map(|term| (term.stem, squared_tf_idf(term))).collect();
        let by_value = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if all.len() > count {
            all.select_nth_unstable_by(count, by_value);
            all.truncate(count);
        }
        all.sort_unstable_by(by_value);
        all
    }

    /// The log-likelihood ratio of the story given the topic, as a share of the highest, and of that what time leaves.
    pub(crate) fn score(&self, topic: &Cluster) -> f32 {
        let mut sum = 0.0_f32;
        self.each_shared(topic, |term, share| sum += term.gain(share));
        // Not the gap to its latest story: each that joined would make a long-lived topic fresh for the next one.
        sum / self.highest * left_after(self.now_s - topic.mean_s(), TUNING.gap_folds.0)
    }

    /// What is kept of the story in the recent window.
    pub(crate) fn stored(&self, stems: &[WeightedStem]) -> StoredVector {
        let mut stored = StoredVector::new(stems, 0.0);
        let with_itself = stored.weights.iter().zip(&self.stems);
        let highest: f32 = with_itself.map(|(own, term)| own.gain(own.share, term.rareness)).sum();
        stored.highest = highest.max(1e-6);
        stored
    }

    /// The mean of the scores of this story given another and the other way round, and of that what the time between them
    /// leaves. `own` is [`Self::stored`] of this story.
    pub(crate) fn mutual_score(&self, own: &StoredVector, other: &StoredVector, gap_s: i64) -> f32 {
        let (mut ours, mut theirs) = (0.0_f32, 0.0_f32);
        for (other_idx, stem) in other.stems.iter().enumerate() {
            if let Some(idx) = self.find(*stem) {
                let rareness = self.stems[idx].rareness;
                let (own, other) = (own.weights[idx], other.weights[other_idx]);
                ours += own.gain(other.share, rareness);
                theirs += other.gain(own.share, rareness);
            }
        }
        f32::midpoint(ours / own.highest, theirs / other.highest) * left_after(gap_s, TUNING.gap_folds.1)
    }

    /// What speaks against the topic although stems are shared: names and numbers that it does not know.
    pub(crate) fn penalty(&self, topic: &Cluster) -> f32 {
        let (mut known, mut names) = (!self.has_telling, 0_usize);
        self.each_shared(topic, |term, _| {
            known |= term.is_telling;
            names += usize::from(term.is_name);
        });
        if !known && topic.publishers.contains(&self.publisher) {
            return TUNING.template_penalty;
        }
        // Of few names it says little that all of them are unknown.
        let unknown = (self.names - names) as f32 / (self.names as f32 + TUNING.few_names);
        // A headline names what it is about.
        let (any, in_headline) = TUNING.unknown_names_penalty;
        (if known { any } else { any + in_headline }) * unknown
    }

    /// Stems shared with the topic, those that add most to the ratio first.
    pub(crate) fn shared(&self, topic: &Cluster) -> Vec<u32> {
        let mut shared: Vec<(f32, u32)> = Vec::new();
        self.each_shared(topic, |term, share| shared.push((term.gain(share), term.stem)));
        shared.retain(|(gain, _)| *gain > 0.0);
        shared.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        shared.into_iter().map(|(_, stem)| stem).collect()
    }

    fn each_shared(&self, topic: &Cluster, mut each: impl FnMut(&StemWeight, f32)) {
        let total = topic.total.max(1) as f32;
        for (stem, weight) in &topic.centroid {
            if let Some(idx) = self.find(*stem) {
                each(&self.stems[idx], *weight as f32 / total);
            }
        }
    }

    /// Index of a stem in `stems`.
    fn find(&self, stem: u32) -> Option<usize> {
        let bucket = bucket(stem);
        if self.occupied[bucket / 64] >> (bucket % 64) & 1 == 0 {
            return None;
        }
        let from = usize::from(self.begins[bucket]);
        let idx = from + self.stems[from..].iter().take_while(|term| term.stem < stem).count();
        self.stems.get(idx).filter(|term| term.stem == stem).map(|_| idx)
    }
}

fn bucket(stem: u32) -> usize {
    (stem >> (32 - BUCKET_BITS)) as usize
}
