//! A page that many link to, in words.

use super::clean;
use super::messages::{Messages, count};
use crate::model::LinkedPage;
use std::borrow::Cow;

/// More publishers than this that link to a page are counted, not named.
const LINKERS_NAMED: usize = 3;

/// Where a much linked page is: as its own feed says, when one carries it, else as those who link write it.
pub(super) fn linked_address(page: &LinkedPage) -> Option<Cow<'_, str>> {
    let carried = page.story.as_ref().and_then(|story| clean::some_link(story.url.as_ref()));
    carried.or_else(|| clean::link(&page.url))
}

/// What a much linked page is called.
pub(super) fn linked_title(page: &LinkedPage) -> &str {
    page.story.as_ref().map_or(&page.title, |story| &story.title)
}

/// Who links to a page: "Alpha, Beta and 3 others". Sparks are counted and not named.
pub(super) fn linked_by(page: &LinkedPage, words: &Messages) -> String {
    let named = page.voices.iter().filter(|voice| !voice.spark).map(|voice| clean::line(&voice.name));
    let named: Vec<String> = named.take(LINKERS_NAMED).collect();
    let others = page.voices.len() - named.len();
    if named.is_empty() { count(words.by_publishers, others) } else { words.names(&named, others) }
}
