//! What was wrong with a document and did not stop it from being read.

use super::MAX_ENTRIES;
use crate::model::{RawEntry, Warning};

/// What was wrong with a document, each counted once.
#[derive(Debug, Default, Clone, Copy)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flaw of its own, and a document may have all of them"
)]
pub(super) struct Flaws {
    /// End tags that do not match their start tags.
    pub(super) mismatched: bool,
    /// The document ends in the middle.
    pub(super) truncated: bool,
    /// Elements nested too deep.
    pub(super) too_deep: bool,
    /// `<` as a character.
    pub(super) bare_bracket: bool,
    /// JSON that is not as the standard has it.
    pub(super) malformed: bool,
}

impl Flaws {
    /// What to tell the operator. `left_out` is how many entries were too many; `entries` are the others.
    pub(super) fn warnings(self, left_out: usize, entries: &[RawEntry]) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |is_so: bool, text: &str| {
            if is_so {
                warnings.push(Warning(text.to_owned()));
            }
        };
        warn(self.truncated, "the document ends in the middle; what stands before the break was read");
        warn(self.mismatched, "tags do not match");
        warn(self.too_deep, "elements nested too deep were skipped");
        warn(self.bare_bracket, "a bare < was read as text");
        warn(self.malformed, "mistakes in the JSON were passed over");
        warn(
            left_out > 0,
            &format!("only the newest {MAX_ENTRIES} entries were kept, {left_out} were left out"),
        );
        let unread: Vec<&str> = entries.iter().filter_map(|entry| entry.unread_date.as_deref()).collect();
        if let Some(first) = unread.first() {
            let (count, all) = (unread.len(), entries.len());
            warn(true, &format!("in {count} of {all} entries the date cannot be read, such as \"{first}\""));
        }
        warnings
    }
}
