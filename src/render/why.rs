//! The ledger of a story in words, for the operator: who carried it, by which rule and on what evidence each entry
//! joined it; then why it has its topic, its category and its rank.
//!
//! Must not decide anything, and must not know how the lines are shown. Titles in them are as they were read.

use crate::model::{
    CategoryName, CategoryRule, LedgerLine, Objection, StoryId, StoryRule, TopicNo, TopicRule, TopicView,
};
use jiff::Timestamp;

/// How many filings are told one by one. If there are more, half of these are the first ones and half the last; the
/// others are counted.
const TOLD: usize = 12;

/// A story, and what explains its state.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Its public id.
    pub id: StoryId,
    /// Row of its topic.
    pub topic_no: TopicNo,
    /// Its category.
    pub category: &'a CategoryName,
    /// When reclustering moved it to this topic, if it did.
    pub reclustered: Option<Timestamp>,
    /// The operator has taken it down.
    pub taken_down: bool,
    /// Every filing of its entries, oldest first.
    pub ledger: &'a [LedgerLine],
    /// Its topic with its stories, if any of them is published.
    pub topic: Option<&'a TopicView>,
}

/// Why a story is what it is, as lines of text. Its rank changes all the time, so it is told only if `now` is given.
pub fn why(story: &Standing<'_>, now: Option<Timestamp>) -> Vec<String> {
    let mut lines = Vec::new();
    let ledger = story.ledger;
    let left_out = ledger.len().saturating_sub(TOLD);
    for (place, line) in ledger.iter().enumerate() {
        if left_out > 0 && place == TOLD / 2 {
            lines.push(format!("… {left_out} more filings …"));
        }
        if left_out == 0 || place < TOLD / 2 || place >= TOLD / 2 + left_out {
            lines.push(membership(line));
        }
    }
    // Stories that became part of this one brought filings that name other topics and categories. So the latest
    // filing that decided and names the present one is told, else the latest that decided.
    let decisive = |decides: &dyn Fn(&LedgerLine) -> bool, holds: &dyn Fn(&LedgerLine) -> bool| {
        let last = ledger.iter().rev().find(|line| decides(line) && holds(line));
        last.or_else(|| ledger.iter().rev().find(|line| decides(line))).or(ledger.first())
    };
    let topic_line = decisive(&|line| line.filing.topic.rule != TopicRule::SameStory, &|line| {
        line.filing.topic.no == story.topic_no
    });
    let category_line = decisive(&|line| line.filing.category.rule != CategoryRule::Kept, &|line| {
        line.filing.category.name == *story.category
    });
    match story.reclustered {
        Some(at) => lines.push(reclustered(at, story)),
        None => lines.extend(topic_line.map(|line| topic(line, story))),
    }
    lines.extend(category_line.map(category));
    if story.taken_down {
        lines.push("You have taken it down: it is shown nowhere, whoever carries it.".to_owned());
    }
    lines.extend(now.map(|now| ranked(story.topic, now)));
    lines
}

fn membership(line: &LedgerLine) -> String {
    let filing = &line.filing;
    let who = format!("{}: {} carried \u{201c}{}\u{201d}", filing.at, line.feed, titled(&line.title));
    let other = line.compared.as_ref().map_or_else(
        || "an entry filed before".to_owned(),
        |(_, title, feed)| format!("\u{201c}{}\u{201d} in {feed}", titled(title)),
    );
    let signs = listed(&filing.story.evidence.signs);
    let against = filing.story.evidence.against.filter(|_| line.compared.is_some());
    let because = match filing.story.rule {
        StoryRule::Founded if let Some(objection) = against => {
            format!("it is like {other}, but {}, so it founded the story", spoken(objection))
        }
        StoryRule::Founded => "nothing known was the same, so it founded the story".to_owned(),
        StoryRule::SameEntry => "the same entry came again".to_owned(),
        StoryRule::SameAddress => format!("the same address as {other}"),
        StoryRule::SameText => format!("{} % the same text as {other}", percent(filing.story.score)),
        StoryRule::SameTitle => format!("the same headline as {other}"),
        StoryRule::Order => "you ordered it".to_owned(),
    };
    let absorbed = match filing.story.absorbed.len() {
        0 => "",
        1 => "; it proved another story to be this one",
        _ => "; it proved other stories to be this one",
    };
    format!("{who}: {because}{signs}{absorbed}.")
}

