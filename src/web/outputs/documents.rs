//! The documents of outputs: which stories, topics, pages or editions stand in them, and how large they may become.

use super::super::WebContext;
use crate::model::{ArchiveNo, Chain, FeedNo, FilingNo, LinkedPage, Lookup, Search, StoryView, TopicView};
use crate::render::{self, Holds, Output};
use crate::store::{Reader, Scope, StoreError, StoryQuery};
use jiff::{SignedDuration, Timestamp};

/// Size, 2 MB, above which an output is made smaller: stories lose their texts, the oldest first; then the last items are left
/// out. Items that must stay can make it larger.
const LARGE: usize = 2_000_000;

/// Items that are newer than this are never left out: a reader that comes once a day, and misses a day, must find them.
const NEVER_CUT: SignedDuration = SignedDuration::from_hours(48);

/// In a newsroom's first day, all that the first feeds hold is filed at once. A story of that day counts as new by its date of
/// publication only.
const FIRST_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Maximum number of items, whatever `days` brings: a machine with 1 GiB could not render more.
const AT_MOST: usize = 10_000;

/// Editions of a digest that an output holds. Each is a whole mail, and none is shortened for being old.
const EDITIONS: usize = 30;

/// Reads and renders an output: at least so many stories, and at least those of so many days, while that is not too large.
pub(super) fn write(
    reader: &Reader<'_>,
    settings: &WebContext,
    output: &Output,
    now: Timestamp,
) -> Result<String, StoreError> {
    let publish = &settings.publish;
    let since = days_before(now, publish.days);
    let lately = now.checked_sub(NEVER_CUT).unwrap_or(Timestamp::MIN);
    let site = settings.view();
    let category = output.category.as_ref();
    match &output.holds {
        Holds::Topics | Holds::Broad(_) => {
            let publishers = if let Holds::Broad(publishers) = output.holds { publishers } else { 1 };
            let topics = reader.topics_moved(category, publishers, since, publish.items, AT_MOST)?;
            let document = |topics: &[TopicView]| Ok(render::topics(&site, output, publish, topics));
            let whole = document(&topics)?;
            fit(topics, whole, |topic| topic.moved_at >= lately, document)
        }
        Holds::Linked => {
            let pages = reader.linked_pages(since, publish.items, AT_MOST)?;
            let document = |pages: &[LinkedPage]| Ok(render::linked(&site, output, publish, pages));
            let whole = document(&pages)?;
            fit(pages, whole, |page| page.shown_at >= lately, document)
        }
        Holds::Found(words) => {
            let mut search = reader.opened(Search::read(words, &settings.site.timezone))?;
            if let (Some(category), false) = (category, search.is_empty()) {
                search.categories = vec![category.as_str().to_owned()];
            }
            let mut stories = reader.found(&search, publish.items)?;
            shorten(&mut stories, |stories| {
                Ok(render::stories(&site, output, publish, stories, &Chain::default()))
            })
        }
        Holds::Editions(name, _) => {
            let editions = reader.last_editions(name, EDITIONS)?;
            Ok(render::editions(&site, output, &editions, &reader.hidden()?))
        }
        Holds::Stories | Holds::Source(..) | Holds::Topic(..) => {
            write_stories(reader, settings, output, since, lately)
        }
    }
}

/// Whose stories stand in an output of stories; `None` when there is nobody of that name any more.
fn scope(reader: &Reader<'_>, output: &Output) -> Result<Option<Scope>, StoreError> {
    Ok(match &output.holds {
        Holds::Source(name, _) => reader.source(name)?.map(|(feed, _)| Scope::Feed(feed)),
        Holds::Topic(id, _) => match reader.topic(*id)? {
            Lookup::Found(topic) => Some(Scope::Topic(topic.no)),
            Lookup::Moved(_) | Lookup::TakenDown | Lookup::Unknown => None,
        },
        _ => Some(Scope::of(output.category.as_ref())),
    })
}

/// The document of an output that is subscribed to. What does not stand in it stands in the archive.
fn write_stories(
    reader: &Reader<'_>,
    settings: &WebContext,
    output: &Output,
    since: Timestamp,
    lately: Timestamp,
) -> Result<String, StoreError> {
    let publish = &settings.publish;
    let scope = scope(reader, output)?.unwrap_or(Scope::Feed(FeedNo(0)));
    // An archive document is published once it is complete. Until then its stories stand here.
    let from = unfinished(reader)?.filings().start;
    let query = StoryQuery {
        scope: scope.clone(),
        since,
        from,
        at_least: publish.items,
        at_most: AT_MOST,
        html_bytes: LARGE,
    };
    let mut stories = reader.stories_for(&query)?;
    let settled = reader.founded_at()?.and_then(|at| at.checked_add(FIRST_DAY).ok());
    let is_kept = |story: &StoryView| {
        let is_news = story.published >= lately || settled.is_none_or(|settled| story.shown_at >= settled);
        story.shown >= from || (story.shown_at >= lately && is_news)
    };
    let all: Vec<FilingNo> = stories.iter().map(|story| story.shown).collect();
    let document = |stories: &[StoryView]| {
        let place = all.iter().zip(stories).position(|(shown, story)| *shown != story.shown);
        let prev = match all.get(place.unwrap_or(stories.len())) {
            Some(left_out) => Some(ArchiveNo::of(*left_out)),
            None => all.last().map(|last| reader.archive_before(&scope, *last)).transpose()?.flatten(),
        };
        let chain = Chain { prev, ..Chain::default() };
        Ok(render::stories(&settings.view(), output, publish, stories, &chain))
    };
    let short = shorten(&mut stories, document)?;
    fit(stories, short, is_kept, document)
}

