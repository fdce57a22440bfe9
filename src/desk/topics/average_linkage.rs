//! Average-linkage clustering (UPGMA) of stories, with a correction for hubs (local scaling).
//!
//! Two clusters are merged if the mean score of all pairs of their stories reaches what is needed; the most similar two
//! come first. In dense surroundings more is needed: if a story has near neighbours, a story that is less near is about
//! another event that looks alike (CSLS, Conneau et al. 2018, with a third of its weight). Knows scores of pairs only;
//! nothing of stories and topics.
//!
//! The algorithm is the nearest-neighbour chain (Murtagh 1983). Average linkage is reducible: merging two clusters that
//! are each other's nearest gives the same result as always merging the nearest two of all. So no priority queue is
//! needed. The matrix is sparse, because most pairs have the score 0. The crate `kodama` fills the whole matrix and
//! finds the same clusters. On a stream about one subject, in which most stories are connected, it made replay 40 %
//! slower (docs/decisions/2026-11-27-three-engines.md).

use super::tuning::TUNING;
use std::cmp::Reverse;

/// Two stories by their indices, and their score, which must be above 0.
pub(crate) type Pair = (u32, u32, f32);

/// Clusters `count` stories. `pairs` has each pair once; a missing pair has the score 0. `needed` is the mean score
/// that two clusters need. Clusters are sorted by their first story, and the stories in each by their index.
pub(crate) fn clusters(count: usize, pairs: &[Pair], needed: f32) -> Vec<Vec<usize>> {
    let densities = densities(count, pairs);
    let cost = |(one, other, _): &Pair| density_cost(densities[*one as usize], densities[*other as usize]);
    // A mean can only reach what is needed if at least one pair does. So each cluster lies within a connected component
    // of these pairs.
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

/// The state of the algorithm. A cluster is named by the lowest index of its stories.
struct Linkage {
    clusters: Components,
    /// Number of stories of each cluster.
    sizes: Vec<f32>,
    /// Sum of the densities of each cluster's stories.
    densities: Vec<f32>,
    /// First and last edge in the linked list of each cluster, if it has any.
    ends: Vec<Option<(u32, u32)>>,
    edges: Vec<Edge>,
    needed: f32,
    /// The nearest-neighbour chain: each cluster is the nearest one of the cluster before it.
    chain: Vec<usize>,
    /// By cluster, the sum of scores while the edges of one cluster are folded; 0 at all other times.
    sums: Vec<f64>,
}

/// An edge from a cluster to another one, in a linked list.
#[derive(Clone, Copy)]
struct Edge {
    /// The other cluster, which may have been merged since.
    to: u32,
    next: Option<u32>,
    /// Sum of the scores of all pairs of their stories. The scores are `f32` and their sums `f64`, so that sums are
    /// exact and do not depend on the order of merging.
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

    /// Follows the chain from a cluster on, and merges mutual nearest neighbours, until no cluster on it has one that
    /// is near enough.
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

    /// The nearest cluster, if it is near enough. Of equally near ones, the cluster before this one on the chain (so
    /// that the chain ends), else the one with the lowest index.
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

    /// Replaces the edges to clusters that were merged since by one edge to the merged cluster. Leaves the sums of
    /// scores in `sums`.
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

/// The density around each story: the mean score of its nearest neighbours.
fn densities(count: usize, pairs: &[Pair]) -> Vec<f32> {
    const NEIGHBOURS: usize = TUNING.density_neighbours;
    let mut nearest = vec![[0.0_f32; NEIGHBOURS]; count];
    for &(one, other, score) in pairs {
        for idx in [one, other] {
            let nearest = &mut nearest[idx as usize];
            // A quick check first, because most pairs are farther than the nearest ones so far.
            if score > nearest[NEIGHBOURS - 1] {
                let rank = nearest.partition_point(|nearer| *nearer >= score);
                nearest[rank..].rotate_right(1);
                nearest[rank] = score;
            }
        }
    }
    nearest.iter().map(|nearest| nearest.iter().sum::<f32>() / NEIGHBOURS as f32).collect()
}

/// The additional score that two clusters need because of the densities around them.
fn density_cost(one: f32, other: f32) -> f32 {
    TUNING.density_weight * f32::midpoint(one, other)
}

/// The connected component of each story, named by the lowest index in it.
fn connected_components<'p>(count: usize, pairs: impl Iterator<Item = &'p Pair>) -> Vec<usize> {
    let mut components = Components::new(count);
    for &(one, other, _) in pairs {
        components.join(one as usize, other as usize);
    }
    (0..count).map(|idx| components.root(idx)).collect()
}

/// A disjoint-set forest (union–find) in which the root of a set is its lowest index.
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
