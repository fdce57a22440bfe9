//! Search queries: parses what somebody typed, and finds the matches in a text.
//!
//! Words match in their other forms. `"a phrase"` matches exactly, `harb*` is a prefix, `-word` excludes, and of `a
//! OR b` one is enough. `category:world`, `from:name`, `since:2026-11-01` and `before:2026-12` are filters.
//! Everything else is taken for words: there are no syntax errors.

use super::wordforms::{forms, is_open, is_spaceless, searched, words};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::HashSet;
use std::ops::Range;

/// Terms of one search, and names of one kind; those beyond are not looked at.
const TERMS: usize = 16;

/// Words of the longest phrase.
const PHRASE_WORDS: usize = 24;

/// One thing to look for, its words folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A word in any of these forms, the first as it was typed.
    Word(Vec<String>),
    /// Words that begin so.
    Start(String),
    /// These words, in this order.
    Phrase(Vec<String>),
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// A conjunction of groups: of each group, at least one term must match.
    pub groups: Vec<Vec<Term>>,
    /// None of these is to be there.
    pub without: Vec<Term>,
    /// In one of these categories, when there are any; in lower case.
    pub categories: Vec<String>,
    /// Carried by one of those whose name holds one of these, when there are any; folded.
    pub publishers: Vec<String>,
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// Older than this.
    pub before: Option<Timestamp>,
}

impl Search {
    /// Reads what was typed. Days begin as they do in `zone`.
    pub fn read(typed: &str, zone: &TimeZone) -> Self {
        let mut search = Self::default();
        let mut joins = false;
        for (no, part) in parts(typed).iter().enumerate() {
            if part.is_or() && no > 0 && !search.groups.is_empty() {
                joins = true;
                continue;
            }
            if search.narrows(part, zone) {
                continue;
            }
            let Some(term) = part.term() else { continue };
            let room = if part.refused { search.without.len() } else { search.groups.len() } < TERMS;
            match search.groups.last_mut() {
                Some(group) if joins && !part.refused => {
                    if group.len() < TERMS {
                        group.push(term);
                    }
                }
                _ if !room => {}
                _ if part.refused => search.without.push(term),
                _ => search.groups.push(vec![term]),
            }
            joins = false;
        }
        search
    }

    /// Whether it looks for nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes a part that names a category, a publisher or a date. Says whether it is one.
    fn narrows(&mut self, part: &Part<'_>, zone: &TimeZone) -> bool {
        let value = part.text.trim();
        if part.refused || value.is_empty() {
            return false;
        }
        match part.field {
            Some("category") if self.categories.len() < TERMS => self.categories.push(value.to_lowercase()),
            Some("from") if self.publishers.len() < TERMS && !searched(value).is_empty() => {
                self.publishers.push(searched(value));
            }
            Some("since") => return day(value, zone).inspect(|at| self.since = Some(*at)).is_some(),
            Some("before") => return day(value, zone).inspect(|at| self.before = Some(*at)).is_some(),
            _ => return false,
        }
        true
    }

    /// Where a text says what is looked for, in order, without overlaps.
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let words: Vec<_> = words(text).collect();
        let terms: Vec<&Term> = self.groups.iter().flatten().collect();
        let mut marks = Vec::new();
        let mut at = 0;
        while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
            let taken = terms.iter().map(|term| term.begins(rest)).max().unwrap_or(0);
            if taken > 0 {
                marks.push(rest[0].0.start..rest[taken - 1].0.end);
            }
            at += taken.max(1);
        }
        marks
    }
}

