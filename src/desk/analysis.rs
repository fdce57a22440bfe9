//! The analysis of a submission: all that the engines need of it to decide and to learn, and no more.
//!
//! Made once by [`super::Desk::analyse`]. What learning needs of it is journalled as bytes, so that the desk can learn
//! from it again after a restart. Knows nothing of how the engines use it.

use super::dedup::{DocFeatures, DocHashes};
use super::snapshot::{BadSnapshot, decode, encode};
use super::topics::StoryText;
use crate::model::{CategoryName, EntryRef, Filing, Headline, PageLink, StoryRule};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Version of the format of [`Analysis::to_bytes`].
const VERSION: u32 = 5;

/// What the engines need of one submission.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Analysis {
    pub(crate) reference: EntryRef,
    /// The category that the operator has given to the whole feed.
    pub(crate) fixed: Option<CategoryName>,
    pub(crate) hashes: DocHashes,
    pub(crate) text: StoryText,
    /// Hashed features for the classifier, each with how often the entry has it; sorted by feature.
    pub(crate) category_features: Vec<(u32, u8)>,
    /// Hash of the page whose story the entry carries. For the store; learning does not need it.
    #[serde(skip)]
    pub(crate) carried: Option<u64>,
    /// The pages of other sites that the entry links to. For the store; learning does not need them.
    #[serde(skip)]
    pub(crate) links: Vec<PageLink>,
    /// For deciding; learning does not need them. `None` after [`Self::from_bytes`].
    #[serde(skip)]
    pub(crate) features: Option<Arc<DocFeatures>>,
}

impl Analysis {
    /// Fingerprints under which the entry is stored, and under which entries like it are found; at most twelve.
    pub fn fingerprints(&self) -> &[u64] {
        &self.hashes.fingerprints
    }

    /// The pages of other sites that the entry is about or links to.
    pub fn links(&self) -> &[PageLink] {
        &self.links
    }

    /// Hash of the canonical address of the page whose story the entry carries.
    pub fn page(&self) -> Option<u64> {
        self.carried
    }

    /// The part of the analysis that [`Desk::learn`](super::Desk::learn) uses together with this filing, as versioned
    /// bytes. An entry that founds no story teaches no words, or those of its headline at most. An entry of a feed
    /// without a fixed category teaches the classifier nothing.
    pub fn to_bytes(&self, filing: &Filing) -> Vec<u8> {
        let rule = filing.story.rule;
        let is_founded = rule == StoryRule::Founded;
        let DocHashes { publisher, headline, .. } = self.hashes;
        let teaches_category = self.fixed.is_some() && rule != StoryRule::SameEntry;
        let lesson = Self {
            reference: self.reference,
            fixed: self.fixed.clone(),
            hashes: if is_founded {
                self.hashes.clone()
            } else {
                DocHashes { publisher, headline, ..DocHashes::default() }
            },
            text: match filing.topic.headline {
                _ if is_founded => self.text.clone(),
                Headline::New => self.text.headline_only(),
                Headline::Untold | Headline::SaidBefore => StoryText::default(),
            },
            category_features: if teaches_category { self.category_features.clone() } else { Vec::new() },
            carried: None,
            links: Vec::new(),
            features: None,
        };
        encode(VERSION, &lesson)
    }

    /// The part of an analysis that [`Self::to_bytes`] wrote. Unknown versions and damage are errors.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSnapshot> {
        decode(VERSION, bytes)
    }
}
