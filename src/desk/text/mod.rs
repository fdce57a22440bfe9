//! Text, before any judgement: tokens, the language they seem to be in, canonical addresses.
//!
//! Knows strings only; nothing of entries, and nothing that is learned.

pub(crate) mod address;
pub(crate) mod labels;
pub(crate) mod languages;
mod letters;
pub(crate) mod spelling;
pub(crate) mod tokens;
