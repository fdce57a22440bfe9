//! Outputs that are opened in a browser, and the page that tells their addresses.

use super::site;

/// What browsers ask for when somebody opens an address.
const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

#[tokio::test]
async fn a_browser_is_given_the_same_bytes_under_a_label_that_it_shows_with_a_style() {
    let site = site().await;
    for path in ["/all.atom", "/all.rss", "/world/topics.atom", "/search.rss?q=title"] {
        let (reader, browser) = (site.get(path).await, site.ask("GET", path, &[BROWSER]).await);
        assert_eq!((browser.status, &browser.body), (200, &reader.body), "{path}");
        assert_eq!(browser.header("etag"), reader.header("etag"), "{path}");
        assert_eq!(browser.header("content-type"), "application/xml; charset=utf-8", "{path}");
        assert_ne!(reader.header("content-type"), browser.header("content-type"), "{path}");
        let text = String::from_utf8(browser.body).unwrap();
        let (_, style) = text.split_once("<?xml-stylesheet type=\"text/css\" href=\"").unwrap();
        let style = site.get(style.split('"').next().unwrap()).await;
        assert_eq!(style.header("content-type"), "text/css; charset=utf-8", "{path}");
        assert!(String::from_utf8(style.body).unwrap().contains("/feeds\""), "{path}");
    }
    let reader = ("accept", "application/atom+xml, application/rss+xml;q=0.9, */*;q=0.1");
    let answer = site.ask("GET", "/all.atom", &[reader]).await;
    assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
    let answer = site.ask("GET", "/all.json", &[BROWSER]).await;
    assert_eq!(answer.header("content-type"), "application/feed+json; charset=utf-8");
}

#[tokio::test]
async fn the_page_of_addresses_names_every_output_of_every_section_and_is_found_from_every_page() {
    let site = site().await;
    let page = String::from_utf8(site.get("/feeds").await.body).unwrap();
    for path in ["all", "all/topics", "linked", "world", "world/topics", "general", "k%C3%BCche/topics"] {
        for form in ["atom", "rss", "json"] {
            assert!(page.contains(&format!("/{path}.{form}</code>")), "{path}.{form}");
            let answer = site.get(&format!("/{path}.{form}")).await;
            assert_eq!(answer.status, 200, "{path}.{form}");
        }
    }
    for only in ["categories", "all", "topics"] {
        assert!(page.contains(&format!("/feeds.opml?only={only}</code>")), "{only}");
    }
    for path in ["/", "/world", "/search", "/status", "/digests", "/nowhere"] {
        let page = String::from_utf8(site.get(path).await.body).unwrap();
        assert!(page.contains("href=\"/feeds\""), "{path}");
    }
}
