//! Measures for two texts: how much they have in common, how much they contradict each other, and whether a headline is
//! about a text.
//!
//! Counts and decides nothing. Knows two entries; nothing of stories.

use super::headlines::{halves, telling_tokens};
use super::prepared::PreparedDoc;
use super::tuning::TUNING;
use crate::desk::hash::{self, Set};
use crate::desk::text::languages;
use crate::desk::text::tokens::{BIGRAM, NAME, NUMBER, SENTENCE_START, Token};

/// How two texts agree.
pub(crate) struct TextOverlap {
    /// Number of shingles of the shorter text.
    pub(crate) least: usize,
    /// Length of the shorter text in words; two bigrams count as one word.
    pub(crate) words: usize,
    /// Number of shingles in both texts.
    pub(crate) common: usize,
    /// Containment: share of the shorter text's shingles that are in the longer one, 0 to 1.
    pub(crate) contained: f64,
    /// Coverage: share of the longer text's shingles that are in the shorter one, 0 to 1.
    pub(crate) covered: f64,
    /// Whether the opening of one text is in the other. It is not where they share only background.
    pub(crate) same_opening: bool,
    /// Whether the opening of the longer text is in the shorter one.
    pub(crate) opening_of_longer: bool,
}

fn shorter_first<'s, 'd>(
    a: &'s PreparedDoc<'d>,
    b: &'s PreparedDoc<'d>,
) -> (&'s PreparedDoc<'d>, &'s PreparedDoc<'d>) {
    if a.sorted().len() <= b.sorted().len() { (a, b) } else { (b, a) }
}

/// Compares two texts without their boilerplate.
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

/// Whether the shorter text is the beginning of the longer one, that is, a truncated copy.
pub(crate) fn is_cut_from(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>, texts: &TextOverlap) -> bool {
    let (short, long) = shorter_first(a, b);
    let (times, more) = TUNING.cut_reach;
    let reach = (short.shingles().len() * times + more).min(long.shingles().len());
    let mut head = long.shingles()[..reach].to_vec();
    head.sort_unstable();
    head.dedup();
    intersection(short.sorted(), &head) * 100 >= texts.common * TUNING.cut_percent
}

/// Whether the longer text begins with something that is in the shorter one; a dateline may stand before it.
pub(crate) fn begins_with_shorter(a: &PreparedDoc<'_>, b: &PreparedDoc<'_>) -> bool {
    let (short, long) = shorter_first(a, b);
    let begin = long.shingles().iter().take(TUNING.dateline_shingles);
    begin.into_iter().any(|shingle| short.sorted().binary_search(shingle).is_ok())
}

/// Number of values in both of two sorted lists. Merges without branches, because which value is smaller is
/// unpredictable.
pub(crate) fn intersection(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        common += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    common
}

/// Contradictions: how many numbers and names of the shorter text are replaced by another number or name in the longer
/// one, in the same context, as in two fillings of a template; and how many numbers and names the shorter text has.
/// What one text merely adds is no contradiction.
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

/// Whether a token is of a kind that a template fills in: a number or a name.
fn fills(token: &Token) -> bool {
    token.is(NUMBER) || (token.is(NAME) && !token.is(SENTENCE_START))
}

/// The [`contexts`] of each number and name that is not among the `known` tokens, which are sorted.
fn slots(tokens: &[Token], known: &[u64]) -> Vec<[u64; 3]> {
    tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| fills(token) && known.binary_search(&token.hash).is_err())
        .map(|(idx, token)| contexts(tokens, idx, u64::from(token.kind & NUMBER) * 4))
        .collect()
}

/// The contexts of a token: hashes of the two tokens before it, of one on each side, and of the two after it. The
/// beginning and the end of the text count as neighbours; bigrams that overlap with the token do not. Contexts with
/// different tags never agree.
fn contexts(tokens: &[Token], idx: usize, tag: u64) -> [u64; 3] {
    let step = if tokens[idx].is(BIGRAM) { 2 } else { 1 };
    let (before, after) = (idx.checked_sub(step), Some(idx + step));
    let at = |idx: Option<usize>| idx.and_then(|idx| tokens.get(idx)).map_or(0, |token| token.hash);
    let pair = |which: u64, one, other| hash::mix(hash::mix(which + tag, at(one)), at(other));
    [pair(1, idx.checked_sub(step + 1), before), pair(2, before, after), pair(3, after, Some(idx + step + 1))]
}

/// Whether one of the tokens of `x` with the indices `of_x` has a context in common with one of those of `y`.
pub(crate) fn share_a_context(x: &[Token], of_x: &[usize], y: &[Token], of_y: &[usize]) -> bool {
    let slots: Set<u64> = of_x.iter().flat_map(|idx| contexts(x, *idx, 0)).collect();
    of_y.iter().any(|idx| contexts(y, *idx, 0).iter().any(|context| slots.contains(context)))
}

/// Stems of the telling tokens: those that are neither stop words nor very short, and all numbers and bigrams.
pub(crate) fn telling(headline: &[Token], text: &[Token]) -> Set<u32> {
    let language = languages::language(headline, text);
    let tells = |token: &&Token| {
        token.is(BIGRAM | NUMBER) || (token.end - token.start >= TUNING.telling_bytes && !language.has(token))
    };
    headline.iter().chain(text).filter(tells).map(|token| token.stem).collect()
}

/// Whether two texts under one headline tell different things: each has enough telling words that are not in the
/// headline, and they share few of these.
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

/// Whether the headline of the first entry is about the text of the other.
pub(crate) fn tells_of(headed: &PreparedDoc<'_>, other: &PreparedDoc<'_>) -> bool {
    let stands = |token: &Token| other.whole_text().iter().any(|word| word.stem == token.stem);
    is_mostly_told(headed, stands)
}

/// Whether an entry's headline is about its text: one in three of the headline's telling words is in the text, or
/// several are. One word of a long headline is not enough, because it may be in the text of a paywall, too.
pub(crate) fn is_told(doc: &PreparedDoc<'_>) -> bool {
    let stands = |token: &Token| doc.whole_text().iter().any(|other| other.stem == token.stem);
    doc.headline().is_empty() || is_mostly_told(doc, stands)
}

fn is_mostly_told(doc: &PreparedDoc<'_>, stands: impl Fn(&Token) -> bool) -> bool {
    let (told, all) =
        telling_tokens(doc).fold((0, 0), |(told, all), token| (told + usize::from(stands(token)), all + 1));
    told >= TUNING.about_words || (told > 0 && told * TUNING.told_one_in >= all)
}
