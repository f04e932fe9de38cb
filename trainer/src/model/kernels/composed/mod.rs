//! The same operations put together from candle's own, with candle's own gradients: what runs on a GPU.
//!
//! Only the product with a weight is an operation of its own, since candle forms a gradient for a frozen weight too. What each computes
//! is said beside the loop that it stands in for. candle's fused operations, which have no way back, are used where none is wanted.

mod attention;
mod product;

pub(super) use attention::{attend, attend_fused};
pub(super) use product::linear;

use super::loss::Target;
use candle_core::{D, Result, Tensor};
use candle_nn::{ops, rotary_emb};

/// Whether nobody wants to go back through an operation with these arguments, which are of one type.
fn is_one_way(x: &Tensor, others: &[&Tensor]) -> bool {
    let alike = |other: &&Tensor| !other.track_op() && other.dtype() == x.dtype();
    !x.track_op() && others.iter().all(alike)
}

pub(super) fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    if is_one_way(x, &[weight]) {
        return ops::rms_norm(&x.contiguous()?, weight, eps as f32);
    }
    let mean_square = x.sqr()?.mean_keepdim(D::Minus1)?;
    x.broadcast_div(&(mean_square + eps)?.sqrt()?)?
        .broadcast_mul(weight)
}

pub(super) fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if is_one_way(x, &[weight, bias]) {
        return ops::layer_norm(&x.contiguous()?, weight, bias, eps as f32);
    }
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    rms_norm(&centred, weight, eps)?.broadcast_add(bias)
}

pub(super) fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    gate.silu()? * up
}

pub(super) fn scaled_residual(x: &Tensor, branch: &Tensor, scale: &Tensor) -> Result<Tensor> {
    x + branch.broadcast_mul(scale)?
}

/// Rotates the heads of `x` `(rows, heads · head)` by tables of cosines and sines `(rows, 1, head / 2)`.
pub(super) fn rotate(x: &Tensor, (cos, sin): (&Tensor, &Tensor)) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    let half = cos.dim(2)?;
    if is_one_way(x, &[cos, sin]) {
        let heads = x.reshape((1, rows, width / (2 * half), 2 * half))?;
        let (cos, sin) = (cos.squeeze(1)?, sin.squeeze(1)?);
        return rotary_emb::rope_thd(&heads.contiguous()?, &cos, &sin)?.reshape((rows, width));
    }
    let heads = x.reshape((rows, width / (2 * half), 2 * half))?;
    let (a, b) = (heads.narrow(2, 0, half)?, heads.narrow(2, half, half)?);
    let first = (a.broadcast_mul(cos)? - b.broadcast_mul(sin)?)?;
    let second = (b.broadcast_mul(cos)? + a.broadcast_mul(sin)?)?;
    Tensor::cat(&[first, second], 2)?.reshape((rows, width))
}

/// Shares of a whole over the last axis.
fn softmax(scores: &Tensor) -> Result<Tensor> {
    if is_one_way(scores, &[]) {
        return ops::softmax_last_dim(&scores.contiguous()?);
    }
    let top = scores.max_keepdim(D::Minus1)?.detach();
    let shares = scores.broadcast_sub(&top)?.exp()?;
    shares.broadcast_div(&shares.sum_keepdim(D::Minus1)?)
}

/// `x` `(rows, vocabulary)` to log-probabilities.
fn log_probabilities(x: &Tensor) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.max_keepdim(D::Minus1)?.detach())?;
    let sum = centred.exp()?.sum_keepdim(D::Minus1)?;
    centred.broadcast_sub(&sum.log()?)
}

pub(super) fn cross_entropy(logits: &Tensor, targets: &[Target]) -> Result<Tensor> {
    let (rows, vocabulary) = logits.dims2()?;
    super::loss::check(targets, rows, vocabulary)?;
    let column = |numbers: Vec<f32>| Tensor::from_vec(numbers, (rows, 1), logits.device());
    let tokens: Vec<u32> = targets.iter().map(|t| t.token).collect();
    let tokens = Tensor::from_vec(tokens, (rows, 1), logits.device())?;
    let weights = column(targets.iter().map(|t| -t.weight).collect())?;
    let right = log_probabilities(logits)?.gather(&tokens, 1)?;
    (right * weights)?.sum_all()
}
