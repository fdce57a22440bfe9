//! Software prefetch: issues independent loads so that their cache misses overlap.
//!
//! Look-ups that lie far apart in memory, each used before the next begins, wait for memory once each. Read once
//! beforehand with nothing between, they wait together. Changes no decision.

/// Loads the numbers of the iterator. Their values are meaningless to the caller.
pub(crate) fn prefetch(numbers: impl Iterator<Item = u32>) {
    std::hint::black_box(numbers.fold(0, |all, number| all ^ number));
}
