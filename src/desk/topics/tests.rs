//! What is promised of topics and categories, shown on entries that we wrote.

use crate::desk::memory_index::Memory;
use crate::desk::{Analysis, Desk};
use crate::model::{
    Candidate, CategoryName, CategoryRule, CategorySettings, DeskSettings, Entry, EntryNo, EntryRef,
    FeedFacts, FeedNo, Filing, OrderKind, OrderTarget, Placement, Submission,
};
use jiff::Timestamp;
use std::collections::HashSet;

/// A desk with an archive, and a day's ordinary news behind it.
pub(crate) struct Newsroom {
    pub(crate) desk: Desk,
    pub(crate) archive: Memory,
    pub(crate) hours: i64,
    entries: i64,
}

/// Words that no other story has, as names have them.
pub(crate) fn made_up(seed: u64, count: usize) -> Vec<String> {
    let syllables = ["ka", "lo", "mi", "ter", "van", "ru", "sel", "dor", "pi", "nax", "wen", "ghi"];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        syllables[(state >> 33) as usize % syllables.len()]
    };
    (0..count).map(|_| (0..4).map(|_| next()).collect()).collect()
}

impl Newsroom {
    pub(crate) fn new(settings: &DeskSettings) -> Self {
        let mut room = Self { desk: Desk::new(settings), archive: Memory::default(), hours: 0, entries: 0 };
        for seed in 0..150 {
            let own = made_up(seed, 14);
            let title = format!("The {} of {} is to be a new {}", own[0], own[1], own[2]);
            let text = format!(
                "Officials said on Monday that the {} will be in the city for a week, as the people of {} near the \
                 river told reporters they had been asked by the government to report {}. Police in {} said it was \
                 not the first {} this year. {}.",
                own[3],
                own[4],
                own[5],
                own[6],
                own[7],
                own[8..].join(" ")
            );
            room.file("filler", &title, &text);
        }
        room.hours += 6;
        room
    }

    pub(crate) fn file(&mut self, publisher: &str, title: &str, text: &str) -> Filing {
        self.file_in(publisher, None, title, text)
    }

    pub(crate) fn file_in(
        &mut self,
        publisher: &str,
        category: Option<&str>,
        title: &str,
        text: &str,
    ) -> Filing {
        self.file_and_tell(publisher, category, title, text).1
    }

    /// Files an entry and gives what it looked like, too.
    pub(crate) fn file_and_tell(
        &mut self,
        publisher: &str,
        category: Option<&str>,
        title: &str,
        text: &str,
    ) -> (Analysis, Filing) {
        self.entries += 1;
        let no = EntryNo(self.entries);
        let feed = FeedFacts {
            no: feed_of(publisher),
            first_url: format!("https://{publisher}.example/feed"),
            publisher: publisher.to_owned(),
            category: category.map(|name| CategoryName::stored(name.to_owned())),
            weight: 1.0,
            private: false,
            dedupe: true,
        };
        let entry = Entry {
            key: self.entries.to_string(),
            title: title.to_owned(),
            text: text.to_owned(),
            ..Entry::default()
        };
        let reference = EntryRef::new(&feed.first_url, &entry.key);
        let beside = HashSet::new();
        let submission = Submission {
            no,
            reference,
            entry: &entry,
            feed: &feed,
            quiet: false,
            stands: None,
            beside: &beside,
        };
        let now = Timestamp::from_second(1_800_000_000 + self.hours * 3_600).unwrap();
        let analysis = self.desk.analyse(&submission);
        let found = self.archive.find(analysis.keys());
        let filing = self.desk.file(&submission, &analysis, &found, now);
        self.archive.take_in(&filing);
        let candidate = Candidate {
            no,
            reference,
            feed: feed.no,
            publisher: feed.publisher.clone(),
            placement: Placement { story: filing.story, topic: filing.topic },
            category: filing.category.clone(),
            url: None,
            title: entry.title.clone(),
            text: entry.text.clone(),
            published: None,
            filed_at: now,
            recording: None,
            shares_address: false,
        };
        self.archive.put(&analysis, candidate);
        (analysis, filing)
    }

    /// Files headlines with texts, each from a publisher of its own, and gives their topics.
    fn topics(&mut self, stories: &[(&str, &str)]) -> Vec<i64> {
        let file = |(at, (title, text)): (usize, &(&str, &str))| {
            self.file(&format!("paper-{at}"), title, text).topic.0
        };
        stories.iter().enumerate().map(file).collect()
    }
}

/// Each publisher has one feed.
fn feed_of(publisher: &str) -> FeedNo {
    FeedNo(publisher.bytes().fold(7, |no, byte| no * 31 % 1_000_003 + i64::from(byte)))
}

