//! Addresses that are safe to link to and valid by RFC 3986.
//!
//! Publishers write addresses that only browsers accept, with spaces, brackets and letters of every script;
//! validators and strict readers refuse them. Knows RFC 3986, and must not know what an address is for.

use std::borrow::Cow;
use std::fmt::Write;
use url::Url;

/// The address, if it is safe to follow: `http` or `https`, with a host. It stays as written if RFC 3986 allows that.
/// Otherwise characters that are not allowed are percent-encoded, and a host in another script than Latin is written
/// in Punycode, as the DNS has it. `None` for everything else (`javascript:`, `data:`, relative addresses).
pub(super) fn link(url: &str) -> Option<Cow<'_, str>> {
    let url = url.trim();
    let (scheme, rest) = url.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let authority = &rest[..host_end(rest)];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // The parser skips slashes and tabs before a host: it takes `https:///path` for `https://path` (WHATWG URL).
    let begins_with_host = host.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '[' | '%' | '_'));
    if !is_web || !begins_with_host {
        return None;
    }
    let parsed = Url::parse(url).ok().filter(Url::has_host)?;
    if is_written_well(rest) {
        return Some(Cow::Borrowed(url));
    }
    Some(Cow::Owned(encoded(parsed.as_str())))
}

/// [`link`] for an address that may be missing.
pub(super) fn some_link(url: Option<&String>) -> Option<Cow<'_, str>> {
    url.and_then(|url| link(url))
}

/// Whether `host` is a host name with a dot in it, or an IPv4 address.
pub(super) fn is_domain(host: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    host.contains('.')
        && host.split('.').all(is_label)
        && !host.rsplit('.').any(|label| label.starts_with('-'))
}

/// Where the authority ends (user information, host and port; RFC 3986 §3.2), in bytes of what follows `://`.
fn host_end(rest: &str) -> usize {
    rest.find(['/', '?', '#']).unwrap_or(rest.len())
}

/// Whether RFC 3986 allows what follows `://` as it is written.
fn is_written_well(rest: &str) -> bool {
    let (host, path) = rest.split_at(host_end(rest));
    host.bytes().all(|b| is_allowed(b) || matches!(b, b'[' | b']'))
        && path.match_indices('#').count() <= 1
        && path.bytes().all(|b| is_allowed(b) || b == b'#')
        && rest.match_indices('%').all(|(at, _)| is_escape(&rest.as_bytes()[at..]))
}

/// Percent-encodes what RFC 3986 does not allow in an address that the parser has written: the parser follows the
/// WHATWG, which allows more.
fn encoded(url: &str) -> String {
    let path_at = url.find("://").map_or(0, |at| at + 3 + host_end(&url[at + 3..]));
    let (mut out, path) = (url[..path_at].to_owned(), &url.as_bytes()[path_at..]);
    let mut in_fragment = false;
    for (at, &byte) in path.iter().enumerate() {
        let begins_fragment = byte == b'#' && !in_fragment;
        in_fragment |= begins_fragment;
        let stays = if byte == b'%' { is_escape(&path[at..]) } else { is_allowed(byte) || begins_fragment };
        if stays {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Whether a byte may stand anywhere in an address: unreserved characters, delimiters (RFC 3986 §2.2 and §2.3), and
/// `%`. `#`, and the brackets of an IPv6 address, may only stand in their places.
fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=%".contains(&byte)
}

/// Whether bytes begin with a percent sign and two hexadecimal digits.
fn is_escape(bytes: &[u8]) -> bool {
    bytes.len() > 2 && bytes[1].is_ascii_hexdigit() && bytes[2].is_ascii_hexdigit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_become_links() {
        for good in [
            "http://a.example/",
            "HTTPS://a.example/b?c=d&e=f#g",
            "https://u:p@a.example:8080/~x/(y)/%5b?a=/?#/?",
            "https://:p@a.example/@u",
            "http://[2001:db8::1]:8080/",
            "http://127.0.0.1:3/a",
        ] {
            assert_eq!(link(good).as_deref(), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/path",
            "//host",
            "https://",
            "http:///path",
            "https:///path@x",
            "https:///@user/post",
            "https://?a@b",
            "https://?a",
            "https://a b/",
            "https://a:port/",
            "",
        ] {
            assert_eq!(link(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_domain_has_a_dot_and_no_other_signs() {
        for domain in ["a.example", "A-1.example", "127.0.0.1", "xn--bcher-kva.example"] {
            assert!(is_domain(domain), "{domain}");
        }
        for other in
            ["intranet", "a_b.example", "a.example.", ".example", "u:p@a.example", "[::1]", "é.example", ""]
        {
            assert!(!is_domain(other), "{other}");
        }
    }

    #[test]
    fn what_an_address_may_not_hold_is_encoded() {
        for (written, printed) in [
            ("https://a.example/[1]?q[]=a|b", "https://a.example/%5B1%5D?q%5B%5D=a%7Cb"),
            (" https://a.example/a b ", "https://a.example/a%20b"),
            ("https://a.example/für?ä=ö#ü", "https://a.example/f%C3%BCr?%C3%A4=%C3%B6#%C3%BC"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("https://a.example/100%?50%zz", "https://a.example/100%25?50%25zz"),
            ("https://a.example/#a#b", "https://a.example/#a%23b"),
            ("https://a.example/\\x^`{}\"<>", "https://a.example//x%5E%60%7B%7D%22%3C%3E"),
            ("https://a.example/\u{202e}x\u{ffff}", "https://a.example/%E2%80%AEx%EF%BF%BF"),
        ] {
            assert_eq!(link(written).as_deref(), Some(printed), "{written}");
            assert_eq!(link(printed).as_deref(), Some(printed), "once is enough");
        }
    }
}
