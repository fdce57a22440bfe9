//! What one feed carried, cleaned and ready to be filed.

use super::id::EntryNo;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// An entry as it is filed: its HTML sanitised, its addresses absolute, its key deterministic.
///
/// Made by `read::prepare` from a [`super::RawEntry`], or from a line of `replay --entries`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Entry {
    /// The key of the entry within its feed: its id (guid), else its link, else a hash of its content (see
    /// `read::identify`). Never random, never empty.
    pub key: String,
    /// The address of the page, absolute; `http` or `https` only.
    pub url: Option<String>,
    /// The address of the page that it is about, when it names one beside its own: the only `[link]` of its text, or the
    /// `external_url` of JSON Feed. `http` or `https` only.
    pub links_to: Option<String>,
    /// The pages of other sites that its text links to, each address once; some of very many.
    pub links: Vec<TextLink>,
    /// Plain text, white space folded; may be empty.
    pub title: String,
    /// Sanitised HTML, as the publisher gave it; `None` when there was none.
    pub summary: Option<String>,
    /// Sanitised HTML of the whole text, when the feed carries it.
    pub content: Option<String>,
    /// The words of `content` from where the article begins, else of `summary`: plain text, white space folded, at most
    /// [`Entry::TEXT_CHARS`].
    /// The desk judges by it, and pages show the start of it.
    pub text: String,
    /// Who wrote it.
    pub authors: Vec<Person>,
    /// The publisher's own labels.
    pub terms: Vec<String>,
    /// Media that come with the entry.
    pub enclosures: Vec<Enclosure>,
    /// The address of the page where it is discussed.
    pub comments: Option<String>,
    /// A picture to show beside the title: what the feed names as such, else the first of the text.
    pub image: Option<Picture>,
    /// BCP 47 tag, of the entry or else of its feed.
    pub language: Option<String>,
    /// When the publisher says it was published, else when it was last changed; may be missing, wrong, or in the future.
    pub published: Option<Timestamp>,
    /// When the publisher says it was last changed.
    pub updated: Option<Timestamp>,
    /// Other entries of its feed have the same address, in this document or in an earlier one, so that the address identifies
    /// none of them.
    pub shares_address: bool,
    /// xxh3-128 of what was read, before cleaning: unchanged entries are recognised by it and cost nothing.
    pub hash: u128,
}

impl Entry {
    /// How many characters of plain text are kept for the desk: enough for 600 words, which is more than two
    /// copies of a text need to be told apart.
    pub const TEXT_CHARS: usize = 4_000;

    /// The first audio, video or document of the entry, such as the episode of a podcast, as a hash of its URL. The
    /// scheme does not count, and neither does a query after a file name, which often holds a token. Pictures do not
    /// count, because publishers exchange them while an article stays the same.
    pub fn recording(&self) -> Option<u64> {
        let recording = self.enclosures.iter().find(|enclosure| enclosure.is_recording())?;
        let address = recording.url.split_once("://").map_or(recording.url.as_str(), |(_, rest)| rest);
        let address = address.split('#').next().unwrap_or_default();
        let path = address.split('?').next().unwrap_or_default();
        let address = if has_ending(path) { path } else { address };
        Some(xxh3_64(address.as_bytes()))
    }

    /// About how many bytes this entry holds in memory; what budgets count.
    pub fn bytes(&self) -> usize {
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        256 + self.key.len()
            + optional(&self.url)
            + optional(&self.links_to)
            + self.title.len()
            + optional(&self.summary)
            + optional(&self.content)
            + optional(&self.comments)
            + self.image.as_ref().map_or(0, |picture| picture.url.len() + optional(&picture.alt))
            + self.text.len()
            + self.terms.iter().map(|term| 24 + term.len()).sum::<usize>()
            + self.links.iter().map(|link| 48 + link.url.len() + link.words.len()).sum::<usize>()
            + self.authors.len() * 64
            + self.enclosures.iter().map(|e| 64 + e.url.len()).sum::<usize>()
    }
}

