use super::*;
use std::collections::BTreeMap;

const NEWEST: usize = 5;

fn tables() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(include_str!("../schema/1.sql")).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    connection
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// An index that makes a run of every 50 pairs, so that there are runs of all sizes soon.
fn small(connection: &Connection) -> FingerprintIndex {
    FingerprintIndex { capacity: 50, ..FingerprintIndex::load(connection).unwrap() }
}

/// Some keys that are shared by few or by many; the same on every run.
fn keys_of(entry: i64) -> Vec<u64> {
    let mixed = |salt: i64| ((entry * 4 + salt).cast_unsigned()).wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 20;
    vec![mixed(0), mixed(1) % 40, mixed(2) % 700, u64::MAX - mixed(3) % 3]
}

#[test]
fn the_newest_entries_under_a_key_are_found_wherever_they_are() {
    let connection = tables();
    let mut index = small(&connection);
    let mut expected: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
    for entry in 1..=3_000 {
        index.put(&connection, entry, &keys_of(entry), NEWEST, at(entry)).unwrap();
        for key in keys_of(entry) {
            expected.entry(key).or_default().insert(0, entry);
        }
        index.flush(&connection).unwrap();
    }
    let sizes: Vec<u64> = index.runs.iter().map(|run| run.pairs / 50).collect();
    assert!(sizes.iter().filter(|size| **size >= LARGEST).count() > 10, "{sizes:?}");
    assert!(sizes.iter().filter(|size| **size < LARGEST).count() < 2 * FANOUT, "{sizes:?}");
    // As it was left, and as a restart finds it.
    for index in [index, FingerprintIndex::load(&connection).unwrap()] {
        for (key, entries) in &expected {
            let newest: Vec<i64> = entries.iter().copied().take(NEWEST).collect();
            assert_eq!(index.find(&connection, *key, NEWEST).unwrap(), newest, "{key}");
        }
        assert_eq!(index.find(&connection, 77_777_777_777, NEWEST).unwrap(), [0_i64; 0]);
    }
}

#[test]
fn an_entry_that_comes_again_is_filed_under_what_is_new_alone() {
    let connection = tables();
    let mut index = small(&connection);
    for entry in 1..=40 {
        index.put(&connection, entry, &[7, entry.cast_unsigned() + 100], 64, at(1)).unwrap();
    }
    index.flush(&connection).unwrap();
    assert_eq!((index.runs.len(), index.memtable.len()), (1, 0));
    index.put(&connection, 3, &[7, 103, 999], 64, at(2)).unwrap();
    assert_eq!(index.memtable.iter().collect::<Vec<_>>(), [&(999, 3)]);
    assert_eq!(index.find(&connection, 999, 64).unwrap(), [3]);
    assert_eq!(index.find(&connection, 7, 64).unwrap().len(), 40);
}

#[test]
fn a_key_that_fills_many_chunks_yields_its_newest() {
    let connection = tables();
    let mut index = small(&connection);
    let many = 3 * CHUNK_PAIRS as i64;
    for entry in 1..=many {
        index.put(&connection, entry, &[5, 6, 7], 64, at(1)).unwrap();
    }
    index.flush(&connection).unwrap();
    assert!(index.runs[0].sparse_index.len() > 8);
    for key in [5, 6, 7] {
        let newest: Vec<i64> = (many - 399..=many).rev().collect();
        assert_eq!(index.find(&connection, key, 400).unwrap(), newest);
    }
    assert_eq!(index.find(&connection, 4, 64).unwrap(), [0_i64; 0]);
}

#[test]
fn keys_of_what_is_forgotten_go_and_others_stay() {
    let connection = tables();
    let mut index = small(&connection);
    for (entries, second) in [(1..=30, 100), (31..=60, 200), (61..=90, 300)] {
        for entry in entries {
            index.put(&connection, entry, &[entry.cast_unsigned(), 1_000], 64, at(second)).unwrap();
        }
        index.flush(&connection).unwrap();
    }
    // Of the first run nothing is left, of the second one entry, of the third, which is young, nothing.
    connection
        .execute(
            "INSERT INTO entries (no, feed, key, reference, hash, story, title, text, seen_at)
             VALUES (40, 1, 'k', 1, x'', 1, '', '', 1)",
            [],
        )
        .unwrap();
    let mut weeded = 0;
    while index.compact(&connection, 250, at(400)).unwrap() {
        weeded += 1;
    }
    assert_eq!(weeded, 2);
    for index in [index, FingerprintIndex::load(&connection).unwrap()] {
        assert_eq!(index.find(&connection, 30, 64).unwrap(), [0_i64; 0]);
        assert_eq!(index.find(&connection, 40, 64).unwrap(), [40]);
        assert_eq!(index.find(&connection, 1_000, 64).unwrap().len(), 31);
    }
    let chunks: i64 = connection.query_row("SELECT count(*) FROM key_chunks", [], |row| row.get(0)).unwrap();
    assert_eq!(chunks, 2);
}

#[test]
fn a_filter_lets_few_pass_that_it_does_not_hold() {
    let held = |key: u64| key.wrapping_mul(0xA24B_AED4_963E_E407);
    let mut filter = Filter::for_pairs(20_000);
    (0..20_000).for_each(|key| filter.add(held(key)));
    assert!((0..20_000).all(|key| filter.may_hold(held(key))));
    let passed = (20_000..120_000).filter(|key| filter.may_hold(held(*key))).count();
    assert!(passed < 2_000, "{passed} of 100,000");
}
