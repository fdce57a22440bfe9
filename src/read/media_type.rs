//! Media types that publishers leave out, from the names of files.

/// Endings of names and what they stand for, without doubt.
const ENDINGS: [(&str, &str); 27] = [
    ("aac", "audio/aac"),
    ("avi", "video/x-msvideo"),
    ("avif", "image/avif"),
    ("epub", "application/epub+zip"),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("jpe", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("m4a", "audio/mp4"),
    ("m4b", "audio/mp4"),
    ("m4v", "video/mp4"),
    ("mkv", "video/x-matroska"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("ogv", "video/ogg"),
    ("opus", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
];

/// The media type of a file: the declared type if it is complete, else the type of the file's ending, unless that
/// contradicts a partial declaration such as `image`.
pub(super) fn media_type(said: Option<String>, url: &str) -> Option<String> {
    let said = match said {
        Some(said) if said.contains('/') => return Some(said),
        said => said.unwrap_or_default().to_ascii_lowercase(),
    };
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let known = ENDINGS.binary_search_by(|(known, _)| (*known).cmp(&ending)).ok().map(|at| ENDINGS[at].1)?;
    let (kind, rest) = known.split_once('/')?;
    match said.as_str() {
        // These hold sound alone as well as pictures.
        "audio" if matches!(ending.as_str(), "mp4" | "webm" | "ogv") => Some(format!("audio/{rest}")),
        "image" | "audio" | "video" if said != kind => None,
        _ => Some(known.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_is_left_out_follows_from_the_name_unless_that_contradicts() {
        for (said, url, want) in [
            ("image", "https://a.example/p/Photo.JPG?w=600.png#x", "image/jpeg"),
            ("image", "https://a.example/p.webp", "image/webp"),
            ("", "https://a.example/talk.mp3", "audio/mpeg"),
            ("audio", "https://a.example/talk.mp4", "audio/mp4"),
            ("video", "https://a.example/talk.mp4", "video/mp4"),
            ("document", "https://a.example/talk.pdf", "application/pdf"),
            ("image/x-own", "https://a.example/a.png", "image/x-own"),
            ("image", "https://a.example/talk.mp3", ""),
            ("image", "https://a.example/render?id=7", ""),
            ("", "https://jpg", ""),
        ] {
            let said = Some(said.to_owned()).filter(|said| !said.is_empty());
            assert_eq!(media_type(said, url).unwrap_or_default(), want, "{url}");
        }
    }

    #[test]
    fn endings_are_in_order() {
        assert!(ENDINGS.is_sorted());
    }
}
