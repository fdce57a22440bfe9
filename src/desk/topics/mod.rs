//! Same event?

pub(crate) mod clusters;
pub(crate) mod document_frequency;
pub(crate) mod inverted_index;
pub(crate) mod likelihood;
pub(crate) mod recent_window;
pub(crate) mod recluster;
#[cfg(test)]
pub(crate) mod tests;
