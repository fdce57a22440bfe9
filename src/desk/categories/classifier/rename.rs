//! What was learned, under the present names of categories.

use super::{Sections, restrided};

impl Sections {
    /// What was learned of the section `from` is known of `to`, beside what that had learned already.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let place = |name: &str| self.sections.iter().position(|section| section.name == name);
        let Some(old) = place(from) else { return };
        let Some(new) = place(to) else {
            to.clone_into(&mut self.sections[old].name);
            return;
        };
        let known = self.sections.len();
        for (counts, all) in self.counts.chunks_exact_mut(self.stride).zip(&mut self.all) {
            let both = counts[new].saturating_add(counts[old]);
            // The count is kept in 16 bits; what does not fit is taken from the sum, too.
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
        self.sections.remove(old);
        self.run = (0, 0);
        let (counts, stride) = (&self.counts, self.stride);
        for (at, section) in self.sections.iter_mut().enumerate() {
            section.total = counts.iter().skip(at).step_by(stride).map(|count| u64::from(*count)).sum();
        }
        let narrower = self.sections.len().next_multiple_of(4);
        if narrower < stride {
            self.counts = restrided(&self.counts, stride, narrower);
            self.corrections = restrided(&self.corrections, stride, narrower);
            self.stride = narrower;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::codec::{Reader, Writer};

    fn taught(names: &[(&str, u32)]) -> Sections {
        let mut sections = Sections::new();
        for round in 0..20 {
            for (name, word) in names {
                sections.learn(name, &[(*word, 1), (100 + round, 1)]);
            }
        }
        sections
    }

    fn guessed(sections: &Sections, word: u32) -> String {
        sections.guess(&[(word, 1)], 0.9).expect("two sections are known").section
    }

    #[test]
    fn a_renamed_section_is_guessed_by_its_new_name() {
        let mut sections = taught(&[("sport", 1), ("law", 2)]);
        sections.rename("sport", "sports");
        sections.rename("unknown", "law");
        assert_eq!((guessed(&sections, 1).as_str(), guessed(&sections, 2).as_str()), ("sports", "law"));
    }

    #[test]
    fn a_section_that_becomes_part_of_another_brings_what_it_knew() {
        for (from, to) in [("sport", "games"), ("games", "sport")] {
            let mut sections = taught(&[("sport", 1), ("law", 2), ("games", 3), ("art", 4), ("food", 5)]);
            sections.rename(from, to);
            assert_eq!([1, 3].map(|word| guessed(&sections, word)), [to, to]);
            assert_eq!([2, 4, 5].map(|word| guessed(&sections, word)), ["law", "art", "food"]);
            let mut out = Writer::default();
            sections.write(&mut out);
            assert!(Sections::read(&mut Reader(&out.0)).expect("reads back") == sections);
        }
    }
}
