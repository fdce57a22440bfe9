//! URL canonicalization: when do two URLs name the same page?
//!
//! Knows the habits of publishers, trackers and redirectors; never looks anything up. A query parameter may select the
//! page, so only parameters are dropped that are known to select nothing.

mod lists;
mod twins;

use crate::desk::hash;
use crate::model::{registrable_domain, site_of_host};
use lists::{
    FRAGMENTS_WITH_VALUES, INDEX_PAGES, PARTS_OF_EVERY_PAGE, REDIRECTORS, TRACKING, TRACKING_ON,
    TRACKING_VALUES, TWIN_LABELS,
};
use url::Url;

/// The canonical address of a page. *Twins* are different URLs of one page (mobile, AMP, with tracking parameters); all
/// of them have the same canonical address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// `host/path?query`, without scheme.
    pub(crate) canonical: String,
    /// Hash of [`Self::canonical`].
    pub(crate) key: u64,
    /// Whether the address names the same page for good. A front page or a section's page gets new contents every day.
    pub(crate) lasting: bool,
}

/// How many nested redirectors are unwrapped.
const MAX_HOPS: usize = 3;
/// Longer addresses have no canonical form, so nothing is compared by them.
const MAX_BYTES: usize = 2_048;

/// The canonical form of an absolute `http` or `https` address; `None` for anything else and for one of more than
/// [`MAX_BYTES`] bytes.
pub(crate) fn canonical(address: &str) -> Option<Address> {
    let address = address.trim();
    if address.is_empty() || address.len() > MAX_BYTES {
        return None;
    }
    let mut url = Url::parse(address).ok()?;
    for _ in 0..MAX_HOPS {
        match target(&url) {
            Some(next) => url = next,
            None => break,
        }
    }
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    if let Some(twin) = twins::twin_of(&url) {
        url = twin;
    }
    let host = plain_host(url.host_str()?);
    let path = plain_path(&unescaped(url.path()));
    let query = selecting_query(&url);
    let fragment = url.fragment().filter(|fragment| selects(fragment));
    let lasting = names_one_page(&path, &query, fragment);
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let mut canonical = format!("{host}{port}{path}");
    if !query.is_empty() {
        canonical.push('?');
        canonical.push_str(&query.join("&"));
    }
    if let Some(fragment) = fragment {
        canonical.push('#');
        canonical.push_str(fragment);
    }
    let key = hash::of(canonical.as_bytes());
    Some(Address { canonical, key, lasting })
}

impl Address {
    /// Whether it is the front page of its host.
    pub(crate) fn is_home(&self) -> bool {
        !self.canonical.contains(['/', '?', '#'])
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.canonical.split(['/', '?', '#']).next().unwrap_or_default()
    }

    /// The site that the page is on: the registrable domain of its host, or the host when it has none.
    pub(crate) fn site(&self) -> &str {
        let authority = self.authority();
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        };
        site_of_host(host)
    }
}

/// Whether a fragment selects something: a page of a single-page application (`#!/a`, `#/a`), or a part that is
/// published by itself (a comment, a note of a diary, a page of a document). Parts that every page has, positions in
/// the text, and fragments for counting visits select nothing.
fn selects(fragment: &str) -> bool {
    if let Some(route) = fragment.strip_prefix(['!', '/']) {
        return !route.is_empty();
    }
    let name = fragment.to_ascii_lowercase();
    match name.split_once('=') {
        Some((name, value)) => FRAGMENTS_WITH_VALUES.contains(&name) && !value.is_empty(),
        None => {
            !name.is_empty()
                // `:~:text=` is a text fragment, a position in the text. Share buttons add fragments that begin with
                // `.`.
                && !name.starts_with([':', '.'])
                && !PARTS_OF_EVERY_PAGE.contains(&name.as_str())
                // WordPress: the position behind the excerpt.
                && !name.strip_prefix("more-").is_some_and(|no| no.bytes().all(|b| b.is_ascii_digit()))
        }
    }
}

/// The address to which a redirector or an AMP cache leads, taken from its URL.
fn target(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let below = |domain: &str| is_below(host, domain);
    if below("cdn.ampproject.org") || (below("google.com") && url.path().starts_with("/amp/")) {
        return amp_target(url);
    }
    if host == "href.li" {
        return web(url.query()?);
    }
    let (_, _, parameter) = REDIRECTORS.iter().find(|(domain, path, parameter)| {
        below(domain)
            && url.path().starts_with(path)
            && url.query_pairs().any(|(name, value)| name == *parameter && web(&value).is_some())
    })?;
    url.query_pairs().find(|(name, _)| name == *parameter).and_then(|(_, value)| web(&value))
}

