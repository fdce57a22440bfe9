//! A document in XML as a whole: finds the root of the feed, whatever stands around it, and reads channel and entries.

use super::Hint;
use super::attribute::Element;
use super::draft::{Draft, inherit_authors};
use super::flaws::Flaws;
use super::newest::Newest;
use super::rss::{self, Period};
use super::space::Space;
use super::xml::Xml;
use crate::model::{Document, Format};

/// Reads the feed in `text`; `None` when there is none.
pub(super) fn read(text: &str, hint: &Hint<'_>) -> Option<Document> {
    let mut xml = Xml::new(text, hint.base_url);
    let (root, format) = find_root(&mut xml)?;
    let mut channel = Channel { is_cut: hint.is_cut, ..Channel::new(format, hint.newest_last) };
    channel.begin(&xml, &root);
    if root.is_entry() {
        channel.entry(&mut xml, &root);
    }
    while let Some(element) = xml.any_element() {
        channel.read(&mut xml, &element);
    }
    Some(channel.finish(xml.flaws))
}

/// The first element that is the root of a feed, and its dialect.
fn find_root<'a>(xml: &mut Xml<'a>) -> Option<(Element<'a>, Format)> {
    loop {
        let mut element = xml.any_element()?;
        let (space, format) = match (&*element.name, element.space) {
            ("rss", _) => (Space::Rss, Format::Rss),
            ("rdf", space) => (space, Format::Rdf),
            ("feed" | "entry", _) => (Space::Atom, Format::Atom),
            ("channel", _) if xml.attribute(&element, "href").is_some() => (Space::Rss, Format::Cdf),
            ("channel", _) if xml.root_name() == "Channel" => (Space::Rss, Format::Rdf),
            ("channel", _) => {
                (Space::Rss, if xml.root_name() == "CHANNEL" { Format::Cdf } else { Format::Rss })
            }
            _ => continue,
        };
        if let Some(base) = xml.attribute(&element, "base").filter(|_| format == Format::Cdf) {
            xml.set_base(&base);
        }
        if element.space != space {
            // `<rss xmlns="…">` with whatever address: the name of the root knows better.
            xml.adopt(space);
            element.space = space;
        }
        return Some((element, format));
    }
}

/// A channel while it is read.
struct Channel {
    document: Document,
    draft: Draft,
    period: Period,
    entries: Newest,
    /// See [`Hint::is_cut`].
    is_cut: bool,
}

impl Channel {
    fn new(format: Format, newest_last: bool) -> Self {
        Self {
            document: Document { format, ..Document::default() },
            draft: Draft::default(),
            period: Period::default(),
            entries: Newest::new(newest_last),
            is_cut: false,
        }
    }

    /// What the start tag of a root or a channel says.
    fn begin(&mut self, xml: &Xml<'_>, element: &Element<'_>) {
        self.draft.raw.id_is_address |= xml.about(element).is_some();
        self.draft.id.offer(4, xml.about(element));
        if let Some(language) = xml.language() {
            let language = language.to_owned();
            self.draft.language.offer(3, Some(language));
        }
        if self.document.format == Format::Cdf {
            self.draft.link.offer(2, xml.address(element, "href"));
            let when = xml.attribute(element, "lastmod");
            self.draft.updated_on(1, when.as_deref());
        }
    }

    fn entry<'a>(&mut self, xml: &mut Xml<'a>, element: &Element<'a>) {
        let entry = rss::entry(xml, element);
        let is_unfinished = xml.is_at_end() && xml.depth() >= element.depth;
        self.document.ends_in_entry = is_unfinished && entry.is_some();
        if let Some(entry) = entry.filter(|_| !(self.is_cut && is_unfinished)) {
            self.entries.push(entry);
        }
    }

    fn read<'a>(&mut self, xml: &mut Xml<'a>, element: &Element<'a>) {
        if element.is_entry() {
            self.entry(xml, element);
            xml.skip(element.depth);
            return;
        }
        match (element.space, &*element.name) {
            (Space::Rss | Space::Atom | Space::Rdf, "channel" | "rss" | "rdf" | "feed" | "items" | "seq") => {
                if element.name == "channel" {
                    self.begin(xml, element);
                }
                // What stands inside is read in turn.
                return;
            }
            (Space::Rss, "image") => rss::image(xml, element, &mut self.draft),
            (Space::Rss, "textinput") => {}
            (Space::History, "archive") => self.document.archive = true,
            _ => {
                if !rss::hint(xml, element, &mut self.document.hints, &mut self.period) {
                    let in_atom = self.document.format == Format::Atom;
                    rss::field(xml, element, &mut self.draft, in_atom);
                }
            }
        }
        xml.skip(element.depth);
    }

    fn finish(mut self, flaws: Flaws) -> Document {
        let mut document = self.document;
        document.url = self.draft.page();
        document.hints.update_s = self.period.update_s();
        let draft = self.draft;
        document.id = draft.id.take();
        document.title = draft.title.take().map(|html| super::plain_text(&html));
        document.subtitle = draft.summary.take();
        document.language = draft.language.take();
        document.updated = draft.updated.take();
        document.published = draft.published.take();
        document.image = draft.image.take();
        document.rights = draft.rights.take().map(|html| super::plain_text(&html));
        document.generator = draft.generator;
        document.authors = draft.raw.authors;
        document.terms = draft.raw.terms;
        document.links = draft.raw.links;
        document.podcast = draft.raw.podcast;
        let (mut entries, left_out) = self.entries.finish();
        if document.format == Format::Atom {
            // RFC 4287 §4.2.1: an entry without an author has the feed's.
            inherit_authors(&mut entries, &document.authors);
        }
        document.entries = entries;
        document.left_out = left_out;
        document.warnings = flaws.warnings(left_out, &document.entries);
        document
    }
}
