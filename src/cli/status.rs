//! `tidings status`.

use super::Globals;

/// Show the health of every feed
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings status
  tidings status --json | jq 'select(.failures > 0)'")]
pub(crate) struct StatusArgs {
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Not built yet.
pub(crate) fn run(_args: &StatusArgs, _globals: &Globals) -> anyhow::Result<()> {
    anyhow::bail!("`tidings status` is not built yet")
}
