//! `tidings join`: turns the words of the command line into an order to join stories or topics, or to keep stories in a
//! category. `order` gives it; what it means is known to the desk alone.

use super::{Globals, order};
use crate::model::{CategoryName, EntryRef, OrderKind};
use crate::store;

/// Force a decision: make one story or topic of several, or keep stories in a category
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings join https://example.org/news/1 https://example.net/a/2
  tidings join --topic ID ID
  tidings join --category science https://example.org/news/1")]
pub(crate) struct JoinArgs {
    /// Entries by address, or stories by id
    #[arg(value_name = "ID|URL", required = true)]
    pub(crate) what: Vec<String>,
    /// Make one topic of their topics, instead of one story
    #[arg(long, conflicts_with = "category")]
    pub(crate) topic: bool,
    /// Keep their stories in this category
    #[arg(long, value_name = "CATEGORY")]
    pub(crate) category: Option<String>,
}

/// Gives the order.
pub(crate) fn run(args: &JoinArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    let entries: Vec<EntryRef> = store::look(&config.store.path, |reader| {
        anyhow::Ok(order::named(reader, &args.what)?.into_iter().map(|named| named.entry).collect())
    })?;
    let order = match &args.category {
        Some(name) => {
            let category = CategoryName::new(name).map_err(anyhow::Error::msg)?;
            let known = config.categories.iter().any(|known| known.name == category);
            anyhow::ensure!(known, "there is no category \"{name}\" in feeds.toml");
            OrderKind::Keep { entries, category }
        }
        None => {
            anyhow::ensure!(entries.len() > 1, "name at least two to join");
            if args.topic { OrderKind::JoinTopics { entries } } else { OrderKind::JoinStories { entries } }
        }
    };
    order::give(&config, &order)
}
