//! What stands around every page: head, masthead, sections, footer; and the pages that say that there is none.

use super::super::assets::{ICON, ICON_PNG, STYLE};
use super::super::clean;
use super::super::site::{Form, Holds, Output, Site, category_path, digest_path};
use super::parts;
use crate::model::CategoryName;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

/// One page without its middle.
pub(super) struct Shell<'a> {
    pub(super) site: &'a Site<'a>,
    /// Title of the page; `None` on the front page.
    pub(super) title: Option<String>,
    /// Its own address, when it should be known by one; a page without is not for search engines.
    pub(super) path: Option<String>,
    /// One or two sentences for search engines and previews.
    pub(super) description: Option<String>,
    /// The section it belongs to; its outputs are announced.
    pub(super) category: Option<&'a CategoryName>,
    /// The latest news on it, for the date under the masthead of front and section pages.
    pub(super) latest: Option<Timestamp>,
}

impl Shell<'_> {
    /// The whole page around `main`.
    pub(super) fn around(&self, main: &Markup) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (self.head())
                body {
                    a.skip href="#main" { "Skip to the news" }
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
        html! {
            header.masthead.grand[on_front] {
                @if on_front {
                    h1.name { a href=(home) dir="auto" { (site.name()) } }
                } @else {
                    p.name { a href=(home) dir="auto" { (site.name()) } }
                }
                @if let Some(latest) = self.latest {
                    p.dateline {
                        span { (parts::day_words(latest)) }
                        span { "Latest at " (parts::clock_time(latest)) " UTC" }
                    }
                }
                nav.sections aria-label="Sections" {
                    ul {
                        @for name in site.sections() {
                            @let here = self.category == Some(&name);
                            li {
                                a href=(site.local(&category_path(&name))) aria-current=[here.then_some("page")] dir="auto" {
                                    (site.category_title(&name))
                                }
                            }
                        }
                        li.search { a href=(site.local("/search")) { "Search" } }
                    }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        let site = self.site;
        let follow = self.category.map_or_else(|| "everything".to_owned(), |name| site.category_title(name));
        html! {
            footer.foot {
                div.follow {
                    h2 { "Follow " (follow) }
                    p { "In any feed reader, each story once:" }
                    (output_links(site, self.category, &Holds::Stories))
                    p { "Or calmer, a line a topic, again only when it moves on:" }
                    (output_links(site, self.category, &Holds::Topics))
                    @if self.category.is_none() {
                        p { "Or the pages that most link to:" }
                        (output_links(site, None, &Holds::Linked))
                    }
                }
                nav.about aria-label="About" {
                    h2 { (site.name()) }
                    ul {
                        @for digest in site.digests {
                            li { a href=(site.local(&digest_path(&digest.name))) dir="auto" { (clean::line(&digest.title)) } }
                        }
                        @if !site.digests.is_empty() { li { a href=(site.local("/digests")) { "All digests" } } }
                        li { a href=(site.local("/feeds.opml")) { "All feeds as OPML" } }
                        li { a href=(site.local("/sources")) { "Sources" } }
                        li { a href=(site.local("/status")) { "Where the news comes from" } }
                    }
                }
                p.small { "All times are UTC. Headlines and excerpts belong to their publishers. Made by Tidings." }
            }
        }
    }
}

fn outputs(category: Option<&CategoryName>) -> impl Iterator<Item = Output> {
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

/// 404: nothing was ever at this address.
pub fn not_found(site: &Site<'_>) -> String {
    notice(
        site,
        "Not on this page",
        &html! {
            p { "There is nothing at this address. The link may be mistyped, or older than our memory." }
            p { a.button href=(site.local("/")) { "To the front page" } }
        },
    )
}

/// 410: what was at this address has been taken out for good, such as the section named `what`.
pub fn gone(site: &Site<'_>, what: &str) -> String {
    notice(
        site,
        "No longer here",
        &html! {
            p { "“" bdi { (clean::line(what)) } "” is no longer published here." }
            p { a.button href=(site.local("/")) { "To the front page" } }
        },
    )
}

/// 410: the operator has taken down what was at this address.
pub fn taken_down(site: &Site<'_>) -> String {
    notice(
        site,
        "Taken down",
        &html! {
            p { "What was here has been taken down and is no longer published." }
            p { a.button href=(site.local("/")) { "To the front page" } }
        },
    )
}

/// The body of a redirect, for the rare client that does not follow it; `path` is on this site.
pub fn moved_away(site: &Site<'_>, path: &str) -> String {
    notice(
        site,
        "It has moved",
        &html! { p { "What you are looking for is now " a href=(site.local(path)) { "here" } "." } },
    )
}

/// 5xx: something is wrong on our side, and it is not the visitor's fault.
pub fn unavailable(site: &Site<'_>) -> String {
    notice(
        site,
        "One moment",
        &html! {
            p { "This page could not be made just now. Nothing is lost; please try again in a minute." }
        },
    )
}
