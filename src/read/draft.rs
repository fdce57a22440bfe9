//! What feeds and entries have in common while they are read: fields that several elements compete for.
//!
//! Publishers often give the same field in two vocabularies, or in the wrong one. Each source of a field has a rank.
//! The highest rank wins wherever it stands in the document, and of equal ranks the first.

use super::address;
use super::date::date;
use super::media_type::media_type;
use super::picture::is_furniture;
use super::plain::plain_start;
use super::text::Words;
use super::{markdown, person};
use crate::model::{Enclosure, Link, Person, Picture, Podcast, RawEntry};
use jiff::Timestamp;

/// How many values of a list are kept; [`super::prepare()`] keeps fewer.
const MAX_LIST: usize = 100;

/// A picture that is wider than this is for printing.
const WIDEST_PIXELS: u32 = 2_500;

/// How many characters are kept of what is said of a picture.
const MAX_CAPTION_CHARS: usize = 500;

/// Characters that are kept of a date that cannot be read.
const UNREAD_CHARS: usize = 40;

/// How many bytes of the feed's authors every entry may get.
const MAX_INHERITED_BYTES: usize = 2_048;

/// A value with the rank of its source; rank 0 means that there is no value yet.
#[derive(Debug)]
pub(super) struct Ranked<T> {
    rank: u8,
    value: Option<T>,
}

impl<T> Default for Ranked<T> {
    fn default() -> Self {
        Self { rank: 0, value: None }
    }
}

impl<T> Ranked<T> {
    /// Takes a value, if there is one and it ranks higher than what is known.
    pub(super) fn offer(&mut self, rank: u8, value: Option<T>) {
        if rank > self.rank && value.is_some() {
            self.rank = rank;
            self.value = value;
        }
    }

    /// The best value.
    pub(super) fn take(self) -> Option<T> {
        self.value
    }

    /// Whether there is a value.
    pub(super) fn is_some(&self) -> bool {
        self.value.is_some()
    }
}

/// A feed or an entry while it is read. HTML is kept as HTML, addresses are absolute.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) id: Ranked<String>,
    /// The address in an RSS `link`.
    pub(super) link: Ranked<String>,
    pub(super) title: Ranked<String>,
    pub(super) summary: Ranked<String>,
    pub(super) content: Ranked<String>,
    /// A description from another vocabulary than the summary's.
    pub(super) beside: Ranked<String>,
    pub(super) published: Ranked<Timestamp>,
    pub(super) updated: Ranked<Timestamp>,
    pub(super) image: Ranked<String>,
    pub(super) language: Ranked<String>,
    pub(super) rights: Ranked<String>,
    /// What is the text where no other is, as Markdown.
    pub(super) markdown: Option<String>,
    /// Base of relative addresses in the text.
    pub(super) base: Option<String>,
    /// Everything that needs no rank.
    pub(super) raw: RawEntry,
    /// The program that wrote the feed.
    pub(super) generator: Option<String>,
}

impl Draft {
    /// A date of publication, as written. The one with the highest rank counts.
    pub(super) fn published_on(&mut self, rank: u8, written: Option<&str>) {
        let date = self.date(written);
        self.published.offer(rank, date);
    }

    /// A date of the last change, as written.
    pub(super) fn updated_on(&mut self, rank: u8, written: Option<&str>) {
        let date = self.date(written);
        self.updated.offer(rank, date);
    }

    /// Reads a date, and keeps the first that cannot be read.
    fn date(&mut self, written: Option<&str>) -> Option<Timestamp> {
        let written = written?;
        let date = date(written);
        if date.is_none() && self.raw.unread_date.is_none() && !written.trim().is_empty() {
            self.raw.unread_date = Some(written.trim().chars().take(UNREAD_CHARS).collect());
        }
        date
    }

