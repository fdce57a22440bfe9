//! Changes `feeds.toml` for the operator: adds and removes `[[feed]]` tables and leaves every other byte alone.
//!
//! The text is cut at the places that the parser gives, not written anew, so comments, order, blank lines, tabs and
//! line ends stay. The result is parsed and must be the old configuration with just that change; otherwise the edit is
//! refused. Knows the file and its grammar; must not know where addresses come from.

use super::values::{category_name_from, end_key, feed_key, feed_url};
use super::{Config, ConfigError, Environment, read_file};
use crate::model::{CategoryName, FeedSettings};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// A feed to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFeed {
    /// Address.
    pub url: String,
    /// Title, when the operator gives one.
    pub title: Option<String>,
    /// Category, when it is to be fixed to one.
    pub category: Option<CategoryName>,
}

/// Why the file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file, as it is, is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be a feed's.
    #[error("{what}; {help}")]
    Address {
        /// What is wrong.
        what: String,
        /// What to do.
        help: String,
    },
    /// The feed is there already.
    #[error("this feed is in {file} already, at line {line}")]
    Duplicate {
        /// The file.
        file: String,
        /// Where, from 1.
        line: usize,
    },
    /// The feed is not there.
    #[error("{file} has no such feed{hint}")]
    Unknown {
        /// The file.
        file: String,
        /// Which one was probably meant, or nothing.
        hint: String,
    },
    /// The file is written in a way that we cannot change safely.
    #[error("{file} is written in a way that cannot be changed safely from here; change it by hand")]
    Form {
        /// The file.
        file: String,
    },
    /// The result would be refused.
    #[error("{file} is left as it is, because with this change it would be refused:\n{report}")]
    Refused {
        /// The file.
        file: String,
        /// The complaints.
        report: ConfigError,
    },
    /// The file cannot be written.
    #[error("cannot write {file}, which is left as it is: {reason}")]
    Write {
        /// The file.
        file: String,
        /// What the system says.
        reason: io::Error,
    },
}

/// A configuration file, open for changes.
#[derive(Debug)]
pub struct Editor {
    path: PathBuf,
    text: String,
    config: Config,
    /// Which feed has an address, by [`feed_key`].
    keys: HashMap<String, usize>,
    /// Which feed ends at an address after redirects, by [`end_key`], as far as that is known.
    ends: HashMap<String, usize>,
}

impl Editor {
    /// Reads the file at `path`, which must be valid.
    pub fn open(path: &Path) -> Result<Self, EditError> {
        Ok(Self::over(read_file(path)?, path)?)
    }

    fn over(text: String, path: &Path) -> Result<Self, ConfigError> {
        let config = Config::parse(&text, path, &Environment::of_process())?;
        Ok(Self { path: path.to_owned(), text, keys: keys(&config), ends: ends(&config), config })
    }

    /// The configuration as it stands.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The text as it stands.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The address in its normal form, unless a feed has it already.
    pub fn new_url(&self, url: &str) -> Result<String, EditError> {
        let new = feed_url(url).map_err(|wrong| EditError::Address { what: wrong.what, help: wrong.help })?;
        match self.keys.get(&feed_key(&new)) {
            None => Ok(new.into()),
            Some(&at) => Err(self.duplicate(at)),
        }
    }

    fn duplicate(&self, at: usize) -> EditError {
        let (body, _) = without_mark(&self.text);
        let line = feed_spans(body).and_then(|spans| spans.get(at).cloned());
        let line = line.map_or(0, |span| body[..span.start].matches('\n').count() + 1);
        EditError::Duplicate { file: self.file(), line }
    }

    /// Refuses an address to which one of the feeds leads: with another scheme, `www.` or a slash at the end, it is the
    /// same.
    pub fn is_new_end(&self, end: &str) -> Result<(), EditError> {
        let known = feed_url(end).ok().and_then(|end| self.ends.get(&end_key(&end)));
        known.map_or(Ok(()), |&at| Err(self.duplicate(at)))
    }

    /// Takes note that a feed led to this address when it was last polled.
    pub fn note_end(&mut self, feed: &str, end: &str) {
        let at = feed_url(feed).ok().and_then(|feed| self.keys.get(&feed_key(&feed)));
        if let (Some(&at), Ok(end)) = (at, feed_url(end)) {
            self.ends.entry(end_key(&end)).or_insert(at);
        }
    }

