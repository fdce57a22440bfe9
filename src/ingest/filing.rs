//! What a poll brought, through the desk and into the store: adoptions, entries, and the feed's state.
//!
//! Part of the ingest loop, in its transaction. It asks `admission` what is published, and the store to apply what was
//! decided; it must not know the rules of either.

use super::Filed;
use super::heat::note_links;
use crate::admission::{self, FilingFacts, News, ReportNews};
use crate::desk::{Analysis, Desk};
use crate::model::{
    Adoption, CategoryRule, Entry, EntryNo, FeedFacts, Filing, Headline, Lead, PollReport, StoryRule,
    Submission,
};
use crate::store::{Batch, Brought, Change, Decision, EntrySlot, Reader, StoreError};
use jiff::Timestamp;
use std::collections::HashSet;

/// A report on its way into the store.
struct Filer<'a, 't> {
    batch: &'a mut Batch<'t>,
    desk: &'a mut Desk,
    facts: FeedFacts,
    /// Where the feed was last read, after redirects.
    feed_address: &'a str,
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
    // What the document says of its feed holds for its own entries, too: whose site it is, above all.
    batch.put_feed(&report.state)?;
    let Some(facts) = batch.reader().feed_facts(feed)? else {
        return Err(StoreError::Damaged(format!("there is no feed {feed}")));
    };
    let founded_at = if report.backlog { batch.reader().founded_at()? } else { None };
    let news = ReportNews::of(report, facts.private, founded_at);
    if !report.newly_shared.is_empty() {
        batch.share_addresses(feed, &report.newly_shared)?;
    }
    let feed_address = report.state.validators.url.as_str();
    let mut filer = Filer { batch, desk, facts, feed_address, beside: HashSet::new(), now, filed };
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
    for (position, entry) in report.entries.iter().enumerate() {
        let no = filer.file(entry, news.at(position))?;
        filer.beside.insert(no);
    }
    if let Some(served) = &report.served {
        batch.put_served(feed, served, report.partial, now)?;
    }
    Ok(())
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

impl Filer<'_, '_> {
    /// Files one entry. Gives its number.
    fn file(&mut self, entry: &Entry, news: News) -> Result<EntryNo, StoreError> {
        let Self { batch, desk, facts: feed, feed_address, beside, now, filed } = self;
        let now = *now;
        let slot = batch.slot(feed.no, &entry.key)?;
        let (no, reference, stands) = (slot.no, slot.reference, slot.stands);
        let unpublished = news == News::Unpublished;
        let submission = Submission { no, reference, entry, feed, unpublished, stands, beside };
        let analysis = desk.analyse(&submission);
        let found = batch.candidates(analysis.fingerprints())?;
        let filing = desk.file(&submission, &analysis, &found, now);

        let story = batch.story_before(filing.story.no)?;
        let facts = FilingFacts {
            news,
            known: stands.is_some(),
            story,
            moved_on: filing.topic.moved_on,
            said_before: filing.topic.headline == Headline::SaidBefore,
            fixes_category: fixes_category(&filing) && !feed.private,
        };
        let mut publication = admission::publish(&facts, now);
        if let (None, Some(story)) = (stands, story) {
            let is_shown_now = publication.shows_story && !story.shown;
            publication.leads = leader(batch, feed, feed_address, entry, &filing, is_shown_now)?;
        }
        let analysis_bytes = analysis.to_bytes(filing.story.rule);
        let decision = Decision { filing: &filing, analysis: &analysis_bytes, publication };
        let brought = brought(feed, &slot, entry, &analysis);
        batch.apply(&Change::Filed { brought, decision }, now)?;
        note_links(batch, &analysis, filing.story.no, now)?;
        if stands.is_some() {
            filed.changed += 1;
        } else {
            filed.new += 1;
        }
        filed.stories += usize::from(story.is_none());
        filed.absorbed += filing.story.absorbed.len();
        Ok(no)
    }

    /// Gives an entry that is stored its new key and its new words. Nothing is decided and nobody is told: it stands where it
    /// stood.
    fn adopt(&mut self, adoption: &Adoption) -> Result<(), StoreError> {
        let (no, entry) = (adoption.no, &adoption.entry);
        let Some(slot) = self.batch.rekey(self.facts.no, no, &entry.key)? else {
            // It went, or came under this key, since the poll looked; then it is an entry like any other, but no news.
            return self.file(entry, News::Unpublished).map(|_| ());
        };
        let Self { batch, desk, facts: feed, beside, now, .. } = self;
        let reference = slot.reference;
        let submission = Submission { no, reference, entry, feed, unpublished: true, stands: None, beside };
        let analysis = desk.analyse(&submission);
        let brought = brought(feed, &slot, entry, &analysis);
        batch.apply(&Change::Adopted { brought }, *now)
    }
}

/// What the store is to write of an entry that the desk has looked at.
fn brought<'a>(
    feed: &'a FeedFacts,
    slot: &'a EntrySlot,
    entry: &'a Entry,
    analysis: &'a Analysis,
) -> Brought<'a> {
    Brought { feed, slot, entry, fingerprints: analysis.fingerprints(), links: analysis.links() }
}

/// The entry that leads the filing's story from now on, when that changes.
fn leader(
    batch: &Batch<'_>,
    feed: &FeedFacts,
    feed_address: &str,
    entry: &Entry,
    filing: &Filing,
    is_shown_now: bool,
) -> Result<Option<EntryNo>, StoreError> {
    let reader = batch.reader();
    let Some(before) = reader.lead_of(filing.story.no)? else { return Ok(None) };
    let absorbed = absorbed_leads(&reader, filing)?;
    let page = Lead::page(entry.url.as_deref(), entry.links_to.as_deref(), &entry.text);
    let own = Lead::new((filing.entry, feed.no), page, feed_address, feed.private);
    let own = Lead { preferred: feed.prefer, ..own };
    Ok(admission::leads(&before, &absorbed, &own, is_shown_now))
}

/// Who leads the stories that become part of the filing's.
pub(super) fn absorbed_leads(reader: &Reader<'_>, filing: &Filing) -> Result<Vec<Lead>, StoreError> {
    let leads = filing.story.absorbed.iter().map(|story| reader.lead_of(*story));
    leads.filter_map(Result::transpose).collect()
}

/// Whether the filing says of its story in which category it belongs. New words of a known entry do not.
fn fixes_category(filing: &Filing) -> bool {
    let fixed = matches!(filing.category.rule, CategoryRule::Fixed | CategoryRule::Order);
    fixed && filing.story.rule != StoryRule::SameEntry
}
