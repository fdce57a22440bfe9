//! The one loop that decides: it takes what polls brought, asks the desk, and writes entries, filings, feed states and
//! validators in one transaction. It also carries out the operator's orders.
//!
//! It knows the desk and the store; it must not know how feeds are fetched or shown. The desk travels into the
//! transaction and comes back only when that has been committed: if it fails, the desk is rebuilt, not patched.

mod orders;
mod relearn;

use crate::desk::{Analysis, BadSnapshot, Desk};
use crate::model::{
    Adoption, CategoryRule, DeskSettings, Entry, FeedFacts, Filing, PollReport, StoryId, StoryRule,
    Submission, TopicId,
};
use crate::store::{Batch, NewStory, Pruning, Reader, Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::ops::Range;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error, info, warn};

/// How many entries of a feed's first poll are published, when readers have subscribed before the feed was added: a
/// few to show that it is there, not its whole backlog. All of them are filed.
pub const BACKLOG_SHOWN: usize = 10;

/// A story that was only in some feed's backlog is published after all when another feed brings it as news while it
/// is at most this old; later it stays old.
const STILL_NEWS: SignedDuration = SignedDuration::from_hours(48);

/// Reports that share a transaction at most: one fsync serves them all, and none waits long for it.
const GROUP: usize = 64;

/// Bytes of entries that share a transaction at most.
const GROUP_BYTES: usize = 4 << 20;

/// Reports that may wait for the desk. What they hold in memory is bounded by the budget that their bodies have a share of
/// until they are filed.
const WAITING: usize = 1024;

/// Filings after which the desk is saved: so many are learned again after a crash, in about a second.
const SNAPSHOT_EVERY: u64 = 20_000;

/// Fewer than this are not worth saving the desk for at a clean end: learning them again is quicker than writing it.
const WORTH_SAVING: u64 = 1_000;

/// Stories that one transaction looks at when forgetting, so that filing never waits long.
const PRUNED_AT_ONCE: usize = 500;

/// Keeps the salts of ids founded by returning entries apart from those of orders, which are small.
const RETURNED: u64 = 1 << 40;

/// Where polls hand in what they brought. Clones share the queue.
#[derive(Debug, Clone)]
pub struct Intake {
    queue: mpsc::Sender<Parcel>,
}

/// What waits for the desk.
#[derive(Debug)]
pub struct Inbox {
    queue: mpsc::Receiver<Parcel>,
}

#[derive(Debug)]
struct Parcel {
    report: PollReport,
    /// Told once the report is committed, or that it was not.
    filed: oneshot::Sender<bool>,
}

/// Reports that share a transaction.
#[derive(Debug)]
pub struct Group(Vec<Parcel>);

/// The queue from the polls to the desk.
pub fn queue() -> (Intake, Inbox) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Intake { queue: sender }, Inbox { queue: receiver })
}

impl Intake {
    /// Hands in a report; waits while the queue is full. The ticket tells when it is filed.
    pub async fn hand_in(&self, report: PollReport) -> Ticket {
        let (filed, answer) = oneshot::channel();
        // Without a queue the ticket's other end is dropped here, which says that nothing was filed.
        let _ = self.queue.send(Parcel { report, filed }).await;
        Ticket(answer)
    }
}

/// Tells what became of a report.
#[derive(Debug)]
pub struct Ticket(oneshot::Receiver<bool>);

impl Ticket {
    /// Waits until the report is filed. Says `false` when it could not be: then nothing of it was written, and the feed
    /// is due as before.
    pub async fn filed(self) -> bool {
        self.0.await.unwrap_or(false)
    }
}

impl Inbox {
    /// Waits for the next group of reports; `None` when every intake is gone and the queue is empty. Nothing is lost when
    /// the waiting is given up.
    pub async fn next_group(&mut self) -> Option<Group> {
        let first = self.queue.recv().await?;
        let mut size = bytes(&first.report);
        let mut group = vec![first];
        while group.len() < GROUP && size < GROUP_BYTES {
            let Ok(parcel) = self.queue.try_recv() else { break };
            size += bytes(&parcel.report);
            group.push(parcel);
        }
        Some(Group(group))
    }
}

