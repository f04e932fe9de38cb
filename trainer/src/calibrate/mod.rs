//! What a model's confidence is worth: from judged answers to a map from raw signals to shares that come true, and how far it holds.
//!
//! For each task and language apart, a map is fitted on the answers about the patients of one split (`val`) and reported on those of
//! another (`test`). Which signal and which kind of map are taken is decided by cross-validation over the first split's patients alone.
//! For boxes there is besides a margin by which a box is widened so that it holds the whole of what it marks, as often as promised
//! ([`conformal`]). Patients, not answers, are what is drawn by chance: folds, intervals and splits are all over patients.
//!
//! Nothing here knows how an answer came about; signals that are missing, as in files of before there were any, leave a line out.

mod choice;
pub mod conformal;
mod diagram;
mod isotonic;
mod platt;
mod reliability;
mod report;
mod samples;
mod signal;
mod study;
mod temperature;

pub use choice::{Candidate, Method};
pub use conformal::Margin;
pub use diagram::diagram;
pub use isotonic::Isotonic;
pub use platt::Platt;
pub use reliability::{Bin, Reliability, Told};
pub use report::in_words;
pub use samples::{Sample, samples};
pub use signal::{Measure, Of, Signal};
pub use study::{Spread, Study};
pub use temperature::Temperature;

use crate::eval::Task;
use medreg_datasets::geometry::{ImageSize, PixelBox};
use medreg_datasets::lang::Lang;
use medreg_datasets::protocol::{PredictionLine, RegionSignals, Signals};
use medreg_datasets::snapshot::Split;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// The name of the calibration's file among a run's artifacts and in a model's folder.
pub const CALIBRATION_FILE: &str = "calibration.json";
/// The version of that file's layout.
pub const VERSION: u32 = 1;
/// Patients without whom nothing is calibrated: an error of ten points is chance among fewer.
pub const FEWEST_PATIENTS: usize = 20;
/// Right answers, and wrong ones, without which there is nothing to tell apart.
pub const FEWEST_OF_EACH: usize = 5;
/// The share of boxes that a widened box may fail to hold.
pub const ALPHA: f64 = 0.1;

/// Everything that was found, as `calibration.json` holds it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// [`VERSION`].
    pub version: u32,
    /// One for each task and language.
    pub parts: Vec<Part>,
}

/// One task in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// `r2t`: is the name right? `t2r`: does the box overlap a true one by at least an IoU of 0.5?
    pub task: String,
    /// The language of question and answer.
    pub lang: Lang,
    /// Answers that the map was fitted on, and how many of them are right.
    pub fitted_on: Count,
    /// The map; absent where there is too little to fit one.
    pub map: Option<Map>,
    /// What was compared, by cross-validation.
    pub candidates: Vec<Candidate>,
    /// What the raw confidence (the geometric mean of the answer's token probabilities) is worth on the held-out patients.
    pub before: Option<Reliability>,
    /// What the mapped one is worth there.
    pub after: Option<Reliability>,
    /// By how much boxes are widened, for `t2r`; absent where too few patients allow no promise.
    pub margin: Option<Margin>,
    /// The share of held-out boxes that their widened boxes hold, patients counting alike.
    pub held: Option<f64>,
    /// The same over random halves of all patients.
    pub study: Option<Study>,
}

/// How much something rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Answers, or boxes.
    pub samples: usize,
    /// Those that are right.
    pub right: usize,
    /// Patients that they are of.
    pub patients: usize,
}

/// From a raw signal to the share of answers with such a signal that are right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Map {
    /// The signal.
    pub measure: Measure,
    /// The map of its log-odds.
    pub fit: Fit,
}

/// A fitted map of log-odds to probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Fit {
    /// The log-odds divided by one number.
    Temperature(Temperature),
    /// A logistic curve with slope and intercept.
    Platt(Platt),
    /// Any rising steps.
    Isotonic(Isotonic),
}

impl Fit {
    /// The probability for these log-odds, in 0..=1.
    #[must_use]
    pub fn probability(&self, log_odds: f64) -> f64 {
        match self {
            Self::Temperature(fit) => fit.probability(log_odds),
            Self::Platt(fit) => fit.probability(log_odds),
            Self::Isotonic(fit) => fit.probability(log_odds),
        }
    }
}

impl Map {
    /// The probability of being right; `None` where the signal that it needs is missing.
    #[must_use]
    pub fn probability(&self, answer: &Signals, coordinates: Option<&Signals>) -> Option<f64> {
        let log_odds = self.measure.log_odds(answer, coordinates)?;
        Some(self.fit.probability(log_odds))
    }
}

