//! JSON Feed 1.0 and 1.1 (jsonfeed.org).
//!
//! Types that are not as specified (a number for an id, a string for a list or an object) are taken for what they mean. Of two
//! members with one name the first counts, as in the other dialects.

use super::Hint;
use super::address::{Resolver, mended as mended_address};
use super::decode::mended;
use super::draft::{Draft, inherit_authors};
use super::extension::duration;
use super::newest::{Newest, is_empty};
use super::text::{Kind, Words};
use super::value::{Json, Next};
use crate::model::{Document, Enclosure, Format, Link, Person, RawEntry};
use url::Url;

/// How many authors or attachments of one item are kept.
const MAX_LIST: usize = 100;

/// Reads a JSON Feed; `None` when it is other JSON. What stands inside something else, a script in a web page perhaps,
/// must say that it is a feed.
pub(super) fn read(text: &str, is_inside: bool, hint: &Hint<'_>) -> Option<Document> {
    let base =
        Base { url: hint.base_url.and_then(|base| Url::parse(base).ok()), resolver: Resolver::default() };
    let mut feed =
        Feed { base, items: Newest::new(hint.newest_last), is_cut: hint.is_cut, ..Feed::default() };
    let mut json = Json::new(text);
    json.object(|json, name| feed.member(json, name));
    let looks_like_one = feed.has_items && (feed.draft.title.is_some() || !feed.items.is_empty());
    (feed.version || looks_like_one && !is_inside).then(|| feed.finish(&json))
}

/// The addresses that relative ones are resolved against.
#[derive(Default)]
struct Base {
    url: Option<Url>,
    resolver: Resolver,
}

impl Base {
    fn resolve(&self, address: &str) -> String {
        self.resolver.resolve(&mended_address(address), self.url.as_ref())
    }
}

#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a finding of its own")]
struct Feed {
    base: Base,
    draft: Draft,
    version: bool,
    has_items: bool,
    items: Newest,
    /// See [`Hint::is_cut`].
    is_cut: bool,
    ends_in_entry: bool,
}

impl Feed {
    fn finish(mut self, json: &Json<'_>) -> Document {
        let url = self.draft.page();
        // JSON Feed 1.1: authors of the feed are those of items that name none.
        let (mut items, left_out) = self.items.finish();
        inherit_authors(&mut items, &self.draft.raw.authors);
        Document {
            format: Format::Json,
            title: self.draft.title.take().map(|html| super::plain_text(&html)),
            subtitle: self.draft.summary.take(),
            url,
            language: self.draft.language.take(),
            image: self.draft.image.take(),
            authors: self.draft.raw.authors,
            links: self.draft.raw.links,
            warnings: json.flaws.warnings(left_out, &items),
            entries: items,
            left_out,
            ends_in_entry: self.ends_in_entry,
            ..Document::default()
        }
    }

    fn member(&mut self, json: &mut Json<'_>, name: &str) {
        match name {
            "items" => {
                self.has_items = true;
                return self.read_items(json);
            }
            "author" | "authors" => {
                for author in objects(json, "name") {
                    self.draft.author(author.into_person(&self.base));
                }
                return;
            }
            "hubs" => {
                for url in objects(json, "url").into_iter().filter_map(|hub| hub.url) {
                    let url = self.base.resolve(&url);
                    self.draft.add_link(Link { url, rel: "hub".to_owned(), ..Link::default() });
                }
                return;
            }
            _ => {}
        }
        let Some(value) = first(json) else { return };
        let absolute = |value: &str| self.base.resolve(value);
        let mut link = |rel: &str, value: &str| {
            let url = self.base.resolve(value);
            self.draft.add_link(Link { url, rel: rel.to_owned(), ..Link::default() });
        };
        match name {
            "version" => self.version |= value.contains("jsonfeed"),
            "title" => self.draft.title.offer(1, plain(value)),
            "description" => self.draft.summary.offer(1, plain(value)),
            "home_page_url" => self.draft.link.offer(1, Some(absolute(&value))),
            "feed_url" => link("self", &value),
            "next_url" => link("next", &value),
            "icon" => self.draft.image.offer(2, Some(absolute(&value))),
            "favicon" => self.draft.image.offer(1, Some(absolute(&value))),
            "language" => self.draft.language.offer(1, Some(value)),
            _ => {}
        }
    }

    fn read_items(&mut self, json: &mut Json<'_>) {
        each_value(json, |json| {
            if json.next() == Next::Object {
                let entry = Item::read(json).into_entry(&self.base);
                // If the document was cut in transfer, an item that is cut off is dropped.
                let is_unfinished = json.flaws.truncated;
                self.ends_in_entry |= is_unfinished && !is_empty(&entry);
                let counts = !self.is_cut || !is_unfinished;
                if counts && !is_empty(&entry) {
                    self.items.push(entry);
                }
            } else {
                json.pass_over();
            }
        });
    }
}

