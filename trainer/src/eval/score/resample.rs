//! Intervals and comparisons by patient: sums kept per patient, drawn again and again.

use super::entries::Entry;
use super::measure::{Score, Sums};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::HashMap;

/// The sums of each patient; only those that are not 0 are kept.
#[derive(Default)]
pub struct Patients {
    places: HashMap<String, usize>,
    rows: Vec<Vec<(u32, f64)>>,
    prints: Vec<u64>,
}

/// Two files that do not answer the same questions.
#[derive(Debug, thiserror::Error)]
#[error("the two do not answer the same questions: {0}")]
pub struct NotPaired(String);

impl Patients {
    /// Adds the sums of one entry to its patient's.
    pub fn add(&mut self, entry: &Entry, sums: &[f64]) {
        let next = self.rows.len();
        let place = *self.places.entry(entry.cluster()).or_insert(next);
        if place == next {
            self.rows.push(Vec::new());
            self.prints.push(0);
        }
        self.prints[place] = self.prints[place].wrapping_add(entry.fingerprint());
        let row = &mut self.rows[place];
        for (column, sum) in sums.iter().enumerate().filter(|(_, sum)| **sum != 0.0) {
            match row.binary_search_by_key(&(column as u32), |(column, _)| *column) {
                Ok(at) => row[at].1 += sum,
                Err(at) => row.insert(at, (column as u32, *sum)),
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The other's rows in this one's order, where both have the same questions of the same patients.
    fn paired(&self, other: &Self) -> Result<Vec<Vec<(u32, f64)>>, NotPaired> {
        if self.len() != other.len() {
            let text = format!("{} patients here, {} there", self.len(), other.len());
            return Err(NotPaired(text));
        }
        let mut rows = vec![Vec::new(); self.len()];
        for (patient, place) in &self.places {
            let there = other.places.get(patient);
            let there =
                there.ok_or_else(|| NotPaired(format!("{patient} is in one of them alone")))?;
            if self.prints[*place] != other.prints[*there] {
                return Err(NotPaired(format!("those about {patient} differ")));
            }
            rows[*place].clone_from(&other.rows[*there]);
        }
        Ok(rows)
    }
}

/// How often is drawn, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    /// How often.
    pub count: u32,
    /// The same seed draws the same patients.
    pub seed: u64,
}

impl Draws {
    fn rng(self, draw: u32) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(u64::from(draw));
        rng
    }
}

fn add(sums: &mut [f64], row: &[(u32, f64)]) {
    for (column, sum) in row {
        sums[*column as usize] += sum;
    }
}

fn values(scores: Vec<Score>) -> Vec<Option<f64>> {
    scores.into_iter().map(|score| score.value).collect()
}

/// The 95 % interval of each score, by drawing as many patients as there are with replacement: the 2.5th and 97.5th percentiles.
///
/// A score that too few draws have (a part of the data that most draws miss) has no interval.
#[must_use]
pub fn intervals(
    measure: &(impl Sums + ?Sized),
    patients: &Patients,
    draws: Draws,
) -> Vec<Option<[f64; 2]>> {
    let drawn = |draw: u32| {
        let (mut rng, mut sums) = (draws.rng(draw), vec![0.0; measure.width()]);
        for _ in 0..patients.len() {
            add(
                &mut sums,
                &patients.rows[rng.random_range(0..patients.len())],
            );
        }
        values(measure.scores(&sums))
    };
    if patients.is_empty() {
        return Vec::new();
    }
    percentiles((0..draws.count).into_par_iter().map(drawn).collect())
}

fn percentiles(draws: Vec<Vec<Option<f64>>>) -> Vec<Option<[f64; 2]>> {
    let width = draws.first().map_or(0, Vec::len);
    let of = |column: usize| {
        let mut values: Vec<f64> = draws.iter().filter_map(|draw| draw[column]).collect();
        values.sort_unstable_by(f64::total_cmp);
        (2 * values.len() > draws.len())
            .then(|| [percentile(&values, 0.025), percentile(&values, 0.975)])
    };
    (0..width).map(of).collect()
}

/// Between two values, in proportion.
fn percentile(sorted: &[f64], at: f64) -> f64 {
    let place = at * (sorted.len() - 1) as f64;
    let (low, high) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    low + (high - low) * place.fract()
}

/// How two models differ in one score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The first one's score less the second one's.
    pub difference: f64,
    /// Its 95 % interval, of patients drawn for both alike.
    pub ci95: Option<[f64; 2]>,
    /// How often a difference at least as large arises when each patient's answers are given to one or the other model by lot.
    pub p: f64,
}

/// Compares two models that answered the same questions.
pub fn compare(
    measure: &(impl Sums + ?Sized),
    first: &Patients,
    second: &Patients,
    draws: Draws,
) -> Result<Vec<Option<Difference>>, NotPaired> {
    let other = second.paired(first).and_then(|_| first.paired(second))?;
    let both = |pick: &mut dyn FnMut(usize) -> (usize, bool)| {
        let mut sums = [vec![0.0; measure.width()], vec![0.0; measure.width()]];
        for at in 0..first.len() {
            let (patient, turned) = pick(at);
            add(&mut sums[usize::from(turned)], &first.rows[patient]);
            add(&mut sums[usize::from(!turned)], &other[patient]);
        }
        let [first, second] = sums.map(|sums| values(measure.scores(&sums)));
        let less = |(a, b): (Option<f64>, Option<f64>)| Some(a? - b?);
        first.into_iter().zip(second).map(less).collect::<Vec<_>>()
    };
    let seen = both(&mut |at| (at, false));
    let drawn = |draw: u32| {
        let mut rng = draws.rng(draw);
        both(&mut |_| (rng.random_range(0..first.len()), false))
    };
    let turned = |draw: u32| {
        let mut rng = draws.rng(draws.count + draw);
        both(&mut |at| (at, rng.random::<bool>()))
    };
    let ci95 = percentiles((0..draws.count).into_par_iter().map(drawn).collect());
    let lots: Vec<_> = (0..draws.count).into_par_iter().map(turned).collect();
    let of = |(column, seen): (usize, &Option<f64>)| {
        let difference = (*seen)?;
        // What rounding makes of equal sums is no smaller difference.
        let least = difference.abs() - 1e-12;
        let as_large = lots
            .iter()
            .filter(|lot| lot[column].is_some_and(|d| d.abs() >= least))
            .count();
        let p = (as_large + 1) as f64 / (draws.count + 1) as f64;
        Some(Difference {
            difference,
            ci95: ci95[column],
            p,
        })
    };
    Ok(seen.iter().enumerate().map(of).collect())
}
