//! The dedup engine. Same story?
//!
//! [`Dedup::decide`] says which story an entry belongs to, [`Dedup::learn`] takes the decision in. What the operator has
//! ordered, and which stories stand where, it is told.
//!
//! Reading order: `features` (an entry in tokens and shingles) · `boilerplate` (what recurs) · `fingerprint` (what candidates
//! are found by) · `prepared`, `headlines`, `generic`, `overlap`, `forms`, `pages` (two entries side by side) · `numerals`, `own_feed` (within one
//! feed) · `similarity` (same story?) · `decide` (which story?) · `feature_cache` (for speed alone) · `tuning` (every number).

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

/// What the engine is told for a decision.
pub(crate) struct Context<'a> {
    pub(crate) overrides: &'a Overrides,
    pub(crate) placements: &'a Placements,
    /// The number of a story that is founded.
    pub(crate) next: StoryNo,
}

/// What speaks for two entries being the same story.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proof {
    pub(crate) rule: StoryRule,
    /// 0 to 1.
    pub(crate) score: f64,
    pub(crate) signs: Vec<String>,
}

/// The story that an entry joins, as it stands.
pub(crate) struct JoinedStory {
    pub(crate) placement: Placement,
    /// Its category, as far as it is known.
    pub(crate) category: Option<CategoryName>,
}

/// A decision, and the story that it joins; `None` when it founds one.
pub(crate) struct Decided {
    pub(crate) decision: StoryDecision,
    pub(crate) joined: Option<JoinedStory>,
    /// The story about whose page this one is, or that is about its page.
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

    /// Refuses what a snapshot cannot hold.
    pub(crate) fn restored(self) -> Result<Self, BadSnapshot> {
        Ok(Self { boilerplate: self.boilerplate.restored()?, cache: self.cache })
    }

    /// What there is to learn of an entry, and to look up.
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

    /// Learns from a decision. Copies teach nothing: what many carry is no boilerplate.
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
