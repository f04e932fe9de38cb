//! The same over random halves of all patients: whether one split was luck.

use super::choice::{choose, shuffled_patients};
use super::reliability::{ece, told};
use super::{ALPHA, Margin, Sample};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What came of fitting on one random half of the patients and looking at the other, time after time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// How many halvings.
    pub splits: usize,
    /// The patients of both halves.
    pub patients: usize,
    /// The expected calibration error of the raw confidence.
    pub ece_before: Spread,
    /// That of the mapped one, signal and map being chosen anew each time.
    pub ece_after: Spread,
    /// The share of boxes that their widened boxes hold.
    pub held: Option<Spread>,
}

/// Where numbers lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub most: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        (!values.is_empty()).then(|| Self {
            mean,
            deviation: (squares / (n - 1.0).max(1.0)).sqrt(),
            least: values.iter().copied().fold(f64::INFINITY, f64::min),
            most: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

/// What one halving gives.
struct Half {
    before: f64,
    after: f64,
    held: Option<f64>,
}

impl Study {
    /// Of the patients of both; `None` where there are too few to fit anything on a half.
    pub(super) fn of(fit: &[Sample], held_out: &[Sample], splits: usize) -> Option<Self> {
        let all: Vec<Sample> = fit.iter().chain(held_out).cloned().collect();
        let halves: Option<Vec<Half>> = (0..splits as u64).map(|seed| halve(&all, seed)).collect();
        let halves = halves?;
        let spread = |of: fn(&Half) -> f64| Spread::of(&halves.iter().map(of).collect::<Vec<_>>());
        let held: Option<Vec<f64>> = halves.iter().map(|half| half.held).collect();
        Some(Self {
            splits,
            patients: shuffled_patients(&all, 0).len(),
            ece_before: spread(|half| half.before)?,
            ece_after: spread(|half| half.after)?,
            held: held.as_deref().and_then(Spread::of),
        })
    }
}

fn halve(all: &[Sample], seed: u64) -> Option<Half> {
    let patients = shuffled_patients(all, seed);
    let first: BTreeSet<&str> = patients.iter().copied().take(patients.len() / 2).collect();
    let in_first = |sample: &Sample| first.contains(sample.patient.as_str());
    let (fit, held_out): (Vec<Sample>, Vec<Sample>) = all.iter().cloned().partition(in_first);
    if !super::Count::of(&fit).suffices() {
        return None;
    }
    let map = choose(&fit).0?;
    Some(Half {
        before: ece(&told(&held_out, Sample::raw)?),
        after: ece(&told(&held_out, |s| s.mapped(&map))?),
        held: Margin::fit(&fit, ALPHA).and_then(|margin| margin.held(&held_out)),
    })
}
