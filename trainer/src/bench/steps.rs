//! Timed steps of training on a stored batch; `trainer/tests/reference/training.py` has PyTorch do the same.

use super::{median, memory};
use crate::checkpoint::{Checkpoint, PeftAdapter};
use crate::model::{InternVl, Keep, Weights, lora};
use crate::train::{AdamW, Features, Work};
use crate::verify::{Reference, Sample, gradients_of_samples, sequence};
use anyhow::{Context, Result, ensure};
use candle_core::Device;
use medreg_datasets::protocol::MomentPrecision;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

/// Steps that warm up: allocations, pages, caches of the processor and of PyTorch.
const WARM_UP: usize = 2;

/// What a step trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The stored adapter.
    Lora,
    /// All weights, vision tower included.
    Full,
}

impl Mode {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Lora, Self::Full];

    /// As an argument of both programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lora => "lora",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lora => "LoRA",
            Self::Full => "full",
        })
    }
}

/// A name that no mode has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing is trained under the name `{0}`: lora or full is expected")]
pub struct UnknownMode(String);

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        let found = Self::ALL.into_iter().find(|mode| mode.name() == name);
        found.ok_or_else(|| UnknownMode(name.to_owned()))
    }
}

/// How many sequences of how many tokens a batch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// Sequences, each with a picture.
    pub sequences: usize,
    /// Tokens of each, the picture's included.
    pub tokens: usize,
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {} tokens", self.sequences, self.tokens)
    }
}

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Steps {
    /// A folder as `training.py make` writes it: `model/`, `adapter_init/`, `ref.safetensors`, `ref.json`.
    pub folder: PathBuf,
    /// What is trained.
    pub mode: Mode,
    /// How many.
    pub count: usize,
    /// Threads at most.
    pub threads: usize,
    /// Another batch than the stored one.
    pub lengths: Option<Lengths>,
    /// Whether layers keep their inputs alone.
    pub recompute: bool,
    /// Whether image tokens are kept from the first step on, where the vision tower is not trained.
    pub cached: bool,
    /// Where the arithmetic is done.
    pub device: Device,
    /// Whether a GPU's products are in bf16.
    pub mixed: bool,
    /// In how many bits the optimizer's moments are kept.
    pub moments: MomentPrecision,
}

/// What came of the steps, as both programs print it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The loss before each step.
    pub losses: Vec<f64>,
    /// Seconds of each step.
    pub step_seconds: Vec<f64>,
    /// By how many bytes the process grew at most from before the model was read; absent where the system does not tell.
    pub growth_bytes: Option<u64>,
}

impl Run {
    /// The median step after those that warm up, in milliseconds.
    #[must_use]
    pub fn step_ms(&self) -> f64 {
        let first = WARM_UP.min(self.step_seconds.len().saturating_sub(1));
        let mut timed = self.step_seconds[first..].to_vec();
        1e3 * median(&mut timed)
    }

    /// The growth in MiB.
    #[must_use]
    pub fn growth_mib(&self) -> Option<f64> {
        self.growth_bytes
            .map(|bytes| bytes as f64 / f64::from(1 << 20))
    }
}

impl Steps {
    /// Reads the model and trains; `turn` is called before each step, and may wait.
    pub fn run(&self, turn: &mut dyn FnMut() -> Result<()>) -> Result<Run> {
        memory::forget_peak();
        let before = memory::resident();
        let model = Checkpoint::load(&self.folder.join("model"))?.on(&self.device)?;
        let reference = Reference::load(&self.folder, &model.config)?;
        let adamw = (reference.facts.adamw).context("ref.json has no `adamw`")?;
        let samples = match self.lengths {
            None => reference.samples.clone(),
            Some(lengths) => resized(&reference, lengths)?,
        };
        let config = model.config.clone();
        let weights = self.trained(model)?;
        let internvl = InternVl::new(&config, &weights)?;
        let features = self.features(&internvl)?;
        let work = Work {
            mixed: self.mixed,
            threads: self.threads,
            keep: Keep::of(self.recompute),
            features: features.as_ref(),
        };
        let mut optimizer = AdamW::with(adamw.settings().keeping(self.moments));
        let (mut losses, mut step_seconds) = (Vec::new(), Vec::new());
        for _ in 0..self.count {
            turn()?;
            let begun = Instant::now();
            let gradients = gradients_of_samples(&internvl, &weights, &reference, &samples, work)?;
            optimizer.step(&weights, &gradients, adamw.lr)?;
            losses.push(gradients.loss);
            drop(gradients);
            self.device.synchronize()?;
            step_seconds.push(begun.elapsed().as_secs_f64());
        }
        // What is in a GPU's memory the system does not tell.
        let growth = (memory::peak().zip(before)).filter(|_| self.device.is_cpu());
        Ok(Run {
            losses,
            step_seconds,
            growth_bytes: growth.map(|(peak, before)| peak.saturating_sub(before)),
        })
    }

    fn features(&self, model: &InternVl) -> Result<Option<Features>> {
        let features = Features::of(model, usize::MAX).filter(|_| self.cached);
        ensure!(
            features.is_some() == self.cached,
            "vision tower or projector are trained: there is nothing to keep of their pictures"
        );
        Ok(features)
    }

    fn trained(&self, model: Checkpoint) -> Result<Weights> {
        let Checkpoint { config, tensors } = model;
        Ok(match self.mode {
            Mode::Full => Weights::trained(tensors)?,
            Mode::Lora => {
                let adapter = PeftAdapter::load(&self.folder.join("adapter_init"))?;
                lora::attach(tensors, &config, &adapter.modules)?
            }
        })
    }
}

/// The first stored sequence stretched or cut to these lengths, its last quarter supervised: what a step costs depends on sizes alone.
fn resized(reference: &Reference, lengths: Lengths) -> Result<Vec<Sample>> {
    let first = reference.samples.first().context("the batch is empty")?;
    let tokens = &first.sequence.tokens;
    let prompt = first.sequence.image_rows.last().map_or(0, |r| *r as usize) + 1;
    let answer = lengths.tokens / 4;
    ensure!(
        prompt + answer < lengths.tokens && prompt < tokens.len(),
        "{} tokens have no room for a picture, which ends at {prompt}, and an answer",
        lengths.tokens
    );
    let (head, tail) = tokens.split_at(prompt);
    let drawn = head.iter().chain(tail.iter().cycle());
    let tokens: Vec<u32> = drawn.copied().take(lengths.tokens).collect();
    let targets = (lengths.tokens - answer..lengths.tokens)
        .map(|row| (row as u32 - 1, tokens[row]))
        .collect();
    let sample = Sample {
        sequence: sequence(tokens, reference.facts.image_token_id),
        images: first.images.clone(),
        targets,
    };
    Ok(vec![sample; lengths.sequences])
}
