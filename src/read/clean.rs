//! HTML made safe to show on our pages: an allow-list of elements and attributes, addresses absolute and harmless.

use super::tags::{OLD_TAGS, TAGS};
use super::tidy::tidy;
use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use url::Url;

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(sanitiser);

/// Sanitised HTML. Relative addresses are resolved against `base`, and dropped when there is none.
pub(super) fn clean(html: &str, base: Option<&Url>) -> String {
    SANITISER.clean(&tidy(html, base)).to_string()
}

fn sanitiser() -> Builder<'static> {
    let mut tags: HashSet<&str> = TAGS.into_iter().collect();
    tags.extend(OLD_TAGS);
    let attributes: HashMap<&str, HashSet<&str>> = [
        ("a", &["href", "hreflang"][..]),
        ("audio", &["src", "controls"]),
        ("blockquote", &["cite"]),
        ("col", &["span"]),
        ("colgroup", &["span"]),
        ("del", &["cite", "datetime"]),
        ("img", &["src", "alt", "width", "height"]),
        ("ins", &["cite", "datetime"]),
        ("ol", &["start", "reversed"]),
        ("q", &["cite"]),
        ("source", &["src", "type"]),
        ("td", &["colspan", "rowspan"]),
        ("th", &["colspan", "rowspan", "scope"]),
        ("time", &["datetime"]),
        ("video", &["src", "controls", "poster", "width", "height"]),
    ]
    .into_iter()
    .map(|(tag, names)| (tag, names.iter().copied().collect()))
    .collect();
    let mut builder = Builder::new();
    builder
        .tags(tags)
        .tag_attributes(attributes)
        .generic_attributes(["title", "lang", "dir"].into_iter().collect())
        .clean_content_tags(["script", "style"].into_iter().collect())
        .url_schemes(["http", "https", "mailto"].into_iter().collect())
        .url_relative(UrlRelative::Deny)
        // We vouch for none of these links, and a page opened from ours must not reach back into it.
        .link_rel(Some("noopener noreferrer nofollow"))
        .attribute_filter(|element, attribute, value| {
            // ammonia's list of attributes that hold URLs lacks `cite` of quotations and `poster` of videos.
            let is_address = attribute == "cite" || (element, attribute) == ("video", "poster");
            let harmless = !is_address || value.starts_with("https://") || value.starts_with("http://");
            harmless.then_some(Cow::Borrowed(value))
        });
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, want: &str) {
        let base = Url::parse("https://site.example/a/").unwrap();
        assert_eq!(clean(html, Some(&base)), want, "{html}");
    }

    #[test]
    fn nothing_that_runs_survives() {
        check("<p onclick=x>a<script>b</script><style>c</style></p>", "<p>a</p>");
        check("<a href='javascript:x'>a</a>", "<a rel=\"noopener noreferrer nofollow\">a</a>");
        check("<iframe src=//x>a</iframe><form><input>b</form>", "a b ");
        check("<svg><script>x</script></svg><img src=x onerror=y>", "<img src=\"https://site.example/a/x\">");
        check("<p style='position:fixed' class=x id=y>a</p>", "<p>a</p>");
        for cites in ["blockquote", "q", "del", "ins"] {
            check(&format!("<{cites} cite='javascript:x'>a</{cites}>"), &format!("<{cites}>a</{cites}>"));
            check(&format!("<{cites} cite=' JavaScript:x'>a</{cites}>"), &format!("<{cites}>a</{cites}>"));
        }
        check("<q cite='/b'>a</q>", "<q cite=\"https://site.example/b\">a</q>");
        check("<img src='data:image/png;base64,xx'>", "<img>");
    }

    #[test]
    fn relative_addresses_become_absolute() {
        check(
            "<a href='../b?c=1&amp;d'>x</a>",
            "<a href=\"https://site.example/b?c=1&amp;d\" rel=\"noopener noreferrer nofollow\">x</a>",
        );
        assert_eq!(clean("<img src='/x.png'>", None), "<img>");
        let blanks = "<img src=' https://a.example/x.png\n'>";
        assert_eq!(clean(blanks, None), "<img src=\"https://a.example/x.png\">");
    }
}
