//! Clusters of stories that belong together: average-linkage clustering with local scaling.
//!
//! Two clusters become one when the mean score of all pairs reaches what is needed, the likest two first. More is needed in
//! dense surroundings: where a story has near neighbours, what is less near is another event that looks alike (CSLS: Conneau
//! et al. 2018, with a third of its weight). Knows scores of pairs only.
//!
//! Clusters are found by the nearest-neighbour chain (Murtagh 1983): average linkage is reducible, so merging two clusters that
//! are each other's nearest gives the same as always merging the two nearest of all, without a priority queue. The matrix is
//! sparse: most pairs have the score 0. `kodama`, which fills the whole matrix, finds the same clusters; on a stream of one
//! subject, where most stories are connected, it made replay 40 % slower (docs/decisions/2026-11-27-three-engines.md).

use super::tuning::TUNING;
use std::cmp::Reverse;

/// Two stories by their indices, and their score, which is above 0.
pub(crate) type Pair = (u32, u32, f32);

/// Clusters `count` stories. `pairs` has each pair once; those that are missing have the score 0. Clusters come in the order of
/// their first stories, and stories in theirs.
pub(crate) fn clusters(count: usize, pairs: &[Pair], needed: f32) -> Vec<Vec<usize>> {
    let densities = densities(count, pairs);
    let cost = |(one, other, _): &Pair| density_cost(densities[*one as usize], densities[*other as usize]);
    // A mean reaches what is needed only if a pair does: stories that no such pair connects are never in one cluster.
    let components = connected_components(count, pairs.iter().filter(|pair| pair.2 >= needed + cost(pair)));
    let inside =
        pairs.iter().filter(|(one, other, _)| components[*one as usize] == components[*other as usize]);
    let mut linkage = Linkage::new(densities, inside, needed);
    (0..count).for_each(|story| linkage.follow_chain(story));
    let mut clusters: Vec<Vec<usize>> = vec![Vec::new(); count];
    for story in 0..count {
        clusters[linkage.clusters.root(story)].push(story);
    }
    clusters.retain(|cluster| !cluster.is_empty());
    clusters
}

/// Clusters while they are merged, each named by the lowest index of its stories.
struct Linkage {
    clusters: Components,
    /// Stories of each cluster.
    sizes: Vec<f32>,
    /// Sum of the densities of each cluster's stories.
    densities: Vec<f32>,
    /// First and last edge of each cluster, if it has any.
    ends: Vec<Option<(u32, u32)>>,
    edges: Vec<Edge>,
    needed: f32,
    /// Each cluster on it is the nearest of the one before.
    chain: Vec<usize>,
    /// Sums of scores while edges are brought up to date, by cluster; otherwise 0.
    sums: Vec<f64>,
}

/// An edge of a linked list: how much a cluster is like another one.
#[derive(Clone, Copy)]
struct Edge {
    /// The other cluster, which may have been merged since.
    to: u32,
    next: Option<u32>,
    /// Sum of the scores of all pairs of their stories. Sums of so few numbers of so few bits are exact, so that two clusters
    /// agree on it in whichever order they were merged.
    sum: f64,
}

