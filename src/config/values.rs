//! Single values of `feeds.toml`: durations, addresses, headers, recipients, zones. Each rule takes a text and gives
//! a value, or what is wrong and what to do. Knows nothing of tables and places.

use super::complaint::quoted;
use crate::model::{CategoryName, Language};
use jiff::tz::TimeZone;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;
use url::Url;

/// Why a value is refused, and what to write instead. Never holds the value of an address or a header, because it may
/// be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) what: String,
    pub(super) help: String,
}

fn wrong<T>(what: impl Into<String>, help: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { what: what.into(), help: help.into() })
}

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A duration as people write it: "30m", "1h30m", "2d"; larger units first.
pub(super) fn duration(text: &str) -> Result<Duration, Wrong> {
    let help = "write a number and d, h, m or s, such as \"30m\", \"1h30m\" or \"2d\"";
    let mut seconds: u64 = 0;
    let mut units = UNITS.iter();
    let mut rest = text.trim();
    if rest.is_empty() {
        return wrong("a duration is missing", help);
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let Some(unit) = tail.chars().next() else {
            return wrong(
                "the duration has no unit",
                format!("write \"{text}s\", \"{text}m\" or \"{text}h\""),
            );
        };
        let Ok(number) = number.parse::<u64>() else { return wrong("this is not a duration", help) };
        let Some((_, size)) = units.find(|(name, _)| *name == unit) else {
            return wrong("this is not a duration", help);
        };
        let Some(sum) = number.checked_mul(*size).and_then(|part| seconds.checked_add(part)) else {
            return wrong("the duration is too long", help);
        };
        seconds = sum;
        rest = &tail[unit.len_utf8()..];
    }
    Ok(Duration::from_secs(seconds))
}

/// A duration as [`duration`] reads it.
pub(super) fn duration_text(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    let mut out = String::new();
    for (name, size) in UNITS {
        if rest >= size {
            let _ = write!(out, "{}{name}", rest / size);
            rest %= size;
        }
    }
    if out.is_empty() { "0s".to_owned() } else { out }
}

/// A number of bytes as people write it: "500 KiB", "10 MiB".
pub(super) fn size(text: &str) -> Result<usize, Wrong> {
    let help = "write a whole number and KiB or MiB, such as \"500 KiB\" or \"20 MiB\"";
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim_start() {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "" if digits > 0 => {
            return wrong("the size has no unit", format!("write \"{text} MiB\" or \"{text} KiB\""));
        }
        _ => return wrong("this is not a size", help),
    };
    let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
    bytes.map_or_else(|| wrong("this is not a size", help), Ok)
}

/// A size as [`size`] reads it.
pub(super) fn size_text(bytes: usize) -> String {
    if bytes.is_multiple_of(1 << 20) {
        format!("{} MiB", bytes >> 20)
    } else {
        format!("{} KiB", bytes >> 10)
    }
}

/// The address of a feed: http or https, with a host. The fragment, which is never sent, is dropped.
pub(super) fn feed_url(text: &str) -> Result<Url, Wrong> {
    let mut url = web_url(text)?;
    url.set_fragment(None);
    Ok(url)
}

/// The site's public address, without a slash at its end.
pub(super) fn site_url(text: &str) -> Result<String, Wrong> {
    let url = web_url(text)?;
    if has_userinfo(&url) || url.query().is_some() || url.fragment().is_some() {
        return wrong(
            "the site's address has a user, a `?` or a `#`",
            "write only the beginning that every page shares, such as \"https://news.example.org\"",
        );
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn web_url(text: &str) -> Result<Url, Wrong> {
    let https = "write an address that begins with https:// or http://";
    if text.trim().is_empty() {
        return wrong("the address is empty", https);
    }
    if text.chars().count() > 2000 {
        return wrong("the address is longer than 2000 characters", "look for a shorter one");
    }
    let url = match Url::parse(text.trim()) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return wrong("the address does not say how to get there", "put https:// before it");
        }
        Err(error) => return wrong(format!("this is not an address: {error}"), https),
    };
    match url.scheme() {
        "http" | "https" => {}
        "feed" => {
            return wrong("feed: is a hint for browsers, not an address", "write https:// instead of feed:");
        }
        // `example.org:8080/feed` is read as a scheme.
        scheme if scheme.contains('.') || scheme == "localhost" => {
            return wrong("the address does not say how to get there", "put https:// before it");
        }
        scheme => return wrong(format!("{scheme}: is not http or https"), https),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return wrong("the address names no host", https);
    }
    Ok(url)
}

/// The key by which two addresses are the same feed: everything but the scheme. The same feed by http and by https
/// would be polled twice for nothing.
pub(super) fn feed_key(url: &Url) -> String {
    url.as_str().trim_start_matches(url.scheme()).to_owned()
}

