//! Entries that link to one page: are they the same story, or does one of them comment on the page?
//!
//! An entry of an aggregator, a link blog or a forum links to a page of another site. With few words of its own it
//! carries the story of that page. With a text of its own it is a story about that page. Knows two entries; nothing of
//! stories.

use super::headlines::{self, Headlines, halves};
use super::overlap::{telling, tells_of};
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::text::address::Address;

/// The page that both entries link to. For two entries of one feed on one site, only their own addresses count.
pub(crate) fn shared_page<'d>(a: &'d PreparedDoc<'_>, b: &'d PreparedDoc<'_>) -> Option<&'d Address> {
    if a.is_of_one_feed_and_site(b) {
        return a.shared_address(b);
    }
    a.pages().find(|page| b.pages().any(|other| other.key == page.key))
}

/// Whether two entries have nothing in common but the link to a page of a third site: a careers page, the programme of
/// a venue, a product in a shop. Two entries within two days are taken to be about the same thing.
pub(crate) fn are_unrelated(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>, page: &Address) -> bool {
    if a.hours_to(b) <= TUNING.headline_hours
        || !(a.is_from_elsewhere_than(page) && b.is_from_elsewhere_than(page))
        || a.is_of_one_publisher(b)
    {
        return false;
    }
    let told = |doc: &PreparedDoc<'_>| telling(doc.headline(), doc.text());
    let [x, y] = [told(a), told(b)];
    x.is_disjoint(&y)
}

/// Whether a new entry for a page is an update of an earlier one: they share enough telling words. If the earlier entry
/// had no text, it is an update if the earlier one is of another publisher, or if its headline is about the new text.
pub(crate) fn is_update(new: &PreparedDoc<'_>, earlier: &PreparedDoc<'_>) -> bool {
    if earlier.whole_text().is_empty() {
        return !new.is_of_one_publisher(earlier) || tells_of(earlier, new);
    }
    let told = |doc: &PreparedDoc<'_>| telling(doc.headline(), doc.whole_text());
    let [x, y] = [told(new), told(earlier)];
    let (shared, least) = (x.intersection(&y).count(), x.len().min(y.len()));
    shared >= TUNING.least_shared && shared * TUNING.shared_one_in >= least
}

/// Whether one of two entries that link to a page comments on it.
pub(crate) fn is_commented(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>, page: &Address) -> bool {
    comments_on(a, b, page) || comments_on(b, a, page)
}

/// Whether an entry is from another site than the page and has enough text that is not in the other entry.
fn comments_on(doc: &PreparedDoc<'_>, other: &PreparedDoc<'_>, page: &Address) -> bool {
    // Two feeds of one publisher carry its own pages, even if these are on another of its domains.
    let carries_it = doc.is_of_one_publisher(other) && doc.shared_address(other).is_some();
    if carries_it || !doc.is_from_elsewhere_than(page) {
        return false;
    }
    let own = doc.halves_not_in(other).saturating_sub(doc.features.address_halves);
    // A few words that a planet adds to a full text are no comment.
    let is_much = own * TUNING.comment_one_in >= halves(doc.whole_text());
    own >= TUNING.comment_halves && is_much && !is_summed_up(doc, other)
}

/// Whether one text is a summary of the other, under the same headline: for example a page's excerpt in its publisher's
/// feed, and its full text in a planet.
fn is_summed_up(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let has_text = |doc: &PreparedDoc<'_>| halves(doc.text()) >= TUNING.comment_halves;
    if headlines::compare(a, b) != Headlines::Equal || !has_text(a) || !has_text(b) {
        return false;
    }
    let (short, long) = if a.text().len() <= b.text().len() { (a, b) } else { (b, a) };
    let told = telling(&[], short.text());
    let stand = told.intersection(&telling(&[], long.text())).count();
    stand * TUNING.summary_share.1 >= told.len() * TUNING.summary_share.0
}
