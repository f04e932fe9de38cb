//! The learning rate: a linear rise, then what the run's schedule says.

use medreg_datasets::protocol::{LearningRateSchedule, RunConfig};
use std::time::Duration;

/// Where the cosine and the line end, relative to the peak.
const FLOOR: f64 = 0.05;

/// A run's learning rate by its progress in steps or, where there is a budget, in time.
#[derive(Clone, Debug)]
pub struct Schedule {
    peak: f64,
    warmup: f64,
    then: LearningRateSchedule,
    steps: f64,
    budget: Option<f64>,
}

impl Schedule {
    /// For a run's settings.
    #[must_use]
    pub fn new(config: &RunConfig, budget: Option<Duration>) -> Self {
        Self {
            peak: config.learning_rate,
            warmup: config.warmup,
            then: config.schedule,
            steps: f64::from(config.steps),
            budget: budget.map(|b| b.as_secs_f64()),
        }
    }

    /// Whether the time is up.
    #[must_use]
    pub fn over(&self, seconds: f64) -> bool {
        self.budget.is_some_and(|b| seconds >= b)
    }

    /// The rate for the step after `step` steps and `seconds`.
    #[must_use]
    pub fn rate(&self, step: u32, seconds: f64) -> f64 {
        let by_time = self.budget.map_or(0.0, |b| seconds / b);
        let done = ((f64::from(step) + 0.5) / self.steps).max(by_time).min(1.0);
        if done < self.warmup {
            return self.peak * done / self.warmup;
        }
        let fall = (done - self.warmup) / (1.0 - self.warmup);
        let above = match self.then {
            LearningRateSchedule::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * fall).cos()),
            LearningRateSchedule::Linear => 1.0 - fall,
            LearningRateSchedule::Constant => return self.peak,
        };
        self.peak * (FLOOR + (1.0 - FLOOR) * above)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_falls() {
        let config = RunConfig {
            steps: 100,
            warmup: 0.1,
            learning_rate: 1.0,
            ..RunConfig::default()
        };
        let rates: Vec<f64> = (0..100)
            .map(|s| Schedule::new(&config, None).rate(s, 0.0))
            .collect();
        assert!(rates[..10].windows(2).all(|w| w[0] < w[1]));
        assert!(rates[10..].windows(2).all(|w| w[0] > w[1]));
        assert!(rates[99] < 0.06 && rates[10] > 0.99);
        let timed = Schedule::new(&config, Some(Duration::from_secs(10)));
        assert!(timed.over(10.0) && timed.rate(0, 9.9) < 0.06);
    }

    /// The middle of each step of a hundred, by hand.
    #[test]
    fn each_schedule_rises_alike_and_falls_in_its_own_way() {
        let rates = |schedule| {
            let config = RunConfig {
                steps: 100,
                warmup: 0.1,
                learning_rate: 2.0,
                schedule,
                ..RunConfig::default()
            };
            let schedule = Schedule::new(&config, None);
            [4, 32, 77, 99].map(|step| schedule.rate(step, 0.0))
        };
        for (schedule, expected) in [
            // Progress 0.045, 0.325, 0.775, 0.995: falls of 0.25, 0.75 and 0.994 of the way.
            (LearningRateSchedule::Constant, [0.9, 2.0, 2.0, 2.0]),
            (LearningRateSchedule::Linear, [0.9, 1.525, 0.575, 0.110_556]),
            (
                LearningRateSchedule::Cosine,
                [0.9, 1.721_751, 0.378_249, 0.100_145],
            ),
        ] {
            for (rate, expected) in rates(schedule).into_iter().zip(expected) {
                assert!((rate - expected).abs() < 1e-5, "{schedule:?}: {rate}");
            }
        }
    }
}
