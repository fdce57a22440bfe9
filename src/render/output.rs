//! Stories, topics, linked pages and editions as items of an output. This is the only place that decides what an item
//! says; the writers of the formats lay it out.
//!
//! The item of a story shows the lead's title, link and words, and below them who else carried it and the other
//! stories of its topic. Must not know XML or JSON.

use super::linked::{linked_address, linked_by, linked_title};
use super::messages::{count, fill_with};
use super::site::{Output, Site, edition_path, story_path, topic_path};
use super::{clean, edition, pictures};
use crate::model::{
    ArchiveNo, CategoryName, Chain, Edition, Enclosure, Hidden, LinkedPage, Person, Picture, Pictures,
    PublishSettings, SourceView, StoryBrief, StoryView, TextForm, TopicView, edition_urn, linked_page_urn,
    says_something,
};
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use std::borrow::Cow;

/// How many sources are named; the others are counted. A story that hundreds of feeds carry must not fill an item.
const SOURCES_NAMED: usize = 24;
/// How many notes of link posts an item quotes at most, and how many discussions it links to.
const NOTES: usize = 6;
/// Characters of one note.
const NOTE_CHARS: usize = 280;
/// Authors of an item. More are a mistake of the publisher.
const AUTHORS: usize = 8;
/// Enclosures of an item. More are a mistake of the publisher.
const ENCLOSURES: usize = 8;
/// Characters of an item's short text.
const SHORT_CHARS: usize = clean::GIVEN_CHARS - 10;

/// One item, in no format yet. Its texts are cleaned and its addresses safe to follow; of its `sources` only the
/// titles of the feeds are cleaned.
#[derive(Debug)]
pub(super) struct Item {
    /// `urn:uuid:…`; of a topic that has moved on, with the number of the development (`…#2`).
    pub(super) id: String,
    /// Plain text, never empty.
    pub(super) title: String,
    /// Where the title leads.
    pub(super) link: String,
    /// Our own permanent page of it; of a linked page that no feed of ours carries, the same as `link`.
    pub(super) page: String,
    /// The date that it is shown with; it never changes.
    pub(super) published: Timestamp,
    /// When it last changed; at least `published`.
    pub(super) updated: Timestamp,
    /// Plain text, a few sentences; may be empty.
    pub(super) short: String,
    /// HTML: the picture, the words, and the lines below them.
    pub(super) body: String,
    /// Whether the formats that have room for a short text give `short` beside `body`. False for a story of which
    /// `body` has no more words than `short`.
    pub(super) full: bool,
    /// Who wrote the words.
    pub(super) authors: Vec<Author>,
    /// Name and title of the category.
    pub(super) category: (CategoryName, String),
    /// Everyone who carried a story, the lead's feed first; empty for items that are no stories.
    pub(super) sources: Vec<SourceView>,
    /// Audio, video and other files, each with a media type.
    pub(super) enclosures: Vec<Enclosure>,
    /// Address of the page where it is discussed.
    pub(super) comments: Option<String>,
    /// The picture that leads it.
    pub(super) picture: Option<Picture>,
    /// Language of the words (BCP 47); `None` if it is unknown, and for topics and editions.
    pub(super) language: Option<String>,
}

/// An author with a name.
#[derive(Debug)]
pub(super) struct Author {
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) url: Option<String>,
}

/// The items of an output of stories.
pub(super) fn stories(site: &Site<'_>, how: &PublishSettings, stories: &[StoryView]) -> Vec<Item> {
    stories.iter().map(|story| from_story(site, how, story)).collect()
}

/// The items of an output of topics.
pub(super) fn topics(site: &Site<'_>, how: &PublishSettings, topics: &[TopicView]) -> Vec<Item> {
    topics.iter().filter_map(|topic| from_topic(site, how, topic)).collect()
}

