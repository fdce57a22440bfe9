//! The fixed words of editions in every language we know, and dates as each language writes them.
//!
//! One table a language, so that a translator finds all of it in one place. `{}` stands for the one thing that is filled
//! in. Knows nothing of what the words are about.

use crate::model::Language;
use jiff::civil::Date;

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
    /// Monday first.
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
    /// Weekday, day, month and year in their order.
    full_date: &'static str,
    /// Day and month.
    day: &'static str,
    /// What follows the number of a month's first day.
    first_day: &'static str,
}

/// The words of a language.
pub(super) fn messages(language: Language) -> &'static Messages {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
        Language::French => &FRENCH,
        Language::Spanish => &SPANISH,
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

const ENGLISH: Messages = Messages {
    tag: "en",
    untitled: "Untitled",
    nothing_new: "Nothing new this time.",
    in_short: "In short",
    update: "Update",
    colon: ": ",
    before: "Before, on {}:",
    quotes: ["“", "”"],
    also: "also {}",
    linked_by: "linked by {}",
    others: ["{} other", "{} others"],
    publishers: ["{} other publisher", "{} other publishers"],
    and: "and",
    all_reports: "All reports",
    widely_covered: "Widely covered",
    rarely_updated: "From your rarely updated feeds",
    most_linked: "Most linked",
    topics: ["{} topic", "{} topics"],
    updates: ["{} update", "{} updates"],
    minutes: ["{} minute to read", "{} minutes to read"],
    more: ["and {} more on the web", "and {} more on the web"],
    on_the_web: "Read it on the web",
    title_on_the_web: "{} on the web:",
    sent_to: "Sent to {}.",
    leave: "Stop receiving it",
    weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    full_date: "{weekday}, {day} {year}",
    day: "{day} {month}",
    first_day: "",
};

const GERMAN: Messages = Messages {
    tag: "de",
    untitled: "Ohne Titel",
    nothing_new: "Diesmal nichts Neues.",
    in_short: "Das Wichtigste",
    update: "Neuer Stand",
    colon: ": ",
    before: "Zuvor, am {}:",
    quotes: ["„", "“"],
    also: "auch bei {}",
    linked_by: "verlinkt von {}",
    others: ["einer weiteren Quelle", "{} weiteren"],
    publishers: ["{} weiteren Quelle", "{} weiteren Quellen"],
    and: "und",
    all_reports: "Alle Berichte",
    widely_covered: "Viel berichtet",
    rarely_updated: "Aus selten aktualisierten Feeds",
    most_linked: "Am meisten verlinkt",
    topics: ["{} Thema", "{} Themen"],
    updates: ["{} mit neuem Stand", "{} mit neuem Stand"],
    minutes: ["{} Minute Lesezeit", "{} Minuten Lesezeit"],
    more: ["und {} weiteres im Web", "und {} weitere im Web"],
    on_the_web: "Im Web lesen",
    title_on_the_web: "{} im Web:",
    sent_to: "Gesendet an {}.",
    leave: "Abbestellen",
    weekdays: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    full_date: "{weekday}, {day} {year}",
    day: "{day}. {month}",
    first_day: "",
};

const FRENCH: Messages = Messages {
    tag: "fr",
    untitled: "Sans titre",
    nothing_new: "Rien de nouveau cette fois.",
    in_short: "En bref",
    update: "Du nouveau",
    colon: " : ",
    before: "Auparavant, le {} :",
    quotes: ["« ", " »"],
    also: "aussi {}",
    linked_by: "cité par {}",
    others: ["{} autre", "{} autres"],
    publishers: ["{} autre source", "{} autres sources"],
    and: "et",
    all_reports: "Tous les articles",
    widely_covered: "Largement couvert",
    rarely_updated: "De vos flux rarement mis à jour",
    most_linked: "Les pages les plus citées",
    topics: ["{} sujet", "{} sujets"],
    updates: ["{} avec du nouveau", "{} avec du nouveau"],
    minutes: ["{} minute de lecture", "{} minutes de lecture"],
    more: ["et {} autre sur le web", "et {} autres sur le web"],
    on_the_web: "Lire sur le web",
    title_on_the_web: "{} sur le web :",
    sent_to: "Envoyé à {}.",
    leave: "Se désabonner",
    weekdays: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    full_date: "{weekday} {day} {year}",
    day: "{day} {month}",
    first_day: "er",
};

const SPANISH: Messages = Messages {
    tag: "es",
    untitled: "Sin título",
    nothing_new: "Esta vez no hay nada nuevo.",
    in_short: "En breve",
    update: "Novedad",
    colon: ": ",
    before: "Antes, el {}:",
    quotes: ["«", "»"],
    also: "también {}",
    linked_by: "enlazado por {}",
    others: ["{} más", "{} más"],
    publishers: ["{} medio más", "{} medios más"],
    and: "y",
    all_reports: "Todas las noticias",
    widely_covered: "Con amplia cobertura",
    rarely_updated: "De sus fuentes que publican poco",
    most_linked: "Lo más enlazado",
    topics: ["{} tema", "{} temas"],
    updates: ["{} con novedades", "{} con novedades"],
    minutes: ["{} minuto de lectura", "{} minutos de lectura"],
    more: ["y {} más en la web", "y {} más en la web"],
    on_the_web: "Leer en la web",
    title_on_the_web: "{} en la web:",
    sent_to: "Enviado a {}.",
    leave: "Darse de baja",
    weekdays: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    full_date: "{weekday}, {day} de {year}",
    day: "{day} de {month}",
    first_day: "",
};

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
        };
        check(Language::English, "Tuesday, 24 November 2026", "1 March");
        check(Language::German, "Dienstag, 24. November 2026", "1. März");
        check(Language::French, "mardi 24 novembre 2026", "1er mars");
        check(Language::Spanish, "martes, 24 de noviembre de 2026", "1 de marzo");
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
        assert_eq!(count(ENGLISH.topics, 1), "1 topic");
        assert_eq!(count(FRENCH.minutes, 2), "2 minutes de lecture");
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