/// What addresses have in common that lead to one feed in all likelihood: scheme, `www.` and a slash at the end make no
/// difference.
pub(super) fn end_key(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let (user, password) = (url.username(), url.password().unwrap_or_default());
    let (path, query) = (url.path().trim_end_matches('/'), url.query().unwrap_or_default());
    format!("{user}:{password}@{host}:{:?}{path}?{query}", url.port())
}

/// Whether the address carries a user or a password.
pub(super) fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The query key that looks like a secret, if there is one.
pub(super) fn secret_query_key(url: &Url) -> Option<String> {
    const SECRETS: [&str; 17] = [
        "token",
        "key",
        "apikey",
        "auth",
        "authkey",
        "authtoken",
        "secret",
        "accesstoken",
        "accesskey",
        "sig",
        "signature",
        "password",
        "passwd",
        "pass",
        "pwd",
        "session",
        "userkey",
    ];
    let plain =
        |key: &str| key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let found = url.query_pairs().find(|(key, value)| {
        let key = plain(key);
        !value.is_empty()
            && (SECRETS.contains(&key.as_str()) || key.ends_with("token") || key.ends_with("apikey"))
    });
    found.map(|(key, _)| key.into_owned())
}

/// Whether a header of this name carries credentials.
pub(super) fn is_credential_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("key")
        || ["auth", "cookie", "token", "secret", "password"].iter().any(|word| name.contains(word))
}

/// A request header that an operator may set (RFC 9110 §5.1 and §5.5).
pub(super) fn header(name: &str, value: &str) -> Result<(), Wrong> {
    /// Those that the client sets itself, or that would break the exchange.
    const OURS: [&str; 12] = [
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "upgrade",
        "trailer",
        "keep-alive",
        "accept-encoding",
        "if-none-match",
        "if-modified-since",
        "range",
    ];
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || name.len() > 100 || !name.chars().all(is_token) {
        return wrong(
            format!("{} cannot name a header", super::complaint::quoted(name)),
            "use letters, digits and hyphens, such as X-Client",
        );
    }
    if OURS.contains(&name.to_ascii_lowercase().as_str()) {
        return wrong(format!("{name} is set by Tidings itself"), "leave it out");
    }
    if value.len() > 8000 || !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return wrong(
            format!("the value of {name} cannot be sent"),
            "a header's value is plain ASCII and shorter than 8000 characters",
        );
    }
    Ok(())
}

/// The address and port to listen on.
pub(super) fn listen(text: &str) -> Result<SocketAddr, Wrong> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = |text: &str| text.parse::<u16>().ok();
    let help = if let Some(port) = port(text) {
        format!("write \"127.0.0.1:{port}\", or \"0.0.0.0:{port}\" to be reached from elsewhere")
    } else if let Some(port) = text.strip_prefix(':').and_then(port) {
        format!("write \"0.0.0.0:{port}\" to listen on every address")
    } else if let Some(port) = text.strip_prefix("localhost:").and_then(port) {
        format!("write \"127.0.0.1:{port}\"")
    } else if text.parse::<std::net::Ipv4Addr>().is_ok() {
        format!("add a port: \"{text}:8080\"")
    } else if text.parse::<std::net::Ipv6Addr>().is_ok() {
        format!("add brackets and a port: \"[{text}]:8080\"")
    } else {
        "write an IP address and a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\"".to_owned()
    };
    wrong("this is not an address to listen on", help)
}

/// An explicit proxy.
pub(super) fn proxy(text: &str) -> Result<(), Wrong> {
    let help = "write \"http://host:port\", \"https://host:port\" or \"socks5://host:port\"";
    let Ok(url) = Url::parse(text) else { return wrong("this is not a proxy's address", help) };
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") {
        return wrong("a proxy is reached by http, https or socks5", help);
    }
    if url.host_str().is_none_or(str::is_empty) {
        return wrong("the proxy's address names no host", help);
    }
    Ok(())
}

/// A DKIM selector: DNS labels (RFC 6376 §3.1).
pub(super) fn dkim_selector(text: &str) -> Result<String, Wrong> {
    let is_label = |label: &str| {
        let fits = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && label.len() <= 63 && fits && !label.starts_with('-') && !label.ends_with('-')
    };
    if text.len() <= 200 && text.split('.').all(is_label) {
        return Ok(text.to_owned());
    }
    Err(Wrong {
        what: format!("{} cannot be part of a name in the DNS", super::complaint::quoted(text)),
        help: "write letters, digits and hyphens, such as \"tidings\"".to_owned(),
    })
}

