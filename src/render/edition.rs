//! An edition of a digest: its words, once, rendered as plain text and HTML for a mail, and as a page.
//!
//! Must not know SMTP or a recipient. [`EditionText::UNSUBSCRIBE`] and [`EditionText::RECIPIENT`] are placeholders
//! for the link for leaving and for the recipient's address; the sender replaces them for each recipient.

mod excerpt;
mod html;
mod length;
mod plain;
mod words;

use super::site::Site;
use crate::model::{DigestSettings, EditionText, FeedNo, Hidden, LinkedPage, Told, TopicView};
use jiff::Timestamp;
use words::Words;

/// Bytes of an edition's HTML. Gmail cuts a mail off at about 102 KB; the rest is room for what is filled in.
const HTML_BYTES: usize = 88_000;
/// Begins a mark: a comment that lists the feeds whose words follow it, by number, and their stories, by id. What
/// becomes private or is taken down after the edition was sent must not be shown on its page.
///
/// The first mark is for the headlines in the subject and in the list at the top. One stands before each topic. An
/// empty one stands before each heading and at the end, and so ends what the mark before it is for. Foreign text
/// cannot forge a mark, for its angle brackets are escaped.
const FEEDS: &str = "<!--feeds ";
/// Around the part of the HTML that the page shows.
const BEGIN: &str = "<!--edition-->";
const END: &str = "<!--/edition-->";
/// Around a picture. The page leaves it out: the site's content security policy forbids pictures from elsewhere.
const PICTURE: &str = "<!--picture-->";
const PICTURE_END: &str = "<!--/picture-->";

/// What an edition is to tell; in each list, the best first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contents {
    /// Its topics, told under the headings of their categories.
    pub topics: Vec<News>,
    /// Other topics that many publishers report. They are only named, and so are the next two lists.
    pub widely_covered: Vec<News>,
    /// Other topics from feeds that are rarely updated.
    pub rarely_updated: Vec<News>,
    /// The most linked pages, each with the feeds whose words tell of it.
    pub linked: Vec<(LinkedPage, Vec<FeedNo>)>,
}

/// A topic that an edition tells.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// The topic; the story that heads it is new.
    pub topic: TopicView,
    /// What an earlier edition told of it, if one did.
    pub before: Option<Told>,
    /// Some of those who report it besides the publisher of the story that heads it: feed and name.
    pub reporters: Vec<(FeedNo, String)>,
}

/// An edition in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The words.
    pub words: EditionText,
    /// How many of [`Contents::topics`], the best first, the words tell; the rest did not fit.
    pub topics: usize,
}

/// Composes the edition `id` of a digest. Without an id it has no page, and links to the archive of the digest. Its
/// date is the day of `due_at` in the digest's time zone.
///
/// It has at most as many words as one reads in five minutes. From three quarters of that on, topics are only named,
/// and topics for which there is no room at all are counted.
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
        // Try as many as would fit if all topics were equally long, and at least one less than before.
        topics = (words.told * HTML_BYTES / html.len()).min(words.told - 1);
    }
}

/// The part of an edition's HTML that its page shows: without the frame of the mail, without inline styles and
/// pictures from elsewhere (which the site's content security policy forbids), without the link for leaving, and
/// without topics that hold something hidden. Of an edition without marks nothing is shown if anything at all is
/// hidden: its words may be those of any feed.
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
    // Quotation marks and angle brackets in foreign text are escaped, so only our own markup can match.
    without(&without(&shown, PICTURE, PICTURE_END), " style=\"", "\"")
}

/// A text without everything from each `open` to the next `close`, including both.
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

/// The subject of an edition as anyone may see it; `otherwise` if it holds a headline that is hidden. `html` is the
/// edition's HTML, or its beginning up to the first mark at least.
pub(super) fn subject_for_the_web(subject: &str, html: &str, otherwise: &str, hidden: &Hidden) -> String {
    // The words of an edition without marks may be those of any feed.
    let is_told =
        html.split_once(FEEDS).map_or(hidden.is_empty(), |(_, headlines)| !is_hidden(headlines, hidden));
    if is_told { subject.to_owned() } else { otherwise.to_owned() }
}

/// Whether an edition tells anything that is hidden, by the marks in its HTML. One without marks counts as telling
/// nothing.
pub fn tells_of(html: &str, hidden: &Hidden) -> bool {
    html.split(FEEDS).skip(1).any(|topic| is_hidden(topic, hidden))
}

/// Whether a mark lists anything that is hidden. `topic` is the HTML behind [`FEEDS`]; the rest of the mark is at its
/// beginning.
fn is_hidden(topic: &str, hidden: &Hidden) -> bool {
    let mark = topic.split("-->").next().unwrap_or_default();
    mark.split(' ').any(|word| match word.parse() {
        Ok(feed) => hidden.feeds.contains(&FeedNo(feed)),
        Err(_) => word.parse().is_ok_and(|story| hidden.stories.contains(&story)),
    })
}

#[cfg(test)]
mod tests;
