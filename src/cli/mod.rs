//! To be written.

pub mod replay;
