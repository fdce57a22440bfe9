//! Is a story about a topic's event? Scored by a log-likelihood ratio of two unigram language models.
//!
//! The one model draws the story's tokens from a mixture of the topic's tokens and the background (all documents); the
//! other one from the background alone. The ratio is divided by its maximum, which the story would reach against
//! itself. So headlines, leads and full texts share one scale from 0 to about 1. Knows the stems of one story and one
//! topic; nothing of the index, and nothing of other topics.

use super::StoryText;
use super::cluster::Cluster;
use super::document_frequency::DocumentFrequencies;
use super::stems::{IN_TITLE, STOP_WORD, WeightedStem, tf};
use super::tuning::TUNING;
use crate::desk::logarithm::ln;
use crate::desk::text::tokens::{NAME, NUMBER};

/// High bits of a stem that are its bucket, by which it is found among a story's stems.
const BUCKET_BITS: u32 = 11;
const BUCKETS: usize = 1 << BUCKET_BITS;

/// One stem of the story that is scored.
struct StemWeight {
    stem: u32,
    tf: f32,
    /// The inverse of the stem's share of all tokens in the background.
    rareness: f32,
    /// Whether it is a name in the headline; if the headline has no names, a number in it.
    is_telling: bool,
    /// Whether it is a name or a number anywhere in the story.
    is_name: bool,
    /// Whether it is a word of the headline that tells something: neither a stop word nor a number.
    in_headline: bool,
}

impl StemWeight {
    /// What the stem adds to the log-likelihood ratio if it has this share of the topic's tokens. A stem that the topic
    /// does not make more likely adds nothing.
    fn gain(&self, share: f32) -> f32 {
        let ratio = 1.0 - TUNING.topic_share + TUNING.topic_share * share * self.rareness;
        if ratio > 1.0 { self.tf * ln(ratio) } else { 0.0 }
    }
}

/// The vector of a story in the recent window, with which new stories are compared.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct StoredVector {
    /// Sorted. Stored apart from `weights`, because most look-ups find no common stem and need no weight.
    stems: Box<[u32]>,
    weights: Box<[StoredWeight]>,
    /// The ratio of the story against itself: the maximum, by which scores are divided.
    pub(crate) highest: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct StoredWeight {
    /// The stem's share of the story's tokens.
    share: f32,
    weight: f32,
}

impl StoredVector {
    /// The vector of a story's stems. `highest` was computed when the story was new.
    pub(crate) fn new(stems: &[WeightedStem], highest: f32) -> Self {
        let mass: f32 = stems.iter().map(|stem| tf(*stem)).sum::<f32>().max(1e-6);
        let weights = stems.iter().map(|stem| {
            let tf = tf(*stem);
            // Between two stories headlines count more than between a story and a topic. The exponent 1.5 raises the
            // weight of their stems.
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
    /// The same as [`StemWeight::gain`], for a stem that two stories share.
    fn gain(self, share: f32, rareness: f32) -> f32 {
        let ratio = 1.0 - TUNING.story_share + TUNING.story_share * share * rareness;
        if ratio > 1.0 { self.weight * ln(ratio) } else { 0.0 }
    }
}

/// Factor by which a score decays over a gap in time; `folds` is the maximum decay in e-folds.
fn left_after(gap_s: i64, folds: f32) -> f32 {
    let hours = gap_s.unsigned_abs() as f32 / 3_600.0;
    libm::expf(-folds * hours / (hours + TUNING.gap_half_h))
}

/// A new story, prepared for scoring it against topics and other stories.
pub(crate) struct StoryVector {
    stems: Vec<StemWeight>,
    /// For each bucket, the index of its first stem in `stems`.
    begins: Box<[u8; BUCKETS]>,
    /// One bit for each bucket: whether it has stems. It answers most look-ups, because most stems of a topic are not
    /// in the story.
    occupied: [u64; BUCKETS / 64],
    publisher: u32,
    highest: f32,
    has_telling: bool,
    has_headline: bool,
    names: usize,
    now_s: i64,
}

impl StoryVector {
    pub(crate) fn new(text: &StoryText, frequencies: &DocumentFrequencies, now_s: i64) -> Self {
        let StoryText { stems, languages, publisher, .. } = text;
        let in_headline =
            |stem: &WeightedStem, kinds: u8| stem.kind & IN_TITLE != 0 && stem.kind & kinds != 0;
        // If the headline has names, a number tells little beside them: two earthquakes may have the same magnitude.
        let has_name = stems.iter().any(|stem| in_headline(stem, NAME));
        let telling = if has_name { NAME } else { NUMBER };
        // In a language with few documents every token is rare among all documents. So rarity is measured among the
        // documents of the same language.
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
            in_headline: stem.kind & IN_TITLE != 0 && stem.kind & (STOP_WORD | NUMBER) == 0,
        };
        let weighted: Vec<StemWeight> = stems.iter().map(weigh).collect();
        let mass: f32 = weighted.iter().map(|term| term.tf).sum::<f32>().max(1e-6);
        let highest = weighted.iter().map(|term| term.gain(term.tf / mass)).sum::<f32>().max(1e-6);
        let has_telling = weighted.iter().any(|term| term.is_telling);
        let has_headline = weighted.iter().any(|term| term.in_headline);
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
            has_headline,
            now_s,
        }
    }

    /// The `count` stems with the highest squared tf-idf, each with this value, the highest first.
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

    /// The score of the story for a topic: the log-likelihood ratio as a share of its maximum, decayed by the topic's
    /// age.
    pub(crate) fn score(&self, topic: &Cluster) -> f32 {
        let mut sum = 0.0_f32;
        self.each_shared(topic, |term, share| sum += term.gain(share));
        // The age is taken from the mean time of the topic's stories. With the time of its latest story, each story
        // that joins would make a long-lived topic look new to the next one.
        sum / self.highest * left_after(self.now_s - topic.mean_s(), TUNING.gap_folds.0)
    }

    /// The vector that the recent window stores of this story.
    pub(crate) fn stored(&self, stems: &[WeightedStem]) -> StoredVector {
        let mut stored = StoredVector::new(stems, 0.0);
        let with_itself = stored.weights.iter().zip(&self.stems);
        let highest: f32 = with_itself.map(|(own, term)| own.gain(own.share, term.rareness)).sum();
        stored.highest = highest.max(1e-6);
        stored
    }

    /// The symmetric score of two stories: the mean of the scores in both directions, decayed by the time between them.
    /// `own` is [`Self::stored`] of this story.
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

    /// Penalty for names and numbers of the story that the topic does not have, to be subtracted from the margin.
    pub(crate) fn penalty(&self, topic: &Cluster) -> f32 {
        let (mut known, mut names) = (!self.has_telling, 0_usize);
        let mut in_headline = !self.has_headline;
        self.each_shared(topic, |term, _| {
            in_headline |= term.in_headline;
            known |= term.is_telling;
            names += usize::from(term.is_name);
        });
        if !(known && in_headline) && topic.publishers.contains(&self.publisher) {
            return TUNING.template_penalty;
        }
        // Additive smoothing: if the story has few names, it means little that all of them are unknown.
        let unknown = (self.names - names) as f32 / (self.names as f32 + TUNING.few_names);
        // Unknown names in the headline count more, because a headline names what the story is about.
        let (any, in_headline) = TUNING.unknown_names_penalty;
        (if known { any } else { any + in_headline }) * unknown
    }

    /// Stems that the story shares with the topic and that add to the ratio; those that add most come first.
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
