//! Comparison of two headlines.
//!
//! *Equal*: the same tokens in the same order, without labels and the publisher's suffix; a truncated headline equals
//! one that begins with it. *Near*: one only adds a few words, and no number. *Template*: they look like one template
//! filled in twice. Knows the titles of two entries; nothing of their texts.

use super::generic::is_generic;
use super::numerals::numeral;
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::text::tokens::{BIGRAM, NAME, NUMBER, Token};

/// How two headlines agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headlines {
    /// The same word for word.
    Equal,
    /// One has a few words more than the other.
    Near,
    /// The same except for what a template fills in: numbers, names.
    Template,
    /// None of the above.
    Different,
    /// At least one entry has no headline.
    Missing,
}

/// Compares two headlines.
pub(crate) fn compare(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> Headlines {
    let (x, y) = (a.headline(), b.headline());
    if x.is_empty() || y.is_empty() {
        return Headlines::Missing;
    }
    if a.has_headline_of(b) || is_cut_from(a, b) || is_cut_from(b, a) {
        // Under one publisher "X - Sport" and "X - Politics" may be two different pages.
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
    // Half of the words agree, and each headline has numbers that the other lacks, or other names in the same position.
    let filled_in = !one_adds && ((number_x && number_y) || one_slot_differs(x, y));
    if common * 100 >= longer * TUNING.template_percent && filled_in {
        return Headlines::Template;
    }
    Headlines::Different
}

/// Length of tokens in half words.
pub(crate) fn halves(tokens: &[Token]) -> usize {
    tokens.iter().map(Token::halves).sum()
}

/// The tokens of `x` whose stem is not in `y`.
pub(crate) fn missing(x: &[Token], y: &[Token]) -> Vec<Token> {
    x.iter().filter(|token| !y.iter().any(|other| other.stem == token.stem)).copied().collect()
}

/// Whether at least half of the tokens of `x` have their stem in `y`.
pub(crate) fn says_mostly(x: &[Token], y: &[Token]) -> bool {
    missing(x, y).len() * 2 <= x.len()
}

/// Whether the headlines begin and end alike and differ only in one run of names or numbers between, as two fillings of
/// a template do.
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

/// Whether one headline was truncated and the other one begins with it.
fn is_cut_from(cut: &PreparedDoc<'_>, whole: &PreparedDoc<'_>) -> bool {
    let (short, long) = (cut.headline(), whole.headline());
    let Some((last, before)) = short.split_last().filter(|_| cut.is_headline_cut()) else { return false };
    let Some(other) = long.get(before.len()) else { return false };
    let written = |doc: &PreparedDoc<'_>, token| doc.features.title.written(token).to_lowercase();
    // The last word may be truncated itself.
    before.iter().zip(long).all(|(x, y)| x.hash == y.hash)
        && written(whole, other).starts_with(&written(cut, last))
}

/// The telling tokens of a headline: no stop words, numbers, ordinals, days, months, generic words or very short words.
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

/// Length of a headline's telling tokens, in half words.
pub(crate) fn telling_halves(doc: &PreparedDoc<'_>) -> usize {
    telling_tokens(doc).map(Token::halves).sum()
}
