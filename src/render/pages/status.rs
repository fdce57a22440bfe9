//! The status page: how every feed is doing, in plain words.
//!
//! Shows a feed's title and host, never its whole address, which may hold a token; nor a failure's detail, which may
//! quote the address.

use super::super::clean;
use super::super::site::{Form, Holds, Output, Site};
use super::front::names;
use super::parts;
use super::shell::Shell;
use crate::model::{FailureKind, FeedView, source_name};
use jiff::Timestamp;
use maud::{Markup, html};

/// How a feed is doing, worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Health {
    Failing,
    Waiting,
    Well,
}

/// The status page. `feeds` holds what may be seen in public: the caller leaves private feeds out.
pub fn status(site: &Site<'_>, feeds: &[FeedView]) -> String {
    let shell = Shell {
        site,
        title: Some("Where the news comes from".to_owned()),
        path: None,
        description: None,
        category: None,
        latest: None,
    };
    let latest = feeds.iter().filter_map(|feed| feed.state.polled_at).max().unwrap_or_default();
    let mut sorted: Vec<_> = feeds.iter().collect();
    sorted.sort_by_cached_key(|feed| (health(feed), feed_name(feed).to_lowercase()));
    let number = |wanted: Health| feeds.iter().filter(|feed| health(feed) == wanted).count();
    shell.around(&html! {
        div.wide {
            h1 { "Where the news comes from" }
            p.lede { (summary(number(Health::Well), number(Health::Failing), number(Health::Waiting))) }
            @for (state, heading) in
                [(Health::Failing, "In trouble"), (Health::Waiting, "Not read yet"), (Health::Well, "Doing well")]
            {
                @let members: Vec<_> = sorted.iter().filter(|feed| health(feed) == state).collect();
                @if !members.is_empty() {
                    section aria-label=(heading) {
                        h2 { (heading) " " span.number { (members.len()) } }
                        ul.feeds { @for feed in members { (line(site, feed, latest)) } }
                    }
                }
            }
        }
    })
}

fn health(feed: &FeedView) -> Health {
    match (&feed.state.failure, feed.state.read_at) {
        (Some(_), _) => Health::Failing,
        (None, None) => Health::Waiting,
        (None, Some(_)) => Health::Well,
    }
}

fn summary(well: usize, failing: usize, waiting: usize) -> String {
    let total = parts::count(well + failing + waiting, "feed", "feeds");
    let mut parts = Vec::new();
    if well > 0 {
        parts.push(format!("{well} doing well"));
    }
    if failing > 0 {
        parts.push(format!("{failing} in trouble"));
    }
    if waiting > 0 {
        parts.push(format!("{waiting} not read yet"));
    }
    let parts: Vec<_> = parts.iter().map(String::as_str).collect();
    if parts.is_empty() {
        "No feeds are followed yet.".to_owned()
    } else {
        format!("{total}: {}.", names(&parts, 3))
    }
}

fn line(site: &Site<'_>, feed: &FeedView, latest: Timestamp) -> Markup {
    let state = &feed.state;
    let holds = Holds::Source(source_name(&state.first_url), String::new());
    let source = Output { category: None, holds, form: Form::Atom };
    html! {
        li {
            div.who {
                p.name dir="auto" {
                    @match clean::some_link(state.site_url.as_ref()) {
                        Some(url) => { a href=(url) { (feed_name(feed)) } }
                        None => { (feed_name(feed)) }
                    }
                }
                p.meta {
                    span { (host(&state.url)) }
                    " " a href=(site.local(&source.path())) { "Follow" }
                    " " span { (parts::count(usize::try_from(feed.entries).unwrap_or(usize::MAX), "entry", "entries")) }
                }
                @if let Some(failure) = &state.failure {
                    p.trouble { (in_words(failure.kind)) (since(state.failures)) }
                }
            }
            dl {
                (moment("Last read", state.read_at, latest, "never"))
                (moment("Last news", feed.state.changed_at, latest, "none"))
                (moment("Next look", Some(state.next_poll_at), latest, ""))
            }
        }
    }
}

fn moment(label: &str, at: Option<Timestamp>, latest: Timestamp, otherwise: &str) -> Markup {
    html! {
        div {
            dt { (label) }
            dd { @if let Some(at) = at { (parts::short_time(at, latest)) } @else { (otherwise) } }
        }
    }
}

fn feed_name(feed: &FeedView) -> String {
    let title = feed
        .name
        .as_deref()
        .or(feed.state.title.as_deref())
        .map(clean::line)
        .filter(|title| !title.is_empty());
    title.unwrap_or_else(|| host(&feed.state.url))
}

fn host(url: &str) -> String {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "unknown host".to_owned())
}

fn since(failures: u32) -> String {
    match failures {
        0 | 1 => ".".to_owned(),
        many => format!(" ({many} times in a row)."),
    }
}

/// A failure in words for someone who does not run this site.
fn in_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Offline => "We are offline and cannot reach it",
        FailureKind::Dns => "Its name leads nowhere",
        FailureKind::Connect => "It does not answer",
        FailureKind::Tls => "Its certificate is not in order",
        FailureKind::Timeout => "It answers too slowly",
        FailureKind::Status => "It answers with an error",
        FailureKind::Limited => "It asks us to come less often",
        FailureKind::Gone => "Its publisher says it is gone for good",
        FailureKind::Redirect => "It sends us round in circles",
        FailureKind::Body => "It is too large or arrives broken",
        FailureKind::Address => "Its address is private",
        FailureKind::NotAFeed => "What it sends is not a feed",
    }
}
