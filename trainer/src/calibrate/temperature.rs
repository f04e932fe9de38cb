//! Temperature scaling (Guo et al. 2017), on the log-odds of one answer.

use super::signal::logistic;
use serde::{Deserialize, Serialize};

/// The log-odds divided by one number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Temperature {
    /// Above 1 the raw signal was too sure.
    pub temperature: f64,
}

/// The logarithms of the temperatures that are looked at: 1/150 to 150.
const RANGE: f64 = 5.0;
/// Steps of the search, each of which leaves 0.618 of the range.
const STEPS: usize = 60;

impl Temperature {
    /// The temperature of the least log loss. The loss is convex in its inverse, and so has one valley.
    #[must_use]
    pub fn fit(log_odds: &[f64], right: &[bool]) -> Self {
        let loss = |log: f64| {
            let scale = (-log).exp();
            log_odds
                .iter()
                .zip(right)
                .map(|(x, right)| softplus(if *right { -x * scale } else { x * scale }))
                .sum::<f64>()
        };
        Self {
            temperature: valley(loss, -RANGE, RANGE).exp(),
        }
    }

    /// The probability for these log-odds.
    #[must_use]
    pub fn probability(&self, log_odds: f64) -> f64 {
        logistic(log_odds / self.temperature)
    }
}

/// ln(1 + eˣ) without overflow: the log loss of log-odds -x.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Golden-section search.
fn valley(of: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    for _ in 0..STEPS {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if of(a) <= of(b) {
            high = b;
        } else {
            low = a;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_too_sure_is_a_temperature_of_two() {
        // Log-odds of 2·ln 3 where three of four are right: ln 3 would be true.
        let odds = [2.0 * 3f64.ln(); 4];
        let fit = Temperature::fit(&odds, &[true, true, true, false]);
        assert!((fit.temperature - 2.0).abs() < 1e-6, "{fit:?}");
        assert!((fit.probability(odds[0]) - 0.75).abs() < 1e-6);
    }
}
