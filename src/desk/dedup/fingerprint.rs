//! Fingerprints: the hashes under which an entry is stored, and by which candidates for the same story are found.
//!
//! They are made from the entry's address, the page that it is about, its headline, and a winnowed selection of its
//! headline and text. Knows one entry and what recurs. Whether two entries that share a fingerprint are the same story
//! is decided elsewhere, by comparing them.

use super::boilerplate::{Boilerplate, Counted};
use super::features::{DocFeatures, sequence, shingles, without_accents};
use super::tuning::TUNING;
use crate::desk::hash::{self, PublisherHash};
use crate::desk::snapshot::hashes;
use crate::desk::text::address::Address;
use crate::desk::text::tokens::Token;
use serde::{Deserialize, Serialize};

/// The hashes of an entry from which dedup learns and by which it looks candidates up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DocHashes {
    /// Who publishes it.
    pub(crate) publisher: PublisherHash,
    /// The headline, which is the title without the publisher's suffix; 0 without a title.
    #[serde(with = "postcard::fixint::le")]
    pub(crate) headline: u64,
    /// The suffix; 0 without one.
    #[serde(with = "postcard::fixint::le")]
    pub(crate) suffix: u64,
    /// Shingles at the beginning and the end of the text, where boilerplate stands. Empty if this entry is not read for
    /// boilerplate.
    #[serde(with = "hashes")]
    pub(crate) edges: Vec<u64>,
    #[serde(with = "hashes")]
    pub(crate) fingerprints: Vec<u64>,
}

/// Computes the hashes of an entry. `reference` decides, as a deterministic sample, whether an entry of a publisher
/// with many stories is read for boilerplate.
pub(crate) fn hashes_of(
    features: &DocFeatures,
    publisher: PublisherHash,
    reference: u64,
    shares_address: bool,
    boilerplate: &Boilerplate,
) -> DocHashes {
    let headline = headline(features, publisher, boilerplate);
    let is_read = boilerplate.count(Counted::Stories, publisher, 0) < TUNING.read_all
        || reference.is_multiple_of(TUNING.read_one_of);
    let mut hashes = DocHashes {
        publisher,
        headline: if headline.is_empty() { 0 } else { sequence(headline) },
        suffix: features.suffix.map_or(0, |suffix| suffix.hash),
        edges: if is_read { edges(&features.shingles) } else { Vec::new() },
        fingerprints: Vec::with_capacity(TUNING.fingerprints),
    };
    if let Some(address) = features.address.as_ref().filter(|_| !shares_address) {
        hashes.fingerprints.push(address_fingerprint(address));
    }
    hashes.fingerprints.extend(features.linked.as_ref().map(address_fingerprint));
    if hashes.headline != 0 {
        hashes.fingerprints.push(hash::mix(hashes.headline, 2));
        // These find an entry whose headline is the same but written without accents.
        for way in without_accents(&features.title, headline).into_iter().flatten() {
            let fingerprint = hash::mix(way, 2);
            if !hashes.fingerprints.contains(&fingerprint) {
                hashes.fingerprints.push(fingerprint);
            }
        }
    }
    winnow(&bands(headline, features, publisher, boilerplate), &mut hashes.fingerprints, boilerplate);
    hashes
}

/// The tokens of the title without the publisher's suffix.
pub(crate) fn headline<'f>(
    features: &'f DocFeatures,
    publisher: PublisherHash,
    boilerplate: &Boilerplate,
) -> &'f [Token] {
    let tokens = features.headline(|suffix| boilerplate.is_suffix(publisher, suffix));
    &features.title.list[..tokens]
}

/// The fingerprint for an entry with this address, or about the page with this address.
pub(crate) fn address_fingerprint(address: &Address) -> u64 {
    page_fingerprint(address.key)
}

/// The same for the hash of a canonical address ([`Address::key`]).
pub(crate) fn page_fingerprint(page: u64) -> u64 {
    hash::mix(page, 1)
}

/// Shingles of the text's beginning and end, where publishers put their boilerplate; sorted, without duplicates.
fn edges(shingles: &[u64]) -> Vec<u64> {
    let (first, last) = TUNING.boilerplate_edges;
    let mut edges: Vec<u64> = if shingles.len() <= first + last {
        shingles.to_vec()
    } else {
        shingles[..first].iter().chain(&shingles[shingles.len() - last..]).copied().collect()
    };
    hash::sort_by_hash(&mut edges, |shingle| *shingle);
    edges.dedup();
    edges
}

/// Bands: hashes of every two neighbouring shingles, that is, of four tokens in a row. First those of the headline,
/// then those of the text without the publisher's boilerplate.
fn bands(
    headline: &[Token],
    features: &DocFeatures,
    publisher: PublisherHash,
    boilerplate: &Boilerplate,
) -> Vec<u64> {
    let is_boilerplate = boilerplate.holds(publisher);
    let (headline, text) = (shingles(headline), &features.shingles);
    let band = |pair: &[u64]| hash::mix(hash::mix(pair[0], pair[1]), 3);
    let mut bands: Vec<u64> = Vec::with_capacity(headline.len() + text.len());
    bands.extend(headline.windows(2).map(band));
    let is_own: Vec<bool> = text.iter().map(|shingle| !is_boilerplate(*shingle)).collect();
    let own = text.windows(2).zip(is_own.windows(2)).filter(|(_, own)| own[0] && own[1]);
    bands.extend(own.map(|(pair, _)| band(pair)));
    bands
}

/// Winnowing (Schleimer, Wilkerson and Aiken 2003): in each window of neighbouring bands the lowest hash becomes a
/// fingerprint. So a run of words that two entries share yields the same fingerprints, wherever it stands in them.
///
/// Windows widen towards the end, because a truncated copy still has the beginning. This stays compatible: the lowest
/// hash of a wide window is also the lowest of every narrower window in it. Appends to `fingerprints` until there are
/// enough, and leaves out those that are too common.
fn winnow(bands: &[u64], fingerprints: &mut Vec<u64>, boilerplate: &Boilerplate) {
    let lowest = |range: std::ops::Range<usize>| range.min_by_key(|idx| bands[*idx]).unwrap_or_default();
    let (growth, growth_per) = TUNING.window_growth;
    let (mut least, mut seen, mut last) = (0, 0, usize::MAX);
    for begin in 0..bands.len() {
        if fingerprints.len() == TUNING.fingerprints {
            break;
        }
        let end = (begin + TUNING.first_window + begin * growth / growth_per).min(bands.len());
        if least < begin || seen == 0 {
            least = lowest(begin..end);
        } else if seen < end {
            let new = lowest(seen..end);
            least = if bands[new] < bands[least] { new } else { least };
        }
        seen = end;
        let is_common = || {
            boilerplate.count(Counted::Fingerprint, PublisherHash::NONE, bands[least])
                >= TUNING.common_fingerprint
        };
        if least != last && !fingerprints.contains(&bands[least]) && !is_common() {
            fingerprints.push(bands[least]);
        }
        last = least;
    }
}
