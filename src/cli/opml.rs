//! Reads and writes lists of subscriptions in OPML 2.0 (<http://opml.org/spec2.opml>), which readers exchange. Bytes in,
//! feeds out, and back; it does no I/O and knows nothing of feeds.toml.
//!
//! Lists come from anywhere. So the depth of outlines and the number of feeds are bounded, entities other than the five of
//! XML are left as they are written, and an ill-formed list is read up to the fault.

use crate::model::FeedSettings;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::fmt::Write as _;

/// Depth of folders that is followed. Deeper folders are left out, and the feeds in them count as in the last one that is
/// followed.
const DEPTH_MOST: usize = 32;

/// How many feeds are read from one list. The number of all pieces of markup and text is bounded by eight times this.
const OUTLINES_MOST: usize = 50_000;

/// How many attributes are read of one outline.
const ATTRIBUTES_MOST: usize = 64;

/// Length at which titles are cut, in characters.
const TITLE_CHARS_MOST: usize = 200;

/// A feed that a list names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Subscription {
    /// `xmlUrl`, as written.
    pub(super) url: String,
    /// `title`, or else `text`; empty when there is none.
    pub(super) title: String,
    /// Titles of the folders it is in, the innermost first. Then the parts of the first path of its `category`, likewise.
    pub(super) folders: Vec<String>,
}

/// What could be read of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Subscriptions {
    /// The feeds in the order of the list, repeated ones included.
    pub(super) feeds: Vec<Subscription>,
    /// Why reading ended before the end of the list; `None` when it did not.
    pub(super) broken: Option<String>,
    /// Whether an `opml` or `outline` element was met.
    pub(super) is_opml: bool,
}

/// Reads a list. It never fails: what is wrong is said in [`Subscriptions::broken`].
pub(super) fn read(bytes: &[u8]) -> Subscriptions {
    let text = decoded(bytes);
    let mut found = Subscriptions::default();
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut folders: Vec<String> = Vec::new();
    let mut deeper = 0_usize;
    for _ in 0..OUTLINES_MOST.saturating_mul(8) {
        match reader.read_event() {
            Ok(Event::Start(tag)) if is_outline(&tag) => {
                let title = note_outline(&tag, &folders, &mut found);
                if folders.len() < DEPTH_MOST { folders.push(title) } else { deeper += 1 }
            }
            Ok(Event::Empty(tag)) if is_outline(&tag) => {
                note_outline(&tag, &folders, &mut found);
            }
            Ok(Event::End(tag)) if tag.local_name().as_ref().eq_ignore_ascii_case("outline") => {
                if deeper > 0 { deeper -= 1 } else { drop(folders.pop()) }
            }
            Ok(Event::Start(tag)) if tag.local_name().as_ref().eq_ignore_ascii_case("opml") => {
                found.is_opml = true;
            }
            Ok(Event::Eof) => return found,
            Ok(_) => {}
            Err(error) => {
                found.broken = Some(format!("{error} (at byte {})", reader.error_position()));
                return found;
            }
        }
        if found.feeds.len() >= OUTLINES_MOST {
            break;
        }
    }
    found.broken = Some(format!("there are more than {OUTLINES_MOST} outlines"));
    found
}

fn is_outline(tag: &BytesStart<'_>) -> bool {
    tag.local_name().as_ref().eq_ignore_ascii_case("outline")
}

/// Adds an outline that is a feed to those found. Returns the outline's title, which is the folder of those inside it.
fn note_outline(tag: &BytesStart<'_>, folders: &[String], found: &mut Subscriptions) -> String {
    found.is_opml = true;
    let mut url = String::new();
    let (mut title, mut text, mut category) = (String::new(), String::new(), String::new());
    for attribute in tag.attributes().with_checks(false).take(ATTRIBUTES_MOST).flatten() {
        // The case of names is often wrong: `xmlurl`, `XMLURL`.
        match attribute.key.local_name().as_ref().to_ascii_lowercase().as_str() {
            "xmlurl" => url = plain(&attribute),
            "title" => title = plain(&attribute),
            "text" => text = plain(&attribute),
            "category" => category = plain(&attribute),
            _ => {}
        }
    }
    let title = if title.is_empty() { text } else { title };
    let title: String = title.chars().take(TITLE_CHARS_MOST).collect();
    if !url.is_empty() {
        let mut folders: Vec<String> =
            folders.iter().rev().filter(|name| !name.is_empty()).cloned().collect();
        // "/Technology/Rust,/World": the first path, innermost first.
        let path = category.split(',').next().unwrap_or_default();
        folders.extend(path.rsplit('/').take(DEPTH_MOST).filter(|name| !name.is_empty()).map(str::to_owned));
        found.feeds.push(Subscription { url, title: title.clone(), folders });
    }
    title
}

