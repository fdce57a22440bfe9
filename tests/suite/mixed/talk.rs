//! What people say to each other: a forum, a microblog, a mailing list, and threads that open every week.

use super::press::{Feed, Told, dated};
use super::words::{number, slug, turn};
use jiff::Timestamp;
use tidings::demo::Dialect;

const FORUM: Feed = Feed {
    name: "forum",
    site: "https://sarai.example/forum/",
    title: "Сарай и чердак: форум",
    language: "ru",
    dialect: Dialect::Rss,
    window: 10,
    pace: (3, 1),
    tell: reply,
};

pub(super) const FEEDS: [Feed; 4] = [
    FORUM,
    Feed {
        name: "microblog",
        site: "https://tsubuyaki.example/@kiri",
        title: "霧",
        language: "ja",
        window: 8,
        pace: (2, 1),
        tell: note,
        ..FORUM
    },
    Feed {
        name: "mailing-list",
        site: "https://lists.openreef.example/reef-devel/",
        title: "reef-devel",
        language: "en",
        dialect: Dialect::Atom,
        tell: mail,
        ..FORUM
    },
    Feed {
        name: "weekly-threads",
        site: "https://commonroom.example/",
        title: "The Common Room: weekly threads",
        language: "en",
        window: 8,
        pace: (1, 4),
        tell: thread,
        ..FORUM
    },
];

/// How many topics the forum speaks of at a time, and series the list: an entry answers the one that many before it.
const AT_A_TIME: u64 = 7;

fn said_in_forum(n: u64) -> String {
    format!("{}: {}. {}", turn("ru.starts", n), turn("ru.middles", n + n / 13), turn("ru.ends", n + n / 17))
}

/// A reply, which quotes the one before it. All replies to one question have one title.
fn reply(n: u64, _: Timestamp) -> Told {
    let topic = turn("ru.topics", n);
    let quoted = n.checked_sub(AT_A_TIME).filter(|_| !n.is_multiple_of(3)).map(|before| {
        let (name, said) = (turn("ru.names", before), said_in_forum(before));
        format!("<blockquote><div><cite>{name} писал(а):</cite>{said}</div></blockquote>")
    });
    Told {
        title: format!("Re: {topic}"),
        link: format!(
            "https://sarai.example/forum/viewtopic.php?t={}&p={}#p{1}",
            900 + n % AT_A_TIME,
            71_400 + n
        ),
        html: format!("{}{}", quoted.unwrap_or_default(), said_in_forum(n)),
        ..Told::default()
    }
}

/// A note without a title.
fn note(n: u64, _: Timestamp) -> Told {
    Told {
        link: format!("https://tsubuyaki.example/@kiri/{}", 113_480_211_000_000 + 7_703_311 * n),
        html: format!(
            "<p>{}、{}。{}</p>",
            turn("ja.when", n),
            turn("ja.scenes", n),
            turn("ja.remarks", n + n / 17)
        ),
        ..Told::default()
    }
}

/// What a mail of the list says that is no answer: a patch of a series.
fn patch(n: u64) -> (String, String) {
    let (series, step) = (turn("list.series", n), turn("list.steps", n / 5));
    let (part, version) = (n / 5 % 6 + 1, n / 30 + 1);
    let version = if version == 1 { String::new() } else { format!(" v{version}") };
    let area = series.split(':').next().unwrap_or_default();
    let subject = format!("[PATCH{version} {part}/6] {area}: {step}");
    let who = number("who", n, 0, 14);
    let body = format!(
        "This is part of the series \"{series}\".\n\nNo change in behaviour is intended.\n\n\
         Signed-off-by: {} &lt;{}@openreef.example&gt;\n---\n reef/{area}/{area}.c | {} +++---\n 1 file changed, {} \
         insertions(+), {} deletions(-)",
        turn("people", who),
        turn("logins", who),
        number("lines", n, 4, 90),
        number("insertions", n, 2, 60),
        number("deletions", n, 1, 50)
    );
    (subject, body)
}

/// Patches, and answers that quote them.
fn mail(n: u64, at: Timestamp) -> Told {
    let (subject, body) = if n.is_multiple_of(3) {
        patch(n)
    } else {
        let (subject, quoted) = patch(n / 3 * 3);
        let quoted: Vec<String> = quoted.lines().take(3).map(|line| format!("&gt; {line}")).collect();
        let answer = format!(
            "On {}, {} wrote:\n{}\n\n{} {}\n\n{}",
            dated(at, "%a, %b %d, %Y"),
            turn("people", number("who", n / 3 * 3, 0, 14)),
            quoted.join("\n"),
            turn("list.replies", n - n / 3),
            turn("list.tails", n - n / 3),
            turn("people", n)
        );
        (format!("Re: {subject}"), answer)
    };
    let id = format!("{}.{}-1-reef@openreef.example", dated(at, "%Y%m%d%H%M"), 1_000 + n);
    Told {
        title: subject,
        link: format!("https://lists.openreef.example/reef-devel/{id}/"),
        key: format!("urn:uuid:5b1c07{:02x}-2f10-4d0e-9c11-0000{:08x}", n % 256, 7_907 * n),
        html: format!("<pre>{body}</pre>"),
        ..Told::default()
    }
}

/// Five threads in turn, each with its title and its words of every week.
fn thread(n: u64, _: Timestamp) -> Told {
    let title = turn("thread.titles", n);
    Told {
        title: title.to_owned(),
        link: format!("https://commonroom.example/t/{}/{}", slug(title), 41_007 + 31 * n),
        html: format!(
            "<p>{}</p><p><a href=\"https://commonroom.example/rules\">House rules</a></p>",
            turn("thread.texts", n)
        ),
        ..Told::default()
    }
}
