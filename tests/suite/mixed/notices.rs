//! Notices that are written to a pattern: weather warnings, earthquakes, obituaries, horoscopes, and what companies must tell
//! a stock exchange.

use super::press::{Feed, Told, dated};
use super::words::{any, grouped, number, slug, turn};
use jiff::{SignedDuration, Timestamp};
use tidings::demo::Dialect;

const WARNINGS: Feed = Feed {
    name: "warnings-coast",
    site: "https://www.kuestenwetter.example/warnungen/",
    title: "Warnungen Küste",
    language: "de",
    dialect: Dialect::Rss,
    window: 8,
    pace: (2, 1),
    tell: |n, at| warning("https://www.kuestenwetter.example/warnungen/", "de.coast", n, at),
};

pub(super) const FEEDS: [Feed; 6] = [
    WARNINGS,
    Feed {
        name: "warnings-hills",
        site: "https://www.bergwetter.example/",
        title: "Amtliche Warnungen Bergland",
        tell: |n, at| warning("https://www.bergwetter.example/warnung/", "de.hills", n, at),
        ..WARNINGS
    },
    Feed {
        name: "earthquakes",
        site: "https://quakes.geosurvey.example/",
        title: "Geosurvey Magnitude 2.5+ Earthquakes",
        language: "en",
        dialect: Dialect::Atom,
        window: 10,
        pace: (4, 1),
        tell: earthquake,
    },
    Feed {
        name: "obituaries",
        site: "https://www.esquelas-delsur.example/",
        title: "Esquelas del Sur",
        language: "es",
        tell: obituary,
        ..WARNINGS
    },
    Feed {
        name: "horoscopes",
        site: "https://www.yildizfali.example/",
        title: "Günlük Burç Yorumları",
        language: "tr",
        window: 10,
        pace: (4, 1),
        tell: horoscope,
        ..WARNINGS
    },
    Feed {
        name: "exchange",
        site: "https://news.coastexchange.example/",
        title: "Coast Exchange: Company Announcements",
        language: "en",
        window: 10,
        pace: (4, 1),
        tell: announcement,
        ..WARNINGS
    },
];

/// The pattern is that of the weather service, from which both publishers have it.
fn warning(base: &str, towns: &str, n: u64, at: Timestamp) -> Told {
    let town = any(towns, n);
    let from = at + SignedDuration::from_hours(number("from", n, 1, 5) as i64);
    let to = from + SignedDuration::from_hours(number("hours", n, 4, 14) as i64);
    let day = |at: Timestamp| dated(at, "%d.%m.%Y %H:00 Uhr");
    let (what, words) = match number("kind", n, 0, 3) {
        0 => ("FROST", format!("Es tritt leichter Frost um -{} °C auf.", number("cold", n, 1, 6))),
        1 => (
            "NEBEL",
            format!("Es tritt Nebel mit Sichtweiten unter {}0 Metern auf.", number("sight", n, 5, 15)),
        ),
        kind => {
            let (slow, wind) = (number("wind", n, 50, 75), any("de.winds", n));
            let what = if kind == 2 { "WINDBÖEN" } else { "STURMBÖEN" };
            let words = format!(
                "Es treten Böen mit Geschwindigkeiten zwischen {slow} km/h und {} km/h aus {wind} Richtung auf. In Schauernähe \
                 sowie in exponierten Lagen muss mit Böen um {} km/h gerechnet werden.",
                slow + 12,
                slow + 25
            );
            (what, words)
        }
    };
    Told {
        title: format!("Amtliche WARNUNG vor {what} für {town}"),
        link: format!("{base}{}-{}-{}", slug(what), slug(town), 70_112 + n),
        html: format!("Gültig von {} bis {}. {words}", day(from), day(to)),
        ..Told::default()
    }
}

