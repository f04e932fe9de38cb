//! The pool and the test pictures as the benchmark sees them: what the frozen vision tower makes of each patch, and the truth.

use super::cells::{Corners, around, covered};
use medreg_datasets::modality::Modality;

/// A region of the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truth {
    /// The place of its concept in the ontology.
    pub concept: usize,
    /// Where it is.
    pub bbox: Corners,
}

/// One picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Its kind.
    pub modality: Modality,
    /// What a reader would mark.
    pub regions: Vec<Truth>,
    /// The state of each patch and, last in each row, a 1. // (side², width)
    pub states: Vec<f32>,
    /// The mean state. // (width − 1)
    pub pooled: Vec<f32>,
}

/// Pictures with states of one size.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// Patches along a side.
    pub side: usize,
    /// Numbers of a row of states, the 1 at its end included.
    pub width: usize,
    /// The pictures.
    pub all: Vec<Picture>,
}

/// Numbers about where a box lies.
const GEOMETRY: usize = 6;

impl Picture {
    /// What reading it costs: its boxes, and one look where there is none.
    #[must_use]
    pub fn cost(&self) -> usize {
        self.regions.len().max(1)
    }
}

impl Pictures {
    /// Numbers of [`Self::region`].
    #[must_use]
    pub fn region_width(&self) -> usize {
        2 * (self.width - 1) + GEOMETRY + 1
    }

    /// A region as the head that names it sees it: the mean state inside, that around it, where it lies, and a 1.
    #[must_use]
    pub fn region(&self, picture: &Picture, bbox: Corners) -> Vec<f32> {
        let inside = covered(bbox, self.side);
        let mut region = self.mean(picture, &inside);
        region.extend(self.mean(picture, &around(&inside, self.side)));
        let [x0, y0, x1, y1] = bbox;
        let (w, h) = ((x1 - x0).max(1e-3), (y1 - y0).max(1e-3));
        // Brought to about the spread of the states, which are standardised.
        region.extend([
            4.0 * ((x0 + x1) / 2.0 - 0.5),
            4.0 * ((y0 + y1) / 2.0 - 0.5),
            4.0 * (w - 0.25),
            4.0 * (h - 0.25),
            w.ln() + 1.5,
            h.ln() + 1.5,
            1.0,
        ]);
        region
    }

    fn mean(&self, picture: &Picture, cells: &[usize]) -> Vec<f32> {
        let mut mean = vec![0.0; self.width - 1];
        for cell in cells {
            let row = &picture.states[cell * self.width..];
            mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        let count = cells.len().max(1) as f32;
        mean.iter_mut().for_each(|sum| *sum /= count);
        mean
    }

    /// Mean and deviation of each number of the states over all patches: nothing of a reader's work is in them.
    #[must_use]
    pub fn spread(&self) -> Vec<(f32, f32)> {
        let (mut sums, mut count) = (vec![(0.0f64, 0.0f64); self.width - 1], 0.0);
        for row in self
            .all
            .iter()
            .flat_map(|p| p.states.chunks_exact(self.width))
        {
            count += 1.0;
            for ((sum, squares), x) in sums.iter_mut().zip(row) {
                *sum += f64::from(*x);
                *squares += f64::from(*x) * f64::from(*x);
            }
        }
        let count: f64 = f64::max(count, 1.0);
        let of = |(sum, squares): (f64, f64)| {
            let mean = sum / count;
            let variance = (squares / count - mean * mean).max(1e-12);
            (mean as f32, variance.sqrt() as f32)
        };
        sums.into_iter().map(of).collect()
    }

    /// States less the mean, in deviations; and the mean of each picture anew.
    pub fn standardise(&mut self, spread: &[(f32, f32)]) {
        let (width, cells) = (self.width, (self.side * self.side).max(1));
        for picture in &mut self.all {
            picture.pooled = vec![0.0; width - 1];
            for row in picture.states.chunks_exact_mut(width) {
                let pooled = picture.pooled.iter_mut();
                for ((x, (mean, deviation)), sum) in row.iter_mut().zip(spread).zip(pooled) {
                    *x = (*x - mean) / deviation;
                    *sum += *x / cells as f32;
                }
            }
        }
    }
}
