//! Words that count: numbers, ordinals, days of the week and months. A template's headlines differ in them ("part two", "the
//! third day", "on Monday"), and so do two instalments that came under one address.
//!
//! Knows words of a few languages; a number written in digits is known in every language.

use crate::desk::hash::Set;
use crate::desk::words::{NUMBER, PAIR, Word, Words};
use std::sync::LazyLock;

/// One language a line: numbers, ordinals, days, months.
const WORDS: [&str; 12] = [
    "one two three four five six seven eight nine ten eleven twelve first second third fourth fifth sixth seventh eighth \
     ninth tenth eleventh twelfth monday tuesday wednesday thursday friday saturday sunday january february march april may \
     june july august september october november december",
    "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf erste ersten erster erstes zweite zweiten zweiter \
     zweites dritte dritten dritter drittes vierte vierten vierter viertes fünfte fünften fünfter sechste sechsten \
     sechster siebte siebten siebter achte achten achter neunte neunten neunter zehnte zehnten zehnter montag dienstag \
     mittwoch donnerstag freitag samstag sonnabend sonntag januar jänner februar märz april mai juni juli august september \
     oktober november dezember",
    "deux trois quatre cinq six sept huit neuf dix onze douze premier première deuxième second seconde troisième quatrième \
     cinquième sixième septième huitième neuvième dixième lundi mardi mercredi jeudi vendredi samedi dimanche janvier \
     février mars avril mai juin juillet août septembre octobre novembre décembre",
    "dos tres cuatro cinco seis siete ocho nueve diez once doce primer primero primera segundo segunda tercer tercero \
     tercera cuarto cuarta quinto quinta sexto sexta séptimo séptima octavo octava noveno novena décimo décima lunes martes \
     miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre \
     diciembre",
    "due tre quattro cinque sei sette otto nove dieci undici dodici primo prima secondo seconda terzo terza quarto quarta \
     quinto quinta sesto sesta settimo settima ottavo ottava nono nona decimo decima lunedì martedì mercoledì giovedì \
     venerdì sabato domenica gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "dois duas três quatro cinco seis sete oito nove dez onze doze primeiro primeira segundo segunda terceiro terceira quarto \
     quarta quinto quinta sexto sexta sétimo sétima oitavo oitava nono nona décimo décima segunda-feira terça terça-feira \
     quarta-feira quinta-feira sexta-feira sábado domingo janeiro fevereiro março abril maio junho julho agosto setembro \
     outubro novembro dezembro",
    "twee drie vier vijf zes zeven acht negen tien elf twaalf eerste tweede derde vierde vijfde zesde zevende achtste negende \
     tiende maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari maart april mei juni juli augustus \
     september oktober november december",
    "två tre fyra fem sex sju åtta nio tio första andra tredje fjärde femte sjätte sjunde åttonde nionde tionde måndag tisdag \
     onsdag torsdag fredag lördag söndag januari februari mars april maj juni juli augusti september oktober november \
     december mandag tirsdag lørdag søndag første anden annen fjerde femte sjette syvende ottende niende tiende",
    "dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć pierwszy pierwsza drugi druga trzeci trzecia czwarty czwarta \
     piąty piąta szósty szósta siódmy siódma ósmy ósma dziewiąty dziewiąta dziesiąty dziesiąta poniedziałek wtorek środa \
     czwartek piątek sobota niedziela stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października \
     listopada grudnia",
    "два три четыре пять шесть семь восемь девять десять первый первая второй вторая третий третья четвёртый четвертый пятый \
     пятая шестой шестая седьмой седьмая восьмой восьмая девятый девятая десятый десятая понедельник вторник среда среду \
     четверг пятница пятницу суббота субботу воскресенье января февраля марта апреля мая июня июля августа сентября октября \
     ноября декабря",
    "iki üç dört beş altı yedi sekiz dokuz on birinci ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu \
     onuncu pazartesi salı çarşamba perşembe cuma cumartesi pazar ocak şubat mart nisan mayıs haziran temmuz ağustos eylül \
     ekim kasım aralık",
    "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv",
];

/// Digits of Chinese and Japanese that are letters; pairs of characters hold them.
const DIGITS: [char; 13] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '百', '〇', '零'];

static COUNTING: LazyLock<Set<u64>> = LazyLock::new(|| {
    let words = WORDS.iter().flat_map(|line| line.split_ascii_whitespace());
    words.flat_map(|word| Words::of(word, 4).list).map(|word| word.hash).collect()
});

/// Whether a word of a title counts.
pub(super) fn counts(title: &Words, word: &Word) -> bool {
    word.is(NUMBER)
        || COUNTING.contains(&word.hash)
        || (word.is(PAIR) && title.written(word).contains(DIGITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ordinals_days_and_months_count_in_many_languages() {
        let counting = |title: &str| {
            let words = Words::of(title, 20);
            let all = words.list.iter().filter(|word| counts(&words, word));
            all.map(|word| words.written(word).to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(counting("The Lighthouse, Part II: Chapter seven"), "II seven");
        assert_eq!(counting("Der dritte Tag, 24. November"), "dritte 24 November");
        assert_eq!(counting("Le septième jour, mardi"), "septième mardi");
        assert_eq!(counting("El cuarto día del viaje"), "cuarto");
        assert_eq!(counting("День пятый, в среду"), "пятый среду");
        assert_eq!(counting("灯台守 第七章"), "第七 七章");
        assert_eq!(counting("Ferry runs aground"), "");
    }
}
