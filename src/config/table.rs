//! A typed walk over parsed TOML: each value is asked for by key and type, and what is wrong is written into the
//! [`Book`] with its place. Knows TOML, not what the keys mean.
//!
//! The keys asked for are remembered, so that [`Table::finish`] can refuse the others and suggest what was meant.

use super::complaint::{Complaint, Severity, Source, quoted};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Bytes of the file that a value or key covers.
pub(super) type Span = Range<usize>;

/// Complaints kept of each severity; a file that draws more is mended in several passes.
const COMPLAINTS_MOST: usize = 500;

/// Collects the complaints about one file.
pub(super) struct Book<'a> {
    file: String,
    pub(super) source: Source<'a>,
    complaints: Vec<Complaint>,
}

impl<'a> Book<'a> {
    pub(super) fn new(file: String, text: &'a str) -> Self {
        Self { file, source: Source::new(text), complaints: Vec::new() }
    }

    /// Refuses the configuration. The complaint is returned for help to be added.
    pub(super) fn error(&mut self, span: &Span, what: impl Into<String>) -> Remark<'_, 'a> {
        self.add(Severity::Error, span, what.into())
    }

    /// Says what the operator should look at.
    pub(super) fn warning(&mut self, span: &Span, what: impl Into<String>) -> Remark<'_, 'a> {
        self.add(Severity::Warning, span, what.into())
    }

    fn add(&mut self, severity: Severity, span: &Span, what: String) -> Remark<'_, 'a> {
        if self.complaints.iter().filter(|other| other.severity == severity).count() >= COMPLAINTS_MOST {
            return Remark { at: usize::MAX, book: self };
        }
        let place = self.source.place(span);
        let complaint = Complaint { severity, file: self.file.clone(), place, what, help: None, other: None };
        self.complaints.push(complaint);
        Remark { at: self.complaints.len() - 1, book: self }
    }

    /// Everything collected, in the order of the file.
    pub(super) fn close(mut self) -> Vec<Complaint> {
        self.complaints.sort_by_key(|complaint| (complaint.place.line, complaint.place.column));
        self.complaints
    }
}

/// A complaint just written.
pub(super) struct Remark<'b, 'a> {
    book: &'b mut Book<'a>,
    /// Its place in the book, or beyond it when the book is full.
    at: usize,
}

impl Remark<'_, '_> {
    fn complaint(&mut self) -> Option<&mut Complaint> {
        self.book.complaints.get_mut(self.at)
    }

    /// Says what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(complaint) = self.complaint() {
            complaint.help = Some(help.into());
        }
        self
    }

    /// Masks the value in the quoted line, because it may be a secret.
    pub(super) fn secret(mut self) -> Self {
        if let Some(complaint) = self.complaint() {
            complaint.place.hide_value();
        }
        self
    }

    /// Points to another place that has to do with it.
    pub(super) fn also(mut self, span: &Span, note: &str) -> Self {
        let place = self.book.source.place(span);
        if let Some(complaint) = self.complaint() {
            complaint.other = Some((place, note.to_owned()));
        }
        self
    }
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

impl<T> At<T> {
    pub(super) fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// One table, with the keys that have been asked for.
pub(super) struct Table<'t> {
    /// As written in the file: `[poll]`, `[[feed]]`; empty for the file itself.
    pub(super) name: &'static str,
    /// Its header, or the braces of an inline table.
    pub(super) span: Span,
    entries: Option<&'t DeTable<'t>>,
    known: Vec<&'static str>,
}

impl<'t> Table<'t> {
    pub(super) fn root(table: &'t DeTable<'t>) -> Self {
        Self { name: "", span: 0..0, entries: Some(table), known: Vec::new() }
    }

    fn entry(&mut self, key: &'static str) -> Option<(Span, &'t Spanned<DeValue<'t>>)> {
        self.known.push(key);
        let (name, value) = self.entries?.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((name.span(), value))
    }

    /// The place of a key, for complaints about its being there.
    pub(super) fn key_span(&self, key: &str) -> Option<Span> {
        self.entries?.iter().find(|(name, _)| name.get_ref() == key).map(|(name, _)| name.span())
    }

