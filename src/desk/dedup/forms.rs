//! Was one form filled in twice? Notices, warnings, prices and obituaries are written in this way: their texts are the
//! same except for a place, a name or a number.
//!
//! Knows two entries. Compares whole texts and knows nothing of boilerplate, because most of a form is boilerplate.

use super::headlines;
use super::overlap::share_a_context;
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::text::tokens::{BIGRAM, CASELESS, NAME, NUMBER, Token, word_hash};
use std::ops::Range;
use std::sync::LazyLock;

/// Words that stand before an author's name ("by …"). The name is a byline and says nothing about the contents.
static BYLINES: LazyLock<Vec<u64>> =
    LazyLock::new(|| ["by", "von", "par", "por", "di", "door", "av", "od", "автор"].map(word_hash).to_vec());
/// News agencies. Two copies of one report may name different agencies.
static AGENCIES: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let all = "reuters afp ap dpa efe ansa upi tass xinhua kyodo pti ani ritzau apa sda belga anp pap interfax yonhap jiji lusa tt ntb";
    all.split(' ').map(word_hash).collect()
});
/// Tokens at the beginning of a text among which a byline is looked for.
const BYLINE_TOKENS: usize = 12;
/// Tokens at the end of a text among which a difference is taken for a credit.
const CREDIT_TOKENS: usize = 6;

/// A slot: the ranges of tokens that fill it in the one text and in the other.
type Slot = (Range<usize>, Range<usize>);

/// Whether two texts that agree are one form that was filled in for two things.
pub(crate) fn is_filled_in_twice(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    headlines_fill_one_slot(a, b) || differ_as_forms_do(a, b)
}

/// Whether each headline has a word that the other lacks, and these two words fill the same slot in the texts: they
/// stand between the same neighbours.
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

/// Whether two short texts are the same word for word except for one or two slots. If the headlines differ in one slot,
/// its words must also fill a slot of the texts, possibly inflected ("в Томске"). Under equal headlines the slots must
/// be filled with names, or with any words in a script that has no capitals. A long text that differs in a word was
/// edited.
fn differ_as_forms_do(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let (x, y) = (a.whole_text(), b.whole_text());
    if !(is_short(x) && is_short(y)) {
        return false;
    }
    let slots = replaced(x, y).filter(|slots| (1..=TUNING.form_slots).contains(&slots.len()));
    let (Some(slots), Some(in_headlines)) = (slots, replaced(a.headline(), b.headline())) else {
        return false;
    };
    match in_headlines.as_slice() {
        [] => are_filled_otherwise(x, y, &slots),
        [(in_a, in_b)] => {
            let (of_a, of_b) = (&a.headline()[in_a.clone()], &b.headline()[in_b.clone()]);
            slots
                .iter()
                .any(|(in_x, in_y)| is_form_of(of_a, &x[in_x.clone()]) && is_form_of(of_b, &y[in_y.clone()]))
        }
        _ => false,
    }
}

/// Whether a feed's new entry is the form of an earlier one, filled in again: the headlines are the same except for at
/// most one slot, the texts except for a few slots, and there is at least one slot.
pub(crate) fn is_next_of_series(new: &PreparedDoc<'_>, earlier: &PreparedDoc<'_>) -> bool {
    let (x, y) = (new.whole_text(), earlier.whole_text());
    if !(is_short(x) && is_short(y)) {
        return false;
    }
    let slots = replaced(new.headline(), earlier.headline()).zip(replaced(x, y));
    slots.is_some_and(|(in_headlines, in_texts)| {
        in_headlines.len() <= 1 && in_headlines.len() + in_texts.len() > 0
    })
}

/// Whether a text is short enough for a form. Texts in bigrams have a bound of their own, because in some scripts a
/// word has many bigrams.
fn is_short(text: &[Token]) -> bool {
    let most =
        if text.iter().any(|token| token.is(BIGRAM)) { TUNING.form_bigrams } else { TUNING.form_halves };
    headlines::halves(text) <= most
}

/// Whether a word of a headline fills a slot, unchanged or inflected.
fn is_form_of(in_headline: &[Token], in_slot: &[Token]) -> bool {
    let is_form = |one: &Token, other: &Token| {
        let both_long = [one, other].iter().all(|token| token.end - token.start >= TUNING.telling_bytes);
        let affix = one.prefix == other.prefix || one.suffix == other.suffix;
        one.stem == other.stem || (both_long && affix)
    };
    in_headline.iter().any(|one| in_slot.iter().any(|other| is_form(one, other)))
}

/// Whether all slots are filled with names, numbers, or words of a script that has no capitals, and at least one slot
/// tells what the text is about (no number, agency, byline or credit).
fn are_filled_otherwise(x: &[Token], y: &[Token], slots: &[Slot]) -> bool {
    let names = |text: &[Token]| text.iter().filter(|token| token.is(NAME) && !token.is(CASELESS)).count();
    // Not in German, for example, where every noun has a capital.
    let marks_names = names(x) * TUNING.names_one_in <= x.len() && names(y) * TUNING.names_one_in <= y.len();
    let fills = |token: &Token| token.is(CASELESS) || (marks_names && token.is(NAME)) || token.is(NUMBER);
    let is_filled =
        |(in_x, in_y): &Slot| x[in_x.clone()].iter().all(fills) && y[in_y.clone()].iter().all(fills);
    let tells = |(in_x, in_y): &Slot| {
        let (one, other) = (&x[in_x.clone()], &y[in_y.clone()]);
        // Numbers differ in an updated report, too.
        let is_number = [one, other].iter().all(|tokens| tokens.iter().all(|token| token.is(NUMBER)));
        let is_agency =
            [one, other].iter().all(|tokens| tokens.iter().all(|token| AGENCIES.contains(&token.hash)));
        !(is_number || is_agency || is_byline(x, in_x) || in_x.start + CREDIT_TOKENS >= x.len())
    };
    slots.iter().all(is_filled) && slots.iter().any(tells)
}

/// Whether a slot follows a word like "by" at the beginning of a text.
fn is_byline(text: &[Token], slot: &Range<usize>) -> bool {
    let before = slot.start.checked_sub(1).filter(|_| slot.start < BYLINE_TOKENS);
    before.is_some_and(|before| BYLINES.contains(&text[before].hash))
}

/// The slots in which two otherwise equal texts have different tokens. `None` if they differ in another way: in many
/// places, in long passages, or in tokens that only one of them has.
fn replaced(x: &[Token], y: &[Token]) -> Option<Vec<Slot>> {
    let (mut i, mut j) = (0, 0);
    let mut slots = Vec::new();
    loop {
        let same = x[i..].iter().zip(&y[j..]).take_while(|(a, b)| a.hash == b.hash).count();
        (i, j) = (i + same, j + same);
        if i == x.len() && j == y.len() {
            return Some(slots);
        }
        let (in_x, in_y) = slot_at(&x[i..], &y[j..])?;
        if slots.len() > TUNING.form_slots {
            return None;
        }
        slots.push((i..i + in_x, j..j + in_y));
        (i, j) = (i + in_x, j + in_y);
    }
}

/// Lengths of the shortest non-empty beginnings of two runs of tokens behind which both go on alike, or both end.
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
