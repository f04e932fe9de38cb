//! What the first rank has and the others do not, in the forms that the run needs.

use super::{Ranks, RanksError};
use crate::model::kernels::Floats;
use candle_core::{DType, Device, Tensor};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The first rank's number, at every rank.
pub fn from_first(ranks: &dyn Ranks, own: f64) -> Result<f64, RanksError> {
    let mut bytes = own.to_le_bytes();
    ranks.broadcast(&mut bytes)?;
    Ok(f64::from_le_bytes(bytes))
}

/// The first rank's value, as the others read it. A number with a fraction may differ in its last bit from what the first one has.
pub fn value_from_first<T: Serialize + DeserializeOwned>(
    ranks: &dyn Ranks,
    own: &T,
) -> Result<T, RanksError> {
    let unreadable = |error: serde_json::Error| RanksError::Unreadable {
        rank: ranks.rank(),
        reason: error.to_string(),
    };
    let mut text = serde_json::to_vec(own).map_err(unreadable)?;
    let length = from_first(ranks, text.len() as f64)? as usize;
    text.resize(length, 0);
    ranks.broadcast(&mut text)?;
    serde_json::from_slice(&text).map_err(unreadable)
}

/// The first rank's tensors as numbers of 32 bits, in host memory at every rank, bit for bit. Of the others' neither names nor shapes need be the same.
pub fn tensors_from_first(
    ranks: &dyn Ranks,
    own: &BTreeMap<String, Tensor>,
) -> Result<BTreeMap<String, Tensor>, SharingError> {
    let shapes = own.iter();
    let shapes: Vec<(String, Vec<usize>)> = shapes
        .map(|(name, tensor)| (name.clone(), tensor.dims().to_vec()))
        .collect();
    let mut tensors = BTreeMap::new();
    for (name, dims) in value_from_first(ranks, &shapes)? {
        let mut numbers = match own.get(&name) {
            Some(tensor) if ranks.is_first() => {
                Floats::of(&tensor.to_dtype(DType::F32)?.contiguous()?)?.to_vec()
            }
            _ => vec![0.0; dims.iter().product()],
        };
        numbers_from_first(ranks, &mut numbers)?;
        tensors.insert(name, Tensor::from_vec(numbers, dims, &Device::Cpu)?);
    }
    Ok(tensors)
}

/// Why tensors could not be shared.
#[derive(Debug, thiserror::Error)]
pub enum SharingError {
    /// The ranks do not understand each other.
    #[error(transparent)]
    Ranks(#[from] RanksError),
    /// A tensor cannot be read or made.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

fn numbers_from_first(ranks: &dyn Ranks, numbers: &mut [f32]) -> Result<(), RanksError> {
    let mut bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    ranks.broadcast(&mut bytes)?;
    let (four, _) = bytes.as_chunks::<4>();
    numbers
        .iter_mut()
        .zip(four)
        .for_each(|(x, bytes)| *x = f32::from_le_bytes(*bytes));
    Ok(())
}
