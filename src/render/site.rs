//! What every output and page needs to know about the site: its title, its address, its sections, and how the
//! addresses on it are formed.
//!
//! Subscribers rely on these addresses, so they must not change. Must not know what is served there.

use super::clean;
use super::messages::{Messages, fill, messages};
use crate::model::{
    ArchiveNo, CategoryName, CategorySettings, DigestSettings, GENERAL, LEAST_PUBLISHERS, Language, StoryId,
    TopicId,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The site as outputs, pages and editions see it.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Title of the front page.
    pub title: &'a str,
    /// Public address without a trailing slash.
    pub url: &'a str,
    /// The categories, in the operator's order.
    pub categories: &'a [CategorySettings],
    /// The digests, in the operator's order.
    pub digests: &'a [DigestSettings],
    /// The language of the fixed words.
    pub language: Language,
    /// The time zone in which pages write times and count days.
    pub timezone: &'a TimeZone,
}

impl Site<'_> {
    /// The title of a category: the operator's, else its name with a capital letter.
    pub fn category_title(&self, name: &CategoryName) -> String {
        let declared = self.categories.iter().find(|category| category.name == *name);
        declared.map_or_else(|| capitalised(name.as_str()), |category| clean::line(&category.title))
    }

    /// The fixed words in its language.
    pub(super) fn words(&self) -> &'static Messages {
        messages(self.language)
    }

    /// The title of the site, on one line.
    pub(super) fn name(&self) -> String {
        clean::line(self.title)
    }

    /// The absolute address of a `path` on this site, which begins with a slash.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }

    /// The same address for links on our own pages: without scheme and host, so that it works under any name by which
    /// a visitor reaches the site, but with the folder that `url` may have.
    pub fn local(&self, path: &str) -> String {
        let after_scheme = self.url.find("://").map_or(self.url, |at| &self.url[at + 3..]);
        let folder = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
        format!("{}{path}", folder.trim_end_matches('/'))
    }

    /// The path at which browsers find the style of outputs.
    pub(super) fn feed_style(&self) -> String {
        self.local(FEED_STYLE_PATH)
    }

    /// Whether a category has an address now. Old stories may be in one that the operator has removed.
    pub fn has(&self, name: &CategoryName) -> bool {
        name.as_str() == GENERAL || self.categories.iter().any(|category| category.name == *name)
    }

    /// Every category that has an address: those of the operator and `general`.
    pub fn sections(&self) -> Vec<CategoryName> {
        let mut names: Vec<_> = self.categories.iter().map(|category| category.name.clone()).collect();
        if !names.iter().any(|name| name.as_str() == GENERAL) {
            names.push(CategoryName::general());
        }
        names
    }
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The path of a story's permanent page.
pub fn story_path(id: StoryId) -> String {
    format!("/stories/{id}")
}

/// The path of a topic's permanent page.
pub fn topic_path(id: TopicId) -> String {
    format!("/topics/{id}")
}

/// The path of the page with the addresses of all outputs.
pub(super) const FEEDS_PATH: &str = "/feeds";

/// The path of the style of outputs in a browser.
const FEED_STYLE_PATH: &str = "/feed.css";

/// The path of the outputs of the most linked pages, without the form.
const LINKED_PATH: &str = "/linked";

/// The path of a category's page.
pub fn category_path(name: &CategoryName) -> String {
    format!("/{}", percent(name.as_str()))
}

/// The path of a source's page, by its name in addresses (see [`crate::model::source_name`]).
pub(super) fn source_path(name: &str) -> String {
    format!("/sources/{}", percent(name))
}

/// The path of a digest's archive.
pub fn digest_path(name: &str) -> String {
    format!("/digests/{}", percent(name))
}

/// The path of an edition's page.
pub fn edition_path(digest: &str, id: &str) -> String {
    format!("/digests/{}/{}", percent(digest), percent(id))
}

/// The path of a kept picture, or of its small size. Text browsers show the last part of it, which is why that is a
/// word.
pub(super) fn picture_path(name: &str, small: bool) -> String {
    format!("/pictures/{}{}/picture.jpg", percent(name), if small { "-small" } else { "" })
}

/// The path of the page of a day, in the site's time zone.
pub fn day_path(day: Date) -> String {
    format!("/archive/{day}")
}

