//! HTML to plain text: what a reader sees of it, on one line.
//!
//! Linear time, no recursion, no tree. It knows HTML and nothing of feeds.

use super::entity;
use super::furniture::without_furniture;
use super::html::{Piece, pieces};

/// The words of HTML: tags, scripts and comments dropped, entities decoded, white space folded to single blanks.
pub fn plain_text(html: &str) -> String {
    let mut out = Folded::with_capacity(html.len().min(64 * 1024), usize::MAX);
    collect(html, &mut out);
    out.text
}

/// The first `limit` characters of [`plain_text`].
pub(super) fn plain_start(html: &str, limit: usize) -> String {
    let mut out = Folded::with_capacity(html.len().min(limit.saturating_mul(2)), limit);
    collect(html, &mut out);
    out.text
}

/// The first `limit` characters of the prose in HTML: its words without program listings, unless there is nothing
/// else.
pub(super) fn prose_start(html: &str, limit: usize) -> String {
    let mut out = Folded::with_capacity(html.len().min(limit.saturating_mul(2)), limit);
    // What stands in a `pre`, and whether it is a program.
    let mut listing: Option<(String, bool)> = None;
    for piece in pieces(html) {
        match (piece, &mut listing) {
            (Piece::Open(tag), None) if tag.name.eq_ignore_ascii_case("pre") => {
                listing = Some((String::new(), tag.get("lang").is_some()));
            }
            (Piece::Close(name), Some((words, is_program))) if name.eq_ignore_ascii_case("pre") => {
                out.blank();
                out.push(if *is_program { "" } else { words });
                out.blank();
                listing = None;
            }
            (Piece::Text(text), Some((words, _))) => words.push_str(&entity::decode(text)),
            (Piece::Open(tag), Some((words, is_program))) => {
                *is_program |= is_in_programs(tag.name);
                words.push_str(if breaks_words(tag.name) { " " } else { "" });
            }
            (_, Some(_)) => {}
            (piece, None) => collect_piece(piece, &mut out),
        }
        if out.is_full() {
            break;
        }
    }
    if let Some((words, false)) = &listing {
        out.blank();
        out.push(words);
    }
    if out.text.is_empty() { plain_start(html, limit) } else { out.text }
}

