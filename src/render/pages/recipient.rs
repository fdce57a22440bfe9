//! The pages that a recipient of a digest gets to by the links in their mails: confirming, choosing, leaving.
//!
//! None of them says to whom the digest is sent: whoever has the link is not told more than they knew.

use super::super::site::Site;
use super::shell::{named, notice};
use crate::model::Recipient;
use jiff::tz;
use maud::{Markup, html};

/// Where the zones are that people live in, in the names of the tz database; the others are older names of the same, and offsets.
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
    /// There are too many different choices.
    TooMany,
    /// What was sent is none, or the digest is not there any more.
    Cannot,
}

/// Asks whether a digest is wanted: a mail scanner that follows the link must not confirm it. `token` is the secret part of the address,
/// as the store made it.
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

/// Says that a digest will be sent, and lets choose how. `token` is the recipient's.
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

/// Asks whether to stop a subscription: a mail scanner that follows the link must not end it. Or else lets choose what is sent.
/// `token` is the secret part of the address, as the store made it.
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

/// Says what became of a choice, and lets choose again.
pub fn preferences_page(site: &Site<'_>, recipient: &Recipient, token: &str, saved: Saved) -> String {
    let words = site.words();
    let [title, text] = match saved {
        Saved::Yes => words.choice_saved,
        Saved::TooMany => words.too_many_choices,
        Saved::Cannot => words.no_choice,
    };
    notice(site, title, &html! { p { (text) } (preferences_form(site, recipient, token)) })
}

/// What a recipient can choose of a digest, as they have chosen it; nothing when the digest is not there any more.
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

/// The time zones that there are, by name, with `known` among them.
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
