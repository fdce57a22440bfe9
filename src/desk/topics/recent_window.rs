//! Young stories: the latest that were founded, and how alike each two of them are.
//!
//! What `settle` looks at again. Bounded in count and age; whoever leaves is simply not looked at any more. Knows words,
//! times and numbers of stories; nothing of topics.

use crate::desk::analysis::{Analysis, Term};
use crate::desk::codec::{BadSnapshot, Reader, Writer};
use crate::desk::prefetch;
use crate::desk::topics::document_frequency::Vocabulary;
use crate::desk::topics::inverted_index::Index;
use crate::desk::topics::likelihood::{Known, Query};
use std::collections::VecDeque;

/// Stories that are young at most; some 3 MB of them.
const MOST: usize = 2_000;
/// A story is young for so long.
const AGE_S: i64 = 3 * 86_400;
/// Young stories are looked at again when one in so many of them is new, …
const ONE_IN: usize = 4;
/// … though not for fewer than this and never later than after so many, …
const EVERY: (usize, usize) = (30, 300);
/// … or when so much time has passed since the last look and there is a new one.
const PAUSE_S: i64 = 3_600;
/// Terms of a new story by which others are looked up.
const ASKED: usize = 22;
/// Terms by which a story is found: its rarest.
const INDEXED: usize = 48;
/// Others that are compared with it: those that share most, weighed by rarity.
const COMPARED: usize = 28;
/// What is less alike is forgotten.
const ALIKE: f32 = 0.06;

/// A young story.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct One {
    /// Its number; 0 when it became part of another.
    pub(crate) story: i64,
    pub(crate) terms: Vec<Term>,
    pub(crate) publisher: u64,
    /// The category it was founded in.
    pub(crate) section: String,
    /// Seconds since 1970.
    pub(crate) at: i64,
    known: Known,
    /// Older ones and how alike they are.
    alike: Vec<(u64, f32)>,
    /// Stems by which it is found.
    indexed: Vec<u32>,
}

/// The young stories, oldest first. Each has a place in the order of all that ever were.
#[derive(Debug, Clone, Default)]
pub(crate) struct Young {
    first: u64,
    ones: VecDeque<One>,
    /// Places by stems.
    index: Index,
    /// New ones since the last look, and when that was.
    new: usize,
    looked_at: i64,
}

impl Young {
    /// A story was founded.
    pub(crate) fn push(
        &mut self,
        story: i64,
        section: &str,
        analysis: &Analysis,
        vocabulary: &Vocabulary,
        at: i64,
    ) {
        while self.ones.front().is_some_and(|one| self.ones.len() >= MOST || at - one.at > AGE_S) {
            self.pop();
        }
        let query = Query::new(analysis, vocabulary, at);
        let known = query.known(&analysis.terms);
        let mut alike: Vec<(u64, f32)> = Vec::new();
        let likest = self.index.likest(&query.rarest(ASKED), COMPARED);
        let one = |place: i64| &self.ones[(place as u64 - self.first) as usize];
        prefetch::read(likest.iter().filter_map(|(_, place)| one(*place).known.beginning()));
        for (_, place) in likest {
            let other = one(place);
            let likeness = query.alike(&known, &other.known, at - other.at);
            if likeness >= ALIKE {
                alike.push((place as u64, likeness));
            }
        }
        alike.sort_unstable_by_key(|(place, _)| *place);
        let place = self.first + self.ones.len() as u64;
        let mut indexed: Vec<u32> = query.rarest(INDEXED).into_iter().map(|(stem, _)| stem).collect();
        indexed.sort_unstable();
        self.index.replace(place as i64, &[], &indexed);
        self.ones.push_back(One {
            story,
            terms: analysis.terms.clone(),
            publisher: analysis.publisher,
            section: section.to_owned(),
            at,
            known,
            alike,
            indexed,
        });
        self.new += 1;
    }

    fn pop(&mut self) {
        let Some(one) = self.ones.pop_front() else { return };
        self.index.remove(self.first as i64, &one.indexed);
        self.first += 1;
    }