/// The lasting name of what a publisher's filing filed, and how it stands for an order.
pub(crate) fn order_target(publisher: &str, filing: &Filing) -> (EntryRef, OrderTarget) {
    let reference = EntryRef::new(&format!("https://{publisher}.example/feed"), &filing.entry.0.to_string());
    let candidate = Candidate {
        no: filing.entry,
        reference,
        feed: feed_of(publisher),
        publisher: String::new(),
        placement: Placement { story: filing.story, topic: filing.topic },
        category: filing.category.clone(),
        url: None,
        title: String::new(),
        text: String::new(),
        published: None,
        filed_at: filing.at,
        recording: None,
        shares_address: false,
    };
    (reference, OrderTarget { candidate, fixed: None })
}

fn apart(topics: &[i64]) -> bool {
    topics.iter().enumerate().all(|(at, topic)| !topics[..at].contains(topic))
}

const QUAKE: (&str, &str) = (
    "Strong earthquake shakes Valdoria, dozens injured",
    "A magnitude 6.3 earthquake struck southern Valdoria early on Tuesday, injuring at least forty people and \
     damaging houses in Castelmare and Porto Nuvo, the civil protection agency said.",
);

#[test]
fn outlets_with_opposite_words_on_one_event_come_together() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let topics = room.topics(&[
        (
            "Senator Halloway's brave stand sinks Brackwater dam bill",
            "Senator Halloway cast the deciding vote against the Brackwater dam on Thursday, a victory for river \
             towns and fishermen.",
        ),
        (
            "Halloway betrays workers as Brackwater dam is killed",
            "In a shameful move, Halloway voted down the Brackwater dam and with it four thousand jobs, union \
             leaders said.",
        ),
        (
            "Brackwater dam bill fails by one vote",
            "The bill to build the Brackwater dam failed by one vote after Senator Halloway changed sides.",
        ),
    ]);
    assert_eq!(topics, [topics[0]; 3]);
}

#[test]
fn two_earthquakes_stay_apart() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let topics = room.topics(&[
        QUAKE,
        (
            "Earthquake in Okrania leaves hundreds homeless",
            "A magnitude 5.8 earthquake struck northern Okrania on Tuesday and left hundreds homeless around \
             Mirgorod and Lesna, officials said.",
        ),
        (
            "Rescue teams reach Castelmare after Valdoria earthquake",
            "Rescuers reached Castelmare on Tuesday, where the 6.3 earthquake in southern Valdoria injured dozens.",
        ),
    ]);
    assert_ne!(topics[0], topics[1]);
    assert_eq!(topics[0], topics[2]);
}

#[test]
fn entries_that_share_only_a_template_stay_apart() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let places = [("4.1", "Aldermoor"), ("5.0", "Skerry Point"), ("4.4", "Lesna"), ("3.9", "Mirgorod")];
    let topics: Vec<i64> = places
        .iter()
        .map(|(size, place)| {
            let title = format!("Earthquake of magnitude {size} near {place}");
            let text = format!("Tremor Watch recorded an earthquake of magnitude {size} near {place}.");
            room.hours += 1;
            room.file("tremor", &title, &text).topic.0
        })
        .collect();
    assert!(apart(&topics), "{topics:?}");
    let days = [("Monday", 3), ("Tuesday", 40), ("Wednesday", 77)].map(|(day, seed)| {
        let own = made_up(seed + 900, 12);
        room.hours += 24;
        room.file("courier", &format!("Morning briefing, {day}"), &own.join(" ")).topic.0
    });
    assert!(apart(&days), "{days:?}");
}

#[test]
fn a_topic_moves_on_with_new_publishers_or_a_new_day_and_not_when_it_begins() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let (title, text) = QUAKE;
    assert!(!room.file("a", title, text).moved_on);
    let more = |room: &mut Newsroom, publisher: &str, word: &str| {
        let text =
            format!("In Castelmare {word} counted the injured of the Valdoria earthquake, magnitude 6.3.");
        let filing = room.file(publisher, &format!("Valdoria earthquake: {word} in Castelmare"), &text);
        filing.moved_on
    };
    assert!(!more(&mut room, "b", "surgeons"), "no time has passed");
    room.hours += 4;
    assert!(more(&mut room, "c", "volunteers"));
    assert!(!more(&mut room, "d", "soldiers"));
    room.hours += 21;
    assert!(more(&mut room, "a", "engineers"));
}