    pub(super) fn author(&mut self, person: Option<Person>) {
        let Some(person) = person else { return };
        let authors = &mut self.raw.authors;
        if authors.len() < MAX_LIST && !authors.contains(&person) && person != Person::default() {
            authors.push(person);
        }
    }

    pub(super) fn author_in_words(&mut self, text: Option<&str>) {
        self.author(text.and_then(person::person));
    }

    pub(super) fn term(&mut self, term: Option<String>) {
        let Some(term) = term else { return };
        if self.raw.terms.len() < MAX_LIST && !self.raw.terms.contains(&term) {
            self.raw.terms.push(term);
        }
    }

    /// A media file. One without a type has that of its name.
    pub(super) fn enclosure(&mut self, mut enclosure: Enclosure) {
        enclosure.media_type = media_type(enclosure.media_type.take(), &enclosure.url);
        let known = self.raw.enclosures.iter_mut().find(|known| known.url == enclosure.url);
        if let Some(known) = known {
            known.media_type = known.media_type.take().or(enclosure.media_type);
            known.bytes = known.bytes.or(enclosure.bytes);
            known.duration_s = known.duration_s.or(enclosure.duration_s);
        } else if self.raw.enclosures.len() < MAX_LIST && !enclosure.url.is_empty() {
            self.raw.enclosures.push(enclosure);
        }
    }

    /// A picture. Of those that are said in one way the widest is taken, for the same one often comes in several sizes.
    pub(super) fn picture(&mut self, rank: u8, picture: Picture) {
        // WordPress names the author's face before any picture of the entry.
        if is_furniture(&picture.url) {
            return;
        }
        let width = |url: &String| self.raw.pictures.iter().find(|known| known.url == *url)?.width;
        let is_wider = self.image.rank == rank
            && self.image.value.as_ref().and_then(width).is_some_and(|known| {
                picture.width.is_some_and(|width| width > known && width <= WIDEST_PIXELS)
            });
        if is_wider {
            self.image.value = Some(picture.url.clone());
        } else {
            self.image.offer(rank, Some(picture.url.clone()));
        }
        if self.raw.pictures.len() < MAX_LIST {
            self.raw.pictures.push(picture);
        }
    }

    /// The caption of the picture that was named last. The first caption wins.
    pub(super) fn caption(&mut self, html: Option<&str>) {
        let words = html.map(|html| plain_start(html, MAX_CAPTION_CHARS)).filter(|words| !words.is_empty());
        if let Some(picture) = self.raw.pictures.last_mut() {
            picture.alt = picture.alt.take().or(words);
        }
    }

    pub(super) fn add_link(&mut self, link: Link) {
        if self.raw.links.len() < MAX_LIST && !self.raw.links.contains(&link) {
            self.raw.links.push(link);
        }
    }

    /// A summary. A second one of the same rank is taken for the content, because RSS has only one element name for
    /// both.
    pub(super) fn description(&mut self, rank: u8, words: Words) {
        let html = words.into_html();
        if self.summary.rank == rank && html.is_some() {
            self.content.offer(1, html);
        } else {
            self.summary.offer(rank, html);
        }
    }

    /// What another vocabulary says of the entry: its summary, when there is no better one.
    pub(super) fn describe(&mut self, rank: u8, words: Words) {
        let html = words.into_html();
        self.beside.offer(rank, html.clone());
        self.summary.offer(rank, html);
    }

    pub(super) fn podcast(&mut self) -> &mut Podcast {
        self.raw.podcast.get_or_insert_with(Podcast::default)
    }

    /// The address in an RSS link; one that leads out of the web counts less than any other.
    pub(super) fn offer_link(&mut self, rank: u8, address: Option<String>) {
        let rank = if address.as_deref().is_some_and(address::is_foreign) { 1 } else { rank };
        self.link.offer(rank, address);
    }

