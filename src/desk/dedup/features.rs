//! Feature extraction: the canonical addresses of an entry, the tokens of its title and text, and the shingles of its
//! text.
//!
//! Knows one entry and nothing that is learned. So features never go stale and can be cached.

use crate::desk::hash;
use crate::desk::text::address::{self, Address};
use crate::desk::text::labels::{is_reply, without_labels};
use crate::desk::text::languages::{self, Language};
use crate::desk::text::spelling;
use crate::desk::text::tokens::{self, BIGRAM, NUMBER, TEXT_TOKENS, TITLE_TOKENS, Token, Tokens};
use crate::model::{Candidate, Entry};
use std::sync::OnceLock;

/// Separators before a publisher's name at the end of a title. NFKC has already turned the full-width bar into `|`.
const SEPARATORS: [&str; 7] = [" - ", " | ", " – ", " — ", " · ", " » ", " « "];
/// Maximum length of a suffix, in tokens.
const SUFFIX_TOKENS: usize = 6;
/// Minimum length of what stands before a suffix, in half words.
const BEFORE_SUFFIX_HALVES: usize = 6;

/// The parts of an entry from which features are extracted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said<'a> {
    pub(crate) url: Option<&'a str>,
    pub(crate) links_to: Option<&'a str>,
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> From<&'a Entry> for Said<'a> {
    fn from(entry: &'a Entry) -> Self {
        let Entry { url, links_to, title, text, .. } = entry;
        Self { url: url.as_deref(), links_to: links_to.as_deref(), title, text }
    }
}

impl<'a> From<&'a Candidate> for Said<'a> {
    fn from(candidate: &'a Candidate) -> Self {
        let Candidate { url, links_to, title, text, .. } = candidate;
        Self { url: url.as_deref(), links_to: links_to.as_deref(), title, text }
    }
}

/// The features of one entry.
#[derive(Debug)]
pub(crate) struct DocFeatures {
    pub(crate) address: Option<Address>,
    /// The page of another site that the entry is about (see [`Entry::links_to`]).
    pub(crate) linked: Option<Address>,
    pub(crate) title: Tokens,
    /// Whether the title begins as an answer to another entry does ("Re: …").
    pub(crate) is_reply: bool,
    /// The end of the title, if it may be the publisher's name.
    pub(crate) suffix: Option<TitleSuffix>,
    pub(crate) text: Vec<Token>,
    /// Half words of the text that are part of written-out addresses.
    pub(crate) address_halves: usize,
    /// The shingle that begins at each token of the text.
    pub(crate) shingles: Vec<u64>,
    sorted: OnceLock<Vec<u64>>,
    language: OnceLock<Language>,
}

/// The end of a title, behind a separator ("… - The Daily Example").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TitleSuffix {
    /// Tokens of the title before it.
    pub(crate) before: usize,
    /// Hash of the suffix's tokens.
    pub(crate) hash: u64,
    /// Whether the suffix looks like a site's host name ("example.com").
    pub(crate) is_site: bool,
}

impl DocFeatures {
    pub(crate) fn new(said: Said<'_>) -> Self {
        let title = Tokens::of(without_labels(said.title), TITLE_TOKENS);
        let text = tokens::tokenize(said.text, TEXT_TOKENS);
        let address = said.url.and_then(address::canonical);
        let is_elsewhere = |page: &Address| address.as_ref().is_some_and(|own| own.site() != page.site());
        Self {
            linked: said.links_to.and_then(address::canonical).filter(is_elsewhere),
            address_halves: halves_of_addresses(said.text),
            address,
            suffix: suffix(&title),
            is_reply: is_reply(said.title),
            title,
            shingles: shingles(&text),
            text,
            sorted: OnceLock::new(),
            language: OnceLock::new(),
        }
    }

    /// The shingles sorted, without duplicates.
    pub(crate) fn sorted(&self) -> &[u64] {
        self.sorted.get_or_init(|| {
            let mut sorted = self.shingles.clone();
            hash::sort_by_hash(&mut sorted, |shingle| *shingle);
            sorted.dedup();
            sorted
        })
    }

    /// The language that title and text seem to be in.
    pub(crate) fn language(&self) -> &Language {
        self.language.get_or_init(|| languages::language(&self.title.list, &self.text))
    }

    /// Number of the title's tokens that are the headline. `is_known` says whether the publisher often uses a suffix.
    pub(crate) fn headline(&self, is_known: impl Fn(u64) -> bool) -> usize {
        match self.suffix {
            Some(suffix) if suffix.is_site || is_known(suffix.hash) => suffix.before,
            _ => self.title.list.len(),
        }
    }

