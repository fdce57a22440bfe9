//! Are two entries the same story? Address, title and text, each with what speaks against it.
//!
//! Knows two entries and what recurs under their publishers; nothing of stories. The needed similarity of texts
//! falls with their length, and what a template fills in (numbers, names, dates) must agree.

use super::own_feed as own;
pub(crate) use super::own_feed::carries_again;
pub(crate) use super::prepared::{Origin, Side};
use crate::desk::hash;
use crate::desk::text::tokens::{FIRST, NAME, NUMBER, PAIR, Word};
use crate::model::StoryRule;

/// Fewer phrases than this are no text to judge by.
const LEAST_PHRASES: usize = 6;
/// A headline alone says enough from this many half words on …
const TITLE_HALVES: usize = 8;
/// … and with a word more or less from this many on.
const NEAR_TITLE_HALVES: usize = 12;
/// The same headline this many days apart is another day's news, unless the texts agree.
const TITLE_DAYS: i64 = 4;
/// The same publisher uses a headline again within a day only for the same page.
const OWN_TITLE_HOURS: i64 = 30;
/// A headline is a template once its publisher used it for so many pages.
pub(crate) const TEMPLATE_TITLES: u8 = 4;
/// Phrases at the beginning of a text that say whether another text begins with, or contains, the same news.
const LEAD_PHRASES: usize = 25;
/// Share of them that must stand in the other text.
const LEAD_SHARE: f64 = 0.6;
/// Share of a long text that must stand in another one that begins with the same news; of every other, more.
const LEAST_CONTAINED: f64 = 0.45;
/// From so many words on, numbers and names may differ here and there: a text was brought up to date.
const LONG_TEXT: usize = 40;
/// A site's own page is recognised under another headline from so many phrases on.
const OWN_PAGE_PHRASES: usize = 100;
/// A site's old text is recognised under another headline from so many phrases on.
const OWN_AGAIN_PHRASES: usize = 30;
/// Where in a page's text its own headline may stand, in words.
pub(crate) const HEADLINE_WITHIN: usize = 50;
/// A page that is refilled (a front page, "live") is the same story for so many hours.
const REFILLED_HOURS: i64 = 20;

/// What speaks for two entries being the same story.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Same {
    pub(crate) rule: StoryRule,
    /// 0 to 1.
    pub(crate) score: f64,
    pub(crate) signs: Vec<String>,
}

/// How two texts agree.
pub(crate) struct Texts {
    /// Phrases of the shorter one.
    pub(crate) least: usize,
    /// Its words; where they are pairs of characters, two of them stand for one.
    pub(crate) words: usize,
    /// Phrases that stand in both.
    pub(crate) common: usize,
    /// Share of the shorter one's that stand in the longer one.
    pub(crate) contained: f64,
    /// Share of the longer one's phrases that stand in the shorter one.
    pub(crate) covered: f64,
    /// What one of them begins with stands in the other: not so where only the background is the same.
    pub(crate) same_lead: bool,
    /// What the longer one begins with stands in the shorter one.
    pub(crate) lead_of_longer: bool,
}

fn shorter_first<'s, 'd>(a: &'s Side<'d>, b: &'s Side<'d>) -> (&'s Side<'d>, &'s Side<'d>) {
    if a.sorted().len() <= b.sorted().len() { (a, b) } else { (b, a) }
}

fn texts(a: &Side<'_>, b: &Side<'_>) -> Texts {
    let (short, long) = shorter_first(a, b);
    let common = intersection(short.sorted(), long.sorted());
    let lead_in = |side: &Side<'_>, other: &Side<'_>| {
        let lead = &side.phrases()[..side.phrases().len().min(LEAD_PHRASES)];
        let found = lead.iter().filter(|phrase| other.sorted().binary_search(phrase).is_ok()).count();
        !lead.is_empty() && found as f64 >= lead.len() as f64 * LEAD_SHARE
    };
    let enough = common >= LEAST_PHRASES;
    let lead_of_longer = enough && lead_in(long, short);
    Texts {
        least: short.sorted().len(),
        words: short.text().iter().map(Word::halves).sum::<usize>() / 2,
        common,
        contained: common as f64 / short.sorted().len().max(1) as f64,
        covered: common as f64 / long.sorted().len().max(1) as f64,
        same_lead: lead_of_longer || (enough && lead_in(short, long)),
        lead_of_longer,
    }
}

