//! `tidings check`: says whether feeds.toml is valid, and with `--dns` which records the mail domain lacks. It writes
//! nothing and opens no database.

use super::{Globals, counted, has_colour, note, print};
use crate::config::{Config, report};
use crate::mail::{self, dns};
use anyhow::Context as _;
use std::io;

/// Check feeds.toml: every mistake with its line and what to do
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings check --config /etc/tidings/feeds.toml && systemctl reload tidings
  tidings check --dns

The exit code is 78 when the configuration is not valid; warnings do not count.")]
pub(crate) struct CheckArgs {
    /// Also ask the DNS whether it has what mailbox providers want of whoever sends mail: SPF, DKIM and DMARC
    #[arg(long)]
    pub(crate) dns: bool,
}

/// Checks the configuration.
pub(crate) fn run(args: &CheckArgs, globals: &Globals) -> anyhow::Result<()> {
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
    let dkim = signer.as_ref().map(|signer| {
        let (name, text) = signer.record();
        format!("Mail is signed (DKIM). The DNS must have this TXT record:\n  {name}\n  {text}\n")
    });
    print(&(line + &dkim.unwrap_or_default()))?;
    if args.dns {
        print(&records(&config)?)?;
    }
    Ok(())
}

/// The findings about the domain's SPF, DKIM and DMARC records, a line each.
///
/// # Errors
/// Without `[mail]`, and when the key to sign with cannot be read or the name server does not answer.
pub(super) fn records(config: &Config) -> anyhow::Result<String> {
    let mail = config.mail.as_ref().context("there is no [mail] in feeds.toml")?;
    let signer = mail::signer(mail)?;
    let findings = dns::findings(dns::name_server()?, &mail::domain(mail)?, signer.as_ref())?;
    Ok(findings.join("\n") + "\n")
}
