//! Carrying out the operator's orders.
//!
//! An order moves its entries at once, and is remembered as a constraint on later filings. The returned filings are
//! applied to the store by the caller. In a split a filing moves its entry alone (or, between topics, its story); in a
//! join it moves the whole story (or topic).

use super::Desk;
use super::hash::PublisherHash;
use super::placements::Standing;
use super::topics::{StoryText, stems};
use crate::model::{
    CategoryDecision, CategoryName, CategoryRule, EntryRef, Filing, OrderKind, OrderTarget, Placement,
    StoryDecision, StoryNo, StoryRule, TopicDecision, TopicNo, TopicRule,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Desk {
    /// Carries out an order on the entries that it names, and remembers it. `targets` are those entries as they are
    /// filed now; named entries that are not among them are not filed yet, and the order will hold for them when they
    /// are.
    ///
    /// A snapshot holds orders; the journal of filings does not. So the caller has to save a snapshot afterwards, or
    /// has to obey the order again, at its place between the filings, when it learns the journal again.
    pub fn obey(&mut self, order: &OrderKind, targets: &[OrderTarget], now: Timestamp) -> Vec<Filing> {
        self.remember(order, targets);
        match order {
            OrderKind::SplitStory { entries, .. } => self.split_story(entries, targets, now),
            OrderKind::SplitTopic { entries, .. } => self.split_topic(entries, targets, now),
            OrderKind::JoinStories { entries } => self.join_stories(entries, targets, now),
            OrderKind::JoinTopics { entries } => self.join_topics(entries, targets, now),
            OrderKind::Keep { entries, category } => self.keep(entries, category, targets, now),
            // Story, topic and category stay; only the visibility changes, and the store knows that.
            OrderKind::TakeDown { entries } | OrderKind::PutBack { entries } => {
                named(entries, targets).map(|target| as_it_stands(target, now)).collect()
            }
        }
    }

    /// Remembers an order that was carried out before, for a desk that is rebuilt. `targets` are the entries that it
    /// names, as they are filed now.
    pub fn remember(&mut self, order: &OrderKind, targets: &[OrderTarget]) {
        self.overrides.remember(order);
        for target in targets {
            self.overrides.note(target.candidate.reference, target.candidate.placement);
        }
        for (was, present) in &self.renamed {
            self.overrides.rename_category(was, present);
        }
    }

    /// Fixes the stories of the entries to the category.
    fn keep(
        &mut self,
        entries: &[EntryRef],
        category: &CategoryName,
        targets: &[OrderTarget],
        now: Timestamp,
    ) -> Vec<Filing> {
        let mut filings = Vec::new();
        for target in named(entries, targets) {
            let Placement { story, topic } = target.candidate.placement;
            self.placements.set(story, Standing { topic, is_fixed: true });
            let mut filing = as_it_stands(target, now);
            filing.category = CategoryDecision {
                guess: Some(category.clone()),
                ..CategoryDecision::sure(category.clone(), CategoryRule::Order)
            };
            filings.push(filing);
        }
        filings
    }

    /// The entries leave their stories. Those that leave one story become one new story, in the same topic.
    fn split_story(&mut self, entries: &[EntryRef], targets: &[OrderTarget], now: Timestamp) -> Vec<Filing> {
        let mut founded: BTreeMap<StoryNo, StoryNo> = BTreeMap::new();
        let mut filings = Vec::new();
        for target in named(entries, targets) {
            let Placement { story, topic } = target.candidate.placement;
            let new = *founded.entry(story).or_insert_with(|| {
                self.next_story.0 += 1;
                StoryNo(self.next_story.0 - 1)
            });
            let is_fixed = self.placements.get(story).is_none_or(|standing| standing.is_fixed);
            self.placements.set(new, Standing { topic, is_fixed });
            self.overrides.note(target.candidate.reference, Placement { story: new, topic });
            let mut filing = as_it_stands(target, now);
            filing.story = StoryDecision::sure(new, StoryRule::Order);
            filings.push(filing);
        }
        filings
    }

    /// The entries' stories leave their topics. Those that leave one topic become one new topic.
    fn split_topic(&mut self, entries: &[EntryRef], targets: &[OrderTarget], now: Timestamp) -> Vec<Filing> {
        let mut founded: BTreeMap<TopicNo, TopicNo> = BTreeMap::new();
        let mut moved: Vec<StoryNo> = Vec::new();
        let mut filings = Vec::new();
        for target in named(entries, targets) {
            let candidate = &target.candidate;
            let Placement { story, topic } = candidate.placement;
            let new = *founded.entry(topic).or_insert_with(|| {
                self.next_topic.0 += 1;
                TopicNo(self.next_topic.0 - 1)
            });
            if !moved.contains(&story) {
                moved.push(story);
                let text = StoryText {
                    stems: stems::stems_of(&candidate.title, &candidate.text),
                    publisher: PublisherHash::of(&candidate.publisher),
                    ..StoryText::default()
                };
                self.topics.move_story((topic, new), &text, &candidate.category, now.as_second());
                self.placements.set_topic(story, new);
                self.overrides.story_moved(story, Placement { story, topic: new });
            }
            let mut filing = as_it_stands(target, now);
            filing.topic = TopicDecision::sure(new, TopicRule::Order);
            filings.push(filing);
        }
        filings
    }

    /// The oldest story absorbs the others, and goes to the oldest of their topics, which absorbs the other topics.
    fn join_stories(&mut self, entries: &[EntryRef], targets: &[OrderTarget], now: Timestamp) -> Vec<Filing> {
        let Some(into) = oldest(entries, targets) else { return Vec::new() };
        let kept = named(entries, targets).find(|target| target.candidate.placement.story == into.story);
        let category = kept.map(|target| target.candidate.category.clone());
        let mut filings = Vec::new();
        for target in named(entries, targets) {
            let Placement { story, topic } = target.candidate.placement;
            self.absorb_topic(topic, into.topic);
            if story == into.story {
                self.placements.set_topic(story, into.topic);
            } else {
                self.absorb_story(story, into);
            }
            let mut filing = as_it_stands(target, now);
            filing.topic = joined(into.topic, topic, TopicRule::SameStory);
            filing.story = StoryDecision::sure(into.story, StoryRule::Order);
            filing.story.absorbed = Some(story).filter(|story| *story != into.story).into_iter().collect();
            filing.category.name = category.clone().unwrap_or(filing.category.name);
            filings.push(filing);
        }
        filings
    }

    /// The oldest topic absorbs the others.
    fn join_topics(&mut self, entries: &[EntryRef], targets: &[OrderTarget], now: Timestamp) -> Vec<Filing> {
        let Some(Placement { topic: into, .. }) = oldest(entries, targets) else { return Vec::new() };
        let mut filings = Vec::new();
        for target in named(entries, targets) {
            let Placement { story, topic } = target.candidate.placement;
            self.absorb_topic(topic, into);
            self.overrides.story_moved(story, Placement { story, topic: into });
            self.placements.set_topic(story, into);
            let mut filing = as_it_stands(target, now);
            filing.topic = joined(into, topic, TopicRule::Order);
            filings.push(filing);
        }
        filings
    }
}

fn named<'a>(entries: &[EntryRef], targets: &'a [OrderTarget]) -> impl Iterator<Item = &'a OrderTarget> {
    targets.iter().filter(|target| entries.contains(&target.candidate.reference))
}

/// The oldest story and the oldest topic of the entries. They may be of different entries.
fn oldest(entries: &[EntryRef], targets: &[OrderTarget]) -> Option<Placement> {
    let placements = || named(entries, targets).map(|target| target.candidate.placement);
    let story = placements().map(|placement| placement.story).min()?;
    let topic = placements().map(|placement| placement.topic).min()?;
    Some(Placement { story, topic })
}

/// The decision that a topic becomes part of another.
fn joined(into: TopicNo, topic: TopicNo, rule: TopicRule) -> TopicDecision {
    let absorbed = Some(topic).filter(|topic| *topic != into).into_iter().collect();
    TopicDecision { absorbed, ..TopicDecision::sure(into, rule) }
}

fn as_it_stands(target: &OrderTarget, now: Timestamp) -> Filing {
    let candidate = &target.candidate;
    Filing::as_it_stands(candidate.no, now, candidate.placement, candidate.category.clone())
}
