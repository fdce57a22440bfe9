//! Bodies and what carries them: compressed, too large, cut, slow, broken.

use super::super::origin::{Answer, Origin, answer};
use super::super::*;
use super::{FEED, LIMIT, failed, fetcher, get, now, settings};
use futures_util::future::{Either, select};
use std::time::Instant;

#[tokio::test]
async fn every_compression_is_undone() {
    let feed = FEED.as_bytes();
    for (name, packed) in [("gzip", gzip(feed)), ("deflate", zlib(feed)), ("br", brotli(feed))] {
        let origin = Origin::new(move |_| answer("200 OK", &[&format!("Content-Encoding: {name}")], &packed));
        let fetched = get(&origin.url("/")).await.unwrap();
        assert_eq!(fetched.body.as_deref(), Some(FEED.as_bytes()), "{name}");
    }
}

#[tokio::test]
async fn a_feed_may_have_a_limit_of_its_own() {
    let large = vec![b'x'; 300 << 10];
    let packed = gzip(&vec![b'x'; 60_000]);
    let origin = Origin::new(move |asked| match asked.path.as_str() {
        "/packed" => answer("200 OK", &["Content-Encoding: gzip"], &packed),
        _ => answer("200 OK", &[], &large),
    });
    let none = Validators::default();
    for (path, max_bytes, bytes) in [
        ("/", 300 << 10, Some(300 << 10)),
        ("/", (300 << 10) - 1, None),
        ("/packed", 60_000, None),
        ("/packed", 61_000, Some(60_000)),
    ] {
        let url = origin.url(path);
        let request = FetchRequest { url: &url, headers: &[], validators: &none, max_bytes };
        let fetched = fetcher(&settings()).fetch(&request, now()).await;
        assert_eq!(fetched.ok().map(|fetched| fetched.bytes), bytes, "{path}, {max_bytes}");
    }
}

#[tokio::test]
async fn what_is_packed_is_unpacked_however_that_is_declared() {
    let (one, two) = FEED.as_bytes().split_at(20);
    let members = [gzip(one), gzip(two)].concat();
    let once = gzip(FEED.as_bytes());
    let twice = gzip(&once);
    let raw = stored_block(FEED.as_bytes());
    for (lines, packed) in [
        (&["Content-Encoding: gzip"][..], &members),
        (&["Content-Encoding: GZIP"], &once),
        (&["Content-Encoding: x-gzip"], &once),
        (&["Content-Encoding: gzip, gzip"], &twice),
        (&["Content-Encoding: gzip", "Content-Encoding: gzip"], &twice),
        (&["Content-Encoding: gzip"], &twice),
        (&["Content-Encoding: deflate"], &raw),
        (&[], &members),
        (&["Content-Type: application/gzip"], &once),
        (&["Content-Encoding: gzip"], &FEED.as_bytes().to_vec()),
        (&["Content-Encoding: UTF-8"], &FEED.as_bytes().to_vec()),
    ] {
        let packed = packed.clone();
        let origin = Origin::new(move |_| answer("200 OK", &[lines, &["ETag: \"e\""]].concat(), &packed));
        let fetched = get(&origin.url("/")).await.unwrap();
        assert_eq!(fetched.body.as_deref(), Some(FEED.as_bytes()), "{lines:?}");
        assert_eq!((fetched.cut, fetched.validators.etag.is_some()), (None, true), "{lines:?}");
    }
    let origin = Origin::new(|_| answer("200 OK", &["Content-Encoding: compress"], b"\x1f\x9d\x90rss"));
    let (kind, detail) = failed(get(&origin.url("/")).await);
    assert_eq!(kind, FailureKind::Body);
    assert!(detail.contains("did not ask for (compress)"), "{detail}");
}

