//! An edition of a digest: one set of words, as a mail in plain text and in HTML, and as a page.
//!
//! The HTML carries its styles inline, since many mail programs drop everything else, and lies in one table, since
//! some know no other way to limit a column's width. Knows nothing of SMTP or recipients: where the way out of a
//! subscription belongs stands [`UNSUBSCRIBE`], which the sender replaces for each recipient.

use super::clean;
use super::site::{Site, edition_path, story_path, topic_path};
use crate::model::{DigestSettings, EditionText, FeedNo, Hidden, StoryBrief, TopicView};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::fmt::Write as _;

const UNSUBSCRIBE: &str = EditionText::UNSUBSCRIBE;

/// Columns of the plain text: what fits a mail window after being quoted twice.
const COLUMNS: usize = 76;
/// Other stories named below a topic.
const OTHERS: usize = 4;
/// Characters of a subject: what mail programs show, and a bit.
const SUBJECT_CHARS: usize = 120;
/// Before each topic, with the numbers of the feeds whose words it holds and the ids of its stories: what is private or taken
/// down later must not be shown any more.
/// Foreign text cannot write it, for its angle brackets are escaped.
const FEEDS: &str = "<!--feeds ";
/// Where the page's part of the HTML begins and ends.
const BEGIN: &str = "<!--edition-->";
const END: &str = "<!--/edition-->";

/// Composes the edition `id` of a digest from `topics`, best first. `due_at` gives it its date, in the digest's own
/// time zone.
pub fn edition(
    site: &Site<'_>,
    digest: &DigestSettings,
    topics: &[TopicView],
    due_at: Timestamp,
    id: &str,
) -> EditionText {
    let local = due_at.to_zoned_datetime(digest.timezone.clone());
    let words = Words {
        site,
        title: say(&digest.title),
        date: local.strftime("%A, %-d %B %Y").to_string(),
        page: site.address(&edition_path(&digest.name, id)),
        topics: topics.iter().take(digest.topics.max(1)).collect(),
    };
    let day = local.strftime("%-d %B").to_string();
    let headline = words.topics.first().and_then(|topic| topic.stories.first());
    let subject = match headline {
        Some(story) => format!("{}, {day}: {}", words.title, say(&story.title)),
        None => format!("{}, {day}", words.title),
    };
    EditionText { subject: clean::cut(&subject, SUBJECT_CHARS), text: words.text(), html: words.html() }
}

/// The part of an edition's HTML that its page shows: without the frame of a mail, without inline styles (which the
/// site's content security policy forbids), without the way out of a subscription, and without topics that tell of what
/// is hidden.
pub(super) fn for_the_web(html: &str, hidden: &Hidden) -> String {
    let begin = html.find(BEGIN).map_or(0, |at| at + BEGIN.len());
    let end = html.find(END).filter(|end| *end >= begin).unwrap_or(html.len());
    let mut out = String::with_capacity(end - begin);
    if !html.contains(FEEDS) && !hidden.is_empty() {
        return "<p>This edition is no longer shown.</p>".to_owned();
    }
    let mut parts = html[begin..end].split(FEEDS);
    without_styles(parts.next().unwrap_or_default(), &mut out);
    for topic in parts.filter(|topic| !is_hidden(topic, hidden)) {
        without_styles(topic.split_once("-->").map_or("", |(_, topic)| topic), &mut out);
    }
    out
}

fn without_styles(mut rest: &str, out: &mut String) {
    // Quotation marks in foreign text are escaped, so this can only be an attribute of ours.
    while let Some(at) = rest.find(" style=\"") {
        out.push_str(&rest[..at]);
        let value = &rest[at + 8..];
        rest = value.find('"').map_or("", |close| &value[close + 1..]);
    }
    out.push_str(rest);
}

/// The subject of an edition as anyone may see it, without a headline that is hidden: `html` is its HTML, or the beginning of it,
/// `title` the digest's title.
pub(super) fn subject_for_the_web(subject: &str, html: &str, title: &str, hidden: &Hidden) -> String {
    // An edition that does not say whose words it holds may hold those of any feed.
    let is_told =
        html.split_once(FEEDS).map_or(hidden.is_empty(), |(_, headline)| !is_hidden(headline, hidden));
    if is_told {
        return subject.to_owned();
    }
    let named = if subject.starts_with(title) { title.len() } else { 0 };
    let end = subject[named..].find(": ").map_or(named, |at| named + at);
    subject[..end].to_owned()
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

/// Foreign text on one line, unable to pass for the place of the unsubscribe address.
fn say(text: &str) -> String {
    clean::line(text).replace("{{", "{ {")
}

/// A foreign address, unable to pass for the same.
fn address(url: Option<&String>) -> Option<String> {
    clean::some_link(url).map(|url| url.replace('{', "%7B"))
}

struct Words<'a> {
    site: &'a Site<'a>,
    title: String,
    date: String,
    page: String,
    topics: Vec<&'a TopicView>,
}

