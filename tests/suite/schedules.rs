//! A year of editions in four time zones: each at its hour, through every clock change, and however the clock is set.

use crate::daemon::{HOUR, TestDaemon, morning, rss_of};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use std::fmt::Write as _;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A daily digest.
struct Daily {
    name: &'static str,
    schedule: &'static str,
    zone: &'static str,
    /// From which date on an edition is due at which local time and offset from UTC.
    due: &'static [(&'static str, &'static str)],
}

const DIGESTS: [Daily; 5] = [
    Daily {
        name: "berlin",
        schedule: "30 2 * * *",
        zone: "Europe/Berlin",
        // On 28 March 2027 there is no 02:30, on 31 October there are two, of which the first counts.
        due: &[
            ("2026-11-23", "02:30+01:00"),
            ("2027-03-28", "03:30+02:00"),
            ("2027-03-29", "02:30+02:00"),
            ("2027-11-01", "02:30+01:00"),
        ],
    },
    Daily {
        name: "new-york",
        schedule: "30 1 * * *",
        zone: "America/New_York",
        // On 7 November 2027 there are two 01:30.
        due: &[("2026-11-23", "01:30-05:00"), ("2027-03-15", "01:30-04:00"), ("2027-11-08", "01:30-05:00")],
    },
    Daily {
        name: "lord-howe",
        schedule: "15 2 * * *",
        zone: "Australia/Lord_Howe",
        // The clock is put forward by half an hour: on 3 October 2027 there is no 02:15.
        due: &[
            ("2026-11-23", "02:15+11:00"),
            ("2027-04-04", "02:15+10:30"),
            ("2027-10-03", "02:45+11:00"),
            ("2027-10-04", "02:15+11:00"),
        ],
    },
    Daily {
        name: "lord-howe-early",
        schedule: "45 1 * * *",
        zone: "Australia/Lord_Howe",
        // On 4 April 2027 there are two 01:45.
        due: &[("2026-11-23", "01:45+11:00"), ("2027-04-05", "01:45+10:30"), ("2027-10-04", "01:45+11:00")],
    },
    Daily {
        name: "kolkata",
        schedule: "0 7 * * *",
        zone: "Asia/Kolkata",
        due: &[("2026-11-23", "07:00+05:30")],
    },
];

impl Daily {
    /// When its editions of the year from [`morning`] on are due.
    fn year(&self) -> Vec<Timestamp> {
        let first: Date = "2026-11-23".parse().unwrap();
        let last = morning() + HOUR * 24 * 365;
        let at = |day: Date| -> Timestamp {
            let (_, wall) = self.due.iter().rfind(|(from, _)| *from <= day.to_string().as_str()).unwrap();
            format!("{day}T{wall}").parse().unwrap()
        };
        let days = (0..=366).map(|day| first + day.days());
        days.map(at).filter(|at| *at > morning() && *at <= last).collect()
    }
}

#[tokio::test]
async fn a_year_of_editions_comes_at_the_hours_of_four_zones_through_their_clock_changes() {
    let mut toml = String::new();
    for Daily { name, schedule, zone, .. } in &DIGESTS {
        let _ = writeln!(
            toml,
            "[[digest]]\nname = \"{name}\"\nschedule = \"{schedule}\"\ntimezone = \"{zone}\"\nwhen_empty = \"send\""
        );
    }
    let mut daemon = TestDaemon::new(&toml).await;
    daemon.step().await;
    let mut moments: Vec<Timestamp> = DIGESTS.iter().flat_map(Daily::year).collect();
    moments.sort();
    assert_eq!(moments.len(), 5 * 365);
    for due in moments.chunk_by(|one, other| one == other) {
        let at = due[0];
        // Not a second too early.
        for (moment, composed) in [(at - SECOND, 0), (at, due.len())] {
            daemon.clock.advance(moment.duration_since(daemon.clock.now()));
            let mailed = daemon.app().deliver().await.unwrap();
            assert_eq!(mailed.composed, composed, "{moment}");
        }
    }
    for digest in &DIGESTS {
        let due = daemon.look(|reader| {
            let mut due = Vec::new();
            for edition in reader.editions(digest.name, 1000)?.iter().rev() {
                due.extend(reader.edition(digest.name, &edition.id)?.map(|edition| edition.due_at));
            }
            Ok(due)
        });
        assert_eq!(due, digest.year(), "{}", digest.name);
    }
}

/// Headlines with no word in common.
const HEADLINES: [&str; 10] = [
    "Baker honoured",
    "Moss remembers",
    "Owls nest high",
    "Swans stop rowers",
    "Choir sings underwater",
    "Museum buys watch",
    "Lighthouse auctioned",
    "Organ found intact",
    "Kiosk moves sideways",
    "Ferry aground",
];

#[tokio::test]
async fn however_often_the_clock_is_set_back_and_forth_all_news_is_told_once() {
    let toml = "[[feed]]\nurl = \"ORIGIN/feed\"\ncategory = \"world\"\n
[[digest]]\nname = \"morning\"\nschedule = \"0 7 * * *\"\ntimezone = \"Europe/Berlin\"\ntopics = 50\n
to = [\"ada@reader.example\"]\n[mail]\nsmtp = \"smtp://127.0.0.1:1\"\nfrom = \"Tidings <news@site.example>\"";
    let mut daemon = TestDaemon::new(toml).await;
    daemon.step().await;
    // By how many hours the clock is wrong for a while on each day.
    for (day, wrong) in [1, -1, 23, -23, 25, -50, 24 * 400, -24 * 400, 3, -3].into_iter().enumerate() {
        let items: Vec<String> =
            (0..=day).rev().map(|no| format!("{no}|{}|So it is", HEADLINES[no])).collect();
        daemon.put("/feed", &rss_of("Post", &items));
        for pass in [HOUR * 9, HOUR * wrong, SECOND, HOUR * -wrong, HOUR * 9, HOUR * 6] {
            daemon.step_after(pass).await;
        }
    }
    daemon.step_after(HOUR * 24).await;
    daemon.step_after(HOUR * 24).await;
    let mails = daemon.mails();
    for headline in HEADLINES {
        let telling = mails.iter().filter(|mail| mail.contains(headline)).count();
        assert_eq!(telling, 1, "{headline}");
    }
    let mut ids: Vec<&str> =
        mails.iter().filter_map(|mail| mail.split("Message-ID: ").nth(1)?.lines().next()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), mails.len());
}
