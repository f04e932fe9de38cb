//! How far images are from the nearest one that is read or chosen.

use super::Pool;
use super::points::{Points, distance};
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Of more read images than this, so many by chance stand for all.
const MOST_COVERED: usize = 1_000;

/// The squared distance of each comparable image to the nearest covered one.
pub(super) struct Gaps {
    points: Points,
    /// The place in `points` of each place in the pool.
    places: Vec<Option<usize>>,
    gaps: Vec<f32>,
}

impl Gaps {
    /// Of the images `from`; those of `covered` are read or chosen already.
    pub fn new(pool: &Pool, from: &[usize], covered: &[usize], rng: &mut ChaCha8Rng) -> Self {
        let covered: Vec<usize> = match covered.len() {
            count if count > MOST_COVERED => {
                let drawn = sample(rng, count, MOST_COVERED);
                drawn.into_iter().map(|place| covered[place]).collect()
            }
            _ => covered.to_vec(),
        };
        let points = Points::of(pool, &[from, &covered].concat());
        let mut places = vec![None; pool.candidates().len()];
        for (place, index) in points.indices.iter().enumerate() {
            places[*index] = Some(place);
        }
        let read: Vec<usize> = covered.iter().filter_map(|index| places[*index]).collect();
        let read = points.vectors.only(&read);
        // Row by row, so that each is fetched from memory once for all that is read.
        let gaps = points.vectors.of_each(|row| {
            let distances = read.rows().map(|centre| distance(row, centre));
            distances.fold(f32::INFINITY, f32::min)
        });
        Self {
            points,
            places,
            gaps,
        }
    }

    /// `None` for an image that cannot be compared; infinite where nothing is covered.
    pub fn of(&self, index: usize) -> Option<f32> {
        self.places[index].map(|place| self.gaps[place])
    }

    /// Counts an image as read.
    pub fn cover(&mut self, index: usize) {
        let Some(place) = self.places[index] else {
            return;
        };
        let (vectors, centre) = (&self.points.vectors, self.points.vectors.row(place));
        let closer =
            |(at, gap): (usize, &mut f32)| *gap = gap.min(distance(vectors.row(at), centre));
        let gaps = self.gaps.par_iter_mut().enumerate();
        gaps.with_min_len(256).for_each(closer);
    }
}
