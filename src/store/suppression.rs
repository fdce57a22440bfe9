//! The suppression list: who has left a digest. It is a file beside the database, so that a restored backup does not
//! write to them again.
//!
//! The file holds keyed hashes (HMAC-SHA-256), so that whoever reads it without the key learns no address. It is
//! appended to, so that a crash costs at most the last line. This module knows files; what a leave means for
//! deliveries is up to `recipients`.

use super::{Result, StoreError};
use crate::model::bare_address;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The list is compacted when it has this many times as many lines as recipients.
const COMPACT_AT: usize = 4;
/// A list with no more lines than this is not compacted.
const COMPACT_LEAST: usize = 1_000;
/// Length of the key, in bytes (RFC 2104 §3: no less than the hash has).
const KEY_BYTES: usize = 32;

/// The list beside a database.
#[derive(Debug, Clone)]
pub(super) struct SuppressionList {
    list: PathBuf,
    key: PathBuf,
}

/// What the list says, as it was read.
pub(super) struct Suppressed {
    /// `None` while there is no list.
    key: Option<hmac::Key>,
    /// The last that was noted of each recipient: whether they had left.
    last: HashMap<String, bool>,
}

impl SuppressionList {
    /// The list of the database at `path`: the files `PATH.left` and `PATH.left-key`.
    pub(super) fn beside(path: &Path) -> Self {
        let with = |end: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        Self { list: with(".left"), key: with(".left-key") }
    }

    /// Notes that a recipient has left a digest, or has come back. It is on the disk afterwards.
    pub(super) fn note(&self, digest: &str, recipient: &str, has_left: bool) -> Result<()> {
        let line = line(&mark(&self.read_key()?, digest, recipient), has_left);
        let _lock = self.lock()?;
        self.append(&line).map_err(|error| failed(&self.list, error))
    }

    fn append(&self, line: &str) -> io::Result<()> {
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.list)?;
        let mut text = String::new();
        // A line that a crash cut off stays by itself.
        if file.seek(SeekFrom::End(-1)).is_ok() {
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                text.push('\n');
            }
        }
        text.push_str(line);
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        sync_folder(&self.list)
    }

    /// Keeps other processes from the list until it is dropped, so that nobody appends to a file that is being replaced.
    fn lock(&self) -> Result<File> {
        let locked = File::open(&self.key).and_then(|key| key.lock().map(|()| key));
        locked.map_err(|error| failed(&self.key, error))
    }

    /// Reads the list. Malformed lines are passed over. Compacts the list if most of its lines are outdated.
    pub(super) fn read(&self) -> Result<Suppressed> {
        // Where nobody has left there is no list, and no key either.
        if !self.list.exists() {
            return Ok(Suppressed { key: None, last: HashMap::new() });
        }
        let key = self.read_key()?;
        let _lock = self.lock()?;
        let text = fs::read(&self.list).map_err(|error| failed(&self.list, error))?;
        let text = String::from_utf8_lossy(&text);
        let mut last = HashMap::new();
        for line in text.lines() {
            let Some((has_left, mark)) = line.split_once(' ') else { continue };
            if matches!(has_left, "+" | "-") && mark.len() == 64 {
                last.insert(mark.to_owned(), has_left == "+");
            }
        }
        let lines = text.lines().count();
        if lines > COMPACT_LEAST && lines > COMPACT_AT * last.len() {
            self.rewrite(&last).map_err(|error| failed(&self.list, error))?;
        }
        Ok(Suppressed { key: Some(key), last })
    }

    fn rewrite(&self, last: &HashMap<String, bool>) -> io::Result<()> {
        let new = self.list.with_extension("left-new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        let text: String = last.iter().map(|(mark, has_left)| line(mark, *has_left)).collect();
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.list)?;
        sync_folder(&self.list)
    }

    /// The key; made when it is not there.
    fn read_key(&self) -> Result<hmac::Key> {
        let known = || -> io::Result<hmac::Key> {
            match fs::read(&self.key) {
                Ok(key) if key.len() >= KEY_BYTES => return Ok(hmac::Key::new(hmac::HMAC_SHA256, &key)),
                Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no key")),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Err(_) => {}
            }
            let mut key = [0; KEY_BYTES];
            SystemRandom::new()
                .fill(&mut key)
                .map_err(|_| io::Error::other("the system gives no random bytes"))?;
            // A hard link creates the key file as a whole or not at all. If several processes try, the first one
            // wins.
            let mut new = self.key.as_os_str().to_owned();
            write!(new, "-{}", std::process::id()).map_err(io::Error::other)?;
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(&key)?;
            file.sync_all()?;
            let linked = fs::hard_link(&new, &self.key);
            fs::remove_file(&new)?;
            sync_folder(&self.key)?;
            match linked {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => fs::read(&self.key).map(|key| hmac::Key::new(hmac::HMAC_SHA256, &key)),
            }
        };
        known().map_err(|error| failed(&self.key, error))
    }
}

