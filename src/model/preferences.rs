//! What a recipient has chosen of a digest: its sections, and the hour at which it comes.
//!
//! Recipients who chose alike form a segment of the digest. The digest loop treats a segment as a digest of its own,
//! with a name, a schedule and editions, so that no other module needs a rule for hours or sections.

use super::settings::{CategoryName, DigestSettings};
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use url::form_urlencoded;

/// Between the name of a digest and what tells its segment apart. No name of a digest holds it, and an address may.
const SEPARATOR: char = '~';
/// Sections that are taken from a form; a site has fewer.
const SECTIONS: usize = 100;

/// What a recipient has chosen. Without a choice they get the digest as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Preferences {
    /// Only these sections; empty means all that the digest has.
    pub sections: BTreeSet<CategoryName>,
    /// The hour of day at which it is to come, from 0 to 23, and the IANA name of the zone in which that is.
    pub hour: Option<(u8, String)>,
}

impl Preferences {
    /// Reads what a form sends and what the store keeps (`application/x-www-form-urlencoded`: `section` any number of times, `hour`
    /// and `zone`). `None` when an hour, a zone or a section cannot be one.
    pub fn read(form: &str) -> Option<Self> {
        let mut preferences = Self::default();
        let (mut hour, mut zone) = (None, None);
        for (key, value) in form_urlencoded::parse(form.as_bytes()) {
            match &*key {
                "section" if preferences.sections.len() < SECTIONS => {
                    preferences.sections.insert(CategoryName::new(&value).ok()?);
                }
                "hour" if !value.is_empty() => {
                    hour = Some(value.parse::<u8>().ok().filter(|hour| *hour < 24)?);
                }
                "zone" if !value.is_empty() => {
                    zone = Some(TimeZone::get(&value).ok()?.iana_name()?.to_owned());
                }
                _ => {}
            }
        }
        preferences.hour = match (hour, zone) {
            (Some(hour), Some(zone)) => Some((hour, zone)),
            (Some(_), None) => return None,
            (None, _) => None,
        };
        Some(preferences)
    }

    /// The normal form of a choice, for the store. Choosing all the sections that the digest has (`offered`) is the
    /// same as choosing none.
    #[must_use]
    pub fn of_offered(mut self, offered: &BTreeSet<CategoryName>) -> Self {
        self.sections.retain(|section| offered.contains(section));
        if self.sections == *offered {
            self.sections.clear();
        }
        self
    }
}

/// As [`Preferences::read`] reads it; nothing when nothing is chosen.
impl fmt::Display for Preferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for section in &self.sections {
            form.append_pair("section", section.as_str());
        }
        if let Some((hour, zone)) = &self.hour {
            form.append_pair("hour", &hour.to_string()).append_pair("zone", zone);
        }
        f.write_str(&form.finish())
    }
}

impl DigestSettings {
    /// The digest for those who chose this of what it offers: the same digest when they chose nothing.
    #[must_use]
    pub fn segment(&self, preferences: &Preferences) -> Self {
        let mut segment = self.clone();
        segment.name = segment_name(&self.name, preferences);
        if !preferences.sections.is_empty() {
            segment.categories = preferences.sections.iter().cloned().collect();
        }
        if let Some((hour, zone)) = &preferences.hour
            && let Ok(zone) = TimeZone::get(zone)
        {
            segment.schedule = self.schedule.at_hour(*hour);
            segment.timezone = zone;
        }
        segment
    }
}

/// What the store calls the digest for those who chose this.
pub fn segment_name(digest: &str, preferences: &Preferences) -> String {
    if *preferences == Preferences::default() {
        return digest.to_owned();
    }
    let hash = Sha256::digest(preferences.to_string());
    let key = hash.iter().take(8).fold(0_u64, |key, byte| key << 8 | u64::from(*byte));
    format!("{digest}{SEPARATOR}{key:016x}")
}

/// The digest that a segment is of, by name; a digest is of itself.
pub fn digest_of_segment(name: &str) -> &str {
    name.split_once(SEPARATOR).map_or(name, |(digest, _)| digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_was_written_and_what_cannot_be_one_is_none() {
        let read = |form: &str| Preferences::read(form).map(|read| read.to_string());
        let said = "section=technology&section=world&hour=18&zone=America%2FNew_York";
        assert_eq!(read(said).as_deref(), Some(said));
        assert_eq!(
            read("zone=Asia/Tokyo&hour=6&section=world").as_deref(),
            Some("section=world&hour=6&zone=Asia%2FTokyo")
        );
        assert_eq!(read("hour=&zone=Europe%2FBerlin").as_deref(), Some(""));
        assert_eq!(read("").as_deref(), Some(""));
        for wrong in [
            "hour=24&zone=UTC",
            "hour=-1&zone=UTC",
            "hour=6",
            "hour=6&zone=Mars/Base",
            "hour=x&zone=UTC",
            "section=A%20B",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn who_ticks_every_section_gets_the_digest_as_it_is() {
        let offered: BTreeSet<CategoryName> =
            ["world", "sport"].into_iter().map(|name| CategoryName::new(name).unwrap()).collect();
        let of = |form: &str| Preferences::read(form).unwrap().of_offered(&offered);
        assert_eq!(of("section=world&section=sport"), Preferences::default());
        assert_eq!(of("section=sport&section=gone").to_string(), "section=sport");
        assert_eq!(segment_name("daily", &of("")), "daily");
        let segment = segment_name("daily", &of("section=sport"));
        assert!(segment.starts_with("daily~") && digest_of_segment(&segment) == "daily", "{segment}");
    }
}
