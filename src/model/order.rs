//! The operator's instructions to the desk: kept, and obeyed from then on.

use super::id::{EntryRef, OrderNo};
use super::settings::CategoryName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is to be done. Orders name entries, which outlive stories, topics and databases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case")]
pub enum OrderKind {
    /// Take these entries out of the story they are in; they and the others never share a story again.
    SplitStory {
        /// The entries to take out.
        entries: Vec<EntryRef>,
        /// The entries that stay.
        from: Vec<EntryRef>,
    },
    /// Take these entries' stories out of their topic; they and the others never share a topic again.
    SplitTopic {
        /// Entries of the stories to take out.
        entries: Vec<EntryRef>,
        /// Entries of the stories that stay.
        from: Vec<EntryRef>,
    },
    /// The stories of these entries are one story.
    JoinStories {
        /// One entry of each.
        entries: Vec<EntryRef>,
    },
    /// The topics of these entries are one topic.
    JoinTopics {
        /// One entry of each.
        entries: Vec<EntryRef>,
    },
    /// The stories of these entries stay in this category.
    Keep {
        /// One entry of each.
        entries: Vec<EntryRef>,
        /// The category.
        category: CategoryName,
    },
    /// The stories of these entries are shown nowhere, whoever carries them.
    TakeDown {
        /// One entry of each.
        entries: Vec<EntryRef>,
    },
    /// The stories of these entries are shown again, where they stood.
    PutBack {
        /// One entry of each.
        entries: Vec<EntryRef>,
    },
}

impl OrderKind {
    /// Every entry that the order names, in its order.
    pub fn references(&self) -> Vec<EntryRef> {
        match self {
            Self::SplitStory { entries, from } | Self::SplitTopic { entries, from } => {
                entries.iter().chain(from).copied().collect()
            }
            Self::JoinStories { entries }
            | Self::JoinTopics { entries }
            | Self::Keep { entries, .. }
            | Self::TakeDown { entries }
            | Self::PutBack { entries } => entries.clone(),
        }
    }
}

/// An order as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Row; orders are carried out in this order.
    pub no: OrderNo,
    /// When it was given.
    pub at: Timestamp,
    /// What is to be done.
    pub kind: OrderKind,
}

/// An entry that an order names, as it stands when the order is carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderTarget {
    /// The entry as a candidate, with its present placement.
    pub candidate: super::Candidate,
    /// Whether the operator fixed its feed to a category, and to which.
    pub fixed: Option<CategoryName>,
}
