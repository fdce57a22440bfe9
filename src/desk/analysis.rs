//! What a submission looks like to the desk: all that deciding and learning need, and no more.
//!
//! Made once by [`crate::desk::Desk::analyse`], journalled as bytes, and enough to learn from again after a restart.

use crate::desk::codec::{BadSnapshot, Reader, Writer};
use crate::desk::dedup::boilerplate::{BOILERPLATE, Kind, Recurrence};
use crate::desk::dedup::features::{Laid, TEXT_WORDS, TITLE_WORDS, sequence, shingles};
use crate::desk::hash;
use crate::desk::text::address::Address;
use crate::desk::text::languages::{self, Language};
use crate::desk::text::tokens::{self, FIRST, NAME, NUMBER, Word};
use crate::model::{CategoryName, StoryRule, Submission};
use std::sync::Arc;

/// Version of [`Analysis::to_bytes`].
const VERSION: u64 = 3;
/// The lead of a text in half words: news says what happened in its first sentences.
const LEAD_HALVES: usize = 100;
/// Terms kept for the topic.
const MAX_TERMS: usize = 96;
/// Keys a key may have been given to before it says too little to look up by.
const COMMON_KEY: u8 = 24;
/// Keys of one entry at the most: each costs a look-up and an insertion in the archive.
const MAX_KEYS: usize = 12;
/// Width in phrases of the window, at the beginning of an entry, from which one key is taken.
const FIRST_WINDOW: usize = 6;
/// Places at the beginning and the end of a text where boilerplate is looked for.
const EDGES: (usize, usize) = (120, 40);
/// Once so many stories of a publisher were read for boilerplate, one of [`READ_ONE_OF`] is enough.
const READ_ALL: u8 = 64;
const READ_ONE_OF: u64 = 4;

/// One term of an entry or of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    /// Stem.
    pub(crate) stem: u32,
    /// How much it stands out: 4 for each time in the title, 2 in the lead, 1 after it.
    pub(crate) weight: u8,
    /// [`NUMBER`], [`NAME`], [`TITLE`], [`STOP`].
    pub(crate) kind: u8,
}

/// The term stands in the title.
pub(crate) const TITLE: u8 = 64;
/// The term is a stop word of the entry's language.
pub(crate) const STOP: u8 = 32;

/// What a submission looks like to the desk.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// Lasting name of the entry.
    pub(crate) reference: u64,
    /// Hash of the publisher.
    pub(crate) publisher: u64,
    /// Hash of the title's words without the publisher's ending; 0 without a title.
    pub(crate) title: u64,
    /// The same with numbers blanked.
    pub(crate) mask: u64,
    /// Hash of the ending; 0 without one.
    pub(crate) ending: u64,
    /// Phrases at the edges of the text, where boilerplate stands.
    pub(crate) phrases: Vec<u64>,
    /// Terms, by stem.
    pub(crate) terms: Vec<Term>,
    /// Languages that it may be in, when that is told surely.
    pub(crate) languages: Vec<u16>,
    /// Category of the feed, when the operator fixed it.
    pub(crate) fixed: Option<CategoryName>,
    /// Hashed features for the category with their counts, by feature.
    pub(crate) features: Vec<(u32, u8)>,
    pub(crate) keys: Vec<u64>,
    /// The entry laid out, for deciding; learning needs it no more.
    pub(crate) laid: Option<Arc<Laid>>,
}

