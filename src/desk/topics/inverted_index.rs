//! Which topics, or which young stories, share words with a story? An inverted index.
//!
//! Each topic (or young story) has a seat, so that what a story has in common with every one is summed up in a row of
//! numbers. Knows numbers and stems only; by what a topic is found is said by whoever puts it in.

use crate::desk::hash::Map;
use crate::desk::prefetch;

/// A word that more than one in so many topics are found by finds nothing …
const COMMON: usize = 8;
/// … where there are more than so many, and it never finds more than so many.
const POSTINGS: (usize, usize) = (64, 4_000);

/// Topics by the words that find them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    postings: Map<u32, Postings>,
    seats: Map<i64, u32>,
    /// The topic in each seat.
    seated: Vec<i64>,
    empty: Vec<u32>,
}

/// The seats of the topics that a word finds. Most words find one.
#[derive(Debug, Clone)]
enum Postings {
    One(u32),
    Many(Vec<u32>),
}

impl Postings {
    fn all(&self) -> &[u32] {
        match self {
            Self::One(seat) => std::slice::from_ref(seat),
            Self::Many(seats) => seats,
        }
    }
}

impl Index {
    /// The topics that share most with these weighed words, with what they share, the likest first; at most `most`. What
    /// they share is never less than nothing.
    pub(crate) fn likest(&self, words: &[(u32, f32)], most: usize) -> Vec<(f32, i64)> {
        // Less than nothing: not met yet.
        let most_postings = (self.seats.len() / COMMON).clamp(POSTINGS.0, POSTINGS.1);
        let mut shares = vec![-1.0_f32; self.seated.len()];
        let mut met: Vec<u32> = Vec::new();
        let found: Vec<(&[u32], f32)> = words
            .iter()
            .filter_map(|(stem, weight)| Some((self.postings.get(stem)?.all(), *weight)))
            .filter(|(postings, _)| postings.len() <= most_postings)
            .collect();
        prefetch::read(found.iter().filter_map(|(postings, _)| postings.first().copied()));
        for (postings, weight) in found {
            // Who is met for the first time is noted without a branch, which could not be foretold.
            let mut count = met.len();
            met.resize(count + postings.len(), 0);
            for seat in postings {
                let share = &mut shares[*seat as usize];
                met[count] = *seat;
                count += usize::from(*share < 0.0);
                *share = share.max(0.0) + weight;
            }
            met.truncate(count);
        }
        let share = |seat: u32| shares[seat as usize];
        if met.len() > most {
            // Numbers alone are sorted faster than pairs; where there is no sign, their bits have the same order.
            let mut all: Vec<u32> = met.iter().map(|seat| share(*seat).to_bits()).collect();
            let (_, least, _) = all.select_nth_unstable_by(most - 1, |a, b| b.cmp(a));
            let least = f32::from_bits(*least);
            met.retain(|seat| share(*seat) >= least);
        }
        let mut ranked: Vec<(f32, i64)> =
            met.iter().map(|seat| (share(*seat), self.seated[*seat as usize])).collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        ranked.truncate(most);
        ranked
    }

    /// A topic is found by the words `after` from now on, no more by those of `before`; both sorted.
    pub(crate) fn replace(&mut self, no: i64, before: &[u32], after: &[u32]) {
        let (empty, seated) = (&mut self.empty, &mut self.seated);
        let seat = *self.seats.entry(no).or_insert_with(|| match empty.pop() {
            Some(seat) => {
                seated[seat as usize] = no;
                seat
            }
            None => {
                seated.push(no);
                seated.len() as u32 - 1
            }
        });
        let without = |stems: &[u32], others: &[u32]| -> Vec<u32> {
            stems.iter().copied().filter(|stem| others.binary_search(stem).is_err()).collect()
        };
        let (gone, new) = (without(before, after), without(after, before));
        self.read_ahead(gone.iter().chain(&new));
        for stem in gone {
            self.unlist(stem, seat);
        }
        for stem in new {
            self.postings
                .entry(stem)
                .and_modify(|postings| match postings {
                    Postings::One(one) => *postings = Postings::Many(vec![*one, seat]),
                    Postings::Many(seats) => seats.push(seat),
                })
                .or_insert(Postings::One(seat));
        }
    }

