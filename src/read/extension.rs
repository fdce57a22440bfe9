//! Vocabularies that stand inside RSS and Atom: Dublin Core, content, Apple's and the Podcasting 2.0 podcasts, Media RSS,
//! FeedBurner and others.

use super::attribute::Element;
use super::draft::Draft;
use super::picture::{is_furniture, pixels};
use super::space::Space;
use super::text::{Kind, Words};
use super::xml::Xml;
use crate::model::{Enclosure, Picture};

/// Reads an element of one of these vocabularies.
pub(super) fn field<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    match element.space {
        Space::Dc | Space::DcTerms => dublin_core(xml, element, draft),
        Space::Itunes => itunes(xml, element, draft),
        Space::Podcast => podcast(xml, element, draft),
        Space::Media => media(xml, element, draft),
        Space::Content => content(xml, element, draft),
        Space::Xhtml if (element.name == "body" || element.name == "div") => {
            super::atom::note_base(xml, draft);
            let words = xml.inline(element);
            draft.content.offer(4, words.into_html());
        }
        Space::Source if element.name == "markdown" => {
            let words = xml.words(element, Kind::Html);
            draft.markdown = draft.markdown.take().or(Some(words.text));
        }
        Space::FeedBurner if element.name == "origlink" => {
            draft.raw.original_url = xml.short_address(element);
        }
        Space::Cc if element.name == "license" => {
            let inside = xml.short(element);
            draft.rights.offer(1, inside);
        }
        Space::Admin if element.name == "generatoragent" => {
            draft.generator = draft.generator.take().or_else(|| xml.attribute(element, "resource"));
        }
        _ => {}
    }
}

fn dublin_core<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    match &*element.name {
        "title" => {
            let words = xml.words(element, Kind::Unsaid);
            draft.title.offer(3, words.into_title());
        }
        "creator" | "author" => {
            let name = xml.short(element);
            draft.author_in_words(name.as_deref());
        }
        "contributor" | "publisher" if draft.raw.authors.is_empty() && element.name == "contributor" => {
            let name = xml.short(element);
            draft.author_in_words(name.as_deref());
        }
        "subject" => {
            let term = xml.short(element);
            draft.term(term);
        }
        "description" | "abstract" => {
            let words = xml.words(element, Kind::Unsaid);
            draft.describe(4, words);
        }
        "date" => {
            let when = xml.short(element);
            draft.published_on(3, when.as_deref());
            draft.updated_on(2, when.as_deref());
        }
        "issued" | "available" => {
            let when = xml.short(element);
            draft.published_on(4, when.as_deref());
        }
        "created" => {
            let when = xml.short(element);
            draft.published_on(1, when.as_deref());
        }
        "modified" => {
            let when = xml.short(element);
            draft.updated_on(4, when.as_deref());
        }
        "language" => {
            let language = xml.short(element);
            draft.language.offer(4, language);
        }
        "rights" => {
            let words = xml.words(element, Kind::Unsaid);
            draft.rights.offer(4, words.into_html());
        }
        "identifier" => {
            let id = xml.short(element);
            draft.id.offer(1, id);
        }
        _ => {}
    }
}

fn content<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    match &*element.name {
        "encoded" => {
            super::atom::note_base(xml, draft);
            let words = xml.words(element, Kind::Html);
            draft.content.offer(6, words.into_html());
        }
        "items" => {
            // The older form: content:items/rdf:Bag/rdf:li/content:item/rdf:value.
            while xml.depth() >= element.depth {
                let Some(inner) = xml.any_element_within(element.depth) else { break };
                if inner.name == "value" {
                    let words = xml.words(&inner, Kind::Html);
                    draft.content.offer(3, words.into_html());
                }
            }
        }
        _ => {}
    }
}

fn itunes<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    match &*element.name {
        "title" => {
            let words = xml.words(element, Kind::Unsaid);
            draft.title.offer(2, words.into_title());
        }
        "author" => {
            let name = xml.short(element);
            draft.author_in_words(name.as_deref());
        }
        "owner" => {
            let owner = super::atom::author(xml, element);
            if draft.raw.authors.is_empty() {
                draft.author(owner);
            }
        }
        "summary" => {
            let words = xml.words(element, Kind::Unsaid);
            draft.describe(3, words);
        }
        "subtitle" => {
            let words = xml.words(element, Kind::Unsaid);
            draft.describe(1, words);
        }
        "keywords" => {
            let words = xml.short(element).unwrap_or_default();
            for term in words.split(',').map(str::trim).filter(|term| !term.is_empty()) {
                draft.term(Some(term.to_owned()));
            }
        }
        "category" => categories(xml, element, draft),
        "image" | "link" => {
            let address = xml.address(element, "href").or_else(|| xml.address(element, "url"));
            let address = address.or_else(|| xml.short_address(element));
            if element.name == "image" {
                draft.image.offer(5, address);
            }
        }
        name => {
            let name = name.to_owned();
            let Some(text) = xml.short(element) else { return };
            let podcast = draft.podcast();
            match name.as_str() {
                "duration" => podcast.duration_s = duration(&text),
                "explicit" => podcast.explicit = explicit(&text),
                "season" => podcast.season = text.parse().ok(),
                "episode" => podcast.episode = text.parse().ok(),
                "episodetype" | "type" => podcast.kind = Some(text.to_ascii_lowercase()),
                _ => {}
            }
        }
    }
}

/// Categories with categories inside; the depth is bounded by the token layer.
fn categories<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    draft.term(xml.attribute(element, "text"));
    while let Some(inner) = xml.any_element_within(element.depth) {
        if inner.is(Space::Itunes, "category") {
            draft.term(xml.attribute(&inner, "text"));
        } else if inner.space != Space::Itunes {
            xml.put_back(inner, element.depth);
            return;
        }
    }
}

