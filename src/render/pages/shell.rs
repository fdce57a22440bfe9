//! What stands around every page: head, masthead, sections, footer; and the notices that are shown instead of a page.
//!
//! Must not know what stands in the middle.

use super::super::assets::{ICON, ICON_PNG, STYLE};
use super::super::clean;
use super::super::messages::fill;
use super::super::site::{FEEDS_PATH, Form, Holds, Output, Site, category_path, digest_path};
use super::parts;
use crate::model::CategoryName;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

/// A page without its main part.
pub(super) struct Shell<'a> {
    pub(super) site: &'a Site<'a>,
    /// Title of the page; `None` on the front page.
    pub(super) title: Option<String>,
    /// Its canonical path. `None` keeps search engines from indexing the page.
    pub(super) path: Option<String>,
    /// One or two sentences for search engines and previews.
    pub(super) description: Option<String>,
    /// The section that it belongs to. The outputs of that section are announced and linked, else those of the site.
    pub(super) category: Option<&'a CategoryName>,
    /// The date of the latest news on it, for the line below the masthead of front and section pages.
    pub(super) latest: Option<Timestamp>,
}

impl Shell<'_> {
    /// The whole page around `main`.
    pub(super) fn around(&self, main: &Markup) -> String {
        let page = html! {
            (DOCTYPE)
            html lang=(self.site.language.tag()) {
                (self.head())
                body {
                    a.skip href="#main" { (self.site.words().skip) }
                    (self.masthead())
                    main #main tabindex="-1" { (main) }
                    (self.footer())
                }
            }
        };
        page.0
    }

    fn head(&self) -> Markup {
        let site = self.site;
        let title =
            self.title.as_ref().map_or_else(|| site.name(), |title| format!("{title} · {}", site.name()));
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                @if let Some(description) = &self.description { meta name="description" content=(description); }
                @match &self.path {
                    Some(path) => { link rel="canonical" href=(site.address(path)); }
                    None => { meta name="robots" content="noindex"; }
                }
                meta name="color-scheme" content="light dark";
                meta name="theme-color" content="#fbf8f1" media="(prefers-color-scheme: light)";
                meta name="theme-color" content="#171512" media="(prefers-color-scheme: dark)";
                link rel="stylesheet" href=(site.local(&STYLE.path()));
                link rel="icon" type="image/svg+xml" href=(site.local(&ICON.path()));
                link rel="apple-touch-icon" href=(site.local(&ICON_PNG.path()));
                (self.alternates())
            }
        }
    }

    fn alternates(&self) -> Markup {
        html! {
            @for output in outputs(self.category) {
                link rel="alternate" type=(output.form.media_type()) href=(self.site.local(&output.path()))
                    title=(format!("{} ({})", output.title(self.site), output.form.name()));
            }
        }
    }

    fn masthead(&self) -> Markup {
        let site = self.site;
        let home = site.local("/");
        let on_front = self.title.is_none();
        let words = site.words();
        html! {
            header.masthead.grand[on_front] {
                @if on_front {
                    h1.name { a href=(home) dir="auto" { (site.name()) } }
                } @else {
                    p.name { a href=(home) dir="auto" { (site.name()) } }
                }
                @if let Some(latest) = self.latest {
                    p.dateline {
                        span { (parts::day_words(site, latest)) }
                        " "
                        span { (fill(words.latest_at, &parts::zoned_clock(site, latest))) }
                    }
                }
                nav.sections aria-label=(words.sections) {
                    ul {
                        @for name in site.sections() {
                            @let here = self.category == Some(&name);
                            li {
                                a href=(site.local(&category_path(&name))) aria-current=[here.then_some("page")] dir="auto" {
                                    (site.category_title(&name))
                                }
                            }
                        }
                        li.search { a href=(site.local("/search")) { (words.search) } }
                    }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        let site = self.site;
        let words = site.words();
        let follow =
            self.category.map_or_else(|| words.everything.to_owned(), |name| site.category_title(name));
        let zone = site.timezone.iana_name().unwrap_or("UTC");
        html! {
            footer.foot {
                div.follow {
                    h2 { (fill(words.follow, &follow)) }
                    p { (words.in_any_reader) }
                    (output_links(site, self.category, &Holds::Stories))
                    p { (words.calmer) }
                    (output_links(site, self.category, &Holds::Topics))
                    @if self.category.is_none() {
                        p { (words.follow_linked) }
                        (output_links(site, None, &Holds::Linked))
                    }
                }
                nav.about aria-label=(words.about) {
                    h2 { (site.name()) }
                    ul {
                        @for digest in site.digests {
                            li { a href=(site.local(&digest_path(&digest.name))) dir="auto" { (clean::line(&digest.title)) } }
                        }
                        @if !site.digests.is_empty() { li { a href=(site.local("/digests")) { (words.all_digests) } } }
                        li { a href=(site.local("/archive")) { (words.archive) } }
                        li { a href=(site.local("/sources")) { (words.sources) } }
                        li { a href=(site.local(FEEDS_PATH)) { (words.feed_addresses) } }
                        li { a href=(site.local("/feeds.opml")) { (words.opml) } }
                        li { a href=(site.local("/status")) { (words.status) } }
                    }
                }
                p.small { (fill(words.zone, &zone.replace('_', " "))) " " (words.whose) }
            }
        }
    }
}

/// The outputs that are announced of a category, or of all categories together: each kind in each form.
pub(super) fn outputs(category: Option<&CategoryName>) -> impl Iterator<Item = Output> {
    let linked = category.is_none().then_some(Holds::Linked);
    let all = [Holds::Stories, Holds::Topics].into_iter().chain(linked);
    all.flat_map(move |holds| {
        let output = Output { category: category.cloned(), holds, form: Form::Atom };
        Form::ALL.into_iter().map(move |form| Output { form, ..output.clone() })
    })
}

fn output_links(site: &Site<'_>, category: Option<&CategoryName>, holds: &Holds) -> Markup {
    html! {
        ul.inline {
            @for output in outputs(category).filter(|output| output.holds == *holds) {
                li { a href=(site.local(&output.path())) { (output.form.name()) } }
            }
        }
    }
}

/// A page with a heading and a few sentences.
pub(super) fn notice(site: &Site<'_>, title: &str, sentences: &Markup) -> String {
    let shell = Shell {
        site,
        title: Some(title.to_owned()),
        path: None,
        description: None,
        category: None,
        latest: None,
    };
    shell.around(&html! {
        div.narrow {
            h1 { (title) }
            (sentences)
        }
    })
}

/// A notice of one sentence that leads to the front page.
fn to_front(site: &Site<'_>, title: &str, sentence: &Markup) -> String {
    notice(
        site,
        title,
        &html! {
            p { (sentence) }
            p { a.button href=(site.local("/")) { (site.words().to_front) } }
        },
    )
}

/// A sentence that begins with a name in quotation marks and goes on with `goes_on`.
pub(super) fn named(site: &Site<'_>, what: &str, goes_on: &str) -> Markup {
    let [open, close] = site.words().quotes;
    html! { (open) bdi { (clean::line(what)) } (close) " " (goes_on) }
}

/// 404: nothing was ever at this address.
pub fn not_found(site: &Site<'_>) -> String {
    let [title, sentence] = site.words().not_found;
    to_front(site, title, &html! { (sentence) })
}

/// 410: what was at this address has been removed for good, such as the section named `what`.
pub fn gone(site: &Site<'_>, what: &str) -> String {
    let [title, goes_on] = site.words().gone;
    to_front(site, title, &named(site, what, goes_on))
}

/// 410: the operator has taken down what was at this address.
pub fn taken_down(site: &Site<'_>) -> String {
    let [title, sentence] = site.words().taken_down;
    to_front(site, title, &html! { (sentence) })
}

/// The body of a redirect, for the rare client that does not follow it; `path` is on this site.
pub fn moved_away(site: &Site<'_>, path: &str) -> String {
    let [title, sentence] = site.words().moved;
    notice(site, title, &html! { p { a href=(site.local(path)) { (sentence) } } })
}

/// 5xx: something is wrong on our side.
pub fn unavailable(site: &Site<'_>) -> String {
    let [title, sentence] = site.words().unavailable;
    notice(site, title, &html! { p { (sentence) } })
}
