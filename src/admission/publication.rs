//! Publication: which entries of a report are news, and what is published with a filing.
//!
//! Knows plain facts of a report and of a story; it must not know how either is stored, nor how the desk decided.

use super::BACKLOG_SHOWN;
use crate::model::{FeedState, OrderKind, PollReport, Publication, StoryBefore};
use jiff::{SignedDuration, Timestamp};

/// A story that was only in the backlog of a feed is published after all if another feed brings it as news while it is
/// at most this old. A story that is older stays unpublished, because readers know it from elsewhere.
const STILL_NEWS: SignedDuration = SignedDuration::from_hours(48);

/// If the first document of a feed was truncated, entries that come within this time are backlog, too. The time is
/// bounded because some documents are always truncated.
const MISSING_IS_BACKLOG: SignedDuration = SignedDuration::from_hours(24);

/// Whether an entry may publish its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It publishes nothing. Its feed is private, or the entry is part of a backlog or a flood and not among the newest
    /// few.
    Unpublished,
    /// It is among the newest few entries of a backlog. It publishes a story if it founds it.
    Backlog,
    /// It is new. It also publishes an older story that was only backlog, as long as that is still news.
    New,
}

/// Whether the entries of this poll are those that the feed had before it was added. `before` is its state before this
/// poll.
pub fn is_backlog(before: &FeedState, now: Timestamp) -> bool {
    // Entries that were missing from a truncated first document are as old as the rest, if they come soon.
    let never_whole = before.habits.whole_at.is_none() && before.body_hash.is_none();
    let lately_added = now.duration_since(before.added_at) <= MISSING_IS_BACKLOG;
    before.read_at.is_none() || (never_whole && lately_added)
}

/// Which entries of a report are news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportNews {
    /// Whether this is the backlog of a feed that was added later than the first feeds, when there may have been
    /// readers.
    joined_later: bool,
    /// How many entries, from the oldest, publish nothing.
    unpublished: usize,
}

impl ReportNews {
    /// `founded_at` is when the first feeds were configured. Their first entries are no backlog, because nobody had
    /// subscribed yet. Nothing of a private feed is news.
    pub fn of(report: &PollReport, private: bool, founded_at: Option<Timestamp>) -> Self {
        let joined_later = report.backlog && founded_at.is_some_and(|at| report.state.added_at > at);
        let unpublished = if private { report.entries.len() } else { report.unpublished };
        Self::new(report.entries.len(), joined_later, unpublished)
    }

    fn new(entries: usize, joined_later: bool, unpublished: usize) -> Self {
        let backlog = if joined_later { entries.saturating_sub(BACKLOG_SHOWN) } else { 0 };
        Self { joined_later, unpublished: unpublished.max(backlog) }
    }

    /// Whether the entry at this position is news. Entries are sorted, the oldest first, so the newest few are the
    /// last.
    pub fn at(&self, position: usize) -> News {
        if position < self.unpublished {
            News::Unpublished
        } else if self.joined_later {
            News::Backlog
        } else {
            News::New
        }
    }
}

/// The facts that decide what is published with an entry that a poll brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct FilingFacts {
    /// Whether the entry is news.
    pub news: News,
    /// Whether it was filed before and comes again with other words.
    pub known: bool,
    /// Its story as it was before; `None` if the entry founds it.
    pub story: Option<StoryBefore>,
    /// Whether the topic has moved on with it.
    pub moved_on: bool,
    /// Whether its headline repeats one that readers of topics have seen.
    pub said_before: bool,
    /// Whether it fixes the category of its story: its feed has a fixed category, or an order says so, and the entry is
    /// new to the story.
    pub fixes_category: bool,
}

/// What is published with the filing of an entry that a poll brought.
pub fn publish(facts: &FilingFacts, now: Timestamp) -> Publication {
    let founds = facts.story.is_none();
    let carried_openly = facts.story.filter(|story| story.carried_openly);
    let still_news = carried_openly.is_none_or(|story| now.duration_since(story.published) <= STILL_NEWS);
    let shows_story = match facts.news {
        _ if facts.story.is_some_and(|story| story.taken_down) => false,
        News::Unpublished => false,
        News::Backlog => founds,
        News::New => founds || (still_news && !facts.known),
    };
    Publication {
        shows_story,
        leads: None,
        moves_topic_on: shows_story && facts.moved_on,
        keeps_topic_back: facts.said_before,
        // The first fixed feed that carries a story decides its category.
        sets_category: !founds && facts.fixes_category,
        takes_down: None,
    }
}

/// The facts that decide what is published with an entry that an order of the operator names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct OrderFacts<'a> {
    /// What was ordered.
    pub kind: &'a OrderKind,
    /// Whether the entry moves to another story.
    pub moved: bool,
    /// Whether the story that it was in is shown, or was shown until it was taken down.
    pub was_shown: bool,
    /// Whether the story that it was in is taken down.
    pub was_down: bool,
    /// Whether its feed is private.
    pub private: bool,
}

