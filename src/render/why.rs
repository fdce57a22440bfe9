//! The ledger of a story in words: who carried it, by which rule, on what evidence; then its topic and its category.

use crate::model::{CategoryRule, LedgerLine, StoryRule, TopicRule};

/// How many filings are told one by one; a story carried by more is told by its first and last.
const TOLD: usize = 12;

/// Why a story is what it is, as lines of text. The ledger is given in order, oldest first.
pub fn why(ledger: &[LedgerLine]) -> Vec<String> {
    let mut lines = Vec::new();
    let left_out = ledger.len().saturating_sub(TOLD);
    for (place, line) in ledger.iter().enumerate() {
        if left_out > 0 && place == TOLD / 2 {
            lines.push(format!("… {left_out} more filings …"));
        }
        if left_out == 0 || place < TOLD / 2 || place >= TOLD / 2 + left_out {
            lines.push(membership(line));
        }
    }
    if let Some(first) = ledger.first() {
        let last = ledger.iter().rev().find(|line| line.filing.topic_rule != TopicRule::SameStory);
        lines.push(topic(last.unwrap_or(first)));
        let decided = ledger.iter().rev().find(|line| line.filing.category_rule != CategoryRule::Kept);
        lines.push(category(decided.unwrap_or(first)));
    }
    lines
}

fn membership(line: &LedgerLine) -> String {
    let filing = &line.filing;
    let who = format!("{}: {} carried \u{201c}{}\u{201d}", filing.at, line.feed, titled(&line.title));
    let other = line.compared.as_ref().map_or_else(
        || "an entry filed before".to_owned(),
        |(_, title, feed)| format!("\u{201c}{}\u{201d} in {feed}", titled(title)),
    );
    let signs = listed(&filing.story_evidence.signs);
    let because = match filing.story_rule {
        StoryRule::Founded => "nothing known was the same, so it founded the story".to_owned(),
        StoryRule::SameEntry => "the same entry came again".to_owned(),
        StoryRule::SameAddress => format!("the same address as {other}"),
        StoryRule::SameText => format!("{} % the same text as {other}", percent(filing.story_score)),
        StoryRule::SameTitle => format!("the same headline as {other}"),
        StoryRule::Order => "you ordered it".to_owned(),
    };
    let absorbed = match filing.absorbed.len() {
        0 => "",
        1 => "; it proved another story to be this one",
        _ => "; it proved other stories to be this one",
    };
    format!("{who}: {because}{signs}{absorbed}.")
}

fn topic(line: &LedgerLine) -> String {
    let filing = &line.filing;
    let signs = listed(&filing.topic_evidence.signs);
    match filing.topic_rule {
        TopicRule::Founded => format!("Topic: it is about an event of its own{signs}."),
        TopicRule::SameStory => "Topic: that of the story it belongs to.".to_owned(),
        TopicRule::SameEvent => {
            format!("Topic: about the same event as others, {} % alike{signs}.", percent(filing.topic_score))
        }
        TopicRule::Order => "Topic: you ordered it.".to_owned(),
    }
}

fn category(line: &LedgerLine) -> String {
    let filing = &line.filing;
    let name = &filing.category;
    let signs = listed(&filing.category_evidence.signs);
    let sure = percent(filing.category_score);
    match filing.category_rule {
        CategoryRule::Fixed => format!("Category: {name}, because {} is fixed to it.", line.feed),
        CategoryRule::Keyword => format!("Category: {name}, because of your keywords{signs}."),
        CategoryRule::Learned => format!("Category: {name}, {sure} % sure by what was learned{signs}."),
        CategoryRule::Topic => format!("Category: {name}, as most of its topic."),
        CategoryRule::Kept => format!("Category: {name}, decided when the story was founded."),
        CategoryRule::Unsure => match &filing.guess {
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

fn percent(score: f64) -> i64 {
    (score.clamp(0.0, 1.0) * 100.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CategoryName, EntryNo, Evidence, Filing, FilingNo, StoryNo, TopicNo};
    use jiff::Timestamp;

    fn line(no: i64, rule: StoryRule, compared: Option<&str>) -> LedgerLine {
        LedgerLine {
            no: FilingNo(no),
            filing: Filing {
                entry: EntryNo(no),
                at: Timestamp::UNIX_EPOCH,
                story: StoryNo(1),
                story_rule: rule,
                story_score: 0.97,
                story_evidence: Evidence::default(),
                topic: TopicNo(1),
                topic_rule: if no == 1 { TopicRule::Founded } else { TopicRule::SameStory },
                topic_score: 1.0,
                topic_evidence: Evidence { entry: None, signs: vec!["harbour".to_owned()] },
                category: CategoryName::general(),
                category_rule: if no == 1 { CategoryRule::Unsure } else { CategoryRule::Kept },
                category_score: 0.41,
                guess: CategoryName::new("world").ok(),
                category_evidence: Evidence::default(),
                absorbed: Vec::new(),
                moved_on: false,
            },
            title: format!("Title {no}"),
            url: None,
            feed: format!("Feed {no}"),
            compared: compared.map(|title| (EntryNo(1), title.to_owned(), "Feed 1".to_owned())),
        }
    }

    #[test]
    fn each_membership_is_told_by_its_rule_and_evidence() {
        let told = why(&[line(1, StoryRule::Founded, None), line(2, StoryRule::SameText, Some("Title 1"))]);
        assert!(told[0].ends_with("so it founded the story."), "{}", told[0]);
        assert!(told[1].contains("97 % the same text as \u{201c}Title 1\u{201d} in Feed 1"), "{}", told[1]);
        assert_eq!(told[2], "Topic: it is about an event of its own (harbour).");
        assert_eq!(told[3], "Category: general, too unsure; likeliest was world (41 %).");
    }

    #[test]
    fn a_story_carried_by_a_hundred_is_told_in_one_screen() {
        let ledger: Vec<LedgerLine> = (1..=100).map(|no| line(no, StoryRule::SameText, None)).collect();
        let told = why(&ledger);
        assert_eq!(told.len(), TOLD + 3);
        assert!(told.contains(&"… 88 more filings …".to_owned()));
        assert!(told[TOLD].contains("Title 100"));
    }
}
