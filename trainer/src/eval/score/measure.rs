//! What every measure is to those who add up: a row of sums per entry, and scores of the sums.

use super::entries::Entry;

/// One number of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// What it is called; docs/scores.md defines it.
    pub name: &'static str,
    /// The number; none where it divides by nothing.
    pub value: Option<f64>,
    /// What it is a mean over.
    pub n: f64,
}

impl Score {
    /// `part` of `whole`.
    #[must_use]
    pub fn ratio(name: &'static str, part: f64, whole: f64) -> Self {
        let value = (whole != 0.0).then(|| part / whole).filter(|v| !v.is_nan());
        Self {
            name,
            value,
            n: whole,
        }
    }

    /// A score that is no plain ratio, over `n` of what it counts.
    #[must_use]
    pub fn of(name: &'static str, value: f64, n: f64) -> Self {
        let value = Some(value).filter(|v| n != 0.0 && v.is_finite());
        Self { name, value, n }
    }
}

/// Why an entry cannot be scored; the published evaluators end at the first such entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unscorable {
    /// Its right answer's boxes are not four numbers each.
    #[error("the boxes of its right answer are not lists of four numbers")]
    TruthBoxes,
    /// Its right answer has no box.
    #[error("its right answer has no box")]
    NoTruth,
    /// A box that was not understood is assigned to a true one and has no name.
    #[error("a box without a name is assigned to a true one")]
    NoName,
    /// Boxes without area, so that an overlap is not a number.
    #[error("an overlap of its boxes is not a number")]
    NoOverlap,
    /// A right answer that is not one of the labels.
    #[error("its right answer is not one of the labels")]
    NoLabel,
}

/// A measure of one task.
pub trait Measure: Sync {
    /// How many sums there are.
    fn width(&self) -> usize;
    /// The sums of one entry.
    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable>;
    /// The scores of sums.
    fn scores(&self, sums: &[f64]) -> Vec<Score>;
}