/// Whether an element in a `pre` shows that it holds a program: its mark-up, or the colours of its words.
fn is_in_programs(name: &str) -> bool {
    ["code", "samp", "kbd", "span", "tt"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn collect(html: &str, out: &mut Folded) {
    for piece in pieces(html) {
        collect_piece(piece, out);
        if out.is_full() {
            return;
        }
    }
}

fn collect_piece(piece: Piece<'_>, out: &mut Folded) {
    match piece {
        Piece::Text(text) => out.push(&entity::decode(text)),
        Piece::Open(tag) if breaks_words(tag.name) => out.blank(),
        Piece::Close(name) if breaks_words(name) => out.blank(),
        Piece::Hidden(_) => out.blank(),
        _ => {}
    }
}

/// How far into a page its article may begin.
const FURNITURE_CHARS: usize = 2_000;
/// Characters of a summary that show where the article begins.
const BEGINNING_CHARS: usize = 40;
/// Words of a summary that the article may lack: "LONDON, Aug 18:".
const DATELINE_WORDS: usize = 8;

/// The plain text that the desk judges an entry by and that its excerpt begins with, from the plain text of its
/// summary and of its content. Some feeds carry whole pages as content, with captions and buttons before the article.
/// If the summary is the beginning of the article, it shows where the article begins.
pub fn article<'a>(summary: &'a str, content: &'a str) -> &'a str {
    let (summary, content) = (without_furniture(summary), without_furniture(content));
    if content.is_empty() {
        return summary;
    }
    let head = start(content, FURNITURE_CHARS + BEGINNING_CHARS);
    let words = summary.split_inclusive(' ').scan(0, |at, word| {
        *at += word.len();
        Some(*at)
    });
    let starts = std::iter::once(0).chain(words).take(DATELINE_WORDS);
    let begins = starts
        .map(|at| start(&summary[at..], BEGINNING_CHARS))
        .filter(|beginning| beginning.chars().count() == BEGINNING_CHARS)
        .find_map(|beginning| head.find(beginning));
    &content[begins.unwrap_or(0)..]
}

fn start(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

/// Whether a tag stands between words, as a paragraph does and an emphasis does not. Unknown elements do.
pub(super) fn breaks_words(name: &str) -> bool {
    const INLINE: [&str; 36] = [
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font",
        "i", "ins", "kbd", "label", "mark", "nobr", "q", "rb", "ruby", "s", "samp", "small", "span",
        "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
    ];
    !INLINE.iter().any(|inline| name.eq_ignore_ascii_case(inline))
}

/// Text whose white space is folded as it is collected.
struct Folded {
    text: String,
    blank: bool,
    left: usize,
}

impl Folded {
    fn with_capacity(bytes: usize, limit: usize) -> Self {
        Self { text: String::with_capacity(bytes), blank: false, left: limit }
    }

    fn blank(&mut self) {
        self.blank = true;
    }

    fn is_full(&self) -> bool {
        self.left == 0
    }

    fn push(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            // Words of ASCII, as most are, are taken together.
            let ascii = ascii_words(rest.as_bytes());
            let (taken, after) = rest.split_at(ascii.max(c.len_utf8()));
            rest = after;
            if ascii == 0 && (c.is_whitespace() || c.is_control()) {
                self.blank = true;
                continue;
            }
            if self.blank && !self.text.is_empty() {
                if self.left <= 1 {
                    self.left = 0;
                    return;
                }
                self.text.push(' ');
                self.left -= 1;
            }
            self.blank = false;
            if self.left == 0 {
                return;
            }
            let fitting = if ascii > self.left { taken[..self.left].trim_end_matches(' ') } else { taken };
            self.text.push_str(fitting);
            self.left -= ascii.clamp(1, self.left);
        }
    }
}

/// Length in bytes of the ASCII words at the beginning of a text, with single blanks between them.
fn ascii_words(text: &[u8]) -> usize {
    let is_graphic = |at: usize| text.get(at).is_some_and(u8::is_ascii_graphic);
    let mut end = 0;
    while is_graphic(end) || (end > 0 && text.get(end) == Some(&b' ') && is_graphic(end + 1)) {
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, want: &str) {
        assert_eq!(plain_text(html), want, "{html}");
    }

    #[test]
    fn words_survive_and_markup_does_not() {
        check("<p>One</p><p>two<b>three</b>&amp; four</p>", "One twothree& four");
        check("  a\n\t b&nbsp;c ", "a b c");
        check("x<script>alert(1)</script>y<style>p{}</style>", "x y");
        check("3 &lt; 4 and 4 > 3", "3 < 4 and 4 > 3");
        check("1 < 2", "1 < 2");
        check("", "");
    }

    #[test]
    fn a_program_is_no_prose() {
        let prose = |html| prose_start(html, 100);
        assert_eq!(
            prose("<p>Run</p><pre><code>rm -rf x</code></pre><p>and <code>y</code>.</p>"),
            "Run and y."
        );
        assert_eq!(prose("a<pre><span>let</span> x;</pre>b<pre lang=\"c\">int y;"), "a b");
        assert_eq!(prose("a<pre>A letter<br>in lines</pre>b<pre>an end"), "a A letter in lines b an end");
        assert_eq!(prose("<pre><code>only this</code></pre>"), "only this");
        assert_eq!(prose_start("ab<pre>cd</pre>", 4), "ab c");
    }

    #[test]
    fn the_summary_tells_where_the_article_begins() {
        let told = "The ferry Aurelia ran aground off Skerry Point early on Monday with forty people aboard.";
        let page = format!(
            "Advertisement News Ferry aground Share Bookmark FILE PHOTO: A ferry. {told} All are safe."
        );
        let news = format!("{told} All are safe.");
        assert_eq!(article(told, &page), news);
        assert_eq!(article(&format!("GULL HAVEN, Nov 23: {told}"), &page), news);
        assert_eq!(article(told, ""), told);
        assert_eq!(article("", &page), page);
        assert_eq!(article("The ferry", &page), page, "too short to tell");
        assert_eq!(
            article("What the harbour master said of the stranded ferry, in his own words", &page),
            page
        );
        let far = format!("{} {told}", "word ".repeat(500));
        assert_eq!(article(told, &far), far, "a page does not begin so late");
        let japanese = "月曜の朝早く、連絡船アウレリア号が岩礁岬の沖で座礁したが、乗っていた四十人は全員無事に救助された。";
        assert_eq!(article(japanese, &format!("広告　共有　{japanese}続き")), format!("{japanese}続き"));
    }

    #[test]
    fn a_limit_counts_characters_and_leaves_no_blank_at_the_end() {
        assert_eq!(plain_start("äö ü", 3), "äö");
        assert_eq!(plain_start("äö ü", 4), "äö ü");
        assert_eq!(plain_start("abc", 2), "ab");
        assert_eq!(plain_start("a bcd", 3), "a b");
        assert_eq!(plain_start("a bcd", 2), "a");
        assert_eq!(plain_start("a  bcd  e", 6), "a bcd");
        assert_eq!(plain_start("äbc ü", 4), "äbc");
        assert_eq!(plain_start("a <b>b</b>c", 3), "a b");
    }

    #[test]
    fn a_million_open_tags_cost_linear_time() {
        assert_eq!(plain_text(&"<a ".repeat(300_000)), "");
        assert_eq!(plain_text(&"<a \">\" ".repeat(300_000)).chars().next(), Some('"'));
        assert_eq!(plain_text(&"<div>".repeat(300_000)), "");
    }
}
