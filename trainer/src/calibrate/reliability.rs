//! What confidences are worth: whether they come true (reliability diagram, expected calibration error, Brier score), whether they tell
//! right from wrong (AUROC, AURC), and how far that is known with so few patients.

use super::Sample;
use super::choice::log_loss;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bins of a reliability diagram, where there are answers enough.
const BINS: usize = 10;
/// The fewest answers of a bin.
const FEWEST_IN_BIN: usize = 10;
/// Draws of patients for an interval.
const DRAWS: usize = 500;
/// Draws of outcomes for what chance alone gives.
const CHANCE_DRAWS: usize = 200;
const SEED: u64 = 1;

/// Answers of about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// How many.
    pub samples: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that is right.
    pub right: f64,
}

/// What a confidence is worth on answers that it was not fitted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Answers.
    pub samples: usize,
    /// Patients that they are of.
    pub patients: usize,
    /// Bins with about equally many answers each; equal confidences are in one.
    pub bins: Vec<Bin>,
    /// The expected calibration error: the mean distance of confidence and share over bins, weighted by their answers.
    pub ece: f64,
    /// The middle 95 % of it over draws of patients with replacement.
    pub ece_interval: [f64; 2],
    /// What it would be on average if every confidence were true: bins of few answers are never quite even.
    pub ece_by_chance: f64,
    /// The probability that a right answer has a higher confidence than a wrong one; absent where all are right, or none is.
    pub auroc: Option<f64>,
    /// The area under risk against coverage: the mean share of wrong answers among the surest, over how many are taken.
    pub aurc: f64,
    /// The mean squared distance of confidence and outcome.
    pub brier: f64,
    /// The mean log loss, in nats.
    pub log_loss: f64,
}

/// A confidence with its outcome.
pub type Told = (f64, bool);

impl Reliability {
    /// Of the confidences of these samples; `None` where there is no sample or one has no confidence.
    pub(super) fn of(
        samples: &[Sample],
        confidence: impl Fn(&Sample) -> Option<f64>,
    ) -> Option<Self> {
        let told: Vec<Told> = told(samples, confidence)?;
        let mut by_patient: BTreeMap<&str, Vec<Told>> = BTreeMap::new();
        for (sample, told) in samples.iter().zip(&told) {
            by_patient.entry(&sample.patient).or_default().push(*told);
        }
        Self::of_patients(by_patient.into_values().collect())
    }

    /// Of confidences with their outcomes, patient by patient; `None` where there is none.
    #[must_use]
    pub fn of_patients(patients: Vec<Vec<Told>>) -> Option<Self> {
        let told: Vec<Told> = patients.iter().flatten().copied().collect();
        if told.is_empty() {
            return None;
        }
        let n = told.len() as f64;
        let outcome = |right: bool| f64::from(u8::from(right));
        let mean = |of: &dyn Fn(&Told) -> f64| told.iter().map(of).sum::<f64>() / n;
        Some(Self {
            samples: told.len(),
            patients: patients.len(),
            ece_interval: interval(&patients),
            ece_by_chance: by_chance(&told),
            auroc: auroc(&told),
            aurc: aurc(&told),
            brier: mean(&|(p, right)| (p - outcome(*right)).powi(2)),
            log_loss: mean(&|(p, right)| log_loss(*p, *right)),
            ece: ece(&told),
            bins: bins(&told),
        })
    }
}

/// The confidences of all samples with their outcomes.
pub(super) fn told(
    samples: &[Sample],
    confidence: impl Fn(&Sample) -> Option<f64>,
) -> Option<Vec<Told>> {
    let one = |s: &Sample| Some((confidence(s)?, s.right));
    let told: Vec<Told> = samples.iter().map(one).collect::<Option<_>>()?;
    (!told.is_empty()).then_some(told)
}

fn bins(told: &[Told]) -> Vec<Bin> {
    let mut sorted = told.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = (sorted.len() / FEWEST_IN_BIN).clamp(1, BINS);
    let (mut bins, mut start) = (Vec::new(), 0);
    for n in 1..=count {
        let mut end = (n * sorted.len() / count).max(start);
        while end > start && end < sorted.len() && sorted[end].0 == sorted[end - 1].0 {
            end += 1;
        }
        if end > start {
            bins.push(bin(&sorted[start..end]));
            start = end;
        }
    }
    bins
}

fn bin(told: &[Told]) -> Bin {
    let n = told.len() as f64;
    Bin {
        samples: told.len(),
        confidence: told.iter().map(|(p, _)| p).sum::<f64>() / n,
        right: told.iter().filter(|(_, right)| *right).count() as f64 / n,
    }
}

