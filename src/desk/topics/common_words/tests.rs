use super::*;
use crate::desk::text::tokens::{BIGRAM, Tokens};
use std::collections::BTreeMap;

/// Words that are rarer than this are not in the table; topics count them as if they were as common as this.
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
fn the_table_is_whole_and_in_order() {
    let stems = STARTS[BUCKETS] as usize;
    assert_eq!((STARTS.len(), TABLE.len()), (BUCKETS + 1, BUCKETS + stems * ENTRY));
    assert!(stems > 200_000);
    for bucket in 0..BUCKETS {
        let [start, end] = [STARTS[bucket], STARTS[bucket + 1]].map(|stem| BUCKETS + stem as usize * ENTRY);
        let entries = TABLE[start..end].chunks_exact(ENTRY);
        assert!(entries.map(|entry| [entry[1], entry[0]]).is_sorted_by(|a, b| a < b), "{bucket}");
    }
}

/// Makes the table anew. The folder has one file for each language. Each line of it has a word and the word's share of
/// all tokens, separated by a tab. With Python's wordfreq, for each language of `available_languages("small")`:
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
            // A word that is cut into bigrams counts for each of them. Other words of several tokens are left out.
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
    commonest.retain(|_, share| *share >= LEAST_SHARE);
    let (mut table, mut entries) = (vec![0_u8; BUCKETS], Vec::new());
    for (stem, share) in commonest {
        table[(stem >> 16) as usize] += 1;
        entries.extend(&stem.to_le_bytes()[..2]);
        entries.push((-CLASSES_A_FOLD * share.ln()).round() as u8);
    }
    table.extend(entries);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/desk/topics/common_words.bin");
    std::fs::write(path, table).unwrap();
}
