//! A model's numbers against those that another implementation stored: pixels, tokens, activations, loss, gradients, low-rank tuning,
//! greedy answers.

mod forward;
mod gradients;
mod greedy;
mod inputs;
mod reference;
mod tuning;

pub use gradients::{of_batch as gradients_of_reference, of_samples as gradients_of_samples};
pub use reference::{Reference, Sample, sequence};

use crate::checkpoint::Checkpoint;
use anyhow::{Result, ensure};
use candle_core::{DType, Tensor};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How far two tensors lie apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// The largest difference of two numbers.
    pub max_abs: f64,
    /// The same, relative to the reference's largest number; of a gradient that is nothing but rounding, to what counts as nothing.
    pub max_rel: f64,
}

/// What a difference is held to.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// Of activations and losses: absolute, or relative where the reference's numbers exceed 1.
    pub activations: f64,
    /// Of gradients: relative to the tensor's largest number, or to [`NOISE`] where that is smaller.
    pub gradients: f64,
}

/// What counts as nothing in a gradient, relative to the whole gradient's length: a bias of the keys, say, changes no attention, so
/// that what two implementations find for it is rounding alone.
const NOISE: f64 = 1e-6;

impl Default for Tolerance {
    fn default() -> Self {
        Self {
            activations: 1e-4,
            gradients: 1e-3,
        }
    }
}

/// What kind of number a compared tensor holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Activation,
    Gradient,
    /// Tokens chosen: not one may differ.
    Choice,
    /// A colour in eight bits: one step may differ.
    Byte,
}

/// All differences of one comparison.
#[derive(Debug, Default)]
pub struct Report {
    /// By the reference's names.
    pub differences: BTreeMap<String, Difference>,
    /// Those above the tolerance.
    pub failed: BTreeSet<String>,
    /// Stored tensors that nothing here computes.
    pub unknown: BTreeSet<String>,
}

impl Report {
    /// Whether everything stored was compared and is near enough.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failed.is_empty() && self.unknown.is_empty()
    }
}

/// Collects differences while a reference is worked through.
struct Comparison {
    report: Report,
    tolerance: Tolerance,
    /// What a gradient's largest number is at least taken for.
    floor: f64,
}

impl Comparison {
    /// Gradients are compared next, whose whole has this length.
    fn expect_gradients(&mut self, length: f64) {
        self.floor = NOISE * length;
    }

    fn numbers(&mut self, name: &str, kind: Kind, ours: &[f32], theirs: &[f32]) -> Result<()> {
        ensure!(
            ours.len() == theirs.len(),
            "`{name}` has {} numbers here and {} in the reference",
            ours.len(),
            theirs.len()
        );
        let pairs = ours.iter().zip(theirs);
        // What is no number differs from everything.
        let far = |(a, b): (&f32, &f32)| {
            let far = f64::from(*a) - f64::from(*b);
            if far.is_nan() {
                f64::INFINITY
            } else {
                far.abs()
            }
        };
        let max_abs = pairs.map(far).fold(0.0, f64::max);
        let largest = theirs
            .iter()
            .fold(0.0, |top: f64, x| top.max(f64::from(x.abs())));
        self.put(name, kind, max_abs, largest);
        Ok(())
    }

    fn tensors(&mut self, name: &str, kind: Kind, ours: &Tensor, theirs: &Tensor) -> Result<()> {
        ensure!(
            ours.elem_count() == theirs.elem_count(),
            "`{name}` has shape {:?} here and {:?} in the reference",
            ours.dims(),
            theirs.dims()
        );
        self.numbers(name, kind, &numbers_of(ours)?, &numbers_of(theirs)?)
    }

    fn number(&mut self, name: &str, kind: Kind, ours: f64, theirs: f64) {
        let far = (ours - theirs).abs();
        self.put(
            name,
            kind,
            if far.is_nan() { f64::INFINITY } else { far },
            theirs.abs(),
        );
    }

    /// The share of positions at which two lists of tokens differ.
    fn choices(&mut self, name: &str, ours: &[u32], theirs: &[u32]) {
        let longest = ours.len().max(theirs.len());
        let same = ours.iter().zip(theirs).filter(|(a, b)| a == b).count();
        self.put(name, Kind::Choice, (longest - same) as f64, longest as f64);
    }

    fn put(&mut self, name: &str, kind: Kind, max_abs: f64, largest: f64) {
        let scale = match kind {
            Kind::Gradient => largest.max(self.floor),
            Kind::Activation | Kind::Choice | Kind::Byte => largest,
        };
        let max_rel = if scale > 0.0 {
            max_abs / scale
        } else {
            max_abs
        };
        let passes = match kind {
            Kind::Activation => max_abs <= self.tolerance.activations * largest.max(1.0),
            Kind::Gradient => max_rel <= self.tolerance.gradients,
            Kind::Choice => max_abs == 0.0,
            Kind::Byte => max_abs <= 1.0,
        };
        if !passes {
            self.report.failed.insert(name.to_owned());
        }
        let found = self.report.differences.entry(name.to_owned()).or_default();
        found.max_abs = found.max_abs.max(max_abs);
        found.max_rel = found.max_rel.max(max_rel);
    }
}

fn numbers_of(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(tensor
        .to_dtype(DType::F32)?
        .flatten_all()?
        .to_vec1::<f32>()?)
}

/// Compares everything that the reference in `dir` stores with what `model`, read from the folder `from` if from any, computes.
pub fn verify(
    model: &Checkpoint,
    from: Option<&Path>,
    dir: &Path,
    tolerance: Tolerance,
    threads: usize,
) -> Result<Report> {
    let reference = Reference::load(dir, &model.config)?;
    let mut comparison = Comparison {
        report: Report::default(),
        tolerance,
        floor: 0.0,
    };
    inputs::compare(from, dir, &mut comparison)?;
    forward::compare(model, &reference, &mut comparison)?;
    gradients::compare(model, &reference, threads, &mut comparison)?;
    greedy::compare(model, &reference, &mut comparison)?;
    tuning::compare(model, &reference, threads, &mut comparison)?;
    let mut report = comparison.report;
    let compared = |name: &&String| !report.differences.contains_key(*name);
    let unknown: Vec<String> = reference.tensors.keys().filter(compared).cloned().collect();
    report.unknown.extend(unknown);
    Ok(report)
}
