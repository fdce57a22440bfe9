//! `tidings remove`: removes a feed from feeds.toml. How the file is changed is known to `config::Editor` alone.

use super::{Globals, add, print};

/// Remove a feed from feeds.toml; its stories stay
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:
  tidings remove https://example.org/feed.xml

A comment right above the feed goes with it; one above a blank line stays.")]
pub(crate) struct RemoveArgs {
    /// Address of the feed
    #[arg(value_name = "URL")]
    pub(crate) url: String,
}

/// Removes the feed.
pub(crate) fn run(args: &RemoveArgs, globals: &Globals) -> anyhow::Result<()> {
    let mut editor = add::open(globals)?;
    editor.remove(&args.url)?;
    editor.save()?;
    Ok(print("removed; its stories stay\n")?)
}