    /// A `[table]`; an empty one when it is not there.
    pub(super) fn table(&mut self, key: &'static str, name: &'static str, book: &mut Book<'_>) -> Table<'t> {
        self.table_if_any(key, name, book).unwrap_or(Table {
            name,
            span: 0..0,
            entries: None,
            known: Vec::new(),
        })
    }

    /// A `[table]`, if it is there.
    pub(super) fn table_if_any(
        &mut self,
        key: &'static str,
        name: &'static str,
        book: &mut Book<'_>,
    ) -> Option<Table<'t>> {
        let (key_span, value) = self.entry(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(Table::new(name, value.span(), table)),
            DeValue::Array(_) => {
                let what = format!("{name} stands once");
                book.error(&key_span, what).help(format!("write {name}, with single brackets"));
                None
            }
            other => {
                let what = format!("`{key}` is a table, not {}", kind(other));
                book.error(&value.span(), what).help(format!("write {name} on a line of its own"));
                None
            }
        }
    }

    /// The tables of `[[key]]`, in order; `name` is the header with its brackets.
    pub(super) fn tables(
        &mut self,
        key: &'static str,
        name: &'static str,
        book: &mut Book<'_>,
    ) -> Vec<Table<'t>> {
        let Some((key_span, value)) = self.entry(key) else { return Vec::new() };
        let help = format!("write {name}, with double brackets, before each one");
        let DeValue::Array(array) = value.get_ref() else {
            let what = format!("`{key}` is a list of tables, not {}", kind(value.get_ref()));
            book.error(&key_span, what).help(help);
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(array.len());
        for element in array {
            if let DeValue::Table(table) = element.get_ref() {
                tables.push(Table::new(name, element.span(), table));
            } else {
                let what = format!("`{key}` is a list of tables; this is {}", kind(element.get_ref()));
                book.error(&element.span(), what).help(help.clone());
            }
        }
        tables
    }

    fn new(name: &'static str, span: Span, table: &'t DeTable<'t>) -> Self {
        Self { name, span, entries: Some(table), known: Vec::new() }
    }