#[tokio::test]
async fn a_decompression_bomb_stops_at_the_limit() {
    let bomb = deflate_bomb(1_000_000);
    let origin = Origin::new(move |_| answer("200 OK", &["Content-Encoding: gzip"], &bomb));
    let started = Instant::now();
    let (kind, detail) = failed(get(&origin.url("/")).await);
    assert_eq!(kind, FailureKind::Body);
    assert!(detail.contains("10 MiB"), "{detail}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_announced_or_not() {
    let large = vec![b'x'; LIMIT + 1];
    let origin = Origin::new(move |asked| match asked.path.as_str() {
        "/announced" => answer("200 OK", &["Content-Length: 99999999999"], "x"),
        // Without a length the body ends with the connection.
        "/not" => Answer::Bytes([b"HTTP/1.1 200 OK\r\n\r\n", large.as_slice()].concat()),
        _ => answer("200 OK", &[], &large[1..]),
    });
    for path in ["/announced", "/not"] {
        assert_eq!(failed(get(&origin.url(path)).await).0, FailureKind::Body, "{path}");
    }
    assert_eq!(get(&origin.url("/just")).await.unwrap().bytes, LIMIT);
}

#[tokio::test]
async fn a_body_that_ends_early_or_is_ill_compressed_comes_without_validators() {
    let mut cut = gzip(FEED.as_bytes());
    cut.truncate(60);
    let mut wrong_sum = gzip(FEED.as_bytes());
    *wrong_sum.last_mut().unwrap() ^= 1;
    let second_cut = [gzip(FEED.as_bytes()), vec![0x1f, 0x8b, 8]].concat();
    let origin = Origin::new(move |asked| match asked.path.as_str() {
        "/short" => {
            answer("200 OK", &["Content-Length: 1000", "ETag: \"e\"", "Cache-Control: max-age=9999"], FEED)
        }
        "/chunked" => Answer::Bytes(
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: \"e\"\r\n\r\n20\r\n{}\r\n5\r\nxx",
                &FEED[..32]
            )
            .into_bytes(),
        ),
        "/bad-chunk" => Answer::Bytes(
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{}\r\nzz\r\nxx\r\n0\r\n\r\n",
                &FEED[..32]
            )
            .into_bytes(),
        ),
        "/cut" => answer("200 OK", &["Content-Encoding: gzip", "ETag: \"e\""], &cut),
        "/sum" => answer("200 OK", &["Content-Encoding: gzip", "ETag: \"e\""], &wrong_sum),
        _ => answer("200 OK", &["Content-Encoding: gzip", "ETag: \"e\""], &second_cut),
    });
    for (path, kind, had) in [
        ("/short", FailureKind::Connect, FEED.len()),
        ("/chunked", FailureKind::Connect, 34),
        ("/bad-chunk", FailureKind::Connect, 32),
        ("/cut", FailureKind::Body, 45),
        ("/sum", FailureKind::Body, FEED.len()),
        ("/members", FailureKind::Body, FEED.len()),
    ] {
        let fetched = get(&origin.url(path)).await.unwrap_or_else(|failed| panic!("{path}: {failed:?}"));
        let body = fetched.body.unwrap();
        assert_eq!(body.len(), had, "{path}");
        assert_eq!(body[..had.min(32)], FEED.as_bytes()[..had.min(32)], "{path}");
        assert_eq!(fetched.cut.map(|cut| cut.kind), Some(kind), "{path}");
        let validators = Validators { url: origin.url(path), ..Validators::default() };
        assert_eq!((fetched.validators, fetched.fresh_for), (validators, None), "{path}");
    }
}

#[tokio::test]
async fn a_body_of_which_nothing_came_is_a_failure() {
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/short" => answer("200 OK", &["Content-Length: 1000"], ""),
        "/chunked" => Answer::Bytes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()),
        "/cut" => answer("200 OK", &["Content-Encoding: gzip"], &gzip(FEED.as_bytes())[..9]),
        _ => answer("200 OK", &["Content-Encoding: gzip"], "this is not gzip"),
    });
    for (path, expected) in [
        ("/short", FailureKind::Connect),
        ("/chunked", FailureKind::Connect),
        ("/cut", FailureKind::Body),
        ("/wrong", FailureKind::Body),
    ] {
        let (kind, detail) = failed(get(&origin.url(path)).await);
        assert_eq!(kind, expected, "{path}: {detail}");
    }
}

#[tokio::test]
async fn bodies_wait_for_the_budget_and_the_wait_does_not_count() {
    let body = vec![b'x'; 192 * 1024];
    let origin = Origin::new(move |_| answer("200 OK", &[], &body));
    let settings = PollSettings { timeout: Duration::from_secs(1), ..settings() };
    // Room for two; a third may go over, and is kept, too.
    let fetcher = fetcher(&settings).within(Budget::of(2 * 192 * 1024));
    let (url, none) = (origin.url("/"), Validators::default());
    let request = FetchRequest { url: &url, headers: &[], validators: &none, max_bytes: LIMIT };
    let mut first = Vec::new();
    for _ in 0..3 {
        first.push(fetcher.fetch(&request, now()).await.unwrap());
    }
    let waits = Box::pin(fetcher.fetch(&request, now()));
    let ((), waits) = match select(Box::pin(tokio::time::sleep(settings.timeout * 5 / 4)), waits).await {
        Either::Left(slept) => slept,
        Either::Right(_) => panic!("there was nothing left"),
    };
    first.remove(0);
    assert_eq!(waits.await.unwrap().bytes, 192 * 1024);
}

#[tokio::test]
async fn many_large_bodies_at_once_all_arrive() {
    // Each is larger than the budget, and all grow at the same time.
    let body = vec![b'x'; 500_000];
    let origin = Origin::new(move |_| answer("200 OK", &[], &body));
    let fetcher = fetcher(&settings()).within(Budget::of(300_000));
    let (url, none) = (origin.url("/"), Validators::default());
    let request = FetchRequest { url: &url, headers: &[], validators: &none, max_bytes: LIMIT };
    let fetched = futures_util::future::join_all((0..20).map(|_| async {
        // What was fetched is dropped at once, as a poll does when all is filed.
        fetcher.fetch(&request, now()).await.unwrap().bytes
    }));
    assert_eq!(fetched.await, [500_000; 20]);
}

