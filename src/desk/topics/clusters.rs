//! Active topics: which of them is a new story about, if any?
//!
//! One pass in time order. Topics are found through an inverted index and judged by what all of their stories say
//! together, so that no single story can pull one along (no chaining). What a story needs to join is more than what
//! it has in common with the topics that it is not about: where many events are alike, more is needed; where an event
//! stands alone, a headline is enough. Knows terms and times; nothing of entries.

use crate::desk::analysis::{Analysis, Term};
use crate::desk::codec::{BadSnapshot, Reader, Writer};
use crate::desk::hash::Map;
use crate::desk::prefetch;
use crate::desk::topics::document_frequency::{Vocabulary, ln};
use crate::desk::topics::inverted_index::Index;
use crate::desk::topics::likelihood::{self, Link};
use std::collections::BTreeSet;

/// A topic without news for so long is over.
const WINDOW_S: i64 = 14 * 86_400;
/// A topic moves on at most so often, however fast it grows …
const MOVED_S: i64 = 3 * 3_600;
/// … and after so long with any news.
const DAY_S: i64 = 20 * 3_600;
/// Topics kept at most; the ones longest without news go first.
const MAX_TOPICS: usize = 50_000;
/// Terms kept of a topic.
const MAX_TERMS: usize = 160;
/// Terms of a topic by which it is found.
const INDEXED: usize = 32;
/// Terms of a story by which topics are looked up.
const ASKED: usize = 20;
/// Topics judged exactly.
const JUDGED: usize = 16;
/// Likeness that a story needs where no other topic is like it …
const NEEDED: f32 = 0.1;
/// … and the part of its likeness to the next-best topics that is added to it.
const COMPETITION: f32 = 0.95;
/// What a topic that many stories made needs less, for its words are better known: for each e-fold of its stories, as
/// far as these.
const KNOWN: f32 = 0.012;
const KNOWN_STORIES: u32 = 50;
/// A story that is so much more like each of two topics than it needs to be shows them to be about one event …
const BRIDGE_SURPLUS: f32 = 0.08;
/// … when they are at least so much alike themselves (cosine of their words, weighted by rarity) …
const BRIDGE_COSINE: f32 = 0.2;
/// … and one of them has so many stories, for smaller ones are left to the second look, which knows more …
const BRIDGE_STORIES: u32 = 10;
/// … and are among so many of the likest.
const BRIDGED: usize = 6;
/// How many next-best topics those are; where there are fewer, the others count as nothing.
const RIVALS: usize = 8;
/// Publishers kept of a topic.
const MAX_PUBLISHERS: usize = 32;
/// Each story adds this much length to the centroid: weights are whole numbers, so that sums are exact.
const UNIT: f32 = 256.0;

/// One active topic.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Topic {
    /// Stems and their summed weights, by stem.
    pub(crate) terms: Vec<(u32, u32)>,
    indexed: Vec<u32>,
    /// Sum of the weights of `terms`.
    pub(crate) total: u64,
    /// Who published its stories, shortened hashes, at most [`MAX_PUBLISHERS`].
    pub(crate) publishers: Vec<u32>,
    /// Stories that made it.
    pub(crate) stories: u32,
    /// Seconds since 1970.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Publishers and stories when it last moved on, and when that was.
    moved: (u32, u32, i64),
    /// Categories of its stories.
    sections: Vec<(String, u32)>,
}

/// All active topics.
#[derive(Debug, Clone, Default)]
pub(crate) struct Topics {
    active: Map<i64, Topic>,
    index: Index,
    by_age: BTreeSet<(i64, i64)>,
    /// Stories of a fixed category that joined a topic with a majority, and those of them that were of that majority.
    majorities: (u32, u32),
}

impl Topics {
    pub(crate) fn get(&self, no: i64) -> Option<&Topic> {
        self.active.get(&no)
    }

