//! What happens to HTML before the sanitiser sees it: nesting is capped and balanced, and what is never shown is
//! dropped.
//!
//! The parser behind the sanitiser takes quadratic time on deep nesting, on formatting elements left open, and on tags
//! with very many attributes. After this pass it can meet none of them, because every `<` that it sees is one that
//! this pass let through.

use super::decode::mended;
use super::html::{Piece, Tag, pieces};
use super::plain::breaks_words;
use super::tags::is_kept;
use super::{address, embed, entity};
use url::Url;

/// How deep elements may nest; deeper ones lose their tags and keep their words.
const MAX_DEPTH: usize = 60;

/// Bytes of HTML that are written at most. What is kept in the end is much less.
const MAX_BYTES: usize = 2 * super::MAX_HTML_BYTES;

/// Within how many bytes two embedded players count as one: the second is the fallback for old browsers.
const NEAR_BYTES: usize = 2_048;

/// Elements without content (HTML standard §13.1.2).
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Elements whose tags are dropped and whose words stay; the parser treats them specially, and none is ever shown. What
/// stands in a frame is what is to be read instead of it, and so is the title of a drawing.
const DROPPED: [&str; 20] = [
    "html", "head", "body", "frameset", "frame", "noscript", "template", "select", "option", "optgroup",
    "svg", "math", "form", "button", "iframe", "noembed", "noframes", "title", "link", "meta",
];

/// Block elements that the sanitiser does not keep. Each becomes a `div`, because the words of neighbouring blocks
/// would otherwise run together.
const BLOCKS: [&str; 14] = [
    "article", "aside", "dir", "fieldset", "footer", "header", "hgroup", "legend", "listing", "main", "menu",
    "nav", "search", "section",
];

/// The name under which an element is written.
fn written(name: &str) -> &str {
    if BLOCKS.iter().any(|block| name.eq_ignore_ascii_case(block)) { "div" } else { name }
}

/// Writes a blank for a tag that will be gone, when what stands before it and behind it are two words.
fn push_blank(out: &mut String, name: &str) {
    // Most tags follow a tag or a blank, which is soon seen.
    let ends_with_word = out.ends_with(|c| !matches!(c, ' ' | '\n' | '>'));
    if ends_with_word && breaks_words(name) && !is_void(name) && !is_kept(name) {
        out.push(' ');
    }
}

/// Elements that may stand in a table outside its cells.
const TABLE_PARTS: [&str; 9] = ["caption", "colgroup", "col", "tbody", "thead", "tfoot", "tr", "td", "th"];

/// Elements that the parser opens again where they were cut off (HTML standard §13.2.4.3).
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Closes the table when its cells are not where we are. The parser would carry every single word that stands there out
/// of the table, which takes quadratic time.
fn leave_table(out: &mut String, open: &mut Vec<&str>) {
    let is = |name: &str, names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    while let Some(last) = open.last().copied() {
        if !is(last, &["table", "tbody", "thead", "tfoot", "tr", "colgroup"]) {
            return;
        }
        push_close(out, last);
        open.pop();
        if is(last, &["table"]) {
            return;
        }
    }
}

/// Whether an element has no content and no end tag.
pub(super) fn is_void(name: &str) -> bool {
    VOID.iter().any(|void| name.eq_ignore_ascii_case(void))
}

/// Balanced HTML, at most [`MAX_DEPTH`] deep, without comments, scripts and tracking pixels.
///
/// Relative addresses are resolved against `base`, here rather than by the sanitiser, which would have to be built anew for
/// every base.
pub(super) fn tidy(html: &str, base: Option<&Url>) -> String {
    let mut out = String::with_capacity(html.len() + 64);
    let mut open: Vec<&str> = Vec::new();
    for piece in pieces(html) {
        // Resolving against a long base may make the output much longer than the input.
        if out.len() > MAX_BYTES {
            break;
        }
        match piece {
            Piece::Text(text) => {
                if !text.trim().is_empty() {
                    leave_table(&mut out, &mut open);
                }
                // Text that was pasted in may be in a wrong encoding although the rest of the document is not.
                push_text(&mut out, mended(text).as_deref().unwrap_or(text));
            }
            Piece::Hidden(_) => {}
            Piece::Open(tag) => open_tag(&mut out, &mut open, tag, base),
            Piece::Close(name) => close_tag(&mut out, &mut open, written(name)),
        }
    }
    while let Some(name) = open.pop() {
        push_close(&mut out, name);
    }
    out
}

