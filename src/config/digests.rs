//! `[[digest]]`: what is summed up, when, and for whom.

use super::complaint::quoted;
use super::sections::{self, checked};
use super::table::{At, Book, Span, Table, closest};
use super::values::{self, Wrong, title_from};
use crate::model::{CategoryName, CategorySettings, Cron, DigestSettings, SiteSettings};

/// The daemon sends each recipient a mail of their own; larger lists belong to a mailing list's server.
const RECIPIENTS_MOST: usize = 1000;

pub(super) fn digests(
    root: &mut Table<'_>,
    categories: &[CategorySettings],
    site: &SiteSettings,
    has_mail: bool,
    book: &mut Book<'_>,
) -> Vec<DigestSettings> {
    let mut first_at: Vec<(String, Span)> = Vec::new();
    let mut all = Vec::new();
    for mut table in root.tables("digest", "[[digest]]", book) {
        let name = table.needed_text("name", "daily", book);
        let title = sections::title(&mut table, book);
        let schedule = table.needed_text("schedule", "0 7 * * *", book);
        let schedule = schedule.and_then(|text| checked(&text, cron, book));
        let timezone = sections::zone(&mut table, book).unwrap_or_else(|| site.timezone.clone());
        let language = sections::language(&mut table, book).unwrap_or(site.language);
        let chosen = chosen(&mut table, categories, book);
        let topics = table.whole("topics", 1..=200, book).unwrap_or(10) as usize;
        let when_empty = sections::choice(&mut table, "when_empty", [("skip", false), ("send", true)], book);
        let pictures = table.flag("pictures", book).is_some_and(|flag| flag.value);
        let to = recipients(&mut table, has_mail, book);
        let open = table.flag("open", book).filter(|open| open.value);
        if let Some(open) = open.as_ref().filter(|_| !has_mail) {
            let help = "add [mail] with a way and from, or take `open` out";
            book.error(&open.span, "anybody may ask for this digest, but there is no [mail]").help(help);
        }
        table.finish(book);
        let Some(name) = name.filter(|name| checked(name, values::digest_name, book).is_some()) else {
            continue;
        };
        if let Some((_, first)) = first_at.iter().find(|(other, _)| other == name.value) {
            let what = format!("there are two digests called \"{}\"", name.value);
            book.error(&name.span, what).also(first, "first here").help("give one of them another name");
        }
        first_at.push((name.value.to_owned(), name.span));
        let title = title.unwrap_or_else(|| title_from(name.value));
        let Some(schedule) = schedule else { continue };
        all.push(DigestSettings {
            name: name.value.to_owned(),
            title,
            schedule,
            timezone,
            language,
            categories: chosen,
            topics,
            sends_empty: when_empty.unwrap_or(false),
            pictures,
            to,
            open: open.is_some(),
        });
    }
    all
}

fn cron(text: &str) -> Result<Cron, Wrong> {
    text.parse::<Cron>().map_err(|error| Wrong {
        what: error.to_string(),
        help: "write five fields, such as \"0 7 * * *\" (every day at 7:00) or \"30 6 * * MON-FRI\""
            .to_owned(),
    })
}

/// The categories a digest is about, each of which must exist.
fn chosen(table: &mut Table<'_>, categories: &[CategorySettings], book: &mut Book<'_>) -> Vec<CategoryName> {
    let mut chosen: Vec<CategoryName> = Vec::new();
    for text in table.texts("categories", book) {
        let Some(known) = categories.iter().find(|category| category.name.as_str() == text.value) else {
            note_unknown(&text, categories, book);
            continue;
        };
        if chosen.contains(&known.name) {
            book.error(&text.span, format!("\"{}\" is chosen twice", known.name))
                .help("take one of them out");
        } else {
            chosen.push(known.name.clone());
        }
    }
    chosen
}

fn note_unknown(text: &At<&str>, categories: &[CategorySettings], book: &mut Book<'_>) {
    if text.value == "all" {
        let help = "for every category, leave `categories` out";
        book.error(&text.span, "\"all\" is not a category").help(help);
        return;
    }
    let renamed = categories.iter().find(|category| category.was.iter().any(|old| old == text.value));
    let names = || categories.iter().map(|category| category.name.as_str());
    let help = if let Some(category) = renamed {
        format!("it is called \"{}\" now", category.name)
    } else if let Some(meant) = closest(text.value, names()) {
        format!("did you mean \"{meant}\"?")
    } else {
        format!("there are: {}", names().take(20).collect::<Vec<_>>().join(", "))
    };
    book.error(&text.span, format!("there is no category {}", quoted(text.value))).help(help);
}

fn recipients(table: &mut Table<'_>, has_mail: bool, book: &mut Book<'_>) -> Vec<String> {
    let key = table.key_span("to");
    let mut to: Vec<String> = Vec::new();
    for text in table.texts("to", book) {
        if checked(&text, values::mailbox, book).is_none() {
            continue;
        }
        let address = text.value.trim();
        if to.iter().any(|other| other.eq_ignore_ascii_case(address)) {
            book.error(&text.span, "this recipient is listed twice").help("take one of them out");
        } else {
            to.push(address.to_owned());
        }
    }
    if let Some(key) = key {
        if !to.is_empty() && !has_mail {
            let help = "add [mail] with from and one of smtp, sendmail and maildir, or take `to` out: the digest then is a page only";
            book.error(&key, "this digest has recipients, but there is no [mail]").help(help);
        }
        if to.len() > RECIPIENTS_MOST {
            let what = format!("a digest has at most {RECIPIENTS_MOST} recipients");
            book.error(&key, what).help("send it to a mailing list");
        }
    }
    to
}
