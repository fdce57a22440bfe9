//! Which section?

pub(crate) mod classifier;
