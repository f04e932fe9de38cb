//! The decoder: Qwen2 or Llama with grouped queries, rotary positions and SwiGLU.

mod backward;

pub use backward::{Keep, Passed};

use super::config::{LanguageConfig, LanguageFamily, NormType, RopeScaling};
use super::kernels::{Heads, Rotary, Span, attend, rotate, swiglu};
use super::nn::{Linear, Norm};
use super::weights::Weights;
use candle_core::{DType, Module, Result, Tensor};
use candle_nn::Embedding;
use std::ops::Range;
use std::sync::Arc;

/// The language model.
#[derive(Clone, Debug)]
pub struct LanguageModel {
    embedding: Embedding,
    layers: Vec<Layer>,
    norm: Norm,
    head: Linear,
    heads: Heads,
    theta: f64,
    scaling: RopeScaling,
    longest: usize,
}

#[derive(Clone, Debug)]
struct Layer {
    input_norm: Norm,
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    post_norm: Norm,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// Keys and values of rows already read, one pair of buffers `(rows, key heads · head size)` per layer, where the model is.
#[derive(Debug)]
pub struct Cache {
    layers: Vec<(Tensor, Tensor)>,
}

/// Rows that are read against a cache: where they lie in their sequences, what they see, and where they are kept.
#[derive(Clone, Debug)]
pub struct CachedRows {
    /// Position of each row.
    pub positions: Vec<u32>,
    /// What each row sees, in rows of the cache.
    pub spans: Arc<Vec<Span>>,
    /// The cache's row that each row is written to.
    pub slots: Vec<usize>,
}

impl CachedRows {
    /// The rows `rows` of a sequence that has the cache to itself: each sees all rows before it.
    #[must_use]
    pub fn of_one(rows: Range<usize>) -> Self {
        Self {
            positions: rows.clone().map(|row| row as u32).collect(),
            spans: Arc::new(vec![Span {
                queries: 0..rows.len(),
                context: 0..0,
                own: 0..rows.end,
                causal: true,
            }]),
            slots: rows.collect(),
        }
    }
}

impl LanguageModel {
    /// Reads `language_model.*`.
    pub fn new(weights: &Weights, config: &LanguageConfig) -> Result<Self> {
        let (h, vocabulary) = (config.hidden_size, config.vocab_size);
        let embedding =
            weights.get("language_model.model.embed_tokens.weight", &[vocabulary, h])?;
        let head = if config.tie_word_embeddings {
            Linear::from_parts(embedding.clone(), None)
        } else {
            Linear::new(weights, "language_model.lm_head", (vocabulary, h), false)?
        };
        let layers = (0..config.num_hidden_layers).map(|n| Layer::new(weights, config, n));
        Ok(Self {
            embedding: Embedding::new(embedding, h),
            layers: layers.collect::<Result<_>>()?,
            norm: Norm::new(
                weights,
                "language_model.model.norm",
                h,
                NormType::RmsNorm,
                config.rms_norm_eps,
            )?,
            head,
            heads: Heads {
                query: config.num_attention_heads,
                key: config.num_key_value_heads,
                size: config.head_size(),
            },
            theta: config.rope_theta,
            scaling: config.rope_scaling.unwrap_or(RopeScaling::Default),
            longest: config.max_position_embeddings,
        })
    }

    /// Rows of the embedding for these tokens: `(tokens, H)`.
    pub fn embed(&self, tokens: &[u32]) -> Result<Tensor> {
        let device = self.embedding.embeddings().device();
        self.embedding
            .forward(&Tensor::from_slice(tokens, tokens.len(), device)?)?
            .to_dtype(DType::F32)
    }

    /// Rows `(rows, H)` through all layers and the last norm.
    pub fn forward(&self, x: &Tensor, positions: &[u32], spans: &Arc<Vec<Span>>) -> Result<Tensor> {
        self.seen(x, positions, spans, |_| ())
    }

    /// The rows after each layer, then those after the last norm.
    pub fn trace(
        &self,
        x: &Tensor,
        positions: &[u32],
        spans: &Arc<Vec<Span>>,
    ) -> Result<Vec<Tensor>> {
        let mut states = Vec::with_capacity(self.layers.len() + 1);
        let last = self.seen(x, positions, spans, |x| states.push(x.clone()))?;
        states.push(last);
        Ok(states)
    }

    fn seen(
        &self,
        x: &Tensor,
        positions: &[u32],
        spans: &Arc<Vec<Span>>,
        mut seen: impl FnMut(&Tensor),
    ) -> Result<Tensor> {
        let rotary = self.rotary(positions);
        let mut x = x.clone();
        for layer in &self.layers {
            let (q, k, v) = layer.queries_keys_values(&x, &rotary)?;
            x = layer.finish(&x, &attend(&q, &k, &v, self.heads, spans)?)?;
            seen(&x);
        }
        self.norm.forward(&x)
    }

