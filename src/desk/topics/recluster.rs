//! The second look: which young stories belong together, now that their neighbours are known?
//!
//! A story is given its topic when it arrives, by what is known then. Some time later those that came after it say more:
//! two pieces of one event turn out to be one, and two events that look alike turn out to be two. So young stories are
//! grouped anew now and then, all at once and the likest first, and those that stand elsewhere move. Topics keep their
//! numbers as far as they keep their stories.
//!
//! Knows likenesses and where stories stand; nothing of words.

use crate::desk::Desk;
use crate::desk::hash::Set;
use crate::model::{Placement, StoryNo, TopicNo};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How near a story's neighbours are is the mean likeness of so many.
const NEIGHBOURS: usize = 5;
/// Groups become one when they are at least so much alike (mean of all pairs) …
const NEEDED: f32 = 0.1;
/// … and more by this part of how near the neighbours of both are: where a story has near neighbours, what is less near is
/// another event that looks alike. (Cross-domain similarity local scaling, Conneau et al. 2018, with half its weight.)
const NEARNESS: f32 = 0.425;
/// A topic comes apart into groups of so many at least: one story that is like none of the others may still belong.
const GROUP: usize = 2;

impl Desk {
    /// Where young stories ought to stand that stand elsewhere. A topic founded for them has a number never used before.
    pub(crate) fn settling(&self) -> Vec<Placement> {
        let frozen = self.ties.topics();
        let mut standing = Standing::default();
        // Places of the stories looked at among all young ones.
        let mut nodes: Vec<Option<u32>> = Vec::new();
        for one in self.young.all() {
            let topic = self.recent.get(one.story).map(|(topic, _)| topic).filter(|topic| {
                one.story != 0 && !frozen.contains(topic) && self.topics.get(*topic).is_some()
            });
            nodes.push(topic.map(|topic| standing.add(one.story, topic, one.terms.len())));
        }
        for (topic, inside) in &mut standing.topics {
            inside.all = self.topics.get(*topic).map_or(0, |topic| topic.stories as usize);
        }
        let pairs = self
            .young
            .pairs()
            .filter_map(|(one, other, likeness)| Some((nodes[one]?, nodes[other]?, likeness)));
        let groups = groups(standing.stories.len(), pairs, NEEDED + self.topics_stricter);
        standing.moves(groups, self.next_topic)
    }

    /// Looks again at young stories if it is time to, moves those that ought to stand elsewhere, and says where to.
    pub(crate) fn look_again(&mut self, now: i64) -> Vec<Placement> {
        let settled = if self.young.due(now) { self.settling() } else { Vec::new() };
        self.settle(&settled, now);
        settled
    }

    /// Moves stories to where a look says that they belong.
    pub(crate) fn settle(&mut self, settled: &[Placement], now: i64) {
        if self.young.due(now) {
            self.young.looked(now);
        }
        self.move_stories(settled);
    }

    pub(crate) fn move_stories(&mut self, settled: &[Placement]) {
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
    /// The story's place.
    fn add(&mut self, story: i64, topic: i64, terms: usize) -> u32 {
        self.stories.push((story, topic));
        let inside = self.topics.entry(topic).or_default();
        inside.young += 1;
        inside.terms += terms;
        self.stories.len() as u32 - 1
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

/// Two stories by their places, and how alike they are: more than nothing.
type Pair = (u32, u32, f32);

/// Groups of stories that belong together: average linkage, the likest first. `pairs` are of stories below `count`, each
/// pair once; pairs that are missing are not alike at all. Groups and their stories come in the order of stories.
fn groups(count: usize, pairs: impl Iterator<Item = Pair> + Clone, needed: f32) -> Vec<Vec<usize>> {
    let near = nearness(count, pairs.clone());
    let cost = |(one, other, _): &Pair| nearness_cost(near[*one as usize], near[*other as usize]);
    // A mean reaches what is needed only if a pair does: whoever no such pair connects never meets.
    let islands = islands(count, pairs.clone().filter(|pair| pair.2 >= needed + cost(pair)));
    let inside = pairs.filter(|(one, other, _)| islands[*one as usize] == islands[*other as usize]);
    let mut linkage = Linkage::new(near, inside, needed);
    for at in 0..count {
        linkage.follow(at);
    }
    // A group stands where its first story does.
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); count];
    for at in 0..count {
        groups[linkage.group(at)].push(at);
    }
    groups.retain(|stories| !stories.is_empty());
    groups
}

/// Groups while they become one. From any group the way goes to the one likest to it, and on, until two are each other's
/// likest: those become one. As a group is never liker to what two others became than to the liker of the two, this
/// finds what taking the likest two of all finds each time, without keeping all in order. (Nearest-neighbour chain;
/// Murtagh 1983.)
struct Linkage {
    /// For each group that became part of another, which.
    into: Vec<usize>,
    stories: Vec<f32>,
    /// Sum over its stories of how near their neighbours are.
    near: Vec<f32>,
    /// For each group the first and the last of its links, if it has any.
    ends: Vec<Option<(u32, u32)>>,
    links: Vec<Link>,
    needed: f32,
    /// The way so far.
    way: Vec<usize>,
    /// Sums while links are brought up to date, by group; otherwise nothing.
    sums: Vec<f64>,
}

/// How much a group is like another one.
#[derive(Clone, Copy)]
struct Link {
    /// The other group, which may have become part of another since.
    to: u32,
    next: Option<u32>,
    /// Sum over all pairs of their stories. Sums of so few numbers of so few bits are exact, so that two groups agree on how
    /// much they are alike, whichever way they grew.
    sum: f64,
}

impl Linkage {
    fn new(near: Vec<f32>, pairs: impl Iterator<Item = Pair>, needed: f32) -> Self {
        let count = near.len();
        let mut linkage = Self {
            into: (0..count).collect(),
            stories: vec![1.0; count],
            near,
            ends: vec![None; count],
            links: Vec::with_capacity(8 * count),
            needed,
            way: Vec::new(),
            sums: vec![0.0; count],
        };
        for (one, other, likeness) in pairs {
            for (at, to) in [(one, other), (other, one)] {
                let link = linkage.links.len() as u32;
                linkage.links.push(Link { to, next: None, sum: f64::from(likeness) });
                linkage.append(at as usize, (link, link));
            }
        }
        linkage
    }

