//! What the fuzz targets share: everything that happens to a body between its arrival and its filing.
//!
//! `read` and `model` are included as sources and not as a dependency. They name no other module of ours, so that a build
//! with a sanitizer needs no network code, no TLS and no SQLite.

#[path = "../../src/model/mod.rs"]
pub mod model;
#[path = "../../src/read/mod.rs"]
pub mod read;

const BASE: &str = "https://base.example/a/feed";

/// Reads `body` as a poll does, and checks what must hold of whatever came out.
///
/// # Panics
/// When something is filed that is not bounded, not safe, or not the same the second time.
pub fn check(body: &[u8], content_type: Option<&str>) {
    let hint = read::Hint { content_type, base_url: Some(BASE), ..read::Hint::default() };
    let Ok(document) = read::read(body, &hint) else { return };
    assert!(document.entries.len() <= read::MAX_ENTRIES);
    let identity = read::identify(&document, &[]);
    assert_eq!(identity.keys.len(), document.entries.len());
    assert_eq!(identity.keys, read::keys(&document), "an entry's key is the same on every read");
    for (raw, key) in document.entries.iter().zip(identity.keys) {
        let entry = read::prepare(raw, key, read::hash(raw), &document);
        assert!(!entry.key.is_empty() && entry.key.len() <= 1_024);
        for html in entry.summary.iter().chain(&entry.content) {
            assert!(html.len() <= 1 << 20);
            assert!(!html.to_ascii_lowercase().contains("<script"));
        }
    }
}
