//! Labels before or behind a headline, which say of what kind it is and not what it says: "LIVE:", "[VIDEO]".
//!
//! One table for all languages. A word that may be what a headline is about ("review", "letter") is not in it: one more word
//! is another story.

/// Lower-cased.
const LABELS: [&str; 57] = [
    "live",
    "live blog",
    "live updates",
    "liveblog",
    "as it happened",
    "video",
    "videos",
    "watch",
    "listen",
    "audio",
    "podcast",
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
    "opinion",
    "comment",
    "analysis",
    "explainer",
    "explained",
    "eilmeldung",
    "eil",
    "liveticker",
    "ticker",
    "kommentar",
    "exklusiv",
    "aktualisiert",
    "fotos",
    "bilder",
    "en direct",
    "direct",
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
];
/// Bytes of a label at most, with what is around it.
const MOST_BYTES: usize = 40;

/// A title without its labels; the whole title when nothing else is in it.
pub(crate) fn without_labels(title: &str) -> &str {
    let mut rest = title.trim();
    while let Some(shorter) = after_label(rest).or_else(|| before_label(rest)) {
        if !shorter.contains(char::is_alphanumeric) {
            break;
        }
        rest = shorter;
    }
    rest
}

fn is_label(text: &str) -> bool {
    text.len() <= MOST_BYTES && LABELS.contains(&text.trim().to_lowercase().as_str())
}

/// `[LABEL] …`, `(LABEL) …`, `LABEL: …`, `LABEL | …`.
fn after_label(title: &str) -> Option<&str> {
    let (label, rest) = match title.chars().next()? {
        '[' => title[1..].split_once(']')?,
        '(' => title[1..].split_once(')')?,
        _ => title.split_once([':', '|'])?,
    };
    is_label(label).then(|| rest.trim_start_matches([':', '|', '-', '–', '—', ' ']).trim())
}

/// `… [LABEL]`, `… (LABEL)`.
fn before_label(title: &str) -> Option<&str> {
    let (rest, label) = match title.chars().next_back()? {
        ']' => title[..title.len() - 1].rsplit_once('[')?,
        ')' => title[..title.len() - 1].rsplit_once('(')?,
        _ => return None,
    };
    is_label(label).then(|| rest.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_go_and_what_only_looks_like_one_stays() {
        for (title, want) in [
            ("LIVE: Ferry aground", "Ferry aground"),
            ("[VIDEO] Ferry aground", "Ferry aground"),
            ("Ferry aground [VIDEO]", "Ferry aground"),
            ("Breaking | Live: Ferry aground (updated)", "Ferry aground"),
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