/// The values of a list; a value alone is a list of one.
fn each_value(json: &mut Json<'_>, mut each: impl FnMut(&mut Json<'_>)) {
    if json.next() == Next::List { json.list(each) } else { each(json) }
}

/// Objects such as authors and hubs. A plain string in place of one is taken for its member `only`.
fn objects(json: &mut Json<'_>, only: &str) -> Vec<Item> {
    let mut all = Vec::new();
    each_value(json, |json| {
        let item = match json.next() {
            Next::Word => {
                let mut item = Item::default();
                item.member(json, only);
                item
            }
            _ => Item::read(json),
        };
        if all.len() < MAX_LIST && item.has_members {
            all.push(item);
        }
    });
    all
}

/// The first word of a value.
fn first(json: &mut Json<'_>) -> Option<String> {
    let word = json.words().into_iter().next()?;
    Some(mended(&word).unwrap_or(word))
}

/// An item, an author, an attachment or a hub: objects whose names do not collide.
#[derive(Default)]
struct Item {
    has_members: bool,
    draft: Draft,
    url: Option<String>,
    external_url: Option<String>,
    name: Option<String>,
    media_type: Option<String>,
    bytes: Option<u64>,
    duration_s: Option<u64>,
    authors: Vec<Item>,
    attachments: Vec<Item>,
}

impl Item {
    fn read(json: &mut Json<'_>) -> Self {
        let mut item = Self::default();
        json.object(|json, name| item.member(json, name));
        item
    }

    fn member(&mut self, json: &mut Json<'_>, name: &str) {
        self.has_members = true;
        match name {
            "author" | "authors" => return self.authors.extend(objects(json, "name")),
            "attachments" => return self.attachments.extend(objects(json, "url")),
            "tags" => return json.words().into_iter().for_each(|tag| self.draft.term(Some(tag))),
            _ => {}
        }
        let Some(value) = first(json) else { return };
        match name {
            "id" => self.draft.id.offer(1, Some(value)),
            "url" => _ = self.url.get_or_insert(value),
            "external_url" => _ = self.external_url.get_or_insert(value),
            "title" => self.draft.title.offer(1, plain(value)),
            "content_html" => self.draft.content.offer(2, Some(value)),
            "content_text" => {
                self.draft.content.offer(1, plain(value).map(|html| html.replace('\n', "<br>")));
            }
            "summary" => self.draft.summary.offer(1, plain(value)),
            "image" => self.draft.image.offer(2, Some(value)),
            "banner_image" => self.draft.image.offer(1, Some(value)),
            "date_published" => self.draft.published_on(1, Some(&value)),
            "date_modified" => self.draft.updated_on(1, Some(&value)),
            "language" => self.draft.language.offer(1, Some(value)),
            "name" => _ = self.name.get_or_insert(value),
            "mime_type" => _ = self.media_type.get_or_insert(value),
            "size_in_bytes" => self.bytes = self.bytes.or(whole(&value)),
            "duration_in_seconds" => self.duration_s = self.duration_s.or(duration(&value)),
            _ => {}
        }
    }

    fn into_entry(self, base: &Base) -> RawEntry {
        let absolute = |url: Option<String>| url.map(|url| base.resolve(&url));
        let mut draft = self.draft;
        draft.offer_link(2, absolute(self.url));
        draft.link.offer(1, absolute(self.external_url.clone()));
        draft.raw.links_to = absolute(self.external_url.clone());
        for author in self.authors {
            draft.author(author.into_person(base));
        }
        for attachment in self.attachments {
            if let Some(url) = attachment.url {
                draft.enclosure(Enclosure {
                    url: base.resolve(&url),
                    media_type: attachment.media_type,
                    bytes: attachment.bytes,
                    duration_s: attachment.duration_s,
                });
            }
        }
        if let Some(url) = absolute(self.external_url) {
            draft.add_link(Link { url, rel: "related".to_owned(), ..Link::default() });
        }
        let mut entry = draft.into_entry();
        entry.image = absolute(entry.image);
        entry
    }

    fn into_person(self, base: &Base) -> Option<Person> {
        let person = Person { name: self.name, email: None, url: self.url.map(|url| base.resolve(&url)) };
        (person != Person::default()).then_some(person)
    }
}

/// A count, however it is written.
fn whole(value: &str) -> Option<u64> {
    let number: f64 = value.parse().ok()?;
    (0.0..1e18).contains(&number).then_some(number as u64)
}

