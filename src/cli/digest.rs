//! `tidings digest`.

use super::{Globals, note, print};
use crate::app::{self, App, Surroundings};
use crate::clock::Clock;
use crate::config::Config;
use crate::mail::Sent;
use crate::model::{EditionText, Undelivered};
use anyhow::Context as _;

/// Show or send an edition of a digest now
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings digest daily --preview
  tidings digest daily --send
  tidings digest daily --send --to me@example.org")]
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
    /// Send it to this address only, as a trial: nothing is stored, and the next edition tells all of it again
    #[arg(long, value_name = "ADDRESS", requires = "send")]
    pub(crate) to: Option<String>,
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
    if let Some(to) = &args.to {
        return super::runtime()?.block_on(send_trial(&config, &args.name, to));
    }
    super::runtime()?.block_on(async {
        let mut app = App::new(config, Surroundings::real(None)).await.context(
            "an edition is sent by whoever holds the database; stop the daemon first, or wait for its schedule",
        )?;
        let (mailed, undelivered) = app.send_edition(&args.name).await?;
        if mailed.composed == 0 {
            note("nothing has been published since the last edition");
        }
        note(&format!("{} delivered, {} waiting, {} refused", mailed.sent, mailed.deferred, mailed.refused));
        for one in &undelivered {
            note(&told(one));
        }
        anyhow::ensure!(undelivered.is_empty(), "not everyone has got it");
        Ok(())
    })
}

async fn send_trial(config: &Config, name: &str, to: &str) -> anyhow::Result<()> {
    anyhow::ensure!(config.mail.is_some(), "there is no [mail] in feeds.toml");
    let sent = app::send_trial(config, name, to, Clock::System.now()).await?;
    match sent.context("nothing has been published since the last edition")? {
        Sent::Accepted => {
            note("sent as a trial; its link leads to the editions of the digest, for it is none itself");
            Ok(())
        }
        Sent::Deferred(answer) | Sent::Refused(answer) => anyhow::bail!("it was not taken: {answer}"),
    }
}

/// Who has not got an edition, and why. What a terminal shows may be logged, so the address is not said in full.
fn told(undelivered: &Undelivered) -> String {
    let next = if undelivered.is_open { "tried again by the daemon" } else { "not tried again" };
    let answer = if undelivered.answer.is_empty() { "not tried" } else { &undelivered.answer };
    format!("{}: {answer} ({next})", masked(&undelivered.recipient))
}

/// "a…@example.org".
fn masked(recipient: &str) -> String {
    let address = recipient.rsplit_once('<').map_or(recipient, |(_, address)| address.trim_end_matches('>'));
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}…@{domain}", local.chars().next().map(String::from).unwrap_or_default())
}

/// An edition as a recipient will read it, but for the way out, which is each recipient's own.
fn previewed(words: &EditionText) -> String {
    let text = words.text.replace(EditionText::UNSUBSCRIBE, "(an address of each recipient's own)");
    let text = text.replace(EditionText::RECIPIENT, "(each recipient)");
    format!("Subject: {}\n\n{text}\n", words.subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_shows_no_placeholder() {
        let (to, leave) = (EditionText::RECIPIENT, EditionText::UNSUBSCRIBE);
        let text = format!("News\n\nSent to {to}.\nStop receiving it: {leave}");
        let words = EditionText { subject: "Today".to_owned(), text, html: String::new() };
        let shown = "Subject: Today\n\nNews\n\nSent to (each recipient).\nStop receiving it: (an address of each recipient's own)\n";
        assert_eq!(previewed(&words), shown);
    }

    #[test]
    fn who_has_not_got_it_is_told_with_the_answer_and_without_the_address() {
        let undelivered = |recipient: &str, is_open| Undelivered {
            recipient: recipient.to_owned(),
            answer: "mailbox full (452)".to_owned(),
            is_open,
        };
        let ada = undelivered("Ada Lovelace <ada.l@example.org>", true);
        assert_eq!(told(&ada), "a…@example.org: mailbox full (452) (tried again by the daemon)");
        let bob = undelivered("bob@example.org", false);
        assert_eq!(told(&bob), "b…@example.org: mailbox full (452) (not tried again)");
    }
}
