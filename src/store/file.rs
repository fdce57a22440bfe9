//! The database file: permissions, whether the name still leads to the file that was opened, the lock beside it, and
//! backups.
//!
//! It knows files and connections; it must not know tables.

use super::{Result, StoreError, schema};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another process (the command line) may make us wait for the file.
const BUSY_LIMIT: Duration = Duration::from_secs(10);

/// The file that a path leads to, as device and inode number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Identity {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let found = metadata(path)?;
        Ok(Self(found.dev(), found.ino()))
    }
}

/// The files of an open database: itself, its write-ahead log, and the shared memory of that log (`-shm`). If one of
/// them is deleted or replaced while it is open, what is written to it is lost when the process ends.
#[derive(Debug)]
pub(super) struct Files(Vec<(PathBuf, Identity)>);

impl Files {
    /// The files that exist now. The database itself must exist.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let mut files = vec![(path.to_owned(), Identity::of(path)?)];
        for ending in ["-wal", "-shm"] {
            let file = beside(path, ending);
            files.extend(Identity::of(&file).ok().map(|identity| (file, identity)));
        }
        Ok(Self(files))
    }

    /// Checks that each path still leads to the same file. Fails with [`StoreError::Moved`] if not.
    pub(super) fn check(&self) -> Result<()> {
        for (path, identity) in &self.0 {
            match Identity::of(path) {
                Ok(now) if now == *identity => {}
                Ok(_) | Err(StoreError::Missing(_)) => return Err(StoreError::Moved(path.clone())),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The metadata of the file. A file that may not be looked at is not reported as missing.
fn metadata(path: &Path) -> Result<Metadata> {
    fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
        _ => StoreError::Io { path: path.to_owned(), error },
    })
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Whether we may write a file. The file is not opened to find out: closing any descriptor of a file gives up all
/// POSIX (`fcntl`) locks that this process holds on it, and another process could then remove the write-ahead log.
fn may_write(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?)
}

/// Opens the file for writing, and creates it if it is missing. A file that we may not write is refused here. SQLite
/// would open it read-only, and leave files beside it because of which nobody could write it later.
pub(super) fn open(path: &Path) -> Result<Connection> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let error = io::Error::new(ErrorKind::InvalidInput, "it is no file");
        return Err(StoreError::Io { path: path.to_owned(), error });
    }
    match may_write(path) {
        Ok(()) => mend_beside(path)?,
        // If it cannot be created here, SQLite says why.
        Err(error) if error.kind() == ErrorKind::NotFound => drop(new_file().create_new(true).open(path)),
        Err(error) => return Err(StoreError::Io { path: path.to_owned(), error }),
    }
    connect(path, OpenFlags::default())
}

/// Options to create a database: not readable by everybody, because it holds mail addresses and what private feeds carry. The
/// files beside it get the same permissions from SQLite.
fn new_file() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true).mode(0o640);
    options
}

/// Makes the write-ahead log and its shared memory writable again, if a process that could not write the database has
/// created them read-only.
fn mend_beside(path: &Path) -> Result<()> {
    for ending in ["-wal", "-shm"] {
        let file = beside(path, ending);
        let denied = may_write(&file).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
        if denied {
            let as_database = metadata(path)?.permissions();
            fs::set_permissions(&file, as_database)
                .and_then(|()| may_write(&file))
                .map_err(|error| StoreError::Io { path: file, error })?;
        }
    }
    Ok(())
}

