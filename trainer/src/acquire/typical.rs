//! The most typical image of each group of images that look alike (TypiClust, arXiv 2202.02794).

use super::clusters::k_means;
use super::points::{Points, distance};
use super::{Budget, Pick, Pool, Ranked, Strategy, in_order, random};
use medreg_datasets::reason::ChoiceReason;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// The most clusters; the paper has 500.
const MAX_CLUSTERS: usize = 300;
/// Clusters have at least about as many members as this, so that "typical" means something.
const MEMBERS_PER_CLUSTER: usize = 5;
/// Typicality looks at this many nearest neighbours, as in the paper.
const NEIGHBOURS: usize = 20;
/// Of large clusters, this many members by chance stand for all when neighbours are looked for.
const COMPARED: usize = 256;
/// Of large clusters, this many open members by chance are weighed, or four times as many as a cluster gives if that is more.
const WEIGHED: usize = 256;

/// Covers the pool: clusters without an annotated image first, the largest of them first, its most typical image.
#[derive(Clone, Copy, Debug)]
pub struct Typical;

impl Strategy for Typical {
    fn rank(&self, pool: &Pool, mut budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        in_order(pick(pool, &pool.open(), &pool.covered(), &mut budget, rng))
    }
}

/// Images that look alike.
struct Cluster {
    /// How many there are.
    size: usize,
    /// How many of them are annotated or chosen.
    covered: usize,
    /// The others, the most typical last.
    open: Vec<usize>,
}

/// Some of the images `from`, given that those of `covered` are annotated or chosen already, until the budget is spent.
pub(super) fn pick(
    pool: &Pool,
    from: &[usize],
    covered: &[usize],
    budget: &mut Budget,
    rng: &mut ChaCha8Rng,
) -> Vec<Pick> {
    if budget.is_spent() {
        return Vec::new();
    }
    let count = budget.about(pool.mean_cost(from)).min(from.len());
    let mut clusters = clusters(pool, from, covered, count, rng);
    let mut picks = of_clusters(pool, &mut clusters, budget);
    let grouped: BTreeSet<usize> = picks.iter().map(|(index, _)| *index).collect();
    let other: Vec<usize> = from
        .iter()
        .copied()
        .filter(|index| !grouped.contains(index))
        .collect();
    let chance = ChoiceReason::ChanceIncomparable;
    picks.extend(random::pick(pool, &other, budget, &chance, rng));
    picks
}

/// Cluster after cluster, what is typical of it and fits.
fn of_clusters(pool: &Pool, clusters: &mut [Cluster], budget: &mut Budget) -> Vec<Pick> {
    let mut picks = Vec::new();
    while !budget.is_spent() {
        // The least covered cluster, the largest of those; clusters are in random order, so ties go by the seed.
        let next = clusters
            .iter_mut()
            .filter(|c| !c.open.is_empty())
            .min_by_key(|c| (c.covered, usize::MAX - c.size));
        let Some((cluster, index)) = next.and_then(|c| c.open.pop().map(|index| (c, index))) else {
            break;
        };
        if budget.pay(pool.cost(index)) {
            picks.push((index, reason(cluster)));
            cluster.covered += 1;
        }
    }
    picks
}

fn reason(cluster: &Cluster) -> ChoiceReason {
    match (cluster.size as u64, cluster.covered as u64) {
        (1, _) => ChoiceReason::Unlike,
        (size, 0) => ChoiceReason::TypicalUnread { size },
        (size, covered) => ChoiceReason::Typical { size, covered },
    }
}

