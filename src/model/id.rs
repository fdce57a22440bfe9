//! Numbers and public ids.
//!
//! A *number* (`StoryNo`) is a row in this store and never leaves it. A *public id* (`StoryId`) is derived from
//! the founding entry's feed and key alone, so that it survives a restore, a new `site.url`, and a change of lead.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

number! {
    /// A feed's row in the store.
    FeedNo,
    /// An entry's row in the store.
    EntryNo,
    /// A story's number; given by the desk, counting up from 1.
    StoryNo,
    /// A topic's number; given by the desk, counting up from 1.
    TopicNo,
    /// The position of a filing in the ledger, counting up from 1.
    FilingNo,
    /// An order's row in the store; orders are carried out in this order.
    OrderNo,
}

/// The number of an archive document (RFC 5005 §4): it holds the stories of an output that were published with one run of
/// filings. A story is published with one filing, once, so that nothing ever moves from one document to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArchiveNo(pub u64);

impl ArchiveNo {
    /// Filings in a run, and so the most stories in a document. This must never change, for documents would.
    const FILINGS: i64 = 100;

    /// The document for what is published with a filing.
    pub fn of(filing: FilingNo) -> Self {
        Self(filing.0.max(0).unsigned_abs() / Self::FILINGS.unsigned_abs())
    }

    /// The filings of its run.
    pub fn filings(self) -> Range<FilingNo> {
        let first =
            |no: u64| FilingNo(no.saturating_mul(Self::FILINGS.unsigned_abs()).min(i64::MAX as u64) as i64);
        first(self.0)..first(self.0.saturating_add(1))
    }
}

impl fmt::Display for ArchiveNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ArchiveNo {
    type Err = ();

    /// Reads it as it is written; `007` and `+7` are other addresses.
    fn from_str(text: &str) -> Result<Self, ()> {
        let number = text.parse().map(Self).map_err(|_| ())?;
        if number.to_string() == text { Ok(number) } else { Err(()) }
    }
}

/// Where a document stands among those of an output, which together hold all its stories (RFC 5005 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chain {
    /// The archive document that it is; `None` for the one that is subscribed to.
    pub here: Option<ArchiveNo>,
    /// The archive document with the stories before.
    pub prev: Option<ArchiveNo>,
    /// The archive document with the stories after.
    pub next: Option<ArchiveNo>,
}

/// Names an entry for as long as its publisher keeps its id: a hash of the feed's first address and the entry's key.
/// Orders use it, because numbers do not survive a restore or a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryRef(pub u64);

impl EntryRef {
    /// The reference of the entry `key` in the feed first configured as `feed_url`.
    pub fn new(feed_url: &str, key: &str) -> Self {
        let digest = digest("entry", feed_url, key);
        Self(u64::from_be_bytes(std::array::from_fn(|i| digest[i])))
    }
}

