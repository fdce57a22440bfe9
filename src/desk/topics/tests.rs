//! Tests of the topics engine on entries that we wrote.

use crate::desk::newsroom::{Newsroom, made_up, order_target};
use crate::model::{DeskSettings, Filing, Headline, OrderKind, StoryRule};

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
            room.file("tremor", &title, &text).topic.no.0
        })
        .collect();
    assert!(apart(&topics), "{topics:?}");
    let days = [("Monday", 3), ("Tuesday", 40), ("Wednesday", 77)].map(|(day, seed)| {
        let own = made_up(seed + 900, 12);
        room.hours += 24;
        room.file("courier", &format!("Morning briefing, {day}"), &own.join(" ")).topic.no.0
    });
    assert!(apart(&days), "{days:?}");
}

#[test]
fn a_topic_moves_on_with_new_publishers_or_a_new_day_and_not_when_it_begins() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let (title, text) = QUAKE;
    assert!(!room.file("a", title, text).topic.moved_on);
    let more = |room: &mut Newsroom, publisher: &str, word: &str| {
        let own = made_up(word.len() as u64 * 7 + 600, 3).join(" ");
        let text =
            format!("In Castelmare {word} counted the injured of the Valdoria earthquake, magnitude 6.3.");
        let filing = room.file(publisher, &format!("Castelmare, Valdoria: {word} {own}"), &text);
        filing.topic.moved_on
    };
    assert!(!more(&mut room, "b", "surgeons"), "no time has passed");
    room.hours += 4;
    assert!(more(&mut room, "c", "volunteers"));
    assert!(!more(&mut room, "d", "soldiers"));
    room.hours += 21;
    assert!(!more(&mut room, "a", "soldiers"), "that has been said");
    assert!(more(&mut room, "a", "engineers"));
}

const BLAZE: (&str, &str) = (
    "Fire destroys the Orlandi paper mill",
    "A fire destroyed the Orlandi paper mill in Brackwater overnight, and the fire brigade was still putting out \
     flames among the rolls of paper this morning. The manager of the mill said that its safety papers were in order.",
);
const INQUIRY: (&str, &str) = (
    "Prosecutor questions Teresa Vinck over forged safety papers",
    "The prosecutor in Harrowgate questioned Teresa Vinck on suspicion of having forged the safety papers of a mill, a \
     court clerk said. Insurers had asked for them.",
);
const BRIDGE: (&str, &str) = (
    "Orlandi paper mill fire: Teresa Vinck questioned over forged safety papers",
    "A day after a fire destroyed the Orlandi paper mill in Brackwater, the prosecutor questioned its manager, Teresa \
     Vinck, on suspicion of having forged its safety papers. The fire brigade was still putting out flames among the \
     rolls of paper.",
);

/// A fire and an inquiry, each in a topic of its own by what is known so far.
fn fire_and_inquiry(room: &mut Newsroom) -> [Filing; 2] {
    let fire = room.file("morning", BLAZE.0, BLAZE.1);
    for at in 0..10 {
        let own = made_up(8_000 + at, 3);
        let title = format!("Orlandi paper mill in flames, says {}", own[0]);
        let text = format!(
            "A fire destroyed the Orlandi paper mill in Brackwater. Its manager told {} of safety papers, not {}.",
            own[1], own[2]
        );
        assert_eq!(room.file(&format!("paper-{at}"), &title, &text).topic.no, fire.topic.no);
    }
    room.hours += 22;
    let inquiry = room.file("courier", INQUIRY.0, INQUIRY.1);
    assert_ne!(fire.topic.no, inquiry.topic.no);
    let more = room.file(
        "court-news",
        "Teresa Vinck questioned over forged safety papers, says prosecutor in Harrowgate",
        "The prosecutor in Harrowgate asked Teresa Vinck who forged the safety papers of the paper mill in Brackwater.",
    );
    assert_eq!(more.topic.no, inquiry.topic.no);
    [fire, inquiry]
}

#[test]
fn a_story_that_is_about_two_topics_alike_shows_them_to_be_one() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let [fire, inquiry] = fire_and_inquiry(&mut room);
    let bridge = room.file("wire", BRIDGE.0, BRIDGE.1);
    assert_eq!(
        (bridge.topic.no, bridge.topic.absorbed.as_slice()),
        (fire.topic.no, [inquiry.topic.no].as_slice())
    );
    let later = room.file("gazette", "Vinck denies that she forged the mill's safety papers", INQUIRY.1);
    assert_eq!(later.topic.no, fire.topic.no);
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
    assert!(bridge.topic.absorbed.is_empty());
    assert!([filings[0].topic.no, filings[1].topic.no].contains(&bridge.topic.no));
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
        room.file("tremor-watch", &title, &text).topic.no
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
            room.file(&format!("zeitung-{at}"), &title, &text).topic.no.0
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
    // Words that each occur in one story only, and so do their stems.
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
        room.file(&format!("diario-{}", story % 7), &report.0, &report.1).topic.no.0
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

#[test]
fn a_series_that_a_new_feed_brings_at_once_is_no_topic_and_a_report_brought_up_to_date_is_one() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let mut file = |publisher: &str, day: i64, title: &str, text: &str| {
        room.published = Some(jiff::Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap());
        room.file(publisher, title, text).topic.no.0
    };
    let about =
        "Orlandi and Vinck of the Night Ferry talk about lighthouses, owls and who sold them in Brackwater.";
    let episodes: Vec<i64> = (1..6)
        .map(|no| file("night-ferry", no, &format!("Night Ferry, episode {no}: Orlandi and Vinck"), about))
        .collect();
    assert!(apart(&episodes), "{episodes:?}");
    let quake = "The quake that struck Lesna and Mirgorod on Tuesday brought down the bridge of Lesna, rescuers said.";
    let [first, second] = ["30", "45"].map(|dead| {
        file(
            "courier",
            9,
            &format!("Quake in Lesna and Mirgorod: {dead} dead"),
            &format!("{quake} {dead} are dead."),
        )
    });
    assert_eq!(first, second);
}

