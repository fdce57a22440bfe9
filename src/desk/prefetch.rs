//! Software prefetch: issues independent loads so that their cache misses overlap.
//!
//! When each look-up is used before the next one begins, every cache miss is waited for by itself. Independent loads,
//! issued beforehand one right after the other, wait at the same time. For speed only: no decision depends on it.

/// Loads every number of the iterator and discards the values.
pub(crate) fn prefetch(numbers: impl Iterator<Item = u32>) {
    std::hint::black_box(numbers.fold(0, |all, number| all ^ number));
}