/// The shorter one stands at the beginning of the longer one, as a text that was cut does.
fn leads(a: &Side<'_>, b: &Side<'_>, texts: &Texts) -> bool {
    let (short, long) = shorter_first(a, b);
    let reach = (short.phrases().len() * 2 + 60).min(long.phrases().len());
    let mut head = long.phrases()[..reach].to_vec();
    head.sort_unstable();
    head.dedup();
    intersection(short.sorted(), &head) * 10 >= texts.common * 7
}

/// How many values two sorted lists share. Without a branch on what is compared, which nobody can foretell.
fn intersection(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        common += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    common
}

/// How two headlines agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Titles {
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

fn titles(a: &Side<'_>, b: &Side<'_>) -> Titles {
    let (x, y) = (a.headline(), b.headline());
    if x.is_empty() || y.is_empty() {
        return Titles::Missing;
    }
    if a.bare == b.bare {
        // Within one publisher an ending that differs may be what tells two headlines apart.
        let own = one_publisher(a, b) && !endings_nest(a, b);
        return if own { Titles::Template } else { Titles::Equal };
    }
    let (only_x, only_y) = (missing(x, y), missing(y, x));
    let halves = |words: &[Word]| words.iter().map(Word::halves).sum::<usize>();
    let common = halves(x).saturating_sub(halves(&only_x)).max(halves(y).saturating_sub(halves(&only_y)));
    let longer = halves(x).max(halves(y)).max(1);
    let numbers = |words: &[Word]| words.iter().any(|word| word.is(NUMBER));
    let any_number = numbers(&only_x) || numbers(&only_y);
    if (only_x.is_empty() || only_y.is_empty())
        && !any_number
        && common * 100 >= longer * 75
        && common >= NEAR_TITLE_HALVES
    {
        return Titles::Near;
    }
    // Half of the words agree and each has something of its own in the same place.
    let both = !only_x.is_empty() && !only_y.is_empty();
    if common * 100 >= longer * 50
        && ((both && (numbers(&only_x) && numbers(&only_y))) || (both && swapped(x, y)))
    {
        return Titles::Template;
    }
    Titles::Different
}

/// Words of `x` whose stem `y` lacks.
fn missing(x: &[Word], y: &[Word]) -> Vec<Word> {
    x.iter().filter(|word| !y.iter().any(|other| other.stem == word.stem)).copied().collect()
}

/// The headlines begin and end alike and differ by one run of names between, as when a template is filled in.
fn swapped(x: &[Word], y: &[Word]) -> bool {
    let front = x.iter().zip(y).take_while(|(a, b)| a.hash == b.hash).count();
    let back = x.iter().rev().zip(y.iter().rev()).take_while(|(a, b)| a.hash == b.hash).count();
    let back = back.min(x.len().min(y.len()) - front);
    let (in_x, in_y) = (&x[front..x.len() - back], &y[front..y.len() - back]);
    let is_name = |words: &[Word]| words.iter().all(|word| word.is(NAME | NUMBER));
    front + back >= 2 && in_x.len() <= 4 && in_y.len() <= 4 && is_name(in_x) && is_name(in_y)
}

fn endings_nest(a: &Side<'_>, b: &Side<'_>) -> bool {
    let (x, y) = (&a.title()[a.headline().len()..], &b.title()[b.headline().len()..]);
    missing(x, y).is_empty() || missing(y, x).is_empty()
}

