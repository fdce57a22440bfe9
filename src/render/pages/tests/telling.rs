//! What the pages of stories and topics tell, and in which order.

use super::*;
use crate::model::{
    CategoryDecision, Correction, EntryNo, Filing, LedgerLine, StoryDecision, StoryNo, StoryRule,
    TopicDecision, TopicNo, TopicRule,
};

#[test]
fn a_topic_is_told_newest_first_whatever_leads_it() {
    let sections = sections();
    let stories = [("Oldest", 0), ("Newest", 3_000), ("Middle", 60)];
    let stories = stories.map(|(title, minutes)| brief(title, title, "Alpha", minutes)).to_vec();
    let page = topic(&site(&sections), &a_topic("t", stories), Beside::default(), now());
    let timeline = page.split("Time line").nth(1).unwrap();
    let place = |title: &str| timeline.find(title).unwrap();
    assert!(place("Newest") < place("Middle") && place("Middle") < place("Oldest"));
    assert_eq!(timeline.matches("class=\"day\"").count(), 2);
}

#[test]
fn a_time_beside_a_headline_is_that_headlines_and_a_topics_page_says_how_it_began() {
    let sections = sections();
    let site = site(&sections);
    let stories = [("Ferry refloated", 60), ("Inquiry opens", 600), ("Ferry runs aground", 0)];
    let stories = stories.map(|(title, minutes)| brief(title, title, "Alpha", minutes)).to_vec();
    let one = a_topic("t", stories);
    for page in [
        front(
            &site,
            Front {
                top: std::slice::from_ref(&one),
                linked: &[],
                ranking: &[],
                recommended: &[],
                sections: &[],
            },
            now(),
        ),
        category(&site, &one.category, std::slice::from_ref(&one), Beside::default(), now()),
        topic(&site, &one, Beside::default(), now()).split("Time line").next().unwrap().to_owned(),
    ] {
        let (_, below) = page.split_once("Ferry refloated</").unwrap();
        let time = below.split("datetime=\"").nth(1).unwrap();
        assert!(time.starts_with("2026-11-23T13:00:00"), "{page}");
    }
    let above = topic(&site, &one, Beside::default(), now()).split("Time line").next().unwrap().to_owned();
    let (_, began) = above.split_once("How it began").unwrap();
    assert!(began.contains("2026-11-23T12:00:00") && began.contains("Ferry runs aground</a>"), "{above}");
    let alone = a_topic("t", vec![brief("a", "Ferry runs aground", "Alpha", 0)]);
    assert!(!topic(&site, &alone, Beside::default(), now()).contains("How it began"), "it says so already");
}

/// A line of the ledger: by this rule an entry of this feed joined.
fn line(feed: &str, rule: StoryRule, compared: Option<&str>) -> LedgerLine {
    LedgerLine {
        no: FilingNo(1),
        filing: Filing {
            entry: EntryNo(1),
            at: now(),
            story: StoryDecision::sure(StoryNo(1), rule),
            topic: TopicDecision::sure(TopicNo(1), TopicRule::SameStory),
            category: CategoryDecision::sure(CategoryName::general(), crate::model::CategoryRule::Kept),
            reclustered: Vec::new(),
        },
        title: String::new(),
        url: None,
        feed: feed.to_owned(),
        compared: compared.map(|feed| (EntryNo(2), String::new(), feed.to_owned())),
    }
}

fn of(ledger: &[LedgerLine]) -> Background<'_> {
    Background { ledger, corrections: &[] }
}

#[test]
fn a_story_says_what_its_publishers_changed_and_nothing_of_what_nobody_notices() {
    let sections = sections();
    let site = site(&sections);
    let told = a_story("1", "Ferry runs aground, 40 saved", &["Alpha"]);
    let change = |titles: [&str; 2], texts: [&str; 2]| Correction {
        feed: "Alpha".to_owned(),
        at: now(),
        language: Some("de".to_owned()),
        titles: titles.map(str::to_owned),
        texts: texts.map(str::to_owned),
    };
    let said = [
        change(
            ["Ferry lost", "Ferry runs aground"],
            ["All died. It was late.", "It was late! All were saved."],
        ),
        change(["Ferry lost", "FERRY LOST"], ["It was  late", "It was late."]),
    ];
    let page = |corrections: &[Correction]| {
        story(&site, &told, Background { ledger: &[], corrections }, Beside::default(), now())
    };
    let with = page(&said);
    for one in [
        "Headline before: <bdi lang=\"de\"><del>Ferry lost</del>",
        "No longer said: <bdi lang=\"de\"><del>All died.</del>",
        "Newly said: <bdi lang=\"de\"><ins>All were saved.</ins>",
    ] {
        assert_eq!(with.matches(one).count(), 1, "{with}");
    }
    assert_eq!(with.matches("<del>").count() + with.matches("<ins>").count(), 3, "{with}");
    assert!(!page(&said[1..]).contains("What has changed"));
}