impl Linkage {
    fn new<'p>(densities: Vec<f32>, pairs: impl Iterator<Item = &'p Pair>, needed: f32) -> Self {
        let count = densities.len();
        let mut linkage = Self {
            clusters: Components::new(count),
            sizes: vec![1.0; count],
            densities,
            ends: vec![None; count],
            edges: Vec::with_capacity(8 * count),
            needed,
            chain: Vec::new(),
            sums: vec![0.0; count],
        };
        for &(one, other, score) in pairs {
            for (from, to) in [(one, other), (other, one)] {
                let edge = linkage.edges.len() as u32;
                linkage.edges.push(Edge { to, next: None, sum: f64::from(score) });
                linkage.append(from as usize, (edge, edge));
            }
        }
        linkage
    }

    /// Appends a list of edges to those of a cluster.
    fn append(&mut self, cluster: usize, more: (u32, u32)) {
        self.ends[cluster] = Some(match self.ends[cluster] {
            None => more,
            Some((first, last)) => {
                self.edges[last as usize].next = Some(more.0);
                (first, more.1)
            }
        });
    }

    /// Follows the chain that begins with a cluster, and merges on it, until nothing on it is near enough.
    fn follow_chain(&mut self, from: usize) {
        if self.clusters.root(from) != from {
            return;
        }
        self.chain.push(from);
        while let Some(&last) = self.chain.last() {
            let before = self.chain.len().checked_sub(2).map(|idx| self.chain[idx]);
            match self.nearest(last, before) {
                None => {
                    self.chain.pop();
                }
                Some(nearest) if Some(nearest) == before => {
                    self.chain.truncate(self.chain.len() - 2);
                    let (into, merged) = (last.min(nearest), last.max(nearest));
                    self.merge(merged, into);
                    if self.chain.is_empty() {
                        self.chain.push(into);
                    }
                }
                Some(nearest) => self.chain.push(nearest),
            }
        }
    }

    /// The nearest cluster, if it is near enough; of equals the one before it on the chain, or the first.
    fn nearest(&mut self, cluster: usize, before: Option<usize>) -> Option<usize> {
        self.fold_edges(cluster);
        let mut best: Option<(f32, bool, Reverse<usize>)> = None;
        let mut next = self.ends[cluster].map(|(first, _)| first);
        while let Some(edge) = next {
            let edge = &mut self.edges[edge as usize];
            next = edge.next;
            let other = edge.to as usize;
            edge.sum = std::mem::take(&mut self.sums[other]);
            let (ours, theirs) = (self.sizes[cluster], self.sizes[other]);
            let cost = density_cost(self.densities[cluster] / ours, self.densities[other] / theirs);
            let margin = (edge.sum / f64::from(ours * theirs)) as f32 - self.needed - cost;
            let offer = (margin, Some(other) == before, Reverse(other));
            if margin >= 0.0 && best.is_none_or(|best| offer > best) {
                best = Some(offer);
            }
        }
        best.map(|(_, _, Reverse(other))| other)
    }

    /// Makes one edge of those that lead to parts of one cluster. Leaves the sums of scores in `sums`.
    fn fold_edges(&mut self, cluster: usize) {
        let mut next = self.ends[cluster].take().map(|(first, _)| first);
        while let Some(edge) = next {
            let Edge { to, sum, .. } = self.edges[edge as usize];
            next = self.edges[edge as usize].next.take();
            let other = self.clusters.root(to as usize);
            if other == cluster {
                continue;
            }
            if self.sums[other] == 0.0 {
                self.edges[edge as usize].to = other as u32;
                self.append(cluster, (edge, edge));
            }
            self.sums[other] += sum;
        }
    }

    fn merge(&mut self, merged: usize, into: usize) {
        self.clusters.join(merged, into);
        self.sizes[into] += self.sizes[merged];
        self.densities[into] += self.densities[merged];
        if let Some(edges) = self.ends[merged].take() {
            self.append(into, edges);
        }
    }
}

/// Mean score of the nearest neighbours of each story.
fn densities(count: usize, pairs: &[Pair]) -> Vec<f32> {
    const NEIGHBOURS: usize = TUNING.density_neighbours;
    let mut nearest = vec![[0.0_f32; NEIGHBOURS]; count];
    for &(one, other, score) in pairs {
        for idx in [one, other] {
            let nearest = &mut nearest[idx as usize];
            // Most are farther than those known already.
            if score > nearest[NEIGHBOURS - 1] {
                let rank = nearest.partition_point(|nearer| *nearer >= score);
                nearest[rank..].rotate_right(1);
                nearest[rank] = score;
            }
        }
    }
    nearest.iter().map(|nearest| nearest.iter().sum::<f32>() / NEIGHBOURS as f32).collect()
}

/// What two stories need in addition because of how dense their surroundings are.
fn density_cost(one: f32, other: f32) -> f32 {
    TUNING.density_weight * f32::midpoint(one, other)
}

/// The connected component of each story: the lowest index in it.
fn connected_components<'p>(count: usize, pairs: impl Iterator<Item = &'p Pair>) -> Vec<usize> {
    let mut components = Components::new(count);
    for &(one, other, _) in pairs {
        components.join(one as usize, other as usize);
    }
    (0..count).map(|idx| components.root(idx)).collect()
}

/// A disjoint-set forest in which the lowest index of a set is its root.
struct Components {
    parents: Vec<usize>,
}

impl Components {
    fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    fn root(&mut self, mut idx: usize) -> usize {
        while self.parents[idx] != idx {
            self.parents[idx] = self.parents[self.parents[idx]];
            idx = self.parents[idx];
        }
        idx
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parents[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
mod tests;