    /// A text. Control characters are refused: it ends up in feeds, headers and mails.
    pub(super) fn text(&mut self, key: &'static str, book: &mut Book<'_>) -> Option<At<&'t str>> {
        let (_, value) = self.entry(key)?;
        text_of(key, value, book)
    }

    /// A text that must be there.
    pub(super) fn needed_text(
        &mut self,
        key: &'static str,
        example: &str,
        book: &mut Book<'_>,
    ) -> Option<At<&'t str>> {
        if self.key_span(key).is_none() {
            self.known.push(key);
            let what = format!("this {} has no `{key}`", self.name);
            book.error(&self.span, what).help(format!("add {key} = \"{example}\""));
            return None;
        }
        self.text(key, book)
    }

    /// Complains about a number where a text with a unit belongs (`interval = 30`). Says whether it did.
    pub(super) fn lacks_unit(
        &mut self,
        key: &'static str,
        wanted: &str,
        units: &[&str],
        book: &mut Book<'_>,
    ) -> bool {
        let Some((_, value)) = self.entry(key) else { return false };
        let DeValue::Integer(number) = value.get_ref() else { return false };
        let ways: Vec<String> = units.iter().map(|unit| format!("\"{number}{unit}\"")).collect();
        wrong_kind(key, wanted, value, book).help(format!("write {key} = {}", ways.join(" or ")));
        true
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str, book: &mut Book<'_>) -> Option<At<bool>> {
        let (_, value) = self.entry(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(At::new(*flag, value.span()));
        }
        let help = match value.get_ref() {
            DeValue::String(_) => format!("write {key} = true or {key} = false, without quotes"),
            _ => format!("write {key} = true or {key} = false"),
        };
        wrong_kind(key, "true or false", value, book).help(help);
        None
    }

    /// A whole number within `range`.
    pub(super) fn whole(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u32>,
        book: &mut Book<'_>,
    ) -> Option<u32> {
        let (_, value) = self.entry(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            let meant = value.get_ref().as_str().and_then(|text| text.trim().parse::<u32>().ok());
            let meant = meant.filter(|number| range.contains(number));
            let help = match meant {
                Some(number) => format!("write {key} = {number}, without quotes"),
                None => format!("write {key} = {}", range.start()),
            };
            wrong_kind(key, "a whole number", value, book).help(help);
            return None;
        };
        let found = i64::from_str_radix(number.as_str(), number.radix()).ok();
        let found =
            found.and_then(|number| u32::try_from(number).ok()).filter(|number| range.contains(number));
        if found.is_none() {
            let what = format!("`{key}` is from {} to {}", range.start(), range.end());
            book.error(&value.span(), what).help("write a number in that range");
        }
        found
    }

    /// A number within `range`, with or without a fraction.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<f64>,
        book: &mut Book<'_>,
    ) -> Option<f64> {
        let (_, value) = self.entry(key)?;
        let found = match value.get_ref() {
            DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number as f64)
            }
            _ => {
                wrong_kind(key, "a number", value, book).help(format!("write {key} = {:.1}", range.end()));
                return None;
            }
        };
        let found = found.filter(|number| range.contains(number));
        if found.is_none() {
            let what = format!("`{key}` is from {:.1} to {:.1}", range.start(), range.end());
            book.error(&value.span(), what).help("write a number in that range");
        }
        found
    }

    /// A list of texts; those elements that are texts, when others are complained about.
    pub(super) fn texts(&mut self, key: &'static str, book: &mut Book<'_>) -> Vec<At<&'t str>> {
        let Some((_, value)) = self.entry(key) else { return Vec::new() };
        if let DeValue::Array(array) = value.get_ref() {
            return array.iter().filter_map(|element| text_of(key, element, book)).collect();
        }
        let help = match value.get_ref() {
            DeValue::String(text) => format!("write {key} = [{}]", quoted(text)),
            _ => format!("write {key} = [\"…\", \"…\"]"),
        };
        wrong_kind(key, "a list of texts", value, book).help(help);
        Vec::new()
    }

    /// A table of texts under free keys: name and value.
    pub(super) fn text_map(
        &mut self,
        key: &'static str,
        book: &mut Book<'_>,
    ) -> Vec<(At<&'t str>, At<&'t str>)> {
        let Some((_, value)) = self.entry(key) else { return Vec::new() };
        let DeValue::Table(table) = value.get_ref() else {
            wrong_kind(key, "a table of texts", value, book)
                .help(format!("write {key} = {{ Name = \"value\" }}"));
            return Vec::new();
        };
        let pair = |(name, value): (&'t Spanned<_>, &'t Spanned<DeValue<'t>>), book: &mut Book<'_>| {
            let name: &'t Spanned<std::borrow::Cow<'t, str>> = name;
            Some((At::new(name.get_ref().as_ref(), name.span()), text_of(name.get_ref(), value, book)?))
        };
        table.iter().filter_map(|entry| pair(entry, book)).collect()
    }

    /// Refuses every key that was never asked for.
    pub(super) fn finish(self, book: &mut Book<'_>) {
        for (key, value) in self.entries.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            if self.known.contains(&name) {
                continue;
            }
            let is_table = matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_));
            let what = match (self.name, is_table) {
                ("", true) => format!("there is no table `{name}`"),
                ("", false) => format!("`{name}` stands before the first table"),
                (table, _) => format!("{table} has no key `{name}`"),
            };
            let help = closest(name, self.known.iter().copied()).map_or_else(
                || format!("known here: {}", self.known.join(", ")),
                |meant| format!("did you mean `{meant}`?"),
            );
            book.error(&key.span(), what).help(help);
        }
    }
}

fn text_of<'t>(key: &str, value: &'t Spanned<DeValue<'t>>, book: &mut Book<'_>) -> Option<At<&'t str>> {
    let DeValue::String(text) = value.get_ref() else {
        let written = book.source.slice(&value.span());
        let help = if matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_)) {
            "write one text, in quotes".to_owned()
        } else {
            format!("put it in quotes: \"{written}\"")
        };
        wrong_kind(key, "a text", value, book).help(help);
        return None;
    };
    if text.chars().any(char::is_control) {
        let what = format!("`{key}` holds a control character");
        book.error(&value.span(), what)
            .help("write it on one line, without tabs and escapes such as \\u0000");
        return None;
    }
    Some(At::new(text.as_ref(), value.span()))
}

fn wrong_kind<'b, 'a>(
    key: &str,
    wanted: &str,
    value: &Spanned<DeValue<'_>>,
    book: &'b mut Book<'a>,
) -> Remark<'b, 'a> {
    book.error(&value.span(), format!("`{key}` is {wanted}, not {}", kind(value.get_ref())))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The word that was probably meant, if one is near enough to say so.
pub(super) fn closest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    /// Longer words are compared with nothing, because the comparison takes the product of the lengths.
    const LONGEST: usize = 100;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    let (distance, meant) = known.map(|candidate| (distance(candidate), candidate)).min()?;
    let near = distance <= 1 + word.chars().count() / 4 || (word.len() > 2 && meant.starts_with(&lower));
    (near && distance < word.chars().count()).then_some(meant)
}
