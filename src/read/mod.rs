//! Bytes → [`Document`] → [`Entry`](crate::model::Entry): reads what anyone publishes.
//!
//! Pure: no I/O, no clock, no randomness. It knows the nouns of [`crate::model`] and nothing else of ours. The order of
//! use is [`read`] for the whole document, [`keys`] and [`hash`] to recognise entries that are known and unchanged,
//! and [`prepare()`] for the rest only, because sanitising costs several times as much as reading.

mod address;
mod atom;
mod attribute;
mod clean;
mod date;
mod decode;
mod discover;
mod draft;
mod embed;
mod entity;
mod entity_table;
mod extension;
mod feed;
mod flaws;
mod furniture;
mod html;
mod identify;
mod json;
mod linked;
mod markdown;
mod marks;
mod media_type;
mod mixed;
mod month;
mod newest;
mod outside;
mod person;
mod picture;
mod plain;
mod prepare;
mod rss;
mod space;
mod spoken;
mod tags;
mod text;
mod tidy;
mod value;
mod xml;
mod zone;

pub use discover::{FoundFeed, WELL_KNOWN_PATHS, discover};
pub use identify::{Identity, hash, identify, keys};
pub use linked::{linked_page, named_page};
pub use outside::outside_links;
pub use plain::{article, plain_text};
pub use prepare::prepare;

use crate::model::{Document, Warning, shown_url};

/// How many entries of one document are read.
pub const MAX_ENTRIES: usize = 2_000;

/// How many bytes of one document are looked at, unless a hint says otherwise: as many as a poll takes then.
pub const MAX_BYTES: usize = 10 * 1_024 * 1_024;

/// Bytes of HTML that are kept of a summary or a content.
const MAX_HTML_BYTES: usize = 512 * 1_024;

/// What is known of a document beside its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint<'a> {
    /// The HTTP `Content-Type`, whose charset counts for more than what the document says of itself (RFC 7303 §3).
    pub content_type: Option<&'a str>,
    /// The address that the document came from, after redirects; relative addresses are resolved against it.
    pub base_url: Option<&'a str>,
    /// The bytes are the beginning of a document whose rest never arrived: an entry that they leave unfinished is none.
    pub is_cut: bool,
    /// How many bytes are looked at, in place of [`MAX_BYTES`].
    pub max_bytes: Option<usize>,
    /// New entries of this feed have appeared at the end of its documents. If a document has more entries than are
    /// read, and they have no dates, this tells where the newest are.
    pub newest_last: bool,
}

/// Why bytes are no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is nothing to read.
    #[error("answered with nothing, not a feed")]
    Empty,
    /// It is something, but not a feed.
    #[error("answered with {what}, not a feed{}", links_in_words(links))]
    NotAFeed {
        /// What it seems to be, with its indefinite pronoun: "a web page".
        what: &'static str,
        /// Addresses of feeds that it links to, the richest first.
        links: Vec<String>,
    },
}

impl ReadError {
    /// A stable word for logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotAFeed { .. } => "not-a-feed",
        }
    }
}

/// The first few, without what may be a secret.
fn links_in_words(links: &[String]) -> String {
    const TOLD: usize = 3;
    let told: Vec<String> = links.iter().take(TOLD).map(|link| shown_url(link)).collect();
    let more = links.len().saturating_sub(TOLD);
    match (told.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!("; it links to these feeds: {}", told.join(", ")),
        (false, more) => format!("; it links to these feeds: {} and {more} more", told.join(", ")),
    }
}

/// Reads a feed of any dialect. What could be read before a break counts, with a warning.
///
/// # Errors
/// [`ReadError`] when the bytes are no feed.
pub fn read(bytes: &[u8], hint: &Hint<'_>) -> Result<Document, ReadError> {
    if bytes.trim_ascii().is_empty() {
        return Err(ReadError::Empty);
    }
    let whole = bytes.len();
    let limit = hint.max_bytes.unwrap_or(MAX_BYTES);
    let bytes = first_bytes(bytes, limit, hint.is_cut);
    let decoded = decode::decode(bytes, hint.content_type);
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    // Junk may stand before the root of either kind.
    let json = || text.find('{').and_then(|start| json::read(&text[start..], start > 0, hint));
    let document = if text.starts_with('{') { json() } else { feed::read(text, hint).or_else(json) };
    let Some(mut document) = document else { return Err(not_a_feed(text, hint)) };
    document.base = hint.base_url.map(str::to_owned);
    document.warnings.extend(decoded.warning.map(Warning));
    if bytes.len() < whole {
        let limit = limit / 1_024 / 1_024;
        document
            .warnings
            .push(Warning(format!("the document is too large; the first {limit} MiB were read")));
    }
    Ok(document)
}

