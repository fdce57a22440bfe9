//! Gives an order, for `split`, `join` and `takedown`. Beside a running daemon the order is appended to the store, and
//! the daemon carries it out at its next step. Without a daemon, the command takes the store's lock and carries it out
//! itself.

use super::note;
use crate::clock::Clock;
use crate::config::Config;
use crate::ingest::Ingest;
use crate::model::{EntryRef, OrderKind, StoryNo};
use crate::store::{self, Reader, Store, StoreError};
use anyhow::Context as _;

/// What a word on the command line names: an entry by its address, or a story by its id or the address of its page.
pub(super) struct Named {
    /// The named entry; for a named story, its oldest entry.
    pub(super) entry: EntryRef,
    /// The story that the entry is in.
    pub(super) story: StoryNo,
    /// Whether the word names the story and not one of its entries.
    pub(super) whole: bool,
}

/// Finds what each word names.
///
/// # Errors
/// When a word names nothing that is stored.
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

/// Gives the order and says how it is carried out.
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