/// One segment of a path or value of a query, percent-encoded (RFC 3986 §2.1): names may be in any script.
fn percent(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 15].map(|nibble| {
                char::from_digit(u32::from(nibble), 16).map_or('0', |digit| digit.to_ascii_uppercase())
            }));
        }
    }
    out
}

/// The format of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// RSS 2.0.
    Rss,
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// JSON Feed 1.1.
    Json,
}

impl Form {
    /// Every form, the one we recommend first.
    pub const ALL: [Self; 3] = [Self::Atom, Self::Rss, Self::Json];

    /// How its addresses end, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Atom => "atom",
            Self::Json => "json",
        }
    }

    /// Its name as it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rss => "RSS",
            Self::Atom => "Atom",
            Self::Json => "JSON Feed",
        }
    }

    /// Its media type, without parameters.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
        }
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
        }
    }
}

/// What the items of an output are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Holds {
    /// One item a story.
    Stories,
    /// One item a topic.
    Topics,
    /// One item for each topic that at least so many publishers have carried.
    Broad(usize),
    /// One item for each page that many link to. Such an output has no category.
    Linked,
    /// One item for each story that one feed carried: the feed's name in addresses, and its title.
    Source(String, String),
    /// One item for each story of a topic: the topic's id, and its title.
    Topic(TopicId, String),
    /// One item for each story in which these words are found.
    Found(String),
    /// One item for each edition of a digest: its name, and its title.
    Editions(String, String),
}

/// One output: what it holds, and in which format.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Output {
    /// Its category; `None` for all categories, and for outputs that have none.
    pub category: Option<CategoryName>,
    /// What its items are.
    pub holds: Holds,
    /// Its format.
    pub form: Form,
}

impl Output {
    /// Its path on the site, such as `/world/topics.atom`.
    pub fn path(&self) -> String {
        let end = self.form.extension();
        let place = self.place();
        match &self.holds {
            Holds::Broad(publishers) => format!("{place}.{end}?min={publishers}"),
            Holds::Found(words) => format!("{place}.{end}?q={}", percent(words)),
            _ => format!("{place}.{end}"),
        }
    }

    /// Its path without the ending.
    fn place(&self) -> String {
        let section = self.category.as_ref().map(category_path);
        match &self.holds {
            Holds::Stories => section.unwrap_or_else(|| "/all".to_owned()),
            Holds::Topics => format!("{}/topics", section.unwrap_or_else(|| "/all".to_owned())),
            Holds::Broad(_) => format!("{}/topics", section.unwrap_or_default()),
            Holds::Found(_) => format!("{}/search", section.unwrap_or_default()),
            Holds::Linked => LINKED_PATH.to_owned(),
            Holds::Source(name, _) => source_path(name),
            Holds::Topic(id, _) => topic_path(*id),
            Holds::Editions(name, _) => digest_path(name),
        }
    }

    /// The path of a document of its archive, such as `/world/archive/12.atom`.
    pub fn archive_path(&self, no: ArchiveNo) -> String {
        format!("{}/archive/{no}.{}", self.place(), self.form.extension())
    }

    /// The path of the page that shows the same, or some of it.
    pub fn home(&self) -> String {
        match &self.holds {
            Holds::Topic(id, _) => topic_path(*id),
            Holds::Source(name, _) => source_path(name),
            Holds::Found(words) => match &self.category {
                // The category comes first: behind an open quotation mark it would be taken for words.
                Some(name) => format!("/search?q={}", percent(&format!("category:{name} {words}"))),
                None => format!("/search?q={}", percent(words)),
            },
            Holds::Editions(name, _) => digest_path(name),
            _ => self.category.as_ref().map_or_else(|| "/".to_owned(), category_path),
        }
    }

