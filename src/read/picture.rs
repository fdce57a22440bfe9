//! The pictures of a text, and which of them stands for it.
//!
//! It knows sanitised HTML: addresses are absolute, and pixels that count readers are gone.

use super::entity;
use super::html::{Piece, Tag, pieces};
use super::plain::plain_text;
use crate::model::Picture;

/// A picture that is narrower or lower than this, in pixels, is a smiley, an icon or a button.
const LEAST_PIXELS: u32 = 100;

/// Pictures of one text that are looked at.
const MAX_PICTURES: usize = 100;

/// How far from the beginning of a text a picture may still represent it, in bytes of HTML.
const NEAR_BYTES: usize = 64 * 1_024;

/// The first picture of a text that is none of its furniture.
pub(super) fn shown_first(html: &str) -> Option<Picture> {
    let near = &html[..html.floor_char_boundary(NEAR_BYTES)];
    let is_large = |pixels: Option<u32>| pixels.is_none_or(|pixels| pixels >= LEAST_PIXELS);
    pictures(near)
        .find(|picture| is_large(picture.width) && is_large(picture.height) && !is_furniture(&picture.url))
}

/// What a text says of a picture that it shows.
pub(super) fn said_of(html: &str, url: &str) -> Option<Picture> {
    pictures(html).find(|picture| picture.url == url)
}

/// Whether an address is that of a smiley, of somebody's face, or of a button of a known make.
pub(super) fn is_furniture(url: &str) -> bool {
    const MADE_BY: [&str; 8] = [
        "/emoji/",
        "/smilies/",
        "/smileys/",
        "gravatar.com/",
        "feeds.feedburner.com/~",
        "feedsportal.com/",
        "/avatar",
        "stats.wordpress.com/",
    ];
    MADE_BY.iter().any(|made| url.contains(made))
}

fn pictures(html: &str) -> impl Iterator<Item = Picture> + '_ {
    let tags = pieces(html).filter_map(|piece| match piece {
        Piece::Open(tag) if tag.name.eq_ignore_ascii_case("img") => Some(tag),
        _ => None,
    });
    tags.take(MAX_PICTURES).filter_map(picture)
}

fn picture(tag: Tag<'_>) -> Option<Picture> {
    let url = tag.get("src").filter(|url| url.starts_with("http"))?;
    // What is to be read in a picture's place is no markup, whatever it looks like.
    let alt = tag.get("alt").map(|alt| plain_text(&entity::escape(&alt))).filter(|alt| !alt.is_empty());
    let size = |name| tag.get(name).as_deref().and_then(pixels);
    Some(Picture { url, alt, width: size("width"), height: size("height") })
}

/// A number of pixels; "100%" and "auto" are none.
pub(super) fn pixels(text: &str) -> Option<u32> {
    let text = text.trim();
    let number = text.strip_suffix("px").unwrap_or(text);
    number.parse().ok().filter(|pixels| (1..=20_000).contains(pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(html: &str) -> Option<String> {
        shown_first(html).map(|picture| picture.url)
    }

    #[test]
    fn the_first_picture_of_a_text_stands_for_it_unless_it_is_furniture() {
        let photo = "<img src=\"https://a.example/p.jpg\" alt=\"Tom &amp; a &lt;ferry&gt;\" width=\"640px\" height=\"50%\">";
        let want = Picture {
            url: "https://a.example/p.jpg".to_owned(),
            alt: Some("Tom & a <ferry>".to_owned()),
            width: Some(640),
            height: None,
        };
        let smiley =
            "<img src=\"https://a.example/emoji/1f600.png\"><img src=\"https://a.example/s.png\" height=16>";
        assert_eq!(shown_first(&format!("<p>Words {smiley}</p>{photo}")), Some(want));
        for none in ["", "<p>Words</p>", "<img>", "<img src=\"/relative.png\">", smiley] {
            assert_eq!(first(none), None, "{none}");
        }
        assert_eq!(first(&format!("{}{photo}", "<p>far</p>".repeat(10_000))), None);
    }

    #[test]
    fn a_size_is_a_number_of_pixels() {
        for (text, want) in [
            ("640", Some(640)),
            (" 64px ", Some(64)),
            ("0", None),
            ("100%", None),
            ("-5", None),
            ("99999999", None),
        ] {
            assert_eq!(pixels(text), want, "{text}");
        }
    }
}