fn open_tag<'a>(out: &mut String, open: &mut Vec<&'a str>, tag: Tag<'a>, base: Option<&Url>) {
    let is = |names: &[&str]| names.iter().any(|name| tag.name.eq_ignore_ascii_case(name));
    if is(&["iframe", "embed", "object"]) {
        push_player(out, open, tag);
    }
    if is(&DROPPED) || is_tracking_pixel(tag) {
        push_blank(out, tag.name);
        return;
    }
    if !is(&TABLE_PARTS) {
        leave_table(out, open);
    }
    let void = is_void(tag.name);
    if !void {
        close_implied(out, open, tag.name);
        if open.len() >= MAX_DEPTH {
            return;
        }
        open.push(written(tag.name));
    }
    if written(tag.name) != tag.name {
        out.push_str("<div>");
        return;
    }
    push_blank(out, tag.name);
    let is_to_be_resolved = tag.attributes().any(|(name, value)| is_relative(name, value));
    if tag.attributes.is_empty() || tag.is_overloaded() {
        out.push('<');
        out.push_str(tag.name);
        out.push('>');
    } else if is_to_be_resolved {
        push_resolved(out, tag, base);
    } else {
        out.push_str(tag.source);
    }
}

/// Writes a link to the page of an embedded player in front of it.
fn push_player<'a>(out: &mut String, open: &mut Vec<&'a str>, tag: Tag<'a>) {
    let Some((address, name)) = embed::page(tag) else { return };
    // A player in a player is the same one for other browsers.
    let before = &out[out.floor_char_boundary(out.len().saturating_sub(NEAR_BYTES))..];
    if open.iter().any(|name| name.eq_ignore_ascii_case("a")) || before.contains(&address) {
        return;
    }
    leave_table(out, open);
    out.push_str("<a href=\"");
    entity::push_attribute(out, &address);
    out.push_str("\">");
    entity::push_escaped(out, &name);
    out.push_str("</a>");
}

/// Whether an attribute holds a relative address, or one with blanks around it.
fn is_relative(name: &str, value: &str) -> bool {
    let holds_address =
        ["href", "src", "cite", "poster"].iter().any(|known| name.eq_ignore_ascii_case(known));
    holds_address && (!address::is_absolute(value.trim()) || value.trim().len() < value.len())
}

/// Writes a tag with its relative addresses resolved.
fn push_resolved(out: &mut String, tag: Tag<'_>, base: Option<&Url>) {
    out.push('<');
    out.push_str(tag.name);
    for (name, value) in tag.attributes() {
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            continue;
        }
        let decoded = entity::decode(value);
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        if is_relative(name, value) {
            entity::push_attribute(out, &address::resolve(&address::mended(&decoded), base));
        } else {
            entity::push_attribute(out, &decoded);
        }
        out.push('"');
    }
    out.push('>');
}

/// Some elements end where the next of their kind begins (HTML standard §13.1.2.4).
fn close_implied(out: &mut String, open: &mut Vec<&str>, name: &str) {
    if name.eq_ignore_ascii_case("p") {
        close_paragraph(out, open);
    }
    let closes: &[&str] = match name.to_ascii_lowercase().as_str() {
        "p" => &["p"],
        "li" => &["li", "p"],
        "dt" | "dd" => &["dt", "dd", "p"],
        "td" | "th" => &["td", "th", "p"],
        "tr" => &["td", "th", "tr", "p"],
        _ => return,
    };
    while let Some(last) = open.last().copied() {
        if !closes.iter().any(|closed| last.eq_ignore_ascii_case(closed)) {
            return;
        }
        push_close(out, last);
        open.pop();
    }
}

/// Ends an open paragraph in which only formatting is open, and that with it. The parser would begin all of it again in the
/// next paragraph, and in every one after that, which takes quadratic time.
fn close_paragraph(out: &mut String, open: &mut Vec<&str>) {
    let is = |name: &str, names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    let inside = open.iter().rev().take_while(|name| is(name, &FORMATTING)).count();
    let paragraph = open.len() - inside;
    if inside > 0 && paragraph > 0 && is(open[paragraph - 1], &["p"]) {
        for name in open.drain(paragraph..).rev() {
            push_close(out, name);
        }
    }
}

