//! What stands beside the news: nothing twice, nothing that is not honest, and the days of the archive.

use super::*;
use crate::model::LinkedPage;
use jiff::civil::date;

#[test]
fn the_front_page_shows_no_topic_twice() {
    let sections = sections();
    let topics = newsroom();
    let parts = [(CategoryName::stored("world".to_owned()), topics.clone())];
    let page = front(
        &site(&sections),
        Front { top: &topics[..11], linked: &[], ranking: &[], recommended: &[], sections: &parts },
        now(),
    );
    for topic in &topics {
        let shown = page.matches(&format!("/topics/{}\"", topic.id)).count();
        assert!(shown <= 1, "{shown}");
    }
    assert!(page.contains("8 publishers"));
}

fn ranked(topics: &[TopicView]) -> Vec<Ranked> {
    topics.iter().map(|topic| Ranked { topic: topic.clone(), newsrooms: topic.publishers }).collect()
}

#[test]
fn what_is_recommended_is_of_sections_that_the_page_does_not_show() {
    let sections = sections();
    let site = site(&sections);
    let topics = newsroom();
    let all = ranked(&topics);
    let world: Vec<TopicView> =
        topics.iter().filter(|topic| topic.category.as_str() == "world").cloned().collect();
    let beside = Beside { ranking: &all, related: &[] };
    let page = category(&site, &sections[0].name, &world, beside, now());
    let (_, recommended) = page.split_once("Recommended</h2>").unwrap();
    let recommended = recommended.split("</section>").next().unwrap();
    for section in ["Business", "Technology", "Science"] {
        assert_eq!(recommended.matches(&format!("<bdi>{section}</bdi>")).count(), 1, "{section}");
    }
    assert!(!recommended.contains("<bdi>World</bdi>"), "{recommended}");
    assert!(!category(&site, &sections[0].name, &world, Beside::default(), now()).contains("Recommended"));
}

#[test]
fn no_topic_stands_twice_beside_a_story_or_its_topic() {
    let sections = sections();
    let site = site(&sections);
    let topics = newsroom();
    let all = ranked(&topics);
    // The page's own topic, and one that is recommended anyway.
    let beside = Beside { ranking: &all, related: &topics[..3] };
    let page = topic(&site, &topics[0], beside, now());
    let (_, side) = page.split_once("class=\"side\"").unwrap();
    for other in &topics {
        let shown = side.matches(&format!("/topics/{}\"", other.id)).count();
        assert!(shown <= usize::from(other.id != topics[0].id), "{}", other.stories[0].title);
    }
    assert!(side.contains("Related</h2>") && side.contains("Recommended</h2>"));
}

#[test]
fn the_ranking_counts_newsrooms_and_is_none_of_one() {
    let sections = sections();
    let site = site(&sections);
    let topics = newsroom();
    let all = ranked(&topics);
    let page = |ranking: &[Ranked]| {
        let front_page = Front { top: &topics[..2], linked: &[], ranking, recommended: &[], sections: &[] };
        front(&site, front_page, now())
    };
    let ranking = page(&all);
    let (_, ranking) = ranking.split_once("Widest coverage today</h2>").unwrap();
    assert!(ranking.find("9 newsrooms").unwrap() < ranking.find("8 newsrooms").unwrap());
    assert!(ranking.starts_with("<p class=\"meta\">Newsrooms with a text of their own within the day."));
    assert!(!page(&all[..1]).contains("Widest coverage"));
}

#[test]
fn what_most_link_to_and_report_stands_there_without_any_top_topic() {
    let sections = sections();
    let told = a_story("1", "A page that many link to", &["Alpha"]);
    let linked = LinkedPage {
        page: 1,
        url: "https://page.example/".to_owned(),
        title: told.title.clone(),
        shown_at: now(),
        story: Some(told),
        voices: Vec::new(),
    };
    let (linked, ranking) = ([linked], ranked(&newsroom()[..3]));
    let beside = Front { top: &[], linked: &linked, ranking: &ranking, recommended: &[], sections: &[] };
    let page = front(&site(&sections), beside, now());
    for said in ["A page that many link to", "Most linked", "Widest coverage today"] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("Top stories"), "there are none");
}

#[test]
fn a_day_leads_to_its_neighbours_and_an_archive_to_earlier_days() {
    let sections = sections();
    let site = site(&sections);
    let days = [date(2026, 11, 23), date(2026, 11, 21), date(2026, 10, 31)];
    let list = archive(&site, &days, true, None);
    for said in [
        "<h2>November 2026</h2>",
        "<h2>October 2026</h2>",
        "href=\"/archive/2026-11-21\">Saturday, 21 November 2026</a>",
        "href=\"/archive?before=2026-10-31\">Earlier days</a>",
    ] {
        assert!(list.contains(said), "{said}");
    }
    let of_day = |page| {
        let neighbours = [Some(days[1]), None];
        let widest = &ranked(&newsroom()[..3]);
        day(&site, Day { date: days[0], neighbours, widest, stories: &found(), page: [page, 3] })
    };
    let first = of_day(1);
    assert!(first.contains("href=\"/archive/2026-11-21\"") && !first.contains("The day after"));
    assert!(first.contains("Newsrooms with a text of their own within the day."));
    assert!(first.contains("Most widely covered") && first.contains("href=\"/archive/2026-11-23?page=2\""));
    assert!(!of_day(2).contains("Most widely covered"), "it was said on the first page");
}
