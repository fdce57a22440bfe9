//! Boilerplate that feed programs add to an entry: who submitted it, where it is discussed, how many points it has,
//! where it appeared first, that there is more to read.
//!
//! It says nothing about the page, is alike under every entry, and changes all day. This module knows plain text and
//! the programs that write such phrases; it must not know HTML or feeds.

use memchr::memmem;
use std::sync::LazyLock;

/// What its links say.
const LINKS: [&str; 2] = ["[link]", "[comments]"];

/// How aggregators call the link that is all the text of an entry.
const COMMENTS: [&str; 22] = [
    "comments",
    "discuss",
    "discussion",
    "kommentare",
    "commentaires",
    "comentarios",
    "comentários",
    "commenti",
    "reacties",
    "kommentarer",
    "kommentit",
    "komentarze",
    "komentáře",
    "yorumlar",
    "комментарии",
    "коментарі",
    "σχόλια",
    "تعليقات",
    "コメント",
    "评论",
    "評論",
    "댓글",
];

/// The sentence with which WordPress ends an entry, in the languages in which it is used most: the text before the
/// title, and the text between the title and the name of the site. The sentence ends after the name.
const FIRST_ON: [(&str, &str); 21] = [
    ("The post ", " appeared first on "),
    ("The post ", " first appeared on "),
    ("Der Beitrag ", " erschien zuerst auf "),
    ("L’article ", " est apparu en premier sur "),
    ("L'article ", " est apparu en premier sur "),
    ("Cet article ", " est apparu en premier sur "),
    ("La entrada ", " se publicó primero en "),
    ("La entrada ", " aparece primero en "),
    ("La entrada ", " apareció primero en "),
    ("O post ", " apareceu primeiro em "),
    ("O conteúdo ", " aparece primeiro em "),
    ("L'articolo ", " proviene da "),
    ("L’articolo ", " proviene da "),
    ("Het bericht ", " verscheen eerst op "),
    ("Artykuł ", " pochodzi z serwisu "),
    ("Příspěvek ", " pochází z "),
    ("Inlägget ", " dök först upp på "),
    ("Indlægget ", " blev først udgivet på "),
    ("Innlegget ", " dukket først opp på "),
    ("Сообщение ", " появились сначала на "),
    ("投稿 ", " は "),
];

/// What a link to the rest of a text says.
const MORE: [&str; 22] = [
    "continue reading",
    "read more",
    "read the rest",
    "keep reading",
    "weiterlesen",
    "mehr lesen",
    "lire la suite",
    "lire plus",
    "leer más",
    "seguir leyendo",
    "sigue leyendo",
    "leia mais",
    "continua a leggere",
    "leggi tutto",
    "lees verder",
    "lees meer",
    "czytaj dalej",
    "läs mer",
    "læs mere",
    "les mer",
    "читать далее",
    "続きを読む",
];

/// No name in [`COMMENTS`] or in [`MORE`] takes more bytes, whatever its case.
const LONGEST_NAME: usize = 64;

/// Bytes that such an ending takes at most: names of people and of boards, two addresses, some numbers.
const LONGEST: usize = 1_000;

/// A text without what an aggregator wrote at its beginning or its end.
pub(super) fn without_furniture(text: &str) -> &str {
    if text.len() <= LONGEST_NAME && COMMENTS.contains(&text.to_lowercase().as_str()) {
        return "";
    }
    let text = after_points(text).unwrap_or(text);
    let text = first_on(text).map_or(text, |at| text[..at].trim_end());
    let text = more(text).map_or(text, |at| text[..at].trim_end());
    let begins = submitted_by(text).or_else(|| addresses_and_points(text));
    let mut rest = begins.map_or(text, |at| &text[..at]).trim_end();
    while let Some(shorter) = LINKS.iter().find_map(|link| rest.strip_suffix(link)) {
        rest = shorter.trim_end();
    }
    rest
}

/// Searchers for the second phrases of [`FIRST_ON`]. To make one takes longer than to search with it.
static BETWEEN: LazyLock<Vec<memmem::Finder<'static>>> =
    LazyLock::new(|| FIRST_ON.iter().map(|(_, between)| memmem::Finder::new(between)).collect());

/// Where "The post … appeared first on …." begins.
fn first_on(text: &str) -> Option<usize> {
    let end = &text[text.ceil_char_boundary(text.len().saturating_sub(LONGEST))..];
    let begins = FIRST_ON.iter().zip(&*BETWEEN).filter_map(|((before, between), finder)| {
        // Few texts hold this, and every text is asked for all of them.
        finder.find(end.as_bytes())?;
        let at = end.rfind(before)?;
        let name = end[at + before.len()..].split_once(between)?.1;
        // Another sentence behind it says that this one was written by hand.
        let is_name = !name.trim_end_matches(['.', '。']).contains(". ");
        let is_told = *before != "投稿 " || name.contains("に最初に表示されました");
        (is_name && is_told).then_some(text.len() - end.len() + at)
    });
    begins.min()
}

