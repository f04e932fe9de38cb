//! Starting weights of a model that has learnt nothing.

use crate::model::ModelConfig;
use crate::model::layout::layout;
use candle_core::{Device, Result, Tensor};
use rand::Rng;
use std::collections::BTreeMap;

/// Draws every tensor that `config` asks for, under its published name.
pub fn tensors(config: &ModelConfig, rng: &mut impl Rng) -> Result<BTreeMap<String, Tensor>> {
    let draw = |(name, shape): (String, Vec<usize>)| {
        let tensor = tensor(&name, &shape, config, rng)?;
        Ok((name, tensor))
    };
    layout(config).into_iter().map(draw).collect()
}

/// Draws one of them.
pub fn tensor(
    name: &str,
    shape: &[usize],
    config: &ModelConfig,
    rng: &mut impl Rng,
) -> Result<Tensor> {
    start(name, shape, config).drawn(shape, rng)
}

/// Starting weights of one linear layer, `{name}.weight` and `{name}.bias`.
pub fn linear(
    name: &str,
    (out, width): (usize, usize),
    rng: &mut impl Rng,
) -> Result<BTreeMap<String, Tensor>> {
    let weight = Start::random(1.0 / (width as f32).sqrt()).drawn(&[out, width], rng)?;
    let bias = Start::Constant(0.0).drawn(&[out], rng)?;
    Ok([("weight", weight), ("bias", bias)]
        .map(|(part, tensor)| (format!("{name}.{part}"), tensor))
        .into())
}

/// How a tensor starts.
enum Start {
    Constant(f32),
    /// Uniform in ± this bound.
    Uniform(f32),
    Numbers(Vec<f32>),
}

impl Start {
    /// Uniform with the deviation asked for: what matters is the scale, not the shape of the tail.
    fn random(deviation: f32) -> Self {
        Self::Uniform(deviation * 3.0f32.sqrt())
    }

    fn drawn(self, shape: &[usize], rng: &mut impl Rng) -> Result<Tensor> {
        let count = shape.iter().product();
        let numbers = match self {
            Self::Constant(value) => vec![value; count],
            Self::Uniform(bound) => (0..count)
                .map(|_| rng.random_range(-bound..bound))
                .collect(),
            Self::Numbers(numbers) => numbers,
        };
        Tensor::from_vec(numbers, shape, &Device::Cpu)
    }
}

/// How the tensor of this name starts: norms and layer scales as one, biases as zero, matrices so that the deviation of what
/// they give is that of what they get, times a gain.
fn start(name: &str, shape: &[usize], config: &ModelConfig) -> Start {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let width = shape.iter().skip(1).product::<usize>() as f32;
    let gain = |gain: f32| Start::random(gain / width.sqrt());
    // Branches start small, so that the depth does not add up.
    let small = |layers: usize| gain(1.0 / (2.0 * layers as f32).sqrt());
    let language = &config.llm_config;
    if name.ends_with("position_embedding") {
        let (side, c) = (config.patches_per_side(), config.vision_config.hidden_size);
        Start::Numbers(sine_cosine(side, c))
    } else if name.ends_with("class_embedding") {
        Start::random(0.02)
    } else if name.ends_with(".bias") {
        Start::Constant(0.0)
    } else if shape.len() == 1 {
        Start::Constant(1.0)
    } else if name.ends_with("embed_tokens.weight") {
        // As large as what the layers add, so that a token stays recognisable among them; a head that shares the rows
        // needs them small.
        match language.tie_word_embeddings {
            true => gain(0.5),
            false => Start::random(0.5),
        }
    } else if name.ends_with("lm_head.weight") {
        gain(0.5)
    } else if ends(&["attn.proj.weight", "mlp.fc2.weight"]) {
        small(config.vision_config.num_hidden_layers)
    } else if ends(&["o_proj.weight", "down_proj.weight"]) {
        small(language.num_hidden_layers)
    } else {
        gain(1.0)
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
