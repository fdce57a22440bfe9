//! Which pages an entry links to: its own page, and pages of other sites that it is about or that its text links to.
//!
//! Knows one entry. How many entries link to a page, and what follows from that, is judged elsewhere (`topics`, heat).

use super::dedup::DocFeatures;
use super::hash::PublisherHash;
use super::text::address::{self, Address};
use super::topics::StoryPages;
use crate::model::{Candidate, Found, Lead, PageLink, StoryNo, Submission};

/// Pages of other sites. An entry that links to more of them, as a newsletter does, is not about any of them.
const ABOUT_AT_MOST: usize = 8;

/// The pages that an entry links to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pages {
    /// Hash of the page whose story the entry carries. It is on the entry's own site, or on another site while the
    /// entry has hardly any text of its own.
    pub(crate) carried: Option<u64>,
    /// The pages of other sites, each once.
    pub(crate) links: Vec<PageLink>,
    /// What the topics engine needs of them.
    pub(crate) story: StoryPages,
}

/// Collects the pages that an entry links to.
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

/// The story that carries a page, given the entries that are found under the page's fingerprint.
pub fn story_of_page(page: u64, found: &Found) -> Option<StoryNo> {
    let carries = |candidate: &&Candidate| {
        let own = candidate.url.as_deref().filter(|_| !candidate.shares_address);
        let own = own.and_then(address::canonical).filter(|own| own.key == page);
        own.is_some_and(|own| own.site() == candidate.publisher || Lead::says_little(&candidate.text))
    };
    found.candidates.iter().find(carries).map(|candidate| candidate.placement.story)
}

/// The fingerprint under which an entry is stored whose own page, or whose subject, is this page.
pub fn page_fingerprint(page: u64) -> u64 {
    super::dedup::page_fingerprint(page)
}
