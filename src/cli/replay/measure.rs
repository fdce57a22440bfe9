//! Takes the operator's orders as labelled pairs, and counts how often each rule was right about them.
//!
//! The desk that is measured must not obey the orders, or they would be measured themselves. It knows filings and orders.

use crate::desk::memory_index::Standings;
use crate::model::{EntryRef, Filing, Order, OrderKind, StoryNo, StoryRule};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// How many pairs of stories, and how many of topics, are counted; those of later orders are left out.
const PAIRS_MOST: usize = 20_000;

/// The rules by which the desk puts an entry into the story of another entry.
const RULES: [StoryRule; 3] = [StoryRule::SameAddress, StoryRule::SameText, StoryRule::SameTitle];

type Pair = (EntryRef, EntryRef);

/// What the orders say of pairs of entries, and what the desk decided.
pub(super) struct Measure {
    /// By pair: whether the operator says that it is one story, and by which rule the desk made it one.
    stories: BTreeMap<Pair, (bool, Option<StoryRule>)>,
    /// By pair: whether the operator says that it is one topic.
    topics: BTreeMap<Pair, bool>,
    /// The entries of all pairs, and the story that each was filed into; `None` for those not filed.
    placed: HashMap<EntryRef, Option<StoryNo>>,
}

/// How often a rule was right, over the pairs of which both entries were filed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Score {
    /// The rule's word in the ledger; `any` for all rules of stories together.
    pub(super) rule: &'static str,
    /// Pairs that the operator joined and this rule made one.
    pub(super) right: usize,
    /// Pairs that the operator split and this rule made one.
    pub(super) wrong: usize,
    /// Pairs that the operator joined.
    pub(super) joined: usize,
    /// Pairs that the operator split.
    pub(super) split: usize,
    /// `right` divided by `right + wrong`, from 0 to 1; `None` when both are 0.
    pub(super) precision: Option<f64>,
    /// `right` divided by `joined`, from 0 to 1; `None` when that is 0.
    pub(super) recall: Option<f64>,
}

impl Measure {
    /// The pairs that these orders, in the order they were given, say something of.
    pub(super) fn new(orders: &[Order]) -> Self {
        let mut measure = Self { stories: BTreeMap::new(), topics: BTreeMap::new(), placed: HashMap::new() };
        for order in orders {
            // A later order takes back what an earlier one said of the same pair.
            match &order.kind {
                OrderKind::SplitStory { entries, from } => across(entries, from, |pair| {
                    note(&mut measure.stories, pair, (false, None));
                }),
                OrderKind::JoinStories { entries } => within(entries, |pair| {
                    note(&mut measure.stories, pair, (true, None));
                }),
                OrderKind::SplitTopic { entries, from } => across(entries, from, |pair| {
                    note(&mut measure.topics, pair, false);
                }),
                OrderKind::JoinTopics { entries } => {
                    within(entries, |pair| note(&mut measure.topics, pair, true));
                }
                OrderKind::Keep { .. } | OrderKind::TakeDown { .. } | OrderKind::PutBack { .. } => {}
            }
        }
        let named = measure.stories.keys().chain(measure.topics.keys());
        measure.placed = named.flat_map(|(one, other)| [(*one, None), (*other, None)]).collect();
        measure
    }

    /// Notes the pairs that a filing made one story. `standings` must include the filing.
    pub(super) fn filed(&mut self, reference: EntryRef, filing: &Filing, standings: &Standings) {
        let named = self.placed.get_mut(&reference).map(|story| *story = Some(filing.story.no)).is_some();
        if self.placed.is_empty() || (!named && filing.story.absorbed.is_empty()) {
            return;
        }
        let story = |of: &EntryRef| {
            self.placed.get(of).copied().flatten().map(|story| standings.placement_of(story).0.story)
        };
        for ((one, other), (_, found)) in self.stories.iter_mut().filter(|(_, (_, found))| found.is_none()) {
            if story(one).is_some() && story(one) == story(other) {
                *found = Some(filing.story.rule);
            }
        }
    }

    /// The score of each rule for stories, then of all of these together, then of the topics at the end.
    pub(super) fn scores(&self, standings: &Standings) -> Vec<Score> {
        let placed = |of: &EntryRef| self.placed.get(of).copied().flatten();
        let stored = |(one, other): &&Pair| placed(one).is_some() && placed(other).is_some();
        let stories: Vec<(bool, Option<StoryRule>)> =
            self.stories.iter().filter(|(pair, _)| stored(pair)).map(|(_, judged)| *judged).collect();
        let by = |rule: &'static str, of: &[StoryRule]| {
            let found = stories.iter().map(|(same, by)| (*same, by.is_some_and(|by| of.contains(&by))));
            Score::of(rule, found)
        };
        let mut scores: Vec<Score> = RULES.iter().map(|rule| by(rule.as_str(), &[*rule])).collect();
        scores.push(by("any", &RULES));
        let topic = |of: &EntryRef| placed(of).map(|story| standings.placement_of(story).0.topic);
        let topics = self.topics.iter().filter(|(pair, _)| stored(pair));
        scores.push(Score::of(
            "same-event",
            topics.map(|((one, other), same)| (*same, topic(one) == topic(other))),
        ));
        scores
    }
}

impl Score {
    /// Counts pairs: whether each is the same by the orders, and whether the desk found it to be.
    fn of(rule: &'static str, pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let (mut right, mut wrong, mut joined, mut split) = (0, 0, 0, 0);
        for (same, found) in pairs {
            joined += usize::from(same);
            split += usize::from(!same);
            right += usize::from(same && found);
            wrong += usize::from(!same && found);
        }
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        let (precision, recall) = (share(right, right + wrong), share(right, joined));
        Self { rule, right, wrong, joined, split, precision, recall }
    }
}

fn note<T>(pairs: &mut BTreeMap<Pair, T>, (one, other): Pair, says: T) {
    let pair = if one.0 <= other.0 { (one, other) } else { (other, one) };
    if one != other && (pairs.len() < PAIRS_MOST || pairs.contains_key(&pair)) {
        pairs.insert(pair, says);
    }
}

fn across(entries: &[EntryRef], from: &[EntryRef], mut each: impl FnMut(Pair)) {
    for one in entries {
        for other in from {
            each((*one, *other));
        }
    }
}

fn within(entries: &[EntryRef], mut each: impl FnMut(Pair)) {
    for (at, one) in entries.iter().enumerate() {
        entries[at + 1..].iter().for_each(|other| each((*one, *other)));
    }
}
