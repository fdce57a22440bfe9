//! `[[feed]]`: what to poll, and whether it is private.

use super::sections::{self, checked};
use super::table::{At, Book, Span, Table};
use super::values::{self, category_name_from, duration_text};
use crate::model::{CategoryName, FeedSettings, PollSettings};
use std::collections::HashMap;
use std::time::Duration;
use url::Url;

/// A feed, with its positions in the file for later complaints.
pub(super) struct PlacedFeed {
    pub(super) settings: FeedSettings,
    /// The categories that it names, the first being its own.
    pub(super) categories: Vec<At<CategoryName>>,
}

pub(super) fn feeds(root: &mut Table<'_>, poll: &PollSettings, book: &mut Book<'_>) -> Vec<PlacedFeed> {
    let is_absent = root.key_span("feed").is_none();
    let tables = root.tables("feed", "[[feed]]", book);
    if is_absent {
        let help =
            "add one with `tidings add https://…`, or take a list over with `tidings import FILE.opml`";
        book.warning(&(0..0), "there is no [[feed]]: nothing will be polled").help(help);
    }
    let mut first_at: HashMap<String, Span> = HashMap::new();
    let mut feeds = Vec::with_capacity(tables.len());
    for mut table in tables {
        let Some((url, span)) = feed_url(&mut table, book) else {
            let _ = feed(&mut table, None, poll, book);
            table.finish(book);
            continue;
        };
        if let Some(first) = first_at.get(&values::feed_key(&url)) {
            book.error(&span, "this feed is listed twice")
                .also(first, "first here")
                .help("take one of them out");
        } else {
            first_at.insert(values::feed_key(&url), span.clone());
        }
        feeds.extend(feed(&mut table, Some(&At::new(url, span)), poll, book));
        table.finish(book);
    }
    feeds
}

fn feed_url(table: &mut Table<'_>, book: &mut Book<'_>) -> Option<(Url, Span)> {
    let text = table.needed_text("url", "https://example.org/feed.xml", book)?;
    Some((checked(&text, values::feed_url, book)?, text.span))
}

/// The rest of a feed, which is checked even when its address is wrong.
fn feed(
    table: &mut Table<'_>,
    url: Option<&At<Url>>,
    poll: &PollSettings,
    book: &mut Book<'_>,
) -> Option<PlacedFeed> {
    let title = sections::title(table, book);
    let categories = categories(table, book);
    let weight = table.number("weight", 0.0..=10.0, book).unwrap_or(1.0);
    let interval = interval(table, poll, book);
    let max_bytes = sections::max_size(table, book);
    let mut quota = sections::quota(table, poll.quota, book);
    // The quota must hold at least the entries of the largest document, which take up to four times its size: HTML is
    // kept as summary and content, and plain text beside them.
    quota.bytes = quota.bytes.max(max_bytes.unwrap_or(poll.max_bytes).saturating_mul(4));
    let headers = headers(table, book);
    let dedupe = table.flag("dedupe", book).is_none_or(|flag| flag.value);
    let declared_private = table.flag("private", book);
    let spark = table.flag("spark", book);
    let prefer = table.flag("prefer", book).is_some_and(|flag| flag.value);
    let url = url?;
    let private = private(url, &headers, declared_private.as_ref(), book);
    let spark = spark.filter(|flag| flag.value);
    if let Some(flag) = spark.as_ref().filter(|_| private) {
        let help = "take `spark = true` out; what a private feed links to is told to nobody";
        book.error(&flag.span, "a private feed cannot be a spark").help(help);
    }
    let settings = FeedSettings {
        url: url.value.to_string(),
        title,
        category: categories.first().map(|first| first.value.clone()),
        also: categories.iter().skip(1).map(|other| other.value.clone()).collect(),
        weight,
        interval,
        max_bytes,
        quota,
        headers,
        private,
        spark: spark.is_some(),
        dedupe,
        prefer,
    };
    Some(PlacedFeed { settings, categories })
}