    /// Links so joined become links of the group, too.
    fn append(&mut self, at: usize, more: (u32, u32)) {
        self.ends[at] = Some(match self.ends[at] {
            None => more,
            Some((first, last)) => {
                self.links[last as usize].next = Some(more.0);
                (first, more.1)
            }
        });
    }

    /// The group that a story or a former group belongs to.
    fn group(&mut self, mut at: usize) -> usize {
        while self.into[at] != at {
            self.into[at] = self.into[self.into[at]];
            at = self.into[at];
        }
        at
    }

    /// Goes the way that begins with a group, until nothing on it is alike enough to become one.
    fn follow(&mut self, from: usize) {
        if self.into[from] != from {
            return;
        }
        self.way.push(from);
        while let Some(&last) = self.way.last() {
            let before = self.way.len().checked_sub(2).map(|at| self.way[at]);
            match self.likest(last, before) {
                None => {
                    self.way.pop();
                }
                Some(likest) if Some(likest) == before => {
                    self.way.truncate(self.way.len() - 2);
                    self.unite(last.min(likest), last.max(likest));
                    if self.way.is_empty() {
                        self.way.push(last.min(likest));
                    }
                }
                Some(likest) => self.way.push(likest),
            }
        }
    }

    /// The group that is likest to this one, if it is alike enough; of equals the one before it on the way, or the first.
    fn likest(&mut self, at: usize, before: Option<usize>) -> Option<usize> {
        // Links to parts of one group become one link.
        let mut next = self.ends[at].take().map(|(first, _)| first);
        while let Some(link) = next {
            let Link { to, sum, .. } = self.links[link as usize];
            next = self.links[link as usize].next.take();
            let other = self.group(to as usize);
            if other == at {
                continue;
            }
            if self.sums[other] == 0.0 {
                self.links[link as usize].to = other as u32;
                self.append(at, (link, link));
            }
            self.sums[other] += sum;
        }
        let mut best: Option<(f32, bool, Reverse<usize>)> = None;
        let mut next = self.ends[at].map(|(first, _)| first);
        while let Some(link) = next {
            let link = &mut self.links[link as usize];
            next = link.next;
            let other = link.to as usize;
            link.sum = std::mem::take(&mut self.sums[other]);
            let (ours, theirs) = (self.stories[at], self.stories[other]);
            let cost = nearness_cost(self.near[at] / ours, self.near[other] / theirs);
            let surplus = (link.sum / f64::from(ours * theirs)) as f32 - self.needed - cost;
            let offer = (surplus, Some(other) == before, Reverse(other));
            if surplus >= 0.0 && best.is_none_or(|best| offer > best) {
                best = Some(offer);
            }
        }
        best.map(|(_, _, Reverse(other))| other)
    }

    /// `from` becomes part of `into`.
    fn unite(&mut self, into: usize, from: usize) {
        self.into[from] = into;
        self.stories[into] += self.stories[from];
        self.near[into] += self.near[from];
        if let Some(gone) = self.ends[from].take() {
            self.append(into, gone);
        }
    }
}

/// How near the neighbours of each story are.
fn nearness(count: usize, pairs: impl Iterator<Item = Pair>) -> Vec<f32> {
    let mut nearest = vec![[0.0_f32; NEIGHBOURS]; count];
    for (one, other, likeness) in pairs {
        for at in [one, other] {
            let nearest = &mut nearest[at as usize];
            // Most are farther than those known already.
            if likeness > nearest[NEIGHBOURS - 1] {
                let place = nearest.partition_point(|nearer| *nearer >= likeness);
                nearest[place..].rotate_right(1);
                nearest[place] = likeness;
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
fn islands(count: usize, pairs: impl Iterator<Item = Pair>) -> Vec<usize> {
    let mut least: Vec<usize> = (0..count).collect();
    let root = |least: &mut Vec<usize>, mut at: usize| {
        while least[at] != at {
            least[at] = least[least[at]];
            at = least[at];
        }
        at
    };
    for (one, other, _) in pairs {
        let (one, other) = (root(&mut least, one as usize), root(&mut least, other as usize));
        least[one.max(other)] = one.min(other);
    }
    (0..count).map(|at| root(&mut least, at)).collect()
}

#[cfg(test)]
mod tests;