    /// The active topic that the story is about, when there is one; `stricter` is added to the likeness needed.
    pub(crate) fn find(
        &self,
        analysis: &Analysis,
        vocabulary: &Vocabulary,
        now: i64,
        stricter: f32,
        allowed: impl Fn(i64) -> bool,
    ) -> Option<Link> {
        let query = likelihood::Query::new(analysis, vocabulary, now);
        let ranked = self.index.likest(&query.rarest(ASKED), JUDGED);
        let found: Vec<(i64, &Topic)> = ranked
            .into_iter()
            .filter_map(|(_, no)| Some((no, self.active.get(&no)?)))
            .filter(|(_, topic)| now - topic.last <= WINDOW_S)
            .collect();
        prefetch::read(found.iter().filter_map(|(_, topic)| topic.terms.first().map(|(stem, _)| *stem)));
        let known = |topic: &Topic| KNOWN * ln(topic.stories.clamp(1, KNOWN_STORIES) as f32);
        let judged = found.into_iter().map(|(no, topic)| (query.likeness(topic) + known(topic), no, topic));
        let mut judged: Vec<(f32, i64, &Topic)> = judged.collect();
        judged.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        let rivals: Vec<f32> =
            judged.iter().take(RIVALS + 1).map(|(likeness, ..)| likeness.max(0.0)).collect();
        let together: f32 = rivals.iter().sum();
        // What a topic is liked above what is needed, doubts apart; its rivals are the likest of the others.
        let surplus = |place: usize, likeness: f32| {
            let own = rivals.get(place).or(rivals.last()).copied().unwrap_or(0.0);
            likeness - (NEEDED + stricter + COMPETITION * (together - own).max(0.0) / RIVALS as f32)
        };
        let mut liked: Vec<(f32, i64, &Topic)> = judged
            .iter()
            .enumerate()
            .filter(|(_, (_, no, _))| allowed(*no))
            .map(|(place, (likeness, no, topic))| (surplus(place, *likeness), *no, *topic))
            // Doubting costs a comparison, and only takes away.
            .filter(|(surplus, ..)| *surplus >= 0.0)
            .map(|(surplus, no, topic)| (surplus - query.doubt(topic), no, topic))
            .collect();
        liked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        let &(best, no, topic) = liked.first().filter(|(surplus, ..)| *surplus >= 0.0)?;
        let mut also: Vec<i64> = Vec::new();
        if best >= BRIDGE_SURPLUS {
            let bridged = liked.iter().skip(1).take(BRIDGED).filter(|(surplus, _, other)| {
                *surplus >= BRIDGE_SURPLUS
                    && topic.stories.max(other.stories) >= BRIDGE_STORIES
                    && topic.cosine(other, vocabulary) >= BRIDGE_COSINE
            });
            also.extend(bridged.map(|(_, other, _)| *other));
        }
        // The ledger's scale: one half is just enough.
        let score = (0.5 + best).clamp(0.0, 1.0);
        Some(Link { topic: no, score, shared: query.shared(topic), also })
    }

    /// Adds a story to a topic, founding it when it is new.
    pub(crate) fn add(
        &mut self,
        no: i64,
        terms: &[Term],
        publisher: u64,
        section: &str,
        vocabulary: &Vocabulary,
        now: i64,
    ) {
        let norm: f32 = terms.iter().map(|term| likelihood::tf(*term).powi(2)).sum::<f32>().sqrt().max(1e-6);
        let weights =
            terms.iter().map(|term| (term.stem, (likelihood::tf(*term) / norm * UNIT).round() as u32));
        let topic = self.active.entry(no).or_insert_with(|| Topic {
            terms: Vec::new(),
            indexed: Vec::new(),
            total: 0,
            publishers: Vec::new(),
            stories: 0,
            first: now,
            last: now,
            moved: (1, 1, now),
            sections: Vec::new(),
        });
        topic.merge(weights);
        topic.stories += 1;
        topic.vote(section);
        topic.carried_by(publisher as u32);
        self.by_age.remove(&(topic.last, no));
        topic.last = topic.last.max(now);
        self.by_age.insert((topic.last, no));
        self.reindex(no, vocabulary);
        self.forget(now);
    }