#[test]
fn what_only_moved_across_the_end_of_the_compared_text_is_no_change() {
    let sections = sections();
    let told = a_story("1", "Ferry runs aground", &["Alpha"]);
    let numbered: Vec<String> = (0..80).map(|no| format!("Sentence {no} of the text.")).collect();
    let begins = |sentences: &[String]| -> String {
        sentences.join(" ").chars().take(Correction::TEXT_CHARS).collect()
    };
    // A sentence of the beginning is taken out, and what stood behind the compared text moves into it.
    let [whole, shorter] = [begins(&numbered), begins(&[&numbered[..1], &numbered[6..]].concat())];
    let page = |texts: [&String; 2]| {
        let correction = Correction {
            feed: "Alpha".to_owned(),
            at: now(),
            language: None,
            titles: ["Ferry runs aground".to_owned(), "Ferry runs aground".to_owned()],
            texts: texts.map(String::clone),
        };
        let background = Background { ledger: &[], corrections: &[correction] };
        story(&site(&sections), &told, background, Beside::default(), now())
    };
    let removed = page([&whole, &shorter]);
    assert!(removed.contains("<del>Sentence 1 of the text.</del>"), "{removed}");
    assert!(!removed.contains("<ins>"), "{removed}");
    let added = page([&shorter, &whole]);
    assert!(added.contains("<ins>Sentence 1 of the text.</ins>"), "{added}");
    assert!(!added.contains("<del>"), "{added}");
    let rewritten = page([&whole, &begins(&numbered).replace("Sentence", "Line")]);
    assert!(rewritten.contains("<del>Sentence 0 of") && rewritten.contains("<ins>Line 0 of"), "{rewritten}");
}

#[test]
fn a_story_says_in_plain_words_why_its_reports_are_one() {
    let sections = sections();
    let site = site(&sections);
    let told = a_story("1", "Ferry runs aground", &["Alpha", "Beta", "Gamma", "Delta"]);
    let lines = [
        line("Alpha", StoryRule::Founded, None),
        line("Beta", StoryRule::SameText, Some("Alpha")),
        line("Gamma", StoryRule::SameText, Some("Alpha")),
        line("Delta", StoryRule::SameAddress, Some("Alpha")),
    ];
    let page = story(&site, &told, of(&lines), Beside::default(), now());
    assert!(page.contains("The same text, at most edited a little: Alpha, Beta and Gamma."), "{page}");
    assert!(page.contains("They lead to the same page: Delta."), "{page}");
    let alone = a_story("1", "Ferry runs aground", &["Alpha"]);
    let page = story(&site, &alone, of(&lines[..1]), Beside::default(), now());
    assert!(page.contains("Only one source has reported it so far."), "{page}");
    let mut shared = line("Alpha", StoryRule::Founded, None);
    shared.filing.topic.rule = TopicRule::SameEvent;
    shared.filing.topic.evidence.signs = vec!["ferry".to_owned(), "aground".to_owned()];
    let related = crate::model::StoryView { siblings: vec![brief("2", "Inquiry", "Beta", 9)], ..alone };
    let page = story(&site, &related, of(&[shared]), Beside::default(), now());
    assert!(page.contains("for they share these words: ferry, aground."), "{page}");
}

#[test]
fn a_story_shows_who_was_first_and_where_headlines_differ() {
    let sections = sections();
    let site = site(&sections);
    let mut told = a_story("1", "Ferry runs aground, 40 saved", &["Alpha", "Beta", "Gamma", "Delta"]);
    told.sources[1].title = "Ferry runs aground, 40 feared lost".to_owned();
    told.sources[2].title = "Port closed after accident".to_owned();
    let page = story(&site, &told, Background::default(), Beside::default(), now());
    assert!(page.contains("Ferry runs aground, 40 <em>feared lost</em></a>"), "{page}");
    assert!(page.contains(">Port closed after accident</a>"), "{page}");
    assert!(page.contains("Alpha</a> <span class=\"note\">first</span>"), "{page}");
    assert_eq!(page.matches("Same headline").count(), 2, "{page}");
    assert_eq!(page.matches(">first<").count(), 1, "{page}");
}
