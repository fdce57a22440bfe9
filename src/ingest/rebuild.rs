//! Rebuilds the desk after a start or a failed commit.
//!
//! Normally it is restored from the snapshot and the journal since; they give exactly the desk that would have lived
//! on. If they cannot be read, after damage or after an upgrade that changed their format, the desk learns from the
//! stored entries instead of starting empty. In both ways it learns with [`Desk::learn`], from filings in their order.
//! The stored entries alone cannot restore it exactly, because the words of an entry may have changed since it was
//! filed (docs/decisions/2026-11-23-journal.md).
//!
//! It knows the desk and the store; it must not know what the desk learns.

use crate::desk::{Analysis, BadSnapshot, Desk};
use crate::model::{
    CategoryRule, DeskSettings, EntryNo, FeedFacts, FeedNo, Filing, Headline, StoryNo, StoryRule, Submission,
    TopicRule,
};
use crate::store::{Reader, Store, StoreError, StoredEntry};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use tracing::{info, warn};

/// How many of the newest entries are learned again. They are enough to bring back topics, word frequencies and
/// categories, and take some seconds on the smallest machine.
const RELEARNED: usize = 20_000;

/// Entries that are read in one query, because a query has a time limit.
const AT_ONCE: usize = 500;

/// The state while the desk learns from stored entries.
struct Relearning {
    desk: Desk,
    feeds: HashMap<FeedNo, FeedFacts>,
    /// Stories of which at least one entry has been learned.
    seen: HashSet<StoryNo>,
    after: EntryNo,
    learned: usize,
    last: Timestamp,
}

/// The desk as it was after the last filing.
pub(super) async fn rebuild(store: &Store, settings: &DeskSettings) -> Result<Desk, StoreError> {
    let of_restored = settings.clone();
    match store.read(move |reader| restore(reader, &of_restored)).await? {
        Ok(desk) => Ok(desk),
        Err(error) => {
            warn!("what the desk had learned cannot be used ({error}); it learns again from the stored news");
            relearn(store, settings).await
        }
    }
}

/// Restores the desk from the snapshot and the journal. The inner error says that one of them is damaged or has another
/// version.
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

/// Learns from the newest stored entries, and saves a snapshot. Nothing is decided anew: the desk learns each entry
/// with its present story, topic and category, in the order in which the entries arrived. Orders that were carried out
/// are remembered.
async fn relearn(store: &Store, settings: &DeskSettings) -> Result<Desk, StoreError> {
    let after = store.read(|reader| reader.before_newest(RELEARNED)).await?;
    let mut state = Relearning {
        desk: Desk::new(settings),
        feeds: HashMap::new(),
        seen: HashSet::new(),
        after,
        learned: 0,
        last: Timestamp::UNIX_EPOCH,
    };
    loop {
        let before = state.learned;
        state = store
            .read(move |reader| {
                state.next_page(reader)?;
                Ok(state)
            })
            .await?;
        if state.learned == before {
            break;
        }
    }
    let Relearning { mut desk, learned, last, .. } = state;
    let desk = store
        .write(move |batch| {
            let reader = batch.reader();
            for order in reader.obeyed_orders()? {
                let targets = reader.order_targets(&order.kind.references())?;
                desk.remember(&order.kind, &targets);
            }
            let (story, topic) = reader.last_numbers()?;
            desk.count_from(story, topic);
            batch.put_snapshot(&desk.snapshot(), last)?;
            Ok(desk)
        })
        .await?;
    info!(entries.learned = learned, "the desk has learned again from the stored news");
    Ok(desk)
}

impl Relearning {
    /// Learns the next [`AT_ONCE`] entries.
    fn next_page(&mut self, reader: &Reader<'_>) -> Result<(), StoreError> {
        for stored in reader.stored_entries(self.after, AT_ONCE)? {
            let feed = match self.feeds.get(&stored.feed) {
                Some(feed) => feed.clone(),
                None => {
                    let facts = reader.feed_facts(stored.feed)?;
                    let no = stored.feed;
                    facts.ok_or_else(|| StoreError::Damaged(format!("there is no feed {no}")))?
                }
            };
            self.learn(&stored, &feed);
            self.feeds.entry(stored.feed).or_insert(feed);
            (self.after, self.last) = (stored.no, stored.seen_at);
            self.learned += 1;
        }
        Ok(())
    }

    fn learn(&mut self, stored: &StoredEntry, feed: &FeedFacts) {
        let StoredEntry { no, reference, entry, .. } = stored;
        let beside = HashSet::new();
        let submission = Submission {
            no: *no,
            reference: *reference,
            entry,
            feed,
            unpublished: false,
            stands: None,
            beside: &beside,
        };
        let analysis = self.desk.analyse(&submission);
        let founds = self.seen.insert(stored.placement.story);
        let mut filing = as_it_stands(stored, founds);
        if founds && !feed.private {
            filing.topic.headline = Headline::New;
        }
        self.desk.learn(&analysis, &filing);
    }
}

/// The filing that would have put the entry into its present story, topic and category. The first entry that is learned
/// of a story founds it.
fn as_it_stands(stored: &StoredEntry, founds: bool) -> Filing {
    let filed = stored.filing.as_ref();
    let story_rule = match filed.map(|filing| filing.story.rule) {
        _ if founds => StoryRule::Founded,
        None | Some(StoryRule::Founded | StoryRule::SameEntry) => StoryRule::SameText,
        Some(rule) => rule,
    };
    let placement = stored.placement;
    let mut filing = Filing::as_it_stands(stored.no, stored.seen_at, placement, stored.category.clone());
    filing.story.rule = story_rule;
    filing.topic.rule = if founds { TopicRule::SameEvent } else { TopicRule::SameStory };
    filing.topic.moved_on =
        founds && filed.is_some_and(|filed| filed.topic.moved_on && filed.topic.no == placement.topic);
    filing.topic.page_of = filed
        .filter(|filed| founds && filed.topic.no == placement.topic)
        .and_then(|filed| filed.topic.page_of);
    filing.category.rule = filed.map_or(CategoryRule::Kept, |filed| filed.category.rule);
    filing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CategoryName, EntryNo, EntryRef, FeedNo, Placement, StoryNo, TopicNo};

    #[test]
    fn a_story_about_a_page_is_learned_with_its_page_as_long_as_the_two_share_a_topic() {
        let seen_at = Timestamp::UNIX_EPOCH;
        let stands_in = |topic: i64| {
            let placement = Placement { story: StoryNo(8), topic: TopicNo(5) };
            let mut filed = Filing::as_it_stands(EntryNo(9), seen_at, placement, CategoryName::general());
            filed.topic.page_of = Some(StoryNo(7));
            StoredEntry {
                no: EntryNo(9),
                reference: EntryRef(1),
                feed: FeedNo(1),
                entry: crate::model::Entry::default(),
                seen_at,
                gone_at: None,
                placement: Placement { story: StoryNo(8), topic: TopicNo(topic) },
                category: CategoryName::general(),
                filing: Some(filed),
            }
        };
        assert_eq!(as_it_stands(&stands_in(5), true).topic.page_of, Some(StoryNo(7)));
        assert_eq!(as_it_stands(&stands_in(6), true).topic.page_of, None, "reclustering parted them");
        assert_eq!(as_it_stands(&stands_in(5), false).topic.page_of, None, "it founds no story");
    }
}
