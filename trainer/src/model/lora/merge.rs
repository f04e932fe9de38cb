//! Adapters worked into plain weights, and out of them again.

use super::{Adapters, LoraError, adapters_of, is_half, layer_of};
use crate::model::Weights;
use candle_core::{DType, Result, Tensor};
use std::collections::BTreeMap;

/// The plain model that computes the same: each `W + scale · B A`, without adapters.
pub fn merge(weights: &Weights) -> std::result::Result<BTreeMap<String, Tensor>, LoraError> {
    let mut tensors = weights.tensors();
    tensors.retain(|name, _| !is_half(name));
    add(&mut tensors, &adapters_of(weights))?;
    Ok(tensors)
}

/// Works adapters into the weights of their layers.
pub fn add(
    tensors: &mut BTreeMap<String, Tensor>,
    adapters: &Adapters,
) -> std::result::Result<(), LoraError> {
    fold(tensors, adapters, 1.0)
}

/// Takes adapters out of weights that they were worked into: the inverse of [`add`], but for rounding.
pub fn subtract(
    tensors: &mut BTreeMap<String, Tensor>,
    adapters: &Adapters,
) -> std::result::Result<(), LoraError> {
    fold(tensors, adapters, -1.0)
}

fn fold(
    tensors: &mut BTreeMap<String, Tensor>,
    adapters: &Adapters,
    sign: f64,
) -> std::result::Result<(), LoraError> {
    for (module, adapter) in adapters {
        let (layer, third) = layer_of(module);
        let name = format!("{layer}.weight");
        let Some(weight) = tensors.get_mut(&name) else {
            return Err(LoraError::NoSuchModule {
                module: module.clone(),
                known: super::kinds(tensors.keys().cloned()),
            });
        };
        let delta = (adapter.delta()?.to_device(weight.device())? * sign)?;
        // A matrix that is kept in bf16 becomes f32: a small delta would be lost in it.
        *weight = (weight.to_dtype(DType::F32)? + at_third(delta, third)?)?;
    }
    Ok(())
}

/// The delta of a third of the rows as one of all rows.
fn at_third(delta: Tensor, third: Option<usize>) -> Result<Tensor> {
    match third {
        None => Ok(delta),
        Some(third) => {
            let rows = delta.dim(0)?;
            delta.pad_with_zeros(0, third * rows, (2 - third) * rows)
        }
    }
}