/// How many numbers and names of one text have another number or name in their place in the other, as when a template
/// is filled in, and how many it has. What one of them merely adds is no contradiction.
fn contradictions(a: &Side<'_>, b: &Side<'_>) -> (usize, usize) {
    let (short, long) = if a.text().len() <= b.text().len() { (a, b) } else { (b, a) };
    let vocabulary = |side: &Side<'_>| {
        let mut all: Vec<u64> = side.text().iter().chain(side.title()).map(|word| word.hash).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (in_short, in_long) = (vocabulary(short), vocabulary(long));
    let mut slots: Vec<u64> = slots(long.text(), &in_short).into_iter().flatten().collect();
    slots.sort_unstable();
    let filled = short.text().iter().filter(|word| fills(word)).count();
    let contradicted = self::slots(short.text(), &in_long)
        .iter()
        .filter(|places| places.iter().any(|place| slots.binary_search(place).is_ok()))
        .count();
    (contradicted, filled)
}

/// What a template fills in.
fn fills(word: &Word) -> bool {
    word.is(NUMBER) || (word.is(NAME) && !word.is(FIRST))
}

/// Numbers and names that are not among the `known` words, each by the words around it: two before, one on each side,
/// two after.
fn slots(words: &[Word], known: &[u64]) -> Vec<[u64; 3]> {
    let at = |place: Option<usize>| place.and_then(|place| words.get(place)).map_or(0, |word| word.hash);
    words
        .iter()
        .enumerate()
        .filter(|(_, word)| fills(word) && known.binary_search(&word.hash).is_err())
        .map(|(i, word)| {
            let kind = u64::from(word.kind & NUMBER);
            let around = |tag: u64, one, other| hash::mix(hash::mix(tag + kind * 4, at(one)), at(other));
            [
                around(1, i.checked_sub(2), i.checked_sub(1)),
                around(2, i.checked_sub(1), Some(i + 1)),
                around(3, Some(i + 1), Some(i + 2)),
            ]
        })
        .collect()
}

/// How much of the shorter text must stand in the longer one: nearly all of a short one, half of a long one, and a
/// little less of a long one that begins with the same news.
fn needed(texts: &Texts) -> f64 {
    let phrases = texts.least as f64;
    if texts.same_lead {
        LEAST_CONTAINED + 0.5 * (-phrases / 60.0).exp()
    } else {
        0.5 + 0.45 * (-phrases / 50.0).exp()
    }
}

/// The headline of one stands whole in the first words of the other's text, as on a page that was stored with its own
/// headline and given another one. A text that names both headlines, each in its place, is a list of news.
fn quoted(a: &Side<'_>, b: &Side<'_>) -> bool {
    let place = |side: &Side<'_>, other: &Side<'_>| {
        let headline = side.headline();
        let long_enough = headline.iter().map(Word::halves).sum::<usize>() >= NEAR_TITLE_HALVES;
        let mut windows = other.opening().windows(headline.len().max(1));
        let begins = windows.position(|window| window.iter().zip(headline).all(|(a, b)| a.hash == b.hash));
        begins.filter(|_| long_enough).map(|begins| (begins, begins + headline.len()))
    };
    let named = |side: &Side<'_>, other: &Side<'_>| {
        place(side, other).is_some_and(|(begins, ends)| {
            place(other, other).is_none_or(|(own_begins, own_ends)| own_begins < ends && begins < own_ends)
        })
    };
    named(a, b) || named(b, a)
}

/// What the comparison of a new entry with an earlier one of its own feed shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// They are the same story.
    Same(Same),
    /// Nothing shows that they are.
    Unknown,
    /// Something speaks against it, so that the new one joins no story that holds the earlier one.
    Another,
}

/// Where an earlier entry of the feed stands when a new one comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    /// In the document that brings the new one.
    Beside,
    /// In none any more.
    Gone,
    /// In none any more, and the new one stands alone.
    Replaced,
}

