//! Renames a category in what was learned, and merges it if the new name is known already.

use super::{Classifier, Run};
use crate::model::CategoryName;

impl Classifier {
    /// Moves what was learned of the category `from` to `to`, and adds it to what was learned of `to` already.
    pub(crate) fn rename(&mut self, from: &str, to: &CategoryName) {
        let index = |name: &str| self.categories.iter().position(|known| known.as_str() == name);
        let Some(old) = index(from) else { return };
        let Some(new) = index(to.as_str()) else {
            self.categories[old] = to.clone();
            return;
        };
        let known = self.categories.len();
        for (counts, all) in self.counts.chunks_exact_mut(self.stride).zip(&mut self.all) {
            let both = counts[new].saturating_add(counts[old]);
            // Counts have 16 bits and saturate; the sum must lose what does not fit.
            *all -= u32::from(counts[new]) + u32::from(counts[old]) - u32::from(both);
            counts[new] = both;
            counts.copy_within(old + 1..known, old);
            counts[known - 1] = 0;
        }
        for corrections in self.corrections.chunks_exact_mut(self.stride) {
            corrections[new] = corrections[new].saturating_add(corrections[old]);
            corrections.copy_within(old + 1..known, old);
            corrections[known - 1] = 0;
        }
        self.categories.remove(old);
        self.run = Run::default();
        let total = |idx: usize| {
            self.counts.iter().skip(idx).step_by(self.stride).map(|count| u64::from(*count)).sum()
        };
        self.totals = (0..known - 1).map(total).collect();
        self.make_room(known - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::snapshot::{decode, encode};

    fn taught(names: &[(&str, u32)]) -> Classifier {
        let mut classifier = Classifier::new();
        for round in 0..20 {
            for (name, word) in names {
                classifier.learn(&CategoryName::stored((*name).to_owned()), &[(*word, 1), (100 + round, 1)]);
            }
        }
        classifier
    }

    fn guessed(classifier: &Classifier, word: u32) -> String {
        classifier.guess(&[(word, 1)], 0.9).expect("two categories are known").category.as_str().to_owned()
    }

    #[test]
    fn a_renamed_category_is_guessed_by_its_new_name() {
        let mut classifier = taught(&[("sport", 1), ("law", 2)]);
        classifier.rename("sport", &CategoryName::stored("sports".to_owned()));
        classifier.rename("unknown", &CategoryName::stored("law".to_owned()));
        assert_eq!((guessed(&classifier, 1).as_str(), guessed(&classifier, 2).as_str()), ("sports", "law"));
    }

    #[test]
    fn a_category_that_becomes_part_of_another_brings_what_it_knew() {
        for (from, to) in [("sport", "games"), ("games", "sport")] {
            let mut classifier = taught(&[("sport", 1), ("law", 2), ("games", 3), ("art", 4), ("food", 5)]);
            classifier.rename(from, &CategoryName::stored(to.to_owned()));
            assert_eq!([1, 3].map(|word| guessed(&classifier, word)), [to, to]);
            assert_eq!([2, 4, 5].map(|word| guessed(&classifier, word)), ["law", "art", "food"]);
            let saved: Classifier = decode(1, &encode(1, &classifier)).expect("reads back");
            assert!(saved.restored() == Ok(classifier));
        }
    }
}