/// A link in the text of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TextLink {
    /// Absolute address; `http` or `https` only.
    pub url: String,
    /// Its words, plain.
    pub words: String,
}

/// An author or other person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Name as written.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Home page.
    pub url: Option<String>,
}

/// A picture, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Picture {
    /// Absolute address.
    pub url: String,
    /// What is to be read in its place, plain.
    pub alt: Option<String>,
    /// Width in pixels, as the publisher claims.
    pub width: Option<u32>,
    /// Height in pixels, as the publisher claims.
    pub height: Option<u32>,
}

/// A media file that comes with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Enclosure {
    /// Absolute address.
    pub url: String,
    /// Media type, such as `audio/mpeg`.
    pub media_type: Option<String>,
    /// Length in bytes, as the publisher claims.
    pub bytes: Option<u64>,
    /// Running time in seconds.
    pub duration_s: Option<u64>,
}

/// A stored entry, as far as it is needed to recognise it when it comes under another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEntry {
    /// Its row.
    pub no: EntryNo,
    /// Its key.
    pub key: String,
    /// Its address.
    pub url: Option<String>,
    /// Its title, plain.
    pub title: String,
    /// Its publication date, as the publisher says.
    pub published: Option<Timestamp>,
    /// Its recording (see [`Entry::recording`]).
    pub recording: Option<u64>,
    /// Other entries of its feed have the same address.
    pub shares_address: bool,
}

impl Enclosure {
    /// Whether it is a sound or a film.
    pub fn is_played(&self) -> bool {
        let path = self.url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        match self.media_type.as_deref().map(str::to_ascii_lowercase) {
            Some(kind) => kind.starts_with("audio") || kind.starts_with("video"),
            None => PLAYED.iter().any(|ending| path.ends_with(ending)),
        }
    }

    /// Whether it is to be listened to, watched or read by itself, by its type, else by the end of its address.
    fn is_recording(&self) -> bool {
        match self.media_type.as_deref().map(str::to_ascii_lowercase) {
            Some(kind) if ["audio", "video", "application/"].iter().any(|start| kind.starts_with(start)) => {
                true
            }
            Some(kind) if kind.starts_with("image") || kind.starts_with("text") => false,
            _ => has_ending(self.url.split(['?', '#']).next().unwrap_or_default()),
        }
    }
}

/// How files of sounds and films end.
const PLAYED: [&str; 10] =
    [".mp3", ".m4a", ".mp4", ".m4v", ".ogg", ".opus", ".aac", ".flac", ".webm", ".mov"];

/// Whether a path ends as files of sounds, films and documents do.
fn has_ending(path: &str) -> bool {
    const DOCUMENTS: [&str; 4] = [".pdf", ".epub", ".zip", ".torrent"];
    let path = path.to_ascii_lowercase();
    PLAYED.iter().chain(&DOCUMENTS).any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_known_by_its_address_without_a_token_and_pictures_are_none() {
        let of = |url: &str, media_type: &str| {
            let media_type = Some(media_type.to_owned()).filter(|kind| !kind.is_empty());
            let enclosure = Enclosure { url: url.to_owned(), media_type, ..Enclosure::default() };
            Entry { enclosures: vec![enclosure], ..Entry::default() }.recording()
        };
        assert_eq!(of("https://a.example/1.mp3?t=1", "audio/mpeg"), of("http://a.example/1.mp3?t=2", ""));
        assert_ne!(of("https://a.example/1.mp3", ""), of("https://a.example/2.mp3", ""));
        let by_query = |no: u8| of(&format!("https://a.example/get.php?file={no}"), "audio/mpeg");
        assert_ne!(by_query(1), by_query(2));
        assert!(of("https://a.example/report", "application/pdf").is_some());
        for picture in [
            ("https://a.example/a.jpg", "image/jpeg"),
            ("https://a.example/a", ""),
            ("https://a.example/a.png", ""),
        ] {
            assert_eq!(of(picture.0, picture.1), None, "{picture:?}");
        }
    }
}
