//! Was one form filled in twice? Notices, warnings, prices and obituaries are written so: the texts are the same but for a place,
//! a name or a number.
//!
//! Knows two entries; nothing of what is boilerplate, for a form is judged whole.

use super::headlines;
use super::overlap::share_a_context;
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::text::tokens::{BIGRAM, NAME, NUMBER, Token, word_hash};
use std::ops::Range;
use std::sync::LazyLock;

/// Words before a name that is whose words they are, and tells nothing of what they say.
static BYLINES: LazyLock<Vec<u64>> =
    LazyLock::new(|| ["by", "von", "par", "por", "di", "door", "av", "od", "автор"].map(word_hash).to_vec());
/// Tokens from the beginning within which a byline stands.
const BYLINE_TOKENS: usize = 12;

/// Whether two texts that agree are one form, filled in for two things.
pub(crate) fn is_filled_in_twice(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    headlines_fill_one_slot(a, b) || differ_as_forms_do(a, b)
}

/// Whether each headline has a word that the other lacks, and in the texts the two stand in one slot, which is between the same
/// neighbours.
fn headlines_fill_one_slot(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let filled_in = |doc: &PreparedDoc<'_>, other: &PreparedDoc<'_>| -> Vec<usize> {
        let own = headlines::missing(doc.headline(), other.headline());
        let is_own = |token: &Token| own.iter().any(|one| one.stem == token.stem);
        let is_in_other = |token: &Token| other.whole_text().iter().any(|one| one.stem == token.stem);
        let all = doc.whole_text().iter().enumerate();
        all.filter(|(_, token)| is_own(token) && !is_in_other(token)).map(|(idx, _)| idx).collect()
    };
    share_a_context(a.whole_text(), &filled_in(a, b), b.whole_text(), &filled_in(b, a))
}

/// Whether two texts are the same word for word but for some slots: one or two, where the headlines differ in one, too; any
/// number, when all hold names and numbers. A name may stand in another form in the text than in the headline ("в Томске"), and
/// in many scripts nothing marks it.
fn differ_as_forms_do(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let (x, y) = (a.whole_text(), b.whole_text());
    let Some(slots) = replaced(x, y).filter(|slots| !slots.is_empty()) else { return false };
    // Copies under another headline are edited, too.
    let Some(in_headlines) = replaced(a.headline(), b.headline()).filter(|slots| slots.len() <= 1) else {
        return false;
    };
    if in_headlines.len() == 1 && slots.len() <= 2 {
        return true;
    }
    let knows_capitals = |text: &[Token]| text.iter().any(|token| token.is(NAME));
    if !knows_capitals(x) && !knows_capitals(y) {
        return slots.len() <= 2 && !slots.iter().all(|slot| is_numbers(x, y, slot));
    }
    let is_filled = |slot: &(Range<usize>, Range<usize>)| {
        let fills = |tokens: &[Token]| tokens.iter().all(|token| token.is(NAME | NUMBER));
        fills(&x[slot.0.clone()]) && fills(&y[slot.1.clone()])
    };
    // Numbers alone are brought up to date.
    let tells = |slot: &(Range<usize>, Range<usize>)| !is_numbers(x, y, slot) && !is_byline(x, &slot.0);
    slots.iter().all(is_filled) && slots.iter().any(tells)
}

fn is_numbers(x: &[Token], y: &[Token], slot: &(Range<usize>, Range<usize>)) -> bool {
    let all = |tokens: &[Token]| tokens.iter().all(|token| token.is(NUMBER));
    all(&x[slot.0.clone()]) && all(&y[slot.1.clone()])
}

/// Whether a name stands behind a word like "by" at the beginning of a text.
fn is_byline(text: &[Token], slot: &Range<usize>) -> bool {
    let before = slot.start.checked_sub(1).filter(|_| slot.start < BYLINE_TOKENS);
    before.is_some_and(|before| BYLINES.contains(&text[before].hash))
}

/// The places in which a text has other tokens than another, of which everything else is the same; `None` when they differ
/// otherwise: in many places, in long ones, or in what only one of them has.
fn replaced(x: &[Token], y: &[Token]) -> Option<Vec<(Range<usize>, Range<usize>)>> {
    let (mut i, mut j) = (0, 0);
    let mut slots = Vec::new();
    loop {
        let same = x[i..].iter().zip(&y[j..]).take_while(|(a, b)| a.hash == b.hash).count();
        (i, j) = (i + same, j + same);
        if i == x.len() && j == y.len() {
            return Some(slots);
        }
        let (in_x, in_y) = slot_at(&x[i..], &y[j..])?;
        if slots.len() == TUNING.form_slots {
            return None;
        }
        slots.push((i..i + in_x, j..j + in_y));
        (i, j) = (i + in_x, j + in_y);
    }
}

/// The shortest beginnings of two runs of tokens, none of them empty, behind which both go on alike, or end.
fn slot_at(x: &[Token], y: &[Token]) -> Option<(usize, usize)> {
    let most = |tokens: &[Token]| {
        let bigrams = tokens.first().is_some_and(|token| token.is(BIGRAM));
        let most = if bigrams { TUNING.slot_bigrams } else { TUNING.slot_tokens };
        most.min(tokens.len())
    };
    let goes_on = |in_x: usize, in_y: usize| {
        let (x, y) = (&x[in_x..], &y[in_y..]);
        let needed = TUNING.slot_frame_tokens.min(x.len()).min(y.len());
        let same = x.iter().zip(y).take(needed).all(|(a, b)| a.hash == b.hash);
        same && (needed > 0 || (x.is_empty() && y.is_empty()))
    };
    let (most_x, most_y) = (most(x), most(y));
    let all = (1..=most_x).flat_map(|in_x| (1..=most_y).map(move |in_y| (in_x, in_y)));
    let (in_x, in_y) =
        all.filter(|(in_x, in_y)| goes_on(*in_x, *in_y)).min_by_key(|(in_x, in_y)| in_x + in_y)?;
    let only_adds = x[..in_x].iter().any(|one| y[..in_y].iter().any(|other| one.hash == other.hash));
    (!only_adds).then_some((in_x, in_y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::text::tokens::tokenize;

    fn slots(x: &str, y: &str) -> Option<usize> {
        replaced(&tokenize(x, 100), &tokenize(y, 100)).map(|slots| slots.len())
    }

    #[test]
    fn the_slots_of_a_form_are_found_in_any_script() {
        let same = "Residents of Leeds are asked to boil their water";
        assert_eq!(slots(same, same), Some(0));
        assert_eq!(slots(same, "Residents of York are asked to boil their water"), Some(1));
        assert_eq!(slots(same, "Residents of West Haven are asked to heat their water"), Some(2));
        assert_eq!(slots("横浜市内で行方不明", "名古屋市内で行方不明"), Some(1));
        assert_eq!(slots("Leeds", "York"), Some(1));
    }

    #[test]
    fn what_one_text_only_adds_is_no_slot() {
        let same = "Residents of Leeds are asked to boil their water";
        assert_eq!(slots(same, "All residents of Leeds are asked to boil their water"), None);
        assert_eq!(slots(same, "Residents of Leeds are asked to boil their water today"), None);
        assert_eq!(slots(same, "Trains to Leeds will be late this morning, says the company"), None);
        assert_eq!(slots("", "a"), None);
    }
}
