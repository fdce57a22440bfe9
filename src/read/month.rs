//! Names in dates: months in the languages that feeds use them in, and halves of the day.

/// Names and abbreviations of the months, January first. The first of each month is English: `month_name` gives it.
#[rustfmt::skip]
const MONTHS: [&[&str]; 12] = [
    &["jan", "january", "januar", "janv", "janvier", "ene", "enero", "gen", "gennaio", "janeiro",
      "januari", "jänner", "sty", "styczeń", "stycznia", "led", "ledna", "január", "янв", "января",
      "січ", "січня", "ιαν", "ιανουαρίου", "oca", "ocak", "ian", "ianuarie", "tammikuu", "tammikuuta",
      "jaanuar", "janvāris", "sausio", "gener", "јануар", "януари", "janúar", "يناير", "ינואר", "בינואר", "一月"],
    &["feb", "february", "februar", "fév", "févr", "février", "fevrier", "febrero", "febbraio", "fev",
      "fevereiro", "februari", "lut", "luty", "lutego", "úno", "února", "február", "фев", "февр",
      "февраля", "лют", "лютого", "φεβ", "φεβρουαρίου", "şub", "şubat", "februarie", "helmikuu",
      "helmikuuta", "febrer", "veebruar", "februāris", "vasario", "февруари", "фебруар", "febrúar", "فبراير",
      "פברואר", "בפברואר", "二月"],
    &["mar", "march", "märz", "mär", "mrz", "maerz", "mars", "marzo", "março", "maart", "mrt", "marts",
      "marzec", "marca", "bře", "března", "március", "márc", "мар", "марта", "март", "бер", "березня",
      "μάρ", "μαρ", "μαρτίου", "mart", "martie", "maaliskuu", "maaliskuuta", "març", "maret", "märts",
      "marec", "kovo", "مارس", "מרץ", "במרץ", "三月", "ožujka"],
    &["apr", "april", "avr", "avril", "abr", "abril", "aprile", "kwi", "kwiecień", "kwietnia", "dub",
      "dubna", "április", "ápr", "апр", "апреля", "кві", "квітня", "απρ", "απριλίου", "nis", "nisan",
      "aprilie", "apríl", "huhtikuu", "huhtikuuta", "aprill", "aprīlis", "balandžio", "април", "أبريل", "ابريل",
      "אפריל", "באפריל", "四月", "travnja"],
    &["may", "mai", "mayo", "mag", "maggio", "maio", "mei", "maj", "maja", "kvě", "května", "május",
      "máj", "мая", "май", "тра", "травня", "μάι", "μαι", "μαϊ", "μάϊ", "μαΐου", "mayıs", "toukokuu",
      "toukokuuta", "maig", "maijs", "maí", "gegužės", "мај", "مايو", "מאי", "במאי", "五月", "svibnja"],
    &["jun", "june", "juni", "juin", "junio", "giu", "giugno", "junho", "cze", "czerwiec", "czerwca",
      "čvn", "června", "június", "jún", "июн", "июня", "чер", "червня", "ιούν", "ιουν", "ιον", "ιουνίου",
      "haz", "haziran", "iun", "iunie", "kesäkuu", "kesäkuuta", "juny", "juuni", "jūnijs", "junij", "júní",
      "birželio", "јун", "юни", "يونيو", "יוני", "ביוני", "六月", "lipnja"],
    &["jul", "july", "juli", "juil", "juillet", "julio", "lug", "luglio", "julho", "lip", "lipiec",
      "lipca", "čvc", "července", "július", "júl", "июл", "июля", "лип", "липня", "ιούλ", "ιουλ", "ιολ",
      "ιουλίου", "tem", "temmuz", "iul", "iulie", "heinäkuu", "heinäkuuta", "juliol", "juuli", "jūlijs",
      "julij", "júlí", "liepos", "јул", "юли", "يوليو", "יולי", "ביולי", "七月", "srpnja"],
    &["aug", "august", "août", "aout", "ago", "agosto", "augustus", "augusti", "sie", "sierpień",
      "sierpnia", "srp", "srpna", "augusztus", "авг", "августа", "сер", "серпня", "αύγ", "αυγ",
      "αυγούστου", "ağu", "ağustos", "elokuu", "elokuuta", "agustus", "augusts", "avgust", "ágú", "ágúst", "rugpjūčio",
      "август", "أغسطس", "اغسطس", "אוגוסט", "באוגוסט", "八月", "kolovoza"],
    &["sep", "sept", "september", "septembre", "septiembre", "set", "settembre", "setembro", "wrz",
      "wrzesień", "września", "zář", "září", "szeptember", "szept", "сен", "сент", "сентября", "вер",
      "вересня", "σεπ", "σεπτ", "σεπτεμβρίου", "eyl", "eylül", "septembrie", "syyskuu", "syyskuuta",
      "setembre", "septembris", "septembar", "rugsėjo", "септември", "септембар", "سبتمبر", "ספטמבר",
      "בספטמבר", "九月", "rujna"],
    &["oct", "october", "okt", "oktober", "octobre", "octubre", "ott", "ottobre", "out", "outubro",
      "paź", "październik", "października", "říj", "října", "október", "окт", "октября", "жов", "жовтня",
      "οκτ", "οκτωβρίου", "eki", "ekim", "octombrie", "lokakuu", "lokakuuta", "oktoober", "oktobris",
      "oktobar", "spalio", "октомври", "октобар", "أكتوبر", "اكتوبر", "אוקטובר", "באוקטובר", "十月"],
    &["nov", "november", "novembre", "noviembre", "novembro", "lis", "listopad", "listopada",
      "listopadu", "ноя", "нояб", "ноября", "лис", "листопада", "νοέ", "νοε", "νοέμ", "νοεμ",
      "νοεμβρίου", "kas", "kasım", "noiembrie", "marraskuu", "marraskuuta", "novembris", "novembar", "nóv", "nóvember",
      "lapkričio", "ноември", "новембар", "نوفمبر", "נובמבר", "בנובמבר", "十一月", "studenoga"],
    &["dec", "december", "dez", "dezember", "déc", "décembre", "decembre", "dic", "diciembre",
      "dicembre", "dezembro", "desember", "des", "gru", "grudzień", "grudnia", "pro", "prosince", "дек",
      "декабря", "гру", "грудня", "δεκ", "δεκεμβρίου", "ara", "aralık", "decembrie", "joulukuu",
      "joulukuuta", "desembre", "detsember", "decembris", "decembar", "gruodžio", "декември", "децембар",
      "ديسمبر", "דצמבר", "בדצמבר", "十二月", "prosinca"],
];

/// The month of a name or its abbreviation, in lower case; 1 is January.
pub(super) fn month(word: &str) -> Option<i64> {
    let found = MONTHS.iter().position(|names| names.contains(&word))?;
    Some(found as i64 + 1)
}

/// A name of the month with this number, which must be one from 1 to 12.
pub(super) fn month_name(number: i64) -> &'static str {
    usize::try_from(number - 1).ok().and_then(|at| MONTHS.get(at)?.first()).copied().unwrap_or_default()
}

/// Whether a word names the second half of the day; `after` is the text behind it, for `a.m.`.
pub(super) fn day_half(word: &str, after: &str) -> Option<bool> {
    match word {
        "am" | "오전" | "上午" | "午前" => Some(false),
        "pm" | "오후" | "下午" | "午後" => Some(true),
        "a" if after.starts_with(".m") => Some(false),
        "p" if after.starts_with(".m") => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_for_two_months() {
        assert_eq!(month("mar"), Some(3));
        assert_eq!(month("ιούλ"), Some(7));
        assert_eq!(month("monday"), None);
        for (at, names) in MONTHS.iter().enumerate() {
            for name in *names {
                assert_eq!(month(name), Some(at as i64 + 1), "{name} stands for another month, too");
            }
        }
    }
}