/// The clusters of all these images, of which about `count` will be taken.
fn clusters(
    pool: &Pool,
    from: &[usize],
    covered: &[usize],
    count: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<Cluster> {
    let mut images = [from, covered].concat();
    images.shuffle(rng);
    let points = Points::of(pool, &images);
    let wanted = (covered.len() + count)
        .min(points.indices.len() / MEMBERS_PER_CLUSTER)
        .clamp(1, MAX_CLUSTERS);
    let assigned = k_means(&points.vectors, wanted, rng);
    let mut members = vec![Vec::new(); wanted];
    for (point, cluster) in assigned.into_iter().enumerate() {
        members[cluster].push(point);
    }
    members.retain(|members| !members.is_empty());
    let mut open = vec![false; pool.candidates().len()];
    from.iter().for_each(|index| open[*index] = true);
    let weighed = WEIGHED.max(4 * count.div_ceil(members.len().max(1)));
    members
        .par_iter()
        .map(|members| cluster(&points, members, &open, weighed))
        .collect()
}

/// A cluster; its first `weighed` open members, which are in random order, by typicality, the others after them.
fn cluster(points: &Points, members: &[usize], open: &[bool], weighed: usize) -> Cluster {
    let is_open = |point: &usize| open[points.indices[*point]];
    let all: Vec<usize> = members.iter().copied().filter(is_open).collect();
    let (first, others) = all.split_at(all.len().min(weighed));
    let mut spreads: Vec<(f32, usize)> = first
        .iter()
        .map(|point| (spread(points, *point, members), *point))
        .collect();
    spreads.sort_by(|a, b| b.0.total_cmp(&a.0));
    let typical_last = spreads.into_iter().map(|(_, point)| point);
    let order = others.iter().rev().copied().chain(typical_last);
    Cluster {
        size: members.len(),
        covered: members.len() - all.len(),
        open: order.map(|point| points.indices[point]).collect(),
    }
}

/// The mean distance to the nearest neighbours in the cluster, the inverse of the paper's typicality.
fn spread(points: &Points, point: usize, members: &[usize]) -> f32 {
    // Members are in random order.
    let others = members
        .iter()
        .filter(|other| **other != point)
        .take(COMPARED);
    let (vectors, of) = (&points.vectors, points.vectors.row(point));
    let mut distances: Vec<f32> = others
        .map(|other| distance(of, vectors.row(*other)).sqrt())
        .collect();
    distances.sort_by(f32::total_cmp);
    distances.truncate(NEIGHBOURS);
    distances.iter().sum::<f32>() / distances.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::super::Candidate;
    use super::super::tests::{candidate, chosen, pool, rng};
    use super::*;

    /// `count` images spread around a direction; the middle one is the most typical.
    fn blob(angle: f32, count: usize) -> impl Iterator<Item = Candidate> {
        (0..count).map(move |i| {
            let angle = angle + 0.02 * (i as f32 - (count / 2) as f32);
            candidate(&[angle.cos(), angle.sin()], &[])
        })
    }

    #[test]
    fn each_group_gives_its_most_typical_image() {
        let blobs = blob(0.0, 9).chain(blob(2.1, 7)).chain(blob(4.2, 5));
        let pool = pool(blobs.collect());
        let ranked = Typical.rank(&pool, Budget::of_images(3), &mut rng(5));
        assert_eq!(chosen(&ranked), [4, 9 + 3, 16 + 2], "{ranked:?}");
        assert_eq!(ranked[0].reason, ChoiceReason::TypicalUnread { size: 9 });
    }

    #[test]
    fn groups_that_are_annotated_wait() {
        let mut candidates: Vec<Candidate> = blob(0.0, 9)
            .chain(blob(2.1, 7))
            .chain(blob(4.2, 5))
            .collect();
        candidates[0].open = false;
        let ranked = Typical.rank(&pool(candidates), Budget::of_images(2), &mut rng(5));
        assert_eq!(chosen(&ranked), [12, 18], "{ranked:?}");
    }

    #[test]
    fn images_without_features_come_last() {
        let mut candidates: Vec<Candidate> = blob(0.0, 6).collect();
        candidates[2].features = vec![f32::NAN, 0.0];
        let ranked = Typical.rank(&pool(candidates), Budget::of_images(6), &mut rng(5));
        assert_eq!(ranked[5].index, 2);
        assert_eq!(ranked[5].reason, ChoiceReason::ChanceIncomparable);
    }
}
