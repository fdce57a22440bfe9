//! What a poll brought, written down: adoptions and entries through the desk, what may be published, and the feed's state.
//!
//! Part of the ingest loop, in its transaction.

use super::Filed;
use crate::admission::BACKLOG_SHOWN;
use crate::desk::Desk;
use crate::model::{
    Adoption, CategoryRule, Entry, EntryNo, FeedFacts, Filing, PollReport, StoryId, StoryRule, Submission,
    TopicId,
};
use crate::store::{Batch, NewStory, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;

/// A story that was only in some feed's backlog is published after all when another feed brings it as news while it
/// is at most this old; later it stays old.
const STILL_NEWS: SignedDuration = SignedDuration::from_hours(48);

/// Keeps the salts of ids founded by returning entries apart from those of orders, which are small.
const RETURNED: u64 = 1 << 40;

/// A report on its way into the store.
struct Filer<'a, 't> {
    batch: &'a mut Batch<'t>,
    desk: &'a mut Desk,
    facts: FeedFacts,
    /// Stored entries of the feed that stand in the document.
    beside: HashSet<EntryNo>,
    now: Timestamp,
    filed: &'a mut Filed,
}

/// Files what a poll brought, in one transaction with the feed's state.
pub(super) fn file_report(
    batch: &mut Batch<'_>,
    desk: &mut Desk,
    report: &PollReport,
    now: Timestamp,
    filed: &mut Filed,
) -> Result<(), StoreError> {
    let feed = report.state.no;
    let Some(facts) = batch.reader().feed_facts(feed)? else {
        return Err(StoreError::Damaged(format!("there is no feed {feed}")));
    };
    let joined_later =
        report.backlog && batch.reader().founded_at()?.is_some_and(|at| report.state.added_at > at);
    let backlog = if joined_later { report.entries.len().saturating_sub(BACKLOG_SHOWN) } else { 0 };
    let hidden = backlog.max(report.quiet);
    if !report.newly_shared.is_empty() {
        batch.share_addresses(feed, &report.newly_shared)?;
    }
    let mut filer = Filer { batch, desk, facts, beside: HashSet::new(), now, filed };
    if !report.adopted.is_empty() {
        filer.beside = stand_beside(filer.batch, report)?;
        for adoption in &report.adopted {
            filer.adopt(adoption)?;
        }
    }
    if !report.entries.is_empty() {
        filer.beside = stand_beside(filer.batch, report)?;
        if !report.partial {
            filer.batch.note_left(feed, &filer.beside, now)?;
        }
    }
    for (place, entry) in report.entries.iter().enumerate() {
        // Entries come oldest first, so that the newest few are the last.
        let news = if place < hidden {
            News::Old
        } else if joined_later {
            News::Backlog
        } else {
            News::New
        };
        let no = filer.file(entry, news)?;
        filer.beside.insert(no);
    }
    if let Some(served) = &report.served {
        batch.put_served(feed, served, report.partial, now)?;
    }
    batch.put_feed(&report.state)
}

/// The stored entries of the feed that stand in the document. What a part of a document does not hold stands where it stood.
fn stand_beside(batch: &Batch<'_>, report: &PollReport) -> Result<HashSet<EntryNo>, StoreError> {
    let feed = report.state.no;
    let mut beside = batch.numbers_under(feed, report.served.as_deref().unwrap_or_default())?;
    if report.partial {
        beside.extend(batch.served(feed)?);
    }
    Ok(beside.into_iter().collect())
}

/// Whether an entry may publish its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    /// It is among what a feed added later had before, or brought all at once, and not among the newest few: it
    /// publishes nothing.
    Old,
    /// It is among the newest few of such a feed: it publishes a story that it founds.
    Backlog,
    /// It is new: it also publishes a story that was only backlog, while that is still news.
    New,
}

