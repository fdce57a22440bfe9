//! The address guard: literals, names, redirects, proxies.

use super::super::guard::{Guard, judged};
use super::super::origin::{Origin, redirect};
use super::super::*;
use super::{LIMIT, failed, feed, fetcher, get, now};
use std::net::IpAddr;

#[tokio::test]
async fn addresses_written_into_urls_are_refused_however_they_are_written() {
    let fetcher = fetcher(&PollSettings::default());
    for host in [
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "127.1",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]",
        "169.254.169.254",
        "0.0.0.0",
        "[::]",
        "[2002:7f00:1::]",
        "127\u{ff0e}0.0.1",
    ] {
        let url = format!("http://{host}/feed");
        let request =
            FetchRequest { url: &url, headers: &[], validators: &Validators::default(), max_bytes: LIMIT };
        let (kind, detail) = failed(fetcher.fetch(&request, now()).await);
        assert_eq!(kind, FailureKind::Address, "{host}: {detail}");
        assert!(detail.contains("allow_private"), "{detail}");
    }
}

#[tokio::test]
async fn a_name_that_leads_to_loopback_is_refused() {
    let origin = Origin::new(|_| feed());
    let url = format!("http://localhost:{}/feed", origin.at.port());
    let request =
        FetchRequest { url: &url, headers: &[], validators: &Validators::default(), max_bytes: LIMIT };
    let outcome = fetcher(&PollSettings::default()).fetch(&request, now()).await;
    assert_eq!(failed(outcome).0, FailureKind::Address);
    assert!(origin.asked().is_empty());
    assert!(get(&url).await.is_ok(), "allow_private allows it");
}

#[tokio::test]
async fn a_name_that_turns_inward_between_two_look_ups_is_refused() {
    install_tls();
    let outside: IpAddr = [127, 0, 0, 2].into();
    let origin = Origin::on(outside, |_| feed());
    let mut guard = Guard::new(false);
    guard.public.push(outside);
    guard.rebind.get_mut().unwrap().extend([outside, [127, 0, 0, 1].into()]);
    let fetcher = Fetcher::guarded(&PollSettings::default(), guard).unwrap();
    let url = format!("http://rebind.example:{}/", origin.at.port());
    let request =
        FetchRequest { url: &url, headers: &[], validators: &Validators::default(), max_bytes: LIMIT };
    assert!(fetcher.fetch(&request, now()).await.is_ok());
    assert_eq!(failed(fetcher.fetch(&request, now()).await).0, FailureKind::Address);
    assert_eq!(failed(fetcher.fetch(&request, now()).await).0, FailureKind::Dns);
}

#[test]
fn of_several_addresses_only_the_public_ones_are_used() {
    let guard = Guard::new(false);
    let addresses = ["127.0.0.1:0", "1.1.1.1:0", "[::1]:0"].map(|text| text.parse().unwrap());
    let used: Vec<_> = judged(&guard, Ok(addresses.to_vec())).unwrap().collect();
    assert_eq!(used, [addresses[1]]);
}

#[tokio::test]
async fn a_redirect_inward_is_refused() {
    install_tls();
    let outside: IpAddr = [127, 0, 0, 2].into();
    let inside = Origin::new(|_| feed());
    let (literal, name) = (inside.url("/"), format!("http://localhost:{}/", inside.at.port()));
    let origin = Origin::on(outside, move |asked| match asked.path.as_str() {
        "/literal" => redirect(301, &literal),
        "/name" => redirect(301, &name),
        _ => feed(),
    });
    let mut guard = Guard::new(false);
    guard.public.push(outside);
    let fetcher = Fetcher::guarded(&PollSettings::default(), guard).unwrap();
    for (path, refused) in [("/feed", false), ("/literal", true), ("/name", true)] {
        let url = origin.url(path);
        let request =
            FetchRequest { url: &url, headers: &[], validators: &Validators::default(), max_bytes: LIMIT };
        let outcome = fetcher.fetch(&request, now()).await;
        let kind = outcome.err().map(|failure| failure.failure.kind);
        assert_eq!(kind, refused.then_some(FailureKind::Address), "{path}");
    }
    assert!(inside.asked().is_empty());
}

#[tokio::test]
async fn a_proxy_takes_over_the_check_and_gets_the_whole_address() {
    let proxy = Origin::new(|_| feed());
    let settings = PollSettings { proxy: Some(proxy.url("")), ..PollSettings::default() };
    let fetcher = fetcher(&settings);
    let request = FetchRequest {
        url: "http://10.0.0.1/feed",
        headers: &[],
        validators: &Validators::default(),
        max_bytes: LIMIT,
    };
    assert!(fetcher.fetch(&request, now()).await.is_ok());
    assert_eq!(proxy.last().path, "http://10.0.0.1/feed");
}
