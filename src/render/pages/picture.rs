//! The pictures of pages: always those that are kept here, never loaded from a publisher, which would learn who
//! reads.
//!
//! Each states its size, so that nothing moves when it has loaded. Beside a headline a picture is decoration, and
//! screen readers skip it; on the page of its story it has the publisher's description. Must not know how pictures
//! are fetched or kept.

use super::super::clean;
use super::super::site::{Site, picture_path};
use crate::model::{KeptPicture, TopicView};
use maud::{Markup, html};

/// Characters of the description of a picture.
const ALT_CHARS: usize = 300;

/// The picture of a topic: that of the story that heads it, else of the newest that has one.
pub(super) fn of_topic(topic: &TopicView) -> Option<&KeptPicture> {
    topic.stories.iter().find_map(|story| story.picture.as_ref())
}

/// The picture of the leading topic, with its headline.
pub(super) fn leading(site: &Site<'_>, picture: Option<&KeptPicture>) -> Markup {
    html! { @if let Some(picture) = picture { (large(site, picture, "")) } }
}

/// A picture in a list, in its small size if there is one. Browsers load it when it comes into view.
pub(super) fn listed(site: &Site<'_>, picture: Option<&KeptPicture>) -> Markup {
    let Some(picture) = picture else { return html! {} };
    let small = picture.small();
    let (width, height) = small.unwrap_or((picture.width, picture.height));
    let path = site.local(&picture_path(&picture.name, small.is_some()));
    html! { img src=(path) alt="" width=(width) height=(height) loading="lazy" decoding="async"; }
}

/// The picture on the page of its story or topic, with its description.
pub(super) fn figure(site: &Site<'_>, picture: Option<&KeptPicture>) -> Markup {
    let Some(picture) = picture else { return html! {} };
    let alt = clean::cut(&clean::line(picture.alt.as_deref().unwrap_or_default()), ALT_CHARS);
    html! { div.figure { (large(site, picture, &alt)) } }
}

fn large(site: &Site<'_>, picture: &KeptPicture, alt: &str) -> Markup {
    let path = site.local(&picture_path(&picture.name, false));
    html! {
        img src=(path) alt=(alt) width=(picture.width) height=(picture.height) decoding="async" fetchpriority="high";
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::site;
    use super::*;

    fn kept(width: u32, height: u32) -> KeptPicture {
        KeptPicture { name: "abc".to_owned(), width, height, alt: Some("Gulls \"on\"\na pier".to_owned()) }
    }

    #[test]
    fn a_picture_says_its_size_and_only_its_own_page_tells_what_is_on_it() {
        let site = Site { url: "https://a.example/news", ..site(&[]) };
        let listed = listed(&site, Some(&kept(720, 405))).0;
        assert!(
            listed.contains(
                "src=\"/news/pictures/abc-small/picture.jpg\" alt=\"\" width=\"360\" height=\"203\""
            ),
            "{listed}"
        );
        assert!(listed.contains("loading=\"lazy\""));
        let leading = leading(&site, Some(&kept(720, 405))).0;
        assert!(
            leading.contains("abc/picture.jpg\" alt=\"\" width=\"720\"") && !leading.contains("lazy"),
            "{leading}"
        );
        let figure = figure(&site, Some(&kept(300, 200))).0;
        assert!(
            figure.contains("alt=\"Gulls &quot;on&quot; a pier\" width=\"300\" height=\"200\""),
            "{figure}"
        );
    }

    #[test]
    fn a_picture_that_is_small_already_has_one_size() {
        let listed = listed(&site(&[]), Some(&kept(300, 200))).0;
        assert!(
            listed.contains("/pictures/abc/picture.jpg\"") && listed.contains("width=\"300\""),
            "{listed}"
        );
    }
}
