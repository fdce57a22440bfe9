//! Decides for each tag in a title whether it is markup, or whether the title talks about the tag.
//!
//! RSS never said whether a title is HTML. `<b>New</b>` is, and `The <script> tag` is not, though both are written alike. It
//! knows HTML and nothing of feeds.

use super::entity;
use super::html::{starts_markup, tag_end};
use memchr::memchr;
use std::collections::HashMap;

/// Elements that publishers put into titles as markup, in order.
const MARKUP: [&str; 48] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "blink", "br", "center", "cite", "code", "del", "dfn",
    "div", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark",
    "nobr", "ol", "p", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt",
    "u", "ul", "var", "wbr",
];

/// What a tag is called in languages that put no blank between the tag and that word.
const CALLED: [&str; 8] = ["タグ", "要素", "标签", "標籤", "元素", "标记", "태그", "요소"];

/// The title with the `<` of tags that it speaks of escaped; what is left is markup.
pub(super) fn without_spoken(title: &str) -> String {
    let tags = Tags { title, at: 0, quotes_broken: false };
    let tags: Vec<Tag<'_>> = tags.collect();
    // Where each element is closed for the last time.
    let mut closed: HashMap<&str, usize> = HashMap::new();
    // Where it is opened for the first time.
    let mut opened: HashMap<&str, usize> = HashMap::new();
    let names: Vec<String> = tags.iter().map(|tag| tag.name.to_ascii_lowercase()).collect();
    for (tag, name) in tags.iter().zip(&names) {
        if tag.closes {
            closed.insert(name, tag.start);
        } else {
            opened.entry(name).or_insert(tag.start);
        }
    }
    let is_pair = |tag: &Tag<'_>, name: &str| {
        if tag.closes {
            opened.get(name).is_some_and(|start| *start < tag.start)
        } else {
            closed.get(name).is_some_and(|start| *start > tag.start)
        }
    };
    let has_pairs = tags.iter().zip(&names).any(|(tag, name)| is_pair(tag, name));
    let mut out = String::with_capacity(title.len() + 16);
    let mut from = 0;
    for (tag, name) in tags.iter().zip(&names) {
        out.push_str(&title[from..tag.start]);
        from = tag.end;
        let source = &title[tag.start..tag.end];
        if is_pair(tag, name) || tag.is_markup(title, name, has_pairs) {
            out.push_str(source);
        } else {
            entity::push_escaped(&mut out, source);
        }
    }
    out.push_str(&title[from..]);
    out
}

/// A tag of a title.
struct Tag<'t> {
    name: &'t str,
    closes: bool,
    has_attributes: bool,
    start: usize,
    end: usize,
}

impl Tag<'_> {
    /// Whether a tag that belongs to no pair is markup. `has_pairs` says that the title has markup for certain.
    fn is_markup(&self, title: &str, name: &str, has_pairs: bool) -> bool {
        if MARKUP.binary_search(&name).is_err() {
            return false;
        }
        let (before, after) = (&title[..self.start], &title[self.end..]);
        let letter = |c: char| c.is_alphanumeric();
        // A tag that is spoken of is a word: it stands between blanks, or has a plural.
        let plural = after.strip_prefix('s').is_some_and(|rest| !rest.starts_with(letter));
        let called = CALLED.iter().any(|word| after.trim_start().starts_with(word));
        let glued_after = after.starts_with(letter) && !plural && !called;
        let glued_before = before.ends_with(|c| letter(c) || matches!(c, '.' | ',' | ':' | ';' | '!' | '?'));
        let empty = super::tidy::is_void(name);
        if self.closes {
            glued_before
        } else if self.has_attributes {
            true
        } else if empty {
            (glued_before || glued_after || has_pairs) && !called
        } else {
            // `vector<i>` speaks of a type.
            glued_after && !glued_before
        }
    }
}

