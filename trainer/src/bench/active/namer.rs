//! What a region shows: softmax regression on its features, the maximum a posteriori under a Gaussian prior.

use super::finder::dot;
use super::normal::Factor;

/// One over the variance of the prior of each weight.
const PRIOR: f64 = 1.0;
/// Steps at most; the largest gradient below which it has arrived.
const STEPS: usize = 60;
const ARRIVED: f64 = 1e-2;

/// Named regions of one modality.
#[derive(Clone, Debug, Default)]
pub struct Lessons {
    /// Features, row after row. // (regions, width)
    pub features: Vec<f32>,
    /// The place of each region's concept among the modality's.
    pub names: Vec<usize>,
    /// How often each counts.
    pub weights: Vec<f32>,
}

/// What was learnt.
#[derive(Clone, Debug)]
pub struct Namer {
    width: usize,
    /// // (classes, width)
    weights: Vec<f32>,
    /// Which classes were ever seen: nothing else is answered.
    seen: Vec<bool>,
}

impl Namer {
    /// That knows nothing.
    #[must_use]
    pub fn new(width: usize, classes: usize) -> Self {
        Self {
            width,
            weights: vec![0.0; classes * width],
            seen: vec![false; classes],
        }
    }

    /// The minimum of the cross-entropy with its prior, from where this one stands. Böhning's bound ½ XᵀX on the Hessian (Ann. Inst. Stat.
    /// Math. 44, 1992) makes every step safe, Nesterov's momentum, taken back where the objective rises, makes them few.
    #[must_use]
    pub fn learnt(&self, lessons: &Lessons) -> Self {
        let (width, classes) = (self.width, self.seen.len());
        let mut next = self.clone();
        for (name, weight) in lessons.names.iter().zip(&lessons.weights) {
            next.seen[*name] |= *weight > 0.0;
        }
        let mut bound = vec![0.0; width * width];
        for (row, weight) in lessons.features.chunks_exact(width).zip(&lessons.weights) {
            if *weight > 0.0 {
                add_row(&mut bound, row, width, f64::from(*weight) / 2.0);
            }
        }
        let factor = Factor::of(&bound, width, PRIOR);
        let (mut at, mut before) = (next.weights.clone(), next.weights.clone());
        let (mut momentum, mut last) = (1.0f64, f64::INFINITY);
        for _ in 0..STEPS {
            next.weights.clone_from(&at);
            let (loss, gradient) = next.gradient(lessons);
            if gradient.iter().all(|g| g.abs() < ARRIVED) {
                break;
            }
            if loss > last {
                momentum = 1.0;
            }
            last = loss;
            let step = factor.solve(&transposed(&gradient, classes, width), classes);
            let moved: Vec<f32> = (0..classes * width)
                .map(|i| at[i] - step[(i % width) * classes + i / width] as f32)
                .collect();
            let following = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
            let push = ((momentum - 1.0) / following) as f32;
            at = moved
                .iter()
                .zip(&before)
                .map(|(m, b)| m + push * (m - b))
                .collect();
            before = moved;
            momentum = following;
        }
        next
    }

    /// Loss and gradient. // (classes, width)
    fn gradient(&self, lessons: &Lessons) -> (f64, Vec<f64>) {
        let mut gradient: Vec<f64> = self.weights.iter().map(|w| PRIOR * f64::from(*w)).collect();
        let squares: f64 = self.weights.iter().map(|w| f64::from(*w).powi(2)).sum();
        let mut loss = PRIOR / 2.0 * squares;
        let mut part = vec![0.0f32; gradient.len()];
        let rows = lessons.features.chunks_exact(self.width);
        for ((row, name), weight) in rows.zip(&lessons.names).zip(&lessons.weights) {
            if *weight <= 0.0 {
                continue;
            }
            let mut errors = self.probabilities(row);
            loss -= f64::from(*weight) * f64::from(errors[*name].max(f32::MIN_POSITIVE)).ln();
            errors[*name] -= 1.0;
            for (error, sums) in errors.iter().zip(part.chunks_exact_mut(self.width)) {
                let error = error * weight;
                sums.iter_mut()
                    .zip(row)
                    .for_each(|(sum, x)| *sum += error * x);
            }
        }
        gradient
            .iter_mut()
            .zip(part)
            .for_each(|(g, p)| *g += f64::from(p));
        (loss, gradient)
    }

    /// How probable each class is; those never seen have 0, and all have 0 where none was.
    #[must_use]
    pub fn probabilities(&self, region: &[f32]) -> Vec<f32> {
        let rows = self.weights.chunks_exact(self.width);
        let mut p: Vec<f32> = rows
            .zip(&self.seen)
            .map(|(weights, seen)| match seen {
                true => dot(region, weights),
                false => f32::NEG_INFINITY,
            })
            .collect();
        let highest = p.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if highest == f32::NEG_INFINITY {
            return vec![0.0; p.len()];
        }
        p.iter_mut().for_each(|x| *x = (*x - highest).exp());
        let sum: f32 = p.iter().sum();
        p.iter_mut().for_each(|x| *x /= sum);
        p
    }

    /// The most probable class, if any was ever seen.
    #[must_use]
    pub fn name(&self, region: &[f32]) -> Option<usize> {
        let p = self.probabilities(region);
        let best = p.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        (*best.1 > 0.0).then_some(best.0)
    }
}

fn add_row(sums: &mut [f64], row: &[f32], width: usize, weight: f64) {
    for i in 0..width {
        let scaled = weight * f64::from(row[i]);
        let sums = &mut sums[i * width..i * width + i + 1];
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, x)| *sum += scaled * f64::from(*x));
    }
}

fn transposed(matrix: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let at = |i: usize| matrix[(i % rows) * columns + i / rows];
    (0..rows * columns).map(at).collect()
}