pub(super) fn ece(told: &[Told]) -> f64 {
    let gap = |bin: &Bin| bin.samples as f64 * (bin.confidence - bin.right).abs();
    bins(told).iter().map(gap).sum::<f64>() / told.len().max(1) as f64
}

fn interval(patients: &[Vec<Told>]) -> [f64; 2] {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut draw = || -> f64 {
        let drawn = (0..patients.len()).map(|_| &patients[rng.random_range(0..patients.len())]);
        ece(&drawn.flatten().copied().collect::<Vec<Told>>())
    };
    let mut draws: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
    draws.sort_by(f64::total_cmp);
    let at = |share: f64| draws[(share * (DRAWS - 1) as f64).round() as usize];
    [at(0.025), at(0.975)]
}

fn by_chance(told: &[Told]) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut draw = || -> f64 {
        let drawn = told.iter().map(|(p, _)| (*p, rng.random::<f64>() < *p));
        ece(&drawn.collect::<Vec<Told>>())
    };
    (0..CHANCE_DRAWS).map(|_| draw()).sum::<f64>() / CHANCE_DRAWS as f64
}

/// Runs of equal confidence, the lowest first, with how many of each are wrong and right.
fn runs(told: &[Told]) -> Vec<(usize, usize)> {
    let mut sorted = told.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = |run: &[Told]| {
        let right = run.iter().filter(|(_, right)| *right).count();
        (run.len() - right, right)
    };
    sorted.chunk_by(|a, b| a.0 == b.0).map(count).collect()
}

/// The Mann–Whitney statistic over all pairs; equal confidences count half.
fn auroc(told: &[Told]) -> Option<f64> {
    let (mut below, mut sum, mut all_right) = (0.0, 0.0, 0.0);
    for (wrong, right) in runs(told) {
        let (wrong, right) = (wrong as f64, right as f64);
        sum += right * (below + wrong / 2.0);
        below += wrong;
        all_right += right;
    }
    (below > 0.0 && all_right > 0.0).then(|| sum / (below * all_right))
}

/// The mean over k of the share of wrong ones among the k surest; among equally sure ones wrong ones come evenly.
fn aurc(told: &[Told]) -> f64 {
    let (mut taken, mut wrong_taken, mut sum) = (0.0, 0.0, 0.0);
    for (wrong, right) in runs(told).into_iter().rev() {
        let share = wrong as f64 / (wrong + right) as f64;
        for _ in 0..wrong + right {
            taken += 1.0;
            wrong_taken += share;
            sum += wrong_taken / taken;
        }
    }
    sum / taken.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn figures_are_as_worked_by_hand() {
        let told = [(0.9, true), (0.8, false), (0.7, true), (0.4, false)];
        // Of four pairs of a right and a wrong one, 0.7 against 0.8 alone is the wrong way round.
        close(auroc(&told).unwrap(), 0.75);
        // The surest one is right, then one of two wrong, one of three, two of four.
        close(aurc(&told), (0.0 + 0.5 + 1.0 / 3.0 + 0.5) / 4.0);
        // One bin: mean confidence 0.7, share 0.5.
        close(ece(&told), 0.2);
        assert_eq!(auroc(&[(0.3, true)]), None);
        close(auroc(&[(0.5, true), (0.5, false)]).unwrap(), 0.5);
        close(aurc(&[(0.5, true), (0.5, false)]), 0.5);
    }

    #[test]
    fn bins_have_equal_mass_and_equal_confidences_stay_together() {
        let mut told: Vec<Told> = (0..60)
            .map(|n| (f64::from(n) / 100.0, n % 2 == 0))
            .collect();
        let sizes = |told: &[Told]| bins(told).iter().map(|b| b.samples).collect::<Vec<_>>();
        assert_eq!(sizes(&told), [10; 6]);
        told.iter_mut().take(25).for_each(|told| told.0 = 0.0);
        assert_eq!(sizes(&told), [25, 5, 10, 10, 10]);
    }

    proptest! {
        #[test]
        fn figures_stay_within_their_limits(
            told in proptest::collection::vec((0.0..=1.0f64, any::<bool>()), 1..200)
        ) {
            let found = bins(&told);
            prop_assert_eq!(found.iter().map(|b| b.samples).sum::<usize>(), told.len());
            prop_assert!(found.windows(2).all(|w| w[0].confidence < w[1].confidence));
            let unit = 0.0..=1.0;
            prop_assert!(unit.contains(&ece(&told)) && unit.contains(&aurc(&told)));
            prop_assert!(auroc(&told).is_none_or(|area| unit.contains(&area)));
        }
    }
}
