//! How much two texts have in common, what contradicts between them, and whether headlines are about them. Counts; judges
//! nothing.

use super::headlines::{halves, telling_tokens};
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::hash;
use crate::desk::text::languages;
use crate::desk::text::tokens::{BIGRAM, NAME, NUMBER, SENTENCE_START, Token};
use std::collections::HashSet;

/// How two texts agree.
pub(crate) struct TextOverlap {
    /// Shingles of the shorter one.
    pub(crate) least: usize,
    /// Its words; where tokens are bigrams, two of them stand for one.
    pub(crate) words: usize,
    /// Shingles that stand in both.
    pub(crate) common: usize,
    /// Containment: share of the shorter one's shingles that stand in the longer one.
    pub(crate) contained: f64,
    /// Share of the longer one's shingles that stand in the shorter one.
    pub(crate) covered: f64,
    /// What one of them begins with stands in the other: not so where only the background is the same.
    pub(crate) same_opening: bool,
    /// What the longer one begins with stands in the shorter one.
    pub(crate) opening_of_longer: bool,
}

fn shorter_first<'s, 'd>(
    a: &'s PreparedDoc<'d>,
    b: &'s PreparedDoc<'d>,
) -> (&'s PreparedDoc<'d>, &'s PreparedDoc<'d>) {
    if a.sorted().len() <= b.sorted().len() { (a, b) } else { (b, a) }
}

