//! Selects the topics of a front page or an edition (diversification), so that no feed crowds out the others: the
//! best topics first, but at most three that only one feed carries while other feeds have topics left, and no
//! headlines of a series under one template.
//!
//! Pure. It knows topics as they are shown, and must not know how they are rendered or stored.

use super::id::{FeedNo, TopicNo};
use super::view::{StoryBrief, TopicView};
use super::wordforms::is_spaceless;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// How many topics that only one feed carries are shown, while other feeds have topics that are not.
const OF_ONE_FEED: usize = 3;
/// From this many topics on, a page or an edition is not a small one.
const ENOUGH: usize = 13;
/// The score of a topic is multiplied by this for each headline that its feed has already.
const AGAIN: f64 = 0.67;
/// A headline belongs to a series if this many other headlines of its feed follow the same template.
const OTHERS_OF_SERIES: usize = 2;

/// Which topics are shown, as far as that is decided.
#[derive(Debug)]
pub struct Choice {
    now: Timestamp,
    /// How many topics that only it carries a feed may have. Unlimited on the pages of a section, which show
    /// everything.
    of_one_feed: usize,
    /// Headlines that a feed has, and how many of those it has alone.
    headlines: HashMap<FeedNo, (usize, usize)>,
    /// Topics that wait to be shown, by feed; those of a series do not.
    waiting: HashMap<FeedNo, HashSet<TopicNo>>,
}

impl Choice {
    /// Begins the choice among `all` topics for a page or an edition of `places`. If so few feeds have news that
    /// three topics of each would not fill the places, each feed gets an equal share instead.
    pub fn among<'t>(all: impl IntoIterator<Item = &'t TopicView>, places: usize, now: Timestamp) -> Self {
        let all: Vec<&TopicView> = all.into_iter().collect();
        let mut series = series(&all);
        if all.iter().all(|topic| series.contains(&topic.no)) {
            // If nothing else is left, the series is what the reader has subscribed to.
            series.clear();
        }
        let waiting = by_feed(all.into_iter().filter(|topic| !series.contains(&topic.no)));
        let of_one_feed = OF_ONE_FEED.max(places.min(ENOUGH).div_ceil(waiting.len().max(1)));
        Self { now, of_one_feed, headlines: HashMap::new(), waiting }
    }

    /// For a page that shows all it is given.
    pub fn of_all(all: &[TopicView], now: Timestamp) -> Self {
        Self { now, of_one_feed: usize::MAX, headlines: HashMap::new(), waiting: by_feed(all) }
    }

    /// Takes the topics for the next `places`, best first. What was taken before is not taken again.
    pub fn take(&mut self, topics: &[TopicView], places: usize) -> Vec<TopicView> {
        let mut ranked: Vec<(f64, &TopicView)> =
            topics.iter().map(|topic| (topic.rank(self.now).total, topic)).collect();
        ranked.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(other.no.cmp(&one.no)));
        let mut taken = Vec::new();
        while taken.len() < places {
            let fitting = ranked.iter().filter(|(_, topic)| self.may_take(topic));
            let score = |(rank, topic): &(f64, &TopicView)| {
                let (headlines, _) = self.headlines.get(&feed(topic)).copied().unwrap_or_default();
                rank * AGAIN.powi(headlines as i32)
            };
            // On equal scores the first wins, so that the order is deterministic.
            let Some((_, best)) = fitting.rev().max_by(|a, b| score(a).total_cmp(&score(b))) else { break };
            let (headlines, alone) = self.headlines.entry(feed(best)).or_default();
            *headlines += 1;
            *alone += usize::from(is_alone(best));
            if let Some(waiting) = self.waiting.get_mut(&feed(best)) {
                waiting.remove(&best.no);
            }
            taken.push((*best).clone());
        }
        taken
    }

    fn may_take(&self, topic: &TopicView) -> bool {
        let feed = feed(topic);
        let is_waiting = self.waiting.get(&feed).is_some_and(|waiting| waiting.contains(&topic.no));
        let (_, alone) = self.headlines.get(&feed).copied().unwrap_or_default();
        let others_wait = || self.waiting.iter().any(|(other, topics)| *other != feed && !topics.is_empty());
        is_waiting && (!is_alone(topic) || alone < self.of_one_feed || !others_wait())
    }
}

/// Whose words head a topic.
fn feed(topic: &TopicView) -> FeedNo {
    topic.stories.first().map_or(FeedNo(0), |story| story.feed_no)
}

