//! Mail out: one message to one recipient.
//!
//! It knows how a delivery becomes a message and what the answer of whoever takes it means; it must not know when or what to send.
//! Addresses of recipients are never logged.

mod dkim;
pub mod dns;
mod smtp;
mod way;

pub use dkim::{KeyError, Signer};

use crate::model::{Delivery, EditionText, MailSettings, digest_of_segment, sentence};
use jiff::Timestamp;
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use way::Way;

/// The most of an answer that is kept, in characters.
const ANSWER_CHARS: usize = 300;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The server has accepted it: it is the server's now.
    Accepted,
    /// Not now; try again. What the server or the network said.
    Deferred(String),
    /// Not now, and no other mail either: the server cannot be reached.
    Unreachable(String),
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
    /// How many messages were handed over, accepted or not.
    pub attempts: Arc<AtomicUsize>,
}

/// Sends mail in the operator's name.
#[derive(Debug, Clone)]
pub struct Mailer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    signer: Option<Signer>,
    pause: Duration,
    way: Way,
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
    /// A mailer that hands mail over as `settings` say; connects only when there is something to send.
    pub fn new(settings: &MailSettings) -> Result<Self, MailError> {
        Self::over(settings, Way::of(settings)?)
    }

    /// A mailer that keeps what it is given, for tests.
    pub fn memory(settings: &MailSettings, outbox: Outbox) -> Result<Self, MailError> {
        Self::over(settings, Way::Memory(outbox))
    }

    fn over(settings: &MailSettings, way: Way) -> Result<Self, MailError> {
        let from = mailbox("from", &settings.from)?;
        let reply_to = settings.reply_to.as_ref().map(|to| mailbox("reply_to", to)).transpose()?;
        let pause = settings.per_minute.map_or(Duration::ZERO, |mails| Duration::from_mins(1) / mails.max(1));
        Ok(Self { signer: signer(settings)?, from, reply_to, pause, way })
    }

    /// How long to wait after a mail before the next is sent.
    pub fn pause(&self) -> Duration {
        self.pause
    }

    /// Call this when nothing more is to be sent for now: the connection is closed at once, instead of waiting for
    /// the server to time out.
    pub async fn rest(&self) {
        self.way.rest().await;
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
        self.way.take(message.envelope(), &delivery.message_id, &bytes).await
    }

    /// Sends a mail of plain text alone, which belongs to no list. `id` is its Message-ID.
    pub async fn send_plain(&self, to: &str, id: &str, subject: &str, text: &str, now: Timestamp) -> Sent {
        let Ok(to) = to.parse::<Mailbox>() else {
            return Sent::Refused("the recipient's address cannot be used".to_owned());
        };
        let message = self.begun(to, id, subject, now).header(ContentType::TEXT_PLAIN).body(text.to_owned());
        match message {
            Ok(message) => {
                let bytes = self.signed(message.formatted(), now);
                self.way.take(message.envelope(), id, &bytes).await
            }
            Err(error) => Sent::Refused(format!("the message cannot be built: {error}")),
        }
    }

    /// What every message begins with. RFC 3834: no vacation notice is wanted in answer.
    fn begun(&self, to: Mailbox, id: &str, subject: &str, now: Timestamp) -> MessageBuilder {
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_second().max(0) as u64);
        let builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .date(date)
            .message_id(Some(id.to_owned()))
            .subject(one_line(subject))
            .raw_header(header("Auto-Submitted", "auto-generated"));
        match &self.reply_to {
            Some(reply_to) => builder.reply_to(reply_to.clone()),
            None => builder,
        }
    }

    /// The message with its DKIM signature, if one is configured. If signing fails, the message is sent unsigned,
    /// because it may still arrive.
    fn signed(&self, message: Vec<u8>, now: Timestamp) -> Vec<u8> {
        let Some(signature) = self.signer.as_ref().and_then(|signer| signer.sign(&message, now)) else {
            return message;
        };
        let mut signed = signature.into_bytes();
        signed.extend(message);
        signed
    }

    /// The value of `List-Unsubscribe` (RFC 2369 §3.2). Mail programs do not open an address without TLS. If the site
    /// has none, a mail to the operator comes first, who then runs `tidings recipients --leave`.
    fn ways_out(&self, digest: &str, leave_url: &str) -> String {
        if leave_url.starts_with("https://") {
            return format!("<{leave_url}>");
        }
        let operator = &self.reply_to.as_ref().unwrap_or(&self.from).email;
        let part = |text: &str| -> String {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte);
            text.bytes()
                .map(|b| if is_plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
                .collect()
        };
        let (to, subject) = (part(operator.as_ref()), part(&format!("Leave {digest}")));
        format!("<mailto:{to}?subject={subject}>, <{leave_url}>")
    }

    fn message(
        &self,
        delivery: &Delivery,
        to: Mailbox,
        leave_url: &str,
        now: Timestamp,
    ) -> Result<Message, lettre::error::Error> {
        let address = to.email.to_string();
        // RFC 2919, 2369 and 8058: the list and the ways out of it.
        let mut builder = self
            .begun(to, &delivery.message_id, &delivery.words.subject, now)
            .raw_header(header("List-Id", &list_id(delivery)))
            .raw_header(header(
                "List-Unsubscribe",
                &self.ways_out(digest_of_segment(&delivery.digest), leave_url),
            ));
        // RFC 8058 §3.1: one click is for https only.
        if leave_url.starts_with("https://") {
            builder = builder.raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        // The address is filled in last, so that placeholders in it are not replaced.
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

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The domain that mail is sent for: that of the From address.
pub fn domain(settings: &MailSettings) -> Result<String, MailError> {
    Ok(mailbox("from", &settings.from)?.email.domain().to_owned())
}

/// What signs the messages, when something is to.
pub fn signer(settings: &MailSettings) -> Result<Option<Signer>, MailError> {
    let Some(dkim) = &settings.dkim else { return Ok(None) };
    Ok(Some(Signer::new(&dkim.key, &domain(settings)?, &dkim.selector)?))
}

fn mailbox(key: &'static str, value: &str) -> Result<Mailbox, MailError> {
    value.parse().map_err(|_| MailError::Address { key, value: value.to_owned() })
}

/// The `List-Id` of a digest (RFC 2919 §2), below the domain of its Message-IDs. It is ASCII even if the name of the
/// digest is not.
fn list_id(delivery: &Delivery) -> String {
    let name = match url::Host::parse(digest_of_segment(&delivery.digest)) {
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

/// An answer without addresses, which servers repeat in it.
fn without_addresses(answer: &str) -> String {
    let words: Vec<&str> =
        answer.split_whitespace().map(|word| if word.contains('@') { "(address)" } else { word }).collect();
    sentence(&words.join(" ")).chars().take(ANSWER_CHARS).collect()
}

/// Makes a header value safe. A subject comes from publishers: a line break in it would begin another header (header
/// injection), and what looks like an encoded word (RFC 2047 §2) would be decoded. An invisible joiner breaks such
/// words.
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
                due_at: Timestamp::UNIX_EPOCH,
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
