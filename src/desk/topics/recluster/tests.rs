use super::NEEDED;
use crate::desk::Desk;
use crate::desk::topics::tests::{Newsroom, made_up, order_target};
use crate::model::{DeskSettings, Filing, OrderKind, Placement, TopicNo};

#[test]
fn what_is_near_comes_together_and_what_is_less_near_than_the_neighbours_stays_apart() {
    // Two threes of one kind, a link of half the strength between them, and one that nothing is like.
    let near = [(0, 1, 0.6), (0, 2, 0.6), (1, 2, 0.6), (3, 4, 0.6), (3, 5, 0.6), (4, 5, 0.6)];
    let far = [0, 1, 2].into_iter().flat_map(|one| [3, 4, 5].map(|other| (one, other, 0.25)));
    let pairs: Vec<_> = near.into_iter().chain(far).collect();
    assert_eq!(super::groups(7, pairs.iter().copied(), NEEDED), [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
    // The same link is enough where nothing is nearer.
    assert_eq!(super::groups(2, [(0, 1, 0.25)].into_iter(), NEEDED), [vec![0, 1]]);
}

#[test]
fn a_chain_of_stories_each_like_the_one_before_does_not_become_one_group() {
    let pairs: Vec<_> = (0..12).map(|at| (at, at + 1, 0.3)).collect();
    let largest = super::groups(13, pairs.iter().copied(), NEEDED).iter().map(Vec::len).max();
    assert!(largest <= Some(3), "{largest:?}");
}

/// What [`super::groups`] is for, done the plain way: the likest two of all become one, again and again.
fn groups_plainly(count: usize, pairs: &[(u32, u32, f32)], needed: f32) -> Vec<Vec<usize>> {
    let near = super::nearness(count, pairs.iter().copied());
    let likeness = |a: usize, b: usize| {
        let of = |pair: &&(u32, u32, f32)| (pair.0 as usize, pair.1 as usize) == (a.min(b), a.max(b));
        f64::from(pairs.iter().find(of).map_or(0.0, |pair| pair.2))
    };
    let mean_near = |group: &[usize]| group.iter().map(|at| near[*at]).sum::<f32>() / group.len() as f32;
    let surplus = |one: &[usize], other: &[usize]| {
        let sum: f64 = one.iter().flat_map(|a| other.iter().map(|b| likeness(*a, *b))).sum();
        let mean = (sum / (one.len() * other.len()) as f64) as f32;
        mean - needed - super::nearness_cost(mean_near(one), mean_near(other))
    };
    let mut groups: Vec<Vec<usize>> = (0..count).map(|at| vec![at]).collect();
    loop {
        let every = (0..groups.len()).flat_map(|one| (one + 1..groups.len()).map(move |other| (one, other)));
        let best = every
            .map(|(one, other)| (surplus(&groups[one], &groups[other]), one, other))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, one, other)) = best.filter(|(surplus, ..)| *surplus >= 0.0) else { return groups };
        let gone = groups.remove(other);
        groups[one].extend(gone);
        groups[one].sort_unstable();
    }
}

#[test]
fn groups_are_those_of_always_joining_the_likest_two_of_all() {
    for seed in 0..60_u64 {
        let dice = |at: u64| crate::desk::hash::mix(seed, at) % 1_000;
        let count = 4 + dice(0) as usize % 20;
        let every = (0..count as u32).flat_map(|one| (one + 1..count as u32).map(move |other| (one, other)));
        let pairs: Vec<_> = every
            .filter(|(one, other)| dice(u64::from(one * 64 + other)) < 300 + seed * 10)
            .map(|(one, other)| (one, other, 0.06 + dice(u64::from(other * 64 + one)) as f32 / 1_700.0))
            .collect();
        let groups = super::groups(count, pairs.iter().copied(), NEEDED);
        assert_eq!(groups, groups_plainly(count, &pairs, NEEDED), "seed {seed}");
    }
}

/// Stories of two events of one kind: each has the kind's words, its event's and its own.
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

