//! `[[category]]`, and the categories that feeds name without declaring them.

use super::feeds::{self, PlacedFeed};
use super::sections;
use super::table::{At, Book, Span, Table};
use super::values::title_from;
use crate::model::{CategoryName, CategorySettings, GENERAL};
use std::collections::HashMap;

/// Keywords are looked for in every story, so their number is bounded.
const KEYWORDS_MOST: usize = 1000;
const KEYWORD_CHARS_MOST: usize = 100;

/// Undeclared names that are compared with the others; each is compared with all.
const NAMES_COMPARED: usize = 500;

/// A declared category, with its positions in the file for later complaints.
pub(super) struct Declared {
    settings: CategorySettings,
    name_span: Span,
    was: Vec<At<String>>,
}

pub(super) fn declared(root: &mut Table<'_>, book: &mut Book<'_>) -> Vec<Declared> {
    let mut all: Vec<Declared> = Vec::new();
    for mut table in root.tables("category", "[[category]]", book) {
        let name = table.needed_text("name", "world", book);
        let title = sections::title(&mut table, book);
        let keywords = keywords(&mut table, book);
        let was: Vec<At<String>> = table
            .texts("was", book)
            .into_iter()
            .filter_map(|text| {
                let name = feeds::category_name(&text, book)?;
                Some(At::new(name.as_str().to_owned(), text.span))
            })
            .collect();
        table.finish(book);
        let Some((name, span)) = name.and_then(|text| Some((feeds::category_name(&text, book)?, text.span)))
        else {
            continue;
        };
        if let Some(first) = all.iter().find(|other| other.settings.name == name) {
            let what = format!("the category \"{name}\" is declared twice");
            book.error(&span, what).also(&first.name_span, "first here").help("take one of them out");
            continue;
        }
        let title = title.unwrap_or_else(|| title_from(name.as_str()));
        let former = was.iter().map(|text| text.value.clone()).collect();
        all.push(Declared {
            settings: CategorySettings { name, title, keywords, was: former },
            name_span: span,
            was,
        });
    }
    all
}

fn keywords(table: &mut Table<'_>, book: &mut Book<'_>) -> Vec<String> {
    let mut keywords = Vec::new();
    for (n, text) in table.texts("keywords", book).into_iter().enumerate() {
        let keyword = text.value.trim();
        if n == KEYWORDS_MOST {
            let what = format!("a category has at most {KEYWORDS_MOST} keywords");
            book.error(&text.span, what)
                .help("leave the rest to the classifier, which learns from the feeds");
            break;
        }
        if keyword.is_empty() || keyword.chars().count() > KEYWORD_CHARS_MOST {
            let what = format!("a keyword has from 1 to {KEYWORD_CHARS_MOST} characters");
            book.error(&text.span, what).help("write a word or a short phrase");
            continue;
        }
        keywords.push(keyword.to_owned());
    }
    keywords
}

/// Every category in the order of [`super::Config::categories`].
pub(super) fn all(
    declared: Vec<Declared>,
    feeds: &[PlacedFeed],
    book: &mut Book<'_>,
) -> Vec<CategorySettings> {
    let named = named_by_feeds(&declared, feeds);
    note_former_names(&declared, &named, book);
    note_near_names(&declared, &named, book);
    let mut all: Vec<CategorySettings> = declared.into_iter().map(|declared| declared.settings).collect();
    all.extend(named.into_iter().map(|(name, _)| undeclared(name.clone())));
    if !all.iter().any(|category| category.name.as_str() == GENERAL) {
        all.push(undeclared(CategoryName::general()));
    }
    all
}

fn undeclared(name: CategoryName) -> CategorySettings {
    CategorySettings { title: title_from(name.as_str()), name, keywords: Vec::new(), was: Vec::new() }
}

/// The categories that only feeds name, each where it is named first; `general` is always there and not among them.
fn named_by_feeds<'f>(declared: &[Declared], feeds: &'f [PlacedFeed]) -> Vec<(&'f CategoryName, &'f Span)> {
    let mut seen: std::collections::HashSet<&str> =
        declared.iter().map(|declared| declared.settings.name.as_str()).chain([GENERAL]).collect();
    let mut named = Vec::new();
    for feed in feeds {
        let new = feed.categories.iter().filter(|name| seen.insert(name.value.as_str()));
        named.extend(new.map(|name| (&name.value, &name.span)));
    }
    named
}

/// Refuses a former name that is still in use, or that two categories claim: its address could redirect to one only.
fn note_former_names(declared: &[Declared], named: &[(&CategoryName, &Span)], book: &mut Book<'_>) {
    let spans: HashMap<&str, &Span> =
        declared.iter().map(|declared| (declared.settings.name.as_str(), &declared.name_span)).collect();
    let mut claimed: HashMap<&str, &Span> = HashMap::new();
    for category in declared {
        let name = &category.settings.name;
        for former in &category.was {
            let old = former.value.as_str();
            if old == GENERAL {
                let what = format!("\"{GENERAL}\" is always there and cannot be a former name");
                book.error(&former.span, what).help("take it out of `was`");
            } else if let Some(span) = spans.get(old) {
                let what = format!("\"{old}\" is a category, so it cannot be a former name of \"{name}\"");
                book.error(&former.span, what).also(span, "declared here").help("take it out of `was`");
            } else if let Some((_, span)) = named.iter().find(|(named, _)| named.as_str() == old) {
                let what = format!("the category \"{old}\" is called \"{name}\" now");
                book.error(span, what).also(&former.span, "renamed here").help(format!("write \"{name}\""));
            } else if let Some(first) = claimed.get(old) {
                let what = format!("\"{old}\" is a former name twice");
                book.error(&former.span, what).also(first, "first here").help("take one of them out");
            } else {
                claimed.insert(old, &former.span);
            }
        }
    }
}

/// Warns of an undeclared name that is one slip away from another: "tecnology" would be a category of its own.
fn note_near_names(declared: &[Declared], named: &[(&CategoryName, &Span)], book: &mut Book<'_>) {
    for (n, (name, span)) in named.iter().enumerate().take(NAMES_COMPARED) {
        let earlier = named[..n].iter().map(|(name, span)| (name.as_str(), *span));
        let known = declared.iter().map(|other| (other.settings.name.as_str(), &other.name_span));
        if let Some((other, place)) = known.chain(earlier).find(|(other, _)| is_near(name.as_str(), other)) {
            let what = format!("the category \"{name}\" is not declared, and close to \"{other}\"");
            let help = format!("write \"{other}\", or declare [[category]] name = \"{name}\"");
            book.warning(span, what).also(place, "this one").help(help);
        }
    }
}

/// Whether two names are at an edit distance of one, or of two if they are long. Names are at most 40 characters, so
/// this is cheap.
fn is_near(one: &str, other: &str) -> bool {
    let shorter = one.chars().count().min(other.chars().count());
    let slips = if shorter >= 8 { 2 } else { 1 };
    shorter >= 4 && strsim::damerau_levenshtein(one, other) <= slips
}
