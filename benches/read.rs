//! Measures reading in bytes a second on one thread, without sanitising, and feed-rs for comparison.
//!
//! The feeds are made up here and rich in content: 200 entries of some 4 KB each, as RSS with CDATA, as RSS with escaped
//! HTML, and as Atom. Run with `cargo bench --bench read`.

#![allow(missing_docs, reason = "criterion's macros write functions without")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::fmt::Write as _;
use std::hint::black_box;
use tidings::read::{Hint, hash, keys, prepare, read};

const ENTRIES: usize = 200;

/// Words in an order that looks random and is the same on every run.
fn words(seed: usize, count: usize) -> String {
    const WORDS: [&str; 24] = [
        "ferry", "harbour", "council", "vote", "the", "bridge", "night", "of", "market", "school", "rain",
        "after", "a", "minister", "said", "music", "light", "river", "and", "prices", "train", "opened",
        "in", "report",
    ];
    let mut state = seed * 2 + 1;
    let mut out = String::new();
    for _ in 0..count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.push_str(WORDS[(state >> 33) % WORDS.len()]);
        out.push(' ');
    }
    out
}

fn html(seed: usize) -> String {
    let mut out = String::new();
    for part in 0..8 {
        let seed = seed * 8 + part;
        let _ = writeln!(
            out,
            "<p>{}<a href=\"https://site.example/{seed}?a=1&amp;b=2\">{}</a> &mdash; <em>{}</em></p>",
            words(seed, 70),
            words(seed + 1, 3),
            words(seed + 2, 5)
        );
    }
    out
}

fn escaped(html: &str) -> String {
    html.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn rss(content: impl Fn(usize) -> String) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <channel><title>Bench</title><link>https://site.example/</link><description>d</description>",
    );
    for i in 0..ENTRIES {
        let _ = writeln!(
            out,
            "<item><title>{}</title><link>https://site.example/{i}</link><guid isPermaLink=\"false\">{i}</guid>\
             <pubDate>Tue, 03 Mar 2026 08:15:00 +0100</pubDate><dc:creator>Ida Holm</dc:creator>\
             <category>world</category><description>{}</description><content:encoded>{}</content:encoded></item>",
            words(i, 8),
            words(i, 30),
            content(i)
        );
    }
    out + "</channel></rss>"
}

fn atom() -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Bench</title>\
         <id>tag:site.example,2026:feed</id><updated>2026-03-03T00:00:00Z</updated>",
    );
    for i in 0..ENTRIES {
        let _ = writeln!(
            out,
            "<entry><title>{}</title><id>tag:site.example,2026:{i}</id><link href=\"https://site.example/{i}\"/>\
             <updated>2026-03-03T00:00:00Z</updated><author><name>Ida Holm</name></author><category term=\"world\"/>\
             <content type=\"html\">{}</content></entry>",
            words(i, 8),
            escaped(&html(i))
        );
    }
    out + "</feed>"
}

fn reading(criterion: &mut Criterion) {
    let feeds = [
        ("rss-cdata", rss(|i| format!("<![CDATA[{}]]>", html(i)))),
        ("rss-escaped", rss(|i| escaped(&html(i)))),
        ("atom", atom()),
    ];
    for (name, feed) in &feeds {
        let bytes = feed.as_bytes();
        let mut group = criterion.benchmark_group(*name);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("tidings", |b| b.iter(|| read(black_box(bytes), &Hint::default())));
        group.bench_function("feed-rs", |b| {
            let parser = feed_rs::parser::Builder::new().sanitize_content(false).build();
            b.iter(|| parser.parse(black_box(bytes)));
        });
        group.bench_function("tidings, recognised", |b| {
            b.iter(|| {
                let document = read(black_box(bytes), &Hint::default()).ok()?;
                let hashes: Vec<u128> = document.entries.iter().map(hash).collect();
                Some((keys(&document), hashes))
            });
        });
        group.finish();
    }
    let document = read(feeds[0].1.as_bytes(), &Hint::default());
    if let Ok(document) = document {
        let mut group = criterion.benchmark_group("prepare");
        group.throughput(Throughput::Bytes(feeds[0].1.len() as u64));
        group.sample_size(10).bench_function("rss-cdata", |b| {
            b.iter(|| {
                document
                    .entries
                    .iter()
                    .map(|raw| prepare(raw, String::new(), 0, &document))
                    .collect::<Vec<_>>()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, reading);
criterion_main!(benches);
