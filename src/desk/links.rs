//! Which pages of other sites an entry leads to: those that it is about or links to.
//!
//! Knows one entry. How many link to a page, and what follows from it, others judge.

use super::dedup::DocFeatures;
use super::text::address::{self, Address};
use crate::model::{Lead, PageLink, Submission};

/// The pages of other sites that an entry leads to, each once.
pub(crate) fn links(submission: &Submission<'_>, features: &DocFeatures) -> Vec<PageLink> {
    let entry = submission.entry;
    let publisher = submission.feed.publisher.as_str();
    let is_outside = |page: &Address| page.site() != publisher && !page.is_home();
    let mut links: Vec<PageLink> = Vec::new();
    let own = features.address.as_ref().filter(|_| !entry.shares_address);
    let named = [own.zip(entry.url.as_ref()), features.linked.as_ref().zip(entry.links_to.as_ref())];
    for (page, url) in named.into_iter().flatten() {
        if is_outside(page) {
            let points = Lead::says_little(&entry.text);
            links.push(PageLink { page: page.key, url: url.clone(), words: entry.title.clone(), points });
        }
    }
    for link in &entry.links {
        let Some(page) = address::canonical(&link.url).filter(is_outside) else { continue };
        if links.iter().any(|known| known.page == page.key) || own.is_some_and(|own| own.key == page.key) {
            continue;
        }
        let (url, words) = (link.url.clone(), link.words.clone());
        links.push(PageLink { page: page.key, url, words, points: false });
    }
    links
}
