//! Where a concept is: for each concept one linear function of a patch's state, by least squares with a ridge. Least squares needs sums
//! alone, so learning from one more picture costs the same however many came before, and its minimum is exact.

use super::cells::{covered, peak_box};
use super::normal::{Factor, add_products};
use super::pictures::Picture;
use super::pictures::Pictures;
use crate::calibrate::Platt;

/// Patches' worth of pull towards 0: without it, three pictures would be learnt by heart.
const RIDGE: f64 = 30.0;

/// The sums over the read pictures of one modality.
#[derive(Clone, Debug)]
pub struct Sums {
    width: usize,
    concepts: Vec<usize>,
    products: Vec<f64>,
    /// States times whether the patch shows each concept. // (width, concepts)
    shown: Vec<f64>,
}

/// What was learnt.
#[derive(Clone, Debug)]
pub struct Finder {
    side: usize,
    width: usize,
    concepts: usize,
    /// // (concepts, width)
    weights: Vec<f32>,
    /// What the highest patch of a picture says of whether the concept is on it.
    presence: Vec<Platt>,
}

/// An answer to "where is it?".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// How probable it is that it is there at all.
    pub presence: f64,
    /// Where it is, if it is.
    pub bbox: [f32; 4],
}

impl Sums {
    /// Of nothing yet, about these concepts.
    #[must_use]
    pub fn new(width: usize, concepts: Vec<usize>) -> Self {
        Self {
            width,
            products: vec![0.0; width * width],
            shown: vec![0.0; width * concepts.len()],
            concepts,
        }
    }

    /// Adds a picture, as often as `weight` says.
    pub fn add(&mut self, picture: &Picture, side: usize, weight: f64) {
        add_products(&mut self.products, &picture.states, self.width, weight);
        let count = self.concepts.len();
        for (column, concept) in self.concepts.iter().enumerate() {
            let mut cells: Vec<usize> = (picture.regions.iter())
                .filter(|region| region.concept == *concept)
                .flat_map(|region| covered(region.bbox, side))
                .collect();
            cells.sort_unstable();
            cells.dedup();
            for cell in cells {
                let state = &picture.states[cell * self.width..(cell + 1) * self.width];
                for (row, x) in state.iter().enumerate() {
                    self.shown[row * count + column] += weight * f64::from(*x);
                }
            }
        }
    }

    /// The least squares; `read` are the pictures that presence is judged by.
    #[must_use]
    pub fn finder(&self, side: usize, read: &[&Picture]) -> Finder {
        let count = self.concepts.len();
        let solved = Factor::of(&self.products, self.width, RIDGE).solve(&self.shown, count);
        let mut weights = vec![0.0; count * self.width];
        for (at, weight) in solved.into_iter().enumerate() {
            weights[(at % count) * self.width + at / count] = weight as f32;
        }
        let flat = Platt {
            slope: 0.0,
            intercept: 0.0,
        };
        let mut finder = Finder {
            side,
            width: self.width,
            concepts: count,
            weights,
            presence: vec![flat; count],
        };
        finder.presence = finder.judged(&self.concepts, read);
        finder
    }
}

impl Finder {
    /// How far each patch looks like each concept. // (concepts, side²)
    #[must_use]
    pub fn maps(&self, picture: &Picture) -> Vec<Vec<f32>> {
        let map = |concept: usize| {
            let weights = &self.weights[concept * self.width..(concept + 1) * self.width];
            picture
                .states
                .chunks_exact(self.width)
                .map(|state| dot(state, weights))
                .collect()
        };
        (0..self.concepts).map(map).collect()
    }

    fn judged(&self, concepts: &[usize], read: &[&Picture]) -> Vec<Platt> {
        let peaks: Vec<Vec<f64>> = read
            .iter()
            .map(|picture| self.maps(picture).iter().map(|map| peak(map)).collect())
            .collect();
        let of = |(column, concept): (usize, &usize)| {
            let heights: Vec<f64> = peaks.iter().map(|peaks| peaks[column]).collect();
            let there = |picture: &&Picture| picture.regions.iter().any(|r| r.concept == *concept);
            let there: Vec<bool> = read.iter().map(there).collect();
            Platt::fit(&heights, &there)
        };
        concepts.iter().enumerate().map(of).collect()
    }

    /// Whether and where each concept is.
    #[must_use]
    pub fn find(&self, picture: &Picture) -> Vec<Found> {
        let found = |(map, platt): (Vec<f32>, &Platt)| Found {
            presence: platt.probability(peak(&map)).clamp(1e-6, 1.0 - 1e-6),
            bbox: peak_box(&map, self.side),
        };
        let maps = self.maps(picture).into_iter();
        maps.zip(&self.presence).map(found).collect()
    }
}

fn peak(map: &[f32]) -> f64 {
    f64::from(map.iter().copied().fold(f32::NEG_INFINITY, f32::max))
}

/// With several sums side by side, which a processor adds at once.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    let (a, b) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = (a.remainder().iter().zip(b.remainder()))
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in a.zip(b) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Every concept's map beside what it should show, for the pictures of one modality.
pub fn average_precisions(
    finder: &Finder,
    concepts: &[usize],
    pictures: &Pictures,
    of: &[usize],
) -> Vec<Option<f64>> {
    let mut ranked: Vec<Vec<(f32, bool)>> = vec![Vec::new(); concepts.len()];
    for picture in of.iter().map(|at| &pictures.all[*at]) {
        for ((map, concept), ranked) in finder.maps(picture).iter().zip(concepts).zip(&mut ranked) {
            let mut shown = vec![false; map.len()];
            let regions = picture.regions.iter().filter(|r| r.concept == *concept);
            regions
                .flat_map(|region| covered(region.bbox, pictures.side))
                .for_each(|cell| shown[cell] = true);
            ranked.extend(map.iter().copied().zip(shown));
        }
    }
    ranked.into_iter().map(average_precision).collect()
}

/// The mean precision at each that is right, from the highest score down; `None` where none is. Equal scores count as one place.
fn average_precision(mut ranked: Vec<(f32, bool)>) -> Option<f64> {
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let all = ranked.iter().filter(|(_, right)| *right).count();
    let (mut right, mut seen, mut sum) = (0usize, 0usize, 0.0);
    for equals in ranked.chunk_by(|a, b| a.0 == b.0) {
        let hits = equals.iter().filter(|(_, right)| *right).count();
        right += hits;
        seen += equals.len();
        sum += hits as f64 * right as f64 / seen as f64;
    }
    (all > 0).then(|| sum / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_precision_by_hand() {
        let ranked = |right: &[bool]| {
            let scores = (0..right.len()).map(|n| -(n as f32));
            scores.zip(right.iter().copied()).collect::<Vec<_>>()
        };
        let found = average_precision(ranked(&[true, false, true])).unwrap();
        assert!((found - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(average_precision(ranked(&[false])), None);
        // All alike: as good as the share of what is right.
        let alike = vec![(0.5, true), (0.5, false), (0.5, false), (0.5, false)];
        assert_eq!(average_precision(alike), Some(0.25));
    }

    #[test]
    fn a_sum_in_lanes_is_the_sum() {
        let a: Vec<f32> = (0..37).map(|n| n as f32).collect();
        assert_eq!(dot(&a, &[2.0; 37]), 37.0 * 36.0);
    }
}