macro_rules! public_id {
    ($($(#[$doc:meta])* $name:ident, $kind:literal);+ $(;)?) => {$(
        $(#[$doc])*
        ///
        /// A version 8 UUID (RFC 9562 §5.8) whose bits are SHA-256 hashes of the founding entry's feed and key; the first
        /// 32 are those of the entry's reference, so that a store finds all names of an entry side by side. In outputs it
        /// is written as `urn:uuid:…`, in page addresses as the bare UUID.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u128);

        impl $name {
            /// The id founded by the entry `key` of the feed first configured as `feed_url`. `salt` is 0 but for what
            /// an order split off, which must not get the id that its entry once founded.
            pub fn found(feed_url: &str, key: &str, salt: u64) -> Self {
                let key = if salt == 0 { key.to_owned() } else { format!("{key}\0{salt}") };
                let shared = u128::from(EntryRef::new(feed_url, &key).0 >> 32) << 96;
                Self(shared | uuid_v8(&digest($kind, feed_url, &key)) & (u128::MAX >> 32))
            }

            /// The id as a URN, the form used in outputs.
            pub fn urn(&self) -> String {
                format!("urn:uuid:{self}")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_uuid(self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                read_uuid(text).map(Self).ok_or(())
            }
        }
    )+};
}

public_id! {
    /// The public id of a story: given once, never changed.
    StoryId, "story";
    /// The public id of a topic.
    TopicId, "topic";
}

/// The public id of a page that many link to, as a URN. It is made from the hash of the page's canonical address alone, so that a
/// page that is much linked again later is the same.
pub fn linked_page_urn(page: u64) -> String {
    let bits = uuid_v8(&digest("linked", "", &page.to_string()));
    format!("urn:uuid:{}", TopicId(bits))
}

/// The public id of an edition, as a URN.
pub fn edition_urn(digest_name: &str, id: &str) -> String {
    format!("urn:uuid:{}", TopicId(uuid_v8(&digest("edition", digest_name, id))))
}

/// The name of a feed in addresses of ours, such as `news.example-1f0c9ab2`: made from the address under which it was first configured,
/// so that it stays when the feed moves, and another feed of the same host has another.
pub fn source_name(first_url: &str) -> String {
    let host = url::Url::parse(first_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_default().trim_start_matches("www.").replace(['[', ']', ':'], "");
    let hash = digest("source", first_url, "");
    format!("{host}-{:08x}", u32::from_be_bytes(std::array::from_fn(|i| hash[i])))
}

fn digest(kind: &str, feed_url: &str, key: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [kind, feed_url, key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

fn uuid_v8(digest: &[u8; 32]) -> u128 {
    let bits = u128::from_be_bytes(std::array::from_fn(|i| digest[i]));
    (bits & !(0xf << 76) & !(0x3 << 62)) | (0x8 << 76) | (0x2 << 62)
}

fn write_uuid(bits: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let hex = format!("{bits:032x}");
    write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn read_uuid(text: &str) -> Option<u128> {
    let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let dashes_stand_right = text.len() == 36 && [8, 13, 18, 23].iter().all(|&i| text.as_bytes()[i] == b'-');
    let hex: String = text.chars().filter(|c| *c != '-').collect();
    let all_hex = hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    (dashes_stand_right && all_hex).then(|| u128::from_str_radix(&hex, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_id_depends_on_feed_and_key_alone_and_reads_back() {
        let id = StoryId::found("https://a.example/feed", "guid-1", 0);
        assert_eq!(id, StoryId::found("https://a.example/feed", "guid-1", 0));
        assert_ne!(id, StoryId::found("https://a.example/feed", "guid-2", 0));
        assert_ne!(id, StoryId::found("https://a.example/feed", "guid-1", 1));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.urn().parse(), Ok(id));
        assert_eq!(&id.to_string()[14..15], "8");
        assert!(matches!(&id.to_string()[19..20], "8" | "9" | "a" | "b"));
    }

    #[test]
    fn moving_a_border_between_feed_and_key_gives_another_id() {
        assert_ne!(StoryId::found("ab", "c", 0), StoryId::found("a", "bc", 0));
        assert!("not-an-id".parse::<StoryId>().is_err());
        assert!("ééééééééééééééééééééééééééééé".parse::<StoryId>().is_err());
    }

    #[test]
    fn an_archive_document_holds_a_run_of_filings_and_has_one_address() {
        for (filing, document) in [(1, 0), (99, 0), (100, 1), (12_345, 123)] {
            let no = ArchiveNo::of(FilingNo(filing));
            assert_eq!(no, ArchiveNo(document));
            assert!(no.filings().contains(&FilingNo(filing)));
        }
        assert_eq!(ArchiveNo(1).filings(), FilingNo(100)..FilingNo(200));
        assert_eq!("123".parse(), Ok(ArchiveNo(123)));
        for other in ["0123", "+1", "-1", "", "1.5", "99999999999999999999"] {
            assert!(other.parse::<ArchiveNo>().is_err(), "{other}");
        }
        assert!(ArchiveNo(u64::MAX).filings().is_empty());
    }

    #[test]
    fn a_source_is_named_by_its_host_and_told_from_others_of_it() {
        let one = source_name("https://www.salt.example/feed");
        assert!(one.starts_with("salt.example-") && one.len() == "salt.example-".len() + 8, "{one}");
        assert_ne!(one, source_name("https://www.salt.example/sport"));
        assert!(source_name("http://[::1]:8080/feed").starts_with("1-"));
        assert!(source_name("no address").starts_with('-'));
    }
}
