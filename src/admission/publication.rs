//! Publication: which entries of a report are news, and what of a filing is published.
//!
//! It knows plain facts of a report and of a story; it must not know how either is stored, nor how the desk decided.

use super::BACKLOG_SHOWN;
use crate::model::{FeedState, OrderKind, PollReport, Publication, StoryBefore};
use jiff::{SignedDuration, Timestamp};

/// A story that was only in some feed's backlog is published after all when another feed brings it as news while it is at
/// most this old. Later it stays old: who follows the news has met it elsewhere.
const STILL_NEWS: SignedDuration = SignedDuration::from_hours(48);

/// If the first document of a feed was not whole, entries that follow within so long are backlog, too. Some documents are never
/// whole.
const MISSING_IS_BACKLOG: SignedDuration = SignedDuration::from_hours(24);

/// Whether an entry may publish its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It publishes nothing: its feed is private, or it is one of the old entries of a feed that was added later, or of a flood,
    /// beyond the newest few.
    Unpublished,
    /// It is among the newest few of such a feed: it publishes a story that it founds.
    Backlog,
    /// It is new: it also publishes a story that was only backlog, while that is still news.
    New,
}

/// Whether what the feed brings now is what it had before it was added. `before` is its state before this poll.
pub fn is_backlog(before: &FeedState, now: Timestamp) -> bool {
    // What was missing when the feed was first read is as old as the rest, if it comes soon.
    let never_whole = before.habits.whole_at.is_none() && before.body_hash.is_none();
    let lately_added = now.duration_since(before.added_at) <= MISSING_IS_BACKLOG;
    before.read_at.is_none() || (never_whole && lately_added)
}

/// Which entries of a report are news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportNews {
    /// The feed was added when readers had subscribed to others, and this is what it had before.
    joined_later: bool,
    /// How many entries, from the oldest, publish nothing.
    unpublished: usize,
}

impl ReportNews {
    /// `founded_at` is when the first feeds were configured: what those bring first is no backlog, for nobody had
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

    /// Whether the entry at this position is news. Entries come oldest first, so that the newest few are the last.
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

/// What decides on the publication of an entry that a poll brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct FilingFacts {
    /// Whether the entry is news.
    pub news: News,
    /// It was filed before, and comes with other words.
    pub known: bool,
    /// Its story as it was before; `None` when the entry founds it.
    pub story: Option<StoryBefore>,
    /// The topic has truly moved on with it.
    pub moved_on: bool,
    /// Its headline says what those who follow topics have been told.
    pub said_before: bool,
    /// Its feed is fixed to a category, or the operator has said so, and the entry is new to the story.
    pub fixes_category: bool,
}

/// What is published of a filing.
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

/// What decides on the publication of an entry that the operator has moved, or told to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct OrderFacts<'a> {
    /// What was ordered.
    pub kind: &'a OrderKind,
    /// The entry comes to another story.
    pub moved: bool,
    /// The story that it leaves is shown, or was until it was taken down.
    pub was_shown: bool,
    /// The story that it leaves is taken down.
    pub was_down: bool,
    /// Its feed is private.
    pub private: bool,
}

/// What is published of a filing that the operator ordered. What readers could see they can see afterwards, and no more: what
/// leaves a story that is taken down is taken down, too.
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
        keeps_topic_back: false,
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
