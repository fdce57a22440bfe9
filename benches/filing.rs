//! Measures filing into a large database: entries per CPU second with few and with many stored stories, how the time
//! splits, and the peak of memory. It takes the real path: reports through the queue, the desk, one SQLite file, group
//! commits.
//!
//! `taskset -c 1 cargo bench --bench filing` measures on one core, in CPU seconds of the whole process, which other work on
//! the machine hardly changes. Options after `--`: `--entries 10000`, `--archives 10000,1000000`, and `--keep FOLDER`, where
//! the databases stay to be measured again.
//!
//! The news is made up. Each entry is a function of its number, with a title of 8 words and a text of 60, about an event with
//! one to some ten stories. One entry in ten copies an earlier one, cut or with another headline. The newest 50,000 entries of
//! a database are filed by the real path. Those before them have no copies and are written without being compared, as the
//! stories and topics of their own that they would be. Each database is built in one process and measured in another.

#![allow(missing_docs, reason = "a program")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program that prints and may fail"
)]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tidings::desk::Desk;
use tidings::ingest::{Ingest, queue};
use tidings::model::{
    CategoryDecision, CategoryName, CategoryRule, CategorySettings, DeskSettings, Entry, FeedFacts, FeedNo,
    FeedSettings, FeedState, Filing, PollReport, Publication, StoreSettings, StoryDecision, StoryNo,
    StoryRule, Submission, TopicDecision, TopicNo, TopicRule,
};
use tidings::store::{Batch, Brought, Change, Decision, Reader, Store, StoreError};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FEEDS: u64 = 500;
/// Entries of one report.
const A_REPORT: usize = 20;
/// Reports that wait together.
const A_GROUP: usize = 64;
/// How many of the newest entries are filed by the desk.
const ACTIVE: u64 = 50_000;
const SECTIONS: [&str; 6] = ["world", "business", "science", "sport", "culture", "technology"];
/// Seconds between two entries; a million entries take 116 days.
const STEP_S: u64 = 10;
/// How many entries the split of the time is measured on.
const SPLIT: u64 = 5_000;

#[derive(Clone)]
struct Feed {
    facts: FeedFacts,
    state: FeedState,
}

fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let value = |name: &str| {
        given.iter().position(|word| word == name).and_then(|at| given.get(at + 1)).map(String::as_str)
    };
    let number = |name: &str, or: u64| value(name).map_or(or, |text| text.parse().expect("a number"));
    let entries = number("--entries", 10_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    if let Some(folder) = value("--build") {
        runtime.block_on(build(Path::new(folder), number("--archive", 0)));
    } else if let Some(folder) = value("--measure") {
        runtime.block_on(measure(Path::new(folder), number("--archive", 0), entries));
    } else {
        let archives = value("--archives").unwrap_or("10000,1000000");
        let archives: Vec<u64> = archives.split(',').map(|text| text.parse().expect("a number")).collect();
        all(&archives, entries, value("--keep").map(PathBuf::from));
    }
}

/// Builds and measures each database, in processes of their own.
fn all(archives: &[u64], entries: u64, keep: Option<PathBuf>) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = keep.unwrap_or_else(|| temporary.path().to_owned());
    let run = |task: &str, folder: &Path, archive: u64| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(task).arg(folder).args([
            "--archive",
            &archive.to_string(),
            "--entries",
            &entries.to_string(),
        ]);
        let output = command.stderr(std::process::Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{task} failed");
        let text = String::from_utf8(output.stdout).unwrap();
        print!("{text}");
        text.lines()
            .find_map(|line| line.strip_prefix("entries a CPU second ")?.trim().parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    let mut rates = Vec::new();
    for archive in archives {
        let built = folder.join(format!("{archive}"));
        if !built.join("tidings.db").exists() {
            run("--build", &built, *archive);
        }
        // Measuring changes the file, so a copy is measured.
        let measured = folder.join("measured");
        std::fs::create_dir_all(&measured).unwrap();
        std::fs::copy(built.join("tidings.db"), measured.join("tidings.db")).unwrap();
        rates.push(run("--measure", &measured, *archive));
        std::fs::remove_dir_all(&measured).unwrap();
    }
    if let (Some(first), Some(last)) = (rates.first(), rates.last()) {
        println!(
            "{} archived is {:.2} times as fast as {}",
            archives[0],
            first / last,
            archives.last().unwrap()
        );
    }
}

async fn build(folder: &Path, archive: u64) {
    let begun = Instant::now();
    let (store, feeds) = open(folder).await;
    let unmet = archive.saturating_sub(ACTIVE);
    let mut no = 0;
    while no < unmet {
        let (from, to) = (no, (no + 10_000).min(unmet));
        let feeds = feeds.clone();
        let write = move |batch: &mut Batch<'_>| {
            let desk = Desk::new(&settings());
            (from..to).try_for_each(|no| write_unmet(batch, &desk, &feeds, no))?;
            batch.put_snapshot(&desk.snapshot(), at(to))
        };
        store.write(write).await.unwrap();
        no = to;
    }
    let written = begun.elapsed();
    let mut ingest = Ingest::new(store.clone(), settings()).await.unwrap();
    file(&mut ingest, &feeds, unmet, unmet, archive).await;
    ingest.save(at(archive)).await.unwrap();
    println!(
        "{archive} archived: built in {:.0} s ({:.0} s of it without comparing)",
        begun.elapsed().as_secs_f64(),
        written.as_secs_f64()
    );
}

