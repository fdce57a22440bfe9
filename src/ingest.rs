//! The ingest loop, the only place where entries are filed. It takes the reports of polls, asks the desk, and writes
//! entries, filings, feed states and validators in one transaction. It also carries out the operator's orders.
//!
//! It knows the desk, admission and the store; it must not know how feeds are fetched or shown. The desk is moved into
//! the transaction and comes back only after the commit. If the transaction fails, the desk has learned what was not
//! written; so it is dropped and rebuilt.

mod filing;
mod heat;
mod orders;
mod queue;
mod rebuild;

pub use queue::{Ack, IngestReceiver, IngestSender, ReportGroup, queue};

use crate::desk::Desk;
use crate::model::{DeskSettings, PollReport};
use crate::store::{Pruning, Store, StoreError};
use filing::file_report;
use jiff::Timestamp;
use std::ops::Range;
use std::sync::Arc;
use tracing::{debug, error, info};

/// Number of filings after which the desk is saved. After a crash at most this many are learned again, which takes
/// about a second.
const SNAPSHOT_EVERY: u64 = 20_000;

/// With fewer filings since the last snapshot, the desk is not saved at a clean shutdown: learning them again is faster
/// than writing a snapshot.
const WORTH_SAVING: u64 = 1_000;

/// Maximum number of stories that one transaction of [`Ingest::forget`] looks at, so that filing never waits long.
const PRUNED_AT_ONCE: usize = 500;

/// Counts of what one transaction did, for the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filed {
    /// Entries filed for the first time.
    pub new: usize,
    /// Entries that came again with other words.
    pub changed: usize,
    /// Stories founded.
    pub stories: usize,
    /// Stories merged into another one.
    pub absorbed: usize,
}

impl Filed {
    fn log(self) {
        if self.new + self.changed > 0 {
            debug!(
                entries.new = self.new,
                entries.changed = self.changed,
                stories.new = self.stories,
                stories.merged = self.absorbed,
                "filed"
            );
        }
    }
}

/// The ingest loop's state.
#[derive(Debug)]
pub struct Ingest {
    store: Store,
    settings: DeskSettings,
    /// `None` only during a transaction, and after a failed one until it is rebuilt. Boxed, because it is moved often.
    desk: Option<Box<Desk>>,
}

impl Ingest {
    /// Restores the desk as of the last filing.
    pub async fn new(store: Store, settings: DeskSettings) -> Result<Self, StoreError> {
        let mut ingest = Self { store, settings, desk: None };
        ingest.desk = Some(Box::new(rebuild::rebuild(&ingest.store, &ingest.settings).await?));
        Ok(ingest)
    }

    /// Replaces the settings; what the desk has learned stays.
    pub fn configure(&mut self, settings: DeskSettings) {
        if self.settings == settings {
            return;
        }
        if let Some(desk) = &mut self.desk {
            desk.configure(&settings);
        }
        self.settings = settings;
    }

    /// Files one group of reports and tells the polls that wait for it. If the group cannot be filed because of
    /// something in it, each report is filed in a transaction of its own, so that one bad report does not affect the
    /// others.
    pub async fn file(&mut self, group: ReportGroup, now: Timestamp) {
        let (reports, replies) = group.into_parts();
        let reports = Arc::new(reports);
        let whole = self.file_part(&reports, 0..reports.len(), now).await;
        for (idx, reply) in replies.into_iter().enumerate() {
            let filed = match whole {
                Some(filed) => filed,
                None => self.file_part(&reports, idx..idx + 1, now).await == Some(true),
            };
            // The poll may have been aborted meanwhile; then nobody waits for the answer.
            let _ = reply.send(filed);
        }
    }

    /// Whether these reports were filed; `None` if it is worth trying each of them alone.
    async fn file_part(
        &mut self,
        reports: &Arc<Vec<PollReport>>,
        part: Range<usize>,
        now: Timestamp,
    ) -> Option<bool> {
        let alone = part.len() < 2;
        match self.transact(Arc::clone(reports), part, now).await {
            Ok(filed) => {
                filed.log();
                Some(true)
            }
            Err(error) => {
                error!(
                    error.kind = error.kind(),
                    "could not file what polls brought, nothing of it was written: {error}"
                );
                let passes = error.is_of_the_machine();
                (alone || passes).then_some(false)
            }
        }
    }

    /// Carries out the orders that wait, if any.
    pub async fn carry_out_orders(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let waiting = self.store.read(|reader| reader.waiting_orders()).await?;
        if !waiting.is_empty() {
            self.step(Vec::new(), now).await?;
        }
        Ok(())
    }

    /// Files these reports in one transaction, after carrying out the orders that wait.
    pub async fn step(&mut self, reports: Vec<PollReport>, now: Timestamp) -> Result<Filed, StoreError> {
        let all = 0..reports.len();
        self.transact(Arc::new(reports), all, now).await
    }

    async fn transact(
        &mut self,
        reports: Arc<Vec<PollReport>>,
        part: Range<usize>,
        now: Timestamp,
    ) -> Result<Filed, StoreError> {
        let mut desk = self.take_desk().await?;
        let (desk, filed) = self
            .store
            .write(move |batch| {
                let mut filed = Filed::default();
                orders::carry_out_orders(batch, &mut desk, now)?;
                for report in &reports[part] {
                    file_report(batch, &mut desk, report, now, &mut filed)?;
                }
                if batch.journal_length()? >= SNAPSHOT_EVERY {
                    batch.put_snapshot(&desk.snapshot(), now)?;
                }
                Ok((desk, filed))
            })
            .await?;
        self.desk = Some(desk);
        Ok(filed)
    }

    /// Saves the desk, so that the next start has little to learn again; see `WORTH_SAVING`.
    pub async fn save(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let desk = self.take_desk().await?;
        self.desk = Some(
            self.store
                .write(move |batch| {
                    if batch.journal_length()? >= WORTH_SAVING || !batch.has_snapshot()? {
                        batch.put_snapshot(&desk.snapshot(), now)?;
                    }
                    Ok(desk)
                })
                .await?,
        );
        Ok(())
    }

    /// Deletes what is old enough, in short transactions: stories, requests of addresses that were never confirmed, and
    /// old editions of a digest's segments. `items` is the least number of stories that outputs hold. Returns how many
    /// stories were deleted.
    pub async fn forget(&self, now: Timestamp, items: usize) -> Result<usize, StoreError> {
        self.store
            .write(move |batch| {
                batch.forget_requests(now)?;
                batch.forget_editions_of_segments(now)
            })
            .await?;
        let mut pruning = Pruning::default();
        while !pruning.done {
            pruning =
                self.store.write(move |batch| batch.prune(&pruning, now, items, PRUNED_AT_ONCE)).await?;
        }
        if pruning.forgotten > 0 {
            info!(stories.forgotten = pruning.forgotten, "forgot what nobody has carried for a long time");
        }
        Ok(pruning.forgotten)
    }

    async fn take_desk(&mut self) -> Result<Box<Desk>, StoreError> {
        match self.desk.take() {
            Some(desk) => Ok(desk),
            None => rebuild::rebuild(&self.store, &self.settings).await.map(Box::new),
        }
    }
}
