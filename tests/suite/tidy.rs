//! Rules for the source: which module may name which, that every file says what it is for and is short, that the documents
//! name tests that exist, and where dependencies come from.

use crate::daemon::root;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and the other modules of ours that it may name. Nobody but [`FREE`] ones may name those.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("clock", &[]),
    ("budget", &[]),
    ("coding", &[]),
    ("visible", &["model"]),
    ("telemetry", &["visible"]),
    ("config", &["model"]),
    ("read", &["model"]),
    ("desk", &["model"]),
    ("admission", &["model"]),
    ("schedule", &["model"]),
    ("render", &["model"]),
    ("fetch", &["model", "budget", "coding"]),
    ("store", &["model"]),
    ("mail", &["model"]),
    // Polls hand in through the queue that ingest opens.
    ("poll", &["model", "clock", "budget", "fetch", "read", "admission", "schedule", "store", "ingest"]),
    ("ingest", &["model", "desk", "admission", "store"]),
    ("websub", &["model", "fetch", "store"]),
    ("pictures", &["model", "clock", "fetch", "store"]),
    ("digest", &["model", "render", "mail", "store"]),
    ("web", &["model", "clock", "budget", "coding", "render", "store"]),
];

/// The same within the desk, where engines may not name each other. Parts that are not listed may name any.
const DESK_ARROWS: &[(&str, &[&str])] = &[
    ("hash", &[]),
    ("logarithm", &[]),
    ("prefetch", &[]),
    ("snapshot", &["hash"]),
    ("text", &["hash"]),
    ("overrides", &["hash", "snapshot"]),
    ("placements", &["hash", "snapshot"]),
    ("dedup", &["hash", "snapshot", "text", "overrides", "placements"]),
    ("topics", &["hash", "logarithm", "prefetch", "snapshot", "text", "overrides", "placements"]),
    ("categories", &["hash", "logarithm", "prefetch", "snapshot", "text"]),
];

/// Modules that may name any other.
const FREE: &[&str] = &["app", "cli", "demo", "lib", "main"];

