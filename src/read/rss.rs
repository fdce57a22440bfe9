//! RSS 0.90 to 2.0, RSS 1.0 and 1.1 (RDF), and CDF: elements of channels and items.

use super::attribute::Element;
use super::draft::Draft;
use super::newest::{is_empty, says_something};
use super::space::Space;
use super::text::Kind;
use super::xml::Xml;
use super::{address, atom, extension};
use crate::model::{Enclosure, Hints, RawEntry};

/// Reads an item or an entry, whichever vocabulary its fields come from; `None` when there is nothing in it, not even
/// something that we have no use for.
pub(super) fn entry<'a>(xml: &mut Xml<'a>, element: &Element<'a>) -> Option<RawEntry> {
    let start = xml.place();
    let mut draft = Draft::default();
    if let Some(language) = xml.language() {
        let language = language.to_owned();
        draft.language.offer(1, Some(language));
    }
    atom::note_base(xml, &mut draft);
    let about = xml.about(element);
    let page = about.as_deref().filter(|about| address::is_web(about));
    draft.link.offer(1, page.map(|page| address::mended(page).into_owned()));
    draft.raw.id_is_address = about.is_some();
    draft.id.offer(4, about);
    // CDF says in attributes what others say in elements.
    draft.link.offer(2, xml.address(element, "href"));
    draft.updated_on(1, xml.attribute(element, "lastmod").as_deref());
    let in_atom = element.space == Space::Atom;
    while let Some(child) = xml.any_element_within(element.depth) {
        if child.is_entry() {
            // An entry never stands in an entry, however deep: the end tag of this one is missing.
            xml.put_back(child, element.depth);
            break;
        }
        if child.depth == element.depth + 1 {
            field(xml, &child, &mut draft, in_atom);
        }
    }
    let entry = draft.into_entry();
    (!is_empty(&entry) || says_something(xml.since(start))).then_some(entry)
}

/// Reads an element that feeds and entries have in common.
pub(super) fn field<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft, in_atom: bool) {
    match element.space {
        Space::Atom => {
            if !atom::field(xml, element, draft, Kind::Plain) {
                own_field(xml, element, draft);
            }
        }
        Space::Rss => {
            let default = if in_atom { Kind::Plain } else { Kind::Unsaid };
            if !own_field(xml, element, draft) {
                atom::field(xml, element, draft, default);
            }
        }
        _ => extension::field(xml, element, draft),
    }
}

/// Reads an element that RSS has a meaning of its own for. Returns whether it is one.
fn own_field<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) -> bool {
    match &*element.name {
        "guid" => guid(xml, element, draft),
        "description" => {
            atom::note_base(xml, draft);
            let words = xml.words(element, Kind::Unsaid);
            draft.description(5, words);
        }
        "abstract" => {
            let words = xml.words(element, Kind::Unsaid);
            draft.summary.offer(5, words.into_html());
        }
        "fullitem" | "body" => {
            atom::note_base(xml, draft);
            let words = xml.words(element, Kind::Html);
            draft.content.offer(3, words.into_html());
        }
        "pubdate" => {
            let when = xml.short(element);
            draft.published_on(5, when.as_deref());
        }
        "lastbuilddate" => {
            let when = xml.short(element);
            draft.updated_on(6, when.as_deref());
        }
        "date" => {
            let when = xml.short(element);
            draft.published_on(2, when.as_deref());
            draft.updated_on(1, when.as_deref());
        }
        "managingeditor" | "editor" => {
            let author = atom::author(xml, element);
            draft.author(author);
        }
        "webmaster" => {
            let author = atom::author(xml, element);
            if draft.raw.authors.is_empty() {
                draft.author(author);
            }
        }
        "keywords" => {
            let words = xml.short(element).unwrap_or_default();
            for term in words.split(',').map(str::trim).filter(|term| !term.is_empty()) {
                draft.term(Some(term.to_owned()));
            }
        }
        "comments" => {
            let address = xml.short_address(element);
            draft.raw.comments = draft.raw.comments.take().or(address);
        }
        "enclosure" => enclosure(xml, element, draft),
        "language" => {
            let language = xml.short(element);
            draft.language.offer(5, language);
        }
        "expirationdate" | "textinput" | "cloud" | "docs" => {}
        _ => return false,
    }
    true
}

