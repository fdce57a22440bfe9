//! Pictures: what is sent for them, where they may come from, and how much of them.

use super::super::guard::Guard;
use super::super::origin::{Answer, Origin, answer, redirect};
use super::super::*;
use super::{fetcher, now, settings};
use std::net::IpAddr;

const MAX_BYTES: usize = 1_000;

fn picture() -> Answer {
    answer("200 OK", &["Content-Type: image/png", "Set-Cookie: a=b"], "bytes")
}

async fn get(url: &str) -> Result<Vec<u8>, FailureKind> {
    let answer = fetcher(&settings()).picture(url, MAX_BYTES, now()).await;
    answer.map_err(|failure| failure.failure.kind)
}

#[tokio::test]
async fn a_picture_is_asked_for_without_name_password_cookie_or_referer() {
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/again" => answer("302 Found", &["Location: /p?w=1", "Set-Cookie: a=b"], ""),
        _ => picture(),
    });
    let url = origin.url("/again").replace("//", "//name:secret@");
    assert_eq!(get(&format!("{url}#part")).await.unwrap(), b"bytes");
    let asked = origin.asked();
    assert_eq!(asked.iter().map(|asked| asked.path.as_str()).collect::<Vec<_>>(), ["/again", "/p?w=1"]);
    for asked in asked {
        for absent in ["authorization", "cookie", "referer", "if-none-match"] {
            assert_eq!(asked.header(absent), None, "{absent}");
        }
        assert!(asked.header("accept").unwrap().starts_with("image/"));
        assert!(asked.header("user-agent").unwrap().starts_with("Tidings/"));
    }
}

#[tokio::test]
async fn what_is_no_picture_or_is_too_much_or_too_slow_is_left() {
    use FailureKind::{Address, Body, Connect, Gone, Redirect, Timeout};
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/page" => answer("200 OK", &["Content-Type: text/html"], "<p>no"),
        "/svg" => answer("200 OK", &["Content-Type: image/svg+xml"], "<svg/>"),
        "/huge" => answer("200 OK", &["Content-Length: 99999999"], "bytes"),
        "/long" => answer("200 OK", &[], [b'x'; MAX_BYTES + 1]),
        "/cut" => answer("200 OK", &["Content-Length: 900"], "bytes"),
        "/round" => redirect(302, "/round"),
        "/file" => redirect(302, "file:///etc/passwd"),
        "/gone" => answer("410 Gone", &[], ""),
        "/slow" => Answer::Drip(
            b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n".to_vec(),
            Duration::from_millis(20),
        ),
        _ => picture(),
    });
    for (path, kind) in [
        ("/page", Body),
        ("/svg", Body),
        ("/huge", Body),
        ("/long", Body),
        ("/cut", Connect),
        ("/round", Redirect),
        ("/file", Redirect),
        ("/gone", Gone),
    ] {
        assert_eq!(get(&origin.url(path)).await, Err(kind), "{path}");
    }
    assert_eq!(get("ftp://a.example/p.png").await, Err(Address));
    let hasty = fetcher(&PollSettings { timeout: Duration::from_millis(200), ..settings() });
    let slow = hasty.picture(&origin.url("/slow"), MAX_BYTES, now()).await;
    assert_eq!(slow.unwrap_err().failure.kind, Timeout);
}

#[tokio::test]
async fn no_picture_comes_from_a_private_network() {
    install_tls();
    let outside: IpAddr = [127, 0, 0, 2].into();
    let inside = Origin::new(|_| picture());
    let (literal, name) = (inside.url("/"), format!("http://localhost:{}/", inside.at.port()));
    let (to_literal, to_name) = (literal.clone(), name.clone());
    let origin = Origin::on(outside, move |asked| match asked.path.as_str() {
        "/literal" => redirect(302, &to_literal),
        "/name" => redirect(302, &to_name),
        _ => picture(),
    });
    let mut guard = Guard::new(false);
    guard.public.push(outside);
    let fetcher = Fetcher::guarded(&PollSettings::default(), guard).unwrap();
    assert!(fetcher.picture(&origin.url("/here"), MAX_BYTES, now()).await.is_ok());
    for url in [literal, name, origin.url("/literal"), origin.url("/name")] {
        let failure = fetcher.picture(&url, MAX_BYTES, now()).await.unwrap_err();
        assert_eq!(failure.failure.kind, FailureKind::Address, "{url}");
    }
    assert!(inside.asked().is_empty());
}

#[tokio::test]
async fn behind_a_proxy_no_picture_is_asked_for_whose_address_says_that_it_is_private() {
    let proxy = Origin::new(|asked| match asked.path.as_str() {
        "http://news.example/inside" => redirect(302, "http://192.168.0.1/p.png"),
        _ => picture(),
    });
    let settings = PollSettings { proxy: Some(proxy.url("")), ..PollSettings::default() };
    let get = async |settings: &PollSettings, url: &str| {
        let answer = Fetcher::new(settings).unwrap().picture(url, MAX_BYTES, now()).await;
        answer.map_err(|failure| failure.failure.kind)
    };
    assert!(get(&settings, "http://news.example/p.png").await.is_ok());
    let private =
        ["http://10.0.0.1/p.png", "http://localhost/p.png", "http://nas.lan/p.png", "http://[::1]/"];
    for url in private.into_iter().chain(["http://news.example/inside"]) {
        assert_eq!(get(&settings, url).await, Err(FailureKind::Address), "{url}");
    }
    let asked: Vec<String> = proxy.asked().iter().map(|asked| asked.path.clone()).collect();
    assert_eq!(asked, ["http://news.example/p.png", "http://news.example/inside"]);
    let allowed = PollSettings { allow_private: true, ..settings };
    assert!(get(&allowed, "http://10.0.0.1/p.png").await.is_ok());
}
