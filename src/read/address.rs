//! Addresses as feeds write them, made absolute.

use std::rc::Rc;
use url::Url;

/// How long a base address may be, in bytes.
const MAX_BASE_BYTES: usize = 4_096;

/// The base that `xml:base` makes of the one around it (XML Base §4.2); `None` when it cannot be one.
pub(super) fn join(base: Option<&Rc<Url>>, address: &str) -> Option<Rc<Url>> {
    let joined = match base {
        Some(base) => base.join(address).ok()?,
        None => Url::parse(address).ok()?,
    };
    (joined.as_str().len() <= MAX_BASE_BYTES && !joined.cannot_be_a_base()).then(|| Rc::new(joined))
}

/// `address` made absolute against `base`. One that is absolute already stays as written; one that cannot be resolved,
/// too.
pub(super) fn resolve(address: &str, base: Option<&Url>) -> String {
    let address = address.trim();
    if is_absolute(address) {
        return address.to_owned();
    }
    match base.and_then(|base| base.join(address).ok()) {
        Some(url) => url.into(),
        None => address.to_owned(),
    }
}

/// Whether an address begins with a scheme (RFC 3986 §3.1).
pub(super) fn is_absolute(address: &str) -> bool {
    let Some((scheme, _)) = address.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// Whether text may stand for the address of a web page.
pub(super) fn is_web(address: &str) -> bool {
    let scheme =
        |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    (scheme("http://") || scheme("https://")) && !address.contains(|c: char| c.is_whitespace())
}

/// Whether a relative reference names a place, and is not just a word.
pub(super) fn is_path(address: &str) -> bool {
    ["/", "./", "../"].iter().any(|start| address.starts_with(start))
}
