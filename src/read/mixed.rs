//! Decodes documents that mix UTF-8 with another encoding: finds which pieces are UTF-8, and decodes the others.
//!
//! A feed that merges several sites, or a template in one encoding around texts in another, changes its encoding from
//! piece to piece. But a document that is wholly in a legacy encoding also contains byte pairs that happen to be
//! valid UTF-8. So each piece is judged by the evidence of the whole document. This module knows bytes and encodings,
//! and nothing of feeds.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, IBM866, ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8,
    ISO_8859_8_I, KOI8_R, KOI8_U, SHIFT_JIS, WINDOWS_874, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253,
    WINDOWS_1255, WINDOWS_1256, X_MAC_CYRILLIC,
};
use std::ops::Range;

/// A document as characters, and how its bytes were shared out.
pub(super) struct Mixed {
    pub(super) text: String,
    /// Whether any piece was UTF-8.
    pub(super) has_utf_8: bool,
    /// Whether any piece was something else.
    pub(super) has_other: bool,
    /// Whether bytes were lost that are no character of anything.
    pub(super) has_lost: bool,
}

/// Decodes bytes that are not UTF-8 throughout. Pieces that are not are in `claimed`; Windows-1252 when nobody claims anything
/// else than UTF-8.
pub(super) fn decode(bytes: &[u8], claimed: Option<&'static Encoding>) -> Mixed {
    let other = claimed.unwrap_or(WINDOWS_1252);
    let judge = Judge::new(bytes, claimed);
    let mut mixed = Mixed {
        text: String::with_capacity(bytes.len()),
        has_utf_8: false,
        has_other: false,
        has_lost: false,
    };
    // Where the piece that is not UTF-8 began. It is decoded as a whole, because a character of some encodings ends
    // in an ASCII byte.
    let mut from = 0;
    let mut lately = false;
    for run in Runs::of(bytes) {
        let mut at = run.start;
        let told = judge.tells(&bytes[run.clone()]);
        lately = told.or_else(|| judge.told_behind(&bytes[run.end..])).unwrap_or(lately);
        let keeps = if told.is_some() { judge.keeps_some(&bytes[run.clone()]) } else { lately };
        for chunk in bytes[run].utf8_chunks() {
            let (valid, invalid) = (chunk.valid(), chunk.invalid());
            let kept = keeps && (told.is_none() || judge.keeps(valid, told == Some(true)));
            if kept {
                mixed.push_other(&bytes[from..at], other);
                mixed.has_utf_8 = true;
                mixed.text.push_str(valid);
                from = at + valid.len();
            }
            at += valid.len() + invalid.len();
            // A character that was cut in two, by a program that counts bytes, in a document that should be UTF-8.
            if kept && claimed.is_none() && invalid.first().is_some_and(|first| *first >= 0xc2) {
                mixed.has_lost = true;
                mixed.text.push(char::REPLACEMENT_CHARACTER);
                from = at;
            }
        }
    }
    mixed.push_other(&bytes[from..], other);
    mixed
}

impl Mixed {
    fn push_other(&mut self, bytes: &[u8], encoding: &'static Encoding) {
        self.has_other |= !bytes.is_ascii();
        let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
        self.has_lost |= had_errors;
        self.text.push_str(&text);
    }
}

/// What decides whether a piece that could be UTF-8 is.
struct Judge {
    family: Family,
    /// Whether a word that is too short to judge counts as UTF-8 when the words near it do. True if enough of the
    /// document is UTF-8.
    hesitates: bool,
    /// How many characters one stretch must have to be UTF-8.
    least: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Letters beyond ASCII stand alone between those of ASCII.
    Latin,
    /// Whole words beyond ASCII, a byte a letter.
    Words,
    /// Words beyond ASCII in which every second pair of bytes could be UTF-8.
    Dense,
}

impl Family {
    fn of(encoding: &'static Encoding) -> Self {
        let words = [
            IBM866,
            ISO_8859_5,
            ISO_8859_6,
            ISO_8859_7,
            ISO_8859_8,
            ISO_8859_8_I,
            KOI8_R,
            KOI8_U,
            WINDOWS_1251,
            WINDOWS_1253,
            WINDOWS_1255,
            WINDOWS_1256,
            X_MAC_CYRILLIC,
        ];
        let dense = [BIG5, EUC_JP, EUC_KR, GB18030, GBK, SHIFT_JIS, WINDOWS_874];
        if words.contains(&encoding) {
            Self::Words
        } else if dense.contains(&encoding) {
            Self::Dense
        } else {
            Self::Latin
        }
    }
}

/// In a document in a legacy encoding, fewer than one byte in this many (of those beyond ASCII) is in a run that is UTF-8 by
/// chance.
const BY_CHANCE: usize = 5;
/// This many valid UTF-8 characters in a row never occur by chance in a document whose letters are single bytes.
const NEVER_BY_CHANCE: usize = 4;

