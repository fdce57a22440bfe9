//! Carrying out the operator's orders.
//!
//! An order changes where its entries stand now and is remembered for what comes later. The archive carries out the
//! filings that come back; a filing of an order speaks for its entry alone in splits, and for its whole story (or
//! topic) in joins.

use crate::desk::Desk;
use crate::desk::analysis;
use crate::desk::overrides::Level;
use crate::model::{
    CategoryName, CategoryRule, EntryRef, Evidence, Filing, OrderKind, OrderTarget, Placement, StoryNo,
    StoryRule, TopicNo, TopicRule,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Desk {
    /// Carries out an order on the entries it names, as they stand now, and remembers it. Entries that are not among
    /// `targets` are not filed yet; the order will hold for them when they come. Snapshots hold orders, journalled
    /// filings do not: obey the order again at its place when restoring.
    pub fn obey(&mut self, order: &OrderKind, targets: &[OrderTarget], now: Timestamp) -> Vec<Filing> {
        self.remember(order, targets);
        match order {
            OrderKind::SplitStory { entries, .. } => self.split_story(entries, targets, now),
            OrderKind::SplitTopic { entries, .. } => self.split_topic(entries, targets, now),
            OrderKind::JoinStories { entries } => self.join(Level::Story, entries, targets, now),
            OrderKind::JoinTopics { entries } => self.join(Level::Topic, entries, targets, now),
            OrderKind::Keep { entries, category } => named(entries, targets)
                .map(|target| {
                    let placement = target.candidate.placement;
                    self.recent.set(placement.story.0, placement.topic.0, true);
                    let mut filing = stays(target, now);
                    filing.category = category.clone();
                    filing.category_rule = CategoryRule::Order;
                    filing.guess = Some(category.clone());
                    filing
                })
                .collect(),
        }
    }

    /// Remembers an order that was carried out before, for a desk that learns anew: `targets` are the entries it names as
    /// they stand now.
    pub fn remember(&mut self, order: &OrderKind, targets: &[OrderTarget]) {
        self.ties.remember(order);
        for target in targets {
            let candidate = &target.candidate;
            self.ties.note(candidate.reference.0, candidate.placement.story.0, candidate.placement.topic.0);
        }
        for (was, present) in &self.renamed {
            self.ties.rename(was, present);
        }
    }

    /// The entries leave together, as one new story in the same topic.
    fn split_story(&mut self, entries: &[EntryRef], targets: &[OrderTarget], now: Timestamp) -> Vec<Filing> {
        let mut founded: BTreeMap<StoryNo, StoryNo> = BTreeMap::new();
        let mut filings = Vec::new();
        for target in named(entries, targets) {
            let Placement { story, topic } = target.candidate.placement;
            let new = *founded.entry(story).or_insert_with(|| {
                self.next_story += 1;
                StoryNo(self.next_story - 1)
            });
            self.recent.set(new.0, topic.0, self.recent.get(story.0).is_none_or(|(_, fixed)| fixed));
            self.ties.note(target.candidate.reference.0, new.0, topic.0);
            let mut filing = stays(target, now);
            filing.story = new;
            filing.story_rule = StoryRule::Order;
            filings.push(filing);
        }
        filings
    }

    /// The stories leave together, as one new topic for each that they leave.
    fn split_topic(&mut self, entries: &[EntryRef], targets: &[OrderTarget], now: Timestamp) -> Vec<Filing> {
        let mut founded: BTreeMap<TopicNo, TopicNo> = BTreeMap::new();
        let mut moved: Vec<StoryNo> = Vec::new();
        let mut filings = Vec::new();
        for target in named(entries, targets) {
            let Placement { story, topic } = target.candidate.placement;
            let new = *founded.entry(topic).or_insert_with(|| {
                self.next_topic += 1;
                TopicNo(self.next_topic - 1)
            });
            if !moved.contains(&story) {
                moved.push(story);
                let terms = analysis::terms_of(&target.candidate.title, &target.candidate.text);
                let section = target.candidate.category.as_str();
                self.topics.take_out(topic.0, &terms, section, &self.vocabulary);
                let publisher = crate::desk::hash::of(target.candidate.publisher.as_bytes());
                self.topics.add(new.0, &terms, publisher, section, &self.vocabulary, now.as_second());
                self.recent.set(story.0, new.0, self.recent.get(story.0).is_none_or(|(_, fixed)| fixed));
                self.ties.absorbed(story.0, story.0, new.0);
            }
            let mut filing = stays(target, now);
            filing.topic = new;
            filing.topic_rule = TopicRule::Order;
            filings.push(filing);
        }
        filings
    }

    /// The oldest story (or topic) takes in the others.
    fn join(
        &mut self,
        level: Level,
        entries: &[EntryRef],
        targets: &[OrderTarget],
        now: Timestamp,
    ) -> Vec<Filing> {
        let places: Vec<Placement> =
            named(entries, targets).map(|target| target.candidate.placement).collect();
        let (Some(story), Some(topic)) =
            (places.iter().map(|place| place.story).min(), places.iter().map(|place| place.topic).min())
        else {
            return Vec::new();
        };
        let category = oldest_category(entries, targets, story);
        let mut filings = Vec::new();
        for target in named(entries, targets) {
            let place = target.candidate.placement;
            self.topics.absorb(topic.0, place.topic.0, &self.vocabulary);
            let into = if level == Level::Story { story } else { place.story };
            self.ties.absorbed(place.story.0, into.0, topic.0);
            self.recent.set(into.0, topic.0, self.recent.get(into.0).is_none_or(|(_, fixed)| fixed));
            let mut filing = stays(target, now);
            filing.topic = topic;
            if level == Level::Story {
                filing.story = story;
                filing.story_rule = StoryRule::Order;
                filing.absorbed = Some(place.story).filter(|other| *other != story).into_iter().collect();
                filing.category = category.clone().unwrap_or(filing.category);
            } else {
                filing.topic_rule = TopicRule::Order;
            }
            filings.push(filing);
        }
        filings
    }
}

fn named<'a>(entries: &[EntryRef], targets: &'a [OrderTarget]) -> impl Iterator<Item = &'a OrderTarget> {
    targets.iter().filter(|target| entries.contains(&target.candidate.reference))
}

fn oldest_category(entries: &[EntryRef], targets: &[OrderTarget], story: StoryNo) -> Option<CategoryName> {
    named(entries, targets)
        .find(|target| target.candidate.placement.story == story)
        .map(|target| target.candidate.category.clone())
}

/// A filing that leaves everything as it is.
fn stays(target: &OrderTarget, now: Timestamp) -> Filing {
    let candidate = &target.candidate;
    Filing {
        entry: candidate.no,
        at: now,
        story: candidate.placement.story,
        story_rule: StoryRule::SameEntry,
        story_score: 1.0,
        story_evidence: Evidence::default(),
        topic: candidate.placement.topic,
        topic_rule: TopicRule::SameStory,
        topic_score: 1.0,
        topic_evidence: Evidence::default(),
        category: candidate.category.clone(),
        category_rule: CategoryRule::Kept,
        category_score: 1.0,
        guess: Some(candidate.category.clone()).filter(|category| category.as_str() != crate::model::GENERAL),
        category_evidence: Evidence::default(),
        absorbed: Vec::new(),
        shares_address_with: Vec::new(),
        absorbed_topics: Vec::new(),
        settled: Vec::new(),
        moved_on: false,
    }
}
