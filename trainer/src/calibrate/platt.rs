//! Platt scaling: logistic regression on one number, with targets drawn in a little from 0 and 1 (Platt 1999; Lin, Lin and Weng 2007).

use super::signal::logistic;
use super::temperature::softplus;
use serde::{Deserialize, Serialize};

/// A logistic curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// Log-odds gained for each unit of the raw signal's; below 0 where the signal misleads.
    pub slope: f64,
    /// Log-odds where the raw signal's are 0.
    pub intercept: f64,
}

const STEPS: usize = 100;
/// A step shorter than this is the last.
const STILL: f64 = 1e-10;
/// Keeps the two equations solvable where all signals are alike.
const RIDGE: f64 = 1e-12;

impl Platt {
    /// The curve of the least log loss, by Newton's method with steps halved until they gain.
    #[must_use]
    pub fn fit(log_odds: &[f64], right: &[bool]) -> Self {
        let targets = targets(right);
        let pairs = || log_odds.iter().copied().zip(targets.iter().copied());
        let loss = |fit: &Self| -> f64 {
            pairs()
                .map(|(x, t)| softplus(-fit.at(x)) + (1.0 - t) * fit.at(x))
                .sum()
        };
        let mut fit = Self {
            slope: 0.0,
            intercept: 0.0,
        };
        for _ in 0..STEPS {
            let step = newton(&fit, pairs());
            let mut steps = (0..40).map(|halvings| fit.moved(step, 0.5f64.powi(halvings)));
            let before = loss(&fit);
            let Some(next) = steps.find(|next| loss(next) <= before) else {
                break;
            };
            let moved = (next.slope - fit.slope).abs() + (next.intercept - fit.intercept).abs();
            fit = next;
            if moved < STILL {
                break;
            }
        }
        fit
    }

    /// The probability for these log-odds.
    #[must_use]
    pub fn probability(&self, log_odds: f64) -> f64 {
        logistic(self.at(log_odds))
    }

    fn at(&self, log_odds: f64) -> f64 {
        self.slope * log_odds + self.intercept
    }

    fn moved(&self, [slope, intercept]: [f64; 2], share: f64) -> Self {
        Self {
            slope: self.slope - share * slope,
            intercept: self.intercept - share * intercept,
        }
    }
}

/// What right and wrong answers are fitted to: the posterior means under a flat prior.
fn targets(right: &[bool]) -> Vec<f64> {
    let yes = right.iter().filter(|right| **right).count() as f64;
    let no = right.len() as f64 - yes;
    let target = |right: &bool| match right {
        true => (yes + 1.0) / (yes + 2.0),
        false => 1.0 / (no + 2.0),
    };
    right.iter().map(target).collect()
}

/// The inverse of the Hessian times the gradient.
fn newton(fit: &Platt, pairs: impl Iterator<Item = (f64, f64)>) -> [f64; 2] {
    let (mut g, mut h) = ([0.0; 2], [RIDGE, 0.0, RIDGE]);
    for (x, target) in pairs {
        let p = fit.probability(x);
        let (error, weight) = (p - target, p * (1.0 - p));
        g[0] += error * x;
        g[1] += error;
        h[0] += weight * x * x;
        h[1] += weight * x;
        h[2] += weight;
    }
    let determinant = h[0] * h[2] - h[1] * h[1];
    match determinant.abs() > f64::MIN_POSITIVE {
        true => [
            (h[2] * g[0] - h[1] * g[1]) / determinant,
            (h[0] * g[1] - h[1] * g[0]) / determinant,
        ],
        // All signals are alike: the intercept alone can move.
        false => [0.0, g[1] / h[2]],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_signals_are_given_the_share_that_is_right() {
        let fit = Platt::fit(
            &[1.0; 8],
            &[true, true, true, true, true, true, false, false],
        );
        // The targets are 7/8 and 1/4: their mean is (6·7/8 + 2·1/4) / 8.
        let expected = (6.0 * 0.875 + 2.0 * 0.25) / 8.0;
        assert!((fit.probability(1.0) - expected).abs() < 1e-6, "{fit:?}");
    }

    #[test]
    fn a_signal_that_misleads_gets_a_falling_curve() {
        let odds: Vec<f64> = (0..40).map(|n| f64::from(n) / 10.0).collect();
        let right: Vec<bool> = (0..40).map(|n| n < 20).collect();
        assert!(Platt::fit(&odds, &right).slope < 0.0);
    }
}
