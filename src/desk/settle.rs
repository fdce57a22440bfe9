//! The second look: which young stories belong together, now that their neighbours are known?
//!
//! A story is given its topic when it arrives, by what is known then. Some time later those that came after it say more:
//! two pieces of one event turn out to be one, and two events that look alike turn out to be two. So young stories are
//! grouped anew now and then, all at once and the likest first, and those that stand elsewhere move. Topics keep their
//! numbers as far as they keep their stories.
//!
//! Knows likenesses and where stories stand; nothing of words.

use super::Desk;
use super::hash::Set;
use crate::model::{Placement, StoryNo, TopicNo};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// How near a story's neighbours are is the mean likeness of so many.
const NEIGHBOURS: usize = 5;
/// Groups become one when they are at least so much alike (mean of all pairs) …
const NEEDED: f32 = 0.1;
/// … and more by this part of how near the neighbours of both are: where a story has near neighbours, what is less near is
/// another event that looks alike. (Cross-domain similarity local scaling, Conneau et al. 2018, with half its weight.)
const NEARNESS: f32 = 0.43;
/// A topic comes apart into groups of so many at least: one story that is like none of the others may still belong.
const GROUP: usize = 2;

impl Desk {
    /// Where young stories ought to stand that stand elsewhere. A topic founded for them has a number never used before.
    pub(super) fn settling(&self) -> Vec<Placement> {
        let frozen = self.ties.topics();
        let mut standing = Standing::default();
        // Places of the stories looked at among all young ones.
        let mut nodes: Vec<Option<usize>> = Vec::new();
        for one in self.young.all() {
            let topic = self.recent.get(one.story).map(|(topic, _)| topic).filter(|topic| {
                one.story != 0 && !frozen.contains(topic) && self.topics.get(*topic).is_some()
            });
            nodes.push(topic.map(|topic| {
                standing.add(one.story, topic, one.terms.len());
                standing.stories.len() - 1
            }));
        }
        let pairs: Vec<(usize, usize, f32)> = self
            .young
            .pairs()
            .filter_map(|(one, other, likeness)| Some((nodes[one]?, nodes[other]?, likeness)))
            .collect();
        for (topic, inside) in &mut standing.topics {
            inside.all = self.topics.get(*topic).map_or(0, |topic| topic.stories as usize);
        }
        let groups = groups(standing.stories.len(), &pairs, NEEDED + self.topics_stricter);
        standing.moves(groups, self.next_topic)
    }

    /// Looks again at young stories if it is time to, moves those that ought to stand elsewhere, and says where to.
    pub(super) fn look_again(&mut self, now: i64) -> Vec<Placement> {
        let settled = if self.young.due(now) { self.settling() } else { Vec::new() };
        self.settle(&settled, now);
        settled
    }

    /// Moves stories to where a look says that they belong.
    pub(super) fn settle(&mut self, settled: &[Placement], now: i64) {
        if self.young.due(now) {
            self.young.looked(now);
        }
        self.move_stories(settled);
    }

    pub(super) fn move_stories(&mut self, settled: &[Placement]) {
        for Placement { story: StoryNo(story), topic: TopicNo(topic) } in settled.iter().copied() {
            self.next_topic = self.next_topic.max(topic.saturating_add(1));
            let Some((from, fixed)) = self.recent.get(story).filter(|(from, _)| *from != topic) else {
                continue;
            };
            if let Some(one) = self.young.get(story) {
                self.topics.take_out(from, &one.terms, &one.section, &self.vocabulary);
                self.topics.add(topic, &one.terms, one.publisher, &one.section, &self.vocabulary, one.at);
            }
            self.recent.set(story, topic, fixed);
            self.ties.absorbed(story, story, topic);
        }
    }
}

/// Where the stories that are looked at stand.
#[derive(Default)]
struct Standing {
    /// Number and topic.
    stories: Vec<(i64, i64)>,
    topics: BTreeMap<i64, Inside>,
}

/// What is known of a topic.
#[derive(Default)]
struct Inside {
    /// Its stories among those looked at, and all.
    young: usize,
    all: usize,
    /// Terms of the former.
    terms: usize,
}

impl Standing {
    fn add(&mut self, story: i64, topic: i64, terms: usize) {
        self.stories.push((story, topic));
        let inside = self.topics.entry(topic).or_default();
        inside.young += 1;
        inside.terms += terms;
    }

