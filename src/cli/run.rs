//! `tidings run`: runs the daemon, or one round of it. What a round does is known to `app` alone.

use super::{Globals, has_colour, note, print};
use crate::app::{App, Surroundings};
use crate::config::report;
use crate::digest::Mailed;
use crate::telemetry;
use std::io;

/// Run the daemon: poll, file, publish, until it is told to stop
#[derive(Debug, Clone, Default, clap::Args)]
#[command(after_help = "Examples:
  tidings run
  tidings run --once --all      poll every feed now, file what is new, and end")]
pub(crate) struct RunArgs {
    /// Poll what is due, file it, send the digests that are due, and end
    #[arg(long)]
    pub(crate) once: bool,
    /// With --once: poll every feed, whatever its interval or backoff says
    #[arg(long, requires = "once")]
    pub(crate) all: bool,
}

/// Runs until told to stop, or one round.
pub(crate) fn run(args: &RunArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    telemetry::start();
    if !config.warnings.is_empty() {
        note(&report(&config.warnings, has_colour(&io::stderr())));
    }
    let site = config.site.clone();
    let surroundings = Surroundings::real(Some(globals.config_path().to_owned()));
    super::runtime()?.block_on(async {
        let mut app = App::new(config, surroundings).await?;
        if args.once {
            let round = app.poll_once(args.all).await?;
            app.save().await?;
            let mailed = app.deliver().await?;
            // A daemon deletes old news from time to time; with `--once` from a timer, this is the only occasion.
            app.forget().await?;
            round.log();
            print(&format!(
                "{} polled, {} answered; {} new or changed\n",
                super::counted(round.polls, "feed", "feeds"),
                round.good,
                super::counted(round.entries, "entry", "entries"),
            ))?;
            if round.polls == 0
                && let Some(due) = app.store().read(|reader| reader.next_due()).await?
            {
                print(&format!("the next feed is due at {due}; --all polls every feed now\n"))?;
            }
            if mailed != Mailed::default() {
                print(&format!(
                    "{} composed; mails: {} delivered, {} waiting, {} refused\n",
                    super::counted(mailed.composed, "edition", "editions"),
                    mailed.sent,
                    mailed.deferred,
                    mailed.refused,
                ))?;
            }
            anyhow::ensure!(round.lost == 0, "what {} polls brought could not be filed", round.lost);
            return Ok(());
        }
        let listener = app.bind().await?;
        note(&format!(
            "Tidings listens on http://{}/ (public address: {})",
            listener.local_addr()?,
            site.url
        ));
        Ok(app.run(listener, std::future::pending()).await?)
    })
}
