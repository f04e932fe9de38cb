//! A short vector in the place of a long gradient.

/// Width of a sketch.
pub(super) const WIDTH: usize = 64;

/// The sum of outer products errors ⊗ state, such as the gradient of a softmax layer's weights, in 64 numbers: a tensor sketch (Pham and
/// Pagh, KDD 2013). The inner product of two sketches is on average that of what they stand for, and is off by about its size / 8.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    sums: [f64; WIDTH],
    seed: u64,
}

impl Sketch {
    /// Of nothing; only sketches of one seed can be compared.
    pub fn new(seed: u64) -> Self {
        Self {
            sums: [0.0; WIDTH],
            seed,
        }
    }

    /// Adds one outer product.
    pub fn add(&mut self, errors: impl Iterator<Item = f32>, state: &[f32]) {
        let errors = counted(errors, mixed(self.seed));
        let state = counted(state.iter().copied(), mixed(self.seed ^ u64::MAX));
        for (i, error) in errors.iter().enumerate() {
            for (j, number) in state.iter().enumerate() {
                self.sums[(i + j) % WIDTH] += error * number;
            }
        }
    }

    /// The mean of what was added `count` times.
    pub fn mean(&self, count: usize) -> Vec<f32> {
        let count = count.max(1) as f64;
        self.sums.iter().map(|sum| (sum / count) as f32).collect()
    }
}

/// Each number is added to a place, or taken away from it, that a hash of its index tells (a count sketch).
fn counted(numbers: impl Iterator<Item = f32>, seed: u64) -> [f64; WIDTH] {
    let mut sums = [0.0; WIDTH];
    for (index, number) in numbers.enumerate() {
        let hash = mixed(seed.wrapping_add(index as u64));
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        sums[hash as usize % WIDTH] += sign * f64::from(number);
    }
    sums
}

/// SplitMix64 (Steele et al. 2014): near numbers give unlike ones, the same on every machine.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum()
    }

    #[test]
    fn inner_products_are_kept_on_average() {
        let wave = |count: usize, pace: f32| -> Vec<f32> {
            (0..count).map(|i| (i as f32 * pace).sin()).collect()
        };
        let (p, h) = (wave(300, 0.3), wave(40, 0.7));
        let (q, k) = (wave(300, 0.31), wave(40, 0.72));
        let sketch = |seed, errors: &[f32], state: &[f32]| {
            let mut sketch = Sketch::new(seed);
            sketch.add(errors.iter().copied(), state);
            sketch.mean(1)
        };
        let both = |seed| inner(&sketch(seed, &p, &h), &sketch(seed, &q, &k));
        let seeds = 400;
        let mean = (0..seeds).map(both).sum::<f64>() / f64::from(seeds as u32);
        let size = (inner(&p, &p) * inner(&h, &h) * inner(&q, &q) * inner(&k, &k)).sqrt();
        let true_one = inner(&p, &q) * inner(&h, &k);
        // Each is off by about size / 8, and their mean by a twentieth of that.
        assert!(
            (mean - true_one).abs() < size / 8.0 / 20.0 * 4.0,
            "{mean} {true_one} {size}"
        );
    }

    #[test]
    fn sketches_add_up() {
        let mut sum = Sketch::new(3);
        sum.add([1.0, 0.0, -1.0].into_iter(), &[2.0, 0.5]);
        let once = sum.mean(1);
        sum.add([1.0, 0.0, -1.0].into_iter(), &[2.0, 0.5]);
        assert_eq!(sum.mean(2), once);
        assert!(once.iter().any(|x| *x != 0.0));
    }
}
