//! What readers see of a filing, and what that is decided by: `admission` decides, the store writes.

use jiff::Timestamp;

/// What of a filing is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Publication {
    /// The story is shown from now on, led by this entry, unless it is shown already.
    pub shows_story: bool,
    /// The topic has a new item in the `topics` outputs, unless none of its stories is shown yet.
    pub moves_topic_on: bool,
    /// The story, which was there before, takes the category of the filing.
    pub sets_category: bool,
}

/// A story as it stood before a filing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoryBefore {
    /// Its date, frozen when it was founded.
    pub published: Timestamp,
    /// Another feed than private ones has carried it.
    pub carried_openly: bool,
    /// It is shown.
    pub shown: bool,
}
