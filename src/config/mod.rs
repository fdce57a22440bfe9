//! `feeds.toml` → [`Config`], valid by construction; every complaint has its line and column.
//!
//! All complaints are collected and reported at once, in the order of the file, each with the line it is about and
//! what to do. Knows the settings in [`crate::model`] and the file's grammar; must not know who uses them. Reading the
//! file and the environment happens in [`Config::load`] and [`Environment::of_process`] only: [`Config::parse`] is
//! pure but for looking time zones up.

mod categories;
mod complaint;
mod digests;
mod edit;
mod feeds;
mod mail;
mod sections;
mod table;
#[cfg(test)]
mod tests;
mod values;

pub use complaint::{Complaint, Place, Severity};
pub use edit::{EditError, Editor, NewFeed, same_end};
pub use values::category_name_from;

use crate::model::{
    CategorySettings, DeskSettings, DigestSettings, FeedSettings, MailSettings, PollSettings,
    PublishSettings, SiteSettings, StoreSettings,
};
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use table::{Book, Table};
use toml::de::DeTable;

/// Larger files are refused: ten thousand feeds need a tenth of it.
const FILE_BYTES_MOST: u64 = 16 * 1024 * 1024;

/// A complaint too many helps nobody.
const COMPLAINTS_SHOWN: usize = 40;

/// Everything that `feeds.toml` says, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `[site]`
    pub site: SiteSettings,
    /// `[store]`
    pub store: StoreSettings,
    /// `[poll]`
    pub poll: PollSettings,
    /// `[publish]`
    pub publish: PublishSettings,
    /// `[desk]`; its categories are empty, see [`Config::desk`].
    desk: DeskSettings,
    /// The categories: those declared, in order; those that only feeds name, in the order of the feeds; `general`
    /// last unless declared.
    pub categories: Vec<CategorySettings>,
    /// `[[feed]]`, in order.
    pub feeds: Vec<FeedSettings>,
    /// `[[digest]]`, in order.
    pub digests: Vec<DigestSettings>,
    /// `[mail]`, when it is there.
    pub mail: Option<MailSettings>,
    /// What the operator should look at, although the configuration is valid.
    pub warnings: Vec<Complaint>,
}

/// What the configuration takes from the process it is read in.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `$STATE_DIRECTORY`: paths in the file are relative to it when systemd sets it.
    pub state_directory: Option<PathBuf>,
    /// The password for the mail server.
    pub smtp_password: Option<String>,
    /// What opens all of `/metrics`.
    pub metrics_token: Option<String>,
    /// The private key that mail is signed with, in PEM.
    pub dkim_key: Option<String>,
}

impl Environment {
    /// The environment of this process. Secrets are in variables (`$TIDINGS_SMTP_PASSWORD`, `$TIDINGS_METRICS_TOKEN`,
    /// `$TIDINGS_DKIM_KEY`) or in systemd credentials (`smtp-password`, `metrics-token`, `dkim-key`).
    pub fn of_process() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        // systemd separates several directories by colons; the unit asks for one.
        let state_directory = set("STATE_DIRECTORY")
            .and_then(|list| std::env::split_paths(&list).find(|path| !path.as_os_str().is_empty()));
        let credential = |name: &str| {
            let file = PathBuf::from(set("CREDENTIALS_DIRECTORY")?).join(name);
            std::fs::read_to_string(file).ok()
        };
        let secret = |variable: &str, name: &str| {
            set(variable)
                .and_then(|value| value.into_string().ok())
                .or_else(|| credential(name))
                .map(|secret| secret.trim_end_matches(['\r', '\n']).to_owned())
                .filter(|secret| !secret.is_empty())
        };
        Self {
            state_directory,
            smtp_password: secret("TIDINGS_SMTP_PASSWORD", "smtp-password"),
            metrics_token: secret("TIDINGS_METRICS_TOKEN", "metrics-token"),
            dkim_key: secret("TIDINGS_DKIM_KEY", "dkim-key"),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("state_directory", &self.state_directory).finish_non_exhaustive()
    }
}

/// Why a configuration is refused. Its text is the whole report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// There is no file.
    Missing {
        /// As it was named.
        path: PathBuf,
        /// Where that is.
        absolute: PathBuf,
    },
    /// The file cannot be read.
    Unreadable {
        /// As it was named.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file says something wrong.
    Invalid(Vec<Complaint>),
}

impl ConfigError {
    /// The exit code for a bad configuration (`EX_CONFIG` of sysexits.h).
    pub const EXIT_CODE: u8 = 78;

