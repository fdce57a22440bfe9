//! When do two headlines count as equal?
//!
//! *Equal*: the same tokens in order, without labels and the publisher's suffix; one that was cut equals one that begins so.
//! *Near*: one only adds words, whose stems the other lacks, and no number. *Template*: what a template filled in twice looks
//! like. Knows two entries' titles; nothing of their texts.

use super::generic::is_generic;
use super::numerals::numeral;
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::text::tokens::{BIGRAM, NAME, NUMBER, Token};

/// How two headlines agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headlines {
    /// Word for word.
    Equal,
    /// One has a few words more.
    Near,
    /// Alike but for what a template fills in: numbers, names.
    Template,
    /// Other words.
    Different,
    /// One has none.
    Missing,
}

/// Compares two headlines.
pub(crate) fn compare(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> Headlines {
    let (x, y) = (a.headline(), b.headline());
    if x.is_empty() || y.is_empty() {
        return Headlines::Missing;
    }
    if a.has_headline_of(b) || is_cut_from(a, b) || is_cut_from(b, a) {
        // Of one publisher, "X - Sport" and "X - Politics" may be two pages.
        let by_suffix = a.is_of_one_publisher(b) && !suffixes_nest(a, b);
        return if by_suffix { Headlines::Template } else { Headlines::Equal };
    }
    let (only_x, only_y) = (missing(x, y), missing(y, x));
    let common = halves(x).saturating_sub(halves(&only_x)).max(halves(y).saturating_sub(halves(&only_y)));
    let longer = halves(x).max(halves(y)).max(1);
    let has_number = |tokens: &[Token]| tokens.iter().any(|token| token.is(NUMBER));
    let (number_x, number_y) = (has_number(&only_x), has_number(&only_y));
    let one_adds = only_x.is_empty() || only_y.is_empty();
    if one_adds
        && !(number_x || number_y)
        && common * 100 >= longer * TUNING.near_headline_percent
        && common >= TUNING.near_headline_halves
    {
        return Headlines::Near;
    }
    // Most words agree, and each has numbers of its own, or names of its own in the same place.
    let filled_in = !one_adds && ((number_x && number_y) || one_slot_differs(x, y));
    if common * 100 >= longer * TUNING.template_percent && filled_in {
        return Headlines::Template;
    }
    Headlines::Different
}

/// Length in half words.
pub(crate) fn halves(tokens: &[Token]) -> usize {
    tokens.iter().map(Token::halves).sum()
}

/// Tokens of `x` whose stem `y` lacks.
pub(crate) fn missing(x: &[Token], y: &[Token]) -> Vec<Token> {
    x.iter().filter(|token| !y.iter().any(|other| other.stem == token.stem)).copied().collect()
}

/// Whether half or more of the tokens of `x` are those of `y`, too.
pub(crate) fn says_mostly(x: &[Token], y: &[Token]) -> bool {
    missing(x, y).len() * 2 <= x.len()
}

/// Whether the headlines begin and end alike and differ by one run of names between, as when a template is filled in.
fn one_slot_differs(x: &[Token], y: &[Token]) -> bool {
    let front = x.iter().zip(y).take_while(|(a, b)| a.hash == b.hash).count();
    let back = x.iter().rev().zip(y.iter().rev()).take_while(|(a, b)| a.hash == b.hash).count();
    let back = back.min(x.len().min(y.len()) - front);
    let (in_x, in_y) = (&x[front..x.len() - back], &y[front..y.len() - back]);
    let is_slot = |tokens: &[Token]| {
        tokens.len() <= TUNING.slot_tokens && tokens.iter().all(|token| token.is(NAME | NUMBER))
    };
    front + back >= TUNING.slot_frame_tokens && is_slot(in_x) && is_slot(in_y)
}

fn suffixes_nest(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let (x, y) = (&a.title()[a.headline().len()..], &b.title()[b.headline().len()..]);
    missing(x, y).is_empty() || missing(y, x).is_empty()
}

/// Whether one headline was cut, and the other begins so.
fn is_cut_from(cut: &PreparedDoc<'_>, whole: &PreparedDoc<'_>) -> bool {
    let (short, long) = (cut.headline(), whole.headline());
    let Some((last, before)) = short.split_last().filter(|_| cut.is_headline_cut()) else { return false };
    let Some(other) = long.get(before.len()) else { return false };
    let written = |doc: &PreparedDoc<'_>, token| doc.features.title.written(token).to_lowercase();
    // The last word may be cut, too.
    before.iter().zip(long).all(|(x, y)| x.hash == y.hash)
        && written(whole, other).starts_with(&written(cut, last))
}

/// The tokens of a headline that tell something: no stop words, numbers, ordinals, days, months or generic words.
pub(crate) fn telling_tokens<'d>(doc: &'d PreparedDoc<'_>) -> impl Iterator<Item = &'d Token> {
    let language = doc.features.language();
    let tells = move |token: &&Token| {
        (token.is(BIGRAM) || token.end - token.start >= TUNING.headline_word_bytes)
            && numeral(&doc.features.title, token).is_none()
            && !language.has(token)
            && !is_generic(token)
    };
    doc.headline().iter().filter(tells)
}

/// How much a headline tells, in half words.
pub(crate) fn telling_halves(doc: &PreparedDoc<'_>) -> usize {
    telling_tokens(doc).map(Token::halves).sum()
}