#[test]
fn a_topic_that_goes_on_for_days_is_not_kept_fresh_by_what_joins_it() {
    let joins_after = |hours_between: i64| {
        let mut room = Newsroom::new(&DeskSettings::default());
        let (title, text) = QUAKE;
        let first = room.file("a", title, text).topic.no;
        for (publisher, word) in [("b", "surgeons"), ("c", "volunteers"), ("d", "engineers"), ("e", "divers")]
        {
            room.hours += hours_between;
            let title = format!("Castelmare, Valdoria: {word} count the injured");
            let text = format!(
                "In Castelmare {word} counted the injured of the Valdoria earthquake, magnitude 6.3."
            );
            assert_eq!(room.file(publisher, &title, &text).topic.no, first, "{word}");
        }
        room.hours += 6;
        let text =
            "The museum shows letters and instruments from two centuries, said its curator in Castelmare.";
        room.file("f", "Museum of Valdoria opens hall on old earthquakes", text).topic.no == first
    };
    assert!(joins_after(1), "it is news of the day");
    assert!(!joins_after(48), "it is the subject of the week");
}

#[test]
fn a_headline_that_took_the_head_of_a_story_is_not_told_again() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let text = format!("The lock of Aldermoor {} {}.", made_up(1, 30).join(" "), made_up(2, 30).join(" "));
    let first = room.file("post", "Aldermoor opens its new canal lock", &text);
    let barges = "Barges pass Lesna weir for the first time since spring";
    let (analysis, copy) = room.file_and_tell("echo", None, barges, &text);
    assert_eq!((copy.story.no, copy.story.rule), (first.story.no, StoryRule::SameText));
    let headline = room.desk.show_headline(&analysis, copy.at);
    assert_eq!((copy.topic.headline, headline), (Headline::Untold, Headline::New), "the copy takes the lead");
    let again =
        room.file("post", "Barges pass Lesna weir for first time since spring", &made_up(3, 60).join(" "));
    assert_eq!(again.story.rule, StoryRule::Founded);
    let news = room.file("post", "Lesna weir closes for barges on Monday", &made_up(4, 60).join(" "));
    let headlines = [&first, &again, &news].map(|filing| filing.topic.headline);
    assert_eq!(headlines, [Headline::New, Headline::SaidBefore, Headline::New]);
    let shown_again = room.desk.show_headline(&analysis, copy.at);
    assert_eq!(shown_again, Headline::Untold, "it is known");
}

/// Files stories of one publisher, so many hours apart, and gives their topics after reclustering.
fn topics_of_a_series(hours: i64, stories: &[(&str, &str)]) -> Vec<i64> {
    let mut room = Newsroom::new(&DeskSettings::default());
    let mut filings: Vec<Filing> = Vec::new();
    for (title, text) in stories {
        room.hours += hours;
        filings.push(room.file("lighthouse", title, text));
    }
    let mut topics: Vec<(i64, i64)> =
        filings.iter().map(|filing| (filing.story.no.0, filing.topic.no.0)).collect();
    let during = filings.iter().flat_map(|filing| filing.reclustered.clone());
    for moved in during.chain(room.desk.recluster_now()) {
        topics
            .iter_mut()
            .filter(|(story, _)| *story == moved.story.0)
            .for_each(|(_, topic)| *topic = moved.topic.0);
    }
    topics.into_iter().map(|(_, topic)| topic).collect()
}

#[test]
fn a_text_that_a_publisher_repeats_is_no_evidence() {
    const NOTES: &str = "Support the show on Patreon. This episode is brought to you by Squarely, the way to build a \
                         site. Hosts: Jane and Joe.";
    let episodes =
        [("Why cheese ages", NOTES), ("The man who mapped caves", NOTES), ("Debt, a love story", NOTES)];
    let topics = topics_of_a_series(24, &episodes);
    assert!(apart(&topics), "{topics:?}");
    let links =
        [("Fonts", "Link"), ("A nice essay on salt", "Link"), ("Wow", "Link"), ("Harpsichords", "Link")];
    let topics = topics_of_a_series(6, &links);
    assert!(apart(&topics), "{topics:?}");
    let (title, text) = QUAKE;
    let followed = [(title, text), ("Valdoria earthquake: forty injured in Castelmare", text)];
    let topics = topics_of_a_series(2, &followed);
    assert_eq!(topics[0], topics[1], "the headlines are about one thing");
}

#[test]
fn a_publishers_own_topic_of_last_week_is_not_joined_by_its_next_forecast() {
    let forecast = |sky: &str| {
        let text =
            format!("Harwick: {sky} with a high of twelve degrees and wind from the west over Ullden bay.");
        (format!("Weather for Harwick and Ullden: {sky}"), text)
    };
    let forecasts = ["sunny", "rainy", "foggy"].map(forecast);
    let forecasts: Vec<(&str, &str)> =
        forecasts.iter().map(|(title, text)| (title.as_str(), text.as_str())).collect();
    let topics = topics_of_a_series(24 * 4, &forecasts);
    assert!(apart(&topics), "{topics:?}");
}