/// The start of a document, up to the limit. A character that the limit, or an incomplete transfer, cuts in two is
/// left out.
fn first_bytes(bytes: &[u8], limit: usize, is_cut: bool) -> &[u8] {
    let first = &bytes[..bytes.len().min(limit)];
    if first.len() == bytes.len() && !is_cut {
        return bytes;
    }
    let last = first.iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or(0);
    if first[last] >= 0xc0 { &first[..last] } else { first }
}

/// An address made absolute; one that cannot be, stays as written.
pub fn resolve(address: &str, base: Option<&str>) -> String {
    address::resolve(address, base.and_then(|base| url::Url::parse(base).ok()).as_ref())
}

/// HTML of a document as it will be filed: safe to show, relative addresses resolved against `base`.
pub fn sanitise(html: &str, base: Option<&str>) -> String {
    clean::clean(
        prepare::cut(html, MAX_HTML_BYTES),
        base.and_then(|base| url::Url::parse(base).ok()).as_ref(),
    )
}

/// Says what bytes are that are no feed.
fn not_a_feed(text: &str, hint: &Hint<'_>) -> ReadError {
    let start = text[..text.floor_char_boundary(4_096)].to_ascii_lowercase();
    let is_list = start.contains("<opml");
    let is_page = !is_list && ["<html", "<!doctype html", "<body"].iter().any(|mark| start.contains(mark));
    let what = match text.as_bytes().first() {
        None => return ReadError::Empty,
        _ if is_list => "a list of feeds (OPML)",
        _ if is_page => "a web page",
        Some(b'<') => "an XML document of another kind",
        Some(b'{' | b'[') => "JSON of another kind",
        Some(_) => "plain text",
    };
    let found =
        if is_page { discover(text.as_bytes(), hint.base_url.unwrap_or_default(), &[]) } else { Vec::new() };
    ReadError::NotAFeed { what, links: found.into_iter().map(|feed| feed.url).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RawEntry;

    fn entries(xml: &str) -> Document {
        read(xml.as_bytes(), &Hint { base_url: Some("https://site.example/feed"), ..Hint::default() })
            .unwrap()
    }

    #[test]
    fn an_entry_is_read_identified_and_prepared() {
        let document = entries(
            "<rss version='2.0'><channel><title>News</title><link>https://site.example/</link>
             <item><guid isPermaLink='false'>one</guid><link>https://site.example/1</link>
             <title>A &amp;amp; B</title><description>&lt;p&gt;Words&lt;script&gt;x&lt;/script&gt;&lt;/p&gt;</description>
             <category>world</category></item></channel></rss>",
        );
        let key = keys(&document).remove(0);
        let raw = &document.entries[0];
        let entry = prepare(raw, key, hash(raw), &document);
        assert_eq!(entry.key, "one");
        assert_eq!(entry.title, "A & B");
        assert_eq!(entry.text, "Words");
        assert_eq!(entry.summary.as_deref(), Some("<p>Words</p>"));
        assert_eq!(entry.url.as_deref(), Some("https://site.example/1"));
        assert_eq!(entry.terms, ["world"]);
    }

    #[test]
    fn an_entry_that_says_only_when_it_was_changed_is_from_then() {
        let published = |dates: &str| {
            let document =
                entries(&format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry>{dates}</entry></feed>"));
            prepare(&document.entries[0], String::new(), 0, &document).published.map(|date| date.to_string())
        };
        let changed = "<updated>2025-05-06T07:08:09Z</updated>";
        assert_eq!(published(changed).as_deref(), Some("2025-05-06T07:08:09Z"));
        let both = format!("<published>2025-05-01T00:00:00Z</published>{changed}");
        assert_eq!(published(&both).as_deref(), Some("2025-05-01T00:00:00Z"));
        let zero = format!("<published>1970-01-01T00:00:00Z</published>{changed}");
        assert_eq!(published(&zero).as_deref(), Some("2025-05-06T07:08:09Z"));
        assert_eq!(published("<title>x</title>"), None);
    }

    #[test]
    fn the_first_link_into_the_web_is_the_page() {
        let url = |inside: &str| {
            entries(&format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry>{inside}</entry></feed>"))
                .entries[0]
                .url
                .clone()
        };
        let capsule = "<link href='gemini://capsule.example/log.gmi'/>";
        let web = "https://capsule.example/log";
        assert_eq!(url(&format!("{capsule}<link href='{web}'/>")).as_deref(), Some(web));
        assert_eq!(
            url(&format!("<id>{web}</id>{capsule}<link rel='alternate' href='nostr:note1x'/>")).as_deref(),
            Some(web)
        );
        assert_eq!(
            url(&format!("<id>urn:x</id>{capsule}")).as_deref(),
            Some("gemini://capsule.example/log.gmi")
        );
        let url = |inside: &str| {
            entries(&format!("<rss><channel><item>{inside}</item></channel></rss>")).entries[0].url.clone()
        };
        assert_eq!(
            url(&format!("<link>magnet:?xt=urn:btih:0</link><link>{web}</link>")).as_deref(),
            Some(web)
        );
        assert_eq!(
            url(&format!("<link>magnet:?xt=urn:btih:0</link><guid>{web}</guid>")).as_deref(),
            Some(web)
        );
        assert_eq!(url("<link>magnet:?xt=urn:btih:0</link>").as_deref(), Some("magnet:?xt=urn:btih:0"));
    }

    #[test]
    fn relative_addresses_in_a_text_hang_from_its_own_page() {
        let links = |attributes: &str, link: &str| {
            let document = entries(&format!(
                "<rss {attributes}><channel><link>https://site.example/</link><item>{link}
                 <description>&lt;a href='#note'&gt;1&lt;/a&gt; &lt;img src='pic.png'&gt;</description></item></channel></rss>"
            ));
            let entry = prepare(&document.entries[0], String::new(), 0, &document);
            entry.summary.unwrap_or_default()
        };
        let link = "<link>https://site.example/2026/post/</link>";
        let own = links("", link);
        assert!(own.contains("\"https://site.example/2026/post/#note\""), "{own}");
        assert!(own.contains("\"https://site.example/2026/post/pic.png\""), "{own}");
        let based = links("xml:base='https://cdn.example/a/'", link);
        assert!(based.contains("\"https://cdn.example/a/#note\""), "{based}");
        let homeless = links("", "");
        assert!(homeless.contains("\"https://site.example/pic.png\""), "{homeless}");
        let document = entries(
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='/b/2'/><content type='xhtml'>
             <div xmlns='http://www.w3.org/1999/xhtml'><a href='#note'>1</a></div></content></entry></feed>",
        );
        let content = prepare(&document.entries[0], String::new(), 0, &document).content.unwrap();
        assert!(content.contains("\"https://site.example/b/2#note\""), "{content}");
    }

    #[test]
    fn a_text_elsewhere_is_the_page_where_there_is_no_other_and_no_medium() {
        let entry = |inside: &str| {
            entries(&format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry>{inside}</entry></feed>"))
                .entries
                .remove(0)
        };
        let elsewhere = "<content type='text/html' src='/text.html'/>";
        let alone = entry(elsewhere);
        assert_eq!(
            (alone.url.as_deref(), alone.enclosures.len()),
            (Some("https://site.example/text.html"), 0)
        );
        let beside = entry(&format!("{elsewhere}<link href='/page'/>"));
        assert_eq!(beside.url.as_deref(), Some("https://site.example/page"));
        let medium = entry("<content type='audio/mpeg' src='/talk.mp3'/>");
        assert_eq!((medium.url.as_deref(), medium.enclosures.len()), (None, 1));
    }

    #[test]
    fn what_media_rss_says_of_a_picture_is_what_stands_for_it() {
        let items = "<media:content url='https://0.gravatar.com/avatar/1' medium='image'><media:title>mira</media:title>
             </media:content><media:content url='/s.jpg' medium='image' width='140'/>
             <media:content url='/l.jpg' type='image/jpeg' width='700' height='420'><media:title>Gulls &amp;lt;on&amp;gt; a
             pier</media:title></media:content><media:content url='/x.jpg' medium='image' width='9000'/>
             <media:content url='https://0.gravatar.com/avatar/2' medium='image'><media:title>ada</media:title></media:content>
             <media:content url='/v.mp4' medium='video'><media:title>A film</media:title></media:content>";
        let document =
            entries(&format!("<rss><channel><item><title>x</title>{items}</item></channel></rss>"));
        let picture = prepare(&document.entries[0], String::new(), 0, &document).image.unwrap();
        assert!(picture.url.ends_with("/l.jpg"), "the widest that is for a screen: {picture:?}");
        assert_eq!(picture.alt.as_deref(), Some("Gulls <on> a pier"));
        assert_eq!((picture.width, picture.height), (Some(700), Some(420)));
    }

    #[test]
    fn a_picture_without_a_type_has_that_of_its_name() {
        let document = entries(
            "<rss><channel><item><media:content url='/a.png' medium='image'/><media:content url='/b' medium='image'/>
             <enclosure url='/c.mp3' type='audio'/><enclosure url='/d.opus'/></item></channel></rss>",
        );
        let types: Vec<_> = document.entries[0].enclosures.iter().map(|e| e.media_type.as_deref()).collect();
        assert_eq!(types, [Some("image/png"), None, Some("audio/mpeg"), Some("audio/ogg")]);
    }

    #[test]
    fn addresses_are_mended_and_ids_are_not() {
        let document = entries(
            "<rss><channel><item><guid>https://site.example/?a=1&amp;amp;b=2</guid>
             <comments>https://site.example/c?a=1&amp;amp;b=2</comments><enclosure url=“/x.mp3?a=1&amp;amp;b=2” type=«audio/mpeg»/>
             </item></channel></rss>",
        );
        let entry = &document.entries[0];
        assert_eq!(entry.id.as_deref(), Some("https://site.example/?a=1&amp;b=2"));
        assert_eq!(entry.url.as_deref(), Some("https://site.example/?a=1&b=2"));
        assert_eq!(entry.comments.as_deref(), Some("https://site.example/c?a=1&b=2"));
        let enclosure = &entry.enclosures[0];
        assert_eq!(enclosure.url, "https://site.example/x.mp3?a=1&b=2");
        assert_eq!(enclosure.media_type.as_deref(), Some("audio/mpeg"));
    }

    #[test]
    fn an_id_shared_by_different_titles_identifies_nothing() {
        let entry = |id: &str, url: &str, title: &str| RawEntry {
            id: Some(id.to_owned()),
            url: Some(url.to_owned()),
            title: Some(title.to_owned()),
            ..RawEntry::default()
        };
        let mut document =
            entries("<rss version='2.0'><channel><item><title>x</title></item></channel></rss>");
        document.entries = vec![
            entry("same", "https://site.example/1", "a"),
            entry("same", "https://site.example/2", "b"),
            entry("own", "https://site.example/", "c"),
            entry("same", "https://site.example/", "d"),
        ];
        let keys = keys(&document);
        assert_eq!(keys[0], "https://site.example/1");
        assert_eq!(keys[2], "own");
        assert!(keys[3].starts_with("hash:"));
    }

    #[test]
    fn what_is_no_feed_is_named() {
        for (text, what) in [
            ("<opml version='2.0'><body><outline xmlUrl='/f'/></body></opml>", "a list of feeds (OPML)"),
            ("<urlset><url/></urlset>", "an XML document of another kind"),
            ("{\"error\":\"no\"}", "JSON of another kind"),
            ("not found", "plain text"),
        ] {
            let error = read(text.as_bytes(), &Hint::default()).unwrap_err();
            assert_eq!(error.to_string(), format!("answered with {what}, not a feed"));
        }
    }

    #[test]
    fn a_date_that_cannot_be_read_is_named_unless_the_entry_has_another() {
        let item = |dates: &str| format!("<item><title>One</title>{dates}</item>");
        let items = [
            item("<pubDate>Thursday next, at dusk</pubDate>"),
            item("<pubDate>Never</pubDate><dc:date>2026-11-27</dc:date>"),
            item("<pubDate>Fri, 27 Nov 2026 10:00:00 GMT</pubDate><dc:date>soon</dc:date>"),
            item("<pubDate>the thirtieth of Nebulous in the year of the great tide</pubDate>"),
            item("<pubDate> </pubDate>"),
            item(""),
        ];
        let document = entries(&format!("<rss version='2.0'><channel>{}</channel></rss>", items.concat()));
        let warnings: Vec<String> = document.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(
            warnings,
            ["in 2 of 6 entries the date cannot be read, such as \"Thursday next, at dusk\""]
        );
        let json = r#"{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "date_published": "dusk"}]}"#;
        assert_eq!(entries(json).warnings.len(), 1);
    }

    #[test]
    fn of_a_document_that_is_too_large_the_beginning_is_read() {
        let start = "<rss version='2.0'><channel><item><title>One</title></item><item><title>";
        for padding in [0, 1] {
            // A character of two bytes stands across the limit, or in front of it.
            let text = format!("{start}{}{}</title></item>", "x".repeat(padding), "é".repeat(MAX_BYTES / 2));
            let document = entries(&text);
            assert_eq!(document.entries.len(), 2);
            let warnings: Vec<String> = document.warnings.iter().map(ToString::to_string).collect();
            assert_eq!(
                warnings,
                [
                    "the document ends in the middle; what stands before the break was read",
                    "the document is too large; the first 10 MiB were read"
                ]
            );
        }
    }

    #[test]
    fn an_entry_that_a_cut_leaves_unfinished_is_none() {
        let rss = "<rss version='2.0'><channel><item><guid>1</guid><title>Ünë</title></item>\
                   <item><guid>2</guid><description><![CDATA[<p>Zwö</p>]]></description></item>\
                   <item><guid>3</guid><title>Three</title><link/></item></channel></rss>";
        let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><title>Ünë</title></entry>\
                    <entry><id>2</id></entry><entry><id>3</id></entry></feed>";
        let sloppy = "<rss version='2.0'><channel><item><guid>1</guid><item><guid>2</guid><item><guid>3</guid>\
                      </item></channel></rss>";
        let json = r#"{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":"Ünë"},{"id":"2",
                   "authors":[{"name":"A"}],"tags":["x"]},{"id":"3"}],"title":"T"}"#;
        for whole in [rss, atom, sloppy, json] {
            let read = |end: usize, is_cut| {
                read(&whole.as_bytes()[..end], &Hint { is_cut, ..Hint::default() }).map(|read| read.entries)
            };
            let all = read(whole.len(), false).unwrap();
            assert_eq!(all.len(), 3, "{whole}");
            let mut most = 0;
            for end in 1..whole.len() {
                let entries = read(end, true).unwrap_or_default();
                assert!(
                    all.starts_with(&entries),
                    "{}: {entries:?}",
                    &whole[..whole.floor_char_boundary(end)]
                );
                assert!(entries.len() >= most);
                most = entries.len();
            }
            assert_eq!(most, 3, "{whole}");
        }
    }

    #[test]
    fn a_web_page_is_no_feed_and_its_feeds_are_named() {
        let page = b"<!DOCTYPE html><html><head><link rel=alternate type=application/rss+xml href=/rss></head></html>";
        let error =
            read(page, &Hint { base_url: Some("https://site.example/"), ..Hint::default() }).unwrap_err();
        assert_eq!(
            error.to_string(),
            "answered with a web page, not a feed; it links to these feeds: https://site.example/rss"
        );
    }

    #[test]
    fn of_the_feeds_that_a_page_names_the_first_few_are_told_and_no_secrets() {
        let link = |no: u32| {
            format!(
                "<link rel=alternate type=application/rss+xml href='https://me:pw@site.example/{no}?token=abc'>"
            )
        };
        let page =
            format!("<!DOCTYPE html><html><head>{}</head></html>", (0..500).map(link).collect::<String>());
        let text = read(page.as_bytes(), &Hint::default()).unwrap_err().to_string();
        assert!(text.contains("https://site.example/0, ") && text.len() < 250, "{text}");
        assert!(!text.contains("abc") && !text.contains("pw"), "{text}");
    }
}