/// Teaches two sections by fixed feeds.
fn taught(settings: &DeskSettings) -> Newsroom {
    let mut room = Newsroom::new(settings);
    for at in 0..80 {
        let own = made_up(7_000 + at, 12).join(" ");
        room.file_in(
            "pitch",
            Some("sport"),
            &format!("Striker scores goal in match {at}"),
            &format!("league team {own} coach"),
        );
        room.file_in(
            "bench",
            Some("law"),
            &format!("Judge hears appeal in court {at}"),
            &format!("lawyer verdict {own} jury"),
        );
    }
    room
}

#[test]
fn a_clear_story_is_decided_and_an_unclear_one_is_general() {
    let mut room = taught(&DeskSettings::default());
    let clear = room.file("free", "Coach praises striker after league match", "The team scored a late goal.");
    assert_eq!((clear.category.as_str(), clear.category_rule), ("sport", CategoryRule::Learned));
    assert!(clear.category_score >= 0.9);
    let unclear = room.file("free", "Wooden bowls from the valley", "Turned by hand from pear trees.");
    assert_eq!((unclear.category.as_str(), unclear.category_rule), ("general", CategoryRule::Unsure));
}

#[test]
fn what_was_learned_survives_a_snapshot_to_the_last_bit() {
    let settings = DeskSettings::default();
    let mut room = taught(&settings);
    let bytes = room.desk.snapshot();
    let restored = Desk::restore(&settings, &bytes).unwrap();
    assert_eq!(restored.snapshot(), bytes);
    let title =
        ("Coach praises striker after appeal in Valdoria", "The team of the judge hears of a late goal.");
    let there = room.file("free", title.0, title.1);
    let mut again = Newsroom { desk: restored, archive: Memory::default(), ..room };
    again.entries -= 1;
    let here = again.file("free", title.0, title.1);
    assert_eq!((there.topic, there.topic_score.to_bits()), (here.topic, here.topic_score.to_bits()));
    assert_eq!(there.category_score.to_bits(), here.category_score.to_bits());
    assert_eq!(there.category, here.category);
}

#[test]
fn the_operators_keyword_decides_before_what_was_learned() {
    let category = |name: &str, keywords: &[&str]| CategorySettings {
        name: CategoryName::stored(name.to_owned()),
        title: name.to_owned(),
        keywords: keywords.iter().map(|keyword| (*keyword).to_owned()).collect(),
        was: Vec::new(),
    };
    let settings = DeskSettings {
        categories: vec![
            category("general", &[]),
            category("sport", &[]),
            category("law", &["transfer fee"]),
        ],
        ..DeskSettings::default()
    };
    let mut room = taught(&settings);
    let filing =
        room.file("free", "Striker scores goal for league team", "The coach defends the Transfer Fee.");
    assert_eq!((filing.category.as_str(), filing.category_rule), ("law", CategoryRule::Keyword));
}

const BLAZE: (&str, &str) = (
    "Fire destroys the Orlandi paper mill",
    "A fire destroyed the Orlandi paper mill in Brackwater overnight, and the fire brigade was still putting out \
     flames among the rolls of paper this morning. The manager of the mill said that its safety papers were in order.",
);
const INQUIRY: (&str, &str) = (
    "Prosecutor questions Teresa Vinck over forged safety papers",
    "The prosecutor in Harrowgate questioned the manager Teresa Vinck on suspicion of having forged the safety papers \
     of a mill, a court clerk said. Insurers had asked for them.",
);
const BRIDGE: (&str, &str) = (
    "Orlandi paper mill fire: Teresa Vinck questioned over forged safety papers",
    "A day after a fire destroyed the Orlandi paper mill in Brackwater, the prosecutor questioned its manager, Teresa \
     Vinck, on suspicion of having forged its safety papers. The fire brigade was still putting out flames among the \
     rolls of paper.",
);

/// A fire and an inquiry, each a topic of its own for all that is known so far.
fn fire_and_inquiry(room: &mut Newsroom) -> [Filing; 2] {
    let fire = room.file("morning", BLAZE.0, BLAZE.1);
    for at in 0..10 {
        let own = made_up(8_000 + at, 3);
        let title = format!("Orlandi paper mill in flames, says {}", own[0]);
        let text = format!(
            "A fire destroyed the Orlandi paper mill in Brackwater. Its manager told {} of safety papers, not {}.",
            own[1], own[2]
        );
        assert_eq!(room.file(&format!("paper-{at}"), &title, &text).topic, fire.topic);
    }
    room.hours += 22;
    let inquiry = room.file("courier", INQUIRY.0, INQUIRY.1);
    assert_ne!(fire.topic, inquiry.topic);
    [fire, inquiry]
}

