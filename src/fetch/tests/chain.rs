//! Redirects: where they may lead, what goes along, and which of them move a feed.

use super::super::chain::Chain;
use super::super::origin::{Origin, answer, redirect};
use super::super::*;
use super::{LIMIT, ask, failed, feed, get};

#[tokio::test]
async fn only_the_permanent_redirects_that_come_first_move_a_feed() {
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/301-302" => redirect(301, "/302"),
        "/302-301" => redirect(302, "/301"),
        "/301" => redirect(301, "/308"),
        "/308" => redirect(308, "/end"),
        "/302" => redirect(302, "/end"),
        "/303" => redirect(303, "/end"),
        "/307" => redirect(307, "/end"),
        _ => feed(),
    });
    for (start, permanent) in [
        ("/301", Some("/end")),
        ("/308", Some("/end")),
        ("/301-302", Some("/302")),
        ("/302-301", None),
        ("/302", None),
        ("/303", None),
        ("/307", None),
    ] {
        let fetched = get(&origin.url(start)).await.unwrap();
        assert_eq!(fetched.permanent, permanent.map(|path| origin.url(path)), "{start}");
        assert_eq!(fetched.final_url, origin.url("/end"), "{start}");
    }
}

#[tokio::test]
async fn redirects_that_lead_nowhere_are_said_in_words() {
    let origin = Origin::new(|asked| match asked.path.as_str() {
        "/circle" => redirect(302, "/circle2"),
        "/circle2" => redirect(302, "/circle"),
        "/nowhere" => answer("301 Moved", &[], ""),
        "/ftp" => redirect(301, "ftp://example.com/feed"),
        "/file" => redirect(301, "file:///etc/passwd"),
        "/broken" => redirect(301, "http://[::bad/"),
        path => {
            let hop: u32 = path[1..].parse().unwrap();
            if hop == 0 { feed() } else { redirect(302, &format!("/{}", hop - 1)) }
        }
    });
    for (start, words) in [
        ("/circle", "in a circle"),
        ("/nowhere", "without saying where"),
        ("/ftp", "not on the web"),
        ("/file", "not on the web"),
        ("/broken", "cannot be read"),
        ("/11", "after 10 redirects"),
    ] {
        let (kind, detail) = failed(get(&origin.url(start)).await);
        assert_eq!(kind, FailureKind::Redirect, "{start}");
        assert!(detail.contains(words), "{detail}");
    }
    assert!(get(&origin.url("/10")).await.is_ok());
}

#[tokio::test]
async fn a_cookie_lives_as_long_as_its_chain_and_stays_with_its_host() {
    let elsewhere = Origin::on([127, 0, 0, 2].into(), |_| feed());
    let away = elsewhere.url("/feed");
    let origin = Origin::new(move |asked| match (asked.path.as_str(), asked.header("cookie")) {
        ("/wall", None) => {
            let headers = ["Location: /wall", "Set-Cookie: seen=yes; Path=/", "Set-Cookie: b=2; Secure"];
            answer("302 Found", &headers, "")
        }
        ("/away", _) => answer("302 Found", &[&format!("Location: {away}"), "Set-Cookie: a=1"], ""),
        ("/set", None) => answer("302 Found", &["Location: /set", "Set-Cookie: c=1"], ""),
        ("/set", Some(_)) => answer("302 Found", &["Location: /feed", "Set-Cookie: c=1; Secure"], ""),
        ("/wall" | "/feed", _) => feed(),
        _ => answer("404 Not Found", &[], ""),
    });
    get(&origin.url("/wall")).await.unwrap();
    assert_eq!(origin.last().header("cookie").as_deref(), Some("seen=yes"));
    get(&origin.url("/wall")).await.unwrap();
    assert_eq!(origin.asked()[2].header("cookie"), None, "the next poll begins without cookies");
    get(&origin.url("/away")).await.unwrap();
    assert_eq!(elsewhere.last().header("cookie"), None);
    get(&origin.url("/set")).await.unwrap();
    assert_eq!(origin.last().header("cookie"), None, "it was set again, for https alone");
}

#[tokio::test]
async fn credentials_stay_with_the_origin_of_the_feed() {
    let elsewhere = Origin::new(|_| feed());
    let away = elsewhere.url("/feed");
    let origin = Origin::new(move |asked| match asked.path.as_str() {
        "/near" => redirect(301, "/feed"),
        "/away" => redirect(301, &away),
        _ => feed(),
    });
    let headers = [("X-Key", "k"), ("Cookie", "c=1"), ("User-Agent", "Named/1"), ("If-None-Match", "\"no\"")];
    let url = |path: &str| format!("http://us%65r:p%40ss@{}{path}", origin.at);

    let fetched = ask(&url("/near"), &headers, &Validators::default()).await.unwrap();
    let asked = origin.last();
    assert_eq!(asked.header("authorization").as_deref(), Some("Basic dXNlcjpwQHNz"));
    assert_eq!(asked.header("x-key").as_deref(), Some("k"));
    assert_eq!(asked.header("cookie").as_deref(), Some("c=1"));
    assert_eq!(asked.header("user-agent").as_deref(), Some("Named/1"));
    assert_eq!(asked.header("if-none-match"), None, "conditions are ours to set");
    assert_eq!(fetched.final_url, origin.url("/feed"));
    assert_eq!(
        fetched.permanent.as_deref(),
        Some(url("/feed").as_str()),
        "the new address keeps the password"
    );

    // Another port is another origin.
    let fetched = ask(&url("/away"), &headers, &Validators::default()).await.unwrap();
    let asked = elsewhere.last();
    for secret in ["authorization", "x-key", "cookie"] {
        assert_eq!(asked.header(secret), None, "{secret}");
    }
    assert_eq!(asked.header("user-agent").as_deref(), Some("Named/1"));
    assert_eq!(fetched.permanent, Some(elsewhere.url("/feed")));
}

#[test]
fn credentials_survive_the_upgrade_to_https_and_refuse_the_way_back() {
    let key = [("Authorization".to_owned(), "Bearer t".to_owned())];
    let check = |from: &str, to: &str, sent: Option<bool>| {
        let request =
            FetchRequest { url: from, headers: &key, validators: &Validators::default(), max_bytes: LIMIT };
        let mut chain = Chain::start(&request).unwrap();
        let to = header::HeaderValue::from_str(to).unwrap();
        let went = chain.redirect(StatusCode::FOUND, Some(&to));
        let carries =
            went.is_ok().then(|| chain.headers(&Validators::default()).0.contains_key(header::AUTHORIZATION));
        assert_eq!(carries, sent, "{from} to {to:?}");
    };
    check("http://a.example/f", "https://a.example/f", Some(true));
    check("https://a.example/f", "https://a.example/g", Some(true));
    check("https://a.example/f", "https://a.example:443/g", Some(true));
    check("https://a.example/f", "http://a.example/f", None);
    check("https://a.example/f", "http://b.example/f", Some(false));
    check("https://a.example/f", "https://b.example/f", Some(false));
    check("https://a.example/f", "https://sub.a.example/f", Some(false));
    check("https://a.example/f", "https://a.example:8443/f", Some(false));
    check("http://a.example:8080/f", "https://a.example/f", Some(false));
    check("https://a.example/f", "//user:word@b.example/f", Some(false));
}
