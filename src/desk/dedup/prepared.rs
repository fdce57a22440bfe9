//! One entry, prepared for comparison: its features without the boilerplate of its publisher.
//!
//! Looking up what is boilerplate costs more than most comparisons. So boilerplate is only removed when the text
//! without it is asked for. Knows one entry, what recurs, and how to compare origins; judges nothing.

use super::boilerplate::{Boilerplate, Counted};
use super::features::{DocFeatures, sequence, without_accents};
use super::tuning::TUNING;
use crate::desk::hash::PublisherHash;
use crate::desk::text::address::Address;
use crate::desk::text::tokens::{BIGRAM, TITLE_TOKENS, Token};
use crate::model::FeedNo;
use jiff::Timestamp;
use std::cell::OnceCell;
use std::sync::Arc;

/// A text that begins with its title and has at most this many tokens more only repeats the title.
const REPEATED_TOKENS: usize = 4;

/// Where an entry comes from: its feed, publisher and time, and what it carries besides words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DocOrigin<'a> {
    pub(crate) feed: FeedNo,
    pub(crate) publisher: &'a str,
    /// Its publication date, but not later than when it was first seen; without a date, when it was first seen.
    pub(crate) when: Timestamp,
    /// See [`Entry::recording`](crate::model::Entry::recording).
    pub(crate) recording: Option<u64>,
    pub(crate) shares: Shares,
}

/// Which of an entry's addresses other entries of its feed have, too, so that the address identifies none of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shares {
    /// Whether it shares its own address.
    pub(crate) address: bool,
    /// Whether it shares the page that it is about.
    pub(crate) linked: bool,
}

/// One entry, prepared for comparison.
pub(crate) struct PreparedDoc<'d> {
    feed: FeedNo,
    recording: Option<u64>,
    shares: Shares,
    publisher: PublisherHash,
    /// The site that publishes it; `None` if the publisher is only a name and not a domain, as in `replay`.
    site: Option<PublisherHash>,
    pub(crate) features: Arc<DocFeatures>,
    /// Number of the title's tokens that are the headline.
    headline: usize,
    /// Hash of the headline; 0 without one.
    pub(crate) headline_hash: u64,
    /// Hash of the headline without a suffix that may be a publisher's name but is not known as this publisher's.
    without_suffix: Option<u64>,
    /// Whether the publisher uses this headline for many pages.
    pub(crate) is_template: bool,
    /// Whether the text only repeats the title. It is then treated as if there were no text.
    repeats_title: bool,
    boilerplate: &'d Boilerplate,
    own: OnceCell<Option<WithoutBoilerplate>>,
    when: Timestamp,
}

/// A text without its boilerplate.
#[derive(Default)]
struct WithoutBoilerplate {
    text: Vec<Token>,
    /// Shingles in the order of the text.
    shingles: Vec<u64>,
    /// The shingles sorted, without duplicates.
    sorted: Vec<u64>,
}

impl<'d> PreparedDoc<'d> {
    pub(crate) fn new(
        origin: &DocOrigin<'_>,
        features: Arc<DocFeatures>,
        boilerplate: &'d Boilerplate,
    ) -> Self {
        let publisher = PublisherHash::of(origin.publisher);
        let (title, text) = (&features.title.list, &features.text);
        let headline = features.headline(|suffix| boilerplate.is_suffix(publisher, suffix));
        let repeats_title = text.len() <= title.len() + REPEATED_TOKENS
            && text.iter().zip(title).take_while(|(a, b)| a.hash == b.hash).count()
                >= headline.min(text.len());
        let headline_hash = if headline == 0 { 0 } else { sequence(&title[..headline]) };
        let suffix = features.suffix.filter(|suffix| suffix.before < headline);
        let without_suffix = suffix.map(|suffix| sequence(&title[..suffix.before]));
        let is_template = headline_hash != 0
            && boilerplate.count(Counted::Headline, publisher, headline_hash) >= TUNING.template_pages;
        let &DocOrigin { feed, when, recording, shares, .. } = origin;
        let own = OnceCell::new();
        Self {
            feed,
            recording,
            shares,
            publisher,
            site: Some(publisher).filter(|_| origin.publisher.contains('.')),
            features,
            headline,
            headline_hash,
            without_suffix,
            is_template,
            repeats_title,
            boilerplate,
            own,
            when,
        }
    }

