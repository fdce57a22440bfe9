//! An entry laid out: its canonical address, the words of its title and text, its phrases.
//!
//! Laying out is the dear part of looking at an entry, and whatever is filed is soon looked at again beside others
//! like it; so the latest are kept, in bounded memory. Knows one entry and nothing of what recurs, so that what is
//! kept is what would be laid out anew: the desk decides the same with nothing kept, as after a restart.

use crate::desk::hash::{self, Map};
use crate::desk::text::address::{self, Address};
use crate::desk::text::tokens::{self, NUMBER, PAIR, Word, Words};
use std::sync::{Arc, OnceLock};

/// Words of a text that are judged; a copy that only begins to differ later is a copy.
pub(crate) const TEXT_WORDS: usize = 400;
/// Words of a title that are judged.
pub(crate) const TITLE_WORDS: usize = 40;
/// Bytes of what is kept, about: some five hundred whole texts, or some thousands of headlines and leads.
const KEPT_BYTES: usize = 8 << 20;

/// An entry, laid out.
#[derive(Debug)]
pub(crate) struct Laid {
    pub(crate) address: Option<Address>,
    pub(crate) title: Words,
    /// What may be the publisher's name at the end of the title.
    pub(crate) ending: Option<Ending>,
    pub(crate) text: Vec<Word>,
    /// Three words in a row, at each place of the text.
    pub(crate) phrases: Vec<u64>,
    sorted: OnceLock<Vec<u64>>,
}

/// The end of a title, behind a separator ("… - The Daily Example").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Words of the title before it.
    pub(crate) before: usize,
    /// Hash of its words.
    pub(crate) hash: u64,
    /// It looks like the name of a site.
    pub(crate) site: bool,
}

impl Laid {
    pub(crate) fn new(url: Option<&str>, title: &str, text: &str) -> Self {
        let title = Words::of(title, TITLE_WORDS);
        let text = tokens::list(text, TEXT_WORDS);
        Self {
            address: url.and_then(address::canonical),
            ending: ending(&title),
            title,
            phrases: shingles(&text),
            text,
            sorted: OnceLock::new(),
        }
    }

    /// The phrases by value, each once.
    pub(crate) fn sorted(&self) -> &[u64] {
        self.sorted.get_or_init(|| {
            let mut sorted = self.phrases.clone();
            hash::sort_spread(&mut sorted, |phrase| *phrase);
            sorted.dedup();
            sorted
        })
    }

    /// How many words of the title are the headline; `known` says whether this publisher is known for an ending.
    pub(crate) fn headline(&self, known: impl Fn(u64) -> bool) -> usize {
        match self.ending {
            Some(ending) if ending.site || known(ending.hash) => ending.before,
            _ => self.title.list.len(),
        }
    }

    /// Bytes in memory, roughly, with the sorted phrases.
    fn bytes(&self) -> usize {
        let words = (self.title.list.len() + self.text.len()) * size_of::<Word>();
        let phrases = self.phrases.len() * 2 * size_of::<u64>();
        size_of::<Self>() + words + phrases + self.title.text.len() + 100
    }
}

/// Three words in a row (six characters in a row where words are pairs of them), at each place of a text.
pub(crate) fn shingles(words: &[Word]) -> Vec<u64> {
    let phrase = |at: usize| {
        let step = if words[at].is(PAIR) { 2 } else { 1 };
        let last = words.get(at + 2 * step)?;
        Some(hash::mix(hash::mix(words[at].hash, words[at + step].hash), last.hash))
    };
    let mut phrases = Vec::with_capacity(words.len());
    phrases.extend((0..words.len()).map_while(phrase));
    phrases
}

/// Hash of words in order.
pub(crate) fn sequence(words: &[Word]) -> u64 {
    words.iter().fold(words.len() as u64, |hash, word| hash::mix(hash, word.hash))
}

/// Separators before a publisher's name; NFKC has made the full-width bar an ASCII one.
const SEPARATORS: [&str; 7] = [" - ", " | ", " – ", " — ", " · ", " » ", " « "];

