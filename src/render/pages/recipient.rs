//! The pages that the links in a digest's mails lead to: confirming, choosing what is sent, leaving.
//!
//! None of them shows the recipient's address: a link may be forwarded with the mail. Whoever has it can see and
//! change what the recipient has chosen. Must not know how choices are stored.

use super::super::site::Site;
use super::shell::{named, notice};
use crate::model::Recipient;
use jiff::tz;
use maud::{Markup, html};

/// How the names of the tz database begin that are offered as time zones. The others are older names of the same
/// zones, and fixed offsets.
const REGIONS: [&str; 10] = [
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
];

/// What became of a recipient's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It holds from the next edition on.
    Yes,
    /// The recipients of the digest have made too many different choices already.
    TooMany,
    /// The choice could not be read, or the digest does not exist any more.
    Cannot,
}

/// Asks whether a digest is wanted. Only its button confirms: mail scanners follow links. `token` is the secret part
/// of the link, as the store made it.
pub fn confirm_page(site: &Site<'_>, digest: &str, token: &str) -> String {
    let words = site.words();
    notice(
        site,
        words.confirm_digest,
        &html! {
            p { (named(site, digest, words.sent_from_now_on)) }
            form action=(site.local(&format!("/confirm/{token}"))) method="post" {
                button type="submit" { (words.confirm_it) }
            }
        },
    )
}

/// Says that a digest will be sent, with the form for choosing what is sent. `token` is the recipient's.
pub fn confirmed_page(site: &Site<'_>, digest: &str, recipient: &Recipient, token: &str) -> String {
    let words = site.words();
    notice(
        site,
        words.done,
        &html! {
            p { (named(site, digest, words.sent_from_now_on)) }
            (preferences_form(site, recipient, token))
        },
    )
}

/// Asks whether to end a subscription, with the form for choosing what is sent. Only its button ends it: mail
/// scanners follow links. `token` is the secret part of the link, as the store made it.
pub fn unsubscribe_page(site: &Site<'_>, digest: &str, recipient: &Recipient, token: &str) -> String {
    let words = site.words();
    notice(
        site,
        words.stop_digest,
        &html! {
            p { (named(site, digest, words.not_sent_any_more)) }
            form action=(site.local(&format!("/unsubscribe/{token}"))) method="post" {
                button type="submit" { (words.stop_sending) }
            }
            (preferences_form(site, recipient, token))
        },
    )
}

/// Says that a subscription has ended.
pub fn unsubscribed_page(site: &Site<'_>, digest: &str) -> String {
    let words = site.words();
    notice(site, words.done, &html! { p { (named(site, digest, words.not_sent_any_more)) } })
}

/// Says what became of a choice, with the form for choosing again.
pub fn preferences_page(site: &Site<'_>, recipient: &Recipient, token: &str, saved: Saved) -> String {
    let words = site.words();
    let [title, text] = match saved {
        Saved::Yes => words.choice_saved,
        Saved::TooMany => words.too_many_choices,
        Saved::Cannot => words.no_choice,
    };
    notice(site, title, &html! { p { (text) } (preferences_form(site, recipient, token)) })
}

/// The form for choosing what is sent, filled in with what the recipient has chosen; empty if the digest does not
/// exist any more.
fn preferences_form(site: &Site<'_>, recipient: &Recipient, token: &str) -> Markup {
    let words = site.words();
    let Some(digest) = site.digests.iter().find(|digest| digest.name == recipient.digest) else {
        return html! {};
    };
    let chosen = &recipient.preferences;
    let (hour, zone) = match &chosen.hour {
        Some((hour, zone)) => (Some(*hour), zone.as_str()),
        None => (None, digest.timezone.iana_name().unwrap_or("UTC")),
    };
    let offered = digest.offered(site.categories);
    html! {
        section.choice aria-labelledby="choose" {
            h2 #choose { (words.what_is_sent) }
            form action=(site.local(&format!("/preferences/{token}"))) method="post" {
                @if offered.len() > 1 {
                    fieldset {
                        legend { (words.sections) }
                        p.meta { (words.none_means_all) }
                        @for name in site.categories.iter().map(|it| &it.name).filter(|name| offered.contains(*name)) {
                            label {
                                input type="checkbox" name="section" value=(name.as_str()) checked[chosen.sections.contains(name)];
                                " " bdi { (site.category_title(name)) }
                            }
                        }
                    }
                }
                label for="hour" { (words.hour_of_day) }
                select #hour name="hour" {
                    option value="" selected[hour.is_none()] { (words.hour_of_digest) }
                    @for each in 0..24 {
                        option value=(each) selected[hour == Some(each)] { (format!("{each:02}:00")) }
                    }
                }
                label for="zone" { (words.time_zone) }
                select #zone name="zone" {
                    @for name in zones(zone) { option selected[name == zone] { (name) } }
                }
                button type="submit" { (words.save) }
            }
        }
    }
}

/// The names of the time zones that are offered, and `known`. They are read from the tz database of the machine.
fn zones(known: &str) -> Vec<String> {
    let all = tz::db().available().map(|name| name.as_str().to_owned());
    let mut zones: Vec<String> =
        all.filter(|name| REGIONS.iter().any(|region| name.starts_with(region))).collect();
    zones.push("UTC".to_owned());
    if !zones.iter().any(|name| name == known) {
        zones.push(known.to_owned());
    }
    zones.sort_unstable();
    zones
}
