//! Which words made the classifier say what it said.

use super::{CORRECTION_UNIT, Sections, log, slot, title_slot};
use crate::desk::text::tokens::Word;

/// A word speaks for a section when it takes so much more from its complement than from any other's.
const SPEAKS: f32 = 0.25;

impl Sections {
    /// Those of the words that speak for a section against every other, the strongest first; at most `most`. Words of a
    /// title speak as such, too.
    pub(crate) fn telling<'w>(
        &self,
        section: &str,
        words: &'w [Word],
        title: bool,
        most: usize,
    ) -> Vec<&'w Word> {
        let Some(at) = self.sections.iter().position(|known| known.name == section) else {
            return Vec::new();
        };
        let mut found: Vec<(f32, &Word)> = Vec::new();
        for word in words {
            let features = [slot(u64::from(word.stem)), title_slot(word)];
            let speaks = self.speaks(&features[..=usize::from(title)], at);
            if speaks > SPEAKS && !found.iter().any(|(_, other)| other.stem == word.stem) {
                found.push((speaks, word));
            }
        }
        found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        found.truncate(most);
        found.into_iter().map(|(_, word)| word).collect()
    }

    /// How much more features speak for the section at a place than for any other.
    fn speaks(&self, features: &[u32], at: usize) -> f32 {
        // What was counted and what was corrected weigh about alike in an entry of any length.
        let gain = |at: usize| -> f32 {
            let gains = features.iter().map(|feature| {
                let all = self.all[*feature as usize];
                let place = *feature as usize * self.stride + at;
                log(all) - log(all - u32::from(self.counts[place]).min(all))
                    + f32::from(self.corrections[place]) * CORRECTION_UNIT
            });
            gains.sum()
        };
        let others = (0..self.sections.len()).filter(|other| *other != at);
        gain(at) - others.map(gain).fold(0.0, f32::max)
    }
}

#[cfg(test)]
mod tests {
    use super::super::features;
    use super::*;
    use crate::desk::text::tokens;
    use crate::model::Entry;

    fn of(title: &str, lead: &str) -> Vec<(u32, u8)> {
        features(&Entry::default(), &tokens::list(title, 40), &tokens::list(lead, 90))
    }

    fn told(sections: &Sections, section: &str, text: &str, title: bool) -> Vec<String> {
        let words = tokens::Words::of(text, 40);
        let telling = sections.telling(section, &words.list, title, 6);
        telling.into_iter().map(|word| words.written(word).to_owned()).collect()
    }

    #[test]
    fn a_word_that_speaks_by_correction_alone_is_told() {
        let mut sections = Sections::new();
        let mut learn = |section, lead: String| sections.learn(section, &of("", &lead));
        for round in 0..400 {
            learn("sport", format!("coach match goal a{round}"));
            learn("law", format!("judge appeal jury b{round}"));
            // As many of each section have bribery, but only beside a coach does it change what the others say.
            match round % 3 {
                0 => learn("law", format!("coach match goal bribery c{round}")),
                1 => learn("sport", format!("bribery derby d{round}")),
                _ => {}
            }
        }
        let lead = "coach match goal bribery";
        let guess = sections.guess(&of("", lead), 0.9).expect("two sections are known");
        assert_eq!(guess.section, "law");
        assert_eq!(told(&sections, "law", lead, false), ["bribery"]);
        assert_eq!(told(&sections, "sport", lead, false).len(), 3, "the other three speak against it");
        sections.corrections.fill(0);
        assert!(told(&sections, "law", lead, false).is_empty(), "counting alone does not know it");
    }

    #[test]
    fn a_word_of_titles_speaks_in_a_title() {
        let mut sections = Sections::new();
        for round in 0..100 {
            sections.learn("sport", &of("thriller", &format!("a{round} b{round}")));
            sections.learn("film", &of(&format!("c{round}"), "a thriller"));
        }
        let guessed = |title, lead| {
            sections.guess(&of(title, lead), 0.9).map(|guess| guess.section).unwrap_or_default()
        };
        assert_eq!((guessed("thriller", "").as_str(), guessed("", "a thriller").as_str()), ("sport", "film"));
        assert_eq!(told(&sections, "sport", "thriller", true), ["thriller"]);
        assert!(told(&sections, "sport", "thriller", false).is_empty());
    }
}