    /// The address of the entry's page: the RSS link, else the Atom `alternate` link that is likeliest to be a page.
    /// The first web address wins. An id that is a web address is preferred to a link that is not one (`gemini:`,
    /// `magnet:`).
    pub(super) fn page(&mut self) -> Option<String> {
        let alternate = self
            .raw
            .links
            .iter()
            .filter(|link| link.rel == "alternate")
            .min_by_key(|link| {
                let likely = match link.media_type.as_deref() {
                    Some("text/html" | "application/xhtml+xml") => 0,
                    None => 1,
                    Some(_) => 2,
                };
                (address::is_foreign(&link.url), likely)
            })
            .map(|link| link.url.clone());
        // An id that is an address is the next best thing.
        let id = self.id.value.as_deref().filter(|id| self.raw.id_is_address && address::is_web(id));
        let id = id.map(|id| address::mended(id).into_owned());
        // A link that was made from an id ranks below every other.
        let link = std::mem::take(&mut self.link);
        let made = link.rank <= 1;
        let (first, second) = if made { (alternate, link.take()) } else { (link.take(), alternate) };
        let mut all: Vec<String> = [first, second, id].into_iter().flatten().collect();
        let best = all.iter().position(|address| !address::is_foreign(address)).unwrap_or(0);
        (best < all.len()).then(|| all.swap_remove(best))
    }

    /// The entry.
    pub(super) fn into_entry(mut self) -> RawEntry {
        let page = self.page();
        let mut raw = self.raw;
        raw.url = page;
        raw.id = self.id.take();
        raw.title = self.title.take();
        raw.summary = self.summary.take();
        raw.content = self.content.take();
        let beside = self.beside.take();
        if raw.content.is_some() {
            // A summary that repeats the text says nothing.
            if beside.is_some() && starts_alike(raw.content.as_deref(), raw.summary.as_deref()) {
                raw.summary = beside;
            }
        } else {
            // A longer text in another vocabulary is the text; one that is no longer says nothing new.
            let length = raw.summary.as_ref().map_or(0, String::len);
            raw.content = beside.filter(|beside| length > 0 && beside.len() > length);
        }
        if raw.content.is_none() && raw.summary.is_none() {
            raw.content = self.markdown.as_deref().and_then(markdown::html);
        }
        raw.published = self.published.take();
        raw.updated = self.updated.take();
        // Of several dates one is enough.
        raw.unread_date.take_if(|_| raw.published.or(raw.updated).is_some());
        raw.language = self.language.take();
        raw.rights = self.rights.take().map(|html| super::plain_text(&html));
        raw.base = self.base;
        let picture = |enclosure: &&Enclosure| {
            let is_image = enclosure.media_type.as_deref().is_some_and(|kind| kind.starts_with("image/"));
            is_image && !is_furniture(&enclosure.url)
        };
        let enclosed = raw.enclosures.iter().find(picture).map(|enclosure| enclosure.url.clone());
        raw.image = self.image.take().or(enclosed);
        if let (Some(podcast), [enclosure, ..]) = (&raw.podcast, raw.enclosures.as_mut_slice()) {
            enclosure.duration_s = enclosure.duration_s.or(podcast.duration_s);
        }
        raw
    }
}

/// Gives the entries without an author those of the feed; the first few, because every entry gets a copy.
pub(super) fn inherit_authors(entries: &mut [RawEntry], authors: &[Person]) {
    let mut bytes = 0;
    let few = authors.iter().take_while(|author| {
        bytes +=
            [&author.name, &author.email, &author.url].into_iter().flatten().map(String::len).sum::<usize>();
        bytes <= MAX_INHERITED_BYTES
    });
    let few: Vec<Person> = few.cloned().collect();
    for entry in entries.iter_mut().filter(|entry| entry.authors.is_empty()) {
        entry.authors.clone_from(&few);
    }
}

/// Whether two texts begin with the same words, as far as anybody would compare them.
fn starts_alike(one: Option<&str>, other: Option<&str>) -> bool {
    let start = |html: Option<&str>| plain_start(html.unwrap_or_default(), 500);
    start(one) == start(other)
}
