//! `tidings check`: is feeds.toml right?

use super::{Globals, counted, has_colour, note, print};
use crate::config::report;
use crate::mail;
use std::io;

/// Check feeds.toml: every mistake with its line and what to do
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:
  tidings check --config /etc/tidings/feeds.toml && systemctl reload tidings

The exit code is 78 when the configuration is not valid; warnings do not count.")]
pub(crate) struct CheckArgs {}

/// Checks the configuration.
pub(crate) fn run(_args: &CheckArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    if !config.warnings.is_empty() {
        note(&report(&config.warnings, has_colour(&io::stderr())));
    }
    let signer = config.mail.as_ref().map(mail::signer).transpose()?.flatten();
    let line = format!(
        "{} is valid: {} in {}, {}\n",
        globals.config_path().display(),
        counted(config.feeds.len(), "feed", "feeds"),
        counted(config.categories.len(), "category", "categories"),
        counted(config.digests.len(), "digest", "digests"),
    );
    let dkim = signer.map(|signer| {
        let (name, text) = signer.record();
        format!("Mail is signed (DKIM). The DNS must have this TXT record:\n  {name}\n  {text}\n")
    });
    Ok(print(&(line + &dkim.unwrap_or_default()))?)
}
