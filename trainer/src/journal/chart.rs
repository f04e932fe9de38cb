//! The points of a run's charts.

use crate::train::StepReport;
use medreg_datasets::protocol::MetricPoint;

/// Gathers a run's steps into the points of its charts, averaged between two logged steps.
#[derive(Debug, Default)]
pub struct Chart {
    steps: u32,
    loss: f64,
    tokens: usize,
    seconds: f64,
}

impl Chart {
    /// The points to draw after this step; none between logged steps.
    pub fn points(&mut self, report: &StepReport) -> Vec<MetricPoint> {
        self.steps += 1;
        self.loss += report.loss;
        self.tokens += report.tokens;
        self.seconds += report.seconds;
        if !report.log {
            return Vec::new();
        }
        let gathered = std::mem::take(self);
        let seconds = gathered.seconds.max(f64::MIN_POSITIVE);
        let values = [
            ("train/loss", gathered.loss / f64::from(gathered.steps)),
            ("train/learning_rate", report.learning_rate),
            ("train/gradient_norm", report.grad_norm),
            (
                "train/steps_per_second",
                f64::from(gathered.steps) / seconds,
            ),
            ("train/tokens_per_second", gathered.tokens as f64 / seconds),
        ];
        let point = |(name, value): (&str, f64)| MetricPoint {
            name: name.to_owned(),
            step: report.step,
            value,
        };
        values
            .into_iter()
            .filter(|(_, value)| value.is_finite())
            .map(point)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_averages_between_logged_steps() {
        let report = |step, loss, log| StepReport {
            step,
            steps: 4,
            loss,
            learning_rate: 0.1,
            grad_norm: f64::NAN,
            tokens: 10,
            seconds: 0.5,
            log,
        };
        let mut chart = Chart::default();
        assert_eq!(chart.points(&report(1, 4.0, false)), []);
        let points = chart.points(&report(2, 2.0, true));
        let of = |name: &str| {
            points
                .iter()
                .find(|p| p.name == name)
                .map(|p| (p.step, p.value))
        };
        assert_eq!(of("train/loss"), Some((2, 3.0)));
        assert_eq!(of("train/steps_per_second"), Some((2, 2.0)));
        assert_eq!(of("train/gradient_norm"), None);
        assert_eq!(chart.points(&report(3, 1.0, true))[0].value, 1.0);
    }
}
