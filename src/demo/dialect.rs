//! Writes feeds in each dialect for the newsroom and the press, as publishers write them, mistakes included
//! ([`Dialect::Tattered`]).
//!
//! It must not use `render`: a mistake made in both would be seen by no test.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;
use std::fmt::Write as _;

/// The format of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// RSS 2.0 (<https://www.rssboard.org/rss-specification>).
    Rss,
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// RSS 1.0, which is RDF (<https://web.resource.org/rss/1.0/spec>).
    Rdf,
    /// JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>).
    Json,
    /// Ill-formed RSS 2.0, as from a template that does not know XML: bare ampersands, open elements, dates in four formats,
    /// and no closing tags at the end. The first entry is well-formed, so that any reader finds at least one.
    Tattered,
}

/// What a feed says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// Title of the feed, plain text.
    pub title: String,
    /// Address of the site, absolute.
    pub site: String,
    /// The feed's description, a line of plain text.
    pub about: String,
    /// Language of the entries, a BCP 47 tag.
    pub language: String,
}

/// One entry of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The guid or id. When it is equal to `url`, RSS marks it as a permalink.
    pub key: String,
    /// Address of the page, absolute.
    pub url: String,
    /// The title, plain text.
    pub title: String,
    /// The summary, plain text; may be empty.
    pub summary: String,
    /// The whole text as HTML; may be empty.
    pub content: String,
    /// Name of the author; may be empty.
    pub author: String,
    /// The publisher's own labels: `<category>` in RSS.
    pub terms: Vec<String>,
    /// Address of a picture, absolute.
    pub picture: Option<String>,
    /// Address of an MP3 recording, absolute, as an episode of a podcast has it. Only [`Dialect::Rss`] writes it.
    pub recording: Option<String>,
    /// When it was published; Atom writes it as the date of change, too.
    pub published: Timestamp,
}

impl Dialect {
    /// The media type that publishers of this dialect send.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Rdf => "application/rdf+xml; charset=utf-8",
            Self::Json => "application/feed+json",
            Self::Tattered => "text/html",
        }
    }

    /// The feed's document with these entries, in this order.
    pub fn write(self, head: &Head, lines: &[Line]) -> String {
        match self {
            Self::Rss => rss(head, lines),
            Self::Atom => atom(head, lines),
            Self::Rdf => rdf(head, lines),
            Self::Json => json_feed(head, lines),
            Self::Tattered => tattered(head, lines),
        }
    }
}

/// Escapes text for XML, between tags or in double quotes.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// `<name>text</name>`, or nothing for an empty text.
fn element(out: &mut String, name: &str, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(out, "<{name}>{}</{name}>", escaped(text));
    }
}

