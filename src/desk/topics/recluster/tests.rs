use crate::desk::Desk;
use crate::desk::newsroom::{Newsroom, made_up, order_target};
use crate::model::{DeskSettings, Filing, OrderKind, Placement, TopicDecision, TopicNo};

/// Stories of two events of one kind. Each has words of the kind, words of its event, and words of its own.
struct Alike {
    kind: String,
    events: [Vec<String>; 2],
}

impl Alike {
    fn new() -> Self {
        Self { kind: made_up(5_001, 9).join(" "), events: [made_up(5_002, 12), made_up(5_003, 12)] }
    }

    /// The `at`th story of an event.
    fn story(&self, event: usize, at: u64) -> (String, String) {
        let own = made_up(6_000 + at * 2 + event as u64, 8);
        let words = &self.events[event];
        (
            format!("The {} of {} near the {}", words[0], words[1], own[0]),
            format!("{} {} {}.", self.kind, words.join(" "), own[1..].join(" ")),
        )
    }

    fn file(&self, room: &mut Newsroom, event: usize, at: u64) -> Filing {
        let (title, text) = self.story(event, at);
        room.file(&format!("paper-{event}-{at}"), &title, &text)
    }
}

/// Files four stories of each event, in turn. Returns the filings by event.
fn two_events(room: &mut Newsroom, alike: &Alike) -> [Vec<Filing>; 2] {
    let mut filings = [Vec::new(), Vec::new()];
    for at in 0..4 {
        for event in [0, 1] {
            filings[event].push(alike.file(room, event, at));
        }
    }
    filings
}

/// The present topics of the stories of the filings.
fn topics(room: &Newsroom, filings: &[Filing]) -> Vec<i64> {
    filings
        .iter()
        .filter_map(|filing| room.index.placement_of(filing.entry))
        .map(|(at, _)| at.topic.0)
        .collect()
}

/// Joins the two events by hand, as if the desk had taken them for one.
fn taken_for_one(room: &mut Newsroom, filings: &[Vec<Filing>; 2]) {
    let topic = filings[0][0].topic.no;
    let all = filings.iter().flatten();
    let together: Vec<_> = all.map(|filing| Placement { story: filing.story.no, topic }).collect();
    room.desk.move_stories(&together);
    room.index.move_stories(&together);
}

#[test]
fn two_events_that_were_taken_for_one_come_apart_by_reclustering() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let alike = Alike::new();
    let filings = two_events(&mut room, &alike);
    assert_eq!(
        [topics(&room, &filings[0]), topics(&room, &filings[1])].concat(),
        [filings[0][0].topic.no.0; 8]
    );
    room.hours += 2;
    room.file("filler", "Another day", "with nothing to report");
    let [one, other] = [topics(&room, &filings[0]), topics(&room, &filings[1])];
    assert_eq!((one.as_slice(), other.as_slice()), ([one[0]; 4].as_slice(), [other[0]; 4].as_slice()));
    assert_ne!(one[0], other[0]);
    let later = alike.file(&mut room, 1, 9);
    assert_eq!(later.topic.no.0, other[0]);
}

#[test]
fn two_pieces_of_one_event_become_one_by_reclustering_and_the_older_topic_stays() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let alike = Alike::new();
    let filings = [0, 1, 2, 3].map(|at| alike.file(&mut room, 0, at));
    let apart = TopicNo(9_000);
    let moved = [2, 3].map(|at: usize| Placement { story: filings[at].story.no, topic: apart });
    room.desk.move_stories(&moved);
    room.index.move_stories(&moved);
    assert_ne!(topics(&room, &filings)[0], topics(&room, &filings)[3]);
    room.hours += 2;
    room.file("filler", "Another day", "with nothing to report");
    assert_eq!(topics(&room, &filings), [filings[0].topic.no.0; 4]);
}

#[test]
fn what_an_order_joined_is_left_alone_by_reclustering() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let filings = two_events(&mut room, &Alike::new());
    taken_for_one(&mut room, &filings);
    let target = |event: usize| {
        let topic = filings[0][0].topic.no;
        order_target(
            &format!("paper-{event}-0"),
            &Filing {
                topic: TopicDecision { no: topic, ..filings[event][0].topic.clone() },
                ..filings[event][0].clone()
            },
        )
    };
    let [(one, first), (other, second)] = [target(0), target(1)];
    room.desk.remember(&OrderKind::JoinTopics { entries: vec![one, other] }, &[first, second]);
    room.hours += 2;
    room.file("filler", "Another day", "with nothing to report");
    assert_eq!(topics(&room, &filings[0]), topics(&room, &filings[1]));
}

#[test]
fn a_desk_restored_from_a_snapshot_and_the_filings_since_reclusters_as_the_one_that_went_on() {
    let settings = DeskSettings::default();
    let mut room = Newsroom::new(&settings);
    let alike = Alike::new();
    let filings = two_events(&mut room, &alike);
    taken_for_one(&mut room, &filings);
    let mut other = Desk::restore(&settings, &room.desk.snapshot()).unwrap();
    let mut moved = 0;
    for at in 20..26 {
        room.hours += 1;
        let (title, text) = alike.story(at as usize % 2, at);
        let (analysis, filing) = room.file_and_tell(&format!("paper-{at}"), None, &title, &text);
        moved += filing.reclustered.len();
        other.learn(&analysis, &filing);
        other = Desk::restore(&settings, &other.snapshot()).unwrap();
    }
    assert!(moved > 0);
    assert_eq!(other.snapshot(), room.desk.snapshot());
}
