//! What the writers of RSS and Atom have in common.
//!
//! Knows XML. Knows nothing of items.

use crate::model::Picture;
use std::collections::BTreeMap;

/// What was written, as text. An ampersand in it becomes `&#x26;`, which means the same to XML and tells those who guess that
/// what follows is no entity (RSS Advisory Board, RSS Best Practices Profile, "Character Data").
pub(super) fn finished(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + text.len() / 64);
    let mut rest = text.as_str();
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
    fn an_ampersand_is_written_so_that_nobody_takes_it_for_an_entity() {
        let written = "<a>R&amp;D &lt;</a><b><![CDATA[x &amp; y]]]]><![CDATA[>&amp;]]></b><c d=\"&amp;\"/>";
        let want = "<a>R&#x26;D &lt;</a><b><![CDATA[x &amp; y]]]]><![CDATA[>&amp;]]></b><c d=\"&#x26;\"/>\n";
        assert_eq!(finished(written.as_bytes().to_vec()), want);
    }
}