impl Term {
    /// The words of a text in the language of this tag, in whatever form, each once, without stop words. Of scripts without spaces,
    /// two letters that stand side by side make one.
    pub fn words_of(text: &str, language: &str) -> Vec<Self> {
        let code = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let stop_words = stop_words::lookup(code.as_str()).unwrap_or_default();
        let stop_words: HashSet<String> = stop_words.iter().map(|word| searched(word)).collect();
        let words: Vec<_> = words(text).filter(|(_, word)| !stop_words.contains(word)).collect();
        let is_letter = |word: &str| word.chars().next().is_some_and(is_spaceless);
        let mut terms = Vec::new();
        for (place, (range, word)) in words.iter().enumerate() {
            let next = words.get(place + 1).filter(|(next, word)| next.start == range.end && is_letter(word));
            let term = match (is_letter(word), next) {
                (false, _) => Self::Word(forms(word)),
                (true, Some((_, next))) => Self::Phrase(vec![word.clone(), next.clone()]),
                (true, None) => continue,
            };
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        terms
    }

    /// How many of these words it is; 0 when they begin otherwise.
    fn begins(&self, rest: &[(Range<usize>, String)]) -> usize {
        let Some((_, first)) = rest.first() else { return 0 };
        match self {
            Self::Word(forms) => usize::from(forms.contains(first)),
            Self::Start(start) => usize::from(first.starts_with(start.as_str())),
            Self::Phrase(phrase) => {
                let said =
                    rest.len() >= phrase.len() && phrase.iter().zip(rest).all(|(one, (_, word))| one == word);
                if said { phrase.len() } else { 0 }
            }
        }
    }
}

/// One of the parts of what was typed that white space separates.
struct Part<'t> {
    /// A minus stands before it.
    refused: bool,
    /// What stands before a colon.
    field: Option<&'t str>,
    /// The rest, without quotes.
    text: &'t str,
    quoted: bool,
    /// All of it but the minus.
    whole: &'t str,
}

impl Part<'_> {
    fn is_or(&self) -> bool {
        !self.quoted && !self.refused && self.whole == "OR"
    }

    /// What it looks for when it is taken for words; `None` when there is no word in it.
    fn term(&self) -> Option<Term> {
        let mut words: Vec<String> = words(self.whole).map(|(_, word)| word).take(PHRASE_WORDS).collect();
        words.retain(|word| !word.is_empty());
        if words.len() != 1 {
            return (!words.is_empty()).then_some(Term::Phrase(words));
        }
        let word = words.pop()?;
        Some(match self.quoted {
            true => Term::Phrase(vec![word]),
            false if self.whole.ends_with('*') || is_open(&word) => Term::Start(word),
            false => Term::Word(forms(&word)),
        })
    }
}

/// What was typed, in its parts. A quote that is not closed ends with the text.
fn parts(typed: &str) -> Vec<Part<'_>> {
    const QUOTES: [char; 5] = ['"', '“', '”', '„', '«'];
    let is_quote = |c: char| QUOTES.contains(&c) || c == '»';
    let mut parts = Vec::new();
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        let refused = rest.starts_with('-') && !rest[1..].starts_with(char::is_whitespace) && rest.len() > 1;
        let after_minus = if refused { &rest[1..] } else { rest };
        let field = after_minus.split_once(':').map(|(field, _)| field);
        let field = field.filter(|field| ["category", "from", "since", "before"].contains(field));
        let value = field.map_or(after_minus, |field| &after_minus[field.len() + 1..]);
        let (quoted, text, length) = match value.strip_prefix(is_quote) {
            Some(inner) => {
                let opening = value.len() - inner.len();
                let end = inner.find(is_quote).unwrap_or(inner.len());
                let closing = inner[end..].chars().next().map_or(0, char::len_utf8);
                (true, &inner[..end], opening + end + closing)
            }
            None => {
                let end = value.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(value.len());
                (false, &value[..end], end)
            }
        };
        let before = after_minus.len() - value.len();
        let whole = &after_minus[..before + length];
        parts.push(Part { refused, field, text, quoted, whole });
        rest = after_minus[before + length..].trim_start();
    }
    parts
}

