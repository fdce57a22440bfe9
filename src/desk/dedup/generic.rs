//! Generic words: what a headline may consist of and still tell nothing, because it stands over one thing after another.
//!
//! "Weekly open thread", "Links for the week", "Morning briefing". Words of a few languages; what a publisher uses again and
//! again, the desk learns besides.

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
     diário semana mês hoje manhã notícias edição episódio capítulo";

static GENERIC: LazyLock<Set<u64>> = LazyLock::new(|| {
    let tokens = WORDS.split_ascii_whitespace().flat_map(|word| Tokens::of(word, 4).list);
    tokens.map(|token| token.hash).collect()
});

/// Whether a token of a headline is a generic word.
pub(crate) fn is_generic(token: &Token) -> bool {
    GENERIC.contains(&token.hash)
}