/// When an output last changed: the latest change of its items. The clock is not asked, so that the same stories
/// always give the same bytes. `None` for an output without items.
pub(super) fn updated(items: &[Item]) -> Option<Timestamp> {
    items.iter().map(|item| item.updated).max()
}

/// The language of an output, if all its items have the same.
pub(super) fn language(items: &[Item]) -> Option<&str> {
    let first = items.first()?.language.as_deref()?;
    items.iter().all(|item| item.language.as_deref() == Some(first)).then_some(first)
}

/// The items of an output of the most linked pages. A page that cannot be linked to is left out.
pub(super) fn linked_pages(site: &Site<'_>, how: &PublishSettings, pages: &[LinkedPage]) -> Vec<Item> {
    pages.iter().filter_map(|page| from_linked(site, how, page)).collect()
}

/// The items of an output of editions.
pub(super) fn editions(site: &Site<'_>, title: &str, editions: &[Edition], hidden: &Hidden) -> Vec<Item> {
    let item = |edition: &Edition| {
        let words = &edition.words;
        let page = site.address(&edition_path(&edition.digest, &edition.id));
        let otherwise = format!("{title}, {}", edition.id);
        let subject = edition::subject_for_the_web(&words.subject, &words.html, &otherwise, hidden);
        Item {
            id: edition_urn(&edition.digest, &edition.id),
            title: some_title(site, &subject),
            link: page.clone(),
            page,
            published: edition.due_at,
            updated: edition.due_at,
            short: String::new(),
            body: clean::legal(&edition::for_the_web(&words.html, hidden)).into_owned(),
            full: true,
            authors: Vec::new(),
            category: (CategoryName::general(), title.to_owned()),
            sources: Vec::new(),
            enclosures: Vec::new(),
            comments: None,
            picture: None,
            language: None,
        }
    };
    editions.iter().map(item).collect()
}

fn from_linked(site: &Site<'_>, how: &PublishSettings, page: &LinkedPage) -> Option<Item> {
    let link = linked_address(page)?.into_owned();
    let words = site.words();
    let story = page.story.as_ref();
    let category = story.map_or_else(CategoryName::general, |story| story.category.clone());
    let short = story.map(|story| clean::beginning(&story.excerpt, 3, SHORT_CHARS)).unwrap_or_default();
    let picture = shown(how, story.and_then(|story| story.image.as_ref()));
    let body = html! {
        @if let Some(picture) = &picture { (pictures::paragraph(picture)) }
        @if !short.is_empty() { p { (short) } }
        p { (fill_with(words.item_linked_by, &html! { (linked_by(page, words)) })) }
        ul {
            @for voice in page.voices.iter().filter(|voice| !voice.spark).take(SOURCES_NAMED) {
                li {
                    (linked(&some_title(site, &voice.title), voice.url.as_ref())) " (" (clean::line(&voice.name)) ")"
                }
            }
        }
    };
    Some(Item {
        id: linked_page_urn(page.page),
        title: some_title(site, linked_title(page)),
        page: story.map_or_else(|| link.clone(), |story| site.address(&story_path(story.id))),
        link,
        published: page.shown_at,
        updated: page.shown_at,
        short,
        body: body.0,
        full: true,
        authors: Vec::new(),
        category: (category.clone(), site.category_title(&category)),
        sources: Vec::new(),
        enclosures: Vec::new(),
        comments: None,
        picture,
        language: story.and_then(|story| story.language.as_deref()).and_then(language_tag),
    })
}

