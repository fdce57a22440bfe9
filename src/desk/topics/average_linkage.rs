//! Groups of stories that belong together: average-linkage clustering.
//!
//! Knows scores of pairs only.

use super::tuning::TUNING;
use std::cmp::Reverse;

/// Two stories by their places, and how alike they are: more than nothing.
type Pair = (u32, u32, f32);

/// Groups of stories that belong together: average linkage, the likest first. `pairs` are of stories below `count`, each
/// pair once; pairs that are missing are not alike at all. Groups and their stories come in the order of stories.
pub(crate) fn clusters(
    count: usize,
    pairs: impl Iterator<Item = Pair> + Clone,
    needed: f32,
) -> Vec<Vec<usize>> {
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
    let mut nearest = vec![[0.0_f32; TUNING.density_neighbours]; count];
    for (one, other, likeness) in pairs {
        for at in [one, other] {
            let nearest = &mut nearest[at as usize];
            // Most are farther than those known already.
            if likeness > nearest[TUNING.density_neighbours - 1] {
                let place = nearest.partition_point(|nearer| *nearer >= likeness);
                nearest[place..].rotate_right(1);
                nearest[place] = likeness;
            }
        }
    }
    nearest.iter().map(|nearest| nearest.iter().sum::<f32>() / TUNING.density_neighbours as f32).collect()
}

/// What two groups need more because of how near the neighbours of their stories are on average.
fn nearness_cost(one: f32, other: f32) -> f32 {
    TUNING.density_weight * f32::midpoint(one, other)
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