/// `…cdn.ampproject.org/c/s/host/path` and `google.com/amp/s/host/path`; `s` stands for https.
fn amp_target(url: &Url) -> Option<Url> {
    let path = url.path().trim_start_matches('/');
    let mut rest = path;
    for prefix in ["amp/", "c/", "v/", "a/", "i/", "s/"] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest);
    }
    let (host, _) = rest.split_once('/')?;
    if !host.contains('.') {
        return None;
    }
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    web(&format!("https://{rest}{query}"))
}

fn web(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
}

fn plain_host(host: &str) -> String {
    let mut host = host.trim_end_matches('.');
    // A registrable domain must be left: `m.com` is a site of its own.
    while let Some((label, rest)) = host.split_once('.') {
        let numbered_www = label.strip_prefix("www").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        if (TWIN_LABELS.contains(&label) || numbered_www) && registrable_domain(rest).is_some() {
            host = rest;
        } else {
            break;
        }
    }
    let host = host.to_ascii_lowercase();
    // `de.m.wikipedia.org`: the label of the mobile twin stands behind that of the language.
    match host.split_once('.') {
        Some((first, rest)) => match rest.split_once('.') {
            Some(("m" | "mobile" | "amp", site)) if site.contains('.') => format!("{first}.{site}"),
            _ => host,
        },
        None => host,
    }
}

/// Normalizes percent-encoding (RFC 3986 §6.2.2): unreserved characters are decoded, hex digits are capitals.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let digits = rest.get(1..3).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') => {
                out.push(char::from(byte));
                rest = &rest[3..];
            }
            Some(_) => {
                out.push_str(&rest[..3].to_ascii_uppercase());
                rest = &rest[3..];
            }
            None => {
                out.push('%');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn plain_path(path: &str) -> String {
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.last().is_some_and(|last| INDEX_PAGES.contains(&last.to_ascii_lowercase().as_str())) {
        segments.pop();
    }
    if segments.len() > 1 {
        if segments.last().is_some_and(|last| matches!(*last, "amp" | "amp.html")) {
            segments.pop();
        } else if segments.first().is_some_and(|first| *first == "amp") {
            segments.remove(0);
        }
    }
    let mut plain = String::with_capacity(path.len());
    for segment in segments {
        plain.push('/');
        plain.push_str(segment);
    }
    for ending in [".amp.html", ".amp"] {
        if let Some(front) = plain.strip_suffix(ending) {
            plain = if ending == ".amp.html" { format!("{front}.html") } else { front.to_owned() };
            break;
        }
    }
    // A session id in the path (`;jsessionid=`) differs with every visit.
    if let Some(at) = plain.find(";jsessionid=") {
        plain.truncate(at);
    }
    plain
}

/// The query's parameters without those that only track, sorted, because their order selects nothing.
fn selecting_query(url: &Url) -> Vec<String> {
    let Some(query) = url.query() else { return Vec::new() };
    let host = url.host_str().unwrap_or_default();
    let query = unescaped(query);
    let mut kept: Vec<String> =
        query.split('&').filter(|pair| !pair.is_empty() && !tracks(pair, host)).map(str::to_owned).collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

fn tracks(pair: &str, host: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    // Some publishers escape the separator twice: `?a=1&amp;utm_source=x`.
    let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
    let name = name.strip_prefix("amp;").unwrap_or(&name);
    let listed = TRACKING.iter().any(|known| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *known,
    });
    let by_value =
        || TRACKING_VALUES.iter().any(|(known, values)| name == *known && values.contains(&value.as_str()));
    let by_host =
        || TRACKING_ON.iter().any(|(domain, names)| names.contains(&name) && is_below(host, domain));
    listed || by_value() || by_host()
}

/// Whether a host is a domain, or lies below it.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|front| front.is_empty() || front.ends_with('.'))
}

