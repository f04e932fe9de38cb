//! The raw signals, each on one scale: log-odds, as if the signal were the probability of being right.

use medreg_datasets::protocol::Signals;
use serde::{Deserialize, Serialize};

/// Which tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// All tokens of the answer.
    Answer,
    /// Those of one box's coordinates.
    Coordinates,
}

/// What of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// The mean log-probability; its probability is the geometric mean of the tokens'.
    Mean,
    /// The least log-probability; its probability is the least likely token's.
    Least,
    /// The least difference from the next likely token's log-probability, which is the log-odds between the two.
    Margin,
    /// The mean entropy, whose probability is that of one among equally likely ones with such an entropy.
    Entropy,
}

/// A signal of some tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Measure {
    /// Which tokens.
    pub of: Of,
    /// What of them.
    pub signal: Signal,
}

/// Log-odds beyond this say no more: one in half a billion.
const FURTHEST: f64 = 20.0;

impl Measure {
    /// All of them, those of the whole answer first.
    pub const ALL: [Self; 8] = {
        use Signal::{Entropy, Least, Margin, Mean};
        let [a, c] = [Of::Answer, Of::Coordinates];
        [
            Self::new(a, Mean),
            Self::new(a, Least),
            Self::new(a, Margin),
            Self::new(a, Entropy),
            Self::new(c, Mean),
            Self::new(c, Least),
            Self::new(c, Margin),
            Self::new(c, Entropy),
        ]
    };

    const fn new(of: Of, signal: Signal) -> Self {
        Self { of, signal }
    }

    /// The log-odds that it gives; `None` where the answer has no such tokens or the number is none.
    #[must_use]
    pub fn log_odds(&self, answer: &Signals, coordinates: Option<&Signals>) -> Option<f64> {
        let signals = match self.of {
            Of::Answer => answer,
            Of::Coordinates => coordinates?,
        };
        let odds = match self.signal {
            Signal::Mean => log_odds(signals.mean),
            Signal::Least => log_odds(signals.least),
            Signal::Margin => signals.margin,
            Signal::Entropy => log_odds(-signals.entropy),
        };
        (!odds.is_nan()).then(|| odds.clamp(-FURTHEST, FURTHEST))
    }
}

/// From the logarithm of a probability to its log-odds, exact where the probability is close to 1.
fn log_odds(log_probability: f64) -> f64 {
    // Not `min`, which takes what is no number for 0, and so for certain.
    let log = if log_probability > 0.0 {
        0.0
    } else {
        log_probability
    };
    log - (-log.exp_m1()).ln()
}

/// The logistic function.
pub(super) fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_of_probabilities_are_worked_by_hand() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        close(log_odds(0.5f64.ln()), 0.0);
        close(log_odds(0.9f64.ln()), 9.0f64.ln());
        close(logistic(9.0f64.ln()), 0.9);
        let signals = Signals {
            mean: 0.8f64.ln(),
            least: 0.0,
            margin: -1.5,
            entropy: f64::NAN,
        };
        let of = |signal| Measure::new(Of::Answer, signal).log_odds(&signals, None);
        close(of(Signal::Mean).unwrap(), 4.0f64.ln());
        assert_eq!(of(Signal::Least), Some(FURTHEST));
        assert_eq!(of(Signal::Margin), Some(-1.5));
        assert_eq!(of(Signal::Entropy), None);
        assert_eq!(Measure::ALL[4].log_odds(&signals, None), None);
    }
}