    /// Whether a topic can come apart: each two of its stories can be compared, and it has no more of them than each has
    /// words. What many stories have in common says more than two headlines can.
    fn comes_apart(&self, topic: i64) -> bool {
        self.topics
            .get(&topic)
            .is_some_and(|inside| inside.all <= inside.young && inside.all * inside.young <= inside.terms)
    }

    /// Gives each group a topic, the largest first: the one that most of its stories stand in and that no larger group has
    /// taken. Says which stories have to move.
    fn moves(&self, mut groups: Vec<Vec<usize>>, mut next_topic: i64) -> Vec<Placement> {
        groups.sort_by_key(|group| (Reverse(group.len()), group.first().copied()));
        let mut taken: Set<i64> = Set::default();
        let mut moves = Vec::new();
        for group in groups {
            let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
            for at in &group {
                *counts.entry(self.stories[*at].1).or_default() += 1;
            }
            let free = |topic: &i64| !taken.contains(topic) || !self.comes_apart(*topic);
            let whole =
                |topic: i64, count: usize| self.topics.get(&topic).is_some_and(|inside| inside.all <= count);
            let most = counts
                .iter()
                .filter(|(topic, _)| free(topic))
                .max_by_key(|(topic, count)| (**count, Reverse(**topic)))
                .map(|(topic, count)| (*topic, *count));
            let topic = match most {
                // Of topics that become one the oldest stays.
                Some((topic, count)) if whole(topic, count) => counts
                    .iter()
                    .filter(|(topic, count)| free(topic) && whole(**topic, **count))
                    .map(|(topic, _)| *topic)
                    .min()
                    .unwrap_or(topic),
                Some((topic, _)) => topic,
                None if group.len() < GROUP => continue,
                None => {
                    next_topic += 1;
                    next_topic - 1
                }
            };
            taken.insert(topic);
            for at in group {
                let (story, stands) = self.stories[at];
                if stands != topic && self.comes_apart(stands) {
                    moves.push(Placement { story: StoryNo(story), topic: TopicNo(topic) });
                }
            }
        }
        moves
    }
}

/// A group of stories while groups become one.
struct Group {
    stories: Vec<usize>,
    /// Sum over its stories of how near their neighbours are.
    near: f32,
    /// Sums of likeness to other groups, by their places.
    links: Vec<(usize, f32)>,
    /// Counts how often it grew.
    grown: u32,
}

/// Groups of stories that belong together: average linkage, the likest first. `pairs` are likenesses of stories below
/// `count`, each pair once; pairs that are missing are not alike at all. Groups and their stories come in the order of
/// stories.
fn groups(count: usize, pairs: &[(usize, usize, f32)], needed: f32) -> Vec<Vec<usize>> {
    let near = nearness(count, pairs);
    let mut groups: Vec<Group> = near
        .iter()
        .enumerate()
        .map(|(at, near)| Group { stories: vec![at], near: *near, links: Vec::new(), grown: 0 })
        .collect();
    let enough = |(one, other, likeness): &(usize, usize, f32)| {
        *likeness >= needed + nearness_cost(near[*one], near[*other])
    };
    // A mean reaches what is needed only if a pair does: whoever no such pair connects never meets.
    let islands = islands(count, pairs.iter().filter(|pair| enough(pair)));
    for &(one, other, likeness) in pairs.iter().filter(|(one, other, _)| islands[*one] == islands[*other]) {
        groups[one].links.push((other, likeness));
        groups[other].links.push((one, likeness));
    }
    for group in &mut groups {
        group.links.sort_unstable_by_key(|(other, _)| *other);
    }
    let mut offers: Vec<Offer> = Vec::new();
    for at in 0..count {
        for &(other, sum) in groups[at].links.iter().filter(|(other, _)| *other > at) {
            offers.extend(Offer::new(&groups, at, other, sum, needed));
        }
    }
    let mut best = BinaryHeap::from(offers);
    while let Some(offer) = best.pop() {
        let (into, from) = (offer.one, offer.other);
        if (groups[into].grown, groups[from].grown) != offer.grown {
            continue;
        }
        unite(&mut groups, into, from);
        for &(other, sum) in &groups[into].links {
            best.extend(Offer::new(&groups, into.min(other), into.max(other), sum, needed));
        }
    }
    groups.into_iter().map(|group| group.stories).filter(|stories| !stories.is_empty()).collect()
}