fn close_tag(out: &mut String, open: &mut Vec<&str>, name: &str) {
    push_blank(out, name);
    let Some(at) = open.iter().rposition(|candidate| candidate.eq_ignore_ascii_case(name)) else { return };
    for name in open.drain(at..).rev() {
        push_close(out, name);
    }
}

fn push_close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Writes text so that the parser sees no tag and no entity in it but those that are there: a bare `<` stays a
/// character, and so does a bare `&`, which the parser takes long to think about.
fn push_text(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'<', b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let starts_entity = rest.as_bytes().get(1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'#');
        if rest.starts_with('<') {
            out.push_str("&lt;");
        } else if starts_entity {
            out.push('&');
        } else {
            out.push_str("&amp;");
        }
        rest = &rest[1..];
    }
    out.push_str(rest);
}

/// An image of one pixel is there to count readers, not to be seen.
fn is_tracking_pixel(tag: Tag<'_>) -> bool {
    if !tag.name.eq_ignore_ascii_case("img") {
        return false;
    }
    let tiny =
        |name| tag.get(name).is_some_and(|value| matches!(value.trim().trim_end_matches("px"), "0" | "1"));
    tiny("width") && tiny("height")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, want: &str) {
        assert_eq!(tidy(html, None), want, "{html}");
    }

    #[test]
    fn nesting_is_balanced() {
        check("<p>a<b>c</p>d", "<p>a<b>c</b></p>d");
        check("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>");
        check("a</div>b", "ab");
        check("<p><b>a<i>b<p>c", "<p><b>a<i>b</i></b></p><p>c</p>");
        check("<b><p>a</b>b", "<b><p>a</p></b>b");
        check("a<br>b<hr/>", "a<br>b<hr/>");
        check("a <3 b & c &amp; d", "a &lt;3 b &amp; c &amp; d");
        check("<table><tr><td>a</td>b<td>c</table>", "<table><tr><td>a</td></tr></table>b<td>c</td>");
    }

    #[test]
    fn what_stands_in_elements_that_go_does_not_run_together() {
        check("<section>One.</section><SECTION class=x>Two.</SECTION>", "<div>One.</div><div>Two.</div>");
        check("<p>Sum<button>Share</button>Text</p>", "<p>Sum Share Text</p>");
        check("a<x-card>b</x-card>c <form>d</form>", "a <x-card>b </x-card>c d ");
        check("wo<nobr>rd</nobr>", "wo<nobr>rd</nobr>");
    }

    #[test]
    fn a_part_that_went_through_a_wrong_hand_is_mended() {
        check("<p>l’été <a>AquÃ\u{ad} hay</a> Ã© …</p>", "<p>l’été <a>Aquí hay</a> Ã© …</p>");
    }

    #[test]
    fn deep_nesting_keeps_its_words() {
        let html = format!("{}word", "<div>".repeat(10_000));
        let tidied = tidy(&html, None);
        assert!(tidied.contains("word"));
        assert_eq!(tidied.matches("<div>").count(), MAX_DEPTH);
        assert_eq!(tidied.matches("</div>").count(), MAX_DEPTH);
    }

    #[test]
    fn an_embedded_player_leaves_a_link() {
        let link = "<a href=\"https://www.youtube.com/watch?v=x1\">www.youtube.com/watch?v=x1</a>";
        check("<p>See<iframe src='//www.youtube.com/embed/x1'></iframe></p>", &format!("<p>See{link}</p>"));
        check(
            "<iframe title='A &lt;ferry&gt;' data-src=https://player.vimeo.com/video/7>",
            "<a href=\"https://vimeo.com/7\">A &lt;ferry&gt;</a>",
        );
        check(
            "<object><param name=movie><embed src='http://www.youtube.com/v/x1'></object>",
            &format!("<object><param name=movie>{link}<embed src='http://www.youtube.com/v/x1'></object>"),
        );
        check("<iframe src='https://ads.example/'></iframe>", "");
    }

    #[test]
    fn pixels_that_count_readers_are_dropped() {
        check("a<img src=x width=1 height=1>b", "ab");
        check("a<img src=x width='1px' height=\"0\"/>b", "ab");
        check("<img src=http://x width=1 height=100>", "<img src=http://x width=1 height=100>");
    }
}