    /// The category that a name stands for here: itself, or what it has been renamed to.
    pub fn category(&self, name: &str) -> Option<CategoryName> {
        let name = category_name_from(name)?;
        let renamed = |old: &&crate::model::CategorySettings| old.was.iter().any(|was| was == name.as_str());
        Some(self.config.categories.iter().find(renamed).map_or(name, |category| category.name.clone()))
    }

    /// Adds feeds behind the last one. Their addresses come from [`Editor::new_url`].
    pub fn add(&mut self, feeds: &[NewFeed]) -> Result<(), EditError> {
        if feeds.is_empty() {
            return Ok(());
        }
        let (body, mark) = without_mark(&self.text);
        let spans = feed_spans(body).ok_or_else(|| EditError::Form { file: self.file() })?;
        let end = if body.contains("\r\n") { "\r\n" } else { "\n" };
        // Without a feed so far, behind everything: a table ends where the next begins.
        let at = spans.last().map_or(body.len(), |span| line_end(body, span.end));
        let mut added = String::new();
        if at > 0 && !body[..at].ends_with('\n') {
            added.push_str(end);
        }
        for feed in feeds {
            if at > 0 || !added.is_empty() {
                added.push_str(end);
            }
            let _ = write!(added, "[[feed]]{end}url = {}{end}", written(&feed.url));
            for (key, value) in [
                ("title", feed.title.as_deref()),
                ("category", feed.category.as_ref().map(CategoryName::as_str)),
            ] {
                if let Some(value) = value {
                    let _ = write!(added, "{key} = {}{end}", written(value));
                }
            }
        }
        let text = format!("{mark}{}{added}{}", &body[..at], &body[at..]);
        let kept: Vec<_> = self.config.feeds.iter().collect();
        let config = self.verified(&text, &kept, feeds)?;
        self.text = text;
        (self.keys, self.ends) = (keys(&config), ends(&config));
        self.config = config;
        Ok(())
    }

    /// Removes the feed with this address, with the comment right above it.
    pub fn remove(&mut self, url: &str) -> Result<(), EditError> {
        let wanted =
            feed_url(url).map_err(|wrong| EditError::Address { what: wrong.what, help: wrong.help })?;
        let Some(&gone) = self.keys.get(&feed_key(&wanted)) else {
            let urls = self.config.feeds.iter().filter(|feed| !feed.private).map(|feed| feed.url.as_str());
            let hint = super::table::closest(wanted.as_str(), urls);
            let hint = hint.map_or(String::new(), |near| format!("; did you mean {near}?"));
            return Err(EditError::Unknown { file: self.file(), hint });
        };
        let (body, mark) = without_mark(&self.text);
        let spans = feed_spans(body).ok_or_else(|| EditError::Form { file: self.file() })?;
        let span = spans.get(gone).ok_or_else(|| EditError::Form { file: self.file() })?;
        let cut = with_comment(body, span);
        let text = format!("{mark}{}{}", &body[..cut.start], &body[cut.end..]);
        let feeds = self.config.feeds.iter().enumerate();
        let kept: Vec<_> = feeds.filter(|(n, _)| *n != gone).map(|(_, feed)| feed).collect();
        let config = self.verified(&text, &kept, &[])?;
        self.text = text;
        (self.keys, self.ends) = (keys(&config), ends(&config));
        self.config = config;
        Ok(())
    }

    /// Writes the file: whole or not at all, with the permissions it had.
    pub fn save(&self) -> Result<(), EditError> {
        write_whole(&self.path, &self.text).map_err(|reason| EditError::Write { file: self.file(), reason })
    }

    fn file(&self) -> String {
        self.path.display().to_string()
    }

    /// What the new text says, if it keeps these feeds as they are, adds those, and changes nothing else.
    fn verified(&self, text: &str, kept: &[&FeedSettings], added: &[NewFeed]) -> Result<Config, EditError> {
        let config = Config::parse(text, &self.path, &Environment::of_process())
            .map_err(|report| EditError::Refused { file: self.file(), report })?;
        let (same, new) = config.feeds.split_at_checked(kept.len()).unwrap_or_default();
        let is_meant = |(is, meant): (&FeedSettings, &NewFeed)| {
            is.url == meant.url && is.title == meant.title && is.category == meant.category
        };
        let feeds_fit = same.iter().eq(kept.iter().copied())
            && new.len() == added.len()
            && new.iter().zip(added).all(is_meant);
        let old = &self.config;
        let rest_fits =
            (&config.site, &config.store, &config.poll, &config.publish, &config.mail, &config.digests)
                == (&old.site, &old.store, &old.poll, &old.publish, &old.mail, &old.digests);
        if feeds_fit && rest_fits { Ok(config) } else { Err(EditError::Form { file: self.file() }) }
    }
}