    fn reindex(&mut self, no: i64, vocabulary: &Vocabulary) {
        let Some(topic) = self.active.get_mut(&no) else { return };
        // The words that find a large topic hardly change with one more story.
        if topic.stories > 16 && topic.stories % 8 != 0 && !topic.indexed.is_empty() {
            return;
        }
        let mut heavy: Vec<(f32, u32)> = Vec::with_capacity(topic.terms.len());
        for (stem, weight) in &topic.terms {
            heavy.push((*weight as f32 * vocabulary.rarity(*stem), *stem));
        }
        if heavy.len() > INDEXED {
            heavy.select_nth_unstable_by(INDEXED, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            heavy.truncate(INDEXED);
        }
        // Collected from what is borrowed, lest it keep the room of what is collected from.
        let mut indexed: Vec<u32> = heavy.iter().map(|(_, stem)| *stem).collect();
        indexed.sort_unstable();
        self.index.replace(no, &topic.indexed, &indexed);
        topic.indexed = indexed;
    }

    /// Lets go of topics that are over, and of the oldest when there are too many.
    fn forget(&mut self, now: i64) {
        while let Some(&(last, no)) = self.by_age.first() {
            if now - last <= WINDOW_S && self.active.len() <= MAX_TOPICS {
                break;
            }
            self.remove(no);
        }
    }

    pub(crate) fn remove(&mut self, no: i64) -> Option<Topic> {
        let topic = self.active.remove(&no)?;
        self.by_age.remove(&(topic.last, no));
        self.index.remove(no, &topic.indexed);
        Some(topic)
    }

    /// Learns from a story of a fixed category, before it is added, whether majorities can be trusted.
    pub(crate) fn try_majority(&mut self, no: i64, fixed: &str) {
        let Some((section, _)) = self.active.get(&no).and_then(Topic::majority) else { return };
        let right = section == fixed;
        self.majorities = (self.majorities.0 + 1, self.majorities.1 + u32::from(right));
        if self.majorities.0 > 1_000 {
            self.majorities = (self.majorities.0 / 2, self.majorities.1 / 2);
        }
    }

    /// How often the majority of a topic told the category of the next story.
    pub(crate) fn majority_right(&self) -> f64 {
        (f64::from(self.majorities.1) + 9.0) / (f64::from(self.majorities.0) + 10.0)
    }

    /// What `from` knew becomes part of `into`; the numbers say which remains.
    pub(crate) fn absorb(&mut self, into: i64, from: i64, vocabulary: &Vocabulary) {
        if into == from || !self.active.contains_key(&into) {
            return;
        }
        let Some(gone) = self.remove(from) else { return };
        if let Some(topic) = self.active.get_mut(&into) {
            topic.merge(gone.terms.iter().copied());
            topic.stories += gone.stories;
            gone.publishers.iter().for_each(|publisher| topic.carried_by(*publisher));
            topic.first = topic.first.min(gone.first);
            for (section, votes) in &gone.sections {
                (0..*votes).for_each(|_| topic.vote(section));
            }
            self.by_age.remove(&(topic.last, into));
            topic.last = topic.last.max(gone.last);
            self.by_age.insert((topic.last, into));
        }
        self.reindex(into, vocabulary);
    }

    /// The topic has news, though no new words.
    pub(crate) fn touch(&mut self, no: i64, now: i64) {
        if let Some(topic) = self.active.get_mut(&no).filter(|topic| topic.last < now) {
            self.by_age.remove(&(topic.last, no));
            topic.last = now;
            self.by_age.insert((now, no));
        }
    }

    /// A story went from topic `from` to topic `into`; an emptied topic goes with it.
    pub(crate) fn left(&mut self, from: i64, into: i64, vocabulary: &Vocabulary) {
        let Some(topic) = self.active.get_mut(&from) else { return };
        if from == into {
            // The story was absorbed by another of the same topic.
            topic.stories = topic.stories.saturating_sub(1).max(1);
        } else if topic.stories <= 1 {
            self.absorb(into, from, vocabulary);
        } else {
            topic.stories -= 1;
        }
    }

    /// Takes a story's terms out of its topic again.
    pub(crate) fn take_out(&mut self, no: i64, terms: &[Term], section: &str, vocabulary: &Vocabulary) {
        let norm: f32 = terms.iter().map(|term| likelihood::tf(*term).powi(2)).sum::<f32>().sqrt().max(1e-6);
        let Some(topic) = self.active.get_mut(&no) else { return };
        for term in terms {
            if let Ok(at) = topic.terms.binary_search_by_key(&term.stem, |(stem, _)| *stem) {
                let weight = (likelihood::tf(*term) / norm * UNIT).round() as u32;
                topic.terms[at].1 = topic.terms[at].1.saturating_sub(weight);
            }
        }
        topic.terms.retain(|(_, weight)| *weight > 0);
        topic.total = topic.terms.iter().map(|(_, weight)| u64::from(*weight)).sum();
        topic.stories = topic.stories.saturating_sub(1);
        if let Some(votes) = topic.sections.iter_mut().find(|(name, _)| name == section) {
            votes.1 = votes.1.saturating_sub(1);
        }
        if topic.stories == 0 {
            self.remove(no);
        } else {
            self.reindex(no, vocabulary);
        }
    }

    /// Notes that the topic moved on with its latest story.
    pub(crate) fn moved(&mut self, no: i64, now: i64) {
        if let Some(topic) = self.active.get_mut(&no) {
            topic.moved = (topic.publishers.len() as u32, topic.stories, now);
        }
    }

    /// What was voted for the category `from` counts for `to`.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        for topic in self.active.values_mut() {
            if let Some(at) = topic.sections.iter().position(|(name, _)| name == from) {
                let (_, votes) = topic.sections.remove(at);
                (0..votes).for_each(|_| topic.vote(to));
            }
        }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        let mut numbers: Vec<i64> = self.active.keys().copied().collect();
        numbers.sort_unstable();
        out.number(u64::from(self.majorities.0));
        out.number(u64::from(self.majorities.1));
        out.number(numbers.len() as u64);
        for no in numbers {
            out.signed(no);
            self.active[&no].write(out);
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
        let mut topics = Self { majorities: (reader.small()?, reader.small()?), ..Self::default() };
        for _ in 0..reader.count()? {
            let no = reader.signed()?;
            let topic = Topic::read(reader)?;
            topics.index.replace(no, &[], &topic.indexed);
            topics.by_age.insert((topic.last, no));
            if topics.active.insert(no, topic).is_some() {
                return Err(BadSnapshot("a topic stands in it twice"));
            }
        }
        Ok(topics)
    }
}

