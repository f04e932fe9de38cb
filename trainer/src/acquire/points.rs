//! The features of images side by side, made comparable.

use super::Pool;
use rayon::prelude::*;

/// Sums that are added one after the other, so that a processor can work on all at once.
const LANES: usize = 16;
/// Rows whose sum is made by one thread; the same for any number of threads, so that sums are.
const ROWS: usize = 1_024;

/// The features of those images whose features are numbers, centred and of length 1, so that distances compare directions.
pub(super) struct Points {
    /// Places in the pool.
    pub indices: Vec<usize>,
    /// One vector for each.
    pub vectors: Matrix,
}

/// Vectors of one width, one after the other. // (rows, width)
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Matrix {
    width: usize,
    numbers: Vec<f32>,
}

impl Matrix {
    pub fn with_capacity(width: usize, rows: usize) -> Self {
        Self {
            width,
            numbers: Vec::with_capacity(width * rows),
        }
    }

    pub fn push(&mut self, row: &[f32]) {
        debug_assert_eq!(row.len(), self.width);
        self.numbers.extend_from_slice(row);
    }

    pub fn row(&self, at: usize) -> &[f32] {
        &self.numbers[at * self.width..(at + 1) * self.width]
    }

    pub fn row_mut(&mut self, at: usize) -> &mut [f32] {
        &mut self.numbers[at * self.width..(at + 1) * self.width]
    }

    pub fn len(&self) -> usize {
        self.numbers.len().checked_div(self.width).unwrap_or(0)
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.numbers.chunks_exact(self.width.max(1))
    }

    /// These rows, in this order.
    pub fn only(&self, rows: &[usize]) -> Self {
        let mut only = Self::with_capacity(self.width, rows.len());
        rows.iter().for_each(|row| only.push(self.row(*row)));
        only
    }

    /// Something of each row, by all threads, in order.
    pub fn of_each<T: Send>(&self, of: impl Fn(&[f32]) -> T + Sync + Send) -> Vec<T> {
        let rows = self.numbers.par_chunks_exact(self.width.max(1));
        rows.with_min_len(64).map(of).collect()
    }

    fn mean(&self) -> Vec<f32> {
        let sums: Vec<Vec<f64>> = self
            .numbers
            .par_chunks(self.width.max(1) * ROWS)
            .map(|rows| sum(rows.chunks_exact(self.width.max(1)), self.width))
            .collect();
        let count = self.len().max(1) as f64;
        let add = |mut all: Vec<f64>, part: &Vec<f64>| {
            all.iter_mut().zip(part).for_each(|(a, p)| *a += p);
            all
        };
        let all = sums.iter().fold(vec![0.0; self.width], add);
        all.into_iter().map(|sum| (sum / count) as f32).collect()
    }
}

/// The sum of vectors, in double precision.
pub(super) fn sum<'a>(vectors: impl Iterator<Item = &'a [f32]>, width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for vector in vectors {
        sums.iter_mut()
            .zip(vector)
            .for_each(|(sum, x)| *sum += f64::from(*x));
    }
    sums
}

impl Points {
    /// Of these images of the pool; images whose features are missing, of another width than the first's, or not numbers are left out.
    pub fn of(pool: &Pool, images: &[usize]) -> Self {
        let features = |index: usize| pool.candidates()[index].features.as_slice();
        let finite = |index: &usize| {
            let features = features(*index);
            !features.is_empty() && features.iter().all(|f| f.is_finite())
        };
        let mut indices: Vec<usize> = images.iter().copied().filter(finite).collect();
        let width = indices.first().map_or(0, |index| features(*index).len());
        indices.retain(|index| features(*index).len() == width);
        let mut vectors = Matrix::with_capacity(width, indices.len());
        indices.iter().for_each(|i| vectors.push(features(*i)));
        let centre = vectors.mean();
        let rows = vectors.numbers.par_chunks_exact_mut(width.max(1));
        rows.for_each(|row| turn_to_direction(row, &centre));
        Self { indices, vectors }
    }
}

/// The unit vector from `centre` towards the row; all zeros where they are the same.
fn turn_to_direction(row: &mut [f32], centre: &[f32]) {
    let offset = |x: f32, c: f32| f64::from(x) - f64::from(c);
    let squares = row.iter().zip(centre).map(|(x, c)| offset(*x, *c).powi(2));
    let length = squares.sum::<f64>().sqrt();
    let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
    for (x, c) in row.iter_mut().zip(centre) {
        *x = (offset(*x, *c) * scale) as f32;
    }
}

/// The squared Euclidean distance.
pub(super) fn distance(a: &[f32], b: &[f32]) -> f32 {
    over_lanes(a, b, |x, y| (x - y) * (x - y))
}

/// The inner product.
pub(super) fn inner(a: &[f32], b: &[f32]) -> f32 {
    over_lanes(a, b, |x, y| x * y)
}

fn over_lanes(a: &[f32], b: &[f32], of: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += of(a[lane], b[lane]);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(x, y)| of(*x, *y));
    lanes.iter().sum::<f32>() + rest.sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{candidate, pool};
    use super::*;

    #[test]
    fn points_are_centred_directions_and_what_cannot_be_compared_is_left_out() {
        let pool = pool(vec![
            candidate(&[1.0, 0.0], &[]),
            candidate(&[f32::NAN, 0.0], &[]),
            candidate(&[3.0, 0.0], &[]),
            candidate(&[], &[]),
            candidate(&[2.0, 0.0, 1.0], &[]),
        ]);
        let points = Points::of(&pool, &[0, 1, 2, 3, 4]);
        assert_eq!(points.indices, [0, 2]);
        let rows: Vec<&[f32]> = points.vectors.rows().collect();
        assert_eq!(rows, [[-1.0, 0.0], [1.0, 0.0]]);
        assert_eq!(Points::of(&pool, &[]).vectors.len(), 0);
    }

    #[test]
    fn sums_over_lanes_are_the_plain_ones() {
        let a: Vec<f32> = (0..21).map(|i| i as f32).collect();
        let b = vec![2.0; 21];
        assert_eq!(inner(&a, &b), 420.0);
        // The sum of (i - 2)² over 0..21: 2870 - 4·210 + 21·4.
        assert_eq!(distance(&a, &b), 2114.0);
    }
}
