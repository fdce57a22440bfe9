//! DKIM: a signature by which a receiver knows that the domain of the sender stands for a message (RFC 6376; Ed25519: RFC
//! 8463).
//!
//! Knows the bytes of a message and one private key; must not know servers, DNS or recipients. All headers that tell
//! a reader something are signed, among them both List-Unsubscribe headers (RFC 8058 §4), and the whole body. Both
//! are in relaxed canonicalization.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use std::fmt::Write as _;
use std::sync::Arc;

/// Headers that are signed when they are there. `from` is listed once more than it occurs, so that adding another
/// `From` breaks the signature (oversigning).
const SIGNED: [&str; 13] = [
    "from",
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "mime-version",
    "content-type",
];
/// Characters of base64 on one line of the header: a line is to have 78 (RFC 5322 §2.1.1).
const LINE: usize = 70;
/// The DER prefix of an RSA key as a SubjectPublicKeyInfo (RFC 8017 A.1, RFC 5280 §4.1.2.7): the algorithm
/// `rsaEncryption`.
const RSA_ENCRYPTION: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// Signs messages for a domain.
#[derive(Clone)]
pub struct Signer {
    domain: String,
    selector: String,
    key: Arc<Key>,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("record", &self.record().0).finish_non_exhaustive()
    }
}

/// Why a key cannot sign.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// There is no private key in it.
    #[error("it is no private key in PEM (\"-----BEGIN PRIVATE KEY-----\")")]
    NotPem,
    /// It is of a kind that DKIM does not know, too short, or damaged.
    #[error("it is neither an RSA key of 2048 bits or more nor an Ed25519 key")]
    Unfit,
}

impl Signer {
    /// A signer with the private key `pem`: RSA of 2048 to 8192 bits in PKCS #8 or PKCS #1, or Ed25519 in PKCS #8.
    pub fn new(pem: &str, domain: &str, selector: &str) -> Result<Self, KeyError> {
        let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::NotPem)? {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok().map(Key::Rsa),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                let ed25519 = || Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(Key::Ed25519);
                RsaKeyPair::from_pkcs8(der).ok().map(Key::Rsa).or_else(ed25519)
            }
            _ => None,
        };
        let key = Arc::new(key.ok_or(KeyError::Unfit)?);
        Ok(Self { domain: domain.to_lowercase(), selector: selector.to_owned(), key })
    }

    /// Name and text of the TXT record by which receivers know the key (RFC 6376 §3.6).
    pub fn record(&self) -> (String, String) {
        let (kind, public) = match &*self.key {
            Key::Rsa(key) => ("rsa", public_key_info(key.public().as_ref())),
            Key::Ed25519(key) => ("ed25519", key.public_key().as_ref().to_vec()),
        };
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        (name, format!("v=DKIM1; k={kind}; p={}", BASE64.encode(public)))
    }

    /// The `DKIM-Signature` header of a message, with the line break that ends it, to be put before the message. `None` if
    /// the message has no body or the key fails.
    pub fn sign(&self, message: &[u8], now: Timestamp) -> Option<String> {
        let (headers, body) = split(message)?;
        let (algorithm, body_hash) = (self.algorithm(), BASE64.encode(digest(&SHA256, &relaxed_body(body))));
        let mut rest = headers;
        let mut signed = String::new();
        let mut names = Vec::new();
        for name in SIGNED {
            // Of several of one name the last is taken first (§5.4.2); a name without a header says that there is none.
            let found = rest.iter().rposition(|header| header.name.eq_ignore_ascii_case(name));
            match found {
                Some(at) => signed.push_str(&rest.remove(at).relaxed()),
                None if name == "from" => {}
                None => continue,
            }
            names.push(name);
        }
        let mut header = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={}; s={}; t={};\r\n h={};\r\n bh={body_hash};\r\n b=",
            self.domain,
            self.selector,
            now.as_second(),
            folded(&names),
        );
        let own = Header { name: "DKIM-Signature", value: header.split_once(':')?.1.to_owned() };
        signed.push_str(own.relaxed().trim_end());
        let signature = BASE64.encode(self.signature(signed.as_bytes())?);
        for (at, c) in signature.chars().enumerate() {
            if at % LINE == 0 && at > 0 {
                header.push_str("\r\n ");
            }
            header.push(c);
        }
        header.push_str("\r\n");
        Some(header)
    }

    fn algorithm(&self) -> &'static str {
        match &*self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn signature(&self, signed: &[u8]) -> Option<Vec<u8>> {
        match &*self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut signature).ok()?;
                Some(signature)
            }
            // RFC 8463 §3: the hash is signed, not the text.
            Key::Ed25519(key) => Some(key.sign(digest(&SHA256, signed).as_ref()).as_ref().to_vec()),
        }
    }
}

