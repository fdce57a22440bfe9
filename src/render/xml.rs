//! What the writers of RSS and Atom have in common.
//!
//! Knows XML, and must not know what an item is.

use crate::model::Picture;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A written document as text, with the address of a stylesheet for browsers added
/// (<https://www.w3.org/TR/xml-stylesheet/>).
///
/// `&amp;` becomes `&#x26;`, except in CDATA sections. Both mean the same to XML; with the second, readers that
/// decode twice do not take what follows for an entity (RSS Advisory Board, RSS Best Practices Profile, "Character
/// Data").
pub(super) fn finished(bytes: Vec<u8>, style: &str) -> String {
    let text = String::from_utf8(bytes).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + text.len() / 64);
    let mut rest = text.as_str();
    // The stylesheet follows the XML declaration, which must come first.
    if let Some(end) = text.find("?>").filter(|_| text.starts_with("<?xml ")) {
        let (declaration, document) = text.split_at(end + 2);
        let style = quick_xml::escape::escape(style);
        let _ = write!(out, "{declaration}\n<?xml-stylesheet type=\"text/css\" href=\"{style}\"?>");
        rest = document;
    }
    while let Some(at) = rest.find("<![CDATA[") {
        out.push_str(&rest[..at].replace("&amp;", "&#x26;"));
        let end = rest[at..].find("]]>").map_or(rest.len(), |end| at + end);
        out.push_str(&rest[at..end]);
        rest = &rest[end..];
    }
    out.push_str(&rest.replace("&amp;", "&#x26;"));
    out.push('\n');
    out
}

/// The attributes of a `media:thumbnail` (Media RSS).
pub(super) fn thumbnail(picture: &Picture) -> BTreeMap<String, String> {
    let sizes = [("width", picture.width), ("height", picture.height)];
    let sizes = sizes.into_iter().filter_map(|(name, pixels)| Some((name.to_owned(), pixels?.to_string())));
    sizes.chain([("url".to_owned(), picture.url.clone())]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_stands_between_the_declaration_and_the_document() {
        let written = finished(b"<?xml version=\"1.0\"?>\n<feed/>".to_vec(), "/a&b/feed.css");
        let style = "<?xml-stylesheet type=\"text/css\" href=\"/a&amp;b/feed.css\"?>";
        assert_eq!(written, format!("<?xml version=\"1.0\"?>\n{style}\n<feed/>\n"));
    }

    #[test]
    fn an_ampersand_is_written_so_that_nobody_takes_it_for_an_entity() {
        let written = "<a>R&amp;D &lt;</a><b><![CDATA[x &amp; y]]]]><![CDATA[>&amp;]]></b><c d=\"&amp;\"/>";
        let want = "<a>R&#x26;D &lt;</a><b><![CDATA[x &amp; y]]]]><![CDATA[>&amp;]]></b><c d=\"&#x26;\"/>\n";
        assert_eq!(finished(written.as_bytes().to_vec(), "/feed.css"), want);
    }
}
