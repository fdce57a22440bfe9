//! The pages: server-rendered HTML without scripts, without inline styles, and without anything from elsewhere.
//!
//! Pictures are those that are kept here: loading them from a publisher would tell it who reads here. There is no
//! clock here, either: pages that say how long ago something was are given the time, so that the same stories at the
//! same time give the same page. Times are in the site's time zone, fixed words in its language. Must not know how
//! requests come in or where the views come from.

mod archive;
mod corrections;
mod digest;
mod feeds;
mod front;
mod parts;
mod picture;
mod recipient;
mod search;
mod shell;
mod side;
mod sources;
mod status;
mod story;

#[cfg(test)]
mod tests;

pub use archive::{Day, OF_DAY, archive, day};
pub use digest::{asked_page, digest_archive, digest_list, edition_page, not_asked_page};
pub use feeds::{feed_style, feeds};
pub use front::{Front, IN_SECTION, TOP, category, front};
pub use recipient::{
    Saved, confirm_page, confirmed_page, preferences_page, unsubscribe_page, unsubscribed_page,
};
pub use search::search;
pub use shell::{gone, moved_away, not_found, taken_down, unavailable};
pub use side::{Beside, RECOMMENDED};
pub use sources::{source_page, sources};
pub use status::{FeedOrder, status};
pub use story::{Background, story, topic};
