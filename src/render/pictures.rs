//! The pictures of an item of an output: the one that leads it, and those in its text.
//!
//! Knows sanitised HTML as `read` writes it: attributes stand in double quotes, and quotes inside them are escaped.
//! Must not know any format. (The pictures of pages are in `pages/picture.rs`.)

use super::clean;
use crate::model::Picture;
use maud::{Markup, html};
use std::ops::Range;

/// A picture whose address is safe to load and whose description is cleaned; `None` if its address is not.
pub(super) fn safe(picture: Option<&Picture>) -> Option<Picture> {
    let picture = picture?;
    let url = clean::link(&picture.url)?.into_owned();
    let alt = picture.alt.as_deref().map(clean::line).filter(|alt| !alt.is_empty());
    Some(Picture { url, alt, ..*picture })
}

/// A picture as a paragraph.
pub(super) fn paragraph(picture: &Picture) -> Markup {
    let alt = picture.alt.as_deref().unwrap_or_default();
    html! { p { img src=(picture.url) alt=(alt) width=[picture.width] height=[picture.height]; } }
}

/// Whether a text already shows this picture, in any size.
pub(super) fn shows(text: &str, picture: &Picture) -> bool {
    let of = |tag: &Range<usize>| value(&text[tag.clone()], "src");
    let mut shown = tags(text, "img").filter_map(|tag| of(&tag));
    shown.any(|url| is_same(&url, &picture.url))
}

/// A text without its pictures and without the posters of its videos; the descriptions of the pictures stay.
pub(super) fn without(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for tag in tags(text, "img") {
        out.push_str(&text[at..tag.start]);
        let alt = value(&text[tag.clone()], "alt").unwrap_or_default();
        out.push_str(&html! { (alt) }.0);
        at = tag.end;
    }
    out.push_str(&text[at..]);
    let (text, mut out, mut at) = (std::mem::take(&mut out), String::new(), 0);
    // A poster is the picture that a video shows until it is played.
    for tag in tags(&text, "video") {
        let Some(poster) = attribute(&text[tag.clone()], "poster") else { continue };
        let begins = tag.start + poster.start - " poster=\"".len();
        out.push_str(&text[at..begins]);
        at = tag.start + poster.end + 1;
    }
    out.push_str(&text[at..]);
    out
}

/// The ranges of the start tags of one kind of element, in bytes.
fn tags<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let starts = text.match_indices('<').map(|(at, _)| at);
    let of_kind = starts.filter(move |at| {
        let after = text[at + 1..].strip_prefix(name);
        after.is_some_and(|after| after.starts_with([' ', '>']))
    });
    of_kind.filter_map(move |start| {
        let mut in_quotes = false;
        let end = text[start..].bytes().position(|byte| {
            in_quotes ^= byte == b'"';
            byte == b'>' && !in_quotes
        })?;
        Some(start..start + end + 1)
    })
}

/// The range of the value of an attribute in a tag, in bytes.
fn attribute(tag: &str, name: &str) -> Option<Range<usize>> {
    let mut rest = tag.find(' ')?;
    while let Some(at) = tag[rest..].find("=\"").map(|at| rest + at) {
        let value = at + 2;
        let end = value + tag[value..].find('"')?;
        if tag[rest..at].trim() == name {
            return Some(value..end);
        }
        rest = end + 1;
    }
    None
}

/// The value of an attribute, without character references.
fn value(tag: &str, name: &str) -> Option<String> {
    let value = &tag[attribute(tag, name)?];
    let plain =
        value.replace("&quot;", "\"").replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">");
    Some(plain.replace("&amp;", "&"))
}

/// Whether two addresses lead to the same picture: they are equal except for the scheme, or their files have the same
/// name except for the size in it. Many pictures have the same short name ("1", "photo"), so if it is short, the
/// folders must be equal, too.
fn is_same(one: &str, other: &str) -> bool {
    const LEAST_CHARS: usize = 6;
    let without_scheme = |url: &str| url.split_once("://").map_or(url, |(_, rest)| rest).to_ascii_lowercase();
    let (one, other) = (without_scheme(one), without_scheme(other));
    let (Some((folder, name)), Some((other_folder, other_name))) = (file(&one), file(&other)) else {
        return one == other;
    };
    one == other || (name == other_name && (name.chars().count() >= LEAST_CHARS || folder == other_folder))
}

/// The folder of a picture's file, and its name without size and extension: `harbour` for `harbour-300x200.jpg`.
fn file(url: &str) -> Option<(&str, &str)> {
    const KINDS: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "avif"];
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (folder, file) = path.rsplit_once('/')?;
    let (name, kind) = file.rsplit_once('.')?;
    let name = name.trim_end_matches("@2x").trim_end_matches("-scaled");
    let name = match name.rsplit_once(['-', '_']) {
        Some((before, size)) if is_size(size) => before,
        _ => name,
    };
    KINDS.contains(&kind).then_some((folder, name))
}

/// Whether a word is a size, such as `300x200`.
fn is_size(word: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    word.split_once('x').is_some_and(|(width, height)| is_number(width) && is_number(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_again_in_another_size_and_no_other_is() {
        let picture = |url: &str| Picture { url: url.to_owned(), ..Picture::default() };
        let text = "<p>a</p><img alt=\"x > y\" src=\"https://a.example/2026/Harbour-300x200.jpg?w=3&amp;h=2\" width=\"9\">";
        for same in [
            "http://a.example/2026/Harbour-300x200.jpg?w=3&h=2",
            "https://a.example/2026/harbour.jpg",
            "https://cdn.example/a.example/harbour_640x480.webp",
            "https://a.example/2026/harbour-scaled.jpg",
        ] {
            assert!(shows(text, &picture(same)), "{same}");
        }
        for other in
            ["https://a.example/2026/lighthouse.jpg", "https://a.example/harbour", "https://a.example/"]
        {
            assert!(!shows(text, &picture(other)), "{other}");
        }
        let numbered = "<img src=\"https://a.example/a/1.jpg\">";
        assert!(!shows(numbered, &picture("https://a.example/b/1.jpg")));
        assert!(!shows(
            "<imgs src=\"https://a.example/a/1.jpg\"> &lt;img",
            &picture("https://a.example/a/1.jpg")
        ));
    }

    #[test]
    fn a_text_without_pictures_keeps_their_words() {
        let text = "<p>a<img src=\"x>y\" alt=\"Tom &amp; <b>\">b</p><video src=\"v\" poster=\"p\" controls=\"\"></video><img>";
        let want = "<p>aTom &amp; &lt;b&gt;b</p><video src=\"v\" controls=\"\"></video>";
        assert_eq!(without(text), want);
        assert_eq!(without("<p>a < b & <img"), "<p>a < b & <img");
    }
}