/// One header of a message, its value as it stands there, folded lines and all.
struct Header<'m> {
    name: &'m str,
    value: String,
}

impl Header<'_> {
    /// RFC 6376 §3.4.2.
    fn relaxed(&self) -> String {
        let value: Vec<&str> = self.value.split_ascii_whitespace().collect();
        format!("{}:{}\r\n", self.name.trim_end().to_lowercase(), value.join(" "))
    }
}

/// The headers and the body of a message.
fn split(message: &[u8]) -> Option<(Vec<Header<'_>>, &[u8])> {
    let end = message.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = (std::str::from_utf8(&message[..end]).ok()?, &message[end + 4..]);
    let mut headers: Vec<Header<'_>> = Vec::new();
    for line in head.split("\r\n") {
        match headers.last_mut() {
            Some(header) if line.starts_with([' ', '\t']) => header.value.push_str(line),
            _ => {
                let (name, value) = line.split_once(':')?;
                headers.push(Header { name, value: value.to_owned() });
            }
        }
    }
    Some((headers, body))
}

/// RFC 6376 §3.4.4: white space within a line is one space, none ends a line, and no empty lines end the body.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len());
    let mut kept = 0;
    let mut rest = body;
    while !rest.is_empty() {
        let end = rest.windows(2).position(|bytes| bytes == b"\r\n");
        let (line, after) = end.map_or((rest, &rest[rest.len()..]), |end| (&rest[..end], &rest[end + 2..]));
        let before = relaxed.len();
        let mut has_space = false;
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                has_space = true;
                continue;
            }
            if std::mem::take(&mut has_space) {
                relaxed.push(b' ');
            }
            relaxed.push(*byte);
        }
        let is_empty = relaxed.len() == before;
        relaxed.extend(b"\r\n");
        if !is_empty {
            kept = relaxed.len();
        }
        rest = after;
    }
    relaxed.truncate(kept);
    relaxed
}

/// Names of headers, in lines that are not too long.
fn folded(names: &[&str]) -> String {
    let mut list = String::new();
    let mut width = 0;
    for (at, name) in names.iter().enumerate() {
        let break_before = width + name.len() > LINE;
        let _ = write!(
            list,
            "{}{}{name}",
            if at > 0 { ":" } else { "" },
            if break_before { "\r\n  " } else { "" }
        );
        width = if break_before { name.len() } else { width + name.len() + 1 };
    }
    list
}

/// A public RSA key as a SubjectPublicKeyInfo in DER, the form that receivers expect (RFC 6376 erratum 3017).
fn public_key_info(rsa_public_key: &[u8]) -> Vec<u8> {
    let bits = tagged(0x03, &[&[0], rsa_public_key]);
    tagged(0x30, &[&RSA_ENCRYPTION, &bits])
}

/// A DER value of a tag and its content.
fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let bytes = length.to_be_bytes();
    let used = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let mut value = vec![tag];
    if length >= 0x80 {
        value.push(0x80 | used.len() as u8);
    }
    value.extend(if used.is_empty() { &[0] } else { used });
    value.extend(parts.concat());
    value
}

#[cfg(test)]
mod tests;
