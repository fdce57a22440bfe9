//! The categories engine: text classification. Which section?
//!
//! [`Categories::decide`] says which category a story is in; [`Categories::learn`] learns from the entries of fixed
//! feeds. The operator's orders and the majority category of the story's topic are passed in. Knows nothing of the
//! other engines and of the store.
//!
//! Reading order: `keywords` (the operator's) · `features` (the input of the classifier) · `classifier` (what was
//! learned, and how sure a guess is) · `tuning` (every threshold).

mod classifier;
mod features;
mod keywords;
#[cfg(test)]
mod tests;
mod tuning;

pub(crate) use features::features;

use crate::desk::snapshot::{BadSnapshot, are_plausible};
use crate::desk::text::tokens::{TITLE_TOKENS, Token, Tokens};
use crate::model::{
    CategoryDecision, CategoryName, CategoryRule, DeskSettings, Entry, Evidence, GENERAL, StoryRule,
};
use classifier::{Classifier, Guess};
use keywords::Keywords;
use serde::{Deserialize, Serialize};
use tuning::TUNING;

/// Tokens at the beginning of a text among which evidence to show is looked for.
const SIGN_TOKENS: usize = 40;
/// Maximum number of tokens shown as evidence.
const MAX_SIGNS: usize = 6;

/// What has been learned of categories, and the operator's settings.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Categories {
    /// The configured categories.
    #[serde(skip)]
    names: Vec<CategoryName>,
    #[serde(skip)]
    keywords: Keywords,
    /// The share of right guesses that the operator wants from the classifier, 0 to 1.
    #[serde(skip)]
    sure: f64,
    classifier: Classifier,
    majorities: Majorities,
}

/// Stories of fixed feeds that joined a topic with a majority category: how many there were, and how many had that
/// category.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Majorities {
    all: u32,
    right: u32,
}

impl Majorities {
    fn learn(&mut self, is_right: bool) {
        (self.all, self.right) = (self.all + 1, self.right + u32::from(is_right));
        if self.all > TUNING.remembered_majorities {
            (self.all, self.right) = (self.all / 2, self.right / 2);
        }
    }

    /// Whether the majority category of a topic has been that of its next story often enough.
    fn are_trusted(self) -> bool {
        let (right, all) = TUNING.majority_prior;
        (f64::from(self.right) + right) / (f64::from(self.all) + all) >= TUNING.trusted_majority
    }
}

/// What is known of the story whose category is decided.
pub(crate) struct StoryContext<'a> {
    /// The rule by which the entry is in the story.
    pub(crate) rule: StoryRule,
    /// The story's present category; `None` if the entry founds it.
    pub(crate) category: Option<&'a CategoryName>,
    /// Whether a fixed feed, or the operator, has decided the present category.
    pub(crate) is_fixed: bool,
    /// The category in which the operator keeps the story.
    pub(crate) ordered: Option<&'a CategoryName>,
    /// The category of most stories of its topic, if the story joined a topic.
    pub(crate) majority: Option<&'a CategoryName>,
}

/// The parts of the entry by which the category is decided.
pub(crate) struct EntryContext<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) title: &'a [Token],
    pub(crate) text: &'a [Token],
    pub(crate) features: &'a [(u32, u8)],
    /// The category that the operator has given to its feed.
    pub(crate) fixed: Option<&'a CategoryName>,
}

impl Categories {
    pub(crate) fn new() -> Self {
        Self { classifier: Classifier::new(), ..Self::default() }
    }

    pub(crate) fn configure(&mut self, settings: &DeskSettings) {
        self.names = settings.categories.iter().map(|category| category.name.clone()).collect();
        self.keywords = Keywords::of(&settings.categories);
        self.sure = settings.category_sure;
    }

    /// Rebuilds what a snapshot leaves out; damage is an error. The settings have to be configured afterwards.
    pub(crate) fn restored(self) -> Result<Self, BadSnapshot> {
        if !are_plausible(&[self.majorities.all, self.majorities.right], &[]) {
            return Err(BadSnapshot("majorities have numbers that cannot be".to_owned()));
        }
        Ok(Self { classifier: self.classifier.restored()?, ..self })
    }

