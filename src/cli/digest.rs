//! `tidings digest`.

use super::Globals;

/// Show or send an edition of a digest now
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings digest daily --preview
  tidings digest daily --send")]
pub(crate) struct DigestArgs {
    /// The digest's name in feeds.toml
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Show the edition as it would be now, without storing it [default]
    #[arg(long, conflicts_with = "send")]
    pub(crate) preview: bool,
    /// Compose, store and send an edition now
    #[arg(long)]
    pub(crate) send: bool,
}

/// Not built yet.
pub(crate) fn run(_args: &DigestArgs, _globals: &Globals) -> anyhow::Result<()> {
    anyhow::bail!("`tidings digest` is not built yet")
}