async fn measure(folder: &Path, archive: u64, entries: u64) {
    let (store, feeds) = open(folder).await;
    // Reads the file once, so that the page cache is warm.
    let mut file_on_disk = std::fs::File::open(store.path()).unwrap();
    let mut piece = vec![0_u8; 1 << 20];
    let mut bytes = 0_usize;
    loop {
        match file_on_disk.read(&mut piece).unwrap() {
            0 => break,
            read => bytes += read,
        }
    }
    drop(piece);
    let begun = Instant::now();
    let mut ingest = Ingest::new(store.clone(), settings()).await.unwrap();
    let start = begun.elapsed();
    let rested = memory("VmRSS");
    let unmet = archive.saturating_sub(ACTIVE);
    let (wall, cpu) = file(&mut ingest, &feeds, unmet, archive, archive + entries).await;
    let (peak, stands) = (memory("VmHWM"), memory("VmRSS"));
    let totals = store.read(|reader| reader.totals()).await.unwrap();
    println!("{archive} archived, {} MB, opened in {:.2} s", bytes >> 20, start.as_secs_f64());
    println!("entries a CPU second {:.0}", entries as f64 / cpu);
    println!(
        "{entries} filed in {cpu:.2} CPU seconds ({:.2} s of wall time), now {} stories and {} topics of {} entries",
        wall.as_secs_f64(),
        totals.stories,
        totals.topics,
        totals.entries
    );
    println!("memory: {rested} MB when opened, {stands} MB after filing, {peak} MB at its peak");
    ingest.save(at(archive + entries)).await.unwrap();
    let parts = split(&store, &feeds, unmet, archive + entries).await;
    let a_whole = cpu * 1e6 / entries as f64;
    let [analyse, look_up, decide] = parts.map(|part| part * 1e6 / SPLIT as f64);
    println!(
        "CPU µs an entry: {a_whole:.0} = analyse {analyse:.0} + look up {look_up:.0} + decide and learn {decide:.0} + \
         write and commit {:.0}",
        a_whole - analyse - look_up - decide
    );
}

/// CPU seconds of the parts that write nothing, for the next [`SPLIT`] entries: analyse, look up, decide and learn.
async fn split(store: &Store, feeds: &[Feed], unmet: u64, from: u64) -> [f64; 3] {
    let record = store.read(|reader| reader.desk_record()).await.unwrap();
    let mut desk = Desk::restore(&settings(), &record.snapshot.unwrap()).unwrap();
    let feeds = feeds.to_vec();
    store
        .write(move |batch| {
            let (mut slots, beside) = (Vec::new(), HashSet::new());
            for no in from..from + SPLIT {
                let (feed, entry) = made_up(no, unmet);
                slots.push((batch.slot(feeds[feed].facts.no, &entry.key)?, entry, feed, at(no)));
            }
            let submissions = slots.iter().map(|(slot, entry, feed, now)| {
                let (no, reference, feed) = (slot.no, slot.reference, &feeds[*feed].facts);
                (
                    Submission {
                        no,
                        reference,
                        entry,
                        feed,
                        unpublished: false,
                        stands: None,
                        beside: &beside,
                    },
                    *now,
                )
            });
            let submissions: Vec<_> = submissions.collect();
            let begun = thread_seconds();
            let analyses: Vec<_> =
                submissions.iter().map(|(submission, _)| desk.analyse(submission)).collect();
            let analysed = thread_seconds();
            let found: Result<Vec<_>, _> =
                analyses.iter().map(|analysis| batch.candidates(analysis.fingerprints())).collect();
            let (found, looked_up) = (found?, thread_seconds());
            for (((submission, now), analysis), found) in submissions.iter().zip(&analyses).zip(&found) {
                desk.file(submission, analysis, found, *now);
            }
            Ok([analysed - begun, looked_up - analysed, thread_seconds() - looked_up])
        })
        .await
        .unwrap()
}