/// How many lines a file may have.
const LINES: usize = 500;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn every_source(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    sources(&root().join(folder), &mut found);
    assert!(!found.is_empty());
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// The modules below `parent` that this code names outside of comments. With `crate::` as parent, that is `a` of
/// `crate::a::B`, and `a` and `b` of `crate::{a::B, b}`.
fn named_modules(code: &str, parent: &str) -> Vec<String> {
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut named = Vec::new();
    for after in code.split(parent).skip(1) {
        match after.strip_prefix('{') {
            Some(group) => named.extend(names_in_group(group)),
            None => named.push(name_at_start(after)),
        }
    }
    named.retain(|name| !name.is_empty());
    named
}

/// The first name of each member of a group in braces. `group` begins after the opening brace, and may go on after the
/// closing one.
fn names_in_group(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = Vec::new();
    let mut member = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name_at_start(&group[member..at]));
                member = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn name_at_start(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn a_module_is_seen_however_it_is_named() {
    let code = "use crate::store::{Batch, Change};\n    // use crate::web;\nfn f() { crate::clock::now() }\n\
        use crate::{model::{self, Entry}, poll, ingest::{Ingest, queue::{a, b}},\n    app as other};\n\
        pub(crate) fn g() {}\nlet x = if crate::is_so() { mail } else { desk };";
    assert_eq!(named_modules(code, "crate::"), ["store", "clock", "model", "poll", "ingest", "app", "is_so"]);
}

#[test]
fn modules_know_only_whom_they_may() {
    let mut wrong = Vec::new();
    for (path, text) in every_source("src") {
        let inside = path.strip_prefix(root().join("src")).unwrap();
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if FREE.contains(&module) {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{}: {module} is not in the table", inside.display()));
            continue;
        };
        let Some(code) = code_of(inside, &text) else { continue };
        for named in named_modules(code, "crate::") {
            if named != module && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{}: {module} names {named}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The code of a file without its tests, which may know the origin and more; `None` for a file of tests.
fn code_of<'t>(path: &Path, text: &'t str) -> Option<&'t str> {
    let is_of_tests = path.ends_with("tests.rs") || path.iter().any(|part| part == "tests");
    if is_of_tests { None } else { text.split("#[cfg(test)]\nmod tests {").next() }
}

#[test]
fn parts_of_the_desk_know_only_whom_they_may() {
    let mut wrong = Vec::new();
    for (path, text) in every_source("src/desk") {
        let inside = path.strip_prefix(root().join("src/desk")).unwrap();
        let part = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let Some((_, allowed)) = DESK_ARROWS.iter().find(|(name, _)| *name == part) else { continue };
        let Some(code) = code_of(inside, &text) else { continue };
        for named in named_modules(code, "crate::desk::") {
            if named != part && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{}: {part} names {named}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What this code names `levels` above itself: `a` and `b` of `super::super::{a::B, b}` when it is two.
fn named_above(code: &str, levels: usize) -> Vec<String> {
    let path = "super::".repeat(levels);
    // A longer path contains this one and names something else.
    let whole = code.replace(&format!("{path}super::"), "higher::");
    named_modules(&whole, &path)
}

/// What each part of a folder names of the other parts. A part is a file, with the folder of the same name.
fn parts_of(folder: &Path, sources: &[(PathBuf, String)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut parts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let modules = folder.strip_prefix(root().join("src")).unwrap().iter();
    let from_crate: String = modules.map(|module| format!("{}::", module.display())).collect();
    let from_crate = format!("crate::{from_crate}");
    for (path, text) in sources {
        let Ok(inside) = path.strip_prefix(folder) else { continue };
        let Some(code) = code_of(inside, text) else { continue };
        let steps: Vec<&str> = inside.iter().filter_map(|step| step.to_str()).collect();
        let part = steps[0].trim_end_matches(".rs").to_owned();
        let is_folders_own = steps.last() == Some(&"mod.rs");
        let named = parts.entry(part).or_default();
        named.extend(named_above(code, steps.len() - usize::from(is_folders_own)));
        named.extend(named_modules(code, &from_crate));
    }
    parts.remove("mod");
    let names: Vec<String> = parts.keys().cloned().collect();
    for (part, named) in &mut parts {
        named.retain(|other| other != part && names.contains(other));
    }
    parts
}

#[test]
fn parts_of_a_module_do_not_know_each_other_in_circles() {
    let sources = every_source("src");
    let folders: BTreeSet<&Path> = sources.iter().filter_map(|(path, _)| path.parent()).collect();
    let mut wrong = Vec::new();
    for folder in folders.into_iter().filter(|folder| *folder != root().join("src")) {
        let mut parts = parts_of(folder, &sources);
        // A part that names none of the remaining ones is in no circle. What remains at the end is.
        while let Some(last) = parts.iter().find(|(_, named)| named.is_empty()).map(|(part, _)| part.clone())
        {
            parts.remove(&last);
            for named in parts.values_mut() {
                named.remove(&last);
            }
        }
        if !parts.is_empty() {
            wrong.push(format!("{}: {parts:?}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    let mut wrong = Vec::new();
    for (path, text) in every_source("src").into_iter().chain(every_source("tests")) {
        let tests_of_a_module = path.ends_with("tests.rs");
        if !text.starts_with("//!") && !tests_of_a_module {
            wrong.push(format!("{} does not say what it is for", path.display()));
        }
        let lines = text.lines().count();
        if lines > LINES {
            wrong.push(format!("{} has {lines} lines", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn documents_name_tests_that_exist() {
    let sources: Vec<String> =
        every_source("src").into_iter().chain(every_source("tests")).map(|(_, text)| text).collect();
    for document in ["docs/politeness.md", "docs/safety.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        // Other quoted words (`max_interval`, `Retry-After`) have fewer underscores than the name of a test.
        let is_plain =
            |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let is_test =
            |name: &&str| name.matches('_').count() > 1 && is_plain(name) && !name.starts_with("tidings_");
        let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(is_test).collect();
        assert!(!named.is_empty(), "{document}");
        for name in named {
            let declared = format!("fn {name}()");
            let is_test_in = |source: &String| {
                source
                    .split_once(&declared)
                    .is_some_and(|(before, _)| before.lines().rev().take(3).any(|line| line.contains("test")))
            };
            assert!(sources.iter().any(is_test_in), "{document}: no test {name}");
        }
    }
}

#[test]
fn dependencies_come_from_one_registry_and_bring_no_second_tls() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let quoted = |line: &str, key: &str| {
        let value = line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?;
        Some(value.to_owned())
    };
    let values = |key: &str| lock.lines().filter_map(|line| quoted(line, key)).collect::<Vec<_>>();
    assert!(values("name").len() > 100);
    for source in values("source") {
        assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index");
    }
    for name in values("name") {
        assert!(!["openssl-sys", "native-tls", "aws-lc-sys"].contains(&name.as_str()), "{name}");
    }
}
