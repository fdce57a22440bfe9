//! The page that two entries lead to: is it one, and does one of them say things of its own about it?
//!
//! An aggregator's entry, a link blog's or a forum's leads to a page of another site. With few words it carries that page's
//! story; with a text of its own it is a story about that page. Knows two entries; nothing of stories.

use super::headlines::{self, Headlines, halves};
use super::overlap::tell_different_things;
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::text::address::Address;

/// The page that both lead to. One feed's entries on one site are told apart by their own addresses alone.
pub(crate) fn shared_page<'d>(a: &'d PreparedDoc<'_>, b: &'d PreparedDoc<'_>) -> Option<&'d Address> {
    let own = a.shared_address(b);
    if own.is_some() || a.is_of_one_feed_and_site(b) {
        return own;
    }
    a.pages().find(|page| b.pages().any(|other| other.key == page.key))
}

/// Whether one of two entries that lead to a page has words of its own about it.
pub(crate) fn is_commented(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>, page: &Address) -> bool {
    comments_on(a, b, page) || comments_on(b, a, page)
}

/// Whether an entry comes from elsewhere than the page and says enough that the other one does not.
fn comments_on(doc: &PreparedDoc<'_>, other: &PreparedDoc<'_>, page: &Address) -> bool {
    // Two feeds of one publisher carry its pages, on whichever of its domains these are.
    let carries_it = doc.is_of_one_publisher(other) && doc.shared_address(other).is_some();
    if carries_it || !doc.is_from_elsewhere_than(page) {
        return false;
    }
    let own = doc.halves_not_in(other).saturating_sub(doc.features.address_halves);
    own >= TUNING.comment_halves && !is_summed_up(doc, other)
}

/// Whether one text is the other in short, under the same headline: that of a page, by its publisher and by a planet.
fn is_summed_up(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let has_text = |doc: &PreparedDoc<'_>| halves(doc.text()) >= TUNING.comment_halves;
    headlines::compare(a, b) == Headlines::Equal && has_text(a) && has_text(b) && !tell_different_things(a, b)
}
