//! Composes an edition: what is new to the readers of a digest since its last one.
//!
//! It reads the store and hands its choice to `render`. It must not know mail.

use super::{DigestContext, segments};
use crate::model::{
    Choice, DigestSettings, EditionDraft, FeedNo, FilingNo, LinkedPage, StoryBrief, Told, TopicNo, TopicView,
};
use crate::render::{self, Contents, News};
use crate::store::{DigestState, Reader, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeSet, HashMap};

/// How many topics an edition chooses from at the most.
const CHOICE: usize = 2_000;
/// How many topics or pages are in each of the extra sections, those that belong to no category.
const BESIDE: usize = 4;
/// From this many publishers on, a topic counts as widely covered.
const WIDELY: usize = 4;
/// How many other publishers of a topic are named.
const REPORTERS: usize = 4;
/// In this time a feed that is rarely updated says something once or twice.
const RARELY: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How many of the hottest pages are read to find those that the digest has not told.
const HOTTEST: usize = 40;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Which edition of a digest is composed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Issue<'a> {
    pub(super) digest: &'a DigestSettings,
    pub(super) state: DigestState,
    pub(super) due_at: Timestamp,
    pub(super) now: Timestamp,
    /// Its id; without one it is a trial, which has no page.
    pub(super) id: Option<&'a str>,
}

/// The edition; `None` when there is nothing to tell and the digest is not one that says so.
pub(super) fn draft(
    reader: &Reader<'_>,
    context: &DigestContext,
    issue: Issue<'_>,
) -> Result<Option<EditionDraft>, StoreError> {
    let Issue { digest, state, due_at, now, id } = issue;
    let (after, since) = begins(reader, digest, &state, due_at)?;
    let told = reader.told(&digest.name)?;
    let contents = contents(reader, &issue, after, since, &told)?;
    if contents.topics.is_empty() && !digest.sends_empty {
        return Ok(None);
    }
    let composed = render::edition(&context.render_site(), digest, &contents, due_at, id);
    let through = reader.last_filing()?;
    Ok(Some(EditionDraft {
        digest: digest.name.clone(),
        id: id.unwrap_or_default().to_owned(),
        due_at,
        composed_at: now,
        through,
        topics: composed.topics,
        told: telling(&contents, composed.topics, through, due_at),
        words: composed.words,
        recipients: segments::recipients(reader, context, digest)?,
    }))
}

/// What an edition tells. An edition that is late tells what came meanwhile, too.
fn contents(
    reader: &Reader<'_>,
    issue: &Issue<'_>,
    after: FilingNo,
    since: Timestamp,
    told: &HashMap<TopicNo, Told>,
) -> Result<Contents, StoreError> {
    let Issue { digest, .. } = *issue;
    let now = issue.due_at.max(issue.now);
    let mut news = reader.topics_since(after, &digest.categories, CHOICE)?;
    news.retain(|topic| is_news(topic, told.get(&topic.no), after));
    for topic in &mut news {
        topic.last = as_of_a_day(topic.last, since, now);
    }
    // Topics that were never published in the `topics` outputs only repeat headlines that were told before. They are
    // considered only among the rarely updated feeds: a weekly letter may have the same headline each time and still
    // be news.
    let (published, others): (Vec<TopicView>, Vec<TopicView>) =
        news.iter().cloned().partition(|topic| topic.moved > FilingNo(0));
    let mut choice = Choice::among(&news, digest.topics, now);
    // What it has taken it does not take again.
    let topics = choice.take(&published, digest.topics);
    let widely: Vec<TopicView> =
        published.iter().filter(|topic| topic.publishers >= WIDELY).cloned().collect();
    let widely = choice.take(&widely, BESIDE);
    let mut rare = Vec::new();
    for topic in published.into_iter().chain(others) {
        let feed = topic.stories.first().map_or(FeedNo(0), |story| story.feed_no);
        let quiet_since = now.checked_sub(RARELY).unwrap_or(Timestamp::MIN);
        if topic.publishers < WIDELY && reader.is_rarely_updated(feed, quiet_since)? {
            rare.push(topic);
        }
    }
    let rare = choice.take(&rare, BESIDE);
    let chosen: BTreeSet<TopicNo> = topics.iter().chain(&widely).chain(&rare).map(|topic| topic.no).collect();
    let is_told = |no: TopicNo| chosen.contains(&no) || told.contains_key(&no);
    let linked = linked(reader, digest, since, now, is_told)?;
    let hidden = reader.hidden()?;
    let is_shown = |told: &Told| !hidden.feeds.contains(&told.feed) && !hidden.stories.contains(&told.story);
    let as_news = |topics: Vec<TopicView>| -> Result<Vec<News>, StoreError> {
        let one = |topic: TopicView| {
            let before = told.get(&topic.no).filter(|told| is_shown(told)).cloned();
            let lead = topic.stories.first().map_or(FeedNo(0), |story| story.feed_no);
            let reporters = reader.reporters(topic.no, lead, REPORTERS)?;
            Ok(News { topic, before, reporters })
        };
        topics.into_iter().map(one).collect()
    };
    Ok(Contents {
        topics: as_news(topics)?,
        widely_covered: as_news(widely)?,
        rarely_updated: as_news(rare)?,
        linked,
    })
}

