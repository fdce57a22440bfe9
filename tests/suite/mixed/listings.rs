//! What is on offer: jobs of two boards, property, a library's new books, and new papers.

use super::press::{Feed, Told};
use super::words::{any, filled, number, slug, turn};
use jiff::Timestamp;
use tidings::demo::Dialect;

const JOBS: Feed = Feed {
    name: "jobs-en",
    site: "https://www.harbourjobs.example/",
    title: "Harbour Jobs: latest vacancies",
    language: "en",
    dialect: Dialect::Rss,
    window: 8,
    pace: (2, 1),
    tell: vacancy,
};

pub(super) const FEEDS: [Feed; 5] = [
    JOBS,
    Feed {
        name: "jobs-fr",
        site: "https://www.emploi-littoral.example/",
        title: "Emploi Littoral : dernières offres",
        language: "fr",
        tell: offre,
        ..JOBS
    },
    Feed {
        name: "property",
        site: "https://aqar.example/",
        title: "عقارات اليوم",
        language: "ar",
        tell: property,
        ..JOBS
    },
    Feed {
        name: "library",
        site: "https://mediatheque.villebrune.example/",
        title: "Médiathèque de Villebrune : nouveautés",
        language: "fr",
        dialect: Dialect::Json,
        window: 6,
        pace: (1, 2),
        tell: book,
    },
    Feed {
        name: "papers",
        site: "https://preprints.example/list/new",
        title: "preprints: new submissions",
        window: 9,
        pace: (3, 1),
        tell: paper,
        ..JOBS
    },
];

fn vacancy(n: u64, _: Timestamp) -> Told {
    let (role, firm, town) = (any("jobs.roles", n), any("firms", n), any("towns", n));
    let (pay, need, gift) = (number("pay", n, 24, 92), number("need", n, 0, 10), number("gift", n, 0, 8));
    Told {
        title: format!("{role} at {firm} ({town})"),
        link: format!("https://www.harbourjobs.example/job/{}-{}", slug(role), 220_410 + 3 * n),
        html: format!(
            "<p>{firm} is looking for a {role} to join our team in {town}. You bring {} and {}. We offer {}, {} and a salary \
             of {pay},000 to {},000 a year.</p><p>{firm} is an equal opportunities employer. Apply with your CV on our \
             website.</p>",
            turn("jobs.needs", need),
            turn("jobs.needs", need + number("other need", n, 1, 9)),
            turn("jobs.gives", gift),
            turn("jobs.gives", gift + number("other gift", n, 1, 7)),
            pay + number("more", n, 3, 15)
        ),
        ..Told::default()
    }
}

fn offre(n: u64, _: Timestamp) -> Told {
    let (job, town, firm) = (any("fr.jobs", n), any("fr.towns", n), any("fr.firms", n));
    let contract = ["CDI", "CDD 6 mois", "Intérim", "Alternance"][n as usize % 4];
    Told {
        title: format!("{job} H/F - {contract} - {town}"),
        link: format!("https://www.emploi-littoral.example/offre/{}", 9_003_411 + 7 * n),
        html: format!(
            "{firm} recrute un(e) {job} (H/F) en {contract} à {town}. Horaires : {} h par semaine. Rémunération : {} € brut \
             par mois. Expérience souhaitée : {} an(s). Postulez en ligne avant le {} décembre.",
            number("hours a week", n, 20, 39),
            number("euros", n, 1_810, 3_950),
            number("years", n, 1, 8),
            number("last day", n, 1, 24)
        ),
        ..Told::default()
    }
}

fn property(n: u64, _: Timestamp) -> Told {
    let (kind, quarter) = (any("ar.types", n), any("ar.quarters", n));
    let size = number("size", n, 70, 480);
    Told {
        title: format!("{kind} في {quarter} - {size} م²"),
        link: format!("https://aqar.example/ad/{}", 6_610_022 + 17 * n),
        html: format!(
            "<p>{kind} في {quarter}، المساحة {size} متر مربع، {} غرف و{} حمامات. {}. السعر: {} ألف. للتواصل: {}، رقم \
             الإعلان {}.</p>",
            number("rooms", n, 2, 7),
            number("baths", n, 1, 4),
            any("ar.features", n),
            number("price", n, 120, 1_900),
            any("ar.sellers", n),
            6_610_022 + 17 * n
        ),
        ..Told::default()
    }
}

fn book(n: u64, _: Timestamp) -> Told {
    let (title, writer, shelf) = (turn("fr.books", n), any("fr.writers", n), any("fr.shelves", n));
    let code: String = writer.split(' ').next_back().unwrap().to_uppercase().chars().take(3).collect();
    Told {
        title: format!("{title} / {writer}"),
        link: format!("https://mediatheque.villebrune.example/notice/{}", 310_550 + 19 * n),
        html: format!(
            "<p>{shelf}. Éditions du Môle, 2026. {} p. Cote : {} {code}. Disponible à partir du retour de traitement.</p>\
             <p>{}.</p>",
            number("pages", n, 96, 640),
            shelf.chars().next().unwrap(),
            turn("fr.blurbs", n)
        ),
        ..Told::default()
    }
}

/// As arXiv writes it.
fn paper(n: u64, _: Timestamp) -> Told {
    let object = turn("arxiv.objects", n);
    let (method, limit) = (turn("arxiv.methods", n + n / 13), turn("arxiv.limits", n));
    let id = format!("2611.{:05}", 14_201 + 23 * n);
    let result = |salt: u64| {
        any("arxiv.results", n + salt).replace("{}", &number("result", n + salt, 2, 97).to_string())
    };
    Told {
        title: format!("{method} for {object} {limit}"),
        link: format!("https://preprints.example/abs/{id}"),
        key: format!("oai:preprints.example:{id}v1"),
        html: format!(
            "preprints:{id}v1 Announce Type: new \nAbstract: {} {method} {limit} {}. It also {}. We evaluate on {} instances and \
             compare with {} baselines. {}",
            filled(any("arxiv.opens", n), object),
            result(0),
            result(5_000),
            number("instances", n, 12, 90_000),
            number("baselines", n, 2, 9),
            turn("arxiv.closes", n)
        ),
        ..Told::default()
    }
}