/// Where a link to the rest of the text begins, with the arrow behind it: "Continue reading →", or with a title between.
fn more(text: &str) -> Option<usize> {
    const LONGEST_TITLE: usize = 300;
    const SENTENCE_ENDS: [char; 7] = ['.', '!', '?', '…', '。', '"', '”'];
    let words = text.trim_end_matches(['→', '»', '›', '>', '.', '…', ' ', ']', ')']);
    let has_arrow = text.ends_with(['→', '»', '›']);
    let is_marked = text.ends_with(['→', '»', '›', '>', ']', ')', '…']) || text.ends_with("...");
    // A title may stand between the words and the arrow.
    let reach = if has_arrow { LONGEST_TITLE } else { LONGEST_NAME };
    let end = &words[words.ceil_char_boundary(words.len().saturating_sub(reach))..];
    // Lower case may have another number of bytes, and then positions in it would not be positions in the text.
    let lower = end.to_lowercase();
    let lower = if lower.len() == end.len() { lower } else { end.to_ascii_lowercase() };
    let at = MORE.iter().filter_map(|more| {
        let at = if has_arrow { lower.rfind(more)? } else { lower.strip_suffix(more)?.len() };
        let before = &lower[..at];
        let begins = before.is_empty() || before.ends_with([' ', '[', '(', '…']);
        // People read more, too.
        let stands_alone =
            is_marked || before.trim_end().is_empty() || before.trim_end().ends_with(SENTENCE_ENDS);
        let ends = at + more.len() == lower.len() || (has_arrow && lower[at + more.len()..].starts_with(' '));
        (begins && ends && stands_alone).then_some(words.len() - end.len() + at)
    });
    at.min().map(|at| text[..at].trim_end_matches(['[', '(', ' ']).len())
}

/// What stands behind "submitted by … 3 points | 2 comments" and an address, as Lemmy begins an entry.
fn after_points(text: &str) -> Option<&str> {
    let (before, after) = text.strip_prefix("submitted by ")?.split_once(" points | ")?;
    let (count, rest) = after.split_once(" comments")?;
    if before.len() > LONGEST || count.is_empty() || !count.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start();
    let address = rest.split(' ').next().filter(|word| word.starts_with("http")).unwrap_or_default();
    Some(rest[address.len()..].trim_start())
}

/// Where `submitted by … [link] [comments]` begins, as Reddit ends an entry.
fn submitted_by(text: &str) -> Option<usize> {
    LINKS.iter().find(|link| text.ends_with(**link))?;
    text.rfind("submitted by ").filter(|at| text.len() - at <= LONGEST)
}

/// Where "Article URL: … Comments URL: … Points: 3 # Comments: 2" begins, as hnrss ends an entry.
fn addresses_and_points(text: &str) -> Option<usize> {
    let (before, count) =
        text.ends_with(|c: char| c.is_ascii_digit()).then(|| text.rsplit_once("# Comments: ")).flatten()?;
    if count.is_empty() || !count.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let at = before.rfind("Comments URL: http")?;
    let at = before[..at].rfind("Article URL: http").unwrap_or(at);
    Some(at).filter(|at| text.len() - at <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregators_ending_is_no_text() {
        for (text, want) in [
            ("submitted by /u/mira [link] [comments]", ""),
            ("submitted by /u/mira to r/bridges [link] [comments]", ""),
            ("It stood all winter. submitted by /u/mira [link] [comments]", "It stood all winter."),
            ("submitted by mira to bridges 12 points | 3 comments https://salt.example/1", ""),
            (
                "submitted by mira to bridges 12 points | 3 comments https://salt.example/1 It stood.",
                "It stood.",
            ),
            ("submitted by mira to bridges 12 points | 3 comments It stood.", "It stood."),
            (
                "Article URL: https://salt.example/1 Comments URL: https://n.example/item?id=7 Points: 3 # Comments: 0",
                "",
            ),
            ("Why salt? Comments URL: https://n.example/item?id=7 Points: 3 # Comments: 0", "Why salt?"),
            ("My gran learned to swim there. [link] [comments]", "My gran learned to swim there."),
            ("Comments", ""),
            ("Комментарии", ""),
            (
                "The harbour froze. The post The bridge appeared first on Salt &amp; Sea.",
                "The harbour froze.",
            ),
            ("Der Hafen fror zu. Der Beitrag Die Brücke erschien zuerst auf Salz.", "Der Hafen fror zu."),
            ("港が凍った。 投稿 橋 は 塩 に最初に表示されました。", "港が凍った。"),
            ("The harbour froze. Continue reading The bridge →", "The harbour froze."),
            ("The harbour froze… Read more »", "The harbour froze…"),
            ("Le port a gelé. [Lire la suite...]", "Le port a gelé."),
            ("", ""),
        ] {
            assert_eq!(without_furniture(text), want, "{text}");
        }
    }

    #[test]
    fn what_people_write_stays() {
        for text in [
            "Comments are open",
            "The post that I wrote appeared first on a Monday. It was cold.",
            "They asked her to continue reading the letter",
            "What we read more of this year",
            "We should all read more.",
            "The plan was submitted by the mayor.",
            "The plan submitted by the mayor got 12 points | and comments",
            "Points: 3 # Comments: none",
            "Read the Article URL: https://salt.example/1",
        ] {
            assert_eq!(without_furniture(text), text);
        }
        let far = format!("submitted by the mayor {}here", "word ".repeat(500));
        assert_eq!(without_furniture(&format!("{far} [link]")), far);
    }
}
