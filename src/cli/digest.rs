//! `tidings digest`: previews an edition, has one sent now, or sends a trial to one address. Only one process may write
//! editions, so that a running daemon is asked to send. How an edition is composed is known to `digest` alone.

use super::{Globals, note, print};
use crate::app::{self, App, AppError, Surroundings};
use crate::clock::Clock;
use crate::config::Config;
use crate::digest;
use crate::mail::Sent;
use crate::model::{DigestSettings, EditionText, Undelivered, bare_address};
use crate::store::{self, StoreError};
use anyhow::Context as _;
use std::time::Duration;

/// How many seconds to wait for a running daemon without any progress before giving up.
const PATIENCE_S: u32 = 120;

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
    /// Compose, store and send an edition now; a running daemon is asked to do it
    #[arg(long)]
    pub(crate) send: bool,
    /// Send it to this address only, as a trial: nothing is stored, and the next edition tells all of it again
    #[arg(long, value_name = "ADDRESS", requires = "send")]
    pub(crate) to: Option<String>,
}

/// Why there is no edition.
const NO_NEWS: &str = "there is no news since the last edition: no new topic, and none that has moved on";

/// Previews or sends.
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
        let draft = draft.context(NO_NEWS)?;
        return Ok(print(&previewed(&draft.words))?);
    }
    if let Some(to) = &args.to {
        return super::runtime()?.block_on(send_trial(&config, &args.name, to));
    }
    let digest = config.digests.iter().find(|digest| digest.name == args.name).context("no such digest")?;
    let edition = super::runtime()?.block_on(send(&config, digest))?;
    report(&config, &digest.name, &edition)
}

/// Has an edition composed and sent: by the running daemon, or here when there is none. Returns the edition's id.
async fn send(config: &Config, digest: &DigestSettings) -> anyhow::Result<String> {
    match App::new(config.clone(), Surroundings::real(None)).await {
        Ok(mut app) => Ok(app.send_edition(digest).await?),
        Err(AppError::Store { error: StoreError::Locked, .. }) => ask(config, digest).await,
        Err(error) => Err(error.into()),
    }
}

/// Asks the running daemon for an edition. Waits until it has tried every delivery once, or makes no progress for
/// [`PATIENCE_S`]. Returns the id that the edition has or will have.
async fn ask(config: &Config, digest: &DigestSettings) -> anyhow::Result<String> {
    let now = Clock::System.now();
    let path = &config.store.path;
    anyhow::ensure!(
        store::want_edition(path, &digest.name, now)?,
        "the running daemon does not know the digest \"{}\" yet; reload it first",
        digest.name
    );
    note("The running daemon is asked to send it.");
    let edition = digest::wanted_id(digest, now);
    let (mut waited, mut left) = (0, usize::MAX);
    while waited < PATIENCE_S {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (wanted, undelivered) = store::look(path, |reader| {
            anyhow::Ok((reader.wanted_edition(&digest.name)?, reader.undelivered(&digest.name, &edition)?))
        })?;
        let is_untried = |one: &&Undelivered| one.is_open && one.answer.is_empty();
        let untried = undelivered.iter().filter(is_untried).count();
        if wanted != Some(now) && untried == 0 {
            break;
        }
        waited = if untried < left { 0 } else { waited + 1 };
        left = untried;
    }
    Ok(edition)
}

/// Prints how many deliveries of an edition succeeded, and each that did not.
///
/// # Errors
/// When a delivery has not succeeded, or when the daemon has not composed the edition yet.
fn report(config: &Config, digest: &str, edition: &str) -> anyhow::Result<()> {
    let (stored, wanted, delivered, undelivered) = store::look(&config.store.path, |reader| {
        anyhow::Ok((
            reader.edition(digest, edition)?,
            reader.wanted_edition(digest)?,
            reader.delivered(digest, edition)?,
            reader.undelivered(digest, edition)?,
        ))
    })?;
    if stored.is_none() {
        anyhow::ensure!(
            wanted.is_none(),
            "the running daemon has not answered; it sends the edition when it can"
        );
        note(NO_NEWS);
        return Ok(());
    }
    let waiting = undelivered.iter().filter(|one| one.is_open).count();
    note(&format!("{delivered} delivered, {waiting} waiting, {} refused", undelivered.len() - waiting));
    for one in &undelivered {
        note(&told(one));
    }
    anyhow::ensure!(undelivered.is_empty(), "not everyone has got it");
    Ok(())
}

async fn send_trial(config: &Config, name: &str, to: &str) -> anyhow::Result<()> {
    anyhow::ensure!(config.mail.is_some(), "there is no [mail] in feeds.toml");
    let sent = app::send_trial(config, name, to, Clock::System.now()).await?;
    match sent.context(NO_NEWS)? {
        Sent::Accepted => {
            note("sent as a trial; its link leads to the editions of the digest, for it is none itself");
            Ok(())
        }
        Sent::Deferred(answer) | Sent::Unreachable(answer) | Sent::Refused(answer) => {
            anyhow::bail!("it was not taken: {answer}")
        }
    }
}

/// A line about a delivery that has not succeeded, with the server's answer. The address is masked, since what a
/// terminal shows may be logged.
pub(super) fn told(undelivered: &Undelivered) -> String {
    let next = if undelivered.is_open { "tried again by the daemon" } else { "not tried again" };
    let answer = if undelivered.answer.is_empty() { "not tried" } else { &undelivered.answer };
    format!("{}: {answer} ({next})", masked(&undelivered.recipient))
}

/// An address of which only the first letter and the domain are shown: "a…@example.org".
fn masked(recipient: &str) -> String {
    let address = bare_address(recipient);
    let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
    format!("{}…@{domain}", local.chars().next().map(String::from).unwrap_or_default())
}

/// The text of an edition as recipients will read it, with words in place of what differs for each: their address and
/// their link for unsubscribing.
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
    fn an_undelivered_mail_is_told_with_the_answer_and_a_masked_address() {
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
