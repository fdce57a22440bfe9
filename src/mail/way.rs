//! The ways on which a message goes out: over SMTP, into a maildir, to a program such as sendmail.
//!
//! It knows what an answer means for a delivery: accepted, to be tried again, refused for good. It must not know what a message says,
//! nor what becomes of a delivery.

use super::{MailError, Outbox, Sent, mailbox};
use crate::model::{MailSettings, MailWay, sentence};
use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// How long a server may take for one command. The whole of a sending is bounded by [`SEND_LIMIT`].
const COMMAND_LIMIT: Duration = Duration::from_secs(20);

/// How long one sending may take, so that shutting down and other recipients do not wait for a dead server.
const SEND_LIMIT: Duration = Duration::from_mins(1);

/// The most of an answer that is kept, in characters.
const ANSWER_CHARS: usize = 300;

/// What sendmail ends with when there is no such recipient: `EX_NOUSER` and `EX_NOHOST` of sysexits.h.
const NO_RECIPIENT: [i32; 2] = [67, 68];

/// One way out.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Maildir(PathBuf),
    Sendmail(PathBuf),
    Memory(Outbox),
}

impl Way {
    /// The way that `settings` name.
    pub(super) fn of(settings: &MailSettings) -> Result<Self, MailError> {
        Ok(match &settings.way {
            MailWay::Smtp(server) => Self::Smtp(smtp(server, settings)?),
            MailWay::Maildir(folder) => Self::Maildir(folder.clone()),
            MailWay::Sendmail(program) => Self::Sendmail(program.clone()),
        })
    }

    /// Hands a message over. `id` is its Message-ID.
    pub(super) async fn take(&self, envelope: &Envelope, id: &str, message: &[u8]) -> Sent {
        match self {
            Self::Smtp(transport) => {
                match tokio::time::timeout(SEND_LIMIT, transport.send_raw(envelope, message)).await {
                    Ok(Ok(_)) => Sent::Accepted,
                    Ok(Err(error)) if error.is_permanent() && !is_about_us(&error) => {
                        Sent::Refused(explain(&error))
                    }
                    Ok(Err(error)) => Sent::Deferred(explain(&error)),
                    Err(_) => Sent::Deferred("the server took too long".to_owned()),
                }
            }
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

/// `smtps://` speaks TLS from the start (RFC 8314). `smtp://` takes STARTTLS when the server offers it, and insists on it before
/// it sends a password to any host but this one.
fn smtp(address: &str, settings: &MailSettings) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
    let server = |error: &dyn std::fmt::Display| MailError::Server(error.to_string());
    let url = url::Url::parse(address).map_err(|error| server(&error))?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| server(&"no host"))?;
    let local = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let tls = || TlsParameters::new(host.to_owned()).map_err(|error| server(&error));
    let (security, port) = match url.scheme() {
        "smtps" => (Tls::Wrapper(tls()?), 465),
        "smtp" if local => (Tls::None, 25),
        "smtp" if settings.password.is_some() => (Tls::Required(tls()?), 587),
        "smtp" => (Tls::Opportunistic(tls()?), 25),
        other => return Err(server(&format!("\"{other}\" is no mail protocol"))),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(url.port().unwrap_or(port))
        .tls(security)
        .timeout(Some(COMMAND_LIMIT))
        // One connection carries all mails of an edition. One that idles is closed by the server between two editions anyway.
        .pool_config(PoolConfig::new().max_size(1).idle_timeout(Duration::from_secs(5)));
    if let Some(password) = &settings.password {
        let user = match url.username() {
            "" => mailbox("from", &settings.from)?.email.to_string(),
            // A user name is often an address, whose @ is written as %40 in a URL.
            user => user.replace("%40", "@"),
        };
        builder = builder.credentials(Credentials::new(user, password.clone()));
    }
    Ok(builder.build())
}

/// Puts a message into a maildir (<https://cr.yp.to/proto/maildir.html>): whole or not at all. The same message put again has the
/// same name, so that it is there once.
fn put(folder: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    let [tmp, new, _] = ["tmp", "new", "cur"].map(|part| folder.join(part));
    for part in ["tmp", "new", "cur"] {
        fs::create_dir_all(folder.join(part))?;
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
            // A program that does not read to the end says why by how it ends.
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

/// Whether a permanent refusal is about us (a rotated password, a missing TLS, a command that the server does not know:
/// RFC 5321 §4.2.2, RFC 4954 §6), not about this recipient or message: that can be mended, so the mail waits.
fn is_about_us(error: &lettre::transport::smtp::Error) -> bool {
    error
        .status()
        .is_some_and(|code| matches!(u16::from(code), 500..=504 | 521 | 523 | 530 | 534 | 535 | 538))
}

/// What a server said.
fn explain(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let words = inner.to_string();
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
        source = inner.source();
    }
    without_addresses(&text)
}

/// An answer without addresses, which servers repeat in it.
fn without_addresses(answer: &str) -> String {
    let words: Vec<&str> =
        answer.split_whitespace().map(|word| if word.contains('@') { "(address)" } else { word }).collect();
    sentence(&words.join(" ")).chars().take(ANSWER_CHARS).collect()
}

#[cfg(test)]
mod tests;
