//! Cross-entropy over supervised rows.

use super::backend::on_host;
use super::composed;
use super::floats::{Floats, of_storage};
use super::simd::{exp_and_sum, max, scale, softmax};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use std::sync::Arc;

/// What one row of logits should have said, and how much it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// The right token.
    pub token: u32,
    /// Its weight in the sum.
    pub weight: f32,
}

/// `Σ weight · −log softmax(logits)[token]` over the rows of `logits` `(rows, vocabulary)`: one number.
pub fn cross_entropy(logits: &Tensor, targets: Arc<Vec<Target>>) -> Result<Tensor> {
    if !on_host(logits) {
        return composed::cross_entropy(logits, &targets);
    }
    logits.apply_op1(CrossEntropy(targets))
}

/// The same, each row of `logits` turned into its gradient.
pub(in crate::model) fn loss_and_gradient(
    logits: &mut [f32],
    vocabulary: usize,
    targets: &[Target],
) -> f64 {
    let mut total = 0.0;
    for (row, target) in logits.chunks_exact_mut(vocabulary.max(1)).zip(targets) {
        let (top, right) = (max(row), row[target.token as usize]);
        let sum = exp_and_sum(row, top);
        total += f64::from(target.weight * (top + sum.ln() - right));
        scale(row, target.weight / sum);
        row[target.token as usize] -= target.weight;
    }
    total
}

/// Log-probabilities of one row of logits.
#[must_use]
pub fn log_softmax(row: &[f32]) -> Vec<f32> {
    let top = max(row);
    let sum = exp_and_sum(&mut row.to_vec(), top);
    let log = top + sum.ln();
    row.iter().map(|x| x - log).collect()
}

/// Whether there is a target for every row, each a token of the vocabulary.
pub(in crate::model) fn check(targets: &[Target], rows: usize, vocabulary: usize) -> Result<()> {
    if targets.len() == rows && targets.iter().all(|t| (t.token as usize) < vocabulary) {
        return Ok(());
    }
    candle_core::bail!(
        "cross-entropy: {} targets do not fit {rows} rows of {vocabulary} logits",
        targets.len()
    )
}

struct CrossEntropy(Arc<Vec<Target>>);

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, vocabulary) = xl.shape().dims2()?;
        check(&self.0, rows, vocabulary)?;
        let mut total = 0.0f64;
        for (row, target) in of_storage(x, xl)?
            .chunks_exact(vocabulary)
            .zip(self.0.iter())
        {
            let top = max(row);
            let log = top + exp_and_sum(&mut row.to_vec(), top).ln();
            total += f64::from(target.weight * (log - row[target.token as usize]));
        }
        Ok((CpuStorage::F32(vec![total as f32]), Shape::from(())))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let outer = grad.to_scalar::<f32>()?;
        let mut gx = Floats::of(x)?.to_vec();
        for (row, target) in gx.chunks_exact_mut(x.dim(1)?).zip(self.0.iter()) {
            softmax(row);
            row[target.token as usize] -= 1.0;
            scale(row, outer * target.weight);
        }
        Ok(Some(Tensor::from_vec(gx, x.shape(), x.device())?))
    }
}
