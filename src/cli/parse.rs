//! `tidings parse`: reads feeds without storing anything.

use crate::model::{Document, RawEntry};
use crate::read::{Hint, keys, plain_text, read, resolve, sanitise};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;

/// Read feeds and show what is in them, without storing anything.
///
/// With `--json`, prints one object a line for each file, in order; a file that is no feed gives {"error": "…"} and the
/// others go on. The exit code is 0 when at least one could be read, else 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tidings parse --json --base-url https://example.org/feed.xml feed.xml")]
pub(crate) struct ParseArgs {
    /// Files to read, or addresses of feeds.
    #[arg(required = true, value_name = "FILE|URL")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Print one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// The address that relative addresses are resolved against.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
}

/// Reads each input and prints what is in it. Returns whether at least one could be read.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn parse(arguments: &ParseArgs, out: &mut impl Write) -> anyhow::Result<bool> {
    let mut any = false;
    for path in &arguments.inputs {
        let hint = Hint { content_type: None, base_url: arguments.base_url.as_deref() };
        let document = std::fs::read(path).map_err(|error| error.to_string());
        let document = document.and_then(|bytes| read(&bytes, &hint).map_err(|error| error.to_string()));
        any |= document.is_ok();
        if arguments.json {
            let line = document.as_ref().map_or_else(
                |error| json!({ "error": error }),
                |document| as_json(document, arguments.base_url.as_deref()),
            );
            writeln!(out, "{line}")?;
        } else {
            write_plain(out, &path.to_string_lossy(), &document)?;
        }
    }
    Ok(any)
}

fn write_plain(out: &mut impl Write, name: &str, document: &Result<Document, String>) -> std::io::Result<()> {
    match document {
        Err(error) => writeln!(out, "{name}: {error}"),
        Ok(document) => {
            let title = document.title.as_deref().unwrap_or("(no title)");
            writeln!(out, "{name}: {title} ({:?}, {} entries)", document.format, document.entries.len())?;
            for warning in &document.warnings {
                writeln!(out, "  warning: {warning}")?;
            }
            for entry in &document.entries {
                let date =
                    entry.published.or(entry.updated).map(|date| format!("{date} ")).unwrap_or_default();
                let title = plain_text(entry.title.as_deref().unwrap_or("(no title)"));
                writeln!(out, "  {date}{title}")?;
            }
            Ok(())
        }
    }
}

fn as_json(document: &Document, base: Option<&str>) -> Value {
    let keys = keys(document);
    let entries = document.entries.iter().zip(keys);
    let entries: Vec<_> = entries.map(|(entry, key)| entry_as_json(entry, &key, base)).collect();
    json!({
        "format": document.format,
        "feed": {
            "id": document.id,
            "title": document.title,
            "subtitle_html": document.subtitle.as_deref().map(|html| sanitise(html, base)),
            "url": document.url.clone().or_else(|| named(document.id.as_deref(), base)),
            "language": document.language,
            "updated": document.updated.or(document.published),
            "authors": document.authors,
            "categories": document.terms,
            "image": document.image,
            "rights": document.rights,
            "generator": document.generator,
            "links": document.links,
            "hints": document.hints,
            "archive": document.archive,
            "podcast": document.podcast,
        },
        "entries": entries,
        "warnings": document.warnings,
    })
}

fn entry_as_json(entry: &RawEntry, key: &str, base: Option<&str>) -> Value {
    let html = |html: &str| sanitise(html, entry.base.as_deref());
    let base = entry.base.as_deref().or(base).filter(|_| entry.id_is_address);
    let id = named(entry.id.as_deref(), base);
    json!({
        // What the entry is filed by, which does not change with the base.
        "key": key,
        // An entry that links to no page is at its id, if that is an address.
        "url": entry.url.clone().or_else(|| id.clone().filter(|_| entry.id_is_address)),
        "id": id,
        "original_url": entry.original_url,
        "title": entry.title.as_deref().map(plain_text),
        "published": entry.published,
        // What was never changed was last changed when it was published.
        "updated": entry.updated.or(entry.published),
        "summary": entry.summary.as_deref().map(plain_text),
        "content": entry.content.as_deref().map(plain_text),
        "summary_html": entry.summary.as_deref().map(html),
        "content_html": entry.content.as_deref().map(html),
        "authors": entry.authors,
        "categories": entry.terms,
        "enclosures": entry.enclosures,
        "image": entry.image,
        "language": entry.language,
        "links": entry.links,
        "comments": entry.comments,
        "source": entry.source,
        "rights": entry.rights,
        "podcast": entry.podcast,
    })
}

/// An id as an address: what is relative is resolved. It is a name all the same, so its blanks stay blanks.
fn named(id: Option<&str>, base: Option<&str>) -> Option<String> {
    let id = id?;
    let resolved = resolve(id, base);
    Some(if id.contains(' ') { resolved.replace("%20", " ") } else { resolved })
}
