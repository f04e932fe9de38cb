//! A stored reference: what another implementation computed for a model on a batch.

use crate::model::kernels::Span;
use crate::model::{ModelConfig, Sequence};
use crate::train::AdamWSettings;
use anyhow::{Context, Result, ensure};
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The label of a token that is not supervised.
const IGNORED: i64 = -100;

/// A reference's folder, read.
#[derive(Debug)]
pub struct Reference {
    /// `ref.safetensors` without the batch itself, f32.
    pub tensors: BTreeMap<String, Tensor>,
    /// `ref.json`.
    pub facts: Facts,
    /// Unfolded patches of all pictures `(images · N, 3 · p · p)`.
    pub patches: Tensor,
    /// The batch's rows without their padding.
    pub samples: Vec<Sample>,
    /// Rows of the batch with their padding.
    pub length: usize,
    /// The folder.
    pub dir: PathBuf,
}

/// What `ref.json` says; fields for people are passed over.
#[derive(Debug, Deserialize)]
pub struct Facts {
    /// The token whose rows image tokens overwrite.
    pub image_token_id: u32,
    /// Each conversation up to where the answer starts.
    #[serde(default)]
    pub prompt_ids: Vec<Vec<u32>>,
    /// The batch's loss.
    pub loss: f64,
    /// The greedy continuation of each prompt.
    #[serde(default)]
    pub greedy_base: Vec<Vec<u32>>,
    /// The length of each parameter's gradient.
    #[serde(default)]
    pub full_grad_norms: BTreeMap<String, f64>,
    /// The length of them all.
    pub full_grad_global_norm: Option<f64>,
    /// Ten steps of low-rank tuning.
    pub lora: Option<LoraFacts>,
    /// How `medreg-trainer bench steps` trains on the batch.
    pub adamw: Option<AdamWFacts>,
    /// The greedy continuation after them.
    #[serde(default)]
    pub greedy_lora_step10: Vec<Vec<u32>>,
}

/// `torch.optim.AdamW`'s settings, one group for all parameters.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct AdamWFacts {
    /// The constant learning rate.
    pub lr: f64,
    /// How slowly the moments forget.
    pub betas: [f32; 2],
    /// What is added to the second moment's root.
    pub eps: f32,
    /// Share of the learning rate by which numbers shrink.
    pub weight_decay: f64,
}

impl AdamWFacts {
    /// The same for our optimizer, without the rate.
    #[must_use]
    pub fn settings(&self) -> AdamWSettings {
        AdamWSettings::uniform(self.weight_decay, self.betas, self.eps)
    }
}

/// The low-rank tuning of a reference.
#[derive(Debug, Deserialize)]
pub struct LoraFacts {
    /// The optimizer's settings.
    #[serde(flatten)]
    pub adamw: AdamWFacts,
    /// The loss before each step, and after the last.
    pub losses: Vec<f64>,
    /// The gradient's length at each step.
    pub grad_norms: Vec<f64>,
}

/// One row of the batch.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The decoder's rows.
    pub sequence: Sequence,
    /// Its pictures, as a range of the batch's.
    pub images: std::ops::Range<usize>,
    /// Row and the token that it is to predict.
    pub targets: Vec<(u32, u32)>,
}

impl Reference {
    /// Reads `ref.safetensors` and `ref.json`.
    pub fn load(dir: &Path, config: &ModelConfig) -> Result<Self> {
        let at = |name: &str| dir.join(name);
        let text = std::fs::read_to_string(at("ref.json"))
            .with_context(|| at("ref.json").display().to_string())?;
        let facts: Facts =
            serde_json::from_str(&text).with_context(|| at("ref.json").display().to_string())?;
        let mut tensors: BTreeMap<String, Tensor> =
            candle_core::safetensors::load(at("ref.safetensors"), &Device::Cpu)
                .with_context(|| at("ref.safetensors").display().to_string())?
                .into_iter()
                .collect();
        let mut take = |name: &str| {
            tensors
                .remove(name)
                .with_context(|| format!("ref.safetensors has no `{name}`"))
        };
        let (pixels, batch) = (
            take("pixel_values")?,
            [take("input_ids")?, take("labels")?, take("attention_mask")?],
        );
        let [ids, labels, mask] = batch.map(|t| t.to_dtype(DType::I64)?.to_vec2::<i64>());
        let (ids, labels, mask) = (ids?, labels?, mask?);
        Ok(Self {
            samples: samples(&ids, &labels, &mask, &facts, config)?,
            length: ids.first().map_or(0, Vec::len),
            patches: unfold(&pixels.to_dtype(DType::F32)?, config)?,
            tensors,
            facts,
            dir: dir.to_owned(),
        })
    }

    /// The patches of some pictures.
    pub fn patches_of(
        &self,
        images: &std::ops::Range<usize>,
        config: &ModelConfig,
    ) -> Result<Tensor> {
        let each = config.patches_per_side().pow(2);
        Ok(self
            .patches
            .narrow(0, images.start * each, images.len() * each)?)
    }
}

/// Pictures `(images, 3, side, side)` to unfolded patches.
fn unfold(pixels: &Tensor, config: &ModelConfig) -> Result<Tensor> {
    let (images, channels, height, width) = pixels.dims4()?;
    let (side, p) = (config.patches_per_side(), config.vision_config.patch_size);
    ensure!(
        channels == 3 && height == side * p && width == side * p,
        "pixel_values are {height}×{width} with {channels} channels, the model sees {0}×{0} with 3",
        side * p
    );
    Ok(pixels
        .reshape((images, 3, side, p, side, p))?
        .permute((0, 2, 4, 1, 3, 5))?
        .contiguous()?
        .reshape((images * side * side, config.patch_width()))?)
}

fn samples(
    ids: &[Vec<i64>],
    labels: &[Vec<i64>],
    mask: &[Vec<i64>],
    facts: &Facts,
    config: &ModelConfig,
) -> Result<Vec<Sample>> {
    let mut first = 0;
    let mut samples = Vec::with_capacity(ids.len());
    for ((ids, labels), mask) in ids.iter().zip(labels).zip(mask) {
        let len = mask.iter().take_while(|m| **m == 1).count();
        ensure!(
            len > 0 && mask.iter().filter(|m| **m == 1).count() == len,
            "attention_mask has padding before or between tokens; it is expected after them"
        );
        let tokens: Vec<u32> = ids[..len]
            .iter()
            .map(|id| u32::try_from(*id))
            .collect::<Result<_, _>>()?;
        let sequence = sequence(tokens, facts.image_token_id);
        let images = sequence.image_rows.len() / config.image_tokens().max(1);
        let targets = (1..len)
            .filter(|i| labels[*i] != IGNORED)
            .map(|i| Ok((i as u32 - 1, u32::try_from(labels[i])?)))
            .collect::<Result<_>>()?;
        samples.push(Sample {
            sequence,
            images: first..first + images,
            targets,
        });
        first += images;
    }
    Ok(samples)
}

/// A causal sequence whose image tokens are overwritten.
pub fn sequence(tokens: Vec<u32>, image_token: u32) -> Sequence {
    let rows = tokens.len();
    Sequence {
        image_rows: (0..rows as u32)
            .filter(|row| tokens[*row as usize] == image_token)
            .collect(),
        positions: (0..rows as u32).collect(),
        spans: Arc::new(vec![Span::causal(0..rows, 0..0)]),
        tokens,
    }
}