fn podcast<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    match &*element.name {
        "transcript" => {
            if let Some(url) = xml.address(element, "url") {
                draft.podcast().transcripts.push(url);
            }
        }
        "chapters" => draft.podcast().chapters = xml.address(element, "url"),
        "guid" => {
            let guid = xml.short(element);
            draft.podcast().guid = guid;
        }
        "season" | "episode" => {
            let name = element.name.clone();
            let number = xml.short(element).and_then(|text| text.parse().ok());
            let podcast = draft.podcast();
            let field = if name == "season" { &mut podcast.season } else { &mut podcast.episode };
            *field = field.or(number);
        }
        "alternateenclosure" => {
            let media_type = xml.attribute(element, "type");
            let bytes = xml.attribute(element, "length").and_then(|length| length.parse().ok());
            while let Some(inner) = xml.child(element.depth) {
                if inner.name == "source"
                    && let Some(url) = xml.address(&inner, "uri")
                {
                    draft.enclosure(Enclosure {
                        url,
                        media_type: media_type.clone(),
                        bytes,
                        duration_s: None,
                    });
                }
            }
        }
        _ => {}
    }
}

/// Media RSS. Groups and contents hold each other in any order; all are read flat, whatever their depth.
fn media<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    let is_face = xml.address(element, "url").is_some_and(|url| is_furniture(&url));
    let of_picture = element.name == "content" && is_picture(xml, element) && !is_face;
    let mut inner = Some(element.clone());
    while let Some(current) = inner {
        if current.is_entry() {
            xml.put_back(current, element.depth);
            return;
        }
        if current.space == Space::Media {
            media_element(xml, &current, of_picture, draft);
        }
        inner = xml.any_element_within(element.depth);
    }
}

/// One of its elements; `of_picture` says that it stands in the `media:content` of a picture, and speaks of that.
fn media_element<'a>(xml: &mut Xml<'a>, element: &Element<'a>, of_picture: bool, draft: &mut Draft) {
    match &*element.name {
        "content" => {
            let medium = xml.attribute(element, "medium");
            let Some(url) = xml.address(element, "url") else { return };
            let media_type = xml.attribute(element, "type");
            if is_picture(xml, element) {
                draft.picture(3, picture(xml, element, url.clone()));
            }
            draft.enclosure(Enclosure {
                url,
                media_type: media_type.or(medium),
                bytes: xml.attribute(element, "filesize").and_then(|size| size.parse().ok()),
                duration_s: xml.attribute(element, "duration").as_deref().and_then(duration),
            });
        }
        "thumbnail" => {
            let address = xml.address(element, "url");
            let address = address.or_else(|| xml.short_address(element));
            if let Some(url) = address {
                draft.picture(4, picture(xml, element, url));
            }
        }
        "title" => {
            let words = xml.words(element, Kind::Unsaid);
            if of_picture {
                draft.caption(words.clone().into_html().as_deref());
            }
            draft.title.offer(1, words.into_title());
        }
        "description" | "text" => {
            let words = xml.words(element, Kind::Unsaid);
            let html = words.into_html().map(|html| if html.contains('<') { html } else { lines(&html) });
            if of_picture {
                draft.caption(html.as_deref());
            }
            draft.describe(2, Words { text: html.unwrap_or_default(), kind: Kind::Html });
        }
        "category" => {
            let label = xml.attribute(element, "label");
            let term = xml.short(element);
            draft.term(term.or(label));
        }
        "keywords" => {
            let words = xml.short(element).unwrap_or_default();
            for term in words.split(',').map(str::trim).filter(|term| !term.is_empty()) {
                draft.term(Some(term.to_owned()));
            }
        }
        "credit" => {
            let role = xml.attribute(element, "role");
            let name = xml.short(element);
            if role.is_none_or(|role| role == "author") && draft.raw.authors.is_empty() {
                draft.author_in_words(name.as_deref());
            }
        }
        "copyright" => {
            let words = xml.words(element, Kind::Unsaid);
            draft.rights.offer(2, words.into_html());
        }
        _ => {}
    }
}

/// Whether a `media:content` is a picture.
fn is_picture<'a>(xml: &Xml<'a>, element: &Element<'a>) -> bool {
    xml.attribute(element, "medium").as_deref() == Some("image")
        || xml.attribute(element, "type").is_some_and(|kind| kind.starts_with("image/"))
}

/// A picture of Media RSS, with its size.
fn picture<'a>(xml: &Xml<'a>, element: &Element<'a>, url: String) -> Picture {
    let pixels = |name| xml.attribute(element, name).as_deref().and_then(pixels);
    Picture { url, alt: None, width: pixels("width"), height: pixels("height") }
}

/// Line breaks of plain text, kept in HTML.
fn lines(text: &str) -> String {
    text.trim().replace("\r\n", "\n").replace('\n', "<br>")
}

/// Seconds of `HH:MM:SS`, `MM:SS`, `SS` or `SS.f`.
pub(super) fn duration(text: &str) -> Option<u64> {
    let mut seconds = 0_u64;
    for part in text.trim().split(':').take(3) {
        let whole = part.trim().split('.').next().unwrap_or_default();
        seconds = seconds.checked_mul(60)?.checked_add(whole.parse().ok()?)?;
    }
    Some(seconds)
}

fn explicit(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "explicit" => Some(true),
        "no" | "false" | "clean" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_however_they_are_written() {
        assert_eq!(duration("1:02:03"), Some(3_723));
        assert_eq!(duration("02:03"), Some(123));
        assert_eq!(duration(" 95.5 "), Some(95));
        assert_eq!(duration("99999999999999999999"), None);
        assert_eq!(duration("soon"), None);
    }
}
