//! Where entries link to.

/// A link of an entry to a page of another site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLink {
    /// Hash of the page's canonical address.
    pub page: u64,
    /// The address as written.
    pub url: String,
    /// What the entry calls the page: the words of the link; of an entry that is about the page, its title.
    pub words: String,
    /// The entry does no more than point to the page.
    pub points: bool,
}
