//! What readers see of a filing, and the facts from which `admission` decides that. The store writes it.

use super::feed::site_of;
use super::id::{EntryNo, FeedNo};
use jiff::Timestamp;

/// What of a filing is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each says of one thing whether it happens")]
pub struct Publication {
    /// The story is shown from now on, unless it is shown already.
    pub shows_story: bool,
    /// The entry whose words the story is shown with from now on; `None` leaves it as it is.
    pub leads: Option<EntryNo>,
    /// The topic has a new item in the `topics` outputs, unless none of its stories is shown yet.
    pub moves_topic_on: bool,
    /// A topic that is not in the `topics` outputs yet does not come into them with this story.
    pub keeps_topic_back: bool,
    /// The story, which was there before, takes the category of the filing.
    pub sets_category: bool,
    /// The operator takes the story down, or puts it back; `None` leaves it as it is.
    pub takes_down: Option<bool>,
}

/// A story as it stood before a filing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoryBefore {
    /// Its date, frozen when it was founded.
    pub published: Timestamp,
    /// Another feed than private ones has carried it.
    pub carried_openly: bool,
    /// It is shown, or was until it was taken down.
    pub shown: bool,
    /// The operator has taken it down.
    pub taken_down: bool,
}

/// An entry that leads a story, or may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// The entry.
    pub entry: EntryNo,
    /// Its feed.
    pub feed: FeedNo,
    /// The page that it is about, its own or that of another site.
    pub page: Option<String>,
    /// The site of that page.
    pub page_site: Option<String>,
    /// Its feed is the owner of that page.
    pub is_owner: bool,
    /// Its feed is private.
    pub private: bool,
    /// The operator prefers its feed.
    pub preferred: bool,
}

impl Lead {
    /// The page whose story an entry carries: its own, or the one that it links to and says little of.
    pub fn page<'a>(url: Option<&'a str>, links_to: Option<&'a str>, text: &str) -> Option<&'a str> {
        links_to.filter(|_| Self::says_little(text)).or(url)
    }

    /// Whether an entry with this text says little itself of the page that it leads to.
    pub fn says_little(text: &str) -> bool {
        const LITTLE_CHARS: usize = 120;
        text.chars().nth(LITTLE_CHARS).is_none()
    }

    /// An entry that is about `page`, of a feed that is not preferred. `feed_address` is where the feed was last
    /// read, after redirects. The owner of a page is the feed on the same registrable domain
    /// (<https://publicsuffix.org>): only the domain cannot be forged.
    pub fn new(
        (entry, feed): (EntryNo, FeedNo),
        page: Option<&str>,
        feed_address: &str,
        private: bool,
    ) -> Self {
        let page_site = page.and_then(site_of);
        let is_owner = page_site.is_some() && page_site == site_of(feed_address);
        let page = page.map(str::to_owned);
        Self { entry, feed, page, page_site, is_owner, private, preferred: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_page_is_the_feed_on_its_domain() {
        let owns = |page, feed| Lead::new((EntryNo(1), FeedNo(1)), page, feed, false).is_owner;
        let page = Some("https://www.salt.co.uk/2026/bridge");
        assert!(owns(page, "https://feeds.salt.co.uk/all.xml"));
        assert!(!owns(page, "https://pepper.co.uk/feed?site=salt.co.uk"));
        assert!(!owns(page, ""));
        assert!(!owns(None, "https://salt.co.uk/feed"));
        assert!(!owns(Some("no address"), "no address"), "nothing is proved by what is no address");
    }
}
