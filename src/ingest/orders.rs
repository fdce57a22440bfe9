//! Carrying out the operator's orders: the desk says what moves, and the store applies it.
//!
//! Part of the ingest loop, in its transaction. It must not know what an order means for a story; the desk and
//! `admission` do.

use super::filing::absorbed_leads;
use crate::admission::{self, OrderFacts};
use crate::desk::Desk;
use crate::model::{Filing, Order, OrderTarget};
use crate::store::{Batch, Change, Decision, Origin, StoreError};
use jiff::Timestamp;
use tracing::info;

/// Carries out the orders that wait. The journal does not hold what they change in the desk, so a snapshot is saved.
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
    let was = target.candidate.placement;
    let (key, feed) = batch.reader().entry_origin(filing.entry)?;
    let before = batch.story_before(was.story)?;
    let facts = OrderFacts {
        kind: &order.kind,
        moved: filing.story.no != was.story,
        was_shown: before.is_some_and(|story| story.shown),
        was_down: before.is_some_and(|story| story.taken_down),
        private: feed.private,
    };
    let mut publication = admission::publish_order(&facts);
    let reader = batch.reader();
    if let Some(before) = reader.lead_of(filing.story.no)? {
        publication.leads = admission::leads(&before, &absorbed_leads(&reader, filing)?, &before, false);
    }
    let change = Change::Ordered {
        order: order.no,
        origin: Origin { feed: &feed, key: &key, published: target.candidate.published },
        decision: Decision { filing, analysis: &[], publication },
    };
    batch.apply(&change, now)
}