fn from_story(site: &Site<'_>, how: &PublishSettings, story: &StoryView) -> Item {
    let page = site.address(&story_path(story.id));
    let short = clean::beginning(&story.excerpt, 3, SHORT_CHARS);
    let full_words = story.html.as_deref().filter(|_| how.text == TextForm::Full).map(clean::legal);
    let words = match (&full_words, how.pictures) {
        (Some(words), Pictures::Link) => PreEscaped(words.to_string()),
        (Some(words), Pictures::None) => PreEscaped(pictures::without(words)),
        (None, _) if short.is_empty() => PreEscaped(String::new()),
        (None, _) => html! { p { (short) } },
    };
    let (picture, sources) = (shown(how, story.image.as_ref()), sources(story));
    let body = html! {
        @if let Some(picture) = picture.as_ref().filter(|picture| !pictures::shows(&words.0, picture)) {
            (pictures::paragraph(picture))
        }
        (words)
        (below_story(site, story, &sources))
    };
    Item {
        id: story.id.urn(),
        title: title_of(site, how, &story.title, sources.first().map(|lead| &lead.feed)),
        link: clean::some_link(story.url.as_ref()).map_or_else(|| page.clone(), Cow::into_owned),
        page,
        published: story.published,
        updated: story.updated.max(story.published),
        short,
        body: body.0,
        full: full_words.is_some(),
        authors: authors(&story.authors),
        category: (story.category.clone(), site.category_title(&story.category)),
        sources,
        enclosures: enclosures(how, &story.enclosures),
        comments: clean::some_link(story.comments.as_ref()).map(Cow::into_owned),
        picture,
        language: story.language.as_deref().and_then(language_tag),
    }
}

/// Everyone who carried a story. A feed without a readable title is called by its publisher.
fn sources(story: &StoryView) -> Vec<SourceView> {
    let sources = story.sources.iter().cloned().map(|source| {
        let feed = clean::line(&source.feed);
        let feed = if says_something(&feed) { feed } else { clean::line(&source.publisher) };
        SourceView { feed, ..source }
    });
    sources.collect()
}

/// The lines below the words of a story: who carried it, their notes, where it is discussed, and the other stories of
/// its topic. Empty only if nobody carries it.
fn below_story(site: &Site<'_>, story: &StoryView, sources: &[SourceView]) -> Markup {
    let Some((lead, others)) = sources.split_first() else { return PreEscaped(String::new()) };
    let words = site.words();
    let named = html! {
        @for (i, source) in others.iter().take(SOURCES_NAMED).enumerate() {
            @if i > 0 { ", " }
            (linked(&source.feed, source.url.as_ref().or(source.site_url.as_ref())))
        }
        @if others.len() > SOURCES_NAMED {
            " " (words.and) " " (count(words.others, others.len() - SOURCES_NAMED))
        }
    };
    let discussions = html! {
        @for (i, (name, url)) in discussions(sources).iter().enumerate() {
            @if i > 0 { ", " }
            a href=(url) { (name) }
        }
    };
    html! {
        p {
            (fill_with(words.item_from, &linked(&lead.feed, lead.site_url.as_ref().or(lead.url.as_ref()))))
            @if !others.is_empty() { " " (fill_with(words.item_also, &named)) }
        }
        @for source in others.iter().filter(|source| !source.note.is_empty()).take(NOTES) {
            p { (linked(&source.feed, source.url.as_ref())) (words.colon) (clean::beginning(&source.note, 2, NOTE_CHARS)) }
        }
        @if !discussions.0.is_empty() { p { (fill_with(words.item_discussed, &discussions)) } }
        @if !story.siblings.is_empty() {
            p { a href=(site.address(&topic_path(story.topic))) { (words.more_on_topic) } (words.colon.trim_end()) }
            (brief_list(site, &story.siblings))
        }
    }
}

/// Where a story is discussed: the names of those who carried it, and the addresses of their discussions.
fn discussions(sources: &[SourceView]) -> Vec<(String, Cow<'_, str>)> {
    let all = sources.iter().filter_map(|source| {
        Some((clean::line(&source.feed), clean::some_link(source.discussion.as_ref())?))
    });
    all.take(NOTES).collect()
}