/// Files entries as polls hand them in, a group at a time. Gives the wall time and the CPU seconds of that; making up the
/// entries is not included.
async fn file(ingest: &mut Ingest, feeds: &[Feed], unmet: u64, from: u64, to: u64) -> (Duration, f64) {
    let (mut spent, mut cpu) = (Duration::ZERO, 0.0);
    let mut begin = from;
    while begin < to {
        let end = (begin + A_REPORT as u64 * FEEDS).min(to);
        let mut by_feed: Vec<Vec<u64>> = vec![Vec::new(); feeds.len()];
        (begin..end).for_each(|no| by_feed[made_up(no, unmet).0].push(no));
        let reports: Vec<_> = feeds.iter().zip(&by_feed).filter(|(_, numbers)| !numbers.is_empty()).collect();
        for group in reports.chunks(A_GROUP) {
            let (sender, mut receiver) = queue();
            let mut acks = Vec::new();
            for (feed, numbers) in group {
                let entries: Vec<Entry> = numbers.iter().map(|no| made_up(*no, unmet).1).collect();
                let mut report = PollReport::of_state(feed.state.clone(), at(end));
                report.served = Some(entries.iter().map(|entry| entry.key.clone()).collect());
                report.entries = entries;
                acks.push(sender.send(report).await);
            }
            drop(sender);
            let (begun, cpu_begun) = (Instant::now(), cpu_seconds());
            while let Some(group) = receiver.next_group().await {
                ingest.file(group, at(end)).await;
            }
            spent += begun.elapsed();
            cpu += cpu_seconds() - cpu_begun;
            for ack in acks {
                assert!(ack.filed().await);
            }
        }
        begin = end;
    }
    (spent, cpu)
}

/// Writes the rows of an entry that founds a story and a topic.
fn write_unmet(batch: &mut Batch<'_>, desk: &Desk, feeds: &[Feed], no: u64) -> Result<(), StoreError> {
    let (feed, entry) = made_up(no, u64::MAX);
    let (feed, now) = (&feeds[feed].facts, at(no));
    let slot = batch.slot(feed.no, &entry.key)?;
    let submission = Submission {
        no: slot.no,
        reference: slot.reference,
        entry: &entry,
        feed,
        unpublished: false,
        stands: None,
        beside: &HashSet::new(),
    };
    let analysis = desk.analyse(&submission);
    let (story, topic) = (StoryNo(no as i64 + 1), TopicNo(no as i64 + 1));
    let category = feed.category.clone().unwrap_or_else(CategoryName::general);
    let filing = Filing {
        entry: slot.no,
        at: now,
        story: StoryDecision::sure(story, StoryRule::Founded),
        topic: TopicDecision::sure(topic, TopicRule::Founded),
        category: CategoryDecision::sure(category, CategoryRule::Fixed),
        reclustered: Vec::new(),
    };
    let publication = Publication { shows_story: true, ..Publication::default() };
    let analysis_bytes = analysis.to_bytes(&filing);
    let decision = Decision { filing: &filing, analysis: &analysis_bytes, publication };
    let (fingerprints, links) = (analysis.fingerprints(), analysis.links());
    let brought = Brought { feed, slot: &slot, entry: &entry, fingerprints, links };
    batch.apply(&Change::Filed { brought, decision }, now)
}

