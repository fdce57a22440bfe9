//! Reads ahead: what lies far apart in memory is asked for all at once.
//!
//! A row of look-ups, each of which is used before the next one is begun, waits for memory once for each. Read once
//! beforehand, with nothing between, all of them are waited for together; what is then done with them finds them near.
//! Changes no decision. Knows nothing of what is read.

/// Reads numbers that nobody needs yet.
pub(crate) fn read(numbers: impl Iterator<Item = u32>) {
    std::hint::black_box(numbers.fold(0, |all, number| all ^ number));
}