/// Whether a topic that has stories since the last edition is news to the readers of a digest: one that they were told of is when it
/// has truly moved on since, or when many feeds carry one new story of it. Such copies found no stories, so that they alone move no
/// topic on.
fn is_news(topic: &TopicView, told: Option<&Told>, after: FilingNo) -> bool {
    let Some(told) = told else { return true };
    let has_moved_on = topic.development > 1 && topic.moved > after.max(told.through);
    let is_widely_carried = |head: &StoryBrief| head.sources >= WIDELY && head.id != told.story;
    has_moved_on || topic.heads_anew && topic.stories.first().is_some_and(is_widely_carried)
}

/// The date of a topic, with its age scaled as if the edition spanned one day: a week's news loses freshness over a
/// week as a day's news does over a day.
fn as_of_a_day(last: Timestamp, since: Timestamp, now: Timestamp) -> Timestamp {
    let span = now.as_second().saturating_sub(since.as_second()).max(DAY.as_secs());
    let age = now.as_second().saturating_sub(last.as_second());
    let aged = i128::from(age) * i128::from(DAY.as_secs()) / i128::from(span);
    let aged = i64::try_from(aged).unwrap_or(i64::MAX);
    now.checked_sub(SignedDuration::from_secs(aged)).unwrap_or(last)
}

/// The pages that most link to since the last edition, whose topics are not told anyway.
fn linked(
    reader: &Reader<'_>,
    digest: &DigestSettings,
    since: Timestamp,
    now: Timestamp,
    is_told: impl Fn(TopicNo) -> bool,
) -> Result<Vec<(LinkedPage, Vec<FeedNo>)>, StoreError> {
    let mut linked = Vec::new();
    for page in reader.hottest_pages(now, HOTTEST)? {
        let is_of_digest = digest.categories.is_empty()
            || page.story.as_ref().is_some_and(|story| digest.categories.contains(&story.category));
        let is_old =
            page.shown_at <= since || page.story.as_ref().is_some_and(|story| is_told(story.topic_no));
        if linked.len() < BESIDE && is_of_digest && !is_old {
            let feeds = reader.feeds_of_page(&page)?;
            linked.push((page, feeds));
        }
    }
    Ok(linked)
}

/// What an edition will have told: of its topics so many, the best first, and all that stands beside them.
fn telling(contents: &Contents, topics: usize, through: FilingNo, at: Timestamp) -> Vec<Told> {
    let beside = contents.widely_covered.iter().chain(&contents.rarely_updated);
    let topics = contents.topics.iter().take(topics).chain(beside).filter_map(|news| {
        let head = news.topic.stories.first()?;
        let (headline, story, feed) = (head.title.clone(), head.id, head.feed_no);
        Some(Told { topic: news.topic.no, through, at, headline, story, feed })
    });
    let pages = contents.linked.iter().filter_map(|(page, feeds)| {
        let story = page.story.as_ref()?;
        let feed = feeds.first().copied()?;
        let (topic, headline, story) = (story.topic_no, story.title.clone(), story.id);
        Some(Told { topic, through, at, headline, story, feed })
    });
    topics.chain(pages).collect()
}

/// Where an edition begins, and when that was.
fn begins(
    reader: &Reader<'_>,
    digest: &DigestSettings,
    state: &DigestState,
    due_at: Timestamp,
) -> Result<(FilingNo, Timestamp), StoreError> {
    Ok(match look_back(digest, state, due_at) {
        Since::Filing(filing) => {
            (filing, reader.filed_at(filing)?.or(state.due_at).unwrap_or(Timestamp::MIN))
        }
        Since::Time(time) => (reader.last_filing_before(time)?, time),
    })
}

enum Since {
    Filing(FilingNo),
    Time(Timestamp),
}

