//! The queue from the polls to the ingest loop, which takes several reports into one transaction (group commit).
//!
//! It knows reports and their size; it must not know how they are filed.

use crate::model::{Entry, PollReport};
use tokio::sync::{mpsc, oneshot};

/// Reports that share a transaction at most: one fsync serves them all, and none waits long for it.
const REPORTS_PER_GROUP: usize = 64;

/// Bytes of entries that share a transaction at most, unless one report has more.
const BYTES_PER_GROUP: usize = 4 << 20;

/// Reports that may wait for the desk. What they hold in memory is bounded by the budget that their bodies have a share of
/// until they are filed.
const QUEUE_CAPACITY: usize = 1024;

/// Where polls hand in what they brought. Clones share the queue.
#[derive(Debug, Clone)]
pub struct IngestSender {
    queue: mpsc::Sender<WaitingReport>,
}

/// Where the ingest loop takes what waits.
#[derive(Debug)]
pub struct IngestReceiver {
    queue: mpsc::Receiver<WaitingReport>,
}

#[derive(Debug)]
struct WaitingReport {
    report: PollReport,
    /// Told once the report is committed, or that it was not.
    filed: oneshot::Sender<bool>,
}

/// Reports that share a transaction.
#[derive(Debug)]
pub struct ReportGroup(Vec<WaitingReport>);

/// The queue from the polls to the ingest loop.
pub fn queue() -> (IngestSender, IngestReceiver) {
    let (sender, receiver) = mpsc::channel(QUEUE_CAPACITY);
    (IngestSender { queue: sender }, IngestReceiver { queue: receiver })
}

impl IngestSender {
    /// Hands in a report; waits while the queue is full.
    pub async fn send(&self, report: PollReport) -> Ack {
        let (filed, answer) = oneshot::channel();
        // Without a queue the other end of the answer is dropped here, which says that nothing was filed.
        let _ = self.queue.send(WaitingReport { report, filed }).await;
        Ack(answer)
    }
}

/// Tells what became of a report.
#[derive(Debug)]
pub struct Ack(oneshot::Receiver<bool>);

impl Ack {
    /// Waits until the report is filed. Says `false` when it could not be: then nothing of it was written, and the feed
    /// is due as before.
    pub async fn filed(self) -> bool {
        self.0.await.unwrap_or(false)
    }
}

impl IngestReceiver {
    /// Waits for the next group of reports; `None` when every sender is gone and the queue is empty. Nothing is lost when
    /// the waiting is given up.
    pub async fn next_group(&mut self) -> Option<ReportGroup> {
        let first = self.queue.recv().await?;
        let mut size = bytes(&first.report);
        let mut group = vec![first];
        while group.len() < REPORTS_PER_GROUP && size < BYTES_PER_GROUP {
            let Ok(waiting) = self.queue.try_recv() else { break };
            size += bytes(&waiting.report);
            group.push(waiting);
        }
        Some(ReportGroup(group))
    }
}

impl ReportGroup {
    /// The reports, and who is to be told of each.
    pub(super) fn into_parts(self) -> (Vec<PollReport>, Vec<oneshot::Sender<bool>>) {
        self.0.into_iter().map(|waiting| (waiting.report, waiting.filed)).unzip()
    }
}

fn bytes(report: &PollReport) -> usize {
    let adopted = report.adopted.iter().map(|adoption| &adoption.entry);
    report.entries.iter().chain(adopted).map(Entry::bytes).sum()
}