fn from_topic(site: &Site<'_>, how: &PublishSettings, topic: &TopicView) -> Option<Item> {
    let (headline, others) = topic.stories.split_first()?;
    let words = site.words();
    let development = if topic.development > 1 { format!("#{}", topic.development) } else { String::new() };
    let page = site.address(&topic_path(topic.id));
    let short = clean::beginning(&headline.excerpt, 3, SHORT_CHARS);
    let picture = shown(how, headline.image.as_ref());
    let body = html! {
        @if let Some(picture) = &picture { (pictures::paragraph(picture)) }
        @if !short.is_empty() { p { (short) } }
        p { (linked(&some_title(site, &headline.title), headline.url.as_ref())) " (" (clean::line(&headline.feed)) ")" }
        @if topic.publishers > 1 { p { (count(words.carried_by, topic.publishers)) } }
        @if !others.is_empty() {
            p { (words.more_on_topic) (words.colon.trim_end()) }
            (brief_list(site, others))
        }
    };
    Some(Item {
        id: format!("{}{development}", topic.id.urn()),
        title: title_of(site, how, &headline.title, Some(&headline.feed)),
        // Some readers tell items apart by their links, so each development has its own.
        link: format!("{page}{development}"),
        page,
        published: topic.moved_at,
        updated: topic.moved_at,
        short,
        body: body.0,
        full: true,
        authors: Vec::new(),
        category: (topic.category.clone(), site.category_title(&topic.category)),
        sources: Vec::new(),
        enclosures: Vec::new(),
        comments: None,
        picture,
        language: None,
    })
}

fn brief_list<'a>(site: &Site<'_>, stories: impl IntoIterator<Item = &'a StoryBrief>) -> Markup {
    html! {
        ul {
            @for story in stories {
                @let page = site.address(&story_path(story.id));
                li {
                    (linked(&some_title(site, &story.title), story.url.as_ref().or(Some(&page)))) " (" (clean::line(&story.feed)) ")"
                }
            }
        }
    }
}

fn linked(text: &str, url: Option<&String>) -> Markup {
    let text = clean::line(text);
    html! {
        @if let Some(url) = clean::some_link(url) { a href=(url) { (text) } } @else { (text) }
    }
}

/// The title of an item, followed by the feed's title in brackets if the operator wants that.
fn title_of(site: &Site<'_>, how: &PublishSettings, title: &str, feed: Option<&String>) -> String {
    let title = some_title(site, title);
    let feed = feed.map(|feed| clean::line(feed)).filter(|feed| how.publisher_in_titles && !feed.is_empty());
    feed.map_or(title.clone(), |feed| format!("{title} ({feed})"))
}

/// The picture of an item, unless the operator wants outputs without pictures.
fn shown(how: &PublishSettings, picture: Option<&Picture>) -> Option<Picture> {
    match how.pictures {
        Pictures::Link => pictures::safe(picture),
        Pictures::None => None,
    }
}

fn some_title(site: &Site<'_>, title: &str) -> String {
    let title = clean::line(title);
    if says_something(&title) { title } else { site.words().untitled.to_owned() }
}

fn authors(people: &[Person]) -> Vec<Author> {
    let named = people.iter().filter_map(|person| {
        let name = person.name.as_deref().map(clean::line).filter(|name| !name.is_empty());
        let email = person.email.as_deref().map(clean::line).filter(|email| is_mail_address(email));
        let url = clean::some_link(person.url.as_ref()).map(Cow::into_owned);
        Some(Author { name: name.or_else(|| email.clone())?, email, url })
    });
    named.take(AUTHORS).collect()
}

/// Whether a text is a mail address that every format accepts: a local part without quotes (RFC 5322 §3.4.1) and a
/// domain with a dot.
fn is_mail_address(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&b))
    };
    text.split_once('@').is_some_and(|(name, domain)| is_name(name) && clean::is_domain(domain))
}

