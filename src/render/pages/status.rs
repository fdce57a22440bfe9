//! The status page: how every feed is doing, in plain words, a hundred on each page.
//!
//! Addresses are shown without user information, query and fragment, which may hold a token. The details of a failure
//! are shown if they are about a publisher's answer, and never if they may reveal the network that the daemon is in.
//! The page is for those who run the site, and so in English whatever language the site has, like logs and the
//! command line. Must not know which feeds are private: callers leave those out.

use super::super::clean;
use super::super::messages::messages;
use super::super::site::{Site, source_path};
use super::parts;
use super::shell::Shell;
use crate::model::{Day, FailureKind, FeedView, HISTORY_DAYS, Language, PollFailure, shown_url, source_name};
use jiff::Timestamp;
use maud::{Markup, html};
use std::cmp::Reverse;
use std::fmt::Write as _;

/// Feeds on a page.
const ON_PAGE: usize = 100;

/// How a feed is doing, worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Health {
    Failing,
    Waiting,
    Well,
}

/// The order of the feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeedOrder {
    /// Failing feeds first, then those not read yet.
    #[default]
    Health,
    /// By name.
    Name,
    /// The feed with the latest news first.
    News,
    /// The feed with the most entries first.
    Entries,
    /// The feed that is polled next first.
    Next,
}

impl FeedOrder {
    /// Every order, as the page offers them.
    pub const ALL: [Self; 5] = [Self::Health, Self::Name, Self::News, Self::Entries, Self::Next];

    /// Its value in addresses (`?sort=`).
    pub fn word(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Name => "name",
            Self::News => "news",
            Self::Entries => "entries",
            Self::Next => "next",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Health => "Trouble first",
            Self::Name => "By name",
            Self::News => "Latest news",
            Self::Entries => "Most entries",
            Self::Next => "Next look",
        }
    }

    /// The order with this value in addresses; `None` if there is none.
    pub fn called(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.word() == word)
    }

    fn sort(self, feeds: &mut [&FeedView]) {
        feeds.sort_by_cached_key(|feed| feed_name(feed).to_lowercase());
        match self {
            Self::Name => {}
            Self::Health => feeds.sort_by_key(|feed| health(feed)),
            Self::News => feeds.sort_by_key(|feed| Reverse(feed.state.changed_at)),
            Self::Entries => feeds.sort_by_key(|feed| Reverse(feed.entries)),
            Self::Next => feeds.sort_by_key(|feed| feed.state.next_poll_at),
        }
    }
}

/// A status page, by number from 1 on; `None` if there is no such page. `feeds` are all that may be seen in public.
pub fn status(site: &Site<'_>, feeds: &[FeedView], order: FeedOrder, page: usize) -> Option<String> {
    let pages = feeds.len().div_ceil(ON_PAGE).max(1);
    if page == 0 || page > pages {
        return None;
    }
    let shell = Shell {
        site,
        title: Some(site.words().status.to_owned()),
        path: None,
        description: None,
        category: None,
        latest: None,
    };
    let site = &Site { language: Language::English, ..*site };
    let latest = feeds.iter().filter_map(|feed| feed.state.polled_at).max().unwrap_or_default();
    let mut sorted: Vec<&FeedView> = feeds.iter().collect();
    order.sort(&mut sorted);
    let shown = sorted.iter().skip((page - 1) * ON_PAGE).take(ON_PAGE);
    let number = |wanted: Health| feeds.iter().filter(|feed| health(feed) == wanted).count();
    let parts: &[(Option<Health>, &str)] = match order {
        FeedOrder::Health => &[
            (Some(Health::Failing), "In trouble"),
            (Some(Health::Waiting), "Not read yet"),
            (Some(Health::Well), "Doing well"),
        ],
        _ => &[(None, order.title())],
    };
    Some(shell.around(&html! {
        div.wide lang=(site.language.tag()) {
            h1 { "Where the news comes from" }
            p.lede { (summary(number(Health::Well), number(Health::Failing), number(Health::Waiting))) }
            p.meta { a href=(site.local("/sources")) { "What each of them brings" } }
            @if feeds.len() > 1 { (orders(site, order)) }
            @for (state, heading) in parts {
                @let members: Vec<_> = shown.clone().filter(|feed| state.is_none_or(|state| health(feed) == state)).collect();
                @if !members.is_empty() {
                    section aria-label=(heading) {
                        h2 { (heading) " " span.number { (state.map_or(feeds.len(), number)) } }
                        ul.feeds { @for feed in members { (line(site, feed, latest)) } }
                    }
                }
            }
            (parts::turn(site, page, pages, |page| status_path(order, page)))
        }
    }))
}