/// The longest run of non-ASCII bytes in a text in Latin letters, where non-ASCII letters stand alone or in pairs.
const LATIN_BYTES: usize = 8;

/// How far behind a short word its neighbours tell what it is.
const NEAR_BYTES: usize = 64;

impl Judge {
    fn new(bytes: &[u8], claimed: Option<&'static Encoding>) -> Self {
        let mut judge =
            Self { family: claimed.map_or(Family::Latin, Family::of), least: 2, hesitates: false };
        let (mut sound, mut broken) = (0_usize, 0_usize);
        for run in Runs::of(bytes) {
            let length = run.len();
            let is_sound = std::str::from_utf8(&bytes[run]).is_ok_and(|text| judge.keeps(text, true));
            *(if is_sound { &mut sound } else { &mut broken }) += length;
        }
        let by_chance = sound * BY_CHANCE < sound + broken;
        judge.hesitates = sound > 0 && (judge.family == Family::Words || !by_chance);
        judge.least = match judge.family {
            // Nothing else is claimed, and most of it is.
            _ if claimed.is_none() && sound > broken => 1,
            Family::Words if by_chance => NEVER_BY_CHANCE,
            Family::Dense if by_chance => usize::MAX,
            Family::Latin | Family::Words | Family::Dense => 2,
        };
        judge
    }

    /// Whether a run is UTF-8; `None` when it could be and is too short to tell: a word of one letter.
    fn tells(&self, run: &[u8]) -> Option<bool> {
        match std::str::from_utf8(run) {
            Ok(text) if self.keeps(text, true) => Some(true),
            Ok(_) if self.hesitates => None,
            _ => Some(false),
        }
    }

    /// What the next words of the same text tell.
    fn told_behind(&self, rest: &[u8]) -> Option<bool> {
        let near = &rest[..rest.len().min(NEAR_BYTES)];
        let near = &near[..memchr::memchr(b'<', near).unwrap_or(near.len())];
        Runs::of(near).filter(|run| run.end < near.len()).find_map(|run| self.tells(&near[run]))
    }

    /// Whether parts of this run may be UTF-8 at all. A non-ASCII word is in one encoding. The larger part decides;
    /// if that is not enough, the beginning decides, because texts are cut off at their end.
    fn keeps_some(&self, run: &[u8]) -> bool {
        let valid = || run.utf8_chunks().map(|chunk| chunk.valid().len()).sum::<usize>();
        match self.family {
            Family::Latin => run.len() <= LATIN_BYTES || 4 * valid() > 3 * run.len(),
            Family::Words => 2 * valid() > run.len(),
            Family::Dense => {
                let begins = run.utf8_chunks().next().is_some_and(|chunk| !chunk.valid().is_empty());
                begins && 4 * valid() > 3 * run.len()
            }
        }
    }

    /// Whether a stretch that is valid UTF-8 counts as UTF-8. If not all of its run is valid (`whole` is false), more
    /// evidence is needed: Japanese texts in a legacy encoding that they do not declare have long stretches that are
    /// valid UTF-8.
    fn keeps(&self, stretch: &str, whole: bool) -> bool {
        let doubtful = self.family == Family::Latin && !whole && self.least > 1;
        if !doubtful && stretch.chars().nth(self.least - 1).is_some() {
            return true;
        }
        match self.family {
            // What such a pair of letter and sign would say in the other encoding (`Ã©`), nobody writes. A letter and a quote
            // behind it (`ß“`, `é »`) are UTF-8 as well, but of letters that nobody means.
            Family::Latin => !stretch.is_empty() && stretch.chars().all(|c| c <= '\u{17f}' || is_sign(c)),
            Family::Words => stretch.chars().any(is_sign),
            Family::Dense => false,
        }
    }
}

/// Dashes, quotes, dots and the like, whose three bytes are no word of any legacy encoding with a byte a letter.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{2000}'..='\u{203f}' | '€' | '™' | '\u{fe0f}')
}

