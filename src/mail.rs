//! Mail out: one message to one recipient over SMTP.
//!
//! It knows how a delivery becomes a message and what a server's answer means; it must not know when or what to send.
//! Addresses of recipients are never logged.

mod dkim;

pub use dkim::{KeyError, Signer};

use crate::model::{Delivery, EditionText, MailSettings};
use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How long a server may take for one command. The whole of a sending is bounded by [`SEND_LIMIT`].
const COMMAND_LIMIT: Duration = Duration::from_secs(20);

/// How long one sending may take, so that shutting down and other recipients do not wait for a dead server.
const SEND_LIMIT: Duration = Duration::from_mins(1);

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The server has accepted it: it is the server's now.
    Accepted,
    /// Not now; try again. What the server or the network said.
    Deferred(String),
    /// Never; what the server said.
    Refused(String),
}

/// Messages kept in memory, and what is to be answered instead of accepting them; for tests.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    /// Every message accepted, as it would go over the wire.
    pub messages: Arc<Mutex<Vec<String>>>,
    /// While set, nothing is accepted.
    pub answer: Arc<Mutex<Option<Sent>>>,
}

/// Sends mail in the operator's name.
#[derive(Debug, Clone)]
pub struct Mailer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    signer: Option<Signer>,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Memory(Outbox),
}

/// Why mail cannot be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The server's address cannot be used.
    #[error(
        "[mail] smtp: {0}; write it as \"smtp://user@mail.example:587\" or \"smtps://user@mail.example\""
    )]
    Server(String),
    /// A sender's address cannot be used.
    #[error("[mail] {key}: \"{value}\" is not a mail address")]
    Address {
        /// Which key.
        key: &'static str,
        /// What it says.
        value: String,
    },
    /// The private key cannot sign.
    #[error("[mail] dkim_selector: the key in TIDINGS_DKIM_KEY or the credential dkim-key cannot sign: {0}")]
    Key(#[from] KeyError),
}

impl Mailer {
    /// A mailer for the server of `settings`; connects only when there is something to send.
    ///
    /// `smtps://` speaks TLS from the start (RFC 8314). `smtp://` takes STARTTLS when the server offers it, and insists on
    /// it before it sends a password to any host but this one.
    pub fn smtp(settings: &MailSettings) -> Result<Self, MailError> {
        let server = |error: &dyn std::fmt::Display| MailError::Server(error.to_string());
        let url = url::Url::parse(&settings.smtp).map_err(|error| server(&error))?;
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
            // A connection that idles is closed by the server between two editions anyway.
            .pool_config(PoolConfig::new().max_size(1).idle_timeout(Duration::from_secs(5)));
        if let Some(password) = &settings.password {
            let user = match url.username() {
                "" => mailbox("from", &settings.from)?.email.to_string(),
                // A user name is often an address, whose @ is written as %40 in a URL.
                user => user.replace("%40", "@"),
            };
            builder = builder.credentials(Credentials::new(user, password.clone()));
        }
        Self::over(settings, Way::Smtp(builder.build()))
    }

    /// A mailer that keeps what it is given, for tests.
    pub fn memory(settings: &MailSettings, outbox: Outbox) -> Result<Self, MailError> {
        Self::over(settings, Way::Memory(outbox))
    }

    fn over(settings: &MailSettings, way: Way) -> Result<Self, MailError> {
        let from = mailbox("from", &settings.from)?;
        let reply_to = settings.reply_to.as_ref().map(|to| mailbox("reply_to", to)).transpose()?;
        Ok(Self { signer: signer(settings)?, from, reply_to, way })
    }

    /// Sends one delivery. `leave_url` is where one click ends the subscription (RFC 8058).
    pub async fn send(&self, delivery: &Delivery, leave_url: &str, now: Timestamp) -> Sent {
        let Ok(to) = delivery.recipient.parse::<Mailbox>() else {
            return Sent::Refused("the recipient's address cannot be used".to_owned());
        };
        let message = match self.message(delivery, to, leave_url, now) {
            Ok(message) => message,
            Err(error) => return Sent::Refused(format!("the message cannot be built: {error}")),
        };
        let bytes = self.signed(message.formatted(), now);
        match &self.way {
            Way::Smtp(transport) => {
                let sending = transport.send_raw(message.envelope(), &bytes);
                match tokio::time::timeout(SEND_LIMIT, sending).await {
                    Ok(Ok(_)) => Sent::Accepted,
                    Ok(Err(error)) if error.is_permanent() && !is_about_us(&error) => {
                        Sent::Refused(explain(&error))
                    }
                    Ok(Err(error)) => Sent::Deferred(explain(&error)),
                    Err(_) => Sent::Deferred("the server took too long".to_owned()),
                }
            }
            Way::Memory(outbox) => {
                if let Some(answer) = outbox.answer.lock().unwrap_or_else(PoisonError::into_inner).clone() {
                    return answer;
                }
                let text = String::from_utf8_lossy(&bytes).into_owned();
                outbox.messages.lock().unwrap_or_else(PoisonError::into_inner).push(text);
                Sent::Accepted
            }
        }
    }