impl Topic {
    fn merge(&mut self, weights: impl Iterator<Item = (u32, u32)>) {
        let mut merged = Vec::with_capacity(self.terms.len() + weights.size_hint().0);
        let mut old = self.terms.iter().copied().peekable();
        for (stem, weight) in weights {
            while let Some(before) = old.next_if(|(other, _)| *other < stem) {
                merged.push(before);
            }
            let had = old.next_if(|(other, _)| *other == stem).map_or(0, |(_, had)| had);
            merged.push((stem, weight.saturating_add(had)));
        }
        merged.extend(old);
        if merged.len() > MAX_TERMS {
            merged
                .select_nth_unstable_by_key(MAX_TERMS, |(stem, weight)| (std::cmp::Reverse(*weight), *stem));
            merged.truncate(MAX_TERMS);
            merged.sort_unstable();
        }
        self.total = merged.iter().map(|(_, weight)| u64::from(*weight)).sum();
        // There are tens of thousands of topics, and this is most of each.
        merged.shrink_to_fit();
        self.terms = merged;
    }

    /// Whether the stem is among the topic's words.
    pub(crate) fn has(&self, stem: u32) -> bool {
        self.terms.binary_search_by_key(&stem, |(other, _)| *other).is_ok()
    }

    /// How alike two topics are, 0 to 1: the cosine of their words, weighted by rarity.
    fn cosine(&self, other: &Self, vocabulary: &Vocabulary) -> f32 {
        let weigh = |terms: &[(u32, u32)]| -> Vec<(u32, f32)> {
            terms.iter().map(|(stem, weight)| (*stem, *weight as f32 * vocabulary.rarity(*stem))).collect()
        };
        let (ours, theirs) = (weigh(&self.terms), weigh(&other.terms));
        let length =
            |terms: &[(u32, f32)]| terms.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        let mut rest = theirs.iter().peekable();
        let mut common = 0.0_f32;
        for (stem, weight) in &ours {
            while rest.next_if(|(other, _)| other < stem).is_some() {}
            common += rest.next_if(|(other, _)| other == stem).map_or(0.0, |(_, other)| weight * other);
        }
        common / (length(&ours) * length(&theirs)).max(1e-6)
    }

