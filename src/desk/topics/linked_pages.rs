//! Shared links as evidence for one event: two stories of different publishers that link to the same page are about the
//! same thing, unless many others link to that page, too.
//!
//! Bounded in pages, and in stories of each page; the oldest are forgotten first. Knows hashes of pages, numbers of
//! stories, publishers and times; nothing of words.

use super::tuning::TUNING;
use crate::desk::hash::{Map, PublisherHash};
use crate::desk::placements::Placements;
use crate::desk::snapshot::{BadSnapshot, sorted};
use crate::model::{Placement, StoryNo, TopicNo};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// Maximum number of pages remembered; some 2 MB. With a few more, the hash table would double.
const MAX_PAGES: usize = 28_000;
/// Maximum number of stories remembered of a page; the newest.
const MAX_STORIES: usize = 8;

/// The lasting pages that a story links to, as hashes of their canonical addresses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoryPages {
    /// Who wrote its text. For an entry of a planet this is the site of the entry's page.
    pub(crate) by: PublisherHash,
    /// Its own page, and the page that it is about.
    pub(crate) own: Vec<u64>,
    /// Pages of other sites that its text links to.
    pub(crate) linked: Vec<u64>,
}

/// A story that links to a page.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Leading {
    story: StoryNo,
    publisher: PublisherHash,
    /// Whether the page is its own, or the one that it is about.
    is_own: bool,
    /// When it was filed, in seconds since 1970.
    at_s: i64,
}

/// Pages, and the stories that link to them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LinkedPages {
    /// The pages in the order in which they were first linked to.
    order: VecDeque<u64>,
    #[serde(with = "sorted")]
    pages: Map<u64, Vec<Leading>>,
}

impl StoryPages {
    fn all(&self) -> impl Iterator<Item = (u64, bool)> {
        let own = self.own.iter().map(|page| (*page, true));
        own.chain(self.linked.iter().map(|page| (*page, false)))
    }
}

impl LinkedPages {
    /// Checks the state after a snapshot was read; damage is an error.
    pub(crate) fn restored(self) -> Result<Self, BadSnapshot> {
        let are_known = self.order.iter().all(|page| self.pages.contains_key(page));
        let is_bounded = self.order.len() <= MAX_PAGES && self.pages.len() == self.order.len();
        if !are_known || !is_bounded || self.pages.values().any(|stories| stories.len() > MAX_STORIES) {
            return Err(BadSnapshot("the linked pages are not those of their list".to_owned()));
        }
        Ok(self)
    }

    /// Learns a new story that links to these pages.
    pub(crate) fn learn(&mut self, story: StoryNo, leads_to: &StoryPages, at_s: i64) {
        let publisher = leads_to.by;
        for (page, is_own) in leads_to.all() {
            let stories = self.pages.entry(page).or_insert_with(|| {
                self.order.push_back(page);
                Vec::with_capacity(1)
            });
            if stories.len() == MAX_STORIES {
                stories.remove(0);
            }
            stories.push(Leading { story, publisher, is_own, at_s });
        }
        while self.order.len() > MAX_PAGES {
            if let Some(oldest) = self.order.pop_front() {
                self.pages.remove(&oldest);
            }
        }
    }

