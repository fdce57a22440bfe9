//! All judgements in order: which story, which topic, which category, each with its rule, score and evidence.
//!
//! Reads the desk and changes nothing.

use crate::desk::Desk;
use crate::desk::analysis::Analysis;
use crate::desk::dedup::decide::StoryChoice;
use crate::desk::dedup::features::{Kept, TEXT_WORDS, TITLE_WORDS};
use crate::desk::overrides::Level;
use crate::desk::text::tokens::{Word, Words};
use crate::model::{
    CategoryName, CategoryRule, Evidence, Filing, Found, GENERAL, StoryNo, StoryRule, Submission, TopicNo,
    TopicRule,
};
use jiff::Timestamp;

/// A topic's majority decides as long as majorities told the next fixed story's category so often.
const TRUSTED_MAJORITY: f64 = 0.85;
/// Words of a text among which those are looked for that tell its category.
const TELLING_WORDS: usize = 40;
/// Words shown as evidence.
const MAX_SIGNS: usize = 6;

struct TopicChoice {
    topic: TopicNo,
    rule: TopicRule,
    score: f64,
    evidence: Evidence,
    moved_on: bool,
    absorbed: Vec<TopicNo>,
}

struct CategoryChoice {
    category: CategoryName,
    rule: CategoryRule,
    score: f64,
    guess: Option<CategoryName>,
    evidence: Evidence,
}

impl Desk {
    /// Decides where an entry belongs.
    pub(crate) fn decide(
        &self,
        submission: &Submission<'_>,
        analysis: &Analysis,
        found: &Found,
        now: Timestamp,
        kept: &mut Kept,
    ) -> Filing {
        let story = self.choose_story(submission, analysis, found, now, kept);
        let topic = self.choose_topic(submission, analysis, &story, now);
        let category = self.choose_category(submission, analysis, &story, &topic);
        Filing {
            entry: submission.no,
            at: now,
            story: story.placement.map_or(StoryNo(self.next_story), |placement| placement.story),
            story_rule: story.rule,
            story_score: story.score,
            story_evidence: story.evidence,
            topic: topic.topic,
            topic_rule: topic.rule,
            topic_score: topic.score,
            topic_evidence: topic.evidence,
            category: category.category,
            category_rule: category.rule,
            category_score: category.score,
            guess: category.guess,
            category_evidence: category.evidence,
            absorbed: story.absorbed,
            shares_address_with: story.shares_address_with,
            absorbed_topics: topic.absorbed,
            settled: Vec::new(),
            moved_on: topic.moved_on,
        }
    }

    fn choose_topic(
        &self,
        submission: &Submission<'_>,
        analysis: &Analysis,
        story: &StoryChoice,
        now: Timestamp,
    ) -> TopicChoice {
        let chosen = |topic, rule, score: f64, signs, moved_on| TopicChoice {
            topic,
            rule,
            score,
            evidence: Evidence { entry: None, signs },
            moved_on,
            absorbed: Vec::new(),
        };
        if let Some(placement) = story.placement {
            return chosen(placement.topic, TopicRule::SameStory, 1.0, Vec::new(), false);
        }
        if let Some(wanted) = self.ties.wanted(Level::Topic, analysis.reference) {
            return chosen(TopicNo(wanted), TopicRule::Order, 1.0, Vec::new(), false);
        }
        let forbidden = self.ties.forbidden(Level::Topic, analysis.reference);
        let now = now.as_second();
        let allowed = |no| !forbidden.contains(&no);
        match self.topics.find(analysis, &self.vocabulary, now, self.topics_stricter, allowed) {
            None => chosen(TopicNo(self.next_topic), TopicRule::Founded, 1.0, Vec::new(), false),
            Some(link) => {
                let signs = signs(submission, &link.shared);
                let mut one = vec![link.topic];
                for also in link.also {
                    if !one.iter().any(|topic| self.ties.apart(Level::Topic, *topic, also)) {
                        one.push(also);
                    }
                }
                one.sort_unstable();
                let oldest = one.remove(0);
                let topic = self.topics.get(oldest).filter(|_| !submission.quiet);
                let moved_on = topic.is_some_and(|topic| topic.moves_on(analysis.publisher, now));
                let mut choice =
                    chosen(TopicNo(oldest), TopicRule::SameEvent, f64::from(link.score), signs, moved_on);
                choice.absorbed = one.into_iter().map(TopicNo).collect();
                choice
            }
        }
    }