/// Opens the file read-only, also beside a running daemon.
pub(super) fn open_readonly(path: &Path) -> Result<Connection> {
    metadata(path)?;
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match may_write(path) {
        // Opened for writing, because a write-ahead log cannot be read without its shared memory; `query_only` holds.
        Ok(()) => {
            mend_beside(path)?;
            connect(path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)?
        }
        Err(_) if has_log(path) => connect(path, flags | OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        // Nobody has the database open, and it was closed well: it cannot change.
        Err(_) => {
            let whole =
                fs::canonicalize(path).map_err(|error| StoreError::Io { path: path.to_owned(), error })?;
            let mut uri =
                url::Url::from_file_path(whole).map_err(|()| StoreError::Missing(path.to_owned()))?;
            uri.set_query(Some("immutable=1"));
            let flags = flags | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            connect(Path::new(uri.as_str()), flags)?
        }
    };
    schema::check(&connection)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -8192;")?;
    Ok(connection)
}

/// Whether the database is open somewhere, or was not closed well.
fn has_log(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok()
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_LIMIT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Without the query planner stability guarantee, SQLite plans a statement on a table with a partial index again
    // for every value that is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Takes the lock beside the database: `tidings.db.lock`. The system frees it when the process ends, however it ends.
pub(super) fn take_lock(path: &Path) -> Result<File> {
    let path = beside(path, ".lock");
    let open = File::options().create(true).truncate(false).write(true).open(&path);
    // A lock file that another user has created can only be opened for reading, which is enough to lock it.
    let open = open.or_else(|error| File::open(&path).map_err(|_| error));
    let lock = open.map_err(|error| StoreError::Io { path: path.clone(), error })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked),
        Err(TryLockError::Error(error)) => Err(StoreError::Io { path, error }),
    }
}

/// Copies the whole database, consistent as of one moment, into a new file. An existing file is not touched. The copy
/// is written as `NAME.part` and gets its name when it is complete. If a backup was killed, the next one to the same
/// name takes over its `NAME.part`.
pub(super) fn backup(path: &Path, to: &Path) -> Result<()> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| StoreError::Io { path, error }
    };
    if fs::symlink_metadata(to).is_ok() {
        let what = "there is a file of this name already; name another";
        return Err(failed(to)(io::Error::new(ErrorKind::AlreadyExists, what)));
    }
    // Absolute, because SQLite takes a name that begins with `file:` for a URI.
    let part = beside(&std::path::absolute(to).map_err(failed(to))?, ".part");
    let Some(part_name) = part.to_str() else {
        let error = io::Error::new(ErrorKind::InvalidInput, "SQLite wants a name in UTF-8");
        return Err(failed(to)(error));
    };
    let source = open_readonly(path)?;
    let is_alone = may_write(path).is_err() && !has_log(path);
    // Fails here if there are no tables: a database whose log was removed may be empty.
    source.query_row("SELECT count(*) FROM feeds", [], |_| Ok(()))?;
    // `query_only` forbids writing anywhere, the copy included.
    source.pragma_update(None, "query_only", false)?;
    let copy = take_part(&part).map_err(failed(to))?;
    let copied = source.execute("VACUUM INTO ?1", [part_name]).map_err(StoreError::from).and_then(|_| {
        copy.sync_all().map_err(failed(&part))?;
        if is_alone && has_log(path) {
            let error =
                io::Error::new(ErrorKind::ResourceBusy, "it was opened while it was copied; try again");
            return Err(failed(path)(error));
        }
        // Unlike a rename, a hard link never replaces a file that somebody has created meanwhile. Not every file
        // system has links.
        fs::hard_link(&part, to)
            .or_else(|error| match error.kind() {
                ErrorKind::AlreadyExists => Err(error),
                _ => fs::rename(&part, to),
            })
            .map_err(failed(to))
    });
    // After success `part` is a second name of the copy; after a failure it is a broken copy.
    let _ = fs::remove_file(&part);
    copied
}

/// An empty file to copy into, locked against another copy to the same name.
fn take_part(part: &Path) -> io::Result<File> {
    let busy = || io::Error::new(ErrorKind::ResourceBusy, "another backup writes it");
    let file = new_file().create(true).truncate(false).open(part)?;
    file.try_lock().map_err(|_| busy())?;
    // The backup that held the lock before may have given this very file its final name since we opened it.
    let (ours, there) = (file.metadata()?, fs::metadata(part)?);
    if ours.nlink() != 1 || (ours.dev(), ours.ino()) != (there.dev(), there.ino()) {
        return Err(busy());
    }
    file.set_len(0)?;
    Ok(file)
}