/// What is published with a filing that the operator ordered. Readers can see afterwards what they could see before,
/// and no more: an entry that leaves a story that is taken down takes the new story down, too.
pub fn publish_order(facts: &OrderFacts<'_>) -> Publication {
    Publication {
        takes_down: match facts.kind {
            OrderKind::TakeDown { .. } => Some(true),
            OrderKind::PutBack { .. } => Some(false),
            _ => Some(true).filter(|_| facts.moved && facts.was_down),
        },
        shows_story: facts.moved && facts.was_shown && !facts.private,
        leads: None,
        moves_topic_on: false,
        // An order is no news.
        keeps_topic_back: true,
        sets_category: matches!(facts.kind, OrderKind::Keep { .. }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_456_800;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn facts(news: News) -> FilingFacts {
        FilingFacts {
            news,
            known: false,
            story: None,
            moved_on: true,
            said_before: false,
            fixes_category: true,
        }
    }

    fn shows(facts: FilingFacts) -> bool {
        let publication = publish(&facts, at(NOW));
        assert_eq!(publication.moves_topic_on, publication.shows_story && facts.moved_on);
        publication.shows_story
    }

    #[test]
    fn a_backlog_publishes_what_it_founds_and_news_also_what_was_backlog_while_it_is_news() {
        assert!(!shows(facts(News::Unpublished)));
        assert!(shows(facts(News::Backlog)) && shows(facts(News::New)));
        let hours = |hours: i64, carried_openly: bool| {
            let published = at(NOW - hours * 3_600);
            Some(StoryBefore { published, carried_openly, shown: false, taken_down: false })
        };
        for (story, news, shown) in [
            (hours(48, true), News::New, true),
            (hours(49, true), News::New, false),
            (hours(49, false), News::New, true),
            (hours(1, true), News::Backlog, false),
            (hours(1, true), News::Unpublished, false),
        ] {
            assert_eq!(shows(FilingFacts { story, ..facts(news) }), shown, "{story:?} {news:?}");
            assert!(!shows(FilingFacts { story, known: true, ..facts(news) }), "new words are no news");
        }
    }

    #[test]
    fn of_a_feed_added_later_the_newest_few_are_backlog_and_the_rest_is_hidden() {
        let news = |joined_later: bool, unpublished: usize| {
            let news = ReportNews::new(BACKLOG_SHOWN + 2, joined_later, unpublished);
            [0, 1, 2, BACKLOG_SHOWN + 1].map(|position| news.at(position))
        };
        let [unpublished, backlog, new] = [News::Unpublished, News::Backlog, News::New];
        assert_eq!(news(true, 0), [unpublished, unpublished, backlog, backlog]);
        assert_eq!(news(true, 3), [unpublished, unpublished, unpublished, backlog]);
        assert_eq!(news(false, 1), [unpublished, new, new, new]);
    }

    #[test]
    fn a_category_is_fixed_for_a_story_that_was_there_and_by_who_fixes_it() {
        let story =
            Some(StoryBefore { published: at(NOW), carried_openly: true, shown: true, taken_down: false });
        let sets = |facts: FilingFacts| publish(&facts, at(NOW)).sets_category;
        assert!(sets(FilingFacts { story, ..facts(News::Unpublished) }));
        assert!(!sets(FilingFacts { story, fixes_category: false, ..facts(News::New) }));
        assert!(!sets(facts(News::New)), "the filing that founds a story has written its category");
    }

    #[test]
    fn an_order_shows_what_was_shown() {
        let kind = OrderKind::JoinStories { entries: Vec::new() };
        let all = OrderFacts { kind: &kind, moved: true, was_shown: true, was_down: false, private: false };
        let shows = |facts: OrderFacts<'_>| publish_order(&facts).shows_story;
        assert!(shows(all));
        for facts in [
            OrderFacts { moved: false, ..all },
            OrderFacts { was_shown: false, ..all },
            OrderFacts { private: true, ..all },
        ] {
            assert!(!shows(facts), "{facts:?}");
        }
    }

    #[test]
    fn what_is_taken_down_stays_so_whoever_brings_it_and_wherever_it_goes() {
        let published = at(NOW);
        let down = StoryBefore { published, carried_openly: true, shown: true, taken_down: true };
        assert!(!shows(FilingFacts { story: Some(down), ..facts(News::New) }));
        let kind = OrderKind::JoinStories { entries: Vec::new() };
        let leaves = OrderFacts { kind: &kind, moved: true, was_shown: true, was_down: true, private: false };
        assert_eq!(publish_order(&leaves).takes_down, Some(true));
        assert_eq!(publish_order(&OrderFacts { moved: false, ..leaves }).takes_down, None);
        let back = OrderKind::PutBack { entries: Vec::new() };
        assert_eq!(
            publish_order(&OrderFacts { kind: &back, moved: false, ..leaves }).takes_down,
            Some(false)
        );
    }
}