/// As the USGS writes it.
fn earthquake(n: u64, at: Timestamp) -> Told {
    let (whole, tenth) = (number("whole", n, 2, 5), number("tenth", n, 0, 9));
    let place = format!(
        "{} km {} of {}, {}",
        number("km", n, 3, 140),
        any("quake.ways", n),
        any("quake.places", n),
        any("quake.regions", n)
    );
    let came = at - SignedDuration::from_secs(number("seconds", n, 60, 580) as i64);
    let id = format!("gs7000{:04x}", 0x7b10 + 13 * n);
    Told {
        title: format!("M {whole}.{tenth} - {place}"),
        link: format!("https://quakes.geosurvey.example/event/{id}"),
        key: format!("urn:earthquake-geosurvey-example:gs:{id}"),
        html: format!(
            "<p class=\"quicksummary\"><a href=\"https://quakes.geosurvey.example/event/{id}#dyfi\">DYFI? - {}</a></p>\
             <dl><dt>Time</dt><dd>{} UTC</dd><dt>Location</dt><dd>{}.{:03}&deg;S {}.{:03}&deg;E</dd><dt>Depth</dt>\
             <dd>{}.00 km</dd></dl>",
            number("felt", n, 0, 40),
            dated(came, "%Y-%m-%d %H:%M:%S"),
            number("south", n, 4, 61),
            number("south part", n, 0, 999),
            number("east", n, 20, 170),
            number("east part", n, 0, 999),
            number("depth", n, 5, 120)
        ),
        ..Told::default()
    }
}

fn obituary(n: u64, at: Timestamp) -> Told {
    let name = format!("{} {}", turn("es.given", n), turn("es.family", n));
    let (age, town) = (number("age", n, 61, 99), any("es.towns", n));
    let died = at - SignedDuration::from_hours(20);
    let mass = at + SignedDuration::from_hours(26);
    Told {
        title: format!("{name} ({} - 2026)", 2026 - age),
        link: format!("https://www.esquelas-delsur.example/esquela/{}-{}", slug(&name), 61_300 + n),
        html: format!(
            "<p>Falleció en {town} el día {} de noviembre de 2026, a los {age} años de edad, habiendo recibido los Santos \
             Sacramentos. D.E.P. Sus hijos, nietos, hermanos, sobrinos y demás familia ruegan una oración por su alma. El \
             funeral se celebrará el día {} a las {} horas en la parroquia de {}.</p>",
            dated(died, "%-d"),
            dated(mass, "%-d"),
            number("hour", n, 10, 18),
            any("es.churches", n)
        ),
        ..Told::default()
    }
}

/// The title of a sign is the same every day, and the sentences come from a stock that lasts for years.
fn horoscope(n: u64, at: Timestamp) -> Told {
    let sign = turn("tr.signs", n);
    Told {
        title: format!("{sign} Burcu Günlük Yorumu"),
        link: format!("https://www.yildizfali.example/{}/{}", dated(at, "%Y-%m-%d"), 400 + n % 12),
        key: format!("yildizfali-{}", 18_900 + n),
        html: format!(
            "<p>Sevgili {sign} burcu, {}. Bugün {}. Para konusunda ise {}. Şanslı sayınız {}.</p>",
            any("tr.days", n),
            any("tr.loves", n),
            any("tr.money", n),
            number("luck", n, 1, 49)
        ),
        ..Told::default()
    }
}

fn announcement(n: u64, at: Timestamp) -> Told {
    let firm = format!("{} PLC", any("firms", n));
    let day = dated(at, "%-d %B %Y");
    let (shares, price) = (grouped(number("shares", n, 4_000, 96_000)), number("price", n, 112, 980));
    let (what, words) = match number("kind of notice", n, 0, 4) {
        0 | 1 => (
            "Transaction in Own Shares",
            format!(
                "{firm} (the \"Company\") announces that on {day} it purchased {shares} of its ordinary shares of 1p each on the \
                 Coast Exchange at an average price of {price}.{:02} pence per share. The shares purchased will be held in \
                 treasury.",
                number("part of price", n, 0, 99)
            ),
        ),
        2 => (
            "Director/PDMR Shareholding",
            format!(
                "{firm} was notified on {day} that {}, a director, bought {shares} ordinary shares at {price} pence each. This \
                 notification is made in accordance with the Market Rules.",
                any("people", n)
            ),
        ),
        3 => (
            "Net Asset Value(s)",
            format!(
                "As at close of business on {day}, the unaudited net asset value per share of {firm} was {price}.2p."
            ),
        ),
        _ => (
            "Total Voting Rights",
            format!(
                "In conformity with the Disclosure Rules, {firm} notifies the market that its issued share capital on {day} \
                 consists of {} ordinary shares with one voting right each.",
                grouped(number("all shares", n, 11_000_000, 420_000_000))
            ),
        ),
    };
    Told {
        title: format!("{firm} - {what}"),
        link: format!("https://news.coastexchange.example/announcement/{}/{}", slug(what), 5_520_100 + 3 * n),
        html: format!("<p>{words}</p>"),
        ..Told::default()
    }
}