    fn carried_by(&mut self, publisher: u32) {
        if self.publishers.len() < MAX_PUBLISHERS && !self.publishers.contains(&publisher) {
            self.publishers.push(publisher);
        }
    }

    fn vote(&mut self, section: &str) {
        if let Some((_, votes)) = self.sections.iter_mut().find(|(name, _)| name == section) {
            *votes += 1;
        } else if self.sections.len() < 8 {
            // Nearly every topic has one: there is no need of room for four.
            self.sections.reserve_exact(1);
            self.sections.push((section.to_owned(), 1));
        }
    }

    /// The category that more than half of at least two stories are in.
    pub(crate) fn majority(&self) -> Option<(&str, f64)> {
        let all: u32 = self.sections.iter().map(|(_, votes)| votes).sum();
        let (name, votes) = self.sections.iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))?;
        (all >= 2 && votes * 2 > all).then(|| (name.as_str(), f64::from(*votes) / f64::from(all)))
    }

    /// Whether one more story, arriving now, means that the topic truly moved on since it last did: it doubled with
    /// two more publishers or more and some hours have passed, or it is a new day with news for it.
    pub(crate) fn moves_on(&self, publisher: u64, now: i64) -> bool {
        let (publishers, stories, at) = self.moved;
        let new_one = u32::from(!self.publishers.contains(&(publisher as u32)));
        let spread = self.publishers.len() as u32 + new_one >= publishers + 2;
        let doubled = self.stories + 1 >= stories * 2;
        spread && doubled && now - at >= MOVED_S || self.stories + 1 >= stories + 2 && now - at >= DAY_S
    }

    fn write(&self, out: &mut Writer) {
        out.number(self.terms.len() as u64);
        let mut before = 0;
        for (stem, weight) in &self.terms {
            out.number(u64::from(stem - before));
            out.number(u64::from(*weight));
            before = *stem;
        }
        out.number(self.indexed.len() as u64);
        self.indexed.iter().for_each(|stem| out.short_hash(*stem));
        out.number(self.publishers.len() as u64);
        self.publishers.iter().for_each(|publisher| out.short_hash(*publisher));
        out.number(u64::from(self.stories));
        out.signed(self.first);
        out.signed(self.last);
        out.number(u64::from(self.moved.0));
        out.number(u64::from(self.moved.1));
        out.signed(self.moved.2);
        out.number(self.sections.len() as u64);
        for (name, votes) in &self.sections {
            out.text(name);
            out.number(u64::from(*votes));
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
        let mut terms = Vec::new();
        let mut before = 0_u32;
        for _ in 0..reader.count()? {
            before = before.checked_add(reader.small()?).ok_or(BadSnapshot("a number is too large"))?;
            terms.push((before, reader.small()?));
        }
        let count = reader.count()?;
        let indexed = (0..count).map(|_| reader.short_hash()).collect::<Result<_, _>>()?;
        let count = reader.count()?;
        let publishers = (0..count).map(|_| reader.short_hash()).collect::<Result<_, _>>()?;
        let stories = reader.small()?;
        let (first, last) = (reader.signed()?, reader.signed()?);
        let moved = (reader.small()?, reader.small()?, reader.signed()?);
        let count = reader.count()?;
        let sections =
            (0..count).map(|_| Ok((reader.text()?, reader.small()?))).collect::<Result<_, BadSnapshot>>()?;
        let total = terms.iter().map(|(_, weight): &(u32, u32)| u64::from(*weight)).sum();
        Ok(Self { terms, indexed, total, publishers, stories, first, last, moved, sections })
    }
}