/// The runs of bytes beyond ASCII.
struct Runs<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Runs<'b> {
    fn of(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Iterator for Runs<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at + self.bytes[self.at..].iter().position(|byte| !byte.is_ascii())?;
        let length = self.bytes[start..].iter().position(u8::is_ascii);
        self.at = length.map_or(self.bytes.len(), |length| start + length);
        Some(start..self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{ISO_8859_2, MACINTOSH, WINDOWS_1250, WINDOWS_1254, WINDOWS_1257};

    const RUSSIAN: &str = "Жители посёлка Верхние Ключи второй день остаются без света: «Всё тепло — от печки», — говорит \
         Вера Ёлкина. В районе ЖЭС №3 объявлен режим ЧС. «Вёрсты» и ТВ» сообщили, что ремонт займёт 5–6 часов…";
    const UKRAINIAN: &str = "Мешканці Віньківців і досі без світла: «Ні води, ні тепла», — каже Вікторія Їжак. У Києві ВІ \
         сесія ради, її ведуть Єва і Ігор. Відень, Ніжин, Рівне й Їхні сусіди чекають новин про мінімальні ціни.";
    const JAPANESE: &str = "月曜の朝早く、連絡船アウレリア号が岩礁岬の沖で座礁したが、乗っていた四十人は全員無事に救助された。\
         のどかな港の人びとは「つぎの便はいつになるのか」とたずねている。カタカナのテストとひらがなのもじがならぶ。";
    const CHINESE: &str = "星期一清晨，渡轮在礁石角附近搁浅，船上四十名乘客全部安全获救。港务局表示，下一班船将于中午开出，\
         天气预报说明天有雨，市民请注意交通安全。我们的记者从现场发来报道：修理工作大约需要三天时间。";
    const TAIWANESE: &str = "星期一清晨，渡輪在礁石角附近擱淺，船上四十名乘客全部安全獲救。港務局表示，下一班船將於中午開出，\
         天氣預報說明天有雨，市民請注意交通安全。我們的記者從現場發來報導：修理工作大約需要三天時間。";
    const KOREAN: &str = "월요일 이른 아침 연락선이 암초 근처에서 좌초했으나 배에 타고 있던 사십 명은 모두 무사히 구조되었다. \
         항구 사람들은 다음 배가 언제 오는지 묻고 있다. 내일은 비가 내릴 것으로 보인다. 수리에는 사흘쯤 걸린다.";
    const POLISH: &str = "W poniedziałek rano prom osiadł na mieliźnie koło Łeby; czterdzieści osób jest bezpiecznych. «Żółć» — \
         powiedział Józef Śmigły, PÓŁNOC i ŻÓŁW. Następny prom odpłynie o świcie, jeśli pogoda będzie łaskawa.";
    const FRENCH: &str = "Le bateau s’est échoué lundi près de l’« Élysée »\u{a0}: « été\u{a0}», « voilà\u{a0}»… «\u{a0}Café\u{a0}» à l’ouest, \
         où l’on déjà «\u{a0}créé\u{a0}» une association\u{a0}!";
    const GERMAN: &str = "Das Schiff lief am Montag auf Grund. „Großer Spaß“, sagte Jürgen Öztürk; »Groß«, »Süß», MENÜ“ und „naß…“ \
         stand auf der Tafel. Größe: 5 m³, Wärme: 20 °C.";
    const CZECH: &str = "Příliš žluťoučký kůň úpěl ďábelské ódy; ŠKODA, ÚŽASNÝ ÚŽAS, „Říp“ a »Šíp«.";
    const GREEK: &str = "Οι κάτοικοι του νησιού μένουν χωρίς ρεύμα: «Όλη η πόλη», λέει ο Ηλίας. «Εδώ και τρεις μέρες», «ΕΥΔΑΠ».";
    const THAI: &str = "เรือข้ามฟากเกยตื้นเมื่อเช้าวันจันทร์ใกล้แหลมหิน ผู้โดยสารสี่สิบคนปลอดภัย ท่าเรือกล่าวว่าเรือเที่ยวต่อไป \
         จะออกตอนเที่ยง พรุ่งนี้ฝนตก มา ไป รอ กา นา ตา ขา ยา";
    const PERSIAN: &str = "كشتي بامداد دوشنبه نزديك پاپ چاپ به گل نشست؛ چهل مسافر ژاپني نجات يافتند. گزارش: «گپ و چاي»، پ پا چ.";
    const HEBREW: &str = "המעבורת עלתה על שרטון ביום שני בבוקר; ארבעים הנוסעים ניצלו. „שלום” – אמר הקברניט…";
    const TURKISH: &str = "Feribot pazartesi sabahı karaya oturdu; kırk yolcu kurtarıldı. “İyi ki” dedi Gülşen Çağlar, KÂĞIT ÜZERİNDE.";
    const LATVIAN: &str =
        "Prāmis pirmdienas rītā uzskrēja uz sēkļa; četrdesmit pasažieri ir drošībā. „Ļoti žēl“, teica Žanis.";

    fn in_bytes(text: &str, encoding: &'static Encoding) -> Vec<u8> {
        let (bytes, _, unmappable) = encoding.encode(text);
        assert!(!unmappable, "{}: {text}", encoding.name());
        bytes.into_owned()
    }

    /// One document of texts in encodings, as one in which only the second is claimed.
    fn check(parts: &[(&str, &'static Encoding)], claimed: &'static Encoding) {
        let bytes: Vec<u8> = parts.iter().flat_map(|(text, encoding)| in_bytes(text, encoding)).collect();
        let want: String = parts.iter().map(|(text, _)| *text).collect();
        assert_eq!(decode(&bytes, Some(claimed)).text, want, "{}", claimed.name());
    }

    #[test]
    fn a_text_in_a_legacy_encoding_is_not_torn_to_pieces() {
        for (text, encodings) in [
            (RUSSIAN, &[WINDOWS_1251, X_MAC_CYRILLIC][..]),
            (UKRAINIAN, &[WINDOWS_1251, X_MAC_CYRILLIC]),
            (JAPANESE, &[SHIFT_JIS, EUC_JP]),
            (CHINESE, &[GBK, GB18030]),
            (TAIWANESE, &[BIG5]),
            (KOREAN, &[EUC_KR]),
            (POLISH, &[WINDOWS_1250]),
            (CZECH, &[WINDOWS_1250]),
            (FRENCH, &[WINDOWS_1252, MACINTOSH, WINDOWS_1254]),
            (GERMAN, &[WINDOWS_1252, WINDOWS_1254]),
            (GREEK, &[WINDOWS_1253]),
            (THAI, &[WINDOWS_874]),
            (PERSIAN, &[WINDOWS_1256]),
            (HEBREW, &[WINDOWS_1255]),
            (TURKISH, &[WINDOWS_1254]),
            (LATVIAN, &[WINDOWS_1257]),
        ] {
            for encoding in encodings {
                check(&[(text, encoding)], encoding);
                // Every beginning of it, down to a few words.
                for (at, _) in text.match_indices(' ').skip(4) {
                    check(&[(&text[..at], encoding)], encoding);
                }
            }
        }
    }

    #[test]
    fn letters_without_typography_are_whole_in_the_older_encodings() {
        let plain = |text: &str| text.replace(['«', '»', '–', '—', '…', '№', '„', '“'], "-");
        check(&[(&plain(RUSSIAN), KOI8_R)], KOI8_R);
        check(&[(&plain(RUSSIAN), IBM866)], IBM866);
        check(&[(&plain(RUSSIAN), ISO_8859_5)], ISO_8859_5);
        check(&[(&plain(UKRAINIAN), KOI8_U)], KOI8_U);
        check(&[(&plain(POLISH), ISO_8859_2)], ISO_8859_2);
        check(&[(&plain(CZECH), ISO_8859_2)], ISO_8859_2);
    }

    #[test]
    fn a_text_in_utf_8_inside_another_encoding_stays_utf_8() {
        use encoding_rs::UTF_8;
        for (text, encoding) in [
            (RUSSIAN, WINDOWS_1251),
            (GREEK, WINDOWS_1253),
            (HEBREW, WINDOWS_1255),
            (POLISH, WINDOWS_1250),
            (GERMAN, WINDOWS_1252),
            (JAPANESE, SHIFT_JIS),
            (JAPANESE, EUC_JP),
            (CHINESE, GBK),
            (TAIWANESE, BIG5),
            (KOREAN, EUC_KR),
            (THAI, WINDOWS_874),
        ] {
            check(&[(text, encoding), ("<p>", encoding), (text, UTF_8), ("</p>", encoding)], encoding);
            check(&[(text, UTF_8), ("<p>", encoding), (text, encoding)], encoding);
        }
        check(&[(FRENCH, WINDOWS_1252), ("<p>", UTF_8), ("日本 “” – été ü", UTF_8)], WINDOWS_1252);
        let long = format!("{RUSSIAN} ").repeat(20);
        check(&[(&long, WINDOWS_1251), ("<p>", UTF_8), ("Погода на завтра", UTF_8)], WINDOWS_1251);
    }

    #[test]
    fn a_text_that_claims_nothing_is_not_torn_either() {
        for encoding in [EUC_JP, SHIFT_JIS] {
            let bytes = in_bytes(JAPANESE, encoding);
            let (whole, ..) = WINDOWS_1252.decode_without_bom_handling(&bytes);
            assert_eq!(decode(&bytes, None).text, whole, "{}", encoding.name());
        }
    }

    #[test]
    fn what_a_program_cut_in_two_is_lost_and_its_neighbours_are_not() {
        let cut = |text: &str, by: usize| [&text.as_bytes()[..text.len() - by], b"..."].concat();
        assert_eq!(decode(&cut("連絡船 座礁", 1), None).text, "連絡船 座\u{fffd}...");
        assert_eq!(decode(&cut("連絡船 座礁", 2), None).text, "連絡船 座\u{fffd}...");
        assert_eq!(decode(&cut("Новости дня", 1), None).text, "Новости дн\u{fffd}...");
        let garbled = decode(b"caf\xe9 \xc3\xa9t\xc3\xa9 \x93x\x94", None);
        assert_eq!(garbled.text, "café été “x”");
    }
}