impl Filer<'_, '_> {
    /// Files one entry. Gives its number.
    fn file(&mut self, entry: &Entry, news: News) -> Result<EntryNo, StoreError> {
        let Self { batch, desk, facts, beside, now, filed } = self;
        let now = *now;
        let slot = batch.slot(facts.no, &entry.key)?;
        let quiet = news == News::Old || facts.private;
        let (no, reference, stands) = (slot.no, slot.reference, slot.stands);
        let submission = Submission { no, reference, entry, feed: facts, quiet, stands, beside };
        let analysis = desk.analyse(&submission);
        let found = batch.candidates(analysis.keys())?;
        let filing = desk.file(&submission, &analysis, &found, now);
        let place = batch.put_filing(&filing, &analysis.to_bytes(filing.story_rule))?;

        let founded = found_if_new(batch, &filing, facts, entry, slot.salt, now)?;
        let carried = if founded { None } else { batch.carried_openly(filing.story)? };
        batch.put_entry(&slot, facts.no, entry, filing.story, now)?;
        batch.put_keys(no, analysis.keys(), now)?;
        if !filing.shares_address_with.is_empty() {
            batch.share_addresses_of(&filing.shares_address_with)?;
            batch.share_addresses_of(&[no])?;
        }
        move_others(batch, facts, entry, &filing, now)?;
        // The first fixed feed that carries a story decides its category. New words of a known entry decide nothing.
        let fixes = matches!(filing.category_rule, CategoryRule::Fixed | CategoryRule::Order);
        if !founded && fixes && filing.story_rule != StoryRule::SameEntry {
            batch.set_category(filing.story, &filing.category)?;
        }
        let still_news = carried.is_none_or(|published| now.duration_since(published) <= STILL_NEWS);
        let publishes = match news {
            News::Old => false,
            News::Backlog => founded,
            News::New => founded || (still_news && stands.is_none()),
        };
        if publishes && !facts.private {
            // Not with its own founding: a topic of which nothing is published yet stays where it is.
            if filing.moved_on {
                batch.move_topic_on(filing.topic, place, now)?;
            }
            batch.show_story(filing.story, no, place, now)?;
        }
        if stands.is_some() {
            batch.touch_story(filing.story, no, now)?;
            batch.thin_ledger(no)?;
            filed.changed += 1;
        } else {
            filed.new += 1;
        }
        filed.stories += usize::from(founded);
        filed.absorbed += filing.absorbed.len();
        Ok(no)
    }

    /// Gives an entry that is stored its new key and its new words. Nothing is decided and nobody is told: it stands where it
    /// stood.
    fn adopt(&mut self, adoption: &Adoption) -> Result<(), StoreError> {
        let (no, entry) = (adoption.no, &adoption.entry);
        let Some(slot) = self.batch.rekey(self.facts.no, no, &entry.key)? else {
            // It went, or came under this key, since the poll looked; then it is an entry like any other, but no news.
            return self.file(entry, News::Old).map(|_| ());
        };
        let Self { batch, desk, facts, beside, now, .. } = self;
        let reference = slot.reference;
        let submission = Submission { no, reference, entry, feed: facts, quiet: true, stands: None, beside };
        let analysis = desk.analyse(&submission);
        if let Some(stands) = slot.stands {
            batch.put_entry(&slot, facts.no, entry, stands.story, *now)?;
        }
        batch.put_keys(no, analysis.keys(), *now)
    }
}

/// Writes what a filing says of stories and topics other than the entry's own.
fn move_others(
    batch: &mut Batch<'_>,
    facts: &FeedFacts,
    entry: &Entry,
    filing: &Filing,
    now: Timestamp,
) -> Result<(), StoreError> {
    for absorbed in &filing.absorbed {
        batch.absorb(*absorbed, filing.story)?;
    }
    for absorbed in &filing.absorbed_topics {
        batch.absorb_topic(*absorbed, filing.topic)?;
    }
    for placement in &filing.settled {
        // A number never given before makes an id that nothing else has.
        let id = TopicId::found(&facts.first_url, &entry.key, placement.topic.0 as u64 + RETURNED);
        batch.settle_story(*placement, id, now)?;
    }
    Ok(())
}

/// Founds the filing's story and topic when they do not exist yet. `salt` tells what an order founds from what the
/// entry founded before. Says whether the story was founded now.
pub(super) fn found_if_new(
    batch: &mut Batch<'_>,
    filing: &Filing,
    facts: &FeedFacts,
    entry: &Entry,
    salt: u64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // An entry that was forgotten may return while what it once founded lives on, carried by others: then its ids are
    // salted with the number, which is never given twice.
    if !batch.revive_topic(filing.topic)? {
        let found = |salt: u64| TopicId::found(&facts.first_url, &entry.key, salt);
        let id = found(salt);
        let taken = batch.id_taken(id.0)?;
        batch.put_topic(filing.topic, if taken { found(filing.topic.0 as u64 + RETURNED) } else { id })?;
    }
    if batch.has_story(filing.story)? {
        return Ok(false);
    }
    let found = |salt: u64| StoryId::found(&facts.first_url, &entry.key, salt);
    let id = found(salt);
    let taken = batch.id_taken(id.0)?;
    batch.put_story(&NewStory {
        no: filing.story,
        id: if taken { found(filing.story.0 as u64 + RETURNED) } else { id },
        topic: filing.topic,
        category: filing.category.clone(),
        lead: filing.entry,
        // Dates in the future are cut to now; a missing date is the time first seen.
        published: entry.published.unwrap_or(now).min(now),
    })?;
    Ok(true)
}