impl Count {
    fn of(samples: &[Sample]) -> Self {
        let patients: BTreeSet<&str> = samples.iter().map(|s| s.patient.as_str()).collect();
        Self {
            samples: samples.len(),
            right: samples.iter().filter(|s| s.right).count(),
            patients: patients.len(),
        }
    }

    /// Whether a map may be fitted on so much.
    fn suffices(&self) -> bool {
        self.patients >= FEWEST_PATIENTS
            && self.right >= FEWEST_OF_EACH
            && self.samples - self.right >= FEWEST_OF_EACH
    }
}

impl Calibration {
    /// Fits on the lines of one split, reports on those of another.
    #[must_use]
    pub fn fit(lines: &[PredictionLine], fit_on: Split, report_on: Split) -> Self {
        Self::of(lines, fit_on, report_on, None)
    }

    /// The same, with what comes of as many random halves of all patients of both splits.
    #[must_use]
    pub fn study(lines: &[PredictionLine], fit_on: Split, report_on: Split, splits: usize) -> Self {
        Self::of(lines, fit_on, report_on, Some(splits))
    }

    fn of(
        lines: &[PredictionLine],
        fit_on: Split,
        report_on: Split,
        splits: Option<usize>,
    ) -> Self {
        let kinds: BTreeSet<(&str, &Lang)> = lines.iter().map(|l| (&*l.task, &l.lang)).collect();
        let part = |(task, lang): (&str, &Lang)| {
            let of = |split: Split| {
                let wanted =
                    |l: &&PredictionLine| l.split == split && l.task == task && l.lang == *lang;
                samples(lines.iter().filter(wanted))
            };
            let (fit, held_out) = (of(fit_on), of(report_on));
            let study = splits.and_then(|splits| Study::of(&fit, &held_out, splits));
            Part {
                study,
                ..Part::of(task, lang, &fit, &held_out)
            }
        };
        Self {
            version: VERSION,
            parts: kinds.into_iter().map(part).collect(),
        }
    }

    /// The part of a task and a language.
    #[must_use]
    pub fn part(&self, task: Task, lang: &Lang) -> Option<&Part> {
        let wanted = |part: &&Part| part.task == task.as_str() && part.lang == *lang;
        self.parts.iter().find(wanted)
    }

    /// The probability that a proposed box hits, where there is a map for it.
    #[must_use]
    pub fn confidence(&self, lang: &Lang, signals: &RegionSignals) -> Option<f64> {
        let map = self.part(Task::TextToRegion, lang)?.map.as_ref()?;
        map.probability(&signals.answer, Some(&signals.coordinates))
    }

    /// The widened box, where there is a promise for it.
    #[must_use]
    pub fn outer(&self, lang: &Lang, bbox: &PixelBox, size: ImageSize) -> Option<PixelBox> {
        let part = self.part(Task::TextToRegion, lang)?;
        part.margin.as_ref()?.widened(bbox, size)
    }

    /// Reads a model folder's calibration; `None` where it has none, or one of a later layout.
    pub fn read(folder: &Path) -> Result<Option<Self>, CalibrationError> {
        let path = folder.join(CALIBRATION_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let wrong = |reason: String| CalibrationError {
            path: path.clone(),
            reason,
        };
        let json = std::fs::read(&path).map_err(|e| wrong(e.to_string()))?;
        let found: Self = serde_json::from_slice(&json).map_err(|e| wrong(e.to_string()))?;
        Ok((found.version == VERSION).then_some(found))
    }

    /// Writes it into a model's folder.
    pub fn write(&self, folder: &Path) -> Result<(), CalibrationError> {
        let path = folder.join(CALIBRATION_FILE);
        let wrong = |reason: String| CalibrationError {
            path: path.clone(),
            reason,
        };
        let json = serde_json::to_vec_pretty(self).map_err(|e| wrong(e.to_string()))?;
        std::fs::write(&path, json).map_err(|e| wrong(e.to_string()))
    }
}

/// A calibration that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}; `medreg-trainer calibrate` makes a new one")]
pub struct CalibrationError {
    path: std::path::PathBuf,
    reason: String,
}

impl Part {
    fn of(task: &str, lang: &Lang, fit: &[Sample], held_out: &[Sample]) -> Self {
        let fitted_on = Count::of(fit);
        let chosen = fitted_on.suffices().then(|| choice::choose(fit));
        let (map, candidates) = chosen.unwrap_or_default();
        let margin = Margin::fit(fit, ALPHA);
        Self {
            task: task.to_owned(),
            lang: lang.clone(),
            fitted_on,
            candidates,
            before: Reliability::of(held_out, Sample::raw),
            after: (map.as_ref()).and_then(|map| Reliability::of(held_out, |s| s.mapped(map))),
            held: margin.as_ref().and_then(|m| m.held(held_out)),
            map,
            margin,
            study: None,
        }
    }
}

#[cfg(test)]
mod tests;
