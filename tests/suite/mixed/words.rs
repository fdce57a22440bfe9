//! Words for the entries of the mixed newsroom, from lists in a file. The same number always gives the same word.

use std::collections::HashMap;
use std::sync::LazyLock;
use xxhash_rust::xxh3::xxh3_64_with_seed;

static LISTS: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("../data/mixed-words.txt").lines();
    let lists = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    lists.map(|(name, words)| (name, words.split(" | ").collect())).collect()
});

fn list(name: &str) -> &'static [&'static str] {
    LISTS.get(name).unwrap_or_else(|| panic!("there are no words {name}"))
}

/// Word `n` of the list, which begins again after its last word.
pub(super) fn turn(name: &str, n: u64) -> &'static str {
    let words = list(name);
    words[n as usize % words.len()]
}

/// Some word of the list, as if drawn at random, always the same for one `n`.
pub(super) fn any(name: &str, n: u64) -> &'static str {
    let words = list(name);
    words[xxh3_64_with_seed(name.as_bytes(), n) as usize % words.len()]
}

/// A number from `least` to `most`, as if drawn at random. `what` tells apart the numbers of one entry.
pub(super) fn number(what: &str, n: u64, least: u64, most: u64) -> u64 {
    least + xxh3_64_with_seed(what.as_bytes(), n) % (most - least + 1)
}

/// A pattern with a word in place of `{}`, and a capital at its beginning.
pub(super) fn filled(pattern: &str, word: &str) -> String {
    let filled = pattern.replace("{}", word);
    let mut letters = filled.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A headline as publishers write it in addresses.
pub(super) fn slug(title: &str) -> String {
    let plain: String = title
        .chars()
        .map(|c| match c {
            'ä' | 'á' | 'â' => "a".to_owned(),
            'é' | 'è' => "e".to_owned(),
            'í' => "i".to_owned(),
            'ö' | 'Ö' | 'ó' => "o".to_owned(),
            'ü' | 'Ü' | 'ú' => "u".to_owned(),
            'ñ' => "n".to_owned(),
            'ß' => "ss".to_owned(),
            '\'' | '’' => String::new(),
            other => other.to_string(),
        })
        .collect();
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// A number with commas between thousands.
pub(super) fn grouped(number: u64) -> String {
    if number < 1_000 {
        number.to_string()
    } else {
        format!("{},{:03}", grouped(number / 1_000), number % 1_000)
    }
}
