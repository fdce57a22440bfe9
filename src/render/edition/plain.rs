//! An edition as plain text, for mail programs that show no HTML.
//!
//! Must not know topics: it lays out words that have been cleaned.

use super::super::messages::fill;
use super::length::{columns, is_wide};
use super::words::{Item, Words};
use crate::model::EditionText;
use std::fmt::Write as _;

/// Columns of a line: quoted twice ("> > "), it still fits 80.
pub(super) const COLUMNS: usize = 76;

/// The `text/plain` part.
pub(super) fn write(words: &Words) -> String {
    let mut out = String::new();
    wrap(&mut out, &words.title, "", "");
    wrap(&mut out, &words.date, "", "");
    if let Some(measure) = words.measure() {
        wrap(&mut out, &measure, "", "");
    }
    out.push_str(&"=".repeat(COLUMNS.min(columns(&words.title).max(columns(&words.date)))));
    out.push_str("\n\n");
    if words.sections.is_empty() {
        let _ = writeln!(out, "{}\n", words.messages.nothing_new);
    }
    if !words.in_short.is_empty() {
        heading(&mut out, words.messages.in_short);
        for headline in &words.in_short {
            wrap(&mut out, headline, "- ", "  ");
        }
        out.push('\n');
    }
    for section in &words.sections {
        if let Some(name) = &section.name {
            heading(&mut out, name);
        }
        for item in &section.items {
            write_item(&mut out, words, item);
        }
        if section.items.last().is_some_and(|item| item.is_brief) {
            out.push('\n');
        }
    }
    if let Some(more) = &words.more {
        let _ = writeln!(out, "{more}{}\n{}\n", words.messages.colon.trim_end_matches(' '), words.home);
    }
    // "-- " on a line of its own begins a signature (RFC 3676 §4.3).
    out.push_str("-- \n");
    wrap(&mut out, &fill(words.messages.title_on_the_web, &words.title), "", "");
    let _ = writeln!(out, "{}\n{}", words.page, fill(words.messages.sent_to, EditionText::RECIPIENT));
    let _ = writeln!(out, "{}{}{}", words.messages.leave, words.messages.colon, EditionText::UNSUBSCRIBE);
    out
}

fn heading(out: &mut String, name: &str) {
    wrap(out, name, "", "");
    out.push_str(&"-".repeat(COLUMNS.min(columns(name))));
    out.push_str("\n\n");
}

fn write_item(out: &mut String, words: &Words, item: &Item) {
    let headline = if item.is_update {
        format!("{}{}{}", words.messages.update, words.messages.colon, item.headline)
    } else {
        item.headline.clone()
    };
    wrap(out, &headline, "* ", "  ");
    wrap(out, &item.carried(), "  ", "  ");
    if let Some(before) = &item.before {
        wrap(out, before, "  ", "  ");
    }
    if !item.excerpt.is_empty() {
        wrap(out, &item.excerpt, "  ", "  ");
    }
    let _ = writeln!(out, "  {}", item.short_url);
    if let Some(all) = item.all_reports.as_ref().filter(|_| !item.is_brief) {
        let _ = writeln!(out, "  {}{}{all}", words.messages.all_reports, words.messages.colon);
    }
    if !item.is_brief {
        out.push('\n');
    }
}

/// Appends `text` in lines of at most [`COLUMNS`] columns, the first after the prefix `first`, the others after
/// `later`. A word longer than a line gets a line of its own. Between wide characters a line may be broken anywhere.
fn wrap(out: &mut String, text: &str, first: &str, later: &str) {
    let mut line = first.to_owned();
    let mut width = columns(first);
    let mut empty = true;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(!empty);
        if !empty && width + gap + columns(word) > COLUMNS {
            flush(out, &mut line, later, &mut width);
            empty = true;
        }
        if !empty {
            line.push(' ');
            width += 1;
        }
        for c in word.chars() {
            if is_wide(c) && width + 2 > COLUMNS {
                flush(out, &mut line, later, &mut width);
            }
            line.push(c);
            width += if is_wide(c) { 2 } else { 1 };
        }
        empty = false;
    }
    if !empty {
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn flush(out: &mut String, line: &mut String, later: &str, width: &mut usize) {
    out.push_str(line.trim_end());
    out.push('\n');
    later.clone_into(line);
    *width = columns(later);
}