    fn choose_category(
        &self,
        submission: &Submission<'_>,
        analysis: &Analysis,
        story: &StoryChoice,
        topic: &TopicChoice,
    ) -> CategoryChoice {
        let chosen = |category: &CategoryName, rule, score, signs: Vec<String>| CategoryChoice {
            category: category.clone(),
            rule,
            score,
            guess: Some(category.clone()).filter(|category| category.as_str() != GENERAL),
            evidence: Evidence { entry: None, signs },
        };
        let known = story.placement.map(|placement| placement.story.0);
        if let Some(kept) = self.ties.kept(analysis.reference, known) {
            return chosen(kept, CategoryRule::Order, 1.0, Vec::new());
        }
        let fixed = analysis.fixed.as_ref();
        if let Some(category) = &story.category {
            // The first fixed feed that carries a story decides, if none did so far.
            let free = known.and_then(|story| self.recent.get(story)).is_some_and(|(_, fixed)| !fixed);
            if let Some(fixed) = fixed.filter(|_| free && story.rule != StoryRule::SameEntry) {
                return chosen(fixed, CategoryRule::Fixed, 1.0, Vec::new());
            }
            let mut kept = chosen(category, CategoryRule::Kept, 1.0, Vec::new());
            if kept.guess.is_none() {
                let guess = self.sections.guess(&analysis.features, self.category_sure);
                kept.score = guess.as_ref().map_or(0.0, |guess| guess.score);
                kept.guess = guess.map(|guess| CategoryName::stored(guess.section));
            }
            return kept;
        }
        if let Some(fixed) = fixed {
            return chosen(fixed, CategoryRule::Fixed, 1.0, Vec::new());
        }
        if let Some((category, written)) = self.keyword(submission) {
            return chosen(category, CategoryRule::Keyword, 1.0, vec![written.to_owned()]);
        }
        self.learned_category(submission, analysis, topic)
    }

    fn learned_category(
        &self,
        submission: &Submission<'_>,
        analysis: &Analysis,
        topic: &TopicChoice,
    ) -> CategoryChoice {
        let guess = self.sections.guess(&analysis.features, self.category_sure);
        let configured = |name: &str| {
            self.categories.is_empty() || self.categories.iter().any(|category| category.as_str() == name)
        };
        let guess = guess.filter(|guess| configured(&guess.section));
        let name = guess.as_ref().map(|guess| CategoryName::stored(guess.section.clone()));
        let score = guess.as_ref().map_or(0.0, |guess| guess.score);
        let choice = |category: CategoryName, rule, score| CategoryChoice {
            category,
            rule,
            score,
            guess: name.clone(),
            evidence: Evidence::default(),
        };
        if let (Some(guess), Some(name)) = (&guess, &name)
            && guess.sure
        {
            let evidence = Evidence { entry: None, signs: self.telling(submission, &guess.section) };
            return CategoryChoice { evidence, ..choice(name.clone(), CategoryRule::Learned, score) };
        }
        let majority = Some(topic.topic.0)
            .filter(|_| crate::desk::joined(topic.rule) && self.topics.majority_right() >= TRUSTED_MAJORITY)
            .and_then(|no| self.topics.get(no))
            .and_then(crate::desk::topics::clusters::Topic::majority)
            .filter(|(section, _)| *section != GENERAL && configured(section));
        if let Some((section, _)) = majority {
            return choice(CategoryName::stored(section.to_owned()), CategoryRule::Topic, score);
        }
        choice(CategoryName::general(), CategoryRule::Unsure, score)
    }

    /// The words of an entry's beginning that speak for a section.
    fn telling(&self, submission: &Submission<'_>, section: &str) -> Vec<String> {
        let title = Words::of(&submission.entry.title, TITLE_WORDS);
        let text = Words::of(&submission.entry.text, TELLING_WORDS);
        let written = |words: &Words, in_title| -> Vec<String> {
            let telling = self.sections.telling(section, &words.list, in_title, MAX_SIGNS);
            telling.into_iter().map(|word| words.written(word).to_owned()).collect()
        };
        let mut signs = written(&title, true);
        for sign in written(&text, false) {
            if signs.len() < MAX_SIGNS && !signs.iter().any(|known| known.eq_ignore_ascii_case(&sign)) {
                signs.push(sign);
            }
        }
        signs
    }

    /// The first of the operator's keywords that stands in the entry, categories in the operator's order.
    fn keyword(&self, submission: &Submission<'_>) -> Option<(&CategoryName, &str)> {
        if self.keywords.is_empty() {
            return None;
        }
        let title = Words::of(&submission.entry.title, TITLE_WORDS);
        let text = Words::of(&submission.entry.text, TEXT_WORDS);
        let hashes = |words: &Words| words.list.iter().map(|word| word.hash).collect::<Vec<_>>();
        let (title, text) = (hashes(&title), hashes(&text));
        let stands =
            |words: &[u64], keyword: &[u64]| words.windows(keyword.len()).any(|window| window == keyword);
        self.keywords
            .iter()
            .find(|keyword| stands(&title, &keyword.words) || stands(&text, &keyword.words))
            .map(|keyword| (&keyword.category, keyword.written.as_str()))
    }
}

/// The shared stems as the entry writes them.
fn signs(submission: &Submission<'_>, shared: &[u32]) -> Vec<String> {
    let title = Words::of(&submission.entry.title, TITLE_WORDS);
    let text = Words::of(&submission.entry.text, 120);
    let find = |words: &Words, stem: u32| {
        words.list.iter().find(|word: &&Word| word.stem == stem).map(|word| words.written(word).to_owned())
    };
    shared
        .iter()
        .take(MAX_SIGNS)
        .filter_map(|stem| find(&title, *stem).or_else(|| find(&text, *stem)))
        .collect()
}