fn bytes(report: &PollReport) -> usize {
    let adopted = report.adopted.iter().map(|adoption| &adoption.entry);
    report.entries.iter().chain(adopted).map(Entry::bytes).sum()
}

/// What a step did, for the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filed {
    /// Entries filed for the first time.
    pub new: usize,
    /// Entries that came again with other words.
    pub changed: usize,
    /// Stories founded.
    pub stories: usize,
    /// Stories proved to be another.
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
    /// Missing only after a failed commit, until it is rebuilt. Boxed, for it travels.
    desk: Option<Box<Desk>>,
}

impl Ingest {
    /// Takes up where the ledger ends.
    pub async fn new(store: Store, settings: DeskSettings) -> Result<Self, StoreError> {
        let mut ingest = Self { store, settings, desk: None };
        ingest.desk = Some(ingest.rebuild().await?);
        Ok(ingest)
    }

    /// Puts other settings in force; what the desk remembers stays.
    pub fn configure(&mut self, settings: DeskSettings) {
        if self.settings == settings {
            return;
        }
        if let Some(desk) = self.desk.take() {
            self.desk = Desk::restore(&settings, &desk.snapshot()).ok().map(Box::new);
        }
        self.settings = settings;
    }

    /// Files one group of reports and tells the polls that wait for it. When the group cannot be filed because of
    /// something in it, each report is filed alone, so that one does not take the others with it.
    pub async fn file(&mut self, group: Group, now: Timestamp) {
        let (reports, replies): (Vec<_>, Vec<_>) =
            group.0.into_iter().map(|parcel| (parcel.report, parcel.filed)).unzip();
        let reports = Arc::new(reports);
        let whole = self.file_part(&reports, 0..reports.len(), now).await;
        for (place, reply) in replies.into_iter().enumerate() {
            let filed = match whole {
                Some(filed) => filed,
                None => self.file_part(&reports, place..place + 1, now).await == Some(true),
            };
            // A poll that was cut off does not need the answer.
            let _ = reply.send(filed);
        }
    }

    /// Whether these reports were filed; `None` when it may be worth trying each alone.
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
                let passes = matches!(error, StoreError::Full | StoreError::Closed | StoreError::Io { .. });
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

    /// Saves the desk, so that the next start has nothing to learn again.
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

    /// Forgets what is old enough to be forgotten, in short transactions. Outputs hold `items` stories at least. Gives
    /// how many stories were forgotten.
    pub async fn forget(&self, now: Timestamp, items: usize) -> Result<usize, StoreError> {
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
            None => self.rebuild().await,
        }
    }

    /// The desk as of the last filing: its snapshot, and what it has learned since. When these cannot be read, what the
    /// stored news teaches.
    async fn rebuild(&self) -> Result<Box<Desk>, StoreError> {
        let settings = self.settings.clone();
        let restored = self.store.read(move |reader| restore(reader, &settings)).await?;
        match restored {
            Ok(desk) => Ok(Box::new(desk)),
            Err(error) => {
                warn!(
                    "what the desk had learned cannot be used ({error}); it learns again from the stored news"
                );
                Ok(Box::new(relearn::relearn(&self.store, &self.settings).await?))
            }
        }
    }
}

fn restore(reader: &Reader<'_>, settings: &DeskSettings) -> Result<Result<Desk, BadSnapshot>, StoreError> {
    let record = reader.desk_record()?;
    let (story, topic) = reader.last_numbers()?;
    let snapshot = record.snapshot.as_ref();
    let restored = snapshot.map_or_else(|| Ok(Desk::new(settings)), |bytes| Desk::restore(settings, bytes));
    Ok(restored.and_then(|mut desk| {
        for (filing, analysis) in &record.since {
            desk.learn(&Analysis::from_bytes(analysis)?, filing);
        }
        desk.count_from(story, topic);
        Ok(desk)
    }))
}

