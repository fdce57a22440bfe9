//! `tidings parse`: reads files or addresses as a poll would and prints what is in them. It opens no database.

use super::look::Looker;
use crate::clock::Clock;
use crate::model::{Document, Enclosure, PollSettings, RawEntry};
use crate::read::{Hint, MAX_BYTES, keys, plain_text, read, resolve, sanitise};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Read feeds and show what is in them, without storing anything.
///
/// With `--json`, prints one object a line for each file, in order; a file that is no feed gives {"error": "…"} and the
/// others go on. At most 10 MiB of a file are read, and of an address
/// as much as of a poll (`max_size`). The exit code is 0 when at least one could be read, else 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tidings parse https://example.org/feed.xml
  tidings parse --json --base-url https://example.org/feed.xml feed.xml

Addresses are fetched as a poll would, with the [poll] settings of feeds.toml where there is
one. Private ones are refused, unless it has allow_private = true.")]
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

impl ParseArgs {
    /// Whether one of the inputs is an address.
    pub(crate) fn fetches(&self) -> bool {
        self.inputs.iter().any(|input| address(input).is_some())
    }
}

/// An input that is an address and no file.
fn address(input: &Path) -> Option<&str> {
    input.to_str().filter(|text| text.starts_with("http://") || text.starts_with("https://"))
}

/// Reads each input and prints what is in it. Returns whether at least one could be read.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn parse(
    arguments: &ParseArgs,
    settings: &PollSettings,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let mut any = false;
    let runtime = super::runtime()?;
    let looker = Looker::new(settings, Clock::System.now())?;
    for path in &arguments.inputs {
        let input = match address(path) {
            Some(address) => runtime.block_on(fetched(&looker, address)),
            None => file(path).map_err(|error| error.to_string()),
        };
        let input = input.map(|input| Input { base: arguments.base_url.clone().or(input.base), ..input });
        let base = input.as_ref().ok().and_then(|input| input.base.clone());
        let document = input.and_then(|input| input.read());
        any |= document.is_ok();
        if arguments.json {
            match &document {
                Ok(document) => serde_json::to_writer(&mut *out, &Shown { document, base: base.as_deref() })?,
                Err(error) => write!(out, "{}", json!({ "error": error }))?,
            }
            writeln!(out)?;
        } else {
            write_plain(out, &path.to_string_lossy(), &document)?;
        }
    }
    Ok(any)
}

/// A body, and what the reader is told about it.
#[derive(Default)]
struct Input {
    bytes: Vec<u8>,
    content_type: Option<String>,
    base: Option<String>,
    is_cut: bool,
    /// Limit for the reader, in bytes. A fetched body is already within the limit of a poll, so the limit is its length;
    /// a file has the reader's default.
    max_bytes: Option<usize>,
}

impl Input {
    fn read(&self) -> Result<Document, String> {
        let hint = Hint {
            content_type: self.content_type.as_deref(),
            base_url: self.base.as_deref(),
            is_cut: self.is_cut,
            max_bytes: self.max_bytes,
            ..Hint::default()
        };
        read(&self.bytes, &hint).map_err(|error| error.to_string())
    }
}

/// The beginning of a file: [`MAX_BYTES`], and one byte more, by which the reader sees that the file is longer.
fn file(path: &Path) -> std::io::Result<Input> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Input { bytes, ..Input::default() })
}

async fn fetched(looker: &Looker, address: &str) -> Result<Input, String> {
    let fetched = looker.fetch(address).await?;
    let bytes = fetched.body.unwrap_or_default();
    Ok(Input {
        max_bytes: Some(bytes.len()),
        bytes,
        content_type: fetched.content_type,
        base: Some(fetched.final_url),
        is_cut: fetched.cut.is_some(),
    })
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

/// A document as one JSON object. It is serialised entry by entry, since a value of all entries would take several times
/// the memory of the document.
struct Shown<'d> {
    document: &'d Document,
    base: Option<&'d str>,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { document, base } = *self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", &document.format)?;
        map.serialize_entry("feed", &feed_as_json(document, base))?;
        map.serialize_entry("entries", &ShownEntries(self))?;
        map.serialize_entry("warnings", &document.warnings)?;
        map.end()
    }
}

struct ShownEntries<'d>(&'d Shown<'d>);

impl Serialize for ShownEntries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shown { document, base } = *self.0;
        let entries = document.entries.iter().zip(keys(document));
        serializer.collect_seq(entries.map(|(entry, key)| entry_as_json(entry, &key, base)))
    }
}

fn feed_as_json(document: &Document, base: Option<&str>) -> Value {
    json!({
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
    })
}

fn entry_as_json(entry: &RawEntry, key: &str, base: Option<&str>) -> Value {
    let page = entry.original_url.as_deref().or(entry.url.as_deref());
    let text_base = entry.base.as_deref().or(page).or(base);
    let html = |html: &str| sanitise(html, text_base);
    let base = entry.base.as_deref().or(base).filter(|_| entry.id_is_address);
    let id = named(entry.id.as_deref(), base);
    json!({
        // The key that a poll would file the entry under; it does not depend on the base.
        "key": key,
        // An entry without a link is at its id, if that is an address.
        "url": entry.url.clone().or_else(|| id.clone().filter(|_| entry.id_is_address)),
        "id": id,
        "original_url": entry.original_url,
        "title": entry.title.as_deref().map(plain_text),
        "published": entry.published,
        // An entry without a date of change was last changed when it was published.
        "updated": entry.updated.or(entry.published),
        "summary": entry.summary.as_deref().map(plain_text),
        "content": entry.content.as_deref().map(plain_text),
        "summary_html": entry.summary.as_deref().map(html),
        "content_html": entry.content.as_deref().map(html),
        "authors": entry.authors,
        "categories": entry.terms,
        "enclosures": entry.enclosures.iter().map(enclosure_as_json).collect::<Vec<_>>(),
        "image": entry.image,
        "language": entry.language,
        "links": entry.links,
        "comments": entry.comments,
        "source": entry.source,
        "rights": entry.rights,
        "podcast": entry.podcast,
    })
}

fn enclosure_as_json(enclosure: &Enclosure) -> Value {
    json!({
        "url": enclosure.url,
        "type": enclosure.media_type,
        "media_type": enclosure.media_type,
        "bytes": enclosure.bytes,
        "duration_s": enclosure.duration_s,
    })
}

/// An id with a relative address resolved. An id is compared byte by byte, so that its spaces are not encoded.
fn named(id: Option<&str>, base: Option<&str>) -> Option<String> {
    let id = id?;
    let resolved = resolve(id, base);
    Some(if id.contains(' ') { resolved.replace("%20", " ") } else { resolved })
}