    /// Whether both have the same headline, word for word. Accents count, unless one of the titles is all ASCII.
    /// Between different publishers, a publisher's name at the end of one of the titles is ignored.
    pub(crate) fn has_headline_of(&self, other: &Self) -> bool {
        let is_ascii = |doc: &Self| doc.features.title.text.is_ascii();
        let is_in = |one: &Self, bare: &Self| {
            let ways = || without_accents(&one.features.title, one.headline());
            is_ascii(bare) && !is_ascii(one) && ways().is_some_and(|ways| ways.contains(&bare.headline_hash))
        };
        let has_more = |one: &Self, other: &Self| {
            one.without_suffix == Some(other.headline_hash)
                && !one.is_of_one_publisher(other)
                && (one.is_signed_by(one) || one.is_signed_by(other))
        };
        // The hash of a longer title covers only its beginning, so longer titles are compared as text.
        let is_whole = |doc: &Self| doc.title().len() < TITLE_TOKENS;
        if !is_whole(self) || !is_whole(other) {
            let (one, two) = (self.features.title.text.as_str(), other.features.title.text.as_str());
            let (short, long) = if one.len() <= two.len() { (one, two) } else { (two, one) };
            // What only one of them has at its end may be a publisher's name.
            let behind = long.strip_prefix(short).map(str::trim_start);
            return self.headline_hash == other.headline_hash
                && behind
                    .is_some_and(|behind| behind.is_empty() || behind.starts_with(['-', '|', '–', '—']));
        }
        self.headline_hash == other.headline_hash
            || is_in(self, other)
            || is_in(other, self)
            || has_more(self, other)
            || has_more(other, self)
    }

    /// Whether the suffix of the title names the site that the other entry links to: "… - Salt Press",
    /// `saltpress.example`.
    fn is_signed_by(&self, other: &Self) -> bool {
        let (Some(suffix), Some(address)) = (self.features.suffix, other.address()) else { return false };
        let tokens = self.title().get(suffix.before..).unwrap_or_default();
        let letters = |text: &str| -> String {
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let name: String = tokens.iter().map(|token| letters(self.features.title.written(token))).collect();
        let site = address.site();
        name == letters(site.split('.').next().unwrap_or(site)) || name == letters(site)
    }

    /// Whether the headline was truncated ("… the town...", "… the town [...]").
    pub(crate) fn is_headline_cut(&self) -> bool {
        let text = self.features.title.text.trim_end();
        self.headline == self.title().len() && (text.ends_with("...") || text.ends_with("[...]"))
    }

    /// Whether both come from one publisher. Entries of a planet or an aggregator that link to different sites count as
    /// published by these sites.
    pub(crate) fn is_of_one_publisher(&self, other: &Self) -> bool {
        self.publisher == other.publisher && !self.links_elsewhere(other)
    }

    pub(crate) fn address(&self) -> Option<&Address> {
        self.features.address.as_ref()
    }

    /// The pages by which the entry can match: its own page and the page that it is about, each unless another entry of
    /// its feed has it, too. If its own page is on another site than its publisher's, then it is about that page alone.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &Address> {
        let own = self.address().filter(|_| !self.shares.address);
        // Finding a site needs a look-up in the public suffix list, so it is done only where there are two pages.
        let links_elsewhere = || self.address().is_some_and(|own| self.is_from_elsewhere_than(own));
        let linked = self.features.linked.as_ref().filter(|_| !self.shares.linked && !links_elsewhere());
        own.into_iter().chain(linked)
    }

    /// Whether the entry is known to be published by another site than the page's.
    pub(crate) fn is_from_elsewhere_than(&self, page: &Address) -> bool {
        self.site.is_some_and(|site| site != PublisherHash::of(page.site()))
    }

    /// Whether both are of one feed and link to the same site (or one of them has no link). Then the feed itself tells
    /// stories apart. Entries of one feed that link to different sites, as those of a planet do, are treated as those
    /// of different publishers.
    pub(crate) fn is_of_one_feed_and_site(&self, other: &Self) -> bool {
        self.is_of_one_feed(other) && !self.links_elsewhere(other)
    }

    pub(crate) fn is_of_one_feed(&self, other: &Self) -> bool {
        self.feed == other.feed
    }

    /// Whether the two link to different sites.
    pub(crate) fn links_elsewhere(&self, other: &Self) -> bool {
        self.address().zip(other.address()).is_some_and(|(one, other)| one.site() != other.site())
    }

    /// The address that both have, if it identifies them, that is, if no feed has given it to several entries.
    pub(crate) fn shared_address(&self, other: &Self) -> Option<&Address> {
        let identifies = !self.shares.address && !other.shares.address;
        let both = self.address().zip(other.address()).filter(|_| identifies);
        both.filter(|(one, other)| one.key == other.key).map(|(one, _)| one)
    }

    /// Whether both have the same address, even if a feed has given it to several entries.
    pub(crate) fn has_address_of(&self, other: &Self) -> bool {
        self.address().zip(other.address()).is_some_and(|(one, other)| one.key == other.key)
    }