/// A date as RSS has it (RFC 822 with a year of four digits), in the form of RFC 9110. Empty for dates before the year 0,
/// which have none.
fn mail_date(at: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

fn newest(lines: &[Line]) -> Timestamp {
    lines.iter().map(|line| line.published).max().unwrap_or(Timestamp::UNIX_EPOCH)
}

fn rss(head: &Head, lines: &[Line]) -> String {
    let mut out = String::from(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"",
        " xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"",
        " xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\">\n<channel>\n",
    ));
    element(&mut out, "title", &head.title);
    element(&mut out, "link", &head.site);
    element(&mut out, "description", &head.about);
    element(&mut out, "language", &head.language);
    element(&mut out, "lastBuildDate", &mail_date(newest(lines)));
    for line in lines {
        out.push_str("<item>\n");
        element(&mut out, "title", &line.title);
        element(&mut out, "link", &line.url);
        let permanent = line.key == line.url;
        let _ = writeln!(out, "<guid isPermaLink=\"{permanent}\">{}</guid>", escaped(&line.key));
        element(&mut out, "pubDate", &mail_date(line.published));
        element(&mut out, "dc:creator", &line.author);
        for term in &line.terms {
            element(&mut out, "category", term);
        }
        // A description is HTML, so plain text is escaped twice: for HTML here, for XML in `element`.
        element(&mut out, "description", &escaped(&line.summary));
        element(&mut out, "content:encoded", &line.content);
        if let Some(recording) = &line.recording {
            let _ =
                writeln!(out, "<enclosure url=\"{}\" type=\"audio/mpeg\" length=\"0\"/>", escaped(recording));
        }
        media(&mut out, line);
        out.push_str("</item>\n");
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

fn media(out: &mut String, line: &Line) {
    if let Some(picture) = &line.picture {
        let _ = writeln!(out, "<media:thumbnail url=\"{}\"/>", escaped(picture));
    }
}

fn atom(head: &Head, lines: &[Line]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" \
         xmlns:media=\"http://search.yahoo.com/mrss/\" xml:lang=\"{}\">\n",
        escaped(&head.language)
    );
    element(&mut out, "title", &head.title);
    element(&mut out, "subtitle", &head.about);
    element(&mut out, "id", &head.site);
    let _ = writeln!(out, "<link rel=\"alternate\" href=\"{}\"/>", escaped(&head.site));
    element(&mut out, "updated", &newest(lines).to_string());
    let _ = writeln!(out, "<author><name>{}</name></author>", escaped(&head.title));
    for line in lines {
        out.push_str("<entry>\n");
        element(&mut out, "title", &line.title);
        let _ = writeln!(out, "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>", escaped(&line.url));
        element(&mut out, "id", &line.key);
        element(&mut out, "published", &line.published.to_string());
        element(&mut out, "updated", &line.published.to_string());
        if !line.author.is_empty() {
            let _ = writeln!(out, "<author><name>{}</name></author>", escaped(&line.author));
        }
        for term in &line.terms {
            let _ = writeln!(out, "<category term=\"{}\"/>", escaped(term));
        }
        element(&mut out, "summary", &line.summary);
        if !line.content.is_empty() {
            let _ = writeln!(out, "<content type=\"html\">{}</content>", escaped(&line.content));
        }
        media(&mut out, line);
        out.push_str("</entry>\n");
    }
    out.push_str("</feed>\n");
    out
}

fn rdf(head: &Head, lines: &[Line]) -> String {
    let site = escaped(&head.site);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:media=\"http://search.yahoo.com/mrss/\">\n<channel rdf:about=\"{site}\">\n"
    );
    element(&mut out, "title", &head.title);
    element(&mut out, "link", &head.site);
    element(&mut out, "description", &head.about);
    element(&mut out, "dc:language", &head.language);
    element(&mut out, "dc:date", &newest(lines).to_string());
    out.push_str("<items><rdf:Seq>\n");
    for line in lines {
        let _ = writeln!(out, "<rdf:li rdf:resource=\"{}\"/>", escaped(&line.key));
    }
    out.push_str("</rdf:Seq></items>\n</channel>\n");
    for line in lines {
        let _ = writeln!(out, "<item rdf:about=\"{}\">", escaped(&line.key));
        element(&mut out, "title", &line.title);
        element(&mut out, "link", &line.url);
        element(&mut out, "description", &escaped(&line.summary));
        element(&mut out, "dc:creator", &line.author);
        for term in &line.terms {
            element(&mut out, "dc:subject", term);
        }
        element(&mut out, "dc:date", &line.published.to_string());
        element(&mut out, "content:encoded", &line.content);
        media(&mut out, line);
        out.push_str("</item>\n");
    }
    out.push_str("</rdf:RDF>\n");
    out
}

fn json_feed(head: &Head, lines: &[Line]) -> String {
    let items: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| {
            let mut item = json!({
                "id": line.key,
                "url": line.url,
                "title": line.title,
                "date_published": line.published.to_string(),
            });
            // JSON Feed requires content_html or content_text.
            if line.content.is_empty() {
                item["content_text"] = json!(line.summary);
            } else {
                item["content_html"] = json!(line.content);
                item["summary"] = json!(line.summary);
            }
            if !line.author.is_empty() {
                item["authors"] = json!([{ "name": line.author }]);
            }
            if !line.terms.is_empty() {
                item["tags"] = json!(line.terms);
            }
            if let Some(picture) = &line.picture {
                item["image"] = json!(picture);
            }
            item
        })
        .collect();
    let document = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": head.title,
        "home_page_url": head.site,
        "description": head.about,
        "language": head.language,
        "items": items,
    });
    format!("{document:#}\n")
}

