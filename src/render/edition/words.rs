//! What an edition says. Foreign text is cleaned, cut and counted here, once, so that plain text and HTML say the
//! same.
//!
//! Knows topics and the bounds of an edition. Must not know how text or HTML are laid out.

use super::super::clean;
use super::super::linked::{linked_address, linked_title};
use super::super::messages::{Messages, count, fill, messages};
use super::super::pictures;
use super::super::site::{Site, digest_path, edition_path, story_path, topic_path};
use super::length::words_in;
use super::{Contents, News, excerpt};
use crate::model::{
    CategoryName, DigestSettings, FeedNo, LinkedPage, Picture, StoryBrief, TopicView, is_unprintable,
};
use jiff::Timestamp;
use std::borrow::Cow;

/// Words that one reads in a minute.
const WORDS_A_MINUTE: usize = 230;
/// Words of an edition: five minutes of reading.
const WORDS: usize = 5 * WORDS_A_MINUTE;
/// After so many words topics are only named.
const WORDS_IN_FULL: usize = WORDS * 3 / 4;
/// Characters of a headline.
const HEADLINE_CHARS: usize = 200;
/// Characters of the name of a feed.
const NAME_CHARS: usize = 60;
/// Bytes of an address. A longer one is replaced by that of our own page, which links to it.
const ADDRESS_BYTES: usize = 600;
/// Bytes of an address in plain text: two lines.
const SHOWN_ADDRESS_BYTES: usize = 150;
/// Other publishers that are named beside the one whose story heads a topic.
const NAMED: usize = 3;
/// Headlines in the list at the top, and in the subject at most.
const HEADLINES: usize = 3;
/// Characters of a subject: a bit more than mail programs show.
const SUBJECT_CHARS: usize = 120;
/// Characters of the preview text.
const PREVIEW_CHARS: usize = 140;

/// The words of an edition.
pub(super) struct Words {
    pub(super) messages: &'static Messages,
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) date: String,
    /// Address of the edition's page, or of the digest's archive.
    pub(super) page: String,
    /// Address of the front page.
    pub(super) home: String,
    /// The text that mail programs show beside the subject.
    pub(super) preview: String,
    /// The headlines of the best topics; empty if the edition has no more topics than these.
    pub(super) in_short: Vec<String>,
    /// The feeds and stories of the headlines in the subject and in `in_short`.
    pub(super) subject_marks: Vec<String>,
    pub(super) sections: Vec<Section>,
    /// Says how many topics did not fit.
    pub(super) more: Option<String>,
    /// How many of the topics it tells, the best first.
    pub(super) told: usize,
    updates: usize,
    words: usize,
}

/// Items under one heading.
pub(super) struct Section {
    pub(super) name: Option<String>,
    pub(super) items: Vec<Item>,
}

/// One topic or page.
pub(super) struct Item {
    /// The feeds whose words it holds, and the stories that these are of; those of the headline first.
    pub(super) marks: Vec<String>,
    pub(super) headline: String,
    pub(super) url: String,
    /// The address in plain text: that of our own page, if `url` would take more than two lines.
    pub(super) short_url: String,
    pub(super) is_update: bool,
    /// It is only named: no excerpt, no picture.
    pub(super) is_brief: bool,
    pub(super) source: String,
    pub(super) also: Option<String>,
    /// The headline under which an earlier edition told it, introduced.
    pub(super) before: Option<String>,
    /// A publisher's words, in quotation marks.
    pub(super) excerpt: String,
    pub(super) picture: Option<Picture>,
    /// Address of the topic's page, if the topic has more than one story.
    pub(super) all_reports: Option<String>,
}

impl Item {
    /// Who reports it, or links to it: "Post · also Herald, Echo and 3 others".
    pub(super) fn carried(&self) -> String {
        let parts = [Some(&self.source).filter(|source| !source.is_empty()), self.also.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" · ")
    }

    fn words(&self) -> usize {
        let before = self.before.as_deref().unwrap_or_default();
        [&self.headline, &self.carried(), before, &self.excerpt].into_iter().map(words_in).sum()
    }
}