/// Two stories of the first event, then the second event comes, four stories each; gives the filings by event.
fn two_events(room: &mut Newsroom, alike: &Alike) -> [Vec<Filing>; 2] {
    let mut filings = [Vec::new(), Vec::new()];
    for at in 0..4 {
        for event in [0, 1] {
            filings[event].push(alike.file(room, event, at));
        }
    }
    filings
}

/// Where the stories of the filings stand now.
fn topics(room: &Newsroom, filings: &[Filing]) -> Vec<i64> {
    filings.iter().filter_map(|filing| room.archive.stands(filing.entry)).map(|(at, _)| at.topic.0).collect()
}

/// Has the desk join the two events by hand, as if it had taken them for one.
fn taken_for_one(room: &mut Newsroom, filings: &[Vec<Filing>; 2]) {
    let topic = filings[0][0].topic;
    let all = filings.iter().flatten();
    let together: Vec<_> = all.map(|filing| Placement { story: filing.story, topic }).collect();
    room.desk.move_stories(&together);
    room.archive.settle(&together);
}

#[test]
fn two_events_that_were_taken_for_one_come_apart_at_the_second_look() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let alike = Alike::new();
    let filings = two_events(&mut room, &alike);
    assert_eq!([topics(&room, &filings[0]), topics(&room, &filings[1])].concat(), [filings[0][0].topic.0; 8]);
    room.hours += 2;
    room.file("filler", "Another day", "with nothing to report");
    let [one, other] = [topics(&room, &filings[0]), topics(&room, &filings[1])];
    assert_eq!((one.as_slice(), other.as_slice()), ([one[0]; 4].as_slice(), [other[0]; 4].as_slice()));
    assert_ne!(one[0], other[0]);
    let later = alike.file(&mut room, 1, 9);
    assert_eq!(later.topic.0, other[0]);
}

#[test]
fn two_pieces_of_one_event_become_one_at_the_second_look_and_the_older_topic_stays() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let alike = Alike::new();
    let filings = [0, 1, 2, 3].map(|at| alike.file(&mut room, 0, at));
    let apart = TopicNo(9_000);
    let moved = [2, 3].map(|at: usize| Placement { story: filings[at].story, topic: apart });
    room.desk.move_stories(&moved);
    room.archive.settle(&moved);
    assert_ne!(topics(&room, &filings)[0], topics(&room, &filings)[3]);
    room.hours += 2;
    room.file("filler", "Another day", "with nothing to report");
    assert_eq!(topics(&room, &filings), [filings[0].topic.0; 4]);
}

#[test]
fn what_an_order_joined_is_left_alone_by_the_second_look() {
    let mut room = Newsroom::new(&DeskSettings::default());
    let filings = two_events(&mut room, &Alike::new());
    taken_for_one(&mut room, &filings);
    let target = |event: usize| {
        let topic = filings[0][0].topic;
        order_target(&format!("paper-{event}-0"), &Filing { topic, ..filings[event][0].clone() })
    };
    let [(one, first), (other, second)] = [target(0), target(1)];
    room.desk.remember(&OrderKind::JoinTopics { entries: vec![one, other] }, &[first, second]);
    room.hours += 2;
    room.file("filler", "Another day", "with nothing to report");
    assert_eq!(topics(&room, &filings[0]), topics(&room, &filings[1]));
}

#[test]
fn a_desk_restored_from_a_snapshot_and_the_filings_since_settles_as_the_one_that_went_on() {
    let settings = DeskSettings::default();
    let mut room = Newsroom::new(&settings);
    let alike = Alike::new();
    let filings = two_events(&mut room, &alike);
    taken_for_one(&mut room, &filings);
    let mut other = Desk::restore(&settings, &room.desk.snapshot()).unwrap();
    let mut settled = 0;
    for at in 20..26 {
        room.hours += 1;
        let (title, text) = alike.story(at as usize % 2, at);
        let (analysis, filing) = room.file_and_tell(&format!("paper-{at}"), None, &title, &text);
        settled += filing.settled.len();
        other.learn(&analysis, &filing);
        other = Desk::restore(&settings, &other.snapshot()).unwrap();
    }
    assert!(settled > 0);
    assert_eq!(other.snapshot(), room.desk.snapshot());
}
