//! Groups of images that look alike: comparable features and k-means over them.

use super::Pool;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Rounds of assignment after which clusters are taken as they are.
const MAX_ITERATIONS: usize = 25;

/// The features of those images whose features are numbers, centred and of length 1, so that distances compare directions.
pub(super) struct Points {
    /// Places in the pool.
    pub indices: Vec<usize>,
    /// One vector for each.
    pub vectors: Vec<Vec<f32>>,
}

impl Points {
    /// Of these images of the pool; images whose features are missing, of another length or not numbers are left out.
    pub fn of(pool: &Pool, images: &[usize]) -> Self {
        let finite = |index: &&usize| {
            let features = &pool.candidates[**index].features;
            !features.is_empty() && features.iter().all(|f| f.is_finite())
        };
        let usable: Vec<usize> = images.iter().filter(finite).copied().collect();
        let width = usable
            .first()
            .map_or(0, |i| pool.candidates[*i].features.len());
        let indices: Vec<usize> = usable
            .into_iter()
            .filter(|i| pool.candidates[*i].features.len() == width)
            .collect();
        let raw: Vec<&[f32]> = indices
            .iter()
            .map(|i| pool.candidates[*i].features.as_slice())
            .collect();
        let centre = mean(&raw, width);
        let vectors = raw
            .iter()
            .map(|features| direction(features, &centre))
            .collect();
        Self { indices, vectors }
    }
}

fn mean(vectors: &[&[f32]], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0f64; width];
    for vector in vectors {
        sums.iter_mut()
            .zip(*vector)
            .for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let count = vectors.len().max(1) as f64;
    sums.into_iter().map(|sum| (sum / count) as f32).collect()
}

/// The unit vector from `centre` towards `features`; all zeros where they are the same.
fn direction(features: &[f32], centre: &[f32]) -> Vec<f32> {
    let offset: Vec<f64> = features
        .iter()
        .zip(centre)
        .map(|(x, c)| f64::from(*x) - f64::from(*c))
        .collect();
    let length = offset.iter().map(|x| x * x).sum::<f64>().sqrt();
    let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
    offset.into_iter().map(|x| (x * scale) as f32).collect()
}

/// The squared Euclidean distance.
pub(super) fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// The cluster of each point, by k-means from k-means++ seeds (Arthur and Vassilvitskii 2007). Some may stay empty.
pub(super) fn k_means(points: &[Vec<f32>], k: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut centres = seeds(points, k, rng);
    let mut assigned = vec![0; points.len()];
    for _ in 0..MAX_ITERATIONS {
        let next: Vec<usize> = points
            .iter()
            .map(|point| nearest(point, &centres))
            .collect();
        let settled = next == assigned;
        assigned = next;
        if settled {
            break;
        }
        move_to_means(points, &assigned, &mut centres);
    }
    assigned
}

fn nearest(point: &[f32], centres: &[Vec<f32>]) -> usize {
    let by_distance = |(_, a): &(usize, f32), (_, b): &(usize, f32)| a.total_cmp(b);
    centres
        .iter()
        .map(|centre| distance(point, centre))
        .enumerate()
        .min_by(by_distance)
        .map_or(0, |(cluster, _)| cluster)
}

/// Up to `k` points, each drawn with a chance that grows with its squared distance from those drawn before.
fn seeds(points: &[Vec<f32>], k: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f32>> {
    let mut centres = Vec::new();
    let mut gaps = vec![1.0f32; points.len()];
    while centres.len() < k.min(points.len()) {
        let total: f32 = gaps.iter().sum();
        if total <= 0.0 {
            break;
        }
        let mut left = rng.random_range(0.0..total);
        let passed = |gap: &f32| {
            left -= gap;
            left < 0.0
        };
        let at = gaps.iter().position(passed).unwrap_or(points.len() - 1);
        let centre = points[at].clone();
        let closer = |(gap, point): (&mut f32, &Vec<f32>)| {
            let found = distance(point, &centre);
            *gap = if centres.is_empty() {
                found
            } else {
                gap.min(found)
            };
        };
        gaps.iter_mut().zip(points).for_each(closer);
        centres.push(centre);
    }
    centres
}

fn move_to_means(points: &[Vec<f32>], assigned: &[usize], centres: &mut [Vec<f32>]) {
    for (cluster, centre) in centres.iter_mut().enumerate() {
        let members: Vec<&[f32]> = points
            .iter()
            .zip(assigned)
            .filter(|(_, a)| **a == cluster)
            .map(|(p, _)| p.as_slice())
            .collect();
        if !members.is_empty() {
            *centre = mean(&members, centre.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::rng;
    use super::*;

    #[test]
    fn blobs_apart_are_found() {
        let blob = |x: f32, y: f32| (0..10).map(move |i| vec![x + 0.01 * i as f32, y]);
        let points: Vec<Vec<f32>> = blob(0.0, 0.0)
            .chain(blob(5.0, 0.0))
            .chain(blob(0.0, 5.0))
            .collect();
        let assigned = k_means(&points, 3, &mut rng(1));
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
        assert_eq!(k_means(&[], 3, &mut rng(1)), Vec::<usize>::new());
        assert_eq!(
            k_means(&vec![vec![1.0, 2.0]; 4], 3, &mut rng(1)),
            [0, 0, 0, 0]
        );
    }
}
