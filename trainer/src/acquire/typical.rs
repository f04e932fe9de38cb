//! The most typical image of each group of images that look alike (TypiClust, arXiv 2202.02794).

use super::clusters::{Points, distance, k_means};
use super::{Pick, Pool, Ranked, Strategy, in_order, random};
use medreg_datasets::reason::ChoiceReason;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// The most clusters, as in the paper.
const MAX_CLUSTERS: usize = 500;
/// Clusters have at least about as many members as this, so that "typical" means something.
const MEMBERS_PER_CLUSTER: usize = 5;
/// Typicality looks at this many nearest neighbours, as in the paper.
const NEIGHBOURS: usize = 20;
/// Of very large clusters, this many members by chance stand for all when neighbours are looked for.
const COMPARED: usize = 1_000;

/// Covers the pool: clusters without an annotated image first, the largest of them first, its most typical image.
#[derive(Clone, Copy, Debug)]
pub struct Typical;

impl Strategy for Typical {
    fn rank(&self, pool: &Pool, budget: usize, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        in_order(pick(pool, &pool.open(), &pool.covered(), budget, rng))
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

/// Up to `count` of the images `from`, given that those of `covered` are annotated or chosen already.
pub(super) fn pick(
    pool: &Pool,
    from: &[usize],
    covered: &[usize],
    count: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<Pick> {
    let mut picks = Vec::new();
    let mut clusters = clusters(pool, from, covered, count, rng);
    while picks.len() < count {
        // The least covered cluster, the largest of those; clusters are in random order, so ties go by the seed.
        let next = clusters
            .iter_mut()
            .filter(|c| !c.open.is_empty())
            .min_by_key(|c| (c.covered, usize::MAX - c.size));
        let Some((cluster, index)) = next.and_then(|c| c.open.pop().map(|index| (c, index))) else {
            break;
        };
        picks.push((index, reason(cluster)));
        cluster.covered += 1;
    }
    let left: Vec<usize> = from
        .iter()
        .filter(|i| !picks.iter().any(|(picked, _)| picked == *i))
        .copied()
        .collect();
    let missing = count - picks.len();
    picks.extend(random::pick(
        &left,
        missing,
        &ChoiceReason::ChanceIncomparable,
        rng,
    ));
    picks
}

fn reason(cluster: &Cluster) -> ChoiceReason {
    match (cluster.size as u64, cluster.covered as u64) {
        (1, _) => ChoiceReason::Unlike,
        (size, 0) => ChoiceReason::TypicalUnread { size },
        (size, covered) => ChoiceReason::Typical { size, covered },
    }
}

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
        .min(MAX_CLUSTERS);
    let assigned = k_means(&points.vectors, wanted.max(1), rng);
    let members = |cluster: usize| -> Vec<usize> {
        (0..assigned.len())
            .filter(|p| assigned[*p] == cluster)
            .collect()
    };
    let all = (0..wanted.max(1))
        .map(members)
        .filter(|members| !members.is_empty());
    let from: BTreeSet<usize> = from.iter().copied().collect();
    all.map(|members| cluster(&points, &members, &from))
        .collect()
}

fn cluster(points: &Points, members: &[usize], from: &BTreeSet<usize>) -> Cluster {
    let mut open: Vec<(f32, usize)> = members
        .iter()
        .filter(|point| from.contains(&points.indices[**point]))
        .map(|point| (spread(points, *point, members), points.indices[*point]))
        .collect();
    open.sort_by(|a, b| b.0.total_cmp(&a.0));
    Cluster {
        size: members.len(),
        covered: members.len() - open.len(),
        open: open.into_iter().map(|(_, index)| index).collect(),
    }
}

/// The mean distance to the nearest neighbours in the cluster, the inverse of the paper's typicality.
fn spread(points: &Points, point: usize, members: &[usize]) -> f32 {
    // Members are in random order.
    let others = members
        .iter()
        .filter(|other| **other != point)
        .take(COMPARED);
    let mut distances: Vec<f32> = others
        .map(|other| distance(&points.vectors[point], &points.vectors[*other]).sqrt())
        .collect();
    distances.sort_by(f32::total_cmp);
    distances.truncate(NEIGHBOURS);
    distances.iter().sum::<f32>() / distances.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::super::Candidate;
    use super::super::tests::{candidate, chosen, rng};
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
        let pool = Pool {
            candidates: blob(0.0, 9)
                .chain(blob(2.1, 7))
                .chain(blob(4.2, 5))
                .collect(),
        };
        let ranked = Typical.rank(&pool, 3, &mut rng(5));
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
        let ranked = Typical.rank(&Pool { candidates }, 2, &mut rng(5));
        assert_eq!(chosen(&ranked), [12, 18], "{ranked:?}");
    }

    #[test]
    fn images_without_features_come_last() {
        let mut candidates: Vec<Candidate> = blob(0.0, 6).collect();
        candidates[2].features = vec![f32::NAN, 0.0];
        let ranked = Typical.rank(&Pool { candidates }, 6, &mut rng(5));
        assert_eq!(ranked[5].index, 2);
        assert_eq!(ranked[5].reason, ChoiceReason::ChanceIncomparable);
    }
}