/// Why two entries are not one story, in words.
fn spoken(objection: Objection) -> &'static str {
    match objection {
        Objection::Order => "you took the two apart",
        Objection::SideBySide => "its feed carries both at once and so tells them apart",
        Objection::SharedAddress => "a feed gives that address to several entries",
        Objection::OtherRecording => "it brings another recording",
        Objection::Replaced => "what stands under the link now tells of something else",
        Objection::Series => "its feed carries that text again and again, as news",
        Objection::Unrelated => "they only lead to one page, days apart",
        Objection::Comment => "one of them says things of its own about the page to which both lead",
        Objection::Template => {
            "what differs between the headlines differs in one place of the texts, as in a form"
        }
        Objection::Boilerplate => "the text that they share says nothing of what the headlines say",
        Objection::Quoted => "one text only quotes the other",
        Objection::Contradicted => "other numbers or names stand in the same places",
        Objection::OtherPage => "they are pages of one site that share what many of its pages share",
        Objection::Refilled => "the page to which both lead is filled again and again",
        Objection::OtherText => "the texts under the headline tell different things",
        Objection::CommonHeadline => "a publisher uses the headline again and again",
        Objection::LittleSaid => "the headline alone says too little",
        Objection::SameSite => "they only share a headline, and one site has published both",
        Objection::DaysApart => "they only share a headline, and lie days apart",
    }
}

fn topic(line: &LedgerLine, story: &Standing<'_>) -> String {
    let filing = &line.filing;
    let signs = listed(&filing.topic.evidence.signs);
    let because = match filing.topic.rule {
        TopicRule::Founded => format!("Topic: nothing known was about this event, so it founded one{signs}."),
        TopicRule::SameStory => "Topic: that of the story it belongs to.".to_owned(),
        TopicRule::SamePage => {
            "Topic: that of a story whose page it is about, or that is about its page.".to_owned()
        }
        TopicRule::SameLink => {
            let page = filing.topic.evidence.signs.first().map_or("one page", String::as_str);
            format!(
                "Topic: that of a story before it, which links to {page}, too, or is that page; few others do."
            )
        }
        TopicRule::SameEvent => format!(
            "Topic: the same event as stories before it, {}, by these words{signs}.",
            odds(filing.topic.score)
        ),
        TopicRule::Order => "Topic: you ordered it.".to_owned(),
    };
    let bridged = match filing.topic.absorbed.len() {
        _ if filing.topic.rule != TopicRule::SameEvent => "",
        0 => "",
        1 => " It showed another topic to be about the same event.",
        _ => " It showed other topics to be about the same event.",
    };
    because + bridged + &others(story)
}

fn reclustered(at: Timestamp, story: &Standing<'_>) -> String {
    let because = "a second look, when more was known, put it with the stories that it is most like";
    format!("Topic: {because}, at {at}.") + &others(story)
}

/// A sentence that names the other stories of its topic.
fn others(story: &Standing<'_>) -> String {
    let others: Vec<&str> = story.topic.map_or(Vec::new(), |topic| {
        let others = topic.stories.iter().filter(|other| other.id != story.id);
        others.map(|other| other.title.as_str()).collect()
    });
    match others.as_slice() {
        [] => String::new(),
        [one] => format!(" \u{201c}{one}\u{201d} is in it, too."),
        [one, rest @ ..] => format!(" \u{201c}{one}\u{201d} and {} more are in it, too.", rest.len()),
    }
}

fn ranked(topic: Option<&TopicView>, now: Timestamp) -> String {
    let Some(topic) = topic else {
        return "Rank: none, because nothing of its topic is published.".to_owned();
    };
    let rank = topic.rank(now);
    let hours = (now.as_second() - topic.last.as_second()).max(0) / 3_600;
    let carried = match (topic.independent, topic.publishers) {
        (1, 1) => "one publisher".to_owned(),
        (1, all) => format!("one text, carried by {all} publishers"),
        (own, all) if own == all => format!("{own} publishers, each with a text of its own"),
        (own, all) => format!("{all} publishers, {own} of them with a text of their own"),
    };
    format!(
        "Rank: {:.2} now = breadth {:.2} ({carried}) × freshness {:.2} (latest story {hours} h old) × weight {:.1} \
         × rarity {:.2} (its feed has {} of the latest entries).",
        rank.total, rank.breadth, rank.freshness, rank.weight, rank.rarity, topic.entries
    )
}

