//! Pages speak the language of the site and tell its time; foreign words say theirs.

use super::*;

#[test]
fn a_page_speaks_the_language_of_the_site_and_tells_its_time() {
    let sections = sections();
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let site = Site { language: Language::German, timezone: &berlin, ..site(&sections) };
    let one =
        a_topic("t", vec![brief("a", "Fähre auf Grund", "Alpha", 15), brief("b", "Old", "Beta", -3_000)]);
    let front = front(
        &site,
        Front { top: std::slice::from_ref(&one), linked: &[], ranking: &[], recommended: &[], sections: &[] },
        now(),
    );
    for said in [
        "<html lang=\"de\">",
        "Zu den Nachrichten springen",
        "Montag, 23. November 2026",
        "Letzter Stand 13:15 CET",
        "title=\"23. November 2026, 13:15 CET\">vor 6 Std.</time>",
        "Alle Zeiten sind die von Europe/Berlin.",
        "Zur Startseite",
    ] {
        assert!(front.contains(said) || not_found(&site).contains(said), "{said}");
    }
    let topic = topic(&site, &one, Beside::default(), now());
    assert!(topic.contains(">23. November 2026, 13:15 CET (vor 6 Std.)</time>"), "{topic}");
    assert!(topic.contains("Samstag, 21. November 2026"), "{topic}");
    // Those who run a site are spoken to in English.
    assert!(
        status(&site, &feeds(), FeedOrder::Health, 1).unwrap().contains("<div class=\"wide\" lang=\"en\">")
    );
    for (name, page) in every_page_of(&site, &sections) {
        if name == "status" || name == "edition" {
            continue;
        }
        for english in [">Details<", " ago<", " publishers", ">Search<", " stories<", "front page"] {
            assert!(!page.contains(english), "{name}: {english}");
        }
    }
}

#[test]
fn foreign_words_say_their_language_and_run_their_way() {
    let sections = sections();
    let site = site(&sections);
    let told = |language: &str, title: &str| {
        let language = (!language.is_empty()).then(|| language.to_owned());
        let story = StoryBrief { language, excerpt: String::new(), ..brief("a", title, "Alpha", 0) };
        category(&site, &sections[0].name, &[a_topic("t", vec![story])], Beside::default(), now())
    };
    assert!(told("de_AT", "Fähre auf Grund").contains(" lang=\"de-AT\">Fähre"));
    assert!(told("en-GB", "Ferry aground").contains("\">Ferry aground</a>"));
    assert!(!told("", "Ferry aground").contains("lang=\"\""));
    assert!(!told("\"><script", "Ferry aground").contains("<script"));
    assert!(told("ar", "WHO: انتهاء الوباء").contains("dir=\"rtl\"><h3><a"));
    assert!(told("ar", "An English headline").contains("dir=\"auto\"><h3><a"));
}

#[test]
fn links_work_behind_a_folder() {
    let categories = categories();
    let site = Site { url: "https://host.example/news/", ..site(&categories) };
    let page = not_found(&site);
    assert!(page.contains("href=\"/news/world\"") && page.contains("href=\"/news/assets/tidings."));
}