fn status_path(order: FeedOrder, page: usize) -> String {
    match (order, page) {
        (FeedOrder::Health, 1) => "/status".to_owned(),
        (_, 1) => format!("/status?sort={}", order.word()),
        _ => format!("/status?sort={}&page={page}", order.word()),
    }
}

fn orders(site: &Site<'_>, now: FeedOrder) -> Markup {
    html! {
        nav.orders aria-label="Order" {
            ul {
                @for order in FeedOrder::ALL {
                    li { a href=(site.local(&status_path(order, 1))) aria-current=[(order == now).then_some("true")] { (order.title()) } }
                }
            }
        }
    }
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
    if parts.is_empty() {
        "No feeds are followed yet.".to_owned()
    } else {
        format!("{total}: {}.", messages(Language::English).names(&parts, 0))
    }
}

fn line(site: &Site<'_>, feed: &FeedView, latest: Timestamp) -> Markup {
    let state = &feed.state;
    let source = site.local(&source_path(&source_name(&state.first_url)));
    html! {
        li {
            div.who {
                p.name dir="auto" { a href=(source) { (feed_name(feed)) } }
                p.meta {
                    @match clean::some_link(state.site_url.as_ref()) {
                        Some(url) => { a href=(url) { (host(&state.url)) } }
                        None => { span { (host(&state.url)) } }
                    }
                    " " span { (parts::count(usize::try_from(feed.entries).unwrap_or(usize::MAX), "entry", "entries")) }
                }
                @if let Some(failure) = &state.failure { (trouble(feed, failure)) }
                @if let Some((to, since)) = &state.moved {
                    p.meta {
                        span { "Moves for good to " bdi { (shown_url(to)) } }
                        // This time stands for a redirect that is not believed (`schedule::moves`).
                        @if *since < Timestamp::MAX { " " span { "since " (parts::full_time(site, *since)) } }
                    }
                }
            }
            (spark(&state.habits.history.until(latest)))
            dl {
                (moment(site, "Last read", state.read_at, latest, "never"))
                (moment(site, "Last news", feed.state.changed_at, latest, "none"))
                (moment(site, "Next look", Some(state.next_poll_at), latest, ""))
            }
        }
    }
}

/// What is wrong: in plain words, then in detail, for somebody who can mend it.
fn trouble(feed: &FeedView, failure: &PollFailure) -> Markup {
    let address = shown_url(&feed.state.url);
    let detail = detail(failure);
    let says_where = detail.as_ref().is_some_and(|detail| detail.contains(&address));
    html! {
        p.trouble { (in_words(failure.kind)) (since(feed.state.failures)) }
        p.detail {
            code { (failure.kind.as_str()) }
            @if let Some(detail) = detail { " " bdi { (detail) } }
            @if !says_where { " " bdi { (address) } }
        }
    }
}

/// The details of a failure, if they are about a publisher's answer; addresses in them without what may be secret.
fn detail(failure: &PollFailure) -> Option<String> {
    let is_answer = match failure.kind {
        FailureKind::Status
        | FailureKind::Limited
        | FailureKind::Gone
        | FailureKind::Body
        | FailureKind::NotAFeed => true,
        FailureKind::Offline
        | FailureKind::Dns
        | FailureKind::Connect
        | FailureKind::Tls
        | FailureKind::Timeout
        | FailureKind::Redirect
        | FailureKind::Address => false,
    };
    let line = clean::line(&failure.detail);
    let words: Vec<String> = line.split(' ').map(without_secrets).collect();
    Some(words.join(" ")).filter(|words| is_answer && !words.is_empty())
}