    /// A topic that is found by `indexed` is gone.
    pub(crate) fn remove(&mut self, no: i64, indexed: &[u32]) {
        let Some(seat) = self.seats.remove(&no) else { return };
        self.read_ahead(indexed.iter());
        for stem in indexed {
            self.unlist(*stem, seat);
        }
        self.empty.push(seat);
    }

    /// Reads the lists of these words where they begin and where they end.
    fn read_ahead<'a>(&self, stems: impl Iterator<Item = &'a u32>) {
        let lists = stems.filter_map(|stem| self.postings.get(stem)).map(Postings::all);
        prefetch::read(lists.filter_map(|list| Some(list.first()? ^ list.last()?)));
    }

    fn unlist(&mut self, stem: u32, seat: u32) {
        let last = match self.postings.get_mut(&stem) {
            None => return,
            Some(Postings::One(one)) => *one == seat,
            Some(Postings::Many(seats)) => {
                if let Some(at) = place(seats, seat) {
                    seats.swap_remove(at);
                }
                seats.is_empty()
            }
        };
        if last {
            self.postings.remove(&stem);
        }
    }
}

/// Where a seat stands in a list, which may be one of tens of thousands: compared many at once, without a branch for each.
fn place(seats: &[u32], seat: u32) -> Option<usize> {
    const AT_ONCE: usize = 64;
    let chunk = seats.chunks(AT_ONCE).position(|some| some.contains(&seat))? * AT_ONCE;
    seats[chunk..].iter().position(|other| *other == seat).map(|at| chunk + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_found_by_their_words_and_seats_are_taken_again() {
        let mut index = Index::default();
        index.replace(7, &[], &[1, 2, 3]);
        index.replace(8, &[], &[2, 3, 4]);
        let found = |index: &Index, words: &[u32]| {
            let words: Vec<(u32, f32)> = words.iter().map(|stem| (*stem, 1.0)).collect();
            index.likest(&words, 10)
        };
        assert_eq!(found(&index, &[1, 2, 3]), [(3.0, 7), (2.0, 8)]);
        assert_eq!(found(&index, &[2]), [(1.0, 8), (1.0, 7)], "the younger first");
        assert_eq!(index.likest(&[(4, 0.0)], 10), [(0.0, 8)], "by a word that says nothing, too");
        index.replace(7, &[1, 2, 3], &[3, 5]);
        assert_eq!(found(&index, &[1, 2]), [(1.0, 8)]);
        index.remove(8, &[2, 3, 4]);
        assert_eq!(found(&index, &[2, 3, 4, 5]), [(2.0, 7)]);
        index.replace(9, &[], &[4]);
        assert_eq!(found(&index, &[3, 4]), [(1.0, 9), (1.0, 7)]);
        assert_eq!(index.seated.len(), 2, "the seat of a topic that is gone is taken again");
        index.remove(7, &[3, 5]);
        index.remove(9, &[4]);
        assert!(index.postings.is_empty());
    }

    #[test]
    fn a_topic_is_taken_out_of_a_long_list_wherever_it_stands() {
        let mut index = Index::default();
        (0..300).for_each(|no| index.replace(no, &[], &[1]));
        for no in (0..300).step_by(7).chain((0..300).filter(|no| no % 7 != 0).rev()) {
            index.remove(no, &[1]);
            assert!(index.likest(&[(1, 1.0)], 300).iter().all(|(_, other)| *other != no));
        }
        assert!(index.postings.is_empty());
    }

    #[test]
    fn only_the_likest_are_told() {
        let mut index = Index::default();
        for no in 0..100 {
            index.replace(no, &[], if no % 10 == 0 { &[1, 2] } else { &[1] });
        }
        let found = index.likest(&[(1, 1.0), (2, 0.5)], 10);
        assert_eq!(
            found.iter().map(|(_, no)| *no).collect::<Vec<_>>(),
            [90, 80, 70, 60, 50, 40, 30, 20, 10, 0]
        );
    }
}
