//! The made-up sites that the newsroom's links lead to: a front page for each site and a page for each entry, in small
//! HTML.
//!
//! In the newsroom's files every address is below `.example` (RFC 2606 §3), where nobody serves anything. Here each becomes
//! an address below `.localhost` (RFC 6761 §6.3) at the origin's port: browsers find it on this machine, and each site
//! keeps a domain of its own, by which publishers are told apart. It must not use `render`, since these are not our pages.

use super::dialect::{Head, Line};
use super::origin::{Origin, Page};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use xxhash_rust::xxh3::xxh3_64;

/// What every address in the newsroom's files begins with.
const SCHEME: &str = "https://";
/// What every host in the files ends in.
const WRITTEN: &str = ".example";
/// What replaces [`WRITTEN`] on the origin.
const SERVED: &str = ".localhost";

/// The style sheet of all sites; `--hue` gives each a colour of its own.
const STYLE: &str = "
:root { color-scheme: light dark; --accent: hsl(var(--hue) 60% 30%); --paper: #fffdf8; --ink: #222; --soft: #555; }
@media (prefers-color-scheme: dark) {
  :root { --accent: hsl(var(--hue) 60% 78%); --paper: #181614; --ink: #eee; --soft: #bbb; }
}
body { margin: 0 auto; padding: 0 1rem 3rem; max-width: 40rem; background: var(--paper); color: var(--ink);
  font: 1.1rem/1.6 Georgia, 'Times New Roman', serif; overflow-wrap: break-word; }
header { border-bottom: 3px solid var(--accent); padding: 1.5rem 0 .5rem; }
header p { margin: 0; }
.name, h1, h2 { line-height: 1.2; }
.name { margin: 0; font-size: 1.6rem; font-weight: bold; }
a { color: var(--accent); }
.name a { text-decoration: none; }
img { width: 100%; height: auto; }
audio { width: 100%; }
.soft { color: var(--soft); font-size: .95rem; }
footer { border-top: 1px solid var(--accent); margin-top: 3rem; }
";

/// Puts the pages of all sites on the origin. A site has the name of the first of its feeds. An entry that links to another
/// site gets no page.
pub(super) fn put<'a>(feeds: impl Iterator<Item = (&'a Head, &'a [Line])>, origin: &Origin) {
    let mut sites: BTreeMap<&str, (&Head, Vec<&Line>)> = BTreeMap::new();
    for (head, lines) in feeds {
        let (_, listed) = sites.entry(&head.site).or_insert_with(|| (head, Vec::new()));
        listed.extend(lines.iter().filter(|line| line.url.starts_with(&head.site)));
    }
    for (site, (head, mut lines)) in sites {
        lines.sort_by_key(|line| std::cmp::Reverse(line.published));
        let mut pages: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
        for line in &lines {
            pages.entry(&line.url).or_default().push(line);
            if let Some(recording) = &line.recording {
                origin.put(&place(recording), Page::feed("audio/mpeg", silence()));
            }
        }
        for (url, told) in pages {
            put_page(url, &story(head, &told, origin), origin);
        }
        put_page(site, &front(head, &lines, origin), origin);
    }
}

/// A text of the newsroom in which every address below [`WRITTEN`] is replaced by the one on the origin.
pub(super) fn served(text: &str, origin: &Origin) -> String {
    let mut parts = text.split(SCHEME);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (host, path) = part.split_at(part.find('/').unwrap_or(part.len()));
        match host.strip_suffix(WRITTEN) {
            Some(name) => {
                let port = origin.address().port();
                let _ = write!(out, "http://{name}{SERVED}:{port}{path}");
            }
            None => out.extend([SCHEME, part]),
        }
    }
    out
}

/// The path of [`Origin::put`] for an address of the newsroom.
fn place(url: &str) -> String {
    format!("//{}", url.trim_start_matches(SCHEME).replacen(WRITTEN, SERVED, 1))
}