impl Words {
    /// The words of the edition `id`, with at most `topics` of its topics. The first is told however
    /// long it is.
    pub(super) fn new(
        site: &Site<'_>,
        digest: &DigestSettings,
        contents: &Contents,
        due_at: Timestamp,
        id: Option<&str>,
        topics: usize,
    ) -> Self {
        let date = digest.timezone.to_datetime(due_at).date();
        let writer = Writer { site, digest, messages: messages(digest.language) };
        let page = id.map_or_else(|| digest_path(&digest.name), |id| edition_path(&digest.name, id));
        let (title, mut subject) = (say(&digest.title), String::new());
        let beside = writer.sections_beside(contents);
        let mut words: usize = beside.iter().flat_map(|section| &section.items).map(Item::words).sum();
        let mut items = Vec::new();
        for news in contents.topics.iter().take(topics) {
            let Some(mut item) = writer.item(news) else { continue };
            if words + item.words() > WORDS_IN_FULL {
                item.shorten();
            }
            if words + item.words() > WORDS && !items.is_empty() {
                break;
            }
            words += item.words();
            items.push((&news.topic.category, item));
        }
        let told = items.len();
        let headlines = || items.iter().map(|(_, item)| &item.headline).take(HEADLINES);
        let mut in_subject = Vec::new();
        for (place, headline) in headlines().enumerate() {
            let gap = if subject.is_empty() { "" } else { " · " };
            let fits = subject.chars().count() + gap.len() + headline.chars().count() <= SUBJECT_CHARS;
            if fits || subject.is_empty() {
                subject = clean::cut(&format!("{subject}{gap}{headline}"), SUBJECT_CHARS);
                in_subject.push(place);
            }
        }
        if items.is_empty() {
            subject = format!("{title}, {}", writer.messages.day(date));
        }
        let in_short: Vec<String> =
            if told > HEADLINES { headlines().cloned().collect() } else { Vec::new() };
        let of_headline = |item: &Item| item.marks.iter().take(2).cloned().collect::<Vec<_>>();
        let is_marked = |place: usize| place < in_short.len() || in_subject.contains(&place);
        let subject_marks = items.iter().enumerate().filter(|(place, _)| is_marked(*place));
        let subject_marks = subject_marks.flat_map(|(_, (_, item))| of_headline(item)).collect();
        let left = contents.topics.len().saturating_sub(told);
        Self {
            messages: writer.messages,
            preview: items.first().map(|(_, item)| item.preview()).unwrap_or_default(),
            subject_marks,
            subject,
            title,
            date: writer.messages.full_date(date),
            page: site.address(&page),
            home: site.address("/"),
            in_short,
            more: (left > 0).then(|| count(writer.messages.more, left)),
            told,
            updates: items.iter().filter(|(_, item)| item.is_update).count(),
            words,
            sections: writer.sections(items).into_iter().chain(beside).collect(),
        }
    }

    /// "12 topics, 2 updates · 4 minutes to read"; `None` without topics.
    pub(super) fn measure(&self) -> Option<String> {
        let mut topics = count(self.messages.topics, self.told);
        if self.updates > 0 {
            topics = format!("{topics}, {}", count(self.messages.updates, self.updates));
        }
        let minutes = count(self.messages.minutes, self.words.div_ceil(WORDS_A_MINUTE));
        (self.told > 0).then(|| format!("{topics} · {minutes}"))
    }
}

impl Item {
    fn shorten(&mut self) {
        self.is_brief = true;
        self.excerpt.clear();
        self.picture = None;
    }

    fn preview(&self) -> String {
        let first = clean::cut(&self.excerpt, PREVIEW_CHARS);
        if first.is_empty() { self.carried() } else { first }
    }
}

/// What is needed to write an item.
struct Writer<'a> {
    site: &'a Site<'a>,
    digest: &'a DigestSettings,
    messages: &'static Messages,
}

