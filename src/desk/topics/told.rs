//! Headlines that readers have seen, so that no item about a topic repeats an earlier headline.
//!
//! A headline repeats an earlier one if two thirds of the stems of the longer one are in both. If the earlier one has
//! few stems, both must be equal. Knows the stems of titles; nothing of topics.

use super::stems::{IN_TITLE, STOP_WORD, WeightedStem};
use super::tuning::TUNING;
use crate::desk::hash::{Map, Set};
use crate::desk::snapshot::{BadSnapshot, are_plausible};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Maximum number of headlines kept; the newest.
const MAX_HEADLINES: usize = 16_384;
/// Maximum number of stems kept of a headline.
const MAX_STEMS: usize = 40;

/// The headlines of the last days.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The headlines, the oldest first.
    headlines: VecDeque<Headline>,
    /// The serial number of the oldest.
    #[serde(skip)]
    first: u64,
    /// An inverted index: serial numbers of headlines by stem, the oldest first. Each headline is listed under some of
    /// its stems only; see [`Self::push`].
    #[serde(skip)]
    by_stem: Map<u32, VecDeque<u64>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Headline {
    at_s: i64,
    /// Sorted.
    stems: Box<[u32]>,
}

impl Told {
    /// Rebuilds what a snapshot leaves out. Damage is an error.
    pub(crate) fn restored(self) -> Result<Self, BadSnapshot> {
        let mut restored = Self::default();
        if self.headlines.len() > MAX_HEADLINES {
            return Err(BadSnapshot("it has more headlines than there can be".to_owned()));
        }
        for headline in self.headlines {
            let is_sorted = headline.stems.is_sorted() && headline.stems.len() <= MAX_STEMS;
            if !is_sorted || !are_plausible(&[], &[headline.at_s]) {
                return Err(BadSnapshot("it has headlines that cannot be".to_owned()));
            }
            restored.push(headline, &[]);
        }
        Ok(restored)
    }

    /// Whether the headline of a text repeats an earlier one.
    pub(crate) fn has_said(&self, text: &[WeightedStem]) -> bool {
        let own = title_stems(text);
        let mut looked_at: Set<u64> = Set::default();
        own.iter().filter_map(|stem| self.by_stem.get(stem)).flatten().any(|serial| {
            if !looked_at.insert(*serial) {
                return false;
            }
            let earlier = &self.headlines[(serial - self.first) as usize].stems;
            let shared = earlier.iter().filter(|stem| own.binary_search(stem).is_ok()).count();
            let few = earlier.len() < TUNING.told_least_stems;
            let (share, of) = TUNING.told_share;
            if few { **earlier == own } else { shared * of >= earlier.len().max(own.len()) * share }
        })
    }

    /// Remembers the headline of a text as seen by readers, and forgets old headlines. Says whether this very headline was
    /// not remembered yet; one without stems says nothing.
    pub(crate) fn tell(&mut self, text: &[WeightedStem], at_s: i64) -> bool {
        let stems = title_stems(text);
        let mut listed = stems.iter().filter_map(|stem| self.by_stem.get(stem)).flatten();
        let is_known = listed.any(|serial| *self.headlines[(serial - self.first) as usize].stems == stems);
        let is_new = !stems.is_empty() && !is_known;
        if is_new {
            self.push(Headline { at_s, stems: stems.into() }, text);
        }
        while let Some(oldest) = self.headlines.front() {
            if self.headlines.len() <= MAX_HEADLINES && at_s - oldest.at_s <= TUNING.told_s {
                break;
            }
            for stem in &oldest.stems {
                let Some(found) = self.by_stem.get_mut(stem) else { continue };
                found.pop_front_if(|serial| *serial == self.first);
                if found.is_empty() {
                    self.by_stem.remove(stem);
                }
            }
            self.headlines.pop_front();
            self.first += 1;
        }
        is_new
    }

    /// Adds a headline to the index, with prefix filtering (Chaudhuri, Ganti and Kaushik 2006). If two thirds of n
    /// stems are in another headline, at most n/3 are not; so of any n/3 + 1 stems at least one is in it. It is enough
    /// to list the headline under this many of its stems. Those with the shortest lists are taken, and stop words last;
    /// `text` says which stems are stop words.
    fn push(&mut self, headline: Headline, text: &[WeightedStem]) {
        let serial = self.first + self.headlines.len() as u64;
        let is_stop_word =
            |stem: u32| text.iter().any(|known| known.stem == stem && known.kind & STOP_WORD != 0);
        let mut rarest: Vec<u32> = headline.stems.to_vec();
        let found = |stem: &u32| self.by_stem.get(stem).map_or(0, VecDeque::len);
        rarest.sort_by_cached_key(|stem| (is_stop_word(*stem), found(stem)));
        rarest.truncate(headline.stems.len() / 3 + 1);
        for stem in rarest {
            self.by_stem.entry(stem).or_default().push_back(serial);
        }
        self.headlines.push_back(headline);
    }
}

/// The stems of a title, sorted, without duplicates.
fn title_stems(text: &[WeightedStem]) -> Vec<u32> {
    let in_title = text.iter().filter(|stem| stem.kind & IN_TITLE != 0);
    let mut stems: Vec<u32> = in_title.map(|stem| stem.stem).take(MAX_STEMS).collect();
    stems.sort_unstable();
    stems.dedup();
    stems
}

#[cfg(test)]
mod tests {
    use super::super::stems::stems_of;
    use super::*;

    #[test]
    fn a_headline_says_again_what_two_thirds_of_its_words_say() {
        let check = |earlier: &str, later: &str, again: bool| {
            let mut told = Told::default();
            told.tell(&stems_of(earlier, ""), 0);
            assert_eq!(told.has_said(&stems_of(later, "")), again, "{earlier} / {later}");
            let told = told.restored().unwrap();
            assert_eq!(told.has_said(&stems_of(later, "")), again, "{earlier} / {later}, after a restart");
        };
        let ferry = "Ferry Aurelia aground off Skerry Point";
        check(ferry, ferry, true);
        check(ferry, "Ferry Aurelia still aground off Skerry", true);
        check(ferry, "Captain of ferry Aurelia had slept", false);
        check("Lesna", "Lesna", true);
        check(ferry, "Captain of ferry Aurelia slept, inquiry at Skerry Point hears", false);
        check("Lesna", "Council of Lesna votes on harbour dues", false);
        check("Паром Аурелия сел на мель у мыса Скерри", "Паром Аурелия снова сел на мель у мыса", true);
        check("港の拡張に市民が反対", "港の拡張に市民が強く反対", true);
        check("港の拡張に市民が反対", "港で花火の準備が進む", false);
        check("", "", false);
    }

    #[test]
    fn what_was_said_long_ago_may_be_said_again() {
        let mut told = Told::default();
        for day in 0..40_i64 {
            let headline = stems_of("Lanterns float down the Aldermoor canal again", "");
            let said = told.has_said(&headline);
            assert_eq!(said, day % 16 != 0, "{day}");
            if !said {
                told.tell(&headline, day * 86_400);
            }
            told.tell(&stems_of(&format!("Quiet {day} everywhere {}", day + 1_000), ""), day * 86_400);
        }
    }
}
