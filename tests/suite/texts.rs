//! Made-up news and made-up words that several areas use.

/// The text of a story about a ferry.
pub(crate) const FERRY: &str = "The ferry Aurelia ran aground off Skerry Point early on Monday with forty people aboard, and all \
     of them were brought ashore by lifeboats before the tide turned, the harbour master said. Divers are to look at \
     the hull on Tuesday, and the crossing to Brackwater stays closed until they have finished.";

/// The text of a story about a bakery.
pub(crate) const BAKERY: &str = "A bakery in Aldermoor has won the county prize for its rye bread for the third year running, \
     ahead of nineteen others. The jury praised the crust, which the baker, Ottoline Marsh, puts down to a stove that \
     her grandmother bought in 1931 and that has not gone cold since the spring of 1987.";

/// One event and its developments, as items of `daemon::rss`: how it begins …
pub(crate) const AGROUND: &str = "1|Ferry Aurelia runs aground off Skerry Point|The ferry Aurelia ran aground off Skerry Point in the \
     fog this morning. Lifeboats from Aldermoor took all of its forty passengers ashore.";
/// … how it goes on …
pub(crate) const TUGS: &str = "2|Tugs pull the ferry Aurelia free of Skerry Point|Three tugs from Lesna pulled the ferry Aurelia free of \
     the rocks off Skerry Point at high water, and lifeboats from Aldermoor stood by.";
/// … and what comes of it.
pub(crate) const CAPTAIN: &str = "3|Captain of the ferry Aurelia had slept, inquiry at Skerry Point hears|The captain of the Aurelia \
     told an inquiry that he was asleep when the ferry ran aground off Skerry Point. Lifeboats from Aldermoor had to wait.";

/// Made-up words, as rare as names: those of two seeds hardly ever agree.
pub(crate) fn made_up(seed: u64, count: usize) -> Vec<String> {
    let syllables = ["ka", "lo", "mi", "ter", "van", "ru", "sel", "dor", "pi", "nax", "wen", "ghi"];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        syllables[(state >> 33) as usize % syllables.len()]
    };
    (0..count).map(|_| (0..4).map(|_| next()).collect()).collect()
}

/// An item of `daemon::rss` that shares no words with those of other numbers.
pub(crate) fn unlike_others(prefix: &str, i: usize) -> String {
    let word = |i: usize| -> String {
        let letters = [i, i / 26, i * 7 + 3, i * 11 + 5, i + 9];
        letters.into_iter().map(|i| char::from(b'a' + (i % 26) as u8)).collect()
    };
    let [one, two, three, four, five] = [0, 100, 200, 300, 400].map(|more| word(i + more));
    format!("{prefix}{i}|{one} {two} {three}|{four} {five}")
}
