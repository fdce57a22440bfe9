//! `tidings takedown`: turns the words of the command line into an order to take stories down, or to put them back.
//! `order` gives it; what it means is known to `ingest` and `store`.

use super::{Globals, order};
use crate::model::{EntryRef, OrderKind};
use crate::store;

/// Take stories down everywhere: outputs, archives, pages, search, topics and digests yet to come
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "A story that is taken down stays so, whoever carries it and whatever its words become; its page says 410 Gone.
Mails that were sent stay where they are.

Examples:
  tidings takedown https://example.org/news/1
  tidings takedown https://news.example.net/stories/ID
  tidings takedown --undo ID"
)]
pub(crate) struct TakedownArgs {
    /// Stories by id or page, or by the address of an entry
    #[arg(value_name = "ID|URL", required = true)]
    pub(crate) what: Vec<String>,
    /// Show them again, under the ids and dates and at the places they had
    #[arg(long)]
    pub(crate) undo: bool,
}

/// Gives the order.
pub(crate) fn run(args: &TakedownArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    let entries: Vec<EntryRef> = store::look(&config.store.path, |reader| {
        let named = order::named(reader, &args.what)?;
        for (named, word) in named.iter().zip(&args.what) {
            let is_down = reader.is_taken_down(named.story)?;
            anyhow::ensure!(is_down || !args.undo, "\"{word}\" is not taken down");
        }
        anyhow::Ok(named.into_iter().map(|named| named.entry).collect())
    })?;
    let order = if args.undo { OrderKind::PutBack { entries } } else { OrderKind::TakeDown { entries } };
    order::give(&config, &order)
}