/// Whether an address names one page for good; see [`Address::lasting`]. A front page and a short path of plain words
/// (`/live`, `/world/europe`) do not. The path does if its last segment has a digit, is long, or is a slug of three
/// words; or if a date (two segments with digits, or one and a slug of two words) is in it. A fragment does, and so
/// does a parameter whose value has a digit or at least eight bytes: `?id=7`, but not `?lang=en`.
fn names_one_page(path: &str, query: &[String], fragment: Option<&str>) -> bool {
    let is_id = |value: &str| value.len() >= 8 || value.bytes().any(|b| b.is_ascii_digit());
    let value =
        |pair: &str| pair.split_once('=').map_or_else(|| pair.to_owned(), |(_, value)| value.to_owned());
    if fragment.is_some() || query.iter().any(|pair| is_id(&value(pair))) {
        return true;
    }
    let Some(last) = path.rsplit('/').next().filter(|last| !last.is_empty()) else { return false };
    let joints = last.bytes().filter(|b| matches!(b, b'-' | b'_' | b'+' | b'%')).count();
    last.bytes().any(|b| b.is_ascii_digit())
        || joints >= 2
        || last.len() > 20
        || path.split('/').filter(|segment| segment.bytes().any(|b| b.is_ascii_digit())).count()
            >= 2 - joints.min(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(address: &str) -> String {
        canonical(address).map(|address| address.canonical).unwrap_or_default()
    }

    #[test]
    fn twins_share_one_address() {
        let same = [
            ("http://www.example.com/a-b-c", "https://example.com/a-b-c/"),
            ("https://example.com:443/a", "http://example.com:80/a#comments"),
            ("https://example.com/a?utm_source=rss&utm_medium=feed", "https://example.com/a"),
            ("https://example.com/a?id=7&fbclid=x", "https://example.com/a?id=7"),
            ("https://example.com/a?b=2&a=1", "https://example.com/a?a=1&b=2"),
            ("https://m.example.com/a", "https://amp.example.com/a/amp/"),
            ("https://example.com/news/a.amp.html", "https://example.com/news/a.html"),
            ("https://example.com/2026/a/index.html", "https://example.com/2026/a/"),
            ("https://example-com.cdn.ampproject.org/c/s/example.com/a?x=1", "https://example.com/a?x=1"),
            ("https://www.google.com/amp/s/www.example.com/a/", "https://example.com/a"),
            ("https://www.google.com/url?sa=t&url=https%3A%2F%2Fexample.com%2Fa", "https://example.com/a"),
            ("https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fa&h=x", "https://example.com/a"),
            ("https://EXAMPLE.com./a;jsessionid=12", "https://www2.example.com/a"),
            ("https://example.com/a?ref=rss", "https://example.com/a"),
            ("https://example.com/a?_ga=1.2&_gl=3&ns_mchannel=rss", "https://example.com/a"),
            ("https://example.com/a?id=7&amp;utm_source=rss", "https://example.com/a?id=7"),
            ("https://example.com/caf%c3%a9/%7Eada", "https://example.com/café/~ada"),
            ("https://example.com/a?q=%7ea", "https://example.com/a?q=~a"),
            ("https://href.li/?https://example.com/a", "https://example.com/a"),
            ("https://de.m.example.org/wiki/Tide", "https://de.example.org/wiki/Tide"),
            ("https://tides.blogspot.com/2026/11/a.html?m=1", "https://tides.blogspot.com/2026/11/a.html"),
            ("https://www.youtube.com/watch?v=abc&feature=share&si=x", "https://m.youtube.com/watch?v=abc"),
            ("https://t.umblr.com/redirect?z=https%3A%2F%2Fexample.com%2Fa&t=x", "https://example.com/a"),
            ("https://l.instagram.com/?u=https%3A%2F%2Fexample.com%2Fa&e=x", "https://example.com/a"),
            ("https://example.com/2026/index.shtml", "https://example.com/2026"),
            ("https://example.com/a#", "https://example.com/a"),
            ("https://example.com/a/#respond", "https://example.com/a"),
            ("https://example.com/a#more-812", "https://example.com/a"),
            ("https://example.com/a#xtor=RSS-1", "https://example.com/a#:~:text=ferry"),
            ("https://example.com/a#Echobox=1764", "https://example.com/a"),
        ];
        for (one, other) in same {
            assert_eq!(form(one), form(other), "{one} {other}");
        }
    }

    #[test]
    fn only_hexadecimal_digits_make_an_escape() {
        let cases = [("%41%7e%2f", "A~%2F"), ("%+f%", "%+f%"), ("%g1%4", "%g1%4"), ("%é%4é", "%é%4é")];
        for (text, plain) in cases {
            assert_eq!(unescaped(text), plain, "{text}");
        }
    }

    #[test]
    fn what_selects_a_page_stays() {
        let apart = [
            ("https://example.com/story?id=1", "https://example.com/story?id=2"),
            ("https://example.com/?p=12", "https://example.com/?p=13"),
            ("https://example.com/view?ref=A12", "https://example.com/view?ref=A13"),
            ("https://example.com/list?source=nature", "https://example.com/list?source=science"),
            ("https://example.com/A", "https://example.com/a"),
            ("https://example.com/?pk_article=12", "https://example.com/?pk_article=13"),
            ("https://example.com/?at_id=12", "https://example.com/?at_id=13"),
            ("https://example.com/view?feature=12", "https://example.com/view?feature=13"),
            ("https://example.com/view?partner=north", "https://example.com/view?partner=south"),
            ("https://example.com/view?scid=12", "https://example.com/view?scid=13"),
            ("https://example.com/view?output=1", "https://example.com/view?output=2"),
            ("https://example.com/view?m=1", "https://example.com/view?m=2"),
            ("https://example.com/view?si=1", "https://example.com/view?si=2"),
            ("https://example.com/a%2Fb", "https://example.com/a/b"),
            ("https://example.com/?q=a%26b", "https://example.com/?q=a&b"),
            ("https://example.com/?page=2", "https://example.com/"),
            ("https://a.example.com/m/1", "https://a.example.com/1"),
            ("https://example.com:8080/a", "https://example.com/a"),
            ("https://m.com/a", "https://com/a"),
            ("https://one.example.com/a", "https://two.example.com/a"),
            ("https://example.com/#!/a", "https://example.com/#!/b"),
            ("https://example.com/a#comment-9", "https://example.com/a#comment-10"),
            ("https://example.com/a#comment-9", "https://example.com/a"),
            ("https://example.com/issues/4#issuecomment-1", "https://example.com/issues/4"),
            ("https://example.com/2026/11/20.html#a140312", "https://example.com/2026/11/20.html#a150007"),
            ("https://example.com/t/12#p9", "https://example.com/t/12#p10"),
            ("https://example.com/b.pdf#page=3", "https://example.com/b.pdf#page=4"),
            ("https://example.com/changes.html#v2.1", "https://example.com/changes.html#v2.2"),
            ("https://example.com/faq#how-to-pay", "https://example.com/faq"),
            ("https://www.google.com/url?q=tides", "https://www.google.com/url?q=waves"),
        ];
        for (one, other) in apart {
            assert_ne!(form(one), form(other), "{one} {other}");
        }
    }

    #[test]
    fn a_site_is_a_registrable_domain_or_a_host_that_is_a_number() {
        for (address, want) in [
            ("https://www.news.salt.co.uk/1", "salt.co.uk"),
            ("https://mira.substack.com/p/1", "mira.substack.com"),
            ("https://www.tumblr.com/mira/1", "tumblr.com"),
            ("http://127.0.0.1:8080/1", "127.0.0.1"),
            ("http://[::1]:8080/1", "[::1]"),
            ("http://[2001:db8::7]/1", "[2001:db8::7]"),
            ("http://localhost:8080/1", "localhost"),
        ] {
            assert_eq!(canonical(address).unwrap().site(), want, "{address}");
            assert_eq!(crate::model::site_of(address).as_deref(), Some(want), "{address}");
        }
    }

    #[test]
    fn a_refilled_page_does_not_last_and_no_page_has_no_address() {
        let lasting = |address| canonical(address).is_some_and(|address| address.lasting);
        for page in [
            "https://e.com/a-long-slug-here",
            "https://e.com/123",
            "https://e.com/?p=1",
            "https://e.com/b/x9",
        ] {
            assert!(lasting(page), "{page}");
        }
        for page in [
            "https://e.com/?lang=en",
            "https://e.com/",
            "https://e.com/live",
            "https://e.com/world/europe",
            "https://e.com/index.html",
        ] {
            assert!(!lasting(page), "{page}");
        }
        for nothing in ["", "mailto:a@e.com", "not an address", "javascript:alert(1)", "data:text/html,x"] {
            assert_eq!(canonical(nothing), None, "{nothing}");
        }
    }
}
