//! The dedup engine: near-duplicate detection. Same story?
//!
//! [`Dedup::decide`] says which story an entry belongs to; [`Dedup::learn`] learns from the decision. The operator's
//! orders and the placements of stories are passed in ([`Context`]). Knows nothing of topics, categories and the store.
//!
//! Reading order: `features` (the tokens and shingles of an entry) · `boilerplate` (what recurs) · `fingerprint` (by
//! which candidates are found) · `prepared`, `headlines`, `generic`, `overlap`, `forms`, `pages` (comparing two
//! entries) · `numerals`, `own_feed` (two entries of one feed) · `similarity` (same story?) · `decide` (which story?) ·
//! `feature_cache` (for speed only) · `tuning` (every threshold).

mod boilerplate;
mod decide;
mod feature_cache;
mod features;
mod fingerprint;
mod forms;
mod generic;
mod headlines;
mod numerals;
mod overlap;
mod own_feed;
mod pages;
mod prepared;
mod similarity;
mod tuning;

pub(crate) use features::DocFeatures;
pub(crate) use fingerprint::{DocHashes, address_fingerprint, page_fingerprint};

use crate::desk::hash::PublisherHash;
use crate::desk::overrides::Overrides;
use crate::desk::placements::Placements;
use crate::desk::snapshot::BadSnapshot;
use crate::desk::text::tokens::Token;
use crate::model::{CategoryName, EntryRef, Placement, StoryDecision, StoryNo, StoryRule};
use boilerplate::{Boilerplate, Counted};
use feature_cache::FeatureCache;
use serde::{Deserialize, Serialize};

/// What has been learned of publishers' boilerplate and templates.
#[derive(Serialize, Deserialize)]
pub(crate) struct Dedup {
    boilerplate: Boilerplate,
    #[serde(skip)]
    cache: FeatureCache,
}

/// What a decision depends on besides the entry and the candidates.
pub(crate) struct Context<'a> {
    pub(crate) overrides: &'a Overrides,
    pub(crate) placements: &'a Placements,
    /// The number that a new story gets.
    pub(crate) next: StoryNo,
}

/// The evidence that two entries are the same story.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proof {
    pub(crate) rule: StoryRule,
    /// 0 to 1.
    pub(crate) score: f64,
    /// What is shown to people as the reason.
    pub(crate) signs: Vec<String>,
}

/// The story that an entry joins.
pub(crate) struct JoinedStory {
    pub(crate) placement: Placement,
    /// Its present category; `None` if no candidate of the story was found.
    pub(crate) category: Option<CategoryName>,
}

/// A decision on the story of an entry.
pub(crate) struct Decided {
    pub(crate) decision: StoryDecision,
    /// The story that the entry joins; `None` when it founds one.
    pub(crate) joined: Option<JoinedStory>,
    /// For a founded story: an earlier story about the same page, where one of the two comments on the page. They
    /// belong to one topic.
    pub(crate) page_of: Option<Placement>,
}

impl Decided {
    fn founds(decision: StoryDecision) -> Self {
        Self { decision, joined: None, page_of: None }
    }

    fn joins(decision: StoryDecision, story: JoinedStory) -> Self {
        Self { decision, joined: Some(story), page_of: None }
    }
}

impl Dedup {
    pub(crate) fn new() -> Self {
        Self { boilerplate: Boilerplate::new(), cache: FeatureCache::default() }
    }

    /// Checks the state after a snapshot was read; damage is an error.
    pub(crate) fn restored(self) -> Result<Self, BadSnapshot> {
        Ok(Self { boilerplate: self.boilerplate.restored()?, cache: self.cache })
    }

    /// The hashes of an entry: those to learn from, and the fingerprints to look candidates up by.
    pub(crate) fn hashes(
        &self,
        features: &DocFeatures,
        publisher: PublisherHash,
        reference: EntryRef,
        shares_address: bool,
    ) -> DocHashes {
        fingerprint::hashes_of(features, publisher, reference.0, shares_address, &self.boilerplate)
    }

    /// The tokens of a title without the publisher's suffix.
    pub(crate) fn headline<'f>(&self, features: &'f DocFeatures, publisher: PublisherHash) -> &'f [Token] {
        fingerprint::headline(features, publisher, &self.boilerplate)
    }

    /// Learns from a decision. Only a story's first entry is counted, because a text that many feeds carry is no
    /// boilerplate for it. The one exception: an entry that joined by its headline alone still counts its headline,
    /// which may turn out to be a template.
    pub(crate) fn learn(&mut self, hashes: &DocHashes, rule: StoryRule) {
        let publisher = hashes.publisher;
        if rule == StoryRule::SameTitle && hashes.headline != 0 {
            self.boilerplate.add(Counted::Headline, publisher, hashes.headline);
        }
        if rule != StoryRule::Founded {
            return;
        }
        hashes.edges.iter().for_each(|shingle| self.boilerplate.add(Counted::Shingle, publisher, *shingle));
        if !hashes.edges.is_empty() {
            self.boilerplate.add(Counted::Stories, publisher, 0);
        }
        let whole = [(Counted::Headline, hashes.headline), (Counted::Suffix, hashes.suffix)];
        for (counted, what) in whole.into_iter().filter(|(_, what)| *what != 0) {
            self.boilerplate.add(counted, publisher, what);
        }
        for fingerprint in &hashes.fingerprints {
            self.boilerplate.add(Counted::Fingerprint, PublisherHash::NONE, *fingerprint);
        }
    }
}
