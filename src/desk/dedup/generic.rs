//! Generic words. A headline that consists of them ("Weekly open thread", "Links for the week", "Morning briefing")
//! stands over different things again and again, so it does not identify a story.
//!
//! A fixed list of words in a few languages; headlines that a publisher repeats are learned elsewhere (`boilerplate`).
//! Knows tokens only.

use crate::desk::hash::Set;
use crate::desk::text::tokens::{Token, Tokens};
use std::sync::LazyLock;

const WORDS: &str = "daily weekly monthly today tonight yesterday tomorrow morning evening weekend week month year day links link \
     reading news update updates thread discussion open roundup round digest newsletter briefing brief summary recap edition issue \
     episode part chapter volume comic strip cartoon crossword puzzle horoscope weather forecast notes note diary journal post posts \
     entry blog podcast photo photos picture pictures video videos quote wordle release releases version changelog patch \
     täglich tägliche wöchentlich woche monat tag heute morgen abend wochenende nachrichten ausgabe folge teil kapitel wetter \
     quotidien hebdomadaire semaine mois jour aujourd'hui matin soir actualités édition épisode partie chapitre météo \
     diario semanal semana mes hoy mañana noticias edición episodio parte capítulo tiempo enlaces \
     giornaliero settimanale settimana mese oggi mattina notizie edizione episodio parte capitolo meteo \
     diário semana mês hoje manhã notícias edição episódio capítulo \
     merry christmas happy easter holiday holidays greetings congratulations readers best deal deals sale sales offer offers black \
     review reviews survey preview nightly build builds beta alpha stable hotfix rc snapshot pre-release prerelease \
     senior junior remote engineer developer manager hiring wanted vacancy job jobs \
     главные новости сегодня выпуск неделя дня πρωτοσέλιδα εφημερίδων σήμερα ειδήσεις günün haberleri bugün haftalık öne çıkan \
     أبرز عناوين الصحف الصادرة اليوم تهنئة أخبار शुभकामनाएं हार्दिक पाठकों समाचार आज 新年 お知らせ 休業 おめでとうございます 年末年始 \
     通知 放假 安排 国庆节 新闻 今日 안내 연휴 추석 오늘의 주요 뉴스 브리핑";

static GENERIC: LazyLock<Set<u64>> = LazyLock::new(|| {
    let tokens = WORDS.split_ascii_whitespace().flat_map(|word| Tokens::of(word, 4).list);
    tokens.map(|token| token.hash).collect()
});

/// Whether a token of a headline is a generic word.
pub(crate) fn is_generic(token: &Token) -> bool {
    GENERIC.contains(&token.hash)
}
