//! Text processing for all engines: tokens, spellings, labels, the language a text seems to be in, canonical addresses.
//!
//! Judges nothing. Knows strings only; nothing of entries, and nothing that is learned.

pub(crate) mod address;
pub(crate) mod labels;
pub(crate) mod languages;
mod letters;
pub(crate) mod spelling;
pub(crate) mod tokens;