    /// Which category the story is in after this entry. The first of these that applies decides: the operator's order,
    /// the first fixed feed that carries the story, its present category, a keyword, the classifier if it is sure, the
    /// majority category of its topic. Otherwise it is in `general`.
    pub(crate) fn decide(&self, entry: &EntryContext<'_>, story: &StoryContext<'_>) -> CategoryDecision {
        if let Some(ordered) = story.ordered {
            return CategoryDecision::sure(ordered.clone(), CategoryRule::Order);
        }
        if let Some(category) = story.category {
            // The first fixed feed that carries the story decides. An update of an entry does not count as a new
            // carrier.
            let may_fix = !story.is_fixed && story.rule != StoryRule::SameEntry;
            if let Some(fixed) = entry.fixed.filter(|_| may_fix) {
                return CategoryDecision::sure(fixed.clone(), CategoryRule::Fixed);
            }
            return self.keep(category, entry);
        }
        if let Some(fixed) = entry.fixed {
            return CategoryDecision::sure(fixed.clone(), CategoryRule::Fixed);
        }
        if let Some((category, written)) = self.keywords.find(entry.title, entry.text) {
            let evidence = Evidence { signs: vec![written.to_owned()], ..Evidence::default() };
            return CategoryDecision {
                evidence,
                ..CategoryDecision::sure(category.clone(), CategoryRule::Keyword)
            };
        }
        self.classify(entry, story.majority)
    }

    /// The story keeps its category. If that is `general`, the decision also says what the classifier guesses.
    fn keep(&self, category: &CategoryName, entry: &EntryContext<'_>) -> CategoryDecision {
        let mut kept = CategoryDecision::sure(category.clone(), CategoryRule::Kept);
        if kept.guess.is_none() {
            let guess = self.guess(entry);
            kept.score = guess.as_ref().map_or(0.0, |guess| guess.score);
            kept.guess = guess.map(|guess| guess.category);
        }
        kept
    }

    /// What the classifier takes the entry for, among the categories that there are now.
    fn guess(&self, entry: &EntryContext<'_>) -> Option<Guess> {
        let guess = self.classifier.guess(entry.features, self.sure);
        guess.filter(|guess| self.is_configured(&guess.category))
    }

    fn is_configured(&self, name: &CategoryName) -> bool {
        self.names.is_empty() || self.names.contains(name)
    }

    fn classify(&self, entry: &EntryContext<'_>, majority: Option<&CategoryName>) -> CategoryDecision {
        let guess = self.guess(entry);
        let decision = |name: CategoryName, rule| CategoryDecision {
            name,
            rule,
            score: guess.as_ref().map_or(0.0, |guess| guess.score),
            guess: guess.as_ref().map(|guess| guess.category.clone()),
            evidence: Evidence::default(),
        };
        if let Some(Guess { category, is_sure: true, .. }) = &guess {
            let evidence = Evidence { signs: self.signs(entry.entry, category), ..Evidence::default() };
            return CategoryDecision { evidence, ..decision(category.clone(), CategoryRule::Learned) };
        }
        let majority = majority
            .filter(|_| self.majorities.are_trusted())
            .filter(|name| name.as_str() != GENERAL && self.is_configured(name));
        match majority {
            Some(name) => decision(name.clone(), CategoryRule::Topic),
            None => decision(CategoryName::general(), CategoryRule::Unsure),
        }
    }

    /// The words of the title and of the beginning of the text that speak for a category.
    fn signs(&self, entry: &Entry, category: &CategoryName) -> Vec<String> {
        let written = |text: &str, tokens, is_title| -> Vec<String> {
            let tokens = Tokens::of(text, tokens);
            let telling = self.classifier.telling(category, &tokens.list, is_title, MAX_SIGNS);
            telling.into_iter().map(|token| tokens.written(token).to_owned()).collect()
        };
        let mut signs = written(&entry.title, TITLE_TOKENS, true);
        for sign in written(&entry.text, SIGN_TOKENS, false) {
            if signs.len() < MAX_SIGNS && !signs.iter().any(|known| known.eq_ignore_ascii_case(&sign)) {
                signs.push(sign);
            }
        }
        signs
    }

    /// Learns the category of an entry of a fixed feed.
    pub(crate) fn learn(&mut self, fixed: &CategoryName, features: &[(u32, u8)]) {
        self.classifier.learn(fixed, features);
    }

    /// Learns whether the majority category of a topic was that of a new story of a fixed feed.
    pub(crate) fn learn_majority(&mut self, majority: &CategoryName, fixed: &CategoryName) {
        self.majorities.learn(majority == fixed);
    }

    /// The category `from` is called `to` now.
    pub(crate) fn rename_category(&mut self, from: &str, to: &CategoryName) {
        self.classifier.rename(from, to);
    }
}
