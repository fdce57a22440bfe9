//! The file under the store: deleted, replaced, damaged, copied.

use super::*;
use std::fs;

async fn filled(folder: &Path) -> Store {
    let store = Store::open(&settings(folder)).unwrap();
    let job = |batch: &mut Batch<'_>| {
        batch.sync_feeds(&[FeedSettings::new("https://a.example/feed")], at(1000))?;
        (1..=300).try_for_each(|no| file(batch, &format!("entry-{no}"), no, true).map(|_| ()))
    };
    store.write(job).await.unwrap();
    store
}

async fn know_digest(store: &Store) -> Result<()> {
    store.write(|batch| batch.know_digest("morning", at(1000))).await
}

fn count(store: &Path) -> usize {
    look(store, |reader| reader.feeds()).unwrap()[0].entries as usize
}

#[tokio::test]
async fn a_database_that_is_deleted_is_missed_at_once_and_goes_on_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path()).await;
    assert_eq!(store.trouble(), None);
    let elsewhere = folder.path().join("elsewhere.db");
    fs::rename(store.path(), &elsewhere).unwrap();
    assert_eq!(store.trouble().unwrap().kind, "moved");
    assert!(matches!(know_digest(&store).await, Err(StoreError::Moved(_))));
    assert!(matches!(store.read(|reader| reader.feeds()).await, Err(StoreError::Moved(_))));
    fs::rename(&elsewhere, store.path()).unwrap();
    know_digest(&store).await.unwrap();
    assert_eq!(store.trouble(), None);
}

#[tokio::test]
async fn a_database_put_in_the_place_of_another_is_not_written_and_not_harmed() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path()).await;
    let copy = folder.path().join("copy.db");
    Store::backup(store.path(), &copy).unwrap();
    fs::rename(&copy, store.path()).unwrap();
    let said = know_digest(&store).await.unwrap_err().to_string();
    assert!(said.contains("deleted or replaced") && said.contains("started again"), "{said}");
    let path = store.path().to_owned();
    drop(store);
    assert_eq!(count(&path), 300);
    know_digest(&Store::open(&settings(folder.path())).unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_log_taken_away_is_missed_and_no_copy_is_made_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path()).await;
    for ending in ["-wal", "-shm"] {
        let (file, away) =
            (crate::store::file::beside(store.path(), ending), folder.path().join(format!("away{ending}")));
        fs::rename(&file, &away).unwrap();
        assert!(matches!(know_digest(&store).await, Err(StoreError::Moved(_))), "{ending}");
        fs::rename(&away, &file).unwrap();
        know_digest(&store).await.unwrap();
    }
    // What it holds without its log, which is nothing yet.
    let bare = folder.path().join("bare.db");
    fs::copy(store.path(), &bare).unwrap();
    let copy = folder.path().join("copy.db");
    assert!(Store::backup(&bare, &copy).is_err() && !copy.exists());
}

#[tokio::test]
async fn a_database_has_one_lock_under_all_its_names_and_must_be_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path()).await;
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(store.path(), &link).unwrap();
    let other = StoreSettings { path: link, max_pages: None };
    assert!(matches!(Store::open(&other), Err(StoreError::Locked)));
    let no_file = StoreSettings { path: folder.path().join("folder"), max_pages: None };
    fs::create_dir(&no_file.path).unwrap();
    assert!(Store::open(&no_file).unwrap_err().to_string().contains("no file"));
}

#[tokio::test]
async fn a_copy_has_its_name_only_when_it_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path()).await;
    let (path, copy) = (store.path().to_owned(), folder.path().join("copy.db"));
    let part = folder.path().join("copy.db.part");
    // What one that was killed left.
    fs::write(&part, "half of it").unwrap();
    Store::backup(&path, &copy).unwrap();
    assert_eq!((count(&copy), part.exists()), (300, false));
    let said = Store::backup(&path, &copy).unwrap_err().to_string();
    assert!(said.ends_with("there is a file of this name already; name another"), "{said}");
    fs::remove_file(&copy).unwrap();
    drop(store);
    // It fails when it has copied a part.
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].iter_mut().for_each(|byte| *byte = 0xaa);
    fs::write(&path, bytes).unwrap();
    assert!(Store::backup(&path, &copy).is_err());
    assert!(!copy.exists() && !part.exists());
}

#[tokio::test]
async fn of_two_copies_to_one_name_one_is_refused_and_so_is_a_name_that_sqlite_cannot_take() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path()).await;
    let copy = folder.path().join("copy.db");
    let part =
        File::options().write(true).create(true).truncate(false).open(folder.path().join("copy.db.part"));
    let part = part.unwrap();
    part.lock().unwrap();
    assert!(Store::backup(store.path(), &copy).unwrap_err().to_string().contains("another backup"));
    // The other one ends, and its copy has a second name for a moment.
    drop(part);
    fs::hard_link(folder.path().join("copy.db.part"), folder.path().join("other.db")).unwrap();
    fs::write(folder.path().join("other.db"), "whole").unwrap();
    assert!(Store::backup(store.path(), &copy).is_err());
    assert_eq!(fs::read(folder.path().join("other.db")).unwrap(), b"whole");

    let strange = folder.path().join(std::ffi::OsStr::from_bytes(b"copy-\xff.db"));
    assert!(Store::backup(store.path(), &strange).unwrap_err().to_string().contains("UTF-8"));
    assert!(!strange.exists());
}

#[test]
fn what_may_not_be_looked_at_is_not_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("tidings.db");
    let said = look(&missing, |reader| reader.feeds()).unwrap_err();
    assert!(matches!(said, StoreError::Missing(_)), "{said}");
    // A file in the place of a folder may be looked into by nobody.
    fs::write(folder.path().join("file"), "").unwrap();
    let said = look(&folder.path().join("file/tidings.db"), |reader| reader.feeds()).unwrap_err();
    assert!(matches!(said, StoreError::Io { .. }) && !said.to_string().contains("not exist yet"), "{said}");
}

#[tokio::test]
async fn a_full_disk_is_known_as_one_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()).await);
    let pages = fs::metadata(folder.path().join("tidings.db")).unwrap().len() / 4096;
    let full = StoreSettings { max_pages: Some(pages as u32 + 4), ..settings(folder.path()) };
    let store = Store::open(&full).unwrap();
    let too_much = |batch: &mut Batch<'_>| {
        (301..=2_000).try_for_each(|no| file(batch, &format!("entry-{no}"), no, true).map(|_| ()))
    };
    assert!(matches!(store.write(too_much).await, Err(StoreError::Full)));
    assert_eq!(store.trouble().unwrap().kind, "full");
    know_digest(&store).await.unwrap();
    assert_eq!(store.trouble(), None);
}

#[tokio::test]
async fn a_database_and_its_copies_are_not_for_everybody_to_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path()).await;
    let copy = folder.path().join("copy.db");
    Store::backup(store.path(), &copy).unwrap();
    for file in [store.path(), &copy, &super::super::file::beside(store.path(), "-wal")] {
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o007, 0, "{}: {mode:o}", file.display());
    }
}
