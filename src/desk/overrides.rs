//! What the operator tied together, kept apart, or kept in a category.
//!
//! Orders name entries. Where each named entry stands now is noted as filings are learned, so that an order also
//! holds for entries that are filed again, or that come only later.

use crate::desk::codec::{BadSnapshot, Reader, Writer};
use crate::desk::hash::Map;
use crate::model::{CategoryName, EntryRef, OrderKind};

/// Which of the two an order is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Story,
    Topic,
}

#[derive(Debug, Clone, PartialEq)]
struct Tie {
    level: Level,
    /// Entries on one side; those of a join are all here.
    one: Vec<u64>,
    /// Entries on the other side; empty for a join.
    other: Vec<u64>,
}

/// All ties, and where the entries that they name stand.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Ties {
    ties: Vec<Tie>,
    kept: Map<u64, CategoryName>,
    /// Story and topic of each named entry that has been filed; `None` until then.
    stands: Map<u64, Option<(i64, i64)>>,
}

fn bare(references: &[EntryRef]) -> Vec<u64> {
    references.iter().map(|reference| reference.0).collect()
}

impl Ties {
    /// Remembers an order; a later one takes back what an earlier one said of the same entries.
    pub(crate) fn remember(&mut self, order: &OrderKind) {
        let (level, one, other) = match order {
            OrderKind::SplitStory { entries, from } => (Level::Story, bare(entries), bare(from)),
            OrderKind::SplitTopic { entries, from } => (Level::Topic, bare(entries), bare(from)),
            OrderKind::JoinStories { entries } => (Level::Story, bare(entries), Vec::new()),
            OrderKind::JoinTopics { entries } => (Level::Topic, bare(entries), Vec::new()),
            OrderKind::Keep { entries, category } => {
                for reference in entries {
                    self.kept.insert(reference.0, category.clone());
                    self.stands.entry(reference.0).or_default();
                }
                return;
            }
        };
        for reference in one.iter().chain(&other) {
            self.stands.entry(*reference).or_default();
        }
        self.take_back(level, &one, &other);
        self.ties.push(Tie { level, one, other });
    }

    /// A split ends the joins across it; a join ends the splits within it.
    fn take_back(&mut self, level: Level, one: &[u64], other: &[u64]) {
        for tie in self.ties.iter_mut().filter(|tie| tie.level == level) {
            if other.is_empty() && !tie.other.is_empty() {
                let joined = |side: &[u64]| side.iter().any(|reference| one.contains(reference));
                if joined(&tie.one) && joined(&tie.other) {
                    tie.one.retain(|reference| !one.contains(reference));
                }
            } else if !other.is_empty() && tie.other.is_empty() {
                let both =
                    tie.one.iter().any(|r| one.contains(r)) && tie.one.iter().any(|r| other.contains(r));
                if both {
                    tie.one.retain(|reference| !one.contains(reference));
                }
            }
        }
        self.ties.retain(|tie| !tie.one.is_empty());
    }

    fn place(&self, level: Level, reference: u64) -> Option<i64> {
        let (story, topic) = self.stands.get(&reference).copied().flatten()?;
        Some(if level == Level::Story { story } else { topic })
    }

    /// Stories (or topics) that the entry must stay out of.
    pub(crate) fn forbidden(&self, level: Level, reference: u64) -> Vec<i64> {
        if !self.stands.contains_key(&reference) {
            return Vec::new();
        }
        let mut places = Vec::new();
        for tie in self.ties.iter().filter(|tie| tie.level == level && !tie.other.is_empty()) {
            for (side, opposite) in [(&tie.one, &tie.other), (&tie.other, &tie.one)] {
                if side.contains(&reference) {
                    places.extend(opposite.iter().filter_map(|other| self.place(level, *other)));
                }
            }
        }
        places
    }

    /// The story (or topic) that the entry must be in.
    pub(crate) fn wanted(&self, level: Level, reference: u64) -> Option<i64> {
        if !self.stands.contains_key(&reference) {
            return None;
        }
        let joins = self.ties.iter().filter(|tie| tie.level == level && tie.other.is_empty());
        joins
            .filter(|tie| tie.one.contains(&reference))
            .flat_map(|tie| tie.one.iter().filter(|other| **other != reference))
            .filter_map(|other| self.place(level, *other))
            .min()
    }

