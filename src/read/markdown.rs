//! Markdown, which some feeds carry beside or instead of HTML (`source:markdown`).

use pulldown_cmark::{Options, Parser, html};

/// How much of a text is read, in bytes.
const MAX_BYTES: usize = super::MAX_HTML_BYTES;

/// Markdown as HTML, which is foreign HTML like any other: it is sanitised before it is filed.
pub(super) fn html(markdown: &str) -> Option<String> {
    let markdown = super::prepare::cut(markdown, MAX_BYTES);
    let mut out = String::with_capacity(markdown.len() * 5 / 4);
    html::push_html(
        &mut out,
        Parser::new_ext(markdown, Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES),
    );
    let trimmed = out.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::read::{Hint, prepare, read};

    fn content(inside: &str) -> Option<String> {
        let xml = format!(
            "<rss xmlns:source='http://source.scripting.com/'><channel><item><link>https://site.example/p/</link>{inside}</item></channel></rss>"
        );
        let document = read(xml.as_bytes(), &Hint::default()).unwrap();
        prepare(&document.entries[0], String::new(), 0, &document).content
    }

    #[test]
    fn a_text_in_markdown_is_read_where_there_is_no_other() {
        let markdown = "<source:markdown>Low *tide*, **[see](/tides)**&lt;script&gt;x&lt;/script&gt;\n\n- one\n- two</source:markdown>";
        let want = "<p>Low <em>tide</em>, <strong><a href=\"https://site.example/tides\" rel=\"noopener noreferrer nofollow\">see</a></strong></p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>";
        assert_eq!(content(markdown).as_deref(), Some(want));
        assert_eq!(content(&format!("<description>Words</description>{markdown}")), None);
        assert_eq!(content("<source:markdown> </source:markdown>"), None);
        let link =
            "<source:markdown>[x](javascript:alert(1)) [y][z]\n\n[z]: data:text/html,x</source:markdown>";
        assert!(!content(link).unwrap().contains("href"));
    }

    #[test]
    fn markdown_costs_linear_time() {
        for part in ["*a ", "[a](", "> ", "- ", "`", "<a ", "![", "[a][", "**a_", "&", "|a\n|-\n"] {
            super::html(&part.repeat(super::MAX_BYTES / part.len()));
        }
    }
}