/// Judges a new entry and an earlier one of its feed, both with links on one site or without links.
pub(crate) fn judge_own(new: &Side<'_>, earlier: &Side<'_>, stands: Stands) -> Verdict {
    if stands == Stands::Beside {
        let titles = titles(new, earlier);
        let twice = own::twice(new, earlier, titles, &texts(new, earlier));
        return twice.map_or(Verdict::Another, Verdict::Same);
    }
    let other = if new.shared_address(earlier).is_some() {
        own::replaced_by_another(new, earlier)
            || (stands == Stands::Replaced && own::is_recorded_anew(new, earlier))
    } else {
        own::has_another_recording(new, earlier)
    };
    if other { Verdict::Another } else { judge(new, earlier).map_or(Verdict::Unknown, Verdict::Same) }
}

/// Judges two entries. `None`: nothing shows that they are the same story.
pub(crate) fn judge(a: &Side<'_>, b: &Side<'_>) -> Option<Same> {
    let titles = titles(a, b);
    let address = a.shared_address(b);
    let same_page = || {
        let canonical = address.map(|address| address.canonical.clone());
        Same { rule: StoryRule::SameAddress, score: 1.0, signs: canonical.into_iter().collect() }
    };
    if address.is_some_and(|address| address.lasting) {
        return Some(same_page());
    }
    let quoted = matches!(titles, Titles::Different | Titles::Missing) && quoted(a, b);
    let one_title = quoted || matches!(titles, Titles::Equal | Titles::Near);
    if address.is_none() && !one_title && !texts_may_agree(a, b) {
        return None;
    }
    let texts = texts(a, b);
    if address.is_some() && refilled(a, b, titles, &texts) {
        return Some(same_page());
    }
    same_text(a, b, titles, &texts)
        .or_else(|| if one_title { same_title(a, b, titles, quoted, &texts) } else { None })
}

/// Whether two texts may have enough in common at all. Boilerplate is only looked for as far as that takes: most entries
/// that are found under one key share a few phrases.
fn texts_may_agree(a: &Side<'_>, b: &Side<'_>) -> bool {
    let common = intersection(a.with_boilerplate(), b.with_boilerplate());
    // A hair more than can be needed, for the sake of rounding.
    let most = (common as f64 / LEAST_CONTAINED * 1.01) as usize;
    !(a.says_more_than(most) && b.says_more_than(most))
}

/// A page that is filled again and again under one address is the same story for some hours, when it still says the same.
fn refilled(a: &Side<'_>, b: &Side<'_>, titles: Titles, texts: &Texts) -> bool {
    let agrees = matches!(titles, Titles::Equal | Titles::Near)
        || (texts.least >= LEAST_PHRASES && texts.contained >= needed(texts))
        || missing(a.headline(), b.headline()).len() * 2 < a.headline().len();
    a.hours_to(b) < REFILLED_HOURS && agrees && titles != Titles::Template
}

fn same_text(a: &Side<'_>, b: &Side<'_>, titles: Titles, texts: &Texts) -> Option<Same> {
    if texts.least < LEAST_PHRASES || texts.contained < needed(texts) {
        return None;
    }
    let new_headline =
        titles == Titles::Missing || missing(a.headline(), b.headline()).len() * 2 > a.headline().len();
    // A whole text inside another, not at its beginning, is quoted there: by a round-up, or by a longer report on something
    // else. Where not even what the longer one begins with is shared, only headlines that say the same tell otherwise.
    let one_headline = !new_headline || missing(b.headline(), a.headline()).len() * 2 <= b.headline().len();
    let about = texts.lead_of_longer || (texts.same_lead && titles != Titles::Missing && one_headline);
    if !about && texts.covered < 0.3 && !leads(a, b, texts) {
        return None;
    }
    // One site's own pages: what they share is its boilerplate, a programme's description, the same background. Only a
    // long text that also begins alike shows one of its pages to be another, or headlines that say the same, or that it
    // carries its old text again.
    let whole = texts.least >= OWN_PAGE_PHRASES && texts.contained >= 0.7 && texts.same_lead;
    let (contradicted, filled) = contradictions(a, b);
    let again = contradicted == 0 && titles == Titles::Different && carried_again(a, b, texts);
    if own_site(a, b) && new_headline && !whole && !again {
        return None;
    }
    let tolerated = if texts.words < LONG_TEXT { 0 } else { 1 + filled * 3 / 10 };
    if contradicted > tolerated {
        return None;
    }
    if titles == Titles::Template && (texts.contained < 0.9 || texts.words < LONG_TEXT) {
        return None;
    }
    let signs = vec![format!("{:.0} % of {} phrases", texts.contained * 100.0, texts.least)];
    Some(Same { rule: StoryRule::SameText, score: texts.contained, signs })
}

