//! Explains a guess to people: which tokens speak most for a category. Changes nothing.

use super::{CORRECTION_UNIT, Classifier, log};
use crate::desk::categories::features::{feature, title_feature};
use crate::desk::categories::tuning::TUNING;
use crate::desk::text::tokens::Token;
use crate::model::CategoryName;

impl Classifier {
    /// The tokens that speak for a category more than for any other one, the strongest first; at most `most`. For
    /// tokens of a title their title feature counts, too.
    pub(crate) fn telling<'t>(
        &self,
        category: &CategoryName,
        tokens: &'t [Token],
        is_title: bool,
        most: usize,
    ) -> Vec<&'t Token> {
        let Some(idx) = self.categories.iter().position(|known| known == category) else {
            return Vec::new();
        };
        let mut found: Vec<(f32, &Token)> = Vec::new();
        for token in tokens {
            let features = [feature(u64::from(token.stem)), title_feature(token)];
            let strength = self.strength(&features[..=usize::from(is_title)], idx);
            if strength > TUNING.telling && !found.iter().any(|(_, other)| other.stem == token.stem) {
                found.push((strength, token));
            }
        }
        found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        found.truncate(most);
        found.into_iter().map(|(_, token)| token).collect()
    }

    /// How much more the features add to the score of the category with this index than to that of any other one.
    fn strength(&self, features: &[u32], idx: usize) -> f32 {
        // Counts and corrections are scaled differently in a score, but about alike whatever the length of the entry.
        // So they are simply added here.
        let gain = |idx: usize| -> f32 {
            let gains = features.iter().map(|feature| {
                let all = self.all[*feature as usize];
                let at = *feature as usize * self.stride + idx;
                log(all) - log(all - u32::from(self.counts[at]).min(all))
                    + f32::from(self.corrections[at]) * CORRECTION_UNIT
            });
            gains.sum()
        };
        let others = (0..self.categories.len()).filter(|other| *other != idx);
        gain(idx) - others.map(gain).fold(0.0, f32::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::categories::features::features;
    use crate::desk::text::tokens;
    use crate::model::Entry;

    fn name(category: &str) -> CategoryName {
        CategoryName::stored(category.to_owned())
    }

    fn of(title: &str, lead: &str) -> Vec<(u32, u8)> {
        features(&Entry::default(), &tokens::tokenize(title, 40), &tokens::tokenize(lead, 90))
    }

    fn told(classifier: &Classifier, category: &str, text: &str, title: bool) -> Vec<String> {
        let words = tokens::Tokens::of(text, 40);
        let telling = classifier.telling(&name(category), &words.list, title, 6);
        telling.into_iter().map(|word| words.written(word).to_owned()).collect()
    }

    #[test]
    fn a_word_that_speaks_by_correction_alone_is_told() {
        let mut classifier = Classifier::new();
        let mut learn = |category: &str, lead: String| classifier.learn(&name(category), &of("", &lead));
        for round in 0..400 {
            learn("sport", format!("coach match goal a{round}"));
            learn("law", format!("judge appeal jury b{round}"));
            // As many of each category have bribery, but only beside a coach does it change what the others say.
            match round % 3 {
                0 => learn("law", format!("coach match goal bribery c{round}")),
                1 => learn("sport", format!("bribery derby d{round}")),
                _ => {}
            }
        }
        let lead = "coach match goal bribery";
        let guess = classifier.guess(&of("", lead), 0.9).expect("two categories are known");
        assert_eq!(guess.category.as_str(), "law");
        assert_eq!(told(&classifier, "law", lead, false), ["bribery"]);
        assert_eq!(told(&classifier, "sport", lead, false).len(), 3, "the other three speak against it");
        classifier.corrections.fill(0);
        assert!(told(&classifier, "law", lead, false).is_empty(), "counting alone does not know it");
    }

    #[test]
    fn a_word_of_titles_speaks_in_a_title() {
        let mut classifier = Classifier::new();
        for round in 0..100 {
            classifier.learn(&name("sport"), &of("thriller", &format!("a{round} b{round}")));
            classifier.learn(&name("film"), &of(&format!("c{round}"), "a thriller"));
        }
        let guessed = |title, lead| {
            classifier
                .guess(&of(title, lead), 0.9)
                .map_or_else(String::new, |guess| guess.category.as_str().to_owned())
        };
        assert_eq!((guessed("thriller", "").as_str(), guessed("", "a thriller").as_str()), ("sport", "film"));
        assert_eq!(told(&classifier, "sport", "thriller", true), ["thriller"]);
        assert!(told(&classifier, "sport", "thriller", false).is_empty());
    }
}
