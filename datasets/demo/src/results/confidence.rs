//! What a published model's confidences are worth, as its `calibration.json` tells.

use medreg_datasets::lang::Lang;
use serde::{Deserialize, Serialize};

/// The name of the file among a run's artifacts.
pub const CALIBRATION_FILE: &str = "calibration.json";

/// The published calibration, as far as it is told here.
#[derive(Debug, Deserialize)]
pub struct Calibration {
    /// One for each task and language.
    pub parts: Vec<Part>,
}

/// One task in one language.
#[derive(Debug, Deserialize)]
pub struct Part {
    task: String,
    lang: Lang,
    fitted_on: Count,
    before: Option<Reliability>,
    after: Option<Reliability>,
}

#[derive(Debug, Deserialize)]
struct Count {
    patients: usize,
}

#[derive(Debug, Deserialize)]
struct Reliability {
    patients: usize,
    ece: f64,
    ece_interval: [f64; 2],
}

/// What the confidences of one task in one language are worth on the held-out patients.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfidenceSummary {
    /// `r2t`: names for boxes. `t2r`: boxes for names.
    pub task: String,
    /// The language of question and answer.
    pub lang: Lang,
    /// Patients on whom the map was fitted.
    pub fitted_on: usize,
    /// Patients on whom the errors are counted.
    pub patients: usize,
    /// The expected calibration error of the tokens' probabilities themselves.
    pub ece_before: Option<f64>,
    /// That of the confidences; absent where there were too few patients for a map.
    pub ece: Option<f64>,
    /// Its 95 % interval over draws of patients.
    pub ece_interval: Option<[f64; 2]>,
}

impl From<&Part> for ConfidenceSummary {
    fn from(part: &Part) -> Self {
        let (before, after) = (part.before.as_ref(), part.after.as_ref());
        Self {
            task: part.task.clone(),
            lang: part.lang.clone(),
            fitted_on: part.fitted_on.patients,
            patients: after.or(before).map_or(0, |found| found.patients),
            ece_before: before.map(|found| found.ece),
            ece: after.map(|found| found.ece),
            ece_interval: after.map(|found| found.ece_interval),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_file_is_read_and_a_part_without_a_map_has_no_error() {
        let file = serde_json::json!({"version": 1, "parts": [
            {"task": "t2r", "lang": "en", "fitted_on": {"samples": 90, "right": 40, "patients": 23},
             "before": {"samples": 60, "patients": 31, "ece": 0.25, "ece_interval": [0.2, 0.3]},
             "after": {"samples": 60, "patients": 31, "ece": 0.03, "ece_interval": [0.02, 0.06]}},
            {"task": "r2t", "lang": "zh", "fitted_on": {"samples": 9, "right": 8, "patients": 3}, "before": null, "after": null},
        ]});
        let file: Calibration = serde_json::from_value(file).unwrap();
        let told: Vec<ConfidenceSummary> = file.parts.iter().map(ConfidenceSummary::from).collect();
        assert_eq!((told[0].fitted_on, told[0].patients), (23, 31));
        assert_eq!((told[0].ece_before, told[0].ece), (Some(0.25), Some(0.03)));
        assert_eq!(told[0].ece_interval, Some([0.02, 0.06]));
        assert_eq!((told[1].patients, told[1].ece), (0, None));
    }
}
