//! Two entries of one feed, with links on one site or without links: twice in one document, or one after the other?
//!
//! A feed tells its entries apart itself, so that here nothing is taken for the same but what the feed itself shows to be.
//! What stood side by side is one story only when it says the same twice; what came later, under the same link, is that
//! story brought up to date unless something speaks against it. Knows two entries; nothing of stories.

use super::numerals::{Counting, counting};
use super::similarity::{Same, Side, Texts, Titles};
use crate::desk::hash;
use crate::desk::text::languages;
use crate::desk::text::tokens::{NUMBER, PAIR, Word};
use crate::model::StoryRule;
use std::collections::HashSet;

/// Texts of fewer half words may be the same by chance.
const TEXT_HALVES: usize = 40;
/// What is said twice must be of one day, in seconds; what is said every day at about the same hour is a series.
const SAME_DAY_S: i64 = 20 * 3_600;
/// A recording that comes again under its address is another one from so many seconds on, where a feed shows one at a time.
const ANOTHER_HOUR_S: i64 = 20 * 60;
/// Texts with so many telling words that share fewer than one in [`NOTHING_ONE_IN`] tell of different
/// things, though under one title.
const MUCH_SAID: usize = 8;
const NOTHING_ONE_IN: usize = 10;
/// Texts share what they tell of when one in so many of the shorter one's words stands in the other …
const SHARED_ONE_IN: usize = 4;
/// … and at least so many do.
const SHARED_LEAST: usize = 3;
/// Letters, in bytes, from which on a word may tell something.
const TELLING_BYTES: u32 = 4;

/// Judges two entries that stood side by side: the same link, title and text; or, of one day, the same link and title with
/// little said, or the same title over the same long text.
pub(crate) fn twice(a: &Side<'_>, b: &Side<'_>, titles: Titles, texts: &Texts) -> Option<Same> {
    if titles != Titles::Equal || a.recorded_otherwise(b) {
        return None;
    }
    let of_one_day = (a.when().as_second() - b.when().as_second()).abs() <= SAME_DAY_S;
    let (one, other) = (a.whole_text(), b.whole_text());
    let same_text = !one.is_empty() && says_the_same(a, b);
    let address = a.address().zip(b.address()).filter(|(x, y)| x.key == y.key).map(|(x, _)| x);
    let little_said = of_one_day && (one.is_empty() || other.is_empty());
    if let Some(address) = address.filter(|_| same_text || little_said) {
        let signs = vec![address.canonical.clone()];
        return Some(Same { rule: StoryRule::SameAddress, score: 1.0, signs });
    }
    let long_enough = one.iter().map(Word::halves).sum::<usize>() >= TEXT_HALVES;
    (same_text && long_enough && of_one_day).then(|| Same {
        rule: StoryRule::SameText,
        score: 1.0,
        signs: vec![format!("100 % of {} phrases", texts.least.max(1))],
    })
}

/// Whether two texts are the same, word for word.
fn says_the_same(a: &Side<'_>, b: &Side<'_>) -> bool {
    let (one, other) = (a.whole_text(), b.whole_text());
    one.len() == other.len() && one.iter().zip(other).all(|(x, y)| x.hash == y.hash)
}

/// Whether an entry is an earlier one's text once more, word for word, under another link and another date: a page that was
/// given another address keeps its date, and a page that stays where it was is brought up to date.
pub(crate) fn carries_again(new: &Side<'_>, earlier: &Side<'_>) -> bool {
    new.shared_address(earlier).is_none()
        && says_the_same(new, earlier)
        && !new.whole_text().is_empty()
        && new.when() != earlier.when()
}

/// Whether an entry that came under the link of an earlier one, when that had left, tells another story: another recording,
/// another number, date or part in the title, or nothing in common.
pub(crate) fn replaced_by_another(a: &Side<'_>, b: &Side<'_>) -> bool {
    has_another_recording(a, b) || counted_otherwise(a, b) || !tell_of_the_same(a, b)
}

/// Whether an entry brings another recording than an earlier one. Of one entry, with all its words and its date, only the
/// address of the recording has changed: that holds a token, or the name of another server.
pub(crate) fn has_another_recording(a: &Side<'_>, b: &Side<'_>) -> bool {
    let unchanged = a.bare == b.bare && says_the_same(a, b) && a.when() == b.when();
    a.recorded_otherwise(b) && !unchanged
}

