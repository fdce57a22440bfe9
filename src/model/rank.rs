//! Ranking: which topic leads on pages and in editions (breadth of coverage, freshness, rarity, the operator's
//! weight, all shown as parts), and which story heads a topic.
//!
//! Pure; knows nothing of stories but the few facts it is given.

use super::id::{FilingNo, StoryNo};
use super::settings::CategoryName;
use super::view::TopicView;
use jiff::Timestamp;

/// Half-life of freshness, in hours.
const HALF_LIFE_HOURS: f64 = 12.0;

/// A rank with the parts that make it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rank {
    /// The product of the parts; the higher leads.
    pub total: f64,
    /// Grows with the logarithm of independent publishers (copies of one text count once): the second says more than the
    /// twentieth. 1 for one.
    pub breadth: f64,
    /// 1 now, half after twelve hours.
    pub freshness: f64,
    /// The operator's.
    pub weight: f64,
    /// See [`rarity`].
    pub rarity: f64,
}

/// What one entry of a feed counts, of which `entries` are among the latest of all feeds: 1 for the first, half for one of
/// sixteen, a fourth for one of 256. So a weekly letter stands before the wire's hundreds until a day has passed.
pub fn rarity(entries: usize) -> f64 {
    (entries.max(1) as f64).powf(-0.25)
}

impl TopicView {
    /// Its rank at `now`.
    pub fn rank(&self, now: Timestamp) -> Rank {
        // A date after `now` was filed while the clock was ahead, and is not fresher for it.
        let hours = (now.as_second() - self.last.as_second()).unsigned_abs() as f64 / 3600.0;
        let breadth = 1.0 + (self.independent.max(1) as f64).log2();
        let freshness = (-hours / HALF_LIFE_HOURS).exp2();
        let weight = if self.weight.is_finite() { self.weight.clamp(0.0, 100.0) } else { 1.0 };
        let rarity = rarity(self.entries);
        Rank { total: breadth * freshness * weight * rarity, breadth, freshness, weight, rarity }
    }
}

/// A story that anyone may see, as far as it matters for who heads its topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownStory {
    /// Row.
    pub no: StoryNo,
    /// Category.
    pub category: CategoryName,
    /// The filing with which it was published.
    pub shown: FilingNo,
    /// Frozen date.
    pub published: Timestamp,
    /// Other categories that show it, too, because a feed that carried it names them.
    pub also: Vec<CategoryName>,
    /// Publishers that carried it, the private ones not counted.
    pub publishers: usize,
    /// Those who follow topics had been told: its headline says again what was said, or it came from another topic.
    pub told_before: bool,
}

impl ShownStory {
    /// Whether it is as new as the item of a topic that moved on, or was published, with this filing. What came before was
    /// told in an earlier item or elsewhere.
    pub fn is_news(&self, moved: FilingNo) -> bool {
        self.shown >= moved && !self.told_before
    }

    /// Whether it stands in the outputs and on the page of a category.
    pub fn stands_in(&self, category: &CategoryName) -> bool {
        self.category == *category || self.also.contains(category)
    }
}

/// Chooses the story that heads a topic wherever the topic is shown: its newest development. Once the topic has moved
/// on, that is the story that moved it on last. Until then it is the best story: not told before if possible, then
/// the most carried, then the newest. A later story that did not move the topic on does not head it, so that a
/// published item keeps its words. But if the story that moved it on has left, the first that came since does: what
/// came before had been told.
///
/// `stories` are those to choose from, the last published first, and `moved` is the filing with which the topic last moved
/// on. `None` unless one of the stories is wanted; what is new of the topic heads it all the same. A story that was told
/// elsewhere heads it only where there is nothing else: it may have headed an item of the same output.
pub fn newest_development<'a>(
    stories: &[&'a ShownStory],
    is_wanted: impl Fn(&ShownStory) -> bool,
    development: u32,
    moved: FilingNo,
) -> Option<&'a ShownStory> {
    let wanted = stories.iter().filter(|story| is_wanted(story));
    let is_news = |story: &ShownStory| story.is_news(moved);
    let standing = |story: &&&ShownStory| (story.publishers, story.shown);
    let best = wanted.max_by_key(|story| (is_news(story), standing(story)))?;
    let untold = || stories.iter().filter(|story| development > 1 && !story.told_before);
    let of_last_move = untold().find(|story| story.shown <= moved).map(|latest| {
        // The stories may also be those since some later filing; then none of them came before the move.
        let since = || untold().rfind(|story| story.shown > moved);
        if latest.shown == moved { latest } else { since().unwrap_or(latest) }
    });
    // Of those that were told elsewhere, one may have headed an item of this very output.
    let news = || stories.iter().filter(|story| is_news(story)).max_by_key(standing);
    Some(of_last_move.or_else(|| if is_news(best) { None } else { news() }).unwrap_or(best))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_entry_counts_more_than_one_of_hundreds() {
        let about = |entries: usize, expected: f64| (rarity(entries) - expected).abs() < 1e-9;
        assert!(about(0, 1.0) && about(1, 1.0) && about(16, 0.5) && about(256, 0.25));
    }

    #[test]
    fn the_story_that_moved_a_topic_on_heads_it_and_until_then_the_best_does() {
        let story = |no: i64, publishers: usize| ShownStory {
            no: StoryNo(no),
            category: CategoryName::general(),
            shown: FilingNo(no),
            published: Timestamp::UNIX_EPOCH,
            also: Vec::new(),
            publishers,
            told_before: no == 5,
        };
        let all = [story(4, 1), story(3, 1), story(2, 1), story(1, 5)];
        let headed = |stories: &[ShownStory], development, moved| {
            let all: Vec<_> = stories.iter().collect();
            newest_development(&all, |_| true, development, FilingNo(moved)).map(|story| story.no.0)
        };
        assert_eq!(headed(&all, 1, 1), Some(1), "the most carried");
        assert_eq!(headed(&all[..3], 1, 1), Some(4), "of equals the newest");
        assert_eq!(headed(&all, 2, 3), Some(3), "what came since did not move it on");
        assert_eq!(
            headed(&all[..1], 2, 3),
            Some(4),
            "the best of what came since, when that is all there is"
        );
        let moved_it_left = [story(6, 9), story(4, 1), story(2, 1), story(1, 5)];
        assert_eq!(headed(&moved_it_left, 2, 3), Some(4), "the first since, for what came before was told");
        assert_eq!(headed(&moved_it_left[2..], 2, 3), Some(2), "there is nothing else");
        assert_eq!(headed(&[], 1, 1), None);
        assert_eq!(headed(&[story(5, 9), story(3, 1), story(1, 4)], 1, 3), Some(3), "the rest has been told");
        let all: Vec<_> = all.iter().collect();
        let wanted = |no: i64, development| {
            let head = newest_development(&all, |story| story.no.0 == no, development, FilingNo(3));
            head.map(|story| story.no.0)
        };
        assert_eq!([wanted(3, 1), wanted(2, 2), wanted(9, 2)], [Some(3), Some(3), None]);
        assert_eq!(wanted(2, 1), Some(4), "what came before the topic was told elsewhere");
        let moved_in = [story(5, 9), story(4, 1)];
        let moved_in: Vec<_> = moved_in.iter().collect();
        let head = newest_development(&moved_in, |story| story.no.0 == 5, 1, FilingNo(3));
        assert_eq!(head.map(|story| story.no.0), Some(4), "and so was what moved in");
    }
}
