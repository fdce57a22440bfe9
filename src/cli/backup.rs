//! `tidings backup`: copies the database beside a running daemon. How that is done is known to `store` alone.

use super::{Globals, note};
use crate::store::Store;

/// Copy the database, complete and consistent, while the daemon runs
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:
  tidings backup /var/backups/tidings.db

To restore, stop the daemon, put the copy where [store] path says (removing the -wal and -shm files beside it),
and start again. The files .left and .left-key beside it say who has left a digest; leave them where they are.")]
pub(crate) struct BackupArgs {
    /// The file to write, which must not be there yet
    #[arg(value_name = "FILE")]
    pub(crate) file: std::path::PathBuf,
}

/// Copies the database.
pub(crate) fn run(args: &BackupArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    Store::backup(&config.store.path, &args.file)?;
    note(&format!("{} is a complete copy of {}", args.file.display(), config.store.path.display()));
    Ok(())
}
