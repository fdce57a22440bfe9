//! Atom 1.0 (RFC 4287) and Atom 0.3, as dialects and inside RSS.

use super::address;
use super::attribute::Element;
use super::draft::Draft;
use super::person;
use super::text::{Kind, start_of};
use super::xml::{Event, Xml};
use crate::model::{Enclosure, Link, Person, Source};

/// Reads an element of Atom. Returns whether it is one.
pub(super) fn field<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft, default: Kind) -> bool {
    match &*element.name {
        "id" => {
            let base = xml.base().cloned();
            let id = xml.short(element);
            draft.raw.id_is_address = true;
            // An id that is a path is the next best thing to a link.
            let path = id.as_deref().filter(|id| address::is_path(id));
            draft.link.offer(1, path.map(|path| xml.absolute(path, base.as_deref())));
            draft.id.offer(5, id);
        }
        "title" => {
            let words = xml.words(element, default);
            draft.title.offer(5, words.into_title());
        }
        "link" => link(xml, element, draft),
        "summary" | "subtitle" | "tagline" | "abstract" => {
            note_base(xml, draft);
            let words = xml.words(element, default);
            draft.description(5, words);
        }
        "info" => {
            let words = xml.words(element, default);
            draft.summary.offer(2, words.into_html());
        }
        "content" => content(xml, element, draft, default),
        "author" => {
            let author = author(xml, element);
            draft.author(author);
        }
        "contributor" => {
            let contributor = author(xml, element);
            if draft.raw.authors.is_empty() {
                draft.author(contributor);
            }
        }
        "category" => category(xml, element, draft),
        "published" | "issued" | "created" => {
            let rank = match &*element.name {
                "published" => 5,
                "issued" => 4,
                _ => 1,
            };
            let when = xml.short(element);
            draft.published_on(rank, when.as_deref());
        }
        "updated" | "modified" => {
            let when = xml.short(element);
            draft.updated_on(5, when.as_deref());
        }
        "rights" | "copyright" => {
            let words = xml.words(element, default);
            draft.rights.offer(5, words.into_html());
        }
        "logo" => {
            let address = xml.short_address(element);
            draft.image.offer(4, address);
        }
        "icon" => {
            let address = xml.short_address(element);
            draft.image.offer(2, address);
        }
        "generator" => {
            let name = xml.short(element);
            draft.generator = draft.generator.take().or(name);
        }
        "source" => source(xml, element, draft),
        _ => return false,
    }
    true
}

/// Remembers the base of the text that is about to be read, when the document sets one.
pub(super) fn note_base(xml: &Xml<'_>, draft: &mut Draft) {
    draft.base = xml.own_base().map(|base| base.as_str().to_owned()).or(draft.base.take());
}

fn content<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft, default: Kind) {
    note_base(xml, draft);
    if let Some(language) = xml.language() {
        let language = language.to_owned();
        draft.language.offer(2, Some(language));
    }
    let kind = xml.attribute(element, "type");
    if let Some(url) = xml.address(element, "src") {
        // `<content src="…">` is outside of the entry (RFC 4287 §4.1.3.2): it is media, or the page of the entry if
        // there is no other.
        let is_media =
            |kind: &String| ["image/", "audio/", "video/"].iter().any(|start| kind.starts_with(start));
        if kind.as_ref().is_some_and(is_media) {
            draft.enclosure(Enclosure { url, media_type: kind, ..Enclosure::default() });
        } else {
            draft.offer_link(1, Some(url));
        }
    }
    let words = xml.words(element, default);
    draft.content.offer(5, words.into_html());
}

