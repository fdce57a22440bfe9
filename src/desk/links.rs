//! Which pages an entry leads to: its own, and those of other sites that it is about or links to.
//!
//! Knows one entry. How many link to a page, and what follows from it, others judge.

use super::dedup::DocFeatures;
use super::hash::PublisherHash;
use super::text::address::{self, Address};
use super::topics::StoryPages;
use crate::model::{Candidate, Found, Lead, PageLink, StoryNo, Submission};

/// An entry that links to more pages than this, as a newsletter does, is not about any of them.
const ABOUT_AT_MOST: usize = 8;

/// Where an entry leads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pages {
    /// The page whose story it carries: one of its own site, or one of which it says little.
    pub(crate) carried: Option<u64>,
    /// The pages of other sites, each once.
    pub(crate) links: Vec<PageLink>,
    /// What topics take from them.
    pub(crate) story: StoryPages,
}

/// The pages that an entry leads to.
pub(crate) fn pages(submission: &Submission<'_>, features: &DocFeatures) -> Pages {
    let entry = submission.entry;
    let publisher = submission.feed.publisher.as_str();
    let is_outside = |page: &Address| page.site() != publisher && !page.is_home();
    let mut pages = Pages::default();
    let own = features.address.as_ref().filter(|_| !entry.shares_address);
    let named = [own.zip(entry.url.as_ref()), features.linked.as_ref().zip(entry.links_to.as_ref())];
    for (page, url) in named.into_iter().flatten() {
        if page.lasting {
            pages.story.own.push(page.key);
        }
        if is_outside(page) {
            let points = Lead::says_little(&entry.text);
            pages.links.push(PageLink {
                page: page.key,
                url: url.clone(),
                words: entry.title.clone(),
                points,
            });
        }
    }
    let is_carried = |page: &&Address| page.site() == publisher || Lead::says_little(&entry.text);
    pages.carried = own.filter(is_carried).map(|page| page.key);
    let by = own.filter(|page| !is_carried(page)).map_or(publisher, Address::site);
    pages.story.by = PublisherHash::of(by);
    for link in &entry.links {
        let Some(page) = address::canonical(&link.url).filter(is_outside) else { continue };
        if pages.links.iter().any(|known| known.page == page.key)
            || own.is_some_and(|own| own.key == page.key)
        {
            continue;
        }
        if page.lasting {
            pages.story.linked.push(page.key);
        }
        let (url, words) = (link.url.clone(), link.words.clone());
        pages.links.push(PageLink { page: page.key, url, words, points: false });
    }
    if pages.links.len() > ABOUT_AT_MOST {
        pages.story.linked.clear();
    }
    pages
}

/// The story of a page among entries that are found under its fingerprint.
pub fn story_of_page(page: u64, found: &Found) -> Option<StoryNo> {
    let carries = |candidate: &&Candidate| {
        let own = candidate.url.as_deref().filter(|_| !candidate.shares_address);
        let own = own.and_then(address::canonical).filter(|own| own.key == page);
        own.is_some_and(|own| own.site() == candidate.publisher || Lead::says_little(&candidate.text))
    };
    found.candidates.iter().find(carries).map(|candidate| candidate.placement.story)
}

/// The fingerprint under which the entries of a page are found.
pub fn page_fingerprint(page: u64) -> u64 {
    super::dedup::page_fingerprint(page)
}
