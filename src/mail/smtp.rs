//! Mail over SMTP: one connection, kept from mail to mail.
//!
//! It knows when a connection can carry another mail, and what a server's answer means for this one. It must not know what a message
//! says, nor what becomes of a delivery.

use super::{MailError, Sent, mailbox, without_addresses};
use crate::model::MailSettings;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use std::fmt;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long connecting may take. The whole of a sending is bounded by [`super::way::SEND_LIMIT`].
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// How long a server may take to say goodbye.
const QUIT_LIMIT: Duration = Duration::from_secs(2);

/// A mail server, and the connection to it while there is one.
pub(super) struct Server {
    host: String,
    port: u16,
    security: Tls,
    credentials: Option<Credentials>,
    /// How long one mail may take.
    pub(super) limit: Duration,
    connection: Mutex<Option<AsyncSmtpConnection>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Server {
    /// `smtps://` speaks TLS from the start (RFC 8314). `smtp://` takes STARTTLS when the server offers it, and insists on it before
    /// it sends a password to any host but this one.
    pub(super) fn of(address: &str, settings: &MailSettings, limit: Duration) -> Result<Self, MailError> {
        let server = |error: &dyn fmt::Display| MailError::Server(error.to_string());
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
        let mut credentials = None;
        if let Some(password) = &settings.password {
            let user = match url.username() {
                "" => mailbox("from", &settings.from)?.email.to_string(),
                // A user name is often an address, whose @ is written as %40 in a URL.
                user => user.replace("%40", "@"),
            };
            credentials = Some(Credentials::new(user, password.clone()));
        }
        let (host, port) = (host.to_owned(), url.port().unwrap_or(port));
        Ok(Self { host, port, security, credentials, limit, connection: Mutex::new(None) })
    }

    /// Sends a message, over the connection that the last one has left if it still works.
    pub(super) async fn send(&self, envelope: &Envelope, message: &[u8]) -> Sent {
        let mut kept = self.connection.lock().await;
        // The connection is taken out, and put back only when every answer has been read. Otherwise an answer that
        // comes too late would be taken for the answer to the next mail.
        let last = kept.take();
        let sending = async {
            let mut connection = match self.connection(last).await {
                Ok(connection) => connection,
                Err(error) => return Err(Sent::Unreachable(explain(&error))),
            };
            let sent = transact(&mut connection, envelope, message).await;
            let is_ready = match &sent {
                Ok(_) => true,
                Err(error) => error.status().is_some() && connection.command(Rset).await.is_ok(),
            };
            Ok((sent, is_ready.then_some(connection)))
        };
        let sent = match tokio::time::timeout(self.limit, sending).await {
            Ok(Ok((sent, connection))) => {
                *kept = connection;
                sent
            }
            Ok(Err(unreachable)) => return unreachable,
            Err(_) => return Sent::Deferred("the server took too long".to_owned()),
        };
        match sent {
            Ok(sent) => sent,
            Err(error) if error.is_permanent() && !is_about_us(&error) => Sent::Refused(explain(&error)),
            Err(error) => Sent::Deferred(explain(&error)),
        }
    }

    /// Closes the connection, when there is nothing more to send for now.
    pub(super) async fn hang_up(&self) {
        if let Some(mut connection) = self.connection.lock().await.take() {
            let _ = tokio::time::timeout(QUIT_LIMIT, connection.quit()).await;
        }
    }

    async fn connection(&self, last: Option<AsyncSmtpConnection>) -> Result<AsyncSmtpConnection, Error> {
        if let Some(mut connection) = last
            && connection.test_connected().await
        {
            return Ok(connection);
        }
        let (server, hello) = ((self.host.as_str(), self.port), ClientId::default());
        let from_start = match &self.security {
            Tls::Wrapper(tls) => Some(tls.clone()),
            _ => None,
        };
        let limit = Some(CONNECT_LIMIT.min(self.limit));
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, limit, &hello, from_start, None).await?;
        match &self.security {
            Tls::Required(tls) => connection.starttls(tls.clone(), &hello).await?,
            Tls::Opportunistic(tls) if connection.can_starttls() => {
                connection.starttls(tls.clone(), &hello).await?;
            }
            _ => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// One mail (RFC 5321 §3.3). An error that has a status is the server's answer, after which the connection can go on.
async fn transact(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<Sent, Error> {
    let mut options = Vec::new();
    if !envelope.to().iter().chain(envelope.from()).all(|address| address.to_string().is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Ok(Sent::Deferred("the server takes no address with letters outside ASCII".to_owned()));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !message.is_ascii() {
        if !connection.server_info().supports_feature(Extension::EightBitMime) {
            return Ok(Sent::Deferred("the server takes no message outside ASCII".to_owned()));
        }
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection.command(Mail::new(envelope.from().cloned(), options)).await?;
    for to in envelope.to() {
        connection.command(Rcpt::new(to.clone(), Vec::new())).await?;
    }
    connection.command(Data).await?;
    connection.message(message).await?;
    Ok(Sent::Accepted)
}

/// Whether a permanent refusal is about us (a rotated password, a missing TLS, a command that the server does not know:
/// RFC 5321 §4.2.2, RFC 4954 §6), not about this recipient or message: that can be mended, so the mail waits.
fn is_about_us(error: &Error) -> bool {
    error
        .status()
        .is_some_and(|code| matches!(u16::from(code), 500..=504 | 521 | 523 | 530 | 534 | 535 | 538))
}

/// What a server said.
fn explain(error: &Error) -> String {
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
