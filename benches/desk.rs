//! Measures the desk in memory, as `replay --entries` uses it: entries a second on one core, how the time splits, and the
//! peak of memory.
//!
//! The news is made up. Each entry is a function of its number, with words about as frequent as in real texts (Zipf). There
//! are up to thirty stories about an event, and 40 feeds, half of them of a fixed category. One entry in five copies an
//! earlier one, cut or with another headline. It must not touch the store.
//!
//! `taskset -c 1 cargo bench --bench desk`. Each line is the median of three processes.
//!
//! - *headlines*: ten words each. *leads*: a text of 60 words besides. *full texts*: a text of 400 words besides.
//! - *many topics*: leads about an event each, until 50,000 topics are active; the last 10,000 entries are measured.

#![allow(missing_docs, reason = "a program")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program that prints and may fail"
)]

use jiff::{SignedDuration, Timestamp};
use std::process::Command;
use std::time::{Duration, Instant};
use tidings::desk::Desk;
use tidings::desk::memory_index::MemoryIndex;
use tidings::model::{CategoryName, DeskSettings, Entry, EntryNo, EntryRef, FeedFacts, FeedNo, Submission};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Name, number of entries, how many of them are measured (the last ones), words of a text, most stories of an event.
const SHAPES: [(&str, u64, u64, u64, u64); 4] = [
    ("headlines", 20_000, 20_000, 0, 30),
    ("leads", 20_000, 20_000, 60, 30),
    ("full texts", 5_000, 5_000, 400, 30),
    ("many topics", 60_000, 10_000, 60, 1),
];
const FEEDS: u64 = 40;
const SECTIONS: u64 = 8;
const RUNS: usize = 3;

/// Random numbers that are the same on every run: SplitMix64 (Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % below
    }

    /// Appends a word; those with low numbers come far more often, roughly by Zipf's law.
    fn word(&mut self, out: &mut String) {
        let width = 1 << (1 + self.roll(15));
        let no = self.roll(width);
        syllables(no, out);
    }
}

fn syllables(mut no: u64, out: &mut String) {
    const SYLLABLES: [&str; 32] = [
        "ta", "ri", "mo", "ne", "sul", "ka", "ver", "do", "li", "pan", "gre", "ho", "bis", "cu", "fen", "ja",
        "lo", "mar", "nu", "op", "per", "qui", "ros", "sto", "tem", "ul", "vi", "wen", "yar", "zo", "el",
        "an",
    ];
    for _ in 0..4 {
        out.push_str(SYLLABLES[(no % 32) as usize]);
        no /= 32;
        if no == 0 {
            break;
        }
    }
}

/// A text about an event: some names that only it has, some words of its section, and words that all sections have.
fn words(dice: &mut Dice, event: u64, count: u64) -> String {
    let mut out = String::new();
    for at in 0..count {
        match dice.roll(10) {
            0..2 => {
                let from = out.len();
                syllables(100_000 + event * 5 + dice.roll(5), &mut out);
                out[from..=from].make_ascii_uppercase();
            }
            2..4 => syllables(40_000 + event % SECTIONS * 500 + dice.roll(500), &mut out),
            4 if dice.roll(4) == 0 => out.push_str(&(event % 97 + 10).to_string()),
            _ => dice.word(&mut out),
        }
        out.push_str(if at % 14 == 13 { ". " } else { " " });
    }
    out.truncate(out.trim_end().len());
    out
}

fn news(no: u64, length: u64, stories: u64) -> (u64, Entry) {
    let mut dice = Dice(no.wrapping_mul(7_919));
    // The stories of an event are spread among those of nineteen others.
    let event = if stories > 1 { no / (stories * 20) * 20 + dice.roll(20).min(dice.roll(20)) } else { no };
    let feed = dice.roll(FEEDS);
    let (mut title, mut text) = (words(&mut dice, event, 10), words(&mut dice, event, length));
    let mut event = event;
    if length > 0 && stories > 1 && no > 50 && dice.roll(5) == 0 {
        let (first, copied) = news(no - 1 - dice.roll(50), length, stories);
        event = first;
        let cut = copied.text.floor_char_boundary(copied.text.len() * (6 + dice.roll(5) as usize) / 10);
        copied.text[..cut].clone_into(&mut text);
        if dice.roll(2) == 0 {
            title = copied.title;
        }
    }
    let entry = Entry {
        key: no.to_string(),
        url: Some(format!("https://site{feed}.example/news/{no}/{}", title.replace(' ', "-").to_lowercase())),
        title,
        text,
        ..Entry::default()
    };
    (event, entry)
}

