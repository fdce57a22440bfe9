//! A text as a bag of weighted stems: what the topics engine counts.
//!
//! Knows one text; nothing of what is learned.

use super::tuning::TUNING;
use crate::desk::hash;
use crate::desk::logarithm::ln;
use crate::desk::text::languages::{self, Language};
use crate::desk::text::tokens::{self, NAME, NUMBER, SENTENCE_START, TEXT_TOKENS, TITLE_TOKENS, Token};
use serde::{Deserialize, Serialize};

/// Maximum number of stems kept of a text; those with the highest weights.
pub(crate) const MAX_STEMS: usize = 96;
/// Length of a text's opening, in half words. News reports say what happened in their first sentences.
const OPENING_HALVES: usize = 100;
/// Weight of each occurrence of a stem: in the title, in the opening of the text, and after it.
const WEIGHTS: (u8, u8, u8) = (4, 2, 1);

/// One stem of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WeightedStem {
    #[serde(with = "postcard::fixint::le")]
    pub(crate) stem: u32,
    /// Sum of the [`WEIGHTS`] of its occurrences, at most 255.
    pub(crate) weight: u8,
    /// Bit flags: [`NUMBER`], [`NAME`], [`IN_TITLE`], [`STOP_WORD`].
    pub(crate) kind: u8,
}

/// The stem stands in the title.
pub(crate) const IN_TITLE: u8 = 64;
/// It is a stop word of the text's language.
pub(crate) const STOP_WORD: u8 = 32;

/// Sublinear term frequency: how much a stem counts within its own text. Each repetition adds less.
pub(crate) fn tf(stem: WeightedStem) -> f32 {
    // A fast path for most stems: they occur once, after the opening.
    if stem.weight == 1 { 1.0 } else { 1.0 + TUNING.tf_growth * ln(f32::from(stem.weight)) }
}

/// Euclidean length of a story's vector of term frequencies.
pub(crate) fn norm(stems: &[WeightedStem]) -> f32 {
    stems.iter().map(|stem| tf(*stem) * tf(*stem)).sum::<f32>().sqrt().max(1e-6)
}

/// Whether a headline is in title case, so that capitals do not mark names.
pub(crate) fn is_title_case(headline: &[Token]) -> bool {
    let counted = headline.iter().filter(|token| {
        !token.is(NUMBER | SENTENCE_START) && token.end - token.start >= TUNING.title_case_bytes
    });
    let (capital, all) =
        counted.fold((0, 0), |(capital, all), token| (capital + usize::from(token.is(NAME)), all + 1));
    all >= TUNING.title_case_words && capital * 100 > all * TUNING.title_case_percent
}

/// The weighted stems of a headline and its text, sorted by stem.
pub(crate) fn weighted_stems(headline: &[Token], text: &[Token], language: &Language) -> Vec<WeightedStem> {
    let is_title_case = is_title_case(headline);
    let kind = |token: &Token| (token.kind & NUMBER) | if language.has(token) { STOP_WORD } else { 0 };
    let mut all: Vec<WeightedStem> = Vec::with_capacity(headline.len() + text.len());
    let (in_title, in_opening, after) = WEIGHTS;
    for token in headline {
        let name = if is_title_case || token.is(SENTENCE_START) { 0 } else { token.kind & NAME };
        all.push(WeightedStem { stem: token.stem, weight: in_title, kind: kind(token) | name | IN_TITLE });
    }
    let mut halves = 0;
    for token in text {
        halves += token.halves();
        let name = if token.is(SENTENCE_START) { 0 } else { token.kind & NAME };
        let weight = if halves <= OPENING_HALVES { in_opening } else { after };
        all.push(WeightedStem { stem: token.stem, weight, kind: kind(token) | name });
    }
    hash::sort_by_hash(&mut all, |stem| u64::from(stem.stem) << 32);
    let mut folded: Vec<WeightedStem> = Vec::with_capacity(all.len());
    for stem in all {
        match folded.last_mut().filter(|last| last.stem == stem.stem) {
            Some(last) => {
                last.weight = last.weight.saturating_add(stem.weight);
                last.kind |= stem.kind;
            }
            None => folded.push(stem),
        }
    }
    if folded.len() > MAX_STEMS {
        folded.select_nth_unstable_by_key(MAX_STEMS, |stem| (std::cmp::Reverse(stem.weight), stem.stem));
        folded.truncate(MAX_STEMS);
        folded.sort_unstable_by_key(|stem| stem.stem);
    }
    folded
}

/// The weighted stems of an entry that was filed before, of which only title and text are known. The title is taken as
/// the headline.
pub(crate) fn stems_of(title: &str, text: &str) -> Vec<WeightedStem> {
    let (headline, text) = (tokens::tokenize(title, TITLE_TOKENS), tokens::tokenize(text, TEXT_TOKENS));
    weighted_stems(&headline, &text, &languages::language(&headline, &text))
}
