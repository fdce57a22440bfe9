//! An edition of a digest: one set of words, as a mail in plain text and in HTML, and as a page.
//!
//! Knows nothing of SMTP or recipients: where the way out of a subscription and the address of the recipient belong stand
//! [`EditionText::UNSUBSCRIBE`] and [`EditionText::RECIPIENT`], which the sender replaces for each recipient.

mod excerpt;
mod html;
mod length;
mod plain;
mod words;

use super::site::Site;
use crate::model::{DigestSettings, EditionText, FeedNo, Hidden, LinkedPage, Told, TopicView};
use jiff::Timestamp;
use words::Words;

/// Bytes of the HTML with room for what is filled in: some mail programs cut what is longer than 102 KB.
const HTML_BYTES: usize = 88_000;
/// Before each topic, with the numbers of the feeds whose words it holds and the ids of its stories: what is private or taken
/// down later must not be shown any more.
/// The first stands for the headlines of the subject. Foreign text cannot write it, for its angle brackets are escaped.
const FEEDS: &str = "<!--feeds ";
/// Where the page's part of the HTML begins and ends.
const BEGIN: &str = "<!--edition-->";
const END: &str = "<!--/edition-->";
/// Around a picture, which the page leaves out: its content security policy lets none of others in.
const PICTURE: &str = "<!--picture-->";
const PICTURE_END: &str = "<!--/picture-->";

/// What an edition is to tell, the best first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contents {
    /// Its topics.
    pub topics: Vec<News>,
    /// Others that many publishers report.
    pub widely_covered: Vec<News>,
    /// Others of feeds that seldom say something.
    pub rarely_updated: Vec<News>,
    /// The pages that most link to, each with the feeds whose words tell of it.
    pub linked: Vec<(LinkedPage, Vec<FeedNo>)>,
}

/// A topic that is news.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// The topic, headed by what is new.
    pub topic: TopicView,
    /// What was told of it before.
    pub before: Option<Told>,
    /// Some of those who report it beside the publisher that heads it, with their feeds.
    pub reporters: Vec<(FeedNo, String)>,
}

/// An edition in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The words.
    pub words: EditionText,
    /// How many of its topics, the best first, they tell: the rest did not fit.
    pub topics: usize,
}

/// Composes the edition `id` of a digest; without an id it has no page, and leads to those of the others. `due_at` gives it its date, in the digest's own time zone. It is read in five minutes;
/// topics for which that leaves no room are named, and those for which there is no room at all are counted.
pub fn edition(
    site: &Site<'_>,
    digest: &DigestSettings,
    contents: &Contents,
    due_at: Timestamp,
    id: Option<&str>,
) -> Composed {
    let mut topics = contents.topics.len();
    loop {
        let words = Words::new(site, digest, contents, due_at, id, topics);
        let html = html::write(&words);
        if html.len() <= HTML_BYTES || words.told == 0 {
            let text = plain::write(&words);
            let topics = words.told;
            return Composed { words: EditionText { subject: words.subject, text, html }, topics };
        }
        // As many as would fit if all were as long: never fewer than do fit.
        topics = (words.told * HTML_BYTES / html.len()).min(words.told - 1);
    }
}

/// The part of an edition's HTML that its page shows: without the frame of a mail, without inline styles and pictures of others
/// (which the site's content security policy forbids), without the way out of a subscription, and without topics that tell of what
/// is hidden.
pub(super) fn for_the_web(html: &str, hidden: &Hidden) -> String {
    let begin = html.find(BEGIN).map_or(0, |at| at + BEGIN.len());
    let end = html.find(END).filter(|end| *end >= begin).unwrap_or(html.len());
    if !html.contains(FEEDS) && !hidden.is_empty() {
        return "<p>This edition is no longer shown.</p>".to_owned();
    }
    let mut parts = html[begin..end].split(FEEDS);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for topic in parts.filter(|topic| !is_hidden(topic, hidden)) {
        shown.push_str(topic.split_once("-->").map_or("", |(_, topic)| topic));
    }
    // Quotation marks and angle brackets in foreign text are escaped, so these can only be of ours.
    without(&without(&shown, PICTURE, PICTURE_END), " style=\"", "\"")
}

/// A text without what stands between these marks, and without the marks.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once(open) {
        out.push_str(before);
        rest = inside.split_once(close).map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// The subject of an edition as anyone may see it: `html` is its HTML, or the beginning of it. Where a headline in it is hidden,
/// `otherwise` stands in.
pub(super) fn subject_for_the_web(subject: &str, html: &str, otherwise: &str, hidden: &Hidden) -> String {
    // An edition that does not say whose words it holds may hold those of any feed.
    let is_told =
        html.split_once(FEEDS).map_or(hidden.is_empty(), |(_, headlines)| !is_hidden(headlines, hidden));
    if is_told { subject.to_owned() } else { otherwise.to_owned() }
}

/// Whether an edition, by its HTML, tells anything of what is hidden.
pub fn tells_of(html: &str, hidden: &Hidden) -> bool {
    html.split(FEEDS).skip(1).any(|topic| is_hidden(topic, hidden))
}

/// Whether a topic, from behind its mark on, tells anything of what is hidden.
fn is_hidden(topic: &str, hidden: &Hidden) -> bool {
    let mark = topic.split("-->").next().unwrap_or_default();
    mark.split(' ').any(|word| match word.parse() {
        Ok(feed) => hidden.feeds.contains(&FeedNo(feed)),
        Err(_) => word.parse().is_ok_and(|story| hidden.stories.contains(&story)),
    })
}

#[cfg(test)]
mod tests;
