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

/// What sums become scores: all that drawing patients needs to know.
pub trait Sums: Sync {
    /// How many sums there are.
    fn width(&self) -> usize;
    /// The scores of sums.
    fn scores(&self, sums: &[f64]) -> Vec<Score>;
}

impl<M: Measure + ?Sized> Sums for M {
    fn width(&self) -> usize {
        Measure::width(self)
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        Measure::scores(self, sums)
    }
}

/// Plain means: of each name one sum of values and one of how many there were.
#[derive(Clone, Debug)]
pub struct Means(pub Vec<&'static str>);

impl Means {
    /// The sums of one case; what it says nothing of is absent.
    #[must_use]
    pub fn count(values: &[Option<f64>]) -> Vec<f64> {
        let finite = |value: &Option<f64>| value.filter(|v| v.is_finite());
        let both = |value| {
            [
                finite(value).unwrap_or(0.0),
                f64::from(u8::from(finite(value).is_some())),
            ]
        };
        values.iter().flat_map(both).collect()
    }
}

impl Sums for Means {
    fn width(&self) -> usize {
        2 * self.0.len()
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let named = self.0.iter().zip(sums.chunks_exact(2));
        named
            .map(|(name, of)| Score::ratio(name, of[0], of[1]))
            .collect()
    }
}
