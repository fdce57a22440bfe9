use super::*;
use crate::desk::text::tokens::{BIGRAM, Tokens};
use std::collections::BTreeMap;

/// Words rarer than this are not worth their place: topics count them as if they were as common as that.
const LEAST_SHARE: f32 = 1e-5;

fn share_of(word: &str) -> f32 {
    share(Tokens::of(word, 1).list[0].stem)
}

#[test]
fn stop_words_are_commoner_than_everyday_words_and_those_than_names() {
    for (stop_word, everyday, name) in [
        ("the", "bridge", "Brackwater"),
        ("und", "Brücke", "Wendelau"),
        ("de", "puente", "Valdehondo"),
        ("і", "міст", "Мирогір"),
        ("ve", "köprü", "Kavaklıbel"),
        ("の", "大学", "霧隠"),
    ] {
        let shares = [stop_word, everyday, name].map(share_of);
        assert!(shares[0] > 10.0 * shares[1] && shares[1] > 0.0, "{stop_word} {everyday}: {shares:?}");
        assert!(shares[2] == 0.0, "{name}: {shares:?}");
    }
}

#[test]
fn a_table_is_read_as_far_as_it_is_whole() {
    let table = encode(&BTreeMap::from([(5, vec![7, 8, 300, u32::MAX]), (9, vec![0])]));
    let all = [(5, 7), (5, 8), (5, 300), (5, u32::MAX), (9, 0)];
    assert_eq!(entries(&table), all);
    for end in 0..table.len() {
        let read = entries(&table[..end]);
        assert_eq!(read, all[..read.len()]);
    }
    assert_eq!(entries(&[5, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255]), []);
}

fn entries(table: &[u8]) -> Vec<(u8, u32)> {
    let mut found = Vec::new();
    each_entry(table, |class, stem| found.push((class, stem)));
    found
}

#[test]
fn the_table_is_whole_and_memory_for_it_is_asked_for_once() {
    assert_eq!(entries(TABLE).len(), STEMS);
}

fn encode(classes: &BTreeMap<u8, Vec<u32>>) -> Vec<u8> {
    let mut table = Vec::new();
    for (class, stems) in classes {
        table.push(*class);
        table.extend((stems.len() as u32).to_le_bytes());
        let mut before = 0;
        for stem in stems {
            let mut step = stem - before;
            before = *stem;
            while step >= 0x80 {
                table.push(step as u8 | 0x80);
                step >>= 7;
            }
            table.push(step as u8);
        }
    }
    table
}

/// Makes the table anew. The folder has a file for each language, with a word and its share of all tokens on each line, parted
/// by a tab. With Python's wordfreq, for each language of `available_languages("small")`:
/// `for word in iter_wordlist(language, "small"): print(word, word_frequency(word, language, "small"), sep="\t")`
#[test]
#[ignore = "makes common_words.bin: WORD_LISTS=FOLDER cargo test --lib common_words -- --ignored"]
fn make_the_table() {
    let folder = std::env::var("WORD_LISTS").unwrap();
    let mut commonest: BTreeMap<u32, f32> = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let mut shares: BTreeMap<u32, f32> = BTreeMap::new();
        for line in std::fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            let (word, share) = line.split_once('\t').unwrap();
            let tokens = Tokens::of(word, 50).list;
            // What is cut into several words is counted as those.
            if tokens.len() == 1 || tokens.iter().all(|token| token.is(BIGRAM)) {
                let share: f32 = share.parse().unwrap();
                for token in &tokens {
                    *shares.entry(token.stem).or_default() += share;
                }
            }
        }
        for (stem, share) in shares {
            let most = commonest.entry(stem).or_default();
            *most = most.max(share);
        }
    }
    let mut classes: BTreeMap<u8, Vec<u32>> = BTreeMap::new();
    for (stem, share) in commonest.into_iter().filter(|(_, share)| *share >= LEAST_SHARE) {
        classes.entry((-CLASSES_A_FOLD * share.ln()).round() as u8).or_default().push(stem);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/desk/topics/common_words.bin");
    std::fs::write(path, encode(&classes)).unwrap();
}