fn keys(config: &Config) -> HashMap<String, usize> {
    let key = |feed: &FeedSettings| feed_url(&feed.url).ok().map(|url| feed_key(&url));
    config.feeds.iter().enumerate().filter_map(|(n, feed)| Some((key(feed)?, n))).collect()
}

fn ends(config: &Config) -> HashMap<String, usize> {
    let key = |feed: &FeedSettings| feed_url(&feed.url).ok().map(|url| end_key(&url));
    config.feeds.iter().enumerate().filter_map(|(n, feed)| Some((key(feed)?, n))).collect()
}

/// A form in which two addresses are equal if they probably lead to one feed; the address itself if it is not a URL.
pub fn same_end(url: &str) -> String {
    feed_url(url).map_or_else(|_| url.to_owned(), |url| end_key(&url))
}

/// The text behind the byte order mark, and the mark.
fn without_mark(text: &str) -> (&str, &str) {
    text.strip_prefix('\u{feff}').map_or((text, ""), |body| (body, "\u{feff}"))
}

/// A TOML string.
fn written(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The bytes of each `[[feed]]`, from its header to its last value; `None` when one is written in another way.
fn feed_spans(body: &str) -> Option<Vec<Range<usize>>> {
    let root = DeTable::parse(body).ok()?;
    let Some(feeds) = root.get_ref().get("feed") else { return Some(Vec::new()) };
    let DeValue::Array(feeds) = feeds.get_ref() else { return None };
    feeds
        .iter()
        .map(|feed| {
            let header = feed.span();
            body.get(header.clone())?
                .starts_with("[[")
                .then(|| header.start..last_byte(feed.get_ref()).max(header.end))
        })
        .collect()
}

/// Where the last value of a table ends, tables in it included.
fn last_byte(value: &DeValue<'_>) -> usize {
    let DeValue::Table(table) = value else { return 0 };
    table.iter().map(|(_, value)| value.span().end.max(last_byte(value.get_ref()))).max().unwrap_or(0)
}

/// The end of the line that `at` is in, its line end included.
fn line_end(body: &str, at: usize) -> usize {
    body[at..].find('\n').map_or(body.len(), |n| at + n + 1)
}

/// The lines of a table, the comment lines right above it, and one of the blank lines around it, so that the
/// remaining blank lines still separate what they separated before.
fn with_comment(body: &str, span: &Range<usize>) -> Range<usize> {
    let is_blank = |line: Range<usize>| body[line].trim().is_empty();
    let mut start = body[..span.start].rfind('\n').map_or(0, |n| n + 1);
    while let Some(above) =
        line_above(body, start).filter(|line| body[line.clone()].trim_start().starts_with('#'))
    {
        start = above.start;
    }
    let end = line_end(body, span.end);
    let next = line_end(body, end);
    match line_above(body, start) {
        None if is_blank(end..next) => start..next,
        Some(above) if is_blank(end..next) && is_blank(above.clone()) => above.start..end,
        _ => start..end,
    }
}

fn line_above(body: &str, start: usize) -> Option<Range<usize>> {
    let end = start.checked_sub(1)?;
    Some(body[..end].rfind('\n').map_or(0, |n| n + 1)..start)
}

/// Replaces the file behind `path` by way of a new file beside it, so that a crash leaves the old one or the new one.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    // A symbolic link is kept: the file that it points to is replaced.
    let path = fs::canonicalize(path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let old = fs::metadata(&path)?;
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.set_permissions(old.permissions())?;
        keep_owner(&beside, &old);
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    } else if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    written
}

