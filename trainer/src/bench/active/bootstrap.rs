//! Intervals over seeds: whole seeds are drawn again, so that what belongs to one seed stays together.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

const DRAWS: u32 = 2_000;

/// A number with the limits between which 95 % of the draws lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The number itself.
    pub value: f64,
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
}

impl Estimate {
    /// Whether all of this lies below all of the other.
    #[must_use]
    pub fn is_below(&self, other: &Self) -> bool {
        self.high < other.low
    }
}

/// `of` of all seeds, with the percentiles of the same on seeds drawn with replacement; `None` where it is not a number.
///
/// The draws are the same for every call with as many seeds, so two strategies are drawn in pairs.
pub fn estimate(seeds: usize, of: impl Fn(&[usize]) -> f64) -> Option<Estimate> {
    let all: Vec<usize> = (0..seeds).collect();
    let value = of(&all);
    let drawn = |draw: u32| {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        rng.set_stream(u64::from(draw));
        let places: Vec<usize> = (0..seeds).map(|_| rng.random_range(0..seeds)).collect();
        of(&places)
    };
    let mut draws: Vec<f64> = (0..DRAWS).map(drawn).collect();
    if seeds == 0 || !value.is_finite() || draws.iter().any(|d| !d.is_finite()) {
        return None;
    }
    draws.sort_by(f64::total_cmp);
    let tail = draws.len() / 40;
    Some(Estimate {
        value,
        low: draws[tail],
        high: draws[draws.len() - 1 - tail],
    })
}

/// The mean of these values over the drawn seeds.
pub fn mean(values: &[f64], places: &[usize]) -> f64 {
    places.iter().map(|place| values[*place]).sum::<f64>() / places.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_the_same_each_time_and_holds_the_mean() {
        let values = [1.0, 2.0, 3.0, 4.0, 10.0];
        let once = estimate(5, |places| mean(&values, places)).unwrap();
        assert_eq!(once, estimate(5, |places| mean(&values, places)).unwrap());
        assert_eq!(once.value, 4.0);
        assert!(once.low < 4.0 && once.high > 4.0 && once.low >= 1.0 && once.high <= 10.0);
        assert_eq!(estimate(5, |_| f64::NAN), None);
        assert_eq!(estimate(0, |_| 1.0), None);
    }

    #[test]
    fn a_ratio_of_pairs_has_no_spread_where_each_pair_has_the_same() {
        let (ours, theirs) = ([1.0, 2.0, 5.0], [2.0, 4.0, 10.0]);
        let ratio = estimate(3, |p| mean(&ours, p) / mean(&theirs, p)).unwrap();
        assert_eq!((ratio.low, ratio.value, ratio.high), (0.5, 0.5, 0.5));
    }
}
