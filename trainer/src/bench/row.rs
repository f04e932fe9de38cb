//! Measured numbers as rows.

use super::median;
use serde::Serialize;

/// One measured number; with what it is compared to, where it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub metric: String,
    /// The number.
    pub ours: f64,
    /// What it is held against in the same run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<f64>,
    /// `ours / reference`; of several pairs the median of their ratios.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// The least of the pairs' ratios.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The greatest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// Of `ours` and `reference`.
    pub unit: &'static str,
    /// How it was measured.
    pub note: String,
}

impl Row {
    pub(super) fn new(
        metric: impl Into<String>,
        ours: f64,
        unit: &'static str,
        note: impl Into<String>,
    ) -> Self {
        Self {
            metric: metric.into(),
            ours,
            reference: None,
            ratio: None,
            low: None,
            high: None,
            unit,
            note: note.into(),
        }
    }

    pub(super) fn against(self, reference: f64) -> Self {
        Self {
            ratio: Some(self.ours / reference),
            reference: Some(reference),
            ..self
        }
    }

    /// Ours and theirs of several pairs: the medians of both sides, and median and spread of the pairs' ratios.
    pub(super) fn of_pairs(
        metric: impl Into<String>,
        pairs: &[(f64, f64)],
        unit: &'static str,
        note: impl Into<String>,
    ) -> Self {
        let median_of = |side: fn(&(f64, f64)) -> f64| {
            let mut numbers: Vec<f64> = pairs.iter().map(side).collect();
            median(&mut numbers)
        };
        let ratios = || pairs.iter().map(|(ours, theirs)| ours / theirs);
        Self {
            reference: Some(median_of(|pair| pair.1)),
            ratio: Some(median_of(|(ours, theirs)| ours / theirs)),
            low: ratios().reduce(f64::min),
            high: ratios().reduce(f64::max),
            ..Self::new(metric, median_of(|pair| pair.0), unit, note)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_of_pairs_is_the_median_of_their_ratios_not_the_ratio_of_medians() {
        let row = Row::of_pairs("step", &[(1.0, 1.0), (4.0, 2.0), (3.0, 6.0)], "ms", "");
        assert_eq!((row.ours, row.reference), (3.0, Some(2.0)));
        assert_eq!(row.ratio, Some(1.0));
        assert_eq!((row.low, row.high), (Some(0.5), Some(2.0)));
        let even = Row::of_pairs("step", &[(1.0, 1.0), (3.0, 1.0)], "ms", "");
        assert_eq!(even.ratio, Some(2.0));
    }
}