/// The entry of this number, and the index of its feed. Entries before `unmet` copy nothing.
fn made_up(no: u64, unmet: u64) -> (usize, Entry) {
    let mut dice = Dice(no.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x7469_6469_6E67);
    dice.next();
    let copied = (no > unmet.saturating_add(1_000) && dice.one_in(10)).then(|| no - 1 - dice.below(900));
    let (title, text) = match copied {
        None => words_of(no),
        Some(original) => {
            let (title, text) = words_of(original);
            match dice.below(3) {
                0 => (title, text),
                1 => (words_of(no).0, text),
                _ => (title, text.splitn(46, ' ').take(45).collect::<Vec<_>>().join(" ")),
            }
        }
    };
    let feed = dice.below(FEEDS);
    let url = format!("https://paper{feed}.example/2026/{no}/{}", title.to_lowercase().replace(' ', "-"));
    let entry = Entry {
        key: url.clone(),
        url: Some(url),
        summary: Some(format!("<p>{text}</p>")),
        terms: vec![SECTIONS[dice.below(6) as usize].to_owned()],
        published: Some(at(no)),
        language: Some("en".to_owned()),
        hash: u128::from(no),
        title,
        text,
        ..Entry::default()
    };
    (feed as usize, entry)
}

/// Title and text of an entry, about an event that it may share with others.
fn words_of(no: u64) -> (String, String) {
    let mut dice = Dice(no.wrapping_mul(0xD134_2543_DE82_EF95) ^ 0x6E65_7773);
    dice.next();
    // Most events have a story or two, some have ten.
    let event = if dice.one_in(4) { no / 40 } else { 1 << 40 | no };
    let mut own = Dice(event.wrapping_mul(0x2545_F491_4F6C_DD1D));
    own.next();
    let own: Vec<String> = (0..10).map(|_| word(4_000 + own.below(200_000))).collect();
    let mut out = [String::new(), String::new()];
    for (part, length) in [(0, 8), (1, 60)] {
        for at in 0..length {
            if at > 0 {
                out[part].push(' ');
            }
            let chosen = match dice.below(10) {
                0 | 1 => own[dice.below(10) as usize].clone(),
                2 => word(4_000 + dice.below(40_000)),
                // Of the common words, the first are by far the most frequent.
                _ => word(dice.below(4_000).min(dice.below(4_000)).min(dice.below(4_000))),
            };
            out[part].push_str(&chosen);
        }
    }
    let [title, text] = out;
    (title, text)
}

/// The word of this number, of three or four syllables.
fn word(number: u64) -> String {
    const ONSETS: [&str; 16] =
        ["b", "br", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t"];
    const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
    let mut number = number + 80;
    let mut out = String::new();
    while number > 0 {
        out.push_str(ONSETS[(number % 16) as usize]);
        out.push_str(VOWELS[(number / 16 % 5) as usize]);
        number /= 80;
    }
    out
}

/// Random numbers that are the same on every run: xorshift64* (Vigna 2016).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 |= u64::from(self.0 == 0);
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 33) % limit
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

async fn open(folder: &Path) -> (Store, Vec<Feed>) {
    let store = Store::open(&StoreSettings { path: folder.join("tidings.db"), max_pages: None }).unwrap();
    let feeds: Vec<FeedSettings> = (0..FEEDS)
        .map(|no| FeedSettings {
            category: (no % 2 == 0).then(|| CategoryName::new(SECTIONS[(no / 2 % 6) as usize]).unwrap()),
            ..FeedSettings::new(&feed_url(no))
        })
        .collect();
    store.write(move |batch| batch.sync_feeds(&feeds, at(0))).await.unwrap();
    let feeds = store.read(|reader| (1..=FEEDS as i64).map(|no| feed(reader, FeedNo(no))).collect()).await;
    (store, feeds.unwrap())
}

fn feed(reader: &Reader<'_>, no: FeedNo) -> Result<Feed, StoreError> {
    Ok(Feed { facts: reader.feed_facts(no)?.unwrap(), state: reader.feed_state(no)?.unwrap() })
}

fn feed_url(no: u64) -> String {
    format!("https://paper{no}.example/feed.xml")
}

fn settings() -> DeskSettings {
    let categories = SECTIONS.iter().map(|name| CategorySettings {
        name: CategoryName::new(name).unwrap(),
        title: (*name).to_owned(),
        keywords: Vec::new(),
        was: Vec::new(),
    });
    DeskSettings { categories: categories.collect(), ..DeskSettings::default() }
}

fn at(no: u64) -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap() + SignedDuration::from_secs((no * STEP_S) as i64)
}

/// A line of /proc/self/status, in MB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// CPU time of this thread so far.
fn thread_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// CPU time of this process so far.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
