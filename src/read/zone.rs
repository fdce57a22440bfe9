//! Names of time zones: those of the IANA database, and the short ones that people write.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The bundled IANA database: what a date means must not depend on the machine that reads it.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A date without the name that its zone has in the IANA database (`America/Los_Angeles`), and the zone.
pub(super) fn without_zone(text: &str) -> (Cow<'_, str>, Option<TimeZone>) {
    let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
    // `EST5EDT` is one, too.
    let is_ruled = |name: &str| name.len() == 7 && name.as_bytes()[3].is_ascii_digit();
    let names = text.split(|c| !in_name(c)).filter(|name| name.contains('/') || is_ruled(name));
    let found = names
        .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
        .find_map(|name| Some((name, ZONES.get(name).ok()?)));
    match found {
        Some((name, zone)) => (text.replacen(name, " ", 1).into(), Some(zone)),
        None => (text.into(), None),
    }
}

/// Minutes east of Greenwich of a zone's name: RFC 822 §5.1, military letters, and the zones people write.
pub(super) fn zone(word: &str) -> Option<i64> {
    let hours = |hours: i64| Some(hours * 60);
    match word {
        "z" | "ut" | "utc" | "gmt" | "wet" => Some(0),
        "bst" | "cet" | "met" | "mez" | "west" | "wat" => hours(1),
        "cest" | "mest" | "mesz" | "eet" | "sast" | "cat" => hours(2),
        "eest" | "msk" | "eat" | "trt" => hours(3),
        "msd" => hours(4),
        "pkt" => hours(5),
        "ist" => Some(330),
        "ict" | "wib" => hours(7),
        "hkt" | "sgt" | "awst" | "pht" => hours(8),
        "jst" | "kst" => hours(9),
        "acst" => Some(570),
        "aest" => hours(10),
        "acdt" => Some(630),
        "aedt" => hours(11),
        "nzst" => hours(12),
        "nzdt" => hours(13),
        "art" | "brt" | "adt" => hours(-3),
        "nst" => Some(-210),
        "ndt" => Some(-150),
        "ast" | "edt" | "clt" => hours(-4),
        "est" | "et" | "cdt" => hours(-5),
        "cst" | "ct" | "mdt" => hours(-6),
        "mst" | "mt" | "pdt" => hours(-7),
        "pst" | "pt" | "akdt" => hours(-8),
        "akst" => hours(-9),
        "hst" => hours(-10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::date::date;
    use jiff::Timestamp;

    fn check(text: &str, want: &str) {
        let want: Timestamp = want.parse().unwrap();
        assert_eq!(date(text), Some(want), "{text}");
    }

    #[test]
    fn zones_are_minutes_east_of_greenwich() {
        assert_eq!(zone("est"), Some(-300));
        assert_eq!(zone("cdt"), Some(-300));
        assert_eq!(zone("cest"), Some(120));
        assert_eq!(zone("elsewhere"), None);
    }

    #[test]
    fn a_number_says_better_than_a_name_where_the_clock_stands() {
        check("Tue, 10 Mar 2026 09:30:00 +0800 (CST)", "2026-03-10T01:30:00Z");
        check("2026-03-10 09:30:00 +0800 CST", "2026-03-10T01:30:00Z");
        check("Tue, 10 Mar 2026 09:30:00 +0600 BST", "2026-03-10T03:30:00Z");
        check("Tue, 10 Mar 2026 09:30:00 +0000 (GMT+01:00)", "2026-03-10T08:30:00Z");
        check("Tue Mar 10 2026 09:30:00 GMT+0200 (Israel Standard Time)", "2026-03-10T07:30:00Z");
        check("Tue, 10 Mar 2026 09:30:00 UTC-5", "2026-03-10T14:30:00Z");
        check("Tue, 10 Mar 2026 09:30:00 +0300 MSK", "2026-03-10T06:30:00Z");
        check("Tue, 10 Mar 2026 09:30:00 -0000 EST", "2026-03-10T09:30:00Z");
        check("Tue, 10 Mar 2026 09:30 - EST", "2026-03-10T14:30:00Z");
    }

    #[test]
    fn zones_of_the_world_have_names() {
        check("Tue, 10 Mar 2026 09:30:00 America/New_York", "2026-03-10T13:30:00Z");
        check("Tue, 10 Feb 2026 09:30:00 America/New_York", "2026-02-10T14:30:00Z");
        check("2026-03-10T09:30:00[Europe/Paris]", "2026-03-10T08:30:00Z");
        check("2026-03-10T09:30:00+09:00[Asia/Tokyo][u-ca=japanese]", "2026-03-10T00:30:00Z");
        check("2026-03-10 09:30 (asia/kolkata)", "2026-03-10T04:00:00Z");
        check("10 Mar 2026 09:30 EST America/Argentina/Buenos_Aires", "2026-03-10T12:30:00Z");
        check("2026-03-10 09:30:00 Etc/GMT+5", "2026-03-10T14:30:00Z");
        check("2026-02-10 09:30:00 PST8PDT", "2026-02-10T17:30:00Z");
        check("2026-03-10 24:00 Europe/Berlin", "2026-03-10T23:00:00Z");
        // An hour that the clock leaves out, and one that it has twice.
        check("2026-03-29 02:30 Europe/Berlin", "2026-03-29T01:30:00Z");
        check("2026-10-25 02:30 Europe/Berlin", "2026-10-25T00:30:00Z");
        check("2026-03-10 09:30 Nowhere/City", "2026-03-10T09:30:00Z");
    }
}
