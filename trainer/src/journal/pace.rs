//! How fast a run goes, and what is left of it.

use crate::train::StepReport;
use serde::Serialize;

/// The share that each step keeps of the ones before it: the pace is that of about the last twenty.
const SMOOTHING: f64 = 0.95;

/// How a run stands after a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Steps done.
    pub step: u32,
    /// Steps planned.
    pub steps: u32,
    /// The step's loss: mean cross-entropy over supervised tokens.
    pub loss: f64,
    /// Supervised tokens a second, over the last steps.
    pub tokens_per_second: f64,
    /// Seconds until the last step is done, at the pace of the last steps; checkpoints come on top.
    pub eta_seconds: f64,
}

/// The pace of a run's last steps.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    steps: f64,
    tokens: f64,
    seconds: f64,
}

impl Pace {
    /// Takes in a step, and says how the run stands after it.
    pub fn after(&mut self, report: &StepReport) -> Standing {
        self.steps = SMOOTHING * self.steps + 1.0;
        self.tokens = SMOOTHING * self.tokens + report.tokens as f64;
        self.seconds = SMOOTHING * self.seconds + report.seconds;
        let left = report.steps.saturating_sub(report.step);
        Standing {
            step: report.step,
            steps: report.steps,
            loss: report.loss,
            tokens_per_second: self.tokens / self.seconds.max(f64::MIN_POSITIVE),
            eta_seconds: f64::from(left) * self.seconds / self.steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_last_steps() {
        let report = |step, seconds| StepReport {
            step,
            steps: 10,
            loss: 1.5,
            learning_rate: 0.1,
            grad_norm: 1.0,
            tokens: 60,
            seconds,
            log: false,
        };
        let mut pace = Pace::default();
        let first = pace.after(&report(1, 2.0));
        assert_eq!((first.tokens_per_second, first.eta_seconds), (30.0, 18.0));
        // By hand: (0.95 · 2 + 1) / 1.95 seconds a step.
        let second = pace.after(&report(2, 1.0));
        assert!((second.eta_seconds - 8.0 * 2.9 / 1.95).abs() < 1e-12);
        assert!((second.tokens_per_second - 60.0 * 1.95 / 2.9).abs() < 1e-12);
        assert_eq!(pace.after(&report(10, 1.0)).eta_seconds, 0.0);
    }
}