/// How near the neighbours of each story are.
fn nearness(count: usize, pairs: &[(usize, usize, f32)]) -> Vec<f32> {
    let mut nearest = vec![[0.0_f32; NEIGHBOURS]; count];
    for &(one, other, likeness) in pairs {
        for at in [one, other] {
            // Most are farther than those known already.
            if likeness > nearest[at][NEIGHBOURS - 1] {
                let place = nearest[at].partition_point(|nearer| *nearer >= likeness);
                nearest[at][place..].rotate_right(1);
                nearest[at][place] = likeness;
            }
        }
    }
    nearest.iter().map(|nearest| nearest.iter().sum::<f32>() / NEIGHBOURS as f32).collect()
}

/// What two groups need more because of how near the neighbours of their stories are on average.
fn nearness_cost(one: f32, other: f32) -> f32 {
    NEARNESS * f32::midpoint(one, other)
}

/// For each story the least that it is connected with.
fn islands<'a>(count: usize, pairs: impl Iterator<Item = &'a (usize, usize, f32)>) -> Vec<usize> {
    let mut least: Vec<usize> = (0..count).collect();
    let root = |least: &mut Vec<usize>, mut at: usize| {
        while least[at] != at {
            least[at] = least[least[at]];
            at = least[at];
        }
        at
    };
    for (one, other, _) in pairs {
        let (one, other) = (root(&mut least, *one), root(&mut least, *other));
        least[one.max(other)] = one.min(other);
    }
    (0..count).map(|at| root(&mut least, at)).collect()
}

/// `from` becomes part of `into`.
fn unite(groups: &mut [Group], into: usize, from: usize) {
    let empty = Group { stories: Vec::new(), near: 0.0, links: Vec::new(), grown: u32::MAX };
    let gone = std::mem::replace(&mut groups[from], empty);
    let kept = std::mem::take(&mut groups[into].links);
    let mut links: Vec<(usize, f32)> = Vec::with_capacity(kept.len() + gone.links.len());
    let mut theirs = gone.links.iter().copied().peekable();
    for (other, sum) in kept {
        links.extend(std::iter::from_fn(|| theirs.next_if(|(to, _)| *to < other)));
        let also = theirs.next_if(|(to, _)| *to == other).map_or(0.0, |(_, also)| also);
        links.push((other, sum + also));
    }
    links.extend(theirs);
    links.retain(|(other, _)| *other != into && *other != from);
    for &(other, sum) in &links {
        let theirs = &mut groups[other].links;
        if let Ok(at) = theirs.binary_search_by_key(&from, |(to, _)| *to) {
            theirs.remove(at);
        }
        match theirs.binary_search_by_key(&into, |(to, _)| *to) {
            Ok(at) => theirs[at].1 = sum,
            Err(at) => theirs.insert(at, (into, sum)),
        }
    }
    let group = &mut groups[into];
    group.links = links;
    group.near += gone.near;
    group.grown += 1;
    group.stories.extend(gone.stories);
    group.stories.sort_unstable();
}

/// Two groups that are alike enough to become one; the greatest are the likest.
struct Offer {
    surplus: f32,
    one: usize,
    other: usize,
    grown: (u32, u32),
}

impl Offer {
    fn new(groups: &[Group], one: usize, other: usize, sum: f32, needed: f32) -> Option<Self> {
        let (a, b) = (&groups[one], &groups[other]);
        let (ours, theirs) = (a.stories.len() as f32, b.stories.len() as f32);
        let surplus = sum / (ours * theirs) - needed - nearness_cost(a.near / ours, b.near / theirs);
        (surplus >= 0.0).then_some(Self { surplus, one, other, grown: (a.grown, b.grown) })
    }
}

impl Ord for Offer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.surplus
            .total_cmp(&other.surplus)
            .then(other.one.cmp(&self.one))
            .then(other.other.cmp(&self.other))
            .then(self.grown.cmp(&other.grown))
    }
}

impl PartialOrd for Offer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Offer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Offer {}

#[cfg(test)]
mod tests;
