//! One checkpoint: a folder of tensors with what they belong to, and the hash of each file.

use super::belonging::Belonging;
use crate::checkpoint::{CheckpointError, load_tensors, save_tensors, write_atomically};
use crate::train::state::{Progress, State};
use candle_core::{DType, Tensor};
use medreg_datasets::ids::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

/// The variables, f32.
const WEIGHTS: &str = "weights.safetensors";
/// The optimizer's moments.
const OPTIMIZER: &str = "optimizer.safetensors";
/// The variables' running average, where the run keeps one.
const AVERAGE: &str = "average.safetensors";
/// A [`Record`].
const RECORD: &str = "progress.json";
/// The SHA-256 of every other file, as `sha256sum -c` reads it. Written last: a folder without it was never finished.
const SUMS: &str = "sha256sums.txt";

/// What a checkpoint says about itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    /// How far the run was.
    pub progress: Progress,
    /// Which run.
    pub run: Belonging,
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::File { path, source }
}

/// Writes a checkpoint into a folder that is not there yet. Every file, and then the folder, is on the disk when this returns.
pub fn write(dir: &Path, state: &State, run: &Belonging) -> Result<(), CheckpointError> {
    fs::create_dir(dir).map_err(at(dir))?;
    let variables = state.weights.variables().iter();
    let variables: BTreeMap<String, Tensor> = variables
        .map(|(name, var)| (name.clone(), var.as_detached_tensor()))
        .collect();
    save_tensors(&dir.join(WEIGHTS), &variables, DType::F32)?;
    save_tensors(&dir.join(OPTIMIZER), &state.optimizer.state()?, DType::F32)?;
    if let Some(average) = &state.average {
        save_tensors(&dir.join(AVERAGE), average.tensors(), DType::F32)?;
    }
    let record = Record {
        progress: state.progress,
        run: run.clone(),
    };
    let json = serde_json::to_vec_pretty(&record).map_err(|e| at(dir)(e.into()))?;
    write_atomically(&dir.join(RECORD), &json)?;
    write_atomically(&dir.join(SUMS), sums_of(dir)?.as_bytes())?;
    sync(dir)
}

/// Forces the names in a folder to the disk.
pub fn sync(dir: &Path) -> Result<(), CheckpointError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(at(dir))
}

/// A line for each of the files that are there.
fn sums_of(dir: &Path) -> Result<String, CheckpointError> {
    let mut sums = String::new();
    for name in [WEIGHTS, OPTIMIZER, AVERAGE, RECORD] {
        let path = dir.join(name);
        if path.exists() {
            let digest = digest_of_file(&path).map_err(at(&path))?;
            sums += &format!("{digest}  {name}\n");
        }
    }
    Ok(sums)
}

fn digest_of_file(path: &Path) -> std::io::Result<Digest> {
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(Digest::from_raw(&hash.finalize()))
}

/// What a whole checkpoint says about itself; or why it is not one, for a person to read.
pub fn read_whole(dir: &Path) -> Result<Record, String> {
    let sums = fs::read_to_string(dir.join(SUMS))
        .map_err(|e| format!("{SUMS}, which is written last, cannot be read: {e}"))?;
    let sums: BTreeMap<&str, &str> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(digest, name)| (name, digest))
        .collect();
    let record = read(dir)?;
    check(dir, &sums, RECORD)?;
    check(dir, &sums, WEIGHTS)?;
    check(dir, &sums, OPTIMIZER)?;
    if record.run.averages() {
        check(dir, &sums, AVERAGE)?;
    }
    Ok(record)
}

/// The same without a look at the tensors.
pub fn read(dir: &Path) -> Result<Record, String> {
    let json = fs::read(dir.join(RECORD)).map_err(|e| format!("{RECORD} cannot be read: {e}"))?;
    serde_json::from_slice(&json).map_err(|e| format!("{RECORD} is damaged: {e}"))
}

/// When a checkpoint was written; `None` where it never was to its end.
pub fn written(dir: &Path) -> Option<SystemTime> {
    fs::metadata(dir.join(SUMS)).ok()?.modified().ok()
}

fn check(dir: &Path, sums: &BTreeMap<&str, &str>, name: &str) -> Result<(), String> {
    let Some(written) = sums.get(name) else {
        return Err(format!("{SUMS} is damaged: it does not name {name}"));
    };
    let found =
        digest_of_file(&dir.join(name)).map_err(|e| format!("{name} cannot be read: {e}"))?;
    match found.as_str() == *written {
        true => Ok(()),
        false => Err(format!(
            "{name} is not what was written: its SHA-256 is another one"
        )),
    }
}

/// Puts a checkpoint's numbers in the place of the run's.
pub fn load(dir: &Path, record: &Record, state: &mut State) -> Result<(), CheckpointError> {
    let path = dir.join(WEIGHTS);
    let saved = load_tensors(&path)?;
    for (name, var) in state.weights.variables() {
        match saved.get(name) {
            Some(tensor) if tensor.dims() == var.dims() => {
                var.set(&tensor.to_device(var.device())?)?;
            }
            _ => {
                return Err(CheckpointError::Tensor {
                    path,
                    reason: format!(
                        "`{name}` is missing or has another shape: it is another run's"
                    ),
                });
            }
        }
    }
    state.progress = record.progress;
    state
        .optimizer
        .restore(record.progress.step, &load_tensors(&dir.join(OPTIMIZER))?)?;
    load_average(dir, record, state)
}

/// The average; begun anew where the checkpoint is of a run that kept none.
fn load_average(dir: &Path, record: &Record, state: &mut State) -> Result<(), CheckpointError> {
    let Some(average) = &mut state.average else {
        return Ok(());
    };
    match record.run.averages() {
        true => average.restore(load_tensors(&dir.join(AVERAGE))?)?,
        false => average.begin(&state.weights)?,
    }
    Ok(())
}