/// Finds what may be the publisher's name at the end of a title.
fn ending(title: &Words) -> Option<Ending> {
    let separates = |at: &usize| SEPARATORS.iter().any(|separator| title.text[*at..].starts_with(separator));
    let at = title.text.rmatch_indices(' ').map(|(at, _)| at).find(separates)?;
    let before = title.list.partition_point(|word| (word.start as usize) < at);
    let (front, back) = title.list.split_at(before);
    let halves: usize = front.iter().map(Word::halves).sum();
    if back.is_empty() || back.len() > 6 || halves < 6 || back.iter().any(|word| word.is(NUMBER)) {
        return None;
    }
    let site = title.text[at..].trim_end().rsplit('.').next().is_some_and(|suffix| {
        (2..=4).contains(&suffix.len()) && suffix.bytes().all(|b| b.is_ascii_lowercase())
    }) && !title.text[at + 1..]
        .trim_start_matches(['-', '|', '–', '—', '·', '»', '«', ' '])
        .contains(' ');
    Some(Ending { before, hash: sequence(back), site })
}

/// The entries that were laid out last. Those that are asked for again stay.
#[derive(Default)]
pub(crate) struct Kept {
    /// By number and by what they say.
    young: Map<(i64, u64), Arc<Laid>>,
    old: Map<(i64, u64), Arc<Laid>>,
    /// Bytes of the young ones.
    bytes: usize,
}

impl Kept {
    /// The entry laid out as it was, or by `lay_out` when that is not known any more.
    pub(crate) fn get(
        &mut self,
        no: i64,
        (url, title, text): (Option<&str>, &str, &str),
        lay_out: impl FnOnce() -> Arc<Laid>,
    ) -> Arc<Laid> {
        // An entry that changed has other words under its number. No other entry can be taken for it.
        let said = [url.unwrap_or_default(), title, text];
        let said = said.iter().fold(0, |said, part| hash::mix(said, hash::of(part.as_bytes())));
        let key = (no, said);
        if let Some(laid) = self.young.get(&key) {
            return Arc::clone(laid);
        }
        let laid = self.old.remove(&key).unwrap_or_else(lay_out);
        self.bytes += laid.bytes();
        if self.bytes > KEPT_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = laid.bytes();
        }
        self.young.insert(key, Arc::clone(&laid));
        laid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_laid_out_is_kept_until_others_take_its_room() {
        let mut kept = Kept::default();
        let mut laid_out = 0;
        let text = "word ".repeat(TEXT_WORDS);
        let mut get = |no: i64, title: &str| {
            kept.get(no, (None, title, &text), || {
                laid_out += 1;
                Arc::new(Laid::new(None, title, &text))
            });
            (laid_out, kept.young.len() + kept.old.len())
        };
        assert_eq!(get(1, "Ferry aground").0, 1);
        assert_eq!(get(1, "Ferry aground").0, 1, "it is kept");
        assert_eq!(get(1, "Ferry afloat").0, 2, "it says something else");
        assert_eq!(get(2, "Ferry afloat").0, 3, "it is another entry");
        let one = Laid::new(None, "", &text).bytes();
        for no in 3..2_000 {
            let (_, entries) = get(no, "Ferry afloat");
            assert!(entries * one <= KEPT_BYTES, "{entries} entries are kept");
            get(2, "Ferry afloat");
        }
        assert_eq!(get(2, "Ferry afloat").0, 2_000, "what is asked for stays");
        assert_eq!(get(1, "Ferry aground").0, 2_001, "what is not goes");
    }

    #[test]
    fn the_end_of_a_title_is_what_follows_its_last_separator() {
        let check = |title: &str, want: Option<(usize, bool)>| {
            let found = ending(&Words::of(title, TITLE_WORDS));
            assert_eq!(found.map(|ending| (ending.before, ending.site)), want, "{title}");
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
