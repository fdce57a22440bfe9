//! Pictures of stories: fetched once, made small, kept as long as they are shown, and served from here.

use crate::daemon::{DAY, MINUTE, TestDaemon, rss};
use jiff::SignedDuration;
use tidings::demo::Page;
use tidings::model::OrderKind;

const ONE: &str = "[[feed]]\nurl = \"ORIGIN/feed\"\ncategory = \"world\"\n";

/// A PNG file of one colour.
fn png(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = png::Encoder::new(&mut bytes, width, height);
    file.set_color(png::ColorType::Rgb);
    let pixels = [shade, 90, 200].repeat(width as usize * height as usize);
    file.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

fn picture(shade: u8) -> Page {
    Page::feed("image/png", png(900, 600, shade))
}

/// An RSS document of items: each as [`rss`] takes it, and the address of its picture.
fn with_pictures(items: &[(&str, &str)]) -> String {
    let mut document = rss("Post", &items.iter().map(|(item, _)| *item).collect::<Vec<_>>());
    document = document.replacen("<rss ", "<rss xmlns:media=\"http://search.yahoo.com/mrss/\" ", 1);
    let mut out = String::new();
    let mut parts = document.split("</item>");
    for (part, (_, url)) in parts.by_ref().zip(items) {
        let thumbnail =
            format!("<media:thumbnail url=\"{url}\"><media:title>x</media:title></media:thumbnail>");
        out.push_str(part);
        out.push_str(&thumbnail);
        out.push_str("</item>");
    }
    out + &parts.collect::<String>()
}

const FERRY: &str = "1|Ferry Aurelia runs aground off Gullhaven|Forty people were brought ashore before dawn";
const BAKER: &str = "2|Baker of Dorrin honoured for rye bread|The county prize went to a woman of eighty";
const OWLS: &str = "3|Owls nest in the town hall clock|The hands stand still until June, says the mayor";

/// A daemon with a story that has the picture at this path.
async fn with_ferry(path: &str, page: Page) -> TestDaemon {
    let mut daemon = TestDaemon::new(ONE).await;
    daemon.origin.put(path, page);
    let url = daemon.origin.url(path);
    daemon.put("/feed", &with_pictures(&[(FERRY, &url)]));
    daemon.step().await;
    daemon
}

/// The addresses of the pictures on a page.
fn shown(page: &str) -> Vec<String> {
    let images = page.split("<img ").skip(1);
    images.filter_map(|image| Some(image.split_once("src=\"")?.1.split_once('"')?.0.to_owned())).collect()
}

fn asked_for(daemon: &TestDaemon, path: &str) -> usize {
    daemon.origin.seen().iter().filter(|seen| seen.path == path).count()
}

async fn fetch(daemon: &mut TestDaemon) {
    daemon.app().fetch_pictures().await.unwrap();
}

#[tokio::test]
async fn a_story_is_shown_with_its_picture_which_comes_from_here() {
    let mut daemon = with_ferry("/ferry.png", picture(1)).await;
    assert!(shown(&daemon.page("/").await).is_empty(), "no page waits for a picture");
    fetch(&mut daemon).await;
    let story = daemon.stories().remove(0);
    for path in ["/", "/world", &format!("/stories/{}", story.id), &format!("/topics/{}", story.topic)] {
        let page = daemon.page(path).await;
        let [image] = &shown(&page)[..] else { panic!("{path}: {page}") };
        assert!(image.starts_with("/pictures/"), "{path}: {image}");
        assert!(page.contains("width=\"720\" height=\"480\""), "{path}");
    }
    let image = shown(&daemon.page("/").await).remove(0);
    for path in [image.clone(), image.replace("/picture.jpg", "-small/picture.jpg")] {
        let (status, headers) = daemon.head(&path).await;
        assert_eq!((status, &headers["content-type"]), (200, &"image/jpeg".parse().unwrap()), "{path}");
        let kept = headers["cache-control"].to_str().unwrap();
        assert!(kept.contains("immutable") && headers.contains_key("etag"), "{kept}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers.get("content-encoding"), None);
    }
    for nothing in ["/pictures/none/picture.jpg", &image.replace(".jpg", ".png")] {
        assert_eq!(daemon.head(nothing).await.0, 404, "{nothing}");
    }
    fetch(&mut daemon).await;
    assert_eq!(asked_for(&daemon, "/ferry.png"), 1, "a picture is fetched once");
    let metrics = daemon.page("/metrics").await;
    assert!(metrics.contains("tidings_pictures{state=\"kept\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn where_no_pictures_are_wanted_none_is_fetched_kept_or_shown() {
    let mut daemon = with_ferry("/ferry.png", picture(1)).await;
    fetch(&mut daemon).await;
    let image = shown(&daemon.page("/").await).remove(0);
    let without = format!("[publish]\npictures = \"none\"\n{ONE}");
    daemon.restart(&without).await;
    assert!(shown(&daemon.page("/").await).is_empty());
    assert_eq!(daemon.head(&image).await.0, 404);
    fetch(&mut daemon).await;
    assert_eq!(asked_for(&daemon, "/ferry.png"), 1);
    assert_eq!(daemon.look(|reader| reader.picture_counts()).kept, 0);
    daemon.restart(ONE).await;
    fetch(&mut daemon).await;
    assert_eq!(shown(&daemon.page("/").await), [image], "they come again when they are wanted again");
}

#[tokio::test]
async fn a_picture_that_does_not_come_is_asked_for_three_times_and_one_that_never_will_once() {
    for (page, times) in [
        (Page::status(500), 3),
        (Page::status(503), 3),
        (Page::status(404), 1),
        (Page::redirect(302, "/ferry.png"), 6),
        (Page::feed("text/html", "<p>not here"), 1),
        (Page::feed("image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), 1),
        (Page::feed("image/jpeg", "no JPEG"), 1),
        (Page::feed("image/png", png(1, 1, 0)), 1),
        (Page::feed("image/png", vec![b'x'; 9 * 1024 * 1024]), 1),
    ] {
        let mut daemon = with_ferry("/ferry.png", page.clone()).await;
        for wait in [SignedDuration::ZERO, MINUTE, MINUTE * 10, MINUTE * 181, DAY, DAY] {
            daemon.clock.advance(wait);
            fetch(&mut daemon).await;
        }
        let what = format!("{} {}", page.status, page.content_type);
        assert_eq!(asked_for(&daemon, "/ferry.png"), times, "{what}");
        assert!(shown(&daemon.page("/").await).is_empty(), "{what}");
        assert_eq!(daemon.look(|reader| reader.picture_counts()).failed, 1, "{what}");
    }
}

#[tokio::test]
async fn a_host_that_asks_for_rest_is_asked_for_no_other_picture() {
    let busy = Page::status(429).with_header("Retry-After", "3600");
    let mut daemon = with_ferry("/ferry.png", busy).await;
    fetch(&mut daemon).await;
    daemon.origin.put("/baker.png", picture(2));
    let baker = daemon.origin.url("/baker.png");
    daemon.put("/feed", &with_pictures(&[(BAKER, &baker)]));
    daemon.clock.advance(DAY);
    daemon.app().poll_once(true).await.unwrap();
    fetch(&mut daemon).await;
    assert_eq!(asked_for(&daemon, "/baker.png"), 0, "it rests by the machine's clock, which has not moved");
    assert_eq!(daemon.look(|reader| reader.picture_counts()).waiting, 1);
}

#[tokio::test]
async fn a_picture_of_every_story_of_a_feed_is_its_logo_and_is_not_shown() {
    let mut daemon = TestDaemon::new(ONE).await;
    for (path, shade) in [("/logo.png", 7), ("/logo.png?2", 7), ("/logo.png?3", 7)] {
        daemon.origin.put(path, picture(shade));
    }
    let logo = daemon.origin.url("/logo.png");
    daemon.put("/feed", &with_pictures(&[(FERRY, &logo), (BAKER, &logo), (OWLS, &logo)]));
    daemon.step().await;
    fetch(&mut daemon).await;
    assert_eq!(asked_for(&daemon, "/logo.png"), 0, "the same address");
    // The same bytes under other addresses are recognised when they have been fetched.
    let (second, third) = (daemon.origin.url("/logo.png?2"), daemon.origin.url("/logo.png?3"));
    daemon.put("/feed", &with_pictures(&[(FERRY, &logo), (BAKER, &second), (OWLS, &third)]));
    daemon.step_after(DAY).await;
    fetch(&mut daemon).await;
    assert_eq!(asked_for(&daemon, "/logo.png?3"), 1);
    assert!(shown(&daemon.page("/").await).is_empty());
    assert_eq!(daemon.look(|reader| reader.picture_counts()).kept, 1);
}

#[tokio::test]
async fn a_corrected_picture_takes_the_place_of_the_old_one() {
    let mut daemon = with_ferry("/ferry.png", picture(1)).await;
    fetch(&mut daemon).await;
    let before = shown(&daemon.page("/").await).remove(0);
    daemon.origin.put("/right.png", picture(200));
    let right = daemon.origin.url("/right.png");
    daemon.put("/feed", &with_pictures(&[(FERRY, &right)]));
    daemon.step_after(DAY).await;
    fetch(&mut daemon).await;
    fetch(&mut daemon).await;
    let after = shown(&daemon.page("/").await).remove(0);
    assert_ne!(before, after);
    assert_eq!(daemon.head(&before).await.0, 404);
    assert_eq!(daemon.look(|reader| reader.picture_counts()).kept, 1);
    let database = rusqlite::Connection::open(daemon.database()).unwrap();
    let rows: i64 = database.query_row("SELECT count(*) FROM pictures", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn a_picture_goes_with_its_story() {
    let mut daemon = with_ferry("/ferry.png", picture(1)).await;
    fetch(&mut daemon).await;
    let image = shown(&daemon.page("/").await).remove(0);
    let entries = vec![daemon.entry("/feed", "1")];
    daemon.order(OrderKind::TakeDown { entries }).await;
    assert_eq!(daemon.head(&image).await.0, 404, "at once");
    fetch(&mut daemon).await;
    assert_eq!(daemon.look(|reader| reader.picture_counts()).bytes, 0);

    let toml = format!("[publish]\nitems = 1\n{ONE}");
    let mut daemon = with_ferry("/ferry.png", picture(1)).await;
    daemon.restart(&toml).await;
    fetch(&mut daemon).await;
    daemon.put("/feed", &rss("Post", &[BAKER]));
    daemon.step_after(DAY).await;
    daemon.app().save().await.unwrap();
    daemon.clock.advance(DAY * 121);
    assert_eq!(daemon.app().forget().await.unwrap(), 1);
    fetch(&mut daemon).await;
    let counts = daemon.look(|reader| reader.picture_counts());
    assert_eq!((counts.kept, counts.failed, counts.waiting), (0, 0, 0));
}

#[tokio::test]
async fn pictures_of_a_private_feed_are_never_fetched_and_those_of_one_that_becomes_private_go() {
    let mut daemon = TestDaemon::new(&format!("{ONE}private = true\n")).await;
    daemon.origin.put("/ferry.png", picture(1));
    let url = daemon.origin.url("/ferry.png");
    daemon.put("/feed", &with_pictures(&[(FERRY, &url)]));
    daemon.step().await;
    fetch(&mut daemon).await;
    assert_eq!(asked_for(&daemon, "/ferry.png"), 0);

    let mut daemon = with_ferry("/ferry.png", picture(1)).await;
    fetch(&mut daemon).await;
    let image = shown(&daemon.page("/").await).remove(0);
    daemon.restart(&format!("{ONE}private = true\n")).await;
    assert_eq!(daemon.head(&image).await.0, 404);
    fetch(&mut daemon).await;
    assert_eq!(daemon.look(|reader| reader.picture_counts()).kept, 0);
}

#[tokio::test]
async fn when_pictures_take_too_much_the_oldest_go_and_do_not_come_back() {
    let mut daemon = with_ferry("/ferry.png", picture(1)).await;
    fetch(&mut daemon).await;
    daemon.origin.put("/baker.png", picture(200));
    let (ferry, baker) = (daemon.origin.url("/ferry.png"), daemon.origin.url("/baker.png"));
    daemon.put("/feed", &with_pictures(&[(BAKER, &baker), (FERRY, &ferry)]));
    daemon.step_after(DAY).await;
    fetch(&mut daemon).await;
    assert_eq!(shown(&daemon.page("/").await).len(), 2);
    let all = daemon.look(|reader| reader.picture_counts()).bytes;
    daemon.app().store().clone().write(move |batch| batch.drop_pictures(all - 1)).await.unwrap();
    fetch(&mut daemon).await;
    let counts = daemon.look(|reader| reader.picture_counts());
    assert_eq!((counts.kept, counts.waiting), (1, 0));
    assert_eq!(asked_for(&daemon, "/ferry.png"), 1);
}
