//! What a submission looks like to the desk: all that deciding and learning need, and no more.
//!
//! Made once by [`super::Desk::analyse`], journalled as bytes, and enough to learn from again after a restart.

use super::dedup::{DocFeatures, DocHashes};
use super::snapshot::{BadSnapshot, decode, encode};
use super::topics::StoryText;
use crate::model::{CategoryName, EntryRef, PageLink, StoryRule};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Version of [`Analysis::to_bytes`].
const VERSION: u32 = 5;

/// What a submission looks like to the desk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Analysis {
    pub(crate) reference: EntryRef,
    /// Category that the operator fixed the feed to.
    pub(crate) fixed: Option<CategoryName>,
    pub(crate) hashes: DocHashes,
    pub(crate) text: StoryText,
    /// Hashed features for the classifier and how often the entry has each, by feature.
    pub(crate) category_features: Vec<(u32, u8)>,
    /// The page whose story the entry carries, and those of other sites to which it leads, for the store; learning needs
    /// neither.
    #[serde(skip)]
    pub(crate) carried: Option<u64>,
    #[serde(skip)]
    pub(crate) links: Vec<PageLink>,
    /// For deciding; learning needs it no more.
    #[serde(skip)]
    pub(crate) features: Option<Arc<DocFeatures>>,
}

impl Analysis {
    /// Fingerprints under which the entry is stored and others like it are found; at most a dozen.
    pub fn fingerprints(&self) -> &[u64] {
        &self.hashes.fingerprints
    }

    /// The pages of other sites that the entry is about or links to.
    pub fn links(&self) -> &[PageLink] {
        &self.links
    }

    /// The page whose story the entry carries.
    pub fn page(&self) -> Option<u64> {
        self.carried
    }

    /// What [`Desk::learn`](super::Desk::learn) takes from the analysis with a filing of this rule, as versioned bytes: a copy
    /// teaches no words, and an entry of a feed without a category no features.
    pub fn to_bytes(&self, rule: StoryRule) -> Vec<u8> {
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
            text: if is_founded { self.text.clone() } else { StoryText::default() },
            category_features: if teaches_category { self.category_features.clone() } else { Vec::new() },
            carried: None,
            links: Vec::new(),
            features: None,
        };
        encode(VERSION, &lesson)
    }

    /// The analysis that [`Self::to_bytes`] wrote, as far as it did. Unknown versions and damage are errors.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSnapshot> {
        decode(VERSION, bytes)
    }
}