    /// The message with its signature in front of it, when it is to have one. Unsigned it may still arrive, which is better than
    /// not to be sent.
    fn signed(&self, message: Vec<u8>, now: Timestamp) -> Vec<u8> {
        let Some(signature) = self.signer.as_ref().and_then(|signer| signer.sign(&message, now)) else {
            return message;
        };
        let mut signed = signature.into_bytes();
        signed.extend(message);
        signed
    }

    fn message(
        &self,
        delivery: &Delivery,
        to: Mailbox,
        leave_url: &str,
        now: Timestamp,
    ) -> Result<Message, lettre::error::Error> {
        let header = |name: &'static str, value: &str| {
            HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
        };
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_second().max(0) as u64);
        let address = to.email.to_string();
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .date(date)
            .message_id(Some(delivery.message_id.clone()))
            .subject(one_line(&delivery.words.subject))
            // RFC 3834: no vacation notice is wanted in answer; RFC 2919 and 8058: the list and the way out of it.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("List-Id", &list_id(delivery)))
            .raw_header(header("List-Unsubscribe", &format!("<{leave_url}>")))
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        // The address last, so that nothing in it is filled in.
        let part = |kind: ContentType, body: &str, address: &str| {
            let body = body.replace(EditionText::UNSUBSCRIBE, leave_url);
            SinglePart::builder().header(kind).body(body.replace(EditionText::RECIPIENT, address))
        };
        builder.multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, &delivery.words.text, &address))
                .singlepart(part(ContentType::TEXT_HTML, &delivery.words.html, &in_html(&address))),
        )
    }
}

/// What signs the messages, when something is to.
pub fn signer(settings: &MailSettings) -> Result<Option<Signer>, MailError> {
    let Some(dkim) = &settings.dkim else { return Ok(None) };
    let from = mailbox("from", &settings.from)?;
    Ok(Some(Signer::new(&dkim.key, from.email.domain(), &dkim.selector)?))
}

fn mailbox(key: &'static str, value: &str) -> Result<Mailbox, MailError> {
    value.parse().map_err(|_| MailError::Address { key, value: value.to_owned() })
}

/// Whether a permanent refusal is about us (a rotated password, a missing TLS, a command that the server does not know:
/// RFC 5321 §4.2.2, RFC 4954 §6), not about this recipient or message: that can be mended, so the mail waits.
fn is_about_us(error: &lettre::transport::smtp::Error) -> bool {
    error
        .status()
        .is_some_and(|code| matches!(u16::from(code), 500..=504 | 521 | 523 | 530 | 534 | 535 | 538))
}

/// What mail programs know a digest by (RFC 2919 §2), below the domain that its Message-IDs have. It is ASCII whatever the digest
/// is called.
fn list_id(delivery: &Delivery) -> String {
    let name = match url::Host::parse(&delivery.digest) {
        Ok(url::Host::Domain(name)) => name,
        _ => "digest".to_owned(),
    };
    let domain = delivery.message_id.trim_end_matches('>').rsplit('@').next().unwrap_or_default();
    format!("<{name}.digest.{domain}>")
}

/// An address as HTML says it.
fn in_html(address: &str) -> String {
    address.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What a server said, without addresses: servers repeat the recipient in their answers.
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
    let words: Vec<&str> =
        text.split_whitespace().map(|word| if word.contains('@') { "(address)" } else { word }).collect();
    crate::model::sentence(&words.join(" ")).chars().take(300).collect()
}

/// A subject comes from publishers: a line break in it would begin another header, and what looks like an encoded word
/// (RFC 2047 §2) would be read as one, were it not taken apart by a joiner that nobody sees.
fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.replace("=?", "=\u{2060}?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_is_no_header_and_no_encoded_word() {
        assert_eq!(one_line("Storm\r\nBcc: all@example.org"), "Storm  Bcc: all@example.org");
        assert!(!one_line("=?utf-8?B?SGVsbG8=?= says").contains("=?"));
    }

    #[test]
    fn a_list_is_named_in_ascii_below_the_domain_of_the_site() {
        let of = |digest: &str| {
            list_id(&Delivery {
                no: 1,
                digest: digest.to_owned(),
                edition: "2026-11-23".to_owned(),
                recipient: "ada@reader.example".to_owned(),
                message_id: "<abc@news.example>".to_owned(),
                token: String::new(),
                attempts: 1,
                words: EditionText { subject: String::new(), text: String::new(), html: String::new() },
            })
        };
        assert_eq!(of("morning"), "<morning.digest.news.example>");
        assert_eq!(of("küche"), "<xn--kche-0ra.digest.news.example>");
    }
}