/// Puts a page with and without a slash at the end of its address, since some links have it and some do not.
fn put_page(url: &str, page: &Markup, origin: &Origin) {
    for place in [place(url), format!("{}/", place(url).trim_end_matches('/'))] {
        origin.put(&place, Page::feed("text/html; charset=utf-8", page.0.as_str()));
    }
}

fn story(head: &Head, told: &[&Line], origin: &Origin) -> Markup {
    let title = told.first().map_or(head.title.as_str(), |line| line.title.as_str());
    around(
        head,
        title,
        &html! {
            @for line in told {
                article {
                    h1 { (line.title) }
                    p.soft { @if !line.author.is_empty() { (line.author) " · " } (date(line)) }
                    @if let Some(picture) = &line.picture { img src=(picture) alt="" width="600" height="400"; }
                    @if let Some(recording) = &line.recording {
                        audio controls preload="none" src=(served(recording, origin)) {}
                    }
                    @if line.content.is_empty() { p { (line.summary) } }
                    (PreEscaped(served(&line.content, origin)))
                }
            }
        },
    )
}

fn front(head: &Head, lines: &[&Line], origin: &Origin) -> Markup {
    around(
        head,
        &head.title,
        &html! {
            @for line in lines {
                article {
                    h2 { a href=(served(&line.url, origin)) { (line.title) } }
                    p { (line.summary) }
                    p.soft { (date(line)) }
                }
            }
        },
    )
}

fn around(head: &Head, title: &str, inside: &Markup) -> Markup {
    // Any hue can be read on light and on dark paper, since `STYLE` fixes the lightness.
    let hue = xxh3_64(head.site.as_bytes()) % 360;
    html! {
        (DOCTYPE)
        html lang=(head.language) style=(format!("--hue: {hue}")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    @if title == head.title { h1.name { (title) } } @else { p.name { a href="/" { (head.title) } } }
                    p.soft { (head.about) }
                }
                main { (inside) }
                footer { p.soft lang="en" { "A made-up site of the Tidings demonstration: nothing here has happened." } }
            }
        }
    }
}

fn date(line: &Line) -> Markup {
    let shown =
        line.published.to_zoned_datetime(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d, %H:%M UTC").to_string();
    html! { time datetime=(line.published.to_string()) { (shown) } }
}

/// Three seconds of silence: frames of MPEG-1 layer III (ISO/IEC 11172-3), 32 kbit/s, 44.1 kHz, mono, with 1152 samples
/// each, all of them zero.
fn silence() -> Vec<u8> {
    const FRAME_BYTES: usize = 144 * 32_000 / 44_100;
    const FRAMES: usize = 3 * 44_100 / 1152;
    let mut frame = vec![0xff, 0xfb, 0x10, 0xc0];
    frame.resize(FRAME_BYTES, 0);
    frame.repeat(FRAMES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::site_of;

    #[tokio::test]
    async fn an_address_keeps_its_words_and_each_site_a_domain_of_its_own() {
        let (origin, _serving) = Origin::start().await.unwrap();
        let port = origin.address().port();
        let text =
            "See https://a.paper.example/x?y=https://b.example/ and https://other.test/z, or a.example.";
        let expected = format!(
            "See http://a.paper.localhost:{port}/x?y=http://b.localhost:{port}/ and https://other.test/z, or a.example."
        );
        assert_eq!(served(text, &origin), expected);
        let site = |address: &str| site_of(&served(address, &origin)).unwrap();
        assert_eq!(site("https://a.paper.example/x"), "paper.localhost");
        assert_ne!(site("https://paper.example/x"), site("https://post.example/x"));
    }

    #[test]
    fn silence_is_whole_frames() {
        let silence = silence();
        assert_eq!(silence.len() % 104, 0);
        assert!(silence.chunks(104).all(|frame| frame.starts_with(&[0xff, 0xfb])));
    }
}