/// An attribute's text on one line, without control characters. A value with an unknown entity is taken as written.
fn plain(attribute: &Attribute<'_>) -> String {
    let raw = || attribute.value.as_ref().to_owned();
    let value = attribute
        .normalized_value(XmlVersion::Implicit1_0)
        .map_or_else(|_| raw(), std::borrow::Cow::into_owned);
    let spaced: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text of a file in whatever encoding it declares; UTF-8 unless it says otherwise.
fn decoded(bytes: &[u8]) -> String {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
    let label = head.split_once("encoding=").map(|(_, rest)| rest.trim_start_matches(['"', '\'']));
    let label = label.and_then(|rest| rest.split(['"', '\'', '?', ' ']).next());
    let encoding = label.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    // `decode` lets a byte order mark overrule the declared encoding.
    encoding.unwrap_or(encoding_rs::UTF_8).decode(bytes).0.into_owned()
}

/// Writes a list of folders, each with a title and feeds. The feeds of a folder with an empty title are written outside
/// of any folder.
pub(super) fn write(title: &str, folders: &[(String, Vec<&FeedSettings>)]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>{}</title>\n  \
         </head>\n  <body>\n",
        escaped(title)
    );
    for (folder, feeds) in folders {
        let indent = if folder.is_empty() { "    " } else { "      " };
        if !folder.is_empty() {
            let _ = writeln!(out, "    <outline text=\"{0}\" title=\"{0}\">", escaped(folder));
        }
        for feed in feeds {
            let title = escaped(feed.title.as_deref().unwrap_or(&feed.url));
            let url = escaped(&feed.url);
            let _ = writeln!(
                out,
                "{indent}<outline type=\"rss\" text=\"{title}\" title=\"{title}\" xmlUrl=\"{url}\"/>"
            );
        }
        if !folder.is_empty() {
            out.push_str("    </outline>\n");
        }
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

fn escaped(text: &str) -> String {
    // XML 1.0 §2.2 forbids control characters, of which a checked configuration has none, and U+FFFE and U+FFFF.
    quick_xml::escape::escape(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(opml: &str, expected: &[(&str, &str, &[&str])]) {
        let found = read(opml.as_bytes());
        let found: Vec<_> =
            found.feeds.iter().map(|f| (f.url.as_str(), f.title.as_str(), f.folders.clone())).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(url, title, folders)| (*url, *title, folders.iter().map(|&f| f.to_owned()).collect()))
            .collect();
        assert_eq!(found, expected, "{opml}");
    }

    #[test]
    fn folders_are_listed_from_the_innermost_out() {
        check(
            r#"<opml version="1.0"><body><outline text="Tech"><outline text="Rust &amp; C">
               <outline type="rss" text="A" title="A title" xmlUrl="https://a.example/f?x=1&amp;y=2"/></outline>
               <outline text="B" xmlurl="https://b.example/f"></outline></outline>
               <outline text="C" xmlUrl="https://c.example/f" category="/Science/Space,/Other"/></body></opml>"#,
            &[
                ("https://a.example/f?x=1&y=2", "A title", &["Rust & C", "Tech"]),
                ("https://b.example/f", "B", &["Tech"]),
                ("https://c.example/f", "C", &["Space", "Science"]),
            ],
        );
    }

    #[test]
    fn an_ill_formed_list_is_read_as_far_as_it_goes() {
        check(
            "<opml><outline xmlUrl='https://a.example/'/><outline xmlUrl='https://b.exa",
            &[("https://a.example/", "", &[])],
        );
        check(
            "<outline text='x\u{7}\ny' junk=1 xmlUrl=\"https://a.example/\" text='&bomb;'></body></outline></outline>\
             <OUTLINE XMLURL='https://b.example/'/>",
            &[("https://a.example/", "&bomb;", &[]), ("https://b.example/", "", &[])],
        );
        assert!(read(b"<opml><outline xmlUrl='x'/><!-- never closed").broken.is_some());
        assert!(!read(b"hello").is_opml);
    }

    #[test]
    fn hostile_lists_are_bounded() {
        let deep = "<outline text='d'>".repeat(100_000) + "<outline xmlUrl='https://a.example/'/>";
        assert_eq!(read(deep.as_bytes()).feeds[0].folders.len(), DEPTH_MOST);
        let many = "<outline xmlUrl='https://a.example/'/>".repeat(OUTLINES_MOST + 10);
        let found = read(many.as_bytes());
        assert_eq!(found.feeds.len(), OUTLINES_MOST);
        assert!(found.broken.is_some());
        let bomb = "<!DOCTYPE opml [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><opml><outline text='&b;' xmlUrl='https://a.example/'/></opml>";
        check(bomb, &[("https://a.example/", "&b;", &[])]);
    }

    #[test]
    fn other_encodings_are_decoded() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><opml><outline text='caf\xe9' xmlUrl='https://a.example/'/></opml>";
        assert_eq!(read(latin).feeds[0].title, "café");
        let utf16: Vec<u8> = "\u{feff}<opml><outline text='é' xmlUrl='https://a.example/'/></opml>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(&utf16).feeds[0].title, "é");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), tail in "(<outline|xmlUrl=|'|\"|>|/>|&#|;|</outline>|[a-zé ]){0,40}") {
            read(&bytes);
            read(tail.as_bytes());
        }
    }
}
