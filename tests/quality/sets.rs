//! Reads the labelled sets from their files, and files them with `tidings replay`. For the test of the small cases and for
//! the bench.
//!
//! Knows the program and its `replay --json --entries`; must not know how the answers are judged.

use super::score::{Guessed, Placed};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of this project's sets of a kind.
pub(crate) fn own(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quality").join(kind)
}

/// The sets in a folder, sorted by name.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<PathBuf> = found.map(|file| file.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    found.sort();
    assert!(!found.is_empty(), "{} holds no set", folder.display());
    found
}

/// The name of a set: its file's, without the ending.
pub(crate) fn name(file: &Path) -> String {
    file.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Each labelled line, with the line that the program printed for it at its default settings.
fn replayed(file: &Path) -> Vec<(Value, Value)> {
    let lines =
        |text: &str| -> Vec<Value> { text.lines().map(|line| serde_json::from_str(line).unwrap()).collect() };
    let labelled = lines(&fs::read_to_string(file).unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    let output = command.args(["replay", "--json", "--entries"]).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = lines(&String::from_utf8(output.stdout).unwrap());
    let ids = |lines: &[Value]| lines.iter().map(|line| line["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&labelled), ids(&printed), "{}", file.display());
    labelled.into_iter().zip(printed).collect()
}

/// Where each entry of a set was put. `kind` is the key of both the label and the printed number: `story` or `topic`.
pub(crate) fn placed(file: &Path, kind: &str) -> Vec<Placed> {
    let label = |line: &Value| match line[kind].as_str() {
        Some(label) => label.to_owned(),
        None => panic!("{}: an entry has no {kind}: {line}", file.display()),
    };
    let place = |(labelled, printed): &(Value, Value)| Placed {
        label: label(labelled),
        found: printed[kind].as_i64().unwrap(),
    };
    replayed(file).iter().map(place).collect()
}

/// What was guessed about each entry of a set that has a `section`.
pub(crate) fn guessed(file: &Path) -> Vec<Guessed> {
    let lines = replayed(file);
    let guess = |(labelled, printed): &(Value, Value)| {
        Some(Guessed {
            section: labelled["section"].as_str()?.to_owned(),
            guess: printed["guess"].as_str().map(str::to_owned),
            category: printed["category"].as_str().unwrap().to_owned(),
        })
    };
    lines.iter().filter_map(guess).collect()
}
