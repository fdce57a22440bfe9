//! Labels before or behind a headline. They name its form and are no part of what it says: `LIVE:`, `[VIDEO]`.
//!
//! One table for all languages. Words for another kind of text ("review", "opinion", "analysis") are not in it: an
//! opinion about an event is another story than the report of it. Knows titles only.

/// The labels, in lower case.
const LABELS: [&str; 54] = [
    "live",
    "live blog",
    "live updates",
    "liveblog",
    "as it happened",
    "video",
    "videos",
    "watch",
    "photos",
    "pictures",
    "in pictures",
    "gallery",
    "infographic",
    "breaking",
    "breaking news",
    "just in",
    "exclusive",
    "update",
    "updated",
    "eilmeldung",
    "liveticker",
    "exklusiv",
    "aktualisiert",
    "fotos",
    "bilder",
    "en direct",
    "vidéo",
    "en images",
    "exclusif",
    "mis à jour",
    "última hora",
    "en vivo",
    "en directo",
    "exclusiva",
    "vídeo",
    "in diretta",
    "diretta",
    "esclusiva",
    "foto",
    "ao vivo",
    "exclusivo",
    "urgente",
    "видео",
    "фото",
    "срочно",
    "速報",
    "快讯",
    "快訊",
    "독점",
    "속보",
    "عاجل",
    "son dakika",
    "έκτακτο",
    "ब्रेकिंग न्यूज़",
];
/// What mail programs and forums write, with a colon, before the subject of an answer. In lower case.
const REPLIES: [&str; 26] = [
    "re",
    "r",
    "res",
    "aw",
    "antw",
    "antwort",
    "sv",
    "vs",
    "vá",
    "rép",
    "réf",
    "réponse à",
    "odp",
    "ynt",
    "отв",
    "reply to",
    "in reply to",
    "回复",
    "回覆",
    "答复",
    "返信",
    "답장",
    "回信",
    "رد",
    "תגובה",
    "השב",
];
/// Other beginnings of an answer's title, which need no colon. In lower case.
const ANSWERS: [&str; 4] = ["comment on ", "kommentar zu ", "commentaire sur ", "answer by "];
/// Bytes of a title that may be a label with its brackets.
const MOST_BYTES: usize = 48;
/// Labels that are taken off one title at most.
const MOST_LABELS: usize = 4;

/// A title without its labels. A label stays if nothing else would be left.
pub(crate) fn without_labels(title: &str) -> &str {
    let mut rest = title.trim();
    for _ in 0..MOST_LABELS {
        let shorter = after_label(rest).or_else(|| before_label(rest));
        let Some(shorter) = shorter.filter(|shorter| shorter.contains(char::is_alphanumeric)) else { break };
        rest = shorter;
    }
    rest
}

/// Whether a title begins as the subject of an answer does: `Re: …`, `AW: …`, `Re[2]: …`, `[list] Re: …`,
/// "Comment on …".
pub(crate) fn is_reply(title: &str) -> bool {
    let mut rest = title.trim_start();
    // Mailing lists write their name in brackets before "Re:".
    if let Some((_, behind)) = rest.strip_prefix('[').and_then(|list| list.split_once(']')) {
        rest = behind.trim_start();
    }
    let start = &rest[..rest.floor_char_boundary(MOST_BYTES)];
    // A quick check first: all of `REPLIES` need a colon, and all of `ANSWERS` begin with c, k or a.
    if !start.contains([':', '：']) && !start.starts_with(['c', 'C', 'k', 'K', 'a', 'A']) {
        return false;
    }
    let start = start.to_lowercase();
    if ANSWERS.iter().any(|answer| start.starts_with(answer)) {
        return true;
    }
    let Some((label, _)) = start.split_once([':', '：']) else { return false };
    let is_count = |c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')' | '^');
    REPLIES.contains(&label.trim().trim_end_matches(is_count))
}

fn is_label(text: &str) -> bool {
    text.len() <= MOST_BYTES && LABELS.contains(&text.trim().to_lowercase().as_str())
}

/// `[LABEL] …`, `(LABEL) …`, `【LABEL】…`, `LABEL: …`, `LABEL | …`, `LABEL – …`.
fn after_label(title: &str) -> Option<&str> {
    let start = &title[..title.floor_char_boundary(MOST_BYTES)];
    let end = match title.chars().next()? {
        '[' => start.find(']')?,
        '(' => start.find(')')?,
        '【' => start.find('】')?,
        _ => start.find([':', '：', '|', '–', '—'])?,
    };
    let label = start[..end].trim_start_matches(['[', '(', '【']);
    let is_separator =
        |c: char| matches!(c, ']' | ')' | '】' | ':' | '：' | '|' | '-' | '–' | '—') || c.is_whitespace();
    is_label(label).then(|| title[end..].trim_start_matches(is_separator))
}

/// `… [LABEL]`. Round brackets are not taken off here: "(Live)" behind a song's title means another recording.
fn before_label(title: &str) -> Option<&str> {
    let (rest, label) = title.strip_suffix(']')?.rsplit_once('[')?;
    is_label(label).then(|| rest.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_by_how_its_subject_begins() {
        for answer in [
            "Re: Tides",
            "RE: Tides",
            "re : Tides",
            "Re[2]: Tides",
            "Aw: Gezeiten",
            "回复：潮汐",
            "SV: Tidvatten",
            "[dev] Re: Tides",
            "Comment on Tides by Mira",
        ] {
            assert!(is_reply(answer), "{answer}");
        }
        for other in
            ["Tides", "Rewards: ten ways", "Recall: toasters", "Read me: tides", "", ":", "Ferry: re: tides"]
        {
            assert!(!is_reply(other), "{other}");
        }
    }

    #[test]
    fn labels_go_and_what_only_looks_like_one_stays() {
        for (title, want) in [
            ("LIVE: Ferry aground", "Ferry aground"),
            ("[VIDEO] Ferry aground", "Ferry aground"),
            ("Ferry aground [VIDEO]", "Ferry aground"),
            ("Breaking | Live: Ferry aground [updated]", "Ferry aground"),
            ("BREAKING – Ferry aground", "Ferry aground"),
            ("【速報】フェリー座礁", "フェリー座礁"),
            ("Robber in Winter Night (Live)", "Robber in Winter Night (Live)"),
            ("Opinion: Ferry aground", "Opinion: Ferry aground"),
            ("Última hora: encalla un ferri", "encalla un ferri"),
            ("Review: Ferry aground", "Review: Ferry aground"),
            ("Ferry: live and let live", "Ferry: live and let live"),
            ("Live", "Live"),
            ("[Live]", "[Live]"),
            ("(", "("),
            ("", ""),
        ] {
            assert_eq!(without_labels(title), want);
        }
    }
}
