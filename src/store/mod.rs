//! The store: one SQLite file, written by one thread, read by a small pool.
//!
//! It knows rows and transactions; it must not know what makes two entries the same story, when to poll, or how
//! anything looks. Its shape follows what the loops need, so that a second store can stand beside it: a write is a
//! closure over a [`Batch`] that commits as a whole or not at all; a read is a closure over a [`Reader`].

mod apply;
mod batch;
mod candidates;
mod days;
mod editions;
mod feeds;
mod file;
mod fingerprint_index;
mod id_index;
mod ledger;
mod links;
mod moves;
mod orders;
mod outputs;
mod pictures;
mod reader;
mod recipients;
mod related;
mod requests;
mod retention;
mod revisions;
mod schema;
mod search;
mod segments;
mod snapshot;
mod stored_entries;
mod stories;
mod suppression;
mod topics;
mod websub;

pub use apply::{Brought, Change, Decision, Origin};
pub use batch::{Batch, EntrySlot};
pub use editions::DigestState;
pub use ledger::Totals;
pub use outputs::{Scope, StoryQuery};
pub use pictures::PICTURE_BYTES;
pub use reader::Reader;
pub use recipients::set_recipients;
pub use retention::{KEPT, Pruning};
pub use segments::Chosen;
pub use snapshot::DeskRecord;
pub use stored_entries::StoredEntry;

use crate::model::StoreSettings;
use file::{Files, open_readonly};
use fingerprint_index::FingerprintIndex;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Connections for reading. Pages are short queries; more would only compete for two cores.
const READERS: usize = 4;

/// How long a read may take before it is interrupted.
const READ_LIMIT: Duration = Duration::from_secs(10);

/// What went wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is a database of another program.
    #[error("this file is a database of another program; give [store] path a file of its own")]
    NotOurs,
    /// The file is no database at all.
    #[error("this file is not a database, or it is damaged; restore a backup, or move it away to begin anew")]
    NotADatabase,
    /// A newer Tidings wrote the file.
    #[error(
        "this database was written by a newer Tidings (its schema is version {found}, this program knows {known}); \
         run that version, or restore a backup made before the upgrade"
    )]
    Newer {
        /// Version of the file.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// Its tables are those of another build of the same version.
    #[error(
        "this database was made by an earlier build, before the first release, whose tables were others; move it away \
         with its -wal and -shm files and start again: what the feeds still carry is filed anew"
    )]
    OtherTables,
    /// The file system cannot do what a write-ahead log needs.
    #[error(
        "the file system cannot hold a write-ahead log (a network share?); put the database on a local disk"
    )]
    NoWal,
    /// There is no file yet.
    #[error("{} does not exist yet; `tidings run` makes it", .0.display())]
    Missing(PathBuf),
    /// The file is no longer the one that was opened.
    #[error(
        "{} was deleted or replaced while it was in use; nothing is filed until it is back, or tidings is started \
         again", .0.display()
    )]
    Moved(PathBuf),
    /// Another process holds the lock.
    #[error("another tidings is running on this database; stop it first")]
    Locked,
    /// There is no room left.
    #[error("the disk is full; nothing was lost, and work goes on when there is room again")]
    Full,
    /// The file system, or the file, has become read-only.
    #[error(
        "the database or its file system is read-only; nothing was lost, and work goes on when it can be written again"
    )]
    ReadOnly,
    /// The disk fails.
    #[error("the disk fails ({0}); the system's log may say why")]
    Disk(String),
    /// The file cannot be opened.
    #[error(
        "the database cannot be opened ({0}); are there file descriptors left, and may its folder be looked into?"
    )]
    CannotOpen(String),
    /// The file or its folder cannot be used.
    #[error("{path}: {error}", path = .path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A read took too long and was interrupted.
    #[error("the query took too long and was stopped")]
    TooLong,
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
    /// A row holds what this program never writes.
    #[error("the database holds something unexpected: {0}")]
    Damaged(String),
    /// Anything else that SQLite says.
    #[error("SQLite: {0}")]
    Sqlite(rusqlite::Error),
}

