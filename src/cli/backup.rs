//! `tidings backup`.

use super::Globals;

/// Copy the database, complete and consistent, while the daemon runs
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:
  tidings backup /var/backups/tidings.db")]
pub(crate) struct BackupArgs {
    /// The file to write, which must not be there yet
    #[arg(value_name = "FILE")]
    pub(crate) file: std::path::PathBuf,
}

/// Not built yet.
pub(crate) fn run(_args: &BackupArgs, _globals: &Globals) -> anyhow::Result<()> {
    anyhow::bail!("`tidings backup` is not built yet")
}