/// Gives the new file the old one's owner, where we may: root editing the daemon's file must not take it away.
#[cfg(unix)]
fn keep_owner(file: &Path, old: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let _ = chown(file, Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_file: &Path, _old: &fs::Metadata) {}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# My feeds

[[feed]] # the first
\turl = \"https://a.example/feed\"   # keep me
category = 'world'

# About b.
[[feed]]
url = \"https://b.example/feed\"
[feed.headers]
X-Client = \"me\"

# Technology

[[feed]]
url = \"https://c.example/feed\"

[publish]
items = 50
# the end";

    fn editor(text: &str) -> Editor {
        Editor::over(text.to_owned(), Path::new("feeds.toml")).unwrap()
    }

    fn new(url: &str) -> NewFeed {
        NewFeed { url: url.to_owned(), title: None, category: None }
    }

    #[test]
    fn a_feed_is_added_behind_the_last_and_removed_without_a_trace() {
        for text in [
            FILE.to_owned(),
            FILE.replace('\n', "\r\n"),
            format!("\u{feff}{FILE}"),
            String::new(),
            "[site]".to_owned(),
        ] {
            let mut editor = editor(&text);
            let url = editor.new_url("HTTPS://D.example:443/feed#x").unwrap();
            assert_eq!(url, "https://d.example/feed");
            let feed =
                NewFeed { url, title: Some("A \"D\" \\".to_owned()), category: editor.category("World") };
            editor.add(&[feed]).unwrap();
            let bare = editor.text().replace("\r\n", "").contains('\n');
            assert_ne!(bare, text.contains("\r\n"), "line ends are mixed: {:?}", editor.text());
            let last = editor.config().feeds.last().unwrap();
            assert_eq!(last.title.as_deref(), Some("A \"D\" \\"));
            editor.remove("http://d.example/feed").unwrap();
            let same = [text.clone(), format!("{text}\n"), format!("{text}\r\n")];
            assert!(same.iter().any(|text| text == editor.text()), "{:?}", editor.text());
        }
    }

    #[test]
    fn an_added_feed_looks_as_if_written_by_hand() {
        let mut editor = editor(FILE);
        editor.add(&[new("https://d.example/"), new("https://e.example/")]).unwrap();
        let expected = FILE.replace(
            "https://c.example/feed\"\n",
            "https://c.example/feed\"\n\n[[feed]]\nurl = \"https://d.example/\"\n\n[[feed]]\nurl = \"https://e.example/\"\n",
        );
        assert_eq!(editor.text(), expected);
    }

    #[test]
    fn a_removed_feed_takes_its_comment_and_its_tables_along() {
        let mut editor = editor(FILE);
        editor.remove("https://b.example/feed").unwrap();
        let (begin, end) = (FILE.find("# About b").unwrap(), FILE.find("# Technology").unwrap());
        assert_eq!(editor.text(), format!("{}{}", &FILE[..begin], &FILE[end..]));
        editor.remove("https://c.example/feed").unwrap();
        assert!(editor.text().contains("# Technology"));
        editor.remove("https://a.example/feed").unwrap();
        assert_eq!(editor.config().feeds, []);
        assert_eq!(editor.config().publish.items, 50);
    }

    #[test]
    fn what_cannot_be_done_says_why() {
        let mut editor = editor(FILE);
        let error = editor.new_url("http://A.example/feed").unwrap_err().to_string();
        assert_eq!(error, "this feed is in feeds.toml already, at line 3");
        let error = editor.new_url("a.example/feed").unwrap_err().to_string();
        assert!(error.contains("put https:// before it"), "{error}");
        let error = editor.remove("https://a.example/fed").unwrap_err().to_string();
        assert!(error.contains("did you mean https://a.example/feed?"), "{error}");
        let mut inline = self::editor("feed = [{ url = \"https://a.example/\" }]");
        let error = inline.add(&[new("https://b.example/")]).unwrap_err().to_string();
        assert!(error.contains("change it by hand"), "{error}");
        assert!(matches!(inline.remove("https://a.example/"), Err(EditError::Form { .. })));
        let title = Some("\u{7}".to_owned());
        let error = editor.add(&[NewFeed { title, ..new("https://d.example/") }]).unwrap_err().to_string();
        assert!(error.contains("control character"), "{error}");
        assert_eq!(editor.text(), FILE);
    }

    #[test]
    fn a_renamed_category_is_meant_by_its_old_name() {
        let editor = editor("[[category]]\nname = \"tech\"\nwas = [\"technology\"]\n");
        assert_eq!(editor.category("Technology").unwrap().as_str(), "tech");
        assert_eq!(editor.category("World News!").unwrap().as_str(), "world-news");
        assert_eq!(editor.category("All"), None);
    }

    #[cfg(unix)]
    #[test]
    fn saving_keeps_permissions_and_links_and_leaves_nothing_behind() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("real.toml");
        fs::write(&file, FILE).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("feeds.toml");
        symlink(&file, &link).unwrap();
        let mut editor = Editor::open(&link).unwrap();
        editor.remove("https://c.example/feed").unwrap();
        editor.save().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), editor.text());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
