//! The single place where decisions are written to the tables: for entries that a poll brought, for entries that got
//! another key, and for the operator's orders.
//!
//! The caller says what is decided and what is published of it. This module derives the ids, the rows and the order
//! of the writes. It must not decide anything itself.

use super::batch::{EntrySlot, NewStory};
use super::{Batch, Result};
use crate::model::{
    Entry, FeedFacts, Filing, FilingNo, OrderNo, PageLink, Publication, StoryId, StoryRule, TopicId,
};
use jiff::Timestamp;

/// Offset that keeps the salts of returning entries apart from the numbers of orders, which are salts too.
const RETURNED: u64 = 1 << 40;

/// A change of what is filed.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    /// The desk has filed an entry that a poll brought: a new one, or one with other words.
    Filed {
        /// The entry.
        brought: Brought<'a>,
        /// What was decided.
        decision: Decision<'a>,
    },
    /// A stored entry has got another key (see [`Batch::rekey`]) and may have other words. Nothing was decided, and nobody
    /// is told: it stands where it stood.
    Adopted {
        /// The entry.
        brought: Brought<'a>,
    },
    /// The operator has ordered where a stored entry stands.
    Ordered {
        /// The order.
        order: OrderNo,
        /// The entry's key and feed.
        origin: Origin<'a>,
        /// What was decided.
        decision: Decision<'a>,
    },
}

/// An entry that a poll brought.
#[derive(Debug, Clone, Copy)]
pub struct Brought<'a> {
    /// The feed that carried it.
    pub feed: &'a FeedFacts,
    /// Its row.
    pub slot: &'a EntrySlot,
    /// The entry itself.
    pub entry: &'a Entry,
    /// What it is found by as a candidate.
    pub fingerprints: &'a [u64],
    /// The pages of other sites that it is about or links to.
    pub links: &'a [PageLink],
}

/// What the desk decided about an entry, and what is published of it.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// The filing.
    pub filing: &'a Filing,
    /// What the desk learned with it, for the journal; empty for orders, after which the desk is saved.
    pub analysis: &'a [u8],
    /// What is published of it.
    pub publication: Publication,
}

/// What the ids and the date of a founded story are made from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The feed of the founding entry.
    pub feed: &'a FeedFacts,
    /// The key of the founding entry.
    pub key: &'a str,
    /// The date of the founding entry, as its publisher says.
    pub published: Option<Timestamp>,
}

impl<'a> Brought<'a> {
    fn origin(&self) -> Origin<'a> {
        Origin { feed: self.feed, key: &self.entry.key, published: self.entry.published }
    }
}

impl Origin<'_> {
    fn topic_id(&self, salt: u64) -> TopicId {
        TopicId::found(&self.feed.first_url, self.key, salt)
    }

    fn story_id(&self, salt: u64) -> StoryId {
        StoryId::found(&self.feed.first_url, self.key, salt)
    }
}

