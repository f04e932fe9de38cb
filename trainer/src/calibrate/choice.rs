//! Which signal and which map: the least log loss in cross-validation over patients.

use super::{Fit, Isotonic, Map, Measure, Platt, Sample, Temperature};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Parts of the patients, each of which is held against maps fitted on the others.
const FOLDS: usize = 5;
/// The seed by which patients fall into them.
const SEED: u64 = 1;

/// A kind of map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// [`Temperature`].
    Temperature,
    /// [`Platt`].
    Platt,
    /// [`Isotonic`].
    Isotonic,
}

/// What a signal and a kind of map come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The signal.
    pub measure: Measure,
    /// The kind of map.
    pub method: Method,
    /// The mean log loss over answers about patients that the map was not fitted on, in nats.
    pub log_loss: f64,
}

impl Method {
    /// The simplest first: it wins where several are equally good.
    const ALL: [Self; 3] = [Self::Temperature, Self::Platt, Self::Isotonic];

    fn fit(self, log_odds: &[f64], right: &[bool]) -> Fit {
        match self {
            Self::Temperature => Fit::Temperature(Temperature::fit(log_odds, right)),
            Self::Platt => Fit::Platt(Platt::fit(log_odds, right)),
            Self::Isotonic => Fit::Isotonic(Isotonic::fit(log_odds, right)),
        }
    }
}

/// The best map, fitted on all of the samples, and what it was compared with; no map where no signal is there for every sample.
pub(super) fn choose(samples: &[Sample]) -> (Option<Map>, Vec<Candidate>) {
    let folds = folds(samples);
    let mut candidates = Vec::new();
    for measure in Measure::ALL {
        let Some(points) = Points::of(samples, measure) else {
            continue;
        };
        candidates.extend(Method::ALL.map(|method| Candidate {
            measure,
            method,
            log_loss: points.cross_validated(method, &folds),
        }));
    }
    let best = candidates
        .iter()
        .min_by(|a, b| a.log_loss.total_cmp(&b.log_loss));
    let map = best.and_then(|best| {
        let points = Points::of(samples, best.measure)?;
        Some(Map {
            measure: best.measure,
            fit: best.method.fit(&points.log_odds, &points.right),
        })
    });
    (map, candidates)
}

/// The fold of each sample.
fn folds(samples: &[Sample]) -> Vec<usize> {
    let order = shuffled_patients(samples, SEED);
    let place: BTreeMap<&str, usize> = order.into_iter().zip(0..).collect();
    let fold = |sample: &Sample| place.get(sample.patient.as_str()).map_or(0, |n| n % FOLDS);
    samples.iter().map(fold).collect()
}

/// The patients of these samples in an order that the seed gives.
pub(super) fn shuffled_patients(samples: &[Sample], seed: u64) -> Vec<&str> {
    let patients: BTreeSet<&str> = samples.iter().map(|s| s.patient.as_str()).collect();
    let mut patients: Vec<&str> = patients.into_iter().collect();
    patients.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    patients
}

/// One signal of all samples.
struct Points {
    log_odds: Vec<f64>,
    right: Vec<bool>,
}

impl Points {
    fn of(samples: &[Sample], measure: Measure) -> Option<Self> {
        let odds = |s: &Sample| measure.log_odds(&s.answer, s.coordinates.as_ref());
        Some(Self {
            log_odds: samples.iter().map(odds).collect::<Option<_>>()?,
            right: samples.iter().map(|s| s.right).collect(),
        })
    }

    fn cross_validated(&self, method: Method, folds: &[usize]) -> f64 {
        let mut sum = 0.0;
        for fold in 0..FOLDS {
            let of = |inside: bool| -> Vec<usize> {
                let same = |index: &usize| (folds.get(*index) == Some(&fold)) == inside;
                (0..self.right.len()).filter(same).collect()
            };
            let (others, held) = (of(false), of(true));
            let odds: Vec<f64> = others.iter().map(|i| self.log_odds[*i]).collect();
            let right: Vec<bool> = others.iter().map(|i| self.right[*i]).collect();
            let fit = method.fit(&odds, &right);
            let loss = |i: &usize| log_loss(fit.probability(self.log_odds[*i]), self.right[*i]);
            sum += held.iter().map(loss).sum::<f64>();
        }
        sum / self.right.len().max(1) as f64
    }
}

/// The log loss of one answer, in nats; a probability of 0 is not believed.
pub(super) fn log_loss(probability: f64, right: bool) -> f64 {
    let believed = if right {
        probability
    } else {
        1.0 - probability
    };
    -believed.max(1e-9).ln()
}