    /// Whether both have a recording, and the recordings differ.
    pub(crate) fn recorded_otherwise(&self, other: &Self) -> bool {
        self.recording.zip(other.recording).is_some_and(|(one, other)| one != other)
    }

    pub(crate) fn is_recorded(&self) -> bool {
        self.recording.is_some()
    }

    pub(crate) fn when(&self) -> Timestamp {
        self.when
    }

    /// Tokens of the text including boilerplate; none if the text only repeats the title.
    pub(crate) fn whole_text(&self) -> &[Token] {
        if self.repeats_title { &[] } else { &self.features.text }
    }

    pub(crate) fn title(&self) -> &[Token] {
        &self.features.title.list
    }

    pub(crate) fn headline(&self) -> &[Token] {
        &self.title()[..self.headline]
    }

    /// Tokens of the text without boilerplate.
    pub(crate) fn text(&self) -> &[Token] {
        self.own().map_or(&self.features.text, |own| &own.text)
    }

    /// Shingles of the text without boilerplate, in the order of the text.
    pub(crate) fn shingles(&self) -> &[u64] {
        self.own().map_or(&self.features.shingles, |own| &own.shingles)
    }

    /// Shingles of the text without boilerplate, sorted, without duplicates.
    pub(crate) fn sorted(&self) -> &[u64] {
        self.own().map_or_else(|| self.features.sorted(), |own| &own.sorted)
    }

    /// Shingles of the text including boilerplate, sorted, without duplicates; none if the text only repeats the title.
    pub(crate) fn with_boilerplate(&self) -> &[u64] {
        if self.repeats_title { &[] } else { self.features.sorted() }
    }

    /// Whether more than this many shingles are no boilerplate. Looks up only as many as it needs.
    pub(crate) fn says_more_than(&self, shingles: usize) -> bool {
        let is_boilerplate = self.boilerplate.holds(self.publisher);
        self.with_boilerplate().iter().filter(|shingle| !is_boilerplate(**shingle)).nth(shingles).is_some()
    }

    /// Half words of the text that are covered neither by boilerplate nor by a shingle of the other text.
    pub(crate) fn halves_not_in(&self, other: &Self) -> usize {
        if self.repeats_title {
            return 0;
        }
        let (features, theirs) = (&self.features, other.with_boilerplate());
        let is_boilerplate = self.boilerplate.holds(self.publisher);
        let mut is_own = vec![true; features.text.len()];
        for (idx, shingle) in features.shingles.iter().enumerate() {
            if theirs.binary_search(shingle).is_ok() || is_boilerplate(*shingle) {
                take_out(&mut is_own, features, idx);
            }
        }
        features.text.iter().zip(is_own).filter(|(_, own)| *own).map(|(token, _)| token.halves()).sum()
    }

    pub(crate) fn hours_to(&self, other: &Self) -> i64 {
        (self.when.as_second() - other.when.as_second()).abs() / 3600
    }

    fn own(&self) -> Option<&WithoutBoilerplate> {
        let take_out = || {
            if self.repeats_title {
                Some(WithoutBoilerplate::default())
            } else {
                WithoutBoilerplate::of(&self.features, self.boilerplate.holds(self.publisher))
            }
        };
        self.own.get_or_init(take_out).as_ref()
    }
}

/// Marks the tokens that the shingle with this index covers as not the text's own.
fn take_out(is_own: &mut [bool], features: &DocFeatures, shingle: usize) {
    // A shingle of bigrams covers six characters, and so five overlapping bigrams.
    let reach = if features.text[shingle].is(BIGRAM) { 5 } else { 3 };
    let end = is_own.len().min(shingle + reach);
    is_own[shingle..end].fill(false);
}

impl WithoutBoilerplate {
    /// Removes the tokens that boilerplate covers; `None` if there is no boilerplate.
    fn of(features: &DocFeatures, is_boilerplate: impl Fn(u64) -> bool) -> Option<Self> {
        let first = features.shingles.iter().position(|shingle| is_boilerplate(*shingle))?;
        let mut is_own = vec![true; features.text.len()];
        let mut shingles = features.shingles[..first].to_vec();
        for (idx, shingle) in features.shingles.iter().enumerate().skip(first) {
            if is_boilerplate(*shingle) {
                take_out(&mut is_own, features, idx);
            } else {
                shingles.push(*shingle);
            }
        }
        let mut sorted = shingles.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let text =
            features.text.iter().zip(is_own).filter(|(_, own)| *own).map(|(token, _)| *token).collect();
        Some(Self { text, shingles, sorted })
    }
}
