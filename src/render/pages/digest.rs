//! The archive of a digest, an edition as a page, and the way out of a subscription.

use super::super::clean;
use super::super::edition;
use super::super::messages::fill;
use super::super::site::{Holds, Site, digest_path, edition_path};
use super::parts;
use super::shell::{Shell, named, notice};
use crate::model::{Edition, EditionView, Hidden};
use maud::{PreEscaped, html};

/// All editions of the digest `name`, newest first. It may have left the configuration; its editions stay. A headline that is
/// hidden is not told.
pub fn digest_archive(
    site: &Site<'_>,
    name: &str,
    title: &str,
    editions: &[EditionView],
    hidden: &Hidden,
) -> String {
    let title = clean::line(title);
    let subject = |edition: &EditionView| {
        let otherwise = format!("{title}, {}", edition.id);
        edition::subject_for_the_web(&edition.subject, &edition.beginning, &otherwise, hidden)
    };
    let shell = Shell {
        site,
        title: Some(title.clone()),
        path: Some(digest_path(name)),
        description: Some(title.clone()),
        category: None,
        latest: None,
    };
    shell.around(&html! {
        div.narrow {
            h1 dir="auto" { (title) }
            (parts::follow(site, Holds::Editions(name.to_owned(), title.clone()), site.words().follow_in_reader))
            @if editions.is_empty() { p.lede { (site.words().no_edition) } }
            ol.found {
                @for edition in editions {
                    li {
                        h2 {
                            a href=(site.local(&edition_path(name, &edition.id))) dir="auto" {
                                (parts::title(site, &subject(edition)))
                            }
                        }
                        p.meta { (parts::full_time(site, edition.composed_at)) }
                    }
                }
            }
        }
    })
}

/// Every digest, each with its name in addresses, its title and its latest edition.
pub fn digest_list(
    site: &Site<'_>,
    digests: &[(String, String, Option<EditionView>)],
    hidden: &Hidden,
) -> String {
    let words = site.words();
    let shell = Shell {
        site,
        title: Some(words.digests.to_owned()),
        path: Some("/digests".to_owned()),
        description: Some(fill(words.each_once, words.digests)),
        category: None,
        latest: None,
    };
    shell.around(&html! {
        div.narrow {
            h1 { (words.digests) }
            @if digests.is_empty() { p.lede { (words.no_digests) } }
            ol.found {
                @for (name, title, latest) in digests {
                    @let title = clean::line(title);
                    li {
                        h2 { a href=(site.local(&digest_path(name))) dir="auto" { (title) } }
                        @match latest {
                            Some(edition) => {
                                @let subject = edition::subject_for_the_web(&edition.subject, &edition.beginning, &title, hidden);
                                p.excerpt dir="auto" {
                                    a href=(site.local(&edition_path(name, &edition.id))) { (parts::title(site, &subject)) }
                                }
                                p.meta { (parts::full_time(site, edition.composed_at)) }
                            }
                            None => { p.excerpt { (words.no_edition) } }
                        }
                    }
                }
            }
        }
    })
}

/// An edition as a page of the site: its words as they were mailed, without the way out of a subscription and without what
/// is hidden.
pub fn edition_page(site: &Site<'_>, edition: &Edition, hidden: &Hidden) -> String {
    let digest = site.digests.iter().find(|digest| digest.name == edition.digest);
    let title = clean::line(digest.map_or(&edition.digest, |digest| &digest.title));
    let (subject, html) = (&edition.words.subject, &edition.words.html);
    let otherwise = format!("{title}, {}", edition.id);
    let subject = parts::title(site, &edition::subject_for_the_web(subject, html, &otherwise, hidden));
    let shell = Shell {
        site,
        title: Some(subject),
        path: Some(edition_path(&edition.digest, &edition.id)),
        description: None,
        category: None,
        latest: None,
    };
    let body = edition::for_the_web(html, hidden);
    shell.around(&html! {
        div.narrow {
            h1 dir="auto" { (title) }
            div.edition lang=[digest.map(|digest| digest.language.tag())] { (PreEscaped(body)) }
        }
    })
}

/// Asks whether to stop a subscription: a mail scanner that follows the link must not end it. `token` is the secret
/// part of the address, as the store made it.
pub fn unsubscribe_page(site: &Site<'_>, digest: &str, token: &str) -> String {
    let words = site.words();
    notice(
        site,
        words.stop_digest,
        &html! {
            p { (named(site, digest, words.not_sent_any_more)) }
            form action=(site.local(&format!("/unsubscribe/{token}"))) method="post" {
                button type="submit" { (words.stop_sending) }
            }
        },
    )
}

/// Says that a subscription has ended.
pub fn unsubscribed_page(site: &Site<'_>, digest: &str) -> String {
    let words = site.words();
    notice(site, words.done, &html! { p { (named(site, digest, words.not_sent_any_more)) } })
}