fn feeds() -> Vec<FeedFacts> {
    let feed = |no| FeedFacts {
        no: FeedNo(no as i64 + 1),
        first_url: format!("https://site{no}.example/feed"),
        publisher: format!("site{no}.example"),
        category: None,
        weight: 1.0,
        private: false,
        dedupe: true,
        prefer: false,
    };
    (0..FEEDS).map(feed).collect()
}

/// Files the news of one shape; prints entries a second, the split in µs an entry, and the peak of memory.
fn measure(shape: usize) {
    let (name, entries, measured, length, stories) = SHAPES[shape];
    let feeds = feeds();
    let settings = DeskSettings::default();
    // `file` also learns. The second desk learns the same and nothing else, so that the time of learning is known.
    let (mut desk, mut learner) = (Desk::new(&settings), Desk::new(&settings));
    let mut index = MemoryIndex::default();
    let [mut analysing, mut finding, mut filing_time, mut learning, mut keeping] = [Duration::ZERO; 5];
    let mut topics = std::collections::HashSet::new();
    // Each entry comes in a document of its own.
    let beside = std::collections::HashSet::new();
    for no in 0..entries {
        let (event, entry) = news(no, length, stories);
        let feed = &feeds[(no % FEEDS) as usize];
        let section = CategoryName::stored(format!("section{}", event % SECTIONS));
        let feed =
            FeedFacts { category: Some(section).filter(|_| (no % FEEDS).is_multiple_of(2)), ..feed.clone() };
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(no as i64 * 15);
        let reference = EntryRef::new(&feed.first_url, &entry.key);
        let number = EntryNo(no as i64 + 1);
        let submission = Submission {
            no: number,
            reference,
            entry: &entry,
            feed: &feed,
            unpublished: false,
            stands: None,
            beside: &beside,
        };
        let begin = Instant::now();
        let analysis = desk.analyse(&submission);
        let analysed = Instant::now();
        let found = index.find(analysis.fingerprints());
        let looked_up = Instant::now();
        let filing = desk.file(&submission, &analysis, &found, now);
        let filed = Instant::now();
        topics.insert(filing.topic.no);
        let before_keeping = Instant::now();
        index.put(&submission, &analysis, &filing);
        let kept = Instant::now();
        if std::env::var_os("DESK_MEMORY").is_none() {
            learner.learn(&analysis, &filing);
        }
        if no >= entries - measured {
            learning += kept.elapsed();
            analysing += analysed - begin;
            finding += looked_up - analysed;
            filing_time += filed - looked_up;
            keeping += kept - before_keeping;
        }
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / measured as f64;
    let whole = each(analysing + finding + filing_time + keeping);
    println!(
        "{name}|{:.0}|{:.1}|{:.1}|{:.1}|{:.1}|{:.1}|{}|{}",
        1e6 / whole,
        each(analysing),
        each(finding),
        each(filing_time) - each(learning),
        each(learning),
        each(keeping),
        topics.len(),
        peak_mb(),
    );
}

/// Peak resident memory of this process; 0 where the system does not tell.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--shape") {
        measure(arguments.next().and_then(|shape| shape.parse().ok()).unwrap());
        return;
    }
    println!("µs an entry; the peak is without the second desk that learning is measured with");
    println!(
        "{:12} {:>9} {:>8} {:>6} {:>7} {:>6} {:>5} {:>7} {:>8}",
        "shape", "entries/s", "analyse", "find", "decide", "learn", "keep", "topics", "peak MB"
    );
    for (shape, (name, ..)) in SHAPES.iter().enumerate() {
        let run = |memory: bool| -> Vec<f64> {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--shape", &shape.to_string()]);
            if memory {
                command.env("DESK_MEMORY", "1");
            }
            let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
            out.trim().split('|').skip(1).map(|number| number.parse().unwrap()).collect()
        };
        let mut runs: Vec<Vec<f64>> = (0..RUNS).map(|_| run(false)).collect();
        runs.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let median = &runs[RUNS / 2];
        let peak = run(true)[7];
        let [whole, analyse, find, decide, learn, keep, topics] = median[..7] else { unreachable!() };
        println!(
            "{name:12} {whole:9.0} {analyse:8.1} {find:6.1} {decide:7.1} {learn:6.1} {keep:5.1} {topics:7.0} {peak:8.0}"
        );
    }
}