/// A guid is the id; it is the link too unless it says that it is not (RSS 2.0).
fn guid<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    let said = xml.attribute(element, "ispermalink").map(|said| said.to_ascii_lowercase());
    let base = xml.base().cloned();
    let Some(text) = xml.short(element) else { return };
    let is_link = said.as_deref() != Some("false");
    if is_link && address::is_web(&text) {
        draft.link.offer(2, Some(address::mended(&text).into_owned()));
    } else if said.as_deref() == Some("true") || is_link && address::is_path(&text) {
        draft.link.offer(1, Some(xml.absolute(&address::mended(&text), base.as_deref())));
    }
    draft.raw.id_is_address = is_link;
    draft.id.offer(5, Some(text));
}

fn enclosure<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    let address = xml.address(element, "url").or_else(|| xml.address(element, "href"));
    let media_type = xml.attribute(element, "type");
    let bytes = xml.attribute(element, "length").and_then(|length| length.parse().ok());
    let address = address.or_else(|| xml.address(element, "resource"));
    let address = address.or_else(|| xml.short_address(element));
    if let Some(url) = address {
        draft.enclosure(Enclosure { url, media_type, bytes, duration_s: None });
    }
}

/// The picture of a channel.
pub(super) fn image<'a>(xml: &mut Xml<'a>, element: &Element<'a>, draft: &mut Draft) {
    draft.image.offer(2, xml.address(element, "href").or_else(|| xml.address(element, "resource")));
    while let Some(child) = xml.child(element.depth) {
        if child.is_entry() {
            xml.put_back(child, element.depth);
            return;
        }
        if child.name == "url" {
            let address = xml.short_address(&child);
            draft.image.offer(4, address);
        }
    }
}

/// Reads what a channel says about polling. Returns whether the element is such.
pub(super) fn hint<'a>(
    xml: &mut Xml<'a>,
    element: &Element<'a>,
    hints: &mut Hints,
    period: &mut Period,
) -> bool {
    match (element.space, &*element.name) {
        (Space::Rss, "ttl") => hints.ttl_min = xml.short(element).and_then(|text| text.parse().ok()),
        (Space::Rss, "skiphours") => {
            while let Some(child) = xml.child(element.depth) {
                let hour = xml.short(&child).and_then(|text| text.parse::<u8>().ok());
                // RSS 0.91 counted from 1 to 24.
                if let Some(hour) = hour.filter(|hour| *hour <= 24).map(|hour| hour % 24)
                    && !hints.skip_hours.contains(&hour)
                {
                    hints.skip_hours.push(hour);
                }
            }
        }
        (Space::Rss, "skipdays") => {
            while let Some(child) = xml.child(element.depth) {
                let day = xml.short(&child).and_then(|text| weekday(&text));
                if let Some(day) = day.filter(|day| !hints.skip_days.contains(day)) {
                    hints.skip_days.push(day);
                }
            }
        }
        (Space::Sy, "updateperiod") => period.seconds = xml.short(element).and_then(|text| seconds(&text)),
        (Space::Sy, "updatefrequency") => {
            period.times = xml.short(element).and_then(|text| text.parse().ok());
        }
        (Space::Sy, _) => {}
        _ => return false,
    }
    true
}

/// The two halves of `sy:updatePeriod` and `sy:updateFrequency`.
#[derive(Debug, Default)]
pub(super) struct Period {
    seconds: Option<u32>,
    times: Option<u32>,
}

impl Period {
    /// Seconds between two updates; the vocabulary's defaults are daily and once.
    pub(super) fn update_s(&self) -> Option<u32> {
        if self.seconds.is_none() && self.times.is_none() {
            return None;
        }
        Some(self.seconds.unwrap_or(86_400) / self.times.unwrap_or(1).max(1))
    }
}

fn seconds(period: &str) -> Option<u32> {
    match period.to_ascii_lowercase().as_str() {
        "hourly" => Some(3_600),
        "daily" => Some(86_400),
        "weekly" => Some(7 * 86_400),
        "monthly" => Some(30 * 86_400),
        "yearly" => Some(365 * 86_400),
        _ => None,
    }
}

fn weekday(name: &str) -> Option<u8> {
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let start = name.get(..3)?.to_ascii_lowercase();
    DAYS.iter().position(|day| *day == start).map(|day| day as u8)
}