    /// Whether two stories (or topics) hold entries that must stay apart.
    pub(crate) fn apart(&self, level: Level, a: i64, b: i64) -> bool {
        let stands =
            |side: &[u64], at: i64| side.iter().any(|reference| self.place(level, *reference) == Some(at));
        self.ties.iter().filter(|tie| tie.level == level && !tie.other.is_empty()).any(|tie| {
            (stands(&tie.one, a) && stands(&tie.other, b)) || (stands(&tie.one, b) && stands(&tie.other, a))
        })
    }

    /// The topics in which entries stand that topic orders name.
    pub(crate) fn topics(&self) -> Vec<i64> {
        let ties = self.ties.iter().filter(|tie| tie.level == Level::Topic);
        let named = ties.flat_map(|tie| tie.one.iter().chain(&tie.other));
        named.filter_map(|reference| self.place(Level::Topic, *reference)).collect()
    }

    /// The category that the operator keeps the story in.
    pub(crate) fn kept(&self, reference: u64, story: Option<i64>) -> Option<&CategoryName> {
        if self.kept.is_empty() {
            return None;
        }
        self.kept.get(&reference).or_else(|| {
            let mut in_story: Vec<u64> = self
                .kept
                .keys()
                .copied()
                .filter(|other| story.is_some() && self.place(Level::Story, *other) == story)
                .collect();
            in_story.sort_unstable();
            in_story.first().and_then(|other| self.kept.get(other))
        })
    }

    /// What was kept in the category `from` is kept in `to`.
    pub(crate) fn rename(&mut self, from: &str, to: &CategoryName) {
        for kept in self.kept.values_mut().filter(|kept| kept.as_str() == from) {
            *kept = to.clone();
        }
    }

    /// Notes where an entry stands, when an order names it.
    pub(crate) fn note(&mut self, reference: u64, story: i64, topic: i64) {
        if let Some(stands) = self.stands.get_mut(&reference) {
            *stands = Some((story, topic));
        }
    }

    /// Named entries of story `from` now stand in `into`, and everything in `into` in `topic`.
    pub(crate) fn absorbed(&mut self, from: i64, into: i64, topic: i64) {
        for stands in self.stands.values_mut().flatten() {
            if stands.0 == from || stands.0 == into {
                *stands = (into, topic);
            }
        }
    }

    /// Named entries of topic `from` now stand in topic `into`.
    pub(crate) fn topic_absorbed(&mut self, from: i64, into: i64) {
        for stands in self.stands.values_mut().flatten().filter(|stands| stands.1 == from) {
            stands.1 = into;
        }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.number(self.ties.len() as u64);
        for tie in &self.ties {
            out.number(u64::from(tie.level == Level::Topic));
            for side in [&tie.one, &tie.other] {
                out.number(side.len() as u64);
                for reference in side {
                    out.hash(*reference);
                }
            }
        }
        let mut kept: Vec<_> = self.kept.iter().collect();
        kept.sort_unstable();
        out.number(kept.len() as u64);
        for (reference, category) in kept {
            out.hash(*reference);
            out.text(category.as_str());
        }
        let mut stands: Vec<_> = self.stands.iter().collect();
        stands.sort_unstable();
        out.number(stands.len() as u64);
        for (reference, place) in stands {
            out.hash(*reference);
            let (story, topic) = place.unwrap_or((0, 0));
            out.signed(story);
            out.signed(topic);
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BadSnapshot> {
        let mut read = Self::default();
        for _ in 0..reader.count()? {
            let level = if reader.number()? == 1 { Level::Topic } else { Level::Story };
            let mut side = || {
                let count = reader.count()?;
                (0..count).map(|_| reader.hash()).collect::<Result<Vec<_>, BadSnapshot>>()
            };
            let (one, other) = (side()?, side()?);
            read.ties.push(Tie { level, one, other });
        }
        for _ in 0..reader.count()? {
            let reference = reader.hash()?;
            read.kept.insert(reference, CategoryName::stored(reader.text()?));
        }
        for _ in 0..reader.count()? {
            let reference = reader.hash()?;
            let place = (reader.signed()?, reader.signed()?);
            read.stands.insert(reference, Some(place).filter(|place| place.0 != 0));
        }
        Ok(read)
    }
}
