//! Groups of images that look alike: k-means over a sample.

use super::points::{Matrix, distance, sum};
use rand::Rng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

/// Rounds of assignment after which clusters are taken as they are.
const MAX_ITERATIONS: usize = 15;
/// Of more points than this, so many drawn by chance say where the centres lie; all are assigned to them.
const SAMPLE: usize = 10_000;

/// The cluster of each point, by k-means from k-means++ seeds (Arthur and Vassilvitskii 2007). Some may stay empty.
pub(super) fn k_means(points: &Matrix, k: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let centres = if points.len() > SAMPLE {
        let drawn = sample(rng, points.len(), SAMPLE).into_vec();
        centres(&points.only(&drawn), k, rng)
    } else {
        centres(points, k, rng)
    };
    points.of_each(|point| nearest(point, &centres))
}

fn centres(points: &Matrix, k: usize, rng: &mut ChaCha8Rng) -> Matrix {
    let mut centres = seeds(points, k, rng);
    let mut assigned = Vec::new();
    for _ in 0..MAX_ITERATIONS {
        let next = points.of_each(|point| nearest(point, &centres));
        if next == assigned {
            break;
        }
        assigned = next;
        move_to_means(points, &assigned, &mut centres);
    }
    centres
}

/// The first of the nearest centres.
fn nearest(point: &[f32], centres: &Matrix) -> usize {
    let mut best = (0, f32::INFINITY);
    for (cluster, centre) in centres.rows().enumerate() {
        let found = distance(point, centre);
        if found < best.1 {
            best = (cluster, found);
        }
    }
    best.0
}

/// Up to `k` points, each drawn with a chance that grows with its squared distance from those drawn before.
fn seeds(points: &Matrix, k: usize, rng: &mut ChaCha8Rng) -> Matrix {
    let mut centres = Matrix::with_capacity(points.width(), k);
    let mut gaps = vec![1.0f32; points.len()];
    while centres.len() < k.min(points.len()) {
        let Some(at) = drawn_by_weight(&gaps, rng) else {
            break;
        };
        let centre = points.row(at);
        let found = points.of_each(|point| distance(point, centre));
        let first = centres.len() == 0;
        let closer =
            |(gap, found): (&mut f32, f32)| *gap = if first { found } else { gap.min(found) };
        gaps.iter_mut().zip(found).for_each(closer);
        centres.push(centre);
    }
    centres
}

/// A place drawn in proportion to its weight; `None` where all weights are 0.
pub(super) fn drawn_by_weight(weights: &[f32], rng: &mut ChaCha8Rng) -> Option<usize> {
    let total: f64 = weights.iter().copied().map(f64::from).sum();
    if total <= 0.0 {
        return None;
    }
    let mut left = rng.random_range(0.0..total);
    let passed = |weight: &f32| {
        left -= f64::from(*weight);
        left < 0.0
    };
    // Rounding may leave the last step undone: then the last that has a weight.
    let at = weights.iter().position(passed);
    at.or_else(|| weights.iter().rposition(|weight| *weight > 0.0))
}

fn move_to_means(points: &Matrix, assigned: &[usize], centres: &mut Matrix) {
    let mut members = vec![Vec::new(); centres.len()];
    for (point, cluster) in assigned.iter().enumerate() {
        members[*cluster].push(point);
    }
    for (cluster, members) in members.iter().enumerate().filter(|(_, m)| !m.is_empty()) {
        let sums = sum(
            members.iter().map(|point| points.row(*point)),
            points.width(),
        );
        let mean = |sum: f64| (sum / members.len() as f64) as f32;
        let centre = centres.row_mut(cluster);
        centre.iter_mut().zip(sums).for_each(|(c, s)| *c = mean(s));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::rng;
    use super::*;

    fn matrix(rows: &[[f32; 2]]) -> Matrix {
        let mut matrix = Matrix::with_capacity(2, rows.len());
        rows.iter().for_each(|row| matrix.push(row));
        matrix
    }

    #[test]
    fn blobs_apart_are_found() {
        let blob = |x: f32, y: f32| (0..10).map(move |i| [x + 0.01 * i as f32, y]);
        let points: Vec<[f32; 2]> = blob(0.0, 0.0)
            .chain(blob(5.0, 0.0))
            .chain(blob(0.0, 5.0))
            .collect();
        let assigned = k_means(&matrix(&points), 3, &mut rng(1));
        for of_blob in assigned.chunks(10) {
            assert!(
                of_blob.iter().all(|cluster| *cluster == of_blob[0]),
                "{assigned:?}"
            );
        }
        assert!(
            assigned[0] != assigned[10]
                && assigned[10] != assigned[20]
                && assigned[0] != assigned[20]
        );
    }

    #[test]
    fn equal_points_and_no_points_are_no_trouble() {
        assert_eq!(k_means(&matrix(&[]), 3, &mut rng(1)), Vec::<usize>::new());
        let equal = matrix(&[[1.0, 2.0]; 4]);
        assert_eq!(k_means(&equal, 3, &mut rng(1)), [0, 0, 0, 0]);
    }

    #[test]
    fn a_weight_of_nothing_is_never_drawn() {
        for seed in 0..20 {
            assert_eq!(drawn_by_weight(&[0.0, 2.0, 0.0], &mut rng(seed)), Some(1));
        }
        assert_eq!(drawn_by_weight(&[0.0], &mut rng(1)), None);
        assert_eq!(drawn_by_weight(&[], &mut rng(1)), None);
    }
}