/// Compares two texts, boilerplate taken out.
pub(crate) fn overlap(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> TextOverlap {
    let (short, long) = shorter_first(a, b);
    let common = intersection(short.sorted(), long.sorted());
    let opening_in = |doc: &PreparedDoc<'_>, other: &PreparedDoc<'_>| {
        let opening = &doc.shingles()[..doc.shingles().len().min(TUNING.opening_shingles)];
        let found = opening.iter().filter(|shingle| other.sorted().binary_search(shingle).is_ok()).count();
        !opening.is_empty() && found as f64 >= opening.len() as f64 * TUNING.opening_share
    };
    let enough = common >= TUNING.least_shingles;
    let opening_of_longer = enough && opening_in(long, short);
    TextOverlap {
        least: short.sorted().len(),
        words: halves(short.text()) / 2,
        common,
        contained: common as f64 / short.sorted().len().max(1) as f64,
        covered: common as f64 / long.sorted().len().max(1) as f64,
        same_opening: opening_of_longer || (enough && opening_in(short, long)),
        opening_of_longer,
    }
}

/// Whether the shorter text stands at the beginning of the longer one, as a text that was cut does.
pub(crate) fn is_cut_from(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>, texts: &TextOverlap) -> bool {
    let (short, long) = shorter_first(a, b);
    let (times, more) = TUNING.cut_reach;
    let reach = (short.shingles().len() * times + more).min(long.shingles().len());
    let mut head = long.shingles()[..reach].to_vec();
    head.sort_unstable();
    head.dedup();
    intersection(short.sorted(), &head) * 100 >= texts.common * TUNING.cut_percent
}

/// Whether the longer text begins with what stands in the shorter one, a dateline apart.
pub(crate) fn begins_with_shorter(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let (short, long) = shorter_first(a, b);
    let begin = long.shingles().iter().take(TUNING.dateline_shingles);
    begin.into_iter().any(|shingle| short.sorted().binary_search(shingle).is_ok())
}

/// How many values two sorted lists share. Branch-free merge: the comparison is unpredictable.
pub(crate) fn intersection(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        common += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    common
}

/// How many numbers and names of the shorter text have another number or name in their place in the longer one, as when a
/// template is filled in, and how many it has. What one text merely adds is no contradiction.
pub(crate) fn contradictions(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> (usize, usize) {
    let (short, long) = if a.text().len() <= b.text().len() { (a, b) } else { (b, a) };
    let all_tokens = |doc: &PreparedDoc<'_>| {
        let mut all: Vec<u64> = doc.text().iter().chain(doc.title()).map(|token| token.hash).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (in_short, in_long) = (all_tokens(short), all_tokens(long));
    let mut slots: Vec<u64> = self::slots(long.text(), &in_short).into_iter().flatten().collect();
    slots.sort_unstable();
    let filled = short.text().iter().filter(|token| fills(token)).count();
    let contradicted = self::slots(short.text(), &in_long)
        .iter()
        .filter(|contexts| contexts.iter().any(|context| slots.binary_search(context).is_ok()))
        .count();
    (contradicted, filled)
}

/// What a template fills in.
fn fills(token: &Token) -> bool {
    token.is(NUMBER) || (token.is(NAME) && !token.is(SENTENCE_START))
}

/// Numbers and names that are not among the `known` tokens, each by its contexts: two tokens before, one on each side, two
/// after.
fn slots(tokens: &[Token], known: &[u64]) -> Vec<[u64; 3]> {
    tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| fills(token) && known.binary_search(&token.hash).is_err())
        .map(|(idx, token)| contexts(tokens, idx, u64::from(token.kind & NUMBER) * 4))
        .collect()
}

/// The contexts of a token: hashes of the two before it, of one on each side, of the two after it. The start and the end are
/// neighbours, too; bigrams that overlap with it are not. Contexts with different tags never agree.
fn contexts(tokens: &[Token], idx: usize, tag: u64) -> [u64; 3] {
    let step = if tokens[idx].is(BIGRAM) { 2 } else { 1 };
    let (before, after) = (idx.checked_sub(step), Some(idx + step));
    let at = |idx: Option<usize>| idx.and_then(|idx| tokens.get(idx)).map_or(0, |token| token.hash);
    let pair = |which: u64, one, other| hash::mix(hash::mix(which + tag, at(one)), at(other));
    [pair(1, idx.checked_sub(step + 1), before), pair(2, before, after), pair(3, after, Some(idx + step + 1))]
}

/// Whether a chosen token of one text stands between the same neighbours as a chosen one of the other.
pub(crate) fn share_a_context(x: &[Token], of_x: &[usize], y: &[Token], of_y: &[usize]) -> bool {
    let slots: HashSet<u64> = of_x.iter().flat_map(|idx| contexts(x, *idx, 0)).collect();
    of_y.iter().any(|idx| contexts(y, *idx, 0).iter().any(|context| slots.contains(context)))
}

/// Stems of the tokens that tell something: neither stop words nor very short.
pub(crate) fn telling(headline: &[Token], text: &[Token]) -> HashSet<u32> {
    let language = languages::language(headline, text);
    let tells = |token: &&Token| {
        token.is(BIGRAM | NUMBER) || (token.end - token.start >= TUNING.telling_bytes && !language.has(token))
    };
    headline.iter().chain(text).filter(tells).map(|token| token.stem).collect()
}

/// Whether two texts under one headline tell different things: each says enough beside it, and they share little of that.
pub(crate) fn tell_different_things(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let beside_headline = |doc: &PreparedDoc<'_>| {
        let mut told = telling(&[], doc.text());
        doc.headline().iter().for_each(|token| {
            told.remove(&token.stem);
        });
        told
    };
    let [x, y] = [beside_headline(a), beside_headline(b)];
    let (shared, least) = (x.intersection(&y).count(), x.len().min(y.len()));
    least >= TUNING.different_words && shared * TUNING.different_one_in < least
}

/// Whether the headline of one entry is about the text of the other.
pub(crate) fn tells_of(headed: &PreparedDoc<'_>, other: &PreparedDoc<'_>) -> bool {
    let stands = |token: &Token| other.whole_text().iter().any(|word| word.stem == token.stem);
    is_mostly_told(headed, stands)
}

/// Whether a headline is about its text: one in three of its telling words stands in it, or several do. A single word of a long
/// headline may stand in a paywall's line, too.
pub(crate) fn is_told(doc: &PreparedDoc<'_>) -> bool {
    let stands = |token: &Token| doc.whole_text().iter().any(|other| other.stem == token.stem);
    doc.headline().is_empty() || is_mostly_told(doc, stands)
}

fn is_mostly_told(doc: &PreparedDoc<'_>, stands: impl Fn(&Token) -> bool) -> bool {
    let (told, all) =
        telling_tokens(doc).fold((0, 0), |(told, all), token| (told + usize::from(stands(token)), all + 1));
    told >= TUNING.about_words || (told > 0 && told * TUNING.told_one_in >= all)
}