/// The mail server. Whether it names a user is returned; a password is refused.
pub(super) fn smtp(text: &str) -> Result<bool, Wrong> {
    let help = "write \"smtp://mail.example.org:587\" or \"smtps://mail.example.org\"";
    let Ok(url) = Url::parse(text) else { return wrong("this is not a mail server's address", help) };
    if !matches!(url.scheme(), "smtp" | "smtps") {
        return wrong("a mail server's address begins with smtp:// or smtps://", help);
    }
    if url.host_str().is_none_or(str::is_empty) {
        return wrong("the mail server's address names no host", help);
    }
    if url.password().is_some() {
        return wrong(
            "the password does not belong in this file",
            "take it out, and set TIDINGS_SMTP_PASSWORD or the systemd credential smtp-password",
        );
    }
    Ok(!url.username().is_empty())
}

/// A mail address, bare or as `Name <address>` (RFC 5322 §3.4).
pub(super) fn mailbox(text: &str) -> Result<(), Wrong> {
    let text = text.trim();
    let address = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((_, address)) => address,
        None => text,
    };
    // RFC 5321 §4.5.3.1: at most 254 characters can be delivered to.
    if text.len() > 500 || address.len() > 254 || address.parse::<lettre::Address>().is_err() {
        let help = "write it as \"ada@example.org\" or \"Ada Lovelace <ada@example.org>\"";
        return wrong("this is not a mail address", help);
    }
    // Whoever sends it must read it in the same way.
    let read = text.parse::<lettre::message::Mailbox>();
    if read.is_ok_and(|read| AsRef::<str>::as_ref(&read.email) == address) {
        return Ok(());
    }
    wrong(
        "the name in this mail address has characters that need quotes",
        "write '\"Lovelace, Ada\" <ada@example.org>', or a plainer name",
    )
}

/// An IANA time zone.
pub(super) fn zone(text: &str) -> Result<TimeZone, Wrong> {
    if let Ok(zone) = TimeZone::get(text) {
        return Ok(zone);
    }
    let database = jiff::tz::db();
    if database.is_definitively_empty() {
        return wrong("this machine has no time zones", "install the package tzdata, or write \"UTC\"");
    }
    let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
    // People write the city alone: "Berlin" is meant as Europe/Berlin.
    let city = names.iter().map(String::as_str).find(|name| {
        name.rsplit_once('/')
            .is_some_and(|(_, city)| city.eq_ignore_ascii_case(&text.trim().replace(' ', "_")))
    });
    let meant = city.or_else(|| super::table::closest(text, names.iter().map(String::as_str)));
    let help = match meant {
        Some(name) => format!("did you mean \"{name}\"?"),
        None => "write a name of the IANA database, such as \"Europe/Berlin\"".to_owned(),
    };
    wrong("there is no such time zone", help)
}

/// A language that editions can be written in.
pub(super) fn language(text: &str) -> Result<Language, Wrong> {
    let tags = Language::ALL.map(Language::tag);
    // Who writes a region ("de-AT", "pt_BR") means the language.
    let tag = text.trim().split(['-', '_']).next().unwrap_or_default();
    let known = Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag));
    known.map_or_else(
        || {
            wrong(
                format!("the fixed words are not known in {}", quoted(text)),
                format!("there are: {}", tags.join(", ")),
            )
        },
        Ok,
    )
}

/// The name of a digest, which becomes part of its address, /digests/NAME.
pub(super) fn digest_name(text: &str) -> Result<(), Wrong> {
    const RESERVED: [&str; 5] = ["all", "latest", "feeds", "preview", "unsubscribe"];
    let is_plain = |c: char| (c.is_alphanumeric() && !c.is_uppercase()) || c == '-';
    if text.chars().count() > 40 || !text.starts_with(char::is_alphabetic) || !text.chars().all(is_plain) {
        return wrong(
            "a digest's name becomes part of its address",
            "use at most 40 lower-case letters, digits and hyphens, a letter first",
        );
    }
    if RESERVED.contains(&text) {
        return wrong(format!("\"{text}\" is reserved"), format!("write \"{text}-news\", or another name"));
    }
    Ok(())
}

/// The category name nearest to what somebody wrote: "World News" is world-news. `None` when nothing is left of it,
/// or when it is an address of ours.
pub fn category_name_from(text: &str) -> Option<CategoryName> {
    let mut name = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_alphanumeric() && !c.is_uppercase() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') && c != '\'' && c != '’' {
            name.push('-');
        }
    }
    let name: String = name.trim_start_matches(|c: char| !c.is_alphabetic()).chars().take(40).collect();
    CategoryName::new(name.trim_end_matches('-')).ok()
}

/// The title of a category or digest that has none: "open-source" is "Open source".
pub(super) fn title_from(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