fn plain(text: String) -> Option<String> {
    Words { text, kind: Kind::Plain }.into_html()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(text: &str) -> Document {
        read(text, false, &Hint { base_url: Some("https://base.example/feed"), ..Hint::default() }).unwrap()
    }

    /// The ids of the entries, and whether there is a warning.
    fn check(items: &str, ids: &[&str], warned: bool) {
        let document =
            feed(&format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":{items}}}"));
        let found: Vec<_> = document.entries.iter().map(|entry| entry.id.as_deref().unwrap_or("-")).collect();
        assert_eq!(found, ids, "{items}");
        assert_eq!(!document.warnings.is_empty(), warned, "{items}: {:?}", document.warnings);
    }

    #[test]
    fn no_entry_is_lost_to_a_mistake_in_another() {
        check(r#"[{"id":"1","title":"a"},{"id":2}]"#, &["1", "2"], false);
        check(r#"[{"id":"1","title":"half \ud800 a pair"},{"id":"2"}]"#, &["1", "2"], true);
        check(r#"[{"id":"1","size":NaN},{"id":"2",},]"#, &["1", "2"], true);
        check("[{\"id\":\"1\"}, // one\n{\"id\":\"2\"} /* two */ {id:'3'}]", &["1", "2", "3"], true);
        check(r#"[{"id":"1","title":"a "word" more"},{"id":"2"}]"#, &["1", "2"], true);
        check(r#"[{"id":"1","tags":["a"},{"id":"2"}]"#, &["1", "2"], true);
        check(r#"[{"id":"1"},{"id":"2"}},{"id":"3"}]"#, &["1", "2", "3"], true);
        check(r#"[{"id":"1","title":"a" {"id":"2"}]"#, &["1", "2"], true);
        check(r#"[1,"x",null,{"id":"1"}]"#, &["1"], false);
        let deep =
            format!("[{{\"id\":\"1\",\"_x\":{}1{}}},{{\"id\":\"2\"}}]", "[".repeat(999), "]".repeat(999));
        check(&deep, &["1", "2"], false);
        let deep = format!(
            "[{{\"id\":\"1\",\"author\":{}1{}}},{{\"id\":\"2\"}}]",
            "{\"author\":".repeat(99),
            "}".repeat(99)
        );
        check(&deep, &["1", "2"], true);
    }

    #[test]
    fn a_document_that_ends_early_keeps_what_stood_before() {
        let document = feed(r#"{"items":[{"id":"1","title":"a"},{"id":"2","title":"b","url":"https://x.exa"#);
        assert_eq!(document.entries.len(), 2);
        assert_eq!(
            (document.entries[1].id.as_deref(), document.entries[1].url.as_deref()),
            (Some("2"), None)
        );
        assert!(document.warnings[0].0.contains("ends in the middle"));
    }

    #[test]
    fn types_are_taken_for_what_they_mean() {
        let document = feed(
            r#"{"title":["T"],"author":"Jane","hubs":["/hub"],"items":{"id":12345678901234567890123,"authors":["Ann",{"name":"Bo"}],
               "tags":"one","attachments":["/a.mp3",{"url":"/b.mp3","size_in_bytes":"1e3","duration_in_seconds":"1:01"}]}}"#,
        );
        assert_eq!(document.title.as_deref(), Some("T"));
        assert_eq!(document.authors[0].name.as_deref(), Some("Jane"));
        assert_eq!(document.links_to("hub").collect::<Vec<_>>(), ["https://base.example/hub"]);
        let entry = &document.entries[0];
        assert_eq!(entry.id.as_deref(), Some("12345678901234567890123"));
        assert_eq!(entry.authors.iter().filter_map(|a| a.name.as_deref()).collect::<Vec<_>>(), ["Ann", "Bo"]);
        assert_eq!(entry.terms, ["one"]);
        let [a, b] = entry.enclosures.as_slice() else { panic!("{:?}", entry.enclosures) };
        assert_eq!((a.url.as_str(), a.bytes), ("https://base.example/a.mp3", None));
        assert_eq!((b.bytes, b.duration_s), (Some(1_000), Some(61)));
    }

    #[test]
    fn of_two_members_with_one_name_the_first_counts_and_no_item_is_lost() {
        let document = feed(
            r#"{"title":"A","title":"B","items":[{"id":"1","id":"2","url":"/a","url":"/b"}],"items":[{"id":"3"}]}"#,
        );
        assert_eq!(document.title.as_deref(), Some("A"));
        assert_eq!(document.entries[0].id.as_deref(), Some("1"));
        assert_eq!(document.entries[0].url.as_deref(), Some("https://base.example/a"));
        assert_eq!(document.entries[1].id.as_deref(), Some("3"));
    }

    #[test]
    fn only_what_says_that_it_is_a_feed_is_one_inside_something_else() {
        let script = r#"{title:"x",items:[{id:1}]}"#;
        assert!(read(script, false, &Hint::default()).is_some());
        assert!(read(script, true, &Hint::default()).is_none());
        assert!(
            read(r#"{"version":"https://jsonfeed.org/version/1","items":[]}"#, true, &Hint::default())
                .is_some()
        );
        assert!(read(r#"{"items":[]}"#, false, &Hint::default()).is_none());
    }
}
