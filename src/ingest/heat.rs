//! Heat: notices when a page gets enough links, as entries that link to it are filed.
//!
//! It asks the store who links to a page, and `model` how many of these count. It must not know what the entries say.

use crate::desk::{Analysis, page_fingerprint, story_of_page};
use crate::model::{HEAT_SPAN, LEAST_PUBLISHERS, StoryNo, independent};
use crate::store::{Batch, StoreError};
use jiff::Timestamp;

/// Records which page an entry of this story carries, after it was filed. If enough independent publishers link to one
/// of the pages that the entry links to, that page is shown from now on.
pub(super) fn note_links(
    batch: &mut Batch<'_>,
    analysis: &Analysis,
    story: StoryNo,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(page) = analysis.page() {
        batch.put_story_of_page(page, story)?;
    }
    let since = now.checked_sub(HEAT_SPAN).unwrap_or(Timestamp::MIN);
    for page in analysis.links().iter().map(|link| link.page) {
        if !batch.has_links(page, LEAST_PUBLISHERS)? {
            continue;
        }
        let voices = batch.reader().voices(page)?;
        if independent(&voices, since).len() < LEAST_PUBLISHERS || batch.note_hot(page, now)? {
            continue;
        }
        let found = batch.candidates(&[page_fingerprint(page)])?;
        batch.show_linked_page(page, story_of_page(page, &found), now)?;
    }
    Ok(())
}