fn category(line: &LedgerLine) -> String {
    let filing = &line.filing;
    let name = &filing.category.name;
    let signs = listed(&filing.category.evidence.signs);
    let sure = percent(filing.category.score);
    match filing.category.rule {
        CategoryRule::Fixed => format!("Category: {name}, because {} is fixed to it.", line.feed),
        CategoryRule::Keyword => format!("Category: {name}, because of your keywords{signs}."),
        CategoryRule::Learned => {
            format!(
                "Category: {name}; guesses like this one, by words like these{signs}, were right {sure} % of the time."
            )
        }
        CategoryRule::Topic => format!("Category: {name}, as most of its topic."),
        CategoryRule::Kept => format!("Category: {name}, decided when the story was founded."),
        CategoryRule::Unsure => match &filing.category.guess {
            Some(guess) => format!("Category: {name}, too unsure; likeliest was {guess} ({sure} %)."),
            None => format!("Category: {name}, nothing has been learned yet."),
        },
        CategoryRule::Order => format!("Category: {name}, as you ordered."),
    }
}

fn titled(title: &str) -> &str {
    if title.is_empty() { "(no title)" } else { title }
}

fn listed(signs: &[String]) -> String {
    if signs.is_empty() { String::new() } else { format!(" ({})", signs.join(", ")) }
}

/// A probability as odds, in words.
fn odds(probability: f64) -> String {
    let to_one = probability / (1.0 - probability).max(1e-9);
    match to_one {
        ..1.5 => "with about even odds, which is enough".to_owned(),
        ..19.5 => format!("with odds of about {to_one:.0} to 1"),
        _ => "with odds of 20 to 1 or more".to_owned(),
    }
}

