//! How a page that many link to is named: its address, its title, and who links to it.
//!
//! The same on pages and in outputs. Must not know how either is laid out.

use super::clean;
use super::messages::{Messages, count};
use crate::model::LinkedPage;
use std::borrow::Cow;

/// How many of the publishers that link to a page are named; the others are counted.
const LINKERS_NAMED: usize = 3;

/// The address of a much linked page: as its own feed gives it if we carry it, else as a publisher that links to it
/// writes it. `None` if that cannot be linked to.
pub(super) fn linked_address(page: &LinkedPage) -> Option<Cow<'_, str>> {
    let carried = page.story.as_ref().and_then(|story| clean::some_link(story.url.as_ref()));
    carried.or_else(|| clean::link(&page.url))
}

/// The title of a much linked page: that of its story if we carry it, else what those who link call it.
pub(super) fn linked_title(page: &LinkedPage) -> &str {
    page.story.as_ref().map_or(&page.title, |story| &story.title)
}

/// Who links to a page: "Alpha, Beta and 3 others". Sparks are counted but never named; if only sparks link: "3
/// publishers".
pub(super) fn linked_by(page: &LinkedPage, words: &Messages) -> String {
    let named = page.voices.iter().filter(|voice| !voice.spark).map(|voice| clean::line(&voice.name));
    let named: Vec<String> = named.take(LINKERS_NAMED).collect();
    let others = page.voices.len() - named.len();
    if named.is_empty() { count(words.by_publishers, others) } else { words.names(&named, others) }
}