fn enclosures(how: &PublishSettings, all: &[Enclosure]) -> Vec<Enclosure> {
    let fit = all.iter().filter_map(|enclosure| {
        let url = clean::link(&enclosure.url)?.into_owned();
        let media_type = enclosure.media_type.as_deref().map(clean::line).filter(|kind| is_media_type(kind));
        // RSS and JSON Feed require a type; this one stands for any bytes (RFC 2046 §4.5.1).
        let media_type = media_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        let is_wanted = how.pictures != Pictures::None || !media_type.starts_with("image/");
        is_wanted.then(|| Enclosure { url, media_type: Some(media_type), ..enclosure.clone() })
    });
    fit.take(ENCLOSURES).collect()
}

/// Whether a media type consists of a type and a subtype (RFC 6838 §4.2), without parameters.
fn is_media_type(kind: &str) -> bool {
    let is_name = |name: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        !name.is_empty() && name.bytes().all(allowed)
    };
    kind.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

/// A language tag as BCP 47 has it: letters, digits and hyphens, beginning with a language. An underscore, as in
/// `en_US`, becomes a hyphen. `None` if that makes no tag.
pub(super) fn language_tag(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    let language = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let is_language = match language.len() {
        2 => LANGUAGES.split(' ').any(|known| known == language),
        // ISO 639-3 has some 8,000 codes of three letters; they are not checked one by one.
        3 => language.bytes().all(|b| b.is_ascii_lowercase()),
        _ => false,
    };
    let well_formed = tag.len() <= 35
        && tag.split('-').all(|part| (1..=8).contains(&part.len()))
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (is_language && well_formed).then_some(tag)
}

/// The codes of languages with two letters (ISO 639-1, including withdrawn ones).
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz \
    ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv \
    ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb nd ne ng nl \
    nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te \
    tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// The frame of an output: what a document says besides its items. Addresses are absolute, except that of the style.
pub(super) struct Frame {
    pub(super) title: String,
    /// A sentence about the output.
    pub(super) description: String,
    /// The address that readers subscribe to.
    pub(super) current: String,
    /// The address of this document: the same as `current`, unless it is an archive document.
    pub(super) own: String,
    /// Whether it is an archive document (RFC 5005 §4).
    pub(super) is_archive: bool,
    /// The address of the archive document with the items before these.
    pub(super) prev: Option<String>,
    /// The address of the archive document with the items after these.
    pub(super) next: Option<String>,
    /// The page that shows the same, or some of it.
    pub(super) home: String,
    /// The title of the site. Atom gives it as the author.
    pub(super) site: String,
    /// The path of the stylesheet for browsers.
    pub(super) style: String,
    /// The site's icon as SVG.
    pub(super) icon: String,
    /// The site's icon as PNG: RSS allows no SVG, and readers of JSON Feed may know none.
    pub(super) png: String,
}

impl Frame {
    /// The links to the other documents of the archive (RFC 5005 §4): relation and address.
    pub(super) fn chain(&self) -> Vec<(&'static str, &str)> {
        let current = self.is_archive.then_some(("current", &self.current));
        let prev = self.prev.as_ref().map(|prev| ("prev-archive", prev));
        let next = self.next.as_ref().map(|next| ("next-archive", next));
        [current, prev, next].into_iter().flatten().map(|(rel, address)| (rel, address.as_str())).collect()
    }

    pub(super) fn new(site: &Site<'_>, output: &Output, chain: &Chain) -> Self {
        let archive = |no: Option<ArchiveNo>| Some(site.address(&output.archive_path(no?)));
        let current = site.address(&output.path());
        Self {
            title: output.title(site),
            description: output.description(site),
            own: archive(chain.here).unwrap_or_else(|| current.clone()),
            current,
            is_archive: chain.here.is_some(),
            prev: archive(chain.prev),
            next: archive(chain.next),
            home: site.address(&output.home()),
            site: site.name(),
            style: site.feed_style(),
            icon: site.address(&super::assets::ICON.path()),
            png: site.address(&super::assets::ICON_PNG.path()),
        }
    }
}