/// The number of the first archive document that is not complete, because the next filing comes into it.
fn unfinished(reader: &Reader<'_>) -> Result<ArchiveNo, StoreError> {
    let FilingNo(last) = reader.last_filing()?;
    Ok(ArchiveNo::of(FilingNo(last + 1)))
}

/// The document that `write` gives. While it is too large, texts are cut to excerpts, the oldest first.
fn shorten(
    stories: &mut [StoryView],
    write: impl Fn(&[StoryView]) -> Result<String, StoreError>,
) -> Result<String, StoreError> {
    let mut whole = stories.len();
    loop {
        let document = write(stories)?;
        let too_many = document.len().saturating_sub(LARGE);
        if too_many == 0 || whole == 0 {
            return Ok(document);
        }
        let mut saved = 0;
        while saved < too_many && whole > 0 {
            whole -= 1;
            let siblings = std::mem::take(&mut stories[whole].siblings);
            let titles: usize = siblings.iter().map(|sibling| sibling.title.len()).sum();
            saved += stories[whole].html.take().map_or(0, |html| html.len()) + titles;
        }
    }
}

/// Leaves out items, the last first, until the document is not larger than [`LARGE`] or only items are left that `must_stay`.
/// `document` is that of all items; `write` makes it anew.
fn fit<T>(
    mut items: Vec<T>,
    mut document: String,
    must_stay: impl Fn(&T) -> bool,
    write: impl Fn(&[T]) -> Result<String, StoreError>,
) -> Result<String, StoreError> {
    loop {
        let too_many = document.len().saturating_sub(LARGE);
        let may_go = items.iter().filter(|item| !must_stay(item)).count();
        if too_many == 0 || may_go == 0 {
            return Ok(document);
        }
        let share = items.len() * too_many / document.len() + 1;
        let mut stay = may_go.saturating_sub(share);
        items.retain(|item| {
            let stays = must_stay(item) || stay > 0;
            stay = stay.saturating_sub(usize::from(!must_stay(item)));
            stays
        });
        document = write(&items)?;
    }
}

/// A document of an archive.
pub(super) enum Archived {
    /// It is there.
    Here(String),
    /// Its stories have been forgotten, or taken down, or there never were any.
    Empty,
    /// Stories may still come into it.
    Unfinished,
}

/// Reads and renders a document of an output's archive.
pub(super) fn archived(
    reader: &Reader<'_>,
    settings: &WebContext,
    output: &Output,
    no: ArchiveNo,
) -> Result<Archived, StoreError> {
    let unfinished = unfinished(reader)?;
    if no >= unfinished {
        return Ok(Archived::Unfinished);
    }
    let Some(scope) = scope(reader, output)? else { return Ok(Archived::Empty) };
    let mut stories = reader.archived(&scope, no)?;
    if stories.is_empty() {
        return Ok(Archived::Empty);
    }
    let filings = no.filings();
    let chain = Chain {
        here: Some(no),
        prev: reader.archive_before(&scope, filings.start)?,
        next: reader.archive_after(&scope, &(filings.end..unfinished.filings().start))?,
    };
    let document = |stories: &[StoryView]| {
        Ok(render::stories(&settings.view(), output, &settings.publish, stories, &chain))
    };
    shorten(&mut stories, document).map(Archived::Here)
}

/// So many days before `now`, or the beginning of time.
pub(in crate::web) fn days_before(now: Timestamp, days: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of numbers, each of so many bytes.
    fn fitted(numbers: Vec<usize>, bytes: usize, must_stay: impl Fn(&usize) -> bool) -> Vec<usize> {
        let left = std::cell::RefCell::new(numbers.clone());
        let write = |numbers: &[usize]| {
            *left.borrow_mut() = numbers.to_vec();
            Ok("x".repeat(numbers.len() * bytes))
        };
        let whole = write(&numbers).unwrap();
        assert!(fit(numbers, whole, must_stay, write).unwrap().len() % bytes == 0);
        left.into_inner()
    }

    #[test]
    fn what_is_too_large_loses_its_last_items_but_never_those_that_must_stay() {
        let all: Vec<usize> = (0..1_000).collect();
        let bytes = LARGE / 500;
        assert_eq!(fitted(all[..500].to_vec(), bytes, |_| false), all[..500]);
        let left = fitted(all.clone(), bytes, |_| false);
        assert!((490..=500).contains(&left.len()) && left == all[..left.len()]);
        let left = fitted(all.clone(), bytes, |number| *number >= 990);
        assert!((490..=500).contains(&left.len()) && left.ends_with(&all[990..]));
        assert_eq!(fitted(all.clone(), bytes, |number| *number < 700), all[..700]);
        assert_eq!(fitted(all.clone(), bytes, |_| true), all);
    }
}