impl StoreError {
    /// A stable word for logs and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotOurs => "not-ours",
            Self::NotADatabase => "not-a-database",
            Self::Newer { .. } => "newer",
            Self::OtherTables => "other-tables",
            Self::NoWal => "no-wal",
            Self::Missing(_) => "missing",
            Self::Moved(_) => "moved",
            Self::Locked => "locked",
            Self::ReadOnly => "read-only",
            Self::Disk(_) => "disk",
            Self::CannotOpen(_) => "cannot-open",
            Self::Full => "full",
            Self::Io { .. } => "io",
            Self::TooLong => "too-long",
            Self::Closed => "closed",
            Self::Damaged(_) => "damaged",
            Self::Sqlite(_) => "sqlite",
        }
    }

    /// Whether the machine is the cause (disk, permissions, file), and not what was to be written. Such an error goes
    /// away by itself or when the operator acts.
    pub fn is_of_the_machine(&self) -> bool {
        use StoreError::{CannotOpen, Closed, Disk, Full, Io, Moved, ReadOnly};
        matches!(self, Full | ReadOnly | Disk(_) | CannotOpen(_) | Moved(_) | Io { .. } | Closed)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::CannotOpen) => Self::CannotOpen(error.to_string()),
            Some(ErrorCode::SystemIoFailure) => Self::Disk(error.to_string()),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::NotADatabase,
            Some(ErrorCode::OperationInterrupted) => Self::TooLong,
            _ => Self::Sqlite(error),
        }
    }
}

/// What keeps the store from being written, for `/healthz` and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// A stable word, as [`StoreError::kind`].
    pub kind: &'static str,
    /// A sentence for the operator.
    pub words: String,
}

impl Trouble {
    fn of(error: &StoreError) -> Option<Self> {
        error.is_of_the_machine().then(|| Self::in_words(error))
    }

    fn in_words(error: &StoreError) -> Self {
        Self { kind: error.kind(), words: error.to_string() }
    }
}

/// A result of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

type Job = Box<dyn FnOnce(&mut Writer) + Send>;

/// What the writer thread holds.
struct Writer {
    connection: Connection,
    /// The index of fingerprints, as the last commit left it; read again when it is asked for and is not there.
    index: Option<FingerprintIndex>,
}

/// A handle on the store; clones share it. The file is closed when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// `None` only while dropping: closing the channel ends the writer.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    path: PathBuf,
    /// The files that were opened under that name.
    files: Files,
    /// Why the last write failed, if that was the machine's fault.
    trouble: Mutex<Option<Trouble>>,
    idle: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
    /// Counts committed writes: whoever caches what it read compares this.
    version: AtomicU64,
    /// Keeps other processes from deciding beside us.
    _lock: File,
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            // The writer only ends by itself; a panic in it has already been reported.
            let _ = writer.join();
        }
    }
}

