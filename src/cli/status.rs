//! `tidings status`: prints the health of the daemon, the digests and every feed, in words or as JSON. It only reads:
//! from the store, and from the daemon's `/healthz`.

use super::{Globals, counted, print};
use crate::clock::Clock;
use crate::config::Config;
use crate::model::{FeedView, digest_of_segment, shown_url};
use crate::schedule::moves;
use crate::store::{self, Reader};
use jiff::Timestamp;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long to wait for each step of asking the daemon: to connect, to write, to read.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much of the daemon's answer is read, in bytes.
const ANSWER_BYTES: u64 = 16 * 1024;

/// How many undelivered mails of a digest are listed one by one; more are counted.
const UNDELIVERED: usize = 20;

/// Show the health of every feed
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  tidings status
  tidings status --json | jq 'select(.failures > 0)'")]
pub(crate) struct StatusArgs {
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Also ask the DNS whether it has what mailbox providers want of whoever sends mail: SPF, DKIM and DMARC
    #[arg(long, conflicts_with = "json")]
    pub(crate) dns: bool,
}

/// Prints what the store knows of every feed; works beside a running daemon.
pub(crate) fn run(args: &StatusArgs, globals: &Globals) -> anyhow::Result<()> {
    let config = globals.load()?;
    let (feeds, totals, deliveries, undelivered) = store::look(&config.store.path, |reader| {
        let undelivered = undelivered(&config, reader)?;
        let deliveries = (reader.delivery_counts()?, reader.recipient_counts()?);
        anyhow::Ok((reader.feeds()?, reader.totals()?, deliveries, undelivered))
    })?;
    let mut out = String::new();
    if args.json {
        for feed in &feeds {
            writeln!(out, "{}", as_json(feed, &feeds))?;
        }
        return Ok(print(&out)?);
    }
    writeln!(out, "{}", daemon(config.site.listen))?;
    let failing = feeds.iter().filter(|feed| feed.state.failure.is_some()).count();
    writeln!(
        out,
        "{}, {failing} failing; {}, {}, {}",
        counted(feeds.len(), "feed", "feeds"),
        counted(totals.entries as usize, "entry", "entries"),
        counted(totals.stories as usize, "story", "stories"),
        counted(totals.topics as usize, "topic", "topics"),
    )?;
    let ((open, sent, refused), (left, unreachable)) = deliveries;
    if open + sent + refused > 0 {
        writeln!(out, "digest mail: {sent} delivered, {open} waiting, {refused} refused")?;
        out += &undelivered;
        if left + unreachable > 0 {
            let left = counted(left as usize, "recipient has left", "recipients have left");
            writeln!(
                out,
                "  {left}, {unreachable} get no more for their mail was refused; see `tidings recipients`"
            )?;
        }
    }
    if args.dns {
        out += &super::check::records(&config)?;
    }
    // Failing feeds first, since they need attention.
    for feed in feeds.iter().filter(|f| f.state.failure.is_some()) {
        describe(&mut out, feed, &feeds)?;
    }
    for feed in feeds.iter().filter(|f| f.state.failure.is_none()) {
        describe(&mut out, feed, &feeds)?;
    }
    Ok(print(&out)?)
}

/// A line for each mail of each digest's last edition that was tried in vain, with the server's answer. The last editions
/// of the digest's segments are included.
fn undelivered(config: &Config, reader: &Reader<'_>) -> anyhow::Result<String> {
    let mut out = String::new();
    for digest in &config.digests {
        let Some(edition) = reader.editions(&digest.name, 1)?.into_iter().next() else { continue };
        let mut tried = reader.undelivered(&digest.name, &edition.id)?;
        let segments = reader.segments()?;
        for segment in segments.iter().filter(|segment| digest_of_segment(segment) == digest.name) {
            if let Some(last) = reader.editions(segment, 1)?.first() {
                tried.extend(reader.undelivered(segment, &last.id)?);
            }
        }
        let tried: Vec<_> = tried.iter().filter(|one| !one.answer.is_empty()).collect();
        for one in tried.iter().take(UNDELIVERED) {
            writeln!(out, "  {}, edition {}: {}", digest.name, edition.id, super::digest::told(one))?;
        }
        if let Some(more) = tried.len().checked_sub(UNDELIVERED).filter(|more| *more > 0) {
            writeln!(out, "  {}, edition {}: and {more} more", digest.name, edition.id)?;
        }
    }
    Ok(out)
}