fn without_secrets(word: &str) -> String {
    match word.find("://") {
        None => word.to_owned(),
        Some(at) => {
            let start = word[..at].rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |before| before + 1);
            format!("{}{}", &word[..start], shown_url(&word[start..]))
        }
    }
}

/// A sparkline of the last days, each with a bar for its new and changed entries. Below the bar, a mark says whether
/// the feed was polled that day, and whether more than half of these polls failed.
fn spark(days: &[Day]) -> Markup {
    const WIDTH: usize = 8;
    const HEIGHT: u32 = 22;
    let sum = |of: fn(&Day) -> u32| days.iter().map(|day| u64::from(of(day))).sum::<u64>();
    let (polls, failed, entries) = (sum(|day| day.polls), sum(|day| day.failed), sum(|day| day.entries));
    let most = u64::from(days.iter().map(|day| day.entries).max().unwrap_or(0).max(1));
    // Rounded up, so that one entry can be seen beside a day with hundreds.
    let height = |day: &Day| (u64::from(day.entries) * u64::from(HEIGHT)).div_ceil(most);
    let words = format!(
        "In the last {HISTORY_DAYS} days: {} new or changed, {}, {failed} in vain",
        parts::count(usize::try_from(entries).unwrap_or(usize::MAX), "entry", "entries"),
        parts::count(usize::try_from(polls).unwrap_or(usize::MAX), "look", "looks"),
    );
    let mut paths = [const { String::new() }; 4];
    for (place, day) in days.iter().enumerate() {
        let (x, height) = (place * WIDTH, height(day));
        let [brought, polled, failed, unpolled] = &mut paths;
        if height > 0 {
            let _ = write!(brought, "M{x} {HEIGHT}h6v-{height}h-6z");
        }
        let looked = match (day.polls, day.failed) {
            (0, _) => unpolled,
            (polls, vain) if vain.saturating_mul(2) > polls => failed,
            _ => polled,
        };
        // Writing to a string cannot fail.
        let _ = write!(looked, "M{x} 25h6v3h-6z");
    }
    html! {
        svg.spark role="img" viewBox={ "0 0 " (WIDTH * days.len()) " 28" } width=(WIDTH * days.len()) height="28" {
            title { (words) }
            @for (path, class) in paths.iter().zip(["brought", "polled", "failed", "unpolled"]) {
                @if !path.is_empty() { path class=(class) d=(path) {} }
            }
        }
    }
}

fn moment(site: &Site<'_>, label: &str, at: Option<Timestamp>, latest: Timestamp, otherwise: &str) -> Markup {
    html! {
        div {
            dt { (label) }
            dd { @if let Some(at) = at { (parts::dated(site, at, latest)) } @else { (otherwise) } }
        }
    }
}

/// The name of a feed: the operator's, else the publisher's title, else its host.
pub(super) fn feed_name(feed: &FeedView) -> String {
    let title = feed
        .name
        .as_deref()
        .or(feed.state.title.as_deref())
        .map(clean::line)
        .filter(|title| !title.is_empty());
    title.unwrap_or_else(|| host(&feed.state.url))
}

pub(super) fn host(url: &str) -> String {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "unknown host".to_owned())
}

/// The end of the sentence of [`in_words`]: how often in a row the feed has failed.
fn since(failures: u32) -> String {
    match failures {
        0 | 1 => ".".to_owned(),
        many => format!(" ({many} times in a row)."),
    }
}

/// A failure in words for somebody who does not run this site, without the end of the sentence.
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
        FailureKind::Address => "Its address is private or unusable",
        FailureKind::NotAFeed => "What it sends is not a feed",
    }
}