/// Where an edition begins: after the last one; the first edition, and one after a pause of more than two periods, looks
/// back one period.
fn look_back(digest: &DigestSettings, state: &DigestState, due_at: Timestamp) -> Since {
    let before = |time: Timestamp| {
        let just_before = time.checked_sub(SignedDuration::from_secs(1)).ok()?;
        digest.schedule.last_until(just_before, &digest.timezone)
    };
    let one = before(due_at);
    let two = one.and_then(before);
    match state.due_at {
        Some(last) if two.is_none_or(|two| last >= two) && state.through > FilingNo(0) => {
            Since::Filing(state.through)
        }
        _ => Since::Time(one.unwrap_or(Timestamp::MIN)),
    }
}

/// The local date, with the time when the schedule names several times on that day.
fn edition_id(digest: &DigestSettings, due_at: Timestamp) -> String {
    let local = digest.timezone.to_datetime(due_at);
    let same_day = |other: Option<Timestamp>| {
        other.is_some_and(|other| digest.timezone.to_datetime(other).date() == local.date())
    };
    let before = due_at
        .checked_sub(SignedDuration::from_secs(1))
        .ok()
        .and_then(|time| digest.schedule.last_until(time, &digest.timezone));
    let several = same_day(before) || same_day(digest.schedule.next_after(due_at, &digest.timezone));
    if several { local.strftime("%Y-%m-%d-%H%M").to_string() } else { local.date().to_string() }
}

/// The id of an edition; `None` if the edition of this moment exists already. An edition that was composed while the
/// clock was ahead keeps its id, and the new one gets another. Such an edition is known by editions with an earlier
/// due time that were composed after it.
pub(super) fn unused(
    reader: &Reader<'_>,
    digest: &DigestSettings,
    due_at: Timestamp,
) -> Result<Option<String>, StoreError> {
    let first = edition_id(digest, due_at);
    let mut id = first.clone();
    for again in 2..100 {
        match reader.edition(&digest.name, &id)? {
            Some(other) if other.due_at == due_at => {
                if !reader.was_composed_ahead(&other)? {
                    return Ok(None);
                }
            }
            _ => break,
        }
        id = format!("{first}-{again}");
    }
    Ok(Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Language;
    use jiff::tz::TimeZone;

    fn digest(schedule: &str) -> DigestSettings {
        DigestSettings {
            name: "morning".to_owned(),
            title: "Morning".to_owned(),
            schedule: schedule.parse().unwrap(),
            timezone: TimeZone::get("Europe/Berlin").unwrap(),
            language: Language::English,
            categories: Vec::new(),
            topics: 10,
            sends_empty: false,
            pictures: false,
            open: false,
            to: Vec::new(),
        }
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_edition_is_named_by_its_local_date_and_by_the_time_when_there_are_several_a_day() {
        assert_eq!(edition_id(&digest("0 0 * * *"), time("2026-11-22T23:00:00Z")), "2026-11-23");
        assert_eq!(edition_id(&digest("0 7,19 * * *"), time("2026-11-23T06:00:00Z")), "2026-11-23-0700");
    }

    #[test]
    fn an_edition_begins_after_the_last_one_or_looks_back_one_period() {
        let daily = digest("0 7 * * *");
        let due = time("2026-11-23T06:00:00Z");
        let state = |last: Option<&str>| DigestState {
            since: time("2026-01-01T00:00:00Z"),
            due_at: last.map(time),
            through: FilingNo(i64::from(last.is_some()) * 42),
        };
        let begins = |last: Option<&str>| match look_back(&daily, &state(last), due) {
            Since::Filing(filing) => filing.to_string(),
            Since::Time(time) => time.to_string(),
        };
        assert_eq!(begins(None), "2026-11-22T06:00:00Z");
        assert_eq!(begins(Some("2026-11-22T06:00:00Z")), "42");
        assert_eq!(begins(Some("2026-11-21T06:00:00Z")), "42");
        assert_eq!(begins(Some("2026-11-01T06:00:00Z")), "2026-11-22T06:00:00Z");
    }

    #[test]
    fn the_news_of_a_week_is_as_fresh_to_its_edition_as_that_of_a_day_is_to_a_daily_one() {
        let now = time("2026-11-23T06:00:00Z");
        let check = |since: &str, last: &str, expected: &str| {
            assert_eq!(as_of_a_day(time(last), time(since), now), time(expected));
        };
        check("2026-11-22T06:00:00Z", "2026-11-22T18:00:00Z", "2026-11-22T18:00:00Z");
        check("2026-11-16T06:00:00Z", "2026-11-19T18:00:00Z", "2026-11-22T18:00:00Z");
        check("2026-11-23T05:00:00Z", "2026-11-23T05:00:00Z", "2026-11-23T05:00:00Z");
        assert!(as_of_a_day(Timestamp::MIN, Timestamp::MIN, now) < now);
    }
}