    /// Approximate size in memory, in bytes, including the sorted shingles.
    pub(crate) fn bytes(&self) -> usize {
        let tokens = (self.title.list.len() + self.text.len()) * size_of::<Token>();
        let shingles = self.shingles.len() * 2 * size_of::<u64>();
        size_of::<Self>() + tokens + shingles + self.title.text.len() + 100
    }
}

/// Half words of a text that are part of written-out addresses.
fn halves_of_addresses(text: &str) -> usize {
    if !text.contains("://") {
        return 0;
    }
    let addresses = text.split_whitespace().filter(|word| word.contains("://")).take(TEXT_TOKENS);
    addresses.flat_map(|word| tokens::tokenize(word, TEXT_TOKENS)).map(|token| token.halves()).sum()
}

/// Word shingles (Broder 1997), one for each position of the text: three tokens in a row, or six characters in a row
/// where tokens are bigrams.
pub(crate) fn shingles(tokens: &[Token]) -> Vec<u64> {
    let shingle = |idx: usize| {
        let step = if tokens[idx].is(BIGRAM) { 2 } else { 1 };
        let last = tokens.get(idx + 2 * step)?;
        Some(hash::mix(hash::mix(tokens[idx].hash, tokens[idx + step].hash), last.hash))
    };
    let mut shingles = Vec::with_capacity(tokens.len());
    for idx in 0..tokens.len() {
        let Some(shingle) = shingle(idx) else { break };
        shingles.push(shingle);
    }
    shingles
}

/// Hash of a sequence of tokens.
pub(crate) fn sequence(tokens: &[Token]) -> u64 {
    sequence_of(tokens.iter().map(|token| token.hash))
}

fn sequence_of(hashes: impl ExactSizeIterator<Item = u64>) -> u64 {
    let length = hashes.len() as u64;
    hashes.fold(length, hash::mix)
}

/// The [`sequence`] of a headline written without accents, in the two ways of [`spelling::without_accents`]. `None` if
/// the headline has no accents, or if it is not in Latin script.
pub(crate) fn without_accents(title: &Tokens, headline: &[Token]) -> Option<[u64; 2]> {
    let lower = |token: &Token| spelling::folded(&title.written(token).to_lowercase()).into_owned();
    if headline.iter().all(|token| lower(token).is_ascii()) {
        return None;
    }
    let mut ways = [Vec::with_capacity(headline.len()), Vec::with_capacity(headline.len())];
    for token in headline {
        let lower = lower(token);
        let written =
            if lower.is_ascii() { [lower.clone(), lower.clone()] } else { spelling::without_accents(&lower) };
        for (way, written) in ways.iter_mut().zip(written) {
            if !written.is_ascii() {
                return None;
            }
            way.push(if lower.is_ascii() { token.hash } else { tokens::word_hash(&written) });
        }
    }
    Some(ways.map(|way| sequence_of(way.into_iter())))
}

/// Finds the part at the end of a title that may be the publisher's name.
fn suffix(title: &Tokens) -> Option<TitleSuffix> {
    let separates = |at: &usize| SEPARATORS.iter().any(|separator| title.text[*at..].starts_with(separator));
    let at = title.text.rmatch_indices(' ').map(|(at, _)| at).find(separates)?;
    let before = title.list.partition_point(|token| (token.start as usize) < at);
    let (front, back) = title.list.split_at(before);
    let halves: usize = front.iter().map(Token::halves).sum();
    let has_number = back.iter().any(|token| token.is(NUMBER));
    if back.is_empty() || back.len() > SUFFIX_TOKENS || halves < BEFORE_SUFFIX_HALVES || has_number {
        return None;
    }
    let is_site = title.text[at..].trim_end().rsplit('.').next().is_some_and(|domain| {
        (2..=4).contains(&domain.len()) && domain.bytes().all(|b| b.is_ascii_lowercase())
    }) && !title.text[at + 1..]
        .trim_start_matches(['-', '|', '–', '—', '·', '»', '«', ' '])
        .contains(' ');
    Some(TitleSuffix { before, hash: sequence(back), is_site })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_title_is_what_follows_its_last_separator() {
        let check = |title: &str, want: Option<(usize, bool)>| {
            let found = suffix(&Tokens::of(title, TITLE_TOKENS));
            assert_eq!(found.map(|suffix| (suffix.before, suffix.is_site)), want, "{title}");
        };
        check("Ferry runs aground - The Daily Example", Some((3, false)));
        check("Ferry - runs aground | example.com", Some((3, true)));
        check("Ferry runs aground – Harbour—North", Some((3, false)));
        check("Ferry runs aground", None);
        check("Ferry - The Daily Example", None);
        check("Ferry runs aground - 12 hurt", None);
        check(" - ", None);
    }
}
