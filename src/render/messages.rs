//! The fixed words of pages, outputs and mails in each supported language, and dates and times as that language writes them.
//!
//! Each language has one table in a file of its own, so that a translator finds everything in one place. `{}` stands
//! for what is filled in; in `page_of` there are two, the page and the number of pages. Must not know what is filled
//! in.

mod english;
mod french;
mod german;
mod spanish;

use crate::model::Language;
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};

/// Times less than an hour ago are rounded down to a multiple of this, in minutes.
const STEP_MINUTES: i64 = 5;

/// The words of one language, in groups, each for one kind of page. `messages/english.rs` shows them.
///
/// Of a pair, the first form is for one, the second for several; of the pairs called "heading, text" it is not.
#[derive(Debug)]
pub(super) struct Messages {
    /// The tag of the language (BCP 47), for `lang` attributes.
    pub(super) tag: &'static str,
    /// Stands for a missing headline.
    pub(super) untitled: &'static str,

    // Editions, and what pages share with them.
    /// The text of an edition without topics.
    pub(super) nothing_new: &'static str,
    /// The heading of the three headlines at the top of an edition.
    pub(super) in_short: &'static str,
    /// Stands before the headline of a topic that an earlier edition told, and that has moved on.
    pub(super) update: &'static str,
    /// Stands between a word and what it introduces.
    pub(super) colon: &'static str,
    /// Introduces the headline that the earlier edition told such a topic under; filled with the day.
    pub(super) before: &'static str,
    /// The quotation marks: opening, closing.
    pub(super) quotes: [&'static str; 2],
    /// Who else reports; filled with names.
    pub(super) also: &'static str,
    /// Who links to a page; filled with names.
    pub(super) linked_by: &'static str,
    /// Ends a list of names with the number of those not named.
    pub(super) others: [&'static str; 2],
    /// The number of other publishers, if none of them is named.
    pub(super) publishers: [&'static str; 2],
    /// Stands before the last of a list.
    pub(super) and: &'static str,
    /// The link to the page of a topic.
    pub(super) all_reports: &'static str,
    /// The headings of the sections of an edition that are not those of categories: this, and the next two.
    pub(super) widely_covered: &'static str,
    pub(super) rarely_updated: &'static str,
    pub(super) most_linked: &'static str,
    /// How much an edition holds: topics, updates of topics that were told before, minutes to read.
    pub(super) topics: [&'static str; 2],
    pub(super) updates: [&'static str; 2],
    pub(super) minutes: [&'static str; 2],
    /// The number of topics that did not fit.
    pub(super) more: [&'static str; 2],
    /// The link to the page of the edition, in HTML.
    pub(super) on_the_web: &'static str,
    /// The same in plain text; filled with the title of the digest.
    pub(super) title_on_the_web: &'static str,
    /// To whom the mail is sent; filled with the address.
    pub(super) sent_to: &'static str,
    /// The link to the page for leaving the digest and for choosing what is sent.
    pub(super) leave: &'static str,

    // What stands around every page.
    /// The link from the top of a page to its main part, for keyboards and screen readers.
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
    // What is shown instead of a page: heading, text.
    pub(super) not_found: [&'static str; 2],
    /// The text follows the quoted name of what is gone.
    pub(super) gone: [&'static str; 2],
    pub(super) taken_down: [&'static str; 2],
    pub(super) moved: [&'static str; 2],
    pub(super) unavailable: [&'static str; 2],
    pub(super) to_front: &'static str,
    pub(super) nothing_yet: &'static str,
    // Lists of headlines, and what stands beside a headline.
    pub(super) top_stories: &'static str,
    pub(super) more_in: &'static str,
    pub(super) details: &'static str,
    pub(super) stories: [&'static str; 2],
    pub(super) by_publishers: [&'static str; 2],
    pub(super) by_newsrooms: [&'static str; 2],
    pub(super) by_sources: [&'static str; 2],
    pub(super) ranking: &'static str,
    /// Says what newsrooms are, and why they are fewer than publishers.
    pub(super) newsrooms: &'static str,
    pub(super) recommended: &'static str,
    pub(super) related: &'static str,
    pub(super) just_now: &'static str,
    pub(super) minutes_ago: &'static str,
    pub(super) hours_ago: &'static str,
    // The pages of stories and topics.
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
    // The search page.
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
    // The pages of sources.
    pub(super) followed: [&'static str; 2],
    pub(super) how_doing: &'static str,
    pub(super) follow_in_reader: &'static str,
    pub(super) own_site: &'static str,
    // The page with the addresses of all outputs.
    pub(super) how_that_works: &'static str,
    pub(super) feed_addresses: &'static str,
    pub(super) about_feeds: &'static str,
    pub(super) whole_lists: &'static str,
    /// The choices of `opml::Only`, in their order.
    pub(super) lists: [&'static str; 3],
    pub(super) more_feeds: &'static str,
    /// What an output says of itself in a browser; filled with the address of this page.
    pub(super) this_is_feed: &'static str,
    pub(super) nothing_of_it: &'static str,
    pub(super) no_digests: &'static str,
    pub(super) no_edition: &'static str,
    // Asking for a digest, confirming it, and leaving it.
    pub(super) by_mail: &'static str,
    pub(super) mail_address: &'static str,
    pub(super) send_it: &'static str,
    pub(super) no_mail_address: &'static str,
    /// Heading, text.
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
    // What a recipient can choose of a digest.
    pub(super) what_is_sent: &'static str,
    pub(super) none_means_all: &'static str,
    pub(super) hour_of_day: &'static str,
    pub(super) hour_of_digest: &'static str,
    pub(super) time_zone: &'static str,
    pub(super) save: &'static str,
    /// What became of a choice: heading, text.
    pub(super) choice_saved: [&'static str; 2],
    pub(super) too_many_choices: [&'static str; 2],
    pub(super) no_choice: [&'static str; 2],
    pub(super) done: &'static str,

    // What outputs say of themselves.
    /// An output of stories, of topics, of topics that so many publishers carry, of found stories, and where they are from.
    pub(super) every_story: &'static str,
    pub(super) every_topic: &'static str,
    pub(super) broad_topics: &'static str,
    /// Filled with the quoted words.
    pub(super) stories_with: &'static str,
    pub(super) from_everywhere: &'static str,
    /// The other outputs, each in a sentence: of linked pages (filled with how many link to one), of a source, of a topic
    /// (filled with its quoted headline), of editions.
    pub(super) linked_pages: &'static str,
    pub(super) all_of_source: &'static str,
    pub(super) all_on_topic: &'static str,
    pub(super) all_editions: &'static str,
    /// Titles: of the topics of everything, of those of a section, and what follows either if so many publishers must
    /// carry them.
    pub(super) topics_title: &'static str,
    pub(super) section_topics: &'static str,
    pub(super) of_publishers: &'static str,
    /// Stands between quoted words and the section in which they are looked for.
    pub(super) in_section: &'static str,
    // What stands below the words of an item. Each is filled with links or names, except that `carried_by` is filled with
    // a number.
    pub(super) item_from: &'static str,
    pub(super) item_also: &'static str,
    pub(super) item_discussed: &'static str,
    pub(super) item_linked_by: &'static str,
    pub(super) carried_by: [&'static str; 2],

    // The archive of days.
    pub(super) archive: &'static str,
    pub(super) days: &'static str,
    pub(super) day_before: &'static str,
    pub(super) day_after: &'static str,
    pub(super) earlier_days: &'static str,
    pub(super) most_covered: &'static str,
    pub(super) all_of_day: &'static str,
    // Dates.
    /// Monday first.
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
    /// A date with its weekday; `{day}` in it is a `day`.
    full_date: &'static str,
    /// A date with its year; `{day}` in it is a `day`.
    date: &'static str,
    /// A day and its month.
    day: &'static str,
    /// What follows the number of the first day of a month, as in "1er".
    first_day: &'static str,
}

/// The table of a language.
pub(super) fn messages(language: Language) -> &'static Messages {
    match language {
        Language::English => &english::WORDS,
        Language::German => &german::WORDS,
        Language::French => &french::WORDS,
        Language::Spanish => &spanish::WORDS,
    }
}

/// Puts `with` into the first `{}` of a message. A `{}` in `with` is text like any other.
pub(super) fn fill(message: &str, with: &str) -> String {
    message.replacen("{}", with, 1)
}

/// Puts markup into the first `{}` of a message.
pub(super) fn fill_with(message: &str, with: &Markup) -> Markup {
    let (before, after) = message.split_once("{}").unwrap_or((message, ""));
    html! { (before) (with) (after) }
}

/// A message with a number: the first form for one, the second for any other.
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

    /// How long before `now` a moment was, rounded down: "2 h ago". `None` if it was a day ago or longer, or if it is
    /// more than an hour ahead.
    pub(super) fn ago(&self, at: Timestamp, now: Timestamp) -> Option<String> {
        let minutes = now.duration_since(at).as_mins();
        match minutes {
            // Pages are made for a moment that is rounded down, so the latest news lies ahead of it.
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

    /// Words in the quotation marks of this language.
    pub(super) fn quoted(&self, words: &str) -> String {
        let [open, close] = self.quotes;
        format!("{open}{words}{close}")
    }

    /// "Alpha, Beta and 3 others"; if none is named, "3 other publishers".
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
