//! The archive of a digest with the form for subscribing to it, the list of digests, and an edition as a page.
//!
//! Must not know who is subscribed.

use super::super::clean;
use super::super::edition;
use super::super::messages::fill;
use super::super::site::{Holds, Site, digest_path, edition_path};
use super::parts;
use super::shell::{Shell, notice};
use crate::model::{Edition, EditionView, Hidden, digest_of_segment};
use maud::{Markup, PreEscaped, html};

/// The archive of the digest `name`: these editions, newest first. Editions stay after the operator has removed their
/// digest. A subject with a hidden headline is replaced by title and date.
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
            @if site.digests.iter().any(|digest| digest.name == name && digest.open) { (subscribe_form(site, name)) }
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

/// The list of digests: of each its name in addresses, its title and its latest edition.
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

/// An edition as a page of the site: its words as they were mailed, without the link for leaving and without what is
/// hidden.
pub fn edition_page(site: &Site<'_>, edition: &Edition, hidden: &Hidden) -> String {
    let name = digest_of_segment(&edition.digest);
    let digest = site.digests.iter().find(|digest| digest.name == name);
    let title = clean::line(digest.map_or(name, |digest| &digest.title));
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

/// The form by which anybody may subscribe to an open digest.
fn subscribe_form(site: &Site<'_>, name: &str) -> Markup {
    let words = site.words();
    html! {
        section aria-labelledby="by-mail" {
            h2 #by-mail { (words.by_mail) }
            form.search-form action=(site.local(&format!("{}/subscribe", digest_path(name)))) method="post" {
                label for="address" { (words.mail_address) }
                div.field {
                    input #address type="email" name="address" autocomplete="email" required maxlength="254";
                    button type="submit" { (words.send_it) }
                }
            }
        }
    }
}

/// The answer to somebody who has asked for a digest. It is the same if the digest is sent to the address already, so
/// that nobody can find out who is subscribed.
pub fn asked_page(site: &Site<'_>) -> String {
    let [title, text] = site.words().look_into_mail;
    notice(site, title, &html! { p { (text) } })
}

/// The answer if the mail address is none, or if it is one, but too many people ask.
pub fn not_asked_page(site: &Site<'_>, is_address: bool) -> String {
    let words = site.words();
    let text = if is_address { words.too_many_ask } else { words.no_mail_address };
    notice(site, words.by_mail, &html! { p { (text) } })
}
