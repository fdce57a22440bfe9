//! The state of one poll as it goes from redirect to redirect: where it is, what it may carry there, what it has seen.
//!
//! Redirects are followed by hand because three rules hang on each hop: credentials go to one origin only, validators
//! to one address only, and only an unbroken run of permanent redirects from the start moves a feed. Pure.

use super::{FetchFailure, FetchRequest, is_permanent, trouble};
use crate::coding;
use crate::model::{FailureKind, Validators};
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::collections::HashSet;
use url::Url;

/// The documents we can read, the best first. Some servers answer 406 to a list without `*/*`.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                      application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1";

/// The most cookies that one chain of redirects carries.
const COOKIES: usize = 16;
/// The longest cookie, in bytes (RFC 6265 §6.1).
const COOKIE_BYTES: usize = 4096;

/// Headers of the operator that say how to talk, not who talks: they go to every origin.
const HARMLESS: [HeaderName; 3] = [header::USER_AGENT, header::ACCEPT, header::ACCEPT_LANGUAGE];

/// Headers that the operator cannot set, because the poll would no longer be what we take it for.
const OURS: [HeaderName; 11] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::UPGRADE,
    header::RANGE,
    header::ACCEPT_ENCODING,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_RANGE,
];

pub(super) struct Chain {
    /// Where the poll is: http or https, without name and password, without fragment.
    url: Url,
    harmless: HeaderMap,
    /// Headers that may prove who we are; emptied when the poll leaves the feed's origin.
    secret: HeaderMap,
    /// Name and password as they stood in the feed's address, for `permanent`; cleared with `secret`.
    userinfo: Option<(String, Option<String>)>,
    cookies: Vec<Cookie>,
    seen: HashSet<String>,
    permanent: Option<String>,
    only_permanent: bool,
}

/// A cookie that lives as long as its chain, and goes back to no host but the one that set it.
struct Cookie {
    host: String,
    secure: bool,
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Chain {
    /// A chain that stands at the feed's own address. Fails when the address or one of the headers is unusable.
    pub(super) fn start(request: &FetchRequest<'_>) -> Result<Self, FetchFailure> {
        let unusable = |what: String| FetchFailure::new(FailureKind::Address, what);
        let mut url = Url::parse(request.url)
            .map_err(|error| unusable(format!("the feed's address cannot be read: {error}")))?;
        check_scheme(&url).map_err(unusable)?;
        let userinfo = take_userinfo(&mut url);
        url.set_fragment(None);

        let (mut harmless, mut secret) = (HeaderMap::new(), HeaderMap::new());
        harmless.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
        harmless.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(coding::ACCEPTED));
        if let Some((name, password)) = &userinfo {
            secret.insert(header::AUTHORIZATION, basic_auth(name, password.as_deref()));
        }
        for (name, value) in request.headers {
            let bad = || unusable(format!("the header {name:?} of this feed is not a valid HTTP header"));
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
            let mut value = HeaderValue::from_str(value).map_err(|_| bad())?;
            if HARMLESS.contains(&header) {
                harmless.insert(header, value);
            } else if !OURS.contains(&header) {
                value.set_sensitive(true);
                secret.insert(header, value);
            }
        }
        let seen = HashSet::from([url.to_string()]);
        Ok(Self {
            url,
            harmless,
            secret,
            userinfo,
            cookies: Vec::new(),
            seen,
            permanent: None,
            only_permanent: true,
        })
    }

    /// Where the poll is now.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Where the permanent redirects lead that came before any other.
    pub(super) fn permanent(&self) -> Option<String> {
        self.permanent.clone()
    }

    /// The headers for the request to `url`, and whether they make it conditional. Validators are opaque and mean
    /// something to the address that gave them only (RFC 9110 §8.8, §13.1).
    pub(super) fn headers(&self, validators: &Validators) -> (HeaderMap, bool) {
        let mut headers = self.harmless.clone();
        headers.extend(self.secret.clone());
        if let Some(cookies) = self.cookie_header() {
            headers.insert(header::COOKIE, cookies);
        }
        let mut conditional = false;
        if validators.url == self.url.as_str() {
            for (name, value) in [
                (header::IF_NONE_MATCH, &validators.etag),
                (header::IF_MODIFIED_SINCE, &validators.last_modified),
            ] {
                if let Some(value) = value.as_deref().and_then(|bytes| HeaderValue::from_bytes(bytes).ok()) {
                    headers.insert(name, value);
                    conditional = true;
                }
            }
        }
        (headers, conditional)
    }