impl Store {
    /// Opens the file of `settings`, creating it and its folder when missing, and brings its tables up to date. Holds
    /// the lock that keeps a second process from deciding on the same file.
    pub fn open(settings: &StoreSettings) -> Result<Self> {
        // Symbolic links are resolved, so that two names of one file have one lock.
        let path = std::fs::canonicalize(&settings.path).unwrap_or_else(|_| settings.path.clone());
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| StoreError::Io { path: folder.to_owned(), error })?;
        }
        let lock = file::take_lock(&path)?;
        let mut connection = file::open(&path)?;
        schema::prepare(&mut connection)?;
        // FULL: a commit that we acknowledged survives a power cut. Validators would otherwise outlive entries.
        connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192;
             PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;
             PRAGMA wal_autocheckpoint = 4000;",
        )?;
        if let Some(pages) = settings.max_pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        let (jobs, mut inbox) = mpsc::channel::<Job>(64);
        let mut writer = Writer { connection, index: None };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                while let Some(job) = inbox.blocking_recv() {
                    job(&mut writer);
                }
                let _ = writer.connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
            })
            .map_err(|error| StoreError::Io { path: path.clone(), error })?;
        Ok(Self {
            inner: Arc::new(Inner {
                jobs: Some(jobs),
                writer: Some(thread),
                files: Files::of(&path)?,
                path,
                trouble: Mutex::new(None),
                idle: Mutex::new(Vec::new()),
                places: Arc::new(Semaphore::new(READERS)),
                version: AtomicU64::new(0),
                _lock: lock,
            }),
        })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Counts committed writes of this process; equal values mean that nothing has changed in between.
    pub fn version(&self) -> u64 {
        self.inner.version.load(Ordering::Acquire)
    }

    /// Runs `job` on the writer thread in one transaction. It is committed when `job` returns `Ok` and rolled back
    /// otherwise; what `job` returned is given back only when the commit has succeeded.
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Batch<'_>) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let run = move |writer: &mut Writer| {
            // Taken out of the writer, so that a transaction that fails or panics leaves no stale index behind.
            let mut index = writer.index.take();
            // A panic in a job must not end the writer: the transaction is rolled back, and whoever waits is told.
            let job = std::panic::AssertUnwindSafe(|| transact(&mut writer.connection, &mut index, job));
            let result = std::panic::catch_unwind(job).unwrap_or_else(|_| {
                Err(StoreError::Damaged("a write panicked; please report this".to_owned()))
            });
            if result.is_ok() {
                writer.index = index;
            }
            let _ = reply.send(result);
        };
        if let Err(error) = self.inner.in_place() {
            self.inner.note_trouble(Trouble::of(&error));
            return Err(error);
        }
        let jobs = self.inner.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(Box::new(run)).await.map_err(|_| StoreError::Closed)?;
        let result = answer.await.map_err(|_| StoreError::Closed)?;
        match &result {
            Ok(_) => {
                self.inner.version.fetch_add(1, Ordering::Release);
                self.inner.note_trouble(None);
            }
            Err(error) => {
                if let Some(trouble) = Trouble::of(error) {
                    self.inner.note_trouble(Some(trouble));
                }
            }
        }
        result
    }

    /// What keeps the store from being written, as the file shows now or the last write showed.
    pub fn trouble(&self) -> Option<Trouble> {
        let seen = self.inner.in_place().err().and_then(|error| Trouble::of(&error));
        seen.or_else(|| self.inner.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Runs `query` on a connection that only reads, on a thread that may block, for 10 s at the most.
    pub async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Reader<'_>) -> Result<T> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let place = Arc::clone(&self.inner.places).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        tokio::task::spawn_blocking(move || {
            // Held until the query has ended, even if its caller has stopped waiting.
            let _place = place;
            inner.in_place()?;
            let mut connection = inner.take_reader()?;
            let deadline = Instant::now() + READ_LIMIT;
            connection.progress_handler(10_000, Some(move || Instant::now() > deadline))?;
            // One transaction, so that all its statements see the same moment.
            let result = {
                let transaction = connection.transaction()?;
                query(&Reader::new(&transaction))
            };
            if let Err(error @ StoreError::NotADatabase) = &result {
                inner.note_trouble(Some(Trouble::in_words(error)));
            }
            connection.progress_handler(0, None::<fn() -> bool>)?;
            inner.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        })
        .await
        .map_err(|_| StoreError::Closed)?
    }

    /// Copies the whole database, consistent as of one moment, into a new file. An existing file is not touched.
    pub fn backup(path: &Path, to: &Path) -> Result<()> {
        file::backup(path, to)
    }
}

impl Inner {
    fn in_place(&self) -> Result<()> {
        self.files.check()
    }

    fn note_trouble(&self, trouble: Option<Trouble>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    fn take_reader(&self) -> Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| open_readonly(&self.path), Ok)
    }
}

/// Opens the file beside a running daemon, for commands that only look: at one moment of it, however long they take.
pub fn look<T, E: From<StoreError>>(
    path: &Path,
    query: impl FnOnce(&Reader<'_>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let mut connection = open_readonly(path)?;
    let transaction = connection.transaction().map_err(StoreError::from)?;
    query(&Reader::new(&transaction))
}

/// Appends an order beside a running daemon, which carries it out at its next step.
pub fn append_order(path: &Path, order: &crate::model::OrderKind, at: jiff::Timestamp) -> Result<()> {
    write_beside(path, |batch| batch.add_order(order, at).map(|_| ()))
}

/// Asks a running daemon for an edition beside the schedule. Says whether it knows the digest.
pub fn want_edition(path: &Path, digest: &str, at: jiff::Timestamp) -> Result<bool> {
    write_beside(path, |batch| batch.want_edition(digest, at))
}

/// One transaction beside a running daemon. What is decided there, such as stories, must not be touched.
fn write_beside<T>(path: &Path, job: impl FnOnce(&mut Batch<'_>) -> Result<T>) -> Result<T> {
    Files::of(path)?;
    transact(&mut file::open(path)?, &mut None, job)
}

fn transact<T>(
    connection: &mut Connection,
    index: &mut Option<FingerprintIndex>,
    job: impl FnOnce(&mut Batch<'_>) -> Result<T>,
) -> Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut batch = Batch::new(&transaction, index);
    let value = job(&mut batch)?;
    batch.finish()?;
    transaction.commit()?;
    Ok(value)
}

#[cfg(test)]
mod tests;
