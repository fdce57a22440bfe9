//! Makes the addresses of feeds absolute (RFC 3986), and repairs what publishers get wrong in them. It must not fetch
//! anything, and must not judge where an address leads.

use std::borrow::Cow;
use std::cell::Cell;
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

/// How many bytes resolving may add to a document: a long base is copied into every address that is relative to it.
/// Two thousand entries with ten relative addresses each need a tenth of this.
const MAX_ADDED_BYTES: usize = 8 * 1_024 * 1_024;

/// Makes the addresses of one document absolute, until that would make the document much larger than it is; then
/// addresses stay as written.
pub(super) struct Resolver {
    left: Cell<usize>,
}

impl Default for Resolver {
    fn default() -> Self {
        Self { left: Cell::new(MAX_ADDED_BYTES) }
    }
}

impl Resolver {
    /// [`resolve`], as long as there is room for it.
    pub(super) fn resolve(&self, address: &str, base: Option<&Url>) -> String {
        let base = base.filter(|base| base.as_str().len() <= self.left.get());
        let resolved = resolve(address, base);
        self.left.set(self.left.get().saturating_sub(resolved.len().saturating_sub(address.len())));
        resolved
    }
}

/// Removes the quotes that a word processor left around an address, and restores `&` where it was escaped once too
/// often: no address means the letters `&amp;`.
pub(super) fn mended(address: &str) -> Cow<'_, str> {
    let address = address.trim();
    let address = if address.starts_with(is_quote) { address.trim_matches(is_quote) } else { address };
    if !address.contains("&amp;") && !address.contains("&#") {
        return address.into();
    }
    let mut once = address.to_owned();
    // An escape may have been escaped again, and again.
    for _ in 0..3 {
        for escape in ["&amp;", "&#38;", "&#038;"] {
            once = once.replace(escape, "&");
        }
    }
    once.into()
}

/// Whether a character is a quote, of any kind that people paste into source code.
pub(super) fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '“'
            | '”'
            | '„'
            | '‟'
            | '″'
            | '«'
            | '»'
            | '＂'
            | '‘'
            | '’'
            | '‚'
            | '‛'
            | '′'
            | '‹'
            | '›'
    )
}

/// Whether an address leads somewhere else than into the web: `gemini:`, `nostr:`, `magnet:`.
pub(super) fn is_foreign(address: &str) -> bool {
    let scheme =
        |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    is_absolute(address) && !scheme("http:") && !scheme("https:")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_escaped_too_often_is_an_ampersand() {
        for (written, meant) in [
            ("https://a.example/?x=1&amp;y=2", "https://a.example/?x=1&y=2"),
            ("https://a.example/?x=1&amp;amp;y=2&#038;z=3", "https://a.example/?x=1&y=2&z=3"),
            (" “https://a.example/x” ", "https://a.example/x"),
            ("«/x»", "/x"),
            ("https://a.example/?copy=1&copy=2", "https://a.example/?copy=1&copy=2"),
        ] {
            assert_eq!(mended(written), meant);
        }
    }

    #[test]
    fn a_long_base_is_not_copied_without_end() {
        let base = Url::parse(&format!("https://site.example/{}", "b/".repeat(2_000))).unwrap();
        let resolver = Resolver::default();
        let resolve = |i: usize| resolver.resolve(&i.to_string(), Some(&base));
        assert!(resolve(0).ends_with("/b/0"));
        let written: usize = (0..10_000).map(resolve).map(|address| address.len()).sum();
        assert!(written <= MAX_ADDED_BYTES + 10_000 * 5);
        assert_eq!(resolve(7), "7");
    }
}