impl Suppressed {
    /// What was noted last of a recipient: whether they had left; `None` when nothing was.
    pub(super) fn last(&self, digest: &str, recipient: &str) -> Option<bool> {
        self.last.get(&mark(self.key.as_ref()?, digest, recipient)).copied()
    }
}

fn line(mark: &str, has_left: bool) -> String {
    format!("{} {mark}\n", if has_left { '+' } else { '-' })
}

/// What stands for a recipient of a digest: the address alone counts, whatever name stands before it.
fn mark(key: &hmac::Key, digest: &str, recipient: &str) -> String {
    let text = format!("{digest}\0{}", bare_address(recipient));
    let hash = hmac::sign(key, text.as_bytes());
    hash.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Syncs the folder of a file, so that its new name is on the disk, too (POSIX).
fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn failed(path: &Path, error: io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_recipient_counts_and_the_file_names_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidings.db");
        let list = SuppressionList::beside(&path);
        assert_eq!(list.read().unwrap().last("daily", "ada@example.org"), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made before somebody leaves");
        list.note("daily", "Ada <Ada@Example.org>", true).unwrap();
        list.note("daily", "bob@example.org", true).unwrap();
        list.note("daily", "bob@example.org", false).unwrap();
        let known = list.read().unwrap();
        assert_eq!(known.last("daily", "ada@example.org"), Some(true));
        assert_eq!(known.last("weekly", "ada@example.org"), None);
        assert_eq!(known.last("daily", "bob@example.org"), Some(false));
        let text = fs::read_to_string(folder.path().join("tidings.db.left")).unwrap();
        assert!(!text.to_lowercase().contains("example"), "{text}");
    }

    #[test]
    fn a_line_that_was_cut_off_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let list = SuppressionList::beside(&folder.path().join("tidings.db"));
        list.note("daily", "ada@example.org", true).unwrap();
        let mut file = OpenOptions::new().append(true).open(&list.list).unwrap();
        file.write_all(b"+ 0123456789\xff").unwrap();
        list.note("daily", "bob@example.org", true).unwrap();
        let known = list.read().unwrap();
        assert_eq!(known.last("daily", "ada@example.org"), Some(true));
        assert_eq!(known.last("daily", "bob@example.org"), Some(true));
    }

    #[test]
    fn a_list_does_not_grow_with_every_change_of_mind() {
        let folder = tempfile::tempdir().unwrap();
        let list = SuppressionList::beside(&folder.path().join("tidings.db"));
        let many: String = (0..=COMPACT_LEAST).map(|no| line(&"0".repeat(64), no % 2 == 0)).collect();
        fs::write(&list.list, many).unwrap();
        list.note("daily", "ada@example.org", true).unwrap();
        let _ = list.read().unwrap();
        assert_eq!(fs::read_to_string(&list.list).unwrap().lines().count(), 2);
        assert_eq!(list.read().unwrap().last("daily", "ada@example.org"), Some(true));
    }
}
