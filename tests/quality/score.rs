//! Scores how entries were grouped into stories and topics and sorted into sections, against their labels. For the test of
//! the small cases and for the bench.
//!
//! Knows labels and where each entry went; must not know the desk, the program or any file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

/// An entry's label, and the number of the story or topic that it was put into.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) label: String,
    pub(crate) found: i64,
}

/// Mistakes about which entries are one story.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Stories {
    /// Sum over found stories of the number of labels in each, less one: stories that no reader sees.
    pub(crate) lost: usize,
    /// Sum over labels of the number of found stories with each, less one: stories that are shown again.
    pub(crate) missed: usize,
}

impl Stories {
    pub(crate) fn of(entries: &[Placed]) -> Self {
        let (mut labels, mut found) = (BTreeMap::new(), BTreeMap::new());
        for entry in entries {
            labels.entry(entry.found).or_insert_with(BTreeSet::new).insert(entry.label.as_str());
            found.entry(entry.label.as_str()).or_insert_with(BTreeSet::new).insert(entry.found);
        }
        Self {
            lost: labels.values().map(|labels| labels.len() - 1).sum(),
            missed: found.values().map(|found| found.len() - 1).sum(),
        }
    }

    pub(crate) fn hold(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Stories {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.missed += other.missed;
    }
}

/// B-cubed (Bagga and Baldwin 1998). An entry's precision is the share of the entries in its topic that have its label; its
/// recall is the share of the entries with its label that are in its topic; the entry itself counts. Kept as sums over
/// entries, so that newsrooms can be added up.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    pub(crate) entries: usize,
    precisions: f64,
    recalls: f64,
    /// How many entries have a label of their own.
    pub(crate) lone: usize,
    /// How many of those were put into a topic with others.
    pub(crate) lone_with_others: usize,
}

impl Topics {
    pub(crate) fn of(entries: &[Placed]) -> Self {
        let (mut labelled, mut found, mut both) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for entry in entries {
            *labelled.entry(entry.label.as_str()).or_insert(0_usize) += 1;
            *found.entry(entry.found).or_insert(0_usize) += 1;
            *both.entry((entry.label.as_str(), entry.found)).or_insert(0_usize) += 1;
        }
        let mut topics = Self { entries: entries.len(), ..Self::default() };
        for entry in entries {
            let (labelled, found) = (labelled[entry.label.as_str()], found[&entry.found]);
            let right = both[&(entry.label.as_str(), entry.found)] as f64;
            topics.precisions += right / found as f64;
            topics.recalls += right / labelled as f64;
            topics.lone += usize::from(labelled == 1);
            topics.lone_with_others += usize::from(labelled == 1 && found > 1);
        }
        topics
    }

    pub(crate) fn precision(&self) -> f64 {
        self.precisions / self.entries as f64
    }

    pub(crate) fn recall(&self) -> f64 {
        self.recalls / self.entries as f64
    }

    pub(crate) fn f1(&self) -> f64 {
        2.0 * self.precision() * self.recall() / (self.precision() + self.recall())
    }
}

impl AddAssign for Topics {
    fn add_assign(&mut self, other: Self) {
        self.entries += other.entries;
        self.precisions += other.precisions;
        self.recalls += other.recalls;
        self.lone += other.lone;
        self.lone_with_others += other.lone_with_others;
    }
}

/// The labelled section of an entry, the category that the desk holds most likely, and the category that it gave.
#[derive(Debug)]
pub(crate) struct Guessed {
    pub(crate) section: String,
    pub(crate) guess: Option<String>,
    pub(crate) category: String,
}

/// Counts of entries whose section was guessed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sections {
    pub(crate) entries: usize,
    /// Entries whose most likely category is right, given or not.
    pub(crate) right: usize,
    /// Entries that were given a category other than `general`.
    pub(crate) decided: usize,
    /// Entries that were given the right one.
    pub(crate) decided_right: usize,
}

impl Sections {
    pub(crate) fn of(entries: &[Guessed]) -> Self {
        let mut sections = Self { entries: entries.len(), ..Self::default() };
        for entry in entries {
            sections.right += usize::from(entry.guess.as_ref() == Some(&entry.section));
            sections.decided += usize::from(entry.category != "general");
            sections.decided_right += usize::from(entry.category == entry.section);
        }
        sections
    }
}
