//! Starting weights of a model that has learnt nothing.

use crate::model::ModelConfig;
use crate::model::config::{LanguageFamily, NormType};
use candle_core::{Device, Result, Tensor};
use rand::Rng;
use std::collections::BTreeMap;

/// Draws every tensor that `config` asks for, under its published name.
pub fn tensors(config: &ModelConfig, rng: &mut impl Rng) -> Result<BTreeMap<String, Tensor>> {
    let mut draw = Draw {
        rng,
        tensors: BTreeMap::new(),
    };
    draw.vision(config)?;
    draw.projector(config)?;
    draw.language(config)?;
    Ok(draw.tensors)
}

/// Starting weights of one linear layer, `{name}.weight` and `{name}.bias`.
pub fn linear(
    name: &str,
    shape: (usize, usize),
    rng: &mut impl Rng,
) -> Result<BTreeMap<String, Tensor>> {
    let mut draw = Draw {
        rng,
        tensors: BTreeMap::new(),
    };
    draw.linear(name, shape, 1.0, true)?;
    Ok(draw.tensors)
}

struct Draw<'a, R> {
    rng: &'a mut R,
    tensors: BTreeMap<String, Tensor>,
}

impl<R: Rng> Draw<'_, R> {
    fn put(&mut self, name: &str, shape: &[usize], numbers: Vec<f32>) -> Result<()> {
        self.tensors.insert(
            name.to_owned(),
            Tensor::from_vec(numbers, shape, &Device::Cpu)?,
        );
        Ok(())
    }

    fn constant(&mut self, name: &str, shape: &[usize], value: f32) -> Result<()> {
        self.put(name, shape, vec![value; shape.iter().product()])
    }

    /// Uniform with the deviation asked for: what matters is the scale, not the shape of the tail.
    fn random(&mut self, name: &str, shape: &[usize], deviation: f32) -> Result<()> {
        let bound = deviation * 3.0f32.sqrt();
        let numbers = (0..shape.iter().product())
            .map(|_| self.rng.random_range(-bound..bound))
            .collect();
        self.put(name, shape, numbers)
    }

    /// A linear layer whose outputs have `gain` times the deviation of its inputs.
    fn linear(
        &mut self,
        name: &str,
        (out, width): (usize, usize),
        gain: f32,
        bias: bool,
    ) -> Result<()> {
        self.random(
            &format!("{name}.weight"),
            &[out, width],
            gain / (width as f32).sqrt(),
        )?;
        if bias {
            self.constant(&format!("{name}.bias"), &[out], 0.0)?;
        }
        Ok(())
    }

    fn norm(&mut self, name: &str, width: usize, kind: NormType) -> Result<()> {
        self.constant(&format!("{name}.weight"), &[width], 1.0)?;
        if kind == NormType::LayerNorm {
            self.constant(&format!("{name}.bias"), &[width], 0.0)?;
        }
        Ok(())
    }

    fn vision(&mut self, config: &ModelConfig) -> Result<()> {
        let v = &config.vision_config;
        let (c, p, mlp, root) = (
            v.hidden_size,
            v.patch_size,
            v.intermediate_size,
            "vision_model.embeddings",
        );
        self.random(&format!("{root}.class_embedding"), &[1, 1, c], 0.02)?;
        let embedding = sine_cosine(config.patches_per_side(), c);
        self.put(
            &format!("{root}.position_embedding"),
            &[1, embedding.len() / c, c],
            embedding,
        )?;
        let patch = format!("{root}.patch_embedding");
        self.random(
            &format!("{patch}.weight"),
            &[c, 3, p, p],
            1.0 / (config.patch_width() as f32).sqrt(),
        )?;
        self.constant(&format!("{patch}.bias"), &[c], 0.0)?;
        // Branches start small, so that the depth does not add up.
        let small = 1.0 / (2.0 * v.num_hidden_layers as f32).sqrt();
        for n in 0..v.num_hidden_layers {
            let layer = format!("vision_model.encoder.layers.{n}");
            for (norm, scale) in [("norm1", "ls1"), ("norm2", "ls2")] {
                self.norm(&format!("{layer}.{norm}"), c, v.norm_type)?;
                self.constant(&format!("{layer}.{scale}"), &[c], 1.0)?;
            }
            if v.qk_normalization {
                self.norm(&format!("{layer}.attn.q_norm"), c, NormType::RmsNorm)?;
                self.norm(&format!("{layer}.attn.k_norm"), c, NormType::RmsNorm)?;
            }
            self.linear(&format!("{layer}.attn.qkv"), (3 * c, c), 1.0, v.qkv_bias)?;
            self.linear(&format!("{layer}.attn.proj"), (c, c), small, true)?;
            self.linear(&format!("{layer}.mlp.fc1"), (mlp, c), 1.0, true)?;
            self.linear(&format!("{layer}.mlp.fc2"), (c, mlp), small, true)?;
        }
        Ok(())
    }

    fn projector(&mut self, config: &ModelConfig) -> Result<()> {
        let (wide, h) = (
            4 * config.vision_config.hidden_size,
            config.llm_config.hidden_size,
        );
        self.norm("mlp1.0", wide, NormType::LayerNorm)?;
        self.linear("mlp1.1", (h, wide), 1.0, true)?;
        self.linear("mlp1.3", (h, h), 1.0, true)
    }

    fn language(&mut self, config: &ModelConfig) -> Result<()> {
        let l = &config.llm_config;
        let (h, mlp, kv) = (
            l.hidden_size,
            l.intermediate_size,
            l.num_key_value_heads * l.head_size(),
        );
        let bias = l.model_type == LanguageFamily::Qwen2;
        // As large as what the layers add, so that a token stays recognisable among them; a head that shares the rows needs
        // them small.
        let deviation = if l.tie_word_embeddings {
            0.5 / (h as f32).sqrt()
        } else {
            0.5
        };
        let embedding = "language_model.model.embed_tokens.weight";
        self.random(embedding, &[l.vocab_size, h], deviation)?;
        if !l.tie_word_embeddings {
            self.linear("language_model.lm_head", (l.vocab_size, h), 0.5, false)?;
        }
        let small = 1.0 / (2.0 * l.num_hidden_layers as f32).sqrt();
        for n in 0..l.num_hidden_layers {
            let layer = format!("language_model.model.layers.{n}");
            self.norm(&format!("{layer}.input_layernorm"), h, NormType::RmsNorm)?;
            self.norm(
                &format!("{layer}.post_attention_layernorm"),
                h,
                NormType::RmsNorm,
            )?;
            self.linear(&format!("{layer}.self_attn.q_proj"), (h, h), 1.0, bias)?;
            self.linear(&format!("{layer}.self_attn.k_proj"), (kv, h), 1.0, bias)?;
            self.linear(&format!("{layer}.self_attn.v_proj"), (kv, h), 1.0, bias)?;
            self.linear(&format!("{layer}.self_attn.o_proj"), (h, h), small, false)?;
            self.linear(&format!("{layer}.mlp.gate_proj"), (mlp, h), 1.0, false)?;
            self.linear(&format!("{layer}.mlp.up_proj"), (mlp, h), 1.0, false)?;
            self.linear(&format!("{layer}.mlp.down_proj"), (h, mlp), small, false)?;
        }
        self.norm("language_model.model.norm", h, NormType::RmsNorm)
    }
}

/// Positions of a `side × side` grid as sines and cosines of row and column, a zero row for CLS before them: where a
/// patch lies need not be learnt from nothing.
fn sine_cosine(side: usize, width: usize) -> Vec<f32> {
    let quarter = width / 4;
    let mut out = vec![0.0; width];
    for (row, column) in (0..side).flat_map(|r| (0..side).map(move |c| (r, c))) {
        let mut wave = |at: usize, f: fn(f32) -> f32| {
            // Periods from two patches to four sides.
            let period =
                |i: usize| 2.0 * (2.0 * side as f32).powf(i as f32 / (quarter - 1).max(1) as f32);
            out.extend(
                (0..quarter).map(|i| 0.5 * f(std::f32::consts::TAU * at as f32 / period(i))),
            );
        };
        wave(row, f32::sin);
        wave(row, f32::cos);
        wave(column, f32::sin);
        wave(column, f32::cos);
        out.extend(std::iter::repeat_n(0.0, width - 4 * quarter));
    }
    out
}