/// The tags of a title, in linear time.
struct Tags<'t> {
    title: &'t str,
    at: usize,
    quotes_broken: bool,
}

impl<'t> Iterator for Tags<'t> {
    type Item = Tag<'t>;

    fn next(&mut self) -> Option<Tag<'t>> {
        loop {
            let rest = &self.title[self.at..];
            let start = self.at + memchr(b'<', rest.as_bytes())?;
            let rest = &self.title[start..];
            if rest.starts_with("<!--") {
                // Nobody speaks of a whole comment.
                self.at = start + rest.find("-->")? + 3;
                continue;
            }
            self.at = start + 1;
            if !starts_markup(rest.as_bytes()) {
                continue;
            }
            let closes = rest.starts_with("</");
            let body = &rest[1 + usize::from(closes)..];
            let name_end =
                body.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(body.len());
            let name = &body[..name_end];
            let after_name = rest.len() - body.len() + name_end;
            let end = if self.quotes_broken { None } else { tag_end(rest, after_name) };
            self.quotes_broken |= end.is_none();
            let end = end.or_else(|| memchr(b'>', rest.as_bytes()).map(|end| end + 1));
            // A title that ends in the tag speaks of it, or was cut there.
            let end = end.unwrap_or(rest.len());
            let attributes =
                rest[after_name..end].trim_matches(|c: char| c.is_whitespace() || matches!(c, '/' | '>'));
            self.at = start + end;
            return Some(Tag {
                name,
                closes,
                has_attributes: !attributes.is_empty(),
                start,
                end: start + end,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::plain_text;

    fn check(title: &str, want: &str) {
        assert_eq!(plain_text(&without_spoken(title)), want, "{title}");
    }

    #[test]
    fn a_tag_that_a_title_speaks_of_is_a_word() {
        for title in [
            "Why <canvas> is slow",
            "<hr> or <br>: a love story",
            "<b> versus <strong>",
            "Deferring <script> without tears",
            "<script async> and <script defer> compared",
            "<textarea> that grows",
            "Finally: <input type=\"date\"> works everywhere",
            "Closing </p> is optional",
            "What <title>s are for, and <p>s",
            "Vec<T>, Box<dyn Error> and vector<i>",
            "std::vector<bool> is no vector",
            "Use `<br>`, not (<hr>)",
            "The <!DOCTYPE html> in front",
            "The <?php tag at the end",
            "How I stopped using <div>",
            "<select> is stylable <3",
            "<p>タグの使い方",
            "HTML5の<video>を試す",
            "<style",
        ] {
            check(title, title);
        }
    }

    #[test]
    fn markup_in_a_title_goes_and_its_words_stay() {
        check("<b>New</b>: <i class='x'>Moby</i> Dick", "New: Moby Dick");
        check("A <a href=\"https://site.example/?a>b\">link", "A link");
        check("<p>One paragraph", "One paragraph");
        check("One<br>two<br/>three", "One two three");
        check("<em>One</em> <br /> two", "One two");
        check("Cut </b>here</i>", "Cut </b>here");
        check("A <span class=x>word</span> &amp; <sup>2</sup>", "A word & 2");
        check("<img src='x.png' alt=''> A picture", "A picture");
        check("x <!-- <b> --> y", "x y");
        check("Said <blink>twice</blink>", "Said twice");
        check("a <script>alert(1)</script> b", "a b");
    }

    #[test]
    fn what_was_escaped_is_left_alone() {
        check("&lt;b&gt;x&lt;/b&gt; &amp; <b>y</b>", "<b>x</b> & y");
        check("1 < 2 > 0 & <3", "1 < 2 > 0 & <3");
    }

    #[test]
    fn a_title_made_of_tags_costs_linear_time() {
        for part in ["<b>", "<a x=\"", "</b", "<!--", "<a", "<a x='>", "<script>", "< "] {
            let title = part.repeat(200_000);
            assert!(without_spoken(&title).len() >= title.len());
        }
    }
}
