//! One entry, ready for comparison: laid out, with what recurs under its publisher taken out.
//!
//! Looking up what recurs takes longer than most comparisons need, so the text's boilerplate is taken out when it is
//! first asked for.

use super::similarity::{HEADLINE_WITHIN, TEMPLATE_TITLES};
use crate::desk::dedup::boilerplate::{BOILERPLATE, Kind, Recurrence};
use crate::desk::dedup::features::{Laid, sequence};
use crate::desk::hash;
use crate::desk::text::address::Address;
use crate::desk::text::tokens::{PAIR, Word};
use crate::model::FeedNo;
use jiff::Timestamp;
use std::cell::OnceCell;
use std::sync::Arc;

/// Who carried an entry, when, and with what beside its words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) feed: FeedNo,
    pub(crate) publisher: &'a str,
    /// Its date as the publisher says, cut to when it was seen; else when it was seen.
    pub(crate) when: Timestamp,
    /// See [`Entry::recording`](crate::model::Entry::recording).
    pub(crate) recording: Option<u64>,
    /// Its feed has other entries with the same address.
    pub(crate) shares_address: bool,
}

/// One entry, ready for comparison.
pub(crate) struct Side<'d> {
    feed: FeedNo,
    recording: Option<u64>,
    shares_address: bool,
    pub(crate) publisher: u64,
    pub(crate) laid: Arc<Laid>,
    /// Words of the title that are the headline.
    headline: usize,
    /// Hash of the headline; 0 without one.
    pub(crate) bare: u64,
    /// The publisher uses this headline for many pages.
    pub(crate) recurs: bool,
    /// A text that only says the title again is no text.
    repeats: bool,
    recurring: &'d Recurrence,
    left: OnceCell<Option<Left>>,
    when: Timestamp,
}

/// What is left of a text where something was taken out of it.
#[derive(Default)]
struct Left {
    text: Vec<Word>,
    /// Phrases in order.
    phrases: Vec<u64>,
    /// The same, sorted, each once.
    sorted: Vec<u64>,
}

impl<'d> Side<'d> {
    pub(crate) fn new(origin: &Origin<'_>, laid: Arc<Laid>, recurring: &'d Recurrence) -> Self {
        let publisher = hash::of(origin.publisher.as_bytes());
        let (title, text) = (&laid.title.list, &laid.text);
        let headline =
            laid.headline(|ending| recurring.count(Kind::Ending, publisher, ending) >= BOILERPLATE);
        let repeats = text.len() <= title.len() + 4
            && text.iter().zip(title).take_while(|(a, b)| a.hash == b.hash).count()
                >= headline.min(text.len());
        let bare = if headline == 0 { 0 } else { sequence(&title[..headline]) };
        let recurs = bare != 0 && recurring.count(Kind::Title, publisher, bare) >= TEMPLATE_TITLES;
        let &Origin { feed, when, recording, shares_address, .. } = origin;
        let left = OnceCell::new();
        Self {
            feed,
            recording,
            shares_address,
            publisher,
            laid,
            headline,
            bare,
            recurs,
            repeats,
            recurring,
            left,
            when,
        }
    }

    pub(crate) fn address(&self) -> Option<&Address> {
        self.laid.address.as_ref()
    }

    /// Whether both come from one feed and link to one site, or one of them to none: the feed itself tells them apart. Entries
    /// of one feed that link to different sites, as those of a planet do, are as those of different publishers.
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

    /// The address that both have, when it identifies them: no feed has given it to several entries.
    pub(crate) fn shared_address(&self, other: &Self) -> Option<&Address> {
        let identifies = !self.shares_address && !other.shares_address;
        let both = self.address().zip(other.address()).filter(|_| identifies);
        both.filter(|(one, other)| one.key == other.key).map(|(one, _)| one)
    }

