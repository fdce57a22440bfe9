//! `tidings run`.

use super::Globals;

/// Run the daemon: poll, file, publish, until it is told to stop
#[derive(Debug, Clone, Default, clap::Args)]
#[command(after_help = "Examples:
  tidings run
  tidings run --once --all      poll every feed now, file what is new, and end")]
pub(crate) struct RunArgs {
    /// Poll what is due, file it, and end
    #[arg(long)]
    pub(crate) once: bool,
    /// With --once: poll every feed, whatever its interval or backoff says
    #[arg(long, requires = "once")]
    pub(crate) all: bool,
}

/// Not built yet.
pub(crate) fn run(_args: &RunArgs, _globals: &Globals) -> anyhow::Result<()> {
    anyhow::bail!("`tidings run` is not built yet")
}