fn percent(score: f64) -> i64 {
    (score.clamp(0.0, 1.0) * 100.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        CategoryDecision, EntryNo, Evidence, FeedNo, Filing, FilingNo, StoryBrief, StoryDecision, StoryNo,
        TopicDecision, TopicId,
    };

    fn line(no: i64, rule: StoryRule, compared: Option<&str>) -> LedgerLine {
        LedgerLine {
            no: FilingNo(no),
            filing: Filing {
                entry: EntryNo(no),
                at: Timestamp::UNIX_EPOCH,
                story: StoryDecision { score: 0.97, ..StoryDecision::sure(StoryNo(1), rule) },
                topic: TopicDecision {
                    evidence: Evidence { signs: vec!["harbour".to_owned()], ..Evidence::default() },
                    ..TopicDecision::sure(
                        TopicNo(1),
                        if no == 1 { TopicRule::Founded } else { TopicRule::SameStory },
                    )
                },
                category: CategoryDecision {
                    score: 0.41,
                    guess: CategoryName::new("world").ok(),
                    ..CategoryDecision::sure(
                        CategoryName::general(),
                        if no == 1 { CategoryRule::Unsure } else { CategoryRule::Kept },
                    )
                },
                reclustered: Vec::new(),
            },
            title: format!("Title {no}"),
            url: None,
            feed: format!("Feed {no}"),
            compared: compared.map(|title| (EntryNo(1), title.to_owned(), "Feed 1".to_owned())),
        }
    }

    fn told(ledger: &[LedgerLine], topic: Option<&TopicView>) -> Vec<String> {
        told_of_reclustered(None, ledger, topic)
    }

    fn told_of_reclustered(
        reclustered: Option<Timestamp>,
        ledger: &[LedgerLine],
        topic: Option<&TopicView>,
    ) -> Vec<String> {
        let (id, category) = (StoryId(1), &CategoryName::general());
        let taken_down = false;
        let standing =
            Standing { id, topic_no: TopicNo(1), category, reclustered, taken_down, ledger, topic };
        why(&standing, Some(Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn what_founded_a_story_although_it_is_like_another_says_which() {
        let mut founded = line(1, StoryRule::Founded, Some("Harbour report"));
        founded.filing.story.evidence.against = Some(Objection::Quoted);
        let apart = told(&[founded], None);
        let why = "it is like \u{201c}Harbour report\u{201d} in Feed 1, but one text only quotes the other, so it founded";
        assert!(apart.iter().any(|line| line.contains(why)), "{apart:?}");
        let alone = told(&[line(1, StoryRule::Founded, None)], None);
        assert!(alone.iter().any(|line| line.contains("nothing known was the same")), "{alone:?}");
    }

    #[test]
    fn a_story_that_reclustering_moved_is_told_so_and_not_why_it_was_elsewhere() {
        let mut joined = line(1, StoryRule::Founded, None);
        joined.filing.topic.rule = TopicRule::SameEvent;
        let lines = told_of_reclustered(Some(Timestamp::UNIX_EPOCH), &[joined], None);
        let topic: Vec<_> = lines.iter().filter(|line| line.starts_with("Topic:")).collect();
        assert_eq!(
            topic,
            ["Topic: a second look, when more was known, put it with the stories that it is most like, at \
              1970-01-01T00:00:00Z."]
        );
    }

    #[test]
    fn the_topic_is_told_by_the_filing_that_put_it_there_and_the_rank_by_its_parts() {
        let mut joined = line(1, StoryRule::Founded, None);
        joined.filing.topic.rule = TopicRule::SameEvent;
        joined.filing.topic.score = 0.89;
        joined.filing.topic.absorbed = vec![TopicNo(9)];
        // The founding of a story that became part of this one later.
        let mut absorbed = line(2, StoryRule::Founded, None);
        absorbed.filing.topic = TopicDecision::sure(TopicNo(7), TopicRule::Founded);
        let brief = |id: u128, title: &str| StoryBrief {
            id: StoryId(id),
            title: title.to_owned(),
            url: None,
            feed: String::new(),
            feed_no: FeedNo(1),
            excerpt: String::new(),
            image: None,
            picture: None,
            language: None,
            sources: 1,
            published: Timestamp::UNIX_EPOCH,
        };
        let topic = TopicView {
            no: TopicNo(1),
            id: TopicId(1),
            category: CategoryName::general(),
            development: 1,
            moved: FilingNo(1),
            moved_at: Timestamp::UNIX_EPOCH,
            heads_anew: true,
            first: brief(3, "Third"),
            last: Timestamp::UNIX_EPOCH,
            publishers: 5,
            independent: 2,
            weight: 1.5,
            entries: 16,
            stories: vec![brief(1, "This"), brief(2, "Other"), brief(3, "Third")],
        };
        let told = told(&[joined, absorbed], Some(&topic));
        assert!(told[2].contains("with odds of about 8 to 1, by these words (harbour)"), "{}", told[2]);
        assert!(told[2].contains("It showed another topic to be about the same event."), "{}", told[2]);
        assert!(told[2].ends_with("\u{201c}Other\u{201d} and 1 more are in it, too."), "{}", told[2]);
        assert_eq!(
            told[4],
            "Rank: 1.50 now = breadth 2.00 (5 publishers, 2 of them with a text of their own) × freshness 1.00 \
             (latest story 0 h old) × weight 1.5 × rarity 0.50 (its feed has 16 of the latest entries)."
        );
    }

    #[test]
    fn each_membership_is_told_by_its_rule_and_evidence() {
        let told =
            told(&[line(1, StoryRule::Founded, None), line(2, StoryRule::SameText, Some("Title 1"))], None);
        assert!(told[0].ends_with("so it founded the story."), "{}", told[0]);
        assert!(told[1].contains("97 % the same text as \u{201c}Title 1\u{201d} in Feed 1"), "{}", told[1]);
        assert_eq!(told[2], "Topic: nothing known was about this event, so it founded one (harbour).");
        assert_eq!(told[3], "Category: general, too unsure; likeliest was world (41 %).");
        assert_eq!(told[4], "Rank: none, because nothing of its topic is published.");
    }

    #[test]
    fn a_story_carried_by_a_hundred_is_told_in_one_screen() {
        let ledger: Vec<LedgerLine> = (1..=100).map(|no| line(no, StoryRule::SameText, None)).collect();
        let told = told(&ledger, None);
        assert_eq!(told.len(), TOLD + 4);
        assert!(told.contains(&"… 88 more filings …".to_owned()));
        assert!(told[TOLD].contains("Title 100"));
    }
}
