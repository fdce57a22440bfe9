//! The file of the store: whether it may be read and written, whether it still is the one that was opened, the lock beside it,
//! and copies of it.
//!
//! It knows files and connections; it must not know tables.

use super::{Result, StoreError, schema};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another process (the command line) may make us wait for the file.
const BUSY_LIMIT: Duration = Duration::from_secs(10);

/// Which file stands under a name: its device and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Identity {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let found = metadata(path)?;
        Ok(Self(found.dev(), found.ino()))
    }
}

/// The files of a database that is open: itself, its log, and the memory that its users share. What is written to one that was
/// deleted or replaced is lost when we end.
#[derive(Debug)]
pub(super) struct Files(Vec<(PathBuf, Identity)>);

impl Files {
    /// Those that are there now, which the database itself must be.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let mut files = vec![(path.to_owned(), Identity::of(path)?)];
        for ending in ["-wal", "-shm"] {
            let file = beside(path, ending);
            files.extend(Identity::of(&file).ok().map(|identity| (file, identity)));
        }
        Ok(Self(files))
    }

    /// Whether each still is what it was.
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

/// What the system says of the file. That it may not be looked at does not mean that it is not there.
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

/// Whether we may write a file. It is not opened for that: to close any file of a database gives up all locks that this process
/// holds on it (POSIX fcntl), and another process could take the log away under us.
fn may_write(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?)
}

/// Opens the file for writing, and makes it when it is not there. One that may not be written is refused here: SQLite would open
/// it for reading, and leave files beside it that keep it from being written ever after.
pub(super) fn open(path: &Path) -> Result<Connection> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let error = io::Error::new(ErrorKind::InvalidInput, "it is no file");
        return Err(StoreError::Io { path: path.to_owned(), error });
    }
    match may_write(path) {
        Ok(()) => mend_beside(path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::Io { path: path.to_owned(), error }),
    }
    connect(path, OpenFlags::default())
}

/// Makes the log and its shared memory writable again, where someone who could not write the database has left them so.
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

/// Opens the file to look at it, as it is or beside a daemon.
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
        // Nobody has it open, and nothing is left beside it.
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

/// Whether someone has it open, or has not closed it well.
fn has_log(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok()
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_LIMIT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Without this, every value bound to a statement on a table with a partial index has it planned anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Takes the lock beside the database: `tidings.db.lock`. The system frees it when the process ends, however it ends.
pub(super) fn take_lock(path: &Path) -> Result<File> {
    let path = beside(path, ".lock");
    let open = File::options().create(true).truncate(false).write(true).open(&path);
    // One that another user has made can be locked, too.
    let open = open.or_else(|error| File::open(&path).map_err(|_| error));
    let lock = open.map_err(|error| StoreError::Io { path: path.clone(), error })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked),
        Err(TryLockError::Error(error)) => Err(StoreError::Io { path, error }),
    }
}

/// Copies the whole database, consistent as of one moment, into a new file. An existing file is not touched. The copy has its name
/// once it is complete; until then it is `NAME.part`, which the next copy to that name takes over if this one was killed.
pub(super) fn backup(path: &Path, to: &Path) -> Result<()> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| StoreError::Io { path, error }
    };
    if fs::symlink_metadata(to).is_ok() {
        return Err(failed(to)(ErrorKind::AlreadyExists.into()));
    }
    // Absolute, for SQLite takes a name that begins with `file:` for an address.
    let part = beside(&std::path::absolute(to).map_err(failed(to))?, ".part");
    let Some(part_name) = part.to_str() else {
        let error = io::Error::new(ErrorKind::InvalidInput, "SQLite wants a name in UTF-8");
        return Err(failed(to)(error));
    };
    let source = open_readonly(path)?;
    let is_alone = may_write(path).is_err() && !has_log(path);
    // One whose log was taken away may hold nothing at all.
    source.query_row("SELECT count(*) FROM feeds", [], |_| Ok(()))?;
    // `query_only` forbids writing anywhere, the copy included.
    source.pragma_update(None, "query_only", false)?;
    let copy = take_part(&part).map_err(failed(&part))?;
    let copied = source.execute("VACUUM INTO ?1", [part_name]).map_err(StoreError::from).and_then(|_| {
        copy.sync_all().map_err(failed(&part))?;
        if is_alone && has_log(path) {
            let error =
                io::Error::new(ErrorKind::ResourceBusy, "it was opened while it was copied; try again");
            return Err(failed(path)(error));
        }
        // A link, unlike a rename, takes no name that someone has taken meanwhile; not every file system has links.
        fs::hard_link(&part, to)
            .or_else(|error| match error.kind() {
                ErrorKind::AlreadyExists => Err(error),
                _ => fs::rename(&part, to),
            })
            .map_err(failed(to))
    });
    // It is one of two names of the copy now, or rubbish.
    let _ = fs::remove_file(&part);
    copied
}

/// An empty file to copy into, locked against another copy to the same name.
fn take_part(part: &Path) -> io::Result<File> {
    let busy = || io::Error::new(ErrorKind::ResourceBusy, "another backup writes it");
    let file = File::options().write(true).create(true).truncate(false).open(part)?;
    file.try_lock().map_err(|_| busy())?;
    // The one before may have given this very file its final name since it was opened.
    let (ours, there) = (file.metadata()?, fs::metadata(part)?);
    if ours.nlink() != 1 || (ours.dev(), ours.ino()) != (there.dev(), there.ino()) {
        return Err(busy());
    }
    file.set_len(0)?;
    Ok(file)
}
