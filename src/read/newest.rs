//! Of more entries than are read of one document, the newest.

use super::MAX_ENTRIES;
use super::prepare::believable;
use super::xml::{Event, Xml};
use crate::model::RawEntry;
use std::cmp::Reverse;

/// How many entries are collected before the oldest are dropped. Twice the final number, so that dropping costs no
/// more than reading.
const MAX_WAITING: usize = 2 * MAX_ENTRIES;

/// Entries as they are read, at most [`MAX_WAITING`] at one time.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// Entries, each with its place in the document.
    waiting: Vec<(usize, RawEntry)>,
    /// New entries of this feed appear at the end of its documents.
    newest_last: bool,
    met: usize,
}

impl Newest {
    pub(super) fn new(newest_last: bool) -> Self {
        Self { newest_last, ..Self::default() }
    }

    pub(super) fn push(&mut self, entry: RawEntry) {
        self.waiting.push((self.met, entry));
        self.met += 1;
        if self.waiting.len() >= MAX_WAITING {
            self.drop_oldest();
        }
    }

    /// Whether nothing was taken so far.
    pub(super) fn is_empty(&self) -> bool {
        self.met == 0
    }

    /// The newest entries in the document's order, and how many others there were.
    pub(super) fn finish(mut self) -> (Vec<RawEntry>, usize) {
        self.drop_oldest();
        let left_out = self.met - self.waiting.len();
        (self.waiting.into_iter().map(|(_, entry)| entry).collect(), left_out)
    }

    /// Dated entries go before undated ones; among equals the place decides.
    fn drop_oldest(&mut self) {
        if self.waiting.len() <= MAX_ENTRIES {
            return;
        }
        let newest_last = self.newest_last;
        let age = |(place, entry): &(usize, RawEntry)| {
            let date = [entry.published, entry.updated].into_iter().flatten().find(believable);
            (Reverse(date), if newest_last { usize::MAX - place } else { *place })
        };
        self.waiting.select_nth_unstable_by_key(MAX_ENTRIES, age);
        self.waiting.truncate(MAX_ENTRIES);
        self.waiting.sort_unstable_by_key(|(place, _)| *place);
    }
}

/// Whether nothing was found in an entry. What it has from around it (a language, a base) is not in it.
pub(super) fn is_empty(entry: &RawEntry) -> bool {
    let says =
        [&entry.id, &entry.url, &entry.title, &entry.summary, &entry.content, &entry.image, &entry.comments];
    says.into_iter().all(Option::is_none)
        && entry.published.or(entry.updated).is_none()
        && entry.authors.is_empty()
        && entry.terms.is_empty()
        && entry.enclosures.is_empty()
        && entry.links.is_empty()
        && entry.source.is_none()
}

/// Whether words or attributes stand in a piece of XML.
pub(super) fn says_something(xml: &str) -> bool {
    let mut xml = Xml::new(xml, None);
    while let Some(event) = xml.next() {
        let says = match event {
            Event::Text(text) => !xml.decode(text).trim().is_empty(),
            Event::Literal(text) => !text.trim().is_empty(),
            Event::Start(element) => element.attributes().any(tells),
            Event::End => false,
        };
        if says {
            return true;
        }
    }
    false
}

/// Whether an attribute says something by itself, and not only how something is written.
fn tells((name, value): (&str, &str)) -> bool {
    let how = ["type", "mode", "ispermalink"].iter().any(|known| name.eq_ignore_ascii_case(known));
    !how && !name.starts_with("xml") && !value.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Hint, read};
    use jiff::Timestamp;

    fn ids(newest_last: bool, dates: impl Iterator<Item = Option<i64>>) -> Vec<usize> {
        let mut newest = Newest::new(newest_last);
        for (place, date) in dates.enumerate() {
            let published = date.map(|date| Timestamp::from_second(1_700_000_000 + date).unwrap());
            newest.push(RawEntry { id: Some(place.to_string()), published, ..RawEntry::default() });
        }
        let (entries, left_out) = newest.finish();
        let ids: Vec<usize> = entries.iter().filter_map(|entry| entry.id.as_deref()?.parse().ok()).collect();
        assert!(ids.is_sorted(), "the document's order stays");
        assert!(left_out == 0 || ids.len() == MAX_ENTRIES);
        ids
    }

    #[test]
    fn the_newest_by_date_are_kept_wherever_they_stand() {
        let many = 5 * MAX_ENTRIES;
        let oldest_first = ids(false, (0..many).map(|n| Some(n as i64)));
        assert_eq!((oldest_first[0], oldest_first.len()), (many - MAX_ENTRIES, MAX_ENTRIES));
        assert_eq!(ids(true, (0..many).map(|n| Some(-(n as i64))))[MAX_ENTRIES - 1], MAX_ENTRIES - 1);
        let one_in_the_middle = ids(false, (0..many).map(|n| Some(i64::from(n == 7_777))));
        assert!(one_in_the_middle.contains(&7_777));
    }

    #[test]
    fn undated_ones_are_kept_from_the_end_where_new_ones_appear() {
        let many = 5 * MAX_ENTRIES;
        assert_eq!(ids(false, (0..many).map(|_| None))[MAX_ENTRIES - 1], MAX_ENTRIES - 1);
        assert_eq!(ids(true, (0..many).map(|_| None))[0], many - MAX_ENTRIES);
        let dated_among_them = ids(false, (0..many).map(|n| (n > many - 3).then_some(0)));
        assert_eq!(dated_among_them[MAX_ENTRIES - 1], many - 1);
    }

    #[test]
    fn an_entry_that_says_nothing_is_none() {
        for (text, want) in [
            (
                "<rss xml:lang='en'><channel><item/><item> </item><item><title> </title><guid/><link></link></item><item><title>x</title></item></channel></rss>",
                1,
            ),
            (
                "<feed xml:base='https://a.example/'><entry/><entry><title/><content type='html'> </content></entry><entry><id>x</id></entry></feed>",
                1,
            ),
            (
                r#"{"version":"https://jsonfeed.org/version/1.1","items":[{},{"id":"","title":" "},{"id":"1"}]}"#,
                1,
            ),
            ("<rss><channel><title>t</title><item/></channel></rss>", 0),
        ] {
            let document = read(text.as_bytes(), &Hint::default()).unwrap();
            assert_eq!(document.entries.len(), want, "{text}");
        }
    }
}
