//! Carrying out the operator's orders: the desk says what moves, and the tables follow.
//!
//! Part of the ingest loop, in its transaction; nothing else moves what was filed.

use super::filing::found_if_new;
use crate::desk::Desk;
use crate::model::{Entry, EntryNo, Filing, FilingNo, Order, OrderKind, OrderTarget, StoryNo};
use crate::store::{Batch, StoreError};
use jiff::Timestamp;
use tracing::info;

/// Carries out the orders that wait. What they change in the desk is in no journal, so the desk is saved.
pub(super) fn carry_out_orders(
    batch: &mut Batch<'_>,
    desk: &mut Desk,
    now: Timestamp,
) -> Result<(), StoreError> {
    let orders = batch.reader().waiting_orders()?;
    if orders.is_empty() {
        return Ok(());
    }
    for order in &orders {
        let outcome = carry_out(batch, desk, order, now)?;
        info!(order.no = order.no.0, "order carried out: {outcome}");
        batch.order_done(order.no, &outcome, now)?;
    }
    batch.put_snapshot(&desk.snapshot(), now)
}

fn carry_out(
    batch: &mut Batch<'_>,
    desk: &mut Desk,
    order: &Order,
    now: Timestamp,
) -> Result<String, StoreError> {
    let targets = batch.reader().order_targets(&order.kind.references())?;
    let filings = desk.obey(&order.kind, &targets, now);
    for filing in &filings {
        let Some(target) = targets.iter().find(|target| target.candidate.no == filing.entry) else {
            continue;
        };
        apply_ordered(batch, order, target, filing, now)?;
    }
    Ok(match filings.len() {
        0 => "nothing had to move".to_owned(),
        1 => "1 entry filed again".to_owned(),
        n => format!("{n} entries filed again"),
    })
}

fn apply_ordered(
    batch: &mut Batch<'_>,
    order: &Order,
    target: &OrderTarget,
    filing: &Filing,
    now: Timestamp,
) -> Result<(), StoreError> {
    let no: FilingNo = batch.put_filing(filing, &[])?;
    let was: StoryNo = target.candidate.placement.story;
    let (key, facts) = batch.reader().entry_origin(filing.entry)?;
    let founder = Entry { key, published: target.candidate.published, ..Entry::default() };
    found_if_new(batch, filing, &facts, &founder, order.no.0 as u64, now)?;
    let was_shown = batch.shown(was)?.is_some();
    for absorbed in &filing.story.absorbed {
        batch.absorb(*absorbed, filing.story.no)?;
    }
    let stands: EntryNo = filing.entry;
    batch.move_entry(stands, filing.story.no)?;
    if matches!(order.kind, OrderKind::JoinStories { .. } | OrderKind::JoinTopics { .. }) {
        batch.absorb_topic(target.candidate.placement.topic, filing.topic.no)?;
    }
    batch.move_story(filing.story.no, filing.topic.no)?;
    if matches!(order.kind, OrderKind::Keep { .. }) {
        batch.set_category(filing.story.no, &filing.category.name)?;
    }
    if filing.story.no != was && was_shown && !facts.private {
        batch.show_story(filing.story.no, stands, no, now)?;
    }
    Ok(())
}
