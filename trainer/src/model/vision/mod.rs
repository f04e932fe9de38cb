//! InternViT: unfolded patches in, one row per patch out.

mod backward;

pub use backward::Passed;

use super::config::{NormType, VisionConfig};
use super::kernels::{Heads, Span, attend, attend_fused, gelu, scaled_residual};
use super::nn::{Linear, Norm};
use super::weights::Weights;
use candle_core::{Result, Tensor};
use std::sync::Arc;

/// The vision tower up to the layer that the projector reads.
#[derive(Clone, Debug)]
pub struct VisionTower {
    patch_embedding: Linear,
    class_embedding: Tensor,
    position_embedding: Tensor,
    blocks: Vec<Block>,
    heads: Heads,
    tokens: usize,
}

#[derive(Clone, Debug)]
struct Block {
    norm1: Norm,
    attention: Attention,
    ls1: Tensor,
    norm2: Norm,
    fc1: Linear,
    fc2: Linear,
    ls2: Tensor,
}

#[derive(Clone, Debug)]
struct Attention {
    qkv: Linear,
    qk_norms: Option<(Norm, Norm)>,
    proj: Linear,
}

impl VisionTower {
    /// Reads the tower; layers after the one that `select_layer` names are left out.
    pub fn new(weights: &Weights, config: &VisionConfig, select_layer: i32) -> Result<Self> {
        let (c, root) = (config.hidden_size, "vision_model.embeddings");
        let side = config.image_size / config.patch_size;
        let tokens = side * side + 1;
        let blocks = (0..config.layers_read(select_layer))
            .map(|n| Block::new(weights, config, n))
            .collect::<Result<_>>()?;
        Ok(Self {
            patch_embedding: patch_embedding(weights, config)?,
            class_embedding: weights.get(&format!("{root}.class_embedding"), &[1, 1, c])?,
            position_embedding: weights
                .get(&format!("{root}.position_embedding"), &[1, tokens, c])?,
            blocks,
            heads: Heads {
                query: config.num_attention_heads,
                key: config.num_attention_heads,
                size: c / config.num_attention_heads,
            },
            tokens,
        })
    }

    /// Unfolded patches `(images · N, 3 · p · p)`, moved to where the tower is, to states `(images · (1 + N), C)`; the first row of each
    /// image is CLS.
    pub fn forward(&self, patches: &Tensor) -> Result<Tensor> {
        self.seen(patches, |_| ())
    }

    /// The states after the embedding and after each layer, each as [`Self::forward`] gives the last.
    pub fn trace(&self, patches: &Tensor) -> Result<Vec<Tensor>> {
        let mut states = Vec::with_capacity(self.blocks.len() + 1);
        self.seen(patches, |x| states.push(x.clone()))?;
        Ok(states)
    }

    fn seen(&self, patches: &Tensor, mut seen: impl FnMut(&Tensor)) -> Result<Tensor> {
        let patches = patches.to_device(self.class_embedding.device())?;
        let embedded = self.patch_embedding.forward(&patches)?;
        let (rows, c) = embedded.dims2()?;
        let per_image = self.tokens - 1;
        if rows % per_image != 0 {
            candle_core::bail!("{rows} patches are no whole number of images of {per_image}");
        }
        let images = rows / per_image;
        let class = self.class_embedding.broadcast_as((images, 1, c))?;
        let x = Tensor::cat(&[&class, &embedded.reshape((images, per_image, c))?], 1)?;
        let mut x = x
            .broadcast_add(&self.position_embedding)?
            .reshape((images * self.tokens, c))?;
        let spans = Arc::new(self.spans(images));
        seen(&x);
        for block in &self.blocks {
            x = block.forward(&x, self.heads, &spans)?;
            seen(&x);
        }
        Ok(x)
    }

    /// Each image by itself.
    fn spans(&self, images: usize) -> Vec<Span> {
        let span = |i: usize| Span::bidirectional(i * self.tokens..(i + 1) * self.tokens);
        (0..images).map(span).collect()
    }
}

/// The convolution of stride p as a product: its weight `(C, 3, p, p)` is a matrix `(C, 3 · p · p)`.
fn patch_embedding(weights: &Weights, config: &VisionConfig) -> Result<Linear> {
    let (c, p) = (config.hidden_size, config.patch_size);
    let root = "vision_model.embeddings.patch_embedding";
    let kernel = weights.get(&format!("{root}.weight"), &[c, 3, p, p])?;
    let bias = weights.get(&format!("{root}.bias"), &[c])?;
    Linear::from_kernel(&kernel, Some(bias))
}

impl Block {
    fn new(weights: &Weights, config: &VisionConfig, n: usize) -> Result<Self> {
        let (c, mlp) = (config.hidden_size, config.intermediate_size);
        let root = format!("vision_model.encoder.layers.{n}");
        let norm = |name: &str| {
            let name = format!("{root}.{name}");
            Norm::new(weights, &name, c, config.norm_type, config.layer_norm_eps)
        };
        Ok(Self {
            norm1: norm("norm1")?,
            attention: Attention::new(weights, config, &format!("{root}.attn"))?,
            ls1: weights.get(&format!("{root}.ls1"), &[c])?,
            norm2: norm("norm2")?,
            fc1: Linear::new(weights, &format!("{root}.mlp.fc1"), (mlp, c), true)?,
            fc2: Linear::new(weights, &format!("{root}.mlp.fc2"), (c, mlp), true)?,
            ls2: weights.get(&format!("{root}.ls2"), &[c])?,
        })
    }

    fn forward(&self, x: &Tensor, heads: Heads, spans: &Arc<Vec<Span>>) -> Result<Tensor> {
        let attended = self
            .attention
            .forward(&self.norm1.forward(x)?, heads, spans)?;
        let x = scaled_residual(x, &attended, &self.ls1)?;
        let inner = gelu(&self.fc1.forward(&self.norm2.forward(&x)?)?)?;
        scaled_residual(&x, &self.fc2.forward(&inner)?, &self.ls2)
    }
}

impl Attention {
    fn new(weights: &Weights, config: &VisionConfig, root: &str) -> Result<Self> {
        let c = config.hidden_size;
        let norm = |name: &str| {
            let name = format!("{root}.{name}");
            Norm::new(weights, &name, c, NormType::RmsNorm, config.layer_norm_eps)
        };
        let qk_norms = if config.qk_normalization {
            Some((norm("q_norm")?, norm("k_norm")?))
        } else {
            None
        };
        Ok(Self {
            qkv: Linear::new(weights, &format!("{root}.qkv"), (3 * c, c), config.qkv_bias)?,
            qk_norms,
            proj: Linear::new(weights, &format!("{root}.proj"), (c, c), true)?,
        })
    }

    fn forward(&self, x: &Tensor, heads: Heads, spans: &Arc<Vec<Span>>) -> Result<Tensor> {
        let qkv = self.qkv.forward(x)?;
        let Some((q_norm, k_norm)) = &self.qk_norms else {
            return self.proj.forward(&attend_fused(&qkv, heads, spans)?);
        };
        let c = x.dim(1)?;
        let part = |n: usize| qkv.narrow(1, n * c, c)?.contiguous();
        let (q, k) = (q_norm.forward(&part(0)?)?, k_norm.forward(&part(1)?)?);
        self.proj.forward(&attend(&q, &k, &part(2)?, heads, spans)?)
    }
}
