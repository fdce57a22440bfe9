//! The queue from the polls to the ingest loop, which takes several reports into one transaction (group commit).
//!
//! It knows reports and their size; it must not know how they are filed.

use crate::model::{Entry, PollReport};
use tokio::sync::{mpsc, oneshot};

/// Maximum number of reports in one transaction. One fsync serves them all, and none waits long for it.
const REPORTS_PER_GROUP: usize = 64;

/// A transaction takes no further report once it has this many bytes of entries.
const BYTES_PER_GROUP: usize = 4 << 20;

/// Capacity of the queue, in reports. Their memory is bounded by the budget: the body of each keeps its share of it
/// until the report is filed.
const QUEUE_CAPACITY: usize = 1024;

/// The end of the queue to which polls send their reports. Clones share the queue.
#[derive(Debug, Clone)]
pub struct IngestSender {
    queue: mpsc::Sender<WaitingReport>,
}

/// The end of the queue from which the ingest loop takes groups of reports.
#[derive(Debug)]
pub struct IngestReceiver {
    queue: mpsc::Receiver<WaitingReport>,
}

#[derive(Debug)]
struct WaitingReport {
    report: PollReport,
    /// Gets `true` once the report is committed, `false` if it could not be.
    filed: oneshot::Sender<bool>,
}

/// Reports that share a transaction.
#[derive(Debug)]
pub struct ReportGroup(Vec<WaitingReport>);

/// Makes the queue from the polls to the ingest loop.
pub fn queue() -> (IngestSender, IngestReceiver) {
    let (sender, receiver) = mpsc::channel(QUEUE_CAPACITY);
    (IngestSender { queue: sender }, IngestReceiver { queue: receiver })
}

impl IngestSender {
    /// Sends a report; waits while the queue is full.
    pub async fn send(&self, report: PollReport) -> Ack {
        let (filed, answer) = oneshot::channel();
        // If the receiver is gone, `filed` is dropped here, and the `Ack` says that nothing was filed.
        let _ = self.queue.send(WaitingReport { report, filed }).await;
        Ack(answer)
    }
}

/// Tells whether a report was filed.
#[derive(Debug)]
pub struct Ack(oneshot::Receiver<bool>);

impl Ack {
    /// Waits until the report is filed. `false` if it could not be: then nothing of it was written, and the feed is due
    /// as before.
    pub async fn filed(self) -> bool {
        self.0.await.unwrap_or(false)
    }
}

impl IngestReceiver {
    /// Waits for the next group of reports; `None` when every sender is gone and the queue is empty. Cancel safe: no
    /// report is lost if the future is dropped.
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
    /// The reports, and for each the channel on which its poll waits.
    pub(super) fn into_parts(self) -> (Vec<PollReport>, Vec<oneshot::Sender<bool>>) {
        self.0.into_iter().map(|waiting| (waiting.report, waiting.filed)).unzip()
    }
}

fn bytes(report: &PollReport) -> usize {
    let adopted = report.adopted.iter().map(|adoption| &adoption.entry);
    report.entries.iter().chain(adopted).map(Entry::bytes).sum()
}
