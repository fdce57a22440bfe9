//! Same story?

pub(crate) mod boilerplate;
pub(crate) mod decide;
pub(crate) mod features;
mod numerals;
mod own_feed;
mod prepared;
pub(crate) mod similarity;
