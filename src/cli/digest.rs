//! `tidings digest`.

use super::{Globals, note, print};
use crate::app::{self, App, Surroundings};
use crate::clock::Clock;
use crate::model::EditionText;
use anyhow::Context as _;

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

/// Shows or sends.
pub(crate) fn run(args: &DigestArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    let known: Vec<&str> = config.digests.iter().map(|digest| digest.name.as_str()).collect();
    anyhow::ensure!(
        known.contains(&args.name.as_str()),
        "there is no digest \"{}\" in feeds.toml (there {})",
        args.name,
        if known.is_empty() { "are none".to_owned() } else { format!("is {}", known.join(", ")) }
    );
    if !args.send {
        let draft = app::preview(&config, &args.name, Clock::System.now())?;
        let draft = draft.context("nothing has been published since the last edition")?;
        return Ok(print(&previewed(&draft.words))?);
    }
    super::runtime()?.block_on(async {
        let mut app = App::new(config, Surroundings::real(None)).await.context(
            "an edition is sent by whoever holds the database; stop the daemon first, or wait for its schedule",
        )?;
        let mailed = app.send_edition(&args.name).await?;
        note(&format!("{} delivered, {} waiting, {} refused", mailed.sent, mailed.deferred, mailed.refused));
        anyhow::ensure!(mailed.refused == 0, "some mail was refused");
        Ok(())
    })
}

/// An edition as a recipient will read it, but for the way out, which is each recipient's own.
fn previewed(words: &EditionText) -> String {
    let text = words.text.replace(EditionText::UNSUBSCRIBE, "(an address of each recipient's own)");
    format!("Subject: {}\n\n{text}\n", words.subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_shows_no_placeholder() {
        let text = format!("News\n\nStop receiving it: {}", EditionText::UNSUBSCRIBE);
        let words = EditionText { subject: "Today".to_owned(), text, html: String::new() };
        let shown = "Subject: Today\n\nNews\n\nStop receiving it: (an address of each recipient's own)\n";
        assert_eq!(previewed(&words), shown);
    }
}
