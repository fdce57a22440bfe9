//! Files one report: takes its adoptions, its entries and the feed's state through the desk and into the store.
//!
//! Part of the ingest loop, in its transaction. It asks `admission` what is published, and has the store apply what was
//! decided. It must not know the rules of either.

use super::Filed;
use super::heat::note_links;
use crate::admission::{self, FilingFacts, News, ReportNews};
use crate::desk::{Analysis, Desk};
use crate::model::{
    Adoption, CategoryRule, Entry, EntryNo, FeedFacts, Filing, Headline, Lead, PollReport, Publication,
    StoryRule, Submission,
};
use crate::store::{Batch, Brought, Change, Decision, EntrySlot, Reader, StoreError};
use jiff::Timestamp;
use std::collections::HashSet;

/// The state while one report is filed.
struct Filer<'a, 't> {
    batch: &'a mut Batch<'t>,
    desk: &'a mut Desk,
    facts: FeedFacts,
    /// Where the feed was last read, after redirects.
    feed_address: &'a str,
    /// Stored entries of the feed that are in the document.
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
    // First, because what the document says of its feed, above all whose site it is, also applies to its entries.
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

/// The stored entries of the feed that are in the document. If the document is only a part, entries that were in the
/// last document count as still there.
fn stand_beside(batch: &Batch<'_>, report: &PollReport) -> Result<HashSet<EntryNo>, StoreError> {
    let feed = report.state.no;
    let mut beside = batch.numbers_under(feed, report.served.as_deref().unwrap_or_default())?;
    if report.partial {
        beside.extend(batch.served(feed)?);
    }
    Ok(beside.into_iter().collect())
}

impl Filer<'_, '_> {
    /// Files one entry. Returns its number.
    fn file(&mut self, entry: &Entry, news: News) -> Result<EntryNo, StoreError> {
        let Self { batch, desk, facts: feed, feed_address, beside, now, filed } = self;
        let now = *now;
        let slot = batch.slot(feed.no, &entry.key)?;
        let (no, reference, stands) = (slot.no, slot.reference, slot.stands);
        let unpublished = news == News::Unpublished;
        let submission = Submission { no, reference, entry, feed, unpublished, stands, beside };
        let analysis = desk.analyse(&submission);
        let found = batch.candidates(analysis.fingerprints())?;
        let mut filing = desk.file(&submission, &analysis, &found, now);

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
        let is_shown = story.is_some_and(|story| story.shown && !story.taken_down) || publication.shows_story;
        if is_shown && story.is_some() && !feed.private && heads(batch, &filing, &publication)? {
            filing.topic.headline = desk.show_headline(&analysis, now);
        }
        let analysis_bytes = analysis.to_bytes(&filing);
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

    /// Gives a stored entry its new key and its new words. Nothing is decided and nothing is published: its story
    /// stays.
    fn adopt(&mut self, adoption: &Adoption) -> Result<(), StoreError> {
        let (no, entry) = (adoption.no, &adoption.entry);
        let Some(slot) = self.batch.rekey(self.facts.no, no, &entry.key)? else {
            // Since the poll looked it up, the old entry was deleted, or an entry was filed under the new key. So it is
            // filed like any other entry, but not as news.
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

/// What the store has to write of an entry that was analysed.
fn brought<'a>(
    feed: &'a FeedFacts,
    slot: &'a EntrySlot,
    entry: &'a Entry,
    analysis: &'a Analysis,
) -> Brought<'a> {
    Brought { feed, slot, entry, fingerprints: analysis.fingerprints(), links: analysis.links() }
}

/// Whether the filing's entry leads its story from now on.
fn heads(batch: &Batch<'_>, filing: &Filing, publication: &Publication) -> Result<bool, StoreError> {
    Ok(match publication.leads {
        Some(lead) => lead == filing.entry,
        None if filing.story.rule != StoryRule::SameEntry => false,
        None => batch.reader().lead_of(filing.story.no)?.is_some_and(|lead| lead.entry == filing.entry),
    })
}

/// The entry that leads the filing's story from now on; `None` if that does not change.
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

/// The leads of the stories that are merged into the filing's story.
pub(super) fn absorbed_leads(reader: &Reader<'_>, filing: &Filing) -> Result<Vec<Lead>, StoreError> {
    let leads = filing.story.absorbed.iter().map(|story| reader.lead_of(*story));
    leads.filter_map(Result::transpose).collect()
}

/// Whether the filing fixes the category of its story. New words of a known entry never do.
fn fixes_category(filing: &Filing) -> bool {
    let fixed = matches!(filing.category.rule, CategoryRule::Fixed | CategoryRule::Order);
    fixed && filing.story.rule != StoryRule::SameEntry
}
