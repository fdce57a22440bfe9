use super::*;

#[test]
fn what_is_near_comes_together_and_what_is_less_near_than_the_neighbours_stays_apart() {
    // Two groups of three, whose pairs between them have less than half of the score, and a story that is like no
    // other.
    let near = [(0, 1, 0.6), (0, 2, 0.6), (1, 2, 0.6), (3, 4, 0.6), (3, 5, 0.6), (4, 5, 0.6)];
    let far = [0, 1, 2].into_iter().flat_map(|one| [3, 4, 5].map(|other| (one, other, 0.25)));
    let pairs: Vec<_> = near.into_iter().chain(far).collect();
    assert_eq!(clusters(7, &pairs, TUNING.merge_score), [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
    // The same score is enough where no neighbour is nearer.
    assert_eq!(clusters(2, &[(0, 1, 0.25)], TUNING.merge_score), [vec![0, 1]]);
}

#[test]
fn a_chain_of_stories_each_like_the_one_before_does_not_become_one_group() {
    let pairs: Vec<_> = (0..12).map(|at| (at, at + 1, 0.3)).collect();
    let largest = clusters(13, &pairs, TUNING.merge_score).iter().map(Vec::len).max();
    assert!(largest <= Some(3), "{largest:?}");
}

/// A naive reference for [`clusters`]: merges the two most similar clusters again and again.
fn clusters_plainly(count: usize, pairs: &[(u32, u32, f32)], needed: f32) -> Vec<Vec<usize>> {
    let densities = densities(count, pairs);
    let score = |a: usize, b: usize| {
        let of = |pair: &&(u32, u32, f32)| (pair.0 as usize, pair.1 as usize) == (a.min(b), a.max(b));
        f64::from(pairs.iter().find(of).map_or(0.0, |pair| pair.2))
    };
    let mean_density =
        |group: &[usize]| group.iter().map(|at| densities[*at]).sum::<f32>() / group.len() as f32;
    let margin = |one: &[usize], other: &[usize]| {
        let sum: f64 = one.iter().flat_map(|a| other.iter().map(|b| score(*a, *b))).sum();
        let mean = (sum / (one.len() * other.len()) as f64) as f32;
        mean - needed - density_cost(mean_density(one), mean_density(other))
    };
    let mut groups: Vec<Vec<usize>> = (0..count).map(|at| vec![at]).collect();
    loop {
        let every = (0..groups.len()).flat_map(|one| (one + 1..groups.len()).map(move |other| (one, other)));
        let best = every
            .map(|(one, other)| (margin(&groups[one], &groups[other]), one, other))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, one, other)) = best.filter(|(margin, ..)| *margin >= 0.0) else { return groups };
        let gone = groups.remove(other);
        groups[one].extend(gone);
        groups[one].sort_unstable();
    }
}

#[test]
fn clusters_are_those_of_always_merging_the_nearest_two() {
    for seed in 0..60_u64 {
        let dice = |at: u64| crate::desk::hash::mix(seed, at) % 1_000;
        let count = 4 + dice(0) as usize % 20;
        let every = (0..count as u32).flat_map(|one| (one + 1..count as u32).map(move |other| (one, other)));
        let pairs: Vec<_> = every
            .filter(|(one, other)| dice(u64::from(one * 64 + other)) < 300 + seed * 10)
            .map(|(one, other)| (one, other, 0.06 + dice(u64::from(other * 64 + one)) as f32 / 1_700.0))
            .collect();
        let found = clusters(count, &pairs, TUNING.merge_score);
        assert_eq!(found, clusters_plainly(count, &pairs, TUNING.merge_score), "seed {seed}");
    }
}