fn link<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    let rel = xml.attribute(element, "rel").map(|rel| rel.to_ascii_lowercase());
    // An empty reference is the base itself (RFC 3986 §4.4), which means something when the feed sets one.
    let base = || {
        xml.own_base().filter(|_| element.raw("href") == Some("")).map(|base| xml.absolute("", Some(base)))
    };
    let Some(url) = xml.address(element, "href").or_else(base).or_else(|| {
        // RSS puts the address inside.
        let inside = xml.short_address(element);
        if rel.is_some() {
            return inside;
        }
        draft.offer_link(3, inside);
        None
    }) else {
        return;
    };
    let rel = rel.unwrap_or_else(|| "alternate".to_owned());
    let rel = rel.strip_prefix("http://www.iana.org/assignments/relation/").unwrap_or(&rel).to_owned();
    let media_type = xml.attribute(element, "type").map(|kind| kind.to_ascii_lowercase());
    match rel.as_str() {
        "enclosure" => {
            let bytes = xml.attribute(element, "length").and_then(|length| length.parse().ok());
            draft.enclosure(Enclosure {
                url: url.clone(),
                media_type: media_type.clone(),
                bytes,
                duration_s: None,
            });
        }
        "replies" if matches!(media_type.as_deref(), None | Some("text/html" | "application/xhtml+xml")) => {
            draft.raw.comments.get_or_insert_with(|| url.clone());
        }
        _ => {}
    }
    let title = xml.attribute(element, "title");
    draft.add_link(Link { url, rel, media_type, title });
}

/// A person with elements inside, or with a name and an address in words.
pub(super) fn author<'a>(xml: &mut Xml<'a>, element: &Element<'a>) -> Option<Person> {
    let mut person = Person::default();
    let mut words = String::new();
    while xml.depth() >= element.depth {
        match xml.next() {
            None => break,
            Some(Event::Text(text)) => words.push_str(&xml.decode(start_of(text, &words))),
            Some(Event::Literal(text)) => words.push_str(start_of(text, &words)),
            Some(Event::Start(child))
                if matches!(&*child.name, "item" | "entry" | "title" | "pubdate" | "guid") =>
            {
                xml.put_back(child, element.depth);
                break;
            }
            Some(Event::Start(child)) => match &*child.name {
                "name" | "fn" => {
                    let name = xml.short(&child);
                    person.name = person.name.or(name);
                }
                "email" | "mbox" => {
                    let email = xml.short(&child);
                    person.email = person.email.or(email);
                }
                "uri" | "url" | "homepage" => {
                    let url = xml.short_address(&child);
                    person.url = person.url.or(url);
                }
                _ => {}
            },
            Some(Event::End) => {}
        }
    }
    if person == Person::default() {
        return person::person(&words);
    }
    // A name that holds a mail address too is written as RSS has it.
    if person.email.is_none()
        && let Some(both) =
            person.name.as_deref().and_then(person::person).filter(|both| both.email.is_some())
    {
        person.name = both.name;
        person.email = both.email;
    }
    Some(person)
}

fn category<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    let term = xml.attribute(element, "term");
    let label = xml.attribute(element, "label");
    let inside = xml.short(element);
    // A term that is a URL or a number is meant for programs; the label is meant for people.
    let for_machines =
        term.as_deref().is_some_and(|term| address::is_web(term) || term.bytes().all(|b| b.is_ascii_digit()));
    let has_term = term.is_some();
    draft.term(term.or(inside));
    if !has_term || for_machines {
        draft.term(label);
    }
}

/// The feed that an entry was republished from; what it says does not count for the entry itself, but for the author
/// (RFC 4287 §4.2.1).
fn source<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    let address = xml.address(element, "url");
    let mut inner = Draft::default();
    let mut words = String::new();
    while xml.depth() >= element.depth {
        match xml.next() {
            None => break,
            Some(Event::Text(text)) => words.push_str(&xml.decode(start_of(text, &words))),
            Some(Event::Literal(text)) => words.push_str(start_of(text, &words)),
            Some(Event::Start(child)) if matches!(&*child.name, "item" | "entry" | "source") => {
                xml.put_back(child, element.depth);
                break;
            }
            Some(Event::Start(child)) if child.depth == element.depth + 1 => {
                field(xml, &child, &mut inner, Kind::Plain);
            }
            Some(Event::Start(_) | Event::End) => {}
        }
    }
    let words = words.trim();
    let title = std::mem::take(&mut inner.title).take().map(|html| super::plain_text(&html));
    let title = title.or_else(|| (!words.is_empty()).then(|| words.to_owned()));
    let page = inner.page();
    let own = inner.raw.links.iter().find(|link| link.rel == "self").map(|link| link.url.clone());
    let source = Source { title, url: address.or(own).or(page), id: inner.id.take() };
    if draft.raw.source.is_none() && source != Source::default() {
        draft.raw.source = Some(source);
    }
    if draft.raw.authors.is_empty() {
        draft.raw.authors = inner.raw.authors;
    }
}