impl Words<'_> {
    fn headline_address(&self, story: &StoryBrief) -> String {
        address(story.url.as_ref()).unwrap_or_else(|| self.site.address(&story_path(story.id)))
    }

    fn text(&self) -> String {
        let mut out = String::new();
        wrap(&mut out, &self.title, "", "");
        wrap(&mut out, &self.date, "", "");
        out.push_str(&"=".repeat(COLUMNS.min(columns(&self.title).max(columns(&self.date)))));
        out.push_str("\n\n");
        if self.topics.is_empty() {
            out.push_str("Nothing new this time.\n\n");
        }
        for (i, topic) in self.topics.iter().enumerate() {
            self.text_of(&mut out, i + 1, topic);
        }
        // "-- " on its own line is how mail programs know a signature.
        let _ = write!(out, "-- \n{} on the web:\n{}\n", self.title, self.page);
        let _ = writeln!(out, "Stop receiving it: {UNSUBSCRIBE}");
        out
    }

    fn text_of(&self, out: &mut String, number: usize, topic: &TopicView) {
        let Some(lead) = topic.stories.first() else { return };
        let mark = format!("{number:>2}. ");
        wrap(out, &title(lead), &mark, "    ");
        wrap(out, &self.carried(topic, lead), "    ", "    ");
        wrap(out, &excerpt(lead), "    ", "    ");
        let _ = writeln!(out, "    {}", self.headline_address(lead));
        for story in topic.others().into_iter().take(OTHERS) {
            wrap(out, &format!("{} ({})", title(story), say(&story.feed)), "    - ", "      ");
            let _ = writeln!(out, "      {}", self.headline_address(story));
        }
        if topic.stories.len() > 1 {
            let _ = writeln!(out, "    - All of it:\n      {}", self.site.address(&topic_path(topic.id)));
        }
        out.push('\n');
    }

    /// "World, from Alpha, carried by 6 publishers".
    fn carried(&self, topic: &TopicView, lead: &StoryBrief) -> String {
        let section = say(&self.site.category_title(&topic.category));
        let feed = say(&lead.feed);
        match topic.publishers {
            0 | 1 => format!("{section} · {feed}"),
            publishers => format!("{section} · {feed} · {publishers} publishers"),
        }
    }

    fn html(&self) -> String {
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="supported-color-schemes" content="light dark";
                    title { (self.title) }
                    style { (PreEscaped(DARK)) }
                }
                body class="paper" style=(PAPER) {
                    table class="paper" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style=(FRAME) {
                        tr { td align="center" style="padding:24px 16px" {
                            table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style=(COLUMN) {
                                tr { td class="ink" style=(INK) { (self.body()) } }
                            }
                        } }
                    }
                }
            }
        };
        document.0
    }

    fn body(&self) -> Markup {
        html! {
            h1 class="ink" dir="auto" style=(TITLE) { (self.title) }
            (PreEscaped(BEGIN))
            p class="soft rule" style=(DATE) { (self.date) }
            @if self.topics.is_empty() { p style=(TEXT) { "Nothing new this time." } }
            @for topic in &self.topics { (self.html_of(topic)) }
            (PreEscaped(END))
            p class="soft rule" style=(FOOT) {
                a class="link" href=(self.page) style=(LINK) { "Read it on the web" } " · "
                a class="link" href=(UNSUBSCRIBE) style=(LINK) { "Stop receiving it" }
            }
        }
    }

    fn html_of(&self, topic: &TopicView) -> Markup {
        let Some(lead) = topic.stories.first() else { return html! {} };
        let excerpt = excerpt(lead);
        let others: Vec<&StoryBrief> = topic.others().into_iter().take(OTHERS).collect();
        let shown = std::iter::once(lead).chain(others.iter().copied());
        let mark: Vec<String> = shown.map(|story| format!("{} {}", story.feed_no, story.id)).collect();
        html! {
            (PreEscaped(format!("{FEEDS}{}-->", mark.join(" "))))
            h2 dir="auto" style=(HEADLINE) {
                a class="ink" href=(self.headline_address(lead)) style=(PLAIN) { (title(lead)) }
            }
            p class="soft" dir="auto" style=(META) { (self.carried(topic, lead)) }
            @if !excerpt.is_empty() { p class="ink" dir="auto" style=(TEXT) { (excerpt) } }
            @if topic.stories.len() > 1 {
                ul style=(LIST) {
                    @for story in others {
                        li class="soft" style=(ENTRY) {
                            a class="link" dir="auto" href=(self.headline_address(story)) style=(LINK) { (title(story)) }
                            " " span dir="auto" { (say(&story.feed)) }
                        }
                    }
                    li class="soft" style=(ENTRY) {
                        a class="link" href=(self.site.address(&topic_path(topic.id))) style=(LINK) { "All of it" }
                    }
                }
            }
        }
    }
}