/// Topics by the feed whose words head them.
fn by_feed<'t>(topics: impl IntoIterator<Item = &'t TopicView>) -> HashMap<FeedNo, HashSet<TopicNo>> {
    let mut by_feed: HashMap<FeedNo, HashSet<TopicNo>> = HashMap::new();
    for topic in topics {
        by_feed.entry(feed(topic)).or_default().insert(topic.no);
    }
    by_feed
}

/// Whether nobody else carries a topic.
fn is_alone(topic: &TopicView) -> bool {
    topic.publishers <= 1
}

/// Topics that a feed has alone and that are headed by one of a series.
fn series(topics: &[&TopicView]) -> HashSet<TopicNo> {
    let mut by_feed: HashMap<FeedNo, Vec<(&StoryBrief, Vec<String>)>> = HashMap::new();
    for story in topics.iter().flat_map(|topic| &topic.stories) {
        by_feed.entry(story.feed_no).or_default().push((story, words(&story.title)));
    }
    let is_of_series = |head: &StoryBrief| {
        let own = words(&head.title);
        let others = by_feed.get(&head.feed_no).into_iter().flatten();
        let alike = others.filter(|(other, words)| other.id != head.id && are_of_one_template(&own, words));
        alike.take(OTHERS_OF_SERIES).count() == OTHERS_OF_SERIES
    };
    let alone = topics.iter().filter(|topic| is_alone(topic));
    alone.filter(|topic| topic.stories.first().is_some_and(is_of_series)).map(|topic| topic.no).collect()
}

