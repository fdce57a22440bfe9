//! Feature extraction for the classifier: hashed stems of title, opening and terms, stem bigrams of the title, and the
//! path of the address.
//!
//! Knows one entry; nothing of what is learned.

use crate::desk::hash;
use crate::desk::text::tokens::{Token, Tokens};
use crate::model::Entry;

/// Number of different features; a power of two.
pub(crate) const WIDTH: usize = 1 << 18;
/// Tokens of the text that are read. News reports say in their first sentences what they are about.
const OPENING_TOKENS: usize = 90;
/// Maximum number of terms (the publisher's own labels) that are read, and of tokens of each.
const TERMS: (usize, usize) = (8, 6);
/// Segments of the address's path that are read. A site's section stands at the beginning of the path.
const PATH_SEGMENTS: usize = 3;
/// Length in bytes of a segment that may name a section.
const SEGMENT_BYTES: std::ops::RangeInclusive<usize> = 3..=20;

/// The feature with this hash (feature hashing, Weinberger et al. 2009).
pub(crate) fn feature(hash: u64) -> u32 {
    (hash::finish(hash) % WIDTH as u64) as u32
}

/// The feature "this token is in the title". Each title token has it besides its ordinary feature, because headlines
/// have a vocabulary of their own and tell more about the category.
pub(crate) fn title_feature(token: &Token) -> u32 {
    feature(hash::mix(13, u64::from(token.stem)))
}

/// The features of an entry, each with how often the entry has it (at most 255); sorted by feature.
pub(crate) fn features(entry: &Entry, title: &[Token], text: &[Token]) -> Vec<(u32, u8)> {
    let opening = &text[..text.len().min(OPENING_TOKENS)];
    let mut all: Vec<u32> = Vec::with_capacity(title.len() * 3 + opening.len() + 32);
    all.extend(title.iter().chain(opening).map(|token| feature(u64::from(token.stem))));
    all.extend(title.iter().map(title_feature));
    // Bigrams only of the title. Those of the opening tell little more than its tokens, and most of them would be in
    // the table for one entry only.
    all.extend(
        title.windows(2).map(|pair| feature(hash::mix(u64::from(pair[0].stem), u64::from(pair[1].stem)))),
    );
    let (terms, term_tokens) = TERMS;
    for term in entry.terms.iter().take(terms) {
        let tokens = Tokens::of(term, term_tokens);
        let whole = tokens.list.iter().fold(11, |hash, token| hash::mix(hash, u64::from(token.stem)));
        all.push(feature(whole));
        all.extend(tokens.list.iter().map(|token| feature(u64::from(token.stem))));
    }
    let path = entry.url.as_deref().and_then(|url| url.split_once("://")?.1.split_once('/'));
    if let Some((_, path)) = path {
        let names_section = |segment: &&str| {
            SEGMENT_BYTES.contains(&segment.len())
                && segment.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
        };
        let segments = path.split(['/', '?', '#']).take(PATH_SEGMENTS).filter(names_section);
        let hash_of = |segment: &str| hash::mix(12, hash::of(segment.to_ascii_lowercase().as_bytes()));
        all.extend(segments.map(|segment| feature(hash_of(segment))));
    }
    all.sort_unstable();
    let mut folded: Vec<(u32, u8)> = Vec::with_capacity(all.len());
    for feature in all {
        match folded.last_mut().filter(|last| last.0 == feature) {
            Some(last) => last.1 = last.1.saturating_add(1),
            None => folded.push((feature, 1)),
        }
    }
    folded
}