fn file_report(
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
    for adoption in &report.adopted {
        adopt(batch, desk, &facts, adoption, now, filed)?;
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
        file_entry(batch, desk, &facts, entry, news, now, filed)?;
    }
    if let Some(served) = &report.served {
        batch.put_served(feed, served, now)?;
    }
    batch.put_feed(&report.state)
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

fn file_entry(
    batch: &mut Batch<'_>,
    desk: &mut Desk,
    facts: &FeedFacts,
    entry: &Entry,
    news: News,
    now: Timestamp,
    filed: &mut Filed,
) -> Result<(), StoreError> {
    let slot = batch.slot(facts.no, &entry.key)?;
    let reference = slot.reference;
    let quiet = news == News::Old || facts.private;
    let submission = Submission { no: slot.no, reference, entry, feed: facts, quiet, stands: slot.stands };
    let analysis = desk.analyse(&submission);
    let found = batch.candidates(analysis.keys())?;
    let filing = desk.file(&submission, &analysis, &found, now);
    let no = batch.put_filing(&filing, &analysis.to_bytes(filing.story_rule))?;

    let founded = found_if_new(batch, &filing, facts, entry, slot.salt, now)?;
    let carried = if founded { None } else { batch.carried_openly(filing.story)? };
    batch.put_entry(&slot, facts.no, entry, filing.story, now)?;
    batch.put_keys(slot.no, analysis.keys(), now)?;
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
    // The first fixed feed that carries a story decides its category. New words of a known entry decide nothing.
    let fixes = matches!(filing.category_rule, CategoryRule::Fixed | CategoryRule::Order);
    if !founded && fixes && filing.story_rule != StoryRule::SameEntry {
        batch.set_category(filing.story, &filing.category)?;
    }
    let still_news = carried.is_none_or(|published| now.duration_since(published) <= STILL_NEWS);
    let publishes = match news {
        News::Old => false,
        News::Backlog => founded,
        News::New => founded || (still_news && slot.stands.is_none()),
    };
    if publishes && !facts.private {
        // Not with its own founding: a topic of which nothing is published yet stays where it is.
        if filing.moved_on {
            batch.move_topic_on(filing.topic, no, now)?;
        }
        batch.show_story(filing.story, slot.no, no, now)?;
    }
    if slot.stands.is_some() {
        batch.touch_story(filing.story, slot.no, now)?;
        batch.thin_ledger(slot.no)?;
        filed.changed += 1;
    } else {
        filed.new += 1;
    }
    filed.stories += usize::from(founded);
    filed.absorbed += filing.absorbed.len();
    Ok(())
}

/// Gives an entry that is stored its new key and its new words. Nothing is decided and nobody is told: it stands where it
/// stood.
fn adopt(
    batch: &mut Batch<'_>,
    desk: &mut Desk,
    facts: &FeedFacts,
    adoption: &Adoption,
    now: Timestamp,
    filed: &mut Filed,
) -> Result<(), StoreError> {
    let (no, entry) = (adoption.no, &adoption.entry);
    let Some(slot) = batch.rekey(facts.no, no, &entry.key)? else {
        // It went, or came under this key, since the poll looked; then it is an entry like any other, but no news.
        return file_entry(batch, desk, facts, entry, News::Old, now, filed);
    };
    let reference = slot.reference;
    let analysis = desk.analyse(&Submission { no, reference, entry, feed: facts, quiet: true, stands: None });
    if let Some(stands) = slot.stands {
        batch.put_entry(&slot, facts.no, entry, stands.story, now)?;
    }
    batch.put_keys(no, analysis.keys(), now)
}

/// Founds the filing's story and topic when they do not exist yet. `salt` tells what an order founds from what the
/// entry founded before. Says whether the story was founded now.
fn found_if_new(
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