impl Analysis {
    /// Keys under which the archive files the entry and finds others like it; at most a dozen.
    pub fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// What [`Desk::learn`](crate::desk::Desk::learn) takes from the analysis with a filing of this rule, as versioned bytes: a copy
    /// teaches no words, and an entry of a feed without a category no features.
    pub fn to_bytes(&self, rule: StoryRule) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(VERSION);
        for hash in [self.reference, self.publisher, self.title] {
            out.hash(hash);
        }
        out.text(self.fixed.as_ref().map_or("", CategoryName::as_str));
        let taught = self.fixed.is_some() && rule != StoryRule::SameEntry;
        let features = if taught { self.features.as_slice() } else { &[] };
        out.number(features.len() as u64);
        let mut before = 0;
        for (feature, count) in features {
            out.number(u64::from(feature - before));
            out.number(u64::from(*count));
            before = *feature;
        }
        out.number(u64::from(rule == StoryRule::Founded));
        if rule == StoryRule::Founded {
            self.words_to(&mut out);
        }
        out.0
    }

    /// What only a new story teaches.
    fn words_to(&self, out: &mut Writer) {
        out.hash(self.mask);
        out.hash(self.ending);
        out.number(self.phrases.len() as u64);
        self.phrases.iter().for_each(|phrase| out.hash(*phrase));
        out.number(self.terms.len() as u64);
        for term in &self.terms {
            out.short_hash(term.stem);
            out.number(u64::from(term.weight));
            out.number(u64::from(term.kind));
        }
        out.number(self.languages.len() as u64);
        self.languages.iter().for_each(|language| out.number(u64::from(*language)));
        out.number(self.keys.len() as u64);
        self.keys.iter().for_each(|key| out.hash(*key));
    }

    /// The analysis that [`Self::to_bytes`] wrote, as far as it did. Unknown versions and damage are errors.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSnapshot> {
        let mut reader = Reader(bytes);
        if reader.number()? != VERSION {
            return Err(BadSnapshot("an analysis has an unknown version"));
        }
        let [reference, publisher, title] = [reader.hash()?, reader.hash()?, reader.hash()?];
        let fixed = Some(reader.text()?).filter(|name| !name.is_empty()).map(CategoryName::stored);
        let count = reader.count()?;
        let mut before = 0_u32;
        let mut features = Vec::with_capacity(count);
        for _ in 0..count {
            before = before.checked_add(reader.small()?).ok_or(BadSnapshot("a number is too large"))?;
            features.push((before, reader.small()?));
        }
        let mut analysis = Self { reference, publisher, title, fixed, features, ..Self::default() };
        if reader.number()? == 1 {
            analysis.words_from(&mut reader)?;
        }
        reader.end()?;
        Ok(analysis)
    }

    fn words_from(&mut self, reader: &mut Reader<'_>) -> Result<(), BadSnapshot> {
        (self.mask, self.ending) = (reader.hash()?, reader.hash()?);
        self.phrases = (0..reader.count()?).map(|_| reader.hash()).collect::<Result<_, _>>()?;
        self.terms = (0..reader.count()?)
            .map(|_| Ok(Term { stem: reader.short_hash()?, weight: reader.small()?, kind: reader.small()? }))
            .collect::<Result<_, BadSnapshot>>()?;
        self.languages = (0..reader.count()?).map(|_| reader.small()).collect::<Result<_, _>>()?;
        self.keys = (0..reader.count()?).map(|_| reader.hash()).collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// Every word of a headline begins with a capital, so that capitals say nothing.
pub(crate) fn capitals_say_nothing(words: &[Word]) -> bool {
    let counted = words.iter().filter(|word| !word.is(NUMBER | FIRST) && word.end - word.start > 3);
    let (capital, all) =
        counted.fold((0, 0), |(capital, all), word| (capital + usize::from(word.is(NAME)), all + 1));
    all >= 3 && capital * 10 > all * 6
}

/// Looks at a submission with what is known to recur.
pub(crate) fn analyse(submission: &Submission<'_>, recurring: &Recurrence) -> Analysis {
    let entry = submission.entry;
    let publisher = hash::of(submission.feed.publisher.as_bytes());
    let laid = Laid::new(entry.url.as_deref(), &entry.title, &entry.text);
    let (title, text) = (laid.title.list.as_slice(), laid.text.as_slice());
    let known = |ending| recurring.count(Kind::Ending, publisher, ending) >= BOILERPLATE;
    let headline = &title[..laid.headline(known)];
    let language = languages::language(headline, text);
    let mut analysis = Analysis {
        reference: submission.reference.0,
        publisher,
        title: if headline.is_empty() { 0 } else { sequence(headline) },
        mask: mask(headline),
        ending: laid.ending.map_or(0, |ending| ending.hash),
        phrases: Vec::new(),
        terms: terms(headline, text, &language),
        languages: language.codes,
        fixed: submission.feed.category.clone(),
        features: crate::desk::categories::classifier::features(entry, title, text),
        keys: Vec::new(),
        laid: None,
    };
    if recurring.count(Kind::Stories, publisher, 0) < READ_ALL
        || analysis.reference.is_multiple_of(READ_ONE_OF)
    {
        analysis.phrases = edges(&laid.phrases);
    }
    analysis.keys = keys(&analysis, headline, &laid, recurring, entry.shares_address);
    analysis.laid = Some(Arc::new(laid));
    analysis
}

/// The key under which entries with this address are filed.
pub(crate) fn address_key(address: &Address) -> u64 {
    hash::mix(address.key, 1)
}

/// The headline with its numbers blanked: what a template's headlines share.
fn mask(headline: &[Word]) -> u64 {
    headline.iter().fold(headline.len() as u64, |hash, word| {
        hash::mix(hash, if word.is(NUMBER) { 0 } else { word.hash })
    })
}

/// Phrases of the text's first and last places, where publishers put their boilerplate.
fn edges(shingles: &[u64]) -> Vec<u64> {
    let (first, last) = EDGES;
    let mut edges: Vec<u64> = if shingles.len() <= first + last {
        shingles.to_vec()
    } else {
        shingles[..first].iter().chain(&shingles[shingles.len() - last..]).copied().collect()
    };
    hash::sort_spread(&mut edges, |phrase| *phrase);
    edges.dedup();
    edges
}

fn terms(headline: &[Word], text: &[Word], language: &Language) -> Vec<Term> {
    let shouting = capitals_say_nothing(headline);
    let kind = |word: &Word| (word.kind & NUMBER) | if language.has(word) { STOP } else { 0 };
    let mut all: Vec<Term> = Vec::with_capacity(headline.len() + text.len());
    for word in headline {
        let name = if shouting || word.is(FIRST) { 0 } else { word.kind & NAME };
        all.push(Term { stem: word.stem, weight: 4, kind: kind(word) | name | TITLE });
    }
    let mut halves = 0;
    for word in text {
        halves += word.halves();
        let name = if word.is(FIRST) { 0 } else { word.kind & NAME };
        let weight = if halves <= LEAD_HALVES { 2 } else { 1 };
        all.push(Term { stem: word.stem, weight, kind: kind(word) | name });
    }
    hash::sort_spread(&mut all, |term| u64::from(term.stem) << 32);
    let mut folded: Vec<Term> = Vec::with_capacity(all.len());
    for term in all {
        match folded.last_mut().filter(|last| last.stem == term.stem) {
            Some(last) => {
                last.weight = last.weight.saturating_add(term.weight);
                last.kind |= term.kind;
            }
            None => folded.push(term),
        }
    }
    if folded.len() > MAX_TERMS {
        folded.select_nth_unstable_by_key(MAX_TERMS, |term| (std::cmp::Reverse(term.weight), term.stem));
        folded.truncate(MAX_TERMS);
        folded.sort_unstable_by_key(|term| term.stem);
    }
    folded
}

/// The address, unless several entries of the feed have it, the headline, and a sketch of headline and text: of each window
/// of neighbouring bands the smallest (winnowing; Schleimer, Wilkerson and Aiken 2003), so that a run of words that two
/// entries share yields the same keys wherever it stands in them. Windows widen towards the end: a copy that was cut keeps
/// the beginning, and what is smallest in a wide window is so in every narrow one.
fn keys(
    analysis: &Analysis,
    headline: &[Word],
    laid: &Laid,
    recurring: &Recurrence,
    shares_address: bool,
) -> Vec<u64> {
    let mut keys = Vec::with_capacity(MAX_KEYS);
    if let Some(address) = laid.address.as_ref().filter(|_| !shares_address) {
        keys.push(address_key(address));
    }
    if analysis.title != 0 {
        keys.push(hash::mix(analysis.title, 2));
    }
    // A band is two neighbouring phrases that are not the publisher's boilerplate: four words in a row.
    let recurs = recurring.under(Kind::Phrase, analysis.publisher, recurring.boilerplate(analysis.publisher));
    let (headline, phrases) = (shingles(headline), &laid.phrases);
    let band = |pair: &[u64]| hash::mix(hash::mix(pair[0], pair[1]), 3);
    let mut bands: Vec<u64> = Vec::with_capacity(headline.len() + phrases.len());
    bands.extend(headline.windows(2).map(band));
    let own: Vec<bool> = phrases.iter().map(|phrase| !recurs(*phrase)).collect();
    bands.extend(
        phrases
            .windows(2)
            .zip(own.windows(2))
            .filter(|(_, own)| own[0] && own[1])
            .map(|(pair, _)| band(pair)),
    );
    let smallest =
        |places: std::ops::Range<usize>| places.min_by_key(|place| bands[*place]).unwrap_or_default();
    let (mut least, mut seen, mut last) = (0, 0, usize::MAX);
    for at in 0..bands.len() {
        if keys.len() == MAX_KEYS {
            break;
        }
        let end = (at + FIRST_WINDOW + at * 3 / 4).min(bands.len());
        if least < at || seen == 0 {
            least = smallest(at..end);
        } else if seen < end {
            let new = smallest(seen..end);
            least = if bands[new] < bands[least] { new } else { least };
        }
        seen = end;
        if least != last
            && !keys.contains(&bands[least])
            && recurring.count(Kind::Key, 0, bands[least]) < COMMON_KEY
        {
            keys.push(bands[least]);
        }
        last = least;
    }
    keys
}

/// Terms of a title and text alone, for entries that were filed before.
pub(crate) fn terms_of(title: &str, text: &str) -> Vec<Term> {
    let (headline, text) = (tokens::list(title, TITLE_WORDS), tokens::list(text, TEXT_WORDS));
    terms(&headline, &text, &languages::language(&headline, &text))
}
