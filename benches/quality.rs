//! Measures how well the desk judges, on labelled sets that are part of this repository: which entries are one story, which
//! stories are about one event, and to which section each belongs. `tests/quality/README.md` describes the sets.
//!
//! `cargo bench --bench quality`, or `cargo bench --bench quality -- KIND FOLDER` for other sets of a kind (`stories`, `topics`,
//! `sections`) in the same format.
//!
//! It runs the program as an operator does and reads what it prints. It must not know the desk, so that any way of filing
//! entries can be measured.

#![allow(missing_docs, reason = "a program")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a program that prints and may fail"
)]

#[path = "../tests/quality/score.rs"]
mod score;
#[path = "../tests/quality/sets.rs"]
mod sets;

use score::{Sections, Stories, Topics};
use std::path::{Path, PathBuf};

fn main() {
    // Cargo adds an option of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match &arguments[..] {
        [] => {
            for kind in ["stories", "topics", "sections"] {
                measure(kind, &sets::own(kind));
            }
        }
        [kind, folder] => measure(kind, Path::new(folder)),
        _ => panic!("either nothing, or a kind of sets and a folder"),
    }
}

fn measure(kind: &str, folder: &Path) {
    let files = sets::files(folder);
    match kind {
        "stories" => stories(&files),
        "topics" => topics(&files),
        "sections" => sections(&files),
        _ => panic!("{kind}: stories, topics or sections"),
    }
}

fn stories(files: &[PathBuf]) {
    let (mut all, mut failed) = (Stories::default(), Vec::new());
    for file in files {
        let found = Stories::of(&sets::placed(file, "story"));
        if !found.hold() {
            failed.push(format!("  {}: {} lost, {} missed", sets::name(file), found.lost, found.missed));
        }
        all += found;
    }
    println!("{:<24} {:>8} {:>8} {:>8} {:>8}", "stories", "cases", "hold", "lost", "missed");
    let held = files.len() - failed.len();
    println!("{:<24} {:>8} {held:>8} {:>8} {:>8}", "all", files.len(), all.lost, all.missed);
    if !failed.is_empty() {
        println!("do not hold:\n{}", failed.join("\n"));
    }
    println!();
}

fn topics(files: &[PathBuf]) {
    println!(
        "{:<24} {:>8} {:>8} {:>8} {:>8} {:>8} {:>16}",
        "topics (B-cubed)", "entries", "P", "R", "F1", "lone", "put with others"
    );
    let print = |name: &str, found: &Topics| {
        println!(
            "{name:<24} {:>8} {:>8.3} {:>8.3} {:>8.3} {:>8} {:>16}",
            found.entries,
            found.precision(),
            found.recall(),
            found.f1(),
            found.lone,
            found.lone_with_others
        );
    };
    let mut all = Topics::default();
    for file in files {
        let found = Topics::of(&sets::placed(file, "topic"));
        print(&sets::name(file), &found);
        all += found;
    }
    print("all", &all);
    println!();
}

fn sections(files: &[PathBuf]) {
    println!(
        "{:<24} {:>8} {:>8} {:>8} {:>21}",
        "sections", "guessed", "right", "decided", "right of the decided"
    );
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    for file in files {
        let found = Sections::of(&sets::guessed(file));
        println!(
            "{:<24} {:>8} {:>8.3} {:>8.3} {:>21.3}",
            sets::name(file),
            found.entries,
            share(found.right, found.entries),
            share(found.decided, found.entries),
            share(found.decided_right, found.decided)
        );
    }
}
