//! Mail transports: over SMTP, into a maildir, to a program such as sendmail.
//!
//! It knows what an answer means for a delivery: accepted, to be tried again, refused for good. It must not know what a message says,
//! nor what becomes of a delivery.

use super::smtp::Server;
use super::{MailError, Outbox, Sent, without_addresses};
use crate::model::{MailSettings, MailWay};
use lettre::address::Envelope;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// How long one sending may take, so that shutting down and other recipients do not wait for a dead server.
pub(super) const SEND_LIMIT: Duration = Duration::from_mins(1);

/// What sendmail ends with when there is no such recipient: `EX_NOUSER` and `EX_NOHOST` of sysexits.h.
const NO_RECIPIENT: [i32; 2] = [67, 68];

/// One way out.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Smtp(Arc<Server>),
    Maildir(PathBuf),
    Sendmail(PathBuf),
    Memory(Outbox),
}

impl Way {
    /// The way that `settings` name.
    pub(super) fn of(settings: &MailSettings) -> Result<Self, MailError> {
        Ok(match &settings.way {
            MailWay::Smtp(server) => Self::Smtp(Arc::new(Server::of(server, settings, SEND_LIMIT)?)),
            MailWay::Maildir(folder) => Self::Maildir(folder.clone()),
            MailWay::Sendmail(program) => Self::Sendmail(program.clone()),
        })
    }

    /// Nothing more is handed over for now.
    pub(super) async fn rest(&self) {
        if let Self::Smtp(server) = self {
            server.hang_up().await;
        }
    }

    /// Hands a message over. `id` is its Message-ID.
    pub(super) async fn take(&self, envelope: &Envelope, id: &str, message: &[u8]) -> Sent {
        match self {
            Self::Smtp(server) => server.send(envelope, message).await,
            Self::Maildir(folder) => {
                let (folder, name, text) = (folder.clone(), file_name(id), local_lines(message));
                let shown = folder.display().to_string();
                match tokio::task::spawn_blocking(move || put(&folder, &name, &text)).await {
                    Ok(Ok(())) => Sent::Accepted,
                    Ok(Err(error)) => {
                        Sent::Deferred(format!("the maildir {shown} cannot be written: {error}"))
                    }
                    Err(_) => Sent::Deferred(format!("writing to the maildir {shown} ended early")),
                }
            }
            Self::Sendmail(program) => {
                let sending = pipe(program, envelope, message);
                tokio::time::timeout(SEND_LIMIT, sending)
                    .await
                    .unwrap_or_else(|_| Sent::Deferred(format!("{} took too long", program.display())))
            }
            Self::Memory(outbox) => {
                outbox.attempts.fetch_add(1, Ordering::Relaxed);
                if let Some(answer) = outbox.answer.lock().unwrap_or_else(PoisonError::into_inner).clone() {
                    return answer;
                }
                let text = String::from_utf8_lossy(message).into_owned();
                outbox.messages.lock().unwrap_or_else(PoisonError::into_inner).push(text);
                Sent::Accepted
            }
        }
    }
}

/// Puts a message into a maildir (<https://cr.yp.to/proto/maildir.html>): whole or not at all. The same message put again has the
/// same name, so that it is there once.
fn put(folder: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    let [tmp, new, cur] = ["tmp", "new", "cur"].map(|part| folder.join(part));
    for part in [&tmp, &new, &cur] {
        fs::create_dir_all(part)?;
    }
    let mut file = File::create(tmp.join(name))?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(tmp.join(name), new.join(name))?;
    File::open(&new)?.sync_all()
}

/// A file's name, made of a Message-ID.
fn file_name(id: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '@');
    let name: String = id.chars().filter(|c| is_plain(*c)).take(200).collect();
    name.trim_start_matches('.').to_owned()
}

/// A message with the line ends of files; on the wire they are CR and LF (RFC 5322 §2.1).
fn local_lines(message: &[u8]) -> Vec<u8> {
    let is_of_pair = |at: usize| message[at] == b'\r' && message.get(at + 1) == Some(&b'\n');
    (0..message.len()).filter(|at| !is_of_pair(*at)).map(|at| message[at]).collect()
}

/// Runs a program as sendmail is run, with the message as its input.
async fn pipe(program: &Path, envelope: &Envelope, message: &[u8]) -> Sent {
    let from = envelope.from().map(ToString::to_string).unwrap_or_default();
    let mut command = Command::new(program);
    // A line with a single dot does not end the message (-i), and what follows "--" is an address, whatever it begins with.
    command.args(["-i", "-f", &from, "--"]).args(envelope.to().iter().map(ToString::to_string));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let run = async {
        let mut child = command.spawn()?;
        let mut input = child.stdin.take();
        let text = local_lines(message);
        let write = async {
            // A write error alone says little: a program that stops reading reports the reason by its exit status.
            if let Some(input) = &mut input {
                let _ = input.write_all(&text).await;
            }
            drop(input);
        };
        let (output, ()) = tokio::join!(child.wait_with_output(), write);
        output
    };
    let output: io::Result<std::process::Output> = run.await;
    let shown = program.display();
    match output {
        Err(error) => Sent::Deferred(format!("{shown} cannot be run: {error}")),
        Ok(output) if output.status.success() => Sent::Accepted,
        Ok(output) => {
            let said = without_addresses(&String::from_utf8_lossy(&output.stderr));
            let code = output.status.code().unwrap_or(-1);
            let answer = format!("{shown} ended with {code}: {said}");
            if NO_RECIPIENT.contains(&code) { Sent::Refused(answer) } else { Sent::Deferred(answer) }
        }
    }
}

#[cfg(test)]
mod tests;