fn tattered(head: &Head, lines: &[Line]) -> String {
    let mut out = format!(
        "\n<rss version=\"2.0\">\n<channel>\n<title>{}</title>\n<link>{}</link>\n<description>{}</description>\n",
        escaped(&head.title),
        head.site,
        head.about
    );
    for (place, line) in lines.iter().enumerate() {
        let zoned = line.published.to_zoned_datetime(jiff::tz::TimeZone::UTC);
        let date = match place % 4 {
            0 => zoned.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            1 => zoned.strftime("%Y-%m-%d %H:%M:%S"),
            2 => zoned.strftime("%d %B %Y, %H:%M UTC"),
            _ => zoned.strftime("%A %d.%m.%y"),
        };
        let (title, url) = (&line.title, &line.url);
        let text = if line.content.is_empty() { &line.summary } else { &line.content };
        if place == 0 {
            let (title, url, text) = (escaped(title), escaped(url), escaped(text));
            let _ = writeln!(
                out,
                "<item><title>{title}</title><link>{url}</link><description>{text}</description>\
                 <pubDate>{date}</pubDate></item>"
            );
            continue;
        }
        // HTML is not escaped, breaks are not closed, and every second item has a category that is left open.
        let text = text.replace("</p>", "<br>");
        let label = if place % 2 == 0 { "<category>kettle" } else { "" };
        let _ = writeln!(
            out,
            "<item>\n<title>{title}</title>\n<link>{url}</link>\n<description>{text}</description>\n{label}\n\
             <pubDate>{date}</pubDate>\n</item>"
        );
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const ALL: [Dialect; 5] = [Dialect::Rss, Dialect::Atom, Dialect::Rdf, Dialect::Json, Dialect::Tattered];

    fn head() -> Head {
        Head {
            title: "Ink & Tide".to_owned(),
            site: "https://ink.example/".to_owned(),
            about: "Notes".to_owned(),
            language: "en".to_owned(),
        }
    }

    fn line(number: usize) -> Line {
        let url = format!("https://ink.example/{number}?a=1&b=2");
        Line {
            key: url.clone(),
            url,
            title: format!("Fish & \"chips\" <{number}>"),
            summary: "Salt < vinegar & more".to_owned(),
            content: "<p>Salt &lt; vinegar &amp; more</p>".to_owned(),
            author: "A. Person".to_owned(),
            terms: vec!["food & drink".to_owned()],
            picture: Some("https://ink.example/p.svg".to_owned()),
            recording: None,
            published: "2026-11-23T07:08:09Z".parse().unwrap(),
        }
    }

    #[test]
    fn every_sound_dialect_is_read_back_as_written() {
        let lines = [line(1), line(2)];
        for dialect in &ALL[..4] {
            let document = dialect.write(&head(), &lines);
            let feed =
                feed_rs::parser::parse(document.as_bytes()).unwrap_or_else(|e| panic!("{dialect:?}: {e}"));
            assert_eq!(feed.title.unwrap().content, "Ink & Tide", "{dialect:?}");
            assert_eq!(feed.entries.len(), 2, "{dialect:?}");
            for (found, line) in feed.entries.iter().zip(&lines) {
                assert_eq!(found.title.as_ref().unwrap().content, line.title, "{dialect:?}");
                assert_eq!(found.links[0].href, line.url, "{dialect:?}");
                assert_eq!(found.published.unwrap().timestamp(), line.published.as_second(), "{dialect:?}");
                assert_eq!(found.authors[0].name, line.author, "{dialect:?}");
                let content = found.content.as_ref().and_then(|content| content.body.clone());
                assert_eq!(content.unwrap(), line.content, "{dialect:?}");
            }
        }
    }

    #[test]
    fn a_tattered_feed_is_ill_formed() {
        let document = Dialect::Tattered.write(&head(), &[line(1), line(2), line(3)]);
        assert!(well_formed(&Dialect::Rss.write(&head(), &[line(1)])));
        assert!(!well_formed(&document));
        assert!(document.contains("Fish & \"chips\""));
    }

    /// Whether every tag is closed and every ampersand begins a reference.
    pub(in crate::demo) fn well_formed(document: &str) -> bool {
        let mut reader = quick_xml::Reader::from_str(document);
        let mut depth = 0_u32;
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Start(_)) => depth += 1,
                Ok(quick_xml::events::Event::End(_)) => depth = depth.saturating_sub(1),
                Ok(quick_xml::events::Event::Eof) => return depth == 0,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    #[test]
    fn a_feed_without_entries_is_still_a_feed() {
        for dialect in &ALL[..4] {
            let feed = feed_rs::parser::parse(dialect.write(&head(), &[]).as_bytes()).unwrap();
            assert_eq!(feed.entries.len(), 0, "{dialect:?}");
        }
    }
}