/// The categories of a feed, named by `category` or by `categories`, each once.
fn categories(table: &mut Table<'_>, book: &mut Book<'_>) -> Vec<At<CategoryName>> {
    let one = table.text("category", book);
    let several = table.key_span("categories");
    let names = table.texts("categories", book);
    if let (Some(one), Some(several)) = (&one, &several) {
        book.error(several, "a feed has either `category` or `categories`")
            .also(&one.span, "its category is named here")
            .help("name all of them in `categories`, the first being the one that its stories belong to");
    }
    let mut categories: Vec<At<CategoryName>> = Vec::new();
    for text in one.into_iter().chain(names) {
        let Some(name) = category_name(&text, book) else { continue };
        match categories.iter().find(|other| other.value == name) {
            Some(first) => {
                let what = format!("the category \"{name}\" is named twice");
                book.error(&text.span, what).also(&first.span, "first here").help("take one of them out");
            }
            None => categories.push(At::new(name, text.span)),
        }
    }
    categories
}

/// The name of a category. A wrong one is noted, and the right one nearest to it goes on in its place, so that one
/// mistake does not draw others.
pub(super) fn category_name(text: &At<&str>, book: &mut Book<'_>) -> Option<CategoryName> {
    CategoryName::new(text.value).map_or_else(
        |what| {
            let nearest = category_name_from(text.value);
            let help = nearest.as_ref().map_or_else(
                || "write another name, such as \"world\"".to_owned(),
                |name| format!("write \"{name}\""),
            );
            book.error(&text.span, what).help(help);
            nearest
        },
        Some,
    )
}

fn interval(table: &mut Table<'_>, poll: &PollSettings, book: &mut Book<'_>) -> Option<Duration> {
    let year = Duration::from_hours(365 * 24);
    let interval = sections::duration(table, "interval", Duration::from_secs(1)..=year, book)?;
    if interval.value < poll.min_interval {
        let what = format!("this is shorter than [poll] min_interval, {}", duration_text(poll.min_interval));
        book.error(&interval.span, what).help("write a longer one, or lower min_interval");
        return None;
    }
    if interval.value > poll.max_interval {
        let what = format!("this is longer than [poll] max_interval, {}", duration_text(poll.max_interval));
        book.error(&interval.span, what).help("write a shorter one, or raise max_interval");
        return None;
    }
    Some(interval.value)
}

fn headers(table: &mut Table<'_>, book: &mut Book<'_>) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in table.text_map("headers", book) {
        if let Err(wrong) = values::header(name.value, value.value) {
            book.error(&name.span, wrong.what).help(wrong.help).secret();
        } else if headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name.value)) {
            let what = format!("the header {} is set twice", name.value);
            book.error(&name.span, what).help("take one out; case makes no difference").secret();
        } else {
            headers.push((name.value.to_owned(), value.value.to_owned()));
        }
    }
    headers
}

/// Whether the feed's entries stay out of every output. Credentials always make it so; a key in the query that only
/// looks like one does until the operator says otherwise.
fn private(
    url: &At<Url>,
    headers: &[(String, String)],
    declared: Option<&At<bool>>,
    book: &mut Book<'_>,
) -> bool {
    let header = headers.iter().map(|(name, _)| name).find(|name| values::is_credential_header(name));
    let credentials = if values::has_userinfo(&url.value) {
        Some("its address carries a user or password".to_owned())
    } else {
        header.map(|name| format!("it is fetched with the header {name}"))
    };
    let token = values::secret_query_key(&url.value).map(|key| format!("its address carries `{key}`"));
    match (declared, credentials, token) {
        (Some(declared), Some(why), _) if !declared.value => {
            let what = format!("this feed cannot be public: {why}");
            book.error(&declared.span, what).help("take `private = false` out");
            true
        }
        (Some(declared), _, _) => declared.value,
        (None, None, None) => false,
        (None, Some(why), _) => {
            let what = format!("this feed is private, because {why}");
            let help = "its entries appear in no output; `private = true` says that you know";
            book.warning(&url.span, what).help(help);
            true
        }
        (None, None, Some(why)) => {
            let what = format!("this feed is private, because {why}, which may be a secret");
            let help = "if it is one, say `private = true`; if not, `private = false` publishes the entries";
            book.warning(&url.span, what).help(help);
            true
        }
    }
}