/// Whether a feed that shows one recording at a time has put another one under the address of the last.
pub(crate) fn is_recorded_anew(a: &Side<'_>, b: &Side<'_>) -> bool {
    a.is_recorded()
        && b.is_recorded()
        && (a.when().as_second() - b.when().as_second()).abs() >= ANOTHER_HOUR_S
}

/// Whether each headline has a number, a date or a part where the other has another one.
fn counted_otherwise(a: &Side<'_>, b: &Side<'_>) -> bool {
    let (x, y) = (a.headline(), b.headline());
    let only = |side: &Side<'_>, other: &[Word], kind: Counting| -> Vec<usize> {
        let own = |word: &Word| {
            counting(&side.laid.title, word) == Some(kind) && !other.iter().any(|o| o.hash == word.hash)
        };
        side.headline().iter().enumerate().filter(|(_, word)| own(word)).map(|(at, _)| at).collect()
    };
    Counting::ALL.into_iter().any(|kind| {
        let (only_x, only_y) = (only(a, y, kind), only(b, x, kind));
        let both = !only_x.is_empty() && !only_y.is_empty();
        both && (alike_but_for(x, &only_x, y, &only_y) || in_one_place(x, &only_x, y, &only_y))
    })
}

/// Whether half of the words that are left are the same when those that count are taken out.
fn alike_but_for(x: &[Word], only_x: &[usize], y: &[Word], only_y: &[usize]) -> bool {
    let halves = |words: &[Word]| words.iter().map(Word::halves).sum::<usize>();
    let counted = |places: &[usize], words: &[Word]| {
        places.iter().filter_map(|at| words.get(*at)).map(Word::halves).sum::<usize>()
    };
    let shared: Vec<Word> =
        x.iter().filter(|word| y.iter().any(|other| other.hash == word.hash)).copied().collect();
    let rest = (halves(x) - counted(only_x, x)).max(halves(y) - counted(only_y, y));
    halves(&shared) * 2 >= rest
}

/// Whether two words stand between the same neighbours: behind the same two, before the same two, or with the same one on
/// each side. The start and the end of a headline are neighbours, too.
fn in_one_place(x: &[Word], only_x: &[usize], y: &[Word], only_y: &[usize]) -> bool {
    let around = |words: &[Word], at: usize| -> [u64; 3] {
        let hash =
            |place: Option<usize>| place.and_then(|place| words.get(place)).map_or(0, |word| word.hash);
        let pair = |tag, one, other| hash::mix(hash::mix(tag, hash(one)), hash(other));
        [
            pair(1, at.checked_sub(2), at.checked_sub(1)),
            pair(2, at.checked_sub(1), Some(at + 1)),
            pair(3, Some(at + 1), Some(at + 2)),
        ]
    };
    let places: HashSet<u64> = only_x.iter().flat_map(|at| around(x, *at)).collect();
    only_y.iter().any(|at| around(y, *at).iter().any(|place| places.contains(place)))
}

/// Whether titles or texts share words that tell something.
fn tell_of_the_same(a: &Side<'_>, b: &Side<'_>) -> bool {
    let silent = |side: &Side<'_>| side.headline().is_empty() && side.whole_text().is_empty();
    if silent(a) || silent(b) {
        return true;
    }
    let [x, y] = [telling(&[], a.whole_text()), telling(&[], b.whole_text())];
    let (shared, least) = (x.intersection(&y).count(), x.len().min(y.len()));
    // A title that stands over one thing after another says nothing of them.
    if a.bare == b.bare && least >= MUCH_SAID && shared * NOTHING_ONE_IN < least {
        return false;
    }
    let in_titles = telling(a.headline(), &[]).intersection(&telling(b.headline(), &[])).next().is_some();
    in_titles || (shared >= SHARED_LEAST && shared * SHARED_ONE_IN >= least)
}

/// The words that tell something: neither stop words nor very short.
fn telling(headline: &[Word], text: &[Word]) -> HashSet<u32> {
    let language = languages::language(headline, text);
    let tells = |word: &&Word| {
        word.is(PAIR | NUMBER) || (word.end - word.start >= TELLING_BYTES && !language.has(word))
    };
    headline.iter().chain(text).filter(tells).map(|word| word.stem).collect()
}
