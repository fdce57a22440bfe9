//! The page that two entries lead to: is it one, and does one of them say things of its own about it?
//!
//! An aggregator's entry, a link blog's or a forum's leads to a page of another site. With few words it carries that page's
//! story; with a text of its own it is a story about that page. Knows two entries; nothing of stories.

use super::headlines::{self, Headlines, halves};
use super::overlap::{telling, tells_of};
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::text::address::Address;

/// The page that both lead to. One feed's entries on one site are told apart by their own addresses alone.
pub(crate) fn shared_page<'d>(a: &'d PreparedDoc<'_>, b: &'d PreparedDoc<'_>) -> Option<&'d Address> {
    if a.is_of_one_feed_and_site(b) {
        return a.shared_address(b);
    }
    a.pages().find(|page| b.pages().any(|other| other.key == page.key))
}

/// Whether two entries, neither of them from the site of the page to which they lead, have nothing in common but the link: a
/// careers page, a venue's programme, a shop's product. What comes within two days is taken to be about one thing.
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

/// Whether a page says in a new entry what it said in an earlier one, brought up to date, or says it for the first time: the
/// earlier one had no text, and came from elsewhere or was headed by what the text tells.
pub(crate) fn is_update(new: &PreparedDoc<'_>, earlier: &PreparedDoc<'_>) -> bool {
    if earlier.whole_text().is_empty() {
        return !new.is_of_one_publisher(earlier) || tells_of(earlier, new);
    }
    let told = |doc: &PreparedDoc<'_>| telling(doc.headline(), doc.whole_text());
    let [x, y] = [told(new), told(earlier)];
    let (shared, least) = (x.intersection(&y).count(), x.len().min(y.len()));
    shared >= TUNING.least_shared && shared * TUNING.shared_one_in >= least
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
    // What a planet adds to a whole text is no comment.
    let is_much = own * TUNING.comment_one_in >= halves(doc.whole_text());
    own >= TUNING.comment_halves && is_much && !is_summed_up(doc, other)
}

/// Whether one text is the other in short, under the same headline: that of a page, by its publisher and by a planet.
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
