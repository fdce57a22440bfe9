//! What programs and those who run them tell: releases of two programs, commits, security notices, and a status page.

use super::press::{Feed, Told, dated};
use super::words::{any, number, slug, turn};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;
use tidings::demo::Dialect;

const RELEASES: Feed = Feed {
    name: "releases-tidelog",
    site: "https://code.example/saltworks/tidelog/releases",
    title: "Release notes from tidelog",
    language: "en",
    dialect: Dialect::Atom,
    window: 6,
    pace: (1, 2),
    tell: |n, _| release("saltworks/tidelog", n, n),
};

pub(super) const FEEDS: [Feed; 5] = [
    RELEASES,
    Feed {
        name: "releases-kelpdb",
        site: "https://code.example/kelpdb/kelpdb/releases",
        title: "Release notes from kelpdb",
        pace: (1, 3),
        tell: |n, _| release("kelpdb/kelpdb", n, n + 9),
        ..RELEASES
    },
    Feed {
        name: "commits",
        site: "https://code.example/openreef/reef/commits/main",
        title: "Recent Commits to reef:main",
        window: 9,
        pace: (3, 1),
        tell: commit,
        ..RELEASES
    },
    Feed {
        name: "security",
        site: "https://www.reeflinux.example/security/",
        title: "Reef Linux Security",
        dialect: Dialect::Rdf,
        window: 8,
        pace: (1, 1),
        tell: advisory,
        ..RELEASES
    },
    Feed {
        name: "status",
        site: "https://status.halyard.example/",
        title: "Halyard Systems Status - Incident History",
        window: 8,
        pace: (1, 1),
        tell: incident,
        ..RELEASES
    },
];

/// A release as GitHub's feeds tell of it: the same form for every program, and version numbers that others have, too.
fn release(program: &str, n: u64, words: u64) -> Told {
    let version = |n: u64| format!("v1.{}.{}", n / 3, n % 3);
    let (old, new) = (if n == 0 { "v0.9.4".to_owned() } else { version(n - 1) }, version(n));
    let base = format!("https://code.example/{program}");
    let mut list = String::new();
    for at in 0..number("changes", words, 1, 3) {
        let pull = 300 + 11 * words + at;
        let login = any("logins", words + 20 * at);
        let _ = write!(
            list,
            "<li>fix: {} by <a href=\"https://code.example/{login}\">@{login}</a> in \
             <a href=\"{base}/pull/{pull}\">#{pull}</a></li>",
            turn("programs.fixes", 3 * words + at)
        );
    }
    let library = any("programs.crates", words);
    let _ = write!(
        list,
        "<li>chore(deps): bump {library} from 1.0.{} to 1.0.{} by @depbot in #{}</li>",
        200 + n,
        201 + n,
        309 + 11 * words
    );
    Told {
        title: new.clone(),
        link: format!("{base}/releases/tag/{new}"),
        key: format!("tag:code.example,2008:Repository/{}/{new}", 51_207_000 + program.len()),
        html: format!(
            "<h2>What's Changed</h2>\n<ul>\n{list}</ul>\n<p><strong>Full Changelog</strong>: \
             <a href=\"{base}/compare/{old}...{new}\"><tt>{old}...{new}</tt></a></p>"
        ),
        ..Told::default()
    }
}

fn commit(n: u64, _: Timestamp) -> Told {
    let hash = format!(
        "{:016x}{:016x}{:08x}",
        number("one", n, 0, u64::MAX - 1),
        number("two", n, 0, u64::MAX - 1),
        number("three", n, 0, 0xffff_ffff)
    );
    let (area, pull) = (any("programs.areas", n), 900 + 3 * n);
    let (title, more) = match n % 5 {
        0 => {
            let branch = slug(turn("programs.fixes", n));
            (format!("Merge pull request #{pull} from {}/{branch}", any("logins", n)), String::new())
        }
        1 => {
            let (library, from) = (any("programs.crates", n), n / 5);
            let bump = format!("build(deps): bump {library} from 0.{from}.1 to 0.{from}.2");
            (bump, "Signed-off-by: depbot[bot]".to_owned())
        }
        _ => {
            let fix = turn("programs.fixes", 7 * n + n / 19);
            (format!("{area}: {fix} (#{pull})"), format!("Reported by {}.", any("people", n)))
        }
    };
    Told {
        link: format!("https://code.example/openreef/reef/commit/{hash}"),
        key: format!("tag:code.example,2008:Grit::Commit/{hash}"),
        html: format!("<pre style='white-space:pre-wrap;width:81ex'>{title}\n\n{more}</pre>"),
        title,
        ..Told::default()
    }
}

fn advisory(n: u64, _: Timestamp) -> Told {
    let (package, used_as) = (turn("sec.packages", n), any("sec.uses", n % 11));
    let (what, rest) = match n % 2 {
        0 => ("Several vulnerabilities were", ""),
        _ => ("It was", " that a flaw was present"),
    };
    let no = 6_120 + n;
    Told {
        title: format!("RSA-{no}-1 {package} - security update"),
        link: format!("https://www.reeflinux.example/security/2026/rsa-{no}"),
        html: format!(
            "<p>{what} discovered{rest} in {package}, {used_as}, which could result in {}.</p>\
             <p>For the stable distribution (lagoon), this problem has been fixed in version {}.{}.{}-1+reef{}.</p>\
             <p>We recommend that you upgrade your {package} packages.</p>\
             <p>https://security-tracker.reeflinux.example/{package}</p>",
            any("sec.effects", n),
            number("major", n, 0, 9),
            number("minor", n, 0, 30),
            number("patch", n, 0, 12),
            number("build", n, 1, 7)
        ),
        ..Told::default()
    }
}

/// Three updates of each incident, all at the incident's address: one page with a part for each, or a query.
fn incident(n: u64, at: Timestamp) -> Told {
    let (no, step) = (n / 3, n % 3);
    let (part, trouble) = (turn("status.parts", no), any("status.troubles", no));
    let name = format!("{part}: {trouble}");
    let (state, words) = match step {
        0 => (
            "Investigating",
            format!(
                "We are investigating reports of {trouble} affecting {part} and will share more as we know it."
            ),
        ),
        1 => {
            let cause = turn("status.causes", no);
            ("Identified", format!("The cause has been found: {cause}. A fix is being rolled out."))
        }
        _ => (
            "Resolved",
            "This incident has been resolved. We are sorry for the trouble it caused you.".to_owned(),
        ),
    };
    let page = format!("https://status.halyard.example/incidents/{:07x}", 0x9b_0fd1 + 40_961 * no);
    let began = at - SignedDuration::from_mins(number("began", n, 3, 25) as i64);
    Told {
        title: format!("{state} - {name}"),
        link: if no % 2 == 0 {
            format!("{page}#update-{}", step + 1)
        } else {
            format!("{page}?update={}", step + 1)
        },
        key: format!("tag:status.halyard.example,2005:Update/{}", 20_117_400 + 17 * n),
        html: format!(
            "<p><small>{} UTC</small><br><strong>{state}</strong> - {words}</p>",
            dated(began, "%b %d, %H:%M")
        ),
        ..Told::default()
    }
}