impl Writer<'_> {
    fn item(&self, news: &News) -> Option<Item> {
        let topic = &news.topic;
        let lead = topic.stories.first()?;
        let before = news.before.as_ref();
        let url = self.address(lead.url.as_ref(), lead);
        let reporters = || news.reporters.iter().take(NAMED);
        let (excerpt, quoted) = self.quotation(news, lead);
        let mut marks: Vec<String> = [lead, quoted].into_iter().flat_map(marks_of).collect();
        marks.extend(reporters().map(|(feed, _)| feed.to_string()));
        marks.extend(before.into_iter().flat_map(|told| [told.feed.to_string(), told.story.to_string()]));
        Some(Item {
            marks,
            headline: self.headline(&lead.title),
            short_url: short(&url).unwrap_or_else(|| self.site.address(&story_path(lead.id))),
            url,
            is_update: before.is_some(),
            is_brief: false,
            source: name(&lead.feed),
            also: self.also(topic, &reporters().map(|(_, feed)| name(feed)).collect::<Vec<_>>()),
            before: before.map(|told| {
                let day = self.digest.timezone.to_datetime(told.at).date();
                let before = fill(self.messages.before, &self.messages.day(day));
                format!("{before} {}", self.messages.quoted(&self.headline(&told.headline)))
            }),
            excerpt,
            picture: self.picture(lead),
            all_reports: (topic.stories.len() > 1).then(|| self.site.address(&topic_path(topic.id))),
        })
    }

    /// The excerpt of a topic, and the story that it is taken from: the one that heads the topic. If that says no
    /// more than its headline, another story of the topic is quoted, if it is newer than what was told before, and
    /// introduced with the name of its feed.
    fn quotation<'n>(&self, news: &'n News, lead: &'n StoryBrief) -> (String, &'n StoryBrief) {
        let is_new = |story: &&StoryBrief| news.before.as_ref().is_none_or(|told| story.published > told.at);
        let others = news.topic.others().into_iter().filter(is_new).take(NAMED);
        for story in std::iter::once(lead).chain(others) {
            let words = say(&excerpt::excerpt(&story.title, &story.excerpt));
            if !words.is_empty() {
                let words = self.messages.quoted(&words);
                let is_own = story.feed_no == lead.feed_no;
                let speaker = if is_own { String::new() } else { name(&story.feed) + self.messages.colon };
                return (speaker + &words, story);
            }
        }
        (String::new(), lead)
    }

    fn also(&self, topic: &TopicView, named: &[String]) -> Option<String> {
        let more = topic.publishers.saturating_sub(1 + named.len());
        let anyone = !named.is_empty() || more > 0;
        anyone.then(|| fill(self.messages.also, &self.messages.names(named, more)))
    }

    /// The items by category, in the operator's order, the best of each first. If there is only one category, its
    /// section has no heading.
    fn sections(&self, items: Vec<(&CategoryName, Item)>) -> Vec<Section> {
        let mut order = self.site.sections();
        for (category, _) in &items {
            if !order.contains(category) {
                order.push((*category).clone());
            }
        }
        let mut sections: Vec<(CategoryName, Vec<Item>)> =
            order.into_iter().map(|category| (category, Vec::new())).collect();
        for (category, item) in items {
            if let Some((_, section)) = sections.iter_mut().find(|(name, _)| name == category) {
                section.push(item);
            }
        }
        sections.retain(|(_, items)| !items.is_empty());
        let are_several = sections.len() > 1;
        let named = |category: &CategoryName| are_several.then(|| say(&self.site.category_title(category)));
        sections.into_iter().map(|(category, items)| Section { name: named(&category), items }).collect()
    }

    /// The sections below those of categories.
    fn sections_beside(&self, contents: &Contents) -> Vec<Section> {
        let brief = |news: &News| {
            let mut item = self.item(news)?;
            item.shorten();
            Some(item)
        };
        let of = |news: &[News]| news.iter().filter_map(brief).collect::<Vec<Item>>();
        let linked = contents.linked.iter().filter_map(|(page, feeds)| self.linked(page, feeds));
        let all = [
            (self.messages.widely_covered, of(&contents.widely_covered)),
            (self.messages.rarely_updated, of(&contents.rarely_updated)),
            (self.messages.most_linked, linked.collect()),
        ];
        let there = all.into_iter().filter(|(_, items)| !items.is_empty());
        there.map(|(name, items)| Section { name: Some(name.to_owned()), items }).collect()
    }

    fn linked(&self, page: &LinkedPage, feeds: &[FeedNo]) -> Option<Item> {
        let url = address(linked_address(page).map(Cow::into_owned).as_ref())?;
        let stories = page.story.iter();
        let named = page.voices.iter().filter(|voice| !voice.spark).map(|voice| name(&voice.name));
        let named: Vec<String> = named.take(NAMED).collect();
        let by = match page.voices.len().saturating_sub(named.len()) {
            all if named.is_empty() => count(self.messages.by_publishers, all),
            others => self.messages.names(&named, others),
        };
        Some(Item {
            marks: stories
                .map(|story| story.id.to_string())
                .chain(feeds.iter().map(FeedNo::to_string))
                .collect(),
            headline: self.headline(linked_title(page)),
            short_url: url.clone(),
            url,
            is_update: false,
            is_brief: true,
            source: String::new(),
            also: Some(fill(self.messages.linked_by, &by)),
            before: None,
            excerpt: String::new(),
            picture: None,
            all_reports: None,
        })
    }

    fn headline(&self, title: &str) -> String {
        let title = clean::cut(&say(title), HEADLINE_CHARS);
        if title.is_empty() { self.messages.untitled.to_owned() } else { title }
    }

    fn picture(&self, story: &StoryBrief) -> Option<Picture> {
        let picture = pictures::safe(story.image.as_ref()).filter(|_| self.digest.pictures)?;
        let alt = picture.alt.as_deref().map(|alt| clean::cut(&say(alt), HEADLINE_CHARS));
        Some(Picture { url: address(Some(&picture.url))?, alt, ..picture })
    }

    fn address(&self, url: Option<&String>, story: &StoryBrief) -> String {
        address(url).unwrap_or_else(|| self.site.address(&story_path(story.id)))
    }
}

/// Foreign text on one line. Invisible characters are removed, such as those that change the direction of the text,
/// and so are placeholders: their braces are taken apart.
fn say(text: &str) -> String {
    let shown: String = clean::line(text).chars().filter(|&c| !is_unprintable(c)).collect();
    shown.replace("{{", "{ {")
}

/// The marks of a story: the feed of its words, and its id.
fn marks_of(story: &StoryBrief) -> [String; 2] {
    [story.feed_no.to_string(), story.id.to_string()]
}

/// The name of a feed.
fn name(feed: &str) -> String {
    clean::cut(&say(feed), NAME_CHARS)
}

/// A foreign address that cannot pass for a placeholder; `None` if it cannot be linked to, or is too long.
fn address(url: Option<&String>) -> Option<String> {
    let url = clean::some_link(url)?.replace('{', "%7B");
    (url.len() <= ADDRESS_BYTES).then_some(url)
}

/// An address, if it is short enough for plain text.
fn short(url: &str) -> Option<String> {
    (url.len() <= SHOWN_ADDRESS_BYTES).then(|| url.to_owned())
}
