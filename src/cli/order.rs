//! Giving an order, for `split` and `join`: it is appended beside a running daemon, which carries it out at its next
//! step; without one, the command runs that step itself under the same lock.

use super::note;
use crate::clock::Clock;
use crate::config::Config;
use crate::ingest::Ingest;
use crate::model::{EntryRef, OrderKind, StoryNo};
use crate::store::{self, Reader, Store, StoreError};
use anyhow::Context as _;

/// The entry and story that a word on the command line names: an entry by its address, a story by id or page.
pub(super) struct Named {
    /// The entry; of a story, its lead.
    pub(super) entry: EntryRef,
    /// Its story.
    pub(super) story: StoryNo,
    /// Whether the story was named, not one of its entries.
    pub(super) whole: bool,
}

/// Finds what the words name.
pub(super) fn named(reader: &Reader<'_>, words: &[String]) -> anyhow::Result<Vec<Named>> {
    words
        .iter()
        .map(|word| {
            let name = super::id_in(word);
            if let Some((entry, story)) = reader.entry_named(name)? {
                return Ok(Named { entry, story, whole: false });
            }
            let story =
                reader.story_named(name)?.with_context(|| format!("nothing is known of \"{word}\""))?;
            let entries = reader.references_of_story(story)?;
            let entry = *entries.first().with_context(|| format!("\"{word}\" has no entries any more"))?;
            Ok(Named { entry, story, whole: true })
        })
        .collect()
}

/// Gives the order.
pub(super) fn give(config: &Config, order: &OrderKind) -> anyhow::Result<()> {
    let now = Clock::System.now();
    match Store::open(&config.store) {
        Ok(store) => {
            let (order, desk) = (order.clone(), config.desk());
            super::runtime()?.block_on(async {
                store.write(move |batch| batch.add_order(&order, now)).await?;
                Ingest::new(store, desk).await?.carry_out_orders(now).await
            })?;
            note("Done. The order is kept and obeyed from now on.");
        }
        Err(StoreError::Locked) => {
            store::append_order(&config.store.path, order, now)?;
            note("Ordered. The running daemon carries it out within seconds and obeys it from then on.");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