    fn cookie_header(&self) -> Option<HeaderValue> {
        let host = self.url.host_str().unwrap_or_default();
        let mut pairs: Vec<u8> =
            self.secret.get(header::COOKIE).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
        for cookie in &self.cookies {
            if cookie.host == host && (!cookie.secure || self.url.scheme() == "https") {
                if !pairs.is_empty() {
                    pairs.extend_from_slice(b"; ");
                }
                pairs.extend_from_slice(&cookie.name);
                pairs.push(b'=');
                pairs.extend_from_slice(&cookie.value);
            }
        }
        if pairs.is_empty() {
            return None;
        }
        let mut value = HeaderValue::from_bytes(&pairs).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Remembers the cookies of an answer for the rest of this chain: some publishers answer with a cookie and a
    /// redirect to the same address, for ever if the cookie does not come back. No cookie outlives the poll.
    pub(super) fn take_cookies(&mut self, headers: &HeaderMap) {
        let host = self.url.host_str().unwrap_or_default().to_owned();
        for line in headers.get_all(header::SET_COOKIE) {
            let mut parts = line.as_bytes().split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
            let pair = parts.next().unwrap_or_default();
            let Some(equals) = pair.iter().position(|&byte| byte == b'=') else { continue };
            let (name, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
            if name.is_empty() || pair.len() > COOKIE_BYTES {
                continue;
            }
            let secure = parts.any(|part| part.eq_ignore_ascii_case(b"secure"));
            let known = self.cookies.iter().position(|c| c.host == host && c.name == name);
            let changed = match known {
                Some(at) => {
                    self.cookies[at].secure = secure;
                    let before = std::mem::replace(&mut self.cookies[at].value, value.to_vec());
                    before != value
                }
                None if self.cookies.len() < COOKIES => {
                    let (name, value) = (name.to_vec(), value.to_vec());
                    self.cookies.push(Cookie { host: host.clone(), secure, name, value });
                    true
                }
                None => false,
            };
            if changed {
                // With another cookie the same address may give another answer: that is no circle yet.
                self.seen.clear();
            }
        }
    }

    /// Goes where a redirect points (RFC 9110 §15.4), and lays down what must not go along.
    pub(super) fn redirect(
        &mut self,
        status: StatusCode,
        location: Option<&HeaderValue>,
    ) -> Result<(), FetchFailure> {
        let here = trouble::shown(&self.url);
        let wrong = |what: &str| FetchFailure {
            status: Some(status.as_u16()),
            ..FetchFailure::new(FailureKind::Redirect, format!("{here} {what}"))
        };
        let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
        let Some(location) = location.filter(|location| !location.is_empty()) else {
            return Err(wrong("redirects without saying where to"));
        };
        let mut next =
            self.url.join(&location).map_err(|_| wrong("redirects to an address that cannot be read"))?;
        check_scheme(&next).map_err(|_| wrong("redirects to something that is not on the web"))?;
        // A password that a server puts into a redirect is not the operator's.
        take_userinfo(&mut next);
        next.set_fragment(None);

        if !self.secret.is_empty() && !may_carry_secrets(&self.url, &next) {
            let downgraded = self.url.host() == next.host() && next.scheme() == "http";
            if downgraded && self.url.scheme() == "https" {
                return Err(wrong("redirects to plain http, where the feed's credentials would be readable"));
            }
            self.secret.clear();
            self.userinfo = None;
        }
        self.url = next;
        if !self.seen.insert(self.url.to_string()) {
            return Err(wrong("redirects in a circle"));
        }
        self.only_permanent &= is_permanent(status);
        if self.only_permanent {
            let mut target = self.url.clone();
            if let Some((name, password)) = &self.userinfo {
                // Setting them fails only for addresses without a host, which http has not.
                let _ = target.set_username(name);
                let _ = target.set_password(password.as_deref());
            }
            self.permanent = Some(target.into());
        }
        Ok(())
    }
}

fn check_scheme(url: &Url) -> Result<(), String> {
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(()),
        other => Err(format!("the feed's address begins with \"{other}:\", which is neither http nor https")),
    }
}

/// The same origin, or its upgrade from http to https on the usual ports.
fn may_carry_secrets(from: &Url, to: &Url) -> bool {
    let upgrade = from.host() == to.host()
        && from.scheme() == "http"
        && to.scheme() == "https"
        && from.port().is_none()
        && to.port().is_none();
    from.origin() == to.origin() || upgrade
}

/// Takes name and password out of `url`; they come back still percent-encoded.
fn take_userinfo(url: &mut Url) -> Option<(String, Option<String>)> {
    let name = url.username().to_owned();
    let password = url.password().map(str::to_owned);
    // These fail only for addresses without a host, which have no userinfo either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    (!name.is_empty() || password.is_some()).then_some((name, password))
}

/// `Authorization: Basic` (RFC 7617), from a name and a password that are still percent-encoded.
fn basic_auth(name: &str, password: Option<&str>) -> HeaderValue {
    let mut plain = percent_decoded(name);
    plain.push(b':');
    plain.extend(percent_decoded(password.unwrap_or_default()));
    let text = format!("Basic {}", base64(&plain));
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Basic"));
    value.set_sensitive(true);
    value
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|&b| char::from(b).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if let (b'%', Some(high), Some(low)) = (byte, hex(at + 1), hex(at + 2)) {
            decoded.push((high * 16 + low) as u8);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    decoded
}

/// Base64 with padding (RFC 4648 §4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, i| bits << 8 | u32::from(group.get(i).copied().unwrap_or(0)));
        for place in 0..4 {
            let digit = char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]);
            text.push(if place <= group.len() { digit } else { '=' });
        }
    }
    text
}
