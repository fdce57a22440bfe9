//! Made-up news that several areas tell of.

/// The text of a story.
pub(crate) const FERRY: &str = "The ferry Aurelia ran aground off Skerry Point early on Monday with forty people aboard, and all \
     of them were brought ashore by lifeboats before the tide turned, the harbour master said. Divers are to look at \
     the hull on Tuesday, and the crossing to Brackwater stays closed until they have finished.";

/// The text of another.
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