/// The same text from beginning to end under another headline, and it is what both headlines are about: the description
/// of a programme is the same under every episode, and does not tell of any. What is numbered is another part.
fn carried_again(a: &Side<'_>, b: &Side<'_>, texts: &Texts) -> bool {
    let about = |side: &Side<'_>| {
        let told = side.headline().iter().filter(|word| word.is(PAIR) || word.end - word.start > 3);
        let (all, found) = told.fold((0, 0), |(all, found), word| {
            let stands = side.text().iter().any(|other| other.stem == word.stem);
            (all + 1, found + usize::from(stands))
        });
        found >= 2 && found * 2 >= all
    };
    let numbered = |side: &Side<'_>| side.headline().iter().any(|word| word.is(NUMBER));
    texts.least >= OWN_AGAIN_PHRASES
        && texts.contained >= 0.95
        && texts.covered >= 0.9
        && !numbered(a)
        && !numbered(b)
        && about(a)
        && about(b)
}

/// Both come from one publisher, or from one host.
fn own_site(a: &Side<'_>, b: &Side<'_>) -> bool {
    let host = |side: &Side<'_>| {
        side.address().and_then(|address| address.canonical.split('/').next()).map(str::to_owned)
    };
    one_publisher(a, b) || (a.address().is_some() && host(a) == host(b))
}

/// Both come from one publisher. What links to different sites, as the entries of a planet or an aggregator do, is of the
/// publishers that it links to.
fn one_publisher(a: &Side<'_>, b: &Side<'_>) -> bool {
    a.publisher == b.publisher && !a.links_elsewhere(b)
}

fn same_title(a: &Side<'_>, b: &Side<'_>, titles: Titles, quoted: bool, texts: &Texts) -> Option<Same> {
    // What one feed carries twice, from two sites, has the same headline word for word.
    if a.recurs || b.recurs || (a.is_of_one_feed(b) && titles != Titles::Equal) {
        return None;
    }
    let halves = |side: &Side<'_>| side.headline().iter().map(Word::halves).sum::<usize>();
    let length = if quoted { NEAR_TITLE_HALVES } else { halves(a).min(halves(b)) };
    let both_have_text = texts.least >= 12;
    let hours = a.hours_to(b);
    let own = one_publisher(a, b);
    let needed_length = if own { NEAR_TITLE_HALVES } else { TITLE_HALVES };
    if length < needed_length || hours > TITLE_DAYS * 24 {
        return None;
    }
    // One publisher's own pages with one headline: a template, unless close in time and nothing else is known.
    if own && (hours > OWN_TITLE_HOURS || (both_have_text && texts.contained < 0.3)) {
        return None;
    }
    if both_have_text && texts.contained < 0.05 && length < 14 && !quoted {
        return None;
    }
    let score = if titles == Titles::Equal { 0.95 } else { 0.85 };
    let signs =
        a.headline().iter().map(|word| a.laid.title.written(word).to_owned()).collect::<Vec<_>>().join(" ");
    Some(Same { rule: StoryRule::SameTitle, score, signs: vec![signs] })
}
