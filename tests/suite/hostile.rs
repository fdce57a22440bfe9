//! Documents that were written to exhaust a reader end in bounded time. `tests/hostile/hostile.py` measures far larger ones.

use crate::read::{prepared, read_bytes};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tidings::model::RawEntry;

/// Reads a hostile document and checks how long that took. The limit is generous because tests run unoptimised; what it
/// catches is quadratic time, which takes minutes.
fn survives(name: &str, document: &str, entries: usize) {
    let begun = spent();
    let found = read_bytes(document.as_bytes()).map_or(0, |document| prepared(&document).len());
    let took = spent().saturating_sub(begun);
    assert_eq!(found, entries, "{name}");
    assert!(took < Duration::from_secs(20), "{name} took {took:?}");
}

/// Time that this thread has had on a processor so far, so that whatever else runs on the machine counts nothing; where the
/// system does not tell, time that went by.
fn spent() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ns = told.and_then(|told| told.split(' ').next()?.parse().ok());
    ns.map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}

fn numbered(count: usize, text: &dyn Fn(usize) -> String) -> String {
    (0..count).map(text).collect::<Vec<_>>().concat()
}

#[test]
fn hostile_documents_are_survived() {
    let rss = |inside: &str| {
        format!("<rss version='2.0'><channel><item><title>ok</title></item>{inside}</channel></rss>")
    };
    let item = |inside: &str| rss(&format!("<item><title>bad</title>{inside}</item>"));
    let nested =
        |tag: &str, n: usize| format!("{}{}", format!("<{tag}>").repeat(n), format!("</{tag}>").repeat(n));
    survives("nested groups", &item(&nested("media:group", 1_000)), 2);
    survives("nested categories", &rss(&nested("itunes:category", 50_000)), 1);
    survives("author", &item("<author>me@example.com（张三）</author>"), 2);
    survives(
        "nested html",
        &item(&format!("<description>{}</description>", "&lt;div&gt;".repeat(100_000))),
        2,
    );
    survives(
        "open fonts",
        &item(&format!("<description>{}</description>", "&lt;p&gt;&lt;font&gt;x&lt;/p&gt;".repeat(20_000))),
        2,
    );
    survives(
        "text in tables",
        &item(&format!("<description>&lt;table&gt;{}</description>", "x&lt;b&gt;y&lt;/b&gt;".repeat(50_000))),
        2,
    );
    survives("many empty items", &rss(&"<item/>".repeat(500_000)), 1);
    let many = "<item><guid>x</guid></item>".repeat(300_000);
    survives("many items", &rss(&many), tidings::read::MAX_ENTRIES);
    survives("nesting", &format!("<rss><channel>{}", "<a>".repeat(1_000_000)), 0);
    survives(
        "long text",
        &item(&format!("<description>{}</description>", "word &amp; ".repeat(1_000_000))),
        2,
    );
    let attributes = numbered(200_000, &|i| format!(" a{i}='v'"));
    survives("attributes", &rss(&format!("<item{attributes}><title>x</title></item>")), 2);
    let spaces = numbered(100_000, &|i| format!(" xmlns:n{i}='http://e.example/{i}'"));
    survives(
        "namespaces",
        &format!("<rss{spaces}><channel>{}</channel></rss>", "<item><title>x</title></item>".repeat(1_000)),
        1_000,
    );
    survives("open CDATA", &rss(&"<x><![CDATA[</x>".repeat(200_000)), 1);
    survives("open comments", &rss(&"<x><!-- </x>".repeat(200_000)), 1);
    survives("open quotes", &rss(&"<a b=\"<\" c='<a b=\"' ".repeat(100_000)), 1);
    survives(
        "open items",
        &format!("<rss><channel>{}", "<item><title>x".repeat(200_000)),
        tidings::read::MAX_ENTRIES,
    );
    let bases = "<div xml:base='aaaaaaaaaaaaaaaa/'>".repeat(20_000);
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'>";
    survives("nested bases", &format!("{atom}{bases}"), 1);
    let entity = format!("<!DOCTYPE x [<!ENTITY a '{}'>]>", "A".repeat(1_000));
    survives(
        "entities",
        &format!("{entity}{}", item(&format!("<description>{}</description>", "&a;".repeat(300_000)))),
        2,
    );
    let json = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{{\"id\":1}},{}",
        "[".repeat(100_000)
    );
    survives("nested JSON", &json, 1);
}

#[test]
fn what_is_copied_into_every_entry_does_not_multiply_a_document() {
    let long = format!("https://site.example/{}", "b/".repeat(2_000));
    let links = numbered(100, &|i| format!("<link rel='x' href='{i}'/>"));
    let authors = numbered(50, &|i| format!("<author><name>{i}{long}</name></author>"));
    let json_authors = numbered(50, &|i| format!("\"{i}{long}\","));
    let documents = [
        format!("<rss xml:base='{long}'><channel>{}", format!("<item>{links}</item>").repeat(1_000)),
        format!("<feed>{authors}{}", "<entry><title>x</title></entry>".repeat(2_000)),
        format!("{{\"authors\":[{json_authors}],\"items\":[{}", "{\"id\":1},".repeat(2_000)),
        format!("<feed xml:lang='{long}'>{}", "<entry><title>x</title></entry>".repeat(2_000)),
    ];
    for text in documents {
        let document = read_bytes(text.as_bytes()).unwrap();
        let size = |entry: &RawEntry| -> usize {
            let links = entry.links.iter().map(|link| link.url.len());
            let names = entry.authors.iter().filter_map(|author| Some(author.name.as_ref()?.len()));
            links.chain(names).sum::<usize>() + entry.language.as_ref().map_or(0, String::len)
        };
        let read: usize = document.entries.iter().map(size).sum();
        assert!(
            document.entries.len() >= 1_000 && read < text.len() + (16 << 20),
            "{read} of {}",
            text.len()
        );
    }
}