/// The beginning of a day, a month or a year.
fn day(typed: &str, zone: &TimeZone) -> Option<Timestamp> {
    let mut numbers = typed.splitn(3, '-');
    let mut number = |least_digits: usize| match numbers.next() {
        None => Some(1),
        Some(text) => {
            let is_number =
                (least_digits..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| text.parse::<i16>().ok()).flatten()
        }
    };
    let (year, month, day) = (number(4)?, number(1)?, number(1)?);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    zone.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The search as a line: groups with `|` between their terms, then what is left out and what narrows down.
    fn check(typed: &str, want: &str) {
        let search = Search::read(typed, &TimeZone::UTC);
        let term = |term: &Term| match term {
            Term::Word(forms) => forms[0].clone(),
            Term::Start(start) => format!("{start}*"),
            Term::Phrase(words) => format!("\"{}\"", words.join(" ")),
        };
        let group = |group: &Vec<Term>| group.iter().map(term).collect::<Vec<_>>().join("|");
        let mut said: Vec<String> = search.groups.iter().map(group).collect();
        said.extend(search.without.iter().map(|one| format!("-{}", term(one))));
        said.extend(search.categories.iter().map(|name| format!("in {name}")));
        said.extend(search.publishers.iter().map(|name| format!("from {name}")));
        said.extend(search.since.map(|at| format!("since {at}")));
        said.extend(search.before.map(|at| format!("before {at}")));
        assert_eq!(said.join(" "), want, "{typed}");
    }

    #[test]
    fn what_was_typed_is_read_as_it_was_meant() {
        check("Sea walls", "sea walls");
        check("\"sea walls\" -tide -\"low tide\"", "\"sea walls\" -tide -\"low tide\"");
        check("„hohe Mauer“ harb*", "\"hohe mauer\" harb*");
        check("wall OR mauer storm", "wall|mauer storm");
        check("a OR b OR \"c d\"", "a|b|\"c d\"");
        check("category:World from:\"Harbour Post\" wall", "wall in world from harbour post");
        check("since:2026-11-01 before:2026-12", "since 2026-11-01T00:00:00Z before 2026-12-01T00:00:00Z");
        check("東京 서울", "\"東 京\" 서울*");
        check("café-owner", "\"cafe owner\"");
    }

    #[test]
    fn the_telling_words_of_a_headline_are_each_taken_once_and_stop_words_are_not() {
        let words = |text: &str, language: &str| {
            let words = Term::words_of(text, language).into_iter().map(|term| match term {
                Term::Word(forms) => forms[0].clone(),
                Term::Phrase(words) => words.join(""),
                Term::Start(start) => start,
            });
            words.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words("The wall and the sea: the Wall", "en-GB"), "wall sea");
        assert_eq!(words("Die Mauer und das Meer", "de"), "mauer meer");
        assert_eq!(words("Die Mauer", "tlh"), "die mauer");
        assert_eq!(words("東京塔 2026", "ja"), "東京 京塔 2026");
        assert_eq!(words("…", ""), "");
    }

    #[test]
    fn a_day_begins_where_the_reader_is() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let search = Search::read("since:2026-11-01 before:2026-07", &berlin);
        let said = [search.since, search.before].map(|at| at.unwrap().to_string());
        assert_eq!(said, ["2026-10-31T23:00:00Z", "2026-06-30T22:00:00Z"]);
    }

    #[test]
    fn whatever_is_typed_is_taken_for_words() {
        check("", "");
        check("\" - : * OR", "\"or\"");
        check("- : * ( \"\"", "");
        check("OR wall OR", "or wall");
        check("wall AND (sea", "wall and sea");
        check(
            "since:tomorrow before:2026-13-40 title:wall",
            "\"since tomorrow\" \"before 2026 13 40\" \"title wall\"",
        );
        check("category: -category:world", "category -\"category world\"");
        check("-- -", "");
        check("\"never closed", "\"never closed\"");
        check("wall\"sea\"", "wall \"sea\"");
        let many = "word ".repeat(100) + &"-no ".repeat(100) + &"a OR ".repeat(100);
        let search = Search::read(&many, &TimeZone::UTC);
        assert_eq!((search.groups.len(), search.without.len()), (TERMS, TERMS));
        assert!(search.groups.iter().all(|group| group.len() <= TERMS));
    }

    #[test]
    fn a_text_is_marked_where_it_says_what_is_looked_for() {
        let marked = |typed: &str, text: &str| {
            let marks = Search::read(typed, &TimeZone::UTC).marks(text);
            marks.into_iter().map(|mark| text[mark].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(marked("wall", "Walls, a wall’s wallet"), ["Walls", "wall"]);
        assert_eq!(
            marked("\"sea wall\" tide -moon", "The Sea: wall, tide and moon; sea"),
            ["Sea: wall", "tide"]
        );
        assert_eq!(marked("harb*", "The harbour of Harby"), ["harbour", "Harby"]);
        assert_eq!(marked("東京", "新東京タワー"), ["東京"]);
        assert_eq!(marked("hauser", "Die Häuser am Haus"), ["Häuser", "Haus"]);
        assert!(marked("category:world", "world").is_empty());
    }
}