/// The daemon's own account of its health. It is asked over HTTP, because a daemon whose disk is full cannot write
/// anything into the store.
fn daemon(listen: SocketAddr) -> String {
    match health(listen) {
        Ok(said) => format!("daemon: {said}"),
        Err(error) => format!("daemon: does not answer at {listen} ({error})"),
    }
}

/// The body of the answer to `/healthz` at this address; an unspecified address (`0.0.0.0`) is asked on loopback.
fn health(mut listen: SocketAddr) -> io::Result<String> {
    if listen.ip().is_unspecified() {
        let loopback = if listen.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        listen.set_ip(loopback);
    }
    let mut stream = TcpStream::connect_timeout(&listen, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES).read_to_string(&mut answer)?;
    let said = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body.trim());
    Ok(said.to_owned())
}

fn describe(out: &mut String, feed: &FeedView, all: &[FeedView]) -> std::fmt::Result {
    let state = &feed.state;
    let title = feed.name.as_deref().or(state.title.as_deref()).unwrap_or("(no title yet)");
    writeln!(out, "\n{title}\n  {}", shown_url(&state.url))?;
    match (&state.failure, state.read_at) {
        (Some(failure), _) => writeln!(
            out,
            "  FAILING ({}, {}): {}",
            failure.kind.as_str(),
            counted(state.failures as usize, "time", "times"),
            failure.detail
        )?,
        (None, Some(_)) => writeln!(out, "  works; {}", counted(feed.entries as usize, "entry", "entries"))?,
        (None, None) => writeln!(out, "  not polled yet")?,
    }
    let time = |time: Option<Timestamp>| time.map_or_else(|| "never".to_owned(), |time| time.to_string());
    writeln!(
        out,
        "  last read {}, last new or changed entry {}, next poll {}",
        time(state.read_at),
        time(state.changed_at),
        state.next_poll_at
    )?;
    if let Some(host) = &state.habits.held_by {
        writeln!(out, "  waits: {host} has asked to be left alone, for all its feeds")?;
    }
    if let Some(until) = state.habits.pushed_until {
        writeln!(out, "  its hub pushes what is new, as agreed until {until}")?;
    }
    if let Some(to) = moves::settled(state, Clock::System.now()) {
        writeln!(out, "  has moved for good to {0}; write url = \"{0}\" in feeds.toml", shown_url(to))?;
    }
    for twin in twins(feed, all) {
        writeln!(out, "  ends at the same address as {twin}; one of the two can go")?;
    }
    if let Some(remark) = &state.note {
        writeln!(out, "  note: {remark}")?;
    }
    Ok(())
}

/// Addresses of other feeds that redirect to the same final address, without their secrets.
fn twins(feed: &FeedView, all: &[FeedView]) -> Vec<String> {
    moves::twins(&feed.state, all.iter().map(|feed| &feed.state)).into_iter().map(shown_url).collect()
}

fn as_json(feed: &FeedView, all: &[FeedView]) -> serde_json::Value {
    let state = &feed.state;
    json!({
        "url": shown_url(&state.url),
        "title": state.title,
        "name": feed.name,
        "entries": feed.entries,
        "added": state.added_at,
        "polled": state.polled_at,
        "read": state.read_at,
        "changed": state.changed_at,
        "next_poll": state.next_poll_at,
        "failures": state.failures,
        "failure": state.failure,
        "moved_to": moves::settled(state, Clock::System.now()).map(shown_url),
        "held_by": state.habits.held_by,
        "pushed_until": state.habits.pushed_until,
        "same_as": twins(feed, all),
        "note": state.note,
    })
}
