//! Are two entries of one feed the same story? Both link to the same site, or at least one has no link.
//!
//! A feed tells its entries apart itself, so more is needed than between feeds. Two entries in one document are one
//! story only if they say the same. A later entry under the same link is an update of the earlier one, unless something
//! speaks against it. Knows two entries; nothing of stories.

use super::Proof;
use super::headlines::{Headlines, halves, says_mostly};
use super::numerals::{Numeral, numeral};
use super::overlap::{TextOverlap, share_a_context, telling};
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::text::tokens::{Token, word_hash};
use crate::model::StoryRule;
use std::sync::LazyLock;

/// Judges two entries of one document. They are the same story if they have the same link, title and text. If they are
/// of one day, either of these is enough: the same link and title where one of them has no text, or the same title and
/// the same long text.
pub(crate) fn said_twice(
    a: &PreparedDoc<'_>,
    b: &PreparedDoc<'_>,
    headlines: Headlines,
    texts: &TextOverlap,
) -> Option<Proof> {
    if headlines != Headlines::Equal || a.recorded_otherwise(b) {
        return None;
    }
    let of_one_day = seconds_between(a, b) <= TUNING.same_day_s;
    let (one, other) = (a.whole_text(), b.whole_text());
    let same_text = !one.is_empty() && says_the_same(a, b);
    let address = a.address().zip(b.address()).filter(|(x, y)| x.key == y.key).map(|(x, _)| x);
    let little_said = of_one_day && (one.is_empty() || other.is_empty());
    if let Some(address) = address.filter(|_| same_text || little_said) {
        let signs = vec![address.canonical.clone()];
        return Some(Proof { rule: StoryRule::SameAddress, score: 1.0, signs });
    }
    let long_enough = halves(one) >= TUNING.same_text_halves;
    (same_text && long_enough && of_one_day).then(|| Proof {
        rule: StoryRule::SameText,
        score: 1.0,
        signs: vec![format!("100 % of {} phrases", texts.least.max(1))],
    })
}

fn seconds_between(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> i64 {
    (a.when().as_second() - b.when().as_second()).abs()
}

/// Whether two texts are the same word for word; also if both are empty.
fn says_the_same(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let (one, other) = (a.whole_text(), b.whole_text());
    one.len() == other.len() && one.iter().zip(other).all(|(x, y)| x.hash == y.hash)
}

/// Whether an entry carries the text of an earlier one again, word for word, under another link and another date. With
/// the same date it would be a page that got a new address; with the same link, an update.
pub(crate) fn carries_again(new: &PreparedDoc<'_>, earlier: &PreparedDoc<'_>) -> bool {
    new.shared_address(earlier).is_none()
        && says_the_same(new, earlier)
        && !new.whole_text().is_empty()
        && new.when() != earlier.when()
}

/// Whether an entry is another story than an earlier one that had the same link and has left the feed: the titles have
/// different numbers, dates or parts, or the entries have nothing in common.
pub(crate) fn tells_of_another(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    is_numbered_otherwise(a, b) || !tell_of_the_same(a, b)
}

/// Whether an entry has another recording than an earlier one. If headline, text and date are unchanged, it is the same
/// entry: only the URL of its recording has changed, which may hold an access token or the name of another server.
pub(crate) fn has_another_recording(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let unchanged = a.headline_hash == b.headline_hash && says_the_same(a, b) && a.when() == b.when();
    a.recorded_otherwise(b) && !unchanged
}

/// Whether two entries with recordings are so far apart in time that the later one is a new recording. For feeds that
/// show one recording at a time under the same address.
pub(crate) fn is_recorded_anew(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    a.is_recorded() && b.is_recorded() && seconds_between(a, b) >= TUNING.another_recording_s
}

/// Words that distinguish editions or releases of one thing.
static EDITIONS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let all = "alpha beta candidate rc final preview nightly lts stable hotfix draft revised rev";
    all.split(' ').map(word_hash).collect()
});

/// Whether two headlines agree except for a number, a date, a part or an edition, which one of them may lack. Under
/// different addresses these are two entries of a series, as "v2.5.0" after "v2.5.0-rc1".
pub(crate) fn has_another_number(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let has_own = |doc: &PreparedDoc<'_>, other: &PreparedDoc<'_>| {
        let is_own = |token: &Token| !other.headline().iter().any(|one| one.hash == token.hash);
        let is_numeral =
            |token: &&Token| numeral(&doc.features.title, token).is_some() || EDITIONS.contains(&token.hash);
        doc.headline().iter().filter(is_numeral).any(is_own)
    };
    let agree = says_mostly(a.headline(), b.headline()) && says_mostly(b.headline(), a.headline());
    agree && (has_own(a, b) || has_own(b, a))
}

/// Whether both headlines have a number, a date or a part, and these differ while the headlines agree otherwise or have
/// the same words around them.
fn is_numbered_otherwise(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let (x, y) = (a.headline(), b.headline());
    let only = |doc: &PreparedDoc<'_>, other: &[Token], kind: Numeral| -> Vec<usize> {
        let is_own = |token: &Token| {
            numeral(&doc.features.title, token) == Some(kind) && !other.iter().any(|o| o.hash == token.hash)
        };
        doc.headline().iter().enumerate().filter(|(_, token)| is_own(token)).map(|(idx, _)| idx).collect()
    };
    Numeral::ALL.into_iter().any(|kind| {
        let (only_x, only_y) = (only(a, y, kind), only(b, x, kind));
        let both = !only_x.is_empty() && !only_y.is_empty();
        both && (agree_but_for(x, &only_x, y, &only_y) || share_a_context(x, &only_x, y, &only_y))
    })
}

/// Whether at least half of the headlines is the same when the numerals are left out.
fn agree_but_for(x: &[Token], only_x: &[usize], y: &[Token], only_y: &[usize]) -> bool {
    let numerals = |indices: &[usize], tokens: &[Token]| {
        indices.iter().filter_map(|idx| tokens.get(*idx)).map(Token::halves).sum::<usize>()
    };
    let shared: Vec<Token> =
        x.iter().filter(|token| y.iter().any(|other| other.hash == token.hash)).copied().collect();
    let rest = (halves(x) - numerals(only_x, x)).max(halves(y) - numerals(only_y, y));
    halves(&shared) * 2 >= rest
}

/// Whether the titles share a telling word, or the texts share enough of them. Also true if one entry has neither title
/// nor text.
fn tell_of_the_same(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let is_silent = |doc: &PreparedDoc<'_>| doc.headline().is_empty() && doc.whole_text().is_empty();
    if is_silent(a) || is_silent(b) {
        return true;
    }
    let [x, y] = [telling(&[], a.whole_text()), telling(&[], b.whole_text())];
    let (shared, least) = (x.intersection(&y).count(), x.len().min(y.len()));
    // A title that stands over different things again and again says nothing about them.
    let one_title = a.headline_hash == b.headline_hash;
    if one_title && least >= TUNING.much_said_words && shared * TUNING.nothing_shared_one_in < least {
        return false;
    }
    let in_titles = telling(a.headline(), &[]).intersection(&telling(b.headline(), &[])).next().is_some();
    in_titles || (shared >= TUNING.least_shared && shared * TUNING.shared_one_in >= least)
}
