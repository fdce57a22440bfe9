//! The feeds of the mixed newsroom: when each entry comes, and how a document of the last few entries is written.

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;
use tidings::demo::{Dialect, Head, Line};

/// How many polls the week has.
pub(super) const POLLS: u64 = 20;

const DAY_H: i64 = 24;

/// The polls of a day, in hours after its first one.
const HOURS: [i64; 3] = [0, 7, 16];

/// How far apart entries of one poll are dated.
const APART: SignedDuration = SignedDuration::from_mins(10);

/// One entry, as its publisher wrote it.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) title: String,
    pub(super) link: String,
    /// The id; when empty, the link.
    pub(super) key: String,
    /// The text, as HTML: description in RSS, content in Atom.
    pub(super) html: String,
    /// Further elements, as XML: a recording, a page of comments.
    pub(super) extra: String,
    /// The story's label. A copy has the label of its original. When empty, the entry is a story of its own.
    pub(super) label: String,
}

/// A feed and how it grows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feed {
    pub(super) name: &'static str,
    pub(super) site: &'static str,
    pub(super) title: &'static str,
    pub(super) language: &'static str,
    pub(super) dialect: Dialect,
    /// How many entries its first document has, and each document at most.
    pub(super) window: u64,
    /// How many new entries come, in how many polls.
    pub(super) pace: (u64, u64),
    /// Writes entry n, which has this date.
    pub(super) tell: fn(u64, Timestamp) -> Told,
}

/// The moment of a poll.
pub(super) fn moment(poll: u64) -> Timestamp {
    let hour = HOURS[poll as usize % HOURS.len()] + DAY_H * (poll as i64 / HOURS.len() as i64);
    crate::daemon::morning() + SignedDuration::from_hours(hour)
}

/// The poll that brings entries of this date.
pub(super) fn poll_after(at: Timestamp) -> u64 {
    (0..POLLS).find(|poll| moment(*poll) >= at).unwrap()
}

impl Feed {
    /// The path on the origin.
    pub(super) fn path(&self) -> String {
        format!("/feeds/{}.xml", self.name)
    }

    /// The address in `feeds.toml`, which the origin serves as a proxy.
    pub(super) fn url(&self) -> String {
        let host = self.site.trim_start_matches("https://").split('/').next().unwrap();
        format!("http://{host}{}", self.path())
    }

    /// How many entries it has brought by a poll.
    pub(super) fn count(&self, poll: u64) -> u64 {
        self.window + poll * self.pace.0 / self.pace.1
    }

    fn at(&self, n: u64) -> Timestamp {
        if n < self.window {
            // Earlier entries came at the same pace.
            let hours = 8 * self.pace.1 as i64 * (self.window - n) as i64 / self.pace.0 as i64;
            return moment(0) - SignedDuration::from_hours(hours) - APART;
        }
        let poll = (0..POLLS).find(|poll| self.count(*poll) > n).unwrap();
        moment(poll) - APART * (self.count(poll) - n) as i32
    }

    /// Entry n with its label.
    pub(super) fn told(&self, n: u64) -> Told {
        let mut told = (self.tell)(n, self.at(n));
        if told.key.is_empty() {
            told.key.clone_from(&told.link);
        }
        if told.label.is_empty() {
            told.label = format!("{} {n}", self.name);
        }
        told
    }

    /// Its document at a poll, the newest entry first.
    pub(super) fn document(&self, poll: u64) -> String {
        let count = self.count(poll);
        let entries: Vec<(Told, Timestamp)> =
            (count - self.window..count).rev().map(|n| (self.told(n), self.at(n))).collect();
        match self.dialect {
            Dialect::Rss => self.rss(&entries),
            Dialect::Atom => self.atom(&entries),
            other => {
                let head = Head {
                    title: self.title.to_owned(),
                    site: self.site.to_owned(),
                    about: self.title.to_owned(),
                    language: self.language.to_owned(),
                };
                let lines: Vec<Line> = entries.into_iter().map(line).collect();
                other.write(&head, &lines)
            }
        }
    }

    fn rss(&self, entries: &[(Told, Timestamp)]) -> String {
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
             xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
             xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\"><channel><title>{}</title><link>{}</link>\
             <description>{0}</description><language>{}</language>\n",
            self.title, self.site, self.language
        );
        for (told, at) in entries {
            out.push_str("<item>");
            if !told.title.is_empty() {
                let _ = write!(out, "<title>{}</title>", escaped(&told.title));
            }
            let _ = writeln!(
                out,
                "<link>{}</link><guid isPermaLink=\"{}\">{}</guid><pubDate>{}</pubDate>\
                 <description>{}</description>{}</item>",
                escaped(&told.link),
                told.key == told.link,
                escaped(&told.key),
                DateTimePrinter::new().timestamp_to_rfc9110_string(at).unwrap(),
                escaped(&told.html),
                told.extra
            );
        }
        out + "</channel></rss>\n"
    }

    fn atom(&self, entries: &[(Told, Timestamp)]) -> String {
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" \
             xmlns:media=\"http://search.yahoo.com/mrss/\" xml:lang=\"{}\"><title>{}</title><id>{}</id>\
             <link rel=\"alternate\" href=\"{2}\"/><updated>{}</updated>\n",
            self.language, self.title, self.site, entries[0].1
        );
        for (told, at) in entries {
            let _ = write!(
                out,
                "<entry><id>{}</id><title>{}</title><link rel=\"alternate\" href=\"{}\"/>\
                 <published>{at}</published><updated>{at}</updated>{}",
                escaped(&told.key),
                escaped(&told.title),
                escaped(&told.link),
                told.extra
            );
            if !told.html.is_empty() {
                let _ = write!(out, "<content type=\"html\">{}</content>", escaped(&told.html));
            }
            out.push_str("</entry>\n");
        }
        out + "</feed>\n"
    }
}

fn line((told, at): (Told, Timestamp)) -> Line {
    Line {
        key: told.key,
        url: told.link,
        title: told.title,
        summary: String::new(),
        content: told.html,
        author: String::new(),
        terms: Vec::new(),
        picture: None,
        recording: None,
        published: at,
    }
}

/// Escapes text or HTML for XML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A date in the manner of some notice (`strftime`).
pub(super) fn dated(at: Timestamp, form: &str) -> String {
    at.strftime(form).to_string()
}
