//! Checkpoints of a run: a folder per checkpoint with weights, moments and progress, complete or not there at all.

use super::optimizer::AdamW;
use crate::checkpoint::{CheckpointError, load_tensors, save_tensors, write_atomically};
use crate::model::Weights;
use candle_core::{DType, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub step: u32,
    /// Seconds spent, over all attempts.
    pub seconds: f64,
}

/// Checkpoints that are kept.
const KEPT: usize = 2;

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::File { path, source }
}

/// Writes a checkpoint under `dir` and removes all but the newest.
pub fn save(
    dir: &Path,
    progress: Progress,
    weights: &Weights,
    optimizer: &AdamW,
) -> Result<PathBuf, CheckpointError> {
    let finished = dir.join(format!("step-{:08}", progress.step));
    let partial = dir.join("partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(at(&partial))?;
    }
    std::fs::create_dir_all(&partial).map_err(at(&partial))?;
    let variables: BTreeMap<String, Tensor> = weights
        .variables()
        .iter()
        .map(|(n, v)| (n.clone(), v.as_detached_tensor()))
        .collect();
    save_tensors(&partial.join("weights.safetensors"), &variables, DType::F32)?;
    save_tensors(
        &partial.join("optimizer.safetensors"),
        &optimizer.state()?,
        DType::F32,
    )?;
    let json = serde_json::to_vec(&progress).map_err(|e| at(&partial)(e.into()))?;
    write_atomically(&partial.join("progress.json"), &json)?;
    if finished.exists() {
        std::fs::remove_dir_all(&finished).map_err(at(&finished))?;
    }
    std::fs::rename(&partial, &finished).map_err(at(&finished))?;
    for old in all(dir)?.iter().rev().skip(KEPT) {
        std::fs::remove_dir_all(old).map_err(at(old))?;
    }
    Ok(finished)
}

/// The newest checkpoint under `dir`.
pub fn latest(dir: &Path) -> Result<Option<PathBuf>, CheckpointError> {
    Ok(all(dir)?.pop())
}

/// Complete checkpoints, oldest first.
fn all(dir: &Path) -> Result<Vec<PathBuf>, CheckpointError> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(at(dir))? {
        let entry = entry.map_err(at(dir))?;
        if entry.file_name().to_string_lossy().starts_with("step-") {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Puts a checkpoint's numbers into the variables and the optimizer.
pub fn restore(
    dir: &Path,
    weights: &Weights,
    optimizer: &mut AdamW,
) -> Result<Progress, CheckpointError> {
    let path = dir.join("progress.json");
    let json = std::fs::read(&path).map_err(at(&path))?;
    let progress: Progress = serde_json::from_slice(&json).map_err(|e| at(&path)(e.into()))?;
    let saved = load_tensors(&dir.join("weights.safetensors"))?;
    for (name, var) in weights.variables() {
        match saved.get(name) {
            Some(tensor) => var.set(&tensor.to_device(var.device())?)?,
            None => {
                return Err(candle_core::Error::Msg(format!(
                    "{} lacks `{name}`: it belongs to another run",
                    dir.display()
                ))
                .into());
            }
        }
    }
    optimizer.restore(
        progress.step,
        &load_tensors(&dir.join("optimizer.safetensors"))?,
    )?;
    Ok(progress)
}