    /// Its title in a reader's list.
    pub fn title(&self, site: &Site<'_>) -> String {
        let words = site.words();
        let section = self.category.as_ref().map(|name| site.category_title(name));
        let topics = || match &section {
            None => words.topics_title.to_owned(),
            Some(section) => fill(words.section_topics, section),
        };
        let what = match (&section, &self.holds) {
            (None, Holds::Stories) => return site.name(),
            (Some(section), Holds::Stories) => section.clone(),
            (_, Holds::Topics) => topics(),
            (_, Holds::Broad(least)) => {
                format!("{} {}", topics(), fill(words.of_publishers, &least.to_string()))
            }
            (_, Holds::Linked) => words.most_linked.to_owned(),
            (_, Holds::Source(_, title) | Holds::Topic(_, title) | Holds::Editions(_, title)) => {
                clean::line(title)
            }
            (None, Holds::Found(found)) => words.quoted(&clean::line(found)),
            (Some(section), Holds::Found(found)) => {
                format!("{} {} {section}", words.quoted(&clean::line(found)), words.in_section)
            }
        };
        format!("{} · {what}", site.name())
    }

    /// A sentence about it.
    pub(super) fn description(&self, site: &Site<'_>) -> String {
        let words = site.words();
        let what = match &self.holds {
            Holds::Stories => words.every_story.to_owned(),
            Holds::Topics => words.every_topic.to_owned(),
            Holds::Broad(least) => fill(words.broad_topics, &least.to_string()),
            Holds::Found(found) => fill(words.stories_with, &words.quoted(&clean::line(found))),
            Holds::Linked => return fill(words.linked_pages, &LEAST_PUBLISHERS.to_string()),
            Holds::Source(_, title) => return fill(words.all_of_source, &clean::line(title)),
            Holds::Topic(_, title) => return fill(words.all_on_topic, &words.quoted(&clean::line(title))),
            Holds::Editions(_, title) => return fill(words.all_editions, &clean::line(title)),
        };
        match &self.category {
            Some(name) => format!("{what}{}{}.", words.colon, site.category_title(name)),
            None => format!("{what}, {}.", words.from_everywhere),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_stand_at_the_promised_addresses() {
        let world = CategoryName::new("world").ok();
        let at = |category: &Option<CategoryName>, holds, form| {
            Output { category: category.clone(), holds, form }.path()
        };
        assert_eq!(at(&None, Holds::Stories, Form::Atom), "/all.atom");
        assert_eq!(at(&None, Holds::Topics, Form::Json), "/all/topics.json");
        assert_eq!(at(&None, Holds::Linked, Form::Atom), "/linked.atom");
        assert_eq!(at(&world, Holds::Stories, Form::Rss), "/world.rss");
        assert_eq!(at(&None, Holds::Broad(3), Form::Atom), "/topics.atom?min=3");
        assert_eq!(at(&world, Holds::Broad(3), Form::Atom), "/world/topics.atom?min=3");
        assert_eq!(at(&world, Holds::Found("a b&c".to_owned()), Form::Rss), "/world/search.rss?q=a%20b%26c");
        let source = Holds::Source("a.example-0a1b2c3d".to_owned(), "A".to_owned());
        assert_eq!(at(&None, source.clone(), Form::Json), "/sources/a.example-0a1b2c3d.json");
        let archived =
            |category, holds| Output { category, holds, form: Form::Rss }.archive_path(ArchiveNo(12));
        assert_eq!(archived(world.clone(), Holds::Stories), "/world/archive/12.rss");
        assert_eq!(archived(None, source), "/sources/a.example-0a1b2c3d/archive/12.rss");
        assert_eq!(at(&world, Holds::Topics, Form::Atom), "/world/topics.atom");
        let kultur = CategoryName::new("küche").ok();
        assert_eq!(at(&kultur, Holds::Stories, Form::Rss), "/k%C3%BCche.rss");
    }

    #[test]
    fn an_output_leads_to_the_page_that_shows_the_same() {
        let home = |category: &str, holds| {
            Output { category: CategoryName::new(category).ok(), holds, form: Form::Atom }.home()
        };
        let source = Holds::Source("a.example-0a1b2c3d".to_owned(), "A".to_owned());
        assert_eq!(home("", source), "/sources/a.example-0a1b2c3d");
        assert_eq!(home("", Holds::Found("a b".to_owned())), "/search?q=a%20b");
        let unclosed = Holds::Found("\"sea walls".to_owned());
        assert_eq!(home("world", unclosed), "/search?q=category%3Aworld%20%22sea%20walls");
        assert_eq!(home("world", Holds::Broad(3)), "/world");
        assert_eq!(home("", Holds::Linked), "/");
    }
}