/// The words of a headline, all numbers alike. A character of a script that is written without spaces is a word.
fn words(title: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in title.chars().flat_map(char::to_lowercase) {
        let is_whole = is_spaceless(c);
        if (is_whole || !c.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.push(c);
        }
        if is_whole {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    for word in words.iter_mut().filter(|word| word.chars().any(char::is_numeric)) {
        "0".clone_into(word);
    }
    words
}

/// Whether two headlines follow one template: they begin and end with the same words and differ in between. The
/// common words must be half of the longer headline and at least two, or a third of it and at least three, or all but
/// the numbers, which do not count. In a script without spaces two characters count as one word.
fn are_of_one_template(a: &[String], b: &[String]) -> bool {
    let weight = |words: &[String]| -> usize {
        let one = |word: &String| match word.as_str() {
            "0" => 0,
            word if word.chars().all(is_spaceless) => 1,
            _ => 2,
        };
        words.iter().map(one).sum()
    };
    let from_start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (rest, other_rest) = (&a[from_start..], &b[from_start..]);
    let from_end = rest.iter().rev().zip(other_rest.iter().rev()).take_while(|(x, y)| x == y).count();
    let (start, end) = (&a[..from_start], &rest[rest.len() - from_end..]);
    let same = weight(start) + weight(end);
    let longer = weight(a).max(weight(b));
    same >= 2 && a == b || same >= 4 && same * 2 >= longer || same >= 6 && same * 3 >= longer
}

#[cfg(test)]
mod tests {
    use super::super::id::{FilingNo, StoryId, TopicId};
    use super::super::settings::CategoryName;
    use super::*;
    use jiff::SignedDuration;

    fn now() -> Timestamp {
        Timestamp::from_second(1_795_456_800).unwrap()
    }

    fn topic(no: i64, feed: i64, title: &str) -> TopicView {
        let published = now() - SignedDuration::from_mins(no);
        let story = StoryBrief {
            id: StoryId(no as u128),
            title: title.to_owned(),
            url: None,
            feed: format!("Feed {feed}"),
            feed_no: FeedNo(feed),
            excerpt: String::new(),
            image: None,
            picture: None,
            language: None,
            sources: 1,
            published,
        };
        TopicView {
            no: TopicNo(no),
            id: TopicId(no as u128),
            category: CategoryName::general(),
            development: 1,
            moved: FilingNo(no),
            moved_at: published,
            heads_anew: true,
            first: story.clone(),
            last: published,
            publishers: 1,
            independent: 1,
            weight: 1.0,
            entries: 1,
            stories: vec![story],
        }
    }

    /// So many topics of a feed, which have nothing in common.
    fn topics(feed: i64, count: i64) -> Vec<TopicView> {
        (0..count).map(|no| topic(100 * feed + no, feed, &format!("w{feed}x{no} y{no} z{feed}"))).collect()
    }

    fn feeds(taken: &[TopicView]) -> Vec<i64> {
        taken.iter().map(|topic| feed(topic).0).collect()
    }

    fn count(taken: &[TopicView], of: i64) -> usize {
        feeds(taken).into_iter().filter(|feed| *feed == of).count()
    }

    #[test]
    fn broader_fresher_weightier_and_rarer_leads() {
        let base = topic(1, 1, "Ferry");
        let later = now() + SignedDuration::from_hours(12);
        let total = |change: fn(&mut TopicView)| {
            let mut topic = base.clone();
            change(&mut topic);
            topic.rank(now()).total
        };
        let plain = total(|_| ());
        assert!(total(|topic| topic.independent = 3) > total(|topic| topic.independent = 2));
        assert!(total(|topic| topic.weight = 2.0) > plain && total(|topic| topic.entries = 300) < plain);
        assert!((base.rank(later).total * 2.0 - plain).abs() < 1e-9);
        assert!((total(|topic| topic.weight = f64::NAN) - plain).abs() < 1e-9);
        let ahead = TopicView { last: later, ..base };
        assert!(ahead.rank(now()).freshness < 0.51, "of the future is not fresh");
    }

    #[test]
    fn a_feed_has_three_places_while_others_have_something_to_show() {
        let all: Vec<TopicView> =
            topics(1, 40).into_iter().chain((2..=5).flat_map(|feed| topics(feed, 4))).collect();
        let taken = Choice::among(&all, 13, now()).take(&all, 20);
        for feed in 1..=5 {
            assert_eq!(count(&taken, feed), 3, "{:?}", feeds(&taken));
        }
        let mut carried = all.clone();
        carried[..5].iter_mut().for_each(|topic| topic.publishers = 2);
        let taken = Choice::among(&carried, 13, now()).take(&carried, 40);
        assert_eq!(count(&taken, 1), 8, "what others carry does not count");
        let taken = Choice::among(&all[..40], 13, now()).take(&all[..40], 20);
        assert_eq!(count(&taken, 1), 20, "nobody else has anything");
        let two: Vec<TopicView> = topics(1, 40).into_iter().chain(topics(2, 40)).collect();
        let taken = Choice::among(&two, 13, now()).take(&two, 13);
        assert_eq!(taken.len(), 13, "two feeds share the page");
        assert!(count(&taken, 1).abs_diff(count(&taken, 2)) == 1);
    }

    #[test]
    fn a_pages_second_part_goes_on_where_its_first_ended() {
        let all: Vec<TopicView> = (1..=6).flat_map(|feed| topics(feed, 5)).collect();
        let mut choice = Choice::among(&all, 13, now());
        let (top, of_two) = (choice.take(&all, 6), choice.take(&topics(2, 5), 5));
        assert_eq!((top.len(), count(&top, 2) + of_two.len()), (6, 3));
        assert!(!of_two.is_empty() && of_two.iter().all(|topic| !top.contains(topic)));
    }

    #[test]
    fn a_series_under_one_template_is_left_out_unless_others_carry_it() {
        let check = |titles: &[&str], shown: usize| {
            let mut all: Vec<TopicView> =
                (0_i64..).zip(titles).map(|(no, title)| topic(no, 1, title)).collect();
            let taken = Choice::among(&all, 13, now()).take(&all, 13);
            assert_eq!(taken.len(), shown, "{titles:?}");
            for topic in &mut all {
                topic.publishers = 2;
            }
            assert_eq!(Choice::among(&all, 13, now()).take(&all, 13).len(), titles.len());
        };
        check(&["Weather for Aldermoor", "Weather for Lesna", "Weather for Saltby", "Ferry aground"], 1);
        check(&["Weather for Aldermoor", "Weather for Lesna"], 2);
        for series in [
            ["Movers: Orlandi, Vinck (Audio 3)", "Movers: Kettle (Audio 4)", "Movers: Lamb, Oak (Audio 5)"],
            ["Horóscopo de hoy: Aries", "Horóscopo de hoy: Tauro", "Horóscopo de hoy: Leo"],
            ["tidegauge v3.2.1", "tidegauge v3.2.0", "tidegauge v2.14.0"],
            ["サルトビーの天気予報", "レスナの天気予報", "ミルゴロドの天気予報"],
            ["Курс доллара на 3 мая", "Курс доллара на 4 мая", "Курс доллара на 5 мая"],
        ] {
            check(&series, 3);
            check(&[&series[..], &["Council votes on harbour dues"]].concat(), 1);
        }
        check(
            &["Council votes on harbour dues", "Council hears of a lost owl", "Council adjourns at midnight"],
            3,
        );
        check(&["The 5 best", "The 7 worst", "The 9 lives of a tower cat"], 3);
        check(&["港の拡張に市民が反対", "港で花火の準備が進む", "港町の写真展が始まる"], 3);
    }
}