    /// The newest story in an `allowed` topic that links to the same page as a new story, and the page.
    ///
    /// A page that is the own page (or the subject) of both does not count: dedup has already decided that they are two
    /// stories, and that is better evidence. Neither does a page to which one publisher links repeatedly, nor one to
    /// which stories of more than `link_topics` topics link.
    pub(crate) fn find(
        &self,
        leads_to: &StoryPages,
        placements: &Placements,
        now_s: i64,
        allowed: impl Fn(TopicNo) -> bool,
    ) -> Option<(Placement, u64)> {
        leads_to.all().find_map(|(page, is_own)| {
            let stories = self.pages.get(&page)?;
            let topic_of = |story: StoryNo| placements.get(story).map(|standing| standing.topic);
            let topics: BTreeSet<TopicNo> =
                stories.iter().filter_map(|known| topic_of(known.story)).collect();
            let count = |by: PublisherHash| stories.iter().filter(|known| known.publisher == by).count();
            if topics.len() > TUNING.link_topics || count(leads_to.by) > 0 {
                return None;
            }
            let counts = |known: &&Leading| {
                !(is_own && known.is_own)
                    && count(known.publisher) == 1
                    && (now_s - known.at_s).abs() <= TUNING.link_s
            };
            stories.iter().rev().filter(counts).find_map(|known| {
                let (story, topic) = (known.story, topic_of(known.story).filter(|topic| allowed(*topic))?);
                Some((Placement { story, topic }, page))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::placements::Standing;

    const DAY_S: i64 = 86_400;

    #[derive(Default)]
    struct Desk {
        pages: LinkedPages,
        placements: Placements,
        now_s: i64,
    }

    impl Desk {
        /// A story in the topic of its own number.
        fn story(&mut self, no: i64, publisher: &str, pages: StoryPages) {
            let by = PublisherHash::of(publisher);
            self.pages.learn(StoryNo(no), &StoryPages { by, ..pages }, self.now_s);
            self.placements.set(StoryNo(no), Standing { topic: TopicNo(no), is_fixed: false });
        }

        fn found(&self, publisher: &str, pages: StoryPages) -> Option<i64> {
            let pages = StoryPages { by: PublisherHash::of(publisher), ..pages };
            let found = self.pages.find(&pages, &self.placements, self.now_s, |topic| topic.0 != 99);
            found.map(|(placement, _)| placement.story.0)
        }
    }

    fn links(pages: &[u64]) -> StoryPages {
        StoryPages { linked: pages.to_vec(), ..StoryPages::default() }
    }

    fn is(page: u64) -> StoryPages {
        StoryPages { own: vec![page], ..StoryPages::default() }
    }

    #[test]
    fn two_publishers_that_link_to_one_page_are_about_one_thing() {
        let mut desk = Desk::default();
        desk.story(1, "a", links(&[10, 11]));
        assert_eq!(desk.found("b", links(&[12, 11])), Some(1));
        assert_eq!(desk.found("b", links(&[12])), None);
        assert_eq!(desk.found("b", is(10)), Some(1), "a page, and who linked to it before");
        assert_eq!(desk.found("a", links(&[10])), None, "one publisher");
        desk.now_s = 30 * DAY_S;
        assert_eq!(desk.found("b", links(&[10])), None, "a month later");
    }

    #[test]
    fn two_stories_that_are_about_a_page_are_for_others_to_judge() {
        let mut desk = Desk::default();
        desk.story(1, "a", is(10));
        assert_eq!(desk.found("b", is(10)), None);
        assert_eq!(desk.found("b", links(&[10])), Some(1));
    }

    #[test]
    fn a_page_that_one_publisher_links_to_each_time_or_everybody_links_to_says_nothing() {
        let mut desk = Desk::default();
        desk.story(1, "author", links(&[10]));
        desk.story(2, "author", links(&[10]));
        assert_eq!(desk.found("b", links(&[10])), None);
        let mut desk = Desk::default();
        for (no, publisher) in (1..).zip(["a", "b", "c", "d"]) {
            desk.story(no, publisher, links(&[10]));
        }
        assert_eq!(desk.found("e", links(&[10])), None);
    }

    #[test]
    fn a_topic_that_is_not_allowed_is_passed_over() {
        let mut desk = Desk::default();
        desk.story(1, "a", links(&[10]));
        desk.story(99, "b", links(&[10]));
        assert_eq!(desk.found("c", links(&[10])), Some(1));
    }

    #[test]
    fn memory_is_bounded_in_pages_and_in_stories_of_a_page() {
        let mut desk = Desk::default();
        for no in 0..60_000_u64 {
            desk.story(no.cast_signed(), &no.to_string(), links(&[7, no + 100]));
        }
        assert_eq!((desk.pages.order.len(), desk.pages.pages.len()), (MAX_PAGES, MAX_PAGES));
        assert!(desk.pages.pages.values().all(|stories| stories.len() <= MAX_STORIES));
        assert!(desk.pages.restored().is_ok());
    }
}
