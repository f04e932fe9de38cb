//! That all ranks carry out one run from one state.

use super::exchange::{SharingError, tensors_from_first, value_from_first};
use super::{Ranks, RanksError};
use crate::train::TrainError;
use crate::train::checkpoints::Belonging;
use crate::train::state::{Progress, State};
use candle_core::Tensor;
use std::collections::BTreeMap;

/// Refuses where a rank was called with other settings, or has another model or other data, than the first.
pub fn check_same_run(ranks: &dyn Ranks, own: &Belonging) -> Result<(), RanksError> {
    if ranks.size() == 1 {
        return Ok(());
    }
    let first = value_from_first(ranks, own)?;
    let differing = own.differences(&first);
    match differing.is_empty() {
        true => Ok(()),
        false => Err(RanksError::OtherRun {
            rank: ranks.rank(),
            differing,
        }),
    }
}

/// Puts the first rank's state, which may be a checkpoint's, in the place of the others': they need not see its folder.
pub fn take_over(ranks: &dyn Ranks, state: &mut State) -> Result<(), TrainError> {
    if ranks.size() == 1 {
        return Ok(());
    }
    let mut progress = state.progress.to_bytes();
    ranks.broadcast(&mut progress).map_err(TrainError::from)?;
    state.progress = Progress::from_bytes(progress);
    let variables = state.weights.variables().iter();
    let variables: BTreeMap<String, Tensor> = variables
        .map(|(name, var)| (name.clone(), var.as_detached_tensor()))
        .collect();
    let moments = state.optimizer.state()?;
    let (variables, moments) = (
        tensors_from_first(ranks, &variables)?,
        tensors_from_first(ranks, &moments)?,
    );
    let average = match &state.average {
        None => None,
        Some(average) => Some(tensors_from_first(ranks, average.tensors())?),
    };
    match ranks.is_first() {
        true => Ok(()),
        false => replace(state, &variables, &moments, average),
    }
}

fn replace(
    state: &mut State,
    variables: &BTreeMap<String, Tensor>,
    moments: &BTreeMap<String, Tensor>,
    average: Option<BTreeMap<String, Tensor>>,
) -> Result<(), TrainError> {
    for (name, var) in state.weights.variables() {
        if let Some(tensor) = variables.get(name) {
            var.set(&tensor.to_device(var.device())?)?;
        }
    }
    state.optimizer.restore(state.progress.step, moments)?;
    if let (Some(average), Some(tensors)) = (&mut state.average, average) {
        average.restore(tensors)?;
    }
    Ok(())
}

impl From<SharingError> for TrainError {
    fn from(error: SharingError) -> Self {
        match error {
            SharingError::Ranks(error) => error.into(),
            SharingError::Tensor(error) => error.into(),
        }
    }
}
