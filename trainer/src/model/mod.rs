//! The model: vision tower, projector and language model, with InternVL's published tensor names.

pub mod config;
pub mod kernels;
pub mod language;
pub mod layout;
pub mod learning;
pub mod lora;
pub mod nn;
pub mod projector;
pub mod sums;
pub mod vision;
pub mod weights;

pub use config::{ConfigError, ModelConfig};
pub use language::Keep;
pub use learning::{Lesson, Picture};
pub use weights::Weights;

use candle_core::{Result, Tensor};
use kernels::{Floats, Span, Target, cross_entropy};
use std::sync::Arc;

/// An InternVL model.
#[derive(Clone, Debug)]
pub struct InternVl {
    /// The vision tower.
    pub vision: vision::VisionTower,
    /// From its states to rows of the decoder.
    pub projector: projector::Projector,
    /// The decoder.
    pub language: language::LanguageModel,
    config: ModelConfig,
}

/// Rows for the language model: a list of text tokens in which image tokens replace the placeholders.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    /// Token of each row; whatever stands at an image's rows is overwritten.
    pub tokens: Vec<u32>,
    /// Position of each row in its own sequence.
    pub positions: Vec<u32>,
    /// The rows that image tokens overwrite, in order.
    pub image_rows: Vec<u32>,
    /// Who sees whom.
    pub spans: Arc<Vec<Span>>,
}

impl InternVl {
    /// Builds the model over these weights.
    pub fn new(config: &ModelConfig, weights: &Weights) -> Result<Self> {
        Ok(Self {
            vision: vision::VisionTower::new(weights, &config.vision_config, config.select_layer)?,
            projector: projector::Projector::new(weights, config)?,
            language: language::LanguageModel::new(weights, &config.llm_config)?,
            config: config.clone(),
        })
    }

    /// The configuration it was built by.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Unfolded patches `(images · N, 3 · p · p)` to vision states `(images · (1 + N), C)`.
    pub fn vision_states(&self, patches: &Tensor) -> Result<Tensor> {
        self.vision.forward(patches)
    }

    /// Unfolded patches to image tokens `(images · N / 4, H)`.
    pub fn image_tokens(&self, patches: &Tensor) -> Result<Tensor> {
        self.projector.forward(&self.vision.forward(patches)?)
    }

    /// The mean vision state of each image, its CLS row left out: one vector of C numbers per image.
    pub fn pooled_features(&self, patches: &Tensor) -> Result<Vec<Vec<f32>>> {
        let states = self.vision.forward(patches)?;
        let c = states.dim(1)?;
        let per_image = self.config.patches_per_side().pow(2) + 1;
        let mean = |image: &[f32]| {
            let column = |i: usize| {
                image[c..].iter().skip(i).step_by(c).sum::<f32>() / (per_image - 1) as f32
            };
            (0..c).map(column).collect()
        };
        Ok(Floats::of(&states)?
            .chunks_exact(per_image * c)
            .map(mean)
            .collect())
    }

    /// The sequence's rows as the decoder's input: `(rows, H)`.
    pub fn embed(&self, sequence: &Sequence, image_tokens: &Tensor) -> Result<Tensor> {
        let text = self.language.embed(&sequence.tokens)?;
        if image_tokens.dim(0)? != sequence.image_rows.len() {
            candle_core::bail!(
                "{} image tokens for {} places",
                image_tokens.dim(0)?,
                sequence.image_rows.len()
            );
        }
        let rows = sequence.tokens.len();
        let mut order: Vec<u32> = (0..rows as u32).collect();
        for (token, row) in sequence.image_rows.iter().enumerate() {
            order[*row as usize] = (rows + token) as u32;
        }
        let order = Tensor::from_vec(order, rows, text.device())?;
        Tensor::cat(&[&text, image_tokens], 0)?.index_select(&order, 0)
    }

    /// `Σ weight · cross-entropy` over supervised rows: row `rows[i]` is to predict `targets[i]`.
    pub fn loss(
        &self,
        image_tokens: &Tensor,
        sequence: &Sequence,
        rows: &[u32],
        targets: Arc<Vec<Target>>,
    ) -> Result<Tensor> {
        let x = self.embed(sequence, image_tokens)?;
        let x = self
            .language
            .forward(&x, &sequence.positions, &sequence.spans)?;
        let rows = Tensor::from_slice(rows, rows.len(), x.device())?;
        cross_entropy(&self.language.logits(&x.index_select(&rows, 0)?)?, targets)
    }
}