    /// The stable word for logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "config-missing",
            Self::Unreadable { .. } => "config-unreadable",
            Self::Invalid(_) => "config-invalid",
        }
    }

    /// The first mistake on one line, for a log; nothing of the file's own text but names.
    pub fn summary(&self) -> String {
        let Self::Invalid(complaints) = self else {
            return self
                .report(false)
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned();
        };
        let mut errors = complaints.iter().filter(|complaint| complaint.severity == Severity::Error);
        let Some(first) = errors.next() else { return String::new() };
        let more = match errors.count() {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        let Place { line, column, .. } = first.place;
        complaint::shown(&format!("{}:{line}:{column}: {}{more}", first.file, first.what))
    }

    /// The whole report; `colour` adds terminal colours.
    pub fn report(&self, colour: bool) -> String {
        match self {
            Self::Missing { path, absolute } => format!(
                "error: there is no configuration at {}\n  = looked for: {}\n  = help: name another file with \
                 --config PATH, or write this one; the smallest is three lines:\n\n      [[feed]]\n      \
                 url = \"https://example.org/feed.xml\"\n      category = \"world\"\n",
                complaint::shown(&path.display().to_string()),
                complaint::shown(&absolute.display().to_string()),
            ),
            Self::Unreadable { path, reason } => format!(
                "error: cannot read the configuration {}: {}\n",
                complaint::shown(&path.display().to_string()),
                complaint::shown(reason)
            ),
            Self::Invalid(complaints) => report(complaints, colour),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.report(false).trim_end())
    }
}

impl std::error::Error for ConfigError {}

/// Complaints one below the other, with a line that counts the errors.
pub fn report(complaints: &[Complaint], colour: bool) -> String {
    let mut out = String::new();
    for complaint in complaints.iter().take(COMPLAINTS_SHOWN) {
        out.push_str(&complaint.render(colour));
        out.push('\n');
    }
    if let Some(more) = complaints.len().checked_sub(COMPLAINTS_SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(out, "… and {more} more");
    }
    let errors = complaints.iter().filter(|complaint| complaint.severity == Severity::Error).count();
    if errors > 0 {
        let word = if errors == 1 { "error" } else { "errors" };
        let _ = writeln!(out, "{errors} {word}: the configuration is not used");
    }
    out
}

impl Config {
    /// Reads and checks the file at `path`, with the environment of this process.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(&read_file(path)?, path, &Environment::of_process())
    }

    /// Checks `text`, the content of the file at `path`.
    pub fn parse(text: &str, path: &Path, env: &Environment) -> Result<Self, ConfigError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut book = Book::new(path.display().to_string(), text);
        let (root, mistakes) = DeTable::parse_recoverable(text);
        if !mistakes.is_empty() {
            note_syntax(&mistakes, &mut book);
            return Err(ConfigError::Invalid(book.close()));
        }
        let config = Self::walk(Table::root(root.get_ref()), path, env, &mut book);
        let complaints = book.close();
        if complaints.iter().any(|complaint| complaint.severity == Severity::Error) {
            return Err(ConfigError::Invalid(complaints));
        }
        Ok(Self { warnings: complaints, ..config })
    }

    /// The settings as far as they are right; what is wrong is in `book`, and then they are not used.
    fn walk(mut root: Table<'_>, path: &Path, env: &Environment, book: &mut Book<'_>) -> Self {
        let site = sections::site(&mut root, env, book);
        let store = sections::store(&mut root, path, env, book);
        let poll = sections::poll(&mut root, book);
        let publish = sections::publish(&mut root, book);
        let desk = sections::desk(&mut root, book);
        let declared = categories::declared(&mut root, book);
        let feeds = feeds::feeds(&mut root, &poll, book);
        let mail = mail::mail(&mut root, path, env, book);
        let categories = categories::all(declared, &feeds, book);
        let digests = digests::digests(&mut root, &categories, &site, mail.is_some(), book);
        root.finish(book);
        let feeds = feeds.into_iter().map(|feed| feed.settings).collect();
        Self { site, store, poll, publish, desk, categories, feeds, digests, mail, warnings: Vec::new() }
    }

    /// What the desk must know.
    pub fn desk(&self) -> DeskSettings {
        DeskSettings { categories: self.categories.clone(), ..self.desk.clone() }
    }
}

/// The text of the file at `path`; a byte that is not UTF-8 is a complaint with its place.
pub fn read_file(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |reason: String| ConfigError::Unreadable { path: path.to_owned(), reason };
    let absolute = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let facts = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ConfigError::Missing { path: path.to_owned(), absolute: absolute() },
        _ => unreadable(error.to_string()),
    })?;
    if facts.is_dir() {
        return Err(unreadable("it is a folder; name the file in it".to_owned()));
    }
    if facts.len() > FILE_BYTES_MOST {
        return Err(unreadable("it is larger than 16 MiB".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let mut book = Book::new(path.display().to_string(), &text);
        let what = "this character is not UTF-8";
        book.error(&(at..at + 1), what).help("save the file as UTF-8");
        ConfigError::Invalid(book.close())
    })
}

/// What the TOML parser refuses, one complaint a line, since what follows on a line is often only its consequence.
fn note_syntax(mistakes: &[toml::de::Error], book: &mut Book<'_>) {
    let mut lines = std::collections::HashSet::new();
    for mistake in mistakes {
        let span = mistake.span().unwrap_or(0..0);
        let line = book.source.place(&span).line;
        if !lines.insert(line) {
            continue;
        }
        let message = mistake.message();
        let help = if message.contains("must be quoted") {
            "put the value in double quotes"
        } else if message.contains("duplicate key") {
            "take one of them out"
        } else {
            "texts stand in double quotes, one key = value a line; docs/configuration.md has examples"
        };
        book.error(&span, format!("this is not TOML: {message}")).help(help);
    }
}