    /// A story became part of another.
    pub(crate) fn remove(&mut self, story: i64) {
        if let Some(one) = self.ones.iter_mut().find(|one| one.story == story) {
            one.story = 0;
        }
    }

    pub(crate) fn get(&self, story: i64) -> Option<&One> {
        self.ones.iter().find(|one| one.story == story)
    }

    /// All of them, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &One> {
        self.ones.iter()
    }

    /// Pairs that are alike, by their places in [`Self::all`].
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (usize, usize, f32)> + Clone {
        self.ones.iter().enumerate().flat_map(move |(at, one)| {
            one.alike.iter().filter_map(move |(place, likeness)| {
                place.checked_sub(self.first).map(|other| (other as usize, at, *likeness))
            })
        })
    }

    /// Whether it is time to look again.
    pub(crate) fn due(&self, now: i64) -> bool {
        self.new >= (self.ones.len() / ONE_IN).clamp(EVERY.0, EVERY.1)
            || (self.new > 0 && (now - self.looked_at).abs() >= PAUSE_S)
    }

    pub(crate) fn looked(&mut self, now: i64) {
        (self.new, self.looked_at) = (0, now);
    }

    /// The category `from` is called `to` now.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        for one in self.ones.iter_mut().filter(|one| one.section == from) {
            to.clone_into(&mut one.section);
        }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.number(self.first);
        out.number(self.new as u64);
        out.signed(self.looked_at);
        out.number(self.ones.len() as u64);
        for one in &self.ones {
            out.signed(one.story);
            out.number(one.terms.len() as u64);
            for term in &one.terms {
                out.short_hash(term.stem);
                out.number(u64::from(term.weight));
                out.number(u64::from(term.kind));
            }
            out.hash(one.publisher);
            out.text(&one.section);
            out.signed(one.at);
            out.short_hash(one.known.highest.to_bits());
            out.number(one.alike.len() as u64);
            for (place, likeness) in &one.alike {
                out.number(*place);
                out.short_hash(likeness.to_bits());
            }
            out.number(one.indexed.len() as u64);
            one.indexed.iter().for_each(|stem| out.short_hash(*stem));
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
        let mut young = Self {
            first: reader.number()?,
            new: reader.small()?,
            looked_at: reader.signed()?,
            ..Self::default()
        };
        let count = reader.count()?;
        if count > MOST || young.first.checked_add(count as u64).is_none() {
            return Err(BadSnapshot("there are too many young stories"));
        }
        for at in 0..count {
            let one = One::read(reader, young.first + at as u64)?;
            young.index.replace((young.first + at as u64) as i64, &[], &one.indexed);
            young.ones.push_back(one);
        }
        Ok(young)
    }
}

impl One {
    fn read(reader: &mut Reader<'_>, place: u64) -> Result<Self, BadSnapshot> {
        let story = reader.signed()?;
        let count = reader.count()?;
        let terms = (0..count)
            .map(|_| Ok(Term { stem: reader.short_hash()?, weight: reader.small()?, kind: reader.small()? }))
            .collect::<Result<Vec<Term>, BadSnapshot>>()?;
        let (publisher, section, at) = (reader.hash()?, reader.text()?, reader.signed()?);
        let known = Known::new(&terms, f32::from_bits(reader.short_hash()?));
        let count = reader.count()?;
        let alike = (0..count)
            .map(|_| Ok((reader.number()?, f32::from_bits(reader.short_hash()?))))
            .collect::<Result<Vec<_>, BadSnapshot>>()?;
        if alike.iter().any(|(other, likeness)| *other >= place || !likeness.is_finite()) {
            return Err(BadSnapshot("a young story is like one that is not there"));
        }
        let indexed = (0..reader.count()?).map(|_| reader.short_hash()).collect::<Result<Vec<_>, _>>()?;
        if !indexed.is_sorted() {
            return Err(BadSnapshot("the words of a young story are not in their order"));
        }
        Ok(Self { story, terms, publisher, section, at, known, alike, indexed })
    }
}
