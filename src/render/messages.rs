//! The fixed words of pages and editions in every language we know, and dates and times as each language writes them.
//!
//! One table a language, in a file of its own, so that a translator finds all of it in one place. `{}` stands for the one thing that is filled
//! in. Knows nothing of what the words are about.

mod english;
mod french;
mod german;
mod spanish;

use crate::model::Language;
use jiff::Timestamp;
use jiff::civil::Date;

/// Minutes that a time which lies less than an hour back is rounded to.
const STEP_MINUTES: i64 = 5;

/// The words of one language.
#[derive(Debug)]
pub(super) struct Messages {
    /// Its tag (BCP 47), for `lang`.
    pub(super) tag: &'static str,
    /// Stands for a headline that is missing.
    pub(super) untitled: &'static str,
    /// An edition without topics.
    pub(super) nothing_new: &'static str,
    /// Above the three lines that say what an edition holds.
    pub(super) in_short: &'static str,
    /// Before the headline of a topic that was told before and has moved on.
    pub(super) update: &'static str,
    /// Between a word and what it introduces.
    pub(super) colon: &'static str,
    /// Before the headline that it was told under; filled with the day.
    pub(super) before: &'static str,
    /// Around words of a publisher.
    pub(super) quotes: [&'static str; 2],
    /// Who else reports; filled with names.
    pub(super) also: &'static str,
    /// Who links to a page; filled with names.
    pub(super) linked_by: &'static str,
    /// Ends a list of names: one more, several more.
    pub(super) others: [&'static str; 2],
    /// Others when none is named: one, several.
    pub(super) publishers: [&'static str; 2],
    /// Joins the last of a list.
    pub(super) and: &'static str,
    /// Leads to the page of a topic.
    pub(super) all_reports: &'static str,
    /// Heads the sections beside those of categories.
    pub(super) widely_covered: &'static str,
    pub(super) rarely_updated: &'static str,
    pub(super) most_linked: &'static str,
    /// How much an edition holds: one, several.
    pub(super) topics: [&'static str; 2],
    pub(super) updates: [&'static str; 2],
    pub(super) minutes: [&'static str; 2],
    /// What did not fit: one, several.
    pub(super) more: [&'static str; 2],
    /// Leads to the page of the edition; in plain text, filled with the title of the digest.
    pub(super) on_the_web: &'static str,
    pub(super) title_on_the_web: &'static str,
    /// For whom the mail is; filled with the address.
    pub(super) sent_to: &'static str,
    /// The way out.
    pub(super) leave: &'static str,
    /// Around every page.
    pub(super) skip: &'static str,
    pub(super) latest_at: &'static str,
    pub(super) sections: &'static str,
    pub(super) search: &'static str,
    pub(super) follow: &'static str,
    pub(super) everything: &'static str,
    pub(super) in_any_reader: &'static str,
    pub(super) calmer: &'static str,
    pub(super) follow_linked: &'static str,
    pub(super) about: &'static str,
    pub(super) digests: &'static str,
    pub(super) all_digests: &'static str,
    pub(super) opml: &'static str,
    pub(super) sources: &'static str,
    pub(super) status: &'static str,
    pub(super) zone: &'static str,
    pub(super) whose: &'static str,
    pub(super) each_once: &'static str,
    pub(super) pages: &'static str,
    pub(super) previous_page: &'static str,
    pub(super) next_page: &'static str,
    pub(super) page_of: &'static str,
    /// Instead of a page.
    pub(super) not_found: [&'static str; 2],
    pub(super) gone: [&'static str; 2],
    pub(super) taken_down: [&'static str; 2],
    pub(super) moved: [&'static str; 2],
    pub(super) unavailable: [&'static str; 2],
    pub(super) to_front: &'static str,
    pub(super) nothing_yet: &'static str,
    /// Headlines and what stands beside them. Those that count: one, several.
    pub(super) top_stories: &'static str,
    pub(super) more_in: &'static str,
    pub(super) details: &'static str,
    pub(super) stories: [&'static str; 2],
    pub(super) by_publishers: [&'static str; 2],
    pub(super) by_newsrooms: [&'static str; 2],
    pub(super) by_sources: [&'static str; 2],
    pub(super) ranking: &'static str,
    /// What newsrooms are, and why they are fewer than publishers.
    pub(super) newsrooms: &'static str,
    pub(super) recommended: &'static str,
    pub(super) related: &'static str,
    pub(super) just_now: &'static str,
    pub(super) minutes_ago: &'static str,
    pub(super) hours_ago: &'static str,
    /// The pages of stories and topics.
    pub(super) by: &'static str,
    pub(super) changed: &'static str,
    pub(super) read_at: &'static str,
    pub(super) reported_by: [&'static str; 2],
    pub(super) was_first: &'static str,
    pub(super) same_headline: &'static str,
    pub(super) discussion: &'static str,
    pub(super) more_on_topic: &'static str,
    pub(super) follow_topic: &'static str,
    pub(super) time_line: &'static str,
    pub(super) began: &'static str,
    pub(super) newest: &'static str,
    pub(super) first_report: &'static str,
    pub(super) changes: &'static str,
    pub(super) headline_before: &'static str,
    pub(super) no_longer_said: &'static str,
    pub(super) newly_said: &'static str,
    pub(super) why_one: &'static str,
    pub(super) one_report: &'static str,
    pub(super) same_text: &'static str,
    pub(super) same_page: &'static str,
    pub(super) same_title: &'static str,
    pub(super) by_hand: &'static str,
    pub(super) same_event: &'static str,
    /// Searching.
    pub(super) search_for: &'static str,
    pub(super) nothing_found: &'static str,
    pub(super) headlines_first: &'static str,
    pub(super) follow_search: &'static str,
    pub(super) how_to_search: &'static str,
    pub(super) search_words: &'static str,
    pub(super) search_phrase: &'static str,
    pub(super) search_without: &'static str,
    pub(super) search_either: &'static str,
    pub(super) search_start: &'static str,
    pub(super) search_section: &'static str,
    pub(super) search_publisher: &'static str,
    pub(super) search_dates: &'static str,
    /// Sources, digests and days.
    pub(super) followed: [&'static str; 2],
    pub(super) how_doing: &'static str,
    pub(super) follow_in_reader: &'static str,
    pub(super) own_site: &'static str,
    /// Feeds: their addresses, and what an output says of itself in a browser; filled with the address of the page about them.
    pub(super) how_that_works: &'static str,
    pub(super) feed_addresses: &'static str,
    pub(super) about_feeds: &'static str,
    pub(super) whole_lists: &'static str,
    pub(super) lists: [&'static str; 3],
    pub(super) more_feeds: &'static str,
    pub(super) this_is_feed: &'static str,
    pub(super) nothing_of_it: &'static str,
    pub(super) no_digests: &'static str,
    pub(super) no_edition: &'static str,
    /// Asking for a digest, and confirming it.
    pub(super) by_mail: &'static str,
    pub(super) mail_address: &'static str,
    pub(super) send_it: &'static str,
    pub(super) no_mail_address: &'static str,
    pub(super) look_into_mail: [&'static str; 2],
    pub(super) too_many_ask: &'static str,
    pub(super) confirm_digest: &'static str,
    pub(super) sent_from_now_on: &'static str,
    pub(super) confirm_it: &'static str,
    pub(super) confirm_subject: &'static str,
    pub(super) confirm_mail: &'static str,
    pub(super) confirm_ignore: &'static str,
    pub(super) stop_digest: &'static str,
    pub(super) not_sent_any_more: &'static str,
    pub(super) stop_sending: &'static str,
    /// What a recipient can choose of a digest.
    pub(super) what_is_sent: &'static str,
    pub(super) none_means_all: &'static str,
    pub(super) hour_of_day: &'static str,
    pub(super) hour_of_digest: &'static str,
    pub(super) time_zone: &'static str,
    pub(super) save: &'static str,
    /// What became of a choice, each with a heading.
    pub(super) choice_saved: [&'static str; 2],
    pub(super) too_many_choices: [&'static str; 2],
    pub(super) no_choice: [&'static str; 2],
    pub(super) done: &'static str,
    pub(super) archive: &'static str,
    pub(super) days: &'static str,
    pub(super) day_before: &'static str,
    pub(super) day_after: &'static str,
    pub(super) earlier_days: &'static str,
    pub(super) most_covered: &'static str,
    pub(super) all_of_day: &'static str,
    /// Monday first.
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
    /// Weekday, day and month, and year in their order.
    full_date: &'static str,
    /// Day and month, and year.
    date: &'static str,
    /// Day and month.
    day: &'static str,
    /// What follows the number of a month's first day.
    first_day: &'static str,
}

/// The words of a language.
pub(super) fn messages(language: Language) -> &'static Messages {
    match language {
        Language::English => &english::WORDS,
        Language::German => &german::WORDS,
        Language::French => &french::WORDS,
        Language::Spanish => &spanish::WORDS,
    }
}

/// Fills a message in. What is filled in is not looked at again, whatever it says.
pub(super) fn fill(message: &str, with: &str) -> String {
    message.replacen("{}", with, 1)
}

/// A message that counts.
pub(super) fn count(forms: [&str; 2], n: usize) -> String {
    fill(forms[usize::from(n != 1)], &n.to_string())
}

impl Messages {
    /// "Tuesday, 24 November 2026".
    pub(super) fn full_date(&self, date: Date) -> String {
        let weekday = self.weekdays[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())];
        let of_month = self.day(date);
        self.full_date
            .replace("{weekday}", weekday)
            .replace("{day}", &of_month)
            .replace("{year}", &date.year().to_string())
    }

    /// "November 2026".
    pub(super) fn month(&self, date: Date) -> String {
        let month = self.months[usize::from(date.month().unsigned_abs()) - 1];
        self.date.replace("{day}", month).replace("{year}", &date.year().to_string())
    }

    /// "24 November 2026".
    pub(super) fn date(&self, date: Date) -> String {
        self.date.replace("{day}", &self.day(date)).replace("{year}", &date.year().to_string())
    }

    /// "2 h ago" of what lies less than a day before `now`, rounded down; `None` of what is older, and of what lies ahead.
    pub(super) fn ago(&self, at: Timestamp, now: Timestamp) -> Option<String> {
        let minutes = now.duration_since(at).as_mins();
        match minutes {
            // It came since the time was last rounded.
            -60..STEP_MINUTES => Some(self.just_now.to_owned()),
            STEP_MINUTES..60 => {
                Some(fill(self.minutes_ago, &(minutes / STEP_MINUTES * STEP_MINUTES).to_string()))
            }
            60..1_440 => Some(fill(self.hours_ago, &(minutes / 60).to_string())),
            _ => None,
        }
    }

    /// "24 November".
    pub(super) fn day(&self, date: Date) -> String {
        let month = self.months[usize::from(date.month().unsigned_abs()) - 1];
        let suffix = if date.day() == 1 { self.first_day } else { "" };
        self.day.replace("{day}", &format!("{}{suffix}", date.day())).replace("{month}", month)
    }

    /// Words between this language's quotation marks.
    pub(super) fn quoted(&self, words: &str) -> String {
        let [open, close] = self.quotes;
        format!("{open}{words}{close}")
    }

    /// "Alpha, Beta and 3 others"; of none named, "3 other publishers".
    pub(super) fn names(&self, named: &[String], others: usize) -> String {
        let Some((last, rest)) = named.split_last() else { return count(self.publishers, others) };
        let (listed, end) = match others {
            0 if rest.is_empty() => return last.clone(),
            0 => (rest, last.clone()),
            others => (named, count(self.others, others)),
        };
        format!("{} {} {end}", listed.join(", "), self.and)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_date_is_written_as_its_language_writes_it() {
        let check = |language, full: &str, day: &str| {
            let words = messages(language);
            assert_eq!(words.full_date(date(2026, 11, 24)), full);
            assert_eq!(words.day(date(2026, 3, 1)), day);
            assert_eq!(
                words.date(date(2026, 3, 1)),
                format!("{day}{}2026", if full.contains(" de 2") { " de " } else { " " })
            );
        };
        check(Language::English, "Tuesday, 24 November 2026", "1 March");
        check(Language::German, "Dienstag, 24. November 2026", "1. März");
        check(Language::French, "mardi 24 novembre 2026", "1er mars");
        check(Language::Spanish, "martes, 24 de noviembre de 2026", "1 de marzo");
    }

    #[test]
    fn what_is_recent_is_told_by_how_long_ago_it_was() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let check = |language, minutes, said: Option<&str>| {
            let at = now - jiff::SignedDuration::from_mins(minutes);
            assert_eq!(messages(language).ago(at, now).as_deref(), said, "{minutes}");
        };
        check(Language::English, -2, Some("just now"));
        check(Language::English, 4, Some("just now"));
        check(Language::English, 14, Some("10 min ago"));
        check(Language::English, 119, Some("1 h ago"));
        check(Language::German, 120, Some("vor 2 Std."));
        check(Language::French, 59, Some("il y a 55 min"));
        check(Language::Spanish, 1_439, Some("hace 23 h"));
        check(Language::English, 1_440, None);
        check(Language::English, -90, None);
    }

    #[test]
    fn names_are_listed_and_those_not_named_are_counted() {
        let check = |language, named: &[&str], others, expected: &str| {
            let named: Vec<String> = named.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(messages(language).names(&named, others), expected);
        };
        check(Language::English, &["Post"], 0, "Post");
        check(Language::English, &["Post", "Echo"], 0, "Post and Echo");
        check(Language::English, &["Post", "Echo"], 1, "Post, Echo and 1 other");
        check(Language::English, &[], 4, "4 other publishers");
        check(Language::German, &["Post"], 3, "Post und 3 weiteren");
        check(Language::French, &["Post"], 1, "Post et 1 autre");
        check(Language::Spanish, &["Post", "Echo", "Sur"], 2, "Post, Echo, Sur y 2 más");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(fill("Sent to {}.", "{} & {}"), "Sent to {} & {}.");
        assert_eq!(count(messages(Language::English).topics, 1), "1 topic");
        assert_eq!(count(messages(Language::French).minutes, 2), "2 minutes de lecture");
    }

    #[test]
    fn every_language_says_everything() {
        for language in Language::ALL {
            // Only French counts a month's first day otherwise.
            let said = format!("{:?}", messages(language)).replace("first_day: \"\"", "");
            assert!(!said.contains("\"\""), "{language:?} leaves something out: {said}");
        }
    }
}