    /// Whether both have one address, whatever it identifies.
    pub(crate) fn has_address_of(&self, other: &Self) -> bool {
        self.address().zip(other.address()).is_some_and(|(one, other)| one.key == other.key)
    }

    /// Whether each comes with a recording, and they are not the same.
    pub(crate) fn recorded_otherwise(&self, other: &Self) -> bool {
        self.recording.zip(other.recording).is_some_and(|(one, other)| one != other)
    }

    pub(crate) fn is_recorded(&self) -> bool {
        self.recording.is_some()
    }

    pub(crate) fn when(&self) -> Timestamp {
        self.when
    }

    /// Words of the text, boilerplate and all; none of a text that only says the title again.
    pub(crate) fn whole_text(&self) -> &[Word] {
        if self.repeats { &[] } else { &self.laid.text }
    }

    pub(crate) fn title(&self) -> &[Word] {
        &self.laid.title.list
    }

    pub(crate) fn headline(&self) -> &[Word] {
        &self.title()[..self.headline]
    }

    /// The first words of the text, boilerplate and all.
    pub(crate) fn opening(&self) -> &[Word] {
        let words = if self.repeats { 0 } else { self.laid.text.len().min(HEADLINE_WITHIN) };
        &self.laid.text[..words]
    }

    /// Words of the text, boilerplate taken out.
    pub(crate) fn text(&self) -> &[Word] {
        self.left().map_or(&self.laid.text, |left| &left.text)
    }

    /// Phrases of the text in order, boilerplate taken out.
    pub(crate) fn phrases(&self) -> &[u64] {
        self.left().map_or(&self.laid.phrases, |left| &left.phrases)
    }

    /// The same, sorted, each once.
    pub(crate) fn sorted(&self) -> &[u64] {
        self.left().map_or_else(|| self.laid.sorted(), |left| &left.sorted)
    }

    /// All phrases of the text, sorted, each once.
    pub(crate) fn with_boilerplate(&self) -> &[u64] {
        if self.repeats { &[] } else { self.laid.sorted() }
    }

    /// Whether there are more phrases than so many that are no boilerplate; looks at no more than it needs to.
    pub(crate) fn says_more_than(&self, phrases: usize) -> bool {
        let recurs = self.recurs_here();
        self.with_boilerplate().iter().filter(|phrase| !recurs(**phrase)).nth(phrases).is_some()
    }

    pub(crate) fn hours_to(&self, other: &Self) -> i64 {
        (self.when.as_second() - other.when.as_second()).abs() / 3600
    }

    /// Whether a phrase is the publisher's boilerplate.
    fn recurs_here(&self) -> impl Fn(u64) -> bool {
        let often = self.recurring.boilerplate(self.publisher);
        self.recurring.under(Kind::Phrase, self.publisher, often)
    }

    fn left(&self) -> Option<&Left> {
        let take_out = || {
            if self.repeats { Some(Left::default()) } else { Left::of(&self.laid, self.recurs_here()) }
        };
        self.left.get_or_init(take_out).as_ref()
    }
}

impl Left {
    /// Takes the words out that stand in recurring phrases; `None` when there are none.
    fn of(laid: &Laid, recurs: impl Fn(u64) -> bool) -> Option<Self> {
        let first = laid.phrases.iter().position(|phrase| recurs(*phrase))?;
        let mut own = vec![true; laid.text.len()];
        let mut phrases = laid.phrases[..first].to_vec();
        for (at, phrase) in laid.phrases.iter().enumerate().skip(first) {
            if recurs(*phrase) {
                let reach = if laid.text[at].is(PAIR) { 5 } else { 3 };
                let end = own.len().min(at + reach);
                own[at..end].fill(false);
            } else {
                phrases.push(*phrase);
            }
        }
        let mut sorted = phrases.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let text = laid.text.iter().zip(own).filter(|(_, own)| *own).map(|(word, _)| *word).collect();
        Some(Self { text, phrases, sorted })
    }
}