#[tokio::test]
async fn an_empty_document_is_a_failure() {
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/204" => answer("204 No Content", &[], ""),
        "/space" => answer("200 OK", &[], " \r\n\t"),
        _ => answer("200 OK", &[], ""),
    });
    for path in ["/", "/space", "/204"] {
        let (kind, detail) = failed(get(&origin.url(path)).await);
        assert_eq!(kind, FailureKind::Body, "{path}");
        assert!(detail.contains("empty document"), "{detail}");
    }
}

#[tokio::test]
async fn a_slow_server_is_left_when_the_time_is_up() {
    let origin = Origin::new(|asked| {
        let start: &[u8] = if asked.path == "/body" { b"HTTP/1.1 200 OK\r\n\r\n<" } else { b"HTTP/1.1 " };
        Answer::Drip(start.to_vec(), Duration::from_millis(10))
    });
    let settings = PollSettings { timeout: Duration::from_millis(300), ..settings() };
    let fetcher = fetcher(&settings);
    for path in ["/body", "/head"] {
        let url = origin.url(path);
        let request =
            FetchRequest { url: &url, headers: &[], validators: &Validators::default(), max_bytes: LIMIT };
        let started = Instant::now();
        assert_eq!(failed(fetcher.fetch(&request, now()).await).0, FailureKind::Timeout, "{path}");
        assert!(started.elapsed() < Duration::from_secs(5), "{path}");
    }
}

#[tokio::test]
async fn hundreds_of_headers_do_not_hide_a_feed() {
    let origin = Origin::new(|asked| {
        let lines: Vec<String> = (0..900).map(|i| format!("X-{i}: y")).collect();
        let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        lines.push("ETag: \"last\"");
        if asked.path == "/moved" {
            lines.push("Location: /feed");
            return answer("302 Found", &lines, "");
        }
        answer("200 OK", &lines, FEED)
    });
    let fetched = get(&origin.url("/moved")).await.unwrap();
    assert_eq!(fetched.body.as_deref(), Some(FEED.as_bytes()));
    assert_eq!(fetched.validators.etag.as_deref(), Some(b"\"last\"".as_slice()));
}

#[tokio::test]
async fn broken_headers_do_not_hide_a_feed_and_rubbish_is_no_answer() {
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/broken" => Answer::Bytes(
            [
                b"HTTP/1.1 200 OK\r\nno colon here\r\nX-Gar\x01bage: \xff\xfe\r\nETag : \"e\"\r\n\r\n",
                FEED.as_bytes(),
            ]
            .concat(),
        ),
        "/rubbish" => Answer::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        "/nothing" => Answer::Bytes(Vec::new()),
        "/many" => {
            let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
            (0..50_000).for_each(|i| bytes.extend(format!("X-{i}: y\r\n").bytes()));
            Answer::Bytes(bytes)
        }
        _ => Answer::Bytes([b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &vec![b'y'; 2_000_000]].concat()),
    });
    assert_eq!(get(&origin.url("/broken")).await.unwrap().body.as_deref(), Some(FEED.as_bytes()));
    for path in ["/rubbish", "/nothing", "/many", "/long"] {
        let (kind, detail) = failed(get(&origin.url(path)).await);
        assert_eq!(kind, FailureKind::Connect, "{path}: {detail}");
    }
}

// Compressions, the simplest form of each: enough to be undone.

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    packed.extend(stored_block(data));
    packed.extend(crc32(data).to_le_bytes());
    packed.extend((data.len() as u32).to_le_bytes());
    packed
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x78, 0x01];
    packed.extend(stored_block(data));
    let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    packed.extend((b << 16 | a).to_be_bytes());
    packed
}

/// A last, uncompressed block (RFC 1951 §3.2.4).
fn stored_block(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&[1], length.to_le_bytes().as_slice(), (!length).to_le_bytes().as_slice(), data].concat()
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// One uncompressed meta-block and an empty last one (RFC 7932 §9.2).
fn brotli(data: &[u8]) -> Vec<u8> {
    let n = data.len() - 1;
    let head = [0x0b | (n as u8 & 1) << 7, (n >> 1) as u8, (n >> 9) as u8 & 0x7f | 0x80];
    [&head, data, &[3]].concat()
}

/// A gzip file of about `bytes` that becomes 158 times as large: one fixed block (RFC 1951 §3.2.6) that says "the
/// last byte, 258 times" again and again, and never ends.
fn deflate_bomb(bytes: usize) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut bits, mut count) = (0u32, 0);
    let mut put = |code: &str, packed: &mut Vec<u8>| {
        for bit in code.bytes() {
            bits |= u32::from(bit == b'1') << count;
            count += 1;
            if count == 8 {
                packed.push(bits as u8);
                (bits, count) = (0, 0);
            }
        }
    };
    // Not the last block, fixed codes, the byte 0.
    put("010", &mut packed);
    put("00110000", &mut packed);
    while packed.len() < bytes {
        put("1100010100000", &mut packed);
    }
    packed
}