#[test]
fn a_story_that_is_about_two_topics_alike_shows_them_to_be_one() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let [fire, inquiry] = fire_and_inquiry(&mut room);
    let bridge = room.file("wire", BRIDGE.0, BRIDGE.1);
    assert_eq!((bridge.topic, bridge.absorbed_topics.as_slice()), (fire.topic, [inquiry.topic].as_slice()));
    let later = room.file("gazette", "Vinck denies that she forged the mill's safety papers", INQUIRY.1);
    assert_eq!(later.topic, fire.topic);
}

#[test]
fn topics_that_an_order_keeps_apart_are_not_made_one() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let filings = fire_and_inquiry(&mut room);
    let [(fire, first), (inquiry, second)] =
        [order_target("morning", &filings[0]), order_target("courier", &filings[1])];
    let targets = [first, second];
    let order = OrderKind::SplitTopic { entries: vec![inquiry], from: vec![fire] };
    room.desk.remember(&order, &targets);
    let bridge = room.file("wire", BRIDGE.0, BRIDGE.1);
    assert!(bridge.absorbed_topics.is_empty());
    assert!([filings[0].topic, filings[1].topic].contains(&bridge.topic));
}

#[test]
fn a_number_in_common_does_not_make_one_event_of_a_template_filled_in_twice() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let quake = |place: &str, depth: &str| {
        (
            format!("Earthquake of magnitude 4.1 near {place}"),
            format!("Magnitude 4.1. Depth {depth} km. Felt by nobody."),
        )
    };
    let mut topic = |place: &str, depth: &str| {
        let (title, text) = quake(place, depth);
        room.file("tremor-watch", &title, &text).topic
    };
    assert_ne!(topic("Upper Sarn", "10"), topic("Cape Dorrin", "10"));
}

#[test]
fn stories_in_a_language_that_few_write_are_not_one_event_for_the_words_that_hold_it_together() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let topics: Vec<i64> = (0..5)
        .map(|at| {
            let own = made_up(9_000 + at, 19);
            let title = format!("{} {} mit der {}", own[0], own[1], own[2]);
            let text = format!(
                "Der {} {} hat mit dem {} auf der {} nicht {}, wie die {} {}, und das {} ist für die {} auch im {} ein \
                 {}, weil es bei den {} nur {} {}, die aus dem {} {} {} zu einem {} {}.",
                own[0], own[1], own[2], own[3], own[4], own[5], own[6], own[7], own[8], own[9], own[10], own[11], own[12],
                own[13], own[14], own[15], own[16], own[17], own[18]
            );
            room.file(&format!("zeitung-{at}"), &title, &text).topic.0
        })
        .collect();
    assert!(apart(&topics), "{topics:?}");
}

#[test]
fn stories_in_a_language_that_few_write_are_not_one_event_for_the_words_of_its_trade() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let trade: Vec<&str> = "mercado acciones inversores precios ventas beneficios trimestre rendimientos bolsa deuda empresas \
                            consumo inflación banco crecimiento petróleo aranceles exportaciones ganancias moneda"
        .split(' ')
        .collect();
    // Words of which each is one story's, and so are their stems.
    let own = |story: usize| -> Vec<String> {
        let letter = |number: usize| char::from(b'a' + (number % 26) as u8);
        let word = |at: usize| [letter(at), letter(at / 26), letter(at * 7), letter(at / 5), 'o', 'z'];
        (0..15).map(|at| word(story * 15 + at).iter().collect()).collect()
    };
    let report = |own: &[String], turn: usize| {
        let word = |at: usize| trade[(turn * turn * (at + 3) + turn * 11 + at * 5) % trade.len()];
        let title = format!("{} de {} y {} en {}", word(0), own[0], own[1], own[2]);
        let text = format!(
            "{} con {} {} para el {} de {}, {} {} por {} {}. La {} {} del {} {} {} a los {} {}.",
            own[3],
            word(1),
            own[4],
            word(2),
            own[5],
            own[6],
            own[7],
            own[8],
            word(3),
            own[9],
            own[10],
            own[11],
            own[12],
            word(4),
            own[13],
            own[14]
        );
        (title, text)
    };
    let mut file = |story: usize, report: (String, String)| {
        room.file(&format!("diario-{}", story % 7), &report.0, &report.1).topic.0
    };
    for story in 0..60 {
        let [a, b, c, d] = std::array::from_fn(|part| own(story)[part * 4..][..3].join(" "));
        file(story, (format!("El {a} para la {b}"), format!("Con los {c}, que no {d}, en {b} por {a}.")));
    }
    let topics: Vec<i64> = (60..100).map(|story| file(story, report(&own(story), story))).collect();
    let together = topics.iter().map(|topic| topics.iter().filter(|other| *other == topic).count());
    assert!(together.max() <= Some(3), "{topics:?}");
    assert_eq!(file(100, report(&own(99), 500)), topics[39], "one event is still one");
}