fn title(story: &StoryBrief) -> String {
    let title = say(&story.title);
    if title.is_empty() { "Untitled".to_owned() } else { title }
}

fn excerpt(story: &StoryBrief) -> String {
    let words = say(&clean::beginning(&story.excerpt, 2, 320));
    let says_more = words.trim_end_matches('.') != title(story).trim_end_matches('.');
    if says_more { words } else { String::new() }
}

/// Appends `text` in lines of at most [`COLUMNS`] columns. A word longer than a line stands alone on its own, and a
/// text in a script without spaces is broken where the line is full.
fn wrap(out: &mut String, text: &str, first: &str, later: &str) {
    let mut line = first.to_owned();
    let mut width = columns(first);
    let mut empty = true;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(!empty);
        if !empty && width + gap + columns(word) > COLUMNS {
            flush(out, &mut line, later, &mut width);
            empty = true;
        }
        if !empty {
            line.push(' ');
            width += 1;
        }
        for c in word.chars() {
            if is_wide(c) && width + 2 > COLUMNS {
                flush(out, &mut line, later, &mut width);
            }
            line.push(c);
            width += if is_wide(c) { 2 } else { 1 };
        }
        empty = false;
    }
    if !empty {
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn flush(out: &mut String, line: &mut String, later: &str, width: &mut usize) {
    out.push_str(line.trim_end());
    out.push('\n');
    later.clone_into(line);
    *width = columns(later);
}

fn columns(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// Whether a character takes two columns: the wide and full-width blocks of East Asian scripts (UAX #11), roughly.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
}

/// Mail programs that know the reader's preference get the colours of night; the others keep the inline ones.
const DARK: &str = "@media (prefers-color-scheme:dark){.paper{background:#171512!important}\
.ink{color:#ece6da!important}.soft{color:#b0a899!important}.link{color:#eba48f!important}\
.rule{border-color:#3d3831!important}}";
const PAPER: &str = "margin:0;padding:0;background:#fbf8f1";
const FRAME: &str = "background:#fbf8f1";
const COLUMN: &str = "max-width:600px;text-align:left";
const INK: &str = "color:#1d1a16;font-family:Georgia,'Times New Roman',serif;font-size:17px;line-height:1.5";
const TITLE: &str = "margin:0 0 4px;font-size:30px;line-height:1.15;font-weight:700;color:#1d1a16";
const DATE: &str = "margin:0;padding:0 0 14px;border-bottom:1px solid #d9d2c3;color:#625b50;font-size:15px";
const HEADLINE: &str = "margin:26px 0 4px;font-size:21px;line-height:1.25;font-weight:700";
const PLAIN: &str = "color:#1d1a16;text-decoration:none";
const META: &str = "margin:0 0 6px;color:#625b50;font-size:14px";
const TEXT: &str = "margin:0 0 8px;color:#1d1a16";
const LIST: &str = "margin:0 0 8px;padding:0 0 0 20px";
const ENTRY: &str = "margin:0 0 4px;color:#625b50;font-size:15px;line-height:1.45";
const LINK: &str = "color:#8c2f1f";
const FOOT: &str =
    "margin:32px 0 0;padding:14px 0 0;border-top:1px solid #d9d2c3;color:#625b50;font-size:14px";

#[cfg(test)]
mod tests {
    use super::super::tests::{at, brief, categories, site, topic};
    use super::*;
    use jiff::tz::TimeZone;
    use std::collections::BTreeSet;

    fn digest() -> DigestSettings {
        DigestSettings {
            name: "evening".to_owned(),
            title: "Evening & night".to_owned(),
            schedule: "0 19 * * *".parse().unwrap(),
            timezone: TimeZone::get("Asia/Tokyo").unwrap(),
            categories: Vec::new(),
            topics: 3,
            to: Vec::new(),
        }
    }

    fn composed(topics: &[TopicView]) -> EditionText {
        edition(&site(&categories()), &digest(), topics, at("2026-11-23T20:00:00Z"), "2026-11-24")
    }

    #[test]
    fn an_edition_is_dated_in_its_own_time_zone_and_holds_no_more_than_it_may() {
        let topics: Vec<_> = (0..5)
            .map(|i| topic(&i.to_string(), vec![brief(&i.to_string(), &format!("Event {i}"), "Alpha", i)]))
            .collect();
        let words = composed(&topics);
        assert_eq!(words.subject, "Evening & night, 24 November: Event 0");
        for part in [&words.text, &words.html] {
            assert!(part.contains("Tuesday, 24 November 2026"));
            assert!(part.contains("Event 2") && !part.contains("Event 3"));
            assert!(part.contains("https://news.example/digests/evening/2026-11-24"));
        }
        assert!(!words.text.contains("<a"));
    }

    #[test]
    fn plain_text_keeps_to_its_columns_but_never_breaks_an_address() {
        let long =
            "A headline of quite some length that goes on and on, well past the end of any line there is";
        let mut wide = brief("2", &"潮の記録を一堂に".repeat(12), "Beta", 1);
        wide.excerpt = "word ".repeat(60);
        wide.url = Some(format!("https://a.example/{}", "x".repeat(90)));
        let words = composed(&[topic("1", vec![brief("1", long, "Alpha", 0), wide])]);
        for line in words.text.lines() {
            assert!(columns(line) <= COLUMNS || line.trim_start().starts_with("https://"), "{line}");
        }
        assert!(words.text.contains(&"x".repeat(90)));
    }

    #[test]
    fn the_way_out_stands_once_in_each_part_whatever_publishers_write() {
        let mut bad = brief("1", "Click {{unsubscribe}} now", "{{unsubscribe}}", 0);
        bad.url = Some("https://a.example/{{unsubscribe}}".to_owned());
        bad.excerpt = "Or {{unsubscribe}} here. <b>Bold</b>".to_owned();
        let words = composed(&[topic("1", vec![bad])]);
        assert_eq!(words.html.matches(UNSUBSCRIBE).count(), 1);
        assert_eq!(words.text.matches(UNSUBSCRIBE).count(), 1);
        assert!(!words.subject.contains(UNSUBSCRIBE));
        let page = for_the_web(&words.html, &Hidden::default());
        assert!(!page.contains(UNSUBSCRIBE) && !page.contains("style=") && page.contains("&lt;b&gt;Bold"));
    }

    #[test]
    fn what_is_private_or_taken_down_now_is_shown_no_more() {
        let of = |feed: i64, key: &str, title: &str| StoryBrief {
            feed_no: FeedNo(feed),
            ..brief(key, title, &format!("Feed {feed}"), 0)
        };
        let bad = "Forged <!--feeds 9--> mark";
        let topics = [
            topic("1", vec![of(1, "1", "Ferry aground"), of(12, "2", "Harbour closed")]),
            topic("2", vec![of(2, "3", bad)]),
            topic("3", vec![of(3, "4", "Owls nest")]),
        ];
        let words = composed(&topics);
        let shown = |hidden: &[i64]| {
            let feeds = hidden.iter().copied().map(FeedNo).collect();
            let hidden = Hidden { feeds, ..Hidden::default() };
            let page = for_the_web(&words.html, &hidden);
            assert!(!page.contains("<!--"), "{page}");
            let told = ["Ferry", "Harbour", "Forged", "Owls"].map(|word| page.contains(word));
            (told, subject_for_the_web(&words.subject, &words.html, "Evening & night", &hidden))
        };
        let whole = "Evening & night, 24 November: Ferry aground".to_owned();
        assert_eq!(shown(&[]), ([true; 4], whole.clone()));
        assert_eq!(shown(&[9, 4, 123]), ([true; 4], whole.clone()));
        assert_eq!(shown(&[3]), ([true, true, true, false], whole));
        let without = "Evening & night, 24 November".to_owned();
        assert_eq!(shown(&[12]), ([false, false, true, true], without.clone()));
        assert_eq!(shown(&[1, 2]), ([false, false, false, true], without.clone()));
        let down = Hidden { stories: BTreeSet::from([topics[1].stories[0].id]), ..Hidden::default() };
        let page = for_the_web(&words.html, &down);
        assert!(!page.contains("Forged") && page.contains("Ferry") && tells_of(&words.html, &down));
        // As editions were before they told their feeds.
        let unmarked = words.html.replace(FEEDS, "<!--");
        let hidden = Hidden { feeds: BTreeSet::from([FeedNo(77)]), ..Hidden::default() };
        assert!(!for_the_web(&unmarked, &hidden).contains("Owls"));
        assert!(for_the_web(&unmarked, &Hidden::default()).contains("Owls"));
        assert_eq!(subject_for_the_web(&words.subject, &unmarked, "Evening & night", &hidden), without);
    }

    #[test]
    fn an_edition_without_topics_says_so() {
        let words = composed(&[]);
        assert_eq!(words.subject, "Evening & night, 24 November");
        assert!(
            words.text.contains("Nothing new this time.") && words.html.contains("Nothing new this time.")
        );
    }
}
