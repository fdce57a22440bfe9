//! Numerals: numbers, ordinals, days of the week and months. Headlines of one template differ in them ("part two", "the
//! third day", "on Monday"), and so do two parts of a series under one address.
//!
//! Knows the words of a few languages; numbers in digits are recognised in every language. Ambiguous words are left
//! out: "on" is ten in Turkish, "once" is eleven in Spanish, and "may" is not only a month. Knows titles only.

use crate::desk::hash::Map;
use crate::desk::text::tokens::{BIGRAM, NUMBER, Token, Tokens};
use std::sync::LazyLock;

/// The kind of a numeral. Only numerals of the same kind contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numeral {
    /// A cardinal number, in digits, as a word, or Roman.
    Number,
    /// An ordinal number as a word.
    Ordinal,
    /// A day of the week.
    Day,
    /// A month.
    Month,
}

impl Numeral {
    pub(crate) const ALL: [Self; 4] = [Self::Number, Self::Ordinal, Self::Day, Self::Month];
}

const NUMBERS: &str = "two three four five seven eight nine ten eleven twelve eins zwei drei vier fünf sechs sieben acht neun zehn \
     zwölf deux trois quatre cinq sept huit neuf dix onze douze tres cuatro cinco siete ocho nueve diez doce quattro cinque \
     sette otto dieci undici dodici dois duas três quatro oito dez doze twee drie vier vijf zeven negen tien twaalf två fyra fem \
     sju åtta tio dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć два три четыре пять шесть семь восемь девять десять \
     iki dört beş altı yedi sekiz dokuz one six";

const ORDINALS: &str = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth erste ersten erster erstes \
     zweite zweiten zweiter zweites dritte dritten dritter drittes vierte vierten vierter viertes fünfte fünften fünfter sechste \
     sechsten sechster siebte siebten siebter achte achten achter neunte neunten neunter zehnte zehnten zehnter premier première \
     deuxième seconde troisième quatrième cinquième sixième septième huitième neuvième dixième primer primero primera segundo \
     segunda tercer tercero tercera cuarto cuarta quinto quinta sexto sexta séptimo séptima octavo octava noveno novena décimo \
     décima primo prima secondo seconda terzo terza quarto quarta sesto sesta settimo settima ottavo ottava nono nona decimo decima \
     primeiro primeira terceiro terceira sétimo sétima oitavo oitava eerste tweede derde vierde vijfde zesde zevende achtste negende \
     tiende första andra tredje fjärde femte sjätte sjunde åttonde nionde tionde første annen fjerde sjette syvende ottende niende \
     pierwszy pierwsza drugi druga trzeci trzecia czwarty czwarta piąty piąta szósty szósta siódmy siódma ósmy ósma dziewiąty \
     dziewiąta dziesiąty dziesiąta первый первая второй вторая третий третья четвёртый четвертый четвёртая пятый пятая шестой \
     шестая седьмой седьмая восьмой восьмая девятый девятая десятый десятая birinci ikinci üçüncü dördüncü beşinci altıncı yedinci \
     sekizinci dokuzuncu onuncu";

const DAYS: &str = "monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag \
     sonnabend sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo \
     lunedì martedì mercoledì giovedì venerdì sabato domenica maandag dinsdag woensdag donderdag vrijdag zaterdag zondag måndag \
     tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag poniedziałek wtorek środa czwartek piątek sobota \
     niedziela понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье pazartesi salı çarşamba perşembe \
     cuma cumartesi";

const MONTHS: &str = "january february april june july august september october november december januar jänner februar märz juni \
     juli oktober dezember janvier février avril juin juillet août septembre octobre novembre décembre enero febrero abril junio \
     julio agosto septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre \
     janeiro fevereiro março maio junho julho setembro outubro novembro dezembro januari februari maart augustus stycznia lutego \
     kwietnia czerwca lipca sierpnia września października listopada grudnia января февраля марта апреля июня июля августа сентября \
     октября ноября декабря ocak şubat nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık";

/// Roman numerals; recognised only in capitals.
const ROMAN: [&str; 15] =
    ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV"];

/// Chinese and Japanese numerals. Most of them are letters to Unicode, so that they are found in bigrams and not as
/// numbers.
const DIGITS: [char; 13] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '百', '〇', '零'];

static NUMERALS: LazyLock<Map<u64, Numeral>> = LazyLock::new(|| {
    let mut numerals = Map::default();
    for (lists, kind) in [NUMBERS, ORDINALS, DAYS, MONTHS].into_iter().zip(Numeral::ALL) {
        for word in lists.split_ascii_whitespace().flat_map(|word| Tokens::of(word, 4).list) {
            numerals.insert(word.hash, kind);
        }
    }
    numerals
});

/// The kind of a token of a title, if it is a numeral.
pub(crate) fn numeral(title: &Tokens, token: &Token) -> Option<Numeral> {
    let written = title.written(token);
    if token.is(NUMBER) || (token.is(BIGRAM) && written.contains(DIGITS)) || is_roman(title, token) {
        return Some(Numeral::Number);
    }
    NUMERALS.get(&token.hash).copied()
}

/// Whether a token is a Roman numeral. A single letter is one only at the end of a name: "Part I", "Henry V: the film".
fn is_roman(title: &Tokens, token: &Token) -> bool {
    let written = title.written(token);
    let behind = title.text.get(token.end as usize..).unwrap_or_default().trim_start();
    let ends = behind.is_empty() || behind.starts_with([':', '-', '–', '—', ')', ',', '|']);
    ROMAN.contains(&written) && (written.len() > 1 || (ends && token.start > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ordinals_days_and_months_count_in_many_languages() {
        let counting = |title: &str| {
            let words = Tokens::of(title, 20);
            let all = words.list.iter().filter(|word| super::numeral(&words, word).is_some());
            all.map(|word| words.written(word).to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(counting("The Lighthouse, Part II: Chapter seven"), "II seven");
        assert_eq!(counting("Der dritte Tag, 24. November"), "dritte 24 November");
        assert_eq!(counting("Le septième jour, mardi"), "septième mardi");
        assert_eq!(counting("El cuarto día del viaje"), "cuarto");
        assert_eq!(counting("День пятый, в среду"), "пятый среду");
        assert_eq!(counting("灯台守 第七章"), "第七 七章");
        assert_eq!(counting("Henry V: the king in part I"), "V I");
    }

    #[test]
    fn words_that_only_look_like_numbers_do_not_count() {
        for title in [
            "Storm closes harbour on east coast",
            "Minister may resign once the ferry is due",
            "I saw the march of the elf: on Mars, as it may be",
            "Did I dream?",
        ] {
            let words = Tokens::of(title, 20);
            assert!(words.list.iter().all(|word| super::numeral(&words, word).is_none()), "{title}");
        }
    }
}
