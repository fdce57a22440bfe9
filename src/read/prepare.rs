//! From an entry as read to an entry as filed: sanitised, bounded, with plain title and text.

use super::MAX_HTML_BYTES;
use super::clean::clean;
use super::linked::linked_page;
use super::outside::outside_links;
use super::picture::{said_of, shown_first};
use super::plain::{article, plain_start, prose_start};
use crate::model::{Document, Enclosure, Entry, Person, Picture, RawEntry};
use jiff::Timestamp;
use url::Url;

/// Characters of a plain title that are kept.
const MAX_TITLE_CHARS: usize = 1_000;
/// Bytes of an address; a longer one is no address.
const MAX_URL_BYTES: usize = 4_096;
/// Terms of one entry that are kept.
const MAX_TERMS: usize = 50;
/// Authors of one entry that are kept.
const MAX_AUTHORS: usize = 20;
/// Enclosures of one entry that are kept.
const MAX_ENCLOSURES: usize = 20;
/// Characters of a name, a term, a language or a media type that are kept.
const MAX_NAME_CHARS: usize = 200;

/// Before 1990 there was no web to publish on: such a date is a program's zero (1970, 1601, year 1) and counts as missing.
pub(super) fn believable(date: &Timestamp) -> bool {
    const YEAR_1990: i64 = 631_152_000;
    date.as_second() >= YEAR_1990
}

/// Sanitises what was read, makes its plain title and text, and bounds every length.
///
/// `key` and `hash` are what [`super::keys`] and [`super::hash`] gave for this entry. Whether other entries share its address,
/// [`super::identify()`] knows.
pub fn prepare(raw: &RawEntry, key: String, hash: u128, document: &Document) -> Entry {
    // The address behind a redirector is the one that other feeds have too.
    let url = web_address(raw.original_url.as_deref()).or_else(|| web_address(raw.url.as_deref()));
    // Text was written for the page that it stands on, `#footnote` above all.
    let base =
        raw.base.as_deref().or(url.as_deref()).or(document.url.as_deref()).or(document.base.as_deref());
    let base = base.and_then(|base| Url::parse(base).ok());
    let html = |text: &Option<String>| {
        let text = text.as_deref().map(|text| cut(text, MAX_HTML_BYTES))?;
        let cleaned = clean(text, base.as_ref());
        let cleaned = cut(cleaned.trim(), MAX_HTML_BYTES);
        (!cleaned.is_empty()).then(|| cleaned.to_owned())
    };
    let (summary, content) = (html(&raw.summary), html(&raw.content));
    let plain = |html: &Option<String>| prose_start(html.as_deref().unwrap_or_default(), Entry::TEXT_CHARS);
    let (in_summary, in_content) = (plain(&summary), plain(&content));
    let text = article(&in_summary, &in_content).to_owned();
    let in_text = || content.as_deref().or(summary.as_deref()).and_then(linked_page);
    let links_to = web_address(raw.links_to.as_deref()).or_else(|| web_address(in_text().as_deref()));
    let own_sites = [url.as_deref(), document.url.as_deref()];
    let in_html = content.as_deref().or(summary.as_deref()).unwrap_or_default();
    let links = outside_links(in_html, own_sites.into_iter().flatten());
    Entry {
        key,
        links,
        links_to: links_to.filter(|page| url.as_ref().is_some_and(|url| url != page)),
        url,
        title: plain_start(raw.title.as_deref().unwrap_or_default(), MAX_TITLE_CHARS),
        text,
        authors: raw.authors.iter().take(MAX_AUTHORS).filter_map(person).collect(),
        terms: terms(&raw.terms),
        enclosures: raw.enclosures.iter().filter_map(enclosure).take(MAX_ENCLOSURES).collect(),
        comments: web_address(raw.comments.as_deref()),
        image: picture(raw, in_html),
        language: name(raw.language.as_deref().or(document.language.as_deref())),
        // An entry of Atom need not say more than when it was last changed.
        published: raw.published.filter(believable).or(raw.updated.filter(believable)),
        updated: raw.updated.filter(believable),
        shares_address: false,
        hash,
        summary,
        content,
    }
}

/// An absolute address of the web, or nothing.
fn web_address(url: Option<&str>) -> Option<String> {
    let url = url?.trim();
    if url.len() > MAX_URL_BYTES {
        return None;
    }
    let parsed = Url::parse(url).ok()?;
    let on_the_web = matches!(parsed.scheme(), "http" | "https") && parsed.has_host();
    // As written, when it is fit to be written into a page; else as the parser writes it.
    let as_written = url.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>'));
    on_the_web.then(|| if as_written { url.to_owned() } else { parsed.into() })
}

fn name(text: Option<&str>) -> Option<String> {
    let text = fold(text?);
    (!text.is_empty()).then_some(text)
}

/// White space folded, control characters gone, length bounded.
fn fold(text: &str) -> String {
    let mut out = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > 4 * MAX_NAME_CHARS {
            break;
        }
    }
    out.chars().take(MAX_NAME_CHARS).collect()
}

fn person(raw: &Person) -> Option<Person> {
    let person = Person {
        name: name(raw.name.as_deref()),
        email: name(raw.email.as_deref()),
        url: web_address(raw.url.as_deref()),
    };
    (person != Person::default()).then_some(person)
}

fn terms(raw: &[String]) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    for term in raw.iter().take(4 * MAX_TERMS).map(|term| fold(term)) {
        if !term.is_empty() && !terms.contains(&term) && terms.len() < MAX_TERMS {
            terms.push(term);
        }
    }
    terms
}

/// The picture of an entry: what its feed names as such, with what it or the text says of it, else the first of its text.
fn picture(raw: &RawEntry, html: &str) -> Option<Picture> {
    let Some(url) = web_address(raw.image.as_deref()) else {
        return shown_first(html);
    };
    let named = raw.pictures.iter().filter(|picture| raw.image.as_ref() == Some(&picture.url));
    let mut all: Vec<Picture> = named.cloned().collect();
    all.extend(said_of(html, &url));
    let alt = all.iter().find_map(|picture| picture.alt.as_deref()).map(fold).filter(|alt| !alt.is_empty());
    let size = all.iter().find_map(|picture| Some((picture.width?, picture.height?)));
    Some(Picture { url, alt, width: size.map(|size| size.0), height: size.map(|size| size.1) })
}

fn enclosure(raw: &Enclosure) -> Option<Enclosure> {
    Some(Enclosure {
        url: web_address(Some(&raw.url))?,
        media_type: name(raw.media_type.as_deref()),
        ..raw.clone()
    })
}

/// The start of `text`, at most `bytes` long, cut between characters.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