    /// A cache with room for so many rows.
    pub fn cache(&self, rows: usize) -> Result<Cache> {
        let shape = (rows, self.heads.key * self.heads.size);
        let device = self.embedding.embeddings().device();
        let empty = || Tensor::zeros(shape, DType::F32, device);
        let layers = self.layers.iter().map(|_| Ok((empty()?, empty()?)));
        Ok(Cache {
            layers: layers.collect::<Result<_>>()?,
        })
    }

    /// Reads rows `(rows, H)` against `cache`, into which their keys and values are written where they stay: what was read before is
    /// neither copied nor computed again. No gradient.
    pub fn read(&self, x: &Tensor, rows: &CachedRows, cache: &mut Cache) -> Result<Tensor> {
        let rotary = self.rotary(&rows.positions);
        let mut x = x.detach();
        for (layer, (keys, values)) in self.layers.iter().zip(&cache.layers) {
            let (q, k, v) = layer.queries_keys_values(&x, &rotary)?;
            put(keys, &k.detach(), &rows.slots)?;
            put(values, &v.detach(), &rows.slots)?;
            let attended = attend(&q.detach(), keys, values, self.heads, &rows.spans)?;
            x = layer.finish(&x, &attended)?.detach();
        }
        self.norm.forward(&x)
    }

    /// Normalised rows to logits `(rows, vocabulary)`.
    pub fn logits(&self, rows: &Tensor) -> Result<Tensor> {
        self.head.forward(rows)
    }

    fn rotary(&self, positions: &[u32]) -> Arc<Rotary> {
        let length = positions.iter().max().map_or(0, |last| *last as usize + 1);
        let head = self.heads.size;
        let (theta, divisor) = self
            .scaling
            .frequencies(self.theta, length, self.longest, head);
        Arc::new(Rotary::new(positions, head, theta, divisor))
    }
}

/// Writes `rows` into these rows of a cache, neighbours together.
fn put(cache: &Tensor, rows: &Tensor, slots: &[usize]) -> Result<()> {
    let mut done = 0;
    for neighbours in slots.chunk_by(|slot, next| slot + 1 == *next) {
        let part = rows.narrow(0, done, neighbours.len())?.contiguous()?;
        cache.slice_set(&part, 0, neighbours[0])?;
        done += neighbours.len();
    }
    Ok(())
}

impl Layer {
    fn new(weights: &Weights, config: &LanguageConfig, n: usize) -> Result<Self> {
        let root = format!("language_model.model.layers.{n}");
        let (h, mlp) = (config.hidden_size, config.intermediate_size);
        let kv = config.num_key_value_heads * config.head_size();
        let qkv_bias = config.model_type == LanguageFamily::Qwen2;
        let linear =
            |name: &str, shape, bias| Linear::new(weights, &format!("{root}.{name}"), shape, bias);
        let norm = |name: &str| {
            let name = format!("{root}.{name}");
            Norm::new(weights, &name, h, NormType::RmsNorm, config.rms_norm_eps)
        };
        Ok(Self {
            input_norm: norm("input_layernorm")?,
            q: linear("self_attn.q_proj", (h, h), qkv_bias)?,
            k: linear("self_attn.k_proj", (kv, h), qkv_bias)?,
            v: linear("self_attn.v_proj", (kv, h), qkv_bias)?,
            o: linear("self_attn.o_proj", (h, h), false)?,
            post_norm: norm("post_attention_layernorm")?,
            gate: linear("mlp.gate_proj", (mlp, h), false)?,
            up: linear("mlp.up_proj", (mlp, h), false)?,
            down: linear("mlp.down_proj", (h, mlp), false)?,
        })
    }

    fn queries_keys_values(
        &self,
        x: &Tensor,
        rotary: &Arc<Rotary>,
    ) -> Result<(Tensor, Tensor, Tensor)> {
        let x = self.input_norm.forward(x)?;
        let (q, k) = (
            rotate(&self.q.forward(&x)?, rotary)?,
            rotate(&self.k.forward(&x)?, rotary)?,
        );
        Ok((q, k, self.v.forward(&x)?))
    }

    fn finish(&self, x: &Tensor, attended: &Tensor) -> Result<Tensor> {
        let x = (x + self.o.forward(attended)?)?;
        let inner = self.post_norm.forward(&x)?;
        let inner = swiglu(&self.gate.forward(&inner)?, &self.up.forward(&inner)?)?;
        &x + self.down.forward(&inner)?
    }
}