impl Batch<'_> {
    /// Writes a change, with all that follows from it.
    pub fn apply(&mut self, change: &Change<'_>, now: Timestamp) -> Result<()> {
        match change {
            Change::Filed { brought, decision } => self.apply_filed(brought, decision, now),
            Change::Adopted { brought } => self.write_entry(brought, None, now),
            Change::Ordered { order, origin, decision } => self.apply_ordered(*order, origin, decision, now),
        }
    }

    fn apply_filed(&mut self, brought: &Brought<'_>, decision: &Decision<'_>, now: Timestamp) -> Result<()> {
        let Decision { filing, .. } = *decision;
        let origin = brought.origin();
        let line = self.begin(decision, &origin, brought.slot.salt, now)?;
        self.write_entry(brought, Some(filing), now)?;
        if !filing.story.shares_address_with.is_empty() {
            self.share_addresses_of(&filing.story.shares_address_with)?;
            self.share_addresses_of(&[filing.entry])?;
        }
        self.regroup(filing, &origin, now)?;
        self.publish(decision, line, now)?;
        if brought.slot.stands.is_some() {
            self.touch_story(filing.story.no, filing.entry, now)?;
            self.thin_ledger(filing.entry)?;
        }
        Ok(())
    }

    fn apply_ordered(
        &mut self,
        order: OrderNo,
        origin: &Origin<'_>,
        decision: &Decision<'_>,
        now: Timestamp,
    ) -> Result<()> {
        let Decision { filing, .. } = *decision;
        // The order's number is the salt of the ids: an entry that founds a story or topic by an order gets other ids
        // than those that it founded before.
        let line = self.begin(decision, origin, order.0 as u64, now)?;
        self.move_entry(filing.entry, filing.story.no)?;
        self.regroup(filing, origin, now)?;
        self.move_story(filing.story.no, filing.topic.no)?;
        self.publish(decision, line, now)
    }

    /// Writes the ledger line and the journal, founds what does not exist yet, and absorbs what became one story.
    fn begin(
        &mut self,
        decision: &Decision<'_>,
        origin: &Origin<'_>,
        salt: u64,
        now: Timestamp,
    ) -> Result<FilingNo> {
        let Decision { filing, analysis, .. } = *decision;
        let line = self.put_filing(filing, analysis)?;
        self.found(filing, origin, salt, now)?;
        for absorbed in &filing.story.absorbed {
            self.absorb(*absorbed, filing.story.no)?;
        }
        Ok(line)
    }

    /// Founds the filing's story and topic when they do not exist yet.
    ///
    /// An entry that retention deleted may return while the story or topic that it once founded still exists, carried
    /// by other entries. Its first choice of id is then taken. In that case the id is made with the number of the new
    /// story or topic, which is never given twice.
    fn found(&mut self, filing: &Filing, origin: &Origin<'_>, salt: u64, now: Timestamp) -> Result<()> {
        let (story, topic) = (filing.story.no, filing.topic.no);
        if !self.revive_topic(topic)? {
            let id = origin.topic_id(salt);
            let taken = self.id_taken(id.0)?;
            self.put_topic(topic, if taken { origin.topic_id(topic.0 as u64 + RETURNED) } else { id })?;
        }
        if self.has_story(story)? {
            return Ok(());
        }
        let id = origin.story_id(salt);
        let taken = self.id_taken(id.0)?;
        self.put_story(&NewStory {
            no: story,
            id: if taken { origin.story_id(story.0 as u64 + RETURNED) } else { id },
            topic,
            category: filing.category.name.clone(),
            lead: filing.entry,
            // Dates in the future are cut to now; a missing date is the time first seen.
            published: origin.published.unwrap_or(now).min(now),
        })
    }

    /// Writes the words of an entry and the fingerprints by which it is found: in the story of its filing, or where it stands.
    fn write_entry(&mut self, brought: &Brought<'_>, filing: Option<&Filing>, now: Timestamp) -> Result<()> {
        let Brought { feed, slot, entry, fingerprints, links } = *brought;
        let story = filing.map(|filing| filing.story.no).or(slot.stands.map(|stands| stands.story));
        if let Some(story) = story {
            self.put_entry(slot, feed.no, entry, story, now)?;
            self.put_links(slot, links, entry.published.unwrap_or(now).min(now))?;
        }
        self.put_fingerprints(slot.no, fingerprints, now)
    }

    /// Moves other stories than the entry's own to other topics: those of absorbed topics, and those that
    /// reclustering moves.
    fn regroup(&mut self, filing: &Filing, origin: &Origin<'_>, now: Timestamp) -> Result<()> {
        for absorbed in &filing.topic.absorbed {
            self.absorb_topic(*absorbed, filing.topic.no)?;
        }
        for placement in &filing.reclustered {
            // A number never given before makes an id that nothing else has.
            let id = origin.topic_id(placement.topic.0 as u64 + RETURNED);
            self.recluster_story(*placement, id, now)?;
        }
        Ok(())
    }

    /// Writes what readers see of the decision. The topic moves on before the story is shown: a topic must not move
    /// on because of the story that publishes it for the first time.
    fn publish(&mut self, decision: &Decision<'_>, line: FilingNo, now: Timestamp) -> Result<()> {
        let Decision { filing, publication, .. } = *decision;
        if publication.sets_category {
            self.set_category(filing.story.no, &filing.category.name)?;
        }
        // Reclustering may have moved the story elsewhere with this very filing.
        if publication.moves_topic_on && self.topic_of(filing.story.no)? == filing.topic.no {
            self.move_topic_on(filing.topic.no, line, now)?;
        }
        if let Some(lead) = publication.leads {
            self.set_lead(filing.story.no, lead, now)?;
        }
        if publication.shows_story {
            self.show_story(filing.story.no, line, !publication.keeps_topic_back, now)?;
        }
        // New words of a known entry put its story into no other category.
        if filing.story.rule != StoryRule::SameEntry {
            self.note_categories(filing.story.no)?;
        }
        match publication.takes_down {
            Some(true) => self.take_down(filing.story.no)?,
            Some(false) => {
                self.put_back(filing.story.no)?;
            }
            None => {}
        }
        Ok(())
    }
}
