//! Lead: the entry whose words a story is shown with, if several entries have carried it.
//!
//! The first entry leads, until the owner of the page carries the story: the feed on the page's own domain. So an
//! aggregator that lists a page an hour before its publisher does not keep the lead. A feed that the operator prefers
//! comes before either. If the leading entry's feed carries the same page again, the new entry leads, because it shows
//! the page as it is now.
//!
//! Knows entries, feeds and pages; it must not know what they say.

use crate::model::{EntryNo, Lead};

/// The entry that leads from now on; `None` if that does not change. `before` is the story's lead until now, `absorbed`
/// are the leads of stories that were merged into it, and `entry` is new to it. `is_shown_now` says that the story
/// becomes visible with `entry`.
pub fn leads(before: &Lead, absorbed: &[Lead], entry: &Lead, is_shown_now: bool) -> Option<EntryNo> {
    let is_newer = before.feed == entry.feed && before.page.is_some() && before.page == entry.page;
    if is_newer && before.entry != entry.entry {
        return Some(entry.entry);
    }
    // The rank of a lead: a preferred feed comes first, then the owner of the page that the story is about.
    let claim = |lead: &Lead| {
        let owns_it = lead.is_owner && lead.page_site == before.page_site;
        if lead.private { (false, false) } else { (lead.preferred, owns_it) }
    };
    let mut best = before;
    for other in absorbed.iter().chain([entry]) {
        if claim(other) > claim(best) {
            best = other;
        }
    }
    if best.entry != before.entry {
        return Some(best.entry);
    }
    // Nobody has seen the old lead of a story that was not visible, so the entry that makes it visible may lead.
    let has_claim = claim(before) > (false, false);
    Some(entry.entry).filter(|_| is_shown_now && !has_claim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FeedNo;

    /// A lead whose entry is of a feed of its own.
    fn lead(no: i64, feed: &str) -> Lead {
        Lead::new((EntryNo(no), FeedNo(no)), Some("https://salt.example/2026/bridge"), feed, false)
    }

    const OWNER: &str = "https://salt.example/feed";
    const OTHER: &str = "https://board.example/feed";

    #[test]
    fn the_owner_leads_as_soon_as_it_comes_and_stays() {
        assert_eq!(leads(&lead(1, OTHER), &[], &lead(2, OWNER), false), Some(EntryNo(2)));
        assert_eq!(leads(&lead(1, OTHER), &[], &lead(2, OTHER), false), None);
        assert_eq!(leads(&lead(1, OWNER), &[], &lead(2, OWNER), false), None);
        assert_eq!(leads(&lead(1, OTHER), &[lead(3, OWNER)], &lead(2, OTHER), false), Some(EntryNo(3)));
    }

    #[test]
    fn a_page_that_its_feed_brings_again_is_shown_as_it_is_now() {
        let newer = |of: &Lead| Lead { entry: EntryNo(9), ..of.clone() };
        let (owner, other) = (lead(1, OWNER), lead(2, OTHER));
        assert_eq!(leads(&owner, &[], &newer(&owner), false), Some(EntryNo(9)));
        assert_eq!(leads(&other, &[], &newer(&other), false), Some(EntryNo(9)));
        let elsewhere = Lead { page: Some("https://salt.example/2026/road".to_owned()), ..newer(&owner) };
        assert_eq!(leads(&owner, &[], &elsewhere, false), None);
        assert_eq!(leads(&owner, &[], &owner, false), None);
    }

    #[test]
    fn a_private_entry_and_the_owner_of_another_page_do_not_lead() {
        let private = Lead { private: true, ..lead(2, OWNER) };
        assert_eq!(leads(&lead(1, OTHER), &[], &private, false), None);
        assert_eq!(leads(&private, &[], &lead(3, OWNER), false), Some(EntryNo(3)));
        let copy = Lead::new((EntryNo(2), FeedNo(2)), Some("https://board.example/copy"), OTHER, false);
        assert_eq!(leads(&lead(1, OTHER), &[], &copy, false), None);
    }

    #[test]
    fn what_becomes_visible_is_led_by_what_shows_it_unless_its_owner_is_there() {
        assert_eq!(leads(&lead(1, OTHER), &[], &lead(2, OTHER), true), Some(EntryNo(2)));
        assert_eq!(leads(&lead(1, OWNER), &[], &lead(2, OTHER), true), None);
    }

    #[test]
    fn a_preferred_feed_leads_before_the_owner_and_stays() {
        let preferred = |no: i64, feed: &str| Lead { preferred: true, ..lead(no, feed) };
        assert_eq!(leads(&lead(1, OWNER), &[], &preferred(2, OTHER), false), Some(EntryNo(2)));
        assert_eq!(leads(&preferred(1, OTHER), &[], &lead(2, OWNER), false), None);
        assert_eq!(leads(&preferred(1, OTHER), &[], &preferred(2, OTHER), true), None);
        assert_eq!(leads(&preferred(1, OTHER), &[], &preferred(2, OWNER), false), Some(EntryNo(2)));
        assert_eq!(leads(&lead(1, OTHER), &[lead(3, OWNER)], &preferred(2, OTHER), false), Some(EntryNo(2)));
        let private = Lead { private: true, ..preferred(2, OTHER) };
        assert_eq!(leads(&lead(1, OTHER), &[], &private, false), None);
    }
}
